//! One-time codes (动态验证码, TOTP of RFC 6238): which steps of time count, and that none counts twice. How a code is computed from a
//! secret is not known here.

use terms::Moment;

/// How long one code is shown, in seconds.
pub const STEP_SECONDS: i64 = 30;
/// How many steps a phone's clock may be off, either way.
pub const STEPS_OFF: i64 = 1;
/// The digits of a code.
pub const DIGITS: u32 = 6;

/// The steps whose codes count at a moment, the present one first; none that is not after the last one used.
pub fn steps(now: Moment, last_used: Option<i64>) -> impl Iterator<Item = i64> {
    let present = now.millis().div_euclid(1000 * STEP_SECONDS);
    let all =
        std::iter::once(present).chain((1..=STEPS_OFF).flat_map(move |off| [present - off, present + off]));
    all.filter(move |step| *step >= 0 && last_used.is_none_or(|last| *step > last))
}

/// The digits of a truncated hash as they are shown.
pub fn shown(truncated: u32) -> String {
    format!("{:0width$}", truncated % 10_u32.pow(DIGITS), width = DIGITS as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_counts_near_its_time_and_once() {
        let now: Moment = "2026-11-21 10:00:15".parse().unwrap();
        let present = now.millis() / 30_000;
        let all = |last| steps(now, last).collect::<Vec<_>>();
        assert_eq!(all(None), [present, present - 1, present + 1]);
        assert_eq!(all(Some(present - 1)), [present, present + 1]);
        assert_eq!(all(Some(present)), [present + 1]);
        assert_eq!(all(Some(present + 1)), Vec::<i64>::new());
    }

    #[test]
    fn codes_have_all_their_digits() {
        assert_eq!(shown(1_094_287_082), "287082");
        assert_eq!(shown(5), "000005");
    }
}

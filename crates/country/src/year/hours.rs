//! At what time of a day people come: most in the morning, some after lunch, a few in the evening. An assumption, since nobody publishes
//! it; it is only for lists and charts of a day to look as they do in life.

use super::Dice;
use terms::{Day, Moment};

const MINUTE: i64 = 60_000;
/// When offices open, after midnight.
pub(super) const OPENING: i64 = (8 * 60 + 20) * MINUTE;
/// How many of a hundred come in each hour, from the first.
const CURVE: [(i64, usize); 12] = [
    (9, 14),
    (10, 16),
    (11, 12),
    (12, 4),
    (13, 5),
    (14, 12),
    (15, 13),
    (16, 10),
    (17, 5),
    (18, 4),
    (19, 3),
    (20, 2),
];

/// So many moments of a day, in their order: the same of the same seed.
pub(super) fn of(day: Day, count: usize, seed: u64) -> Vec<Moment> {
    let mut dice = Dice(seed ^ u64::from(day.number().unsigned_abs()).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut times: Vec<Moment> = (0..count).map(|_| any(day, &mut dice)).collect();
    times.sort_unstable();
    times
}

fn any(day: Day, dice: &mut Dice) -> Moment {
    let mut rest = dice.roll(CURVE.iter().map(|(_, share)| share).sum());
    let mut hour = CURVE[0].0;
    for (of, share) in CURVE {
        hour = of;
        match rest.checked_sub(share) {
            None => break,
            Some(left) => rest = left,
        }
    }
    let within = i64::try_from(dice.roll(3_600_000)).expect("an hour");
    day.start().plus_millis(hour * 60 * MINUTE + within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_hours_and_the_same_seed_the_same() {
        let day: Day = "2026-03-04".parse().unwrap();
        let times = of(day, 400, 7);
        assert_eq!(times, of(day, 400, 7));
        assert_ne!(times, of(day, 400, 8));
        assert!(times.is_sorted() && times.iter().all(|at| at.day() == day));
        let opening = day.start().plus_millis(OPENING);
        assert!(times.iter().all(|at| *at > opening), "nobody comes before the doors open");
        let between = |from: i64, to: i64| {
            let hour = |at: &Moment| (at.millis() - day.start().millis()) / (60 * MINUTE);
            times.iter().filter(|at| (from..to).contains(&hour(at))).count()
        };
        let (morning, noon, evening) = (between(9, 12), between(12, 14), between(18, 21));
        assert!(morning > 3 * noon && morning > 3 * evening && noon > 0 && evening > 0);
    }
}

//! How hard the adding up of a month may work a machine on which settlements go on.
//!
//! Somebody who adds up a month without a rest takes a processor, the memory's bandwidth and the journal from those who settle, and
//! they wait. So work goes in slices that nobody notices, with rests between them. Resting is also felt by the server: it stops
//! when nobody takes its rows.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, Instant},
};

/// How long work goes on without a rest: less than a settlement takes anyway.
const SLICE: Duration = Duration::from_millis(2);

/// What share of its time the adding up of a month works, in percent; the rest of the time it rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(u8);

impl Pace {
    /// Without a rest: at night, or where nobody settles.
    pub const FULL: Self = Self(100);
    /// Beside settlements that go on.
    pub const BESIDE: Self = Self(25);

    /// A share of 1 to 100 percent.
    pub const fn of_percent(percent: u8) -> Option<Self> {
        if 1 <= percent && percent <= 100 { Some(Self(percent)) } else { None }
    }

    /// Whether there are rests at all.
    pub const fn rests(self) -> bool {
        self.0 < 100
    }

    /// How long to rest after so long a work.
    fn rest_after(self, worked: Duration) -> Duration {
        worked * u32::from(100 - self.0) / u32::from(self.0)
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent = text.trim_end_matches('%').parse().ok().and_then(Self::of_percent);
        percent.ok_or_else(|| "应为1到100的百分数，如25 (1 to 100)".to_owned())
    }
}

/// Work in slices.
pub(super) struct Slices {
    pace: Pace,
    begun: Instant,
}

impl Slices {
    /// The first slice begins.
    pub(super) fn begin(pace: Pace) -> Self {
        Self { pace, begun: Instant::now() }
    }

    /// How long to rest now, if a slice is over; the next one begins [when it is told](Self::rested).
    pub(super) fn rest(&self) -> Option<Duration> {
        if !self.pace.rests() {
            return None;
        }
        let worked = self.begun.elapsed();
        (worked >= SLICE).then(|| self.pace.rest_after(worked))
    }

    /// The next slice begins.
    pub(super) fn rested(&mut self) {
        self.begun = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_are_as_long_as_the_share_asks() {
        let worked = Duration::from_millis(3);
        for (percent, rest) in [(100, 0), (50, 3), (25, 9), (1, 297)] {
            assert_eq!(Pace(percent).rest_after(worked), Duration::from_millis(rest), "{percent}");
        }
        assert!(Slices::begin(Pace::FULL).rest().is_none(), "at full pace nobody looks at the clock");
    }

    #[test]
    fn a_share_is_of_one_to_a_hundred() {
        for (text, pace) in
            [("25", Some(Pace(25))), ("100%", Some(Pace::FULL)), ("0", None), ("101", None), ("x", None)]
        {
            assert_eq!(text.parse::<Pace>().ok(), pace, "{text}");
        }
    }
}

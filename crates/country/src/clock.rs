//! The clock of a simulated country: it goes with another one and can be set forward, so that ten days in hospital pass at
//! once.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use terms::{Clock, Moment};

/// A clock that goes as another does, some time before or after it. All parties of a world share one.
pub struct TravelClock {
    base: Arc<dyn Clock>,
    offset_millis: AtomicI64,
}

/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1_000;

impl TravelClock {
    /// A clock that shows so many days before what `base` shows.
    pub fn days_behind(base: Arc<dyn Clock>, days: i64) -> Self {
        Self::behind(base, days * DAY)
    }

    /// A clock that shows so many milliseconds before what `base` shows; below nothing after it.
    pub fn behind(base: Arc<dyn Clock>, millis: i64) -> Self {
        Self { base, offset_millis: AtomicI64::new(-millis) }
    }

    /// Sets the clock forward by whole days.
    pub fn pass_days(&self, days: u32) {
        self.pass_millis(i64::from(days) * DAY);
    }

    /// Sets the clock forward by seconds.
    pub fn pass_seconds(&self, seconds: u32) {
        self.pass_millis(i64::from(seconds) * 1_000);
    }

    /// Sets the clock forward to a moment; one that is past is left alone.
    pub fn pass_until(&self, moment: Moment) {
        self.pass_millis((moment.millis() - self.now().millis()).max(0));
    }

    /// By how many milliseconds it is behind the clock that it goes with; below nothing if it is before it.
    pub fn behind_millis(&self) -> i64 {
        -self.offset_millis.load(Ordering::Relaxed)
    }

    fn pass_millis(&self, millis: i64) {
        self.offset_millis.fetch_add(millis, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for TravelClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TravelClock({})", self.now())
    }
}

impl Clock for TravelClock {
    fn now(&self) -> Moment {
        self.base.now().plus_millis(self.offset_millis.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::day::FixedClock;

    #[test]
    fn days_pass_at_once() {
        let base = FixedClock("2026-11-21 10:00:00".parse().unwrap());
        let clock = TravelClock::days_behind(Arc::new(base), 20);
        assert_eq!(clock.now().to_string(), "2026-11-01 10:00:00");
        clock.pass_days(12);
        clock.pass_seconds(61);
        assert_eq!(clock.now().to_string(), "2026-11-13 10:01:01");
        clock.pass_until("2026-11-13 16:30:00".parse().unwrap());
        clock.pass_until("2026-11-13 09:00:00".parse().unwrap());
        assert_eq!(clock.now().to_string(), "2026-11-13 16:30:00", "it never goes back");
        assert_eq!(clock.behind_millis(), ((7 * 24 + 17) * 60 + 30) * 60_000);
    }
}

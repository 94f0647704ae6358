//! A session (会话): how long it lasts when nobody does anything, and at most.

use super::Role;
use terms::Moment;

/// After so many minutes without a request a session is over. A portal is used on phones that others pick up.
pub const fn idle_minutes(role: Role) -> i64 {
    match role {
        Role::Insured => 15,
        _ => 30,
    }
}

/// After so many hours a session is over whatever is done: a working day at a counter.
pub const fn hours_max(role: Role) -> i64 {
    match role {
        Role::Insured => 2,
        _ => 12,
    }
}

/// How many sessions an account may have at once; a new one ends the oldest.
pub const AT_ONCE: usize = 5;

/// That a session was used is written down once a minute, not with each request.
const SEEN_EVERY_MILLIS: i64 = 60_000;

/// A session's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When somebody logged in.
    pub begun_at: Moment,
    /// When it was last seen used.
    pub seen_at: Moment,
}

impl Times {
    /// Whether it is over at a moment.
    pub fn is_over(self, role: Role, now: Moment) -> bool {
        let idle = self.seen_at.plus_millis(idle_minutes(role) * 60_000);
        let last = self.begun_at.plus_millis(hours_max(role) * 3_600_000);
        idle <= now || last <= now
    }

    /// Whether it is time to write down that it is used.
    pub fn is_stale(self, now: Moment) -> bool {
        self.seen_at.plus_millis(SEEN_EVERY_MILLIS) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_at_the_end_of_the_day() {
        let begun_at: Moment = "2026-11-21 08:00:00".parse().unwrap();
        let at = |minutes: i64| begun_at.plus_millis(minutes * 60_000);
        for (role, seen, now, over) in [
            (Role::AgencyOperator, 0, 29, false),
            (Role::AgencyOperator, 0, 30, true),
            (Role::AgencyOperator, 700, 719, false),
            (Role::AgencyOperator, 719, 720, true),
            (Role::Insured, 0, 14, false),
            (Role::Insured, 0, 15, true),
            (Role::Insured, 119, 120, true),
        ] {
            let times = Times { begun_at, seen_at: at(seen) };
            assert_eq!(times.is_over(role, at(now)), over, "{role} {seen} {now}");
        }
        let times = Times { begun_at, seen_at: begun_at };
        assert!(!times.is_stale(begun_at.plus_millis(59_999)) && times.is_stale(at(1)));
    }
}

//! How a prepayment stands: what is used of it, by which measure, and when it will be used up.

use super::{Light, Usage, UsageRate};
use crate::rule::{Rules, UsageMeasure};
use serde::{Deserialize, Serialize};
use terms::{Day, Fen, Month, Rounding};

/// What is known of one prepayment on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The prepayment that was paid and is held.
    pub prepayment: Fen,
    /// What the insured province owes and has not paid yet (应付未付资金).
    pub owed: Fen,
    /// The last whole month …
    pub month: Month,
    /// … and what it came to (月清算资金).
    pub monthly: Fen,
    /// What was added to what is owed in the days by which the forecast counts.
    pub spent: Fen,
}

impl Position {
    /// The usage by one measure.
    pub const fn by(self, measure: UsageMeasure) -> Usage {
        let used = match measure {
            UsageMeasure::Unpaid => self.owed,
            UsageMeasure::Monthly => self.monthly,
        };
        Usage { used, prepayment: self.prepayment }
    }

    /// The light (预警) by the measure that the rules name.
    pub fn light(self, rules: &Rules) -> Light {
        self.by(rules.prepayment_usage).light(rules)
    }

    /// The day on which it will be used up if people go on being treated as in the days before `today` over which the rules
    /// count; today if it is used up already. What is used up is what is owed, whatever the usage is measured by. `None` if nothing was
    /// spent of what is left, or if there is no prepayment to be used up.
    pub fn used_up_on(self, today: Day, rules: &Rules) -> Option<Day> {
        if self.prepayment <= Fen::ZERO {
            return None;
        }
        self.by(UsageMeasure::Unpaid).used_up_on(today, self.spent, rules.prepayment_forecast_days)
    }

    /// The least increase after which the light is green again: what is proposed to whoever applies for one (紧急调增), rounded
    /// up to the fen. Nothing while it is green.
    pub fn lacks(self, rules: &Rules) -> Fen {
        let usage = self.by(rules.prepayment_usage);
        if usage.light(rules) == Light::Green {
            return Fen::ZERO;
        }
        let yellow = i64::from(rules.prepayment_yellow.as_permyriad());
        if yellow == 0 {
            return Fen::ZERO;
        }
        // Below the rate, not at it: one fen more than what the rate reaches exactly.
        let reached = Rounding::Down.ratio(usage.used, 10_000, yellow);
        reached + Fen(1) - usage.prepayment
    }

    /// Both rates, for people to read: by what is owed and by the last month. More than the whole where more is used than was paid ahead.
    pub fn rates(self) -> [UsageRate; 2] {
        [UsageMeasure::Unpaid, UsageMeasure::Monthly].map(|measure| self.by(measure).rate())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleBook;

    fn rules() -> Rules {
        RuleBook::national().on("2026-11-22".parse().unwrap()).unwrap()
    }

    fn position(prepayment: i64, owed: i64, monthly: i64, spent: i64) -> Position {
        let month = Month::new(2026, 10).unwrap();
        Position {
            prepayment: Fen(prepayment),
            owed: Fen(owed),
            month,
            monthly: Fen(monthly),
            spent: Fen(spent),
        }
    }

    #[test]
    fn each_measure_has_its_light_and_the_rules_choose() {
        let monthly = Rules { prepayment_usage: UsageMeasure::Monthly, ..rules() };
        for (position, by_owed, by_month) in [
            (position(1_000, 699, 900, 0), Light::Green, Light::Red),
            (position(1_000, 700, 100, 0), Light::Yellow, Light::Green),
            (position(1_000, 900, 700, 0), Light::Red, Light::Yellow),
            (position(0, 1, 0, 0), Light::Red, Light::Green),
        ] {
            assert_eq!(position.light(&rules()), by_owed, "{position:?}");
            assert_eq!(position.light(&monthly), by_month, "{position:?}");
        }
    }

    #[test]
    fn what_is_lacking_makes_it_green_and_a_fen_less_does_not() {
        for (prepayment, used) in [(1_000, 700), (1_000, 950), (1_000, 2_345), (0, 1), (999, 997)] {
            let before = position(prepayment, used, 0, 0);
            let lacks = before.lacks(&rules());
            assert!(lacks > Fen::ZERO, "{before:?}");
            let after = |more: Fen| Position { prepayment: before.prepayment + more, ..before };
            assert_eq!(after(lacks).light(&rules()), Light::Green, "{before:?} and {lacks}");
            assert_ne!(after(lacks - Fen(1)).light(&rules()), Light::Green, "{before:?} and a fen less");
        }
        assert_eq!(position(1_000, 699, 0, 0).lacks(&rules()), Fen::ZERO);
    }

    #[test]
    fn it_is_used_up_by_what_is_owed() {
        let today: Day = "2026-11-22".parse().unwrap();
        for (position, expected) in [
            // 300 are left; 600 go in 30 days.
            (position(1_000, 700, 5_000, 600), Some("2026-12-07")),
            (position(1_000, 1_000, 0, 600), Some("2026-11-22")),
            (position(1_000, 1_340, 0, 0), Some("2026-11-22")),
            (position(1_000, 700, 5_000, 0), None),
            (position(0, 700, 0, 600), None),
        ] {
            let expected = expected.map(|day| day.parse().unwrap());
            assert_eq!(position.used_up_on(today, &rules()), expected, "{position:?}");
        }
    }
}

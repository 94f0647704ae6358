//! Prepayment (预付金): what an insured province pays a treatment province ahead, so that it can pay its hospitals for the
//! insured province's people (人社部发〔2016〕120号).
//!
//! One amount for a pair of provinces and a scheme, for all kinds of care together, set anew each year; only the difference
//! to the old one moves. This module must not know where payments come from or which pairs there are.

mod adoption;
mod areas;
mod position;
mod timetable;

pub use adoption::{Change, Line, Of, SetAmount, adopt, drafted, increase};
pub use areas::collected;
pub use position::Position;
pub use timetable::YearTimetable;

use crate::rule::{Base, Rules};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};
use terms::{Day, Fen, Month, Rate, Rounding};

/// The amount of a year, with the payments that it comes from: what is shown before it is adopted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The payments of each month of the base, nothing where there were none.
    pub base: BTreeMap<Month, Fen>,
    /// The amount.
    pub amount: Fen,
}

/// The prepayment (年度预付金额度) of a year from what was paid in each month of the year before: the months of the base on
/// average, times the months that a prepayment covers, rounded half up to the fen once.
///
/// ```
/// # use funds::{prepayment::draft, rule::RuleBook};
/// # use terms::{Day, Fen, Month};
/// let rules = RuleBook::national().on(Day::new(2027, 1, 20).unwrap()).unwrap();
/// let paid = [10, 11, 12].map(|month| (Month::new(2026, month).unwrap(), Fen::yuan(30_000))).into();
/// assert_eq!(draft(2027, &paid, &rules).amount, Fen::yuan(60_000));
/// ```
pub fn draft(year: i16, paid: &BTreeMap<Month, Fen>, rules: &Rules) -> Draft {
    let first = match rules.prepayment_base {
        Base::LastQuarter => 10,
        Base::LastYear => 1,
    };
    let months = (first..=12).map(|month| Month::new(year - 1, month).expect("a month of the year"));
    let base: BTreeMap<_, _> =
        months.map(|month| (month, paid.get(&month).copied().unwrap_or_default())).collect();
    let sum: Fen = base.values().copied().sum();
    let months = i64::try_from(base.len()).expect("a dozen at most");
    let amount = Rounding::HalfUp.ratio(sum, i64::from(rules.prepayment_months), months);
    Draft { base, amount }
}

/// What moves when a prepayment changes (额度调整): never the whole, only the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// Nothing.
    None,
    /// The insured province pays so much more.
    InsuredPays(Fen),
    /// The treatment province gives so much back.
    TreatmentReturns(Fen),
}

impl Adjustment {
    /// From the old amount to the new.
    pub fn between(old: Fen, new: Fen) -> Self {
        match new - old {
            Fen::ZERO => Self::None,
            more if more > Fen::ZERO => Self::InsuredPays(more),
            less => Self::TreatmentReturns(-less),
        }
    }
}

/// How much of a prepayment is used (使用情况).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What the insured province owes and has not paid yet.
    pub used: Fen,
    /// The prepayment.
    pub prepayment: Fen,
}

/// The light (预警) that a usage shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// Enough is left.
    Green,
    /// 黄色预警.
    Yellow,
    /// 红色预警: an emergency increase (紧急调增) may be asked for.
    Red,
}

impl Light {
    /// The word for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

impl fmt::Display for Light {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Green => "正常",
            Self::Yellow => "黄色预警",
            Self::Red => "红色预警",
        })
    }
}

/// A rate of usage (使用率). It is no [`Rate`]: what is owed may be more than the prepayment (超额使用), and then it says by how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageRate(Option<u128>);

impl UsageRate {
    /// In ten-thousandths; none where something is used and there is no prepayment at all.
    pub const fn as_permyriad(self) -> Option<u128> {
        self.0
    }
}

impl fmt::Display for UsageRate {
    /// Percent with two decimals: `85.00%`, `134.07%`; 无预付金 where there is none to be used.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(permyriad) => f.pad(&format!("{}.{:02}%", permyriad / 100, permyriad % 100)),
            None => f.pad("无预付金"),
        }
    }
}

impl Usage {
    /// The rate of usage (使用率) for people to read, to the nearest permyriad, a tie goes up. The lights compare exactly.
    pub fn rate(self) -> UsageRate {
        if self.used <= Fen::ZERO {
            return UsageRate(Some(0));
        }
        if self.prepayment <= Fen::ZERO {
            return UsageRate(None);
        }
        let (used, prepayment) = (i128::from(self.used.0), i128::from(self.prepayment.0));
        UsageRate(Some(((used * 20_000 + prepayment) / (prepayment * 2)).unsigned_abs()))
    }

    /// The light, from the rates of the rules on, themselves included. Whatever is used of no prepayment at all is red.
    pub fn light(self, rules: &Rules) -> Light {
        if self.used <= Fen::ZERO {
            return Light::Green;
        }
        let reaches = |rate: Rate| {
            i128::from(self.used.0) * 10_000
                >= i128::from(self.prepayment.0) * i128::from(rate.as_permyriad())
        };
        if reaches(rules.prepayment_red) {
            Light::Red
        } else if reaches(rules.prepayment_yellow) {
            Light::Yellow
        } else {
            Light::Green
        }
    }

    /// The day on which the prepayment will be used up if people go on being treated as in the last `days` days, in which
    /// `spent` was used; `None` if nothing was. A prepayment that is used up already is so today, whatever is spent.
    ///
    /// ```
    /// # use funds::prepayment::Usage;
    /// # use terms::{Day, Fen};
    /// let usage = Usage { used: Fen::yuan(700), prepayment: Fen::yuan(1_000) };
    /// let day = usage.used_up_on(Day::new(2026, 11, 22).unwrap(), Fen::yuan(140), 14);
    /// assert_eq!(day, Day::new(2026, 12, 22), "300 yuan are left, 10 go a day");
    /// ```
    pub fn used_up_on(self, today: Day, spent: Fen, days: u16) -> Option<Day> {
        let left = i128::from((self.prepayment - self.used).0.max(0));
        if left == 0 {
            return Some(today);
        }
        if spent <= Fen::ZERO || days == 0 {
            return None;
        }
        let lasts = left * i128::from(days) / i128::from(spent.0);
        // What lasts longer than that needs no forecast.
        let lasts = i32::try_from(lasts).ok().filter(|days| *days <= 3_660)?;
        Some(today.plus_days(lasts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleBook;

    fn rules() -> Rules {
        RuleBook::national().on("2027-01-20".parse().unwrap()).unwrap()
    }

    fn month(month: i8) -> Month {
        Month::new(2026, month).unwrap()
    }

    #[test]
    fn the_amount_of_a_year_as_a_table() {
        let whole_year = Rules { prepayment_base: Base::LastYear, ..rules() };
        let one_month = Rules { prepayment_months: 1, ..rules() };
        for (paid, rules, amount, why) in [
            (vec![(10, 300), (11, 300), (12, 300)], rules(), 600, "two average months"),
            (vec![(9, 9_999), (10, 100), (11, 100), (12, 101)], rules(), 201, "602 / 3 is 200.67, half up"),
            (vec![(12, 100)], rules(), 67, "a pair that began in December"),
            (vec![], rules(), 0, "a pair without payments"),
            (vec![(1, 1_200), (12, 600)], whole_year, 300, "a twelfth of the year, twice"),
            (vec![(10, 100), (11, 100), (12, 101)], one_month, 100, "301 / 3 is 100.33"),
        ] {
            let paid = paid.into_iter().map(|(at, amount)| (month(at), Fen(amount))).collect();
            assert_eq!(draft(2027, &paid, &rules).amount, Fen(amount), "{why}");
        }
        let shown: Vec<_> = draft(2027, &[(month(12), Fen(5))].into(), &rules()).base.into_iter().collect();
        assert_eq!(shown, [(month(10), Fen(0)), (month(11), Fen(0)), (month(12), Fen(5))]);
    }

    #[test]
    fn only_the_difference_moves() {
        assert_eq!(Adjustment::between(Fen(100), Fen(130)), Adjustment::InsuredPays(Fen(30)));
        assert_eq!(Adjustment::between(Fen(130), Fen(100)), Adjustment::TreatmentReturns(Fen(30)));
        assert_eq!(Adjustment::between(Fen(130), Fen(130)), Adjustment::None);
    }

    #[test]
    fn lights_as_a_table() {
        for (used, prepayment, light) in [
            (0, 1_000, Light::Green),
            (-5, 0, Light::Green),
            (699, 1_000, Light::Green),
            (700, 1_000, Light::Yellow),
            (899, 1_000, Light::Yellow),
            (900, 1_000, Light::Red),
            (2_000, 1_000, Light::Red),
            (1, 0, Light::Red),
            (0, 0, Light::Green),
            (6_999_999, 10_000_000, Light::Green),
        ] {
            let usage = Usage { used: Fen(used), prepayment: Fen(prepayment) };
            assert_eq!(usage.light(&rules()), light, "{used} of {prepayment}");
        }
    }

    #[test]
    fn rates_as_a_table() {
        for (used, prepayment, rate) in [
            (0, 1_000, "0.00%"),
            (-5, 1_000, "0.00%"),
            (0, 0, "0.00%"),
            (1, 20_000, "0.01%"),
            (1, 20_001, "0.00%"),
            (8_999, 10_000, "89.99%"),
            (1_000, 1_000, "100.00%"),
            (2_345, 1_000, "234.50%"),
            (1_000_000_000_000, 1, "100000000000000.00%"),
            (1, 0, "无预付金"),
        ] {
            let usage = Usage { used: Fen(used), prepayment: Fen(prepayment) };
            assert_eq!(usage.rate().to_string(), rate, "{used} of {prepayment}");
        }
    }

    #[test]
    fn a_forecast_counts_on_what_is_left() {
        let today: Day = "2026-11-22".parse().unwrap();
        for (used, spent, days, lasts) in [
            (0, 10, 1, Some(100)),
            (995, 10, 1, Some(0)),
            (1_000, 10, 1, Some(0)),
            (1_200, 10, 1, Some(0)),
            (1_200, 0, 30, Some(0)),
            (1_000, -10, 30, Some(0)),
            (0, 0, 30, None),
            (0, -10, 30, None),
            (0, 1, 30, None),
        ] {
            let usage = Usage { used: Fen(used), prepayment: Fen(1_000) };
            let expected = lasts.map(|days| today.plus_days(days));
            assert_eq!(
                usage.used_up_on(today, Fen(spent), days),
                expected,
                "{used} used, {spent} in {days} days"
            );
        }
    }
}

//! When what of the yearly adjustment (年度预付金调整) falls due.

use crate::rule::Rules;
use terms::{Day, DueDay, Month, WorkingDays};

/// The days of a year's adjustment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearTimetable {
    /// The year.
    pub year: i16,
    /// From this day on the hub drafts by itself.
    pub drafted_from: Day,
    /// By this day the provinces fetch the notices (通知书), so by this day they are issued.
    pub notices_by: Day,
    /// Fetched on the last day, the notices are handed to finance by this one.
    pub hand_over_by: DueDay,
    /// Handed over on the last day, finance pays by this one.
    pub pay_by: DueDay,
    /// By this day all of it is done and entered.
    pub completed_by: Day,
}

impl YearTimetable {
    /// The timetable of a year.
    ///
    /// ```
    /// # use funds::{prepayment::YearTimetable, rule::RuleBook};
    /// # use terms::{Day, WorkingDays};
    /// let rules = RuleBook::national().on(Day::new(2026, 1, 10).unwrap()).unwrap();
    /// let timetable = YearTimetable::of(2026, &rules, WorkingDays::published());
    /// assert_eq!(timetable.notices_by.to_string(), "2026-01-31");
    /// assert_eq!(timetable.completed_by.to_string(), "2026-02-28");
    /// ```
    pub fn of(year: i16, rules: &Rules, calendar: &WorkingDays) -> Self {
        let january = month(year, 1).first_day();
        let notices_by = last_day(year, rules.prepayment_notices_month);
        let hand_over_by = calendar.due(notices_by, rules.hand_over_working_days);
        let pay_by = calendar.due(hand_over_by.day, rules.pay_working_days);
        let pay_by = DueDay { provisional: pay_by.provisional || hand_over_by.provisional, ..pay_by };
        Self {
            year,
            drafted_from: january.plus_days(i32::from(rules.prepayment_draft_day) - 1),
            notices_by,
            hand_over_by,
            pay_by,
            completed_by: last_day(year, rules.prepayment_completed_month),
        }
    }
}

fn month(year: i16, number: u16) -> Month {
    let number = i8::try_from(number).expect("a month of the year");
    Month::new(year, number).expect("a month of the year")
}

fn last_day(year: i16, number: u16) -> Day {
    month(year, number).next().first_day().plus_days(-1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleBook;

    #[test]
    fn the_days_of_two_years() {
        let rules = RuleBook::national().on("2026-01-10".parse().unwrap()).unwrap();
        let later = Rules { prepayment_notices_month: 2, prepayment_completed_month: 12, ..rules };
        for (year, rules, days, provisional) in [
            // Five working days after the 31st of January, a Saturday, and ten more across 春节 (15 to 23 February).
            (2026, rules, ["2026-01-10", "2026-01-31", "2026-02-06", "2026-02-27", "2026-02-28"], false),
            (2029, rules, ["2029-01-10", "2029-01-31", "2029-02-07", "2029-02-21", "2029-02-28"], true),
            (2028, later, ["2028-01-10", "2028-02-29", "2028-03-07", "2028-03-21", "2028-12-31"], true),
        ] {
            let YearTimetable { drafted_from, notices_by, hand_over_by, pay_by, completed_by, .. } =
                YearTimetable::of(year, &rules, WorkingDays::published());
            let found = [drafted_from, notices_by, hand_over_by.day, pay_by.day, completed_by];
            assert_eq!(found.map(|day| day.to_string()), days, "{year}");
            assert_eq!(pay_by.provisional, provisional, "{year}");
        }
    }
}

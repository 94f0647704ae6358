//! The timetable of clearing (清算): which day what of a month falls due, and by when the money of a notice must have moved.
//!
//! Days of the month come from the [rules](crate::rule); deadlines of transfers are counted in [working
//! days](terms::WorkingDays), each from the step before it: from the day on which that was done, and as long as it is not
//! done, from the day on which it is due.

use crate::rule::Rules;
use terms::{Day, DueDay, Month, WorkingDays};

/// When what of a month's clearing happens; all days lie in the month after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timetable {
    /// The month that is cleared (清算年月).
    pub month: Month,
    /// The last day on which the treatment place reconciles with its institutions.
    pub reconciled_by: Day,
    /// The day on which the hub makes the statement (清算表).
    pub statement_on: Day,
    /// The last day on which provinces confirm or dispute it.
    pub confirmed_by: Day,
    /// The day on which payment and receipt notices are issued.
    pub notices_on: Day,
}

impl Timetable {
    /// The timetable of a month. A day that the next month has not is its last day.
    ///
    /// ```
    /// # use funds::{calendar::Timetable, rule::RuleBook};
    /// # use terms::{Day, Month};
    /// let rules = RuleBook::national().on(Day::new(2026, 12, 1).unwrap()).unwrap();
    /// let timetable = Timetable::of(Month::new(2026, 10).unwrap(), &rules);
    /// assert_eq!(timetable.statement_on.to_string(), "2026-11-21");
    /// assert_eq!(timetable.notices_on.to_string(), "2026-11-30");
    /// ```
    pub fn of(month: Month, rules: &Rules) -> Self {
        let next = month.next();
        let last = next.next().first_day().plus_days(-1);
        let day = |number: u16| next.first_day().plus_days(i32::from(number) - 1).min(last);
        Self {
            month,
            reconciled_by: day(rules.reconciled_day),
            statement_on: day(rules.statement_day),
            confirmed_by: day(rules.confirmed_day),
            notices_on: day(rules.notices_day),
        }
    }
}

/// The month in which a settlement is cleared: its own while that has no statement yet, and then the first that has none.
/// A settlement that comes later than the rules allow is `None`: a matter for people.
///
/// ```
/// # use funds::{calendar::clearing_month, rule::RuleBook};
/// # use terms::{Day, Month};
/// let rules = RuleBook::national().on(Day::new(2026, 12, 1).unwrap()).unwrap();
/// let month = |number| Month::new(2026, number).unwrap();
/// assert_eq!(clearing_month(month(10), month(10), &rules), Some(month(10)));
/// assert_eq!(clearing_month(month(9), month(11), &rules), Some(month(11)), "two months late");
/// assert_eq!(clearing_month(month(8), month(11), &rules), None, "three months late");
/// ```
pub fn clearing_month(settled: Month, first_open: Month, rules: &Rules) -> Option<Month> {
    let month = settled.max(first_open);
    let latest = settled.first_day().plus_months(i32::from(rules.late_months)).month();
    (month <= latest).then_some(month)
}

/// What was done of the transfer that a notice asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The agency handed over to finance (财政部门).
    pub handed_over: Option<Day>,
    /// Finance paid.
    pub paid: Option<Day>,
    /// Finance wrote back to the agency.
    pub written_back: Option<Day>,
}

/// By when each step of a transfer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// The agency hands over.
    pub hand_over: DueDay,
    /// Finance pays.
    pub pay: DueDay,
    /// Finance writes back.
    pub write_back: DueDay,
}

/// A step of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// 提交财政部门.
    HandOver,
    /// 划拨.
    Pay,
    /// 书面反馈.
    WriteBack,
}

impl Deadlines {
    /// The deadlines of a notice that was received on a day.
    pub fn of(received: Day, done: Done, rules: &Rules, calendar: &WorkingDays) -> Self {
        let after = |done: Option<Day>, due: DueDay, within: u16| {
            let next = calendar.due(done.unwrap_or(due.day), within);
            DueDay { provisional: next.provisional || (done.is_none() && due.provisional), ..next }
        };
        let hand_over = calendar.due(received, rules.hand_over_working_days);
        let pay = after(done.handed_over, hand_over, rules.pay_working_days);
        let write_back = after(done.paid, pay, rules.write_back_working_days);
        Self { hand_over, pay, write_back }
    }

    /// The first step that is not done, and by when it is due; `None` when all are.
    pub fn next(&self, done: Done) -> Option<(Step, DueDay)> {
        let steps = [
            (Step::HandOver, done.handed_over, self.hand_over),
            (Step::Pay, done.paid, self.pay),
            (Step::WriteBack, done.written_back, self.write_back),
        ];
        steps.into_iter().find(|(_, done, _)| done.is_none()).map(|(step, _, due)| (step, due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleBook;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn rules() -> Rules {
        RuleBook::national().on(day("2026-11-22")).unwrap()
    }

    #[test]
    fn the_days_of_a_month() {
        for (month, days) in [
            (Month::new(2026, 9).unwrap(), ["2026-10-20", "2026-10-21", "2026-10-25", "2026-10-31"]),
            (Month::new(2026, 12).unwrap(), ["2027-01-20", "2027-01-21", "2027-01-25", "2027-01-31"]),
            (Month::new(2027, 1).unwrap(), ["2027-02-20", "2027-02-21", "2027-02-25", "2027-02-28"]),
        ] {
            let Timetable { reconciled_by, statement_on, confirmed_by, notices_on, .. } =
                Timetable::of(month, &rules());
            assert_eq!([reconciled_by, statement_on, confirmed_by, notices_on], days.map(day), "{month}");
        }
    }

    #[test]
    fn a_notice_before_the_national_day_in_each_of_its_stages() {
        let nothing = Done::default();
        let handed = Done { handed_over: Some(day("2026-09-29")), ..nothing };
        let paid = Done { paid: Some(day("2026-10-09")), ..handed };
        let all = Done { written_back: Some(day("2026-10-12")), ..paid };
        for (done, due, next) in [
            (nothing, ["2026-10-10", "2026-10-23", "2026-10-30"], Some(Step::HandOver)),
            (handed, ["2026-10-10", "2026-10-19", "2026-10-26"], Some(Step::Pay)),
            (paid, ["2026-10-10", "2026-10-19", "2026-10-15"], Some(Step::WriteBack)),
            (all, ["2026-10-10", "2026-10-19", "2026-10-15"], None),
        ] {
            let deadlines = Deadlines::of(day("2026-09-28"), done, &rules(), WorkingDays::published());
            let days = [deadlines.hand_over, deadlines.pay, deadlines.write_back].map(|due| due.day);
            assert_eq!(days, due.map(day), "{done:?}");
            assert_eq!(deadlines.next(done).map(|(step, _)| step), next);
        }
    }

    #[test]
    fn a_deadline_counted_from_a_provisional_one_is_provisional() {
        let received = day("2026-12-24");
        let deadlines = Deadlines::of(received, Done::default(), &rules(), WorkingDays::published());
        assert!(!deadlines.hand_over.provisional, "{:?} is in this year", deadlines.hand_over);
        assert!(deadlines.pay.provisional && deadlines.write_back.provisional);
    }
}

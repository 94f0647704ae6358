//! Working days (工作日) by the published holidays of China, with the weekend days on which people work instead (调休上班).
//!
//! Deadlines of clearing and of casework are counted in working days. The holidays of a year are published late in the year
//! before; a deadline that reaches beyond what is published is [provisional](DueDay::provisional): it counts with weekends
//! and with the holidays that fall on the same day each year, and is to be counted again when the notice is out. This
//! module must not know which deadlines there are.

use crate::day::Day;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::LazyLock,
};

/// The working days of China, as far as they are published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingDays {
    exceptions: BTreeMap<Day, Exception>,
    years: BTreeSet<i16>,
}

/// A day on which it is not the weekday that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exception {
    Off,
    Work,
}

/// The day on which something falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueDay {
    /// The last day on which it is in time.
    pub day: Day,
    /// Counted through a year whose holidays are not published yet: the true day may be another.
    pub provisional: bool,
}

/// The holidays that are the same days each year, month and day (全国年节及纪念日放假办法, 国务院令第795号): 元旦, 劳动节, 国庆节. 春节, 清明, 端午 and
/// 中秋 go by the moon or the sun, and no weekend is swapped before the notice says so.
const EACH_YEAR: [(i32, i32); 6] = [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)];

impl WorkingDays {
    /// What this program carries.
    pub fn published() -> &'static Self {
        static PUBLISHED: LazyLock<WorkingDays> = LazyLock::new(|| {
            WorkingDays::read(include_str!("working_days.tsv"))
                .expect("the calendar of this program is in order")
        });
        &PUBLISHED
    }

    /// Reads a calendar: lines of day, tab, `off` or `work`, tab, the holiday's name; `#` begins a note. Every year that has a
    /// line is published.
    ///
    /// # Errors
    /// The first line that is not one.
    ///
    /// ```
    /// # use terms::WorkingDays;
    /// let next = WorkingDays::read("2027-02-06\toff\t春节\n2027-02-20\twork\t春节\n").unwrap();
    /// assert!(next.is_published(2027));
    /// assert!(next.is_working("2027-02-20".parse().unwrap()), "a Saturday on which people work");
    /// assert_eq!(WorkingDays::read("2027-02-06 off").unwrap_err().line, 1);
    /// ```
    pub fn read(text: &str) -> Result<Self, NotACalendar> {
        let mut calendar = Self::default();
        for (line, content) in text.lines().enumerate().filter(|(_, content)| !content.starts_with('#')) {
            let wrong = NotACalendar { line: line + 1 };
            let mut columns = content.split('\t');
            let (Some(day), Some(kind), Some(_), None) =
                (columns.next(), columns.next(), columns.next(), columns.next())
            else {
                return Err(wrong);
            };
            let day: Day = day.parse().map_err(|_| wrong)?;
            let exception = match kind {
                "off" => Exception::Off,
                "work" if day.is_weekend() => Exception::Work,
                _ => return Err(wrong),
            };
            if calendar.exceptions.insert(day, exception).is_some() {
                return Err(wrong);
            }
            calendar.years.insert(day.year());
        }
        Ok(calendar)
    }

    /// Together with a calendar of other years; of a year that both have, the other's days count.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.exceptions.retain(|day, _| !other.years.contains(&day.year()));
        self.exceptions.extend(other.exceptions);
        self.years.extend(other.years);
        self
    }

    /// Whether the holidays of the year are known.
    pub fn is_published(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// Whether people work on the day.
    pub fn is_working(&self, day: Day) -> bool {
        match self.exceptions.get(&day) {
            Some(exception) => *exception == Exception::Work,
            None if day.is_weekend() => false,
            None => self.is_published(day.year()) || !is_off_each_year(day),
        }
    }

    /// The day by which something must be done within so many working days of `start`, which does not count itself
    /// (当日不计入). Within none, it is `start` if that is a working day, and else the next one.
    ///
    /// ```
    /// # use terms::WorkingDays;
    /// // Handed over before the week of 国庆节: five working days later is after it.
    /// let due = WorkingDays::published().due("2026-09-29".parse().unwrap(), 5);
    /// assert_eq!((due.day.to_string().as_str(), due.provisional), ("2026-10-12", false));
    /// ```
    pub fn due(&self, start: Day, within: u16) -> DueDay {
        let mut day = start;
        let mut left = within;
        if within == 0 {
            while !self.is_working(day) {
                day = day.plus_days(1);
            }
        }
        while left > 0 {
            day = day.plus_days(1);
            left -= u16::from(self.is_working(day));
        }
        let provisional = (start.year()..=day.year()).any(|year| !self.is_published(year));
        DueDay { day, provisional }
    }

    /// How many working days are left after `today` up to and including `due`; below nothing is how many have passed since.
    pub fn left(&self, today: Day, due: Day) -> i32 {
        let (first, last, sign) = if today <= due { (today, due, 1) } else { (due, today, -1) };
        let days = (1..=first.days_until(last)).filter(|&later| self.is_working(first.plus_days(later)));
        sign * i32::try_from(days.count()).expect("no more days than were counted")
    }
}

fn is_off_each_year(day: Day) -> bool {
    let number = day.number();
    EACH_YEAR.contains(&(number / 100 % 100, number % 100))
}

/// A text is not a calendar of holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACalendar {
    /// The first line that is wrong, from 1: not three columns, no day, neither `off` nor `work`, work on a day that is none of
    /// the weekend, or a day that was there before.
    pub line: usize,
}

impl fmt::Display for NotACalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "节假日历第{}行有误：应为“日期 制表符 off或work 制表符 节日名称”，且每天只出现一次",
            self.line
        )
    }
}

impl std::error::Error for NotACalendar {}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn deadlines_as_a_table() {
        for (start, within, due, provisional, why) in [
            ("2026-11-02", 5, "2026-11-09", false, "a week without holidays"),
            ("2026-11-06", 1, "2026-11-09", false, "over a weekend"),
            ("2026-11-07", 0, "2026-11-09", false, "within none, from a Saturday"),
            ("2026-11-09", 0, "2026-11-09", false, "within none, from a Monday"),
            ("2026-09-18", 2, "2026-09-21", false, "2026-09-20 is a Sunday on which people work"),
            ("2026-09-29", 10, "2026-10-19", false, "over 国庆节, with the Saturday after it"),
            ("2026-02-13", 1, "2026-02-14", false, "the Saturday before 春节 is a working day"),
            ("2026-02-14", 5, "2026-02-28", false, "春节 to the Saturday on which people work"),
            ("2025-09-30", 5, "2025-10-14", false, "国庆节 with 中秋, eight days"),
            ("2026-12-28", 5, "2027-01-05", true, "into a year that is not published"),
            ("2027-09-30", 1, "2027-10-04", true, "what is off each year counts before the notice"),
        ] {
            let expected = DueDay { day: day(due), provisional };
            assert_eq!(WorkingDays::published().due(day(start), within), expected, "{why}");
        }
    }

    #[test]
    fn the_days_left_are_those_until_it_is_due() {
        let calendar = WorkingDays::published();
        for start in (0..200).map(|later| day("2026-08-01").plus_days(later)) {
            for within in [1, 5, 10] {
                let due = calendar.due(start, within);
                assert_eq!(calendar.left(start, due.day), i32::from(within), "from {start}");
                assert!(calendar.is_working(due.day), "{} is due on a day off", due.day);
            }
        }
        assert_eq!(
            calendar.left(day("2026-10-12"), day("2026-09-30")),
            -4,
            "late by the 8th, 9th, 10th and 12th"
        );
        assert_eq!(calendar.left(day("2026-10-12"), day("2026-10-12")), 0);
    }

    #[test]
    fn a_year_that_is_published_later_moves_what_was_provisional() {
        let before = WorkingDays::published().due(day("2027-02-04"), 5);
        let notice =
            "2027-02-05\toff\t春节\n2027-02-08\toff\t春节\n2027-02-09\toff\t春节\n2027-02-10\toff\t春节\n";
        let calendar = WorkingDays::published().clone().with(WorkingDays::read(notice).unwrap());
        let after = calendar.due(day("2027-02-04"), 5);
        assert_eq!((before.day, before.provisional), (day("2027-02-11"), true));
        assert_eq!((after.day, after.provisional), (day("2027-02-17"), false));
        assert_eq!(calendar.due(day("2026-11-02"), 5).day, day("2026-11-09"), "other years stay");
    }

    #[test]
    fn what_is_no_calendar_is_refused_by_its_line() {
        let good = "2026-01-01\toff\t元旦";
        for (wrong, line) in [
            ("2026-01-01\toff".to_owned(), 1),
            (format!("{good}\n2026-01-32\toff\t元旦"), 2),
            (format!("# note\n{good}\n{good}"), 3),
            ("2026-01-05\twork\t元旦".to_owned(), 1),
            ("2026-01-04\tWORK\t元旦".to_owned(), 1),
            (format!("{good}\tmore"), 1),
        ] {
            assert_eq!(WorkingDays::read(&wrong), Err(NotACalendar { line }), "{wrong}");
        }
    }
}

//! Days of policy and times of record are different types: a [`Day`] selects the rule, a [`Moment`] says when something
//! was written down. Neither is ever taken from the machine here: a [`Clock`] is given.

use jiff::{Timestamp, ToSpan, civil, tz};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A calendar day in China, the day of a policy, an admission, a discharge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(civil::Date);

impl Day {
    /// The day, if there is one: `Day::new(2026, 2, 30)` is `None`.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self)
    }

    /// As one number, `20261121`: how the database keeps it.
    pub fn number(self) -> i32 {
        self.month().number() * 100 + i32::from(self.0.day())
    }

    /// From such a number; `None` if there is no such day.
    pub fn from_number(number: i32) -> Option<Self> {
        let part = |value: i32| i8::try_from(value % 100).ok();
        Self::new(i16::try_from(number / 10_000).ok()?, part(number / 100)?, part(number)?)
    }

    /// The year of the calendar, which is also the insurance year (医保年度) unless a policy says otherwise.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month that the day is in.
    pub fn month(self) -> Month {
        Month { year: self.0.year(), month: self.0.month() }
    }

    /// Day of the month, from 1.
    pub fn day_of_month(self) -> i8 {
        self.0.day()
    }

    /// Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), civil::Weekday::Saturday | civil::Weekday::Sunday)
    }

    /// So many days later (or earlier, below nothing). Days beyond the calendar are an impossible state.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.checked_add(days.days()).expect("a day beyond the calendar"))
    }

    /// So many months later, on the same day of the month or the last one there is.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        Self(self.0.checked_add(months.months()).expect("a day beyond the calendar"))
    }

    /// Days from this day to a later one; negative to an earlier one.
    pub fn days_until(self, later: Self) -> i32 {
        (later.0 - self.0).get_days()
    }

    /// Whole years from this day, say a birth, to a later one.
    pub fn years_until(self, later: Self) -> i16 {
        let years = later.0.year() - self.0.year();
        if (later.0.month(), later.0.day()) < (self.0.month(), self.0.day()) { years - 1 } else { years }
    }

    /// Midnight at the start of the day in China.
    pub fn start(self) -> Moment {
        let zoned = self.0.to_zoned(tz::TimeZone::fixed(CHINA)).expect("a fixed offset has every midnight");
        Moment(zoned.timestamp())
    }
}

/// China has one time, eight hours before UTC, without summer time since 1992.
const CHINA: tz::Offset = tz::offset(8);

impl fmt::Display for Day {
    /// `yyyy-MM-dd`, as the interface writes a 日期型.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl FromStr for Day {
    type Err = NotATime;
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let text = text.trim();
        if text.len() != 10 {
            return Err(NotATime);
        }
        text.parse().map(Self).map_err(|_| NotATime)
    }
}

/// A text is not a day or a time of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATime;

/// A month of the calendar: of clearing, and of the tables that grow for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month, if it is one of the twelve.
    pub fn new(year: i16, month: i8) -> Option<Self> {
        Day::new(year, month, 1).map(Day::month)
    }

    /// As one number, `202611`: how the database and clearing name it.
    pub fn number(self) -> i32 {
        i32::from(self.year) * 100 + i32::from(self.month)
    }

    /// The first day.
    pub fn first_day(self) -> Day {
        Day::new(self.year, self.month, 1).expect("a month has a first day")
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Self {
        self.first_day().plus_months(1).month()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A moment of record: when something was asked, computed or written down, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(#[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")] Timestamp);

impl Moment {
    /// From milliseconds since 1970 UTC; `None` beyond the calendar.
    pub fn from_millis(millis: i64) -> Option<Self> {
        Timestamp::from_millisecond(millis).ok().map(Self)
    }

    /// Milliseconds since 1970 UTC: how the database keeps it.
    pub fn millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// The calendar day in China at this moment.
    pub fn day(self) -> Day {
        Day(self.civil().date())
    }

    /// So many milliseconds later (earlier, below nothing).
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.checked_add(millis.milliseconds()).expect("a moment beyond the calendar"))
    }

    /// `yyyyMMddHHmmssSSS` in China: the interface's 17-character times.
    pub fn compact_millis(self) -> String {
        self.civil().strftime("%Y%m%d%H%M%S%3f").to_string()
    }

    /// `yyyyMMddHHmmss` in China.
    pub fn compact(self) -> String {
        self.civil().strftime("%Y%m%d%H%M%S").to_string()
    }

    fn civil(self) -> civil::DateTime {
        CHINA.to_datetime(self.0)
    }
}

impl fmt::Display for Moment {
    /// `yyyy-MM-dd HH:mm:ss` in China, as the interface writes a 日期时间型.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.civil().strftime("%Y-%m-%d %H:%M:%S").to_string())
    }
}

impl FromStr for Moment {
    type Err = NotATime;

    /// Reads `yyyy-MM-dd HH:mm:ss` (also with `T`, also with a fraction) as China's time; a bare day is its midnight.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let text = text.trim();
        if text.len() == 10 {
            return text.parse::<Day>().map(Day::start);
        }
        // A year with a sign is before our era or of six digits, neither of which can be printed as the interface has it.
        if text.len() < 16 || text.len() > 29 || text.starts_with(['-', '+']) {
            return Err(NotATime);
        }
        let civil: civil::DateTime = text.parse().map_err(|_| NotATime)?;
        CHINA.to_timestamp(civil).map(Self).map_err(|_| NotATime)
    }
}

/// Where the present comes from. The program has one that reads the machine; tests and the simulated country have ones
/// that are set.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Moment;

    /// The present day in China.
    fn today(&self) -> Day {
        self.now().day()
    }
}

/// A clock that stands where it was set, for tests.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Moment);

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_as_the_interface_does() {
        let moment: Moment = "2026-11-21 23:59:58".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-21 23:59:58");
        assert_eq!(moment.compact_millis(), "20261121235958000");
        assert_eq!(moment.day().to_string(), "2026-11-21", "the day is China's, not UTC's");
        assert_eq!("2026-11-21".parse::<Moment>().unwrap().to_string(), "2026-11-21 00:00:00");
        for wrong in [
            "",
            "2026-02-30",
            "2026-11-21 25:00:00",
            "21/11/2026",
            "2026-1-1",
            "99999-01-01 00:00:00",
            "-009999-02-01T00:00:00",
            "+002026-02-01T00:00:00",
        ] {
            assert_eq!(wrong.parse::<Moment>(), Err(NotATime), "{wrong}");
        }
    }

    #[test]
    fn ages_count_whole_years() {
        let birth = Day::new(1964, 11, 22).unwrap();
        assert_eq!(birth.years_until(Day::new(2026, 11, 21).unwrap()), 61);
        assert_eq!(birth.years_until(Day::new(2026, 11, 22).unwrap()), 62);
    }
}

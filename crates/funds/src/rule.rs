//! The dated rules of the money between provinces, read from `policy/national/clearing.toml`: what the notices leave to a
//! number or a choice, each with its source and how sure it is.
//!
//! To add a rule: a line in the table below, its field's doc comment, and a `[[rule]]` in the file.

use serde::Deserialize;
use std::{collections::BTreeMap, fmt};
use terms::{Day, Rate};

/// The rules of all days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleBook {
    versions: BTreeMap<Key, BTreeMap<Day, Version>>,
}

/// How sure a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Read in a published text.
    Confirmed,
    /// Not read in a published text: a default, to be set by those who know.
    Recalled,
}

/// Where a rule is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Title of the notice or page.
    pub title: String,
    /// Its number (文号), if it has one.
    pub number: Option<String>,
    /// Where it can be read.
    pub link: Option<String>,
}

/// One value of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// As it is written.
    value: Value,
    /// Where it is written.
    pub source: Source,
    /// How sure it is.
    pub confidence: Confidence,
    /// What else people should know, in Chinese.
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Value {
    Number(u16),
    Text(String),
}

/// From which payments a prepayment is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The monthly average of the last quarter of the year before (上年第四季度).
    LastQuarter,
    /// The monthly average of the whole year before.
    LastYear,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $field:ident: $type:ty, $key:literal, $read:expr;)+) => {
        /// The rules that hold on one day.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Rules { $($(#[$doc])* pub $field: $type,)+ }

        /// Names of rules, as the file writes them.
        const KEYS: &[&str] = &[$($key,)+];

        impl RuleBook {
            /// The rules that hold on a day; `None` before the first day on which all of them do.
            pub fn on(&self, day: Day) -> Option<Rules> {
                Some(Rules { $($field: $read(&self.version($key, day)?.value).expect("checked when it was read"),)+ })
            }
        }

        fn is_readable(key: &str, value: &Value) -> bool {
            match key { $($key => $read(value).is_some(),)+ _ => false }
        }
    };
}

type Key = &'static str;

rules! {
    /// How many months' payments a prepayment (预付金) covers.
    prepayment_months: u16, "prepayment.months", count;
    /// From which payments it is computed.
    prepayment_base: Base, "prepayment.base", base;
    /// The usage (使用率) from which on a prepayment is yellow (黄色预警).
    prepayment_yellow: Rate, "prepayment.yellow", rate;
    /// The usage from which on it is red (红色预警), and an emergency increase (紧急调增) may be asked for.
    prepayment_red: Rate, "prepayment.red", rate;
    /// Working days after the clearing was confirmed within which an emergency increase is asked for.
    increase_working_days: u16, "prepayment.increase_working_days", count;
    /// The day of the next month by which the treatment place has reconciled with its institutions.
    reconciled_day: u16, "clearing.reconciled_day", day_of_month;
    /// The day of the next month on which the hub makes the statement (清算表).
    statement_day: u16, "clearing.statement_day", day_of_month;
    /// The day of the next month by which the provinces confirm it.
    confirmed_day: u16, "clearing.confirmed_day", day_of_month;
    /// The day of the next month by which payment and receipt notices (付款、收款通知书) are issued.
    notices_day: u16, "clearing.notices_day", day_of_month;
    /// How many months late a settlement may be declared at most.
    late_months: u16, "clearing.late_months", count;
    /// The month of the next year by whose end a year is cleared.
    year_closed_month: u16, "clearing.year_closed_month", month_of_year;
    /// Working days after the notice within which the agency hands over to finance (财政部门).
    hand_over_working_days: u16, "transfer.hand_over_working_days", count;
    /// Working days after that within which finance pays.
    pay_working_days: u16, "transfer.pay_working_days", count;
    /// Working days after payment within which finance writes back.
    write_back_working_days: u16, "transfer.write_back_working_days", count;
}

fn count(value: &Value) -> Option<u16> {
    between(value, 1, 60)
}

fn day_of_month(value: &Value) -> Option<u16> {
    between(value, 1, 31)
}

fn month_of_year(value: &Value) -> Option<u16> {
    between(value, 1, 12)
}

fn between(value: &Value, least: u16, most: u16) -> Option<u16> {
    match value {
        Value::Number(number) if (least..=most).contains(number) => Some(*number),
        _ => None,
    }
}

fn rate(value: &Value) -> Option<Rate> {
    let Value::Text(text) = value else { return None };
    Rate::percent(text.strip_suffix('%')?.parse().ok()?)
}

fn base(value: &Value) -> Option<Base> {
    match value {
        Value::Text(text) if text == "last_quarter" => Some(Base::LastQuarter),
        Value::Text(text) if text == "last_year" => Some(Base::LastYear),
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: BTreeMap<String, Source>,
    rule: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    from: String,
    value: Value,
    source: String,
    confidence: Confidence,
    note: Option<String>,
}

/// Why a file is no rule book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotARuleBook(String);

impl fmt::Display for NotARuleBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotARuleBook {}

impl RuleBook {
    /// The rules that this program carries.
    ///
    /// # Panics
    /// If the file that was built in is no rule book, which a test excludes.
    pub fn national() -> Self {
        Self::read(include_str!("../../../policy/national/clearing.toml")).expect("built in and tested")
    }

    /// Reads a rule book: every key at least once, no key twice from the same day, only keys, sources and values that exist.
    ///
    /// # Errors
    /// The first thing that is wrong, with its key and day.
    pub fn read(text: &str) -> Result<Self, NotARuleBook> {
        let file: File =
            toml::from_str(text).map_err(|error| NotARuleBook(error.to_string().trim_end().to_owned()))?;
        let mut versions = BTreeMap::<Key, BTreeMap<Day, Version>>::new();
        for line in file.rule {
            let wrong = |what: &str| NotARuleBook(format!("rule `{}` from {}: {what}", line.key, line.from));
            let key = KEYS.iter().copied().find(|key| *key == line.key);
            let key = key.ok_or_else(|| wrong(&format!("no such key; there are {}", KEYS.join(", "))))?;
            let from = line.from.parse::<Day>().map_err(|_| wrong("`from` is no day"))?;
            let source = file.source.get(&line.source).ok_or_else(|| wrong("no such source"))?;
            if !is_readable(key, &line.value) {
                return Err(wrong("the value is not one that the key can have"));
            }
            let version = Version {
                value: line.value.clone(),
                source: source.clone(),
                confidence: line.confidence,
                note: line.note.clone(),
            };
            if versions.entry(key).or_default().insert(from, version).is_some() {
                return Err(wrong("there is another one from the same day"));
            }
        }
        match KEYS.iter().find(|key| !versions.contains_key(*key)) {
            Some(missing) => Err(NotARuleBook(format!("rule `{missing}` is missing"))),
            None => Ok(Self { versions }),
        }
    }

    /// The version of a rule that holds on a day, with its source.
    pub fn version(&self, key: &str, day: Day) -> Option<&Version> {
        self.versions.get(key)?.range(..=day).next_back().map(|(_, version)| version)
    }

    /// Every rule that holds on a day, by key: what is shown to whoever asks where a number comes from.
    pub fn all_on(&self, day: Day) -> impl Iterator<Item = (&'static str, &Version)> {
        KEYS.iter().filter_map(move |key| Some((*key, self.version(key, day)?)))
    }
}

impl fmt::Display for Version {
    /// The value as the file writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIONAL: &str = include_str!("../../../policy/national/clearing.toml");

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn the_national_rules_hold_since_2021_and_say_where_they_come_from() {
        let book = RuleBook::national();
        assert_eq!(book.on(day("2020-12-31")), None);
        let rules = book.on(day("2026-11-22")).unwrap();
        assert_eq!((rules.prepayment_months, rules.prepayment_base), (2, Base::LastQuarter));
        let lights = [rules.prepayment_yellow, rules.prepayment_red].map(Rate::as_permyriad);
        assert_eq!(lights, [7_000, 9_000]);
        let recalled: Vec<_> = book
            .all_on(day("2026-11-22"))
            .filter(|(_, version)| version.confidence == Confidence::Recalled)
            .map(|(key, version)| format!("{key}={version}"))
            .collect();
        assert_eq!(
            recalled,
            [
                "prepayment.base=last_quarter",
                "prepayment.increase_working_days=3",
                "clearing.reconciled_day=20",
                "clearing.statement_day=21",
                "clearing.confirmed_day=25",
                "clearing.notices_day=31",
                "clearing.late_months=2",
            ]
        );
    }

    #[test]
    fn a_later_version_holds_from_its_day_on() {
        let later = "\n[[rule]]\nkey = \"prepayment.months\"\nfrom = \"2027-01-01\"\nvalue = 3\nsource = \"hebei\"\n\
                     confidence = \"recalled\"\n";
        let book = RuleBook::read(&format!("{NATIONAL}{later}")).unwrap();
        assert_eq!(book.on(day("2026-12-31")).unwrap().prepayment_months, 2);
        assert_eq!(book.on(day("2027-01-01")).unwrap().prepayment_months, 3);
    }

    #[test]
    fn what_is_wrong_is_said_by_its_key() {
        let spoiled = |from: &str, to: &str| {
            assert!(NATIONAL.contains(from), "{from}");
            RuleBook::read(&NATIONAL.replacen(from, to, 1)).unwrap_err().to_string()
        };
        for (from, to, said) in [
            ("\"prepayment.months\"", "\"prepayment.moons\"", "no such key; there are prepayment.months, "),
            ("\"90%\"", "\"101%\"", "rule `prepayment.red` from 2017-01-01: the value is not one"),
            ("\"90%\"", "90", "the value is not one"),
            ("value = 21", "value = 32", "rule `clearing.statement_day`"),
            ("value = 21", "value = 0", "the value is not one"),
            ("\"last_quarter\"", "\"last_week\"", "the value is not one"),
            ("source = \"hebei\"", "source = \"nobody\"", "no such source"),
            ("\"prepayment.red\"", "\"prepayment.yellow\"", "there is another one from the same day"),
            ("from = \"2017-01-01\"", "from = \"2017-02-30\"", "`from` is no day"),
            ("confidence = \"confirmed\"", "confidence = \"sure\"", "unknown variant `sure`"),
            ("note = ", "notes = ", "unknown field `notes`"),
        ] {
            let message = spoiled(from, to);
            assert!(message.contains(said), "{from} -> {to}: {message}");
        }
        let first = NATIONAL.find("[[rule]]").unwrap();
        let second = first + 8 + NATIONAL[first + 8..].find("[[rule]]").unwrap();
        let without = format!("{}{}", &NATIONAL[..first], &NATIONAL[second..]);
        assert_eq!(RuleBook::read(&without).unwrap_err().to_string(), "rule `prepayment.months` is missing");
    }
}

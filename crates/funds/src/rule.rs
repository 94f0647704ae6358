//! The dated rules of the money between provinces, read from `policy/national/clearing.toml`: what the notices leave to a
//! number or a choice, each with its source and how sure it is.
//!
//! To add a rule: a line in the table below, its field's doc comment, and a `[[rule]]` in the file.

use serde::Deserialize;
use std::{collections::BTreeMap, fmt, sync::LazyLock};
use terms::{Day, Province, Rate};

/// The rules of all days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleBook {
    versions: BTreeMap<Key, BTreeMap<Day, Version>>,
    /// What a province does otherwise, for itself.
    local: BTreeMap<(Province, Key), BTreeMap<Day, Version>>,
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

/// What becomes of a month's clearing that a province has neither confirmed nor disputed in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// It is shown and reminded of, and waits.
    Wait,
    /// It counts as confirmed (逾期视同确认).
    Confirmed,
}

/// What the usage (使用率) of a prepayment is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageMeasure {
    /// What the insured province owes and has not paid yet.
    Unpaid,
    /// What the last whole month came to (月清算资金).
    Monthly,
}

/// How much of a prepayment a province collects from each of its pooling areas (统筹区).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collected {
    /// What it pays ahead itself, divided by what was paid for each area's people last year.
    Divided,
    /// So many average months of what was paid for the area's people last year.
    Months(u16),
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

            /// The rules that hold on one day in a province: its own where it has some, and else the nation's.
            pub fn on_in(&self, province: Province, day: Day) -> Option<Rules> {
                Some(Rules { $(
                    $field: $read(&self.version_in(province, $key, day)?.value).expect("checked when it was read"),
                )+ })
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
    /// What the usage is measured by.
    prepayment_usage: UsageMeasure, "prepayment.usage", usage_measure;
    /// Over how many days it is counted how fast a prepayment is used, to say when it will be used up.
    prepayment_forecast_days: u16, "prepayment.forecast_days", days_of_year;
    /// The day of January from which on the amounts of the year are drafted by themselves.
    prepayment_draft_day: u16, "prepayment.draft_day", day_of_month;
    /// The month of the year by whose end the notices of the yearly adjustment are fetched.
    prepayment_notices_month: u16, "prepayment.notices_month", month_of_year;
    /// The month of the year by whose end all of it is paid and entered.
    prepayment_completed_month: u16, "prepayment.completed_month", month_of_year;
    /// How much is collected from each pooling area.
    prepayment_collected: Collected, "prepayment.collected", collected;
    /// Working days after the province's notice within which a pooling area pays its part.
    prepayment_area_working_days: u16, "prepayment.area_working_days", count;
    /// Working days after the clearing was confirmed within which an emergency increase is asked for.
    increase_working_days: u16, "prepayment.increase_working_days", count;
    /// Working days after it was asked for within which the hub decides about an emergency increase.
    increase_decided_working_days: u16, "prepayment.increase_decided_working_days", count;
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
    /// What becomes of a pair that a province has not answered by then.
    unanswered: Unanswered, "clearing.unanswered", unanswered;
    /// The month of the next year by whose end a year is cleared.
    year_closed_month: u16, "clearing.year_closed_month", month_of_year;
    /// Working days after the notice within which the agency hands over to finance (财政部门).
    hand_over_working_days: u16, "transfer.hand_over_working_days", count;
    /// Working days after that within which finance pays.
    pay_working_days: u16, "transfer.pay_working_days", count;
    /// Working days after payment within which finance writes back.
    write_back_working_days: u16, "transfer.write_back_working_days", count;
    /// Working days before a deadline from which on one is reminded of it (提醒).
    remind_working_days: u16, "transfer.remind_working_days", count;
    /// Working days past the deadline of payment from which on the first letter of urging (催缴函) is due.
    urging_first: u16, "urging.first_working_days", count;
    /// The same for the second letter.
    urging_second: u16, "urging.second_working_days", count;
    /// The same for the third letter.
    urging_third: u16, "urging.third_working_days", count;
    /// How many letters have gone out before a province may be suspended (暂停跨省直接结算).
    suspension_letters: u16, "urging.suspension_letters", count;
    /// Working days after its statement within which a pooling area (统筹区) sends up what it owes.
    area_pay_working_days: u16, "area.pay_working_days", count;
    /// Working days after a month's payment was adopted within which the institution is paid.
    institution_pay_working_days: u16, "institution.pay_working_days", count;
    /// The share of each payment that is held as a quality deposit (质量保证金) where the agreement says nothing.
    institution_deposit: Rate, "institution.deposit", rate;
    /// The score of the yearly assessment (年度考核) from which on the whole deposit is given back.
    institution_full_score: u16, "institution.full_score", score;
    /// The score below which nothing of it is given back.
    institution_least_score: u16, "institution.least_score", score;
}

fn unanswered(value: &Value) -> Option<Unanswered> {
    match value {
        Value::Text(text) if text == "wait" => Some(Unanswered::Wait),
        Value::Text(text) if text == "confirmed" => Some(Unanswered::Confirmed),
        _ => None,
    }
}

fn count(value: &Value) -> Option<u16> {
    between(value, 1, 60)
}

fn day_of_month(value: &Value) -> Option<u16> {
    between(value, 1, 31)
}

fn days_of_year(value: &Value) -> Option<u16> {
    between(value, 1, 366)
}

fn month_of_year(value: &Value) -> Option<u16> {
    between(value, 1, 12)
}

fn score(value: &Value) -> Option<u16> {
    between(value, 1, 100)
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

fn usage_measure(value: &Value) -> Option<UsageMeasure> {
    match value {
        Value::Text(text) if text == "unpaid" => Some(UsageMeasure::Unpaid),
        Value::Text(text) if text == "monthly" => Some(UsageMeasure::Monthly),
        _ => None,
    }
}

fn collected(value: &Value) -> Option<Collected> {
    match value {
        Value::Text(text) if text == "divided" => Some(Collected::Divided),
        number => between(number, 1, 24).map(Collected::Months),
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
    /// The province whose own rule it is; the nation's if none.
    province: Option<String>,
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
    /// The rules that this program carries, read once.
    ///
    /// # Panics
    /// If the file that was built in is no rule book, which a test excludes.
    pub fn national() -> &'static Self {
        static NATIONAL: LazyLock<RuleBook> = LazyLock::new(|| {
            let file = include_str!("../../../policy/national/clearing.toml");
            RuleBook::read(file).expect("built in and tested")
        });
        &NATIONAL
    }

    /// Reads a rule book: every key at least once, no key twice from the same day, only keys, sources and values that exist.
    ///
    /// # Errors
    /// The first thing that is wrong, with its key and day.
    pub fn read(text: &str) -> Result<Self, NotARuleBook> {
        let file: File =
            toml::from_str(text).map_err(|error| NotARuleBook(error.to_string().trim_end().to_owned()))?;
        let mut versions = BTreeMap::<Key, BTreeMap<Day, Version>>::new();
        let mut local = BTreeMap::<(Province, Key), BTreeMap<Day, Version>>::new();
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
            let of_key = match &line.province {
                None => versions.entry(key).or_default(),
                Some(province) => {
                    let province = province.parse().map_err(|_| wrong("`province` is no province"))?;
                    local.entry((province, key)).or_default()
                }
            };
            if of_key.insert(from, version).is_some() {
                return Err(wrong("there is another one from the same day"));
            }
        }
        match KEYS.iter().find(|key| !versions.contains_key(*key)) {
            Some(missing) => Err(NotARuleBook(format!("rule `{missing}` is missing"))),
            None => Ok(Self { versions, local }),
        }
    }

    /// The version of a rule that holds on a day, with its source.
    pub fn version(&self, key: &str, day: Day) -> Option<&Version> {
        self.versions.get(key)?.range(..=day).next_back().map(|(_, version)| version)
    }

    /// The version that holds on a day in a province: its own if it has one by then, and else the nation's.
    pub fn version_in(&self, province: Province, key: &str, day: Day) -> Option<&Version> {
        let known = KEYS.iter().copied().find(|known| *known == key)?;
        let own = self.local.get(&(province, known)).and_then(|own| own.range(..=day).next_back());
        own.map(|(_, version)| version).or_else(|| self.version(key, day))
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
                "prepayment.usage=unpaid",
                "prepayment.forecast_days=30",
                "prepayment.draft_day=10",
                "prepayment.area_working_days=10",
                "prepayment.increase_working_days=3",
                "prepayment.increase_decided_working_days=5",
                "clearing.reconciled_day=20",
                "clearing.statement_day=21",
                "clearing.confirmed_day=25",
                "clearing.notices_day=31",
                "clearing.late_months=2",
                "clearing.unanswered=wait",
                "transfer.remind_working_days=2",
                "urging.first_working_days=1",
                "urging.second_working_days=5",
                "urging.third_working_days=10",
                "urging.suspension_letters=3",
                "area.pay_working_days=5",
                "institution.full_score=90",
                "institution.least_score=60",
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
    fn a_province_may_do_otherwise_for_itself() {
        let book = RuleBook::national();
        let hebei: Province = "130000".parse().unwrap();
        let hubei: Province = "420000".parse().unwrap();
        let on = |province| book.on_in(province, day("2027-01-20")).unwrap();
        assert_eq!(on(hebei).prepayment_collected, Collected::Months(6));
        assert_eq!(on(hubei), book.on(day("2027-01-20")).unwrap());
        assert_eq!(Rules { prepayment_collected: Collected::Divided, ..on(hebei) }, on(hubei));
        assert_eq!(book.on(day("2027-01-20")).unwrap().prepayment_collected, Collected::Divided);
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
            ("\"130000\"", "\"130100\"", "`province` is no province"),
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

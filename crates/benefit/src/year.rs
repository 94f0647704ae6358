//! What a person has used in the insurance year so far: a counter for everything that a policy limits.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{collections::BTreeMap, fmt, str::FromStr};
use terms::{CareKind, Day, DiseaseCode, Fen, Fund};

/// The sums of the standing settlements of one person, scheme and insurance year (年度累计), counted apart for each kind of
/// care and, where a policy asks for it, for a quarter, month, day or disease.
///
/// An additive group: [`YearToDate::plus`] a settlement's contribution and [`YearToDate::minus`] it again is where one
/// started, so that a cancellation (撤销) restores the year exactly. A counter at nothing and one that is not named are the
/// same.
///
/// Written as one JSON object, `{"inpatient.visits":1,"inpatient.in_scope":1203400}`: amounts in fen, visits as a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YearToDate(
    /// By counter, none of them at nothing. There are a dozen, so that a list is quicker than a tree.
    Vec<(Counter, i64)>,
);

/// One of the sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter {
    /// Of which kind of care.
    pub care: CareKind,
    /// In which part of the year.
    pub window: Window,
    /// For which chronic disease alone; `None`: all together.
    pub disease: Option<DiseaseCode>,
    /// What is counted.
    pub measure: Measure,
}

/// A part of the insurance year in which something is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// The whole year.
    Year,
    /// A calendar quarter: year and quarter, from 1.
    Quarter(i16, i8),
    /// A calendar month: year and month, from 1.
    Month(i16, i8),
    /// A day.
    Day(Day),
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Visits; for stays in hospital the admissions (住院次数).
    Visits,
    /// Total expense.
    Total,
    /// In-scope expense.
    InScope,
    /// What was divided between fund and person, above the deductible (基金支付与个人按比例负担之和).
    Divided,
    /// Deductible paid (已付起付标准).
    Deductible,
    /// What the person paid of the total, accounts included.
    Person,
    /// What a fund paid.
    Paid(Fund),
    /// What a layer (大病保险, 医疗救助 …) looked at: the person's burden that it counts.
    LayerBase(LayerName),
    /// What a layer paid.
    LayerPaid(LayerName),
}

/// The layers above the pool, each of which eats of what the one before left to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerName {
    /// 职工大额医疗费用补助.
    LargeAmount,
    /// 大病保险.
    Catastrophic,
    /// 企业补充, 附加基金 or another supplement of the area.
    Supplement,
    /// 公务员医疗补助.
    CivilServant,
    /// 医疗救助.
    Aid,
    /// 倾斜救助: further aid where the burden after the aid is still high.
    FurtherAid,
}

impl LayerName {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::LargeAmount,
        Self::Catastrophic,
        Self::Supplement,
        Self::CivilServant,
        Self::Aid,
        Self::FurtherAid,
    ];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::LargeAmount => "大额医疗费用补助",
            Self::Catastrophic => "大病保险",
            Self::Supplement => "补充医疗保险",
            Self::CivilServant => "公务员医疗补助",
            Self::Aid => "医疗救助",
            Self::FurtherAid => "倾斜救助",
        }
    }

    /// As policy files and counters write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::LargeAmount => "large_amount",
            Self::Catastrophic => "catastrophic",
            Self::Supplement => "supplement",
            Self::CivilServant => "civil_servant",
            Self::Aid => "aid",
            Self::FurtherAid => "further_aid",
        }
    }
}

impl Counter {
    /// Of a kind of care in the whole year.
    pub const fn of(care: CareKind, measure: Measure) -> Self {
        Self { care, window: Window::Year, disease: None, measure }
    }
}

impl YearToDate {
    /// One counter; nothing if it is not named.
    pub fn get(&self, counter: Counter) -> i64 {
        self.place(counter).map_or(0, |place| self.0[place].1)
    }

    /// Adds to one counter.
    pub fn add(&mut self, counter: Counter, amount: i64) {
        if amount == 0 {
            return;
        }
        match self.place(counter) {
            Err(place) => {
                if self.0.is_empty() {
                    self.0.reserve_exact(16);
                }
                self.0.insert(place, (counter, amount));
            }
            Ok(place) => {
                let sum = &mut self.0[place].1;
                *sum = sum.checked_add(amount).expect("a sum of a year overflowed");
                if *sum == 0 {
                    self.0.remove(place);
                }
            }
        }
    }

    /// Where a counter stands, or else where it would.
    fn place(&self, counter: Counter) -> Result<usize, usize> {
        match self.0.last() {
            // Counters mostly come in their order.
            Some((last, _)) if *last < counter => Err(self.0.len()),
            _ => self.0.binary_search_by(|(known, _)| known.cmp(&counter)),
        }
    }

    /// All counters that are not at nothing, in order.
    pub fn counters(&self) -> impl Iterator<Item = (Counter, i64)> {
        self.0.iter().copied()
    }

    /// A measure in the whole year over all kinds of care.
    pub fn sum(&self, measure: Measure) -> i64 {
        CareKind::ALL.iter().map(|care| self.get(Counter::of(*care, measure))).sum()
    }

    /// Admissions (住院次数) settled.
    pub fn admissions(&self) -> i64 {
        self.get(Counter::of(CareKind::Inpatient, Measure::Visits))
    }

    /// Total expense over all kinds of care.
    pub fn total(&self) -> Fen {
        Fen(self.sum(Measure::Total))
    }

    /// In-scope expense over all kinds of care.
    pub fn in_scope(&self) -> Fen {
        Fen(self.sum(Measure::InScope))
    }

    /// Deductible paid over all kinds of care.
    pub fn deductible(&self) -> Fen {
        Fen(self.sum(Measure::Deductible))
    }

    /// What the person paid of the total over all kinds of care.
    pub fn person(&self) -> Fen {
        Fen(self.sum(Measure::Person))
    }

    /// What one fund paid over all kinds of care.
    pub fn paid_by(&self, fund: Fund) -> Fen {
        Fen(self.sum(Measure::Paid(fund)))
    }

    /// What each fund paid over all kinds of care; a fund that paid nothing is not named.
    pub fn fund_paid(&self) -> BTreeMap<Fund, Fen> {
        let paid = |fund: &Fund| Some((*fund, self.paid_by(*fund))).filter(|(_, paid)| !paid.is_zero());
        Fund::ALL.iter().filter_map(paid).collect()
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.combined(other, 1)
    }

    /// This without the other.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.combined(other, -1)
    }

    fn combined(&self, other: &Self, sign: i64) -> Self {
        let mut sums = self.clone();
        for (counter, amount) in other.counters() {
            sums.add(counter, sign * amount);
        }
        sums
    }
}

impl FromIterator<(Counter, i64)> for YearToDate {
    fn from_iter<I: IntoIterator<Item = (Counter, i64)>>(counters: I) -> Self {
        let mut sums = Self::default();
        counters.into_iter().for_each(|(counter, amount)| sums.add(counter, amount));
        sums
    }
}

/// A text is not the name of a counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotACounter(String);

impl fmt::Display for NotACounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no counter; write it as \"inpatient.in_scope\", \"outpatient.paid.310100\", \"chronic[M03900].2025-03.paid.390100\" or \
             \"inpatient.layer_base.catastrophic\"",
            self.0
        )
    }
}

impl std::error::Error for NotACounter {}

const CARES: [(CareKind, &str); 4] = [
    (CareKind::Inpatient, "inpatient"),
    (CareKind::Outpatient, "outpatient"),
    (CareKind::Chronic, "chronic"),
    (CareKind::Pharmacy, "pharmacy"),
];

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let care = CARES.iter().find(|(care, _)| *care == self.care).expect("all kinds of care are listed").1;
        f.write_str(care)?;
        if let Some(disease) = self.disease {
            write!(f, "[{disease}]")?;
        }
        match self.window {
            Window::Year => {}
            Window::Quarter(year, quarter) => write!(f, ".{year:04}-Q{quarter}")?,
            Window::Month(year, month) => write!(f, ".{year:04}-{month:02}")?,
            Window::Day(day) => write!(f, ".{day}")?,
        }
        match self.measure {
            Measure::Visits => f.write_str(".visits"),
            Measure::Total => f.write_str(".total"),
            Measure::InScope => f.write_str(".in_scope"),
            Measure::Divided => f.write_str(".divided"),
            Measure::Deductible => f.write_str(".deductible"),
            Measure::Person => f.write_str(".person"),
            Measure::Paid(fund) => write!(f, ".paid.{}", fund.code()),
            Measure::LayerBase(layer) => write!(f, ".layer_base.{}", layer.key()),
            Measure::LayerPaid(layer) => write!(f, ".layer_paid.{}", layer.key()),
        }
    }
}

impl FromStr for Counter {
    type Err = NotACounter;
    fn from_str(text: &str) -> Result<Self, NotACounter> {
        read_counter(text).ok_or_else(|| NotACounter(text.to_owned()))
    }
}

fn read_counter(text: &str) -> Option<Counter> {
    let (head, rest) = text.split_once('.')?;
    let (head, disease) = match head.split_once('[') {
        Some((head, code)) => (head, Some(code.strip_suffix(']')?.parse().ok()?)),
        None => (head, None),
    };
    let care = CARES.iter().find(|(_, name)| *name == head)?.0;
    let (window, rest) = match rest.split_once('.') {
        Some((first, rest)) if first.starts_with(|c: char| c.is_ascii_digit()) => (read_window(first)?, rest),
        _ => (Window::Year, rest),
    };
    let layer = |key: &str| LayerName::ALL.into_iter().find(|layer| layer.key() == key);
    let measure = match rest.split_once('.') {
        None => match rest {
            "visits" => Measure::Visits,
            "total" => Measure::Total,
            "in_scope" => Measure::InScope,
            "divided" => Measure::Divided,
            "deductible" => Measure::Deductible,
            "person" => Measure::Person,
            _ => return None,
        },
        Some(("paid", code)) => Measure::Paid(Fund::ALL.iter().copied().find(|fund| fund.code() == code)?),
        Some(("layer_base", key)) => Measure::LayerBase(layer(key)?),
        Some(("layer_paid", key)) => Measure::LayerPaid(layer(key)?),
        Some(_) => return None,
    };
    Some(Counter { care, window, disease, measure })
}

fn read_window(text: &str) -> Option<Window> {
    if let Ok(day) = text.parse() {
        return Some(Window::Day(day));
    }
    let (year, part) = text.split_once('-')?;
    let year = year.parse().ok()?;
    match part.strip_prefix('Q') {
        Some(quarter) => Some(Window::Quarter(year, quarter.parse().ok().filter(|it| (1..=4).contains(it))?)),
        None => Some(Window::Month(year, part.parse().ok().filter(|it| (1..=12).contains(it))?)),
    }
}

impl Serialize for YearToDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(counter, amount)| (Shown(*counter), *amount)))
    }
}

/// A counter as a key of a JSON object.
struct Shown(Counter);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for YearToDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = YearToDate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of counters, such as {\"inpatient.in_scope\":1203400}")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<YearToDate, A::Error> {
                let mut sums = YearToDate::default();
                while let Some((name, amount)) = map.next_entry::<std::borrow::Cow<'_, str>, i64>()? {
                    sums.add(name.parse().map_err(de::Error::custom)?, amount);
                }
                Ok(sums)
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_written_and_read_again() {
        for text in [
            "inpatient.visits",
            "inpatient.in_scope",
            "outpatient.paid.310100",
            "chronic[M03900].2025-03.paid.390100",
            "chronic.2025-Q1.divided",
            "pharmacy.2025-03-07.total",
            "inpatient.layer_base.catastrophic",
            "inpatient.layer_paid.further_aid",
        ] {
            let counter: Counter = text.parse().unwrap();
            assert_eq!(counter.to_string(), text);
        }
        for wrong in [
            "",
            "inpatient",
            "ward.visits",
            "inpatient.2025-13.visits",
            "inpatient.paid.999",
            "inpatient.paid",
        ] {
            assert!(wrong.parse::<Counter>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_year_is_written_as_one_object_and_what_is_taken_back_is_gone() {
        let text = r#"{"inpatient.visits":1,"inpatient.in_scope":1203400,"outpatient.paid.310100":-5}"#;
        let year: YearToDate = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&year).unwrap(), text);
        assert_eq!(year.minus(&year), YearToDate::default());
        assert_eq!(year.paid_by(Fund::EmployeePool), Fen(-5));
    }
}

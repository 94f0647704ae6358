//! Policies as dated, cited data: reads the files of all pooling areas strictly, and resolves the one that holds on a day.
//!
//! How a file is written is told in `docs/POLICY.md`. A change of a policy is an added entry with its first day; entries are
//! never edited, so that old stays compute as they did.

mod check;
mod raw;

use crate::scheme::{Catastrophic, Cited, CrossRegionRule, Deductible, Limit, Ratio, Scheme};
use std::{collections::BTreeMap, fmt};
use terms::{Day, InsuranceScheme, PoolingArea, Rate, Refusal, money::parse_decimal};

/// What is wrong with a policy or catalog file, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to write.
    pub message: String,
}

impl PolicyError {
    pub(crate) fn at(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for PolicyError {}

/// All versions of a value, oldest first.
type History<T> = Vec<Cited<T>>;

fn on<T>(history: &History<T>, day: Day) -> Option<&Cited<T>> {
    history.iter().rev().find(|entry| entry.from <= day)
}

/// One file: all versions of one area's policy for one scheme.
#[derive(Clone, Debug)]
struct Policy {
    area: PoolingArea,
    name: String,
    scheme: InsuranceScheme,
    checked_on: Day,
    year_starts: (i8, i8),
    deductible: History<Deductible>,
    ratio: History<Ratio>,
    cap: History<Vec<Limit>>,
    cross_region: History<Vec<CrossRegionRule>>,
    catastrophic: History<Catastrophic>,
}

impl Policy {
    fn on(&self, day: Day) -> Option<Scheme> {
        let deductible = on(&self.deductible, day)?.clone();
        let ratio = on(&self.ratio, day)?.clone();
        let cross_region = on(&self.cross_region, day)?.clone();
        let cap = on(&self.cap, day).cloned();
        let catastrophic = on(&self.catastrophic, day).cloned();
        let firsts = [deductible.from, ratio.from, cross_region.from].into_iter();
        let firsts =
            firsts.chain(cap.as_ref().map(|one| one.from)).chain(catastrophic.as_ref().map(|one| one.from));
        Some(Scheme {
            area: self.area,
            name: self.name.clone(),
            scheme: self.scheme,
            policy_day: firsts.max().expect("three of them are always there"),
            checked_on: self.checked_on,
            year_starts: self.year_starts,
            deductible,
            ratio,
            cap,
            cross_region,
            catastrophic,
        })
    }
}

/// The policies of all pooling areas.
#[derive(Clone, Debug, Default)]
pub struct Library {
    policies: BTreeMap<(PoolingArea, InsuranceScheme), Policy>,
}

impl Library {
    /// Reads policy files, given as paths (`110000/310.toml`, with or without folders before them) and texts. Texts that are
    /// not policies of a pooling area (under `national/`, or not `.toml`) are passed over.
    ///
    /// # Errors
    /// Everything that is wrong in all files, in the order of the files.
    pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<PolicyError>> {
        let mut library = Self::default();
        let mut errors = Vec::new();
        for (path, text) in files {
            if !is_policy(path) {
                continue;
            }
            match check::policy(path, text) {
                Ok(policy) => {
                    let key = (policy.area, policy.scheme);
                    if library.policies.insert(key, policy).is_some() {
                        errors.push(PolicyError::at(
                            path,
                            1,
                            "this area and scheme has been read; give each file once",
                        ));
                    }
                }
                Err(found) => errors.extend(found),
            }
        }
        if errors.is_empty() { Ok(library) } else { Err(errors) }
    }

    /// The policy of an area and scheme on a day, usually the day of discharge.
    ///
    /// # Errors
    /// [`Refusal::NoPolicy`] if there is no file, or none of its versions had begun.
    pub fn scheme_on(&self, area: PoolingArea, scheme: InsuranceScheme, day: Day) -> Result<Scheme, Refusal> {
        self.policies.get(&(area, scheme)).and_then(|policy| policy.on(day)).ok_or_else(|| {
            Refusal::NoPolicy {
                area: area.to_string(),
                scheme: scheme.code().to_owned(),
                day: day.to_string(),
            }
        })
    }

    /// Areas and schemes that have a policy, with the area's name.
    pub fn areas(&self) -> impl Iterator<Item = (PoolingArea, InsuranceScheme, &str)> {
        self.policies.values().map(|policy| (policy.area, policy.scheme, policy.name.as_str()))
    }

    /// The first days of all versions of all values of one policy, in order: the days on which something changes.
    pub fn days_of_change(&self, area: PoolingArea, scheme: InsuranceScheme) -> Vec<Day> {
        let Some(policy) = self.policies.get(&(area, scheme)) else { return Vec::new() };
        let mut days: Vec<Day> = Vec::new();
        days.extend(policy.deductible.iter().map(|entry| entry.from));
        days.extend(policy.ratio.iter().map(|entry| entry.from));
        days.extend(policy.cap.iter().map(|entry| entry.from));
        days.extend(policy.cross_region.iter().map(|entry| entry.from));
        days.extend(policy.catastrophic.iter().map(|entry| entry.from));
        days.sort_unstable();
        days.dedup();
        days
    }
}

fn is_policy(path: &str) -> bool {
    let national = path.split(['/', '\\']).any(|part| part == "national");
    !national && std::path::Path::new(path).extension().is_some_and(|extension| extension == "toml")
}

/// Reads a percentage, `96.1%`.
pub(crate) fn rate(text: &str) -> Result<Rate, String> {
    let wrong = || format!("`{text}` is not a percentage; write it as \"85%\" or \"96.1%\"");
    let number = text.trim().strip_suffix('%').ok_or_else(wrong)?;
    let permyriad = parse_decimal(number, 2).map_err(|_| wrong())?;
    if permyriad < 0 {
        return Err(wrong());
    }
    let above = || format!("`{text}` is above the whole; write a share between \"0%\" and \"100%\"");
    u16::try_from(permyriad).ok().and_then(Rate::permyriad).ok_or_else(above)
}

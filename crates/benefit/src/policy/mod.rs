//! Policies as data: reads the files of all pooling areas strictly, and resolves the one that holds on a day.
//!
//! How a file is written is told in `docs/POLICY.md` and, for editors and other tools, in `policy/policy.schema.json`, which
//! is made from the types in `raw.rs`. A change of a policy is an added version with its first day; versions are never
//! edited, so that old stays compute as they did. This module must not know how a benefit is computed.

mod check;
mod everyone;
mod raw;
mod read;
#[cfg(feature = "schema")]
mod schema;

pub(crate) use raw::rate;
#[cfg(feature = "schema")]
pub use schema::json_schema;

use crate::{
    scheme::{
        AccountRule, Cited, CrossRegionRule, Deductible, Layer, Limit, Plan, Ratio, Scheme, YearCrossing,
    },
    year::LayerName,
};
use std::{collections::BTreeMap, fmt};
use terms::{CareKind, Day, InsuranceScheme, PoolingArea, Refusal};

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

/// The policies of all pooling areas, resolved for every day on which one of them changes.
#[derive(Clone, Debug, Default)]
pub struct Library {
    policies: BTreeMap<(PoolingArea, InsuranceScheme), Resolved>,
}

/// One policy on all its days of change, oldest first.
#[derive(Clone, Debug)]
struct Resolved {
    file: PolicyFile,
    days: Vec<Day>,
    /// What holds from each of the days; `None` where there is no policy.
    schemes: Vec<Option<Scheme>>,
}

/// A policy file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// Its path, as it was named.
    pub path: String,
    /// The pooling area (统筹区).
    pub area: PoolingArea,
    /// The area's name.
    pub name: String,
    /// The scheme (险种).
    pub scheme: InsuranceScheme,
    /// The day on which a person last checked that the newest values still hold.
    pub checked_on: Day,
    /// Its rows, in the order of the file.
    pub rows: Vec<PolicyRow>,
}

/// One row of a table of a policy file: what an [`Origin`](crate::scheme::Origin) points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// The line of the file, from 1.
    pub line: u32,
    /// The table, in Chinese: `住院起付标准`.
    pub table: String,
    /// The first day of the version that it belongs to.
    pub from: Day,
    /// The row as it is written, on one line.
    pub text: String,
}

impl fmt::Display for PolicyRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}（{}起）{}", self.table, self.from, self.text)
    }
}

impl Library {
    /// Reads policy files, given as paths (`110000/310.toml`, with or without folders before them) and texts.
    /// `national/account.toml` says what holds where an area has no rule of its own for personal accounts. Other texts that are
    /// not policies of a pooling area (under `national/`, `split.toml`, or not `.toml`) are passed over.
    ///
    /// # Errors
    /// Everything that is wrong in all files, in the order of the files and of their lines.
    pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<PolicyError>> {
        let mut library = Self::default();
        let mut errors = Vec::new();
        let files: Vec<_> = files.into_iter().collect();
        let mut national = None;
        for (path, text) in files.iter().filter(|(path, _)| is_national(path)) {
            match read::national(path, text).and_then(|file| check::national(path, text, &file)) {
                Ok(read) => national = Some(read),
                Err(found) => errors.extend(found),
            }
        }
        for (path, text) in files.into_iter().filter(|(path, _)| is_policy(path)) {
            match read::file(path, text).and_then(|file| check::policy(path, text, &file)) {
                Ok(policy) => {
                    let key = (policy.file.area, policy.file.scheme);
                    if library.policies.insert(key, policy.resolved(national.as_ref())).is_some() {
                        let message = "this area and scheme has been read; give each file once";
                        errors.push(PolicyError::at(path, 1, message));
                    }
                }
                Err(mut found) => {
                    found.sort_by_key(|error| error.line);
                    errors.extend(found);
                }
            }
        }
        if errors.is_empty() { Ok(library) } else { Err(errors) }
    }

    /// The policy of an area and scheme on a day, usually the day of discharge.
    ///
    /// # Errors
    /// [`Refusal::NoPolicy`] if there is no file, or its inpatient ratio or cross-region rules had not begun or had ended.
    pub fn scheme_on(
        &self,
        area: PoolingArea,
        scheme: InsuranceScheme,
        day: Day,
    ) -> Result<&Scheme, Refusal> {
        self.policies.get(&(area, scheme)).and_then(|resolved| resolved.on(day)).ok_or_else(|| {
            Refusal::NoPolicy {
                area: area.to_string(),
                scheme: scheme.code().to_owned(),
                day: day.to_string(),
            }
        })
    }

    /// Areas and schemes that have a policy, with the area's name.
    pub fn areas(&self) -> impl Iterator<Item = (PoolingArea, InsuranceScheme, &str)> {
        self.files().map(|file| (file.area, file.scheme, file.name.as_str()))
    }

    /// All files that were read, by area and scheme.
    pub fn files(&self) -> impl Iterator<Item = &PolicyFile> {
        self.policies.values().map(|resolved| &resolved.file)
    }

    /// The file of an area and scheme, with all its rows.
    pub fn file_of(&self, area: PoolingArea, scheme: InsuranceScheme) -> Option<&PolicyFile> {
        self.policies.get(&(area, scheme)).map(|resolved| &resolved.file)
    }

    /// The days on which something changes in one policy, in order: the first days of all versions of all values.
    pub fn days_of_change(&self, area: PoolingArea, scheme: InsuranceScheme) -> Vec<Day> {
        self.policies.get(&(area, scheme)).map(|resolved| resolved.days.clone()).unwrap_or_default()
    }
}

impl Resolved {
    fn on(&self, day: Day) -> Option<&Scheme> {
        let begun = self.days.partition_point(|first| *first <= day);
        self.schemes[..begun].last()?.as_ref()
    }
}

/// All versions of a value with their first days, oldest first; `None` where it ends.
type History<T> = Vec<(Day, Option<Cited<T>>)>;

fn on<T: Clone>(history: &History<T>, day: Day) -> Option<Cited<T>> {
    history.iter().rev().find(|(from, _)| *from <= day)?.1.clone()
}

fn days<T>(history: &History<T>) -> impl Iterator<Item = Day> {
    history.iter().map(|(from, _)| *from)
}

/// All versions of the benefit of one kind of care.
#[derive(Debug, Default)]
struct Plans {
    deductible: History<Deductible>,
    ratio: History<Ratio>,
    cap: History<Vec<Limit>>,
}

/// What holds in every area that says nothing of its own.
#[derive(Debug)]
struct National {
    scheme: InsuranceScheme,
    account: History<AccountRule>,
}

/// The line of an origin that lies in no file of an area.
const NATIONAL: u32 = 0;

/// All versions of one area's policy for one scheme.
struct Policy {
    file: PolicyFile,
    year_starts: (i8, i8),
    plans: [Plans; CareKind::ALL.len()],
    cross_region: History<Vec<CrossRegionRule>>,
    layers: Vec<(LayerName, History<Layer>)>,
    account: History<AccountRule>,
    year_crossing: History<YearCrossing>,
}

impl Policy {
    fn resolved(mut self, national: Option<&National>) -> Resolved {
        let days = self.days();
        if let Some(national) = national.filter(|one| one.scheme == self.file.scheme)
            && self.account.is_empty()
        {
            self.account.clone_from(&national.account);
        }
        let schemes = days.iter().map(|day| self.on(*day)).collect();
        Resolved { file: self.file, days, schemes }
    }

    fn days(&self) -> Vec<Day> {
        let mut all: Vec<Day> = days(&self.cross_region).collect();
        for plans in &self.plans {
            all.extend(days(&plans.deductible).chain(days(&plans.ratio)).chain(days(&plans.cap)));
        }
        all.extend(self.layers.iter().flat_map(|(_, layer)| days(layer)));
        all.extend(days(&self.account).chain(days(&self.year_crossing)));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What holds from a day of change.
    fn on(&self, day: Day) -> Option<Scheme> {
        let plan = |plans: &Plans| {
            let ratio = on(&plans.ratio, day)?;
            Some(Plan { deductible: on(&plans.deductible, day), ratio, cap: on(&plans.cap, day) })
        };
        let plans = self.plans.each_ref().map(plan);
        plans[CareKind::Inpatient as usize].as_ref()?;
        Some(Scheme {
            area: self.file.area,
            name: self.file.name.clone(),
            scheme: self.file.scheme,
            policy_day: day,
            checked_on: self.file.checked_on,
            year_starts: self.year_starts,
            plans,
            cross_region: on(&self.cross_region, day)?,
            layers: self.layers.iter().filter_map(|(_, layer)| on(layer, day)).collect(),
            account: on(&self.account, day),
            year_crossing: on(&self.year_crossing, day),
        })
    }
}

fn is_national(path: &str) -> bool {
    path.replace('\\', "/").ends_with("national/account.toml")
}

fn is_policy(path: &str) -> bool {
    // Beside the policies lie a province's rules of splitting, which `catalog` reads.
    let other = path.split(['/', '\\']).any(|part| part == "national" || part == "split.toml");
    !other && std::path::Path::new(path).extension().is_some_and(|extension| extension == "toml")
}

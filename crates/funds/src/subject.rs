//! The general subjects (总账科目) under which the accounts of the chart are kept, read from `policy/national/chart.toml`: a
//! configuration of the agency's accounting, each with its source and how sure it is. It must not know what moves on them.

use crate::{
    chart::AccountKind,
    rule::{Confidence, Source},
};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};

/// One general subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// 科目名称.
    pub name: String,
    /// 科目编号, where one is known.
    pub number: Option<String>,
    /// Where it is written.
    pub source: Source,
    /// How sure it is.
    pub confidence: Confidence,
}

/// The subject of every kind of account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subjects {
    of: BTreeMap<AccountKind, Subject>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: BTreeMap<String, Source>,
    subject: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    number: Option<String>,
    accounts: Vec<String>,
    source: String,
    confidence: Confidence,
}

/// What is wrong with a file of subjects, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong(pub String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl Subjects {
    /// The national ones, which are built in.
    ///
    /// # Panics
    /// Never: the file is read by the tests.
    pub fn national() -> Self {
        Self::read(include_str!("../../../policy/national/chart.toml")).expect("built in and tested")
    }

    /// Reads a file of subjects; each kind of account has exactly one.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        let file: File = toml::from_str(text).map_err(|error| Wrong(error.message().to_owned()))?;
        let mut of = BTreeMap::new();
        for written in file.subject {
            let source = file.source.get(&written.source).cloned();
            let source = source.ok_or_else(|| Wrong(format!("no source {}", written.source)))?;
            let (name, number, confidence) = (written.name, written.number, written.confidence);
            let subject = Subject { name, number, source, confidence };
            for account in written.accounts {
                let kind = AccountKind::ALL.iter().copied().find(|kind| kind.key() == account);
                let kind = kind.ok_or_else(|| Wrong(format!("no account {account}")))?;
                if of.insert(kind, subject.clone()).is_some() {
                    return Err(Wrong(format!("two subjects for {account}")));
                }
            }
        }
        match AccountKind::ALL.iter().find(|kind| !of.contains_key(kind)) {
            Some(kind) => Err(Wrong(format!("no subject for {}", kind.key()))),
            None => Ok(Self { of }),
        }
    }

    /// The subject of a kind of account.
    pub fn of(&self, kind: AccountKind) -> &Subject {
        self.of.get(&kind).expect("checked when it was read: every kind has one")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIONAL: &str = include_str!("../../../policy/national/chart.toml");

    #[test]
    fn every_kind_has_its_subject_and_only_what_was_read_is_confirmed() {
        let subjects = Subjects::national();
        let expenditure = subjects.of(AccountKind::TreatmentExpenditureDeposit);
        assert_eq!(
            (expenditure.number.as_deref(), expenditure.confidence),
            (Some("1004"), Confidence::Confirmed)
        );
        let unsure =
            AccountKind::ALL.iter().filter(|kind| subjects.of(**kind).confidence == Confidence::Recalled);
        assert_eq!(unsure.count(), AccountKind::ALL.len() - 1);
    }

    #[test]
    fn wrong_files_are_told() {
        for (from, to, expected) in [
            ("\"expense-benefit\"", "\"expense\"", "no account expense"),
            ("\"expense-benefit\"", "\"fund-balance\"", "two subjects for fund-balance"),
            ("accounts = [\"expense-benefit\"]", "accounts = []", "no subject for expense-benefit"),
            ("source = \"expenditure\"", "source = \"nowhere\"", "no source nowhere"),
        ] {
            assert_eq!(Subjects::read(&NATIONAL.replacen(from, to, 1)), Err(Wrong(expected.to_owned())));
        }
    }
}

//! Where a value is written, since when it holds, and how sure one is of it.

use super::Words;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use terms::Day;

/// A value with its first day and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited<T> {
    /// The first day on which it holds.
    pub from: Day,
    /// What holds.
    pub value: T,
    /// Where it is written.
    pub citation: Arc<Citation>,
}

/// Where a value is written, and how sure one is of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// The source.
    pub source: Source,
    /// How sure.
    pub confidence: Confidence,
    /// The first day of the version that the value belongs to.
    pub from: Day,
    /// Title, number, key and link as one text, and whether it is confirmed.
    pub text: Words,
}

impl Citation {
    /// Of a value that holds from a day.
    pub fn new(source: Source, confidence: Confidence, from: Day) -> Self {
        let text = written(&source, confidence).into();
        Self { source, confidence, from, text }
    }
}

fn written(source: &Source, confidence: Confidence) -> String {
    let Source { key, title, number, link } = source;
    let mut text = title.clone();
    for part in [number.clone(), format!("[{key}]"), link.clone()] {
        if !part.is_empty() {
            text.push(' ');
            text.push_str(&part);
        }
    }
    text.push_str(match confidence {
        Confidence::Confirmed => "（已核对）",
        Confidence::Unconfirmed => "（待核实）",
    });
    text
}

/// A notice or page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its key within the file, `bj1`.
    #[serde(skip)]
    pub key: String,
    /// Its title.
    pub title: String,
    /// Its number (文号) and article, if it has one.
    #[serde(default)]
    pub number: String,
    /// A permanent address, if there is one.
    #[serde(default)]
    pub link: String,
}

/// Whether a value has been read in a source that can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Read in a notice, on an agency's, hospital's or newspaper's page, or on a city portal.
    Confirmed,
    /// Taken from elsewhere, or in conflict with another source: computed for whoever asks what would be, refused at a trial
    /// or settlement of the insured place unless it is a sandbox.
    Unconfirmed,
}

/// Where one row of a table is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The line of the policy file, from 1.
    pub line: u32,
    /// Its source, which is that of the version unless the row names its own.
    pub citation: Arc<Citation>,
    /// The row stands for a value that the area has not supplied: what is missing.
    pub missing: Option<Words>,
}

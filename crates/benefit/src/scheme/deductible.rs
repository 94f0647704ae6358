//! 起付标准: what the person pays first of the in-scope amount.

use super::{Origin, Row, Selector};
use serde::Deserialize;
use terms::{CareKind, Fen, Rate, Set};

/// 起付标准 of one kind of care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deductible {
    /// How it recurs.
    pub recurs: Recurrence,
    /// Deductible paid for these kinds of care in the year counts towards this one (合并计算): for each admission towards
    /// the first only.
    pub shared_with: Set<CareKind>,
    /// All deductibles of the year together, with those shared, are at most this (年度累计不超过).
    pub year_ceiling: Option<Fen>,
    /// A hospital of Chinese medicine counts as one level lower.
    pub chinese_medicine_lower: bool,
    /// A stay longer than so many days pays it again for every further part.
    pub again_after_days: Option<i32>,
    /// What a stay pays that goes on from another hospital.
    pub after_transfer: AfterTransfer,
    /// The standards.
    pub rows: Vec<DeductibleRow>,
}

/// How a deductible recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Recurrence {
    /// Every admission or visit has its own.
    #[serde(alias = "each_visit")]
    EachAdmission,
    /// One for the insurance year, carried over all its visits (年度累计); at a higher level what is lacking is paid on top
    /// (不足补齐).
    OnceAYear,
    /// One for the calendar quarter.
    OnceAQuarter,
    /// One for the calendar month.
    OnceAMonth,
}

/// What a stay pays that goes on from another hospital (转院).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AfterTransfer {
    /// It is an admission of its own.
    #[default]
    New,
    /// Both are one admission: only what the higher standard is above what was paid.
    Difference,
    /// Both are one admission: nothing more.
    Nothing,
}

/// The standard for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeductibleRow {
    /// For whom.
    pub who: Selector,
    /// Where it is written.
    pub origin: Origin,
    /// By admission of the year: the first, the second …; the last holds for all further ones. Never empty.
    pub amounts: Vec<Fen>,
    /// After the last amount of the list, each further admission lowers it by this share of it.
    pub lowered_by: Rate,
    /// But not below this.
    pub floor: Fen,
    /// At least this share of the whole bill.
    pub share_of_total: Rate,
}

impl DeductibleRow {
    /// The standard of the n-th admission, without the share of the bill. The share by which it is lowered is of whole
    /// yuan, so nothing is rounded in practice; a broken fen would be dropped.
    pub fn standard(&self, admission: i64) -> Fen {
        let index = usize::try_from(admission - 1).unwrap_or(0);
        if let Some(amount) = self.amounts.get(index) {
            return *amount;
        }
        let last = *self.amounts.last().expect("checked when the policy was loaded");
        let further = i64::try_from(index + 1 - self.amounts.len()).unwrap_or(i64::MAX).min(10_000);
        let step = self.lowered_by.of(last, terms::Rounding::HalfUp);
        Fen(last.0 - step.0 * further).max(self.floor.at_most(last))
    }
}

impl Row for DeductibleRow {
    fn who(&self) -> &Selector {
        &self.who
    }
    fn origin(&self) -> &Origin {
        &self.origin
    }
}

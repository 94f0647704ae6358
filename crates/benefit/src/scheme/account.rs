//! 个人账户, and stays over the end of an insurance year.

use super::{Burden, Origin};
use serde::Deserialize;
use terms::{CareKind, Set};

/// What personal accounts may pay (国办发〔2021〕14号 and the area's own rule).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRule {
    /// In these kinds of care.
    pub care: Set<CareKind>,
    /// These parts of the person's burden.
    pub pays: Set<Burden>,
    /// Whether family members' accounts may pay (家庭共济).
    pub family: bool,
    /// Where it is written.
    pub origin: Origin,
}

/// What becomes of a stay over the end of the insurance year (跨年度住院).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearCrossing {
    /// By which rule.
    pub by: YearEnd,
    /// With [`YearEnd::Days`]: whether the part in the new year is an admission of its own, with a deductible of its own.
    pub second_deductible: bool,
    /// Where it is written.
    pub origin: Origin,
}

/// How a stay over the end of the insurance year is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum YearEnd {
    /// Wholly for the year of discharge (按出院日期结算).
    Discharge,
    /// Split by the days in each year (按天数分段).
    Days,
}

//! 3262 异地清分结果确认回退: a confirmation is taken back, or all of a month.

use super::{apportioned_month, envelope::Request, field::Row};
use terms::{Month, Refusal};

/// The input (`data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 清分年月.
    pub month: Month,
    /// 原交易流水号: the `inf_refmsgid` of the answer to 3261; none for all of the month (`0`).
    pub confirmation: Option<String>,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let month = apportioned_month::read(&row)?;
        let confirmation = row.text("otransid", "原交易流水号，3261应答的inf_refmsgid，或以0回退整月", 30)?;
        Ok(Self { month, confirmation: Some(confirmation).filter(|number| number != "0") })
    }
}

//! Corrections of the hub's book (差异更正) at a clerk's window: what the hub's row said, what both provinces have signed, who asked and who decided.

use super::{money::PurseAmount, yuan};
use funds::{BookLine, correction::Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::Fen;

/// Why a row of the hub is to be corrected: `POST /api/v1/funds/corrections/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeCorrection {
    /// 更正理由, without personal data.
    pub reason: String,
}

/// What is decided on a correction: `POST /api/v1/funds/corrections/{id}/approve` and `…/refuse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideCorrection {
    /// 审批意见, without personal data.
    pub words: String,
}

/// What a fund pays of a settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FundPaid {
    /// 基金支付类型 code.
    pub fund: String,
    /// Its name.
    pub fund_name: String,
    /// 支付金额.
    #[serde(with = "yuan")]
    pub amount: Fen,
}

/// The amounts of a settlement as a book has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BookAmounts {
    /// 医疗费总额.
    #[serde(with = "yuan")]
    pub total: Fen,
    /// 基金支付总额.
    #[serde(with = "yuan")]
    pub fund_total: Fen,
    /// 个人负担总额.
    #[serde(with = "yuan")]
    pub person_total: Fen,
    /// 个人账户支出.
    #[serde(with = "yuan")]
    pub account: Fen,
    /// What each fund pays.
    pub funds: Vec<FundPaid>,
}

impl From<&BookLine> for BookAmounts {
    fn from(line: &BookLine) -> Self {
        let funds = line.funds.iter().map(|(fund, amount)| FundPaid {
            fund: fund.code().to_owned(),
            fund_name: fund.chinese().to_owned(),
            amount: *amount,
        });
        Self {
            total: line.total,
            fund_total: line.fund_total,
            person_total: line.person_total,
            account: line.account,
            funds: funds.collect(),
        }
    }
}

/// A correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectionView {
    /// 更正编号.
    pub number: String,
    /// 结算ID.
    pub settlement: String,
    /// 参保省, six digits.
    pub insured: String,
    /// 就医省, six digits.
    pub treatment: String,
    /// Where it stands: `proposed`, `corrected` or `refused`.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// The hub's row as it was.
    pub before: BookAmounts,
    /// As both provinces have signed it.
    pub after: BookAmounts,
    /// SHA-256 of what the treatment province has signed, in hexadecimal digits.
    pub treatment_hash: String,
    /// SHA-256 of what the insured province has signed.
    pub insured_hash: String,
    /// 更正理由.
    pub reason: String,
    /// Who asked for it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: String,
    /// 审批意见, once it is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// The month in which is cleared what adopted months have counted too little or too much; none where they have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_month: Option<String>,
    /// How much that is together, in yuan; below nothing where it is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_amount: Option<String>,
    /// The same by purse: one may pay more and another less, and together nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleared_purses: Vec<PurseAmount>,
}

/// The name of a stage in the interface.
pub fn stage_of(name: &str) -> Option<Stage> {
    Stage::ALL.into_iter().find(|stage| stage.name() == name)
}

/// Corrections: `GET /api/v1/funds/corrections`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Corrections {
    /// The newest first.
    pub corrections: Vec<CorrectionView>,
    /// Whether there are more than are told at once: ask for fewer days.
    #[serde(default)]
    pub more: bool,
}

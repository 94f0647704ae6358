//! The clearing statement (清算表) at a province, and deductions after audit (审核扣款).

use super::money::PurseAmount;
use funds::Pair;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, InstitutionCode, InsuranceScheme, SettlementId};

/// All statements: `GET /api/v1/funds/statements`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingStatements {
    /// The latest month first, without pairs and findings.
    pub statements: Vec<ClearingStatementView>,
}

/// A month's statement as it was fetched last: `GET /api/v1/funds/statements/{month}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingStatementView {
    /// 清算年月: `2026-10`.
    pub month: String,
    /// The plan that the hub adopted.
    pub revision: u32,
    /// Where the month stands at the hub, in Chinese.
    pub stage_name: String,
    /// Whether all of it was fetched and checked.
    pub complete: bool,
    /// When it was fetched last.
    pub fetched_at: String,
    /// The last day on which it can be confirmed or disputed.
    pub confirmed_by: Day,
    /// Lines of settlements that it counts for this province.
    pub settlements: u64,
    /// What the check has found wrong.
    pub finding_count: u64,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ClearingAnswerView>,
    /// What it comes to with each other province.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<StatementPairView>,
    /// The first findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<ClearingFindingView>,
}

/// What a province answered to a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingAnswerView {
    /// `confirmed` or `disputed`.
    pub verdict: String,
    /// The clerk.
    pub by: String,
    /// When.
    pub at: String,
    /// When the hub had taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// Why the hub has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// What a month comes to between two provinces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatementPairView {
    /// 参保省.
    pub insured: String,
    /// 就医省.
    pub treatment: String,
    /// What the insured province says, in Chinese.
    pub insured_answer: String,
    /// What the treatment province says, in Chinese.
    pub treatment_answer: String,
    /// What the insured province owes; below nothing where it gets back.
    pub dues: Vec<PurseAmount>,
    /// How many settlements upheld disputes took out.
    pub withdrawn: usize,
}

/// What the check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingFindingView {
    /// 结算ID.
    pub settlement: SettlementId,
    /// `treatment` or `insured`: in which of its parts the province has it.
    pub role: String,
    /// What is wrong, for programs.
    pub fault: String,
    /// What is wrong, in words.
    pub words: String,
}

/// A confirmation: `POST /api/v1/funds/statements/{month}/confirm`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmStatement {
    /// 已知核对不一致仍予确认.
    #[serde(default)]
    pub despite_findings: bool,
}

/// A dispute: `POST /api/v1/funds/statements/{month}/dispute`. What is not named is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeStatement {
    /// What is disputed, at least one.
    pub disputes: Vec<StatementDispute>,
}

/// What is disputed of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementDispute {
    /// 参保省-就医省: `420000-310000`.
    pub pair: String,
    /// 结算ID; none named means all of the pair.
    #[serde(default)]
    pub settlements: Vec<SettlementId>,
    /// Why, without personal data.
    pub reason: String,
}

impl StatementDispute {
    /// The pair, if the text is one.
    pub fn pair(&self) -> Option<Pair> {
        self.pair.parse().ok()
    }
}

/// A deduction (审核扣款): `POST /api/v1/funds/deductions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeductionBody {
    /// 结算ID.
    pub settlement: SettlementId,
    /// How much of each purse, all of the settlement's scheme.
    pub amounts: Vec<PurseAmount>,
    /// Why, without personal data.
    pub reason: String,
    /// 审核文书号: the same again is the same deduction.
    pub reference: String,
}

/// A deduction as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeductionView {
    /// 扣款单号.
    pub number: String,
    /// 结算ID.
    pub settlement: SettlementId,
    /// 定点医药机构.
    pub institution: InstitutionCode,
    /// Its name, where it is registered here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_name: Option<String>,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// How much of each purse.
    pub amounts: Vec<PurseAmount>,
    /// Why.
    pub reason: String,
    /// 审核文书号.
    pub reference: String,
    /// The clerk.
    pub by: String,
    /// When.
    pub at: String,
    /// 清算年月 into which the hub has put it; none where nothing came back yet, or no hub clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_month: Option<String>,
    /// 拨付单号 that has set it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    /// Why the hub has refused it for good: it does not count, and its entries were taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// A page of deductions: `GET /api/v1/funds/deductions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deductions {
    /// In the order of their numbers.
    pub deductions: Vec<DeductionView>,
    /// What to ask on with (`after`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

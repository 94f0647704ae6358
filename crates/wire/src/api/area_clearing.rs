//! The second level of clearing (省内清算): what pooling areas (统筹区) owe of a month, and what they have sent up.

use super::money::PurseAmount;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{AdminDivision, Day, InsuranceScheme, SettlementId};

/// A month as it was divided: `GET /api/v1/funds/areas/{month}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AreaMonthView {
    /// 清算年月.
    pub month: String,
    /// Who divided it.
    pub divided_by: String,
    /// When.
    pub divided_at: String,
    /// By when areas send up.
    pub due: Day,
    /// Each area, with its statement and notice (上解通知书).
    pub areas: Vec<AreaStatementView>,
}

/// The statement of an area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AreaStatementView {
    /// 统筹区.
    pub area: AdminDivision,
    /// Its name.
    pub name: String,
    /// 通知书编号.
    pub notice: String,
    /// What it owes of the month, and to whom.
    pub lines: Vec<AreaLineView>,
    /// What it owes of the month, by scheme and purse.
    pub owed: Vec<PurseAmount>,
    /// What was open of the months before; below nothing where it has something to get back.
    pub before: Vec<PurseAmount>,
    /// What came in for the month.
    pub received: Vec<PurseAmount>,
    /// What is still open.
    pub open: Vec<PurseAmount>,
    /// What is still to be sent up, all together; what an area gets back of one purse pays no other.
    pub still_owed: String,
    /// The receipts.
    pub receipts: Vec<AreaReceiptView>,
    /// What the area says to it.
    pub answer: AreaAnswerView,
}

/// What an area says to its part of a month (上解通知书的确认和异议).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AreaAnswerView {
    /// `awaited`, `confirmed`, `deemed` (its day has passed in silence), `disputed`, `upheld` or `rejected`.
    pub verdict: String,
    /// The same in Chinese.
    pub verdict_name: String,
    /// Why it disputes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it disputes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settlements: Vec<SettlementId>,
    /// The clerk of the area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What the province has decided, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The clerk who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
}

/// An area confirms its part: `POST /api/v1/funds/areas/{month}/confirm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmArea {
    /// 统筹区.
    pub area: AdminDivision,
}

/// An area disputes settlements of its part: `POST /api/v1/funds/areas/{month}/dispute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeArea {
    /// 统筹区.
    pub area: AdminDivision,
    /// Which settlements, at most 500.
    pub settlements: Vec<SettlementId>,
    /// 异议理由.
    pub reason: String,
}

/// The province decides on an area's dispute: `POST /api/v1/funds/areas/{month}/disputes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideAreaDispute {
    /// 统筹区.
    pub area: AdminDivision,
    /// Upheld: its settlements leave the area's part of the month and come in the next one. Otherwise they stay.
    pub upheld: bool,
    /// 裁定意见.
    pub words: String,
}

/// What an area owes another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AreaLineView {
    /// 就医地统筹区.
    pub treatment: AdminDivision,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 基金支付类型 code.
    pub purse: String,
    /// Its name.
    pub purse_name: String,
    /// Settlements and undoings.
    pub count: u64,
    /// In yuan; below nothing where it gets back.
    pub amount: String,
    /// 省内异地: who passed it on within the province, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_on: Option<String>,
}

/// Money that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AreaReceiptView {
    /// Counts those of the area and month.
    pub number: u32,
    /// The day on which it came.
    pub day: Day,
    /// 交易流水号.
    pub bank_reference: String,
    /// What came.
    pub amounts: Vec<PurseAmount>,
    /// Who entered it.
    pub by: String,
}

/// Money of an area: `POST /api/v1/funds/areas/{month}/receipts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaReceiptBody {
    /// 统筹区.
    pub area: AdminDivision,
    /// 到账日期.
    pub day: Day,
    /// 交易流水号: the same again is the same receipt.
    pub bank_reference: String,
    /// What came, by scheme and purse.
    pub amounts: Vec<PurseAmount>,
}

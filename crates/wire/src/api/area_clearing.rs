//! The second level of clearing (省内清算): what pooling areas (统筹区) owe of a month, and what they have sent up.

use super::money::PurseAmount;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{AdminDivision, Day, InsuranceScheme};

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

//! What an institution's window and its office for insurance (医保办) have left to do, as pages show it. The work list counts the same rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{AdminDivision, Day, InsuranceScheme, PersonNumber, SettlementId, VisitId};

/// Stays with which something is left to do: `GET /api/v1/institutions/{code}/stays`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenStayList {
    /// Those that wait longest first, at most 1000.
    pub stays: Vec<OpenStayView>,
}

/// Such a stay, or of an outpatient department the visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenStayView {
    /// 就诊ID.
    pub visit: VisitId,
    /// 住院号 or 门诊号, where the institution gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// 人员编号, whole: the window asks for the person by it.
    pub person: PersonNumber,
    /// Name, masked.
    pub name: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 参保地.
    pub insured: AdminDivision,
    /// 参保地 by name.
    pub insured_name: String,
    /// 医疗类别.
    pub med_type: String,
    /// Where the visit stands, in Chinese.
    pub stage_name: String,
    /// 入院时间, or when the visit began.
    pub admitted_at: String,
    /// 出院时间.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discharged_at: Option<String>,
    /// Since when it waits.
    pub since: String,
    /// By when it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
}

/// Days whose books an institution has yet to compare, or on which they differ: `GET /api/v1/institutions/{code}/day-books`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DayBooks {
    /// By day, scheme and kind of care; up to yesterday.
    pub days: Vec<DayBookView>,
}

/// A day, scheme and kind of care.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DayBookView {
    /// 结算日期.
    pub day: Day,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 险种 in Chinese.
    pub scheme_name: String,
    /// 清算类别 code.
    pub care: String,
    /// 清算类别 in Chinese.
    pub care_name: String,
    /// `missing` or `differs`.
    pub state: String,
    /// The same in Chinese.
    pub state_name: String,
    /// The last day on which the month is reconciled with institutions.
    pub due: Day,
}

/// Months of an institution that are over: `GET /api/v1/institutions/{code}/apportioning`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApportioningMonths {
    /// The last ones that have lines, the oldest first.
    pub months: Vec<ApportioningMonth>,
}

/// A month, and how much of it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApportioningMonth {
    /// 清分年月.
    pub month: String,
    /// Settlements and undoings.
    pub lines: i64,
    /// Of these, confirmed (3261).
    pub confirmed: i64,
    /// Of these, not.
    pub open: i64,
    /// The last day on which the month is reconciled with institutions.
    pub due: Day,
}

/// What of a month is confirmed: `GET /api/v1/institutions/{code}/apportioning/{month}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmedLines {
    /// 清分年月.
    pub month: String,
    /// 结算流水号 of the lines that are.
    pub confirmed: Vec<SettlementId>,
}

//! Figures: who treats whose people, today so far, and the report forms of a month or year.

use super::yuan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, Fen, Participant};

/// Who treated whose people: `GET /api/v1/flows` at the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flows {
    /// First day, by the hub's record.
    pub from: Day,
    /// Last day.
    pub until: Day,
    /// All pairs together.
    pub sum: FlowFigures,
    /// Pairs with at least one settlement, the largest by 基金支付总额 first.
    pub pairs: Vec<Flow>,
}

/// People of one province treated in another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flow {
    /// The insured province.
    pub insured: Participant,
    /// Its name.
    pub insured_name: String,
    /// The treatment province.
    pub treatment: Participant,
    /// Its name.
    pub treatment_name: String,
    /// The figures.
    pub figures: FlowFigures,
}

/// Figures of settlements that stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowFigures {
    /// 人次: settlements that stand.
    pub settlements: i64,
    /// Of these 住院.
    pub inpatient: i64,
    /// 医疗费总额.
    #[serde(with = "yuan")]
    pub total: Fen,
    /// 基金支付总额: what people did not have to lay out (减少个人垫付).
    #[serde(with = "yuan")]
    pub fund_total: Fen,
    /// 个人负担总金额.
    #[serde(with = "yuan")]
    pub person_total: Fen,
    /// Settlements that were undone.
    pub undone: i64,
}

/// The day so far: `GET /api/v1/today` at the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Today {
    /// The day.
    pub day: Day,
    /// When this was counted.
    pub as_of: String,
    /// All of it.
    pub sum: FlowFigures,
    /// By hour, from 0 to the present one.
    pub hours: Vec<HourFigures>,
    /// By treatment province, the most settlements first.
    pub treatment: Vec<ParticipantFigures>,
    /// Since this instance of the hub was started: what it passed on between nodes, by kind of question.
    pub passing: Vec<PassingFigures>,
}

/// Figures of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HourFigures {
    /// 0 to 23.
    pub hour: u8,
    /// The figures.
    pub figures: FlowFigures,
}

/// Figures of a province.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantFigures {
    /// Which.
    pub participant: Participant,
    /// Its name.
    pub name: String,
    /// The figures.
    pub figures: FlowFigures,
    /// When its last settlement was recorded.
    pub last_at: String,
}

/// What passed the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PassingFigures {
    /// The kind of question, as the metrics name it.
    pub kind: String,
    /// How many ended well.
    pub done: u64,
    /// How many were refused.
    pub refused: u64,
    /// How many failed or stayed unknown.
    pub failed: u64,
    /// Half of them took at most so many milliseconds; none where too few were timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_millis: Option<u64>,
    /// Ninety-five of a hundred took at most so many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_millis: Option<u64>,
}

/// The report forms of a month or year: `GET /api/v1/statistics`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// `2026年10月跨省异地就医直接结算情况`.
    pub title: String,
    /// Whose: 国家平台 or the province.
    pub of: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Day,
    /// When it was counted.
    pub as_of: String,
    /// The forms.
    pub tables: Vec<StatisticsTable>,
    /// What the figures are and are not, in Chinese.
    pub notes: Vec<String>,
}

/// One form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatisticsTable {
    /// For programs: `by_care`, `by_province`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The heads, the first being what the rows are of. Amounts are in yuan and say so: `基金支付（元）`.
    pub columns: Vec<StatisticsColumn>,
    /// The rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
    /// The sums, where they make sense: as a row that begins with `合计`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Vec<String>>,
}

/// A head of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatisticsColumn {
    /// In Chinese.
    pub name: String,
    /// `text`, `count` (whole numbers), `money` (yuan) or `share` (percent with one decimal).
    pub kind: String,
}

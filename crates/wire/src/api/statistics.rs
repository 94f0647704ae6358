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

/// What passed the hub lately: `GET /api/v1/passing?span=` at the hub, as far as this instance of it has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Passing {
    /// `hour`: the last hour, by the minute; `day`: the last twenty-four, by the hour. Less where this instance is younger.
    pub span: String,
    /// When this was counted.
    pub as_of: String,
    /// Questions of provinces, those to the hub itself among them, by kind; the slowest first.
    pub kinds: Vec<PassingFigures>,
    /// How participants answered what the hub passed on to them; the slowest first. Who was not asked is not named.
    pub participants: Vec<AnsweringFigures>,
}

/// How often something was asked, how it ended, and how long that took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// How often it was asked.
    pub all: u64,
    /// How many ended well.
    pub done: u64,
    /// How many were refused for good.
    pub refused: u64,
    /// How many failed or stayed unknown: no answer, too much to do, a breakdown.
    pub failed: u64,
    /// The failed among all (失败率), in percent with one decimal: `0.4%`.
    pub failure_rate: String,
    /// Half of them took at most so many milliseconds; none where it was longer than thirty seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_millis: Option<u64>,
    /// Ninety-five of a hundred took at most so many milliseconds; none where it was longer than thirty seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_millis: Option<u64>,
}

#[expect(
    clippy::disallowed_types,
    reason = "what serde reads flattened fields through knows floats; no field here is one"
)]
mod flat {
    use super::Ended;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use terms::Participant;

    /// Questions of a kind.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct PassingFigures {
        /// The kind of question, as messages between nodes name it.
        pub kind: String,
        /// How they ended.
        #[serde(flatten)]
        pub ended: Ended,
    }

    /// How a participant answered.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct AnsweringFigures {
        /// Which.
        pub participant: Participant,
        /// Its name.
        pub name: String,
        /// Why it is suspended (暂停), if it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub suspended: Option<String>,
        /// How what it was asked ended.
        #[serde(flatten)]
        pub ended: Ended,
    }
}
pub use flat::{AnsweringFigures, PassingFigures};

/// How many stays were settled directly (住院直接结算率): `GET /api/v1/direct-settlement?month=` at the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectSettlement {
    /// The month in which the stays were registered, `2026-11`.
    pub month: String,
    /// When this was read.
    pub as_of: String,
    /// What the rate is and is not, in Chinese.
    pub definition: String,
    /// All together.
    pub sum: DirectFigures,
    /// By treatment province, where most went another way first.
    pub treatment: Vec<ProvinceDirect>,
    /// By insured province.
    pub insured: Vec<ProvinceDirect>,
}

/// What became of stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectFigures {
    /// 已直接结算.
    pub settled: i64,
    /// 未直接结算.
    pub elsewhere: i64,
    /// 在院或待结算: not in the rate.
    pub under_way: i64,
    /// The settled among those settled and gone another way, in percent with one decimal; empty where there are none.
    pub rate: String,
}

/// What became of the stays of a province.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProvinceDirect {
    /// Which.
    pub participant: Participant,
    /// Its name.
    pub name: String,
    /// The figures.
    pub figures: DirectFigures,
    /// When the last of them were counted.
    pub reported_at: String,
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

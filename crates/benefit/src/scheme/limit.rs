//! 最高支付限额: what a limit counts, in which time, and who pays beyond it.

use super::{Origin, Row, Selector};
use serde::Deserialize;
use terms::{CareKind, Fen, Fund, Rate, Set};

/// A limit of one kind of care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What it counts.
    pub counts: Counted,
    /// In which time.
    pub period: Period,
    /// The kinds of care that count together.
    pub care: Set<CareKind>,
    /// How the limits of several chronic diseases go together.
    pub several: SeveralDiseases,
    /// The amounts; whom none concerns has no such limit.
    pub rows: Vec<AmountRow>,
    /// Who pays beyond it; `None`: the person.
    pub above: Option<Above>,
}

/// What a limit counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// What these funds pay (基金支付限额).
    Paid(Vec<Fund>),
    /// The in-scope amount, whoever pays it, deductible included (费用限额).
    InScope,
    /// Fund and own share together, above the deductible (基金支付与个人按比例负担合计).
    Divided,
}

/// The time of a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The insurance year.
    #[default]
    Year,
    /// The calendar quarter.
    Quarter,
    /// The calendar month: also a fixed quota (每月定额).
    Month,
    /// The day.
    Day,
    /// One visit.
    Visit,
}

impl Period {
    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Year => "年度",
            Self::Quarter => "季度",
            Self::Month => "月度",
            Self::Day => "每日",
            Self::Visit => "单次",
        }
    }
}

/// How the limits of several chronic diseases go together (多病种限额).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeveralDiseases {
    /// Each disease has its own limit, used by itself.
    #[default]
    Each,
    /// The highest of the diseases for which the person is registered holds for all together.
    Highest,
    /// The sum of them holds for all together.
    Sum,
    /// The highest, and this for every further disease.
    HighestPlus(Fen),
}

/// An amount for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountRow {
    /// For whom.
    pub who: Selector,
    /// Where it is written.
    pub origin: Origin,
    /// The amount; `None`: without a limit (不设封顶).
    pub amount: Option<Fen>,
}

impl Row for AmountRow {
    fn who(&self) -> &Selector {
        &self.who
    }
    fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// The layer above a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Above {
    /// The fund that pays there.
    pub fund: Fund,
    /// Its share; `None`: the share below the limit goes on.
    pub rate: Option<Rate>,
}

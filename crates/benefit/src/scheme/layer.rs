//! The layers above the pool: 大病保险, 补充保险, 公务员医疗补助, 医疗救助, 倾斜救助. Each looks at what the one before left to the person.

use super::{Adjustment, AmountRow, Band, Period};
use crate::year::LayerName;
use serde::{Deserialize, Serialize};
use terms::{CareKind, Fund, Listed, Rate, Rounding, Set};

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Which.
    pub name: LayerName,
    /// The fund that pays.
    pub fund: Fund,
    /// In these kinds of care; their burdens count together.
    pub care: Set<CareKind>,
    /// The parts of the person's burden that it looks at.
    pub counts: Set<Burden>,
    /// [`Period::Year`] or [`Period::Visit`]: whether burdens of the year add up.
    pub period: Period,
    /// 起付线; whom no row concerns has none.
    pub threshold: Vec<AmountRow>,
    /// What the bands measure.
    pub basis: LayerBasis,
    /// The bands; whom none concerns is not paid by this layer.
    pub bands: Vec<Band>,
    /// What changes the ratio for some, one after the other.
    pub adjust: Vec<Adjustment>,
    /// But the ratio is at most this.
    pub at_most: Option<Rate>,
    /// The most that it pays in a year; whom no row concerns has no limit.
    pub cap: Vec<AmountRow>,
    /// How a share becomes fen, once for the layer.
    pub rounding: Rounding,
}

/// What the bands of a layer measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LayerBasis {
    /// The burden from its first fen: the threshold lies in the lowest band.
    #[default]
    Absolute,
    /// The burden above the threshold (起付线以上部分).
    AboveThreshold,
}

/// The parts of what a person bears, in the order in which a layer takes them over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Burden {
    /// 起付标准.
    Deductible,
    /// 按比例自付: what the pool's ratio leaves.
    OwnShare,
    /// 超限额: what lies beyond the pool's limits.
    BeyondCap,
    /// 异地先自付: what a cross-region rule lets the person pay first.
    CrossRegionFirst,
    /// 目录先行自付: the first self-pay of class B items.
    FirstSelfPay,
    /// 超限价自费.
    OverLimit,
    /// 全自费.
    OutOfScope,
}

impl Burden {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Deductible,
        Self::OwnShare,
        Self::BeyondCap,
        Self::CrossRegionFirst,
        Self::FirstSelfPay,
        Self::OverLimit,
        Self::OutOfScope,
    ];

    /// The parts of the in-scope amount: what a layer counts unless its policy says otherwise.
    pub const IN_SCOPE: [Self; 4] =
        [Self::Deductible, Self::OwnShare, Self::BeyondCap, Self::CrossRegionFirst];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Deductible => "起付标准",
            Self::OwnShare => "按比例自付",
            Self::BeyondCap => "超限额",
            Self::CrossRegionFirst => "异地先自付",
            Self::FirstSelfPay => "目录先行自付",
            Self::OverLimit => "超限价自费",
            Self::OutOfScope => "全自费",
        }
    }
}

impl Listed for Burden {
    const LISTED: &'static [Self] = &Self::ALL;
    fn position(self) -> u32 {
        self as u32
    }
}

//! A reply as the hub looks at it that passes it on: what it writes down, and whether it is a refusal. How a settlement came about
//! is read over: that is between the two provinces, and the greater part of it.

use super::{
    kind::{self, Kinds},
    v1::Undone,
};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use std::collections::BTreeMap;
use terms::{Fen, Fund, Moment, SettlementId};

/// A reply that passes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedReply {
    /// An answer.
    Answer(PassedAnswer),
    /// No.
    Refused {
        /// The refusal's code.
        code: String,
    },
}

/// An answer that passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassedAnswer {
    /// A settlement stands at the insured place.
    Settled(PassedSettled),
    /// A settlement does not stand there, or never will.
    Undone(Undone),
    /// Any other, of which the hub writes nothing down.
    Other,
}

/// Of a settlement that stands, what the hub's book says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PassedSettled {
    /// Its id.
    pub settlement: SettlementId,
    /// When the insured place committed it.
    pub committed_at: Moment,
    /// Who pays what.
    pub breakdown: PassedSums,
}

/// The sums of a [`benefit::Breakdown`], under its names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PassedSums {
    /// What each fund pays.
    pub fund_payments: BTreeMap<Fund, Fen>,
    /// All funds together.
    pub fund_total: Fen,
    /// What the person pays, accounts included.
    pub person_total: Fen,
    /// What of it the person's own account pays.
    #[serde(default)]
    pub account_paid: Fen,
    /// What of it the accounts of family members pay.
    #[serde(default)]
    pub family_paid: Vec<Fen>,
    /// The bill that was divided.
    pub split: PassedSplit,
}

/// The sum of a [`benefit::Split`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct PassedSplit {
    /// 医疗费总额.
    pub total: Fen,
}

impl<'de> Deserialize<'de> for PassedAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        kind::deserialize(deserializer)
    }
}

impl Kinds for PassedAnswer {
    const NAMES: &[&str] = &["settled", "undone"];

    fn read<'de, D: Deserializer<'de>>(kind: &str, content: D) -> Result<Self, D::Error> {
        Ok(match kind {
            "settled" => Self::Settled(Deserialize::deserialize(content)?),
            "undone" => Self::Undone(Deserialize::deserialize(content)?),
            _ => {
                IgnoredAny::deserialize(content)?;
                Self::Other
            }
        })
    }
}

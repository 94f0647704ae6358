//! A settlement (结算) as the treatment place follows it, from the hospital's question to one of its three ends: it stands,
//! it was refused, or it was undone. An undoing wins over everything that comes late.

use serde::{Deserialize, Serialize};

/// Where a settlement stands at the treatment place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// 已申请: written down and asked for; the outcome is not known.
    Asked,
    /// 已结算: it stands in all three books.
    Settled,
    /// 已拒绝: the insured place will never settle it.
    Refused,
    /// 撤销中: it is being undone; the insured place has not confirmed yet.
    Undoing,
    /// 已撤销: it stands nowhere, and never will.
    Undone,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 5] = [Self::Asked, Self::Settled, Self::Refused, Self::Undoing, Self::Undone];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Asked => "已申请",
            Self::Settled => "已结算",
            Self::Refused => "已拒绝",
            Self::Undoing => "撤销中",
            Self::Undone => "已撤销",
        }
    }
}

/// What the treatment place hears or is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The insured place says that it settled.
    HearSettled,
    /// The insured place says that it refuses, and has written that down.
    HearRefused,
    /// The hospital takes it back or does not know (2305, 2601), or the hub refused to pass it.
    Undo,
    /// The insured place says that it is undone.
    HearUndone,
}

impl Move {
    /// All moves.
    pub const ALL: [Self; 4] = [Self::HearSettled, Self::HearRefused, Self::Undo, Self::HearUndone];
}

/// What a move does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The stage changes to this.
    Becomes(Stage),
    /// It is so already, or the news comes too late: nothing changes.
    Stays,
}

/// What follows when the treatment place hears or is asked something. Every message may come twice, late or out of order,
/// so every pair has an answer. The model of the protocol (`tests/protocol`) steps by this very function.
pub const fn after(stage: Stage, step: Move) -> Effect {
    match (stage, step) {
        (Stage::Asked, Move::HearSettled) => Effect::Becomes(Stage::Settled),
        (Stage::Asked, Move::HearRefused) => Effect::Becomes(Stage::Refused),
        (Stage::Asked | Stage::Settled, Move::Undo) => Effect::Becomes(Stage::Undoing),
        (Stage::Undoing, Move::HearUndone) => Effect::Becomes(Stage::Undone),
        _ => Effect::Stays,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_grid_of_stages_and_news() {
        let mut grid = String::new();
        for step in Move::ALL {
            let cell = |stage: &Stage| match after(*stage, step) {
                Effect::Becomes(next) => next.chinese(),
                Effect::Stays => "-",
            };
            writeln!(grid, "{step:?}: {}", Stage::ALL.iter().map(cell).collect::<Vec<_>>().join(" "))
                .unwrap();
        }
        let expected = "\
HearSettled: 已结算 - - - -
HearRefused: 已拒绝 - - - -
Undo: 撤销中 撤销中 - - -
HearUndone: - - - 已撤销 -
";
        assert_eq!(grid, expected);
    }
}

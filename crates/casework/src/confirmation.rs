//! A confirmation (清分结果确认, 3261): an institution says that lines of a month are right, may take it back, and the month is
//! cleared.

use serde::{Deserialize, Serialize};

/// Where a confirmation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 已确认.
    Confirmed,
    /// 已回退: as if it had never been made.
    Withdrawn,
    /// 已清算: its lines are in a clearing between provinces.
    Cleared,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 3] = [Self::Confirmed, Self::Withdrawn, Self::Cleared];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Confirmed => "已确认",
            Self::Withdrawn => "已回退",
            Self::Cleared => "已清算",
        }
    }

    /// Whether its lines count as confirmed.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Confirmed | Self::Cleared)
    }
}

/// What can be done to a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// 3262.
    Withdraw,
    /// The month is cleared.
    Clear,
}

/// The stage after a move; `None` if it cannot be made from there.
pub const fn after(stage: Stage, step: Move) -> Option<Stage> {
    match (stage, step) {
        (Stage::Confirmed, Move::Withdraw) => Some(Stage::Withdrawn),
        (Stage::Confirmed, Move::Clear) => Some(Stage::Cleared),
        (Stage::Withdrawn | Stage::Cleared, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_under_every_move() {
        let told = |stage, step| after(stage, step).map_or("-", Stage::chinese);
        let row = |step| Stage::ALL.map(|stage| told(stage, step));
        assert_eq!(row(Move::Withdraw), ["已回退", "-", "-"]);
        assert_eq!(row(Move::Clear), ["已清算", "-", "-"]);
        assert_eq!(Stage::ALL.map(Stage::holds), [true, false, true]);
    }
}

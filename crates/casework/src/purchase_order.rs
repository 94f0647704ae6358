//! An order (异地就医购药订单): what a pharmacy asks a person to pay for (2166), and the person confirms. From then on it stands where
//! its settlement stands.

use crate::settlement;
use serde::{Deserialize, Serialize};

/// What is written down of an order itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// 待确认: put to the person.
    Waiting,
    /// 已确认: the person confirmed, and a settlement was asked for.
    Confirmed,
    /// 已取消: the pharmacy took it back (2167).
    Cancelled,
    /// 已冲正: the pharmacy made it not to have been (2181).
    Reversed,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Confirmed, Self::Cancelled, Self::Reversed];
}

/// What became of the settlement of a confirmed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Where it stands.
    pub stage: settlement::Stage,
    /// Whether it is undone as a refund (退费), not as one that never was (冲正).
    pub given_back: bool,
}

/// Where an order stands, with all that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// 待确认.
    Waiting,
    /// 已过期: nobody confirmed in time.
    Expired,
    /// 结算中: confirmed, and the outcome is not known yet.
    Settling,
    /// 已结算.
    Settled,
    /// 未能结算: the insured place refused.
    Refused,
    /// 已退费: it was settled and given back, for certain.
    GivenBack,
    /// 已取消.
    Cancelled,
    /// 已冲正.
    Reversed,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Expired,
        Self::Settling,
        Self::Settled,
        Self::Refused,
        Self::GivenBack,
        Self::Cancelled,
        Self::Reversed,
    ];

    /// The word for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Expired => "expired",
            Self::Settling => "settling",
            Self::Settled => "settled",
            Self::Refused => "refused",
            Self::GivenBack => "given_back",
            Self::Cancelled => "cancelled",
            Self::Reversed => "reversed",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Waiting => "待确认",
            Self::Expired => "已过期",
            Self::Settling => "结算中",
            Self::Settled => "已结算",
            Self::Refused => "未能结算",
            Self::GivenBack => "已退费",
            Self::Cancelled => "已取消",
            Self::Reversed => "已冲正",
        }
    }
}

/// Where an order stands.
///
/// # Panics
/// If it is confirmed and nothing is known of a settlement: the two are written together.
pub const fn standing(stage: Stage, is_late: bool, settled: Option<Settled>) -> Standing {
    match (stage, settled) {
        (Stage::Waiting, _) if is_late => Standing::Expired,
        (Stage::Waiting, _) => Standing::Waiting,
        (Stage::Cancelled, _) => Standing::Cancelled,
        (Stage::Reversed, _) => Standing::Reversed,
        (Stage::Confirmed, None) => panic!("a confirmed order has a settlement"),
        (Stage::Confirmed, Some(Settled { stage, given_back })) => match stage {
            settlement::Stage::Asked => Standing::Settling,
            settlement::Stage::Settled => Standing::Settled,
            settlement::Stage::Refused => Standing::Refused,
            settlement::Stage::Undoing | settlement::Stage::Undone if given_back => Standing::GivenBack,
            settlement::Stage::Undoing | settlement::Stage::Undone => Standing::Reversed,
        },
    }
}

/// What can be done to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The person confirms.
    Confirm,
    /// 2167.
    Cancel,
    /// 2163.
    GiveBack,
    /// 2181 of the order (1106).
    ReverseOrder,
    /// 2181 of the settlement (1107).
    ReverseSettlement,
    /// 2181 of the refund (1203).
    ReverseGivingBack,
}

impl Move {
    /// All moves.
    pub const ALL: [Self; 6] = [
        Self::Confirm,
        Self::Cancel,
        Self::GiveBack,
        Self::ReverseOrder,
        Self::ReverseSettlement,
        Self::ReverseGivingBack,
    ];
}

/// What a move does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The order is at this stage from now on.
    Becomes(Stage),
    /// Its settlement is undone.
    Undo,
    /// It is so already.
    Already,
    /// Nobody knows yet: later.
    Later,
    /// It cannot be done from there.
    Refused,
}

/// What a move does to an order. A refund that the insured place has been asked for is certain, so reversing it is refused; one
/// that was never asked for is reversed by nothing.
pub const fn after(standing: Standing, step: Move) -> Effect {
    use Standing::{Cancelled, Expired, GivenBack, Refused, Reversed, Settled, Settling, Waiting};
    match (step, standing) {
        (Move::Confirm, Waiting) => Effect::Becomes(Stage::Confirmed),
        (Move::Confirm, Settling | Settled)
        | (Move::Cancel, Cancelled)
        | (Move::ReverseOrder | Move::ReverseSettlement, Cancelled | Reversed | Refused) => Effect::Already,
        (Move::Cancel, Waiting | Expired) => Effect::Becomes(Stage::Cancelled),
        (Move::ReverseOrder | Move::ReverseSettlement, Waiting | Expired) => Effect::Becomes(Stage::Reversed),
        (Move::GiveBack, Settled) | (Move::ReverseSettlement, Settling | Settled) => Effect::Undo,
        (Move::GiveBack, Settling) => Effect::Later,
        (Move::ReverseGivingBack, other) if !matches!(other, GivenBack) => Effect::Already,
        _ => Effect::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Every standing × every move.
    #[test]
    fn the_grid_of_standings_and_moves() {
        let told = |effect| match effect {
            Effect::Becomes(Stage::Waiting) => "waits",
            Effect::Becomes(Stage::Confirmed) => "confirmed",
            Effect::Becomes(Stage::Cancelled) => "cancelled",
            Effect::Becomes(Stage::Reversed) => "reversed",
            Effect::Undo => "undo",
            Effect::Already => "already",
            Effect::Later => "later",
            Effect::Refused => "-",
        };
        let mut grid = String::new();
        for step in Move::ALL {
            let cells = Standing::ALL.map(|standing| told(after(standing, step)));
            writeln!(grid, "{step:?}: {}", cells.join(" ")).unwrap();
        }
        // Waiting Expired Settling Settled Refused GivenBack Cancelled Reversed
        let expected = "\
Confirm: confirmed - already already - - - -
Cancel: cancelled cancelled - - - - already -
GiveBack: - - later undo - - - -
ReverseOrder: reversed reversed - - already - already already
ReverseSettlement: reversed reversed undo undo already - already already
ReverseGivingBack: already already already already already - already already
";
        assert_eq!(grid, expected);
    }

    #[test]
    fn a_confirmed_order_stands_where_its_settlement_stands() {
        let stands = |stage, given_back| {
            standing(Stage::Confirmed, true, Some(Settled { stage, given_back })).chinese()
        };
        let all = settlement::Stage::ALL;
        assert_eq!(
            all.map(|stage| stands(stage, true)),
            ["结算中", "已结算", "未能结算", "已退费", "已退费"]
        );
        assert_eq!(
            all.map(|stage| stands(stage, false)),
            ["结算中", "已结算", "未能结算", "已冲正", "已冲正"]
        );
        for (stage, in_time, late) in [
            (Stage::Waiting, "待确认", "已过期"),
            (Stage::Cancelled, "已取消", "已取消"),
            (Stage::Reversed, "已冲正", "已冲正"),
        ] {
            let told = |is_late| standing(stage, is_late, None).chinese();
            assert_eq!((told(false), told(true)), (in_time, late));
        }
    }
}

//! The stages of a month's clearing, of what two provinces answer about each pair, and of a year.
//!
//! The hub closes a month to settlements on the statement day, plans it as often as it likes and adopts one plan. Then both
//! provinces of each pair confirm or dispute; what the hub upholds of a dispute leaves the month, and a pair on which both
//! agree gets its notice. A year is closed when nothing of its months is open.

use serde::{Deserialize, Serialize};
use std::fmt;
use terms::{Day, Month};

/// Where a month stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Settlements still fall into it.
    #[default]
    Open,
    /// No more do (截止).
    Closed,
    /// There is a plan (清分试算).
    Planned,
    /// A plan was adopted (清算表已生成): provinces confirm or dispute.
    Adopted,
    /// Every pair has its notice (通知书已签发).
    Noticed,
}

/// What can be done with a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The statement day has come.
    Close,
    /// Somebody plans.
    Plan,
    /// The hub's book is corrected (更正): a plan that was made before is to be made anew.
    Correct,
    /// Somebody adopts the last plan.
    Adopt,
    /// A province confirms or disputes.
    Answer,
    /// The hub decides a dispute.
    Resolve,
    /// A pair gets its notice, and others wait for theirs.
    Issue,
    /// The last pair gets its notice.
    Finish,
}

impl Stage {
    /// All of them, in the order of their numbers in the database.
    pub const ALL: [Self; 5] = [Self::Open, Self::Closed, Self::Planned, Self::Adopted, Self::Noticed];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Open => "归集中",
            Self::Closed => "已截止",
            Self::Planned => "已试算",
            Self::Adopted => "已生成清算表",
            Self::Noticed => "已签发通知书",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.chinese())
    }
}

impl Move {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Close,
        Self::Plan,
        Self::Correct,
        Self::Adopt,
        Self::Answer,
        Self::Resolve,
        Self::Issue,
        Self::Finish,
    ];
}

/// Where a month stands after a move; `None` if that cannot be done.
pub const fn after(stage: Stage, by: Move) -> Option<Stage> {
    match (stage, by) {
        (Stage::Open, Move::Close) | (Stage::Planned, Move::Correct) => Some(Stage::Closed),
        (Stage::Closed | Stage::Planned, Move::Plan) => Some(Stage::Planned),
        (Stage::Planned, Move::Adopt) | (Stage::Adopted, Move::Answer | Move::Resolve | Move::Issue) => {
            Some(Stage::Adopted)
        }
        (Stage::Adopted, Move::Finish) => Some(Stage::Noticed),
        _ => None,
    }
}

/// What one province says of one pair of an adopted month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Nothing yet.
    #[default]
    Awaited,
    /// 已确认.
    Confirmed,
    /// It let the deadline pass, and the rule takes that for yes (逾期视同确认).
    Deemed,
    /// 有争议.
    Disputed,
    /// It disputed, and the hub agreed: what was disputed left the month (争议成立).
    Upheld,
    /// It disputed, and the hub did not agree: the month stands (争议不成立).
    Rejected,
}

/// What can happen to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerMove {
    /// The province confirms; of what it disputed, this takes the dispute back.
    Confirm,
    /// The province disputes.
    Dispute,
    /// The deadline has passed, and the rule takes silence for yes.
    Deem,
    /// The hub agrees.
    Uphold,
    /// The hub does not.
    Reject,
}

impl Answer {
    /// All of them, in the order of their numbers in the database.
    pub const ALL: [Self; 6] =
        [Self::Awaited, Self::Confirmed, Self::Deemed, Self::Disputed, Self::Upheld, Self::Rejected];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Awaited => "待确认",
            Self::Confirmed => "已确认",
            Self::Deemed => "逾期视同确认",
            Self::Disputed => "有争议",
            Self::Upheld => "争议成立",
            Self::Rejected => "争议不成立",
        }
    }

    /// Whether nothing more is to come of this side before the notice.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Confirmed | Self::Deemed | Self::Upheld | Self::Rejected)
    }

    /// What it is after a move; `None` if that cannot be done. `in_time`: the day on which provinces confirm has not passed.
    pub const fn after(self, by: AnswerMove, in_time: bool) -> Option<Self> {
        match (self, by) {
            (Self::Awaited | Self::Confirmed | Self::Deemed | Self::Disputed, AnswerMove::Confirm) => {
                Some(Self::Confirmed)
            }
            // What the hub has decided stays decided.
            (Self::Upheld | Self::Rejected, AnswerMove::Confirm) => Some(self),
            // A province that has said nothing may still dispute until the notice; one that has confirmed may not.
            (Self::Awaited | Self::Disputed, AnswerMove::Dispute) => Some(Self::Disputed),
            (Self::Confirmed, AnswerMove::Dispute) if in_time => Some(Self::Disputed),
            (Self::Awaited, AnswerMove::Deem) if !in_time => Some(Self::Deemed),
            (Self::Disputed, AnswerMove::Uphold) => Some(Self::Upheld),
            (Self::Disputed, AnswerMove::Reject) => Some(Self::Rejected),
            _ => None,
        }
    }
}

impl AnswerMove {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Confirm, Self::Dispute, Self::Deem, Self::Uphold, Self::Reject];
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.chinese())
    }
}

/// Where a pair of an adopted month stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairStage {
    /// A side has not answered.
    Awaiting,
    /// A side disputes, and the hub has not decided.
    Disputed,
    /// Both agree: the notice can go out.
    Agreed,
    /// It has gone out.
    Noticed,
}

impl PairStage {
    /// Of what both sides say.
    pub fn of(insured: Answer, treatment: Answer, noticed: bool) -> Self {
        match [insured, treatment] {
            _ if noticed => Self::Noticed,
            sides if sides.contains(&Answer::Disputed) => Self::Disputed,
            sides if sides.iter().all(|side| side.is_settled()) => Self::Agreed,
            _ => Self::Awaiting,
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Awaiting => "待双方确认",
            Self::Disputed => "争议处理中",
            Self::Agreed => "双方已确认",
            Self::Noticed => "已签发通知书",
        }
    }
}

impl fmt::Display for PairStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.chinese())
    }
}

/// What keeps a year from being closed (年度清算).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YearOpen {
    /// A month that is not noticed.
    Month(Month, Stage),
    /// So many settlements of the year that were left out of their month and are not cleared.
    LeftOut(u64),
}

impl fmt::Display for YearOpen {
    /// In Chinese.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month, stage) => write!(f, "{month}{stage}"),
            Self::LeftOut(count) => write!(f, "{count}笔结算未列入清算"),
        }
    }
}

/// What keeps a year open, from where its twelve months stand (those that the network has run in) and how many of its
/// settlements are left out.
pub fn year_open(months: impl IntoIterator<Item = (Month, Stage)>, left_out: u64) -> Vec<YearOpen> {
    let open = months.into_iter().filter(|(_, stage)| *stage != Stage::Noticed);
    let mut open: Vec<_> = open.map(|(month, stage)| YearOpen::Month(month, stage)).collect();
    if left_out > 0 {
        open.push(YearOpen::LeftOut(left_out));
    }
    open
}

/// The last day of the month by whose end a year is to be closed (`clearing.year_closed_month`).
pub fn year_due(year: i16, closed_month: u16) -> Day {
    let month = i8::try_from(closed_month).ok().and_then(|month| Month::new(year + 1, month));
    month.expect("the rule is a month of the year").next().first_day().plus_days(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_and_every_move() {
        let grid: Vec<String> = Stage::ALL
            .iter()
            .map(|stage| {
                let cell =
                    |by: &Move| after(*stage, *by).map_or("-".to_owned(), |stage| format!("{stage:?}"));
                format!("{stage:?}: {}", Move::ALL.iter().map(cell).collect::<Vec<_>>().join(" "))
            })
            .collect();
        assert_eq!(
            grid,
            [
                // Close Plan Correct Adopt Answer Resolve Issue Finish
                "Open: Closed - - - - - - -",
                "Closed: - Planned - - - - - -",
                "Planned: - Planned Closed Adopted - - - -",
                "Adopted: - - - - Adopted Adopted Adopted Noticed",
                "Noticed: - - - - - - - -",
            ]
        );
    }

    #[test]
    fn every_answer_and_every_move_in_time_and_late() {
        let row = |answer: &Answer, in_time: bool| {
            let cell =
                |by: &AnswerMove| answer.after(*by, in_time).map_or("-".to_owned(), |to| format!("{to:?}"));
            format!("{answer:?}: {}", AnswerMove::ALL.iter().map(cell).collect::<Vec<_>>().join(" "))
        };
        // Confirm Dispute Deem Uphold Reject
        let in_time: Vec<_> = Answer::ALL.iter().map(|answer| row(answer, true)).collect();
        assert_eq!(
            in_time,
            [
                "Awaited: Confirmed Disputed - - -",
                "Confirmed: Confirmed Disputed - - -",
                "Deemed: Confirmed - - - -",
                "Disputed: Confirmed Disputed - Upheld Rejected",
                "Upheld: Upheld - - - -",
                "Rejected: Rejected - - - -",
            ]
        );
        let late: Vec<_> = Answer::ALL.iter().map(|answer| row(answer, false)).collect();
        assert_eq!(
            late,
            [
                "Awaited: Confirmed Disputed Deemed - -",
                "Confirmed: Confirmed - - - -",
                "Deemed: Confirmed - - - -",
                "Disputed: Confirmed Disputed - Upheld Rejected",
                "Upheld: Upheld - - - -",
                "Rejected: Rejected - - - -",
            ]
        );
    }

    #[test]
    fn a_pair_agrees_when_both_sides_do() {
        use Answer::{Awaited, Confirmed, Deemed, Disputed, Rejected, Upheld};
        for (insured, treatment, stage) in [
            (Awaited, Awaited, PairStage::Awaiting),
            (Confirmed, Awaited, PairStage::Awaiting),
            (Disputed, Awaited, PairStage::Disputed),
            (Confirmed, Disputed, PairStage::Disputed),
            (Confirmed, Confirmed, PairStage::Agreed),
            (Deemed, Upheld, PairStage::Agreed),
            (Rejected, Confirmed, PairStage::Agreed),
        ] {
            assert_eq!(PairStage::of(insured, treatment, false), stage, "{insured:?} {treatment:?}");
            assert_eq!(PairStage::of(insured, treatment, true), PairStage::Noticed);
        }
    }

    #[test]
    fn a_year_is_open_as_long_as_anything_of_it_is() {
        let month = |number| Month::new(2026, number).unwrap();
        let all = |last| {
            (1..=12).map(move |number| (month(number), if number == 12 { last } else { Stage::Noticed }))
        };
        assert_eq!(year_open(all(Stage::Noticed), 0), []);
        let said: Vec<_> = year_open(all(Stage::Adopted), 3).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["2026-12已生成清算表", "3笔结算未列入清算"]);
        assert_eq!(year_due(2026, 3).to_string(), "2027-03-31");
    }
}

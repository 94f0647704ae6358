//! The yearly setting of prepayments (年度预付金额度): drafted from last year's payments, looked at, drafted again as often as one
//! likes, and adopted once, by a person who says which draft they mean.
//!
//! This module must not know amounts, nor what comes of an adoption.

use serde::{Deserialize, Serialize};
use terms::{Day, Moment, Refusal};

/// Where the setting of a year stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 草案: figures are shown and may change.
    Drafted,
    /// 已核定: the amounts are in force, and their notices are issued.
    Adopted,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 2] = [Self::Drafted, Self::Adopted];

    /// The word for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Adopted => "adopted",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Drafted => "草案",
            Self::Adopted => "已核定",
        }
    }
}

/// What can be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// 测算: compute the amounts from last year's payments, again and again.
    Draft,
    /// 调整: a person sets one amount, with a reason.
    Set,
    /// 核定: a person adopts. Adopted again, it is the first adoption.
    Adopt,
}

impl Move {
    /// All moves.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Set, Self::Adopt];

    const fn chinese(self) -> &'static str {
        match self {
            Self::Draft => "测算",
            Self::Set => "调整",
            Self::Adopt => "核定",
        }
    }
}

/// The stage that follows when the move is made, `None` before the first draft; `None` where it cannot be made.
pub const fn after(stage: Option<Stage>, step: Move) -> Option<Stage> {
    match (stage, step) {
        (None | Some(Stage::Drafted), Move::Draft) | (Some(Stage::Drafted), Move::Set) => {
            Some(Stage::Drafted)
        }
        (Some(Stage::Drafted | Stage::Adopted), Move::Adopt) => Some(Stage::Adopted),
        (None, Move::Set | Move::Adopt) | (Some(Stage::Adopted), Move::Draft | Move::Set) => None,
    }
}

/// Somebody did it then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// When.
    pub at: Moment,
    /// The clerk, or 系统.
    pub by: String,
}

/// The setting of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Year {
    /// Which.
    pub year: i16,
    /// Where it stands.
    pub stage: Stage,
    /// Which draft it is, from 1: rises with every change of a figure, so that whoever adopts says what they have seen.
    pub round: u32,
    /// The last change.
    pub drafted: Done,
    /// The adoption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted: Option<Done>,
}

fn refused(reason: String) -> Refusal {
    Refusal::PrepaymentRule { reason }
}

fn stage_after(known: Option<&Year>, year: i16, step: Move) -> Result<Stage, Refusal> {
    let stage = known.map(|known| known.stage);
    after(stage, step).ok_or_else(|| {
        refused(match stage {
            None => format!("{year}年度尚未测算，请先生成草案后再{}", step.chinese()),
            Some(stage) => {
                format!("{year}年度额度{}，不能{}，需要追加的请办理紧急调增", stage.chinese(), step.chinese())
            }
        })
    })
}

impl Year {
    /// The next draft of a year: of one that begins within a year of `today` or has begun, since nothing is known of a later
    /// one, and an earlier one is over.
    pub fn draft(known: Option<&Self>, year: i16, today: Day, done: Done) -> Result<Self, Refusal> {
        let stage = stage_after(known, year, Move::Draft)?;
        if year < today.year() || year > today.year() + 1 {
            return Err(refused(format!(
                "只能测算本年度或下一年度，{year}年度不在此列，请核对年度（四位数字）"
            )));
        }
        Ok(Self {
            year,
            stage,
            round: known.map_or(0, |known| known.round) + 1,
            drafted: done,
            adopted: None,
        })
    }

    /// The draft in which a person sets an amount.
    pub fn set(known: Option<&Self>, year: i16, done: Done) -> Result<Self, Refusal> {
        let stage = stage_after(known, year, Move::Set)?;
        let known = known.expect("what is not drafted was refused");
        Ok(Self { stage, round: known.round + 1, drafted: done, ..known.clone() })
    }

    /// Adopts the draft that the person has seen, once its year has begun: before, last year is not over.
    pub fn adopt(
        known: Option<&Self>,
        (year, round): (i16, u32),
        today: Day,
        done: Done,
    ) -> Result<Self, Refusal> {
        let stage = stage_after(known, year, Move::Adopt)?;
        let known = known.expect("what is not drafted was refused");
        if known.stage == Stage::Adopted {
            return Ok(known.clone());
        }
        if round != known.round {
            return Err(refused(format!("{year}年度的草案已更新为第{}稿，请重新查看后再核定", known.round)));
        }
        if today.year() < year {
            return Err(refused(format!("{year}年度尚未开始，上年支付数据不全，请在{year}年1月起核定")));
        }
        Ok(Self { stage, adopted: Some(done), ..known.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn done(by: &str) -> Done {
        Done { at: "2027-01-12 10:00:00".parse().unwrap(), by: by.to_owned() }
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// Every stage × every move.
    #[test]
    fn the_grid_of_stages_and_moves() {
        let mut grid = String::new();
        let stages = [None, Some(Stage::Drafted), Some(Stage::Adopted)];
        for step in Move::ALL {
            let cell = |stage: &Option<Stage>| after(*stage, step).map_or("-", Stage::chinese);
            writeln!(grid, "{step:?}: {}", stages.iter().map(cell).collect::<Vec<_>>().join(" ")).unwrap();
        }
        assert_eq!(grid, "Draft: 草案 草案 -\nSet: - 草案 -\nAdopt: - 已核定 已核定\n");
        let drafted = Year::draft(None, 2027, day("2027-01-10"), done("系统")).unwrap();
        let adopted = Year::adopt(Some(&drafted), (2027, 1), day("2027-01-12"), done("钱某")).unwrap();
        for known in [None, Some(&drafted), Some(&adopted)] {
            for step in Move::ALL {
                let moved = match step {
                    Move::Draft => Year::draft(known, 2027, day("2027-01-12"), done("钱某")),
                    Move::Set => Year::set(known, 2027, done("钱某")),
                    Move::Adopt => Year::adopt(known, (2027, 1), day("2027-01-12"), done("钱某")),
                };
                let expected = after(known.map(|known| known.stage), step);
                assert_eq!(moved.ok().map(|year| year.stage), expected, "{known:?} {step:?}");
            }
        }
    }

    #[test]
    fn a_person_adopts_what_they_have_seen_and_once() {
        let first = Year::draft(None, 2027, day("2026-12-20"), done("系统")).unwrap();
        let second = Year::draft(Some(&first), 2027, day("2027-01-10"), done("系统")).unwrap();
        let third = Year::set(Some(&second), 2027, done("钱某")).unwrap();
        assert_eq!([first.round, second.round, third.round], [1, 2, 3]);
        for (known, round, today, words) in
            [(&third, 2, "2027-01-12", "草案已更新为第3稿"), (&third, 3, "2026-12-31", "2027年度尚未开始")]
        {
            let refused = Year::adopt(Some(known), (2027, round), day(today), done("钱某")).unwrap_err();
            assert!(refused.message().contains(words), "{refused}");
        }
        let adopted = Year::adopt(Some(&third), (2027, 3), day("2027-01-12"), done("钱某")).unwrap();
        let again = Year::adopt(Some(&adopted), (2027, 1), day("2027-02-01"), done("孙某")).unwrap();
        assert_eq!(again, adopted, "the first adoption stands");
    }

    #[test]
    fn only_this_year_and_the_next_are_drafted() {
        for (year, is_drafted) in [(2025, false), (2026, true), (2027, true), (2028, false)] {
            let drafted = Year::draft(None, year, day("2026-06-01"), done("系统"));
            assert_eq!(drafted.is_ok(), is_drafted, "{year}");
        }
    }
}

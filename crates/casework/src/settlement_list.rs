//! The settlement list (医疗保障基金结算清单) of one settlement: drafted, submitted, and looked at by the agency (经办机构).
//!
//! The hospital may change a list until it has submitted it, and take it back (撤回) while the agency has not approved it
//! (4102 of the hospital interface). This module must not know what stands in a list.

use terms::Refusal;

/// Where a list stands (审核状态, `stas_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// 未提交.
    Draft,
    /// 已提交.
    Submitted,
    /// 审核通过, by the agency.
    Approved,
    /// 审核不通过, by the agency.
    Rejected,
}

impl Stage {
    /// All of them, in the order of their numbers in the database and of their codes.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Submitted, Self::Approved, Self::Rejected];

    /// The code of the interface.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "0",
            Self::Submitted => "1",
            Self::Approved => "2",
            Self::Rejected => "3",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Draft => "未提交",
            Self::Submitted => "已提交",
            Self::Approved => "审核通过",
            Self::Rejected => "审核不通过",
        }
    }
}

/// What a hospital does with a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Uploads it (4101), the first time or again.
    Upload,
    /// Submits it (4102 with 1).
    Submit,
    /// Takes it back to change it (4102 with 0).
    Withdraw,
}

impl Move {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Upload, Self::Submit, Self::Withdraw];

    /// The move that 4102 names by the stage that is wanted; the other stages are the agency's.
    pub fn to_code(code: &str) -> Option<Self> {
        match code {
            "0" => Some(Self::Withdraw),
            "1" => Some(Self::Submit),
            _ => None,
        }
    }
}

/// What follows, or why not. `list` is what the refusal calls the list by: the settlement's id.
pub fn after(stage: Stage, step: Move, list: &str) -> Result<Stage, Refusal> {
    match (stage, step) {
        (Stage::Draft | Stage::Rejected, Move::Upload | Move::Withdraw)
        | (Stage::Submitted, Move::Withdraw) => Ok(Stage::Draft),
        (Stage::Draft | Stage::Rejected, Move::Submit) => Ok(Stage::Submitted),
        (Stage::Submitted, Move::Upload | Move::Submit) => {
            Err(Refusal::ListSubmitted { setl_id: list.to_owned() })
        }
        (Stage::Approved, _) => Err(Refusal::ListApproved { setl_id: list.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_grid_of_stages_and_moves() {
        let mut grid = String::new();
        for step in Move::ALL {
            let cell = |stage: &Stage| match after(*stage, step, "S") {
                Ok(next) => next.chinese().to_owned(),
                Err(refusal) => refusal.code().to_owned(),
            };
            writeln!(grid, "{step:?}: {}", Stage::ALL.iter().map(cell).collect::<Vec<_>>().join(" "))
                .unwrap();
        }
        let expected = "\
Upload: 未提交 list-submitted list-approved 未提交
Submit: 已提交 list-submitted list-approved 已提交
Withdraw: 未提交 未提交 list-approved 未提交
";
        assert_eq!(grid, expected);
    }

    #[test]
    fn a_hospital_names_two_of_the_four_stages() {
        let named: Vec<_> = Stage::ALL.iter().map(|stage| Move::to_code(stage.code())).collect();
        assert_eq!(named, [Some(Move::Withdraw), Some(Move::Submit), None, None]);
        assert_eq!(Move::to_code(""), None);
    }
}

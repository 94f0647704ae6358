//! 2306 费用明细修改备注: another memo for lines that stand, such as the trace codes of medicines.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{PersonNumber, Refusal, VisitId};

/// The most lines taken in one call.
pub const LINES_MAX: usize = 5_000;

input_row! {
    /// One line (`data`).
    Line {
        mdtrt_id: VisitId = visit(), "就诊ID";
        bkkp_sn: String = text(30), "记账流水号";
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        memo: Option<String> = optional_text(500), "备注";
        med_list_codg: Option<String> = optional_text(50), "医疗目录编码";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The lines, at least one.
    pub data: Vec<Line>,
}

impl Input {
    /// Reads the lines.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let rows = Row::some(request, "data", LINES_MAX)?;
        Ok(Self { data: rows.iter().map(Line::read_row).collect::<Result<_, _>>()? })
    }
}

//! 2302 住院费用明细撤销: uploaded lines are deleted, one by one or all that are not settled.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    field::{Row, input_row},
    t2301::LINES_MAX,
};
use terms::{PersonNumber, Refusal, VisitId};

/// The line number that stands for all lines of the visit that are not settled.
pub const ALL_LINES: &str = "0000";

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The lines to delete (`data`), at least one.
    pub data: Vec<Deletion>,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let rows = Row::some(request, "data", LINES_MAX)?;
        Ok(Self { data: rows.iter().map(Deletion::read_row).collect::<Result<_, _>>()? })
    }
}

input_row! {
    /// A line to delete (`data`).
    Deletion {
        feedetl_sn: String = text(30), "费用明细流水号";
        mdtrt_id: VisitId = visit(), "就诊ID";
        psn_no: PersonNumber = person(), "人员编号";
    }
}

impl Deletion {
    /// True if all lines of the visit are meant.
    pub fn is_all(&self) -> bool {
        self.feedetl_sn == ALL_LINES
    }
}

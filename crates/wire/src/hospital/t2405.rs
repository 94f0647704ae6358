//! 2405 出院撤销: a discharge is undone, and the person is in hospital again.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{PersonNumber, Refusal, VisitId};

input_row! {
    /// What is undone (`data`).
    Input {
        mdtrt_id: VisitId = visit(), "就诊ID";
        psn_no: PersonNumber = person(), "人员编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

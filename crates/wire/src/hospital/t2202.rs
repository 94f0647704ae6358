//! 2202 门诊挂号撤销: a registration is taken back, before anything is charged.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{PersonNumber, Refusal, VisitId};

input_row! {
    /// Which registration (`data`).
    Input {
        psn_no: PersonNumber = person(), "人员编号";
        mdtrt_id: VisitId = visit(), "就诊ID";
        ipt_otp_no: Option<String> = optional_text(30), "住院/门诊号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

//! 2205 门诊费用明细信息撤销: the lines of a bill (收费批次) are deleted, or of all bills that are not settled.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{PersonNumber, Refusal, VisitId};

/// The bill that stands for all bills of the visit that are not settled.
pub const ALL_BILLS: &str = "0000";

input_row! {
    /// Which bill (`data`).
    Input {
        mdtrt_id: VisitId = visit(), "就诊ID";
        chrg_bchno: String = text(30), "收费批次号";
        psn_no: PersonNumber = person(), "人员编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }

    /// True if all bills that are not settled are meant.
    pub fn is_all(&self) -> bool {
        self.chrg_bchno == ALL_BILLS
    }
}

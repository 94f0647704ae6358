//! 2504 人员慢特病备案撤销: takes the registration of a chronic disease back.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{PersonNumber, Refusal, RegistrationId};

input_row! {
    /// Which one (`data`).
    Input {
        trt_dcla_detl_sn: RegistrationId = registration(), "待遇申报明细流水号";
        psn_no: PersonNumber = person(), "人员编号";
        memo: String = text(500), "撤销原因";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

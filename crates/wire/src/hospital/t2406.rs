//! 2406 就医特殊属性上传: something special about a visit, by codes that the treatment place gives.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use serde_json::{Value, json};
use terms::{AdminDivision, PersonNumber, Refusal, VisitId};

input_row! {
    /// The attribute (`data`).
    Input {
        mdtrt_id: VisitId = visit(), "就诊ID";
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        psn_cert_type: Option<String> = optional_certificate_type(), "人员证件类型";
        certno: Option<String> = optional_text(50), "证件号码";
        psn_name: Option<String> = optional_text(50), "人员姓名";
        ipt_otp_no: Option<String> = optional_text(30), "住院/门诊号";
        ipt_psn_sp_flag_type: String = text(6), "住院人员特殊标识类型";
        ipt_psn_sp_flag: String = text(6), "住院人员特殊标识";
        memo: Option<String> = optional_text(500), "备注";
        admdvs: Option<AdminDivision> = optional_division(), "医保区划";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// 住院人员特殊标识明细id.
    pub detail: String,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "IptPsnSpFlagRegOut": { "ipt_psn_sp_flag_detl_id": self.detail } })
    }
}

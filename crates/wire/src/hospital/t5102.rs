//! 5102 医执人员信息查询. No transaction of the interface uploads doctors, nurses and pharmacists, and this program keeps none:
//! the answer has no row.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use serde_json::{Value, json};
use terms::Refusal;

input_row! {
    /// Who is asked for (`data`).
    Input {
        prac_psn_type: Option<String> = optional_text(6), "执业人员分类";
        psn_cert_type: Option<String> = optional_certificate_type(), "人员证件类型";
        certno: Option<String> = optional_text(50), "证件号码";
        prac_psn_name: Option<String> = optional_text(50), "执业人员姓名";
        prac_psn_code: Option<String> = optional_text(20), "执业人员代码";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

/// The output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output;

impl Output {
    /// As the interface writes it: nobody is known.
    pub fn value(self) -> Value {
        json!({ "feedetail": [] })
    }
}

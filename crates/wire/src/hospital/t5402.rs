//! 5402 报告明细信息查询. This program keeps no reports of examinations: the answer has no row.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use serde_json::{Value, json};
use terms::{PersonNumber, Refusal};

input_row! {
    /// Which report (`rptdetailinfo`).
    Input {
        psn_no: PersonNumber = person(), "人员编号";
        rpotc_no: String = text(30), "报告单号";
        fixmedins_code: Option<String> = optional_text(20), "机构编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "rptdetailinfo")?)
    }
}

/// The output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output;

impl Output {
    /// As the interface writes it: there is none.
    pub fn value(self) -> Value {
        json!({ "checkreportdetails": [], "inspectionreportinformation": [], "inspectiondetails": [] })
    }
}

//! 5401 项目互认信息查询. This program keeps no results of examinations, so none is recognised: the answer has no row.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use serde_json::{Value, json};
use terms::{PersonNumber, Refusal};

input_row! {
    /// Whose examination (`bilgiteminfo`).
    Input {
        psn_no: PersonNumber = person(), "人员编号";
        exam_org_code: Option<String> = optional_text(50), "检查机构代码";
        exam_org_name: Option<String> = optional_text(50), "检查机构名称";
        exam_item_code: Option<String> = optional_text(30), "检查-项目代码";
        exam_item_name: Option<String> = optional_text(300), "检查-项目名称";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "bilgiteminfo")?)
    }
}

/// The output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output;

impl Output {
    /// As the interface writes it: there is none.
    pub fn value(self) -> Value {
        json!({ "bilgiteminfo": [] })
    }
}

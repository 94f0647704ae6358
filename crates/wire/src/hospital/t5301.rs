//! 5301 人员慢特病备案查询: the chronic diseases that a person is registered for now.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{Day, PersonNumber, Refusal};

input_row! {
    /// Whose (`data`).
    Input {
        psn_no: PersonNumber = person(), "人员编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

output_row! {
    /// One disease (`feedetail`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Disease {
        opsp_dise_code: String, "门慢门特病种目录代码";
        opsp_dise_name: String, "门慢门特病种名称";
        begndate: Day, "开始日期";
        enddate: Option<Day>, "结束日期";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The diseases.
    pub feedetail: Vec<Disease>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "feedetail": write_rows(&self.feedetail, Disease::value) })
    }
}

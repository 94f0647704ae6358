//! 3403 科室信息撤销: a department that the hospital takes back.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{Day, Refusal};

input_row! {
    /// Which department (`data`).
    Input {
        hosp_dept_codg: String = text(20), "医院科室编码";
        hosp_dept_name: Option<String> = optional_text(100), "医院科室名称";
        begntime: Day = day(), "开始时间";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

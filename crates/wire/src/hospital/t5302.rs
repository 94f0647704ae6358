//! 5302 人员定点信息查询: the institutions that a person has chosen now.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{Day, InstitutionCode, InsuranceScheme, PersonNumber, Refusal};

input_row! {
    /// Whose, and what for (`data`); for everything if it is not said.
    Input {
        psn_no: PersonNumber = person(), "人员编号";
        biz_appy_type: Option<String> = optional_text(3), "业务申请类型";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

output_row! {
    /// One institution (`psnfixmedin`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Choice {
        psn_no: PersonNumber, "人员编号";
        insutype: Option<InsuranceScheme>, "险种类型";
        fix_srt_no: String, "定点排序号";
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        begndate: Day, "开始日期";
        enddate: Option<Day>, "结束日期";
        memo: Option<String>, "备注";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The institutions.
    pub psnfixmedin: Vec<Choice>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "psnfixmedin": write_rows(&self.psnfixmedin, Choice::value) })
    }
}

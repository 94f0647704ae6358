//! 1201 医药机构信息获取: what a designated institution is.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{InstitutionCode, Refusal};

input_row! {
    /// Which institutions are asked for (`medinsinfo`), by code or by a part of the name.
    Input {
        fixmedins_type: Option<String> = optional_text(6), "定点医疗服务机构类型";
        fixmedins_name: Option<String> = optional_text(200), "定点医药机构名称";
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "定点医药机构编号";
    }
}

impl Input {
    /// Reads the input; name or code must be there.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let input = Self::read_row(&Row::one(request, "medinsinfo")?)?;
        if input.fixmedins_code.is_none() && input.fixmedins_name.is_none() {
            return Err(Refusal::missing("fixmedins_code", "定点医药机构编号，或填写fixmedins_name名称"));
        }
        Ok(input)
    }
}

output_row! {
    /// One institution (`medinsinfo`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Institution {
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        uscc: Option<String>, "统一社会信用代码";
        fixmedins_type: String, "定点医疗服务机构类型";
        hosp_lv: Option<String>, "医院等级";
        exp_content: Option<String>, "扩展字段";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The institutions found.
    pub medinsinfo: Vec<Institution>,
}

impl Output {
    /// As the interface writes it: an array, as real platforms answer.
    pub fn value(&self) -> Value {
        json!({ "medinsinfo": write_rows(&self.medinsinfo, Institution::value) })
    }
}

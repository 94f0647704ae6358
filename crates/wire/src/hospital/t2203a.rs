//! 2203A 定点零售药店门诊就诊信息上传: 2203 with the prescription on which a pharmacy acts.

pub use super::NoOutput as Output;
use super::{
    envelope::Request,
    field::{Row, input_row},
    t2203,
};
use serde_json::Value;
use terms::Refusal;

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What 2203 has as well.
    pub common: t2203::Input,
    /// Of whom the prescription is.
    pub prescription: Prescription,
}

/// The longest file of a prescription: characters of its Base64 text, or bytes as numbers.
const FILE_MAX: usize = 6 << 20;

impl Input {
    /// Reads the input. The prescription's picture (`rxIn`) is checked for its size and not kept.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "mdtrtinfo")?;
        let length = match row.value("rxIn") {
            Some(Value::String(text)) => text.len(),
            Some(Value::Array(bytes)) => bytes.len(),
            _ => 0,
        };
        if length > FILE_MAX {
            return Err(row.wrong("rxIn", "不超过4MB的处方图片或PDF"));
        }
        Ok(Self { common: t2203::Input::read(request)?, prescription: Prescription::read_row(&row)? })
    }
}

input_row! {
    /// Of whom the prescription is (`mdtrtinfo`).
    Prescription {
        rxfixmedins_code: Option<String> = optional_text(30), "处方医药机构编码";
        rxfixmedins_name: Option<String> = optional_text(200), "处方医药机构名称";
        rxfilename: Option<String> = optional_text(200), "文件名";
        rx_exp_content: Option<String> = optional_text(2000), "处方扩展字段";
    }
}

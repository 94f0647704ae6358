//! 4105 医疗保障基金结算清单数量统计查询: how many lists were due, and how many came.

use super::{envelope::Request, field::Row};
use serde_json::{Value, json};
use terms::{InstitutionCode, Moment, Refusal};

/// The most kinds of care named in one question.
const MEDICAL_TYPES_MAX: usize = 100;

/// Which settlements (`data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 定点医药机构编号.
    pub institution: Option<InstitutionCode>,
    /// 医疗类别的集合: all where none is named.
    pub medical_types: Vec<String>,
    /// 统计开始时间.
    pub from: Moment,
    /// 统计结束时间.
    pub to: Moment,
}

impl Input {
    /// Reads the input. The kinds of care come as an array, or as one text with commas.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let wrong = || row.wrong("medtype_list", "医疗类别代码的数组，不超过100项");
        let texts: Vec<&str> = match row.value("medtype_list") {
            None => Vec::new(),
            Some(Value::String(text)) => text.split(',').map(str::trim).collect(),
            Some(Value::Array(items)) => {
                items.iter().map(Value::as_str).collect::<Option<_>>().ok_or_else(wrong)?
            }
            Some(_) => return Err(wrong()),
        };
        let is_code = |text: &&str| text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if texts.len() > MEDICAL_TYPES_MAX || !texts.iter().all(is_code) {
            return Err(wrong());
        }
        let to = row.optional_end("stt_endtime", "统计结束时间")?;
        Ok(Self {
            institution: row.optional_institution("fixmedins_code", "定点医药机构编号")?,
            medical_types: texts.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect(),
            from: row.moment("stt_begntime", "统计开始时间")?,
            to: to.ok_or_else(|| Refusal::missing("stt_endtime", "统计结束时间"))?,
        })
    }
}

/// The output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// 应上传数量: settlements that stand.
    pub due: u64,
    /// 已上传数量: those of them that have a list.
    pub uploaded: u64,
}

impl Output {
    /// As the interface writes it.
    pub fn value(self) -> Value {
        json!({ "needUploadCnt": self.due, "uploadedCnt": self.uploaded })
    }
}

//! 2505 人员定点备案: a person chooses an institution.

use super::{
    envelope::Request,
    field::{Row, input_row},
    registration::{Registration, named},
    t2503,
};
use terms::{Day, InstitutionCode, PersonNumber, Refusal};

/// The output is that of 2503.
pub use t2503::{Output, Registered};

input_row! {
    /// What decides something (`data`).
    Choice {
        psn_no: PersonNumber = person(), "人员编号";
        biz_appy_type: String = text(3), "业务申请类型";
        fix_srt_no: String = text(3), "定点排序号";
        fixmedins_code: InstitutionCode = institution(), "定点医药机构编号";
        fixmedins_name: String = text(200), "定点医药机构名称";
        begndate: Option<Day> = optional_day(), "开始日期";
        enddate: Option<Day> = optional_day(), "结束日期";
        tel: Option<String> = optional_text(50), "联系电话";
        addr: Option<String> = optional_text(200), "联系地址";
        agnter_name: Option<String> = optional_text(50), "代办人姓名";
        agnter_cert_type: Option<String> = optional_text(6), "代办人证件类型";
        agnter_certno: Option<String> = optional_text(50), "代办人证件号码";
        agnter_tel: Option<String> = optional_text(30), "代办人联系方式";
        agnter_addr: Option<String> = optional_text(200), "代办人联系地址";
        agnter_rlts: Option<String> = optional_text(3), "代办人关系";
        memo: Option<String> = optional_text(500), "备注";
    }
}

/// The fields that are kept as given.
const KEPT: [&str; 12] = [
    "tel",
    "addr",
    "agnter_name",
    "agnter_cert_type",
    "agnter_certno",
    "agnter_tel",
    "agnter_addr",
    "agnter_rlts",
    "begndate",
    "enddate",
    "memo",
    "exp_content",
];

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What decides something.
    pub data: Choice,
    /// The rest, as given.
    pub given: Registration,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let data = Choice::read_row(&Row::one(request, "data")?)?;
        Ok(Self { data, given: named(request, "data", &KEPT) })
    }
}

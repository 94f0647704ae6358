//! 2507 人员意外伤害备案: how a person was hurt.

use super::{
    envelope::Request,
    exp_content::ExpContent,
    field::{Row, input_row},
    registration::{Registration, named},
    t2501,
};
use terms::{AdminDivision, Day, InstitutionCode, InsuranceScheme, PersonNumber, Refusal};

/// The output is that of 2501.
pub use t2501::{Output, Referred};

input_row! {
    /// What decides something (`data`).
    Accident {
        psn_no: PersonNumber = person(), "人员编号";
        insutype: Option<InsuranceScheme> = optional_scheme(), "险种类型";
        psn_cert_type: Option<String> = optional_certificate_type(), "人员证件类型";
        certno: Option<String> = optional_text(50), "证件号码";
        psn_name: Option<String> = optional_text(50), "人员姓名";
        insu_admdvs: Option<AdminDivision> = optional_division(), "参保所属医保区划";
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "定点医药机构编号";
        begndate: Option<Day> = optional_day(), "开始日期";
        enddate: Option<Day> = optional_day(), "结束日期";
        adm_time: Option<Day> = optional_day(), "入院时间";
        trum_time: Option<Day> = optional_day(), "受伤时间";
        trum_site: Option<String> = optional_text(200), "受伤地点";
        trum_rea: Option<String> = optional_text(200), "致伤原因";
        rel_ttp_flag: Option<bool> = optional_flag(), "涉及第三方标志";
        memo: Option<String> = optional_text(500), "备注";
    }
}

/// The fields that are kept as given.
const KEPT: [&str; 21] = [
    "dcla_souc",
    "psn_cert_type",
    "certno",
    "psn_name",
    "tel",
    "addr",
    "insu_admdvs",
    "fixmedins_code",
    "adm_time",
    "trum_time",
    "trum_site",
    "trum_rea",
    "chk_pay_flag",
    "agnter_name",
    "agnter_cert_type",
    "agnter_certno",
    "agnter_tel",
    "agnter_rlts",
    "begndate",
    "enddate",
    "memo",
];

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What decides something.
    pub data: Accident,
    /// Whether a third party is liable. The table has no field for it: it is read as the admission says it, in `exp_content`,
    /// or from a field of that name.
    pub third_party: bool,
    /// The rest, as given.
    pub given: Registration,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let data = Accident::read_row(&row)?;
        let third_party = data.rel_ttp_flag.or(ExpContent::read(&row)?.third_party);
        Ok(Self { data, third_party: third_party == Some(true), given: named(request, "data", &KEPT) })
    }
}

//! 2503 人员慢特病备案: a hospital has found that a person has a chronic or special disease.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row},
    registration::{Registration, named},
};
use serde_json::{Value, json};
use terms::{
    AdminDivision, Day, DiseaseCode, InstitutionCode, InsuranceScheme, PersonNumber, Refusal, RegistrationId,
};

input_row! {
    /// What decides something (`data`).
    Disease {
        psn_no: PersonNumber = person(), "人员编号";
        insutype: InsuranceScheme = scheme(), "险种类型";
        opsp_dise_code: DiseaseCode = disease(), "门慢门特病种目录代码";
        opsp_dise_name: String = text(300), "门慢门特病种名称";
        insu_optins: Option<AdminDivision> = optional_division(), "参保机构医保区划";
        ide_fixmedins_no: Option<InstitutionCode> = optional_institution(), "鉴定定点医药机构编号";
        ide_fixmedins_name: Option<String> = optional_text(200), "鉴定定点医药机构名称";
        hosp_ide_date: Option<Day> = optional_day(), "医院鉴定日期";
        diag_dr_codg: String = text(30), "诊断医师编码";
        diag_dr_name: String = text(50), "诊断医师姓名";
        begndate: Option<Day> = optional_day(), "开始日期";
        enddate: Option<Day> = optional_day(), "结束日期";
        tel: Option<String> = optional_text(50), "联系电话";
        addr: Option<String> = optional_text(200), "联系地址";
        memo: Option<String> = optional_text(500), "备注";
    }
}

/// The fields that are kept as given.
const KEPT: [&str; 12] = [
    "tel",
    "addr",
    "insu_optins",
    "ide_fixmedins_no",
    "ide_fixmedins_name",
    "hosp_ide_date",
    "diag_dr_codg",
    "diag_dr_name",
    "begndate",
    "enddate",
    "exp_content",
    "memo",
];

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What decides something.
    pub data: Disease,
    /// The rest, as given.
    pub given: Registration,
}

impl Input {
    /// Reads the input. It begins on the day of the finding if nothing else is said.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let mut data = Disease::read_row(&Row::one(request, "data")?)?;
        data.begndate = data.begndate.or(data.hosp_ide_date);
        Ok(Self { data, given: named(request, "data", &KEPT) })
    }
}

output_row! {
    /// What it is known by from now on (`result`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Registered {
        trt_dcla_detl_sn: RegistrationId, "待遇申报明细流水号";
        exp_content: Option<String>, "扩展字段";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What it is known by.
    pub result: Registered,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "result": self.result.value() })
    }
}

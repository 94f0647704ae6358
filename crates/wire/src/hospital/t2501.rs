//! 2501 转院备案, and 2501A: a hospital refers a person on to a hospital elsewhere.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row},
    registration::{Registration, named},
};
use serde_json::{Value, json};
use terms::{AdminDivision, Day, InstitutionCode, InsuranceScheme, PersonNumber, Refusal, RegistrationId};

input_row! {
    /// What decides something (`refmedin`).
    Referral {
        psn_no: PersonNumber = person(), "人员编号";
        insutype: Option<InsuranceScheme> = optional_scheme(), "险种类型";
        insu_optins: Option<AdminDivision> = optional_division(), "参保机构医保区划";
        diag_code: String = text(20), "诊断代码";
        diag_name: String = text(100), "诊断名称";
        reflin_medins_no: InstitutionCode = institution(), "转往定点医药机构编号";
        reflin_medins_name: String = text(200), "转往医院名称";
        mdtrtarea_admdvs: AdminDivision = division(), "就医地行政区划";
        refl_type: String = text(30), "转院类型";
        refl_date: Option<Day> = optional_day(), "转院日期";
        refl_rea: String = text(100), "转院原因";
        refl_opnn: String = text(200), "转院意见";
        begndate: Option<Day> = optional_day(), "开始日期";
        enddate: Option<Day> = optional_day(), "结束日期";
        hosp_agre_refl_flag: Option<bool> = optional_flag(), "医院同意转院标志";
        tel: Option<String> = optional_text(50), "联系电话";
        addr: Option<String> = optional_text(200), "联系地址";
        dise_cond_dscr: Option<String> = optional_text(2_000), "疾病病情描述";
        refl_old_mdtrt_id: Option<String> = optional_text(30), "转院前就诊ID";
        refl_used_flag: Option<String> = optional_text(3), "转诊使用标志";
    }
}

/// The fields that are kept as given.
const KEPT: [&str; 15] = [
    "tel",
    "addr",
    "insu_optins",
    "diag_code",
    "diag_name",
    "dise_cond_dscr",
    "hosp_agre_refl_flag",
    "refl_type",
    "refl_date",
    "refl_rea",
    "refl_opnn",
    "begndate",
    "enddate",
    "refl_old_mdtrt_id",
    "refl_used_flag",
];

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What decides something.
    pub refmedin: Referral,
    /// The rest, as given.
    pub given: Registration,
}

impl Input {
    /// Reads the input. The hospital must lie where it is said to be, and agree to the referral if it says anything about it.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "refmedin")?;
        let refmedin = Referral::read_row(&row)?;
        let lies_in = refmedin.reflin_medins_no.division();
        if lies_in.is_some_and(|lies_in| lies_in.province() != refmedin.mdtrtarea_admdvs.province()) {
            return Err(row.wrong("mdtrtarea_admdvs", "转往医院所属的六位医保区划"));
        }
        if refmedin.hosp_agre_refl_flag == Some(false) {
            return Err(row.wrong("hosp_agre_refl_flag", "1（医院同意转院）"));
        }
        Ok(Self { refmedin, given: named(request, "refmedin", &KEPT) })
    }
}

output_row! {
    /// What it is known by from now on (`result`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Referred {
        trt_dcla_detl_sn: RegistrationId, "待遇申报明细流水号";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What it is known by.
    pub result: Referred,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "result": self.result.value() })
    }
}

//! 5304 转院信息查询: referrals of a person from or to the asking hospital.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{Day, InstitutionCode, InsuranceScheme, Moment, PersonNumber, Refusal};

input_row! {
    /// Whose, and referred when (`data`).
    Input {
        psn_no: PersonNumber = person(), "人员编号";
        begntime: Option<Moment> = optional_moment(), "开始时间";
        endtime: Option<Moment> = optional_end(), "结束时间";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

output_row! {
    /// One referral (`refmedin`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Referral {
        insutype: Option<InsuranceScheme>, "险种类型";
        dcla_souc: Option<String>, "申报来源";
        psn_no: PersonNumber, "人员编号";
        psn_cert_type: String, "人员证件类型";
        certno: String, "证件号码";
        psn_name: String, "人员姓名";
        gend: String, "性别";
        brdy: Option<Day>, "出生日期";
        tel: Option<String>, "联系电话";
        addr: Option<String>, "联系地址";
        insu_optins: Option<String>, "参保机构医保区划";
        emp_name: Option<String>, "单位名称";
        diag_code: Option<String>, "诊断代码";
        diag_name: Option<String>, "诊断名称";
        dise_cond_dscr: Option<String>, "疾病病情描述";
        reflin_medins_no: InstitutionCode, "转往定点医药机构编号";
        reflin_medins_name: String, "转往医院名称";
        out_flag: bool, "异地标志";
        refl_date: Day, "转院日期";
        refl_rea: String, "转院原因";
        begndate: Day, "开始日期";
        enddate: Option<Day>, "结束日期";
        hosp_agre_refl_flag: bool, "医院同意转院标志";
        opter_id: Option<String>, "经办人ID";
        opter_name: Option<String>, "经办人姓名";
        opt_time: Option<Moment>, "经办时间";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The referrals.
    pub refmedin: Vec<Referral>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "refmedin": write_rows(&self.refmedin, Referral::value) })
    }
}

//! 2407 就医特殊属性查询: what is special about visits, as the hospital uploaded it (2406).

use super::{
    envelope::Request,
    field::{Row, output_row, write_rows},
    page::Page,
};
use serde_json::{Value, json};
use terms::{AdminDivision, InstitutionCode, PersonNumber, Refusal, VisitId};

/// Which attributes (`data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The page.
    pub page: Page,
    /// 住院人员特殊标识明细id.
    pub detail: Option<String>,
    /// 就诊ID.
    pub visit: Option<VisitId>,
    /// 人员编号.
    pub person: Option<PersonNumber>,
    /// 住院人员特殊标识类型.
    pub kind: Option<String>,
    /// 住院人员特殊标识.
    pub flag: Option<String>,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        Ok(Self {
            page: Page::read(&row)?,
            detail: row.optional_text("ipt_psn_sp_flag_detl_id", "住院人员特殊标识明细id", 40)?,
            visit: row.optional_visit("mdtrt_id", "就诊ID")?,
            person: row.optional_person("psn_no", "人员编号")?,
            kind: row.optional_text("ipt_psn_sp_flag_type", "住院人员特殊标识类型", 6)?,
            flag: row.optional_text("ipt_psn_sp_flag", "住院人员特殊标识", 6)?,
        })
    }
}

output_row! {
    /// One attribute (`IptPsnSpFlagReg`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Attribute {
        ipt_psn_sp_flag_detl_id: String, "住院人员特殊标识明细id";
        mdtrt_id: VisitId, "就诊ID";
        psn_no: PersonNumber, "人员编号";
        psn_cert_type: String, "人员证件类型";
        certno: String, "证件号码";
        psn_name: String, "人员姓名";
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        ipt_otp_no: String, "住院/门诊号";
        ipt_psn_sp_flag_type: String, "住院人员特殊标识类型";
        ipt_psn_sp_flag: String, "住院人员特殊标识";
        admdvs: Option<AdminDivision>, "医保区划";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The attributes of the page.
    pub rows: Vec<Attribute>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "IptPsnSpFlagReg": write_rows(&self.rows, Attribute::value) })
    }
}

//! 1101 人员基本信息获取: who a person is, and where and in which schemes they are insured.

use super::{
    credential::Credential,
    envelope::Request,
    field::{Row, input_row, output_row, write_rows},
    settlement_info::PersonFace,
};
use serde_json::{Value, json};
use terms::{AdminDivision, CitizenId, Day, Fen, InsuranceScheme, Moment, Refusal};

input_row! {
    /// By what the person is asked for (`data`). Either number will do; clients leave the rest empty.
    Input {
        mdtrt_cert_type: Option<String> = optional_credential(), "就诊凭证类型";
        mdtrt_cert_no: Option<String> = optional_text(50), "就诊凭证编号";
        card_sn: Option<String> = optional_text(32), "卡识别码";
        begntime: Option<Moment> = optional_moment(), "开始时间";
        psn_cert_type: Option<String> = optional_certificate_type(), "人员证件类型";
        certno: Option<String> = optional_text(50), "证件号码";
        psn_name: Option<String> = optional_text(50), "人员姓名";
    }
}

impl Input {
    /// Reads the input; without any number nobody can be found.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let input = Self::read_row(&Row::one(request, "data")?)?;
        if input.mdtrt_cert_no.is_none() && input.certno.is_none() {
            return Err(Refusal::missing("mdtrt_cert_no", "就诊凭证编号，或填写certno证件号码"));
        }
        Ok(input)
    }

    /// What was shown at the counter.
    pub fn credential(&self) -> Result<Credential, Refusal> {
        let (kind, number) = (self.mdtrt_cert_type.as_deref(), self.mdtrt_cert_no.as_deref());
        Credential::read(kind, number, self.card_sn.as_deref())
    }

    /// The citizen identity number that the input carries: the document's number, or the credential's where that is the
    /// identity card (`02`). `None` if there is none that checks.
    pub fn citizen_id(&self) -> Option<CitizenId> {
        let identity_card = self.mdtrt_cert_type.as_deref().is_none_or(|code| code == "02");
        let credential = self.mdtrt_cert_no.as_deref().filter(|_| identity_card);
        [self.certno.as_deref(), credential].into_iter().flatten().find_map(|number| number.parse().ok())
    }
}

output_row! {
    /// One insurance of the person (`insuinfo`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Insurance {
        balc: Fen, "余额";
        insutype: InsuranceScheme, "险种类型";
        psn_type: String, "人员类别";
        psn_insu_stas: Option<String>, "人员参保状态";
        psn_insu_date: Option<Day>, "个人参保日期";
        paus_insu_date: Option<Day>, "暂停参保日期";
        cvlserv_flag: bool, "公务员标志";
        insuplc_admdvs: AdminDivision, "参保地医保区划";
        emp_name: Option<String>, "单位名称";
    }
}

output_row! {
    /// One special standing of the person (`idetinfo`), such as 医疗救助对象.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Identity {
        psn_idet_type: String, "人员身份类别";
        psn_type_lv: Option<String>, "人员类别等级";
        memo: Option<String>, "备注";
        begntime: Moment, "开始时间";
        endtime: Option<Moment>, "结束时间";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The person.
    pub baseinfo: PersonFace,
    /// Where they are insured; clients read the first row without asking whether there is one.
    pub insuinfo: Vec<Insurance>,
    /// Their special standings.
    pub idetinfo: Vec<Identity>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        let mut baseinfo = self.baseinfo.value();
        baseinfo["exp_content"] = Value::Null;
        json!({
            "baseinfo": baseinfo,
            "insuinfo": write_rows(&self.insuinfo, Insurance::value),
            "idetinfo": write_rows(&self.idetinfo, Identity::value),
        })
    }
}

//! 2201 门诊挂号: a person registers in an outpatient department; the answer is the visit's id.

use super::{
    envelope::Request,
    exp_content::ExpContent,
    field::{Row, input_row, output_row},
};
use serde_json::{Value, json};
use terms::{InsuranceScheme, Moment, PersonNumber, Refusal, VisitId};

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The registration (`data`).
    pub data: Registering,
    /// What it says of injury and third party, where it says so already.
    pub exp_content: ExpContent,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        Ok(Self { data: Registering::read_row(&row)?, exp_content: ExpContent::read(&row)? })
    }
}

input_row! {
    /// The registration (`data`). What only one edition of the standard requires is optional.
    Registering {
        psn_no: PersonNumber = person(), "人员编号";
        insutype: InsuranceScheme = scheme(), "险种类型";
        begntime: Moment = moment(), "开始时间";
        mdtrt_cert_type: Option<String> = optional_credential(), "就诊凭证类型";
        mdtrt_cert_no: Option<String> = optional_text(50), "就诊凭证编号";
        card_sn: Option<String> = optional_text(32), "卡识别码";
        psn_cert_type: Option<String> = optional_certificate_type(), "证件类型";
        certno: Option<String> = optional_text(50), "证件号码";
        psn_type: Option<String> = optional_text(6), "人员类别";
        psn_name: Option<String> = optional_text(50), "人员姓名";
        ipt_otp_no: String = text(30), "住院/门诊号";
        atddr_no: Option<String> = optional_text(30), "医师编码";
        dr_name: Option<String> = optional_text(50), "医师姓名";
        dept_code: String = text(30), "科室编码";
        dept_name: String = text(100), "科室名称";
        caty: Option<String> = optional_text(30), "科别";
    }
}

output_row! {
    /// What the registration got (`data`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Registered {
        mdtrt_id: VisitId, "就诊ID";
        psn_no: PersonNumber, "人员编号";
        ipt_otp_no: String, "住院/门诊号";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The visit.
    pub data: Registered,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        let mut data = self.data.value();
        data["exp_content"] = Value::Null;
        json!({ "data": data })
    }
}

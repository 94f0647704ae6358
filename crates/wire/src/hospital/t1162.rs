//! 1162 医保电子凭证二维码解码: whose electronic voucher was scanned, and a token (令牌) that stands for it from then on.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row},
};
use casework::medium::VoucherCode;
use terms::{AdminDivision, Day, Refusal};

input_row! {
    /// What was scanned, and where (`data`). Only the code decides; the rest is for the region's own statistics.
    #[expect(non_snake_case, reason = "the edition names its fields so")]
    Input {
        orgId: Option<String> = optional_text(40), "机构";
        businessType: Option<String> = optional_text(5), "用码业务类型";
        operatorId: Option<String> = optional_text(20), "收款员编号";
        operatorName: Option<String> = optional_text(30), "收款员姓名";
        officeId: Option<String> = optional_text(20), "医保科室编号";
        officeName: Option<String> = optional_text(30), "科室名称";
        deviceType: Option<String> = optional_text(30), "设备类型";
        mdtrt_cert_type: Option<String> = optional_credential(), "获取信息类别";
        ecQrCode: Option<String> = optional_text(200), "电子凭证二维码";
        mdtrt_cert_no: Option<String> = optional_text(200), "就诊凭证编号";
    }
}

impl Input {
    /// Reads the input; what is no code of a voucher is refused by name.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let input = Self::read_row(&Row::one(request, "data")?)?;
        input.code().map(|_| input)
    }

    /// The code, where the edition has it or where other transactions have what was shown.
    pub fn code(&self) -> Result<VoucherCode, Refusal> {
        const EXPECTED: &str = "扫描得到的28位医保电子凭证二维码内容";
        let code = self.ecQrCode.as_deref().or(self.mdtrt_cert_no.as_deref());
        let code = code.ok_or_else(|| Refusal::missing("ecQrCode", EXPECTED))?;
        code.parse().map_err(|_| Refusal::invalid("ecQrCode", EXPECTED))
    }
}

output_row! {
    /// The output: the fields that the region's platform answers, and the three of the table.
    #[expect(non_snake_case, reason = "the edition names its fields so")]
    #[derive(Clone, PartialEq, Eq)]
    Output {
        userName: String, "姓名";
        idNo: String, "证件号码";
        idType: String, "证件类型";
        insuOrg: AdminDivision, "参保地医保区划";
        ecIndexNo: Option<String>, "电子凭证索引号";
        ecToken: String, "令牌";
        gender: String, "性别";
        birthday: Day, "出生日期";
        nationality: Option<String>, "国籍";
        email: Option<String>, "电子邮箱";
        chnlId: Option<String>, "用码渠道编号";
        cardno: Option<String>, "社保卡卡号";
        card_sn: Option<String>, "卡识别码";
    }
}

/// Whose voucher it was.
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer {
    /// 姓名.
    pub name: String,
    /// 证件号码.
    pub certno: String,
    /// 参保地医保区划.
    pub insured: AdminDivision,
    /// 性别.
    pub gend: String,
    /// 出生日期.
    pub birth: Day,
}

impl Output {
    /// What is told of a bearer with their token. A voucher has no card; what nobody keeps is not made up.
    pub fn of(bearer: Bearer, token: String) -> Self {
        Self {
            userName: bearer.name,
            idNo: bearer.certno,
            idType: "01".to_owned(),
            insuOrg: bearer.insured,
            ecIndexNo: None,
            ecToken: token,
            gender: bearer.gend,
            birthday: bearer.birth,
            nationality: None,
            email: None,
            chnlId: None,
            cardno: None,
            card_sn: None,
        }
    }
}

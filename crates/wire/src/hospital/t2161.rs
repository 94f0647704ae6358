//! 2161 异地就医购药获取人员信息: who buys, asked of the insured place.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row},
    purchase_order::NODE,
};
use serde_json::Value;
use terms::{AdminDivision, Day, Fen, InstitutionCode, InsuranceScheme, PersonNumber, Refusal};

input_row! {
    /// Who is asked for. The row stands directly in the input.
    Input {
        ssn: String = text(18), "社会保障号";
        insuplc: Option<AdminDivision> = optional_division(), "参保地统筹区";
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "医疗机构编码";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::direct(request, NODE)?)
    }
}

output_row! {
    /// The person, in one scheme. The output is the row itself.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Output {
        psn_no: PersonNumber, "个人管理码";
        psn_name: String, "姓名";
        gend: String, "性别";
        brdy: Day, "出生日期";
        ssn: String, "社会保障号码";
        psn_type: String, "人员类别";
        emp_name: Option<String>, "单位名称";
        insuplc_admdvs: AdminDivision, "参保地行政区划代码";
        outmed_fundmgt_optins_fulname: String, "参保地医保保险经办机构名称";
        acct_balc: Fen, "个人账户余额";
        insutype: InsuranceScheme, "险种类型";
    }
}

impl Output {
    /// As the interface writes it.
    pub fn output(&self) -> Value {
        self.value()
    }
}

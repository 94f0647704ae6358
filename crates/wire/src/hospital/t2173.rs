//! 2173 查询月结算申报业务明细数据: the lines of months, with who was treated.

use super::{
    declaration::{MonthsInput, Visits},
    envelope::Request,
    field::{Row as InputRow, output_row},
};
use terms::{Fen, InstitutionCode, InsuranceScheme, Moment, PersonNumber, Refusal, VisitId};

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input(pub MonthsInput);

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        MonthsInput::read(&InputRow::one(request, "data")?, 1_000).map(Self)
    }
}

output_row! {
    /// One line (`n_output`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Row {
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        out_type: String, "异地类别";
        out_type_name: Option<String>, "异地类别名称";
        med_type: String, "医疗类别";
        med_type_name: Option<String>, "医疗类别名称";
        insutype: InsuranceScheme, "险种";
        insutype_name: Option<String>, "险种名称";
        psn_type: String, "人员类别";
        psn_type_name: Option<String>, "人员类别名称";
        sumamt: Fen, "医疗总费用";
        cash_payamt: Fen, "现金支付金额";
        acct_payamt: Fen, "个人账户支付";
        clr_psntime: Visits, "清算人次";
        psn_no: PersonNumber, "人员编号";
        psn_name: Option<String>, "人员姓名";
        gend: Option<String>, "性别";
        gend_name: Option<String>, "性别名称";
        ssn: Option<String>, "社会保障号码";
        emp_name: Option<String>, "单位名称";
        emp_type: Option<String>, "单位类型";
        emp_type_name: Option<String>, "单位类型名称";
        mdtrt_setl_time: Moment, "就诊结算时间";
        mdtrt_regno: VisitId, "就诊登记号";
        mdtrtsn: String, "就诊号";
    }
}

//! 2174 查询月结申报基金分项数据: what each fund pays of months, by kind of care, scheme and person.

use super::{
    declaration::MonthsInput,
    envelope::Request,
    field::{Row as InputRow, output_row},
};
use terms::{AdminDivision, Fen, InstitutionCode, InsuranceScheme, Refusal};

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
    /// One fund's part (`n_output`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Row {
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        clr_optins: AdminDivision, "清算经办机构";
        clr_type: String, "清算类别";
        clr_type_name: Option<String>, "清算类别名称";
        clr_way: String, "清算方式";
        clr_way_name: Option<String>, "清算方式名称";
        med_type: String, "医疗类别";
        med_type_name: Option<String>, "医疗类别名称";
        insutype: InsuranceScheme, "险种";
        insutype_name: Option<String>, "险种名称";
        psn_type: String, "人员类别";
        psn_type_name: Option<String>, "人员类别名称";
        clr_stas: String, "清算状态";
        clr_stas_name: Option<String>, "清算状态名称";
        fund_pay_type: String, "基金支付类型";
        fund_pay_type_name: String, "基金支付类型名称";
        poolarea_fund_pay_type: String, "统筹区基金支付类型";
        poolarea_fund_pay_name: String, "统筹区基金支付类型名称";
        fund_appy_sum: Fen, "基金申报总额";
    }
}

//! 2172 医疗机构月结算申报汇总数据查询: what each month comes to, by kind of clearing and by whether it is declared.

use super::{
    declaration::{MonthsInput, Visits},
    envelope::Request,
    field::{Row as InputRow, output_row},
};
use terms::{AdminDivision, Fen, InstitutionCode, Refusal};

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input(pub MonthsInput);

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        MonthsInput::read(&InputRow::one(request, "data")?, 20).map(Self)
    }
}

output_row! {
    /// One sum (`n_output`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Row {
        setl_dcla_no: Option<String>, "结算申报号";
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        clr_optins: AdminDivision, "清算经办机构";
        clr_type: String, "清算类别";
        clr_type_name: String, "清算类别名称";
        clr_stas: String, "清算状态";
        clr_stas_name: String, "清算状态名称";
        start_clrym: String, "起始清算年月";
        end_clrym: String, "结束清算年月";
        begndate: String, "开始日期";
        enddate: String, "结束日期";
        setl_ids_key: String, "结算ID集合缓存KEY";
        sumamt: Fen, "医疗总费用";
        cash_payamt: Fen, "现金支付金额";
        acct_pay_sumamt: Fen, "个人账户支付";
        fund_pay_sumamt: Fen, "基金支付总额";
        clr_psntime: Visits, "清算人次";
    }
}

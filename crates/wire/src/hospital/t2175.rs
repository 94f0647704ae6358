//! 2175 药店账务明细查询数据: what each fund pays of each line of a day.

use super::{
    declaration::Page,
    envelope::Request,
    field::{Row as InputRow, output_row},
};
use terms::{Day, Fen, InstitutionCode, InsuranceScheme, Refusal, VisitId};

/// The input, which lies in `input` itself or in `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 医疗机构编码; the sender's if not said.
    pub institution: Option<InstitutionCode>,
    /// 查询日期, 业务发生日期.
    pub day: Day,
    /// The page.
    pub page: Page,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = InputRow::one(request, "data")?;
        Ok(Self {
            institution: row.optional_institution("fixmedins_code", "医疗机构编码")?,
            day: row.day("query_date", "查询日期")?,
            page: Page::read(&row, 1_000)?,
        })
    }
}

output_row! {
    /// One fund's part of a line (`n_output`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Row {
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        med_type: String, "医疗类别";
        mdtrt_regno: VisitId, "订单号";
        certno: String, "证件号码";
        psn_name: String, "姓名";
        med_type_name: Option<String>, "医疗类别名称";
        insutype: InsuranceScheme, "险种";
        insutype_name: Option<String>, "险种名称";
        psn_type: String, "人员类别";
        psn_type_name: Option<String>, "人员类别名称";
        clr_stas: String, "清算状态";
        clr_stas_name: Option<String>, "清算状态名称";
        fund_pay_type: String, "基金支付类型";
        fund_pay_type_name: String, "基金支付类型名称";
        medfee_sumamt: Fen, "总费用";
        dfr_sumamt: Fen, "应拨付金额";
        dcla_sum: Fen, "申报总额";
        pay_sum: Fen, "已拨付金额";
    }
}

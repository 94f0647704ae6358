//! 3201 医药机构费用结算对总账: the totals of a period, as the institution has them, against ours.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row},
    statement::{self, Scope},
};
use serde_json::{Value, json};
use terms::{AdminDivision, Fen, InsuranceScheme, Refusal};

input_row! {
    /// What a period comes to at the institution (`data`).
    Totals {
        insutype: InsuranceScheme = scheme(), "险种";
        clr_type: String = text(6), "清算类别";
        medfee_sumamt: Fen = signed_amount(), "医疗费总额";
        fund_pay_sumamt: Fen = signed_amount(), "基金支付总额";
        acct_pay: Fen = signed_amount(), "个人账户支付金额";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Which settlements.
    pub scope: Scope,
    /// What they come to.
    pub totals: Totals,
    /// 定点医药机构结算笔数.
    pub count: u64,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let scope = Scope::read(&row)?;
        Ok(Self { scope, totals: Totals::read_row(&row)?, count: statement::count(&row)? })
    }
}

output_row! {
    /// Whether both agree (`stmtinfo`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Statement {
        setl_optins: Option<AdminDivision>, "结算经办机构";
        stmt_rslt: String, "对账结果";
        stmt_rslt_dscr: Option<String>, "对账结果说明";
    }
}

/// The longest 对账结果说明, in characters.
const DESCRIPTION_MAX: usize = 200;

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// 结算经办机构.
    pub agency: AdminDivision,
    /// On what they differ, in words; nothing if they agree.
    pub differences: Vec<String>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        let agreed = self.differences.is_empty();
        let words =
            if agreed { "平".to_owned() } else { format!("不平：{}", self.differences.join("；")) };
        let stmtinfo = Statement {
            setl_optins: Some(self.agency),
            stmt_rslt: statement::stmt_rslt(agreed).to_owned(),
            stmt_rslt_dscr: Some(words.chars().take(DESCRIPTION_MAX).collect()),
        };
        json!({ "stmtinfo": stmtinfo.value() })
    }
}

//! 3202 医药机构费用结算对明细账: the lines of a period, from a file that 9101 took, against ours; the result is a file for 9102.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row},
    statement::{self, Scope},
};
use serde_json::{Value, json};
use terms::{Fen, Moment, Refusal};

input_row! {
    /// The file, and what its lines come to (`data`).
    List {
        file_qury_no: String = text(40), "文件查询号";
        medfee_sumamt: Fen = signed_amount(), "医疗费总额";
        fund_pay_sumamt: Fen = signed_amount(), "基金支付总额";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Which settlements.
    pub scope: Scope,
    /// The list.
    pub list: List,
    /// 定点医药机构结算笔数.
    pub count: u64,
}

impl Input {
    /// Reads the input. 现金支付金额 is not in the list, and is passed over.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let scope = Scope::read(&row)?;
        Ok(Self { scope, list: List::read_row(&row)?, count: statement::count(&row)? })
    }
}

output_row! {
    /// The result's file (`fileinfo`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Output {
        file_qury_no: String, "文件查询号";
        filename: String, "文件名称";
        dld_endtime: Moment, "下载截止时间";
    }
}

impl Output {
    /// As the interface writes it, under its node.
    pub fn output(&self) -> Value {
        json!({ "fileinfo": self.value() })
    }
}

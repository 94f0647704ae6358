//! 3260 提取异地清分明细: the lines of a month for which the institution is owed, a hundred at a time.

use super::{
    apportioned_month,
    envelope::Request,
    field::{Row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{AdminDivision, Fen, InstitutionCode, Moment, Month, Refusal, SettlementId, VisitId};

/// The most rows of an answer.
pub const ROWS_MAX: usize = 100;

/// The input (`data`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// 清分年月.
    pub month: Month,
    /// 开始行数, from 1.
    pub start: usize,
}

impl Input {
    /// Reads the input; from the first row if not said.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let month = apportioned_month::read(&row)?;
        let start = match row.optional_text("startrow", "开始行数", 9)? {
            None => 1,
            Some(text) => text
                .parse()
                .ok()
                .filter(|start| *start >= 1)
                .ok_or_else(|| row.wrong("startrow", "开始行数，从1开始的整数"))?,
        };
        Ok(Self { month, start })
    }
}

output_row! {
    /// One line.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Line {
        seqno: String, "顺序号";
        mdtrtarea: AdminDivision, "就医地医保区划";
        medins_no: InstitutionCode, "医疗机构编号";
        certno: String, "证件号码";
        mdtrt_id: VisitId, "就诊登记号";
        mdtrt_setl_time: Moment, "就诊结算时间";
        setl_sn: SettlementId, "结算流水号";
        fulamt_advpay_flag: bool, "全额垫付标志";
        medfee_sumamt: Fen, "总费用";
        optins_pay_sumamt: Fen, "经办机构支付总额";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The lines.
    pub data: Vec<Line>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "data": write_rows(&self.data, Line::value) })
    }
}

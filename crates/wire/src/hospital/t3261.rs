//! 3261 异地清分结果确认: which lines of a month the institution says are right, and which not.

use super::{
    apportioned_month,
    envelope::Request,
    field::{Row, input_row},
};
use terms::{Fen, Month, Refusal, SettlementId, VisitId};

/// The most lines of a message; a month has as many messages as it needs.
pub const ROWS_MAX: usize = 5_000;

input_row! {
    /// One line (`detail`). 证件号码 and 就诊结算时间 say nothing that 结算流水号 does not, and are passed over.
    Detail {
        mdtrt_id: Option<VisitId> = optional_visit(), "就诊登记号";
        setl_sn: SettlementId = settlement(), "结算流水号";
        medfee_sumamt: Fen = signed_amount(), "总费用";
        optins_pay_sumamt: Fen = signed_amount(), "经办机构支付总额";
        cnfm_flag: Option<bool> = optional_flag(), "确认标志";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 清分年月.
    pub month: Month,
    /// The lines, at least one, each with its flag.
    pub detail: Vec<Detail>,
}

impl Input {
    /// Reads the input. 总行数 must be the number of lines, and every line must say whether it is confirmed.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let data = Row::one(request, "data")?;
        let month = apportioned_month::read(&data)?;
        let total = data.text("totalrow", "总行数", 9)?;
        let rows = Row::some(request, "detail", ROWS_MAX)?;
        if total.parse() != Ok(rows.len()) {
            return Err(data.wrong("totalrow", format!("明细行数{}（所传为{total}）", rows.len())));
        }
        let detail = |row: &Row<'_>| {
            let detail = Detail::read_row(row)?;
            if detail.cnfm_flag.is_none() {
                return Err(Refusal::missing(row.name_of("cnfm_flag"), "确认标志，0（不确认）或1（确认）"));
            }
            Ok(detail)
        };
        Ok(Self { month, detail: rows.iter().map(detail).collect::<Result<_, _>>()? })
    }
}

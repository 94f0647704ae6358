//! 2208 门诊结算撤销: a settlement is cancelled; the answer is a settlement of its own with negative amounts.

use super::settlement_info::{SettlementDetail, SettlementInfo};
pub use super::t2305::Input;
use serde_json::{Value, json};

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The cancellation, with its own id and negative amounts ([`SettlementInfo::negated`]).
    pub setlinfo: SettlementInfo,
    /// What each fund gets back: negative amounts.
    pub setldetail: Vec<SettlementDetail>,
}

impl Output {
    /// As the interface writes it. 个人现金支出 stands there twice: as `pdn_cash_pay`, which the standard's table has, and as
    /// `psn_cash_pay`, which real platforms answer.
    ///
    /// # Panics
    /// If the cancellation has positive amounts.
    pub fn value(&self) -> Value {
        let info = &self.setlinfo;
        assert!(info.split.total().0 <= 0, "a cancellation gives back: its amounts are negative");
        let mut row = info.value_of_settlement();
        row["pdn_cash_pay"] = row["psn_cash_pay"].clone();
        json!({ "setlinfo": row, "setldetail": SettlementDetail::rows(&self.setldetail) })
    }
}

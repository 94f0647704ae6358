//! 2103 药店结算撤销: a purchase is cancelled, with its lines; the answer is a settlement of its own with negative amounts.

pub use super::t2305::Input;
use super::{
    field::Write,
    settlement_info::{SettlementDetail, SettlementInfo},
};
use serde_json::{Map, Value, json};

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The cancellation, with its own id and negative amounts ([`SettlementInfo::negated`]).
    pub setlinfo: SettlementInfo,
    /// What each fund gets back: negative amounts.
    pub setldetail: Vec<SettlementDetail>,
}

impl Output {
    /// As the interface writes it.
    ///
    /// # Panics
    /// If the cancellation has positive amounts.
    pub fn value(&self) -> Value {
        let info = &self.setlinfo;
        assert!(info.split.total().0 <= 0, "a cancellation gives back: its amounts are negative");
        let mut row = Map::new();
        row.insert("mdtrt_id".to_owned(), info.visit.write());
        row.insert("setl_id".to_owned(), info.settlement.write());
        row.insert("clr_optins".to_owned(), info.clr_optins.write());
        row.insert("setl_time".to_owned(), info.time.write());
        info.fill_amounts(&mut row);
        row.shift_remove("hosp_part_amt");
        row.insert("medins_setl_id".to_owned(), info.sender_msgid.write());
        json!({ "setlinfo": row, "setldetail": SettlementDetail::rows(&self.setldetail) })
    }
}

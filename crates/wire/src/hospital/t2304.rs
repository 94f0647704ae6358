//! 2304 住院结算: a stay is settled.

pub use super::settlement_info::SettlementInput as Input;
use super::settlement_info::{SettlementDetail, SettlementInfo};
use serde_json::{Value, json};

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What the settlement came to.
    pub setlinfo: SettlementInfo,
    /// What each fund pays.
    pub setldetail: Vec<SettlementDetail>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({
            "setlinfo": self.setlinfo.value_of_settlement(),
            "setldetail": SettlementDetail::rows(&self.setldetail),
        })
    }
}

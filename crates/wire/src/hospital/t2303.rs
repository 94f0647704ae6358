//! 2303 住院预结算: what a settlement would come to; nothing is written down.

pub use super::settlement_info::SettlementInput as Input;
use super::settlement_info::{SettlementDetail, SettlementInfo};
use serde_json::{Value, json};

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What the settlement would come to; it has no id of its own yet.
    pub setlinfo: SettlementInfo,
    /// What each fund pays.
    pub setldetail: Vec<SettlementDetail>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({
            "setlinfo": self.setlinfo.value_of_trial(),
            "setldetail": SettlementDetail::rows(&self.setldetail),
        })
    }
}

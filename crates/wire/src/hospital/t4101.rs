//! 4101 医疗保障基金结算清单信息上传, 4101A of other editions: the whole list of one settlement.

use super::{envelope::Request, settlement_list::List};
use serde_json::{Value, json};
use terms::Refusal;

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The list.
    pub list: List,
}

impl Input {
    /// Reads the list.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Ok(Self { list: List::read(request)? })
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// 清单流水号, nine digits.
    pub setl_list_id: String,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "data": { "setl_list_id": self.setl_list_id } })
    }
}

//! 2163 异地就医购药退费: a settled purchase is given back.

pub use super::purchase_order::Named as Input;
use super::purchase_order::{Buyer, Paid};
use serde_json::{Map, Value};

/// The output: what is given back, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The amounts that the purchase had.
    pub paid: Paid,
    /// Whose it was.
    pub buyer: Buyer,
}

impl Output {
    /// As the interface writes it: the output is the row itself.
    pub fn value(&self) -> Value {
        let mut row = Map::new();
        self.paid.fill(&mut row);
        self.buyer.fill(&mut row);
        row.insert("prmmsg".to_owned(), Value::Null);
        Value::Object(row)
    }
}

//! 2170 异地就医购药订单查询: the orders of a person that wait to be confirmed.

use super::{
    envelope::Request,
    field::{Row, input_row},
    purchase_order::{Buyer, NODE, Places, ShownLine, with_lines},
};
use serde_json::{Map, Value};
use terms::{Day, Fen, InstitutionCode, Refusal};

input_row! {
    /// Whose orders. The row stands directly in the input.
    Input {
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "医疗机构编码";
        ssn: String = text(18), "社会保障号码";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::direct(request, NODE)?)
    }
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// 医疗费总额.
    pub medfee_sumamt: Fen,
    /// Where it belongs.
    pub places: Places,
    /// 医疗机构名称.
    pub fixmedins_name: String,
    /// Whose it is.
    pub buyer: Buyer,
    /// 购药日期.
    pub dscg_date: Day,
    /// Its lines.
    pub feedetl: Vec<ShownLine>,
}

/// The output: an array of orders, each with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The orders, oldest first.
    pub orders: Vec<Order>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        self.orders
            .iter()
            .map(|order| {
                let mut row = Map::new();
                row.insert("medfee_sumamt".to_owned(), super::field::Write::write(&order.medfee_sumamt));
                order.places.fill(&mut row);
                row.insert("fixmedins_name".to_owned(), Value::from(order.fixmedins_name.clone()));
                order.buyer.fill(&mut row);
                row.insert("dscg_date".to_owned(), super::field::Write::write(&order.dscg_date));
                with_lines(row, &order.feedetl)
            })
            .collect()
    }
}

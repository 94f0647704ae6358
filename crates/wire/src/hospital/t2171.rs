//! 2171 异地就医购药结算信息查询: the settled purchases of a person at this pharmacy.

use super::{
    envelope::Request,
    field::{Row, input_row},
    purchase_order::{Buyer, NODE, Paid, Places, ShownLine, with_lines},
};
use serde_json::{Map, Value};
use terms::{Day, InstitutionCode, Refusal};

input_row! {
    /// Which purchases: one by its number, or those of a period. The row stands directly in the input.
    Input {
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "医疗机构编码";
        mdtrt_regno: Option<String> = optional_text(20), "就诊登记号";
        out_type: Option<String> = optional_text(20), "异地标志";
        ssn: String = text(18), "社会保障号码";
        start_date: Option<Day> = optional_day(), "查询购药开始日期";
        end_date: Option<Day> = optional_day(), "查询购药结束日期";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::direct(request, NODE)?;
        let input = Self::read_row(&row)?;
        match (&input.mdtrt_regno, input.start_date, input.end_date) {
            (Some(_), ..) => Ok(input),
            (None, Some(start), Some(end)) if start <= end => Ok(input),
            (None, Some(_), Some(_)) => Err(row.wrong("end_date", "不早于start_date的日期")),
            (None, None, _) => Err(Refusal::missing("start_date", "查询购药开始日期，就诊登记号为空时必填")),
            (None, Some(_), None) => {
                Err(Refusal::missing("end_date", "查询购药结束日期，就诊登记号为空时必填"))
            }
        }
    }
}

/// One purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// What was paid.
    pub paid: Paid,
    /// Where it belongs.
    pub places: Places,
    /// Whose it was.
    pub buyer: Buyer,
    /// 异地类型.
    pub out_type: String,
    /// Its lines.
    pub feedetl: Vec<ShownLine>,
}

/// The output: an array of purchases; the lines stand there if it is one only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The purchases, oldest first.
    pub purchases: Vec<Purchase>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        let is_one = self.purchases.len() == 1;
        self.purchases
            .iter()
            .map(|purchase| {
                let mut row = Map::new();
                purchase.paid.fill(&mut row);
                purchase.places.fill(&mut row);
                row.insert("ssn".to_owned(), Value::from(purchase.buyer.certno.clone()));
                purchase.buyer.fill(&mut row);
                row.insert("out_type".to_owned(), Value::from(purchase.out_type.clone()));
                with_lines(row, if is_one { &purchase.feedetl } else { &[] })
            })
            .collect()
    }
}

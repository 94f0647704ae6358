//! 4102 医疗保障基金结算清单状态修改: submits lists, or takes them back to change them.

use super::{
    envelope::Request,
    field::{Row, find, input_row},
};
use serde_json::{Map, Value};
use terms::{PersonNumber, Refusal, SettlementId};

/// The most lists taken in one call.
pub const LISTS_MAX: usize = 1_000;

input_row! {
    /// One list (`data`, or `stastinfo` in it).
    Change {
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        setl_id: SettlementId = settlement(), "结算ID";
        stas_type: String = text(10), "审核状态";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The lists, at least one.
    pub changes: Vec<Change>,
}

impl Input {
    /// Reads the lists, which stand in `data` or, as the standard's note has it, in `stastinfo` within.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let within = find(&request.input, "data").and_then(Value::as_object);
        let within = within.and_then(|data| find(data, NODE)).or_else(|| find(&request.input, NODE));
        let moved = within.map(|rows| {
            let input = Map::from_iter([(NODE.to_owned(), rows.clone())]);
            Request { input, ..request.clone() }
        });
        let rows = match &moved {
            Some(moved) => Row::some(moved, NODE, LISTS_MAX)?,
            None => Row::some(request, "data", LISTS_MAX)?,
        };
        Ok(Self { changes: rows.iter().map(Change::read_row).collect::<Result<_, _>>()? })
    }
}

const NODE: &str = "stastinfo";

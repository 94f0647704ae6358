//! 2181 冲正交易 of cross-region purchases: what a pharmacy does not know the outcome of is made not to have been; there is no
//! output.

use super::{
    envelope::Request,
    field::{Row, input_row},
    purchase_order::NODE,
};
use terms::{InstitutionCode, Refusal};

/// What is reversed (冲正业务类型).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversed {
    /// 1106: 购药试算（上传订单）, 2166.
    Order,
    /// 1107: 购药结算.
    Settlement,
    /// 1203: 购药退费, 2163.
    Refund,
}

input_row! {
    /// What is reversed, as it is written. The row stands directly in the input.
    Row2181 {
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "医疗机构编码";
        ssn: Option<String> = optional_text(18), "社会保障号码";
        mdtrt_regno: String = text(20), "就诊登记号";
        status: String = text(4), "冲正业务类型";
        opter_name: Option<String> = optional_text(50), "经办人";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// As it is written.
    pub row: Row2181,
    /// What is reversed.
    pub reversed: Reversed,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::direct(request, NODE)?;
        let read = Row2181::read_row(&row)?;
        let reversed = match read.status.as_str() {
            "1106" => Reversed::Order,
            "1107" => Reversed::Settlement,
            "1203" => Reversed::Refund,
            _ => {
                return Err(
                    row.wrong("status", "1106（购药试算冲正）、1107（购药结算冲正）或1203（购药退费冲正）")
                );
            }
        };
        Ok(Self { row: read, reversed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hospital::{t2166, t2171};
    use serde_json::{Value, json};

    fn request(infno: &str, input: &Value) -> Request {
        let body = json!({ "infno": infno, "msgid": "m", "fixmedins_code": "P11010100001", "input": input });
        Request::read(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn rows_stand_directly_in_the_input_or_in_a_node() {
        for (status, expected) in [
            ("1106", Ok(Reversed::Order)),
            ("1107", Ok(Reversed::Settlement)),
            ("1203", Ok(Reversed::Refund)),
            ("1108", Err("field-invalid".to_owned())),
        ] {
            let row = json!({ "mdtrt_regno": "1", "status": status });
            for input in [row.clone(), json!({ "data": row })] {
                let read = Input::read(&request("2181", &input));
                let read = read.map(|input| input.reversed).map_err(|refusal| refusal.code().to_owned());
                assert_eq!(read, expected, "{input}");
            }
        }
        assert!(Input::read(&request("2181", &json!({}))).unwrap_err().message().contains("input"));
    }

    #[test]
    fn an_order_has_its_lines_beside_it() {
        let mut order = json!({
            "psn_no": "P1", "mdtrtsn": "1", "med_type": "41", "insutype": "310", "dscg_date": "2026-11-20",
            "medfee_sumamt": "6.00",
            "feedetl": [{
                "feedetl_sn": "1", "medins_list_codg": "X", "hilist_code": "X", "pric": 2, "cnt": 3, "amt": "6.00",
                "detl_ocur_time": "2026-11-20 08:00:00",
            }],
        });
        let read = t2166::Input::read(&request("2166", &order)).unwrap();
        assert_eq!((read.order.mdtrtsn.as_str(), read.feedetl.len()), ("1", 1));
        order["feedetl"] = json!([]);
        assert_eq!(t2166::Input::read(&request("2166", &order)).unwrap_err().code(), "field-missing");
    }

    #[test]
    fn purchases_are_asked_for_by_number_or_by_a_period() {
        for (more, expected) in [
            (json!({ "mdtrt_regno": "1" }), "read"),
            (json!({ "start_date": "2026-11-01", "end_date": "2026-11-30" }), "read"),
            (json!({ "start_date": "2026-11-30", "end_date": "2026-11-01" }), "end_date"),
            (json!({ "start_date": "2026-11-01" }), "end_date"),
            (json!({}), "start_date"),
        ] {
            let mut input = more;
            input["ssn"] = json!("110101194106189151");
            let read = t2171::Input::read(&request("2171", &input));
            let outcome = read.map_or_else(|refusal| refusal.message(), |_| "read".to_owned());
            assert!(outcome.contains(expected), "{input}: {outcome}");
        }
    }
}

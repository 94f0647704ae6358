//! 2102 药店结算: a purchase at a pharmacy is settled, its lines in the same message.

pub use super::t2101::{Input, Output};
use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::Refusal;

/// The most traceability codes that one purchase has.
const CODES_MAX: usize = 5_000;

input_row! {
    /// The code on one package (追溯码, `durg_trac_info`, spelt so).
    TraceabilityCode {
        feedetl_sn: Option<String> = optional_text(30), "费用明细流水号";
        drug_trac_codg: String = text(100), "药品追溯码";
        trdn_flag: Option<bool> = optional_flag(), "拆零标志";
    }
}

/// The field of a line's registration that keeps its traceability codes: each with its 拆零标志 behind a bar, between commas.
pub const KEPT_CODES: &str = "durg_trac_info";

impl TraceabilityCode {
    /// As it is kept.
    pub fn kept(&self) -> String {
        let is_opened = self.trdn_flag == Some(true);
        format!("{}|{}", self.drug_trac_codg, if is_opened { "1" } else { "0" })
    }
}

/// The codes of the packages that were sold, by line; they stand in the lines, or beside them.
pub fn traceability_codes(request: &Request) -> Result<Vec<(String, TraceabilityCode)>, Refusal> {
    const NODE: &str = "durg_trac_info";
    let mut codes = Vec::new();
    for line in Row::many(request, "drugdetail", super::t2301::LINES_MAX)? {
        let serial = line.text("feedetl_sn", "费用明细流水号", 30)?;
        for code in line.inner(NODE, CODES_MAX)? {
            codes.push((serial.clone(), TraceabilityCode::read_row(&code)?));
        }
    }
    for row in Row::many(request, NODE, CODES_MAX)? {
        let code = TraceabilityCode::read_row(&row)?;
        let serial = code.feedetl_sn.clone();
        let serial = serial.ok_or_else(|| row.wrong("feedetl_sn", "所属购药明细的费用明细流水号"))?;
        codes.push((serial, code));
    }
    if codes.len() > CODES_MAX {
        return Err(Refusal::invalid(NODE, format!("每次不超过{CODES_MAX}个追溯码")));
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(line: &Value, beside: &Value) -> Request {
        let body = json!({
            "infno": "2102", "msgid": "m", "fixmedins_code": "P11010100001",
            "input": {
                "druginfo": {
                    "psn_no": "P1", "begntime": "2026-11-20 08:00:00", "medfee_sumamt": "6.00", "insutype": "310",
                    "acct_used_flag": "0", "med_type": "41",
                },
                "drugdetail": [line],
                "durg_trac_info": beside,
            },
        });
        Request::read(body.to_string().as_bytes()).unwrap()
    }

    fn line(changes: &Value) -> Value {
        let mut line = json!({
            "feedetl_sn": 1, "fee_ocur_time": "2026-11-20 08:00:00", "med_list_codg": "X", "medins_list_codg": "X",
            "rx_circ_flag": "0", "det_item_fee_sumamt": "6.00", "cnt": 3, "pric": "2.00",
        });
        for (field, value) in changes.as_object().unwrap() {
            line[field] = value.clone();
        }
        line
    }

    #[test]
    fn a_line_of_a_prescription_from_outside_names_it() {
        for (changes, expected) in [
            (json!({}), "read"),
            (json!({ "rx_circ_flag": "" }), "read"),
            (json!({ "rx_circ_flag": 1, "rxno": "R1" }), "read"),
            (json!({ "rx_circ_flag": "1" }), "drugdetail第1行.rxno"),
            (json!({ "rx_circ_flag": "2", "rxno": "R1" }), "drugdetail第1行.rx_circ_flag"),
            (json!({ "det_item_fee_sumamt": "7.00" }), "单价乘数量6.00"),
            (json!({ "cnt": -3 }), "drugdetail第1行.det_item_fee_sumamt"),
        ] {
            let read = Input::read(&request(&line(&changes), &json!(null)));
            let outcome = read.map_or_else(|refusal| refusal.message(), |_| "read".to_owned());
            assert!(outcome.contains(expected), "{changes}: {outcome}");
        }
    }

    #[test]
    fn traceability_codes_stand_in_their_line_or_beside_it() {
        let inside =
            json!({ "durg_trac_info": [{ "drug_trac_codg": "81000000000000000001", "trdn_flag": "1" }] });
        let beside =
            json!([{ "feedetl_sn": "1", "drug_trac_codg": "81000000000000000002", "trdn_flag": "0" }]);
        let read = |line: &Value, beside: &Value| {
            let codes = traceability_codes(&request(line, beside));
            codes
                .map(|codes| codes.iter().map(|(serial, code)| format!("{serial}:{}", code.kept())).collect())
        };
        assert_eq!(
            read(&line(&inside), &beside),
            Ok(vec!["1:81000000000000000001|1".to_owned(), "1:81000000000000000002|0".to_owned()])
        );
        assert_eq!(read(&line(&json!({})), &json!(null)), Ok(Vec::new()));
        let of_nothing = json!([{ "drug_trac_codg": "81000000000000000002" }]);
        assert!(read(&line(&json!({})), &of_nothing).unwrap_err().message().contains("feedetl_sn"));
    }
}

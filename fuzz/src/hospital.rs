//! Messages of hospitals: the input of every transaction, read as the node reads it, and made from the descriptions.

use crate::{Bytes, fits, is_without_nul, value::value_for};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use terms::Refusal;
use wire::hospital::{
    Answer, Request, conformance, covered,
    credential::Credential,
    describe::{self, Description, Field},
    exchange,
};

/// Reads the input as the transaction's own file does, and looks at what was read.
pub fn read_input(request: &Request) -> Result<(), Refusal> {
    use wire::hospital::*;
    macro_rules! by_number {
        ($($($infno:literal)+ => $module:ident,)*) => {
            match request.infno.as_str() {
                $($($infno)|+ => {
                    let input = $module::Input::read(request)?;
                    is_without_nul(&input);
                })*
                other => {
                    let served = table::served(other)?;
                    panic!("{} is served but not read here", served.infno);
                }
            }
        };
    }
    by_number! {
        "1301" "1302" "1303" "1305" "1306" "1307" "1308" "1309" "1310" "1311" "1313" "1314" "1315" "1320" "1321" => catalog_file,
        "1101" => t1101, "1161" => t1161, "1162" => t1162, "1201" => t1201, "1304" => t1304, "1312" => t1312,
        "1316" => t1316, "1317" => t1317, "1318" => t1318, "1319" => t1319, "1901" => t1901, "2001" => t2001,
        "2101" => t2101, "2102" => t2102, "2103" => t2103, "2161" => t2161, "2163" => t2163, "2166" => t2166,
        "2167" => t2167, "2170" => t2170, "2171" => t2171, "2172" => t2172, "2173" => t2173, "2174" => t2174,
        "2175" => t2175, "2176" => t2176, "2181" => t2181, "2201" => t2201, "2202" => t2202, "2203" => t2203,
        "2203A" => t2203a, "2204" => t2204, "2205" => t2205, "2206" "2206A" => t2206, "2207" "2207A" => t2207,
        "2208" => t2208, "2301" => t2301, "2302" => t2302, "2303" => t2303, "2304" => t2304, "2305" => t2305,
        "2306" => t2306, "2401" => t2401, "2402" => t2402, "2403" => t2403, "2404" => t2404, "2405" => t2405,
        "2406" => t2406, "2407" => t2407, "2501" "2501A" => t2501, "2502" => t2502, "2503" => t2503,
        "2504" => t2504, "2505" => t2505, "2506" => t2506, "2507" => t2507, "2601" => t2601, "3101" => t3101,
        "3102" => t3102, "3103" => t3103, "3201" => t3201, "3202" => t3202, "3260" => t3260, "3261" => t3261,
        "3262" => t3262, "3301" => t3301, "3302" => t3302, "3401" "3401A" "3402" => t3401, "3403" => t3403,
        "4101" "4101A" => t4101, "4102" => t4102, "4103" => t4103, "4104" => t4104, "4105" => t4105,
        "4201" "4201A" => t4201, "4202" => t4202, "4203" => t4203, "4204" => t4204, "4205" => t4205,
        "5101" => t5101, "5102" => t5102, "5201" => t5201, "5202" => t5202, "5203" => t5203, "5204" => t5204,
        "5205" => t5205, "5206" => t5206, "5301" => t5301, "5302" => t5302, "5303" => t5303, "5304" => t5304,
        "5401" => t5401, "5402" => t5402, "9001" => t9001, "9002" => t9002, "9101" => t9101, "9102" => t9102,
        "90100" => t90100, "100001" => t100001,
    }
    // What is read of the input besides, where a transaction asks for it.
    match request.infno.as_str() {
        "1161" => drop(t1161::Input::read(request)?.card()),
        "1162" => drop(t1162::Input::read(request)?.code()),
        _ => {}
    }
    Ok(())
}

/// What holds of a message in clear text, whichever it is.
pub fn check(request: &Request) {
    let hash = request.content_hash();
    for place in [request.treatment_place().err(), request.insured_place().err()].into_iter().flatten() {
        fits(&place);
    }
    if let Err(refusal) = read_input(request) {
        fits(&refusal);
        let sentence = Answer::refusal(&refusal);
        assert!(!format!("{sentence:?}").is_empty());
    }
    let written = written(request);
    let again = match Request::read(&written) {
        Ok(again) => again,
        Err(refusal) => {
            panic!("{refusal:?}: {request:?} is written as {}", String::from_utf8_lossy(&written))
        }
    };
    // Fractions of a second are not written, and the JSON reader keeps fifteen digits of a number.
    if !request.input.values().any(has_fraction) {
        assert_eq!(again.input, request.input);
        assert_eq!(again.content_hash(), hash, "what is asked for has one digest, however it is written");
    }
    let head = |one: &Request| Request { inf_time: None, input: Map::new(), ..one.clone() };
    assert_eq!(head(&again), head(request));
    let second = |one: &Request| one.inf_time.map(|time| time.to_string());
    assert_eq!(second(&again), second(request));
}

fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(values) => values.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        _ => false,
    }
}

/// The message, its fields in another order, the input's too.
fn written(request: &Request) -> Vec<u8> {
    let input: Map<String, Value> = request.input.clone().into_iter().rev().collect();
    json!({
        "later": null,
        "input": input,
        "infver": request.infver,
        "sign_no": request.sign_no,
        "fixmedins_name": request.fixmedins_name,
        "fixmedins_code": request.fixmedins_code.as_str(),
        "inf_time": request.inf_time.map(|time| time.to_string()),
        "opter_type": request.opter_type,
        "opter_name": request.opter_name,
        "opter": request.opter,
        "insuplc_admdvs": request.insuplc_admdvs,
        "mdtrtarea_admvs": request.mdtrtarea_admvs,
        "msgid": request.msgid.as_str(),
        "infno": request.infno,
    })
    .to_string()
    .into_bytes()
}

/// What tells a body's deviations from the standard: whatever comes, they are told.
pub fn told(body: &[u8]) {
    conformance::of_request(body);
    for infno in ["2304", "1101", "9102"] {
        conformance::of_answer(infno, body);
    }
    // As a transcript reads and keeps it.
    let content_type = "multipart/form-data; boundary=b";
    let line = exchange::Exchange { content_type, request: body, status: 200, answer: body };
    let said = exchange::read(&line, |_| None);
    covered::covered(&said.request);
    covered::covered(&said.answer);
}

static DESCRIPTIONS: LazyLock<Vec<Description>> = LazyLock::new(|| describe::all().collect());

/// A message made by the description of its transaction: the first byte says of which, the others what stands in each field.
pub fn described(bytes: &mut Bytes<'_>) -> Request {
    let description = bytes.one_of(&DESCRIPTIONS);
    let infno = description.transaction.infno;
    let mut input = Map::new();
    for node in &description.input {
        let rows = if node.many { bytes.below(4) } else { 1 };
        let mut row = || -> Map<String, Value> {
            node.fields
                .iter()
                .filter_map(|field| Some((field.name.to_owned(), value(field, bytes)?)))
                .collect()
        };
        match (node.name, rows) {
            ("", _) => input.extend(row()),
            (name, 1) => drop(input.insert(name.to_owned(), Value::Object(row()))),
            (name, rows) => {
                let rows = (0..rows).map(|_| Value::Object(row())).collect();
                input.insert(name.to_owned(), Value::Array(rows));
            }
        }
    }
    let envelope = json!({
        "infno": infno, "msgid": "m1", "mdtrtarea_admvs": "420106", "insuplc_admdvs": "110101",
        "fixmedins_code": "H42010600001", "input": input,
    });
    Request::read(envelope.to_string().as_bytes()).expect("an envelope in order")
}

/// What stands in a field: mostly what it takes, so that the fields after it are read too.
fn value(field: &Field, bytes: &mut Bytes<'_>) -> Option<Value> {
    match bytes.byte() {
        0..200 => Some(value_for(field)),
        200..208 => None,
        208..222 => Some(bytes.one_of(&odd()).clone()),
        222..240 => Some(Value::String(bytes.text())),
        240..248 => {
            let digits: Vec<u8> = (0..8).map(|_| bytes.byte()).collect();
            Some(json!(i64::from_le_bytes(digits.try_into().expect("eight bytes"))))
        }
        _ => {
            let text = bytes.text();
            Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
        }
    }
}

fn odd() -> [Value; 16] {
    [
        json!(""),
        json!("null"),
        json!(null),
        json!(0),
        json!(-1),
        json!(1e300),
        json!("1e20"),
        json!("9999-12-31"),
        json!("99991231"),
        json!("2199-12-31 23:59:59.999"),
        json!([]),
        json!({}),
        json!([{}]),
        json!(true),
        json!("\u{0}长\u{0}"),
        json!("长".repeat(600)),
    ]
}

/// What was shown at the counter: its kind, its number and a card's serial number, a nought behind each.
pub fn credential(bytes: &mut Bytes<'_>) {
    let (kind, number, serial) = (bytes.text(), bytes.text(), bytes.text());
    let some = |text: &str| Some(text).filter(|text| !text.is_empty()).map(str::to_owned);
    let (kind, number, serial) = (some(&kind), some(&number), some(&serial));
    match Credential::read(kind.as_deref(), number.as_deref(), serial.as_deref()) {
        Ok(shown) => is_without_nul(&shown),
        Err(refusal) => fits(&refusal),
    }
}

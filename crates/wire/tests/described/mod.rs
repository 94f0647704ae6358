//! The descriptions of transactions and the deviations of messages, held against every sample.

mod value;

use super::{examples, first_row, harm, harmed, outcome, read_input, samples, with_ids_of_ours};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::{fmt::Write as _, fs, path::Path};
use terms::Refusal;
use value::value_for;
use wire::hospital::{
    Request,
    conformance::{self, Deviation, Rule, Weight},
    describe::{self, Node},
    table,
};

fn node_value(node: &Node, leave_out: Option<&str>) -> Value {
    let required = node.fields.iter().filter(|field| field.required && Some(field.name) != leave_out);
    let row: Map<String, Value> = required.map(|field| (field.name.to_owned(), value_for(field))).collect();
    if node.many { json!([row]) } else { Value::Object(row) }
}

fn request(infno: &str, input: &Value) -> Request {
    let envelope = json!({
        "infno": infno, "msgid": "m1", "mdtrtarea_admvs": "420106", "fixmedins_code": "H42010600001", "input": input,
    });
    Request::read(envelope.to_string().as_bytes()).unwrap()
}

/// What is asked besides the required fields, by rules that no list of fields can say.
fn satisfy(infno: &str, input: &mut Value) {
    let further: &[(&str, &str)] = match infno {
        "1101" => &[("mdtrt_cert_no", "110101194106189151")],
        "1161" => &[("cardno", "A00000000")],
        "1162" => &[("ecQrCode", "4201000000000000000000000001")],
        "1201" => &[("fixmedins_code", "H42010600001")],
        "5201" => &[("mdtrt_id", "420000179526000000000000000001")],
        "2171" => &[("mdtrt_regno", "1")],
        "5204" => &[("setl_id", "420000179530260000000000000002")],
        _ => &[],
    };
    for node in input.as_object_mut().unwrap().values_mut() {
        for (field, value) in further {
            node[*field] = json!(value);
        }
    }
}

#[test]
fn what_is_described_as_required_is_enough_and_needed() {
    for description in describe::all() {
        let infno = description.transaction.infno;
        let needed: Vec<&Node> = description.input.iter().filter(|node| node.required).collect();
        // A transaction that is described by the standard alone promises nothing.
        if needed.is_empty() {
            continue;
        }
        let whole = |leave_out: Option<(&str, &str)>| {
            let nodes = needed.iter().map(|node| {
                let left = leave_out.filter(|(name, _)| *name == node.name).map(|(_, field)| field);
                (node.name.to_owned(), node_value(node, left))
            });
            let mut input = Value::Object(nodes.collect());
            satisfy(infno, &mut input);
            read_input(&request(infno, &input))
        };
        // A value may still be another than the transaction takes, but nothing more is asked for.
        let enough = whole(None);
        let asks_more = matches!(enough, Err(Refusal::FieldMissing { .. }));
        assert!(!asks_more, "{infno} says that these fields are enough: {enough:?}");
        for node in &needed {
            for field in node.fields.iter().filter(|field| field.required) {
                let refused = whole(Some((node.name, field.name)));
                let named = |missing: &str| missing.rsplit('.').next() == Some(field.name);
                assert!(
                    matches!(&refused, Err(Refusal::FieldMissing { field: missing, .. }) if named(missing)),
                    "{infno} {}.{} is said to be required: {refused:?}",
                    node.name,
                    field.name
                );
            }
        }
    }
}

#[test]
fn our_answers_are_what_is_described() {
    let mut compared = 0;
    for description in describe::all() {
        let infno = description.transaction.infno;
        let Some(output) = examples::output(infno) else { continue };
        for node in &description.output {
            let value = if node.name.is_empty() { &output } else { &output[node.name] };
            assert_eq!(value.is_array(), node.many, "{infno} {}", node.name);
            let row = first_row(value).unwrap_or_else(|| panic!("{infno} does not write {}", node.name));
            for (key, value) in row {
                let field = node.fields.iter().find(|field| field.name == key);
                let field = field.unwrap_or_else(|| panic!("{infno} {}.{key} is not described", node.name));
                assert!(
                    value.is_null() || value.is_number() == field.kind.is_number(),
                    "{infno} {}.{key} is described as {:?}: {value}",
                    node.name,
                    field.kind
                );
            }
            for field in node.fields.iter().filter(|field| field.required) {
                let value = row.get(field.name);
                assert!(value.is_some_and(|value| !value.is_null()), "{infno} {}.{}", node.name, field.name);
            }
            compared += 1;
        }
        let nodes: Vec<&str> = description.output.iter().map(|node| node.name).collect();
        if let (Some(written), false) = (output.as_object(), nodes.contains(&"")) {
            assert!(written.keys().all(|key| nodes.contains(&key.as_str())), "{infno} writes {written:?}");
        }
    }
    assert!(compared > 40, "only {compared} nodes were compared");
}

#[test]
fn samples_that_are_read_have_the_nodes_that_are_described() {
    for (name, body) in samples("-req-") {
        let infno = name.split('-').next().unwrap();
        if !table::SERVED.contains(&infno) || outcome(&with_ids_of_ours(&body)) != "read" {
            continue;
        }
        let description = describe::describe(infno).unwrap();
        let sent = Request::read(&body).unwrap();
        // Some clients leave the node away.
        if sent.input.values().all(|value| !value.is_object() && !value.is_array()) {
            continue;
        }
        for node in description.input.iter().filter(|node| node.required && !node.aliases.contains(&"")) {
            let named = |name: &str| sent.input.keys().any(|key| key.eq_ignore_ascii_case(name));
            assert!(named(node.name) || node.aliases.iter().any(|name| named(name)), "{name}: {}", node.name);
        }
    }
}

fn line(deviation: &Deviation) -> String {
    let row = match (deviation.row, deviation.times) {
        (Some(row), 1) => format!("（第{row}行）"),
        (Some(row), times) => format!("（第{row}行起共{times}处）"),
        _ => String::new(),
    };
    let handled =
        if deviation.handled.is_empty() { String::new() } else { format!(" -> {}", deviation.handled) };
    let weight = deviation.rule.weight().chinese();
    format!("  {weight} {}{row} {}：{}{handled}\n", deviation.field, deviation.rule.code(), deviation.detail)
}

#[test]
fn every_samples_deviations_are_these() {
    let mut text = String::from(
        "# How far each sample keeps to the standard (V1.1.27). Written anew by UPDATE_SAMPLES=1 cargo test -p wire --test samples.\n",
    );
    let answers = samples("-resp-").into_iter().filter(|(name, _)| !name.starts_with("unknown"));
    for (name, body) in samples("-req-").into_iter().chain(answers) {
        let infno = name.split('-').next().unwrap();
        let found = if name.contains("-req-") {
            conformance::of_request(&body)
        } else {
            conformance::of_answer(infno, &body)
        };
        writeln!(text, "{}", name.trim_end_matches(".json")).unwrap();
        for deviation in &found {
            text.push_str(&line(deviation));
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deviations.txt");
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    for (number, (ours, theirs)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {}", number + 1);
    }
    assert_eq!(text.lines().count(), expected.lines().count());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_its_deviations_are_told(
        which in any::<prop::sample::Index>(),
        harms in prop::collection::vec(harm(), 0..4),
        absurd in prop::sample::select(&["1", "-1e20", "9e20", "-99999999999999999999999999999"][..]),
    ) {
        thread_local! {
            static MESSAGES: Vec<Vec<u8>> = samples("-re").into_iter().map(|(_, body)| body).collect();
        }
        let body = MESSAGES.with(|messages| harmed(&messages[which.index(messages.len())], &harms));
        conformance::of_request(&body);
        conformance::of_answer("2304", &body);
        let line = json!({ "pric": absurd, "cnt": absurd, "det_item_fee_sumamt": absurd });
        let mut message = perfect();
        message["infno"] = json!("2301");
        message["input"] = json!({ "feedetail": [line] });
        conformance::of_request(message.to_string().as_bytes());
    }
}

/// A message that keeps to the standard in all.
fn perfect() -> Value {
    json!({
        "infno": "2305", "msgid": "H42010600001202611220958410001", "mdtrtarea_admvs": "420106",
        "insuplc_admdvs": "110101", "recer_sys_code": "FSI_LOCAL", "dev_no": "", "dev_safe_info": "", "cainfo": "",
        "signtype": "", "infver": "V1.0", "opter_type": "1", "opter": "0901", "opter_name": "收费员某",
        "inf_time": "2026-11-22 09:58:41", "fixmedins_code": "H42010600001", "fixmedins_name": "示范医院",
        "sign_no": "",
        "input": { "data": {
            "mdtrt_id": "420000179526000000000000000001", "setl_id": "420000179530260000000000000002",
            "psn_no": "11000000000000900001", "exp_content": "",
        }},
    })
}

#[test]
fn a_message_that_keeps_to_the_standard_has_no_deviation() {
    assert_eq!(conformance::of_request(perfect().to_string().as_bytes()), []);
    let answer = json!({
        "infcode": 0, "inf_refmsgid": "420000202611220958410000000001", "refmsg_time": "20261122095841000",
        "respond_time": "20261122095841017", "err_msg": null, "output": examples::output("2304").unwrap(),
        "warn_msg": null, "cainfo": null, "signtype": null,
    });
    assert_eq!(conformance::of_answer("2304", answer.to_string().as_bytes()), []);
}

#[test]
fn every_rule_is_found() {
    type Change = fn(&mut Value);
    let changes: &[(Rule, &str, Change)] = &[
        (Rule::UnknownTransaction, "infno", |m| m["infno"] = json!("2104")),
        (Rule::MessageIdShape, "msgid", |m| m["msgid"] = json!("H420106000012026112209584100001")),
        (Rule::InstitutionShape, "fixmedins_code", |m| m["fixmedins_code"] = json!("X1")),
        (Rule::DivisionShape, "insuplc_admdvs", |m| m["insuplc_admdvs"] = json!("1101")),
        (Rule::UnknownEnvelopeField, "apikey", |m| m["apikey"] = json!("x")),
        (Rule::BadDate, "inf_time", |m| m["inf_time"] = json!("20261122095841")),
        (Rule::Missing, "opter", |m| m["opter"] = json!("")),
        (Rule::NumberForText, "opter_type", |m| m["opter_type"] = json!(1)),
        (Rule::TooLong, "opter_name", |m| m["opter_name"] = json!("某".repeat(51))),
        (Rule::NullText, "sign_no", |m| m["sign_no"] = json!("null")),
        (Rule::KeySpelling, "insuplcAdmdvs", |m| {
            let value = m.as_object_mut().unwrap().remove("insuplc_admdvs").unwrap();
            m["insuplcAdmdvs"] = value;
        }),
        (Rule::WrongType, "input", |m| m["input"] = json!([1])),
        (Rule::Flat, "input", |m| m["input"] = m["input"]["data"].clone()),
        (Rule::UnknownNode, "input.other", |m| m["input"]["other"] = json!({})),
        (Rule::NodeMissing, "input.data", |m| m["input"] = json!({ "other": { "a": {} } })),
        (Rule::ArrayForObject, "input.data", |m| m["input"]["data"] = json!([m["input"]["data"]])),
        (Rule::UnknownField, "input.data.extra", |m| m["input"]["data"]["extra"] = json!("1")),
        (Rule::Missing, "input.data.psn_no", |m| m["input"]["data"]["psn_no"] = json!(null)),
        (Rule::WrongType, "input.data.psn_no", |m| m["input"]["data"]["psn_no"] = json!({})),
    ];
    for (rule, field, change) in changes {
        let mut message = perfect();
        change(&mut message);
        let found = conformance::of_request(message.to_string().as_bytes());
        let is_there = found.iter().any(|deviation| deviation.rule == *rule && deviation.field == *field);
        assert!(is_there, "{rule:?} at {field}: {found:?}");
    }
    for (rule, body) in [(Rule::NotJson, "[]"), (Rule::Preamble, "={}")] {
        assert!(conformance::of_request(body.as_bytes()).iter().any(|deviation| deviation.rule == rule));
    }
}

#[test]
fn rows_are_told_once_with_how_often() {
    let line = json!({ "feedetl_sn": "1", "mdtrt_id": "1", "pric": "2.00", "cnt": 3, "det_item_fee_sumamt": 6.5,
        "med_type": "ZZ", "etip_flag": 1, "fee_ocur_time": "2026-11-22" });
    let mut message = perfect();
    message["infno"] = json!("2301");
    message["input"] = json!({ "feedetail": [line, line, line] });
    let found = conformance::of_request(message.to_string().as_bytes());
    for (rule, field) in [
        (Rule::TextForNumber, "pric"),
        (Rule::Identity, "det_item_fee_sumamt"),
        (Rule::NotInTable, "med_type"),
        (Rule::NumberForText, "etip_flag"),
        (Rule::BadDate, "fee_ocur_time"),
        (Rule::Missing, "psn_no"),
    ] {
        let path = format!("input.feedetail.{field}");
        let one = found.iter().find(|deviation| deviation.rule == rule && deviation.field == path);
        let one = one.unwrap_or_else(|| panic!("{rule:?} {field}: {found:?}"));
        assert_eq!((one.row, one.times), (Some(1), 3), "{field}");
    }
    message["input"] = json!({ "feedetail": line });
    let found = conformance::of_request(message.to_string().as_bytes());
    assert!(found.iter().any(|deviation| deviation.rule == Rule::ObjectForArray));
}

#[test]
fn answers_that_break_the_convention_or_do_not_balance_are_found() {
    let answer = |change: fn(&mut Value)| {
        let mut answer =
            json!({ "infcode": 0, "inf_refmsgid": "1", "output": examples::output("2304").unwrap() });
        change(&mut answer);
        let found = conformance::of_answer("2304", answer.to_string().as_bytes());
        found
            .iter()
            .filter(|deviation| deviation.rule.weight() == Weight::Fault)
            .map(|one| one.rule)
            .collect::<Vec<_>>()
    };
    assert_eq!(answer(|_| ()), []);
    assert_eq!(answer(|a| a["infcode"] = json!("0")), [Rule::StatusCode]);
    assert_eq!(answer(|a| a["infcode"] = json!(7)), [Rule::StatusCode, Rule::ErrorText]);
    assert_eq!(answer(|a| a["output"] = json!(null)), [Rule::NodeMissing]);
    assert_eq!(
        answer(|a| a["output"]["setlinfo"]["fund_pay_sumamt"] = json!(1)),
        [Rule::Identity, Rule::Identity]
    );
    assert_eq!(answer(|a| a["output"]["setlinfo"]["setl_id"] = json!([1])), [Rule::WrongType]);
}

//! Whatever is posted: a Chinese sentence that names what is wrong, HTTP 200, nothing written, and a node that goes on.

use crate::play::{Play, hubei};
use crate::raw::{Raw, census, envelope, sentence};
use bytes::Bytes;
use country::hospital::AddressForm;
use hyper::Method;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{fs, path::Path};
use terms::Clock;
use wire::hospital::table::SERVED;

/// How many damaged messages are posted.
const MUTATIONS: u64 = 4_000;

/// A message with one field of its envelope changed, or left out.
fn with(message: &Value, field: &str, value: Option<Value>) -> Value {
    let mut changed = message.clone();
    match value {
        Some(value) => changed[field] = value,
        None => drop(changed.as_object_mut().unwrap().shift_remove(field)),
    }
    changed
}

/// A message with one field of a row of its input changed.
fn with_input(message: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = message.clone();
    let (node, field) = pointer.rsplit_once('/').unwrap();
    changed["input"].pointer_mut(node).unwrap_or_else(|| panic!("{node}"))[field] = value;
    changed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_malformed_message_is_refused_by_name_and_leaves_nothing() {
    let play = Play::prepare().await;
    let raw = Raw::to(&play.world.province(hubei()).unwrap().url());
    let (hospital, patient) = (&play.hospital, &play.patient);
    let of = |infno: &str, input: Value| {
        hospital.envelope(&hospital.next_msgid(), infno, Some(patient.insured), input)
    };
    let settle = of("2304", hospital.settlement_input(patient, play.visit, play.total));
    let line = json!({
        "feedetl_sn": "B1", "mdtrt_id": play.visit.to_string(), "psn_no": patient.number.as_str(), "med_type": "21",
        "fee_ocur_time": play.world.clock.now().to_string(), "med_list_codg": "X", "medins_list_codg": "X",
        "det_item_fee_sumamt": 6, "cnt": 3, "pric": 2, "bilg_dept_codg": "A", "bilg_dept_name": "内科",
        "bilg_dr_codg": "D", "bilg_dr_name": "医师某",
    });
    let upload = of("2301", json!({ "feedetail": [line] }));
    let rows = |count: usize| of("2301", json!({ "feedetail": vec![line.clone(); count] }));
    let before = census(&play.world, &[]).await;

    // What is no message at all.
    let text = settle.to_string();
    let deep = format!(r#"{{"input":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let large = vec![b' '; 9 << 20];
    for (name, body, words) in [
        ("empty", Bytes::new(), "不是合法的JSON"),
        ("blank", " \r\n".into(), "不是合法的JSON"),
        ("cut short", text[..text.len() - 2].to_owned().into(), "不是合法的JSON"),
        ("two", format!("{text}{text}").into(), "不是合法的JSON"),
        ("an array", format!("[{text}]").into(), "根节点不是JSON对象"),
        ("a text", "\"2304\"".into(), "根节点不是JSON对象"),
        ("not UTF-8", [b"{\"infno\":\"", &[0xB2, 0xE2][..], b"\"}"].concat().into(), "不是UTF-8"),
        ("a number beyond all", r#"{"infno":1e999}"#.into(), "不是合法的JSON"),
        ("half a character", r#"{"infno":"\ud800"}"#.into(), "不是合法的JSON"),
        ("deep", deep.into(), "不是合法的JSON"),
        ("a form", "infno=2304&msgid=1".into(), "不是合法的JSON"),
        ("XML", "<xml/>".into(), "不是合法的JSON"),
        ("too large", large.into(), "8388608字节上限"),
    ] {
        let answer = envelope(raw.post(body).await);
        assert!(sentence(&answer).contains(words), "{name}: {answer}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer =
            envelope(raw.send(method.clone(), &AddressForm::CallService.path(""), &[], text.clone()).await);
        assert!(sentence(&answer).contains("POST"), "{method}: {answer}");
    }

    // Messages with one fault.
    let envelope_faults = [
        ("infno", None, "[infno]不能为空，应为交易编号"),
        ("infno", Some(json!("")), "[infno]"),
        ("infno", Some(json!("999999999")), "[infno]"),
        ("infno", Some(json!([1])), "[infno]"),
        ("infno", Some(json!("8888")), "未知交易编号[8888]"),
        ("infno", Some(json!("2304'; drop table visit; --")), "[infno]"),
        ("infno", Some(json!("2303A")), "交易[2303A住院预结算（A版）]本平台暂未开通"),
        ("infno", Some(json!("2303a")), "本平台暂未开通"),
        ("msgid", None, "[msgid]不能为空，应为发送方报文ID"),
        ("msgid", Some(json!("9".repeat(41))), "[msgid]"),
        ("msgid", Some(json!("a\u{0}b")), "[msgid]"),
        ("msgid", Some(json!({})), "[msgid]"),
        ("fixmedins_code", None, "[fixmedins_code]不能为空，应为定点医药机构编号"),
        ("fixmedins_code", Some(json!("H42010699999")), "定点医药机构[H42010699999]未在本省登记"),
        ("fixmedins_code", Some(json!("H11010500001")), "未在本省登记"),
        ("fixmedins_code", Some(json!("H".repeat(31))), "[fixmedins_code]"),
        ("mdtrtarea_admvs", None, "[mdtrtarea_admvs]不能为空，应为六位医保区划代码"),
        ("mdtrtarea_admvs", Some(json!("4201")), "[mdtrtarea_admvs]"),
        ("mdtrtarea_admvs", Some(json!("110101")), "就医地医保区划[110101]不属于本省"),
        ("mdtrtarea_admvs", Some(json!("999999")), "[mdtrtarea_admvs]"),
        ("mdtrtarea_admvs", Some(json!("武汉市江岸区")), "[mdtrtarea_admvs]"),
        ("inf_time", Some(json!("yesterday")), "[inf_time]"),
        ("inf_time", Some(json!("2020-01-01 00:00:00")), "请校准时钟"),
        ("inf_time", Some(json!("2199-12-31 23:59:59")), "请校准时钟"),
        ("opter", Some(json!("经".repeat(31))), "[opter]"),
        ("sign_no", Some(json!("1".repeat(51))), "[sign_no]"),
        ("input", Some(json!("U0M0")), "[input]"),
        ("input", Some(json!([1, 2])), "[input]"),
        ("input", None, "[data]"),
        ("input", Some(json!({ "data": 1 })), "[data]"),
        ("input", Some(json!({ "data": [{}, {}] })), "[data]"),
    ];
    for (field, value, words) in envelope_faults {
        let answer = raw.ask(&with(&settle, field, value.clone())).await;
        assert!(sentence(&answer).contains(words), "{field} {value:?}: {answer}");
    }
    for (insured, words) in [
        (None, "[insuplc_admdvs]不能为空，应为参保地医保区划"),
        (Some(json!("420102")), "不是异地就医"),
        (Some(json!("12345")), "[insuplc_admdvs]"),
        (Some(json!("330106")), "尚未接入"),
        (Some(json!("999999")), "insuplc_admdvs"),
    ] {
        let look = of("1101", json!({ "data": { "certno": patient.citizen.reveal() } }));
        let answer = raw.ask(&with(&look, "insuplc_admdvs", insured.clone())).await;
        assert!(sentence(&answer).contains(words), "{insured:?}: {answer}");
    }
    for (message, pointer, value, words) in [
        (&settle, "/data/psn_no", json!(null), "[psn_no]不能为空"),
        (&settle, "/data/psn_no", json!("长".repeat(31)), "[psn_no]"),
        (&settle, "/data/psn_no", json!(1_234_567_890_123_456_789_012_345_f64), "[psn_no]"),
        (&settle, "/data/mdtrt_id", json!(""), "[mdtrt_id]不能为空"),
        (&settle, "/data/mdtrt_id", json!({ "a": 1 }), "[mdtrt_id]"),
        (&settle, "/data/mdtrt_id", json!("999999179526000000000000000001"), "未查到就诊ID"),
        (&settle, "/data/medfee_sumamt", json!("一百元"), "[medfee_sumamt]"),
        (&settle, "/data/medfee_sumamt", json!("NaN"), "[medfee_sumamt]"),
        (&settle, "/data/medfee_sumamt", json!(0.001), "[medfee_sumamt]"),
        (&settle, "/data/medfee_sumamt", json!(-0.01), "[medfee_sumamt]"),
        (&settle, "/data/medfee_sumamt", json!(1e300), "[medfee_sumamt]"),
        (&settle, "/data/medfee_sumamt", json!("1e9999999999"), "[medfee_sumamt]"),
        (&settle, "/data/medfee_sumamt", json!(i64::MAX), "[medfee_sumamt]"),
        (&settle, "/data/insutype", json!("999"), "[insutype]"),
        (&settle, "/data/acct_used_flag", json!("7"), "[acct_used_flag]"),
        (&settle, "/data/dscgTime", json!("2026-13-01"), "[dscg_time]"),
        (&upload, "/feedetail/0/cnt", json!(0), "feedetail第1行.cnt"),
        (&upload, "/feedetail/0/cnt", json!("3个"), "feedetail第1行.cnt"),
        (&upload, "/feedetail/0/cnt", json!(1e8), "单价乘数量"),
        (&upload, "/feedetail/0/pric", json!(-2), "feedetail第1行.pric"),
        (&upload, "/feedetail/0/pric", json!("1.2345678"), "feedetail第1行.pric"),
        (&upload, "/feedetail/0/det_item_fee_sumamt", json!(-6), "feedetail第1行.det_item_fee_sumamt"),
        (&upload, "/feedetail/0/det_item_fee_sumamt", json!(1e15), "feedetail第1行.det_item_fee_sumamt"),
        (&upload, "/feedetail/0/fee_ocur_time", json!("0001-01-01 00:00:00"), "feedetail第1行.fee_ocur_time"),
        (&upload, "/feedetail/0/fee_ocur_time", json!("2026-11-01 25:00:00"), "feedetail第1行.fee_ocur_time"),
        (&upload, "/feedetail/0/feedetl_sn", json!("a\u{0}"), "feedetail第1行.feedetl_sn"),
        (&upload, "/feedetail/0/bilg_dr_name", json!(""), "feedetail第1行.bilg_dr_name"),
        (&rows(5_001), "/feedetail/0/memo", json!(""), "[feedetail]"),
        (&upload, "/feedetail/0", json!("a line"), "feedetail第1行"),
    ] {
        let message = if let Some(index) =
            pointer.strip_prefix("/feedetail/").and_then(|rest| rest.parse::<usize>().ok())
        {
            let mut changed = message.clone();
            changed["input"]["feedetail"][index] = value.clone();
            changed
        } else {
            with_input(message, pointer, value.clone())
        };
        let answer = raw.ask(&message).await;
        assert!(sentence(&answer).contains(words), "{pointer} {value}: {answer}");
    }
    assert_eq!(census(&play.world, &[]).await, before, "a refused message was written down");

    // An institution that may not settle, and one of another province's division.
    let code = hospital.settings().code.clone();
    let side = play.world.province(hubei()).unwrap();
    let mut closed = play.world.institution(&code).unwrap().clone();
    (closed.open, closed.changed_at) = (false, play.world.clock.now());
    side.node.put_institution(&closed).await.unwrap();
    let answer = raw.ask(&settle).await;
    assert!(sentence(&answer).contains("未开通或已暂停"), "{answer}");
    closed.place = terms::TreatmentPlace("110101".parse().unwrap());
    assert_eq!(side.node.put_institution(&closed).await.unwrap_err().code(), "wrong-treatment-place");
    (closed.place, closed.open) = (hospital.settings().place, true);
    // The later change wins, in whatever order the hub hears of the two.
    closed.changed_at = closed.changed_at.plus_millis(1);
    side.node.put_institution(&closed).await.unwrap();

    // What only this one could decide is its message's first answer; that is all that a refusal leaves.
    play.world.until_quiet().await.unwrap();
    let before = census(&play.world, &[]).await;
    let wrong = with_input(&settle, "/data/medfee_sumamt", json!(1));
    assert!(sentence(&raw.ask(&wrong).await).contains("不一致"));
    let nobody = with_input(
        &of("2304", settle["input"].clone()),
        "/data/mdtrt_id",
        json!("420000999999999999999999999999"),
    );
    assert!(sentence(&raw.ask(&nobody).await).contains("未查到就诊ID"));
    let mut expected = before;
    *expected.get_mut("420000 hospital_message").unwrap() += 2;
    assert_eq!(census(&play.world, &[]).await, expected);

    // A text that the database cannot keep, in a field that nobody reads, is no reason to refuse.
    let mut admission = hospital.admission(
        patient,
        &country::hospital::Stay::ordinary(
            "ZY910",
            play.world.clock.now().plus_millis(-1_000),
            play.world.clock.now(),
        ),
    );
    admission["mdtrtinfo"]["local_\u{0}note"] = json!("a\u{0}b");
    admission["mdtrtinfo"]["local_note"] = json!({ "deep": [1] });
    let answer = raw.ask(&of("2401", admission)).await;
    assert_eq!(answer["infcode"], json!(0), "{answer}");
    let settled = play.settle(&hospital.next_msgid()).await.unwrap();
    assert_eq!(settled.total, play.total, "and the node settles as before");
    play.dust_settles().await;
}

/// Requests of real clients, as they are.
fn samples() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/samples");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let requests = names.iter().filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.contains("-req-") && path.extension().is_some_and(|end| end == "json")
    });
    let samples: Vec<Value> =
        requests.map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect();
    assert!(samples.len() > 80, "the samples are not where they should be");
    samples
}

/// Writes what is known here over every field of these names, wherever it is.
fn tell(value: &mut Value, known: &[(&str, String)]) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match known.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)) {
                    Some((_, text)) => *value = json!(text),
                    None => tell(value, known),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tell(item, known)),
        _ => {}
    }
}

/// Something that nobody expects in a field.
fn strange(dice: &mut StdRng) -> Value {
    match dice.random_range(0..16) {
        0 => Value::Null,
        1 => json!(""),
        2 => json!(-1),
        3 => json!(0),
        4 => json!(1e18),
        5 => json!(0.000_000_1),
        6 => json!(u64::MAX),
        7 => json!("9".repeat(dice.random_range(1..60))),
        8 => json!("字".repeat(dice.random_range(1..5_000))),
        9 => json!("a\u{0}\u{1b}'\"\\;--\u{202e}"),
        10 => json!([]),
        11 => json!({}),
        12 => json!([{ "a": [1, null] }, 2]),
        13 => json!(true),
        14 => json!(
            ["2026-02-29", "9999-12-31 23:59:59", "00000000", "1900-01-01", "2199-12-31"]
                [dice.random_range(0..5)]
        ),
        _ => json!(
            ["1", "2304", "110101", "420106", "310", "2026-11-10 10:00:00", "0000"][dice.random_range(0..7)]
        ),
    }
}

/// All places of a message that hold a value.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    if !here.is_empty() {
        all.push(here.to_owned());
    }
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                places(value, &format!("{here}/{}", escaped(name)), all);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, &format!("{here}/{index}"), all);
            }
        }
        _ => {}
    }
}

/// A damaged message, and sometimes no message any more.
fn damaged(message: &Value, dice: &mut StdRng) -> Vec<u8> {
    let mut message = message.clone();
    message["msgid"] = json!(format!("D{:016x}", dice.random::<u64>()));
    for _ in 0..dice.random_range(0..4) {
        let mut all = Vec::new();
        places(&message, "", &mut all);
        let place = &all[dice.random_range(0..all.len())];
        if let Some(value) = message.pointer_mut(place) {
            *value = strange(dice);
        }
        if !message.is_object() {
            break;
        }
    }
    let mut body = message.to_string().into_bytes();
    if dice.random_range(0..20) == 0 {
        let at = dice.random_range(0..body.len());
        match dice.random_range(0..3) {
            0 => body.truncate(at),
            1 => body[at] = dice.random(),
            _ => body.insert(at, dice.random()),
        }
    }
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_messages_of_real_clients_are_answered_every_one() {
    let play = Play::prepare().await;
    let raw = Raw::to(&play.world.province(hubei()).unwrap().url());
    let now = play.world.clock.now();
    let settings = play.hospital.settings();
    let known = [
        ("fixmedins_code", settings.code.to_string()),
        ("mdtrtarea_admvs", settings.place.to_string()),
        ("insuplc_admdvs", play.patient.insured.to_string()),
        ("inf_time", now.to_string()),
        ("psn_no", play.patient.number.to_string()),
        ("mdtrt_cert_no", play.patient.citizen.reveal().to_owned()),
        ("certno", play.patient.citizen.reveal().to_owned()),
        ("psn_name", play.patient.name.clone()),
        ("mdtrt_id", play.visit.to_string()),
        ("begntime", now.plus_millis(-86_400_000).to_string()),
        ("endtime", now.to_string()),
        ("fee_ocur_time", now.plus_millis(-86_400_000).to_string()),
        ("diag_time", now.to_string()),
        ("insutype", "310".to_owned()),
    ];
    let strangers = samples();
    // Told of places, institutions and people that are here, they get deep.
    let is_served = |message: &&Value| message["infno"].as_str().is_some_and(|infno| SERVED.contains(&infno));
    let mut guests: Vec<Value> = strangers.iter().filter(is_served).cloned().collect();
    for message in &mut guests {
        tell(message, &known);
    }
    let settle = play.hospital.settlement_input(&play.patient, play.visit, play.total);
    let settle = |infno| play.hospital.envelope("m", infno, Some(play.patient.insured), settle.clone());
    guests.extend(["2303", "2304"].map(settle));
    let mut done = 0;
    for seed in 0..MUTATIONS {
        let mut dice = StdRng::seed_from_u64(seed);
        let messages = if dice.random() { &strangers } else { &guests };
        let message = &messages[dice.random_range(0..messages.len())];
        let body = damaged(message, &mut dice);
        let shown = String::from_utf8_lossy(&body).chars().take(2_000).collect::<String>();
        let came = raw.post(body).await;
        // `envelope` holds what every answer must be: a node that gave up would have no `inf_refmsgid`.
        let outcome = std::panic::catch_unwind(|| envelope(came));
        let answer = outcome.unwrap_or_else(|_| panic!("seed {seed}: {shown}"));
        assert!(!sentence(&answer).contains("平台繁忙"), "seed {seed}: {answer} to {shown}");
        done += u64::from(answer["infcode"] == json!(0));
    }
    assert!(done > MUTATIONS / 20, "only {done} got deep");
    play.dust_settles().await;
}

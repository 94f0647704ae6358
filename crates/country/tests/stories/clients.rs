//! Hospital software that nobody here wrote: clients of other makers, whose messages are kept in `clients/*.json` as they put them
//! on the wire, run their whole sequences for a guest against running nodes. Every answer must hold what that client reads out of
//! it, in the way in which it reads it.
//!
//! A file has the client's envelope, its address, its steps in the order in which it takes them, and what it looks at. What stands
//! between double braces is filled in: the world's hospital and guest, the time, and what an earlier answer gave. A field that is
//! nothing else than a filling keeps its kind; one with `:text` is the text of it. Where a client takes values out of its database, or
//! a message of its sequence is not public, the file has what the standard prints, in that client's dress.

use crate::play::{Play, hubei};
use crate::raw::{Raw, envelope, sentence};
use country::bills::{self, Order};
use hyper::Method;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write as _};
use terms::{Clock, Day, Fen, Moment, SettlementId};
use wire::hospital::archive;

/// A client at its counter.
struct Client {
    play: Play,
    raw: Raw,
    /// The file.
    script: Value,
    /// What may be filled in.
    known: BTreeMap<String, Value>,
    /// How many messages it sent.
    sent: u32,
}

impl Client {
    async fn open(script: &str) -> Self {
        let play = Play::prepare().await;
        let raw = Raw::to(&play.world.province(hubei()).unwrap().url());
        let script: Value = serde_json::from_str(script).unwrap();
        let mut client = Self { play, raw, script, known: BTreeMap::new(), sent: 0 };
        client.introduce();
        client
    }

    /// What does not change: the hospital, the guest, and three items that the catalog has.
    fn introduce(&mut self) {
        let (settings, patient) = (self.play.hospital.settings().clone(), self.play.patient.clone());
        let now = self.play.world.clock.now();
        let level = self.play.world.institution(&settings.code).unwrap().level;
        let (admitted, discharged) = (now.plus_millis(-9 * DAY), now.plus_millis(-3_600_000));
        let order = Order { level, admitted, discharged, total: Fen::yuan(3_000), lines: 3, seed: 1 };
        let items = bills::small_bill(&self.play.world.rules.catalog(hubei()), &order);
        for (index, item) in items.iter().enumerate() {
            self.know(&format!("item{}", index + 1), &item.code);
        }
        self.know("code", settings.code.as_str());
        self.know("name", &settings.name);
        self.know("place", &settings.place.to_string());
        self.know("agency", &format!("{}00", &settings.place.to_string()[..4]));
        self.know("insured", &patient.insured.to_string());
        self.know("certno", patient.citizen.reveal());
        self.know("psn_name", &patient.name);
        self.know("sign_no", "");
        self.know("admitted", &admitted.to_string());
        self.know("discharged", &discharged.to_string());
        let constants = self.script["constants"].as_object().cloned().unwrap_or_default();
        self.known.extend(constants);
    }

    fn know(&mut self, name: &str, text: &str) {
        self.known.insert(name.to_owned(), json!(text));
    }

    /// What is new with every message.
    fn tick(&mut self, infno: &str) {
        self.sent += 1;
        let (now, sent) = (self.play.world.clock.now(), self.sent);
        let (month, last) =
            (now.day().month().number(), now.day().month().first_day().plus_days(-1).month().number());
        for (name, text) in [
            ("infno", infno.to_owned()),
            ("now", now.to_string()),
            ("compact", now.compact()),
            ("today", now.day().to_string()),
            ("midnight", now.day().start().to_string()),
            ("serial3", format!("{sent:03}")),
            ("serial4", format!("{sent:04}")),
            ("hex30", format!("{:030X}", 0x00C0_FFEE_0000_0000_u64 + u64::from(sent))),
            ("year", (month / 100).to_string()),
            ("month", format!("{:02}", month % 100)),
            ("last_year", (last / 100).to_string()),
            ("last_month", format!("{:02}", last % 100)),
        ] {
            self.know(name, &text);
        }
        let msgid = self.filled(&self.script["msgid"].to_string());
        self.known.insert("msgid".to_owned(), serde_json::from_str(&msgid).unwrap());
    }

    /// A text of JSON with its fillings.
    fn filled(&self, template: &str) -> String {
        let (mut text, mut rest) = (String::new(), template);
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").expect("a filling ends");
            let (name, as_text) = name.strip_suffix(":text").map_or((name, false), |name| (name, true));
            let value = self.known.get(name).unwrap_or_else(|| panic!("nothing is known of {name}"));
            let alone = before.strip_suffix('"').zip(after.strip_prefix('"'));
            match (alone, value) {
                (Some((before, after)), value) if !as_text && !value.is_string() => {
                    write!(text, "{before}{value}").unwrap();
                    rest = after;
                }
                (_, value) => {
                    let quoted = json!(plain(value)).to_string();
                    write!(text, "{before}{}", &quoted[1..quoted.len() - 1]).unwrap();
                    rest = after;
                }
            }
        }
        text + rest
    }

    /// The body of a message, as the client writes it.
    fn body(&self, input: &Value) -> String {
        let input = self.filled(&input.to_string());
        let input = if self.script["input"] == "text" { json!(input).to_string() } else { input };
        let template = self.script["envelope"].to_string();
        let (before, after) = template.split_once("\"{{input}}\"").expect("an envelope has an input");
        let message = format!("{}{input}{}", self.filled(before), self.filled(after));
        if self.script["body"] == "form" { format!("={}", form_encoded(&message)) } else { message }
    }

    async fn post(&self, input: &Value) -> (u16, Vec<u8>) {
        let headers = self.script["headers"].as_object().cloned().unwrap_or_default();
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let path = self.filled(self.script["path"].as_str().unwrap());
        self.raw.send(Method::POST, &path, &headers, self.body(input)).await
    }

    /// Takes the steps of all parts, in the order in which the client plays them.
    async fn run(&mut self) {
        for part in self.script["play"].as_array().cloned().unwrap() {
            let steps = self.script["parts"][part.as_str().unwrap()].clone();
            for step in steps.as_array().unwrap_or_else(|| panic!("no part {part}")) {
                self.step(part.as_str().unwrap(), step).await;
            }
        }
    }

    async fn step(&mut self, part: &str, step: &Value) {
        if step["next_month"] == true {
            self.month_passes();
        }
        let infno = step["infno"].as_str().unwrap();
        self.tick(infno);
        for (name, template) in step["set"].as_object().into_iter().flatten() {
            let value = serde_json::from_str(&self.filled(&template.to_string())).unwrap();
            self.known.insert(name.clone(), value);
        }
        if let Some(list) = step["zip"].as_array() {
            let lines: Vec<String> = list.iter().map(|line| self.filled(line.as_str().unwrap())).collect();
            self.know("zip", &base64(&archive::pack("list.txt", &lines.join("\n"))));
        }
        let at = format!("{part} {infno}");
        let answer = self.post(&step["input"]).await;
        if let Some(rows) = step["file"].as_array() {
            check_file(&at, &answer.1, rows);
            return;
        }
        let answer = envelope(answer);
        if let Some(words) = step["refused"].as_str() {
            assert!(sentence(&answer).contains(words), "{at}: {answer}");
            return;
        }
        assert_eq!(answer["infcode"], json!(0), "{at} {}: {answer}", self.body(&step["input"]));
        assert_eq!(plain(&answer["infcode"]), "0", "also as a text");
        assert!(answer["err_msg"].is_null(), "nothing is shown to the cashier");
        check_lengths(&at, &answer);
        for read in step["reads"].as_array().into_iter().flatten() {
            check_read(&at, &answer, read.as_str().unwrap());
        }
        for (path, template) in step["equals"].as_object().into_iter().flatten() {
            let expected = self.filled(&template.to_string());
            let found = only(&answer, path);
            assert_eq!(found.to_string(), expected, "{at} {path}: {answer}");
        }
        for (name, path) in step["keep"].as_object().into_iter().flatten() {
            let value = only(&answer, path.as_str().unwrap()).clone();
            self.known.insert(name.clone(), value);
        }
    }

    /// The first of the next month comes.
    fn month_passes(&self) {
        let today = self.play.world.clock.now().day();
        let days = today.days_until(today.month().next().first_day());
        self.play.world.clock.pass_days(u32::try_from(days).unwrap());
    }
}

const DAY: i64 = 86_400_000;

/// The text of a value, as `toString` gives it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = group.iter().chain([&0; 3]).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        let digit = |place: usize| {
            if place > group.len() { '=' } else { char::from(DIGITS[bits >> (18 - 6 * place) & 63]) }
        };
        [0, 1, 2, 3].map(digit)
    };
    bytes.chunks(3).flat_map(group).collect()
}

fn form_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// All values that a path names: keys between dots, numbers for rows, `*` for every row.
fn named<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    path.split('.').fold(vec![value], |values, key| {
        let step = |value: &'a Value| -> Vec<&'a Value> {
            match (key, value) {
                ("*", Value::Array(rows)) => rows.iter().collect(),
                (key, Value::Array(rows)) => {
                    key.parse().ok().and_then(|row: usize| rows.get(row)).into_iter().collect()
                }
                (key, value) => value.get(key).into_iter().collect(),
            }
        };
        values.into_iter().flat_map(step).collect()
    })
}

fn only<'a>(answer: &'a Value, path: &str) -> &'a Value {
    match named(answer, path)[..] {
        [value] => value,
        _ => panic!("not one {path}: {answer}"),
    }
}

/// Whether what a client reads is there as it reads it: `path kind`, or `path {field,field} kind`.
fn check_read(at: &str, answer: &Value, read: &str) {
    let words: Vec<&str> = read.split(' ').collect();
    let (path, fields, kind) = match words[..] {
        [path, kind] => (path, "", kind),
        [path, fields, kind] => (path, fields.trim_matches(['{', '}']), kind),
        _ => panic!("{read}"),
    };
    for field in fields.split(',') {
        let path = if field.is_empty() { path.to_owned() } else { format!("{path}.{field}") };
        let values = named(answer, &path);
        assert!(!values.is_empty(), "{at}: no {path} in {answer}");
        for value in values {
            assert!(is_readable(kind, value), "{at}: {path} read as {kind} is {value}");
        }
    }
}

fn is_readable(kind: &str, value: &Value) -> bool {
    let scalar = value.is_string() || value.is_number();
    let money = || scalar && plain(value).parse::<Fen>().is_ok();
    match kind {
        // A String that something is done with.
        "text" => value.as_str().is_some_and(|text| !text.is_empty()),
        // A number of the language.
        "number" => value.is_number(),
        // new BigDecimal(text).
        "decimal" => scalar && serde_json::from_str::<serde_json::Number>(&plain(value)).is_ok(),
        // The same of a cancellation.
        "negative" => money() && plain(value).starts_with('-'),
        // value.toString(), which nothing may be null for.
        "there" => scalar,
        // A String of a typed object, which null is assigned to.
        "string" => scalar || value.is_null(),
        "null" => value.is_null(),
        "rows" => value.is_array(),
        "day" => value.as_str().is_some_and(|text| text.len() == 10 && text.parse::<Day>().is_ok()),
        "time" => value.as_str().is_some_and(|text| text.len() == 19 && text.parse::<Moment>().is_ok()),
        "id" => value.as_str().is_some_and(|text| text.parse::<SettlementId>().is_ok()),
        kind => panic!("no client reads as {kind}"),
    }
}

/// The columns into which clients put what they get, with their widths.
const WIDTHS: [(&str, usize); 24] = [
    ("psn_no", 30),
    ("mdtrt_id", 30),
    ("setl_id", 30),
    ("ipt_otp_no", 30),
    ("medins_setl_id", 30),
    ("sign_no", 30),
    ("feedetl_sn", 30),
    ("file_qury_no", 30),
    ("inf_refmsgid", 30),
    ("certno", 50),
    ("psn_name", 50),
    ("psn_cert_type", 6),
    ("mdtrt_cert_type", 3),
    ("gend", 6),
    ("naty", 3),
    ("insutype", 6),
    ("psn_type", 6),
    ("med_type", 6),
    ("cvlserv_flag", 3),
    ("insuplc_admdvs", 6),
    ("clr_optins", 6),
    ("clr_way", 30),
    ("clr_type", 30),
    ("fund_pay_type", 6),
];

/// Whether every field fits its column, wherever it stands.
fn check_lengths(at: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let width = WIDTHS.iter().find(|(name, _)| name == key).map(|(_, width)| *width);
                if let (Some(width), Some(text)) = (width, value.as_str()) {
                    assert!(text.chars().count() <= width, "{at}: {key} {text}");
                }
                check_lengths(at, value);
            }
        }
        Value::Array(rows) => rows.iter().for_each(|row| check_lengths(at, row)),
        _ => {}
    }
}

/// Whether a file has these rows: of each the texts of its 对账结果 and 备注, or how the latter begins.
fn check_file(at: &str, content: &[u8], expected: &[Value]) {
    let shown = || String::from_utf8_lossy(content).into_owned();
    let text = archive::unpack(content).unwrap_or_else(|wrong| panic!("{at} {wrong:?}: {}", shown()));
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), expected.len(), "{at}: {text}");
    for (row, expected) in rows.iter().zip(expected) {
        let (result, memo) = (expected[0].as_str().unwrap(), expected[1].as_str().unwrap());
        assert!(row[4] == result && row[6].starts_with(memo), "{at}: {row:?}");
    }
}

/// Runs a file, and says how many settlements stand in each of the three books at its end.
async fn run(script: &str) -> [usize; 3] {
    let mut client = Client::open(script).await;
    client.run().await;
    client.play.dust_settles().await;
    client.play.standing().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_page_in_javascript_of_the_guangdong_form() {
    assert_eq!(run(include_str!("clients/javascript_shenzhen.json")).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charging_window_in_c_sharp_of_the_hubei_form() {
    assert_eq!(run(include_str!("clients/c_sharp_hubei.json")).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inpatient_his_in_java_of_the_guangdong_form() {
    assert_eq!(run(include_str!("clients/java_guangdong.json")).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inpatient_his_in_java_of_the_hunan_form() {
    assert_eq!(run(include_str!("clients/java_hunan.json")).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_his_of_the_liaoning_form_with_the_a_editions() {
    assert_eq!(run(include_str!("clients/liaoning.json")).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_his_in_java_that_sends_its_input_as_a_text() {
    assert_eq!(run(include_str!("clients/java_text_input.json")).await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_in_python_that_sends_no_nodes() {
    assert_eq!(run(include_str!("clients/python_flat.json")).await, [1, 1, 1]);
}

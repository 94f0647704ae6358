//! The counter of a plain hospital: asks one transaction after the other, and holds every answer against the standard's tables.

use crate::{
    play::{Play, hubei},
    raw::{Raw, sentence},
};
use country::{
    bills::{self, Line, Order},
    hospital::{Stay, fee_input},
};
use serde_json::{Map, Value, json};
use terms::{Clock, Fen};

/// The standard's output tables, one node a line.
const OUTPUTS: &str = include_str!("../../../../wire/tests/output_fields.txt");

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

/// Whether an output has the nodes, fields and kinds of the standard's tables, and nothing besides.
fn check_shape(infno: &str, output: &Value) {
    let mut nodes = Vec::new();
    for line in OUTPUTS.lines().filter(|line| line.split(' ').next() == Some(infno)) {
        let mut words = line.split(' ').skip(1);
        let node = words.next().unwrap();
        nodes.push(node);
        let rows = if node == "-" { output } else { &output[node] };
        let rows: Vec<&Map<String, Value>> = match rows {
            Value::Array(rows) => rows.iter().map(|row| row.as_object().unwrap()).collect(),
            Value::Object(row) => vec![row],
            other => panic!("{infno} {node}: {other}"),
        };
        let fields: Vec<(&str, &str)> = words.map(|word| word.split_once(':').unwrap()).collect();
        for row in rows {
            for (field, kind) in &fields {
                let value = row.get(*field).unwrap_or_else(|| panic!("{infno} {node} has no {field}"));
                assert!(fits(infno, field, kind, value), "{infno} {node}.{field} should be {kind}: {value}");
            }
            let known = |key: &&String| fields.iter().any(|(field, _)| field == key);
            assert!(row.keys().all(|key| known(&key)), "{infno} {node}: {row:?}");
        }
    }
    let Some(written) = output.as_object() else { return };
    // Real platforms answer 9002 under another name than the table's; both are there.
    let known =
        |node: &str| nodes.contains(&node) || (infno, node) == ("9002", "signoutoutb") || nodes == ["-"];
    assert!(written.keys().all(|node| known(node)), "{infno}: {output}");
}

fn fits(infno: &str, field: &str, kind: &str, value: &Value) -> bool {
    // A fund without a limit, a service without a dosage form, somebody still in hospital, a visit not settled yet.
    // Nobody says when the national code tables were made, nor for whom and by whom an item of a catalog is.
    let is_unknown =
        ["createDate", "crte_time", "matn_used_flag", "hilist_use_type", "lmt_cpnd_type", "overlmt_dspo_way"];
    let may_be_null = is_unknown.contains(&field)
        || ["crt_payb_lmt_amt", "dosform_name", "endtime", "setl_id", "setl_dcla_no"].contains(&field);
    match (kind.trim_end_matches('!'), value) {
        (_, Value::Null) => may_be_null || !kind.ends_with('!'),
        ("n", value) => value.is_number(),
        ("b", value) => value.is_boolean(),
        ("d", Value::String(text)) => text.len() == 10,
        ("t", Value::String(text)) => text.len() == 19,
        ("s", value) => value.is_string() || (infno, field) == ("2305", "hifdm_pay"),
        _ => false,
    }
}

/// A counter with nothing done at it yet.
pub struct Counter {
    pub play: Play,
    pub raw: Raw,
}

impl Counter {
    /// Opens it: a stay is discharged and waits to be settled.
    pub async fn open() -> Self {
        let play = Play::prepare().await;
        let raw = Raw::to(&play.world.province(hubei()).unwrap().url());
        Self { play, raw }
    }

    pub fn message(&self, msgid: &str, infno: &str, input: &Value) -> Value {
        self.play.hospital.envelope(msgid, infno, Some(self.play.patient.insured), input.clone())
    }

    /// Asks under a new message id.
    pub async fn ask(&self, infno: &str, input: &Value) -> Value {
        self.raw.ask(&self.message(&self.play.hospital.next_msgid(), infno, input)).await
    }

    /// Asks for what must be done, in the shape of the standard.
    pub async fn done(&self, infno: &str, input: &Value) -> Value {
        let mut answer = self.ask(infno, input).await;
        assert_eq!(answer["infcode"], json!(0), "{infno} {input}: {answer}");
        let output = answer["output"].take();
        let has_output = OUTPUTS.lines().any(|line| line.split(' ').next() == Some(infno));
        if has_output {
            check_shape(infno, &output);
        } else {
            assert!(output.is_null(), "{infno}: {output}");
        }
        output
    }

    /// Asks for what must be refused with these words.
    pub async fn refused(&self, name: &str, infno: &str, input: &Value, words: &str) {
        let answer = self.ask(infno, input).await;
        assert!(sentence(&answer).contains(words), "{name}: {answer}");
    }

    pub fn stay(&self, number: &str) -> Stay {
        let now = self.play.world.clock.now();
        Stay::ordinary(number, now.plus_millis(-9 * DAY), now.plus_millis(-3_600_000))
    }

    pub fn bill(&self, stay: &Stay, seed: u64) -> Vec<Line> {
        let (admitted, discharged, total) = (stay.admitted, stay.discharged, Fen::yuan(20_000));
        let level = self.play.world.institution(&self.play.hospital.settings().code).unwrap().level;
        let catalog = self.play.world.rules.catalog(hubei());
        bills::bill(&catalog, &Order { level, admitted, discharged, total, lines: 8, seed })
    }

    pub fn of_visit(&self) -> Value {
        json!({ "data": { "mdtrt_id": self.play.visit.to_string(), "psn_no": self.play.patient.number.as_str() } })
    }

    pub fn settle(&self, total: Fen) -> Value {
        self.play.hospital.settlement_input(&self.play.patient, self.play.visit, total)
    }

    pub fn cancel(&self, setl_id: &str) -> Value {
        let mut input = self.of_visit();
        input["data"]["setl_id"] = json!(setl_id);
        input
    }

    pub fn lines(&self, stay: &Stay, lines: &[Line]) -> Value {
        fee_input(&self.play.patient, self.play.visit, stay, lines)
    }

    pub async fn admitted(&mut self, stay: &Stay) {
        self.admitted_as(&self.play.hospital.admission(&self.play.patient, stay)).await;
    }

    pub async fn admitted_as(&mut self, input: &Value) {
        let output = self.done("2401", input).await;
        self.play.visit = output["result"]["mdtrt_id"].as_str().unwrap().parse().unwrap();
    }

    pub fn discharge(&self, stay: &Stay) -> Value {
        json!({ "dscginfo": {
            "mdtrt_id": self.play.visit.to_string(), "psn_no": self.play.patient.number.as_str(), "insutype": "310",
            "endtime": stay.discharged.to_string(), "dscg_dept_codg": "A03.01", "dscg_dept_name": "呼吸内科专业",
            "dscg_bed": "0901", "dscg_way": "1",
        }})
    }

    pub fn correction(&self, stay: &Stay) -> Value {
        let mut row = self.play.hospital.admission(&self.play.patient, stay)["mdtrtinfo"].clone();
        row["mdtrt_id"] = json!(self.play.visit.to_string());
        row["ipt_otp_no"] = row["ipt_no"].take();
        json!({ "adminfo": row })
    }

    /// How many settlements stand.
    pub async fn standing(&self) -> [usize; 3] {
        self.play.world.until_quiet().await.unwrap();
        self.play.standing().await
    }
}

/// `input` with one field of a node's first row changed.
pub fn with(input: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = input.clone();
    let (node, field) = pointer.rsplit_once('/').unwrap();
    changed.pointer_mut(node).unwrap_or_else(|| panic!("{node}"))[field] = value;
    changed
}

/// The same line under another serial.
pub fn renamed(line: &Line, serial: &str) -> Line {
    Line { serial: serial.to_owned(), ..line.clone() }
}

//! The counter: every transaction over real HTTP, its answer field by field against the standard's tables, and every no that
//! a cashier can hear.

#[expect(dead_code, reason = "the bad luck of this world is another file's")]
mod play;
#[expect(dead_code, reason = "what was written is counted in another file")]
mod raw;

use country::{
    bills::{self, Line, Order},
    hospital::{AddressForm, Stay, amount, fee_input},
};
use hyper::Method;
use play::{Play, hubei};
use raw::{Raw, envelope, sentence};
use serde_json::{Map, Value, json};
use terms::{AdmissionKind, Clock, Fen};

/// The standard's output tables, one node a line.
const OUTPUTS: &str = include_str!("../../wire/tests/output_fields.txt");

const DAY: i64 = 86_400_000;

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
    let known = |node: &str| nodes.contains(&node) || (infno, node) == ("9002", "signoutoutb");
    assert!(written.keys().all(|node| known(node)), "{infno}: {output}");
}

fn fits(infno: &str, field: &str, kind: &str, value: &Value) -> bool {
    // A fund without a limit, a service without a dosage form, somebody still in hospital, a visit not settled yet.
    let may_be_null = ["crt_payb_lmt_amt", "dosform_name", "endtime", "setl_id"].contains(&field);
    match (kind.trim_end_matches('!'), value) {
        (_, Value::Null) => may_be_null || !kind.ends_with('!'),
        ("n", value) => value.is_number(),
        ("d", Value::String(text)) => text.len() == 10,
        ("t", Value::String(text)) => text.len() == 19,
        ("s", value) => value.is_string() || (infno, field) == ("2305", "hifdm_pay"),
        _ => false,
    }
}

/// A counter with nothing done at it yet.
struct Counter {
    play: Play,
    raw: Raw,
}

impl Counter {
    async fn open() -> Self {
        let play = Play::prepare().await;
        let raw = Raw::to(&play.world.province(hubei()).unwrap().url());
        Self { play, raw }
    }

    fn message(&self, msgid: &str, infno: &str, input: &Value) -> Value {
        self.play.hospital.envelope(msgid, infno, Some(self.play.patient.insured), input.clone())
    }

    /// Asks under a new message id.
    async fn ask(&self, infno: &str, input: &Value) -> Value {
        self.raw.ask(&self.message(&self.play.hospital.next_msgid(), infno, input)).await
    }

    /// Asks for what must be done, in the shape of the standard.
    async fn done(&self, infno: &str, input: &Value) -> Value {
        let mut answer = self.ask(infno, input).await;
        assert_eq!(answer["infcode"], json!(0), "{infno} {input}: {answer}");
        let output = answer["output"].take();
        let has_output = OUTPUTS.lines().any(|line| line.split(' ').next() == Some(infno));
        if has_output {
            check_shape(infno, &output)
        } else {
            assert!(output.is_null(), "{infno}: {output}")
        }
        output
    }

    /// Asks for what must be refused with these words.
    async fn refused(&self, name: &str, infno: &str, input: &Value, words: &str) {
        let answer = self.ask(infno, input).await;
        assert!(sentence(&answer).contains(words), "{name}: {answer}");
    }

    fn stay(&self, number: &str) -> Stay {
        let now = self.play.world.clock.now();
        Stay::ordinary(number, now.plus_millis(-9 * DAY), now.plus_millis(-3_600_000))
    }

    fn bill(&self, stay: &Stay, seed: u64) -> Vec<Line> {
        let (admitted, discharged, total) = (stay.admitted, stay.discharged, Fen::yuan(20_000));
        let level = self.play.world.institution(&self.play.hospital.settings().code).unwrap().level;
        let catalog = self.play.world.rules.catalog(hubei());
        bills::bill(&catalog, &Order { level, admitted, discharged, total, lines: 8, seed })
    }

    fn of_visit(&self) -> Value {
        json!({ "data": { "mdtrt_id": self.play.visit.to_string(), "psn_no": self.play.patient.number.as_str() } })
    }

    fn settle(&self, total: Fen) -> Value {
        self.play.hospital.settlement_input(&self.play.patient, self.play.visit, total)
    }

    fn cancel(&self, setl_id: &str) -> Value {
        let mut input = self.of_visit();
        input["data"]["setl_id"] = json!(setl_id);
        input
    }

    fn lines(&self, stay: &Stay, lines: &[Line]) -> Value {
        fee_input(&self.play.patient, self.play.visit, stay, lines)
    }

    async fn admitted(&mut self, stay: &Stay) {
        self.admitted_as(&self.play.hospital.admission(&self.play.patient, stay)).await;
    }

    async fn admitted_as(&mut self, input: &Value) {
        let output = self.done("2401", input).await;
        self.play.visit = output["result"]["mdtrt_id"].as_str().unwrap().parse().unwrap();
    }

    fn discharge(&self, stay: &Stay) -> Value {
        json!({ "dscginfo": {
            "mdtrt_id": self.play.visit.to_string(), "psn_no": self.play.patient.number.as_str(), "insutype": "310",
            "endtime": stay.discharged.to_string(), "dscg_dept_codg": "A03.01", "dscg_dept_name": "呼吸内科专业",
            "dscg_bed": "0901", "dscg_way": "1",
        }})
    }

    fn correction(&self, stay: &Stay) -> Value {
        let mut row = self.play.hospital.admission(&self.play.patient, stay)["mdtrtinfo"].clone();
        row["mdtrt_id"] = json!(self.play.visit.to_string());
        row["ipt_otp_no"] = row["ipt_no"].take();
        json!({ "adminfo": row })
    }

    /// How many settlements stand.
    async fn standing(&self) -> [usize; 3] {
        self.play.world.until_quiet().await.unwrap();
        self.play.standing().await
    }
}

/// `input` with one field of a node's first row changed.
fn with(input: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = input.clone();
    let (node, field) = pointer.rsplit_once('/').unwrap();
    changed.pointer_mut(node).unwrap_or_else(|| panic!("{node}"))[field] = value;
    changed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transaction_answers_as_the_standards_tables_say() {
    let mut counter = Counter::open().await;
    let patient = counter.play.patient.clone();
    let signed =
        counter.done("9001", &json!({ "signIn": { "opter_no": "0901", "mac": "", "ip": "" } })).await;
    let person = counter.done("1101", &json!({ "data": {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": patient.citizen.reveal(), "certno": "", "psn_name": patient.name,
    }})).await;
    assert_eq!(person["baseinfo"]["psn_no"], json!(patient.number.as_str()));
    assert_eq!(person["insuinfo"][0]["insutype"], json!("310"));
    assert_eq!(person["insuinfo"][0]["insuplc_admdvs"], json!(patient.insured.to_string()));
    let code = counter.play.hospital.settings().code.to_string();
    let found = counter
        .done("1201", &json!({ "medinsinfo": { "fixmedins_type": "1", "fixmedins_code": code } }))
        .await;
    assert_eq!(found["medinsinfo"].as_array().map(Vec::len), Some(1));
    let named = counter.done("1201", &json!({ "medinsinfo": { "fixmedins_name": "示范" } })).await;
    assert!(named["medinsinfo"].as_array().unwrap().len() >= 5);

    // The prepared stay is settled and cancelled first, then settled for good.
    let total = counter.play.total;
    let trial = counter.done("2303", &counter.settle(total)).await;
    let settled = counter.done("2304", &counter.settle(total)).await;
    for field in
        ["medfee_sumamt", "fund_pay_sumamt", "psn_part_amt", "hifp_pay", "act_pay_dedc", "inscp_scp_amt"]
    {
        assert_eq!(trial["setlinfo"][field], settled["setlinfo"][field], "{field}");
    }
    assert_eq!(settled["setlinfo"]["medfee_sumamt"], amount(total));
    let first = settled["setlinfo"]["setl_id"].as_str().unwrap().to_owned();
    let found = counter.done("5203", &counter.cancel(&first)).await;
    assert_eq!(
        (&found["setlinfo"]["refd_setl_flag"], &found["setlinfo"]["medfee_sumamt"]),
        (&json!("0"), &amount(total))
    );
    let undone = counter.done("2305", &counter.cancel(&first)).await;
    assert_eq!(undone["setlinfo"]["medfee_sumamt"], amount(-total));
    let undo = undone["setlinfo"]["setl_id"].as_str().unwrap().to_owned();
    let found = counter.done("5203", &counter.cancel(&first)).await;
    assert_eq!(found["setlinfo"]["refd_setl_flag"], json!("1"));
    let found = counter.done("5203", &counter.cancel(&undo)).await;
    assert_eq!(
        (&found["setlinfo"]["setl_id"], &found["setlinfo"]["medfee_sumamt"]),
        (&json!(undo), &amount(-total))
    );
    let again = counter.done("2304", &counter.settle(total)).await;
    assert_eq!(
        again["setldetail"], settled["setldetail"],
        "cancelled and settled again, it comes to the same"
    );

    // A stay that is settled without having been discharged, with everything in between.
    let stay = counter.stay("ZY900");
    counter.admitted(&stay).await;
    let inpatients = counter.done("5303", &json!({ "data": { "psn_no": patient.number.as_str() } })).await;
    assert_eq!(inpatients["data"].as_array().map(Vec::len), Some(1), "the discharged stay is not among them");
    let lines = counter.bill(&stay, 9);
    let split = counter.done("2301", &counter.lines(&stay, &lines)).await;
    assert_eq!(split["result"].as_array().map(Vec::len), Some(lines.len()));
    counter.done("2403", &counter.correction(&stay)).await;
    counter.done("2402", &counter.discharge(&stay)).await;
    counter.done("2405", &counter.of_visit()).await;
    let period = json!({ "data": {
        "psn_no": patient.number.as_str(), "begntime": stay.admitted.to_string(), "endtime": stay.admitted.day().to_string(),
        "med_type": "21", "mdtrt_id": "",
    }});
    let visits = counter.done("5201", &period).await;
    assert_eq!(visits["mdtrtinfo"].as_array().map(Vec::len), Some(2));
    let details = counter.done("5204", &counter.of_visit()).await;
    let sum: Fen = details
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["det_item_fee_sumamt"].to_string().parse::<Fen>().unwrap())
        .sum();
    assert_eq!(sum, bills::total(&lines));
    let year = counter.done("5206", &json!({ "data": { "psn_no": patient.number.as_str() } })).await;
    let count =
        year["cuminfo"].as_array().unwrap().iter().find(|row| row["cum_type_code"] == "IPT_CNT").unwrap();
    assert_eq!(count["cum"], json!(1.0));
    let yesterday = counter.play.world.clock.now().day().plus_days(-1).to_string();
    let settle = with(&counter.settle(sum), "/data/dscgTime", json!(yesterday));
    let settled = counter.done("2304", &settle).await;
    let of_settlement = counter.cancel(settled["setlinfo"]["setl_id"].as_str().unwrap());
    assert_eq!(counter.done("5204", &of_settlement).await.as_array().map(Vec::len), Some(lines.len()));
    let visit = counter.done("5201", &counter.of_visit()).await;
    assert!(visit["mdtrtinfo"][0]["endtime"].as_str().unwrap().starts_with(&yesterday), "{visit}");
    assert_eq!(counter.standing().await, [2, 2, 2]);

    // A stay that comes to nothing.
    counter.admitted(&counter.stay("ZY901")).await;
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    let mut all = counter.of_visit();
    all["data"]["feedetl_sn"] = json!("0000");
    counter.done("2302", &all).await;
    counter.done("2404", &counter.of_visit()).await;
    let signed_out = json!({ "signOut": { "sign_no": signed["signinoutb"]["sign_no"], "opter_no": "0901" } });
    counter.done("9002", &signed_out).await;
    counter.refused("signed out twice", "9002", &signed_out, "sign_no").await;
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn details_are_refunded_in_parts_and_deleted_one_by_one() {
    let mut counter = Counter::open().await;
    counter.done("2304", &counter.settle(counter.play.total)).await;
    let stay = counter.stay("ZY902");
    counter.admitted(&stay).await;
    let lines = counter.bill(&stay, 3);
    let line = lines.iter().find(|line| line.quantity >= 30_000).expect("three of something").clone();
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    let units = line.quantity / 10_000;
    let price = Fen(line.amount.0 / units);
    let refund = |serial: &str, count: i64| {
        let mut refund = line.clone();
        refund.serial = serial.to_owned();
        refund.amount = Fen(-price.0 * count);
        refund.quantity = -count * 10_000;
        with(&counter.lines(&stay, &[refund]), "/feedetail/0/init_feedetl_sn", json!(line.serial))
    };
    let cases = [
        ("duplicate line", counter.lines(&stay, &lines[..1]), "已上传"),
        ("more than there is", refund("R0", units + 1), "超过原明细"),
        ("of nothing", with(&refund("R0", 1), "/feedetail/0/init_feedetl_sn", json!("X99")), "[X99]"),
        (
            "without an original",
            with(&refund("R0", 1), "/feedetail/0/init_feedetl_sn", json!("")),
            "init_feedetl_sn",
        ),
        (
            "of another item",
            with(&refund("R0", 1), "/feedetail/0/med_list_codg", json!(other_item(&lines, &line))),
            "超过原明细",
        ),
        (
            "unknown item",
            with(&counter.lines(&stay, &[renamed(&line, "N1")]), "/feedetail/0/med_list_codg", json!("X0")),
            "目录",
        ),
        (
            "outside the stay",
            with(
                &counter.lines(&stay, &[renamed(&line, "N1")]),
                "/feedetail/0/fee_ocur_time",
                json!("2020-01-01 08:00:00"),
            ),
            "fee_ocur_time",
        ),
        (
            "not price times quantity",
            with(
                &counter.lines(&stay, &[renamed(&line, "N1")]),
                "/feedetail/0/det_item_fee_sumamt",
                json!(0.03),
            ),
            "单价乘数量",
        ),
    ];
    for (name, input, words) in cases {
        counter.refused(name, "2301", &input, words).await;
    }
    let sum = async || {
        let details = counter.done("5204", &counter.of_visit()).await;
        details
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["det_item_fee_sumamt"].to_string().parse::<Fen>().unwrap())
            .sum::<Fen>()
    };
    let total = bills::total(&lines);
    assert_eq!(sum().await, total, "refused lines leave nothing behind");
    let part = counter.done("2301", &refund("R1", 1)).await;
    assert_eq!(part["result"][0]["det_item_fee_sumamt"], amount(-price));
    assert_eq!(sum().await, total - price);
    let rest = counter.done("2301", &refund("R2", units - 1)).await;
    assert_eq!(rest["result"][0]["det_item_fee_sumamt"], amount(price.scaled((1 - units) * 10_000)));
    assert_eq!(sum().await, total - line.amount, "refunded in whole");
    counter.refused("nothing left", "2301", &refund("R3", 1), "超过原明细").await;
    counter
        .refused(
            "a refund of a refund",
            "2301",
            &with(&refund("R3", 1), "/feedetail/0/init_feedetl_sn", json!("R1")),
            "[R1]",
        )
        .await;

    let delete = |serials: &[&str]| {
        let row = |serial: &&str| with(&counter.of_visit(), "/data/feedetl_sn", json!(serial))["data"].take();
        json!({ "data": serials.iter().map(row).collect::<Vec<_>>() })
    };
    counter.refused("its refunds first", "2302", &delete(&[&line.serial]), "退费明细").await;
    counter.refused("unknown", "2302", &delete(&["R1", "X99"]), "[X99]").await;
    counter.done("2302", &delete(&["R1"])).await;
    counter.done("2302", &delete(&["R2", &line.serial])).await;
    assert_eq!(sum().await, total - line.amount);
    counter.done("2301", &counter.lines(&stay, std::slice::from_ref(&line))).await;
    let input = counter.settle(total);
    counter.done("2402", &counter.discharge(&stay)).await;
    counter.done("2304", &input).await;
    counter.refused("settled", "2301", &counter.lines(&stay, &[renamed(&line, "N1")]), "已结算").await;
    counter.refused("settled", "2302", &delete(&["0000"]), "已结算").await;
    counter.play.dust_settles().await;
}

fn renamed(line: &Line, serial: &str) -> Line {
    Line { serial: serial.to_owned(), ..line.clone() }
}

fn other_item(lines: &[Line], line: &Line) -> String {
    lines.iter().find(|other| other.code != line.code).unwrap().code.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_no_at_the_counter() {
    let mut counter = Counter::open().await;
    let play = &counter.play;
    let (total, stay, patient) = (play.total, counter.stay("ZY903"), play.patient.clone());
    let admission = play.hospital.admission(&patient, &stay);
    let (visit, settle, lines) = (counter.of_visit(), counter.settle(total), counter.bill(&stay, 5));
    let nobody = "420000179526000000000000000001";
    let reverse = |omsgid: &str, oinfno: &str| json!({ "data": { "psn_no": patient.number.as_str(), "omsgid": omsgid, "oinfno": oinfno } });
    let tomorrow = play.world.clock.now().plus_millis(2 * DAY).to_string();
    // The prepared stay is discharged and not settled.
    for (name, infno, input, words) in [
        ("a stranger", "1101", json!({ "data": { "certno": "110101194106189151" } }), "未查到该人员"),
        (
            "a number that does not check",
            "1101",
            json!({ "data": { "certno": "110101194106189152" } }),
            "certno",
        ),
        (
            "another's name",
            "1101",
            json!({ "data": { "certno": patient.citizen.reveal(), "psn_name": "某某" } }),
            "psn_name",
        ),
        ("nobody named", "1101", json!({ "data": { "certno": "" } }), "mdtrt_cert_no"),
        ("no institution named", "1201", json!({ "medinsinfo": {} }), "fixmedins_code"),
        ("a stranger", "2401", with(&admission, "/mdtrtinfo/psn_no", json!("999900000001")), "未查到该人员"),
        ("another scheme", "2401", with(&admission, "/mdtrtinfo/insutype", json!("390")), "390"),
        (
            "third party",
            "2401",
            with(&admission, "/mdtrtinfo/exp_content", json!({ "TRUM_FLAG": "1", "REL_TTP_FLAG": "1" })),
            "第三方",
        ),
        (
            "an injury by whom",
            "2401",
            with(&admission, "/mdtrtinfo/exp_content", json!({ "TRUM_FLAG": "1" })),
            "REL_TTP_FLAG",
        ),
        (
            "admitted the day after tomorrow",
            "2401",
            with(&admission, "/mdtrtinfo/begntime", json!(tomorrow)),
            "begntime",
        ),
        ("no diagnosis", "2401", json!({ "mdtrtinfo": admission["mdtrtinfo"], "diseinfo": [] }), "diseinfo"),
        ("discharged twice", "2402", counter.discharge(&stay), "出院未结算"),
        ("withdrawn after discharge", "2404", visit.clone(), "出院未结算"),
        ("another's visit", "2404", with(&visit, "/data/psn_no", json!("999900000001")), "psn_no"),
        ("no such visit", "2404", with(&visit, "/data/mdtrt_id", json!(nobody)), "未查到就诊ID"),
        ("no such visit", "2405", with(&visit, "/data/mdtrt_id", json!("7")), "未查到就诊ID[7]"),
        (
            "corrected to third party",
            "2403",
            with(
                &counter.correction(&stay),
                "/adminfo/exp_content",
                json!({ "TRUM_FLAG": "1", "REL_TTP_FLAG": "1" }),
            ),
            "第三方",
        ),
        (
            "corrected to the future",
            "2403",
            with(&counter.correction(&stay), "/adminfo/begntime", json!(tomorrow)),
            "begntime",
        ),
        ("not the sum", "2303", with(&settle, "/data/medfee_sumamt", json!(1)), "medfee_sumamt"),
        ("not the sum", "2304", with(&settle, "/data/medfee_sumamt", amount(total + Fen(1))), "不一致"),
        ("another person", "2304", with(&settle, "/data/psn_no", json!("999900000001")), "psn_no"),
        ("another scheme", "2304", with(&settle, "/data/insutype", json!("390")), "insutype"),
        ("half-way", "2304", with(&settle, "/data/mid_setl_flag", json!("1")), "mid_setl_flag"),
        ("half-way", "2303", with(&settle, "/data/mid_setl_flag", json!(1)), "mid_setl_flag"),
        ("no such visit", "2304", with(&settle, "/data/mdtrt_id", json!(nobody)), "未查到就诊ID"),
        ("below nothing", "2304", with(&settle, "/data/medfee_sumamt", json!(-1)), "medfee_sumamt"),
        ("no such settlement", "2305", counter.cancel(nobody), "未查到结算ID"),
        ("no such settlement", "5203", counter.cancel(nobody), "未查到结算ID"),
        ("not settled yet", "5203", visit.clone(), "未查到结算ID"),
        ("nothing named", "5204", json!({ "data": { "psn_no": patient.number.as_str() } }), "setl_id"),
        ("no such visit", "5204", with(&visit, "/data/mdtrt_id", json!(nobody)), "未查到就诊ID"),
        ("no period", "5201", json!({ "data": { "psn_no": patient.number.as_str() } }), "begntime"),
        (
            "a thirteenth month",
            "5206",
            json!({ "data": { "psn_no": patient.number.as_str(), "cum_ym": "202613" } }),
            "cum_ym",
        ),
        ("a stranger", "5206", json!({ "data": { "psn_no": "999900000001" } }), "未查到该人员"),
        ("not to be reversed", "2601", reverse("m", "2301"), "不能冲正"),
        ("no session", "9002", json!({ "signOut": { "sign_no": "1" } }), "sign_no"),
    ] {
        counter.refused(name, infno, &input, words).await;
    }
    assert_eq!(counter.standing().await, [0, 0, 0]);

    // In hospital, with nothing on the bill yet.
    counter.admitted(&stay).await;
    let withdraw = counter.of_visit();
    for (name, infno, input, words) in [
        ("already in hospital", "2401", with(&admission, "/mdtrtinfo/ipt_no", json!("ZY904")), "在院"),
        (
            "nothing to settle",
            "2303",
            with(&counter.settle(total), "/data/dscgTime", json!("")),
            "没有未结算的费用明细",
        ),
        ("before discharge", "2304", counter.settle(total), "2402"),
        ("not discharged", "2405", counter.of_visit(), "在院"),
        (
            "discharged before admission",
            "2402",
            with(&counter.discharge(&stay), "/dscginfo/endtime", json!("2026-01-01 00:00:00")),
            "endtime",
        ),
        (
            "discharged in the future",
            "2402",
            with(&counter.discharge(&stay), "/dscginfo/endtime", json!(tomorrow)),
            "endtime",
        ),
        (
            "discharged in another scheme",
            "2402",
            with(&counter.discharge(&stay), "/dscginfo/insutype", json!("390")),
            "insutype",
        ),
        (
            "another's lines",
            "2301",
            with(&counter.lines(&stay, &lines), "/feedetail/1/psn_no", json!("9")),
            "psn_no",
        ),
        (
            "two visits' lines",
            "2301",
            with(&counter.lines(&stay, &lines), "/feedetail/1/mdtrt_id", json!(nobody)),
            "feedetail第2行.mdtrt_id",
        ),
    ] {
        counter.refused(name, infno, &input, words).await;
    }
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    counter.refused("lines are in the way", "2404", &withdraw, "明细").await;
    counter.done("2402", &counter.discharge(&stay)).await;
    let settle = counter.settle(bills::total(&lines));
    let first = counter.done("2304", &settle).await["setlinfo"]["setl_id"].as_str().unwrap().to_owned();
    for (name, infno, input, words) in [
        ("settled twice", "2304", settle.clone(), "已结算"),
        ("tried after", "2303", settle, "已结算"),
        ("undischarged after", "2405", counter.of_visit(), "已结算"),
        ("corrected after", "2403", counter.correction(&stay), "已结算"),
        (
            "another visit's settlement",
            "2305",
            with(&counter.cancel(&first), "/data/mdtrt_id", visit["data"]["mdtrt_id"].clone()),
            "未查到结算ID",
        ),
        (
            "another person's settlement",
            "2305",
            with(&counter.cancel(&first), "/data/psn_no", json!("9")),
            "psn_no",
        ),
        (
            "another person's settlement",
            "5203",
            with(&counter.cancel(&first), "/data/psn_no", json!("9")),
            "psn_no",
        ),
    ] {
        counter.refused(name, infno, &input, words).await;
    }
    counter.done("2305", &counter.cancel(&first)).await;
    counter.refused("cancelled twice", "2305", &counter.cancel(&first), "不能再次撤销").await;
    assert_eq!(counter.standing().await, [0, 0, 0]);

    // All of it refunded: there is nothing to settle.
    counter.admitted(&counter.stay("ZY905")).await;
    counter.done("2301", &counter.lines(&stay, &lines[..1])).await;
    let mut back = renamed(&lines[0], "R1");
    (back.amount, back.quantity) = (-back.amount, -back.quantity);
    let back = with(&counter.lines(&stay, &[back]), "/feedetail/0/init_feedetl_sn", json!(lines[0].serial));
    counter.done("2301", &back).await;
    counter.done("2402", &counter.discharge(&stay)).await;
    counter.refused("all refunded", "2304", &counter.settle(Fen::ZERO), "没有未结算的费用明细").await;
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_sent_again_gets_its_first_answer() {
    let mut counter = Counter::open().await;
    let total = counter.play.total;
    let post = async |message: &Value| counter.raw.post(message.to_string()).await.1;
    let message = |msgid: &str, infno: &str, input: &Value| counter.message(msgid, infno, input);

    // A refusal is the first answer as well; another transaction under the same id is another message.
    let wrong = with(&counter.settle(total), "/data/medfee_sumamt", json!(1));
    let refused = post(&message("m1", "2304", &wrong)).await;
    assert_eq!(post(&message("m1", "2304", &wrong)).await, refused, "to the byte");
    let reused = envelope((200, post(&message("m1", "2304", &counter.settle(total))).await));
    assert!(sentence(&reused).contains("请更换msgid"), "{reused}");
    let trial = envelope((200, post(&message("m1", "2303", &counter.settle(total))).await));
    assert_eq!(trial["infcode"], json!(0), "{trial}");

    // Two at once: one settlement, one answer.
    let both = message("m2", "2304", &counter.settle(total));
    let (one, other) = tokio::join!(post(&both), post(&both));
    assert_eq!(one, other);
    let settled = envelope((200, one.clone()));
    assert_eq!(settled["infcode"], json!(0), "{settled}");
    let mut later = both.clone();
    (later["inf_time"], later["opter"]) =
        (json!(counter.play.world.clock.now().plus_millis(60_000).to_string()), json!("0902"));
    assert_eq!(post(&later).await, one, "another time and operator are the same message");
    let setl_id = settled["output"]["setlinfo"]["setl_id"].as_str().unwrap().to_owned();
    let cancel = message("m2", "2305", &counter.cancel(&setl_id));
    let (one, other) = tokio::join!(post(&cancel), post(&cancel));
    assert_eq!((envelope((200, one.clone()))["infcode"].as_i64(), &one), (Some(0), &other));
    assert_eq!(post(&both).await, post(&both).await, "what is cancelled was still answered so");

    // Two admissions at once of one message, and of two.
    let stay = counter.stay("ZY906");
    let admission = message("m3", "2401", &counter.play.hospital.admission(&counter.play.patient, &stay));
    let (one, other) = tokio::join!(post(&admission), post(&admission));
    assert_eq!((envelope((200, one.clone()))["infcode"].as_i64(), &one), (Some(0), &other));
    let reverse = |omsgid: &str, oinfno: &str| json!({ "data": { "psn_no": counter.play.patient.number.as_str(), "omsgid": omsgid, "oinfno": oinfno } });
    let reversal = message("m3", "2601", &reverse("m3", "2401"));
    assert_eq!(post(&reversal).await, post(&reversal).await);
    let gone = envelope((200, post(&admission).await));
    assert!(sentence(&gone).contains("已被冲正"), "{gone}");
    let two = ["m4", "m5"].map(|msgid| message(msgid, "2401", &admission["input"]));
    let (one, other) = tokio::join!(counter.raw.ask(&two[0]), counter.raw.ask(&two[1]));
    let outcomes = [one["infcode"].as_i64().unwrap(), other["infcode"].as_i64().unwrap()];
    assert_eq!(outcomes.iter().sum::<i64>(), -1, "one person lies in one bed: {one} {other}");
    let won = if outcomes[0] == 0 { "m4" } else { "m5" };
    let visit = if outcomes[0] == 0 { &one } else { &other }["output"]["result"]["mdtrt_id"].clone();

    // With lines an admission is not reversed, and the refused reversal leaves it as it was.
    counter.play.visit = visit.as_str().unwrap().parse().unwrap();
    let lines = counter.bill(&stay, 6);
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    counter.refused("with lines", "2601", &reverse(won, "2401"), "明细").await;
    counter
        .refused("another's", "2601", &with(&reverse(won, "2401"), "/data/psn_no", json!("9")), "psn_no")
        .await;
    counter.done("2402", &counter.discharge(&stay)).await;
    let settle = counter.message("m6", "2304", &counter.settle(bills::total(&lines)));
    assert_eq!(counter.raw.ask(&settle).await["infcode"], json!(0));
    counter
        .refused("another's", "2601", &with(&reverse("m6", "2304"), "/data/psn_no", json!("9")), "psn_no")
        .await;
    assert_eq!(counter.standing().await, [1, 1, 1]);
    counter.done("2601", &reverse("m6", "2304")).await;
    assert_eq!(counter.standing().await, [0, 0, 0]);
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dress_of_a_message_is_understood() {
    let mut counter = Counter::open().await;
    counter.done("2304", &counter.settle(counter.play.total)).await;
    let ask =
        counter.message("m1", "5206", &json!({ "data": { "psn_no": counter.play.patient.number.as_str() } }));
    let expected = counter.raw.ask(&ask).await["output"].take();
    for form in AddressForm::ALL {
        let came = counter.raw.send(Method::POST, &form.path("5206"), &[], ask.to_string()).await;
        assert_eq!(envelope(came)["output"], expected, "{form:?}");
    }
    for kind in ["text/plain;charset=UTF-8", "application/json", "application/x-www-form-urlencoded", ""] {
        let body = if kind.ends_with("urlencoded") { format!("={ask}") } else { format!("\u{feff}{ask}") };
        let headers: &[(&str, &str)] = if kind.is_empty() { &[] } else { &[("content-type", kind)] };
        let came = counter.raw.send(Method::POST, "/eapdomain/callService", headers, body).await;
        assert_eq!(envelope(came)["output"], expected, "{kind}");
    }

    // Every form of what says that an admission is an emergency; nodes and fields in other spellings.
    let stay = counter.stay("ZY907");
    for (exp_content, kind) in [
        (json!(r#"{"IPT_TYPE":"2"}"#), AdmissionKind::Emergency),
        (json!({ "ipt_type": 2 }), AdmissionKind::Emergency),
        (json!(r#"{"IPT_TYPE":"\2\","TRUM_FLAG":"\0\"}"#), AdmissionKind::Emergency),
        (json!(""), AdmissionKind::Ordinary),
    ] {
        let mut input = counter.play.hospital.admission(&counter.play.patient, &stay);
        let mut row = input["mdtrtinfo"].take();
        row.as_object_mut().unwrap().remove("exp_content");
        (row["expContent"], row["psn_No"]) = (exp_content.clone(), row["psn_no"].take());
        let disease = input["diseinfo"][0].take();
        counter.admitted_as(&json!({ "MdtrtInfo": [row], "diseinfo": disease })).await;
        let code = &counter.play.hospital.settings().code;
        let store = &counter.play.world.province(hubei()).unwrap().node.context.store;
        let visit =
            store::visit::find(&mut store.conn().await.unwrap(), code, counter.play.visit).await.unwrap();
        assert_eq!(visit.unwrap().admission_kind, kind, "{exp_content}");
        counter.done("2404", &counter.of_visit()).await;
    }

    // Numbers as text, one line as an object, a node's fields directly in the input.
    counter.admitted(&stay).await;
    let line = counter.bill(&stay, 8).remove(0);
    let mut row = counter.lines(&stay, std::slice::from_ref(&line))["feedetail"][0].take();
    for field in ["det_item_fee_sumamt", "cnt", "pric"] {
        row[field] = json!(row[field].to_string());
    }
    let split = counter.done("2301", &json!({ "fee_detail": row })).await;
    assert_eq!(split["result"][0]["det_item_fee_sumamt"], amount(line.amount), "{split}");
    let mut flat = counter.settle(line.amount)["data"].take();
    flat["medfee_sumamt"] = json!(line.amount.to_string());
    flat["invono"] = json!("90000001");
    flat["dscg_time"] = json!(stay.discharged.to_string());
    let settled = counter.done("2304", &flat).await;
    let found = counter.done("5203", &counter.cancel(settled["setlinfo"]["setl_id"].as_str().unwrap())).await;
    assert_eq!(found["setlinfo"]["invono"], json!("90000001"), "what was said flat is kept as well");
    counter.play.dust_settles().await;
}

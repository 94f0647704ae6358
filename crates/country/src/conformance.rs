//! The conformance kit: plays a hospital's whole sequences against any platform that speaks the national interface, and says
//! of each step whether the answers conform; and stands as a proxy between a client and its platform, and says the same of
//! the client's messages.
//!
//! It knows the interface and nothing of the platform: what fails here fails against the standard's tables
//! ([`wire::hospital::conformance`]), against the identities of amounts, or against what the standard says of sending again
//! and of undoing.

use crate::{
    bills::Line,
    hospital::{Answered, Hospital, Patient, Settled, Stay, fee_input},
    transcript::{self, Entry, Transcript, deviation_line, deviation_value},
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use node::watch::Exchange;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};
use terms::{CitizenId, Clock, Fen, InsuredPlace, Moment, VisitId};
use wire::hospital::conformance::{self, Weight};

/// What is played against the platform.
pub struct Script {
    /// The hospital's software, set up for the platform.
    pub hospital: Hospital,
    /// 参保地 and 公民身份号码 of the person who is treated; without one only what needs nobody is played.
    pub person: Option<(InsuredPlace, CitizenId)>,
    /// The lines of the bill, at times within the stay.
    pub lines: Vec<Line>,
    /// When the stay began and ended.
    pub stay: (Moment, Moment),
}

/// One step of the sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub name: String,
    /// What does not conform.
    pub failures: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// How it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Report {
    /// Whether nothing failed.
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.failures.is_empty())
    }

    /// As lines of text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for step in &self.steps {
            let mark = if step.failures.is_empty() { "通过" } else { "不符" };
            writeln!(text, "{mark}  {}", step.name).expect(ANY);
            step.failures.iter().for_each(|line| writeln!(text, "        {line}").expect(ANY));
            step.notes.iter().for_each(|line| writeln!(text, "        （{line}）").expect(ANY));
        }
        let failed = self.steps.iter().filter(|step| !step.failures.is_empty()).count();
        writeln!(text, "共{}步，{failed}步不符合规范", self.steps.len()).expect(ANY);
        text
    }

    /// As JSON.
    pub fn value(&self) -> Value {
        let step = |step: &Step| json!({ "name": step.name, "failures": step.failures, "notes": step.notes });
        json!({ "passed": self.passed(), "steps": self.steps.iter().map(step).collect::<Vec<_>>() })
    }
}

const ANY: &str = "a string takes any text";

/// Plays the script.
pub async fn play(script: &Script) -> Report {
    let mut player = Player { hospital: &script.hospital, report: Report::default() };
    player.convention().await;
    player.session().await;
    player.directory().await;
    match &script.person {
        Some((insured, citizen)) => {
            if let Some(patient) = player.person(*insured, citizen).await {
                player.stay(&patient, script).await;
            }
        }
        None => player.step("1101 人员信息和住院：没有给出参保人（--insured、--person），未检查"),
    }
    player.sign_out().await;
    player.report
}

struct Player<'a> {
    hospital: &'a Hospital,
    report: Report,
}

impl Player<'_> {
    fn step(&mut self, name: &str) {
        self.report.steps.push(Step { name: name.to_owned(), ..Step::default() });
    }

    fn current(&mut self) -> &mut Step {
        self.report.steps.last_mut().expect("a check is of a step")
    }

    fn fail(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.current().failures.push(what);
    }

    fn note(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.current().notes.push(what);
    }

    fn check(&mut self, holds: bool, what: &str) {
        if !holds {
            self.fail(what);
        }
    }

    /// Sends an envelope and checks the answer's form. The answer in clear, if there is one.
    async fn exchange(&mut self, infno: &str, envelope: Value) -> Option<Value> {
        let body = self.hospital.seal(envelope).to_string();
        let answered = self.post(infno, body).await?;
        let answer: Option<Value> = serde_json::from_slice(&answered.body).ok();
        let Some(answer) = answer else {
            self.fail("应答不是JSON");
            return None;
        };
        if answer.get("infcode").is_none() {
            let said = answer.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
            self.fail(format!("网关拒绝，报文没有办理：{said}"));
            return None;
        }
        let answer = match self.hospital.unseal(answer) {
            Ok(answer) => answer,
            Err(wrong) => {
                self.fail(wrong.to_string());
                return None;
            }
        };
        let found = conformance::of_answer(infno, answer.to_string().as_bytes());
        for deviation in found {
            let line = deviation_line(&deviation);
            match deviation.rule.weight() {
                Weight::Fault => self.fail(line),
                Weight::Note => self.note(line),
            }
        }
        Some(answer)
    }

    async fn post(&mut self, infno: &str, body: String) -> Option<Answered> {
        match self.hospital.post(infno, body).await {
            Ok(answered) => {
                self.check(answered.status == 200, &format!("应为HTTP 200，实为{}", answered.status));
                if !answered.content_type.contains("json") {
                    self.note(format!("Content-Type为[{}]", answered.content_type));
                }
                Some(answered)
            }
            Err(error) => {
                self.fail(error.to_string());
                None
            }
        }
    }

    /// A transaction that must succeed: its output.
    async fn done(
        &mut self,
        infno: &str,
        msgid: &str,
        insured: Option<InsuredPlace>,
        input: &Value,
    ) -> Option<Value> {
        let envelope = self.hospital.envelope(msgid, infno, insured, input.clone());
        let answer = self.exchange(infno, envelope).await?;
        if succeeded(&answer) {
            return Some(answer);
        }
        let said = answer.get("err_msg").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.fail(format!("被拒绝：{said}"));
        None
    }

    /// The same with a message id of its own.
    async fn anew(&mut self, infno: &str, insured: Option<InsuredPlace>, input: &Value) -> Option<Value> {
        let msgid = self.hospital.next_msgid();
        self.done(infno, &msgid, insured, input).await
    }

    /// A message that must be refused by the convention: HTTP 200, `infcode` -1, a sentence.
    async fn refused(&mut self, envelope: Value) {
        let infno = envelope["infno"].as_str().unwrap_or_default().to_owned();
        if let Some(answer) = self.exchange(&infno, envelope).await {
            self.check(!succeeded(&answer), "应当拒绝，却回答成功");
            self.check(answer.get("infcode") == Some(&json!(-1)), "拒绝的infcode应为数值-1");
            let said = answer.get("err_msg").and_then(Value::as_str).unwrap_or_default();
            let length = said.chars().count();
            self.check((1..=200).contains(&length), "err_msg应为1至200字的说明");
        }
    }

    /// How errors are told (section 3 of the standard's conventions).
    async fn convention(&mut self) {
        self.step("错误约定：未知交易编号");
        let envelope =
            |infno: &str, msgid: &str| self.hospital.envelope(msgid, infno, None, json!({ "data": {} }));
        let unknown = envelope("0000", &self.hospital.next_msgid());
        let nameless = envelope("1201", "");
        self.refused(unknown).await;
        self.step("错误约定：缺少报文ID");
        self.refused(nameless).await;
        self.step("错误约定：报文不是JSON");
        if let Some(answered) = self.post("1201", "not json".to_owned()).await {
            let answer: Value = serde_json::from_slice(&answered.body).unwrap_or_default();
            self.check(answer.is_object(), "应答应为JSON对象");
            self.check(!succeeded(&answer), "应当拒绝，却回答成功");
        }
    }

    async fn session(&mut self) {
        self.step("9001 签到");
        let operator = &self.hospital.settings().operator.0;
        let input = json!({ "signIn": { "opter_no": operator, "mac": "", "ip": "127.0.0.1" } });
        let msgid = self.hospital.next_msgid();
        let Some(answer) = self.done("9001", &msgid, None, &input).await else { return };
        let sign_no = answer.pointer("/output/signinoutb/sign_no").and_then(Value::as_str);
        self.check(sign_no.is_some_and(|sign_no| !sign_no.is_empty()), "没有签到编号sign_no");
        if let Some(sign_no) = sign_no {
            self.hospital.signed_in(sign_no);
        }
    }

    async fn sign_out(&mut self) {
        self.step("9002 签退");
        let operator = self.hospital.settings().operator.0.clone();
        let envelope = self.hospital.envelope(&self.hospital.next_msgid(), "9002", None, json!({}));
        let sign_no = envelope["sign_no"].clone();
        let input = json!({ "signOut": { "sign_no": sign_no, "opter_no": operator } });
        self.anew("9002", None, &input).await;
    }

    async fn directory(&mut self) {
        self.step("1201 医药机构信息获取");
        let code = self.hospital.settings().code.to_string();
        let input =
            json!({ "medinsinfo": { "fixmedins_type": "1", "fixmedins_name": "", "fixmedins_code": code } });
        if let Some(answer) = self.anew("1201", None, &input).await {
            let own = rows(&answer["output"]["medinsinfo"]).iter().any(|row| row["fixmedins_code"] == code);
            self.check(own, "没有本机构");
        }
        self.step("1901 字典表查询");
        let input = json!({ "data": {
            "type": "med_type", "parent_value": "", "admdvs": self.hospital.settings().place.to_string(),
            "date": "", "Vali_Flag": "1",
        }});
        if let Some(answer) = self.anew("1901", None, &input).await {
            self.check(!rows(&answer["output"]["list"]).is_empty(), "没有医疗类别");
        }
    }

    /// 1101: the person, whom the rest is about.
    async fn person(&mut self, insured: InsuredPlace, citizen: &CitizenId) -> Option<Patient> {
        self.step("1101 人员基本信息获取");
        let number = citizen.reveal();
        let input = json!({ "data": {
            "mdtrt_cert_type": "02", "mdtrt_cert_no": number, "card_sn": "", "begntime": "", "psn_cert_type": "01",
            "certno": number, "psn_name": "",
        }});
        let answer = self.anew("1101", Some(insured), &input).await?;
        let base = &answer["output"]["baseinfo"];
        self.check(base["certno"] == number, "证件号码不是所问的");
        let enrolments = rows(&answer["output"]["insuinfo"]);
        self.check(!enrolments.is_empty(), "没有参保信息insuinfo");
        match Patient::read(&answer) {
            Ok(patient) => Some(patient),
            Err(error) => {
                self.fail(error.to_string());
                None
            }
        }
    }

    /// A stay from admission to settlement, and all of it undone.
    async fn stay(&mut self, patient: &Patient, script: &Script) {
        let insured = Some(patient.insured);
        let (admitted, discharged) = script.stay;
        let number = format!("CONF{}", admitted.compact());
        let stay = Stay::ordinary(&number, admitted, discharged);

        self.step("2401 入院办理，同一报文重发");
        let (msgid, input) = (self.hospital.next_msgid(), self.hospital.admission(patient, &stay));
        let Some(answer) = self.done("2401", &msgid, insured, &input).await else { return };
        let Some(visit) = visit_of(&answer) else { return self.fail("没有就诊ID") };
        if let Some(again) = self.done("2401", &msgid, insured, &input).await {
            self.check(
                again.pointer("/output/result/mdtrt_id") == answer.pointer("/output/result/mdtrt_id"),
                "同一报文重发得到另一个就诊ID：重复登记",
            );
        }
        self.bill(patient, &visit, &stay, script).await;

        self.step("2402 出院办理");
        let input = of_visit(&Hospital::discharge_input(patient, any_visit(), &stay), &visit);
        self.anew("2402", insured, &input).await;
        let total: Fen = script.lines.iter().map(|line| line.amount).sum();
        self.settlements(patient, &visit, total, script).await;

        self.step("2405 出院撤销、2302 明细全部撤销、2404 入院撤销");
        let named = json!({ "data": { "mdtrt_id": visit, "psn_no": patient.number.as_str() } });
        self.anew("2405", insured, &named).await;
        let all = json!({ "data": [{ "feedetl_sn": "0000", "mdtrt_id": visit, "psn_no": patient.number.as_str() }] });
        self.anew("2302", insured, &all).await;
        self.anew("2404", insured, &named).await;
    }

    async fn bill(&mut self, patient: &Patient, visit: &str, stay: &Stay, script: &Script) {
        self.step("2301 住院费用明细上传，同一报文重发");
        let msgid = self.hospital.next_msgid();
        let input = of_visit(&fee_input(patient, any_visit(), stay, &script.lines), visit);
        let Some(answer) = self.done("2301", &msgid, Some(patient.insured), &input).await else { return };
        let split = rows(&answer["output"]["result"]);
        self.check(split.len() == script.lines.len(), "应答的明细数与上传的不符");
        for (row, line) in split.iter().zip(&script.lines) {
            let amount = |name: &str| crate::hospital::read_fen(&row[name]).unwrap_or_default();
            self.check(row["feedetl_sn"] == line.serial.as_str(), "应答的明细顺序与上传的不符");
            self.check(amount("det_item_fee_sumamt") == line.amount, "应答的明细金额与上传的不符");
            let parts = ["fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt"];
            let sum: Fen = parts.into_iter().map(amount).sum();
            self.check(sum == line.amount, "明细的四部分之和不等于金额");
        }
        if let Some(again) = self.done("2301", &msgid, Some(patient.insured), &input).await {
            self.check(again["output"] == answer["output"], "同一报文重发得到另一个应答");
        }
    }

    async fn settlements(&mut self, patient: &Patient, visit: &str, total: Fen, script: &Script) {
        let insured = Some(patient.insured);
        let input = of_visit(&self.hospital.settlement_input(patient, any_visit(), total), visit);

        self.step("2303 住院预结算");
        let trial = self.anew("2303", insured, &input).await;
        let trial = trial.and_then(|answer| self.settled(&answer, total));

        self.step("2304 住院结算，同一报文重发");
        let msgid = self.hospital.next_msgid();
        let Some(answer) = self.done("2304", &msgid, insured, &input).await else { return };
        let Some(settled) = self.settled(&answer, total) else { return };
        let Some(id) = answer.pointer("/output/setlinfo/setl_id").and_then(id_of) else {
            return self.fail("没有结算ID");
        };
        if let Some(trial) = trial {
            let same = (trial.fund_total, trial.person_total) == (settled.fund_total, settled.person_total);
            self.check(same, "结算与预结算的基金支付或个人负担不同");
        }
        if let Some(again) = self.done("2304", &msgid, insured, &input).await {
            self.check(again["output"] == answer["output"], "同一报文重发得到另一个应答：可能重复结算");
        }

        self.step("5203 结算信息查询、5204 费用明细查询");
        let asked = json!({ "data": {
            "psn_no": patient.number.as_str(), "setl_id": id, "mdtrt_id": visit,
        }});
        if let Some(found) = self.anew("5203", insured, &asked).await {
            let info = &found["output"]["setlinfo"];
            let amount = |name: &str| crate::hospital::read_fen(&info[name]).unwrap_or_default();
            self.check(amount("medfee_sumamt") == total, "查得的医疗费总额不是结算的");
            self.check(amount("fund_pay_sumamt") == settled.fund_total, "查得的基金支付总额不是结算的");
        }
        if let Some(found) = self.anew("5204", insured, &asked).await {
            let lines = rows(&found["output"]).len();
            self.check(lines == script.lines.len(), "查得的明细数不是上传的");
        }

        self.undo(patient, visit, &id, &settled).await;
        self.reverse(patient, &input).await;
    }

    /// A settlement answer: its amounts balance, and are of this bill.
    fn settled(&mut self, answer: &Value, total: Fen) -> Option<Settled> {
        match read_settled(answer) {
            Ok(settled) => {
                for broken in settled.broken_identities() {
                    self.fail(broken);
                }
                self.check(settled.total == total, "医疗费总额不是明细之和");
                Some(settled)
            }
            Err(error) => {
                self.fail(error.to_string());
                None
            }
        }
    }

    async fn undo(&mut self, patient: &Patient, visit: &str, id: &str, settled: &Settled) {
        self.step("2305 住院结算撤销");
        let input = json!({ "data": {
            "mdtrt_id": visit, "setl_id": id, "psn_no": patient.number.as_str(),
        }});
        let Some(answer) = self.anew("2305", Some(patient.insured), &input).await else { return };
        match read_settled(&answer) {
            Ok(undone) => {
                self.check(undone.total == -settled.total, "撤销的医疗费总额应为结算的负数");
                self.check(undone.fund_total == -settled.fund_total, "撤销的基金支付总额应为结算的负数");
            }
            Err(error) => self.fail(error.to_string()),
        }
    }

    /// 2601: a settlement is undone by its message id, and its message is refused from then on.
    async fn reverse(&mut self, patient: &Patient, input: &Value) {
        self.step("2304 重新结算，2601 冲正，被冲正的报文不再办理");
        let (msgid, insured) = (self.hospital.next_msgid(), Some(patient.insured));
        if self.settle_patiently(&msgid, insured, input).await.is_none() {
            return;
        }
        let reversal =
            json!({ "data": { "psn_no": patient.number.as_str(), "omsgid": msgid, "oinfno": "2304" } });
        if self.anew("2601", insured, &reversal).await.is_some() {
            let late = self.hospital.envelope(&msgid, "2304", insured, input.clone());
            self.refused(late).await;
        }
        // The insured place may hear of it a little later.
        tokio::time::sleep(UNDOING).await;
    }

    /// Settles anew after an undoing, which may still be under way at the insured place.
    async fn settle_patiently(
        &mut self,
        msgid: &str,
        insured: Option<InsuredPlace>,
        input: &Value,
    ) -> Option<Value> {
        for _ in 0..5 {
            let envelope = self.hospital.envelope(msgid, "2304", insured, input.clone());
            let answer = self.exchange("2304", envelope).await?;
            if succeeded(&answer) {
                return Some(answer);
            }
            tokio::time::sleep(UNDOING).await;
        }
        self.fail("撤销之后五次都不能重新结算");
        None
    }
}

/// How long an undoing is given to reach the insured place.
const UNDOING: std::time::Duration = std::time::Duration::from_secs(1);

fn succeeded(answer: &Value) -> bool {
    match answer.get("infcode") {
        Some(Value::Number(code)) => code.as_i64() == Some(0),
        Some(Value::String(code)) => code == "0",
        _ => false,
    }
}

fn rows(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(rows) => rows.clone(),
        Value::Object(_) => vec![value.clone()],
        _ => Vec::new(),
    }
}

fn visit_of(answer: &Value) -> Option<String> {
    id_of(answer.pointer("/output/result/mdtrt_id")?)
}

/// An id as text: platforms write numbers of nine digits as well as texts of thirty.
fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The software writes ids of the shape of this system; another platform's take their place.
const ANY_VISIT: &str = "420000179526099999999999999999";

fn any_visit() -> VisitId {
    ANY_VISIT.parse().expect("thirty digits")
}

fn of_visit(input: &Value, visit: &str) -> Value {
    let text = input.to_string().replace(ANY_VISIT, &visit.replace(['"', '\\'], ""));
    serde_json::from_str(&text).expect("an id without quotes leaves JSON what it is")
}

/// A settlement's amounts, whatever its id looks like.
fn read_settled(answer: &Value) -> crate::hospital::Called<Settled> {
    let mut answer = answer.clone();
    if let Some(id) = answer.pointer_mut("/output/setlinfo/setl_id") {
        *id = Value::Null;
    }
    Settled::read(&answer)
}

/// A proxy between a client's software and its platform. All that passes goes into the transcript.
pub struct Proxy {
    forward: String,
    transcript: Arc<Transcript>,
    clock: Arc<dyn Clock>,
    tell: Box<dyn Fn(&Entry) + Send + Sync>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// The largest body that passes.
const PASSING_BYTES_MAX: usize = 32 << 20;

impl Proxy {
    /// A proxy to a platform (`http://host:port`); `tell` hears of every message.
    pub fn new(
        forward: &str,
        transcript: Arc<Transcript>,
        clock: Arc<dyn Clock>,
        tell: impl Fn(&Entry) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let forward = forward.trim_end_matches('/').to_owned();
        Arc::new(Self { forward, transcript, clock, tell: Box::new(tell), client })
    }

    /// Its routes: the transcript's pages, and everything else to the platform.
    pub fn routes(self: Arc<Self>) -> Router {
        let pages = transcript::routes(Arc::clone(&self.transcript));
        pages.fallback_service(Router::new().fallback(pass).with_state(self))
    }
}

/// Serves a proxy until the listener fails.
pub async fn serve(listener: tokio::net::TcpListener, proxy: Arc<Proxy>) -> std::io::Result<()> {
    axum::serve(listener, proxy.routes()).await
}

async fn pass(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let came = proxy.clock.now();
    let (head, body) = request.into_parts();
    let Ok(body) =
        Limited::new(body, PASSING_BYTES_MAX).collect().await.map(http_body_util::Collected::to_bytes)
    else {
        return (StatusCode::BAD_REQUEST, "the body did not come whole").into_response();
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<_> = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let mut onward = hyper::Request::builder().method(head.method).uri(format!("{}{path}", proxy.forward));
    for (name, value) in &head.headers {
        let of_line = [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH];
        if !of_line.contains(name) {
            onward = onward.header(name, value);
        }
    }
    let answered = async {
        let onward = onward.body(Full::new(body.clone())).map_err(|error| error.to_string())?;
        let response = proxy.client.request(onward).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body =
            Limited::new(body, PASSING_BYTES_MAX).collect().await.map_err(|error| error.to_string())?;
        Ok::<_, String>((head, body.to_bytes()))
    };
    let (status, kind, answer) = match answered.await {
        Ok((head, body)) => (head.status, head.headers.get(header::CONTENT_TYPE).map(text), body),
        Err(why) => {
            (StatusCode::BAD_GATEWAY, None, Bytes::from(format!("the platform gave no answer: {why}")))
        }
    };
    let entry = proxy.transcript.record(Exchange {
        province: None,
        came,
        answered: proxy.clock.now(),
        path,
        headers,
        request: body.to_vec(),
        status: status.as_u16(),
        answer_type: kind.clone().unwrap_or_default(),
        answer: answer.to_vec(),
    });
    (proxy.tell)(&entry);
    let kind = kind.unwrap_or_else(|| "text/plain;charset=UTF-8".to_owned());
    (status, [(header::CONTENT_TYPE, kind)], Body::from(answer)).into_response()
}

/// What passed a proxy, as a report: a step a transaction, a failure a rule that was broken.
pub fn report_of(entries: &[Entry]) -> Report {
    let mut steps: BTreeMap<String, (usize, Step)> = BTreeMap::new();
    for entry in entries.iter().rev() {
        let name = if entry.infno.is_empty() { "（未读出交易编号）" } else { entry.infno.as_str() };
        let (count, step) = steps.entry(name.to_owned()).or_default();
        *count += 1;
        let answers = entry.answered.iter().map(|deviation| (deviation, "应答 "));
        for (deviation, whose) in entry.asked.iter().map(|deviation| (deviation, "")).chain(answers) {
            let line = format!("{whose}{}", deviation_line(deviation));
            let lines = match deviation.rule.weight() {
                Weight::Fault => &mut step.failures,
                Weight::Note => &mut step.notes,
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    let steps = steps.into_iter().map(|(name, (count, mut step))| {
        step.name = format!("{name}，{count}条报文");
        step
    });
    Report { steps: steps.collect() }
}

/// Deviations as JSON, for whoever reads the report by program.
pub fn deviations_value(entries: &[Entry]) -> Value {
    let of_entry = |entry: &Entry| {
        json!({
            "number": entry.number, "infno": entry.infno, "msgid": entry.msgid,
            "deviations": entry.asked.iter().map(deviation_value).collect::<Vec<_>>(),
            "answer_deviations": entry.answered.iter().map(deviation_value).collect::<Vec<_>>(),
        })
    };
    entries.iter().rev().map(of_entry).collect()
}

//! A transcript of the hospital interface: every message and its answer, with what deviates from the standard marked, for a
//! sandbox and for a proxy before somebody's platform. Read as pages in a browser and as JSON.
//!
//! It keeps the last messages in memory and, if asked to, all of them in a file, a line of JSON each. It keeps them whole, so
//! that it is for invented people and test messages.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use node::watch::Exchange;
use serde_json::{Value, json};
use sign::sm4;
use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path as FilePath,
    sync::{Arc, Mutex, MutexGuard},
};
use wire::{
    api::transcript::MessageDeviation,
    hospital::{
        conformance::{Deviation, Weight},
        exchange, table,
    },
    openapi::page::{escaped, page, pretty},
};

/// A message, its answer, and how far both keep to the standard.
#[derive(Clone, Debug)]
pub struct Entry {
    /// From 1.
    pub number: u64,
    /// What went over the line.
    pub exchange: Exchange,
    /// 交易编号; empty where none could be read.
    pub infno: String,
    /// 发送方报文ID.
    pub msgid: String,
    /// 定点医药机构编号.
    pub institution: String,
    /// The message in clear.
    pub request: String,
    /// The answer in clear.
    pub answer: String,
    /// How it ended: 成功, the refusal, or what else came back.
    pub outcome: String,
    /// Deviations of the message.
    pub asked: Vec<Deviation>,
    /// Deviations of the answer.
    pub answered: Vec<Deviation>,
}

impl Entry {
    /// How many deviations of a weight the message has.
    pub fn count(&self, weight: Weight) -> usize {
        self.asked.iter().filter(|deviation| deviation.rule.weight() == weight).count()
    }

    /// As JSON.
    pub fn value(&self) -> Value {
        let parsed =
            |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let exchange = &self.exchange;
        json!({
            "number": self.number,
            "came": exchange.came.to_string(),
            "milliseconds": exchange.answered.millis() - exchange.came.millis(),
            "province": exchange.province.map(|province| province.to_string()),
            "path": exchange.path,
            "infno": self.infno,
            "msgid": self.msgid,
            "fixmedins_code": self.institution,
            "status": exchange.status,
            "outcome": self.outcome,
            "deviations": self.asked.iter().map(deviation_value).collect::<Vec<_>>(),
            "answer_deviations": self.answered.iter().map(deviation_value).collect::<Vec<_>>(),
            "request": parsed(&self.request),
            "answer": parsed(&self.answer),
        })
    }
}

/// A deviation as JSON.
pub fn deviation_value(deviation: &Deviation) -> Value {
    json!(MessageDeviation::from(deviation))
}

/// A deviation as a line of text.
pub fn deviation_line(deviation: &Deviation) -> String {
    let rows = match (deviation.row, deviation.times) {
        (Some(row), 1) => format!("（第{row}行）"),
        (Some(row), times) => format!("（第{row}行起{times}处）"),
        _ => String::new(),
    };
    let handled = if deviation.handled.is_empty() {
        String::new()
    } else {
        format!("，本平台{}", deviation.handled)
    };
    let (weight, rule) = (deviation.rule.weight().chinese(), deviation.rule.chinese());
    format!("{weight} {}{rows} {rule}：{}{handled}", deviation.field, deviation.detail)
}

/// How many messages are kept in memory.
pub const KEPT: usize = 500;
/// How much of a body is kept, in bytes.
const BODY_KEPT: usize = 1 << 20;

/// The transcript.
pub struct Transcript {
    title: String,
    kept: usize,
    state: Mutex<Kept>,
    about: Mutex<String>,
}

struct Kept {
    entries: VecDeque<Entry>,
    last: u64,
    file: Option<File>,
    keys: Arc<BTreeMap<String, sm4::Key>>,
}

impl Transcript {
    /// An empty transcript that keeps the last `kept` messages, and all of them in a file if one is named.
    pub fn new(title: &str, kept: usize, file: Option<&FilePath>) -> io::Result<Arc<Self>> {
        let file = file.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
        let state = Kept { entries: VecDeque::new(), last: 0, file, keys: Arc::default() };
        Ok(Arc::new(Self {
            title: title.to_owned(),
            kept: kept.max(1),
            state: Mutex::new(state),
            about: Mutex::new(String::new()),
        }))
    }

    /// With the keys of institutions whose messages go under seal, so that those are shown in clear.
    pub fn open_with(&self, keys: BTreeMap<String, sm4::Key>) {
        self.state().keys = Arc::new(keys);
    }

    /// What the page `about` says, as HTML.
    pub fn say_about(&self, html: String) {
        *self.about.lock().expect("nobody panics holding it") = html;
    }

    fn state(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().expect("nobody panics holding it")
    }

    /// Takes down an exchange.
    pub fn record(&self, exchange: Exchange) -> Entry {
        let keys = Arc::clone(&self.state().keys);
        let mut entry = read(exchange, &keys);
        let mut state = self.state();
        state.last += 1;
        entry.number = state.last;
        if let Some(file) = &mut state.file
            && let Err(error) = writeln!(file, "{}", entry.value())
        {
            tracing::warn!(%error, "the transcript's file takes no more");
            state.file = None;
        }
        if state.entries.len() == self.kept {
            state.entries.pop_front();
        }
        state.entries.push_back(entry.clone());
        entry
    }

    /// The last messages, newest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.state().entries.iter().rev().cloned().collect()
    }

    fn entry(&self, number: u64) -> Option<Entry> {
        self.state().entries.iter().find(|entry| entry.number == number).cloned()
    }
}

/// What an exchange says, and how far it keeps to the standard.
fn read(exchange: Exchange, keys: &BTreeMap<String, sm4::Key>) -> Entry {
    let content_type = exchange.headers.iter().find(|(name, _)| name == "content-type");
    let over_the_line = exchange::Exchange {
        content_type: content_type.map_or("", |(_, kind)| kind),
        request: &exchange.request,
        status: exchange.status,
        answer: &exchange.answer,
    };
    let said = exchange::read(&over_the_line, |institution| keys.get(institution));
    let shown = |body: &[u8]| {
        let text = String::from_utf8_lossy(&body[..body.len().min(BODY_KEPT)]).into_owned();
        if body.len() > BODY_KEPT { format!("{text}…（共{}字节）", body.len()) } else { text }
    };
    Entry {
        number: 0,
        infno: said.infno,
        msgid: said.msgid,
        institution: said.institution,
        request: shown(&said.request),
        answer: shown(&said.answer),
        outcome: said.ended.words(),
        asked: said.asked,
        answered: said.answered,
        exchange,
    }
}

/// The pages and the JSON of a transcript.
pub fn routes(transcript: Arc<Transcript>) -> Router {
    Router::new()
        .route("/sandbox", get(|| async { Redirect::permanent("/sandbox/") }))
        .route("/sandbox/", get(list_page))
        .route("/sandbox/about", get(about_page))
        .route("/sandbox/messages.json", get(list_json))
        .route("/sandbox/messages/{number}", get(one))
        .with_state(transcript)
}

type Its = State<Arc<Transcript>>;

async fn list_json(State(transcript): Its) -> Json<Value> {
    let messages: Vec<Value> = transcript.entries().iter().map(Entry::value).collect();
    Json(json!({ "messages": messages }))
}

async fn about_page(State(transcript): Its) -> Html<String> {
    let about = transcript.about.lock().expect("nobody panics holding it").clone();
    Html(page(&transcript.title, &format!("<p><a href=\"/sandbox/\">报文</a></p>{about}")))
}

async fn list_page(State(transcript): Its) -> Html<String> {
    let mut body = format!(
        "<h1>{}</h1><p>最近{}条报文，新的在前。<a href=\"messages.json\">JSON</a>　<a href=\"about\">人员、机构和密钥</a></p>\
         <div class=\"wide\"><table><tr><th>序号</th><th>时间</th><th>交易</th><th>机构</th><th>结果</th><th>与规范的差别</th></tr>",
        escaped(&transcript.title),
        transcript.kept,
    );
    for entry in transcript.entries() {
        let name =
            table::table().iter().find(|known| known.infno == entry.infno).map_or("", |known| known.name);
        let answered = entry.answered.iter().filter(|one| one.rule.weight() == Weight::Fault).count();
        let (faults, notes) = (entry.count(Weight::Fault), entry.count(Weight::Note));
        let mut differences = match (faults, notes) {
            (0, 0) => "<span class=\"good\">无</span>".to_owned(),
            _ => {
                format!("<span class=\"fault\">偏差{faults}</span>，<span class=\"note\">提示{notes}</span>")
            }
        };
        if answered > 0 {
            write!(differences, "；<span class=\"fault\">应答偏差{answered}</span>").expect(ANY);
        }
        write!(
            body,
            "<tr><td><a href=\"messages/{number}\">{number}</a></td><td>{}</td><td>{} {name}</td><td>{}</td><td>{}</td><td>{differences}</td></tr>",
            entry.exchange.came,
            escaped(&entry.infno),
            escaped(&entry.institution),
            escaped(&entry.outcome),
            number = entry.number,
        )
        .expect(ANY);
    }
    body.push_str("</table></div>");
    Html(page(&transcript.title, &body))
}

/// One message: its page, or with `.json` behind its number its JSON.
async fn one(State(transcript): Its, Path(name): Path<String>) -> Response {
    let (number, as_json) = match name.strip_suffix(".json") {
        Some(number) => (number, true),
        None => (name.as_str(), false),
    };
    let found = number.parse().ok().and_then(|number| transcript.entry(number));
    match found {
        Some(entry) if as_json => Json(entry.value()).into_response(),
        Some(entry) => Html(entry_page(&entry)).into_response(),
        None => (StatusCode::NOT_FOUND, Html(page("没有这条报文", "<p>没有这条报文，或已不再保留。</p>")))
            .into_response(),
    }
}

const ANY: &str = "a string takes any text";

fn entry_page(entry: &Entry) -> String {
    let exchange = &entry.exchange;
    let title = format!("报文{} {}", entry.number, entry.infno);
    let mut body = format!(
        "<p><a href=\"/sandbox/\">报文</a></p><h1>{}</h1><p>{}，{}毫秒，<code>{}</code></p><p>{}</p><h2>与规范的差别</h2>",
        escaped(&title),
        exchange.came,
        exchange.answered.millis() - exchange.came.millis(),
        escaped(&exchange.path),
        escaped(&entry.outcome),
    );
    body.push_str(&deviations_html(&entry.asked));
    if !entry.answered.is_empty() {
        body.push_str("<h2>应答与规范的差别</h2>");
        body.push_str(&deviations_html(&entry.answered));
    }
    let text = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(value) => escaped(&pretty(&value)),
        Err(_) => escaped(text),
    };
    write!(
        body,
        "<h2>请求</h2><pre>{}</pre><h2>应答（HTTP {}）</h2><pre>{}</pre><h2>请求头</h2><pre>",
        text(&entry.request),
        exchange.status,
        text(&entry.answer)
    )
    .expect(ANY);
    for (name, value) in &exchange.headers {
        writeln!(body, "{}: {}", escaped(name), escaped(value)).expect(ANY);
    }
    body.push_str("</pre>");
    page(&title, &body)
}

fn deviations_html(deviations: &[Deviation]) -> String {
    if deviations.is_empty() {
        return "<p class=\"good\">没有：报文符合规范。</p>".to_owned();
    }
    let mut html = "<div class=\"wide\"><table><tr><th></th><th>字段</th><th>规则</th><th>说明</th><th>本平台的处理</th><th>建议</th></tr>".to_owned();
    for deviation in deviations {
        let weight = deviation.rule.weight();
        let class = if weight == Weight::Fault { "fault" } else { "note" };
        let rows = match (deviation.row, deviation.times) {
            (Some(row), 1) => format!("<br>第{row}行"),
            (Some(row), times) => format!("<br>第{row}行起{times}处"),
            _ => String::new(),
        };
        write!(
            html,
            "<tr><td class=\"{class}\">{}</td><td><code>{}</code>{rows}<br>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            weight.chinese(),
            escaped(&deviation.field),
            escaped(deviation.chinese),
            deviation.rule.chinese(),
            escaped(&deviation.detail),
            deviation.handled,
            deviation.rule.advice(),
        )
        .expect(ANY);
    }
    html.push_str("</table></div>");
    html
}

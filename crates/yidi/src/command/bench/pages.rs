//! `yidi bench pages`: how long whoever opens a page waits for what it shows, with a million settlements stored.
//!
//! The three processes of `yidi bench`, filled as `yidi bench growth` fills them. Then each question that a page asks when it is opened
//! is asked some times over the management interface, one after the other, as one person does.

use super::{
    Setting,
    closing::seconds,
    growth::{self, Case},
    nodes::{Node, Nodes},
    report,
};
use crate::{key, say, stop::Stop};
use clap::Args;
use country::load::ground::{insured_province, treatment_province};
use node::{SystemClock, api::client::Client};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    time::{Duration, Instant},
};
use store::{
    figures::counted::{self, Book},
    measure::{Copied, copied},
};
use terms::Clock;

/// 页面：已存一百万笔结算时，打开各页面要等多久 (how long a page takes with a million settlements stored).
#[derive(Debug, Args)]
pub struct Arguments {
    /// 各平台已存的结算数 (settlements stored already)
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(i64).range(0..=20_000_000))]
    stored: i64,
    /// 每个问题问几遍 (how many times each question is asked)
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    times: u16,
    #[command(flatten)]
    setting: Setting,
    /// 结果另写入 bench/RESULTS.md (write the results down)
    #[arg(long)]
    write: bool,
}

/// What the section of the results is called.
const SECTION: &str = "What pages wait for (`yidi bench pages`)";

/// Whom a page asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Hub,
    Treatment,
    Insured,
}

/// What a page asks when it is opened, or when somebody searches there.
struct Question {
    page: &'static str,
    side: Side,
    path: String,
    body: Option<Value>,
}

/// What came of it.
struct Row {
    question: Question,
    bytes: usize,
    first: Duration,
    median: Duration,
    longest: Duration,
}

/// Measures.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let measured = arguments.setting.on_nodes(async |nodes| measure(arguments, nodes).await)?;
    if arguments.write { report::write_section(SECTION, &measured) } else { Ok(()) }
}

async fn measure(arguments: &Arguments, nodes: &mut Nodes) -> Result<String, Stop> {
    growth::fill_with_copies(&arguments.setting, Case::Stored(arguments.stored), (0, 0), nodes).await?;
    // The interface is open from here on.
    let token = key::new_key().to_hex()[..32].to_owned();
    let file = nodes.folder().join("management.token");
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&file);
    opened.and_then(|mut file| file.write_all(token.as_bytes())).map_err(Stop::unable)?;
    nodes.restart(&[("YIDI_MANAGEMENT_TOKEN_FILE", file.into_os_string())]).await?;
    let counting = until_counted(nodes).await?;
    say(&format!("statistics of days: counted within {} after the start", seconds(counting)));
    nodes.until_at_rest().await;
    let mut rows = Vec::new();
    let of_people = of_people(nodes, &token, arguments.stored).await?;
    for question in questions().into_iter().chain(of_people) {
        let node = match question.side {
            Side::Hub => &nodes.hub,
            Side::Treatment => &nodes.treatment,
            Side::Insured => &nodes.insured,
        };
        let row = ask(node, &token, question, arguments.times).await?;
        say(&row.text());
        rows.push(row);
    }
    Ok(markdown(arguments, &rows))
}

/// The longest that nodes may take to count the days that are over.
const COUNTING_PATIENCE: Duration = Duration::from_mins(20);

/// Waits until the nodes have counted all days that are over, as they do by themselves; how long that took.
async fn until_counted(nodes: &Nodes) -> Result<Duration, Stop> {
    let begun = Instant::now();
    let books = [
        (&nodes.hub, Book::HUB),
        (&nodes.treatment, Book::of_treatment(treatment_province())),
        (&nodes.insured, Book::of_insured(insured_province())),
    ];
    for (node, book) in books {
        let store = growth::open(&node.addresses()).await?;
        while !counted::is_up_to_date(
            &mut *store.conn().await.map_err(growth::stopped)?,
            book,
            SystemClock.now(),
        )
        .await
        .map_err(growth::stopped)?
        {
            if begun.elapsed() > COUNTING_PATIENCE {
                return Err(Stop::Unable(
                    "各日统计未按时汇总 (the days were not counted in time)".to_owned(),
                ));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
    Ok(begun.elapsed())
}

fn client(node: &Node, token: &str) -> Client {
    Client {
        node: node.addresses().node,
        token: token.to_owned(),
        operator: Some("bench".to_owned()),
        duty: None,
    }
}

async fn ask(node: &Node, token: &str, question: Question, times: u16) -> Result<Row, Stop> {
    let client = client(node, token);
    let (mut took, mut bytes) = (Vec::new(), 0);
    for _ in 0..times {
        let begun = Instant::now();
        let answered: Value = match &question.body {
            Some(body) => client.post(&question.path, body).await,
            None => client.get(&question.path).await,
        }
        .map_err(|error| Stop::Refused(format!("{}：{error}", question.path)))?;
        took.push(begun.elapsed());
        bytes = answered.to_string().len();
    }
    let first = took[0];
    took.sort_unstable();
    let (median, longest) = (took[took.len() / 2], took[took.len() - 1]);
    Ok(Row { question, bytes, first, median, longest })
}

/// What is asked about one person in the middle of the book, who is found in each way that pages have.
async fn of_people(nodes: &Nodes, token: &str, stored: i64) -> Result<Vec<Question>, Stop> {
    if stored == 0 {
        return Ok(Vec::new());
    }
    let Copied { person, citizen, name } = copied(stored / 2);
    let people = "/api/v1/people/search";
    let client = client(&nodes.insured, token);
    let found: Value = client
        .post(people, &json!({ "person": person }))
        .await
        .map_err(|error| Stop::Refused(format!("{people}：{error}")))?;
    let area = found["people"][0]["area"].as_str().unwrap_or_default().to_owned();
    if area.is_empty() {
        return Err(Stop::Unable(format!("没有找到人员{person} (the person is not found)")));
    }
    let post = |page, path: &str, body| Question {
        page,
        side: Side::Insured,
        path: path.to_owned(),
        body: Some(body),
    };
    Ok(vec![
        post("参保人员（人员编号）", people, json!({ "person": person })),
        post("参保人员（公民身份号码）", people, json!({ "certno": citizen })),
        post("参保人员（姓名）", people, json!({ "name": name })),
        post("参保人员（姓氏）", people, json!({ "name": name.chars().take(1).collect::<String>() })),
        post("参保人员（查无此人）", people, json!({ "name": "查无此人" })),
        Question {
            page: "一名参保人员",
            side: Side::Insured,
            path: format!("/api/v1/people/{person}?insured={area}"),
            body: None,
        },
        post("备案查询（一人）", "/api/v1/filings/search", json!({ "person": person })),
        post("备案查询（公民身份号码）", "/api/v1/filings/search", json!({ "certno": citizen })),
        post(
            "结算查询（一人）",
            "/api/v1/settlements/search",
            json!({ "side": "insured", "person": person }),
        ),
    ])
}

/// What is asked. Days are those of the copies: this month and the last one.
fn questions() -> Vec<Question> {
    let today = SystemClock.now().day();
    let month = today.month();
    let last = month.first_day().plus_days(-1).month();
    let get = |page, side, path: String| Question { page, side, path, body: None };
    let post =
        |page, side, path: &str, body| Question { page, side, path: path.to_owned(), body: Some(body) };
    vec![
        get("运行总览", Side::Hub, "/api/v1/today".to_owned()),
        get("运行总览（一日流向）", Side::Hub, format!("/api/v1/flows?day={today}")),
        get("运行总览（一月流向）", Side::Hub, format!("/api/v1/flows?month={last}")),
        get("统计报表（国家）", Side::Hub, format!("/api/v1/statistics?month={last}")),
        get("统计报表（就医地）", Side::Treatment, format!("/api/v1/statistics?month={last}")),
        get("统计报表（参保地）", Side::Insured, format!("/api/v1/statistics?month={last}")),
        get(
            "统计报表（就医地，全年）",
            Side::Treatment,
            format!("/api/v1/statistics?year={}", last.first_day().year()),
        ),
        get("参与方", Side::Hub, "/api/v1/participants".to_owned()),
        post(
            "结算查询（就医地）",
            Side::Treatment,
            "/api/v1/settlements/search",
            json!({ "side": "treatment" }),
        ),
        post("结算查询（参保地）", Side::Insured, "/api/v1/settlements/search", json!({ "side": "insured" })),
        post("备案查询（参保地）", Side::Insured, "/api/v1/filings/search", json!({})),
        get("待办", Side::Treatment, "/api/v1/work".to_owned()),
        get("定点机构", Side::Treatment, "/api/v1/institutions".to_owned()),
        get("预付金", Side::Hub, "/api/v1/funds/prepayments".to_owned()),
    ]
}

impl Row {
    fn text(&self) -> String {
        format!(
            "{}：first {} ms, median {} ms, longest {} ms, {} bytes",
            self.question.page,
            millis(self.first),
            millis(self.median),
            millis(self.longest),
            self.bytes
        )
    }
}

fn millis(took: Duration) -> String {
    report::millis(u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
}

/// A path without what was asked in it, and without whose it is.
fn shown(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or_default();
    if path.starts_with("/api/v1/people/S") { "/api/v1/people/{number}" } else { path }
}

fn markdown(arguments: &Arguments, rows: &[Row]) -> String {
    let mut text = String::new();
    for (name, value) in report::machine() {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = write!(
        text,
        "- {} settlements stored in each of the three books; each question {} times, one after the other\n\n\
         | page | asks | of | first ms | median ms | longest ms | bytes |\n|---|---|---|---|---|---|---|\n",
        arguments.stored, arguments.times
    );
    for row in rows {
        let method = if row.question.body.is_some() { "POST" } else { "GET" };
        let path = shown(&row.question.path);
        let side = match row.question.side {
            Side::Hub => "hub",
            Side::Treatment => "treatment place",
            Side::Insured => "insured place",
        };
        let _ = writeln!(
            text,
            "| {} | {method} {path} | {side} | {} | **{}** | {} | {} |",
            row.question.page,
            millis(row.first),
            millis(row.median),
            millis(row.longest),
            row.bytes
        );
    }
    text
}

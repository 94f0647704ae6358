//! `yidi bench pages`: how long whoever opens a page waits for what it shows, with a million settlements stored.
//!
//! The three processes of `yidi bench`, filled as `yidi bench growth` fills them. Then each question that a page asks when it is opened
//! is asked some times over the management interface, one after the other, as one person does.

use super::{
    Setting,
    closing::seconds,
    growth::{self, Case, Stored},
    nodes::{Node, Nodes},
    report,
};
use crate::{key, say, stop::Stop};
use clap::Args;
use country::load::ground::{insured_province, treatment_province};
use node::{
    SystemClock,
    api::client::{CallError, Client},
};
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
    measure::{self, Copied, copied},
};
use terms::{Clock, Participant};

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

/// How long a question may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// A page waits for it.
    Page,
    /// It goes on at the node and can be left: a file, a year.
    Job,
}

/// What a page asks when it is opened, or when somebody searches there.
struct Question {
    page: String,
    side: Side,
    path: String,
    body: Option<Value>,
    patience: Patience,
}

fn get(page: impl Into<String>, side: Side, path: impl Into<String>) -> Question {
    Question { page: page.into(), side, path: path.into(), body: None, patience: Patience::Page }
}

fn post(page: impl Into<String>, side: Side, path: &str, body: Value) -> Question {
    Question { page: page.into(), side, path: path.to_owned(), body: Some(body), patience: Patience::Page }
}

impl Question {
    /// Nobody waits for it before a page.
    fn left(self) -> Self {
        Self { patience: Patience::Job, ..self }
    }
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
    growth::fill_with_copies(
        &arguments.setting,
        Case::Stored(Stored::everywhere(arguments.stored)),
        (0, 0),
        nodes,
    )
    .await?;
    // The interface is open from here on.
    let token = key::new_key().to_hex()[..32].to_owned();
    let file = nodes.folder().join("management.token");
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&file);
    opened.and_then(|mut file| file.write_all(token.as_bytes())).map_err(Stop::unable)?;
    nodes.restart(&[("YIDI_MANAGEMENT_TOKEN_FILE", file.into_os_string())]).await?;
    fill_desks(nodes, &token, arguments.stored).await?;
    let counting = until_counted(nodes).await?;
    say(&format!("statistics of days: counted within {} after the start", seconds(counting)));
    nodes.until_at_rest().await;
    let mut rows = Vec::new();
    let of_people = of_people(nodes, &token, arguments.stored).await?;
    let deep = deep(nodes, &token).await?;
    for question in questions().into_iter().chain(of_people).chain(of_desks()).chain(deep) {
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
        let answered = match &question.body {
            Some(body) => client.fetch_by(&question.path, body).await,
            None => client.fetch(&question.path).await,
        }
        .map_err(|error| Stop::Refused(format!("{}：{error}", question.path)))?;
        took.push(begun.elapsed());
        bytes = answered.len();
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
    let post = |page, path: &str, body| post(page, Side::Insured, path, body);
    let one = format!("/api/v1/people/{person}?insured={area}");
    Ok(vec![
        post("参保人员（人员编号）", people, json!({ "person": person })),
        post("参保人员（公民身份号码）", people, json!({ "certno": citizen })),
        post("参保人员（姓名）", people, json!({ "name": name })),
        post("参保人员（姓氏）", people, json!({ "name": name.chars().take(1).collect::<String>() })),
        post("参保人员（查无此人）", people, json!({ "name": "查无此人" })),
        get("一名参保人员", Side::Insured, one),
        post("备案经办（一人）", "/api/v1/filings/search", json!({ "person": person })),
        post("备案经办（公民身份号码）", "/api/v1/filings/search", json!({ "certno": citizen })),
        post(
            "结算查询（一人）",
            "/api/v1/settlements/search",
            json!({ "side": "insured", "person": person }),
        ),
        post(
            "结算查询（公民身份号码）",
            "/api/v1/settlements/search",
            json!({ "side": "insured", "certno": citizen }),
        ),
    ])
}

/// What is on the desks beside a million settlements: an entry of the audit trail for each, and in proportion what people work on. Papers are
/// real ones, issued here, and copies of them.
async fn fill_desks(nodes: &Nodes, token: &str, stored: i64) -> Result<(), Stop> {
    if stored == 0 {
        return Ok(());
    }
    let (now, begun) = (SystemClock.now(), Instant::now());
    let (treatment, insured) = (treatment_province(), insured_province());
    let few = stored / 100;
    for (node, me) in [
        (&nodes.hub, Participant::Hub),
        (&nodes.treatment, Participant::Province(treatment)),
        (&nodes.insured, Participant::Province(insured)),
    ] {
        let store = growth::open(&node.addresses()).await?;
        measure::fill_audit_trail(&store, me, stored, now).await.map_err(growth::stopped)?;
        measure::fill_vouchers(&store, me, few, now).await.map_err(growth::stopped)?;
        let province = if me == Participant::Province(insured) { insured } else { treatment };
        let other = if province == insured { treatment } else { insured };
        measure::fill_differences(&store, (province, other), few, now).await.map_err(growth::stopped)?;
        if let Participant::Province(own) = me {
            measure::fill_notices(&store, (own, other), few, now).await.map_err(growth::stopped)?;
            measure::fill_bank_entries(&store, own, few, now).await.map_err(growth::stopped)?;
            measure::fill_complaints(&store, own, few, now).await.map_err(growth::stopped)?;
        }
        let body = json!({ "kind": "voucher", "subject": "measured/1" });
        let path = "/api/v1/funds/documents";
        let _: Value = client(node, token).post(path, &body).await.map_err(refused(path))?;
        measure::copy_papers(&store, me, "voucher", few).await.map_err(growth::stopped)?;
    }
    let found: Value = client(&nodes.insured, token)
        .post("/api/v1/settlements/search", &json!({ "side": "insured", "sort": "day", "limit": 1 }))
        .await
        .map_err(refused("/api/v1/settlements/search"))?;
    let id = found["settlements"][0]["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/api/v1/settlements/{id}/statement");
    let _: Value = client(&nodes.insured, token).post(&path, &json!({})).await.map_err(refused(&path))?;
    let store = growth::open(&nodes.insured.addresses()).await?;
    let kind = "settlement_statement";
    let me = Participant::Province(insured);
    measure::copy_papers(&store, me, kind, stored / 5).await.map_err(growth::stopped)?;
    for node in [&nodes.hub, &nodes.treatment, &nodes.insured] {
        let store = growth::open(&node.addresses()).await?;
        measure::look_again(&store).await.map_err(growth::stopped)?;
    }
    say(&format!("desks: filled in, in {}", seconds(begun.elapsed())));
    Ok(())
}

fn refused(path: &str) -> impl Fn(CallError) -> Stop {
    let path = path.to_owned();
    move |error| Stop::Refused(format!("{path}：{error}"))
}

/// What is asked at desks: first pages, filtered, and sorted otherwise.
fn of_desks() -> Vec<Question> {
    use Side::{Hub, Insured, Treatment};
    let today = SystemClock.now().day();
    let (month, last) = (today.plus_days(-30), today.month().first_day().plus_days(-1).month());
    let trail = "/api/v1/audit-trail";
    let vouchers = "/api/v1/funds/ledger/vouchers";
    let documents = "/api/v1/funds/documents";
    let complaints = "/api/v1/complaints";
    let entries = "/api/v1/funds/bank-entries";
    let notices = "/api/v1/funds/notices";
    let differences = format!("/api/v1/funds/differences?from={month}&to={today}");
    vec![
        get("操作日志（近7日）", Hub, format!("{trail}?from={}&until={today}", today.plus_days(-6))),
        get("操作日志（不限日期）", Hub, trail),
        get("操作日志（最早的）", Hub, format!("{trail}?sort=sequence")),
        get("操作日志（一个账号）", Hub, format!("{trail}?account=clerk-007")),
        get(
            "操作日志（一项操作、无权限的）",
            Hub,
            format!("{trail}?action=decide-filings&outcome=not-permitted"),
        ),
        get("操作日志（一件事项）", Hub, format!("{trail}?subject=filing:00000000001")),
        get("操作日志（查无此事）", Hub, format!("{trail}?outcome=nothing")),
        get("操作日志（核验完整性）", Hub, format!("{trail}/verification")).left(),
        get("记账凭证（最近的）", Treatment, format!("{vouchers}?sort=-number")),
        get("记账凭证（最早的）", Treatment, vouchers),
        get("记账凭证（一个月）", Treatment, format!("{vouchers}?month={}&sort=-number", last.number())),
        get("记账凭证（一类业务）", Treatment, format!("{vouchers}?code=clearing_paid")),
        get("一张记账凭证", Treatment, "/api/v1/funds/ledger/voucher?id=measured/1"),
        get("科目余额表", Treatment, "/api/v1/funds/ledger/trial"),
        get("资金文书（最近的）", Insured, format!("{documents}?sort=-issued_at")),
        get("资金文书（最早的）", Insured, documents),
        get("资金文书（一类）", Insured, format!("{documents}?kind=voucher&sort=-issued_at")),
        get("资金文书（没有的一类）", Insured, format!("{documents}?kind=payment_notice")),
        get("资金文书（一个编号）", Insured, format!("{documents}?number=PZ")),
        get("投诉举报（未答复的）", Treatment, complaints),
        get("投诉举报（全部，最近的）", Treatment, format!("{complaints}?stage=all&sort=-received")),
        get(
            "投诉举报（一类、一个月）",
            Treatment,
            format!("{complaints}?stage=all&kind=fraud&from={month}&until={today}"),
        ),
        get("每日对账（未说明的差异）", Hub, differences.clone()),
        get("每日对账（已确认的，倒序）", Hub, format!("{differences}&stage=confirmed&sort=-settlement")),
        get("每日对账（国家平台核查的）", Hub, format!("{differences}&stage=confirmed&owner=hub")),
        get("对账结果", Hub, format!("/api/v1/funds/reconciliations?from={month}&to={today}")),
        get("银行流水（待查款项）", Treatment, entries),
        get("银行流水（其他款项）", Treatment, format!("{entries}?matter=other")),
        get("银行流水（其他款项，最早的）", Treatment, format!("{entries}?matter=other&sort=on")),
        get("银行流水（一个月）", Treatment, format!("{entries}?matter=other&from={month}&until={today}")),
        get("通知书（最近的）", Treatment, format!("{notices}?sort=-issued")),
        get("通知书（一个事由）", Treatment, format!("{notices}?cause=clearing&sort=-issued")),
        get("应付划拨", Treatment, "/api/v1/funds/orders?stage=all"),
        get("应付划拨（按金额）", Treatment, "/api/v1/funds/orders?stage=all&sort=-amount"),
        get("月度清算", Hub, "/api/v1/funds/clearings"),
        get("清算确认", Treatment, "/api/v1/funds/statements"),
        get("审核扣款", Treatment, "/api/v1/funds/deductions"),
        get("逾期未划拨", Hub, "/api/v1/funds/urgings"),
        get("紧急调增", Hub, "/api/v1/funds/prepayments/increases"),
        get("住院直接结算率", Hub, "/api/v1/direct-settlement"),
        get("应答最慢的参与方", Hub, "/api/v1/passing"),
        get("账户管理", Hub, "/api/v1/accounts"),
        get("停机公告", Hub, "/api/v1/announcements"),
        get("医保目录", Treatment, "/api/v1/catalog"),
        get("目录对照", Treatment, "/api/v1/mappings/institutions"),
        get("待遇政策", Insured, "/api/v1/policies"),
        get("待办（国家）", Hub, "/api/v1/work"),
        get("待办（参保地）", Insured, "/api/v1/work"),
        get("门户：定点医药机构", Treatment, "/web/portal/institutions"),
    ]
}

/// How many rows a file has at most.
const FILE_ROWS: u16 = 10_000;

/// What is asked in the middle of the long lists, at their other end, and for files of them. A page in the middle is asked for with what the last
/// page of fewer days ended with, as somebody does who has gone on so far.
async fn deep(nodes: &Nodes, token: &str) -> Result<Vec<Question>, Stop> {
    let today = SystemClock.now().day();
    let middle = today.month().first_day().plus_days(-1);
    let search = "/api/v1/settlements/search";
    let filings = "/api/v1/filings/search";
    let mut asked = Vec::new();
    for (side, node, book) in
        [(Side::Treatment, &nodes.treatment, "treatment"), (Side::Insured, &nodes.insured, "insured")]
    {
        let fewer = json!({ "side": book, "until": middle, "limit": 1 });
        let page: Value = client(node, token).post(search, &fewer).await.map_err(refused(search))?;
        let post = |page, body| post(page, side, search, body);
        let days = |mut body: Value| {
            body["side"] = json!(book);
            body
        };
        asked.extend([
            post("结算查询（中间一页）", days(json!({ "after": page["next"] }))),
            post("结算查询（最早的）", days(json!({ "sort": "day" }))),
            post(
                "结算查询（近31日，总额最大的）",
                days(json!({ "from": today.plus_days(-30), "until": today, "sort": "-total" })),
            ),
            post(
                "结算查询（一天，总额最小的）",
                days(json!({ "from": middle, "until": middle, "sort": "total" })),
            ),
            post("结算查询（住院）", days(json!({ "care": "21" }))),
            post("结算查询（没有的类别）", days(json!({ "care": "41" }))),
            post("结算查询（已撤销的）", days(json!({ "stage": "undone" }))),
            post("结算查询（总额一百万以上）", days(json!({ "total_from": "1000000" }))),
            post("结算查询（文件，一万行）", days(json!({ "form": "csv", "limit": FILE_ROWS }))).left(),
        ]);
    }
    let hospital: Value = client(&nodes.treatment, token)
        .get("/api/v1/institutions?open=true&limit=1")
        .await
        .map_err(refused("/api/v1/institutions"))?;
    let code = hospital["institutions"][0]["code"].clone();
    asked.push(post(
        "结算查询（一家机构）",
        Side::Treatment,
        search,
        json!({ "side": "treatment", "institution": code }),
    ));
    for (page, side) in [("备案经办", Side::Insured), ("全国备案登记", Side::Hub)] {
        let node = if side == Side::Hub { &nodes.hub } else { &nodes.insured };
        let fewer = json!({ "until": middle, "limit": 1 });
        let middle: Value = client(node, token).post(filings, &fewer).await.map_err(refused(filings))?;
        let post = |what: &str, body| post(format!("{page}（{what}）"), side, filings, body);
        asked.extend([
            post("待审核", json!({ "stage": "submitted" })),
            post("已生效，最早的", json!({ "stage": "effective", "sort": "filed_at" })),
            post("一类", json!({ "category": "referral" })),
            post("一个就医地", json!({ "destination": treatment_province().division() })),
            post("近7日", json!({ "from": today.plus_days(-6), "until": today })),
            post("中间一页", json!({ "after": middle["next"] })),
            post("文件，一万行", json!({ "form": "csv", "limit": FILE_ROWS })).left(),
        ]);
    }
    let trial: Value = client(&nodes.treatment, token)
        .get("/api/v1/funds/ledger/trial")
        .await
        .map_err(refused("/api/v1/funds/ledger/trial"))?;
    let names = trial["accounts"].as_array().into_iter().flatten();
    let mut names = names.filter_map(|one| one["account"]["account"].as_str());
    if let Some(account) = names.find(|name| name.starts_with("receivable-insured/")) {
        let path = format!(
            "/api/v1/funds/ledger/account?account={account}&first={}&last={today}",
            today.month().first_day().plus_months(-1)
        );
        asked.push(get("明细账（两个月）", Side::Treatment, path));
    }
    Ok(asked)
}

/// What is asked. Days are those of the copies: this month and the last one.
fn questions() -> Vec<Question> {
    let today = SystemClock.now().day();
    let month = today.month();
    let last = month.first_day().plus_days(-1).month();
    vec![
        get("运行总览", Side::Hub, "/api/v1/today"),
        get("运行总览（一日流向）", Side::Hub, format!("/api/v1/flows?day={today}")),
        get("运行总览（一月流向）", Side::Hub, format!("/api/v1/flows?month={last}")),
        get("统计报表（国家）", Side::Hub, format!("/api/v1/statistics?month={last}")),
        get("统计报表（就医地）", Side::Treatment, format!("/api/v1/statistics?month={last}")),
        get("统计报表（参保地）", Side::Insured, format!("/api/v1/statistics?month={last}")),
        get(
            "统计报表（就医地，全年）",
            Side::Treatment,
            format!("/api/v1/statistics?year={}", last.first_day().year()),
        )
        .left(),
        get(
            "统计报表（国家，全年）",
            Side::Hub,
            format!("/api/v1/statistics?year={}", last.first_day().year()),
        )
        .left(),
        get("参与方", Side::Hub, "/api/v1/participants"),
        post(
            "结算查询（就医地）",
            Side::Treatment,
            "/api/v1/settlements/search",
            json!({ "side": "treatment" }),
        ),
        post("结算查询（参保地）", Side::Insured, "/api/v1/settlements/search", json!({ "side": "insured" })),
        post("备案经办", Side::Insured, "/api/v1/filings/search", json!({})),
        post("全国备案登记", Side::Hub, "/api/v1/filings/search", json!({})),
        get("待办（就医地）", Side::Treatment, "/api/v1/work"),
        get("定点机构", Side::Treatment, "/api/v1/institutions"),
        get("预付金", Side::Hub, "/api/v1/funds/prepayments"),
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
    let waited = || rows.iter().filter(|row| row.question.patience == Patience::Page);
    for (name, value) in report::machine() {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = write!(
        text,
        "- {} settlements stored in each of the three books; each question {} times, one after the other\n\
         - beside them as many entries of the audit trail at each, a fifth as many settlement statements, and a hundredth as many \
         vouchers, papers, complaints, differences, notices and entries of the bank\n\
         - a page is to be there within a second: {} of {} answers were, at their median; what goes on as a job and can be left is \
         marked so and not counted\n\n\
         | page | asks | of | first ms | median ms | longest ms | bytes |\n|---|---|---|---|---|---|---|\n",
        arguments.stored,
        arguments.times,
        waited().filter(|row| row.median <= Duration::from_secs(1)).count(),
        waited().count()
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
            "| {}{} | {method} {path} | {side} | {} | **{}** | {} | {} |",
            row.question.page,
            if row.question.patience == Patience::Job { " (job)" } else { "" },
            millis(row.first),
            millis(row.median),
            millis(row.longest),
            row.bytes
        );
    }
    text
}

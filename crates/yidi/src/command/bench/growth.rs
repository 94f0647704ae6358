//! `yidi bench growth`: whether a settlement costs the same when millions are stored, and when many provinces take part.
//!
//! For every step the three processes of `yidi bench` start with new databases. Some real settlements are made; then the books are
//! filled with copies of them under other ids, of other people, over this and the last month, while the nodes are stopped. They are started
//! again on what they hold, and the closed loop of 2304 is run.

use super::{
    Meter, Setting, cannot,
    closing::seconds,
    nodes::{Node, Nodes, Usage},
    overload::prepare,
    progress, progress_ends, report,
};
use crate::{database, key, say, stop::Stop};
use clap::Args;
use country::load::{
    self, Addresses, Measured, Unit,
    ground::{Ground, insured_province, treatment_province},
};
use node::SystemClock;
use std::{
    fmt::{self, Write as _},
    path::Path,
    process::Command,
    str::FromStr,
    time::{Duration, Instant},
};
use store::{
    Store,
    embedded::{Embedded, Options},
    hub::{self, ParticipantEntry},
    measure::{
        Multiplying, count_hub, fill_institutions, multiply_hub, multiply_insured, multiply_treatment,
    },
};
use terms::{Clock, Participant, Province};

/// 增长：已存几万到几百万笔结算、参与省份由少到多时，每笔结算的开销是否不变 (does it cost more as more is stored).
#[derive(Debug, Args)]
pub struct Arguments {
    /// 已存的结算数，逐个测；只让一方账存这么多的，前面写 hub:、insured: 或 treatment:；0为不测 (settlements stored already, in all three
    /// books or in the one that is named, one step each; 0 to leave that out)
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000", value_name = "[BOOK:]N")]
    stored: Vec<Stored>,
    /// 在国家平台登记的省份数，逐个测；0为不测 (provinces registered at the hub, one step each; 0 to leave that out)
    #[arg(long, value_delimiter = ',', default_value = "2,8,32", value_parser = clap::value_parser!(u64).range(0..=32))]
    provinces: Vec<u64>,
    /// 按省份数测时，国家平台已存、分布于各省之间的结算数 (settlements between them, stored at the hub)
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(i64).range(0..=20_000_000))]
    spread: i64,
    /// 按省份数测时，每省登记的医药机构数 (institutions of each of them)
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(i64).range(0..=99_999))]
    institutions: i64,
    /// 同时结算的客户端数 (clients)
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    clients: u64,
    /// 每一步的秒数 (seconds of each step)
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    #[command(flatten)]
    setting: Setting,
    /// 结果另写入 bench/RESULTS.md (write the results down)
    #[arg(long)]
    write: bool,
}

/// What the section of the results is called.
const SECTION: &str = "As more is stored (`yidi bench growth`)";

/// The provinces in the order in which they take part: first the two that are there.
const PROVINCES: [&str; 32] = [
    "110000", "420000", "310000", "440000", "320000", "330000", "510000", "500000", "120000", "130000",
    "140000", "150000", "210000", "220000", "230000", "340000", "350000", "360000", "370000", "410000",
    "430000", "450000", "460000", "520000", "530000", "540000", "610000", "620000", "630000", "640000",
    "650000", "660000",
];

/// Real settlements of which the stored ones are copies.
const REAL: u64 = 300;
/// Clients that make them.
const REAL_CLIENTS: usize = 16;
/// How long the loop runs before it counts: plans are made, connections opened, pages read.
const WARM_UP: Duration = Duration::from_secs(2);

/// Most settlements that are stored.
const STORED_MAX: i64 = 20_000_000;
/// How many the other books have where one alone has many.
const BESIDE: i64 = 10_000;

/// One of the three books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Book {
    Treatment,
    Hub,
    Insured,
}

impl Book {
    /// In the order of [`Nodes::each`].
    const ALL: [Self; 3] = [Self::Treatment, Self::Hub, Self::Insured];

    const fn name(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Hub => "hub",
            Self::Insured => "insured",
        }
    }
}

/// How many settlements are stored, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    /// How many.
    pub settlements: i64,
    /// The one book that has so many; none: all three.
    pub book: Option<Book>,
}

impl FromStr for Stored {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (book, number) = match text.split_once(':') {
            None => (None, text),
            Some((name, number)) => {
                let book = Book::ALL.into_iter().find(|book| book.name() == name);
                let wrong = || "账应为 hub、insured 或 treatment (hub, insured or treatment)".to_owned();
                (Some(book.ok_or_else(wrong)?), number)
            }
        };
        let settlements = number.parse().ok().filter(|number| (0..=STORED_MAX).contains(number));
        let settlements =
            settlements.ok_or_else(|| format!("应为0到{STORED_MAX}的数 (a number from 0 on)"))?;
        Ok(Self { settlements, book })
    }
}

impl Stored {
    /// In all three books.
    pub const fn everywhere(settlements: i64) -> Self {
        Self { settlements, book: None }
    }

    /// How many are in a book.
    fn of(self, book: Book) -> i64 {
        if self.book.is_none_or(|one| one == book) { self.settlements } else { self.settlements.min(BESIDE) }
    }
}

impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.book {
            None => write!(f, "{}", self.settlements),
            Some(book) => write!(f, "{} at {}", self.settlements, book.name()),
        }
    }
}

/// A step.
#[derive(Clone, Copy)]
pub(super) enum Case {
    /// So many settlements of the two provinces are stored.
    Stored(Stored),
    /// So many provinces take part; the settlements between them are stored at the hub.
    Provinces(usize),
}

/// What came of it.
struct Row {
    case: Case,
    measured: Measured,
    usage: Usage,
    /// How long each node took to start on what it holds.
    started: [Duration; 3],
}

/// Measures.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    if arguments.provinces.contains(&1) {
        return Err(Stop::Unable("--provinces 应为2到32，或为0 (2 to 32, or 0)".to_owned()));
    }
    let stored = arguments.stored.iter().filter(|stored| stored.settlements > 0);
    let stored = stored.map(|stored| Case::Stored(*stored));
    let provinces = arguments.provinces.iter().filter(|count| **count > 0);
    let provinces = provinces.map(|count| Case::Provinces(usize::try_from(*count).expect("a small number")));
    let mut rows: Vec<Row> = Vec::new();
    for case in stored.chain(provinces) {
        let Setting { lines, connections, folder } = &arguments.setting;
        let folder = folder.as_ref().map(|folder| folder.join(case.name()));
        let setting = Setting { lines: *lines, connections: *connections, folder };
        let row = setting.on_nodes(async |nodes| measure(arguments, case, &setting, nodes).await)?;
        let first = rows.iter().find(|one| one.case.is_like(case)).unwrap_or(&row);
        say(&row.text(first));
        rows.push(row);
    }
    if arguments.write {
        report::write_section(SECTION, &markdown(arguments, &rows))?;
    }
    Ok(())
}

impl Case {
    /// The name of its folder.
    fn name(self) -> String {
        match self {
            Self::Stored(Stored { settlements, book }) => {
                let book = book.map_or_else(String::new, |book| format!("-{}", book.name()));
                format!("stored{book}-{settlements}")
            }
            Self::Provinces(count) => format!("provinces-{count}"),
        }
    }

    /// Whether both belong in one table.
    const fn is_like(self, other: Self) -> bool {
        matches!((self, other), (Self::Stored(_), Self::Stored(_)) | (Self::Provinces(_), Self::Provinces(_)))
    }

    fn text(self) -> String {
        match self {
            Self::Stored(Stored { settlements, book }) => {
                let book = book.map_or_else(String::new, |book| format!(" at {}", book.name()));
                format!("{settlements} settlements stored{book}")
            }
            Self::Provinces(count) => format!("{count} provinces"),
        }
    }
}

async fn measure(
    arguments: &Arguments,
    case: Case,
    setting: &Setting,
    nodes: &mut Nodes,
) -> Result<Row, Stop> {
    let spread = (arguments.spread, arguments.institutions);
    let (mut ground, real) = fill_with_copies(setting, case, spread, nodes).await?;
    let (waiting, address) = (load::Waiting::default(), nodes.treatment.address);
    let started = nodes.restart(&[]).await?;
    match nodes.until_at_rest().await {
        Some(took) => say(&format!("  at rest {} after the start", seconds(took))),
        None => say("  the nodes do not come to rest: what they do besides is measured with the settlements"),
    }
    let rate = (real.tenths_per_second() / 5).max(200);
    prepare(&mut ground, nodes, &waiting, (arguments.seconds + WARM_UP.as_secs()) * rate).await?;
    let clients = usize::try_from(arguments.clients).expect("a small number");
    let hub = open(&nodes.hub.addresses()).await?;
    let stood = count(&hub).await?;
    let warmed = load::closed_loop(address, &waiting, Unit::Settlement, clients, WARM_UP).await;
    let warmed = warmed.map_err(Stop::Unable)?;
    let meter = Meter::start(nodes);
    let duration = Duration::from_secs(arguments.seconds);
    let measured = load::closed_loop(address, &waiting, Unit::Settlement, clients, duration).await;
    let measured = measured.map_err(Stop::Unable)?;
    let usage = meter.stop(nodes);
    let stands = count(&hub).await? - stood;
    hub.close().await;
    let (settled, failed) = (warmed.done + measured.done, warmed.failed + measured.failed);
    if !(settled..=settled + failed).contains(&stands) {
        let what = "国家平台的账与应答不符 (the hub's book is not what was answered)";
        return Err(Stop::Refused(format!("{what}: {stands}, {settled} + {failed}")));
    }
    Ok(Row { case, measured, usage, started })
}

/// Makes some real settlements, halts the nodes and fills the books with copies of them; what is left of the ground, and how the real ones went.
/// `spread` is how many are stored between provinces that do not run, and how many institutions each of these has.
pub(super) async fn fill_with_copies(
    setting: &Setting,
    case: Case,
    spread: (i64, i64),
    nodes: &mut Nodes,
) -> Result<(Ground, Measured), Stop> {
    let (mut ground, stood) = setting.ground(nodes).await?;
    if stood > 0 {
        let what = "--folder 中已有结算，请另选目录 (the folder holds settlements already: choose another)";
        return Err(Stop::Unable(what.to_owned()));
    }
    let (waiting, address) = (load::Waiting::default(), nodes.treatment.address);
    prepare(&mut ground, nodes, &waiting, REAL).await?;
    let real = load::closed_loop(address, &waiting, Unit::Settlement, REAL_CLIENTS, Duration::from_mins(1));
    let real = real.await.map_err(Stop::Unable)?;
    if let Some(failure) = &real.first_failure {
        return Err(Stop::Refused(format!("结算未成功 (a settlement failed): {failure}")));
    }
    let begun = Instant::now();
    nodes.halt();
    fill(spread, case, nodes).await?;
    // What was not written with care is on the disk before anything is measured.
    let _ = Command::new("sync").status();
    let taken = mebibytes(nodes.folder()).map_or_else(String::new, |mib| format!("; {mib} MiB on the disk"));
    say(&format!("\n{}: filled in, in {}{taken}", case.text(), seconds(begun.elapsed())));
    Ok((ground, real))
}

/// How much room a folder takes; none where nobody can say.
fn mebibytes(folder: &Path) -> Option<u64> {
    let said = Command::new("du").arg("-sm").arg(folder).output().ok()?.stdout;
    String::from_utf8_lossy(&said).split_whitespace().next()?.parse().ok()
}

pub(super) async fn open(side: &Addresses) -> Result<Store, Stop> {
    Store::open_url(&side.database, 1).await.map_err(stopped)
}

async fn count(hub: &Store) -> Result<u64, Stop> {
    let counted = count_hub(&mut *hub.conn().await.map_err(stopped)?).await.map_err(stopped)?;
    Ok(u64::try_from(counted).expect("a number of rows"))
}

pub(super) fn stopped(error: store::Error) -> Stop {
    cannot(error.into())
}

async fn fill((spread, institutions): (i64, i64), case: Case, nodes: &Nodes) -> Result<(), Stop> {
    let now = SystemClock.now();
    let from = now.day().month().first_day().plus_months(-1).start();
    // What stands already was given later.
    let until = now.plus_millis(-60 * 60 * 1_000);
    let (settlements, pairs) = match case {
        Case::Stored(stored) => (stored.settlements, vec![(treatment_province(), insured_province())]),
        Case::Provinces(count) => (spread, pairs(&provinces(count))),
    };
    let hub = Bare::open(&nodes.hub).await?;
    if let Case::Provinces(count) = case {
        register(&hub.store, &provinces(count)[2..], institutions).await?;
    }
    let of = Multiplying { settlements, from, until, pairs };
    // Of the books, the one that has all says how far it is.
    let told = |done: i64| {
        if done > BESIDE || settlements <= BESIDE {
            progress(&format!("filling: {done} of {settlements}"));
        }
    };
    match case {
        Case::Stored(stored) => {
            let (treatment, insured) =
                (Bare::open(&nodes.treatment).await?, Bare::open(&nodes.insured).await?);
            let in_book = |side: Book| Multiplying { settlements: stored.of(side), ..of.clone() };
            let [of_treatment, of_hub, of_insured] = [Book::Treatment, Book::Hub, Book::Insured].map(in_book);
            tokio::try_join!(
                multiply_treatment(&treatment.store, &of_treatment, &told),
                multiply_hub(&hub.store, &of_hub, &told),
                multiply_insured(&insured.store, &of_insured, &told),
            )
            .map_err(stopped)?;
            treatment.close().await;
            insured.close().await;
        }
        Case::Provinces(_) => multiply_hub(&hub.store, &of, &told).await.map_err(stopped)?,
    }
    progress_ends();
    hub.close().await;
    Ok(())
}

/// The database of a node that is halted, on a server that takes no care: what is filled in is lost if it dies meanwhile, and all else is
/// as on the node's own.
struct Bare {
    server: Embedded,
    store: Store,
}

impl Bare {
    async fn open(node: &Node) -> Result<Self, Stop> {
        let settings = [
            // No journal of tables that are filled in the transaction that emptied them.
            ("wal_level", "minimal"),
            ("max_wal_senders", "0"),
            ("max_wal_size", "1GB"),
            ("autovacuum", "off"),
            ("shared_buffers", "1GB"),
        ];
        let careless = Options { durable: false, ..Options::default() };
        let options = settings.iter().fold(careless, |options, (name, value)| options.setting(name, value));
        let server = Embedded::start(&node.data.join("postgres"), &options).map_err(Stop::unable)?;
        let store = Store::open(server.connect_options(database::NAME), 1).await.map_err(stopped)?;
        Ok(Self { server, store })
    }

    async fn close(self) {
        self.store.close().await;
        self.server.stop();
    }
}

fn provinces(count: usize) -> Vec<Province> {
    PROVINCES.iter().take(count).map(|code| code.parse().expect("a province")).collect()
}

/// Everybody with everybody else, treated there and insured here.
fn pairs(provinces: &[Province]) -> Vec<(Province, Province)> {
    let with_others = |insured: &Province| {
        let insured = *insured;
        provinces.iter().filter(move |other| **other != insured).map(move |treatment| (*treatment, insured))
    };
    provinces.iter().flat_map(with_others).collect()
}

/// Registers provinces that nobody runs, each with a key of its own and institutions.
async fn register(hub: &Store, provinces: &[Province], institutions: i64) -> Result<(), Stop> {
    let mut work = hub.begin().await.map_err(stopped)?;
    for province in provinces {
        let entry = ParticipantEntry {
            participant: Participant::Province(*province),
            name: province.division().name().unwrap_or_default().to_owned(),
            address: "http://127.0.0.1:9".to_owned(),
            public_key: key::new_key().public().to_hex(),
            suspended: None,
            changed_at: SystemClock.now(),
        };
        hub::put_participant(&mut work, &entry).await.map_err(stopped)?;
    }
    work.save().await.map_err(stopped)?;
    let mut conn = hub.conn().await.map_err(stopped)?;
    fill_institutions(&mut conn, provinces, institutions).await.map_err(stopped)
}

impl Row {
    /// Processor time of one settlement in microseconds: of all three, and of treatment, hub and insured.
    fn cpu(&self) -> (u64, [u64; 3]) {
        let each = |millis: u64| millis * 1_000 / self.measured.done.max(1);
        let of = self.usage.nodes.map(|(node, database)| each(node.cpu_millis + database.cpu_millis));
        (each(self.usage.system().cpu_millis), of)
    }

    /// Pages of its database that a settlement reads or writes, cached or not, in hundredths: of treatment, hub and insured. Unlike
    /// time it is the same on any machine.
    fn pages(&self) -> [u64; 3] {
        self.usage.commits.map(|commits| commits.pages * 100 / self.measured.done.max(1))
    }

    /// What of each node is compared with the first: of stored settlements the nodes whose books have them, of provinces the hub.
    fn compared(&self, each: [u64; 3]) -> u64 {
        let counts = |book: Book| match self.case {
            Case::Stored(stored) => stored.book.is_none_or(|one| one == book),
            Case::Provinces(_) => book == Book::Hub,
        };
        Book::ALL.into_iter().zip(each).filter(|(book, _)| counts(*book)).map(|(_, each)| each).sum()
    }

    /// As many times as much as the first, in hundredths: of processor time and of pages.
    fn ratios(&self, first: &Self) -> [String; 2] {
        let ratio = |own: [u64; 3], first: [u64; 3]| {
            hundredths(self.compared(own) * 100 / self.compared(first).max(1))
        };
        [ratio(self.cpu().1, first.cpu().1), ratio(self.pages(), first.pages())]
    }

    /// MiB of the process alone and of its PostgreSQL.
    fn memory(&self) -> [String; 3] {
        let mib = |kib: u64| kib / 1024;
        self.usage.nodes.map(|(node, server)| format!("{}+{}", mib(node.memory_kib), mib(server.memory_kib)))
    }

    fn text(&self, first: &Self) -> String {
        let [p50, p99] = self.measured.latencies.percentiles([50, 99]);
        let (all, each) = self.cpu();
        let [time, pages] = self.ratios(first);
        let mut text = format!(
            "  {} settlements a second, p50 {} ms, p99 {} ms; CPU ms each {} ({}), {time} times the first; pages each {}, {pages} times the first; \
             machine {}% busy\n  memory MiB {}; started in {}",
            report::tenths(self.measured.tenths_per_second()),
            report::millis(p50),
            report::millis(p99),
            report::millis(all),
            each.map(report::millis).join(", "),
            self.pages().map(hundredths).join(", "),
            self.usage.busy_percent,
            self.memory().join(", "),
            self.started.map(seconds).join(", "),
        );
        if let Some(failure) = &self.measured.first_failure {
            let _ = write!(text, "\n  {} failed, the first: {failure}", self.measured.failed);
        }
        text
    }
}

fn markdown(arguments: &Arguments, rows: &[Row]) -> String {
    let mut text = String::new();
    for (name, value) in report::machine() {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = writeln!(
        text,
        "- load: {} clients, {} s a step, all on this machine; three numbers are those of treatment, hub and insured, and a+b is the \
         node and its PostgreSQL; pages are those of 8 KiB that its database touches",
        arguments.clients, arguments.seconds
    );
    let stored: Vec<&Row> = rows.iter().filter(|row| matches!(row.case, Case::Stored(_))).collect();
    if let Some(first) = stored.first() {
        text.push_str(
            "\n## Settlements stored\n\nIn each of the three books; or in that of the node that is named, where the others have ten thousand, and what is compared \
             is that node alone.\n\n| stored | settlements per second | p50 ms | p99 ms | CPU ms each | of the \
             first | of each | pages each | of the first | memory MiB | start-up | failed |\n\
             |---|---|---|---|---|---|---|---|---|---|---|---|\n",
        );
        for row in &stored {
            row.write(&mut text, first);
        }
    }
    let spread: Vec<&Row> = rows.iter().filter(|row| matches!(row.case, Case::Provinces(_))).collect();
    if let Some(first) = spread.first() {
        let _ = write!(
            text,
            "\n## Provinces registered at the hub\n\nOnly two provinces run, and all settlements that are measured are between them. The \
             others are in the hub's registers, with a key and {} institutions each, and {} settlements stored at the hub are spread \
             over all pairs. So this shows what a longer register and more pairs in the book cost the hub; it does not show what \
             connections to more nodes cost, nor groups that are smaller because they go to more of them.\n\n\
             | provinces | settlements per second | p50 ms | p99 ms | CPU ms each, the hub | of the first | of each | pages each | \
             of the first | memory MiB | start-up | failed |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
            arguments.institutions, arguments.spread
        );
        for row in &spread {
            row.write(&mut text, first);
        }
    }
    text
}

impl Row {
    fn write(&self, text: &mut String, first: &Self) {
        let [p50, p99] = self.measured.latencies.percentiles([50, 99]);
        let [time, pages] = self.ratios(first);
        let case = match self.case {
            Case::Stored(stored) => stored.to_string(),
            Case::Provinces(count) => count.to_string(),
        };
        let _ = writeln!(
            text,
            "| {case} | **{}** | {} | {} | {} | **{time}** | {} | {} | **{pages}** | {} | {} | {} |",
            report::tenths(self.measured.tenths_per_second()),
            report::millis(p50),
            report::millis(p99),
            report::millis(self.compared(self.cpu().1)),
            self.cpu().1.map(report::millis).join(", "),
            self.pages().map(hundredths).join(", "),
            self.memory().join(", "),
            self.started.map(seconds).join(", "),
            self.measured.failed,
        );
    }
}

/// `1.05`.
fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_treated_with_everybody_else() {
        for (count, most) in [(2, 2), (8, 56), (32, 992)] {
            let mut pairs = pairs(&provinces(count));
            assert!(pairs.iter().all(|(treatment, insured)| treatment != insured));
            pairs.sort_unstable();
            pairs.dedup();
            assert_eq!(pairs.len(), most, "{count} provinces");
        }
        assert_eq!(provinces(2), [insured_province(), treatment_province()]);
    }

    #[test]
    fn how_many_are_stored_and_where_is_read() {
        for (text, read) in [
            ("0", Some((0, None))),
            ("10000", Some((10_000, None))),
            ("hub:20000000", Some((20_000_000, Some(Book::Hub)))),
            ("insured:7", Some((7, Some(Book::Insured)))),
            ("treatment:5", Some((5, Some(Book::Treatment)))),
            ("20000001", None),
            ("-1", None),
            ("province:5", None),
            ("hub:", None),
        ] {
            let stored: Option<Stored> = text.parse().ok();
            assert_eq!(stored.map(|stored| (stored.settlements, stored.book)), read, "{text}");
        }
        let at_hub: Stored = "hub:50000".parse().unwrap();
        assert_eq!(Book::ALL.map(|book| at_hub.of(book)), [10_000, 50_000, 10_000]);
        assert_eq!(Stored::everywhere(50_000).of(Book::Insured), 50_000);
    }
}

//! `yidi bench closing`: how long the hub takes to close a month of the nation, and what it needs.
//!
//! A hub runs in this process on a private PostgreSQL that is filled with a synthetic month: everything in it is made up. Then it
//! does what it does by itself on the statement day (closing, adding up, planning), and gives out the statements. Months are closed
//! as fast as the machine can; then one is closed at the pace of the day while settlements go on being written down, and how long
//! each of these takes is told for before, meanwhile and after.

use super::report::{self, machine};
use crate::{command::running::runtime, policies, say, stop::Stop};
use clap::Args;
use country::{Options, Trouble, World, load::process};
use node::api::client::Client;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{
    Amounts, Store,
    batch::{Batcher, Record},
    clearing::{Pace, Synthetic, count_month, fill_month},
    hub::{Content, HubSettlement, Stage},
};
use terms::{
    CareKind, Clock, Fen, Fund, InsuranceScheme, InsuredPlace, Moment, SettlementId, TreatmentPlace,
};
use wire::api::clearing::{ClearingDues, ClearingPlan, ClearingStatement, NettingReport};

/// 月度清算：填入合成的一个月结算，测国家平台截止、清分、试算、出表的秒数和内存，以及同时结算的时延 (closing a month).
#[derive(Debug, Args)]
pub struct Arguments {
    /// 以最快速度清算的结算数，可列多个，依次测 (settlements of the months that are closed as fast as can be)
    #[arg(long, value_delimiter = ',', default_value = "1000000,5000000,25000000",
          value_parser = clap::value_parser!(i64).range(0..=60_000_000))]
    settlements: Vec<i64>,
    /// 每省的统筹区数 (pooling areas of each province)
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=90))]
    areas: i64,
    /// 另测这些统筹区数，可列多个 (further numbers of pooling areas)
    #[arg(long, value_delimiter = ',', default_value = "2,24", value_parser = clap::value_parser!(i64).range(1..=90))]
    vary_areas: Vec<i64>,
    /// 另测统筹区数时的结算数；0为不测 (settlements of the months with those numbers; 0 to leave them out)
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(i64).range(0..=60_000_000))]
    vary_settlements: i64,
    /// 省数，2到32 (provinces)
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(i64).range(2..=32))]
    provinces: i64,
    /// 每个统筹区的医院数，药店同数 (hospitals of each pooling area, and as many pharmacies)
    #[arg(long, default_value_t = 130, value_parser = clap::value_parser!(i64).range(1..=99_999))]
    institutions: i64,
    /// 与结算同时清算的结算数；0为不测 (settlements of the month that is closed beside live ones; 0 to leave that out)
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(i64).range(0..=60_000_000))]
    live: i64,
    /// 同时清算时占用的时间百分数 (share of its time that closing works beside live settlements)
    #[arg(long, default_value_t = Pace::BESIDE)]
    pace: Pace,
    /// 同时每秒写入的结算数 (settlements written each second beside it)
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=2_000))]
    beside: u64,
    /// 结果另写入 bench/RESULTS.md (write the results down)
    #[arg(long)]
    write: bool,
}

/// What is measured once.
#[derive(Clone, Copy)]
struct Case {
    settlements: i64,
    areas: i64,
    pace: Pace,
    /// Settlements a second beside it; none at all if 0.
    beside: u64,
}

/// What came of it.
struct Row {
    case: Case,
    plan: ClearingPlan,
    /// The plain count of the same rows.
    counted: Duration,
    /// Closing, adding up, planning.
    planned: Duration,
    /// Statements and the netting report.
    stated: Duration,
    /// MiB.
    memory: u64,
    /// What closing and planning cost.
    spent: Spent,
    /// What settlements took before, meanwhile and after.
    latencies: [Vec<Duration>; 3],
}

/// Processor time, in milliseconds.
#[derive(Clone, Copy)]
struct Spent {
    node: u64,
    server: u64,
    /// By all else on the machine.
    others: u64,
}

impl Spent {
    /// What was spent since this process began; by others, since the machine did.
    fn now() -> Self {
        let node = process::own(std::process::id()).cpu_millis;
        let server = process::descendants(std::process::id()).cpu_millis;
        let (busy, _) = process::machine();
        Self { node, server, others: busy.saturating_sub(node + server) }
    }

    fn since(self, before: Self) -> Self {
        Self {
            node: self.node - before.node,
            server: self.server.saturating_sub(before.server),
            others: self.others.saturating_sub(before.others),
        }
    }

    fn text(self) -> String {
        let Self { node, server, others } = self;
        let [node, server, others] = [node, server, others].map(|one| seconds(Duration::from_millis(one)));
        format!("node {node}, server {server}; others {others}")
    }
}

/// Measures.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let runtime = runtime()?;
    say("synthetic data: who is treated where is made up");
    let mut rows = Vec::new();
    let more = arguments.vary_areas.iter().map(|areas| (arguments.vary_settlements, *areas));
    let cases = arguments.settlements.iter().map(|settlements| (*settlements, arguments.areas)).chain(more);
    for (settlements, areas) in cases.filter(|(settlements, _)| *settlements > 0) {
        let case = Case { settlements, areas, pace: Pace::FULL, beside: 0 };
        rows.push(runtime.block_on(measure(arguments, case))?);
    }
    if arguments.live > 0 {
        let Arguments { live: settlements, areas, pace, beside, .. } = *arguments;
        let case = Case { settlements, areas, pace, beside };
        rows.push(runtime.block_on(measure(arguments, case))?);
    }
    if arguments.write {
        report::write_section(SECTION, &markdown(&rows))?;
    }
    Ok(())
}

fn stopped(error: impl Into<Trouble>) -> Stop {
    let Trouble(what) = error.into();
    Stop::Unable(format!("测量无法进行 (cannot be measured): {what}"))
}

async fn measure(arguments: &Arguments, case: Case) -> Result<Row, Stop> {
    let mut options = Options::new(policies::rulebook(&policies::files(None)?)?);
    options.provinces = Vec::new();
    options.durable = true;
    options.management_token = Some("测量".to_owned());
    let world = World::start(options, &|_| {}).await.map_err(stopped)?;
    let store = world.hub.context.store.clone();
    let month = world.clock.now().day().plus_months(-1).month();
    let Case { settlements, areas, pace, beside } = case;
    let (provinces, institutions) = (arguments.provinces, arguments.institutions);
    let begun = Instant::now();
    let synthetic = Synthetic { month, settlements, provinces, areas, institutions };
    fill_month(&store, synthetic).await.map_err(stopped)?;
    // What was filled in must not be on its way to the disk any more; where nobody can say so, it is measured with it.
    drop(std::process::Command::new("sync").status());
    say(&format!("{month}: {settlements} settlements filled in, in {}", seconds(begun.elapsed())));
    let counted = count_month(&mut *store.conn().await.map_err(stopped)?, month).await.map_err(stopped)?;
    // To the statement day, whatever today is.
    let days = world.clock.now().day().days_until(month.next().first_day().plus_days(21));
    world.clock.pass_days(u32::try_from(days).unwrap_or(0));
    let writer = Beside::start(store, world.clock.now(), beside);
    let before = writer.during(beside).await;
    let watched = Watched::start();
    let (begun, spent) = (Instant::now(), Spent::now());
    world.hub.keep_clearing(pace).await.map_err(|failure| stopped(failure.refusal()))?;
    let planned = begun.elapsed();
    let spent = Spent::now().since(spent);
    let meanwhile = writer.latencies();
    let clerk = Client {
        node: world.hub_url(),
        token: "测量".to_owned(),
        operator: Some("测量".to_owned()),
        duty: None,
    };
    let begun = Instant::now();
    let path = format!("/api/v1/funds/clearings/{}", month.number());
    let refused = |error: node::api::client::CallError| Stop::Unable(error.to_string());
    let plan: ClearingPlan = clerk.get(&format!("{path}/plan")).await.map_err(refused)?;
    let statement: ClearingStatement = clerk.get(&format!("{path}/statement")).await.map_err(refused)?;
    let dues: ClearingDues = clerk.get(&format!("{path}/dues")).await.map_err(refused)?;
    let netting: NettingReport = clerk.get(&format!("{path}/netting")).await.map_err(refused)?;
    let stated = begun.elapsed();
    let memory = watched.stop();
    drop(writer.latencies());
    let after = writer.during(beside).await;
    writer.stop();
    let latencies = [before, meanwhile, after];
    let row = Row { case, plan, counted, planned, stated, memory, spent, latencies };
    say(&row.text());
    say(&format!(
        "  {} rows of the statement, {} dues of {} yuan",
        statement.rows.len(),
        dues.rows.len(),
        dues.total
    ));
    for way in &netting.ways {
        say(&format!("  {}: {} transfers, {} yuan", way.way, way.transfers, way.volume));
    }
    world.stop().await;
    Ok(row)
}

/// What the section of the results is called.
const SECTION: &str = "Closing a month (`yidi bench closing`)";

impl Row {
    /// How many times as long as the plain count, in tenths.
    fn ratio(&self) -> u64 {
        let took = u64::try_from((self.planned + self.stated).as_millis()).unwrap_or(u64::MAX);
        let counted = u64::try_from(self.counted.as_millis()).unwrap_or(u64::MAX).max(1);
        took.saturating_mul(10) / counted
    }

    fn text(&self) -> String {
        let mut text = format!(
            "  at a pace of {}: closed, added up and planned in {}, statements and netting in {}: {} times a plain \
             count and sum ({})\n  {} settlements, {} lines by area and institution, {} pairs of areas, {} pairs of \
             provinces\n  processor: {}\n  memory at most: {} MiB, the server's processes included",
            self.case.pace,
            seconds(self.planned),
            seconds(self.stated),
            report::tenths(self.ratio()),
            seconds(self.counted),
            self.plan.settlements,
            self.plan.lines,
            self.plan.area_pairs,
            self.plan.pairs,
            self.spent.text(),
            self.memory,
        );
        if self.case.beside > 0 {
            let each = ["before", "meanwhile", "after"].iter().zip(&self.latencies);
            for (when, latencies) in each {
                let [half, most, all] = told(latencies);
                let _ = write!(
                    text,
                    "\n  {} a second, {when}: {} written, half in {half} ms, 99 % in {most} ms, all in {all} ms",
                    self.case.beside,
                    latencies.len()
                );
            }
        }
        text
    }
}

fn markdown(rows: &[Row]) -> String {
    let mut text = String::from("Synthetic: who is treated where is made up.\n\n");
    for (name, value) in machine() {
        let _ = writeln!(text, "- {name}: {value}");
    }
    text.push_str(
        "\n| settlements | pace | lines | pairs of areas | closed and planned | processor meanwhile | statements | memory MiB | plain count and sum | \
         ratio |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | **{}** | {} | {} | {} | {} | {} |",
            row.plan.settlements,
            row.case.pace,
            row.plan.lines,
            row.plan.area_pairs,
            seconds(row.planned),
            row.spent.text(),
            seconds(row.stated),
            row.memory,
            seconds(row.counted),
            report::tenths(row.ratio()),
        );
    }
    for row in rows.iter().filter(|row| row.case.beside > 0) {
        let _ = write!(
            text,
            "\nSettlements that are written down while a month of {} is closed at a pace of {}, {} a second:\n\n\
             | | written | p50 ms | p99 ms | longest ms |\n|---|---|---|---|---|\n",
            row.case.settlements, row.case.pace, row.case.beside
        );
        for (when, latencies) in ["before", "meanwhile", "after"].iter().zip(&row.latencies) {
            let [half, most, all] = told(latencies);
            let _ = writeln!(text, "| {when} | {} | {half} | {most} | {all} |", latencies.len());
        }
    }
    text
}

/// Seconds with a tenth.
pub(super) fn seconds(duration: Duration) -> String {
    let tenths = duration.as_millis() / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Half, 99 % and the longest, in milliseconds; nothing of nothing.
fn told(latencies: &[Duration]) -> [String; 3] {
    let mut latencies = latencies.to_vec();
    latencies.sort_unstable();
    [50, 99, 100].map(|percent: usize| {
        let at = latencies.get(latencies.len().saturating_sub(1) * percent / 100);
        at.map_or_else(|| "-".to_owned(), |one| format!("{}.{}", one.as_millis(), one.as_micros() / 100 % 10))
    })
}

/// Settlements that are written down meanwhile, at a fixed rate.
struct Beside {
    running: Arc<AtomicBool>,
    latencies: Arc<std::sync::Mutex<Vec<Duration>>>,
}

impl Beside {
    fn start(store: Store, now: Moment, per_second: u64) -> Self {
        let (running, latencies) = (Arc::new(AtomicBool::new(per_second > 0)), Arc::default());
        let this = Self { running: Arc::clone(&running), latencies: Arc::clone(&latencies) };
        let every = Duration::from_micros(1_000_000 / per_second.max(1));
        tokio::spawn(async move {
            let records: Batcher<Record> = Batcher::start(store);
            let mut interval = tokio::time::interval(every);
            let mut serial = 0;
            while running.load(Ordering::Relaxed) {
                interval.tick().await;
                serial += 1;
                let (records, latencies) = (records.clone(), Arc::clone(&latencies));
                tokio::spawn(async move {
                    let begun = Instant::now();
                    if records.write(record(serial, now)).await {
                        latencies.lock().expect("nobody panics with it").push(begun.elapsed());
                    }
                });
            }
        });
        this
    }

    /// How long each took since the last time that this was asked.
    fn latencies(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.latencies.lock().expect("nobody panics with it"))
    }

    /// How long each takes in a while in which nothing else is done; nothing at all if none are written.
    async fn during(&self, per_second: u64) -> Vec<Duration> {
        if per_second == 0 {
            return Vec::new();
        }
        // What the database did before must come to rest.
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(self.latencies());
        tokio::time::sleep(Duration::from_secs(10)).await;
        self.latencies()
    }

    fn stop(&self) {
        self.running.store(false, Ordering::Relaxed);
    }
}

fn record(serial: u64, now: Moment) -> Record {
    let place = |number| terms::AdminDivision::new(number).expect("a division");
    let treatment = place(420_000).province();
    Record {
        settlement: HubSettlement {
            id: SettlementId::new(treatment, now, serial),
            stage: Stage::Standing,
            treatment,
            insured: InsuredPlace(place(110_105)),
            content: Some(Content {
                institution: "H42010600901".parse().expect("a code"),
                place: TreatmentPlace(place(420_106)),
                care: CareKind::Outpatient,
                scheme: InsuranceScheme::Employee,
                amounts: Amounts {
                    total: Fen(1_000),
                    fund_total: Fen(600),
                    person_total: Fen(400),
                    account: Fen(0),
                    funds: BTreeMap::from([(Fund::EmployeePool, Fen(600))]),
                },
                committed_at: now,
            }),
            recorded_at: now,
            undo: None,
            undone_at: None,
        },
        transfers: Vec::new(),
        area: place(110_000),
    }
}

/// The most memory that this process and those that it started have had together, looked at every other second: looking costs, too.
struct Watched {
    running: Arc<AtomicBool>,
    most: Arc<AtomicU64>,
    thread: std::thread::JoinHandle<()>,
}

impl Watched {
    fn start() -> Self {
        let (running, most) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
        let (still, peak) = (Arc::clone(&running), Arc::clone(&most));
        let thread = std::thread::spawn(move || {
            while still.load(Ordering::Relaxed) {
                peak.fetch_max(memory(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_secs(2));
            }
        });
        Self { running, most, thread }
    }

    /// In MiB.
    fn stop(self) -> u64 {
        self.running.store(false, Ordering::Relaxed);
        // It only looks; whatever became of it, what it has seen stands.
        drop(self.thread.join());
        self.most.load(Ordering::Relaxed) / 1024
    }
}

/// Of this process and all that descend from it, in KiB; what they share is divided among them.
fn memory() -> u64 {
    let own = std::process::id();
    process::own(own).memory_kib + process::descendants(own).memory_kib
}

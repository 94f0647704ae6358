//! `yidi bench`: how many settlements a second this machine does, at what delay and cost, beside what the machine can do at all.
//!
//! The hub and two provinces run as processes of their own, each with its private PostgreSQL; nothing of their durability is
//! turned off. This process prepares stays, is the hospitals' cashiers, and counts. See `bench/README.md`.

mod baseline;
mod closing;
mod growth;
pub(super) mod nodes;
mod overload;
mod pages;
mod reconciliation;
pub(super) mod report;
mod slow_flush;

use super::running::listen;
use crate::{policies, say, stop::Stop};
use baseline::Baselines;
use clap::{Args, Subcommand};
use country::{
    Trouble,
    load::{
        self, Ground, Prepared, Unit,
        ground::{Care, OUTPATIENT_LINES},
        process,
    },
};
use nodes::{Commits, Nodes, Usage};
use report::{Report, Row};
use std::{
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::Duration,
};
use store::{Store, measure::commit_time};
use tokio::runtime::Builder;

/// 压力测试：三个平台各为一个进程，各带数据库，测每秒结算数、时延和开销，并与本机的基准相比。
///
/// Measures settlements over HTTP through three separate nodes; several minutes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Part>,
    /// 每一步的秒数 (seconds of each step)
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// 同时结算的客户端数，逐步测 (numbers of clients, one step each)
    #[arg(long, value_delimiter = ',', default_value = "1,8,32,64,128,256")]
    clients: Vec<usize>,
    #[command(flatten)]
    setting: Setting,
    /// 不测先预结算再结算的一组 (leave out the steps with a 2303 before each 2304)
    #[arg(long)]
    no_trials: bool,
    /// 不测门诊的一组，即先预结算再结算五条明细的收费 (leave out the steps with 2206 and 2207)
    #[arg(long)]
    no_outpatients: bool,
    /// 不测本机基准 (leave out what the machine can do at all)
    #[arg(long)]
    no_baselines: bool,
    /// 不测固定到达率的一步 (leave out the step with a fixed rate)
    #[arg(long)]
    no_open_loop: bool,
    /// 另测数据库每次落盘多用这么多毫秒时的结算，如云盘；需本机有C编译器 (once more with flushes that take so much longer)
    #[arg(long, value_name = "MILLIS", value_parser = clap::value_parser!(u64).range(1..=100))]
    flush_millis: Option<u64>,
    /// 结果另写入 bench/RESULTS.md (write the results down)
    #[arg(long)]
    write: bool,
    /// Ends with whoever started it, then becomes `yidi` with these arguments.
    #[arg(long, hide = true, num_args = 1.., allow_hyphen_values = true, value_name = "ARGUMENT")]
    child: Vec<String>,
    /// Is the empty server.
    #[arg(long, hide = true, value_name = "ADDRESS")]
    echo: Option<SocketAddr>,
}

/// The three nodes on which live settlements are measured.
#[derive(Debug, Args)]
struct Setting {
    /// 每次住院的费用明细数 (lines of each bill)
    #[arg(long, default_value_t = 30)]
    lines: usize,
    /// 每个平台的数据库连接数 (connections of each node to its database)
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// 数据目录；不填则用临时目录，测完即删 (a folder that stays, instead of a temporary one)
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl Setting {
    /// Starts the nodes, measures on them, and stops them.
    fn on_nodes<T>(&self, measure: impl AsyncFnOnce(&mut Nodes) -> Result<T, Stop>) -> Result<T, Stop> {
        // Children end with the thread that started them, so all are started here.
        let mut nodes = Nodes::start(self.folder.as_deref(), self.connections)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Stop::unable)?;
        let measured = runtime.block_on(measure(&mut nodes))?;
        drop(runtime);
        nodes.stop();
        Ok(measured)
    }

    /// What settlements need at nodes that answer, and how many stand there of an earlier run in the same folder.
    async fn ground(&self, nodes: &mut Nodes) -> Result<(Ground, usize), Stop> {
        nodes.until_ready().await?;
        let rules = policies::rulebook(&policies::files(None)?)?;
        let sides = (&nodes.hub.addresses(), &nodes.insured.addresses(), &nodes.treatment.addresses());
        let ground = Ground::lay(sides, &rules, self.lines).await.map_err(cannot)?;
        let stood = ground.settled().await.map_err(cannot)?;
        Ok((ground, stood))
    }
}

/// What is measured on its own.
#[derive(Debug, Subcommand)]
enum Part {
    /// 测一个月的清算 (measure the closing of a month)
    Closing(closing::Arguments),
    /// 测已存很多结算、有很多省份时每笔结算的开销 (measure what a settlement costs as more is stored)
    Growth(growth::Arguments),
    /// 测超过处理能力时仍能结算多少 (measure what is settled when more comes than can be done)
    Overload(overload::Arguments),
    /// 测已存一百万笔结算时打开各页面要等多久 (measure what pages wait for)
    Pages(pages::Arguments),
    /// 测一夜的三方对账 (measure a night's reconciliation of the three books)
    Reconciliation(reconciliation::Arguments),
}

/// Where the results are kept.
const RESULTS: &str = "bench/RESULTS.md";

/// Measures.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    match &arguments.command {
        Some(Part::Closing(arguments)) => return closing::run(arguments),
        Some(Part::Growth(arguments)) => return growth::run(arguments),
        Some(Part::Overload(arguments)) => return overload::run(arguments),
        Some(Part::Pages(arguments)) => return pages::run(arguments),
        Some(Part::Reconciliation(arguments)) => return reconciliation::run(arguments),
        None => {}
    }
    if !arguments.child.is_empty() {
        return Err(become_child(&arguments.child));
    }
    if let Some(address) = arguments.echo {
        return super::running::runtime()?
            .block_on(async { load::echo::serve(listen(address).await?).await.map_err(Stop::unable) });
    }
    if arguments.clients.contains(&0) || arguments.clients.is_empty() {
        return Err(Stop::Unable("--clients 应为大于0的数，如 1,8,32 (numbers above 0)".to_owned()));
    }
    if arguments.flush_millis.is_some() {
        slow_flush::check()?;
    }
    let report = arguments.setting.on_nodes(async |nodes| measure(arguments, nodes).await)?;
    if arguments.write {
        report::write_main(&report.markdown())?;
    }
    Ok(())
}

/// Ends with the parent from here on; what follows takes this process's place.
fn become_child(arguments: &[String]) -> Stop {
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
    {
        return Stop::unable(error);
    }
    match std::env::current_exe() {
        Ok(program) => Stop::unable(Command::new(program).args(arguments).exec()),
        Err(error) => Stop::unable(error),
    }
}

async fn measure(arguments: &Arguments, nodes: &mut Nodes) -> Result<Report, Stop> {
    let Setting { lines, connections, .. } = arguments.setting;
    let (ground, stood) = arguments.setting.ground(nodes).await?;
    let report = Report::new(nodes, lines, connections);
    let mut bench = Bench {
        arguments,
        nodes,
        ground,
        stood,
        waiting: Arc::default(),
        waiting_outpatients: Arc::default(),
        expected: 100,
        report,
    };
    bench.run().await?;
    Ok(bench.report)
}

fn cannot(trouble: Trouble) -> Stop {
    let Trouble(what) = trouble;
    Stop::Unable(format!("压力测试无法进行 (the load cannot go on): {what}"))
}

struct Bench<'a> {
    arguments: &'a Arguments,
    nodes: &'a mut Nodes,
    ground: Ground,
    /// Settlements in the hub's book before: of an earlier run in the same folder.
    stood: usize,
    waiting: load::Waiting,
    waiting_outpatients: load::Waiting,
    /// Settlements a second that the next step may come to.
    expected: u64,
    report: Report,
}

impl Bench<'_> {
    async fn run(&mut self) -> Result<(), Stop> {
        say(&self.report.head());
        self.warm_up().await?;
        say("\n2304 of a prepared stay");
        for clients in self.arguments.clients.clone() {
            self.step(Unit::Settlement, clients).await?;
        }
        if !self.arguments.no_trials {
            say("\n2303, then 2304, of a prepared stay");
            for clients in self.arguments.clients.clone() {
                self.step(Unit::TrialAndSettlement, clients).await?;
            }
        }
        if !self.arguments.no_outpatients {
            say(&format!("\n2206, then 2207, of a prepared visit with {OUTPATIENT_LINES} lines"));
            for clients in self.arguments.clients.clone() {
                self.step(Unit::Outpatient, clients).await?;
            }
        }
        if !self.arguments.no_outpatients {
            say(&format!("\n2207 of a prepared visit with {OUTPATIENT_LINES} lines"));
            for clients in self.arguments.clients.clone() {
                self.step(Unit::Bill, clients).await?;
            }
        }
        if !self.arguments.no_open_loop {
            self.fixed_rate().await?;
        }
        if !self.arguments.no_baselines {
            say("\nwhat this machine can do at all");
            let baselines = Baselines::measure(self.nodes, self.arguments).await?;
            self.report.baselines = Some(baselines);
        }
        if let Some(millis) = self.arguments.flush_millis {
            self.slow_flushes(millis).await?;
        }
        self.compare_books().await?;
        say(&self.report.conclusions());
        Ok(())
    }

    /// Plans are made, connections opened, pages read.
    async fn warm_up(&mut self) -> Result<(), Stop> {
        self.prepare(Care::Stay, 300).await?;
        let address = self.nodes.treatment.address;
        let warmed =
            load::closed_loop(address, &self.waiting, Unit::Settlement, 16, Duration::from_secs(30)).await;
        let warmed = warmed.map_err(Stop::Unable)?;
        if let Some(failure) = &warmed.first_failure {
            return Err(Stop::Refused(format!("结算未成功 (a settlement failed): {failure}")));
        }
        self.report.settled += warmed.done;
        self.expected = (warmed.tenths_per_second() / 10).max(20);
        Ok(())
    }

    async fn step(&mut self, unit: Unit, clients: usize) -> Result<(), Stop> {
        let row = self.loop_of(unit, clients).await?;
        self.count(&row);
        self.report.rows.push(row);
        Ok(())
    }

    /// The same nodes on the same data again, with databases whose flushes take longer.
    async fn slow_flushes(&mut self, millis: u64) -> Result<(), Stop> {
        say(&format!("\n2304 of a prepared stay, with every flush of a database {millis} ms longer"));
        let before = self.commit_time().await?;
        let programs = slow_flush::programs(self.nodes, millis)?;
        self.nodes.restart(&[("YIDI_POSTGRES_BIN", programs.into_os_string())]).await?;
        let commit_times = [before, self.commit_time().await?];
        let [before, now] = commit_times.map(|time| report::millis(time.as_micros().try_into().unwrap_or(0)));
        say(&format!("  a commit alone takes {now} ms, before it took {before} ms"));
        if commit_times[1] < Duration::from_millis(millis) {
            return Err(Stop::Unable(
                "落盘没有变慢，--flush-millis 未起作用 (no flush is slower)".to_owned(),
            ));
        }
        let mut rows = Vec::new();
        self.warm_up().await?;
        for clients in self.arguments.clients.clone() {
            let row = self.loop_of(Unit::Settlement, clients).await?;
            self.count(&row);
            rows.push(row);
        }
        self.report.slow = Some(report::Slow { millis, commit_times, rows });
        Ok(())
    }

    /// What a commit at the hub takes that is alone.
    async fn commit_time(&self) -> Result<Duration, Stop> {
        let stopped = |error: store::Error| cannot(error.into());
        let hub = Store::open_url(&self.nodes.hub.addresses().database, 1).await.map_err(stopped)?;
        let took = commit_time(&mut *hub.conn().await.map_err(stopped)?).await.map_err(stopped)?;
        hub.close().await;
        Ok(took)
    }

    async fn loop_of(&mut self, unit: Unit, clients: usize) -> Result<Row, Stop> {
        let few = u64::try_from(clients).unwrap_or(u64::MAX).saturating_mul(self.expected / 4 + 10);
        let rate = few.min(self.expected * 5 / 4) + 10;
        let care = match unit {
            Unit::Settlement | Unit::TrialAndSettlement => Care::Stay,
            Unit::Outpatient | Unit::Bill => Care::Outpatient,
        };
        self.prepare(care, self.arguments.seconds * rate).await?;
        let duration = Duration::from_secs(self.arguments.seconds);
        let address = self.nodes.treatment.address;
        tracing::info!(clients, ?unit, "measuring");
        let meter = Meter::start(self.nodes);
        let measured = load::closed_loop(address, self.waiting(care), unit, clients, duration)
            .await
            .map_err(Stop::Unable)?;
        let usage = meter.stop(self.nodes);
        self.expected = self.expected.max(measured.tenths_per_second() / 10);
        Ok(Row { unit, clients: Some(clients), rate: None, measured, usage })
    }

    /// Half of the most that was measured, come what may.
    async fn fixed_rate(&mut self) -> Result<(), Stop> {
        let rate = self.report.most() / 2;
        say(&format!("\n2304 at a fixed rate of {} a second, half of the most above", report::tenths(rate)));
        let seconds = self.arguments.seconds * 2;
        self.prepare(Care::Stay, seconds * (rate / 10 + 1)).await?;
        let meter = Meter::start(self.nodes);
        let address = self.nodes.treatment.address;
        let duration = Duration::from_secs(seconds);
        let measured = load::open_loop(address, &self.waiting, rate, duration).await.map_err(Stop::Unable)?;
        let usage = meter.stop(self.nodes);
        let row = Row { unit: Unit::Settlement, clients: None, rate: Some(rate), measured, usage };
        self.count(&row);
        self.report.rows.push(row);
        Ok(())
    }

    fn count(&mut self, row: &Row) {
        self.report.settled += row.measured.done;
        self.report.failed += row.measured.failed;
        say(&row.text());
    }

    const fn waiting(&self, care: Care) -> &load::Waiting {
        match care {
            Care::Stay => &self.waiting,
            Care::Outpatient => &self.waiting_outpatients,
        }
    }

    /// Sees to it that so many stays or visits wait.
    async fn prepare(&mut self, care: Care, count: u64) -> Result<(), Stop> {
        let have = self.waiting(care).lock().expect("nobody panics holding it").len();
        let missing = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(have);
        if missing == 0 {
            return Ok(());
        }
        let progress = |ready: usize| progress(&format!("preparing: {ready} of {missing}"));
        let prepared: Vec<Prepared> = self.ground.prepare(care, missing, &progress).await.map_err(cannot)?;
        progress_ends();
        self.nodes.tidy_up();
        self.waiting(care).lock().expect("nobody panics holding it").extend(prepared);
        Ok(())
    }

    /// What was answered with success must stand in the hub's book, and nothing else.
    async fn compare_books(&mut self) -> Result<(), Stop> {
        let stands = self.ground.settled().await.map_err(cannot)? - self.stood;
        let stands = u64::try_from(stands).expect("a number of rows");
        let (settled, failed) = (self.report.settled, self.report.failed);
        say(&format!("\nin the hub's book: {stands}; answered with success: {settled}; without: {failed}"));
        if (settled..=settled + failed).contains(&stands) {
            return Ok(());
        }
        Err(Stop::Refused("国家平台的账与应答不符 (the hub's book is not what was answered)".to_owned()))
    }
}

/// What a step uses.
struct Meter {
    before: Usage,
    commits: [Commits; 3],
    machine: (u64, u64),
}

impl Meter {
    fn start(nodes: &Nodes) -> Self {
        let commits = nodes.commits();
        Self { before: nodes.usage(), commits, machine: process::machine() }
    }

    fn stop(self, nodes: &Nodes) -> Usage {
        let (busy, all) = process::machine();
        let mut usage = nodes.usage().since(&self.before);
        usage.busy_percent = (busy - self.machine.0) * 100 / (all - self.machine.1).max(1);
        usage.commits = nodes.commits();
        for (now, before) in usage.commits.iter_mut().zip(&self.commits) {
            now.transactions -= before.transactions;
            now.flushes -= before.flushes;
            now.pages -= before.pages;
        }
        usage
    }
}

/// A line that the next one overwrites, where somebody looks.
fn progress(text: &str) {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r{text}   ");
    }
}

fn progress_ends() {
    progress("\r                                        \r");
}

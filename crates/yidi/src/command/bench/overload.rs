//! `yidi bench overload`: what nodes still settle when far more comes than they can do.
//!
//! The same three processes as `yidi bench`. First the most that they do in time for clients that each wait for an answer; then
//! settlements come at fixed moments, from half of that to ten times as many. Who is refused comes again. The peak is measured
//! again after each step, since a machine is not as fast at all times: a step is compared with the peaks before and after it, and
//! the one after it shows that the nodes recover.
//! The client has a processor of its own, where there is more than one, and keeps it awake: what ten times the peak costs it is not
//! the nodes'. Databases tidy up between the steps, not in them.

use super::{
    Meter, Setting, cannot,
    nodes::{Nodes, Usage},
    progress, progress_ends, report,
};
use crate::{say, stop::Stop};
use clap::Args;
use country::load::{
    self, Ground,
    ground::Care,
    overload::{Arrivals, Became, Offered, overload},
};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::{fmt::Write as _, path::PathBuf, time::Duration};

/// 超载：按峰值的若干倍到达，测仍能按时结算的笔数，以及负载退去后能否自行恢复 (more than the nodes can do).
#[derive(Debug, Args)]
pub struct Arguments {
    /// 每一步的秒数 (seconds of each step)
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(2..=600))]
    seconds: u64,
    /// 每一步开始计数之前的秒数 (seconds of each step before anything is counted)
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(..=60))]
    lead_seconds: u64,
    /// 先测峰值的客户端数，逐步测 (numbers of clients of which the peak is taken)
    #[arg(long, value_delimiter = ',', default_value = "128,256,512")]
    clients: Vec<usize>,
    /// 到达率为峰值的百分之几，逐步测 (rates of arrival as percentages of the peak, one step each)
    #[arg(long, value_delimiter = ',', default_value = "50,100,200,500,1000,1000")]
    percent: Vec<u64>,
    /// 超过多少毫秒的结算不计 (a settlement that takes longer does not count)
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=30_000))]
    bound_millis: u64,
    /// 同时等待应答的收费员人数上限 (the most cashiers that wait for an answer at once)
    #[arg(long, default_value_t = 4_000, value_parser = clap::value_parser!(u16).range(1..))]
    cashiers: u16,
    /// 每次住院的费用明细数；准备住院所用时间多半在此 (lines of each bill)
    #[arg(long, default_value_t = 6)]
    lines: usize,
    /// 每个平台的数据库连接数 (connections of each node to its database)
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// 数据目录；不填则用临时目录，测完即删 (a folder that stays, instead of a temporary one)
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// 结果另写入 bench/RESULTS.md (write the results down)
    #[arg(long)]
    write: bool,
}

impl Arguments {
    /// How long a step goes on before it is counted.
    const fn lead(&self) -> Duration {
        Duration::from_secs(self.lead_seconds)
    }
}

/// What the section of the results is called.
const SECTION: &str = "More than can be done (`yidi bench overload`)";

/// A step.
struct Row {
    percent: u64,
    /// So many messages came.
    tenths_per_second: u64,
    became: Became,
    usage: Usage,
    /// How long it went on before it was counted.
    lead: Duration,
    /// The peak before it and after it.
    peaks: [Peak; 2],
}

/// The most in time for clients that each wait for an answer.
#[derive(Clone, Copy)]
struct Peak {
    clients: usize,
    /// Settlements a second, in tenths.
    tenths_per_second: u64,
    /// What nodes and databases used for one, in microseconds of a processor.
    micros: u64,
}

/// Measures.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    if arguments.clients.contains(&0) || arguments.clients.is_empty() || arguments.percent.contains(&0) {
        return Err(Stop::Unable("--clients 和 --percent 应为大于0的数 (numbers above 0)".to_owned()));
    }
    let setting = Setting {
        lines: arguments.lines,
        connections: arguments.connections,
        folder: arguments.folder.clone(),
    };
    // Whoever is started from here on has the processors of this thread.
    let processors = Processors::of_this_thread();
    processors.work_on(&processors.nodes)?;
    let measured = setting.on_nodes(async |nodes| {
        processors.work_on(&processors.client)?;
        measure(arguments, &setting, &processors, nodes).await
    })?;
    if arguments.write { report::write_section(SECTION, &measured) } else { Ok(()) }
}

/// What this thread may run on, shared out.
struct Processors {
    nodes: Vec<usize>,
    client: Vec<usize>,
}

impl Processors {
    /// The last one is the client's, if there is more than one.
    fn of_this_thread() -> Self {
        let all: Vec<usize> = sched_getaffinity(None)
            .map(|set| (0..CpuSet::MAX_CPU).filter(|at| set.is_set(*at)).collect())
            .unwrap_or_default();
        match all.as_slice() {
            [nodes @ .., client] if !nodes.is_empty() => {
                Self { nodes: nodes.to_vec(), client: vec![*client] }
            }
            _ => Self { nodes: all.clone(), client: all },
        }
    }

    /// This thread, and whatever it starts from now on, stays on these.
    fn work_on(&self, processors: &[usize]) -> Result<(), Stop> {
        if self.nodes == self.client {
            return Ok(());
        }
        let mut set = CpuSet::new();
        for at in processors {
            set.set(*at);
        }
        sched_setaffinity(None, &set).map_err(Stop::unable)
    }

    fn told(&self) -> String {
        if self.nodes == self.client {
            return "clients, three nodes and their databases share this machine".to_owned();
        }
        format!(
            "three nodes and their databases on {} of its processors, clients on another",
            self.nodes.len()
        )
    }
}

/// Keeps this thread's processor from going to sleep until the measurement is over. To wake it with every answer would be work of
/// whoever answers, which is paid for by nobody where clients are on other machines.
fn stay_awake() {
    tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
}

async fn measure(
    arguments: &Arguments,
    setting: &Setting,
    processors: &Processors,
    nodes: &mut Nodes,
) -> Result<String, Stop> {
    let (mut ground, stood) = setting.ground(nodes).await?;
    if processors.nodes != processors.client {
        stay_awake();
    }
    let waiting = load::Waiting::default();
    let mut bench = Bench { arguments, ground: &mut ground, nodes, waiting, settled: 0, failed: 0 };
    // Plans are made, connections opened, pages read.
    let warm = bench.peak(16, 1_000).await?;
    let mut peak = bench.peak(16, warm.tenths_per_second).await?;
    for &clients in &arguments.clients {
        let measured = bench.peak(clients, peak.tenths_per_second).await?;
        let told = report::tenths(measured.tenths_per_second);
        say(&format!(
            "{clients} clients: {told} settlements a second in time, {} us of a processor each",
            measured.micros
        ));
        if measured.tenths_per_second > peak.tenths_per_second {
            peak = measured;
        }
    }
    let (first, mut rows) = (peak, Vec::new());
    for &percent in &arguments.percent {
        let before = peak;
        let tenths_per_second = before.tenths_per_second * percent / 100;
        // Whatever comes, no more is settled than can be.
        let most = before.tenths_per_second * percent.min(110) / 100;
        let arrivals = Arrivals::TenthsPerSecond(tenths_per_second);
        let (became, usage) = bench.step(arrivals, usize::from(arguments.cashiers), most).await?;
        peak = bench.peak(before.clients, before.tenths_per_second).await?;
        let (lead, peaks) = (arguments.lead(), [before, peak]);
        let row = Row { percent, tenths_per_second, became, usage, lead, peaks };
        say(&row.text());
        rows.push(row);
    }
    let (settled, failed) = (bench.settled, bench.failed);
    let stands = u64::try_from(ground.settled().await.map_err(cannot)? - stood).expect("a number of rows");
    say(&format!("in the hub's book: {stands}; answered with success: {settled}; without: {failed}"));
    if !(settled..=settled + failed).contains(&stands) {
        let what = "国家平台的账与应答不符 (the hub's book is not what was answered)";
        return Err(Stop::Refused(what.to_owned()));
    }
    Ok(markdown(arguments, processors, first, &rows))
}

/// Three nodes under measurement.
struct Bench<'a> {
    arguments: &'a Arguments,
    ground: &'a mut Ground,
    nodes: &'a Nodes,
    waiting: load::Waiting,
    /// Answered with success so far, and without.
    settled: u64,
    failed: u64,
}

impl Bench<'_> {
    /// The most in time for so many clients, where about so much is expected.
    async fn peak(&mut self, clients: usize, expected: u64) -> Result<Peak, Stop> {
        let most = (expected * 5 / 4).max(10_000);
        let (became, usage) = self.step(Arrivals::Answered, clients, most).await?;
        let micros = usage.system().cpu_millis * 1_000 / became.settled.max(1);
        Ok(Peak { clients, tenths_per_second: became.tenths_per_second(), micros })
    }

    /// Messages for a while, of which at most so many tenths a second will be settled.
    async fn step(
        &mut self,
        arrivals: Arrivals,
        cashiers: usize,
        expected: u64,
    ) -> Result<(Became, Usage), Stop> {
        let arguments = self.arguments;
        let seconds = arguments.lead_seconds + arguments.seconds;
        // Beside what is settled, as much as is under way.
        let count = seconds * expected / 10 + u64::try_from(cashiers).unwrap_or(u64::MAX);
        prepare(self.ground, self.nodes, &self.waiting, count).await?;
        let offered = Offered {
            arrivals,
            lead: arguments.lead(),
            duration: Duration::from_secs(arguments.seconds),
            cashiers,
            bound: Duration::from_millis(arguments.bound_millis),
        };
        let meter = Meter::start(self.nodes);
        let became = overload(self.nodes.treatment.address, &self.waiting, offered).await;
        self.settled += became.settled;
        self.failed += became.failed;
        Ok((became, meter.stop(self.nodes)))
    }
}

/// Sees to it that so many stays wait.
pub(super) async fn prepare(
    ground: &mut Ground,
    nodes: &Nodes,
    waiting: &load::Waiting,
    count: u64,
) -> Result<(), Stop> {
    let have = waiting.lock().expect("nobody panics holding it").len();
    let missing = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(have);
    if missing == 0 {
        return Ok(());
    }
    let told = |ready: usize| progress(&format!("preparing: {ready} of {missing}"));
    let prepared = ground.prepare(Care::Stay, missing, &told).await.map_err(cannot)?;
    progress_ends();
    nodes.tidy_up();
    waiting.lock().expect("nobody panics holding it").extend(prepared);
    Ok(())
}

impl Row {
    /// Settlements in time, in per cent of the peaks around it.
    fn share(&self) -> String {
        let peaks: u64 = self.peaks.iter().map(|peak| peak.tenths_per_second).sum();
        report::tenths(self.became.tenths_per_second() * 2_000 / peaks.max(1))
    }

    /// What nodes and databases used for a refusal, in microseconds of a processor: what is left of all that they used, where a
    /// settlement costs as much as at the peak.
    fn micros_of_refusal(&self) -> u64 {
        let settled = self.peaks.iter().map(|peak| peak.micros).sum::<u64>() / 2 * self.became.settled;
        (self.usage.system().cpu_millis * 1_000).saturating_sub(settled) / self.became.refused.max(1)
    }

    /// How much of one processor nodes and databases used.
    fn nodes_percent(&self) -> u64 {
        let elapsed = u64::try_from((self.lead + self.became.elapsed).as_millis()).unwrap_or(u64::MAX).max(1);
        self.usage.system().cpu_millis * 100 / elapsed
    }

    fn text(&self) -> String {
        let Became { sent, unsent, settled, refused, failed, .. } = &self.became;
        let [before, after] = self.peaks.map(|peak| report::tenths(peak.tenths_per_second));
        let [p50, p99] = self.became.settled_after.percentiles([50, 99]);
        let [r50, r99] = self.became.refused_after.percentiles([50, 99]);
        let mut text = format!(
            "{:>5}% of the peak: in time {} a second ({}% of the peaks of {} before and {} after); settled p50 {} ms p99 {} ms; refused p50 {} ms p99 {} ms\n\
             {:8}sent {sent}, not sent {unsent}, settled {settled}, refused {refused} for {} us each, failed {failed}; nodes {}% of a \
             processor",
            self.percent,
            report::tenths(self.became.tenths_per_second()),
            self.share(),
            before,
            after,
            report::millis(p50),
            report::millis(p99),
            report::millis(r50),
            report::millis(r99),
            "",
            self.micros_of_refusal(),
            self.nodes_percent(),
        );
        if let Some(failure) = &self.became.first_failure {
            let _ = write!(text, "\n{:8}the first that failed: {failure}", "");
        }
        text
    }
}

fn markdown(arguments: &Arguments, processors: &Processors, first: Peak, rows: &[Row]) -> String {
    let mut text = String::new();
    for (name, value) in report::machine() {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = write!(
        text,
        "- load: {} s a step, counted after {} s, {} cashiers, {} lines a stay; {}\n\n\
         The peak is what clients have in time who each wait for the answer to the last: **{}** settlements a second of {} clients at first, \
         {} us of a processor each, and measured again after each step. In time: answered within {} ms of the moment at which it was due, while the step was \
         counted. A refusal costs what nodes and databases used beyond settlements at the cost of the peaks around it.\n\n\
         | arrivals, of the peak | a second | sent a second | in time a second | peak before and after | of their mean | settled p50 ms | p99 ms | \
         refused a second | p50 ms | p99 ms | us each | failed | nodes, of a processor |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        arguments.seconds,
        arguments.lead_seconds,
        arguments.cashiers,
        arguments.lines,
        processors.told(),
        report::tenths(first.tenths_per_second),
        first.clients,
        first.micros,
        arguments.bound_millis,
    );
    for row in rows {
        let [p50, p99] = row.became.settled_after.percentiles([50, 99]);
        let [r50, r99] = row.became.refused_after.percentiles([50, 99]);
        let [before, after] = row.peaks.map(|peak| report::tenths(peak.tenths_per_second));
        let _ = writeln!(
            text,
            "| {}% | {} | {} | **{}** | {}, {} | **{}%** | {} | {} | {} | {} | {} | {} | {} | {}% |",
            row.percent,
            report::tenths(row.tenths_per_second),
            report::tenths(row.became.sent_tenths_per_second()),
            report::tenths(row.became.tenths_per_second()),
            before,
            after,
            row.share(),
            report::millis(p50),
            report::millis(p99),
            report::tenths(row.became.refused_tenths_per_second()),
            report::millis(r50),
            report::millis(r99),
            row.micros_of_refusal(),
            row.became.failed,
            row.nodes_percent(),
        );
    }
    text
}

//! `yidi bench overload`: what nodes still settle when far more comes than they can do.
//!
//! The same three processes as `yidi bench`. First the most that they do for clients that wait for one another; then settlements
//! come at fixed moments, from half of that to ten times as many, and at last at half of it again. Who is refused comes again.
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
    self, Ground, Unit,
    ground::Care,
    overload::{Became, Offered, overload},
};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::{fmt::Write as _, path::PathBuf, time::Duration};

/// 超载：按峰值的若干倍到达，测仍能按时结算的笔数，以及负载退去后能否自行恢复 (more than the nodes can do).
#[derive(Debug, Args)]
pub struct Arguments {
    /// 每一步的秒数 (seconds of each step)
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(2..=600))]
    seconds: u64,
    /// 先测峰值的客户端数，逐步测 (numbers of clients of which the peak is taken)
    #[arg(long, value_delimiter = ',', default_value = "128,256,512")]
    clients: Vec<usize>,
    /// 到达率为峰值的百分之几，逐步测 (rates of arrival as percentages of the peak, one step each)
    #[arg(long, value_delimiter = ',', default_value = "50,100,200,500,1000,50")]
    percent: Vec<u64>,
    /// 超过多少毫秒的结算不计 (a settlement that takes longer does not count)
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=30_000))]
    bound_millis: u64,
    /// 同时等待应答的收费员人数上限 (the most cashiers that wait for an answer at once)
    #[arg(long, default_value_t = 800, value_parser = clap::value_parser!(u16).range(1..))]
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

/// What the section of the results is called.
const SECTION: &str = "More than can be done (`yidi bench overload`)";

/// A step.
struct Row {
    percent: u64,
    became: Became,
    usage: Usage,
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
    let (waiting, address) = (load::Waiting::default(), nodes.treatment.address);
    let (mut settled, mut failed) = (0, 0);
    // Plans are made, connections opened, pages read.
    prepare(&mut ground, nodes, &waiting, 300).await?;
    let warmed = load::closed_loop(address, &waiting, Unit::Settlement, 16, Duration::from_secs(30)).await;
    let warmed = warmed.map_err(Stop::Unable)?;
    (settled, failed) = (settled + warmed.done, failed + warmed.failed);
    let mut peak = warmed.tenths_per_second();
    for &clients in &arguments.clients {
        // What is left over waits for the next step.
        prepare(&mut ground, nodes, &waiting, arguments.seconds * (peak / 10 * 2).max(100)).await?;
        let duration = Duration::from_secs(arguments.seconds);
        let measured = load::closed_loop(address, &waiting, Unit::Settlement, clients, duration).await;
        let measured = measured.map_err(Stop::Unable)?;
        (settled, failed) = (settled + measured.done, failed + measured.failed);
        peak = peak.max(measured.tenths_per_second());
        say(&format!(
            "{clients} clients: {} settlements a second",
            report::tenths(measured.tenths_per_second())
        ));
    }
    let mut rows = Vec::new();
    for &percent in &arguments.percent {
        // Whatever comes, no more is settled than can be; and what is under way at once.
        let most = peak / 10 * percent.min(110) / 100;
        let cashiers = u64::from(arguments.cashiers);
        prepare(&mut ground, nodes, &waiting, arguments.seconds * most + most / 2 + cashiers).await?;
        let offered = Offered {
            tenths_per_second: peak * percent / 100,
            duration: Duration::from_secs(arguments.seconds),
            cashiers: usize::from(arguments.cashiers),
            bound: Duration::from_millis(arguments.bound_millis),
        };
        let meter = Meter::start(nodes);
        let became = overload(address, &waiting, offered).await;
        let row = Row { percent, became, usage: meter.stop(nodes) };
        (settled, failed) = (settled + row.became.settled, failed + row.became.failed);
        say(&row.text(peak));
        rows.push(row);
    }
    let stands = u64::try_from(ground.settled().await.map_err(cannot)? - stood).expect("a number of rows");
    say(&format!("in the hub's book: {stands}; answered with success: {settled}; without: {failed}"));
    if !(settled..=settled + failed).contains(&stands) {
        let what = "国家平台的账与应答不符 (the hub's book is not what was answered)";
        return Err(Stop::Refused(what.to_owned()));
    }
    Ok(markdown(arguments, processors, peak, &rows))
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
    /// Settlements in time, in tenths of a per cent of the peak.
    fn share(&self, peak: u64) -> String {
        report::tenths(self.became.tenths_per_second() * 1_000 / peak.max(1))
    }

    /// How much of one processor nodes and databases used.
    fn nodes_percent(&self) -> u64 {
        let elapsed = u64::try_from(self.became.elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        self.usage.system().cpu_millis * 100 / elapsed
    }

    fn text(&self, peak: u64) -> String {
        let Became { sent, unsent, settled, refused, failed, .. } = &self.became;
        let [p50, p99] = self.became.settled_after.percentiles([50, 99]);
        let [r50, r99] = self.became.refused_after.percentiles([50, 99]);
        let mut text = format!(
            "{:>5}% of the peak: in time {} a second ({}% of the peak); settled p50 {} ms p99 {} ms; refused p50 {} ms p99 {} ms\n\
             {:8}sent {sent}, not sent {unsent}, settled {settled}, refused {refused}, failed {failed}; nodes {}% of a processor",
            self.percent,
            report::tenths(self.became.tenths_per_second()),
            self.share(peak),
            report::millis(p50),
            report::millis(p99),
            report::millis(r50),
            report::millis(r99),
            "",
            self.nodes_percent(),
        );
        if let Some(failure) = &self.became.first_failure {
            let _ = write!(text, "\n{:8}the first that failed: {failure}", "");
        }
        text
    }
}

fn markdown(arguments: &Arguments, processors: &Processors, peak: u64, rows: &[Row]) -> String {
    let mut text = String::new();
    for (name, value) in report::machine() {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = write!(
        text,
        "- load: {} s a step, {} cashiers, {} lines a stay; {}\n\n\
         Peak of a closed loop: **{}** settlements a second. In time: answered within {} ms of the moment at which it was due, \
         while the step went on. The last step follows the one before it at once.\n\n\
         | arrivals, of the peak | a second | sent a second | in time a second | of the peak | settled p50 ms | p99 ms | refused a second | \
         p50 ms | p99 ms | failed | client, of a core | machine busy |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        arguments.seconds,
        arguments.cashiers,
        arguments.lines,
        processors.told(),
        report::tenths(peak),
        arguments.bound_millis,
    );
    for row in rows {
        let [p50, p99] = row.became.settled_after.percentiles([50, 99]);
        let [r50, r99] = row.became.refused_after.percentiles([50, 99]);
        let _ = writeln!(
            text,
            "| {}% | {} | {} | **{}** | **{}%** | {} | {} | {} | {} | {} | {} | {}% |",
            row.percent,
            report::tenths(peak * row.percent / 100),
            report::tenths(row.became.sent_tenths_per_second()),
            report::tenths(row.became.tenths_per_second()),
            row.share(peak),
            report::millis(p50),
            report::millis(p99),
            report::tenths(row.became.refused_tenths_per_second()),
            report::millis(r50),
            report::millis(r99),
            row.became.failed,
            row.nodes_percent(),
        );
    }
    text
}

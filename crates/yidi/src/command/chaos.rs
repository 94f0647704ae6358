//! `yidi chaos`: the hub and two provinces as processes, with cashiers at work, while nodes, databases, lines and disks fail; then
//! what every cashier was told is looked up in the three books. See `bench/README.md`, "Chaos".

mod land;
mod scenario;
mod server;

use super::{
    bench::report,
    running::{runtime, told_to_stop},
};
use crate::{policies, say, stop::Stop};
use clap::Args;
use country::{Trouble, chaos::Verdict};
use scenario::Scenario;
use std::{path::PathBuf, time::Duration};

/// 混沌测试：三个平台各为进程，收费员不停结算，同时杀进程、断线、写满磁盘、切换数据库、恢复备份，随后逐笔核对三方账。
///
/// Kills, cuts, fills and restores under load, and compares what cashiers were told with the three books.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 只做其中几种；不填则全部 (these scenarios only)
    #[arg(long, value_enum, value_name = "NAME")]
    scenario: Vec<Scenario>,
    /// 每种故障持续的秒数 (for how long faults are made in each scenario)
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// 故障和收费员行为的种子 (the seed of faults and of what cashiers do)
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 收费员人数 (how many cashiers)
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    cashiers: u16,
    /// 国家平台停机期间申请结算的笔数；默认相当于一个大省高峰一小时 (settlements asked for while the hub is down)
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    outage_settlements: u64,
    /// 工作目录；不填则用临时目录，通过后即删 (a folder that stays, instead of a temporary one)
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// 结果另写入 bench/RESULTS.md (write the results down)
    #[arg(long)]
    write: bool,
    /// Is a PostgreSQL of its own in this folder.
    #[arg(long, hide = true, value_name = "FOLDER")]
    server: Option<PathBuf>,
    /// `name=value` for that PostgreSQL.
    #[arg(long, hide = true, value_name = "SETTING")]
    setting: Vec<String>,
}

/// What the section of the results is called.
const SECTION: &str = "Chaos (`yidi chaos`)";

/// What a scenario came to.
struct Row {
    scenario: Scenario,
    /// For how long the load went on, with faults.
    lasted: Duration,
    /// How many faults, and which.
    faults: u64,
    what: String,
    asked: u64,
    sent_again: u64,
    /// From the last fault until every cashier was answered and no question waited.
    caught_up: Duration,
    verdict: Verdict,
}

/// Plays the scenarios; the answer is no if anything does not hold in any of them.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    if let Some(folder) = &arguments.server {
        return server::run(folder, &arguments.setting);
    }
    let rules = policies::rulebook(&policies::files(None)?)?;
    let scenarios =
        if arguments.scenario.is_empty() { Scenario::ALL.to_vec() } else { arguments.scenario.clone() };
    // Children end with the thread that started them: this one, on which the whole of it runs.
    let (rows, not_run) = runtime()?.block_on(async {
        tokio::select! {
            played = play_all(arguments, &scenarios, &rules) => played,
            told = told_to_stop() => Err(told.err().unwrap_or_else(|| Stop::Refused("已中止 (stopped)".to_owned()))),
        }
    })?;
    say(&table(&rows, &not_run));
    if arguments.write {
        report::write_section(SECTION, &markdown(arguments, &rows, &not_run))?;
    }
    let failed: Vec<String> =
        rows.iter().filter(|row| !row.verdict.failures.is_empty()).map(failures).collect();
    if failed.is_empty() { Ok(()) } else { Err(Stop::Refused(failed.join("\n"))) }
}

type Played = (Vec<Row>, Vec<(Scenario, String)>);

async fn play_all(
    arguments: &Arguments,
    scenarios: &[Scenario],
    rules: &country::Rulebook,
) -> Result<Played, Stop> {
    let (mut rows, mut not_run) = (Vec::new(), Vec::new());
    for &scenario in scenarios {
        say(&format!("{}：{}", scenario.name(), scenario.chinese()));
        match scenario::play(scenario, arguments, rules).await? {
            Ok(row) => {
                say(&row.told());
                row.verdict.failures.iter().for_each(|one| say(&format!("  {one}")));
                rows.push(row);
            }
            Err(why) => {
                say(&format!("  未执行 (not run)：{why}"));
                not_run.push((scenario, why));
            }
        }
    }
    Ok((rows, not_run))
}

impl Row {
    fn told(&self) -> String {
        let Verdict { standing, undone, refused, lost, doubled, cases, failures } = &self.verdict;
        format!(
            "  {}秒，故障{}次（{}）；申请结算{}，有效{standing}，撤销{undone}，拒绝{refused}，丢失{lost}，重复{doubled}，由人处理{cases}；\
             重发{}次，恢复用时{}毫秒；{}",
            self.lasted.as_secs(),
            self.faults,
            self.what,
            self.asked,
            self.sent_again,
            self.caught_up.as_millis(),
            if failures.is_empty() { "三方账一致" } else { "未通过" },
        )
    }

    fn cells(&self) -> [String; 11] {
        let verdict = &self.verdict;
        [
            self.scenario.name().to_owned(),
            self.lasted.as_secs().to_string(),
            format!("{} ({})", self.faults, self.what),
            self.asked.to_string(),
            verdict.standing.to_string(),
            verdict.undone.to_string(),
            verdict.refused.to_string(),
            verdict.lost.to_string(),
            verdict.doubled.to_string(),
            verdict.cases.to_string(),
            report::tenths(u64::try_from(self.caught_up.as_millis() / 100).unwrap_or(u64::MAX)),
        ]
    }
}

const HEADS: [&str; 11] = [
    "scenario",
    "seconds",
    "faults",
    "asked",
    "standing",
    "undone",
    "refused",
    "lost",
    "doubled",
    "cases",
    "caught up after s",
];

fn table(rows: &[Row], not_run: &[(Scenario, String)]) -> String {
    let mut lines = vec![String::new(), HEADS.join(" | ")];
    lines.extend(rows.iter().map(|row| row.cells().join(" | ")));
    lines.extend(
        not_run.iter().map(|(scenario, why)| format!("{} | 未执行 (not run)：{why}", scenario.name())),
    );
    lines.join("\n")
}

fn markdown(arguments: &Arguments, rows: &[Row], not_run: &[(Scenario, String)]) -> String {
    let mut lines: Vec<String> =
        report::machine().into_iter().map(|(name, value)| format!("- {name}: {value}")).collect();
    lines.push(format!(
        "- load: {} cashiers, {} seconds of faults each, seed {}, {} build",
        arguments.cashiers,
        arguments.seconds,
        arguments.seed,
        if cfg!(debug_assertions) { "debug" } else { "release" },
    ));
    lines.push(String::new());
    lines.push(format!("| {} |", HEADS.join(" | ")));
    lines.push(format!("|{}", "---|".repeat(HEADS.len())));
    lines.extend(rows.iter().map(|row| format!("| {} |", row.cells().join(" | "))));
    for (scenario, why) in not_run {
        lines.push(format!("\n{} was not run: {why}", scenario.name()));
    }
    for row in rows.iter().filter(|row| !row.verdict.failures.is_empty()) {
        lines.push(format!("\n{} did not hold:\n", row.scenario.name()));
        lines.extend(row.verdict.failures.iter().map(|one| format!("- {one}")));
    }
    lines.join("\n")
}

fn failures(row: &Row) -> String {
    format!("{}未通过 (does not hold)：\n{}", row.scenario.name(), row.verdict.failures.join("\n"))
}

fn cannot(what: impl std::fmt::Display) -> Stop {
    Stop::Unable(format!("混沌测试无法进行 (chaos cannot go on): {what}"))
}

fn trouble(Trouble(what): Trouble) -> Stop {
    cannot(what)
}

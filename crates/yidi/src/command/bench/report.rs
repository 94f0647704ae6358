//! What was measured, for the terminal and for `bench/RESULTS.md`.

use super::{
    RESULTS,
    baseline::Baselines,
    nodes::{Commits, Nodes, Usage},
};
use crate::{say, stop::Stop};
use country::load::{Measured, Unit, process::Used};
use node::SystemClock;
use std::{fmt::Write as _, fs, path::Path, process::Command, time::Duration};
use terms::Clock;

/// Everything that was measured.
pub struct Report {
    facts: Vec<(&'static str, String)>,
    /// One a step.
    pub rows: Vec<Row>,
    /// What the machine can do at all.
    pub baselines: Option<Baselines>,
    /// The same with slower flushes.
    pub slow: Option<Slow>,
    /// Settlements answered with success, warming up included.
    pub settled: u64,
    /// Those that were not.
    pub failed: u64,
}

/// Steps with databases whose flushes take longer.
pub struct Slow {
    /// So much longer.
    pub millis: u64,
    /// What a commit takes that is alone, before and with it.
    pub commit_times: [Duration; 2],
    /// One a step.
    pub rows: Vec<Row>,
}

/// A step.
pub struct Row {
    pub unit: Unit,
    /// How many settled at once; none at a fixed rate.
    pub clients: Option<usize>,
    /// The fixed rate, in tenths a second.
    pub rate: Option<u64>,
    pub measured: Measured,
    pub usage: Usage,
}

/// What is aimed at, and how close a run came.
struct Aim {
    what: &'static str,
    wanted: String,
    measured: String,
    /// In per cent: from 100 on it is met.
    reached: u64,
}

impl Aim {
    fn text(&self) -> String {
        format!("{}: {} (aim {}, reached {}%)", self.what, self.measured, self.wanted, self.reached)
    }
}

/// Settlements a second that are aimed at on two cores.
const SETTLEMENTS_AIMED_AT: u64 = 2_500;
/// Outpatient bills a second that are aimed at: fifty times what openIMIS does of claims with three lines on this kind of machine.
const BILLS_AIMED_AT: u64 = 2_200;
/// The share of the rate in per cent that is to be kept with slower flushes.
const KEPT_AIMED_AT: u64 = 80;
/// pgbench's script that is compared with.
const SIMPLE_UPDATE: &str = "simple-update";

/// The nodes in the order of [`Nodes::each`].
const NAMES: [&str; 3] = ["treatment", "hub", "insured"];

impl Row {
    fn load(&self) -> String {
        match (self.clients, self.rate) {
            (Some(clients), _) => format!("{clients} clients"),
            (None, rate) => format!("{}/s fixed", tenths(rate.unwrap_or(0))),
        }
    }

    /// Processor time in microseconds, of one settlement.
    fn cpu(&self, used: &Used) -> u64 {
        used.cpu_millis * 1_000 / self.measured.done.max(1)
    }

    /// For the terminal.
    pub fn text(&self) -> String {
        let [p50, p95, p99] = self.measured.latencies.percentiles([50, 95, 99]);
        let system = self.usage.system();
        let mut text = format!(
            "  {:>12}  settlements per second: {:>7}  p50 {} ms  p95 {} ms  p99 {} ms\n",
            self.load(),
            tenths(self.measured.tenths_per_second()),
            millis(p50),
            millis(p95),
            millis(p99),
        );
        let each = NAMES.iter().zip(&self.usage.nodes).map(|(name, (node, database))| {
            format!("{name} {}+{}", millis(self.cpu(node)), millis(self.cpu(database)))
        });
        let _ = write!(
            text,
            "{:16}CPU ms each: {} (node+postgres: {}), load {}; machine {}% busy; written {} KiB each",
            "",
            millis(self.cpu(&system)),
            each.collect::<Vec<_>>().join(", "),
            millis(self.cpu(&self.usage.load)),
            self.usage.busy_percent,
            system.written / self.measured.done.max(1) / 1024,
        );
        if let Some(failure) = &self.measured.first_failure {
            let _ = write!(text, "\n{:16}{} failed, the first: {failure}", "", self.measured.failed);
        }
        text
    }

    fn markdown(&self) -> String {
        let [p50, p95, p99] = self.measured.latencies.percentiles([50, 95, 99]);
        let system = self.usage.system();
        format!(
            "| {} | **{}** | {} | {} | {} | {} | {} | {} | {}% | {} |\n",
            self.load(),
            tenths(self.measured.tenths_per_second()),
            millis(p50),
            millis(p95),
            millis(p99),
            millis(self.cpu(&system)),
            system.written / self.measured.done.max(1) / 1024,
            millis(self.cpu(&self.usage.load)),
            self.usage.busy_percent,
            self.measured.failed,
        )
    }
}

impl Report {
    pub fn new(nodes: &Nodes, lines: usize, connections: u32) -> Self {
        Self {
            facts: facts(nodes, lines, connections),
            rows: Vec::new(),
            baselines: None,
            slow: None,
            settled: 0,
            failed: 0,
        }
    }

    /// What was measured on what.
    pub fn head(&self) -> String {
        self.facts.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
    }

    /// The step of the most settlements a second.
    fn best(&self) -> Option<&Row> {
        self.best_of(Unit::Settlement)
    }

    fn best_of(&self, unit: Unit) -> Option<&Row> {
        let plain = self.rows.iter().filter(|row| row.unit == unit && row.clients.is_some());
        plain.max_by_key(|row| row.measured.tenths_per_second())
    }

    /// The most settlements a second, in tenths.
    pub fn most(&self) -> u64 {
        self.best().map_or(0, |row| row.measured.tenths_per_second())
    }

    /// The figures that count, one a line.
    pub fn conclusions(&self) -> String {
        let mut lines = vec![String::new(), format!("settlements per second: {}", tenths(self.most()))];
        lines.extend(self.ratios());
        lines.extend(self.shares());
        lines.extend(self.bound());
        lines.extend(self.aims().iter().map(Aim::text));
        lines.join("\n")
    }

    fn ratios(&self) -> Vec<String> {
        let Some(baselines) = &self.baselines else { return Vec::new() };
        let most = self.most().max(1);
        let times = |rate: u64| tenths(rate * 10 / most);
        let mut lines = vec![format!(
            "echoes over HTTP for each settlement: {}",
            times(baselines.echo.tenths_per_second())
        )];
        for one in &baselines.postgres {
            lines.push(format!(
                "pgbench {} transactions for each settlement: {}",
                one.name,
                times(one.tenths_per_second)
            ));
        }
        lines
    }

    /// The whole file.
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "# Results\n\nWritten by `make bench ARGS=--write`. What the words mean: [README.md](README.md).\n\n",
        );
        for (name, value) in &self.facts {
            let _ = writeln!(text, "- {name}: {value}");
        }
        let _ = writeln!(text, "\n**settlements per second: {}**", tenths(self.most()));
        self.write_steps(&mut text, "2304 of a prepared stay", |row| {
            row.unit == Unit::Settlement && row.clients.is_some()
        });
        self.write_steps(&mut text, "2303, then 2304, of a prepared stay", |row| {
            row.unit == Unit::TrialAndSettlement
        });
        self.write_steps(&mut text, "2206, then 2207, of a prepared outpatient visit", |row| {
            row.unit == Unit::Outpatient
        });
        self.write_steps(&mut text, "2207 of a prepared outpatient visit", |row| row.unit == Unit::Bill);
        self.write_steps(&mut text, "2304 at a fixed rate of arrival", |row| row.rate.is_some());
        self.write_processes(&mut text);
        self.write_slow(&mut text);
        self.write_baselines(&mut text);
        self.write_aims(&mut text);
        text
    }

    /// What of the same step's rate is kept with slower flushes, in tenths of a per cent.
    fn kept(&self, slow: &Row) -> Option<u64> {
        let alike =
            |row: &&Row| row.unit == slow.unit && row.clients.is_some() && row.clients == slow.clients;
        let plain = self.rows.iter().find(alike)?.measured.tenths_per_second();
        Some(slow.measured.tenths_per_second() * 1_000 / plain.max(1))
    }

    fn write_slow(&self, text: &mut String) {
        let Some(Slow { millis: longer, commit_times, rows }) = &self.slow else { return };
        let [before, now] = commit_times.map(|time| millis(time.as_micros().try_into().unwrap_or(0)));
        let _ = write!(
            text,
            "\n## 2304 of a prepared stay, with every flush {longer} ms longer\n\nOn the same nodes and data, started again. A commit alone \
             takes {now} ms, before it took {before} ms.\n\n| load | settlements per second | kept | p50 ms | p95 ms | p99 ms | \
             CPU ms each | machine busy | failed |\n|---|---|---|---|---|---|---|---|---|\n"
        );
        for row in rows {
            let [p50, p95, p99] = row.measured.latencies.percentiles([50, 95, 99]);
            let _ = writeln!(
                text,
                "| {} | **{}** | **{}** | {} | {} | {} | {} | {}% | {} |",
                row.load(),
                tenths(row.measured.tenths_per_second()),
                self.kept(row).map_or_else(String::new, |kept| format!("{}%", tenths(kept))),
                millis(p50),
                millis(p95),
                millis(p99),
                millis(row.cpu(&row.usage.system())),
                row.usage.busy_percent,
                row.measured.failed,
            );
        }
    }

    /// The share of each step that is kept with slower flushes, one a line.
    fn shares(&self) -> Vec<String> {
        let rows = self.slow.iter().flat_map(|slow| slow.rows.iter().map(move |row| (slow.millis, row)));
        let share = |(millis, row): (u64, &Row)| {
            let kept = tenths(self.kept(row)?);
            Some(format!("kept with every flush {millis} ms longer, at {}: {kept}%", row.load()))
        };
        rows.filter_map(share).collect()
    }

    fn write_steps(&self, text: &mut String, title: &str, of: impl Fn(&Row) -> bool) {
        if !self.rows.iter().any(&of) {
            return;
        }
        let _ = write!(
            text,
            "\n## {title}\n\n| load | settlements per second | p50 ms | p95 ms | p99 ms | CPU ms each | KiB written each | \
             load client's CPU ms each | machine busy | failed |\n|---|---|---|---|---|---|---|---|---|---|\n"
        );
        for row in self.rows.iter().filter(|row| of(row)) {
            text.push_str(&row.markdown());
        }
    }

    fn write_processes(&self, text: &mut String) {
        let Some(best) = self.best() else { return };
        let _ = write!(
            text,
            "\n## Where it goes, at {}\n\n| process | CPU ms each | share | transactions each | flushes each | KiB written each | \
             memory MiB |\n|---|---|---|---|---|---|---|\n",
            best.load()
        );
        let all = (best.usage.system().cpu_millis + best.usage.load.cpu_millis).max(1);
        let done = best.measured.done.max(1);
        let each = NAMES.iter().zip(best.usage.nodes.iter().zip(&best.usage.commits));
        let each = each.flat_map(|(name, ((node, database), commits))| {
            [(format!("{name}, node"), node, None), (format!("{name}, PostgreSQL"), database, Some(commits))]
        });
        for (name, used, commits) in each.chain([("load client".to_owned(), &best.usage.load, None)]) {
            let each = |number: fn(&Commits) -> u64| {
                commits.map(|commits| hundredths(number(commits) * 100 / done)).unwrap_or_default()
            };
            let _ = writeln!(
                text,
                "| {name} | {} | {}% | {} | {} | {} | {} |",
                millis(best.cpu(used)),
                used.cpu_millis * 100 / all,
                each(|commits| commits.transactions),
                each(|commits| commits.flushes),
                used.written / done / 1024,
                used.memory_kib / 1024,
            );
        }
        text.push('\n');
        for line in self.bound() {
            let _ = writeln!(text, "- {line}");
        }
    }

    /// What the processor allows at the cost of the best step, and what the most that was aimed at would leave for one.
    fn bound(&self) -> Vec<String> {
        let Some(best) = self.best() else { return Vec::new() };
        let micros = best.cpu(&best.usage.system()) + best.cpu(&best.usage.load);
        let cores = u64::try_from(std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        let cores = cores.unwrap_or(1);
        let bound = cores * 10_000_000 / micros.max(1);
        vec![
            format!(
                "bound by the processor: at {} ms each, {cores} cores that do nothing else settle {} a second; {}% of that were reached",
                millis(micros),
                tenths(bound),
                self.most() * 100 / bound.max(1)
            ),
            format!(
                "processor time that {SETTLEMENTS_AIMED_AT} a second would leave for one: {} ms",
                millis(cores * 1_000_000 / SETTLEMENTS_AIMED_AT)
            ),
        ]
    }

    /// What is aimed at on two cores with everything durable, and how close this run came.
    fn aims(&self) -> Vec<Aim> {
        let rate = |what, aim: u64, row: Option<&Row>| {
            let tenths_per_second = row?.measured.tenths_per_second();
            let reached = tenths_per_second * 10 / aim.max(1);
            Some(Aim {
                what,
                wanted: format!("{aim}/s"),
                measured: format!("{}/s", tenths(tenths_per_second)),
                reached,
            })
        };
        let short = |what, aim: u64, percentile: usize, row: Option<&Row>| {
            let [micros] = row?.measured.latencies.percentiles([percentile]);
            let (wanted, measured) = (format!("{aim} ms"), format!("{} ms", millis(micros)));
            Some(Aim { what, wanted, measured, reached: aim * 100_000 / micros.max(1) })
        };
        let simple =
            self.baselines.iter().flat_map(|all| &all.postgres).find(|one| one.name == SIMPLE_UPDATE);
        let one = self.rows.iter().find(|row| row.unit == Unit::Settlement && row.clients == Some(1));
        let fixed = self.rows.iter().find(|row| row.rate.is_some());
        let slow =
            self.slow.iter().flat_map(|slow| &slow.rows).max_by_key(|row| row.measured.tenths_per_second());
        let kept = slow.map(|row| {
            let (now, plain) = (row.measured.tenths_per_second(), self.most().max(1));
            let measured = format!("{}%", tenths(now * 1_000 / plain));
            let what = "most of these with slower flushes, of the most without";
            Aim {
                what,
                wanted: format!("{KEPT_AIMED_AT}%"),
                measured,
                reached: now * 10_000 / plain / KEPT_AIMED_AT,
            }
        });
        [
            rate("2304 of a prepared stay", SETTLEMENTS_AIMED_AT, self.best()),
            simple.and_then(|one| {
                rate(
                    "the same, against a third of pgbench simple-update",
                    one.tenths_per_second / 30,
                    self.best(),
                )
            }),
            rate("2207 of a prepared visit", BILLS_AIMED_AT, self.best_of(Unit::Bill)),
            short("p50 of one client, at most", 10, 50, one),
            short("p99 at half of the most, at most", 50, 99, fixed),
            kept,
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn write_aims(&self, text: &mut String) {
        text.push_str(
            "\n## Aims, and how close this run came\n\n| | aim | measured | reached |\n|---|---|---|---|\n",
        );
        for Aim { what, wanted, measured, reached } in self.aims() {
            let _ = writeln!(text, "| {what} | {wanted} | {measured} | {reached}% |");
        }
    }

    fn write_baselines(&self, text: &mut String) {
        let Some(baselines) = &self.baselines else { return };
        text.push_str("\n## What this machine can do at all, in the same run\n\n| | a second | latency ms |\n|---|---|---|\n");
        let [p50, p99] = baselines.echo.latencies.percentiles([50, 99]);
        let rate = tenths(baselines.echo.tenths_per_second());
        let _ = writeln!(
            text,
            "| echo over HTTP (axum), 32 clients | {rate} | p50 {}, p99 {} |",
            millis(p50),
            millis(p99)
        );
        for one in &baselines.postgres {
            let rate = tenths(one.tenths_per_second);
            let _ = writeln!(text, "| pgbench {}, 32 clients | {rate} | average {} |", one.name, one.latency);
        }
        if baselines.postgres.is_empty() {
            text.push_str("| pgbench | not to be had here | |\n");
        }
        text.push('\n');
        for line in self.ratios() {
            let _ = writeln!(text, "- {line}");
        }
        text.push_str(
            "\n## For comparison, as given\n\nMojaloop, in the same shape of loop on the same kind of machine: 88 to 122 a second, \
             p50 78 ms idle, p99 above a second at 64 clients.\n",
        );
    }
}

fn facts(nodes: &Nodes, lines: usize, connections: u32) -> Vec<(&'static str, String)> {
    let postgres = nodes
        .hub
        .postgres_program("postgres")
        .map(|program| said(&program, &["--version"]))
        .unwrap_or_default();
    let mut facts = machine();
    facts.push((
        "database",
        format!("{postgres}; one private server for each node; fsync on, synchronous_commit on"),
    ));
    facts.push((
        "load",
        format!("{lines} lines a stay, {connections} database connections a node, all on this machine"),
    ));
    facts
}

/// What is measured, when and on what.
pub fn machine() -> Vec<(&'static str, String)> {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, label: &str| {
        let line = text.lines().find(|line| line.starts_with(label)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory: u64 = after(&file("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0);
    vec![
        ("date", SystemClock.now().to_string()),
        ("commit", commit()),
        ("processor", format!("{}, {cores} cores", after(&file("/proc/cpuinfo"), "model name"))),
        ("memory", format!("{} MiB", memory / 1024)),
        ("kernel", file("/proc/sys/kernel/osrelease").trim().to_owned()),
        ("compiler", said(Path::new("rustc"), &["--version"])),
    ]
}

/// Writes the results of `make bench`, and leaves the sections of other measurements as they are.
pub fn write_main(results: &str) -> Result<(), Stop> {
    let file = fs::read_to_string(RESULTS).unwrap_or_default();
    let all: Vec<&str> =
        [results.trim_end()].into_iter().chain(sections(&file).into_iter().skip(1)).collect();
    write(&format!("{}\n", all.join("\n\n")))
}

/// Writes a section of its own: what this measurement came to before is gone, all else stays.
pub fn write_section(title: &str, results: &str) -> Result<(), Stop> {
    let file = fs::read_to_string(RESULTS).unwrap_or_default();
    write(&with_section(&file, title, results))
}

fn with_section(file: &str, title: &str, results: &str) -> String {
    let head = format!("# {title}\n");
    let others = sections(file).into_iter().filter(|section| !section.starts_with(&head)).map(str::to_owned);
    let all: Vec<String> = others.chain([format!("{head}\n{}", results.trim_end())]).collect();
    format!("{}\n", all.join("\n\n"))
}

/// The parts of a file that begin with a heading of the first level.
fn sections(file: &str) -> Vec<&str> {
    let mut begins: Vec<usize> = file.match_indices("\n# ").map(|(at, _)| at + 1).collect();
    begins.insert(0, 0);
    begins.push(file.len());
    let part = |ends: &[usize]| file[ends[0]..ends[1]].trim_end();
    begins.windows(2).map(part).filter(|part| !part.is_empty()).collect()
}

fn write(text: &str) -> Result<(), Stop> {
    fs::create_dir_all("bench").and_then(|()| fs::write(RESULTS, text)).map_err(|error| {
        Stop::Unable(format!("{RESULTS}无法写入，请在项目目录下执行 (cannot write: {error})"))
    })?;
    say(&format!("written to {RESULTS}"));
    Ok(())
}

fn commit() -> String {
    let hash = said(Path::new("git"), &["rev-parse", "--short", "HEAD"]);
    let changed = !said(Path::new("git"), &["status", "--porcelain", "--untracked-files=no"]).is_empty();
    if changed { format!("{hash} with changes") } else { hash }
}

/// What a program says; nothing if it is not there.
fn said(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// Tenths as `12.3`.
pub fn tenths(number: u64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

/// Hundredths as `1.23`.
fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

/// Microseconds as milliseconds, `1.23`.
pub fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1_000, micros % 1_000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_replaces_only_itself() {
        let first = with_section("# Results\n\n## Part\n\nmain\n", "Closing", "one\n");
        assert_eq!(first, "# Results\n\n## Part\n\nmain\n\n# Closing\n\none\n");
        let both = with_section(&first, "Night", "two");
        let again = with_section(&both, "Closing", "three");
        assert_eq!(again, "# Results\n\n## Part\n\nmain\n\n# Night\n\ntwo\n\n# Closing\n\nthree\n");
    }
}

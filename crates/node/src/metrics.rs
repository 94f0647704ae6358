//! What a node counts and times about itself, in the text that Prometheus reads.
//!
//! Nothing of a person, an institution or a province is in that text, and every label comes from a list in the program, so that it never
//! grows with what is sent. What lies in the database is read when somebody asks. `docs/OPERATING.md` has the table of all names,
//! and a test compares it.

use crate::lately::Lately;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};
use std::{
    fs,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use store::{
    Store,
    status::{Connections, Waiting},
    timing::Step,
};
use terms::{Moment, Participant};
use tokio::time::Instant;
use wire::peer::{passed::PassedReply, v1::Reply};

/// How a request ends, or an ask of another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was answered with a yes.
    Done,
    /// It was refused for good.
    Refused,
    /// It was not decided: this node, or its database, could not.
    Busy,
    /// Nobody knows yet: another node did not answer, or could not be trusted.
    Unknown,
    /// It broke off: its sender went away, or it came to an impossible state.
    Broken,
}

impl Ending {
    /// Its name in labels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
    }

    /// Whether it says that something did not work, here or at another node.
    pub const fn is_error(self) -> bool {
        !matches!(self, Self::Done | Self::Refused)
    }

    /// How this reply ends the question that it answers.
    pub fn of_reply(reply: &Reply) -> Self {
        match reply {
            Reply::Answer(_) => Self::Done,
            Reply::Refused { code, .. } => Self::of_code(code),
        }
    }

    /// How a question ended whose reply the hub passes on.
    pub fn of_passed(reply: &PassedReply) -> Self {
        match reply {
            PassedReply::Answer(_) => Self::Done,
            PassedReply::Refused { code } => Self::of_code(code),
        }
    }

    /// How a refusal of this code ends what is refused.
    pub fn of_code(code: &str) -> Self {
        match code {
            "participant-unreachable" | "outcome-unknown" | "peer-rejected" => Self::Unknown,
            // All that says "not now" of this node itself is called so.
            code if code.starts_with("node-") => Self::Busy,
            _ => Self::Refused,
        }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfTransaction {
    transaction: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TransactionEnded {
    transaction: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfQuestion {
    question: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct QuestionEnded {
    question: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfStep {
    step: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfTask {
    task: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Build {
    version: &'static str,
    role: &'static str,
}

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// Up to a second, what a hospital waits for; above it, what its software may give up on.
fn request_times() -> Histogram {
    Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
}

/// From a statement along a key to a month added up.
fn database_times() -> Histogram {
    Histogram::new([0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 10.0, 60.0])
}

/// What a node counts and times about itself.
pub struct Metrics {
    registry: Registry,
    requests: Family<TransactionEnded, Counter>,
    request_times: Times<OfTransaction>,
    questions: Family<QuestionEnded, Counter>,
    question_times: Times<OfQuestion>,
    asks: Family<QuestionEnded, Counter>,
    ask_times: Times<OfQuestion>,
    database_times: Times<OfStep>,
    connections: Family<OfState, Gauge>,
    outbox: Gauge,
    outbox_age: Gauge,
    open_differences: Gauge,
    closed_month: Gauge,
    task_runs: Family<OfTask, Gauge>,
    task_failures: Family<OfTask, Counter>,
    spans_lost: Counter,
    recordings_dropped: Counter,
    database: Gauge,
    memory: Gauge,
    processor: Counter<u64, AtomicU64>,
    /// Questions of other nodes of the last day by kind, for those who look at pages. No part of the text.
    pub(crate) kinds: Lately<&'static str>,
    /// How other nodes answered what they were asked in the last day. No part of the text: a label would be a province's.
    pub(crate) answering: Lately<Participant>,
}

/// How many kinds of questions, and how many other nodes, are told apart: more than there are.
const KINDS_MAX: usize = 100;
const PARTICIPANTS_MAX: usize = 64;

impl Metrics {
    /// Of a node in this role: `hub` or `province`.
    pub fn new(role: &'static str) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("yidi"),
            requests: Family::default(),
            request_times: Times::new_with_constructor(request_times),
            questions: Family::default(),
            question_times: Times::new_with_constructor(request_times),
            asks: Family::default(),
            ask_times: Times::new_with_constructor(request_times),
            database_times: Times::new_with_constructor(database_times),
            connections: Family::default(),
            outbox: Gauge::default(),
            outbox_age: Gauge::default(),
            open_differences: Gauge::default(),
            closed_month: Gauge::default(),
            task_runs: Family::default(),
            task_failures: Family::default(),
            spans_lost: Counter::default(),
            recordings_dropped: Counter::default(),
            database: Gauge::default(),
            memory: Gauge::default(),
            processor: Counter::default(),
            kinds: Lately::new(KINDS_MAX),
            answering: Lately::new(PARTICIPANTS_MAX),
        };
        metrics.register(role);
        metrics
    }

    fn register(&mut self, role: &'static str) {
        let build = Build { version: env!("CARGO_PKG_VERSION"), role };
        let all = &mut self.registry;
        all.register("build", "The program and its role", Info::new(build));
        all.register("hospital_requests", "Messages of hospitals, by how they ended", self.requests.clone());
        all.register_with_unit(
            "hospital_request",
            "How long messages of hospitals took",
            Unit::Seconds,
            self.request_times.clone(),
        );
        all.register("peer_questions", "Questions of other nodes, by how they ended", self.questions.clone());
        all.register_with_unit(
            "peer_question",
            "How long questions of other nodes took",
            Unit::Seconds,
            self.question_times.clone(),
        );
        all.register("peer_asks", "Asks of other nodes, by how they ended", self.asks.clone());
        all.register_with_unit(
            "peer_ask",
            "How long other nodes were waited for",
            Unit::Seconds,
            self.ask_times.clone(),
        );
        all.register_with_unit(
            "database",
            "How long the database was waited for, by step",
            Unit::Seconds,
            self.database_times.clone(),
        );
        all.register("connections", "Connections to the database", self.connections.clone());
        all.register("database_answers", "Whether the database answered just now", self.database.clone());
        all.register("outbox_waiting", "Questions that wait for another node", self.outbox.clone());
        all.register_with_unit(
            "outbox_oldest",
            "For how long the oldest of them has waited",
            Unit::Seconds,
            self.outbox_age.clone(),
        );
        all.register(
            "differences_open",
            "Differences between books that nobody has explained",
            self.open_differences.clone(),
        );
        all.register(
            "clearing_closed_month",
            "The last month that is closed, as 202611",
            self.closed_month.clone(),
        );
        all.register_with_unit(
            "timetable_last_run",
            "When a task of the timetable was last done, since 1970",
            Unit::Seconds,
            self.task_runs.clone(),
        );
        all.register("timetable_failures", "How often a task was not done", self.task_failures.clone());
        all.register("spans_lost", "Spans that were not told to the collector", self.spans_lost.clone());
        all.register(
            "recordings_dropped",
            "Messages of hospitals that were to be recorded and were not",
            self.recordings_dropped.clone(),
        );
        all.register_with_unit("process_memory", "Memory in use", Unit::Bytes, self.memory.clone());
        all.register("process_cpu_milliseconds", "Time of the processors", self.processor.clone());
    }

    /// Hears from now on how long this database keeps its users.
    pub(crate) fn listen_to(self: &Arc<Self>, store: &Store) {
        // One histogram each, found once: this is on the way of every unit of work.
        let [connection, work, batch] = ["connection", "work", "batch"]
            .map(|step| self.database_times.get_or_create(&OfStep { step }).clone());
        store.tell_times(Arc::new(move |step, took| {
            let times = match step {
                Step::Connection => &connection,
                Step::Work => &work,
                Step::Batch => &batch,
            };
            times.observe(took.as_secs_f64());
        }));
    }

    /// A message of a hospital has ended.
    pub(crate) fn hospital(&self, transaction: &'static str, ending: Ending, took: Duration) {
        self.requests.get_or_create(&TransactionEnded { transaction, outcome: ending.name() }).inc();
        self.request_times.get_or_create(&OfTransaction { transaction }).observe(took.as_secs_f64());
    }

    /// A question of another node has ended.
    pub(crate) fn answered(&self, question: &'static str, ending: Ending, took: Duration) {
        self.questions.get_or_create(&QuestionEnded { question, outcome: ending.name() }).inc();
        self.question_times.get_or_create(&OfQuestion { question }).observe(took.as_secs_f64());
        self.kinds.note(question, ending, took);
    }

    /// Another node is asked. Unless it is said how it ends, nobody knows how it did.
    pub(crate) fn asks(&self, question: &'static str) -> Asking<'_> {
        self.asking(question, None)
    }

    /// The same, and it is noted how this node answers. It must be one that the register of participants has.
    pub(crate) fn asks_of(&self, participant: Participant, question: &'static str) -> Asking<'_> {
        self.asking(question, Some(participant))
    }

    fn asking(&self, question: &'static str, of: Option<Participant>) -> Asking<'_> {
        Asking { metrics: self, question, of, began: Instant::now(), ending: Ending::Unknown }
    }

    /// Counts spans that were not told.
    pub(crate) fn spans_lost(&self, spans: usize) {
        self.spans_lost.inc_by(u64::try_from(spans).unwrap_or(u64::MAX));
    }

    /// Counts a message that was to be recorded and was not.
    pub(crate) fn recording_dropped(&self) {
        self.recordings_dropped.inc();
    }

    /// A task of the timetable was done, or was not.
    pub(crate) fn task(&self, task: &'static str, now: Moment, done: bool) {
        if done {
            self.task_runs.get_or_create(&OfTask { task }).set(now.millis() / 1000);
        } else {
            self.task_failures.get_or_create(&OfTask { task }).inc();
        }
    }

    /// All of it as text, with what the database says if it answered.
    pub(crate) fn write(&self, connections: Connections, waiting: Option<&Waiting>, now: Moment) -> String {
        let states = [("in_use", connections.in_use), ("idle", connections.idle), ("most", connections.most)];
        for (state, number) in states {
            self.connections.get_or_create(&OfState { state }).set(number.try_into().unwrap_or(i64::MAX));
        }
        self.database.set(waiting.is_some().into());
        if let Some(waiting) = waiting {
            self.outbox.set(waiting.outbox);
            let age = waiting.oldest.map_or(0, |oldest| now.millis() - oldest.millis());
            self.outbox_age.set(age.max(0) / 1000);
            self.open_differences.set(waiting.open_differences);
            self.closed_month.set(waiting.last_closed.map_or(0, |month| month.number().into()));
        }
        let process = Process::read();
        self.memory.set(process.memory_bytes);
        let known = self.processor.get();
        self.processor.inc_by(process.processor_millis.saturating_sub(known));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes any text");
        text
    }
}

/// Another node that is asked.
pub(crate) struct Asking<'a> {
    metrics: &'a Metrics,
    question: &'static str,
    of: Option<Participant>,
    began: Instant,
    ending: Ending,
}

impl Asking<'_> {
    /// It has answered, and it ends so.
    pub fn ends(mut self, ending: Ending) {
        self.ending = ending;
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let (metrics, question) = (self.metrics, self.question);
        metrics.asks.get_or_create(&QuestionEnded { question, outcome: self.ending.name() }).inc();
        let took = self.began.elapsed();
        metrics.ask_times.get_or_create(&OfQuestion { question }).observe(took.as_secs_f64());
        if let Some(participant) = self.of {
            metrics.answering.note(participant, self.ending, took);
        }
    }
}

/// What the process has taken of its machine, as Linux says it; nothing where it does not.
#[derive(Debug, Default)]
struct Process {
    memory_bytes: i64,
    processor_millis: u64,
}

impl Process {
    fn read() -> Self {
        let text = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        Self::of(&text("status"), &text("stat"))
    }

    fn of(status: &str, stat: &str) -> Self {
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = resident.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok());
        // Behind the name, which may hold anything: the 12th and 13th are ticks of ten milliseconds.
        let behind = stat.rsplit_once(") ").map_or("", |(_, behind)| behind);
        let ticks = behind.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
        Self {
            memory_bytes: kilobytes.unwrap_or_default().saturating_mul(1024),
            processor_millis: ticks.sum::<u64>().saturating_mul(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use terms::Month;

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    /// One of each.
    fn text() -> String {
        let metrics = Metrics::new("hub");
        let took = Duration::from_millis(7);
        metrics.hospital("2304", Ending::Done, took);
        metrics.answered("settle", Ending::of_code("node-busy"), took);
        metrics.asks("settle").ends(Ending::Refused);
        drop(metrics.asks_of(Participant::Hub, "settle"));
        assert_eq!(metrics.answering.over(crate::lately::Span::Hour)[&Participant::Hub].failed, 1);
        metrics.task("clearing", now(), true);
        metrics.task("clearing", now(), false);
        metrics.database_times.get_or_create(&OfStep { step: "work" }).observe(took.as_secs_f64());
        let waiting = Waiting {
            outbox: 3,
            oldest: Some(now().plus_millis(-65_000)),
            open_differences: 2,
            last_closed: Month::new(2026, 10),
        };
        metrics.write(Connections { in_use: 4, idle: 5, most: 32 }, Some(&waiting), now())
    }

    #[test]
    fn what_is_counted_is_told() {
        let text = text();
        for line in [
            concat!("yidi_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\",role=\"hub\"} 1"),
            "yidi_hospital_requests_total{transaction=\"2304\",outcome=\"done\"} 1",
            "yidi_hospital_request_seconds_bucket{le=\"0.005\",transaction=\"2304\"} 0",
            "yidi_hospital_request_seconds_bucket{le=\"0.01\",transaction=\"2304\"} 1",
            "yidi_peer_questions_total{question=\"settle\",outcome=\"busy\"} 1",
            "yidi_peer_asks_total{question=\"settle\",outcome=\"refused\"} 1",
            "yidi_peer_asks_total{question=\"settle\",outcome=\"unknown\"} 1",
            "yidi_connections{state=\"in_use\"} 4",
            "yidi_database_answers 1",
            "yidi_outbox_waiting 3",
            "yidi_outbox_oldest_seconds 65",
            "yidi_differences_open 2",
            "yidi_clearing_closed_month 202610",
            "yidi_timetable_last_run_seconds{task=\"clearing\"} 1795226400",
            "yidi_timetable_failures_total{task=\"clearing\"} 1",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn the_table_in_the_handbook_names_what_there_is_and_nothing_else() {
        let text = text();
        let told: BTreeSet<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        let handbook = include_str!("../../../docs/OPERATING.md");
        let described: BTreeSet<&str> = handbook
            .lines()
            .filter_map(|line| line.strip_prefix("| `yidi_")?.split('`').next())
            .map(|name| name.trim_end_matches("_total").trim_end_matches("_info"))
            .collect();
        let told: BTreeSet<&str> = told.iter().map(|name| name.trim_start_matches("yidi_")).collect();
        assert_eq!(told, described);
    }

    #[test]
    fn the_process_is_read_as_linux_writes_it() {
        let status = "Name:\tyidi\nVmRSS:\t   12345 kB\nThreads:\t3\n";
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 900 0 0 0 150 25 0 0 20 0 3 0 100 1 2 3";
        let process = Process::of(status, stat);
        assert_eq!((process.memory_bytes, process.processor_millis), (12_345 * 1024, 1_750));
        let unreadable = Process::of("", "");
        assert_eq!((unreadable.memory_bytes, unreadable.processor_millis), (0, 0));
        let mine = Process::read();
        assert!(mine.memory_bytes > 0, "{mine:?}");
    }
}

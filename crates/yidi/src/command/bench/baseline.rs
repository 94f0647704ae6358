//! What the machine can do at all, measured in the same run: an empty HTTP server of the same framework with the same client,
//! and PostgreSQL's own benchmark on a database of the hub's private server.

use super::{
    Arguments,
    nodes::{Nodes, child, end, free_address},
    report::{millis, tenths},
};
use crate::{say, stop::Stop};
use country::load::{self, Measured};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// Clients of each baseline.
const CLIENTS: usize = 32;

/// What the machine can do at all.
pub struct Baselines {
    /// Requests to an empty server.
    pub echo: Measured,
    /// PostgreSQL's own transactions, by name; none where its program is not to be had.
    pub postgres: Vec<Transactions>,
}

/// One of pgbench's scripts.
pub struct Transactions {
    /// What it does.
    pub name: &'static str,
    /// A second, in tenths.
    pub tenths_per_second: u64,
    /// Average latency as pgbench says it, in milliseconds.
    pub latency: String,
}

impl Baselines {
    pub async fn measure(nodes: &Nodes, arguments: &Arguments) -> Result<Self, Stop> {
        let seconds = arguments.seconds.min(8);
        let echo = echo(nodes, Duration::from_secs(seconds)).await?;
        let [p50, p99] = echo.latencies.percentiles([50, 99]);
        let rate = tenths(echo.tenths_per_second());
        say(&format!(
            "  echo over HTTP, {CLIENTS} clients: {rate}/s, p50 {} ms, p99 {} ms",
            millis(p50),
            millis(p99)
        ));
        let postgres = postgres(nodes, seconds);
        for one in &postgres {
            let rate = tenths(one.tenths_per_second);
            say(&format!("  pgbench {}, {CLIENTS} clients: {rate}/s, average {} ms", one.name, one.latency));
        }
        if postgres.is_empty() {
            say("  pgbench is not to be had here");
        }
        Ok(Self { echo, postgres })
    }
}

async fn echo(nodes: &Nodes, duration: Duration) -> Result<Measured, Stop> {
    let address = free_address().map_err(Stop::unable)?;
    let arguments = ["bench".to_owned(), format!("--echo={address}")];
    let mut server = child(arguments.into_iter(), &nodes.hub.data.with_file_name("echo.log"))?;
    let mut measured = Err(String::new());
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            measured = load::echo_loop(address, CLIENTS, duration).await;
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    end(&mut server);
    measured.map_err(Stop::Unable)
}

fn postgres(nodes: &Nodes, seconds: u64) -> Vec<Transactions> {
    let (Some(pgbench), Some(psql)) =
        (nodes.hub.postgres_program("pgbench"), nodes.hub.postgres_program("psql"))
    else {
        return Vec::new();
    };
    let socket = nodes.hub.socket();
    let psql = run(&psql, &socket, &["-d", "postgres", "-c", "create database pgbench"]);
    if psql.is_none() || run(&pgbench, &socket, &["-i", "-q", "-s", "20", "pgbench"]).is_none() {
        return Vec::new();
    }
    let (clients, seconds) = (CLIENTS.to_string(), seconds.to_string());
    let of = |(name, script): (&'static str, &str)| {
        let options =
            ["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-b", script, "pgbench"];
        let said = run(&pgbench, &socket, &options)?;
        Some(Transactions {
            name,
            tenths_per_second: tenths_in(&value(&said, "tps = ")?)?,
            latency: value(&said, "latency average = ")?,
        })
    };
    [("simple-update", "simple-update"), ("TPC-B-like", "tpcb-like")].into_iter().filter_map(of).collect()
}

fn run(program: &Path, socket: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("-h").arg(socket).args(["-U", "yidi"]).args(arguments).stdin(Stdio::null());
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The word behind a label.
fn value(said: &str, label: &str) -> Option<String> {
    said.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next().map(str::to_owned)
}

/// `1234.567` in tenths.
fn tenths_in(number: &str) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let tenth: u64 = fraction.get(..1)?.parse().ok()?;
    Some(whole.parse::<u64>().ok()? * 10 + tenth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pgbench_says_is_read() {
        let said = "number of clients: 32\nlatency average = 2.345 ms\ntps = 13645.678 (without initial connection time)\n";
        assert_eq!(tenths_in(&value(said, "tps = ").unwrap()), Some(136_456));
        assert_eq!(value(said, "latency average = ").as_deref(), Some("2.345"));
    }
}

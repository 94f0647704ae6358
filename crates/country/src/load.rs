//! A load of settlements: stays and outpatient visits prepared through the hospital interface, and many cashiers who settle
//! them at once.
//!
//! It measures nodes that run somewhere else, over HTTP, and must not know how they were started. Time is what the waiting
//! cashier sees: from sending 2304 or 2207 (or the trial before it) to the whole answer.
//!
//! | module | what it holds |
//! |---|---|
//! | [`ground`] | who and what must be registered, and the stays that wait to be settled |
//! | [`line`] | a client that costs next to nothing |
//! | [`overload`] | more settlements than nodes can do, at fixed moments |
//! | [`latency`] | how long it took, in percentiles |
//! | [`process`] | what processes cost the machine |
//! | [`echo`] | the least that any server of this framework costs |

pub mod echo;
pub mod ground;
pub mod latency;
pub mod line;
pub mod overload;
pub mod process;

pub use ground::{Addresses, Ground, Prepared};
pub use latency::Latencies;

use line::Line;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// What one unit of a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 2304 of a prepared stay.
    Settlement,
    /// 2303, then 2304, of a prepared stay.
    TrialAndSettlement,
    /// 2206, then 2207, of a prepared outpatient visit.
    Outpatient,
    /// 2207 of a prepared outpatient visit.
    Bill,
}

impl Unit {
    /// Whether the settlement is tried first.
    const fn has_trial(self) -> bool {
        matches!(self, Self::TrialAndSettlement | Self::Outpatient)
    }
}

/// What a load came to.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Units that were answered with success.
    pub done: u64,
    /// Units that were not.
    pub failed: u64,
    /// The first answer that was no success.
    pub first_failure: Option<String>,
    /// From the first sending to the last answer.
    pub elapsed: Duration,
    /// How long each took that succeeded.
    pub latencies: Latencies,
}

impl Measured {
    /// Units a second, in tenths.
    pub fn tenths_per_second(&self) -> u64 {
        let micros = u64::try_from(self.elapsed.as_micros()).expect("a load takes minutes").max(1);
        self.done * 10_000_000 / micros
    }

    fn count(&mut self, began: Instant, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => {
                self.done += 1;
                self.latencies.add(began.elapsed());
            }
            Err(what) => {
                self.failed += 1;
                self.first_failure.get_or_insert(what);
            }
        }
    }
}

/// Stays or outpatient visits that wait, taken one by one by all clients.
pub type Waiting = Arc<Mutex<Vec<Prepared>>>;

fn take(waiting: &Waiting) -> Option<Prepared> {
    waiting.lock().expect("nobody panics holding it").pop()
}

/// Every client settles one stay after the other, until the time is over or no stay is left (a closed loop).
pub async fn closed_loop(
    address: SocketAddr,
    waiting: &Waiting,
    unit: Unit,
    clients: usize,
    duration: Duration,
) -> Result<Measured, String> {
    let mut lines = Vec::with_capacity(clients);
    for _ in 0..clients {
        lines.push(Line::open(address).await?);
    }
    let total = Arc::new(Mutex::new(Measured::default()));
    let began = Instant::now();
    let tasks: Vec<_> = lines
        .into_iter()
        .map(|mut line| {
            let (waiting, total) = (Arc::clone(waiting), Arc::clone(&total));
            tokio::spawn(async move {
                while began.elapsed() < duration {
                    let Some(stay) = take(&waiting) else { break };
                    let sent = Instant::now();
                    let outcome = settle(&mut line, stay, unit).await;
                    let broken = outcome.is_err() && line.is_closed();
                    total.lock().expect("nobody panics holding it").count(sent, outcome);
                    if broken {
                        break;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|error| error.to_string())?;
    }
    let mut measured = std::mem::take(&mut *total.lock().expect("nobody panics holding it"));
    measured.elapsed = began.elapsed();
    Ok(measured)
}

/// A stay begins to be settled at fixed moments, however long the earlier ones take (an open loop). What one waits for a
/// free line counts as its own time.
pub async fn open_loop(
    address: SocketAddr,
    waiting: &Waiting,
    tenths_per_second: u64,
    duration: Duration,
) -> Result<Measured, String> {
    let gap = Duration::from_nanos(10_000_000_000 / tenths_per_second.max(1));
    let free = Arc::new(Mutex::new(Vec::new()));
    let total = Arc::new(Mutex::new(Measured::default()));
    let began = Instant::now();
    let mut tasks = Vec::new();
    let mut due = began;
    while due.duration_since(began) < duration {
        tokio::time::sleep_until(due.into()).await;
        let Some(stay) = take(waiting) else { break };
        let (free, total) = (Arc::clone(&free), Arc::clone(&total));
        tasks.push(tokio::spawn(async move {
            let idle = free.lock().expect("nobody panics holding it").pop();
            let line = match idle {
                Some(line) => Ok(line),
                None => Line::open(address).await,
            };
            let outcome = match line {
                Ok(mut line) => {
                    let outcome = settle(&mut line, stay, Unit::Settlement).await;
                    if !line.is_closed() {
                        free.lock().expect("nobody panics holding it").push(line);
                    }
                    outcome
                }
                Err(error) => Err(error),
            };
            total.lock().expect("nobody panics holding it").count(due, outcome);
        }));
        due += gap;
    }
    for task in tasks {
        task.await.map_err(|error| error.to_string())?;
    }
    let mut measured = std::mem::take(&mut *total.lock().expect("nobody panics holding it"));
    measured.elapsed = began.elapsed();
    Ok(measured)
}

/// Every client posts the same body again and again to a server that gives it back.
pub async fn echo_loop(address: SocketAddr, clients: usize, duration: Duration) -> Result<Measured, String> {
    let body = bytes::Bytes::from(vec![b'x'; 1_200]);
    let mut lines = Vec::with_capacity(clients);
    for _ in 0..clients {
        lines.push(Line::open(address).await?);
    }
    let began = Instant::now();
    let each = lines.into_iter().map(|mut line| {
        let body = body.clone();
        tokio::spawn(async move {
            let mut measured = Measured::default();
            while began.elapsed() < duration {
                let sent = Instant::now();
                let outcome = line.post(body.clone()).await.map(drop);
                measured.count(sent, outcome);
                if line.is_closed() {
                    break;
                }
            }
            measured
        })
    });
    let each: Vec<_> = each.collect();
    let mut total = Measured::default();
    for task in each {
        let one = task.await.map_err(|error| error.to_string())?;
        total.done += one.done;
        total.failed += one.failed;
        total.first_failure = total.first_failure.or(one.first_failure);
        total.latencies.append(one.latencies);
    }
    total.elapsed = began.elapsed();
    Ok(total)
}

async fn settle(line: &mut Line, stay: Prepared, unit: Unit) -> Result<(), String> {
    if unit.has_trial() {
        understand(&line.post(stay.trial).await?)?;
    }
    understand(&line.post(stay.settlement).await?)
}

/// Whether an answer says success, without reading it whole.
fn understand(answer: &[u8]) -> Result<(), String> {
    const SUCCESS: &[u8] = br#""infcode":0"#;
    const LONGEST: usize = 300;
    if answer.windows(SUCCESS.len()).any(|some| some == SUCCESS) {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&answer[..answer.len().min(LONGEST)]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_success_or_is_told() {
        assert_eq!(understand(br#"{"infcode":0,"output":{}}"#), Ok(()));
        assert!(understand(br#"{"infcode":-1,"err_msg":"no"}"#).unwrap_err().contains("no"));
    }

    #[test]
    fn a_rate_is_what_was_done_by_time() {
        let measured = Measured { done: 250, elapsed: Duration::from_secs(2), ..Measured::default() };
        assert_eq!(measured.tenths_per_second(), 1_250);
    }
}

//! How much a node takes on at once: past that, whoever comes waits a little or is told at once to come again.
//!
//! Each kind of traffic has a [`Gate`] of its own, so that none can starve another on whose answers it waits: hospitals, and
//! questions of other nodes; at the hub also those that it passes on, which wait for a province, apart from those that it answers
//! itself. Who may enter is decided by [`Queue`], which knows no time but what it is given. Health and the management interface
//! pass no gate. A gate must not know what a request is about: whose it is, is read off the bytes before anything is parsed ([`sender`]), and
//! believed for nothing but fairness.

mod queue;
mod sender;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
pub use sender::{Sender, Senders, scan};

use queue::{Arrival, Caller, Queue};
use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};
use wire::peer::PATIENCE;

/// How much is taken on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So many requests are worked on at the same time at most; fewer while they take too long.
    pub at_work: usize,
    /// So many more wait for a place.
    pub waiting: usize,
    /// None of them longer than this.
    pub patience: Duration,
}

impl Limits {
    /// What hospitals ask of a province, unless set. Many at once are done in larger groups, each for less; more than these would be
    /// late.
    pub const HOSPITALS: Self = Self { at_work: 448, waiting: 448, patience: Duration::from_secs(2) };
    /// What other nodes ask, unless set: more, for at the asking node somebody has been let in already.
    pub const PEERS: Self = Self { at_work: 512, waiting: 1024, patience: Duration::from_secs(2) };

    /// For how long somebody has always been waiting in a queue that is standing: a fourth of the patience.
    fn standing(self) -> Duration {
        self.patience / 4
    }

    /// How long anybody waits in such a queue: a twentieth of the patience.
    fn short(self) -> Duration {
        self.patience / 20
    }

    /// How long most requests should be at work at most: a fifth of the patience. Where they are longer, fewer are taken on.
    fn quick(self) -> Duration {
        self.patience / 5
    }

    /// So many are taken on however long they take: an eighth of those that may be.
    const fn least(self) -> usize {
        let eighth = self.at_work / 8;
        if eighth == 0 { 1 } else { eighth }
    }
}

/// Where requests of one kind are let in.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    patience: Duration,
    opened: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    queue: Queue<oneshot::Sender<Place>>,
    /// Requests refused so far.
    refused: u64,
    /// When that was logged last, and how many there were then.
    told: Option<(Duration, u64)>,
}

/// A refused request says so in the log no more often than this.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// Who is refused is told to come again in so many seconds, or up to [`SPREAD`] more: those refused together come apart.
const AGAIN_SECONDS: u64 = 2;
const SPREAD: u64 = 4;

/// A request that was not let in: all places are taken, or whoever asked has stopped waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// When to come again, in seconds.
    pub seconds: u64,
}

/// A place at work; given back when dropped.
#[derive(Debug)]
pub struct Place {
    gate: Gate,
    caller: Caller,
    began: Duration,
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = self.gate.now();
        self.gate.state().queue.done(&self.caller, self.began, now);
        loop {
            let next = self.gate.state().queue.next(now);
            let Some((caller, wake)) = next else { break };
            // Who stopped waiting at this moment gives the place back again.
            drop(wake.send(Self { gate: self.gate.clone(), caller, began: now }));
        }
    }
}

/// Takes a waiter out of the queue who stops waiting, for whatever reason.
struct Waiter<'a> {
    gate: &'a Gate,
    caller: &'a str,
    ticket: u64,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.gate.state().queue.leave(self.caller, self.ticket);
    }
}

impl Gate {
    /// A gate for one kind of traffic, which the log calls by this name.
    pub fn new(name: &'static str, limits: Limits) -> Self {
        let state = State { queue: Queue::new(limits), refused: 0, told: None };
        let opened = Instant::now();
        Self(Arc::new(Inner { name, patience: limits.patience, opened, state: Mutex::new(state) }))
    }

    /// Waits for a place, no longer than this gate lets anybody wait and than the caller waits himself.
    pub async fn enter(&self, caller: &str, until: Option<Instant>) -> Result<Place, Full> {
        let latest = Instant::now() + self.0.patience;
        let until = until.map_or(latest, |until| until.min(latest));
        let (wake, place) = oneshot::channel();
        let (now, until_then) = (self.now(), until.saturating_duration_since(self.0.opened));
        let arrival = self.state().queue.arrive(caller, now, until_then, wake);
        match arrival {
            Arrival::Begins(caller) => Ok(Place { gate: self.clone(), caller, began: now }),
            Arrival::Refused => Err(self.refuse(now)),
            Arrival::Waits { ticket, until, displaced } => {
                drop(displaced);
                let until = self.0.opened + until;
                let waiter = Waiter { gate: self, caller, ticket };
                let came = tokio::time::timeout_at(until, place).await;
                drop(waiter);
                came.ok().and_then(Result::ok).ok_or_else(|| self.refuse(self.now()))
            }
        }
    }

    /// Whether only so many wait that somebody else may be refused.
    pub fn is_closing(&self) -> bool {
        self.state().queue.is_full(self.now())
    }

    /// What somebody hears who would be refused at once; `None` for whoever would be let in or might wait.
    pub fn turns_away(&self, caller: &str, until: Option<Instant>) -> Option<Full> {
        let now = self.now();
        let until =
            until.map_or(now + self.0.patience, |until| until.saturating_duration_since(self.0.opened));
        let is_refused = self.state().queue.refuses(caller, now, until);
        is_refused.then(|| self.refuse(now))
    }

    /// Requests refused so far.
    pub fn refused(&self) -> u64 {
        self.state().refused
    }

    fn refuse(&self, now: Duration) -> Full {
        let mut state = self.state();
        state.refused += 1;
        let refused = state.refused;
        let (when, before) = state.told.unwrap_or_default();
        if state.told.is_none() || now.saturating_sub(when) >= TELL_EVERY {
            state.told = Some((now, refused));
            tracing::warn!(gate = self.0.name, refused = refused - before, "more comes than can be done");
        }
        Full { seconds: AGAIN_SECONDS + refused % SPREAD }
    }

    fn now(&self) -> Duration {
        self.0.opened.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nobody panics holding it")
    }
}

/// Until when whoever sent these headers waits, if they say so.
pub fn waits_until(headers: &HeaderMap) -> Option<Instant> {
    until_of(headers.get(PATIENCE)?.as_bytes())
}

/// Until when whoever says so in these words waits.
pub fn until_of(patience: &[u8]) -> Option<Instant> {
    let millis: u64 = std::str::from_utf8(patience).ok()?.trim().parse().ok()?;
    Instant::now().checked_add(Duration::from_millis(millis))
}

/// Does something for as long as it is waited for; `None` if it was cut off. What is cut off leaves its unit of work undone.
pub async fn while_waited_for<T>(until: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match until {
        Some(until) => tokio::time::timeout_at(until, work).await.ok(),
        None => Some(work.await),
    }
}

/// What a node hears for whose question there is no place: nothing signed, since nothing was decided.
pub fn busy(full: Full) -> Response {
    let again = full.seconds.to_string();
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, again)], Body::empty()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(5);

    /// A gate with one place, at which two may wait for so long.
    fn gate(patience: Duration) -> Gate {
        Gate::new("test", Limits { at_work: 1, waiting: 2, patience })
    }

    #[tokio::test]
    async fn a_place_goes_to_whoever_waits() {
        let gate = gate(LONG);
        let first = gate.enter("a", None).await.unwrap();
        let second = tokio::spawn({
            let gate = gate.clone();
            async move { gate.enter("a", None).await }
        });
        tokio::task::yield_now().await;
        drop(first);
        let second = second.await.unwrap().unwrap();
        assert!(gate.enter("a", Some(Instant::now())).await.is_err(), "nobody waits for it");
        drop(second);
        assert!(gate.enter("a", None).await.is_ok());
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let gate = gate(Duration::from_millis(20));
        let first = gate.enter("a", None).await.unwrap();
        let refused = [gate.enter("a", None).await, gate.enter("b", None).await].map(Result::unwrap_err);
        assert_ne!(refused[0].seconds, refused[1].seconds, "they do not come again together");
        assert_eq!(gate.refused(), 2);
        drop(first);
        assert!(gate.enter("b", None).await.is_ok());
    }

    #[tokio::test]
    async fn who_stops_waiting_takes_no_place() {
        let gate = gate(LONG);
        let first = gate.enter("a", None).await.unwrap();
        let leaves = tokio::spawn({
            let gate = gate.clone();
            async move { gate.enter("a", None).await.map(drop) }
        });
        tokio::task::yield_now().await;
        leaves.abort();
        assert!(leaves.await.unwrap_err().is_cancelled());
        drop(first);
        assert!(gate.enter("b", None).await.is_ok(), "the place is free");
    }

    #[tokio::test]
    async fn work_ends_with_whoever_waits_for_it() {
        let soon = Instant::now() + Duration::from_millis(10);
        assert_eq!(while_waited_for(Some(soon), std::future::pending::<()>()).await, None);
        assert_eq!(while_waited_for(None, async { 1 }).await, Some(1));
    }
}

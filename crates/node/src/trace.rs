//! Following one request through the nodes: every node that it passes writes the same trace id into its log.
//!
//! The id is made where a hospital's message comes in, and goes from node to node in the header `traceparent` of W3C Trace
//! Context. Whoever sends that header may write into it what he likes: it is put into log lines, and nothing is ever decided by it.
//! It is not drawn but counted: who made it, when, and which one, so that it is unique and costs nothing. Each instance of a node
//! counts from another number.

mod export;

use crate::{
    hub::Hub,
    metrics::{Ending, Metrics},
    province::ProvinceNode,
};
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};
pub(crate) use export::Exporter;
use std::{
    cell::Cell,
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use terms::{IdSource, Moment, Participant};
use tokio::time::Instant;
use tracing::Instrument;
use wire::otlp::Span;

/// The HTTP header that carries it.
pub const HEADER: &str = "traceparent";

/// Which request something is done for, and where in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    span: u64,
}

impl Trace {
    /// What a neighbour sent; `None` for anything that is not written as the standard has it.
    pub fn read(header: &str) -> Option<Self> {
        let small = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let mut parts = header.split('-');
        let mut part =
            |length: usize| parts.next().filter(|part| part.len() == length && part.bytes().all(small));
        let (version, id, span, _flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let read = Self { id: u128::from_str_radix(id, 16).ok()?, span: u64::from_str_radix(span, 16).ok()? };
        (version == "00" && parts.next().is_none() && read.id != 0 && read.span != 0).then_some(read)
    }

    /// What is sent to a neighbour.
    pub fn header(self) -> String {
        format!("00-{self}-{:016x}-01", self.span)
    }
}

/// The trace id, as log lines have it.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.id)
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.header())
    }
}

/// What gives the requests of a node their traces.
pub(crate) struct Tracer {
    me: Participant,
    metrics: Arc<Metrics>,
    count: AtomicU32,
    exporter: Option<Exporter>,
}

/// Through which door a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The hospital interface.
    Hospital,
    /// Another node.
    Peer,
    /// None: the node does it by itself.
    Outbox,
}

impl Door {
    const fn name(self) -> &'static str {
        match self {
            Self::Hospital => "hospital",
            Self::Peer => "peer",
            Self::Outbox => "outbox",
        }
    }
}

impl Tracer {
    /// Of an instance of a node.
    pub fn new(me: Participant, ids: &dyn IdSource, metrics: Arc<Metrics>) -> Self {
        let first = u32::try_from(ids.serial() >> 32).expect("half of it");
        Self { me, metrics, count: AtomicU32::new(first), exporter: None }
    }

    /// The same, and what it sees is told to a collector.
    pub fn told_to(self, exporter: Option<Exporter>) -> Self {
        Self { exporter, ..self }
    }

    /// Does something as a request of its own.
    pub async fn begin<T>(&self, door: Door, now: Moment, work: impl Future<Output = T>) -> T {
        self.go_on(door, None, (now, Instant::now()), work).await
    }

    /// Answers a hospital's message that began to come then: a new request.
    pub async fn answer(
        &self,
        began: (Moment, Instant),
        answered: impl Future<Output = Response>,
    ) -> Response {
        self.go_on(Door::Hospital, None, began, judged(answered)).await
    }

    /// Counts a hospital's message that was turned away before anybody looked into it. It gets no trace: most of those come when
    /// there is no time for it.
    pub fn turned_away(&self, began: Instant, response: &Response) {
        self.metrics.hospital(OTHER, ending_of(response), began.elapsed());
    }

    /// The same of one that heard at the door that there is no place.
    pub fn turned_away_at_the_door(&self, began: Instant) {
        self.metrics.hospital(OTHER, Ending::Busy, began.elapsed());
    }

    /// Does something as part of the request that the header names, if it names one.
    pub async fn go_on<T>(
        &self,
        door: Door,
        header: Option<&str>,
        (now, began): (Moment, Instant),
        work: impl Future<Output = T>,
    ) -> T {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let me = u32::try_from(store::participant_number(self.me)).unwrap_or_default();
        let millis = u64::try_from(now.millis()).unwrap_or_default();
        let own = u128::from(me) << 96 | u128::from(millis) << 32 | u128::from(count);
        let from = header.and_then(Trace::read);
        let id = from.map_or(own, |from| from.id);
        let trace = Trace { id, span: u64::from(me) << 32 | u64::from(count) };
        let name = door.name();
        // An error's span: a log that shows nothing but errors shows in which request they happened.
        let span = tracing::error_span!("request", node = %self.me, from = name, trace = %trace);
        let current = Current { trace, kind: Cell::new(OTHER), ending: Cell::new(Ending::Broken) };
        let counted = async {
            let parent = from.map(|from| from.span);
            let _underway = Underway { tracer: self, door, parent, at: now, began };
            work.await
        };
        CURRENT.scope(current, counted.instrument(span)).await
    }
}

/// Lets a message from a hospital's window in: a new request.
pub(crate) async fn window(State(node): State<Arc<ProvinceNode>>, request: Request, next: Next) -> Response {
    node.tracer.answer((node.context.now(), Instant::now()), next.run(request)).await
}

/// Lets another node's question in at a province.
pub(crate) async fn province_peer(
    State(node): State<Arc<ProvinceNode>>,
    request: Request,
    next: Next,
) -> Response {
    let header = header_of(&request);
    let began = (node.context.now(), Instant::now());
    node.tracer.go_on(Door::Peer, header.as_deref(), began, judged(next.run(request))).await
}

/// Lets another node's question in at the hub.
pub(crate) async fn hub_peer(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let header = header_of(&request);
    let began = (hub.context.now(), Instant::now());
    hub.tracer.go_on(Door::Peer, header.as_deref(), began, judged(next.run(request))).await
}

fn header_of(request: &Request) -> Option<String> {
    Some(request.headers().get(HEADER)?.to_str().ok()?.to_owned())
}

/// Where nobody else has said how the request ends, its status does: it was turned away before anybody looked into it.
async fn judged(answered: impl Future<Output = Response>) -> Response {
    let response = answered.await;
    let unsaid = CURRENT.try_with(|current| current.ending.get() == Ending::Broken).unwrap_or(false);
    if unsaid {
        ends(ending_of(&response));
    }
    response
}

fn ending_of(response: &Response) -> Ending {
    match response.status() {
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            Ending::Busy
        }
        _ if response.headers().contains_key(header::RETRY_AFTER) => Ending::Busy,
        _ => Ending::Refused,
    }
}

/// What a message is called of which nobody has yet said what it is.
const OTHER: &str = "other";

/// A request, as those who deal with it know it.
struct Current {
    trace: Trace,
    kind: Cell<&'static str>,
    ending: Cell<Ending>,
}

tokio::task_local! {
    static CURRENT: Current;
}

/// Says what the request is: the number of its transaction, or the kind of its question.
pub(crate) fn concerns(kind: &'static str) {
    // What is done for no request is counted nowhere.
    let _ = CURRENT.try_with(|current| current.kind.set(kind));
}

/// Says how the request ends.
pub(crate) fn ends(ending: Ending) {
    let _ = CURRENT.try_with(|current| current.ending.set(ending));
}

/// A request to another node, with the trace of the one that it is part of.
pub(crate) fn carried_by(request: hyper::http::request::Builder) -> hyper::http::request::Builder {
    match CURRENT.try_with(|current| current.trace.header()) {
        Ok(header) => request.header(HEADER, header),
        Err(_) => request,
    }
}

/// A request that is dealt with: counted when it ends, also where its sender goes away or it comes to an impossible state.
struct Underway<'a> {
    tracer: &'a Tracer,
    door: Door,
    parent: Option<u64>,
    at: Moment,
    began: Instant,
}

impl Underway<'_> {
    fn tell(&self, trace: Trace, kind: &'static str, ending: Ending) {
        let Some(exporter) = &self.tracer.exporter else { return };
        exporter.tell(Span {
            trace: trace.id,
            id: trace.span,
            parent: self.parent,
            door: self.door.name(),
            kind,
            outcome: ending.name(),
            is_error: ending.is_error(),
            began: self.at,
            took_nanos: u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX),
        });
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        let known =
            CURRENT.try_with(|current| (Some(current.trace), current.kind.get(), current.ending.get()));
        let (trace, kind, ending) = known.unwrap_or((None, OTHER, Ending::Broken));
        if let Some(trace) = trace {
            self.tell(trace, kind, ending);
        }
        let metrics = &self.tracer.metrics;
        match self.door {
            Door::Hospital => metrics.hospital(kind, ending, self.began.elapsed()),
            Door::Peer => metrics.answered(kind, ending, self.began.elapsed()),
            Door::Outbox => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_the_standard_has_it_or_not_at_all() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(Trace::read(good).unwrap().header(), good);
        for wrong in [
            "",
            "00",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c\n-7ad6b7169203331-01",
        ] {
            assert_eq!(Trace::read(wrong), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_node_that_is_sent_a_trace_goes_on_with_it_and_no_two_requests_share_one() {
        let tracer = Tracer::new(Participant::Hub, &crate::RandomIds, Arc::new(Metrics::new("hub")));
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let came = (now, Instant::now());
        let seen = async || CURRENT.with(|current| current.trace);
        let first = tracer.begin(Door::Outbox, now, seen()).await;
        let second = tracer.begin(Door::Outbox, now, seen()).await;
        assert_ne!(first.id, second.id);
        let sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let third = tracer.go_on(Door::Peer, Some(sent), came, seen()).await;
        assert_eq!(third.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_ne!(third.header(), sent, "a span of its own");
        let fourth = tracer.go_on(Door::Peer, Some("nonsense"), came, seen()).await;
        assert_eq!(Trace::read(&fourth.header()), Some(fourth));
    }
}

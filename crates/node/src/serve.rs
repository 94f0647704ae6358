//! Starting a node on a listener, and stopping it.

use crate::{
    Context, access, api,
    doorkeeper::{Doorkeeper, Knock, Turnstile},
    hospital,
    hub::Hub,
    leftover,
    load_limit::{self, Sender},
    pages, peer,
    province::ProvinceNode,
    routing, trace, transcript, window, work,
};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::State,
    handler::Handler,
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
    middleware::{from_fn_with_state, map_response_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http_body_util::{BodyExt, Collected};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::fmt::rfc2822::DateTimePrinter;
use std::{
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use terms::Moment;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use wire::peer::{CONTENT_TYPE, TAG, Untrusted, named};

/// A node that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stage: watch::Sender<Stage>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// How far a node is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// It serves.
    Serves,
    /// It serves, says that it is not ready, and lets no connection be used again: whoever sends to it goes elsewhere.
    Drains,
    /// It takes no more connections.
    Ends,
}

impl Running {
    /// `http://` and the address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether it is being stopped, for whoever tells others so.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Takes no more requests, lets those under way finish, and ends the workers.
    pub async fn stop(self) {
        self.stop_after(Duration::ZERO).await;
    }

    /// The same, after it has served for so long as one that others should leave: a balancer sees that it is not ready, and
    /// connections that are kept open end with an answer. What it does by itself ends at once.
    pub async fn stop_after(self, drain: Duration) {
        // Nobody listening any more is what is wanted.
        let _ = self.stop.send(true);
        if !drain.is_zero() {
            let _ = self.stage.send(Stage::Drains);
            tokio::time::sleep(drain).await;
        }
        let _ = self.stage.send(Stage::Ends);
        for task in self.tasks {
            let _ = task.await;
        }
    }

    /// Ends at once, wherever it is: what a kill -9 does to a node.
    pub fn kill(self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Runs the hub, on the runtime that this is called in.
pub fn hub(hub: Arc<Hub>, listener: TcpListener) -> std::io::Result<Running> {
    let router = hub_router(&hub);
    let jobs = router.clone();
    start(listener, router, None, |stopped| {
        let mut tasks = vec![
            tokio::spawn(work::changes::run(Arc::clone(&hub), stopped.clone())),
            tokio::spawn(work::jobs::run(Arc::clone(&hub), jobs, stopped.clone())),
        ];
        if let Some(every) = hub.timetable_every {
            tasks.push(tokio::spawn(work::timetable::run_hub(hub, every, stopped.clone())));
        }
        tasks
    })
}

/// Runs a province with its outbox and what else it does by itself, on the runtime that this is called in.
pub fn province(node: Arc<ProvinceNode>, listener: TcpListener) -> std::io::Result<Running> {
    let router = province_router(&node);
    let jobs = router.clone();
    let entrance: AnyTurnstile = Arc::new(hospital::Entrance(Arc::clone(&node)));
    start(listener, router, Some(entrance), |stopped| {
        let mut tasks = vec![
            tokio::spawn(work::changes::run(Arc::clone(&node), stopped.clone())),
            tokio::spawn(work::jobs::run(Arc::clone(&node), jobs, stopped.clone())),
            tokio::spawn(work::outbox::run(Arc::clone(&node), stopped.clone())),
            tokio::spawn(transcript::keep_up(Arc::clone(&node), stopped.clone())),
        ];
        if let Some(every) = node.settings.details_every {
            tasks.push(tokio::spawn(work::details_on::run(Arc::clone(&node), every, stopped.clone())));
        }
        if let Some(every) = node.settings.timetable_every {
            tasks.push(tokio::spawn(work::timetable::run_province(node, every, stopped.clone())));
        }
        tasks
    })
}

/// Who says whether somebody is turned away at the door, for all connections.
type AnyTurnstile = Arc<dyn Turnstile + Send + Sync>;

/// Runs a router on a listener, with workers that end when they are told to.
fn start(
    listener: TcpListener,
    router: Router,
    turnstile: Option<AnyTurnstile>,
    workers: impl FnOnce(&watch::Receiver<bool>) -> Vec<JoinHandle<()>>,
) -> std::io::Result<Running> {
    let (stop, stopped) = watch::channel(false);
    let (stage, leaving) = watch::channel(Stage::Serves);
    let address = listener.local_addr()?;
    let mut tasks = workers(&stopped);
    tasks.push(serve(listener, router, turnstile, leaving));
    Ok(Running { address, stage, stop, tasks })
}

fn hub_router(hub: &Arc<Hub>) -> Router {
    Router::new()
        .route("/peer/v1", post(hub_peer).layer(from_fn_with_state(Arc::clone(hub), trace::hub_peer)))
        .route("/health", get(health))
        .merge(
            access::guarded(api::hub::routes(), hub)
                .layer(map_response_with_state(hub.context.clone(), dated)),
        )
        .merge(api::description::of_hub())
        .fallback(nothing.layer(from_fn_with_state(Arc::clone(hub), pages::before::<Hub>)))
        .layer(axum::extract::DefaultBodyLimit::max(peer::endpoint::ENVELOPE_BYTES_MAX))
        .layer(CatchPanicLayer::new())
        .with_state(Arc::clone(hub))
}

fn province_router(node: &Arc<ProvinceNode>) -> Router {
    Router::new()
        .route(
            "/peer/v1",
            post(province_peer).layer(from_fn_with_state(Arc::clone(node), trace::province_peer)),
        )
        .route("/health", get(health))
        .merge(
            access::guarded(api::province::routes().merge(window::routes(node)), node)
                .layer(map_response_with_state(node.context.clone(), dated)),
        )
        .merge(api::description::of_province())
        .layer(axum::extract::DefaultBodyLimit::max(peer::endpoint::ENVELOPE_BYTES_MAX))
        // Whatever else is posted is a hospital's message: the transaction is in the body, not in the path.
        .fallback(
            crate::watch::endpoint.layer(from_fn_with_state(Arc::clone(node), pages::before::<ProvinceNode>)),
        )
        .layer(CatchPanicLayer::custom(hospital::panicked))
        .with_state(Arc::clone(node))
}

/// Says when the node has answered a page, by the node's own clock: pages count days and deadlines by it, whatever the machine before them
/// believes that today is.
async fn dated(State(context): State<Context>, mut answer: Response) -> Response {
    if let Ok(value) = HeaderValue::try_from(date(context.now())) {
        answer.headers_mut().insert(header::DATE, value);
    }
    answer
}

/// A moment as HTTP says it.
pub(crate) fn date(at: Moment) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

/// A node that listens nowhere and does nothing by itself: requests are handed in, as a simulation does.
#[derive(Clone)]
pub struct Door(Router);

impl Door {
    /// The hub's.
    pub fn of_hub(hub: &Arc<Hub>) -> Self {
        Self(hub_router(hub))
    }

    /// A province's.
    pub fn of_province(node: &Arc<ProvinceNode>) -> Self {
        Self(province_router(node))
    }

    /// What the node answers.
    pub async fn answer(self, request: Request<Bytes>) -> Response<Bytes> {
        let answered = self.0.oneshot(request.map(Body::from)).await;
        let (head, body) = answered.unwrap_or_else(|never| match never {}).into_parts();
        let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        Response::from_parts(head, body)
    }
}

/// Serves something beside a node, until it is stopped itself.
pub(crate) fn apart(listener: TcpListener, router: Router) -> std::io::Result<Running> {
    start(listener, router, None, |_| Vec::new())
}

/// How long a client may take to send the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long requests under way may take once the node is to stop.
const LAST_PATIENCE: Duration = Duration::from_secs(20);
/// How long a connection on which nothing has come is waited for once the node is to stop: whoever was let in is about to ask.
const FIRST_PATIENCE: Duration = Duration::from_secs(1);

/// Accepts connections until it is to end. All connections are tasks of this one: aborted, it takes them along.
fn serve(
    listener: TcpListener,
    router: Router,
    turnstile: Option<AnyTurnstile>,
    mut stage: watch::Receiver<Stage>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while *stage.borrow() != Stage::Ends {
            let (stream, peer) = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file handles, say: those under way will give some back.
                        tracing::warn!(%error, "a connection was not accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
                changed = stage.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    continue;
                }
                Some(_) = connections.join_next() => continue,
            };
            connections.spawn(converse(stream, peer, router.clone(), turnstile.clone(), stage.clone()));
        }
        for (stream, peer) in knocked(listener) {
            connections.spawn(converse(stream, peer, router.clone(), turnstile.clone(), stage.clone()));
        }
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_PATIENCE, all).await;
    })
}

/// Shuts the door; who knocked before. The system has told them that they are let in, so their messages may be on the way already.
fn knocked(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    // The system is asked itself: what it has told the runtime may be older.
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accepted = std::iter::from_fn(|| listener.accept().ok());
    accepted
        .filter_map(|(stream, peer)| {
            stream.set_nonblocking(true).ok()?;
            Some((TcpStream::from_std(stream).ok()?, peer))
        })
        .collect()
}

/// Answers what comes on a connection, one request after the other. Once the node drains, every answer is the last one; when it
/// ends, the connection is closed as soon as nothing is under way on it and its first request, if none came yet, had its time.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    turnstile: Option<AnyTurnstile>,
    mut stage: watch::Receiver<Stage>,
) {
    // Answers are small and awaited: they go out at once.
    let _ = stream.set_nodelay(true);
    let turnstile = turnstile.map(|turnstile| WhileServing { turnstile, stage: stage.clone() });
    let stream = Doorkeeper::new(stream, peer.ip(), turnstile);
    let follower = stream.follower();
    let leaving = stage.clone();
    let service = ServiceExt::<Request<Body>>::map_response(router, move |mut answer: Response| {
        if *leaving.borrow() > Stage::Serves {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer.map(|body| follower.follow(body))
    });
    let (asks, mut asked) = watch::channel(false);
    let service = ServiceExt::<Request<Body>>::map_request(service, move |mut request: Request<Body>| {
        asks.send_replace(true);
        request.extensions_mut().insert(access::Peer(peer));
        request
    });
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).serve_connection(
            TokioIo::new(stream),
            service_fn(move |request| leftover::answered(request, service.clone())),
        );
    let mut connection = pin!(connection);
    let ends = async {
        // Whoever would say so is gone: that is the end too.
        let _ = stage.wait_for(|stage| *stage == Stage::Ends).await;
        let _ = tokio::time::timeout(FIRST_PATIENCE, asked.wait_for(|asked| *asked)).await;
    };
    let ended = tokio::select! {
        biased;
        ended = &mut connection => ended,
        () = ends => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// A node that is on its way out says so in its answers: nobody is turned away before them.
struct WhileServing {
    turnstile: AnyTurnstile,
    stage: watch::Receiver<Stage>,
}

impl Turnstile for WhileServing {
    fn is_closing(&self) -> bool {
        self.turnstile.is_closing() && *self.stage.borrow() == Stage::Serves
    }

    fn turns_away(&self, knock: Knock<'_>) -> Option<Bytes> {
        self.turnstile.turns_away(knock)
    }
}

async fn nothing() -> StatusCode {
    StatusCode::NOT_FOUND
}

pub(crate) async fn health() -> &'static str {
    "ok"
}

async fn hub_peer(
    State(hub): State<Arc<Hub>>,
    came: Option<Extension<access::Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let until = load_limit::waits_until(&headers);
    let sender = sender(&body, came);
    let gate = if routing::is_for_hub(&body) { &hub.own } else { &hub.passing };
    let _place = match gate.enter(hub.senders.caller(sender), until).await {
        Ok(place) => place,
        Err(full) => return load_limit::busy(full),
    };
    let answer = routing::answer(&hub, (&body, tag(&headers)), sender, until);
    peer_response(answer.await.map(|body| (body, String::new())))
}

async fn province_peer(
    State(node): State<Arc<ProvinceNode>>,
    came: Option<Extension<access::Peer>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let until = load_limit::waits_until(&headers);
    let sender = sender(&body, came);
    let _place = match node.peers.enter(node.askers.caller(sender), until).await {
        Ok(place) => place,
        Err(full) => return load_limit::busy(full),
    };
    let answer = peer::endpoint::answer(&node, (&body, tag(&headers)), sender);
    match load_limit::while_waited_for(until, answer).await {
        Some(answer) => peer_response(answer),
        None => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

/// The node that an envelope names as its writer, and where it came from: what comes over no connection, as in a simulation, from one place.
fn sender(body: &[u8], came: Option<Extension<access::Peer>>) -> Sender<'_> {
    let name = named(body).map(|(from, _)| from).unwrap_or_default();
    let from = came.map_or(Ipv4Addr::UNSPECIFIED.into(), |Extension(peer)| peer.0.ip());
    Sender { name, from }
}

fn tag(headers: &HeaderMap) -> Option<&str> {
    headers.get(TAG)?.to_str().ok()
}

fn peer_response(answer: Result<(Vec<u8>, String), Untrusted>) -> Response {
    match answer {
        Ok((body, tag)) => {
            let headers = [(header::CONTENT_TYPE.as_str(), CONTENT_TYPE), (TAG, &tag)];
            (headers, Body::from(body)).into_response()
        }
        Err(why) => (StatusCode::BAD_REQUEST, format!("not an envelope: {why:?}")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const ASKS: &[u8] = b"GET /health HTTP/1.1\r\nhost: node\r\n\r\n";

    /// A node, and a connection to it on which nothing was sent.
    async fn node() -> (Running, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (apart(listener, Router::new().route("/health", get(health))).unwrap(), client)
    }

    /// Everything that comes until the node closes the connection.
    async fn hears(client: &mut TcpStream) -> String {
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        heard
    }

    /// Asks, and hears an answer that says that it is the last one here.
    async fn asks_for_the_last_time(client: &mut TcpStream) {
        client.write_all(ASKS).await.unwrap();
        let heard = hears(client).await;
        let is_last = heard.starts_with("HTTP/1.1 200 OK")
            && heard.contains("connection: close")
            && heard.ends_with("ok");
        assert!(is_last, "{heard}");
    }

    #[tokio::test]
    async fn who_knocked_before_the_door_was_shut_is_answered() {
        let (node, mut client) = node().await;
        // On one thread: the node has not run yet, and finds the connection when it is to end already.
        let stops = tokio::spawn(node.stop());
        asks_for_the_last_time(&mut client).await;
        stops.await.unwrap();
    }

    #[tokio::test]
    async fn who_was_let_in_and_asks_after_the_drain_is_answered() {
        let (node, mut client) = node().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let address = node.address;
        let stops = tokio::spawn(node.stop_after(Duration::from_millis(1)));
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        asks_for_the_last_time(&mut client).await;
        stops.await.unwrap();
    }

    #[tokio::test]
    async fn who_asks_nothing_more_is_let_go() {
        let (node, mut client) = node().await;
        client.write_all(ASKS).await.unwrap();
        let mut heard = [0; 15];
        client.read_exact(&mut heard).await.unwrap();
        node.stop().await;
        let rest = hears(&mut client).await;
        assert!(
            !rest.contains("connection: close") && rest.ends_with("ok"),
            "the node did not stop yet: {rest}"
        );
        let (node, mut silent) = self::node().await;
        node.stop().await;
        assert_eq!(hears(&mut silent).await, "", "no answer to nothing");
    }
}

//! Bad luck between two parties: a forwarder that passes each request on, or does to it what real networks do.
//!
//! A wire listens on a port of its own and forwards whole requests and whole answers. What is on its way goes on by itself:
//! it arrives even if its sender has given up or died meanwhile. The wire must not know what is in a request; a test that wants
//! to single one out gets to see each before it decides its [`Fate`].

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, Response, Uri, header, http::uri::PathAndQuery, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use std::{
    collections::VecDeque,
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives, and its answer comes back.
    Pass,
    /// It never arrives; the sender's connection breaks.
    DropRequest,
    /// It is handled, but its answer never comes back; the sender's connection breaks.
    DropResponse,
    /// It arrives so much later.
    Delay(Duration),
    /// It arrives twice, one after the other; the sender gets the second answer.
    Double,
    /// It waits until it is released: later ones overtake it.
    Hold,
    /// It is handled, but its answer waits until it is released.
    HoldAnswer,
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Passing {
    /// Its number on this wire, from 1.
    pub number: u64,
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Body.
    pub body: Bytes,
}

impl Passing {
    /// Whether its body contains a text, say `"infno":"2304"`.
    pub fn says(&self, text: &str) -> bool {
        self.body.windows(text.len().max(1)).any(|window| window == text.as_bytes())
    }
}

/// A line to one target. Dropped, it hangs up.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    line: Arc<Line>,
    listener: JoinHandle<()>,
}

type Decide = Box<dyn FnMut(&Passing) -> Fate + Send>;

struct Line {
    client: Client<HttpConnector, Full<Bytes>>,
    state: Mutex<State>,
    released: Semaphore,
    held: watch::Sender<usize>,
    requests: AtomicU64,
    handled: AtomicU64,
}

struct State {
    target: String,
    next: VecDeque<Fate>,
    decide: Decide,
    /// Of those that are let go next: whether each arrives.
    arrives: VecDeque<bool>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("target", &self.state().target).finish_non_exhaustive()
    }
}

impl Wire {
    /// A wire to `target` (`http://host:port` or `host:port`), through which everything passes until it is told otherwise.
    pub async fn between(target: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let line = Arc::new(Line {
            client: Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector),
            state: Mutex::new(State {
                target: bare(target).to_owned(),
                next: VecDeque::new(),
                decide: Box::new(|_| Fate::Pass),
                arrives: VecDeque::new(),
            }),
            released: Semaphore::new(0),
            held: watch::Sender::new(0),
            requests: AtomicU64::new(0),
            handled: AtomicU64::new(0),
        });
        let served = Arc::clone(&line);
        let listener =
            tokio::spawn(with_each_connection(listener, move |stream| serve(stream, Arc::clone(&served))));
        Ok(Self { address, line, listener })
    }

    /// Where senders reach it: `http://127.0.0.1:port`.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads to another target from now on, say the same node after it was started again.
    pub fn lead_to(&self, target: &str) {
        bare(target).clone_into(&mut self.line.state().target);
    }

    /// The fates of the next requests, in order; they come before what [`Wire::decide`] says.
    pub fn next(&self, fates: impl IntoIterator<Item = Fate>) {
        self.line.state().next.extend(fates);
    }

    /// The fate of all later requests.
    pub fn always(&self, fate: Fate) {
        self.decide(move |_| fate);
    }

    /// The fate of each later request.
    pub fn decide(&self, decide: impl FnMut(&Passing) -> Fate + Send + 'static) {
        self.line.state().decide = Box::new(decide);
    }

    /// Lets so many held requests or answers go, in the order in which they came.
    pub fn release(&self, held: usize) {
        self.let_go(held, true);
    }

    /// Loses so many held requests or answers, in the order in which they came.
    pub fn lose(&self, held: usize) {
        self.let_go(held, false);
    }

    fn let_go(&self, held: usize, arrives: bool) {
        self.line.state().arrives.extend(std::iter::repeat_n(arrives, held));
        self.line.released.add_permits(held);
    }

    /// Waits until so many requests or answers are held.
    ///
    /// # Panics
    /// Never while the wire is there.
    pub async fn until_held(&self, requests: usize) {
        let mut held = self.line.held.subscribe();
        held.wait_for(|now| *now >= requests).await.expect("the wire is there");
    }

    /// How many requests came in.
    pub fn requests(&self) -> u64 {
        self.line.requests.load(Ordering::Relaxed)
    }

    /// How many requests the target has answered, doubled ones twice.
    pub fn handled(&self) -> u64 {
        self.line.handled.load(Ordering::Relaxed)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listener.abort();
        self.line.released.close();
    }
}

fn bare(target: &str) -> &str {
    target.trim_start_matches("http://").trim_end_matches('/')
}

/// Does the same with every connection that comes, all at once. Aborted, it takes all of them along.
pub(crate) async fn with_each_connection<F>(listener: TcpListener, mut does: impl FnMut(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(does(stream));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, line: Arc<Line>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let line = Arc::clone(&line);
        async move { line.carry(request).await }
    });
    // An error is a connection that broke, which is what some fates ask for.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The request or its answer is lost: the connection breaks.
#[derive(Debug)]
struct Lost(String);

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Lost {}

type Answered = Result<Response<Full<Bytes>>, Lost>;

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics deciding a fate")
    }

    async fn carry(self: Arc<Self>, request: Request<hyper::body::Incoming>) -> Answered {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|error| Lost(error.to_string()))?.to_bytes();
        let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let passing = Passing { number, method: head.method.clone(), path, body };
        // A task of its own: this one ends with the sender's connection.
        let met = tokio::spawn(async move { self.meet(&head.headers, &passing).await });
        met.await.unwrap_or_else(|error| Err(Lost(error.to_string())))
    }

    async fn meet(&self, headers: &hyper::HeaderMap, passing: &Passing) -> Answered {
        match self.fate(passing) {
            Fate::Pass => self.forward(headers, passing).await,
            Fate::DropRequest => Err(Lost("dropped".to_owned())),
            Fate::DropResponse => {
                self.forward(headers, passing).await?;
                Err(Lost("answer dropped".to_owned()))
            }
            Fate::Delay(delay) => {
                tokio::time::sleep(delay).await;
                self.forward(headers, passing).await
            }
            Fate::Double => {
                // The first answer, or its failure, is nobody's.
                let _ = self.forward(headers, passing).await;
                self.forward(headers, passing).await
            }
            Fate::Hold => {
                self.wait_for_release().await?;
                self.forward(headers, passing).await
            }
            Fate::HoldAnswer => {
                let answer = self.forward(headers, passing).await;
                self.wait_for_release().await?;
                answer
            }
        }
    }

    fn fate(&self, passing: &Passing) -> Fate {
        let mut state = self.state();
        match state.next.pop_front() {
            Some(fate) => fate,
            None => (state.decide)(passing),
        }
    }

    async fn wait_for_release(&self) -> Result<(), Lost> {
        self.held.send_modify(|held| *held += 1);
        let released = self.released.acquire().await;
        self.held.send_modify(|held| *held -= 1);
        released.map_err(|_| Lost("hung up".to_owned()))?.forget();
        let arrives = self.state().arrives.pop_front();
        if arrives == Some(true) { Ok(()) } else { Err(Lost("lost while it was held".to_owned())) }
    }

    async fn forward(&self, headers: &hyper::HeaderMap, passing: &Passing) -> Answered {
        let lost = |error: &dyn fmt::Display| Lost(error.to_string());
        let target = self.state().target.clone();
        let uri: Uri = format!("http://{target}{}", passing.path).parse().map_err(|error| lost(&error))?;
        let mut request = Request::builder().method(passing.method.clone()).uri(uri);
        for (name, value) in
            headers.iter().filter(|(name, _)| **name != header::HOST && **name != header::CONNECTION)
        {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(passing.body.clone())).map_err(|error| lost(&error))?;
        let response = self.client.request(request).await.map_err(|error| lost(&error))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| lost(&error))?.to_bytes();
        self.handled.fetch_add(1, Ordering::Relaxed);
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        response.headers_mut().remove(header::TRANSFER_ENCODING);
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// A target that answers with how often it was asked and what.
    async fn counting_target() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(AtomicU64::new(0));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let count = Arc::clone(&count);
                let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                    let number = count.fetch_add(1, Ordering::Relaxed) + 1;
                    async move {
                        let path = request.uri().path().to_owned();
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let text = format!("{number} {path} {}", String::from_utf8_lossy(&body));
                        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text))))
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        address
    }

    async fn ask(wire: &Wire, body: &str) -> Option<String> {
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let request =
            Request::post(format!("{}/ask", wire.address())).body(Full::new(Bytes::from(body.to_owned())));
        let response = client.request(request.unwrap()).await.ok()?;
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some(String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn each_fate_does_what_it_says() {
        let wire = Wire::between(&counting_target().await.to_string()).await.unwrap();
        wire.next([
            Fate::Pass,
            Fate::DropRequest,
            Fate::DropResponse,
            Fate::Double,
            Fate::Delay(Duration::from_millis(5)),
        ]);
        let mut heard = Vec::new();
        for body in ["a", "b", "c", "d", "e", "f"] {
            heard.push(ask(&wire, body).await.unwrap_or_else(|| "-".to_owned()));
        }
        assert_eq!(heard, ["1 /ask a", "-", "-", "4 /ask d", "5 /ask e", "6 /ask f"]);
        assert_eq!((wire.requests(), wire.handled()), (6, 6), "one never came, one came twice");
    }

    #[tokio::test]
    async fn what_is_held_is_overtaken() {
        let wire = Wire::between(&counting_target().await.to_string()).await.unwrap();
        wire.decide(|passing| if passing.says("slow") { Fate::Hold } else { Fate::Pass });
        let (slow, quick) = tokio::join!(ask(&wire, "slow"), async {
            wire.until_held(1).await;
            let quick = ask(&wire, "quick").await;
            wire.release(1);
            quick
        });
        assert_eq!([quick, slow].map(Option::unwrap), ["1 /ask quick", "2 /ask slow"]);
    }

    #[tokio::test]
    async fn what_is_held_arrives_though_its_sender_is_gone_and_may_be_lost() {
        let wire = Wire::between(&counting_target().await.to_string()).await.unwrap();
        wire.next([Fate::Hold, Fate::Hold, Fate::HoldAnswer]);
        for (number, told) in [(1, "arrives"), (2, "never does")] {
            let sender = tokio::time::timeout(Duration::from_millis(50), ask(&wire, told));
            assert!(sender.await.is_err(), "it waits for its answer");
            wire.until_held(number).await;
        }
        wire.release(1);
        wire.lose(1);
        let (answer, ()) = tokio::join!(ask(&wire, "answer lost"), async {
            // Both that were held are gone when one is held again.
            while wire.handled() < 2 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            wire.until_held(1).await;
            wire.lose(1);
        });
        assert_eq!(answer, None);
        assert_eq!((wire.requests(), wire.handled()), (3, 2), "one was lost, one lost only its answer");
    }

    #[tokio::test]
    async fn a_dead_target_breaks_the_connection_and_a_new_one_is_reached() {
        let wire = Wire::between("127.0.0.1:1").await.unwrap();
        assert_eq!(ask(&wire, "a").await, None);
        wire.lead_to(&format!("http://{}/", counting_target().await));
        assert_eq!(ask(&wire, "b").await.as_deref(), Some("1 /ask b"));
    }
}

//! What comes on a connection, looked at before requests are made of it: who would only hear that there is no place hears it from
//! here, which costs less than to make a request of bytes, find who answers it, and make bytes of the answer. Past the most that a
//! node can do, what it pays for those whom it refuses decides how much it still does for the others.
//!
//! A doorkeeper lies between a connection and hyper, and hands on what it does not answer, byte for byte. It must not know what a
//! message is about, nor why somebody is turned away: [`Turnstile`] says. It speaks only where nothing else can be meant by what came: a whole
//! request with its length told once, nothing sent after it, the request before it answered and that answer on its way. A
//! connection on which anything else comes (a body in chunks, a request before the last was answered) is not looked at again.

use bytes::{Buf, Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use std::{
    cell::Cell,
    io::{self, IoSlice},
    net::IpAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    time::Instant,
};

/// A whole request that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knock<'a> {
    /// How it is to be done.
    pub method: &'a str,
    /// To where.
    pub path: &'a str,
    /// How many milliseconds whoever sent it waits, if they say so.
    pub patience: Option<&'a [u8]>,
    /// From where it came.
    pub from: IpAddr,
    /// What is in it.
    pub body: &'a [u8],
}

/// Who says whether somebody is turned away.
pub trait Turnstile {
    /// Whether anybody may be turned away just now; asked before anything is looked at.
    fn is_closing(&self) -> bool;

    /// The answer to whoever is turned away, head and body as they go out; `None` for who is to be heard.
    fn turns_away(&self, knock: Knock<'_>) -> Option<Bytes>;
}

/// More of a head than this is not looked at.
const HEAD_MAX: usize = 8 << 10;
/// Nor a head of more fields.
const FIELDS_MAX: usize = 32;
/// Nor a body of more than this: it is not kept together for a refusal.
const BODY_MAX: usize = 256 << 10;
/// How much is read at once.
const READ: usize = 8 << 10;
/// After so long of refusing, a request is handed on all the same: hyper takes a connection on which it hears nothing for longer
/// as one that is not used.
const HANDS_ON_AFTER: Duration = Duration::from_secs(10);

/// A connection with a doorkeeper.
pub struct Doorkeeper<S, T> {
    stream: S,
    from: IpAddr,
    turnstile: Option<T>,
    /// What has come and is not handed on yet.
    came: BytesMut,
    /// An answer of its own that is not sent whole yet.
    owes: Bytes,
    at: At,
    /// Whether a request was handed on whose answer has not left yet.
    awaited: bool,
    /// Set when hyper has taken the whole of that answer over, by [`Followed`].
    taken_over: Arc<AtomicBool>,
    /// Since when nothing has been handed on, if somebody was turned away since.
    refusing_since: Option<Instant>,
}

/// Where in what comes the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// At the beginning of a request.
    Begin,
    /// In a request of which so many bytes are to be handed on still.
    Within(u64),
    /// Wherever: it is not looked at any more.
    Unseen,
}

/// What begins here.
#[derive(Debug, PartialEq, Eq)]
enum Begins<'a> {
    /// A request whose head is not whole.
    NotYet,
    /// A request whose head is.
    With(Head<'a>),
    /// What is not looked into: a request that tells its length in another way, or nothing of the kind.
    Unknown,
}

/// The head of a request.
#[derive(Debug, PartialEq, Eq)]
struct Head<'a> {
    method: &'a str,
    path: &'a str,
    patience: Option<&'a [u8]>,
    /// Its own bytes.
    length: usize,
    /// Those of the body behind it.
    body: u64,
}

impl<S, T: Turnstile> Doorkeeper<S, T> {
    /// A connection as it is, from there, and with somebody to ask, if there is anybody.
    pub fn new(stream: S, from: IpAddr, turnstile: Option<T>) -> Self {
        let at = if turnstile.is_some() { At::Begin } else { At::Unseen };
        Self {
            stream,
            from,
            turnstile,
            came: BytesMut::new(),
            owes: Bytes::new(),
            at,
            awaited: false,
            taken_over: Arc::default(),
            refusing_since: None,
        }
    }

    /// What follows the answers on this connection.
    pub fn follower(&self) -> Follower {
        Follower(Arc::clone(&self.taken_over))
    }

    /// Hands on what has come, up to so many bytes; how many.
    fn hand_on(&mut self, most: u64, to: &mut ReadBuf<'_>) -> u64 {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let count = most.min(self.came.len()).min(to.remaining());
        to.put_slice(&self.came[..count]);
        self.came.advance(count);
        count as u64
    }

    /// What becomes of the request that lies in `came`, whole or not, behind this head.
    fn judge(&self, head: &Head<'_>) -> Judged {
        let whole = head.length as u64 + head.body;
        let Some(turnstile) = self.turnstile.as_ref().filter(|turnstile| turnstile.is_closing()) else {
            return Judged::HandedOn(whole);
        };
        let lasts = self.refusing_since.is_some_and(|since| since.elapsed() >= HANDS_ON_AFTER);
        if lasts || head.body > BODY_MAX as u64 || self.came.len() as u64 > whole {
            return Judged::HandedOn(whole);
        }
        if (self.came.len() as u64) < whole {
            return Judged::NotYet;
        }
        let Head { method, path, patience, .. } = *head;
        let knock = Knock { method, path, patience, from: self.from, body: &self.came[head.length..] };
        turnstile.turns_away(knock).map_or(Judged::HandedOn(whole), Judged::TurnedAway)
    }
}

/// What becomes of a request.
enum Judged {
    NotYet,
    HandedOn(u64),
    TurnedAway(Bytes),
}

/// What begins here.
fn begins(came: &[u8]) -> Begins<'_> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    let length = match request.parse(came) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if came.len() < HEAD_MAX => return Begins::NotYet,
        Ok(httparse::Status::Partial) | Err(_) => return Begins::Unknown,
    };
    let (mut body, mut patience) = (None, None);
    for field in request.headers.iter() {
        let named = |name: &str| field.name.eq_ignore_ascii_case(name);
        let ends = named("connection") && !field.value.eq_ignore_ascii_case(b"keep-alive");
        if ends || named("transfer-encoding") || named("upgrade") || named("expect") {
            return Begins::Unknown;
        }
        if named("content-length") {
            let told = std::str::from_utf8(field.value).ok();
            let told = told.filter(|told| told.bytes().all(|byte| byte.is_ascii_digit()));
            let (None, Some(told)) = (body, told.and_then(|told| told.parse::<u64>().ok())) else {
                return Begins::Unknown;
            };
            body = Some(told);
        } else if patience.is_none() && named(wire::peer::PATIENCE) {
            patience = Some(field.value);
        }
    }
    match (request.version, request.method, request.path) {
        (Some(1), Some(method), Some(path)) => {
            Begins::With(Head { method, path, patience, length, body: body.unwrap_or_default() })
        }
        _ => Begins::Unknown,
    }
}

thread_local! {
    /// What the connection that was read last on this thread needs no more: warm in the processor's cache for the next.
    static SPARE: Cell<BytesMut> = Cell::new(BytesMut::new());
}

impl<S: AsyncRead + AsyncWrite + Unpin, T: Turnstile> Doorkeeper<S, T> {
    /// Sends what it owes.
    fn poll_pay(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.owes.has_remaining() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.owes))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.owes.advance(sent);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads more; whether anything came before the end. While nothing comes, nothing is kept for it.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.came.capacity() == 0 {
            self.came = SPARE.take();
        }
        self.came.reserve(READ);
        let read = pin!(self.stream.read_buf(&mut self.came)).poll(cx);
        if read.is_pending() && self.came.is_empty() {
            SPARE.set(std::mem::take(&mut self.came));
        }
        read.map_ok(|count| count > 0)
    }

    /// Looks at what stands at the beginning of a request, until it is known what becomes of it.
    fn poll_begin(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.poll_pay(cx))?;
            // Who sends before the answer to the last has left wants the answers in that order.
            let is_early = self.awaited && !self.came.is_empty();
            let judged = match begins(&self.came) {
                Begins::With(head) if !is_early => self.judge(&head),
                Begins::NotYet if !is_early => Judged::NotYet,
                _ => {
                    self.at = At::Unseen;
                    return Poll::Ready(Ok(()));
                }
            };
            match judged {
                Judged::NotYet => {
                    if !ready!(self.poll_more(cx))? {
                        self.at = At::Unseen;
                        return Poll::Ready(Ok(()));
                    }
                }
                Judged::HandedOn(whole) => {
                    self.at = At::Within(whole);
                    self.awaited = true;
                    self.refusing_since = None;
                    return Poll::Ready(Ok(()));
                }
                Judged::TurnedAway(answer) => {
                    self.came.clear();
                    self.owes = answer;
                    self.refusing_since.get_or_insert_with(Instant::now);
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, T: Turnstile + Unpin> AsyncRead for Doorkeeper<S, T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        loop {
            match me.at {
                At::Begin => ready!(me.poll_begin(cx))?,
                At::Within(0) => me.at = At::Begin,
                At::Within(left) => {
                    if me.came.is_empty() && !ready!(me.poll_more(cx))? {
                        me.at = At::Unseen;
                        continue;
                    }
                    me.at = At::Within(left - me.hand_on(left, to));
                    return Poll::Ready(Ok(()));
                }
                At::Unseen if me.came.is_empty() => return Pin::new(&mut me.stream).poll_read(cx, to),
                At::Unseen => {
                    me.hand_on(u64::MAX, to);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, T: Turnstile + Unpin> AsyncWrite for Doorkeeper<S, T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        ready!(me.poll_pay(cx))?;
        Pin::new(&mut me.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        ready!(me.poll_pay(cx))?;
        Pin::new(&mut me.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        ready!(Pin::new(&mut me.stream).poll_flush(cx))?;
        // hyper flushes what lies beneath it when it has written all that it had: what was taken over is on its way.
        if me.taken_over.swap(false, Ordering::Relaxed) {
            me.awaited = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Tells a doorkeeper how far the answers on its connection are.
#[derive(Clone, Debug)]
pub struct Follower(Arc<AtomicBool>);

impl Follower {
    /// The body of an answer, followed to its end.
    pub fn follow<B>(&self, body: B) -> Followed<B> {
        Followed { body, end: Arc::clone(&self.0) }
    }
}

/// A body whose end is noticed: hyper drops it once it has taken over the last of it.
#[derive(Debug)]
pub struct Followed<B> {
    body: B,
    end: Arc<AtomicBool>,
}

impl<B> Drop for Followed<B> {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
    }
}

impl<B: Body + Unpin> Body for Followed<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Full};
    use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
    use hyper_util::rt::TokioIo;
    use std::convert::Infallible;
    use tokio::{
        io::{AsyncWriteExt, DuplexStream, duplex},
        sync::Notify,
    };

    /// Turns everybody away while it is closed, but those who say that they are let in.
    #[derive(Clone, Default)]
    struct Closed(Arc<AtomicBool>, Arc<Notify>);

    impl Turnstile for Closed {
        fn is_closing(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }

        fn turns_away(&self, knock: Knock<'_>) -> Option<Bytes> {
            let text = format!("no {} {} {}", knock.method, knock.path, String::from_utf8_lossy(knock.body));
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len());
            (!knock.body.starts_with(b"guest")).then(|| answer.into())
        }
    }

    /// hyper behind a doorkeeper, and the other end of the line. It answers `yes` and what it was sent; to what is slow, once it is
    /// told to.
    fn served() -> (DuplexStream, Closed) {
        let (client, server) = duplex(1 << 20);
        let closed = Closed::default();
        let doorkeeper = Doorkeeper::new(server, IpAddr::from([192, 0, 2, 1]), Some(closed.clone()));
        let (follower, go) = (doorkeeper.follower(), Arc::clone(&closed.1));
        let service = service_fn(move |request: Request<Incoming>| {
            let (follower, go) = (follower.clone(), Arc::clone(&go));
            async move {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                if body.starts_with(b"slow") {
                    go.notified().await;
                }
                let text = [b"yes ", &body[..body.len().min(9)]].concat();
                Ok::<_, Infallible>(Response::new(follower.follow(Full::new(Bytes::from(text)))))
            }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(doorkeeper), service));
        (client, closed)
    }

    fn asks(body: &str) -> String {
        format!("POST /a HTTP/1.1\r\nhost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    /// The body of the next answer; what follows it is kept.
    async fn next(client: &mut DuplexStream, heard: &mut Vec<u8>) -> String {
        loop {
            let text = String::from_utf8(heard.clone()).unwrap();
            let whole = text.split_once("\r\n\r\n").and_then(|(head, body)| {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
                body.get(..length.parse().unwrap())
            });
            if let Some(body) = whole {
                let end = text.find("\r\n\r\n").unwrap() + 4 + body.len();
                heard.drain(..end);
                return body.to_owned();
            }
            assert_ne!(client.read_buf(heard).await.unwrap(), 0, "the line ends with {text}");
        }
    }

    async fn hears(client: &mut DuplexStream) -> String {
        let mut heard = Vec::new();
        let body = next(client, &mut heard).await;
        assert!(heard.is_empty(), "one answer to one request");
        body
    }

    async fn hears_both(client: &mut DuplexStream) -> [String; 2] {
        let mut heard = Vec::new();
        let first = next(client, &mut heard).await;
        [first, next(client, &mut heard).await]
    }

    #[tokio::test]
    async fn who_comes_while_it_is_closed_hears_so_at_the_door_and_others_from_behind_it() {
        let (mut client, closed) = served();
        for (is_closed, body, heard) in [
            (false, "a", "yes a"),
            (true, "b", "no POST /a b"),
            (true, "c", "no POST /a c"),
            (true, "guest d", "yes guest d"),
            (true, "e", "no POST /a e"),
            (false, "f", "yes f"),
            (true, "", "no POST /a "),
        ] {
            closed.0.store(is_closed, Ordering::Relaxed);
            client.write_all(asks(body).as_bytes()).await.unwrap();
            assert_eq!(hears(&mut client).await, heard);
        }
    }

    #[tokio::test]
    async fn a_request_may_come_in_pieces() {
        let (mut client, closed) = served();
        for (is_closed, heard) in
            [(true, "no POST /a piece"), (false, "yes piece"), (true, "no POST /a piece")]
        {
            closed.0.store(is_closed, Ordering::Relaxed);
            for byte in asks("piece").bytes() {
                client.write_all(&[byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
            assert_eq!(hears(&mut client).await, heard);
        }
    }

    #[tokio::test]
    async fn who_sends_before_the_answer_hears_the_answers_in_order_and_is_left_alone_from_then_on() {
        let (mut client, closed) = served();
        client.write_all(asks("slow a").as_bytes()).await.unwrap();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        closed.0.store(true, Ordering::Relaxed);
        client.write_all(asks("b").as_bytes()).await.unwrap();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        closed.1.notify_one();
        assert_eq!(hears_both(&mut client).await, ["yes slow a", "yes b"]);
        client.write_all(asks("c").as_bytes()).await.unwrap();
        assert_eq!(hears(&mut client).await, "yes c");
        // Two that come at once are nothing for the door either.
        let (mut client, closed) = served();
        closed.0.store(true, Ordering::Relaxed);
        client.write_all((asks("a") + &asks("b")).as_bytes()).await.unwrap();
        assert_eq!(hears_both(&mut client).await, ["yes a", "yes b"]);
    }

    #[tokio::test]
    async fn what_is_not_kept_together_is_handed_on() {
        let (mut client, closed) = served();
        closed.0.store(true, Ordering::Relaxed);
        let long = "guest or not".repeat(BODY_MAX / 10);
        client.write_all(asks(&long).as_bytes()).await.unwrap();
        assert_eq!(hears(&mut client).await, "yes guest or ");
        let chunked =
            "POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nparts\r\n0\r\n\r\n";
        client.write_all(chunked.as_bytes()).await.unwrap();
        assert_eq!(hears(&mut client).await, "yes parts");
        client.write_all(asks("later").as_bytes()).await.unwrap();
        assert_eq!(hears(&mut client).await, "yes later", "not looked at again");
    }

    #[test]
    fn a_length_is_believed_where_it_is_told_once_and_plainly() {
        let head = |fields: &str| format!("POST /a HTTP/1.1\r\nhost: x\r\n{fields}\r\n");
        for (fields, body) in [
            ("", Some(0)),
            ("content-length: 12\r\n", Some(12)),
            ("Content-Length: 0\r\nconnection: Keep-Alive\r\n", Some(0)),
            ("content-length: +1\r\n", None),
            ("content-length: 1, 1\r\n", None),
            ("content-length: 1\r\ncontent-length: 1\r\n", None),
            ("content-length: 99999999999999999999\r\n", None),
            ("content-length: \r\n", None),
            ("transfer-encoding: chunked\r\n", None),
            ("content-length: 1\r\nTransfer-Encoding: chunked\r\n", None),
            ("content-length: 1\r\nexpect: 100-continue\r\n", None),
            ("connection: close\r\n", None),
            ("connection: upgrade\r\nupgrade: websocket\r\n", None),
        ] {
            let head = head(fields);
            let read = match begins(head.as_bytes()) {
                Begins::With(head) => Some((head.length, head.body)),
                Begins::Unknown => None,
                Begins::NotYet => panic!("{fields}: it is whole"),
            };
            assert_eq!(read, body.map(|body| (head.len(), body)), "{fields}");
            assert_eq!(begins(&head.as_bytes()[..head.len() - 1]), Begins::NotYet, "{fields}");
        }
        assert_eq!(begins(b"POST /a HTTP/1.0\r\n\r\n"), Begins::Unknown);
        assert_eq!(begins(b"\x16\x03\x01"), Begins::Unknown, "not HTTP");
        assert_eq!(begins(&[b'a'; HEAD_MAX]), Begins::Unknown, "no end to it");
        assert_eq!(begins(b""), Begins::NotYet);
    }
}

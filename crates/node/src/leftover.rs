//! What is left of a request that was answered before it was read to its end: a file that is too large, an upload of somebody who has to log in
//! again. Whoever is still sending then does not read; were the connection closed on him, he would hear that it broke, and never why he was
//! refused. So the rest is read past, up to a size and a time, before the answer goes out, and the connection can be used again.
//!
//! It must not know what is asked or answered.

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    Request,
    body::{Body as HttpBody, Frame, Incoming, SizeHint},
    header,
};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tower::{Service, ServiceExt};

/// How much is read past at most, in bytes.
const BYTES_MAX: usize = 64 << 20;
/// How long, at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers a request, and reads past what is left of it.
pub(crate) async fn answered<S: Service<Request<Body>>>(
    request: Request<Incoming>,
    service: S,
) -> Result<S::Response, S::Error> {
    // Who asks first whether to send hears the answer in place of that.
    if request.body().is_end_stream() || request.headers().contains_key(header::EXPECT) {
        return service.oneshot(request.map(Body::new)).await;
    }
    let left = Left::default();
    let lent = |body| Body::new(Lent { body: Some(body), left: left.clone() });
    let answer = service.oneshot(request.map(lent)).await;
    if let Some(body) = left.take() {
        read_past(body).await;
    }
    answer
}

async fn read_past(mut body: Incoming) {
    let read = async {
        let mut bytes = 0_usize;
        while let Some(Ok(frame)) = body.frame().await {
            bytes = bytes.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            if bytes > BYTES_MAX {
                break;
            }
        }
    };
    // Who sends for longer is cut off.
    let _ = tokio::time::timeout(PATIENCE, read).await;
}

/// Where a body lies that nobody reads on.
#[derive(Clone, Default)]
struct Left(Arc<Mutex<Option<Incoming>>>);

impl Left {
    fn put(&self, body: Incoming) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }

    fn take(&self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A body that is given back when whoever reads it is done.
struct Lent {
    body: Option<Incoming>,
    left: Left,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            self.left.put(body);
        }
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::to_bytes, http::StatusCode, routing::post};
    use hyper::{server::conn::http1, service::service_fn};
    use hyper_util::rt::TokioIo;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    /// A connection to a server that reads so many bytes of what it is sent, and answers how many there were.
    async fn served(most: usize) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let read = move |body: Body| async move {
            match to_bytes(body, most).await {
                Ok(body) => (StatusCode::OK, body.len().to_string()),
                Err(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too large".to_owned()),
            }
        };
        let router =
            Router::new().route("/", post(read)).route("/closed", post(async || StatusCode::FORBIDDEN));
        let service = service_fn(move |request| answered(request, router.clone()));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        client
    }

    /// The status and the text of an answer.
    async fn hears(client: &mut TcpStream) -> (u16, String) {
        let mut heard = Vec::new();
        loop {
            let mut part = [0; 1024];
            let count = client.read(&mut part).await.unwrap();
            assert!(count > 0, "the connection ended: {}", String::from_utf8_lossy(&heard));
            heard.extend_from_slice(&part[..count]);
            let text = String::from_utf8_lossy(&heard);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() == length.map_or(0, |length| length.parse().unwrap()) {
                return (head[9..12].parse().unwrap(), body.to_owned());
            }
        }
    }

    fn head(path: &str, rest: &str) -> String {
        format!("POST {path} HTTP/1.1\r\nhost: node\r\n{rest}\r\n\r\n")
    }

    #[tokio::test]
    async fn who_sends_too_much_hears_so_and_may_ask_again_on_the_same_connection() {
        let mut client = served(1_000).await;
        for (path, length) in [("/", 8 << 20), ("/", 0), ("/closed", 8 << 20), ("/", 1_000), ("/", 1_001)] {
            client.write_all(head(path, &format!("content-length: {length}")).as_bytes()).await.unwrap();
            // All of it is taken before anything is read back, as browsers send files.
            client.write_all(&vec![b'x'; length]).await.unwrap();
            let expected = match (path, length) {
                ("/closed", _) => (403, String::new()),
                (_, ..=1_000) => (200, length.to_string()),
                _ => (413, "too large".to_owned()),
            };
            assert_eq!(hears(&mut client).await, expected, "{path} {length}");
        }
        let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20));
        for (chunks, expected) in [(4, 413), (0, 200)] {
            let head = head("/", "transfer-encoding: chunked");
            let body = format!("{head}{}0\r\n\r\n", chunk.repeat(chunks));
            client.write_all(body.as_bytes()).await.unwrap();
            assert_eq!(hears(&mut client).await.0, expected, "{chunks}");
        }
    }

    #[tokio::test]
    async fn who_asks_first_whether_to_send_is_not_told_to_send_what_nobody_reads() {
        let mut client = served(0).await;
        let asks = head("/closed", "content-length: 1000000\r\nexpect: 100-continue");
        client.write_all(asks.as_bytes()).await.unwrap();
        assert_eq!(hears(&mut client).await.0, 403);
    }
}

//! A connection that is kept: one request at a time, bodies that are built before.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1::SendRequest, header};
use hyper_util::rt::TokioIo;
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpStream;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A kept connection to a node.
pub struct Line {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Line {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self, String> {
        let said = |error: &dyn std::fmt::Display| format!("{address}: {error}");
        let stream = TcpStream::connect(address).await.map_err(|error| said(&error))?;
        stream.set_nodelay(true).map_err(|error| said(&error))?;
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(|error| said(&error))?;
        // It ends with the sender; what went wrong is told by the request that met it.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, host: address.to_string() })
    }

    /// Posts a body to the address of all transactions, and gives the answer's.
    pub async fn post(&mut self, body: Bytes) -> Result<Bytes, String> {
        let request = Request::post("/fsi/api/rsfComIfsService/callService")
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "text/plain;charset=UTF-8")
            .body(Full::new(body))
            .expect("address and headers are printable");
        let exchange = async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request).await?;
            Ok::<_, hyper::Error>(response.into_body().collect().await?.to_bytes())
        };
        match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer in {PATIENCE:?}")),
        }
    }

    /// Whether it is of no more use.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

//! What carries requests to other machines. There are two: the network, and a simulated one.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Response};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{future::Future, pin::Pin, time::Duration};

/// A response with its whole body, or why there is none.
pub type Carried<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, String>> + Send + 'a>>;

/// Carries a request and brings its response back.
pub trait Carrier: Send + Sync {
    /// A response of at most so many bytes, within `patience`. `Err` says nothing about whether the request arrived.
    fn carry(&self, request: Request<Bytes>, bytes_max: usize, patience: Duration) -> Carried<'_>;
}

/// The network: an HTTP client that keeps its connections.
pub struct Network {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Default for Network {
    fn default() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(3)));
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(Duration::from_secs(30)).pool_max_idle_per_host(512);
        Self { client: builder.build(connector) }
    }
}

impl Carrier for Network {
    fn carry(&self, request: Request<Bytes>, bytes_max: usize, patience: Duration) -> Carried<'_> {
        let exchange = async move {
            let response =
                self.client.request(request.map(Full::new)).await.map_err(|error| error.to_string())?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, bytes_max);
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        Box::pin(async move {
            let answered = tokio::time::timeout(patience, exchange).await;
            answered.unwrap_or_else(|_| Err(format!("no answer in {patience:?}")))
        })
    }
}

//! Starting a node on a listener, and stopping it.

use crate::{api, hospital, hub::Hub, peer, province::ProvinceNode, routing, work};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tower_http::catch_panic::CatchPanicLayer;
use wire::peer::Untrusted;

/// A node that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// `http://` and the address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more requests, lets those under way finish, and ends the workers.
    pub async fn stop(self) {
        // Nobody listening any more is what is wanted.
        let _ = self.stop.send(true);
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
    let router = Router::new()
        .route("/peer/v1", post(hub_peer))
        .route("/health", get(health))
        .merge(api::hub::routes())
        .layer(axum::extract::DefaultBodyLimit::max(peer::endpoint::ENVELOPE_BYTES_MAX))
        .layer(CatchPanicLayer::new())
        .with_state(hub);
    let (stop, stopped) = watch::channel(false);
    let address = listener.local_addr()?;
    Ok(Running { address, stop, tasks: vec![serve(listener, router, stopped)] })
}

/// Runs a province with its outbox, on the runtime that this is called in.
pub fn province(node: Arc<ProvinceNode>, listener: TcpListener) -> std::io::Result<Running> {
    let router = Router::new()
        .route("/peer/v1", post(province_peer))
        .route("/health", get(health))
        .merge(api::province::routes())
        .layer(axum::extract::DefaultBodyLimit::max(peer::endpoint::ENVELOPE_BYTES_MAX))
        // Whatever else is posted is a hospital's message: the transaction is in the body, not in the path.
        .fallback(hospital::endpoint)
        .layer(CatchPanicLayer::custom(hospital::panicked))
        .with_state(Arc::clone(&node));
    let (stop, stopped) = watch::channel(false);
    let address = listener.local_addr()?;
    let outbox = tokio::spawn(work::outbox::run(node, stopped.clone()));
    Ok(Running { address, stop, tasks: vec![serve(listener, router, stopped), outbox] })
}

fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let until = async move {
            // An ended sender stops as well.
            while !*stopped.borrow() {
                if stopped.changed().await.is_err() {
                    break;
                }
            }
        };
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            // Answers are small and awaited: they go out at once.
            let _ = stream.set_nodelay(true);
        });
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
            tracing::error!(%error, "the listener ended");
        }
    })
}

async fn health() -> &'static str {
    "ok"
}

async fn hub_peer(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    peer_response(routing::answer(&hub, &body).await)
}

async fn province_peer(State(node): State<Arc<ProvinceNode>>, body: Bytes) -> Response {
    peer_response(peer::endpoint::answer(&node, &body).await)
}

fn peer_response(answer: Result<Vec<u8>, Untrusted>) -> Response {
    match answer {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, format!("not an envelope: {why:?}")).into_response(),
    }
}

//! A server that gives back what it is sent: what the framework and the machine's loopback cost before anything is done.

use axum::{Router, body::Bytes};
use tokio::net::TcpListener;

/// Serves until it is ended.
pub async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, Router::new().fallback(async |body: Bytes| body)).await
}

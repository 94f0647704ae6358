//! What whoever runs a node asks it: whether it lives, whether it is ready, and how it does. On a listener of its own, which
//! hospitals and other nodes do not reach; it shows no secret and nothing of a person.

use crate::{context::Context, metrics::Metrics, serve};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::{sync::Arc, time::Duration};
use store::{
    migration::{self, Schema},
    status::{self, Waiting},
};
use tokio::{net::TcpListener, sync::watch, time::timeout};

/// How long the database may take before it counts as away.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct Operations {
    context: Context,
    metrics: Arc<Metrics>,
    stopping: watch::Receiver<bool>,
}

/// Answers `/health`, `/ready` and `/metrics` of a node until the handle is stopped, also while the node itself is stopping.
pub fn run(
    listener: TcpListener,
    context: Context,
    metrics: Arc<Metrics>,
    stopping: watch::Receiver<bool>,
) -> std::io::Result<serve::Running> {
    let router = Router::new()
        .route("/health", get(serve::health))
        .route("/ready", get(ready))
        .route("/metrics", get(told))
        .with_state(Operations { context, metrics, stopping });
    serve::apart(listener, router)
}

/// Why a node is not ready to be sent anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lack {
    Stopping,
    Database,
    Behind,
    Contracted,
}

impl Lack {
    const fn words(self) -> &'static str {
        match self {
            Self::Stopping => "正在停止 (stopping)",
            Self::Database => "数据库没有应答 (the database does not answer)",
            Self::Behind => {
                "数据库结构旧于程序，请重启或执行 yidi migrate (the schema is older than the program)"
            }
            Self::Contracted => {
                "数据库结构已去掉本程序仍在使用的部分，请换用新版程序 (the schema has dropped what this program uses)"
            }
        }
    }
}

/// 200 if all that a node needs is there; else 503 and what is missing. It runs, so it has its key: without one it does not start.
async fn ready(State(operations): State<Operations>) -> Response {
    match lack(&operations).await {
        None => (StatusCode::OK, "就绪 (ready)\n").into_response(),
        Some(lack) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("未就绪：{}\n", lack.words())).into_response()
        }
    }
}

async fn lack(operations: &Operations) -> Option<Lack> {
    if *operations.stopping.borrow() {
        return Some(Lack::Stopping);
    }
    let schema = async {
        let mut conn = operations.context.store.conn().await?;
        migration::schema(&mut conn).await
    };
    match timeout(PATIENCE, schema).await {
        Ok(Ok(Schema::Fits)) => None,
        Ok(Ok(Schema::Behind)) => Some(Lack::Behind),
        Ok(Ok(Schema::Contracted { .. })) => Some(Lack::Contracted),
        Ok(Err(_)) | Err(_) => Some(Lack::Database),
    }
}

async fn told(State(operations): State<Operations>) -> Response {
    let store = &operations.context.store;
    // Before this asks for one of its own.
    let connections = store.connections();
    let waiting = async {
        let mut conn = store.conn().await?;
        status::waiting(&mut conn).await
    };
    let waiting: Option<Waiting> = timeout(PATIENCE, waiting).await.ok().and_then(Result::ok);
    let text = operations.metrics.write(connections, waiting.as_ref(), operations.context.now());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

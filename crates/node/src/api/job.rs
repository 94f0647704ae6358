//! One's own jobs (任务): how far they are, and what they came to. Nobody sees anybody else's.

use super::{Answer, Managed};
use crate::{access::SignedIn, context::Failure, job};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use std::sync::Arc;
use wire::api::job::Jobs;

/// The routes of any node.
pub fn routes<N: Managed>() -> Router<Arc<N>> {
    Router::new()
        .route("/web/jobs", get(list::<N>))
        .route("/web/jobs/{id}", get(find::<N>))
        .route("/web/jobs/{id}/answer", get(answer::<N>))
        .route("/web/jobs/{id}/forget", post(forget::<N>))
}

async fn list<N: Managed>(State(node): State<Arc<N>>, me: SignedIn) -> Result<Answer, Answer> {
    let found = job::list(node.given(), &me.account.name).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&Jobs { jobs: found }))
}

async fn find<N: Managed>(
    State(node): State<Arc<N>>,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Answer, Answer> {
    let found = job::find(node.given(), &me.account.name, &id).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&found))
}

/// As it would have come had one waited.
async fn answer<N: Managed>(
    State(node): State<Arc<N>>,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Answer, Answer> {
    let found = job::answer(node.given(), &me.account.name, &id).await.map_err(Failure::refusal)?;
    let status = StatusCode::from_u16(found.status).unwrap_or(StatusCode::OK);
    let mut response = (status, found.content).into_response();
    let headers = [
        (header::CONTENT_TYPE, Some(found.media_type)),
        (header::CONTENT_DISPOSITION, found.disposition),
        (header::X_CONTENT_TYPE_OPTIONS, Some("nosniff".to_owned())),
        (header::CACHE_CONTROL, Some("no-store".to_owned())),
    ];
    for (name, value) in headers {
        let value = value.and_then(|value: String| HeaderValue::from_str(&value).ok());
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(Answer(Box::new(response)))
}

async fn forget<N: Managed>(
    State(node): State<Arc<N>>,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Answer, Answer> {
    job::forget(node.given(), &me.account.name, &id).await.map_err(Failure::refusal)?;
    Ok(Answer::no_content())
}

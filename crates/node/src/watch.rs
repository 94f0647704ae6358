//! Looking on at the hospital interface: what came and what went out, byte for byte, for a sandbox and for nobody else.
//!
//! A node that nobody watches does nothing of this. One that is watched shows its watcher whole messages with the personal
//! data in them, so that only a sandbox of invented people may be watched.

use crate::{hospital, province::ProvinceNode};
use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http_body_util::BodyExt;
use std::{
    fmt,
    sync::{Arc, Mutex},
};
use terms::{Moment, Province};

/// A message and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// At whose node; of a line to another platform nothing is known.
    pub province: Option<Province>,
    /// When the message began to come.
    pub came: Moment,
    /// When it was answered.
    pub answered: Moment,
    /// Path and query.
    pub path: String,
    /// The headers, by name in small letters.
    pub headers: Vec<(String, String)>,
    /// The body, or its beginning.
    pub request: Vec<u8>,
    /// HTTP status of the answer.
    pub status: u16,
    /// Content type of the answer.
    pub answer_type: String,
    /// The answer.
    pub answer: Vec<u8>,
}

/// Who looks on.
#[derive(Clone)]
pub struct Watch(Arc<dyn Fn(Exchange) + Send + Sync>);

impl Watch {
    /// Tells every exchange, after it was answered. What takes long there holds up the answer.
    pub fn new(tell: impl Fn(Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// Answers as [`hospital::endpoint`] does, and tells the watcher.
pub(crate) async fn endpoint(node: State<Arc<ProvinceNode>>, request: Request) -> Response {
    let Some(watch) = node.settings.watch.clone() else { return hospital::endpoint(node, request).await };
    let came = node.context.now();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let most = node.settings.body_bytes_max;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let request = request.map(|body| {
        Body::new(body.map_frame(move |frame| {
            if let Some(data) = frame.data_ref() {
                let mut seen = keep.lock().expect("nobody panics holding it");
                let left = most.saturating_sub(seen.len()).min(data.len());
                seen.extend_from_slice(&data[..left]);
            }
            frame
        }))
    });
    let (context, province) = (node.context.clone(), node.province);
    let (head, body) = hospital::endpoint(node, request).await.into_parts();
    let answer = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let answer_type = head.headers.get(axum::http::header::CONTENT_TYPE).map(text).unwrap_or_default();
    let request = std::mem::take(&mut *seen.lock().expect("nobody panics holding it"));
    (watch.0)(Exchange {
        province: Some(province),
        came,
        answered: context.now(),
        path,
        headers,
        request,
        status: head.status.as_u16(),
        answer_type,
        answer: answer.clone(),
    });
    Response::from_parts(head, Body::from(answer))
}

//! The other side of the management interface: what the command line calls a running node with.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, header};
use hyper_util::{
    client::legacy::{Client as HyperClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use wire::api::{DUTY_HEADER, OPERATOR_HEADER, Refused};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one may take that goes through all the books.
const LONG_PATIENCE: Duration = Duration::from_hours(1);
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// A clerk's way to a node.
#[derive(Clone, Debug)]
pub struct Client {
    /// Where the node is reached: `http://host:port`.
    pub node: String,
    /// The node's management token.
    pub token: String,
    /// The clerk's name, for the record of looks.
    pub operator: Option<String>,
    /// The duty for which whole personal data is asked.
    pub duty: Option<String>,
}

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The node said no.
    #[error("{} ({})", .0.message, .0.code)]
    Refused(Refused),
    /// Nobody answered.
    #[error("无法连接节点{node}，请确认节点已启动、地址正确 (cannot reach the node: {detail})")]
    Unreachable {
        /// Who was asked.
        node: String,
        /// What went wrong.
        detail: String,
    },
    /// Somebody answered who is not such a node.
    #[error("{node}的应答不是本系统管理接口的应答，请核对地址 (not an answer of this interface: {detail})")]
    Strange {
        /// Who was asked.
        node: String,
        /// What came.
        detail: String,
    },
}

impl Client {
    /// Reads.
    pub async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, CallError> {
        self.call(Method::GET, path, None).await
    }

    /// Fetches a file.
    pub async fn fetch(&self, path: &str) -> Result<Bytes, CallError> {
        let late = || self.unreachable(format!("no answer in {PATIENCE:?}"));
        let exchange = self.exchange(Method::GET, path, None);
        let (ok, body) = tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(late()))?;
        if ok {
            return Ok(body);
        }
        let strange = |error: serde_json::Error| CallError::Strange {
            node: self.node.clone(),
            detail: error.to_string(),
        };
        Err(CallError::Refused(serde_json::from_slice(&body).map_err(strange)?))
    }

    /// Fetches what is answered to a question with a body: a file, or an answer that nobody reads.
    pub async fn fetch_by(&self, path: &str, body: &Value) -> Result<Bytes, CallError> {
        self.bytes(Method::POST, path, Some(body), PATIENCE).await
    }

    /// Asks for a move.
    pub async fn post<A: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<A, CallError> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Reads a table for programs.
    pub async fn get_text(&self, path: &str) -> Result<String, CallError> {
        let body = self.bytes(Method::GET, path, None, PATIENCE).await?;
        let strange = |error: std::string::FromUtf8Error| self.strange(error.to_string());
        String::from_utf8(body.to_vec()).map_err(strange)
    }

    /// Asks for something that takes its time.
    pub async fn post_and_wait<A: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<A, CallError> {
        let body = self.bytes(Method::POST, path, Some(body), LONG_PATIENCE).await?;
        serde_json::from_slice(&body).map_err(|error| self.strange(error.to_string()))
    }

    /// Registers.
    pub async fn put<A: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<A, CallError> {
        self.call(Method::PUT, path, Some(body)).await
    }

    async fn call<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<A, CallError> {
        let body = self.bytes(method, path, body, PATIENCE).await?;
        serde_json::from_slice(&body).map_err(|error| self.strange(error.to_string()))
    }

    /// The body of an answer that is no refusal.
    async fn bytes(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        patience: Duration,
    ) -> Result<Bytes, CallError> {
        let exchange = self.exchange(method, path, body);
        let late = || self.unreachable(format!("no answer in {patience:?}"));
        let (ok, body) = tokio::time::timeout(patience, exchange).await.unwrap_or_else(|_| Err(late()))?;
        if ok {
            return Ok(body);
        }
        let refused = serde_json::from_slice(&body).map_err(|error| self.strange(error.to_string()))?;
        Err(CallError::Refused(refused))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(bool, Bytes), CallError> {
        let client: HyperClient<HttpConnector, Full<Bytes>> =
            HyperClient::builder(TokioExecutor::new()).build_http();
        let uri = format!("{}{path}", self.node.trim_end_matches('/'));
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in [(OPERATOR_HEADER, &self.operator), (DUTY_HEADER, &self.duty)] {
            if let Some(value) = value {
                request = request.header(name, value.as_bytes());
            }
        }
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let request = request.body(Full::new(body)).map_err(|error| self.unreachable(error.to_string()))?;
        let response = client.request(request).await.map_err(|error| self.unreachable(error.to_string()))?;
        let ok = response.status().is_success();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        Ok((ok, body.map_err(|error| self.unreachable(error.to_string()))?.to_bytes()))
    }

    fn strange(&self, detail: String) -> CallError {
        CallError::Strange { node: self.node.clone(), detail }
    }

    fn unreachable(&self, detail: String) -> CallError {
        CallError::Unreachable { node: self.node.clone(), detail }
    }
}

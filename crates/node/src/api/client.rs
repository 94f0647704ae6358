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

    /// Asks for a move.
    pub async fn post<A: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<A, CallError> {
        self.call(Method::POST, path, Some(body)).await
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
        let exchange = self.exchange(method, path, body);
        let late = || self.unreachable(format!("no answer in {PATIENCE:?}"));
        let (ok, body) = tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(late()))?;
        let strange = |error: serde_json::Error| CallError::Strange {
            node: self.node.clone(),
            detail: error.to_string(),
        };
        if ok {
            return serde_json::from_slice(&body).map_err(strange);
        }
        Err(CallError::Refused(serde_json::from_slice(&body).map_err(strange)?))
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

    fn unreachable(&self, detail: String) -> CallError {
        CallError::Unreachable { node: self.node.clone(), detail }
    }
}

//! The management interface (管理接口): what clerks and operators do at a node, as JSON over HTTP.
//!
//! Whoever calls shows the node's management token (`Authorization: Bearer …`); a node without one is closed. Personal data
//! comes out masked; whole with `?reveal=true` and a duty in the header `X-Duty`. Every look at a person is written down,
//! with the clerk's name from `X-Operator`.
//!
//! To add an endpoint: its body in `wire::api`, a function in the role's file that takes a [`Clerk`], its route there.

mod area_clearing;
mod bank;
mod clearing;
mod clearing_statement;
pub mod client;
pub(crate) mod description;
mod details;
mod document;
pub mod hub;
mod institution_payment;
mod ledger;
mod media;
mod notice;
mod payment_order;
mod prepayment;
pub mod province;
mod purchase;
mod reconciliation;
mod registration;
mod urging;

use crate::filing::Looker;
use axum::{
    Json,
    body::{Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{str::FromStr, sync::Arc};
use terms::Refusal;
use wire::api::{BODY_BYTES_MAX, DUTY_HEADER, OPERATOR_HEADER, Refused, Shown};

/// A node that is managed over this interface.
pub(crate) trait Managed: Send + Sync {
    /// The token to show; none closes the interface.
    fn management_token(&self) -> Option<&str>;
}

/// Somebody who showed the token. An endpoint that takes one answers nobody else.
pub(crate) struct Clerk {
    name: String,
    duty: Option<String>,
    shown: Shown,
}

impl Clerk {
    /// Who looks, for the record; `otherwise` is the purpose where no duty is named.
    fn looker<'a>(&'a self, otherwise: &'a str) -> Looker<'a> {
        Looker { name: &self.name, purpose: self.duty.as_deref().unwrap_or(otherwise) }
    }
}

impl<N: Managed> FromRequestParts<Arc<N>> for Clerk {
    type Rejection = Answer;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<N>) -> Result<Self, Answer> {
        authenticate(&parts.headers, node.management_token())?;
        let duty = header_text(&parts.headers, DUTY_HEADER);
        let whole = query(&parts.uri, "reveal").is_some_and(|value| value == "true");
        if whole && duty.is_none() {
            return Err(Refusal::missing("X-Duty", "查看完整个人信息的事由，写在请求头X-Duty中").into());
        }
        let name = header_text(&parts.headers, OPERATOR_HEADER).unwrap_or_else(|| "management".to_owned());
        Ok(Self { name, duty, shown: if whole { Shown::Whole } else { Shown::Masked } })
    }
}

fn authenticate(headers: &HeaderMap, token: Option<&str>) -> Result<(), Refusal> {
    let token = token.filter(|token| !token.is_empty()).ok_or(Refusal::ManagementClosed {})?;
    let shown =
        headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if shown.is_some_and(|shown| is_same(shown, token.as_bytes())) {
        return Ok(());
    }
    Err(Refusal::NotAuthenticated { detail: "管理令牌不符".to_owned() })
}

/// Whether two tokens are the same, in a time that does not tell where they differ.
fn is_same(shown: &[u8], token: &[u8]) -> bool {
    let differences =
        shown.iter().zip(token).fold(0, |sum, (one, other)| std::hint::black_box(sum | (one ^ other)));
    shown.len() == token.len() && differences == 0
}

/// A header's text, of at most a hundred characters: it is kept in the record of looks.
fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = std::str::from_utf8(headers.get(name)?.as_bytes()).ok()?.trim();
    let text: String = text.chars().filter(|one| !one.is_control()).take(100).collect();
    Some(text).filter(|text| !text.is_empty())
}

/// A value of the query; the interface's values are numbers and names, so that nothing is escaped in them.
fn query<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value).next()
}

/// A value of the query or path that must be read.
fn read<T: FromStr>(text: &str, name: &str, expected: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| Refusal::invalid(name, expected))
}

/// The JSON body of a request; an empty one is an empty object.
pub(crate) struct Input<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Answer;

    async fn from_request(request: Request, _: &S) -> Result<Self, Answer> {
        let too_large = |_| Refusal::TooLarge { limit: BODY_BYTES_MAX.to_string() };
        let body = to_bytes(request.into_body(), BODY_BYTES_MAX).await.map_err(too_large)?;
        let body = if body.trim_ascii().is_empty() { Bytes::from_static(b"{}") } else { body };
        Ok(Self(serde_json::from_slice(&body).map_err(|error| not_read(&error))?))
    }
}

/// What is wrong with a body: with its form, or with a value. No word of the body itself is repeated.
fn not_read(error: &serde_json::Error) -> Refusal {
    let at = format!("第{}行第{}列", error.line(), error.column());
    if !error.is_data() {
        return Refusal::NotJson { detail: at };
    }
    let said = error.to_string();
    let named = said.split('`').nth(1).unwrap_or("?");
    if said.starts_with("missing field") {
        return Refusal::missing(named, "接口文档规定的值");
    }
    let unknown_key = said.starts_with("unknown field");
    let expected =
        if unknown_key { "接口文档列出的键名，此键未知" } else { "接口文档规定的值" };
    let field = if unknown_key { named.chars().take(40).collect() } else { at };
    Refusal::invalid(field, expected)
}

/// What an endpoint answers: JSON, and for a refusal the status that fits it.
pub(crate) struct Answer(Box<Response>);

impl Answer {
    fn json(value: &impl Serialize) -> Self {
        Self(Box::new(Json(value).into_response()))
    }

    /// A table for programs.
    fn csv(text: String) -> Self {
        Self(Box::new(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response()))
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new((status(&refusal), Json(Refused::from(&refusal))).into_response()))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        *self.0
    }
}

const fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotJson { .. } | Refusal::FieldMissing { .. } | Refusal::FieldInvalid { .. } => {
            StatusCode::BAD_REQUEST
        }
        Refusal::NotAuthenticated { .. } => StatusCode::UNAUTHORIZED,
        Refusal::ManagementClosed {} => StatusCode::FORBIDDEN,
        Refusal::UnknownPath { .. }
        | Refusal::UnknownPerson { .. }
        | Refusal::UnknownFiling { .. }
        | Refusal::UnknownRegistration { .. }
        | Refusal::UnknownSettlement { .. }
        | Refusal::UnknownDifference { .. }
        | Refusal::UnknownOrder { .. }
        | Refusal::UnknownNotice { .. }
        | Refusal::UnknownPaymentOrder { .. }
        | Refusal::UnknownBankEntry { .. }
        | Refusal::UnknownStatement { .. }
        | Refusal::UnknownPayment { .. }
        | Refusal::UnknownDocument { .. }
        | Refusal::UnknownIncrease { .. }
        | Refusal::UnknownClearing { .. }
        | Refusal::UnknownVoucher { .. }
        | Refusal::NotAParticipant { .. } => StatusCode::NOT_FOUND,
        Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::NodeBusy {} | Refusal::ParticipantUnreachable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The answer to an address that there is nothing at.
async fn unknown_path(_: Clerk, uri: Uri) -> Answer {
    let path = uri.path().chars().take(60).collect();
    Refusal::UnknownPath { path }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_opens() {
        for (authorization, token, answer) in [
            (None, None, Err(StatusCode::FORBIDDEN)),
            (Some("Bearer x"), None, Err(StatusCode::FORBIDDEN)),
            (Some("Bearer "), Some(""), Err(StatusCode::FORBIDDEN)),
            (None, Some("secret"), Err(StatusCode::UNAUTHORIZED)),
            (Some("secret"), Some("secret"), Err(StatusCode::UNAUTHORIZED)),
            (Some("Bearer secreT"), Some("secret"), Err(StatusCode::UNAUTHORIZED)),
            (Some("Bearer secret2"), Some("secret"), Err(StatusCode::UNAUTHORIZED)),
            (Some("Bearer secret"), Some("secret"), Ok(())),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(authorization) = authorization {
                headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
            }
            let found = authenticate(&headers, token).map_err(|refusal| status(&refusal));
            assert_eq!(found, answer, "{authorization:?} {token:?}");
        }
    }

    #[test]
    fn a_wrong_body_is_told_where_it_is_wrong_and_not_repeated() {
        let refusal =
            |body: &str| not_read(&serde_json::from_str::<wire::api::Reason>(body).unwrap_err()).message();
        assert!(refusal("{").contains("第1行"));
        assert!(refusal("{}").contains("[reason]"));
        assert!(refusal(r#"{"reason":"x","other":1}"#).contains("[other]"));
        assert!(!refusal(r#"{"reason":110101194106189151}"#).contains("1101011941"));
    }
}

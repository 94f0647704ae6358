//! The management interface (管理接口): what clerks and operators do at a node, as JSON over HTTP.
//!
//! Programs show the node's management token (`Authorization: Bearer …`); a node without one is closed to them. People have a session
//! ([`crate::access`]), and may what the policy permits to the action that the endpoint's line names. Personal data comes out masked;
//! whole with `?reveal=true` and a duty in the header `X-Duty`. Every look at a person is written down, with the clerk's name: the
//! account's, or a program's `X-Operator`.
//!
//! To add an endpoint: its body in `wire::api`, its line with its action in `wire::openapi`, a function in the role's file that takes a [`Clerk`],
//! its route there. If what it is about belongs to areas, the function asks the clerk about each: what asks nothing is withheld.

mod account;
mod announcement;
mod area_clearing;
mod audit_trail;
mod bank;
mod calculation;
mod catalog;
mod clearing;
mod clearing_statement;
pub mod client;
mod complaint;
mod correction;
pub(crate) mod description;
mod details;
mod document;
mod figures;
mod filing_batch;
pub mod hub;
mod institution;
mod institution_payment;
mod job;
mod ledger;
mod list;
mod material;
mod media;
mod notice;
mod office;
mod oidc;
mod passing;
mod payment_order;
mod portal;
mod prepayment;
pub mod province;
mod published;
mod purchase;
mod reconciliation;
mod registration;
mod search;
mod session;
mod settlement_statement;
mod stays;
mod transcript;
mod urging;
pub(crate) mod within;
mod work;

use crate::access::secret::is_same;
use axum::{
    Json,
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use std::str::FromStr;
use terms::Refusal;
use wire::api::{BODY_BYTES_MAX, Refused};

pub(crate) use crate::access::{Clerk, Managed, gate::query};

/// The Chinese word of a stage at the insured place.
pub(crate) const fn insured_stage_words(stage: store::insured::Stage) -> &'static str {
    search::insured_stage(stage).1
}

/// The code of the refusal that an answer is, for whoever writes down what came of a request.
#[derive(Clone, Debug)]
pub(crate) struct RefusalCode(pub String);

/// Refuses a program that does not show the token.
pub(crate) fn authenticate(headers: &HeaderMap, token: Option<&str>) -> Result<(), Refusal> {
    let token = token.filter(|token| !token.is_empty()).ok_or(Refusal::ManagementClosed {})?;
    let shown =
        headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if shown.is_some_and(|shown| is_same(shown, token.as_bytes())) {
        return Ok(());
    }
    Err(Refusal::NotAuthenticated { detail: "管理令牌不符".to_owned() })
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
    /// Nothing to say.
    fn no_content() -> Self {
        Self(Box::new(StatusCode::NO_CONTENT.into_response()))
    }

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
        let mut response = (status(&refusal), Json(Refused::from(&refusal))).into_response();
        response.extensions_mut().insert(RefusalCode(refusal.code().to_owned()));
        Self(Box::new(response))
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
        Refusal::NotAuthenticated { .. }
        | Refusal::LoginFailed {}
        | Refusal::LoginCodeNeeded {}
        | Refusal::LoginLocked { .. }
        | Refusal::IdentityUnproved { .. }
        | Refusal::IdentityOverdue {}
        | Refusal::IdentityUntied { .. }
        | Refusal::CodeWrong {} => StatusCode::UNAUTHORIZED,
        Refusal::ManagementClosed {}
        | Refusal::Csrf {}
        | Refusal::NotPermitted { .. }
        | Refusal::FourEyes { .. }
        | Refusal::MustChangePassword {} => StatusCode::FORBIDDEN,
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
        | Refusal::UnknownAccount { .. }
        | Refusal::UnknownProvider { .. }
        | Refusal::UnknownComplaint { .. }
        | Refusal::UnknownJob { .. }
        | Refusal::UnknownMessage { .. }
        | Refusal::UnknownAnnouncement { .. }
        | Refusal::NoSuchInstitution { .. }
        | Refusal::NotAParticipant { .. } => StatusCode::NOT_FOUND,
        Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::NodeBusy {}
        | Refusal::LoginsBusy {}
        | Refusal::ProviderUnavailable { .. }
        | Refusal::ParticipantUnreachable { .. } => StatusCode::SERVICE_UNAVAILABLE,
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

//! The way to an organisation's identity provider (统一身份认证) and back, as a browser walks it.
//!
//! The cookie that goes along is `SameSite=Lax`, since it is to come back with a redirect from another site; the session's is `Strict` and would
//! not be shown there. So the answer to whoever comes back is a small page of this node that sets the session's cookie and goes on to the
//! console by itself: that request is this site's own.

use super::{
    Answer, Input, Managed, query,
    session::{address, is_foreign, noted, secure, set_cookie, view, with_cookie},
    status,
};
use crate::{
    access::{
        Access, Peer, SignedIn,
        by_provider::{self, Came, Desk, Received},
        login,
    },
    pages::guard,
};
use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use casework::access::{
    Account,
    identity::{CODE_MINUTES, WAY_MINUTES},
};
use std::sync::Arc;
use terms::Refusal;
use wire::{
    api::{
        account::IdentityView,
        session::{ConfirmCode, GoOn, ProviderView, Providers, TICKET_COOKIE, TieIdentity},
    },
    openapi::page::{escaped, page},
};

/// Where a console begins.
const CONSOLE: &str = "/console.html";
/// Where one's own account is shown.
const OWN_PAGE: &str = "/console.html#/me";

/// The routes of a node of either kind.
pub(super) fn routes<N: Managed>() -> Router<Arc<N>> {
    Router::new()
        .route("/web/oidc", get(list::<N>))
        .route("/web/oidc/{provider}", get(send::<N>))
        .route("/web/oidc/{provider}/callback", get(receive::<N>))
        .route("/web/oidc/{provider}/code", post(show_code::<N>))
        .route("/web/oidc/{provider}/tie", post(tie::<N>))
        .route("/web/identity/untie", post(untie::<N>))
}

/// What is tied to an account, for those who may see the account.
pub(super) async fn identity<N: Managed>(
    node: &N,
    account: &Account,
) -> Result<Option<IdentityView>, Refusal> {
    let tied = by_provider::of_account(node.given(), &account.name).await?;
    Ok(tied.map(|tied| IdentityView::of(&tied, node.providers().name_of(&tied.provider))))
}

fn desk<N: Managed>(node: &N) -> Desk<'_> {
    Desk { context: node.given(), providers: node.providers(), address: node.address() }
}

/// The cookie that goes along: shown to no script, on this way alone, and for as long as it counts. `None` takes it away.
fn ticket_cookie<N: Managed>(node: &N, headers: &HeaderMap, ticket: Option<(&str, i64)>) -> HeaderValue {
    let (text, minutes) = ticket.unwrap_or_default();
    let (age, secure) = (minutes * 60, secure(node, headers));
    let text =
        format!("{TICKET_COOKIE}={text}; HttpOnly; SameSite=Lax; Path=/web/oidc; Max-Age={age}{secure}");
    text.parse().expect("plain characters")
}

/// What the cookie that went along says.
fn ticket(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    Some(pairs.find(|(name, _)| *name == TICKET_COOKIE)?.1)
}

async fn list<N: Managed>(State(node): State<Arc<N>>, headers: HeaderMap) -> Response {
    let desk = desk(&*node);
    let shown = |one: &crate::access::oidc::Provider| ProviderView {
        provider: one.settings.id.clone(),
        name: one.settings.name.clone(),
    };
    let code_needed = desk.waits_for_code(ticket(&headers)).map(str::to_owned);
    let providers = Providers { providers: desk.providers.all().map(shown).collect(), code_needed };
    let mut response = Answer::json(&providers).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn send<N: Managed>(
    State(node): State<Arc<N>>,
    headers: HeaderMap,
    Path(provider): Path<String>,
) -> Response {
    match desk(&*node).send_to_log_in(&provider).await {
        Ok((address, text)) => {
            let Ok(location) = HeaderValue::from_str(&address) else {
                return refused(&Refusal::ProviderUnavailable { provider });
            };
            let mut response = StatusCode::SEE_OTHER.into_response();
            let cookie = ticket_cookie(&*node, &headers, Some((&text, WAY_MINUTES)));
            let all = response.headers_mut();
            all.insert(header::LOCATION, location);
            all.insert(header::SET_COOKIE, cookie);
            keep_nowhere(all);
            response
        }
        Err(refusal) => refused(&refusal),
    }
}

async fn receive<N: Managed>(
    State(node): State<Arc<N>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Path(provider): Path<String>,
    uri: Uri,
) -> Response {
    let (address, value) = (address(peer), |name: &str| query(&uri, name));
    let (state, code, issuer) = (value("state").unwrap_or_default(), value("code"), value("iss"));
    if let Some(error) = value("error") {
        let error: String = error.chars().filter(char::is_ascii_graphic).take(60).collect();
        tracing::info!(%provider, %error, "an identity provider let nobody in");
    }
    let came = Came {
        provider: &provider,
        state: &state,
        code: code.as_deref(),
        issuer: issuer.as_deref(),
        ticket: ticket(&headers),
        address: &address,
    };
    let received = desk(&*node).receive(&came).await;
    let took_away = ticket_cookie(&*node, &headers, None);
    let (mut response, cookies) = match received {
        Ok(Received::In(token)) => {
            (goes_on("登录成功", CONSOLE), vec![took_away, set_cookie(&*node, &headers, Some(&token))])
        }
        Ok(Received::NeedsCode(text)) => {
            let cookie = ticket_cookie(&*node, &headers, Some((&text, CODE_MINUTES)));
            (goes_on("请填写动态验证码", CONSOLE), vec![cookie])
        }
        Ok(Received::Tied) => (goes_on("统一身份已绑定", OWN_PAGE), vec![took_away]),
        Err(refusal) => (refused(&refusal), vec![took_away]),
    };
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn show_code<N: Managed>(
    State(node): State<Arc<N>>,
    Extension(access): Extension<Arc<Access>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Path(provider): Path<String>,
    Input(body): Input<ConfirmCode>,
) -> Result<Response, Answer> {
    if is_foreign(&headers) {
        return Err(Refusal::Csrf {}.into());
    }
    let (address, desk) = (address(peer), desk(&*node));
    let shown = desk.show_code((&provider, ticket(&headers)), &body.code, &address);
    let (account, token) = shown.await?;
    let view = view(&*node, &access, &account, &token).await?;
    let mut response = with_cookie(Answer::json(&view), set_cookie(&*node, &headers, Some(&token)));
    response.headers_mut().append(header::SET_COOKIE, ticket_cookie(&*node, &headers, None));
    Ok(response)
}

async fn tie<N: Managed>(
    State(node): State<Arc<N>>,
    Extension(access): Extension<Arc<Access>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    who: SignedIn,
    Path(provider): Path<String>,
    Input(body): Input<TieIdentity>,
) -> Result<Response, Answer> {
    let asked = (provider.as_str(), body.password.as_str(), body.only);
    // A wrong password counts; who is sent on has done nothing yet.
    let mut act = login::own_act(node.given(), &who.account, "tie-identity", &self::address(peer));
    act.begins().await?;
    let sent = desk(&*node).send_to_tie(&access, (&who.account, &who.token), asked).await;
    match &sent {
        Ok(_) => act.came_to_nothing().await?,
        Err(refusal) => act.ends(refusal.code()).await?,
    }
    let (address, text) = sent?;
    let cookie = ticket_cookie(&*node, &headers, Some((&text, WAY_MINUTES)));
    Ok(with_cookie(Answer::json(&GoOn { address }), cookie))
}

async fn untie<N: Managed>(
    State(node): State<Arc<N>>,
    peer: Option<Extension<Peer>>,
    who: SignedIn,
) -> Result<Answer, Answer> {
    let unties = by_provider::untie_own(node.given(), &who.account, &who.token);
    Box::pin(noted(&*node, &who.account, "untie-identity", &address(peer), unties)).await?;
    Ok(Answer::no_content())
}

/// A page that goes on by itself.
fn goes_on(words: &str, address: &str) -> Response {
    let body = format!("<h1>{words}</h1><p>正在继续，没有自动继续的请点<a href=\"{address}\">这里</a>。</p>");
    let mut response = said(StatusCode::OK, words, &body);
    let address = HeaderValue::from_str(&format!("0; url={address}")).expect("plain characters");
    response.headers_mut().insert(header::REFRESH, address);
    response
}

/// A page that says why somebody is not let in, and where to go on.
fn refused(refusal: &Refusal) -> Response {
    let body = format!(
        "<h1>未能登录</h1><p role=\"alert\">{}</p><p><a href=\"{CONSOLE}\">返回登录页</a></p>",
        escaped(&refusal.message())
    );
    said(status(refusal), "未能登录", &body)
}

/// A page of this way: kept nowhere, and its address, in which a code stands, told to nobody.
fn said(status: StatusCode, title: &str, body: &str) -> Response {
    let mut response = (status, Html(page(title, body))).into_response();
    guard(response.headers_mut());
    keep_nowhere(response.headers_mut());
    response
}

fn keep_nowhere(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

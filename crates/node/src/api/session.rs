//! Logging in and out at a node's own pages, and what a page is told of whoever sits there.

use super::{Answer, Input};
use crate::{
    access::{
        Access, Managed, Peer, SignedIn,
        gate::cookie,
        login::{self, NewInsured, Shown},
        secret::Token,
    },
    context::Failure,
    province::ProvinceNode,
};
use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use casework::access::{Account, Action, Area, session};
use std::sync::Arc;
use store::institution;
use terms::Refusal;
use wire::api::{
    Taken,
    account::AreaView,
    session::{
        ConfirmCode, LogIn, NewOneTimeCode, Register, SESSION_COOKIE, SessionView, SetPassword,
        WindowOfSession,
    },
};

/// The routes of a node of either kind.
pub(super) fn routes<N: Managed>() -> Router<Arc<N>> {
    Router::new()
        .route("/web/login", post(log_in::<N>))
        .route("/web/logout", post(log_out::<N>))
        .route("/web/session", get(show::<N>))
        .route("/web/password", post(set_password::<N>))
        .route("/web/one-time-code", post(new_one_time_code::<N>))
        .route("/web/one-time-code/confirm", post(confirm_one_time_code::<N>))
}

/// The routes of a province besides.
pub(super) fn of_province() -> Router<Arc<ProvinceNode>> {
    Router::new().route("/web/portal/register", post(register))
}

/// The cookie that carries a session; `None` takes it away. It is shown to no script and to no foreign page, and over TLS alone where the
/// node is reached by it.
pub(super) fn set_cookie<N: Managed>(node: &N, headers: &HeaderMap, token: Option<&Token>) -> HeaderValue {
    let secure = secure(node, headers);
    let (value, age) = token.map_or_else(|| (String::new(), "; Max-Age=0"), |token| (token.text(), ""));
    let text = format!("{SESSION_COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/{age}{secure}");
    text.parse().expect("plain characters")
}

/// What a cookie says where the node is reached over TLS.
pub(super) fn secure<N: Managed>(node: &N, headers: &HeaderMap) -> &'static str {
    let is_forwarded_tls = headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https");
    if is_forwarded_tls || node.address().starts_with("https://") { "; Secure" } else { "" }
}

/// An answer about somebody is nobody else's, and is kept nowhere.
pub(super) fn with_cookie(answer: Answer, cookie: HeaderValue) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a browser says that another site sends this: nobody is logged in from elsewhere.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site")
}

pub(super) fn address(peer: Option<Extension<Peer>>) -> String {
    peer.map(|Extension(peer)| peer.0.ip().to_string()).unwrap_or_default()
}

async fn log_in<N: Managed>(
    State(node): State<Arc<N>>,
    Extension(access): Extension<Arc<Access>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Input(body): Input<LogIn>,
) -> Result<Response, Answer> {
    if is_foreign(&headers) {
        return Err(Refusal::Csrf {}.into());
    }
    let (before, address) = (cookie(&headers), address(peer));
    let shown = Shown {
        account: &body.account,
        password: &body.password,
        code: body.code.as_deref().filter(|code| !code.trim().is_empty()),
        address: &address,
        before: before.as_ref(),
    };
    let (account, token) = login::log_in(node.given(), &access, shown).await?;
    let view = view(&*node, &access, &account, &token).await?;
    Ok(with_cookie(Answer::json(&view), set_cookie(&*node, &headers, Some(&token))))
}

async fn log_out<N: Managed>(
    State(node): State<Arc<N>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    who: SignedIn,
) -> Result<Response, Answer> {
    let leaves = login::log_out(node.given(), &who.token);
    Box::pin(noted(&*node, &who.account, "log-out", &address(peer), leaves)).await?;
    Ok(with_cookie(Answer::no_content(), set_cookie(&*node, &headers, None)))
}

async fn show<N: Managed>(
    State(node): State<Arc<N>>,
    Extension(access): Extension<Arc<Access>>,
    who: SignedIn,
) -> Result<Response, Answer> {
    let view = view(&*node, &access, &who.account, &who.token).await?;
    let mut response = Answer::json(&view).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

pub(super) async fn view<N: Managed>(
    node: &N,
    access: &Access,
    account: &Account,
    token: &Token,
) -> Result<SessionView, Refusal> {
    let may = |action: &&Action| access.engine.role_permits(account.role, &account.area, **action);
    let institution = match &account.area {
        Area::Institution { code, .. } => {
            let read = async { institution::find(&mut *node.given().store.conn().await?, code).await };
            read.await.map_err(|error| Failure::from(error).refusal())?
        }
        _ => None,
    };
    let works_at_window = may(&&Action::UseWindow) || may(&&Action::KeepInstitutionBooks);
    let window = |found: &casework::institution::Institution| WindowOfSession {
        code: found.code.to_string(),
        name: found.name.clone(),
        place: found.place.to_string(),
        kind: found.kind.clone(),
    };
    Ok(SessionView {
        account: account.name.to_string(),
        name: account.person_name.clone(),
        participant: node.given().me,
        role: account.role.code().to_owned(),
        role_name: account.role.chinese().to_owned(),
        area: AreaView::of(&account.area, institution.as_ref().map(|found| found.name.as_str())),
        actions: Action::ALL.iter().filter(may).map(|action| action.code().to_owned()).collect(),
        windows: institution.as_ref().filter(|_| works_at_window).map(window).into_iter().collect(),
        csrf: token.csrf(),
        must_change_password: account.must_change_password,
        one_time_code: account.has_one_time_code,
        identity: super::oidc::identity(node, account).await?,
        idle_minutes: session::idle_minutes(account.role),
        development: false,
    })
}

async fn set_password<N: Managed>(
    State(node): State<Arc<N>>,
    Extension(access): Extension<Arc<Access>>,
    peer: Option<Extension<Peer>>,
    who: SignedIn,
    Input(body): Input<SetPassword>,
) -> Result<Answer, Answer> {
    let own = (&who.account, &who.token);
    let changes = login::change_password(node.given(), &access, own, (&body.old, &body.new));
    Box::pin(noted(&*node, &who.account, "change-password", &address(peer), changes)).await?;
    Ok(Answer::no_content())
}

async fn new_one_time_code<N: Managed>(
    State(node): State<Arc<N>>,
    peer: Option<Extension<Peer>>,
    who: SignedIn,
) -> Result<Answer, Answer> {
    let makes = login::new_one_time_code(node.given(), &who.account);
    let (secret, uri) =
        Box::pin(noted(&*node, &who.account, "new-one-time-code", &address(peer), makes)).await?;
    Ok(Answer::json(&NewOneTimeCode { secret, uri }))
}

async fn confirm_one_time_code<N: Managed>(
    State(node): State<Arc<N>>,
    peer: Option<Extension<Peer>>,
    who: SignedIn,
    Input(body): Input<ConfirmCode>,
) -> Result<Answer, Answer> {
    let confirms = login::confirm_one_time_code(node.given(), &who.account, &body.code);
    Box::pin(noted(&*node, &who.account, "confirm-one-time-code", &address(peer), confirms)).await?;
    Ok(Answer::no_content())
}

/// Does something about somebody's own account, with its entry of the audit trail.
pub(super) async fn noted<N: Managed, T>(
    node: &N,
    account: &Account,
    action: &str,
    address: &str,
    doing: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let mut act = login::own_act(node.given(), account, action, address);
    act.begins().await?;
    let done = act.held(doing).await;
    act.ends(done.as_ref().map_or_else(Refusal::code, |_| "done")).await?;
    done
}

async fn register(
    State(node): State<Arc<ProvinceNode>>,
    Extension(access): Extension<Arc<Access>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Input(body): Input<Register>,
) -> Result<Answer, Answer> {
    if is_foreign(&headers) {
        return Err(Refusal::Csrf {}.into());
    }
    if body.insured.province() != node.province {
        return Err(Refusal::UnknownPerson { place: body.insured.to_string() }.into());
    }
    let address = address(peer);
    let new = NewInsured {
        insured: body.insured,
        citizen: &body.certno,
        name: &body.name,
        card: &body.card,
        password: &body.password,
        address: &address,
    };
    login::register(&node.context, &access, new).await?;
    Ok(Answer::json(&Taken { taken: true }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_page_logs_nobody_in() {
        let mut headers = HeaderMap::new();
        assert!(!is_foreign(&headers));
        for (site, foreign) in [("same-origin", false), ("none", false), ("cross-site", true)] {
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            assert_eq!(is_foreign(&headers), foreign, "{site}");
        }
    }
}

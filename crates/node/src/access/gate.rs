//! The gate before all endpoints that people ask: whose session it is, whether the line of the endpoint permits it, and an entry of the audit
//! trail of what came of it. Programs with the management token pass it as they are: [`Clerk`] checks the token.

use super::{
    Access, Act, Author, Managed,
    engine::{Asker, Engine, Thing},
    person_subject,
    secret::{Token, is_same},
};
use crate::{
    api::{Answer, RefusalCode, authenticate},
    context::{Context, Failure},
    filing::Looker,
    job,
};
use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use casework::access::{Account, Action, Area, Role, State as AccountState};
use std::{
    borrow::Cow,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use store::{account, audit_trail::Event, session};
use terms::{InsuredPlace, PersonNumber, Refusal};
use wire::{
    api::{
        DUTY_HEADER, OPERATOR_HEADER, Shown,
        job::{JOB_HEADER, JobView},
        session::{CSRF_HEADER, SESSION_COOKIE},
    },
    openapi::{Left, Permission, Whose},
};

/// Where a request came from, as the listener saw it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Whose request it is that is asked again for somebody who has left it ([`crate::job`]), as the account is by now. Nothing that comes over a
/// connection bears it.
#[derive(Clone, Debug)]
pub(crate) struct Resumed(pub Account);

/// Somebody with a session.
#[derive(Clone)]
pub(crate) struct SignedIn {
    /// The account, as it was when the request came.
    pub account: Account,
    /// What the cookie says.
    pub token: Token,
}

/// A request of somebody with a session, as it was let in.
#[derive(Clone)]
pub(crate) struct Asked {
    /// Who.
    pub who: Arc<SignedIn>,
    action: Option<Action>,
    engine: Arc<Engine>,
    access: Arc<Access>,
    context: Context,
    /// Whether the endpoint has asked if what it answers lies where this person works.
    is_placed: Arc<AtomicBool>,
    subject: Arc<Mutex<Option<String>>>,
}

impl Asked {
    fn asker(&self) -> Asker<'_> {
        asker(&self.who.account)
    }
}

fn asker(account: &Account) -> Asker<'_> {
    Asker {
        account: account.name.as_str(),
        role: account.role,
        area: &account.area,
        must_change_password: account.must_change_password,
    }
}

/// The routes of a node behind its gate.
pub(crate) fn guarded<N: Managed>(routes: Router<Arc<N>>, node: &Arc<N>) -> Router<Arc<N>> {
    let access = Access::new(node.role());
    routes.layer(from_fn_with_state((Arc::clone(node), access), pass::<N>))
}

/// Lets a request in, or says why not.
async fn pass<N: Managed>(
    State((node, access)): State<(Arc<N>, Arc<Access>)>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(Arc::clone(&access));
    if let Some(Resumed(account)) = request.extensions_mut().remove::<Resumed>() {
        let Some(path) = path_of(&request) else { return StatusCode::NOT_FOUND.into_response() };
        let line = access.line(request.method().as_str(), &path);
        // A session of nobody's: whoever asked may have left long ago.
        let who = SignedIn { account, token: Token::new(&*node.given().ids) };
        let asked = asked(who, line, access, node.given());
        return carry_out(asked, line, request, next).await;
    }
    // Who shows a token is a program, whatever else it shows.
    if request.headers().contains_key(header::AUTHORIZATION) {
        return next.run(request).await;
    }
    // Without either, an endpoint that needs somebody refuses.
    let Some(token) = cookie(request.headers()) else { return next.run(request).await };
    let Some(path) = path_of(&request) else { return next.run(request).await };
    let line = access.line(request.method().as_str(), &path);
    if line.is_some_and(|line| line.whose == Whose::Public) {
        return next.run(request).await;
    }
    // Pages look by themselves how far jobs are: that is no sign that somebody still sits there.
    let looks_by_itself =
        request.method().is_safe() && matches!(path.as_str(), "/web/jobs" | "/web/jobs/{id}");
    let who = match find(node.given(), &token, looks_by_itself).await {
        Ok(who) => who,
        Err(refusal) => return Answer::from(refusal).into_response(),
    };
    if let Err(refusal) = check_csrf(request.method(), request.headers(), &who.token) {
        return Answer::from(refusal).into_response();
    }
    let own = line.filter(|line| line.whose == Whose::Oneself);
    let asked = asked(who, line, access, node.given());
    if own.is_some() {
        request.extensions_mut().insert(asked);
        return next.run(request).await;
    }
    // What is under a prefix as a whole is nothing.
    if path.contains("{*") {
        let path = request.uri().path().chars().take(60).collect();
        return Answer::from(Refusal::UnknownPath { path }).into_response();
    }
    // What takes long goes on by itself for whoever wants to leave it, and may do it.
    let is_left = |line: &Permission| line.left != Left::No && wants_to_leave(&request);
    if let Some(left) = line.filter(is_left).filter(|line| permit(&asked, Some(*line)).is_ok()) {
        return match leave(&*node, asked, left, request, next).await {
            Ok(job) => (StatusCode::ACCEPTED, Json(job)).into_response(),
            Err(refusal) => Answer::from(refusal).into_response(),
        };
    }
    // A task of its own: whoever goes away does not take the entry of the trail along.
    let carried = tokio::spawn(carry_out(asked, line, request, next));
    match carried.await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}

fn asked(who: SignedIn, line: Option<Permission>, access: Arc<Access>, context: &Context) -> Asked {
    Asked {
        who: Arc::new(who),
        action: line.and_then(|line| line.action),
        engine: Arc::clone(&access.engine),
        access,
        context: context.clone(),
        is_placed: Arc::default(),
        subject: Arc::default(),
    }
}

/// Has it go on by itself; what was asked is read whole, to be asked again if need be.
async fn leave<N: Managed>(
    node: &N,
    asked: Asked,
    line: Permission,
    request: Request,
    next: Next,
) -> Result<JobView, Refusal> {
    let (parts, body) = request.into_parts();
    let too_large = |_| Refusal::TooLarge { limit: job::ASKED_BYTES_MAX.to_string() };
    let body = to_bytes(body, job::ASKED_BYTES_MAX).await.map_err(too_large)?;
    let (kept, account) = (job::asked(&parts, &body), asked.who.account.name.clone());
    let mut request = Request::from_parts(parts, Body::from(body));
    let carry = |carried: job::Carried| {
        request.extensions_mut().insert(carried);
        Box::pin(carry_out(asked, Some(line), request, next))
    };
    job::begin(node, &account, line, &kept, carry).await.map_err(Failure::refusal)
}

/// Whether whoever asks does not wait. What shows people whole is waited for: none of it is kept.
fn wants_to_leave(request: &Request) -> bool {
    !shows_whole(request) && header_text(request.headers(), JOB_HEADER).is_some_and(|value| value == "true")
}

/// Whether it shows people whole.
fn shows_whole(request: &Request) -> bool {
    query(request.uri(), "reveal").is_some_and(|value| value == "true")
}

async fn carry_out(asked: Asked, line: Option<Permission>, mut request: Request, next: Next) -> Response {
    let mut act = Act::new(&asked.context, event(&asked, line, &request));
    let is_read = request.method().is_safe();
    let answer = if let Err(refusal) = permit(&asked, line) {
        Answer::from(refusal).into_response()
    } else {
        // What only reads has shown nothing before its answer goes out, and that comes after the entry.
        if (!is_read || shows_whole(&request))
            && let Err(refusal) = act.begins().await
        {
            return Answer::from(refusal).into_response();
        }
        request.extensions_mut().insert(asked.clone());
        checked(&asked, line, act.held(next.run(request)).await)
    };
    // Reading what is the same for everybody is nothing to be kept.
    let ok = answer.status().is_success();
    if ok && is_read && line.is_some_and(|line| line.whose == Whose::Nobody) {
        return answer;
    }
    let outcome = match answer.extensions().get::<RefusalCode>() {
        Some(code) => code.0.clone(),
        None if ok => "done".to_owned(),
        None => answer.status().as_u16().to_string(),
    };
    if let Some(subject) = asked.subject.lock().ok().and_then(|mut subject| subject.take()) {
        act.is_about(subject);
    }
    match act.ends(&outcome).await {
        Ok(()) => answer,
        // What nobody could write down is not shown either.
        Err(refusal) => Answer::from(refusal).into_response(),
    }
}

/// Whether the line permits it to whoever asks: wherever he works, if the endpoint asks for each thing.
fn permit(asked: &Asked, line: Option<Permission>) -> Result<(), Refusal> {
    let Some((line, action)) = line.and_then(|line| Some((line, line.action?))) else {
        let (action, who) = ("此项操作".to_owned(), "程序以管理令牌".to_owned());
        return Err(Refusal::NotPermitted { action, who });
    };
    if asked.engine.admits(asked.asker(), line, &Area::of_node(asked.context.me)) {
        Ok(())
    } else if asked.who.account.must_change_password {
        Err(Refusal::MustChangePassword {})
    } else {
        Err(asked.access.not_permitted(action))
    }
}

/// Withholds what an endpoint answers about areas without having asked whether it may.
fn checked(asked: &Asked, line: Option<Permission>, answer: Response) -> Response {
    let is_of_areas = line.is_some_and(|line| line.whose == Whose::Areas);
    if !is_of_areas || !answer.status().is_success() || asked.is_placed.load(Ordering::Relaxed) {
        return answer;
    }
    let path = line.map_or("", |line| line.path);
    tracing::error!(path, "an endpoint of areas has not asked where what it answers lies");
    let refusal = asked.action.map_or(Refusal::NodeBusy {}, |action| asked.access.not_permitted(action));
    Answer::from(refusal).into_response()
}

/// The entry of the trail, as far as it is known before anything is done.
fn event(asked: &Asked, line: Option<Permission>, request: &Request) -> Event {
    let Account { name, role, area, .. } = &asked.who.account;
    let path = request.uri().path();
    let mut subject: String = path.strip_prefix("/api/v1").unwrap_or(path).chars().take(200).collect();
    // A person's number is the one thing of a person that stands in an address.
    if let Some(number) = subject.strip_prefix("/people/").filter(|rest| *rest != "search") {
        subject = person_subject(&asked.context, number.split('/').next().unwrap_or_default());
    }
    Event {
        at: asked.context.now(),
        account: name.to_string(),
        role: role.code().to_owned(),
        area: area.to_string(),
        action: line.and_then(|line| line.action).map_or_else(
            || request.method().as_str().to_ascii_lowercase(),
            |action| action.code().to_owned(),
        ),
        subject,
        outcome: String::new(),
        duty: header_text(request.headers(), DUTY_HEADER).unwrap_or_default(),
        address: address_of(request.extensions()),
    }
}

/// Where a request came from, for the trail.
pub(crate) fn address_of(extensions: &axum::http::Extensions) -> String {
    extensions.get::<Peer>().map(|peer| peer.0.ip().to_string()).unwrap_or_default()
}

/// The path of the line that a request is for: a step of a difference stands in its address.
fn path_of(request: &Request) -> Option<String> {
    let matched = request.extensions().get::<MatchedPath>()?.as_str();
    let Some(of) = matched.strip_suffix("{step}") else { return Some(matched.to_owned()) };
    let step = request.uri().path().rsplit('/').next().unwrap_or_default();
    Some(format!("{of}{step}"))
}

/// What the cookie of a session says.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<Token> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    Token::read(pairs.find(|(name, _)| *name == SESSION_COOKIE)?.1)
}

/// Refuses a request that writes and does not show what only a page of this session knows.
fn check_csrf(method: &Method, headers: &HeaderMap, token: &Token) -> Result<(), Refusal> {
    if method.is_safe() {
        return Ok(());
    }
    let shown = headers.get(CSRF_HEADER).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    if is_same(shown, token.csrf().as_bytes()) { Ok(()) } else { Err(Refusal::Csrf {}) }
}

/// Whose session it is; one that is over is ended, and one that is used goes on, unless nobody but the page asks.
async fn find(context: &Context, token: &Token, by_itself: bool) -> Result<SignedIn, Refusal> {
    let (now, me, hash) = (context.now(), context.me, token.hash());
    let look = async {
        let mut conn = context.store.conn().await?;
        let found = session::find(&mut conn, me, &hash).await?;
        let Some((account, times)) = found else { return Ok(None) };
        let is_over = times.is_over(account.role, now) || account.state == AccountState::Disabled;
        if is_over {
            drop(conn);
            let mut work = context.store.begin().await?;
            session::end(&mut work, me, &hash).await?;
            work.save().await?;
            return Ok(None);
        }
        if !by_itself && times.is_stale(now) {
            session::see(&mut conn, me, &hash, now).await?;
        }
        Ok::<_, Failure>(Some(account))
    };
    let account = look.await.map_err(Failure::refusal)?.ok_or_else(not_signed_in)?;
    Ok(SignedIn { account, token: token.clone() })
}

fn not_signed_in() -> Refusal {
    Refusal::NotAuthenticated { detail: "未登录或登录已过期，请重新登录".to_owned() }
}

impl<N: Managed> FromRequestParts<Arc<N>> for SignedIn {
    type Rejection = Answer;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<N>) -> Result<Self, Answer> {
        let asked = parts.extensions.get::<Asked>().ok_or_else(not_signed_in)?;
        Ok((*asked.who).clone())
    }
}

/// Somebody insured here, at the portal. An endpoint that takes one answers nobody else, and about nobody else.
#[derive(Clone, Debug)]
pub(crate) struct Insured {
    /// 人员编号.
    pub person: PersonNumber,
    /// 参保地: the pooling area.
    pub insured: InsuredPlace,
}

impl<N: Managed> FromRequestParts<Arc<N>> for Insured {
    type Rejection = Answer;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<N>) -> Result<Self, Answer> {
        let asked = parts.extensions.get::<Asked>().ok_or_else(not_signed_in)?;
        let Account { role, person, area, .. } = &asked.who.account;
        match (role, person, area) {
            (Role::Insured, Some(person), Area::City(area)) => {
                Ok(Self { person: person.clone(), insured: InsuredPlace(area.division()) })
            }
            _ => Err(asked.access.not_permitted(Action::UsePortal).into()),
        }
    }
}

/// Somebody who works at the node: a person with a session, or a program that showed the management token. An endpoint that takes one
/// answers nobody else.
pub(crate) struct Clerk {
    /// Who, for the record.
    pub name: String,
    /// The duty that was named.
    pub duty: Option<String>,
    /// How personal data is to be shown.
    pub shown: Shown,
    node: Area,
    asked: Option<Asked>,
}

impl Clerk {
    /// Who looks, for the record; `otherwise` is the purpose where no duty is named.
    pub fn looker<'a>(&'a self, otherwise: &'a str) -> Looker<'a> {
        Looker { name: &self.name, purpose: self.duty.as_deref().unwrap_or(otherwise) }
    }

    /// Whether this is a person with a session.
    pub const fn is_person(&self) -> bool {
        self.asked.is_some()
    }

    /// The account of a person; none of a program.
    pub fn account(&self) -> Option<&Account> {
        self.asked.as_ref().map(|asked| &asked.who.account)
    }

    /// Whether what lies in this area may be shown to, or done by, whoever asks.
    pub fn permits(&self, area: &Area) -> bool {
        self.decide(Thing::of(area))
    }

    /// Refuses what lies beyond where whoever asks works.
    pub fn within(&self, area: &Area) -> Result<(), Refusal> {
        self.within_any(std::slice::from_ref(area))
    }

    /// Refuses what lies beyond where whoever asks works in each of these areas: a settlement is the insured place's and the treatment
    /// place's.
    pub fn within_any(&self, areas: &[Area]) -> Result<(), Refusal> {
        if areas.iter().any(|area| self.permits(area)) {
            return Ok(());
        }
        let Some(Asked { access, action: Some(action), .. }) = &self.asked else {
            return Err(Refusal::NodeBusy {});
        };
        Err(access.not_permitted(*action))
    }

    /// Where whoever asks works, for lists that show only what lies there: a program works for the whole node.
    pub fn area(&self) -> Area {
        let Some(asked) = &self.asked else { return self.node.clone() };
        asked.is_placed.store(true, Ordering::Relaxed);
        asked.who.account.area.clone()
    }

    /// The same, and `None` for a program.
    pub fn scope(&self) -> Option<Area> {
        self.is_person().then(|| self.area())
    }

    /// Whether whoever asks may take another action where he works.
    pub fn may(&self, action: Action) -> bool {
        let Some(asked) = &self.asked else { return true };
        asked.engine.permits(asked.asker(), action, Thing::of(&asked.who.account.area))
    }

    /// Whoever asks as one who enters something: a use case writes it down with what is entered, and he does not decide on it.
    pub fn author(&self) -> Author {
        self.account().map_or(Author::NOBODY, Author::of)
    }

    /// Refuses a decision on what lies elsewhere, or on what whoever asks entered.
    pub async fn decides(&self, area: &Area, subject: &str) -> Result<(), Refusal> {
        let Some(asked @ Asked { context, action: Some(action), .. }) = &self.asked else { return Ok(()) };
        self.within(area)?;
        let read = async {
            let mut conn = context.store.conn().await?;
            account::who_entered(&mut conn, context.me, subject).await
        };
        let entered_by = read.await.map_err(|error| Failure::from(error).refusal())?;
        let thing = Thing { area: Some(area), entered_by: &entered_by };
        if asked.engine.permits(asked.asker(), *action, thing) {
            Ok(())
        } else {
            Err(Refusal::FourEyes { action: action.chinese().to_owned() })
        }
    }

    /// Says what the entry of the audit trail is about, where the address does not.
    pub fn about(&self, subject: &str) {
        if let Some(asked) = &self.asked
            && let Ok(mut kept) = asked.subject.lock()
        {
            *kept = Some(subject.chars().take(200).collect());
        }
    }

    /// Says that the entry of the audit trail is about this person, who stands there as a digest.
    pub fn about_person(&self, person: &PersonNumber) {
        if let Some(asked) = &self.asked {
            self.about(&person_subject(&asked.context, person.as_str()));
        }
    }

    fn decide(&self, thing: Thing<'_>) -> bool {
        let Some(asked) = &self.asked else { return true };
        asked.is_placed.store(true, Ordering::Relaxed);
        asked.action.is_some_and(|action| asked.engine.permits(asked.asker(), action, thing))
    }
}

impl<N: Managed> FromRequestParts<Arc<N>> for Clerk {
    type Rejection = Answer;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<N>) -> Result<Self, Answer> {
        let asked = parts.extensions.get::<Asked>().cloned();
        let node_area = Area::of_node(node.given().me);
        let name = if let Some(asked) = &asked {
            format!("{}（{}）", asked.who.account.person_name, asked.who.account.name)
        } else {
            let shows_token = parts.headers.contains_key(header::AUTHORIZATION);
            if !shows_token && cookie(&parts.headers).is_some() {
                return Err(not_signed_in().into());
            }
            authenticate(&parts.headers, node.management_token())?;
            header_text(&parts.headers, OPERATOR_HEADER).unwrap_or_else(|| "management".to_owned())
        };
        let duty = header_text(&parts.headers, DUTY_HEADER);
        let whole = query(&parts.uri, "reveal").is_some_and(|value| value == "true");
        if whole && duty.is_none() {
            return Err(Refusal::missing("X-Duty", "查看完整个人信息的事由，写在请求头X-Duty中").into());
        }
        Ok(Self {
            name,
            duty,
            shown: if whole { Shown::Whole } else { Shown::Masked },
            node: node_area,
            asked,
        })
    }
}

/// A value of the query, with what is escaped in it read; none if it is empty, or not a text: what has control characters is none.
pub(crate) fn query<'a>(uri: &'a Uri, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, value)| *key == name && !value.is_empty())?;
    if !value.contains('%') {
        return Some(Cow::Borrowed(value));
    }
    let text = String::from_utf8(unescaped(value.as_bytes())).ok()?;
    (!text.chars().any(char::is_control)).then_some(Cow::Owned(text))
}

/// A header's text, of at most a hundred characters: it is kept in the record of looks. Browsers send what is not ASCII as `%` and two
/// hexadecimal digits for each byte.
pub(crate) fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let bytes = headers.get(name)?.as_bytes();
    let text = String::from_utf8(unescaped(bytes)).or_else(|_| String::from_utf8(bytes.to_vec())).ok()?;
    let text: String = text.trim().chars().filter(|one| !one.is_control()).take(100).collect();
    Some(text).filter(|text| !text.is_empty())
}

fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let digit =
        |at: usize| char::from(*bytes.get(at)?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, digit(at + 1), digit(at + 2)) {
            plain.push(high << 4 | low);
            at += 3;
        } else {
            plain.push(*byte);
            at += 1;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::id::CountingIds;

    #[test]
    fn a_value_of_an_address_is_read_as_it_was_meant() {
        for (address, expected) in [
            ("/x?account=payable/420000/310", Some("payable/420000/310")),
            // As programs write it that escape whatever may mean something elsewhere.
            ("/x?account=payable%2F420000%2f310", Some("payable/420000/310")),
            ("/x?after=1&account=%E5%BC%A0", Some("张")),
            ("/x?account=100%", Some("100%")),
            ("/x?account=%FF", None),
            ("/x?account=", None),
            ("/x?accounts=1", None),
            ("/x", None),
        ] {
            assert_eq!(query(&address.parse().unwrap(), "account").as_deref(), expected, "{address}");
        }
    }

    fn headers(pairs: &[(&str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: header::HeaderName = name.parse().unwrap();
            headers.append(name, header::HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let token = Token::new(&CountingIds::default());
        let own = format!("yidi_session={}", token.text());
        for (cookies, found) in [
            (vec![own.clone()], true),
            (vec![format!("a=b; {own}; c=d")], true),
            (vec!["a=b".to_owned(), own.clone()], true),
            (vec![format!("x{own}")], false),
            (vec!["yidi_session=short".to_owned()], false),
            (vec![], false),
        ] {
            let pairs: Vec<(&str, &[u8])> = cookies.iter().map(|one| ("cookie", one.as_bytes())).collect();
            assert_eq!(cookie(&headers(&pairs)).is_some_and(|one| one == token), found, "{cookies:?}");
        }
    }

    #[test]
    fn what_writes_shows_the_token_of_its_page() {
        let token = Token::new(&CountingIds::default());
        let (right, wrong) = (token.csrf(), token.csrf().replace(['0', '1', '2', '3'], "f"));
        let shown = |value: &str| headers(&[("x-csrf-token", value.as_bytes())]);
        for (method, headers, permitted) in [
            (Method::GET, headers(&[]), true),
            (Method::POST, headers(&[]), false),
            (Method::POST, shown(""), false),
            (Method::POST, shown(&wrong), false),
            (Method::POST, shown(&token.text()), false),
            (Method::POST, shown(&right), true),
            (Method::PUT, headers(&[]), false),
            (Method::DELETE, shown(&right), true),
        ] {
            assert_eq!(check_csrf(&method, &headers, &token).is_ok(), permitted, "{method} {headers:?}");
        }
    }

    #[test]
    fn headers_are_read_as_browsers_and_programs_write_them() {
        for (sent, text) in [
            ("核对备案材料".as_bytes(), Some("核对备案材料")),
            (b"%E6%A0%B8%E5%AF%B9", Some("核对")),
            ("满100%退回".as_bytes(), Some("满100%退回")),
            (b"%FF%FE", Some("%FF%FE")),
            (b"a\tb", Some("ab")),
            (b"  ", None),
            (b"%20", None),
        ] {
            assert_eq!(header_text(&headers(&[("x-duty", sent)]), "x-duty").as_deref(), text);
        }
        assert_eq!(header_text(&headers(&[("x-duty", &[b'x'; 150])]), "x-duty").unwrap().len(), 100);
    }
}

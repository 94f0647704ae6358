//! People log in at their organisation's identity provider: a small one on this machine, which signs what it says, and is wrong in every way that
//! one can be.

use super::{Browser, PASSWORD, person, phone, program};
use crate::play::{hubei, world};
use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use casework::institution::Secret;
use country::{clock::TravelClock, world::World};
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::{
    client::legacy::{Client as Http, connect::HttpConnector},
    rt::TokioExecutor,
};
use node::{IdentityProvider, SecureNetwork};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};
use terms::{Clock, Refusal};
use tokio::net::TcpListener;
use wire::api::{account::AccountView, audit_trail::AuditTrail};

const CLIENT: &str = "yidi-hubei";
const SECRET: &str = "between us: 42&";
const NAME: &str = "湖北省统一身份认证";
/// The node as the world sees it; a proxy would stand there.
const PORTAL: &str = "https://ybj.example.cn";

/// What is wrong with the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Nonce,
    Audience,
    Issuer,
    Expired,
    Unsigned,
    OthersKey,
    Claims,
    NoToken,
    Refuses,
    TooMuch,
    Redirects,
    Fails,
}

/// Whoever sits before the provider's own login page.
#[derive(Clone)]
struct There {
    subject: &'static str,
    name: &'static str,
    methods: Vec<&'static str>,
    fault: Option<Fault>,
}

struct Key {
    id: &'static str,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new(id: &'static str) -> Self {
        let (way, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(way, &random).unwrap();
        Self { id, pair: EcdsaKeyPair::from_pkcs8(way, made.as_ref(), &random).unwrap() }
    }

    fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
                "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]) })
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// An identity provider.
struct Authority {
    issuer: String,
    clock: Arc<TravelClock>,
    there: Mutex<There>,
    key: Mutex<Key>,
    /// What each code was given for.
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
}

impl Authority {
    async fn open(clock: Arc<TravelClock>) -> Arc<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let there = There { subject: "u-0001", name: "wangfang", methods: vec!["pwd"], fault: None };
        let authority = Arc::new(Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            clock,
            there: Mutex::new(there),
            key: Mutex::new(Key::new("first")),
            codes: Mutex::default(),
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(Arc::clone(&authority));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        authority
    }

    fn is_wrong(&self, fault: Option<Fault>) {
        self.there.lock().unwrap().fault = fault;
    }

    fn sits(&self, subject: &'static str, name: &'static str, methods: &[&'static str]) {
        *self.there.lock().unwrap() = There { subject, name, methods: methods.to_vec(), fault: None };
    }

    fn seconds(&self) -> i64 {
        self.clock.now().millis() / 1_000
    }
}

type Node = State<Arc<Authority>>;
type Pairs = HashMap<String, String>;

async fn describe(State(authority): Node) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", authority.issuer);
    Json(json!({ "issuer": authority.issuer, "authorization_endpoint": at("/authorize"),
                 "token_endpoint": at("/token"), "jwks_uri": at("/keys") }))
}

async fn keys(State(authority): Node) -> Json<Value> {
    Json(json!({ "keys": [authority.key.lock().unwrap().public()] }))
}

/// Whoever sits there is logged in already, and goes back with a code.
async fn authorize(State(authority): Node, Query(asked): Query<Pairs>) -> Response {
    assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", CLIENT));
    assert_eq!(asked["redirect_uri"], format!("{PORTAL}/web/oidc/province/callback"));
    assert_eq!(
        (asked["code_challenge_method"].as_str(), asked["scope"].as_str()),
        ("S256", "openid profile")
    );
    let mut codes = authority.codes.lock().unwrap();
    let code = format!("code-{}", codes.len());
    let back =
        format!("{}?code={code}&state={}&iss={}", asked["redirect_uri"], asked["state"], authority.issuer);
    codes.insert(code, asked);
    (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response()
}

/// A code for an ID token: once, for the client that it was given to, by whoever has the verifier.
async fn token(State(authority): Node, headers: HeaderMap, form: String) -> Response {
    let form: Uri = format!("/?{form}").parse().unwrap();
    let Query(asked) = Query::<Pairs>::try_from_uri(&form).unwrap();
    let There { subject, name, methods, fault } = authority.there.lock().unwrap().clone();
    match fault {
        Some(Fault::Refuses) => return StatusCode::BAD_REQUEST.into_response(),
        Some(Fault::Fails) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::Redirects) => {
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/keys")]).into_response();
        }
        Some(Fault::TooMuch) => return "x".repeat(1 << 20).into_response(),
        Some(Fault::NoToken) => return Json(json!({ "access_token": "x" })).into_response(),
        _ => {}
    }
    let shown = STANDARD.encode("yidi-hubei:between%20us%3A%2042%26");
    assert_eq!(headers[header::AUTHORIZATION], format!("Basic {shown}"));
    assert_eq!(asked["grant_type"], "authorization_code");
    let Some(given) = authority.codes.lock().unwrap().insert(asked["code"].clone(), Pairs::new()) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, asked["code_verifier"].as_bytes()));
    let is_same = given.get("redirect_uri") == asked.get("redirect_uri")
        && given.get("code_challenge") == Some(&challenge);
    if !is_same {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    }
    let now = authority.seconds();
    let mut claims = json!({ "iss": authority.issuer, "sub": subject, "aud": CLIENT, "exp": now + 300, "iat": now,
        "nonce": given["nonce"], "preferred_username": name, "amr": methods });
    match fault {
        Some(Fault::Nonce) => claims["nonce"] = json!("another"),
        Some(Fault::Audience) => claims["aud"] = json!(["another"]),
        Some(Fault::Issuer) => claims["iss"] = json!("https://id.example.cn"),
        Some(Fault::Expired) => claims["exp"] = json!(now - 60),
        _ => {}
    }
    let key = authority.key.lock().unwrap();
    let header = json!({ "alg": "ES256", "kid": key.id, "typ": "JWT" });
    let signed = key.sign(&header, &claims);
    let (before, signature) = signed.rsplit_once('.').unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = match fault {
        Some(Fault::Unsigned) => format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims)),
        Some(Fault::OthersKey) => Key::new(key.id).sign(&header, &claims),
        Some(Fault::Claims) => {
            let head = before.split('.').next().unwrap();
            claims["sub"] = json!("u-0002");
            format!("{head}.{}.{signature}", part(&claims))
        }
        _ => signed,
    };
    Json(json!({ "access_token": "x", "token_type": "Bearer", "id_token": token })).into_response()
}

/// A browser that follows redirects as one does: its cookies go where they belong, and a `Strict` one not along with a redirect from elsewhere.
struct Walker {
    http: Http<HttpConnector, Full<Bytes>>,
    node: String,
    cookies: BTreeMap<String, String>,
    csrf: Option<String>,
}

/// What came.
struct Came {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Came {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }

    fn location(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.body);
        self.headers[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// The page says exactly this.
    fn says(&self, refusal: &Refusal, status: u16) {
        assert!(self.body.contains(&refusal.message()), "{refusal}: {}", self.body);
        assert_eq!(self.status, status, "{refusal}");
        assert!(
            !self
                .headers
                .get_all(header::SET_COOKIE)
                .iter()
                .any(|one| one.to_str().unwrap().starts_with("yidi_session"))
        );
    }

    fn goes_on(&self, to: &str) {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.headers[header::REFRESH], format!("0; url={to}"));
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(self.headers[header::REFERRER_POLICY], "no-referrer");
        assert!(self.headers["content-security-policy"].to_str().unwrap().contains("script-src 'self'"));
    }
}

impl Walker {
    fn at(node: &str) -> Self {
        let http = Http::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { http, node: node.to_owned(), cookies: BTreeMap::new(), csrf: None }
    }

    /// Goes on with the session of a page.
    fn of(browser: &Browser) -> Self {
        let mut walker = Self::at(&browser.node);
        walker.cookies.insert("yidi_session".to_owned(), browser.cookie.clone().unwrap());
        walker.csrf.clone_from(&browser.csrf);
        walker
    }

    async fn ask(&mut self, method: Method, url: &str, body: Option<&Value>, is_foreign: bool) -> Came {
        // The proxy.
        let url =
            url.strip_prefix(PORTAL).map_or_else(|| url.to_owned(), |path| format!("{}{path}", self.node));
        let mut request = Request::builder().method(method).uri(&url);
        let path = url.strip_prefix(&self.node);
        for (name, value) in &self.cookies {
            let goes = match name.as_str() {
                "yidi_oidc" => path.is_some_and(|path| path.starts_with("/web/oidc")),
                _ => path.is_some() && !is_foreign,
            };
            if goes {
                request = request.header(header::COOKIE, format!("{name}={value}"));
            }
        }
        if let Some(csrf) = self.csrf.as_ref().filter(|_| body.is_some()) {
            request = request.header("X-Csrf-Token", csrf);
        }
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let (head, body) =
            self.http.request(request.body(Full::new(body)).unwrap()).await.unwrap().into_parts();
        for set in head.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, rest) = set.split_once('=').unwrap();
            assert!(set.contains("; HttpOnly; ") && set.ends_with("; Secure"), "{set}");
            let same_site = if name == "yidi_oidc" {
                "SameSite=Lax; Path=/web/oidc;"
            } else {
                "SameSite=Strict; Path=/;"
            };
            assert!(set.contains(same_site), "{set}");
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
            }
        }
        let body = body.collect().await.unwrap().to_bytes();
        Came {
            status: head.status.as_u16(),
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn get(&mut self, path: &str) -> Came {
        let url = format!("{}{path}", self.node);
        self.ask(Method::GET, &url, None, false).await
    }

    async fn post(&mut self, path: &str, body: &Value) -> Came {
        let url = format!("{}{path}", self.node);
        self.ask(Method::POST, &url, Some(body), false).await
    }

    /// To the provider; the address with which it sends back.
    async fn way_back(&mut self) -> String {
        let there = self.get("/web/oidc/province").await.location();
        self.ask(Method::GET, &there, None, false).await.location()
    }

    /// There and back.
    async fn walk(&mut self) -> Came {
        let back = self.way_back().await;
        self.come(&back).await
    }

    async fn come(&mut self, back: &str) -> Came {
        self.ask(Method::GET, back, None, true).await
    }

    /// Asks to tie, goes there and comes back.
    async fn tie(&mut self, only: bool) -> Came {
        let asked = self.post("/web/oidc/province/tie", &json!({ "password": PASSWORD, "only": only })).await;
        assert_eq!(asked.status, 200, "{}", asked.body);
        let there = asked.json()["address"].as_str().unwrap().to_owned();
        let back = self.ask(Method::GET, &there, None, false).await.location();
        self.come(&back).await
    }

    /// Who sits there now, as the node sees it.
    async fn session(&mut self) -> Option<Value> {
        let came = self.get("/web/session").await;
        (came.status == 200).then(|| came.json())
    }
}

/// A world whose Hubei knows a provider, and where Hubei is.
async fn with_provider() -> (World, Arc<Authority>, String) {
    let mut world = world().await;
    let authority = Authority::open(Arc::clone(&world.clock)).await;
    let mut settings = world.province(hubei()).unwrap().node.settings.clone();
    PORTAL.clone_into(&mut settings.portal);
    let provider = IdentityProvider {
        id: "province".to_owned(),
        name: NAME.to_owned(),
        issuer: authority.issuer.clone(),
        client: CLIENT.to_owned(),
        secret: Some(Secret(SECRET.to_owned())),
        name_claim: "preferred_username".to_owned(),
        scopes: "openid profile".to_owned(),
        carrier: Arc::new(SecureNetwork::new(None).unwrap()),
    };
    assert_eq!(provider.wrong(), None);
    settings.identity_providers = vec![provider];
    world.kill(hubei());
    world.restart_with(hubei(), settings).await.unwrap();
    let node = world.province(hubei()).unwrap().url();
    (world, authority, node)
}

fn untied() -> Refusal {
    Refusal::IdentityUntied { provider: NAME.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_that_was_tied_logs_in_and_no_other() {
    let (world, authority, node) = with_provider().await;
    let mut guest = Walker::at(&node);
    let listed = guest.get("/web/oidc").await.json();
    let expected = json!({ "providers": [{ "provider": "province", "name": NAME }], "code_needed": null });
    assert_eq!(listed, expected);
    // Nobody is let in by what a provider says alone.
    guest.walk().await.says(&untied(), 401);
    assert!(guest.cookies.is_empty() && guest.session().await.is_none());
    guest
        .get("/web/oidc/nowhere")
        .await
        .says(&Refusal::UnknownProvider { provider: "nowhere".to_owned() }, 404);

    // Tied by the person, who shows the password first.
    let clerk = person(&node, "wangfang", "王某芳", "agency-operator", "420100").await;
    let mut page = Walker::of(&clerk);
    let wrong = page.post("/web/oidc/province/tie", &json!({ "password": "tree-lamp-94" })).await;
    assert_eq!((wrong.status, &wrong.json()["code"]), (422, &json!("password-wrong")));
    page.csrf = Some("0".repeat(40));
    let foreign = page.post("/web/oidc/province/tie", &json!({ "password": PASSWORD })).await;
    assert_eq!((foreign.status, &foreign.json()["code"]), (403, &json!("csrf")));
    page.csrf.clone_from(&clerk.csrf);
    page.tie(false).await.goes_on("/console.html#/me");
    let tied = page.session().await.unwrap()["identity"].clone();
    assert_eq!(
        (&tied["provider_name"], &tied["shown"], &tied["only"]),
        (&json!(NAME), &json!("w***g"), &json!(false))
    );
    let again = page.post("/web/oidc/province/tie", &json!({ "password": PASSWORD })).await;
    assert_eq!((again.status, &again.json()["code"]), (422, &json!("account-rule")));

    // It logs in, with the session of any login.
    let mut desk = Walker::at(&node);
    desk.walk().await.goes_on("/console.html");
    let session = desk.session().await.unwrap();
    assert_eq!((&session["account"], &session["role"]), (&json!("wangfang"), &json!("agency-operator")));
    assert!(!desk.cookies.contains_key("yidi_oidc"), "the way is over");
    desk.csrf = session["csrf"].as_str().map(str::to_owned);
    world.clock.pass_seconds(30 * 60);
    assert!(desk.session().await.is_none(), "nobody used it for half an hour");

    // It is one account's.
    let other = person(&node, "limei", "李某梅", "agency-reviewer", "420100").await;
    let mut page = Walker::of(&other);
    page.tie(false).await.says(&Refusal::IdentityTaken {}, 422);
    authority.sits("u-0002", "", &[]);
    Walker::at(&node).walk().await.says(&untied(), 401);

    // An administrator sees and unties it; whoever is in by it is out.
    authority.sits("u-0001", "wangfang", &["pwd"]);
    desk.walk().await.goes_on("/console.html");
    let seen: AccountView = program(&node).get("/api/v1/accounts/wangfang").await.unwrap();
    assert_eq!(seen.identity.unwrap().shown, "w***g");
    let untie = "/api/v1/accounts/wangfang/untie-identity";
    let seen: AccountView = program(&node).post(untie, &json!({})).await.unwrap();
    assert_eq!(seen.identity, None);
    assert!(desk.session().await.is_none());
    desk.walk().await.says(&untied(), 401);
    let none = program(&node).post::<AccountView>(untie, &json!({})).await;
    assert!(none.is_err(), "nothing is tied");

    // What is in the trail names the account, and nobody as the provider does.
    let trail: AuditTrail = program(&node).get("/api/v1/audit-trail?action=log-in").await.unwrap();
    let of_provider: Vec<_> =
        trail.entries.iter().filter(|entry| entry.subject.starts_with("identity:province")).collect();
    assert!(of_provider.iter().any(|entry| entry.account == "wangfang" && entry.outcome == "done"));
    assert!(of_provider.iter().any(|entry| entry.account.is_empty() && entry.outcome == "identity-untied"));
    let trail: AuditTrail = program(&node).get("/api/v1/audit-trail?account=wangfang").await.unwrap();
    let tied: Vec<&str> = trail
        .entries
        .iter()
        .filter(|entry| entry.action == "tie-identity")
        .map(|entry| entry.outcome.as_str())
        .collect();
    assert_eq!(tied.len(), 3, "{tied:?}");
    let written = format!("{trail:?}");
    assert!(!written.contains("u-0001"), "{written}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_proves_nothing_lets_nobody_in() {
    let (world, authority, node) = with_provider().await;
    let clerk = person(&node, "wangfang", "王某芳", "agency-operator", "420100").await;
    Walker::of(&clerk).tie(false).await.goes_on("/console.html#/me");
    let (unproved, unavailable) = (
        Refusal::IdentityUnproved { provider: NAME.to_owned() },
        Refusal::ProviderUnavailable { provider: NAME.to_owned() },
    );
    for fault in [
        Fault::Nonce,
        Fault::Audience,
        Fault::Issuer,
        Fault::Expired,
        Fault::Unsigned,
        Fault::OthersKey,
        Fault::Claims,
        Fault::NoToken,
        Fault::Refuses,
    ] {
        authority.is_wrong(Some(fault));
        Walker::at(&node).walk().await.says(&unproved, 401);
    }
    for fault in [Fault::TooMuch, Fault::Redirects, Fault::Fails] {
        authority.is_wrong(Some(fault));
        Walker::at(&node).walk().await.says(&unavailable, 503);
    }
    authority.is_wrong(None);

    // Whoever comes back is whoever was sent, in time, once, and with what was sent.
    let overdue = Refusal::IdentityOverdue {};
    let mut walker = Walker::at(&node);
    let back = walker.way_back().await;
    let kept = walker.cookies.clone();
    Walker::at(&node).come(&back).await.says(&overdue, 401);
    let mut thief = Walker::at(&node);
    thief.way_back().await;
    thief.come(&back).await.says(&overdue, 401);
    let altered = back.replace("state=", "state=0");
    Walker { cookies: kept.clone(), ..Walker::at(&node) }.come(&altered).await.says(&overdue, 401);
    let mut forged = kept.clone();
    for text in forged.values_mut() {
        *text = text.replace("~in~", "~code~wangfang~");
    }
    Walker { cookies: forged.clone(), ..Walker::at(&node) }.come(&back).await.says(&overdue, 401);
    let mut forger = Walker { cookies: forged, ..Walker::at(&node) };
    let code = forger.post("/web/oidc/province/code", &json!({ "code": "000000" })).await;
    assert_eq!((code.status, &code.json()["code"]), (401, &json!("identity-overdue")));
    let elsewhere = back.replace("&iss=http", "&iss=https");
    Walker { cookies: kept.clone(), ..Walker::at(&node) }.come(&elsewhere).await.says(&unproved, 401);
    let denied = format!("{}&error=access_denied", back.replace("code=", "no="));
    Walker { cookies: kept.clone(), ..Walker::at(&node) }.come(&denied).await.says(&unproved, 401);
    walker.come(&back).await.goes_on("/console.html");
    assert!(walker.session().await.is_some());
    // The provider takes the same code a second time; the node does not take its answer.
    let asked = authority.codes.lock().unwrap().clone();
    let (code, _) = back.split_once("code=").unwrap().1.split_once('&').unwrap();
    assert!(asked[code].is_empty(), "it was used");
    Walker { cookies: kept.clone(), ..Walker::at(&node) }.come(&back).await.says(&unproved, 401);
    let mut late = Walker::at(&node);
    let back = late.way_back().await;
    let given = authority.codes.lock().unwrap().clone();
    let kept = late.cookies.clone();
    late.come(&back).await.goes_on("/console.html");
    *authority.codes.lock().unwrap() = given;
    Walker { cookies: kept, ..Walker::at(&node) }.come(&back).await.says(&overdue, 401);
    let mut late = Walker::at(&node);
    let back = late.way_back().await;
    world.clock.pass_seconds(10 * 60);
    late.come(&back).await.says(&overdue, 401);

    // A provider changes its key: the new one is read when it is first met, and the old one counts no more.
    *authority.key.lock().unwrap() = Key::new("second");
    Walker::at(&node).walk().await.goes_on("/console.html");
    *authority.key.lock().unwrap() = Key::new("third");
    Walker::at(&node).walk().await.says(&unproved, 401);
    world.clock.pass_seconds(30);
    Walker::at(&node).walk().await.goes_on("/console.html");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_guards_an_account_guards_it_on_this_way_too() {
    let (world, authority, node) = with_provider().await;
    let pass = |seconds| world.clock.pass_seconds(seconds);
    let clerk = person(&node, "wangfang", "王某芳", "agency-operator", "420100").await;
    Walker::of(&clerk).tie(false).await.goes_on("/console.html#/me");

    // The one-time code is asked for as with a password …
    let made = clerk.post("/web/one-time-code", json!({})).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let now = || world.clock.now().millis() / 1000;
    clerk.post("/web/one-time-code/confirm", json!({ "code": phone(&secret, now()) })).await;
    pass(60);
    let mut walker = Walker::at(&node);
    walker.walk().await.goes_on("/console.html");
    assert!(walker.session().await.is_none(), "the code is still to be shown");
    assert_eq!(walker.get("/web/oidc").await.json()["code_needed"], json!("province"));
    let wrong = walker.post("/web/oidc/province/code", &json!({ "code": "000000" })).await;
    assert_eq!((wrong.status, &wrong.json()["code"]), (401, &json!("one-time-code-wrong")));
    let code = phone(&secret, now());
    let entered = walker.post("/web/oidc/province/code", &json!({ "code": code })).await;
    assert_eq!((entered.status, &entered.json()["account"]), (200, &json!("wangfang")));
    assert!(walker.session().await.is_some() && !walker.cookies.contains_key("yidi_oidc"));
    let mut walker = Walker::at(&node);
    walker.walk().await;
    let spent = walker.post("/web/oidc/province/code", &json!({ "code": code })).await;
    assert_eq!((spent.status, &spent.json()["code"]), (401, &json!("one-time-code-wrong")), "it was shown");
    pass(5 * 60);
    let late = walker.post("/web/oidc/province/code", &json!({ "code": phone(&secret, now()) })).await;
    assert_eq!((late.status, &late.json()["code"]), (401, &json!("identity-overdue")));
    // … unless the provider has asked for more than one thing itself.
    authority.sits("u-0001", "wangfang", &["pwd", "otp", "mfa"]);
    let mut walker = Walker::at(&node);
    walker.walk().await.goes_on("/console.html");
    assert!(walker.session().await.is_some());

    // A name that is locked is locked on every way.
    for _ in 0..5 {
        let _ = Browser::at(&node).log_in("wangfang", "tree-lamp-94", None).await;
    }
    let came = Walker::at(&node).walk().await;
    assert_eq!((came.status, came.body.contains("账户已锁定至")), (401, true), "{}", came.body);
    pass(15 * 60);
    let mut walker = Walker::at(&node);
    walker.walk().await.goes_on("/console.html");

    // Disabled is disabled, and who has been tied once more is asked for nothing else.
    let _: Value = program(&node).post("/api/v1/accounts/wangfang/disable", &json!({})).await.unwrap();
    assert!(walker.session().await.is_none());
    let came = Walker::at(&node).walk().await;
    assert_eq!((came.status, came.body.contains("停用")), (422, true), "{}", came.body);
    let _: Value = program(&node).post("/api/v1/accounts/wangfang/enable", &json!({})).await.unwrap();

    // An account may give its password up.
    let other = person(&node, "limei", "李某梅", "agency-reviewer", "420100").await;
    authority.sits("u-0002", "limei", &[]);
    let mut page = Walker::of(&other);
    page.tie(true).await.goes_on("/console.html#/me");
    assert_eq!(page.session().await.unwrap()["identity"]["only"], json!(true));
    let failed = Err((401, "login-failed".to_owned()));
    for password in [PASSWORD, "", "nobody has this password"] {
        assert_eq!(Browser::at(&node).log_in("limei", password, None).await, failed, "{password}");
    }
    let untied = page.post("/web/identity/untie", &json!({})).await;
    assert_eq!(
        (untied.status, &untied.json()["code"]),
        (422, &json!("account-rule")),
        "nothing would be left"
    );
    let changed = page.post("/web/password", &json!({ "old": "", "new": "tree-lamp-95" })).await;
    assert_eq!((changed.status, &changed.json()["code"]), (422, &json!("account-rule")));
    Walker::at(&node).walk().await.goes_on("/console.html");
    let reset: Value =
        program(&node).post("/api/v1/accounts/limei/reset-password", &json!({})).await.unwrap();
    assert_eq!(reset["account"]["identity"]["only"], json!(false));
    let mut back = Browser::at(&node);
    back.log_in("limei", reset["password"].as_str().unwrap(), None).await.unwrap();
    back.post("/web/password", json!({ "old": reset["password"], "new": PASSWORD })).await;
    back.post("/web/identity/untie", json!({})).await;
    assert_eq!(back.get("/web/session").await["identity"], Value::Null);

    // Who has logged out while he was away ties nothing.
    let mut page = Walker::of(&back);
    let asked = page.post("/web/oidc/province/tie", &json!({ "password": PASSWORD })).await;
    let there = asked.json()["address"].as_str().unwrap().to_owned();
    let back_to = page.ask(Method::GET, &there, None, false).await.location();
    back.post("/web/logout", json!({})).await;
    page.come(&back_to).await.says(&Refusal::IdentityOverdue {}, 401);
    world.stop().await;
}

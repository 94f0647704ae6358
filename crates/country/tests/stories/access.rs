//! Who may do what: people log in at a running node, work within their own area, and leave a trail; nobody gets further.

mod acts;
mod oidc;

use crate::play::{Play, beijing, hubei, world};
use bytes::Bytes;
use country::{people, world::World};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, header};
use hyper_util::{
    client::legacy::{Client as Http, connect::HttpConnector},
    rt::TokioExecutor,
};
use node::api::client::Client;
use serde_json::{Value, json};
use sha1::Sha1;
use std::collections::BTreeSet;
use terms::{CitizenId, Clock, InsuranceScheme, MemberStatus};
use wire::{
    api::{
        FilingView, SettlementView, Taken,
        account::NewAccountMade,
        audit_trail::{AuditTrail, AuditTrailVerified},
        media::IssuedCard,
    },
    openapi::{Role, Whose, permissions},
};

/// What all chose when they first logged in.
pub(crate) const PASSWORD: &str = "tree-lamp-93";

/// A browser at a node: it keeps its cookie, and shows what its page was told.
pub(crate) struct Browser {
    http: Http<HttpConnector, Full<Bytes>>,
    node: String,
    cookie: Option<String>,
    csrf: Option<String>,
}

impl Browser {
    pub(crate) fn at(node: &str) -> Self {
        let http = Http::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { http, node: node.to_owned(), cookie: None, csrf: None }
    }

    /// The same browser at another instance of the node.
    pub(crate) fn behind(&self, node: &str) -> Self {
        Self { node: node.to_owned(), cookie: self.cookie.clone(), csrf: self.csrf.clone(), ..Self::at(node) }
    }

    /// Status, the cookie that was set, and what came.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Option<String>, Value) {
        self.ask_with(method, path, body, &[]).await
    }

    /// The same with more headers.
    pub(crate) async fn ask_with(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> (u16, Option<String>, Value) {
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.node));
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("yidi_session={cookie}"));
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("X-Csrf-Token", csrf);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let answer = self.http.request(request.body(Full::new(body)).unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        let set = head.headers.get(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
        let body = body.collect().await.unwrap().to_bytes();
        (head.status.as_u16(), set, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, _, body) = self.ask("get", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, _, answer) = self.ask("post", path, Some(&body)).await;
        assert!([200, 204].contains(&status), "{path} {body}: {status} {answer}");
        answer
    }

    pub(crate) async fn refused(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
        let (status, _, answer) = self.ask(method, path, body).await;
        assert!(status >= 400, "{method} {path}: {answer}");
        (status, answer["code"].as_str().unwrap_or_else(|| panic!("{path}: {answer}")).to_owned())
    }

    /// Logs in; the session, or status and code of the refusal.
    pub(crate) async fn log_in(
        &mut self,
        account: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<Value, (u16, String)> {
        let mut body = json!({ "account": account, "password": password });
        if let Some(code) = code {
            body["code"] = code.into();
        }
        let (status, set, answer) = self.ask("post", "/web/login", Some(&body)).await;
        if status != 200 {
            assert!(set.is_none(), "{answer}");
            return Err((status, answer["code"].as_str().unwrap().to_owned()));
        }
        let set = set.expect("a cookie");
        for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(set.contains(flag), "{set}");
        }
        let value = set.strip_prefix("yidi_session=").unwrap().split(';').next().unwrap();
        (self.cookie, self.csrf) = (Some(value.to_owned()), answer["csrf"].as_str().map(str::to_owned));
        Ok(answer)
    }
}

/// The node's own programs.
pub(crate) fn program(node: &str) -> Client {
    Client { node: node.to_owned(), token: "令牌".to_owned(), operator: None, duty: None }
}

/// Makes an account, logs in for the first time, and changes the initial password.
pub(crate) async fn person(node: &str, account: &str, name: &str, role: &str, area: &str) -> Browser {
    let body = json!({ "account": account, "name": name, "role": role, "area": area });
    let made: NewAccountMade = program(node).post("/api/v1/accounts", &body).await.unwrap();
    let mut browser = Browser::at(node);
    let initial = made.password.expect("an initial password");
    let session = browser.log_in(account, &initial, None).await.unwrap();
    assert_eq!(session["must_change_password"], json!(true));
    let early = browser.refused("get", "/api/v1/accounts", None).await;
    assert_eq!(early, (403, "must-change-password".to_owned()), "{role}");
    browser.post("/web/password", json!({ "old": initial, "new": PASSWORD })).await;
    let session = browser.get("/web/session").await;
    assert_eq!((&session["must_change_password"], &session["role"]), (&json!(false), &json!(role)));
    browser
}

fn denied() -> (u16, String) {
    (403, "not-permitted".to_owned())
}

/// The six digits that a phone shows.
fn phone(secret: &str, seconds: i64) -> String {
    const CHARACTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: Vec<u8> = secret
        .chars()
        .flat_map(|one| {
            let five = CHARACTERS.find(one).unwrap();
            (0..5).rev().map(move |at| u8::from(five >> at & 1 == 1))
        })
        .collect();
    let key: Vec<u8> =
        bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&(seconds / 30).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let four = u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]) & 0x7fff_ffff;
    format!("{:06}", four % 1_000_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_begins_with_what_only_one_knows_and_ends_by_itself() {
    let world = world().await;
    let node = world.province(hubei()).unwrap().url();
    let pass = |seconds| world.clock.pass_seconds(seconds);
    let nobody = Browser::at(&node);
    assert_eq!(nobody.refused("get", "/web/session", None).await.0, 401);
    assert_eq!(nobody.refused("post", "/web/logout", Some(&json!({}))).await.0, 401);

    let mut clerk = person(&node, "wangfang", "王某芳", "agency-operator", "420100").await;
    let session = clerk.get("/web/session").await;
    assert_eq!(session["area"], json!({ "kind": "city", "code": "420100", "name": "湖北省武汉市" }));
    let actions: Vec<&str> =
        session["actions"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(actions.contains(&"enter-filings") && !actions.contains(&"decide-filings"), "{actions:?}");

    // A foreign page has the cookie sent along, and not what the page was told.
    let csrf = clerk.csrf.take();
    assert_eq!(clerk.refused("post", "/web/logout", Some(&json!({}))).await, (403, "csrf".to_owned()));
    clerk.csrf = Some("0".repeat(40));
    let filing = json!({ "insured": "420106" });
    assert_eq!(clerk.refused("post", "/api/v1/filings", Some(&filing)).await, (403, "csrf".to_owned()));
    clerk.csrf = csrf;

    // A new session has a new cookie; the old one is over.
    let before = clerk.cookie.clone();
    clerk.log_in("WangFang ", PASSWORD, None).await.unwrap();
    assert_ne!(clerk.cookie, before);
    let old = Browser { cookie: before, ..Browser::at(&node) };
    assert_eq!(old.refused("get", "/web/session", None).await.0, 401);

    // Nobody uses it for half an hour; somebody uses it all day.
    pass(29 * 60);
    clerk.get("/web/session").await;
    pass(29 * 60);
    clerk.get("/web/session").await;
    pass(30 * 60);
    assert_eq!(clerk.refused("get", "/web/session", None).await.0, 401);
    clerk.log_in("wangfang", PASSWORD, None).await.unwrap();
    for _ in 0..28 {
        pass(25 * 60);
        clerk.get("/web/session").await;
    }
    pass(25 * 60);
    assert_eq!(clerk.refused("get", "/web/session", None).await.0, 401, "twelve hours are over");

    // Who has left is out at once, whoever holds the cookie.
    clerk.log_in("wangfang", PASSWORD, None).await.unwrap();
    clerk.post("/web/logout", json!({})).await;
    assert_eq!(clerk.refused("get", "/web/session", None).await.0, 401);
    clerk.log_in("wangfang", PASSWORD, None).await.unwrap();
    let _: Value = program(&node).post("/api/v1/accounts/wangfang/disable", &json!({})).await.unwrap();
    assert_eq!(clerk.refused("get", "/web/session", None).await.0, 401);
    let failed = Err((401, "login-failed".to_owned()));
    assert_eq!(clerk.log_in("wangfang", PASSWORD, None).await, failed);
    let _: Value = program(&node).post("/api/v1/accounts/wangfang/enable", &json!({})).await.unwrap();

    clerk.log_in("wangfang", PASSWORD, None).await.unwrap();

    // Wrong passwords lock a name, whether or not there is such an account.
    for name in ["wangfang", "nobody-here"] {
        let mut thief = Browser::at(&node);
        for _ in 0..4 {
            assert_eq!(thief.log_in(name, "tree-lamp-94", None).await, failed, "{name}");
        }
        let locked = Err((401, "login-locked".to_owned()));
        assert_eq!(thief.log_in(name, "tree-lamp-94", None).await, locked, "{name}");
        assert_eq!(thief.log_in(name, PASSWORD, None).await, locked, "{name}");
    }
    pass(15 * 60);
    clerk.log_in("wangfang", PASSWORD, None).await.unwrap();

    // A one-time code beside the password, each of which counts once.
    let made = clerk.post("/web/one-time-code", json!({})).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(made["uri"].as_str().unwrap().contains(secret));
    let now = || world.clock.now().millis() / 1000;
    let confirm = |code: String| json!({ "code": code });
    let wrong =
        clerk.refused("post", "/web/one-time-code/confirm", Some(&confirm("000000".to_owned()))).await;
    assert_eq!(wrong, (401, "one-time-code-wrong".to_owned()));
    clerk.post("/web/one-time-code/confirm", confirm(phone(secret, now()))).await;
    assert_eq!(clerk.log_in("wangfang", PASSWORD, None).await, Err((401, "login-code-needed".to_owned())));
    let spent = Err((401, "one-time-code-wrong".to_owned()));
    assert_eq!(clerk.log_in("wangfang", PASSWORD, Some(&phone(secret, now()))).await, spent, "it was shown");
    pass(60);
    let code = phone(secret, now());
    assert_eq!(clerk.log_in("wangfang", "tree-lamp-94", Some(&code)).await, failed);
    clerk.log_in("wangfang", PASSWORD, Some(&code)).await.unwrap();
    assert_eq!(Browser::at(&node).log_in("wangfang", PASSWORD, Some(&code)).await, spent);
    let _: Value = program(&node).post("/api/v1/accounts/wangfang/reset-code", &json!({})).await.unwrap();
    clerk.log_in("wangfang", PASSWORD, None).await.unwrap();
    world.stop().await;
}

/// What somebody reaches for: method, path of the line, address, body.
type Case = (&'static str, &'static str, String, Option<Value>);

/// Registers somebody in a city of Hubei, and gives the number.
async fn enrol(program: &Client, number: &str, place: &str, seventeen: &str) -> String {
    let certno = format!("{seventeen}{}", CitizenId::check_digit(seventeen).unwrap());
    let body = json!({ "certno": certno, "name": "赵某丙", "enrolments": [
        { "scheme": "employee", "insured": place, "person_type": "1101", "standing": "in_force" }] });
    let _: Taken = program.put(&format!("/api/v1/people/{number}"), &body).await.unwrap();
    certno
}

fn application(place: &str, number: &str) -> Value {
    json!({ "insured": place, "person": number, "scheme": "employee", "category": "referral",
            "destination": "110000" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerk_of_one_city_neither_sees_nor_changes_what_is_another_citys() {
    let play = Play::prepare().await;
    let settled = play.settle_patiently(&play.hospital.next_msgid()).await;
    let node = play.world.province(hubei()).unwrap().url();
    let program = program(&node);
    let number = "42010099001";
    enrol(&program, number, "420106", "42010619850601912").await;
    enrol(&program, "42050099001", "420502", "42050219850601912").await;
    let filed: FilingView = program.post("/api/v1/filings", &application("420106", number)).await.unwrap();
    let settlement = settled.settlement.unwrap().to_string();
    let hospital = play.hospital.settings().code.to_string();
    let institution =
        |place: &str| json!({ "name": "示范医院", "level": "tertiary", "place": place, "open": true });
    let _: Taken = program.put("/api/v1/institutions/H42050200009", &institution("420502")).await.unwrap();
    let certno = play.patient.citizen.reveal().to_owned();

    let holder = json!({ "insured": "420106", "person": number });
    let person_of = json!({ "certno": format!("42010619850601912{}", CitizenId::check_digit("42010619850601912").unwrap()),
        "name": "赵某丙", "enrolments": [{ "scheme": "employee", "insured": "420106", "person_type": "1101", "standing": "in_force" }] });
    let reason = json!({ "reason": "材料不全" });
    let in_filing = |step: &str| format!("/api/v1/filings/{}/{step}", filed.id);
    let at = |step: &str| format!("/api/v1/funds/institutions/{hospital}/{step}");
    // As one who enters in another city would reach for what is Wuhan's, and then one who decides.
    let operator: Vec<Case> = vec![
        ("get", "/api/v1/filings", format!("/api/v1/filings?insured=420106&person={number}"), None),
        ("post", "/api/v1/filings", "/api/v1/filings".to_owned(), Some(application("420106", number))),
        ("get", "/api/v1/filings/{id}", format!("/api/v1/filings/{}", filed.id), None),
        (
            "post",
            "/api/v1/filings/{id}/change",
            in_filing("change"),
            Some(json!({ "destination": "310000" })),
        ),
        ("post", "/api/v1/filings/{id}/cancel", in_filing("cancel"), None),
        (
            "get",
            "/api/v1/registrations",
            format!("/api/v1/registrations?insured=420106&person={number}"),
            None,
        ),
        (
            "post",
            "/api/v1/registrations",
            "/api/v1/registrations".to_owned(),
            Some(json!({ "insured": "420106", "person": number, "scheme": "employee", "disease": "M03900",
                         "name": "高血压", "begins": "2026-11-01" })),
        ),
        ("post", "/api/v1/vouchers", "/api/v1/vouchers".to_owned(), Some(holder.clone())),
        ("post", "/api/v1/cards", "/api/v1/cards".to_owned(), Some(holder.clone())),
        ("post", "/api/v1/cards/loss", "/api/v1/cards/loss".to_owned(), Some(holder.clone())),
        ("post", "/api/v1/cards/lift", "/api/v1/cards/lift".to_owned(), Some(holder.clone())),
        ("post", "/api/v1/cards/stop", "/api/v1/cards/stop".to_owned(), Some(holder)),
        ("get", "/api/v1/media", format!("/api/v1/media?insured=420106&person={number}"), None),
        ("put", "/api/v1/people/{number}", format!("/api/v1/people/{number}"), Some(person_of)),
        (
            "put",
            "/api/v1/institutions/{code}",
            format!("/api/v1/institutions/{hospital}"),
            Some(institution("420502")),
        ),
        ("get", "/api/v1/settlements/{id}", format!("/api/v1/settlements/{settlement}"), None),
        ("get", "/api/v1/details", format!("/api/v1/details?insured=420106&settlement={settlement}"), None),
        (
            "post",
            "/api/v1/funds/deductions",
            "/api/v1/funds/deductions".to_owned(),
            Some(json!({ "settlement": settlement, "reason": "重复收费", "reference": "鄂审9",
                "amounts": [{ "scheme": "employee", "purse": "310100", "amount": "1.00" }] })),
        ),
        (
            "post",
            "/api/v1/funds/prepayments/areas/{year}/set",
            "/api/v1/funds/prepayments/areas/2026/set".to_owned(),
            Some(json!({ "area": "420100", "scheme": "employee", "amount": "1.00", "reason": "人工填写" })),
        ),
        (
            "get",
            "/api/v1/funds/institution-payments/draft",
            format!("/api/v1/funds/institution-payments/draft?institution={hospital}&month=2026-10"),
            None,
        ),
        (
            "put",
            "/api/v1/funds/institutions/{code}/terms",
            at("terms"),
            Some(json!({ "from": "2026-01-01", "deposit_rate": 500, "source": "协议" })),
        ),
    ];
    let reviewer: Vec<Case> = vec![
        ("post", "/api/v1/filings/{id}/approve", in_filing("approve"), None),
        ("post", "/api/v1/filings/{id}/reject", in_filing("reject"), Some(reason)),
        (
            "post",
            "/api/v1/funds/institution-payments/adopt",
            "/api/v1/funds/institution-payments/adopt".to_owned(),
            Some(json!({ "institution": hospital, "month": "2026-10" })),
        ),
    ];
    let lines: BTreeSet<(&str, &str)> = permissions(Role::Province)
        .into_iter()
        .filter(|line| matches!(line.whose, Whose::Areas | Whose::Node))
        .map(|line| (line.method, line.path))
        .collect();
    for (role, name, cases) in
        [("agency-operator", "钱某丁", operator), ("agency-reviewer", "孙某戊", reviewer)]
    {
        let other = person(&node, &format!("yichang-{role}"), name, role, "420500").await;
        let own = person(&node, &format!("wuhan-{role}"), &format!("{name}二"), role, "420100").await;
        let county = person(&node, &format!("wuchang-{role}"), &format!("{name}三"), role, "420106").await;
        for (method, line, address, body) in cases {
            assert!(lines.contains(&(method, line)), "{method} {line} is no line");
            assert_eq!(other.refused(method, &address, body.as_ref()).await, denied(), "{method} {address}");
            // What is not this story's matter may be refused for reasons of its own, never for where it lies.
            if method == "get" {
                let (status, _, answer) = own.ask(method, &address, None).await;
                assert_ne!(status, 403, "{address}: {answer}");
                let (status, _, answer) = county.ask(method, &address, None).await;
                let of_county = !line.contains("details");
                assert_eq!(status != 403, of_county, "{address}: {answer}");
            }
        }
        // Lists leave out what lies elsewhere.
        if role == "agency-operator" {
            for (line, address) in [
                ("/api/v1/purchase-orders", format!("/api/v1/purchase-orders?certno={certno}")),
                ("/api/v1/funds/deductions", "/api/v1/funds/deductions".to_owned()),
                (
                    "/api/v1/funds/institution-payments",
                    "/api/v1/funds/institution-payments?month=2026-10".to_owned(),
                ),
                (
                    "/api/v1/funds/institution-payments/orders",
                    "/api/v1/funds/institution-payments/orders".to_owned(),
                ),
            ] {
                assert!(lines.contains(&("get", line)), "{line}");
                let shown = other.get(&address).await.to_string();
                assert!(!shown.contains(&hospital), "{address}: {shown}");
            }
        }
        // What is the whole province's is no city's.
        for address in
            ["/api/v1/funds/notices", "/api/v1/funds/reconciliations?from=2026-11-01&to=2026-11-02"]
        {
            assert_eq!(own.refused("get", address, None).await, denied(), "{address}");
        }
        assert_eq!(own.refused("get", "/api/v1/nothing-here", None).await.0, 404);
    }

    // Nothing of it has happened: the filing waits as it was, the hospital stands where it stood.
    let still: FilingView = program.get(&format!("/api/v1/filings/{}", filed.id)).await.unwrap();
    assert_eq!((&still.stage, &still.destination), (&filed.stage, &filed.destination));
    let settlement: SettlementView = program.get(&format!("/api/v1/settlements/{settlement}")).await.unwrap();
    assert_eq!(settlement.stage, "settled");
    let place = play.world.institution(&hospital.parse().unwrap()).unwrap().place;
    let store = &play.world.province(hubei()).unwrap().node.context.store;
    let registered =
        store::institution::find(&mut store.conn().await.unwrap(), &hospital.parse().unwrap()).await;
    assert_eq!(registered.unwrap().unwrap().place, place);
    play.world.stop().await;
}

async fn trail(client: &Client, filter: &str) -> AuditTrail {
    client.get(&format!("/api/v1/audit-trail?{filter}")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_enters_does_not_decide_and_everything_leaves_a_trail() {
    let world = world().await;
    let node = world.province(hubei()).unwrap().url();
    let programs = program(&node);
    let number = "42010099001";
    let certno = enrol(&programs, number, "420106", "42010619850601912").await;
    let operator = person(&node, "liming", "李某明", "agency-operator", "420100").await;
    let reviewer = person(&node, "zhaolei", "赵某雷", "agency-reviewer", "420100").await;

    // Entered and approved at once by one person is not possible.
    let mut at_once = application("420106", number);
    at_once["approve_now"] = json!(true);
    let refused = operator.refused("post", "/api/v1/filings", Some(&at_once)).await;
    assert_eq!(refused, (403, "four-eyes".to_owned()));
    let filed = operator.post("/api/v1/filings", application("420106", number)).await;
    let id = filed["id"].as_str().unwrap();
    let approve = format!("/api/v1/filings/{id}/approve");
    assert_eq!(operator.refused("post", &approve, None).await, denied());

    // Not even when the person has become one who decides.
    let grant = json!({ "role": "agency-reviewer", "area": "420100" });
    let _: Value = programs.post("/api/v1/accounts/liming/grant", &grant).await.unwrap();
    assert_eq!(operator.refused("get", "/web/session", None).await.0, 401, "as another, one logs in again");
    let mut promoted = Browser::at(&node);
    promoted.log_in("liming", PASSWORD, None).await.unwrap();
    assert_eq!(promoted.refused("post", &approve, None).await, (403, "four-eyes".to_owned()));
    let reject = format!("/api/v1/filings/{id}/reject");
    let reason = json!({ "reason": "材料不全" });
    assert_eq!(promoted.refused("post", &reject, Some(&reason)).await, (403, "four-eyes".to_owned()));
    let approved = reviewer.post(&approve, json!({})).await;
    assert_eq!(approved["stage"], json!("effective"));

    // A look at somebody, whole, for a duty.
    let look = format!("/api/v1/filings?insured=420106&person={number}&reveal=true");
    assert_eq!(reviewer.refused("get", &look, None).await.1, "field-missing", "without a duty");

    // Whom an administrator may make, and change.
    let administrator = person(&node, "admin-wuhan", "周某己", "account-administrator", "420100").await;
    let new = |account: &str, name: &str, role: &str, area: &str| json!({ "account": account, "name": name, "role": role, "area": area });
    for (body, refusal) in [
        (new("yichang-1", "吴某庚", "agency-operator", "420500"), denied()),
        (new("hubei-1", "吴某庚", "agency-operator", "420000"), denied()),
        (new("wuhan-1", "吴某庚", "insured", "420100"), (422, "account-rule".to_owned())),
        (new("wuhan-1", "吴某庚", "cashier", "420100"), (422, "account-rule".to_owned())),
        (new("wuhan-1", "赵某雷", "agency-operator", "420100"), (422, "roles-exclude".to_owned())),
        (new("liming", "吴某庚", "agency-operator", "420100"), (422, "account-exists".to_owned())),
        (new("w1", "吴某庚", "agency-operator", "420100"), (400, "field-invalid".to_owned())),
    ] {
        assert_eq!(administrator.refused("post", "/api/v1/accounts", Some(&body)).await, refusal, "{body}");
    }
    let mut weak = new("wuhan-1", "吴某庚", "agency-operator", "420106");
    weak["password"] = json!("1234567890");
    assert_eq!(administrator.refused("post", "/api/v1/accounts", Some(&weak)).await.1, "password-rule");
    administrator.post("/api/v1/accounts", new("wuhan-1", "吴某庚", "agency-operator", "420106")).await;
    let own = json!({ "role": "auditor", "area": "420100" });
    let refused = administrator.refused("post", "/api/v1/accounts/admin-wuhan/grant", Some(&own)).await;
    assert_eq!(refused, (422, "account-rule".to_owned()), "nobody gives himself more");
    let listed = administrator.get("/api/v1/accounts").await;
    let names: Vec<&str> =
        listed["accounts"].as_array().unwrap().iter().map(|one| one["account"].as_str().unwrap()).collect();
    assert_eq!(names, ["admin-wuhan", "liming", "wuhan-1", "zhaolei"]);
    assert_eq!(administrator.refused("get", &format!("/api/v1/filings/{id}"), None).await, denied());
    assert_eq!(administrator.refused("get", "/api/v1/audit-trail", None).await, denied());

    // What is left of all that: who, what, and what came of it; no person in clear.
    let decided = trail(&programs, "action=decide-filings").await.entries;
    let outcomes: Vec<(&str, &str)> =
        decided.iter().rev().map(|one| (one.account.as_str(), one.outcome.as_str())).collect();
    let expected =
        [("liming", "not-permitted"), ("liming", "four-eyes"), ("liming", "four-eyes"), ("zhaolei", "done")];
    assert_eq!(outcomes, expected);
    assert!(decided.iter().all(|one| one.subject.contains(id) && one.address == "127.0.0.1"), "{decided:?}");
    let entered = trail(&programs, "action=enter-filings&outcome=done").await.entries;
    assert_eq!(entered.len(), 1);
    assert_eq!(entered[0].subject, format!("filing:{id}"));
    let of_person = trail(&programs, &format!("subject={number}")).await.entries;
    assert!(of_person.iter().any(|one| one.action == "enter-filings"), "found by its digest: {of_person:?}");
    let mut all = Vec::new();
    let mut page = trail(&programs, "").await;
    loop {
        all.append(&mut page.entries);
        let Some(next) = page.next else { break };
        page = trail(&programs, &format!("after={next}")).await;
    }
    let text = serde_json::to_string(&all).unwrap();
    for secret in [number, certno.as_str(), PASSWORD, "赵某丙"] {
        assert!(!text.contains(secret), "{secret} stands in the trail");
    }
    let numbers: Vec<i64> = all.iter().rev().map(|one| one.sequence).collect();
    assert_eq!(numbers, (1..=i64::try_from(all.len()).unwrap()).collect::<Vec<_>>());

    // The chain holds, and what was noted of it is still there; an auditor sees so.
    let auditor = person(&node, "auditor-hubei", "郑某辛", "auditor", "420000").await;
    let verified: AuditTrailVerified = programs.get("/api/v1/audit-trail/verification").await.unwrap();
    assert!(verified.holds && verified.entries > all.last().unwrap().sequence, "{verified:?}");
    let (sequence, hash) = (verified.head_sequence.unwrap(), verified.head_hash.unwrap());
    let noted = |hash: &str| format!("/api/v1/audit-trail/verification?sequence={sequence}&hash={hash}");
    assert_eq!(auditor.get(&noted(&hash)).await["holds"], json!(true));
    let found = auditor.get(&noted(&"0".repeat(64))).await;
    assert_eq!((&found["holds"], &found["broken_at"]), (&json!(false), &json!(sequence)));
    assert_eq!(auditor.refused("post", &approve, None).await, denied());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_insured_log_in_with_a_card_of_their_own_and_see_no_console() {
    let world: World = world().await;
    let someone = people::person(people::BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, 9);
    world.add_people(&[(people::BEIJING, someone.clone())]).await.unwrap();
    let node = world.province(beijing()).unwrap().url();
    let holder = json!({ "insured": "110101", "person": someone.number.as_str() });
    let card: IssuedCard = program(&node).post("/api/v1/cards", &holder).await.unwrap();
    let certno = someone.citizen.reveal();
    let new = |name: &str, card: &str, password: &str| json!({ "insured": "110101", "certno": certno, "name": name, "card": card, "password": password });
    let mut browser = Browser::at(&node);
    for (body, code) in [
        (new("某某某", &card.number, PASSWORD), "holder-unverified"),
        (new(&someone.name, "A00000000", PASSWORD), "holder-unverified"),
        (new(&someone.name, &card.number, "short"), "password-rule"),
    ] {
        assert_eq!(browser.refused("post", "/web/portal/register", Some(&body)).await.1, code);
    }
    browser.post("/web/portal/register", new(&someone.name, &card.number, PASSWORD)).await;
    let again = new(&someone.name, &card.number, "another-password");
    assert_eq!(browser.refused("post", "/web/portal/register", Some(&again)).await.1, "account-exists");

    let session = browser.log_in(certno, PASSWORD, None).await.unwrap();
    assert_eq!((&session["role"], &session["name"]), (&json!("insured"), &json!(someone.name)));
    assert!(!session.to_string().contains(certno), "{session}");
    let actions = session["actions"].as_array().unwrap();
    assert!(
        actions.contains(&json!("use-portal")) && !actions.contains(&json!("read-filings")),
        "{actions:?}"
    );
    for (method, path) in [
        ("get", format!("/api/v1/filings?insured=110101&person={}", someone.number)),
        ("get", format!("/api/v1/media?insured=110101&person={}", someone.number)),
        ("get", "/api/v1/accounts".to_owned()),
        ("get", "/api/v1/funds/ledger/trial".to_owned()),
    ] {
        assert_eq!(browser.refused(method, &path, None).await, denied(), "{path}");
    }
    // A card that was lost makes nobody an account, and five wrong tries lock the name.
    let other = people::person(people::BEIJING, InsuranceScheme::Employee, MemberStatus::Retired, 10);
    world.add_people(&[(people::BEIJING, other.clone())]).await.unwrap();
    let holder = json!({ "insured": "110101", "person": other.number.as_str() });
    let card: IssuedCard = program(&node).post("/api/v1/cards", &holder).await.unwrap();
    let _: Value = program(&node).post("/api/v1/cards/loss", &holder).await.unwrap();
    let body = json!({ "insured": "110101", "certno": other.citizen.reveal(), "name": other.name,
                       "card": card.number, "password": PASSWORD });
    for round in 1..=5 {
        let code = browser.refused("post", "/web/portal/register", Some(&body)).await.1;
        assert_eq!(code, if round < 5 { "holder-unverified" } else { "login-locked" });
    }
    let hub = Browser::at(&world.hub_url());
    assert_eq!(hub.refused("get", "/web/session", None).await.0, 401);
    world.stop().await;
}

//! The sandbox and the conformance kit, by their own doors: messages in, pages and JSON out; a platform that conforms, and one
//! that does not.

use crate::play::{databases, rules};
use axum::{Router, body::Body, extract::State};
use bytes::Bytes;
use casework::institution::Authentication;
use country::{
    bills::{self, Order},
    conformance::{Proxy, Report, Script, play, report_of},
    hospital::{Hospital, Settings as Software},
    institutions::Model,
    people,
    sandbox::{AREAS, Sandbox, Settings},
    transcript::Transcript,
};
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use node::SystemClock;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};
use terms::{Clock, Fen, InsuranceScheme, MemberStatus, PoolingArea, SettlementLevel};
use tokio::net::TcpListener;
use wire::hospital::conformance::Rule;

async fn sandbox() -> Sandbox {
    let mut settings = Settings::new(rules());
    settings.database = databases(&AREAS.map(PoolingArea::province), SystemClock.now(), 6).await;
    settings.port = 0;
    Sandbox::start(settings, &|_| {}).await.unwrap()
}

async fn send(method: Method, url: &str, body: Bytes) -> (u16, String) {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::builder().method(method).uri(url).body(Full::new(body)).unwrap();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn read(url: &str) -> (u16, String) {
    send(Method::GET, url, Bytes::new()).await
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/samples").join(name)).unwrap()
}

/// What is played by a hospital against a platform at `address`.
fn script(sandbox: &Sandbox, model: &Model, address: &str) -> Script {
    let world = &sandbox.world;
    let institution = world.institution(&model.code()).unwrap();
    let province = institution.place.province();
    let key = world.province(province).unwrap().node.context.key.public();
    let software = Software::of(institution, address).form(model.form).platform_key(key);
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let discharged = clock.now().plus_millis(-3_600_000);
    let admitted = discharged.plus_millis(-5 * 86_400_000);
    let order = Order {
        level: SettlementLevel::Tertiary,
        admitted,
        discharged,
        total: Fen(1_234_567),
        lines: 6,
        seed: 3,
    };
    let home = if AREAS[0].province() == province { AREAS[1] } else { AREAS[0] };
    let person = people::person(home, InsuranceScheme::Employee, MemberStatus::Retired, model.serial % 2);
    Script {
        hospital: Hospital::new(software, clock),
        person: Some((person.enrolments[0].insured, person.citizen)),
        lines: bills::small_bill(&world.rules.catalog(province), &order),
        stay: (admitted, discharged),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_in_the_sandbox_is_shown_with_its_deviations() {
    let sandbox = sandbox().await;
    let hubei = sandbox.world.province(AREAS[1].province()).unwrap().url();
    for name in ["2401-req-1.json", "1101-req-3.json", "9001-req-1.json"] {
        let (status, answer) = send(Method::POST, &format!("{hubei}/any"), sample(name).into()).await;
        assert!(status == 200 && answer.contains("\"infcode\":-1"), "{name}: {answer}");
    }
    send(Method::POST, &format!("{hubei}/any"), Bytes::from_static(b"<script>alert(1)</script>")).await;

    let base = sandbox.url();
    let (status, text) = read(&format!("{base}messages.json")).await;
    let all: Value = serde_json::from_str(&text).unwrap();
    let messages = all["messages"].as_array().unwrap();
    assert_eq!((status, messages.len()), (200, 4));
    let said: Vec<_> =
        messages.iter().map(|message| (message["number"].as_u64(), &message["infno"])).collect();
    assert_eq!(said[3], (Some(1), &json!("2401")));
    assert_eq!(messages[0]["deviations"][0]["rule"], "not-json");
    let flat = &messages[2]["deviations"];
    let is_told = flat.as_array().unwrap().iter().any(|one| one["rule"] == "flat" && one["handled"] != "");
    assert!(is_told, "{flat}");

    let (status, list) = read(&base).await;
    assert!(status == 200 && list.contains("入院办理") && list.contains("偏差"), "{list}");
    let (status, one) = read(&format!("{base}messages/2")).await;
    assert!(status == 200 && one.contains("字段未放入节点") && one.contains("请求头"), "{one}");
    let (_, script) = read(&format!("{base}messages/4")).await;
    assert!(!script.contains("<script>"), "what was sent is shown and not run");
    let (status, one) = read(&format!("{base}messages/3.json")).await;
    assert!(status == 200 && one.contains("\"infno\":\"9001\""), "{one}");
    for nothing in ["messages/99", "messages/x", "messages/0.json"] {
        assert_eq!(read(&format!("{base}{nothing}")).await.0, 404, "{nothing}");
    }
    let (_, about) = read(&format!("{base}about")).await;
    assert_eq!(about.matches("门诊慢特病：M").count(), country::sandbox::chronic().len(), "{about}");
    assert_eq!(about.matches("社会保障卡：卡号").count(), 4, "{about}");
    for institution in &sandbox.world.institutions {
        assert!(about.contains(institution.code.as_str()), "{}", institution.code);
        let shown =
            institution.authentication == Authentication::None || about.contains(&institution.secret.0);
        assert!(shown, "{}", institution.code);
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_platform_conforms_whatever_way_it_is_spoken_to() {
    let sandbox = sandbox().await;
    let mut ways = Vec::new();
    for model in sandbox.world.models() {
        if ways.contains(&model.authentication) {
            continue;
        }
        ways.push(model.authentication);
        let province = sandbox.world.institution(&model.code()).unwrap().place.province();
        let url = sandbox.world.province(province).unwrap().url();
        let report = play(&script(&sandbox, model, &url)).await;
        assert!(report.passed() && report.steps.len() >= 12, "{}\n{}", model.code(), report.text());
    }
    assert_eq!(ways.len(), Authentication::ALL.len());
    let sealed = sandbox.transcript.entries().into_iter().find(|entry| {
        sandbox.world.institutions.iter().any(|one| {
            one.authentication == Authentication::Sm2Sm4
                && one.code.as_str() == entry.institution
                && entry.infno == "2304"
        }) && entry.outcome == "成功"
    });
    let sealed = sealed.expect("a settlement under seal");
    assert!(sealed.request.contains("medfee_sumamt") && sealed.answer.contains("fund_pay_sumamt"));
    let own: Vec<_> = sandbox
        .transcript
        .entries()
        .iter()
        .filter(|entry| entry.outcome == "成功")
        .flat_map(|entry| entry.asked.clone())
        .filter(|deviation| deviation.rule.weight() == wire::hospital::conformance::Weight::Fault)
        .collect();
    assert!(own.is_empty(), "our own client leaves the standard: {own:?}");
    sandbox.stop().await;
}

/// What becomes of an answer, by what was asked.
type Spoil = fn(&str, String) -> String;

/// Forwards to a platform and spoils what it answers.
async fn spoiled(target: String, spoil: Spoil) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let pass = async move |State((target, spoil)): State<(String, Spoil)>,
                           request: axum::extract::Request| {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let asked = String::from_utf8_lossy(&body).into_owned();
        let (_, answer) = send(Method::POST, &target, body).await;
        ([("content-type", "application/json")], Body::from(spoil(&asked, answer)))
    };
    let routes = Router::new().fallback(pass).with_state((target, spoil));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

fn failed_steps(report: &Report) -> Vec<&str> {
    let failed = report.steps.iter().filter(|step| !step.failures.is_empty());
    failed.map(|step| step.name.split(' ').next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_does_not_conform_is_found() {
    let sandbox = sandbox().await;
    let model = sandbox.world.models().find(|model| {
        model.authentication == Authentication::None
            && model.division / 10_000 == 42
            && !model.chinese_medicine
    });
    let model = model.unwrap();
    let url = sandbox.world.province(AREAS[1].province()).unwrap().url();
    let ways: [(&str, Spoil, &[&str]); 4] = [
        (
            "amounts that do not balance",
            |_, answer| answer.replace("\"psn_cash_pay\":", "\"psn_cash_pay\":1"),
            &["2303", "2304"],
        ),
        (
            "a code as text",
            |_, answer| answer.replace("\"infcode\":0", "\"infcode\":\"0\""),
            &["9001", "1201"],
        ),
        (
            "another visit each time",
            |asked, answer| {
                let number = asked.len() % 10;
                if asked.contains("\"infno\":\"1101\"") {
                    return answer.replace("\"certno\":\"", "\"certno\":\"9");
                }
                answer.replace("\"sign_no\":\"", &format!("\"sign_nr\":\"{number}"))
            },
            &["9001", "1101"],
        ),
        (
            "refusals without a sentence",
            |_, answer| answer.replace("\"err_msg\":\"", "\"msg\":\""),
            &["错误约定：未知交易编号"],
        ),
    ];
    for (name, spoil, expected) in ways {
        let target = spoiled(url.clone(), spoil).await;
        let report = play(&script(&sandbox, model, &target)).await;
        let failed = failed_steps(&report);
        assert!(!report.passed(), "{name}");
        assert!(expected.iter().all(|step| failed.contains(step)), "{name}: {failed:?}\n{}", report.text());
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_says_what_a_client_does_wrong() {
    let sandbox = sandbox().await;
    let url = sandbox.world.province(AREAS[1].province()).unwrap().url();
    let transcript = Transcript::new("代理", 50, None).unwrap();
    let clock = Arc::clone(&sandbox.world.clock) as Arc<dyn Clock>;
    let proxy = Proxy::new(&url, Arc::clone(&transcript), clock, |_| {});
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(country::conformance::serve(listener, proxy));

    let model =
        sandbox.world.models().find(|model| model.authentication == Authentication::CsbHmacSha1).unwrap();
    let good = script(&sandbox, model, &address).hospital;
    good.sign_in().await.expect("headers and bodies pass unchanged");
    assert!(report_of(&transcript.entries()).passed(), "{}", report_of(&transcript.entries()).text());

    let path = "/fsi/api/rsfComIfsService/callService";
    let mut wrong: Value =
        good.envelope(&good.next_msgid(), "5303", None, json!({ "data": { "begntime": "昨天" } }));
    wrong["inf_time"] = json!("20261122");
    send(Method::POST, &format!("{address}{path}"), wrong.to_string().into()).await;
    let report = report_of(&transcript.entries());
    assert!(!report.passed());
    let failures =
        report.steps.iter().find(|step| step.name.starts_with("5303")).unwrap().failures.join("\n");
    assert!(failures.contains("inf_time") && failures.contains("input.data.begntime"), "{failures}");
    let last = &transcript.entries()[0];
    assert!(last.asked.iter().any(|deviation| deviation.rule == Rule::BadDate));
    let (status, page) = read(&format!("{address}/sandbox/")).await;
    assert!(status == 200 && page.contains("在院信息查询"), "{page}");

    // Nobody behind it: the client hears so.
    let dead = Proxy::new(
        "http://127.0.0.1:1",
        Transcript::new("代理", 5, None).unwrap(),
        Arc::new(node::SystemClock),
        |_| {},
    );
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let dead_address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(country::conformance::serve(listener, dead));
    assert_eq!(send(Method::POST, &dead_address, Bytes::new()).await.0, 502);
    sandbox.stop().await;
}

#[test]
fn the_documents_say_which_keys_there_are() {
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CONFORMANCE.md");
    let text = fs::read_to_string(documents).unwrap();
    let fixed = country::sandbox::fixed(BTreeMap::new());
    for model in country::institutions::MODELS {
        let code = model.code();
        let province = model.division / 10_000 * 10_000;
        if !AREAS.iter().any(|area| area.province().division().number() == province) {
            continue;
        }
        let line = text.lines().find(|line| line.starts_with(&format!("| `{code}` |")));
        let line = line.unwrap_or_else(|| panic!("{code} is not in docs/CONFORMANCE.md"));
        assert!(line.contains(model.authentication.name()), "{line}");
        if model.authentication != Authentication::None {
            let secret = fixed.secret(code.as_str()).0;
            assert!(line.contains(&secret), "{code}: {secret}");
        }
    }
    for rule in Rule::ALL {
        assert!(text.contains(&format!("| `{}` ", rule.code())), "{rule:?} is not in docs/CONFORMANCE.md");
    }
    for (person, ..) in country::sandbox::filings() {
        assert!(text.contains(person.citizen.reveal()), "{} {}", person.name, person.citizen.reveal());
    }
}

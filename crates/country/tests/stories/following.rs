//! One settlement followed through the three nodes: the hospital's message, the hub's passing on and the insured place's decision have
//! one trace id in their log lines, and a collector is told how they hang together. What a stranger writes into the header decides
//! nothing.

use crate::play::{self, Play};
use axum::{Json, Router, extract::State, routing::post};
use node::{Hub, ProvinceSettings, serve};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
    thread::{self, ThreadId},
};
use tokio::net::TcpListener;
use tracing::{
    Event, Metadata, Subscriber, callsite,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::set_global_default,
};

/// The fields of every request's span: node, from, trace.
type Seen = Vec<BTreeMap<String, String>>;

/// The thread that is listened to, and what was seen on it.
static HEARD: Mutex<Option<(ThreadId, Seen)>> = Mutex::new(None);

/// Hears all threads, since what is kept of whether anybody listens is kept for all of them.
struct Spans;

struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.name() == "request"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut heard = HEARD.lock().expect("no panic");
        let own = heard.as_mut().filter(|(thread, _)| *thread == thread::current().id());
        if let Some((_, seen)) = own {
            let mut fields = Fields(BTreeMap::new());
            span.record(&mut fields);
            seen.push(fields.0);
        }
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

// On one thread, so that this thread hears all nodes and no other story.
#[tokio::test]
async fn a_settlement_has_one_trace_id_at_hospital_hub_and_insured_place() {
    set_global_default(Spans).expect("nobody else in this program listens");
    // A span that another thread met first, while nobody listened, is looked at again.
    callsite::rebuild_interest_cache();
    let play = Play::prepare().await;
    *HEARD.lock().expect("no panic") = Some((thread::current().id(), Vec::new()));
    let settled = play.settle_patiently(&play.hospital.next_msgid()).await;
    assert_eq!(settled.total, play.total);
    let (_, seen) = HEARD.lock().expect("no panic").take().expect("it was put there");
    let first = seen.iter().find(|span| span["from"] == "hospital").expect("the hospital's message");
    let trace = &first["trace"];
    assert!(trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit()), "{trace}");
    let followed: Vec<(&str, &str)> = seen
        .iter()
        .filter(|span| span["trace"] == *trace)
        .map(|span| (span["node"].as_str(), span["from"].as_str()))
        .collect();
    let (hubei, beijing) = (play::hubei().to_string(), play::beijing().to_string());
    assert_eq!(
        followed,
        [(hubei.as_str(), "hospital"), ("100000", "peer"), (beijing.as_str(), "peer")],
        "{seen:#?}"
    );
}

/// What a collector was told: every span, with the node that told it.
type Told = Arc<Mutex<Vec<(String, Value)>>>;

/// A collector that keeps what it is told, and its address.
async fn collector() -> (String, Told) {
    let told = Told::default();
    let keep = async |State(told): State<Told>, Json(body): Json<Value>| {
        let of_node = &body["resourceSpans"][0];
        let node =
            of_node["resource"]["attributes"][2]["value"]["stringValue"].as_str().expect("a node").to_owned();
        let spans = of_node["scopeSpans"][0]["spans"].as_array().expect("spans");
        told.lock().expect("no panic").extend(spans.iter().map(|span| (node.clone(), span.clone())));
        "{}"
    };
    let router = Router::new().route("/v1/traces", post(keep)).with_state(Arc::clone(&told));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = format!("http://{}/v1/traces", listener.local_addr().expect("bound"));
    tokio::spawn(axum::serve(listener, router).into_future());
    (address, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_is_told_how_the_parts_of_a_settlement_hang_together() {
    let mut play = Play::prepare().await;
    let (address, told) = collector().await;
    let hub =
        Hub::new(play.world.hub.context.clone()).with_timetable(None).with_traces_to(Some(address.clone()));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let hub = serve::hub(Arc::new(hub), listener).expect("it serves");
    for province in [play::hubei(), play::beijing()] {
        let side = play.world.province(province).expect("it is there");
        side.to_hub.as_ref().expect("a wire").lead_to(&hub.url());
        let settings = ProvinceSettings { traces_to: Some(address.clone()), ..side.node.settings.clone() };
        play.world.kill(province);
        play.world.restart_with(province, settings).await.expect("it starts again");
    }
    play.settle_patiently(&play.hospital.next_msgid()).await;
    let of_settlement = async || loop {
        let all = told.lock().expect("no panic").clone();
        let first = all
            .iter()
            .find(|(_, span)| span["name"] == "hospital 2304")
            .map(|(_, span)| span["traceId"].clone());
        // Nodes that have just been started also ask the hub for keys.
        let is_part = |span: &Value| {
            Some(&span["traceId"]) == first.as_ref() && span["name"] != "peer find_participants"
        };
        let parts: Vec<(String, Value)> = all.into_iter().filter(|(_, span)| is_part(span)).collect();
        if parts.len() >= 3 {
            return parts;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let parts: BTreeMap<String, Value> = of_settlement().await.into_iter().collect();
    let [hubei, hub, beijing] = [play::hubei().to_string(), "100000".to_owned(), play::beijing().to_string()]
        .map(|node| &parts[&node]);
    assert_eq!((&hubei["parentSpanId"], &hubei["kind"]), (&json!(""), &json!(2)), "{parts:#?}");
    assert_eq!((&hub["name"], &hub["parentSpanId"]), (&json!("peer settle"), &hubei["spanId"]), "{parts:#?}");
    assert_eq!((&beijing["name"], &beijing["parentSpanId"]), (&json!("peer settle"), &hub["spanId"]));
    for part in parts.values() {
        assert_eq!(part["attributes"][0]["value"]["stringValue"], json!("done"), "{part}");
        // Texts of as many digits: they can be compared as they are.
        assert!(part["startTimeUnixNano"].as_str() <= part["endTimeUnixNano"].as_str(), "{part}");
    }
    let shown = format!("{parts:?}");
    assert!(!shown.contains(&play.patient.name) && !shown.contains(play.patient.number.as_str()), "{shown}");
}

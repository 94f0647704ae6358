//! One settlement followed through the three nodes: the hospital's message, the hub's passing on and the insured place's decision have
//! one trace id in their log lines. What a stranger writes into the header decides nothing.

use crate::play::{self, Play};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::set_default,
};

/// The fields of every request's span: node, from, trace.
type Seen = Arc<Mutex<Vec<BTreeMap<String, String>>>>;

struct Spans(Seen);

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
        let mut fields = Fields(BTreeMap::new());
        span.record(&mut fields);
        let mut seen = self.0.lock().expect("no panic");
        seen.push(fields.0);
        Id::from_u64(u64::try_from(seen.len()).expect("few"))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

// On one thread, so that the subscriber of this thread hears all nodes and no other story.
#[tokio::test]
async fn a_settlement_has_one_trace_id_at_hospital_hub_and_insured_place() {
    let seen = Seen::default();
    let _heard = set_default(Spans(Arc::clone(&seen)));
    let play = Play::prepare().await;
    seen.lock().expect("no panic").clear();
    let settled = play.settle_patiently(&play.hospital.next_msgid()).await;
    assert_eq!(settled.total, play.total);
    let seen = seen.lock().expect("no panic").clone();
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

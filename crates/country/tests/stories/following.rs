//! One settlement followed through the three nodes: the hospital's message, the hub's passing on and the insured place's decision have
//! one trace id in their log lines. What a stranger writes into the header decides nothing.

use crate::play::{self, Play};
use std::{
    collections::BTreeMap,
    fmt,
    sync::Mutex,
    thread::{self, ThreadId},
};
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

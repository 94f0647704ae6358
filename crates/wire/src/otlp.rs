//! Spans of requests as OpenTelemetry takes them: OTLP over HTTP, as JSON (`POST /v1/traces`).
//!
//! Nothing of a person, an institution or an amount is in a span: only which node did what kind of thing when, and how it ended.

use serde_json::{Value, json};
use terms::{Moment, Participant};

/// What a node did for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The request, over all nodes.
    pub trace: u128,
    /// This part of it.
    pub id: u64,
    /// The part that asked for it, at another node; none where it came in.
    pub parent: Option<u64>,
    /// Through which door it came: `hospital`, `peer`, `outbox`.
    pub door: &'static str,
    /// Which transaction or question it was.
    pub kind: &'static str,
    /// How it ended, one of a list.
    pub outcome: &'static str,
    /// Whether that is an error of this node or of another one.
    pub is_error: bool,
    /// When it began.
    pub began: Moment,
    /// How long it took, in nanoseconds.
    pub took_nanos: u64,
}

/// The body of a request that tells spans of one node.
pub fn body(node: Participant, version: &str, spans: &[Span]) -> String {
    json!({ "resourceSpans": [{
        "resource": { "attributes": [text("service.name", "yidi"), text("service.version", version),
                                     text("yidi.node", &node.to_string())] },
        "scopeSpans": [{ "scope": { "name": "yidi" }, "spans": spans.iter().map(written).collect::<Vec<_>>() }],
    }]})
    .to_string()
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// Numbers of 64 bits are written as texts, ids in hexadecimal digits, as the standard has it.
fn written(span: &Span) -> Value {
    const INTERNAL: u8 = 1;
    const SERVER: u8 = 2;
    let began = u64::try_from(span.began.millis()).unwrap_or_default().saturating_mul(1_000_000);
    json!({
        "traceId": format!("{:032x}", span.trace),
        "spanId": format!("{:016x}", span.id),
        "parentSpanId": span.parent.map(|parent| format!("{parent:016x}")).unwrap_or_default(),
        "name": format!("{} {}", span.door, span.kind),
        "kind": if span.door == "outbox" { INTERNAL } else { SERVER },
        "startTimeUnixNano": began.to_string(),
        "endTimeUnixNano": began.saturating_add(span.took_nanos).to_string(),
        "attributes": [text("yidi.outcome", span.outcome)],
        "status": if span.is_error { json!({ "code": 2 }) } else { json!({}) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_written_as_the_standard_has_it() {
        let span = Span {
            trace: 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c,
            id: 0xb7ad_6b71_6920_3331,
            parent: Some(1),
            door: "peer",
            kind: "settle",
            outcome: "unknown",
            is_error: true,
            began: Moment::from_millis(1_795_226_400_000).expect("a moment"),
            took_nanos: 1_500_000,
        };
        let written: Value = serde_json::from_str(&body(Participant::Hub, "0.1.0", &[span])).expect("JSON");
        let told = &written["resourceSpans"][0];
        assert_eq!(told["resource"]["attributes"][2]["value"]["stringValue"], json!("100000"));
        assert_eq!(
            told["scopeSpans"][0]["spans"],
            json!([{
                "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
                "parentSpanId": "0000000000000001", "name": "peer settle", "kind": 2,
                "startTimeUnixNano": "1795226400000000000", "endTimeUnixNano": "1795226400001500000",
                "attributes": [{ "key": "yidi.outcome", "value": { "stringValue": "unknown" } }],
                "status": { "code": 2 },
            }])
        );
    }
}

//! Tells a collector (OpenTelemetry) what this node did for each request.
//!
//! Never in the way of the traffic: what is to be told waits in a queue of fixed length, and what finds it full, or cannot be told, is
//! dropped and counted.

use crate::{
    metrics::Metrics,
    peer::{ask::Http, carrier::Carrier},
};
use std::{sync::Arc, time::Duration};
use terms::Participant;
use tokio::sync::mpsc;
use wire::otlp::{self, Span};

/// How many spans wait at most.
const WAITING_MAX: usize = 8_192;
/// How many are told at once.
const TOGETHER_MAX: usize = 512;
/// How long the first of them waits for others.
const GATHERED_FOR: Duration = Duration::from_secs(1);
/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Tells what it is given, some time.
pub struct Exporter {
    queue: mpsc::Sender<Span>,
    metrics: Arc<Metrics>,
}

impl Exporter {
    /// Tells the collector at this address (`http://host:port/v1/traces`). Its worker runs on the runtime that this is called on and
    /// ends with it.
    pub fn start(
        address: String,
        node: Participant,
        carrier: Arc<dyn Carrier>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (queue, told) = mpsc::channel(WAITING_MAX);
        tokio::spawn(run(address, node, Http::over(carrier), Arc::clone(&metrics), told));
        Self { queue, metrics }
    }

    /// Tells a span, or drops it.
    pub fn tell(&self, span: Span) {
        if self.queue.try_send(span).is_err() {
            self.metrics.spans_lost(1);
        }
    }
}

async fn run(
    address: String,
    node: Participant,
    http: Http,
    metrics: Arc<Metrics>,
    mut told: mpsc::Receiver<Span>,
) {
    let mut spans = Vec::with_capacity(TOGETHER_MAX);
    while told.recv_many(&mut spans, TOGETHER_MAX).await > 0 {
        let gathered = async {
            while spans.len() < TOGETHER_MAX {
                match told.recv().await {
                    Some(span) => spans.push(span),
                    None => break,
                }
            }
        };
        let _ = tokio::time::timeout(GATHERED_FOR, gathered).await;
        let body = otlp::body(node, env!("CARGO_PKG_VERSION"), &spans).into_bytes();
        let shown = ("x-yidi-node", node.to_string());
        let sent = http.post_to(&address, ("application/json", body), shown, ANSWER_BYTES_MAX, PATIENCE);
        if let Err(why) = sent.await {
            tracing::debug!(%why, "spans were not told");
            metrics.spans_lost(spans.len());
        }
        spans.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::carrier::Network;
    use store::status::Connections;
    use terms::Moment;

    #[tokio::test]
    async fn what_cannot_be_told_is_counted_and_forgotten() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let metrics = Arc::new(Metrics::new("hub"));
        let nobody = "http://127.0.0.1:1/v1/traces".to_owned();
        let exporter =
            Exporter::start(nobody, Participant::Hub, Arc::new(Network::default()), Arc::clone(&metrics));
        let span = Span {
            trace: 1,
            id: 1,
            parent: None,
            door: "hospital",
            kind: "2304",
            outcome: "done",
            is_error: false,
            began: now,
            took_nanos: 1,
        };
        // Two more than the queue holds: nobody takes any out before this waits.
        for _ in 0..WAITING_MAX + 2 {
            exporter.tell(span.clone());
        }
        let lost = || {
            let text = metrics.write(Connections::default(), None, now);
            let line = text.lines().find_map(|line| line.strip_prefix("yidi_spans_lost_total "));
            line.and_then(|count| count.parse().ok()).unwrap_or(0_usize)
        };
        assert_eq!(lost(), 2);
        while lost() < WAITING_MAX + 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

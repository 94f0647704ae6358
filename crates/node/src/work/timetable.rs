//! The timetable (日程): what a node does by itself about the money between provinces, over and over.
//!
//! Every vertical has a `tick` that does what is due on the day that the clock says and does nothing when there is nothing
//! to do: it may be called at any time and as often as one likes. A tick that fails is written into the log and comes again.
//!
//! To add one: a line in [`province_ticks`] or [`hub_ticks`].

use crate::{
    context::{Context, Outcome},
    hub::Hub,
    metrics::Metrics,
    province::ProvinceNode,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Keeps a province's timetable until told to stop.
pub async fn run_province(node: Arc<ProvinceNode>, every: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        province_ticks(&node).await;
        pause(every, &mut stop).await;
    }
}

/// Keeps the hub's timetable until told to stop.
pub async fn run_hub(hub: Arc<Hub>, every: Duration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        hub_ticks(&hub).await;
        pause(every, &mut stop).await;
    }
}

async fn pause(every: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(every) => {}
        _ = stop.changed() => {}
    }
}

/// What a province does, once each, in an order in which one may give the next something to do.
pub async fn province_ticks(node: &ProvinceNode) {
    done(&node.metrics, &node.context, "ledger", crate::ledger::tick(&node.context).await);
    done(&node.metrics, &node.context, "reconciliation", crate::daily_reconciliation::tick(node).await);
    done(&node.metrics, &node.context, "transfers", crate::payment_order::tick(node).await);
    done(&node.metrics, &node.context, "prepayments", crate::prepayment::tick_province(node).await);
    done(&node.metrics, &node.context, "statements", crate::clearing_statement::tick(node).await);
}

/// What the hub does, once each.
pub async fn hub_ticks(hub: &Hub) {
    done(&hub.metrics, &hub.context, "ledger", crate::ledger::tick(&hub.context).await);
    done(&hub.metrics, &hub.context, "clearing", crate::clearing::tick(hub).await);
    done(&hub.metrics, &hub.context, "urging", crate::urging::tick(hub).await);
    done(&hub.metrics, &hub.context, "prepayments", crate::prepayment::tick_hub(hub).await);
}

fn done(metrics: &Metrics, context: &Context, what: &'static str, outcome: Outcome<()>) {
    metrics.task(what, context.now(), outcome.is_ok());
    if let Err(failure) = outcome {
        tracing::warn!(what, refusal = %failure.refusal(), "the timetable goes on later");
    }
}

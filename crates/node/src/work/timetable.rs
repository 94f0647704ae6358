//! The timetable (日程): what a node does by itself about the money between provinces, over and over.
//!
//! Every vertical has a `tick` that does what is due on the day that the clock says and does nothing when there is nothing
//! to do: it may be called at any time and as often as one likes. A tick that fails is written into the log and comes again.
//! Of several instances of a node one keeps the timetable at a time; what it has done the next one finds done.
//!
//! To add one: a line in [`province_ticks`] or [`hub_ticks`].

use super::rest;
use crate::{
    context::{Context, Outcome},
    hub::Hub,
    metrics::Metrics,
    province::ProvinceNode,
};
use std::{sync::Arc, time::Duration};
use store::turn::{Task, Turn};
use tokio::sync::watch;

/// Keeps a province's timetable until told to stop.
pub async fn run_province(node: Arc<ProvinceNode>, every: Duration, mut stop: watch::Receiver<bool>) {
    loop {
        province_ticks(&node).await;
        if !rest(every, &mut stop).await {
            return;
        }
    }
}

/// Keeps the hub's timetable until told to stop.
pub async fn run_hub(hub: Arc<Hub>, every: Duration, mut stop: watch::Receiver<bool>) {
    loop {
        hub_ticks(&hub).await;
        if !rest(every, &mut stop).await {
            return;
        }
    }
}

/// What a province does, once each, in an order in which one may give the next something to do.
pub async fn province_ticks(node: &ProvinceNode) {
    let Some(turn) = turn(&node.context).await else { return };
    done(&node.metrics, &node.context, "ledger", crate::ledger::tick(&node.context).await);
    done(&node.metrics, &node.context, "reconciliation", crate::daily_reconciliation::tick(node).await);
    done(&node.metrics, &node.context, "transfers", crate::payment_order::tick(node).await);
    done(&node.metrics, &node.context, "prepayments", crate::prepayment::tick_province(node).await);
    done(&node.metrics, &node.context, "statements", crate::clearing_statement::tick(node).await);
    done(&node.metrics, &node.context, "announcements", crate::announcement::tick(node).await);
    done(&node.metrics, &node.context, "institutions", crate::national_register::tick(node).await);
    done(&node.metrics, &node.context, "stays", crate::stays::tick(node).await);
    done(&node.metrics, &node.context, "statistics", crate::statistics::tick_province(node).await);
    done(&node.metrics, &node.context, "transcripts", crate::transcript::tick(node).await);
    over(turn).await;
}

/// What the hub does, once each.
pub async fn hub_ticks(hub: &Hub) {
    let Some(turn) = turn(&hub.context).await else { return };
    done(&hub.metrics, &hub.context, "ledger", crate::ledger::tick(&hub.context).await);
    done(&hub.metrics, &hub.context, "clearing", crate::clearing::tick(hub).await);
    done(&hub.metrics, &hub.context, "urging", crate::urging::tick(hub).await);
    done(&hub.metrics, &hub.context, "prepayments", crate::prepayment::tick_hub(hub).await);
    done(&hub.metrics, &hub.context, "statistics", crate::statistics::tick_hub(hub).await);
    over(turn).await;
}

/// The turn to keep it; `None` while another instance does, or where the database cannot say.
async fn turn(context: &Context) -> Option<Turn> {
    match context.store.take_turn(Task::Timetable).await {
        Ok(turn) => turn,
        Err(error) => {
            tracing::warn!(%error, "the timetable goes on later");
            None
        }
    }
}

async fn over(turn: Turn) {
    if let Err(error) = turn.end().await {
        tracing::info!(%error, "the turn at the timetable ends with its connection");
    }
}

fn done(metrics: &Metrics, context: &Context, what: &'static str, outcome: Outcome<()>) {
    metrics.task(what, context.now(), outcome.is_ok());
    if let Err(failure) = outcome {
        tracing::warn!(what, refusal = %failure.refusal(), "the timetable goes on later");
    }
}

//! Sends on the details of settlements that stand, when they are due and at a pace that leaves the node to the hospitals.

use super::rest;
use crate::{context::Failure, details_on, province::ProvinceNode};
use std::{sync::Arc, time::Duration};
use store::transmission::{self, Transmission};
use tokio::{sync::watch, task::JoinSet};

/// How many settlements' details are sent at once.
const AT_ONCE: i64 = 4;
/// How many pages of the book are searched before something is sent.
const PAGES: usize = 20;
/// How many settlements' details are sent before the next search.
const BETWEEN_SEARCHES: usize = 400;

/// Searches and sends until told to stop.
pub async fn run(node: Arc<ProvinceNode>, every: Duration, mut stop: watch::Receiver<bool>) {
    loop {
        send_due(&node).await;
        if !rest(every, &mut stop).await {
            return;
        }
    }
}

/// Searches, and sends what is due, once each; of how many settlements.
pub async fn send_due(node: &Arc<ProvinceNode>) -> usize {
    if let Err(failure) = search(node).await {
        tracing::warn!(refusal = %failure.refusal(), "details that are due cannot be searched for");
        return 0;
    }
    let mut sent = 0;
    while sent < BETWEEN_SEARCHES {
        let due = match claim_due(node).await {
            Ok(due) => due,
            Err(failure) => {
                tracing::warn!(refusal = %failure.refusal(), "details that are due cannot be read");
                break;
            }
        };
        if due.is_empty() {
            break;
        }
        sent += due.len();
        let mut sends = JoinSet::new();
        for one in due {
            let node = Arc::clone(node);
            sends.spawn(async move { send(&node, one).await });
        }
        sends.join_all().await;
    }
    sent
}

async fn search(node: &ProvinceNode) -> Result<(), Failure> {
    for _ in 0..PAGES {
        if details_on::search(node).await? == 0 {
            break;
        }
    }
    Ok(())
}

async fn claim_due(node: &ProvinceNode) -> Result<Vec<Transmission>, Failure> {
    let mut work = node.context.store.begin().await?;
    let due =
        transmission::claim_due(&mut work, node.context.now(), AT_ONCE.min(node.settings.sends_at_once))
            .await?;
    work.save().await?;
    Ok(due)
}

async fn send(node: &ProvinceNode, due: Transmission) {
    let (id, attempts) = (due.settlement, due.attempts);
    match details_on::send(node, due).await {
        Ok(stage) => tracing::info!(settlement = %id, stage = stage.name(), "details were sent on"),
        Err(failure) => {
            tracing::info!(settlement = %id, attempts, refusal = %failure.refusal(), "details go on later");
        }
    }
}

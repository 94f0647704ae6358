//! Takes up what people have left to go on by itself (任务) and nobody holds any more ([`crate::job`]), and forgets what is no longer kept. What
//! somebody has begun and nobody ended gets its entry of the audit trail ([`access::give_up`]), and before that what has ended and could not be
//! written down ([`access::write_known`]).

use super::rest;
use crate::{
    access::{self, Managed},
    job,
};
use axum::Router;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long it rests between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// After so many looks it forgets what is old …
const LOOKS: u32 = 60;
/// … and after so many it looks for acts that nobody is about any more.
const LOOKS_FOR_ACTS: u32 = 5;

/// Looks until told to stop; then what is worked on here is let go, and whoever else runs on this database takes it up.
pub(crate) async fn run<N: Managed>(node: Arc<N>, router: Router, mut stop: watch::Receiver<bool>) {
    let _along = node.desk().to_the_end();
    let mut looks = 0_u32;
    loop {
        match job::take_up(&*node, &router).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(failure) => tracing::warn!(refusal = %failure.refusal(), "jobs are taken up later"),
        }
        if looks.is_multiple_of(LOOKS)
            && let Err(failure) = job::forget_old(node.given()).await
        {
            tracing::warn!(refusal = %failure.refusal(), "old jobs are forgotten later");
        }
        // What is known is written first, so that it is not given up.
        write_known(&*node).await;
        if looks % LOOKS_FOR_ACTS == LOOKS_FOR_ACTS - 1 {
            give_up(&*node).await;
        }
        looks = looks.wrapping_add(1);
        if !rest(EVERY, &mut stop).await {
            break;
        }
    }
    node.desk().leave().await;
    write_known(&*node).await;
}

/// Writes down how acts ended that the database did not take when they did.
async fn write_known(node: &impl Managed) {
    if let Err(failure) = access::write_known(node.given()).await {
        tracing::warn!(refusal = %failure.refusal(), "how acts ended is written down later");
    }
}

/// Gives up what nobody is about any more, one after the other.
async fn give_up(node: &impl Managed) {
    loop {
        match access::give_up(node.given()).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(failure) => {
                tracing::warn!(refusal = %failure.refusal(), "acts whose end is unknown are written down later");
                break;
            }
        }
    }
}

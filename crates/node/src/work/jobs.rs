//! Takes up what people have left to go on by itself (任务) and nobody holds any more ([`crate::job`]), and forgets what is no longer kept.

use super::rest;
use crate::{access::Managed, job};
use axum::Router;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long it rests between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// After so many looks it forgets what is old.
const LOOKS: u32 = 60;

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
        looks = looks.wrapping_add(1);
        if !rest(EVERY, &mut stop).await {
            break;
        }
    }
    node.desk().leave().await;
}

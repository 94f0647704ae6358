//! How the network answers just now: what passed the hub in the last hour or day, by kind of question and by participant, with failure
//! rates (失败率) and times. Of this instance alone, out of what it keeps beside its metrics ([`crate::lately`]).

use super::{Answer, Clerk, figures::share, list::Asked};
use crate::{
    context::Failure,
    hub::Hub,
    lately::{Counts, Span},
};
use axum::{Router, extract::State, http::Uri, routing::get};
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};
use store::hub;
use terms::{Participant, Refusal};
use wire::api::statistics::{AnsweringFigures, Ended, Passing, PassingFigures};

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new().route("/api/v1/passing", get(passing))
}

async fn passing(State(hub): State<Arc<Hub>>, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let span = match asked.text("span") {
        None => Span::Hour,
        Some(name) => Span::of_name(name).ok_or_else(|| Refusal::invalid("span", "hour或day"))?,
    };
    let list = async { Ok(hub::participants(&mut *hub.context.store.conn().await?).await?) };
    let register = list.await.map_err(|failure: Failure| failure.refusal())?;
    let register: BTreeMap<Participant, (String, Option<String>)> =
        register.into_iter().map(|entry| (entry.participant, (entry.name, entry.suspended))).collect();
    let mut kinds: Vec<(Counts, PassingFigures)> = hub
        .metrics
        .kinds
        .over(span)
        .into_iter()
        .map(|(kind, counts)| (counts, PassingFigures { kind: kind.to_owned(), ended: ended(&counts) }))
        .collect();
    let mut participants: Vec<(Counts, AnsweringFigures)> = hub
        .metrics
        .answering
        .over(span)
        .into_iter()
        .map(|(participant, counts)| {
            let known = register.get(&participant).cloned();
            let (name, suspended) = known.unwrap_or_else(|| (participant.to_string(), None));
            (counts, AnsweringFigures { participant, name, suspended, ended: ended(&counts) })
        })
        .collect();
    kinds.sort_by_key(|(counts, _)| slowness(counts));
    participants.sort_by_key(|(counts, _)| slowness(counts));
    Ok(Answer::json(&Passing {
        span: span.name().to_owned(),
        as_of: hub.context.now().to_string(),
        kinds: kinds.into_iter().map(|(_, one)| one).collect(),
        participants: participants.into_iter().map(|(_, one)| one).collect(),
    }))
}

/// The slowest first, and what was longer than anything that is told apart before all; of those alike, the one that fails more.
fn slowness(counts: &Counts) -> impl Ord + use<> {
    let slow = counts.within(95).unwrap_or(u64::MAX);
    (Reverse(slow), Reverse(counts.failed), Reverse(counts.all()))
}

fn ended(counts: &Counts) -> Ended {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Ended {
        all: counts.all(),
        done: counts.done,
        refused: counts.refused,
        failed: counts.failed,
        failure_rate: share(number(counts.failed), number(counts.all())),
        median_millis: counts.within(50),
        slow_millis: counts.within(95),
    }
}

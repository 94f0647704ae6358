//! The outbox: what another node must hear is sent again until it has answered. (In the model of the protocol,
//! `casework/tests/protocol`, this is the step `AskAgain`.)
//!
//! Questions are claimed a few at a time, of each addressee as many as [`Pace`] has places for: one of a node that is away. When it
//! answers again, what waits for it flows, however long it has waited.

mod pace;

use super::rest;
use crate::{
    clearing_statement,
    context::{Failure, is_transient},
    deduction, outside_scheme,
    province::ProvinceNode,
    settlement,
    trace::Door,
};
pub use pace::Pace;
use pace::Place;
use std::{sync::Arc, time::Duration};
use store::{
    outbox::{self, Waiting},
    treatment,
};
use tokio::{sync::watch, task::JoinSet};
use wire::peer::v1::{Answer, Question};

/// How often the outbox is looked through, where nothing is answered meanwhile.
const EVERY: Duration = Duration::from_millis(500);
/// How much longer than the node's patience a question is left to whoever sends it.
const LEASE_MARGIN: Duration = Duration::from_secs(6);
/// The longest rest of a question whose addressee was not reached, in milliseconds. It may be short: one is sent at a time.
const UNREACHED_REST_MILLIS: i64 = 5_000;
/// The longest rest of one that was answered in a way that is no answer, in milliseconds.
const REST_MILLIS: i64 = 60_000;

/// Looks through the outbox until told to stop.
pub async fn run(node: Arc<ProvinceNode>, stop: watch::Receiver<bool>) {
    tokio::join!(send_on(&node, stop.clone()), undo_outside(&node, stop));
}

async fn send_on(node: &Arc<ProvinceNode>, mut stop: watch::Receiver<bool>) {
    let mut sending = Sending::of(node);
    loop {
        let claimed = sending.begin(usize::MAX).await;
        let next_at = tokio::time::Instant::now() + EVERY;
        // What is next is claimed when half of those under way are done: not one by one, and before all are.
        let few = if claimed > 0 { sending.sends.len() / 2 } else { 0 };
        loop {
            tokio::select! {
                is_over = sending.hear(), if !sending.sends.is_empty() => {
                    if is_over && claimed > 0 && sending.sends.len() <= few {
                        break;
                    }
                }
                () = tokio::time::sleep_until(next_at) => break,
                () = told(&mut stop) => {
                    while sending.hear().await {}
                    sending.give_back().await;
                    return;
                }
            }
        }
        sending.give_back().await;
    }
}

/// Waits until it is told to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
}

/// Has outside core systems undo what is to be undone there, until told to stop.
async fn undo_outside(node: &Arc<ProvinceNode>, mut stop: watch::Receiver<bool>) {
    loop {
        outside_scheme::undo_due(node).await;
        if !rest(EVERY, &mut stop).await {
            return;
        }
    }
}

/// Sends what is due, each once, as many as may be under way, or until somebody is not reached; how many were answered.
pub async fn deliver_due(node: &Arc<ProvinceNode>) -> usize {
    let mut sending = Sending::of(node);
    let mut left = usize::try_from(node.settings.sends_at_once).unwrap_or(0);
    loop {
        left -= sending.begin(left).await;
        if sending.sends.is_empty() {
            break;
        }
        while sending.hear().await {}
        if sending.given_up.iter().any(|(_, ended)| *ended == Ended::Unreached) {
            left = 0;
        }
        sending.give_back().await;
    }
    sending.answered + outside_scheme::undo_due(node).await
}

/// How the sending of a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// It is answered, and need not be asked again.
    Answered,
    /// There was an answer, but none that ends it.
    NotAnswered,
    /// Nobody was there, or whoever was took no more.
    Unreached,
}

/// Questions under way.
struct Sending<'a> {
    node: &'a Arc<ProvinceNode>,
    sends: JoinSet<(Waiting, Ended)>,
    /// Those that are to be sent again, and were not given back yet.
    given_up: Vec<(Waiting, Ended)>,
    answered: usize,
}

impl<'a> Sending<'a> {
    fn of(node: &'a Arc<ProvinceNode>) -> Self {
        Self { node, sends: JoinSet::new(), given_up: Vec::new(), answered: 0 }
    }

    /// Sends what is due and has a place, at most so many; how many these are.
    async fn begin(&mut self, most: usize) -> usize {
        match self.claim(most).await {
            Ok(claimed) => claimed,
            Err(failure) => {
                tracing::warn!(refusal = %failure.refusal(), "the outbox cannot be read");
                0
            }
        }
    }

    async fn claim(&mut self, most: usize) -> Result<usize, Failure> {
        if most == 0 {
            return Ok(0);
        }
        let (context, settings) = (&self.node.context, &self.node.settings);
        let due = outbox::due(&mut *context.store.conn().await?, context.now()).await?;
        let mut places = self.node.pace.places(&due, most);
        if places.is_empty() {
            return Ok(0);
        }
        let lease = settings.patience + LEASE_MARGIN;
        let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 4);
        let wanted: Vec<_> =
            places.iter().map(|(to, of)| (*to, i64::try_from(of.len()).unwrap_or(i64::MAX))).collect();
        let mut work = context.store.begin().await?;
        let claimed = outbox::claim_due(&mut work, context.now(), lease, &wanted).await?;
        work.save().await?;
        let many = claimed.len();
        for waiting in claimed {
            let place = places.get_mut(&waiting.addressee).and_then(Vec::pop);
            let place = place.expect("no more are claimed than there are places");
            self.sends.spawn(send(Arc::clone(self.node), waiting, place));
        }
        Ok(many)
    }

    /// Waits until one has ended, and takes up all that have; false if none was under way.
    async fn hear(&mut self) -> bool {
        let Some(first) = self.sends.join_next().await else { return false };
        let mut next = Some(first);
        while let Some(ended) = next {
            match ended {
                Ok((_, Ended::Answered)) => self.answered += 1,
                Ok(other) => self.given_up.push(other),
                // Its lease brings it back, and nothing else waits for it.
                Err(error) => tracing::error!(%error, "a question could not be sent"),
            }
            next = self.sends.try_join_next();
        }
        true
    }

    /// Gives back what was not answered, to be sent again after a rest.
    async fn give_back(&mut self) {
        if self.given_up.is_empty() {
            return;
        }
        if let Err(failure) = put_off(self.node, &self.given_up).await {
            tracing::info!(refusal = %failure.refusal(), "questions are sent again when their lease is over");
        }
        self.given_up.clear();
    }
}

async fn send(node: Arc<ProvinceNode>, waiting: Waiting, place: Place) -> (Waiting, Ended) {
    let sent = Box::pin(deliver(&node, &waiting));
    let ended = node.tracer.begin(Door::Outbox, node.context.now(), sent).await;
    match ended {
        Ended::Answered | Ended::NotAnswered => place.answered(),
        Ended::Unreached => place.unreached(),
    }
    (waiting, ended)
}

async fn put_off(node: &ProvinceNode, given_up: &[(Waiting, Ended)]) -> Result<(), Failure> {
    let mut work = node.context.store.begin().await?;
    for (how, most_millis) in [(Ended::Unreached, UNREACHED_REST_MILLIS), (Ended::NotAnswered, REST_MILLIS)] {
        let of_these: Vec<&Waiting> =
            given_up.iter().filter(|(_, ended)| *ended == how).map(|(waiting, _)| waiting).collect();
        if !of_these.is_empty() {
            outbox::put_off(&mut work, &of_these, node.context.now(), most_millis).await?;
        }
    }
    Ok(work.save().await?)
}

/// Sends one.
async fn deliver(node: &ProvinceNode, waiting: &Waiting) -> Ended {
    let question = match question_of(node, waiting).await {
        Ok(Some(question)) => question,
        // The settlement has come to its end meanwhile, and its row has gone with it.
        Ok(None) => return Ended::Answered,
        Err(failure) => {
            tracing::warn!(subject = %waiting.subject, refusal = %failure.refusal(), "cannot be asked now");
            return Ended::NotAnswered;
        }
    };
    let answered = match &question {
        Question::Settle(_) => settlement::ask(node, &question).await.map(drop),
        Question::Undo(_) => settlement::ask_undo(node, &question).await.map(drop),
        Question::AnswerClearing(asked) => clearing_statement::deliver(node, waiting, asked).await,
        Question::ReportDeduction(asked) => deduction::deliver(node, waiting, asked).await,
        _ => publish(node, waiting, &question).await,
    };
    let Err(failure) = answered else { return Ended::Answered };
    let refusal = failure.refusal();
    tracing::info!(subject = %waiting.subject, kind = %waiting.kind, attempts = waiting.attempts, %refusal, "not answered yet");
    // A reply that cannot be trusted came from somebody all the same.
    let is_unreached = is_transient(refusal.code()) && refusal.code() != "peer-rejected";
    if is_unreached { Ended::Unreached } else { Ended::NotAnswered }
}

/// What is to be asked: as it was put out, or as its settlement says.
async fn question_of(node: &ProvinceNode, waiting: &Waiting) -> Result<Option<Question>, Failure> {
    if let Some(question) = &waiting.question {
        return Ok(Some(question.read()?));
    }
    let mut conn = node.context.store.conn().await?;
    let Ok(id) = waiting.subject.parse() else { return Ok(None) };
    let settlement = treatment::find(&mut conn, id).await?;
    Ok(settlement.as_ref().and_then(settlement::question_of))
}

async fn publish(node: &ProvinceNode, waiting: &Waiting, question: &Question) -> Result<(), Failure> {
    match node.ask(question).await {
        Ok(Answer::Taken) => {
            let mut work = node.context.store.begin().await?;
            outbox::take_if_same(&mut work, waiting).await?;
            Ok(work.save().await?)
        }
        Ok(_) => {
            Err(Failure::Trouble(terms::Refusal::PeerRejected { detail: "应答与请求不符".to_owned() }))
        }
        Err(no_answer) => Err(Failure::Trouble(no_answer.refusal())),
    }
}

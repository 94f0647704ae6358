//! The outbox: what another node must hear is sent again until it has answered. (In the model of the protocol,
//! `casework/tests/protocol`, this is the step `AskAgain`.)

use super::rest;
use crate::{
    clearing_statement, context::Failure, deduction, outside_scheme, province::ProvinceNode, settlement,
    trace::Door,
};
use std::{sync::Arc, time::Duration};
use store::{
    outbox::{self, Waiting},
    treatment,
};
use tokio::sync::watch;
use wire::peer::v1::{Answer, Question};

/// How often the outbox is looked through.
const EVERY: Duration = Duration::from_millis(500);
/// How much longer than the node's patience a question is left to whoever sends it.
const LEASE_MARGIN: Duration = Duration::from_secs(6);

/// Looks through the outbox until told to stop.
pub async fn run(node: Arc<ProvinceNode>, mut stop: watch::Receiver<bool>) {
    loop {
        deliver_due(&node).await;
        if !rest(EVERY, &mut stop).await {
            return;
        }
    }
}

/// Sends what is due, once each; how many were answered.
pub async fn deliver_due(node: &Arc<ProvinceNode>) -> usize {
    let due = match claim_due(node).await {
        Ok(due) => due,
        Err(failure) => {
            tracing::warn!(refusal = %failure.refusal(), "the outbox cannot be read");
            return 0;
        }
    };
    let mut sends = tokio::task::JoinSet::new();
    for waiting in due {
        let node = Arc::clone(node);
        sends.spawn(async move {
            let sent = Box::pin(deliver(&node, &waiting));
            let answered = node.tracer.begin(Door::Outbox, node.context.now(), sent).await;
            if answered { Ok(()) } else { Err(waiting) }
        });
    }
    let sent = sends.join_all().await;
    let all = sent.len();
    let unanswered: Vec<Waiting> = sent.into_iter().filter_map(Result::err).collect();
    if let Err(failure) = put_off(node, &unanswered).await {
        tracing::info!(refusal = %failure.refusal(), "questions are sent again when their lease is over");
    }
    all - unanswered.len() + outside_scheme::undo_due(node).await
}

async fn claim_due(node: &ProvinceNode) -> Result<Vec<Waiting>, Failure> {
    let mut work = node.context.store.begin().await?;
    let lease = node.settings.patience + LEASE_MARGIN;
    let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 4);
    let due = outbox::claim_due(&mut work, node.context.now(), lease, node.settings.sends_at_once).await?;
    work.save().await?;
    Ok(due)
}

async fn put_off(node: &ProvinceNode, unanswered: &[Waiting]) -> Result<(), Failure> {
    if unanswered.is_empty() {
        return Ok(());
    }
    let mut work = node.context.store.begin().await?;
    outbox::put_off(&mut work, unanswered, node.context.now()).await?;
    Ok(work.save().await?)
}

/// Sends one; whether it was answered.
async fn deliver(node: &ProvinceNode, waiting: &Waiting) -> bool {
    let question = match question_of(node, waiting).await {
        Ok(Some(question)) => question,
        // The settlement has come to its end meanwhile, and its row has gone with it.
        Ok(None) => return true,
        Err(failure) => {
            tracing::warn!(subject = %waiting.subject, refusal = %failure.refusal(), "cannot be asked now");
            return false;
        }
    };
    let answered = match &question {
        Question::Settle(_) => settlement::ask(node, &question).await.map(drop),
        Question::Undo(_) => settlement::ask_undo(node, &question).await.map(drop),
        Question::AnswerClearing(asked) => clearing_statement::deliver(node, waiting, asked).await,
        Question::ReportDeduction(asked) => deduction::deliver(node, waiting, asked).await,
        _ => publish(node, waiting, &question).await,
    };
    if let Err(failure) = answered {
        let refusal = failure.refusal();
        tracing::info!(subject = %waiting.subject, kind = %waiting.kind, attempts = waiting.attempts, %refusal, "not answered yet");
        return false;
    }
    true
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

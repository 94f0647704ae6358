//! The outbox: what another node must hear is sent again until it has answered.

use crate::{context::Failure, province::ProvinceNode, settlement};
use std::{sync::Arc, time::Duration};
use store::outbox::{self, Waiting};
use tokio::sync::watch;
use wire::peer::v1::{Answer, Question};

/// How many are sent at once.
const BATCH: i64 = 64;
/// How often the outbox is looked through.
const EVERY: Duration = Duration::from_millis(500);

/// Looks through the outbox until told to stop.
pub async fn run(node: Arc<ProvinceNode>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        deliver_due(&node).await;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => {}
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
        sends.spawn(async move { deliver(&node, &waiting).await });
    }
    sends.join_all().await.into_iter().filter(|answered| *answered).count()
}

async fn claim_due(node: &ProvinceNode) -> Result<Vec<Waiting>, Failure> {
    let mut work = node.context.store.begin().await?;
    let due = outbox::claim_due(&mut work, node.context.now(), BATCH).await?;
    work.save().await?;
    Ok(due)
}

/// Sends one; whether it was answered.
async fn deliver(node: &ProvinceNode, waiting: &Waiting) -> bool {
    let question: Question = match serde_json::from_value(waiting.question.clone()) {
        Ok(question) => question,
        Err(error) => {
            tracing::error!(subject = %waiting.subject, %error, "a question of the outbox cannot be read");
            return false;
        }
    };
    let answered = match &question {
        Question::Settle(_) => settlement::ask(node, &question).await.map(drop),
        Question::Undo(_) => settlement::ask_undo(node, &question).await.map(drop),
        _ => publish(node, waiting, &question).await,
    };
    if let Err(failure) = answered {
        let refusal = failure.refusal();
        tracing::info!(subject = %waiting.subject, kind = %waiting.kind, attempts = waiting.attempts, %refusal, "not answered yet");
        return false;
    }
    true
}

async fn publish(node: &ProvinceNode, waiting: &Waiting, question: &Question) -> Result<(), Failure> {
    match node.link.ask(&node.context, question, node.settings.patience).await {
        Ok(Answer::Taken) => {
            let mut work = node.context.store.begin().await?;
            outbox::take_if_same(&mut work, waiting).await?;
            Ok(work.save().await?)
        }
        Ok(_) => Err(Failure::Trouble(terms::Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })),
        Err(no_answer) => Err(Failure::Trouble(no_answer.refusal())),
    }
}

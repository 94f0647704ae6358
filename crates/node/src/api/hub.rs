//! What the hub's operators do: the register of participants, and their suspension (暂停直接结算).

use super::{Answer, Clerk, Input, Managed, document, read, unknown_path};
use crate::{
    access::oidc::Providers,
    context::{Context, Failure},
    hub::Hub,
    job::Desk,
    urging,
};
use axum::{
    Router,
    extract::{Path, State},
    routing::{any, get, post},
};
use std::sync::Arc;
use store::hub::{self, ParticipantEntry};
use terms::{Participant, Refusal};
use wire::api::{ParticipantBody, ParticipantView, Participants, Reason};

type Node = State<Arc<Hub>>;

/// The routes of the hub.
pub fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/api/v1/participants", get(list))
        .route("/api/v1/participants/{code}", get(find).put(register))
        .route("/api/v1/participants/{code}/suspend", post(suspend))
        .route("/api/v1/participants/{code}/resume", post(resume))
        .merge(super::reconciliation::of_hub())
        .merge(super::correction::of_hub())
        .merge(super::clearing::routes())
        .merge(super::ledger::routes())
        .merge(super::prepayment::of_hub())
        .route("/api/v1/funds/documents", get(document::list::<Hub>).post(document::issue::<Hub>))
        .route("/api/v1/funds/documents/{file}", get(document::find::<Hub>))
        .route("/api/v1/verify/{number}", get(document::verify::<Hub>))
        .merge(super::notice::of_hub())
        .merge(super::bank::of_hub())
        .merge(super::urging::of_hub())
        .merge(super::figures::of_hub())
        .merge(super::passing::of_hub())
        .merge(super::stays::of_hub())
        .merge(super::announcement::routes())
        .merge(super::institution::of_hub())
        .merge(super::search::of_hub())
        .merge(super::work::of_hub())
        .merge(super::account::routes())
        .merge(super::audit_trail::routes())
        .merge(super::session::routes())
        .merge(super::job::routes())
        .merge(super::oidc::routes())
        .route("/api/v1/{*path}", any(unknown_path))
}

impl Managed for Hub {
    fn management_token(&self) -> Option<&str> {
        self.management_token.as_deref()
    }

    fn given(&self) -> &Context {
        &self.context
    }

    fn address(&self) -> &str {
        &self.portal
    }

    fn providers(&self) -> &Providers {
        &self.providers
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }
}

async fn list(State(hub): Node, _: Clerk) -> Result<Answer, Answer> {
    let participants = entries(&hub).await?.into_iter().map(view).collect();
    Ok(Answer::json(&Participants { participants }))
}

async fn find(State(hub): Node, _: Clerk, Path(code): Path<String>) -> Result<Answer, Answer> {
    let participant = province(&code)?;
    let entry = entry(&hub, participant).await?.ok_or_else(|| not_registered(participant))?;
    Ok(Answer::json(&view(entry)))
}

async fn register(
    State(hub): Node,
    _: Clerk,
    Path(code): Path<String>,
    Input(body): Input<ParticipantBody>,
) -> Result<Answer, Answer> {
    let participant = province(&code)?;
    if body.name.trim().is_empty() {
        return Err(Refusal::missing("name", "参与方名称").into());
    }
    let address = body.address.trim().trim_end_matches('/');
    let names_a_host = |rest: &str| !rest.is_empty() && !rest.contains(['/', ' ']);
    if !address.strip_prefix("http://").is_some_and(names_a_host) {
        return Err(Refusal::invalid("address", "节点地址，形如http://host:port").into());
    }
    let entry = ParticipantEntry {
        participant,
        name: body.name.trim().to_owned(),
        address: address.to_owned(),
        public_key: body.public_key,
        suspended: None,
        changed_at: hub.context.now(),
    };
    Ok(Answer::json(&view(hub.put_participant(&entry).await?)))
}

async fn suspend(
    State(hub): Node,
    _: Clerk,
    Path(code): Path<String>,
    Input(body): Input<Reason>,
) -> Result<Answer, Answer> {
    let reason = body.reason.trim();
    if reason.is_empty() {
        return Err(Refusal::missing("reason", "暂停的理由").into());
    }
    set_suspended(&hub, &code, Some(reason.to_owned())).await
}

async fn resume(State(hub): Node, _: Clerk, Path(code): Path<String>) -> Result<Answer, Answer> {
    let participant = province(&code)?;
    if let Participant::Province(province) = participant
        && urging::is_suspended(&hub, province).await.map_err(Failure::refusal)?
    {
        let reason = "该省因未划拨资金被暂停，请以恢复决定办理（suspensions/…/lift）".to_owned();
        return Err(Refusal::UrgingRule { reason }.into());
    }
    set_suspended(&hub, &code, None).await
}

async fn set_suspended(hub: &Hub, code: &str, reason: Option<String>) -> Result<Answer, Answer> {
    let participant = province(code)?;
    if !hub.suspend(participant, reason).await? {
        return Err(not_registered(participant).into());
    }
    let entry = entry(hub, participant).await?.ok_or_else(|| not_registered(participant))?;
    Ok(Answer::json(&view(entry)))
}

/// The hub does not register itself.
fn province(code: &str) -> Result<Participant, Refusal> {
    let participant = read(code, "code", "省级区划代码，形如420000")?;
    if participant == Participant::Hub {
        return Err(Refusal::invalid("code", "省级区划代码，形如420000"));
    }
    Ok(participant)
}

fn not_registered(participant: Participant) -> Refusal {
    Refusal::NotAParticipant { participant: participant.to_string() }
}

async fn entries(hub: &Hub) -> Result<Vec<ParticipantEntry>, Refusal> {
    let read = async { Ok(hub::participants(&mut *hub.context.store.conn().await?).await?) };
    read.await.map_err(|failure: Failure| failure.refusal())
}

async fn entry(hub: &Hub, participant: Participant) -> Result<Option<ParticipantEntry>, Refusal> {
    Ok(entries(hub).await?.into_iter().find(|entry| entry.participant == participant))
}

fn view(entry: ParticipantEntry) -> ParticipantView {
    ParticipantView {
        participant: entry.participant,
        name: entry.name,
        address: entry.address,
        public_key: entry.public_key,
        suspended: entry.suspended,
        changed_at: entry.changed_at.to_string(),
    }
}

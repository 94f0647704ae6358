//! The statement of one settlement (医疗费用结算单): issued and fetched by whoever may see the settlement, which are the agencies of both
//! places, the institution, its cashier at the window, and the person at the portal.
//!
//! It is a document like all others, but a person's: those who see the documents of the funds do not see it. Once the settlement is
//! undone, neither is it issued nor is one that was issued given out again.

use super::{
    Answer, Clerk,
    document::{attached_file, view},
    portal::find_insured,
    province::look_at_settlement,
    read, within,
};
use crate::{
    access::Insured,
    context::{Failure, Outcome},
    documents::{self, settlement},
    filing::Looker,
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use casework::access::Area;
use document::{Format, Number};
use std::sync::Arc;
use store::{
    insured::{self, InsuredSettlement},
    issued_document::IssuedDocument,
    treatment::TreatmentSettlement,
};
use terms::{InstitutionCode, Refusal, SettlementId};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/settlements/{id}/statement", post(issue))
        .route("/api/v1/settlements/{id}/statement/{form}", get(file))
        .route("/web/portal/settlements/{id}/statement", post(issue_own))
        .route("/web/portal/settlements/{id}/statement/{form}", get(file_own))
        .route("/web/window/{institution}/settlements/{id}/statement", post(issue_at_window))
        .route("/web/window/{institution}/settlements/{id}/statement/{form}", get(file_at_window))
}

/// A settlement in the book in which whoever asks may see it.
enum Found {
    Treated(Box<TreatmentSettlement>),
    Insured(Box<InsuredSettlement>),
}

impl Found {
    /// The document: the one that was issued, or a new one.
    async fn issue(&self, node: &ProvinceNode, by: &str) -> Outcome<IssuedDocument> {
        match self {
            Self::Treated(found) => settlement::issue_treated(node, found, by).await,
            Self::Insured(found) => settlement::issue_insured(node, found, by).await,
        }
    }
}

fn id_of(text: &str) -> Result<SettlementId, Refusal> {
    read(text, "id", "30位结算ID")
}

fn unknown(id: SettlementId) -> Refusal {
    Refusal::UnknownSettlement { setl_id: id.to_string() }
}

async fn issued(node: &ProvinceNode, found: &Found, by: &str) -> Result<Answer, Answer> {
    let issued = found.issue(node, by).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&view(&issued)?))
}

/// The file of a statement that was issued.
async fn written(node: &ProvinceNode, id: SettlementId, form: &str) -> Result<Response, Answer> {
    let format = Format::of_extension(form).ok_or_else(|| Refusal::invalid("form", "pdf、xlsx或csv"))?;
    let number: Number = document::settlement::number(id).parse().expect("made of an id");
    let write = async {
        let issued = documents::find(&node.context, &number).await?;
        if let Some(why) = settlement::lapsed(&node.context, &issued).await? {
            return Err(Refusal::NothingToIssue { what: why }.into());
        }
        documents::write(&issued, format).await
    };
    let written = write.await.map_err(|failure: Failure| failure.refusal())?;
    Ok(attached_file(&number, format, written))
}

// ------------------------------------------------------------------ agencies and institutions

/// The settlement, if it lies where whoever asks works; the look is written down.
async fn seen(node: &ProvinceNode, clerk: &Clerk, id: SettlementId) -> Result<Found, Answer> {
    clerk.about(&format!("settlement:{id}"));
    let looker = clerk.looker("出具结算单");
    if id.province() != node.province {
        let found = find_insured(node, id, looker).await.map_err(Failure::refusal)?;
        let found = found.ok_or_else(|| unknown(id))?;
        clerk.within(&Area::from(found.area))?;
        return Ok(Found::Insured(Box::new(found)));
    }
    within::of_settlement(node, clerk, id, false).await?;
    let (found, _) = look_at_settlement(node, id, looker).await.map_err(Failure::refusal)?;
    Ok(Found::Treated(Box::new(found)))
}

async fn issue(State(node): Node, clerk: Clerk, Path(id): Path<String>) -> Result<Answer, Answer> {
    let found = seen(&node, &clerk, id_of(&id)?).await?;
    issued(&node, &found, &clerk.name).await
}

async fn file(
    State(node): Node,
    clerk: Clerk,
    Path((id, form)): Path<(String, String)>,
) -> Result<Response, Answer> {
    let id = id_of(&id)?;
    seen(&node, &clerk, id).await?;
    written(&node, id, &form).await
}

// ------------------------------------------------------------------ the window

/// The settlement, if the institution of this window has settled it.
async fn at_window(
    node: &ProvinceNode,
    clerk: &Clerk,
    institution: &str,
    id: SettlementId,
) -> Result<Found, Answer> {
    let code: InstitutionCode = read(institution, "institution", "定点医药机构编号")?;
    within::of_institution(node, clerk, &code).await?;
    clerk.about(&format!("settlement:{id}"));
    if id.province() != node.province {
        return Err(unknown(id).into());
    }
    let looked = look_at_settlement(node, id, clerk.looker("打印结算单")).await;
    let (found, _) = looked.map_err(Failure::refusal)?;
    if found.institution != code {
        return Err(unknown(id).into());
    }
    Ok(Found::Treated(Box::new(found)))
}

async fn issue_at_window(
    State(node): Node,
    clerk: Clerk,
    Path((institution, id)): Path<(String, String)>,
) -> Result<Answer, Answer> {
    let found = at_window(&node, &clerk, &institution, id_of(&id)?).await?;
    issued(&node, &found, &clerk.name).await
}

async fn file_at_window(
    State(node): Node,
    clerk: Clerk,
    Path((institution, id, form)): Path<(String, String, String)>,
) -> Result<Response, Answer> {
    let id = id_of(&id)?;
    at_window(&node, &clerk, &institution, id).await?;
    written(&node, id, &form).await
}

// ------------------------------------------------------------------ the portal

/// One's own settlement: that of anybody else is not there.
async fn own(node: &ProvinceNode, me: &Insured, id: SettlementId) -> Result<Found, Answer> {
    let area = me.insured.pooling_area();
    let find = async {
        let mut work = node.context.store.begin().await?;
        let found = insured::find(work.conn(), area, id).await?;
        let is_own =
            |one: &InsuredSettlement| one.content.as_ref().is_some_and(|content| content.person == me.person);
        let found = found.filter(is_own);
        if found.is_some() {
            let oneself = Looker { name: "本人", purpose: "参保人门户：出具结算单" };
            crate::insured::record_look(node, &mut work, area, &me.person, oneself.name, oneself.purpose)
                .await?;
        }
        work.save().await?;
        Ok(found)
    };
    let found = find.await.map_err(|failure: Failure| failure.refusal())?;
    Ok(Found::Insured(Box::new(found.ok_or_else(|| unknown(id))?)))
}

async fn issue_own(State(node): Node, me: Insured, Path(id): Path<String>) -> Result<Answer, Answer> {
    let found = own(&node, &me, id_of(&id)?).await?;
    issued(&node, &found, "参保人自助").await
}

async fn file_own(
    State(node): Node,
    me: Insured,
    Path((id, form)): Path<(String, String)>,
) -> Result<Response, Answer> {
    let id = id_of(&id)?;
    own(&node, &me, id).await?;
    written(&node, id, &form).await
}

//! What clerks and operators of a province do: filings, people, institutions, and a look at a settlement.

use super::{Answer, Clerk, Input, Managed, query, read, unknown_path, within};
use crate::{
    access::oidc::Providers,
    context::{Context, Failure, Outcome},
    filing::{self, Looker, NewFiling, NewTerms, Who},
    insured::{breakdown_of, record_look, refusal_of},
    job::{Desk, Line, Lines},
    national_register,
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{any, get, post, put},
};
use casework::{
    Filing,
    access::{Action, Area},
    declaration::declared_at,
    settlement::Stage,
};
use std::sync::Arc;
use store::{
    institution,
    treatment::{self, TreatmentSettlement},
    visit,
};
use terms::{CitizenId, FilingId, InstitutionCode, InsuredPlace, PersonNumber, Refusal, SettlementId};
use wire::api::{
    FilingChange, FilingView, Filings, InstitutionBody, NewFiling as NewFilingBody, PersonBody, Reason,
    Refused, SettlementView, Shown, Taken, calculation::BreakdownView, shown_funds, shown_number,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/filings", get(list_filings).post(submit_filing))
        .route("/api/v1/filings/{id}", get(find_filing))
        .route("/api/v1/filings/{id}/approve", post(approve_filing))
        .route("/api/v1/filings/{id}/reject", post(reject_filing))
        .route("/api/v1/filings/{id}/change", post(change_filing))
        .route("/api/v1/filings/{id}/cancel", post(cancel_filing))
        .route("/api/v1/institutions/{code}", put(put_institution))
        .route("/api/v1/people/{number}", put(put_person))
        .route("/api/v1/settlements/{id}", get(find_settlement))
        .merge(super::area_clearing::routes())
        .merge(super::clearing_statement::routes())
        .merge(super::bank::of_province())
        .merge(super::details::routes())
        .merge(super::institution_payment::routes())
        .merge(super::document::routes())
        .merge(super::media::routes())
        .merge(super::ledger::routes())
        .merge(super::prepayment::of_province())
        .merge(super::notice::of_province())
        .merge(super::office::routes())
        .merge(super::payment_order::routes())
        .merge(super::purchase::routes())
        .merge(super::reconciliation::of_province())
        .merge(super::registration::routes())
        .merge(super::urging::of_province())
        .merge(super::calculation::routes())
        .merge(super::catalog::routes())
        .merge(super::complaint::routes())
        .merge(super::figures::of_province())
        .merge(super::filing_batch::routes())
        .merge(super::material::routes())
        .merge(super::institution::of_province())
        .merge(super::portal::routes())
        .merge(super::search::routes())
        .merge(super::transcript::routes())
        .merge(super::work::of_province())
        .merge(super::account::routes())
        .merge(super::audit_trail::routes())
        .merge(super::session::routes())
        .merge(super::job::routes())
        .merge(super::oidc::routes())
        .merge(super::session::of_province())
        .merge(super::settlement_statement::routes())
        .merge(super::announcement::routes())
        .route("/api/v1/{*path}", any(unknown_path))
}

impl Managed for ProvinceNode {
    fn management_token(&self) -> Option<&str> {
        self.settings.management_token.as_deref()
    }

    fn given(&self) -> &Context {
        &self.context
    }

    fn address(&self) -> &str {
        &self.settings.portal
    }

    fn providers(&self) -> &Providers {
        &self.providers
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }
}

async fn submit_filing(
    State(node): Node,
    clerk: Clerk,
    Input(body): Input<NewFilingBody>,
) -> Result<Answer, Answer> {
    decided(submit_one(&node, &clerk, body, Lines::default().line(1)).await)
}

/// Takes one application as a clerk hands it in.
pub(super) async fn submit_one(
    node: &Arc<ProvinceNode>,
    clerk: &Clerk,
    body: NewFilingBody,
    line: Line<'_>,
) -> Result<Filing, Refusal> {
    let named = who(body.person.clone(), body.certno.clone())?;
    within::of_person(node, clerk, body.insured, &named).await?;
    // Who enters does not approve; a program has had it approved elsewhere.
    if clerk.is_person() && body.approve_now {
        return Err(Refusal::FourEyes { action: Action::DecideFilings.chinese().to_owned() });
    }
    let new = NewFiling {
        insured: body.insured,
        who: named,
        scheme: body.scheme,
        category: body.category,
        destination: body.destination,
        begins: body.begins,
        ends: body.ends,
        commitment: body.commitment,
        approve_now: body.approve_now,
    };
    let filed = filing::submit_by(node, new, &clerk.author(), line).await?;
    clerk.about(&filing::subject(filed.id));
    Ok(filed)
}

pub(super) fn who(person: Option<PersonNumber>, certno: Option<CitizenId>) -> Result<Who, Refusal> {
    match (person, certno) {
        (Some(number), _) => Ok(Who::Number(number)),
        (None, Some(citizen)) => Ok(Who::Citizen(citizen)),
        (None, None) => Err(Refusal::missing("person", "人员编号（person）或公民身份号码（certno）")),
    }
}

async fn list_filings(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let place = query(&uri, "insured").ok_or_else(|| Refusal::missing("insured", "六位参保地区划"))?;
    let insured = InsuredPlace(read(&place, "insured", "六位参保地区划")?);
    let person = query(&uri, "person").map(|text| read(&text, "person", "人员编号")).transpose()?;
    let certno = query(&uri, "certno").map(|text| read(&text, "certno", "18位公民身份号码")).transpose()?;
    let who = who(person, certno)?;
    within::of_person(&node, &clerk, insured, &who).await?;
    let filings = filing::list_of_person(&node, insured, &who, clerk.looker("查询备案")).await?;
    let filings = filings.iter().map(|filing| FilingView::of(filing, clerk.shown)).collect();
    Ok(Answer::json(&Filings { filings }))
}

async fn find_filing(State(node): Node, clerk: Clerk, Path(id): Path<String>) -> Result<Answer, Answer> {
    within::of_filing(&node, &clerk, filing_id(&id)?).await?;
    let found = filing::find(&node, filing_id(&id)?, clerk.looker("查询备案")).await?;
    Ok(Answer::json(&FilingView::of(&found, clerk.shown)))
}

async fn approve_filing(State(node): Node, clerk: Clerk, Path(id): Path<String>) -> Result<Answer, Answer> {
    let id = filing_id(&id)?;
    decides(&node, &clerk, id).await?;
    decided(filing::approve(&node, id).await)
}

async fn reject_filing(
    State(node): Node,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<Reason>,
) -> Result<Answer, Answer> {
    let id = filing_id(&id)?;
    decides(&node, &clerk, id).await?;
    decided(filing::reject(&node, id, &body.reason).await)
}

async fn change_filing(
    State(node): Node,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<FilingChange>,
) -> Result<Answer, Answer> {
    let id = filing_id(&id)?;
    within::of_filing(&node, &clerk, id).await?;
    let terms = NewTerms { destination: body.destination, begins: body.begins, ends: body.ends };
    decided(filing::change_by(&node, id, terms, &clerk.author()).await)
}

async fn cancel_filing(State(node): Node, clerk: Clerk, Path(id): Path<String>) -> Result<Answer, Answer> {
    let id = filing_id(&id)?;
    within::of_filing(&node, &clerk, id).await?;
    decided(filing::cancel(&node, id).await)
}

/// Refuses a decision on a filing that lies elsewhere, or that whoever decides has entered.
async fn decides(node: &ProvinceNode, clerk: &Clerk, id: FilingId) -> Result<(), Refusal> {
    let area = within::of_filing(node, clerk, id).await?;
    clerk.decides(&area, &filing::subject(id)).await
}

fn filing_id(text: &str) -> Result<FilingId, Refusal> {
    read(text, "id", "30位备案编号")
}

/// A filing that was just decided on is shown masked: only a look, which is written down, shows it whole.
fn decided(filing: Result<Filing, Refusal>) -> Result<Answer, Answer> {
    Ok(Answer::json(&FilingView::of(&filing?, Shown::Masked)))
}

async fn put_institution(
    State(node): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    Input(body): Input<InstitutionBody>,
) -> Result<Answer, Answer> {
    let code: InstitutionCode = read(&code, "code", "定点医药机构编号")?;
    let find = async { Ok(institution::find(&mut *node.context.store.conn().await?, &code).await?) };
    let known = find.await.map_err(|failure: Failure| failure.refusal())?;
    let institution = body.into_institution(code, known.as_ref(), node.context.now())?;
    // Where it is registered, and where it is to be.
    for place in known.iter().map(|known| known.place).chain([institution.place]) {
        let area = Area::Institution { code: institution.code.clone(), place: place.division() };
        clerk.within(&area)?;
    }
    node.put_institution(&institution).await?;
    node.deliver().await;
    Ok(Answer::json(&Taken { taken: true }))
}

async fn put_person(
    State(node): Node,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<PersonBody>,
) -> Result<Answer, Answer> {
    let person = body.into_person(read(&number, "number", "人员编号")?)?;
    within::to_register(&node, &clerk, &person).await?;
    let area = person.enrolments[0].insured.pooling_area();
    node.put_person(area, &person).await?;
    Ok(Answer::json(&Taken { taken: true }))
}

async fn find_settlement(State(node): Node, clerk: Clerk, Path(id): Path<String>) -> Result<Answer, Answer> {
    let id: SettlementId = read(&id, "id", "30位结算ID")?;
    // The id says where the person was treated: those of other provinces are in the insured place's book.
    if id.province() != node.province {
        return find_of_own(&node, &clerk, id).await;
    }
    within::of_settlement(&node, &clerk, id, false).await?;
    let found = look_at_settlement(&node, id, clerk.looker("查询结算")).await.map_err(Failure::refusal)?;
    let (settlement, declared_at) = &found;
    let view = settlement_view(settlement, declared_at.clone(), clerk.shown);
    Ok(Answer::json(&with_name(&node, view).await.map_err(Failure::refusal)?))
}

/// A settlement with its institution's name.
async fn with_name(node: &ProvinceNode, view: SettlementView) -> Outcome<SettlementView> {
    let mut conn = node.context.store.conn().await?;
    let institution_name = national_register::name_of(&mut conn, &view.institution).await?;
    Ok(SettlementView { institution_name, ..view })
}

async fn find_of_own(node: &ProvinceNode, clerk: &Clerk, id: SettlementId) -> Result<Answer, Answer> {
    let unknown = || Refusal::UnknownSettlement { setl_id: id.to_string() };
    let found = super::portal::find_insured(node, id, clerk.looker("查询结算")).await;
    let found = found.map_err(Failure::refusal)?.ok_or_else(unknown)?;
    clerk.within(&Area::from(found.area))?;
    let view = super::portal::insured_view(&found, clerk.shown).ok_or_else(unknown)?;
    Ok(Answer::json(&with_name(node, view).await.map_err(Failure::refusal)?))
}

pub(super) async fn look_at_settlement(
    node: &ProvinceNode,
    id: SettlementId,
    looker: Looker<'_>,
) -> Result<(TreatmentSettlement, Option<String>), Failure> {
    let mut work = node.context.store.begin().await?;
    let found = treatment::find(work.conn(), id).await?;
    let found = found.ok_or_else(|| Refusal::UnknownSettlement { setl_id: id.to_string() })?;
    record_look(node, &mut work, found.area, &found.person, looker.name, looker.purpose).await?;
    let visit = visit::find(work.conn(), &found.institution, found.visit).await?;
    let of_visit = visit.as_ref().and_then(|visit| declared_at(&visit.registration));
    let declared = declared_at(&found.registration).or(of_visit).map(str::to_owned);
    work.save().await?;
    Ok((found, declared))
}

/// What is shown of a settlement, with when it was declared that no third party is liable.
fn settlement_view(
    settlement: &TreatmentSettlement,
    declared_at: Option<String>,
    shown: Shown,
) -> SettlementView {
    let stage = match settlement.stage {
        Stage::Asked => "asked",
        Stage::Settled => "settled",
        Stage::Refused => "refused",
        Stage::Undoing => "undoing",
        Stage::Undone => "undone",
    };
    SettlementView {
        id: settlement.id.to_string(),
        visit: settlement.visit.to_string(),
        stage: stage.to_owned(),
        stage_name: settlement.stage.chinese().to_owned(),
        institution: settlement.institution.clone(),
        institution_name: None,
        person: shown_number(&settlement.person, shown),
        scheme: settlement.scheme,
        insured: settlement.insured,
        total: settlement.amounts.total,
        fund_total: settlement.amounts.fund_total,
        person_total: settlement.amounts.person_total,
        account: settlement.amounts.account,
        no_third_party_declared_at: declared_at,
        funds: shown_funds(&settlement.amounts.funds),
        refusal: settlement.refusal.as_ref().map(|stored| Refused::from(&refusal_of(Some(stored)))),
        asked_at: settlement.asked_at.to_string(),
        settled_at: settlement.settled_at.map(|at| at.to_string()),
        undo: settlement.undo.as_ref().map(|undo| undo.id.to_string()),
        undone_at: settlement.undone_at.map(|at| at.to_string()),
        side: "treatment".to_owned(),
        care: settlement.care.code().to_owned(),
        care_name: settlement.care.chinese().to_owned(),
        breakdown: settlement.breakdown.as_ref().map(|stored| BreakdownView::of(&breakdown_of(stored))),
    }
}

#[cfg(test)]
mod tests {
    /// The router panics where two routes are in each other's way.
    #[test]
    fn the_routes_do_not_conflict() {
        let _ = (super::routes(), crate::api::hub::routes());
    }
}

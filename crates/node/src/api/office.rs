//! What an institution's window and its office for insurance (医保办) have left to do: the rows that the work list counts.

use super::{Answer, Clerk, clearing_statement::month_of, query, read, within};
use crate::{
    context::Failure,
    office::{self, MonthLines, OpenDay, Which},
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::get,
};
use casework::institution::Institution;
use std::sync::Arc;
use store::figures::waiting::OpenStay;
use terms::{InstitutionCode, Refusal, person::masked_name};
use wire::api::office::{
    ApportioningMonth, ApportioningMonths, ConfirmedLines, DayBookView, DayBooks, OpenStayList, OpenStayView,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/institutions/{code}/stays", get(stays))
        .route("/api/v1/institutions/{code}/day-books", get(day_books))
        .route("/api/v1/institutions/{code}/apportioning", get(months))
        .route("/api/v1/institutions/{code}/apportioning/{month}", get(confirmed))
}

/// The institution of the address, if whoever asks works there or above it.
async fn institution(node: &ProvinceNode, clerk: &Clerk, code: &str) -> Result<Arc<Institution>, Answer> {
    let code: InstitutionCode = read(code, "code", "定点医药机构编号")?;
    within::of_institution(node, clerk, &code).await?;
    let found = node.institution(&code).await.map_err(Failure::refusal)?;
    Ok(found.ok_or_else(|| Refusal::UnknownInstitution { fixmedins_code: code.to_string() })?)
}

async fn stays(
    State(node): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    uri: Uri,
) -> Result<Answer, Answer> {
    let institution = institution(&node, &clerk, &code).await?;
    let asked = query(&uri, "which").unwrap_or_default();
    let wrong = || Refusal::invalid("which", Which::ALL.map(Which::name).join("、"));
    let which = Which::ALL.into_iter().find(|one| one.name() == asked).ok_or_else(wrong)?;
    let found = office::open_stays(&node, &institution, which).await.map_err(Failure::refusal)?;
    let stays = found.iter().map(|stay| stay_view(which, stay)).collect();
    Ok(Answer::json(&OpenStayList { stays }))
}

fn stay_view(which: Which, stay: &OpenStay) -> OpenStayView {
    let visit = &stay.visit;
    let kept = |field: &str| visit.registration.get(field).filter(|text| !text.is_empty()).cloned();
    OpenStayView {
        visit: visit.id,
        number: kept("ipt_no").or_else(|| kept("ipt_otp_no")),
        person: visit.patient.number.clone(),
        name: masked_name(&visit.patient.name),
        scheme: visit.patient.scheme,
        insured: visit.insured.division(),
        insured_name: visit.insured.division().full_name(),
        med_type: visit.med_type.clone(),
        stage_name: visit.stage.chinese().to_owned(),
        admitted_at: visit.admitted_at.to_string(),
        discharged_at: visit.discharged_at.map(|at| at.to_string()),
        since: stay.since.to_string(),
        due: office::due(which, stay),
    }
}

async fn day_books(State(node): Node, clerk: Clerk, Path(code): Path<String>) -> Result<Answer, Answer> {
    let institution = institution(&node, &clerk, &code).await?;
    let found = office::open_days(&node, &institution).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&DayBooks { days: found.iter().map(day_view).collect() }))
}

fn day_view(day: &OpenDay) -> DayBookView {
    DayBookView {
        day: day.lines.day,
        scheme: day.lines.scheme,
        scheme_name: day.lines.scheme.chinese().to_owned(),
        care: day.lines.care.code().to_owned(),
        care_name: day.lines.care.chinese().to_owned(),
        state: day.stands.name().to_owned(),
        state_name: day.stands.chinese().to_owned(),
        due: day.due,
    }
}

async fn months(State(node): Node, clerk: Clerk, Path(code): Path<String>) -> Result<Answer, Answer> {
    let institution = institution(&node, &clerk, &code).await?;
    let found = office::months(&node, &institution).await.map_err(Failure::refusal)?;
    let view = |one: &MonthLines| ApportioningMonth {
        month: one.month.to_string(),
        lines: one.lines,
        confirmed: one.confirmed,
        open: one.open(),
        due: one.due,
    };
    Ok(Answer::json(&ApportioningMonths { months: found.iter().map(view).collect() }))
}

async fn confirmed(
    State(node): Node,
    clerk: Clerk,
    Path((code, month)): Path<(String, String)>,
) -> Result<Answer, Answer> {
    let institution = institution(&node, &clerk, &code).await?;
    let month = month_of(&month)?;
    let confirmed = office::confirmed(&node, &institution, month).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&ConfirmedLines { month: month.to_string(), confirmed }))
}

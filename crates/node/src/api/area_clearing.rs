//! What clerks of a province do about its pooling areas (统筹区): they divide a month, enter the money that comes, and pass on what areas
//! owe each other.

use super::{
    Answer, Clerk, Input,
    clearing_statement::{month_of, words},
};
use crate::{
    area_clearing::{self as areas, AreaMonth, NewReceipt},
    area_dispute::{self as disputes, NewDispute},
    context::Failure,
    job::Progress,
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    routing::{get, post},
};
use casework::access::Area;
use funds::{
    area_clearing::{notice_number, owed},
    clearing::stage::Answer as Verdict,
    institution_payment::Money,
};
use std::sync::Arc;
use store::area_clearing::Receipt;
use terms::{AdminDivision, PoolingArea, Refusal};
use wire::api::{
    area_clearing::{
        AreaAnswerView, AreaLineView, AreaMonthView, AreaReceiptBody, AreaReceiptView, AreaStatementView,
        ConfirmArea, DecideAreaDispute, DisputeArea,
    },
    money,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of areas.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/areas/{month}", get(find))
        .route("/api/v1/funds/areas/{month}/divide", post(divide))
        .route("/api/v1/funds/areas/{month}/receipts", post(receive))
        .route("/api/v1/funds/areas/{month}/confirm", post(confirm))
        .route("/api/v1/funds/areas/{month}/dispute", post(dispute))
        .route("/api/v1/funds/areas/{month}/disputes", post(decide))
        .route("/api/v1/funds/areas/{month}/pass-on", post(pass_on))
}

async fn find(State(node): Node, clerk: Clerk, Path(month): Path<String>) -> Result<Answer, Answer> {
    let found = areas::find(&node, month_of(&month)?).await.map_err(Failure::refusal)?;
    let _ = clerk.scope();
    Ok(seen(&node, &clerk, &found))
}

async fn divide(
    State(node): Node,
    clerk: Clerk,
    progress: Progress,
    Path(month): Path<String>,
) -> Result<Answer, Answer> {
    let divided = areas::divide(&node, month_of(&month)?, &clerk.name, &progress).await;
    Ok(Answer::json(&view(&node, &divided.map_err(Failure::refusal)?)))
}

async fn receive(
    State(node): Node,
    clerk: Clerk,
    Path(month): Path<String>,
    Input(body): Input<AreaReceiptBody>,
) -> Result<Answer, Answer> {
    let area = area_of(&node, body.area)?;
    clerk.within(&Area::from(area))?;
    let new = NewReceipt {
        area,
        day: body.day,
        bank_reference: words(&body.bank_reference, "bank_reference", 60)?,
        money: money::read(&body.amounts)?,
        by: clerk.name.clone(),
    };
    let received = areas::receive(&node, month_of(&month)?, new).await.map_err(Failure::refusal)?;
    Ok(seen(&node, &clerk, &received))
}

/// The pooling area of a division that is one of this province's.
fn area_of(node: &ProvinceNode, division: AdminDivision) -> Result<PoolingArea, Answer> {
    let area = division.pooling_area();
    if area.division() != division || area.province() != node.province {
        return Err(Refusal::invalid("area", "本省统筹区的六位区划").into());
    }
    Ok(area)
}

/// A month as whoever asks may see it.
fn seen(node: &ProvinceNode, clerk: &Clerk, month: &AreaMonth) -> Answer {
    let mut seen = view(node, month);
    seen.areas.retain(|statement| clerk.permits(&Area::from(statement.area.pooling_area())));
    Answer::json(&seen)
}

async fn confirm(
    State(node): Node,
    clerk: Clerk,
    Path(month): Path<String>,
    Input(body): Input<ConfirmArea>,
) -> Result<Answer, Answer> {
    let area = area_of(&node, body.area)?;
    clerk.within(&Area::from(area))?;
    let confirmed = disputes::confirm(&node, month_of(&month)?, area, &clerk.name).await;
    Ok(seen(&node, &clerk, &confirmed.map_err(Failure::refusal)?))
}

async fn dispute(
    State(node): Node,
    clerk: Clerk,
    Path(month): Path<String>,
    Input(body): Input<DisputeArea>,
) -> Result<Answer, Answer> {
    let area = area_of(&node, body.area)?;
    clerk.within(&Area::from(area))?;
    let new = NewDispute {
        area,
        settlements: body.settlements.into_iter().collect(),
        reason: words(&body.reason, "reason", 200)?,
    };
    let disputed = disputes::dispute(&node, month_of(&month)?, new, (&clerk.name, &clerk.author())).await;
    Ok(seen(&node, &clerk, &disputed.map_err(Failure::refusal)?))
}

async fn decide(
    State(node): Node,
    clerk: Clerk,
    Path(month): Path<String>,
    Input(body): Input<DecideAreaDispute>,
) -> Result<Answer, Answer> {
    let (month, area) = (month_of(&month)?, area_of(&node, body.area)?);
    clerk.decides(&Area::Province(node.province), &disputes::subject(month, area)).await?;
    let said = words(&body.words, "words", 200)?;
    let decided = disputes::decide(&node, month, area, (body.upheld, &said), &clerk.name).await;
    Ok(Answer::json(&view(&node, &decided.map_err(Failure::refusal)?)))
}

async fn pass_on(State(node): Node, clerk: Clerk, Path(month): Path<String>) -> Result<Answer, Answer> {
    let passed = areas::pass_on(&node, month_of(&month)?, &clerk.name).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&view(&node, &passed)))
}

fn view(node: &ProvinceNode, month: &AreaMonth) -> AreaMonthView {
    AreaMonthView {
        month: month.divided.month.to_string(),
        divided_by: month.divided.by.clone(),
        divided_at: month.divided.at.to_string(),
        due: month.divided.due,
        areas: month.areas().into_iter().map(|area| statement(node, month, area)).collect(),
    }
}

fn statement(node: &ProvinceNode, month: &AreaMonth, area: PoolingArea) -> AreaStatementView {
    let lines = month.claims.iter().filter(|(claim, _)| claim.debtor == area);
    let line =
        |(claim, standing): (&funds::area_clearing::Claim, &store::area_clearing::Standing)| AreaLineView {
            treatment: claim.creditor.division(),
            scheme: claim.scheme,
            purse: claim.purse.code().to_owned(),
            purse_name: claim.purse.chinese().to_owned(),
            count: standing.due.count,
            amount: standing.due.amount.to_string(),
            passed_on: standing.passed.as_ref().map(|(by, at)| format!("{by} {at}")),
        };
    let open: Money = month.open(area);
    AreaStatementView {
        area: area.division(),
        name: area.division().full_name(),
        notice: notice_number(month.divided.month, area),
        lines: lines.map(line).collect(),
        owed: money::shown(&owed(&month.dues(), area)),
        before: money::shown(&month.before.get(&area).cloned().unwrap_or_default()),
        received: money::shown(&month.received(area)),
        open: money::shown(&open),
        still_owed: month.still_owed(area).to_string(),
        receipts: month.receipts.iter().filter(|one| one.area == area).map(receipt_view).collect(),
        answer: answer_view(node, month, area),
    }
}

fn answer_view(node: &ProvinceNode, month: &AreaMonth, area: PoolingArea) -> AreaAnswerView {
    let stands = disputes::answer_of(node, month, area);
    let said = month.said.get(&area);
    let decided = said.and_then(|said| said.decided.as_ref());
    AreaAnswerView {
        verdict: verdict(stands).to_owned(),
        verdict_name: stands.chinese().to_owned(),
        reason: said.map(|said| said.reason.clone()).filter(|reason| !reason.is_empty()),
        settlements: said.map(|said| said.settlements.clone()).unwrap_or_default(),
        by: said.map(|said| said.by.clone()),
        at: said.map(|said| said.at.to_string()),
        words: decided.map(|(words, _, _)| words.clone()),
        decided_by: decided.map(|(_, by, _)| by.clone()),
        decided_at: decided.map(|(_, _, at)| at.to_string()),
    }
}

const fn verdict(stands: Verdict) -> &'static str {
    match stands {
        Verdict::Awaited => "awaited",
        Verdict::Confirmed => "confirmed",
        Verdict::Deemed => "deemed",
        Verdict::Disputed => "disputed",
        Verdict::Upheld => "upheld",
        Verdict::Rejected => "rejected",
    }
}

fn receipt_view(receipt: &Receipt) -> AreaReceiptView {
    AreaReceiptView {
        number: receipt.number,
        day: receipt.day,
        bank_reference: receipt.bank_reference.clone(),
        amounts: money::shown(&receipt.money),
        by: receipt.by.clone(),
    }
}

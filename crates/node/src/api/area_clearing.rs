//! What clerks of a province do about its pooling areas (统筹区): they divide a month, enter the money that comes, and pass on what areas
//! owe each other.

use super::{
    Answer, Clerk, Input,
    clearing_statement::{month_of, words},
};
use crate::{
    area_clearing::{self as areas, AreaMonth, NewReceipt},
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
use funds::{area_clearing::notice_number, area_clearing::owed, institution_payment::Money};
use std::sync::Arc;
use store::area_clearing::Receipt;
use terms::{Fen, PoolingArea, Refusal};
use wire::api::{
    area_clearing::{AreaLineView, AreaMonthView, AreaReceiptBody, AreaReceiptView, AreaStatementView},
    money,
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of areas.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/areas/{month}", get(find))
        .route("/api/v1/funds/areas/{month}/divide", post(divide))
        .route("/api/v1/funds/areas/{month}/receipts", post(receive))
        .route("/api/v1/funds/areas/{month}/pass-on", post(pass_on))
}

async fn find(State(node): Node, clerk: Clerk, Path(month): Path<String>) -> Result<Answer, Answer> {
    let found = areas::find(&node, month_of(&month)?).await.map_err(Failure::refusal)?;
    let mut seen = view(&found);
    let _ = clerk.scope();
    seen.areas.retain(|statement| clerk.permits(&Area::from(statement.area.pooling_area())));
    Ok(Answer::json(&seen))
}

async fn divide(
    State(node): Node,
    clerk: Clerk,
    progress: Progress,
    Path(month): Path<String>,
) -> Result<Answer, Answer> {
    let divided = areas::divide(&node, month_of(&month)?, &clerk.name, &progress).await;
    Ok(Answer::json(&view(&divided.map_err(Failure::refusal)?)))
}

async fn receive(
    State(node): Node,
    clerk: Clerk,
    Path(month): Path<String>,
    Input(body): Input<AreaReceiptBody>,
) -> Result<Answer, Answer> {
    let area = body.area.pooling_area();
    if area.division() != body.area || area.province() != node.province {
        return Err(Refusal::invalid("area", "本省统筹区的六位区划").into());
    }
    clerk.within(&Area::from(area))?;
    let new = NewReceipt {
        area,
        day: body.day,
        bank_reference: words(&body.bank_reference, "bank_reference", 60)?,
        money: money::read(&body.amounts)?,
        by: clerk.name.clone(),
    };
    let received = areas::receive(&node, month_of(&month)?, new).await.map_err(Failure::refusal)?;
    let mut seen = view(&received);
    seen.areas.retain(|statement| clerk.permits(&Area::from(statement.area.pooling_area())));
    Ok(Answer::json(&seen))
}

async fn pass_on(State(node): Node, clerk: Clerk, Path(month): Path<String>) -> Result<Answer, Answer> {
    let passed = areas::pass_on(&node, month_of(&month)?, &clerk.name).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&view(&passed)))
}

fn view(month: &AreaMonth) -> AreaMonthView {
    AreaMonthView {
        month: month.divided.month.to_string(),
        divided_by: month.divided.by.clone(),
        divided_at: month.divided.at.to_string(),
        due: month.divided.due,
        areas: month.areas().into_iter().map(|area| statement(month, area)).collect(),
    }
}

fn statement(month: &AreaMonth, area: PoolingArea) -> AreaStatementView {
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
    let still: Fen = open.values().copied().filter(|amount| *amount > Fen::ZERO).sum();
    AreaStatementView {
        area: area.division(),
        name: area.division().full_name(),
        notice: notice_number(month.divided.month, area),
        lines: lines.map(line).collect(),
        owed: money::shown(&owed(&month.dues(), area)),
        before: money::shown(&month.before.get(&area).cloned().unwrap_or_default()),
        received: money::shown(&month.received(area)),
        open: money::shown(&open),
        still_owed: still.to_string(),
        receipts: month.receipts.iter().filter(|one| one.area == area).map(receipt_view).collect(),
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

//! What clerks do about urging (催缴) and suspension (暂停跨省直接结算): at the hub they decide, at a province they read.

use super::{Answer, Clerk, Input, payment_order::text, query, read};
use crate::{
    context::Failure,
    hub::Hub,
    province::ProvinceNode,
    urging::{self, Decision},
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use std::sync::Arc;
use store::figures::waiting::Differing;
use terms::{Day, Province, Refusal};
use wire::api::urging::{
    Decision as DecisionBody, DifferingTransfers, DifferingView, LetterView, Letters, OverdueView,
    SuspensionView, Suspensions, Urgings,
};

type Node = State<Arc<Hub>>;

/// How many letters or suspensions are shown.
const MOST: i64 = 500;
/// The longest reason: a hospital is told it.
const REASON_MAX: usize = 60;

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new()
        .route("/api/v1/funds/urgings", get(list_overdue))
        .route("/api/v1/funds/urgings/{number}", post(issue))
        .route("/api/v1/funds/transfers/differing", get(list_differing))
        .route("/api/v1/funds/suspensions", get(list_suspensions))
        .route("/api/v1/funds/suspensions/{province}", post(suspend))
        .route("/api/v1/funds/suspensions/{province}/lift", post(lift))
}

/// The routes of a province.
pub fn of_province() -> Router<Arc<ProvinceNode>> {
    Router::new().route("/api/v1/funds/urgings", get(list_letters))
}

async fn list_overdue(State(hub): Node, _: Clerk) -> Result<Answer, Answer> {
    let all = urging::standing(&hub).await.map_err(Failure::refusal)?;
    let view = |one: &urging::Standing| OverdueView::of(&one.overdue, &one.letters, one.letter_due);
    Ok(Answer::json(&Urgings { overdue: all.iter().map(view).collect() }))
}

async fn list_differing(State(hub): Node, _: Clerk) -> Result<Answer, Answer> {
    let found = urging::differing(&hub).await.map_err(Failure::refusal)?;
    let view = |(one, due): (Differing, Day)| DifferingView {
        order: one.number.to_string(),
        notice: one.number.notice().to_string(),
        paid: one.paid.to_string(),
        received: one.received.to_string(),
        moved_on: one.moved_on,
        changed_at: one.changed_at.to_string(),
        due,
    };
    Ok(Answer::json(&DifferingTransfers { transfers: found.into_iter().map(view).collect() }))
}

async fn issue(State(hub): Node, clerk: Clerk, Path(number): Path<String>) -> Result<Answer, Answer> {
    let number = read(&number, "number", "划拨单号")?;
    let letter = urging::issue_letter(&hub, &number, &clerk.name).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&LetterView::of(&letter)))
}

async fn list_suspensions(State(hub): Node, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let code = query(&uri, "province").as_deref().map(province).transpose()?;
    let all = urging::suspensions(&hub, code, MOST).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&Suspensions { suspensions: all.iter().map(SuspensionView::of).collect() }))
}

fn province(code: &str) -> Result<Province, Refusal> {
    read(code, "province", "省级区划代码，形如420000")
}

fn decided(clerk: &Clerk, body: &DecisionBody) -> Result<Decision, Refusal> {
    Ok(Decision {
        reason: text("reason", &body.reason, REASON_MAX, "理由")?,
        document: text("decision", &body.decision, 40, "决定文号")?,
        by: clerk.name.clone(),
    })
}

async fn suspend(
    State(hub): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    Input(body): Input<DecisionBody>,
) -> Result<Answer, Answer> {
    let (province, decided) = (province(&code)?, decided(&clerk, &body)?);
    let suspension = urging::suspend(&hub, province, decided).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&SuspensionView::of(&suspension)))
}

async fn lift(
    State(hub): Node,
    clerk: Clerk,
    Path(code): Path<String>,
    Input(body): Input<DecisionBody>,
) -> Result<Answer, Answer> {
    let (province, decided) = (province(&code)?, decided(&clerk, &body)?);
    let suspension = urging::lift(&hub, province, decided).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&SuspensionView::of(&suspension)))
}

async fn list_letters(State(node): State<Arc<ProvinceNode>>, _: Clerk) -> Result<Answer, Answer> {
    let found = async {
        let mut conn = node.context.store.conn().await?;
        Ok(store::urging::letters_since(&mut conn, node.context.me, None, 0, MOST).await?)
    };
    let found = found.await.map_err(|failure: Failure| failure.refusal())?;
    Ok(Answer::json(&Letters { letters: found.iter().map(LetterView::of).collect() }))
}

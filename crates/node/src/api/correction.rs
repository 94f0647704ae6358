//! What clerks of the hub do about a row of its book that both provinces contradict (差异更正): one asks for the correction, another decides.

use super::{Answer, Clerk, Input, query, read};
use crate::{
    context::Failure,
    correction::{self as act, Decision},
    hub::Hub,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::access::Area;
use std::sync::Arc;
use store::correction::{self as kept, Correction};
use terms::{Day, Refusal, SettlementId};
use wire::api::{
    correction::{BookAmounts, CorrectionView, Corrections, DecideCorrection, ProposeCorrection, stage_of},
    money,
};

/// The most corrections in one answer.
const MOST: usize = 500;
/// The most days of one question.
const DAYS: i32 = 366;
/// The longest reason, and the longest words of who decides.
const WORDS_MAX: usize = 200;

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new()
        .route("/api/v1/funds/corrections", get(list))
        .route("/api/v1/funds/corrections/{id}", post(propose))
        .route("/api/v1/funds/corrections/{id}/approve", post(approve))
        .route("/api/v1/funds/corrections/{id}/refuse", post(refuse))
}

async fn list(State(hub): State<Arc<Hub>>, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let day = |name: &str| {
        let text = query(&uri, name).ok_or_else(|| Refusal::missing(name, "日期，如2026-11-21"))?;
        read::<Day>(&text, name, "日期，如2026-11-21")
    };
    let (first, last) = (day("from")?, day("to")?);
    if last < first || first.days_until(last) >= DAYS {
        return Err(Refusal::invalid("to", format!("不早于from、距from不超过{DAYS}天的日期")).into());
    }
    let expected = || Refusal::invalid("stage", "proposed、corrected、refused");
    let stage = query(&uri, "stage").filter(|name| !name.is_empty());
    let stage = stage.map(|name| stage_of(&name).ok_or_else(expected)).transpose()?;
    let of = query(&uri, "settlement").filter(|id| !id.is_empty());
    let of = of.map(|id| settlement(&id)).transpose()?;
    let most = i64::try_from(MOST + 1).expect("a small number");
    let read = async {
        let mut conn = hub.context.store.conn().await?;
        Ok(kept::list(&mut conn, (first, last), (stage, of), most).await?)
    };
    let found: Vec<Correction> = read.await.map_err(|failure: Failure| failure.refusal())?;
    let more = found.len() > MOST;
    Ok(Answer::json(&Corrections { corrections: found.iter().take(MOST).map(view).collect(), more }))
}

async fn propose(
    State(hub): State<Arc<Hub>>,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<ProposeCorrection>,
) -> Result<Answer, Answer> {
    let (id, reason) = (settlement(&id)?, words("reason", &body.reason, "更正理由")?);
    let author = clerk.author();
    let proposed = act::propose(&hub, id, reason, (&clerk.name, &author)).await;
    Ok(Answer::json(&view(&proposed.map_err(Failure::refusal)?)))
}

async fn approve(
    State(hub): State<Arc<Hub>>,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<DecideCorrection>,
) -> Result<Answer, Answer> {
    decide(&hub, &clerk, (&id, &body), true).await
}

async fn refuse(
    State(hub): State<Arc<Hub>>,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<DecideCorrection>,
) -> Result<Answer, Answer> {
    decide(&hub, &clerk, (&id, &body), false).await
}

async fn decide(
    hub: &Hub,
    clerk: &Clerk,
    (id, body): (&str, &DecideCorrection),
    approved: bool,
) -> Result<Answer, Answer> {
    let (id, words) = (settlement(id)?, words("words", &body.words, "审批意见")?);
    // Who asks does not decide.
    if let Some(waits) = act::last(hub, id).await.map_err(Failure::refusal)? {
        clerk.decides(&Area::Nation, &act::subject(&waits)).await?;
    }
    let decided = act::decide(hub, id, Decision { approved, words, by: &clerk.name }).await;
    Ok(Answer::json(&view(&decided.map_err(Failure::refusal)?)))
}

fn settlement(id: &str) -> Result<SettlementId, Refusal> {
    read(id, "id", "30位结算ID")
}

fn words<'a>(field: &str, text: &'a str, what: &str) -> Result<&'a str, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > WORDS_MAX {
        return Err(Refusal::invalid(field, format!("{what}，1至{WORDS_MAX}字，不含个人信息")));
    }
    Ok(text)
}

fn view(one: &Correction) -> CorrectionView {
    let (decided, line) = (one.decided.as_ref(), one.done.line.as_ref());
    CorrectionView {
        number: one.name(),
        settlement: one.settlement.to_string(),
        insured: one.pair.insured.to_string(),
        treatment: one.pair.treatment.to_string(),
        stage: one.stage.name().to_owned(),
        stage_name: one.stage.chinese().to_owned(),
        before: BookAmounts::from(&one.before),
        after: BookAmounts::from(&one.after),
        treatment_hash: one.treatment.hash.clone(),
        insured_hash: one.insured.hash.clone(),
        reason: one.reason.clone(),
        proposed_by: one.proposed_by.clone(),
        proposed_at: one.proposed_at.to_string(),
        words: decided.map(|decided| decided.words.clone()),
        decided_by: decided.map(|decided| decided.by.clone()),
        decided_at: decided.map(|decided| decided.at.to_string()),
        cleared_month: line.map(|(_, month)| month.to_string()),
        cleared_amount: line.map(|(line, _)| line.amount().to_string()),
        cleared_purses: line.map(|(line, _)| money::shown(&line.dues().collect())).unwrap_or_default(),
    }
}

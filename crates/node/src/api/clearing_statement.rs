//! What clerks of a province do about a month's clearing statement (清算表) and about deductions after audit (审核扣款).

use super::{Answer, Clerk, Input, list::Asked, within};
use crate::{
    clearing_statement::{self as statements, Said, told},
    context::{Failure, Outcome},
    deduction::{self, NewDeduction},
    job::Progress,
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use funds::{Purse, Role, clearing::Deduction, institution_payment::Money};
use std::sync::Arc;
use store::{
    clearing_statement::{self as kept, Found, Statement},
    deduction::{DeductionsWanted, Recorded, Standing},
};
use terms::{AdminDivision, Day, Moment, Month, Refusal};
use wire::{
    api::{
        clearing_statement::{
            ClearingAnswerView, ClearingFindingView, ClearingStatementView, ClearingStatements,
            ConfirmStatement, DeductionView, Deductions, DisputeStatement, NewDeductionBody,
            StatementPairView,
        },
        money,
    },
    peer::v1::{AnswerClearing, ClearingPair, DisputedPair},
};

type Node = State<Arc<ProvinceNode>>;

/// The most findings that are shown.
const FINDINGS: i64 = 500;
/// The most disputes of one answer, and settlements of a dispute.
const DISPUTES_MAX: usize = 200;

/// The routes of statements and deductions.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/statements", get(list))
        .route("/api/v1/funds/statements/{month}", get(find))
        .route("/api/v1/funds/statements/{month}/fetch", post(fetch))
        .route("/api/v1/funds/statements/{month}/confirm", post(confirm))
        .route("/api/v1/funds/statements/{month}/dispute", post(dispute))
        .route("/api/v1/funds/deductions", get(deductions).post(deduct))
}

/// A month such as `2026-10`.
pub(super) fn month_of(text: &str) -> Result<Month, Refusal> {
    let wrong = || Refusal::invalid("month", "年月，如2026-10");
    let day: Day = format!("{text}-01").parse().map_err(|_| wrong())?;
    Ok(day.month())
}

/// A text that people wrote.
pub(super) fn words(text: &str, field: &str, most: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let fits = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(Refusal::invalid(field, format!("1至{most}字的文本"))) }
}

async fn list(State(node): Node, _: Clerk) -> Result<Answer, Answer> {
    let all = async {
        let mut conn = node.context.store.conn().await?;
        let mut views = Vec::new();
        for statement in kept::list(&mut conn, node.province).await? {
            let (_, count) = kept::findings(&mut conn, (node.province, statement.month), 0).await?;
            views.push(view(&statement, &[], count, false)?);
        }
        Ok::<_, Failure>(views)
    };
    Ok(Answer::json(&ClearingStatements { statements: all.await.map_err(Failure::refusal)? }))
}

async fn find(State(node): Node, _: Clerk, Path(month): Path<String>) -> Result<Answer, Answer> {
    shown(&node, month_of(&month)?).await
}

async fn shown(node: &ProvinceNode, month: Month) -> Result<Answer, Answer> {
    let found = async {
        let unknown = || Refusal::UnknownStatement { month: month.to_string() };
        let mut conn = node.context.store.conn().await?;
        let statement = kept::find(&mut conn, node.province, month).await?.ok_or_else(unknown)?;
        let (findings, count) = kept::findings(&mut conn, (node.province, month), FINDINGS).await?;
        view(&statement, &findings, count, true)
    };
    Ok(Answer::json(&found.await.map_err(Failure::refusal)?))
}

async fn fetch(
    State(node): Node,
    _: Clerk,
    progress: Progress,
    Path(month): Path<String>,
) -> Result<Answer, Answer> {
    let month = month_of(&month)?;
    statements::fetch(&node, month, &progress).await.map_err(Failure::refusal)?;
    shown(&node, month).await
}

async fn confirm(
    State(node): Node,
    clerk: Clerk,
    Path(month): Path<String>,
    Input(body): Input<ConfirmStatement>,
) -> Result<Answer, Answer> {
    answer(&node, &clerk, &month, Vec::new(), body.despite_findings).await
}

async fn dispute(
    State(node): Node,
    clerk: Clerk,
    Path(month): Path<String>,
    Input(body): Input<DisputeStatement>,
) -> Result<Answer, Answer> {
    let is_some = |count: usize| (1..=DISPUTES_MAX).contains(&count);
    if !is_some(body.disputes.len()) || body.disputes.iter().any(|one| one.settlements.len() > DISPUTES_MAX) {
        return Err(Refusal::invalid("disputes", format!("1至{DISPUTES_MAX}项争议")).into());
    }
    let read = |one: wire::api::clearing_statement::StatementDispute| {
        let pair = one.pair().ok_or_else(|| Refusal::invalid("pair", "参保省-就医省，如420000-310000"))?;
        let reason = words(&one.reason, "reason", 200)?;
        Ok(DisputedPair { pair, settlements: one.settlements, reason })
    };
    let disputes = body.disputes.into_iter().map(read).collect::<Result<_, Refusal>>()?;
    answer(&node, &clerk, &month, disputes, true).await
}

async fn answer(
    node: &Arc<ProvinceNode>,
    clerk: &Clerk,
    month: &str,
    disputes: Vec<DisputedPair>,
    despite_findings: bool,
) -> Result<Answer, Answer> {
    let month = month_of(month)?;
    let said = Said { disputes, despite_findings, by: clerk.name.clone() };
    statements::answer(node, month, said).await.map_err(Failure::refusal)?;
    node.deliver().await;
    shown(node, month).await
}

fn view(
    statement: &Statement,
    findings: &[Found],
    finding_count: u64,
    whole: bool,
) -> Outcome<ClearingStatementView> {
    let found = told(statement)?;
    let answer = match &statement.answer {
        Some(given) => {
            let said: AnswerClearing = given.answer.read()?;
            Some(ClearingAnswerView {
                verdict: if said.disputes.is_empty() { "confirmed" } else { "disputed" }.to_owned(),
                by: given.by.clone(),
                at: given.at.to_string(),
                taken_at: given.taken_at.map(|at| at.to_string()),
                refusal: given.refusal.clone(),
            })
        }
        None => None,
    };
    Ok(ClearingStatementView {
        month: statement.month.to_string(),
        revision: statement.revision,
        stage_name: found.stage.chinese().to_owned(),
        complete: statement.complete,
        fetched_at: statement.fetched_at.to_string(),
        confirmed_by: found.confirmed_by,
        settlements: statement.settlements,
        finding_count,
        answer,
        pairs: if whole { found.pairs.iter().map(pair_view).collect() } else { Vec::new() },
        findings: findings.iter().map(finding_view).collect(),
    })
}

fn pair_view(pair: &ClearingPair) -> StatementPairView {
    let dues: Money = pair.dues.iter().map(|due| ((due.scheme, due.purse), due.amount)).collect();
    StatementPairView {
        insured: pair.pair.insured.to_string(),
        treatment: pair.pair.treatment.to_string(),
        insured_answer: pair.insured_answer.chinese().to_owned(),
        treatment_answer: pair.treatment_answer.chinese().to_owned(),
        dues: money::shown(&dues),
        withdrawn: pair.withdrawn.len(),
    }
}

fn finding_view(found: &Found) -> ClearingFindingView {
    ClearingFindingView {
        settlement: found.id,
        role: if found.role == Role::Treatment { "treatment" } else { "insured" }.to_owned(),
        fault: found.fault.clone(),
        words: found.words.clone(),
    }
}

// ---------------------------------------------------------------- deductions

async fn deduct(
    State(node): Node,
    clerk: Clerk,
    Input(body): Input<NewDeductionBody>,
) -> Result<Answer, Answer> {
    let amounts = money::read(&body.amounts)?;
    let first = amounts.keys().next().map(|(scheme, _)| *scheme);
    if amounts.keys().any(|(scheme, _)| Some(*scheme) != first) {
        return Err(Refusal::invalid("amounts", "同一险种的金额").into());
    }
    within::of_settlement(&node, &clerk, body.settlement, true).await?;
    let new = NewDeduction {
        settlement: body.settlement,
        purses: amounts.into_iter().map(|((_, purse), amount)| (purse, amount)).collect(),
        reason: words(&body.reason, "reason", 200)?,
        reference: words(&body.reference, "reference", 60)?,
        by: clerk.name.chars().take(50).collect(),
    };
    let recorded = deduction::record(&node, new).await.map_err(Failure::refusal)?;
    node.deliver().await;
    Ok(Answer::json(&deduction_view(&node, &recorded).await.map_err(Failure::refusal)?))
}

/// The pooling areas that a place is, or lies in, by their numbers.
fn areas(place: AdminDivision) -> (u32, u32) {
    let number = place.number();
    if place == place.province().division() {
        return (number, number + 9_999);
    }
    let area = place.pooling_area().division().number();
    (area, area)
}

/// What a page of deductions ended with.
fn mark(text: &str) -> Result<(Moment, String), Refusal> {
    let read = || {
        let (at, number) = text.split_once('.')?;
        Some((Moment::from_millis(at.parse().ok()?)?, number.to_owned()))
    };
    read().ok_or_else(|| Refusal::invalid("after", "上一页的next"))
}

async fn deductions(State(node): Node, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let standing = |name: &str| {
        let expected = || Standing::ALL.map(Standing::name).join("、");
        let found = Standing::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| Refusal::invalid("standing", expected()))
    };
    let rows = asked.rows()?;
    let institution = asked.read("institution", "定点医药机构编号")?;
    let after = asked.text("after").map(mark).transpose()?;
    let wanted = DeductionsWanted {
        areas: clerk.scope().and_then(|own| own.division()).map(areas),
        institution: institution.as_ref(),
        standing: asked.text("standing").map(standing).transpose()?,
        days: asked.days()?,
        backwards: asked.sorted(&["at"])?.1,
        after: after.as_ref(),
        most: rows.asked(),
    };
    let found = deduction::search(&node, &wanted).await.map_err(Failure::refusal)?;
    let (found, follows) = rows.shown(found);
    let next = found.last().filter(|_| follows).map(|last| {
        let Deduction { decided_at, number, .. } = &last.deduction;
        format!("{}.{number}", decided_at.millis())
    });
    // What is a county's or an institution's is seen by the institution: the others of the page are left out of it.
    let mut deductions = Vec::new();
    for one in &found {
        if within::permits_institution(&node, &clerk, &one.institution).await? {
            deductions.push(deduction_view(&node, one).await.map_err(Failure::refusal)?);
        }
    }
    Ok(Answer::json(&Deductions { deductions, next }))
}

async fn deduction_view(node: &ProvinceNode, recorded: &Recorded) -> Outcome<DeductionView> {
    let deducted = &recorded.deduction;
    let institution = node.institution(&recorded.institution).await?;
    let funds = deducted.funds.iter().map(|(fund, amount)| (Purse::Fund(*fund), *amount));
    let purses = funds.chain([(Purse::PersonalAccount, deducted.account)]);
    let amounts: Money = purses
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(purse, amount)| ((recorded.scheme, purse), amount))
        .collect();
    Ok(DeductionView {
        number: deducted.number.clone(),
        settlement: deducted.settlement,
        institution: recorded.institution.clone(),
        institution_name: institution.map(|one| one.name.clone()),
        scheme: recorded.scheme,
        amounts: money::shown(&amounts),
        reason: deducted.reason.clone(),
        reference: recorded.reference.clone(),
        by: deducted.by.clone(),
        at: deducted.decided_at.to_string(),
        cleared_month: recorded.cleared_month.map(|month| month.to_string()),
        payment: recorded.payment.clone(),
        refusal: recorded.refusal.as_ref().map(|(words, _)| words.clone()),
    })
}

//! Monthly clearing at a desk of the hub: what a clerk plans, looks at, adopts and decides.

use super::{Answer, Clerk, Input, query, read};
use crate::{
    clearing::{self, Decision},
    context::Outcome,
    hub::Hub,
    job::Progress,
};
use axum::{
    Router,
    extract::{Path, State},
    http::{Uri, header},
    response::IntoResponse as _,
    routing::{get, post},
};
use casework::access::Area;
use funds::{
    Pair,
    calendar::Timetable,
    clearing::{
        PlanDifference, Reason, add_dues, listed,
        netting::netting,
        stage::{Answer as Said, PairStage, Stage},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use store::clearing::{self as book, ClosedMonth, KeptPlan};
use terms::{Day, Fen, Month, Province, Refusal, SettlementId};
use wire::{
    api::clearing::{
        AdoptClearing, ClearingComparison, ClearingDone, ClearingDue, ClearingDues, ClearingLines,
        ClearingMonth, ClearingMonths, ClearingPairView, ClearingPairs, ClearingPlan, ClearingPlanned,
        ClearingRow, ClearingSettlement, ClearingStatement, DecideDispute, NettingPosition, NettingReport,
        NettingWay, NoticesIssued,
    },
    peer::v1::ClearingPair,
};

type Node = State<Arc<Hub>>;

/// How long a call waits for a plan; it is made to its end whoever waits.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many differences a plan tells of.
const TOLD: usize = 50;

/// The routes of clearing.
pub fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/api/v1/funds/clearings", get(list))
        .route("/api/v1/funds/clearings/{month}", get(find))
        .route("/api/v1/funds/clearings/{month}/plan", get(last_plan).post(plan))
        .route("/api/v1/funds/clearings/{month}/comparison", get(compare))
        .route("/api/v1/funds/clearings/{month}/adopt", post(adopt))
        .route("/api/v1/funds/clearings/{month}/statement", get(statement))
        .route("/api/v1/funds/clearings/{month}/dues", get(dues))
        .route("/api/v1/funds/clearings/{month}/deductions", get(deductions))
        .route("/api/v1/funds/clearings/{month}/netting", get(netted))
        .route("/api/v1/funds/clearings/{month}/pairs", get(pairs))
        .route("/api/v1/funds/clearings/{month}/disputes", post(decide))
        .route("/api/v1/funds/clearings/{month}/notices", post(issue))
        .route("/api/v1/funds/clearings/{month}/left-out", get(left_out))
        .route("/api/v1/funds/late-settlements/{id}/accept", post(accept))
        .route("/api/v1/funds/clearing-years/{year}/close", post(close_year))
}

/// A month as addresses name it: `202610` or `2026-10`.
fn month_of(text: &str) -> Result<Month, Refusal> {
    let digits = text.replace('-', "");
    let number =
        Some(digits).filter(|digits| digits.len() == 6).and_then(|digits| digits.parse::<i32>().ok());
    let day = number.and_then(|number| Day::from_number(number * 100 + 1));
    day.map(Day::month).ok_or_else(|| Refusal::invalid("month", "清算年月，如202610"))
}

/// A table, as the address asks for it.
fn table<T: serde::Serialize>(uri: &Uri, value: &T, csv: impl FnOnce(&T) -> String) -> Answer {
    if query(uri, "form").as_deref() != Some("csv") {
        return Answer::json(value);
    }
    let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
    Answer(Box::new((kind, csv(value)).into_response()))
}

fn said<T>(outcome: Outcome<T>) -> Result<T, Answer> {
    outcome.map_err(|failure| failure.refusal().into())
}

async fn list(State(hub): Node, _: Clerk) -> Result<Answer, Answer> {
    let mut months = Vec::new();
    for month in said(clearing::months(&hub).await)? {
        months.push(said(view(&hub, month).await)?);
    }
    Ok(Answer::json(&ClearingMonths { months }))
}

async fn find(State(hub): Node, _: Clerk, Path(month): Path<String>) -> Result<Answer, Answer> {
    let month = said(clearing::month(&hub, month_of(&month)?).await)?;
    Ok(Answer::json(&said(view(&hub, month).await)?))
}

async fn view(hub: &Hub, month: ClosedMonth) -> Outcome<ClearingMonth> {
    let timetable = Timetable::of(month.month, &clearing::rules(hub.context.now().day())?);
    let standing =
        if month.stage == Stage::Adopted { clearing::standing(hub, &month, None).await? } else { Vec::new() };
    let silent = standing
        .iter()
        .flat_map(|one| [(one.pair.insured, one.insured_answer), (one.pair.treatment, one.treatment_answer)]);
    let unanswered: BTreeSet<Province> =
        silent.filter(|(_, answer)| *answer == Said::Awaited).map(|(province, _)| province).collect();
    let disputed = standing.iter().filter(|one| one.stage == PairStage::Disputed);
    let stage = serde_json::to_value(month.stage).ok().and_then(|stage| stage.as_str().map(str::to_owned));
    Ok(ClearingMonth {
        month: month.month.to_string(),
        stage: stage.expect("a stage is written as a word"),
        stage_name: month.stage.to_string(),
        closed_at: month.closed_at.to_string(),
        revision: month.revision,
        adopted: month.adopted,
        adopted_at: month.adopted_at.map(|at| at.to_string()),
        adopted_by: month.adopted_by,
        confirmed_by: timetable.confirmed_by,
        notices_on: timetable.notices_on,
        unanswered: unanswered.iter().map(ToString::to_string).collect(),
        disputed: disputed.map(|one| one.pair.to_string()).collect(),
    })
}

async fn plan(
    State(hub): Node,
    clerk: Clerk,
    progress: Progress,
    Path(month): Path<String>,
) -> Result<Answer, Answer> {
    let month = month_of(&month)?;
    if progress.is_left() {
        let planned = said(clearing::plan(&hub, month, (&clerk.name, &clerk.author()), &progress).await)?;
        let plan = Some(plan_view(&planned.kept, &planned.differences));
        return Ok(Answer::json(&ClearingPlanned { plan }));
    }
    // Made to its end even if the caller hangs up.
    let task =
        tokio::spawn(
            async move { clearing::plan(&hub, month, (&clerk.name, &clerk.author()), &progress).await },
        );
    let plan = match tokio::time::timeout(PATIENCE, task).await {
        Err(_) => None,
        Ok(Err(_)) => return Err(Refusal::NodeBusy {}.into()),
        Ok(Ok(planned)) => {
            let planned = said(planned)?;
            Some(plan_view(&planned.kept, &planned.differences))
        }
    };
    Ok(Answer::json(&ClearingPlanned { plan }))
}

async fn last_plan(State(hub): Node, _: Clerk, Path(month): Path<String>) -> Result<Answer, Answer> {
    let month = month_of(&month)?;
    let kept = said(clearing::current_plan(&hub, month).await)?;
    let differences = said(clearing::compare(&hub, month).await)?;
    Ok(Answer::json(&plan_view(&kept, &differences)))
}

fn plan_view(kept: &KeptPlan, differences: &[PlanDifference]) -> ClearingPlan {
    let (plan, whole) = (&kept.plan, kept.plan.whole());
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    ClearingPlan {
        month: plan.month.to_string(),
        revision: plan.revision,
        settlements: whole.settlements,
        undoings: whole.undoings,
        lines: kept.counted.lines,
        pairs: count(plan.pairs().len()),
        area_pairs: kept.counted.area_pairs,
        total: whole.total,
        payable: whole.agency_pays(),
        left_out: count(plan.left_out.len()),
        planned_at: kept.planned_at.to_string(),
        planned_by: kept.planned_by.clone(),
        differences: differences.iter().take(TOLD).map(ToString::to_string).collect(),
    }
}

async fn compare(State(hub): Node, _: Clerk, Path(month): Path<String>) -> Result<Answer, Answer> {
    let differences = said(clearing::compare(&hub, month_of(&month)?).await)?;
    let differences = differences.iter().map(ToString::to_string).collect();
    Ok(Answer::json(&ClearingComparison { differences }))
}

async fn adopt(
    State(hub): Node,
    clerk: Clerk,
    Path(month): Path<String>,
    Input(body): Input<AdoptClearing>,
) -> Result<Answer, Answer> {
    let month = month_of(&month)?;
    clerk.decides(&Area::Nation, &clearing::subject(month)).await?;
    let adopted = said(clearing::adopt(&hub, month, body.revision, &clerk.name).await)?;
    Ok(Answer::json(&said(view(&hub, adopted).await)?))
}

/// Which province's part is asked for; none for all.
fn of_province(uri: &Uri) -> Result<Option<Province>, Refusal> {
    query(uri, "province").map(|text| read(&text, "province", "省级区划代码，形如420000")).transpose()
}

fn concerns(pair: Pair, province: Option<Province>) -> bool {
    province.is_none_or(|province| pair.insured == province || pair.treatment == province)
}

async fn statement(
    State(hub): Node,
    _: Clerk,
    Path(month): Path<String>,
    uri: Uri,
) -> Result<Answer, Answer> {
    let (month, province) = (month_of(&month)?, of_province(&uri)?);
    let kept = said(clearing::current_plan(&hub, month).await)?;
    let sums = kept.plan.sums.iter().filter(|(slot, _)| concerns(slot.pair, province));
    let statement = ClearingStatement {
        month: month.to_string(),
        revision: kept.plan.revision,
        rows: sums.map(|(slot, share)| ClearingRow::of(slot, share)).collect(),
    };
    Ok(table(&uri, &statement, ClearingStatement::csv))
}

/// What every pair owes, without what upheld disputes took out.
async fn all_dues(hub: &Hub, month: Month) -> Outcome<(KeptPlan, BTreeMap<Pair, funds::clearing::Dues>)> {
    let kept = clearing::current_plan(hub, month).await?;
    let mut dues = kept.plan.all_dues();
    for line in clearing::withdrawn(hub, month).await? {
        let of_pair = dues.entry(line.pair()).or_default();
        add_dues(of_pair, line.dues().map(|(key, amount)| (key, -amount)));
    }
    Ok((kept, dues))
}

async fn dues(State(hub): Node, _: Clerk, Path(month): Path<String>, uri: Uri) -> Result<Answer, Answer> {
    let (month, province) = (month_of(&month)?, of_province(&uri)?);
    let is_asked = |pair: &Pair| match query(&uri, "side").as_deref() {
        Some("payable") => province.is_none_or(|province| pair.insured == province),
        Some("receivable") => province.is_none_or(|province| pair.treatment == province),
        _ => concerns(*pair, province),
    };
    let (kept, dues) = said(all_dues(&hub, month).await)?;
    let rows: Vec<ClearingDue> = dues
        .iter()
        .filter(|(pair, _)| is_asked(pair))
        .flat_map(|(pair, dues)| listed(dues).into_iter().map(|due| ClearingDue::of(*pair, &due)))
        .collect();
    let total = rows.iter().map(|row| row.amount).sum();
    let shown = ClearingDues { month: month.to_string(), revision: kept.plan.revision, total, rows };
    Ok(table(&uri, &shown, ClearingDues::csv))
}

async fn deductions(
    State(hub): Node,
    _: Clerk,
    Path(month): Path<String>,
    uri: Uri,
) -> Result<Answer, Answer> {
    let (month, province) = (month_of(&month)?, of_province(&uri)?);
    let read = async {
        let mut conn = hub.context.store.conn().await?;
        Ok(book::deductions_of_month(&mut conn, month, None).await?)
    };
    let reported = said(read.await)?;
    let reported = reported.iter().filter(|one| concerns(one.line.pair(), province));
    let rows = reported.map(|one| {
        let words = format!("[{}]{}", one.deduction.number, one.deduction.reason);
        ClearingSettlement::of(&one.line, words)
    });
    let shown = ClearingLines { month: month.to_string(), rows: rows.collect() };
    Ok(table(&uri, &shown, ClearingLines::csv))
}

async fn netted(State(hub): Node, _: Clerk, Path(month): Path<String>, uri: Uri) -> Result<Answer, Answer> {
    let month = month_of(&month)?;
    let (_, dues) = said(all_dues(&hub, month).await)?;
    let report = netting(&dues);
    let ways = [
        ("全额清算", report.full),
        ("双边轧差（仅供参考）", report.bilateral),
        ("多边轧差（仅供参考）", report.multilateral),
    ];
    let position = |(province, dues): (&Province, &funds::clearing::Dues)| NettingPosition {
        province: province.to_string(),
        amount: dues.values().copied().sum::<Fen>(),
    };
    let shown = NettingReport {
        month: month.to_string(),
        ways: ways.into_iter().map(|(way, transfers)| NettingWay::of(way, transfers)).collect(),
        positions: report.positions.iter().map(position).collect(),
    };
    Ok(table(&uri, &shown, NettingReport::csv))
}

async fn pairs(State(hub): Node, _: Clerk, Path(month): Path<String>, uri: Uri) -> Result<Answer, Answer> {
    let known = said(clearing::month(&hub, month_of(&month)?).await)?;
    let standing = said(clearing::standing(&hub, &known, of_province(&uri)?).await)?;
    let month = known.month.to_string();
    Ok(Answer::json(&ClearingPairs { month, pairs: standing.iter().map(pair_view).collect() }))
}

fn pair_view(one: &ClearingPair) -> ClearingPairView {
    let dispute = |dispute: &wire::peer::v1::ClearingDispute| {
        let what = match dispute.settlements.len() {
            0 => "全部".to_owned(),
            count => format!("{count}笔"),
        };
        let decision = dispute.decision.as_ref().map_or(String::new(), |words| format!("：{words}"));
        format!("{}对{what}提出：{}（{}{decision}）", dispute.by, dispute.reason, dispute.answer)
    };
    ClearingPairView {
        insured: one.pair.insured.to_string(),
        treatment: one.pair.treatment.to_string(),
        stage_name: one.stage.to_string(),
        insured_answer: one.insured_answer.to_string(),
        treatment_answer: one.treatment_answer.to_string(),
        payable: one.dues.iter().map(|due| due.amount).sum(),
        disputes: one.disputes.iter().map(dispute).collect(),
    }
}

async fn decide(
    State(hub): Node,
    clerk: Clerk,
    Path(month): Path<String>,
    Input(body): Input<DecideDispute>,
) -> Result<Answer, Answer> {
    let province = |text: &str, name: &str| read::<Province>(text, name, "省级区划代码，形如420000");
    let decision = Decision {
        month: month_of(&month)?,
        province: province(&body.province, "province")?,
        pair: Pair {
            insured: province(&body.insured, "insured")?,
            treatment: province(&body.treatment, "treatment")?,
        },
        upheld: body.upheld,
        settlements: body.settlements,
        words: body.words,
        by: clerk.name,
    };
    said(clearing::decide(&hub, &decision).await)?;
    let done = if decision.upheld {
        "争议成立，所列结算转入以后月份"
    } else {
        "争议不成立，清算表维持"
    };
    Ok(Answer::json(&ClearingDone { done: done.to_owned() }))
}

async fn issue(State(hub): Node, clerk: Clerk, Path(month): Path<String>) -> Result<Answer, Answer> {
    let pairs = said(clearing::issue(&hub, month_of(&month)?, &clerk.name).await)?;
    Ok(Answer::json(&NoticesIssued { pairs: u64::try_from(pairs).unwrap_or(u64::MAX) }))
}

async fn left_out(State(hub): Node, _: Clerk, Path(month): Path<String>, uri: Uri) -> Result<Answer, Answer> {
    let (month, province) = (month_of(&month)?, of_province(&uri)?);
    let kept = said(clearing::current_plan(&hub, month).await)?;
    let mut rows: Vec<ClearingSettlement> = kept
        .plan
        .left_out
        .iter()
        .filter(|one| concerns(one.line.pair(), province))
        .map(ClearingSettlement::left_out)
        .collect();
    let withdrawn = said(clearing::withdrawn(&hub, month).await)?;
    let withdrawn = withdrawn.iter().filter(|line| concerns(line.pair(), province));
    rows.extend(withdrawn.map(|line| ClearingSettlement::of(line, Reason::Dispute.to_string())));
    let shown = ClearingLines { month: month.to_string(), rows };
    Ok(table(&uri, &shown, ClearingLines::csv))
}

async fn accept(State(hub): Node, clerk: Clerk, Path(id): Path<String>) -> Result<Answer, Answer> {
    let id: SettlementId = read(&id, "id", "30位结算ID")?;
    said(clearing::accept_late(&hub, id, &clerk.name).await)?;
    Ok(Answer::json(&ClearingDone { done: "已同意列入下一次试算的清算月份".to_owned() }))
}

async fn close_year(State(hub): Node, clerk: Clerk, Path(year): Path<String>) -> Result<Answer, Answer> {
    let year: i16 = read(&year, "year", "年度，如2026")?;
    if !(2000..=2200).contains(&year) {
        return Err(Refusal::invalid("year", "年度，如2026").into());
    }
    said(clearing::close_year(&hub, year, &clerk.name).await)?;
    Ok(Answer::json(&ClearingDone { done: format!("{year}年度清算完成") }))
}

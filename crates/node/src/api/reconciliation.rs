//! What clerks of the provinces and the hub do about the daily reconciliation (对账): they look at days and differences, have days
//! compared anew, and say what explains a difference.

use super::{
    Answer, Clerk, Input,
    list::{self, Asked},
    query, read,
};
use crate::{
    access::Author,
    context::Failure,
    daily_reconciliation::{self, Decided, Decision},
    hub::Hub,
    job::Progress,
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::{
    access::Area,
    difference::{Move, NOTE_MAX, Stage},
};
use funds::{
    Side,
    reconciliation::{Part, words},
};
use std::sync::Arc;
use store::{
    Store,
    daily_reconciliation::{self as days, Reconciled},
    difference::{self, Difference, DifferencesWanted, Mark},
};
use terms::{AdminDivision, Day, PoolingArea, Province, Refusal, SettlementId};
use wire::api::reconciliation::{
    AssignDifference, DecideDifference, DifferenceView, Differences, NewReconciliation, NoteView,
    ReconciliationView, Reconciliations,
};

/// How many differences one answer has if nobody says.
const DIFFERENCES: u16 = 100;
/// The most days of one question.
const DAYS: i32 = 366;

/// The routes of a province.
pub fn of_province() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/reconciliations", get(list_at_province).post(reconcile))
        .route("/api/v1/funds/differences", get(differences_at_province))
        .route("/api/v1/funds/differences/{id}/assign", post(assign_at_province))
        .route("/api/v1/funds/differences/{id}/{step}", post(decide_at_province))
}

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new()
        .route("/api/v1/funds/reconciliations", get(list_at_hub))
        .route("/api/v1/funds/differences", get(differences_at_hub))
        .route("/api/v1/funds/differences/{id}/assign", post(assign_at_hub))
        .route("/api/v1/funds/differences/{id}/{step}", post(decide_at_hub))
}

async fn reconcile(
    State(node): State<Arc<ProvinceNode>>,
    clerk: Clerk,
    progress: Progress,
    Input(body): Input<NewReconciliation>,
) -> Result<Answer, Answer> {
    let range = (body.from, body.to);
    let done = daily_reconciliation::reconcile_days(&node, range, &clerk.name, &progress).await;
    Ok(shown_days(&done.map_err(Failure::refusal)?))
}

async fn list_at_province(
    State(node): State<Arc<ProvinceNode>>,
    _: Clerk,
    uri: Uri,
) -> Result<Answer, Answer> {
    list(&node.context.store, Some(node.province), &uri).await
}

async fn list_at_hub(State(hub): State<Arc<Hub>>, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let province = query(&uri, "province");
    let province = province.map(|text| read(&text, "province", "省级区划代码，形如420000")).transpose()?;
    list(&hub.context.store, province, &uri).await
}

async fn list(store: &Store, province: Option<Province>, uri: &Uri) -> Result<Answer, Answer> {
    let range = range(uri)?;
    let read = async { Ok(days::list(&mut *store.conn().await?, province, range).await?) };
    Ok(shown_days(&read.await.map_err(Failure::refusal)?))
}

/// From which day to which.
fn range(uri: &Uri) -> Result<(Day, Day), Refusal> {
    let day = |name: &str| {
        let text = query(uri, name).ok_or_else(|| Refusal::missing(name, "日期，如2026-11-21"))?;
        read::<Day>(&text, name, "日期，如2026-11-21")
    };
    let (first, last) = (day("from")?, day("to")?);
    if last < first || first.days_until(last) >= DAYS {
        return Err(Refusal::invalid("to", format!("不早于from、距from不超过{DAYS}天的日期")));
    }
    Ok((first, last))
}

fn shown_days(days: &[Reconciled]) -> Answer {
    Answer::json(&Reconciliations { reconciliations: days.iter().map(day_view).collect() })
}

fn day_view(one: &Reconciled) -> ReconciliationView {
    ReconciliationView {
        province: one.province.to_string(),
        day: one.day,
        part: one.part.name().to_owned(),
        part_name: one.part.side().chinese().to_owned(),
        standing: one.standing,
        total: one.total,
        differing: one.differing,
        under_way: one.under_way,
        agreed: one.differing == 0,
        ran_at: one.ran_at.to_string(),
        ran_by: one.ran_by.clone(),
        reported_at: one.reported_at.map(|at| at.to_string()),
    }
}

async fn differences_at_province(
    State(node): State<Arc<ProvinceNode>>,
    clerk: Clerk,
    uri: Uri,
) -> Result<Answer, Answer> {
    differences(&node.context.store, part_of(&clerk.area()), &uri).await
}

async fn differences_at_hub(State(hub): State<Arc<Hub>>, clerk: Clerk, uri: Uri) -> Result<Answer, Answer> {
    clerk.within(&Area::Nation)?;
    differences(&hub.context.store, None, &uri).await
}

/// The part of a province whose differences somebody sees; none for who works for all of it.
pub(super) fn part_of(area: &Area) -> Option<AdminDivision> {
    match area {
        Area::Nation | Area::Province(_) => None,
        Area::City(_) | Area::County(_) | Area::Institution { .. } => area.division(),
    }
}

/// A row with which a page ended.
fn mark(text: &str) -> Result<Mark, Refusal> {
    let read = || {
        let (settlement, rest) = text.split_once('.')?;
        let (province, part) = rest.split_once('.')?;
        Some((settlement.parse().ok()?, province.parse().ok()?, Part::from_name(part)?))
    };
    read().ok_or_else(|| Refusal::invalid("after", "上一页的next"))
}

async fn differences(store: &Store, within: Option<AdminDivision>, uri: &Uri) -> Result<Answer, Answer> {
    let (first, last) = range(uri)?;
    let named = |name: &str| Stage::ALL.into_iter().find(|stage| stage.name() == name);
    let expected = || Refusal::invalid("stage", Stage::ALL.map(Stage::name).join("、"));
    let stages = match query(uri, "stage").as_deref() {
        Some(name) => vec![named(name).ok_or_else(expected)?],
        None => Stage::ALL.into_iter().filter(|stage| stage.is_open()).collect(),
    };
    let asked = Asked::of(uri)?;
    let owner = |name: &str| {
        let expected = || Side::ALL.map(Side::name).join("、");
        Side::from_name(name).ok_or_else(|| Refusal::invalid("owner", expected()))
    };
    let rows = list::rows(asked.read("limit", "1到100的整数")?.or(Some(DIFFERENCES)), None)?;
    let wanted = DifferencesWanted {
        stages: &stages,
        days: (first, last),
        province: asked.read("province", "省级区划代码，形如420000")?,
        within,
        owner: asked.text("owner").map(owner).transpose()?,
        backwards: asked.sorted(&["settlement"])?.1,
        after: asked.text("after").map(mark).transpose()?,
        most: rows.asked(),
    };
    let read = async { Ok(difference::search(&mut *store.conn().await?, &wanted).await?) };
    let (found, follows) = rows.shown(read.await.map_err(|failure: Failure| failure.refusal())?);
    let next = found
        .last()
        .filter(|_| follows)
        .map(|last| format!("{}.{}.{}", last.settlement, last.province, last.part.name()));
    Ok(Answer::json(&Differences { differences: found.iter().map(view).collect(), next }))
}

async fn decide_at_province(
    State(node): State<Arc<ProvinceNode>>,
    clerk: Clerk,
    Path((id, step)): Path<(String, String)>,
    Input(body): Input<DecideDifference>,
) -> Result<Answer, Answer> {
    let (id, step) = (settlement(&id)?, named_step(&step)?);
    for area in areas_of(&node, &clerk, id).await? {
        within_and_four_eyes(&clerk, id, step, &area).await?;
    }
    let author = clerk.author();
    let (step, note) = (Decided::Move(step), note(&body.note)?);
    let decision = Decision { step, note, by: &clerk.name, author: &author };
    decided(daily_reconciliation::decide_here(&node, id, &decision).await)
}

async fn decide_at_hub(
    State(hub): State<Arc<Hub>>,
    clerk: Clerk,
    Path((id, step)): Path<(String, String)>,
    Input(body): Input<DecideDifference>,
) -> Result<Answer, Answer> {
    let (id, step) = (settlement(&id)?, named_step(&step)?);
    within_and_four_eyes(&clerk, id, step, &Area::Nation).await?;
    let author = clerk.author();
    let (step, note) = (Decided::Move(step), note(&body.note)?);
    let decision = Decision { step, note, by: &clerk.name, author: &author };
    decided(daily_reconciliation::hub::decide_here(&hub, id, &decision).await)
}

async fn assign_at_province(
    State(node): State<Arc<ProvinceNode>>,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<AssignDifference>,
) -> Result<Answer, Answer> {
    let (id, step) = (settlement(&id)?, Decided::Assign(owner(&body.owner)?));
    areas_of(&node, &clerk, id).await?.iter().try_for_each(|area| clerk.within(area))?;
    let decision = Decision { step, note: note(&body.note)?, by: &clerk.name, author: &Author::NOBODY };
    decided(daily_reconciliation::decide_here(&node, id, &decision).await)
}

async fn assign_at_hub(
    State(hub): State<Arc<Hub>>,
    clerk: Clerk,
    Path(id): Path<String>,
    Input(body): Input<AssignDifference>,
) -> Result<Answer, Answer> {
    let (id, step) = (settlement(&id)?, Decided::Assign(owner(&body.owner)?));
    clerk.within(&Area::Nation)?;
    let decision = Decision { step, note: note(&body.note)?, by: &clerk.name, author: &Author::NOBODY };
    decided(daily_reconciliation::hub::decide_here(&hub, id, &decision).await)
}

/// Where the differences of a settlement lie: in the pooling areas in whose books it stands, or in the whole province.
async fn areas_of(node: &ProvinceNode, clerk: &Clerk, id: SettlementId) -> Result<Vec<Area>, Refusal> {
    if !clerk.is_person() {
        return Ok(Vec::new());
    }
    let find = async { Ok(difference::areas(&mut *node.context.store.conn().await?, id).await?) };
    let found: Vec<Option<PoolingArea>> = find.await.map_err(|failure: Failure| failure.refusal())?;
    if found.is_empty() {
        return Err(Refusal::UnknownDifference { setl_id: id.to_string() });
    }
    Ok(found.into_iter().map(|area| area.map_or(Area::Province(node.province), Area::from)).collect())
}

/// Refuses what lies elsewhere; who explains a difference does not confirm it.
async fn within_and_four_eyes(
    clerk: &Clerk,
    id: SettlementId,
    step: Move,
    area: &Area,
) -> Result<(), Refusal> {
    match step {
        Move::Confirm => clerk.decides(area, &daily_reconciliation::subject(id)).await,
        _ => clerk.within(area),
    }
}

fn settlement(id: &str) -> Result<SettlementId, Refusal> {
    read(id, "id", "30位结算ID")
}

fn named_step(step: &str) -> Result<Move, Refusal> {
    match step {
        "explain" => Ok(Move::Explain),
        "confirm" => Ok(Move::Confirm),
        "reopen" => Ok(Move::Reopen),
        other => Err(Refusal::UnknownPath { path: other.chars().take(60).collect() }),
    }
}

fn owner(name: &str) -> Result<Side, Refusal> {
    let expected = || Refusal::invalid("owner", Side::ALL.map(Side::name).join("、"));
    Side::from_name(name).ok_or_else(expected)
}

fn note(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NOTE_MAX {
        return Err(Refusal::invalid("note", format!("说明，1至{NOTE_MAX}字，不含个人信息")));
    }
    Ok(text)
}

fn decided(decided: Result<Vec<Difference>, Failure>) -> Result<Answer, Answer> {
    let decided = decided.map_err(Failure::refusal)?;
    Ok(Answer::json(&Differences { differences: decided.iter().map(view).collect(), next: None }))
}

fn view(one: &Difference) -> DifferenceView {
    DifferenceView {
        settlement: one.settlement.to_string(),
        province: one.province.to_string(),
        part: one.part.name().to_owned(),
        part_name: one.part.side().chinese().to_owned(),
        counterpart: one.counterpart.map(|one| one.to_string()),
        owner: one.owner.name().to_owned(),
        owner_name: one.owner.chinese().to_owned(),
        area: one.area.map(|area| area.to_string()),
        area_name: one.area.map(|area| area.division().full_name()),
        agency: one.agency.map(|agency| agency.to_string()),
        words: words(&one.kinds),
        cause: one.cause.name().to_owned(),
        cause_name: one.cause.chinese().to_owned(),
        stage: one.matter.stage.name().to_owned(),
        stage_name: one.matter.stage.chinese().to_owned(),
        looks: one.matter.looks,
        found_at: one.matter.found_at.to_string(),
        changed_at: one.matter.changed_at.to_string(),
        notes: one.matter.notes.iter().map(NoteView::from).collect(),
    }
}

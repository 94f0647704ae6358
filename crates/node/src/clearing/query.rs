//! What provinces ask of a month: how each pair stands, the lines of the plan, and the settlements in it, page by page.

use super::rules;
use crate::{context::Outcome, correction::as_counted, hub::Hub};
use funds::{
    Pair,
    calendar::Timetable,
    clearing::{
        Dues, Reason, add_dues, listed,
        stage::{Answer, PairStage, Stage},
    },
};
use std::collections::BTreeSet;
use store::{
    Conn,
    clearing::{self as book, ClosedMonth, PlannedPair},
    correction,
};
use terms::{Participant, Province, Refusal, SettlementId};
use wire::peer::v1::{
    ClearingDispute, ClearingPair, FindClearedSettlements, FindClearing, FoundClearedSettlements,
    FoundClearing,
};

/// The most settlements of a page.
const PAGE: usize = 1_000;

/// How the pairs of an adopted month stand: those of one province, or all.
pub async fn standing(hub: &Hub, month: &ClosedMonth, of: Option<Province>) -> Outcome<Vec<ClearingPair>> {
    standing_in(&mut *hub.context.store.conn().await?, month, of).await
}

pub(super) async fn standing_in(
    conn: &mut Conn,
    month: &ClosedMonth,
    of: Option<Province>,
) -> Outcome<Vec<ClearingPair>> {
    if month.adopted == 0 {
        return Ok(Vec::new());
    }
    let answers = book::answers(conn, month.month, of).await?;
    let withdrawn = book::carried_out(conn, month.month, Reason::Dispute, of).await?;
    let pairs = book::pairs(conn, (month.month, month.adopted), of).await?;
    let view = |planned: PlannedPair| {
        let pair = planned.pair;
        let of_pair = || answers.iter().filter(|one| one.pair == pair);
        let said = |province| {
            of_pair().find(|one| one.province == province).map_or(Answer::Awaited, |one| one.answer)
        };
        let (insured_answer, treatment_answer) = (said(pair.insured), said(pair.treatment));
        let withdrawn: Vec<_> = withdrawn.iter().filter(|line| line.pair() == pair).cloned().collect();
        let mut dues: Dues = planned.dues;
        for line in &withdrawn {
            add_dues(&mut dues, line.dues().map(|(key, amount)| (key, -amount)));
        }
        let disputes = of_pair().filter(|one| one.reason.is_some()).map(|one| ClearingDispute {
            by: Participant::Province(one.province),
            settlements: one.settlements.clone(),
            reason: one.reason.clone().unwrap_or_default(),
            answer: one.answer,
            decision: one.decision.clone(),
        });
        ClearingPair {
            pair,
            stage: PairStage::of(insured_answer, treatment_answer, planned.noticed_at.is_some()),
            insured_answer,
            treatment_answer,
            dues: listed(&dues),
            withdrawn,
            disputes: disputes.collect(),
        }
    };
    Ok(pairs.into_iter().map(view).collect())
}

/// Pairs in the order of pages: those in which the province owes first.
fn in_order(pairs: Vec<PlannedPair>, of: Province) -> Vec<PlannedPair> {
    let (owing, owed): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|one| one.pair.insured == of);
    owing.into_iter().chain(owed).collect()
}

/// A page of the lines of a month.
pub async fn find_clearing(hub: &Hub, from: Province, find: &FindClearing) -> Outcome<FoundClearing> {
    let timetable = Timetable::of(find.month, &rules(hub.context.now().day())?);
    let mut conn = hub.context.store.conn().await?;
    let known = book::month(&mut conn, find.month).await?;
    let mut found = FoundClearing {
        month: find.month,
        stage: known.as_ref().map_or(Stage::Open, |known| known.stage),
        revision: 0,
        adopted_at: None,
        confirmed_by: timetable.confirmed_by,
        notices_on: timetable.notices_on,
        pairs: Vec::new(),
        lines: Vec::new(),
        next: None,
    };
    let Some(known) = known.filter(|known| known.adopted > 0) else { return Ok(found) };
    found.revision = known.adopted;
    found.adopted_at = known.adopted_at;
    found.pairs = standing_in(&mut conn, &known, Some(from)).await?;
    let plan = (find.month, known.adopted);
    let sheets: Vec<(Pair, u32)> = in_order(book::pairs(&mut conn, plan, Some(from)).await?, from)
        .iter()
        .flat_map(|one| (0..one.parts).map(|part| (one.pair, part)))
        .collect();
    let name = |(pair, part): &(Pair, u32)| format!("{pair}/{part}");
    let at = position(find.after.as_deref(), sheets.iter().map(name))?;
    // Small sheets together, as many as one large one holds.
    for (at, (pair, part)) in sheets.iter().enumerate().skip(at) {
        found.lines.extend(book::sheet(&mut conn, plan, *pair, *part).await?);
        if found.lines.len() >= PAGE && at + 1 < sheets.len() {
            found.next = Some(name(&(*pair, *part)));
            break;
        }
    }
    Ok(found)
}

/// Where to go on after a name that was given as `next`.
fn position(after: Option<&str>, names: impl Iterator<Item = String>) -> Result<usize, Refusal> {
    let Some(after) = after else { return Ok(0) };
    let mut names = names;
    let at = names.position(|name| name == after);
    at.map(|at| at + 1).ok_or_else(|| Refusal::invalid("after", "上一页的next"))
}

/// A page of the settlements of a month.
pub async fn find_cleared_settlements(
    hub: &Hub,
    from: Province,
    find: &FindClearedSettlements,
) -> Outcome<FoundClearedSettlements> {
    let mut found = FoundClearedSettlements {
        month: find.month,
        revision: 0,
        lines: Vec::new(),
        left_out: Vec::new(),
        next: None,
    };
    let mut conn = hub.context.store.conn().await?;
    let known = book::month(&mut conn, find.month).await?;
    let Some(known) = known.filter(|known| known.adopted > 0) else { return Ok(found) };
    let kept = book::plan(&mut conn, find.month, known.adopted).await?;
    let kept = kept.expect("an adopted month has its plan");
    found.revision = known.adopted;
    let concerns = |pair: Pair| pair.insured == from || pair.treatment == from;
    let left_out = kept.plan.left_out.iter().filter(|one| concerns(one.line.pair()));
    let out: BTreeSet<_> = left_out.clone().map(|one| (one.line.settlement, one.line.part.clone())).collect();
    if find.after.is_none() {
        found.left_out = left_out.cloned().collect();
    }
    let pairs = in_order(book::pairs(&mut conn, (find.month, known.adopted), Some(from)).await?, from);
    let (mut at, mut after) = cursor(find.after.as_deref(), &pairs)?;
    while let Some(PlannedPair { pair, .. }) = pairs.get(at) {
        let most = i64::try_from(PAGE).expect("a page");
        let mut page = book::page(&mut conn, find.month, *pair, after, most).await?;
        let last = page.last().map(|line| line.settlement).filter(|_| page.len() >= PAGE);
        as_counted(&mut conn, find.month, &mut page).await?;
        found.lines.extend(page);
        if let Some(last) = last {
            found.next = Some(format!("{pair}/{last}"));
            break;
        }
        let mut moved = book::moved(&mut conn, find.month, *pair).await?;
        as_counted(&mut conn, find.month, &mut moved).await?;
        found.lines.extend(moved);
        found.lines.extend(book::given_back(&mut conn, find.month, Some(*pair)).await?);
        let deductions = book::deductions_of_month(&mut conn, find.month, Some(*pair)).await?;
        found.lines.extend(deductions.into_iter().map(|reported| reported.line));
        found.lines.extend(correction::of_month(&mut conn, find.month, Some(*pair)).await?);
        found.lines.extend(kept.carried.iter().filter(|line| line.pair() == *pair).cloned());
        (at, after) = (at + 1, None);
        if found.lines.len() >= PAGE && at < pairs.len() {
            found.next = Some(format!("{pair}/"));
            break;
        }
    }
    found.lines.retain(|line| !out.contains(&(line.settlement, line.part.clone())));
    Ok(found)
}

/// The pair to go on with, and the settlement in it to go on after.
fn cursor(after: Option<&str>, pairs: &[PlannedPair]) -> Result<(usize, Option<SettlementId>), Refusal> {
    let Some(after) = after else { return Ok((0, None)) };
    let wrong = || Refusal::invalid("after", "上一页的next");
    let (pair, id) = after.split_once('/').ok_or_else(wrong)?;
    let at = pairs.iter().position(|one| one.pair.to_string() == pair).ok_or_else(wrong)?;
    if id.is_empty() { Ok((at + 1, None)) } else { Ok((at, Some(id.parse().map_err(|_| wrong())?))) }
}

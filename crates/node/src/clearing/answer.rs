//! What provinces say of an adopted month, pair by pair, and what the hub decides of their disputes.

use super::{SYSTEM, moved, query::standing_in, refused, rules};
use crate::{context::Outcome, correction::as_counted, hub::Hub};
use funds::{
    Pair,
    calendar::Timetable,
    clearing::{
        ClearedLine, LeftOut, Reason,
        stage::{Answer, AnswerMove, Move},
    },
};
use std::collections::BTreeSet;
use store::{
    Work,
    clearing::{self as book, AnswerRow, ClosedMonth, KeptPlan},
};
use terms::{Month, Province, Refusal, SettlementId};
use wire::peer::v1::{AnswerClearing, ClearingAnswered, DisputedPair};

/// The most settlements that a dispute names.
const NAMED_MAX: usize = 10_000;
/// The longest reason.
const WORDS_MAX: usize = 200;

/// Takes a province's answer: yes to every pair but those that it disputes.
pub async fn answer(hub: &Hub, from: Province, said: &AnswerClearing) -> Outcome<ClearingAnswered> {
    let now = hub.context.now();
    let mut work = hub.context.store.begin().await?;
    let held = book::hold(&mut work, said.month).await?;
    let held = held.ok_or_else(|| Refusal::UnknownClearing { month: said.month.to_string() })?;
    check(from, said, &held)?;
    let pairs = book::pairs(work.conn(), (said.month, held.adopted), Some(from)).await?;
    if let Some(unknown) = said.disputes.iter().find(|one| pairs.iter().all(|known| known.pair != one.pair)) {
        return Err(refused(&format!("{}的清算表中没有{}", said.month, unknown.pair)));
    }
    let in_time = now.day() <= Timetable::of(said.month, &rules(now.day())?).confirmed_by;
    let before = book::answers(work.conn(), said.month, Some(from)).await?;
    for pair in &pairs {
        let before = before.iter().find(|one| one.pair == pair.pair && one.province == from);
        let dispute = said.disputes.iter().find(|one| one.pair == pair.pair);
        let stands = before.map_or(Answer::Awaited, |before| before.answer);
        // A retry of what was decided meanwhile gets what was decided.
        let is_same = |dispute: &DisputedPair, before: &AnswerRow| {
            before.settlements == dispute.settlements && before.reason.as_ref() == Some(&dispute.reason)
        };
        if dispute.zip(before).is_some_and(|(dispute, before)| is_same(dispute, before)) {
            continue;
        }
        let by = if dispute.is_some() { AnswerMove::Dispute } else { AnswerMove::Confirm };
        if pair.noticed_at.is_some() {
            match by {
                AnswerMove::Dispute => {
                    return Err(refused(&format!("{}已签发通知书，不能再提出争议", pair.pair)));
                }
                _ => continue,
            }
        }
        let after = stands.after(by, in_time).ok_or_else(|| {
            refused(&format!("{}{stands}，确认期限已过或争议已处理，不能再提出争议", pair.pair))
        })?;
        if after == stands && dispute.is_none() {
            continue;
        }
        if let Some(dispute) = dispute {
            check_named(&mut work, &held, dispute).await?;
        }
        let row = AnswerRow {
            province: from,
            pair: pair.pair,
            answer: after,
            answered_by: said.by.clone(),
            answered_at: now,
            settlements: dispute.map_or_else(Vec::new, |dispute| dispute.settlements.clone()),
            reason: dispute.map(|dispute| dispute.reason.clone()),
            decision: None,
            decided_by: None,
            decided_at: None,
        };
        book::put_answer(&mut work, said.month, &row).await?;
    }
    let pairs = standing_in(work.conn(), &held, Some(from)).await?;
    work.save().await?;
    Ok(ClearingAnswered { month: said.month, revision: held.adopted, pairs })
}

/// Whether an answer is in order, whatever was said before.
fn check(from: Province, said: &AnswerClearing, held: &ClosedMonth) -> Outcome<()> {
    if held.adopted == 0 || held.adopted != said.revision {
        let month = said.month;
        return Err(refused(&format!("{month}生效的清算表是第{}次试算，请重新取得后再确认", held.adopted)));
    }
    if !(1..=50).contains(&said.by.trim().chars().count()) {
        return Err(refused("请填写经办人"));
    }
    let mut seen = BTreeSet::new();
    for dispute in &said.disputes {
        if ![dispute.pair.insured, dispute.pair.treatment].contains(&from) || !seen.insert(dispute.pair) {
            return Err(refused("只能对本省为一方的清算提出争议，每对省份一次"));
        }
        if !(1..=WORDS_MAX).contains(&dispute.reason.trim().chars().count()) {
            return Err(refused("请写明争议理由，不超过200字"));
        }
        if dispute.settlements.len() > NAMED_MAX {
            return Err(refused("一次争议最多列明一万笔结算"));
        }
    }
    Ok(())
}

/// Every settlement that a dispute names is in the month, between the two provinces.
async fn check_named(work: &mut Work, held: &ClosedMonth, dispute: &DisputedPair) -> Outcome<()> {
    let named: BTreeSet<_> = dispute.settlements.iter().copied().collect();
    let kept =
        book::plan(work.conn(), held.month, held.adopted).await?.expect("an adopted month has its plan");
    let lines = lines_of(work, &kept, dispute.pair, &named).await?;
    let known: BTreeSet<_> = lines.iter().map(|line| line.settlement).collect();
    match named.difference(&known).next() {
        None => Ok(()),
        Some(unknown) => Err(refused(&format!("结算[{unknown}]不在{}的清算表中，请核对", dispute.pair))),
    }
}

/// The lines of some settlements that a plan has between two provinces.
async fn lines_of(
    work: &mut Work,
    kept: &KeptPlan,
    pair: Pair,
    named: &BTreeSet<SettlementId>,
) -> Outcome<Vec<ClearedLine>> {
    let out: BTreeSet<_> =
        kept.plan.left_out.iter().map(|one| (one.line.settlement, one.line.part.clone())).collect();
    let mut lines = book::by_ids(work.conn(), kept.plan.month, named).await?;
    as_counted(work.conn(), kept.plan.month, &mut lines).await?;
    lines.retain(|line| !out.contains(&(line.settlement, line.part.clone())));
    lines.extend(kept.carried.iter().filter(|line| named.contains(&line.settlement)).cloned());
    lines.retain(|line| line.pair() == pair);
    Ok(lines)
}

/// What the hub decides of a dispute.
#[derive(Clone, Debug)]
pub struct Decision {
    /// 清算年月.
    pub month: Month,
    /// Who disputes.
    pub province: Province,
    /// Which pair.
    pub pair: Pair,
    /// 争议成立: the settlements leave the month and come in a later one.
    pub upheld: bool,
    /// Which settlements leave; those that the dispute names if none are named here.
    pub settlements: Vec<SettlementId>,
    /// In words.
    pub words: String,
    /// Who decides.
    pub by: String,
}

/// Decides a dispute.
pub async fn decide(hub: &Hub, decision: &Decision) -> Outcome<()> {
    let now = hub.context.now();
    let words = decision.words.trim();
    if !(1..=WORDS_MAX).contains(&words.chars().count()) || decision.settlements.len() > NAMED_MAX {
        return Err(refused("请写明处理意见，不超过200字；列明的结算不超过一万笔"));
    }
    let mut work = hub.context.store.begin().await?;
    let held = moved(&mut work, decision.month, Move::Resolve).await?;
    let answers = book::answers(work.conn(), decision.month, Some(decision.province)).await?;
    let dispute = answers
        .into_iter()
        .find(|one| one.pair == decision.pair && one.province == decision.province)
        .ok_or_else(|| refused("没有这一争议，请核对省份"))?;
    let by = if decision.upheld { AnswerMove::Uphold } else { AnswerMove::Reject };
    let answer = dispute
        .answer
        .after(by, true)
        .ok_or_else(|| refused(&format!("{}{}，没有待处理的争议", decision.pair, dispute.answer)))?;
    if decision.upheld {
        let named =
            if decision.settlements.is_empty() { &dispute.settlements } else { &decision.settlements };
        let named: BTreeSet<SettlementId> = named.iter().copied().collect();
        let kept =
            book::plan(work.conn(), held.month, held.adopted).await?.expect("an adopted month has its plan");
        let lines = lines_of(&mut work, &kept, decision.pair, &named).await?;
        let known: BTreeSet<_> = lines.iter().map(|line| line.settlement).collect();
        if named.is_empty() || known != named {
            return Err(refused("争议成立的，请逐笔列明本月清算表中应转入以后月份的结算"));
        }
        let left: Vec<LeftOut> =
            lines.into_iter().map(|line| LeftOut { line, reason: Reason::Dispute }).collect();
        book::put_carries(&mut work, held.month, &left).await?;
    }
    let decided = AnswerRow {
        answer,
        decision: Some(words.to_owned()),
        decided_by: Some(decision.by.clone()),
        decided_at: Some(now),
        ..dispute
    };
    book::put_answer(&mut work, held.month, &decided).await?;
    Ok(work.save().await?)
}

/// Takes the silence of provinces for yes once the deadline has passed (逾期视同确认).
pub(super) async fn deem(hub: &Hub, month: Month) -> Outcome<()> {
    let now = hub.context.now();
    let mut work = hub.context.store.begin().await?;
    let held = moved(&mut work, month, Move::Answer).await?;
    let answers = book::answers(work.conn(), month, None).await?;
    for pair in book::pairs(work.conn(), (month, held.adopted), None).await? {
        for province in [pair.pair.insured, pair.pair.treatment] {
            let known = answers.iter().any(|one| one.pair == pair.pair && one.province == province);
            let Some(answer) = Answer::Awaited.after(AnswerMove::Deem, false).filter(|_| !known) else {
                continue;
            };
            let row = AnswerRow {
                province,
                pair: pair.pair,
                answer,
                answered_by: SYSTEM.to_owned(),
                answered_at: now,
                settlements: Vec::new(),
                reason: None,
                decision: None,
                decided_by: None,
                decided_at: None,
            };
            book::put_answer(&mut work, month, &row).await?;
        }
    }
    Ok(work.save().await?)
}

//! What pooling areas say to their part of a month (省内二级清算): an area's agency confirms its statement (上解通知书) or disputes settlements
//! of it, and the province decides. What it upholds leaves the area's part of the month and comes in the next one that is divided, as what
//! the hub upholds of a province's dispute does; what it does not uphold stands. What is not disputed is sent up meanwhile.

use crate::{
    access::Author,
    area_clearing::{AreaMonth, find_in, not_divided},
    context::{Failure, Outcome},
    province::ProvinceNode,
};
use funds::{
    area_clearing::stands,
    clearing::stage::{Answer, AnswerMove},
};
use std::collections::BTreeSet;
use store::{
    Work,
    area_dispute::{self as kept, Part, Said},
    clearing_statement as statements, insured,
};
use terms::{Month, PoolingArea, Refusal, SettlementId};
use wire::peer::v1::Claim;

/// The most settlements of one dispute.
pub const DISPUTED_MAX: usize = 500;

fn rule(reason: impl Into<String>) -> Failure {
    Refusal::StatementRule { reason: reason.into() }.into()
}

/// What four eyes are asked by about an area's dispute.
pub(crate) fn subject(month: Month, area: PoolingArea) -> String {
    format!("area-dispute:{}:{area}", month.number())
}

/// Where what an area has said to a divided month stands.
pub fn answer_of(node: &ProvinceNode, month: &AreaMonth, area: PoolingArea) -> Answer {
    let in_time = node.context.now().day() <= month.divided.due;
    stands(month.said.get(&area).map(|said| said.answer), in_time)
}

/// Holds a month that was divided, with the area's part of it, and what the area has said after a move; none where that cannot be done.
async fn hold(
    node: &ProvinceNode,
    (month, area): (Month, PoolingArea),
    by: AnswerMove,
) -> Outcome<(Work, AreaMonth, Option<Answer>)> {
    let mut work = node.context.store.begin().await?;
    statements::hold(&mut work, node.province).await?;
    let known = find_in(work.conn(), node.province, month).await?.ok_or_else(|| not_divided(month))?;
    if !known.claims.keys().any(|claim| claim.debtor == area) {
        return Err(rule(format!(
            "{month}没有{}应上解的资金，请核对统筹区和清算年月",
            area.division().full_name()
        )));
    }
    let in_time = node.context.now().day() <= known.divided.due;
    let after = answer_of(node, &known, area).after(by, in_time);
    Ok((work, known, after))
}

/// The area confirms its part; what it disputed, and nobody has decided on, it takes back by it. Confirmed again, it is the first confirmation.
pub async fn confirm(node: &ProvinceNode, month: Month, area: PoolingArea, by: &str) -> Outcome<AreaMonth> {
    let (mut work, known, after) = hold(node, (month, area), AnswerMove::Confirm).await?;
    let before = known.said.get(&area).map(|said| said.answer);
    match after {
        Some(Answer::Confirmed) if before != Some(Answer::Confirmed) => {}
        // What was decided, or said before, stays.
        _ => return Ok(known),
    }
    let said = Said {
        area,
        answer: Answer::Confirmed,
        reason: String::new(),
        settlements: Vec::new(),
        by: by.to_owned(),
        at: node.context.now(),
        decided: None,
    };
    kept::put(&mut work, (node.province, month), &said).await?;
    finish(node, work, month).await
}

async fn finish(node: &ProvinceNode, mut work: Work, month: Month) -> Outcome<AreaMonth> {
    let after = find_in(work.conn(), node.province, month).await?.ok_or_else(|| not_divided(month))?;
    work.save().await?;
    Ok(after)
}

/// What an area has against settlements of its part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDispute {
    /// Whose.
    pub area: PoolingArea,
    /// Which settlements.
    pub settlements: BTreeSet<SettlementId>,
    /// Why.
    pub reason: String,
}

/// The area disputes settlements of its part. Disputed again before anybody has decided, it is the later dispute that counts.
pub(crate) async fn dispute(
    node: &ProvinceNode,
    month: Month,
    new: NewDispute,
    (by, author): (&str, &Author),
) -> Outcome<AreaMonth> {
    let NewDispute { area, settlements, reason } = new;
    if settlements.is_empty() || settlements.len() > DISPUTED_MAX {
        return Err(Refusal::invalid("settlements", format!("1至{DISPUTED_MAX}个结算ID")).into());
    }
    let (mut work, known, after) = hold(node, (month, area), AnswerMove::Dispute).await?;
    let Some(answer) = after else {
        let stands = answer_of(node, &known, area).chinese();
        return Err(rule(format!(
            "本统筹区{month}的上解通知书为[{stands}]，不能再提出异议，请与省级经办机构联系"
        )));
    };
    let ids: Vec<SettlementId> = settlements.into_iter().collect();
    parts(node, &mut work, (month, area), &ids).await?;
    let said = Said {
        area,
        answer,
        reason,
        settlements: ids,
        by: by.to_owned(),
        at: node.context.now(),
        decided: None,
    };
    author.enters(&node.context, &mut work, &subject(month, area)).await?;
    kept::put(&mut work, (node.province, month), &said).await?;
    finish(node, work, month).await
}

/// What each of these settlements comes to in the area's part of the month.
async fn parts(
    node: &ProvinceNode,
    work: &mut Work,
    (month, area): (Month, PoolingArea),
    ids: &[SettlementId],
) -> Outcome<Vec<Part>> {
    let treated = |content: &insured::Content| {
        let claim: Claim = content.claim.read().ok()?;
        Some(claim.treatment.division().pooling_area())
    };
    let parts = kept::parts(work.conn(), (node.province, month), area, ids, treated).await?;
    let found: BTreeSet<SettlementId> = parts.iter().map(|part| part.settlement).collect();
    match ids.iter().find(|id| !found.contains(id)) {
        Some(missing) => Err(rule(format!("结算[{missing}]不在本统筹区{month}应上解的资金中，请核对结算ID"))),
        None => Ok(parts),
    }
}

/// The province decides on an area's dispute: upheld, its settlements leave the area's part of the month.
pub async fn decide(
    node: &ProvinceNode,
    month: Month,
    area: PoolingArea,
    (upheld, words): (bool, &str),
    by: &str,
) -> Outcome<AreaMonth> {
    let step = if upheld { AnswerMove::Uphold } else { AnswerMove::Reject };
    let (mut work, known, after) = hold(node, (month, area), step).await?;
    let said = known.said.get(&area).cloned();
    let Some((said, answer)) = said.zip(after) else {
        let stands = answer_of(node, &known, area).chinese();
        return Err(rule(format!("该统筹区{month}的上解通知书为[{stands}]，没有待裁定的异议")));
    };
    if upheld {
        let parts = parts(node, &mut work, (month, area), &said.settlements).await?;
        let is_passed = |part: &Part| {
            part.claims().any(|(claim, _)| known.claims.get(&claim).is_some_and(|one| one.passed.is_some()))
        };
        if let Some(part) = parts.iter().find(|part| is_passed(part)) {
            let reason = "的资金已在省内划转给就医地，不能移出本月，请按审核扣款办理";
            return Err(rule(format!("结算[{}]{reason}", part.settlement)));
        }
        kept::withdraw(&mut work, (node.province, month), &parts).await?;
    }
    let decided = Some((words.to_owned(), by.to_owned(), node.context.now()));
    kept::put(&mut work, (node.province, month), &Said { answer, decided, ..said }).await?;
    finish(node, work, month).await
}

//! Settlement lists (医疗保障基金结算清单) as the treatment place takes them: each is of a settlement that stands, and says its
//! amounts.

use crate::{context::Outcome, insured::breakdown_of};
use benefit::Breakdown;
use casework::{
    institution::Institution,
    settlement::Stage as SettlementStage,
    settlement_list::{Move, Stage, after},
};
use std::collections::BTreeMap;
use store::{
    Work,
    settlement_list::{hold, put as keep, set_stage},
    treatment::{self, TreatmentSettlement},
};
use terms::{Fen, InsuranceScheme, Moment, PersonNumber, Refusal, SettlementId};
use wire::hospital::settlement_list::List;

/// Keeps a list in place of the one before, and gives its number.
pub async fn put(work: &mut Work, institution: &Institution, list: &List, at: Moment) -> Outcome<i32> {
    let settlement = standing(work, institution, (list.settlement, list.person.as_ref())).await?;
    if settlement.visit != list.visit {
        return Err(Refusal::invalid("setlinfo.mdtrt_id", "本次结算的就诊ID").into());
    }
    let breakdown = breakdown_of(settlement.breakdown.as_ref().expect("a settlement that stands has one"));
    check_sums(list, &settlement, &breakdown)?;
    let of = (institution.place.0.pooling_area(), &institution.code);
    let before = hold(work, of, list.settlement).await?.map_or(Stage::Draft, |list| list.stage);
    let stage = after(before, Move::Upload, &list.settlement.to_string())?;
    let content = serde_json::to_value(&list.nodes).expect("rows of texts are JSON");
    Ok(keep(work, of, (list.settlement, stage), &content, at).await?)
}

/// Submits a list, or takes it back.
pub async fn step(
    work: &mut Work,
    institution: &Institution,
    (id, person): (SettlementId, Option<&PersonNumber>),
    step: Move,
    at: Moment,
) -> Outcome<()> {
    standing(work, institution, (id, person)).await?;
    let of = (institution.place.0.pooling_area(), &institution.code);
    let list = hold(work, of, id).await?;
    let list = list.ok_or_else(|| Refusal::UnknownList { setl_id: id.to_string() })?;
    let stage = after(list.stage, step, &id.to_string())?;
    Ok(set_stage(work, of, (id, stage), at).await?)
}

/// The institution's settlement with this id, which must stand; nobody undoes it meanwhile.
async fn standing(
    work: &mut Work,
    institution: &Institution,
    (id, person): (SettlementId, Option<&PersonNumber>),
) -> Outcome<TreatmentSettlement> {
    let setl_id = || id.to_string();
    let found = treatment::hold(work, id).await?.filter(|found| found.institution == institution.code);
    let settlement = found.ok_or_else(|| Refusal::UnknownSettlement { setl_id: setl_id() })?;
    match settlement.stage {
        SettlementStage::Settled => {}
        SettlementStage::Undoing | SettlementStage::Undone => {
            return Err(Refusal::AlreadyUndone { setl_id: setl_id() }.into());
        }
        SettlementStage::Asked | SettlementStage::Refused => {
            return Err(Refusal::UnknownSettlement { setl_id: setl_id() }.into());
        }
    }
    if person.is_some_and(|person| *person != settlement.person) {
        return Err(Refusal::invalid("psn_no", "本次结算的人员编号").into());
    }
    Ok(settlement)
}

/// Charges by category add up to the bill, and each fund pays what it paid. A list that leaves either out says nothing wrong.
fn check_sums(list: &List, settlement: &TreatmentSettlement, breakdown: &Breakdown) -> Result<(), Refusal> {
    let differs = |field: &str, given: Fen, expected: Fen| Refusal::ListDiffers {
        field: field.to_owned(),
        given: given.to_string(),
        expected: expected.to_string(),
    };
    let total = settlement.amounts.total;
    if let Some(charged) = list.charged.filter(|charged| *charged != total) {
        return Err(differs("iteminfo.amt合计", charged, total));
    }
    if list.payments.is_empty() {
        return Ok(());
    }
    let mut left: BTreeMap<&str, Fen> =
        settlement.amounts.funds.iter().map(|(fund, paid)| (fund.code(), *paid)).collect();
    left.insert(account_of(settlement.scheme), breakdown.account_paid + breakdown.family_total());
    let mut given: BTreeMap<&str, Fen> = BTreeMap::new();
    for (code, amount) in &list.payments {
        *given.entry(code.as_str()).or_default() += *amount;
    }
    for (code, amount) in given {
        let expected = left.remove(code).unwrap_or_default();
        if amount != expected {
            return Err(differs(&format!("payinfo.{code}"), amount, expected));
        }
    }
    let left = left.into_iter().find(|(code, paid)| !paid.is_zero() && !is_account(code));
    left.map_or(Ok(()), |(code, paid)| Err(differs(&format!("payinfo.{code}"), Fen::ZERO, paid)))
}

/// The code under which the personal account is listed among the funds.
const fn account_of(scheme: InsuranceScheme) -> &'static str {
    match scheme {
        InsuranceScheme::Employee => "310200",
        InsuranceScheme::Resident => "390500",
    }
}

/// Accounts are no funds: a list may leave them out.
fn is_account(code: &str) -> bool {
    ["310200", "390500"].contains(&code)
}

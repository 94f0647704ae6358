//! The statement of one settlement (医疗费用结算单) as a document: made of the same record and breakdown that pages show, issued once at each
//! node that keeps the settlement, and void from the moment at which the settlement is undone.

use super::{Desk, agency, keep};
use crate::{
    context::{Context, Outcome},
    insured::breakdown_of,
    province::ProvinceNode,
};
use benefit::{Breakdown, bill::CategoryAmount};
use casework::settlement::Stage;
use document::{
    Kind, Office,
    settlement::{Expense, Settled, Step, settlement_of, statement},
};
use store::{
    insured::{self, InsuredSettlement},
    issued_document::IssuedDocument,
    person, search,
    treatment::{self, TreatmentSettlement},
    visit,
};
use terms::{
    AdminDivision, CitizenId, Fen, Moment, Participant, PersonNumber, Province, Refusal, SettlementId,
    person::masked_name,
};
use wire::{api::masked_number, peer::v1::Claim};

/// Has the statement of a settlement issued that a hospital of this province settled.
///
/// # Errors
/// If the settlement does not stand: it was refused, is not answered yet, or is undone.
pub async fn issue_treated(
    node: &ProvinceNode,
    settlement: &TreatmentSettlement,
    by: &str,
) -> Outcome<IssuedDocument> {
    let breakdown = settlement.breakdown.as_ref().filter(|_| settlement.stage == Stage::Settled);
    let breakdown = breakdown.ok_or_else(|| nothing(settlement.id, settlement.stage.chinese()))?;
    let mut conn = node.context.store.conn().await?;
    let visit = visit::find(&mut conn, &settlement.institution, settlement.visit).await?;
    drop(conn);
    let visit = visit.ok_or_else(|| nothing(settlement.id, "没有就诊记录"))?;
    let known = Known {
        id: settlement.id,
        person: &settlement.person,
        name: &visit.patient.name,
        citizen: &visit.patient.citizen,
        settled_at: settlement.settled_at.unwrap_or(settlement.asked_at),
    };
    issue(node, &known, &settlement.claim.read()?, &breakdown_of(breakdown), by).await
}

/// Has the statement of a settlement issued that this province, as insured place, has committed.
///
/// # Errors
/// If the settlement does not stand, or the person is registered here no more.
pub async fn issue_insured(
    node: &ProvinceNode,
    settlement: &InsuredSettlement,
    by: &str,
) -> Outcome<IssuedDocument> {
    let stage = crate::api::insured_stage_words(settlement.stage);
    let content = settlement.content.as_ref().filter(|_| settlement.stage == insured::Stage::Standing);
    let content = content.ok_or_else(|| nothing(settlement.id, stage))?;
    let mut conn = node.context.store.conn().await?;
    let person = person::find(&mut conn, settlement.area, &content.person).await?;
    drop(conn);
    let unknown = || Refusal::UnknownPerson { place: settlement.area.to_string() };
    let person = person.ok_or_else(unknown)?;
    let known = Known {
        id: settlement.id,
        person: &content.person,
        name: &person.name,
        citizen: &person.citizen,
        settled_at: settlement.committed_at,
    };
    issue(node, &known, &content.claim.read()?, &breakdown_of(&content.breakdown), by).await
}

fn nothing(id: SettlementId, why: &str) -> Refusal {
    Refusal::NothingToIssue { what: format!("{}：{id}，{why}", Kind::SettlementStatement.chinese()) }
}

/// What of a settlement each book knows in its own way.
struct Known<'a> {
    id: SettlementId,
    person: &'a PersonNumber,
    name: &'a str,
    citizen: &'a CitizenId,
    settled_at: Moment,
}

async fn issue(
    node: &ProvinceNode,
    known: &Known<'_>,
    claim: &Claim,
    breakdown: &Breakdown,
    by: &str,
) -> Outcome<IssuedDocument> {
    let name = agency(node.context.me);
    let office = Office { name: &name, portal: node.portal() };
    let paper = statement(&settled(known, claim, breakdown), node.context.now().day(), &office);
    keep(&node.context, &paper, by).await
}

fn settled(known: &Known<'_>, claim: &Claim, breakdown: &Breakdown) -> Settled {
    let bill = &claim.bill;
    let named = |(name, amount): (&str, &Fen)| (name.to_owned(), *amount);
    let step = |line: &benefit::Line| Step {
        name: line.step.to_string(),
        amount_in: line.amount_in,
        rule: line.parameter.clone(),
        amount_out: line.amount_out,
        fund: line.fund.map(|fund| fund.chinese().to_owned()),
        source: line.source.to_string(),
    };
    Settled {
        id: known.id,
        name: masked_name(known.name),
        // As it is printed everywhere: covered.
        citizen: known.citizen.to_string(),
        person: masked_number(known.person.as_str()),
        scheme: claim.scheme,
        insured: claim.insured.division(),
        treatment: claim.treatment.division(),
        institution: claim.institution.clone(),
        institution_name: claim.institution_name.clone(),
        level: bill.level.chinese().to_owned(),
        care: bill.care,
        begins: bill.admission,
        ends: bill.discharge,
        settled_at: known.settled_at,
        expenses: bill.categories.iter().map(expense).collect(),
        funds: breakdown.fund_payments.iter().map(|(fund, paid)| named((fund.chinese(), paid))).collect(),
        account: breakdown.account_paid + breakdown.family_total(),
        cash: breakdown.cash(),
        burdens: breakdown.burdens.iter().map(|(part, amount)| named((part.chinese(), amount))).collect(),
        steps: breakdown.lines.iter().map(step).collect(),
        policy_day: breakdown.policy_day,
        unconfirmed: breakdown.unconfirmed.clone(),
    }
}

fn expense(one: &CategoryAmount) -> Expense {
    Expense {
        name: one.category.chinese().to_owned(),
        total: one.split.total,
        out_of_scope: one.split.out_of_scope,
        over_limit: one.split.over_limit,
        first_self_pay: one.split.first_self_pay,
        in_scope: one.split.in_scope,
    }
}

/// Why a document that was issued does not hold any more: the settlement that it is about is undone, or is being undone. All other
/// documents hold for ever.
pub async fn lapsed(context: &Context, issued: &IssuedDocument) -> Outcome<Option<String>> {
    let of_settlement = issued.kind == Kind::SettlementStatement.name();
    let (Some(id), Participant::Province(own)) =
        (settlement_of(&issued.number).filter(|_| of_settlement), context.me)
    else {
        return Ok(None);
    };
    let mut conn = context.store.conn().await?;
    let undone_at = if id.province() == own {
        match treatment::find(&mut conn, id).await? {
            Some(found) if found.stage == Stage::Settled => return Ok(None),
            found => found.and_then(|found| found.undone_at),
        }
    } else {
        match search::insured_one(&mut conn, &pooling_areas(own), id).await? {
            Some(found) if found.stage == insured::Stage::Standing => return Ok(None),
            found => found.and_then(|found| found.undone_at),
        }
    };
    let when = undone_at.map(|at| format!("于{at}")).unwrap_or_default();
    Ok(Some(format!("这笔结算已{when}冲销，本结算单不再有效")))
}

/// The pooling areas of a province: an id does not say in which of them a person is insured.
pub(crate) fn pooling_areas(province: Province) -> Vec<AdminDivision> {
    let own = AdminDivision::named().map(|(division, _)| division);
    let own = own.filter(|division| division.province() == province);
    let areas: std::collections::BTreeSet<_> = own.map(|one| one.pooling_area().division()).collect();
    areas.into_iter().collect()
}

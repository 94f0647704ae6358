//! Settlements computed once more, apart from the nodes: from the claim that the insured place keeps, and by the policy that was in
//! force on the day of discharge, which is looked up here. A node that looked at another day would look at it again in its own
//! proof, and find everything in order.

use crate::{checks::Nodes, world::Trouble};
use benefit::{Accounts, Breakdown, Case, FilingStanding, Library, Member, YearToDate, compute};
use casework::{
    Filing, Standing,
    filing::standing,
    person::{Enrolment, Person},
};
use node::ProvinceNode;
use std::collections::BTreeMap;
use store::{
    filing,
    insured::{self, InsuredSettlement},
    person,
};
use terms::{AdmissionKind, InsuranceScheme, PersonNumber};
use wire::peer::v1::Claim;

/// Whose year.
type YearOf = (PersonNumber, InsuranceScheme, i16);

/// Settlements that stand otherwise than they come out, in sentences.
pub async fn broken_benefits(nodes: &Nodes, library: &Library) -> Result<Vec<String>, Trouble> {
    let mut broken = Vec::new();
    for (province, node) in &nodes.provinces {
        let all = insured::all(&mut *node.context.store.conn().await?).await?;
        let mut of_year = BTreeMap::<YearOf, Vec<&InsuredSettlement>>::new();
        for (one, content) in all.iter().filter_map(|one| Some((one, one.content.as_ref()?))) {
            let key = (content.person.clone(), content.scheme, content.year);
            of_year.entry(key).or_default().push(one);
        }
        for (one, content) in all.iter().filter_map(|one| Some((one, one.content.as_ref()?))) {
            let key = (content.person.clone(), content.scheme, content.year);
            let others = of_year[&key].iter().filter(|other| other.id != one.id);
            let others: Vec<&YearToDate> =
                others.filter_map(|other| Some(&other.content.as_ref()?.contribution)).collect();
            let claim: Claim = content.claim.read()?;
            let kept: Breakdown = content.breakdown.read()?;
            let case = case(node, one, &claim, &kept).await?;
            if !comes_out(&kept, &case, &others, library) {
                let (day, funds) = (claim.bill.discharge, content.amounts.fund_total);
                broken.push(format!(
                    "[{province}]结算[{}]基金支付{funds}元，按出院日{day}有效的政策重新计算不一致",
                    one.id
                ));
            }
        }
    }
    Ok(broken)
}

/// Whether a case comes out as it is kept, after some of the person's other settlements of the year: clocks that jump do not say which were
/// before it.
fn comes_out(kept: &Breakdown, case: &Case, others: &[&YearToDate], library: &Library) -> bool {
    let policy = library.scheme_on(case.insured.pooling_area(), case.member.scheme, case.bill.discharge);
    let Ok(policy) = policy else { return false };
    let ways = 1_u32 << others.len().min(16);
    (0..ways).any(|way| {
        let before = others.iter().enumerate().filter(|(at, _)| way & (1 << at) != 0);
        let year = before.fold(YearToDate::default(), |sums, (_, one)| sums.plus(one));
        let computed = compute(policy, case, &year);
        // Which rows of the policy's file were used is not kept.
        computed.is_ok_and(|computed| Breakdown { rows_used: Vec::new(), ..computed } == *kept)
    })
}

/// The case of a claim, as the insured place knows its person. In a simulation nobody's registers change.
async fn case(
    node: &ProvinceNode,
    one: &InsuredSettlement,
    claim: &Claim,
    kept: &Breakdown,
) -> Result<Case, Trouble> {
    let mut conn = node.context.store.conn().await?;
    let person = person::find(&mut conn, one.area, &claim.person).await?;
    let person = person.ok_or_else(|| Trouble(format!("{} is of nobody", one.id)))?;
    let enrolment = person.in_force(claim.scheme).map_err(|why| Trouble(why.message()))?;
    let mut filings = filing::of_person(&mut conn, one.area, &claim.person).await?;
    filings.retain(|filing| filing.scheme == claim.scheme);
    Ok(Case {
        bill: claim.bill.clone(),
        member: member(&person, enrolment),
        insured: claim.insured,
        treatment: claim.treatment,
        standing: stands(claim, &filings, one),
        accounts: kept
            .account_left
            .map(|left| Accounts { own: left + kept.account_paid, family: Vec::new() }),
        continues: None,
    })
}

fn member(person: &Person, enrolment: &Enrolment) -> Member {
    Member {
        scheme: enrolment.scheme,
        status: enrolment.status(),
        birth: person.citizen.birth(),
        classes: enrolment.member_classes(),
        tier: enrolment.tier,
        contribution_years: enrolment.contribution_years,
        retired_on: enrolment.retired_on,
        diseases: Vec::new(),
    }
}

fn stands(claim: &Claim, filings: &[Filing], one: &InsuredSettlement) -> FilingStanding {
    let emergency = claim.admission_kind == AdmissionKind::Emergency;
    let (admission, discharge) = (claim.bill.admission, claim.bill.discharge);
    match standing(filings, claim.treatment, admission, discharge, one.committed_at, emergency) {
        Standing::Filed(category, _) => FilingStanding::Filed(category),
        Standing::FiledElsewhere(category, _) => FilingStanding::FiledElsewhere(category),
        Standing::Deemed => FilingStanding::DeemedFiled,
        Standing::NotFiled => FilingStanding::NotFiled,
    }
}

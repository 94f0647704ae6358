//! What a hospital asks about what is written down (5201, 5203, 5204, 5206, 5303). A hospital sees its own.

use crate::{
    context::{Failure, Outcome},
    peer::ask::NoAnswer,
    province::ProvinceNode,
};
use benefit::YearToDate;
use casework::{institution::Institution, visit::Visit};
use store::{
    bill::{self, KeptBill},
    fee::{self, FeeLine},
    treatment::{self, TreatmentSettlement},
    visit::{self, Selection},
};
use terms::{InsuranceScheme, InsuredPlace, Moment, PersonNumber, Refusal, SettlementId, VisitId};
use wire::peer::v1::{Answer, FindYear, Question};

/// Visits by person, id or period of admission.
pub async fn visits(
    node: &ProvinceNode,
    institution: &Institution,
    person: Option<&PersonNumber>,
    id: Option<VisitId>,
    (from, to): (Option<Moment>, Option<Moment>),
    in_hospital: bool,
) -> Outcome<Vec<Visit>> {
    let mut conn = node.context.store.conn().await?;
    let for_ever = Moment::from_millis(i64::from(u32::MAX) * 2000).expect("within the calendar");
    let from = from.unwrap_or(Moment::from_millis(0).expect("within the calendar"));
    let to = to.unwrap_or(for_ever);
    let selection = Selection { institution: &institution.code, person, id, from, to, in_hospital };
    Ok(visit::list(&mut conn, selection).await?)
}

/// A settlement with its visit.
pub struct FoundSettlement {
    /// The stay.
    pub visit: Visit,
    /// The settlement, settled or undone after it was.
    pub settlement: TreatmentSettlement,
    /// Whether the id asked for is the cancellation's.
    pub is_cancellation: bool,
}

/// By its own id, by its cancellation's, or the last one of a visit.
pub async fn settlement(
    node: &ProvinceNode,
    institution: &Institution,
    id: Option<SettlementId>,
    of_visit: Option<VisitId>,
) -> Outcome<FoundSettlement> {
    let mut conn = node.context.store.conn().await?;
    let unknown = || {
        let asked = id.map(|id| id.to_string()).or(of_visit.map(|visit| visit.to_string()));
        Refusal::UnknownSettlement { setl_id: asked.unwrap_or_default() }
    };
    let mut found = match id {
        Some(id) => treatment::find(&mut conn, id).await?,
        None => None,
    };
    if let (None, Some(visit)) = (&found, of_visit) {
        let all = treatment::of_visit(&mut conn, visit).await?;
        let cancels = |one: &TreatmentSettlement| one.undo.as_ref().map(|undo| undo.id) == id;
        found = all.into_iter().find(|one| one.breakdown.is_some() && (id.is_none() || cancels(one)));
    }
    let is_asked_for = |one: &TreatmentSettlement| {
        let of_this_visit = of_visit.is_none_or(|visit| visit == one.visit);
        one.institution == institution.code && one.breakdown.is_some() && of_this_visit
    };
    let settlement = found.filter(is_asked_for).ok_or_else(unknown)?;
    let visit = visit::find(&mut conn, &institution.code, settlement.visit).await?;
    let visit = visit.expect("a settlement is of a visit");
    let is_cancellation = id.is_some_and(|id| id != settlement.id);
    Ok(FoundSettlement { visit, settlement, is_cancellation })
}

/// The details of a visit.
pub struct FoundLines {
    /// The stay.
    pub visit: Visit,
    /// The settlement that they are in, if one was asked for.
    pub settlement: Option<SettlementId>,
    /// The bills of an outpatient visit.
    pub bills: Vec<KeptBill>,
    /// The details.
    pub lines: Vec<FeeLine>,
}

impl FoundLines {
    /// The settlement that a line is in: the one that was asked for, or else the one that holds its bill.
    pub fn settlement_of(&self, line: &FeeLine) -> Option<SettlementId> {
        let holder = || self.bills.iter().find(|bill| bill.name == line.bill)?.settlement;
        self.settlement.or_else(holder)
    }
}

/// The details of a settlement, or of a visit.
pub async fn lines(
    node: &ProvinceNode,
    institution: &Institution,
    id: Option<SettlementId>,
    of_visit: Option<VisitId>,
) -> Outcome<FoundLines> {
    let (visit, bill) = match (id, of_visit) {
        (Some(id), of_visit) => {
            let found = settlement(node, institution, Some(id), of_visit).await?;
            (found.visit, Some(found.settlement.bill))
        }
        (None, Some(id)) => {
            let mut conn = node.context.store.conn().await?;
            let found = visit::find(&mut conn, &institution.code, id).await?;
            (found.ok_or_else(|| Refusal::UnknownVisit { mdtrt_id: id.to_string() })?, None)
        }
        (None, None) => return Err(Refusal::missing("setl_id", "结算ID或就诊ID").into()),
    };
    let mut conn = node.context.store.conn().await?;
    let lines = match &bill {
        Some(bill) => fee::of_bill(&mut conn, visit.id, bill).await?,
        None => fee::list(&mut conn, visit.id, None).await?,
    };
    let bills = bill::kept(&mut conn, visit.id).await?;
    Ok(FoundLines { visit, settlement: id, bills, lines })
}

/// The sums of a person's year, asked of the insured place.
pub async fn year(
    node: &ProvinceNode,
    institution: &Institution,
    insured: InsuredPlace,
    person: PersonNumber,
    year: i16,
) -> Outcome<(i16, Vec<(InsuranceScheme, YearToDate)>)> {
    let find = FindYear { insured, person, year, institution: institution.code.clone() };
    match node.ask(&Question::FindYear(find)).await {
        Ok(Answer::Year { year, sums }) => Ok((year, sums)),
        Ok(_) => Err(Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })),
        Err(NoAnswer::Refused(refusal) | NoAnswer::HubRefused(refusal)) => Err(refusal.into()),
        Err(NoAnswer::Unknown(refusal)) => Err(Failure::Trouble(refusal)),
    }
}

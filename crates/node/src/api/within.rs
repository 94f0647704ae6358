//! Where things lie that endpoints are asked about: whoever asks with a session is refused what lies beyond where he works, before anything of
//! it is shown or changed. A program with the management token works for the whole node, so that nothing is looked up for it.

use crate::{
    access::Clerk,
    context::Failure,
    filing::{Who, find_person},
    province::ProvinceNode,
};
use casework::{Filing, access::Area, person::Person};
use store::{
    filing, institution_payment as payments, person, registration,
    treatment::{self, TreatmentSettlement},
};
use terms::{FilingId, InstitutionCode, InsuredPlace, Refusal, RegistrationId, SettlementId};

/// The area of an institution as registered; the whole province where none is.
pub(crate) async fn area_of_institution(
    node: &ProvinceNode,
    code: &InstitutionCode,
) -> Result<Area, Refusal> {
    let found = node.institution(code).await.map_err(Failure::refusal)?;
    Ok(found.map_or(Area::Province(node.province), |found| Area::Institution {
        code: code.clone(),
        place: found.place.division(),
    }))
}

/// Refuses what is of an institution elsewhere.
pub(crate) async fn of_institution(
    node: &ProvinceNode,
    clerk: &Clerk,
    code: &InstitutionCode,
) -> Result<(), Refusal> {
    if !clerk.is_person() {
        return Ok(());
    }
    clerk.within(&area_of_institution(node, code).await?)
}

/// Whether what is of an institution may be shown.
pub(crate) async fn permits_institution(
    node: &ProvinceNode,
    clerk: &Clerk,
    code: &InstitutionCode,
) -> Result<bool, Refusal> {
    Ok(!clerk.is_person() || clerk.permits(&area_of_institution(node, code).await?))
}

/// Refuses what is of a person who is insured elsewhere. Whoever works for a county of the pooling area is asked for where in it the person
/// is insured.
pub(crate) async fn of_person(
    node: &ProvinceNode,
    clerk: &Clerk,
    insured: InsuredPlace,
    who: &Who,
) -> Result<(), Refusal> {
    if !clerk.is_person() {
        return Ok(());
    }
    if let Who::Number(number) = who {
        clerk.about_person(number);
    }
    let pooling_area = Area::from(insured.pooling_area());
    // Nothing is said about people of other pooling areas, not even whether they are registered.
    if clerk.permits(&pooling_area) || !pooling_area.contains(&clerk.area()) {
        return clerk.within(&pooling_area);
    }
    let find = async {
        let mut conn = node.context.store.conn().await?;
        find_person(node, &mut conn, insured, who).await
    };
    let found = find.await.map_err(Failure::refusal)?;
    clerk.within_any(&areas_of_person(&found))
}

/// Where a person is insured.
pub(crate) fn areas_of_person(person: &Person) -> Vec<Area> {
    person.enrolments.iter().map(|enrolment| Area::of_division(enrolment.insured.division())).collect()
}

/// Refuses to register a person elsewhere, or one who is registered elsewhere in the same pooling area.
pub(crate) async fn to_register(node: &ProvinceNode, clerk: &Clerk, new: &Person) -> Result<(), Refusal> {
    if !clerk.is_person() {
        return Ok(());
    }
    clerk.about_person(&new.number);
    for area in areas_of_person(new) {
        clerk.within(&area)?;
    }
    let Some(first) = new.enrolments.first() else { return Ok(()) };
    let find = async {
        let mut conn = node.context.store.conn().await?;
        Ok::<_, Failure>(person::find(&mut conn, first.insured.pooling_area(), &new.number).await?)
    };
    let known = find.await.map_err(Failure::refusal)?;
    known.as_ref().map_or_else(Vec::new, areas_of_person).iter().try_for_each(|area| clerk.within(area))
}

/// Refuses a filing of somebody who is insured elsewhere; the area that it is of.
pub(crate) async fn of_filing(node: &ProvinceNode, clerk: &Clerk, id: FilingId) -> Result<Area, Refusal> {
    let find = async {
        let mut conn = node.context.store.conn().await?;
        let found: Option<Filing> = filing::find(&mut conn, id).await?;
        Ok::<_, Failure>(found)
    };
    let unknown = || Refusal::UnknownFiling { filing_id: id.to_string() };
    let found = find.await.map_err(Failure::refusal)?.ok_or_else(unknown)?;
    let area = Area::of_division(found.insured.division());
    clerk.within(&area)?;
    Ok(area)
}

/// Refuses a registration of somebody who is insured elsewhere.
pub(crate) async fn of_registration(
    node: &ProvinceNode,
    clerk: &Clerk,
    id: RegistrationId,
) -> Result<(), Refusal> {
    if !clerk.is_person() {
        return Ok(());
    }
    let find = async {
        let mut conn = node.context.store.conn().await?;
        Ok::<_, Failure>(registration::find_anywhere(&mut conn, id).await?)
    };
    let unknown = || Refusal::UnknownRegistration { trt_dcla_detl_sn: id.to_string() };
    let found = find.await.map_err(Failure::refusal)?.ok_or_else(unknown)?;
    clerk.within(&Area::of_division(found.asked.insured.division()))
}

/// Where a settlement lies: where the person was treated, and where the person is insured.
pub(crate) async fn areas_of_settlement(
    node: &ProvinceNode,
    settlement: &TreatmentSettlement,
) -> Result<[Area; 2], Refusal> {
    let treated = area_of_institution(node, &settlement.institution).await?;
    Ok([treated, Area::of_division(settlement.insured.division())])
}

/// Refuses a settlement that lies elsewhere. To change what is owed for it, it must lie here as treated.
pub(crate) async fn of_settlement(
    node: &ProvinceNode,
    clerk: &Clerk,
    id: SettlementId,
    as_treated: bool,
) -> Result<(), Refusal> {
    if !clerk.is_person() {
        return Ok(());
    }
    let find = async {
        let mut conn = node.context.store.conn().await?;
        Ok::<_, Failure>(treatment::find(&mut conn, id).await?)
    };
    let unknown = || Refusal::UnknownSettlement { setl_id: id.to_string() };
    let found = find.await.map_err(Failure::refusal)?.ok_or_else(unknown)?;
    let areas = areas_of_settlement(node, &found).await?;
    clerk.within_any(if as_treated { &areas[..1] } else { &areas })
}

/// Refuses a payment to an institution elsewhere.
pub(crate) async fn of_payment(node: &ProvinceNode, clerk: &Clerk, number: &str) -> Result<(), Refusal> {
    if !clerk.is_person() {
        return Ok(());
    }
    let find = async {
        let mut conn = node.context.store.conn().await?;
        Ok::<_, Failure>(payments::find(&mut conn, node.province, number).await?)
    };
    let unknown = || Refusal::UnknownPayment { number: number.chars().take(60).collect() };
    let found = find.await.map_err(Failure::refusal)?.ok_or_else(unknown)?;
    of_institution(node, clerk, &found.institution).await
}

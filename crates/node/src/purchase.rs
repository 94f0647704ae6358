//! Purchases at pharmacies (定点药店购药, 2101, 2102) at the treatment place: a visit that is opened, charged and settled in one unit of
//! work. It is one bill, whose name is empty; where the visit stands follows from its settlement, and when that is refused
//! or undone, the visit is withdrawn with it: nobody can settle what is left of it.

use crate::{
    admission::{check_not_ahead, find_person},
    context::Outcome,
    details::{self, Given},
    medium,
    outpatient::PHARMACY,
    province::ProvinceNode,
    settlement::{self, Asked, OfBill, Request},
};
use benefit::Breakdown;
use casework::{
    institution::Institution,
    person::Person,
    visit::{Move, Patient, Stage, Visit},
};
use std::collections::BTreeMap;
use store::{Work, fee::FeeLine, visit};
use terms::{
    AdmissionKind, CareKind, Fen, InsuranceScheme, InsuredPlace, MessageId, Moment, PersonNumber, Refusal,
    SettlementId, VisitId,
};
use wire::hospital::credential::Credential;

/// The transaction that asks for the settlement of a purchase.
const INFNO: &str = "2102";

/// What a pharmacy says of a purchase, beside its lines.
#[derive(Clone)]
pub struct Purchase<'a> {
    /// The pharmacy.
    pub institution: &'a Institution,
    /// Who buys.
    pub person: PersonNumber,
    /// The scheme that is to pay.
    pub scheme: InsuranceScheme,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// 购药时间.
    pub at: Moment,
    /// 医疗类别: 41 定点药店购药, or 14 where a chronic disease is treated by it.
    pub med_type: String,
    /// 外伤标志.
    pub injury: Option<bool>,
    /// 涉及第三方标志.
    pub third_party: Option<bool>,
    /// 医疗费总额, which must be the sum of the lines.
    pub total: Fen,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
    /// The pharmacy's message.
    pub msgid: MessageId,
}

impl Purchase<'_> {
    /// The kind of care, if a pharmacy may sell so at all.
    fn care(&self, now: Moment) -> Result<CareKind, Refusal> {
        if self.institution.kind != PHARMACY {
            return Err(Refusal::NotPharmacy { infno: INFNO.to_owned() });
        }
        if self.third_party == Some(true) {
            return Err(Refusal::ThirdParty {});
        }
        check_not_ahead("begntime", "不晚于当前时间的购药时间", self.at, now)?;
        if self.at.day() < now.day().plus_months(-12) {
            return Err(Refusal::invalid("begntime", "一年以内的购药时间"));
        }
        CareKind::from_medical_type(&self.med_type)
            .filter(|care| matches!(care, CareKind::Pharmacy | CareKind::Chronic))
            .ok_or_else(|| Refusal::invalid("med_type", "41（定点药店购药）或14（门诊慢特病）"))
    }

    fn request(&self, visit: VisitId) -> Request<'_> {
        Request {
            institution: self.institution,
            visit,
            of_bill: Some(OfBill {
                name: "",
                med_type: &self.med_type,
                kind: None,
                injury: self.injury,
                third_party: self.third_party,
            }),
            person: &self.person,
            scheme: self.scheme,
            total: self.total,
            discharge: None,
            infno: INFNO,
            msgid: &self.msgid,
            registration: self.registration.clone(),
        }
    }
}

/// Asks the insured place who buys, and holds what was shown at the counter against the person.
pub async fn identify(node: &ProvinceNode, purchase: &Purchase<'_>, shown: &Credential) -> Outcome<Person> {
    purchase.care(node.context.now())?;
    let who = (Some(purchase.person.clone()), None);
    let person = find_person(node, purchase.institution, purchase.insured, who).await?;
    let of = (purchase.insured, &person);
    medium::check(node, purchase.institution, of, shown, &purchase.msgid).await?;
    Ok(person)
}

/// What a purchase would come to, with its lines as the catalog splits them. Nothing is written anywhere: the visit is one that
/// never is.
pub async fn trial(
    node: &ProvinceNode,
    purchase: &Purchase<'_>,
    person: &Person,
    lines: Vec<Given>,
) -> Outcome<(Visit, Breakdown, Vec<FeeLine>)> {
    let mut work = node.context.store.begin().await?;
    let (visit, lines) = open(node, &mut work, purchase, person, lines).await?;
    let request = purchase.request(visit.id);
    let summed = settlement::hold_summed(&mut work, &request).await?;
    drop(work);
    let (visit, breakdown) = settlement::try_summed(node, &request, summed).await?;
    Ok((visit, breakdown, lines))
}

/// Opens the visit, writes its lines, and writes the settlement down as asked for.
pub async fn begin(
    node: &ProvinceNode,
    work: &mut Work,
    purchase: &Purchase<'_>,
    person: &Person,
    (id, lines): (SettlementId, Vec<Given>),
) -> Outcome<Asked> {
    let (visit, _) = open(node, work, purchase, person, lines).await?;
    let asked = settlement::begin(node, work, &purchase.request(visit.id), id).await?;
    visit::set_stage(work, visit.id, visit.after(Move::Buy)?).await?;
    Ok(asked)
}

async fn open(
    node: &ProvinceNode,
    work: &mut Work,
    purchase: &Purchase<'_>,
    person: &Person,
    lines: Vec<Given>,
) -> Outcome<(Visit, Vec<FeeLine>)> {
    let now = node.context.now();
    let care = purchase.care(now)?;
    let enrolment = person.in_force(purchase.scheme)?.clone();
    let area = purchase.insured.pooling_area();
    // What is bought outside during a stay is settled with the stay (经办规程: 住院期间外购), whatever it is.
    if let Some(stay) = visit::hold_in_hospital(work, area, &person.number).await?.first() {
        return Err(Refusal::InHospital { fixmedins_code: stay.institution.to_string() }.into());
    }
    let visit = Visit {
        id: VisitId::new(node.province, now, node.context.ids.serial()),
        institution: purchase.institution.code.clone(),
        stage: Stage::Open,
        revision: 1,
        insured: purchase.insured,
        treatment: purchase.institution.place,
        patient: Patient {
            number: person.number.clone(),
            citizen: person.citizen.clone(),
            name: person.name.clone(),
            nation: person.nation.clone(),
            scheme: purchase.scheme,
            person_type: enrolment.person_type,
            civil_servant: enrolment.civil_servant,
            balance: enrolment.balance,
            employer: enrolment.employer,
        },
        admitted_at: purchase.at,
        discharged_at: None,
        med_type: purchase.med_type.clone(),
        care,
        admission_kind: AdmissionKind::Ordinary,
        // Nothing depends on it here: the insured place looks when it settles.
        filing: None,
        registration: purchase.registration.clone(),
        msgid: purchase.msgid.clone(),
        opened_at: now,
    };
    visit::insert(work, &visit).await?;
    let lines = details::upload(node, work, purchase.institution, &visit, lines).await?;
    Ok((visit, lines))
}

//! Admission and discharge at the treatment place (2401 to 2405).

use crate::{
    context::{Failure, Outcome},
    medium,
    province::ProvinceNode,
    settlement::{self, other_care},
};
use benefit::Split;
use casework::{
    filing::{Standing, standing},
    institution::Institution,
    person::Person,
    visit::{Move, Patient, Stage, Visit},
};
use std::collections::BTreeMap;
use store::{
    Work, bill, fee,
    visit::{self, Phase},
};
use terms::{
    AdmissionKind, CareKind, CitizenId, FilingId, InsuranceScheme, InsuredPlace, MessageId, Moment,
    PersonNumber, Refusal, TreatmentPlace, VisitId,
};
use wire::{
    hospital::credential::Credential,
    peer::v1::{Answer, FindFilings, FindPerson, Question},
};

/// The longest stay that is settled directly: an older admission is a mistake or a matter for a clerk.
const STAY_YEARS_MAX: i32 = 5;

/// Diagnoses with their ranks.
pub type Diagnoses = Vec<(i32, BTreeMap<String, String>)>;

/// What a hospital says at admission.
pub struct Admission {
    /// The person, by the insured place's number.
    pub person: PersonNumber,
    /// The scheme that is to pay.
    pub scheme: InsuranceScheme,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// Where the hospital is.
    pub treatment: TreatmentPlace,
    /// 入院时间.
    pub admitted_at: Moment,
    /// 医疗类别.
    pub med_type: String,
    /// 住院类型.
    pub kind: AdmissionKind,
    /// 涉及第三方标志.
    pub third_party: bool,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
    /// 入院诊断.
    pub diagnoses: Diagnoses,
    /// 就诊凭证.
    pub shown: Credential,
    /// The hospital's message.
    pub msgid: MessageId,
}

/// Asks the insured place for a person (1101).
pub async fn find_person(
    node: &ProvinceNode,
    institution: &Institution,
    insured: InsuredPlace,
    (number, citizen): (Option<PersonNumber>, Option<CitizenId>),
) -> Outcome<Person> {
    let find = FindPerson { insured, citizen, number, institution: institution.code.clone() };
    match node.ask(&Question::FindPerson(find)).await {
        Ok(Answer::Person(person)) => Ok(*person),
        Ok(_) => Err(Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })),
        Err(no_answer) => Err(Failure::Trouble(no_answer.refusal())),
    }
}

/// What other nodes say about an admission, gathered before it is decided.
pub struct Gathered {
    person: Person,
    filing: Option<FilingId>,
}

/// Asks the insured place who the person is, and the national register whether they filed.
pub async fn gather(
    node: &ProvinceNode,
    institution: &Institution,
    admission: &Admission,
) -> Outcome<Gathered> {
    if admission.third_party {
        return Err(Refusal::ThirdParty {}.into());
    }
    let who = (Some(admission.person.clone()), None);
    let person = find_person(node, institution, admission.insured, who).await?;
    let of = (admission.insured, &person);
    medium::check(node, institution, of, &admission.shown, &admission.msgid).await?;
    let find = FindFilings {
        person: admission.person.clone(),
        insured: admission.insured,
        treatment: admission.treatment,
    };
    let filings = match node.ask(&Question::FindFilings(find)).await {
        Ok(Answer::Filings { filings }) => filings,
        Ok(_) => {
            return Err(Failure::Trouble(Refusal::PeerRejected {
                detail: "应答与请求不符".to_owned()
            }));
        }
        Err(no_answer) => return Err(Failure::Trouble(no_answer.refusal())),
    };
    let of_scheme: Vec<_> = filings.into_iter().filter(|filing| filing.scheme == admission.scheme).collect();
    let day = admission.admitted_at.day();
    let emergency = admission.kind == AdmissionKind::Emergency;
    let stands = standing(&of_scheme, admission.treatment, day, day, node.context.now(), emergency);
    let filing = match stands {
        Standing::Filed(_, id) => Some(id),
        Standing::Deemed | Standing::FiledElsewhere(..) | Standing::NotFiled => None,
    };
    Ok(Gathered { person, filing })
}

/// Opens a visit. Whether the person filed does not decide here: they may still file until the settlement.
pub async fn admit(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    admission: Admission,
    gathered: Gathered,
) -> Outcome<VisitId> {
    let now = node.context.now();
    let person = gathered.person;
    let enrolment = person.in_force(admission.scheme)?.clone();
    check_not_ahead("begntime", "不晚于当前时间的入院时间", admission.admitted_at, now)?;
    if admission.admitted_at.day() < now.day().plus_months(-12 * STAY_YEARS_MAX) {
        return Err(Refusal::invalid("begntime", "五年以内的入院时间").into());
    }
    let area = admission.insured.pooling_area();
    if let Some(open) = visit::hold_in_hospital(work, area, &person.number).await?.first() {
        return Err(Refusal::AlreadyInHospital { fixmedins_code: open.institution.to_string() }.into());
    }
    let visit = Visit {
        id: VisitId::new(node.province, now, node.context.ids.serial()),
        institution: institution.code.clone(),
        stage: Stage::Admitted,
        revision: 1,
        insured: admission.insured,
        treatment: admission.treatment,
        patient: Patient {
            number: person.number,
            citizen: person.citizen,
            name: person.name,
            nation: person.nation,
            scheme: admission.scheme,
            person_type: enrolment.person_type,
            civil_servant: enrolment.civil_servant,
            balance: enrolment.balance,
            employer: enrolment.employer,
        },
        admitted_at: admission.admitted_at,
        discharged_at: None,
        med_type: admission.med_type,
        care: CareKind::Inpatient,
        admission_kind: admission.kind,
        filing: gathered.filing,
        registration: admission.registration,
        msgid: admission.msgid,
        opened_at: now,
    };
    visit::insert(work, &visit).await?;
    visit::put_diagnoses(work, &visit, Phase::Admission, &admission.diagnoses).await?;
    Ok(visit.id)
}

/// What is registered has happened: a day of grace for clocks in another time zone.
pub fn check_not_ahead(field: &str, expected: &str, at: Moment, now: Moment) -> Result<(), Refusal> {
    const GRACE_MILLIS: i64 = 24 * 60 * 60 * 1000;
    if at > now.plus_millis(GRACE_MILLIS) { Err(Refusal::invalid(field, expected)) } else { Ok(()) }
}

/// The stay, held, if it is this person's at this institution.
pub async fn hold(
    work: &mut Work,
    institution: &Institution,
    id: VisitId,
    person: &PersonNumber,
) -> Outcome<Visit> {
    let visit = hold_any(work, institution, id, person).await?;
    if visit.care == CareKind::Inpatient { Ok(visit) } else { Err(other_care(&visit).into()) }
}

/// A visit of any kind, held, if it is this person's at this institution.
pub async fn hold_any(
    work: &mut Work,
    institution: &Institution,
    id: VisitId,
    person: &PersonNumber,
) -> Outcome<Visit> {
    let visit = visit::hold(work, &institution.code, id).await?;
    let visit = visit.ok_or_else(|| Refusal::UnknownVisit { mdtrt_id: id.to_string() })?;
    if visit.patient.number == *person {
        return Ok(visit);
    }
    Err(Refusal::invalid("psn_no", "本次就诊登记的人员编号").into())
}

/// Discharges (2402).
pub async fn discharge(
    node: &ProvinceNode,
    work: &mut Work,
    mut visit: Visit,
    at: Moment,
    registration: BTreeMap<String, String>,
    diagnoses: &Diagnoses,
) -> Outcome<()> {
    let is_settled = is_settled_midway(work, &visit).await?;
    visit.stage = visit.after(if is_settled { Move::LeaveSettled } else { Move::Discharge })?;
    if at < visit.admitted_at {
        return Err(Refusal::invalid("endtime", "不早于入院时间的出院时间").into());
    }
    check_not_ahead("endtime", "不晚于当前时间的出院时间", at, node.context.now())?;
    visit.discharged_at = Some(at);
    visit.registration.extend(registration);
    visit::update(work, &visit).await?;
    Ok(visit::put_diagnoses(work, &visit, Phase::Discharge, diagnoses).await?)
}

/// Takes a discharge back (2405).
pub async fn undo_discharge(work: &mut Work, mut visit: Visit) -> Outcome<()> {
    let left_settled = visit.stage == Stage::Settled && !settlement::is_settled_whole(work, visit.id).await?;
    visit.stage = visit.after(if left_settled { Move::UndoLeaveSettled } else { Move::UndoDischarge })?;
    visit.discharged_at = None;
    Ok(visit::update(work, &visit).await?)
}

/// Whether a stay was settled midway (中途结算), and nothing is left of it that is not.
async fn is_settled_midway(work: &mut Work, visit: &Visit) -> Outcome<bool> {
    if bill::kept(work.conn(), visit.id).await?.is_empty() {
        return Ok(false);
    }
    let left = fee::categories(work.conn(), visit.id).await?;
    Ok(left.iter().map(|one| one.split).sum::<Split>().total.is_zero())
}

/// What a correction changes (2403).
pub struct Correction {
    /// 入院时间.
    pub admitted_at: Moment,
    /// 医疗类别.
    pub med_type: String,
    /// 住院类型.
    pub kind: AdmissionKind,
    /// 涉及第三方标志.
    pub third_party: bool,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
    /// 诊断: those whose rank is known change, others are added.
    pub diagnoses: Diagnoses,
}

/// Changes what was registered (2403).
pub async fn correct(
    node: &ProvinceNode,
    work: &mut Work,
    mut visit: Visit,
    correction: Correction,
) -> Outcome<()> {
    visit.stage = visit.after(Move::ChangeRegistration)?;
    if correction.third_party {
        return Err(Refusal::ThirdParty {}.into());
    }
    check_not_ahead("begntime", "不晚于当前时间的入院时间", correction.admitted_at, node.context.now())?;
    if visit.discharged_at.is_some_and(|discharged| discharged < correction.admitted_at) {
        return Err(Refusal::invalid("begntime", "不晚于出院时间的入院时间").into());
    }
    visit.admitted_at = correction.admitted_at;
    visit.med_type = correction.med_type;
    visit.admission_kind = correction.kind;
    visit.registration.extend(correction.registration);
    visit::update(work, &visit).await?;
    Ok(visit::put_diagnoses(work, &visit, Phase::Admission, &correction.diagnoses).await?)
}

/// Takes an admission back (2404, or a reversal of 2401): only without details.
pub async fn withdraw(work: &mut Work, mut visit: Visit) -> Outcome<()> {
    visit.stage = visit.after(Move::Withdraw)?;
    let is_settled_midway = !bill::kept(work.conn(), visit.id).await?.is_empty();
    if is_settled_midway || !fee::categories(work.conn(), visit.id).await?.is_empty() {
        let (mdtrt_id, needed) = (visit.id.to_string(), "在院且明细已全部撤销".to_owned());
        return Err(Refusal::VisitStage { mdtrt_id, stage: "在院且有费用明细".to_owned(), needed }.into());
    }
    Ok(visit::update(work, &visit).await?)
}

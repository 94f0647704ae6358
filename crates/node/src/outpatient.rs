//! Visits to an outpatient department at the treatment place (2201 to 2205): registered, described, charged by bills (收费批次).
//! The bills are settled one by one; see [`crate::settlement`].

use crate::{
    admission::{self, Diagnoses, check_not_ahead},
    context::Outcome,
    details::{self, Given},
    province::ProvinceNode,
    settlement::{OUTPATIENT_KIND, REGISTRATION, other_care},
};
use casework::{
    declaration::{DECLARED_AT, INJURY, THIRD_PARTY},
    institution::Institution,
    person::Person,
    visit::{Move, Patient, Stage, Visit},
};
use std::collections::{BTreeMap, HashMap};
use store::{
    Work,
    bill::{self, KeptBill},
    fee::{self, FeeLine},
    special_attribute,
    visit::{self, Phase},
};
use terms::{
    AdmissionKind, CareKind, DiseaseCode, InsuranceScheme, InsuredPlace, MessageId, Moment, OutpatientKind,
    PersonNumber, Refusal, TreatmentPlace, VisitId,
};

/// The most bills that one visit has: more are another visit's.
const BILLS_MAX: usize = 200;
/// The kind of institution (定点医疗服务机构类型) that a pharmacy is.
pub const PHARMACY: &str = "2";

/// What a hospital says at registration (2201).
pub struct Registering {
    /// The scheme that is to pay.
    pub scheme: InsuranceScheme,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// Where the hospital is.
    pub treatment: TreatmentPlace,
    /// 挂号时间.
    pub at: Moment,
    /// 涉及第三方标志, where it is known already.
    pub third_party: bool,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
    /// The hospital's message.
    pub msgid: MessageId,
}

/// Opens a visit of a person whom the insured place knows. Until it is described it is one for its registration alone
/// (12 门诊挂号).
pub async fn register(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    registering: Registering,
    person: Person,
) -> Outcome<VisitId> {
    let now = node.context.now();
    let enrolment = person.in_force(registering.scheme)?.clone();
    if registering.third_party {
        return Err(Refusal::ThirdParty {}.into());
    }
    check_not_ahead("begntime", "不晚于当前时间的挂号时间", registering.at, now)?;
    if registering.at.day() < now.day().plus_months(-12) {
        return Err(Refusal::invalid("begntime", "一年以内的挂号时间").into());
    }
    let visit = Visit {
        id: VisitId::new(node.province, now, node.context.ids.serial()),
        institution: institution.code.clone(),
        stage: Stage::Open,
        revision: 1,
        insured: registering.insured,
        treatment: registering.treatment,
        patient: Patient {
            number: person.number,
            citizen: person.citizen,
            name: person.name,
            nation: person.nation,
            scheme: registering.scheme,
            person_type: enrolment.person_type,
            civil_servant: enrolment.civil_servant,
            balance: enrolment.balance,
            employer: enrolment.employer,
        },
        admitted_at: registering.at,
        discharged_at: None,
        med_type: REGISTRATION.to_owned(),
        care: CareKind::Outpatient,
        admission_kind: AdmissionKind::Ordinary,
        // Nothing depends on it here: the insured place looks when it settles.
        filing: None,
        registration: registering.registration,
        msgid: registering.msgid,
        opened_at: now,
    };
    visit::insert(work, &visit).await?;
    Ok(visit.id)
}

/// The visit, held, if it is this person's at this institution, and no stay.
pub async fn hold(
    work: &mut Work,
    institution: &Institution,
    id: VisitId,
    person: &PersonNumber,
) -> Outcome<Visit> {
    let visit = admission::hold_any(work, institution, id, person).await?;
    if visit.care == CareKind::Inpatient { Err(other_care(&visit).into()) } else { Ok(visit) }
}

/// What a visit is (2203, 2203A).
pub struct Description {
    /// 就诊时间.
    pub at: Moment,
    /// 医疗类别.
    pub med_type: String,
    /// Its kind of care.
    pub care: CareKind,
    /// 门诊急诊转诊标志.
    pub kind: Option<OutpatientKind>,
    /// 外伤标志.
    pub injury: Option<bool>,
    /// 涉及第三方标志.
    pub third_party: Option<bool>,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
    /// 诊断: those whose rank is known change, others are added; one that is declared void stays as that.
    pub diagnoses: Diagnoses,
}

/// What a description says, and the next one does not if it leaves it out.
const DESCRIBED: [&str; 7] =
    ["dise_codg", "dise_name", OUTPATIENT_KIND, INJURY, THIRD_PARTY, DECLARED_AT, IN_WORDS];
/// 门诊诊断信息: the diagnoses in words, those of all descriptions that are not declared void.
const IN_WORDS: &str = "otp_diag_info";
/// The longest, in characters.
const IN_WORDS_LONGEST: usize = 500;

/// The diagnoses of a visit that are valid, by their ranks.
async fn in_words(work: &mut Work, visit: &Visit) -> Outcome<Option<String>> {
    let area = visit.treatment.0.pooling_area();
    let found = special_attribute::diagnoses(work.conn(), area, visit.id).await?;
    let words: Vec<String> = found
        .iter()
        .filter(|one| one.is_valid())
        .map(|one| ["diag_code", "diag_name"].map(|field| one.field(field)).concat())
        .collect();
    let words: String = words.join("；").chars().take(IN_WORDS_LONGEST).collect();
    Ok(Some(words).filter(|words| !words.is_empty()))
}

/// Writes down what a visit is.
pub async fn describe(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    mut visit: Visit,
    description: Description,
) -> Outcome<()> {
    visit.stage = visit.after(Move::ChangeRegistration)?;
    if description.third_party == Some(true) {
        return Err(Refusal::ThirdParty {}.into());
    }
    check_not_ahead("begntime", "不晚于当前时间的就诊时间", description.at, node.context.now())?;
    if description.care == CareKind::Pharmacy && institution.kind != PHARMACY {
        return Err(Refusal::invalid("med_type", "门诊的医疗类别，如11、13、14").into());
    }
    let was_described = visit.med_type != REGISTRATION;
    if was_described && visit.med_type != description.med_type {
        let bills = bill::kept(work.conn(), visit.id).await?;
        if let Some(held) = bills.into_iter().find(|bill| bill.settlement.is_some()) {
            return Err(Refusal::BillHeld { chrg_bchno: held.name }.into());
        }
    }
    visit::put_diagnoses(work, &visit, Phase::Admission, &description.diagnoses).await?;
    let flag = |flag: bool| if flag { "1" } else { "0" }.to_owned();
    let kept = [
        (OUTPATIENT_KIND, description.kind.map(|kind| kind.code().to_owned())),
        (INJURY, description.injury.map(flag)),
        (THIRD_PARTY, description.third_party.map(flag)),
        (IN_WORDS, in_words(work, &visit).await?),
    ];
    for field in DESCRIBED {
        visit.registration.remove(field);
    }
    visit.registration.extend(description.registration);
    visit.registration.extend(kept.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))));
    visit.admitted_at = description.at;
    visit.med_type = description.med_type;
    visit.care = description.care;
    let is_emergency = description.kind.is_some_and(OutpatientKind::is_emergency);
    visit.admission_kind = if is_emergency { AdmissionKind::Emergency } else { AdmissionKind::Ordinary };
    Ok(visit::update(work, &visit).await?)
}

/// Takes a registration back (2202, or a reversal of 2201): only without details.
pub async fn withdraw(work: &mut Work, mut visit: Visit) -> Outcome<()> {
    visit.stage = visit.after(Move::Withdraw)?;
    if !bill::kept(work.conn(), visit.id).await?.is_empty() {
        let (mdtrt_id, needed) = (visit.id.to_string(), "就诊中且明细已全部撤销".to_owned());
        return Err(Refusal::VisitStage {
            mdtrt_id, stage: "就诊中且有费用明细".to_owned(), needed
        }
        .into());
    }
    Ok(visit::update(work, &visit).await?)
}

/// Splits and writes lines of bills that are free (2204), all or none.
pub async fn upload(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    visit: &Visit,
    mut given: Vec<Given>,
) -> Outcome<Vec<FeeLine>> {
    check_bills(&bill::kept(work.conn(), visit.id).await?, &given)?;
    name_refunds(work, visit, &mut given).await?;
    details::upload(node, work, institution, visit, given).await
}

/// Writes the lines of a bill that come with its settlement (2206A, 2207A), in place of those that it had.
pub async fn replace(
    node: &ProvinceNode,
    work: &mut Work,
    institution: &Institution,
    visit: &Visit,
    (bill, given): (&str, Vec<Given>),
) -> Outcome<()> {
    check_bills(&bill::kept(work.conn(), visit.id).await?, &given)?;
    fee::delete_bills(work, visit.id, &[bill.to_owned()]).await?;
    upload(node, work, institution, visit, given).await.map(drop)
}

/// Lines come only to bills that no settlement holds, and a bill is of one disease.
fn check_bills(bills: &[KeptBill], given: &[Given]) -> Result<(), Refusal> {
    let mut diseases: HashMap<&str, Option<DiseaseCode>> = HashMap::new();
    for line in given {
        let known = bills.iter().find(|bill| bill.name == line.bill);
        if known.is_some_and(|bill| bill.settlement.is_some()) {
            return Err(Refusal::BillHeld { chrg_bchno: line.bill.clone() });
        }
        let disease = line.registration.get("dise_codg").and_then(|code| code.parse().ok());
        let first = diseases.entry(&line.bill).or_insert_with(|| known.map_or(disease, |bill| bill.disease));
        // A refund is of its line's disease.
        if line.quantity > 0 && *first != disease {
            return Err(Refusal::invalid("dise_codg", "同一收费批次内相同的病种编码"));
        }
    }
    let new = diseases.keys().filter(|name| !bills.iter().any(|bill| bill.name == **name)).count();
    if bills.len() + new > BILLS_MAX {
        return Err(Refusal::invalid(
            "chrg_bchno",
            format!("每次就诊不超过{BILLS_MAX}个收费批次，请另行挂号"),
        ));
    }
    Ok(())
}

/// A line that may be refunded.
struct Left {
    serial: String,
    bill: String,
    local_item: String,
    price: i64,
    quantity: i64,
}

/// Gives every refund that does not say so the line that it refunds, since 2204 has no field for it: the first one of its bill,
/// of the same item at the same price, of which so much is left.
async fn name_refunds(work: &mut Work, visit: &Visit, given: &mut [Given]) -> Outcome<()> {
    if given.iter().all(|line| line.quantity > 0 || line.refunds.is_some()) {
        return Ok(());
    }
    let mut left: Vec<Left> = Vec::new();
    let known = fee::list(work.conn(), visit.id, None).await?;
    for line in known.iter().filter(|line| line.refunds.is_none()) {
        let refunded = known.iter().filter(|refund| refund.refunds.as_ref() == Some(&line.serial));
        left.push(Left {
            serial: line.serial.clone(),
            bill: line.bill.clone(),
            local_item: line.local_item.clone(),
            price: line.price,
            quantity: line.quantity + refunded.map(|refund| refund.quantity).sum::<i64>(),
        });
    }
    for line in given.iter_mut() {
        if line.quantity > 0 {
            left.push(Left {
                serial: line.serial.clone(),
                bill: line.bill.clone(),
                local_item: line.local_item.clone(),
                price: line.price,
                quantity: line.quantity,
            });
            continue;
        }
        let fits = |one: &Left| match &line.refunds {
            Some(serial) => one.serial == *serial,
            None => {
                (&one.bill, &one.local_item, one.price) == (&line.bill, &line.local_item, line.price)
                    && one.quantity + line.quantity >= 0
            }
        };
        match left.iter_mut().find(|one| fits(one)) {
            Some(original) => {
                original.quantity += line.quantity;
                line.refunds = Some(original.serial.clone());
            }
            None => return Err(Refusal::RefundTooLarge { feedetl_sn: line.serial.clone() }.into()),
        }
    }
    Ok(())
}

/// Deletes the lines of a bill (2205), of all bills that are free if none is named.
pub async fn delete(work: &mut Work, visit: &Visit, bill: Option<&str>) -> Outcome<()> {
    visit.after(Move::ChangeDetails)?;
    let bills = bill::kept(work.conn(), visit.id).await?;
    let names: Vec<String> = match bill {
        None => bills.into_iter().filter(|bill| bill.settlement.is_none()).map(|bill| bill.name).collect(),
        Some(name) => match bills.iter().find(|bill| bill.name == name) {
            None => return Err(Refusal::UnknownBill { chrg_bchno: name.to_owned() }.into()),
            Some(held) if held.settlement.is_some() => {
                return Err(Refusal::BillHeld { chrg_bchno: name.to_owned() }.into());
            }
            Some(free) => vec![free.name.clone()],
        },
    };
    fee::delete_bills(work, visit.id, &names).await?;
    Ok(visit::sum_up(work, visit).await?)
}

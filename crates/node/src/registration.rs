//! Registrations (人员备案: referral, chronic disease, designated institution, accident): asked for by hospitals, decided and kept
//! at the insured place, told to whoever may know.
//!
//! Whatever is decided about one person's registrations is decided one after the other: each use case holds the person before
//! it reads what it decides on. A registration is written once under its id, and so is a refusal: whoever asks again gets the
//! first answer, whatever became of it. The hospital is answered when the insured place has decided; what the insured place
//! has not answered is asked again with the same id, when the hospital sends its message again.

use crate::{
    context::{Failure, Outcome},
    filing::{self, Looker, Who},
    insured::record_look,
    peer::ask::NoAnswer,
    province::ProvinceNode,
};
use casework::{
    Filing,
    filing::{Stage as FilingStage, covers},
    person::{Person, Standing},
    registration::{self, Follows, Kind, Matter, Registered, Registrar, Registration, Stage},
};
use std::{collections::BTreeMap, sync::Arc};
use store::{Work, filing as filings, person, registration as register_of};
use terms::{
    CareKind, Day, DiseaseCode, FilingId, InsuranceScheme, InsuredPlace, Moment, Participant, Refusal,
    RegistrationId, SettlementId,
};
use wire::peer::v1::{
    Answer, Claim, FindRegistrations, FoundRegistrations, Question, RegistrationStands, WithdrawRegistration,
};

// ---------------------------------------------------------------- where the hospital is

/// Asks the insured place to register or to withdraw. This province's own people are decided on here.
pub async fn ask_to_write(node: &Arc<ProvinceNode>, question: &Question) -> Outcome<RegistrationStands> {
    match ask(node, question).await {
        Ok(Answer::Registered(stands) | Answer::Withdrawn(stands)) => Ok(stands),
        Ok(_) => Err(not_this_question()),
        // An earlier copy may have passed: only the insured place itself says no for good.
        Err(NoAnswer::HubRefused(refusal)) => Err(Failure::Trouble(refusal)),
        Err(NoAnswer::Refused(refusal)) => Err(refusal.into()),
        Err(NoAnswer::Unknown(refusal)) => {
            tracing::info!(%refusal, "a registration is not known yet");
            Err(Failure::Trouble(Refusal::RegistrationUnderWay {}))
        }
    }
}

/// Asks the insured place what is registered.
pub async fn ask_what_stands(
    node: &Arc<ProvinceNode>,
    find: FindRegistrations,
) -> Outcome<FoundRegistrations> {
    match ask(node, &Question::FindRegistrations(find)).await {
        Ok(Answer::Registrations(found)) => Ok(found),
        Ok(_) => Err(not_this_question()),
        Err(NoAnswer::Refused(refusal) | NoAnswer::HubRefused(refusal)) => Err(refusal.into()),
        Err(NoAnswer::Unknown(refusal)) => Err(Failure::Trouble(refusal)),
    }
}

fn not_this_question() -> Failure {
    Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })
}

async fn ask(node: &Arc<ProvinceNode>, question: &Question) -> Result<Answer, NoAnswer> {
    let answered = node.ask(question).await;
    if question.addressee() == node.context.me {
        // What came of it here, the national register hears at once.
        node.deliver().await;
    }
    answered
}

// ---------------------------------------------------------------- where the person is insured

/// Registers once under its id.
pub async fn register(node: &ProvinceNode, from: Participant, asked: &Registration) -> Outcome<Answer> {
    check_sender(from, &asked.by)?;
    if from != Participant::Province(asked.id.province()) {
        return Err(Failure::Trouble(Refusal::PeerRejected {
            detail: "流水号不是发送方所给".to_owned()
        }));
    }
    let registered = register_once(node, asked).await?;
    Ok(Answer::Registered(RegistrationStands {
        id: asked.id,
        at: registered.first_answer()?,
        filing: registered.filing,
    }))
}

async fn register_once(node: &ProvinceNode, asked: &Registration) -> Outcome<Registered> {
    let (area, now) = (asked.insured.pooling_area(), node.context.now());
    let mut work = node.context.store.begin().await?;
    register_of::hold_person(&mut work, area, &asked.person).await?;
    if let Some(known) = register_of::find(work.conn(), area, asked.id).await? {
        let same = known.asked == *asked;
        let other =
            || Failure::Trouble(Refusal::PeerRejected { detail: "同一流水号内容不同".to_owned() });
        return if same { Ok(known) } else { Err(other()) };
    }
    match decide(node, &mut work, asked, now).await {
        Ok((registered, brought)) => {
            if let Some(brought) = &brought {
                filing::write(node, &mut work, brought).await?;
            }
            register_of::put(&mut work, &registered).await?;
            work.save().await?;
            Ok(registered)
        }
        Err(Failure::Refused(refusal)) => {
            register_of::put(&mut work, &registration::refused(asked.clone(), &refusal, now)).await?;
            work.save().await?;
            Err(refusal.into())
        }
        Err(trouble) => Err(trouble),
    }
}

/// What becomes of it, and the filing that it brings with it.
async fn decide(
    node: &ProvinceNode,
    work: &mut Work,
    asked: &Registration,
    now: Moment,
) -> Outcome<(Registered, Option<Filing>)> {
    let area = asked.insured.pooling_area();
    let found = person::find(work.conn(), area, &asked.person).await?;
    let person = found.ok_or_else(|| Refusal::UnknownPerson { place: asked.insured.to_string() })?;
    check_face(&person, asked)?;
    let scheme = scheme_of(&person, asked)?;
    let others = register_of::of_person(work.conn(), area, &asked.person).await?;
    let mut registered = registration::register(asked.clone(), scheme, &others, now)?;
    let (Matter::Referral { .. }, Some(scheme)) = (&asked.matter, scheme) else {
        return Ok((registered, None));
    };
    let insured = person.in_force(scheme)?.insured;
    filing::hold(work, insured, (&asked.person, scheme), now).await?;
    let known = filings::of_person(work.conn(), area, &asked.person).await?;
    let id = FilingId::new(node.province, now, node.context.ids.serial());
    let follows = registration::filing_of(&registered, id, &known, &node.settings.filing_rules, now);
    match follows.expect("a referral in a scheme")? {
        Follows::Covered(_) => Ok((registered, None)),
        Follows::Filed(filed) => {
            registered.filing = Some(filed.id);
            Ok((registered, Some(Filing { insured, ..*filed })))
        }
    }
}

/// What the hospital says about who the person is must be so.
fn check_face(person: &Person, asked: &Registration) -> Result<(), Refusal> {
    let given = |field: &str| asked.given.get(field).map(String::as_str);
    let is_citizen = given("psn_cert_type").is_none_or(|code| matches!(code, "01" | "1"));
    if is_citizen
        && given("certno").is_some_and(|certno| !certno.eq_ignore_ascii_case(person.citizen.reveal()))
    {
        return Err(Refusal::invalid("certno", "与人员编号一致的证件号码"));
    }
    if given("psn_name").is_some_and(|name| name != person.name) {
        return Err(Refusal::invalid("psn_name", "与人员编号一致的人员姓名"));
    }
    Ok(())
}

/// The scheme that it is for. A referral needs one: the only one in force, if none is said.
fn scheme_of(person: &Person, asked: &Registration) -> Result<Option<InsuranceScheme>, Refusal> {
    if let Some(scheme) = asked.scheme {
        return person.in_force(scheme).map(|enrolment| Some(enrolment.scheme));
    }
    let in_force = person.enrolments.iter().filter(|one| one.standing == Standing::InForce);
    let schemes: Vec<InsuranceScheme> = in_force.map(|one| one.scheme).collect();
    match (schemes.as_slice(), &asked.matter) {
        ([], _) => Err(Refusal::NotInsured { insutype: "310、390".to_owned() }),
        ([only], _) => Ok(Some(*only)),
        (_, Matter::Referral { .. }) => {
            Err(Refusal::missing("insutype", "险种类型：310（职工）或390（城乡居民）"))
        }
        _ => Ok(None),
    }
}

/// Takes a registration back, with the filing that it brought if that still stands as it came.
pub async fn withdraw(
    node: &ProvinceNode,
    from: Participant,
    asked: &WithdrawRegistration,
) -> Outcome<Answer> {
    check_sender(from, &asked.by)?;
    let withdrawn = withdraw_once(node, asked).await?;
    let at = match withdrawn.stage {
        Stage::Withdrawn { at, .. } | Stage::InForce { since: at } | Stage::Refused { at, .. } => at,
    };
    Ok(Answer::Withdrawn(RegistrationStands { id: asked.id, at, filing: withdrawn.filing }))
}

async fn withdraw_once(node: &ProvinceNode, asked: &WithdrawRegistration) -> Outcome<Registered> {
    let (area, now) = (asked.insured.pooling_area(), node.context.now());
    let mut work = node.context.store.begin().await?;
    register_of::hold_person(&mut work, area, &asked.person).await?;
    let found = register_of::find(work.conn(), area, asked.id).await?;
    let is_meant =
        |one: &Registered| one.asked.person == asked.person && one.asked.matter.kind() == asked.matter;
    let known = found.filter(is_meant);
    let known =
        known.ok_or_else(|| Refusal::UnknownRegistration { trt_dcla_detl_sn: asked.id.to_string() })?;
    let brought = hold_brought(&mut work, &known).await?;
    let used = used_by(&mut work, &known, brought.as_ref()).await?;
    let withdrawn = known.withdraw(&asked.by, used, &asked.reason, now)?;
    if withdrawn == known {
        return Ok(withdrawn);
    }
    if let Some(filed) = brought {
        let over = matches!(filed.stage, FilingStage::Cancelled { .. } | FilingStage::Rejected { .. });
        if !over {
            filing::write(node, &mut work, &filed.cancel(&node.settings.filing_rules, now)?).await?;
        }
    }
    register_of::put(&mut work, &withdrawn).await?;
    work.save().await?;
    Ok(withdrawn)
}

/// The filing that a registration brought, held as whoever moves a filing holds it.
async fn hold_brought(work: &mut Work, known: &Registered) -> Outcome<Option<Filing>> {
    let Some(id) = known.filing else { return Ok(None) };
    let Some(before) = filings::find(work.conn(), id).await? else { return Ok(None) };
    filing::hold(work, before.insured, (&before.person, before.scheme), before.filed_at).await?;
    Ok(filings::find(work.conn(), id).await?)
}

/// A settlement that stands and that this registration decided about.
async fn used_by(
    work: &mut Work,
    known: &Registered,
    brought: Option<&Filing>,
) -> Outcome<Option<SettlementId>> {
    let Stage::InForce { since } = known.stage else { return Ok(None) };
    let area = known.asked.insured.pooling_area();
    for settled in register_of::settled_since(work.conn(), area, &known.asked.person, since).await? {
        let claim: Claim = settled.claim.read()?;
        let bill = &claim.bill;
        let uses = match &known.asked.matter {
            Matter::Referral { .. } => brought.is_some_and(|filed| {
                let of_scheme = filed.scheme == claim.scheme;
                of_scheme
                    && covers(filed, claim.treatment, bill.admission, bill.discharge, settled.committed_at)
            }),
            Matter::Chronic { disease, .. } => bill.diseases.contains(disease),
            Matter::Designated { institution, .. } => {
                bill.care != CareKind::Inpatient && claim.institution == *institution
            }
            Matter::Accident { .. } => false,
        };
        if uses {
            return Ok(Some(settled.id));
        }
    }
    Ok(None)
}

/// What is registered of a person, of one kind, and a record of who looked. Referrals are told to the hospitals that they are
/// from and to; of the others what is in force today, without what only the insured place needs to know.
pub async fn find(node: &ProvinceNode, find: &FindRegistrations) -> Outcome<Answer> {
    let (area, today) = (find.insured.pooling_area(), node.context.now().day());
    let mut work = node.context.store.begin().await?;
    let found = person::find(work.conn(), area, &find.person).await?;
    let person = found.ok_or_else(|| Refusal::UnknownPerson { place: find.insured.to_string() })?;
    let all = register_of::of_person(work.conn(), area, &find.person).await?;
    let concerns = |one: &Registered| match &one.asked.matter {
        Matter::Referral { institution, .. } => {
            let stands = matches!(one.stage, Stage::InForce { .. });
            let is_from = one.asked.by.institution() == Some(&find.institution);
            stands && (is_from || *institution == find.institution)
        }
        _ => one.is_in_force_on(today),
    };
    let of_kind = all.into_iter().filter(|one| one.asked.matter.kind() == find.matter && concerns(one));
    let registrations = of_kind.map(as_told).collect();
    let purpose = match find.matter {
        Kind::Referral => "5304",
        Kind::Chronic => "5301",
        Kind::Designated => "5302",
        Kind::Accident => "2507",
    };
    record_look(node, &mut work, area, &person.number, find.institution.as_str(), purpose).await?;
    work.save().await?;
    let is_named = find.matter == Kind::Referral;
    let person = is_named.then(|| Box::new(Person { enrolments: Vec::new(), ..person }));
    Ok(Answer::Registrations(FoundRegistrations { person, registrations }))
}

/// A registration as a hospital is told of it.
fn as_told(mut one: Registered) -> Registered {
    if one.asked.matter.kind() != Kind::Referral {
        one.asked.given.retain(|field, _| field == "memo");
    }
    one
}

/// Only the province whose hospital it is asks for it.
fn check_sender(from: Participant, by: &Registrar) -> Outcome<()> {
    let is_theirs = match by {
        Registrar::Institution { place, .. } => from == Participant::Province(place.province()),
        // A clerk decides at the insured place itself, and asks nobody.
        Registrar::Agency => false,
    };
    if is_theirs {
        return Ok(());
    }
    Err(Failure::Trouble(Refusal::PeerRejected { detail: "发送方不是登记机构所在省".to_owned() }))
}

// ---------------------------------------------------------------- at the clerk's window

/// A chronic disease that a clerk registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChronic {
    /// Where the person is insured: any division of the pooling area.
    pub insured: InsuredPlace,
    /// Who.
    pub who: Who,
    /// In which scheme.
    pub scheme: InsuranceScheme,
    /// 门慢门特病种目录代码.
    pub disease: DiseaseCode,
    /// Its name.
    pub name: String,
    /// From which day; today if none is given.
    pub begins: Option<Day>,
    /// To which day; until it is withdrawn if none is given.
    pub ends: Option<Day>,
}

/// Registers a chronic disease of a person who is insured here.
pub async fn enter(node: &ProvinceNode, new: NewChronic) -> Result<Registered, Refusal> {
    let entered = async {
        let now = node.context.now();
        let mut conn = node.context.store.conn().await?;
        let person = filing::find_person(node, &mut conn, new.insured, &new.who).await?;
        drop(conn);
        let asked = Registration {
            id: RegistrationId::new(node.province, now, node.context.ids.serial()),
            person: person.number,
            insured: new.insured,
            scheme: Some(new.scheme),
            matter: Matter::Chronic { disease: new.disease, name: new.name },
            begins: new.begins,
            ends: new.ends,
            by: Registrar::Agency,
            given: BTreeMap::new(),
        };
        register_once(node, &asked).await
    };
    entered.await.map_err(Failure::refusal)
}

/// Takes a registration back for the insured place, whoever registered it.
pub async fn take_back(
    node: &Arc<ProvinceNode>,
    id: RegistrationId,
    reason: &str,
) -> Result<Registered, Refusal> {
    let taken = async {
        let mut conn = node.context.store.conn().await?;
        let found = register_of::find_anywhere(&mut conn, id).await?;
        drop(conn);
        let known = found.ok_or_else(|| Refusal::UnknownRegistration { trt_dcla_detl_sn: id.to_string() })?;
        let withdraw = WithdrawRegistration {
            id,
            matter: known.asked.matter.kind(),
            person: known.asked.person,
            insured: known.asked.insured,
            by: Registrar::Agency,
            reason: reason.to_owned(),
        };
        withdraw_once(node, &withdraw).await
    };
    let taken = taken.await.map_err(Failure::refusal)?;
    node.deliver().await;
    Ok(taken)
}

/// All registrations of a person, newest first, and a record of the look.
pub async fn list_of_person(
    node: &ProvinceNode,
    insured: InsuredPlace,
    who: &Who,
    looker: Looker<'_>,
) -> Result<Vec<Registered>, Refusal> {
    let look = async {
        let mut work = node.context.store.begin().await?;
        let person = filing::find_person(node, work.conn(), insured, who).await?;
        let area = insured.pooling_area();
        let all = register_of::of_person(work.conn(), area, &person.number).await?;
        record_look(node, &mut work, area, &person.number, looker.name, looker.purpose).await?;
        work.save().await?;
        Ok(all)
    };
    look.await.map_err(Failure::refusal)
}

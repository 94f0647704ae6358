//! Settlement at the treatment place (2303, 2304, 2305, 2206, 2207, 2208, 2102, 2103, 2601): asked for, written down, asked again until it is known, and
//! undone when the hospital takes it back.
//!
//! A settlement is written down as asked for, with its question in the outbox, before anybody hears of it. Whatever is lost
//! after that is found by asking again with the same id. A hospital that gives up reverses it, and a reversal wins over
//! everything that comes late: the insured place that has not seen the settlement yet writes down that it never will stand.
//!
//! `casework/tests/protocol` is a model of this, of the hub and of the insured place, of which every state is looked at: `treatment.rs`
//! there has a function for `begin`, `hear`, `give_up` and `start_undo` here. Who changes the order of things changes both.

use crate::{
    context::{Failure, Outcome},
    deduction,
    insured::{amounts_of, breakdown_of, reason, refusal_of, stored_refusal, undoing},
    peer::ask::NoAnswer,
    planted::{self, Bug},
    province::ProvinceNode,
};
use benefit::{Bill, Breakdown};
use casework::{
    declaration::THIRD_PARTY,
    institution::Institution,
    settlement::{self as stages, Effect, Move as Hear, Stage},
    visit::{self as visits, Move, Visit},
};
use funds::movement::settlement::{Settled as Booked, at_treatment, undo as undo_transfers};
use std::collections::BTreeMap;
use store::{
    Amounts, Document, Work,
    batch::{Ask, FindVisit, Stands},
    bill::{self, KeptBill},
    book, fee, outbox,
    treatment::{self, TreatmentSettlement, Undoing},
    visit::{self, Summed},
};
use terms::{
    AdmissionKind, CareKind, Day, DiseaseCode, MessageId, OutpatientKind, Refusal, SettlementId, VisitId,
    VisitMark,
};
use wire::peer::v1::{Answer, Claim, Question, Settle, Settled, Undo, UndoKind};

/// The outbox's name for a question to settle.
pub const SETTLE: &str = "settle";
/// The outbox's name for a question to undo.
pub const UNDO: &str = "undo";
/// How long after a question was put out it is sent again, if nobody has answered it by then.
const ASK_AGAIN_MILLIS: i64 = 10_000;

/// What a hospital asks to have settled.
pub struct Request<'a> {
    /// The institution.
    pub institution: &'a Institution,
    /// The visit.
    pub visit: VisitId,
    /// What it says of the bill of an outpatient visit that it settles; none for a stay, which is one bill.
    pub of_bill: Option<OfBill<'a>>,
    /// The person, who must be the visit's.
    pub person: &'a terms::PersonNumber,
    /// The scheme, which must be the visit's.
    pub scheme: terms::InsuranceScheme,
    /// 医疗费总额, which must be the sum of the details.
    pub total: terms::Fen,
    /// 出院时间 where the hospital settles without having discharged (2402) first.
    pub discharge: Option<Day>,
    /// The transaction with which it asks (交易编号).
    pub infno: &'a str,
    /// The hospital's message.
    pub msgid: &'a MessageId,
    /// What else it said.
    pub registration: BTreeMap<String, String>,
}

impl Request<'_> {
    /// 收费批次号; empty for a stay.
    fn bill(&self) -> &str {
        self.of_bill.as_ref().map_or("", |bill| bill.name)
    }

    /// 个人账户使用标志 (`acct_used_flag`): 1 the person's own account, 2 one that family shares, of which registers here know none.
    fn uses_account(&self) -> bool {
        self.registration.get("acct_used_flag").is_some_and(|flag| flag == "1" || flag == "2")
    }

    /// 中途结算标志 (`mid_setl_flag`): what has been charged so far is settled, and the stay goes on.
    fn is_midway(&self) -> bool {
        self.of_bill.is_none() && self.registration.get("mid_setl_flag").is_some_and(|flag| flag == "1")
    }

    /// The bills of the visit when the one that is settled is held by this settlement; none of a stay.
    fn held(&self, bills: &[KeptBill], settlement: SettlementId) -> Option<Vec<KeptBill>> {
        let name = self.of_bill.as_ref()?.name;
        let mut bills = bills.to_vec();
        for bill in bills.iter_mut().filter(|bill| bill.name == name) {
            bill.settlement = Some(settlement);
        }
        Some(bills)
    }
}

/// What a hospital says of the bill (收费批次) of an outpatient visit that it wants to have settled.
pub struct OfBill<'a> {
    /// 收费批次号 (`chrg_bchno`).
    pub name: &'a str,
    /// 医疗类别: the visit's, or 12 门诊挂号 for the fee of the registration alone.
    pub med_type: &'a str,
    /// 门诊急诊转诊标志, where it says it with the settlement.
    pub kind: Option<OutpatientKind>,
    /// 外伤标志, likewise.
    pub injury: Option<bool>,
    /// 涉及第三方标志, likewise.
    pub third_party: Option<bool>,
}

/// A trial settlement: who would pay what. Nothing is written anywhere.
pub async fn trial(node: &ProvinceNode, request: &Request<'_>) -> Outcome<(Visit, Breakdown)> {
    let mut conn = node.context.store.conn().await?;
    let found = visit::find_summed(&mut conn, &request.institution.code, request.visit).await?;
    drop(conn);
    try_summed(node, request, found.ok_or_else(|| unknown_visit(request.visit))?).await
}

/// The same of a visit and its sums as they were found, or would be.
pub async fn try_summed(
    node: &ProvinceNode,
    request: &Request<'_>,
    summed: Summed,
) -> Outcome<(Visit, Breakdown)> {
    summed.visit.after(if request.is_midway() { Move::SettleMidway } else { Move::Try })?;
    let claim = claim(node, request, &summed)?;
    let visit = summed.visit;
    match node.ask(&Question::Trial(Box::new(claim))).await {
        Ok(Answer::Trial(breakdown)) => Ok((visit, *breakdown)),
        Ok(_) => Err(Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })),
        Err(NoAnswer::Refused(refusal) | NoAnswer::HubRefused(refusal)) => Err(Failure::Refused(refusal)),
        Err(NoAnswer::Unknown(refusal)) => Err(Failure::Trouble(refusal)),
    }
}

/// What was written down as asked for.
pub struct Asked {
    /// The settlement.
    pub settlement: TreatmentSettlement,
    /// Its visit.
    pub visit: Visit,
    /// The question to the insured place.
    pub settle: Settle,
}

/// The usual case, written together with others that wait: a first message about a discharged stay, or a free bill of an
/// outpatient visit, whose details nobody changes meanwhile. `None` for all else, which is decided one by one under locks.
pub async fn begin_together(
    node: &ProvinceNode,
    request: &Request<'_>,
    id: SettlementId,
    content: [u8; 32],
) -> Outcome<Option<Asked>> {
    let find = FindVisit { institution: request.institution.code.clone(), visit: request.visit };
    let Some(summed) = node.visits.read(find).await else { return Ok(None) };
    if request.is_midway() || summed.visit.after(Move::Settle).is_err() {
        return Ok(None);
    }
    let Ok(claim) = claim(node, request, &summed) else { return Ok(None) };
    let Summed { visit, bills, .. } = summed;
    let now = node.context.now();
    let settle = Settle { settlement: id, asked_at: now, claim };
    let settlement = asked(&visit, request, &settle);
    let ask = Ask {
        settlement: settlement.clone(),
        infno: request.infno.to_owned(),
        bills: request.held(&bills, id),
        content,
        revision: visit.revision,
        kind: SETTLE,
        again_at: now.plus_millis(ASK_AGAIN_MILLIS),
    };
    let written = node.asks.write(ask).await;
    Ok(written.then_some(Asked { settlement, visit, settle }))
}

/// Writes down that a settlement stands, with the hospital's answer, together with others that wait. False if it does not
/// stand as it was asked for any more: what stands is to be read.
pub async fn stand_together(node: &ProvinceNode, settlement: TreatmentSettlement) -> bool {
    let transfers = transfers(&settlement);
    node.stands.write(Stands { settlement, transfers, kind: SETTLE }).await
}

/// A settlement with the insured place's answer.
#[must_use]
pub fn settled(asked: &TreatmentSettlement, settled: &Settled, at: terms::Moment) -> TreatmentSettlement {
    TreatmentSettlement {
        stage: Stage::Settled,
        amounts: amounts_of(&settled.breakdown),
        breakdown: Some(Document::of(&settled.breakdown)),
        settled_at: Some(at),
        ..asked.clone()
    }
}

/// A settlement as asked for.
fn asked(visit: &Visit, request: &Request<'_>, settle: &Settle) -> TreatmentSettlement {
    TreatmentSettlement {
        area: visit.treatment.0.pooling_area(),
        id: settle.settlement,
        visit: visit.id,
        care: settle.claim.bill.care,
        bill: request.bill().to_owned(),
        institution: visit.institution.clone(),
        msgid: request.msgid.clone(),
        stage: Stage::Asked,
        person: visit.patient.number.clone(),
        scheme: visit.patient.scheme,
        insured: visit.insured,
        amounts: Amounts { total: request.total, ..Amounts::default() },
        claim: Document::of(&settle.claim),
        breakdown: None,
        refusal: None,
        asked_at: settle.asked_at,
        settled_at: None,
        undo: None,
        undone_at: None,
        registration: request.registration.clone(),
        answer: None,
    }
}

/// Who answers the questions of a settlement, for the outbox.
pub fn asked_of(settlement: &TreatmentSettlement) -> outbox::Asked<'static> {
    outbox::Asked::InsuredPlace(settlement.insured.province())
}

/// The question that a settlement waits to have answered, as its row says it.
pub fn question_of(settlement: &TreatmentSettlement) -> Option<Question> {
    match settlement.stage {
        Stage::Asked => {
            let claim = settlement.claim.read().expect("this program stored it");
            let settle = Settle { settlement: settlement.id, asked_at: settlement.asked_at, claim };
            Some(Question::Settle(Box::new(settle)))
        }
        Stage::Undoing => Some(undo_question(settlement)),
        Stage::Settled | Stage::Refused | Stage::Undone => None,
    }
}

/// Writes a settlement down as asked for, in the unit of work that took the hospital's message up.
pub async fn begin(
    node: &ProvinceNode,
    work: &mut Work,
    request: &Request<'_>,
    id: SettlementId,
) -> Outcome<Asked> {
    let mut summed = hold_summed(work, request).await?;
    if request.is_midway() {
        return begin_midway(node, work, request, (id, summed)).await;
    }
    let visit = &mut summed.visit;
    if let (CareKind::Inpatient, None, Some(day)) = (visit.care, visit.discharged_at, request.discharge) {
        visit.stage = visit.after(Move::Discharge)?;
        visit.discharged_at = Some(day.start().max(visit.admitted_at));
    }
    visit.stage = visit.after(Move::Settle)?;
    let now = node.context.now();
    let claim = claim(node, request, &summed)?;
    let Summed { visit, bills, .. } = summed;
    let settle = Settle { settlement: id, asked_at: now, claim };
    let settlement = asked(&visit, request, &settle);
    match request.held(&bills, id) {
        None => visit::update(work, &visit).await?,
        Some(held) => visit::put_bills(work, visit.id, &held).await?,
    }
    treatment::insert(work, &settlement, &visit).await?;
    let again = now.plus_millis(ASK_AGAIN_MILLIS);
    let asked = asked_of(&settlement);
    outbox::put(work, settlement.area, (&id.to_string(), SETTLE), asked, (now, again)).await?;
    Ok(Asked { settlement, visit, settle })
}

/// The same in the middle of a stay: its lines so far become the bill of this settlement.
async fn begin_midway(
    node: &ProvinceNode,
    work: &mut Work,
    request: &Request<'_>,
    (id, summed): (SettlementId, Summed),
) -> Outcome<Asked> {
    let now = node.context.now();
    let claim = claim(node, request, &summed)?;
    let mut visit = summed.visit;
    visit.stage = visit.after(Move::SettleMidway)?;
    let settle = Settle { settlement: id, asked_at: now, claim };
    let settlement = TreatmentSettlement { bill: id.to_string(), ..asked(&visit, request, &settle) };
    visit::update(work, &visit).await?;
    fee::rename_bill(work, visit.id, "", &settlement.bill).await?;
    let mut bills = summed.bills;
    let of_lines = fee::bills(work.conn(), visit.id).await?;
    bills.extend(of_lines.into_iter().filter(|bill| bill.name == settlement.bill));
    for bill in bills.iter_mut().filter(|bill| bill.name == settlement.bill) {
        bill.settlement = Some(id);
    }
    visit::put_bills(work, visit.id, &bills).await?;
    visit::sum_up(work, &visit).await?;
    treatment::insert(work, &settlement, &visit).await?;
    let again = now.plus_millis(ASK_AGAIN_MILLIS);
    let asked = asked_of(&settlement);
    outbox::put(work, settlement.area, (&id.to_string(), SETTLE), asked, (now, again)).await?;
    Ok(Asked { settlement, visit, settle })
}

/// The settlements that stand of the same stay (中途结算), oldest first.
fn settled_before(summed: &Summed) -> Vec<SettlementId> {
    if summed.visit.care != CareKind::Inpatient {
        return Vec::new();
    }
    summed.bills.iter().filter_map(|bill| bill.settlement).collect()
}

/// Only the last settlement of a stay is undone: those after it go on from it. The visit is held, so that none begins meanwhile.
pub async fn check_last(work: &mut Work, settlement: &TreatmentSettlement) -> Outcome<()> {
    if !settlement.is_midway() || !matches!(settlement.stage, Stage::Asked | Stage::Settled) {
        return Ok(());
    }
    visit::hold(work, &settlement.institution, settlement.visit).await?;
    let of_visit = treatment::of_visit(work.conn(), settlement.visit).await?;
    let is_open = |one: &&TreatmentSettlement| {
        one.id > settlement.id && matches!(one.stage, Stage::Asked | Stage::Settled | Stage::Undoing)
    };
    match of_visit.iter().find(is_open) {
        Some(later) => Err(Refusal::LaterSettlement { setl_id: later.id.to_string() }.into()),
        None => Ok(()),
    }
}

/// Whether the stay has a settlement that is not one in the middle of it, or may have.
pub async fn is_settled_whole(work: &mut Work, visit: VisitId) -> Outcome<bool> {
    let of_visit = treatment::of_visit(work.conn(), visit).await?;
    let is_open = |one: &TreatmentSettlement| {
        !one.is_midway() && matches!(one.stage, Stage::Asked | Stage::Settled | Stage::Undoing)
    };
    Ok(of_visit.iter().any(is_open))
}

/// The visit with its sums, held until the unit of work ends.
pub async fn hold_summed(work: &mut Work, request: &Request<'_>) -> Outcome<Summed> {
    let visit = visit::hold(work, &request.institution.code, request.visit).await?;
    let visit = visit.ok_or_else(|| unknown_visit(request.visit))?;
    let mut categories = Vec::new();
    if visit.care == CareKind::Inpatient {
        categories = fee::categories(work.conn(), visit.id).await?;
    }
    let bills = bill::kept(work.conn(), visit.id).await?;
    Ok(Summed { visit, categories, bills })
}

fn unknown_visit(id: VisitId) -> Refusal {
    Refusal::UnknownVisit { mdtrt_id: id.to_string() }
}

/// The claim of a stay, or of one bill of another visit, if what the hospital says fits what it uploaded.
fn claim(node: &ProvinceNode, request: &Request<'_>, summed: &Summed) -> Result<Claim, Refusal> {
    let visit = &summed.visit;
    if *request.person != visit.patient.number {
        return Err(Refusal::invalid("psn_no", "本次就诊登记的人员编号"));
    }
    if request.scheme != visit.patient.scheme {
        return Err(Refusal::invalid("insutype", "就诊登记的险种类型"));
    }
    let (bill, admission_kind) = match (&request.of_bill, visit.care) {
        (None, CareKind::Inpatient) => (bill_of_stay(node, request, summed)?, visit.admission_kind),
        (Some(of_bill), CareKind::Outpatient | CareKind::Chronic | CareKind::Pharmacy) => {
            bill_of_outpatient(node, request, of_bill, summed)?
        }
        _ => return Err(other_care(visit)),
    };
    let sum = bill.sum().total;
    if sum.is_zero() {
        return Err(Refusal::NothingToSettle { mdtrt_id: visit.id.to_string() });
    }
    if sum != request.total {
        let (given, expected) = (request.total.to_string(), sum.to_string());
        return Err(Refusal::SumDiffers { field: "medfee_sumamt".to_owned(), given, expected });
    }
    Ok(Claim {
        visit: visit.id,
        person: visit.patient.number.clone(),
        scheme: visit.patient.scheme,
        insured: visit.insured,
        treatment: visit.treatment,
        institution: visit.institution.clone(),
        institution_name: request.institution.name.clone(),
        admission_kind,
        uses_account: request.uses_account(),
        continues: settled_before(summed),
        bill,
    })
}

/// The refusal of a transaction that is for another kind of care than the visit's.
pub fn other_care(visit: &Visit) -> Refusal {
    Refusal::OtherCare { mdtrt_id: visit.id.to_string(), care: visit.care.to_string() }
}

fn bill_of_stay(node: &ProvinceNode, request: &Request<'_>, summed: &Summed) -> Result<Bill, Refusal> {
    let visit = &summed.visit;
    let today = node.context.now().day();
    let said = request.discharge.filter(|_| !request.is_midway());
    let discharge = visit.discharged_at.map(terms::Moment::day).or(said).unwrap_or(today);
    let admission = visit.admitted_at.day();
    if discharge < admission {
        return Err(Refusal::invalid("dscgTime", "不早于入院日期的出院日期"));
    }
    if discharge > today.plus_days(1) {
        return Err(Refusal::invalid("dscgTime", "不晚于今天的出院日期"));
    }
    Ok(Bill {
        care: CareKind::Inpatient,
        level: request.institution.level,
        marks: request.institution.marks(),
        diseases: Vec::new(),
        admission,
        discharge,
        transferred_with: None,
        categories: summed.categories.clone(),
    })
}

/// The bill of an outpatient visit, on the day of its last fee, and whether it is one of an emergency.
fn bill_of_outpatient(
    node: &ProvinceNode,
    request: &Request<'_>,
    of_bill: &OfBill<'_>,
    summed: &Summed,
) -> Result<(Bill, AdmissionKind), Refusal> {
    let visit = &summed.visit;
    if of_bill.third_party == Some(true) {
        return Err(Refusal::ThirdParty {});
    }
    let is_said = of_bill.third_party.is_some() || visit.registration.contains_key(THIRD_PARTY);
    if of_bill.injury == Some(true) && !is_said {
        return Err(Refusal::missing("exp_content.REL_TTP_FLAG", "是否涉及第三方：0或1，外伤就医必填"));
    }
    let chrg_bchno = of_bill.name.to_owned();
    let bill = summed.bills.iter().find(|bill| bill.name == of_bill.name);
    let care = care_of(visit, of_bill.med_type, bill.and_then(|bill| bill.disease))?;
    let Some(bill) = bill else {
        return Err(Refusal::UnknownBill { chrg_bchno });
    };
    if bill.settlement.is_some() {
        return Err(Refusal::BillHeld { chrg_bchno });
    }
    let mut diseases = Vec::new();
    if care == CareKind::Chronic {
        let missing = || Refusal::DiseaseMissing { med_type: of_bill.med_type.to_owned() };
        diseases.push(bill.disease.or_else(|| disease_of(visit)).ok_or_else(missing)?);
    }
    let kind = of_bill.kind.or_else(|| kind_of(visit));
    let mut marks = request.institution.marks();
    let mut admission_kind = AdmissionKind::Ordinary;
    if kind.is_some_and(OutpatientKind::is_emergency) {
        marks.insert(VisitMark::EmergencyRescue);
        admission_kind = AdmissionKind::Emergency;
    }
    if kind.is_some_and(OutpatientKind::is_referral) {
        marks.insert(VisitMark::Referred);
    }
    // A fee may be written down for tomorrow by a clock that is ahead; no policy is asked for it.
    let day = bill.last_fee.day().min(node.context.now().day());
    let bill = Bill {
        care,
        level: request.institution.level,
        marks,
        diseases,
        admission: day,
        discharge: day,
        transferred_with: None,
        categories: bill.categories.clone(),
    };
    Ok((bill, admission_kind))
}

/// The 医疗类别 of a visit of which only the registration (2201) is known: what it pays for is the registration.
pub const REGISTRATION: &str = "12";

/// The kind of care of a bill: the visit's, or that of the fee of its registration. Who comes for a chronic disease may have an
/// ordinary bill beside it, and the other way round a bill whose lines name the disease.
fn care_of(visit: &Visit, med_type: &str, disease: Option<DiseaseCode>) -> Result<CareKind, Refusal> {
    let is = |visits: &str, bills: &str| visit.med_type.starts_with(visits) && med_type.starts_with(bills);
    let is_beside = is("14", "11") || (is("11", "14") && disease.is_some());
    let agrees = is_beside || med_type.starts_with(&visit.med_type) || visit.med_type.starts_with(med_type);
    if !agrees && !med_type.starts_with(REGISTRATION) {
        if visit.med_type == REGISTRATION {
            return Err(Refusal::VisitNotDescribed { mdtrt_id: visit.id.to_string() });
        }
        let expected = format!("本次就诊的医疗类别{}，或{REGISTRATION}（门诊挂号）", visit.med_type);
        return Err(Refusal::invalid("med_type", expected));
    }
    let care = CareKind::from_medical_type(med_type).filter(|care| *care != CareKind::Inpatient);
    care.ok_or_else(|| Refusal::invalid("med_type", "可跨省直接结算的门诊医疗类别"))
}

/// The chronic or special disease that the visit names (`dise_codg`), where it is the code of one.
fn disease_of(visit: &Visit) -> Option<DiseaseCode> {
    visit.registration.get("dise_codg").and_then(|code| code.parse().ok())
}

/// The field of a visit's registration that keeps its 门诊急诊转诊标志.
pub const OUTPATIENT_KIND: &str = "otp_er_refl_flag";

fn kind_of(visit: &Visit) -> Option<OutpatientKind> {
    visit.registration.get(OUTPATIENT_KIND).and_then(|code| OutpatientKind::from_code(code))
}

/// Asks the insured place for a settlement that was written down, and writes down what it says. An error is only that
/// nobody knows yet.
pub async fn ask(node: &ProvinceNode, question: &Question) -> Outcome<TreatmentSettlement> {
    let heard = node.ask(question).await;
    hear(node, question, heard).await
}

/// Writes down what the insured place said to a question to settle.
pub async fn hear(
    node: &ProvinceNode,
    question: &Question,
    heard: Result<Answer, NoAnswer>,
) -> Outcome<TreatmentSettlement> {
    let Question::Settle(settle) = question else {
        unreachable!("the outbox keeps settle questions under their name")
    };
    match heard {
        Ok(Answer::Settled(settled)) => hear_settled(node, &settled).await,
        Ok(_) => Err(Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })),
        Err(NoAnswer::Refused(refusal)) => hear_refused(node, settle.settlement, &refusal).await,
        Err(NoAnswer::HubRefused(refusal)) => give_up(node, settle, &refusal).await,
        Err(NoAnswer::Unknown(refusal)) => Err(Failure::Trouble(refusal)),
    }
}

/// The insured place settled: the book, the visit and the settlement change together.
async fn hear_settled(node: &ProvinceNode, settled: &Settled) -> Outcome<TreatmentSettlement> {
    let mut work = node.context.store.begin().await?;
    let mut settlement = hold(&mut work, settled.settlement).await?;
    if let Effect::Becomes(stage) = stages::after(settlement.stage, Hear::HearSettled) {
        settlement = self::settled(&settlement, settled, node.context.now());
        assert_eq!(settlement.stage, stage, "a settlement that is heard of stands");
        treatment::update(&mut work, &settlement).await?;
        book::append(&mut work, settlement.area.division(), &transfers(&settlement)).await?;
        move_visit(&mut work, &settlement, Move::Settled).await?;
    }
    outbox::take(&mut work, settlement.area, &settlement.id.to_string(), SETTLE).await?;
    work.save().await?;
    Ok(settlement)
}

/// The insured place refused, and will refuse for ever.
async fn hear_refused(
    node: &ProvinceNode,
    id: SettlementId,
    refusal: &Refusal,
) -> Outcome<TreatmentSettlement> {
    let mut work = node.context.store.begin().await?;
    let mut settlement = hold(&mut work, id).await?;
    if let Effect::Becomes(stage) = stages::after(settlement.stage, Hear::HearRefused) {
        settlement.stage = stage;
        settlement.refusal = Some(stored_refusal(refusal));
        treatment::update(&mut work, &settlement).await?;
        move_visit(&mut work, &settlement, Move::BackToDischarged).await?;
    }
    outbox::take(&mut work, settlement.area, &settlement.id.to_string(), SETTLE).await?;
    work.save().await?;
    Ok(settlement)
}

/// The hub would not pass the question. It may have passed an earlier copy, so the settlement is undone, which the hub
/// always passes; where the hub knows no such participant, nobody can have settled. What stands stays: another copy was answered
/// before this one was refused, and the institution may have been told.
async fn give_up(node: &ProvinceNode, settle: &Settle, refusal: &Refusal) -> Outcome<TreatmentSettlement> {
    let mut work = node.context.store.begin().await?;
    let mut settlement = hold(&mut work, settle.settlement).await?;
    if settlement.stage == Stage::Settled {
        return Ok(settlement);
    }
    settlement.refusal = Some(stored_refusal(refusal));
    let undo = start_undo(node, &mut work, &mut settlement, UndoKind::Reversal, "").await?;
    work.save().await?;
    if let Some(question) = undo {
        // Undone now or by the outbox later; either way it will not stand.
        if let Err(failure) = ask_undo(node, &question).await {
            tracing::warn!(settlement = %settle.settlement, refusal = %failure.refusal(), "the undoing waits in the outbox");
        }
    }
    Ok(settlement)
}

/// Starts to undo a settlement: from here on it will not stand. The question to ask, if it is not undone or refused yet.
///
/// One that stands and of which an audit has taken something back is undone neither by a cancellation nor by a reversal: both
/// would give that part back a second time. A reversal (2601) is meant for an outcome that nobody knows, and nothing is
/// deducted from what is not known to stand; one that comes so late tells the institution that the settlement stands.
pub async fn start_undo(
    node: &ProvinceNode,
    work: &mut Work,
    settlement: &mut TreatmentSettlement,
    kind: UndoKind,
    msgid: &str,
) -> Outcome<Option<Question>> {
    let now = node.context.now();
    if let Effect::Becomes(stage) = stages::after(settlement.stage, Hear::Undo) {
        if settlement.stage == Stage::Settled {
            deduction::check_none(work, node.province, settlement.id).await?;
        }
        let id = SettlementId::new(node.province, now, node.context.ids.serial());
        settlement.stage = stage;
        settlement.undo = Some(Undoing { id, reason: reason(kind).to_owned(), msgid: msgid.to_owned() });
        treatment::update(work, settlement).await?;
        move_visit(work, settlement, Move::Undo).await?;
        outbox::take(work, settlement.area, &settlement.id.to_string(), SETTLE).await?;
        let again = now.plus_millis(ASK_AGAIN_MILLIS);
        if !planted::is(Bug::LosesTheQuestionToUndo) {
            let (id, asked) = (settlement.id.to_string(), asked_of(settlement));
            outbox::put(work, settlement.area, (&id, UNDO), asked, (now, again)).await?;
        }
    }
    Ok((settlement.stage == Stage::Undoing).then(|| undo_question(settlement)))
}

/// The question to undo a settlement that is being undone, or was.
pub fn undo_question(settlement: &TreatmentSettlement) -> Question {
    let undo = settlement.undo.as_ref().expect("an undoing has an id");
    let kind = if undo.reason == reason(UndoKind::Cancellation) {
        UndoKind::Cancellation
    } else {
        UndoKind::Reversal
    };
    let claim: Claim = settlement.claim.read().expect("this program stored it");
    Question::Undo(Undo {
        settlement: settlement.id,
        undo: undo.id,
        reason: kind,
        insured: claim.insured,
        treatment: claim.treatment,
        asked_at: undo.id.given_at(),
    })
}

/// Asks the insured place to undo, and writes down that it did. An error is only that nobody knows yet.
pub async fn ask_undo(node: &ProvinceNode, question: &Question) -> Outcome<TreatmentSettlement> {
    let Question::Undo(undo) = question else {
        unreachable!("the outbox keeps undo questions under their name")
    };
    match node.ask(question).await {
        Ok(Answer::Undone(_)) => hear_undone(node, undo.settlement).await,
        // The hub knows no such participant: nobody can have settled, so there is nothing to undo.
        Err(NoAnswer::HubRefused(refusal)) if refusal.code() == "unknown-participant" => {
            hear_undone(node, undo.settlement).await
        }
        Ok(_) => Err(Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })),
        Err(no_answer) => Err(Failure::Trouble(no_answer.refusal())),
    }
}

async fn hear_undone(node: &ProvinceNode, id: SettlementId) -> Outcome<TreatmentSettlement> {
    let mut work = node.context.store.begin().await?;
    let mut settlement = hold(&mut work, id).await?;
    if let Effect::Becomes(stage) = stages::after(settlement.stage, Hear::HearUndone) {
        let now = node.context.now();
        let undo = settlement.undo.as_ref().expect("an undoing has an id");
        let cancelled = undo.reason == reason(UndoKind::Cancellation);
        let kind = if cancelled { UndoKind::Cancellation } else { UndoKind::Reversal };
        let mut back = undo_transfers(&transfers(&settlement), undoing(kind), now.day(), now);
        for entry in back.iter_mut().filter(|_| planted::is(Bug::BooksTheUndoingTwice)) {
            entry.amount += entry.amount;
        }
        settlement.stage = stage;
        settlement.undone_at = Some(now);
        treatment::update(&mut work, &settlement).await?;
        book::append(&mut work, settlement.area.division(), &back).await?;
        move_visit(&mut work, &settlement, Move::BackToDischarged).await?;
    }
    outbox::take(&mut work, settlement.area, &settlement.id.to_string(), UNDO).await?;
    work.save().await?;
    Ok(settlement)
}

async fn hold(work: &mut Work, id: SettlementId) -> Outcome<TreatmentSettlement> {
    let found = treatment::hold(work, id).await?;
    Ok(found.ok_or_else(|| Refusal::UnknownSettlement { setl_id: id.to_string() })?)
}

async fn move_visit(work: &mut Work, settlement: &TreatmentSettlement, step: Move) -> Outcome<()> {
    let visit = visit::hold(work, &settlement.institution, settlement.visit).await?;
    let visit = visit.expect("a settlement is of a visit");
    let is_purchase = settlement.is_purchase();
    let is_over = step == Move::BackToDischarged;
    let step = if is_purchase && is_over { Move::Close } else { step };
    let step = if settlement.is_midway() { midway(step, &visit) } else { step };
    let stage = visits::after(visit.stage, step).expect("the visit follows its settlement");
    if step == Move::Close {
        free_bill(work, settlement).await?;
    }
    if settlement.is_midway() && is_over {
        visit::set_stage(work, visit.id, stage).await?;
        return free_lines(work, &visit, settlement).await;
    }
    if visit.care != CareKind::Inpatient && step == Move::BackToDischarged {
        return free_bill(work, settlement).await;
    }
    Ok(visit::set_stage(work, visit.id, stage).await?)
}

/// What a step means for a settlement in the middle of a stay: the person stays on, or was discharged meanwhile.
fn midway(step: Move, visit: &Visit) -> Move {
    match step {
        Move::Settled => Move::StayOn,
        Move::Undo => Move::UndoMidway,
        Move::BackToDischarged if visit.discharged_at.is_none() => Move::StayOn,
        other => other,
    }
}

/// Gives the lines of such a settlement back to the stay.
async fn free_lines(work: &mut Work, visit: &Visit, settlement: &TreatmentSettlement) -> Outcome<()> {
    fee::rename_bill(work, visit.id, &settlement.bill, "").await?;
    let mut bills = bill::kept(work.conn(), visit.id).await?;
    bills.retain(|bill| bill.name != settlement.bill);
    visit::put_bills(work, visit.id, &bills).await?;
    Ok(visit::sum_up(work, visit).await?)
}

/// Lets go of the bill that a settlement held.
async fn free_bill(work: &mut Work, settlement: &TreatmentSettlement) -> Outcome<()> {
    let mut bills = bill::kept(work.conn(), settlement.visit).await?;
    for bill in bills.iter_mut().filter(|bill| bill.settlement == Some(settlement.id)) {
        bill.settlement = None;
    }
    Ok(visit::put_bills(work, settlement.visit, &bills).await?)
}

/// The entries of a settlement in this book; none before it is settled.
fn transfers(settlement: &TreatmentSettlement) -> Vec<funds::Transfer> {
    let Some(settled_at) = settlement.settled_at else { return Vec::new() };
    let booked = Booked {
        settlement: settlement.id,
        scheme: settlement.scheme,
        funds: settlement.amounts.funds.clone(),
        account: settlement.amounts.account,
        day: settlement.id.given_at().day(),
        recorded_at: settled_at,
    };
    at_treatment(&booked, settlement.insured.province(), &settlement.institution)
}

/// What a hospital is told of a settlement that stands where it stands.
pub fn outcome_of(settlement: &TreatmentSettlement) -> Result<Breakdown, Failure> {
    let id = || settlement.id.to_string();
    match settlement.stage {
        Stage::Settled => Ok(stored_breakdown(settlement.breakdown.as_ref())),
        Stage::Asked => Err(Failure::Trouble(Refusal::OutcomeUnknown { setl_id: id() })),
        Stage::Refused => Err(Failure::Refused(refusal_of(settlement.refusal.as_ref()))),
        Stage::Undoing | Stage::Undone if settlement.refusal.is_some() => {
            Err(Failure::Refused(refusal_of(settlement.refusal.as_ref())))
        }
        Stage::Undoing | Stage::Undone => {
            let infno = infno_of(settlement).to_owned();
            Err(Failure::Refused(Refusal::Reversed { infno }))
        }
    }
}

/// The transaction that asks for such a settlement.
fn infno_of(settlement: &TreatmentSettlement) -> &'static str {
    match settlement.care {
        CareKind::Inpatient => "2304",
        _ if settlement.is_purchase() => "2102",
        CareKind::Outpatient | CareKind::Chronic | CareKind::Pharmacy => "2207",
    }
}

fn stored_breakdown(stored: Option<&Document>) -> Breakdown {
    breakdown_of(stored.expect("a settled settlement has a breakdown"))
}

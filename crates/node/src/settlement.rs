//! Settlement at the treatment place (2303, 2304, 2305, 2601): asked for, written down, asked again until it is known, and
//! undone when the hospital takes it back.
//!
//! A settlement is written down as asked for, with its question in the outbox, before anybody hears of it. Whatever is lost
//! after that is found by asking again with the same id. A hospital that gives up reverses it, and a reversal wins over
//! everything that comes late: the insured place that has not seen the settlement yet writes down that it never will stand.

use crate::{
    context::{Failure, Outcome},
    insured::{amounts_of, breakdown_of, reason, refusal_of, stored_refusal, undoing},
    peer::ask::NoAnswer,
    province::ProvinceNode,
};
use benefit::{Bill, Breakdown, CategoryAmount};
use casework::{
    institution::Institution,
    settlement::{self as stages, Effect, Move as Hear, Stage},
    visit::{self as visits, Move, Visit},
};
use funds::movement::settlement::{Settled as Booked, at_treatment, undo as undo_transfers};
use std::collections::BTreeMap;
use store::{
    Amounts, Document, Work,
    batch::{Ask, FindVisit, Stands},
    book, fee, outbox,
    treatment::{self, TreatmentSettlement, Undoing},
    visit,
};
use terms::{CareKind, Day, MessageId, Refusal, SettlementId, VisitId};
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
    /// The stay.
    pub visit: VisitId,
    /// The person, who must be the visit's.
    pub person: &'a terms::PersonNumber,
    /// The scheme, which must be the admission's.
    pub scheme: terms::InsuranceScheme,
    /// 医疗费总额, which must be the sum of the details.
    pub total: terms::Fen,
    /// 出院时间 where the hospital settles without having discharged (2402) first.
    pub discharge: Option<Day>,
    /// The hospital's message.
    pub msgid: &'a MessageId,
    /// What else it said.
    pub registration: BTreeMap<String, String>,
}

/// A trial settlement: who would pay what. Nothing is written anywhere.
pub async fn trial(node: &ProvinceNode, request: &Request<'_>) -> Outcome<(Visit, Breakdown)> {
    let mut conn = node.context.store.conn().await?;
    let found = visit::find_with_categories(&mut conn, &request.institution.code, request.visit).await?;
    let (visit, categories) = found.ok_or_else(|| unknown_visit(request.visit))?;
    visit.after(Move::Try)?;
    drop(conn);
    let today = node.context.now().day();
    let claim = claim(
        node,
        request,
        &visit,
        categories,
        visit.discharged_at.map(terms::Moment::day).or(request.discharge).unwrap_or(today),
    )?;
    match node.link.ask(&node.context, &Question::Trial(Box::new(claim)), node.settings.patience).await {
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

/// The usual case, written together with others that wait: a first message about a discharged visit whose details nobody
/// changes meanwhile. `None` for all else, which is decided one by one under locks.
pub async fn begin_together(
    node: &ProvinceNode,
    request: &Request<'_>,
    id: SettlementId,
    content: [u8; 32],
) -> Outcome<Option<Asked>> {
    let find = FindVisit { institution: request.institution.code.clone(), visit: request.visit };
    let Some((visit, categories)) = node.visits.read(find).await else { return Ok(None) };
    let (Some(discharged), Ok(_)) = (visit.discharged_at, visit.after(Move::Settle)) else { return Ok(None) };
    let Ok(claim) = claim(node, request, &visit, categories, discharged.day()) else { return Ok(None) };
    let now = node.context.now();
    let settle = Settle { settlement: id, asked_at: now, claim };
    let settlement = asked(&visit, request, &settle);
    let ask = Ask {
        settlement: settlement.clone(),
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
    let visit = visit::hold(work, &request.institution.code, request.visit).await?;
    let mut visit = visit.ok_or_else(|| unknown_visit(request.visit))?;
    if let (None, Some(day)) = (visit.discharged_at, request.discharge) {
        visit.stage = visit.after(Move::Discharge)?;
        visit.discharged_at = Some(day.start().max(visit.admitted_at));
    }
    visit.stage = visit.after(Move::Settle)?;
    let categories = fee::categories(work.conn(), visit.id).await?;
    let discharge = visit.discharged_at.expect("a visit is discharged before it is settled").day();
    let now = node.context.now();
    let claim = claim(node, request, &visit, categories, discharge)?;
    let settle = Settle { settlement: id, asked_at: now, claim };
    let settlement = asked(&visit, request, &settle);
    visit::update(work, &visit).await?;
    treatment::insert(work, &settlement, &visit).await?;
    let again = now.plus_millis(ASK_AGAIN_MILLIS);
    outbox::put(work, settlement.area, (&id.to_string(), SETTLE), None, (now, again)).await?;
    Ok(Asked { settlement, visit, settle })
}

fn unknown_visit(id: VisitId) -> Refusal {
    Refusal::UnknownVisit { mdtrt_id: id.to_string() }
}

/// The claim of a visit, if what the hospital says fits what it uploaded.
fn claim(
    node: &ProvinceNode,
    request: &Request<'_>,
    visit: &Visit,
    categories: Vec<CategoryAmount>,
    discharge: Day,
) -> Result<Claim, Refusal> {
    if *request.person != visit.patient.number {
        return Err(Refusal::invalid("psn_no", "本次就诊登记的人员编号"));
    }
    if request.scheme != visit.patient.scheme {
        return Err(Refusal::invalid("insutype", "入院登记的险种类型"));
    }
    if categories.iter().map(|one| one.split.total).sum::<terms::Fen>().is_zero() {
        return Err(Refusal::NothingToSettle { mdtrt_id: visit.id.to_string() });
    }
    let admission = visit.admitted_at.day();
    if discharge < admission {
        return Err(Refusal::invalid("dscgTime", "不早于入院日期的出院日期"));
    }
    if discharge > node.context.now().day().plus_days(1) {
        return Err(Refusal::invalid("dscgTime", "不晚于今天的出院日期"));
    }
    let bill = Bill {
        care: CareKind::Inpatient,
        level: request.institution.level,
        marks: request.institution.marks(),
        diseases: Vec::new(),
        admission,
        discharge,
        transferred_with: None,
        categories,
    };
    let sum = bill.sum().total;
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
        admission_kind: visit.admission_kind,
        bill,
    })
}

/// Asks the insured place for a settlement that was written down, and writes down what it says. An error is only that
/// nobody knows yet.
pub async fn ask(node: &ProvinceNode, question: &Question) -> Outcome<TreatmentSettlement> {
    let heard = node.link.ask(&node.context, question, node.settings.patience).await;
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
/// always passes; where the hub knows no such participant, nobody can have settled.
async fn give_up(node: &ProvinceNode, settle: &Settle, refusal: &Refusal) -> Outcome<TreatmentSettlement> {
    let mut work = node.context.store.begin().await?;
    let mut settlement = hold(&mut work, settle.settlement).await?;
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
pub async fn start_undo(
    node: &ProvinceNode,
    work: &mut Work,
    settlement: &mut TreatmentSettlement,
    kind: UndoKind,
    msgid: &str,
) -> Outcome<Option<Question>> {
    let now = node.context.now();
    if let Effect::Becomes(stage) = stages::after(settlement.stage, Hear::Undo) {
        let id = SettlementId::new(node.province, now, node.context.ids.serial());
        settlement.stage = stage;
        settlement.undo = Some(Undoing { id, reason: reason(kind).to_owned(), msgid: msgid.to_owned() });
        treatment::update(work, settlement).await?;
        move_visit(work, settlement, Move::Undo).await?;
        outbox::take(work, settlement.area, &settlement.id.to_string(), SETTLE).await?;
        let again = now.plus_millis(ASK_AGAIN_MILLIS);
        outbox::put(work, settlement.area, (&settlement.id.to_string(), UNDO), None, (now, again)).await?;
    }
    Ok((settlement.stage == Stage::Undoing).then(|| undo_question(settlement)))
}

fn undo_question(settlement: &TreatmentSettlement) -> Question {
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
    match node.link.ask(&node.context, question, node.settings.patience).await {
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
        let back = undo_transfers(&transfers(&settlement), undoing(kind), now.day(), now);
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
    let stage = visits::after(visit.stage, step).expect("the visit follows its settlement");
    Ok(visit::set_stage(work, visit.id, stage).await?)
}

/// The entries of a settlement in this book; none before it is settled.
fn transfers(settlement: &TreatmentSettlement) -> Vec<funds::Transfer> {
    let Some(settled_at) = settlement.settled_at else { return Vec::new() };
    let booked = Booked {
        settlement: settlement.id,
        scheme: settlement.scheme,
        funds: settlement.amounts.funds.clone(),
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
            Err(Failure::Refused(Refusal::Reversed { infno: "2304".to_owned() }))
        }
    }
}

fn stored_breakdown(stored: Option<&Document>) -> Breakdown {
    breakdown_of(stored.expect("a settled settlement has a breakdown"))
}

//! What the hub does: it checks both sides, lets messages pass, and writes down what came of them.
//!
//! The hub records a settlement when the insured place says that it stands or no longer does. If it is lost in between, the
//! treatment place asks again with the same id, the insured place gives its first answer again, and the hub records that.

use crate::{
    announcement, bank, clearing,
    context::{Failure, Outcome},
    daily_reconciliation::hub as reconciliation,
    hub::{Hub, Registered},
    insured::{reason, undoing},
    load_limit::Sender,
    metrics::Ending,
    national_register, notice,
    peer::endpoint::rejected,
    planted::{self, Bug},
    prepayment, stays, trace,
};
use casework::{Filing, registration::Registrar};
use funds::movement::settlement::{Settled as Booked, at_hub, undo as undo_transfers};
use sign::link::Way;
use std::time::Duration;
use store::{
    Amounts,
    batch::Record,
    book, filing,
    hub::{self, Content, HubSettlement, Stage},
};
use terms::{AdminDivision, Fen, Moment, Participant, Province, Refusal};
use tokio::time::Instant;
use wire::peer::{
    self, Envelope, Untrusted,
    passed::{PassedAnswer, PassedReply, PassedSettled, PassedSums},
    v1::{
        Answer, FindFilings, ParticipantEntry, PublishedInstitution, Question, Reply, Settle, Undo, Undone,
    },
};

/// How long the hub waits for the node that it passes a question to.
const PATIENCE: Duration = Duration::from_secs(15);

/// How many characters of the reason of a suspension are told to hospitals.
const SUSPENSION_REASON_MAX: usize = 80;

/// The hub's own book is the nation's.
const NATION: u32 = 110_000;

/// Whether an envelope that nobody has parsed is for the hub itself.
pub fn is_for_hub(body: &[u8]) -> bool {
    peer::named(body).is_some_and(|(_, to)| to.parse() == Ok(Participant::Hub))
}

/// Answers an envelope, whose sender waits until then: passes it on, or answers it. `Err` where there is nobody to answer to.
pub async fn answer(
    hub: &Hub,
    (body, tag): (&[u8], Option<&str>),
    sender: Sender<'_>,
    until: Option<Instant>,
) -> Result<Vec<u8>, Untrusted> {
    let question = Envelope::read(body)?;
    let outcome = match pass_or_answer(hub, &question, (body, tag, sender), until).await {
        Ok(Passed::Through(reply)) => return Ok(reply),
        Ok(Passed::Answered(answer)) => Ok(answer),
        Err(failure) => Err(failure.refusal()),
    };
    let context = &hub.context;
    let reply = Reply::from_outcome(outcome);
    trace::ends(Ending::of_reply(&reply));
    let route = (context.me, question.from);
    let reply = Envelope::unsigned(context.message_id(), Some(question.id), route, context.now(), &reply);
    Ok(reply.signed(&context.key).write())
}

enum Passed {
    /// The other node's reply, as it came.
    Through(Vec<u8>),
    /// The hub's own answer.
    Answered(Answer),
}

async fn pass_or_answer(
    hub: &Hub,
    envelope: &Envelope,
    (body, tag, sender): (&[u8], Option<&str>, Sender<'_>),
    until: Option<Instant>,
) -> Outcome<Passed> {
    let now = if planted::is(Bug::TakesOldMessages) { envelope.sent_at } else { hub.context.now() };
    let from = hub.participant(envelope.from).await?.ok_or_else(|| unknown(envelope.from))?;
    if tag.is_some_and(|tag| from.line.fits(Way::Up, envelope.leaf(), tag)) {
        envelope.check_time(now).map_err(rejected)?;
    } else if !planted::is(Bug::HubBelievesStrangers) {
        envelope.check_writer(&from.key, now).map_err(rejected)?;
    }
    hub.senders.has_shown(sender);
    let question: Question = envelope.open().map_err(rejected)?;
    trace::concerns(question.kind());
    if question.addressee() != envelope.to {
        return Err(rejected(Untrusted::NotForMe));
    }
    if envelope.to == Participant::Hub {
        return own(hub, envelope.from, question).await.map(Passed::Answered);
    }
    let to = hub.participant(envelope.to).await?.ok_or_else(|| unknown(envelope.to))?;
    check_standing(&from, &to, &question)?;
    check_institution(hub, &question).await?;
    pass(hub, (envelope, body), &question, &to, until).await.map(Passed::Through)
}

fn unknown(participant: Participant) -> Failure {
    Refusal::UnknownParticipant { place: participant.to_string() }.into()
}

/// A suspended participant starts nothing new; what it has begun can still be looked up and undone.
fn check_standing(from: &Registered, to: &Registered, question: &Question) -> Outcome<()> {
    let starts = matches!(
        question,
        Question::FindPerson(_)
            | Question::ReadMedium(_)
            | Question::Trial(_)
            | Question::Settle(_)
            | Question::Register(_)
            | Question::CheckBenefit(_)
            | Question::FindRegistrations(_)
    );
    match [to, from].into_iter().find(|side| side.entry.suspended.is_some()) {
        Some(_) if planted::is(Bug::HubPassesForTheSuspended) => Ok(()),
        Some(side) if starts || planted::is(Bug::HubStopsWhatWasBegun) => {
            let reason = side.entry.suspended.as_deref().unwrap_or_default();
            // What a hospital is told has room for so much.
            let reason = reason.chars().take(SUSPENSION_REASON_MAX).collect();
            Err(Refusal::ParticipantSuspended { place: side.entry.name.clone(), reason }.into())
        }
        _ => Ok(()),
    }
}

/// Only an institution that the national register has open settles across regions.
async fn check_institution(hub: &Hub, question: &Question) -> Outcome<()> {
    let (treatment, institution) = match question {
        Question::Trial(claim) => (claim.treatment, &claim.institution),
        Question::Settle(settle) => (settle.claim.treatment, &settle.claim.institution),
        Question::Register(asked) => match &asked.by {
            Registrar::Institution { code, place, .. } => (*place, code),
            Registrar::Agency => return Ok(()),
        },
        _ => return Ok(()),
    };
    if hub.is_open(treatment.province(), institution).await? {
        return Ok(());
    }
    Err(Refusal::InstitutionSuspended { fixmedins_code: institution.to_string() }.into())
}

/// Passes on as it came, checks the reply, and records what it says.
async fn pass(
    hub: &Hub,
    (envelope, body): (&Envelope, &[u8]),
    question: &Question,
    to: &Registered,
    until: Option<Instant>,
) -> Outcome<Vec<u8>> {
    let unreachable = |detail: String| {
        tracing::warn!(to = %envelope.to, %detail, "a participant does not answer");
        Failure::Trouble(Refusal::ParticipantUnreachable { place: to.entry.name.clone() })
    };
    let tag = to.line.tag(Way::Down, envelope.leaf());
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    let patience = left.map_or(PATIENCE, |left| left.min(PATIENCE));
    let asking = hub.metrics.asks_of(envelope.to, question.kind());
    let passed = hub.http.post(&to.entry.address, body.to_vec(), tag, patience);
    let (body, tag) = passed.await.map_err(unreachable)?;
    let reply = Envelope::read(&body).map_err(rejected)?;
    if reply.from != envelope.to {
        return Err(rejected(Untrusted::Signature));
    }
    let now = hub.context.now();
    if tag.is_some_and(|tag| to.line.fits(Way::Back, reply.leaf(), &tag)) {
        reply.check_answers(envelope).and_then(|()| reply.check_time(now)).map_err(rejected)?;
    } else {
        reply.check_reply(envelope, &to.key, now).map_err(rejected)?;
    }
    let reply = reply.open::<PassedReply>().map_err(rejected)?;
    trace::ends(Ending::of_passed(&reply));
    asking.ends(Ending::of_passed(&reply));
    if let PassedReply::Answer(answer) = reply {
        match (question, answer) {
            (Question::Settle(settle), PassedAnswer::Settled(settled)) => {
                record_settled(hub, settle, settled, now).await?;
            }
            (Question::Undo(undo), PassedAnswer::Undone(undone)) => {
                record_undone(hub, undo, undone, now).await?;
            }
            _ => {}
        }
    }
    Ok(body.to_vec())
}

/// Writes a settlement down, once. One that was undone meanwhile stays undone.
async fn record_settled(hub: &Hub, settle: &Settle, settled: PassedSettled, now: Moment) -> Outcome<()> {
    if settle.settlement != settled.settlement {
        return Err(rejected(Untrusted::WrongReply));
    }
    if planted::is(Bug::HubForgets) {
        return Ok(());
    }
    let claim = &settle.claim;
    let mut amounts = amounts_of(settled.breakdown);
    amounts.fund_total += Fen(i64::from(planted::is(Bug::HubRecordsAFenMore)));
    let settlement = HubSettlement {
        id: settle.settlement,
        stage: Stage::Standing,
        treatment: claim.treatment.province(),
        insured: claim.insured,
        content: Some(Content {
            institution: claim.institution.clone(),
            place: claim.treatment,
            care: claim.bill.care,
            scheme: claim.scheme,
            amounts,
            committed_at: settled.committed_at,
        }),
        recorded_at: now,
        undo: None,
        undone_at: None,
    };
    let transfers = transfers(&settlement);
    let record = Record { settlement: settlement.clone(), transfers: transfers.clone(), area: nation() };
    if hub.records.write(record).await {
        return Ok(());
    }
    // It is there already, or the batch failed: on its own.
    let mut work = hub.context.store.begin().await?;
    if hub::insert(&mut work, &settlement).await? {
        book::append(&mut work, nation(), &transfers).await?;
    }
    Ok(work.save().await?)
}

/// The amounts of a settlement as the hub's book keeps them.
fn amounts_of(sums: PassedSums) -> Amounts {
    Amounts {
        total: sums.split.total,
        fund_total: sums.fund_total,
        person_total: sums.person_total,
        account: sums.account_paid + sums.family_paid.into_iter().sum(),
        funds: sums.fund_payments,
    }
}

/// Writes an undoing down, once, also of a settlement that the hub never saw stand (in the model: `AtHub::Undone(None)`).
async fn record_undone(hub: &Hub, undo: &Undo, undone: Undone, now: Moment) -> Outcome<()> {
    let by = (undone.undo, reason(undo.reason));
    let mut work = hub.context.store.begin().await?;
    let never_seen = HubSettlement {
        id: undo.settlement,
        stage: Stage::Undone,
        treatment: undo.treatment.province(),
        insured: undo.insured,
        content: None,
        recorded_at: now,
        undo: Some((by.0, by.1.to_owned())),
        undone_at: Some(undone.at),
    };
    if !hub::insert(&mut work, &never_seen).await? {
        let known = hub::hold(&mut work, undo.insured, undo.settlement).await?.expect("it was in the way");
        if known.stage == Stage::Standing && !planted::is(Bug::HubKeepsWhatIsUndone) {
            let back = undo_transfers(&transfers(&known), undoing(undo.reason), now.day(), now);
            book::append(&mut work, nation(), &back).await?;
            hub::set_undone(&mut work, undo.insured, undo.settlement, by, undone.at).await?;
        }
    }
    Ok(work.save().await?)
}

fn transfers(settlement: &HubSettlement) -> Vec<funds::Transfer> {
    let Some(content) = &settlement.content else { return Vec::new() };
    let booked = Booked {
        settlement: settlement.id,
        scheme: content.scheme,
        funds: content.amounts.funds.clone(),
        account: content.amounts.account,
        day: settlement.id.given_at().day(),
        recorded_at: settlement.recorded_at,
    };
    at_hub(&booked, settlement.insured.province(), settlement.treatment)
}

fn nation() -> AdminDivision {
    AdminDivision::new(NATION).expect("a division")
}

/// The province that asks; the hub asks itself nothing.
fn province(from: Participant) -> Outcome<Province> {
    match from {
        Participant::Province(province) => Ok(province),
        Participant::Hub => Err(rejected(Untrusted::NotForMe)),
    }
}

/// What is asked of the hub itself.
async fn own(hub: &Hub, from: Participant, question: Question) -> Outcome<Answer> {
    match question {
        Question::FindFilings(find) => find_filings(hub, &find).await,
        Question::PublishFiling(filing) => publish_filing(hub, from, &filing).await,
        Question::PublishInstitution(institution) => publish_institution(hub, from, &institution).await,
        Question::FindParticipants => find_participants(hub).await,
        Question::FindClearing(find) => {
            let found = clearing::find_clearing(hub, province(from)?, &find).await?;
            Ok(Answer::Clearing(Box::new(found)))
        }
        Question::FindClearedSettlements(find) => {
            let found = clearing::find_cleared_settlements(hub, province(from)?, &find).await?;
            Ok(Answer::ClearedSettlements(found))
        }
        Question::AnswerClearing(said) => {
            Ok(Answer::ClearingAnswered(clearing::answer(hub, province(from)?, &said).await?))
        }
        Question::ReportDeduction(deduction) => {
            Ok(Answer::DeductionTaken(clearing::report(hub, province(from)?, &deduction).await?))
        }
        Question::FindNotices(find) => notice::find(hub, from, &find).await,
        Question::ReportTransfer(report) => notice::take_report(hub, from, &report).await,
        Question::PublishBankAccount(account) => bank::take_published(hub, from, &account).await,
        Question::FindBankAccounts => bank::find_published(hub).await,
        Question::FindDigests(find) => reconciliation::find_digests(hub, from, &find).await,
        Question::FindBookLines(find) => reconciliation::find_book_lines(hub, from, &find).await,
        Question::ReportReconciliation(report) => reconciliation::take_report(hub, from, &report).await,
        Question::FindOpenDifferences(find) => reconciliation::find_open_differences(hub, from, &find).await,
        Question::ApplyIncrease(increase) => prepayment::increase::receive(hub, from, &increase).await,
        Question::FindIncreases(find) => prepayment::increase::find(hub, from, &find).await,
        Question::FindAnnouncements => announcement::tell(hub).await,
        Question::FindInstitutions(find) => national_register::tell(hub, &find).await,
        Question::ReportStays(report) => stays::take_report(hub, province(from)?, &report).await,
        _ => Err(rejected(Untrusted::NotForMe)),
    }
}

async fn find_filings(hub: &Hub, find: &FindFilings) -> Outcome<Answer> {
    let mut conn = hub.context.store.conn().await?;
    let filings = filing::national_of_person(&mut conn, find.insured.province(), &find.person).await?;
    let area = find.insured.pooling_area();
    let concerns =
        |filing: &Filing| filing.insured.pooling_area() == area && filing.destination.covers(find.treatment);
    Ok(Answer::Filings { filings: filings.into_iter().filter(concerns).collect() })
}

async fn publish_filing(hub: &Hub, from: Participant, filing: &Filing) -> Outcome<Answer> {
    if from != Participant::Province(filing.insured.province()) {
        return Err(rejected(Untrusted::Signature));
    }
    let mut work = hub.context.store.begin().await?;
    filing::put_national(&mut work, filing).await?;
    work.save().await?;
    Ok(Answer::Taken)
}

async fn publish_institution(
    hub: &Hub,
    from: Participant,
    published: &PublishedInstitution,
) -> Outcome<Answer> {
    if from != Participant::Province(published.place.province()) {
        return Err(rejected(Untrusted::Signature));
    }
    let institution = national_register::kept(published.clone());
    let mut work = hub.context.store.begin().await?;
    hub::put_institution(&mut work, &institution).await?;
    work.save().await?;
    hub.forget_institution(&institution.code);
    Ok(Answer::Taken)
}

async fn find_participants(hub: &Hub) -> Outcome<Answer> {
    let mut conn = hub.context.store.conn().await?;
    let entry = |entry: store::hub::ParticipantEntry| ParticipantEntry {
        participant: entry.participant,
        name: entry.name,
        public_key: entry.public_key,
        suspended: entry.suspended.is_some(),
    };
    let participants = hub::participants(&mut conn).await?.into_iter().map(entry).collect();
    Ok(Answer::Participants { participants })
}

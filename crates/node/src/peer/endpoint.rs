//! `POST /peer/v1` of a province: a question that the hub let pass, answered with a signed reply.

use crate::{
    benefit_check,
    context::Failure,
    daily_reconciliation, details_on, insured,
    load_limit::Sender,
    medium,
    metrics::Ending,
    planted::{self, Bug},
    province::ProvinceNode,
    registration, trace,
};
use sign::link::Way;
use terms::{Participant, Refusal};
use wire::peer::{
    Envelope, Untrusted,
    v1::{Answer, Question, Reply},
};

/// The largest envelope that is read.
pub const ENVELOPE_BYTES_MAX: usize = 16 << 20;

/// Answers a question, with the tag of the answer; `Err` where there is nobody to answer to.
pub async fn answer(
    node: &ProvinceNode,
    (body, tag): (&[u8], Option<&str>),
    sender: Sender<'_>,
) -> Result<(Vec<u8>, String), Untrusted> {
    let question = Envelope::read(body)?;
    let line = node.link.line();
    let passed = tag.is_some_and(|tag| line.fits(Way::Down, question.leaf(), tag));
    let passed = passed || planted::is(Bug::TakesWhatTheHubDidNotPass);
    let checked = if passed { check(node, &question).await } else { Err(Untrusted::Tag) };
    if checked.is_ok() {
        node.askers.has_shown(sender);
    }
    let outcome = match checked {
        Ok(()) => match question.open::<Question>() {
            Ok(asked) => {
                trace::concerns(asked.kind());
                decide(node, question.from, asked).await
            }
            Err(why) => Err(rejected(why)),
        },
        Err(why) => {
            tracing::warn!(from = %question.from, ?why, "a question that cannot be trusted");
            Err(rejected(why))
        }
    };
    let context = &node.context;
    let reply = Reply::from_outcome(outcome.map_err(Failure::refusal));
    trace::ends(Ending::of_reply(&reply));
    let route = (context.me, question.from);
    let reply = Envelope::unsigned(context.message_id(), Some(question.id), route, context.now(), &reply);
    let reply = node.link.seal(reply).await;
    let tag = line.tag(Way::Back, reply.leaf());
    Ok((reply.write(), tag))
}

/// A refusal that a node makes of an envelope it does not trust.
pub fn rejected(why: Untrusted) -> Failure {
    Failure::Trouble(Refusal::PeerRejected { detail: why.chinese().to_owned() })
}

/// The signature of the writer, the addressee and the time.
async fn check(node: &ProvinceNode, question: &Envelope) -> Result<(), Untrusted> {
    let context = &node.context;
    let writer = node.link.key_of(context, question.from).await.map_err(|_| Untrusted::Signature)?;
    if planted::is(Bug::BelievesTheHub) {
        return Ok(());
    }
    let now = if planted::is(Bug::TakesOldMessages) { question.sent_at } else { context.now() };
    question.check_question(context.me, &writer, now)
}

/// Answers as the insured side, whoever asks.
pub async fn decide(node: &ProvinceNode, from: Participant, question: Question) -> Result<Answer, Failure> {
    let misrouted = Failure::Trouble(Refusal::PeerRejected { detail: "接收方不符".to_owned() });
    if question.addressee() != node.context.me {
        return Err(misrouted);
    }
    match question {
        Question::FindPerson(find) => insured::find_person(node, &find).await,
        Question::Trial(claim) => insured::trial(node, from, &claim).await,
        Question::Settle(settle) => insured::settle(node, from, &settle).await,
        Question::Undo(undo) => insured::undo(node, from, &undo).await,
        Question::FindYear(find) => insured::find_year(node, &find).await,
        Question::CheckBenefit(check) => benefit_check::answer(node, &check).await,
        Question::Register(asked) => registration::register(node, from, &asked).await,
        Question::WithdrawRegistration(asked) => registration::withdraw(node, from, &asked).await,
        Question::FindRegistrations(find) => registration::find(node, &find).await,
        Question::ReadMedium(read) => medium::issuer::read(node, &read).await,
        Question::SendDetails(sent) => details_on::receive(node, from, &sent).await,
        Question::FindOwnLine(find) => daily_reconciliation::tell(node, from, &find).await,
        // The hub's own: their addressee was compared above.
        Question::FindFilings(_)
        | Question::PublishFiling(_)
        | Question::PublishInstitution(_)
        | Question::FindParticipants
        | Question::FindNotices(_)
        | Question::ReportTransfer(_)
        | Question::PublishBankAccount(_)
        | Question::FindBankAccounts
        | Question::FindDigests(_)
        | Question::FindBookLines(_)
        | Question::ReportReconciliation(_)
        | Question::FindOpenDifferences(_)
        | Question::FindClearing(_)
        | Question::FindClearedSettlements(_)
        | Question::AnswerClearing(_)
        | Question::ReportDeduction(_)
        | Question::ApplyIncrease(_)
        | Question::FindIncreases(_)
        | Question::FindAnnouncements
        | Question::FindInstitutions(_)
        | Question::ReportStays(_) => Err(misrouted),
    }
}

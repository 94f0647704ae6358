//! `POST /peer/v1` of a province: a question that the hub let pass, answered with a signed reply.

use crate::{context::Failure, insured, province::ProvinceNode};
use terms::{Participant, Refusal};
use wire::peer::{
    Envelope, Untrusted,
    v1::{Answer, Question, Reply},
};

/// The largest envelope that is read.
pub const ENVELOPE_BYTES_MAX: usize = 16 << 20;

/// Answers a question; `Err` where there is nobody to answer to.
pub async fn answer(node: &ProvinceNode, body: &[u8]) -> Result<Vec<u8>, Untrusted> {
    let question = Envelope::read(body)?;
    let outcome = match check(node, &question).await {
        Ok(()) => match question.open::<Question>() {
            Ok(asked) => decide(node, question.from, asked).await,
            Err(why) => Err(rejected(why)),
        },
        Err(why) => {
            tracing::warn!(from = %question.from, ?why, "a question that cannot be trusted");
            Err(rejected(why))
        }
    };
    let context = &node.context;
    let reply = Reply::from_outcome(outcome.map_err(Failure::refusal));
    let route = (context.me, question.from);
    Ok(Envelope::seal(context.message_id(), Some(question.id), route, context.now(), &reply, &context.key).write())
}

/// A refusal that a node makes of an envelope it does not trust.
pub fn rejected(why: Untrusted) -> Failure {
    Failure::Trouble(Refusal::PeerRejected { detail: why.chinese().to_owned() })
}

/// The signatures of the writer and of the hub, the addressee and the time.
async fn check(node: &ProvinceNode, question: &Envelope) -> Result<(), Untrusted> {
    let context = &node.context;
    let writer = node.link.key_of(context, question.from).await.map_err(|_| Untrusted::Signature)?;
    question.check_question(context.me, &writer, context.now())?;
    question.check_passed(node.link.hub_key())
}

async fn decide(node: &ProvinceNode, from: Participant, question: Question) -> Result<Answer, Failure> {
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
        Question::FindFilings(_)
        | Question::PublishFiling(_)
        | Question::PublishInstitution(_)
        | Question::FindParticipants => Err(misrouted),
    }
}

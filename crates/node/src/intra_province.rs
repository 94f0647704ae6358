//! Care in another pooling area of the person's own province (省内异地就医): both sides are this node, and the hub has no part in it.
//!
//! The treatment side asks as it asks any place, and where the question is for this node itself, the insured side answers here.
//! Each side keeps its own unit of work, and the question waits in the outbox meanwhile, so what holds between two provinces
//! holds within one: whatever is cut off between the two sides, the question is asked again under the same id and gets the
//! first answer. What the hub would check is checked here.

use crate::{
    context::{Failure, Outcome},
    metrics::Ending,
    peer::{ask::NoAnswer, endpoint},
    province::ProvinceNode,
};
use casework::Filing;
use std::time::Duration;
use store::filing;
use terms::{InstitutionCode, InsuredPlace, Refusal, TreatmentPlace};
use wire::peer::v1::{Answer, FindFilings, Question};

/// A place whose people are guests at an institution: any pooling area but its own.
pub(crate) fn guests_of(institution: TreatmentPlace, place: InsuredPlace) -> Result<InsuredPlace, Refusal> {
    if place.pooling_area() == institution.division().pooling_area() {
        return Err(Refusal::NotCrossRegion { insuplc_admdvs: place.to_string() });
    }
    Ok(place)
}

impl ProvinceNode {
    /// Asks whomever a question is for, within the node's patience: another province or the hub over the line, the insured side
    /// of this node right here.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Answer, NoAnswer> {
        let patience = self.settings.patience;
        if !self.concerns_only_this_province(question) {
            return self.ask_over_the_line(question, patience).await;
        }
        // Cut short, a unit of work leaves nothing; and what it had saved before is found by asking again.
        let answered = tokio::time::timeout(patience, Box::pin(answer(self, question))).await;
        answered.unwrap_or_else(|_| {
            let place = self.context.me.to_string();
            Err(NoAnswer::Unknown(Refusal::ParticipantUnreachable { place }))
        })
    }

    /// Asks another province or the hub, within `patience`.
    pub(crate) async fn ask_over_the_line(
        &self,
        question: &Question,
        patience: Duration,
    ) -> Result<Answer, NoAnswer> {
        let asking = self.metrics.asks(question.kind());
        let answered = self.link.ask(&self.context, question, patience).await;
        asking.ends(match &answered {
            Ok(_) => Ending::Done,
            Err(NoAnswer::Refused(_) | NoAnswer::HubRefused(_)) => Ending::Refused,
            Err(NoAnswer::Unknown(_)) => Ending::Unknown,
        });
        answered
    }

    /// Whether a question is for this node itself, or to the national register about a person who is insured here: those
    /// filings are this node's own.
    fn concerns_only_this_province(&self, question: &Question) -> bool {
        match question {
            Question::FindFilings(find) => {
                find.insured.province() == self.province && find.treatment.province() == self.province
            }
            other => other.addressee() == self.context.me,
        }
    }
}

async fn answer(node: &ProvinceNode, question: &Question) -> Result<Answer, NoAnswer> {
    if let Some(institution) = asking_institution(question) {
        check_open(node, institution).await.map_err(|failure| match failure {
            Failure::Refused(refusal) => NoAnswer::HubRefused(refusal),
            Failure::Trouble(refusal) => NoAnswer::Unknown(refusal),
        })?;
    }
    let answered = match question {
        Question::FindFilings(find) => find_filings(node, find).await,
        other => endpoint::decide(node, node.context.me, other.clone()).await,
    };
    answered.map_err(|failure| match failure {
        Failure::Refused(refusal) => NoAnswer::Refused(refusal),
        Failure::Trouble(refusal) => NoAnswer::Unknown(refusal),
    })
}

/// The institution that begins something new with a question, which must be open.
fn asking_institution(question: &Question) -> Option<&InstitutionCode> {
    match question {
        Question::Trial(claim) => Some(&claim.institution),
        Question::Settle(settle) => Some(&settle.claim.institution),
        _ => None,
    }
}

/// What the hub checks in the national register of a question that passes through it.
async fn check_open(node: &ProvinceNode, code: &InstitutionCode) -> Outcome<()> {
    match node.institution(code).await? {
        Some(institution) if institution.open => Ok(()),
        _ => Err(Refusal::InstitutionSuspended { fixmedins_code: code.to_string() }.into()),
    }
}

/// The filings of a person that concern a treatment place, out of this province's own register.
async fn find_filings(node: &ProvinceNode, find: &FindFilings) -> Outcome<Answer> {
    let mut conn = node.context.store.conn().await?;
    let filings = filing::of_person(&mut conn, find.insured.pooling_area(), &find.person).await?;
    let concerns = |filing: &Filing| filing.destination.covers(find.treatment);
    Ok(Answer::Filings { filings: filings.into_iter().filter(concerns).collect() })
}

/// Whether a filing stays in the province's own register: the national one keeps those that lead across provinces.
pub(crate) fn is_of_this_province(filing: &Filing) -> bool {
    filing.destination.division().province() == filing.insured.province()
}

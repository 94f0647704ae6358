//! The first answer to a writing message, kept and given again.

use super::{Call, settlement::confirm};
use crate::{
    context::{Failure, Outcome},
    planted::{self, Bug},
};
use serde_json::Value;
use store::{
    Work,
    message::{self, Key, Known},
};
use terms::{PoolingArea, Refusal};
use wire::{hospital::Answer, peer::v1::Question};

impl Call<'_> {
    /// What names this message.
    pub fn key(&self) -> Key<'_> {
        Key {
            area: self.area(),
            institution: &self.institution.code,
            infno: &self.request.infno,
            msgid: self.request.msgid.as_str(),
        }
    }

    /// The institution's pooling area.
    pub fn area(&self) -> PoolingArea {
        self.institution.place.0.pooling_area()
    }

    /// Takes the message up in a unit of work of its own, or says what is known of it.
    pub async fn begin(&self, subject: Option<&str>) -> Outcome<(Work, Known)> {
        let mut work = self.node.context.store.begin().await?;
        let hash = self.request.content_hash();
        let known = message::begin(&mut work, self.key(), &hash, subject, self.received).await?;
        Ok((work, if planted::is(Bug::ForgetsMessages) { Known::New } else { known }))
    }

    /// Runs a writing transaction once: what it writes and its answer are saved together. A refusal is its answer as well;
    /// trouble is not, and leaves nothing behind.
    pub async fn once<F>(&self, write: F) -> Outcome<Vec<u8>>
    where
        F: AsyncFnOnce(&mut Work) -> Outcome<Option<Value>>,
    {
        let (mut work, known) = self.begin(None).await?;
        if known != Known::New {
            return self.known(known);
        }
        let outcome = write(&mut work).await;
        match outcome {
            Ok(output) => {
                let answer = self.render(&Answer::success(output));
                self.keep(work, &answer).await
            }
            Err(Failure::Refused(refusal)) => {
                drop(work);
                self.refuse(&refusal).await
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Runs a transaction that undoes, whichever time it comes. Once what `start` writes is saved it is certain; then the insured
    /// place is asked, now or by the outbox later, and the answer is made of what `start` gave.
    pub async fn undo<T>(
        &self,
        subject: Option<&str>,
        start: impl AsyncFnOnce(&mut Work) -> Outcome<(T, Option<Question>)>,
        output: impl AsyncFnOnce(T) -> Outcome<Value>,
    ) -> Outcome<Vec<u8>> {
        let (mut work, known) = self.begin(subject).await?;
        if !matches!(known, Known::New | Known::UnderWay { .. }) {
            return self.known(known);
        }
        let (started, question) = match start(&mut work).await {
            Ok(started) => started,
            Err(Failure::Refused(refusal)) => {
                drop(work);
                return self.refuse(&refusal).await;
            }
            Err(trouble) => return Err(trouble),
        };
        let saved = work.save().await;
        if !planted::is(Bug::TellsWhatIsNotSaved) {
            saved?;
        }
        confirm(self, question).await;
        let answer = self.render(&Answer::success(Some(output(started).await?)));
        if planted::is(Bug::TellsWhatIsNotSaved) {
            return Ok(answer);
        }
        let work = self.node.context.store.begin().await?;
        self.keep(work, &answer).await
    }

    /// Keeps a refusal as the message's answer.
    pub async fn refuse(&self, refusal: &Refusal) -> Outcome<Vec<u8>> {
        let (work, known) = self.begin(None).await?;
        if !matches!(known, Known::New | Known::UnderWay { .. }) {
            return self.known(known);
        }
        tracing::info!(code = refusal.code(), context = %refusal.context(), "refused");
        let answer = self.render(&Answer::refusal(refusal));
        self.keep(work, &answer).await
    }

    /// Keeps an answer and saves; what is given is the first one kept.
    pub async fn keep(&self, mut work: Work, answer: &[u8]) -> Outcome<Vec<u8>> {
        let kept = message::answer(&mut work, self.key(), answer, self.node.context.now()).await?;
        work.save().await?;
        kept.map_or_else(|| self.known(Known::Reversed), Ok)
    }

    /// The answer to a message that is known.
    pub fn known(&self, known: Known) -> Outcome<Vec<u8>> {
        let infno = self.request.infno.clone();
        match known {
            Known::New => unreachable!("a new message is answered by its transaction"),
            Known::Answered(answer) => Ok(answer),
            Known::UnderWay { .. } => Err(Failure::Trouble(Refusal::MessageUnderWay { infno })),
            Known::OtherContent => Err(Failure::Trouble(Refusal::MessageReused { infno })),
            Known::Reversed => Err(Failure::Trouble(Refusal::Reversed { infno })),
        }
    }
}

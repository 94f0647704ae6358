//! Messages between nodes: signed envelopes in versions.
//!
//! A node asks another through the hub: one HTTP POST of an [`Envelope`] to `/peer/v1`, answered by an [`Envelope`]. The
//! asking node signs its question with SM2 and the answering node its reply; both pass through the hub unchanged, and each
//! end checks the other's signature. On each of the two lines the neighbours show one another by a tag
//! ([`crate::sign::link`], header [`TAG`]) that the message comes from them: so the hub knows whom it hears without checking
//! a signature, and a province takes no question that the hub did not let pass. Without a tag the hub checks the writer's
//! signature.
//!
//! Replay is harmless: a question is taken only within [`WINDOW_MILLIS`] of when it was signed, and every question that
//! writes names the thing it writes (a settlement, a filing with its generation), which can be written once.
//!
//! To add a kind of message: a variant of [`v1::Question`] and of [`v1::Answer`], and a golden sample in `wire/samples/peer`.
//! A change that an older node cannot read is a new version beside `v1`.

mod kind;
pub mod v1;

use crate::sign::{
    sm2::PrivateKey,
    tree::{self, Verifier},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use terms::{Moment, Participant, PeerMessageId};

/// The HTTP header of a tag.
pub const TAG: &str = "x-yidi-tag";

/// The HTTP header that says how many milliseconds the sender still waits for an answer. Whoever is asked need not do what nobody
/// waits for; nothing is believed of it but that.
pub const PATIENCE: &str = "x-yidi-patience";

/// How far the sender's clock may differ from the receiver's: ten minutes.
pub const WINDOW_MILLIS: i64 = 10 * 60 * 1000;

/// A signed message. The body is JSON in a string, so that what was signed is what is read, to the byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Its own id.
    pub id: PeerMessageId,
    /// For a reply: the question that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<PeerMessageId>,
    /// Who wrote and signed it.
    pub from: Participant,
    /// Whom it is for.
    pub to: Participant,
    /// When it was signed.
    pub sent_at: Moment,
    /// The message, JSON of [`v1::Question`] or [`v1::Reply`].
    pub body: String,
    /// The writer's SM2 signature over the lines of [`Envelope::signed_text`], alone or with others
    /// ([`crate::sign::tree`]).
    pub signature: String,
}

/// Why an envelope is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untrusted {
    /// Not an envelope at all.
    Unreadable,
    /// For somebody else.
    NotForMe,
    /// Signed too long ago, or in the future.
    OutsideWindow,
    /// The writer's signature does not fit.
    Signature,
    /// The neighbour's tag is missing or does not fit.
    Tag,
    /// An answer to another question.
    WrongReply,
}

impl Untrusted {
    /// A few Chinese words for the refusal.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Unreadable => "报文无法识别",
            Self::NotForMe => "接收方不符",
            Self::OutsideWindow => "签名时间超出允许范围",
            Self::Signature => "签名不符",
            Self::Tag => "链路校验码不符",
            Self::WrongReply => "应答与请求不符",
        }
    }
}

impl Envelope {
    /// Writes a message that is yet to be signed: what is to be signed is [`Envelope::signed_text`].
    ///
    /// # Panics
    /// If the message cannot be written as JSON, which no value of this crate can cause.
    pub fn unsigned(
        id: PeerMessageId,
        reply_to: Option<PeerMessageId>,
        (from, to): (Participant, Participant),
        sent_at: Moment,
        message: &impl Serialize,
    ) -> Self {
        let body = serde_json::to_string(message).expect("a message is plain data");
        Self { id, reply_to, from, to, sent_at, body, signature: String::new() }
    }

    /// With its writer's signature, made alone.
    #[must_use]
    pub fn signed(mut self, key: &PrivateKey) -> Self {
        self.signature = tree::sign_all(key, &[self.signed_text().into_bytes()]).remove(0);
        self
    }

    /// Reads an envelope from what came over the network.
    pub fn read(bytes: &[u8]) -> Result<Self, Untrusted> {
        serde_json::from_slice(bytes).map_err(|_| Untrusted::Unreadable)
    }

    /// As it goes over the network.
    ///
    /// # Panics
    /// Never: an envelope is plain data.
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an envelope is plain data")
    }

    /// The lines that are signed.
    pub fn signed_text(&self) -> String {
        let reply_to = self.reply_to.map_or_else(|| "-".to_owned(), |id| id.to_string());
        format!(
            "yidi-peer-v1\n{}\n{reply_to}\n{}\n{}\n{}\n{}",
            self.id,
            self.from,
            self.to,
            self.sent_at.millis(),
            self.body
        )
    }

    /// Checks that a question is for `me`, was signed by `writer`'s key, and lately.
    pub fn check_question(&self, me: Participant, writer: &Verifier, now: Moment) -> Result<(), Untrusted> {
        if self.to != me {
            return Err(Untrusted::NotForMe);
        }
        self.check_writer(writer, now)
    }

    /// Checks the writer's signature and the time, whoever the message is for.
    pub fn check_writer(&self, writer: &Verifier, now: Moment) -> Result<(), Untrusted> {
        self.check_time(now)?;
        writer.verify(self.signed_text().as_bytes(), &self.signature).map_err(|_| Untrusted::Signature)
    }

    /// Checks only the time, of a message whose sender is known otherwise.
    pub fn check_time(&self, now: Moment) -> Result<(), Untrusted> {
        let off = (self.sent_at.millis() - now.millis()).abs();
        if off > WINDOW_MILLIS { Err(Untrusted::OutsideWindow) } else { Ok(()) }
    }

    /// Checks that this is a reply to `question`, whoever wrote it.
    pub fn check_answers(&self, question: &Self) -> Result<(), Untrusted> {
        let answers = self.reply_to == Some(question.id) && self.to == question.from;
        if answers { Ok(()) } else { Err(Untrusted::WrongReply) }
    }

    /// Checks that this is the answer of `writer` to the question `question`.
    pub fn check_reply(&self, question: &Self, writer: &Verifier, now: Moment) -> Result<(), Untrusted> {
        self.check_answers(question)?;
        self.check_writer(writer, now)
    }

    /// Reads the message inside.
    pub fn open<T: DeserializeOwned>(&self) -> Result<T, Untrusted> {
        serde_json::from_str(&self.body).map_err(|_| Untrusted::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_trusted_for_its_signatures_only() {
        let now: Moment = "2026-11-21 08:00:00".parse().unwrap();
        let hubei: Participant = "420000".parse().unwrap();
        let beijing: Participant = "110000".parse().unwrap();
        let key = PrivateKey::from_bytes(&[1; 32]).unwrap();
        let hub = PrivateKey::from_bytes(&[2; 32]).unwrap();
        let id: PeerMessageId = "420000176368320000000000000001".parse().unwrap();
        let envelope = Envelope::unsigned(id, None, (hubei, beijing), now, &"question").signed(&key);
        let of = |key: &PrivateKey| Verifier::new(key.public());
        let check = |envelope: &Envelope, now| envelope.check_question(beijing, &of(&key), now);
        assert_eq!(check(&envelope, now), Ok(()));
        assert_eq!(Envelope::read(&envelope.write()), Ok(envelope.clone()));
        assert_eq!(check(&envelope, now.plus_millis(WINDOW_MILLIS + 1)), Err(Untrusted::OutsideWindow));
        assert_eq!(
            check(&Envelope { body: "\"other\"".into(), ..envelope.clone() }, now),
            Err(Untrusted::Signature)
        );
        assert_eq!(check(&Envelope { from: beijing, ..envelope.clone() }, now), Err(Untrusted::Signature));
        assert_eq!(check(&Envelope { to: hubei, ..envelope.clone() }, now), Err(Untrusted::NotForMe));
        let reply = Envelope::unsigned(id, Some(id), (beijing, hubei), now, &"answer").signed(&hub);
        assert_eq!(reply.check_reply(&envelope, &of(&hub), now), Ok(()));
        assert_eq!(reply.check_reply(&envelope, &of(&key), now), Err(Untrusted::Signature));
        let other = Envelope { id: "420000176368320000000000000002".parse().unwrap(), ..envelope };
        assert_eq!(reply.check_reply(&other, &of(&hub), now), Err(Untrusted::WrongReply));
    }
}

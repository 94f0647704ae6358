//! Messages between nodes: signed envelopes in versions.
//!
//! A node asks another through the hub: one HTTP POST of an [`Envelope`] to `/peer/v1`, answered by an [`Envelope`]. The
//! asking node signs its question with SM2; the hub checks the signature and the standing of both sides, adds its
//! countersignature and passes the same envelope on; the answering node trusts it only for the two signatures. Its reply is
//! signed by itself and names the question, and reaches the asking node unchanged.
//!
//! Replay is harmless: a question is taken only within [`WINDOW_MILLIS`] of when it was signed, and every question that
//! writes names the thing it writes (a settlement, a filing with its generation), which can be written once.
//!
//! To add a kind of message: a variant of [`v1::Question`] and of [`v1::Answer`], and a golden sample in `wire/samples/peer`.
//! A change that an older node cannot read is a new version beside `v1`.

pub mod v1;

use crate::sign::sm2::{PrivateKey, PublicKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use terms::{Moment, Participant, PeerMessageId};

/// How far the sender's clock may differ from the receiver's: ten minutes.
pub const WINDOW_MILLIS: i64 = 10 * 60 * 1000;

/// A signed message. The body is JSON in a string, so that what was signed is what is read, to the byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The writer's SM2 signature over the lines of [`Envelope::signed_text`].
    pub signature: String,
    /// The hub's SM2 signature over the same lines and the writer's signature: "I let this pass".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub countersignature: Option<String>,
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
    /// The hub's countersignature is missing or does not fit.
    Countersignature,
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
            Self::Countersignature => "国家平台副署不符",
            Self::WrongReply => "应答与请求不符",
        }
    }
}

impl Envelope {
    /// Writes and signs a message.
    ///
    /// # Panics
    /// If the message cannot be written as JSON, which no value of this crate can cause.
    pub fn seal(
        id: PeerMessageId,
        reply_to: Option<PeerMessageId>,
        (from, to): (Participant, Participant),
        sent_at: Moment,
        message: &impl Serialize,
        key: &PrivateKey,
    ) -> Self {
        let body = serde_json::to_string(message).expect("a message is plain data");
        let mut envelope =
            Self { id, reply_to, from, to, sent_at, body, signature: String::new(), countersignature: None };
        envelope.signature = key.sign(envelope.signed_text().as_bytes());
        envelope
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

    /// Adds the hub's countersignature.
    #[must_use]
    pub fn countersigned(mut self, key: &PrivateKey) -> Self {
        self.countersignature = Some(key.sign(self.countersigned_text().as_bytes()));
        self
    }

    fn countersigned_text(&self) -> String {
        format!("yidi-hub-passes-v1\n{}\n{}\n{}\n{}", self.id, self.from, self.to, self.signature)
    }

    /// Checks that a question is for `me`, was signed by `writer`'s key, and lately.
    pub fn check_question(&self, me: Participant, writer: &PublicKey, now: Moment) -> Result<(), Untrusted> {
        if self.to != me {
            return Err(Untrusted::NotForMe);
        }
        self.check_writer(writer, now)
    }

    /// Checks the writer's signature and the time, whoever the message is for: what the hub does before it passes it on.
    pub fn check_writer(&self, writer: &PublicKey, now: Moment) -> Result<(), Untrusted> {
        if (self.sent_at.millis() - now.millis()).abs() > WINDOW_MILLIS {
            return Err(Untrusted::OutsideWindow);
        }
        writer.verify(self.signed_text().as_bytes(), &self.signature).map_err(|_| Untrusted::Signature)
    }

    /// Checks that the hub let this message pass.
    pub fn check_passed(&self, hub: &PublicKey) -> Result<(), Untrusted> {
        let countersignature = self.countersignature.as_deref().ok_or(Untrusted::Countersignature)?;
        hub.verify(self.countersigned_text().as_bytes(), countersignature)
            .map_err(|_| Untrusted::Countersignature)
    }

    /// Checks that this is the answer of `writer` to the question `question`.
    pub fn check_reply(&self, question: &Self, writer: &PublicKey, now: Moment) -> Result<(), Untrusted> {
        if self.reply_to != Some(question.id) || self.to != question.from {
            return Err(Untrusted::WrongReply);
        }
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
        let envelope = Envelope::seal(id, None, (hubei, beijing), now, &"question", &key);
        let passed = envelope.clone().countersigned(&hub);
        let check = |envelope: &Envelope, now| {
            envelope.check_question(beijing, &key.public(), now)?;
            envelope.check_passed(&hub.public())
        };
        assert_eq!(check(&passed, now), Ok(()));
        assert_eq!(Envelope::read(&passed.write()), Ok(passed.clone()));
        assert_eq!(check(&envelope, now), Err(Untrusted::Countersignature));
        assert_eq!(check(&passed, now.plus_millis(WINDOW_MILLIS + 1)), Err(Untrusted::OutsideWindow));
        assert_eq!(
            check(&Envelope { body: "\"other\"".into(), ..passed.clone() }, now),
            Err(Untrusted::Signature)
        );
        assert_eq!(check(&Envelope { from: beijing, ..passed.clone() }, now), Err(Untrusted::Signature));
        assert_eq!(check(&Envelope { to: hubei, ..passed.clone() }, now), Err(Untrusted::NotForMe));
        let reply = Envelope::seal(id, Some(id), (beijing, hubei), now, &"answer", &hub);
        assert_eq!(reply.check_reply(&passed, &hub.public(), now), Ok(()));
        assert_eq!(reply.check_reply(&passed, &key.public(), now), Err(Untrusted::Signature));
        let other = Envelope { id: "420000176368320000000000000002".parse().unwrap(), ..passed };
        assert_eq!(reply.check_reply(&other, &hub.public(), now), Err(Untrusted::WrongReply));
    }
}

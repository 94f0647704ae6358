//! Messages between nodes: signed envelopes in versions.
//!
//! A node asks another through the hub: one HTTP POST of an [`Envelope`] to `/peer/v1`, answered by an [`Envelope`]. The
//! asking node signs its question with SM2 and the answering node its reply; both pass through the hub unchanged, and each
//! end checks the other's signature. On each of the two lines the neighbours show one another by a tag
//! ([`sign::link`], header [`TAG`]) that the message comes from them: so the hub knows whom it hears without checking
//! a signature, and a province takes no question that the hub did not let pass. Without a tag the hub checks the writer's
//! signature.
//!
//! Replay is harmless: a question is taken only within [`WINDOW_MILLIS`] of when it was signed, and every question that
//! writes names the thing it writes (a settlement, a filing with its generation), which can be written once.
//!
//! To add a kind of message: a variant of [`v1::Question`] and of [`v1::Answer`], and a golden sample in `wire/samples/peer`.
//! A change that an older node cannot read is a new version beside `v1`.

mod kind;
pub mod passed;
pub mod v1;

use serde::{Serialize, de::DeserializeOwned};
use sign::{
    sm2::PrivateKey,
    tree::{self, Leaf, Verifier},
};
use std::{io::Write as _, sync::OnceLock};
use terms::{Moment, Participant, PeerMessageId};

/// The HTTP header of a tag.
pub const TAG: &str = "x-yidi-tag";

/// The HTTP header that says how many milliseconds the sender still waits for an answer. Whoever is asked need not do what nobody
/// waits for; nothing is believed of it but that.
pub const PATIENCE: &str = "x-yidi-patience";

/// What most messages have room in.
const TEXT_BYTES: usize = 4_096;

/// How far the sender's clock may differ from the receiver's: ten minutes.
pub const WINDOW_MILLIS: i64 = 10 * 60 * 1000;

/// The content type of an envelope over HTTP.
pub const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// The first line of what is signed: the version.
const VERSION: &str = "yidi-peer-v1";

/// The longest signature that is read: alone or with its path to the root of a tree ([`sign::tree`]).
const SIGNATURE_BYTES_MAX: usize = 2_048;

/// A signed message. It travels as text: the signature, and under it the very lines that are signed, to the byte.
///
/// ```text
/// MEQCIB…                            the writer's SM2 signature over all lines below, alone or with others (sign::tree)
/// yidi-peer-v1                       the version
/// 420000179523180000000000000005     its own id
/// -                                  for a reply: the question that it answers
/// 420000                             who wrote and signed it
/// 100000                             whom it is for: here the hub
/// 1795228200000                      when it was signed, in milliseconds
/// {"kind":"find_participants"}       the message, JSON of v1::Question or v1::Reply, to the end
/// ```
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Its own id.
    pub id: PeerMessageId,
    /// For a reply: the question that it answers.
    pub reply_to: Option<PeerMessageId>,
    /// Who wrote and signed it.
    pub from: Participant,
    /// Whom it is for.
    pub to: Participant,
    /// When it was signed.
    pub sent_at: Moment,
    /// The writer's signature; empty until it is signed.
    pub signature: String,
    /// All that is signed, as it was written.
    text: String,
    /// Where in it the message begins.
    body: usize,
    /// Its hash, once somebody asked for it.
    leaf: OnceLock<Leaf>,
}

impl PartialEq for Envelope {
    /// Whether they are written alike.
    fn eq(&self, other: &Self) -> bool {
        (&self.signature, &self.text) == (&other.signature, &other.text)
    }
}

impl Eq for Envelope {}

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
    /// Writes a message that is yet to be signed: what is to be signed is its [`Envelope::leaf`].
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
        let mut text = Vec::with_capacity(TEXT_BYTES);
        let answers = reply_to.map_or_else(|| "-".to_owned(), |id| id.to_string());
        write!(text, "{VERSION}\n{id}\n{answers}\n{from}\n{to}\n{}\n", sent_at.millis())
            .expect("it fits in memory");
        let body = text.len();
        serde_json::to_writer(&mut text, message).expect("a message is plain data");
        let text = String::from_utf8(text).expect("JSON is text");
        Self { id, reply_to, from, to, sent_at, signature: String::new(), text, body, leaf: OnceLock::new() }
    }

    /// With its writer's signature, made alone.
    #[must_use]
    pub fn signed(mut self, key: &PrivateKey) -> Self {
        self.signature = tree::sign_all(key, &[*self.leaf()]).remove(0);
        self
    }

    /// Reads an envelope from what came over the network.
    pub fn read(bytes: &[u8]) -> Result<Self, Untrusted> {
        let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
        let (Some(signature), Some(text)) = (lines.next(), lines.next()) else {
            return Err(Untrusted::Unreadable);
        };
        let is_short = signature.len() <= SIGNATURE_BYTES_MAX;
        let signature =
            std::str::from_utf8(signature).ok().filter(|_| is_short).ok_or(Untrusted::Unreadable)?;
        let text = std::str::from_utf8(text).map_err(|_| Untrusted::Unreadable)?;
        Self::of_lines(signature, text).ok_or(Untrusted::Unreadable)
    }

    fn of_lines(signature: &str, text: &str) -> Option<Self> {
        let mut lines = text.splitn(7, '\n');
        if lines.next() != Some(VERSION) {
            return None;
        }
        let mut line = || lines.next();
        let id = line()?.parse().ok()?;
        let reply_to = match line()? {
            "-" => None,
            answers => Some(answers.parse().ok()?),
        };
        let (from, to) = (line()?.parse().ok()?, line()?.parse().ok()?);
        let sent_at = Moment::from_millis(line()?.parse().ok()?)?;
        let body = text.len() - line()?.len();
        let (signature, text) = (signature.to_owned(), text.to_owned());
        Some(Self { id, reply_to, from, to, sent_at, signature, text, body, leaf: OnceLock::new() })
    }

    /// As it goes over the network.
    pub fn write(&self) -> Vec<u8> {
        [self.signature.as_bytes(), self.text.as_bytes()].join(&b'\n')
    }

    /// The message, JSON of [`v1::Question`] or [`v1::Reply`].
    pub fn body(&self) -> &str {
        &self.text[self.body..]
    }

    /// The hash of all that is signed, which signatures and tags are made over.
    pub fn leaf(&self) -> &Leaf {
        self.leaf.get_or_init(|| Leaf::of(self.text.as_bytes()))
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
        writer.verify(self.leaf(), &self.signature).map_err(|_| Untrusted::Signature)
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
        serde_json::from_str(self.body()).map_err(|_| Untrusted::Unreadable)
    }
}

/// Whom an envelope that nobody has checked names as its writer and as its addressee; nothing is known of either.
pub fn named(bytes: &[u8]) -> Option<(&str, &str)> {
    let mut lines = bytes.splitn(7, |byte| *byte == b'\n').skip(4).map(std::str::from_utf8);
    match (lines.next(), lines.next(), lines.next()) {
        (Some(Ok(from)), Some(Ok(to)), Some(_)) => Some((from, to)),
        _ => None,
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
        let altered = |what: &str, into: &str| {
            let written = String::from_utf8(envelope.write()).unwrap();
            assert!(written.contains(what));
            Envelope::read(written.replacen(what, into, 1).as_bytes()).unwrap()
        };
        assert_eq!(check(&envelope, now), Ok(()));
        assert_eq!(Envelope::read(&envelope.write()), Ok(envelope.clone()));
        assert_eq!(check(&envelope, now.plus_millis(WINDOW_MILLIS + 1)), Err(Untrusted::OutsideWindow));
        assert_eq!(check(&altered("\"question\"", "\"other\""), now), Err(Untrusted::Signature));
        assert_eq!(check(&altered("\n420000\n", "\n330000\n"), now), Err(Untrusted::Signature));
        assert_eq!(check(&altered("\n110000\n", "\n420000\n"), now), Err(Untrusted::NotForMe));
        let reply = Envelope::unsigned(id, Some(id), (beijing, hubei), now, &"answer").signed(&hub);
        assert_eq!(reply.check_reply(&envelope, &of(&hub), now), Ok(()));
        assert_eq!(reply.check_reply(&envelope, &of(&key), now), Err(Untrusted::Signature));
        let other = altered("0000000001\n", "0000000002\n");
        assert_eq!(reply.check_reply(&other, &of(&hub), now), Err(Untrusted::WrongReply));
    }

    #[test]
    fn what_is_no_envelope_is_not_read() {
        let right =
            "signature\nyidi-peer-v1\n420000176368320000000000000001\n-\n420000\n100000\n1763683200000\n{}";
        let read = Envelope::read(right.as_bytes()).unwrap();
        assert_eq!((read.body(), read.to, read.reply_to), ("{}", Participant::Hub, None));
        assert_eq!(read.write(), right.as_bytes());
        assert_eq!(named(right.as_bytes()), Some(("420000", "100000")));
        for (what, into) in [
            ("yidi-peer-v1", "yidi-peer-v2"),
            ("\n{}", ""),
            ("\n100000", "\nhub"),
            ("-\n4", "\n4"),
            ("\n1763683200000", "\n2026-11-22"),
            ("\n1763683200000", "\n9223372036854775807"),
            ("signature", &"s".repeat(SIGNATURE_BYTES_MAX + 1)),
            ("42000017", "42000x17"),
        ] {
            assert!(right.contains(what));
            let wrong = right.replacen(what, into, 1);
            assert_eq!(Envelope::read(wrong.as_bytes()), Err(Untrusted::Unreadable), "{wrong}");
        }
        assert_eq!(Envelope::read(b""), Err(Untrusted::Unreadable));
        assert_eq!(Envelope::read(b"\n\xff"), Err(Untrusted::Unreadable));
        assert_eq!(named(b"a\nb\nc\nd\ne\nf"), None);
    }
}

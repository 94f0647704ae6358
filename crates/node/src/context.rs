//! What every use case is given: the database, the clock, ids, and the node's own name and key.

use crate::access::KnownEnds;
use rand::Rng;
use sign::sm2::PrivateKey;
use std::sync::Arc;
use store::Store;
use terms::{Clock, IdSource, Moment, Participant, PeerMessageId, Province, Refusal};

/// What every use case is given.
#[derive(Clone)]
pub struct Context {
    /// Who this node is.
    pub me: Participant,
    /// Its database.
    pub store: Store,
    /// Where the present comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// The key with which it signs.
    pub key: PrivateKey,
    /// What its audit trail does not know yet; each instance begins with nothing.
    pub ends: KnownEnds,
}

impl Context {
    /// The present moment.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// A new id of a message to another node.
    pub fn message_id(&self) -> PeerMessageId {
        PeerMessageId::new(self.id_province(), self.now(), self.ids.serial())
    }

    /// The province under which this node gives ids; the hub gives only messages their ids and uses 北京's number with a
    /// serial of its own.
    fn id_province(&self) -> Province {
        match self.me {
            Participant::Province(province) => province,
            Participant::Hub => "110000".parse().expect("a province"),
        }
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that is given to all others")]
        let now = jiff::Timestamp::now();
        Moment::from_millis(now.as_millisecond()).expect("the machine's clock is within the calendar")
    }
}

/// Ids that cannot be guessed: a random serial each.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn serial(&self) -> u64 {
        rand::rng().next_u64()
    }
}

/// What a use case comes to: a value, or a refusal that was decided, or trouble that leaves everything as it was.
pub type Outcome<T> = Result<T, Failure>;

/// Why a use case did not come to a value.
#[derive(Debug)]
pub enum Failure {
    /// It was decided so; the caller may write the refusal down as its answer.
    Refused(Refusal),
    /// The database failed or a node did not answer: nothing was decided, and asking again may help.
    Trouble(Refusal),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "the database did not do what it was asked");
        Self::Trouble(Refusal::NodeBusy {})
    }
}

impl Failure {
    /// The refusal to answer with.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) | Self::Trouble(refusal) => refusal,
        }
    }
}

/// Codes of refusals that say "not now": nothing was decided, and the question is asked again.
pub fn is_transient(code: &str) -> bool {
    ["node-busy", "node-overloaded", "participant-unreachable", "peer-rejected"].contains(&code)
}

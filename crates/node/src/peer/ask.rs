//! Asking another node: one signed envelope out, one signed envelope back, nothing believed that is not signed by whom it
//! should be.

use crate::{
    context::{Context, is_transient},
    peer::{carrier::Carrier, sealer::Sealer},
    planted::{self, Bug},
};
use bytes::Bytes;
use sign::{
    link::{LinkKey, Way},
    sm2::{PrivateKey, PublicKey},
    tree::Verifier,
};
use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::Duration,
};
use terms::{Participant, Refusal};
use wire::peer::{
    CONTENT_TYPE, Envelope, PATIENCE, TAG,
    v1::{Answer, Question, Reply},
};

/// The largest reply that is read.
const REPLY_BYTES_MAX: usize = 16 << 20;

/// Posts to other machines, over whatever carries it.
#[derive(Clone)]
pub struct Http {
    carrier: Arc<dyn Carrier>,
}

impl Http {
    /// Posts over this carrier.
    pub fn over(carrier: Arc<dyn Carrier>) -> Self {
        Self { carrier }
    }

    /// Posts a body with its tag to a node's peer endpoint and gives back what it answered, with that one's tag, within
    /// `patience`.
    pub async fn post(
        &self,
        address: &str,
        body: Vec<u8>,
        tag: String,
        patience: Duration,
    ) -> Result<(Bytes, Option<String>), String> {
        let url = format!("{address}/peer/v1");
        self.post_to(&url, (CONTENT_TYPE, body), (TAG, tag), REPLY_BYTES_MAX, patience).await
    }

    /// Posts a body of some type with a header that shows who sends it, and gives back an answer of at most so many bytes, with its header of
    /// the same name, within `patience`.
    pub async fn post_to(
        &self,
        url: &str,
        (content_type, body): (&str, Vec<u8>),
        (name, shown): (&str, String),
        most: usize,
        patience: Duration,
    ) -> Result<(Bytes, Option<String>), String> {
        let request = crate::trace::carried_by(hyper::Request::post(url))
            .header("content-type", content_type)
            .header(name, shown)
            .header(PATIENCE, patience.as_millis().to_string())
            .body(Bytes::from(body))
            .map_err(|error| error.to_string())?;
        let response = self.carrier.carry(request, most, patience).await?;
        let status = response.status();
        let shown = response.headers().get(name).and_then(|shown| shown.to_str().ok()).map(str::to_owned);
        if status.is_success() { Ok((response.into_body(), shown)) } else { Err(format!("HTTP {status}")) }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub enum NoAnswer {
    /// The node that was asked decided so, and signed it.
    Refused(Refusal),
    /// The hub would not pass the question, this time. It may have passed it before.
    HubRefused(Refusal),
    /// Nobody knows what became of the question.
    Unknown(Refusal),
}

impl NoAnswer {
    /// The refusal to show.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) | Self::HubRefused(refusal) | Self::Unknown(refusal) => refusal,
        }
    }
}

/// A province's way to all others: the hub.
pub struct Link {
    /// Where the hub is reached: `http://host:port`.
    hub_address: String,
    hub: Arc<Verifier>,
    /// Shared with the hub.
    line: LinkKey,
    http: Http,
    /// The other participants' keys, as the hub published them.
    keys: RwLock<HashMap<Participant, Arc<Verifier>>>,
    /// Signs what goes out.
    sealer: Sealer,
}

impl Link {
    /// A link of the holder of a key to the hub at this address, known by this key.
    pub fn new(
        mine: &PrivateKey,
        hub_address: String,
        hub_key: PublicKey,
        carrier: Arc<dyn Carrier>,
    ) -> Self {
        let line = LinkKey::between(mine, &hub_key);
        let hub = Arc::new(Verifier::new(hub_key));
        let sealer = Sealer::start(mine.clone());
        Self { hub_address, hub, line, http: Http::over(carrier), keys: RwLock::default(), sealer }
    }

    /// Signs an envelope of this node.
    pub async fn seal(&self, envelope: Envelope) -> Envelope {
        self.sealer.seal(envelope).await
    }

    /// What is shared with the hub.
    pub fn line(&self) -> &LinkKey {
        &self.line
    }

    /// Asks, within `patience`.
    pub async fn ask(
        &self,
        context: &Context,
        question: &Question,
        patience: Duration,
    ) -> Result<Answer, NoAnswer> {
        let to = question.addressee();
        let asked = Envelope::unsigned(context.message_id(), None, (context.me, to), context.now(), question);
        let asked = self.sealer.seal(asked).await;
        let unreachable = |detail: String| {
            tracing::warn!(%to, %detail, "no answer");
            NoAnswer::Unknown(Refusal::ParticipantUnreachable { place: to.to_string() })
        };
        let tag = self.line.tag(Way::Up, asked.leaf());
        let (body, _) =
            self.http.post(&self.hub_address, asked.write(), tag, patience).await.map_err(unreachable)?;
        let untrusted = |why: wire::peer::Untrusted| {
            tracing::warn!(%to, ?why, "a reply that cannot be trusted");
            NoAnswer::Unknown(Refusal::PeerRejected { detail: why.chinese().to_owned() })
        };
        let reply = Envelope::read(&body).map_err(untrusted)?;
        let writer = if reply.from == Participant::Hub {
            Arc::clone(&self.hub)
        } else if reply.from == to {
            self.key_of(context, to).await?
        } else {
            return Err(untrusted(wire::peer::Untrusted::Signature));
        };
        if !planted::is(Bug::BelievesAnyReply) {
            reply.check_reply(&asked, &writer, context.now()).map_err(untrusted)?;
        }
        match reply.open::<Reply>().map_err(untrusted)? {
            // The hub answers for itself only: it cannot say yes in a province's name.
            Reply::Answer(_) if reply.from != to => Err(untrusted(wire::peer::Untrusted::Signature)),
            Reply::Answer(answer) => Ok(*answer),
            Reply::Refused { code, message } => {
                let transient = is_transient(&code);
                let refusal = Refusal::Relayed { code, message };
                Err(if transient {
                    NoAnswer::Unknown(refusal)
                } else if reply.from == to {
                    NoAnswer::Refused(refusal)
                } else {
                    NoAnswer::HubRefused(refusal)
                })
            }
        }
    }

    /// A participant's key: as known, else as the hub publishes it now.
    pub async fn key_of(
        &self,
        context: &Context,
        participant: Participant,
    ) -> Result<Arc<Verifier>, NoAnswer> {
        if participant == Participant::Hub {
            return Ok(Arc::clone(&self.hub));
        }
        if let Some(key) = self.known(participant) {
            return Ok(key);
        }
        self.refresh(context).await?;
        self.known(participant).ok_or_else(|| {
            NoAnswer::HubRefused(Refusal::UnknownParticipant { place: participant.to_string() })
        })
    }

    fn known(&self, participant: Participant) -> Option<Arc<Verifier>> {
        self.keys.read().expect("no reader panics").get(&participant).cloned()
    }

    /// Reads the hub's list of participants anew.
    pub async fn refresh(&self, context: &Context) -> Result<(), NoAnswer> {
        let ask = Box::pin(self.ask(context, &Question::FindParticipants, Duration::from_secs(5)));
        let Answer::Participants { participants } = ask.await? else {
            return Err(NoAnswer::Unknown(Refusal::PeerRejected {
                detail: "应答与请求不符".to_owned()
            }));
        };
        let read = participants.into_iter().filter_map(|entry| {
            PublicKey::from_hex(&entry.public_key)
                .ok()
                .map(|key| (entry.participant, Arc::new(Verifier::new(key))))
        });
        *self.keys.write().expect("no writer panics") = read.collect();
        Ok(())
    }
}

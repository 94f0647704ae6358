//! A stranger on the network: somebody who has kept letters and sends them again much later, who writes in the name of others without
//! their keys, and the hub itself if it lied. Nodes must believe none of it: each answers that it rejects the letter, or does not
//! take it for one.

use super::{
    fixed,
    land::Land,
    network::{Letters, copy},
};
use crate::institutions;
use bytes::Bytes;
use hyper::{Request, Response};
use sign::{
    link::{LinkKey, Way},
    sm2::PrivateKey,
};
use std::sync::Arc;
use terms::{Clock, Participant, PeerMessageId, Refusal, SettlementId};
use wire::peer::{
    CONTENT_TYPE, Envelope, TAG, WINDOW_MILLIS,
    v1::{Answer, Question, Reply, Settle, Undo, UndoKind, Undone},
};

/// How much older than they may be letters are when they are sent again, in milliseconds: clocks of nodes are off.
const OLDER: i64 = 5 * 60_000;
/// Of how many settlements undoings are forged.
const FORGED: usize = 2;

/// Something that a node must reject.
struct Probe {
    to: Participant,
    what: String,
    request: Request<Bytes>,
}

/// A stranger, and nodes that do what they may not.
pub struct Stranger<'a> {
    pub land: &'a Arc<Land>,
    /// A key that nobody has registered.
    pub own_key: PrivateKey,
    /// The keys of the nodes, for those probes that a node itself makes.
    pub key_of: &'a dyn Fn(Participant) -> PrivateKey,
}

impl Stranger<'_> {
    /// Sends everything that no node may take, and objects to what one took.
    pub fn try_all(&self, letters: &Letters) -> impl Future<Output = ()> + Send + 'static + use<> {
        let course = &self.land.course;
        let youngest = letters.values().map(|letter| letter.sent_at).max();
        if let Some(youngest) = youngest {
            course.skip_to(youngest.plus_millis(WINDOW_MILLIS + OLDER));
        }
        let mut probes: Vec<Probe> = letters
            .iter()
            .map(|((from, kind, _), letter)| Probe {
                to: Participant::Hub,
                what: format!("an old {kind} of {from}"),
                request: copy(&letter.request),
            })
            .collect();
        // An undoing of something that was settled would do harm.
        let settles = letters.values().filter_map(|letter| match letter.question() {
            Some(Question::Settle(settle)) => Some(settle),
            _ => None,
        });
        for settle in settles.take(FORGED) {
            probes.extend(self.forgeries(&settle));
        }
        // One after another: side by side they would come to the same, but not in the same order.
        let there = Arc::clone(self.land);
        async move {
            for Probe { to, what, request } in probes {
                let Some(door) = there.door(to) else { continue };
                let said = said(&door.answer(request).await);
                let whom = there.node_name(to);
                let heard = said.as_deref().unwrap_or("rejected");
                there.course.tell(&format!("{whom} is sent {what}: {heard}"));
                if let Some(said) = said {
                    there.object(format!("{whom} believes {what}: {said}"));
                }
            }
        }
    }

    /// Undoings of a settlement that its treatment place never asked for.
    fn forgeries(&self, settle: &Settle) -> Vec<Probe> {
        let (insured, treatment) = (settle.claim.insured, settle.claim.treatment);
        let (from, to) = (treatment.province(), insured.province());
        let now = self.land.clock_of(Participant::Hub).now();
        let undo = Question::Undo(Undo {
            settlement: settle.settlement,
            undo: SettlementId::new(from, now, 1),
            reason: UndoKind::Reversal,
            insured,
            treatment,
            asked_at: now,
        });
        let id = PeerMessageId::new(from, now, 1);
        let route = (Participant::Province(from), Participant::Province(to));
        let signed = |key: &PrivateKey| Envelope::unsigned(id, None, route, now, &undo).signed(key);
        let to_hub = (route.0, Participant::Hub);
        let asks_hub = Envelope::unsigned(id, None, to_hub, now, &Question::FindParticipants);
        let asks_hub = asks_hub.signed(&self.own_key);
        let probe = |whom, what: &str, (letter, tag): (&Envelope, String)| Probe {
            to: whom,
            what: format!("a question in the name of {from}, {what}"),
            request: Request::post("/peer/v1")
                .header("content-type", CONTENT_TYPE)
                .header(TAG, tag)
                .body(letter.write().into())
                .expect("a request of known parts"),
        };
        let (hub_key, own_of_to) = ((self.key_of)(Participant::Hub), (self.key_of)(route.1).public());
        let (by_stranger, by_hub) = (signed(&self.own_key), signed(&hub_key));
        let by_itself = signed(&(self.key_of)(route.0));
        let line = LinkKey::between(&hub_key, &own_of_to);
        let of_stranger = LinkKey::between(&self.own_key, &own_of_to);
        let strange = |way, letter: &Envelope| of_stranger.tag(way, letter.leaf());
        let passed = line.tag(Way::Down, by_hub.leaf());
        vec![
            probe(Participant::Hub, "signed by a stranger", (&by_stranger, strange(Way::Up, &by_stranger))),
            probe(Participant::Hub, "signed by a stranger", (&asks_hub, strange(Way::Up, &asks_hub))),
            probe(route.1, "signed by a stranger", (&by_stranger, strange(Way::Down, &by_stranger))),
            probe(route.1, "signed by the hub", (&by_hub, passed)),
            probe(route.1, "signed by itself, past the hub", (&by_itself, strange(Way::Down, &by_itself))),
        ]
    }
}

/// A stranger's key, which nobody has registered.
pub fn own_key() -> PrivateKey {
    institutions::private_key(&fixed().secret("a stranger"))
}

/// What a stranger on the line answers in the name of the province that was asked, to a question about a settlement: no to what
/// asks to settle, done to what asks to undo. Everything of it is as it should be but the key.
pub fn forged_reply(question: &Envelope) -> Option<Response<Bytes>> {
    let (Participant::Province(of), at) = (question.to, question.sent_at) else { return None };
    let said = match question.open::<Question>().ok()? {
        Question::Settle(settle) => {
            let no = Refusal::UnknownPerson { place: settle.claim.insured.to_string() };
            Reply::from_outcome(Err(no))
        }
        Question::Undo(Undo { settlement, undo, .. }) => {
            Reply::from_outcome(Ok(Answer::Undone(Undone { settlement, undo, had_stood: true, at })))
        }
        _ => return None,
    };
    let id = PeerMessageId::new(of, at, 2);
    let reply = Envelope::unsigned(id, Some(question.id), (question.to, question.from), at, &said);
    Some(Response::new(reply.signed(&own_key()).write().into()))
}

/// What a node said to a letter that it took; nothing if it rejected it.
fn said(answer: &Response<Bytes>) -> Option<String> {
    if !answer.status().is_success() {
        return None;
    }
    let reply = Envelope::read(answer.body()).and_then(|envelope| envelope.open::<Reply>());
    match reply {
        Ok(Reply::Refused { code, .. }) if code == "peer-rejected" => None,
        Ok(Reply::Refused { code, .. }) => Some(code),
        Ok(Reply::Answer(_)) => Some("it answers".to_owned()),
        Err(_) => Some("what is no reply".to_owned()),
    }
}

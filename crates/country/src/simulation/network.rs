//! The simulated network: it carries requests to nodes and answers back, late, twice, damaged or not at all.

use super::{course::Call, land::Land, stranger};
use bytes::Bytes;
use hyper::{Request, Response};
use node::{Carried, Carrier};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use terms::{Moment, Participant};
use wire::peer::{Envelope, PATIENCE, v1::Question};

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// A node.
    Node(Participant),
    /// A hospital, by its name.
    Hospital(String),
}

/// The line of one speaker to all others.
pub struct Line {
    /// Where it is.
    pub land: Arc<Land>,
    /// Whose it is.
    pub from: Speaker,
}

type Answer = Result<Response<Bytes>, String>;
/// Whoever waits for an answer, until the first comes.
type Waiting = Arc<Mutex<Option<Call<Answer>>>>;

/// A letter as somebody on the line could keep it.
pub struct Kept {
    /// When its writer says that it was signed.
    pub sent_at: Moment,
    /// All of it.
    pub request: Request<Bytes>,
}

/// Letters of nodes that were kept: of each the first of its kind, by who wrote it and for whom.
pub type Letters = BTreeMap<(Participant, String, Participant), Kept>;

impl Kept {
    /// The question inside.
    pub fn question(&self) -> Option<Question> {
        Envelope::read(self.request.body()).and_then(|envelope| envelope.open()).ok()
    }
}

/// A request on its way.
struct Letter {
    from: Speaker,
    to: Participant,
    what: String,
    request: Request<Bytes>,
    waiting: Waiting,
}

impl Carrier for Line {
    fn carry(&self, mut request: Request<Bytes>, _: usize, patience: Duration) -> Carried<'_> {
        // Whoever reads it would count it on the real clock.
        request.headers_mut().remove(PATIENCE);
        Box::pin(async move {
            let host = request.uri().host().unwrap_or_default();
            let to = host.trim_end_matches(".sim").parse::<Participant>();
            let to = to.map_err(|_| format!("nobody is called {host}"))?;
            let (call, seat) = self.land.course.seat();
            let waiting = Arc::new(Mutex::new(Some(call)));
            let what = asked(&request);
            let letter = Letter { from: self.from.clone(), to, what, request, waiting: Arc::clone(&waiting) };
            send(&self.land, letter);
            let patience = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
            let land = Arc::clone(&self.land);
            let told = format!("{} waits no longer for {}", land.name(&self.from), land.node_name(to));
            self.land.course.after(patience, move || {
                if hear(&waiting, Err("no answer in time".to_owned())) {
                    land.course.tell(&told);
                }
            });
            seat.wait().await
        })
    }
}

/// Gives an answer to whoever waits; false if nobody does any more.
fn hear(waiting: &Waiting, answer: Answer) -> bool {
    let call = waiting.lock().expect("nobody panics holding it").take();
    call.is_some_and(|call| call.call(answer))
}

/// The same request once more.
pub fn copy(request: &Request<Bytes>) -> Request<Bytes> {
    let mut copy = Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// Sends a letter, to whatever luck it has.
fn send(land: &Arc<Land>, letter: Letter) {
    let Letter { from, to, what, mut request, waiting } = letter;
    let odds = land.odds();
    let mut luck = String::new();
    if let Ok(envelope) = Envelope::read(request.body()) {
        if from == Speaker::Node(Participant::Hub) {
            land.see_passed(&envelope);
        } else {
            let kept = || Kept { sent_at: envelope.sent_at, request: copy(&request) };
            land.keep((envelope.from, kind(&envelope), envelope.to), kept);
            forge(land, &from, &envelope, &waiting);
        }
    }
    // Only letters that are signed: a damaged one of a hospital that signs nothing is another letter.
    if matches!(from, Speaker::Node(_)) && land.course.happens(odds.damage) {
        let body = damaged(land, request.body());
        *request.body_mut() = body;
        luck.push_str(", damaged on the way");
    }
    let mut copies = 1;
    if land.course.happens(odds.double) {
        copies = 2;
        luck.push_str(", doubled");
    }
    let is_lost = land.course.happens(odds.loss);
    if is_lost {
        luck.push_str(if copies == 2 { ", the first lost" } else { ", lost" });
    }
    let (who, whom) = (land.name(&from), land.node_name(to));
    land.course.tell(&format!("{who} asks {whom}: {what}{luck}"));
    for number in 0..copies {
        if number == 0 && is_lost {
            continue;
        }
        let letter = Letter {
            from: from.clone(),
            to,
            what: what.clone(),
            request: copy(&request),
            waiting: Arc::clone(&waiting),
        };
        let is_overtaken = asks_to_settle(&what) && land.course.happens(odds.overtaken);
        let millis = if is_overtaken { land.course.roll(5_000..50_000) } else { delay(land) };
        let there = Arc::clone(land);
        land.send_off(millis, move || arrive(&there, letter));
    }
}

/// Whether this is a hospital that asks to have something settled, or a node.
fn asks_to_settle(what: &str) -> bool {
    ["2304", "2207", "settle"].into_iter().any(|kind| what.split(' ').next() == Some(kind))
}

/// How long something is on its way, in milliseconds.
fn delay(land: &Land) -> i64 {
    if land.course.happens(land.odds().late) {
        land.course.roll(100..30_000)
    } else {
        land.course.roll(1..25)
    }
}

/// Has somebody on the line answer a question before it can be answered truly. The question goes its way all the same.
fn forge(land: &Arc<Land>, asker: &Speaker, question: &Envelope, waiting: &Waiting) {
    if !land.course.happens(land.odds().forge) {
        return;
    }
    let Some(reply) = stranger::forged_reply(question) else { return };
    let (there, whom) = (Arc::clone(land), land.name(asker));
    let (what, waiting) = (kind(question), Arc::clone(waiting));
    land.send_off(1, move || {
        if hear(&waiting, Ok(reply)) {
            there.course.tell(&format!("{whom} hears a forged reply to {what}"));
        }
    });
}

/// With some byte another one, or some digit another one, which can still be read.
fn damaged(land: &Land, body: &Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    let some = |places: usize| {
        let places = i64::try_from(places).expect("a body of some bytes");
        usize::try_from(land.course.roll(0..places)).expect("within the body")
    };
    let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
    if !digits.is_empty() && land.course.happens(700) {
        let at = digits[some(digits.len())];
        let other = u8::try_from(land.course.roll(1..10)).expect("a digit");
        bytes[at] = b'0' + (bytes[at] - b'0' + other) % 10;
    } else if !bytes.is_empty() {
        let at = some(bytes.len());
        let other = u8::try_from(land.course.roll(1..256)).expect("a byte");
        bytes[at] ^= other;
    }
    bytes.into()
}

fn arrive(land: &Arc<Land>, letter: Letter) {
    let Letter { from, to, what, request, waiting } = letter;
    let whom = land.node_name(to);
    if land.is_cut(&from, to) {
        land.course.tell(&format!("{what} does not get through to {whom}"));
        return;
    }
    let Some(door) = land.door(to) else {
        land.course.tell(&format!("{what} finds {whom} down"));
        let there = Arc::clone(land);
        land.send_off(1, move || {
            if hear(&waiting, Err("connection refused".to_owned())) {
                there.course.tell(&format!("{} hears that {whom} is down", there.name(&from)));
            }
        });
        return;
    };
    land.course.tell(&format!("{whom} takes up {what}"));
    let there = Arc::clone(land);
    let asked = Envelope::read(request.body());
    land.course.spawn(Some(to), async move {
        let response = door.answer(request).await;
        if let (Ok(asked), true) = (&asked, answered(&response) == "participant-suspended") {
            there.see_stopped(asked);
        }
        send_back(&there, (from, to), response, waiting);
    });
}

/// Sends an answer back, to whatever luck it has.
fn send_back(
    land: &Arc<Land>,
    (asker, by): (Speaker, Participant),
    mut response: Response<Bytes>,
    waiting: Waiting,
) {
    let what = answered(&response);
    let (who, whom) = (land.node_name(by), land.name(&asker));
    let odds = land.odds();
    let mut luck = "";
    if land.course.happens(odds.loss) {
        land.course.tell(&format!("{who} answers {whom}: {what}, lost"));
        return;
    }
    if matches!(asker, Speaker::Node(_)) && land.course.happens(odds.damage) {
        let body = damaged(land, response.body());
        *response.body_mut() = body;
        luck = ", damaged on the way";
    }
    land.course.tell(&format!("{who} answers {whom}: {what}{luck}"));
    let there = Arc::clone(land);
    land.send_off(delay(land), move || {
        if there.is_cut(&asker, by) {
            there.course.tell(&format!("the answer of {who} does not get through to {whom}"));
        } else if hear(&waiting, Ok(response)) {
            there.course.tell(&format!("{whom} hears {who}"));
        } else {
            there.course.tell(&format!("the answer of {who} finds nobody waiting at {whom}"));
        }
    });
}

/// What is asked, in a few words: a transaction and the end of its message id, or a kind of question and its settlement.
fn asked(request: &Request<Bytes>) -> String {
    if let Ok(envelope) = Envelope::read(request.body()) {
        let question: Value = serde_json::from_str(envelope.body()).unwrap_or_default();
        let kind = kind(&envelope);
        let about = question.get("settlement").and_then(Value::as_str).map_or(String::new(), short);
        return format!("{kind}{about} for {}", envelope.to);
    }
    let message: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let said = |field: &str| message.get(field).and_then(Value::as_str).unwrap_or("?");
    format!("{}{}", said("infno"), short(said("msgid")))
}

/// What kind of question is in an envelope.
fn kind(envelope: &Envelope) -> String {
    let question: Value = serde_json::from_str(envelope.body()).unwrap_or_default();
    question.get("kind").and_then(Value::as_str).unwrap_or("?").to_owned()
}

/// The end of an id.
fn short(id: &str) -> String {
    let skipped = id.chars().count().saturating_sub(8);
    format!(" …{}", id.chars().skip(skipped).collect::<String>())
}

/// What is answered, in a few words.
fn answered(response: &Response<Bytes>) -> String {
    let status = response.status().as_u16();
    if let Ok(envelope) = Envelope::read(response.body()) {
        let reply: Value = serde_json::from_str(envelope.body()).unwrap_or_default();
        let word = |at: &str| reply.pointer(at).and_then(Value::as_str).map(str::to_owned);
        return word("/refused/code")
            .or_else(|| word("/answer/kind"))
            .unwrap_or_else(|| "an answer".to_owned());
    }
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    match (body.get("infcode").and_then(Value::as_i64), body.get("err_msg").and_then(Value::as_str)) {
        (Some(0), _) => "yes".to_owned(),
        (Some(_), Some(why)) => format!("no, {why}"),
        _ => format!("HTTP {status}"),
    }
}

//! Transcripts (接口报文记录): what an institution's software, its window and its office send and are answered, recorded while somebody has
//! switched that on.
//!
//! A message is recorded only where its sender has shown to be the institution: anybody can write a name into a body. Of what others send in its
//! name nothing is kept; it is counted by address and reason, so that whose software is refused finds out why.
//!
//! On the way of a message stands one question to memory: whether anything is recorded at all, and if so, whether of this sender. What is
//! recorded goes into a queue that never keeps anybody waiting; where it is full, messages are dropped, and counted. [`keep_up`] takes them
//! out, reads them, covers what is personal and writes them down. Nothing else of a message is kept, and nothing of one that came while
//! recording was off: the statement that writes asks for that again. Several instances hear of switching as of any register
//! ([`store::change`]), and look for themselves once a minute besides.

use crate::{
    context::{Failure, Outcome},
    load_limit,
    metrics::Metrics,
    province::ProvinceNode,
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
    response::Response,
};
use casework::{
    institution::{Authentication, Institution},
    transcript::{self as rules, BYTES_MAX, MESSAGES_MAX, Origin, Recording, UNPROVEN_MAX, Unproven},
};
use http_body_util::{BodyExt, Collected};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sign::csb_hmac_sha1;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::transcript::{self as register, Bodies, Keeping, Kept, Room, Strangers, Transcript, Whose};
use terms::{InstitutionCode, Moment, Refusal};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::Instant,
};
use wire::{
    api::transcript::MessageDeviation,
    hospital::{
        Received, Request,
        conformance::{Deviation, Weight},
        covered::covered,
        exchange::{self, Ended, Exchange},
        table,
    },
};

/// How many messages wait to be written down at most …
const WAITING_MAX: usize = 256;
/// … and how large they are together, in bytes.
const WAITING_BYTES_MAX: usize = 16 << 20;
/// The largest message, and the largest answer, that is looked into.
const LOOKED_INTO_MAX: usize = 1 << 20;
/// The largest message, and the largest answer, that is kept, with what is personal covered.
const BODY_MAX: usize = 64 << 10;
/// The most deviations that are kept of a message, and of an answer.
const DEVIATIONS_MAX: usize = 100;
/// How many addresses and reasons are told apart of an institution's until they are written down …
const STRANGERS_MAX: usize = 32;
/// … which happens so often at most.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked for what is to be recorded, whether anybody has said so or not.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// How many messages are forgotten at once …
const FORGOTTEN_AT_ONCE: i64 = 1_000;
/// … and how often in one round of the timetable.
const FORGETS: usize = 20;

const ROOM: Room = Room { messages: MESSAGES_MAX, bytes: BYTES_MAX };

/// The refusal that an answer of the hospital interface is, for whoever records it: the answer itself says a sentence alone.
#[derive(Clone, Debug)]
pub(crate) struct RefusedBy(pub String);

/// Whether a message in an institution's name is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Its sender has shown so.
    Shown,
    /// Nobody takes it as that, and why.
    Not(Unproven),
}

/// A message that is to be recorded, until it is answered.
pub(crate) struct Taken {
    institution: InstitutionCode,
    origin: Origin,
    from: IpAddr,
    infno: String,
    proof: Proof,
    /// The signature in its headers, of a gateway that signs nothing else, or what its seal was made with.
    signature: String,
    came: Moment,
    content_type: String,
    /// None of it if it is larger than is looked into.
    request: Vec<u8>,
    request_bytes: usize,
}

impl Taken {
    /// Whom it names.
    pub const fn institution(&self) -> &InstitutionCode {
        &self.institution
    }

    /// Says with what a message under seal was signed, which is good for one transaction and message id.
    pub fn is_under_seal(&mut self, message: &Received) {
        if let Ok(sealed) = message.sealed() {
            let Request { infno, msgid, .. } = &message.request;
            self.signature = format!("{}/{infno}/{}", sealed.signature, msgid.as_str());
        }
    }

    /// Says what came of checking who sent it: somebody who has shown to be another institution has not shown to be this one.
    pub fn is_of(&mut self, institution: &InstitutionCode, proof: Proof) {
        self.proof = match proof {
            Proof::Shown if *institution != self.institution => Proof::Not(Unproven::Unreadable),
            proof => proof,
        };
    }
}

/// A message with its answer that waits to be written down.
struct Waiting {
    taken: Taken,
    answered: Moment,
    status: u16,
    code: Option<String>,
    answer: Bytes,
    answer_bytes: usize,
}

impl Waiting {
    fn bytes(&self) -> usize {
        self.taken.request.len() + self.answer.len()
    }
}

/// What is recorded at this instance.
pub(crate) struct Recorder {
    /// Whether anything is: all that a message pays for that is not recorded.
    any: AtomicBool,
    on: RwLock<HashMap<String, Range<Moment>>>,
    /// Something was switched, here or at another instance.
    switched: Notify,
    queue: mpsc::Sender<Waiting>,
    /// For whoever keeps up with it.
    queued: tokio::sync::Mutex<mpsc::Receiver<Waiting>>,
    queued_bytes: AtomicUsize,
    /// Messages that found no place in the queue, and when the last of them came.
    dropped: Mutex<HashMap<InstitutionCode, (i64, Moment)>>,
    /// What strangers have sent in an institution's name, until it is written down.
    strangers: Mutex<HashMap<InstitutionCode, Vec<Strangers>>>,
    /// There is some of that.
    counted: Notify,
    metrics: Arc<Metrics>,
}

impl Recorder {
    /// Of an instance that records nothing yet.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        let (queue, queued) = mpsc::channel(WAITING_MAX);
        Self {
            any: AtomicBool::new(false),
            on: RwLock::default(),
            switched: Notify::new(),
            queue,
            queued: tokio::sync::Mutex::new(queued),
            queued_bytes: AtomicUsize::new(0),
            dropped: Mutex::default(),
            strangers: Mutex::default(),
            counted: Notify::new(),
            metrics,
        }
    }

    /// Whose message this is, if theirs are recorded. One of which nobody knows whose it is, is not.
    fn recorded(&self, body: &[u8], came: Moment) -> Option<InstitutionCode> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        let code = load_limit::scan(body, "fixmedins_code")?;
        code.parse().ok().filter(|_| self.is_on(code, came))
    }

    fn is_on(&self, code: &str, at: Moment) -> bool {
        let on = self.on.read().unwrap_or_else(PoisonError::into_inner);
        on.get(code).is_some_and(|during| during.contains(&at))
    }

    /// Takes a message down if those of whom it names are recorded. Nothing of it is kept until its sender has shown to be that.
    pub fn takes(&self, headers: &HeaderMap, (body, from): (&[u8], IpAddr), came: Moment) -> Option<Taken> {
        let institution = self.recorded(body, came)?;
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let content_type = content_type.unwrap_or_default().chars().take(200).collect();
        let is_small = body.len() <= LOOKED_INTO_MAX;
        let (request, request_bytes) = (if is_small { body.to_vec() } else { Vec::new() }, body.len());
        let (origin, proof, infno) = (Origin::Software, Proof::Not(Unproven::Busy), served(body));
        let signature = headers.get(csb_hmac_sha1::SIGNATURE).and_then(|given| given.to_str().ok());
        let signature = signature.unwrap_or_default().trim().to_owned();
        Some(Taken {
            institution,
            origin,
            from,
            infno,
            proof,
            signature,
            came,
            content_type,
            request,
            request_bytes,
        })
    }

    /// Takes down what somebody sends at a window or an office, if the institution's messages are recorded.
    pub fn takes_of(&self, origin: Origin, message: &Request, came: Moment) -> Option<Taken> {
        let institution = message.fixmedins_code.clone();
        if !self.any.load(Ordering::Relaxed) || !self.is_on(institution.as_str(), came) {
            return None;
        }
        let (content_type, mut request) = (String::new(), message.written());
        let request_bytes = request.len();
        if request_bytes > LOOKED_INTO_MAX {
            request = Vec::new();
        }
        // Its session has shown who it is.
        let (from, infno, proof) = (Ipv4Addr::UNSPECIFIED.into(), String::new(), Proof::Shown);
        let signature = String::new();
        Some(Taken {
            institution,
            origin,
            from,
            infno,
            proof,
            signature,
            came,
            content_type,
            request,
            request_bytes,
        })
    }

    /// Counts a message at which nobody has looked, if those of whom it names are recorded.
    pub fn was_busy(&self, (body, from): (&[u8], IpAddr), came: Moment) {
        if let Some(institution) = self.recorded(body, came) {
            self.count(institution, (from, Unproven::Busy), served(body), came);
        }
    }

    /// Counts a message in an institution's name that is not its own, as far as anybody knows.
    fn count(
        &self,
        institution: InstitutionCode,
        (from, why): (IpAddr, Unproven),
        infno: String,
        at: Moment,
    ) {
        let mut all = self.strangers();
        let of_it = all.entry(institution).or_default();
        let mut address = from.to_canonical().to_string();
        let of = |one: &Strangers, address: &str| one.why == why && one.address == address;
        if of_it.len() >= STRANGERS_MAX && !of_it.iter().any(|one| of(one, &address)) {
            address.clear();
        }
        if let Some(one) = of_it.iter_mut().find(|one| of(one, &address)) {
            one.times += 1;
            (one.infno, one.last) = (infno, at);
        } else {
            of_it.push(Strangers { address, why, infno, times: 1, first: at, last: at });
        }
        drop(all);
        self.counted.notify_one();
    }

    fn strangers(&self) -> MutexGuard<'_, HashMap<InstitutionCode, Vec<Strangers>>> {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message with its answer where it waits to be written down, and gives the answer back. What another has sent is counted only.
    pub async fn answered(&self, taken: Taken, answer: Response, now: Moment) -> Response {
        if let Proof::Not(why) = taken.proof {
            self.count(taken.institution, (taken.from, why), taken.infno, taken.came);
            return answer;
        }
        let (head, body) = answer.into_parts();
        // All there already: answers of the interface are made whole.
        let answer = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        let is_small = answer.len() <= LOOKED_INTO_MAX;
        let waiting = Waiting {
            taken,
            answered: now,
            status: head.status.as_u16(),
            code: head.extensions.get::<RefusedBy>().map(|refused| refused.0.clone()),
            answer: if is_small { answer.clone() } else { Bytes::new() },
            answer_bytes: answer.len(),
        };
        self.put(waiting);
        Response::from_parts(head, Body::from(answer))
    }

    fn put(&self, waiting: Waiting) {
        let (bytes, institution, came) =
            (waiting.bytes(), waiting.taken.institution.clone(), waiting.taken.came);
        let before = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let has_room = before.saturating_add(bytes) <= WAITING_BYTES_MAX;
        if has_room && self.queue.try_send(waiting).is_ok() {
            return;
        }
        self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.metrics.recording_dropped();
        let mut dropped = self.dropped();
        let counted = dropped.entry(institution).or_insert((0, came));
        *counted = (counted.0 + 1, came);
    }

    /// Something may have been switched: it is looked for soon.
    pub fn switched(&self) {
        self.switched.notify_one();
    }

    fn set(&self, on: HashMap<String, Range<Moment>>) {
        let any = !on.is_empty();
        *self.on.write().unwrap_or_else(PoisonError::into_inner) = on;
        self.any.store(any, Ordering::Relaxed);
    }

    fn dropped(&self) -> MutexGuard<'_, HashMap<InstitutionCode, (i64, Moment)>> {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of the transaction that a message names which nobody has read, if there is one of it.
fn served(body: &[u8]) -> String {
    let named = load_limit::scan(body, "infno").and_then(|infno| table::served(infno).ok());
    named.map_or_else(String::new, |transaction| transaction.infno.to_owned())
}

// ------------------------------------------------------------------ switching

/// An institution as registered.
async fn registered(node: &ProvinceNode, code: &InstitutionCode) -> Outcome<Arc<Institution>> {
    let unknown = || Refusal::NoSuchInstitution { code: code.to_string() };
    Ok(node.institution(code).await?.ok_or_else(unknown)?)
}

fn whose(institution: &Institution) -> Whose<'_> {
    (institution.place.0.pooling_area(), &institution.code)
}

/// The state of an institution's transcript, and what strangers have sent in its name.
pub(crate) async fn find(
    node: &ProvinceNode,
    code: &InstitutionCode,
) -> Outcome<(Arc<Institution>, Option<Transcript>, Vec<Strangers>)> {
    let institution = registered(node, code).await?;
    let mut conn = node.context.store.conn().await?;
    let found = register::find(&mut conn, whose(&institution)).await?;
    let strangers = register::strangers(&mut conn, whose(&institution)).await?;
    drop(conn);
    Ok((institution, found, strangers))
}

/// Has an institution's messages recorded for so many hours from now on.
pub(crate) async fn begin(
    node: &ProvinceNode,
    code: &InstitutionCode,
    (hours, reason): (u16, &str),
    by: &str,
) -> Outcome<()> {
    let decide = |known: Option<&Recording>, now| Recording::begin(known, hours, reason, by, now);
    switch(node, code, decide, false).await
}

/// Ends it before its time; and deletes what was recorded if that is wanted.
pub(crate) async fn end(node: &ProvinceNode, code: &InstitutionCode, erases: bool) -> Outcome<()> {
    let decide = |known: Option<&Recording>, now| {
        let never = || Refusal::TranscriptRule { reason: "没有开启过记录，请先开启".to_owned() };
        let known = known.ok_or_else(never)?;
        // What is over can still be erased.
        if erases && !known.is_on(now) { Ok(known.clone()) } else { known.end(now) }
    };
    switch(node, code, decide, erases).await
}

async fn switch(
    node: &ProvinceNode,
    code: &InstitutionCode,
    decide: impl FnOnce(Option<&Recording>, Moment) -> Result<Recording, Refusal>,
    erases: bool,
) -> Outcome<()> {
    let institution = registered(node, code).await?;
    let mut work = node.context.store.begin().await?;
    let held = register::hold(&mut work, whose(&institution)).await?;
    let decided = decide(held.as_ref().map(|held| &held.recording), node.context.now())?;
    register::put(&mut work, whose(&institution), &decided).await?;
    if erases {
        register::erase(&mut work, whose(&institution)).await?;
    }
    work.save().await?;
    // Here at once: whoever has switched it on sends the next message.
    look(node).await
}

// ------------------------------------------------------------------ keeping up

/// Looks which institutions' messages are recorded.
async fn look(node: &ProvinceNode) -> Outcome<()> {
    let on = register::on(&mut *node.context.store.conn().await?, node.context.now()).await?;
    node.recorder.set(on.into_iter().map(|(code, during)| (code.to_string(), during)).collect());
    Ok(())
}

/// Writes down what waits, and looks what is to be recorded, until told to stop.
pub(crate) async fn keep_up(node: Arc<ProvinceNode>, mut stop: watch::Receiver<bool>) {
    let mut queued = node.recorder.queued.lock().await;
    if let Err(failure) = look(&node).await {
        tracing::warn!(refusal = %failure.refusal(), "it is not known yet what is to be recorded");
    }
    let mut counts_at = Instant::now();
    loop {
        let stopped = async {
            let _ = stop.wait_for(|stopped| *stopped).await;
        };
        let counts = !node.recorder.strangers().is_empty();
        let todo = tokio::select! {
            Some(waiting) = queued.recv() => Todo::Write(Box::new(waiting)),
            () = node.recorder.switched.notified() => Todo::Look,
            () = node.recorder.counted.notified(), if !counts => continue,
            () = tokio::time::sleep_until(counts_at), if counts => Todo::Count,
            () = tokio::time::sleep(LOOK_EVERY) => Todo::Look,
            () = stopped => break,
        };
        match todo {
            Todo::Write(waiting) => write_down(&node, *waiting).await,
            Todo::Count => {
                write_strangers(&node).await;
                counts_at = Instant::now() + COUNT_EVERY;
            }
            Todo::Look => {
                if let Err(failure) = look(&node).await {
                    tracing::warn!(refusal = %failure.refusal(), "what is to be recorded is looked for later");
                }
            }
        }
        write_dropped(&node).await;
    }
    node.recorder.set(HashMap::new());
    while let Ok(waiting) = queued.try_recv() {
        write_down(&node, waiting).await;
    }
    write_dropped(&node).await;
    write_strangers(&node).await;
}

/// What is to be done next.
enum Todo {
    Write(Box<Waiting>),
    Count,
    Look,
}

/// Writes one message down. What fails is one message less in a transcript, and nothing else.
async fn write_down(node: &ProvinceNode, waiting: Waiting) {
    node.recorder.queued_bytes.fetch_sub(waiting.bytes(), Ordering::Relaxed);
    let (from, infno, came) = (waiting.taken.from, waiting.taken.infno.clone(), waiting.taken.came);
    let write = async {
        let institution = registered(node, &waiting.taken.institution).await?;
        let of = Arc::clone(&institution);
        let read = tokio::task::spawn_blocking(move || {
            let (kept, bodies) = kept_of(&waiting, &of)?;
            Some((kept, bodies, seal_of(&waiting.taken, &of)))
        });
        let read = read.await.map_err(|_| Failure::Trouble(Refusal::NodeBusy {}))?;
        let Some((kept, bodies, seal)) = read else { return Ok(Keeping::Done) };
        let mut conn = node.context.store.conn().await?;
        let seal = seal.as_ref().map(<[u8; 32]>::as_slice);
        let keeping = register::keep(&mut conn, whose(&institution), (&kept, &bodies), seal, ROOM).await?;
        drop(conn);
        if keeping == Keeping::Before {
            let why = Unproven::Replayed;
            node.recorder.count(institution.code.clone(), (from, why), infno, came);
        }
        Ok::<_, Failure>(keeping)
    };
    match write.await {
        Ok(Keeping::Done | Keeping::Before) => {}
        Ok(Keeping::NoRoom) => node.metrics.recording_dropped(),
        Err(failure) => {
            node.metrics.recording_dropped();
            tracing::warn!(refusal = %failure.refusal(), "a message was not recorded");
        }
    }
}

async fn write_dropped(node: &ProvinceNode) {
    let dropped = std::mem::take(&mut *node.recorder.dropped());
    for (code, (count, at)) in dropped {
        let write = async {
            let institution = registered(node, &code).await?;
            let mut conn = node.context.store.conn().await?;
            Ok::<_, Failure>(register::drop_some(&mut conn, whose(&institution), count, at).await?)
        };
        if let Err(failure) = write.await {
            tracing::warn!(refusal = %failure.refusal(), count, "messages that were dropped are not counted");
        }
    }
}

/// Writes down what strangers have sent since the last time. What fails is not counted.
async fn write_strangers(node: &ProvinceNode) {
    let counted = std::mem::take(&mut *node.recorder.strangers());
    let most = i64::try_from(UNPROVEN_MAX).unwrap_or(i64::MAX);
    for (code, strangers) in counted {
        let write = async {
            let institution = registered(node, &code).await?;
            let mut work = node.context.store.begin().await?;
            for one in &strangers {
                register::count_strangers(&mut work, whose(&institution), one, most).await?;
            }
            Ok::<_, Failure>(work.save().await?)
        };
        if let Err(failure) = write.await {
            tracing::warn!(refusal = %failure.refusal(), "what strangers have sent is not counted");
        }
    }
}

/// Reads an exchange, and covers what is personal in it: all that is kept. `None` if it is another institution's: whose it is was first read
/// off the bytes, where another may be named before the sender.
fn kept_of(waiting: &Waiting, institution: &Institution) -> Option<(Kept, Bodies)> {
    let Waiting { taken, answered, status, code, answer, answer_bytes } = waiting;
    let key = crate::hospital::key_of(institution);
    let over_the_line =
        Exchange { content_type: &taken.content_type, request: &taken.request, status: *status, answer };
    let mut said = exchange::read(&over_the_line, |_| key.as_ref());
    if !said.institution.is_empty() && said.institution != institution.code.as_str() {
        return None;
    }
    // What was not taken down is not told to be wrong.
    let is_large = taken.request_bytes > taken.request.len();
    if is_large {
        said.asked.clear();
    }
    // Of what comes from a page, the envelope is this node's own.
    if taken.origin != Origin::Software {
        said.asked.retain(|one| one.field.starts_with("input."));
    }
    if *answer_bytes > answer.len() {
        said.ended = Ended::File(*answer_bytes);
    }
    let texts = |body: &[u8], bytes: usize, whole: usize| {
        if whole > bytes {
            return Value::String(format!("（{whole}字节，过大，内容不保存）")).to_string();
        }
        let text = covered(body).to_string();
        if text.len() > BODY_MAX {
            return Value::String(format!("（{whole}字节，过大，内容不保存）")).to_string();
        }
        text
    };
    let count = |deviations: &[Deviation], weight| {
        i64::try_from(deviations.iter().filter(|one| one.rule.weight() == weight).count()).unwrap_or(i64::MAX)
    };
    let shown = |deviations: &[Deviation]| {
        deviations.iter().take(DEVIATIONS_MAX).map(MessageDeviation::from).collect::<Vec<_>>()
    };
    let kept = Kept {
        came: taken.came,
        took: (answered.millis() - taken.came.millis()).max(0),
        origin: taken.origin,
        infno: said.infno.chars().take(10).collect(),
        msgid: said.msgid.chars().take(64).collect(),
        outcome: said.ended.name().to_owned(),
        said: said.ended.words().chars().take(300).collect(),
        code: code.clone(),
        status: *status,
        faults: count(&said.asked, Weight::Fault),
        notes: count(&said.asked, Weight::Note),
        answer_faults: count(&said.answered, Weight::Fault),
    };
    let deviations = (shown(&said.asked), shown(&said.answered));
    let bodies = Bodies {
        request: texts(&said.request, taken.request.len(), taken.request_bytes),
        answer: texts(&said.answer, answer.len(), *answer_bytes),
        deviations: serde_json::to_string(&deviations).unwrap_or_else(|_| "[[],[]]".to_owned()),
    };
    Some((kept, bodies))
}

/// What shows who sent a message, where its way of signing lets whoever has captured it send the same again: as far as this transcript is
/// concerned, that shows it once. A gateway's signature says when it was made, so each message has its own, and nothing else of a message is
/// signed. A seal is that of its text, and two messages of one text have the same one.
fn seal_of(taken: &Taken, institution: &Institution) -> Option<[u8; 32]> {
    let shown_by = match institution.authentication {
        _ if taken.origin != Origin::Software => return None,
        Authentication::CsbHmacSha1 | Authentication::Sm2Sm4 => &taken.signature,
        // Nothing shows it, or the gateway itself lets nothing in twice.
        Authentication::None | Authentication::TifSha256 | Authentication::CaHmacSm3 => return None,
    };
    Some(Sha256::digest(shown_by).into())
}

/// Forgets what is old.
pub(crate) async fn tick(node: &ProvinceNode) -> Outcome<()> {
    let before = rules::forgets_before(node.context.now());
    for _ in 0..FORGETS {
        let mut work = node.context.store.begin().await?;
        let gone = register::forget(&mut work, before, FORGOTTEN_AT_ONCE).await?;
        work.save().await?;
        if i64::try_from(gone).unwrap_or(i64::MAX) < FORGOTTEN_AT_ONCE {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "H42010600002";

    fn recorder() -> Recorder {
        Recorder::new(Arc::new(Metrics::new("province")))
    }

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn message(code: &str) -> Vec<u8> {
        format!(r#"{{"infno":"2401","fixmedins_code":"{code}","input":{{}}}}"#).into_bytes()
    }

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

    /// Takes a message down whose sender has shown to be the institution.
    fn takes(recorder: &Recorder, body: &[u8], came: Moment) -> Option<Taken> {
        let mut taken = recorder.takes(&HeaderMap::new(), (body, HERE), came)?;
        taken.is_of(&CODE.parse().unwrap(), Proof::Shown);
        Some(taken)
    }

    fn records(recorder: &Recorder, from: &str, until: &str) {
        recorder.set(HashMap::from([(CODE.to_owned(), at(from)..at(until))]));
    }

    #[test]
    fn nothing_is_taken_down_but_what_is_recorded_while_it_is() {
        let recorder = recorder();
        let now = at("2026-11-21 10:00:00");
        assert!(takes(&recorder, &message(CODE), now).is_none(), "nothing is");
        records(&recorder, "2026-11-21 10:00:00", "2026-11-21 12:00:00");
        for (code, moment, is_taken) in [
            (CODE, "2026-11-21 10:00:00", true),
            (CODE, "2026-11-21 11:59:59", true),
            (CODE, "2026-11-21 12:00:00", false),
            (CODE, "2026-11-21 09:59:59", false),
            ("H42010600001", "2026-11-21 11:00:00", false),
            ("", "2026-11-21 11:00:00", false),
        ] {
            let taken = takes(&recorder, &message(code), at(moment));
            assert_eq!(taken.is_some(), is_taken, "{code} {moment}");
        }
        assert!(takes(&recorder, b"nothing of anybody", now).is_none());
        let mut large = message(CODE);
        large.resize(LOOKED_INTO_MAX + 1, b' ');
        let taken = takes(&recorder, &large, now).unwrap();
        assert_eq!((taken.request.len(), taken.request_bytes), (0, large.len()), "too large to be copied");
        recorder.set(HashMap::new());
        assert!(takes(&recorder, &message(CODE), now).is_none());
    }

    #[test]
    fn what_another_has_sent_is_not_shown_to_whom_it_names_first() {
        let now = at("2026-11-21 10:00:00");
        let institution: Institution = Institution {
            code: CODE.parse().unwrap(),
            name: "某医院".to_owned(),
            uscc: String::new(),
            kind: "1".to_owned(),
            grade: String::new(),
            level: terms::SettlementLevel::Tertiary,
            chinese_medicine: false,
            place: terms::TreatmentPlace("420106".parse().unwrap()),
            open: true,
            authentication: casework::institution::Authentication::None,
            access_key: String::new(),
            secret: casework::institution::Secret(String::new()),
            public_key: String::new(),
            sign_in_needed: false,
            changed_at: now,
        };
        let recorder = recorder();
        records(&recorder, "2026-11-21 10:00:00", "2026-11-21 12:00:00");
        let own = r#"{"infno":"1201","msgid":"M1","fixmedins_code":"H42010600002","input":{}}"#;
        let others = r#"{"fixmedins_code":"H42010600002","input":{},"fixmedins_code":"H42010600001"}"#;
        for (request, answer, is_kept) in [
            (own, r#"{"infcode":-1,"err_msg":"请重试"}"#, true),
            (others, r#"{"infcode":0}"#, false),
            (r#"{"fixmedins_code":"H42010600002","input":"#, "", true),
        ] {
            let taken = takes(&recorder, request.as_bytes(), now).expect("it names it");
            let (answer, answered) = (Bytes::from_static(answer.as_bytes()), now.plus_millis(12));
            let answer_bytes = answer.len();
            let code = Some("node-busy".to_owned());
            let waiting = Waiting { taken, answered, status: 200, code, answer, answer_bytes };
            let kept = kept_of(&waiting, &institution);
            assert_eq!(kept.is_some(), is_kept, "{request}");
            if let Some((kept, bodies)) = kept.filter(|_| request == own) {
                assert_eq!((kept.infno.as_str(), kept.msgid.as_str(), kept.took), ("1201", "M1", 12));
                assert_eq!((kept.outcome.as_str(), kept.said.as_str()), ("refused", "请重试"));
                assert!(bodies.request.contains("H42010600002") && bodies.answer.contains("请重试"));
                assert!(bodies.deviations.contains("missing"), "{}", bodies.deviations);
            }
        }
    }

    #[tokio::test]
    async fn an_answer_goes_out_as_it_is_and_a_full_queue_drops_and_counts() {
        let recorder = recorder();
        let now = at("2026-11-21 10:00:00");
        records(&recorder, "2026-11-21 10:00:00", "2026-11-21 12:00:00");
        for number in 0..WAITING_MAX + 3 {
            let taken = takes(&recorder, &message(CODE), now).unwrap();
            let answer = Response::new(Body::from(format!("{{\"infcode\":0,\"n\":{number}}}")));
            let answer = recorder.answered(taken, answer, now.plus_millis(7)).await;
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, format!("{{\"infcode\":0,\"n\":{number}}}"), "whether it was recorded or not");
        }
        let dropped = recorder.dropped().clone();
        assert_eq!(dropped.into_values().collect::<Vec<_>>(), [(3, now)]);
        let queued = recorder.queued_bytes.load(Ordering::Relaxed);
        let mut waiting = recorder.queued.lock().await;
        let mut taken_out = 0;
        while let Ok(one) = waiting.try_recv() {
            taken_out += one.bytes();
        }
        assert_eq!(queued, taken_out, "what was dropped takes no room");
    }

    #[tokio::test]
    async fn large_messages_fill_the_queue_by_their_size() {
        let recorder = recorder();
        let now = at("2026-11-21 10:00:00");
        records(&recorder, "2026-11-21 10:00:00", "2026-11-21 12:00:00");
        let mut large = message(CODE);
        large.resize(LOOKED_INTO_MAX, b' ');
        for _ in 0..20 {
            let taken = takes(&recorder, &large, now).unwrap();
            recorder.answered(taken, Response::new(Body::empty()), now).await;
        }
        assert_eq!(recorder.dropped().values().next(), Some(&(4, now)), "16 MiB are sixteen of these");
    }

    #[tokio::test]
    async fn what_strangers_send_fills_nothing_and_is_counted_by_address_and_reason() {
        let recorder = recorder();
        let now = at("2026-11-21 10:00:00");
        let unread = br#"{"infno":"2304","fixmedins_code":"H42010600002","input":"#;
        recorder.was_busy((unread, HERE), now);
        assert!(recorder.strangers().is_empty(), "nothing is recorded yet");
        records(&recorder, "2026-11-21 10:00:00", "2026-11-21 12:00:00");
        let own: InstitutionCode = CODE.parse().unwrap();
        let another: InstitutionCode = "H42010600001".parse().unwrap();
        for (shown_to_be, proof, is_recorded) in [
            (&own, Proof::Shown, true),
            (&another, Proof::Shown, false),
            (&own, Proof::Not(Unproven::SignatureDiffers), false),
            (&own, Proof::Not(Unproven::SignatureDiffers), false),
        ] {
            let mut taken = recorder.takes(&HeaderMap::new(), (unread, HERE), now).unwrap();
            taken.is_of(shown_to_be, proof);
            recorder.answered(taken, Response::new(Body::from("{}")), now.plus_millis(7)).await;
            let is_queued = recorder.queued.lock().await.try_recv().is_ok();
            assert_eq!(is_queued, is_recorded, "{shown_to_be} {proof:?}");
        }
        // Nobody has said yet who sent it.
        let taken = recorder.takes(&HeaderMap::new(), (unread, HERE), now).unwrap();
        recorder.answered(taken, Response::new(Body::empty()), now).await;
        let counted = |recorder: &Recorder| {
            let all = recorder.strangers();
            assert!(all.len() == 1 && all[&own].len() <= STRANGERS_MAX + Unproven::ALL.len());
            let mut rows: Vec<_> = all[&own]
                .iter()
                .map(|one| format!("{} {} {} {}", one.address, one.why.code(), one.infno, one.times))
                .collect();
            rows.sort();
            rows
        };
        assert_eq!(
            counted(&recorder),
            ["192.0.2.7 busy 2304 1", "192.0.2.7 signature-differs 2304 2", "192.0.2.7 unreadable 2304 1",]
        );
        // However many addresses somebody has, and whatever he calls the transaction.
        let named = |infno: &str| format!(r#"{{"infno":"{infno}","fixmedins_code":"{CODE}"}}"#);
        for last in 0..=255 {
            let from = IpAddr::V4(Ipv4Addr::new(198, 51, 100, last));
            recorder.was_busy((named("anything").as_bytes(), from), now);
        }
        let rows = counted(&recorder);
        assert!(rows.contains(&" busy  227".to_owned()), "{rows:?}");
    }
}

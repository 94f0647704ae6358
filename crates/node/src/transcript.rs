//! Transcripts (接口报文记录): what an institution's software, its window and its office send and are answered, recorded while somebody has
//! switched that on.
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
    institution::Institution,
    transcript::{self as rules, BYTES_MAX, MESSAGES_MAX, Origin, Recording},
};
use http_body_util::{BodyExt, Collected};
use serde_json::Value;
use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::transcript::{self as register, Bodies, Kept, Room, Transcript, Whose};
use terms::{InstitutionCode, Moment, Refusal};
use tokio::sync::{Notify, mpsc, watch};
use wire::{
    api::transcript::MessageDeviation,
    hospital::{
        Request,
        conformance::{Deviation, Weight},
        covered::covered,
        exchange::{self, Ended, Exchange},
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

/// A message that is to be recorded, until it is answered.
pub(crate) struct Taken {
    institution: InstitutionCode,
    origin: Origin,
    came: Moment,
    content_type: String,
    /// None of it if it is larger than is looked into.
    request: Vec<u8>,
    request_bytes: usize,
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

    /// Whether a message is one that is taken down.
    pub fn records(&self, body: &[u8], came: Moment) -> bool {
        self.recorded(body, came).is_some()
    }

    /// Takes a message down if its sender's are recorded.
    pub fn takes(&self, headers: &HeaderMap, body: &[u8], came: Moment) -> Option<Taken> {
        let institution = self.recorded(body, came)?;
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let content_type = content_type.unwrap_or_default().chars().take(200).collect();
        let is_small = body.len() <= LOOKED_INTO_MAX;
        let (request, request_bytes) = (if is_small { body.to_vec() } else { Vec::new() }, body.len());
        let origin = Origin::Software;
        Some(Taken { institution, origin, came, content_type, request, request_bytes })
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
        Some(Taken { institution, origin, came, content_type, request, request_bytes })
    }

    /// Puts a message with its answer where it waits to be written down, and gives the answer back.
    pub async fn answered(&self, taken: Taken, answer: Response, now: Moment) -> Response {
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

// ------------------------------------------------------------------ switching

/// An institution as registered.
async fn registered(node: &ProvinceNode, code: &InstitutionCode) -> Outcome<Arc<Institution>> {
    let unknown = || Refusal::NoSuchInstitution { code: code.to_string() };
    Ok(node.institution(code).await?.ok_or_else(unknown)?)
}

fn whose(institution: &Institution) -> Whose<'_> {
    (institution.place.0.pooling_area(), &institution.code)
}

/// The state of an institution's transcript.
pub(crate) async fn find(
    node: &ProvinceNode,
    code: &InstitutionCode,
) -> Outcome<(Arc<Institution>, Option<Transcript>)> {
    let institution = registered(node, code).await?;
    let found = register::find(&mut *node.context.store.conn().await?, whose(&institution)).await?;
    Ok((institution, found))
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
    loop {
        let stopped = async {
            let _ = stop.wait_for(|stopped| *stopped).await;
        };
        let waiting = tokio::select! {
            Some(waiting) = queued.recv() => Some(waiting),
            () = node.recorder.switched.notified() => None,
            () = tokio::time::sleep(LOOK_EVERY) => None,
            () = stopped => break,
        };
        if let Some(waiting) = waiting {
            write_down(&node, waiting).await;
        } else if let Err(failure) = look(&node).await {
            tracing::warn!(refusal = %failure.refusal(), "what is to be recorded is looked for later");
        }
        write_dropped(&node).await;
    }
    node.recorder.set(HashMap::new());
    while let Ok(waiting) = queued.try_recv() {
        write_down(&node, waiting).await;
    }
    write_dropped(&node).await;
}

/// Writes one message down. What fails is one message less in a transcript, and nothing else.
async fn write_down(node: &ProvinceNode, waiting: Waiting) {
    node.recorder.queued_bytes.fetch_sub(waiting.bytes(), Ordering::Relaxed);
    let write = async {
        let institution = registered(node, &waiting.taken.institution).await?;
        let of = Arc::clone(&institution);
        let read = tokio::task::spawn_blocking(move || kept_of(&waiting, &of)).await;
        let Some((kept, bodies)) = read.map_err(|_| Failure::Trouble(Refusal::NodeBusy {}))? else {
            return Ok(true);
        };
        let mut conn = node.context.store.conn().await?;
        Ok::<_, Failure>(register::keep(&mut conn, whose(&institution), (&kept, &bodies), ROOM).await?)
    };
    match write.await {
        Ok(true) => {}
        Ok(false) => node.metrics.recording_dropped(),
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
        // Nobody has looked whose a large message was; what it was answered is not shown to another.
        answer: if is_large { "null".to_owned() } else { texts(&said.answer, answer.len(), *answer_bytes) },
        deviations: serde_json::to_string(&deviations).unwrap_or_else(|_| "[[],[]]".to_owned()),
    };
    Some((kept, bodies))
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

    fn records(recorder: &Recorder, from: &str, until: &str) {
        recorder.set(HashMap::from([(CODE.to_owned(), at(from)..at(until))]));
    }

    #[test]
    fn nothing_is_taken_down_but_what_is_recorded_while_it_is() {
        let recorder = recorder();
        let (headers, now) = (HeaderMap::new(), at("2026-11-21 10:00:00"));
        assert!(recorder.takes(&headers, &message(CODE), now).is_none(), "nothing is");
        records(&recorder, "2026-11-21 10:00:00", "2026-11-21 12:00:00");
        for (code, moment, is_taken) in [
            (CODE, "2026-11-21 10:00:00", true),
            (CODE, "2026-11-21 11:59:59", true),
            (CODE, "2026-11-21 12:00:00", false),
            (CODE, "2026-11-21 09:59:59", false),
            ("H42010600001", "2026-11-21 11:00:00", false),
            ("", "2026-11-21 11:00:00", false),
        ] {
            let taken = recorder.takes(&headers, &message(code), at(moment));
            assert_eq!(taken.is_some(), is_taken, "{code} {moment}");
        }
        assert!(recorder.takes(&headers, b"nothing of anybody", now).is_none());
        let mut large = message(CODE);
        large.resize(LOOKED_INTO_MAX + 1, b' ');
        let taken = recorder.takes(&headers, &large, now).unwrap();
        assert_eq!((taken.request.len(), taken.request_bytes), (0, large.len()), "too large to be copied");
        recorder.set(HashMap::new());
        assert!(recorder.takes(&headers, &message(CODE), now).is_none());
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
            let taken = recorder.takes(&HeaderMap::new(), request.as_bytes(), now).expect("it names it");
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
            let taken = recorder.takes(&HeaderMap::new(), &message(CODE), now).unwrap();
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
            let taken = recorder.takes(&HeaderMap::new(), &large, now).unwrap();
            recorder.answered(taken, Response::new(Body::empty()), now).await;
        }
        assert_eq!(recorder.dropped().values().next(), Some(&(4, now)), "16 MiB are sixteen of these");
    }
}

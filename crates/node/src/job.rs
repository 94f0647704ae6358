//! What takes long and can be left (任务): a request that shows so is answered at once, goes on by itself, and its answer is kept for whoever asked,
//! for a day. What it does, it does as if its asker had waited: the gate has let it in, and the audit trail hears of it when it ends.
//!
//! What was asked is kept with it until it has ended. Whoever works on it holds it ([`HELD`]) and says every second that he does. If he is gone,
//! whoever runs on this database [takes it up](take_up): the same request in the name of the same account, with what that account may by then. So
//! what is done again must do nothing twice (`.may_be_left()` at the line of the endpoint); what cannot is left once ([`Left::Once`]) and shown as
//! interrupted. An account's list of applications knows which of its lines are in ([`Lines`]). What was refused because the time was bad is
//! tried again by itself, a few times.
//!
//! | file | what |
//! |---|---|
//! | here | beginning, going on, taking up, and what its owner sees |
//! | `progress` | how far it is, which lines are in |
//! | `desk` | who works on them in this process |
//!
//! To let an endpoint be left: its line, and a [`Progress`] among its arguments in which it says how far it is.

mod desk;
mod progress;

pub(crate) use desk::Desk;
pub(crate) use progress::{Carried, Line, Lines, Progress};

use crate::{
    access::{Managed, Peer, Resumed},
    api::RefusalCode,
    context::{Context, Outcome, is_transient},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header, request::Parts},
    response::Response,
};
use casework::access::{AccountName, State};
use desk::Stopped;
use std::{fmt::Write as _, future::Future, net::SocketAddr, time::Duration};
use store::{
    account,
    job::{self, Answer, Asked, Job, Taken},
};
use terms::{Moment, Refusal};
use tokio::task::JoinSet;
use tower::ServiceExt;
use wire::{
    api::{DUTY_HEADER, Refused, job::JobView},
    openapi::{Left, Permission},
};

/// How long one is kept, in milliseconds.
const KEPT: i64 = 86_400_000;
/// How many of an account that have ended are kept.
const KEPT_MAX: i64 = 20;
/// How many of an account go on at once.
const AT_ONCE: i64 = 3;
/// How many a process takes up at once.
const TAKEN_AT_ONCE: usize = 4;
/// How often whoever works on one says that he is alive, and how far it is.
const BEAT: Duration = Duration::from_secs(1);
/// How long it is held after such a word, in milliseconds.
const HELD: i64 = 15_000;
/// How often one is begun, at most: what takes the process along each time must not do so for ever.
const ATTEMPTS_MAX: u32 = 5;
/// How often one is begun that is refused because the time is bad …
const TRIES_MAX: u32 = 3;
/// … and how long it rests before, in milliseconds.
const REST: i64 = 2_000;
/// The largest answer that is kept, in bytes.
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// The largest body that is kept to be asked again, in bytes.
pub(crate) const ASKED_BYTES_MAX: usize = 16 << 20;

/// What is said of one that waits for somebody to take it up.
const WAITS: &str = "办理此任务的服务已停止，平台稍后自动继续办理，不必重新提交";
/// … of one that may have been done.
const ONCE: &str = "平台在办理中重新启动，此项可能已经办成：请先到相应页面核对结果，确未办成再重新办理";
/// … of one that was begun too often.
const TOO_OFTEN: &str = "多次未能办完：请缩小范围后重新办理，仍不成功请联系平台运行人员";
/// … of one that a program before this one began.
const OLD: &str = "办理中断（平台曾升级重启），请重新办理；已受理的部分不会重复受理";

/// What of a request is kept, so that it can be asked again.
pub(crate) fn asked(parts: &Parts, body: &[u8]) -> Asked {
    let text = |name| crate::access::gate::header_text(&parts.headers, name);
    Asked {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        content_type: parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        duty: text(DUTY_HEADER),
        address: parts.extensions.get::<Peer>().map(|peer| peer.0.to_string()),
        body: body.to_vec(),
    }
}

/// Begins what is to go on by itself, and says under which id.
///
/// # Errors
/// [`Refusal::JobRule`] if too many of the account go on.
pub(crate) async fn begin<C: Future<Output = Response> + Send + 'static>(
    node: &impl Managed,
    account: &AccountName,
    line: Permission,
    asked: &Asked,
    carry: impl FnOnce(Carried) -> C,
) -> Outcome<JobView> {
    let context = node.given();
    let now = context.now();
    let tail = context.ids.serial() % 1_000_000;
    let job = Job {
        id: format!("J{}{tail:06}", now.compact_millis()),
        words: line.summary.to_owned(),
        started_at: now,
        seen_at: now,
        held_until: now.plus_millis(HELD),
        attempt: 1,
        again: line.left == Left::Again,
        path: asked.path.split('?').next().map(str::to_owned),
        far: job::Far::default(),
        status: None,
        media_type: None,
        size: 0,
    };
    let owner = (context.me, account);
    let mut work = context.store.begin().await?;
    if job::under_way(work.conn(), owner, now, ATTEMPTS_MAX).await? >= AT_ONCE {
        let reason = format!("您已有{AT_ONCE}项任务正在办理，请等其中一项办完后再试");
        return Err(Refusal::JobRule { reason }.into());
    }
    job::begin(&mut work, owner, &job, asked, KEPT_MAX).await?;
    work.save().await?;
    let view = view(&job, now);
    let carried = Carried { id: job.id.clone(), progress: Progress::of_job(), comes_again: job.again };
    let held = Hold { context: context.clone(), id: job.id, attempt: 1, again: job.again };
    let (progress, answered) = (carried.progress.clone(), carry(carried));
    node.desk().take(|stopped| held.work_on(progress, answered, stopped));
    Ok(view)
}

/// Takes up one that nobody holds any more, if there is one; false if not, or if enough are worked on here.
pub(crate) async fn take_up(node: &impl Managed, router: &Router) -> Outcome<bool> {
    if node.desk().count() >= TAKEN_AT_ONCE {
        return Ok(false);
    }
    let context = node.given();
    let now = context.now();
    let mut work = context.store.begin().await?;
    let taken = job::take_up(&mut work, context.me, (now, now.plus_millis(HELD)), ATTEMPTS_MAX).await?;
    let Some(Taken { id, account, attempt, asked }) = taken else { return Ok(false) };
    let known = account::find(work.conn(), context.me, &account).await?;
    work.save().await?;
    tracing::info!(job = id, attempt, "a job is taken up again");
    let held = Hold { context: context.clone(), id: id.clone(), attempt, again: true };
    let known = known.map(|known| known.account).filter(|account| account.state != State::Disabled);
    let (Some(account), Some(mut request)) = (known, request(&asked)) else {
        let detail = "提交任务的账户已停用，请联系账户管理员".to_owned();
        let refusal = Refusal::NotAuthenticated { detail };
        held.end(&refused(StatusCode::UNAUTHORIZED, &refusal), &Progress::default()).await;
        return Ok(true);
    };
    let progress = Progress::of_job();
    request.extensions_mut().insert(Resumed(account));
    request.extensions_mut().insert(Carried {
        id,
        progress: progress.clone(),
        comes_again: attempt < TRIES_MAX,
    });
    let answered = router.clone().oneshot(request);
    let answered = async move { answered.await.unwrap_or_else(|never| match never {}) };
    node.desk().take(|stopped| held.work_on(progress, answered, stopped));
    Ok(true)
}

/// Forgets what is older than is kept, whoever asked it.
pub(crate) async fn forget_old(context: &Context) -> Outcome<()> {
    let before = context.now().plus_millis(-KEPT);
    let mut conn = context.store.conn().await?;
    Ok(job::forget_before(&mut conn, context.me, before).await?)
}

/// The same request once more; none if it cannot be read any more.
fn request(asked: &Asked) -> Option<Request<Body>> {
    let mut request = Request::builder().method(asked.method.as_str()).uri(asked.path.as_str());
    if let Some(kind) = &asked.content_type {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    if let Some(duty) = &asked.duty {
        request = request.header(DUTY_HEADER, escaped(duty));
    }
    let mut request = request.body(Body::from(asked.body.clone())).ok()?;
    if let Some(address) = asked.address.as_ref().and_then(|text| text.parse::<SocketAddr>().ok()) {
        request.extensions_mut().insert(Peer(address));
    }
    Some(request)
}

/// As a header carries a text.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

/// A job as it is held by whoever works on it here.
struct Hold {
    context: Context,
    id: String,
    attempt: u32,
    again: bool,
}

/// How the work on one ended.
enum Ended {
    Answered(Box<Response>),
    BrokeDown(String),
    /// Somebody else has taken it, or its owner has forgotten it.
    Lost,
    Stopped,
}

impl Hold {
    const fn held(&self) -> job::Held<'_> {
        (self.context.me, self.id.as_str(), self.attempt)
    }

    /// Works on it until it ends, and says meanwhile how far it is.
    async fn work_on(
        self,
        progress: Progress,
        answered: impl Future<Output = Response> + Send + 'static,
        mut stopped: Stopped,
    ) {
        // A task of its own: what goes wrong in it ends the job, and nothing else. It ends with this one.
        let mut working = JoinSet::new();
        working.spawn(answered);
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let ended = loop {
            tokio::select! {
                Some(ended) = working.join_next() => break match ended {
                    Ok(response) => Ended::Answered(Box::new(response)),
                    Err(error) => Ended::BrokeDown(error.to_string()),
                },
                _ = beat.tick() => if !self.says(&progress).await {
                    break Ended::Lost;
                },
                () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => break Ended::Stopped,
            }
        };
        drop(working);
        match ended {
            Ended::Answered(response) if self.comes_again(&response) => {
                self.let_go(REST * i64::from(self.attempt)).await;
            }
            Ended::Answered(response) => self.end(&kept(*response).await, &progress).await,
            Ended::BrokeDown(error) => {
                tracing::error!(job = self.id, error, "a job broke down");
                let refusal = refused(StatusCode::SERVICE_UNAVAILABLE, &Refusal::NodeBusy {});
                self.end(&refusal, &progress).await;
            }
            Ended::Lost => tracing::warn!(job = self.id, "a job is somebody else's by now"),
            Ended::Stopped => self.let_go(0).await,
        }
    }

    /// Says that it is worked on; false if it is not this one's any more.
    async fn says(&self, progress: &Progress) -> bool {
        let now = self.context.now();
        let see = async {
            let mut conn = self.context.store.conn().await?;
            job::see(&mut conn, self.held(), &progress.now(), (now, now.plus_millis(HELD))).await
        };
        see.await.unwrap_or_else(|error| {
            tracing::warn!(job = self.id, %error, "how far a job is could not be written down");
            true
        })
    }

    /// Whether it was refused only because the time was bad, and is tried again.
    fn comes_again(&self, response: &Response) -> bool {
        let code = response.extensions().get::<RefusalCode>();
        self.again && self.attempt < TRIES_MAX && code.is_some_and(|code| is_transient(&code.0))
    }

    /// Leaves it to whoever comes, after so many milliseconds. If that cannot be said, it is taken up once it is not held any more.
    async fn let_go(&self, rest: i64) {
        let until = self.context.now().plus_millis(rest);
        let say = async {
            let mut conn = self.context.store.conn().await?;
            job::let_go(&mut conn, self.held(), until).await
        };
        if let Err(error) = say.await {
            tracing::warn!(job = self.id, %error, "a job is taken up later");
        }
    }

    /// Writes down what it came to.
    async fn end(&self, answer: &Answer, progress: &Progress) {
        let now = self.context.now();
        let end = async {
            let mut work = self.context.store.begin().await?;
            let ended = job::end(&mut work, self.held(), answer, &progress.now(), now).await?;
            work.save().await?;
            Ok::<_, store::Error>(ended)
        };
        match end.await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(job = self.id, "what a job came to is told by somebody else"),
            // Nobody holds it then, and it is taken up again if it may be.
            Err(error) => tracing::error!(job = self.id, %error, "what a job came to could not be kept"),
        }
    }
}

/// What is kept of an answer.
async fn kept(response: Response) -> Answer {
    let (head, body) = response.into_parts();
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if let Ok(content) = to_bytes(body, ANSWER_BYTES_MAX).await {
        return Answer {
            status: head.status.as_u16(),
            media_type: text(header::CONTENT_TYPE).unwrap_or_default(),
            disposition: text(header::CONTENT_DISPOSITION),
            content: content.to_vec(),
        };
    }
    let reason = "结果过大，请缩小查询范围后重新办理".to_owned();
    refused(StatusCode::UNPROCESSABLE_ENTITY, &Refusal::JobRule { reason })
}

fn refused(status: StatusCode, refusal: &Refusal) -> Answer {
    Answer {
        status: status.as_u16(),
        media_type: "application/json".to_owned(),
        disposition: None,
        content: serde_json::to_vec(&Refused::from(refusal)).expect("texts"),
    }
}

fn view(job: &Job, now: Moment) -> JobView {
    let comes_again = job.again && job.attempt < ATTEMPTS_MAX;
    let (state, note) = match job.status {
        Some(200..300) => ("done", None),
        Some(_) => ("refused", None),
        None if job.held_until >= now => ("running", None),
        None if comes_again => ("waiting", Some(WAITS)),
        None if job.again => ("interrupted", Some(TOO_OFTEN)),
        None if job.path.is_none() => ("interrupted", Some(OLD)),
        None => ("interrupted", Some(ONCE)),
    };
    let step = job.far.step.as_ref();
    JobView {
        id: job.id.clone(),
        words: job.words.clone(),
        path: job.path.clone().unwrap_or_default(),
        state: state.to_owned(),
        note: note.map(str::to_owned),
        started_at: job.started_at.to_string(),
        seen_at: job.seen_at.to_string(),
        step: step.map(|step| step.words.clone()),
        step_at: step.map(|step| step.at),
        step_of: step.map(|step| step.of),
        done: job.far.done,
        total: job.far.total,
        media_type: job.media_type.clone(),
        size: job.size,
        attempt: job.attempt,
        kept_until: job.started_at.plus_millis(KEPT).to_string(),
    }
}

fn unknown(id: &str) -> Refusal {
    Refusal::UnknownJob { id: id.chars().take(30).collect() }
}

/// An account's, the newest first.
pub(crate) async fn list(context: &Context, account: &AccountName) -> Outcome<Vec<JobView>> {
    let now = context.now();
    let mut conn = context.store.conn().await?;
    let found = job::list(&mut conn, (context.me, account), now.plus_millis(-KEPT)).await?;
    Ok(found.iter().map(|job| view(job, now)).collect())
}

/// One of an account's.
pub(crate) async fn find(context: &Context, account: &AccountName, id: &str) -> Outcome<JobView> {
    let now = context.now();
    let mut conn = context.store.conn().await?;
    let found = job::find(&mut conn, (context.me, account), id, now.plus_millis(-KEPT)).await?;
    Ok(found.map(|job| view(&job, now)).ok_or_else(|| unknown(id))?)
}

/// What one of an account's came to.
pub(crate) async fn answer(context: &Context, account: &AccountName, id: &str) -> Outcome<Answer> {
    let since = context.now().plus_millis(-KEPT);
    let mut conn = context.store.conn().await?;
    Ok(job::answer(&mut conn, (context.me, account), id, since).await?.ok_or_else(|| unknown(id))?)
}

/// Forgets one of an account's that has ended.
pub(crate) async fn forget(context: &Context, account: &AccountName, id: &str) -> Outcome<()> {
    let mut work = context.store.begin().await?;
    if !job::forget(&mut work, (context.me, account), id, context.now()).await? {
        return Err(unknown(id).into());
    }
    work.save().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(again: bool, attempt: u32, path: Option<&str>, status: Option<u16>) -> Job {
        let at: Moment = "2026-11-21 10:00:00".parse().unwrap();
        Job {
            id: "J1".to_owned(),
            words: "导出".to_owned(),
            started_at: at,
            seen_at: at,
            held_until: at.plus_millis(HELD),
            attempt,
            again,
            path: path.map(str::to_owned),
            far: job::Far::default(),
            status,
            media_type: None,
            size: 0,
        }
    }

    #[test]
    fn whoever_asked_sees_where_it_stands_and_what_to_do() {
        for (job, before, after) in [
            (job(true, 1, Some("/x"), None), ("running", None), ("waiting", Some(WAITS))),
            (job(true, ATTEMPTS_MAX, Some("/x"), None), ("running", None), ("interrupted", Some(TOO_OFTEN))),
            (job(false, 1, Some("/x"), None), ("running", None), ("interrupted", Some(ONCE))),
            (job(false, 1, None, None), ("running", None), ("interrupted", Some(OLD))),
            (job(true, 2, Some("/x"), Some(200)), ("done", None), ("done", None)),
            (job(true, 2, Some("/x"), Some(422)), ("refused", None), ("refused", None)),
        ] {
            for (later, (state, note)) in [(HELD, before), (HELD + 1, after)] {
                let view = view(&job, job.started_at.plus_millis(later));
                assert_eq!((view.state.as_str(), view.note.as_deref()), (state, note), "{job:?} {later}");
            }
        }
    }

    #[test]
    fn a_request_is_asked_again_as_it_was() {
        let mut first = Request::builder()
            .method("POST")
            .uri("/api/v1/settlements/search?form=csv&name=%E5%BC%A0")
            .header("content-type", "application/json")
            .header(DUTY_HEADER, "%E6%A0%B8%E5%AF%B9 100%25")
            .header("cookie", "yidi_session=secret")
            .body(())
            .unwrap();
        first.extensions_mut().insert(Peer("192.0.2.7:4711".parse().unwrap()));
        let (parts, ()) = first.into_parts();
        let kept = asked(&parts, b"{}");
        assert_eq!(kept.duty.as_deref(), Some("核对 100%"));
        assert!(!format!("{kept:?}").contains("secret"), "whoever takes it up has no session");
        let again = request(&kept).unwrap();
        assert_eq!((again.method(), again.uri()), (&parts.method, &parts.uri));
        let (again, _) = again.into_parts();
        assert_eq!(asked(&again, b"{}"), kept);
    }
}

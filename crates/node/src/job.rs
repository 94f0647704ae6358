//! What takes long and can be left (任务): a request that shows so is answered at once, goes on by itself in the process that took it, and its
//! answer is kept for whoever asked, for a day. What it does, it does as if its asker had waited: the gate has let it in, and the audit
//! trail hears of it when it ends.
//!
//! Nothing is taken up again after a restart: whoever began it sees that it was interrupted, and begins it anew. To let an endpoint be left:
//! `.may_be_left()` at its line, and a [`Progress`] among its arguments if it can say how far it is.

use crate::context::{Context, Outcome};
use axum::{
    body::to_bytes,
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::Response,
};
use casework::access::AccountName;
use std::{
    convert::Infallible,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use store::job::{self, Answer, Job};
use terms::{Moment, Refusal};
use wire::api::{Refused, job::JobView};

/// How long one is kept, in milliseconds.
const KEPT: i64 = 86_400_000;
/// How many of an account that have ended are kept.
const KEPT_MAX: i64 = 20;
/// How many of an account go on at once.
const AT_ONCE: i64 = 3;
/// How often whoever works on one says that he is alive, and how far it is.
const BEAT: Duration = Duration::from_secs(1);
/// After so many milliseconds without a word it is taken for interrupted.
const SILENCE: i64 = 30_000;
/// The largest answer that is kept, in bytes.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// How far something is, as the endpoint that does it says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<(AtomicU32, AtomicU32)>);

impl Progress {
    /// There is so much to do.
    pub fn of(&self, total: usize) {
        self.0.1.store(u32::try_from(total).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// One more of it is done.
    pub fn step(&self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> (u32, u32) {
        (self.0.0.load(Ordering::Relaxed), self.0.1.load(Ordering::Relaxed))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Progress {
    type Rejection = Infallible;

    /// That of the job; of a request that is waited for, one that nobody reads.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// Begins what is to go on by itself, and says under which id.
///
/// # Errors
/// [`Refusal::JobRule`] if too many of the account go on.
pub(crate) async fn begin(
    context: &Context,
    account: &AccountName,
    words: &str,
    progress: Progress,
    carried: impl Future<Output = Response> + Send + 'static,
) -> Outcome<JobView> {
    let now = context.now();
    let tail = context.ids.serial() % 1_000_000;
    let job = Job {
        id: format!("J{}{tail:06}", now.compact_millis()),
        words: words.to_owned(),
        started_at: now,
        seen_at: now,
        done: 0,
        total: 0,
        status: None,
        media_type: None,
        size: 0,
    };
    let owner = (context.me, account);
    let mut work = context.store.begin().await?;
    if job::under_way(work.conn(), owner, now.plus_millis(-SILENCE)).await? >= AT_ONCE {
        let reason = format!("您已有{AT_ONCE}项任务正在办理，请等其中一项办完后再试");
        return Err(Refusal::JobRule { reason }.into());
    }
    job::begin(&mut work, owner, &job, (now.plus_millis(-KEPT), KEPT_MAX)).await?;
    work.save().await?;
    let view = view(&job, now);
    tokio::spawn(work_on(context.clone(), job.id, progress, carried));
    Ok(view)
}

/// Works on one until it ends, and says meanwhile how far it is.
async fn work_on(
    context: Context,
    id: String,
    progress: Progress,
    carried: impl Future<Output = Response> + Send + 'static,
) {
    // A task of its own: what goes wrong in it ends the job, and nothing else.
    let mut carried = tokio::spawn(carried);
    let mut beat = tokio::time::interval(BEAT);
    let ended = loop {
        tokio::select! {
            ended = &mut carried => break ended,
            _ = beat.tick() => {
                let see = async {
                    let mut conn = context.store.conn().await?;
                    job::see(&mut conn, context.me, &id, progress.now(), context.now()).await
                };
                if let Err(error) = see.await {
                    tracing::warn!(job = id, %error, "how far a job is could not be written down");
                }
            }
        }
    };
    let answer = match ended {
        Ok(response) => kept(response).await,
        Err(error) => {
            tracing::error!(job = id, %error, "a job broke down");
            refused(StatusCode::SERVICE_UNAVAILABLE, &Refusal::NodeBusy {})
        }
    };
    let end = async {
        let mut conn = context.store.conn().await?;
        job::end(&mut conn, context.me, &id, &answer, progress.now(), context.now()).await
    };
    if let Err(error) = end.await {
        tracing::error!(job = id, %error, "what a job came to could not be kept");
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
    let state = match job.status {
        Some(200..300) => "done",
        Some(_) => "refused",
        None if job.seen_at < now.plus_millis(-SILENCE) => "interrupted",
        None => "running",
    };
    JobView {
        id: job.id.clone(),
        words: job.words.clone(),
        state: state.to_owned(),
        started_at: job.started_at.to_string(),
        seen_at: job.seen_at.to_string(),
        done: job.done,
        total: job.total,
        media_type: job.media_type.clone(),
        size: job.size,
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
    let dead = context.now().plus_millis(-SILENCE);
    if !job::forget(&mut work, (context.me, account), id, dead).await? {
        return Err(unknown(id).into());
    }
    work.save().await?;
    Ok(())
}

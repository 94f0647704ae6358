//! How far something is that takes long, as whoever does it says; and which lines of a list are in.

use crate::context::{Context, Outcome, is_transient};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use store::{
    Work,
    job::{self, Far, Step},
};
use terms::Refusal;

/// A job, in the request that does it.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    /// Which.
    pub id: String,
    /// How far it is.
    pub progress: Progress,
    /// Whether it is tried again if it is refused because the time is bad.
    pub comes_again: bool,
}

/// How far something is. Of a request that is waited for, nobody reads it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    step: Mutex<Option<(&'static str, u16, u16)>>,
    done: Arc<AtomicU64>,
    total: AtomicU64,
    is_left: bool,
}

impl Progress {
    /// Of a job.
    pub(super) fn of_job() -> Self {
        Self(Arc::new(Told { is_left: true, ..Told::default() }))
    }

    /// Whether whoever asked has left it, so that there is no need to answer before it is done.
    pub fn is_left(&self) -> bool {
        self.0.is_left
    }

    /// What counts how much is done, for those who know nothing of jobs.
    pub fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.0.done)
    }

    /// The first of two steps of every file of a list …
    pub fn looks(&self) {
        self.begin((1, 2), "查询");
    }

    /// … and the second.
    pub fn writes(&self) {
        self.begin((2, 2), "生成文件");
    }

    /// What is done next: the nth of so many steps. Nothing of it is done yet, and nobody knows of how much.
    pub fn begin(&self, (at, of): (u16, u16), words: &'static str) {
        let mut step = self.0.step.lock().unwrap_or_else(PoisonError::into_inner);
        *step = Some((words, at, of));
        self.0.total.store(0, Ordering::Relaxed);
        self.0.done.store(0, Ordering::Relaxed);
    }

    /// There is so much to do.
    pub fn of(&self, total: usize) {
        self.of_about(u64::try_from(total).unwrap_or(u64::MAX));
    }

    /// There is about so much to do; 0 where nobody knows.
    pub fn of_about(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// One more of it is done.
    pub fn step(&self) {
        self.steps(1);
    }

    /// So many more are done.
    pub fn steps(&self, count: usize) {
        self.0.done.fetch_add(u64::try_from(count).unwrap_or_default(), Ordering::Relaxed);
    }

    /// As it stands.
    pub(super) fn now(&self) -> Far {
        let step = *self.0.step.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |of: &AtomicU64| u32::try_from(of.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        let (done, total) = (number(&self.0.done), number(&self.0.total));
        Far {
            step: step.map(|(words, at, of)| Step { words: words.to_owned(), at, of }),
            // Of what was only estimated, more may come.
            done: if total > 0 { done.min(total) } else { done },
            total,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Progress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Carried>().map(|carried| carried.progress.clone()).unwrap_or_default())
    }
}

/// The lines of a list that somebody hands in as a whole: of a job, those are written down that are in, so that whoever takes it up again leaves
/// them out. Of a request that is waited for, nothing is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    job: Option<String>,
    comes_again: bool,
}

impl Lines {
    /// Those that are in, and what each became.
    pub async fn known(&self, context: &Context) -> Outcome<BTreeMap<u32, String>> {
        let Some(id) = &self.job else { return Ok(BTreeMap::new()) };
        let mut conn = context.store.conn().await?;
        Ok(job::lines(&mut conn, (context.me, id)).await?)
    }

    /// Whether the list as a whole is to be refused with this refusal of a line: then it is tried again, from this line on.
    pub fn come_again(&self, refusal: &Refusal) -> bool {
        self.comes_again && is_transient(refusal.code())
    }

    /// One of them.
    pub const fn line(&self, number: u32) -> Line<'_> {
        Line { of: self, number }
    }
}

/// A line that is about to be brought in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    of: &'a Lines,
    number: u32,
}

impl Line<'_> {
    /// Writes down in the unit of work that brings it in what it becomes; false if it is in already, and nothing is to be saved.
    pub async fn enters(&self, context: &Context, work: &mut Work, subject: &str) -> Outcome<bool> {
        let Some(id) = &self.of.job else { return Ok(true) };
        Ok(job::enter_line(work, (context.me, id), self.number, subject).await?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Lines {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let carried = parts.extensions.get::<Carried>();
        Ok(Self {
            job: carried.map(|carried| carried.id.clone()),
            comes_again: carried.is_some_and(|carried| carried.comes_again),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_counted_anew_and_nothing_is_more_than_all() {
        let progress = Progress::default();
        assert_eq!(progress.now(), Far::default());
        progress.begin((1, 2), "读取");
        progress.steps(7);
        let step = |words: &str, at| Some(Step { words: words.to_owned(), at, of: 2 });
        assert_eq!(progress.now(), Far { step: step("读取", 1), done: 7, total: 0 });
        progress.begin((2, 2), "写入");
        progress.of(2);
        for done in [1, 2, 2] {
            progress.step();
            assert_eq!(progress.now(), Far { step: step("写入", 2), done, total: 2 });
        }
    }
}

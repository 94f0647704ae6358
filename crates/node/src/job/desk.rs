//! Who works on jobs in this process.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::watch, task::JoinSet};

/// Where they lie. It is open until the node is stopped; what lies there then is let go.
#[derive(Clone, Default)]
pub(crate) struct Desk(Arc<Mutex<Inner>>);

struct Inner {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Default for Inner {
    fn default() -> Self {
        Self { tasks: JoinSet::new(), stop: watch::Sender::new(false) }
    }
}

/// Tells whoever works on one that the node is being stopped.
pub(super) type Stopped = watch::Receiver<bool>;

impl Desk {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has it worked on.
    pub(super) fn take<W: Future<Output = ()> + Send + 'static>(&self, work: impl FnOnce(Stopped) -> W) {
        let mut inner = self.inner();
        while inner.tasks.try_join_next().is_some() {}
        let stopped = inner.stop.subscribe();
        inner.tasks.spawn(work(stopped));
    }

    /// How many are worked on.
    pub fn count(&self) -> usize {
        let mut inner = self.inner();
        while inner.tasks.try_join_next().is_some() {}
        inner.tasks.len()
    }

    /// Lets all go, so that another process takes them up at once.
    pub async fn leave(&self) {
        let mut tasks = {
            let mut inner = self.inner();
            inner.stop.send_replace(true);
            std::mem::take(&mut inner.tasks)
        };
        while tasks.join_next().await.is_some() {}
    }

    /// Takes all along when it is dropped: what a process does that is killed.
    pub fn to_the_end(&self) -> TakesAlong {
        TakesAlong(self.clone())
    }
}

/// See [`Desk::to_the_end`].
pub(crate) struct TakesAlong(Desk);

impl Drop for TakesAlong {
    fn drop(&mut self) {
        self.0.inner().tasks.abort_all();
    }
}

//! How long the database kept whoever used it: told to whoever asked to hear it, and to nobody else.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// What took its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Waiting for a free connection.
    Connection,
    /// A unit of work, from its beginning until it was saved.
    Work,
    /// Units of work that were done together.
    Batch,
}

/// Who hears it. It is told on the way of every unit of work, so it must be quick.
pub type Listener = Arc<dyn Fn(Step, Duration) + Send + Sync>;

/// Who hears it, of all handles of one store.
#[derive(Clone, Default)]
pub(crate) struct Timing(Arc<RwLock<Option<Listener>>>);

impl Timing {
    /// Tells this one from now on, and no longer whoever was told before.
    pub fn tell_to(&self, listener: Listener) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    /// Tells how long it took.
    pub fn tell(&self, step: Step, took: Duration) {
        if let Some(listener) = &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            listener(step, took);
        }
    }
}

impl fmt::Debug for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timing")
    }
}

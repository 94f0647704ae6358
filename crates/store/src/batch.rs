//! Writing many at once: units of work that arrive while one is being written wait, and are then written together in one
//! statement and one commit. What a flush to the disk costs is shared by all that wait for it.
//!
//! A batch only takes work that was decided on a state it names by its revision. Rows whose state has moved on are not
//! written, and their deciders are told to decide again on the slow and careful way. A batch that fails as a whole is
//! written one by one.

mod ask;
mod commit;
mod record;
mod settled;

pub use ask::Ask;
pub use commit::Commit;
pub use record::Record;
pub use settled::Stands;

use crate::{Result, Store};
use std::{collections::VecDeque, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// The most that are written together.
const TOGETHER_MAX: usize = 256;
/// So many in the last batch mean that more are on their way …
const BUSY: usize = 3;
/// … for which the next one waits so long: a batch costs little more for each that is in it.
const LINGER: Duration = Duration::from_millis(2);

/// A kind of work that can be written together.
pub trait Batch: Send + 'static {
    /// What tells two works apart that must not be in one batch, since they change the same row.
    fn key(&self) -> String;

    /// Writes all of them; true for each that was written, in their order.
    fn write_all(store: &Store, all: &[Self]) -> impl Future<Output = Result<Vec<bool>>> + Send
    where
        Self: Sized;
}

/// Where works of one kind wait to be written together.
#[derive(Debug)]
pub struct Batcher<B> {
    sender: mpsc::UnboundedSender<(B, oneshot::Sender<bool>)>,
}

impl<B> Clone for Batcher<B> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

impl<B: Batch + Sync> Batcher<B> {
    /// Starts a writer on this runtime; it ends with the last handle.
    pub fn start(store: Store) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(run(store, receiver));
        Self { sender }
    }

    /// Writes one, together with whatever else is waiting. False if it was not written: decide again.
    pub async fn write(&self, one: B) -> bool {
        let (done, answer) = oneshot::channel();
        if self.sender.send((one, done)).is_err() {
            return false;
        }
        answer.await.unwrap_or(false)
    }
}

async fn run<B: Batch + Sync>(
    store: Store,
    mut receiver: mpsc::UnboundedReceiver<(B, oneshot::Sender<bool>)>,
) {
    let mut waiting = VecDeque::new();
    let mut last = 0;
    loop {
        if waiting.is_empty() {
            match receiver.recv().await {
                Some(first) => waiting.push_back(first),
                None => return,
            }
        }
        if last >= BUSY {
            tokio::time::sleep(LINGER).await;
        }
        while let Ok(more) = receiver.try_recv() {
            waiting.push_back(more);
        }
        let mut together = Vec::new();
        let mut answers = Vec::new();
        let mut keys = std::collections::HashSet::new();
        let mut later = VecDeque::new();
        for (one, answer) in waiting.drain(..) {
            if together.len() < TOGETHER_MAX && keys.insert(one.key()) {
                together.push(one);
                answers.push(answer);
            } else {
                later.push_back((one, answer));
            }
        }
        waiting = later;
        last = together.len();
        let written = write(&store, &together).await;
        for (answer, written) in answers.into_iter().zip(written) {
            // Whoever stopped waiting finds out by asking again.
            let _ = answer.send(written);
        }
    }
}

/// Writes a batch. If it fails as a whole, each alone: one that cannot be written keeps no other from it.
async fn write<B: Batch + Sync>(store: &Store, together: &[B]) -> Vec<bool> {
    match B::write_all(store, together).await {
        Ok(written) => written,
        Err(error) if together.len() == 1 => {
            tracing::info!(%error, "not written");
            vec![false]
        }
        Err(_) => {
            let mut written = Vec::with_capacity(together.len());
            for one in together {
                written.extend(Box::pin(write(store, std::slice::from_ref(one))).await);
            }
            written
        }
    }
}

//! Doing many at once: units of work that arrive while one is being done wait, and are then done together in one statement
//! and one commit. What a statement and a flush to the disk cost is shared by all that wait for it.
//!
//! A batch only writes work that was decided on a state it names by its revision. Rows whose state has moved on are not
//! written, and their deciders are told to decide again on the slow and careful way. A batch that fails as a whole is
//! done one by one.
//!
//! Statements here are planned once, when tables may still be empty, and joined along keys only. What a batch has written a few lines
//! above is therefore looked up as `(id in (select id from stand)) is true`, which is a table of hashes whatever the planner expects,
//! and not joined, which would compare each with each.

mod ask;
mod commit;
mod find_known;
mod find_visit;
mod record;
mod settled;

pub use ask::Ask;
pub use commit::Commit;
pub use find_known::FindKnown;
pub use find_visit::FindVisit;
pub use record::Record;
pub use settled::Stands;

use crate::{
    Result, Store,
    fault::{MaybeFaults, Point, meet},
    timing::Step,
};
use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// The most that are done together.
const TOGETHER_MAX: usize = 256;
/// So many that came while the last batch was done mean that more are on their way …
const BUSY: usize = 2;
/// … and so many in the last batch, that the rest of them are …
const MANY: usize = 6;
/// … for which the next one waits as long as the last took, since a batch costs little more for each that is in it; but never
/// longer than this. After a small batch with nobody waiting, nobody who comes later is kept waiting.
const LINGER_MAX: Duration = Duration::from_millis(3);

/// A kind of work that can be done together.
pub trait Batch: Send + Sync + Sized + 'static {
    /// What comes of one; its default says that it was not done.
    type Answer: Default + Send;

    /// Whether one that nobody waits for any more is left out. Not where it writes down what another node has decided already.
    const ONLY_IF_WAITED_FOR: bool;

    /// What tells two works apart that must not be in one batch, since they change the same row.
    fn key(&self) -> String;

    /// The months whose partitions it reads or changes. Only works of the same months go together: a statement that is told its
    /// months opens their partitions, and not those of all years.
    fn months(&self) -> Months;

    /// Does all of them; what came of each, in their order.
    fn do_all(store: &Store, all: &[Self]) -> impl Future<Output = Result<Vec<Self::Answer>>> + Send;
}

/// The month of a settlement, and that of its visit, as partitions are numbered; 0 where a work has none.
pub type Months = [i32; 2];

/// A work, and who waits for it.
type Waiting<B> = (B, oneshot::Sender<<B as Batch>::Answer>);

/// Where works of one kind wait to be done together.
#[derive(Debug)]
pub struct Batcher<B: Batch> {
    sender: mpsc::UnboundedSender<Waiting<B>>,
    faults: MaybeFaults,
}

impl<B: Batch> Clone for Batcher<B> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), faults: self.faults.clone() }
    }
}

impl<B: Batch> Batcher<B> {
    /// Starts a worker on this runtime; it ends with the last handle.
    pub fn start(store: Store) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let faults = store.faults.clone();
        tokio::spawn(run(store, receiver));
        Self { sender, faults }
    }

    /// Does one, together with whatever else is waiting. The answer's default says that it was not done: decide again.
    async fn together(&self, one: B) -> B::Answer {
        if meet(self.faults.as_ref(), Point::Batch).await.is_err() {
            return B::Answer::default();
        }
        let (done, answer) = oneshot::channel();
        if self.sender.send((one, done)).is_err() {
            return B::Answer::default();
        }
        let done = answer.await.unwrap_or_default();
        if meet(self.faults.as_ref(), Point::Batched).await.is_err() {
            return B::Answer::default();
        }
        done
    }
}

impl<B: Batch<Answer = bool>> Batcher<B> {
    /// Writes one, together with whatever else is waiting. False if it was not written: decide again.
    pub async fn write(&self, one: B) -> bool {
        self.together(one).await
    }
}

impl<B: Batch<Answer = Option<Found>>, Found: Send> Batcher<B> {
    /// Reads one, together with whatever else is waiting. `None` if it is not there, or could not be read.
    pub async fn read(&self, one: B) -> Option<Found> {
        self.together(one).await
    }
}

async fn run<B: Batch>(store: Store, mut receiver: mpsc::UnboundedReceiver<Waiting<B>>) {
    let mut waiting = VecDeque::new();
    let (mut last, mut took) = (0, Duration::ZERO);
    loop {
        let busy = last >= MANY || waiting.len() + receiver.len() >= BUSY;
        if waiting.is_empty() {
            match receiver.recv().await {
                Some(first) => waiting.push_back(first),
                None => return,
            }
        }
        if busy {
            tokio::time::sleep(took.min(LINGER_MAX)).await;
        }
        while let Ok(more) = receiver.try_recv() {
            waiting.push_back(more);
        }
        let mut together = Vec::new();
        let mut answers = Vec::new();
        let mut keys = HashSet::new();
        let mut months = None;
        let mut later = VecDeque::new();
        for (one, answer) in waiting.drain(..) {
            if B::ONLY_IF_WAITED_FOR && answer.is_closed() {
                continue;
            }
            let is_along =
                together.len() < TOGETHER_MAX && *months.get_or_insert(one.months()) == one.months();
            if is_along && keys.insert(one.key()) {
                together.push(one);
                answers.push(answer);
            } else {
                later.push_back((one, answer));
            }
        }
        waiting = later;
        if together.is_empty() {
            (last, took) = (0, Duration::ZERO);
            continue;
        }
        let begun = Instant::now();
        let done = attempt(&store, &together).await;
        (last, took) = (together.len(), begun.elapsed());
        store.timing.tell(Step::Batch, took);
        for (answer, done) in answers.into_iter().zip(done) {
            // Whoever stopped waiting finds out by asking again.
            let _ = answer.send(done);
        }
    }
}

/// For each id whether it is among those that a statement gave back.
fn each_among(ids: &[String], given_back: Vec<String>) -> Vec<bool> {
    let given_back: HashSet<String> = given_back.into_iter().collect();
    ids.iter().map(|id| given_back.contains(id)).collect()
}

/// Does a batch. If it fails as a whole, each alone: one that cannot be done keeps no other from it.
async fn attempt<B: Batch>(store: &Store, together: &[B]) -> Vec<B::Answer> {
    match B::do_all(store, together).await {
        Ok(done) => done,
        Err(error) if together.len() == 1 => {
            tracing::info!(%error, "not done");
            vec![B::Answer::default()]
        }
        Err(_) => {
            let mut done = Vec::with_capacity(together.len());
            for one in together {
                done.extend(Box::pin(attempt(store, std::slice::from_ref(one))).await);
            }
            done
        }
    }
}

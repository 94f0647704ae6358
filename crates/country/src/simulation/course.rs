//! The course of events: simulated time, the queue of what is to happen, chance, and the story that is told.
//!
//! Everything happens one event after another. An event runs until every task that it set going has ended or waits for the
//! course; what a task does in between takes no simulated time, however long the database takes for it.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use terms::{Moment, Participant};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
};

/// What happens at a time.
pub type Event = Box<dyn FnOnce() + Send>;

/// How long an event may take on the real clock: whatever takes longer waits for something that no event will bring.
const REAL_PATIENCE: Duration = Duration::from_mins(1);

/// The course of events.
pub struct Course {
    begins: Moment,
    state: Mutex<State>,
    /// How many tasks run that do not wait for the course.
    busy: AtomicI64,
    quiet: Notify,
}

struct State {
    millis: i64,
    sequence: u64,
    queue: BTreeMap<(i64, u64), Event>,
    dice: StdRng,
    story: Vec<String>,
    /// What runs at a node, which ends when it is killed.
    tasks: BTreeMap<Participant, Vec<JoinHandle<()>>>,
    /// Tasks that were told to end.
    ending: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Course({})", self.now())
    }
}

impl Course {
    /// A course that begins at a moment, with chance of this seed.
    pub fn new(begins: Moment, seed: u64) -> Arc<Self> {
        let state = State {
            millis: 0,
            sequence: 0,
            queue: BTreeMap::new(),
            dice: StdRng::seed_from_u64(seed),
            story: Vec::new(),
            tasks: BTreeMap::new(),
            ending: Vec::new(),
        };
        Arc::new(Self { begins, state: Mutex::new(state), busy: AtomicI64::new(0), quiet: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics holding it")
    }

    /// Milliseconds since the beginning.
    pub fn millis(&self) -> i64 {
        self.state().millis
    }

    /// The present.
    pub fn now(&self) -> Moment {
        self.begins.plus_millis(self.millis())
    }

    /// Lets time pass at once, without what was to happen meanwhile.
    pub fn skip_to(&self, moment: Moment) {
        let millis = moment.millis() - self.begins.millis();
        let mut state = self.state();
        state.millis = state.millis.max(millis);
    }

    /// Lets something happen so many milliseconds from now.
    pub fn after(&self, millis: i64, event: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        state.sequence += 1;
        let key = (state.millis + millis.max(1), state.sequence);
        state.queue.insert(key, Box::new(event));
    }

    /// A number of the range, by chance.
    pub fn roll(&self, range: Range<i64>) -> i64 {
        self.state().dice.random_range(range)
    }

    /// Whether something of so many in a thousand happens.
    pub fn happens(&self, permille: i64) -> bool {
        permille > 0 && self.roll(0..1_000) < permille
    }

    /// Tells what happens.
    pub fn tell(&self, what: &str) {
        let mut state = self.state();
        let (seconds, millis) = (state.millis / 1_000, state.millis % 1_000);
        state.story.push(format!("{seconds:>6}.{millis:03}  {what}"));
    }

    /// The story so far.
    pub fn take_story(&self) -> Vec<String> {
        std::mem::take(&mut self.state().story)
    }

    fn add_busy(&self, number: i64) {
        if self.busy.fetch_add(number, Ordering::SeqCst) + number == 0 {
            self.quiet.notify_one();
        }
    }

    /// Sets a task going, at a node or, without one, at somebody who is never killed.
    pub fn spawn(self: &Arc<Self>, at: Option<Participant>, task: impl Future<Output = ()> + Send + 'static) {
        self.add_busy(1);
        let busy = Busy(Arc::clone(self));
        let handle = tokio::spawn(async move {
            let _busy = busy;
            task.await;
        });
        if let Some(node) = at {
            let mut state = self.state();
            let tasks = state.tasks.entry(node).or_default();
            tasks.retain(|task| !task.is_finished());
            tasks.push(handle);
        }
    }

    /// Ends all that runs at a node, wherever it is.
    pub fn end_tasks(&self, of: Participant) {
        let mut state = self.state();
        let tasks = state.tasks.remove(&of).unwrap_or_default();
        for task in tasks {
            task.abort();
            state.ending.push(task);
        }
    }

    /// A place to wait at, and the means to end the waiting.
    pub fn seat<T>(self: &Arc<Self>) -> (Call<T>, Seat<T>) {
        let (sender, receiver) = oneshot::channel();
        let called = Arc::new(Mutex::new(false));
        let call = Call { sender, called: Arc::clone(&called), course: Arc::clone(self) };
        (call, Seat { receiver, called, course: Arc::clone(self) })
    }

    /// Waits so many simulated milliseconds.
    pub async fn pause(self: &Arc<Self>, millis: i64) {
        let (call, seat) = self.seat::<()>();
        self.after(millis, move || {
            call.call(());
        });
        seat.wait().await;
    }

    /// Waits for ever: only the end of the task ends it.
    pub async fn wait_for_the_end(self: &Arc<Self>) {
        let (_call, seat) = self.seat::<()>();
        seat.wait().await;
    }

    /// Lets the next event happen; false if none is left, or none until then.
    pub fn next(&self, until: i64) -> bool {
        let event = {
            let mut state = self.state();
            match state.queue.first_key_value() {
                Some(((millis, _), _)) if *millis <= until => {}
                _ => return false,
            }
            let ((millis, _), event) = state.queue.pop_first().expect("it was there");
            state.millis = state.millis.max(millis);
            event
        };
        event();
        true
    }

    /// Waits, on the real clock, until every task has ended or waits for the course. False if that does not come.
    pub async fn until_quiet(&self) -> bool {
        let all = async {
            loop {
                let ending = std::mem::take(&mut self.state().ending);
                for task in ending {
                    // It was told to end, so how it ended says nothing.
                    let _ = task.await;
                }
                if self.busy.load(Ordering::SeqCst) == 0 && self.state().ending.is_empty() {
                    return;
                }
                self.quiet.notified().await;
            }
        };
        tokio::time::timeout(REAL_PATIENCE, all).await.is_ok()
    }

    /// Forgets all that was to happen.
    pub fn clear(&self) {
        let queue = std::mem::take(&mut self.state().queue);
        drop(queue);
    }
}

/// Counts a task while it is there.
struct Busy(Arc<Course>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.add_busy(-1);
    }
}

/// The means to end somebody's waiting.
pub struct Call<T> {
    sender: oneshot::Sender<T>,
    called: Arc<Mutex<bool>>,
    course: Arc<Course>,
}

impl<T> Call<T> {
    /// Calls whoever waits; false if nobody does any more.
    pub fn call(self, value: T) -> bool {
        *self.called.lock().expect("nobody panics holding it") = true;
        self.course.add_busy(1);
        let heard = self.sender.send(value).is_ok();
        if !heard {
            self.course.add_busy(-1);
        }
        heard
    }
}

/// A place to wait at.
pub struct Seat<T> {
    receiver: oneshot::Receiver<T>,
    called: Arc<Mutex<bool>>,
    course: Arc<Course>,
}

impl<T> Seat<T> {
    /// Waits to be called. A task that ends here while it waits counts as running again until it has ended.
    pub async fn wait(self) -> T {
        let Self { receiver, called, course } = self;
        course.add_busy(-1);
        let _waiting = Waiting { called, course };
        match receiver.await {
            Ok(value) => value,
            Err(_) => std::future::pending().await,
        }
    }
}

struct Waiting {
    called: Arc<Mutex<bool>>,
    course: Arc<Course>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !*self.called.lock().expect("nobody panics holding it") {
            self.course.add_busy(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn play(course: &Arc<Course>) -> Vec<String> {
        while course.next(i64::MAX) {
            assert!(course.until_quiet().await);
        }
        course.take_story()
    }

    #[tokio::test]
    async fn tasks_wait_in_simulated_time_and_go_on_in_its_order() {
        let course = Course::new("2026-11-11 10:00:00".parse().unwrap(), 1);
        for (name, millis) in [("slow", 90_000), ("quick", 10), ("between", 500)] {
            let of = Arc::clone(&course);
            course.spawn(None, async move {
                of.pause(millis).await;
                of.tell(name);
            });
        }
        assert!(course.until_quiet().await);
        assert_eq!(play(&course).await, ["     0.010  quick", "     0.500  between", "    90.000  slow"]);
        assert_eq!(course.now().to_string(), "2026-11-11 10:01:30");
    }

    #[tokio::test]
    async fn what_a_killed_node_was_about_never_happens() {
        let course = Course::new("2026-11-11 10:00:00".parse().unwrap(), 1);
        for node in ["110000", "420000"] {
            let of = Arc::clone(&course);
            course.spawn(Some(node.parse().unwrap()), async move {
                of.pause(100).await;
                of.tell(node);
            });
        }
        let of = Arc::clone(&course);
        course.after(50, move || of.end_tasks("110000".parse().unwrap()));
        assert!(course.until_quiet().await);
        assert_eq!(play(&course).await, ["     0.100  420000"]);
    }
}

//! An act of somebody (操作) and its entry of the audit trail: what may change or reveal something is written down before it is begun, and goes in
//! the transaction that writes the entry of how it ended. So nothing is done without an entry, wherever the node dies, whoever goes away.
//!
//! What was begun and nobody holds any more is given up ([`give_up`]): it becomes an entry that says that its end is unknown (结果不明). Whoever
//! does it holds it while he lives ([`Act::held`]), so that no other instance gives up what he is still about. One that is found to live after
//! all has an entry of how it ended as well. How one ended that the database did not take is kept in memory ([`KnownEnds`]), and written down
//! when the database is back ([`write_known`]).

use crate::context::{Context, Failure, Outcome};
use casework::access::Account;
use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::{
    act::{self, Late},
    audit_trail,
    audit_trail::Event,
};
use terms::Refusal;

/// How long one is held after a word of whoever does it, in milliseconds: as long as an instance may hang that is not dead.
const HELD: i64 = 60_000;
/// How often he says so.
const BEAT: Duration = Duration::from_secs(10);
/// How many ends are kept in memory while the database is away. They are of acts that were begun before: no more than are under way at once.
const ENDS_MAX: usize = 1_000;

/// How an act ended, as the trail does not know yet.
#[derive(Debug)]
struct KnownEnd {
    /// Under which it is written down.
    id: String,
    /// Its entry; none if it came to nothing.
    event: Option<Event>,
}

/// How acts ended that the database did not take: kept by each instance for itself until it does. The oldest is forgotten where there are too
/// many, and becomes one whose end is unknown.
#[derive(Clone, Default)]
pub struct KnownEnds(Arc<Mutex<VecDeque<KnownEnd>>>);

impl KnownEnds {
    fn keep(&self, id: String, event: Option<Event>) {
        let mut ends = self.held();
        if ends.len() >= ENDS_MAX {
            ends.pop_front();
        }
        ends.push_back(KnownEnd { id, event });
    }

    fn next(&self) -> Option<KnownEnd> {
        self.held().pop_front()
    }

    fn held(&self) -> MutexGuard<'_, VecDeque<KnownEnd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KnownEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ends", self.held().len())
    }
}

/// Something that somebody does, or is about to do.
pub(crate) struct Act {
    context: Context,
    event: Event,
    /// Under which it is written down, once it is begun.
    begun: Option<String>,
}

impl Act {
    /// What the entry will say, but for how it ended. Nothing is written yet.
    pub fn new(context: &Context, event: Event) -> Self {
        Self { context: context.clone(), event, begun: None }
    }

    /// Says whose it is, as soon as that is known.
    pub fn is_of(&mut self, account: &Account) {
        self.event.account = account.name.to_string();
        account.role.code().clone_into(&mut self.event.role);
        self.event.area = account.area.to_string();
    }

    /// Says what it is about, as soon as that is known.
    pub fn is_about(&mut self, subject: String) {
        self.event.subject = subject;
    }

    /// Writes down that it is begun. What cannot be written down is not to be done.
    ///
    /// # Errors
    /// [`Refusal::NodeBusy`] if the database does not take it.
    pub async fn begins(&mut self) -> Result<(), Refusal> {
        let context = &self.context;
        let now = context.now();
        let id = format!("{}{:016x}", now.compact_millis(), context.ids.serial());
        let write = async {
            let mut work = context.store.begin().await?;
            act::begin(&mut work, (context.me, &id), &self.event, now.plus_millis(HELD)).await?;
            Ok(work)
        };
        let work = write.await.map_err(refused)?;
        if let Err(error) = work.save().await {
            // It may stand there all the same: nothing comes of it.
            context.ends.keep(id, None);
            return Err(refused(error));
        }
        self.begun = Some(id);
        Ok(())
    }

    /// Whether it is written down as begun.
    pub const fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// Does it, and holds it meanwhile.
    pub async fn held<T>(&self, doing: impl Future<Output = T>) -> T {
        self.held_at(BEAT, doing).await
    }

    async fn held_at<T>(&self, beat: Duration, doing: impl Future<Output = T>) -> T {
        let Some(id) = &self.begun else { return doing.await };
        tokio::select! {
            biased;
            done = doing => done,
            never = self.hold(id, beat) => match never {},
        }
    }

    async fn hold(&self, id: &str, beat: Duration) -> Infallible {
        let Context { store, me, .. } = &self.context;
        loop {
            tokio::time::sleep(beat).await;
            let until = self.context.now().plus_millis(HELD);
            let say = async { act::hold(&mut *store.conn().await?, (*me, id), until).await };
            match say.await {
                Ok(true) => {}
                Ok(false) => tracing::warn!("what is still being done has been given up"),
                Err(error) => tracing::warn!(%error, "that something is still being done could not be said"),
            }
        }
    }

    /// Writes the entry: `done`, or the code of the refusal.
    ///
    /// # Errors
    /// [`Refusal::NodeBusy`] if the database does not take it. How it ended is kept, if it was begun, and written down later.
    pub async fn ends(self, outcome: &str) -> Result<(), Refusal> {
        let Self { context, event, begun } = self;
        let event = Event { outcome: outcome.to_owned(), ..event };
        let write = async {
            let mut work = context.store.begin().await?;
            if let Some(id) = &begun
                && !act::end(&mut work, (context.me, id)).await?
            {
                tracing::warn!("what was given up has ended after all; both stand in the trail");
            }
            audit_trail::append(&mut work, context.me, event.clone()).await?;
            work.save().await
        };
        let written = write.await;
        if let (Err(_), Some(id)) = (&written, begun) {
            context.ends.keep(id, Some(event));
        }
        written.map_err(refused)
    }

    /// Takes it off without an entry: nothing was changed, and nothing shown.
    ///
    /// # Errors
    /// [`Refusal::NodeBusy`] if the database does not take it. It is taken off later.
    pub async fn came_to_nothing(self) -> Result<(), Refusal> {
        let Some(id) = self.begun else { return Ok(()) };
        let context = self.context;
        let write = async {
            let mut work = context.store.begin().await?;
            act::end(&mut work, (context.me, &id)).await?;
            work.save().await
        };
        let written = write.await;
        if written.is_err() {
            context.ends.keep(id, None);
        }
        written.map_err(refused)
    }
}

fn refused(error: store::Error) -> Refusal {
    Failure::from(error).refusal()
}

/// Writes down how acts ended that the database did not take when they did, the oldest first, until it does not take one. That one is the last
/// of them the next time.
pub(crate) async fn write_known(context: &Context) -> Outcome<()> {
    while let Some(end) = context.ends.next() {
        if let Err(failure) = write_end(context, &end).await {
            context.ends.keep(end.id, end.event);
            return Err(failure);
        }
    }
    Ok(())
}

async fn write_end(context: &Context, KnownEnd { id, event }: &KnownEnd) -> Outcome<()> {
    let whose = (context.me, id.as_str());
    let mut work = context.store.begin().await?;
    if let Some(event) = event {
        if act::end_late(&mut work, whose, event.clone()).await? == Late::AfterGivenUp {
            tracing::warn!("what was given up has ended after all; both stand in the trail");
        }
    } else {
        act::end(&mut work, whose).await?;
    }
    Ok(work.save().await?)
}

/// Gives up the oldest act that nobody holds any more, whichever instance began it; false if there is none.
pub(crate) async fn give_up(context: &Context) -> Outcome<bool> {
    let mut work = context.store.begin().await?;
    let Some(entry) = act::give_up(&mut work, context.me, context.now()).await? else { return Ok(false) };
    work.save().await?;
    let (sequence, action) = (entry.sequence, entry.event.action);
    tracing::warn!(sequence, action, "nobody knows how an act ended; an entry of the audit trail says so");
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sign::sm2::PrivateKey;
    use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
    use store::{
        Store,
        audit_trail::Filter,
        embedded::fixture::TestCluster,
        fault::{Faults, Met, Point},
    };
    use terms::{Clock, Moment, Participant, id::CountingIds};

    /// A clock that stands still until somebody moves it.
    #[derive(Debug)]
    struct Hand(AtomicI64);

    impl Hand {
        fn moves(&self, millis: i64) {
            self.0.fetch_add(millis, Ordering::SeqCst);
        }
    }

    impl Clock for Hand {
        fn now(&self) -> Moment {
            Moment::from_millis(self.0.load(Ordering::SeqCst)).unwrap()
        }
    }

    /// A database that is away while somebody says so, and may take a thing without saying so.
    #[derive(Debug, Default)]
    struct Trouble {
        is_away: AtomicBool,
        is_silent: AtomicBool,
        /// How often it was read from: each word of who holds an act takes a connection to do so.
        reads: AtomicI64,
    }

    impl Faults for Trouble {
        fn at(&self, point: Point) -> Met<'_> {
            self.reads.fetch_add(i64::from(point == Point::Read), Ordering::SeqCst);
            let fails = match point {
                Point::Begin | Point::Read => self.is_away.load(Ordering::SeqCst),
                Point::Saved => self.is_silent.swap(false, Ordering::SeqCst),
                _ => false,
            };
            Box::pin(async move { if fails { Err("the database is away".to_owned()) } else { Ok(()) } })
        }
    }

    struct Desk {
        context: Context,
        hand: Arc<Hand>,
        trouble: Arc<Trouble>,
        /// The same database, without trouble.
        store: Store,
    }

    impl Desk {
        async fn open() -> Self {
            let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
            let store = TestCluster::shared().fresh_store(now).await;
            let (hand, trouble) = (Arc::new(Hand(AtomicI64::new(now.millis()))), Arc::<Trouble>::default());
            let faults = Arc::clone(&trouble) as Arc<dyn Faults>;
            let context = Context {
                me: Participant::Hub,
                store: store.clone().with_faults(faults),
                clock: Arc::clone(&hand) as Arc<dyn Clock>,
                ids: Arc::new(CountingIds::default()),
                key: PrivateKey::from_bytes(&[7; 32]).unwrap(),
                ends: KnownEnds::default(),
            };
            Self { context, hand, trouble, store }
        }

        /// Something that somebody begins, a millisecond after the one before.
        async fn begun(&self, subject: &str) -> Act {
            let mut act = self.act(subject);
            act.begins().await.unwrap();
            act
        }

        fn act(&self, subject: &str) -> Act {
            self.hand.moves(1);
            let event = Event {
                at: self.context.now(),
                account: "wangfang".to_owned(),
                role: "agency-operator".to_owned(),
                area: "city:420100".to_owned(),
                action: "enter-filings".to_owned(),
                subject: subject.to_owned(),
                outcome: String::new(),
                duty: String::new(),
                address: "10.0.0.1".to_owned(),
            };
            Act::new(&self.context, event)
        }

        async fn gives_up(&self) -> usize {
            let mut count = 0;
            while give_up(&self.context).await.unwrap() {
                count += 1;
            }
            count
        }

        /// What the trail says, the oldest first.
        async fn trail(&self) -> Vec<String> {
            let mut conn = self.store.conn().await.unwrap();
            let found =
                audit_trail::search(&mut conn, self.context.me, &Filter::default(), 99).await.unwrap();
            found.iter().rev().map(|one| format!("{} {}", one.event.subject, one.event.outcome)).collect()
        }
    }

    #[tokio::test]
    async fn how_an_act_ended_is_written_down_when_the_database_is_back() {
        let desk = Desk::open().await;
        let [done, refused, nothing] = [desk.begun("1").await, desk.begun("2").await, desk.begun("3").await];
        desk.trouble.is_away.store(true, Ordering::SeqCst);
        assert!(done.ends("done").await.is_err() && refused.ends("four-eyes").await.is_err());
        assert!(nothing.came_to_nothing().await.is_err());
        assert!(desk.act("4").begins().await.is_err(), "nothing is begun meanwhile");
        assert!(write_known(&desk.context).await.is_err());
        assert_eq!(desk.context.ends.held().len(), 3, "what is not taken is kept, and nothing besides");
        desk.trouble.is_away.store(false, Ordering::SeqCst);
        // Longer than anybody holds anything: it is not given up before.
        desk.hand.moves(HELD + 1);
        write_known(&desk.context).await.unwrap();
        assert_eq!(desk.gives_up().await, 0);
        let mut trail = desk.trail().await;
        trail.sort();
        assert_eq!(trail, ["1 done", "2 four-eyes"]);
        assert!(desk.context.ends.held().is_empty());
    }

    #[tokio::test]
    async fn what_was_taken_without_a_word_is_written_once() {
        let desk = Desk::open().await;
        desk.trouble.is_silent.store(true, Ordering::SeqCst);
        assert!(desk.act("never begun").begins().await.is_err());
        let done = desk.begun("1").await;
        desk.trouble.is_silent.store(true, Ordering::SeqCst);
        assert!(done.ends("done").await.is_err());
        write_known(&desk.context).await.unwrap();
        desk.hand.moves(HELD + 1);
        assert_eq!(desk.gives_up().await, 0, "what was refused when it began has not been done");
        assert_eq!(desk.trail().await, ["1 done"]);
    }

    #[tokio::test]
    async fn who_comes_back_after_another_gave_it_up_says_how_it_ended_as_well() {
        let desk = Desk::open().await;
        let done = desk.begun("1").await;
        desk.trouble.is_away.store(true, Ordering::SeqCst);
        assert!(done.ends("done").await.is_err());
        desk.hand.moves(HELD + 1);
        // Another instance, whose database is there.
        let other = Context { store: desk.store.clone(), ..desk.context.clone() };
        assert!(give_up(&other).await.unwrap());
        desk.trouble.is_away.store(false, Ordering::SeqCst);
        write_known(&desk.context).await.unwrap();
        assert_eq!(desk.trail().await, ["1 end-unknown", "1 done"]);
    }

    #[tokio::test]
    async fn no_more_is_kept_in_memory_than_may_be() {
        let ends = KnownEnds::default();
        for number in 0..=ENDS_MAX {
            ends.keep(number.to_string(), None);
        }
        assert_eq!(ends.held().len(), ENDS_MAX);
        assert_eq!(ends.next().unwrap().id, "1", "the oldest is forgotten");
    }

    #[tokio::test]
    async fn an_act_is_held_as_long_as_it_is_done() {
        let desk = Desk::open().await;
        let (long, _hung) = (desk.begun("long").await, desk.begun("hung").await);
        let beat = Duration::from_millis(5);
        let doing = async {
            // Five times as long as one is held after a word; a word is heard in each part of that.
            for _ in 0..10 {
                desk.hand.moves(HELD / 2);
                // The first word may have been on its way; the second is said by the time that the third begins.
                let words = desk.trouble.reads.load(Ordering::SeqCst);
                while desk.trouble.reads.load(Ordering::SeqCst) < words + 3 {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                desk.gives_up().await;
            }
            "done"
        };
        let outcome = long.held_at(beat, doing).await;
        assert_eq!(desk.trail().await, ["hung end-unknown"]);
        // Nobody says anything any more: just as long as it is held, and no longer.
        desk.hand.moves(HELD);
        assert_eq!(desk.gives_up().await, 0);
        desk.hand.moves(1);
        assert_eq!(desk.gives_up().await, 1);
        long.ends(outcome).await.unwrap();
        let expected = ["hung end-unknown", "long end-unknown", "long done"];
        assert_eq!(desk.trail().await, expected, "who is found to live has an entry as well");
    }
}

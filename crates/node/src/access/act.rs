//! An act of somebody (操作) and its entry of the audit trail: what may change or reveal something is written down before it is begun, and goes in
//! the transaction that writes the entry of how it ended. So nothing is done without an entry, wherever the node dies, whoever goes away.
//!
//! What was begun and nobody holds any more is given up ([`give_up`]): it becomes an entry that says that its end is unknown (结果不明). Whoever
//! does it holds it while he lives ([`Act::held`]), so that no other instance gives up what he is still about. One that is found to live after
//! all has an entry of how it ended as well.

use crate::context::{Context, Failure, Outcome};
use casework::access::Account;
use std::{convert::Infallible, future::Future, time::Duration};
use store::{act, audit_trail, audit_trail::Event};
use terms::Refusal;

/// How long one is held after a word of whoever does it, in milliseconds: as long as an instance may hang that is not dead.
const HELD: i64 = 60_000;
/// How often he says so.
const BEAT: Duration = Duration::from_secs(10);

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
            work.save().await
        };
        write.await.map_err(refused)?;
        self.begun = Some(id);
        Ok(())
    }

    /// Whether it is written down as begun.
    pub const fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// Does it, and holds it meanwhile.
    pub async fn held<T>(&self, doing: impl Future<Output = T>) -> T {
        let Some(id) = &self.begun else { return doing.await };
        tokio::select! {
            biased;
            done = doing => done,
            never = self.hold(id) => match never {},
        }
    }

    async fn hold(&self, id: &str) -> Infallible {
        let Context { store, me, .. } = &self.context;
        loop {
            tokio::time::sleep(BEAT).await;
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
    /// [`Refusal::NodeBusy`] if the database does not take it. What is begun is given up after a while.
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
            audit_trail::append(&mut work, context.me, event).await?;
            work.save().await
        };
        write.await.map_err(refused)
    }

    /// Takes it off without an entry: nothing was changed, and nothing shown.
    ///
    /// # Errors
    /// [`Refusal::NodeBusy`] if the database does not take it.
    pub async fn came_to_nothing(self) -> Result<(), Refusal> {
        let Some(id) = &self.begun else { return Ok(()) };
        let write = async {
            let mut work = self.context.store.begin().await?;
            act::end(&mut work, (self.context.me, id)).await?;
            work.save().await
        };
        write.await.map_err(refused)
    }
}

fn refused(error: store::Error) -> Refusal {
    Failure::from(error).refusal()
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

//! Hears what other instances of this node change in its registers. Until it hears, and whenever it does not, nothing of them is
//! held ready ([`crate::kept`]).

use std::{sync::Arc, time::Duration};
use store::{Store, change::Change};
use tokio::sync::watch;

/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// What holds something of its registers ready.
pub trait Holder: Send + Sync + 'static {
    /// The database that its instances share.
    fn store(&self) -> &Store;

    /// Whether what others change is heard from now on.
    fn set_hears(&self, hears: bool);

    /// Something changed.
    fn hear(&self, change: &Change);
}

/// Listens until told to stop, or until nobody is left who could.
pub async fn run<H: Holder>(holder: Arc<H>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = keep_listening(&*holder) => {}
        _ = stop.wait_for(|stopped| *stopped) => {}
    }
    // What is still at work reads the registers themselves.
    holder.set_hears(false);
}

/// Listens, and again after each failure.
async fn keep_listening(holder: &impl Holder) {
    loop {
        let error = listen(holder).await;
        holder.set_hears(false);
        tracing::info!(%error, "changes of other instances are not heard; the registers are read each time");
        tokio::time::sleep(AGAIN).await;
    }
}

/// Listens until that fails, and says why it did.
async fn listen(holder: &impl Holder) -> store::Error {
    let mut listening = match holder.store().listen().await {
        Ok(listening) => listening,
        Err(error) => return error,
    };
    holder.set_hears(true);
    loop {
        match listening.next().await {
            Ok(change) => holder.hear(&change),
            Err(error) => return error,
        }
    }
}

//! What runs by itself.

pub mod changes;
pub mod details_on;
pub mod jobs;
pub mod outbox;
pub mod timetable;

use std::time::Duration;
use tokio::sync::watch;

/// Rests between two rounds of a work. False if there is to be no further round: it was told to stop, or nobody is left who could tell.
async fn rest(every: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = tokio::time::sleep(every) => true,
        _ = stop.wait_for(|stopped| *stopped) => false,
    }
}

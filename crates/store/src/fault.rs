//! Trouble on purpose: a store can be given somebody who may make its units of work fail, wait or never go on. Simulations use it;
//! without it nothing is asked and nothing is spent.

use crate::{Error, Result};
use std::{fmt::Debug, future::Future, io, pin::Pin, sync::Arc};

/// Where a unit of work can meet trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A connection to read from is about to be taken.
    Read,
    /// A unit of work is about to begin.
    Begin,
    /// It is about to be made durable. Trouble here undoes it.
    Save,
    /// It is durable. Trouble here hides that from whoever saved it, as a connection does that breaks at the commit.
    Saved,
    /// A work is about to be handed to a batch. Trouble here: it is not done.
    Batch,
    /// A batch is done. Trouble here hides what came of it.
    Batched,
}

/// What comes of asking: nothing, or what the database is to be blamed for.
pub type Met<'a> = Pin<Box<dyn Future<Output = std::result::Result<(), String>> + Send + 'a>>;

/// Who makes trouble.
pub trait Faults: Debug + Send + Sync {
    /// Asked at every point. Comes back late where the database is slow, with a reason where it fails, and never where the node
    /// dies at this point.
    fn at(&self, point: Point) -> Met<'_>;
}

/// Whoever makes trouble, if anybody does.
pub(crate) type MaybeFaults = Option<Arc<dyn Faults>>;

/// Asks, if there is anybody to ask.
pub(crate) async fn meet(faults: Option<&Arc<dyn Faults>>, point: Point) -> Result<()> {
    let Some(faults) = faults else { return Ok(()) };
    faults.at(point).await.map_err(|why| Error::Database(sqlx::Error::Io(io::Error::other(why))))
}

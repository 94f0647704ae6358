//! Statistics of days that are over, counted ahead of whoever asks (按日汇总), and of filings: see [`store::figures::counted`] and
//! [`store::figures::filed`].

use crate::{
    context::{Context, Outcome},
    hub::Hub,
    province::ProvinceNode,
};
use store::figures::{
    counted::{self, Book},
    filed,
};

/// So many days are counted by a tick at most: a node that is new to it is up to date within some ticks.
const DAYS_MAX: usize = 100;

/// Counts what is over at the hub.
pub async fn tick_hub(hub: &Hub) -> Outcome<()> {
    filed::keep(&hub.context.store).await?;
    count(&hub.context, Book::HUB).await
}

/// Counts what is over at a province, on both sides.
pub async fn tick_province(node: &ProvinceNode) -> Outcome<()> {
    filed::keep(&node.context.store).await?;
    count(&node.context, Book::of_treatment(node.province)).await?;
    count(&node.context, Book::of_insured(node.province)).await
}

async fn count(context: &Context, book: Book) -> Outcome<()> {
    let done = counted::count(&context.store, book, context.now(), DAYS_MAX).await?;
    if done.counted > 0 {
        tracing::debug!(side = ?book.side, counted = done.counted, left = done.left, "statistics of days");
    }
    Ok(())
}

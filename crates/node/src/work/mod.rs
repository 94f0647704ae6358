//! What runs by itself.

pub mod outbox;

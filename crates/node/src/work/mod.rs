//! What runs by itself.

pub mod details_on;
pub mod outbox;
pub mod timetable;

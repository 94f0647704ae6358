//! Matters with stages: what people apply for, decide and undo, as functions of values.
//!
//! A matter is a value with a stage; a move takes it and gives the next one, or a [`terms::Refusal`] that says why not.
//! This crate must not know I/O, the clock, message formats, or movements of money: moments and ids are given to it.

pub mod access;
pub mod announcement;
pub mod audit;
pub mod chronic;
pub mod complaint;
pub mod confirmation;
pub mod declaration;
pub mod difference;
pub mod emergency_increase;
pub mod filing;
pub mod institution;
pub mod material;
pub mod medium;
pub mod person;
pub mod prepayment_year;
pub mod purchase_order;
pub mod registration;
pub mod settlement;
pub mod settlement_list;
pub mod transcript;
pub mod visit;

pub use filing::{Filing, Standing};

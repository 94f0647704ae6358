//! The money of cross-region settlement: the double-entry book of a node, its movements, and the comparison of the books.
//!
//! Everything is a function of values: what is to move, what has moved, what three nodes say of one settlement. This crate
//! must not know I/O, the clock, or why a fund pays what it pays: amounts, days and moments are given to it.

pub mod apportioning;
pub mod area_clearing;
pub mod bank;
pub mod book;
pub mod calendar;
pub mod chart;
pub mod clearing;
pub mod clearing_statement;
pub mod correction;
pub mod division;
pub mod institution_payment;
pub mod ledger;
pub mod movement;
pub mod notice;
pub mod payment_order;
pub mod prepayment;
pub mod reconciliation;
pub mod rule;
pub mod statement;
pub mod subject;
pub mod urging;

pub use book::{Balance, Book, Outcome, Refused, Transfer, TransferCode, TransferId, TrialBalance};
pub use chart::{Account, AccountKind, EntrySide, Ledger, Limit, NotAKey, Pair, Purse, Role};
pub use reconciliation::{BookLine, Difference, DifferenceKind, Side, compare};

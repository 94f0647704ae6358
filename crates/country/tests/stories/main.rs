//! The stories of the country: worlds of running nodes, played over HTTP and looked at from outside.
//!
//! They are one program, because each program of tests links the whole house anew. `cargo test -p country clearing::` plays the
//! stories of one file. `desk`, `kinds`, `office`, `play`, `raw` and `trouble` are what stories share.
//!
//! Stories begin in the order of their names. One that is much longer than the others has a name that is not among the last: else all cores
//! but one wait for it at the end.

mod a_year;
mod access;
mod account;
mod adapter;
mod again;
mod announcement;
mod audit;
mod bad_input;
mod catalog;
mod clearing;
mod clients;
mod console;
mod correction;
mod counter;
mod daily_reconciliation;
mod demo;
mod desk;
mod details_on;
mod documents;
mod filing;
mod following;
mod gateway;
mod history;
mod interim;
mod intra_province;
mod jobs;
mod kinds;
mod layering;
mod ledger;
mod lists;
mod losses;
mod materials;
mod medium;
mod money_losses;
mod office;
mod outage;
mod outpatient;
mod overload;
mod pharmacy;
mod planted;
mod play;
mod policies;
mod portal;
mod prepayment;
mod prove;
mod races;
mod raw;
mod reconciliation;
mod reference;
mod registration;
mod sandbox;
mod second_level;
mod seeds;
mod simulation;
mod special;
mod transcript;
mod transfers;
mod trouble;
mod two_instances;
mod waiting;

//! The stories of the country: worlds of running nodes, played over HTTP and looked at from outside.
//!
//! They are one program, because each program of tests links the whole house anew. `cargo test -p country clearing::` plays the
//! stories of one file. `desk`, `kinds`, `office`, `play` and `raw` are what stories share.

mod access;
mod account;
mod adapter;
mod again;
mod audit;
mod bad_input;
mod clearing;
mod clients;
mod console;
mod counter;
mod daily_reconciliation;
mod demo;
mod desk;
mod details_on;
mod documents;
mod filing;
mod following;
mod gateway;
mod interim;
mod intra_province;
mod kinds;
mod layering;
mod ledger;
mod lists;
mod losses;
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
mod transfers;
mod two_instances;
mod year;

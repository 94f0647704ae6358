//! One command a file. To add one: its file, its `mod` here, its line in `main`.

pub mod account;
pub mod adapter;
pub mod backup;
pub mod bench;
pub mod chaos;
pub mod conformance;
pub mod country;
pub mod demo;
pub mod filing;
pub mod funds;
pub mod hub;
pub mod institution;
pub mod key;
pub mod medium;
pub mod migrate;
pub mod openapi;
pub mod participant;
pub mod person;
pub mod policy;
pub mod province;
pub mod sandbox;
pub mod year;

mod clerk;
mod running;

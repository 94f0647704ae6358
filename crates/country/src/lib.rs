//! A simulated country: invented people, hospitals with their software, and the bad luck of networks, around real nodes. It is
//! the demonstration, the sandbox and the ground of the end-to-end tests.
//!
//! Everything in it goes through the doors that the real country uses: hospitals speak the national interface over HTTP, nodes
//! have databases of their own. This crate must not know the command line.

pub mod bills;
pub mod hospital;
pub mod institutions;
pub mod network;
pub mod people;
pub mod statement;

//! A simulated country: invented people, hospitals with their software, and the bad luck of networks, around real nodes. It is
//! the demonstration, the sandbox and the ground of the end-to-end tests.
//!
//! Everything in it goes through the doors that the real country uses: hospitals speak the national interface over HTTP, nodes
//! have databases of their own and reach one another through the hub. This crate must not know the command line.
//!
//! | module | what it holds |
//! |---|---|
//! | [`people`], [`institutions`], [`bills`] | who and what there is, invented and always the same |
//! | [`hospital`] | a hospital's software: a client of the national interface |
//! | [`clock`], [`network`] | time that passes at once, and lines that lose, double, delay and reorder |
//! | [`world`], [`staff`] | hub and provinces, started and filled; who sits at their consoles |
//! | [`checks`] | what must hold whatever happened |
//! | [`demo`], [`statement`] | stories that are played, and what people read of them |
//! | [`sandbox`], [`transcript`] | a world for other people's software, and what was said in it |
//! | [`conformance`] | a hospital's sequences against any platform, and a proxy before one |
//! | [`outside_scheme`], [`adapter_check`] | a scheme's core system outside, and contract tests of any |
//! | [`bank`], [`year`] | a bank, and a year of the country with its money |
//! | [`simulation`] | the country on simulated time and a simulated network, of one seed |
//! | [`load`] | many settlements at once, to be measured |
//! | [`chaos`] | cashiers, lines and checks for nodes that are killed, cut off and restored |

pub mod adapter_check;
pub mod bank;
pub mod bills;
pub mod chaos;
pub mod checks;
pub mod clock;
pub mod conformance;
pub mod demo;
mod desk;
pub mod hospital;
pub mod institutions;
pub mod load;
pub mod network;
pub mod outside_scheme;
pub mod people;
pub mod sandbox;
pub mod simulation;
pub mod staff;
pub mod statement;
pub mod transcript;
pub mod world;
pub mod year;

pub use world::{Database, Options, Rulebook, Trouble, World};

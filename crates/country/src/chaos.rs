//! Chaos on real processes: cashiers who write down what they were told, lines that break in the middle of a message, and what must
//! hold once the faults have stopped.
//!
//! Nodes, their databases and what is done to them are somebody else's: this module must not know how they were started. What it
//! is told by nodes it believes; what it finds in their books must be that, to the fen.
//!
//! | module | what it holds |
//! |---|---|
//! | [`cable`] | a line that carries bytes, and is cut anywhere |
//! | [`cashiers`] | whole stays, settled, cancelled, given up and asked again, with a journal of what was answered |
//! | [`night`] | the same databases under a clock of the coming night: the daily reconciliation |
//! | [`verdict`] | the journal beside the three books |

pub mod cable;
pub mod cashiers;
pub mod night;
pub mod verdict;

pub use cable::{Breaks, Cable, Target};
pub use cashiers::{Cashiers, Discharged, Entry, Journal, Told};
pub use night::{Night, Reconciled, Side};
pub use verdict::{Verdict, judge};

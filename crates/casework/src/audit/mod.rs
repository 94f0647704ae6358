//! 明细审核: what is doubtful about the lines of a visit, before they are done (事前, 3101) and while the visit lasts (事中, 3102).
//!
//! A [`Rule`] is data (`policy/national/audit.toml`, read by [`Rules::load`]): what it is called, how sure a finding is, which
//! items it is about, from when and by which source. How a kind of rule finds something is a function in `logic.rs` over an
//! [`Encounter`], a value that holds everything a rule may look at. Nothing here refuses a bill, and nothing knows where lines
//! come from, who asks, or what time it is.
//!
//! To add a rule of a kind that is there: a table in the file. To add a kind: a variant of [`Limit`], its keys in `load.rs`,
//! its function in `logic.rs`.

mod encounter;
mod load;
mod logic;
mod net;
mod rule;

pub use encounter::{Encounter, Line, Sex};
pub use load::FileError;
pub use logic::{Finding, Part, Role};
pub use rule::{Citation, Confidence, Interval, Items, Limit, Row, Rule, Rules, Severity, Source, Stage};

#[cfg(test)]
mod tests;

//! 2207 门诊结算: a bill (收费批次) of an outpatient visit is settled. 2207A is the same, with the lines of the bill in the same
//! message where the hospital wants it so.

pub use super::{t2206::Input, t2304::Output};

//! 3102 明细审核事中分析服务: reads and answers what 3101 does, of a visit that lasts.

pub use super::t3101::{Input, Output};

//! The national code tables (医疗保障信息业务编码), as far as this system reads or prints them.

pub mod standard;
mod tables;

pub use tables::{CodeTable, EDITION, name_of, parent_of, table, tables};

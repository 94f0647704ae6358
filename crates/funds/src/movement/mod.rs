//! Movements: which transfers an event of the field makes. One kind of event a file; typed functions, nothing by name.

pub mod settlement;

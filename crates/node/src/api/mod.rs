//! Management API.
pub mod hub;
pub mod province;

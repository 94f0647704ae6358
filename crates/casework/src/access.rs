//! Who may do what (访问控制): accounts, roles, what each action is called, where somebody works, and the rules of passwords,
//! one-time codes and sessions.
//!
//! Everything here is a function of values: moments, figures and randomness are given to it. Which role may take which action is
//! not decided here: it stands in the policy of the node (`node/src/access/policy.cedar`), which speaks of the names of this
//! module. This module must not know how a password is hashed, what a cookie is, or where anything is kept.

pub mod account;
pub mod action;
pub mod area;
pub mod one_time_code;
pub mod password;
pub mod role;
pub mod session;

pub use account::{Account, AccountName, State};
pub use action::Action;
pub use area::Area;
pub use role::Role;

//! Who may do what (访问控制): accounts, roles, what each action is called, where somebody works, and the rules of passwords,
//! one-time codes and sessions.
//!
//! Everything here is a function of values: moments, figures and randomness are given to it. Which role may take which action is
//! not decided here: it stands in the policy of the node (`node/src/access/policy.cedar`), which speaks of the names of this
//! module. This module must not know how a password is hashed, what a cookie is, or where anything is kept.

/// Things that have a code at the interface, in policies and in the trail, and a word in Chinese; and what is said of a text that is
/// none of the codes.
macro_rules! named {
    (
        $(#[$doc:meta])* $name:ident, $(#[$not_doc:meta])* $not:ident {
            $($(#[$item:meta])* $variant:ident $code:literal $chinese:literal;)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$item])* $variant,)+
        }

        impl $name {
            /// All of them, in the order of this file.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name in policies, sessions and the audit trail.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The Chinese word.
            pub const fn chinese(self) -> &'static str {
                match self {
                    $(Self::$variant => $chinese,)+
                }
            }
        }

        $(#[$not_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $not;

        impl std::str::FromStr for $name {
            type Err = $not;

            fn from_str(code: &str) -> Result<Self, $not> {
                Self::ALL.iter().copied().find(|one| one.code() == code).ok_or($not)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

pub mod account;
pub mod action;
pub mod area;
pub mod identity;
pub mod one_time_code;
pub mod password;
pub mod role;
pub mod session;

pub use account::{Account, AccountName, State};
pub use action::Action;
pub use area::Area;
pub use identity::Identity;
pub use role::Role;

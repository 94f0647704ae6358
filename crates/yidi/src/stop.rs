//! Why a command ends without having done what it was asked.

use node::api::client::CallError;

/// Why a command ends early: a sentence that says what to do next, and the code with which the program ends.
#[derive(Debug)]
pub enum Stop {
    /// The answer is no, or what was checked is wrong: 1.
    Refused(String),
    /// Something cannot be started, reached or read: 3.
    Unable(String),
}

impl Stop {
    /// Something cannot be started, reached or read.
    pub fn unable(what: impl std::fmt::Display) -> Self {
        Self::Unable(what.to_string())
    }

    /// What the operator reads.
    pub fn message(&self) -> &str {
        match self {
            Self::Refused(message) | Self::Unable(message) => message,
        }
    }

    /// With what the program ends.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Refused(_) => 1,
            Self::Unable(_) => 3,
        }
    }
}

impl From<CallError> for Stop {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(_) => Self::Refused(error.to_string()),
            CallError::Unreachable { .. } | CallError::Strange { .. } => Self::Unable(error.to_string()),
        }
    }
}

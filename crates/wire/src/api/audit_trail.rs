//! The audit trail as it is looked through and verified.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What somebody did, or tried to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// Its number, from 1, without gaps.
    pub sequence: i64,
    /// When.
    pub at: String,
    /// Which account; empty where nobody had logged in.
    pub account: String,
    /// The role's code.
    pub role: String,
    /// Where it works: kind and code.
    pub area: String,
    /// The code of what was done.
    pub action: String,
    /// What was done, in Chinese.
    pub action_name: String,
    /// To what; people stand there as digests.
    pub subject: String,
    /// `done`, or the code of the refusal.
    pub outcome: String,
    /// The duty that was named.
    pub duty: String,
    /// Where the request came from.
    pub address: String,
    /// SHA-256 over the entry and the hash of the one before.
    pub hash: String,
}

/// Entries, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditTrail {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Ask with `after` for those before.
    pub next: Option<String>,
}

/// What walking the whole trail came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditTrailVerified {
    /// Whether every entry holds.
    pub holds: bool,
    /// How many entries hold, from the first on.
    pub entries: i64,
    /// The first that does not.
    pub broken_at: Option<i64>,
    /// Why not, in Chinese.
    pub reason: Option<String>,
    /// The number of the last that holds.
    pub head_sequence: Option<i64>,
    /// Its hash: noted outside, it shows later whether the end of the trail was cut off.
    pub head_hash: Option<String>,
}

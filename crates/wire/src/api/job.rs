//! What takes long and was left to go on by itself (任务).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shown by whoever wants to leave a request that takes long: it is answered at once with a [`JobView`], and goes on by itself.
pub const JOB_HEADER: &str = "x-job";

/// One's own: `GET /web/jobs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Jobs {
    /// The newest first.
    pub jobs: Vec<JobView>,
}

/// Something that goes on by itself, or has ended: `GET /web/jobs/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobView {
    /// Its id.
    pub id: String,
    /// What it is.
    pub words: String,
    /// `running`, `done`, `refused` or `interrupted`: the node was stopped while it went on; it is to be begun again.
    pub state: String,
    /// When it began.
    pub started_at: String,
    /// When it was last worked on, or ended.
    pub seen_at: String,
    /// So much …
    pub done: u32,
    /// … of so much; 0 where nobody knows.
    pub total: u32,
    /// What its answer is, once it has ended: `GET /web/jobs/{id}/answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Bytes of its answer.
    pub size: u32,
    /// Until when it is kept.
    pub kept_until: String,
}

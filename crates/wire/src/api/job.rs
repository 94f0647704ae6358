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
    /// Which path was asked: what it is about.
    pub path: String,
    /// `running`; `waiting`: whoever worked on it is gone, and the node takes it up again by itself; `done`, `refused`; `interrupted`: the node was
    /// stopped while it went on, and does not take it up.
    pub state: String,
    /// What to do where it waits or was interrupted, in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it began.
    pub started_at: String,
    /// When it was last worked on, or ended.
    pub seen_at: String,
    /// What is being done, in Chinese, where that has a name …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// … the nth …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_at: Option<u16>,
    /// … of so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_of: Option<u16>,
    /// So much of it …
    pub done: u32,
    /// … of so much; 0 where nobody knows.
    pub total: u32,
    /// What its answer is, once it has ended: `GET /web/jobs/{id}/answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Bytes of its answer.
    pub size: u32,
    /// How often it was taken up; 1 where it was never interrupted.
    pub attempt: u32,
    /// Until when it is kept.
    pub kept_until: String,
}

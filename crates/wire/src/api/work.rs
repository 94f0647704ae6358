//! What waits for whoever asks (待办): `GET /api/v1/work`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::Day;

/// What waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkList {
    /// When this was looked up.
    pub as_of: String,
    /// The kinds of work of which at least one waits, the most pressing first. Only what the session may do.
    pub work: Vec<WorkItem>,
}

/// Things of one kind that wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkItem {
    /// At agencies and the hub `filings`, `supplements`, `differences`, `explained`, `corrections`, `statements`, `clearing`, `disputes`,
    /// `transfers`, `receipts`, `bank_entries`, `increases`, `prepayment_year`, `complaints`, `overdue`, `differing`; of the second level
    /// `areas_to_divide`, `area_notice`, `area_disputes`, `area_receipts`, `area_dues`,
    /// `areas_to_pass_on`; of payments to institutions `payments_to_adopt`,
    /// `payments_to_order`, `payments_at_bank`; at institutions `discharged`, `without_lines`, `unknown_outcomes`, `day_books`, `apportioning`.
    pub kind: String,
    /// In Chinese: `待审核的备案`.
    pub name: String,
    /// The action that does it.
    pub action: String,
    /// How many wait; 1000 means at least so many.
    pub count: i64,
    /// Since when the oldest waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
    /// The last day for the most pressing one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// Working days left until then; below nothing is how many have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<i32>,
    /// `calm`, `soon` or `overdue`.
    pub urgency: String,
    /// The month of which it is, where the page shows one at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// In Chinese, what is to be done and by when.
    pub words: String,
}

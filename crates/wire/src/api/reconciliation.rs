//! Daily reconciliation (对账) at a clerk's window: days that were compared, and settlements on which the books differ.

use super::yuan;
use casework::difference::Note;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, Fen};

/// Days to compare anew: `POST /api/v1/funds/reconciliations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReconciliation {
    /// 起始日期.
    pub from: Day,
    /// 截止日期, at most 31 days with the first.
    pub to: Day,
}

/// What the comparison of a day came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReconciliationView {
    /// Whose book is compared with the hub's, six digits.
    pub province: String,
    /// 结算日期: of the settlements' ids.
    pub day: Day,
    /// Which of its books: `treatment` or `insured`.
    pub part: String,
    /// Which of its books, in Chinese.
    pub part_name: String,
    /// How many settlements stand in it.
    pub standing: i64,
    /// Their 医疗费总额.
    #[serde(with = "yuan")]
    pub total: Fen,
    /// On how many settlements the books differ.
    pub differing: i64,
    /// Of how many settlements messages are still on their way.
    pub under_way: i64,
    /// Whether the books agree.
    pub agreed: bool,
    /// When it was compared last.
    pub ran_at: String,
    /// By whom: a clerk, or 系统.
    pub ran_by: String,
    /// When the hub heard of it; none as long as it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<String>,
}

/// Days that were compared: `GET /api/v1/funds/reconciliations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reconciliations {
    /// By day and province.
    pub reconciliations: Vec<ReconciliationView>,
}

/// What somebody says to a difference: `POST /api/v1/funds/differences/{id}/explain` and so on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideDifference {
    /// 说明, without personal data.
    pub note: String,
}

/// Who is to look into a difference: `POST /api/v1/funds/differences/{id}/assign`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignDifference {
    /// `treatment`, `hub` or `insured`.
    pub owner: String,
    /// 说明, without personal data.
    pub note: String,
}

/// What was said about a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoteView {
    /// When.
    pub at: String,
    /// By whom: a clerk, or 系统.
    pub by: String,
    /// What.
    pub text: String,
}

impl From<&Note> for NoteView {
    fn from(note: &Note) -> Self {
        Self { at: note.at.to_string(), by: note.by.clone(), text: note.text.clone() }
    }
}

/// A settlement on which the books differ, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DifferenceView {
    /// 结算ID.
    pub settlement: String,
    /// Whose book differs from the hub's, six digits.
    pub province: String,
    /// Which of its books: `treatment` or `insured`.
    pub part: String,
    /// Which of its books, in Chinese.
    pub part_name: String,
    /// The other province, six digits, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<String>,
    /// The pooling area in whose book it stands, six digits; none where the book has no such settlement, and at the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_name: Option<String>,
    /// The side that has to look: `treatment`, `hub` or `insured`.
    pub owner: String,
    /// That side in Chinese.
    pub owner_name: String,
    /// The province or pooling area of that side; none for the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// How the books differ, or did last, in Chinese.
    pub words: String,
    /// What explains it.
    pub cause: String,
    /// What explains it, in Chinese.
    pub cause_name: String,
    /// Where it stands: `open`, `mending`, `mended`, `explained` or `confirmed`.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// How often a comparison has found it.
    pub looks: u32,
    /// When it was found first.
    pub found_at: String,
    /// When its stage changed last.
    pub changed_at: String,
    /// What was said about it, oldest first.
    pub notes: Vec<NoteView>,
}

/// Settlements on which the books differ: `GET /api/v1/funds/differences`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Differences {
    /// In the order of months and ids.
    pub differences: Vec<DifferenceView>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

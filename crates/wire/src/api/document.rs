//! Documents (文书): which are issued, and whether one that somebody holds is genuine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, Moment};

/// What is to be issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDocument {
    /// 文书种类, as `voucher`.
    pub kind: String,
    /// What it is about: the number of a notice, order, voucher or payment, a month `202610`, a day, or a month and a place
    /// `202610-420000`, as the kind needs.
    pub subject: String,
}

/// A document that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentView {
    /// 文书编号.
    pub number: String,
    /// 文书种类.
    pub kind: String,
    /// 标题.
    pub title: String,
    /// Its day.
    pub day: Day,
    /// The sum that it is about, in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// 校验码.
    pub code: String,
    /// The hash (SM3) of its content.
    pub content_hash: String,
    /// When it was issued.
    pub issued_at: Moment,
    /// By whom.
    pub issued_by: String,
    /// Where it is verified.
    pub verification: String,
    /// Characters that its PDF prints as 〓.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_characters: Vec<String>,
}

/// A page of documents, in the order of issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Documents {
    /// The page.
    pub documents: Vec<DocumentView>,
    /// The `after` of the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Whether a document is genuine. Of one that is not, nothing is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedDocument {
    /// Whether this node issued a document of this number with this code.
    pub genuine: bool,
    /// Its number.
    pub number: String,
    /// What it says in the main, if it is genuine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<GenuineDocument>,
}

/// What a genuine document says in the main.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GenuineDocument {
    /// 标题.
    pub title: String,
    /// Who issued it.
    pub issuer: String,
    /// Its day.
    pub day: Day,
    /// The sum that it is about, in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// The same in capital numerals (大写).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_capitals: Option<String>,
    /// When it was issued.
    pub issued_at: Moment,
    /// Why it does not hold any more, in Chinese: the settlement that it states is undone (已冲销).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapsed: Option<String>,
}

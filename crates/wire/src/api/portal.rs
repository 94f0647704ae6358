//! What the insured do for themselves on the portal (参保人门户): file, follow, read.

use super::{material::WantedMaterial, search::SettlementRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{AdminDivision, Day, FilingCategory, InsuranceScheme};

/// An application of one's own (自助备案): `POST /web/portal/filings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnFiling {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 备案类型.
    pub category: FilingCategory,
    /// 就医地: a city or a whole province.
    pub destination: AdminDivision,
    /// 备案开始日期; today if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<Day>,
    /// 备案结束日期, of temporary categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Day>,
    /// The version of the letter of commitment (个人承诺书) that was read and agreed to; none where papers are handed in.
    /// A long-term filing on commitment takes effect at once; all others wait for the agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<String>,
}

/// What one must know to file: `GET /web/portal/filings/rules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilingRules {
    /// The categories.
    pub categories: Vec<CategoryRule>,
    /// Months that a temporary filing is valid at least.
    pub temporary_months: i32,
    /// Months during which a long-term filing is neither changed nor cancelled.
    pub long_term_hold_months: i32,
    /// Months that a filing may begin after it is made.
    pub ahead_months: i32,
    /// Materials that a filing carries at most.
    pub materials_max: u16,
    /// The largest content of one, in bytes.
    pub material_bytes_max: u32,
    /// The letter of commitment.
    pub commitment: CommitmentLetter,
}

/// A category of filings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryRule {
    /// 备案类型.
    pub category: FilingCategory,
    /// In Chinese.
    pub name: String,
    /// Whether it is for people who live there for long: without a last day.
    pub long_term: bool,
    /// Whether it may be made on commitment instead of papers (承诺制).
    pub on_commitment: bool,
    /// What it asks for otherwise: of each group one.
    pub materials: Vec<WantedMaterial>,
}

/// The letter of commitment that whoever files without papers agrees to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitmentLetter {
    /// Its version, which is sent with the application.
    pub version: String,
    /// Its title.
    pub title: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
}

/// One's own settlements: `GET /web/portal/settlements`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnSettlements {
    /// Newest first.
    pub settlements: Vec<SettlementRow>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A message of the hospital interface from a window of an institution: `POST /web/window/{institution}/{infno}`. The node makes the
/// envelope; it answers as the hospital interface does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowMessage {
    /// 报文ID: the same again gets the first answer again.
    pub msgid: String,
    /// 参保地医保区划; empty where the transaction needs none.
    #[serde(default)]
    pub insured: String,
    /// The transaction's input (输入).
    pub input: serde_json::Value,
}

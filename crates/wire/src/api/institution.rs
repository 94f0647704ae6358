//! Institutions as they are looked for: by clerks of a province or the hub, and by anybody who wants to know where one may settle
//! directly.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{AdminDivision, InstitutionCode, SettlementLevel};

/// Institutions that were found: `GET /api/v1/institutions`, `GET /web/portal/institutions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Institutions {
    /// In the order of their places and codes, or as `sort` says.
    pub institutions: Vec<InstitutionView>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many there are by where they are, on all pages together: by pooling area; by province where the hub is asked for
    /// the whole country. Told to the public, with the first page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<InstitutionCount>,
}

/// How many institutions are somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstitutionCount {
    /// A province or pooling area.
    pub area: AdminDivision,
    /// Its name.
    pub name: String,
    /// How many.
    pub count: i64,
}

/// An institution as it is shown: `GET /api/v1/institutions/{code}`. No secret of it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstitutionView {
    /// 定点医药机构编号.
    pub code: InstitutionCode,
    /// 名称.
    pub name: String,
    /// Where it is.
    pub place: AdminDivision,
    /// Where it is, by name.
    pub place_name: String,
    /// 医保结算等级.
    pub level: SettlementLevel,
    /// 医保结算等级 in Chinese.
    pub level_name: String,
    /// 定点医疗服务机构类型 code: `1` a medical institution, `2` a pharmacy. Empty where the hub's register does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The kind in Chinese.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind_name: String,
    /// 异地联网开通: whether it settles directly.
    pub open: bool,
    /// 就医类别 codes for which it settles directly: `21`, `11`, `14`, `41`; empty while it is not open.
    pub services: Vec<String>,
    /// The same in Chinese.
    pub service_names: Vec<String>,
    /// 中医医院.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chinese_medicine: Option<bool>,
    /// How its software shows who it is: for clerks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<String>,
    /// When it was last changed: for clerks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
}

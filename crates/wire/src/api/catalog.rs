//! 三大目录 of the treatment place as people look things up in it, and how institutions have mapped their own items to it (目录对照).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{AdminDivision, Day, InstitutionCode};

/// Items that were found: `GET /api/v1/catalog`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogItems {
    /// The page.
    pub items: Vec<CatalogItemView>,
    /// How many were found on all pages.
    pub count: u32,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An item of the catalog, as it holds from a day to a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogItemView {
    /// 医疗目录编码.
    pub code: String,
    /// 名称.
    pub name: String,
    /// 拼音助记码: the initials.
    pub initials: String,
    /// 目录类别 code: `101` western and patent medicines, `102` herbs, `105` what hospitals make, `201` services, `301` materials.
    pub list: String,
    /// 目录类别 in Chinese.
    pub list_name: String,
    /// 大类 code: `01` to `14`.
    pub category: String,
    /// 大类 in Chinese.
    pub category_name: String,
    /// 收费项目等级 code: `01`, `02` or `03`.
    pub class: String,
    /// 甲类, 乙类 or 丙类.
    pub class_name: String,
    /// 国产, 合资 or 进口, if the list says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// 限价 of one unit at 一级, 二级 and 三级, in yuan with up to six decimals; none: no limit.
    pub limits: LimitsView,
    /// 先行自付比例: one where it is the same at every price and level, several where a general rule goes by them.
    pub shares: Vec<ShareView>,
    /// First day.
    pub from: Day,
    /// Last day, if it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
    /// Whether it holds on the day that was asked for.
    pub valid: bool,
}

/// 限价 by the level of the hospital.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LimitsView {
    /// 一级.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<String>,
    /// 二级.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<String>,
    /// 三级.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tertiary: Option<String>,
}

/// A person's first share (先行自付比例).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShareView {
    /// `10%`.
    pub rate: String,
    /// At which levels, in Chinese; empty: at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<String>,
    /// Of prices above so much, in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
    /// Of prices up to so much, in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Whether the rest is paid in full (一次性先行自付).
    pub is_final: bool,
    /// Where the rule stands, of a general one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Pairs that were found: `GET /api/v1/mappings`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mappings {
    /// In the order of institutions and their own codes.
    pub mappings: Vec<MappingView>,
    /// What to ask on with; none on the last page. A page may hold fewer than was asked for and still have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A pair: an item of an institution's own, and the national one that it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MappingView {
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// Its name.
    pub institution_name: String,
    /// 定点医药机构目录编号.
    pub local_item: String,
    /// 定点医药机构目录名称.
    pub local_name: String,
    /// 目录类别 code, as uploaded.
    pub list: String,
    /// 医疗目录编码.
    pub item: String,
    /// 医保目录名称 on the day; none if the catalog has no such item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_name: Option<String>,
    /// 甲类, 乙类 or 丙类 on the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_name: Option<String>,
    /// First day of the pair.
    pub from: Day,
    /// Last day of the pair.
    pub to: Day,
    /// `valid`, `ended` or `to_come` on the day that was asked for.
    pub state: String,
    /// What does not fit, as far as the catalog tells: to be looked at with the institution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<DeviationView>,
    /// When it was uploaded.
    pub changed_at: String,
}

/// Something about a pair that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviationView {
    /// `not_in_catalog`, `item_ended`, `list_differs` or `name_differs`.
    pub kind: String,
    /// In Chinese, with what to do.
    pub words: String,
}

/// How far institutions have come: `GET /api/v1/mappings/institutions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MappingProgress {
    /// In the order of pooling areas and codes.
    pub institutions: Vec<MappingInstitution>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// How far an institution has come with its pairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MappingInstitution {
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: AdminDivision,
    /// Where it is, by name.
    pub place_name: String,
    /// How many pairs it has uploaded; none: it sends national codes, and nothing is checked.
    pub pairs: i64,
    /// How many of them hold on the day.
    pub valid: i64,
    /// When one was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
}

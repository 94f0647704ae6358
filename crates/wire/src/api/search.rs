//! What clerks look for and find: settlements, people, filings. Who is looked for by an identity number says it in the body: an address
//! is kept in logs.

use super::{FilingView, calculation::NamedAmount, media::CardView, yuan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{
    AdminDivision, CitizenId, Day, Fen, FilingCategory, InstitutionCode, InsuranceScheme, InsuredPlace,
    PersonNumber, SettlementId,
};

/// Which settlements: `POST /api/v1/settlements/search`. What is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SettlementSearch {
    /// In which book: `treatment`, of those treated here, if left out; or `insured`, of those insured here.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub side: String,
    /// 参保地: a province, a city, or a county.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insured: Option<AdminDivision>,
    /// 就医地: for `insured` a province; for `treatment` a pooling area of this province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treatment: Option<AdminDivision>,
    /// 定点医药机构编号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub institution: Option<InstitutionCode>,
    /// 人员编号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
    /// 公民身份号码.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certno: Option<CitizenId>,
    /// Where it stands: `asked`, `settled`, `refused`, `undoing`, `undone` for `treatment`; `standing`, `undone`, `refused` for `insured`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// 就医类别 code: `21`, `11`, `14`, `41`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub care: Option<String>,
    /// First day, of the settlement's own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// The least 医疗费总额, in yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_from: Option<String>,
    /// The largest 医疗费总额, in yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_until: Option<String>,
    /// `-day`, newest first, if left out; or `day`, `total`, `-total`. By amount only within at most 93 days or of one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// The last page's `next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many at most, up to 100; 50 if left out. Of a file up to 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
    /// `csv` or `xlsx`: as a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
}

/// Settlements that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundSettlements {
    /// In the order that was asked for.
    pub settlements: Vec<SettlementRow>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A settlement in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettlementRow {
    /// 结算ID.
    pub id: SettlementId,
    /// `treatment` or `insured`.
    pub side: String,
    /// When it was asked for.
    pub at: String,
    /// Where it stands: as in the search.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// 人员编号, masked unless a duty needs it.
    pub person: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 险种 in Chinese.
    pub scheme_name: String,
    /// 就医类别 code.
    pub care: String,
    /// 就医类别 in Chinese.
    pub care_name: String,
    /// 参保地.
    pub insured: AdminDivision,
    /// 参保地 by name.
    pub insured_name: String,
    /// 就医地.
    pub treatment: AdminDivision,
    /// 就医地 by name.
    pub treatment_name: String,
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// Its name, where this node knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_name: Option<String>,
    /// 医疗费总额.
    #[serde(with = "yuan")]
    pub total: Fen,
    /// 基金支付总额.
    #[serde(with = "yuan")]
    pub fund_total: Fen,
    /// 个人负担总金额.
    #[serde(with = "yuan")]
    pub person_total: Fen,
}

/// Who: `POST /api/v1/people/search`. One of name, number, identity number or card must be said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PeopleSearch {
    /// 参保地: a city or county of this province; all of it if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insured: Option<InsuredPlace>,
    /// 姓名, whole or its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 人员编号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
    /// 公民身份号码.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certno: Option<CitizenId>,
    /// The last page's `next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many at most, up to 100; 50 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
}

/// People who were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundPeople {
    /// By area and number.
    pub people: Vec<PersonRow>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A person in a list. The number is whole: it is what is asked on with, and says nothing of whoever has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonRow {
    /// 人员编号.
    pub person: PersonNumber,
    /// 姓名, masked unless a duty needs it.
    pub name: String,
    /// 公民身份号码, masked unless a duty needs it.
    pub certno: String,
    /// 统筹区.
    pub area: AdminDivision,
    /// 统筹区 by name.
    pub area_name: String,
    /// How the person is insured.
    pub enrolments: Vec<EnrolmentView>,
}

/// One insurance of a person as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnrolmentView {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 险种 in Chinese.
    pub scheme_name: String,
    /// 参保地.
    pub insured: InsuredPlace,
    /// 参保地 by name.
    pub insured_name: String,
    /// 人员类别 code.
    pub person_type: String,
    /// 参保状态: `in_force`, `paused` or `ended`.
    pub standing: String,
    /// 参保状态 in Chinese.
    pub standing_name: String,
    /// 公务员标志.
    pub civil_servant: bool,
    /// First day insured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
    /// 个人账户余额.
    #[serde(with = "yuan")]
    pub balance: Fen,
    /// 人员身份类别 in Chinese.
    pub classes: Vec<String>,
    /// 缴费档次 in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// Everything about a person that a clerk needs at one look: `GET /api/v1/people/{number}`; and what a person sees of oneself:
/// `GET /web/portal/me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonView {
    /// 人员编号.
    pub person: PersonNumber,
    /// 姓名, masked unless a duty needs it or it is one's own.
    pub name: String,
    /// 公民身份号码, masked.
    pub certno: String,
    /// 性别 by the identity number: `男` or `女`.
    pub sex: String,
    /// 年龄 today, by the identity number.
    pub age: i16,
    /// 统筹区.
    pub area: AdminDivision,
    /// 统筹区 by name.
    pub area_name: String,
    /// How the person is insured.
    pub enrolments: Vec<EnrolmentView>,
    /// What was used of this insurance year, by scheme.
    pub years: Vec<YearView>,
    /// The filings, newest first.
    pub filings: Vec<FilingView>,
    /// The last ten settlements, newest first.
    pub settlements: Vec<SettlementRow>,
    /// The social security cards, newest first.
    pub cards: Vec<CardView>,
}

/// What was used of an insurance year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct YearView {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 险种 in Chinese.
    pub scheme_name: String,
    /// The insurance year.
    pub year: i16,
    /// 住院次数.
    pub admissions: i64,
    /// The sums of the year, each with the name of its counter as code.
    pub sums: Vec<NamedAmount>,
}

/// Which filings: `POST /api/v1/filings/search`, at a province of its own people, at the hub of all. What is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FilingSearch {
    /// Where it stands: `submitted`, `effective`, `rejected`, `replaced` or `cancelled`; or `supplementing`, those submitted for which a
    /// reviewer waits for papers (待补正).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// 备案类型.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<FilingCategory>,
    /// 参保地: a province, a city, or a county.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insured: Option<AdminDivision>,
    /// 就医地: a province with all its cities, or a city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<AdminDivision>,
    /// First day on which it was applied for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Last day on which it was applied for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// 人员编号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
    /// 公民身份号码; not at the hub, which knows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certno: Option<CitizenId>,
    /// `-filed_at`, newest first, if left out; or `filed_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// The last page's `next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many at most, up to 100; 50 if left out. Of a file up to 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
    /// `csv` or `xlsx`: as a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
}

/// Filings that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundFilings {
    /// In the order that was asked for.
    pub filings: Vec<FilingView>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Many applications at once (批量备案): `POST /api/v1/filings/batch`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilingBatch {
    /// CSV text with heads in the first line: `参保地,人员编号,公民身份号码,险种,备案类型,就医地,开始日期,结束日期,承诺制`. Of 人员编号 and
    /// 公民身份号码 one is enough; 险种, 备案类型 by code or Chinese name; 承诺制 `是` or empty. At most 500 lines. Empty where a workbook comes.
    #[serde(default)]
    pub csv: String,
    /// The same as the first sheet of an Excel workbook (.xlsx), in Base64, of at most 1 MB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workbook: Option<String>,
    /// Approve each at once: the clerk has seen what is needed.
    #[serde(default)]
    pub approve_now: bool,
    /// Only check the form of every line; nothing is filed.
    #[serde(default)]
    pub check_only: bool,
}

/// What became of each line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilingBatchReport {
    /// How many were taken.
    pub taken: u32,
    /// How many were not.
    pub refused: u32,
    /// Each line.
    pub lines: Vec<FilingBatchLine>,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilingBatchLine {
    /// Its number in the text, the head being 1.
    pub line: u32,
    /// The filing, if it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<FilingView>,
    /// Why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<super::Refused>,
}

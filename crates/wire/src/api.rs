//! The JSON of the management interface (管理接口), version 1: what clerks, operators and the command line say to a node.
//!
//! Keys are English in snake_case, money is text in yuan (`"1234.50"`), days are `yyyy-MM-dd`, times are China's. What a
//! node does not know it refuses. Personal data comes out masked unless [`Shown::Whole`] is asked for, with a duty.

pub mod account;
pub mod announcement;
pub mod area_clearing;
pub mod audit_trail;
pub mod bank;
pub mod calculation;
pub mod catalog;
pub mod clearing;
pub mod clearing_statement;
pub mod complaint;
pub mod correction;
pub mod document;
pub mod institution;
pub mod institution_payment;
pub mod job;
pub mod ledger;
pub mod material;
pub mod media;
pub mod money;
pub mod notice;
pub mod office;
pub mod payment_order;
pub mod portal;
pub mod prepayment;
pub mod purchase;
pub mod reconciliation;
pub mod registration;
pub mod search;
pub mod session;
pub mod statistics;
pub mod transcript;
pub mod urging;
pub mod work;

use casework::{
    Filing,
    filing::Stage,
    institution::{Authentication, Institution, Secret},
    person::{Enrolment, Person, Standing},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sign::{sm2, sm4};
use std::{borrow::Cow, collections::BTreeMap};
use terms::{
    AdminDivision, CitizenId, ContributionTier, Day, Fen, FilingCategory, FilingId, Fund, InstitutionCode,
    InsuranceScheme, InsuredPlace, MemberClass, Moment, Participant, PersonNumber, Refusal, Set,
    SettlementLevel, TreatmentPlace,
};

/// The largest body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 64 << 10;

/// The header that names the duty for which whole personal data is asked: `X-Duty: 核对备案材料`.
pub const DUTY_HEADER: &str = "x-duty";

/// The header that names the clerk, for the record of looks.
pub const OPERATOR_HEADER: &str = "x-operator";

/// A refusal: a code for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// Does not change.
    pub code: String,
    /// One Chinese sentence that says what to do next.
    pub message: String,
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Self {
        Self { code: refusal.code().to_owned(), message: refusal.message() }
    }
}

/// How much of personal data is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The middle is covered.
    Masked,
    /// All of it: for a duty, which is written down.
    Whole,
}

impl Shown {
    fn number(self, number: &PersonNumber) -> String {
        match self {
            Self::Whole => number.to_string(),
            Self::Masked => masked_number(number.as_str()),
        }
    }
}

/// A person's number with all but its first and last two characters covered.
pub fn masked_number(number: &str) -> String {
    let length = number.chars().count();
    let cover = |(at, one)| if at < 2 || at + 2 >= length { one } else { '*' };
    if length <= 4 { "*".repeat(length) } else { number.chars().enumerate().map(cover).collect() }
}

/// An application (备案申请): `POST /api/v1/filings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFiling {
    /// 参保地, any division of the pooling area.
    pub insured: InsuredPlace,
    /// 人员编号; or …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonNumber>,
    /// … 公民身份号码.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certno: Option<CitizenId>,
    /// 险种: `employee` or `resident`.
    pub scheme: InsuranceScheme,
    /// 备案类型.
    pub category: FilingCategory,
    /// 就医地: a city or a whole province.
    pub destination: AdminDivision,
    /// 备案开始日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<Day>,
    /// 备案结束日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Day>,
    /// 承诺制.
    #[serde(default)]
    pub commitment: bool,
    /// 即时审核通过.
    #[serde(default)]
    pub approve_now: bool,
}

/// A change (备案变更): `POST /api/v1/filings/{id}/change`. What is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilingChange {
    /// 就医地.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<AdminDivision>,
    /// 备案开始日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<Day>,
    /// 备案结束日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Day>,
}

/// Why: of a rejection (驳回) or a suspension (暂停).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// In Chinese, as it is told on.
    pub reason: String,
}

/// A filing as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilingView {
    /// 备案编号.
    pub id: FilingId,
    /// 人员编号, masked unless a duty needs it.
    pub person: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 参保地.
    pub insured: InsuredPlace,
    /// 备案类型.
    pub category: FilingCategory,
    /// 备案类型 in Chinese.
    pub category_name: String,
    /// 就医地.
    pub destination: AdminDivision,
    /// 就医地's name.
    pub destination_name: String,
    /// 备案开始日期.
    pub begins: Day,
    /// 备案结束日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Day>,
    /// 承诺制.
    pub commitment: bool,
    /// 视同备案.
    pub deemed: bool,
    /// When it was applied for.
    pub filed_at: String,
    /// Where it stands.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The filing in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<FilingId>,
    /// A reviewer waits for more of its materials (补正) up to this day; told in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement_due: Option<Day>,
    /// Rises with every move.
    pub generation: u32,
}

impl FilingView {
    /// What is shown of a filing.
    pub fn of(filing: &Filing, shown: Shown) -> Self {
        let (reason, replaced_by) = match &filing.stage {
            Stage::Rejected { reason, .. } => (Some(reason.clone()), None),
            Stage::Replaced { by, .. } => (None, Some(*by)),
            Stage::Submitted | Stage::Effective { .. } | Stage::Cancelled { .. } => (None, None),
        };
        let destination = filing.destination.division();
        Self {
            id: filing.id,
            person: shown.number(&filing.person),
            scheme: filing.scheme,
            insured: filing.insured,
            category: filing.category,
            category_name: filing.category.chinese().to_owned(),
            destination,
            destination_name: destination.full_name(),
            begins: filing.begins,
            ends: filing.ends,
            commitment: filing.commitment,
            deemed: filing.deemed,
            filed_at: filing.filed_at.to_string(),
            stage: filing.stage.name().to_owned(),
            stage_name: filing.stage.chinese().to_owned(),
            reason,
            replaced_by,
            supplement_due: None,
            generation: filing.generation,
        }
    }
}

/// The filings of a person: `GET /api/v1/filings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Filings {
    /// Newest first.
    pub filings: Vec<FilingView>,
}

/// A person as the insured place registers them: `PUT /api/v1/people/{number}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonBody {
    /// 公民身份号码.
    pub certno: CitizenId,
    /// 姓名.
    pub name: String,
    /// 民族 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nation: Option<String>,
    /// How the person is insured, all in one pooling area.
    pub enrolments: Vec<EnrolmentBody>,
}

/// One insurance of a person (参保信息).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentBody {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 参保地.
    pub insured: InsuredPlace,
    /// 人员类别 code.
    pub person_type: String,
    /// 参保状态: `in_force`, `paused` or `ended`.
    #[schemars(with = "String", extend("enum" = ["in_force", "paused", "ended"]))]
    pub standing: Standing,
    /// 公务员标志.
    #[serde(default)]
    pub civil_servant: bool,
    /// First day insured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
    /// 单位名称.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<String>,
    /// 个人账户余额.
    #[serde(default, with = "yuan")]
    pub balance: Fen,
    /// 人员身份类别: `subsistence_allowance`, `extremely_poor` and the like.
    #[serde(default)]
    pub classes: Set<MemberClass>,
    /// 缴费档次: `first`, `second`, `low`, `middle` or `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<ContributionTier>,
    /// 缴费年限, whole years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution_years: Option<i16>,
    /// 退休日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_on: Option<Day>,
}

impl PersonBody {
    /// The person of this number.
    pub fn into_person(self, number: PersonNumber) -> Result<Person, Refusal> {
        let Self { certno: citizen, name, nation, enrolments } = self;
        if name.trim().is_empty() {
            return Err(Refusal::missing("name", "姓名"));
        }
        let areas: Vec<_> = enrolments.iter().map(|one| one.insured.pooling_area()).collect();
        if areas.is_empty() || areas.iter().any(|area| *area != areas[0]) {
            return Err(Refusal::invalid("enrolments", "同一统筹区的一条或多条参保信息"));
        }
        if enrolments.iter().any(|one| one.balance.is_negative()) {
            return Err(Refusal::invalid("balance", "不小于0的金额（元）"));
        }
        if enrolments.iter().any(|one| one.contribution_years.is_some_and(|years| !(0..=80).contains(&years)))
        {
            return Err(Refusal::invalid("contribution_years", "0到80的整年数"));
        }
        let enrolments = enrolments.into_iter().map(EnrolmentBody::into_enrolment).collect();
        Ok(Person { number, citizen, name: name.trim().to_owned(), nation, enrolments })
    }
}

impl EnrolmentBody {
    /// Civil servants are told by their flag, whichever way they were given.
    fn into_enrolment(self) -> Enrolment {
        let civil_servant = MemberClass::CivilServant;
        Enrolment {
            scheme: self.scheme,
            insured: self.insured,
            person_type: self.person_type,
            standing: self.standing,
            civil_servant: self.civil_servant || self.classes.contains(civil_servant),
            since: self.since,
            employer: self.employer,
            balance: self.balance,
            classes: self.classes.iter().filter(|class| *class != civil_servant).collect(),
            tier: self.tier,
            contribution_years: self.contribution_years,
            retired_on: self.retired_on,
        }
    }
}

/// An institution as its treatment place registers it: `PUT /api/v1/institutions/{code}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstitutionBody {
    /// 名称.
    pub name: String,
    /// 统一社会信用代码.
    #[serde(default)]
    pub uscc: String,
    /// 定点医疗服务机构类型 code; `1`, a medical institution, if left out.
    #[serde(default = "medical")]
    pub kind: String,
    /// 医院等级 code.
    #[serde(default)]
    pub grade: String,
    /// 医保结算等级: `community`, `primary`, `secondary`, `tertiary` or `tertiary_special`.
    pub level: SettlementLevel,
    /// 中医医院.
    #[serde(default)]
    pub chinese_medicine: bool,
    /// 就医地, as fine as it is known.
    pub place: TreatmentPlace,
    /// 异地联网开通.
    pub open: bool,
    /// How its software shows who it is: `none`, `csb-hmac-sha1`, `tif-sha256`, `ca-hmac-sm3` or `sm2-sm4`.
    #[serde(default = "no_authentication")]
    pub authentication: String,
    /// The name under which it signs.
    #[serde(default)]
    pub access_key: String,
    /// The secret with which it signs, or at `sm2-sm4` the SM4 key in 32 hexadecimal digits; what is registered stays if this is
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The SM2 public key by which its signatures are checked at `sm2-sm4`, `04` and 128 hexadecimal digits; what is registered
    /// stays if this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Whether a transaction needs a session signed in by 9001.
    #[serde(default)]
    pub sign_in_needed: bool,
}

fn medical() -> String {
    "1".to_owned()
}

fn no_authentication() -> String {
    Authentication::None.name().to_owned()
}

impl InstitutionBody {
    /// The institution of this code; `known` is what is registered of it so far.
    pub fn into_institution(
        self,
        code: InstitutionCode,
        known: Option<&Institution>,
        changed_at: Moment,
    ) -> Result<Institution, Refusal> {
        let ways = || Authentication::ALL.map(Authentication::name).join("、");
        let authentication = Authentication::from_name(&self.authentication);
        let authentication = authentication.ok_or_else(|| Refusal::invalid("authentication", ways()))?;
        let secret = self.secret.map(Secret).or_else(|| known.map(|known| known.secret.clone()));
        let secret = secret.unwrap_or_else(|| Secret(String::new()));
        let public_key = self.public_key.or_else(|| known.map(|known| known.public_key.clone()));
        let public_key = public_key.unwrap_or_default();
        if authentication != Authentication::None && (secret.0.is_empty() || self.access_key.is_empty()) {
            return Err(Refusal::missing("secret", "与所选签名方式相配的access_key和secret"));
        }
        if authentication == Authentication::Sm2Sm4 {
            check_keys(&self.access_key, &secret, &public_key)?;
        }
        if self.name.trim().is_empty() {
            return Err(Refusal::missing("name", "定点医药机构名称"));
        }
        Ok(Institution {
            code,
            name: self.name.trim().to_owned(),
            uscc: self.uscc,
            kind: self.kind,
            grade: self.grade,
            level: self.level,
            chinese_medicine: self.chinese_medicine,
            place: self.place,
            open: self.open,
            authentication,
            access_key: self.access_key,
            secret,
            public_key,
            sign_in_needed: self.sign_in_needed,
            changed_at,
        })
    }
}

/// What `sm2-sm4` needs: an identity to sign under, the SM4 key, and the SM2 public key.
fn check_keys(access_key: &str, secret: &Secret, public_key: &str) -> Result<(), Refusal> {
    if access_key.len() > sm2::IDENTITY_MAX {
        return Err(Refusal::invalid("access_key", format!("不超过{}字节的签名标识", sm2::IDENTITY_MAX)));
    }
    sm4::Key::from_hex(&secret.0).map_err(|_| Refusal::invalid("secret", "SM4密钥，32位十六进制数"))?;
    let public_key = sm2::PublicKey::from_hex(public_key);
    public_key.map(drop).map_err(|_| Refusal::invalid("public_key", "机构的SM2公钥，04加128位十六进制数"))
}

/// A participant to register: `PUT /api/v1/participants/{code}` at the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParticipantBody {
    /// 名称.
    pub name: String,
    /// Where its node is reached: `http://host:port`.
    pub address: String,
    /// SM2 public key: `04` and 128 hexadecimal digits.
    pub public_key: String,
}

/// A participant as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantView {
    /// Its number: `420000`.
    pub participant: Participant,
    /// 名称.
    pub name: String,
    /// Where its node is reached.
    pub address: String,
    /// SM2 public key.
    pub public_key: String,
    /// The reason, while it is suspended.
    pub suspended: Option<String>,
    /// When this was last changed.
    pub changed_at: String,
}

/// All participants: `GET /api/v1/participants`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Participants {
    /// In the order of their numbers.
    pub participants: Vec<ParticipantView>,
}

/// A settlement as the treatment place's operator sees it: `GET /api/v1/settlements/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettlementView {
    /// 结算ID.
    pub id: String,
    /// 就诊ID.
    pub visit: String,
    /// Where it stands: `asked`, `settled`, `refused`, `undoing` or `undone`.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// The institution's name, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_name: Option<String>,
    /// 人员编号, masked unless a duty needs it.
    pub person: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 参保地.
    pub insured: InsuredPlace,
    /// 医疗费总额.
    #[serde(with = "yuan")]
    pub total: Fen,
    /// 基金支付总额.
    #[serde(with = "yuan")]
    pub fund_total: Fen,
    /// 个人负担总金额.
    #[serde(with = "yuan")]
    pub person_total: Fen,
    /// 个人账户支出, a part of the person's.
    #[serde(with = "yuan")]
    pub account: Fen,
    /// What each fund pays, by 基金支付类型 code.
    pub funds: BTreeMap<String, String>,
    /// When the person declared that no third party is liable for the injury (《外伤无第三方责任承诺书》), if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_third_party_declared_at: Option<String>,
    /// The refusal, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refused>,
    /// When the hospital asked.
    pub asked_at: String,
    /// When the answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<String>,
    /// The undoing's own id, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
    /// When it was undone for certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<String>,
    /// `treatment` or `insured`: from which book of this node it is told.
    pub side: String,
    /// 就医类别 code.
    pub care: String,
    /// 就医类别 in Chinese.
    pub care_name: String,
    /// Who pays what and why, step by step, once it was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<calculation::BreakdownView>,
}

/// What a settlement's person number is shown as.
pub fn shown_number(number: &PersonNumber, shown: Shown) -> String {
    shown.number(number)
}

/// What each fund pays as the interface shows it.
pub fn shown_funds(funds: &BTreeMap<Fund, Fen>) -> BTreeMap<String, String> {
    funds.iter().map(|(fund, paid)| (fund.code().to_owned(), paid.to_string())).collect()
}

/// The details of a settlement as a clerk of the insured place sees them: `GET /api/v1/details`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DetailsView {
    /// 结算ID.
    pub settlement: String,
    /// How far they have come: `none`, `under_way`, `complete`, `different` or `undone`.
    pub stage: String,
    /// How far they have come, in Chinese.
    pub stage_name: String,
    /// How many lines the treatment place says there are.
    pub lines_due: i64,
    /// How many have come.
    pub lines: i64,
    /// The sum of all, as the treatment place says.
    #[serde(with = "yuan")]
    pub total_due: Fen,
    /// The sum of those that have come.
    #[serde(with = "yuan")]
    pub total: Fen,
    /// What differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// When the first came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<String>,
    /// When they were complete, found different, or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Some of the lines, in the order of their serials.
    pub details: Vec<DetailView>,
    /// What to give as `after` for the next ones; none after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One detail (费用明细).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DetailView {
    /// 费用明细流水号.
    pub serial: String,
    /// 原费用流水号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunds: Option<String>,
    /// 费用发生日期.
    pub day: Day,
    /// 医疗目录编码.
    pub item: String,
    /// 医药机构目录编码.
    pub local_item: String,
    /// 数量, with four decimals.
    pub quantity: String,
    /// 单价 in yuan, with six decimals.
    pub price: String,
    /// 医疗收费项目类别 code.
    pub category: String,
    /// 医疗收费项目类别 in Chinese.
    pub category_name: String,
    /// 收费项目等级 code.
    pub class: String,
    /// 中药使用方式 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub herb_use: Option<String>,
    /// 明细项目费用总额.
    #[serde(with = "yuan")]
    pub amount: Fen,
    /// 全自费.
    #[serde(with = "yuan")]
    pub out_of_scope: Fen,
    /// 超限价自费.
    #[serde(with = "yuan")]
    pub over_limit: Fen,
    /// 先行自付.
    #[serde(with = "yuan")]
    pub first_self_pay: Fen,
    /// 符合政策范围.
    #[serde(with = "yuan")]
    pub in_scope: Fen,
}

/// What became of the details that are to be sent on: `GET /api/v1/transmissions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transmissions {
    /// How many are at each stage: `due`, `under_way`, `complete`, `different`, `stopped`.
    pub counts: BTreeMap<String, i64>,
    /// Some of those at the stage that was asked for, in the order of settlements.
    pub transmissions: Vec<TransmissionView>,
    /// What to give as `after` for the next ones; none after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What became of the details of one settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransmissionView {
    /// 结算ID.
    pub settlement: String,
    /// 参保地.
    pub insured: InsuredPlace,
    /// Where it stands: `due`, `under_way`, `complete`, `different` or `stopped`.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// How often the lines were begun to be sent, from 1.
    pub round: i32,
    /// How many batches of this round the insured place has taken.
    pub batches: i32,
    /// How many lines were in them.
    pub lines: i64,
    /// What the insured place found to differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// When this was last changed.
    pub changed_at: String,
}

/// Something was taken that has nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    /// Always true.
    pub taken: bool,
}

/// Money as text in yuan: exact, whatever reads it. Fields that are written so say `#[serde(with = "yuan")]`.
#[expect(non_camel_case_types, reason = "serde is told it like a module, and the schema like a type")]
struct yuan;

impl yuan {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    fn serialize<S: Serializer>(amount: &Fen, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fen, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| D::Error::custom("money is text in yuan with at most two decimals: \"1234.50\""))
    }
}

impl JsonSchema for yuan {
    fn schema_name() -> Cow<'static, str> {
        "Yuan".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,2})?$",
            "description": "金额（元），文本，最多两位小数", "examples": ["1234.50"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_authenticating_needs_its_keys() {
        let sm2_key = sm2::PrivateKey::from_bytes(&[7; 32]).unwrap().public().to_hex();
        let sm4_key = "0123456789abcdeffedcba9876543210";
        let body = |way: &str, access_key: &str, secret: &str, public_key: &str| -> InstitutionBody {
            serde_json::from_value(serde_json::json!({
                "name": "示例医院", "level": "tertiary", "place": "420106", "open": true, "authentication": way,
                "access_key": access_key, "secret": secret, "public_key": public_key,
            }))
            .unwrap()
        };
        let register = |body: InstitutionBody, known: Option<&Institution>| {
            let now = Moment::from_millis(0).unwrap();
            body.into_institution("H42010600001".parse().unwrap(), known, now)
        };
        let too_long = "x".repeat(sm2::IDENTITY_MAX + 1);
        for (way, access_key, secret, public_key, at_fault) in [
            ("none", "", "", "", None),
            ("another", "AK", "s", "", Some("authentication")),
            ("csb-hmac-sha1", "AK", "s", "", None),
            ("tif-sha256", "", "s", "", Some("secret")),
            ("ca-hmac-sm3", "AK", "", "", Some("secret")),
            ("ca-hmac-sm3", "AK", "s", "", None),
            ("sm2-sm4", "AK", sm4_key, &sm2_key, None),
            ("sm2-sm4", "", sm4_key, &sm2_key, Some("secret")),
            ("sm2-sm4", &too_long, sm4_key, &sm2_key, Some("access_key")),
            ("sm2-sm4", "AK", &sm4_key[1..], &sm2_key, Some("secret")),
            ("sm2-sm4", "AK", sm4_key, "", Some("public_key")),
            ("sm2-sm4", "AK", sm4_key, &sm2_key[2..], Some("public_key")),
        ] {
            let registered = register(body(way, access_key, secret, public_key), None);
            let field = registered.err().map(|refusal| refusal.context());
            assert_eq!(
                at_fault.is_some_and(|at_fault| field.as_ref().is_some_and(|field| field.contains(at_fault))),
                at_fault.is_some(),
                "{way}: {field:?}"
            );
            assert_eq!(field.is_some(), at_fault.is_some(), "{way}: {field:?}");
        }
        let known = register(body("sm2-sm4", "AK", sm4_key, &sm2_key), None).unwrap();
        let again = InstitutionBody { secret: None, public_key: None, ..body("sm2-sm4", "AK2", "", "") };
        let again = register(again, Some(&known)).unwrap();
        assert_eq!(
            (again.secret, again.public_key),
            (known.secret, known.public_key),
            "what is left out stays"
        );
    }

    #[test]
    fn what_is_not_known_is_refused_and_money_is_exact() {
        let person = |extra: &str| {
            format!(
                r#"{{"certno":"110101194106189151","name":"王某甲","enrolments":[{{"scheme":"employee","insured":"420106",
                "person_type":"1102","standing":"in_force","balance":"1234.50"{extra}}}]}}"#
            )
        };
        let read: PersonBody = serde_json::from_str(&person("")).unwrap();
        assert_eq!(read.enrolments[0].balance, Fen(123_450));
        assert!(serde_json::from_str::<PersonBody>(&person(r#","favourite":1"#)).is_err());
        let read = read.into_person("42010099001".parse().unwrap()).unwrap();
        assert_eq!(read.enrolments.len(), 1);
    }

    #[test]
    fn what_policies_distinguish_is_read_by_name() {
        let text = r#"{"certno":"110101194106189151","name":"王某甲","enrolments":[{"scheme":"resident","insured":"500103",
            "person_type":"15","standing":"in_force","classes":["subsistence_allowance","civil_servant"],"tier":"second",
            "contribution_years":12,"retired_on":"2001-07-01"}]}"#;
        let body: PersonBody = serde_json::from_str(text).unwrap();
        let number: PersonNumber = "50010399001".parse().unwrap();
        let person = body.clone().into_person(number.clone()).unwrap();
        let [enrolment] = &person.enrolments[..] else { panic!("{person:?}") };
        assert_eq!(enrolment.classes, Set::only(MemberClass::SubsistenceAllowance));
        assert!(enrolment.civil_servant, "the class of civil servants is the flag");
        assert_eq!(
            (enrolment.tier, enrolment.contribution_years),
            (Some(ContributionTier::Second), Some(12))
        );
        assert_eq!(enrolment.retired_on, "2001-07-01".parse().ok());
        let mut wrong = body;
        wrong.enrolments[0].contribution_years = Some(-1);
        assert_eq!(wrong.into_person(number).unwrap_err().code(), "field-invalid");
    }

    #[test]
    fn a_number_is_masked_but_for_its_ends() {
        for (number, masked) in
            [("42010099001", "42*******01"), ("12345", "12*45"), ("1234", "****"), ("", "")]
        {
            assert_eq!(masked_number(number), masked);
        }
    }
}

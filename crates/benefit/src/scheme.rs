//! The policy of one pooling area and scheme, resolved at a day: what [`crate::compute`] reads. All values have been checked
//! when they were loaded.

use crate::bill::{Case, FilingStanding};
use serde::{Deserialize, Serialize};
use std::fmt;
use terms::{Day, Fen, Fund, InsuranceScheme, MemberStatus, PoolingArea, Province, Rate, SettlementLevel};

/// The benefit policy (待遇政策) of one pooling area and scheme on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// The pooling area.
    pub area: PoolingArea,
    /// Its name, `武汉市`.
    pub name: String,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The first day of this version: the latest first day of the parts below.
    pub policy_day: Day,
    /// The day on which a person last checked that the newest values still hold.
    pub checked_on: Day,
    /// Month and day on which the insurance year (医保年度) begins.
    pub year_starts: (i8, i8),
    /// 起付标准.
    pub deductible: Cited<Deductible>,
    /// 支付比例.
    pub ratio: Cited<Ratio>,
    /// 最高支付限额.
    pub cap: Option<Cited<Vec<Limit>>>,
    /// What changes for a stay in another province.
    pub cross_region: Cited<Vec<CrossRegionRule>>,
    /// 大病保险.
    pub catastrophic: Option<Cited<Catastrophic>>,
}

impl Scheme {
    /// The first day of the insurance year (医保年度) that a day lies in.
    pub fn year_first_day(&self, day: Day) -> Day {
        first_day_of_year(self.year_starts, day)
    }

    /// The insurance year that a day lies in, named by the calendar year in which it begins.
    pub fn insurance_year(&self, day: Day) -> i16 {
        self.year_first_day(day).year()
    }
}

fn first_day_of_year((month, day_of_month): (i8, i8), day: Day) -> Day {
    let begins = |year| Day::new(year, month, day_of_month).expect("checked when the policy was loaded");
    let this = begins(day.year());
    if this <= day { this } else { begins(day.year() - 1) }
}

/// A value with its first day and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited<T> {
    /// The first day on which it holds.
    pub from: Day,
    /// What holds.
    pub value: T,
    /// Where it is written.
    pub citation: Citation,
}

/// Where a value is written, and how sure one is of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// The source.
    pub source: Source,
    /// How sure.
    pub confidence: Confidence,
}

/// A notice or page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its key within the file, `bj1`.
    #[serde(skip)]
    pub key: String,
    /// Its title.
    pub title: String,
    /// Its number (文号) and article, if it has one.
    #[serde(default)]
    pub number: String,
    /// A permanent address, if there is one.
    #[serde(default)]
    pub link: String,
}

/// Whether a value has been read in a source that can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Read in a notice, on an agency's, hospital's or newspaper's page, or on a city portal.
    Confirmed,
    /// Taken from elsewhere or from the national frame, because a stay could not be computed without it.
    Unconfirmed,
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Source { key, title, number, link } = &self.source;
        write!(f, "{title}")?;
        if !number.is_empty() {
            write!(f, " {number}")?;
        }
        write!(f, " [{key}]")?;
        if !link.is_empty() {
            write!(f, " {link}")?;
        }
        f.write_str(match self.confidence {
            Confidence::Confirmed => "（已核对）",
            Confidence::Unconfirmed => "（待核实）",
        })
    }
}

/// Whom a row of a table concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Settlement levels; none named: all.
    pub levels: Vec<SettlementLevel>,
    /// Statuses; never empty.
    pub statuses: Vec<MemberStatus>,
    /// Age in whole years on the day of admission, from.
    pub age_from: Option<i16>,
    /// Age in whole years on the day of admission, below.
    pub age_below: Option<i16>,
    /// Only for treatment inside the pooling area.
    pub inside_only: bool,
}

/// One person at one hospital, as tables are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The hospital's settlement level.
    pub level: SettlementLevel,
    /// The person's status.
    pub status: MemberStatus,
    /// Their age on the day of admission.
    pub age: i16,
    /// Whether the hospital lies inside the pooling area.
    pub inside: bool,
}

impl Asked {
    /// What a case asks the tables.
    pub fn of(case: &Case) -> Self {
        Self {
            level: case.bill.level,
            status: case.member.status,
            age: case.member.birth.years_until(case.bill.admission),
            inside: case.treatment.division().pooling_area() == case.insured.pooling_area(),
        }
    }
}

impl Selector {
    fn concerns_person(&self, asked: Asked) -> bool {
        self.statuses.contains(&asked.status)
            && self.age_from.is_none_or(|from| asked.age >= from)
            && self.age_below.is_none_or(|below| asked.age < below)
            && (asked.inside || !self.inside_only)
    }

    fn concerns_level(&self, level: SettlementLevel) -> bool {
        self.levels.is_empty() || self.levels.contains(&level)
    }
}

/// A row of a table.
pub trait Row {
    /// Whom it concerns.
    fn who(&self) -> &Selector;
}

/// The rows that concern one person at one hospital, in the order of the file.
///
/// A level that no row names is read as its national level (社区 as 一级, 三级特等 as 三级). Rows for treatment inside the
/// pooling area, where there are any, come in place of the others.
pub fn rows_for<R: Row>(rows: &[R], asked: Asked) -> Vec<&R> {
    let mut found: Vec<&R> = rows.iter().filter(|row| row.who().concerns_person(asked)).collect();
    let named = found.iter().any(|row| row.who().levels.contains(&asked.level));
    let level = if named { asked.level } else { asked.level.national() };
    found.retain(|row| row.who().concerns_level(level));
    if found.iter().any(|row| row.who().inside_only) {
        found.retain(|row| row.who().inside_only);
    }
    found
}

/// 起付标准: what the person pays first of the in-scope amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deductible {
    /// How it recurs.
    pub recurs: Recurrence,
    /// A hospital of Chinese medicine counts as one level lower.
    pub chinese_medicine_lower: bool,
    /// A stay longer than so many days pays it again for every further part.
    pub again_after_days: Option<i32>,
    /// The standards.
    pub rows: Vec<DeductibleRow>,
}

/// How a deductible recurs in the insurance year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recurrence {
    /// Every admission has its own.
    EachAdmission,
    /// One for the year, used up by all stays together (年度累计).
    OnceAYear,
}

/// The standard for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeductibleRow {
    /// For whom.
    pub who: Selector,
    /// By admission of the year: the first, the second …; the last holds for all further ones.
    pub amounts: Vec<Fen>,
    /// After the last amount of the list, each further admission lowers it by this share of it.
    pub lowered_by: Rate,
    /// But not below this.
    pub floor: Fen,
    /// At least this share of the whole bill.
    pub share_of_total: Rate,
}

impl Row for DeductibleRow {
    fn who(&self) -> &Selector {
        &self.who
    }
}

/// 支付比例: how the in-scope amount is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// What the bands measure.
    pub basis: Basis,
    /// The bands.
    pub bands: Vec<Band>,
}

/// What bands measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The in-scope amount of this stay, from its first fen: the deductible lies in the lowest band.
    Stay,
    /// The in-scope amount of the insurance year.
    Year,
}

/// A share that a fund pays of a part of the amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// For whom.
    pub who: Selector,
    /// Above this amount.
    pub over: Fen,
    /// Up to and with this amount; `None`: without end.
    pub to: Option<Fen>,
    /// The fund's share.
    pub rate: Rate,
    /// Which fund.
    pub fund: Fund,
}

impl Row for Band {
    fn who(&self) -> &Selector {
        &self.who
    }
}

impl Band {
    /// How much of the stretch between two amounts lies in this band.
    pub fn portion(&self, start: Fen, end: Fen) -> Fen {
        let top = self.to.map_or(end, |to| end.at_most(to));
        (top - start.max(self.over)).or_zero()
    }

    /// `0-30000元`, `30000元以上`.
    pub fn range(&self) -> String {
        match self.to {
            Some(to) => format!("{}-{}元", yuan(self.over), yuan(to)),
            None => format!("{}元以上", yuan(self.over)),
        }
    }
}

/// Whole yuan without decimals, else with two.
pub(crate) fn yuan(amount: Fen) -> String {
    if amount.0 % 100 == 0 { (amount.0 / 100).to_string() } else { amount.to_string() }
}

/// 最高支付限额 of an insurance year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What it counts.
    pub counts: Counted,
    /// The most of it in a year.
    pub amount: Fen,
    /// Who pays beyond it; `None`: the person.
    pub above: Option<Above>,
}

/// What a limit counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// What these funds pay.
    Paid(Vec<Fund>),
    /// The in-scope amount, whoever pays it (fund and own share together).
    InScope,
}

/// The layer above a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Above {
    /// The fund that pays there.
    pub fund: Fund,
    /// Its share; `None`: the share below the limit goes on.
    pub rate: Option<Rate>,
}

/// How a stay stands, as cross-region rules tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// One of the three long-term categories (跨省异地长期居住).
    LongTerm,
    /// 异地转诊.
    Referral,
    /// 异地急诊抢救, filed or deemed filed.
    Emergency,
    /// 其他跨省临时外出就医.
    OtherTemporary,
    /// 未备案.
    NotFiled,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::LongTerm, Self::Referral, Self::Emergency, Self::OtherTemporary, Self::NotFiled];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::LongTerm => "跨省长期居住",
            Self::Referral => "异地转诊",
            Self::Emergency => "异地急诊抢救",
            Self::OtherTemporary => "其他临时外出",
            Self::NotFiled => "未备案",
        }
    }
}

impl From<FilingStanding> for Standing {
    fn from(standing: FilingStanding) -> Self {
        use terms::FilingCategory as Category;
        match standing {
            FilingStanding::Filed(Category::Referral) => Self::Referral,
            FilingStanding::Filed(Category::Emergency) | FilingStanding::DeemedFiled => Self::Emergency,
            FilingStanding::Filed(Category::OtherTemporary) => Self::OtherTemporary,
            FilingStanding::Filed(_) => Self::LongTerm,
            FilingStanding::NotFiled => Self::NotFiled,
        }
    }
}

/// What changes for some stays in another province. The first rule that concerns a stay is the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossRegionRule {
    /// For these standings.
    pub standings: Vec<Standing>,
    /// At these settlement levels; none named: all.
    pub levels: Vec<SettlementLevel>,
    /// In these provinces; none named: all.
    pub provinces: Vec<Province>,
    /// What changes.
    pub change: Change,
    /// Where it is written.
    pub citation: Citation,
}

impl CrossRegionRule {
    /// Whether it concerns a stay of this standing at this level in this province.
    pub fn concerns(&self, standing: Standing, level: SettlementLevel, province: Province) -> bool {
        let level_fits =
            self.levels.is_empty() || self.levels.contains(&level) || self.levels.contains(&level.national());
        self.standings.contains(&standing)
            && level_fits
            && (self.provinces.is_empty() || self.provinces.contains(&province))
    }
}

/// A change to the local rule; all absent: as at home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Nothing is paid directly, for this reason.
    pub refuse: Option<String>,
    /// The person first pays this share of the in-scope amount (个人先自付), before the deductible.
    pub first_self_pay: Option<Rate>,
    /// This deductible in place of the local one.
    pub deductible: Option<Fen>,
    /// This ratio in place of all of the pool's ratios.
    pub ratio: Option<Rate>,
    /// The pool's ratios times this.
    pub factor: Option<Rate>,
    /// The pool's ratios lower by these points.
    pub ratio_less: Option<Rate>,
    /// The person's own share higher by these points.
    pub own_share_more: Option<Rate>,
    /// But the pool's ratio is at least this.
    pub ratio_at_least: Option<Rate>,
}

impl Change {
    /// A ratio of the pool, changed.
    pub fn applied_to(&self, local: Rate) -> Rate {
        let rate = self.ratio.unwrap_or(local);
        let rate = self.factor.map_or(rate, |factor| times(rate, factor));
        let rate =
            rate.less(self.ratio_less.unwrap_or_default()).less(self.own_share_more.unwrap_or_default());
        rate.max(self.ratio_at_least.unwrap_or_default())
    }

    /// In Chinese words.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        let mut say = |what: &str, rate: Option<Rate>| words.extend(rate.map(|rate| format!("{what}{rate}")));
        say("个人先自付", self.first_self_pay);
        say("统一支付比例", self.ratio);
        say("支付比例乘以", self.factor);
        say("支付比例不低于", self.ratio_at_least);
        let points = |rate: Rate| format!("{}个百分点", rate.to_string().trim_end_matches('%'));
        words.extend(self.ratio_less.map(|rate| format!("支付比例降低{}", points(rate))));
        words.extend(self.own_share_more.map(|rate| format!("个人负担比例提高{}", points(rate))));
        if let Some(deductible) = self.deductible {
            words.push(format!("起付标准{}元", yuan(deductible)));
        }
        if let Some(reason) = &self.refuse {
            words.push(format!("不直接结算：{reason}"));
        }
        if words.is_empty() { "执行参保地本地待遇".to_owned() } else { words.join("，") }
    }
}

/// A share of a share, to the nearest permyriad, a tie goes up.
fn times(rate: Rate, factor: Rate) -> Rate {
    let product = factor.of(Fen(i64::from(rate.as_permyriad())), terms::Rounding::HalfUp);
    let permyriad = u16::try_from(product.0).expect("a share of a rate is not above the rate");
    Rate::permyriad(permyriad).expect("a share of a rate is not above the rate")
}

/// 大病保险: pays of the person's own share of in-scope amounts of the year, above a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catastrophic {
    /// The bands, on the year's own share; the lowest begins at the threshold (大病起付线).
    pub bands: Vec<Band>,
    /// The most that it pays in a year.
    pub cap: Option<Fen>,
}

/// The statuses that a scheme has.
pub const fn statuses_of(scheme: InsuranceScheme) -> &'static [MemberStatus] {
    match scheme {
        InsuranceScheme::Employee => &[MemberStatus::Employed, MemberStatus::Retired],
        InsuranceScheme::Resident => &[MemberStatus::Minor, MemberStatus::Adult, MemberStatus::Elderly],
    }
}

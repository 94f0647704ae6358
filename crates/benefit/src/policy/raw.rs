//! A policy file as it is written: every key there is, with what it means. Unknown keys, missing keys and wrong types are
//! refused by reading into these types (`read.rs`); what is wrong beyond that, `check.rs` finds. The comments on the keys are
//! the descriptions in the JSON Schema of the format.

use super::read::{Piece, Put, Reader};
use crate::{
    scheme::{
        AfterTransfer, Basis, Burden, Confidence, LayerBasis, Period, Recurrence, Selector, Standing, Where,
        YearEnd,
    },
    year::LayerName,
};
use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt, marker::PhantomData};
use terms::{
    AdminDivision, CareKind, ContributionTier, Day, DiseaseCode, Fen, Fund, Listed, MemberClass,
    MemberStatus, Rate, Rounding, Set, SettlementLevel, VisitMark, money::parse_decimal,
};
use toml::{Spanned, de::DeTable};

macro_rules! keys {
    ($(#[$doc:meta])* $name:ident { $($fields:tt)* }) => {
        $(#[$doc])*
        #[derive(Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($fields)* }
    };
}

keys! {
    /// The benefit policy (待遇政策) of one pooling area (统筹区) and one scheme (险种). Every group of values is a list of
    /// versions with their first days; versions are added, never edited.
    File {
        /// The pooling area: six digits, as in the folder's name (统筹区).
        #[cfg_attr(feature = "schema", schemars(with = "super::schema::SixDigits"))]
        pub area: Spanned<String>,
        /// Its Chinese name (统筹区名称).
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        pub name: Spanned<String>,
        /// The scheme, as in the file's name: 310 职工基本医疗保险, 390 城乡居民基本医疗保险 (险种).
        #[cfg_attr(feature = "schema", schemars(with = "super::schema::SchemeCode"))]
        pub scheme: Spanned<String>,
        /// The day on which a person last checked that the newest values still hold (核对日期).
        pub checked_on: DayText,
        /// Month and day on which the insurance year begins; without it 1 January (医保年度起始日).
        #[cfg_attr(feature = "schema", schemars(with = "Option<super::schema::MonthAndDay>"))]
        pub year_starts: Option<Spanned<String>>,
        /// The sources (依据), each under a short key that versions name.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, SourceText>"))]
        pub source: BTreeMap<String, Spanned<SourceText>>,
        /// 住院: stays in hospital. Every file has it.
        pub inpatient: Care,
        /// 普通门诊: outpatient visits.
        pub outpatient: Option<Care>,
        /// 门诊慢特病: chronic and special diseases for which the person is registered.
        pub chronic: Option<Care>,
        /// 定点药店购药: purchases at a pharmacy.
        pub pharmacy: Option<Care>,
        /// 异地就医: what changes for a visit outside the pooling area. Every file has it.
        pub cross_region: Versions<CrossRegion>,
        /// The layers above the pool, in the order in which they pay: 大额补助, 大病保险, 补充保险, 公务员补助, 医疗救助, 倾斜救助.
        #[serde(default)]
        pub layer: Versions<Layer>,
        /// 个人账户: what personal accounts may pay.
        #[serde(default)]
        pub account: Versions<Account>,
        /// 跨年度住院: stays over the end of the insurance year; without it a stay counts wholly for the year of discharge.
        #[serde(default)]
        pub year_crossing: Versions<YearCrossing>,
    }
}

keys! {
    /// What holds in every pooling area that says nothing of its own.
    National {
        /// For whom, in Chinese.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        #[expect(dead_code, reason = "for who reads the file")]
        pub name: Spanned<String>,
        /// The scheme.
        #[cfg_attr(feature = "schema", schemars(with = "super::schema::SchemeCode"))]
        pub scheme: Spanned<String>,
        /// The day on which a person last checked it.
        #[expect(dead_code, reason = "for who reads the file")]
        pub checked_on: DayText,
        /// The sources (依据).
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, SourceText>"))]
        pub source: BTreeMap<String, Spanned<SourceText>>,
        /// 个人账户.
        #[serde(default)]
        pub account: Versions<Account>,
    }
}

impl File {
    /// In place of a file whose head could not be read.
    pub fn unread() -> Self {
        let nothing = || Spanned::new(0..0, String::new());
        Self {
            area: nothing(),
            name: nothing(),
            scheme: nothing(),
            checked_on: DayText(Day::new(2000, 1, 1).expect("a day")),
            year_starts: None,
            source: BTreeMap::new(),
            inpatient: Care::default(),
            outpatient: None,
            chronic: None,
            pharmacy: None,
            cross_region: Versions::default(),
            layer: Versions::default(),
            account: Versions::default(),
            year_crossing: Versions::default(),
        }
    }
}

keys! {
    /// A notice or page (依据).
    SourceText {
        /// Its title (文件名称).
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        pub title: Spanned<String>,
        /// Its number and article, if it has one (文号).
        #[serde(default)]
        pub number: String,
        /// A permanent address, if there is one (链接).
        #[serde(default)]
        pub link: String,
    }
}

keys! {
    /// The benefit of one kind of care. It exists on a day if its `ratio` has a version in force.
    #[derive(Default)]
    Care {
        /// 起付标准: what the person pays first; without it there is none.
        #[serde(default)]
        pub deductible: Versions<Deductible>,
        /// 支付比例: how the amount is divided.
        #[serde(default)]
        pub ratio: Versions<Ratio>,
        /// 最高支付限额: the most that is paid; without it there is no limit.
        #[serde(default)]
        pub cap: Versions<Cap>,
    }
}

/// What every dated version has.
pub trait Dated {
    fn from(&self) -> Day;
    fn source(&self) -> &str;
    fn confidence(&self) -> Confidence;
}

macro_rules! dated {
    ($($(#[$doc:meta])* $name:ident { $($fields:tt)* })+) => { $(
        keys! {
            $(#[$doc])*
            $name {
                /// The first day on which it holds; later than that of the version before it (起始日期).
                from: DayText,
                /// The key of its source (依据).
                source: String,
                /// Whether the value has been read in a source that can be relied on (是否核实).
                confidence: Confidence,
                /// What a reader should know, in Chinese (说明).
                #[serde(rename = "note")]
                _note: Option<String>,
                $($fields)*
            }
        }

        impl Dated for $name {
            fn from(&self) -> Day {
                self.from.0
            }
            fn source(&self) -> &str {
                &self.source
            }
            fn confidence(&self) -> Confidence {
                self.confidence
            }
        }
    )+ };
}

dated! {
    /// A version of 起付标准.
    Deductible {
        /// How it recurs (计收方式).
        pub recurs: Recurrence,
        /// Deductible paid in the year for these kinds of care counts towards this one (合并计算).
        pub shared_with: Option<Words<CareKind>>,
        /// All deductibles of the year together, with those shared, are at most this (年度累计不超过).
        pub year_ceiling: Option<Yuan>,
        /// A hospital of Chinese medicine counts one level lower, for the deductible only (中医医院降低一个等级).
        #[serde(default)]
        pub chinese_medicine_lower: bool,
        /// A stay longer than so many days pays it again for every further part (住院超过规定天数再次计收).
        pub again_after_days: Option<Days>,
        /// What a stay pays that goes on from another hospital; without it `new` (转院).
        pub after_transfer: Option<AfterTransfer>,
        /// The standards; they answer everyone exactly once. A value is a number, or a list by admission of the year.
        pub rows: Rows<DeductibleRow>,
    }

    /// A version of 支付比例.
    Ratio {
        /// What the bands measure (分段计算口径).
        pub basis: Basis,
        /// For a basis of the year: the kinds of care whose amounts count together; without it this one (合并累计的就医类别).
        pub care: Option<Words<CareKind>>,
        /// The bands; for each person they begin at 0 and touch (费用段).
        pub bands: Rows<BandRow>,
        /// What changes the ratio for some, one after the other (比例调整).
        #[serde(default)]
        pub adjust: Rows<AdjustRow>,
        /// But the pool's ratio is at most this (最高不超过).
        pub at_most: Option<Percent>,
        /// How a share becomes fen; without it `half_up` (舍入).
        #[cfg_attr(feature = "schema", schemars(with = "Option<super::schema::RoundingWord>"))]
        pub rounding: Option<Rounding>,
    }

    /// A version of 最高支付限额.
    Cap {
        /// The limits, applied in their order (限额).
        pub limits: Rows<Limit>,
    }

    /// A version of the rules for visits outside the pooling area (异地就医).
    CrossRegion {
        /// The rules; the first that fits is the one. For each standing and kind of care one must hold everywhere (规则).
        pub rules: Rows<Rule>,
    }

    /// A version of one layer above the pool.
    Layer {
        /// Which layer (保障层次).
        #[cfg_attr(feature = "schema", schemars(with = "super::schema::LayerWord"))]
        pub name: Spanned<LayerName>,
        /// The fund that pays; without it the usual one of the layer (支付基金).
        pub fund: Option<Word<Fund>>,
        /// In these kinds of care, whose burdens count together; without it inpatient and chronic (就医类别).
        pub care: Option<Words<CareKind>>,
        /// The parts of the person's burden that it looks at; without it those of the in-scope amount (合规费用范围).
        pub counts: Option<Words<Burden>>,
        /// `year` or `visit`; without it `year` (累计周期).
        pub period: Option<Period>,
        /// What the bands measure; without it `absolute` (分段计算口径).
        pub basis: Option<LayerBasis>,
        /// 起付线: a number for everyone, or rows.
        pub threshold: Option<AmountOrRows>,
        /// The bands; whom none concerns is not paid by this layer (费用段).
        pub bands: Rows<BandRow>,
        /// What changes the ratio for some, one after the other (比例调整).
        #[serde(default)]
        pub adjust: Rows<AdjustRow>,
        /// But the ratio is at most this (最高不超过).
        pub at_most: Option<Percent>,
        /// The most that it pays in a year: a number for everyone, or rows (年度封顶线).
        pub cap: Option<AmountOrRows>,
        /// How a share becomes fen; without it `half_up` (舍入).
        #[cfg_attr(feature = "schema", schemars(with = "Option<super::schema::RoundingWord>"))]
        pub rounding: Option<Rounding>,
    }

    /// A version of what personal accounts may pay (个人账户).
    Account {
        /// In these kinds of care (就医类别).
        pub care: Words<CareKind>,
        /// These parts of the person's burden (可支付的费用).
        pub pays: Words<Burden>,
        /// Whether family members' accounts may pay (家庭共济).
        pub family: bool,
    }

    /// A version of what becomes of a stay over the end of the insurance year (跨年度住院).
    YearCrossing {
        /// By which rule (结算方式).
        pub by: YearEnd,
        /// With `days`: whether the part in the new year has a deductible of its own (新年度是否再计起付标准).
        #[serde(default)]
        pub second_deductible: bool,
    }

    /// From this day the values of the group are not known; settlement that needs them is refused.
    Lack {
        /// What the area must supply, in Chinese (缺少的数据).
        pub missing: Text,
    }

    /// From this day the group has no values any more.
    End {
        /// Always true (终止).
        #[serde(rename = "ended")]
        _ended: True,
    }

    /// From this day the values of the layer are not known; settlement that needs them is refused.
    LayerLack {
        /// Which layer (保障层次).
        #[cfg_attr(feature = "schema", schemars(with = "super::schema::LayerWord"))]
        pub name: Spanned<LayerName>,
        /// In these kinds of care; without it inpatient and chronic (就医类别).
        pub care: Option<Words<CareKind>>,
        /// What the area must supply, in Chinese (缺少的数据).
        pub missing: Text,
    }

    /// From this day the layer exists no more.
    LayerEnd {
        /// Which layer (保障层次).
        #[cfg_attr(feature = "schema", schemars(with = "super::schema::LayerWord"))]
        pub name: Spanned<LayerName>,
        /// Always true (终止).
        #[serde(rename = "ended")]
        _ended: True,
    }
}

/// A list of versions. Reading the file only notes that the key is there; the versions are read one by one, so that what is
/// wrong in one does not hide what is wrong in the next.
pub struct Versions<T: Group>(pub Vec<Spanned<Version<T>>>);

/// What a version says of its group.
pub enum Version<T: Group> {
    Values(T),
    Missing(T::Missing),
    Ended(T::Ended),
}

impl<T: Group> Version<T> {
    /// What every version has.
    pub fn dated(&self) -> &dyn Dated {
        match self {
            Self::Values(values) => values,
            Self::Missing(missing) => missing,
            Self::Ended(ended) => ended,
        }
    }
}

/// A list of rows, read one by one like [`Versions`].
pub struct Rows<T>(pub Vec<Spanned<T>>);

impl<T: Group> Default for Versions<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Group> Deserialize<'de> for Versions<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        de::IgnoredAny::deserialize(deserializer).map(|_| Self::default())
    }
}

impl<'de, T> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        de::IgnoredAny::deserialize(deserializer).map(|_| Self::default())
    }
}

impl Piece for Deductible {
    fn parts(read: &mut Reader<'_>, table: &DeTable<'_>) -> Put<Self> {
        let rows = read.rows(table, "rows");
        Box::new(|this| this.rows = rows)
    }
}

impl Piece for Ratio {
    fn parts(read: &mut Reader<'_>, table: &DeTable<'_>) -> Put<Self> {
        let (bands, adjust) = (read.rows(table, "bands"), read.rows(table, "adjust"));
        Box::new(|this| (this.bands, this.adjust) = (bands, adjust))
    }
}

impl Piece for Cap {
    fn parts(read: &mut Reader<'_>, table: &DeTable<'_>) -> Put<Self> {
        let limits = read.rows(table, "limits");
        Box::new(|this| this.limits = limits)
    }
}

impl Piece for CrossRegion {
    fn parts(read: &mut Reader<'_>, table: &DeTable<'_>) -> Put<Self> {
        let rules = read.rows(table, "rules");
        Box::new(|this| this.rules = rules)
    }
}

impl Piece for Layer {
    fn parts(read: &mut Reader<'_>, table: &DeTable<'_>) -> Put<Self> {
        let (bands, adjust) = (read.rows(table, "bands"), read.rows(table, "adjust"));
        let (threshold, cap) = (read.rows_or_amount(table, "threshold"), read.rows_or_amount(table, "cap"));
        Box::new(|this| {
            (this.bands, this.adjust) = (bands, adjust);
            for (amount, rows) in [(&mut this.threshold, threshold), (&mut this.cap, cap)] {
                if let Some(AmountOrRows::Rows(place)) = amount {
                    *place = rows;
                }
            }
        })
    }
}

impl Piece for Limit {
    fn parts(read: &mut Reader<'_>, table: &DeTable<'_>) -> Put<Self> {
        let rows = table.contains_key("rows").then(|| read.rows(table, "rows"));
        Box::new(|this| this.rows = rows)
    }
}

impl Piece for Account {}
impl Piece for YearCrossing {}
impl Piece for Lack {}
impl Piece for End {}
impl Piece for LayerLack {}
impl Piece for LayerEnd {}
impl Piece for DeductibleRow {}
impl Piece for BandRow {}
impl Piece for AmountRow {}
impl Piece for AdjustRow {}
impl Piece for Rule {}

/// A group of versions: what stands in place of its values.
pub trait Group: Piece + Dated {
    type Missing: Piece + Dated + Lacking;
    type Ended: Piece + Dated;
}

/// A version that lacks its values.
pub trait Lacking {
    fn what(&self) -> &str;
}

impl Lacking for Lack {
    fn what(&self) -> &str {
        &self.missing.0
    }
}

macro_rules! groups {
    ($($name:ident)+) => { $(
        impl Group for $name {
            type Missing = Lack;
            type Ended = End;
        }
    )+ };
}

groups! { Deductible Ratio Cap CrossRegion Account YearCrossing }

impl Group for Layer {
    type Missing = LayerLack;
    type Ended = LayerEnd;
}

impl Lacking for LayerLack {
    fn what(&self) -> &str {
        &self.missing.0
    }
}

/// What a row says beside its values: whom it concerns, and where it is written if elsewhere than its version.
pub trait Selects {
    /// Whom it concerns; the statuses are not filled in.
    fn who(&self) -> Selector;
    fn source(&self) -> Option<&str>;
    fn confidence(&self) -> Option<Confidence>;
    fn missing(&self) -> Option<&str>;
}

macro_rules! selects {
    ($(#[$doc:meta])* $name:ident { $($fields:tt)* } special |$raw:ident, $who:ident| $special:block) => {
        keys! {
            $(#[$doc])*
            $name {
                /// Only at these settlement levels; a level that no row names is read as its national level (医保结算等级).
                levels: Option<Words<SettlementLevel>>,
                /// Only from this age, in whole years on the day of admission (年龄下限).
                age_from: Option<Age>,
                /// Only below this age (年龄上限, 不含).
                age_below: Option<Age>,
                /// Only from this admission or visit of the year, counted from 1 (第几次起).
                visit_from: Option<Nth>,
                /// Only before this admission or visit of the year (第几次前).
                visit_below: Option<Nth>,
                /// Only for these contribution tiers (缴费档次).
                tiers: Option<Words<ContributionTier>>,
                /// Only from so many whole years of contribution (缴费年限下限).
                years_from: Option<Age>,
                /// Only below so many years of contribution (缴费年限上限, 不含).
                years_below: Option<Age>,
                /// Only if retired on or after this day (退休日期起).
                retired_from: Option<DayText>,
                /// Only if retired before this day (退休日期前).
                retired_before: Option<DayText>,
                /// Special: only for persons of one of these classes (人员身份类别).
                classes: Option<Words<MemberClass>>,
                /// Special: only for visits with one of these marks (就医标志).
                marks: Option<Words<VisitMark>>,
                /// Special: only for these chronic or special diseases (门诊慢特病病种).
                diseases: Option<Diseases>,
                /// The key of its source, if another than that of the version (依据).
                source: Option<String>,
                /// Whether it is confirmed, if other than the version (是否核实).
                confidence: Option<Confidence>,
                /// In place of the values: what the area must supply, in Chinese (缺少的数据).
                missing: Option<Text>,
                $($fields)*
            }
        }

        impl Selects for $name {
            fn who(&self) -> Selector {
                let $raw = self;
                let mut $who = Selector {
                    levels: named(self.levels.as_ref()),
                    age_from: self.age_from.map(|age| age.0),
                    age_below: self.age_below.map(|age| age.0),
                    visit_from: self.visit_from.map(|visit| visit.0),
                    visit_below: self.visit_below.map(|visit| visit.0),
                    tiers: named(self.tiers.as_ref()),
                    years_from: self.years_from.map(|years| years.0),
                    years_below: self.years_below.map(|years| years.0),
                    retired_from: self.retired_from.map(|day| day.0),
                    retired_before: self.retired_before.map(|day| day.0),
                    classes: named(self.classes.as_ref()),
                    marks: named(self.marks.as_ref()),
                    diseases: self.diseases.as_ref().map(|these| these.0.clone()).unwrap_or_default(),
                    ..Selector::default()
                };
                $special
                $who
            }
            fn source(&self) -> Option<&str> {
                self.source.as_deref()
            }
            fn confidence(&self) -> Option<Confidence> {
                self.confidence
            }
            fn missing(&self) -> Option<&str> {
                self.missing.as_ref().map(|text| text.0.as_str())
            }
        }
    };
}

/// What one or several words name; nothing if the key is not there.
pub fn named<T>(words: Option<&Words<T>>) -> Set<T> {
    words.map(|words| words.0).unwrap_or_default()
}

/// A row with a value for every status.
pub trait Columns: Selects {
    type Value: Clone;
    /// The value of `all`.
    fn all(&self) -> Option<Self::Value>;
    /// With `missing`: the statuses for which it is.
    fn missing_for(&self) -> Option<Set<MemberStatus>>;
    /// The values of the statuses.
    fn by_status(&self) -> [(MemberStatus, &'static str, Option<Self::Value>); 5];
}

macro_rules! row {
    ($(#[$doc:meta])* $name:ident of $value:ty { $($fields:tt)* }) => {
        selects! {
            $(#[$doc])*
            $name {
                /// Special: only for treatment inside the pooling area (仅限统筹区内).
                #[serde(default)]
                inside_only: bool,
                /// Special: only for these standings with the filing register (备案情形).
                standings: Option<Words<Standing>>,
                /// With `missing` only: for these statuses; without it for all (缺少数据的人员类别).
                statuses: Option<Words<MemberStatus>>,
                /// The value for every status (全部人员).
                all: Option<$value>,
                /// Scheme 310: the value for 在职.
                employed: Option<$value>,
                /// Scheme 310: the value for 退休.
                retired: Option<$value>,
                /// Scheme 390: the value for 学生儿童.
                minor: Option<$value>,
                /// Scheme 390: the value for 成年居民.
                adult: Option<$value>,
                /// Scheme 390: the value for 老年居民.
                elderly: Option<$value>,
                $($fields)*
            } special |raw, who| {
                who.inside_only = raw.inside_only;
                who.standings = named(raw.standings.as_ref());
            }
        }

        impl Columns for $name {
            type Value = $value;
            fn all(&self) -> Option<$value> {
                self.all.clone()
            }
            fn missing_for(&self) -> Option<Set<MemberStatus>> {
                self.statuses.as_ref().map(|words| words.0)
            }
            fn by_status(&self) -> [(MemberStatus, &'static str, Option<$value>); 5] {
                [
                    (MemberStatus::Employed, "employed", self.employed.clone()),
                    (MemberStatus::Retired, "retired", self.retired.clone()),
                    (MemberStatus::Minor, "minor", self.minor.clone()),
                    (MemberStatus::Adult, "adult", self.adult.clone()),
                    (MemberStatus::Elderly, "elderly", self.elderly.clone()),
                ]
            }
        }
    };
}

row! {
    /// The deductible for some.
    DeductibleRow of Amounts {
        /// After the list, each further admission is lower by this share of the list's last amount (逐次降低).
        pub lowered_by: Option<Percent>,
        /// But not below this (最低不低于).
        pub floor: Option<Yuan>,
        /// At least this share of the whole bill (不低于总费用的比例).
        pub share_of_total: Option<Percent>,
    }
}

row! {
    /// A share that a fund pays of a part of the amount.
    BandRow of Percent {
        /// Above this amount (超过).
        pub over: Yuan,
        /// Up to and with this amount; without it without end (至).
        pub to: Option<Yuan>,
        /// The fund that pays; without it the pool of the scheme, in a layer its fund (支付基金).
        pub fund: Option<Word<Fund>>,
    }
}

row! {
    /// An amount for some.
    AmountRow of Amount {}
}

selects! {
    /// A change of the ratio for some.
    AdjustRow {
        /// Special: only for treatment inside the pooling area (仅限统筹区内).
        #[serde(default)]
        inside_only: bool,
        /// Special: only for these standings with the filing register (备案情形).
        standings: Option<Words<Standing>>,
        /// Only for these statuses (人员类别).
        statuses: Option<Words<MemberStatus>>,
        /// Points more (提高百分点).
        pub more: Option<Percent>,
        /// Points less (降低百分点).
        pub less: Option<Percent>,
        /// Points more for every whole year of age (每周岁提高百分点).
        pub more_by_age: Option<Percent>,
        /// The person's own share times this: `80%` makes 14 % own share 11.2 % (个人负担比例乘以).
        pub own_share_times: Option<Percent>,
    } special |raw, who| {
        who.inside_only = raw.inside_only;
        who.standings = named(raw.standings.as_ref());
        who.statuses = named(raw.statuses.as_ref());
    }
}

selects! {
    /// A rule for visits outside the pooling area. With none of the changes it is as at home.
    Rule {
        /// For these standings with the filing register (备案情形).
        #[serde(rename = "for")]
        pub standings: Words<Standing>,
        /// For these kinds of care; without it all (就医类别).
        pub care: Option<Words<CareKind>>,
        /// How far away; without it `anywhere` (异地范围).
        pub within: Option<Where>,
        /// Only in these provinces or cities (就医地).
        pub places: Option<Places>,
        /// Nothing is paid directly, for this reason, which the counter sees (不予直接结算的原因).
        pub refuse: Option<Text>,
        /// The person first pays this share of the in-scope amount (个人先自付比例).
        pub first_self_pay: Option<Percent>,
        /// This deductible in place of the local one (起付标准).
        pub deductible: Option<Yuan>,
        /// The deductible higher by this (起付标准增加).
        pub deductible_more: Option<Yuan>,
        /// The deductible higher by this share of it (起付标准提高比例).
        pub deductible_more_share: Option<Percent>,
        /// This ratio in place of the pool's (统一支付比例).
        pub ratio: Option<Percent>,
        /// The pool's ratios times this (支付比例乘以).
        pub factor: Option<Percent>,
        /// Points off the pool's ratios (支付比例降低百分点).
        pub ratio_less: Option<Percent>,
        /// Points on the person's own share (个人负担比例提高百分点).
        pub own_share_more: Option<Percent>,
        /// But the pool's ratio is at least this (支付比例保底).
        pub ratio_at_least: Option<Percent>,
    } special |_raw, who| {
        who.inside_only = false;
    }
}

keys! {
    /// A limit.
    Limit {
        /// What it counts (限额口径).
        pub counts: Counts,
        /// With `paid`: whose payments count together; without it the pool (合并计算的基金).
        pub funds: Option<Words<Fund>>,
        /// In which time; without it `year` (限额周期).
        pub period: Option<Period>,
        /// The kinds of care that count together; without it this one (合并计算的就医类别).
        pub care: Option<Words<CareKind>>,
        /// The limit for everyone (限额).
        pub amount: Option<Yuan>,
        /// Or limits by row; whom none concerns has none (分人员限额).
        pub rows: Option<Rows<AmountRow>>,
        /// How the limits of several chronic diseases go together; without it `each` (多病种限额).
        pub several: Option<Several>,
        /// The highest of the diseases' limits, and this for every further disease (每增加一个病种增加).
        pub several_plus: Option<Yuan>,
        /// Who pays beyond it; without it the person (限额以上).
        pub above: Option<Above>,
        /// The key of its source, if another than that of the version (依据).
        pub source: Option<String>,
        /// Whether it is confirmed, if other than the version (是否核实).
        pub confidence: Option<Confidence>,
        /// In place of the amount: what the area must supply, in Chinese (缺少的数据).
        pub missing: Option<Text>,
    }
}

/// What a limit counts.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// What funds pay (基金支付限额).
    Paid,
    /// The in-scope amount, whoever pays it, deductible included (费用限额).
    InScope,
    /// Fund and own share together, above the deductible (基金支付与个人按比例负担合计).
    Divided,
}

/// How the limits of several chronic diseases go together (多病种限额).
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Several {
    /// Each disease has its own limit (分别计算).
    Each,
    /// The highest holds for all together (按最高病种).
    Highest,
    /// The sum holds for all together (各病种之和).
    Sum,
}

keys! {
    /// The layer above a limit (限额以上).
    Above {
        /// The fund that pays there (支付基金).
        pub fund: Word<Fund>,
        /// Its share; without it the share below the limit goes on (支付比例).
        pub rate: Option<Percent>,
    }
}

/// Words of a list, each at most once, at least one.
pub struct Words<T>(pub Set<T>);

/// One word.
#[derive(Clone, Copy, Deserialize)]
#[serde(transparent)]
pub struct Word<T>(pub T);

/// Codes of diseases, at least one.
pub struct Diseases(pub Vec<DiseaseCode>);

/// Provinces or cities, at least one.
pub struct Places(pub Vec<AdminDivision>);

/// A day in quotes.
#[derive(Clone, Copy)]
pub struct DayText(pub Day);

/// Yuan: a whole number, or a text with up to two decimals.
#[derive(Clone, Copy)]
pub struct Yuan(pub Fen);

/// One amount for all admissions, or a list by admission.
#[derive(Clone)]
pub struct Amounts(pub Vec<Fen>);

/// Yuan, or `"unlimited"`, which is `None`.
#[derive(Clone, Copy)]
pub struct Amount(pub Option<Fen>);

/// An amount for everyone, or rows.
pub enum AmountOrRows {
    Amount(Amount),
    Rows(Rows<AmountRow>),
}

/// A percentage in quotes.
#[derive(Clone, Copy)]
pub struct Percent(pub Rate);

/// Whole years.
#[derive(Clone, Copy)]
pub struct Age(pub i16);

/// A how-manieth, from 1.
#[derive(Clone, Copy)]
pub struct Nth(pub i64);

/// A number of days, from 1.
#[derive(Clone, Copy)]
pub struct Days(pub i32);

/// A text that says something.
pub struct Text(pub String);

/// The word `true`.
pub struct True;

/// What a scalar may be written as, and what to write instead of anything else.
trait Scalar: Sized {
    const EXPECTED: &'static str;
    fn text(_text: &str) -> Option<Result<Self, String>> {
        None
    }
    fn number(_number: i64) -> Option<Self> {
        None
    }
    fn truth(_truth: bool) -> Option<Self> {
        None
    }
}

struct Reads<T>(PhantomData<T>);

impl<T: Scalar> de::Visitor<'_> for Reads<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        let wrong = || E::invalid_value(de::Unexpected::Str(text), &self);
        T::text(text).ok_or_else(wrong)?.map_err(E::custom)
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        T::number(number).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
    }
    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<T, E> {
        T::truth(truth).ok_or_else(|| E::invalid_value(de::Unexpected::Bool(truth), &self))
    }
}

macro_rules! scalars {
    ($($name:ty)*) => { $(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Reads::<Self>(PhantomData))
            }
        }
    )* };
}

scalars! { DayText Yuan Amount Percent Age Nth Days Text True }

impl Scalar for DayText {
    const EXPECTED: &'static str = "a day in quotes, such as \"2025-01-01\"";
    fn text(text: &str) -> Option<Result<Self, String>> {
        text.parse().ok().map(|day| Ok(Self(day)))
    }
}

impl Scalar for Yuan {
    const EXPECTED: &'static str =
        "yuan not below nothing: a whole number such as 1300, or a text such as \"1300.50\"";
    fn text(text: &str) -> Option<Result<Self, String>> {
        text.parse::<Fen>().ok().filter(|amount| !amount.is_negative()).map(|amount| Ok(Self(amount)))
    }
    fn number(yuan: i64) -> Option<Self> {
        (0..=Fen::LIMIT.0 / 100).contains(&yuan).then(|| Self(Fen::yuan(yuan)))
    }
}

impl Scalar for Amount {
    const EXPECTED: &'static str =
        "yuan not below nothing, such as 1300 or \"1300.50\", or \"unlimited\" for no limit";
    fn text(text: &str) -> Option<Result<Self, String>> {
        if text == "unlimited" {
            return Some(Ok(Self(None)));
        }
        Some(Yuan::text(text)?.map(|yuan| Self(Some(yuan.0))))
    }
    fn number(yuan: i64) -> Option<Self> {
        Yuan::number(yuan).map(|yuan| Self(Some(yuan.0)))
    }
}

impl Scalar for Percent {
    const EXPECTED: &'static str = "a percentage in quotes, such as \"85%\" or \"96.1%\"";
    fn text(text: &str) -> Option<Result<Self, String>> {
        Some(rate(text).map(Self))
    }
}

impl Scalar for Age {
    const EXPECTED: &'static str = "whole years between 0 and 200, such as 60";
    fn number(years: i64) -> Option<Self> {
        i16::try_from(years).ok().filter(|years| (0..=200).contains(years)).map(Self)
    }
}

impl Scalar for Nth {
    const EXPECTED: &'static str = "a number counted from 1, such as 2 for the second";
    fn number(nth: i64) -> Option<Self> {
        (1..=10_000).contains(&nth).then_some(Self(nth))
    }
}

impl Scalar for Days {
    const EXPECTED: &'static str = "a number of days above 0, such as 90";
    fn number(days: i64) -> Option<Self> {
        i32::try_from(days).ok().filter(|days| (1..=10_000).contains(days)).map(Self)
    }
}

impl Scalar for Text {
    const EXPECTED: &'static str = "a text in Chinese that is not empty";
    fn text(text: &str) -> Option<Result<Self, String>> {
        (!text.trim().is_empty()).then(|| Ok(Self(text.trim().to_owned())))
    }
}

impl Scalar for True {
    const EXPECTED: &'static str = "the word true, or the key taken out";
    fn truth(truth: bool) -> Option<Self> {
        truth.then_some(Self)
    }
}

impl<'de> Deserialize<'de> for Amounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Amounts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, or a list of them by admission", Yuan::EXPECTED)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amounts, E> {
                Reads::<Yuan>(PhantomData).visit_str(text).map(|yuan| Amounts(vec![yuan.0]))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amounts, E> {
                Reads::<Yuan>(PhantomData).visit_i64(number).map(|yuan| Amounts(vec![yuan.0]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Amounts, A::Error> {
                let mut amounts = Vec::new();
                while let Some(Yuan(amount)) = list.next_element()? {
                    amounts.push(amount);
                }
                if amounts.is_empty() {
                    return Err(de::Error::custom(
                        "the list of amounts is empty; write at least one, such as 800",
                    ));
                }
                Ok(Amounts(amounts))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for AmountOrRows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = AmountOrRows;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, or a list of rows", Amount::EXPECTED)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<AmountOrRows, E> {
                Reads::<Amount>(PhantomData).visit_str(text).map(AmountOrRows::Amount)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<AmountOrRows, E> {
                Reads::<Amount>(PhantomData).visit_i64(number).map(AmountOrRows::Amount)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut rows: A) -> Result<AmountOrRows, A::Error> {
                while rows.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(AmountOrRows::Rows(Rows::default()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de, T: Listed + Deserialize<'de> + fmt::Debug> Deserialize<'de> for Words<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut words = Set::new();
        for word in some::<T, D>(deserializer)? {
            if words.contains(word) {
                return Err(de::Error::custom(format!("`{}` is named twice; name it once", snake(&word))));
            }
            words.insert(word);
        }
        Ok(Self(words))
    }
}

impl<'de> Deserialize<'de> for Diseases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        codes(deserializer, "the code of a disease; write it as \"M03900\"").map(Self)
    }
}

impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        codes(deserializer, "a province or city; write six digits such as \"120000\"").map(Self)
    }
}

fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::<T>::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(de::Error::custom("the list is empty; name at least one, or take the key out"));
    }
    Ok(list)
}

fn codes<'de, T, D>(deserializer: D, what: &str) -> Result<Vec<T>, D::Error>
where
    T: std::str::FromStr + PartialEq,
    D: Deserializer<'de>,
{
    let mut codes = Vec::new();
    for text in some::<String, D>(deserializer)? {
        let code = text.parse().map_err(|_| de::Error::custom(format!("`{text}` is not {what}")))?;
        if codes.contains(&code) {
            return Err(de::Error::custom(format!("`{text}` is named twice; name it once")));
        }
        codes.push(code);
    }
    Ok(codes)
}

/// A word as files write it: `TertiarySpecial` is `tertiary_special`.
pub fn snake(word: &impl fmt::Debug) -> String {
    let mut text = String::new();
    for (place, letter) in format!("{word:?}").char_indices() {
        if letter.is_ascii_uppercase() && place > 0 {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// Reads a percentage, `96.1%`.
///
/// # Errors
/// What is wrong, and what to write.
pub fn rate(text: &str) -> Result<Rate, String> {
    let wrong = || format!("`{text}` is not a percentage; write it as \"85%\" or \"96.1%\"");
    let number = text.trim().strip_suffix('%').ok_or_else(wrong)?;
    let permyriad = parse_decimal(number, 2).map_err(|_| wrong())?;
    if permyriad < 0 {
        return Err(wrong());
    }
    let above = || format!("`{text}` is above the whole; write a share between \"0%\" and \"100%\"");
    u16::try_from(permyriad).ok().and_then(Rate::permyriad).ok_or_else(above)
}

//! A policy file as it is written: every key there is. Unknown keys, wrong types and missing keys are refused by reading into
//! these; what is wrong beyond that, `check.rs` finds.

use crate::scheme::{Basis, Confidence, Recurrence, Source, Standing};
use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt};
use terms::{Day, Fen, Fund, Rate, SettlementLevel};
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub area: Spanned<String>,
    pub name: String,
    pub scheme: Spanned<String>,
    pub checked_on: DayText,
    pub year_starts: Option<Spanned<String>>,
    #[serde(default)]
    pub source: BTreeMap<String, Source>,
    pub deductible: Vec<Spanned<Deductible>>,
    pub ratio: Vec<Spanned<Ratio>>,
    #[serde(default)]
    pub cap: Vec<Spanned<Cap>>,
    pub cross_region: Vec<Spanned<CrossRegion>>,
    #[serde(default)]
    pub catastrophic: Vec<Spanned<Catastrophic>>,
}

/// What every dated entry has.
pub trait Dated {
    fn from(&self) -> Day;
    fn source(&self) -> &str;
    fn confidence(&self) -> Confidence;
}

macro_rules! dated {
    ($($name:ident { $($(#[$attribute:meta])* $field:ident: $kind:ty,)* })+) => { $(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            pub from: DayText,
            pub source: String,
            pub confidence: Confidence,
            #[serde(rename = "note")]
            pub _note: Option<String>,
            $($(#[$attribute])* pub $field: $kind,)*
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
    Deductible {
        recurs: Recurrence,
        #[serde(default)]
        chinese_medicine_lower: bool,
        again_after_days: Option<u16>,
        rows: Vec<Spanned<DeductibleRow>>,
    }
    Ratio {
        basis: Basis,
        bands: Vec<Spanned<BandRow>>,
    }
    Cap {
        limits: Vec<Spanned<Limit>>,
    }
    CrossRegion {
        rules: Vec<Spanned<Rule>>,
    }
    Catastrophic {
        cap: Option<Yuan>,
        bands: Vec<Spanned<BandRow>>,
    }
}

/// The columns of a row: one a status, or `all`.
#[derive(Clone)]
pub struct Columns<T> {
    pub all: Option<T>,
    pub employed: Option<T>,
    pub retired: Option<T>,
    pub minor: Option<T>,
    pub adult: Option<T>,
    pub elderly: Option<T>,
}

/// Whom a row concerns, beside its columns.
#[derive(Clone)]
pub struct Limits {
    pub levels: Vec<SettlementLevel>,
    pub age_from: Option<u8>,
    pub age_below: Option<u8>,
    pub inside_only: bool,
}

macro_rules! row {
    ($name:ident of $value:ty { $($(#[$attribute:meta])* $field:ident: $kind:ty,)* }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            #[serde(default)]
            levels: Vec<SettlementLevel>,
            age_from: Option<u8>,
            age_below: Option<u8>,
            #[serde(default)]
            inside_only: bool,
            all: Option<$value>,
            employed: Option<$value>,
            retired: Option<$value>,
            minor: Option<$value>,
            adult: Option<$value>,
            elderly: Option<$value>,
            $($(#[$attribute])* pub $field: $kind,)*
        }

        impl $name {
            pub fn columns(&self) -> Columns<$value> {
                Columns {
                    all: self.all.clone(),
                    employed: self.employed.clone(),
                    retired: self.retired.clone(),
                    minor: self.minor.clone(),
                    adult: self.adult.clone(),
                    elderly: self.elderly.clone(),
                }
            }

            pub fn limits(&self) -> Limits {
                Limits {
                    levels: self.levels.clone(),
                    age_from: self.age_from,
                    age_below: self.age_below,
                    inside_only: self.inside_only,
                }
            }
        }
    };
}

row! {
    DeductibleRow of Vec<Yuan> {
        lowered_by: Option<Percent>,
        floor: Option<Yuan>,
        share_of_total: Option<Percent>,
    }
}

row! {
    BandRow of Percent {
        over: Yuan,
        to: Option<Yuan>,
        fund: Option<Fund>,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub counts: Counts,
    #[serde(default)]
    pub funds: Vec<Fund>,
    pub amount: Yuan,
    pub above: Option<Above>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    Paid,
    InScope,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Above {
    pub fund: Fund,
    pub rate: Option<Percent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(rename = "for")]
    pub standings: Vec<Standing>,
    #[serde(default)]
    pub levels: Vec<SettlementLevel>,
    #[serde(default)]
    pub provinces: Vec<String>,
    pub source: Option<String>,
    pub confidence: Option<Confidence>,
    pub refuse: Option<String>,
    pub first_self_pay: Option<Percent>,
    pub deductible: Option<Yuan>,
    pub ratio: Option<Percent>,
    pub factor: Option<Percent>,
    pub ratio_less: Option<Percent>,
    pub own_share_more: Option<Percent>,
    pub ratio_at_least: Option<Percent>,
}

/// A day in quotes.
#[derive(Clone, Copy)]
pub struct DayText(pub Day);

/// Yuan: a whole number, or a text with up to two decimals.
#[derive(Clone, Copy)]
pub struct Yuan(pub Fen);

/// A percentage in quotes.
#[derive(Clone, Copy)]
pub struct Percent(pub Rate);

impl<'de> Deserialize<'de> for DayText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = DayText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a day in quotes, such as \"2025-01-01\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<DayText, E> {
                text.parse().map(DayText).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Yuan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Yuan;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "yuan not below nothing: a whole number such as 1300, or a text such as \"1300.50\"",
                )
            }
            fn visit_i64<E: de::Error>(self, yuan: i64) -> Result<Yuan, E> {
                if !(0..=Fen::LIMIT.0 / 100).contains(&yuan) {
                    return Err(E::invalid_value(de::Unexpected::Signed(yuan), &self));
                }
                Ok(Yuan(Fen::yuan(yuan)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Yuan, E> {
                match text.parse::<Fen>() {
                    Ok(amount) if !amount.is_negative() => Ok(Yuan(amount)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Percent;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a percentage in quotes, such as \"85%\" or \"96.1%\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Percent, E> {
                super::rate(text).map(Percent).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

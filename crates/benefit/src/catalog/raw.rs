//! `split.toml` as it is written: every key there is, read strictly. Unknown keys, wrong types and missing keys are refused.

use super::{
    Price,
    rules::{Fits, ItemOrigin, LimitPrice, LimitVersion, PriceBands, Share, ShareVersion, SplitRules},
};
use crate::{
    policy::PolicyError,
    scheme::{Citation, Confidence, Source},
};
use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt, sync::Arc};
use terms::{CatalogClass, ChargeCategory, Day, Province, Rate, SettlementLevel};
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    area: Spanned<String>,
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "checked_on")]
    _checked_on: DayText,
    #[serde(default)]
    source: BTreeMap<String, Source>,
    #[serde(default)]
    first_self_pay: Vec<Spanned<ShareGroup>>,
    #[serde(default)]
    limit_price: Vec<Spanned<LimitGroup>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareGroup {
    from: DayText,
    source: String,
    confidence: Confidence,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(default)]
    price_bands: PriceBands,
    rows: Vec<Spanned<ShareRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitGroup {
    from: DayText,
    source: String,
    confidence: Confidence,
    #[serde(rename = "note")]
    _note: Option<String>,
    rows: Vec<Spanned<LimitRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareRow {
    #[serde(default)]
    classes: Vec<CatalogClass>,
    #[serde(default)]
    categories: Vec<ChargeCategory>,
    #[serde(default)]
    origins: Vec<ItemOrigin>,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    levels: Vec<SettlementLevel>,
    over: Option<Yuan>,
    to: Option<Yuan>,
    rate: Percent,
    #[serde(default, rename = "final")]
    is_final: bool,
    source: Option<String>,
    confidence: Option<Confidence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitRow {
    #[serde(default)]
    classes: Vec<CatalogClass>,
    #[serde(default)]
    categories: Vec<ChargeCategory>,
    #[serde(default)]
    origins: Vec<ItemOrigin>,
    #[serde(default)]
    codes: Vec<String>,
    all: Option<Yuan>,
    primary: Option<Yuan>,
    secondary: Option<Yuan>,
    tertiary: Option<Yuan>,
    source: Option<String>,
    confidence: Option<Confidence>,
}

/// Reads the file, or says everything that is wrong with it.
pub fn read(name: &str, text: &str) -> Result<SplitRules, Vec<PolicyError>> {
    let file: File = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        vec![PolicyError::at(name, line_of(text, start), error.message().to_owned())]
    })?;
    let mut reader = Reader { name, text, sources: file.source, errors: Vec::new() };
    reader.check_area(&file.area);
    for (key, source) in &mut reader.sources {
        source.key.clone_from(key);
    }
    let shares = file.first_self_pay.iter().map(|group| reader.shares(group)).collect();
    let limits = file.limit_price.iter().map(|group| reader.limits(group)).collect();
    reader.check_order(file.first_self_pay.iter().map(|group| (group.span().start, group.get_ref().from.0)));
    reader.check_order(file.limit_price.iter().map(|group| (group.span().start, group.get_ref().from.0)));
    if reader.errors.is_empty() { Ok(SplitRules { shares, limits }) } else { Err(reader.errors) }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    sources: BTreeMap<String, Source>,
    errors: Vec<PolicyError>,
}

/// What a version says of all its rows.
struct Version<'a> {
    from: Day,
    source: &'a str,
    confidence: Confidence,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, message: impl Into<String>) {
        self.errors.push(PolicyError::at(self.name, line_of(self.text, at), message));
    }

    fn check_area(&mut self, area: &Spanned<String>) {
        let folder = self.name.rsplit(['/', '\\']).nth(1).unwrap_or_default();
        let text = area.get_ref().as_str();
        let national = text == "national";
        if !national && text.parse::<Province>().is_err() {
            self.wrong(
                area.span().start,
                format!("`{text}` is no province; write its six digits, or `national`"),
            );
        } else if !folder.is_empty() && folder != text {
            self.wrong(
                area.span().start,
                format!("the file lies in `{folder}`; write that, or move the file"),
            );
        }
    }

    fn check_order(&mut self, days: impl Iterator<Item = (usize, Day)>) {
        let mut last = None;
        for (at, day) in days {
            if last.is_some_and(|last| day <= last) {
                self.wrong(
                    at,
                    format!("the version from {day} does not follow the one before; write them by day"),
                );
            }
            last = Some(day);
        }
    }

    fn citation(
        &mut self,
        at: usize,
        version: &Version<'_>,
        own: (Option<&String>, Option<Confidence>),
    ) -> Option<Arc<Citation>> {
        let key = own.0.map_or(version.source, String::as_str);
        let Some(source) = self.sources.get(key).cloned() else {
            self.wrong(at, format!("there is no [source.{key}]; write it with title and number or link"));
            return None;
        };
        Some(Arc::new(Citation::new(source, own.1.unwrap_or(version.confidence), version.from)))
    }

    fn shares(&mut self, group: &Spanned<ShareGroup>) -> ShareVersion {
        let (at, group) = (group.span().start, group.get_ref());
        let version = Version { from: group.from.0, source: &group.source, confidence: group.confidence };
        let mut rows: Vec<(Fits, Share)> = Vec::new();
        for row in &group.rows {
            let (at, row) = (row.span().start, row.get_ref());
            let fits = self.fits(at, &row.classes, &row.categories, &row.origins, &row.codes);
            let citation = self.citation(at, &version, (row.source.as_ref(), row.confidence));
            let over = row.over.map_or(Price::ZERO, |price| price.0);
            let to = row.to.map(|price| price.0);
            if to.is_some_and(|to| to <= over) {
                self.wrong(at, "`to` is not above `over`; write the higher price there");
            }
            let levels = row.levels.iter().copied().collect();
            let Some(citation) = citation else { continue };
            let share = Share { levels, over, to, rate: row.rate.0, is_final: row.is_final, citation };
            if rows.iter().any(|(earlier, other)| earlier.covers(&fits) && other.covers(&share)) {
                self.wrong(
                    at,
                    "an earlier row answers everything that this one does; write the narrower row first",
                );
            }
            rows.push((fits, share));
        }
        if rows.len() == group.rows.len() && !answers_every_b(&rows) {
            self.wrong(
                at,
                "no row answers for every 乙类 item; end with one that names at most `classes = [\"b\"]`, or with price bands from 0 without end",
            );
        }
        ShareVersion { from: version.from, bands: group.price_bands, rows }
    }

    fn limits(&mut self, group: &Spanned<LimitGroup>) -> LimitVersion {
        let group = group.get_ref();
        let version = Version { from: group.from.0, source: &group.source, confidence: group.confidence };
        let mut rows: Vec<(Fits, LimitPrice)> = Vec::new();
        for row in &group.rows {
            let (at, row) = (row.span().start, row.get_ref());
            let fits = self.fits(at, &row.classes, &row.categories, &row.origins, &row.codes);
            let Some(citation) = self.citation(at, &version, (row.source.as_ref(), row.confidence)) else {
                continue;
            };
            let own = [row.primary, row.secondary, row.tertiary];
            if row.all.is_some() == own.iter().any(Option::is_some) {
                self.wrong(at, "write either `all`, or the limits of `primary`, `secondary`, `tertiary`");
            }
            if rows.iter().any(|(earlier, _)| earlier.covers(&fits)) {
                self.wrong(
                    at,
                    "an earlier row answers everything that this one does; write the narrower row first",
                );
            }
            let limits = own.map(|one| one.or(row.all).map(|price| price.0));
            rows.push((fits, LimitPrice { limits, citation }));
        }
        LimitVersion { from: version.from, rows }
    }

    fn fits(
        &mut self,
        at: usize,
        classes: &[CatalogClass],
        categories: &[ChargeCategory],
        origins: &[ItemOrigin],
        codes: &[String],
    ) -> Fits {
        if classes.contains(&CatalogClass::C) {
            self.wrong(at, "丙类 is out of scope whatever a rule says; leave `c` out");
        }
        let is_code =
            |code: &String| !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if let Some(code) = codes.iter().find(|code| !is_code(code)) {
            self.wrong(at, format!("`{code}` begins no code; write letters and digits"));
        }
        Fits {
            classes: classes.iter().copied().collect(),
            categories: categories.iter().copied().collect(),
            origins: origins.iter().copied().collect(),
            codes: codes.to_vec(),
        }
    }
}

/// Whether the rows that name no more than a class answer 乙类 at every price.
fn answers_every_b(rows: &[(Fits, Share)]) -> bool {
    let plain = |fits: &Fits| fits.categories.is_empty() && fits.origins.is_empty() && fits.codes.is_empty();
    let b = |fits: &Fits| fits.classes.is_empty() || fits.classes.contains(CatalogClass::B);
    let mut bands: Vec<(Price, Option<Price>)> = rows
        .iter()
        .filter(|(fits, share)| plain(fits) && b(fits) && share.levels.is_empty())
        .map(|(_, share)| (share.over, share.to))
        .collect();
    bands.sort_unstable();
    let mut reached = Some(Price::ZERO);
    for (over, to) in bands {
        match reached {
            Some(price) if over <= price => reached = to.map(|to| to.max(price)),
            _ => return reached.is_none(),
        }
    }
    reached.is_none()
}

/// A day in quotes.
#[derive(Clone, Copy)]
struct DayText(Day);

/// Yuan a unit: a whole number, or a text with up to six decimals.
#[derive(Clone, Copy)]
struct Yuan(Price);

/// A percentage in quotes.
#[derive(Clone, Copy)]
struct Percent(Rate);

macro_rules! text_of {
    ($name:ident, $expected:literal, $read:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let read: fn(&str) -> Option<$name> = $read;
                read(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is not {}", $expected)))
            }
        }
    };
}

text_of!(DayText, "a day; write it in quotes as \"2025-01-01\"", |text| text.parse().ok().map(DayText));
text_of!(Percent, "a percentage; write it in quotes as \"85%\" or \"96.1%\"", |text| {
    crate::policy::rate(text).ok().map(Percent)
});

impl<'de> Deserialize<'de> for Yuan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Yuan;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("yuan a unit: a whole number such as 200, or a text such as \"32.50\"")
            }
            fn visit_i64<E: de::Error>(self, yuan: i64) -> Result<Yuan, E> {
                self.visit_str(&yuan.to_string())
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Yuan, E> {
                text.parse().map(Yuan).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

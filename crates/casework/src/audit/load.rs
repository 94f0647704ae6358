//! Reading rules: `national/audit.toml`, strictly. Every key there is stands here; unknown ones, wrong types and keys that mean
//! nothing to a kind of rule are refused with their line.

use super::{
    Sex,
    rule::{Citation, Confidence, Interval, Items, Limit, Row, Rule, Rules, Severity, Source, Stage},
};
use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fmt};
use terms::{CareKind, ChargeCategory, Day, SettlementLevel};
use toml::Spanned;

/// What is wrong with a file of rules, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to write.
    pub message: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for FileError {}

impl Rules {
    /// The rules among the texts of a policy folder, each with its path in it: those of `national/audit.toml`. Other texts are
    /// passed over; without the file there is no rule.
    ///
    /// # Errors
    /// Everything that is wrong in the file.
    pub fn of_folder<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<FileError>> {
        let is_it = |path: &str| {
            let mut parts = path.rsplit(['/', '\\']);
            (parts.next(), parts.next()) == (Some("audit.toml"), Some("national"))
        };
        match files.into_iter().find(|(path, _)| is_it(path)) {
            Some((path, text)) => Self::load(path, text),
            None => Ok(Self::default()),
        }
    }

    /// Reads a file of rules; `name` is what its errors call it.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn load(name: &str, text: &str) -> Result<Self, Vec<FileError>> {
        let mut reader = Reader { name, text, errors: Vec::new() };
        let file: File = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                reader.wrong(error.span().map_or(0, |span| span.start), error.message());
                return Err(reader.errors);
            }
        };
        let mut rules: Vec<Rule> = Vec::new();
        for rule in file.rule {
            let at = rule.span().start;
            let rule = reader.rule(at, rule.into_inner(), &file.source);
            if rules.iter().any(|other| other.id == rule.id) {
                reader.wrong(at, format!("the id `{}` is there twice; give each rule its own", rule.id));
            }
            rules.push(rule);
        }
        if reader.errors.is_empty() { Ok(Self(rules)) } else { Err(reader.errors) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "checked_on")]
    _checked_on: DayText,
    #[serde(default)]
    source: BTreeMap<String, Source>,
    #[serde(default)]
    rule: Vec<Spanned<RawRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    name: String,
    definition: String,
    logic: Logic,
    severity: Severity,
    stages: Vec<Stage>,
    care: Vec<CareKind>,
    #[serde(default)]
    row: Vec<Spanned<RawRow>>,
}

/// The kinds of rules: the names of the variants of [`Limit`].
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Logic {
    Together,
    Again,
    Sex,
    Age,
    Level,
    Quantity,
    Days,
    Price,
    Restricted,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    from: DayText,
    to: Option<DayText>,
    source: String,
    confidence: Confidence,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    categories: Vec<ChargeCategory>,
    #[serde(default)]
    medical_types: Vec<String>,
    with: Option<Vec<String>>,
    per: Option<Interval>,
    sex: Option<SexText>,
    age_from: Option<u16>,
    age_under: Option<u16>,
    level: Option<SettlementLevel>,
    most: Option<u32>,
    days: Option<u16>,
    remark: Option<String>,
    diagnoses: Option<Vec<String>>,
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    errors: Vec<FileError>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, message: impl Into<String>) {
        let line = self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        self.errors.push(FileError { file: self.name.to_owned(), line, message: message.into() });
    }

    fn rule(&mut self, at: usize, raw: RawRule, sources: &BTreeMap<String, Source>) -> Rule {
        let is_id = |id: &str| (1..=50).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_id(&raw.id) {
            self.wrong(at, format!("`{}` is no id; write at most 50 letters and digits", raw.id));
        }
        if raw.name.is_empty() || raw.definition.is_empty() {
            self.wrong(at, "the name or definition is empty; write them in Chinese");
        }
        if raw.stages.is_empty() || raw.care.is_empty() || raw.row.is_empty() {
            self.wrong(at, "the rule never applies; name its `stages`, its `care`, and at least one row");
        }
        let mut rows = Vec::new();
        for row in raw.row {
            let at = row.span().start;
            let row = row.into_inner();
            if raw.severity == Severity::Definite && row.confidence != Confidence::Confirmed {
                self.wrong(at, "a definite rule rests on confirmed rows; confirm it, or suspect only");
            }
            rows.extend(self.row(at, raw.logic, row, sources));
        }
        Rule {
            id: raw.id,
            name: raw.name,
            definition: raw.definition,
            severity: raw.severity,
            stages: raw.stages,
            care: raw.care,
            rows,
        }
    }

    fn row(
        &mut self,
        at: usize,
        logic: Logic,
        mut raw: RawRow,
        sources: &BTreeMap<String, Source>,
    ) -> Option<Row> {
        let (from, to) = (raw.from.0, raw.to.map(|to| to.0));
        if to.is_some_and(|to| to < from) {
            self.wrong(at, "`to` is before `from`; write the last day on which the row holds");
        }
        let all_codes = [&raw.codes, &raw.medical_types];
        let lists = all_codes.into_iter().chain(&raw.with).chain(&raw.diagnoses).flatten();
        let bad: Vec<String> = lists.filter(|code| !is_code(code)).cloned().collect();
        for code in bad {
            self.wrong(at, format!("`{code}` begins no code; write letters, digits, points and hyphens"));
        }
        if raw.names.iter().any(|name| name.chars().count() < 2) {
            self.wrong(at, "a name of less than two characters begins too many; write more of it");
        }
        let items = Items {
            codes: std::mem::take(&mut raw.codes),
            names: std::mem::take(&mut raw.names),
            categories: std::mem::take(&mut raw.categories),
        };
        if items == Items::default() && !matches!(logic, Logic::Price) {
            self.wrong(at, "the row is about every item; name `codes`, `names` or `categories`");
        }
        let limit = limit_of(logic, &mut raw);
        match (&limit, raw.left_over()) {
            (Err(message), _) => self.wrong(at, message.clone()),
            (Ok(_), Some(key)) => {
                self.wrong(at, format!("`{key}` says nothing to this kind of rule; leave it out"));
            }
            (Ok(_), None) => {}
        }
        let source = sources.get(&raw.source).cloned();
        if source.is_none() {
            self.wrong(
                at,
                format!("there is no [source.{}]; write it with title and number or link", raw.source),
            );
        }
        let citation = Citation { source: source?, confidence: raw.confidence };
        Some(Row { items, medical_types: raw.medical_types, limit: limit.ok()?, from, to, citation })
    }
}

fn is_code(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}

/// What a row holds items to; the keys that it reads are taken.
fn limit_of(logic: Logic, raw: &mut RawRow) -> Result<Limit, String> {
    fn needed<T>(value: Option<T>, key: &str) -> Result<T, String> {
        value.ok_or_else(|| format!("`{key}` is missing; this kind of rule needs it"))
    }
    Ok(match logic {
        Logic::Together => {
            let with = needed(raw.with.take().filter(|with| !with.is_empty()), "with")?;
            Limit::Together {
                with: Items { codes: with, ..Items::default() },
                per: needed(raw.per.take(), "per")?,
            }
        }
        Logic::Again => Limit::Again,
        Logic::Sex => Limit::Sex(needed(raw.sex.take(), "sex")?.0),
        Logic::Age => match (raw.age_from.take(), raw.age_under.take()) {
            (None, None) => return Err("no age; write `age_from`, `age_under` or both".to_owned()),
            (Some(from), Some(under)) if from >= under => {
                return Err("no age is allowed; write `age_under` above `age_from`".to_owned());
            }
            (from, under) => Limit::Age { from, under },
        },
        Logic::Level => Limit::Level(needed(raw.level.take(), "level")?),
        Logic::Quantity => {
            let most = needed(raw.most.take().filter(|most| *most > 0), "most")?;
            Limit::Quantity { most: i64::from(most) * 10_000, per: needed(raw.per.take(), "per")? }
        }
        Logic::Days => Limit::Days(needed(raw.days.take().filter(|days| *days > 0), "days")?),
        Logic::Price => Limit::Price,
        Logic::Restricted => Limit::Restricted {
            remark: needed(raw.remark.take().filter(|remark| !remark.is_empty()), "remark")?,
            diagnoses: raw.diagnoses.take().unwrap_or_default(),
        },
    })
}

impl RawRow {
    /// A key that nothing has read.
    fn left_over(&self) -> Option<&'static str> {
        let keys = [
            ("with", self.with.is_some()),
            ("per", self.per.is_some()),
            ("sex", self.sex.is_some()),
            ("age_from", self.age_from.is_some()),
            ("age_under", self.age_under.is_some()),
            ("level", self.level.is_some()),
            ("most", self.most.is_some()),
            ("days", self.days.is_some()),
            ("remark", self.remark.is_some()),
            ("diagnoses", self.diagnoses.is_some()),
        ];
        keys.into_iter().find(|(_, is_there)| *is_there).map(|(key, _)| key)
    }
}

/// A day in quotes.
#[derive(Clone, Copy)]
struct DayText(Day);

impl<'de> Deserialize<'de> for DayText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong =
            |_| de::Error::custom(format!("`{text}` is not a day; write it in quotes as \"2025-01-01\""));
        text.parse().map(Self).map_err(wrong)
    }
}

/// `male` or `female`.
#[derive(Clone, Copy)]
struct SexText(Sex);

impl<'de> Deserialize<'de> for SexText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "male" => Ok(Self(Sex::Male)),
            "female" => Ok(Self(Sex::Female)),
            other => Err(de::Error::custom(format!("`{other}` is not a sex; write \"male\" or \"female\""))),
        }
    }
}

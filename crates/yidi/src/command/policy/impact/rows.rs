//! Settlements as lines of a CSV text, one a settlement: how `yidi policy impact` takes them in, and how samples and databases
//! are written for it.
//!
//! The head names the columns, in any order. Needed: person, care, level, status, birth, standing, treatment, admission,
//! discharge, total, in_scope. A word may be the national code, the Chinese word or the English name.

use benefit::{Bill, Case, CategoryAmount, FilingStanding, Member, Split};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _};
use terms::{
    CareKind, ChargeCategory, ContributionTier, Day, Fen, FilingCategory, InsuranceScheme, InsuredPlace,
    Listed, MemberClass, MemberStatus, Set, SettlementLevel, TreatmentPlace, VisitMark,
};

/// The columns, as they are written; the first eleven are needed.
pub const COLUMNS: [&str; 24] = [
    "person",
    "care",
    "level",
    "status",
    "birth",
    "standing",
    "treatment",
    "admission",
    "discharge",
    "total",
    "in_scope",
    "out_of_scope",
    "over_limit",
    "first_self_pay",
    "in_full",
    "scheme",
    "insured",
    "tier",
    "classes",
    "marks",
    "diseases",
    "registered",
    "contribution_years",
    "retired_on",
];
const NEEDED: usize = 11;

/// A settlement of somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit<'t> {
    /// Whose: only told apart from others.
    pub person: &'t str,
    /// What was settled.
    pub case: Case,
}

/// What is taken where a line does not say it.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 参保地.
    pub insured: InsuredPlace,
}

/// Which cell of a line holds which column.
#[derive(Clone, Debug)]
pub struct Head {
    place: [Option<usize>; COLUMNS.len()],
    words: Words,
    defaults: Defaults,
}

impl Head {
    /// Reads the first line.
    ///
    /// # Errors
    /// A Chinese sentence that says what to write.
    pub fn read(line: &str, defaults: Defaults) -> Result<Self, String> {
        let mut place = [None; COLUMNS.len()];
        for (index, name) in line.trim_start_matches('\u{feff}').trim().split(',').map(str::trim).enumerate()
        {
            let known = COLUMNS.iter().position(|column| *column == name);
            let Some(known) = known else {
                return Err(format!("表头有未知的列“{name}”，可用的列为 (columns)：{}", COLUMNS.join(",")));
            };
            if place[known].replace(index).is_some() {
                return Err(format!("表头中“{name}”出现两次，请删去一列 (a column stands twice)"));
            }
        }
        if let Some(lacking) = (0..NEEDED).find(|column| place[*column].is_none()) {
            return Err(format!("表头缺少“{}”一列，请补上 (a column is lacking)", COLUMNS[lacking]));
        }
        Ok(Self { place, words: Words::new(), defaults })
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Which column is wrong.
    pub fn visit<'t>(&self, line: &'t str) -> Result<Visit<'t>, String> {
        let mut cells = [""; COLUMNS.len()];
        let mut many = 0;
        for (index, cell) in line.trim_end_matches('\r').split(',').enumerate() {
            if let Some(slot) = cells.get_mut(index) {
                *slot = cell.trim();
            }
            many = index + 1;
        }
        let wanted = self.place.iter().flatten().count();
        if many != wanted {
            return Err(format!("有{many}列，应为{wanted}列 (cells)"));
        }
        let cell = |column: usize| self.place[column].map_or("", |index| cells[index]);
        let cells: [&str; COLUMNS.len()] = std::array::from_fn(cell);
        self.visit_of(&cells)
    }

    fn visit_of<'t>(&self, cells: &[&'t str; COLUMNS.len()]) -> Result<Visit<'t>, String> {
        let [
            person,
            care,
            level,
            status,
            birth,
            standing,
            treatment,
            admission,
            discharge,
            total,
            in_scope,
            rest @ ..,
        ] = *cells;
        let [out_of_scope, over_limit, first_self_pay, in_full, rest @ ..] = rest;
        let [scheme, insured, tier, classes, marks, diseases, registered, years, retired_on] = rest;
        let words = &self.words;
        if person.is_empty() {
            return Err(wrong("person", person));
        }
        let split = Split {
            total: money("total", total)?,
            out_of_scope: money("out_of_scope", out_of_scope)?,
            over_limit: money("over_limit", over_limit)?,
            first_self_pay: money("first_self_pay", first_self_pay)?,
            in_scope: money("in_scope", in_scope)?,
            in_full: money("in_full", in_full)?,
        };
        if !split.is_consistent() {
            return Err(
                "total不等于out_of_scope、over_limit、first_self_pay、in_scope之和 (the parts do not add up)"
                    .to_owned(),
            );
        }
        let diseases = list("diseases", diseases, |code| code.parse().ok())?;
        let registered = match registered {
            "" => diseases.clone(),
            some => list("registered", some, |code| code.parse().ok())?,
        };
        let scheme = one_or("scheme", scheme, self.defaults.scheme, |text| words.schemes.find(text))?;
        let place = |column, text: &str| text.parse().map_err(|_| wrong(column, text));
        let insured =
            if insured.is_empty() { self.defaults.insured } else { InsuredPlace(place("insured", insured)?) };
        let case = Case {
            bill: Bill {
                care: words.cares.find(care).ok_or_else(|| wrong("care", care))?,
                level: words.levels.find(level).ok_or_else(|| wrong("level", level))?,
                marks: list("marks", marks, |text| words.marks.find(text))?.into_iter().collect(),
                diseases,
                admission: day("admission", admission)?,
                discharge: day("discharge", discharge)?,
                transferred_with: None,
                categories: vec![CategoryAmount { category: ChargeCategory::Other, split }],
            },
            member: Member {
                scheme,
                status: words.statuses.find(status).ok_or_else(|| wrong("status", status))?,
                birth: day("birth", birth)?,
                classes: list("classes", classes, |text| words.classes.find(text))?.into_iter().collect(),
                tier: one_or("tier", tier, None, |text| words.tiers.find(text).map(Some))?,
                contribution_years: one_or("contribution_years", years, None, |text| {
                    text.parse().ok().map(Some)
                })?,
                retired_on: one_or("retired_on", retired_on, None, |text| text.parse().ok().map(Some))?,
                diseases: registered,
            },
            insured,
            treatment: TreatmentPlace(place("treatment", treatment)?),
            standing: standing_of(standing).ok_or_else(|| wrong("standing", standing))?,
            accounts: None,
            continues: None,
        };
        Ok(Visit { person, case })
    }
}

fn wrong(column: &str, text: &str) -> String {
    // What stands in the column of the person is never repeated.
    let shown = if column == "person" { "" } else { text };
    format!("{column}的值“{shown}”不能识别，请按命令说明填写 (cannot be read)")
}

fn money(column: &str, text: &str) -> Result<Fen, String> {
    if text.is_empty() {
        return Ok(Fen::ZERO);
    }
    text.parse().ok().filter(|amount: &Fen| !amount.is_negative()).ok_or_else(|| wrong(column, text))
}

fn day(column: &str, text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| wrong(column, text))
}

fn one_or<T>(column: &str, text: &str, absent: T, read: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    if text.is_empty() { Ok(absent) } else { read(text).ok_or_else(|| wrong(column, text)) }
}

fn list<T>(column: &str, text: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    text.split_whitespace().map(|one| read(one).ok_or_else(|| wrong(column, one))).collect()
}

/// `1` to `6` 备案类型, `elsewhere-2` a filing for another place, `deemed` 视同备案, `none` 未备案 or treated at home.
fn standing_of(text: &str) -> Option<FilingStanding> {
    let category = |text: &str| {
        FilingCategory::ALL.iter().copied().find(|one| one.code() == text || one.chinese() == text)
    };
    match text {
        "deemed" | "视同备案" => Some(FilingStanding::DeemedFiled),
        "none" | "未备案" | "本地" => Some(FilingStanding::NotFiled),
        other => match other.strip_prefix("elsewhere-") {
            Some(code) => category(code).map(FilingStanding::FiledElsewhere),
            None => category(other).map(FilingStanding::Filed),
        },
    }
}

fn standing_text(standing: FilingStanding) -> String {
    match standing {
        FilingStanding::Filed(category) => category.code().to_owned(),
        FilingStanding::FiledElsewhere(category) => format!("elsewhere-{}", category.code()),
        FilingStanding::DeemedFiled => "deemed".to_owned(),
        FilingStanding::NotFiled => "none".to_owned(),
    }
}

/// The words of each column by all the ways of writing them.
#[derive(Clone, Debug)]
struct Words {
    schemes: Known<InsuranceScheme>,
    cares: Known<CareKind>,
    levels: Known<SettlementLevel>,
    statuses: Known<MemberStatus>,
    tiers: Known<ContributionTier>,
    classes: Known<MemberClass>,
    marks: Known<VisitMark>,
}

impl Words {
    fn new() -> Self {
        Self {
            schemes: Known::of(InsuranceScheme::code, InsuranceScheme::chinese),
            cares: Known::of(CareKind::code, CareKind::chinese),
            levels: Known::of(SettlementLevel::code, SettlementLevel::chinese),
            statuses: Known::of(MemberStatus::code, MemberStatus::chinese),
            tiers: Known::of(ContributionTier::code, ContributionTier::chinese),
            classes: Known::of(MemberClass::code, MemberClass::chinese),
            marks: Known::of(VisitMark::code, VisitMark::chinese),
        }
    }
}

#[derive(Clone, Debug)]
struct Known<T>(Vec<(String, T)>);

impl<T: Listed + DeserializeOwned + serde::Serialize> Known<T> {
    fn of(code: impl Fn(T) -> &'static str, chinese: impl Fn(T) -> &'static str) -> Self {
        let codes = T::LISTED.iter().map(|one| (code(*one).to_owned(), *one));
        let words = T::LISTED.iter().map(|one| (chinese(*one).to_owned(), *one));
        let name = |one: &T| match serde_json::to_value(one) {
            Ok(Value::String(name)) => Some((name, *one)),
            _ => None,
        };
        Self(codes.chain(words).chain(T::LISTED.iter().filter_map(name)).collect())
    }

    fn find(&self, text: &str) -> Option<T> {
        self.0.iter().find(|(word, _)| word == text).map(|(_, one)| *one)
    }
}

/// A CSV text that grows by a settlement at a time.
#[derive(Debug)]
pub struct Written(pub String);

impl Written {
    /// With its head.
    pub fn new() -> Self {
        Self(COLUMNS.join(",") + "\n")
    }

    /// Adds a settlement.
    pub fn add(&mut self, person: &str, case: &Case) {
        let Case { bill, member, .. } = case;
        let split = bill.sum();
        let codes =
            |some: &[terms::DiseaseCode]| some.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let cells: [String; COLUMNS.len()] = [
            person.to_owned(),
            bill.care.code().to_owned(),
            bill.level.code().to_owned(),
            member.status.code().to_owned(),
            member.birth.to_string(),
            standing_text(case.standing),
            case.treatment.division().to_string(),
            bill.admission.to_string(),
            bill.discharge.to_string(),
            split.total.to_string(),
            split.in_scope.to_string(),
            split.out_of_scope.to_string(),
            split.over_limit.to_string(),
            split.first_self_pay.to_string(),
            split.in_full.to_string(),
            member.scheme.code().to_owned(),
            case.insured.0.to_string(),
            member.tier.map(|tier| tier.code().to_owned()).unwrap_or_default(),
            codes_of(member.classes, MemberClass::code),
            codes_of(bill.marks, VisitMark::code),
            codes(&bill.diseases),
            codes(&member.diseases),
            member.contribution_years.map(|years| years.to_string()).unwrap_or_default(),
            member.retired_on.map(|day| day.to_string()).unwrap_or_default(),
        ];
        let _ = writeln!(self.0, "{}", cells.join(","));
    }
}

fn codes_of<T: Listed>(some: Set<T>, code: impl Fn(T) -> &'static str) -> String {
    some.iter().map(code).collect::<Vec<_>>().join(" ")
}

/// All lines of a text read on several threads, those of one person in the same part.
///
/// # Errors
/// What is wrong with the head, or with the first lines that are wrong, each with its number.
pub fn parts(text: &str, defaults: Defaults, threads: usize) -> Result<Vec<Vec<Visit<'_>>>, String> {
    let (head, body) = text.split_once('\n').unwrap_or((text, ""));
    let head = Head::read(head, defaults)?;
    let count = threads.max(1) * 16;
    let read = std::thread::scope(|scope| {
        let workers: Vec<_> = chunks(body, threads.max(1))
            .into_iter()
            .map(|chunk| scope.spawn(|| chunk_of(chunk, &head, count)))
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a reader does not panic")).collect::<Vec<_>>()
    });
    let mut parts: Vec<Vec<Visit<'_>>> = (0..count).map(|_| Vec::new()).collect();
    let mut errors = BTreeMap::new();
    for (found, wrong) in read {
        for (part, more) in parts.iter_mut().zip(found) {
            part.extend(more);
        }
        for (line, message) in wrong {
            let before = line.as_ptr().addr() - text.as_ptr().addr();
            errors.insert(text[..before].bytes().filter(|byte| *byte == b'\n').count() + 1, message);
        }
    }
    if errors.is_empty() {
        return Ok(parts);
    }
    let said: Vec<String> =
        errors.iter().take(WRONG_LINES).map(|(line, message)| format!("第{line}行：{message}")).collect();
    Err(said.join("\n"))
}

/// How many wrong lines are told.
const WRONG_LINES: usize = 10;

type Found<'t> = (Vec<Vec<Visit<'t>>>, Vec<(&'t str, String)>);

fn chunk_of<'t>(chunk: &'t str, head: &Head, count: usize) -> Found<'t> {
    let mut parts: Vec<Vec<Visit<'t>>> = (0..count).map(|_| Vec::new()).collect();
    let mut wrong = Vec::new();
    for line in chunk.split('\n').filter(|line| !line.trim().is_empty()) {
        match head.visit(line) {
            Ok(visit) => parts[part_of(visit.person, count)].push(visit),
            Err(_) if wrong.len() >= WRONG_LINES => break,
            Err(message) => wrong.push((line, message)),
        }
    }
    (parts, wrong)
}

/// FNV-1a of the person, cut to a part: the same on every machine, so that reports come out the same.
fn part_of(person: &str, count: usize) -> usize {
    let hash = person.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash % u64::try_from(count).expect("a few parts")).expect("below the count")
}

/// A text cut at ends of lines into about equal pieces.
fn chunks(text: &str, count: usize) -> Vec<&str> {
    let size = text.len() / count + 1;
    let mut rest = text;
    let mut found = Vec::with_capacity(count);
    while !rest.is_empty() {
        let at =
            rest.bytes().skip(size).position(|byte| byte == b'\n').map_or(rest.len(), |end| size + end + 1);
        let (chunk, after) = rest.split_at(at);
        found.push(chunk);
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Defaults {
        Defaults {
            scheme: InsuranceScheme::Resident,
            insured: InsuredPlace("420100".parse().expect("a place")),
        }
    }

    #[test]
    fn a_settlement_is_read_as_it_was_written() {
        let text = "person,care,level,status,birth,standing,treatment,admission,discharge,total,in_scope,out_of_scope,tier,classes,diseases\n\
                    P1,住院,三级,成年,1980-01-02,转诊,110000,2026-01-02,2026-01-09,1000,900.50,99.50,low,低保对象 2304,\n";
        let error = parts(text, defaults(), 2).unwrap_err();
        assert!(error.starts_with("第2行：status的值“成年”"), "{error}");
        let text = text.replace("成年", "居民（成年）").replace("转诊", "4");
        let read: Vec<Visit<'_>> = parts(&text, defaults(), 2).unwrap().into_iter().flatten().collect();
        assert_eq!(read.len(), 1);
        let mut written = Written::new();
        written.add(read[0].person, &read[0].case);
        let again: Vec<Visit<'_>> = parts(&written.0, defaults(), 1).unwrap().into_iter().flatten().collect();
        assert_eq!(again, read);
        assert_eq!(again[0].case.member.classes.len(), 2);
    }

    #[test]
    fn wrong_heads_and_lines_are_told() {
        let head = COLUMNS[..NEEDED].join(",");
        for (text, said) in [
            ("person,age\n".to_owned(), "未知的列“age”"),
            ("person,person\n".to_owned(), "出现两次"),
            ("person,care\n".to_owned(), "缺少“level”"),
            (
                format!("{head}\nP,21,3,15,1980-01-01,none,420100,2026-01-01,2026-01-02,10\n"),
                "第2行：有10列，应为11列",
            ),
            (
                format!("{head}\n\nP,21,3,15,1980-01-01,none,420100,2026-01-01,2026-01-02,10,9\n"),
                "第3行：total不等于",
            ),
            (
                format!("{head}\nP,21,3,15,1980-01-01,7,420100,2026-01-01,2026-01-02,10,10\n"),
                "standing的值“7”",
            ),
        ] {
            let error = parts(&text, defaults(), 3).unwrap_err();
            assert!(error.contains(said), "{error} for {said}");
        }
    }

    #[test]
    fn all_lines_of_one_person_come_into_one_part() {
        let mut text = COLUMNS[..NEEDED].join(",") + "\n";
        for index in 0..500 {
            let _ =
                writeln!(text, "P{},21,3,15,1980-01-01,none,420100,2026-01-01,2026-01-02,10,10", index % 50);
        }
        for threads in [1, 2, 7] {
            let parts = parts(&text, defaults(), threads).unwrap();
            assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 500);
            for number in 0..50 {
                let person = format!("P{number}");
                let having =
                    parts.iter().filter(|part| part.iter().any(|visit| visit.person == person)).count();
                assert_eq!(having, 1);
            }
        }
    }
}

//! From the Markdown of a case file to questions with their expected answers.

use super::{CaseFile, Expected, FUND_WORDS, Question, TableCase, named};
use crate::{
    Accounts, Bill, Case, CategoryAmount, Continued, FilingStanding, Member, PolicyError, Split, YearToDate,
    year::{Counter, Measure},
};
use std::collections::BTreeMap;
use terms::{
    AdminDivision, CareKind, ChargeCategory, ContributionTier, Day, DiseaseCode, Fen, FilingCategory, Fund,
    InsuranceScheme, InsuredPlace, Listed, MemberClass, MemberStatus, PoolingArea, Refusal, Set,
    SettlementLevel, TreatmentPlace, VisitMark,
};

/// Columns that every table has.
const NEEDED: [&str; 11] = [
    "discharge",
    "level",
    "status",
    "filing",
    "treatment",
    "nth",
    "in-scope",
    "year so far",
    "fund pays",
    "person",
    "why",
];

/// Columns that a table may have.
const OPTIONAL: [&str; 18] = [
    "care",
    "birth",
    "days",
    "admission",
    "total",
    "in-full",
    "transferred",
    "tier",
    "classes",
    "marks",
    "diseases",
    "registered",
    "years",
    "retired",
    "account",
    "continues",
    "year before",
    "cash",
];

/// Reads a case file; its name says area, scheme and kind of care.
///
/// # Errors
/// Everything that is wrong with it, with line and what to write instead.
pub fn read(path: &str, text: &str) -> Result<CaseFile, Vec<PolicyError>> {
    let Some((area, scheme, care)) = named(path) else {
        let message = "the name is not that of a case file; write it as 420100/310.inpatient.cases.md (inpatient, outpatient, chronic, pharmacy)";
        return Err(vec![PolicyError::at(path, 1, message)]);
    };
    let mut file = CaseFile { path: path.to_owned(), area, scheme, care, cases: Vec::new() };
    let mut errors = Vec::new();
    if !text.lines().any(|line| line.starts_with("Oracle: ") && line.len() > "Oracle: ".len()) {
        let message = "nothing says where the numbers come from; write a line `Oracle: …` above the tables";
        errors.push(PolicyError::at(path, 1, message));
    }
    let mut head: Vec<&str> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some(inner) = line.trim().strip_prefix('|') else {
            head.clear();
            continue;
        };
        let cells: Vec<&str> = inner.strip_suffix('|').unwrap_or(inner).split('|').map(str::trim).collect();
        let read = if head.is_empty() {
            head = cells;
            columns(&head)
        } else if cells.iter().all(|cell| cell.chars().all(|mark| "-: ".contains(mark))) || !is_cases(&head) {
            Ok(())
        } else {
            case(&file, &head, &cells).map(|case| file.cases.push(TableCase { line: index + 1, ..case }))
        };
        if let Err(message) = read {
            errors.push(PolicyError::at(path, index + 1, message));
        }
    }
    if file.cases.is_empty() && errors.is_empty() {
        errors.push(PolicyError::at(path, 1, "the file holds no case; write a table with at least one row"));
    }
    if errors.is_empty() { Ok(file) } else { Err(errors) }
}

/// Whether a table is one of cases: others may stand in the file for its readers.
fn is_cases(head: &[&str]) -> bool {
    head.contains(&"fund pays") || head.contains(&"discharge")
}

fn columns(head: &[&str]) -> Result<(), String> {
    if !is_cases(head) {
        return Ok(());
    }
    if let Some(lacking) = NEEDED.iter().find(|column| !head.contains(column)) {
        return Err(format!("the table lacks the column `{lacking}`; add it"));
    }
    if let Some(twice) = head.iter().enumerate().find(|(place, name)| head[..*place].contains(name)) {
        return Err(format!("the column `{}` stands twice; take one out", twice.1));
    }
    let unknown = head.iter().find(|column| !NEEDED.contains(column) && !OPTIONAL.contains(column));
    unknown.map_or(Ok(()), |column| {
        Err(format!(
            "there is no column `{column}`; besides the needed ones there are {}",
            OPTIONAL.join(", ")
        ))
    })
}

/// The cells of a row by their columns.
struct Row<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Row<'a> {
    /// A cell of a needed column.
    fn needed(&self, column: &str) -> &'a str {
        self.0.get(column).copied().unwrap_or_default()
    }

    /// A cell that says something.
    fn said(&self, column: &str) -> Option<&'a str> {
        self.0.get(column).copied().filter(|cell| !cell.is_empty() && *cell != "-")
    }

    /// A cell read, if it says something.
    fn read<T>(
        &self,
        column: &str,
        read: impl Fn(&'a str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let read = |cell| read(cell).map_err(|wrong| format!("`{column}`: {wrong}"));
        self.said(column).map(read).transpose()
    }

    /// The words of a cell, each read.
    fn words<T>(&self, column: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
        let all = |cell: &'a str| cell.split_whitespace().map(&read).collect::<Result<Vec<T>, String>>();
        Ok(self.read(column, all)?.unwrap_or_default())
    }

    /// A cell of a needed column, read.
    fn must<T>(&self, column: &str, read: impl Fn(&'a str) -> Result<T, String>) -> Result<T, String> {
        self.read(column, read)?.ok_or_else(|| format!("`{column}` is empty; write a value"))
    }
}

fn case(file: &CaseFile, head: &[&str], cells: &[&str]) -> Result<TableCase, String> {
    if cells.len() != head.len() {
        return Err(format!(
            "the row has {} cells, its table {} columns; write one a column",
            cells.len(),
            head.len()
        ));
    }
    let row = Row(head.iter().copied().zip(cells.iter().copied()).collect());
    let care = row.read("care", care)?.unwrap_or(file.care);
    let status = row.must("status", status)?;
    let mut year = row.read("year so far", |cell| year(cell, care, file.scheme))?.unwrap_or_default();
    let visits = Counter::of(care, Measure::Visits);
    if year.get(visits) != 0 {
        return Err(
            "`year so far`: `nth` counts the visits of this kind of care; take them out here".to_owned()
        );
    }
    year.add(visits, row.read("nth", nth)?.unwrap_or(1) - 1);
    let (standing, treatment) = place(&row, file.area)?;
    let question = Question {
        case: Case {
            bill: bill(&row, care)?,
            member: member(&row, file.scheme, status)?,
            insured: InsuredPlace(file.area.division()),
            treatment,
            standing,
            accounts: row.read("account", accounts)?,
            continues: row.read("continues", continued)?,
        },
        year: with_person(year),
        year_before: with_person(
            row.read("year before", |cell| self::year(cell, care, file.scheme))?.unwrap_or_default(),
        ),
    };
    let expected = expected(&row, file.scheme)?;
    Ok(TableCase { line: 0, question, expected, why: row.needed("why").to_owned() })
}

fn bill(row: &Row<'_>, care: CareKind) -> Result<Bill, String> {
    let discharge = row.must("discharge", day)?;
    let admission = match (row.read("admission", day)?, row.read("days", whole::<i32>)?) {
        (Some(_), Some(_)) => return Err("`admission` and `days` say the same; write one".to_owned()),
        (Some(admission), None) => admission,
        (None, Some(days)) => discharge.plus_days(-days),
        (None, None) if care == CareKind::Inpatient => discharge.plus_days(-8),
        (None, None) => discharge,
    };
    let in_scope = row.must("in-scope", yuan)?;
    let total = row.read("total", yuan)?.unwrap_or(in_scope);
    if total < in_scope {
        return Err("`total` is less than `in-scope`; write the whole bill".to_owned());
    }
    let split = Split {
        total,
        out_of_scope: total - in_scope,
        in_scope,
        in_full: row.read("in-full", yuan)?.unwrap_or_default(),
        ..Split::default()
    };
    Ok(Bill {
        care,
        level: level(row, care)?,
        marks: row
            .words("marks", |text| word(VisitMark::ALL, VisitMark::chinese, text))?
            .into_iter()
            .collect(),
        diseases: row.words("diseases", disease)?,
        admission,
        discharge,
        transferred_with: row.read("transferred", yuan)?,
        categories: vec![CategoryAmount { category: ChargeCategory::WesternMedicine, split }],
    })
}

/// The level; a pharmacy needs none and is taken as 一级.
fn level(row: &Row<'_>, care: CareKind) -> Result<SettlementLevel, String> {
    if care == CareKind::Pharmacy && row.said("level").is_none() {
        return Ok(SettlementLevel::Primary);
    }
    row.must("level", |text| word(SettlementLevel::ALL, SettlementLevel::chinese, text))
}

fn member(row: &Row<'_>, scheme: InsuranceScheme, status: MemberStatus) -> Result<Member, String> {
    let usual = match status {
        MemberStatus::Employed | MemberStatus::Adult => "1985-06-01",
        MemberStatus::Retired | MemberStatus::Elderly => "1955-06-01",
        MemberStatus::Minor => "2015-06-01",
    };
    let classes = row.words("classes", |text| word(MemberClass::ALL, MemberClass::chinese, text))?;
    Ok(Member {
        scheme,
        status,
        birth: row.read("birth", day)?.unwrap_or(day(usual)?),
        classes: set(classes),
        tier: row.read("tier", |text| word(ContributionTier::ALL, ContributionTier::chinese, text))?,
        contribution_years: row.read("years", whole)?,
        retired_on: row.read("retired", day)?,
        diseases: row.words("registered", disease)?,
    })
}

fn set<T: Listed>(words: Vec<T>) -> Set<T> {
    words.into_iter().collect()
}

/// How the visit stands with the filing register, and where it is: both must agree on whether that is inside the area.
fn place(row: &Row<'_>, area: PoolingArea) -> Result<(FilingStanding, TreatmentPlace), String> {
    let filing = row.needed("filing");
    let treatment: AdminDivision = row.must("treatment", |text| {
        text.parse().map_err(|_| format!("`{text}` is no place; write six digits"))
    })?;
    let inside = treatment.pooling_area() == area;
    let at_home = matches!(filing, "本地" | "长期回乡");
    if inside != at_home {
        return Err(if inside {
            format!("`treatment` lies inside the area; write 本地 or 长期回乡 in place of {filing}")
        } else {
            format!(
                "`treatment` lies outside the area, and {filing} is treatment inside; correct one of them"
            )
        });
    }
    Ok((standing(filing)?, TreatmentPlace(treatment)))
}

fn standing(text: &str) -> Result<FilingStanding, String> {
    use FilingCategory as Category;
    use FilingStanding::{DeemedFiled, Filed, FiledElsewhere, NotFiled};
    const WORDS: [(&str, FilingStanding); 9] = [
        ("本地", NotFiled),
        ("长期", Filed(Category::LongTermResident)),
        ("转诊", Filed(Category::Referral)),
        ("急诊", Filed(Category::Emergency)),
        ("视同备案", DeemedFiled),
        ("临时", Filed(Category::OtherTemporary)),
        ("未备案", NotFiled),
        ("长期在外", FiledElsewhere(Category::LongTermResident)),
        ("长期回乡", FiledElsewhere(Category::LongTermResident)),
    ];
    if let Some((_, standing)) = WORDS.iter().find(|(known, _)| *known == text) {
        return Ok(*standing);
    }
    let known = WORDS.map(|(known, _)| known).join(" ");
    word(FilingCategory::ALL, FilingCategory::chinese, text)
        .map(Filed)
        .map_err(|_| format!("`filing`: `{text}` is no word for it; write one of {known}"))
}

/// `2000.00`, or `own 500 family 300 200`.
fn accounts(text: &str) -> Result<Accounts, String> {
    if let Ok(own) = yuan(text) {
        return Ok(Accounts { own, family: Vec::new() });
    }
    let wrong = || format!("`{text}` is no account; write `500` or `own 500 family 300 200`");
    let rest = text.strip_prefix("own ").ok_or_else(wrong)?;
    let (own, family) = rest.split_once("family").unwrap_or((rest, ""));
    let family = family.split_whitespace().map(yuan).collect::<Result<Vec<_>, _>>();
    Ok(Accounts { own: yuan(own.trim()).map_err(|_| wrong())?, family: family.map_err(|_| wrong())? })
}

/// `2025-03-05 total 10000 divided 9200 deductible 800`.
fn continued(text: &str) -> Result<Continued, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [since, "total", total, "divided", divided, "deductible", deductible] = words[..] else {
        return Err(format!(
            "`{text}` does not say what was settled; write `2025-03-05 total 10000 divided 9200 deductible 800`"
        ));
    };
    Ok(Continued {
        since: day(since)?,
        total: yuan(total)?,
        divided: yuan(divided)?,
        deductible: yuan(deductible)?,
    })
}

/// `in_scope 40000 pool 30000 outpatient.deductible 800`.
fn year(text: &str, care: CareKind, scheme: InsuranceScheme) -> Result<YearToDate, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut year = YearToDate::default();
    for pair in words.chunks(2) {
        let [name, amount] = pair else { return Err("write pairs of a name and an amount".to_owned()) };
        let counter = counter_named(name, care, scheme)?;
        let amount = match counter.measure {
            Measure::Visits => i64::from(whole::<i32>(amount)?),
            _ => yuan(amount)?.0,
        };
        if year.get(counter) != 0 {
            return Err(format!("`{name}` stands twice; write one sum"));
        }
        year.add(counter, amount);
        if *name == "in_scope" {
            year.add(Counter::of(care, Measure::Total), amount);
        }
    }
    Ok(year)
}

/// The counter of a short name (`in_scope`, `deductible`, `divided`, `pool`, `large`, `catastrophic`: of this kind of care), or of a
/// full one.
///
/// # Errors
/// What names there are.
pub fn counter_named(name: &str, care: CareKind, scheme: InsuranceScheme) -> Result<Counter, String> {
    let measure = match name {
        "in_scope" => Measure::InScope,
        "deductible" => Measure::Deductible,
        "divided" => Measure::Divided,
        "pool" => Measure::Paid(scheme.pool()),
        "large" => Measure::Paid(Fund::LargeAmount),
        "catastrophic" => Measure::Paid(Fund::ResidentCatastrophic),
        full => {
            let short = "short names are in_scope, deductible, divided, pool, large, catastrophic";
            return full.parse().map_err(|wrong| format!("{wrong}; {short}"));
        }
    };
    Ok(Counter::of(care, measure))
}

/// The year with what the person bore of it, as far as the amounts that are named tell.
fn with_person(mut year: YearToDate) -> YearToDate {
    for care in CareKind::ALL {
        let person = Counter::of(*care, Measure::Person);
        if year.get(person) == 0 {
            let paid =
                Fund::ALL.iter().map(|fund| year.get(Counter::of(*care, Measure::Paid(*fund)))).sum::<i64>();
            year.add(person, (year.get(Counter::of(*care, Measure::Total)) - paid).max(0));
        }
    }
    year
}

fn expected(row: &Row<'_>, scheme: InsuranceScheme) -> Result<Expected, String> {
    let pays = row.must("fund pays", Ok)?;
    if let Some(code) = pays.strip_prefix("refused") {
        if row.said("person").is_some() || row.said("cash").is_some() {
            return Err("a refused visit has no amounts; write `-` under `person`".to_owned());
        }
        let code = code.trim();
        if !code.is_empty() && !Refusal::ALL.iter().any(|(known, _)| *known == code) {
            return Err(format!(
                "`fund pays`: there is no refusal `{code}`; write its code, or `refused` alone"
            ));
        }
        return Ok(Expected::Refused((!code.is_empty()).then(|| code.to_owned())));
    }
    let (pays, unconfirmed) = match pays.strip_suffix('?') {
        Some(pays) => (pays.trim_end(), true),
        None => (pays, false),
    };
    let mut funds = BTreeMap::new();
    for part in pays.split('+').map(str::trim) {
        let (name, amount) = part.rsplit_once(' ').unwrap_or(("", part));
        let fund = fund(name, scheme).map_err(|wrong| format!("`fund pays`: {wrong}"))?;
        let amount = yuan(amount).map_err(|wrong| format!("`fund pays`: {wrong}"))?;
        if funds.insert(fund, amount).is_some() {
            return Err(format!("`fund pays`: {fund} stands twice; write one sum"));
        }
    }
    funds.retain(|_, amount| !amount.is_zero());
    let person = row.must("person", yuan)?;
    Ok(Expected::Paid { funds, person, cash: row.read("cash", yuan)?, unconfirmed })
}

fn fund(name: &str, scheme: InsuranceScheme) -> Result<Fund, String> {
    let by_word = FUND_WORDS.iter().find(|(_, word)| *word == name).map(|(fund, _)| *fund);
    let by_code = || Fund::ALL.iter().copied().find(|fund| fund.code() == name);
    let pool = || (name.is_empty() || name == "pool").then(|| scheme.pool());
    by_word.or_else(pool).or_else(by_code).ok_or_else(|| {
        let words = FUND_WORDS.map(|(_, word)| word).join(", ");
        format!("`{name}` is no fund; write {words}, or its code")
    })
}

/// The kind of care of a file's name, or by its Chinese word.
pub(super) fn care(text: &str) -> Result<CareKind, String> {
    match text {
        "inpatient" => Ok(CareKind::Inpatient),
        "outpatient" => Ok(CareKind::Outpatient),
        "chronic" => Ok(CareKind::Chronic),
        "pharmacy" => Ok(CareKind::Pharmacy),
        chinese => word(CareKind::ALL, CareKind::chinese, chinese),
    }
}

fn status(text: &str) -> Result<MemberStatus, String> {
    match text {
        "成年" => Ok(MemberStatus::Adult),
        "老年" => Ok(MemberStatus::Elderly),
        other => word(MemberStatus::ALL, MemberStatus::chinese, other),
    }
}

fn word<T: Copy>(all: &[T], chinese: impl Fn(T) -> &'static str, text: &str) -> Result<T, String> {
    all.iter().copied().find(|one| chinese(*one) == text).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|one| chinese(*one)).collect();
        format!("`{text}` is not one of the words {}", known.join(" "))
    })
}

fn nth(text: &str) -> Result<i64, String> {
    match whole(text)? {
        0 => Err("visits are counted from 1".to_owned()),
        nth => Ok(i64::from(nth)),
    }
}

/// A number that is not below nothing.
fn whole<T: TryFrom<i32>>(text: &str) -> Result<T, String> {
    let number: Option<i32> = text.parse().ok().filter(|number| (0..=30_000).contains(number));
    let number = number.and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| format!("`{text}` is no whole number from 0 to 30000"))
}

fn yuan(text: &str) -> Result<Fen, String> {
    let amount: Option<Fen> = text.parse().ok();
    let amount = amount.filter(|amount| !amount.is_negative());
    amount.ok_or_else(|| format!("`{text}` is no amount; write yuan with at most two decimals"))
}

/// A day in a year that a living person can be in: from any other, stays and insurance years could pass the calendar's end.
fn day(text: &str) -> Result<Day, String> {
    let day = text.parse().ok().filter(|day: &Day| (1900..=2199).contains(&day.year()));
    day.ok_or_else(|| format!("`{text}` is no day from 1900 to 2199; write it as 2025-03-10"))
}

fn disease(text: &str) -> Result<DiseaseCode, String> {
    text.parse().map_err(|_| format!("`{text}` is no disease code; write it as M03900"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Oracle: worked by hand\n\n\
        | discharge | level | status | filing | treatment | nth | in-scope | year so far | fund pays | person | why |\n|--|--|--|--|--|--|--:|--|--:|--:|--|\n";

    fn one(row: &str) -> Result<TableCase, String> {
        let found = read("policy/420100/310.inpatient.cases.md", &format!("{HEAD}{row}\n"));
        found.map(|file| file.cases[0].clone()).map_err(|errors| errors[0].to_string())
    }

    #[test]
    fn a_row_is_a_visit_with_what_is_expected_of_it() {
        let row = "| 2025-03-10 | 三级 | 在职 | 转诊 | 310115 | 2 | 20000.00 | in_scope 5000 pool 3000 outpatient.deductible 800 | 8000.00 + large 500.00 ? | 11500.00 | because |";
        let TableCase { line, question, expected, why } = one(row).unwrap();
        let Question { case, year, .. } = question;
        assert_eq!((line, why.as_str()), (5, "because"));
        assert_eq!(case.bill.admission, day("2025-03-02").unwrap());
        assert_eq!(case.standing, FilingStanding::Filed(FilingCategory::Referral));
        assert_eq!(
            serde_json::to_string(&year).unwrap(),
            r#"{"inpatient.visits":1,"inpatient.total":500000,"inpatient.in_scope":500000,"inpatient.person":200000,"inpatient.paid.310100":300000,"outpatient.deductible":80000}"#
        );
        let funds = BTreeMap::from([(Fund::EmployeePool, Fen(800_000)), (Fund::LargeAmount, Fen(50_000))]);
        let wanted = Expected::Paid { funds, person: Fen(1_150_000), cash: None, unconfirmed: true };
        assert_eq!(expected, wanted);
    }

    #[test]
    fn optional_columns_say_more() {
        let head = HEAD.replace("| why |", "| why | care | birth | admission | total | in-full | transferred | tier | classes | marks | diseases | registered | years | retired | account | year before | cash |");
        let row = "| 2025-03-10 | 三级 | 退休 | 长期回乡 | 420106 | 1 | 200 | - | 100 | 100 | x | 门诊慢特病 | 1950-01-01 | 2025-03-01 | 250 | 20 | 300 | 二档 | 低保对象 重度残疾人 | 签约机构 | M03900 M01600 | M03900 | 25 | 2010-05-01 | own 5 family 3 2 | pool 7 | 90 |";
        let text = format!(
            "{}{row}",
            head.replace("|--|\n", "|--|--|--|--|--|--|--|--|--|--|--|--|--|--|--|--|--|--|\n")
        );
        let file = read("420100/310.chronic.cases.md", &text).unwrap_or_else(|errors| panic!("{errors:?}"));
        let TableCase { question: Question { case, year_before, .. }, expected, .. } = &file.cases[0];
        let bill = &case.bill;
        assert_eq!(
            (bill.care, bill.sum().out_of_scope, bill.sum().in_full),
            (CareKind::Chronic, Fen(5_000), Fen(2_000))
        );
        assert_eq!((bill.transferred_with, bill.diseases.len(), bill.marks.len()), (Some(Fen(30_000)), 2, 1));
        let member = &case.member;
        assert_eq!(
            (member.tier, member.classes.len(), member.contribution_years),
            (Some(ContributionTier::Second), 2, Some(25))
        );
        assert_eq!((member.diseases.len(), member.retired_on), (1, Some(day("2010-05-01").unwrap())));
        assert_eq!(case.accounts, Some(Accounts { own: Fen(500), family: vec![Fen(300), Fen(200)] }));
        assert_eq!(year_before.paid_by(Fund::EmployeePool), Fen(700));
        assert!(case.is_inside());
        assert!(matches!(expected, Expected::Paid { cash: Some(Fen(9_000)), .. }));
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_what_to_write() {
        for (row, said) in [
            (
                "| 2025-13-10 | 三级 | 在职 | 转诊 | 310115 | 1 | 1 | - | 0 | 1 | x |",
                ":5: `discharge`: `2025-13-10` is no day",
            ),
            (
                "| 0000-01-01 | 三级 | 在职 | 转诊 | 310115 | 1 | 1 | - | 0 | 1 | x |",
                ":5: `discharge`: `0000-01-01` is no day from 1900 to 2199",
            ),
            (
                "| 2025-03-10 | 四级 | 在职 | 转诊 | 310115 | 1 | 1 | - | 0 | 1 | x |",
                "`level`: `四级` is not one of",
            ),
            (
                "| 2025-03-10 | 三级 | 在职 | 转诊 | 420106 | 1 | 1 | - | 0 | 1 | x |",
                "write 本地 or 长期回乡",
            ),
            ("| 2025-03-10 | 三级 | 在职 | 本地 | 310115 | 1 | 1 | - | 0 | 1 | x |", "lies outside the area"),
            (
                "| 2025-03-10 | 三级 | 在职 | 出差 | 310115 | 1 | 1 | - | 0 | 1 | x |",
                "`filing`: `出差` is no word",
            ),
            ("| 2025-03-10 | 三级 | 在职 | 转诊 | 310115 | 0 | 1 | - | 0 | 1 | x |", "counted from 1"),
            (
                "| 2025-03-10 | 三级 | 在职 | 转诊 | 310115 | 1 | 1.005 | - | 0 | 1 | x |",
                "`in-scope`: `1.005` is no amount",
            ),
            ("| 2025-03-10 | 三级 | 在职 | 转诊 | 310115 | 1 | 1 | pool | 0 | 1 | x |", "write pairs"),
            (
                "| 2025-03-10 | 三级 | 在职 | 转诊 | 310115 | 1 | 1 | ward.x 1 | 0 | 1 | x |",
                "`ward.x` is no counter",
            ),
            (
                "| 2025-03-10 | 三级 | 在职 | 转诊 | 310115 | 1 | 1 | - | 0 + gift 1 | 1 | x |",
                "`gift` is no fund",
            ),
            (
                "| 2025-03-10 | 三级 | 在职 | 转诊 | 310115 | 1 | 1 | - | refused | 1 | x |",
                "a refused visit has no amounts",
            ),
            (
                "| 2025-03-10 | 三级 | 在职 | 转诊 | 310115 | 1 | 1 | - | refused nonsense | - | x |",
                "no refusal `nonsense`",
            ),
            ("| 2025-03-10 | 三级 | 在职 |", "the row has 3 cells"),
        ] {
            let found = one(row).expect_err(row);
            assert!(found.contains(said), "{row}: {found}");
        }
    }

    #[test]
    fn a_table_or_file_that_is_none_is_told() {
        for (path, text, said) in [
            ("420100/inpatient.md", HEAD.to_owned(), "not that of a case file"),
            ("420100/310.inpatient.cases.md", HEAD.to_owned(), "holds no case"),
            ("420100/310.inpatient.cases.md", HEAD.replace("Oracle: ", ""), "where the numbers come from"),
            (
                "420100/310.inpatient.cases.md",
                HEAD.replace("| nth |", "| hospital |"),
                "lacks the column `nth`",
            ),
            (
                "420100/310.inpatient.cases.md",
                HEAD.replace("| why |", "| why | hospital |"),
                "no column `hospital`",
            ),
        ] {
            let errors = read(path, &text).expect_err(said);
            assert!(errors.iter().any(|error| error.to_string().contains(said)), "{said}: {errors:?}");
        }
    }
}

//! Every table of `policy/**/*.cases.md` against the policy files beside it.
//!
//! A row is one stay of a person; its columns are told in `docs/POLICY.md`. Amounts are exact to the fen.

use benefit::{Bill, Case, CategoryAmount, FilingStanding, Library, Member, Split, YearToDate, compute};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use terms::{
    AdminDivision, ChargeCategory, Day, Fen, FilingCategory, Fund, InsuranceScheme, InsuredPlace,
    MemberStatus, PoolingArea, SettlementLevel, TreatmentPlace,
};

#[test]
fn every_case_is_computed_as_its_table_says() {
    let library = library();
    let mut wrong = Vec::new();
    let mut rows = 0;
    for path in files_under(&folder(), ".cases.md") {
        let found = check_file(&library, &path, &mut wrong);
        assert!(found > 0, "{}: no case in the file", path.display());
        rows += found;
    }
    assert!(wrong.is_empty(), "{} of {rows} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_policy_file_loads_and_has_cases_beside_it() {
    let library = library();
    for (area, scheme, name) in library.areas() {
        let cases = folder().join(area.to_string()).join(format!("{}.inpatient.cases.md", scheme.code()));
        assert!(cases.exists(), "{name} {scheme} has no {}", cases.display());
    }
    assert!(library.areas().count() >= 16);
}

#[test]
fn every_catalog_loads_and_has_all_fourteen_categories() {
    let read = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        benefit::Catalog::load(&path.display().to_string(), &text)
            .unwrap_or_else(|errors| panic!("{errors:#?}"))
    };
    let national = read(&folder().join("national/catalog.csv"));
    assert!(national.items().count() >= 80);
    for category in ChargeCategory::ALL {
        assert!(national.items().any(|item| item.category == *category), "{category} has no item");
    }
    for path in files_under(&folder(), "catalog.csv") {
        let province = read(&path);
        for item in province.items() {
            assert!(
                national.items().any(|one| one.code == item.code),
                "{} is not in the national list",
                item.code
            );
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy")
}

fn files_under(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_under(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn library() -> Library {
    let files = files_under(&folder(), ".toml").into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path.display().to_string(), text)
    });
    let files: Vec<_> = files.collect();
    let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    Library::load(texts).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// Checks all tables of a file; the number of cases found.
fn check_file(library: &Library, path: &Path, wrong: &mut Vec<String>) -> usize {
    let area = path.parent().and_then(Path::file_name).unwrap().to_string_lossy().parse().unwrap();
    let scheme = InsuranceScheme::from_code(&path.file_name().unwrap().to_string_lossy()).unwrap();
    let text = fs::read_to_string(path).unwrap();
    let mut head: Vec<String> = Vec::new();
    let mut cases = 0;
    for (index, line) in text.lines().enumerate() {
        let Some(line) = line.trim().strip_prefix('|') else {
            head.clear();
            continue;
        };
        let cells: Vec<String> =
            line.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        if head.is_empty() {
            head = cells;
        } else if !cells[0].starts_with("--") {
            assert_eq!(cells.len(), head.len(), "{}:{}: cells", path.display(), index + 1);
            let row: BTreeMap<_, _> =
                head.iter().map(String::as_str).zip(cells.iter().map(String::as_str)).collect();
            cases += 1;
            if let Err(said) = check_row(library, area, scheme, &row) {
                wrong.push(format!("{}:{}: {said}", path.display(), index + 1));
            }
        }
    }
    cases
}

fn check_row(
    library: &Library,
    area: AdminDivision,
    scheme: InsuranceScheme,
    row: &BTreeMap<&str, &str>,
) -> Result<(), String> {
    let discharge: Day = row["discharge"].parse().map_err(|_| "discharge is not a day")?;
    let in_scope: Fen = row["in-scope"].parse().map_err(|error| format!("in-scope: {error:?}"))?;
    let status = status(row["status"])?;
    let split = Split { total: in_scope, in_scope, ..Split::default() };
    let days = row.get("days").map_or(Ok(8), |days| days.parse()).map_err(|_| "days")?;
    let bill = Bill {
        level: word(SettlementLevel::ALL, SettlementLevel::chinese, row["level"])?,
        chinese_medicine: row.get("hospital").is_some_and(|kind| *kind == "中医"),
        admission: discharge.plus_days(-days),
        discharge,
        categories: vec![CategoryAmount { category: ChargeCategory::WesternMedicine, split }],
    };
    let case = Case {
        bill,
        member: Member { scheme, status, birth: birth(row, status)? },
        insured: InsuredPlace(area),
        treatment: TreatmentPlace(row["treatment"].parse().map_err(|_| "treatment is not a place")?),
        standing: standing(row["filing"])?,
    };
    let year = year(row["nth"], row["year so far"], scheme)?;
    let policy = library.scheme_on(PoolingArea(area), scheme, discharge).map_err(|no| no.to_string())?;
    let found = match compute(&policy, &case, &year) {
        Ok(breakdown) => {
            assert_eq!(breakdown.fund_total + breakdown.person_total, breakdown.split.total);
            let line = |line: &benefit::Line| {
                format!("\n      {} {} [{}] {}", line.step, line.amount_in, line.parameter, line.amount_out)
            };
            let lines: String = breakdown.lines.iter().map(line).collect::<Vec<_>>().concat();
            (payments(&breakdown.fund_payments, scheme), breakdown.person_total.to_string(), lines)
        }
        Err(refusal) => ("refused".to_owned(), "-".to_owned(), format!("\n      {refusal}")),
    };
    if (found.0.as_str(), found.1.as_str()) == (row["fund pays"], row["person"]) {
        return Ok(());
    }
    Err(format!(
        "the table says {} | {}, computed {} | {} ({}){}",
        row["fund pays"], row["person"], found.0, found.1, row["why"], found.2
    ))
}

/// `8000.00`, or with the layers above the pool `8000.00 + large 500.00`.
fn payments(paid: &BTreeMap<Fund, Fen>, scheme: InsuranceScheme) -> String {
    let mut words = Vec::new();
    for (fund, amount) in paid {
        words.push(match fund {
            fund if *fund == scheme.pool() => amount.to_string(),
            Fund::LargeAmount => format!("large {amount}"),
            Fund::ResidentCatastrophic => format!("catastrophic {amount}"),
            other => format!("{} {amount}", other.code()),
        });
    }
    words.sort_by_key(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    if words.is_empty() { "0.00".to_owned() } else { words.join(" + ") }
}

/// `in_scope 40000 pool 30000 large 0 deductible 1300`, or `-`.
fn year(nth: &str, text: &str, scheme: InsuranceScheme) -> Result<YearToDate, String> {
    let nth: i64 = nth.parse().map_err(|_| "nth is not a number")?;
    let mut year = YearToDate { admissions: nth - 1, ..YearToDate::default() };
    let words: Vec<&str> = text.split_whitespace().filter(|word| *word != "-").collect();
    for pair in words.chunks(2) {
        let [name, amount] = pair else { return Err("year so far is written in pairs".to_owned()) };
        let amount: Fen = amount.parse().map_err(|error| format!("year so far: {error:?}"))?;
        match *name {
            "in_scope" => (year.in_scope, year.total) = (amount, amount),
            "deductible" => year.deductible = amount,
            "pool" => _ = year.fund_paid.insert(scheme.pool(), amount),
            "large" => _ = year.fund_paid.insert(Fund::LargeAmount, amount),
            "catastrophic" => _ = year.fund_paid.insert(Fund::ResidentCatastrophic, amount),
            other => return Err(format!("year so far knows no `{other}`")),
        }
    }
    year.person = year.total - year.fund_paid.values().copied().sum();
    Ok(year)
}

fn word<T: Copy>(all: &[T], chinese: impl Fn(T) -> &'static str, text: &str) -> Result<T, String> {
    all.iter()
        .copied()
        .find(|one| chinese(*one) == text)
        .ok_or_else(|| format!("`{text}` is not one of the words"))
}

fn status(text: &str) -> Result<MemberStatus, String> {
    match text {
        "成年" => Ok(MemberStatus::Adult),
        "老年" => Ok(MemberStatus::Elderly),
        other => word(MemberStatus::ALL, MemberStatus::chinese, other),
    }
}

fn standing(text: &str) -> Result<FilingStanding, String> {
    match text {
        "视同备案" => Ok(FilingStanding::DeemedFiled),
        "未备案" => Ok(FilingStanding::NotFiled),
        "长期" => Ok(FilingStanding::Filed(FilingCategory::LongTermResident)),
        "转诊" => Ok(FilingStanding::Filed(FilingCategory::Referral)),
        "急诊" => Ok(FilingStanding::Filed(FilingCategory::Emergency)),
        "临时" => Ok(FilingStanding::Filed(FilingCategory::OtherTemporary)),
        other => word(FilingCategory::ALL, FilingCategory::chinese, other).map(FilingStanding::Filed),
    }
}

fn birth(row: &BTreeMap<&str, &str>, status: MemberStatus) -> Result<Day, String> {
    let usual = match status {
        MemberStatus::Employed | MemberStatus::Adult => "1985-06-01",
        MemberStatus::Retired | MemberStatus::Elderly => "1955-06-01",
        MemberStatus::Minor => "2015-06-01",
    };
    let text = row.get("birth").copied().unwrap_or(usual);
    text.parse().map_err(|_| "birth is not a day".to_owned())
}

//! Every table of `policy/**/*.cases.md` against the policy files beside it, to the fen.
//!
//! How a table is written is told in `docs/POLICY.md`. A difference is printed with every step of the computation.

use benefit::{
    Library,
    cases::{self, CaseFile, Finding},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use terms::{CareKind, ChargeCategory, InsuranceScheme, PoolingArea};

#[test]
fn every_case_is_computed_as_its_table_says() {
    let library = library();
    let (files, mut wrong) = case_files();
    let mut rows = 0;
    for file in &files {
        let findings = cases::run(&library, file);
        rows += findings.len();
        wrong.extend(findings.iter().filter_map(difference));
    }
    assert!(wrong.is_empty(), "{} findings, {rows} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows >= 16, "only {rows} cases");
}

#[test]
fn what_people_read_of_every_answer_holds_together() {
    let library = library();
    for file in case_files().0 {
        for Finding { place, answer, .. } in cases::run(&library, &file) {
            let Ok(breakdown) = answer else { continue };
            assert_eq!(breakdown.check(), Ok(()), "{place}");
            let dispute = breakdown.for_dispute();
            assert!(!dispute.contains("不成立"), "{place}:\n{dispute}");
            let words = breakdown.for_person();
            for (part, left) in &breakdown.burdens {
                assert!(words.contains(&format!("{} {left} 元", part.chinese())), "{place}:\n{words}");
            }
            assert_eq!(
                words.contains("待核实：").then_some(()),
                breakdown.unconfirmed.first().map(|_| ()),
                "{place}"
            );
        }
    }
}

#[test]
fn every_policy_has_cases_for_each_kind_of_care_that_it_pays() {
    let library = library();
    let has: BTreeSet<_> = case_files().0.iter().map(|file| (file.area, file.scheme, file.care)).collect();
    let mut lacking = Vec::new();
    for (area, scheme, name) in library.areas() {
        for care in cares(&library, area, scheme) {
            if !has.contains(&(area, scheme, care)) {
                lacking.push(format!("{name} {} {care}", scheme.code()));
            }
        }
    }
    assert!(lacking.is_empty(), "no case file for:\n{}", lacking.join("\n"));
    assert!(library.areas().count() >= 16);
}

#[test]
fn every_policy_of_every_day_is_told_in_words() {
    let library = library();
    for (area, scheme, name) in library.areas() {
        for day in library.days_of_change(area, scheme) {
            let Ok(policy) = library.scheme_on(area, scheme, day) else { continue };
            let words = policy.explain();
            for care in CareKind::ALL {
                assert!(words.contains(&format!("■ {care}")), "{name} {day}: {words}");
            }
            assert!(words.contains("■ 异地就医"), "{name} {day}: {words}");
        }
    }
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

fn difference(finding: &Finding) -> Option<String> {
    let said = finding.difference.as_ref()?;
    Some(format!("{}: {said}\n{}", finding.place, finding.walk()))
}

/// The kinds of care for which the policy has a benefit on some day.
fn cares(library: &Library, area: PoolingArea, scheme: InsuranceScheme) -> Vec<CareKind> {
    let days = library.days_of_change(area, scheme);
    let policies: Vec<_> = days.iter().filter_map(|day| library.scheme_on(area, scheme, *day).ok()).collect();
    let has = |care: &CareKind| policies.iter().any(|policy| policy.plan(*care).is_some());
    CareKind::ALL.iter().copied().filter(has).collect()
}

/// All case files that can be read, and what is wrong with the others.
fn case_files() -> (Vec<CaseFile>, Vec<String>) {
    let (mut files, mut wrong) = (Vec::new(), Vec::new());
    for path in files_under(&folder(), ".cases.md") {
        match cases::read(&path.display().to_string(), &fs::read_to_string(&path).unwrap()) {
            Ok(file) => files.push(file),
            Err(errors) => wrong.extend(errors.iter().map(ToString::to_string)),
        }
    }
    (files, wrong)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy").canonicalize().unwrap()
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

//! Files of the policy folder: the first byte says which, the others are its text. Policies that are read are asked about, and
//! cases that are read are computed.
#![no_main]

use benefit::{Catalogs, Library, PolicyError, cases};
use casework::audit::Rules as AuditRules;
use fuzz::Bytes;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use terms::{Day, WorkingDays};

/// A policy by which cases are computed.
static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let text = include_str!("../../policy/420100/310.toml");
    Library::load([("420100/310.toml", text)]).expect("a policy of this program")
});

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data);
    let kind = bytes.byte();
    let text = &bytes.rest();
    match kind {
        b'p' => match Library::load([("110000/310.toml", text.as_str())]) {
            Ok(library) => asked(&library),
            Err(errors) => named(&errors, text),
        },
        b'n' => match Library::load([("national/account.toml", text.as_str())]) {
            Ok(library) => asked(&library),
            Err(errors) => named(&errors, text),
        },
        b'c' => cataloged("420000/catalog.csv", text),
        b's' => cataloged("420000/split.toml", text),
        b't' => match cases::read("420100/310.inpatient.cases.md", text) {
            Ok(file) => {
                assert!(cases::run(&LIBRARY, &file).len() == file.cases.len());
            }
            Err(errors) => named(&errors, text),
        },
        b'a' => match AuditRules::load("national/audit.toml", text) {
            Ok(rules) => assert!(rules.all().iter().all(|rule| rules.find(&rule.id).is_some())),
            Err(errors) => assert!(!errors.is_empty()),
        },
        b'r' => match funds::rule::RuleBook::read(text) {
            Ok(book) => {
                let _ = (book.all_on(day()).count(), book.all_on(Day::new(1, 1, 1).expect("a day")).count());
            }
            Err(why) => assert!(!why.to_string().is_empty()),
        },
        b'h' => match funds::subject::Subjects::read(text) {
            Ok(subjects) => {
                let _ = funds::AccountKind::ALL.iter().map(|kind| subjects.of(*kind)).count();
            }
            Err(why) => assert!(!why.to_string().is_empty()),
        },
        _ => match WorkingDays::read(text) {
            Ok(calendar) => {
                let _ = calendar.due(day(), 400);
            }
            Err(why) => assert!((1..=text.lines().count()).contains(&why.line)),
        },
    }
});

fn day() -> Day {
    Day::new(2026, 6, 1).expect("a day")
}

fn asked(library: &Library) {
    for (area, scheme, _) in library.areas() {
        for day in library.days_of_change(area, scheme) {
            let _ = library.scheme_on(area, scheme, day);
        }
        let _ = library.scheme_on(area, scheme, day());
        assert!(library.file_of(area, scheme).is_some_and(|file| file.rows.iter().all(|row| row.line > 0)));
    }
}

fn cataloged(path: &str, text: &str) {
    match Catalogs::load([
        ("national/catalog.csv", include_str!("../../policy/national/catalog.csv")),
        ("national/split.toml", include_str!("../../policy/national/split.toml")),
        (path, text),
    ]) {
        Ok(catalogs) => {
            let catalog = catalogs.of("420000".parse().expect("a province"));
            for item in catalog.items() {
                assert!(item.to.is_none_or(|to| item.from <= to), "{item:?}");
                assert!(catalog.find(&item.code, item.from).is_some(), "{item:?}");
            }
        }
        Err(errors) => assert!(!errors.is_empty()),
    }
}

/// Every error names a line of the file.
fn named(errors: &[PolicyError], text: &str) {
    let lines = text.split('\n').count();
    assert!(!errors.is_empty());
    for error in errors {
        assert!((1..=lines).contains(&error.line) && !error.message.is_empty(), "{error:?} of {lines} lines");
    }
}

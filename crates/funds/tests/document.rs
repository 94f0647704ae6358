//! `docs/FUNDS.md` says what the chart of accounts and the rules say. Its tables are made here: `UPDATE_SAMPLES=1` writes them.

use funds::{
    chart::{AccountKind, EntrySide, Limit, Role},
    rule::{Confidence, RuleBook},
    subject::Subjects,
};
use std::fmt::Write as _;
use terms::{Day, Province};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FUNDS.md");

/// The accounts, with the subject under which the national system keeps each.
fn chart() -> String {
    let subjects = Subjects::national();
    let mut table = String::from(
        "| kept by | account (科目) | general subject (总账科目) | side | one for each | refuses | key |\n|---|---|---|---|---|---|---|\n",
    );
    for &kind in AccountKind::ALL {
        let role = match kind.role() {
            Role::Treatment => "treatment place",
            Role::Hub => "hub, memorandum",
            Role::Insured => "insured place",
        };
        let side = match kind.normal_side() {
            EntrySide::Debit => "借",
            EntrySide::Credit => "贷",
        };
        let refuses = match kind.limit() {
            Limit::None => "",
            Limit::DebitsWithinCredits => "debits beyond credits",
            Limit::CreditsWithinDebits => "an overdraft",
        };
        let (key, name) = (kind.key(), kind.subject());
        let subject = subjects.of(kind);
        let number = subject.number.as_deref().map_or(String::new(), |number| format!("{number} "));
        let party = party(key);
        writeln!(
            table,
            "| {role} | {name} | {number}{} | {side} | {party} | {refuses} | `{key}` |",
            subject.name
        )
        .expect("a string takes any text");
    }
    table
}

/// Which party a kind of account has, by the texts that its key takes.
fn party(key: &str) -> &'static str {
    let takes = |party: &str| format!("{key}/{party}/310/310100").parse::<funds::Account>().is_ok();
    match (takes("A"), takes("420000-310000"), takes("420100")) {
        (true, _, _) => "institution",
        (_, true, _) => "pair of provinces",
        (_, _, true) => "pooling area",
        _ => "province",
    }
}

/// The rules that hold, those of single provinces behind.
fn rules() -> String {
    let day = Day::new(2026, 12, 31).expect("a day");
    let book = RuleBook::national();
    let mut table = String::from("| rule | value | confidence | source | note |\n|---|---|---|---|---|\n");
    let mut line = |key: &str, version: &funds::rule::Version| {
        let confidence = match version.confidence {
            Confidence::Confirmed => "confirmed",
            Confidence::Recalled => "**recalled**",
        };
        let source = version.source.number.as_deref().unwrap_or(&version.source.title);
        let note = version.note.as_deref().unwrap_or_default();
        writeln!(table, "| `{key}` | {version} | {confidence} | {source} | {note} |")
            .expect("a string takes any text");
    };
    let all: Vec<_> = book.all_on(day).collect();
    for (key, version) in &all {
        line(key, version);
    }
    let provinces = (11..=65).filter_map(|number| format!("{number}0000").parse::<Province>().ok());
    for province in provinces {
        for (key, nation) in &all {
            let own = book.version_in(province, key, day).filter(|own| own != nation);
            if let Some(own) = own {
                line(&format!("{key}` in `{province}"), own);
            }
        }
    }
    table
}

/// The text with what stands between two marks replaced.
fn with(text: &str, mark: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- end of {mark} -->"));
    let (before, rest) = text.split_once(&begin).expect("the mark begins");
    let (_, after) = rest.split_once(&end).expect("the mark ends");
    format!("{before}{begin}{table}{end}{after}")
}

#[test]
fn the_tables_say_what_the_program_does() {
    let text = std::fs::read_to_string(PATH).expect("docs/FUNDS.md is there");
    let expected = with(&with(&text, "chart", &chart()), "rules", &rules());
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        std::fs::write(PATH, &expected).expect("docs/FUNDS.md is written");
    }
    assert!(
        std::env::var_os("UPDATE_SAMPLES").is_some() || text == expected,
        "docs/FUNDS.md is not what the program does: UPDATE_SAMPLES=1 cargo test -p funds --test document"
    );
}

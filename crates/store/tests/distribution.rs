//! Whether the tables of a node could be spread over several servers (Citus), by what, and what still stands in the way.
//!
//! A table that is spread has its distribution column in every primary and unique key, and every statement on the way of a
//! settlement names it. What is not so yet stands here with its reason. Nothing of this was tried on several servers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use store::{distribution, embedded::fixture::TestCluster};

/// How a table would lie on several servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lies {
    /// Spread by this column: all that belongs to one pooling area, or one insured province at the hub, lies on one server.
    By(&'static str),
    /// Whole on every server: read with every message, written seldom.
    Everywhere,
    /// Whole on one server: few rows, or written by people and by the timetable.
    Local,
    /// It grows with settlements and is not keyed by anything that has many values in one node.
    NotYet(&'static str),
}

use Lies::{By, Everywhere, Local, NotYet};

/// `province` is one number in all of a province's rows. The ids of visits and settlements name the province and not the area, so
/// whoever has one does not know where to look. What it takes: a migration that makes `area` the first column of the key, and ids
/// that carry the area, or messages that carry it beside the id.
const BY_ID: &str = "keyed by the province, found by ids that do not name the area";

#[rustfmt::skip]
const TABLES: [(Lies, &[&str]); 11] = [
    // A province, as treatment place.
    (NotYet(BY_ID), &["visit", "fee_line", "treatment_settlement", "detail_transmission", "purchase_order"]),
    (By("area"), &[
        "hospital_message", "sign_in", "nonce", "diagnosis", "file", "mapping", "medium_token", "apportioning_confirmation",
        "settlement_list", "settlement_list_version", "special_attribute", "department", "self_paid_visit", "self_paid_line",
        "audit_finding", "transcript", "transcript_message", "transcript_unproven", "institution_comparison",
    ]),
    (Everywhere, &["institution"]),
    // A province, as insured place.
    (By("area"), &[
        "person", "enrolment", "filing", "registration", "year_to_date", "insured_settlement", "outside_settlement", "look", "card",
        "voucher", "detail", "detail_receipt", "area_prepayment", "filing_material", "filing_supplement",
    ]),
    // Both, and the hub. At the hub all entries are one area's, the nation's: there the journal would be spread by the insured
    // province, which it does not have.
    (By("area"), &["transfer", "outbox"]),
    // The hub.
    (By("province"), &[
        "hub_settlement", "national_institution", "national_filing", "clearing_pair", "clearing_sheet", "clearing_carry",
        "clearing_answer", "hub_deduction", "hub_correction", "reported_stays", "prepayment_line", "prepayment_change", "prepayment_position",
    ]),
    (Everywhere, &["participant", "clearing_calendar", "node"]),
    (Local, &["clearing_month", "clearing_plan", "clearing_year", "prepayment_year", "transfer_report", "transfer_agreed", "suspension"]),
    // People who work at a node, and what they did.
    (Local, &["account", "account_identity", "act", "audit_trail", "entered", "identity_answer", "job", "job_line", "login_attempt", "session"]),
    // The money of a province, and the general ledger of every node: few rows, and vouchers are numbered without gaps.
    (Local, &[
        "detail_search", "area_answer", "area_claim", "area_month", "area_receipt", "area_withdrawn", "bank_account", "bank_entry", "bank_statement",
        "clearing_finding", "clearing_statement", "complaint", "deduction", "deduction_heard", "difference", "emergency_increase",
        "expenditure_account", "institution_account", "institution_budget", "institution_instalment", "institution_payment",
        "institution_payment_line", "institution_penalty", "institution_terms", "issued_document", "ledger_account", "ledger_book",
        "ledger_closing", "ledger_leg", "ledger_reserve_end", "ledger_voucher", "notice", "payment_order", "reconciliation",
        "reconciliation_run", "urging", "announcement", "settlement_day", "settlement_day_figure",
        "filing_count", "filing_change",
    ]),
    (NotYet("a province's copy of the month that the hub has cleared, fetched and read as a whole"), &[
        "cleared_settlement", "clearing_statement_line",
    ]),
];

fn lies() -> BTreeMap<&'static str, Lies> {
    let mut all = BTreeMap::new();
    for (how, tables) in TABLES {
        for table in tables {
            assert_eq!(all.insert(*table, how), None, "{table} stands there twice");
        }
    }
    all
}

#[tokio::test]
async fn what_is_spread_by_a_column_has_it_in_every_key() {
    let now = "2026-11-21 10:00:00".parse().expect("a moment");
    let store = TestCluster::shared().fresh_store(now).await;
    let found = distribution::keys(&mut store.conn().await.expect("a connection")).await.expect("keys");
    let lies = lies();
    let (there, named): (BTreeSet<&str>, BTreeSet<&str>) =
        (found.keys().map(String::as_str).collect(), lies.keys().copied().collect());
    assert_eq!(
        there.difference(&named).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "tables of which nothing is said"
    );
    assert_eq!(
        named.difference(&there).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "tables that are not there"
    );
    for (table, keys) in &found {
        assert!(!keys.is_empty(), "{table} has no key");
        match lies[table.as_str()] {
            By(column) => {
                for key in keys {
                    assert!(
                        key.iter().any(|one| one == column),
                        "{table} has a key without {column}: {key:?}"
                    );
                }
            }
            // Whoever mends it strikes it off here.
            NotYet(_) => {
                assert!(keys.iter().any(|key| !key.iter().any(|one| one == "area")), "{table} has it now");
            }
            Everywhere | Local => {}
        }
    }
}

// ------------------------------------------------------------------ statements

/// The files whose statements are on the way of a settlement, or of what is asked again.
const HOT: [&str; 11] = [
    "batch/ask.rs",
    "batch/commit.rs",
    "batch/settled.rs",
    "batch/record.rs",
    "batch/find_visit.rs",
    "batch/find_known.rs",
    "message.rs",
    "outbox.rs",
    "insured.rs",
    "hub.rs",
    "person.rs",
];

/// Statements that do not name the column, by words of theirs, and why that is so. What looks for what is due in the outbox names it and
/// still asks every server: twice a second, off the way of settlements.
#[rustfmt::skip]
const ELSEWHERE: [(&str, &str); 6] = [
    ("select count(*) from outbox",                         "counts what waits, for the metrics: every server is asked"),
    ("select addressee from first where next_at <= $1",     "looks for whom something is due: every server is asked"),
    ("from insured_settlement order by id",                 "reads the whole book, for checks"),
    ("from insured_settlement where person is not null",    "counts the whole book, for checks"),
    ("from year_to_date order by person",                   "reads all sums, for checks"),
    ("from hub_settlement order by id",                     "reads the whole book, for checks"),
];

#[test]
fn what_is_on_the_way_of_a_settlement_names_the_column() {
    let lies = lies();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut used = BTreeSet::new();
    let mut seen = 0;
    for file in HOT {
        let text = fs::read_to_string(source.join(file)).expect("a source file");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for statement in statements(text) {
            for (table, how) in &lies {
                let By(column) = how else { continue };
                if !reads_or_writes(&statement, table) {
                    continue;
                }
                seen += 1;
                let excused = ELSEWHERE.iter().find(|(words, _)| statement.contains(words));
                used.extend(excused.map(|(words, _)| *words));
                let names_it = words(&statement).any(|word| word == *column);
                assert!(names_it || excused.is_some(), "{file}: {table} without {column}: {statement}");
            }
        }
    }
    assert!(seen > 20, "{seen} uses of tables were seen");
    let unused: Vec<_> = ELSEWHERE.iter().filter(|(words, _)| !used.contains(words)).collect();
    assert!(unused.is_empty(), "nobody needs these any more: {unused:?}");
}

/// The texts in a source file that are statements, with single spaces.
fn statements(source: &str) -> Vec<String> {
    let parts = source.split('"').skip(1).step_by(2);
    let is_one = |text: &&str| {
        ["select ", "insert ", "update ", "delete ", "with "]
            .iter()
            .any(|verb| text.trim_start().starts_with(verb))
    };
    parts.filter(is_one).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn words(statement: &str) -> impl Iterator<Item = &str> {
    statement.split(|one: char| !one.is_alphanumeric() && one != '_')
}

fn reads_or_writes(statement: &str, table: &str) -> bool {
    let mut words = words(statement).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        if ["from", "join", "into", "update", "using"].contains(&word) && words.peek() == Some(&table) {
            return true;
        }
    }
    false
}

#[test]
fn a_statement_that_leaves_the_column_out_would_be_found() {
    let source = r#"sqlx::query("select balance from enrolment
        where person = $1"); sqlx::query("select 1 from enrolment where area = $1")"#;
    let found = statements(source);
    assert!(found.iter().all(|one| reads_or_writes(one, "enrolment")), "{found:?}");
    let naming: Vec<bool> = found.iter().map(|one| words(one).any(|word| word == "area")).collect();
    assert_eq!(naming, [false, true]);
}

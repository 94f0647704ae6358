//! Migrations lose nothing, and serve beside the program before them.
//!
//! Each is applied to the schema before it, every table of which holds a row. From 0026 on a migration expands, or says that it
//! contracts and since when programs do without what it takes away (`store::migration`).

use sqlx::{AssertSqlSafe, PgConnection, Row};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use store::{Store, embedded::fixture::TestCluster, migration};
use terms::Moment;

/// The first migration that is tried on the one before it with rows in all tables.
const FIRST_TRIED: i64 = 16;
/// The first migration that must expand or say that it contracts: those before were published together.
const FIRST_HELD: i64 = 26;

fn now() -> Moment {
    "2026-11-21 10:00:00".parse().expect("a moment")
}

// ------------------------------------------------------------------ nothing is lost

/// Every table's row, as JSON.
type Rows = BTreeMap<String, serde_json::Value>;

#[tokio::test]
async fn every_migration_keeps_what_was_there() {
    let last = migration::numbers().into_iter().max().expect("migrations");
    for number in FIRST_TRIED..=last {
        let database = TestCluster::shared().empty_database().await;
        let store = Store::open(database.options, 2).await.expect("a database");
        migration::bring_up_to(&store, number - 1, now()).await.expect("the schema before");
        let mut conn = store.conn().await.expect("a connection");
        let before = fill(&mut conn).await;
        assert!(before.len() > 30, "{} tables before {number:04}", before.len());
        for up_to in [number, last] {
            migration::bring_up_to(&store, up_to, now())
                .await
                .unwrap_or_else(|why| panic!("{number:04}: {why}"));
            let after = read(&mut conn).await;
            for (table, row) in &before {
                assert_kept((number, up_to), table, row, &after[table]);
            }
        }
    }
}

#[tokio::test]
async fn indexes_of_large_tables_are_made_beside_their_partitions_and_anew_where_they_were_left_half_made() {
    let database = TestCluster::shared().empty_database().await;
    let store = Store::open(database.options, 2).await.expect("a database");
    let parts =
        "select count(*) from pg_inherits where inhparent = to_regclass('treatment_settlement_by_person')";
    let partitions = "select count(*) from pg_inherits where inhparent = 'treatment_settlement'::regclass";
    let invalid = "select count(*) from pg_index where not indisvalid";
    let count = async |statement: &'static str| -> i64 {
        let mut conn = store.conn().await.expect("a connection");
        sqlx::query_scalar(statement).fetch_one(&mut *conn).await.expect("a number")
    };
    for left in [
        // None of it; all of it; not made at all; begun and left; one of two partitions left.
        "",
        "",
        "drop index treatment_settlement_by_person; drop index person_by_name",
        "drop index treatment_settlement_by_person;
         create index treatment_settlement_by_person on only treatment_settlement (person)",
        "drop index treatment_settlement_by_person;
         create index treatment_settlement_by_person on only treatment_settlement (person);
         do $$ declare part text; begin
             select inhrelid::regclass::text into part from pg_inherits where inhparent = 'treatment_settlement'::regclass limit 1;
             execute format('create index one_part on %s (person)', part);
             alter index treatment_settlement_by_person attach partition one_part;
         end $$",
    ] {
        let mut conn = store.conn().await.expect("a connection");
        sqlx::raw_sql(left).execute(&mut *conn).await.expect("what was left");
        drop(conn);
        store.migrate(now()).await.expect("up to date");
        assert_eq!(count(invalid).await, 0, "{left}");
        assert_eq!(count(parts).await, count(partitions).await, "{left}");
        assert_eq!(count("select count(*) from pg_class where relname = 'person_by_name'").await, 1, "{left}");
    }
    assert!(count(partitions).await > 1);
}

fn assert_kept(
    (number, up_to): (i64, i64),
    table: &str,
    before: &serde_json::Value,
    after: &serde_json::Value,
) {
    for (column, value) in before.as_object().expect("a row") {
        assert_eq!(
            after.get(column),
            Some(value),
            "{table}.{column} after {up_to:04}, of a row from before {number:04}"
        );
    }
}

/// A row in every table, each column filled where it can be.
async fn fill(conn: &mut PgConnection) -> Rows {
    for table in tables(conn).await {
        let columns: Vec<(String, String)> = sqlx::query_as(
            "select column_name::text, udt_name::text from information_schema.columns
             where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position",
        )
        .bind(&table)
        .fetch_all(&mut *conn)
        .await
        .expect("columns");
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<String> = columns.iter().map(|(name, kind)| value(&table, name, kind)).collect();
        let insert = format!("insert into {table} ({}) values ({})", names.join(", "), values.join(", "));
        let done = sqlx::query(AssertSqlSafe(insert.clone())).execute(&mut *conn).await;
        done.unwrap_or_else(|why| panic!("{insert}: {why}"));
    }
    read(conn).await
}

/// A value that the column takes.
fn value(table: &str, column: &str, kind: &str) -> String {
    let text = match (table, column) {
        // What is set aside ends nothing.
        ("ledger_leg", "ends_voucher" | "ends_leg" | "ends_amount") => return "null".to_owned(),
        ("ledger_leg", "phase") => "1",
        // Parts of these are computed with.
        (_, "id" | "undo" | "settlement" | "visit" | "number" | "job") if kind == "text" => {
            "420000179523180000000000000001"
        }
        (_, "month") if kind == "int2" => "11",
        (_, "area") => "420100",
        (_, "province") => "420000",
        (_, "month" | "clearing_month" | "undo_month" | "last_closed") => "202611",
        (_, "year") => "2026",
        (_, "day") => "20261121",
        _ => match kind {
            "text" => "文字",
            "int2" | "int4" => "3",
            "int8" => "4",
            "bool" => "true",
            "jsonb" => "{\"a\": 1}",
            "bytea" => "\\x0102",
            "_text" => "{a,b}",
            "_int8" => "{5,6}",
            other => panic!("{table}.{column} is {other}: what goes there?"),
        },
    };
    format!("'{text}'")
}

async fn read(conn: &mut PgConnection) -> Rows {
    let mut rows = Rows::new();
    for table in tables(conn).await {
        let all = sqlx::query(AssertSqlSafe(format!("select to_jsonb(whole) as row from {table} whole")));
        let all = all.fetch_all(&mut *conn).await.expect("rows");
        // A table that came with the migration has none.
        if let [row] = all.as_slice() {
            rows.insert(table, row.get("row"));
        }
    }
    rows
}

async fn tables(conn: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select quote_ident(relname) from pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
           and relname <> '_sqlx_migrations'
         order by relname",
    )
    .fetch_all(conn)
    .await
    .expect("tables")
}

// ------------------------------------------------------------------ expand, contract

/// Tables that grow with settlements or people: a lock on one of these for longer than a moment stops a province. The outbox is none of
/// them: what is in it is what waits at this moment.
const LARGE: [&str; 29] = [
    "visit",
    "diagnosis",
    "fee_line",
    "treatment_settlement",
    "insured_settlement",
    "hub_settlement",
    "transfer",
    "look",
    "hospital_message",
    "nonce",
    "sign_in",
    "person",
    "enrolment",
    "filing",
    "national_filing",
    "year_to_date",
    "detail",
    "detail_receipt",
    "detail_transmission",
    "registration",
    "card",
    "voucher",
    "medium_token",
    "settlement_list",
    "settlement_list_version",
    "self_paid_visit",
    "self_paid_line",
    "audit_finding",
    "purchase_order",
];

/// What is wrong with a migration of this file name.
fn faults(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut contracts = Vec::new();
    let statements = statements(text);
    let made: BTreeSet<&str> = statements.iter().filter_map(|one| after(one, "create table ")).collect();
    for statement in &statements {
        let table = after(statement, "alter table ").or_else(|| after(statement, " on "));
        let is_old = |table: &str| !made.contains(table);
        let is_large = |table: &str| is_old(table) && LARGE.contains(&table);
        // A trigger names what it is called on.
        let is_trigger = statement.starts_with("create trigger ");
        if (!is_trigger && statement.contains("truncate "))
            || ["drop table", "drop column", "drop function", "drop view", "drop default"]
                .iter()
                .any(|words| statement.contains(words))
            || statement.contains(" rename ")
            || (statement.contains(" alter column ") && statement.contains(" type "))
            || statement.contains(" set not null")
            || (statement.starts_with("create unique index") && table.is_some_and(is_old))
        {
            contracts.push(statement.clone());
        }
        for added in statement.split("add column ").skip(1) {
            let added = added.split(", add column").next().unwrap_or(added);
            if added.contains(" not null") && !added.contains(" default ") && !added.contains(" generated ") {
                faults.push(format!("a column that the program before does not fill: {statement}"));
            }
            if added.contains(" generated ") && table.is_some_and(is_large) {
                faults.push(format!("writes a large table anew: {statement}"));
            }
        }
        if statement.contains("add constraint")
            && !statement.contains("not valid")
            && table.is_some_and(is_large)
        {
            faults.push(format!("reads a large table under a lock, add it `not valid`: {statement}"));
        }
        let is_index = statement.starts_with("create index") || statement.starts_with("create unique index");
        if is_index
            && !statement.contains(" concurrently ")
            && !statement.contains(" on only ")
            && table.is_some_and(is_large)
        {
            faults
                .push(format!("an index of a large table, make it `concurrently` or `on only`: {statement}"));
        }
        let changed = after(statement, "update ").or_else(|| after(statement, "delete from "));
        if (statement.starts_with("update ") || statement.starts_with("delete from "))
            && changed.is_some_and(is_large)
        {
            faults.push(format!(
                "changes a large table in one transaction, let the program do it: {statement}"
            ));
        }
    }
    let marked = text.lines().find_map(|line| line.strip_prefix("-- contract: since "));
    let marked: Option<i64> = marked.and_then(|since| since.trim().parse().ok());
    let named =
        name.split_once("_contract_since_").and_then(|(_, rest)| rest.split('_').next()?.parse().ok());
    let number: i64 = name.split('_').next().and_then(|number| number.parse().ok()).unwrap_or_default();
    if marked != named {
        faults.push(format!("its name says {named:?}, its text {marked:?}"));
    }
    match marked {
        None => faults.extend(contracts.iter().map(|one| format!("takes away and does not say so: {one}"))),
        Some(_) if contracts.is_empty() => faults.push("says that it contracts, and does not".to_owned()),
        Some(since) if since >= number => {
            faults.push(format!("the program before is not done with it: since {since:04} in {number:04}"));
        }
        Some(_) => {}
    }
    faults
}

/// The first word after some words.
fn after<'a>(statement: &'a str, words: &str) -> Option<&'a str> {
    let rest = statement.split_once(words)?.1;
    let rest = rest
        .trim_start_matches("if not exists ")
        .trim_start_matches("if exists ")
        .trim_start_matches("only ");
    rest.split([' ', '(', ',']).next().filter(|word| !word.is_empty())
}

/// Its statements in small letters with single spaces, without comments. What a function does in its body is its own.
fn statements(text: &str) -> Vec<String> {
    let without_comments =
        text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>();
    let without_comments = without_comments.join("\n").to_lowercase();
    let bodies = without_comments.split("$$").enumerate();
    let outside: String =
        bodies.filter(|(place, _)| place % 2 == 0).map(|(_, part)| part).collect::<Vec<_>>().join("$$");
    outside
        .split(';')
        .map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|one| !one.is_empty())
        .collect()
}

#[test]
fn migrations_expand_or_say_that_they_contract() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for file in fs::read_dir(folder).expect("migrations") {
        let path = file.expect("a file").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let number: i64 = name.split('_').next().and_then(|number| number.parse().ok()).expect("a number");
        if number >= FIRST_HELD {
            let found = faults(&name, &fs::read_to_string(&path).expect("a text"));
            assert!(found.is_empty(), "{name}: {found:#?}");
        }
    }
}

#[test]
fn what_takes_away_or_holds_up_is_found() {
    // Name, text, and words of the fault; none where there is none.
    #[rustfmt::skip]
    let table: &[(&str, &str, Option<&str>)] = &[
        ("0030_more",  "alter table visit add column note text;",                                   None),
        ("0030_more",  "alter table visit add column kind text not null default '';",                None),
        ("0030_more",  "create trigger kept before truncate on visit for each statement execute function f();", None),
        ("0030_more",  "truncate visit;",                                                            Some("takes away")),
        ("0030_more",  "alter table visit add column a text, add column b integer not null;",        Some("does not fill")),
        ("0030_more",  "create table thing (area integer not null, primary key (area));
                        create unique index thing_by on thing (area);
                        create index thing_too on thing (area);",                                    None),
        ("0030_more",  "-- drop table visit;\ncreate function f() returns void as $$ drop table visit; $$;", None),
        ("0030_more",  "create index visit_by_note on visit (note);",                                Some("concurrently")),
        ("0030_more",  "create index concurrently visit_by_note on visit_202611 (note);",            None),
        ("0030_more",  "create index visit_by_note on only visit (note);",                           None),
        ("0030_more",  "create index rule_by_note on urging (note);",                                None),
        ("0030_more",  "update visit set note = '';",                                                Some("let the program do it")),
        ("0030_more",  "delete from fee_line where serial = '';",                                    Some("let the program do it")),
        ("0030_more",  "alter table visit add constraint c check (month > 0);",                      Some("not valid")),
        ("0030_more",  "alter table visit add constraint c check (month > 0) not valid;",            None),
        ("0030_more",  "alter table visit add column x bigint generated always as (1) stored;",      Some("anew")),
        ("0030_more",  "DROP TABLE urging;",                                                         Some("does not say so")),
        ("0030_more",  "alter table urging drop column letter;",                                     Some("does not say so")),
        ("0030_more",  "alter table urging rename column letter to number;",                         Some("does not say so")),
        ("0030_more",  "alter table urging alter column letter type bigint;",                        Some("does not say so")),
        ("0030_more",  "alter table urging alter column letter set not null;",                       Some("does not say so")),
        ("0030_more",  "create unique index urging_by on urging (payer);",                           Some("does not say so")),
        ("0030_contract_since_0028_urging", "-- contract: since 0028\nalter table urging drop column letter;", None),
        ("0030_contract_since_0028_urging", "alter table urging drop column letter;",                Some("its name says")),
        ("0030_urging", "-- contract: since 0028\nalter table urging drop column letter;",           Some("its name says")),
        ("0030_contract_since_0028_urging", "-- contract: since 0028\nselect 1;",                    Some("and does not")),
        ("0030_contract_since_0030_urging", "-- contract: since 0030\ndrop table urging;",           Some("not done with it")),
    ];
    for (name, text, expected) in table {
        let found = faults(name, text);
        match expected {
            None => assert!(found.is_empty(), "{name}: {text}: {found:?}"),
            Some(words) => assert!(found.iter().any(|fault| fault.contains(words)), "{text}: {found:?}"),
        }
    }
}

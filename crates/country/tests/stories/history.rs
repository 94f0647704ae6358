//! A history of some months in four provinces: that it grows without trouble, that its settlements lie over the hours of a day, and that every
//! desk and page of those who are told to log in has something before it.

use crate::{
    access::{Browser, PASSWORD, program},
    play::{databases_of, rules},
};
use country::{
    Options, World,
    people::AREAS,
    staff,
    year::history::{self, History},
};
use node::api::client::Client;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use terms::{Clock, Day, PoolingArea, day::FixedClock};

const TODAY: &str = "2026-04-23 15:30:00";

async fn grown() -> (History<'static>, Day) {
    let outside = FixedClock(TODAY.parse().unwrap());
    let today = outside.now().day();
    let begins: Day = "2026-01-01".parse().unwrap();
    let mut options = Options::new(rules());
    history::begin(&mut options, today);
    options.provinces = AREAS.into_iter().map(PoolingArea::province).collect();
    options.days_behind = begins.days_until(today).into();
    options.management_token = Some("令牌".to_owned());
    options.clock = Arc::new(outside);
    options.database = databases_of(&options).await;
    let world = World::start(options, &|_| {}).await.unwrap();
    let mut history = History::of(world, "令牌", today, 16, &|line| eprintln!("{line}"));
    history.grow(&|_, _| {}).await.unwrap();
    (history, today)
}

/// The values of a field of the rows of a list.
fn values<'a>(list: &'a Value, rows: &str, field: &str) -> BTreeSet<&'a str> {
    list[rows].as_array().unwrap().iter().filter_map(|row| row[field].as_str()).collect()
}

/// The keys of all rows of a list, page after page in one order.
async fn walked(desk: &Client, path: &str, list: &str, key: &str, sort: &str) -> Vec<String> {
    let (mut keys, mut after) = (Vec::new(), String::new());
    loop {
        let page: Value = desk.get(&format!("{path}&sort={sort}&after={after}")).await.unwrap();
        let rows = page[list].as_array().unwrap();
        keys.extend(rows.iter().map(|row| row[key].as_str().expect("a key").to_owned()));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return keys,
        }
    }
}

/// A list is the same either way round, however it is cut into pages. How many rows it has.
async fn is_the_same_backwards(desk: &Client, path: &str, list: &str, key: &str, sort: &str) -> usize {
    let forwards = walked(desk, path, list, key, sort).await;
    let mut backwards = walked(desk, path, list, key, &format!("-{sort}")).await;
    backwards.reverse();
    assert_eq!(forwards, backwards, "{path} by {sort}");
    forwards.len()
}

fn has(found: &BTreeSet<&str>, wanted: &[&str], of: &str) {
    let missing: Vec<_> = wanted.iter().filter(|one| !found.contains(*one)).collect();
    assert!(missing.is_empty(), "{of}: {missing:?} of {found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_desk_has_something_before_it() {
    let (history, today) = grown().await;
    assert_eq!(history.failed(), [] as [String; 0]);
    let world = history.world();
    assert_eq!(world.clock.now().to_string(), TODAY, "it ends when it is");

    let hub = program(&world.hub_url());
    let work: Value = hub.get("/api/v1/work").await.unwrap();
    let kinds = values(&work, "work", "kind");
    has(&kinds, &["differences", "explained", "disputes"], "hub");
    let notices: Value = hub.get("/api/v1/announcements").await.unwrap();
    has(&values(&notices, "announcements", "phase"), &["over", "upcoming"], "announcements");

    let (mut documents, mut deductions, mut payments) = (BTreeSet::new(), 0, 0);
    let mut work_of_all = BTreeSet::new();
    let mut rows_of: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut filings_of_all = BTreeSet::new();
    for area in AREAS {
        let province = area.province();
        let desk = program(&world.province(province).unwrap().url());
        let work: Value = desk.get("/api/v1/work").await.unwrap();
        let kinds = values(&work, "work", "kind");
        has(&kinds, &["filings", "complaints", "bank_entries"], &province.to_string());
        work_of_all.extend(kinds.into_iter().map(str::to_owned));
        let complaints: Value = desk.get("/api/v1/complaints?stage=all&limit=100").await.unwrap();
        let stages = values(&complaints, "complaints", "stage");
        has(&stages, &["received", "assigned", "answered", "closed"], "complaints");
        let filings: Value = desk.post("/api/v1/filings/search", &json!({})).await.unwrap();
        let stages = values(&filings, "filings", "stage");
        has(&stages, &["submitted", "effective"], "filings");
        filings_of_all.extend(stages.into_iter().map(str::to_owned));
        assert!(values(&filings, "filings", "category_name").len() >= 4, "{filings}");
        let waits = |row: &&Value| row["supplement_due"].is_string();
        assert_eq!(filings["filings"].as_array().unwrap().iter().filter(waits).count(), 1, "supplements");
        let pairs: Value = desk.get("/api/v1/mappings?show=deviating").await.unwrap();
        assert!(!pairs["mappings"].as_array().unwrap().is_empty(), "mappings");
        let found: Value = desk.get("/api/v1/funds/documents").await.unwrap();
        documents.extend(values(&found, "documents", "kind").into_iter().map(str::to_owned));
        for (path, list, key, sort) in [
            ("complaints?stage=all&limit=2", "complaints", "number", "received"),
            ("funds/notices?limit=7", "notices", "number", "issued"),
            ("funds/orders?stage=all&limit=5", "orders", "number", "number"),
            ("funds/orders?stage=all&limit=5", "orders", "number", "amount"),
            ("funds/bank-entries?matter=order&limit=3", "entries", "reference", "on"),
            ("funds/ledger/vouchers?limit=30", "vouchers", "id", "number"),
            ("funds/documents?kind=", "documents", "number", "issued_at"),
        ] {
            let rows = is_the_same_backwards(&desk, &format!("/api/v1/{path}"), list, key, sort).await;
            *rows_of.entry((path, sort)).or_insert(0) += rows;
        }
        let found: Value = desk.get("/api/v1/funds/deductions").await.unwrap();
        deductions += found["deductions"].as_array().unwrap().len();
        let found: Value = desk.get("/api/v1/funds/institution-payments?month=2026-02").await.unwrap();
        for one in found["payments"].as_array().unwrap() {
            assert!(one["institution_name"].as_str().is_some_and(|name| name.contains("示范")), "{one}");
            payments += 1;
        }

        // Over the hours of days, up to now.
        let asked = json!({ "side": "treatment", "from": "2026-01-01", "until": today, "limit": 100 });
        let found: Value = desk.post("/api/v1/settlements/search", &asked).await.unwrap();
        let times = values(&found, "settlements", "at");
        assert!(times.iter().all(|at| **at <= *TODAY), "{times:?}");
        let hours: BTreeSet<&str> = times.iter().map(|at| &at[11..13]).collect();
        assert!(hours.len() >= 4, "{hours:?}");
    }
    let wanted = ["statements", "transfers", "receipts", "differences"];
    has(&work_of_all.iter().map(String::as_str).collect(), &wanted, "work");
    has(
        &filings_of_all.iter().map(String::as_str).collect(),
        &["rejected", "cancelled", "replaced"],
        "filings",
    );
    let wanted = ["payable_clearing", "receivable_clearing", "trial_balance", "payment_notice"];
    has(&documents.iter().map(String::as_str).collect(), &wanted, "documents");
    assert!(deductions > 0 && payments > 0, "{deductions} {payments}");
    assert!(rows_of.values().all(|rows| *rows > 1), "{rows_of:?}");

    // Somebody registers at the portal with what is told, and finds his settlements.
    let told = staff::insure(world, "令牌", history.somebody().unwrap()).await.unwrap();
    let mut portal = Browser::at(&history.world().province(told.province).unwrap().url());
    let patient = history.somebody().unwrap();
    let new = json!({ "insured": patient.insured, "certno": told.citizen, "name": told.name,
                      "card": told.card, "password": PASSWORD });
    portal.post("/web/portal/register", new).await;
    portal.log_in(&told.citizen, PASSWORD, None).await.unwrap();
    let own = portal.get("/web/portal/settlements").await;
    assert!(!own["settlements"].as_array().unwrap().is_empty(), "{own}");
    history.into_world().stop().await;
}

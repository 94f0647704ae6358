//! What a hospital's software asks for itself and not for a patient: dictionaries, files, catalogs and its own mapping to them.

#[expect(dead_code, reason = "nobody is settled for a question about the catalog")]
mod desk;
#[expect(dead_code, reason = "the bad luck of this world is another file's")]
mod play;
#[expect(dead_code, reason = "what was written is counted in another file")]
mod raw;

use desk::Counter;
use serde_json::{Value, json};

/// What 1901 is asked.
fn dictionary(table: &str, parent: &str, valid: &str) -> Value {
    json!({ "data": {
        "type": table, "parentValue": parent, "admdvs": "420100", "date": "2026-11-22", "Vali_Flag": valid,
    }})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_tables_are_told_by_type_parent_and_flag() {
    let counter = Counter::open().await;
    for (table, parent, valid, count, first) in [
        ("med_type", "", "1", 24, "普通门诊"),
        ("MED_TYPE", "", "", 24, "普通门诊"),
        ("psn_type", "11", "1", 6, "农名工"),
        ("psn_type", "16", "1", 0, ""),
        ("gend", "", "0", 0, ""),
    ] {
        let output = counter.done("1901", &dictionary(table, parent, valid)).await;
        let list = output["list"].as_array().unwrap();
        assert_eq!(list.len(), count, "{table} {parent} {valid}: {output}");
        assert_eq!(list.first().map_or("", |row| row["label"].as_str().unwrap()), first, "{table}");
        assert!(list.iter().all(|row| parent.is_empty() || row["parentValue"] == parent), "{output}");
    }
    counter.refused("no such table", "1901", &dictionary("colours", "", "1"), "字段[type]不合规").await;
    counter.refused("no table named", "1901", &dictionary("", "", "1"), "字段[type]不能为空").await;
}

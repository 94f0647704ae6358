//! The house's one rule, held by a tool: the field knows nothing of the program; formats and SQL know the field; the program
//! knows all; nobody knows the program. A new edge between our crates is a visible line in this file.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let run = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let metadata: Value = serde_json::from_slice(&run.stdout).expect("cargo's metadata");
    let name = |package: &Value| package["name"].as_str().expect("a name").to_owned();
    let of_package = |package: &Value| {
        let all = package["dependencies"].as_array().expect("dependencies").iter();
        // What only a feature for tools brings along is no part of the program.
        let belongs = |one: &&Value| one["kind"] != "dev" && one["optional"] != true;
        let mut used: Vec<String> = all.filter(belongs).map(name).collect();
        used.sort_unstable();
        used.dedup();
        used
    };
    let packages = metadata["packages"].as_array().expect("packages");
    packages.iter().map(|package| (name(package), of_package(package))).collect()
}

#[test]
fn our_crates_know_one_another_as_the_plan_says() {
    let all = dependencies();
    let mut graph = String::new();
    for (package, used) in &all {
        let ours: Vec<&str> = used.iter().map(String::as_str).filter(|one| all.contains_key(*one)).collect();
        writeln!(graph, "{package}: {}", ours.join(" ")).expect("a string takes any text");
    }
    let expected = "\
benefit: terms
casework: terms
country: benefit casework funds node sign store terms wire
document: funds terms
funds: terms
node: benefit casework document funds sign store terms wire
sign: casework terms
store: benefit casework funds terms
terms: 
wire: benefit casework funds sign terms
yidi: benefit casework country node sign store terms wire
";
    assert_eq!(graph, expected);
}

#[test]
fn sql_and_http_have_their_rooms() {
    let users = |wanted: &str| -> Vec<String> {
        let uses =
            |(package, used): (String, Vec<String>)| used.iter().any(|one| one == wanted).then_some(package);
        dependencies().into_iter().filter_map(uses).collect()
    };
    assert_eq!(users("sqlx"), ["store"], "only store has SQL");
    assert_eq!(users("axum"), ["country", "node"], "node serves HTTP; country measures the framework bare");
    for crate_of_documents in ["krilla", "rust_xlsxwriter", "qrcode", "skrifa"] {
        assert_eq!(users(crate_of_documents), ["document"], "only document lays pages out");
    }
    for field in ["terms", "benefit", "funds", "casework"] {
        let outside: Vec<String> = dependencies().remove(field).unwrap();
        // `pinyin` is a table: how characters are read.
        let allowed = ["terms", "serde", "jiff", "toml", "thiserror", "pinyin"];
        let strange: Vec<_> = outside.iter().filter(|one| !allowed.contains(&one.as_str())).collect();
        assert!(strange.is_empty(), "{field} is a field crate, and knows no {strange:?}");
    }
}

#[test]
fn examples_in_documentation_are_tested() {
    let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for folder in fs::read_dir(crates).expect("the crates").map(|entry| entry.expect("a crate").path()) {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        if manifest.contains("doctest = false") {
            assert_eq!(with_examples(&folder.join("src")), Vec::<PathBuf>::new(), "{}", folder.display());
        }
    }
}

/// The files below a folder whose documentation has an example: a fence that names no language, or Rust.
fn with_examples(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()) {
        if path.is_dir() {
            found.extend(with_examples(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a file of Rust");
            let fences = text.lines().filter_map(|line| {
                let line = line.trim_start();
                line.strip_prefix("/// ```").or_else(|| line.strip_prefix("//! ```"))
            });
            let is_example = |fence: &str| !["text", "toml", "json"].contains(&fence);
            // Every second one is an end.
            if fences.step_by(2).any(is_example) {
                found.push(path);
            }
        }
    }
    found
}

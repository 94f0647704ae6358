//! Every table of `policy/<province>/split-cases.md` against the rules of splitting beside it.
//!
//! A row is one line of a bill, of an item that the table itself describes. Amounts are exact to the fen, and every line is
//! also given back: that must undo it.

use benefit::{
    Catalog, Split, SplitRules,
    catalog::{LONG_HEAD, Price},
    split_line,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use terms::{CatalogClass, ChargeCategory, Day, Fen, SettlementLevel};

#[test]
fn every_line_is_split_as_its_table_says() {
    let (mut rows, mut wrong) = (0, Vec::new());
    for path in tables() {
        let folder = path.parent().expect("it lies in a province's folder");
        let name = folder.join("split.toml").display().to_string();
        let text = fs::read_to_string(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let rules = SplitRules::load(&name, &text).unwrap_or_else(|errors| panic!("{errors:#?}"));
        for (number, row) in rows_of(&path) {
            rows += 1;
            let (found, wanted) = (found(&rules, &row), wanted(&row));
            if found != wanted {
                wrong.push(format!(
                    "{}:{number}: {found:?}, not {wanted:?} ({})",
                    path.display(),
                    row["why"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {rows} lines differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows >= 20, "{rows}");
}

#[test]
fn every_rule_has_a_table_beside_it() {
    for area in fs::read_dir(policy()).unwrap() {
        let area = area.unwrap().path();
        let national = area.ends_with("national");
        assert!(
            national || area.join("split.toml").exists() == area.join("split-cases.md").exists(),
            "{}: split.toml and split-cases.md go together",
            area.display()
        );
    }
}

fn policy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy")
}

fn tables() -> Vec<PathBuf> {
    let areas = fs::read_dir(policy()).unwrap().map(|area| area.unwrap().path().join("split-cases.md"));
    areas.filter(|path| path.exists()).collect()
}

type Row = BTreeMap<String, String>;

fn rows_of(path: &Path) -> Vec<(usize, Row)> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains("\nOracle: "), "{}: say where the numbers come from", path.display());
    let lines =
        text.lines().enumerate().filter_map(|(index, line)| Some((index + 1, line.strip_prefix('|')?)));
    let cells = |line: &str| {
        line.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
    };
    let mut lines = lines.map(|(number, line)| (number, cells(line)));
    let (_, head) = lines.next().expect("a table");
    let rows = lines.filter(|(_, row)| !row[0].starts_with("---"));
    rows.map(|(number, row)| {
        assert_eq!(row.len(), head.len(), "{}:{number}", path.display());
        (number, head.iter().cloned().zip(row).collect())
    })
    .collect()
}

fn found(rules: &SplitRules, row: &Row) -> Split {
    let word = |column: &str| row[column].as_str();
    let said = |column: &str| if word(column) == "-" { "" } else { word(column) };
    let class = *CatalogClass::ALL.iter().find(|one| one.chinese() == word("class")).expect("a class");
    let category =
        ChargeCategory::ALL.iter().find(|one| one.chinese() == word("category")).expect("a category");
    let own = if class == CatalogClass::C { "100%" } else { said("own") };
    let (code, limit) = (word("code"), said("own limit"));
    let list = format!(
        "{LONG_HEAD}\n{code},示例,{},{},{own},{limit},{limit},{limit},{},,{},\n",
        category.code(),
        class.code(),
        word("day"),
        said("origin")
    );
    let catalog = Catalog::load("row", &list).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let catalog = catalog.under(rules).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let day: Day = word("day").parse().expect("a day");
    let level = *SettlementLevel::ALL.iter().find(|one| one.chinese() == word("level")).expect("a level");
    let quantity = word("quantity").parse::<i64>().expect("a quantity") * 10_000;
    let amount = word("price").parse::<Price>().expect("a price").times(quantity);
    let item = catalog.find(code, day).expect("the item is there");
    let split = split_line(item, level, amount, quantity);
    assert!(split.is_consistent() && split.total == amount);
    assert_eq!(split + split_line(item, level, -amount, -quantity), Split::default());
    split
}

fn wanted(row: &Row) -> Split {
    let fen =
        |column: &str| row[column].parse::<Fen>().unwrap_or_else(|_| panic!("{column} {}", row[column]));
    let split = Split {
        total: Fen::ZERO,
        out_of_scope: fen("out of scope"),
        over_limit: fen("over limit"),
        first_self_pay: fen("first self-pay"),
        in_scope: fen("in scope"),
        in_full: fen("in full"),
    };
    let total = split.out_of_scope + split.over_limit + split.first_self_pay + split.in_scope;
    Split { total, ..split }
}

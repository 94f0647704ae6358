//! Rule shapes that no shipped policy has at present, each in a case with its source: `shapes/<area>/` is a policy folder of its
//! own, computed like those of `policy/`.

use benefit::{
    Library,
    cases::{self, CaseFile},
};
use std::{fs, path::Path};

#[test]
fn every_shape_is_computed_as_its_table_says_and_every_row_is_tried() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shapes/420100");
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let policy = text("310.toml");
    let library =
        Library::load([("420100/310.toml", policy.as_str())]).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let mut used = Vec::new();
    for name in ["310.inpatient.cases.md", "310.chronic.cases.md"] {
        let file: CaseFile = cases::read(&format!("420100/{name}"), &text(name))
            .unwrap_or_else(|errors| panic!("{errors:#?}"));
        for finding in cases::run(&library, &file) {
            let walk = finding.walk();
            assert!(finding.difference.is_none(), "{}: {:?}\n{walk}", finding.place, finding.difference);
            used.extend(finding.rows_touched);
        }
    }
    let (area, scheme, _) = library.areas().next().unwrap();
    let rows = &library.file_of(area, scheme).unwrap().rows;
    let untried: Vec<String> = rows
        .iter()
        .filter(|row| !used.contains(&row.line))
        .map(|row| format!("{} {row}", row.line))
        .collect();
    assert!(untried.is_empty(), "no case comes to {untried:#?}");
}

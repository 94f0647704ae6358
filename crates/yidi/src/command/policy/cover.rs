//! `yidi policy cover`: which rows of the policies no case comes to. A row that stands for a missing value is tried by a case
//! that is refused for it.

use super::Folder;
use crate::{say, stop::Stop};
use benefit::{
    Library,
    cases::{self, CaseFile},
    policy::PolicyRow,
};
use clap::Args;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};
use terms::{InsuranceScheme, PoolingArea};

/// 统计哪些案例.
#[derive(Clone, Debug, Args)]
pub struct Cover {
    /// 政策目录 (policy folder; ./policy, else the built-in one)
    #[arg(value_name = "FOLDER")]
    named: Option<PathBuf>,
    #[command(flatten)]
    folder: Folder,
}

/// Lists the rows without a case, file by file, and the share of those with one.
pub fn run(cover: &Cover) -> Result<(), Stop> {
    let folder = cover.folder.or_named(cover.named.as_ref());
    let library = folder.library()?;
    let touched = touched(&library, &folder.cases()?);
    let (mut all, mut tried) = (0, 0);
    for file in library.files() {
        let lines = touched.get(&(file.area, file.scheme));
        let is_tried = |row: &&PolicyRow| lines.is_some_and(|lines| lines.contains(&row.line));
        let (with, without): (Vec<_>, Vec<_>) = file.rows.iter().partition(is_tried);
        for row in &without {
            say(&format!("{}:{}: {row}", file.path, row.line));
        }
        say(&format!(
            "{} {} {}：{}",
            file.path,
            file.name,
            file.scheme.code(),
            share(with.len(), file.rows.len())
        ));
        all += file.rows.len();
        tried += with.len();
    }
    say(&format!("合计：{} (rows that a case comes to)", share(tried, all)));
    Ok(())
}

/// The lines of each policy file that its cases come to.
fn touched(library: &Library, files: &[CaseFile]) -> BTreeMap<(PoolingArea, InsuranceScheme), BTreeSet<u32>> {
    let mut touched: BTreeMap<_, BTreeSet<u32>> = BTreeMap::new();
    for file in files {
        let lines = touched.entry((file.area, file.scheme)).or_default();
        lines.extend(cases::run(library, file).into_iter().flat_map(|finding| finding.rows_touched));
    }
    touched
}

fn share(tried: usize, all: usize) -> String {
    let percent = (tried * 100).checked_div(all).unwrap_or(100);
    format!("{all}行中{tried}行有案例，{percent}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
area = "420100"
name = "武汉市"
scheme = "310"
checked_on = "2025-01-01"
[source.a]
title = "甲办法"
[[inpatient.ratio]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
basis = "stay"
bands = [
  { over = 0, employed = "85%" },
  { over = 0, retired = "90%" },
]
adjust = [
  { age_from = 80, more = "5%" },
  { statuses = ["employed"], more = "1%" },
]
[[cross_region]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
rules = [
  { for = ["long_term"], missing = "长期居住待遇" },
  { for = ["referral", "emergency", "other_temporary"] },
  { for = ["not_filed"], refuse = "不予支付" },
]
"#;

    const CASES: &str = "Oracle: worked by hand

| discharge | level | status | filing | treatment | nth | in-scope | year so far | fund pays | person | why |
|--|--|--|--|--|--|--|--|--|--|--|
| 2025-03-10 | 三级 | 在职 | 长期   | 310115 | 1 | 100 | - | refused policy-value-missing | - | x |
| 2025-03-10 | 三级 | 在职 | 未备案 | 310115 | 1 | 100 | - | refused policy-refuses | - | x |
| 2025-03-10 | 三级 | 在职 | 本地   | 420106 | 1 | 100 | - | 86.00 | 14.00 | x |
";

    #[test]
    fn rows_of_refused_cases_count_and_the_others_are_left() {
        let library =
            Library::load([("420100/310.toml", POLICY)]).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let cases = cases::read("420100/310.inpatient.cases.md", CASES)
            .unwrap_or_else(|errors| panic!("{errors:#?}"));
        for finding in cases::run(&library, &cases) {
            assert_eq!(finding.difference, None, "{}", finding.walk());
        }
        let touched = touched(&library, &[cases]).into_values().next().unwrap();
        let file = library.files().next().unwrap();
        let left: Vec<u32> =
            file.rows.iter().map(|row| row.line).filter(|line| !touched.contains(line)).collect();
        assert_eq!(left, [15, 18, 27], "{:#?}", file.rows);
    }

    #[test]
    fn a_share_is_whole_percent() {
        assert_eq!(share(2, 3), "3行中2行有案例，66%");
        assert_eq!(share(0, 0), "0行中0行有案例，100%");
    }
}

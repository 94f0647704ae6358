//! `yidi policy check`: everything that is wrong with the files, and what is worth knowing though nothing is wrong.

use super::{Folder, lines, texts, today};
use crate::{policies::Files, say, stop::Stop};
use benefit::{
    Catalogs, Library, PolicyError,
    cases::{self, CaseFile},
    policy::PolicyFile,
    scheme::Confidence,
};
use clap::Args;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};
use terms::{CareKind, Day};

/// 检查哪些文件.
#[derive(Clone, Debug, Args)]
pub struct Check {
    /// 要检查的文件；不填则检查整个政策目录 (files; the whole folder if none is named)
    files: Vec<PathBuf>,
    #[command(flatten)]
    folder: Folder,
}

/// Checks files.
pub fn run(check: &Check) -> Result<(), Stop> {
    let is_folder = check.files.is_empty();
    let mut files = if is_folder { check.folder.files()? } else { named(&check.files)? };
    if is_folder {
        files.extend(check.folder.case_tables()?);
    }
    let (found, errors) = read(&files);
    if !errors.is_empty() {
        say(&lines(&errors));
        return Err(Stop::Refused(format!("发现{}处错误，请按上列位置更正 (errors found)", errors.len())));
    }
    let hints = found.hints(today(), is_folder);
    for hint in &hints {
        say(hint);
    }
    say(&format!("{}个文件检查通过，{}条提示 (all files are well)", files.len(), hints.len()));
    Ok(())
}

fn named(paths: &[PathBuf]) -> Result<Files, Stop> {
    let read = |path: &PathBuf| {
        let shown = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Ok((shown, text)),
            Err(error) => {
                Err(Stop::Unable(format!("文件{shown}无法读取，请核对路径 (cannot read: {error})")))
            }
        }
    };
    paths.iter().map(read).collect()
}

/// What was read.
#[derive(Default)]
struct Found {
    library: Library,
    cases: Vec<CaseFile>,
}

/// Reads all files, and says what is wrong in any.
fn read(files: &Files) -> (Found, Vec<PolicyError>) {
    let (mut found, mut errors) = (Found::default(), Vec::new());
    match Library::load(texts(files)) {
        Ok(library) => found.library = library,
        Err(wrong) => errors.extend(wrong),
    }
    errors.extend(Catalogs::load(texts(files)).err().unwrap_or_default());
    let audit = casework::audit::Rules::of_folder(texts(files)).err().unwrap_or_default();
    errors.extend(audit.into_iter().map(|wrong| PolicyError {
        file: wrong.file,
        line: wrong.line,
        message: wrong.message,
    }));
    for (path, text) in texts(files).filter(|(path, _)| path.ends_with(".cases.md")) {
        match cases::read(path, text) {
            Ok(file) => found.cases.push(file),
            Err(wrong) => errors.extend(wrong),
        }
    }
    (found, errors)
}

impl Found {
    /// What the author should know: values that are missing or unconfirmed, kinds of care without cases (if all case files were
    /// given), files that nobody has checked for a year.
    fn hints(&self, today: Day, with_cases: bool) -> Vec<String> {
        let mut hints = Vec::new();
        for file in self.library.files() {
            if file.checked_on.plus_months(12) < today {
                hints.push(format!("{}:1: 提示：{}核对，已超过一年，请重新核对", file.path, file.checked_on));
            }
            hints.extend(self.open_values(file));
            if with_cases {
                hints.extend(self.care_without_cases(file));
            }
        }
        hints
    }

    /// Values that refuse a settlement, by line.
    fn open_values(&self, file: &PolicyFile) -> impl Iterator<Item = String> {
        let mut open: BTreeMap<u32, String> = BTreeMap::new();
        for day in self.library.days_of_change(file.area, file.scheme) {
            let Ok(scheme) = self.library.scheme_on(file.area, file.scheme, day) else { continue };
            for origin in scheme.origins() {
                if let Some(missing) = &origin.missing {
                    open.insert(origin.line, format!("缺：{missing}"));
                } else if origin.citation.confidence == Confidence::Unconfirmed {
                    open.insert(origin.line, format!("待核实：{}", origin.citation.source.title));
                }
            }
        }
        let path = file.path.clone();
        open.into_iter()
            .map(move |(line, words)| format!("{path}:{line}: 提示：{words}；需要这个值的结算会被拒绝"))
    }

    fn care_without_cases(&self, file: &PolicyFile) -> Vec<String> {
        let key = (file.area, file.scheme);
        let days = self.library.days_of_change(file.area, file.scheme);
        let paid = days.iter().filter_map(|day| self.library.scheme_on(file.area, file.scheme, *day).ok());
        let paid: BTreeSet<CareKind> = paid
            .flat_map(|scheme| CareKind::ALL.iter().copied().filter(|care| scheme.plan(*care).is_some()))
            .collect();
        let tried = |care: &CareKind| {
            self.cases.iter().any(|cases| (cases.area, cases.scheme) == key && cases.care == *care)
        };
        let lacking = paid.into_iter().filter(|care| !tried(care));
        lacking.map(|care| format!("{}:1: 提示：{care}没有案例文件", file.path)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies;

    #[test]
    fn the_policies_in_the_program_are_well() {
        let mut files = policies::files(None).expect("they are in the program");
        files.extend(policies::case_tables(None).expect("they are in the program"));
        let (found, errors) = read(&files);
        assert_eq!(lines(&errors), "");
        assert!(files.iter().any(|(path, _)| path == "national/catalog.csv"), "{:?}", files.first());
        assert!(found.library.files().count() >= 16 && found.cases.len() >= 16);
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_line() {
        for (path, text) in [
            ("110000/310.toml", "nothing = 1\n"),
            ("110000/310.inpatient.cases.md", "| discharge |\n"),
            ("national/catalog.csv", "code\n"),
        ] {
            let (_, errors) = read(&vec![(path.to_owned(), text.to_owned())]);
            assert!(!errors.is_empty(), "{path}");
            assert!(
                errors.iter().all(|error| error.to_string().starts_with(&format!("{path}:"))),
                "{errors:?}"
            );
        }
    }

    #[test]
    fn what_is_open_is_a_hint() {
        let policy = r#"
area = "420100"
name = "武汉市"
scheme = "310"
checked_on = "2020-01-01"
[source.a]
title = "甲办法"
[[inpatient.ratio]]
from = "2024-01-01"
source = "a"
confidence = "unconfirmed"
basis = "stay"
bands = [
  { over = 0, employed = "85%", retired = "90%" },
]
[[cross_region]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
rules = [
  { for = ["long_term", "referral", "emergency", "other_temporary"] },
  { for = ["not_filed"], missing = "未备案待遇" },
]
"#;
        let (found, errors) = read(&vec![("420100/310.toml".to_owned(), policy.to_owned())]);
        assert_eq!(lines(&errors), "");
        let hints = found.hints("2026-01-01".parse().unwrap(), true);
        for hint in [
            "420100/310.toml:1: 提示：2020-01-01核对，已超过一年，请重新核对",
            "420100/310.toml:14: 提示：待核实：甲办法；需要这个值的结算会被拒绝",
            "420100/310.toml:22: 提示：缺：未备案待遇；需要这个值的结算会被拒绝",
            "420100/310.toml:1: 提示：住院没有案例文件",
        ] {
            assert!(hints.iter().any(|one| one == hint), "{hint} is not in {hints:#?}");
        }
        assert_eq!(hints.len(), 4, "{hints:#?}");
    }
}

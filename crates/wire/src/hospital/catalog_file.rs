//! 1301 to 1321, as far as they are downloads: catalogs as files, newer than the version that the hospital has.
//!
//! All of them are asked and answered alike, and differ in their columns. A column of which the program knows nothing is
//! `null`, and a catalog of which it has no data is a file without a row.

use super::{archive, envelope::Request, field::Row};
use benefit::catalog::CatalogItem;
use serde_json::{Value, json};
use terms::{Day, Refusal};

/// One of the catalogs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The transaction that asks for it.
    pub infno: &'static str,
    /// How many columns a row has.
    pub columns: usize,
    /// The first letters of its items' codes, `0` for every digit; none where the program has no such items.
    letters: &'static str,
    /// Where the columns that are known stand, from 1.
    at: At,
}

/// Columns that are known of every item, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct At {
    code: usize,
    name: usize,
    begins: usize,
    ends: usize,
    valid: usize,
    record: usize,
    version: usize,
}

/// The order of the numbers in [`at`]: code, name, begin, end, validity, record number, version.
const fn at([code, name, begins, ends, valid, record, version]: [usize; 7]) -> At {
    At { code, name, begins, ends, valid, record, version }
}

const fn kind(infno: &'static str, columns: usize, letters: &'static str, at: At) -> Kind {
    Kind { infno, columns, letters, at }
}

const fn without_data(infno: &'static str, columns: usize) -> Kind {
    kind(infno, columns, "", at([0; 7]))
}

/// The catalogs that are downloads, in order.
pub const KINDS: [Kind; 15] = [
    kind("1301", 97, "XZ", at([1, 4, 37, 38, 79, 80, 83])),
    kind("1302", 33, "T", at([1, 2, 12, 13, 14, 15, 18])),
    without_data("1303", 83),
    kind("1305", 19, "0", at([1, 10, 12, 13, 7, 14, 15])),
    kind("1306", 71, "C", at([1, 2, 47, 48, 68, 69, 70])),
    without_data("1307", 24),
    without_data("1308", 24),
    without_data("1309", 16),
    without_data("1310", 15),
    without_data("1311", 15),
    without_data("1313", 11),
    without_data("1314", 14),
    without_data("1315", 14),
    without_data("1320", 44),
    without_data("1321", 34),
];

/// The version (版本号) of an item: the day on which it was last known to change, as a number. A catalog's version is its
/// newest item's.
pub fn version(item: &CatalogItem) -> i32 {
    item.to.unwrap_or(item.from).number()
}

/// The record number (唯一记录号) of an item: its code and first day.
pub fn record(item: &CatalogItem) -> String {
    format!("{}-{}", item.code, item.from.number())
}

impl Kind {
    /// The catalog that a transaction asks for.
    pub fn of(infno: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.infno == infno)
    }

    fn has(&self, item: &CatalogItem) -> bool {
        let first = item.code.chars().next().map(|first| if first.is_ascii_digit() { '0' } else { first });
        first.is_some_and(|first| self.letters.contains(first))
    }

    fn row(&self, item: &CatalogItem, today: Day) -> Vec<Option<String>> {
        let mut row = vec![None; self.columns];
        let at = self.at;
        let valid = item.to.is_none_or(|to| today <= to);
        for (column, value) in [
            (at.code, Some(item.code.clone())),
            (at.name, Some(item.name.clone())),
            (at.begins, Some(item.from.to_string())),
            (at.ends, item.to.map(|to| to.to_string())),
            (at.valid, Some(if valid { "1" } else { "0" }.to_owned())),
            (at.record, Some(record(item))),
            (at.version, Some(version(item).to_string())),
        ] {
            row[column - 1] = value;
        }
        row
    }

    /// The file of what is newer than a version.
    pub fn file<'a>(
        &self,
        items: impl Iterator<Item = &'a CatalogItem>,
        since: i32,
        today: Day,
    ) -> CatalogFile {
        let newer: Vec<&CatalogItem> = items.filter(|item| self.has(item) && version(item) > since).collect();
        let newest = newer.iter().map(|item| version(item)).max().unwrap_or(since);
        let rows: Vec<_> = newer.iter().map(|item| self.row(item, today)).collect();
        let name = format!("{}_{newest}", self.infno);
        let text = archive::text(rows.iter().map(Vec::as_slice));
        CatalogFile {
            id: format!("{}{since:08}{newest:08}", self.infno),
            name: format!("{name}.zip"),
            content: archive::pack(&format!("{name}.txt"), &text),
            rows: rows.len(),
        }
    }
}

/// A catalog as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogFile {
    /// 文件查询号: the same for the same catalog since the same version.
    pub id: String,
    /// 文件名.
    pub name: String,
    /// The archive.
    pub content: Vec<u8>,
    /// 数据量.
    pub rows: usize,
}

/// The input (`data`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// 版本号: the newest that the hospital has, 0 for none.
    pub ver: i32,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        const EXPECTED: &str = "本地最大版本号，首次下载为0，以后为上次文件中的版本号（八位数字）";
        let row = Row::one(request, "data")?;
        let ver = row.text("ver", EXPECTED, 20)?;
        let known = ver.parse().ok().filter(|ver| (0..=99_999_999).contains(ver));
        Ok(Self { ver: known.ok_or_else(|| row.wrong("ver", EXPECTED))? })
    }
}

/// The output of a download, under the name that each table has for the last day.
pub fn output(kind: &Kind, file: &CatalogFile, until: Day) -> Value {
    let until_name = if matches!(kind.infno, "1320" | "1321") { "dld_endtime" } else { "dld_end_time" };
    json!({
        "file_qury_no": file.id,
        "filename": file.name,
        until_name: until.to_string(),
        "data_cnt": file.rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use benefit::catalog::{Catalog, HEAD};

    #[test]
    fn a_file_has_what_is_newer_in_the_columns_of_the_table() {
        let lines = "XA01,甲药,09,01,0%,,,,2024-01-01,2026-06-30\nXA01,甲药片,09,01,0%,,,,2026-07-01,\n\
                     001102,诊查费,01,01,0%,,,,2025-01-01,\nC01,导管,08,03,100%,,,,2024-01-01,";
        let catalog = Catalog::load("test", &format!("{HEAD}\n{lines}")).unwrap();
        let today: Day = "2026-11-22".parse().unwrap();
        for (infno, since, rows, newest) in [
            ("1301", 0, 2, 20_260_701),
            ("1301", 20_260_630, 1, 20_260_701),
            ("1301", 20_260_701, 0, 20_260_701),
            ("1302", 0, 0, 0),
            ("1305", 0, 1, 20_250_101),
            ("1306", 0, 1, 20_240_101),
            ("1307", 5, 0, 5),
        ] {
            let kind = Kind::of(infno).unwrap();
            let file = kind.file(catalog.items(), since, today);
            assert_eq!((file.rows, file.name), (rows, format!("{infno}_{newest}.zip")), "{infno} {since}");
            let text = archive::unpack(&file.content).unwrap();
            assert_eq!(text.lines().count(), rows);
            assert!(text.lines().all(|line| line.split('\t').count() == kind.columns), "{text}");
        }
        let file = Kind::of("1301").unwrap().file(catalog.items(), 0, today);
        let text = archive::unpack(&file.content).unwrap();
        let columns: Vec<&str> = text.lines().next().unwrap().split('\t').collect();
        for (column, expected) in [
            (1, "XA01"),
            (2, "null"),
            (4, "甲药"),
            (37, "2024-01-01"),
            (38, "2026-06-30"),
            (79, "0"),
            (80, "XA01-20240101"),
            (83, "20260630"),
            (97, "null"),
        ] {
            assert_eq!(columns[column - 1], expected, "column {column}");
        }
    }
}

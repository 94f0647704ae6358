//! The national code tables as the standard prints them, for looking up a code's Chinese name and for answering questions
//! about dictionaries. What the field computes with is an enum of its own in [`crate::visit`]; nothing is decided here.
//!
//! The tables are read once, from `tables.tsv`. To add an item: a line there.

use std::{collections::BTreeMap, sync::LazyLock};

/// One code table (字典).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeTable {
    /// Its code in the standard, `med_type`.
    pub code: &'static str,
    /// Its Chinese name, 医疗类别.
    pub name: &'static str,
    /// Its items, code and Chinese name, in the standard's order.
    pub items: Vec<(&'static str, &'static str)>,
}

/// The standard prints three tables in two parts; they are one here, under the name of the first part.
static TABLES: LazyLock<BTreeMap<&str, CodeTable>> = LazyLock::new(|| {
    let mut tables = BTreeMap::<&str, CodeTable>::new();
    for line in include_str!("tables.tsv").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&'static str> = line.split('\t').collect();
        let [table, name, code, item] = fields[..] else {
            panic!("a line of tables.tsv is table, its name, code and name: {line}")
        };
        let table = tables.entry(table).or_insert_with(|| CodeTable { code: table, name, items: Vec::new() });
        table.items.push((code, item));
    }
    tables
});

/// All tables, by their codes.
pub fn tables() -> impl Iterator<Item = &'static CodeTable> {
    TABLES.values()
}

/// The table of this code.
pub fn table(code: &str) -> Option<&'static CodeTable> {
    TABLES.get(code)
}

/// The Chinese name of a code in a table: of exactly this code, or else of the longest one that it extends, since provinces
/// lengthen the national codes. Where the standard prints a code twice, the first counts.
///
/// ```
/// # use terms::code::name_of;
/// assert_eq!(name_of("gend", "1"), Some("男"));
/// assert_eq!(name_of("gend", "Z"), None);
/// ```
pub fn name_of(table: &str, code: &str) -> Option<&'static str> {
    let items = &self::table(table)?.items;
    let extended = items.iter().filter(|(item, _)| code.starts_with(item));
    // The first of the longest: `max_by_key` would give the last.
    extended.rev().max_by_key(|(item, _)| item.len()).map(|&(_, name)| name)
}

/// The edition of the standard that the tables are of (V1.1.27), as one number that grows with editions.
pub const EDITION: u16 = 10_127;

/// The tables whose codes provinces lengthen (地方扩展): in these alone a code that begins with another one belongs under it.
/// Elsewhere `100` follows `99` and has nothing to do with `10`.
const EXTENDED: [&str; 10] = [
    "clr_type",
    "dept",
    "fund_pay_type",
    "insutype",
    "mat_idet_code",
    "med_type",
    "medins_type",
    "psn_cert_type",
    "psn_idet_type",
    "psn_type",
];

/// The code that a code extends (父字典键值): the longest other one of its table that it begins with, in the tables that
/// provinces extend.
///
/// ```
/// # use terms::code::parent_of;
/// assert_eq!(parent_of("psn_type", "1105"), Some("11"));
/// assert_eq!(parent_of("psn_type", "11"), None);
/// ```
pub fn parent_of(table: &str, code: &str) -> Option<&'static str> {
    if !EXTENDED.contains(&table) {
        return None;
    }
    let items = self::table(table)?.items.iter().map(|(item, _)| *item);
    // A province lengthens a whole national code, which has two characters or more.
    items
        .filter(|item| item.len() >= 2 && *item != code && code.starts_with(item))
        .max_by_key(|item| item.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fund, InsuranceScheme};

    #[test]
    fn codes_are_named_exactly_or_by_their_prefix() {
        for (table, code, expected) in [
            ("psn_type", "11", Some("在职")),
            ("psn_type", "1105", Some("农名工")),
            ("psn_type", "110599", Some("农名工")),
            ("psn_type", "1199", Some("在职")),
            ("psn_type", "7", None),
            ("psn_type", "", None),
            ("exam_test_type", "3", Some("实验室")),
            ("sp_dcla_rea", "4", Some("确为本人但识别失败")),
            ("no_such_table", "1", None),
        ] {
            assert_eq!(name_of(table, code), expected, "{table} {code}");
        }
    }

    #[test]
    fn a_code_belongs_under_the_one_that_it_lengthens() {
        for (table, code, expected) in [
            ("psn_type", "1105", Some("11")),
            ("psn_type", "1401", None),
            ("med_type", "990103", Some("9901")),
            ("med_type", "9901", None),
            ("fund_pay_type", "99999707", Some("999997")),
            ("clr_stas", "100", None),
            ("psn_type", "11", None),
            ("no_such_table", "11", None),
        ] {
            assert_eq!(parent_of(table, code), expected, "{table} {code}");
        }
        assert!(EXTENDED.iter().all(|code| table(code).is_some()));
    }

    #[test]
    fn all_tables_are_there() {
        assert_eq!(tables().count(), 300, "303 tables in the standard, three of them in two parts");
        assert_eq!(tables().map(|table| table.items.len()).sum::<usize>(), 3_435);
        assert_eq!(table("med_type").map(|table| table.name), Some("医疗类别"));
        assert!(
            tables().all(|table| table.items.iter().all(|(code, name)| !code.is_empty() && !name.is_empty()))
        );
    }

    /// The FNV-1a digest of all lines in order, computed from the standard's own tables by another program: none is missing,
    /// none is misspelt. (The standard prints one item without a code, which nobody can send.)
    #[test]
    fn the_tables_are_the_standards_to_the_character() {
        let of_table =
            |table: &'static CodeTable| table.items.iter().map(|(code, name)| (table.code, *code, *name));
        let mut lines: Vec<_> = tables().flat_map(of_table).collect();
        lines.sort_unstable();
        let digest = lines
            .iter()
            .flat_map(|(table, code, name)| format!("{table}\t{code}\t{name}\n").into_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
                (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        assert_eq!(digest, 0x26ac_48a3_8b57_2d03);
    }

    #[test]
    fn the_words_of_the_field_are_in_the_tables() {
        let schemes = InsuranceScheme::ALL.iter().map(|one| ("insutype", one.code()));
        let funds = Fund::ALL.iter().map(|one| ("fund_pay_type", one.code()));
        for (table, code) in schemes.chain(funds) {
            assert!(name_of(table, code).is_some(), "{table} {code}");
        }
    }
}

//! The field tables of the standard (定点医药机构接口规范 V1.1.27), as data: what every transaction of it asks and answers, also
//! of those that are not served here.
//!
//! It is what messages are held against ([`super::conformance`]) and the ground of the interface's description
//! ([`super::describe`]). The tables are read once, from `standard.tsv`, which `tools/make_standard.py` makes.

use std::{collections::BTreeMap, sync::LazyLock};

/// What the standard says of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// 交易编号.
    pub infno: &'static str,
    /// 交易名称.
    pub name: &'static str,
    /// 输入.
    pub input: Vec<Node>,
    /// 输出.
    pub output: Vec<Node>,
}

/// A node (节点) of an input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// 节点标识; empty where the fields lie directly in the input or output.
    pub name: &'static str,
    /// What it is called in Chinese; may be empty.
    pub chinese: &'static str,
    /// How many rows it has.
    pub rows: Rows,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

/// How many rows a node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// 单行数据: an object.
    One,
    /// 多行数据: an array.
    Many,
    /// The standard does not say.
    NotSaid,
}

/// A field of the standard's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its Chinese name.
    pub chinese: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The most characters of a text.
    pub longest: Option<usize>,
    /// Decimals of a number, where the table says so.
    pub decimals: Option<usize>,
    /// Whether V1.1.27 requires it.
    pub required: bool,
    /// Whether its values are of a code table.
    pub coded: bool,
    /// What the national edition of 2021 says.
    pub national: Mark,
    /// What the edition of Guangdong says.
    pub guangdong: Mark,
}

/// What the standard's tables distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 字符型.
    Text,
    /// 数值型.
    Number,
    /// 日期型.
    Day,
    /// 日期时间型.
    Moment,
    /// A list, an object, bytes: nothing is checked in it.
    Other,
}

/// What another edition says of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It has no such field, or was not seen.
    Absent,
    /// It has the field.
    There,
    /// It requires the field.
    Required,
}

impl Field {
    /// The code table that its values are of, if it is printed.
    pub fn table(&self) -> Option<&'static str> {
        self.coded.then(|| terms::code::table(self.name)).flatten().map(|table| table.code)
    }

    /// Whether only V1.1.27 requires it, and other editions were seen that do not.
    pub fn required_by_one_edition(&self) -> bool {
        self.required && self.national != Mark::Required && self.guangdong != Mark::Required
    }
}

/// The envelope's fields: asked and answered.
pub fn envelope() -> (&'static [Field], &'static [Field]) {
    let envelope = &TABLES["envelope"];
    (&envelope.input[0].fields, &envelope.output[0].fields)
}

/// What the standard says of a transaction, if it has it. A variant of another edition (`2206A`) is said by its number without
/// the letter.
pub fn transaction(infno: &str) -> Option<&'static Transaction> {
    let bare = infno.trim_end_matches(|c: char| c.is_ascii_uppercase());
    TABLES.get(infno).or_else(|| TABLES.get(bare)).filter(|_| infno != "envelope")
}

/// All transactions, in the order of their numbers as texts.
pub fn transactions() -> impl Iterator<Item = &'static Transaction> {
    TABLES.values().filter(|transaction| transaction.infno != "envelope")
}

static TABLES: LazyLock<BTreeMap<&str, Transaction>> = LazyLock::new(|| {
    let mut tables = BTreeMap::new();
    let mut current: Option<Transaction> = None;
    let mut asked = true;
    let text: &'static str = include_str!("standard.tsv");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let first = next();
        if let Some(infno) = first.strip_prefix('=') {
            let new = Transaction { infno, name: next(), input: Vec::new(), output: Vec::new() };
            if let Some(done) = current.replace(new) {
                tables.insert(done.infno, done);
            }
            continue;
        }
        let transaction = current.as_mut().expect("the first line of standard.tsv is a transaction");
        if let Some(name) = first.strip_prefix(['<', '>']) {
            asked = first.starts_with('>');
            let rows = match next() {
                "1" => Rows::One,
                "*" => Rows::Many,
                _ => Rows::NotSaid,
            };
            let node = Node { name, rows, chinese: next(), fields: Vec::new() };
            if asked { &mut transaction.input } else { &mut transaction.output }.push(node);
            continue;
        }
        let (chinese, kind, longest) = (next(), next(), next());
        let (required, coded, editions) = (next() == "!", next() == "c", next());
        let kind = match kind {
            "s" => Kind::Text,
            "n" => Kind::Number,
            "d" => Kind::Day,
            "t" => Kind::Moment,
            _ => Kind::Other,
        };
        let (digits, decimals) = longest.split_once(',').unwrap_or((longest, ""));
        let mark = |required: char, there: char| {
            if editions.contains(required) {
                Mark::Required
            } else if editions.contains(there) {
                Mark::There
            } else {
                Mark::Absent
            }
        };
        let field = Field {
            name: first,
            chinese,
            kind,
            longest: digits.parse().ok(),
            decimals: decimals.parse().ok(),
            required,
            coded,
            national: mark('N', 'n'),
            guangdong: mark('G', 'g'),
        };
        let nodes = if asked { &mut transaction.input } else { &mut transaction.output };
        nodes.last_mut().expect("a field of standard.tsv stands under its node").fields.push(field);
    }
    if let Some(done) = current {
        tables.insert(done.infno, done);
    }
    tables
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        assert_eq!(transactions().count(), 218);
        let (asked, answered) = envelope();
        assert_eq!((asked.len(), answered.len()), (18, 6));
        let admission = transaction("2401").unwrap();
        let nodes: Vec<_> =
            admission.input.iter().map(|node| (node.name, node.rows, node.fields.len())).collect();
        assert_eq!(nodes, [("mdtrtinfo", Rows::One, 39), ("diseinfo", Rows::Many, 11)]);
        let first = &admission.input[0].fields[0];
        assert_eq!((first.name, first.chinese, first.longest), ("psn_no", "人员编号", Some(30)));
        assert!(first.required && !first.required_by_one_edition());
        let amount = &transaction("2304").unwrap().input[0].fields;
        let amount = amount.iter().find(|field| field.name == "medfee_sumamt").unwrap();
        assert_eq!((amount.kind, amount.longest, amount.decimals), (Kind::Number, Some(16), Some(2)));
        assert!(transaction("envelope").is_none() && transaction("0000").is_none());
    }

    #[test]
    fn every_field_has_a_name_and_every_number_fits() {
        for one in transactions() {
            for node in one.input.iter().chain(&one.output) {
                assert!(!node.fields.is_empty(), "{} {}", one.infno, node.name);
                for field in &node.fields {
                    assert!(field.longest.is_none_or(|longest| longest > 0), "{} {}", one.infno, field.name);
                }
            }
        }
    }
}

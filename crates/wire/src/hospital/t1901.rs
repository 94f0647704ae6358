//! 1901 字典表查询: the items of one national code table.

use super::{
    envelope::Request,
    field::{Row, write_rows},
};
use serde_json::{Value, json};
use terms::{
    AdminDivision, Day, Refusal,
    code::{EDITION, parent_of, table},
};

/// Which items are asked for (`data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 字典类型: the table's code in the standard, in any case.
    pub table: String,
    /// 父字典键值: only the items that extend this code.
    pub parent_value: Option<String>,
    /// 行政区划. The national tables are the same everywhere.
    pub admdvs: Option<AdminDivision>,
    /// 查询日期. The standard prints its tables without periods: an item is valid on every day.
    pub date: Option<Day>,
    /// 有效标志; both if not said.
    pub vali_flag: Option<bool>,
}

impl Input {
    /// Reads the input; the table must be named. Written by hand, since a field of Rust cannot be called `type`.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        Ok(Self {
            table: row.text("type", "字典类型", 30)?.to_ascii_lowercase(),
            parent_value: row.optional_text("parent_value", "父字典键值", 10)?,
            admdvs: row.optional_division("admdvs", "行政区划")?,
            date: row.optional_day("date", "查询日期")?,
            vali_flag: row.optional_flag("Vali_Flag", "有效标志")?,
        })
    }
}

/// One item of a code table (`list`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 字典类型.
    pub table: &'static str,
    /// 字典标签: the code's Chinese name.
    pub label: &'static str,
    /// 字典键值: the code.
    pub value: &'static str,
    /// 父字典键值: the code that this one extends.
    pub parent_value: Option<&'static str>,
    /// 序号: the place in the standard's order, from 1.
    pub sort: u16,
}

impl Entry {
    /// All items of a table in the standard's order; `None` if there is no such table.
    pub fn all(code: &str) -> Option<Vec<Self>> {
        let table = table(code)?;
        let entry = |(sort, (value, label)): (u16, &(&'static str, &'static str))| Self {
            table: table.code,
            label,
            value,
            parent_value: parent_of(table.code, value),
            sort,
        };
        Some((1..).zip(&table.items).map(entry).collect())
    }

    /// As the standard writes it. Who made a table, and when, the standard does not say.
    fn value(&self) -> Value {
        json!({
            "type": self.table,
            "label": self.label,
            "value": self.value,
            "parentValue": self.parent_value.unwrap_or_default(),
            "sort": self.sort,
            "valiFlag": "1",
            "createUser": "",
            "createDate": null,
            "version": EDITION,
        })
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The items found.
    pub list: Vec<Entry>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "list": write_rows(&self.list, Entry::value) })
    }
}

//! Queries that are answered page by page (1304, 1312, 1316 to 1319): the standard names no node for their output, so it is
//! the array of the page's rows, and a page without rows is past the last.

use super::field::{Row, output_row};
use terms::{AdminDivision, Day, Moment, Refusal};

/// Which rows of the many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// 当前页数, from 1.
    pub number: usize,
    /// 本页数据量.
    pub size: usize,
}

/// Rows of a page where the hospital does not say.
const SIZE: u16 = 100;

impl Page {
    /// Reads `page_num` and `page_size`; the first page and a hundred rows if not said.
    pub fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let number = row.optional_count("page_num", "当前页数")?.unwrap_or(1).max(1);
        let size = row.optional_count("page_size", "本页数据量")?.filter(|size| *size > 0).unwrap_or(SIZE);
        Ok(Self { number: usize::from(number), size: usize::from(size) })
    }

    /// The rows of this page.
    pub fn of<T>(self, rows: impl IntoIterator<Item = T>) -> Vec<T> {
        rows.into_iter().skip((self.number - 1) * self.size).take(self.size).collect()
    }
}

/// What all of these queries may narrow by, besides codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Narrowed {
    /// 查询时间点: valid on this day.
    pub query_date: Option<Day>,
    /// 开始日期: valid from this day or later.
    pub begndate: Option<Day>,
    /// 更新时间: changed on this day or later.
    pub updt_time: Option<Day>,
    /// 有效标志: valid today, or not.
    pub vali_flag: Option<bool>,
    /// The page.
    pub page: Page,
}

impl Narrowed {
    /// Reads them.
    pub fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            query_date: row.optional_day("query_date", "查询时间点")?,
            begndate: row.optional_day("begndate", "开始日期")?,
            updt_time: row.optional_day("updt_time", "更新时间")?,
            vali_flag: row.optional_flag("vali_flag", "有效标志")?,
            page: Page::read(row)?,
        })
    }

    /// Whether something that is valid from a day to another, and was last changed on a third, is asked for.
    pub fn takes(&self, (from, to): (Day, Option<Day>), changed: Day, today: Day) -> bool {
        let is_valid = |day: Day| from <= day && to.is_none_or(|to| day <= to);
        self.query_date.is_none_or(is_valid)
            && self.begndate.is_none_or(|begin| begin <= from)
            && self.updt_time.is_none_or(|since| since <= changed)
            && self.vali_flag.is_none_or(|flag| flag == is_valid(today))
    }
}

output_row! {
    /// What every row ends with.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Record {
        vali_flag: bool, "有效标志";
        rid: String, "唯一记录号";
        updt_time: Day, "更新时间";
        crter_id: Option<String>, "创建人";
        crter_name: Option<String>, "创建人姓名";
        crte_time: Option<Moment>, "创建时间";
        crte_optins_no: Option<String>, "创建机构";
        opter_id: Option<String>, "经办人";
        opter_name: Option<String>, "经办人姓名";
        opt_time: Option<Moment>, "经办时间";
        optins_no: Option<String>, "经办机构";
        poolarea_no: Option<AdminDivision>, "统筹区";
    }
}

impl Record {
    /// Of something that is valid or not, with its number and the day of its last change. Who made it, and when, nobody
    /// keeps.
    pub fn new(vali_flag: bool, rid: String, updt_time: Day) -> Self {
        Self {
            vali_flag,
            rid,
            updt_time,
            crter_id: None,
            crter_name: None,
            crte_time: None,
            crte_optins_no: None,
            opter_id: None,
            opter_name: None,
            opt_time: None,
            optins_no: None,
            poolarea_no: None,
        }
    }
}

/// Rows of two parts as the interface writes them: the array itself.
macro_rules! paged_output {
    ($row:ident) => {
        /// The output.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Output {
            /// The rows of the page.
            pub rows: Vec<($row, $crate::hospital::page::Record)>,
        }

        impl Output {
            /// As the interface writes it.
            pub fn value(&self) -> serde_json::Value {
                $crate::hospital::field::write_rows(&self.rows, |(known, record)| {
                    let mut row = serde_json::Map::new();
                    known.fill(&mut row);
                    record.fill(&mut row);
                    serde_json::Value::Object(row)
                })
            }
        }
    };
}

pub(crate) use paged_output;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cut_the_rows() {
        for (number, size, expected) in [
            (1, 2, vec![0, 1]),
            (2, 2, vec![2, 3]),
            (3, 2, vec![4]),
            (4, 2, vec![]),
            (1, 9, vec![0, 1, 2, 3, 4]),
        ] {
            assert_eq!(Page { number, size }.of(0..5), expected, "{number} {size}");
        }
    }
}

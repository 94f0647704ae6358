//! 1316 医疗目录与医保目录匹配信息查询: which code of the catalog of medicine is which of the insurance's. Here both are one code.

use super::{
    envelope::Request,
    field::{Row, output_row},
    page::{Narrowed, paged_output},
};
use terms::{AdminDivision, Day, Refusal};

/// Which items (`data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 医疗目录编码.
    pub med_list_codg: Option<String>,
    /// 医保目录编码.
    pub hilist_code: Option<String>,
    /// 目录类别.
    pub list_type: Option<String>,
    /// Days, flag and page.
    pub narrowed: Narrowed,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        Ok(Self {
            med_list_codg: row.optional_text("med_list_codg", "医疗目录编码", 50)?,
            hilist_code: row.optional_text("hilist_code", "医保目录编码", 50)?,
            list_type: row.optional_text("list_type", "目录类别", 30)?,
            narrowed: Narrowed::read(&row)?,
        })
    }
}

output_row! {
    /// One pair of codes.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Pair {
        med_list_codg: String, "医疗目录编码";
        hilist_code: String, "医保目录编码";
        list_type: String, "目录类别";
        insu_admdvs: AdminDivision, "参保机构医保区划";
        begndate: Day, "开始日期";
        enddate: Option<Day>, "结束日期";
        memo: Option<String>, "备注";
    }
}

paged_output!(Pair);

//! 1312 医保目录信息查询: the items of the treatment place's catalog.

use super::{
    envelope::Request,
    field::{Row, output_row},
    page::{Narrowed, paged_output},
};
use terms::{AdminDivision, CatalogClass, ChargeCategory, Day, Refusal};

/// Which items (`data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 医保目录编码.
    pub hilist_code: Option<String>,
    /// 医保目录名称, or a part of it.
    pub hilist_name: Option<String>,
    /// 医疗收费项目类别.
    pub med_chrgitm_type: Option<String>,
    /// 收费项目等级.
    pub chrgitm_lv: Option<String>,
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
            hilist_code: row.optional_text("hilist_code", "医保目录编码", 50)?,
            hilist_name: row.optional_text("hilist_name", "医保目录名称", 200)?,
            med_chrgitm_type: row.optional_text("med_chrgitm_type", "医疗收费项目类别", 6)?,
            chrgitm_lv: row.optional_text("chrgitm_lv", "收费项目等级", 3)?,
            list_type: row.optional_text("list_type", "目录类别", 30)?,
            narrowed: Narrowed::read(&row)?,
        })
    }
}

output_row! {
    /// One item.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Item {
        hilist_code: String, "医保目录编码";
        hilist_name: String, "医保目录名称";
        insu_admdvs: AdminDivision, "参保机构医保区划";
        begndate: Day, "开始日期";
        enddate: Option<Day>, "结束日期";
        med_chrgitm_type: ChargeCategory, "医疗收费项目类别";
        chrgitm_lv: CatalogClass, "收费项目等级";
        lmt_used_flag: bool, "限制使用标志";
        list_type: String, "目录类别";
        med_use_flag: bool, "医疗使用标志";
        matn_used_flag: Option<bool>, "生育使用标志";
        hilist_use_type: Option<String>, "医保目录使用类别";
        lmt_cpnd_type: Option<String>, "限复方使用类型";
        wubi: Option<String>, "五笔助记码";
        pinyin: Option<String>, "拼音助记码";
        memo: Option<String>, "备注";
    }
}

paged_output!(Item);

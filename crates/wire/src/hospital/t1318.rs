//! 1318 医保目录限价信息查询: limit prices by the level of the hospital.

use super::{
    envelope::Request,
    field::{Price, Row, output_row},
    page::{Narrowed, paged_output},
};
use terms::{AdminDivision, Day, Refusal};

/// Which prices (`data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 医保目录编码.
    pub hilist_code: Option<String>,
    /// 医保目录限价类型: `1` 一级及以下, `2` 二级, `3` 三级.
    pub hilist_lmtpric_type: Option<String>,
    /// Days, flag and page.
    pub narrowed: Narrowed,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        Ok(Self {
            hilist_code: row.optional_text("hilist_code", "医保目录编码", 50)?,
            hilist_lmtpric_type: row.optional_text("hilist_lmtpric_type", "医保目录限价类型", 6)?,
            narrowed: Narrowed::read(&row)?,
        })
    }
}

output_row! {
    /// One limit price.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Limit {
        hilist_code: String, "医保目录编码";
        hilist_lmtpric_type: String, "医保目录限价类型";
        overlmt_dspo_way: Option<String>, "医保目录超限处理方式";
        insu_admdvs: AdminDivision, "参保机构医保区划";
        begndate: Day, "开始日期";
        enddate: Option<Day>, "结束日期";
        hilist_pric_uplmt_amt: Price, "医保目录定价上限金额";
        tabname: Option<String>, "表名";
    }
}

paged_output!(Limit);

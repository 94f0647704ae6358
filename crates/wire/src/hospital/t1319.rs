//! 1319 医保目录先自付比例信息查询: the person's first share of an item at the hospital that asks.

use super::{
    envelope::Request,
    field::{Row, output_row},
    page::{Narrowed, paged_output},
};
use terms::{AdminDivision, Day, InsuranceScheme, Rate, Refusal};

/// Which shares (`data`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 医保目录编码.
    pub hilist_code: Option<String>,
    /// 医保目录自付比例人员类别.
    pub selfpay_prop_psn_type: Option<String>,
    /// 目录自付比例类别.
    pub selfpay_prop_type: Option<String>,
    /// Days, flag and page.
    pub narrowed: Narrowed,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        Ok(Self {
            hilist_code: row.optional_text("hilist_code", "医保目录编码", 50)?,
            selfpay_prop_psn_type: row.optional_text(
                "selfpay_prop_psn_type",
                "医保目录自付比例人员类别",
                6,
            )?,
            selfpay_prop_type: row.optional_text("selfpay_prop_type", "目录自付比例类别", 6)?,
            narrowed: Narrowed::read(&row)?,
        })
    }
}

output_row! {
    /// One share. `selfpay_prop_type` is `10` for one share whatever the price, `30` for one that goes by the price of the unit.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Share {
        hilist_code: String, "医保目录编码";
        selfpay_prop_psn_type: InsuranceScheme, "医保目录自付比例人员类别";
        selfpay_prop_type: String, "目录自付比例类别";
        insu_admdvs: AdminDivision, "参保机构医保区划";
        begndate: Day, "开始日期";
        enddate: Option<Day>, "结束日期";
        selfpay_prop: Rate, "自付比例";
        tabname: Option<String>, "表名";
    }
}

paged_output!(Share);

//! 3301 目录对照上传: which national item an item of the hospital's own is.

use super::{
    envelope::Request,
    field::{Row, input_row},
};
use terms::{Day, Refusal};

/// The most pairs taken in one call.
pub const PAIRS_MAX: usize = 1_000;

input_row! {
    /// One pair (`data`).
    Pair {
        fixmedins_hilist_id: String = text(150), "定点医药机构目录编号";
        fixmedins_hilist_name: String = text(200), "定点医药机构目录名称";
        list_type: String = text(30), "目录类别";
        med_list_codg: String = text(50), "医疗目录编码";
        begndate: Day = day(), "开始日期";
        enddate: Day = day(), "结束日期";
        aprvno: Option<String> = optional_text(30), "批准文号";
        dosform: Option<String> = optional_text(200), "剂型";
        exct_cont: Option<String> = optional_text(2_000), "除外内容";
        item_cont: Option<String> = optional_text(2_000), "项目内涵";
        prcunt: Option<String> = optional_text(100), "计价单位";
        spec: Option<String> = optional_text(200), "规格";
        pacspec: Option<String> = optional_text(100), "包装规格";
        memo: Option<String> = optional_text(500), "备注";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The pairs, at least one.
    pub data: Vec<Pair>,
}

impl Input {
    /// Reads the pairs, under the name of the standard or of another edition.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let named = Row::many(request, OF_ANOTHER_EDITION, PAIRS_MAX)?;
        let rows = if named.is_empty() { Row::some(request, "data", PAIRS_MAX)? } else { named };
        let pair = |row: &Row<'_>| {
            let pair = Pair::read_row(row)?;
            if pair.enddate < pair.begndate {
                return Err(row.wrong("enddate", "不早于开始日期的结束日期"));
            }
            Ok(pair)
        };
        Ok(Self { data: rows.iter().map(pair).collect::<Result<_, _>>()? })
    }
}

/// What the edition of Guangdong calls the node.
const OF_ANOTHER_EDITION: &str = "catalogcompin";

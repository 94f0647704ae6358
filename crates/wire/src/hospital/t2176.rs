//! 2176 药店账务汇总数据查询: what a period comes to, by kind of care.

use super::{
    envelope::Request,
    field::{Row as InputRow, output_row, write_rows},
};
use serde_json::Value;
use terms::{Day, Fen, InstitutionCode, Refusal};

/// The longest period, in days.
pub const DAYS_MAX: i32 = 366;

/// The input, which lies in `input` itself or in `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 医疗机构编码; the sender's if not said.
    pub institution: Option<InstitutionCode>,
    /// 查询开始日期.
    pub first: Day,
    /// 查询结束日期.
    pub last: Day,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = InputRow::one(request, "data")?;
        let institution = row.optional_institution("fixmedins_code", "医疗机构编码")?;
        let first = row.day("start_date", "查询开始日期")?;
        let last = row.day("end_date", "查询结束日期")?;
        if last < first || first.days_until(last) >= DAYS_MAX {
            let expected = format!("不早于开始日期且期间不超过{DAYS_MAX}天的查询结束日期");
            return Err(row.wrong("end_date", expected));
        }
        Ok(Self { institution, first, last })
    }
}

output_row! {
    /// One sum.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Row {
        fixmedins_code: InstitutionCode, "定点医药机构编号";
        fixmedins_name: String, "定点医药机构名称";
        med_type: String, "医疗类别";
        med_type_name: String, "医疗类别名称";
        medfee_sumamt: Fen, "总费用";
        dfr_sumamt: Fen, "应拨付金额";
        dcla_sum: Fen, "药店申报总额";
        pay_sum: Fen, "已拨付金额";
        no_pay_sum: Fen, "未拨付金额";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The sums.
    pub rows: Vec<Row>,
}

impl Output {
    /// As the interface writes it: the standard names no node, so the output is the array itself.
    pub fn value(&self) -> Value {
        write_rows(&self.rows, Row::value)
    }
}

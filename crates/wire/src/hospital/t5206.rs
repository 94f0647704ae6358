//! 5206 人员累计信息查询: what has accumulated for a person in a year.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row, write_rows},
};
use serde_json::{Value, json};
use terms::{Fen, InsuranceScheme, PersonNumber, Refusal};

input_row! {
    /// Whose sums are asked for (`data`); without 累计年月 those of the running year.
    Input {
        psn_no: Option<PersonNumber> = optional_person(), "人员编号";
        cum_ym: Option<String> = optional_text(6), "累计年月";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, "data")?;
        let input = Self::read_row(&row)?;
        match input.cum_ym.as_deref() {
            Some(month) if !is_year_or_month(month) => Err(row.wrong("cum_ym", "yyyyMM格式的累计年月")),
            _ => Ok(input),
        }
    }
}

fn is_year_or_month(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text.len() == 4 || text.len() == 6 && ("01"..="12").contains(&&text[4..]))
}

output_row! {
    /// One sum (`cuminfo`).
    #[derive(Clone, Debug, PartialEq, Eq)]
    Sum {
        insutype: InsuranceScheme, "险种类型";
        year: String, "年度";
        cum_ym: String, "累计年月";
        cum_type_code: String, "累计类别代码";
        cum: Fen, "累计值";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The sums.
    pub cuminfo: Vec<Sum>,
}

impl Output {
    /// As the interface writes it.
    pub fn value(&self) -> Value {
        json!({ "cuminfo": write_rows(&self.cuminfo, Sum::value) })
    }
}

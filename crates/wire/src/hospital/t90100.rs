//! 90100 缴费查询: since when and where a person is insured, as the register of the insured place says it.
//!
//! The standard's complete edition does not print this transaction; the names are those of clients in 广东. The register
//! knows no single payments, so what is said of them is `null`, and no month is made up.

use super::{
    envelope::Request,
    field::{Row, input_row, output_row, write_rows},
};
use serde_json::Value;
use terms::{AdminDivision, InsuranceScheme, Moment, PersonNumber, Refusal};

input_row! {
    /// Who (`data`).
    Input {
        psn_no: PersonNumber = person(), "人员编号";
    }
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        Self::read_row(&Row::one(request, "data")?)
    }
}

output_row! {
    /// One insurance of the person.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Contribution {
        poolarea_no: AdminDivision, "统筹区代码";
        poolarea_no_name: Option<String>, "统筹区名称";
        insutype: InsuranceScheme, "险种类型代码";
        insutype_name: String, "险种类型名称";
        clct_type: Option<String>, "缴费类型";
        clct_type_name: Option<String>, "缴费类型名称";
        clct_flag: Option<String>, "到账类型";
        clct_flag_name: Option<String>, "到账类型名称";
        accrym_begn: Option<String>, "费款所属期开始日期";
        accrym_end: Option<String>, "费款所属期结束日期";
        clct_time: Option<Moment>, "到账时间";
    }
}

/// The output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// One row an insurance.
    pub rows: Vec<Contribution>,
}

impl Output {
    /// As platforms write it: the array itself.
    pub fn value(&self) -> Value {
        write_rows(&self.rows, Contribution::value)
    }
}

//! 4204 自费病人费用明细删除: some lines of a visit, or all of them.

use super::{
    envelope::Request,
    field::{Row, input_row},
    self_paid::LINES_MAX,
};
use terms::{InstitutionCode, Refusal};

input_row! {
    /// Which visit (`feedetail`).
    Of {
        fixmedins_mdtrt_id: String = text(30), "医药机构就诊ID";
        fixmedins_code: Option<InstitutionCode> = optional_institution(), "定点医药机构编号";
    }
}

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The visit.
    pub of: Of,
    /// The lines (`feedetl`); none named: all.
    pub serials: Vec<String>,
}

impl Input {
    /// Reads the input. Clients that want all lines deleted send one row with an empty number, or no row.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let of = Of::read_row(&Row::one(request, "feedetail")?)?;
        let mut serials = Vec::new();
        for row in Row::many(request, "feedetl", LINES_MAX)? {
            serials.extend(row.optional_text("bkkp_sn", "记账流水号", 30)?);
        }
        Ok(Self { of, serials })
    }
}

//! 4201 自费病人费用明细信息上传, 4201A of the editions since 2021: lines of a visit that the patient paid.

use super::{
    envelope::Request,
    self_paid::{Line, Names, SINCE_2021, lines},
};
use terms::Refusal;

/// The names of the edition before.
const BEFORE_2021: Names = Names { node: "feedetail", visit: "mdtrt_sn", serial: "feedetl_sn" };

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The lines, all of one visit.
    pub lines: Vec<Line>,
}

impl Input {
    /// Reads the lines.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let names = if request.infno == "4201A" { SINCE_2021 } else { BEFORE_2021 };
        Ok(Self { lines: lines(request, names)? })
    }
}

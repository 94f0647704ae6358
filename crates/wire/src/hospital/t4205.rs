//! 4205 自费病人门诊就医信息上传: an outpatient visit that the patient paid, with its diagnoses and lines.

use super::{
    envelope::Request,
    registration::Registration,
    self_paid::{Line, Names, Visit, diagnoses, lines, visit},
};
use terms::Refusal;

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The visit.
    pub visit: Visit,
    /// All that came with it.
    pub kept: Registration,
    /// The diagnoses, at least one, as they came.
    pub diagnoses: Vec<Registration>,
    /// The lines, at least one, all of the visit.
    pub lines: Vec<Line>,
}

/// How the lines name what they are of.
const NAMES: Names = Names { node: "feedetail", visit: "fixmedins_mdtrt_id", serial: "bkkp_sn" };

impl Input {
    /// Reads the visit.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let (visit, kept) = visit(request, "mdtrtinfo")?;
        let input =
            Self { visit, kept, diagnoses: diagnoses(request, "diseinfo")?, lines: lines(request, NAMES)? };
        match input.lines.iter().find(|line| line.visit != input.visit.fixmedins_mdtrt_id) {
            Some(_) => {
                Err(Refusal::invalid("feedetail第1行.fixmedins_mdtrt_id", "mdtrtinfo的医药机构就诊ID"))
            }
            None => Ok(input),
        }
    }
}

//! 4202 自费病人住院就诊和诊断信息上传: an inpatient stay that the patient paid, and its diagnoses.

use super::{
    envelope::Request,
    registration::Registration,
    self_paid::{Visit, diagnoses, visit},
};
use terms::Refusal;

/// The input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The stay.
    pub visit: Visit,
    /// All that came with it.
    pub kept: Registration,
    /// The diagnoses, at least one, as they came.
    pub diagnoses: Vec<Registration>,
}

impl Input {
    /// Reads the stay.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let (visit, kept) = visit(request, "ownPayPatnMdtrtD")?;
        Ok(Self { visit, kept, diagnoses: diagnoses(request, "ownPayPatnDiagListD")? })
    }
}

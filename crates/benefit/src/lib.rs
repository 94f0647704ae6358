//! What the funds pay for a stay in hospital, and why.
//!
//! The treatment place splits every line by its catalog ([`catalog`]); the insured place finds its policy of the day
//! ([`policy::Library::scheme_on`]) and [`compute`]s. Everything here is a pure function of its arguments. This crate must not
//! know files, databases, messages, what day it is, or the other rooms of the field.
//!
//! To add a rule: its parameter in [`scheme`], how it is written in [`policy`], one file in `step`, one call in [`compute`],
//! rows in the case tables beside the policy files, and its keys in `docs/POLICY.md`.

pub mod bill;
pub mod breakdown;
pub mod catalog;
mod explain;
pub mod policy;
pub mod scheme;
mod step;
pub mod year;

pub use bill::{Bill, Case, CategoryAmount, FilingStanding, Member, Split};
pub use breakdown::{Breakdown, Line};
pub use catalog::{Catalog, CatalogItem, split_line};
pub use policy::{Library, PolicyError};
pub use scheme::Scheme;
pub use year::YearToDate;

use step::Worksheet;
use terms::Refusal;

/// Computes the benefit of one stay under the policy of its day, given what the person has used in the insurance year.
///
/// # Errors
/// [`Refusal::NoPolicy`] if the scheme is not the person's; [`Refusal::FieldInvalid`] if the bill does not add up, gives back
/// more than it takes, or the person's status is not one of the scheme; [`Refusal::PolicyRefuses`] where the policy pays
/// nothing at such a place.
pub fn compute(scheme: &Scheme, case: &Case, year: &YearToDate) -> Result<Breakdown, Refusal> {
    step::scope::admit(scheme, case)?;
    let rule = step::cross_region::rule(scheme, case)?;
    let mut sheet = Worksheet::new(scheme, case, year, rule);
    step::scope::enter(&mut sheet);
    step::cross_region::first_self_pay(&mut sheet);
    step::deductible::pay(&mut sheet);
    step::ratio::divide(&mut sheet);
    step::cap::limit(&mut sheet);
    step::cap::pay(&mut sheet);
    step::catastrophic::pay(&mut sheet);
    Ok(sheet.finish())
}

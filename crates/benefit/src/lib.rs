//! What the funds pay for a visit, and why.
//!
//! The treatment place splits every line by its catalog ([`catalog`]); the insured place finds its policy of the day
//! ([`policy::Library::scheme_on`]) and [`compute`]s. Everything here is a pure function of its arguments. This crate must not
//! know files, databases, messages, what day it is, or the other rooms of the field.
//!
//! To add a rule: its parameter in [`scheme`], how it is written in [`policy`], one file in `step`, one call in `run`,
//! rows in the case tables beside the policy files, and its keys in `docs/POLICY.md`.

pub mod agreement;
pub mod bill;
pub mod breakdown;
pub mod cases;
pub mod catalog;
mod explain;
pub mod identity;
pub mod outside;
pub mod policy;
pub mod scheme;
pub mod statement;
mod step;
pub mod year;
mod year_end;

pub use bill::{Accounts, Bill, Case, CategoryAmount, Continued, FilingStanding, Member, Split};
pub use breakdown::{Breakdown, EarlierYear, Line};
pub use catalog::{Catalog, CatalogItem, Catalogs, SplitRules, split_line};
pub use policy::{Library, PolicyError};
pub use scheme::Scheme;
pub use step::Outcome;
pub use year::YearToDate;
pub use year_end::{OfYear, compute_over_year_end, splits_at_year_end};

use step::{Part, Worksheet};
use terms::Refusal;

/// Computes the benefit of one visit under the policy of its day, given what the person has used in the insurance year, with
/// every step written down.
///
/// A stay for which [`splits_at_year_end`] is computed by [`compute_over_year_end`].
///
/// # Errors
/// [`Refusal::NoPolicy`] if the scheme is not the person's; [`Refusal::CareNotCovered`] if it has no benefit for this kind of
/// care; [`Refusal::FieldInvalid`] if the bill does not add up, gives back more than it takes, or the person's status is not
/// one of the scheme; [`Refusal::PolicyRefuses`] where the policy pays nothing at such a place;
/// [`Refusal::PolicyValueMissing`] where a value is needed that the area has not supplied; [`Refusal::PersonFactMissing`]
/// where the policy distinguishes what the register does not say of the person.
pub fn compute(scheme: &Scheme, case: &Case, year: &YearToDate) -> Result<Breakdown, Refusal> {
    Ok(run::<true>(scheme, case, year, Part::Whole)?.into_breakdown())
}

/// The same without the steps: for many at once.
///
/// # Errors
/// As [`compute`].
pub fn compute_amounts(scheme: &Scheme, case: &Case, year: &YearToDate) -> Result<Outcome, Refusal> {
    Ok(run::<false>(scheme, case, year, Part::Whole)?.into_outcome())
}

fn run<'a, const TRACE: bool>(
    scheme: &'a Scheme,
    case: &'a Case,
    year: &'a YearToDate,
    part: Part,
) -> Result<Worksheet<'a, TRACE>, Refusal> {
    let plan = step::scope::admit(scheme, case)?;
    let mut sheet = Worksheet::<TRACE>::new(scheme, plan, case, year, part);
    take_steps(&mut sheet)?;
    Ok(sheet)
}

fn take_steps<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) -> Result<(), Refusal> {
    step::scope::year_end(sheet)?;
    step::cross_region::find_rule(sheet)?;
    step::scope::enter(sheet);
    step::cross_region::first_self_pay(sheet);
    step::deductible::pay(sheet)?;
    step::ratio::divide(sheet)?;
    sheet.use_adjustments_of_ratio()?;
    step::cap::limit(sheet)?;
    step::cap::pay(sheet);
    step::layer::pay_all(sheet)?;
    sheet.use_adjustments_of_layers()?;
    step::account::pay(sheet)?;
    sheet.close();
    Ok(())
}

/// The lines of the policy file that a visit comes to, whether it is paid or refused: of a refused visit those up to the one
/// that refuses it. For telling which rows no case has tried.
pub fn rows_touched(scheme: &Scheme, case: &Case, year: &YearToDate) -> Vec<u32> {
    let Ok(plan) = step::scope::admit(scheme, case) else { return Vec::new() };
    let mut sheet = Worksheet::<true>::new(scheme, plan, case, year, Part::Whole);
    // A refusal is as good as a payment: what counts is how far it came.
    let _ = take_steps(&mut sheet);
    sheet.rows_touched()
}

//! 跨省异地就医: which rule concerns the stay, and the share that some areas let the person pay first.

use super::Worksheet;
use crate::{
    bill::Case,
    scheme::{CrossRegionRule, Scheme, Standing},
};
use terms::{Fen, Refusal, Rounding};

/// The first rule that concerns the stay.
///
/// # Errors
/// [`Refusal::PolicyRefuses`] if the rule is not to pay, or none concerns it.
pub fn rule<'a>(scheme: &'a Scheme, case: &Case) -> Result<&'a CrossRegionRule, Refusal> {
    let standing = Standing::from(case.standing);
    let found = scheme
        .cross_region
        .value
        .iter()
        .find(|rule| rule.concerns(standing, case.bill.level, case.treatment.province()));
    let Some(rule) = found else {
        return Err(refusal(&format!("{}在该地没有跨省直接结算待遇", standing.chinese())));
    };
    match &rule.change.refuse {
        Some(reason) => Err(refusal(reason)),
        None => Ok(rule),
    }
}

/// What the person does next is the same after every reason.
fn refusal(reason: &str) -> Refusal {
    Refusal::PolicyRefuses {
        reason: format!("{reason}，请补办备案，或先自费结算后回参保地申请手工报销")
    }
}

/// Notes the rule, and takes 个人先自付 from what is left to divide.
pub fn first_self_pay(sheet: &mut Worksheet<'_>) {
    let standing = Standing::from(sheet.case.standing);
    let change = &sheet.rule.change;
    let first = change.first_self_pay.map_or(Fen::ZERO, |rate| rate.of(sheet.base, Rounding::HalfUp));
    let parameter = format!("{} {}", standing.chinese(), change.words());
    let left = sheet.base - first;
    sheet.note("跨省异地就医", sheet.base, parameter, left, sheet.rule.citation.to_string());
    sheet.base = left;
}

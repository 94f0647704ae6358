//! 异地就医: which rule concerns the visit, and the share that some areas let the person pay first.

use super::{By, Worksheet};
use crate::{
    bill::FilingStanding,
    scheme::{Burden, CrossRegionRule, Standing, concerns_alone},
};
use terms::{Fen, Refusal, Rounding};

const NAME: &str = "异地就医待遇";

/// Finds the first rule that concerns the visit. Inside the area none does, unless one is written for long-term filers who
/// return home. Within the province (省内异地) nobody needs to file: who did not is held only to rules that name the province or
/// its places, and where none does, the benefit is the local one.
///
/// # Errors
/// [`Refusal::PolicyRefuses`] if the rule is not to pay, or none concerns the visit.
pub fn find_rule<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) -> Result<(), Refusal> {
    let standing = sheet.asked.standing;
    let mut found = first_rule(sheet, standing)?;
    if let (None, Some(other)) = (found, standing.else_as()) {
        found = first_rule(sheet, other)?;
    }
    let Some(rule) = found else {
        if needs_no_filing(sheet) {
            sheet.note("异地就医", (sheet.base, sheet.base), By::WithinProvince, || {
                "省内异地 执行参保地本地待遇".to_owned()
            });
            return Ok(());
        }
        return match standing {
            Standing::Local | Standing::LongTermAtHome => Ok(()),
            _ => Err(refusal(&format!("{}在该地没有直接结算待遇", standing.chinese()))),
        };
    };
    if let Some(reason) = &rule.change.refuse {
        sheet.look_at(&rule.origin)?;
        return Err(refusal(reason));
    }
    sheet.use_row(&rule.origin, NAME)?;
    sheet.rule = Some(rule);
    Ok(())
}

/// Whether the visit lies in the person's province, and nothing is filed that would say how it stands.
fn needs_no_filing<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>) -> bool {
    let is_unfiled =
        sheet.asked.standing == Standing::NotFiled || sheet.case.standing == FilingStanding::DeemedFiled;
    is_unfiled && sheet.case.is_elsewhere_in_province()
}

fn first_rule<'a, const TRACE: bool>(
    sheet: &Worksheet<'a, TRACE>,
    standing: Standing,
) -> Result<Option<&'a CrossRegionRule>, Refusal> {
    let must_name_places = needs_no_filing(sheet);
    for rule in &sheet.scheme.cross_region.value {
        let fits = (!must_name_places || rule.names_places())
            && rule.standings.contains(standing)
            && rule.care.contains(sheet.care())
            && rule.holds_at(sheet.case)
            && concerns_alone(&rule.who, &sheet.asked)?;
        if fits {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

/// What the person does next is the same after every reason.
fn refusal(reason: &str) -> Refusal {
    Refusal::PolicyRefuses {
        reason: format!("{reason}，请补办备案，或先自费结算后回参保地申请手工报销")
    }
}

/// Notes the rule, and takes 个人先自付 from what is left to divide.
pub fn first_self_pay<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) {
    let Some(rule) = sheet.rule else { return };
    let change = &rule.change;
    let first = change.first_self_pay.map_or(Fen::ZERO, |rate| rate.of(sheet.base, Rounding::HalfUp));
    let left = sheet.base - first;
    let by = By::policy(&rule.origin.citation);
    let by = if change.first_self_pay.is_some() { by.rounded(Rounding::HalfUp) } else { by };
    let standing = sheet.asked.standing;
    sheet.note("异地就医", (sheet.base, left), by, || {
        format!("{} {}", standing.chinese(), change.words())
    });
    sheet.bear(Burden::CrossRegionFirst, first);
    sheet.base = left;
}

//! 支付范围: the treatment place has split the bill (就医地目录); this step refuses what cannot be divided and enters the rest.

use super::{By, Part, Worksheet};
use crate::{
    bill::Case,
    scheme::{Burden, Plan, Scheme, statuses_of},
};
use terms::{Fen, Refusal};

/// Refuses a case that is not this policy's, or a bill that does not add up; else finds the benefit of its kind of care.
pub fn admit<'a>(scheme: &'a Scheme, case: &Case) -> Result<&'a Plan, Refusal> {
    if case.member.scheme != scheme.scheme || case.insured.pooling_area() != scheme.area {
        return Err(Refusal::NoPolicy {
            area: case.insured.pooling_area().to_string(),
            scheme: case.member.scheme.code().to_owned(),
            day: case.bill.discharge.to_string(),
        });
    }
    if !statuses_of(scheme.scheme).contains(&case.member.status) {
        return Err(Refusal::invalid("psn_type", format!("险种[{}]的人员类别", scheme.scheme.code())));
    }
    if case.bill.discharge < case.bill.admission {
        return Err(Refusal::invalid("enddate", "不早于入院日期的出院日期"));
    }
    let consistent = case.bill.categories.iter().all(|one| one.split.is_consistent());
    let sum = case.bill.sum();
    if !consistent || !sum.is_consistent() || sum.has_negative_part() || sum.total > Fen::LIMIT {
        return Err(Refusal::invalid(
            "medfee_sumamt",
            "各项不小于0且等于全自费、超限价、先行自付、符合范围之和的金额",
        ));
    }
    let uncovered =
        || Refusal::CareNotCovered { area: scheme.name.clone(), care: case.bill.care.chinese().to_owned() };
    scheme.plan(case.bill.care).ok_or_else(uncovered)
}

/// A stay over the end of the insurance year uses the area's rule for it, where it has written one.
///
/// # Errors
/// [`Refusal::PolicyValueMissing`] if the area has not said what becomes of such a stay.
pub fn year_end<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) -> Result<(), Refusal> {
    let bill = &sheet.case.bill;
    let crosses = bill.admission < sheet.scheme.year_first_day(bill.discharge);
    match sheet.scheme.year_crossing.as_ref().filter(|_| crosses && sheet.part == Part::Whole) {
        Some(cited) => sheet.use_row(&cited.value.origin, "跨年度结算办法"),
        None => Ok(()),
    }
}

/// Enters the four parts.
pub fn enter<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) {
    let split = sheet.split;
    for (step, burden, part) in [
        ("全自费", Burden::OutOfScope, split.out_of_scope),
        ("超限价自费", Burden::OverLimit, split.over_limit),
        ("先行自付", Burden::FirstSelfPay, split.first_self_pay),
    ] {
        sheet.bear(burden, part);
        if part != Fen::ZERO {
            sheet.note(step, (split.total, part), By::Catalog, || "个人负担".to_owned());
        }
    }
    sheet.note("符合政策范围", (split.total, split.in_scope), By::Catalog, || {
        "总额减以上各项".to_owned()
    });
}

//! 支付范围: the treatment place has split the bill (就医地目录); this step refuses what cannot be divided and enters the rest.

use super::Worksheet;
use crate::{
    bill::Case,
    scheme::{Scheme, statuses_of},
};
use terms::{Fen, Refusal};

/// Refuses a case that is not this policy's, or a bill that does not add up.
pub fn admit(scheme: &Scheme, case: &Case) -> Result<(), Refusal> {
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
    if !consistent || sum.has_negative_part() {
        return Err(Refusal::invalid(
            "medfee_sumamt",
            "各项不小于0且等于全自费、超限价、先行自付、符合范围之和的金额",
        ));
    }
    Ok(())
}

/// Enters the four parts.
pub fn enter(sheet: &mut Worksheet<'_>) {
    let split = sheet.split;
    let source = || "就医地医保目录".to_owned();
    for (step, part) in
        [("全自费", split.out_of_scope), ("超限价自费", split.over_limit), ("先行自付", split.first_self_pay)]
    {
        if part != Fen::ZERO {
            sheet.note(step, split.total, "个人负担".to_owned(), part, source());
        }
    }
    sheet.note("符合政策范围", split.total, "总额减以上各项".to_owned(), split.in_scope, source());
}

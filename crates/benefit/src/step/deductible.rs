//! 起付标准: what the person pays first of the in-scope amount.

use super::Worksheet;
use crate::scheme::{Asked, DeductibleRow, Recurrence, rows_for, yuan};
use terms::{Fen, Rounding, SettlementLevel};

/// Takes the deductible, as far as there is an amount to take it from.
pub fn pay(sheet: &mut Worksheet<'_>) {
    let (standard, parameter, source) = standard(sheet);
    sheet.deductible = standard.or_zero().at_most(sheet.base);
    sheet.note("起付标准", sheet.base, parameter, sheet.deductible, source);
}

fn standard(sheet: &Worksheet<'_>) -> (Fen, String, String) {
    if let Some(amount) = sheet.rule.change.deductible {
        let parameter = format!("异地就医起付标准{}元", yuan(amount));
        return (amount, parameter, sheet.rule.citation.to_string());
    }
    let cited = &sheet.scheme.deductible;
    let lower = cited.value.chinese_medicine_lower && sheet.case.bill.chinese_medicine;
    let level = if lower { one_lower(sheet.asked.level) } else { sheet.asked.level };
    let asked = Asked { level, ..sheet.asked };
    let row = *rows_for(&cited.value.rows, asked).first().expect("checked when the policy was loaded");
    let who = format!("{level} {}", asked.status);
    let source = cited.citation.to_string();
    match cited.value.recurs {
        Recurrence::OnceAYear => {
            let amount = at_least_share(row, first(row), sheet.split.total);
            let parameter = format!("{who} 年度{}元，已付{}元", yuan(amount), yuan(sheet.year.deductible));
            (amount - sheet.year.deductible, parameter, source)
        }
        Recurrence::EachAdmission => {
            let admission = sheet.year.admissions.max(0) + 1;
            let amount = at_least_share(row, of_admission(row, admission), sheet.split.total);
            let times = times_in_stay(cited.value.again_after_days, sheet);
            let again = if times > 1 { format!("×{times}") } else { String::new() };
            (
                Fen(amount.0 * times),
                format!("{who} 年内第{admission}次住院 {}元{again}", yuan(amount)),
                source,
            )
        }
    }
}

fn first(row: &DeductibleRow) -> Fen {
    *row.amounts.first().expect("checked when the policy was loaded")
}

/// The standard of the n-th admission, from 1.
fn of_admission(row: &DeductibleRow, admission: i64) -> Fen {
    let listed = i64::try_from(row.amounts.len()).expect("a list in a file");
    if let Some(amount) = usize::try_from(admission - 1).ok().and_then(|index| row.amounts.get(index)) {
        return *amount;
    }
    let last = *row.amounts.last().expect("checked when the policy was loaded");
    let further = (admission - listed).min(10_000);
    let step = row.lowered_by.of(last, Rounding::HalfUp);
    Fen(last.0 - step.0 * further).max(row.floor.at_most(last))
}

fn at_least_share(row: &DeductibleRow, amount: Fen, total: Fen) -> Fen {
    amount.max(row.share_of_total.of(total, Rounding::HalfUp))
}

fn times_in_stay(again_after_days: Option<i32>, sheet: &Worksheet<'_>) -> i64 {
    let Some(days) = again_after_days else { return 1 };
    let stay = sheet.case.bill.admission.days_until(sheet.case.bill.discharge).max(1);
    i64::from((stay - 1) / days + 1)
}

fn one_lower(level: SettlementLevel) -> SettlementLevel {
    match level {
        SettlementLevel::TertiarySpecial => SettlementLevel::Tertiary,
        SettlementLevel::Tertiary => SettlementLevel::Secondary,
        SettlementLevel::Secondary => SettlementLevel::Primary,
        SettlementLevel::Primary | SettlementLevel::Community => SettlementLevel::Community,
    }
}

//! 起付标准: what the person pays first of the in-scope amount.

use super::{By, Part, Worksheet, window as window_of};
use crate::{
    scheme::{
        AfterTransfer, Asked, Burden, CrossRegionRule, Deductible, DeductibleRow, Period, Recurrence, select,
        yuan,
    },
    year::{Measure, Window},
};
use terms::{Day, Fen, Refusal, Rounding, Set, SettlementLevel, VisitMark};

/// Takes the deductible, as far as there is an amount to take it from.
pub fn pay<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) -> Result<(), Refusal> {
    if sheet.part == (Part::Second { own_admission: false }) {
        return Ok(());
    }
    let change = sheet.rule.map(|rule| &rule.change).filter(|change| change.touches_deductible());
    let Some(cited) = &sheet.plan.deductible else {
        pay_of_rule(sheet);
        return Ok(());
    };
    let deductible = &cited.value;
    let asked = Asked { level: level(sheet, deductible), ..sheet.asked };
    let found = select(&deductible.rows, &asked)?.first();
    let row = found.ok_or_else(|| sheet.nobody("起付标准"))?;
    sheet.use_row(&row.origin, "起付标准")?;
    let local = of_visit(sheet, deductible, row);
    let standard = change.map_or(local, |change| change.deductible_of(local));
    let paid = paid_before(sheet, deductible);
    let due = within_ceiling(sheet, deductible, (standard - paid).or_zero()).at_most(sheet.base);
    let changed = change.and(sheet.rule).map(CrossRegionRule::citation);
    let by = By::policy(&row.origin.citation).changed_by(changed);
    sheet.note("起付标准", (sheet.base, due), by, || {
        let times = recurrence_words(deductible.recurs, asked.visit);
        let already = if paid.is_zero() { String::new() } else { format!("，已付{}元", yuan(paid)) };
        format!("{} {} {times}{}元{already}", asked.level, asked.status, yuan(standard))
    });
    take(sheet, due);
    Ok(())
}

/// The deductible that a cross-region rule brings where there is none at home.
fn pay_of_rule<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) {
    let Some(rule) = sheet.rule.filter(|rule| rule.change.deductible.is_some()) else { return };
    let paid = sheet.case.continues.as_ref().map_or(Fen::ZERO, |before| before.deductible);
    let due = (rule.change.deductible_of(Fen::ZERO) - paid).or_zero().at_most(sheet.base);
    sheet.note("起付标准", (sheet.base, due), By::policy(rule.citation()), || rule.change.words());
    take(sheet, due);
}

fn take<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>, due: Fen) {
    sheet.deductible = due;
    sheet.bear(Burden::Deductible, due);
}

fn level<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>, deductible: &Deductible) -> SettlementLevel {
    let lower =
        deductible.chinese_medicine_lower && sheet.case.bill.marks.contains(VisitMark::ChineseMedicine);
    if lower { one_lower(sheet.asked.level) } else { sheet.asked.level }
}

/// What the local rule asks of this visit, before what has been paid is taken off.
fn of_visit<const TRACE: bool>(
    sheet: &Worksheet<'_, TRACE>,
    deductible: &Deductible,
    row: &DeductibleRow,
) -> Fen {
    let admission = match deductible.recurs {
        Recurrence::EachAdmission => sheet.asked.visit,
        _ => 1,
    };
    let before = sheet.case.continues.as_ref().map_or(Fen::ZERO, |before| before.total);
    let share = row.share_of_total.of(before + sheet.split.total, Rounding::HalfUp);
    let standard = row.standard(admission).max(share);
    Fen(standard.0 * times_in_stay(sheet, deductible))
}

/// A stay that is longer than so many days pays again for each further part.
fn times_in_stay<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>, deductible: &Deductible) -> i64 {
    let Some(days) = deductible.again_after_days else { return 1 };
    let stay = sheet.case.bill.admission.days_until(sheet.case.bill.discharge).max(1);
    i64::from((stay - 1) / days + 1)
}

/// What has been paid that counts towards this one.
fn paid_before<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>, deductible: &Deductible) -> Fen {
    let transferred = match (deductible.after_transfer, sheet.case.bill.transferred_with) {
        (AfterTransfer::Difference, Some(paid)) => return paid,
        (AfterTransfer::Nothing, Some(_)) => return Fen::LIMIT,
        _ => Fen::ZERO,
    };
    let midway = match (deductible.recurs, &sheet.case.continues) {
        (Recurrence::EachAdmission, Some(before)) => before.deductible,
        _ => Fen::ZERO,
    };
    let own = Set::only(sheet.care());
    match window(deductible.recurs, sheet.case.bill.discharge) {
        Some(time) => sheet.counted(own.union(deductible.shared_with), time, None, Measure::Deductible),
        None if sheet.asked.visit == 1 => {
            sheet.counted(deductible.shared_with, Window::Year, None, Measure::Deductible)
        }
        None => transferred,
    }
    .or_zero()
        + midway
}

/// All deductibles of the year together are at most the ceiling.
fn within_ceiling<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>, deductible: &Deductible, due: Fen) -> Fen {
    let Some(ceiling) = deductible.year_ceiling else { return due };
    let together = Set::only(sheet.care()).union(deductible.shared_with);
    let paid = sheet.counted(together, Window::Year, None, Measure::Deductible).or_zero();
    due.at_most((ceiling - paid).or_zero())
}

/// The time in which a deductible is paid once; `None`: it is each visit's own.
pub fn window(recurs: Recurrence, day: Day) -> Option<Window> {
    match recurs {
        Recurrence::EachAdmission => None,
        Recurrence::OnceAYear => window_of(Period::Year, day),
        Recurrence::OnceAQuarter => window_of(Period::Quarter, day),
        Recurrence::OnceAMonth => window_of(Period::Month, day),
    }
}

fn recurrence_words(recurs: Recurrence, visit: i64) -> String {
    match recurs {
        Recurrence::EachAdmission => format!("年内第{visit}次 "),
        Recurrence::OnceAYear => "年度".to_owned(),
        Recurrence::OnceAQuarter => "季度".to_owned(),
        Recurrence::OnceAMonth => "月度".to_owned(),
    }
}

fn one_lower(level: SettlementLevel) -> SettlementLevel {
    match level {
        SettlementLevel::TertiarySpecial => SettlementLevel::Tertiary,
        SettlementLevel::Tertiary => SettlementLevel::Secondary,
        SettlementLevel::Secondary => SettlementLevel::Primary,
        SettlementLevel::Primary | SettlementLevel::Community => SettlementLevel::Community,
    }
}

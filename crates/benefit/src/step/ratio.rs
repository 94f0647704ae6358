//! 支付比例: the stretch between the deductible and the whole amount, cut into bands, each with its share.

use super::{Worksheet, portion};
use crate::scheme::{Band, Basis, rows_for};
use terms::Fen;

/// Lays out the portions. Nothing is paid yet: the caps come first.
pub fn divide(sheet: &mut Worksheet<'_>) {
    let cited = &sheet.scheme.ratio;
    let before = match cited.value.basis {
        Basis::Stay => Fen::ZERO,
        Basis::Year => sheet.year.in_scope.or_zero(),
    };
    let (start, end) = (before + sheet.deductible, before + sheet.base);
    let mut left = end - start;
    for band in rows_for(&cited.value.bands, sheet.asked) {
        let amount = band.portion(start, end);
        if amount.is_zero() {
            continue;
        }
        left -= amount;
        let part = in_band(sheet, band, amount);
        sheet.portions.push(part);
    }
    if !left.is_zero() {
        let none = terms::Rate::NONE;
        let part = portion("超出各支付段，个人负担".to_owned(), left, none, None, &cited.citation);
        sheet.portions.push(part);
    }
}

fn in_band(sheet: &Worksheet<'_>, band: &Band, amount: Fen) -> super::Portion {
    let cited = &sheet.scheme.ratio;
    let changes = band.fund == sheet.scheme.scheme.pool();
    let rate = if changes { sheet.rule.change.applied_to(band.rate) } else { band.rate };
    let of_year = if cited.value.basis == Basis::Year { "年度累计" } else { "" };
    let mut parameter = format!("{} {of_year}{} {}", sheet.who(), band.range(), band.rate);
    let mut part = portion(String::new(), amount, rate, Some(band.fund), &cited.citation);
    if rate != band.rate {
        parameter = format!("{parameter}→{rate}（{}）", sheet.rule.change.words());
        part.source = format!("{}；{}", cited.citation, sheet.rule.citation);
    }
    part.parameter = parameter;
    part
}

//! 支付比例: the stretch between the deductible and the whole amount, cut into bands, each with its share.

use super::{By, Portion, Worksheet};
use crate::{
    bill::Continued,
    scheme::{Asked, Band, Basis, Burden, CrossRegionRule, adjusted, select},
    year::{Measure, Window},
};
use std::fmt::Write;
use terms::{Fen, Rate, Refusal};

/// Lays out the portions. Nothing is paid yet: the caps come first.
///
/// # Errors
/// [`Refusal::PolicyValueMissing`] where a band stands for a value that the area has not supplied, or no band answers the
/// person.
pub fn divide<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) -> Result<(), Refusal> {
    in_full(sheet);
    let cited = &sheet.plan.ratio;
    let (start, end) = stretch(sheet);
    let mut left = end - start;
    let disease = disease_with_the_highest_ratio(sheet)?;
    let asked = Asked { disease, ..sheet.asked };
    let bands = select(&cited.value.bands, &asked)?;
    if bands.is_empty() && !left.is_zero() {
        return Err(sheet.nobody("支付比例"));
    }
    for band in bands.iter() {
        let amount = band.portion(start, end);
        if amount.is_zero() {
            continue;
        }
        left -= amount;
        sheet.use_row(&band.origin, "支付比例")?;
        let part = in_band(sheet, band, amount, &asked)?;
        sheet.portions.push(part);
    }
    if !left.is_zero() {
        sheet.portions.push(Portion {
            parameter: if TRACE { "超出各支付段，个人负担".to_owned() } else { String::new() },
            amount: left,
            rate: Rate::NONE,
            fund: None,
            exact: 0,
            burden: Burden::BeyondCap,
            by: By::policy(&cited.citation),
        });
    }
    Ok(())
}

/// What is paid in full, because the first self-pay of its items was final, comes before all bands.
fn in_full<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) {
    let amount = sheet.split.in_full;
    if amount.is_zero() {
        return;
    }
    sheet.portions.push(Portion {
        parameter: if TRACE {
            "先行自付后不再按比例，全额支付".to_owned()
        } else {
            String::new()
        },
        amount,
        rate: Rate::WHOLE,
        fund: Some(sheet.scheme.scheme.pool()),
        exact: Portion::share(amount, Rate::WHOLE),
        burden: Burden::OwnShare,
        by: By::policy(&sheet.plan.ratio.citation),
    });
}

/// From where to where the amount to divide lies on the scale that the bands measure.
fn stretch<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>) -> (Fen, Fen) {
    let ratio = &sheet.plan.ratio.value;
    let before = |of: fn(&Continued) -> Fen| sheet.case.continues.as_ref().map_or(Fen::ZERO, of);
    let year = |measure| sheet.counted(ratio.care, Window::Year, None, measure).or_zero();
    match ratio.basis {
        Basis::Stay => {
            let before = before(|it| it.divided + it.deductible);
            (before + sheet.deductible, before + sheet.base)
        }
        Basis::StayAboveDeductible => {
            let before = before(|it| it.divided);
            (before, before + sheet.base - sheet.deductible)
        }
        Basis::Year => {
            let before = year(Measure::InScope);
            (before + sheet.deductible, before + sheet.base)
        }
        Basis::YearAboveDeductible => {
            let before = year(Measure::Divided);
            (before, before + sheet.base - sheet.deductible)
        }
    }
}

/// With several chronic diseases in one visit, the one whose lowest band pays most.
fn disease_with_the_highest_ratio<const TRACE: bool>(
    sheet: &Worksheet<'_, TRACE>,
) -> Result<Option<terms::DiseaseCode>, Refusal> {
    let mut best = (sheet.asked.disease, Rate::NONE);
    if sheet.asked.diseases.len() > 1 {
        for disease in sheet.asked.diseases {
            let asked = Asked { disease: Some(*disease), ..sheet.asked };
            let band = select(&sheet.plan.ratio.value.bands, &asked)?.first();
            let rate = band.map(|band| band.rate).unwrap_or_default();
            if rate > best.1 {
                best = (Some(*disease), rate);
            }
        }
    }
    Ok(best.0)
}

fn in_band<'a, const TRACE: bool>(
    sheet: &Worksheet<'a, TRACE>,
    band: &'a Band,
    amount: Fen,
    asked: &Asked<'_>,
) -> Result<Portion<'a>, Refusal> {
    let ratio = &sheet.plan.ratio.value;
    let pool = band.fund == sheet.scheme.scheme.pool();
    let local = if pool { adjusted(band.rate, &ratio.adjust, ratio.at_most, asked)? } else { band.rate };
    let rule = sheet.rule.filter(|_| pool);
    let rate = rule.map_or(local, |rule| rule.change.applied_to(local));
    let changed = rule.filter(|_| rate != local);
    let parameter = if TRACE { words(sheet, band, local, rate) } else { String::new() };
    Ok(Portion {
        parameter,
        amount,
        rate,
        fund: Some(band.fund),
        exact: Portion::share(amount, rate),
        burden: Burden::OwnShare,
        by: By::policy(&band.origin.citation).changed_by(changed.map(CrossRegionRule::citation)),
    })
}

fn words<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>, band: &Band, local: Rate, rate: Rate) -> String {
    let scale = match sheet.plan.ratio.value.basis {
        Basis::Stay => "",
        Basis::StayAboveDeductible => "起付标准以上",
        Basis::Year => "年度累计",
        Basis::YearAboveDeductible => "年度累计起付标准以上",
    };
    let mut words = format!("{} {scale}{} {}", sheet.who(), band.range(), band.rate);
    if local != band.rate {
        let _ = write!(words, "，调整为{local}");
    }
    if let Some(rule) = sheet.rule.filter(|_| rate != local) {
        let _ = write!(words, "→{rate}（{}）", rule.change.words());
    }
    words
}

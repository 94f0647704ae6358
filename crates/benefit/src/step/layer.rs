//! 大病保险, 补充保险, 公务员医疗补助, 医疗救助, 倾斜救助: each pays of what the one before left to the person.

use super::{By, Portion, Worksheet};
use crate::{
    scheme::{AmountRow, Burden, Cited, Layer, LayerBasis, Period, adjusted, select, yuan},
    year::{Counter, Measure, Window},
};
use terms::{Fen, Refusal};

/// Lets every layer pay, in the order of the policy.
///
/// # Errors
/// [`Refusal::PolicyValueMissing`] where a layer that concerns the person stands for a value that the area has not supplied.
pub fn pay_all<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) -> Result<(), Refusal> {
    for cited in &sheet.scheme.layers {
        if cited.value.care.contains(sheet.care()) {
            pay(sheet, cited)?;
        }
    }
    Ok(())
}

fn pay<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>, cited: &Cited<Layer>) -> Result<(), Refusal> {
    let layer = &cited.value;
    let bands = select(&layer.bands, &sheet.asked)?;
    if bands.is_empty() {
        return Ok(());
    }
    let name = layer.name.chinese();
    let burden: Fen = layer.counts.iter().map(|part| sheet.burdens[part as usize]).sum();
    let before = base_before(sheet, layer);
    let threshold_row = row_of(sheet, &layer.threshold)?;
    let threshold = threshold_row.and_then(|row| row.amount).unwrap_or_default();
    let (start, end) = match layer.basis {
        LayerBasis::Absolute => (before.max(threshold), (before + burden).max(threshold)),
        LayerBasis::AboveThreshold => {
            ((before - threshold).or_zero(), (before + burden - threshold).or_zero())
        }
    };
    let cap_row = row_of(sheet, &layer.cap)?;
    let mut room = cap_row.and_then(|row| row.amount).map(|cap| room_below(sheet, layer, cap));
    let (mut exact, mut paid) = (0i64, Fen::ZERO);
    for band in bands.iter() {
        let part = band.portion(start, end);
        if part.is_zero() {
            continue;
        }
        sheet.use_row(&band.origin, name)?;
        if let Some(row) = threshold_row {
            sheet.rely_on(&row.origin, name);
        }
        let rate = adjusted(band.rate, &layer.adjust, layer.at_most, &sheet.asked)?;
        exact += Portion::share(part, rate);
        let share = layer.rounding.ten_thousandths(exact) - paid;
        let allowed = room.map_or(share, |room| share.at_most(room));
        room = room.map(|room| room - allowed);
        if let Some(row) = cap_row.filter(|_| allowed < share) {
            sheet.rely_on(&row.origin, name);
        }
        paid += share;
        sheet.pay(layer.fund, allowed);
        eat(sheet, layer, allowed);
        count(sheet, Measure::LayerPaid(layer.name), allowed);
        let by = By::policy(&band.origin.citation).rounded(layer.rounding).paid_by(layer.fund);
        sheet.note(name, (part, allowed), by, || {
            let scale = scale_words(layer, threshold);
            let cut = if allowed < share { "，至年度限额" } else { "" };
            let adjusted = if rate == band.rate { String::new() } else { format!("，调整为{rate}") };
            format!("{scale}{} {}{adjusted}{cut}", band.range(), band.rate)
        });
    }
    count(sheet, Measure::LayerBase(layer.name), burden);
    Ok(())
}

fn scale_words(layer: &Layer, threshold: Fen) -> String {
    let year = if layer.period == Period::Year { "年度累计" } else { "" };
    let over = match layer.basis {
        LayerBasis::Absolute if threshold.is_zero() => String::new(),
        LayerBasis::Absolute => format!("（起付线{}元）", yuan(threshold)),
        LayerBasis::AboveThreshold => format!("起付线{}元以上部分", yuan(threshold)),
    };
    format!("{year}个人负担{over} ")
}

/// The burdens of the year that the layer has looked at before.
fn base_before<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>, layer: &Layer) -> Fen {
    match layer.period {
        Period::Visit => Fen::ZERO,
        _ => sheet.counted(layer.care, Window::Year, None, Measure::LayerBase(layer.name)).or_zero(),
    }
}

fn room_below<const TRACE: bool>(sheet: &Worksheet<'_, TRACE>, layer: &Layer, cap: Fen) -> Fen {
    let paid = sheet.counted(layer.care, Window::Year, None, Measure::LayerPaid(layer.name));
    (cap - paid.or_zero()).or_zero()
}

fn row_of<'r, const TRACE: bool>(
    sheet: &mut Worksheet<'_, TRACE>,
    rows: &'r [AmountRow],
) -> Result<Option<&'r AmountRow>, Refusal> {
    let Some(row) = select(rows, &sheet.asked)?.first() else { return Ok(None) };
    sheet.look_at(&row.origin)?;
    Ok(Some(row))
}

/// Takes what a layer paid from the parts of the burden that it counts, in their order.
fn eat<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>, layer: &Layer, paid: Fen) {
    let mut left = paid;
    for part in Burden::ALL.into_iter().filter(|part| layer.counts.contains(*part)) {
        let bitten = sheet.burdens[part as usize].at_most(left);
        sheet.burdens[part as usize] -= bitten;
        left -= bitten;
    }
    assert!(left.is_zero(), "a layer paid more than the burden that it counts");
}

fn count<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>, measure: Measure, amount: Fen) {
    let counter = Counter::of(sheet.care(), measure);
    sheet.contribution.add(counter, amount.0);
}

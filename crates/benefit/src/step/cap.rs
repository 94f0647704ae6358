//! 最高支付限额 of the year: cuts the portions where a limit is reached, and hands what is beyond it to the layer above.

use super::{Portion, Worksheet, portion};
use crate::scheme::{Above, Citation, Counted, Limit, yuan};
use terms::{Fen, Fund, Rate};

/// Applies every limit in the order of the file, so that a later one can limit the layer above an earlier one.
pub fn limit(sheet: &mut Worksheet<'_>) {
    let Some(cited) = &sheet.scheme.cap else { return };
    for limit in &cited.value {
        let portions = std::mem::take(&mut sheet.portions);
        sheet.portions = match &limit.counts {
            Counted::Paid(funds) => cut_by_payment(sheet, portions, limit, funds, &cited.citation),
            Counted::InScope => cut_by_cost(sheet, portions, limit, &cited.citation),
        };
    }
}

/// Makes the payments that the limits left.
pub fn pay(sheet: &mut Worksheet<'_>) {
    for portion in std::mem::take(&mut sheet.portions) {
        let step = match portion.fund {
            Some(fund) if fund == sheet.scheme.scheme.pool() => "统筹基金支付",
            Some(Fund::LargeAmount) => "大额医疗费用补助支付",
            Some(_) => "补充基金支付",
            None => "超限额个人负担",
        };
        sheet.pay(step, portion);
    }
}

/// What these funds may still pay is used up from the lowest portion.
fn cut_by_payment(
    sheet: &Worksheet<'_>,
    portions: Vec<Portion>,
    limit: &Limit,
    funds: &[Fund],
    citation: &Citation,
) -> Vec<Portion> {
    let used: Fen = funds.iter().map(|fund| sheet.year.paid_by(*fund)).sum();
    let mut room = (limit.amount - used).or_zero();
    let mut cut = Vec::new();
    for mut part in portions {
        let counted = part.fund.is_some_and(|fund| funds.contains(&fund));
        if !counted || part.share <= room {
            if counted {
                room -= part.share;
            }
            cut.push(part);
            continue;
        }
        let below = amount_that_pays(room, part.rate);
        let beyond = above(limit, part.amount - below, part.rate, citation);
        if !below.is_zero() {
            part.amount = below;
            part.share = room;
            part.parameter = format!("{}，至年度限额{}元", part.parameter, yuan(limit.amount));
            cut.push(part);
        }
        room = Fen::ZERO;
        cut.push(beyond);
    }
    cut
}

/// What the year's in-scope amount has left below the limit is used up from the lowest portion; deductible and first
/// self-pay of this stay count first.
fn cut_by_cost(
    sheet: &Worksheet<'_>,
    portions: Vec<Portion>,
    limit: &Limit,
    citation: &Citation,
) -> Vec<Portion> {
    let divided: Fen = portions.iter().map(|part| part.amount).sum();
    let before = sheet.year.in_scope.or_zero() + (sheet.split.in_scope - divided);
    let mut room = (limit.amount - before).or_zero();
    let mut cut = Vec::new();
    for part in portions {
        let below = part.amount.at_most(room);
        let beyond = part.amount - below;
        room -= below;
        if beyond.is_zero() {
            cut.push(part);
            continue;
        }
        let rate = part.rate;
        if !below.is_zero() {
            let parameter = format!("{}，至年度限额{}元", part.parameter, yuan(limit.amount));
            let cut_part = portion(parameter, below, rate, part.fund, citation);
            let share = cut_part.share.at_most(part.share);
            cut.push(Portion { share, source: part.source, ..cut_part });
        }
        cut.push(above(limit, beyond, rate, citation));
    }
    cut
}

fn above(limit: &Limit, amount: Fen, rate_below: Rate, citation: &Citation) -> Portion {
    let limit_words = format!("年度限额{}元以上", yuan(limit.amount));
    match &limit.above {
        Some(Above { fund, rate }) => {
            let rate = rate.unwrap_or(rate_below);
            portion(format!("{limit_words} {fund} {rate}"), amount, rate, Some(*fund), citation)
        }
        None => portion(format!("{limit_words}，个人负担"), amount, Rate::NONE, None, citation),
    }
}

/// The least amount of which a share of `rate` reaches `payment`.
fn amount_that_pays(payment: Fen, rate: Rate) -> Fen {
    let rate = i128::from(rate.as_permyriad());
    let amount = (i128::from(payment.0) * 10_000 + rate - 1) / rate;
    Fen(i64::try_from(amount).expect("no more than the amount that was to be divided"))
}

//! 大病保险: pays of the person's own share of the year's in-scope amounts, above a threshold (合规费用按年度累计).

use super::{Worksheet, portion};
use crate::scheme::{Catastrophic, rows_for, yuan};
use terms::{Fen, Fund, Rate};

/// Pays the bands of the stretch by which this stay raises the year's own share.
pub fn pay(sheet: &mut Worksheet<'_>) {
    let Some(cited) = &sheet.scheme.catastrophic else { return };
    let before = own_share_before(sheet);
    let after = before + (sheet.split.in_scope - sheet.paid());
    let mut room = cited.value.cap.map(|cap| room_below(cap, &cited.value, sheet));
    for band in rows_for(&cited.value.bands, sheet.asked) {
        let amount = band.portion(before, after);
        if amount.is_zero() {
            continue;
        }
        let parameter = format!("年度个人负担{} {}", band.range(), band.rate);
        let mut part = portion(parameter, amount, band.rate, Some(band.fund), &cited.citation);
        if let Some(room) = &mut room {
            if part.share > *room {
                let cap = cited.value.cap.unwrap_or_default();
                part.parameter = format!("{}，至年度限额{}元", part.parameter, yuan(cap));
                part.share = *room;
            }
            *room -= part.share;
        }
        sheet.pay("大病保险支付", part);
    }
    if after <= threshold(&cited.value) {
        let parameter = format!("年度个人负担未超过{}元", yuan(threshold(&cited.value)));
        let nobody = portion(parameter, after, Rate::NONE, None, &cited.citation);
        sheet.note("大病保险", nobody.amount, nobody.parameter, Fen::ZERO, nobody.source);
    }
}

/// The own share of in-scope amounts of earlier stays, before 大病 paid of it.
fn own_share_before(sheet: &Worksheet<'_>) -> Fen {
    let paid: Fen = sheet
        .year
        .fund_paid
        .iter()
        .filter(|(fund, _)| **fund != Fund::ResidentCatastrophic)
        .map(|(_, amount)| *amount)
        .sum();
    (sheet.year.in_scope - paid).or_zero()
}

fn room_below(cap: Fen, catastrophic: &Catastrophic, sheet: &Worksheet<'_>) -> Fen {
    let fund = catastrophic.bands.first().map(|band| band.fund);
    (cap - fund.map_or(Fen::ZERO, |fund| sheet.year.paid_by(fund))).or_zero()
}

fn threshold(catastrophic: &Catastrophic) -> Fen {
    catastrophic.bands.iter().map(|band| band.over).min().unwrap_or_default()
}

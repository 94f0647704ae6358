//! What is left of the lines after refunds: only that is examined.

use super::Line;
use terms::{Fen, Rounding};

/// What is left of a line. Quantity and amount are above nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge<'a> {
    /// Which line.
    pub index: usize,
    /// The line.
    pub line: &'a Line,
    /// Quantity left, in ten-thousandths.
    pub quantity: i64,
    /// Amount left.
    pub amount: Fen,
}

/// Takes refunds off: each off the line that it names, or off the last ones of its item and price. What refunds nothing that
/// is here is passed over.
pub fn net(lines: &[Line]) -> Vec<Charge<'_>> {
    let of = |(index, line)| Charge { index, line, quantity: line.quantity, amount: line.amount };
    let is_charge = |line: &Line| line.quantity > 0 && line.amount > Fen::ZERO;
    let mut charges: Vec<Charge<'_>> =
        lines.iter().enumerate().filter(|(_, line)| is_charge(line)).map(of).collect();
    let refunds = || lines.iter().filter(|line| line.quantity < 0);
    // Those that name their line first, so that the others find what is left.
    for refund in refunds() {
        if let Some(named) = &refund.refunds {
            take(&mut charges, refund, |charge| charge.line.id == *named);
        }
    }
    for refund in refunds().filter(|refund| refund.refunds.is_none()) {
        take(&mut charges, refund, |charge| {
            charge.line.item == refund.item && charge.line.price == refund.price
        });
    }
    charges.retain(|charge| charge.quantity > 0 && charge.amount > Fen::ZERO);
    charges
}

fn take(charges: &mut [Charge<'_>], refund: &Line, fits: impl Fn(&Charge<'_>) -> bool) {
    let mut left = refund.quantity.saturating_neg();
    for charge in charges.iter_mut().rev().filter(|charge| charge.quantity > 0 && fits(charge)) {
        let taken = left.min(charge.quantity);
        charge.amount -= Rounding::HalfUp.ratio(charge.amount, taken, charge.quantity);
        charge.quantity -= taken;
        left -= taken;
        if left == 0 {
            return;
        }
    }
}

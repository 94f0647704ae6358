//! Correcting a voucher that was wrong (更正): the opposite of what it moved, code `Correction`. The right voucher is a new one.

use crate::ledger::{Leg, Phase, Voucher};

/// What takes a voucher back: of what it moved the opposite, of what it set aside a void. What it voided stays void: money that is
/// to be set aside again is reserved anew.
pub fn opposite(wrong: &Voucher) -> Vec<Leg> {
    wrong.numbered().filter_map(|(number, leg)| opposite_leg(wrong, number, leg)).collect()
}

fn opposite_leg(wrong: &Voucher, number: u16, leg: &Leg) -> Option<Leg> {
    match leg.phase {
        Phase::Final | Phase::Post(_) => Some(Leg {
            debit: leg.credit.clone(),
            credit: leg.debit.clone(),
            amount: leg.amount,
            phase: Phase::Final,
        }),
        Phase::Reserve => Some(Leg { phase: Phase::Void(wrong.id.leg(number)), ..leg.clone() }),
        Phase::Void(_) => None,
    }
}

//! Money that comes and that nothing explains yet (待查款项), code `Unidentified`. Once it is explained, the voucher of what it was
//! debits the account on which it waits, code `Identified`.

use super::Part;
use crate::{
    chart::{Account, AccountKind},
    ledger::{Leg, Phase},
};
use terms::Province;

/// It comes to the treatment place.
pub fn at_treatment(own: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::treatment_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::treatment_unidentified(own, scheme, purse),
        Phase::Final,
    )
}

/// It comes to the insured place.
pub fn at_insured(own: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::insured_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::insured_unidentified(own, scheme, purse),
        Phase::Final,
    )
}

/// What came turns out to be this: `leg` is what would have been moved if it had been known, and the money is taken from where
/// it waits. A leg that does not debit a deposit is no money that came, and stays as it is.
#[must_use]
pub fn explained(leg: Leg) -> Leg {
    let (own, scheme, purse) = (leg.debit.province(), leg.debit.scheme(), leg.debit.purse());
    let waits = match (leg.debit.kind(), own) {
        (AccountKind::TreatmentFiscalDeposit, Some(own)) => {
            Account::treatment_unidentified(own, scheme, purse)
        }
        (AccountKind::InsuredFiscalDeposit, Some(own)) => Account::insured_unidentified(own, scheme, purse),
        _ => return leg,
    };
    Leg { debit: waits, ..leg }
}

//! What stood on an account when its ledger began (期初余额), against 期初基金. Its code is `Opening`.

use super::Part;
use crate::{
    chart::{Account, AccountKind, EntrySide, Role},
    ledger::{Leg, Phase},
};
use terms::Province;

/// The treatment province's fiscal special account.
pub fn at_treatment(own: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::treatment_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::treatment_opening(own, scheme, purse),
        Phase::Final,
    )
}

/// The insured province's fiscal special account.
pub fn at_insured(own: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::insured_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::insured_opening(own, scheme, purse),
        Phase::Final,
    )
}

/// What stood on any account, on the side on which it normally stands; `None` for the hub's memoranda, which have no opening
/// fund, and for the opening fund itself.
pub fn of(own: Province, account: Account, amount: terms::Fen) -> Option<Leg> {
    let (scheme, purse) = (account.scheme(), account.purse());
    let fund = match account.kind().role() {
        Role::Treatment => Account::treatment_opening(own, scheme, purse),
        Role::Insured => Account::insured_opening(own, scheme, purse),
        Role::Hub => return None,
    };
    if matches!(account.kind(), AccountKind::TreatmentOpening | AccountKind::InsuredOpening) {
        return None;
    }
    let (debit, credit) = match account.kind().normal_side() {
        EntrySide::Debit => (account, fund),
        EntrySide::Credit => (fund, account),
    };
    Some(Leg { debit, credit, amount, phase: Phase::Final })
}

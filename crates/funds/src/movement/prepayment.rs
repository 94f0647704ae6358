//! Prepayment (预付金) between the provinces of a pair, in the scheme's pool fund. Its code is `PrepaymentPaid` or
//! `PrepaymentReceived`, and `PrepaymentReturned` on its way back.
//!
//! | book | debit | credit |
//! |---|---|---|
//! | insured province | 暂付款—异地就医预付金 | 财政专户存款 |
//! | treatment province | 财政专户存款 | 暂收款—异地就医预付金 |
//! | hub | 备查—就医省持有预付金 | 备查—参保省已付预付金 |

use super::Part;
use crate::{
    chart::{Account, Pair},
    ledger::{Leg, Phase},
};
use terms::Province;

/// The insured province pays: reserved when finance has the order, posted by the bank's statement.
pub fn paid(own: Province, treatment: Province, part: Part, phase: Phase) -> Leg {
    part.leg(
        |scheme, purse| Account::prepayment_paid(treatment, scheme, purse),
        |scheme, purse| Account::insured_fiscal_deposit(own, scheme, purse),
        phase,
    )
}

/// The treatment province receives.
pub fn received(own: Province, insured: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::treatment_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::prepayment_held(insured, scheme, purse),
        Phase::Final,
    )
}

/// The hub's memorandum of it.
pub fn at_hub(insured: Province, treatment: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::hub_prepayment_held(Pair { insured, treatment }, scheme, purse),
        |scheme, purse| Account::hub_prepayment_paid(Pair { insured, treatment }, scheme, purse),
        Phase::Final,
    )
}

/// The treatment province gives back: reserved and posted like a payment.
pub fn given_back(own: Province, insured: Province, part: Part, phase: Phase) -> Leg {
    part.leg(
        |scheme, purse| Account::prepayment_held(insured, scheme, purse),
        |scheme, purse| Account::treatment_fiscal_deposit(own, scheme, purse),
        phase,
    )
}

/// The insured province has it back.
pub fn taken_back(own: Province, treatment: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::insured_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::prepayment_paid(treatment, scheme, purse),
        Phase::Final,
    )
}

/// The hub's memorandum of what went back.
pub fn back_at_hub(insured: Province, treatment: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::hub_prepayment_paid(Pair { insured, treatment }, scheme, purse),
        |scheme, purse| Account::hub_prepayment_held(Pair { insured, treatment }, scheme, purse),
        Phase::Final,
    )
}

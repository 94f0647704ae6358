//! A month's clearing (清算) paid by an insured province to a treatment province. Its code is `ClearingPaid` or
//! `ClearingReceived`.
//!
//! | book | debit | credit |
//! |---|---|---|
//! | insured province | 应付跨省异地就医资金 | 财政专户存款 |
//! | treatment province | 财政专户存款 | 应收跨省异地就医资金 |
//! | hub | 应付, of the treatment province | 应收, of the insured province |

use super::Part;
use crate::{
    chart::Account,
    ledger::{Leg, Phase},
};
use terms::Province;

/// The insured province pays: reserved when finance has the order, posted by the bank's statement.
pub fn paid(own: Province, treatment: Province, part: Part, phase: Phase) -> Leg {
    part.leg(
        |scheme, purse| Account::treatment_payable(treatment, scheme, purse),
        |scheme, purse| Account::insured_fiscal_deposit(own, scheme, purse),
        phase,
    )
}

/// The treatment province receives.
pub fn received(own: Province, insured: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::treatment_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::insured_receivable(insured, scheme, purse),
        Phase::Final,
    )
}

/// The hub's memorandum of it.
pub fn at_hub(insured: Province, treatment: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::hub_payable(treatment, scheme, purse),
        |scheme, purse| Account::hub_receivable(insured, scheme, purse),
        Phase::Final,
    )
}

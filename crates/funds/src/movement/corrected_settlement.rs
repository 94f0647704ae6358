//! A settlement that the hub had written down otherwise than both provinces (差异更正): the memorandum of what its journal lacks. Its
//! code is `SettlementCorrected`.
//!
//! | book | debit | credit |
//! |---|---|---|
//! | hub | 应收, of the insured province | 应付, of the treatment province |
//!
//! Where the journal has too much it is the other way round, as with a deduction. The entries of the journal stay as they are.

use super::{Part, deduction};
use crate::{
    chart::Account,
    ledger::{Leg, Phase},
};
use terms::Province;

/// In the ledger of the hub; an amount below nothing is taken back.
pub fn at_hub(insured: Province, treatment: Province, part: Part) -> Leg {
    if part.amount.is_negative() {
        return deduction::at_hub(insured, treatment, Part { amount: -part.amount, ..part });
    }
    part.leg(
        |scheme, purse| Account::hub_receivable(insured, scheme, purse),
        |scheme, purse| Account::hub_payable(treatment, scheme, purse),
        Phase::Final,
    )
}

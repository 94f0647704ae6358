//! Interest on prepayments: it belongs to the treatment place (人社部发〔2016〕120号). Its code is `Interest`.

use super::Part;
use crate::{
    chart::Account,
    ledger::{Leg, Phase},
};
use terms::Province;

/// The bank pays interest on the prepayment of an insured province.
pub fn on_prepayment(own: Province, insured: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::treatment_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::interest_income(insured, scheme, purse),
        Phase::Final,
    )
}

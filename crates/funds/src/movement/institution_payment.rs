//! Paying the institutions of a treatment province (拨付定点医药机构): money goes to the account from which they are paid (code
//! `ExpenditureFunded`), and from there to them (code `InstitutionPaid`).

use super::Part;
use crate::{
    chart::Account,
    ledger::{Leg, Phase},
};
use terms::{InstitutionCode, Province};

/// From the fiscal special account (财政专户) to the account for payments (支出户).
pub fn funded(own: Province, part: Part, phase: Phase) -> Leg {
    part.leg(
        |scheme, purse| Account::treatment_expenditure_deposit(own, scheme, purse),
        |scheme, purse| Account::treatment_fiscal_deposit(own, scheme, purse),
        phase,
    )
}

/// To the institution.
pub fn paid(own: Province, institution: &InstitutionCode, part: Part, phase: Phase) -> Leg {
    part.leg(
        |scheme, purse| Account::institution_payable(institution.clone(), scheme, purse),
        |scheme, purse| Account::treatment_expenditure_deposit(own, scheme, purse),
        phase,
    )
}

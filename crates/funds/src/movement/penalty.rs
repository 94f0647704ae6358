//! A penalty under the agreement with an institution (违约金), which the treatment place keeps. Its code is `Penalty`.

use super::Part;
use crate::{
    chart::Account,
    ledger::{Leg, Phase},
};
use terms::{InstitutionCode, Province};

/// It is set off against what the institution is owed.
pub fn set_off(institution: &InstitutionCode, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::institution_payable(institution.clone(), scheme, purse),
        |scheme, purse| Account::penalty_income(institution.clone(), scheme, purse),
        Phase::Final,
    )
}

/// The institution pays it.
pub fn paid_in(own: Province, institution: &InstitutionCode, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::treatment_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::penalty_income(institution.clone(), scheme, purse),
        Phase::Final,
    )
}

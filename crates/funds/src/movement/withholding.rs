//! What is withheld from an institution under its total budget (总额控制), code `Withheld`, and what becomes of it when the year's budget
//! is settled, code `Released`.

use super::Part;
use crate::{
    chart::Account,
    ledger::{Leg, Phase},
};
use terms::InstitutionCode;

/// A part of its fees is withheld.
pub fn withheld(institution: &InstitutionCode, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::institution_payable(institution.clone(), scheme, purse),
        |scheme, purse| Account::institution_withheld(institution.clone(), scheme, purse),
        Phase::Final,
    )
}

/// It is owed to the institution again.
pub fn released(institution: &InstitutionCode, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::institution_withheld(institution.clone(), scheme, purse),
        |scheme, purse| Account::institution_payable(institution.clone(), scheme, purse),
        Phase::Final,
    )
}

/// It stays with the fund.
pub fn retained(institution: &InstitutionCode, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::institution_withheld(institution.clone(), scheme, purse),
        |scheme, purse| Account::budget_retained(institution.clone(), scheme, purse),
        Phase::Final,
    )
}

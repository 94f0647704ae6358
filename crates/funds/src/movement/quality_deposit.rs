//! The quality deposit (质量保证金) of an institution, kept back from its fees until the year's assessment. Its code is
//! `QualityDeposit`.

use super::Part;
use crate::{
    chart::Account,
    ledger::{Leg, Phase},
};
use terms::InstitutionCode;

/// A part of its fees is kept back.
pub fn kept(institution: &InstitutionCode, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::institution_payable(institution.clone(), scheme, purse),
        |scheme, purse| Account::institution_quality_deposit(institution.clone(), scheme, purse),
        Phase::Final,
    )
}

/// It is owed to the institution again.
pub fn given_back(institution: &InstitutionCode, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::institution_quality_deposit(institution.clone(), scheme, purse),
        |scheme, purse| Account::institution_payable(institution.clone(), scheme, purse),
        Phase::Final,
    )
}

/// The institution loses it.
pub fn forfeited(institution: &InstitutionCode, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::institution_quality_deposit(institution.clone(), scheme, purse),
        |scheme, purse| Account::penalty_income(institution.clone(), scheme, purse),
        Phase::Final,
    )
}

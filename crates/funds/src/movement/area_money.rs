//! What the pooling areas (统筹区) of an insured province send up to it: for its prepayments (code `AreaPrepayment`) and for its
//! clearing (code `AreaContribution`).

use super::Part;
use crate::{
    chart::Account,
    ledger::{Leg, Phase},
};
use terms::{PoolingArea, Province};

/// A pooling area's part of the prepayments comes in.
pub fn for_prepayment(own: Province, area: PoolingArea, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::insured_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::area_prepayment(area, scheme, purse),
        Phase::Final,
    )
}

/// A pooling area's part of the clearing comes in.
pub fn for_clearing(own: Province, area: PoolingArea, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::insured_fiscal_deposit(own, scheme, purse),
        |scheme, purse| Account::area_contribution(area, scheme, purse),
        Phase::Final,
    )
}

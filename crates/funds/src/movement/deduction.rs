//! What an audit takes off the fees of an institution (审核扣款): the insured place does not owe it, and the treatment place does
//! not pay it. Its code is `Deduction`.
//!
//! | book | debit | credit |
//! |---|---|---|
//! | treatment province | 应付定点医疗机构医疗费 | 应收跨省异地就医资金 |
//! | hub | 应付, of the treatment province | 应收, of the insured province |
//! | insured province | 应付跨省异地就医资金 | 待遇支出 |

use super::Part;
use crate::{
    chart::Account,
    ledger::{Leg, Phase},
};
use terms::{InstitutionCode, PoolingArea, Province};

/// In the ledger of the treatment province.
pub fn at_treatment(institution: &InstitutionCode, insured: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::institution_payable(institution.clone(), scheme, purse),
        |scheme, purse| Account::insured_receivable(insured, scheme, purse),
        Phase::Final,
    )
}

/// In the ledger of the hub.
pub fn at_hub(insured: Province, treatment: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::hub_payable(treatment, scheme, purse),
        |scheme, purse| Account::hub_receivable(insured, scheme, purse),
        Phase::Final,
    )
}

/// In the ledger of the insured province.
pub fn at_insured(area: PoolingArea, treatment: Province, part: Part) -> Leg {
    part.leg(
        |scheme, purse| Account::treatment_payable(treatment, scheme, purse),
        |scheme, purse| Account::benefit_expense(area, scheme, purse),
        Phase::Final,
    )
}

//! The end of a year (年终结转): what the year moved on the accounts of income and expense is carried to what the years come to.
//! Its code is `Closing`.
//!
//! | account | is carried to |
//! |---|---|
//! | 待遇支出, 下级上解 of a pooling area | 基金结余 of that area |
//! | 利息收入, 其他收入—违约金, 总额控制留用 of the treatment place | 期初基金 of the treatment place |

use crate::{
    chart::{Account, AccountKind, EntrySide},
    ledger::{Leg, Phase},
};
use std::collections::BTreeMap;
use terms::{Fen, Province};

/// The legs that carry over what stands on these accounts, in the order of the chart. `standing` is on the side on which an
/// account normally stands, and may be below nothing. Accounts of other kinds go on into the next year as they are.
pub fn carried_over(own: Province, standing: &BTreeMap<Account, Fen>) -> Vec<Leg> {
    standing.iter().filter_map(|(account, amount)| carry(own, account, *amount)).collect()
}

fn carry(own: Province, account: &Account, standing: Fen) -> Option<Leg> {
    let (scheme, purse) = (account.scheme(), account.purse());
    let to = match account.kind() {
        AccountKind::BenefitExpense | AccountKind::AreaContribution => {
            Account::fund_balance(account.area()?, scheme, purse)
        }
        AccountKind::InterestIncome | AccountKind::PenaltyIncome | AccountKind::BudgetRetained => {
            Account::treatment_opening(own, scheme, purse)
        }
        _ => return None,
    };
    if standing.is_zero() {
        return None;
    }
    let stands_debit = (account.kind().normal_side() == EntrySide::Debit) != standing.is_negative();
    let amount = if standing.is_negative() { -standing } else { standing };
    let (debit, credit) = if stands_debit { (to, account.clone()) } else { (account.clone(), to) };
    Some(Leg { debit, credit, amount, phase: Phase::Final })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movement::tests::told;
    use terms::{Fund, InsuranceScheme, PoolingArea};

    #[test]
    fn the_year_is_carried_over() {
        let hubei: Province = "420000".parse().unwrap();
        let wuhan = PoolingArea("420100".parse().unwrap());
        let hospital: terms::InstitutionCode = "H42010600001".parse().unwrap();
        let (scheme, pool) = (InsuranceScheme::Employee, Fund::EmployeePool);
        let standing = [
            (Account::benefit_expense(wuhan, scheme, pool), Fen(900)),
            (Account::area_contribution(wuhan, scheme, pool), Fen(1_000)),
            (Account::interest_income("310000".parse().unwrap(), scheme, pool), Fen(7)),
            (Account::penalty_income(hospital.clone(), scheme, pool), Fen(-2)),
            (Account::budget_retained(hospital, scheme, pool), Fen::ZERO),
            (Account::insured_fiscal_deposit(hubei, scheme, pool), Fen(5_000)),
        ];
        let legs = carried_over(hubei, &standing.into());
        let told: Vec<String> = legs.iter().map(told).collect();
        assert_eq!(
            told,
            [
                "Dr fund-balance/420100 Cr expense-benefit/420100 9.00",
                "Dr income-interest/310000 Cr treatment-opening/420000 0.07",
                "Dr treatment-opening/420000 Cr income-penalty/H42010600001 0.02",
                "Dr area-contribution/420100 Cr fund-balance/420100 10.00",
            ]
        );
    }
}

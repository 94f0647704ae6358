//! A settlement (结算) in the three books, and its undoing by a cancellation (撤销) or a reversal (冲正).
//!
//! | book | debit | credit |
//! |---|---|---|
//! | treatment province | 应收跨省异地就医资金, of the insured province | 应付定点医疗机构医疗费, of the institution |
//! | hub | 应收, of the insured province | 应付, of the treatment province |
//! | insured province | 待遇支出, of the pooling area | 应付跨省异地就医资金, of the treatment province |
//!
//! One transfer for each fund that pays, and one for the personal account (个人账户), whose money the insured place owes as it owes the
//! funds'; what pays nothing makes none. What the person pays in cash is between them and the hospital and in none of the books.

use crate::{
    book::{Transfer, TransferCode, TransferId},
    chart::{Account, Purse, Role},
};
use std::collections::BTreeMap;
use terms::{Day, Fen, Fund, InstitutionCode, InsuranceScheme, Moment, PoolingArea, Province, SettlementId};

/// What all three books say alike of a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which.
    pub settlement: SettlementId,
    /// The person's scheme.
    pub scheme: InsuranceScheme,
    /// What each fund pays.
    pub funds: BTreeMap<Fund, Fen>,
    /// What the person's own account and those of family pay (个人账户支出).
    pub account: Fen,
    /// The day of the settlement, by which it is reconciled and cleared.
    pub day: Day,
    /// When this node writes it down.
    pub recorded_at: Moment,
}

/// In the book of the treatment province.
pub fn at_treatment(settled: &Settled, insured: Province, institution: &InstitutionCode) -> Vec<Transfer> {
    settled.transfers(Role::Treatment, |scheme, purse| {
        let debit = Account::insured_receivable(insured, scheme, purse);
        (debit, Account::institution_payable(institution.clone(), scheme, purse))
    })
}

/// In the book of the hub.
pub fn at_hub(settled: &Settled, insured: Province, treatment: Province) -> Vec<Transfer> {
    settled.transfers(Role::Hub, |scheme, purse| {
        let debit = Account::hub_receivable(insured, scheme, purse);
        (debit, Account::hub_payable(treatment, scheme, purse))
    })
}

/// In the book of the insured province.
pub fn at_insured(settled: &Settled, area: PoolingArea, treatment: Province) -> Vec<Transfer> {
    settled.transfers(Role::Insured, |scheme, purse| {
        let debit = Account::benefit_expense(area, scheme, purse);
        (debit, Account::treatment_payable(treatment, scheme, purse))
    })
}

impl Settled {
    fn transfers(
        &self,
        role: Role,
        accounts: impl Fn(InsuranceScheme, Purse) -> (Account, Account),
    ) -> Vec<Transfer> {
        let funds = self.funds.iter().map(|(&fund, &amount)| (Purse::Fund(fund), amount));
        funds
            .chain([(Purse::PersonalAccount, self.account)])
            .filter(|(_, amount)| !amount.is_zero())
            .map(|(purse, amount)| {
                let (debit, credit) = accounts(self.scheme, purse);
                Transfer {
                    id: TransferId { settlement: self.settlement, role, purse, undoing: false },
                    debit,
                    credit,
                    amount,
                    code: TransferCode::Settlement,
                    day: self.day,
                    recorded_at: self.recorded_at,
                }
            })
            .collect()
    }
}

/// Why a settlement is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undoing {
    /// 撤销 (2305): the hospital takes a settlement back.
    Cancellation,
    /// 冲正 (2601): the hospital does not know what became of it.
    Reversal,
}

/// The transfers that undo these: the same amounts with the sides swapped, under the same settlement. Cancelling and
/// reversing one settlement come to the same ids, so that it cannot be undone twice.
pub fn undo(made: &[Transfer], undoing: Undoing, day: Day, recorded_at: Moment) -> Vec<Transfer> {
    let code = match undoing {
        Undoing::Cancellation => TransferCode::Cancellation,
        Undoing::Reversal => TransferCode::Reversal,
    };
    made.iter()
        .map(|transfer| Transfer {
            id: TransferId { undoing: true, ..transfer.id },
            debit: transfer.credit.clone(),
            credit: transfer.debit.clone(),
            amount: transfer.amount,
            code,
            day,
            recorded_at,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_settlement_in_three_books_and_undone() {
        let province = |code: &str| code.parse::<Province>().unwrap();
        let (insured, treatment) = (province("420000"), province("310000"));
        let settled = Settled {
            settlement: SettlementId::new(treatment, "2026-11-21 10:00:00".parse().unwrap(), 1),
            scheme: InsuranceScheme::Employee,
            funds: [
                (Fund::EmployeePool, Fen::yuan(8_000)),
                (Fund::LargeAmount, Fen(12_345)),
                (Fund::MedicalAid, Fen::ZERO),
            ]
            .into(),
            account: Fen::yuan(100),
            day: "2026-11-21".parse().unwrap(),
            recorded_at: "2026-11-21 10:00:01".parse().unwrap(),
        };
        let institution = "H31010100001".parse().unwrap();
        let area = PoolingArea("420100".parse().unwrap());
        let made = [
            at_treatment(&settled, insured, &institution),
            at_hub(&settled, insured, treatment),
            at_insured(&settled, area, treatment),
        ]
        .concat();
        let undone = undo(&made[1..2], Undoing::Reversal, settled.day.plus_days(1), settled.recorded_at);
        let story: Vec<_> = made
            .iter()
            .chain(&undone)
            .map(|t| format!("{} {} Dr {} Cr {}", t.day, t.amount, t.debit, t.credit))
            .collect();
        assert_eq!(
            story,
            [
                "2026-11-21 8000.00 Dr receivable-insured/420000/310/310100 Cr payable-institution/H31010100001/310/310100",
                "2026-11-21 123.45 Dr receivable-insured/420000/310/330100 Cr payable-institution/H31010100001/310/330100",
                "2026-11-21 100.00 Dr receivable-insured/420000/310/310200 Cr payable-institution/H31010100001/310/310200",
                "2026-11-21 8000.00 Dr hub-receivable/420000/310/310100 Cr hub-payable/310000/310/310100",
                "2026-11-21 123.45 Dr hub-receivable/420000/310/330100 Cr hub-payable/310000/310/330100",
                "2026-11-21 100.00 Dr hub-receivable/420000/310/310200 Cr hub-payable/310000/310/310200",
                "2026-11-21 8000.00 Dr expense-benefit/420100/310/310100 Cr payable-treatment/310000/310/310100",
                "2026-11-21 123.45 Dr expense-benefit/420100/310/330100 Cr payable-treatment/310000/310/330100",
                "2026-11-21 100.00 Dr expense-benefit/420100/310/310200 Cr payable-treatment/310000/310/310200",
                "2026-11-22 123.45 Dr payable-institution/H31010100001/310/330100 Cr receivable-insured/420000/310/330100",
            ]
        );
        let cancelled = undo(&made[1..2], Undoing::Cancellation, settled.day, settled.recorded_at);
        assert_eq!(cancelled[0].id, undone[0].id);
    }
}

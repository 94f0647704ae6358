//! Movements: what an event of the field moves. One kind of event a file; typed functions, nothing by name.
//!
//! Settlements move entries of the journal ([`settlement`]) and enter the general ledger by the [`summary`] of a day; all others are
//! legs of vouchers of the general ledger: a function gives one [`Leg`] for one [`Part`], and the caller puts the legs of what
//! belongs together into one voucher.

pub mod area_money;
pub mod area_prepayment;
pub mod clearing;
pub mod corrected_settlement;
pub mod correction;
pub mod deduction;
pub mod institution_payment;
pub mod interest;
pub mod opening;
pub mod payment_order;
pub mod penalty;
pub mod prepayment;
pub mod quality_deposit;
pub mod settlement;
pub mod summary;
pub mod unidentified;
pub mod withholding;
pub mod year_closing;

use crate::{
    chart::{Account, Purse},
    ledger::{Leg, Phase},
};
use terms::{Fen, InsuranceScheme};

/// An amount of one purse of one scheme: what one leg moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The scheme (险种).
    pub scheme: InsuranceScheme,
    /// Whose money.
    pub purse: Purse,
    /// How much.
    pub amount: Fen,
}

impl Part {
    /// A part, of a fund or of the personal accounts.
    pub fn new(scheme: InsuranceScheme, purse: impl Into<Purse>, amount: Fen) -> Self {
        Self { scheme, purse: purse.into(), amount }
    }

    fn leg(
        self,
        debit: impl FnOnce(InsuranceScheme, Purse) -> Account,
        credit: impl FnOnce(InsuranceScheme, Purse) -> Account,
        phase: Phase,
    ) -> Leg {
        let Self { scheme, purse, amount } = self;
        Leg { debit: debit(scheme, purse), credit: credit(scheme, purse), amount, phase }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use terms::{Fund, PoolingArea, Province};

    /// How a leg reads in the tables of tests, without scheme and purse.
    pub fn told(leg: &Leg) -> String {
        let name = |account: &Account| format!("{}/{}", account.kind().key(), account.party());
        let phase = match &leg.phase {
            Phase::Final => String::new(),
            Phase::Reserve => " reserve".to_owned(),
            Phase::Post(end) => format!(" post {end}"),
            Phase::Void(end) => format!(" void {end}"),
        };
        format!("Dr {} Cr {} {}{phase}", name(&leg.debit), name(&leg.credit), leg.amount)
    }

    #[test]
    fn the_movements_as_a_table() {
        let province = |code: &str| code.parse::<Province>().unwrap();
        let (hubei, shanghai) = (province("420000"), province("310000"));
        let hospital: terms::InstitutionCode = "H31010100001".parse().unwrap();
        let wuhan = PoolingArea("420100".parse().unwrap());
        let part = Part::new(InsuranceScheme::Employee, Fund::EmployeePool, Fen::yuan(100));
        let order = crate::ledger::VoucherId::new("order/1").unwrap();
        let legs = [
            prepayment::paid(hubei, shanghai, part, Phase::Reserve),
            prepayment::paid(hubei, shanghai, part, Phase::Post(order.leg(0))),
            prepayment::received(shanghai, hubei, part),
            prepayment::at_hub(hubei, shanghai, part),
            prepayment::given_back(shanghai, hubei, part, Phase::Final),
            prepayment::taken_back(hubei, shanghai, part),
            prepayment::back_at_hub(hubei, shanghai, part),
            clearing::paid(hubei, shanghai, part, Phase::Void(order.leg(3))),
            clearing::received(shanghai, hubei, part),
            clearing::at_hub(hubei, shanghai, part),
            deduction::at_treatment(&hospital, hubei, part),
            deduction::at_hub(hubei, shanghai, part),
            deduction::at_insured(wuhan, shanghai, part),
            corrected_settlement::at_hub(hubei, shanghai, part),
            corrected_settlement::at_hub(hubei, shanghai, Part { amount: -part.amount, ..part }),
            area_money::for_prepayment(hubei, wuhan, part),
            area_money::for_clearing(hubei, wuhan, part),
            institution_payment::funded(shanghai, part, Phase::Final),
            institution_payment::paid(shanghai, &hospital, part, Phase::Final),
            withholding::withheld(&hospital, part),
            withholding::released(&hospital, part),
            withholding::retained(&hospital, part),
            quality_deposit::kept(&hospital, part),
            quality_deposit::given_back(&hospital, part),
            quality_deposit::forfeited(&hospital, part),
            penalty::set_off(&hospital, part),
            penalty::paid_in(shanghai, &hospital, part),
            interest::on_prepayment(shanghai, hubei, part),
            unidentified::at_treatment(shanghai, part),
            unidentified::at_insured(hubei, part),
            opening::at_treatment(shanghai, part),
            opening::at_insured(hubei, part),
        ];
        let told: Vec<String> = legs.iter().map(told).collect();
        assert_eq!(
            told,
            [
                "Dr prepayment-paid/310000 Cr insured-deposit-fiscal/420000 100.00 reserve",
                "Dr prepayment-paid/310000 Cr insured-deposit-fiscal/420000 100.00 post order/1#0",
                "Dr treatment-deposit-fiscal/310000 Cr prepayment-held/420000 100.00",
                "Dr hub-prepayment-held/420000-310000 Cr hub-prepayment-paid/420000-310000 100.00",
                "Dr prepayment-held/420000 Cr treatment-deposit-fiscal/310000 100.00",
                "Dr insured-deposit-fiscal/420000 Cr prepayment-paid/310000 100.00",
                "Dr hub-prepayment-paid/420000-310000 Cr hub-prepayment-held/420000-310000 100.00",
                "Dr payable-treatment/310000 Cr insured-deposit-fiscal/420000 100.00 void order/1#3",
                "Dr treatment-deposit-fiscal/310000 Cr receivable-insured/420000 100.00",
                "Dr hub-payable/310000 Cr hub-receivable/420000 100.00",
                "Dr payable-institution/H31010100001 Cr receivable-insured/420000 100.00",
                "Dr hub-payable/310000 Cr hub-receivable/420000 100.00",
                "Dr payable-treatment/310000 Cr expense-benefit/420100 100.00",
                "Dr hub-receivable/420000 Cr hub-payable/310000 100.00",
                "Dr hub-payable/310000 Cr hub-receivable/420000 100.00",
                "Dr insured-deposit-fiscal/420000 Cr area-prepayment/420100 100.00",
                "Dr insured-deposit-fiscal/420000 Cr area-contribution/420100 100.00",
                "Dr treatment-deposit-expenditure/310000 Cr treatment-deposit-fiscal/310000 100.00",
                "Dr payable-institution/H31010100001 Cr treatment-deposit-expenditure/310000 100.00",
                "Dr payable-institution/H31010100001 Cr withheld-institution/H31010100001 100.00",
                "Dr withheld-institution/H31010100001 Cr payable-institution/H31010100001 100.00",
                "Dr withheld-institution/H31010100001 Cr budget-retained/H31010100001 100.00",
                "Dr payable-institution/H31010100001 Cr quality-deposit-institution/H31010100001 100.00",
                "Dr quality-deposit-institution/H31010100001 Cr payable-institution/H31010100001 100.00",
                "Dr quality-deposit-institution/H31010100001 Cr income-penalty/H31010100001 100.00",
                "Dr payable-institution/H31010100001 Cr income-penalty/H31010100001 100.00",
                "Dr treatment-deposit-fiscal/310000 Cr income-penalty/H31010100001 100.00",
                "Dr treatment-deposit-fiscal/310000 Cr income-interest/420000 100.00",
                "Dr treatment-deposit-fiscal/310000 Cr treatment-unidentified/310000 100.00",
                "Dr insured-deposit-fiscal/420000 Cr insured-unidentified/420000 100.00",
                "Dr treatment-deposit-fiscal/310000 Cr treatment-opening/310000 100.00",
                "Dr insured-deposit-fiscal/420000 Cr insured-opening/420000 100.00",
            ]
        );
        for leg in &legs {
            assert_eq!(leg.debit.ledger(), leg.credit.ledger(), "{leg:?}");
        }
    }
}

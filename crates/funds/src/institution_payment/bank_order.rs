//! What a bank is told to pay of an instalment, and which of that an entry of the bank's statement is about.
//!
//! Each scheme (险种) has an account of its own for payments (支出户), so an instalment is one order for each of its schemes. An
//! entry is matched by the reference from end to end, and where the bank has lost it, by amount and payee, if exactly one order fits.
//! Whatever else is said of an order is for a person. This module must not know the format of the files.

use super::Money;
use crate::bank::{Entry, Nature, is_named};
use std::collections::BTreeMap;
use terms::{Fen, InsuranceScheme};

/// The longest reference that a bank carries from end to end, in characters.
pub const REFERENCE_MAX: usize = 35;

/// A scheme's part of an instalment, as the bank is told to pay it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankOrder {
    /// 拨付单号.
    pub payment: String,
    /// 期次.
    pub instalment: u16,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// How much.
    pub amount: Fen,
    /// The payee's account (收款账号).
    pub payee: String,
}

impl BankOrder {
    /// The orders of an instalment, one a scheme.
    pub fn of_instalment((payment, instalment): (&str, u16), money: &Money, payee: &str) -> Vec<Self> {
        let mut amounts = BTreeMap::<InsuranceScheme, Fen>::new();
        for ((scheme, _), amount) in money {
            *amounts.entry(*scheme).or_default() += *amount;
        }
        amounts.retain(|_, amount| *amount > Fen::ZERO);
        let order = |(scheme, amount)| Self {
            payment: payment.to_owned(),
            instalment,
            scheme,
            amount,
            payee: payee.to_owned(),
        };
        amounts.into_iter().map(order).collect()
    }

    /// The reference from end to end: payment, instalment and scheme.
    pub fn reference(&self) -> String {
        format!("{}-{}-{}", self.payment, self.instalment, self.scheme.code())
    }
}

/// What an entry of an account for payments is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match<'a> {
    /// The bank has paid an order.
    Paid(&'a BankOrder),
    /// The bank has sent an order back.
    Returned(&'a BankOrder),
    /// A fee of the bank: never a fund's.
    Fee,
    /// Nobody knows: for a person, with what may help.
    Unidentified(String),
}

/// Finds what an entry of a scheme's account for payments is about, among the orders that the bank has yet to answer for.
pub fn find<'a>(entry: &Entry, scheme: InsuranceScheme, orders: &'a [BankOrder]) -> Match<'a> {
    if entry.nature == Nature::Fee {
        return Match::Fee;
    }
    let of_scheme = || orders.iter().filter(|order| order.scheme == scheme);
    if let Some(order) = of_scheme().find(|order| is_named(entry, &order.reference())) {
        return said(entry, order).unwrap_or_else(|| {
            let (reference, amount) = (order.reference(), order.amount);
            Match::Unidentified(format!("附言指向拨付[{reference}]，但金额不是{amount}，请人工核对"))
        });
    }
    let is_payee = |order: &&BankOrder| entry.counterparty.number.as_ref() == Some(&order.payee);
    let fits: Vec<Match<'_>> = of_scheme().filter(is_payee).filter_map(|order| said(entry, order)).collect();
    match <[Match<'_>; 1]>::try_from(fits) {
        Ok([only]) => only,
        Err(none) if none.is_empty() => {
            Match::Unidentified("没有金额和收款账户相符的已下达拨付，请人工核对".to_owned())
        }
        Err(_) => Match::Unidentified("金额和收款账户同时符合几笔拨付，请人工登记银行回单".to_owned()),
    }
}

/// What left is a payment, what came back a return; the whole of it, or nothing is said.
fn said<'a>(entry: &Entry, order: &'a BankOrder) -> Option<Match<'a>> {
    if entry.amount == -order.amount {
        Some(Match::Paid(order))
    } else if entry.amount == order.amount {
        Some(Match::Returned(order))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bank::Counterparty, chart::Purse};
    use InsuranceScheme::{Employee, Resident};
    use terms::Fund;

    fn orders() -> Vec<BankOrder> {
        let money = |employee, resident| {
            let resident = ((Resident, Purse::Fund(Fund::ResidentPool)), Fen(resident));
            Money::from([
                ((Employee, Purse::Fund(Fund::EmployeePool)), Fen(employee)),
                ((Employee, Purse::PersonalAccount), Fen(1)),
                resident,
            ])
        };
        let first = BankOrder::of_instalment(("BF202610-H1-1", 2), &money(99, 0), "42001");
        let second = BankOrder::of_instalment(("BF202610-H2-1", 1), &money(99, 50), "42002");
        let third = BankOrder::of_instalment(("BF202611-H2-1", 1), &money(99, 0), "42002");
        [first, second, third].concat()
    }

    #[test]
    fn entries_as_a_table() {
        let orders = orders();
        let references: Vec<String> = orders.iter().map(BankOrder::reference).collect();
        assert_eq!(
            references,
            ["BF202610-H1-1-2-310", "BF202610-H2-1-1-310", "BF202610-H2-1-1-390", "BF202611-H2-1-1-310"]
        );
        for (amount, reference, text, payee, nature, expected) in [
            (-100, Some("BF202610-H1-1-2-310"), None, None, Nature::Transfer, "paid BF202610-H1-1-2-310"),
            (100, Some("BF202610-H1-1-2-310"), None, None, Nature::Transfer, "returned BF202610-H1-1-2-310"),
            (
                -100,
                None,
                Some("退汇 BF202610-H2-1-1-310"),
                None,
                Nature::Transfer,
                "paid BF202610-H2-1-1-310",
            ),
            (-99, Some("BF202610-H1-1-2-310"), None, None, Nature::Transfer, "金额不是1.00"),
            // Another scheme's account never pays it.
            (-50, Some("BF202610-H2-1-1-390"), None, None, Nature::Transfer, "没有金额和收款账户相符"),
            (-100, None, None, Some("42001"), Nature::Transfer, "paid BF202610-H1-1-2-310"),
            (-100, None, None, Some("42002"), Nature::Transfer, "同时符合几笔"),
            (-100, None, None, Some("42003"), Nature::Transfer, "没有金额和收款账户相符"),
            (-100, None, None, None, Nature::Transfer, "没有金额和收款账户相符"),
            (-100, Some("BF202610-H1-1-2-310"), None, None, Nature::Fee, "fee"),
        ] {
            let entry = Entry {
                reference: "F1".to_owned(),
                on: "2026-12-09".parse().unwrap(),
                amount: Fen(amount),
                nature,
                reversal: amount > 0,
                end_to_end: reference.map(str::to_owned),
                counterparty: Counterparty { name: None, number: payee.map(str::to_owned) },
                text: text.map(str::to_owned),
            };
            let found = match find(&entry, Employee, &orders) {
                Match::Paid(order) => format!("paid {}", order.reference()),
                Match::Returned(order) => format!("returned {}", order.reference()),
                Match::Fee => "fee".to_owned(),
                Match::Unidentified(why) => why,
            };
            assert!(found.contains(expected), "{found}: {expected}");
        }
    }
}

//! Vouchers held against the business that they are of: what it would post is there, leg by leg, and nothing besides.

use super::Finding;
use crate::context::Outcome;
use funds::{
    Account,
    ledger::{Leg, Phase, Voucher},
};
use std::collections::BTreeMap;
use store::{
    Conn,
    ledger::{self, proof},
};
use terms::{Fen, Participant};

/// What legs put onto each account, less what they take off; what is set aside or set free does not count.
pub fn net<'a>(legs: impl IntoIterator<Item = &'a Leg>) -> BTreeMap<Account, Fen> {
    let mut sums = BTreeMap::<Account, Fen>::new();
    let moved = legs.into_iter().filter(|leg| matches!(leg.phase, Phase::Final | Phase::Post(_)));
    for leg in moved {
        *sums.entry(leg.debit.clone()).or_default() += leg.amount;
        *sums.entry(leg.credit.clone()).or_default() -= leg.amount;
    }
    sums.retain(|_, amount| !amount.is_zero());
    sums
}

/// The first account on which two such sums differ, in words.
pub fn first_difference(expected: &BTreeMap<Account, Fen>, found: &BTreeMap<Account, Fen>) -> Option<String> {
    let of = |sums: &BTreeMap<Account, Fen>, account| sums.get(account).copied().unwrap_or_default();
    let account = expected.keys().chain(found.keys()).find(|one| of(expected, one) != of(found, one))?;
    Some(format!("科目[{account}]应为{}，凭证为{}", of(expected, account), of(found, account)))
}

/// Holds the vouchers whose ids begin so against those that business makes.
pub async fn hold(
    conn: &mut Conn,
    me: Participant,
    ids: &str,
    expected: &[Voucher],
    finding: &mut Finding,
) -> Outcome<()> {
    for voucher in expected {
        let found = ledger::find(conn, me, &voucher.id).await?;
        let said = match &found {
            None => Some(format!("缺凭证[{}]", voucher.id)),
            Some(found) => differs(voucher, &found.voucher),
        };
        finding.hold(said.is_none(), || said.unwrap_or_default());
    }
    let count = proof::count_vouchers(conn, me, ids).await?;
    let due = i64::try_from(expected.len()).expect("vouchers can be counted");
    finding.hold(count == due, || format!("业务应有[{ids}]凭证{due}张，账上{count}张"));
    finding.checked -= 1;
    Ok(())
}

fn differs(expected: &Voucher, found: &Voucher) -> Option<String> {
    let amounts = |voucher: &Voucher| voucher.legs.iter().map(|leg| leg.amount).sum::<Fen>();
    let is_same = expected.legs.len() == found.legs.len()
        && expected.legs.iter().all(|leg| found.legs.contains(leg))
        && expected.code == found.code;
    let id = &expected.id;
    (!is_same).then(|| format!("凭证[{id}]分录共{}，按业务应为{}", amounts(found), amounts(expected)))
}

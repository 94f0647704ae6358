//! Netting: what it would save if provinces paid only what is left after setting off. A report: the regulation has every pair
//! pay in full (按月全额清算), and nothing here is ever paid.

use super::{Dues, add_dues};
use crate::chart::{Pair, Purse};
use std::collections::{BTreeMap, BTreeSet};
use terms::{Fen, InsuranceScheme, Province};

/// How many transfers, of how much together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfers {
    /// How many.
    pub number: usize,
    /// How much.
    pub volume: Fen,
}

impl Transfers {
    fn add(&mut self, amount: Fen) {
        if amount > Fen::ZERO {
            self.number += 1;
            self.volume += amount;
        }
    }
}

/// A month paid in three ways. Money of different schemes and purses never sets off, so each is netted for itself and a transfer
/// is of one purse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Netting {
    /// Every pair in full, as it is done.
    pub full: Transfers,
    /// What two provinces owe each other set off (双边轧差).
    pub bilateral: Transfers,
    /// Every province pays or receives what is left of all its dues (多边轧差).
    pub multilateral: Transfers,
    /// What is left of each province's dues, by scheme and purse: above nothing it pays, below it receives.
    pub positions: BTreeMap<Province, Dues>,
}

/// What netting would save.
///
/// ```
/// # use funds::clearing::netting::netting;
/// # use funds::Purse;
/// # use terms::{Fen, Fund, InsuranceScheme};
/// let due = |amount| [((InsuranceScheme::Employee, Purse::Fund(Fund::EmployeePool)), Fen(amount))].into();
/// let pairs = [("110000-310000", 70), ("310000-420000", 70), ("420000-110000", 60)];
/// let pairs = pairs.map(|(pair, amount)| (pair.parse().unwrap(), due(amount))).into();
/// let report = netting(&pairs);
/// assert_eq!((report.full.number, report.full.volume), (3, Fen(200)));
/// assert_eq!((report.multilateral.number, report.multilateral.volume), (1, Fen(10)));
/// ```
pub fn netting(pairs: &BTreeMap<Pair, Dues>) -> Netting {
    let mut report = Netting::default();
    let ledgers: BTreeSet<_> = pairs.values().flat_map(BTreeMap::keys).copied().collect();
    for ledger in ledgers {
        let owed: BTreeMap<Pair, Fen> = pairs
            .iter()
            .filter_map(|(pair, dues)| Some((*pair, *dues.get(&ledger)?)))
            .filter(|(_, amount)| !amount.is_zero())
            .collect();
        net(&mut report, ledger, &owed);
    }
    report
}

fn net(report: &mut Netting, ledger: (InsuranceScheme, Purse), owed: &BTreeMap<Pair, Fen>) {
    let mut positions = BTreeMap::<Province, Fen>::new();
    for (pair, amount) in owed {
        report.full.add(Fen(amount.0.abs()));
        let back = Pair { insured: pair.treatment, treatment: pair.insured };
        let other = owed.get(&back).copied().unwrap_or_default();
        // Each two provinces once: by the pair that comes first, or by the only one.
        if *pair < back || other.is_zero() {
            report.bilateral.add(Fen((*amount - other).0.abs()));
        }
        *positions.entry(pair.insured).or_default() += *amount;
        *positions.entry(pair.treatment).or_default() -= *amount;
    }
    settle(&mut report.multilateral, positions.values().copied());
    for (province, amount) in positions {
        add_dues(report.positions.entry(province).or_default(), [(ledger, amount)]);
    }
}

/// Who pays most pays whoever receives most, until nothing is left: at most one transfer fewer than there are provinces.
fn settle(transfers: &mut Transfers, positions: impl Iterator<Item = Fen>) {
    let (mut pay, mut receive): (Vec<Fen>, Vec<Fen>) =
        positions.filter(|amount| !amount.is_zero()).partition(|amount| *amount > Fen::ZERO);
    for amount in &mut receive {
        *amount = -*amount;
    }
    pay.sort_unstable();
    receive.sort_unstable();
    while let (Some(payer), Some(payee)) = (pay.last_mut(), receive.last_mut()) {
        let amount = (*payer).min(*payee);
        transfers.add(amount);
        *payer -= amount;
        *payee -= amount;
        if payer.is_zero() {
            pay.pop();
        }
        if payee.is_zero() {
            receive.pop();
        }
    }
    assert!(pay.is_empty() && receive.is_empty(), "what is paid is received");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use terms::Fund;

    const POOL: (InsuranceScheme, Purse) = (InsuranceScheme::Employee, Purse::Fund(Fund::EmployeePool));
    const LARGE: (InsuranceScheme, Purse) = (InsuranceScheme::Employee, Purse::Fund(Fund::LargeAmount));

    type Owed<'a> = (&'a str, &'a [((InsuranceScheme, Purse), i64)]);

    fn owed(rows: &[Owed<'_>]) -> BTreeMap<Pair, Dues> {
        let dues = |amounts: &[((InsuranceScheme, Purse), i64)]| {
            amounts.iter().map(|(ledger, amount)| (*ledger, Fen(*amount))).collect()
        };
        rows.iter().map(|(pair, amounts)| (pair.parse().unwrap(), dues(amounts))).collect()
    }

    #[test]
    fn three_ways_to_pay_a_month() {
        let (there, back) = ("110000-310000", "310000-110000");
        for (name, rows, full, bilateral, multilateral) in [
            ("nothing", owed(&[]), (0, 0), (0, 0), (0, 0)),
            ("one pair", owed(&[(there, &[(POOL, 100)])]), (1, 100), (1, 100), (1, 100)),
            (
                "both ways",
                owed(&[(there, &[(POOL, 100)]), (back, &[(POOL, 30)])]),
                (2, 130),
                (1, 70),
                (1, 70),
            ),
            (
                "both ways the same",
                owed(&[(there, &[(POOL, 100)]), (back, &[(POOL, 100)])]),
                (2, 200),
                (0, 0),
                (0, 0),
            ),
            (
                "purses do not set off",
                owed(&[(there, &[(POOL, 100)]), (back, &[(LARGE, 100)])]),
                (2, 200),
                (2, 200),
                (2, 200),
            ),
            (
                "money that goes through",
                owed(&[("110000-310000", &[(POOL, 50)]), ("310000-420000", &[(POOL, 50)])]),
                (2, 100),
                (2, 100),
                (1, 50),
            ),
            ("a return", owed(&[(there, &[(POOL, -40)])]), (1, 40), (1, 40), (1, 40)),
        ] {
            let report = netting(&rows);
            let said = [report.full, report.bilateral, report.multilateral];
            let expected = [full, bilateral, multilateral]
                .map(|(number, volume)| Transfers { number, volume: Fen(volume) });
            assert_eq!(said, expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn netting_never_costs_more_and_leaves_everybody_where_they_were(
            amounts in prop::collection::vec((0..6_usize, 0..6_usize, 1..1_000_i64), 0..40)
        ) {
            let provinces = ["110000", "120000", "310000", "420000", "440000", "500000"];
            let mut pairs = BTreeMap::<Pair, Dues>::new();
            for (insured, treatment, amount) in amounts.iter().filter(|(one, other, _)| one != other) {
                let pair = format!("{}-{}", provinces[*insured], provinces[*treatment]).parse().unwrap();
                add_dues(pairs.entry(pair).or_default(), [(POOL, Fen(*amount))]);
            }
            let report = netting(&pairs);
            prop_assert!(report.multilateral.volume <= report.bilateral.volume);
            prop_assert!(report.bilateral.volume <= report.full.volume);
            prop_assert!(report.multilateral.number < provinces.len());
            let left: Fen = report.positions.values().flat_map(BTreeMap::values).copied().sum();
            prop_assert_eq!(left, Fen::ZERO);
            let pays = report.positions.values().flat_map(BTreeMap::values).copied().filter(|one| *one > Fen::ZERO);
            prop_assert_eq!(pays.sum::<Fen>(), report.multilateral.volume);
        }
    }
}

//! Whether the details of a bill are the amounts by which it was settled: compared at the insured place, to which the details
//! are sent on after the settlement (医疗费用明细信息延后传输).

use crate::bill::{CategoryAmount, Split};
use std::{collections::BTreeMap, fmt};
use terms::{ChargeCategory, Fen};

/// An amount of an expense category (大类费用) that is not the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The category.
    pub category: ChargeCategory,
    /// Which amount of it, in Chinese.
    pub amount: &'static str,
    /// The sum of the details.
    pub details: Fen,
    /// What was settled.
    pub settled: Fen,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { category, amount, details, settled } = self;
        write!(f, "{category}{amount}明细合计{details}元，结算{settled}元")
    }
}

/// Every amount that differs, by category; none if the details are what was settled.
pub fn differences(details: &[CategoryAmount], settled: &[CategoryAmount]) -> Vec<Difference> {
    let mut sums = BTreeMap::<ChargeCategory, (Split, Split)>::new();
    for one in details {
        sums.entry(one.category).or_default().0 += one.split;
    }
    for one in settled {
        sums.entry(one.category).or_default().1 += one.split;
    }
    let of_category = |(category, (details, settled)): (ChargeCategory, (Split, Split))| {
        let pairs = amounts(details).into_iter().zip(amounts(settled));
        pairs.filter_map(move |((amount, details), (_, settled))| {
            (details != settled).then_some(Difference { category, amount, details, settled })
        })
    };
    sums.into_iter().flat_map(of_category).collect()
}

fn amounts(split: Split) -> [(&'static str, Fen); 6] {
    [
        ("总额", split.total),
        ("全自费", split.out_of_scope),
        ("超限价自费", split.over_limit),
        ("先行自付", split.first_self_pay),
        ("符合政策范围", split.in_scope),
        ("全额支付", split.in_full),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(category: ChargeCategory, out_of_scope: i64, in_scope: i64) -> CategoryAmount {
        let split = Split {
            total: Fen(out_of_scope + in_scope),
            out_of_scope: Fen(out_of_scope),
            in_scope: Fen(in_scope),
            ..Split::default()
        };
        CategoryAmount { category, split }
    }

    #[test]
    fn every_amount_that_differs_is_named() {
        use ChargeCategory::{Bed, WesternMedicine as Drug};
        let settled = [of(Bed, 0, 500), of(Drug, 100, 900)];
        for (what, details, named) in [
            ("the same, in another order", vec![of(Drug, 100, 900), of(Bed, 0, 500)], vec![]),
            ("in more lines", vec![of(Drug, 100, 0), of(Bed, 0, 500), of(Drug, 0, 900)], vec![]),
            (
                "a category that nothing is left of",
                vec![of(Drug, 100, 900)],
                vec!["床位费总额", "床位费符合政策范围"],
            ),
            (
                "the same total, split otherwise",
                vec![of(Bed, 0, 500), of(Drug, 101, 899)],
                vec![
                    "西药费全自费明细合计1.01元，结算1.00元",
                    "西药费符合政策范围明细合计8.99元，结算9.00元",
                ],
            ),
        ] {
            let found: Vec<String> =
                differences(&details, &settled).iter().map(ToString::to_string).collect();
            assert_eq!(found.len(), named.len(), "{what}: {found:?}");
            assert!(
                found.iter().zip(&named).all(|(found, named)| found.starts_with(named)),
                "{what}: {found:?}"
            );
        }
    }
}

//! Dividing an amount of money by weights, exact to the fen: every part gets its share rounded down, and the fen that are left
//! go one each to those whose shares lost most by that (最大余额法, the method of largest remainders).

use std::collections::BTreeMap;
use terms::Fen;

/// The name of the rounding, for statements.
pub const ROUNDING: &str = "最大余额法（各份舍去不足一分的部分，余下的分按被舍去部分从大到小逐一补足）";

/// The parts of an amount by their weights; together they are the amount. Whoever weighs nothing or less gets nothing; equal
/// remainders go by the order of the keys. `None` where nobody weighs anything, unless there is nothing to divide.
///
/// A negative amount is divided as its mirror image.
///
/// ```
/// # use funds::division::by_largest_remainder;
/// # use terms::Fen;
/// let parts = by_largest_remainder(Fen(100), &[("a", Fen(1)), ("b", Fen(1)), ("c", Fen(1))].into());
/// assert_eq!(parts, Some([("a", Fen(34)), ("b", Fen(33)), ("c", Fen(33))].into()));
/// ```
pub fn by_largest_remainder<K: Ord + Clone>(
    amount: Fen,
    weights: &BTreeMap<K, Fen>,
) -> Option<BTreeMap<K, Fen>> {
    let weight = |one: &Fen| i128::from(one.0.max(0));
    let whole: i128 = weights.values().map(weight).sum();
    if whole == 0 {
        let nothing = || weights.keys().map(|key| (key.clone(), Fen::ZERO)).collect();
        return amount.is_zero().then(nothing);
    }
    let magnitude = i128::from(amount.0).abs();
    let share = |one: &Fen| (magnitude * weight(one) / whole, magnitude * weight(one) % whole);
    let mut shares: Vec<(&K, i128, i128)> = weights
        .iter()
        .map(|(key, one)| {
            let (part, lost) = share(one);
            (key, part, lost)
        })
        .collect();
    let left = magnitude - shares.iter().map(|(_, part, _)| part).sum::<i128>();
    shares.sort_by_key(|(key, _, lost)| (-lost, *key));
    let left = usize::try_from(left).expect("fewer fen are left than there are parts");
    for (_, part, _) in shares.iter_mut().take(left) {
        *part += 1;
    }
    let signed = |part: i128| i64::try_from(part * i128::from(amount.0.signum())).expect("a part of it");
    Some(shares.into_iter().map(|(key, part, _)| (key.clone(), Fen(signed(part)))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_as_a_table() {
        for (amount, weights, parts, why) in [
            (100, vec![1, 1, 1], Some(vec![34, 33, 33]), "equal remainders go by order"),
            (100, vec![1, 2], Some(vec![33, 67]), "66.67 lost more than 33.33"),
            (10, vec![3, 3, 1], Some(vec![4, 4, 2]), "4.28, 4.28, 1.43: the last lost most"),
            (7, vec![0, 5, -3], Some(vec![0, 7, 0]), "who weighs nothing gets nothing"),
            (-100, vec![1, 1, 1], Some(vec![-34, -33, -33]), "the mirror image"),
            (0, vec![0, 0], Some(vec![0, 0]), "nothing to divide"),
            (1, vec![0, 0], None, "nobody to divide by"),
            (0, vec![], Some(vec![]), "nobody and nothing"),
            (2, vec![1, 1, 1], Some(vec![1, 1, 0]), "less fen than parts"),
        ] {
            let weights: BTreeMap<usize, Fen> = weights.into_iter().map(Fen).enumerate().collect();
            let found = by_largest_remainder(Fen(amount), &weights);
            let found = found.map(|parts| parts.into_values().map(|part| part.0).collect::<Vec<_>>());
            assert_eq!(found, parts, "{why}");
        }
    }

    proptest! {
        #[test]
        fn parts_are_the_whole_and_within_a_fen_of_their_shares(
            amount in -1_000_000_000_000_i64..1_000_000_000_000,
            weights in prop::collection::vec(0..1_000_000_000_000_i64, 1..40),
        ) {
            let whole: i128 = weights.iter().copied().map(i128::from).sum();
            prop_assume!(whole > 0);
            let weights: BTreeMap<usize, Fen> = weights.into_iter().map(Fen).enumerate().collect();
            let parts = by_largest_remainder(Fen(amount), &weights).unwrap();
            prop_assert_eq!(parts.values().copied().sum::<Fen>(), Fen(amount));
            for (key, part) in parts {
                let off = i128::from(part.0) * whole - i128::from(amount) * i128::from(weights[&key].0);
                prop_assert!(off.abs() < whole, "{} of {:?}", part, weights[&key]);
            }
        }
    }
}

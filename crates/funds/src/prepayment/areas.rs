//! Prepayment that a province collects from its pooling areas (统筹区上解预付金): how much each of them puts up.

use crate::{division::by_largest_remainder, rule::Collected};
use std::collections::BTreeMap;
use terms::{Fen, PoolingArea, Rounding};

/// What each area puts up for one scheme: `amount` is what the province pays ahead for it to all others together, `paid` what
/// was paid for each area's people in the whole last year.
///
/// `None` where there is something to put up and nobody to put it up by last year's payments: people must say then.
///
/// ```
/// # use funds::{prepayment::collected, rule::Collected};
/// # use terms::{Fen, PoolingArea};
/// let area = |number: &str| PoolingArea(number.parse().unwrap());
/// let paid = [(area("420100"), Fen::yuan(900)), (area("420200"), Fen::yuan(300))].into();
/// let divided = collected(Collected::Divided, Fen::yuan(200), &paid).unwrap();
/// assert_eq!(divided[&area("420100")], Fen::yuan(150));
/// let six_months = collected(Collected::Months(6), Fen::yuan(200), &paid).unwrap();
/// assert_eq!(six_months[&area("420100")], Fen::yuan(450));
/// ```
pub fn collected(
    rule: Collected,
    amount: Fen,
    paid: &BTreeMap<PoolingArea, Fen>,
) -> Option<BTreeMap<PoolingArea, Fen>> {
    match rule {
        Collected::Divided => by_largest_remainder(amount, paid),
        Collected::Months(months) => {
            let of_area = |year: Fen| Rounding::HalfUp.ratio(year.or_zero(), i64::from(months), 12);
            Some(paid.iter().map(|(area, year)| (*area, of_area(*year))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_areas_put_up_as_a_table() {
        let areas = ["420100", "420200", "429004"].map(|area| PoolingArea(area.parse().unwrap()));
        for (rule, amount, paid, expected, why) in [
            (Collected::Divided, 1_000, [500, 300, 200], Some([500, 300, 200]), "in proportion"),
            (Collected::Divided, 100, [1, 1, 1], Some([34, 33, 33]), "exact to the fen"),
            (Collected::Divided, 100, [5, -9, 0], Some([100, 0, 0]), "nothing below nothing"),
            (Collected::Divided, 100, [0, 0, 0], None, "nobody to divide by"),
            (Collected::Divided, 0, [0, 0, 0], Some([0, 0, 0]), "nothing to divide"),
            (Collected::Months(6), 1, [1_200, 25, 0], Some([600, 13, 0]), "12.5 is a tie and goes up"),
            (Collected::Months(2), 0, [1_200, -24, 6], Some([200, 0, 1]), "whatever the province pays"),
        ] {
            let paid = areas.into_iter().zip(paid.map(Fen)).collect();
            let found = collected(rule, Fen(amount), &paid);
            let found = found.map(|parts| parts.into_values().map(|part| part.0).collect::<Vec<_>>());
            assert_eq!(found, expected.map(|parts| parts.to_vec()), "{why}");
        }
    }
}

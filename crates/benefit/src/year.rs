//! What a person has used in the insurance year so far.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use terms::{Fen, Fund};

/// The sums of the standing settlements of one person, scheme and insurance year (年度累计).
///
/// An additive group: [`YearToDate::plus`] a settlement's contribution and [`YearToDate::minus`] it again is where one
/// started, so that a cancellation (撤销) restores the year exactly. A fund that paid nothing and a fund that is not named are
/// the same.
#[derive(Clone, Debug, Default, Eq, Serialize, Deserialize)]
pub struct YearToDate {
    /// Admissions (住院次数) settled.
    pub admissions: i64,
    /// Total expense.
    pub total: Fen,
    /// In-scope expense.
    pub in_scope: Fen,
    /// Deductible paid (已付起付标准).
    pub deductible: Fen,
    /// What the person paid of the total.
    pub person: Fen,
    /// What each fund paid.
    pub fund_paid: BTreeMap<Fund, Fen>,
}

impl YearToDate {
    /// What one fund paid.
    pub fn paid_by(&self, fund: Fund) -> Fen {
        self.fund_paid.get(&fund).copied().unwrap_or_default()
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.combined(other, 1)
    }

    /// This without the other.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.combined(other, -1)
    }

    fn combined(&self, other: &Self, sign: i64) -> Self {
        let signed = |amount: Fen| if sign < 0 { -amount } else { amount };
        let mut fund_paid = self.fund_paid.clone();
        for (fund, amount) in &other.fund_paid {
            *fund_paid.entry(*fund).or_default() += signed(*amount);
        }
        fund_paid.retain(|_, amount| !amount.is_zero());
        Self {
            admissions: self.admissions + sign * other.admissions,
            total: self.total + signed(other.total),
            in_scope: self.in_scope + signed(other.in_scope),
            deductible: self.deductible + signed(other.deductible),
            person: self.person + signed(other.person),
            fund_paid,
        }
    }

    fn payments(&self) -> impl Iterator<Item = (&Fund, &Fen)> {
        self.fund_paid.iter().filter(|(_, amount)| !amount.is_zero())
    }
}

impl PartialEq for YearToDate {
    fn eq(&self, other: &Self) -> bool {
        (self.admissions, self.total, self.in_scope, self.deductible, self.person)
            == (other.admissions, other.total, other.in_scope, other.deductible, other.person)
            && self.payments().eq(other.payments())
    }
}

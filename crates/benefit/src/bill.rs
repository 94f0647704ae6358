//! What the treatment place hands over: a bill that its catalog has already split, and the person and places it concerns.

use serde::{Deserialize, Serialize};
use std::{
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub},
};
use terms::{
    ChargeCategory, Day, Fen, FilingCategory, InsuranceScheme, InsuredPlace, MemberStatus, SettlementLevel,
    TreatmentPlace,
};

/// An amount of expense split by the treatment place's scope of payment (支付范围): the total is always the sum of the other
/// four parts (national interface, amount identity 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Split {
    /// All of it (医疗费总额, `medfee_sumamt`).
    pub total: Fen,
    /// Out of scope (全自费, `fulamt_ownpay_amt`): 丙类 items.
    pub out_of_scope: Fen,
    /// Above the limit price (超限价自费, `overlmt_selfpay`).
    pub over_limit: Fen,
    /// First self-pay (先行自付, `preselfpay_amt`): the person's share of a 乙类 item before any benefit.
    pub first_self_pay: Fen,
    /// In scope (符合政策范围, `inscp_scp_amt`): what the insured place's policy divides.
    pub in_scope: Fen,
}

impl Split {
    /// Whether the total is the sum of its four parts.
    pub fn is_consistent(&self) -> bool {
        self.total == self.out_of_scope + self.over_limit + self.first_self_pay + self.in_scope
    }

    /// Whether any part is below nothing, as in a line that gives back.
    pub fn has_negative_part(&self) -> bool {
        [self.total, self.out_of_scope, self.over_limit, self.first_self_pay, self.in_scope]
            .into_iter()
            .any(Fen::is_negative)
    }
}

impl Add for Split {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            out_of_scope: self.out_of_scope + other.out_of_scope,
            over_limit: self.over_limit + other.over_limit,
            first_self_pay: self.first_self_pay + other.first_self_pay,
            in_scope: self.in_scope + other.in_scope,
        }
    }
}

impl Neg for Split {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            total: -self.total,
            out_of_scope: -self.out_of_scope,
            over_limit: -self.over_limit,
            first_self_pay: -self.first_self_pay,
            in_scope: -self.in_scope,
        }
    }
}

impl Sub for Split {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl AddAssign for Split {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Split {
    fn sum<I: Iterator<Item = Self>>(splits: I) -> Self {
        splits.fold(Self::default(), Add::add)
    }
}

/// The split of one national expense category (大类费用).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryAmount {
    /// Which of the fourteen.
    pub category: ChargeCategory,
    /// Its amounts.
    pub split: Split,
}

/// The bill of one stay in hospital (住院), from admission to discharge. A stay over the end of a year is one bill; its
/// discharge selects policy and year (跨年度结算按出院日期).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// The level at which the hospital is settled (医保结算等级), as the treatment place gave it.
    pub level: SettlementLevel,
    /// Whether it is a hospital of Chinese medicine (中医医院), for which some policies lower the deductible.
    pub chinese_medicine: bool,
    /// Day of admission (入院); a person's age counts on this day.
    pub admission: Day,
    /// Day of discharge (出院); it selects the version of the policy.
    pub discharge: Day,
    /// The amounts by category.
    pub categories: Vec<CategoryAmount>,
}

impl Bill {
    /// The split of the whole bill.
    pub fn sum(&self) -> Split {
        self.categories.iter().map(|one| one.split).sum()
    }
}

/// The person as far as a policy distinguishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The scheme (险种) in which they are insured.
    pub scheme: InsuranceScheme,
    /// What they are in it (人员类别).
    pub status: MemberStatus,
    /// Day of birth.
    pub birth: Day,
}

/// How the stay stands with the filing register (备案).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilingStanding {
    /// A filing covers the stay.
    Filed(FilingCategory),
    /// No filing, but the hospital says emergency: counts as filed (视同备案, 规程 art. 34), at the emergency standard.
    DeemedFiled,
    /// No filing and no emergency.
    NotFiled,
}

/// One question to the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The bill.
    pub bill: Bill,
    /// The person.
    pub member: Member,
    /// Where they are insured.
    pub insured: InsuredPlace,
    /// Where they were treated.
    pub treatment: TreatmentPlace,
    /// Whether they filed.
    pub standing: FilingStanding,
}

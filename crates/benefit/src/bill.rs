//! What the treatment place hands over: a bill that its catalog has already split, and the person and places it concerns.

use serde::{Deserialize, Serialize};
use std::{
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub},
};
use terms::{
    CareKind, ChargeCategory, ContributionTier, Day, DiseaseCode, Fen, FilingCategory, InsuranceScheme,
    InsuredPlace, MemberClass, MemberStatus, Set, SettlementLevel, TreatmentPlace, VisitMark,
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
    /// What of `in_scope` is paid in full, because the first self-pay of its items is final (一次性先行自付后不再按比例):
    /// neither deductible nor ratio touches it.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub in_full: Fen,
}

impl Split {
    /// Whether the total is the sum of its four parts, and what is paid in full is part of what is in scope.
    pub fn is_consistent(&self) -> bool {
        self.total == self.out_of_scope + self.over_limit + self.first_self_pay + self.in_scope
            && self.in_full.0.abs() <= self.in_scope.0.abs()
    }

    /// Whether any part is below nothing, as in a line that gives back.
    pub fn has_negative_part(&self) -> bool {
        [self.total, self.out_of_scope, self.over_limit, self.first_self_pay, self.in_scope, self.in_full]
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
            in_full: self.in_full + other.in_full,
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
            in_full: -self.in_full,
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

/// The bill of one visit: a stay in hospital from admission to discharge, a visit to an outpatient department, a purchase
/// at a pharmacy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// The kind of care (就医类别).
    #[serde(default = "inpatient", skip_serializing_if = "is_inpatient")]
    pub care: CareKind,
    /// The level at which the institution is settled (医保结算等级), as the treatment place gave it.
    pub level: SettlementLevel,
    /// What is special about the visit or the institution.
    #[serde(default, skip_serializing_if = "nothing_in")]
    pub marks: Set<VisitMark>,
    /// The chronic or special diseases treated (门诊慢特病病种), the main one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diseases: Vec<DiseaseCode>,
    /// Day of admission (入院) or of the visit; a person's age counts on this day.
    pub admission: Day,
    /// Day of discharge (出院) or of the visit; it selects the version of the policy.
    pub discharge: Day,
    /// For a stay that goes on from another hospital (转院): the deductible paid there. Some areas count both as one
    /// admission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred_with: Option<Fen>,
    /// The amounts by category.
    pub categories: Vec<CategoryAmount>,
}

const fn inpatient() -> CareKind {
    CareKind::Inpatient
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_inpatient(care: &CareKind) -> bool {
    matches!(care, CareKind::Inpatient)
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
    /// What else the register says of them (人员身份类别).
    #[serde(default, skip_serializing_if = "nothing_in")]
    pub classes: Set<MemberClass>,
    /// Their contribution tier (缴费档次), where the scheme has several and the register knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<ContributionTier>,
    /// Whole years of contribution (缴费年限), if the register knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution_years: Option<i16>,
    /// The day of retirement, if the register knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_on: Option<Day>,
    /// The chronic or special diseases for which the person is registered (门诊慢特病登记).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diseases: Vec<DiseaseCode>,
}

impl Member {
    /// A person of whom nothing but scheme, status and birth is known.
    pub const fn plain(scheme: InsuranceScheme, status: MemberStatus, birth: Day) -> Self {
        Self {
            scheme,
            status,
            birth,
            classes: Set::new(),
            tier: None,
            contribution_years: None,
            retired_on: None,
            diseases: Vec::new(),
        }
    }
}

/// How the stay stands with the filing register (备案).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilingStanding {
    /// A filing covers the stay.
    Filed(FilingCategory),
    /// A filing stands, but for another place than this one: a long-term filer who returns home or goes on to a third
    /// province.
    FiledElsewhere(FilingCategory),
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
    /// The personal accounts (个人账户) that the person wants to pay from; none: the accounts are not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Accounts>,
    /// What was settled of the same stay before (中途结算): this is what came after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Continued>,
}

/// What the settlements in the middle of a stay (中途结算) took of it: the rest is computed where they ended, so that one stay
/// has one deductible, is one admission and runs through the bands once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continued {
    /// The day of the last one: the nights from then on are this one's.
    pub since: Day,
    /// 医疗费总额 that they settled.
    pub total: Fen,
    /// What of the in-scope amount they divided, deductible excluded.
    pub divided: Fen,
    /// The deductible that was paid with them.
    pub deductible: Fen,
}

impl Case {
    /// The first day of what is settled: that of the admission, or of the settlement before this one.
    pub fn begins(&self) -> Day {
        self.continues.as_ref().map_or(self.bill.admission, |before| before.since)
    }

    /// Whether the institution lies inside the person's pooling area.
    pub fn is_inside(&self) -> bool {
        self.treatment.division().pooling_area() == self.insured.pooling_area()
    }

    /// Whether the institution lies in another pooling area of the person's own province (省内异地).
    pub fn is_elsewhere_in_province(&self) -> bool {
        !self.is_inside() && self.treatment.province() == self.insured.province()
    }
}

/// What personal accounts hold that may be used for a visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// The person's own balance.
    pub own: Fen,
    /// The balances of family members who share theirs (家庭共济), in the order in which they are used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub family: Vec<Fen>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_nothing(amount: &Fen) -> bool {
    amount.is_zero()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn nothing_in<T>(set: &Set<T>) -> bool {
    set.is_empty()
}

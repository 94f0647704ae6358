//! What an outside core system (a scheme that computes its own benefit, such as 新农合) says of a visit, and what of it is believed.
//!
//! Such a system is asked for amounts, not for reasons. [`accept`] makes the same [`Breakdown`] of them that a policy would give,
//! with all identities, or says what does not add up. This module must not know how the amounts came here.

use crate::{
    Bill, Breakdown, Line, YearToDate,
    scheme::Burden,
    year::{Counter, Measure},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};
use terms::{CareKind, Fen, Fund, InsuranceScheme, Rate};

/// What an outside core system says that a visit comes to. All amounts in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    /// The whole bill (医疗费总额), as it was asked for.
    pub total: Fen,
    /// What each fund pays (基金支付), by name; a fund that pays nothing is not named.
    pub funds: BTreeMap<Fund, Fen>,
    /// What the person pays (个人负担总额), the account included.
    pub person_total: Fen,
    /// What of it the personal account pays (个人账户支出). The system keeps the account itself.
    #[serde(default)]
    pub account: Fen,
    /// What of it is the deductible (起付标准).
    #[serde(default)]
    pub deductible: Fen,
    /// By which rule, in a few words that stand on the statement: title and number of the notice.
    pub policy: String,
}

/// The longest name of a rule, in characters.
pub const POLICY_CHARACTERS_MAX: usize = 200;

/// Amounts that cannot be what a visit comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// Not the bill that was asked for.
    OtherTotal {
        /// What was asked for.
        asked: Fen,
        /// What was answered.
        answered: Fen,
    },
    /// An amount is below nothing, or above the whole bill.
    OutOfBounds {
        /// Which one, in Chinese.
        name: &'static str,
        /// How much.
        amount: Fen,
    },
    /// A fund that is none of the scheme's.
    OtherFund {
        /// Which one.
        fund: Fund,
    },
    /// Funds and person do not make the total.
    DoesNotAddUp {
        /// All funds.
        funds: Fen,
        /// The person.
        person: Fen,
        /// The total.
        total: Fen,
    },
    /// The part is more than what it is a part of.
    PartAboveWhole {
        /// Which part, in Chinese.
        part: &'static str,
        /// How much.
        amount: Fen,
        /// Of what, in Chinese.
        whole: &'static str,
        /// How much that is.
        limit: Fen,
    },
    /// No rule is named, or its name is too long.
    PolicyNotNamed,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherTotal { asked, answered } => {
                write!(f, "医疗费总额应为{asked}元，返回{answered}元")
            }
            Self::OutOfBounds { name, amount } => write!(f, "{name}{amount}元为负或超过医疗费总额"),
            Self::OtherFund { fund } => write!(f, "基金[{}]不属于该险种", fund.code()),
            Self::DoesNotAddUp { funds, person, total } => {
                write!(f, "基金{funds}元加个人{person}元不等于总额{total}元")
            }
            Self::PartAboveWhole { part, amount, whole, limit } => {
                write!(f, "{part}{amount}元超过{whole}{limit}元")
            }
            Self::PolicyNotNamed => f.write_str("未写明待遇政策依据，或超过200个字"),
        }
    }
}

/// The breakdown of a bill by such amounts, if they can be. `begins` says whether the visit counts as one more of the year: a
/// stay that goes on from an earlier settlement does not.
///
/// # Errors
/// The first that does not add up.
///
/// # Panics
/// If amounts that were checked do not make a breakdown whose identities hold: never.
pub fn accept(
    amounts: &Amounts,
    bill: &Bill,
    scheme: InsuranceScheme,
    begins: bool,
) -> Result<Breakdown, Disagreement> {
    check(amounts, bill, scheme)?;
    let split = bill.sum();
    let fund_total: Fen = amounts.funds.values().copied().sum();
    let divided = split.in_scope - amounts.deductible;
    let pool = amounts.funds.get(&scheme.pool()).copied().unwrap_or_default();
    let breakdown = Breakdown {
        lines: lines(amounts),
        fund_payments: paying(amounts).collect(),
        fund_total,
        person_total: amounts.person_total,
        burdens: burdens(amounts, bill),
        account_paid: amounts.account,
        family_paid: Vec::new(),
        account_left: None,
        deductible_paid: amounts.deductible,
        pool_ratio: Rate::of_parts(pool, divided),
        contribution: contribution(amounts, bill, begins),
        earlier: None,
        policy_day: bill.discharge,
        unconfirmed: Vec::new(),
        split,
        rows_used: Vec::new(),
    };
    breakdown.check().expect("amounts that add up make a breakdown that does");
    Ok(breakdown)
}

fn check(amounts: &Amounts, bill: &Bill, scheme: InsuranceScheme) -> Result<(), Disagreement> {
    let split = bill.sum();
    let total = split.total;
    if amounts.total != total {
        return Err(Disagreement::OtherTotal { asked: total, answered: amounts.total });
    }
    let single = [
        ("个人负担总额", amounts.person_total),
        ("个人账户支出", amounts.account),
        ("起付标准", amounts.deductible),
    ];
    let funds = amounts.funds.iter().map(|(fund, paid)| (fund.chinese(), *paid));
    // Each within the bill, so that no sum of them can overflow.
    if let Some((name, amount)) =
        single.into_iter().chain(funds).find(|(_, amount)| amount.is_negative() || *amount > total)
    {
        return Err(Disagreement::OutOfBounds { name, amount });
    }
    if let Some(fund) = amounts.funds.keys().find(|fund| !belongs(**fund, scheme)) {
        return Err(Disagreement::OtherFund { fund: *fund });
    }
    let (funds, person): (Fen, Fen) = (amounts.funds.values().copied().sum(), amounts.person_total);
    if funds + person != total {
        return Err(Disagreement::DoesNotAddUp { funds, person, total });
    }
    for (part, amount, whole, limit) in [
        ("个人账户支出", amounts.account, "个人负担总额", person),
        ("起付标准", amounts.deductible, "个人负担总额", person),
        ("起付标准", amounts.deductible, "符合政策范围金额", split.in_scope),
    ] {
        if amount > limit {
            return Err(Disagreement::PartAboveWhole { part, amount, whole, limit });
        }
    }
    let named = amounts.policy.trim();
    if named.is_empty() || named.chars().count() > POLICY_CHARACTERS_MAX {
        return Err(Disagreement::PolicyNotNamed);
    }
    Ok(())
}

/// Whether a fund may pay in a scheme: all but the pool of the other one and what only employees have.
fn belongs(fund: Fund, scheme: InsuranceScheme) -> bool {
    match scheme {
        InsuranceScheme::Employee => !matches!(fund, Fund::ResidentPool | Fund::ResidentCatastrophic),
        InsuranceScheme::Resident => !matches!(
            fund,
            Fund::EmployeePool | Fund::LargeAmount | Fund::CivilServant | Fund::EnterpriseSupplement
        ),
    }
}

fn paying(amounts: &Amounts) -> impl Iterator<Item = (Fund, Fen)> {
    amounts.funds.iter().map(|(fund, paid)| (*fund, *paid)).filter(|(_, paid)| !paid.is_zero())
}

/// One line a fund, with the rule that the system names.
fn lines(amounts: &Amounts) -> Vec<Line> {
    let line = |(fund, paid): (Fund, Fen)| Line {
        step: "外部核心系统".into(),
        amount_in: amounts.total,
        parameter: format!("{}支付", fund.chinese()),
        since: None,
        amount_out: paid,
        rounding: None,
        fund: Some(fund),
        source: amounts.policy.trim().into(),
        confidence: None,
    };
    paying(amounts).map(line).collect()
}

/// What the person pays, by parts: what the catalog left to them first, as far as they pay at all, and the rest as own share.
fn burdens(amounts: &Amounts, bill: &Bill) -> BTreeMap<Burden, Fen> {
    let split = bill.sum();
    let mut left = amounts.person_total;
    let mut burdens = BTreeMap::new();
    for (part, amount) in [
        (Burden::Deductible, amounts.deductible),
        (Burden::OutOfScope, split.out_of_scope),
        (Burden::OverLimit, split.over_limit),
        (Burden::FirstSelfPay, split.first_self_pay),
        (Burden::OwnShare, amounts.total),
    ] {
        let borne = amount.at_most(left).or_zero();
        if !borne.is_zero() {
            burdens.insert(part, borne);
        }
        left -= borne;
    }
    burdens
}

/// What the visit adds to the year that this node shows; what limits the benefit, the system counts itself.
fn contribution(amounts: &Amounts, bill: &Bill, begins: bool) -> YearToDate {
    let split = bill.sum();
    let care: CareKind = bill.care;
    let counted = [
        (Measure::Visits, i64::from(begins)),
        (Measure::Total, amounts.total.0),
        (Measure::InScope, split.in_scope.0),
        (Measure::Divided, (split.in_scope - amounts.deductible).0),
        (Measure::Deductible, amounts.deductible.0),
        (Measure::Person, amounts.person_total.0),
    ];
    let paid = paying(amounts).map(|(fund, paid)| (Measure::Paid(fund), paid.0));
    counted.into_iter().chain(paid).map(|(measure, amount)| (Counter::of(care, measure), amount)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CategoryAmount, Split};
    use terms::{ChargeCategory, Day, Set, SettlementLevel};

    fn bill() -> Bill {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let split = Split {
            total: Fen::yuan(1_000),
            out_of_scope: Fen::yuan(100),
            over_limit: Fen::ZERO,
            first_self_pay: Fen::yuan(50),
            in_scope: Fen::yuan(850),
            in_full: Fen::ZERO,
        };
        Bill {
            care: CareKind::Inpatient,
            level: SettlementLevel::Secondary,
            marks: Set::new(),
            diseases: Vec::new(),
            admission: day("2026-03-02"),
            discharge: day("2026-03-09"),
            transferred_with: None,
            categories: vec![CategoryAmount { category: ChargeCategory::ALL[0], split }],
        }
    }

    fn amounts() -> Amounts {
        Amounts {
            total: Fen::yuan(1_000),
            funds: BTreeMap::from([
                (Fund::ResidentPool, Fen::yuan(400)),
                (Fund::MedicalAid, Fen::yuan(100)),
                (Fund::ResidentCatastrophic, Fen::ZERO),
            ]),
            person_total: Fen::yuan(500),
            account: Fen::yuan(20),
            deductible: Fen::yuan(150),
            policy: "某新农合〔2026〕1号".to_owned(),
        }
    }

    #[test]
    fn amounts_that_add_up_become_a_breakdown() {
        let breakdown = accept(&amounts(), &bill(), InsuranceScheme::Resident, true).unwrap();
        assert_eq!((breakdown.fund_total, breakdown.cash()), (Fen::yuan(500), Fen::yuan(480)));
        assert_eq!(breakdown.fund_payments.len(), 2, "a fund that pays nothing is not named");
        let burdens: Vec<_> =
            breakdown.burdens.iter().map(|(part, amount)| (*part, amount.0 / 100)).collect();
        assert_eq!(
            burdens,
            [
                (Burden::Deductible, 150),
                (Burden::OwnShare, 200),
                (Burden::FirstSelfPay, 50),
                (Burden::OutOfScope, 100)
            ]
        );
        assert_eq!(breakdown.contribution.admissions(), 1);
        assert_eq!(breakdown.pool_ratio.as_permyriad(), 5_714);
        let goes_on = accept(&amounts(), &bill(), InsuranceScheme::Resident, false).unwrap();
        assert_eq!(goes_on.contribution.admissions(), 0);
    }

    #[test]
    fn amounts_that_do_not_add_up_are_not_believed() {
        let base = amounts();
        let with_pool =
            |paid: Fen| Amounts { funds: BTreeMap::from([(Fund::ResidentPool, paid)]), ..amounts() };
        for (answered, words) in [
            (Amounts { total: Fen::yuan(999), ..base.clone() }, "应为1000.00元，返回999.00元"),
            (Amounts { person_total: Fen::yuan(501), ..base.clone() }, "基金500.00元加个人501.00元"),
            (Amounts { person_total: Fen(-1), ..base.clone() }, "个人负担总额-0.01元为负"),
            (with_pool(Fen(i64::MAX)), "超过医疗费总额"),
            (with_pool(Fen::yuan(-10)), "为负"),
            (
                Amounts { funds: BTreeMap::from([(Fund::EmployeePool, Fen::yuan(500))]), ..base.clone() },
                "[310100]不属于该险种",
            ),
            (Amounts { account: Fen::yuan(501), ..base.clone() }, "个人账户支出501.00元超过个人负担总额"),
            (Amounts { deductible: Fen::yuan(501), ..base.clone() }, "起付标准501.00元超过个人负担总额"),
            (Amounts { policy: "  ".to_owned(), ..base.clone() }, "未写明待遇政策依据"),
            (Amounts { policy: "长".repeat(201), ..base.clone() }, "未写明待遇政策依据"),
        ] {
            let wrong = accept(&answered, &bill(), InsuranceScheme::Resident, true).unwrap_err();
            assert!(wrong.to_string().contains(words), "{wrong}");
        }
    }
}

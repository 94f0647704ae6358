//! Payment of institutions (拨付定点医药机构): what of a month that an institution has confirmed is paid now, what is withheld and why.
//!
//! In this order, for each scheme and purse: what earlier months left to be given back, deductions after audit (审核扣款), total-budget
//! control (总额控制), the quality deposit (质量保证金), penalties (违约金); the rest is payable. The budget and the penalties are of the
//! scheme's pool; a personal account's money is the person's own and is neither controlled nor held as a deposit. This module must
//! not know how lines come to be confirmed or by which bank money goes.

pub mod bank_order;
pub mod voucher;

use crate::{chart::Purse, division::by_largest_remainder, rule::Rules};
use std::{collections::BTreeMap, fmt, str::FromStr};
use terms::{Day, Fen, InsuranceScheme, Rate, Rounding};

/// Amounts by scheme and purse; what is nothing may be left out.
pub type Money = BTreeMap<(InsuranceScheme, Purse), Fen>;

/// The purse to which total-budget control and penalties of a scheme belong.
pub fn pool_of(scheme: InsuranceScheme) -> Purse {
    Purse::Fund(scheme.pool())
}

/// Both together.
#[must_use]
pub fn plus(one: &Money, other: &Money) -> Money {
    let mut both = one.clone();
    for (&key, &amount) in other {
        *both.entry(key).or_default() += amount;
    }
    both
}

/// What all of it comes to.
pub fn whole(money: &Money) -> Fen {
    money.values().copied().sum()
}

/// What the agreement (服务协议) with an institution says about its payment, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// From when it holds.
    pub from: Day,
    /// The share of each payment that is held as a quality deposit.
    pub deposit: Rate,
    /// What becomes of amounts above the budget at the end of the year; not said in every agreement.
    pub year_end: Option<YearEnd>,
    /// Where it is written: the agreement's number.
    pub source: String,
}

impl Terms {
    /// The terms where no agreement has been entered.
    pub fn of_rules(rules: &Rules, day: Day) -> Self {
        Self {
            from: day,
            deposit: rules.institution_deposit,
            year_end: None,
            source: "国家参考参数".to_owned(),
        }
    }
}

/// What an agreement says of amounts above the budget at the end of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YearEnd {
    /// 全额拨付.
    Release,
    /// 按比例分担: the fund bears this share.
    Share(Rate),
    /// 不予拨付.
    Deny,
}

impl YearEnd {
    /// What of an amount above the budget would be paid, rounded half up to the fen.
    pub fn released(self, withheld: Fen) -> Fen {
        match self {
            Self::Release => withheld,
            Self::Share(rate) => rate.of(withheld, Rounding::HalfUp),
            Self::Deny => Fen::ZERO,
        }
    }
}

impl fmt::Display for YearEnd {
    /// `release`, `deny`, or the share in permyriad: `share:5000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release => f.write_str("release"),
            Self::Share(rate) => write!(f, "share:{}", rate.as_permyriad()),
            Self::Deny => f.write_str("deny"),
        }
    }
}

/// A text is not what an agreement can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAYearEnd;

impl FromStr for YearEnd {
    type Err = NotAYearEnd;
    fn from_str(text: &str) -> Result<Self, NotAYearEnd> {
        match text {
            "release" => Ok(Self::Release),
            "deny" => Ok(Self::Deny),
            _ => {
                let share = text.strip_prefix("share:").and_then(|share| share.parse().ok());
                share.and_then(Rate::permyriad).map(Self::Share).ok_or(NotAYearEnd)
            }
        }
    }
}

/// The budget (总额) of an institution in a scheme and year, and what of it is used. Only the pool's money counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// The budget of this month, if months have one.
    pub month: Option<Fen>,
    /// The budget of the year, if the year has one.
    pub year: Option<Fen>,
    /// What was within the budget in earlier months of the year.
    pub used: Fen,
}

impl Budget {
    /// How much of an amount is within the budget.
    fn allows(self, amount: Fen) -> Fen {
        let of_year = self.year.map(|year| (year - self.used).or_zero());
        [self.month, of_year].into_iter().flatten().fold(amount, Fen::min)
    }
}

/// What a payment is computed from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// What the institution has confirmed of the month: funds and personal accounts.
    pub confirmed: Money,
    /// What earlier payments left to be given back.
    pub brought: Money,
    /// Deductions after audit that no earlier payment has set off.
    pub deducted: Money,
    /// Penalties that no earlier payment has taken.
    pub penalties: BTreeMap<InsuranceScheme, Fen>,
    /// The budgets, of schemes that have one.
    pub budgets: BTreeMap<InsuranceScheme, Budget>,
}

/// A payment of one scheme and purse.
///
/// `confirmed + carried = brought + deducted + withheld + deposit + penalty + payable`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What was confirmed; below nothing where more was undone than made.
    pub confirmed: Fen,
    /// What earlier payments left to be given back.
    pub brought: Fen,
    /// 审核扣款.
    pub deducted: Fen,
    /// 总额控制待清算: above the budget, until the end of the year.
    pub withheld: Fen,
    /// 质量保证金.
    pub deposit: Fen,
    /// 违约金.
    pub penalty: Fen,
    /// 应拨付.
    pub payable: Fen,
    /// What the next payment has to give back.
    pub carried: Fen,
}

/// A payment as it is shown before it is adopted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// By scheme and purse.
    pub lines: BTreeMap<(InsuranceScheme, Purse), Line>,
    /// Penalties for which there was not enough, left to the next payment.
    pub penalties_left: BTreeMap<InsuranceScheme, Fen>,
}

impl Draft {
    /// One figure of every line.
    pub fn money(&self, figure: impl Fn(&Line) -> Fen) -> Money {
        let amounts = self.lines.iter().map(|(key, line)| (*key, figure(line)));
        amounts.filter(|(_, amount)| !amount.is_zero()).collect()
    }

    /// One figure of all lines together.
    pub fn sum(&self, figure: impl Fn(&Line) -> Fen) -> Fen {
        self.lines.values().map(figure).sum()
    }
}

/// The payment of a month.
///
/// # Panics
/// If money would get lost or appear on the way.
pub fn draft(basis: &Basis, deposit: Rate) -> Draft {
    let mut draft = Draft::default();
    let of_penalties = basis.penalties.keys().map(|scheme| (*scheme, pool_of(*scheme)));
    let keys = [&basis.confirmed, &basis.brought, &basis.deducted].into_iter().flat_map(BTreeMap::keys);
    for key in keys.copied().chain(of_penalties) {
        draft.lines.entry(key).or_insert_with(|| line(basis, key, deposit));
    }
    for (scheme, penalty) in &basis.penalties {
        let taken = draft.lines.get(&(*scheme, pool_of(*scheme))).map_or(Fen::ZERO, |line| line.penalty);
        if taken < *penalty {
            draft.penalties_left.insert(*scheme, *penalty - taken);
        }
    }
    draft
}

fn line(basis: &Basis, key: (InsuranceScheme, Purse), deposit: Rate) -> Line {
    let (scheme, purse) = key;
    let amount = |money: &Money| money.get(&key).copied().unwrap_or_default();
    let (confirmed, brought, deducted) =
        (amount(&basis.confirmed), amount(&basis.brought), amount(&basis.deducted));
    let left = confirmed - brought - deducted;
    if left <= Fen::ZERO {
        return Line { confirmed, brought, deducted, carried: -left, ..Line::default() };
    }
    let is_pool = purse == pool_of(scheme);
    let budget = basis.budgets.get(&scheme).copied().filter(|_| is_pool).unwrap_or_default();
    let within = budget.allows(left);
    let held = match purse {
        Purse::PersonalAccount => Fen::ZERO,
        Purse::Fund(_) => deposit.of(within, Rounding::HalfUp),
    };
    let penalty = basis.penalties.get(&scheme).copied().filter(|_| is_pool).unwrap_or_default();
    let penalty = penalty.min(within - held);
    let line = Line {
        confirmed,
        brought,
        deducted,
        withheld: left - within,
        deposit: held,
        penalty,
        payable: within - held - penalty,
        carried: Fen::ZERO,
    };
    let parts = line.brought + line.deducted + line.withheld + line.deposit + line.penalty + line.payable;
    assert_eq!(line.confirmed + line.carried, parts, "a payment is what was confirmed");
    line
}

/// What of a payment is ordered next (分期拨付): so much of what is payable and not ordered yet, purse by purse in their order.
/// `None` if that is less than asked for.
pub fn instalment(payable: &Money, ordered: &Money, amount: Fen) -> Option<Money> {
    let mut left = amount;
    let mut part = Money::new();
    for (key, payable) in payable {
        let open = *payable - ordered.get(key).copied().unwrap_or_default();
        let taken = open.or_zero().min(left);
        if taken > Fen::ZERO {
            part.insert(*key, taken);
            left -= taken;
        }
    }
    (left.is_zero() && amount > Fen::ZERO).then_some(part)
}

/// What of the quality deposit a yearly assessment (年度考核) with this score would give back, by the rules: all from the full score
/// on, nothing below the least, and between them the score in hundredths, rounded half up to the fen.
///
/// ```
/// # use funds::{institution_payment::returned_deposit, rule::RuleBook};
/// # use terms::{Day, Fen};
/// let rules = RuleBook::national().on(Day::new(2027, 1, 20).unwrap()).unwrap();
/// let returned = [95, 90, 89, 60, 59].map(|score| returned_deposit(Fen(10_001), score, &rules));
/// assert_eq!(returned, [Fen(10_001), Fen(10_001), Fen(8_901), Fen(6_001), Fen::ZERO]);
/// ```
pub fn returned_deposit(held: Fen, score: u16, rules: &Rules) -> Fen {
    if score >= rules.institution_full_score {
        held
    } else if score < rules.institution_least_score {
        Fen::ZERO
    } else {
        Rounding::HalfUp.ratio(held, i64::from(score), 100)
    }
}

/// A part of several purses that comes to exactly an amount, at most the whole: each purse's share of it, by largest remainders.
pub fn part_of(money: &Money, amount: Fen) -> Money {
    assert!(Fen::ZERO <= amount && amount <= whole(money), "a part is not more than the whole");
    let mut part = by_largest_remainder(amount, money).expect("nothing is no part of nothing");
    part.retain(|_, amount| !amount.is_zero());
    part
}

/// What was really paid of each line of a payment, in the order of the lines: what gives back counts in full, and what was paid goes
/// to the lines until it is used up. So the lines' payments come to exactly what the bank paid, unless that is more than they are.
///
/// ```
/// # use funds::institution_payment::paid_of_lines;
/// # use terms::Fen;
/// assert_eq!(paid_of_lines(&[Fen(500), Fen(-200), Fen(700)], Fen(600)), [Fen(500), Fen(-200), Fen(300)]);
/// assert_eq!(paid_of_lines(&[Fen(500), Fen(-200)], Fen::ZERO), [Fen::ZERO, Fen::ZERO], "nothing was paid");
/// ```
pub fn paid_of_lines(due: &[Fen], paid: Fen) -> Vec<Fen> {
    if paid <= Fen::ZERO {
        return vec![Fen::ZERO; due.len()];
    }
    let given_back: Fen = due.iter().copied().filter(|due| due.is_negative()).sum();
    let mut left = paid - given_back;
    let take = |due: &Fen| {
        if due.is_negative() {
            return *due;
        }
        let taken = (*due).min(left);
        left -= taken;
        taken
    };
    due.iter().map(take).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use InsuranceScheme::{Employee, Resident};
    use proptest::prelude::*;
    use terms::Fund;

    const POOL: (InsuranceScheme, Purse) = (Employee, Purse::Fund(Fund::EmployeePool));
    const LARGE: (InsuranceScheme, Purse) = (Employee, Purse::Fund(Fund::LargeAmount));
    const ACCOUNT: (InsuranceScheme, Purse) = (Employee, Purse::PersonalAccount);

    fn five_percent() -> Rate {
        Rate::permyriad(500).unwrap()
    }

    fn of_pool(confirmed: i64, brought: i64, deducted: i64, penalty: i64) -> Basis {
        Basis {
            confirmed: Money::from([(POOL, Fen(confirmed))]),
            brought: Money::from([(POOL, Fen(brought))]),
            deducted: Money::from([(POOL, Fen(deducted))]),
            penalties: BTreeMap::from([(Employee, Fen(penalty))]),
            budgets: BTreeMap::new(),
        }
    }

    #[test]
    fn a_month_as_a_table() {
        let budget = |month: Option<i64>, year: Option<i64>, used| {
            Some(Budget { month: month.map(Fen), year: year.map(Fen), used: Fen(used) })
        };
        // confirmed, brought, deducted, penalty; budget -> withheld, deposit, penalty, payable, carried
        for (given, budget, expected) in [
            ((10_000, 0, 0, 0), None, (0, 500, 0, 9_500, 0)),
            // Half a fen goes up.
            ((10_010, 0, 0, 0), None, (0, 501, 0, 9_509, 0)),
            ((10_009, 0, 0, 0), None, (0, 500, 0, 9_509, 0)),
            ((10_000, 0, 2_000, 0), None, (0, 400, 0, 7_600, 0)),
            ((10_000, 1_000, 2_000, 300), None, (0, 350, 300, 6_350, 0)),
            // More is deducted than there is: the next payment gives it back.
            ((1_000, 0, 2_500, 300), None, (0, 0, 0, 0, 1_500)),
            ((-800, 0, 0, 0), None, (0, 0, 0, 0, 800)),
            ((-800, 200, 0, 0), None, (0, 0, 0, 0, 1_000)),
            ((1_000, 1_000, 0, 5), None, (0, 0, 0, 0, 0)),
            // A penalty takes no more than there is after the deposit.
            ((100, 0, 0, 1_000), None, (0, 5, 95, 0, 0)),
            ((10_000, 0, 0, 0), budget(Some(8_000), None, 0), (2_000, 400, 0, 7_600, 0)),
            ((10_000, 0, 0, 0), budget(None, Some(30_000), 24_000), (4_000, 300, 0, 5_700, 0)),
            ((10_000, 0, 0, 0), budget(None, Some(30_000), 20_000), (0, 500, 0, 9_500, 0)),
            ((10_000, 0, 0, 0), budget(None, Some(30_000), 30_001), (10_000, 0, 0, 0, 0)),
            // Whichever of the two is narrower.
            ((10_000, 0, 0, 0), budget(Some(7_000), Some(30_000), 24_000), (4_000, 300, 0, 5_700, 0)),
            ((10_000, 0, 3_000, 0), budget(Some(7_000), Some(90_000), 0), (0, 350, 0, 6_650, 0)),
        ] {
            let (confirmed, brought, deducted, penalty) = given;
            let mut basis = of_pool(confirmed, brought, deducted, penalty);
            basis.budgets.extend(budget.map(|budget| (Employee, budget)));
            let drafted = draft(&basis, five_percent());
            let line = drafted.lines[&POOL];
            let found = (line.withheld.0, line.deposit.0, line.penalty.0, line.payable.0, line.carried.0);
            assert_eq!(found, expected, "{given:?} {budget:?}");
            let left = drafted.penalties_left.get(&Employee).copied().unwrap_or_default();
            assert_eq!(left, Fen(penalty) - line.penalty, "what was not taken stays due");
        }
    }

    #[test]
    fn only_the_pool_is_controlled_and_accounts_are_paid_in_full() {
        let each = [POOL, LARGE, ACCOUNT].map(|key| (key, Fen(10_000)));
        let basis = Basis {
            confirmed: each.into(),
            budgets: BTreeMap::from([(Employee, Budget { month: Some(Fen(4_000)), ..Budget::default() })]),
            penalties: BTreeMap::from([(Resident, Fen(70))]),
            ..Basis::default()
        };
        let drafted = draft(&basis, five_percent());
        assert_eq!(
            drafted.money(|line| line.payable),
            Money::from([(POOL, Fen(3_800)), (LARGE, Fen(9_500)), (ACCOUNT, Fen(10_000))])
        );
        assert_eq!(drafted.money(|line| line.withheld), Money::from([(POOL, Fen(6_000))]));
        assert_eq!(drafted.penalties_left, BTreeMap::from([(Resident, Fen(70))]), "residents paid nothing");
        assert_eq!(drafted.sum(|line| line.deposit), Fen(700));
    }

    #[test]
    fn instalments_come_to_what_is_payable_and_no_further() {
        let payable = Money::from([(POOL, Fen(900)), (LARGE, Fen(100))]);
        let first = instalment(&payable, &Money::new(), Fen(850)).unwrap();
        assert_eq!(first, Money::from([(POOL, Fen(850))]));
        let second = instalment(&payable, &first, Fen(150)).unwrap();
        assert_eq!(second, Money::from([(POOL, Fen(50)), (LARGE, Fen(100))]));
        assert_eq!(instalment(&payable, &plus(&first, &second), Fen(1)), None);
        assert_eq!(instalment(&payable, &first, Fen(151)), None);
        assert_eq!(instalment(&payable, &Money::new(), Fen::ZERO), None);
    }

    #[test]
    fn what_an_agreement_says_of_the_end_of_the_year() {
        for (said, released) in [
            ("release", Some(10_001)),
            ("share:5000", Some(5_001)),
            ("deny", Some(0)),
            ("share:10001", None),
            ("", None),
        ] {
            let read = said.parse::<YearEnd>();
            assert_eq!(read.map(|rule| rule.released(Fen(10_001)).0).ok(), released, "{said}");
            assert!(read.is_err() || read.map(|rule| rule.to_string()).as_deref() == Ok(said));
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_purse_gives_more_than_it_has(
            amounts in proptest::array::uniform3(0_i64..1_000_000),
            permille in 0_i64..=1_000,
        ) {
            let money: Money = [POOL, LARGE, ACCOUNT].into_iter().zip(amounts.map(Fen)).collect();
            let amount = Fen(whole(&money).0 * permille / 1_000);
            let part = part_of(&money, amount);
            prop_assert_eq!(whole(&part), amount);
            prop_assert!(part.iter().all(|(key, taken)| *taken >= Fen::ZERO && *taken <= money[key]));
        }

        #[test]
        fn a_payment_is_never_below_nothing(
            given in (-1_000_i64..1_000_000, 0_i64..1_000, 0_i64..1_000_000, 0_i64..1_000_000, 0_i64..1_000_000),
        ) {
            let (confirmed, brought, deducted, penalty, month) = given;
            let mut basis = of_pool(confirmed, brought, deducted, penalty);
            basis.budgets.insert(Employee, Budget { month: Some(Fen(month)), ..Budget::default() });
            let line = draft(&basis, five_percent()).lines[&POOL];
            for part in [line.withheld, line.deposit, line.penalty, line.payable, line.carried] {
                prop_assert!(part >= Fen::ZERO, "{line:?}");
            }
        }
    }
}

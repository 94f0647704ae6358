//! 跨年度住院: a stay over the end of an insurance year, where the area splits it by days.
//!
//! The part before the year's end is computed under the policy of the year's last day, the rest under that of the discharge.
//! Every amount of every category is split by the nights in each year, half up to the fen; the later part is what is left, so
//! that both parts are the bill again.

use crate::{
    Breakdown, Case, EarlierYear, Scheme, Split, YearToDate,
    bill::CategoryAmount,
    breakdown::Line,
    run,
    scheme::{Confidence, YearEnd},
    step::Part,
};
use std::collections::BTreeMap;
use terms::{CareKind, Day, Fen, Rate, Refusal, Rounding};

/// The last day of the earlier insurance year, if the policy splits this stay there.
pub fn splits_at_year_end(scheme: &Scheme, case: &Case) -> Option<Day> {
    let by_days = scheme.year_crossing.as_ref().is_some_and(|cited| cited.value.by == YearEnd::Days);
    let first = scheme.year_first_day(case.bill.discharge);
    let crosses = case.bill.care == CareKind::Inpatient && case.begins() < first;
    (by_days && crosses && case.bill.discharge > first).then(|| first.plus_days(-1))
}

/// One year of a stay over a year's end: its policy, and what was used of it before.
#[derive(Clone, Copy, Debug)]
pub struct OfYear<'a> {
    /// The policy on the last day of the part.
    pub scheme: &'a Scheme,
    /// The sums of the year.
    pub year: &'a YearToDate,
}

/// Computes a stay for which [`splits_at_year_end`]: its two parts one after the other, each with its year.
///
/// # Errors
/// As [`crate::compute`], for either part.
pub fn compute_over_year_end(
    earlier: OfYear<'_>,
    later: OfYear<'_>,
    case: &Case,
) -> Result<Breakdown, Refusal> {
    let last = splits_at_year_end(later.scheme, case).expect("asked only for a stay that is split");
    let (first_case, second_case) = halves(case, last);
    let own_admission =
        later.scheme.year_crossing.as_ref().is_some_and(|cited| cited.value.second_deductible);
    let first = run::<true>(earlier.scheme, &first_case, earlier.year, Part::First)?.into_breakdown();
    let second_case = after_accounts(second_case, &first);
    let part = Part::Second { own_admission };
    let second = run::<true>(later.scheme, &second_case, later.year, part)?.into_breakdown();
    Ok(joined(first, second, last, earlier.scheme.insurance_year(last), later.scheme))
}

fn halves(case: &Case, last: Day) -> (Case, Case) {
    let next = last.plus_days(1);
    let nights = i64::from(case.begins().days_until(case.bill.discharge));
    let before = i64::from(case.begins().days_until(next));
    let (mut first, mut second) = (case.clone(), case.clone());
    first.bill.discharge = last;
    second.bill.transferred_with = None;
    second.continues = None;
    for (index, one) in case.bill.categories.iter().enumerate() {
        let part = share_of(&one.split, before, nights);
        first.bill.categories[index] = CategoryAmount { category: one.category, split: part };
        second.bill.categories[index] = CategoryAmount { category: one.category, split: one.split - part };
    }
    (first, second)
}

/// So many nights' share of every part; the total is their sum.
fn share_of(split: &Split, before: i64, nights: i64) -> Split {
    let share = |amount: Fen| Rounding::HalfUp.ratio(amount, before, nights);
    let mut part = Split {
        total: Fen::ZERO,
        out_of_scope: share(split.out_of_scope),
        over_limit: share(split.over_limit),
        first_self_pay: share(split.first_self_pay),
        in_scope: share(split.in_scope),
        in_full: share(split.in_full),
    };
    part.total = part.out_of_scope + part.over_limit + part.first_self_pay + part.in_scope;
    part
}

/// What the accounts still hold after the first part.
fn after_accounts(mut case: Case, first: &Breakdown) -> Case {
    if let Some(accounts) = &mut case.accounts {
        accounts.own -= first.account_paid;
        for (balance, paid) in accounts.family.iter_mut().zip(&first.family_paid) {
            *balance -= *paid;
        }
    }
    case
}

fn joined(first: Breakdown, second: Breakdown, last: Day, earlier_year: i16, later: &Scheme) -> Breakdown {
    let cited = later.year_crossing.as_ref().expect("the stay was split by it");
    let heading = |words: String, split: &Split| Line {
        step: "跨年度分段".into(),
        amount_in: first.split.total + second.split.total,
        parameter: words,
        since: Some(cited.from),
        amount_out: split.total,
        rounding: Some(Rounding::HalfUp),
        fund: None,
        source: cited.citation.text.clone(),
        confidence: Some(cited.citation.confidence),
    };
    let mut lines = vec![heading(format!("截至{last}的费用，按住院天数分摊"), &first.split)];
    lines.extend(first.lines);
    lines.push(heading(format!("{}起的费用，总额减前段", last.plus_days(1)), &second.split));
    lines.extend(second.lines);
    let mut unconfirmed = first.unconfirmed;
    unconfirmed.extend(second.unconfirmed);
    if cited.citation.confidence == Confidence::Unconfirmed {
        unconfirmed.push("跨年度结算方式".to_owned());
    }
    unconfirmed.dedup();
    let split = first.split + second.split;
    let pool = later.scheme.pool();
    let fund_payments = added(first.fund_payments, second.fund_payments);
    let deductible_paid = first.deductible_paid + second.deductible_paid;
    let pool_paid = fund_payments.get(&pool).copied().unwrap_or_default();
    let mut family_paid = first.family_paid;
    family_paid.resize(family_paid.len().max(second.family_paid.len()), Fen::ZERO);
    for (sum, paid) in family_paid.iter_mut().zip(&second.family_paid) {
        *sum += *paid;
    }
    let mut rows_used = first.rows_used;
    rows_used.extend(second.rows_used);
    Breakdown {
        lines,
        fund_payments,
        fund_total: first.fund_total + second.fund_total,
        person_total: first.person_total + second.person_total,
        burdens: added(first.burdens, second.burdens),
        account_paid: first.account_paid + second.account_paid,
        account_left: second.account_left,
        family_paid,
        deductible_paid,
        pool_ratio: Rate::of_parts(pool_paid, (split.in_scope - deductible_paid).or_zero()),
        contribution: second.contribution,
        earlier: Some(EarlierYear { year: earlier_year, contribution: first.contribution }),
        policy_day: second.policy_day,
        unconfirmed,
        split,
        rows_used,
    }
    .must_hold()
}

fn added<K: Ord>(mut one: BTreeMap<K, Fen>, other: BTreeMap<K, Fen>) -> BTreeMap<K, Fen> {
    for (key, amount) in other {
        *one.entry(key).or_default() += amount;
    }
    one
}

//! The clearing statement (清算表) as a province checks it: what the hub has put into a month, settlement by settlement, against what
//! stands in the province's own books.
//!
//! Every settlement that the hub counts must be known here with the same amounts, and once; and none that stands here and was
//! settled by the end of the month may be missing, unless the hub leaves it out because the books differ on it, or it came too late
//! for the month. What is found is said in words to the person who confirms or disputes. This module must not know how books are
//! kept.

use crate::{
    chart::{Purse, Role},
    clearing::{ClearedLine, Part},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use terms::{Fen, Province, SettlementId};

/// What each purse pays; what is nothing may be left out.
pub type Purses = BTreeMap<Purse, Fen>;

/// A line of a settlement as the hub counts it in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which settlement.
    pub id: SettlementId,
    /// In which part this province has it: as treatment or as insured province.
    pub role: Role,
    /// The settlement itself, its undoing, a deduction from it, or what a correction makes of it.
    pub part: Part,
    /// What each purse pays; below nothing where the line gives back.
    pub purses: Purses,
}

impl Told {
    /// A line of the hub in the parts that a province has in it: one, or both where its own people were treated at home.
    pub fn of(line: &ClearedLine, province: Province) -> Vec<Self> {
        let parts = [(Role::Treatment, line.treatment.province()), (Role::Insured, line.insured.province())];
        let told = |role| Self {
            id: line.settlement,
            role,
            part: line.part.clone(),
            purses: line.dues().map(|((_, purse), amount)| (purse, amount)).collect(),
        };
        parts.into_iter().filter(|(_, of)| *of == province).map(|(role, _)| told(role)).collect()
    }
}

/// The same settlement in the province's own book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Whether it stands.
    pub stands: bool,
    /// What each purse pays, or paid while it stood.
    pub purses: Purses,
    /// What the treatment place has deducted after audit, by the deduction's number, as amounts above nothing.
    pub deductions: BTreeMap<String, Purses>,
}

/// What is wrong with a settlement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The hub counts it, and it is not in the book here.
    Unknown,
    /// The hub counts it twice, in this month or an earlier one.
    Doubled,
    /// Another amount of a purse.
    Amount {
        /// Whose money.
        purse: Purse,
        /// What the hub says.
        hub: Fen,
        /// What stands here.
        own: Fen,
    },
    /// The hub counts it, and here it is undone.
    UndoneHere,
    /// The hub gives it back, and here it stands.
    StandsHere,
    /// The hub gives back what it has never counted.
    NeverCounted,
    /// The hub counts a deduction (审核扣款) that was not recorded here.
    UnknownDeduction,
    /// The hub counts a deduction of more than the settlement pays.
    DeductedTooMuch,
    /// It stands here, and the hub has counted it in no month.
    Missing,
}

impl Fault {
    /// Its name in the management interface and in the database.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Doubled => "doubled",
            Self::Amount { .. } => "amount",
            Self::UndoneHere => "undone_here",
            Self::StandsHere => "stands_here",
            Self::NeverCounted => "never_counted",
            Self::UnknownDeduction => "unknown_deduction",
            Self::DeductedTooMuch => "deducted_too_much",
            Self::Missing => "missing",
        }
    }
}

impl fmt::Display for Fault {
    /// In words for the people who decide on the statement.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("清算表有、本省账上无此结算"),
            Self::Doubled => f.write_str("清算表重复计入此结算"),
            Self::Amount { purse, hub, own } => {
                write!(f, "{}清算表{hub}本省{own}", purse.chinese())
            }
            Self::UndoneHere => f.write_str("清算表计入、本省已撤销"),
            Self::StandsHere => f.write_str("清算表扣回、本省未撤销"),
            Self::NeverCounted => f.write_str("清算表扣回从未计入过的结算"),
            Self::UnknownDeduction => f.write_str("清算表有、本省没有此笔审核扣款"),
            Self::DeductedTooMuch => f.write_str("清算表的审核扣款超过该结算的支付额"),
            Self::Missing => f.write_str("本省账上有效、清算表未计入"),
        }
    }
}

/// A settlement with what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Which.
    pub id: SettlementId,
    /// In which part.
    pub role: Role,
    /// What.
    pub fault: Fault,
}

/// What is known here of a page of what the hub counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// What the books here have of its settlements.
    pub own: BTreeMap<(Role, SettlementId), Own>,
    /// Those that earlier pages and months count, and do not give back.
    pub counted: BTreeSet<(Role, SettlementId)>,
    /// What earlier months have counted of those that this page corrects, by purse.
    pub paid: BTreeMap<(Role, SettlementId), Purses>,
    /// Those that were undone here only after the hub had closed the month: they are given back in a later one.
    pub undone_later: BTreeSet<(Role, SettlementId)>,
}

/// Checks a page of what the hub counts in a month.
pub fn check(told: &[Told], known: &Known) -> Vec<Finding> {
    let mut counted = known.counted.clone();
    let mut findings = Vec::new();
    // What was left out of its month and undone before it came is counted and given back in the same one, in whatever order that is told.
    let key_of = |one: &Told| (one.role, one.id);
    let given_back: BTreeSet<_> = told.iter().filter(|one| one.part == Part::Undone).map(key_of).collect();
    let (undone, made): (Vec<&Told>, Vec<&Told>) = told.iter().partition(|one| one.part == Part::Undone);
    for one in made.into_iter().chain(undone) {
        let key = key_of(one);
        let faults = match (&one.part, known.own.get(&key)) {
            (_, None) => vec![Fault::Unknown],
            (Part::Made, Some(own)) => {
                let undone = !own.stands && !known.undone_later.contains(&key) && !given_back.contains(&key);
                let faults =
                    [counted.contains(&key).then_some(Fault::Doubled), undone.then_some(Fault::UndoneHere)];
                faults.into_iter().flatten().chain(differing(&one.purses, &own.purses)).collect()
            }
            (Part::Undone, Some(own)) => {
                let faults = [
                    (!counted.contains(&key)).then_some(Fault::NeverCounted),
                    own.stands.then_some(Fault::StandsHere),
                ];
                faults.into_iter().flatten().chain(differing(&one.purses, &negated(&own.purses))).collect()
            }
            (Part::Deducted(number), Some(own)) => deduction_faults(one, number, own),
            (Part::Corrected(_), Some(own)) => correction_faults(one, own, known),
        };
        match one.part {
            Part::Made => drop(counted.insert(key)),
            Part::Undone => drop(counted.remove(&key)),
            Part::Deducted(_) | Part::Corrected(_) => {}
        }
        findings.extend(faults.into_iter().map(|fault| Finding { id: one.id, role: one.role, fault }));
    }
    findings
}

/// The treatment place has recorded a deduction itself; the insured place hears of it here, and holds it against what it pays.
fn deduction_faults(told: &Told, number: &str, own: &Own) -> Vec<Fault> {
    let deducted = negated(&told.purses);
    if told.role == Role::Treatment {
        return match own.deductions.get(number) {
            None => vec![Fault::UnknownDeduction],
            Some(recorded) => differing(&told.purses, &negated(recorded)),
        };
    }
    let exceeds =
        |(purse, amount): (&Purse, &Fen)| *amount > own.purses.get(purse).copied().unwrap_or_default();
    if deducted.iter().any(exceeds) { vec![Fault::DeductedTooMuch] } else { Vec::new() }
}

/// With a correction the months count together what stands here.
fn correction_faults(told: &Told, own: &Own, known: &Known) -> Vec<Fault> {
    let Some(paid) = known.paid.get(&(told.role, told.id)) else { return vec![Fault::NeverCounted] };
    let mut together = paid.clone();
    for (purse, amount) in &told.purses {
        *together.entry(*purse).or_default() += *amount;
    }
    differing(&together, &own.purses)
}

fn negated(purses: &Purses) -> Purses {
    purses.iter().map(|(purse, amount)| (*purse, -*amount)).collect()
}

/// Purses on which the two differ.
fn differing(hub: &Purses, own: &Purses) -> Vec<Fault> {
    let amount = |purses: &Purses, purse| purses.get(&purse).copied().unwrap_or_default();
    let both = Purse::all().map(|purse| (purse, amount(hub, purse), amount(own, purse)));
    both.filter(|(_, hub, own)| hub != own)
        .map(|(purse, hub, own)| Fault::Amount { purse, hub, own })
        .collect()
}

/// Of settlements that stand here and that no month has counted, those that are missing: not those on which the books differ, since
/// the hub leaves these out until they are explained.
pub fn missing(
    uncounted: impl IntoIterator<Item = (Role, SettlementId)>,
    left_out: &BTreeSet<SettlementId>,
) -> Vec<Finding> {
    let missing = uncounted.into_iter().filter(|(_, id)| !left_out.contains(id));
    missing.map(|(role, id)| Finding { id, role, fault: Fault::Missing }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::Fund;

    fn id(serial: u64) -> SettlementId {
        SettlementId::new("420000".parse().unwrap(), "2026-10-21 10:00:00".parse().unwrap(), serial)
    }

    fn purses(pool: i64, account: i64) -> Purses {
        [(Purse::Fund(Fund::EmployeePool), Fen(pool)), (Purse::PersonalAccount, Fen(account))].into()
    }

    fn told(part: Part, purses: Purses) -> Told {
        Told { id: id(1), role: Role::Treatment, part, purses }
    }

    fn own(stands: bool) -> Own {
        Own { stands, purses: purses(800, 0), deductions: [("D1".to_owned(), purses(300, 0))].into() }
    }

    #[test]
    fn what_the_hub_counts_against_the_book() {
        let made = told(Part::Made, purses(800, 0));
        let back = told(Part::Undone, purses(-800, 0));
        let deducted = |number: &str, pool| told(Part::Deducted(number.to_owned()), purses(pool, 0));
        for (page, here, counted, later, said) in [
            (vec![made.clone()], Some(own(true)), false, false, ""),
            (vec![made.clone()], None, false, false, "清算表有、本省账上无此结算"),
            (vec![made.clone()], Some(own(true)), true, false, "清算表重复计入此结算"),
            (vec![made.clone(), made.clone()], Some(own(true)), false, false, "清算表重复计入此结算"),
            (vec![made.clone()], Some(own(false)), false, false, "清算表计入、本省已撤销"),
            (vec![made.clone()], Some(own(false)), false, true, ""),
            (vec![back.clone()], Some(own(false)), true, false, ""),
            (vec![back.clone(), made.clone()], Some(own(false)), false, false, ""),
            (vec![back.clone()], Some(own(true)), true, false, "清算表扣回、本省未撤销"),
            (vec![back.clone()], Some(own(false)), false, false, "清算表扣回从未计入过的结算"),
            (vec![deducted("D1", -300)], Some(own(true)), true, false, ""),
            (vec![deducted("D2", -300)], Some(own(true)), true, false, "清算表有、本省没有此笔审核扣款"),
            (
                vec![deducted("D1", -301)],
                Some(own(true)),
                true,
                false,
                "职工基本医疗保险统筹基金清算表-3.01本省-3.00",
            ),
            (
                vec![told(Part::Made, purses(799, 5))],
                Some(own(true)),
                false,
                false,
                "职工基本医疗保险统筹基金清算表7.99本省8.00；职工基本医疗保险个人账户清算表0.05本省0.00",
            ),
            // A purse that pays nothing may be left out.
            (
                vec![told(Part::Made, [(Purse::Fund(Fund::EmployeePool), Fen(800))].into())],
                Some(own(true)),
                false,
                false,
                "",
            ),
        ] {
            let key = (Role::Treatment, id(1));
            let set = |is_in: bool| is_in.then_some(key).into_iter().collect();
            let own = here.map(|own| (key, own)).into_iter().collect();
            let known = Known { own, counted: set(counted), undone_later: set(later), ..Known::default() };
            let words: Vec<_> = check(&page, &known).iter().map(|found| found.fault.to_string()).collect();
            assert_eq!(words.join("；"), said, "{page:?}");
        }
    }

    #[test]
    fn the_insured_place_hears_of_a_deduction_here() {
        let insured =
            |pool| Told { role: Role::Insured, ..told(Part::Deducted("D9".to_owned()), purses(pool, 0)) };
        let own = BTreeMap::from([((Role::Insured, id(1)), own(true))]);
        let known = Known { own, ..Known::default() };
        assert_eq!(check(&[insured(-800)], &known), []);
        let found = check(&[insured(-801)], &known);
        assert_eq!(found[0].fault.to_string(), "清算表的审核扣款超过该结算的支付额");
    }

    #[test]
    fn with_a_correction_the_months_count_what_stands_here() {
        let key = (Role::Treatment, id(1));
        let corrected = |pool| told(Part::Corrected("GZ1".to_owned()), purses(pool, 0));
        let known = |paid: Option<i64>| Known {
            own: [(key, own(true))].into(),
            counted: [key].into(),
            paid: paid.map(|pool| (key, purses(pool, 0))).into_iter().collect(),
            ..Known::default()
        };
        let words = |page: &[Told], known: &Known| {
            check(page, known).iter().map(|found| found.fault.to_string()).collect::<Vec<_>>().join("；")
        };
        assert_eq!(words(&[corrected(1)], &known(Some(799))), "");
        assert_eq!(words(&[corrected(-1)], &known(Some(801))), "");
        let wrong = "职工基本医疗保险统筹基金清算表8.01本省8.00";
        assert_eq!(words(&[corrected(2)], &known(Some(799))), wrong);
        assert_eq!(words(&[corrected(1)], &known(None)), "清算表扣回从未计入过的结算");
    }

    #[test]
    fn missing_is_what_is_not_left_out_for_a_reason() {
        let found = missing([(Role::Insured, id(1)), (Role::Insured, id(2))], &[id(1)].into());
        assert_eq!(found, [Finding { id: id(2), role: Role::Insured, fault: Fault::Missing }]);
        assert_eq!(found[0].fault.name(), "missing");
    }
}

//! From last year's payments to the amounts of a year, and from these to what changes and which notices say so.
//!
//! Only the difference to the amount in force moves. One notice a pair of provinces says it for all schemes; where one scheme's
//! prepayment grows and the other's shrinks, there is one each way, since the money of two schemes never mixes.

use super::{Adjustment, draft};
use crate::{
    chart::{Pair, Purse},
    notice::{Cause, Notice, NoticeLine, NoticeNumber},
    rule::Rules,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use terms::{Fen, InsuranceScheme, Moment, Month, Province};

/// The amount of one pair and scheme in a year's setting, with the figures that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who pays whom ahead.
    pub pair: Pair,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// The payments of each month of the base; nothing in all of them for a pair without a history.
    pub base: BTreeMap<Month, Fen>,
    /// What the formula makes of them.
    pub computed: Fen,
    /// What a person set instead.
    pub set: Option<SetAmount>,
    /// The amount in force before.
    pub before: Fen,
}

/// An amount that a person set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAmount {
    /// How much.
    pub amount: Fen,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
}

impl Line {
    /// The amount of the year: as a person set it, and else as computed; never below nothing.
    pub fn amount(&self) -> Fen {
        self.set.as_ref().map_or(self.computed, |set| set.amount).or_zero()
    }

    /// What moves.
    pub fn adjustment(&self) -> Adjustment {
        Adjustment::between(self.before, self.amount())
    }
}

/// What a prepayment is about: the provinces, the one that pays first, and the scheme.
pub type Of = (Pair, InsuranceScheme);

/// The draft of a year: a line for everybody who was paid in the months of the base, has a prepayment in force, or was given
/// an amount by a person, which stays when it is drafted anew.
pub fn drafted(
    year: i16,
    paid: &BTreeMap<Of, BTreeMap<Month, Fen>>,
    in_force: &BTreeMap<Of, Fen>,
    set: &BTreeMap<Of, SetAmount>,
    rules: &Rules,
) -> Vec<Line> {
    let nothing = BTreeMap::new();
    let of: BTreeSet<&Of> = paid.keys().chain(in_force.keys()).chain(set.keys()).collect();
    let lines = of.into_iter().map(|of| {
        let draft = draft(year, paid.get(of).unwrap_or(&nothing), rules);
        Line {
            pair: of.0,
            scheme: of.1,
            base: draft.base,
            computed: draft.amount,
            set: set.get(of).cloned(),
            before: in_force.get(of).copied().unwrap_or_default(),
        }
    });
    let is_about_something = |line: &Line| {
        line.set.is_some() || !line.before.is_zero() || line.base.values().any(|paid| !paid.is_zero())
    };
    lines.filter(is_about_something).collect()
}

/// A change of the amount in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Who pays whom ahead.
    pub pair: Pair,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// By how much.
    pub difference: Fen,
    /// The amount in force before.
    pub before: Fen,
    /// The notice that moves the money.
    pub notice: Option<NoticeNumber>,
}

/// What the adoption of a year comes to: a change for every line that differs from what is in force, and the notices, by number.
pub fn adopt(year: i16, lines: &[Line], by: &str, now: Moment) -> (Vec<Change>, Vec<Notice>) {
    let mut notices = BTreeMap::<NoticeNumber, Notice>::new();
    let changes = lines.iter().map(|line| {
        let Pair { insured, treatment } = line.pair;
        let moves = match line.adjustment() {
            Adjustment::None => None,
            Adjustment::InsuredPays(more) => Some((Cause::Prepayment { year }, insured, treatment, more)),
            Adjustment::TreatmentReturns(less) => {
                Some((Cause::PrepaymentReturn { year }, treatment, insured, less))
            }
        };
        let notice = moves.map(|(cause, payer, payee, amount)| {
            let number = NoticeNumber::of(&cause, payer, payee);
            let notice = notices
                .entry(number.clone())
                .or_insert_with(|| empty(number.clone(), cause, (payer, payee), by, now));
            notice.lines.push(line_of(line.scheme, amount));
            number
        });
        Change {
            pair: line.pair,
            scheme: line.scheme,
            difference: line.amount() - line.before,
            before: line.before,
            notice,
        }
    });
    let changes = changes.filter(|change| !change.difference.is_zero()).collect();
    (changes, notices.into_values().collect())
}

/// What an emergency increase (紧急调增) comes to: the change, and its notice.
pub fn increase(
    (pair, scheme): (Pair, InsuranceScheme),
    case: &str,
    (before, more): (Fen, Fen),
    by: &str,
    now: Moment,
) -> (Change, Notice) {
    let cause = Cause::PrepaymentIncrease { case: case.to_owned() };
    let number = NoticeNumber::of(&cause, pair.insured, pair.treatment);
    let mut notice = empty(number.clone(), cause, (pair.insured, pair.treatment), by, now);
    notice.lines.push(line_of(scheme, more));
    (Change { pair, scheme, difference: more, before, notice: Some(number) }, notice)
}

fn empty(
    number: NoticeNumber,
    cause: Cause,
    (payer, payee): (Province, Province),
    by: &str,
    now: Moment,
) -> Notice {
    let by = by.to_owned();
    Notice { number, cause, payer, payee, lines: Vec::new(), issued_on: now.day(), issued_at: now, by }
}

/// A prepayment is the pool fund's of its scheme, for all kinds of care and funds together.
fn line_of(scheme: InsuranceScheme, amount: Fen) -> NoticeLine {
    NoticeLine { scheme, purse: Purse::Fund(scheme.pool()), amount }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Moment {
        "2027-01-20 10:00:00".parse().unwrap()
    }

    fn line(pair: &str, scheme: InsuranceScheme, before: i64, computed: i64, set: Option<i64>) -> Line {
        let set = set.map(|amount| SetAmount {
            amount: Fen(amount),
            reason: "首年参照同类地区".to_owned(),
            by: "钱某".to_owned(),
            at: now(),
        });
        let (base, computed) = (BTreeMap::new(), Fen(computed));
        Line { pair: pair.parse().unwrap(), scheme, base, computed, set, before: Fen(before) }
    }

    #[test]
    fn a_draft_has_everybody_that_it_must_decide_about() {
        use crate::rule::RuleBook;
        let rules = RuleBook::national().on("2027-01-20".parse().unwrap()).unwrap();
        let of = |pair: &str| -> Of { (pair.parse().unwrap(), InsuranceScheme::Employee) };
        let month = |number: i8| Month::new(2026, number).unwrap();
        let (history, ended, first, idle) =
            (of("110000-310000"), of("110000-420000"), of("110000-650000"), of("110000-540000"));
        let paid = [
            (history, [(month(10), Fen(300)), (month(11), Fen(300)), (month(12), Fen(300))].into()),
            // Before the base of the formula.
            (idle, [(month(3), Fen(900))].into()),
        ];
        let in_force = [(ended, Fen(80)), (history, Fen(500)), (idle, Fen(0))];
        let set =
            SetAmount { amount: Fen(40), reason: "首年".to_owned(), by: "钱某".to_owned(), at: now() };
        let lines = drafted(2027, &paid.into(), &in_force.into(), &[(first, set)].into(), &rules);
        let said: Vec<_> = lines
            .iter()
            .map(|line| (line.pair.to_string(), line.computed.0, line.amount().0, line.before.0))
            .collect();
        let row = |pair: &str, computed, amount, before| (pair.to_owned(), computed, amount, before);
        assert_eq!(
            said,
            [
                row("110000-310000", 600, 600, 500),
                row("110000-420000", 0, 0, 80),
                row("110000-650000", 0, 40, 0)
            ]
        );
        assert_eq!(lines[0].base.len(), 3);
    }

    #[test]
    fn one_notice_a_pair_and_direction_over_the_differences() {
        use InsuranceScheme::{Employee, Resident};
        let lines = [
            line("110000-310000", Employee, 0, 300, None),
            line("110000-310000", Resident, 0, 70, None),
            line("110000-420000", Employee, 500, 450, None),
            line("110000-420000", Resident, 500, 550, None),
            line("310000-110000", Employee, 200, 200, None),
            line("420000-310000", Employee, 0, 0, Some(90)),
            line("420000-110000", Employee, 80, 100, Some(0)),
            line("420000-110000", Resident, 10, -5, None),
        ];
        let (changes, notices) = adopt(2027, &lines, "赵某甲", now());
        let said: Vec<_> = notices
            .iter()
            .map(|notice| {
                notice.check().unwrap();
                let lines: Vec<_> =
                    notice.lines.iter().map(|line| (line.scheme.code(), line.amount.0)).collect();
                (notice.number.to_string(), notice.insured().to_string(), lines)
            })
            .collect();
        let row = |number: &str, insured: &str, lines: &[(&'static str, i64)]| {
            (number.to_owned(), insured.to_owned(), lines.to_vec())
        };
        assert_eq!(
            said,
            [
                row("YF2027-110000-310000", "110000", &[("310", 300), ("390", 70)]),
                row("YF2027-110000-420000", "110000", &[("390", 50)]),
                row("YF2027-420000-310000", "420000", &[("310", 90)]),
                row("YT2027-110000-420000", "420000", &[("310", 80), ("390", 10)]),
                row("YT2027-420000-110000", "110000", &[("310", 50)]),
            ]
        );
        let differences: Vec<i64> = changes.iter().map(|change| change.difference.0).collect();
        assert_eq!(differences, [300, 70, -50, 50, 90, -80, -10], "where nothing moves, nothing changes");
        let moved: Fen = notices.iter().map(Notice::total).sum();
        let changed: i64 = differences.iter().map(|difference| difference.abs()).sum();
        assert_eq!(moved, Fen(changed), "every difference is in one notice");
    }

    #[test]
    fn an_increase_is_a_notice_of_its_case() {
        let pair: Pair = "110000-420000".parse().unwrap();
        let of = (pair, InsuranceScheme::Resident);
        let (change, notice) = increase(of, "261124-390-1", (Fen(100), Fen(40)), "赵某甲", now());
        notice.check().unwrap();
        assert_eq!(notice.number.as_str(), "JZ261124-390-1-110000-420000");
        assert_eq!((notice.total(), change.difference, change.before), (Fen(40), Fen(40), Fen(100)));
        assert_eq!(change.notice, Some(notice.number));
    }
}

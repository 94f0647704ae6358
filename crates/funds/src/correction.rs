//! Correcting the hub's book (差异更正): what the hub wrote down of a settlement that stands is taken from what both provinces say, where
//! they say the same and the hub says otherwise.
//!
//! The hub has no source of its own: its row is what the insured place once answered. So nothing is corrected but by the signed records of
//! both sides that agree to the fen, and only amounts: what stands at one place and is undone at another is mended by sending the undoing
//! again. This module must not know who asks, how records are signed, or what the hub does with the result.

use crate::{
    chart::Purse,
    clearing::{ClearedLine, Due, Dues, Part, listed},
    reconciliation::{BookLine, LineStage, Side, by_settlement, compare_sides, words},
};
use serde::{Deserialize, Serialize};
use std::fmt;
use terms::{Fen, InsuranceScheme, Month};

/// Where a correction stands. What is decided stays: a settlement may be corrected again, as the next of its corrections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 待审批: somebody has asked for it, and somebody else decides.
    Proposed,
    /// 已更正: the row says what both provinces say.
    Corrected,
    /// 不予更正: the row stays.
    Refused,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 3] = [Self::Proposed, Self::Corrected, Self::Refused];

    /// Its name in the management interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Corrected => "corrected",
            Self::Refused => "refused",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Proposed => "待审批",
            Self::Corrected => "已更正",
            Self::Refused => "不予更正",
        }
    }
}

/// What a province says of a settlement out of its own book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What its book says; none if it has no such settlement, or says nothing of it to others.
    pub line: Option<BookLine>,
    /// Whether its row is what its settlement made of it: nobody has changed it since.
    pub genuine: bool,
}

/// Why the hub's row is not corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A province has no such settlement.
    Missing(Side),
    /// A province's own row contradicts its breakdown: it is looked into there first.
    Altered(Side),
    /// It does not stand everywhere.
    NotStanding(Side),
    /// The two provinces differ, in words.
    Differ(String),
    /// What both say does not add up.
    DoesNotBalance,
    /// The hub says the same.
    Same,
}

impl fmt::Display for Why {
    /// In Chinese: what is the matter, and what to do next.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(side) => write!(f, "{side}账中没有这笔结算，请{side}先对该日重新对账"),
            Self::Altered(side) => write!(f, "{side}账中金额与其费用分割不符，请{side}先核查本方账"),
            Self::NotStanding(side) => {
                write!(f, "{side}账中该结算已撤销或冲正，撤销不作更正，请就医地重新对账以重发撤销")
            }
            Self::Differ(words) => write!(f, "就医地与参保地的记录不一致（{words}），请两省先核对一致"),
            Self::DoesNotBalance => {
                f.write_str("两省记录的医疗费总额与基金、个人支付之和不等，请两省先核查本方账")
            }
            Self::Same => f.write_str("国家平台的记录与两省一致，无须更正，请重新对账"),
        }
    }
}

/// What the hub's row should say: what both provinces say.
///
/// # Errors
/// [`Why`] it is not corrected; the first reason that applies.
pub fn agreed(hub: &BookLine, treatment: &Told, insured: &Told) -> Result<BookLine, Why> {
    let sides = [(Side::Treatment, treatment), (Side::Insured, insured)];
    for (side, told) in sides {
        match &told.line {
            None => return Err(Why::Missing(side)),
            Some(_) if !told.genuine => return Err(Why::Altered(side)),
            Some(line) if line.stage != LineStage::Standing => return Err(Why::NotStanding(side)),
            Some(_) => {}
        }
    }
    if hub.stage != LineStage::Standing {
        return Err(Why::NotStanding(Side::Hub));
    }
    let (treatment, insured) = treatment.line.as_ref().zip(insured.line.as_ref()).expect("looked at above");
    let between = |one: (Side, &BookLine), other: (Side, &BookLine)| {
        let (one, other) = ((one.0, std::slice::from_ref(one.1)), (other.0, std::slice::from_ref(other.1)));
        let found = by_settlement(compare_sides(&[one, other]));
        found.values().map(|kinds| words(kinds)).collect::<Vec<_>>().join("；")
    };
    let differs = between((Side::Treatment, treatment), (Side::Insured, insured));
    if !differs.is_empty() {
        return Err(Why::Differ(differs));
    }
    if !is_sound(treatment) {
        return Err(Why::DoesNotBalance);
    }
    if between((Side::Treatment, treatment), (Side::Hub, hub)).is_empty() {
        return Err(Why::Same);
    }
    Ok(treatment.clone())
}

fn is_sound(line: &BookLine) -> bool {
    let BookLine { total, fund_total, person_total, account, funds, .. } = line;
    let amounts = [total, fund_total, person_total, account].into_iter().chain(funds.values());
    amounts.into_iter().all(|amount| !amount.is_negative() && *amount <= Fen::LIMIT)
        && *total == *fund_total + *person_total
        && *fund_total == funds.values().copied().sum::<Fen>()
        && account <= person_total
}

/// A line of clearing with the amounts of a book's line.
#[must_use]
pub fn line_of(settled: &ClearedLine, said: &BookLine) -> ClearedLine {
    ClearedLine {
        total: said.total,
        person_total: said.person_total,
        account: said.account,
        funds: said.funds.iter().filter(|(_, amount)| !amount.is_zero()).map(|(f, a)| (*f, *a)).collect(),
        ..settled.clone()
    }
}

/// The same line with nothing in it.
#[must_use]
pub fn nothing(line: &ClearedLine) -> ClearedLine {
    line.plus(&line.negated())
}

/// The line that makes good what months have counted of a settlement: what it should be, less what was counted. None where that is
/// nothing.
pub fn difference(
    number: &str,
    (counted, first_month): (&ClearedLine, Month),
    should: &ClearedLine,
) -> Option<ClearedLine> {
    let line = ClearedLine {
        part: Part::Corrected(number.to_owned()),
        first_month: Some(first_month),
        ..should.plus(&counted.negated())
    };
    (!line.is_nothing()).then_some(line)
}

/// What the journal lacks of a settlement, by purse: what it should have, less what it has. Below nothing where it has too much.
pub fn lacking(
    scheme: InsuranceScheme,
    booked: impl IntoIterator<Item = (Purse, Fen)>,
    should: &BookLine,
) -> Vec<Due> {
    let mut dues = Dues::new();
    for (fund, amount) in &should.funds {
        *dues.entry((scheme, Purse::Fund(*fund))).or_default() += *amount;
    }
    *dues.entry((scheme, Purse::PersonalAccount)).or_default() += should.account;
    for (purse, amount) in booked {
        *dues.entry((scheme, purse)).or_default() += -amount;
    }
    listed(&dues)
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::{Fund, SettlementId};

    fn line(total: i64, pool: i64, account: i64) -> BookLine {
        BookLine {
            settlement: SettlementId::new(
                "420000".parse().unwrap(),
                "2026-10-21 10:00:00".parse().unwrap(),
                1,
            ),
            stage: LineStage::Standing,
            total: Fen(total),
            fund_total: Fen(pool),
            person_total: Fen(total - pool),
            account: Fen(account),
            funds: [(Fund::EmployeePool, Fen(pool))].into(),
        }
    }

    fn told(line: BookLine) -> Told {
        Told { line: Some(line), genuine: true }
    }

    #[test]
    fn the_hub_is_corrected_by_what_both_say_alike_and_by_nothing_else() {
        let right = || line(1000, 800, 50);
        let undone = || BookLine { stage: LineStage::Undone, ..right() };
        let none = || Told { line: None, genuine: true };
        let altered = || Told { genuine: false, ..told(right()) };
        let unbalanced = || BookLine { fund_total: Fen(801), ..right() };
        let say = |hub: &BookLine, treatment: Told, insured: Told| match agreed(hub, &treatment, &insured) {
            Ok(line) => format!("{} {}", line.total, line.fund_total),
            Err(why) => why.to_string(),
        };
        let wrong = BookLine { total: Fen(1001), ..right() };
        assert_eq!(say(&wrong, told(right()), told(right())), "10.00 8.00");
        for (hub, treatment, insured, words) in [
            (wrong.clone(), none(), told(right()), "就医地账中没有这笔结算，请就医地先对该日重新对账"),
            (wrong.clone(), told(right()), altered(), "参保地账中金额与其费用分割不符，请参保地先核查本方账"),
            (
                wrong.clone(),
                told(undone()),
                told(right()),
                "就医地账中该结算已撤销或冲正，撤销不作更正，请就医地重新对账以重发撤销",
            ),
            (
                undone(),
                told(right()),
                told(right()),
                "国家平台账中该结算已撤销或冲正，撤销不作更正，请就医地重新对账以重发撤销",
            ),
            (wrong.clone(), told(right()), told(line(1000, 700, 50)), "就医地与参保地的记录不一致（"),
            (
                wrong,
                told(unbalanced()),
                told(unbalanced()),
                "两省记录的医疗费总额与基金、个人支付之和不等，请两省先核查本方账",
            ),
            (right(), told(right()), told(right()), "国家平台的记录与两省一致，无须更正，请重新对账"),
        ] {
            let said = say(&hub, treatment, insured);
            assert!(said.starts_with(words), "{said}");
        }
    }

    #[test]
    fn what_was_counted_is_made_good_by_the_line_that_it_lacks() {
        let said = |total, pool, account| {
            let line = line(total, pool, account);
            let settled = ClearedLine {
                settlement: line.settlement,
                part: Part::Made,
                insured: terms::InsuredPlace("110105".parse().unwrap()),
                treatment: terms::TreatmentPlace("420106".parse().unwrap()),
                institution: "H42010600001".parse().unwrap(),
                scheme: InsuranceScheme::Employee,
                care: terms::CareKind::Inpatient,
                first_month: None,
                total: Fen::ZERO,
                person_total: Fen::ZERO,
                account: Fen::ZERO,
                funds: [].into(),
            };
            line_of(&settled, &line)
        };
        let october: Month = line(1, 1, 0).settlement.month();
        let (counted, should) = (said(1001, 801, 50), said(1000, 800, 50));
        assert!(counted.balances() && should.balances());
        let good = difference("GZ1", (&counted, october), &should).unwrap();
        assert_eq!((good.amount(), good.total, good.account), (Fen(-1), Fen(-1), Fen::ZERO));
        assert_eq!((good.part.clone(), good.first_month), (Part::Corrected("GZ1".to_owned()), Some(october)));
        assert_eq!(counted.plus(&good), should);
        assert_eq!(difference("GZ2", (&should, october), &should), None);
        assert!(nothing(&should).is_nothing());
    }

    #[test]
    fn what_is_lacking_comes_by_purse_and_may_be_too_much() {
        let booked = [(Purse::Fund(Fund::EmployeePool), Fen(801)), (Purse::Fund(Fund::LargeAmount), Fen(5))];
        let lacking = lacking(InsuranceScheme::Employee, booked, &line(1000, 800, 50));
        let mut told: Vec<_> =
            lacking.iter().map(|due| format!("{} {}", due.purse.code(), due.amount)).collect();
        told.sort();
        assert_eq!(told, ["310100 -0.01", "310200 0.50", "330100 -0.05"]);
    }
}

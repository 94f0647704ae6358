//! What an institution's window and its office for insurance (医保办) have left to do: stays that are not settled, days whose books nobody has
//! compared, months whose lines are not confirmed. The work list counts the same rows as the pages show.

use crate::{
    apportioning, context::Outcome, payment_order::rules_on, province::ProvinceNode, stays::GRACE_DAYS,
};
use casework::institution::Institution;
use funds::{
    calendar::Timetable,
    rule::Rules,
    statement::{ComparedDays, DayBook},
};
use std::collections::BTreeMap;
use store::{
    Work,
    figures::waiting::{self, DayLines, OpenStay, OpenStays},
    reconciliation,
};
use terms::{Day, Moment, Month, SettlementId};

/// After so long without an answer a settlement is somebody's business: a node asks again within a minute. Ours.
const UNKNOWN_AFTER_MILLIS: i64 = 5 * 60_000;
/// After so long in hospital the first day's lines should be here. Ours: hospitals upload a day's charges the next day.
const LINES_WITHIN_MILLIS: i64 = 2 * 86_400_000;
/// So many days are looked back for books that were not compared; what is older is confirmed with its month. Ours.
const DAY_BOOKS_BACK: i32 = 31;
/// Comparisons are kept so many days: those of the longest period that may be compared, and the days that are looked back.
const COMPARISONS_KEPT: i32 = 2 * DAY_BOOKS_BACK;

/// Which stays somebody at a window is asked to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// 出院未结算.
    Discharged,
    /// 在院未传费用.
    WithoutLines,
    /// 结果待查.
    Unknown,
}

impl Which {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Discharged, Self::WithoutLines, Self::Unknown];

    /// The word for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Discharged => "discharged",
            Self::WithoutLines => "without_lines",
            Self::Unknown => "unknown",
        }
    }
}

/// The stays of an institution with which something is left to do, those that wait longest first.
pub async fn open_stays(
    node: &ProvinceNode,
    institution: &Institution,
    which: Which,
) -> Outcome<Vec<OpenStay>> {
    let now = node.context.now();
    let wanted = match which {
        Which::Discharged => OpenStays::Discharged,
        Which::WithoutLines => OpenStays::WithoutLines { before: now.plus_millis(-LINES_WITHIN_MILLIS) },
        Which::Unknown => OpenStays::Unknown { before: now.plus_millis(-UNKNOWN_AFTER_MILLIS) },
    };
    let mut conn = node.context.store.conn().await?;
    Ok(waiting::open_stays(&mut conn, (node.province, &institution.code), wanted, now).await?)
}

/// By when such a stay should be dealt with: a discharged one before it counts as paid for another way (直接结算率).
pub fn due(which: Which, stay: &OpenStay) -> Option<Day> {
    let grace = i32::try_from(GRACE_DAYS).unwrap_or(i32::MAX);
    (which == Which::Discharged).then(|| stay.since.day().plus_days(grace))
}

/// The books of a day, scheme and kind of care that an institution has to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenDay {
    /// What is to be compared.
    pub lines: DayLines,
    /// Where it stands: not compared, or different.
    pub stands: DayBook,
    /// The last day on which the month is reconciled with institutions.
    pub due: Day,
}

/// The days up to yesterday whose books were not compared, or differ, the oldest first.
pub async fn open_days(node: &ProvinceNode, institution: &Institution) -> Outcome<Vec<OpenDay>> {
    let today = node.context.now().day();
    let first = today.plus_days(-DAY_BOOKS_BACK);
    let mut conn = node.context.store.conn().await?;
    let period = first.start()..today.start();
    let lines = waiting::lines_by_day(&mut conn, (node.province, &institution.code), &period).await?;
    let whose = (institution.place.0.pooling_area(), &institution.code);
    let compared = reconciliation::comparisons(&mut conn, whose, first).await?;
    let rules = rules_on(today);
    let open = lines.into_iter().filter_map(|lines| {
        let stands = DayBook::of((lines.day, lines.scheme, lines.care), lines.last_at, &compared);
        let due = Timetable::of(lines.day.month(), &rules).reconciled_by;
        (stands != DayBook::Agreed).then_some(OpenDay { lines, stands, due })
    });
    Ok(open.collect())
}

/// Writes down what an institution's comparison of its totals (3201) or its lines (3202) came to.
pub async fn keep_comparison(
    work: &mut Work,
    institution: &Institution,
    compared: &ComparedDays,
) -> Outcome<()> {
    let whose = (institution.place.0.pooling_area(), &institution.code);
    let kept_from = compared.at.day().plus_days(-COMPARISONS_KEPT);
    Ok(reconciliation::put_comparison(work, whose, compared, kept_from).await?)
}

/// A month of an institution that is over, and how much of it is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthLines {
    /// 清分年月.
    pub month: Month,
    /// Settlements and undoings.
    pub lines: i64,
    /// Of these, what the institution has confirmed.
    pub confirmed: i64,
    /// The last day on which the month is reconciled with institutions.
    pub due: Day,
}

impl MonthLines {
    /// The lines that are not confirmed.
    pub const fn open(&self) -> i64 {
        self.lines - self.confirmed
    }
}

/// The last months that are over and have lines, the oldest first: as many as the rules let settlements come late.
pub async fn months(node: &ProvinceNode, institution: &Institution) -> Outcome<Vec<MonthLines>> {
    let today = node.context.now().day();
    let rules = rules_on(today);
    let months = last_months(today.month(), &rules);
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(Vec::new()) };
    let period: std::ops::Range<Moment> = first.first_day().start()..last.next().first_day().start();
    let mut conn = node.context.store.conn().await?;
    let lines = waiting::lines_by_day(&mut conn, (node.province, &institution.code), &period).await?;
    let whose = (institution.place.0.pooling_area(), &institution.code);
    let confirmed = waiting::confirmed_lines(&mut conn, whose, &months).await?;
    let mut counts = BTreeMap::<Month, i64>::new();
    for one in lines {
        *counts.entry(one.day.month()).or_default() += one.count;
    }
    let month = |(month, lines): (Month, i64)| MonthLines {
        month,
        lines,
        confirmed: confirmed.get(&month).copied().unwrap_or_default(),
        due: Timetable::of(month, &rules).reconciled_by,
    };
    Ok(counts.into_iter().map(month).collect())
}

fn last_months(this: Month, rules: &Rules) -> Vec<Month> {
    let first = -i32::from(rules.late_months) - 1;
    (first..0).map(|back| this.first_day().plus_months(back).month()).collect()
}

/// The lines of a month that the institution has confirmed already.
pub async fn confirmed(
    node: &ProvinceNode,
    institution: &Institution,
    month: Month,
) -> Outcome<Vec<SettlementId>> {
    let mut conn = node.context.store.conn().await?;
    let held = apportioning::confirmed(&mut conn, institution, month).await?;
    let mut lines: Vec<SettlementId> = held.into_keys().collect();
    lines.sort_unstable();
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_months_are_looked_at_as_settlements_may_be_late() {
        let today: Day = "2026-02-03".parse().unwrap();
        let rules = rules_on(today);
        let months: Vec<String> = last_months(today.month(), &rules).iter().map(Month::to_string).collect();
        assert_eq!(months, ["2025-11", "2025-12", "2026-01"]);
    }
}

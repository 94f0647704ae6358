//! A year of settlements computed under two policies, and what changes for whom.

use super::rows::Visit;
use benefit::{
    Case, Library, OfYear, Scheme, YearToDate, compute_amounts, compute_over_year_end, scheme::Standing,
    splits_at_year_end,
};
use std::collections::BTreeMap;
use terms::{
    CareKind, Day, Fen, InsuranceScheme, Listed, MemberStatus, PoolingArea, Refusal, SettlementLevel,
};

/// A policy as one side of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Where it is found.
    pub library: &'a Library,
    /// The pooling area.
    pub area: PoolingArea,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The version of this day for every settlement; `None`: that of its discharge.
    pub day: Option<Day>,
}

impl<'a> Side<'a> {
    /// The policy of a settlement.
    pub fn on(&self, discharge: Day) -> Result<&'a Scheme, Refusal> {
        self.library.scheme_on(self.area, self.scheme, self.day.unwrap_or(discharge))
    }
}

/// What funds and person pay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paid {
    /// All funds.
    pub fund: Fen,
    /// The person.
    pub person: Fen,
}

/// One person's years under one policy.
struct Course<'a> {
    side: Side<'a>,
    year: i16,
    sums: YearToDate,
    before: YearToDate,
}

impl<'a> Course<'a> {
    fn new(side: Side<'a>) -> Self {
        Self { side, year: i16::MIN, sums: YearToDate::default(), before: YearToDate::default() }
    }

    fn settle(&mut self, case: &Case) -> Result<Paid, Refusal> {
        let discharge = case.bill.discharge;
        let scheme = self.side.on(discharge)?;
        let year = scheme.insurance_year(discharge);
        if year != self.year {
            let sums = std::mem::take(&mut self.sums);
            self.before = if year == self.year.saturating_add(1) { sums } else { YearToDate::default() };
            self.year = year;
        }
        if let Some(last) = splits_at_year_end(scheme, case) {
            let earlier = OfYear { scheme: self.side.on(last)?, year: &self.before };
            let answer = compute_over_year_end(earlier, OfYear { scheme, year: &self.sums }, case)?;
            add(&mut self.sums, &answer.contribution);
            if let Some(earlier) = &answer.earlier {
                add(&mut self.before, &earlier.contribution);
            }
            return Ok(Paid { fund: answer.fund_total, person: answer.person_total });
        }
        let answer = compute_amounts(scheme, case, &self.sums)?;
        add(&mut self.sums, &answer.contribution);
        Ok(Paid { fund: answer.fund_total(), person: answer.person_total })
    }
}

fn add(sums: &mut YearToDate, more: &YearToDate) {
    for (counter, amount) in more.counters() {
        sums.add(counter, amount);
    }
}

/// One group of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Different people.
    pub people: u64,
    /// Settlements that both policies settle.
    pub settlements: u64,
    /// What is paid under the policy in force.
    pub old: Paid,
    /// What is paid under the draft.
    pub new: Paid,
    /// People who pay less under the draft, over all their settlements in the group.
    pub winners: u64,
    /// People who pay more.
    pub losers: u64,
}

/// How settlements are grouped: by [`Dimension::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// All together.
    All,
    /// 结算等级.
    Level,
    /// 人员类别.
    Status,
    /// Total expense.
    Total,
    /// 就医类别.
    Care,
    /// 备案情况.
    Standing,
}

/// Upper ends of the bands of total expense, with it; the last has none.
const TOTALS: [(i64, &str); 6] = [
    (1_000, "1000元以下"),
    (5_000, "1000-5000元"),
    (10_000, "5000-1万元"),
    (50_000, "1万-5万元"),
    (100_000, "5万-10万元"),
    (i64::MAX / 100, "10万元以上"),
];

impl Dimension {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 6] =
        [Self::All, Self::Level, Self::Status, Self::Total, Self::Care, Self::Standing];

    /// Its Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::All => "全部",
            Self::Level => "医院结算等级",
            Self::Status => "人员类别",
            Self::Total => "单次总费用",
            Self::Care => "就医类别",
            Self::Standing => "备案情况",
        }
    }

    /// The words of its groups.
    pub fn groups(self) -> Vec<&'static str> {
        match self {
            Self::All => vec!["合计"],
            Self::Level => SettlementLevel::LISTED.iter().map(|one| one.chinese()).collect(),
            Self::Status => MemberStatus::LISTED.iter().map(|one| one.chinese()).collect(),
            Self::Total => TOTALS.iter().map(|(_, words)| *words).collect(),
            Self::Care => CareKind::LISTED.iter().map(|one| one.chinese()).collect(),
            Self::Standing => Standing::ALL.iter().map(|one| one.chinese()).collect(),
        }
    }

    fn group_of(self, case: &Case, total: Fen) -> usize {
        match self {
            Self::All => 0,
            Self::Level => case.bill.level as usize,
            Self::Status => case.member.status as usize,
            Self::Total => {
                TOTALS.iter().position(|(yuan, _)| total <= Fen::yuan(*yuan)).unwrap_or(TOTALS.len() - 1)
            }
            Self::Care => case.bill.care as usize,
            Self::Standing => Standing::of(case) as usize,
        }
    }
}

/// A refusal as it is counted: under which policy, and its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Under {
    /// The policy in force.
    Old,
    /// The draft.
    New,
}

/// What changes for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The groups of every dimension, one after the other.
    cells: Vec<Cell>,
    /// Refusals by policy and code: how many, and the sentence of the first.
    pub refusals: BTreeMap<(Under, String), (u64, String)>,
    /// Settlements that the policy in force settles and the draft refuses.
    pub only_old: u64,
    /// Settlements that the draft settles and the policy in force refuses.
    pub only_new: u64,
    /// Settlements that both refuse.
    pub neither: u64,
    /// Settlements of another area or scheme, which neither policy concerns.
    pub elsewhere: u64,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        let count = Dimension::ALL.iter().map(|one| one.groups().len()).sum();
        Self { cells: vec![Cell::default(); count], ..Self::default() }
    }

    /// A dimension's groups that have settlements, with their words.
    pub fn of(&self, dimension: Dimension) -> Vec<(&'static str, Cell)> {
        let groups = dimension.groups().into_iter().zip(&self.cells[start(dimension)..]);
        groups.filter(|(_, cell)| cell.settlements > 0).map(|(words, cell)| (words, *cell)).collect()
    }

    /// All settlements together.
    pub fn all(&self) -> Cell {
        self.cells[0]
    }

    /// All settlements of a part, whose people are in no other part.
    pub fn add_part(&mut self, visits: &mut [Visit<'_>], old: Side<'_>, new: Side<'_>) {
        visits.sort_by(|a, b| {
            let key = |visit: &Visit<'_>| (visit.case.bill.discharge, visit.case.bill.admission);
            a.person.cmp(b.person).then_with(|| key(a).cmp(&key(b)))
        });
        for of_person in visits.chunk_by(|a, b| a.person == b.person) {
            self.add_person(of_person, old, new);
        }
    }

    fn add_person(&mut self, visits: &[Visit<'_>], old: Side<'_>, new: Side<'_>) {
        let (mut before, mut after) = (Course::new(old), Course::new(new));
        let mut differences: Vec<Option<Fen>> = vec![None; self.cells.len()];
        for Visit { case, .. } in visits {
            if case.insured.pooling_area() != old.area || case.member.scheme != old.scheme {
                self.elsewhere += 1;
                continue;
            }
            match (before.settle(case), after.settle(case)) {
                (Ok(old), Ok(new)) => self.count(case, old, new, &mut differences),
                (Ok(_), Err(refusal)) => {
                    self.only_old += 1;
                    self.refused(Under::New, &refusal);
                }
                (Err(refusal), Ok(_)) => {
                    self.only_new += 1;
                    self.refused(Under::Old, &refusal);
                }
                (Err(one), Err(other)) => {
                    self.neither += 1;
                    self.refused(Under::Old, &one);
                    self.refused(Under::New, &other);
                }
            }
        }
        for (cell, difference) in self.cells.iter_mut().zip(differences) {
            let Some(difference) = difference else { continue };
            cell.people += 1;
            cell.winners += u64::from(difference.is_negative());
            cell.losers += u64::from(difference > Fen::ZERO);
        }
    }

    fn count(&mut self, case: &Case, old: Paid, new: Paid, differences: &mut [Option<Fen>]) {
        let total = case.bill.sum().total;
        for dimension in Dimension::ALL {
            let index = start(dimension) + dimension.group_of(case, total);
            let cell = &mut self.cells[index];
            cell.settlements += 1;
            for (sum, paid) in [(&mut cell.old, old), (&mut cell.new, new)] {
                sum.fund += paid.fund;
                sum.person += paid.person;
            }
            *differences[index].get_or_insert(Fen::ZERO) += new.person - old.person;
        }
    }

    fn refused(&mut self, under: Under, refusal: &Refusal) {
        let entry = self.refusals.entry((under, refusal.code().to_owned()));
        entry.or_insert_with(|| (0, refusal.message())).0 += 1;
    }

    /// With another part's.
    pub fn join(&mut self, other: Self) {
        for (cell, more) in self.cells.iter_mut().zip(other.cells) {
            cell.people += more.people;
            cell.settlements += more.settlements;
            cell.winners += more.winners;
            cell.losers += more.losers;
            for (sum, paid) in [(&mut cell.old, more.old), (&mut cell.new, more.new)] {
                sum.fund += paid.fund;
                sum.person += paid.person;
            }
        }
        for (key, (count, message)) in other.refusals {
            self.refusals.entry(key).or_insert_with(|| (0, message)).0 += count;
        }
        self.only_old += other.only_old;
        self.only_new += other.only_new;
        self.neither += other.neither;
        self.elsewhere += other.elsewhere;
    }
}

fn start(dimension: Dimension) -> usize {
    let before = Dimension::ALL.iter().take_while(|one| **one != dimension);
    before.map(|one| one.groups().len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::policy::{
        draft,
        impact::{
            rows::{self, Defaults},
            show,
        },
    };
    use terms::InsuredPlace;

    const POLICY: &str = include_str!("../../../../../../policy/420100/310.toml");

    fn library(policy: &str) -> Library {
        draft::read("draft.toml", policy).unwrap_or_else(|errors| panic!("{errors:#?}"))
    }

    fn area() -> PoolingArea {
        PoolingArea("420100".parse().expect("a place"))
    }

    /// 武汉 in 2026: 800 then 400 at 三级, 86 % for employees.
    fn tally(text: &str, new: &str, threads: usize) -> Tally {
        let (old, new) = (library(POLICY), library(new));
        let scheme = InsuranceScheme::Employee;
        let side = |library| Side { library, area: area(), scheme, day: None };
        let defaults = Defaults { scheme, insured: InsuredPlace(area().division()) };
        let mut tally = Tally::new();
        for mut part in rows::parts(text, defaults, threads).unwrap() {
            let mut more = Tally::new();
            more.add_part(&mut part, side(&old), side(&new));
            tally.join(more);
        }
        tally
    }

    const SETTLEMENTS: &str = "\
person,care,level,status,birth,standing,treatment,admission,discharge,total,in_scope,out_of_scope
P1,21,3,11,1980-01-01,none,420100,2026-05-01,2026-05-09,11400,10400,1000
P1,21,3,11,1980-01-01,none,420100,2026-02-01,2026-02-09,10800,10800,0
P2,21,2,11,1980-01-01,none,420100,2026-02-01,2026-02-09,10600,10600,0
P3,21,3,15,1980-01-01,none,420100,2026-02-01,2026-02-09,10600,10600,0
";

    #[test]
    fn every_person_is_settled_in_order_of_discharge_with_their_own_year() {
        let draft = POLICY.replace("employed = \"86%\"", "employed = \"80%\"");
        let tally = tally(SETTLEMENTS, &draft, 1);
        let [(_, all)] = tally.of(Dimension::All)[..] else { panic!("{tally:?}") };
        // P1: (10800 - 800 + 10400 - 400) x 86 % = 17200, then x 80 % = 16000; P2: (10600 - 600) x 89 % = 8900 twice
        assert_eq!((all.people, all.settlements, all.winners, all.losers), (2, 3, 0, 1));
        assert_eq!((all.old.fund, all.new.fund), (Fen::yuan(26_100), Fen::yuan(24_900)));
        assert_eq!((all.old.person, all.new.person), (Fen::yuan(6_700), Fen::yuan(7_900)));
        let levels = tally.of(Dimension::Level);
        assert_eq!(
            levels.iter().map(|(words, cell)| (*words, cell.losers)).collect::<Vec<_>>(),
            [("二级", 0), ("三级", 1)]
        );
        // An adult resident is none of the employees' scheme: refused, counted, not dropped.
        assert_eq!((tally.neither, tally.only_old, tally.only_new), (1, 0, 0));
        let shown = show::tables(&tally);
        assert!(shown.contains("两者都不结算（不计入上表）：1次") && shown.contains("-1200.00"), "{shown}");
        assert!(
            show::csv(&tally)
                .contains("医院结算等级,三级,1,2,17200.00,16000.00,-1200.00,5000.00,6200.00,0,1\n")
        );
    }

    #[test]
    fn what_only_one_policy_settles_is_shown_apart() {
        let start = POLICY.find("[[outpatient.deductible]]").expect("it has one");
        let end = POLICY.find("[[pharmacy.deductible]]").expect("it has one");
        let draft = format!("{}{}", &POLICY[..start], &POLICY[end..]);
        let text = SETTLEMENTS.replace("P2,21,", "P2,11,");
        let tally = tally(&text, &draft, 2);
        assert_eq!((tally.only_old, tally.neither, tally.all().settlements), (1, 1, 2));
        let codes: Vec<_> = tally.refusals.keys().map(|(under, code)| (*under, code.as_str())).collect();
        assert!(codes.contains(&(Under::New, "care-not-covered")), "{codes:?}");
    }

    #[test]
    fn a_chart_has_a_pair_of_bars_for_every_group() {
        let tally = tally(SETTLEMENTS, POLICY, 3);
        let chart = show::chart("甲 & 乙", &tally);
        let groups: usize = Dimension::ALL.iter().map(|one| tally.of(*one).len()).sum();
        assert_eq!(chart.matches("height=\"14\"").count(), groups * 2);
        assert!(
            chart.starts_with("<svg ")
                && chart.trim_end().ends_with("</svg>")
                && chart.contains("甲 &amp; 乙")
        );
        assert_eq!(chart.matches("<text").count(), chart.matches("</text>").count());
    }
}

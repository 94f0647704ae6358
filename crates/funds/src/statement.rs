//! An institution's own account of a period against ours: totals (对总账, 3201), then line by line (对明细账, 3202).
//!
//! A list names settlements and what gives them back. A line gives back if its total is below nothing, or is nothing and it
//! is flagged so; then it may name the undoing or the settlement that is undone. Whoever disagrees is told what both say.
//!
//! Figures are compared as those of the three books are ([`differing`]).

use crate::{
    apportioning::{SettledLine, Share},
    reconciliation::{Figure, Figures, differing},
};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};
use terms::{CareKind, Day, Fen, InsuranceScheme, Moment, SettlementId};

/// An institution's comparison of some days, of their totals (3201) or line by line (3202), and what it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparedDays {
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 清算类别; all if none.
    pub care: Option<CareKind>,
    /// Whether both books said the same.
    pub agreed: bool,
    /// When it was made.
    pub at: Moment,
}

/// Whether an institution's books of a day, scheme and kind of care were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayBook {
    /// 未对账: not since the last line of the day.
    Missing,
    /// 不平: compared, and the books differ.
    Differs,
    /// 已对平.
    Agreed,
}

impl DayBook {
    /// Where the books of a day stand whose last line is of `last_at`. A comparison of more days, or of all kinds, counts for each of them; one
    /// that was made before the last line of the day says nothing of the day. Where one agrees, another that covers more and differs is
    /// about something else.
    ///
    /// ```
    /// # use funds::statement::{ComparedDays, DayBook};
    /// # use terms::{CareKind, InsuranceScheme::Employee, Moment};
    /// let day = "2026-11-20".parse().unwrap();
    /// let at = |text: &str| text.parse::<Moment>().unwrap();
    /// let early = ComparedDays { first: day, last: day, scheme: Employee, care: None, agreed: true, at: at("2026-11-20 12:00:00") };
    /// let of = (day, Employee, CareKind::Inpatient);
    /// assert_eq!(DayBook::of(of, at("2026-11-20 17:00:00"), &[early]), DayBook::Missing);
    /// assert_eq!(DayBook::of(of, at("2026-11-20 11:00:00"), &[early]), DayBook::Agreed);
    /// ```
    pub fn of(
        (day, scheme, care): (Day, InsuranceScheme, CareKind),
        last_at: Moment,
        compared: &[ComparedDays],
    ) -> Self {
        let covers = |one: &&ComparedDays| {
            (one.first..=one.last).contains(&day)
                && one.scheme == scheme
                && one.care.is_none_or(|of| of == care)
                && one.at >= last_at
        };
        let mut covering = compared.iter().filter(covers).peekable();
        if covering.peek().is_none() {
            Self::Missing
        } else if covering.any(|one| one.agreed) {
            Self::Agreed
        } else {
            Self::Differs
        }
    }

    /// The word for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Differs => "differs",
            Self::Agreed => "agreed",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Missing => "未对账",
            Self::Differs => "不平",
            Self::Agreed => "已对平",
        }
    }
}

/// What an institution says that a period comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// 医疗费总额.
    pub total: Fen,
    /// 基金支付总额.
    pub fund_total: Fen,
    /// 个人账户支付金额.
    pub account: Fen,
    /// 结算笔数.
    pub count: u64,
}

impl Totals {
    /// Of our lines.
    pub fn of(share: &Share) -> Self {
        Self {
            total: share.total,
            fund_total: share.fund_total(),
            account: share.account,
            count: share.count(),
        }
    }
}

/// On which figure a statement disagrees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// An amount.
    Amount {
        /// Which.
        figure: Figure,
        /// What the institution says.
        theirs: Fen,
        /// What we say.
        ours: Fen,
    },
    /// 结算笔数.
    Count {
        /// What the institution says.
        theirs: u64,
        /// What we say.
        ours: u64,
    },
}

impl fmt::Display for Disagreement {
    /// `医疗费总额机构100.00中心90.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount { figure, theirs, ours } => write!(f, "{figure}机构{theirs}中心{ours}"),
            Self::Count { theirs, ours } => write!(f, "结算笔数机构{theirs}中心{ours}"),
        }
    }
}

/// On what totals disagree; nothing if they agree.
pub fn compare_totals(theirs: &Totals, ours: &Totals) -> Vec<Disagreement> {
    let mut found = amounts(theirs, ours);
    if theirs.count != ours.count {
        found.push(Disagreement::Count { theirs: theirs.count, ours: ours.count });
    }
    found
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Speaker {
    Institution,
    Agency,
}

/// On which amounts both disagree of which both speak. An institution's list does not say which fund pays.
fn amounts(theirs: &dyn Figures, ours: &dyn Figures) -> Vec<Disagreement> {
    let said = [(Speaker::Institution, theirs), (Speaker::Agency, ours)];
    let disagreement = |(figure, amounts): (Figure, BTreeMap<Speaker, Fen>)| Disagreement::Amount {
        figure,
        theirs: amounts[&Speaker::Institution],
        ours: amounts[&Speaker::Agency],
    };
    differing([], &said).into_iter().map(disagreement).collect()
}

impl Figures for Totals {
    fn figure(&self, figure: Figure) -> Option<Fen> {
        match figure {
            Figure::Total => Some(self.total),
            Figure::FundTotal => Some(self.fund_total),
            Figure::Account => Some(self.account),
            Figure::PersonTotal | Figure::Fund(_) => None,
        }
    }
}

/// A line of an institution's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedLine {
    /// 结算ID; none if what stands there is no id that this system gives.
    pub id: Option<SettlementId>,
    /// 退费结算标志.
    pub refunded: bool,
    /// 医疗费总额.
    pub total: Fen,
    /// 基金支付总额.
    pub fund_total: Fen,
    /// 个人账户支出.
    pub account: Fen,
}

impl Figures for ListedLine {
    fn figure(&self, figure: Figure) -> Option<Fen> {
        match figure {
            Figure::Total => Some(self.total),
            Figure::FundTotal => Some(self.fund_total),
            Figure::Account => Some(self.account),
            Figure::PersonTotal | Figure::Fund(_) => None,
        }
    }
}

impl ListedLine {
    /// Whether it gives back.
    pub fn gives_back(&self) -> bool {
        self.total.is_negative() || (self.total.is_zero() && self.refunded)
    }
}

/// A line of the list, or of ours that is not in it, with what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Which line of the list; none where only we have it.
    pub listed: Option<usize>,
    /// Which line of ours; none where only the institution has it.
    pub ours: Option<usize>,
    /// What is wrong; nothing if both agree.
    pub differences: Vec<Difference>,
}

/// How a line differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The list has the same twice.
    Doubled,
    /// We do not know it.
    MissingHere,
    /// We have it, but not among what is compared: at another time, or of another kind.
    Elsewhere {
        /// Its moment here.
        at: Moment,
    },
    /// The institution does not have it.
    MissingThere,
    /// The institution has given it back, and here it stands.
    StandsHere,
    /// Here it is given back, and the institution still has it.
    UndoneHere,
    /// Both have it with different amounts.
    Disagrees(Disagreement),
}

impl fmt::Display for Difference {
    /// In words for the people who look into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Doubled => f.write_str("机构清单中重复"),
            Self::MissingHere => f.write_str("机构有、中心无此结算"),
            Self::Elsewhere { at } => write!(f, "中心有此结算，但不在本次对账范围内，结算时间{at}"),
            Self::MissingThere => f.write_str("中心有、机构无此结算"),
            Self::StandsHere => f.write_str("机构已退费、中心未退费"),
            Self::UndoneHere => f.write_str("中心已退费、机构未退费"),
            Self::Disagrees(disagreement) => disagreement.fmt(f),
        }
    }
}

/// Compares a list with our lines of the same period and kind: first every line of the list in its order, then those that
/// only we have. `elsewhere` are lines of ours beside these, so far as somebody has looked for what the list names.
pub fn compare_list(listed: &[ListedLine], ours: &[SettledLine], elsewhere: &[SettledLine]) -> Vec<Compared> {
    let (here, beside) = (Named::of(ours), Named::of(elsewhere));
    let mut taken: Vec<Option<usize>> = vec![None; ours.len()];
    let mut compared = Vec::with_capacity(listed.len());
    for (index, line) in listed.iter().enumerate() {
        let mine = here.find(line);
        let differences = match mine {
            Some(mine) if taken[mine].is_some() => vec![Difference::Doubled],
            Some(mine) => {
                taken[mine] = Some(index);
                let settlement = ours[mine].settlement;
                let is_undone = [&here, &beside].iter().any(|named| named.undone.contains_key(&settlement));
                differences(line, &ours[mine], is_undone)
            }
            None => vec![match beside.find(line) {
                Some(beside) => Difference::Elsewhere { at: elsewhere[beside].at },
                None if here.stands(line) || beside.stands(line) => Difference::StandsHere,
                None => Difference::MissingHere,
            }],
        };
        compared.push(Compared { listed: Some(index), ours: mine, differences });
    }
    for (mine, line) in ours.iter().enumerate().filter(|(mine, _)| taken[*mine].is_none()) {
        let is_listed = |settlement| here.made.get(settlement).is_some_and(|made| taken[*made].is_some());
        let difference = if line.is_undoing() && is_listed(&line.settlement) {
            Difference::UndoneHere
        } else {
            Difference::MissingThere
        };
        compared.push(Compared { listed: None, ours: Some(mine), differences: vec![difference] });
    }
    compared
}

/// What a comparison line by line says of each scheme's books: whether they are equal. A list has no scheme of its own, so that of each line is
/// the one that we have; a line that we do not have may be of any. Of a scheme of which the list has no line it says nothing: an institution
/// may list its schemes one by one.
pub fn agreed_by_scheme(compared: &[Compared], ours: &[SettledLine]) -> BTreeMap<InsuranceScheme, bool> {
    let mut agreed = BTreeMap::new();
    for one in compared {
        if let (Some(_), Some(mine)) = (one.listed, one.ours) {
            agreed.insert(ours[mine].scheme, true);
        }
    }
    for one in compared.iter().filter(|one| !one.differences.is_empty()) {
        match one.ours {
            Some(mine) => {
                agreed.entry(ours[mine].scheme).and_modify(|equal| *equal = false);
            }
            None => agreed.values_mut().for_each(|equal| *equal = false),
        }
    }
    agreed
}

/// What is wrong with a line that both have.
fn differences(theirs: &ListedLine, ours: &SettledLine, is_undone: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    if theirs.refunded && !theirs.gives_back() && !is_undone {
        found.push(Difference::StandsHere);
    }
    let disagreements = amounts(theirs, ours);
    found.extend(disagreements.into_iter().map(Difference::Disagrees));
    found
}

/// Lines by the names under which a list may have them.
struct Named {
    /// Settlements by their ids.
    made: HashMap<SettlementId, usize>,
    /// Undoings by their ids, and by those of what they undo.
    undone: HashMap<SettlementId, usize>,
}

impl Named {
    fn of(lines: &[SettledLine]) -> Self {
        let mut named = Self { made: HashMap::new(), undone: HashMap::new() };
        for (index, line) in lines.iter().enumerate() {
            if line.is_undoing() {
                named.undone.extend([(line.id, index), (line.settlement, index)]);
            } else {
                named.made.insert(line.id, index);
            }
        }
        named
    }

    fn find(&self, line: &ListedLine) -> Option<usize> {
        let names = if line.gives_back() { &self.undone } else { &self.made };
        names.get(&line.id?).copied()
    }

    /// Whether what the line gives back is not given back here.
    fn stands(&self, line: &ListedLine) -> bool {
        line.gives_back() && line.id.is_some_and(|id| self.made.contains_key(&id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use terms::{Fund, InsuredPlace};

    #[test]
    fn a_day_is_compared_by_whatever_covers_it_since_its_last_line() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let one = |(first, last): (&str, &str), scheme, care, agreed| ComparedDays {
            first: day(first),
            last: day(last),
            scheme,
            care,
            agreed,
            at: "2026-11-21 09:00:00".parse().unwrap(),
        };
        let (employee, resident) = (InsuranceScheme::Employee, InsuranceScheme::Resident);
        let (inpatient, chronic) = (CareKind::Inpatient, CareKind::Chronic);
        let twentieth = ("2026-11-20", "2026-11-20");
        let rows = [
            ("nothing", vec![], DayBook::Missing),
            ("its own", vec![one(twentieth, employee, Some(inpatient), true)], DayBook::Agreed),
            ("all kinds", vec![one(twentieth, employee, None, true)], DayBook::Agreed),
            ("a week", vec![one(("2026-11-14", "2026-11-20"), employee, None, true)], DayBook::Agreed),
            ("another kind", vec![one(twentieth, employee, Some(chronic), true)], DayBook::Missing),
            ("another scheme", vec![one(twentieth, resident, None, true)], DayBook::Missing),
            (
                "the day before",
                vec![one(("2026-11-19", "2026-11-19"), employee, None, true)],
                DayBook::Missing,
            ),
            ("it differs", vec![one(twentieth, employee, None, false)], DayBook::Differs),
            (
                "the week differs elsewhere",
                vec![
                    one(("2026-11-14", "2026-11-20"), employee, None, false),
                    one(twentieth, employee, None, true),
                ],
                DayBook::Agreed,
            ),
        ];
        let last_at = "2026-11-20 17:00:00".parse().unwrap();
        for (name, compared, expected) in rows {
            let of = (day("2026-11-20"), employee, inpatient);
            assert_eq!(DayBook::of(of, last_at, &compared), expected, "{name}");
        }
        let late = "2026-11-21 09:00:01".parse().unwrap();
        let compared = [one(twentieth, employee, None, true)];
        assert_eq!(DayBook::of((day("2026-11-20"), employee, inpatient), late, &compared), DayBook::Missing);
    }

    fn id(serial: u64) -> SettlementId {
        let at: Moment = "2026-11-21 10:00:00".parse().unwrap();
        SettlementId::new("420000".parse().unwrap(), at, serial)
    }

    /// A settlement of 10.00, of which the pool pays 7.00.
    fn made(serial: u64) -> SettledLine {
        SettledLine {
            id: id(serial),
            settlement: id(serial),
            at: "2026-11-21 10:00:00".parse().unwrap(),
            insured: InsuredPlace("110105".parse().unwrap()),
            scheme: InsuranceScheme::Employee,
            care: CareKind::Inpatient,
            total: Fen(1_000),
            person_total: Fen(300),
            account: Fen(100),
            funds: BTreeMap::from([(Fund::EmployeePool, Fen(700))]),
        }
    }

    fn undone(serial: u64) -> SettledLine {
        let made = made(serial);
        made.undone(id(serial + 100), made.at)
    }

    fn listed(line: &SettledLine) -> ListedLine {
        ListedLine {
            id: Some(line.id),
            refunded: line.is_undoing(),
            total: line.total,
            fund_total: line.fund_total(),
            account: line.account,
        }
    }

    /// The same line as lists of some institutions have it: under the id of what is undone.
    fn under_the_original(line: &SettledLine) -> ListedLine {
        ListedLine { id: Some(line.settlement), ..listed(line) }
    }

    fn dearer(line: ListedLine) -> ListedLine {
        ListedLine { total: line.total + Fen(100), account: line.account + Fen(100), ..line }
    }

    fn flagged(line: ListedLine) -> ListedLine {
        ListedLine { refunded: true, ..line }
    }

    /// What is seen, their list, our lines of the period, our lines of others, and what is said of each.
    type Row<'a> = (&'a str, Vec<ListedLine>, &'a [SettledLine], &'a [SettledLine], &'a [&'a str]);

    #[test]
    fn every_way_in_which_a_list_can_differ() {
        let one = [made(1)];
        let cancelled = [made(1), undone(1)];
        let theirs = |lines: &[SettledLine]| lines.iter().map(listed).collect::<Vec<_>>();
        let nobody = ListedLine { id: None, ..listed(&made(1)) };
        let rows: [Row<'_>; 16] = [
            ("agreed", theirs(&one), &one, &[], &[""]),
            ("agreed on a cancellation", theirs(&cancelled), &cancelled, &[], &["", ""]),
            (
                "a cancellation under the id of what it undoes",
                vec![listed(&made(1)), under_the_original(&undone(1))],
                &cancelled,
                &[],
                &["", ""],
            ),
            (
                "flagged, and undone",
                vec![flagged(listed(&made(1))), listed(&undone(1))],
                &cancelled,
                &[],
                &["", ""],
            ),
            ("nothing at all", vec![], &[], &[], &[]),
            ("only here", vec![], &one, &[], &["中心有、机构无此结算"]),
            ("only there", theirs(&one), &[], &[], &["机构有、中心无此结算"]),
            ("no id of ours", vec![nobody], &[], &[], &["机构有、中心无此结算"]),
            (
                "another month",
                theirs(&one),
                &[],
                &one,
                &["中心有此结算，但不在本次对账范围内，结算时间2026-11-21 10:00:00"],
            ),
            ("twice", theirs(&[made(1), made(1)]), &one, &[], &["", "机构清单中重复"]),
            (
                "other amounts",
                vec![dearer(listed(&made(1)))],
                &one,
                &[],
                &["医疗费总额机构11.00中心10.00；个人账户支出机构2.00中心1.00"],
            ),
            ("undone here alone", theirs(&one), &cancelled, &[], &["", "中心已退费、机构未退费"]),
            (
                "undone there alone",
                vec![listed(&made(1)), under_the_original(&undone(1))],
                &one,
                &[],
                &["", "机构已退费、中心未退费"],
            ),
            (
                "flagged, and undone in another month",
                vec![flagged(listed(&made(1)))],
                &one,
                &cancelled[1..],
                &[""],
            ),
            ("flagged there alone", vec![flagged(listed(&made(1)))], &one, &[], &["机构已退费、中心未退费"]),
            (
                "neither line there",
                vec![],
                &cancelled,
                &[],
                &["中心有、机构无此结算", "中心有、机构无此结算"],
            ),
        ];
        for (name, theirs, ours, elsewhere, expected) in rows {
            let words = |compared: Compared| {
                compared.differences.iter().map(Difference::to_string).collect::<Vec<_>>().join("；")
            };
            let found: Vec<_> = compare_list(&theirs, ours, elsewhere).into_iter().map(words).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_list_says_of_each_scheme_that_it_names_whether_its_books_are_equal() {
        use InsuranceScheme::{Employee, Resident};
        let resident = |serial| SettledLine { scheme: Resident, ..made(serial) };
        let ours = [made(1), made(2), resident(3)];
        let off = |line: &SettledLine| ListedLine { total: Fen(1), ..listed(line) };
        for (name, theirs, expected) in [
            ("all equal", ours.iter().map(listed).collect(), vec![(Employee, true), (Resident, true)]),
            ("one scheme alone", vec![listed(&ours[0]), listed(&ours[1])], vec![(Employee, true)]),
            ("a line missing there", vec![listed(&ours[0])], vec![(Employee, false)]),
            (
                "an amount of one scheme",
                vec![listed(&ours[0]), listed(&ours[1]), off(&ours[2])],
                vec![(Employee, true), (Resident, false)],
            ),
            (
                "a line that nobody knows here",
                [&ours[0], &ours[1], &ours[2], &made(9)].map(listed).to_vec(),
                vec![(Employee, false), (Resident, false)],
            ),
            ("the same twice", [&ours[2], &ours[2]].map(listed).to_vec(), vec![(Resident, false)]),
            ("nothing", vec![], vec![]),
        ] {
            let compared = compare_list(&theirs, &ours, &[]);
            let found: Vec<_> = agreed_by_scheme(&compared, &ours).into_iter().collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn totals_differ_by_what_both_say() {
        let ours = Totals::of(&Share::of(&[made(1), made(2), undone(2)]));
        assert_eq!(ours, Totals { total: Fen(1_000), fund_total: Fen(700), account: Fen(100), count: 3 });
        assert_eq!(compare_totals(&ours, &ours), []);
        let theirs = Totals { total: Fen(2_000), fund_total: Fen(1_400), account: Fen(200), count: 2 };
        let said: Vec<_> = compare_totals(&theirs, &ours).iter().map(Disagreement::to_string).collect();
        assert_eq!(
            said,
            [
                "医疗费总额机构20.00中心10.00",
                "基金支付总额机构14.00中心7.00",
                "个人账户支出机构2.00中心1.00",
                "结算笔数机构2中心3"
            ]
        );
    }

    #[test]
    fn a_hundred_thousand_lines_are_compared_at_once() {
        let ours: Vec<_> = (0..100_000).map(made).collect();
        let mut theirs: Vec<_> = ours.iter().map(listed).collect();
        theirs.reverse();
        theirs.pop();
        let found = compare_list(&theirs, &ours, &[]);
        let wrong: Vec<_> = found.iter().filter(|compared| !compared.differences.is_empty()).collect();
        assert_eq!(wrong.len(), 1);
        assert_eq!((wrong[0].ours, &wrong[0].differences[..]), (Some(0), &[Difference::MissingThere][..]));
    }
}

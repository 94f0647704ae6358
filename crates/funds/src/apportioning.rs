//! Apportioning (清分): which province, scheme, kind of care and fund owes what of the settlements of a month.
//!
//! What an institution is owed for is a list of lines: a settlement is one, and its undoing (撤销) is another with every amount
//! given back. A line belongs to the month of its moment, so a month that is over does not change any more. [`apportion`] adds
//! the lines of any list up by who owes them; clearing between provinces begins with what comes out.

use crate::reconciliation::{Figure, Figures};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, ops::Range};
use terms::{CareKind, Fen, Fund, InsuranceScheme, InsuredPlace, Moment, Province, SettlementId};

/// A settlement that was told to an institution, as the treatment place's book has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The line that it makes.
    pub line: SettledLine,
    /// Its undoing, if any.
    pub undoing: Option<Undoing>,
}

/// How a settlement was undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undoing {
    /// Its own id (结算ID of the cancellation).
    pub id: SettlementId,
    /// When it was asked for.
    pub at: Moment,
    /// 冲正: the settlement is as if it had never been, as long as its month is not over.
    pub is_reversal: bool,
}

/// One line of what an institution is owed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledLine {
    /// Its own id (结算ID): the settlement's, or the undoing's.
    pub id: SettlementId,
    /// The settlement that it makes or undoes.
    pub settlement: SettlementId,
    /// Its moment (结算时间), by which it belongs to a day and a month.
    pub at: Moment,
    /// 参保地.
    pub insured: InsuredPlace,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 就医类别.
    pub care: CareKind,
    /// 医疗费总额.
    pub total: Fen,
    /// 个人负担总额, accounts included.
    pub person_total: Fen,
    /// What of it personal accounts pay (个人账户支出), those of family included.
    pub account: Fen,
    /// What each fund pays.
    pub funds: BTreeMap<Fund, Fen>,
}

impl Figures for SettledLine {
    fn figure(&self, figure: Figure) -> Option<Fen> {
        Some(match figure {
            Figure::Total => self.total,
            Figure::FundTotal => self.fund_total(),
            Figure::PersonTotal => self.person_total,
            Figure::Account => self.account,
            Figure::Fund(fund) => self.funds.get(&fund).copied().unwrap_or_default(),
        })
    }
}

impl SettledLine {
    /// Whether it gives back.
    pub fn is_undoing(&self) -> bool {
        self.id != self.settlement
    }

    /// 基金支付总额.
    pub fn fund_total(&self) -> Fen {
        self.funds.values().copied().sum()
    }

    /// 经办机构支付总额: what the institution gets from the agency, of funds and of personal accounts.
    pub fn agency_pays(&self) -> Fen {
        self.fund_total() + self.account
    }

    /// 个人现金支出.
    pub fn cash(&self) -> Fen {
        self.person_total - self.account
    }

    /// The line that gives all of it back.
    #[must_use]
    pub fn undone(&self, id: SettlementId, at: Moment) -> Self {
        Self {
            id,
            at,
            total: -self.total,
            person_total: -self.person_total,
            account: -self.account,
            funds: self.funds.iter().map(|(fund, amount)| (*fund, -*amount)).collect(),
            ..self.clone()
        }
    }
}

impl Settlement {
    /// Its lines: one as long as it stands, two once it is cancelled; none if it was reversed in the month in which it was
    /// made, since then the institution has never had it either.
    pub fn lines(&self) -> Vec<SettledLine> {
        let Some(undoing) = self.undoing else { return vec![self.line.clone()] };
        let same_month = self.line.at.day().month() == undoing.at.day().month();
        if undoing.is_reversal && same_month {
            return Vec::new();
        }
        vec![self.line.clone(), self.line.undone(undoing.id, undoing.at)]
    }
}

/// The lines of a period, by moment and id.
pub fn lines_in(settlements: &[Settlement], period: &Range<Moment>) -> Vec<SettledLine> {
    let mut lines: Vec<SettledLine> =
        settlements.iter().flat_map(Settlement::lines).filter(|line| period.contains(&line.at)).collect();
    lines.sort_by_key(|line| (line.at, line.id));
    lines
}

/// What lines come to together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// How many settlements.
    pub settlements: u64,
    /// How many undoings.
    pub undoings: u64,
    /// 医疗费总额.
    pub total: Fen,
    /// 个人负担总额.
    pub person_total: Fen,
    /// 个人账户支出.
    pub account: Fen,
    /// What each fund pays; a fund that comes to nothing may be named.
    pub funds: BTreeMap<Fund, Fen>,
}

impl Share {
    /// Of some lines.
    ///
    /// # Panics
    /// If a line does not balance: 医疗费总额 is what funds and person pay together, and accounts pay a part of the person's.
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a SettledLine>) -> Self {
        lines.into_iter().fold(Self::default(), |mut share, line| {
            share.add_line(line);
            share
        })
    }

    /// 基金支付总额.
    pub fn fund_total(&self) -> Fen {
        self.funds.values().copied().sum()
    }

    /// 经办机构支付总额.
    pub fn agency_pays(&self) -> Fen {
        self.fund_total() + self.account
    }

    /// 个人现金支出.
    pub fn cash(&self) -> Fen {
        self.person_total - self.account
    }

    /// 结算笔数: a cancellation is a settlement of its own.
    pub fn count(&self) -> u64 {
        self.settlements + self.undoings
    }

    /// 人次: whoever was given everything back does not count.
    pub fn visits(&self) -> i64 {
        let number = |count: u64| i64::try_from(count).expect("settlements can be counted");
        number(self.settlements) - number(self.undoings)
    }

    fn add_line(&mut self, line: &SettledLine) {
        assert_eq!(line.total, line.fund_total() + line.person_total, "结算[{}] does not balance", line.id);
        let (part, whole) = (line.account.0.unsigned_abs(), line.person_total.0.unsigned_abs());
        assert!(part <= whole, "结算[{}]: accounts pay more than the person", line.id);
        if line.is_undoing() {
            self.undoings += 1;
        } else {
            self.settlements += 1;
        }
        self.total += line.total;
        self.person_total += line.person_total;
        self.account += line.account;
        for (fund, amount) in &line.funds {
            *self.funds.entry(*fund).or_default() += *amount;
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.add(other);
        both
    }

    /// Adds another to it.
    pub fn add(&mut self, other: &Self) {
        self.settlements += other.settlements;
        self.undoings += other.undoings;
        self.total += other.total;
        self.person_total += other.person_total;
        self.account += other.account;
        for (fund, amount) in &other.funds {
            *self.funds.entry(*fund).or_default() += *amount;
        }
    }
}

/// Lines added up by whatever tells them apart.
pub fn by<'a, K: Ord>(
    lines: impl IntoIterator<Item = &'a SettledLine>,
    key: impl Fn(&SettledLine) -> K,
) -> BTreeMap<K, Share> {
    let mut shares = BTreeMap::<K, Share>::new();
    for line in lines {
        shares.entry(key(line)).or_default().add_line(line);
    }
    shares
}

/// Who owes a share: people of which province, under which scheme, for which kind of care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owing {
    /// The insured province.
    pub insured: Province,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 就医类别.
    pub care: CareKind,
}

/// Lines by who owes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apportioned {
    /// What each owes; none whose lines are not there.
    pub shares: BTreeMap<Owing, Share>,
    /// All of it.
    pub whole: Share,
}

/// Adds lines up by who owes them.
///
/// # Panics
/// If money would get lost or appear on the way.
pub fn apportion(lines: &[SettledLine]) -> Apportioned {
    let owing =
        |line: &SettledLine| Owing { insured: line.insured.province(), scheme: line.scheme, care: line.care };
    let shares = by(lines, owing);
    let whole = Share::of(lines);
    let together = shares.values().fold(Share::default(), |sum, share| sum.plus(share));
    assert_eq!(together, whole, "the shares are the whole");
    assert_eq!(whole.total, whole.fund_total() + whole.person_total, "the whole balances");
    Apportioned { shares, whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use terms::AdminDivision;

    fn moment(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn id(at: Moment, serial: u64) -> SettlementId {
        SettlementId::new("420000".parse().unwrap(), at, serial)
    }

    /// A settlement of 10.00 of which a fund pays the rest.
    fn settlement(at: &str, serial: u64, undoing: Option<(&str, bool)>) -> Settlement {
        let at = moment(at);
        let line = SettledLine {
            id: id(at, serial),
            settlement: id(at, serial),
            at,
            insured: InsuredPlace("110105".parse().unwrap()),
            scheme: InsuranceScheme::Employee,
            care: CareKind::Inpatient,
            total: Fen(1_000),
            person_total: Fen(300),
            account: Fen(100),
            funds: [(Fund::EmployeePool, Fen(700))].into(),
        };
        let undoing = undoing.map(|(at, is_reversal)| Undoing {
            id: id(moment(at), serial + 500),
            at: moment(at),
            is_reversal,
        });
        Settlement { line, undoing }
    }

    #[test]
    fn lines_belong_to_the_month_of_their_moment() {
        let november = "2026-11-10 10:00:00";
        let rows = [
            ("stands", None, [1, 0]),
            ("cancelled at once", Some(("2026-11-10 10:05:00", false)), [2, 0]),
            ("cancelled later", Some(("2026-12-01 00:00:00", false)), [1, 1]),
            ("reversed at once", Some(("2026-11-30 23:59:59", true)), [0, 0]),
            ("reversed when the month was over", Some(("2026-12-01 00:00:00", true)), [1, 1]),
        ];
        for (name, undoing, expected) in rows {
            let one = [settlement(november, 1, undoing)];
            let count = |from: &str, to: &str| lines_in(&one, &(moment(from)..moment(to))).len();
            let months = [
                count("2026-11-01 00:00:00", "2026-12-01 00:00:00"),
                count("2026-12-01 00:00:00", "2027-01-01 00:00:00"),
            ];
            assert_eq!(months, expected, "{name}");
        }
    }

    #[test]
    fn an_undoing_gives_everything_back_under_its_own_id() {
        let one = settlement("2026-11-10 10:00:00", 1, Some(("2026-11-12 10:00:00", false)));
        let [made, undone] = &one.lines()[..] else { panic!("two lines") };
        assert!(undone.is_undoing() && undone.settlement == made.id && undone.id != made.id);
        assert_eq!((undone.agency_pays(), undone.cash()), (Fen(-800), Fen(-200)));
        let both = Share::of([made, undone]);
        assert_eq!((both.total, both.agency_pays(), both.count(), both.visits()), (Fen(0), Fen(0), 2, 0));
    }

    #[test]
    fn each_owes_its_own() {
        let mut lines = vec![settlement("2026-11-10 10:00:00", 1, None).line];
        lines.push(SettledLine {
            insured: InsuredPlace("110101".parse().unwrap()),
            ..settlement("2026-11-11 10:00:00", 2, None).line
        });
        lines.push(SettledLine {
            insured: InsuredPlace("310101".parse().unwrap()),
            care: CareKind::Pharmacy,
            ..settlement("2026-11-12 10:00:00", 3, None).line
        });
        let apportioned = apportion(&lines);
        let said: Vec<_> = apportioned
            .shares
            .iter()
            .map(|(owing, share)| format!("{} {} {}", owing.insured, owing.care, share.agency_pays()))
            .collect();
        assert_eq!(said, ["110000 住院 16.00", "310000 药店购药 8.00"], "two districts are one province");
        assert_eq!(apportioned.whole.total, Fen(3_000));
        assert_eq!(apportion(&[]), Apportioned::default());
    }

    #[test]
    #[should_panic(expected = "does not balance")]
    fn money_that_does_not_balance_is_not_apportioned() {
        let mut line = settlement("2026-11-10 10:00:00", 1, None).line;
        line.total += Fen(1);
        apportion(&[line]);
    }

    fn lines() -> impl Strategy<Value = Vec<SettledLine>> {
        let place = prop::sample::select(vec![110_101_u32, 110_105, 310_101, 500_113, 429_004]);
        let care = prop::sample::select(CareKind::ALL.to_vec());
        let funds = prop::collection::btree_map(
            prop::sample::select(Fund::ALL.to_vec()),
            (0..100_000_000_i64).prop_map(Fen),
            0..4,
        );
        let one =
            (0..1_000_u64, place, any::<bool>(), care, funds, 0..50_000_i64, 0..50_000_i64, any::<bool>());
        let line = one.prop_map(|(serial, place, employee, care, funds, cash, account, undone)| {
            let at = moment("2026-11-10 10:00:00");
            let person_total = Fen(cash + account);
            let line = SettledLine {
                id: id(at, serial),
                settlement: id(at, serial),
                at,
                insured: InsuredPlace(AdminDivision::new(place).unwrap()),
                scheme: if employee { InsuranceScheme::Employee } else { InsuranceScheme::Resident },
                care,
                total: funds.values().copied().sum::<Fen>() + person_total,
                person_total,
                account: Fen(account),
                funds,
            };
            if undone { line.undone(id(at, serial + 5_000), at) } else { line }
        });
        prop::collection::vec(line, 0..60)
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_appears(lines in lines()) {
            let apportioned = apportion(&lines);
            let sum = |of: fn(&SettledLine) -> Fen| lines.iter().map(of).sum::<Fen>();
            let owed = |of: fn(&Share) -> Fen| apportioned.shares.values().map(of).sum::<Fen>();
            prop_assert_eq!(owed(|share| share.total), sum(|line| line.total));
            prop_assert_eq!(owed(Share::agency_pays), sum(SettledLine::agency_pays));
            prop_assert_eq!(owed(Share::cash), sum(SettledLine::cash));
            let count: u64 = apportioned.shares.values().map(Share::count).sum();
            prop_assert_eq!(count, u64::try_from(lines.len()).unwrap());
        }

        #[test]
        fn parts_apportioned_alone_come_to_the_same(lines in lines(), at in any::<prop::sample::Index>()) {
            let (first, second) = lines.split_at(if lines.is_empty() { 0 } else { at.index(lines.len()) });
            let (first, second, whole) = (apportion(first), apportion(second), apportion(&lines));
            prop_assert_eq!(first.whole.plus(&second.whole), whole.whole);
            for (owing, share) in &whole.shares {
                let part = |of: &Apportioned| of.shares.get(owing).cloned().unwrap_or_default();
                prop_assert_eq!(&part(&first).plus(&part(&second)), share);
            }
        }

        #[test]
        fn what_is_undone_comes_to_nothing(lines in lines()) {
            let back = lines.iter().map(|line| line.undone(id(line.at, 9_999), line.at));
            let all: Vec<SettledLine> = lines.iter().cloned().chain(back).collect();
            for share in apportion(&all).shares.values() {
                prop_assert_eq!((share.total, share.account, share.agency_pays()), (Fen::ZERO, Fen::ZERO, Fen::ZERO));
                prop_assert!(share.funds.values().all(|amount| amount.is_zero()));
            }
        }
    }
}

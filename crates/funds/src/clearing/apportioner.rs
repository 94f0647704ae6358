//! Apportioning (清分) a month of the nation: tens of millions of settlements in one pass, into lines by pooling area,
//! institution, scheme, kind of care and month.
//!
//! What it keeps grows with the lines that come out, not with the settlements that go in: some hundred bytes each. Codes of
//! institutions are kept once, amounts of funds in one long row.

use super::{ClearedLine, ClearingLine, Pair, Part, month_of_number};
use crate::apportioning::Share;
use std::collections::{BTreeMap, HashMap};
use terms::{CareKind, Fen, Fund, InsuranceScheme, InsuredPlace, PoolingArea, TreatmentPlace};

/// What a line of one settlement adds.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The pooling area that owes.
    pub insured: PoolingArea,
    /// The pooling area of the institution.
    pub treatment: PoolingArea,
    /// The institution's code.
    pub institution: &'a str,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 就医类别.
    pub care: CareKind,
    /// The month of the settlement, as a number such as 202610.
    pub settled_month: i32,
    /// 医疗费总额, as the line has it: below nothing where it gives back.
    pub total: Fen,
    /// 个人负担总额.
    pub person_total: Fen,
    /// 个人账户支出.
    pub account: Fen,
}

impl<'a> From<&'a ClearedLine> for Item<'a> {
    fn from(line: &'a ClearedLine) -> Self {
        Self {
            insured: line.insured.pooling_area(),
            treatment: line.treatment.division().pooling_area(),
            institution: line.institution.as_str(),
            scheme: line.scheme,
            care: line.care,
            settled_month: line.settlement.month().number(),
            total: line.total,
            person_total: line.person_total,
            account: line.account,
        }
    }
}

/// Adds lines of settlements up.
#[derive(Debug, Default)]
pub struct Apportioner {
    institutions: Institutions,
    pairs: BTreeMap<Pair, HashMap<Key, Sums>>,
    amounts: Vec<Amount>,
}

#[derive(Debug, Default)]
struct Institutions {
    numbers: HashMap<Box<str>, u32>,
    codes: Vec<Box<str>>,
}

impl Institutions {
    fn number(&mut self, code: &str) -> u32 {
        if let Some(number) = self.numbers.get(code) {
            return *number;
        }
        let number = u32::try_from(self.codes.len()).expect("a nation has fewer institutions");
        self.numbers.insert(code.into(), number);
        self.codes.push(code.into());
        number
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    insured: PoolingArea,
    treatment: PoolingArea,
    institution: u32,
    settled_month: i32,
    scheme: InsuranceScheme,
    care: CareKind,
    deduction: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    settlements: u32,
    undoings: u32,
    total: Fen,
    person_total: Fen,
    account: Fen,
    /// The place behind the first of its amounts; nothing if it has none.
    first: u32,
}

/// What a fund pays of a line, and the place behind the next amount of the same line.
#[derive(Clone, Copy, Debug)]
struct Amount {
    fund: Fund,
    next: u32,
    paid: Fen,
}

impl Apportioner {
    /// Adds a line of a settlement.
    ///
    /// # Panics
    /// If it does not balance: 医疗费总额 is what funds and person pay together.
    pub fn add(&mut self, part: &Part, item: &Item<'_>, funds: impl IntoIterator<Item = (Fund, Fen)>) {
        self.change(part, item, funds, 1);
    }

    /// Takes a line out again that is in.
    ///
    /// # Panics
    /// If it is not in.
    pub fn remove(&mut self, part: &Part, item: &Item<'_>, funds: impl IntoIterator<Item = (Fund, Fen)>) {
        self.change(part, item, funds, -1);
    }

    fn change(
        &mut self,
        part: &Part,
        item: &Item<'_>,
        funds: impl IntoIterator<Item = (Fund, Fen)>,
        times: i32,
    ) {
        let scaled = |amount: Fen| Fen(amount.0 * i64::from(times));
        let key = Key {
            insured: item.insured,
            treatment: item.treatment,
            institution: self.institutions.number(item.institution),
            settled_month: item.settled_month,
            scheme: item.scheme,
            care: item.care,
            deduction: matches!(part, Part::Deducted(_)),
        };
        let pair = Pair { insured: item.insured.province(), treatment: item.treatment.province() };
        let sums = self.pairs.entry(pair).or_default().entry(key).or_default();
        let counted = |count: u32| count.checked_add_signed(times).expect("what is taken out was in");
        match part {
            Part::Made => sums.settlements = counted(sums.settlements),
            Part::Undone => sums.undoings = counted(sums.undoings),
            Part::Deducted(_) | Part::Corrected(_) => {}
        }
        sums.total += scaled(item.total);
        sums.person_total += scaled(item.person_total);
        sums.account += scaled(item.account);
        let mut fund_total = Fen::ZERO;
        for (fund, paid) in funds {
            fund_total += paid;
            add_amount(&mut self.amounts, sums, fund, scaled(paid));
        }
        let whole = fund_total + item.person_total;
        assert_eq!(item.total, whole, "a line of institution {} does not balance", item.institution);
    }

    /// How many lines there are; those that came to nothing may be counted.
    pub fn lines(&self) -> usize {
        self.pairs.values().map(HashMap::len).sum()
    }

    /// How many pairs of pooling areas.
    pub fn area_pairs(&self) -> usize {
        let areas = self.pairs.values().flat_map(HashMap::keys).map(|key| (key.insured, key.treatment));
        areas.collect::<std::collections::HashSet<_>>().len()
    }

    /// The lines of each pair of provinces in the order of their fields, pair by pair; what was taken is let go of on the way.
    pub fn into_pairs(self) -> impl Iterator<Item = (Pair, Vec<ClearingLine>)> {
        let Self { institutions, pairs, amounts } = self;
        pairs.into_iter().map(move |(pair, lines)| {
            let counts = |sums: &Sums| {
                sums.settlements + sums.undoings > 0
                    || ![sums.total, sums.person_total, sums.account].iter().all(|sum| sum.is_zero())
            };
            // A correction may move money from one fund to another and leave the sums as they are.
            let pays = |sums: &Sums| chain(&amounts, sums.first).any(|amount| !amount.paid.is_zero());
            let mut lines: Vec<ClearingLine> = lines
                .into_iter()
                .filter(|(_, sums)| counts(sums) || pays(sums))
                .map(|(key, sums)| line(&institutions, &amounts, key, &sums))
                .collect();
            lines.sort_by(|one, other| {
                let key = |line: &ClearingLine| {
                    (line.insured, line.treatment, line.scheme, line.care, line.settled_month, line.deduction)
                };
                key(one).cmp(&key(other)).then_with(|| one.institution.cmp(&other.institution))
            });
            (pair, lines)
        })
    }
}

fn chain(amounts: &[Amount], first: u32) -> impl Iterator<Item = &Amount> {
    let place = |behind: u32| behind.checked_sub(1).map(|place| &amounts[place as usize]);
    std::iter::successors(place(first), move |amount| place(amount.next))
}

fn add_amount(amounts: &mut Vec<Amount>, sums: &mut Sums, fund: Fund, paid: Fen) {
    let mut behind = sums.first;
    while let Some(place) = behind.checked_sub(1) {
        let amount = &mut amounts[place as usize];
        if amount.fund == fund {
            amount.paid += paid;
            return;
        }
        behind = amount.next;
    }
    amounts.push(Amount { fund, next: sums.first, paid });
    sums.first = u32::try_from(amounts.len()).expect("fewer amounts than that");
}

fn line(institutions: &Institutions, amounts: &[Amount], key: Key, sums: &Sums) -> ClearingLine {
    let institution = &institutions.codes[key.institution as usize];
    ClearingLine {
        insured: InsuredPlace(key.insured.division()),
        treatment: TreatmentPlace(key.treatment.division()),
        institution: institution.parse().expect("the code of an institution"),
        scheme: key.scheme,
        care: key.care,
        settled_month: month_of_number(key.settled_month).expect("a month"),
        deduction: key.deduction,
        share: Share {
            settlements: u64::from(sums.settlements),
            undoings: u64::from(sums.undoings),
            total: sums.total,
            person_total: sums.person_total,
            account: sums.account,
            funds: chain(amounts, sums.first)
                .filter(|amount| !amount.paid.is_zero())
                .map(|amount| (amount.fund, amount.paid))
                .collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn area(code: u32) -> PoolingArea {
        PoolingArea(terms::AdminDivision::new(code).unwrap())
    }

    fn item(insured: u32, treatment: u32, institution: &str, amount: i64) -> Item<'_> {
        Item {
            insured: area(insured),
            treatment: area(treatment),
            institution,
            scheme: InsuranceScheme::Employee,
            care: CareKind::Inpatient,
            settled_month: 202_610,
            total: Fen(amount + 10),
            person_total: Fen(10),
            account: Fen(3),
        }
    }

    fn said(apportioner: Apportioner) -> Vec<String> {
        apportioner
            .into_pairs()
            .flat_map(|(_, lines)| lines)
            .map(|line| line.to_string().replace('\t', " "))
            .collect()
    }

    #[test]
    fn lines_come_out_by_area_and_institution() {
        let mut all = Apportioner::default();
        let pool = |amount| [(Fund::EmployeePool, Fen(amount))];
        all.add(&Part::Made, &item(420_100, 310_000, "H31010100002", 90), pool(90));
        all.add(&Part::Made, &item(420_100, 310_000, "H31010100001", 50), pool(50));
        all.add(
            &Part::Made,
            &item(420_100, 310_000, "H31010100001", 60),
            [(Fund::EmployeePool, Fen(40)), (Fund::LargeAmount, Fen(20))],
        );
        all.add(&Part::Made, &item(420_200, 310_000, "H31010100001", 70), pool(70));
        let back = Item {
            total: Fen(-60),
            person_total: Fen(-10),
            account: Fen(-3),
            ..item(420_100, 310_000, "H31010100001", 0)
        };
        all.add(&Part::Undone, &back, pool(-50));
        assert_eq!((all.lines(), all.area_pairs()), (3, 2));
        assert_eq!(
            said(all),
            [
                "420100 310000 H31010100001 310 21 202610 0 2 1 70 10 3 310100:40 330100:20",
                "420100 310000 H31010100002 310 21 202610 0 1 0 100 10 3 310100:90",
                "420200 310000 H31010100001 310 21 202610 0 1 0 80 10 3 310100:70",
            ]
        );
    }

    #[test]
    fn what_is_taken_out_again_was_never_in() {
        let mut all = Apportioner::default();
        let one = item(420_100, 310_000, "H31010100001", 50);
        all.add(&Part::Made, &one, [(Fund::EmployeePool, Fen(50))]);
        all.remove(&Part::Made, &one, [(Fund::EmployeePool, Fen(50))]);
        assert_eq!(said(all), Vec::<String>::new());
    }

    #[test]
    #[should_panic(expected = "does not balance")]
    fn money_that_does_not_balance_is_not_apportioned() {
        let one = item(420_100, 310_000, "H31010100001", 50);
        Apportioner::default().add(&Part::Made, &one, [(Fund::EmployeePool, Fen(51))]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_in_any_order_and_every_line_reads_back(
            rows in prop::collection::vec((0..3_usize, 0..2_usize, 0..4_usize, 0..9_usize, 1..100_000_i64), 0..60),
        ) {
            let (insured, treatment) = ([420_100, 420_200, 429_004], [310_000, 330_100]);
            let codes = ["H31010100001", "H31010100002", "P33010000001", "H33010000009"];
            let lines = |rows: &mut dyn Iterator<Item = &(usize, usize, usize, usize, i64)>| -> Vec<ClearingLine> {
                let mut all = Apportioner::default();
                for (i, t, code, fund, amount) in rows {
                    let item = item(insured[*i], treatment[*t], codes[*code], *amount);
                    all.add(&Part::Made, &item, [(Fund::ALL[*fund], Fen(*amount))]);
                }
                all.into_pairs().flat_map(|(_, lines)| lines).collect()
            };
            let whole = lines(&mut rows.iter());
            prop_assert_eq!(&whole, &lines(&mut rows.iter().rev()));
            let amount: i64 = rows.iter().map(|row| row.4 + 3).sum();
            prop_assert_eq!(whole.iter().map(ClearingLine::amount).sum::<Fen>(), Fen(amount));
            for line in whole {
                prop_assert_eq!(line.to_string().parse::<ClearingLine>().unwrap(), line);
            }
        }
    }
}

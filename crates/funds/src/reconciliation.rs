//! Reconciliation (对账): whether the three books of a settlement say the same. It always compares the whole day that it is
//! given, and lists only what differs; what to do about it is a matter for people (协查).

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt,
};
use terms::{Fen, Fund, SettlementId};

/// Whose book says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// 就医地.
    Treatment,
    /// 国家平台.
    Hub,
    /// 参保地.
    Insured,
}

impl Side {
    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Treatment => "就医地",
            Self::Hub => "国家平台",
            Self::Insured => "参保地",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.chinese())
    }
}

/// Whether a settlement stands in a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStage {
    /// 有效.
    Standing,
    /// 已撤销或冲正.
    Undone,
}

/// What one book says of one settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookLine {
    /// Which.
    pub settlement: SettlementId,
    /// Whether it stands.
    pub stage: LineStage,
    /// 医疗费总额.
    pub total: Fen,
    /// 基金支付总额.
    pub fund_total: Fen,
    /// 个人负担总额.
    pub person_total: Fen,
    /// What of it personal accounts pay (个人账户支出).
    #[serde(default)]
    pub account: Fen,
    /// What each fund pays; a fund that is not there pays nothing.
    pub funds: BTreeMap<Fund, Fen>,
}

/// An amount of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// 医疗费总额.
    Total,
    /// 基金支付总额.
    FundTotal,
    /// 个人负担总额.
    PersonTotal,
    /// 个人账户支出.
    Account,
    /// What one fund pays.
    Fund(Fund),
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Total => "医疗费总额",
            Self::FundTotal => "基金支付总额",
            Self::PersonTotal => "个人负担总额",
            Self::Account => "个人账户支出",
            Self::Fund(fund) => fund.chinese(),
        })
    }
}

/// One thing on which the books differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// In which settlement.
    pub settlement: SettlementId,
    /// How.
    pub kind: DifferenceKind,
}

/// How books differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// A side has the settlement more than once; only its first line is compared.
    DoubledAt(Side),
    /// It stands elsewhere, and this side has never heard of it.
    MissingAt(Side),
    /// It stands at some sides and is undone at others.
    StageDiffers {
        /// Where it is undone.
        undone_at: BTreeSet<Side>,
    },
    /// It stands with different amounts.
    AmountsDiffer {
        /// Which amount.
        figure: Figure,
        /// What each side at which it stands says.
        amounts: BTreeMap<Side, Fen>,
    },
}

impl fmt::Display for Difference {
    /// A Chinese sentence for the people who look into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "结算[{}]", self.settlement)?;
        match &self.kind {
            DifferenceKind::DoubledAt(side) => write!(f, "在{side}账中重复"),
            DifferenceKind::MissingAt(side) => write!(f, "在{side}账中缺失"),
            DifferenceKind::StageDiffers { undone_at } => {
                let sides: Vec<_> = undone_at.iter().map(|side| side.chinese()).collect();
                write!(f, "在{}已撤销或冲正，其他方仍有效", sides.join("、"))
            }
            DifferenceKind::AmountsDiffer { figure, amounts } => {
                let said: Vec<_> = amounts.iter().map(|(side, amount)| format!("{side}{amount}")).collect();
                write!(f, "{figure}不一致：{}", said.join("，"))
            }
        }
    }
}

/// Compares the three books by settlement and lists what differs, by settlement. A settlement that stands nowhere is
/// agreed upon, whether a side has undone it or never heard of it.
pub fn compare(treatment: &[BookLine], hub: &[BookLine], insured: &[BookLine]) -> Vec<Difference> {
    compare_sides(&[(Side::Treatment, treatment), (Side::Hub, hub), (Side::Insured, insured)])
}

/// The same between those sides that are at hand, say a province and the hub.
pub fn compare_sides(books: &[(Side, &[BookLine])]) -> Vec<Difference> {
    let mut lines = BTreeMap::<SettlementId, Vec<(Side, &BookLine)>>::new();
    for &(side, book) in books {
        for line in book {
            lines.entry(line.settlement).or_default().push((side, line));
        }
    }
    let sides: Vec<_> = books.iter().map(|&(side, _)| side).collect();
    lines
        .into_iter()
        .flat_map(|(settlement, said)| {
            compare_one(&sides, &said).into_iter().map(move |kind| Difference { settlement, kind })
        })
        .collect()
}

/// What differs between the lines of one settlement.
fn compare_one(sides: &[Side], said: &[(Side, &BookLine)]) -> Vec<DifferenceKind> {
    let mut differences = Vec::new();
    let mut by_side = BTreeMap::<Side, &BookLine>::new();
    for &(side, line) in said {
        match by_side.entry(side) {
            Entry::Occupied(_) => differences.push(DifferenceKind::DoubledAt(side)),
            Entry::Vacant(place) => {
                place.insert(line);
            }
        }
    }
    let standing: Vec<_> = by_side.iter().filter(|(_, line)| line.stage == LineStage::Standing).collect();
    if standing.is_empty() {
        return differences;
    }
    let missing = sides.iter().filter(|side| !by_side.contains_key(side));
    differences.extend(missing.map(|&side| DifferenceKind::MissingAt(side)));
    if standing.len() < by_side.len() {
        let undone = by_side.iter().filter(|(_, line)| line.stage == LineStage::Undone);
        differences.push(DifferenceKind::StageDiffers { undone_at: undone.map(|(&side, _)| side).collect() });
    }
    let funds: BTreeSet<Fund> = standing.iter().flat_map(|(_, line)| line.funds.keys().copied()).collect();
    let totals = [Figure::Total, Figure::FundTotal, Figure::PersonTotal, Figure::Account];
    for figure in totals.into_iter().chain(funds.into_iter().map(Figure::Fund)) {
        let amounts: BTreeMap<Side, Fen> =
            standing.iter().map(|&(&side, line)| (side, line.figure(figure))).collect();
        if amounts.values().collect::<BTreeSet<_>>().len() > 1 {
            differences.push(DifferenceKind::AmountsDiffer { figure, amounts });
        }
    }
    differences
}

impl BookLine {
    fn figure(&self, figure: Figure) -> Fen {
        match figure {
            Figure::Total => self.total,
            Figure::FundTotal => self.fund_total,
            Figure::PersonTotal => self.person_total,
            Figure::Account => self.account,
            Figure::Fund(fund) => self.funds.get(&fund).copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LineStage::{Standing, Undone};

    fn line(stage: LineStage, pool: i64) -> BookLine {
        BookLine {
            settlement: SettlementId::new(
                "310000".parse().unwrap(),
                "2026-11-21 10:00:00".parse().unwrap(),
                1,
            ),
            stage,
            total: Fen(1_000),
            fund_total: Fen(pool),
            person_total: Fen(1_000 - pool),
            account: Fen::ZERO,
            funds: [(Fund::EmployeePool, Fen(pool)), (Fund::LargeAmount, Fen::ZERO)].into(),
        }
    }

    #[test]
    fn what_the_three_books_say_of_one_settlement() {
        let stands = || vec![line(Standing, 800)];
        let undone = || vec![line(Undone, 800)];
        let short = || vec![line(Standing, 700)];
        let none = Vec::new;
        let by_account = || vec![BookLine { account: Fen(100), ..line(Standing, 800) }];
        let mut unnamed = stands();
        unnamed[0].funds.remove(&Fund::LargeAmount);
        let rows = [
            (stands(), stands(), stands(), &[][..]),
            (stands(), stands(), unnamed, &[]),
            (undone(), undone(), undone(), &[]),
            (undone(), none(), vec![line(Undone, 700)], &[]),
            (stands(), stands(), none(), &["在参保地账中缺失"]),
            (none(), none(), stands(), &["在就医地账中缺失", "在国家平台账中缺失"]),
            (undone(), stands(), stands(), &["在就医地已撤销或冲正，其他方仍有效"]),
            (undone(), undone(), stands(), &["在就医地、国家平台已撤销或冲正，其他方仍有效"]),
            (undone(), none(), stands(), &["在国家平台账中缺失", "在就医地已撤销或冲正，其他方仍有效"]),
            (
                stands(),
                stands(),
                short(),
                &[
                    "基金支付总额不一致：就医地8.00，国家平台8.00，参保地7.00",
                    "个人负担总额不一致：就医地2.00，国家平台2.00，参保地3.00",
                    "职工基本医疗保险统筹基金不一致：就医地8.00，国家平台8.00，参保地7.00",
                ],
            ),
            (
                by_account(),
                by_account(),
                stands(),
                &["个人账户支出不一致：就医地1.00，国家平台1.00，参保地0.00"],
            ),
            ([stands(), short()].concat(), stands(), stands(), &["在就医地账中重复"]),
        ];
        for (treatment, hub, insured, expected) in rows {
            let found: Vec<_> = compare(&treatment, &hub, &insured)
                .iter()
                .map(|difference| difference.to_string().split_once(']').unwrap().1.to_owned())
                .collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn two_sides_do_not_miss_the_third() {
        let stands = [line(Standing, 800)];
        assert_eq!(compare_sides(&[(Side::Hub, &stands), (Side::Insured, &stands)]), []);
    }
}

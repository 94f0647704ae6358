//! Reconciliation (对账): whether the three books of a settlement say the same. It always compares the whole day that it is
//! given, and lists only what differs.
//!
//! A day is compared by digests first: each side sums its standing lines up in buckets ([`Bucket`], [`Digest`]), and only the lines
//! of buckets that differ are compared one by one. What a lost message or a retry explains is told from what it does not
//! ([`Cause`]); the rest is a matter for people. What is sent again, and by whom, is not known here.

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt,
};
use terms::{AdminDivision, Fen, Fund, Moment, Province, SettlementId};

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

impl Figure {
    /// Those that every settlement has, in the order in which they are listed.
    pub const SUMS: [Self; 4] = [Self::Total, Self::FundTotal, Self::PersonTotal, Self::Account];
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
        write!(f, "结算[{}]{}", self.settlement, self.kind)
    }
}

impl fmt::Display for DifferenceKind {
    /// The same without saying of which settlement.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoubledAt(side) => write!(f, "在{side}账中重复"),
            Self::MissingAt(side) => write!(f, "在{side}账中缺失"),
            Self::StageDiffers { undone_at } => {
                let sides: Vec<_> = undone_at.iter().map(|side| side.chinese()).collect();
                write!(f, "在{}已撤销或冲正，其他方仍有效", sides.join("、"))
            }
            Self::AmountsDiffer { figure, amounts } => {
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
    let said: Vec<(Side, &dyn Figures)> =
        standing.iter().map(|&(&side, line)| (side, *line as &dyn Figures)).collect();
    let amounts_differ = |(figure, amounts)| DifferenceKind::AmountsDiffer { figure, amounts };
    differences.extend(differing(funds, &said).into_iter().map(amounts_differ));
    differences
}

/// Figures that can be compared: the one comparison under the books of nodes and the lists of institutions.
pub trait Figures {
    /// What is said of a figure; none if it is not spoken of, which is not nothing.
    fn figure(&self, figure: Figure) -> Option<Fen>;
}

/// The sums and funds on which those who speak of them do not say the same, with what each says.
///
/// ```
/// use funds::reconciliation::{Figure, Figures, differing};
/// use terms::Fen;
///
/// struct Total(i64);
/// impl Figures for Total {
///     fn figure(&self, figure: Figure) -> Option<Fen> {
///         (figure == Figure::Total).then_some(Fen(self.0))
///     }
/// }
/// let said: [(&str, &dyn Figures); 2] = [("here", &Total(100)), ("there", &Total(99))];
/// let found = differing([], &said);
/// assert_eq!(found[0].0, Figure::Total);
/// assert_eq!(found[0].1["there"], Fen(99));
/// ```
pub fn differing<W: Copy + Ord>(
    funds: impl IntoIterator<Item = Fund>,
    said: &[(W, &dyn Figures)],
) -> Vec<(Figure, BTreeMap<W, Fen>)> {
    let amounts = |figure| {
        let amounts: BTreeMap<W, Fen> =
            said.iter().filter_map(|(who, says)| Some((*who, says.figure(figure)?))).collect();
        (figure, amounts)
    };
    let figures = Figure::SUMS.into_iter().chain(funds.into_iter().map(Figure::Fund));
    figures.map(amounts).filter(|(_, amounts)| amounts.values().collect::<BTreeSet<_>>().len() > 1).collect()
}

impl Figures for BookLine {
    fn figure(&self, figure: Figure) -> Option<Fen> {
        Some(match figure {
            Figure::Total => self.total,
            Figure::FundTotal => self.fund_total,
            Figure::PersonTotal => self.person_total,
            Figure::Account => self.account,
            Figure::Fund(fund) => self.funds.get(&fund).copied().unwrap_or_default(),
        })
    }
}

/// The part that a province plays in a settlement: it reconciles each of its two books with the hub's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 就医地.
    Treatment,
    /// 参保地.
    Insured,
}

impl Part {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Treatment, Self::Insured];

    /// Whose book it is.
    pub const fn side(self) -> Side {
        match self {
            Self::Treatment => Side::Treatment,
            Self::Insured => Side::Insured,
        }
    }

    /// The name in interfaces and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Insured => "insured",
        }
    }

    /// The part with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

impl Side {
    /// All sides.
    pub const ALL: [Self; 3] = [Self::Treatment, Self::Hub, Self::Insured];

    /// The name in interfaces and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Hub => "hub",
            Self::Insured => "insured",
        }
    }

    /// The side with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

/// A part of a day's settlements: those with one other province whose ids end in the same two digits. Ids end in digits drawn
/// at random, so the hundred parts are of about one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bucket {
    /// The other province: where the person is insured, or was treated.
    pub counterpart: Province,
    /// The last two digits of the id, 0 to 99.
    pub part: u8,
}

impl Bucket {
    /// The part in which a settlement with another province is.
    pub fn of(counterpart: Province, settlement: SettlementId) -> Self {
        let last = settlement.to_string().bytes().rev().take(2).map(|digit| digit - b'0').collect::<Vec<_>>();
        Self { counterpart, part: last[1] * 10 + last[0] }
    }
}

/// How many parts the settlements with one province are divided into.
pub const BUCKET_PARTS: u8 = 100;

/// What the standing lines of a bucket come to. What is undone counts as never heard of, as in [`compare_sides`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// How many stand.
    pub count: i64,
    /// Their 医疗费总额.
    pub total: Fen,
    /// Their 基金支付总额.
    pub fund_total: Fen,
    /// Their 个人负担总额.
    pub person_total: Fen,
    /// Their 个人账户支出.
    pub account: Fen,
    /// Of every line the first eight bytes of the SHA-256 of its canonical text, all of them joined by exclusive or, as
    /// hexadecimal digits. The canonical text is id, total, fund total, person total, account (fen), the codes of the funds and
    /// what they pay, joined by commas; these seven joined by `|`.
    pub hash: String,
}

/// The digest of a bucket, as one node tells another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketDigest {
    /// Which bucket.
    pub bucket: Bucket,
    /// What its standing lines come to.
    pub digest: Digest,
}

/// The buckets that are not the same at both sides: those whose lines are to be looked at.
pub fn differing_buckets(
    ours: &BTreeMap<Bucket, Digest>,
    theirs: &BTreeMap<Bucket, Digest>,
) -> BTreeSet<Bucket> {
    let differs = |bucket: &&Bucket| ours.get(bucket) != theirs.get(bucket);
    ours.keys().chain(theirs.keys()).filter(differs).copied().collect()
}

/// A line with the other province that has a part in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairLine {
    /// The other province.
    pub counterpart: Province,
    /// What the book says.
    pub line: BookLine,
}

/// Where a settlement stands in a book that follows it: more than [`LineStage`] tells the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// 已申请: asked for, the answer is not known yet. The book says nothing of it.
    Asked,
    /// 有效.
    Standing,
    /// 撤销中: it will not stand; the insured place has not confirmed yet.
    Undoing,
    /// 已撤销.
    Undone,
    /// 已拒绝: the book says nothing of it.
    Refused,
}

impl State {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Asked, Self::Standing, Self::Undoing, Self::Undone, Self::Refused];

    /// What the book says of it to others.
    pub const fn stage(self) -> Option<LineStage> {
        match self {
            Self::Standing => Some(LineStage::Standing),
            Self::Undoing | Self::Undone => Some(LineStage::Undone),
            Self::Asked | Self::Refused => None,
        }
    }

    /// Whether a message about it is still on its way.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Asked | Self::Undoing)
    }
}

/// A settlement as a side holds it in its own book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The other province.
    pub counterpart: Province,
    /// What the book says; its stage only where [`State::stage`] has one.
    pub line: BookLine,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub changed_at: Moment,
    /// The pooling area that keeps it; at the hub the insured province.
    pub area: AdminDivision,
}

impl Held {
    /// Whether the other books have had so many milliseconds to hear of it.
    pub fn had_time(&self, now: Moment, margin_millis: i64) -> bool {
        self.changed_at.plus_millis(margin_millis) <= now
    }
}

/// What explains a difference between a province's book and the hub's, as far as the province can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The treatment place asked and never heard the answer: the question goes out again.
    AnswerLost,
    /// The treatment place is undoing and never heard the answer: likewise.
    UndoingLost,
    /// It stands at the treatment place and the hub has not written it down: asked again under the same id, the insured place
    /// gives its first answer, and the hub writes that down.
    NotRecorded,
    /// It is undone at the treatment place and stands at the hub or the insured place: it is undone again under the same id.
    UndoingNotRecorded,
    /// It stands at the treatment place and is undone at the hub, and only the treatment place undoes: it has lost that it did, when a
    /// backup was put back. The insured place is asked, and what is undone there is undone here too.
    UndoingForgotten,
    /// The insured place cannot send anything again; the treatment place can, and hears of it from the hub. So it is, too, with what
    /// stands elsewhere and is not in the insured place's book at all: a backup was put back.
    AwaitsTreatment,
    /// The side's own row contradicts what it was made of: somebody has changed it. People look.
    OwnRowAltered,
    /// No lost message explains it. People look.
    Unexplained,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 8] = [
        Self::AnswerLost,
        Self::UndoingLost,
        Self::NotRecorded,
        Self::UndoingNotRecorded,
        Self::UndoingForgotten,
        Self::AwaitsTreatment,
        Self::OwnRowAltered,
        Self::Unexplained,
    ];

    /// The name in interfaces and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnswerLost => "answer_lost",
            Self::UndoingLost => "undoing_lost",
            Self::NotRecorded => "not_recorded",
            Self::UndoingNotRecorded => "undoing_not_recorded",
            Self::UndoingForgotten => "undoing_forgotten",
            Self::AwaitsTreatment => "awaits_treatment",
            Self::OwnRowAltered => "own_row_altered",
            Self::Unexplained => "unexplained",
        }
    }

    /// The cause with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// A Chinese sentence for the people who look.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::AnswerLost => "就医地未收到结算应答，由系统以原结算ID重发",
            Self::UndoingLost => "就医地未收到撤销应答，由系统以原结算ID重发撤销",
            Self::NotRecorded => "国家平台漏记，由就医地以原结算ID重发，参保地返回首次应答后补记",
            Self::UndoingNotRecorded => "撤销未传到各方，由就医地以原结算ID重发撤销",
            Self::UndoingForgotten => "疑为就医地恢复了备份，遗失了撤销，由系统向参保地核实后撤销",
            Self::AwaitsTreatment => "疑为报文丢失或参保地恢复了备份，由就医地重发后再核对",
            Self::OwnRowAltered => "本方账中金额或状态与原始结算结果不符，须人工核查",
            Self::Unexplained => "无法由报文丢失解释，须人工核查",
        }
    }

    /// Whether the treatment place sends something again that mends it.
    pub const fn is_mended_by_sending(self) -> bool {
        matches!(
            self,
            Self::AnswerLost
                | Self::UndoingLost
                | Self::NotRecorded
                | Self::UndoingNotRecorded
                | Self::UndoingForgotten
        )
    }
}

/// What explains a difference with the hub: by the part, where the settlement stands in the province's own book, if it is there,
/// and whether that row agrees with what it was made of.
pub fn cause(part: Part, state: Option<State>, is_genuine: bool, kinds: &[DifferenceKind]) -> Cause {
    if !is_genuine {
        return Cause::OwnRowAltered;
    }
    let misses_hub = kinds.contains(&DifferenceKind::MissingAt(Side::Hub));
    let differs = |kind: &DifferenceKind| matches!(kind, DifferenceKind::StageDiffers { .. });
    let differs_in_stage = kinds.iter().any(differs);
    let misses_insured = kinds.contains(&DifferenceKind::MissingAt(Side::Insured));
    match (part, state) {
        (Part::Treatment, Some(State::Asked)) => Cause::AnswerLost,
        (Part::Treatment, Some(State::Undoing)) => Cause::UndoingLost,
        (Part::Treatment, Some(State::Undone)) => Cause::UndoingNotRecorded,
        (Part::Treatment, Some(State::Standing)) if misses_hub => Cause::NotRecorded,
        (Part::Treatment, Some(State::Standing)) if differs_in_stage => Cause::UndoingForgotten,
        (Part::Insured, Some(State::Standing | State::Undone)) if misses_hub || differs_in_stage => {
            Cause::AwaitsTreatment
        }
        (Part::Insured, None) if misses_insured => Cause::AwaitsTreatment,
        _ => Cause::Unexplained,
    }
}

/// Which side has to look into a difference between a province's book and the hub's.
pub fn owner(part: Part, cause: Cause, kinds: &[DifferenceKind]) -> Side {
    match cause {
        Cause::OwnRowAltered => part.side(),
        Cause::Unexplained => match kinds.first() {
            Some(DifferenceKind::MissingAt(side) | DifferenceKind::DoubledAt(side)) => *side,
            // Undoings begin at the treatment place, and the insured place makes them true.
            Some(DifferenceKind::StageDiffers { .. }) if part == Part::Insured => Side::Insured,
            // The province's own row is as it was made.
            _ => Side::Hub,
        },
        _ => Side::Treatment,
    }
}

/// Differences by settlement.
pub fn by_settlement(differences: Vec<Difference>) -> BTreeMap<SettlementId, Vec<DifferenceKind>> {
    let mut found = BTreeMap::<SettlementId, Vec<DifferenceKind>>::new();
    for difference in differences {
        found.entry(difference.settlement).or_default().push(difference.kind);
    }
    found
}

/// Differences of one settlement as one Chinese text.
pub fn words(kinds: &[DifferenceKind]) -> String {
    kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join("；")
}

#[cfg(test)]
mod tests {
    use super::*;
    use LineStage::{Standing, Undone};
    use std::fmt::Write;

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
        assert!(compare_sides(&[(Side::Hub, &stands), (Side::Insured, &stands)]).is_empty());
    }

    #[test]
    fn only_buckets_that_differ_are_looked_at() {
        let bucket = |part| Bucket { counterpart: "420000".parse().unwrap(), part };
        let digest = |count, hash: &str| Digest { count, hash: hash.to_owned(), ..Digest::default() };
        let ours = BTreeMap::from([
            (bucket(1), digest(1, "a")),
            (bucket(2), digest(1, "b")),
            (bucket(3), digest(2, "c")),
            (bucket(4), digest(1, "d")),
        ]);
        let theirs = BTreeMap::from([
            (bucket(1), digest(1, "a")),
            (bucket(2), digest(1, "x")),
            (bucket(3), digest(3, "c")),
            (bucket(5), digest(1, "e")),
        ]);
        let parts = |found: BTreeSet<Bucket>| found.iter().map(|one| one.part).collect::<Vec<_>>();
        assert_eq!(parts(differing_buckets(&ours, &theirs)), [2, 3, 4, 5]);
        assert!(differing_buckets(&ours, &ours).is_empty());
    }

    /// Every state of the own book against every state of the hub's: what differs, why, and who looks.
    #[test]
    fn what_explains_a_difference_and_who_looks() {
        let mut grid = String::new();
        for part in Part::ALL {
            for state in [None].into_iter().chain(State::ALL.map(Some)) {
                for (at_hub, hub) in [("-", None), ("S", Some(Standing)), ("U", Some(Undone))] {
                    let own: Vec<_> =
                        state.and_then(State::stage).map(|stage| line(stage, 800)).into_iter().collect();
                    let hub: Vec<_> = hub.map(|stage| line(stage, 800)).into_iter().collect();
                    let found = by_settlement(compare_sides(&[(part.side(), &own), (Side::Hub, &hub)]));
                    let Some((_, kinds)) = found.into_iter().next() else { continue };
                    let cause = cause(part, state, true, &kinds);
                    let owner = owner(part, cause, &kinds);
                    let state = state.map_or("-".to_owned(), |state| format!("{state:?}"));
                    writeln!(grid, "{} {state} {at_hub}: {} {}", part.name(), cause.name(), owner.name())
                        .unwrap();
                }
            }
        }
        let expected = "\
treatment - S: unexplained treatment
treatment Asked S: answer_lost treatment
treatment Standing -: not_recorded treatment
treatment Standing U: undoing_forgotten treatment
treatment Undoing S: undoing_lost treatment
treatment Undone S: undoing_not_recorded treatment
treatment Refused S: unexplained treatment
insured - S: awaits_treatment treatment
insured Asked S: unexplained insured
insured Standing -: awaits_treatment treatment
insured Standing U: awaits_treatment treatment
insured Undoing S: unexplained insured
insured Undone S: awaits_treatment treatment
insured Refused S: unexplained insured
";
        assert_eq!(grid, expected);
    }

    #[test]
    fn a_row_that_was_changed_is_its_own_sides_matter() {
        let (mine, theirs) = ([line(Standing, 700)], [line(Standing, 800)]);
        for part in Part::ALL {
            let found = by_settlement(compare_sides(&[(part.side(), &mine), (Side::Hub, &theirs)]));
            let kinds = found.into_values().next().unwrap();
            let altered = cause(part, Some(State::Standing), false, &kinds);
            assert_eq!((altered, owner(part, altered, &kinds)), (Cause::OwnRowAltered, part.side()));
            let genuine = cause(part, Some(State::Standing), true, &kinds);
            assert_eq!((genuine, owner(part, genuine, &kinds)), (Cause::Unexplained, Side::Hub));
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        assert!(Cause::ALL.iter().all(|one| Cause::from_name(one.name()) == Some(*one)));
        assert!(Side::ALL.iter().all(|one| Side::from_name(one.name()) == Some(*one)));
        assert!(Part::ALL.iter().all(|one| Part::from_name(one.name()) == Some(*one)));
    }

    #[test]
    fn what_has_just_changed_had_no_time() {
        let at: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let held = Held {
            counterpart: "110000".parse().unwrap(),
            line: line(Standing, 800),
            state: State::Standing,
            changed_at: at,
            area: "420100".parse().unwrap(),
        };
        for (later, expected) in [(0, false), (599_999, false), (600_000, true)] {
            assert_eq!(held.had_time(at.plus_millis(later), 600_000), expected);
        }
    }
}

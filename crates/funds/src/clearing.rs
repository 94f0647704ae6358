//! Clearing (清算) between provinces: what of a month each province owes each other one, and why.
//!
//! A settlement is cleared in one month ([`month_of`]): its own while that is open, else the first that is. Its undoing after
//! that month was closed is a line of its own that gives everything back, in the first open month; one that is undone before is in
//! neither. A deduction after audit (审核扣款) is a line that gives back a part. A [`Plan`] adds the lines of a month up, as often as one
//! likes; one plan of a month is adopted, and then the provinces [answer](stage). Every pair of provinces pays in full
//! (按月全额清算); what [netting] would save is told beside it and never done.
//!
//! This module must not know where lines come from, who plans or what day it is.

pub mod apportioner;
pub mod netting;
pub mod stage;

use crate::{
    apportioning::Share,
    chart::{NotAKey, Pair, Purse},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};
use terms::{
    CareKind, Day, Fen, Fund, InstitutionCode, InsuranceScheme, InsuredPlace, Moment, Month, Province,
    SettlementId, TreatmentPlace,
};

/// The month in which a settlement or an undoing is cleared: the month of its id, in which all three books have it, or the
/// first open one if that is closed. An id from the future (a clock that is wrong) counts as of the month in which it was written
/// down.
///
/// ```
/// # use funds::clearing::month_of;
/// # use terms::Month;
/// let month = |number| Month::new(2026, number).unwrap();
/// assert_eq!(month_of(month(10), month(11), Some(month(9))), month(10), "its own is open");
/// assert_eq!(month_of(month(9), month(11), Some(month(9))), month(10), "September is closed");
/// assert_eq!(month_of(month(12), month(11), None), month(11), "ids do not come from the future");
/// ```
pub fn month_of(own: Month, recorded: Month, last_closed: Option<Month>) -> Month {
    let month = own.min(recorded);
    last_closed.map_or(month, |closed| month.max(closed.next()))
}

/// Whether a settlement of one month comes too late to be cleared in another without a decision (`clearing.late_months`).
pub fn is_late(settled: Month, cleared: Month, late_months: u16) -> bool {
    cleared > settled.first_day().plus_months(i32::from(late_months)).month()
}

/// Amounts by scheme and purse: what never mixes.
pub type Dues = BTreeMap<(InsuranceScheme, Purse), Fen>;

/// One amount of [`Dues`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// Whose money.
    #[serde(with = "crate::notice::purse_code")]
    pub purse: Purse,
    /// What the insured province owes; below nothing if it is owed.
    pub amount: Fen,
}

/// Dues as a list, without those that are nothing.
pub fn listed(dues: &Dues) -> Vec<Due> {
    let due = |(&(scheme, purse), &amount): (&(InsuranceScheme, Purse), &Fen)| Due { scheme, purse, amount };
    dues.iter().filter(|(_, amount)| !amount.is_zero()).map(due).collect()
}

/// Adds dues to others.
pub fn add_dues(sum: &mut Dues, more: impl IntoIterator<Item = ((InsuranceScheme, Purse), Fen)>) {
    for (key, amount) in more {
        *sum.entry(key).or_default() += amount;
    }
}

/// What the agency pays of a share, by purse.
fn purses(
    scheme: InsuranceScheme,
    funds: &BTreeMap<Fund, Fen>,
    account: Fen,
) -> impl Iterator<Item = ((InsuranceScheme, Purse), Fen)> + '_ {
    let funds = funds.iter().map(move |(fund, amount)| ((scheme, Purse::Fund(*fund)), *amount));
    funds.chain([((scheme, Purse::PersonalAccount), account)]).filter(|(_, amount)| !amount.is_zero())
}

/// What a line of one settlement is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The settlement itself.
    Made,
    /// Its undoing (撤销, 冲正), after the month in which it was cleared was closed.
    Undone,
    /// A deduction after audit (审核扣款), under its number.
    Deducted(String),
    /// What a correction of the hub's book (更正) makes of it more or less than was counted, under its number: in the first open month,
    /// where the settlement's own was adopted by then.
    Corrected(String),
}

impl fmt::Display for Part {
    /// In Chinese.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Made => "结算",
            Self::Undone => "撤销",
            Self::Deducted(_) => "审核扣款",
            Self::Corrected(_) => "更正",
        })
    }
}

/// A line of one settlement in a month's clearing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearedLine {
    /// Of which settlement.
    pub settlement: SettlementId,
    /// What of it.
    pub part: Part,
    /// 参保地.
    pub insured: InsuredPlace,
    /// 就医地.
    pub treatment: TreatmentPlace,
    /// 定点医药机构.
    pub institution: InstitutionCode,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 就医类别.
    pub care: CareKind,
    /// The month in which the settlement was first to be cleared, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_month: Option<Month>,
    /// 医疗费总额; below nothing where the line gives back.
    pub total: Fen,
    /// 个人负担总额.
    pub person_total: Fen,
    /// 个人账户支出.
    pub account: Fen,
    /// What each fund pays.
    pub funds: BTreeMap<Fund, Fen>,
}

impl ClearedLine {
    /// The two provinces.
    pub fn pair(&self) -> Pair {
        Pair { insured: self.insured.province(), treatment: self.treatment.province() }
    }

    /// 经办机构支付总额: funds and personal accounts.
    pub fn amount(&self) -> Fen {
        self.funds.values().copied().sum::<Fen>() + self.account
    }

    /// Whether 医疗费总额 is what funds and person pay together.
    pub fn balances(&self) -> bool {
        self.total == self.funds.values().copied().sum::<Fen>() + self.person_total
    }

    /// The same line with all amounts turned round.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self {
            total: -self.total,
            person_total: -self.person_total,
            account: -self.account,
            funds: self.funds.iter().map(|(fund, amount)| (*fund, -*amount)).collect(),
            ..self.clone()
        }
    }

    /// The same line with the amounts of another added.
    #[must_use]
    pub fn plus(&self, more: &Self) -> Self {
        let mut sum = Self {
            total: self.total + more.total,
            person_total: self.person_total + more.person_total,
            account: self.account + more.account,
            ..self.clone()
        };
        for (fund, amount) in &more.funds {
            *sum.funds.entry(*fund).or_default() += *amount;
        }
        sum.funds.retain(|_, amount| !amount.is_zero());
        sum
    }

    /// Whether it moves nothing at all.
    pub fn is_nothing(&self) -> bool {
        let sums = [self.total, self.person_total, self.account];
        sums.iter().chain(self.funds.values()).all(|amount| amount.is_zero())
    }

    /// What it makes the insured province owe, by purse.
    pub fn dues(&self) -> impl Iterator<Item = ((InsuranceScheme, Purse), Fen)> + '_ {
        purses(self.scheme, &self.funds, self.account)
    }
}

/// The settlements of one month of one pooling area at one institution, of a scheme and kind of care: the finest that a
/// clearing adds up to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearingLine {
    /// The pooling area (统筹区) that owes.
    pub insured: InsuredPlace,
    /// The pooling area of the institution.
    pub treatment: TreatmentPlace,
    /// 定点医药机构.
    pub institution: InstitutionCode,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 就医类别.
    pub care: CareKind,
    /// The month of the settlements' ids: an earlier one than that of the clearing for late ones and for undoings.
    pub settled_month: Month,
    /// Deductions after audit (审核扣款): amounts below nothing; no settlements are counted in their share.
    pub deduction: bool,
    /// What they come to.
    pub share: Share,
}

impl ClearingLine {
    /// The two provinces.
    pub fn pair(&self) -> Pair {
        Pair { insured: self.insured.province(), treatment: self.treatment.province() }
    }

    /// What the insured province owes for them: funds and personal accounts.
    pub fn amount(&self) -> Fen {
        self.share.agency_pays()
    }

    /// The same by purse.
    pub fn dues(&self) -> impl Iterator<Item = ((InsuranceScheme, Purse), Fen)> + '_ {
        purses(self.scheme, &self.share.funds, self.share.account)
    }

    /// Where it is in a plan.
    pub fn slot(&self) -> Slot {
        Slot {
            pair: self.pair(),
            scheme: self.scheme,
            care: self.care,
            settled_month: self.settled_month,
            deduction: self.deduction,
        }
    }
}

/// The month of a number such as 202610.
pub(crate) fn month_of_number(number: i32) -> Option<Month> {
    Day::from_number(number.checked_mul(100)?.checked_add(1)?).map(Day::month)
}

impl fmt::Display for ClearingLine {
    /// A stable text, so that lines can be kept anywhere: its fields in order, funds last, separated by blanks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { insured, treatment, institution, scheme, care, settled_month, deduction, share } = self;
        write!(f, "{insured}\t{treatment}\t{institution}\t{}\t{}\t", scheme.code(), care.code())?;
        write!(f, "{}\t{}\t", settled_month.number(), u8::from(*deduction))?;
        write!(f, "{}\t{}\t{}\t", share.settlements, share.undoings, share.total.0)?;
        write!(f, "{}\t{}", share.person_total.0, share.account.0)?;
        for (fund, amount) in share.funds.iter().filter(|(_, amount)| !amount.is_zero()) {
            write!(f, "\t{}:{}", fund.code(), amount.0)?;
        }
        Ok(())
    }
}

impl FromStr for ClearingLine {
    type Err = NotAKey;
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        fn next<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Result<&'a str, NotAKey> {
            fields.next().ok_or(NotAKey)
        }
        fn read<T: FromStr>(text: &str) -> Result<T, NotAKey> {
            text.parse().map_err(|_| NotAKey)
        }
        let exact_fund = |code: &str| Fund::ALL.iter().copied().find(|one| one.code() == code).ok_or(NotAKey);
        let mut fields = text.split('\t');
        let fields = &mut fields;
        Ok(Self {
            insured: InsuredPlace(read(next(fields)?)?),
            treatment: TreatmentPlace(read(next(fields)?)?),
            institution: read(next(fields)?)?,
            scheme: InsuranceScheme::from_code(next(fields)?).ok_or(NotAKey)?,
            care: CareKind::from_code(next(fields)?).ok_or(NotAKey)?,
            settled_month: month_of_number(read(next(fields)?)?).ok_or(NotAKey)?,
            deduction: next(fields)? == "1",
            share: Share {
                settlements: read(next(fields)?)?,
                undoings: read(next(fields)?)?,
                total: Fen(read(next(fields)?)?),
                person_total: Fen(read(next(fields)?)?),
                account: Fen(read(next(fields)?)?),
                funds: fields
                    .map(|one| {
                        let (fund, amount) = one.split_once(':').ok_or(NotAKey)?;
                        Ok((exact_fund(fund)?, Fen(read(amount)?)))
                    })
                    .collect::<Result<_, NotAKey>>()?,
            },
        })
    }
}

/// Why a line is left out of the month in which it should be cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was declared later than the rules allow: a person decides whether it is cleared at all.
    Late,
    /// The books differ on it, and nobody has explained why: it comes once that is put right.
    Difference,
    /// A province disputed it and the hub agreed: it comes in the next month that is planned.
    Dispute,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Late, Self::Difference, Self::Dispute];

    /// The name under which it is kept.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Difference => "difference",
            Self::Dispute => "dispute",
        }
    }
}

impl fmt::Display for Reason {
    /// In Chinese.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Late => "超过延后申报期限，待审定",
            Self::Difference => "对账差异未消除",
            Self::Dispute => "争议成立，转入以后月份",
        })
    }
}

/// A line that a plan leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which.
    pub line: ClearedLine,
    /// Why.
    pub reason: Reason,
}

/// A line that has left its month and has come in none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which.
    pub line: ClearedLine,
    /// Why it left.
    pub reason: Reason,
    /// The month that it left.
    pub month: Month,
    /// Whether somebody has decided that it is cleared although it came too late.
    pub accepted: bool,
}

impl Pending {
    /// Whether nothing keeps it out any more. `differs`: the books differ on it, and nobody has explained why.
    fn comes(&self, differs: bool) -> bool {
        match self.reason {
            Reason::Late => self.accepted && !differs,
            Reason::Difference => !differs,
            Reason::Dispute => true,
        }
    }
}

/// What a plan has beside the settlements of its month, and what it leaves out of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Lines of earlier months that come now, each with the month that it left.
    pub carried: Vec<ClearedLine>,
    /// Lines of this month that do not.
    pub left_out: Vec<LeftOut>,
}

/// Decides what a plan of a month leaves out and carries in.
///
/// `late`: its settlements that were declared later than the rules allow. `differs`: the settlements, of any month, on which the
/// books differ, and `differing` their lines in this one. `given_back`: its undoings; those of settlements that wait are left to wait with them, so that never half of a settlement is cleared.
pub fn select(
    month: Month,
    late: Vec<ClearedLine>,
    (differs, differing): (&BTreeSet<SettlementId>, Vec<ClearedLine>),
    given_back: Vec<ClearedLine>,
    pending: &[Pending],
) -> Selection {
    let earlier = || pending.iter().filter(|one| one.month < month);
    let mut selection = Selection::default();
    let mut waiting = BTreeMap::new();
    for one in earlier() {
        if one.comes(differs.contains(&one.line.settlement)) {
            let line = ClearedLine {
                first_month: Some(one.line.first_month.unwrap_or(one.month)),
                ..one.line.clone()
            };
            selection.carried.push(line);
        } else {
            waiting.insert(one.line.settlement, one.reason);
        }
    }
    let mut out = BTreeMap::new();
    let mut leave = |line: ClearedLine, reason: Reason| {
        out.entry((line.settlement, line.part.clone())).or_insert(LeftOut { line, reason });
    };
    for line in late {
        waiting.insert(line.settlement, Reason::Late);
        leave(line, Reason::Late);
    }
    for line in differing {
        leave(line, Reason::Difference);
    }
    for line in given_back {
        if let Some(reason) = waiting.get(&line.settlement) {
            leave(line, *reason);
        }
    }
    selection.left_out = out.into_values().collect();
    selection
}

/// What lines are added up by in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// The two provinces.
    pub pair: Pair,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 就医类别.
    pub care: CareKind,
    /// The month of the settlements.
    pub settled_month: Month,
    /// Deductions after audit.
    pub deduction: bool,
}

/// A plan of a month's clearing: what it would come to if it were adopted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// 清算年月.
    pub month: Month,
    /// Which plan of the month it is, from 1.
    pub revision: u32,
    /// What all lines come to.
    pub sums: BTreeMap<Slot, Share>,
    /// What should be in it and is not, for people to look into.
    pub left_out: Vec<LeftOut>,
}

impl Plan {
    /// A plan without lines.
    pub fn empty(month: Month, revision: u32) -> Self {
        Self { month, revision, sums: BTreeMap::new(), left_out: Vec::new() }
    }

    /// A plan of these lines.
    pub fn of<'a>(
        month: Month,
        revision: u32,
        lines: impl IntoIterator<Item = &'a ClearingLine>,
        left_out: Vec<LeftOut>,
    ) -> Self {
        let mut plan = Self { left_out, ..Self::empty(month, revision) };
        for line in lines {
            plan.add(line);
        }
        plan
    }

    /// Adds a line.
    pub fn add(&mut self, line: &ClearingLine) {
        self.sums.entry(line.slot()).or_default().add(&line.share);
    }

    /// The pairs that have lines.
    pub fn pairs(&self) -> BTreeSet<Pair> {
        self.sums.keys().map(|slot| slot.pair).collect()
    }

    /// What a pair comes to, by scheme and purse.
    pub fn dues(&self, pair: Pair) -> Dues {
        self.of_pair(pair).fold(Dues::new(), |mut dues, (slot, share)| {
            add_dues(&mut dues, purses(slot.scheme, &share.funds, share.account));
            dues
        })
    }

    /// The statement (清算表) of a pair; what was withdrawn since the plan was adopted (upheld disputes) comes off.
    pub fn statement(&self, pair: Pair, withdrawn: &[ClearedLine]) -> Statement {
        let line = |(slot, share): (&Slot, &Share)| StatementLine {
            scheme: slot.scheme,
            care: slot.care,
            settled_month: slot.settled_month,
            deduction: slot.deduction,
            share: share.clone(),
        };
        let withdrawn: Vec<_> = withdrawn.iter().filter(|line| line.pair() == pair).cloned().collect();
        let mut dues = self.dues(pair);
        for line in &withdrawn {
            add_dues(&mut dues, line.dues().map(|(key, amount)| (key, -amount)));
        }
        dues.retain(|_, amount| !amount.is_zero());
        Statement { month: self.month, pair, lines: self.of_pair(pair).map(line).collect(), withdrawn, dues }
    }

    fn of_pair(&self, pair: Pair) -> impl Iterator<Item = (&Slot, &Share)> {
        self.sums.iter().filter(move |(slot, _)| slot.pair == pair)
    }

    /// What every pair comes to.
    pub fn all_dues(&self) -> BTreeMap<Pair, Dues> {
        let mut all = BTreeMap::<Pair, Dues>::new();
        for (slot, share) in &self.sums {
            add_dues(all.entry(slot.pair).or_default(), purses(slot.scheme, &share.funds, share.account));
        }
        all
    }

    /// Everything together.
    pub fn whole(&self) -> Share {
        self.sums.values().fold(Share::default(), |sum, share| sum.plus(share))
    }

    /// How this plan differs from an earlier one of the same month, pair by pair.
    pub fn compare(&self, last: &Self) -> Vec<PlanDifference> {
        let (before, after) = (last.all_dues(), self.all_dues());
        let mut found = Vec::new();
        let nothing = Dues::new();
        for pair in before.keys().chain(after.keys()).copied().collect::<BTreeSet<_>>() {
            let (before, after) =
                (before.get(&pair).unwrap_or(&nothing), after.get(&pair).unwrap_or(&nothing));
            for (scheme, purse) in before.keys().chain(after.keys()).copied().collect::<BTreeSet<_>>() {
                let amount = |dues: &Dues| dues.get(&(scheme, purse)).copied().unwrap_or_default();
                let (before, after) = (amount(before), amount(after));
                if before != after {
                    found.push(PlanDifference::Amount { pair, scheme, purse, before, after });
                }
            }
            let count = |plan: &Self| plan.of_pair(pair).map(|(_, share)| share.count()).sum();
            let (before, after) = (count(last), count(self));
            if before != after {
                found.push(PlanDifference::Count { pair, before, after });
            }
        }
        let key = |one: &LeftOut| (one.line.settlement, one.line.part.clone());
        let (old, new): (BTreeSet<_>, BTreeSet<_>) =
            (last.left_out.iter().map(key).collect(), self.left_out.iter().map(key).collect());
        let left = self.left_out.iter().filter(|one| !old.contains(&key(one)));
        found.extend(left.map(|one| PlanDifference::LeftOut {
            settlement: one.line.settlement,
            reason: one.reason,
            now: true,
        }));
        let back = last.left_out.iter().filter(|one| !new.contains(&key(one)));
        found.extend(back.map(|one| PlanDifference::LeftOut {
            settlement: one.line.settlement,
            reason: one.reason,
            now: false,
        }));
        found
    }
}

/// One line of a statement (清算表).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementLine {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 就医类别.
    pub care: CareKind,
    /// The month of the settlements.
    pub settled_month: Month,
    /// 审核扣款.
    pub deduction: bool,
    /// What they come to.
    pub share: Share,
}

/// The statement of a pair: what the insured province owes the treatment province of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// 清算年月.
    pub month: Month,
    /// Who owes whom.
    pub pair: Pair,
    /// As the plan has it.
    pub lines: Vec<StatementLine>,
    /// What was withdrawn since.
    pub withdrawn: Vec<ClearedLine>,
    /// What is left to pay, by scheme and purse; never nothing.
    pub dues: Dues,
}

impl Statement {
    /// All of it.
    pub fn total(&self) -> Fen {
        self.dues.values().copied().sum()
    }

    /// What the insured province pays: the purses that come to more than nothing.
    pub fn payable(&self) -> Vec<Due> {
        listed(&self.dues).into_iter().filter(|due| due.amount > Fen::ZERO).collect()
    }

    /// What the treatment province pays back: the purses that come to less than nothing, as amounts above it.
    pub fn returned(&self) -> Vec<Due> {
        let below = listed(&self.dues).into_iter().filter(|due| due.amount < Fen::ZERO);
        below.map(|due| Due { amount: -due.amount, ..due }).collect()
    }
}

impl fmt::Display for Statement {
    /// For people to read, and for tests to compare.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} 合计{}", self.month, self.pair, self.total())?;
        for StatementLine { scheme, care, settled_month, deduction, share } in &self.lines {
            let what = if *deduction { "审核扣款" } else { "" };
            let late = if *settled_month == self.month { String::new() } else { format!(" {settled_month}") };
            writeln!(
                f,
                "  {} {care}{what}{late} {}人次 总额{} 基金{} 账户{} 现金{}",
                scheme.code(),
                share.visits(),
                share.total,
                share.fund_total(),
                share.account,
                share.cash()
            )?;
        }
        for line in &self.withdrawn {
            writeln!(f, "  调出[{}] {}", line.settlement, line.amount())?;
        }
        for ((scheme, purse), amount) in &self.dues {
            writeln!(f, "  应付 {} {} {amount}", scheme.code(), purse.chinese())?;
        }
        Ok(())
    }
}

/// What a province owes others and is owed by them (应付, 应收).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// 应付: to each treatment province.
    pub payable: BTreeMap<Province, Dues>,
    /// 应收: from each insured province.
    pub receivable: BTreeMap<Province, Dues>,
}

impl Balance {
    /// What is owed to others.
    pub fn payable_total(&self) -> Fen {
        self.payable.values().flat_map(BTreeMap::values).copied().sum()
    }

    /// What others owe.
    pub fn receivable_total(&self) -> Fen {
        self.receivable.values().flat_map(BTreeMap::values).copied().sum()
    }
}

/// Every province's balance, from what every pair comes to.
pub fn balances<'a>(pairs: impl IntoIterator<Item = (&'a Pair, &'a Dues)>) -> BTreeMap<Province, Balance> {
    let mut balances = BTreeMap::<Province, Balance>::new();
    for (pair, dues) in pairs {
        balances.entry(pair.insured).or_default().payable.insert(pair.treatment, dues.clone());
        balances.entry(pair.treatment).or_default().receivable.insert(pair.insured, dues.clone());
    }
    balances
}

/// How a plan differs from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanDifference {
    /// An amount.
    Amount {
        /// Of which pair.
        pair: Pair,
        /// Of which scheme.
        scheme: InsuranceScheme,
        /// Of which purse.
        purse: Purse,
        /// Then.
        before: Fen,
        /// Now.
        after: Fen,
    },
    /// How many settlements and undoings.
    Count {
        /// Of which pair.
        pair: Pair,
        /// Then.
        before: u64,
        /// Now.
        after: u64,
    },
    /// A settlement is left out now and was not, or the other way round.
    LeftOut {
        /// Which.
        settlement: SettlementId,
        /// Why it is, or was.
        reason: Reason,
        /// Whether it is now.
        now: bool,
    },
}

impl fmt::Display for PlanDifference {
    /// In Chinese.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount { pair, scheme, purse, before, after } => {
                let change = *after - *before;
                let (word, by) = if change.is_negative() { ("减少", -change) } else { ("增加", change) };
                write!(f, "{pair} {} {}：{before}改为{after}，{word}{by}", scheme.chinese(), purse.chinese())
            }
            Self::Count { pair, before, after } => write!(f, "{pair} 结算笔数：{before}改为{after}"),
            Self::LeftOut { settlement, reason, now: true } => {
                write!(f, "结算[{settlement}]本次未列入：{reason}")
            }
            Self::LeftOut { settlement, reason, now: false } => {
                write!(f, "结算[{settlement}]本次列入，上次未列入：{reason}")
            }
        }
    }
}

/// A deduction after audit (审核扣款): what the treatment place took back from an institution of a settlement that was paid, and that
/// the insured place is owed at its next clearing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deduction {
    /// Its number at the treatment place: at most 40 letters, digits and hyphens, the same at every retry.
    pub number: String,
    /// Of which settlement.
    pub settlement: SettlementId,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// What of each fund; above nothing.
    pub funds: BTreeMap<Fund, Fen>,
    /// What of personal accounts.
    #[serde(default)]
    pub account: Fen,
    /// Why, in words without personal data.
    pub reason: String,
    /// The day of the decision.
    pub decided_on: Day,
    /// Who decided, at the treatment place.
    pub by: String,
    /// When it was decided.
    pub decided_at: Moment,
}

impl Deduction {
    /// All of it.
    pub fn amount(&self) -> Fen {
        self.funds.values().copied().sum::<Fen>() + self.account
    }

    /// Whether its number, words and amounts are in order, whatever the settlement is.
    pub fn is_sound(&self) -> bool {
        let number = &self.number;
        let letter = |one: u8| one.is_ascii_alphanumeric() || one == b'-';
        let amounts = || self.funds.values().chain([&self.account]);
        !number.is_empty()
            && number.len() <= 40
            && number.bytes().all(letter)
            && (1..=200).contains(&self.reason.chars().count())
            && (1..=50).contains(&self.by.chars().count())
            && self.funds.len() <= Fund::ALL.len()
            && amounts().all(|amount| !amount.is_negative() && *amount <= Fen::LIMIT)
            && self.amount() > Fen::ZERO
    }

    /// Whether what was deducted before and this together are within what the settlement paid, purse by purse.
    pub fn fits(&self, before: &[Self], funds: &BTreeMap<Fund, Fen>, account: Fen) -> bool {
        let sum = |of: &dyn Fn(&Self) -> Fen| before.iter().map(of).sum::<Fen>() + of(self);
        let paid = |fund: Fund| funds.get(&fund).copied().unwrap_or_default();
        let of_fund = |fund: Fund| sum(&|one| one.funds.get(&fund).copied().unwrap_or_default());
        Fund::ALL.iter().all(|fund| of_fund(*fund) <= paid(*fund)) && sum(&|one| one.account) <= account
    }

    /// The line that it makes of its settlement's: everything that is given back, below nothing.
    #[must_use]
    pub fn line(&self, settled: &ClearedLine, first_month: Month) -> ClearedLine {
        let funds: BTreeMap<_, _> = self.funds.iter().map(|(fund, amount)| (*fund, -*amount)).collect();
        ClearedLine {
            part: Part::Deducted(self.number.clone()),
            first_month: Some(first_month),
            total: -self.amount(),
            person_total: -self.account,
            account: -self.account,
            funds,
            ..settled.clone()
        }
    }
}

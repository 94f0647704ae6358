//! The books of settlements, read by several at once, part by part: entries of the journal from settlements, amounts from breakdowns,
//! and at a province what the months of clearing count, from the same settlements.

use super::Finding;
use crate::{context::Outcome, correction, insured::amounts_of, job::Progress};
use benefit::Breakdown;
use funds::{
    Purse, Role, Transfer,
    clearing::Part,
    clearing_statement::Purses,
    movement::settlement::{Settled, Undoing, at_hub, at_insured, at_treatment, undo},
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};
use store::{
    Conn, Work,
    clearing_statement::{self, Counted},
    ledger::proof::{self, Kept, Parties, Slice},
};
use terms::{Fen, Participant, Province, SettlementId};

/// How many settlements are read at a time.
const PAGE: i64 = 1_000;

/// The parts that are to be read, and what the readers found.
pub struct Books {
    province: Option<Province>,
    /// What corrections have added to the journal of the hub, by settlement: its entries are as the settlement was before.
    moved: BTreeMap<SettlementId, BTreeMap<Purse, Fen>>,
    waiting: Mutex<VecDeque<Slice>>,
    found: Mutex<Found>,
}

struct Found {
    entries: Finding,
    breakdowns: Finding,
    counted: Finding,
    /// How many entries of the journal belong to settlements.
    owned: i64,
    /// How many lines of cleared months do.
    owned_lines: i64,
}

impl Found {
    fn nothing() -> Self {
        Self {
            entries: Finding::new("明细账分录（由结算重算）"),
            breakdowns: Finding::new("结算金额（由费用分割重算）"),
            counted: Finding::new("清算明细（由本省结算重算）"),
            owned: 0,
            owned_lines: 0,
        }
    }
}

impl Books {
    /// The books of a node, cut into as many parts of each month as there are readers.
    pub async fn of(conn: &mut Conn, me: Participant, readers: usize) -> Outcome<Self> {
        let (roles, province): (&[Role], _) = match me {
            Participant::Hub => (&[Role::Hub], None),
            Participant::Province(province) => (&[Role::Treatment, Role::Insured], Some(province)),
        };
        let moved = match me {
            Participant::Hub => correction::moved(conn).await?,
            Participant::Province(_) => BTreeMap::new(),
        };
        let of = i32::try_from(readers).expect("few readers");
        let mut waiting = VecDeque::new();
        for role in roles {
            for month in proof::months(conn, *role).await? {
                waiting.extend((0..of).map(|at| Slice { role: *role, month, at, of }));
            }
        }
        Ok(Self { province, moved, waiting: Mutex::new(waiting), found: Mutex::new(Found::nothing()) })
    }

    /// Takes parts until there are none.
    pub async fn read(&self, view: &mut Work, progress: &Progress) -> Outcome<()> {
        while let Some(slice) = self.next() {
            let mut after: Option<Kept> = None;
            loop {
                let page = proof::kept(view.conn(), slice, after.as_ref(), PAGE).await?;
                let counted = self.counted(view.conn(), slice, &page).await?;
                self.look_at(slice.role, &page, counted);
                progress.steps(page.len());
                let is_last = i64::try_from(page.len()).is_ok_and(|length| length < PAGE);
                after = page.into_iter().next_back();
                if is_last {
                    break;
                }
            }
        }
        Ok(())
    }

    fn next(&self) -> Option<Slice> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// What the cleared months of a province count of a page.
    async fn counted(&self, conn: &mut Conn, slice: Slice, page: &[Kept]) -> Outcome<Vec<Counted>> {
        let Some(province) = self.province else { return Ok(Vec::new()) };
        let ids: Vec<String> = page.iter().map(|kept| kept.id.to_string()).collect();
        Ok(clearing_statement::counted(conn, province, slice.role, &ids).await?)
    }

    fn look_at(&self, role: Role, page: &[Kept], counted: Vec<Counted>) {
        let mut found = Found::nothing();
        let mut of_settlement = BTreeMap::<_, Vec<Counted>>::new();
        for one in counted {
            of_settlement.entry(one.id).or_default().push(one);
        }
        for kept in page {
            let wrong = entries_agree(kept, self.moved.get(&kept.id));
            found.entries.hold(wrong.is_none(), || wrong.unwrap_or_default());
            if let Some(wrong) = breakdown_agrees(kept) {
                found.breakdowns.hold(wrong.is_empty(), || wrong);
            }
            found.owned += i64::try_from(kept.entries.len()).expect("few entries");
            let lines = of_settlement.remove(&kept.id).unwrap_or_default();
            for one in lines.iter().filter(|one| !one.found) {
                found.owned_lines += 1;
                let wrong = line_agrees(role, kept, one, &lines);
                found.counted.hold(wrong.is_none(), || wrong.unwrap_or_default());
            }
        }
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.entries.join(found.entries);
        all.breakdowns.join(found.breakdowns);
        all.counted.join(found.counted);
        all.owned += found.owned;
        all.owned_lines += found.owned_lines;
    }

    /// What was found, and whether every entry of the journal and every line of a cleared month belongs to a settlement.
    pub async fn findings(&self, conn: &mut Conn) -> Outcome<Vec<Finding>> {
        let all = proof::count_entries(conn).await?;
        let lines = match self.province {
            Some(province) => clearing_statement::count_counted(conn, province).await?,
            None => 0,
        };
        let found = {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *found, Found::nothing())
        };
        let mut orphans = Finding::new("明细账分录归属（每笔分录有其结算）");
        orphans.hold(all == found.owned, || format!("明细账共{all}笔分录，其中属于结算的{}笔", found.owned));
        orphans.checked = u64::try_from(all).unwrap_or_default();
        let mut findings = vec![found.entries, found.breakdowns, orphans];
        if self.province.is_some() {
            let mut counted = found.counted;
            let owned = found.owned_lines;
            counted.hold(lines == owned, || format!("清算明细共{lines}笔，其中属于本省结算的{owned}笔"));
            counted.checked -= 1;
            findings.push(counted);
        }
        Ok(findings)
    }
}

/// What does not agree between a line of a cleared month and its settlement, if anything.
fn line_agrees(role: Role, kept: &Kept, counted: &Counted, all: &[Counted]) -> Option<String> {
    let own = purses_of(kept);
    let sign = if matches!(counted.part, Part::Made | Part::Corrected(_)) { 1 } else { -1 };
    let amount = |purses: &Purses, purse| purses.get(&purse).copied().unwrap_or_default().0;
    // A correction makes good what the months before have counted.
    let together = |purse| -> i64 {
        let until = |one: &&Counted| {
            one.month <= counted.month && matches!(one.part, Part::Made | Part::Corrected(_))
        };
        all.iter().filter(until).map(|one| amount(&one.purses, purse)).sum()
    };
    let differs = |purse: &Purse| {
        let (line, settled) = (sign * amount(&counted.purses, *purse), amount(&own, *purse));
        match counted.part {
            Part::Made | Part::Undone => line != settled,
            Part::Deducted(_) => line > settled || line < 0,
            Part::Corrected(_) => together(*purse) != settled,
        }
    };
    let purse = Purse::all().find(differs)?;
    let (line, settled) = (Fen(amount(&counted.purses, purse)), Fen(amount(&own, purse)));
    let side = role.name();
    let Counted { id, month, part, .. } = counted;
    Some(format!("{month}清算明细[{id}]（{side}，{part}）{}为{line}，本省结算为{settled}", purse.chinese()))
}

fn purses_of(kept: &Kept) -> Purses {
    let funds = kept.amounts.funds.iter().map(|(fund, amount)| (Purse::Fund(*fund), *amount));
    funds.chain([(Purse::PersonalAccount, kept.amounts.account)]).collect()
}

/// What does not agree between a settlement and its entries, if anything.
fn entries_agree(kept: &Kept, moved: Option<&BTreeMap<Purse, Fen>>) -> Option<String> {
    let whole = expected(kept, None);
    let made = expected(kept, moved);
    let back = kept.cancelled.map(|cancelled| {
        let kind = if cancelled { Undoing::Cancellation } else { Undoing::Reversal };
        undo(&whole, kind, kept.id.given_at().day(), kept.id.given_at())
    });
    let all: Vec<Transfer> = made.into_iter().chain(back.into_iter().flatten()).collect();
    let same = |one: &Transfer, other: &Transfer| {
        let content = |it: &Transfer| (it.debit.clone(), it.credit.clone(), it.amount, it.code);
        // The day of an undoing is the one on which it was heard of.
        content(one) == content(other) && (one.id.undoing || one.day == other.day)
    };
    for one in &all {
        match kept.entries.iter().find(|entry| entry.id == one.id) {
            None => return Some(format!("结算[{}]缺分录{}，应为{}", kept.id, one.id, one.amount)),
            Some(entry) if !same(one, entry) => {
                return Some(format!(
                    "结算[{}]分录{}为{}，应为{}",
                    kept.id, one.id, entry.amount, one.amount
                ));
            }
            Some(_) => {}
        }
    }
    let more = kept.entries.iter().find(|entry| !all.iter().any(|one| one.id == entry.id));
    more.map(|entry| format!("结算[{}]多出分录{}：{}", kept.id, entry.id, entry.amount))
}

/// The entries that a settlement makes; at the hub less what corrections have added since, which are memoranda in the ledger.
fn expected(kept: &Kept, moved: Option<&BTreeMap<Purse, Fen>>) -> Vec<Transfer> {
    let (mut funds, mut account) = (kept.amounts.funds.clone(), kept.amounts.account);
    for (purse, amount) in moved.into_iter().flatten() {
        match purse {
            Purse::Fund(fund) => *funds.entry(*fund).or_default() -= *amount,
            Purse::PersonalAccount => account -= *amount,
        }
    }
    let booked = Settled {
        settlement: kept.id,
        scheme: kept.scheme,
        funds,
        account,
        day: kept.id.given_at().day(),
        recorded_at: kept.id.given_at(),
    };
    match &kept.parties {
        Parties::Treatment { institution, insured } => at_treatment(&booked, insured.province(), institution),
        Parties::Hub { insured, treatment } => at_hub(&booked, insured.province(), *treatment),
        Parties::Insured { area, treatment } => at_insured(&booked, *area, *treatment),
    }
}

/// What does not agree between a settlement and its breakdown: empty if all does; none where no breakdown is kept.
fn breakdown_agrees(kept: &Kept) -> Option<String> {
    let Ok(breakdown) = kept.breakdown.as_ref()?.read::<Breakdown>() else {
        return Some(format!("结算[{}]的费用分割无法读取", kept.id));
    };
    if let Err(broken) = breakdown.check() {
        return Some(format!("结算[{}]的费用分割不成立：{broken}", kept.id));
    }
    let recomputed = amounts_of(&breakdown);
    if recomputed == kept.amounts {
        return Some(String::new());
    }
    let told = |amounts: &store::Amounts| {
        let funds: Fen = amounts.funds.values().copied().sum();
        let store::Amounts { total, fund_total, person_total, account, .. } = amounts;
        format!("总额{total}、基金{fund_total}（各基金{funds}）、个人{person_total}、账户{account}")
    };
    Some(format!("结算[{}]登记{}，由费用分割重算{}", kept.id, told(&kept.amounts), told(&recomputed)))
}

//! The second level of clearing (省内清算): a confirmed month is divided over the province's pooling areas (统筹区), each gets its statement
//! and notice, sends its money up, and what areas owe to others of the same province is passed on.
//!
//! Lines between two areas of the province itself (省内异地) come from its own book and need no hub. What was collected for other
//! provinces is paid by the orders that follow the hub's notices.

use crate::{
    clearing_statement::{self, rules},
    context::Outcome,
    job::Progress,
    posting,
    province::ProvinceNode,
};
use funds::{
    Purse,
    apportioning::{Share, by},
    area_clearing::{
        self as areas, Claim, Due, Line, check_receipt, divide as divided, owed, to_pass_on,
        voucher::{Event, passed_on, received},
    },
    clearing::{
        ClearingLine,
        stage::{Answer, PairStage},
    },
    institution_payment::{Money, plus},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Conn,
    area_clearing::{self as kept, Divided, Receipt, Standing},
    area_dispute::{self as disputes, Part, Said},
    clearing_statement as statements, deduction,
    figures::waiting::months_to_pass_on,
};
use terms::{Day, Fen, InsuranceScheme, Moment, Month, PoolingArea, Province, Refusal, WorkingDays};
use wire::peer::v1::FoundClearing;

/// Lines that are read at once.
const PAGE: i64 = 5_000;

/// A line of a month, owned: debtor, creditor, scheme and what it comes to.
pub(crate) type Owned = (PoolingArea, PoolingArea, InsuranceScheme, Share);

/// A month as areas see it.
#[derive(Clone, Debug)]
pub struct AreaMonth {
    /// Who divided it, and when.
    pub divided: Divided,
    /// What each owes whom.
    pub claims: BTreeMap<Claim, Standing>,
    /// What was open of the months before.
    pub before: BTreeMap<PoolingArea, Money>,
    /// What came in.
    pub receipts: Vec<Receipt>,
    /// What areas have said to it.
    pub said: BTreeMap<PoolingArea, Said>,
}

impl AreaMonth {
    /// The claims without what became of them.
    pub fn dues(&self) -> BTreeMap<Claim, Due> {
        self.claims.iter().map(|(claim, standing)| (*claim, standing.due)).collect()
    }

    /// The areas that owe, have something to get back, or have sent something.
    pub fn areas(&self) -> BTreeSet<PoolingArea> {
        let debtors = self.claims.keys().map(|claim| claim.debtor);
        debtors.chain(self.before.keys().copied()).chain(self.receipts.iter().map(|one| one.area)).collect()
    }

    /// What an area has sent up for the month.
    pub fn received(&self, area: PoolingArea) -> Money {
        let of_area = self.receipts.iter().filter(|receipt| receipt.area == area);
        of_area.fold(Money::new(), |sum, receipt| plus(&sum, &receipt.money))
    }

    /// What is still open of an area, earlier months among it.
    pub fn open(&self, area: PoolingArea) -> Money {
        let before = self.before.get(&area).cloned().unwrap_or_default();
        areas::open(&plus(&before, &owed(&self.dues(), area)), &self.received(area))
    }

    /// What an area still has to send up, all together: what it gets back of one purse pays no other.
    pub fn still_owed(&self, area: PoolingArea) -> Fen {
        self.open(area).values().copied().filter(|amount| *amount > Fen::ZERO).sum()
    }

    /// Whether something of an area is open from the months before.
    pub fn is_behind(&self, area: PoolingArea) -> bool {
        self.before.get(&area).is_some_and(|money| money.values().any(|amount| *amount > Fen::ZERO))
    }

    /// What can be passed on within the province.
    fn ready(&self) -> BTreeMap<Claim, Fen> {
        let open = self.areas().into_iter().map(|area| (area, self.open(area))).collect();
        let mut ready = to_pass_on(&self.dues(), &open, |claim| self.claims[claim].passed.is_some());
        // What is disputed may leave the month.
        ready.retain(|claim, _| {
            self.said.get(&claim.debtor).is_none_or(|said| said.answer != Answer::Disputed)
        });
        ready
    }
}

/// Divides a month over the areas, once it is confirmed. As long as no money has moved and no area has answered, it may be divided anew; after
/// that it stays.
pub(crate) async fn divide(
    node: &ProvinceNode,
    month: Month,
    by: &str,
    progress: &Progress,
) -> Outcome<AreaMonth> {
    progress.begin((1, 3), "读取清算表");
    let statement = clearing_statement::find(node, month).await?.filter(|statement| statement.complete);
    let unknown = || Refusal::UnknownStatement { month: month.to_string() };
    let found = clearing_statement::told(&statement.ok_or_else(unknown)?)?;
    check_confirmed(node.province, &found)?;
    let now = node.context.now();
    let within = rules(node)?.area_pay_working_days;
    let mut work = node.context.store.begin().await?;
    statements::hold(&mut work, node.province).await?;
    if let Some(known) = gather(work.conn(), node.province, month).await? {
        let has_moved =
            !known.receipts.is_empty() || known.claims.values().any(|claim| claim.passed.is_some());
        if has_moved || !known.said.is_empty() {
            return Ok(known);
        }
    }
    disputes::take_up(&mut work, node.province, month).await?;
    let mut lines = cleared_lines(work.conn(), node.province, month, &found).await?;
    progress.begin((2, 3), "汇总省内异地结算");
    lines.extend(own_lines(work.conn(), node.province, month).await?);
    lines.extend(disputed_lines(work.conn(), node.province, month).await?);
    progress.begin((3, 3), "向统筹区分割并保存");
    let claims = divided(lines.iter().map(|(debtor, creditor, scheme, share)| Line {
        debtor: *debtor,
        creditor: *creditor,
        scheme: *scheme,
        share,
    }));
    let due = WorkingDays::published().due(now.day(), within).day;
    let header = Divided { month, by: by.to_owned(), at: now, due };
    kept::put(&mut work, node.province, &header, &claims).await?;
    let after = gather(work.conn(), node.province, month).await?.expect("it has just been written");
    work.save().await?;
    Ok(after)
}

/// Both sides agree on everything that this province owes: a dispute that the treatment place may still raise would take lines
/// away for which areas have paid.
fn check_confirmed(province: Province, found: &FoundClearing) -> Result<(), Refusal> {
    let own = found.pairs.iter().filter(|pair| pair.pair.insured == province);
    match own.into_iter().find(|pair| !matches!(pair.stage, PairStage::Agreed | PairStage::Noticed)) {
        None => Ok(()),
        Some(pair) => {
            let reason = format!(
                "[{}]的清算表为[{}]，请待双方确认、争议处理完毕后再分割",
                pair.pair,
                pair.stage.chinese()
            );
            Err(Refusal::StatementRule { reason })
        }
    }
}

/// What the province's areas owe other provinces, without what upheld disputes took out.
pub(crate) async fn cleared_lines(
    conn: &mut Conn,
    province: Province,
    month: Month,
    found: &FoundClearing,
) -> Outcome<Vec<Owned>> {
    let mut lines = Vec::new();
    let mut after = 0;
    loop {
        let page = statements::lines(conn, (province, month), after, PAGE).await?;
        let count = i32::try_from(page.len()).expect("a page is small");
        let own = page.into_iter().filter(|line: &ClearingLine| line.insured.province() == province);
        lines.extend(own.map(|line| {
            let debtor = line.insured.pooling_area();
            (debtor, line.treatment.division().pooling_area(), line.scheme, line.share)
        }));
        after += count;
        if i64::from(count) < PAGE {
            break;
        }
    }
    let withdrawn = found.pairs.iter().flat_map(|pair| &pair.withdrawn);
    for line in withdrawn.filter(|line| line.insured.province() == province) {
        let share = Share {
            undoings: 1,
            total: -line.total,
            person_total: -line.person_total,
            account: -line.account,
            funds: line.funds.iter().map(|(fund, amount)| (*fund, -*amount)).collect(),
            ..Share::default()
        };
        let debtor = line.insured.pooling_area();
        lines.push((debtor, line.treatment.division().pooling_area(), line.scheme, share));
    }
    Ok(lines)
}

/// What the province's areas owe each other, from its own book.
pub(crate) async fn own_lines(conn: &mut Conn, province: Province, month: Month) -> Outcome<Vec<Owned>> {
    let lines = kept::lines_within(conn, province, month).await?;
    let mut owned = Vec::new();
    let creditors: BTreeSet<PoolingArea> = lines.iter().map(|(area, _)| *area).collect();
    for creditor in creditors {
        let of_area = lines.iter().filter(|(area, _)| *area == creditor).map(|(_, line)| line);
        let shares = by(of_area, |line| (line.insured.pooling_area(), line.scheme));
        owned.extend(shares.into_iter().map(|((debtor, scheme), share)| (debtor, creditor, scheme, share)));
    }
    for recorded in deduction::within(conn, province, month).await? {
        let deducted = recorded.deduction;
        let share = Share {
            total: -deducted.amount(),
            person_total: -deducted.account,
            account: -deducted.account,
            funds: deducted.funds.iter().map(|(fund, amount)| (*fund, -*amount)).collect(),
            ..Share::default()
        };
        owned.push((deducted.insured.pooling_area(), recorded.area, recorded.scheme, share));
    }
    Ok(owned)
}

/// What upheld disputes of areas took out of a month, and what comes in it of earlier ones.
pub(crate) async fn disputed_lines(conn: &mut Conn, province: Province, month: Month) -> Outcome<Vec<Owned>> {
    let line = |(leaves, part): (bool, Part)| {
        let signed = |amount: Fen| if leaves { -amount } else { amount };
        let mut share =
            Share { settlements: u64::from(!leaves), undoings: u64::from(leaves), ..Share::default() };
        for (purse, amount) in part.purses {
            match purse {
                Purse::Fund(fund) => *share.funds.entry(fund).or_default() += signed(amount),
                Purse::PersonalAccount => share.account += signed(amount),
            }
        }
        share.person_total = share.account;
        share.total = share.agency_pays();
        (part.debtor, part.creditor, part.scheme, share)
    };
    Ok(disputes::withdrawn(conn, province, month).await?.into_iter().map(line).collect())
}

/// A month as it was divided.
pub async fn find(node: &ProvinceNode, month: Month) -> Outcome<AreaMonth> {
    let mut conn = node.context.store.conn().await?;
    let found = gather(&mut conn, node.province, month).await?;
    found.ok_or_else(|| not_divided(month).into())
}

/// The same within a unit of work.
pub(crate) async fn find_in(conn: &mut Conn, province: Province, month: Month) -> Outcome<Option<AreaMonth>> {
    gather(conn, province, month).await
}

pub(crate) fn not_divided(month: Month) -> Refusal {
    Refusal::StatementRule { reason: format!("{month}尚未向统筹区分割，请先分割") }
}

async fn gather(conn: &mut Conn, province: Province, month: Month) -> Outcome<Option<AreaMonth>> {
    let Some(divided) = kept::find(conn, province, month).await? else { return Ok(None) };
    Ok(Some(AreaMonth {
        divided,
        claims: kept::claims(conn, province, month).await?,
        before: kept::open_before(conn, province, month).await?,
        receipts: kept::receipts(conn, province, month).await?,
        said: disputes::of_month(conn, province, month).await?,
    }))
}

/// What of the second level waits for somebody at the province.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    /// Confirmed months that were not divided, with when their statement came, the oldest first.
    pub to_divide: Vec<(Month, Moment)>,
    /// The last month that was divided: what is open of it has in it what is open of those before.
    pub last: Option<AreaMonth>,
    /// The first month of which something can be passed on within the province, and how many claims.
    pub to_pass_on: Option<(Month, usize)>,
}

/// Months that are looked back for what can be passed on.
const PASSED_ON_WITHIN_MONTHS: i32 = 12;

/// What of the second level waits.
pub async fn waiting(node: &ProvinceNode) -> Outcome<Waiting> {
    let mut conn = node.context.store.conn().await?;
    let divided = kept::months(&mut conn, node.province).await?;
    let mut waiting = Waiting::default();
    for statement in statements::list(&mut conn, node.province).await? {
        if !statement.complete || divided.contains(&statement.month) {
            continue;
        }
        if check_confirmed(node.province, &clearing_statement::told(&statement)?).is_ok() {
            waiting.to_divide.push((statement.month, statement.fetched_at));
        }
    }
    waiting.to_divide.sort_unstable();
    if let Some(last) = divided.last() {
        waiting.last = gather(&mut conn, node.province, *last).await?;
    }
    let since = node.context.now().day().plus_months(-PASSED_ON_WITHIN_MONTHS).month();
    for month in months_to_pass_on(&mut conn, node.province, since).await? {
        let ready = gather(&mut conn, node.province, month).await?.map_or(0, |month| month.ready().len());
        if ready > 0 {
            waiting.to_pass_on = Some((month, ready));
            break;
        }
    }
    Ok(waiting)
}

/// Money of an area as a clerk enters it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReceipt {
    /// Whose.
    pub area: PoolingArea,
    /// The day on which it came.
    pub day: Day,
    /// 交易流水号: the same again is the same receipt.
    pub bank_reference: String,
    /// What came, by scheme and purse.
    pub money: Money,
    /// Who enters it.
    pub by: String,
}

/// Receives money of an area for a month.
pub async fn receive(node: &ProvinceNode, month: Month, new: NewReceipt) -> Outcome<AreaMonth> {
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    statements::hold(&mut work, node.province).await?;
    let known = gather(work.conn(), node.province, month).await?.ok_or_else(|| not_divided(month))?;
    if let Some(receipt) = kept::receipt_of(work.conn(), node.province, &new.bank_reference).await? {
        let is_same = (receipt.month, receipt.area, &receipt.money) == (month, new.area, &new.money);
        let reason = format!("交易流水号[{}]已登记为另一笔上解，请核对", new.bank_reference);
        return if is_same { Ok(known) } else { Err(Refusal::StatementRule { reason }.into()) };
    }
    let is_some = !new.money.is_empty() && new.money.values().all(|amount| *amount > Fen::ZERO);
    if !is_some || new.day > now.day() {
        let reason = "上解金额须大于零，到账日期不能晚于今日".to_owned();
        return Err(Refusal::StatementRule { reason }.into());
    }
    check_receipt(&known.open(new.area), &new.money)
        .map_err(|too_much| Refusal::StatementRule { reason: too_much.to_string() })?;
    let of_area = known.receipts.iter().filter(|receipt| receipt.area == new.area).count();
    let receipt = Receipt {
        month,
        area: new.area,
        number: u32::try_from(of_area + 1).expect("receipts can be counted"),
        day: new.day,
        bank_reference: new.bank_reference,
        money: new.money,
        by: new.by,
        at: now,
    };
    kept::add_receipt(&mut work, node.province, &receipt).await?;
    let after = gather(work.conn(), node.province, month).await?.expect("it was there before");
    let event = Event { province: node.province, month, day: receipt.day, recorded_at: now, by: &receipt.by };
    let voucher = received(&event, receipt.area, receipt.number, &receipt.money);
    posting::post(node, &mut work, [voucher]).await?;
    work.save().await?;
    Ok(after)
}

/// Passes on, within the province, what areas have paid in full: whatever is ready, each claim once.
pub async fn pass_on(node: &ProvinceNode, month: Month, by: &str) -> Outcome<AreaMonth> {
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    statements::hold(&mut work, node.province).await?;
    let known = gather(work.conn(), node.province, month).await?.ok_or_else(|| not_divided(month))?;
    let ready = known.ready();
    if ready.is_empty() {
        return Ok(known);
    }
    let claims: Vec<Claim> = ready.keys().copied().collect();
    kept::set_passed(&mut work, (node.province, month), &claims, (by, now)).await?;
    let after = gather(work.conn(), node.province, month).await?.expect("it was there before");
    let event = Event { province: node.province, month, day: now.day(), recorded_at: now, by };
    let mut vouchers = Vec::new();
    let pairs: BTreeSet<_> = claims.iter().map(|claim| (claim.debtor, claim.creditor)).collect();
    for pair in pairs {
        let of_pair = ready.iter().filter(|(claim, _)| (claim.debtor, claim.creditor) == pair);
        let of_pair = of_pair.map(|(claim, amount)| (*claim, *amount)).collect();
        vouchers.push(passed_on(&event, pair, &of_pair));
    }
    posting::post(node, &mut work, vouchers).await?;
    work.save().await?;
    Ok(after)
}

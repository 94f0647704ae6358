//! The general ledger (总账) of a node, hub or province: the journal enters it day by day, people post what no business of the
//! system posts, a year is carried over. What other business posts it posts itself, in its own unit of work.

use crate::{
    context::{Context, Failure, Outcome},
    hub::Hub,
    province::{ProvinceNode, UnconfirmedValues},
};
use benefit::Library;
use funds::{
    Account,
    ledger::{Leg, Phase, Posted, Voucher, VoucherCode, VoucherId},
    movement::{correction, summary, year_closing},
};
use std::{collections::BTreeMap, sync::Arc};
use store::{
    Work,
    ledger::{self, Closing},
};
use terms::{Day, Fen, Participant, Province, Refusal};

/// A node with a general ledger of its own: the hub, or a province.
pub trait KeepsBooks: Send + Sync {
    /// What its use cases are given.
    fn context(&self) -> &Context;

    /// With what it computes benefits; none at the hub.
    fn engine(&self) -> Option<Engine> {
        None
    }
}

/// What benefits are computed with.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The policies.
    pub library: Arc<Library>,
    /// Whether values that nobody has confirmed may be used.
    pub unconfirmed: UnconfirmedValues,
}

impl KeepsBooks for Hub {
    fn context(&self) -> &Context {
        &self.context
    }
}

impl KeepsBooks for ProvinceNode {
    fn context(&self) -> &Context {
        &self.context
    }

    fn engine(&self) -> Option<Engine> {
        Some(Engine { library: Arc::clone(&self.library), unconfirmed: self.settings.unconfirmed_values })
    }
}

/// What people may post themselves; all other vouchers come with the business that they are about. Fees of a bank are let
/// through to the ledger, which refuses them by name.
const BY_HAND: [VoucherCode; 8] = [
    VoucherCode::Opening,
    VoucherCode::Interest,
    VoucherCode::Penalty,
    VoucherCode::QualityDeposit,
    VoucherCode::Unidentified,
    VoucherCode::Identified,
    VoucherCode::ExpenditureFunded,
    VoucherCode::BankFee,
];

/// How the ids of vouchers begin that people make.
const MANUAL: &str = "manual/";

/// Lets the journal's days that are over enter the ledger: once a day, those of this month and the one before. Late entries
/// come the next day; older months on demand, by [`enter_day`].
pub async fn tick(context: &Context) -> Outcome<()> {
    let today = context.now().day();
    let searched = ledger::searched_on(&mut *context.store.conn().await?, context.me).await?;
    if searched.is_some_and(|day| day >= today) {
        return Ok(());
    }
    enter_due(context).await?;
    let mut work = context.store.begin().await?;
    ledger::set_searched(&mut work, context.me, today).await?;
    Ok(work.save().await?)
}

/// Lets every day that is over, of this month and the one before, enter the ledger. Gives the ids of the vouchers made.
pub async fn enter_due(context: &Context) -> Outcome<Vec<VoucherId>> {
    let today = context.now().day();
    let this = today.month();
    let before = this.first_day().plus_days(-1).month();
    let mut made = Vec::new();
    for month in [before, this] {
        let mut search = context.store.begin().await?;
        let days = ledger::days_to_enter(&mut search, context.me, month, today).await?;
        drop(search);
        for day in days {
            made.extend(enter_day(context, day).await?);
        }
    }
    Ok(made)
}

/// Lets the journal's entries of a day enter the ledger as far as they have not: again and again until both agree. Today may be
/// entered as well; what comes later is a supplement.
pub async fn enter_day(context: &Context, day: Day) -> Outcome<Vec<VoucherId>> {
    let mut work = context.store.begin().await?;
    let found = ledger::flows(&mut work, context.me, day).await?;
    let vouchers = summary::vouchers(day, &found.journal, &found.entered, found.vouchers, context.now());
    let vouchers = vouchers.map_err(|more| {
        tracing::error!(%day, ?more, "the ledger holds more of a day than the journal");
        refused(format!("{day}总账汇总数大于明细账，请先执行资金核验"))
    })?;
    post_all(context, &mut work, &vouchers).await?;
    work.save().await?;
    Ok(vouchers.into_iter().map(|voucher| voucher.id).collect())
}

async fn post_all(context: &Context, work: &mut Work, vouchers: &[Voucher]) -> Outcome<()> {
    for voucher in vouchers {
        ledger::post(work, context.me, voucher).await?.map_err(|why| refused(why.chinese()))?;
    }
    Ok(())
}

fn refused(reason: String) -> Failure {
    Failure::Refused(Refusal::VoucherRefused { reason })
}

/// A voucher that a person makes.
pub struct ByHand {
    /// The clerk's own number for it.
    pub id: String,
    /// Why.
    pub code: VoucherCode,
    /// What it belongs to.
    pub subject: String,
    /// 摘要.
    pub summary: String,
    /// The day, if it is not today.
    pub day: Option<Day>,
    /// What it moves.
    pub legs: Vec<(Account, Account, Fen)>,
}

/// Posts a voucher that a person makes. The same again is the same.
pub async fn post_by_hand(context: &Context, given: ByHand, by: &str) -> Outcome<VoucherId> {
    if !BY_HAND.contains(&given.code) {
        let reason = format!("“{}”凭证由系统在办理业务时自动生成，不能手工录入", given.code.chinese());
        return Err(refused(reason));
    }
    let id = VoucherId::new(format!("{MANUAL}{}", given.id));
    let id = id.map_err(|_| Refusal::invalid("id", "不超过110位的字母、数字和 / - _ . :"))?;
    let now = context.now();
    let known = ledger::find(&mut *context.store.conn().await?, context.me, &id).await?;
    // A retry that names no day means the day of the first time.
    let first_day = known.map_or_else(|| now.day(), |known| known.voucher.day);
    let leg = |(debit, credit, amount)| Leg { debit, credit, amount, phase: Phase::Final };
    let voucher = Voucher {
        id,
        code: given.code,
        subject: given.subject,
        summary: given.summary,
        day: given.day.unwrap_or(first_day),
        recorded_at: now,
        by: by.to_owned(),
        legs: given.legs.into_iter().map(leg).collect(),
    };
    post_one(context, &voucher).await
}

async fn post_one(context: &Context, voucher: &Voucher) -> Outcome<VoucherId> {
    if let Some(account) = voucher.accounts().into_iter().find(|account| !may_hold(context.me, account)) {
        return Err(refused(format!("科目[{account}]不属于本节点的账簿，请核对")));
    }
    let mut work = context.store.begin().await?;
    let posted = ledger::post(&mut work, context.me, voucher).await?;
    let posted = posted.map_err(|why| refused(why.chinese()))?;
    if posted == Posted::Created {
        work.save().await?;
    }
    Ok(voucher.id.clone())
}

/// Whether a node keeps an account: the hub its memoranda, a province all others.
fn may_hold(me: Participant, account: &Account) -> bool {
    (me == Participant::Hub) == (account.kind().role() == funds::Role::Hub)
}

/// Takes back a voucher that a person made, by the opposite entries; the same again is the same.
pub async fn correct(context: &Context, id: &VoucherId, reason: &str, by: &str) -> Outcome<VoucherId> {
    let found = ledger::find(&mut *context.store.conn().await?, context.me, id).await?;
    let wrong = found.ok_or_else(|| Refusal::UnknownVoucher { id: id.to_string() })?.voucher;
    if !id.as_str().starts_with(MANUAL) {
        return Err(refused("系统生成的凭证随业务冲销，不能手工更正，请在相应业务中办理".to_owned()));
    }
    let correction = VoucherId::new(format!("correction/{id}"));
    let correction = correction.map_err(|_| refused("凭证编号过长，请联系运维人员".to_owned()))?;
    let now = context.now();
    let known = ledger::find(&mut *context.store.conn().await?, context.me, &correction).await?;
    let day = known.map_or_else(|| now.day(), |known| known.voucher.day);
    let voucher = Voucher {
        legs: correction::opposite(&wrong),
        id: correction,
        code: VoucherCode::Correction,
        summary: format!("更正凭证{id}：{reason}"),
        subject: wrong.subject,
        day,
        recorded_at: now,
        by: by.to_owned(),
    };
    post_one(context, &voucher).await
}

/// Closes an account, or opens it again.
pub async fn set_closed(
    context: &Context,
    account: Account,
    closed: bool,
    reason: String,
    by: &str,
) -> Outcome<()> {
    if reason.trim().is_empty() {
        return Err(Refusal::missing("reason", "理由").into());
    }
    let closing = Closing { account, closed, reason, by: by.to_owned(), at: context.now() };
    let mut work = context.store.begin().await?;
    if closed {
        let done = ledger::close(&mut work, context.me, &closing).await?;
        done.map_err(|why| refused(why.chinese().to_owned()))?;
    } else {
        ledger::reopen(&mut work, context.me, &closing).await?;
    }
    Ok(work.save().await?)
}

/// Carries a year over (年终结转), as of its last day: what stands on the accounts of income and expense goes to what the years come
/// to. Done again after late entries, it carries over what is left.
pub async fn close_year(context: &Context, year: i16, by: &str) -> Outcome<Vec<VoucherId>> {
    let Participant::Province(own) = context.me else {
        return Err(refused("国家平台只有备查账，不作年终结转".to_owned()));
    };
    let now = context.now();
    let last = Day::new(year, 12, 31).filter(|last| *last < now.day());
    let last = last.ok_or_else(|| Refusal::invalid("year", "已经结束的年度，形如2026"))?;
    let mut work = context.store.begin().await?;
    let rounds = ledger::hold_and_count(&mut work, context.me, &format!("closing/{year}")).await?;
    let standing = ledger::trial_of(work.conn(), context.me, last, last).await?;
    let standing = standing.into_iter().map(|(account, line)| {
        let amount = line.closing(account.kind().normal_side());
        (account, amount)
    });
    let vouchers = closing_vouchers(own, &standing.collect(), (year, last, rounds), now, by);
    post_all(context, &mut work, &vouchers).await?;
    work.save().await?;
    Ok(vouchers.into_iter().map(|voucher| voucher.id).collect())
}

fn closing_vouchers(
    own: Province,
    standing: &BTreeMap<Account, Fen>,
    (year, last, rounds): (i16, Day, usize),
    now: terms::Moment,
    by: &str,
) -> Vec<Voucher> {
    let mut ledgers = BTreeMap::<funds::Ledger, Vec<Leg>>::new();
    for leg in year_closing::carried_over(own, standing) {
        ledgers.entry(leg.debit.ledger()).or_default().push(leg);
    }
    let groups = ledgers
        .into_iter()
        .flat_map(|(ledger, legs)| {
            let parts: Vec<_> = legs.chunks(funds::ledger::LEGS_MAX).map(<[Leg]>::to_vec).collect();
            parts.into_iter().map(move |legs| (ledger, legs))
        })
        .enumerate();
    let voucher = |(place, ((role, scheme, purse), legs)): (usize, (funds::Ledger, Vec<Leg>))| {
        let number = rounds + place + 1;
        let id = format!("closing/{year}/{}/{}/{}/{number}", role.name(), scheme.code(), purse.code());
        Voucher {
            id: VoucherId::new(id).expect("made of plain parts"),
            code: VoucherCode::Closing,
            subject: format!("closing/{year}"),
            summary: format!("{year}年度年终结转，{}，{}", scheme.chinese(), purse.chinese()),
            day: last,
            recorded_at: now,
            by: by.to_owned(),
            legs,
        }
    };
    groups.map(voucher).collect()
}

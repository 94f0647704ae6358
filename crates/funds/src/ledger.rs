//! The general ledger of a node (总账): low in volume, in two phases, with limits and closing, written by vouchers (记账凭证).
//!
//! The journal ([`crate::book`]) holds every settlement and enters here by summary vouchers of a day. A voucher is applied
//! whole or not at all. A retry of the same voucher is answered [`Posted::Exists`]; the same id with other content is refused,
//! since then somebody has a mistake. What may be posted is decided by [`admit`], a function of the voucher and of what the
//! ledger holds, so that a ledger in a database and the [`GeneralLedger`] in memory follow the same rules. Nothing is ever
//! edited: only the four sums of an account move, and what is wrong is corrected by a voucher with the opposite entries.
//!
//! This file must not know what a voucher is for: constructors of what the field moves are in [`crate::movement`].

use crate::chart::{Account, EntrySide, Ledger, Limit, NotAKey};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};
use terms::{Day, Fen, Moment};

/// The most that one leg moves: a million million yuan. Above it is a mistake, and the sums of all years still fit.
pub const AMOUNT_MAX: Fen = Fen(100_000_000_000_000);

/// The most legs of a voucher; what needs more is several vouchers.
pub const LEGS_MAX: usize = 2_000;

/// The longest 摘要 of a voucher, in characters.
pub const SUMMARY_MAX: usize = 200;

/// The id of a voucher, derived from what it is for, so that a retry comes to the same id.
///
/// ```
/// # use funds::ledger::VoucherId;
/// assert!(VoucherId::new("clearing/202610/420000-310000/paid/1").is_ok());
/// assert!(VoucherId::new("空 格").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VoucherId(String);

impl VoucherId {
    /// The id, if it is of 1 to 120 letters, digits and `/-_.:`.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAKey> {
        let text = text.into();
        let is_plain = |one: u8| one.is_ascii_alphanumeric() || b"/-_.:".contains(&one);
        let in_order = (1..=120).contains(&text.len()) && text.bytes().all(is_plain);
        if in_order { Ok(Self(text)) } else { Err(NotAKey) }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One of its legs, from 0.
    pub fn leg(&self, leg: u16) -> LegId {
        LegId { voucher: self.clone(), leg }
    }
}

impl fmt::Display for VoucherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for VoucherId {
    type Err = NotAKey;
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        Self::new(text)
    }
}

impl TryFrom<String> for VoucherId {
    type Error = NotAKey;
    fn try_from(text: String) -> Result<Self, NotAKey> {
        Self::new(text)
    }
}

impl From<VoucherId> for String {
    fn from(id: VoucherId) -> Self {
        id.0
    }
}

/// One leg of a voucher.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LegId {
    /// The voucher.
    pub voucher: VoucherId,
    /// Its place in the voucher, from 0.
    pub leg: u16,
}

impl fmt::Display for LegId {
    /// `voucher#leg`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}#{}", self.voucher, self.leg))
    }
}

/// What a leg does with its amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Moves it, at once.
    Final,
    /// Sets it aside (在途): it counts towards limits and is in no balance.
    Reserve,
    /// Moves what was set aside, or a part of it; the rest is set free.
    Post(LegId),
    /// Sets free what was set aside.
    Void(LegId),
}

impl Phase {
    /// The leg that it ends, if it ends one.
    pub const fn ends(&self) -> Option<&LegId> {
        match self {
            Self::Post(leg) | Self::Void(leg) => Some(leg),
            Self::Final | Self::Reserve => None,
        }
    }
}

/// An amount from one account to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The account debited (借).
    pub debit: Account,
    /// The account credited (贷).
    pub credit: Account,
    /// How much; above nothing.
    pub amount: Fen,
    /// Whether it moves now or is set aside.
    pub phase: Phase,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident: $name:literal, $chinese:literal;)+) => {
        /// Why a voucher was made.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum VoucherCode { $($(#[$doc])* $code,)+ }

        impl VoucherCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code,)+];

            /// The name under which it is kept.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }

            /// The Chinese name, with which a 摘要 begins.
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$code => $chinese,)+ }
            }
        }
    };
}

codes! {
    /// What the journal of settlements moved on a day.
    Settlements: "settlements", "异地就医结算汇总";
    /// The insured place pays prepayment.
    PrepaymentPaid: "prepayment_paid", "拨付异地就医预付金";
    /// The treatment place receives prepayment.
    PrepaymentReceived: "prepayment_received", "收到异地就医预付金";
    /// Prepayment goes back, at either place.
    PrepaymentReturned: "prepayment_returned", "退回异地就医预付金";
    /// The insured place pays a month's clearing.
    ClearingPaid: "clearing_paid", "拨付异地就医清算资金";
    /// The treatment place receives a month's clearing.
    ClearingReceived: "clearing_received", "收到异地就医清算资金";
    /// A pooling area sends up its part of the prepayments.
    AreaPrepayment: "area_prepayment", "统筹区上解预付金";
    /// A pooling area sends up its part of the clearing.
    AreaContribution: "area_contribution", "统筹区上解清算资金";
    /// Money goes from the fiscal special account to the account from which institutions are paid.
    ExpenditureFunded: "expenditure_funded", "财政专户拨入支出户";
    /// An institution is paid.
    InstitutionPaid: "institution_paid", "拨付定点医药机构";
    /// What an audit takes off an institution's fees (审核扣款).
    Deduction: "deduction", "审核扣款";
    /// A penalty under the agreement (违约金).
    Penalty: "penalty", "协议违约金";
    /// A part of an institution's fees is withheld (总额控制).
    Withheld: "withheld", "总额控制预留";
    /// What was withheld is paid out, or kept.
    Released: "released", "总额控制清算";
    /// The quality deposit (质量保证金) is kept back or given back.
    QualityDeposit: "quality_deposit", "质量保证金";
    /// Interest on prepayments.
    Interest: "interest", "预付金利息";
    /// Money came that nothing explains yet.
    Unidentified: "unidentified", "收到待查款项";
    /// Money that came is explained.
    Identified: "identified", "待查款项核销";
    /// Opposite entries of a voucher that was wrong.
    Correction: "correction", "更正";
    /// What the journal of the hub has of a settlement more or less than both provinces say (差异更正).
    SettlementCorrected: "settlement_corrected", "异地就医结算更正";
    /// What stood when the ledger began.
    Opening: "opening", "期初余额";
    /// The end of a year (年终结转).
    Closing: "closing", "年终结转";
    /// Fees of a bank. They are no matter of the funds: it is here to be refused by name.
    BankFee: "bank_fee", "银行手续费";
}

impl VoucherCode {
    /// The code of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// A voucher (记账凭证): applied whole or not at all, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Derived from what it is for.
    pub id: VoucherId,
    /// Why it was made.
    pub code: VoucherCode,
    /// What belongs together: a clearing, an order, a prepayment.
    pub subject: String,
    /// 摘要, in Chinese, without personal data.
    pub summary: String,
    /// The day on which it takes effect.
    pub day: Day,
    /// When it was written down.
    pub recorded_at: Moment,
    /// The clerk, or [`MACHINE`].
    pub by: String,
    /// What it moves, one amount a leg.
    pub legs: Vec<Leg>,
}

/// Who made a voucher that no person made.
pub const MACHINE: &str = "系统";

/// The four sums of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Set aside to be debited.
    pub debits_pending: Fen,
    /// Debited.
    pub debits_posted: Fen,
    /// Set aside to be credited.
    pub credits_pending: Fen,
    /// Credited.
    pub credits_posted: Fen,
}

impl Sums {
    /// What stands on a side; below nothing if the other side is larger. What is set aside does not count.
    pub fn on(self, side: EntrySide) -> Fen {
        match side {
            EntrySide::Debit => self.debits_posted - self.credits_posted,
            EntrySide::Credit => self.credits_posted - self.debits_posted,
        }
    }

    /// Whether a limit is kept, counting what is set aside.
    pub fn within(self, limit: Limit) -> bool {
        match limit {
            Limit::None => true,
            Limit::DebitsWithinCredits => self.debits_pending + self.debits_posted <= self.credits_posted,
            Limit::CreditsWithinDebits => self.credits_pending + self.credits_posted <= self.debits_posted,
        }
    }

    /// Whether nothing is set aside.
    pub fn is_settled(self) -> bool {
        self.debits_pending.is_zero() && self.credits_pending.is_zero()
    }
}

/// The answer to a voucher that is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// Written down now.
    Created,
    /// Written down before, with the same content: nothing is done again.
    Exists,
}

/// The sum that no account may go beyond: two of them still fit an integer.
const SUM_MAX: Fen = Fen(4_000_000_000_000_000_000);

/// Why a voucher is refused, in the order in which it is looked at. The number is that of the first leg that it applies to,
/// from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// It moves nothing.
    NoLegs,
    /// It has more than [`LEGS_MAX`] legs.
    TooManyLegs,
    /// The 摘要 is empty or longer than [`SUMMARY_MAX`].
    SummaryUnfit,
    /// Fees of a bank are paid from the agency's own budget: no fund account takes them (人社部发〔2016〕120号).
    BankFee,
    /// The amount is nothing or below.
    AmountNotPositive(u16),
    /// The amount is beyond [`AMOUNT_MAX`].
    AmountTooLarge(u16),
    /// Both sides are the same account.
    SameAccount(u16),
    /// The accounts belong to different roles, schemes or purses.
    LedgersDiffer(u16),
    /// The voucher ends the same reserve twice.
    EndsTwice(u16),
    /// The id exists with another code.
    ExistsWithOtherCode,
    /// The id exists with another subject.
    ExistsWithOtherSubject,
    /// The id exists with another day.
    ExistsWithOtherDay,
    /// The id exists with other legs.
    ExistsWithOtherLegs,
    /// There is no such reserve.
    ReserveUnknown(u16),
    /// The reserve was posted before.
    AlreadyPosted(u16),
    /// The reserve was voided before.
    AlreadyVoided(u16),
    /// The reserve is of other accounts.
    ReserveOfOtherAccounts(u16),
    /// More is posted than was set aside.
    BeyondReserve(u16),
    /// Less or more is voided than was set aside: a reserve is voided whole.
    VoidNotWhole(u16),
    /// One of the accounts is closed.
    AccountClosed(u16),
    /// A sum would grow beyond all that is known to be owed.
    SumTooLarge(u16),
    /// One of the accounts would go beyond its limit.
    LimitExceeded(u16),
}

impl Refused {
    /// What a clerk reads.
    pub fn chinese(self) -> String {
        let (leg, text) = match self {
            Self::NoLegs => (None, "凭证没有分录"),
            Self::TooManyLegs => (None, "分录过多，请分成多张凭证"),
            Self::SummaryUnfit => (None, "摘要为空或过长，请填写200字以内的摘要"),
            Self::BankFee => (None, "银行手续费不得从基金列支，请在单位经费中列支"),
            Self::AmountNotPositive(leg) => (Some(leg), "金额必须大于零"),
            Self::AmountTooLarge(leg) => (Some(leg), "金额超出系统上限，请核对"),
            Self::SameAccount(leg) => (Some(leg), "借贷双方是同一科目"),
            Self::LedgersDiffer(leg) => (Some(leg), "借贷双方不属于同一角色、险种和基金"),
            Self::EndsTwice(leg) => (Some(leg), "同一张凭证两次处理同一笔在途资金"),
            Self::ExistsWithOtherCode => (None, "同号凭证已存在，业务类型不同"),
            Self::ExistsWithOtherSubject => (None, "同号凭证已存在，业务对象不同"),
            Self::ExistsWithOtherDay => (None, "同号凭证已存在，日期不同"),
            Self::ExistsWithOtherLegs => (None, "同号凭证已存在，分录不同"),
            Self::ReserveUnknown(leg) => (Some(leg), "所指的在途资金不存在"),
            Self::AlreadyPosted(leg) => (Some(leg), "所指的在途资金已经入账"),
            Self::AlreadyVoided(leg) => (Some(leg), "所指的在途资金已经撤销"),
            Self::ReserveOfOtherAccounts(leg) => (Some(leg), "科目与所指的在途资金不一致"),
            Self::BeyondReserve(leg) => (Some(leg), "入账金额超过在途金额"),
            Self::VoidNotWhole(leg) => (Some(leg), "在途资金须全额撤销"),
            Self::AccountClosed(leg) => (Some(leg), "科目已关闭，请先说明理由重新启用"),
            Self::SumTooLarge(leg) => (Some(leg), "科目累计发生额超出系统上限"),
            Self::LimitExceeded(leg) => (Some(leg), "存款余额（扣除在途）不足"),
        };
        leg.map_or_else(|| text.to_owned(), |leg| format!("第{}笔分录：{text}", u32::from(leg) + 1))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Refused {}

/// Where an account of the ledger stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// Its sums.
    pub sums: Sums,
    /// Whether it takes no more vouchers.
    pub closed: bool,
}

/// How a reserve ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was posted, whole or in part.
    Posted,
    /// It was voided.
    Voided,
}

/// A reserve of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// What it was to debit.
    pub debit: Account,
    /// What it was to credit.
    pub credit: Account,
    /// How much was set aside.
    pub amount: Fen,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
}

/// What must be known of a ledger to decide on one voucher: [`Voucher::accounts`] and [`Voucher::ends`] say what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The voucher of the same id.
    pub same: Option<Voucher>,
    /// The accounts of the voucher; one that never moved may be missing.
    pub accounts: BTreeMap<Account, AccountState>,
    /// The reserves that the voucher ends, as far as they exist.
    pub reserves: BTreeMap<LegId, Reserved>,
}

/// What is to be done with a voucher that is in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// Nothing: it is there.
    Exists,
    /// To be written down, and these are then the sums of its accounts.
    Create(BTreeMap<Account, Sums>),
}

impl Voucher {
    /// The accounts that it moves.
    pub fn accounts(&self) -> BTreeSet<&Account> {
        self.legs.iter().flat_map(|leg| [&leg.debit, &leg.credit]).collect()
    }

    /// The reserves that it ends.
    pub fn ends(&self) -> BTreeSet<&LegId> {
        self.legs.iter().filter_map(|leg| leg.phase.ends()).collect()
    }

    /// Its legs with their numbers. Legs beyond the last number are not looked at: such a voucher is refused before.
    pub fn numbered(&self) -> impl Iterator<Item = (u16, &Leg)> {
        (0..=u16::MAX).zip(&self.legs)
    }

    /// What it moves finally, by ledger: no reserve, no void.
    pub fn posted(&self) -> BTreeMap<Ledger, Fen> {
        let mut posted = BTreeMap::new();
        for leg in self.legs.iter().filter(|leg| matches!(leg.phase, Phase::Final | Phase::Post(_))) {
            *posted.entry(leg.debit.ledger()).or_insert(Fen::ZERO) += leg.amount;
        }
        posted
    }
}

/// Decides whether a voucher may be posted, and what its accounts then stand at.
///
/// # Errors
/// The first [`Refused`] that applies.
pub fn admit(voucher: &Voucher, known: &Known) -> Result<Admitted, Refused> {
    check_alone(voucher)?;
    if let Some(same) = &known.same {
        check_same(voucher, same)?;
        return Ok(Admitted::Exists);
    }
    for (number, leg) in voucher.numbered() {
        check_reserve(number, leg, &known.reserves)?;
    }
    apply(voucher, known).map(Admitted::Create)
}

fn check_alone(voucher: &Voucher) -> Result<(), Refused> {
    if voucher.legs.is_empty() {
        return Err(Refused::NoLegs);
    }
    if voucher.legs.len() > LEGS_MAX {
        return Err(Refused::TooManyLegs);
    }
    if voucher.summary.trim().is_empty() || voucher.summary.chars().count() > SUMMARY_MAX {
        return Err(Refused::SummaryUnfit);
    }
    if voucher.code == VoucherCode::BankFee {
        return Err(Refused::BankFee);
    }
    let mut ended = BTreeSet::new();
    for (number, leg) in voucher.numbered() {
        if leg.amount <= Fen::ZERO {
            return Err(Refused::AmountNotPositive(number));
        }
        if leg.amount > AMOUNT_MAX {
            return Err(Refused::AmountTooLarge(number));
        }
        if leg.debit == leg.credit {
            return Err(Refused::SameAccount(number));
        }
        if leg.debit.ledger() != leg.credit.ledger() {
            return Err(Refused::LedgersDiffer(number));
        }
        if leg.phase.ends().is_some_and(|reserve| !ended.insert(reserve)) {
            return Err(Refused::EndsTwice(number));
        }
    }
    Ok(())
}

/// The same content; when, by whom and in which words it was written down does not count, since a retry comes later.
fn check_same(voucher: &Voucher, same: &Voucher) -> Result<(), Refused> {
    if voucher.code != same.code {
        return Err(Refused::ExistsWithOtherCode);
    }
    if voucher.subject != same.subject {
        return Err(Refused::ExistsWithOtherSubject);
    }
    if voucher.day != same.day {
        return Err(Refused::ExistsWithOtherDay);
    }
    if voucher.legs != same.legs {
        return Err(Refused::ExistsWithOtherLegs);
    }
    Ok(())
}

fn check_reserve(number: u16, leg: &Leg, reserves: &BTreeMap<LegId, Reserved>) -> Result<(), Refused> {
    let Some(id) = leg.phase.ends() else { return Ok(()) };
    let reserved = reserves.get(id).ok_or(Refused::ReserveUnknown(number))?;
    match reserved.ended {
        Some(Ended::Posted) => return Err(Refused::AlreadyPosted(number)),
        Some(Ended::Voided) => return Err(Refused::AlreadyVoided(number)),
        None => {}
    }
    if (&leg.debit, &leg.credit) != (&reserved.debit, &reserved.credit) {
        return Err(Refused::ReserveOfOtherAccounts(number));
    }
    match leg.phase {
        Phase::Post(_) if leg.amount > reserved.amount => Err(Refused::BeyondReserve(number)),
        Phase::Void(_) if leg.amount != reserved.amount => Err(Refused::VoidNotWhole(number)),
        _ => Ok(()),
    }
}

/// Leg after leg, each within the limits that the legs before it leave.
fn apply(voucher: &Voucher, known: &Known) -> Result<BTreeMap<Account, Sums>, Refused> {
    let mut sums = BTreeMap::<Account, Sums>::new();
    for account in voucher.accounts() {
        sums.insert(account.clone(), known.accounts.get(account).copied().unwrap_or_default().sums);
    }
    for (number, leg) in voucher.numbered() {
        let is_closed = |account| known.accounts.get(account).is_some_and(|state| state.closed);
        if is_closed(&leg.debit) || is_closed(&leg.credit) {
            return Err(Refused::AccountClosed(number));
        }
        let reserved = leg.phase.ends().map_or(Fen::ZERO, |id| known.reserves[id].amount);
        let debit = sums.get_mut(&leg.debit).expect("taken from the voucher");
        debit.debits_pending = move_pending(debit.debits_pending, leg, reserved);
        debit.debits_posted += moved(leg);
        let debit = *debit;
        let credit = sums.get_mut(&leg.credit).expect("taken from the voucher");
        credit.credits_pending = move_pending(credit.credits_pending, leg, reserved);
        credit.credits_posted += moved(leg);
        let credit = *credit;
        let all = [debit.debits_pending, debit.debits_posted, credit.credits_pending, credit.credits_posted];
        if all.into_iter().any(|sum| sum > SUM_MAX) {
            return Err(Refused::SumTooLarge(number));
        }
        // What ends a reserve takes no more than the reserve did.
        let may_exceed = leg.phase.ends().is_some();
        let kept = debit.within(leg.debit.kind().limit()) && credit.within(leg.credit.kind().limit());
        if !may_exceed && !kept {
            return Err(Refused::LimitExceeded(number));
        }
    }
    Ok(sums)
}

/// What stands aside after a leg; `reserved` is what it ends.
fn move_pending(pending: Fen, leg: &Leg, reserved: Fen) -> Fen {
    match leg.phase {
        Phase::Final => pending,
        Phase::Reserve => pending + leg.amount,
        Phase::Post(_) | Phase::Void(_) => pending - reserved,
    }
}

/// What a leg moves for good.
const fn moved(leg: &Leg) -> Fen {
    match leg.phase {
        Phase::Final | Phase::Post(_) => leg.amount,
        Phase::Reserve | Phase::Void(_) => Fen::ZERO,
    }
}

/// Why an account is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotClosed {
    /// Something is set aside: post or void it first.
    Reserved,
    /// Something stands on it: carry it over first.
    NotBalanced,
}

impl NotClosed {
    /// What a clerk reads.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Reserved => "科目还有在途资金，请先入账或撤销",
            Self::NotBalanced => "科目还有余额，请先结转",
        }
    }
}

/// Decides whether an account may be closed: nothing is set aside and nothing stands on it.
///
/// # Errors
/// The first [`NotClosed`] that applies.
pub fn may_close(sums: Sums) -> Result<(), NotClosed> {
    if !sums.is_settled() {
        return Err(NotClosed::Reserved);
    }
    if sums.debits_posted != sums.credits_posted {
        return Err(NotClosed::NotBalanced);
    }
    Ok(())
}

/// A general ledger in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneralLedger {
    accounts: BTreeMap<Account, AccountState>,
    vouchers: BTreeMap<VoucherId, Voucher>,
    reserves: BTreeMap<LegId, Reserved>,
}

impl GeneralLedger {
    /// Posts a voucher, whole or not at all.
    ///
    /// # Errors
    /// What [`admit`] refuses.
    pub fn post(&mut self, voucher: &Voucher) -> Result<Posted, Refused> {
        match admit(voucher, &self.known(voucher))? {
            Admitted::Exists => Ok(Posted::Exists),
            Admitted::Create(sums) => {
                for (account, sums) in sums {
                    self.accounts.entry(account).or_default().sums = sums;
                }
                for (number, leg) in voucher.numbered() {
                    self.keep_reserve(voucher.id.leg(number), leg);
                }
                self.vouchers.insert(voucher.id.clone(), voucher.clone());
                Ok(Posted::Created)
            }
        }
    }

    fn known(&self, voucher: &Voucher) -> Known {
        let account = |account: &Account| Some((account.clone(), *self.accounts.get(account)?));
        let reserve = |id: &LegId| Some((id.clone(), self.reserves.get(id)?.clone()));
        Known {
            same: self.vouchers.get(&voucher.id).cloned(),
            accounts: voucher.accounts().into_iter().filter_map(account).collect(),
            reserves: voucher.ends().into_iter().filter_map(reserve).collect(),
        }
    }

    fn keep_reserve(&mut self, id: LegId, leg: &Leg) {
        let ended = match &leg.phase {
            Phase::Final => return,
            Phase::Reserve => {
                let Leg { debit, credit, amount, .. } = leg.clone();
                self.reserves.insert(id, Reserved { debit, credit, amount, ended: None });
                return;
            }
            Phase::Post(reserve) => (reserve, Ended::Posted),
            Phase::Void(reserve) => (reserve, Ended::Voided),
        };
        self.reserves.get_mut(ended.0).expect("admitted").ended = Some(ended.1);
    }

    /// Closes an account; closed twice is closed.
    ///
    /// # Errors
    /// What [`may_close`] says.
    pub fn close(&mut self, account: &Account) -> Result<(), NotClosed> {
        let state = self.accounts.entry(account.clone()).or_default();
        may_close(state.sums)?;
        state.closed = true;
        Ok(())
    }

    /// Opens an account again.
    pub fn reopen(&mut self, account: &Account) {
        self.accounts.entry(account.clone()).or_default().closed = false;
    }

    /// The sums of an account; nothing if it never moved.
    pub fn sums(&self, account: &Account) -> Sums {
        self.accounts.get(account).copied().unwrap_or_default().sums
    }

    /// All accounts that were used, in the order of the chart.
    pub fn accounts(&self) -> impl Iterator<Item = (&Account, &AccountState)> {
        self.accounts.iter()
    }

    /// A voucher that was posted.
    pub fn voucher(&self, id: &VoucherId) -> Option<&Voucher> {
        self.vouchers.get(id)
    }
}

#[cfg(test)]
mod tests;

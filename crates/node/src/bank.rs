//! Fiscal special accounts (财政专户) and what banks say of them: the register, payments out, statements in.
//!
//! A province registers its own accounts; the hub passes them on. An entry of a statement is taken once, by the bank's own number of
//! it, in a unit of work of its own: a file may come twice, and one whose taking broke off may come again. What the machine
//! does not match stands at 暂收款—待查款项 until a clerk says what it is. Fees of the bank are booked in no fund.

use crate::{
    context::{Failure, Outcome},
    hub::Hub,
    institution_payment,
    payment_order::{ask, look, make_in, not_its_answer},
    peer::endpoint::rejected,
    province::ProvinceNode,
};
use funds::{
    bank::{BankAccount, Entry, Match, Statement, find, moved},
    institution_payment::bank_order,
    ledger::MACHINE,
    movement::payment_order::{Written, unidentified},
    payment_order::{Money, Move, OrderNumber, Side, Stage},
};
use sign::document::content_hash;
use store::{
    Work,
    bank::{self, EntriesWanted, KeptEntry, Matter, Taken},
    ledger, payment_order,
};
use terms::{Fen, InsuranceScheme, Participant, Province, Refusal};
use wire::{
    bank::{camt053, pain001},
    peer::{
        Untrusted,
        v1::{Answer, FoundBankAccounts, Question},
    },
};

/// The most orders that an entry is compared with.
const ORDERS: i64 = 5_000;

/// Registers an account of the province's own, or changes what is registered.
pub async fn register(node: &ProvinceNode, account: BankAccount) -> Outcome<BankAccount> {
    account.check().map_err(|(field, expected)| Refusal::invalid(field, expected))?;
    let mut work = node.context.store.begin().await?;
    bank::put_account(&mut work, node.context.me, &account).await?;
    work.save().await?;
    Ok(account)
}

/// Registers an account for payments (支出户), or changes what is registered. Nobody else hears of it.
pub async fn register_expenditure(node: &ProvinceNode, account: BankAccount) -> Outcome<BankAccount> {
    account.check().map_err(|(field, expected)| Refusal::invalid(field, expected))?;
    let mut work = node.context.store.begin().await?;
    if bank::scheme_of(work.conn(), node.province, &account.number).await?.is_some() {
        return Err(Refusal::invalid("number", "支出户账号，与财政专户账号不同").into());
    }
    bank::put_expenditure_account(&mut work, &account).await?;
    work.save().await?;
    Ok(account)
}

/// The accounts from which the province pays institutions.
pub async fn expenditure_accounts(node: &ProvinceNode) -> Outcome<Vec<BankAccount>> {
    Ok(bank::expenditure_accounts(&mut *node.context.store.conn().await?, node.province).await?)
}

/// The accounts that a node knows.
pub async fn accounts(store: &store::Store, node: Participant) -> Outcome<Vec<BankAccount>> {
    Ok(bank::accounts(&mut *store.conn().await?, node).await?)
}

/// Publishes the province's own accounts, and pulls the others'.
pub async fn exchange_accounts(node: &ProvinceNode) -> Outcome<()> {
    let mut conn = node.context.store.conn().await?;
    let unpublished = bank::unpublished(&mut conn, node.province).await?;
    drop(conn);
    for account in unpublished {
        let Answer::Taken = ask(node, &Question::PublishBankAccount(Box::new(account.clone()))).await? else {
            return Err(not_its_answer());
        };
        let mut work = node.context.store.begin().await?;
        bank::set_published(&mut work, &account).await?;
        work.save().await?;
    }
    let Answer::BankAccounts(found) = ask(node, &Question::FindBankAccounts).await? else {
        return Err(not_its_answer());
    };
    let known = accounts(&node.context.store, node.context.me).await?;
    let of_others = |account: &BankAccount| account.owner != node.province && account.check().is_ok();
    let new: Vec<BankAccount> =
        found.accounts.into_iter().filter(|one| of_others(one) && !known.contains(one)).collect();
    if new.is_empty() {
        // Nearly always: accounts change in years.
        return Ok(());
    }
    let mut work = node.context.store.begin().await?;
    for account in new {
        bank::put_account(&mut work, node.context.me, &account).await?;
    }
    Ok(work.save().await?)
}

/// Keeps at the hub what a province publishes of its own.
pub async fn take_published(hub: &Hub, from: Participant, account: &BankAccount) -> Outcome<Answer> {
    if from != Participant::Province(account.owner) || account.check().is_err() {
        return Err(rejected(Untrusted::Signature));
    }
    let mut work = hub.context.store.begin().await?;
    bank::put_account(&mut work, Participant::Hub, account).await?;
    work.save().await?;
    Ok(Answer::Taken)
}

/// All accounts, for every province: whom one pays is seen by who pays.
pub async fn find_published(hub: &Hub) -> Outcome<Answer> {
    let accounts = accounts(&hub.context.store, Participant::Hub).await?;
    Ok(Answer::BankAccounts(FoundBankAccounts { accounts }))
}

/// The file by which a bank is to pay what is left of an order (pain.001).
pub async fn payment_file(node: &ProvinceNode, number: &OrderNumber) -> Outcome<String> {
    let order = look(node, Side::Payment, number).await?.order;
    if order.handed_over.is_none() || order.rest().is_zero() {
        let stage = order.stage().chinese(order.side);
        let reason = format!("划拨单为[{stage}]，已提交财政、尚有未划拨金额的才能生成付款文件");
        return Err(Refusal::PaymentOrderRule { reason }.into());
    }
    let known = accounts(&node.context.store, node.context.me).await?;
    let of = |owner: Province| {
        let found = known.iter().find(|one| one.owner == owner && one.scheme == order.scheme());
        let place = owner.division().name().unwrap_or_default().to_owned();
        found.ok_or(Refusal::BankAccountMissing { place })
    };
    let now = node.context.now();
    Ok(pain001::write(&pain001::Payment {
        number: &order.number.to_string(),
        round: order.reserves,
        amount: order.rest(),
        payer: of(order.own)?.into(),
        payee: of(order.other)?.into(),
        text: &order.cause.to_string(),
        on: now.day(),
        made_at: now,
    }))
}

/// What taking a file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenFile {
    /// Statements in it.
    pub statements: usize,
    /// Statements that had been taken before.
    pub statements_before: usize,
    /// Entries that were new.
    pub entries: usize,
    /// Entries that had been taken before.
    pub entries_before: usize,
    /// New ones that are money of an order or of a payment of an institution, or went between the province's own accounts.
    pub matched: usize,
    /// New ones that nobody knows.
    pub unidentified: usize,
    /// New ones that are fees.
    pub fees: usize,
}

/// Takes a file of statements (camt.053).
pub async fn take_file(node: &ProvinceNode, file: &[u8], by: &str) -> Outcome<TakenFile> {
    let refused = |reason: String| Failure::Refused(Refusal::BankStatementRule { reason });
    let statements = camt053::statements(file).map_err(|why| refused(why.0))?;
    let mut taken = TakenFile::default();
    for statement in &statements {
        let mut work = node.context.store.begin().await?;
        let account = own_account(&mut work, node, &statement.account).await?;
        let account = account.ok_or_else(|| {
            let account = funds::bank::masked(&statement.account);
            refused(format!("账号[{account}]未登记为本省财政专户或支出户，请先登记账户"))
        })?;
        let hash = content_hash(&content(statement)).into_bytes();
        let written = (by, node.context.now());
        match bank::take_statement(&mut work, node.province, statement, &hash, written).await? {
            Taken::Now => {}
            Taken::Before => taken.statements_before += 1,
            Taken::WithOtherContent => {
                return Err(refused(format!("对账单[{}]已导入且内容不同", statement.id)));
            }
        }
        work.save().await?;
        taken.statements += 1;
        for entry in &statement.entries {
            match take_entry(node, statement, account, entry, by).await? {
                None => taken.entries_before += 1,
                Some(Matter::Order { .. } | Matter::Institution { .. } | Matter::Other { .. }) => {
                    taken.matched += 1;
                }
                Some(Matter::Fee) => taken.fees += 1,
                Some(Matter::Unidentified { .. }) => taken.unidentified += 1,
            }
        }
    }
    taken.entries = taken.matched + taken.unidentified + taken.fees;
    Ok(taken)
}

/// An account of the province's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    /// 财政专户.
    Fiscal(InsuranceScheme),
    /// 支出户.
    Expenditure(InsuranceScheme),
}

async fn own_account(work: &mut Work, node: &ProvinceNode, number: &str) -> Outcome<Option<Own>> {
    if let Some(scheme) = bank::scheme_of(work.conn(), node.province, number).await? {
        return Ok(Some(Own::Fiscal(scheme)));
    }
    let accounts = bank::expenditure_accounts(work.conn(), node.province).await?;
    let found = accounts.iter().find(|account| account.number == number);
    Ok(found.map(|account| Own::Expenditure(account.scheme)))
}

/// All of a statement as text, to be told from another of the same number.
fn content(statement: &Statement) -> String {
    let Statement { id, account, from, to, opening, closing, entries } = statement;
    let entries = serde_json::to_string(entries).expect("entries are plain data");
    format!("{id} {account} {from} {to} {opening} {closing} {entries}")
}

/// Takes an entry; `None` if it had been taken before.
async fn take_entry(
    node: &ProvinceNode,
    statement: &Statement,
    account: Own,
    entry: &Entry,
    by: &str,
) -> Outcome<Option<Matter>> {
    let refused = |reason: String| Failure::Refused(Refusal::BankStatementRule { reason });
    let mut work = node.context.store.begin().await?;
    if let Some(known) =
        bank::hold_entry(&mut work, node.province, &statement.account, &entry.reference).await?
    {
        if (known.entry.amount, known.entry.on) != (entry.amount, entry.on) {
            return Err(refused(format!("交易流水号[{}]已导入，但金额或日期不同", entry.reference)));
        }
        return Ok(None);
    }
    let (scheme, matter) = match account {
        Own::Fiscal(scheme) => (scheme, matter_of_fiscal(node, &mut work, scheme, entry, by).await?),
        Own::Expenditure(scheme) => (scheme, matter_of_payments(node, &mut work, scheme, entry, by).await?),
    };
    let matter = match matter {
        Matter::Unidentified { .. } if is_between_own(node, &mut work, scheme, entry).await? => {
            Matter::Other {
                reason: "财政专户与支出户之间的调拨，已随拨付单记账，请核对金额".to_owned(),
                by: MACHINE.to_owned(),
            }
        }
        matter => matter,
    };
    let is_fiscal = matches!(account, Own::Fiscal(_));
    let account = statement.account.clone();
    let mut kept =
        KeptEntry { account, scheme, statement: statement.id.clone(), entry: entry.clone(), matter };
    // What the account for payments holds is booked with the payments alone.
    if let Matter::Unidentified { booked, .. } = &mut kept.matter
        && is_fiscal
    {
        *booked = book_unidentified(node, &mut work, scheme, entry, false, MACHINE).await?.is_ok();
    }
    bank::put_entry(&mut work, node.province, &kept, node.context.now()).await?;
    work.save().await?;
    Ok(Some(kept.matter))
}

/// What an entry of a fiscal special account is about.
async fn matter_of_fiscal(
    node: &ProvinceNode,
    work: &mut Work,
    scheme: InsuranceScheme,
    entry: &Entry,
    by: &str,
) -> Outcome<Matter> {
    let orders = payment_order::list(work.conn(), node.province, None, &Stage::ALL, "", ORDERS).await?;
    let orders: Vec<_> = orders.into_iter().map(|kept| kept.order).collect();
    let others = bank::accounts(work.conn(), node.context.me).await?;
    Ok(match find(entry, scheme, &orders, &others) {
        Match::Fee => Matter::Fee,
        Match::Unidentified(why) => Matter::Unidentified { why, booked: false },
        Match::Order { number, amount } => {
            let made = money_of(entry, amount, by);
            match make_in(node, work, &number, &made).await {
                Ok(()) => Matter::Order { number, by: None },
                // What the order or the ledger does not take is a matter for a person, and nothing of it is kept.
                Err(Failure::Refused(refusal)) => {
                    *work = node.context.store.begin().await?;
                    let why = format!("应为划拨单[{number}]的资金，但未能登记：{}", refusal.message());
                    Matter::Unidentified { why, booked: false }
                }
                Err(trouble) => return Err(trouble),
            }
        }
    })
}

/// What an entry of an account for payments is about.
async fn matter_of_payments(
    node: &ProvinceNode,
    work: &mut Work,
    scheme: InsuranceScheme,
    entry: &Entry,
    by: &str,
) -> Outcome<Matter> {
    let orders = institution_payment::bank_orders(work.conn(), node, entry).await?;
    let (order, paid) = match bank_order::find(entry, scheme, &orders) {
        bank_order::Match::Paid(order) => (order, true),
        bank_order::Match::Returned(order) => (order, false),
        bank_order::Match::Fee => return Ok(Matter::Fee),
        bank_order::Match::Unidentified(why) => return Ok(Matter::Unidentified { why, booked: false }),
    };
    match institution_payment::hear_entry(node, work, (order, paid), entry, by).await {
        Ok(_) => {
            let (payment, instalment) = (order.payment.clone(), order.instalment);
            Ok(Matter::Institution { payment, instalment, paid })
        }
        Err(Failure::Refused(refusal)) => {
            *work = node.context.store.begin().await?;
            let why = format!("应为拨付[{}]的资金，但未能登记：{}", order.reference(), refusal.message());
            Ok(Matter::Unidentified { why, booked: false })
        }
        Err(trouble) => Err(trouble),
    }
}

/// Whether the other side of an entry is the scheme's other account of the province's own.
async fn is_between_own(
    node: &ProvinceNode,
    work: &mut Work,
    scheme: InsuranceScheme,
    entry: &Entry,
) -> Outcome<bool> {
    let Some(number) = &entry.counterparty.number else { return Ok(false) };
    let is_own = own_account(work, node, number).await?;
    Ok(is_own.is_some_and(|own| own == Own::Fiscal(scheme) || own == Own::Expenditure(scheme)))
}

fn money_of(entry: &Entry, amount: Fen, by: &str) -> Move {
    Move::Money(Money { reference: entry.reference.clone(), amount, on: entry.on, by: by.to_owned() })
}

/// Books an entry at 暂收款—待查款项, or back from there once it is explained.
async fn book_unidentified(
    node: &ProvinceNode,
    work: &mut Work,
    scheme: InsuranceScheme,
    entry: &Entry,
    explained: bool,
    by: &str,
) -> Outcome<Result<(), funds::ledger::Refused>> {
    let now = node.context.now();
    let written = Written { on: if explained { now.day() } else { entry.on }, at: now, by };
    let voucher = unidentified(node.province, scheme, (&entry.reference, entry.amount, explained), written);
    let posted = ledger::post(work, Participant::Province(node.province), &voucher).await?;
    Ok(posted.map(drop))
}

/// What a clerk says an entry is.
#[derive(Clone, Debug)]
pub enum Said {
    /// Money of an order or expected receipt.
    Order(OrderNumber),
    /// No money of this business.
    Other(String),
}

/// A clerk says what an unidentified entry is.
pub async fn assign(
    node: &ProvinceNode,
    (scheme, reference): (InsuranceScheme, &str),
    said: Said,
    by: &str,
) -> Outcome<KeptEntry> {
    let mut work = node.context.store.begin().await?;
    let kept = bank::hold_entry_of(&mut work, node.province, scheme, reference).await?;
    let kept = kept.ok_or_else(|| Refusal::UnknownBankEntry { reference: reference.to_owned() })?;
    let Matter::Unidentified { booked, .. } = kept.matter else {
        let is_same = match (&kept.matter, &said) {
            (Matter::Order { number, .. }, Said::Order(said)) => number == said,
            (Matter::Other { reason, .. }, Said::Other(said)) => reason == said,
            _ => false,
        };
        let reason = "该笔流水已有归属，不能再次指定".to_owned();
        return if is_same { Ok(kept) } else { Err(Refusal::PaymentOrderRule { reason }.into()) };
    };
    if booked {
        let back = book_unidentified(node, &mut work, kept.scheme, &kept.entry, true, by).await?;
        back.map_err(|refused| Refusal::PaymentOrderRule { reason: refused.chinese() })?;
    }
    let matter = match said {
        Said::Order(number) => {
            if number.scheme() != kept.scheme {
                let reason = "流水所在账户与划拨单的险种不同".to_owned();
                return Err(Refusal::PaymentOrderRule { reason }.into());
            }
            if let Some(Own::Expenditure(_)) = own_account(&mut work, node, &kept.account).await? {
                let reason = "支出户的流水不是划拨单的资金，请在拨付单登记银行回单".to_owned();
                return Err(Refusal::PaymentOrderRule { reason }.into());
            }
            let order = payment_order::hold(&mut work, node.province, &number).await?;
            let unknown = || Refusal::UnknownPaymentOrder { number: number.to_string() };
            let order = order.ok_or_else(unknown)?.order;
            let made = money_of(&kept.entry, moved(&kept.entry, order.side), by);
            make_in(node, &mut work, &number, &made).await?;
            Matter::Order { number, by: Some(by.to_owned()) }
        }
        Said::Other(reason) => Matter::Other { reason, by: by.to_owned() },
    };
    let after = KeptEntry { matter, ..kept };
    bank::put_entry(&mut work, node.province, &after, node.context.now()).await?;
    work.save().await?;
    Ok(after)
}

/// A page of entries.
pub async fn entries(node: &ProvinceNode, wanted: &EntriesWanted<'_>) -> Outcome<Vec<KeptEntry>> {
    Ok(bank::list(&mut *node.context.store.conn().await?, node.province, wanted).await?)
}

/// Statements that were taken, latest first.
pub async fn statements(node: &ProvinceNode, most: i64) -> Outcome<Vec<bank::TakenStatement>> {
    Ok(bank::statements(&mut *node.context.store.conn().await?, node.province, most).await?)
}

//! Accounts of the general ledger: their sums, what moved them, and their closing.

use super::{day, lock};
use crate::{
    Conn, Result, Work,
    row::{fen, moment, parsed, participant_number},
    search::limited,
};
use funds::{
    Account, Balance, EntrySide,
    ledger::{AccountState, NotClosed, Sums, VoucherId, may_close},
};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{Day, Fen, Moment, Participant};

/// The sums of these accounts; zero for one that never moved.
pub async fn sums(
    conn: &mut Conn,
    owner: Participant,
    accounts: &[Account],
) -> Result<BTreeMap<Account, Sums>> {
    let known = states(conn, owner, &accounts.iter().collect::<Vec<_>>()).await?;
    let sums = |account: &Account| known.get(account).copied().unwrap_or_default().sums;
    Ok(accounts.iter().map(|account| (account.clone(), sums(account))).collect())
}

/// Where these accounts stand; those that were never used are missing.
pub(super) async fn states(
    conn: &mut Conn,
    owner: Participant,
    accounts: &[&Account],
) -> Result<BTreeMap<Account, AccountState>> {
    let rows = sqlx::query("select * from ledger_account where province = $1 and account = any($2)")
        .bind(participant_number(owner))
        .bind(accounts.iter().map(ToString::to_string).collect::<Vec<_>>())
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

pub(super) fn read(row: &PgRow) -> Result<(Account, AccountState)> {
    let sums = Sums {
        debits_pending: fen(row, "debits_pending")?,
        debits_posted: fen(row, "debits_posted")?,
        credits_pending: fen(row, "credits_pending")?,
        credits_posted: fen(row, "credits_posted")?,
    };
    Ok((parsed(row, "account")?, AccountState { sums, closed: row.try_get("closed")? }))
}

/// All accounts that were used, as they stand, in the order of the chart.
pub async fn trial(conn: &mut Conn, owner: Participant) -> Result<BTreeMap<Account, AccountState>> {
    let rows = sqlx::query("select * from ledger_account where province = $1")
        .bind(participant_number(owner))
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// A line of the trial balance of a period (科目余额表): what was moved before it, and in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrialLine {
    /// Debited before the period.
    pub debits_before: Fen,
    /// Credited before it.
    pub credits_before: Fen,
    /// Debited in it (本期借方发生额).
    pub debits: Fen,
    /// Credited in it (本期贷方发生额).
    pub credits: Fen,
}

impl TrialLine {
    /// 期初余额 on a side; below nothing if the other side is larger.
    pub fn opening(self, side: EntrySide) -> Fen {
        Balance { debits: self.debits_before, credits: self.credits_before }.on(side)
    }

    /// 期末余额 on a side; below nothing if the other side is larger.
    pub fn closing(self, side: EntrySide) -> Fen {
        let Self { debits_before, credits_before, debits, credits } = self;
        Balance { debits: debits_before + debits, credits: credits_before + credits }.on(side)
    }
}

/// The trial balance of the days from `first` to `last`, summed from the legs, in the order of the chart.
pub async fn trial_of(
    conn: &mut Conn,
    owner: Participant,
    first: Day,
    last: Day,
) -> Result<BTreeMap<Account, TrialLine>> {
    let rows = sqlx::query(
        "select account, coalesce(sum(debit) filter (where day < $2), 0)::bigint as debits_before,
                coalesce(sum(credit) filter (where day < $2), 0)::bigint as credits_before,
                coalesce(sum(debit) filter (where day >= $2), 0)::bigint as debits,
                coalesce(sum(credit) filter (where day >= $2), 0)::bigint as credits
         from (select debit as account, day, amount as debit, 0 as credit
               from ledger_leg where province = $1 and month <= $4 and day <= $3 and phase in (0, 2)
               union all
               select credit, day, 0, amount
               from ledger_leg where province = $1 and month <= $4 and day <= $3 and phase in (0, 2)) sides
         group by account",
    )
    .bind(participant_number(owner))
    .bind(first.number())
    .bind(last.number())
    .bind(last.month().number())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let line = TrialLine {
            debits_before: fen(row, "debits_before")?,
            credits_before: fen(row, "credits_before")?,
            debits: fen(row, "debits")?,
            credits: fen(row, "credits")?,
        };
        Ok((parsed(row, "account")?, line))
    };
    rows.iter().map(read).collect()
}

/// A line of the ledger of one account (明细账).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The day.
    pub day: Day,
    /// The voucher's number in its month.
    pub number: i32,
    /// The voucher.
    pub voucher: VoucherId,
    /// 摘要.
    pub summary: String,
    /// What stood on the other side.
    pub opposite: Account,
    /// Debited.
    pub debit: Fen,
    /// Credited.
    pub credit: Fen,
}

/// What was posted to an account on the days from `first` to `last`, after what stood before them (debits, credits), in the order
/// of day and number, so many lines at most.
pub async fn legs(
    conn: &mut Conn,
    owner: Participant,
    account: &Account,
    (first, last): (Day, Day),
    most: i64,
) -> Result<((Fen, Fen), Vec<StatementLine>)> {
    let name = account.to_string();
    let before = sqlx::query(
        "select coalesce(sum(amount) filter (where debit = $2), 0)::bigint as debits,
                coalesce(sum(amount) filter (where credit = $2), 0)::bigint as credits
         from ledger_leg where province = $1 and (debit = $2 or credit = $2) and day < $3 and phase in (0, 2)",
    )
    .bind(participant_number(owner))
    .bind(&name)
    .bind(first.number())
    .fetch_one(&mut *conn)
    .await?;
    let rows = sqlx::query(limited(
        "select leg.*, of.number, of.summary
         from ledger_leg leg join ledger_voucher of on of.province = leg.province and of.id = leg.voucher
         where leg.province = $1 and (leg.debit = $2 or leg.credit = $2) and leg.day between $3 and $4
               and leg.month between $3 / 100 and $4 / 100 and leg.phase in (0, 2)
         order by leg.day, of.month, of.number, leg.leg",
        most,
    ))
    .bind(participant_number(owner))
    .bind(&name)
    .bind(first.number())
    .bind(last.number())
    .fetch_all(conn)
    .await?;
    let lines = rows.iter().map(|row| read_line(row, account)).collect::<Result<_>>()?;
    Ok(((fen(&before, "debits")?, fen(&before, "credits")?), lines))
}

fn read_line(row: &PgRow, account: &Account) -> Result<StatementLine> {
    let (debited, credited): (Account, Account) = (parsed(row, "debit")?, parsed(row, "credit")?);
    let amount = fen(row, "amount")?;
    let is_debit = debited == *account;
    Ok(StatementLine {
        day: day(row, "day")?,
        number: row.try_get("number")?,
        voucher: parsed(row, "voucher")?,
        summary: row.try_get("summary")?,
        opposite: if is_debit { credited } else { debited },
        debit: if is_debit { amount } else { Fen::ZERO },
        credit: if is_debit { Fen::ZERO } else { amount },
    })
}

/// A closing of an account, or its opening again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Which account.
    pub account: Account,
    /// Whether it was closed, or opened again.
    pub closed: bool,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// Closes an account: it takes no voucher any more. Closed twice is closed.
pub async fn close(
    work: &mut Work,
    owner: Participant,
    closing: &Closing,
) -> Result<std::result::Result<(), NotClosed>> {
    lock(work, owner).await?;
    let known = states(work.conn(), owner, &[&closing.account]).await?;
    let state = known.get(&closing.account).copied().unwrap_or_default();
    if let Err(why) = may_close(state.sums) {
        return Ok(Err(why));
    }
    if !state.closed {
        set_closed(work.conn(), owner, closing, true).await?;
    }
    Ok(Ok(()))
}

/// Opens an account again; open twice is open.
pub async fn reopen(work: &mut Work, owner: Participant, closing: &Closing) -> Result<()> {
    lock(work, owner).await?;
    let known = states(work.conn(), owner, &[&closing.account]).await?;
    if known.get(&closing.account).is_some_and(|state| state.closed) {
        set_closed(work.conn(), owner, closing, false).await?;
    }
    Ok(())
}

async fn set_closed(conn: &mut Conn, owner: Participant, closing: &Closing, closed: bool) -> Result<()> {
    let (owner, account) = (participant_number(owner), closing.account.to_string());
    sqlx::query(
        "insert into ledger_account (province, account, debits_pending, debits_posted, credits_pending, credits_posted,
                                     closed)
         values ($1, $2, 0, 0, 0, 0, $3) on conflict (province, account) do update set closed = $3",
    )
    .bind(owner)
    .bind(&account)
    .bind(closed)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "insert into ledger_closing (province, account, serial, closed, reason, changed_by, changed_at)
         select $1, $2, coalesce(max(serial), 0) + 1, $3, $4, $5, $6
         from ledger_closing where province = $1 and account = $2",
    )
    .bind(owner)
    .bind(&account)
    .bind(closed)
    .bind(&closing.reason)
    .bind(&closing.by)
    .bind(closing.at.millis())
    .execute(conn)
    .await?;
    Ok(())
}

/// When and why an account was closed and opened, in order.
pub async fn closings(conn: &mut Conn, owner: Participant, account: &Account) -> Result<Vec<Closing>> {
    let rows =
        sqlx::query("select * from ledger_closing where province = $1 and account = $2 order by serial")
            .bind(participant_number(owner))
            .bind(account.to_string())
            .fetch_all(conn)
            .await?;
    let read = |row: &PgRow| {
        Ok(Closing {
            account: parsed(row, "account")?,
            closed: row.try_get("closed")?,
            reason: row.try_get("reason")?,
            by: row.try_get("changed_by")?,
            at: moment(row, "changed_at")?,
        })
    };
    rows.iter().map(read).collect()
}

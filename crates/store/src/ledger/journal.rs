//! The journal of settlements (`transfer`) as the general ledger sees it: added up by day, debit and credit.

use super::lock;
use crate::{
    Conn, Result, Work,
    row::{fen, parsed, participant_number},
};
use funds::{
    ledger::VoucherCode,
    movement::summary::{Flows, subject},
};
use sqlx::postgres::PgRow;
use terms::{Day, Month, Participant};

/// What the journal moved on a day, and what the ledger has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayFlows {
    /// In the journal.
    pub journal: Flows,
    /// In the ledger.
    pub entered: Flows,
    /// How many vouchers the ledger has of the day.
    pub vouchers: usize,
}

/// The days of a month, before `today`, of which the journal holds more than the ledger. Looks at all entries of the month.
pub async fn days_to_enter(
    work: &mut Work,
    owner: Participant,
    month: Month,
    today: Day,
) -> Result<Vec<Day>> {
    work.read_whole().await?;
    let rows = sqlx::query(
        "select journal.day
         from (select day, sum(amount) as amount from transfer where month = $2 and day < $3 group by day) journal
         left join (select leg.day, sum(leg.amount) as amount
                    from ledger_leg leg join ledger_voucher of on of.province = $1 and of.id = leg.voucher
                    where leg.province = $1 and leg.month = $2 and of.month = $2 and of.code = $4
                    group by leg.day) entered on entered.day = journal.day
         where journal.amount is distinct from entered.amount
         order by journal.day",
    )
    .bind(participant_number(owner))
    .bind(month.number())
    .bind(today.number())
    .bind(VoucherCode::Settlements.name())
    .fetch_all(work.conn())
    .await?;
    rows.iter().map(|row| super::day(row, "day")).collect()
}

/// The day on which the journal was last searched for days to enter.
pub async fn searched_on(conn: &mut Conn, owner: Participant) -> Result<Option<Day>> {
    let row = sqlx::query("select searched_day from ledger_book where province = $1")
        .bind(participant_number(owner))
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(|row| crate::row::day_if(row, "searched_day")).transpose().map(Option::flatten)
}

/// Writes down that the journal was searched on a day.
pub async fn set_searched(work: &mut Work, owner: Participant, day: Day) -> Result<()> {
    lock(work, owner).await?;
    sqlx::query("update ledger_book set searched_day = $2 where province = $1")
        .bind(participant_number(owner))
        .bind(day.number())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// What is there of a day on both sides. The ledger is held until the unit of work ends.
pub async fn flows(work: &mut Work, owner: Participant, day: Day) -> Result<DayFlows> {
    lock(work, owner).await?;
    work.read_whole().await?;
    let journal = journal(work.conn(), day).await?;
    let entered = entered(work.conn(), owner, day).await?;
    let vouchers: i64 = sqlx::query_scalar(
        "select count(*) from ledger_voucher where province = $1 and subject = $2 and code = $3",
    )
    .bind(participant_number(owner))
    .bind(subject(day))
    .bind(VoucherCode::Settlements.name())
    .fetch_one(work.conn())
    .await?;
    Ok(DayFlows { journal, entered, vouchers: usize::try_from(vouchers).expect("a count") })
}

pub(super) async fn journal(conn: &mut Conn, day: Day) -> Result<Flows> {
    let rows = sqlx::query(
        "select debit, credit, sum(amount)::bigint as amount from transfer where month = $1 and day = $2
         group by debit, credit",
    )
    .bind(day.month().number())
    .bind(day.number())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn entered(conn: &mut Conn, owner: Participant, day: Day) -> Result<Flows> {
    let rows = sqlx::query(
        "select leg.debit, leg.credit, sum(leg.amount)::bigint as amount
         from ledger_voucher of
         join ledger_leg leg on leg.province = $1 and leg.month = $4 and leg.voucher = of.id
         where of.province = $1 and of.subject = $2 and of.code = $3
         group by leg.debit, leg.credit",
    )
    .bind(participant_number(owner))
    .bind(subject(day))
    .bind(VoucherCode::Settlements.name())
    .bind(day.month().number())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<((funds::Account, funds::Account), terms::Fen)> {
    Ok(((parsed(row, "debit")?, parsed(row, "credit")?), fen(row, "amount")?))
}

/// The days of which the ledger has summary vouchers, and those of the journal, in order.
pub(super) async fn days(conn: &mut Conn, owner: Participant) -> Result<Vec<Day>> {
    let rows =
        sqlx::query("select distinct day from ledger_voucher where province = $1 and code = $2 order by day")
            .bind(participant_number(owner))
            .bind(VoucherCode::Settlements.name())
            .fetch_all(conn)
            .await?;
    rows.iter().map(|row| super::day(row, "day")).collect()
}

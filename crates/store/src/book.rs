//! The double-entry book: transfers are only ever added; what an account stands at is the sum of its transfers.

use crate::{
    Conn, Error, Result, Work,
    row::{coded, division_number, fen, moment, parsed},
};
use funds::{Account, Balance, Transfer, TransferCode};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{AdminDivision, Day, Fen, SettlementId};

/// Adds a chain of transfers to the book of `area`. Those that are there already stay as they are: the caller decided
/// under the lock of their settlement that they belong.
pub async fn append(work: &mut Work, area: AdminDivision, chain: &[Transfer]) -> Result<()> {
    if chain.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&Transfer) -> String| chain.iter().map(of).collect::<Vec<_>>();
    let months: Vec<i32> = chain.iter().map(|transfer| transfer.day.month().number()).collect();
    let days: Vec<i32> = chain.iter().map(|transfer| transfer.day.number()).collect();
    let amounts: Vec<i64> = chain.iter().map(|transfer| transfer.amount.0).collect();
    let moments: Vec<i64> = chain.iter().map(|transfer| transfer.recorded_at.millis()).collect();
    sqlx::query(
        "insert into transfer (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
         select $1, * from unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                                  $8::text[], $9::integer[], $10::bigint[])
         on conflict do nothing",
    )
    .bind(division_number(area))
    .bind(months)
    .bind(text(|transfer| transfer.id.to_string()))
    .bind(text(|transfer| transfer.id.settlement.to_string()))
    .bind(text(|transfer| transfer.debit.to_string()))
    .bind(text(|transfer| transfer.credit.to_string()))
    .bind(amounts)
    .bind(text(|transfer| transfer.code.name().to_owned()))
    .bind(days)
    .bind(moments)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The transfers of a settlement, in the order of their ids.
pub async fn of_settlement(conn: &mut Conn, settlement: SettlementId) -> Result<Vec<Transfer>> {
    let rows = sqlx::query("select * from transfer where settlement = $1 order by id")
        .bind(settlement.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// What every account stands at.
pub async fn balances(conn: &mut Conn) -> Result<BTreeMap<Account, Balance>> {
    let rows = sqlx::query(
        "select account, sum(debits)::bigint as debits, sum(credits)::bigint as credits
         from (select debit as account, amount as debits, 0 as credits from transfer
               union all
               select credit, 0, amount from transfer) sides
         group by account order by account",
    )
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok((parsed(row, "account")?, Balance { debits: fen(row, "debits")?, credits: fen(row, "credits")? }))
    };
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<Transfer> {
    let number: i32 = row.try_get("day")?;
    let name = |name: &str| TransferCode::ALL.iter().copied().find(|code| code.name() == name);
    Ok(Transfer {
        id: parsed(row, "id")?,
        debit: parsed(row, "debit")?,
        credit: parsed(row, "credit")?,
        amount: Fen(row.try_get("amount")?),
        code: coded(row, "code", name)?,
        day: Day::from_number(number)
            .ok_or_else(|| Error::Corrupt { column: "transfer.day", value: number.to_string() })?,
        recorded_at: moment(row, "recorded_at")?,
    })
}

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
    let columns = Columns::of(chain);
    sqlx::query(
        "insert into transfer (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
         select $1, * from unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                                  $8::text[], $9::integer[], $10::bigint[])
         on conflict do nothing",
    )
    .bind(division_number(area))
    .bind(columns.months)
    .bind(columns.ids)
    .bind(columns.settlements)
    .bind(columns.debits)
    .bind(columns.credits)
    .bind(columns.amounts)
    .bind(columns.codes)
    .bind(columns.days)
    .bind(columns.moments)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Transfers as the arrays of a statement that writes many.
pub(crate) struct Columns {
    pub months: Vec<i32>,
    pub ids: Vec<String>,
    pub settlements: Vec<String>,
    pub debits: Vec<String>,
    pub credits: Vec<String>,
    pub amounts: Vec<i64>,
    pub codes: Vec<&'static str>,
    pub days: Vec<i32>,
    pub moments: Vec<i64>,
}

impl Columns {
    pub fn of<'a>(transfers: impl IntoIterator<Item = &'a Transfer>) -> Self {
        let mut columns = Self {
            months: Vec::new(),
            ids: Vec::new(),
            settlements: Vec::new(),
            debits: Vec::new(),
            credits: Vec::new(),
            amounts: Vec::new(),
            codes: Vec::new(),
            days: Vec::new(),
            moments: Vec::new(),
        };
        for transfer in transfers {
            columns.months.push(transfer.day.month().number());
            columns.ids.push(transfer.id.to_string());
            columns.settlements.push(transfer.id.settlement.to_string());
            columns.debits.push(transfer.debit.to_string());
            columns.credits.push(transfer.credit.to_string());
            columns.amounts.push(transfer.amount.0);
            columns.codes.push(transfer.code.name());
            columns.days.push(transfer.day.number());
            columns.moments.push(transfer.recorded_at.millis());
        }
        columns
    }
}

/// The transfers of a settlement, in the order of their ids. Reads the whole book: for people and for checks.
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

pub(crate) fn read(row: &PgRow) -> Result<Transfer> {
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

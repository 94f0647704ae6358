//! Deductions after audit (审核扣款), as treatment provinces reported them to the hub.

use super::{month_column, province_number};
use crate::{Conn, Document, Result, Work, document::document, row::moment};
use funds::{
    Pair,
    clearing::{ClearedLine, Deduction},
};
use sqlx::postgres::PgRow;
use terms::{Moment, Month, Province, SettlementId};

/// A deduction, and what it makes in clearing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// As it was reported.
    pub deduction: Deduction,
    /// The line that it makes.
    pub line: ClearedLine,
    /// The month in which it is cleared.
    pub month: Month,
    /// When it was reported.
    pub reported_at: Moment,
}

/// Keeps a deduction; false if one with its number is there.
pub async fn put_deduction(work: &mut Work, reported: &Reported) -> Result<bool> {
    let Pair { insured, treatment } = reported.line.pair();
    let done = sqlx::query(
        "insert into hub_deduction (province, number, insured, month, settlement, content, line, reported_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
    )
    .bind(province_number(treatment))
    .bind(&reported.deduction.number)
    .bind(province_number(insured))
    .bind(reported.month.number())
    .bind(reported.deduction.settlement.to_string())
    .bind(Document::of(&reported.deduction).text())
    .bind(Document::of(&reported.line).text())
    .bind(reported.reported_at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

fn read(row: &PgRow) -> Result<Reported> {
    Ok(Reported {
        deduction: document(row, "content")?.read()?,
        line: document(row, "line")?.read()?,
        month: month_column(row, "month")?,
        reported_at: moment(row, "reported_at")?,
    })
}

/// The deduction of a treatment province with this number.
pub async fn deduction(conn: &mut Conn, treatment: Province, number: &str) -> Result<Option<Reported>> {
    let row = sqlx::query("select * from hub_deduction where province = $1 and number = $2")
        .bind(province_number(treatment))
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The deductions from a settlement; no other is added until the unit of work ends.
pub async fn deductions_of_settlement(work: &mut Work, settlement: SettlementId) -> Result<Vec<Reported>> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 20260019))")
        .bind(settlement.to_string())
        .execute(work.conn())
        .await?;
    let rows = sqlx::query("select * from hub_deduction where settlement = $1 order by province, number")
        .bind(settlement.to_string())
        .fetch_all(work.conn())
        .await?;
    rows.iter().map(read).collect()
}

/// All deductions, in the order of months.
pub async fn all_deductions(conn: &mut Conn) -> Result<Vec<Reported>> {
    let rows =
        sqlx::query("select * from hub_deduction order by month, province, number").fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// The deductions that are cleared in a month: those of one pair, or all.
pub async fn deductions_of_month(conn: &mut Conn, month: Month, pair: Option<Pair>) -> Result<Vec<Reported>> {
    let rows = sqlx::query(
        "select * from hub_deduction
         where month = $1 and ($2::integer is null or insured = $2) and ($3::integer is null or province = $3)
         order by province, number",
    )
    .bind(month.number())
    .bind(pair.map(|pair| province_number(pair.insured)))
    .bind(pair.map(|pair| province_number(pair.treatment)))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

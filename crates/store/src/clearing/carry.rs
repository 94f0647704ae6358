//! Lines that were left out of their month, or left it by an upheld dispute, until they come in a later one; and the closing of a
//! year, which waits for them.

use super::{HUB, line::provinces, month_column, province_number};
use crate::{
    Conn, Document, Result, Work,
    document::{document, document_if},
    row::{coded, moment},
};
use funds::clearing::{ClearedLine, LeftOut, Part, Reason};
use sqlx::{Row, postgres::PgRow};
use terms::{Moment, Month, Province, SettlementId};

pub use funds::clearing::Pending;

fn part_name(part: &Part) -> String {
    match part {
        Part::Made => "made".to_owned(),
        Part::Undone => "undone".to_owned(),
        Part::Deducted(number) => format!("deducted/{number}"),
        Part::Corrected(number) => format!("corrected/{number}"),
    }
}

/// Keeps what has left a month; what is there already stays as it is.
pub async fn put_carries(work: &mut Work, month: Month, left: &[LeftOut]) -> Result<()> {
    for LeftOut { line, reason } in left {
        sqlx::query(
            "insert into clearing_carry (province, month, settlement, part, reason, treatment, line)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        )
        .bind(province_number(line.insured.province()))
        .bind(month.number())
        .bind(line.settlement.to_string())
        .bind(part_name(&line.part))
        .bind(reason.name())
        .bind(province_number(line.treatment.province()))
        .bind(Document::of(line).text())
        .execute(work.conn())
        .await?;
    }
    Ok(())
}

fn read(row: &PgRow) -> Result<Pending> {
    let accepted: Option<String> = row.try_get("accepted_by")?;
    let reason = |name: &str| Reason::ALL.into_iter().find(|reason| reason.name() == name);
    Ok(Pending {
        line: document_if(row, "comes")?.map_or_else(|| document(row, "line"), Ok)?.read()?,
        reason: coded(row, "reason", reason)?,
        month: month_column(row, "month")?,
        accepted: accepted.is_some(),
    })
}

/// What has left a month and has come in none, as it is to come.
pub async fn pending(conn: &mut Conn) -> Result<Vec<Pending>> {
    let rows = sqlx::query(
        "select * from clearing_carry where cleared_month is null and month > 0 order by month, province, settlement, part",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Everything that has ever left a month, each with the month in which it came, if it has: about 100 bytes a line that was late,
/// disputed, or on which the books differed.
pub async fn carries(conn: &mut Conn) -> Result<Vec<(Pending, Option<Month>)>> {
    let rows = sqlx::query("select * from clearing_carry order by month, province, settlement, part")
        .fetch_all(conn)
        .await?;
    rows.iter().map(read_with_month).collect()
}

fn read_with_month(row: &PgRow) -> Result<(Pending, Option<Month>)> {
    let cleared: Option<i32> = row.try_get("cleared_month")?;
    Ok((read(row)?, cleared.map(|number| super::month_of(number, "cleared_month")).transpose()?))
}

/// The same of one settlement, the month that it left first before others.
pub async fn carries_of(conn: &mut Conn, settlement: SettlementId) -> Result<Vec<(Pending, Option<Month>)>> {
    let rows = sqlx::query(
        "select * from clearing_carry where province = any($1) and month > 0 and settlement = $2 order by month, part",
    )
    .bind(provinces())
    .bind(settlement.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_with_month).collect()
}

/// What has left a month for a reason, as it was in that month: about one province, or all.
pub async fn carried_out(
    conn: &mut Conn,
    month: Month,
    reason: Reason,
    about: Option<Province>,
) -> Result<Vec<ClearedLine>> {
    let rows = sqlx::query(
        "select * from clearing_carry
         where province = any($1) and month = $2 and reason = $3 and ($4::integer is null or province = $4 or treatment = $4)
         order by province, settlement, part",
    )
    .bind(provinces())
    .bind(month.number())
    .bind(reason.name())
    .bind(about.map(province_number))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| document(row, "line")?.read()).collect()
}

/// Lets what was left out as too late be cleared in the next month that is planned; how many lines.
pub async fn accept(work: &mut Work, settlement: SettlementId, by: &str, at: Moment) -> Result<u64> {
    let done = sqlx::query(
        "update clearing_carry set accepted_by = $3, accepted_at = $4
         where province = any($1) and month > 0 and settlement = $2 and reason = 'late' and accepted_by is null
           and cleared_month is null",
    )
    .bind(provinces())
    .bind(settlement.to_string())
    .bind(by)
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Writes down with which amounts a line comes that has left its month and has come in none; how many lines. What it was in the month that
/// it left stays.
pub async fn correct_waiting(work: &mut Work, line: &ClearedLine) -> Result<u64> {
    let done = sqlx::query(
        "update clearing_carry set comes = $4
         where province = $1 and month > 0 and settlement = $2 and part = $3 and cleared_month is null",
    )
    .bind(province_number(line.insured.province()))
    .bind(line.settlement.to_string())
    .bind(part_name(&line.part))
    .bind(Document::of(line).text())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Writes in which month lines have come.
pub async fn set_cleared(work: &mut Work, lines: &[ClearedLine], month: Month) -> Result<()> {
    for line in lines {
        sqlx::query(
            "update clearing_carry set cleared_month = $4
             where province = $1 and month < $4 and settlement = $2 and part = $3 and cleared_month is null",
        )
        .bind(province_number(line.insured.province()))
        .bind(line.settlement.to_string())
        .bind(part_name(&line.part))
        .bind(month.number())
        .execute(work.conn())
        .await?;
    }
    Ok(())
}

/// How many lines of the months of a year have come in none.
pub async fn left_out_of_year(conn: &mut Conn, year: i16) -> Result<u64> {
    let count: i64 = sqlx::query_scalar(
        "select count(*) from clearing_carry where cleared_month is null and month between $1 and $2",
    )
    .bind(i32::from(year) * 100 + 1)
    .bind(i32::from(year) * 100 + 12)
    .fetch_one(conn)
    .await?;
    Ok(count.unsigned_abs())
}

/// Closes a year; false if it was closed.
pub async fn close_year(work: &mut Work, year: i16, by: &str, at: Moment) -> Result<bool> {
    let done = sqlx::query(
        "insert into clearing_year (province, year, closed_at, closed_by) values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(HUB)
    .bind(year)
    .bind(at.millis())
    .bind(by)
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// When a year was closed, and by whom.
pub async fn is_year_closed(conn: &mut Conn, year: i16) -> Result<Option<(Moment, String)>> {
    let row = sqlx::query("select closed_at, closed_by from clearing_year where province = $1 and year = $2")
        .bind(HUB)
        .bind(year)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok((moment(&row, "closed_at")?, row.try_get("closed_by")?))).transpose()
}

//! Filings: the insured place's own register, and the hub's national one.

use crate::{
    Conn, Error, Result, Work,
    row::{area_of, division_number},
};
use casework::Filing;
use sqlx::{Row, postgres::PgRow, types::Json};
use terms::{FilingId, PersonNumber, PoolingArea, Province};

/// The filing with this id.
pub async fn find(conn: &mut Conn, id: FilingId) -> Result<Option<Filing>> {
    let row = sqlx::query("select content from filing where id = $1")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// All filings of a person at the insured place, newest first.
pub async fn of_person(conn: &mut Conn, area: PoolingArea, person: &PersonNumber) -> Result<Vec<Filing>> {
    let rows = sqlx::query("select content from filing where area = $1 and person = $2 order by id desc")
        .bind(area_of(area))
        .bind(person.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// Keeps a filing at the insured place.
pub async fn put(work: &mut Work, filing: &Filing) -> Result<()> {
    sqlx::query(
        "insert into filing (area, id, person, generation, content) values ($1, $2, $3, $4, $5)
         on conflict (area, id) do update set generation = excluded.generation, content = excluded.content
         where filing.generation < excluded.generation",
    )
    .bind(area_of(filing.insured.pooling_area()))
    .bind(filing.id.to_string())
    .bind(filing.person.as_str())
    .bind(i32::try_from(filing.generation).expect("few changes"))
    .bind(Json(filing))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// All filings of a person in the national register, newest first.
pub async fn national_of_person(
    conn: &mut Conn,
    province: Province,
    person: &PersonNumber,
) -> Result<Vec<Filing>> {
    let rows = sqlx::query(
        "select content from national_filing where province = $1 and person = $2 order by id desc",
    )
    .bind(division_number(province.division()))
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Keeps a filing in the national register, unless a higher generation stands there already.
pub async fn put_national(work: &mut Work, filing: &Filing) -> Result<()> {
    sqlx::query(
        "insert into national_filing (province, id, person, generation, content) values ($1, $2, $3, $4, $5)
         on conflict (province, id) do update set generation = excluded.generation, content = excluded.content
         where national_filing.generation < excluded.generation",
    )
    .bind(division_number(filing.insured.province().division()))
    .bind(filing.id.to_string())
    .bind(filing.person.as_str())
    .bind(i32::try_from(filing.generation).expect("few changes"))
    .bind(Json(filing))
    .execute(work.conn())
    .await?;
    Ok(())
}

fn read(row: &PgRow) -> Result<Filing> {
    let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
    serde_json::from_value(content)
        .map_err(|error| Error::Corrupt { column: "filing.content", value: error.to_string() })
}

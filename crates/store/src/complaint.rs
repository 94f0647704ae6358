//! Complaints of the public (投诉举报).

use crate::{
    Conn, Error, Result, Work,
    row::{division_number, stage_number},
    search::limited,
};
use casework::complaint::{Complaint, Stage};
use sqlx::{Row, postgres::PgRow, types::Json};
use terms::{Moment, Province};

/// A complaint as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptComplaint {
    /// What is known of it.
    pub complaint: Complaint,
    /// How whoever made it is reached; none: anonymous.
    pub contact: Option<String>,
    /// A hash of the key that was told to whoever made it.
    pub key_hash: Vec<u8>,
}

/// Writes a new complaint.
pub async fn insert(work: &mut Work, province: Province, kept: &KeptComplaint) -> Result<()> {
    let complaint = &kept.complaint;
    sqlx::query(
        "insert into complaint (province, number, stage, due_day, content, contact, key_hash, revision, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8)",
    )
    .bind(division_number(province.division()))
    .bind(&complaint.number)
    .bind(stage_number(&Stage::ALL, &complaint.stage))
    .bind(complaint.due.number())
    .bind(Json(complaint))
    .bind(&kept.contact)
    .bind(&kept.key_hash)
    .bind(complaint.received_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes what became of a complaint that this unit of work holds.
pub async fn update(work: &mut Work, province: Province, complaint: &Complaint, at: Moment) -> Result<()> {
    sqlx::query(
        "update complaint set stage = $3, content = $4, revision = revision + 1, changed_at = $5
         where province = $1 and number = $2",
    )
    .bind(division_number(province.division()))
    .bind(&complaint.number)
    .bind(stage_number(&Stage::ALL, &complaint.stage))
    .bind(Json(complaint))
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The complaint of this number.
pub async fn find(conn: &mut Conn, province: Province, number: &str) -> Result<Option<KeptComplaint>> {
    let row = sqlx::query("select * from complaint where province = $1 and number = $2")
        .bind(division_number(province.division()))
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The same, held until the unit of work ends.
pub async fn hold(work: &mut Work, province: Province, number: &str) -> Result<Option<KeptComplaint>> {
    let row = sqlx::query("select * from complaint where province = $1 and number = $2 for update")
        .bind(division_number(province.division()))
        .bind(number)
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read).transpose()
}

/// Complaints at these stages after one, the oldest first: numbers are given in the order of time.
pub async fn list(
    conn: &mut Conn,
    province: Province,
    stages: &[Stage],
    after: Option<&str>,
    most: i64,
) -> Result<Vec<KeptComplaint>> {
    let stages: Vec<i16> = stages.iter().map(|stage| stage_number(&Stage::ALL, stage)).collect();
    let rows = sqlx::query(limited(
        "select * from complaint where province = $1 and stage = any($2) and number > $3 order by number",
        most,
    ))
    .bind(division_number(province.division()))
    .bind(stages)
    .bind(after.unwrap_or_default())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<KeptComplaint> {
    let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
    let complaint = serde_json::from_value(content)
        .map_err(|error| Error::Corrupt { column: "complaint.content", value: error.to_string() })?;
    Ok(KeptComplaint { complaint, contact: row.try_get("contact")?, key_hash: row.try_get("key_hash")? })
}

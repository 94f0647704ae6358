//! What another node must hear: a row in the same transaction as what it is about, sent at once, and again until answered.

use crate::{
    Conn, Document, Result, Work,
    document::document_if,
    row::{area_of, division},
};
use sqlx::Row;
use terms::{Moment, PoolingArea};

/// A question that waits for its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// The pooling area whose matter it is.
    pub area: PoolingArea,
    /// What it is about: a settlement, filing or institution.
    pub subject: String,
    /// Which question.
    pub kind: String,
    /// The question; none where the settlement itself says it.
    pub question: Option<Document>,
    /// How often it was sent.
    pub attempts: i32,
}

/// Puts a question out, to be sent again from `next_at` on if nobody takes it out before. The same subject's question of the
/// same kind is replaced.
pub async fn put(
    work: &mut Work,
    area: PoolingArea,
    (subject, kind): (&str, &str),
    question: Option<&Document>,
    (now, next_at): (Moment, Moment),
) -> Result<()> {
    sqlx::query(
        "insert into outbox (area, subject, kind, question, attempts, next_at, created_at)
         values ($1, $2, $3, $4, 0, $5, $6)
         on conflict (area, subject, kind) do update set
             question = excluded.question, attempts = 0, next_at = excluded.next_at, created_at = excluded.created_at",
    )
    .bind(area_of(area))
    .bind(subject)
    .bind(kind)
    .bind(question.map(Document::text))
    .bind(next_at.millis())
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Takes a question out: it is answered, or no longer to be asked.
pub async fn take(work: &mut Work, area: PoolingArea, subject: &str, kind: &str) -> Result<()> {
    sqlx::query("delete from outbox where area = $1 and subject = $2 and kind = $3")
        .bind(area_of(area))
        .bind(subject)
        .bind(kind)
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Takes out a filing's or institution's question if it is still the one that was answered, not a newer one.
pub async fn take_if_same(work: &mut Work, waiting: &Waiting) -> Result<()> {
    sqlx::query("delete from outbox where area = $1 and subject = $2 and kind = $3 and question is not distinct from $4")
        .bind(area_of(waiting.area))
        .bind(&waiting.subject)
        .bind(&waiting.kind)
        .bind(waiting.question.as_ref().map(Document::text))
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Claims those whose time has come, oldest first, and puts their next time off: by a second, doubling with every attempt up
/// to a minute.
pub async fn claim_due(work: &mut Work, now: Moment, most: i64) -> Result<Vec<Waiting>> {
    let rows = sqlx::query(
        "update outbox set attempts = outbox.attempts + 1,
                           next_at = $1 + least(60000, 1000 * (1::bigint << least(outbox.attempts, 6)))
         from (select area, subject, kind from outbox where next_at <= $1 order by next_at limit $2
               for update skip locked) due
         where (outbox.area, outbox.subject, outbox.kind) = (due.area, due.subject, due.kind)
         returning outbox.area, outbox.subject, outbox.kind, outbox.question, outbox.attempts",
    )
    .bind(now.millis())
    .bind(most)
    .fetch_all(work.conn())
    .await?;
    let read = |row: &sqlx::postgres::PgRow| {
        Ok(Waiting {
            area: PoolingArea(division(row, "area")?),
            subject: row.try_get("subject")?,
            kind: row.try_get("kind")?,
            question: document_if(row, "question")?,
            attempts: row.try_get("attempts")?,
        })
    };
    rows.iter().map(read).collect()
}

/// How many wait: nothing, once the dust has settled.
pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from outbox").fetch_one(conn).await?)
}

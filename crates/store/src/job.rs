//! What takes long and was left to go on by itself (任务): how far it is, and its answer, for whoever began it and for so long.

use crate::{
    Conn, Error, Result, Work,
    row::{moment, participant_number},
};
use casework::access::AccountName;
use sqlx::{Row, postgres::PgRow};
use terms::{Moment, Participant};

/// Something that goes on by itself, or has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Given in the order of time.
    pub id: String,
    /// What it is, in Chinese.
    pub words: String,
    /// When it began.
    pub started_at: Moment,
    /// When whoever works on it was last alive, or when it ended.
    pub seen_at: Moment,
    /// So much …
    pub done: u32,
    /// … of so much; 0 where nobody knows.
    pub total: u32,
    /// The HTTP status of its answer; none while it is worked on.
    pub status: Option<u16>,
    /// What its answer is.
    pub media_type: Option<String>,
    /// Bytes of its answer.
    pub size: u32,
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What it is.
    pub media_type: String,
    /// What it is called as a file, as HTTP says it.
    pub disposition: Option<String>,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Whose.
pub type Owner<'a> = (Participant, &'a AccountName);

/// Begins one, and forgets of its owner what began before a moment and all but the newest `kept` that have ended.
pub async fn begin(
    work: &mut Work,
    (node, account): Owner<'_>,
    job: &Job,
    (forget, kept): (Moment, i64),
) -> Result<()> {
    sqlx::query(
        "delete from job where province = $1 and (started_at < $3 or account = $2 and id in (
             select id from job where province = $1 and account = $2 and status is not null order by id desc offset $4))",
    )
    .bind(participant_number(node))
    .bind(account.as_str())
    .bind(forget.millis())
    .bind(kept)
    .execute(work.conn())
    .await?;
    sqlx::query(
        "insert into job (province, id, account, words, started_at, seen_at, done, total) values ($1, $2, $3, $4, $5, $5, 0, 0)",
    )
    .bind(participant_number(node))
    .bind(&job.id)
    .bind(account.as_str())
    .bind(&job.words)
    .bind(job.started_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Says that it is worked on, and how far it is.
pub async fn see(
    conn: &mut Conn,
    node: Participant,
    id: &str,
    (done, total): (u32, u32),
    at: Moment,
) -> Result<()> {
    sqlx::query("update job set seen_at = $3, done = $4, total = $5 where province = $1 and id = $2 and status is null")
        .bind(participant_number(node))
        .bind(id)
        .bind(at.millis())
        .bind(number(done))
        .bind(number(total))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends it.
pub async fn end(
    conn: &mut Conn,
    node: Participant,
    id: &str,
    answer: &Answer,
    (done, total): (u32, u32),
    at: Moment,
) -> Result<()> {
    sqlx::query(
        "update job set seen_at = $3, done = $4, total = $5, status = $6, media_type = $7, disposition = $8, content = $9
         where province = $1 and id = $2 and status is null",
    )
    .bind(participant_number(node))
    .bind(id)
    .bind(at.millis())
    .bind(number(done))
    .bind(number(total))
    .bind(i16::try_from(answer.status).expect("three digits"))
    .bind(&answer.media_type)
    .bind(&answer.disposition)
    .bind(&answer.content)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many of an owner are worked on, by somebody who was alive since a moment.
pub async fn under_way(conn: &mut Conn, (node, account): Owner<'_>, since: Moment) -> Result<i64> {
    let count = sqlx::query_scalar(
        "select count(*) from job where province = $1 and account = $2 and status is null and seen_at >= $3",
    )
    .bind(participant_number(node))
    .bind(account.as_str())
    .bind(since.millis())
    .fetch_one(conn)
    .await?;
    Ok(count)
}

const SHOWN: &str =
    "id, words, started_at, seen_at, done, total, status, media_type, coalesce(length(content), 0) as size";

/// An owner's, the newest first.
pub async fn list(conn: &mut Conn, (node, account): Owner<'_>, since: Moment) -> Result<Vec<Job>> {
    let query = format!(
        "select {SHOWN} from job where province = $1 and account = $2 and started_at >= $3 order by id desc limit 100"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(participant_number(node))
        .bind(account.as_str())
        .bind(since.millis())
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// One of an owner's.
pub async fn find(
    conn: &mut Conn,
    (node, account): Owner<'_>,
    id: &str,
    since: Moment,
) -> Result<Option<Job>> {
    let query = format!(
        "select {SHOWN} from job where province = $1 and account = $2 and id = $3 and started_at >= $4"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(participant_number(node))
        .bind(account.as_str())
        .bind(id)
        .bind(since.millis())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// What one of an owner's came to; none while it is worked on.
pub async fn answer(
    conn: &mut Conn,
    (node, account): Owner<'_>,
    id: &str,
    since: Moment,
) -> Result<Option<Answer>> {
    let row = sqlx::query(
        "select status, media_type, disposition, content from job
         where province = $1 and account = $2 and id = $3 and started_at >= $4 and status is not null",
    )
    .bind(participant_number(node))
    .bind(account.as_str())
    .bind(id)
    .bind(since.millis())
    .fetch_optional(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(Answer {
            status: unsigned(row.try_get::<i16, _>("status")?)?,
            media_type: row.try_get::<Option<String>, _>("media_type")?.unwrap_or_default(),
            disposition: row.try_get("disposition")?,
            content: row.try_get::<Option<Vec<u8>>, _>("content")?.unwrap_or_default(),
        })
    };
    row.as_ref().map(read).transpose()
}

/// Forgets one of an owner's that has ended, or that nobody works on since a moment; false if there is none such.
pub async fn forget(
    work: &mut Work,
    (node, account): Owner<'_>,
    id: &str,
    dead_since: Moment,
) -> Result<bool> {
    let done = sqlx::query(
        "delete from job where province = $1 and account = $2 and id = $3 and (status is not null or seen_at < $4)",
    )
    .bind(participant_number(node))
    .bind(account.as_str())
    .bind(id)
    .bind(dead_since.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn unsigned(number: i16) -> Result<u16> {
    u16::try_from(number).map_err(|_| Error::Corrupt { column: "job.status", value: number.to_string() })
}

fn read(row: &PgRow) -> Result<Job> {
    let count = |column: &'static str| {
        let number: i32 = row.try_get(column)?;
        u32::try_from(number).map_err(|_| Error::Corrupt { column, value: number.to_string() })
    };
    Ok(Job {
        id: row.try_get("id")?,
        words: row.try_get("words")?,
        started_at: moment(row, "started_at")?,
        seen_at: moment(row, "seen_at")?,
        done: count("done")?,
        total: count("total")?,
        status: row.try_get::<Option<i16>, _>("status")?.map(unsigned).transpose()?,
        media_type: row.try_get("media_type")?,
        size: count("size")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;

    #[tokio::test]
    async fn a_job_is_its_owners_until_it_is_forgotten() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let (me, other): (AccountName, AccountName) = ("wangfang".parse().unwrap(), "lisi".parse().unwrap());
        let owner = (Participant::Hub, &me);
        let job = |id: &str, at: Moment| Job {
            id: id.to_owned(),
            words: "导出".to_owned(),
            started_at: at,
            seen_at: at,
            done: 0,
            total: 0,
            status: None,
            media_type: None,
            size: 0,
        };
        let mut work = store.begin().await.unwrap();
        for id in ["J1", "J2", "J3"] {
            begin(&mut work, owner, &job(id, now), (now, 2)).await.unwrap();
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(under_way(&mut conn, owner, now).await.unwrap(), 3);
        assert_eq!(under_way(&mut conn, owner, now.plus_millis(1)).await.unwrap(), 0, "nobody is alive");
        see(&mut conn, Participant::Hub, "J1", (7, 10), now.plus_millis(5)).await.unwrap();
        let said = Answer {
            status: 200,
            media_type: "text/csv".to_owned(),
            disposition: Some("attachment".to_owned()),
            content: vec![1, 2, 3],
        };
        for id in ["J1", "J2", "J3"] {
            assert_eq!(answer(&mut conn, owner, id, now).await.unwrap(), None, "{id} goes on");
            end(&mut conn, Participant::Hub, id, &said, (10, 10), now.plus_millis(9)).await.unwrap();
        }
        // Late word of one that has ended says nothing.
        see(&mut conn, Participant::Hub, "J1", (8, 10), now.plus_millis(10)).await.unwrap();
        let found = find(&mut conn, owner, "J1", now).await.unwrap().unwrap();
        assert_eq!((found.done, found.status, found.size), (10, Some(200), 3));
        assert_eq!(answer(&mut conn, owner, "J1", now).await.unwrap(), Some(said));
        for stranger in [(Participant::Hub, &other), (Participant::Province("420000".parse().unwrap()), &me)]
        {
            assert_eq!(find(&mut conn, stranger, "J1", now).await.unwrap(), None);
            assert_eq!(answer(&mut conn, stranger, "J1", now).await.unwrap(), None);
            assert_eq!(list(&mut conn, stranger, now).await.unwrap(), []);
        }
        assert_eq!(find(&mut conn, owner, "J1", now.plus_millis(1)).await.unwrap(), None, "it is too old");

        let mut work = store.begin().await.unwrap();
        begin(&mut work, owner, &job("J4", now), (now, 2)).await.unwrap();
        assert!(!forget(&mut work, owner, "J4", now).await.unwrap(), "it goes on");
        assert!(!forget(&mut work, (Participant::Hub, &other), "J3", now).await.unwrap());
        assert!(forget(&mut work, owner, "J3", now).await.unwrap());
        work.save().await.unwrap();
        let ids = |jobs: Vec<Job>| jobs.into_iter().map(|job| job.id).collect::<Vec<_>>();
        assert_eq!(
            ids(list(&mut conn, owner, now).await.unwrap()),
            ["J4", "J2"],
            "J1 was the oldest of three"
        );
        let mut work = store.begin().await.unwrap();
        begin(&mut work, owner, &job("J5", now.plus_millis(1)), (now.plus_millis(1), 2)).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(ids(list(&mut conn, owner, now).await.unwrap()), ["J5"], "the others have expired");
    }
}

//! What takes long and was left to go on by itself (任务): what was asked, who works on it and until when, how far it is, and its answer, for
//! whoever began it and for so long.
//!
//! Whoever works on one holds it for a while and says so again and again. Once nobody holds it any more, somebody else may [take it up](take_up),
//! as the next attempt; what earlier attempts say of it after that, says nothing. It must not know how anything is asked or done.

use crate::{
    Conn, Error, Result, Work,
    row::{moment, moment_if, participant_number},
};
use casework::access::AccountName;
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
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
    /// Until when whoever works on it holds it.
    pub held_until: Moment,
    /// How many have taken it so far.
    pub attempt: u32,
    /// Whether it may be done twice.
    pub again: bool,
    /// Which path was asked; none of what a program before this one began.
    pub path: Option<String>,
    /// How far it is.
    pub far: Far,
    /// The HTTP status of its answer; none while it is worked on.
    pub status: Option<u16>,
    /// What its answer is.
    pub media_type: Option<String>,
    /// Bytes of its answer.
    pub size: u32,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Far {
    /// What is being done, if that has a name.
    pub step: Option<Step>,
    /// So much of it …
    pub done: u32,
    /// … of so much; 0 where nobody knows.
    pub total: u32,
}

/// What is being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// In Chinese.
    pub words: String,
    /// The nth …
    pub at: u16,
    /// … of so many.
    pub of: u16,
}

/// What was asked, so that it can be asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The HTTP method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// What its body is.
    pub content_type: Option<String>,
    /// The duty that was named.
    pub duty: Option<String>,
    /// From where it was asked.
    pub address: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// One that was taken up, by whoever holds it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which.
    pub id: String,
    /// Whose it is.
    pub account: AccountName,
    /// As which attempt.
    pub attempt: u32,
    /// What was asked.
    pub asked: Asked,
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
/// One as an attempt holds it.
pub type Held<'a> = (Participant, &'a str, u32);

/// How long one is held by a program that says nothing of it, in milliseconds: those before this one did not.
const HELD: &str = "coalesce(held_until, seen_at + 30000)";

/// Begins one, held until the moment that it names, and forgets all but the newest `kept` of its owner that have ended.
pub async fn begin(
    work: &mut Work,
    (node, account): Owner<'_>,
    job: &Job,
    asked: &Asked,
    kept: i64,
) -> Result<()> {
    sqlx::query(
        "delete from job where province = $1 and id in (
             select id from job where province = $1 and account = $2 and status is not null order by id desc offset $3)",
    )
    .bind(participant_number(node))
    .bind(account.as_str())
    .bind(kept)
    .execute(work.conn())
    .await?;
    sqlx::query(
        "insert into job (province, id, account, words, started_at, seen_at, done, total, attempt, held_until, again,
             method, path, content_type, duty, address, body)
         values ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(participant_number(node))
    .bind(&job.id)
    .bind(account.as_str())
    .bind(&job.words)
    .bind(job.started_at.millis())
    .bind(job.seen_at.millis())
    .bind(number(job.attempt))
    .bind(job.held_until.millis())
    .bind(job.again)
    .bind(&asked.method)
    .bind(&asked.path)
    .bind(&asked.content_type)
    .bind(&asked.duty)
    .bind(&asked.address)
    .bind(&asked.body)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Says that it is worked on, how far it is, and until when it is held now; false if it has been taken from this attempt, or has ended.
pub async fn see(
    conn: &mut Conn,
    (node, id, attempt): Held<'_>,
    far: &Far,
    (at, until): (Moment, Moment),
) -> Result<bool> {
    let done = sqlx::query(
        "update job set seen_at = $4, held_until = $5, done = $6, total = $7, step = $8, step_at = $9, step_of = $10
         where province = $1 and id = $2 and attempt = $3 and status is null",
    )
    .bind(participant_number(node))
    .bind(id)
    .bind(number(attempt))
    .bind(at.millis())
    .bind(until.millis())
    .bind(number(far.done))
    .bind(number(far.total))
    .bind(far.step.as_ref().map(|step| step.words.as_str()))
    .bind(far.step.as_ref().map(|step| short(step.at)))
    .bind(far.step.as_ref().map(|step| short(step.of)))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Holds it no longer than until a moment: from then on anybody may take it up.
pub async fn let_go(conn: &mut Conn, (node, id, attempt): Held<'_>, until: Moment) -> Result<()> {
    sqlx::query(
        "update job set held_until = $4 where province = $1 and id = $2 and attempt = $3 and status is null",
    )
    .bind(participant_number(node))
    .bind(id)
    .bind(number(attempt))
    .bind(until.millis())
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes up the oldest that nobody holds at a moment, that may be done twice and was tried less often than `most`, and holds it from now on.
pub async fn take_up(
    work: &mut Work,
    node: Participant,
    (at, until): (Moment, Moment),
    most: u32,
) -> Result<Option<Taken>> {
    let query = format!(
        "update job set attempt = attempt + 1, seen_at = $2, held_until = $3
         where province = $1 and id = (
             select id from job
             where province = $1 and status is null and again and method is not null and attempt < $4 and {HELD} < $2
             order by id limit 1 for update skip locked)
         returning id, account, attempt, method, path, content_type, duty, address, body"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(participant_number(node))
        .bind(at.millis())
        .bind(until.millis())
        .bind(number(most))
        .fetch_optional(work.conn())
        .await?;
    let read = |row: &PgRow| {
        let account: String = row.try_get("account")?;
        let corrupt = |value: &str| Error::Corrupt { column: "job.account", value: value.to_owned() };
        Ok(Taken {
            id: row.try_get("id")?,
            account: account.parse().map_err(|_| corrupt(&account))?,
            attempt: count(row, "attempt")?,
            asked: Asked {
                method: row.try_get("method")?,
                path: row.try_get::<Option<String>, _>("path")?.unwrap_or_default(),
                content_type: row.try_get("content_type")?,
                duty: row.try_get("duty")?,
                address: row.try_get("address")?,
                body: row.try_get::<Option<Vec<u8>>, _>("body")?.unwrap_or_default(),
            },
        })
    };
    row.as_ref().map(read).transpose()
}

/// Ends it, and forgets what was asked; false if it has been taken from this attempt, or has ended.
pub async fn end(
    work: &mut Work,
    (node, id, attempt): Held<'_>,
    answer: &Answer,
    far: &Far,
    at: Moment,
) -> Result<bool> {
    let done = sqlx::query(
        "update job set seen_at = $4, held_until = $4, done = $5, total = $6, step = null, step_at = null, step_of = null,
             status = $7, media_type = $8, disposition = $9, content = $10,
             path = split_part(path, '?', 1), body = null, duty = null, address = null
         where province = $1 and id = $2 and attempt = $3 and status is null",
    )
    .bind(participant_number(node))
    .bind(id)
    .bind(number(attempt))
    .bind(at.millis())
    .bind(number(far.done))
    .bind(number(far.total))
    .bind(i16::try_from(answer.status).expect("three digits"))
    .bind(&answer.media_type)
    .bind(&answer.disposition)
    .bind(&answer.content)
    .execute(work.conn())
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("delete from job_line where province = $1 and job = $2")
        .bind(participant_number(node))
        .bind(id)
        .execute(work.conn())
        .await?;
    Ok(true)
}

/// Forgets what began before a moment, ended or not.
pub async fn forget_before(conn: &mut Conn, node: Participant, moment: Moment) -> Result<()> {
    sqlx::query("delete from job where province = $1 and started_at < $2")
        .bind(participant_number(node))
        .bind(moment.millis())
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes down, in the unit of work that brings it in, what a line of a list became; false if it is in already, and nothing is to be saved.
pub async fn enter_line(
    work: &mut Work,
    (node, id): (Participant, &str),
    line: u32,
    subject: &str,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into job_line (province, job, line, subject) values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(participant_number(node))
    .bind(id)
    .bind(number(line))
    .bind(subject)
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The lines of a list that are in, and what each became.
pub async fn lines(conn: &mut Conn, (node, id): (Participant, &str)) -> Result<BTreeMap<u32, String>> {
    let rows = sqlx::query("select line, subject from job_line where province = $1 and job = $2")
        .bind(participant_number(node))
        .bind(id)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((count(row, "line")?, row.try_get("subject")?))).collect()
}

/// How many of an owner are held at a moment, or will be taken up.
pub async fn under_way(conn: &mut Conn, (node, account): Owner<'_>, at: Moment, most: u32) -> Result<i64> {
    let query = format!(
        "select count(*) from job where province = $1 and account = $2 and status is null
           and ({HELD} >= $3 or again and attempt < $4)"
    );
    let count = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .bind(participant_number(node))
        .bind(account.as_str())
        .bind(at.millis())
        .bind(number(most))
        .fetch_one(conn)
        .await?;
    Ok(count)
}

const SHOWN: &str = "id, words, started_at, seen_at, coalesce(held_until, seen_at + 30000) as held_until, attempt, again,
    split_part(path, '?', 1) as path, step, step_at, step_of, done, total, status, media_type, coalesce(length(content), 0) as size";

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

/// Forgets one of an owner's that has ended, or that nobody holds at a moment; false if there is none such.
pub async fn forget(work: &mut Work, (node, account): Owner<'_>, id: &str, at: Moment) -> Result<bool> {
    let query = format!(
        "delete from job where province = $1 and account = $2 and id = $3 and (status is not null or {HELD} < $4)"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(participant_number(node))
        .bind(account.as_str())
        .bind(id)
        .bind(at.millis())
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

fn short(number: u16) -> i16 {
    i16::try_from(number).unwrap_or(i16::MAX)
}

fn count(row: &PgRow, column: &'static str) -> Result<u32> {
    let number: i32 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| Error::Corrupt { column, value: number.to_string() })
}

fn read(row: &PgRow) -> Result<Job> {
    let of_step = |column: &'static str| row.try_get::<Option<i16>, _>(column)?.map(unsigned).transpose();
    let started_at = moment(row, "started_at")?;
    Ok(Job {
        id: row.try_get("id")?,
        words: row.try_get("words")?,
        started_at,
        seen_at: moment(row, "seen_at")?,
        held_until: moment_if(row, "held_until")?.unwrap_or(started_at),
        attempt: count(row, "attempt")?,
        again: row.try_get("again")?,
        path: row.try_get("path")?,
        far: Far {
            step: row
                .try_get::<Option<String>, _>("step")?
                .map(|words| {
                    Ok::<_, Error>(Step {
                        words,
                        at: of_step("step_at")?.unwrap_or_default(),
                        of: of_step("step_of")?.unwrap_or_default(),
                    })
                })
                .transpose()?,
            done: count(row, "done")?,
            total: count(row, "total")?,
        },
        status: row.try_get::<Option<i16>, _>("status")?.map(unsigned).transpose()?,
        media_type: row.try_get("media_type")?,
        size: count(row, "size")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, embedded::fixture::TestCluster};

    const HUB: Participant = Participant::Hub;
    /// How often one is tried.
    const MOST: u32 = 3;

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn job(id: &str, at: Moment, again: bool) -> Job {
        Job {
            id: id.to_owned(),
            words: "导出".to_owned(),
            started_at: at,
            seen_at: at,
            held_until: at.plus_millis(10),
            attempt: 1,
            again,
            path: Some("/list".to_owned()),
            far: Far::default(),
            status: None,
            media_type: None,
            size: 0,
        }
    }

    fn asked() -> Asked {
        Asked {
            method: "POST".to_owned(),
            path: "/list?form=csv".to_owned(),
            content_type: Some("application/json".to_owned()),
            duty: Some("核对".to_owned()),
            address: Some("192.0.2.7".to_owned()),
            body: vec![1, 2, 3],
        }
    }

    fn said() -> Answer {
        Answer {
            status: 200,
            media_type: "text/csv".to_owned(),
            disposition: Some("attachment".to_owned()),
            content: vec![1, 2, 3],
        }
    }

    fn far(done: u32, total: u32) -> Far {
        Far { step: None, done, total }
    }

    async fn begun(store: &Store, owner: Owner<'_>, jobs: &[Job]) {
        let mut work = store.begin().await.unwrap();
        for job in jobs {
            begin(&mut work, owner, job, &asked(), 2).await.unwrap();
        }
        work.save().await.unwrap();
    }

    async fn ended(store: &Store, held: Held<'_>, done: u32) -> bool {
        let mut work = store.begin().await.unwrap();
        let ended = end(&mut work, held, &said(), &far(done, 10), now().plus_millis(9)).await.unwrap();
        work.save().await.unwrap();
        ended
    }

    async fn taken(store: &Store, at: Moment) -> Option<Taken> {
        let mut work = store.begin().await.unwrap();
        let taken = take_up(&mut work, HUB, (at, at.plus_millis(10)), MOST).await.unwrap();
        work.save().await.unwrap();
        taken
    }

    #[tokio::test]
    async fn a_job_is_its_owners_until_it_is_forgotten() {
        let now = now();
        let store = TestCluster::shared().fresh_store(now).await;
        let (me, other): (AccountName, AccountName) = ("wangfang".parse().unwrap(), "lisi".parse().unwrap());
        let owner = (HUB, &me);
        begun(&store, owner, &["J1", "J2", "J3"].map(|id| job(id, now, false))).await;
        let mut conn = store.conn().await.unwrap();
        assert_eq!(under_way(&mut conn, owner, now, MOST).await.unwrap(), 3);
        let later = now.plus_millis(11);
        assert_eq!(under_way(&mut conn, owner, later, MOST).await.unwrap(), 0, "nobody holds them");
        let step = Far { step: Some(Step { words: "读取".to_owned(), at: 1, of: 2 }), done: 7, total: 10 };
        let held = (now.plus_millis(5), now.plus_millis(15));
        assert!(see(&mut conn, (HUB, "J1", 1), &step, held).await.unwrap());
        assert_eq!(find(&mut conn, owner, "J1", now).await.unwrap().unwrap().far, step);
        for id in ["J1", "J2", "J3"] {
            assert_eq!(answer(&mut conn, owner, id, now).await.unwrap(), None, "{id} goes on");
            assert!(ended(&store, (HUB, id, 1), 10).await);
        }
        // Late word of one that has ended says nothing.
        assert!(!see(&mut conn, (HUB, "J1", 1), &far(8, 10), held).await.unwrap());
        let found = find(&mut conn, owner, "J1", now).await.unwrap().unwrap();
        assert_eq!((found.far, found.status, found.size), (far(10, 10), Some(200), 3));
        assert_eq!(answer(&mut conn, owner, "J1", now).await.unwrap(), Some(said()));
        let kept: Option<Vec<u8>> =
            sqlx::query_scalar("select body from job where id = 'J1'").fetch_one(&mut *conn).await.unwrap();
        assert_eq!(kept, None, "what was asked is not kept longer than it is worked on");
        for stranger in [(HUB, &other), (Participant::Province("420000".parse().unwrap()), &me)] {
            assert_eq!(find(&mut conn, stranger, "J1", now).await.unwrap(), None);
            assert_eq!(answer(&mut conn, stranger, "J1", now).await.unwrap(), None);
            assert_eq!(list(&mut conn, stranger, now).await.unwrap(), []);
        }
        assert_eq!(find(&mut conn, owner, "J1", now.plus_millis(1)).await.unwrap(), None, "it is too old");

        begun(&store, owner, &[job("J4", now, false)]).await;
        let mut work = store.begin().await.unwrap();
        assert!(!forget(&mut work, owner, "J4", now).await.unwrap(), "it goes on");
        assert!(!forget(&mut work, (HUB, &other), "J3", now).await.unwrap());
        assert!(forget(&mut work, owner, "J3", now).await.unwrap());
        work.save().await.unwrap();
        let ids = |jobs: Vec<Job>| jobs.into_iter().map(|job| job.id).collect::<Vec<_>>();
        let known = ids(list(&mut conn, owner, now).await.unwrap());
        assert_eq!(known, ["J4", "J2"], "J1 was the oldest of three");
        begun(&store, owner, &[job("J5", now.plus_millis(1), false)]).await;
        forget_before(&mut conn, HUB, now.plus_millis(1)).await.unwrap();
        assert_eq!(ids(list(&mut conn, owner, now).await.unwrap()), ["J5"], "the others have expired");
    }

    #[tokio::test]
    async fn what_nobody_holds_is_taken_up_by_one_and_a_few_times() {
        let now = now();
        let store = TestCluster::shared().fresh_store(now).await;
        let me: AccountName = "wangfang".parse().unwrap();
        let owner = (HUB, &me);
        begun(&store, owner, &[job("J1", now, true), job("J2", now, false)]).await;
        assert_eq!(taken(&store, now.plus_millis(10)).await, None, "it is held");
        let later = now.plus_millis(11);
        let first = taken(&store, later).await.unwrap();
        let expected = Taken { id: "J1".to_owned(), account: me.clone(), attempt: 2, asked: asked() };
        assert_eq!(first, expected);
        assert_eq!(taken(&store, later).await, None, "it is held again, and the other may not be done twice");

        // Who had it before says nothing any more.
        let mut conn = store.conn().await.unwrap();
        let until = (later, later.plus_millis(100));
        assert!(!see(&mut conn, (HUB, "J1", 1), &far(1, 2), until).await.unwrap());
        assert!(!ended(&store, (HUB, "J1", 1), 1).await);
        let_go(&mut conn, (HUB, "J1", 1), now).await.unwrap();
        assert_eq!(taken(&store, later).await, None);

        // Two at once: a row that another one takes is nobody else's.
        let_go(&mut conn, (HUB, "J1", 2), later).await.unwrap();
        let at = later.plus_millis(1);
        let mut one = store.begin().await.unwrap();
        let held = take_up(&mut one, HUB, (at, at.plus_millis(10)), MOST).await.unwrap().unwrap();
        assert_eq!((held.attempt, taken(&store, at).await), (3, None));
        one.save().await.unwrap();
        assert_eq!(taken(&store, at.plus_millis(99)).await, None, "it was tried often enough");
        assert_eq!(under_way(&mut conn, owner, at.plus_millis(99), MOST).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_line_is_in_once() {
        let now = now();
        let store = TestCluster::shared().fresh_store(now).await;
        let me: AccountName = "wangfang".parse().unwrap();
        begun(&store, (HUB, &me), &[job("J1", now, true)]).await;
        let enter = async |line: u32, subject: &str, saved: bool| {
            let mut work = store.begin().await.unwrap();
            let is_new = enter_line(&mut work, (HUB, "J1"), line, subject).await.unwrap();
            if saved {
                work.save().await.unwrap();
            }
            is_new
        };
        assert!(enter(2, "a", false).await);
        assert!(enter(2, "b", true).await, "what was not saved is not in");
        assert!(!enter(2, "c", true).await);
        assert!(enter(5, "d", true).await);
        let mut conn = store.conn().await.unwrap();
        let known = lines(&mut conn, (HUB, "J1")).await.unwrap();
        assert_eq!(known, BTreeMap::from([(2, "b".to_owned()), (5, "d".to_owned())]));
        assert!(ended(&store, (HUB, "J1", 1), 1).await);
        assert_eq!(
            lines(&mut conn, (HUB, "J1")).await.unwrap(),
            BTreeMap::new(),
            "they are told in its answer"
        );
    }
}

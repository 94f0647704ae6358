//! What another node must hear: a row in the same transaction as what it is about, sent at once, and again until answered.

use crate::{
    Conn, Document, Result, Work,
    document::document_if,
    row::{area_of, division},
};
use sqlx::{AssertSqlSafe, Row};
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

/// How long a question that was not answered rests before it is sent again: a second, doubling with every attempt up to a minute.
const RESTS: &str = "least(60000, 1000 * (1::bigint << least(greatest(attempts - 1, 0), 6)))";

/// Claims those whose time has come, oldest first, for whoever sends them now: nobody else claims them for `lease_millis`, which is
/// longer than a sending takes. If the sender dies, somebody else sends them then; if it does not succeed, it says so
/// ([`put_off`]). Whoever claims at the same moment passes over them.
pub async fn claim_due(work: &mut Work, now: Moment, lease_millis: i64, most: i64) -> Result<Vec<Waiting>> {
    let rows = sqlx::query(
        "update outbox set attempts = outbox.attempts + 1, next_at = $1 + $3
         from (select area, subject, kind from outbox where next_at <= $1 order by next_at limit $2
               for update skip locked) due
         where (outbox.area, outbox.subject, outbox.kind) = (due.area, due.subject, due.kind)
         returning outbox.area, outbox.subject, outbox.kind, outbox.question, outbox.attempts",
    )
    .bind(now.millis())
    .bind(most)
    .bind(lease_millis)
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

/// Gives back what was claimed and not answered, to be sent again after a rest. What was put out anew or claimed by somebody else
/// meanwhile is left alone.
pub async fn put_off(work: &mut Work, unanswered: &[Waiting], now: Moment) -> Result<()> {
    let text = |of: fn(&Waiting) -> &str| unanswered.iter().map(of).collect::<Vec<_>>();
    sqlx::query(AssertSqlSafe(format!(
        "update outbox set next_at = $5 + {RESTS}
         from unnest($1::integer[], $2::text[], $3::text[], $4::integer[]) as given (area, subject, kind, claimed)
         where (outbox.area, outbox.subject, outbox.kind) = (given.area, given.subject, given.kind)
           and outbox.attempts = given.claimed"
    )))
    .bind(unanswered.iter().map(|one| area_of(one.area)).collect::<Vec<_>>())
    .bind(text(|one| &one.subject))
    .bind(text(|one| &one.kind))
    .bind(unanswered.iter().map(|one| one.attempts).collect::<Vec<_>>())
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// How many wait: nothing, once the dust has settled.
pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from outbox").fetch_one(conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::AdminDivision;

    fn at(seconds: i64) -> Moment {
        "2026-11-21 10:00:00".parse::<Moment>().unwrap().plus_millis(1_000 * seconds)
    }

    #[tokio::test]
    async fn a_question_is_claimed_by_one_until_its_lease_is_over_or_it_is_given_back() {
        const LEASE: i64 = 10_000;
        let store = TestCluster::shared().fresh_store(at(0)).await;
        let area = PoolingArea(AdminDivision::new(420_100).unwrap());
        let mut work = store.begin().await.unwrap();
        put(&mut work, area, ("a", "settle"), None, (at(0), at(0))).await.unwrap();
        put(&mut work, area, ("b", "settle"), None, (at(0), at(0))).await.unwrap();
        work.save().await.unwrap();
        // Two at the same moment: the second passes over what the first has.
        let mut one = store.begin().await.unwrap();
        let mut other = store.begin().await.unwrap();
        let first = claim_due(&mut one, at(0), LEASE, 1).await.unwrap().remove(0);
        let second = claim_due(&mut other, at(0), LEASE, 9).await.unwrap();
        assert_eq!(second.len(), 1);
        assert_ne!(first.subject, second[0].subject);
        one.save().await.unwrap();
        other.save().await.unwrap();
        let claimed = async |seconds| {
            let mut work = store.begin().await.unwrap();
            let due = claim_due(&mut work, at(seconds), LEASE, 9).await.unwrap();
            work.save().await.unwrap();
            due
        };
        assert_eq!(claimed(9).await, []);
        // The first was not answered: it comes again after a second. Whoever has the other one has died: after its lease.
        let mut work = store.begin().await.unwrap();
        put_off(&mut work, std::slice::from_ref(&first), at(2)).await.unwrap();
        work.save().await.unwrap();
        let again = claimed(3).await;
        assert_eq!((again.len(), &again[0].subject, again[0].attempts), (1, &first.subject, 2));
        let left = claimed(10).await;
        assert_eq!((left.len(), &left[0].subject, left[0].attempts), (1, &second[0].subject, 2));
        // The one that took so long has nothing to say any more.
        let mut work = store.begin().await.unwrap();
        put_off(&mut work, &second, at(10)).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(claimed(12).await, []);
    }

    #[tokio::test]
    async fn the_rests_grow_to_a_minute() {
        let store = TestCluster::shared().fresh_store(at(0)).await;
        let area = PoolingArea(AdminDivision::new(420_100).unwrap());
        let mut work = store.begin().await.unwrap();
        put(&mut work, area, ("a", "settle"), None, (at(0), at(0))).await.unwrap();
        let mut rests = Vec::new();
        let mut now = 0;
        while rests.len() < 9 {
            let due = claim_due(&mut work, at(now), 1, 9).await.unwrap();
            put_off(&mut work, &due, at(now)).await.unwrap();
            let next: i64 =
                sqlx::query_scalar("select next_at from outbox").fetch_one(work.conn()).await.unwrap();
            let rest = (next - at(now).millis()) / 1_000;
            rests.push(rest);
            now += rest;
        }
        assert_eq!(rests, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }
}

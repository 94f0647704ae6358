//! What another node must hear: a row in the same transaction as what it is about, sent at once, and again until answered.
//!
//! What waits for one addressee is apart from what waits for another, in the order in which it is due: however much waits for a node
//! that is away, nobody reads it whole, and nobody else's questions are behind it.

use crate::{
    Conn, Document, Error, Result, Work,
    document::document_if,
    row::{area_of, division, division_number},
};
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use terms::{Moment, Participant, PoolingArea, Province};

/// What is to be asked, and whom.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// The hub, this.
    Hub(&'a Document),
    /// The node of the person's insured place, what the settlement itself says.
    InsuredPlace(Province),
}

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
    /// Whose answer it waits for. What a program before put out counts as the hub's.
    pub addressee: Participant,
    /// How often it was sent.
    pub attempts: i32,
}

/// The hub in the column of addressees.
const HUB: i32 = 100_000;

fn number_of(addressee: Participant) -> i32 {
    match addressee {
        Participant::Hub => HUB,
        Participant::Province(province) => division_number(province.division()),
    }
}

fn addressee(row: &PgRow) -> Result<Participant> {
    match row.try_get("addressee")? {
        HUB => Ok(Participant::Hub),
        _ => Ok(Participant::Province(Province(division(row, "addressee")?))),
    }
}

/// Puts a question out, to be sent again from `next_at` on if nobody takes it out before. The same subject's question of the
/// same kind is replaced.
pub async fn put(
    work: &mut Work,
    area: PoolingArea,
    (subject, kind): (&str, &str),
    asked: Asked<'_>,
    (now, next_at): (Moment, Moment),
) -> Result<()> {
    let (question, addressee) = match asked {
        Asked::Hub(question) => (Some(question), Participant::Hub),
        Asked::InsuredPlace(province) => (None, Participant::Province(province)),
    };
    sqlx::query(
        "insert into outbox (area, subject, kind, question, attempts, next_at, created_at, addressee)
         values ($1, $2, $3, $4, 0, $5, $6, $7)
         on conflict (area, subject, kind) do update set
             question = excluded.question, attempts = 0, next_at = excluded.next_at, created_at = excluded.created_at,
             addressee = excluded.addressee",
    )
    .bind(area_of(area))
    .bind(subject)
    .bind(kind)
    .bind(question.map(Document::text))
    .bind(next_at.millis())
    .bind(now.millis())
    .bind(number_of(addressee))
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

/// For whom something is due. It costs a look for each addressee, however much waits for it.
pub async fn due(conn: &mut Conn, now: Moment) -> Result<Vec<Participant>> {
    let rows = sqlx::query(
        "with recursive first as (
            (select addressee, next_at from outbox order by addressee, next_at limit 1)
            union all
            select next.addressee, next.next_at
            from first cross join lateral (select addressee, next_at from outbox where addressee > first.addressee
                                           order by addressee, next_at limit 1) next
         )
         select addressee from first where next_at <= $1",
    )
    .bind(now.millis())
    .fetch_all(conn)
    .await?;
    rows.iter().map(addressee).collect()
}

/// Claims so many of each of these addressees whose time has come, for whoever sends them now: those that are due longest, and of
/// more than three a fourth those that are due last, so that what is new need not wait until much else has gone. Nobody else
/// claims them for `lease_millis`, which is longer than a sending takes. If the sender dies, somebody else sends them then; if it
/// does not succeed, it says so ([`put_off`]). Whoever claims at the same moment passes over them.
pub async fn claim_due(
    work: &mut Work,
    now: Moment,
    lease_millis: i64,
    most: &[(Participant, i64)],
) -> Result<Vec<Waiting>> {
    let rows = sqlx::query(
        "with wanted as (
            select * from unnest($3::integer[], $4::bigint[]) as wanted (addressee, most)
         ), longest as (
            select due.* from wanted cross join lateral (
                select area, subject, kind from outbox where outbox.addressee = wanted.addressee and next_at <= $1
                order by next_at limit wanted.most - wanted.most / 4 for update skip locked) due
         ), latest as (
            select due.* from wanted cross join lateral (
                select area, subject, kind from outbox where outbox.addressee = wanted.addressee and next_at <= $1
                order by next_at desc limit wanted.most / 4 for update skip locked) due
         )
         update outbox set attempts = outbox.attempts + 1, next_at = $1 + $2
         from (select * from longest union select * from latest) due
         where (outbox.area, outbox.subject, outbox.kind) = (due.area, due.subject, due.kind)
         returning outbox.area, outbox.subject, outbox.kind, outbox.question, outbox.addressee, outbox.attempts",
    )
    .bind(now.millis())
    .bind(lease_millis)
    .bind(most.iter().map(|(addressee, _)| number_of(*addressee)).collect::<Vec<_>>())
    .bind(most.iter().map(|(_, most)| *most).collect::<Vec<_>>())
    .fetch_all(work.conn())
    .await?;
    let read = |row: &PgRow| {
        Ok::<_, Error>(Waiting {
            area: PoolingArea(division(row, "area")?),
            subject: row.try_get("subject")?,
            kind: row.try_get("kind")?,
            question: document_if(row, "question")?,
            addressee: addressee(row)?,
            attempts: row.try_get("attempts")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Gives back what was claimed and not answered, to be sent again after a rest, which is at most so many milliseconds. What was put
/// out anew or claimed by somebody else meanwhile is left alone.
pub async fn put_off(work: &mut Work, unanswered: &[&Waiting], now: Moment, most_millis: i64) -> Result<()> {
    let text = |of: fn(&Waiting) -> &str| unanswered.iter().map(|one| of(one)).collect::<Vec<_>>();
    sqlx::query(AssertSqlSafe(format!(
        "update outbox set next_at = $5 + least($6, {RESTS})
         from unnest($1::integer[], $2::text[], $3::text[], $4::integer[]) as given (area, subject, kind, claimed)
         where (outbox.area, outbox.subject, outbox.kind) = (given.area, given.subject, given.kind)
           and outbox.attempts = given.claimed"
    )))
    .bind(unanswered.iter().map(|one| area_of(one.area)).collect::<Vec<_>>())
    .bind(text(|one| &one.subject))
    .bind(text(|one| &one.kind))
    .bind(unanswered.iter().map(|one| one.attempts).collect::<Vec<_>>())
    .bind(now.millis())
    .bind(most_millis)
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
    use crate::{Store, embedded::fixture::TestCluster};
    use terms::AdminDivision;

    const LEASE: i64 = 10_000;
    const MINUTE: i64 = 60_000;

    fn at(seconds: i64) -> Moment {
        "2026-11-21 10:00:00".parse::<Moment>().unwrap().plus_millis(1_000 * seconds)
    }

    fn area() -> PoolingArea {
        PoolingArea(AdminDivision::new(420_100).unwrap())
    }

    fn province(number: u32) -> Province {
        Province(AdminDivision::new(number).unwrap())
    }

    fn beijing() -> Participant {
        Participant::Province(province(110_000))
    }

    async fn put_to(work: &mut Work, subject: &str, to: u32, seconds: i64) {
        let asked = Asked::InsuredPlace(province(to));
        put(work, area(), (subject, "settle"), asked, (at(seconds), at(seconds))).await.unwrap();
    }

    async fn claimed(store: &Store, seconds: i64, most: &[(Participant, i64)]) -> Vec<Waiting> {
        let mut work = store.begin().await.unwrap();
        let mut due = claim_due(&mut work, at(seconds), LEASE, most).await.unwrap();
        work.save().await.unwrap();
        due.sort_by(|one, other| one.subject.cmp(&other.subject));
        due
    }

    fn subjects(claimed: &[Waiting]) -> Vec<&str> {
        claimed.iter().map(|one| one.subject.as_str()).collect()
    }

    #[tokio::test]
    async fn a_question_is_claimed_by_one_until_its_lease_is_over_or_it_is_given_back() {
        let store = TestCluster::shared().fresh_store(at(0)).await;
        let mut work = store.begin().await.unwrap();
        put_to(&mut work, "a", 110_000, 0).await;
        put_to(&mut work, "b", 110_000, 0).await;
        work.save().await.unwrap();
        // Two at the same moment: the second passes over what the first has.
        let mut one = store.begin().await.unwrap();
        let mut other = store.begin().await.unwrap();
        let first = claim_due(&mut one, at(0), LEASE, &[(beijing(), 1)]).await.unwrap().remove(0);
        let second = claim_due(&mut other, at(0), LEASE, &[(beijing(), 9)]).await.unwrap();
        assert_eq!(second.len(), 1);
        assert_ne!(first.subject, second[0].subject);
        one.save().await.unwrap();
        other.save().await.unwrap();
        let claimed = async |seconds| claimed(&store, seconds, &[(beijing(), 9)]).await;
        assert_eq!(claimed(9).await, []);
        // The first was not answered: it comes again after a second. Whoever has the other one has died: after its lease.
        let mut work = store.begin().await.unwrap();
        put_off(&mut work, &[&first], at(2), MINUTE).await.unwrap();
        work.save().await.unwrap();
        let again = claimed(3).await;
        assert_eq!((again.len(), &again[0].subject, again[0].attempts), (1, &first.subject, 2));
        let left = claimed(10).await;
        assert_eq!((left.len(), &left[0].subject, left[0].attempts), (1, &second[0].subject, 2));
        // The one that took so long has nothing to say any more.
        let mut work = store.begin().await.unwrap();
        put_off(&mut work, &[&second[0]], at(10), MINUTE).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(claimed(12).await, []);
    }

    #[tokio::test]
    async fn the_rests_grow_to_what_they_are_at_most() {
        for (most, expected) in [
            (MINUTE, [1, 2, 4, 8, 16, 32, 60, 60, 60]),
            (2 * MINUTE, [1, 2, 4, 8, 16, 32, 60, 60, 60]),
            (5_000, [1, 2, 4, 5, 5, 5, 5, 5, 5]),
        ] {
            let store = TestCluster::shared().fresh_store(at(0)).await;
            let mut work = store.begin().await.unwrap();
            put_to(&mut work, "a", 110_000, 0).await;
            let mut rests = Vec::new();
            let mut now = 0;
            while rests.len() < expected.len() {
                let due = claim_due(&mut work, at(now), 1, &[(beijing(), 9)]).await.unwrap();
                put_off(&mut work, &[&due[0]], at(now), most).await.unwrap();
                let next: i64 =
                    sqlx::query_scalar("select next_at from outbox").fetch_one(work.conn()).await.unwrap();
                let rest = (next - at(now).millis()) / 1_000;
                rests.push(rest);
                now += rest;
            }
            assert_eq!(rests, expected, "{most}");
        }
    }

    #[tokio::test]
    async fn each_addressee_has_what_is_due_longest_and_what_is_due_last() {
        let store = TestCluster::shared().fresh_store(at(0)).await;
        let mut work = store.begin().await.unwrap();
        for number in 0..9 {
            put_to(&mut work, &format!("b{number}"), 110_000, number).await;
        }
        put_to(&mut work, "s", 310_000, 8).await;
        put_to(&mut work, "z", 330_000, 30).await;
        let question = Document::of(&"a filing");
        let named = ("h", "filing");
        put(&mut work, area(), named, Asked::Hub(&question), (at(8), at(8))).await.unwrap();
        work.save().await.unwrap();
        let shanghai = Participant::Province(province(310_000));
        let due = due(&mut store.conn().await.unwrap(), at(8)).await.unwrap();
        assert_eq!(due, [Participant::Hub, beijing(), shanghai], "one is not due yet");

        let rows = claimed(&store, 8, &[(beijing(), 4), (shanghai, 9), (Participant::Hub, 1)]).await;
        assert_eq!(subjects(&rows), ["b0", "b1", "b2", "b8", "h", "s"]);
        let to = rows.iter().map(|one| one.addressee).collect::<Vec<_>>();
        assert_eq!(to, [beijing(), beijing(), beijing(), beijing(), Participant::Hub, shanghai]);
        assert_eq!(rows[4].question, Some(question));
        for (most, expected) in [(1, vec!["b3"]), (0, vec![]), (9, vec!["b4", "b5", "b6", "b7"])] {
            assert_eq!(subjects(&claimed(&store, 9, &[(beijing(), most)]).await), expected, "{most}");
        }
    }

    /// What waits for one that is away costs those who look for others nothing: neither reads it.
    #[tokio::test]
    async fn a_hundred_thousand_that_wait_are_not_read() {
        let store = TestCluster::shared().fresh_store(at(0)).await;
        let mut conn = store.conn().await.unwrap();
        sqlx::query(
            "insert into outbox (area, subject, kind, attempts, next_at, created_at, addressee)
             select 420100, n::text, 'settle', 3, $1 - n, $1, 110000 from generate_series(1, 100000) n",
        )
        .bind(at(0).millis())
        .execute(&mut *conn)
        .await
        .unwrap();
        let mut work = store.begin().await.unwrap();
        put_to(&mut work, "s", 310_000, 0).await;
        work.save().await.unwrap();
        sqlx::query("analyze outbox").execute(&mut *conn).await.unwrap();
        let shanghai = Participant::Province(province(310_000));
        let mut work = store.begin().await.unwrap();
        assert_eq!(due(work.conn(), at(0)).await.unwrap(), [beijing(), shanghai]);
        let rows = claim_due(&mut work, at(0), LEASE, &[(beijing(), 8), (shanghai, 8)]).await.unwrap();
        let mut found = subjects(&rows);
        found.sort_unstable();
        assert_eq!(found, ["1", "100000", "2", "99995", "99996", "99997", "99998", "99999", "s"]);
        let read: i64 = sqlx::query_scalar(
            "select pg_stat_get_xact_tuples_returned('outbox'::regclass)
                  + pg_stat_get_xact_tuples_fetched('outbox'::regclass)",
        )
        .fetch_one(work.conn())
        .await
        .unwrap();
        assert!(read < 200, "{read} rows were read");
    }
}

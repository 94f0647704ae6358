//! The audit trail (审计日志): who did what, each entry with the hash of the one before, so that an entry that is changed, taken out or put in
//! shows. One chain a node, added to under a lock that lasts until the unit of work ends.
//!
//! What stands in an entry is given; nothing of people may be in it but the names of accounts.

use crate::{
    Conn, Result, Store, Work,
    row::{moment, participant_number},
    search::{limited, push_limit},
};
use sha2::{Digest, Sha256};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};
use terms::{Moment, Participant};

/// The lock of the chain's end, until the unit of work ends. Each is there once among all advisory locks of this crate.
const CHAIN_LOCK: i64 = 20_260_027;
/// How many entries are verified at a time.
const PAGE: i64 = 5_000;

/// The hash of an entry.
pub type Hash = [u8; 32];

/// The outcome of what was begun by somebody who was gone before it ended ([`crate::act`]): it may have been done, or not.
pub const END_UNKNOWN: &str = "end-unknown";

/// What the first entry has in place of a hash before it.
pub const FIRST: Hash = [0; 32];

/// What somebody did, or tried to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Moment,
    /// Which account; empty where nobody had logged in.
    pub account: String,
    /// Its role.
    pub role: String,
    /// Where it works.
    pub area: String,
    /// What was done.
    pub action: String,
    /// To what: a number of a thing, never a person's in clear.
    pub subject: String,
    /// `done`, the code of the refusal, or [`END_UNKNOWN`].
    pub outcome: String,
    /// The duty that was named; empty for none.
    pub duty: String,
    /// Where the request came from.
    pub address: String,
}

/// An entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the trail, from 1, without gaps.
    pub sequence: i64,
    /// What was done.
    pub event: Event,
    /// The hash of the entry before.
    pub previous: Hash,
    /// Its own.
    pub hash: Hash,
}

/// The hash of an entry: SHA-256 of its number, the hash before, and every field with its length, so that no two entries read the same.
pub fn hash_of(sequence: i64, event: &Event, previous: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"yidi audit trail 1\n");
    hasher.update(sequence.to_be_bytes());
    hasher.update(previous);
    hasher.update(event.at.millis().to_be_bytes());
    let Event { account, role, area, action, subject, outcome, duty, address, at: _ } = event;
    for field in [account, role, area, action, subject, outcome, duty, address] {
        hasher.update(u64::try_from(field.len()).expect("a length").to_be_bytes());
        hasher.update(field.as_bytes());
    }
    hasher.finalize().into()
}

/// Adds an entry. It should be the last thing of its unit of work: the trail is held until that ends.
pub async fn append(work: &mut Work, node: Participant, event: Event) -> Result<Entry> {
    sqlx::query("select pg_advisory_xact_lock($1)").bind(CHAIN_LOCK).execute(work.conn()).await?;
    let last = sqlx::query(
        "select sequence, hash from audit_trail where province = $1 order by sequence desc limit 1",
    )
    .bind(participant_number(node))
    .fetch_optional(work.conn())
    .await?;
    let (before, previous) = match last {
        Some(row) => (row.try_get::<i64, _>("sequence")?, hash(&row, "hash")?),
        None => (0, FIRST),
    };
    let sequence = before + 1;
    let entry = Entry { sequence, hash: hash_of(sequence, &event, &previous), event, previous };
    sqlx::query(
        "insert into audit_trail (province, sequence, at, account, role, area, action, subject, outcome, duty, address,
                                  previous, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(participant_number(node))
    .bind(sequence)
    .bind(entry.event.at.millis())
    .bind(&entry.event.account)
    .bind(&entry.event.role)
    .bind(&entry.event.area)
    .bind(&entry.event.action)
    .bind(&entry.event.subject)
    .bind(&entry.event.outcome)
    .bind(&entry.event.duty)
    .bind(&entry.event.address)
    .bind(&entry.previous[..])
    .bind(&entry.hash[..])
    .execute(work.conn())
    .await?;
    Ok(entry)
}

/// Adds an entry in a unit of work of its own.
pub async fn append_alone(store: &Store, node: Participant, event: Event) -> Result<Entry> {
    let mut work = store.begin().await?;
    let entry = append(&mut work, node, event).await?;
    work.save().await?;
    Ok(entry)
}

/// What is looked for; what is not said is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By which account.
    pub account: Option<String>,
    /// Which action.
    pub action: Option<String>,
    /// About what.
    pub subject: Option<String>,
    /// With which outcome.
    pub outcome: Option<String>,
    /// From when on.
    pub from: Option<Moment>,
    /// Until when, this moment not included.
    pub until: Option<Moment>,
    /// Oldest first; otherwise newest first.
    pub forwards: bool,
    /// Only entries before this one, or after it where the oldest come first.
    pub before: Option<i64>,
}

/// Entries in the order that is asked for.
pub async fn search(conn: &mut Conn, node: Participant, filter: &Filter, most: i64) -> Result<Vec<Entry>> {
    let rows = search_query(node, filter, most).build().fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Only what is asked for, and how many in the text: it is planned once, and must then go along the key or the index of a column.
fn search_query(node: Participant, filter: &Filter, most: i64) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from audit_trail where province = ");
    query.push_bind(participant_number(node));
    let columns = [
        ("account", &filter.account),
        ("action", &filter.action),
        ("subject", &filter.subject),
        ("outcome", &filter.outcome),
    ];
    for (column, wanted) in columns {
        if let Some(wanted) = wanted {
            query.push(format!(" and {column} = ")).push_bind(wanted.clone());
        }
    }
    if let Some(from) = filter.from {
        query.push(" and at >= ").push_bind(from.millis());
    }
    if let Some(until) = filter.until {
        query.push(" and at < ").push_bind(until.millis());
    }
    if let Some(before) = filter.before {
        query.push(if filter.forwards { " and sequence > " } else { " and sequence < " }).push_bind(before);
    }
    query.push(if filter.forwards { " order by sequence" } else { " order by sequence desc" });
    push_limit(&mut query, most);
    query
}

/// Why an entry does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// One before it is missing.
    Missing,
    /// It does not follow the one before.
    Unlinked,
    /// It is not what was hashed.
    Changed,
    /// It is not the one that was noted outside.
    Replaced,
    /// The trail ends before the one that was noted outside.
    CutOff,
}

impl Broken {
    /// In Chinese.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Missing => "此处缺少日志，后面的日志不能与前面相接",
            Self::Unlinked => "与上一条日志不相接",
            Self::Changed => "内容与摘要不符，已被改动",
            Self::Replaced => "与另行留存的摘要不符，已被重写",
            Self::CutOff => "日志在另行留存的一条之前中断，末尾已被删除",
        }
    }
}

/// What walking the chain came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries were walked, the broken one not included.
    pub entries: i64,
    /// The first that does not hold, and why.
    pub broken: Option<(i64, Broken)>,
    /// The number and hash of the last that holds: noted outside, it shows later whether the end was cut off.
    pub head: Option<(i64, Hash)>,
}

/// Walks the chain from the first entry, page by page, up to the last one that is there when it begins. An entry that was noted outside
/// (`noted`) must be there with that hash.
pub async fn verify(conn: &mut Conn, node: Participant, noted: Option<(i64, Hash)>) -> Result<Verified> {
    verify_telling(conn, node, noted, &|_| {}).await
}

/// The same; `told` is told of every page how many entries it had.
pub async fn verify_telling(
    conn: &mut Conn,
    node: Participant,
    noted: Option<(i64, Hash)>,
    told: &(dyn Fn(usize) + Sync),
) -> Result<Verified> {
    let mut verified = Verified { entries: 0, broken: None, head: None };
    let mut previous = FIRST;
    loop {
        let rows = sqlx::query(limited(
            "select * from audit_trail where province = $1 and sequence > $2 order by sequence",
            PAGE,
        ))
        .bind(participant_number(node))
        .bind(verified.entries)
        .fetch_all(&mut *conn)
        .await?;
        for entry in rows.iter().map(read) {
            let entry = entry?;
            let expected = verified.entries + 1;
            let is_noted = noted.filter(|(sequence, _)| *sequence == entry.sequence);
            let why = if entry.sequence != expected {
                Some(Broken::Missing)
            } else if entry.previous != previous {
                Some(Broken::Unlinked)
            } else if entry.hash != hash_of(entry.sequence, &entry.event, &entry.previous) {
                Some(Broken::Changed)
            } else if is_noted.is_some_and(|(_, hash)| hash != entry.hash) {
                Some(Broken::Replaced)
            } else {
                None
            };
            if let Some(why) = why {
                verified.broken = Some((entry.sequence.min(expected), why));
                return Ok(verified);
            }
            verified.entries = entry.sequence;
            verified.head = Some((entry.sequence, entry.hash));
            previous = entry.hash;
        }
        told(rows.len());
        if i64::try_from(rows.len()) != Ok(PAGE) {
            break;
        }
    }
    if noted.is_some_and(|(sequence, _)| sequence > verified.entries) {
        verified.broken = Some((verified.entries + 1, Broken::CutOff));
    }
    Ok(verified)
}

fn hash(row: &PgRow, column: &'static str) -> Result<Hash> {
    let bytes: &[u8] = row.try_get(column)?;
    // Bytes of another length are no hash of anything: the entry is found to be broken.
    Ok(bytes.try_into().unwrap_or([0xff; 32]))
}

fn read(row: &PgRow) -> Result<Entry> {
    Ok(Entry {
        sequence: row.try_get("sequence")?,
        event: Event {
            at: moment(row, "at")?,
            account: row.try_get("account")?,
            role: row.try_get("role")?,
            area: row.try_get("area")?,
            action: row.try_get("action")?,
            subject: row.try_get("subject")?,
            outcome: row.try_get("outcome")?,
            duty: row.try_get("duty")?,
            address: row.try_get("address")?,
        },
        previous: hash(row, "previous")?,
        hash: hash(row, "hash")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;

    fn event(account: &str, subject: &str) -> Event {
        Event {
            at: "2026-11-21 10:00:00".parse().unwrap(),
            account: account.to_owned(),
            role: "agency-operator".to_owned(),
            area: "city:420100".to_owned(),
            action: "enter-filings".to_owned(),
            subject: subject.to_owned(),
            outcome: "done".to_owned(),
            duty: String::new(),
            address: "10.0.0.1".to_owned(),
        }
    }

    #[test]
    fn only_what_is_asked_for_is_in_the_text_and_how_many() {
        let text =
            |filter: &Filter| search_query(Participant::Hub, filter, 51).into_sql().as_str().to_owned();
        let all = text(&Filter::default());
        assert_eq!(all, "select * from audit_trail where province = $1 order by sequence desc limit 51");
        let of_one = text(&Filter { account: Some("op".to_owned()), before: Some(9), ..Filter::default() });
        assert!(of_one.contains("account = $2 and sequence < $3 order by"), "{of_one}");
        assert!(!of_one.contains("null"), "{of_one}");
    }

    async fn trail() -> (Store, Participant) {
        let store = TestCluster::shared().fresh_store("2026-11-21 10:00:00".parse().unwrap()).await;
        let node = Participant::Hub;
        for number in 1..=6 {
            let account = if number % 2 == 0 { "even" } else { "odd" };
            append_alone(&store, node, event(account, &format!("filing:{number}"))).await.unwrap();
        }
        (store, node)
    }

    #[tokio::test]
    async fn entries_follow_one_another_even_when_many_write_at_once() {
        let (store, node) = trail().await;
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let store = store.clone();
                let event = event("many", &format!("at once:{number}"));
                tokio::spawn(async move { append_alone(&store, node, event).await })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap().unwrap();
        }
        let mut conn = store.conn().await.unwrap();
        let verified = verify(&mut conn, node, None).await.unwrap();
        assert_eq!((verified.entries, verified.broken), (14, None));
        let filter = Filter { account: Some("odd".to_owned()), ..Filter::default() };
        let found = search(&mut conn, node, &filter, 2).await.unwrap();
        assert_eq!(found.iter().map(|one| one.sequence).collect::<Vec<_>>(), [5, 3]);
        let filter = Filter { account: Some("odd".to_owned()), before: Some(3), ..Filter::default() };
        assert_eq!(search(&mut conn, node, &filter, 9).await.unwrap().len(), 1);
        let filter = Filter { forwards: true, before: Some(2), ..Filter::default() };
        let found = search(&mut conn, node, &filter, 3).await.unwrap();
        assert_eq!(found.iter().map(|one| one.sequence).collect::<Vec<_>>(), [3, 4, 5]);
        let filter = Filter { until: Some(found[0].event.at), ..Filter::default() };
        assert!(search(&mut conn, node, &filter, 9).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_table_itself_refuses_changes() {
        let (store, _) = trail().await;
        let mut conn = store.conn().await.unwrap();
        for statement in [
            "update audit_trail set account = 'nobody' where sequence = 3",
            "delete from audit_trail where sequence = 3",
            "truncate audit_trail",
        ] {
            let refused = sqlx::query(statement).execute(&mut *conn).await.unwrap_err();
            assert!(refused.to_string().contains("only added to"), "{statement}: {refused}");
        }
    }

    #[tokio::test]
    async fn whoever_tampers_past_the_table_is_found_by_the_first_entry_that_does_not_hold() {
        for (tampering, first, why) in [
            ("update audit_trail set account = 'nobody' where sequence = 3", 3, Broken::Changed),
            ("update audit_trail set outcome = 'done.', duty = '' where sequence = 2", 2, Broken::Changed),
            ("update audit_trail set hash = '\\x00' where sequence = 4", 4, Broken::Changed),
            ("delete from audit_trail where sequence = 3", 3, Broken::Missing),
            ("delete from audit_trail where sequence = 1", 1, Broken::Missing),
            (
                "update audit_trail set previous = (select hash from audit_trail where sequence = 1) where sequence = 5",
                5,
                Broken::Unlinked,
            ),
        ] {
            let (store, node) = trail().await;
            let mut conn = store.conn().await.unwrap();
            for statement in ["alter table audit_trail disable trigger all", tampering] {
                sqlx::query(statement).execute(&mut *conn).await.unwrap();
            }
            let verified = verify(&mut conn, node, None).await.unwrap();
            assert_eq!(verified.broken, Some((first, why)), "{tampering}");
            assert_eq!(verified.entries, first - 1, "{tampering}");
        }
    }

    #[tokio::test]
    async fn an_end_that_was_cut_off_or_written_anew_shows_by_what_was_noted() {
        let (store, node) = trail().await;
        let mut conn = store.conn().await.unwrap();
        let head = verify(&mut conn, node, None).await.unwrap().head.unwrap();
        assert_eq!(head.0, 6);
        assert_eq!(verify(&mut conn, node, Some(head)).await.unwrap().broken, None);
        sqlx::query("alter table audit_trail disable trigger all").execute(&mut *conn).await.unwrap();
        sqlx::query("delete from audit_trail where sequence > 4").execute(&mut *conn).await.unwrap();
        assert_eq!(verify(&mut conn, node, None).await.unwrap().broken, None, "the chain alone cannot tell");
        let found = verify(&mut conn, node, Some(head)).await.unwrap().broken;
        assert_eq!(found, Some((5, Broken::CutOff)));
        for number in 7..=8 {
            append_alone(&store, node, event("forger", &format!("filing:{number}"))).await.unwrap();
        }
        assert_eq!(verify(&mut conn, node, None).await.unwrap().broken, None);
        let found = verify(&mut conn, node, Some(head)).await.unwrap().broken;
        assert_eq!(found, Some((6, Broken::Replaced)));
    }
}

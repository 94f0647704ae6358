//! What somebody has begun and not ended (办理中的操作): a row before the act, which goes in the unit of work that writes the act's entry of the
//! audit trail. So whatever dies in between leaves either of the two.
//!
//! Whoever does it holds it for a while and says so again. One that nobody holds any more is [given up](give_up): it becomes an entry that says
//! that nobody knows how it ended. It must not know what is done.

use crate::{
    Conn, Result, Work,
    audit_trail::{self, END_UNKNOWN, Entry, Event},
    row::{moment, participant_number},
};
use sqlx::Row;
use terms::{Moment, Participant};

/// Writes down what is begun, held until a moment; its outcome is not known yet, and not kept.
pub async fn begin(
    work: &mut Work,
    (node, id): (Participant, &str),
    event: &Event,
    held_until: Moment,
) -> Result<()> {
    sqlx::query(
        "insert into act (province, id, at, account, role, area, action, subject, duty, address, held_until)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(participant_number(node))
    .bind(id)
    .bind(event.at.millis())
    .bind(&event.account)
    .bind(&event.role)
    .bind(&event.area)
    .bind(&event.action)
    .bind(&event.subject)
    .bind(&event.duty)
    .bind(&event.address)
    .bind(held_until.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Says that it goes on, and until when it is held now; false if it was given up.
pub async fn hold(conn: &mut Conn, (node, id): (Participant, &str), until: Moment) -> Result<bool> {
    let done = sqlx::query("update act set held_until = $3 where province = $1 and id = $2")
        .bind(participant_number(node))
        .bind(id)
        .bind(until.millis())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes it off, in the unit of work that writes its entry, or where it came to nothing; false if it was given up: then the trail already says
/// of it that its end is unknown.
pub async fn end(work: &mut Work, (node, id): (Participant, &str)) -> Result<bool> {
    let done = sqlx::query("delete from act where province = $1 and id = $2")
        .bind(participant_number(node))
        .bind(id)
        .execute(work.conn())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// What an end that comes late meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// It was still there, and has its entry now.
    Ended,
    /// It was given up; the trail now says how it ended as well.
    AfterGivenUp,
    /// Its entry stood there already: whoever wrote it has not heard so.
    WasWritten,
}

/// Writes how it ended, where that may have been written before.
pub async fn end_late(work: &mut Work, (node, id): (Participant, &str), event: Event) -> Result<Late> {
    let late = if end(work, (node, id)).await? {
        Late::Ended
    } else if is_only_given_up(work, node, &event).await? {
        Late::AfterGivenUp
    } else {
        return Ok(Late::WasWritten);
    };
    audit_trail::append(work, node, event).await?;
    Ok(late)
}

/// Whether the trail says of an act that its end is unknown, and does not say this of it. Whose it is and what it is about may have been found out
/// after it was begun: when, what and from where was known then.
async fn is_only_given_up(work: &mut Work, node: Participant, event: &Event) -> Result<bool> {
    let is = sqlx::query_scalar(
        "select coalesce(bool_or(outcome = $5), false) and not coalesce(bool_or(outcome = $6), false)
         from audit_trail where province = $1 and at = $2 and action = $3 and address = $4",
    )
    .bind(participant_number(node))
    .bind(event.at.millis())
    .bind(&event.action)
    .bind(&event.address)
    .bind(END_UNKNOWN)
    .bind(&event.outcome)
    .fetch_one(work.conn())
    .await?;
    Ok(is)
}

/// Makes the oldest that nobody holds at a moment an entry of the trail whose end is unknown; `None` if there is none. As for
/// [`audit_trail::append`], the trail is held until the unit of work ends.
pub async fn give_up(work: &mut Work, node: Participant, at: Moment) -> Result<Option<Entry>> {
    let row = sqlx::query(
        "delete from act where province = $1 and id = (
             select id from act where province = $1 and held_until < $2 order by id limit 1 for update skip locked)
         returning at, account, role, area, action, subject, duty, address",
    )
    .bind(participant_number(node))
    .bind(at.millis())
    .fetch_optional(work.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let event = Event {
        at: moment(&row, "at")?,
        account: row.try_get("account")?,
        role: row.try_get("role")?,
        area: row.try_get("area")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        outcome: END_UNKNOWN.to_owned(),
        duty: row.try_get("duty")?,
        address: row.try_get("address")?,
    };
    audit_trail::append(work, node, event).await.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, audit_trail::Filter, embedded::fixture::TestCluster};
    use std::time::Duration;

    const HUB: Participant = Participant::Hub;

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn event(subject: &str) -> Event {
        Event {
            at: now(),
            account: "wangfang".to_owned(),
            role: "agency-operator".to_owned(),
            area: "city:420100".to_owned(),
            action: "enter-filings".to_owned(),
            subject: subject.to_owned(),
            outcome: String::new(),
            duty: "核对".to_owned(),
            address: "10.0.0.1".to_owned(),
        }
    }

    /// Begins one that is held for ten milliseconds.
    async fn begun(store: &Store, node: Participant, id: &str) {
        let mut work = store.begin().await.unwrap();
        begin(&mut work, (node, id), &event(id), now().plus_millis(10)).await.unwrap();
        work.save().await.unwrap();
    }

    async fn given_up(store: &Store, node: Participant, after: i64) -> Option<String> {
        let mut work = store.begin().await.unwrap();
        let entry = give_up(&mut work, node, now().plus_millis(after)).await.unwrap();
        work.save().await.unwrap();
        entry.map(|entry| entry.event.subject)
    }

    /// Subjects and outcomes of the trail, the oldest first; its chain holds.
    async fn trail(store: &Store) -> Vec<(String, String)> {
        let mut conn = store.conn().await.unwrap();
        let verified = audit_trail::verify(&mut conn, HUB, None).await.unwrap();
        let mut entries = audit_trail::search(&mut conn, HUB, &Filter::default(), 99).await.unwrap();
        assert_eq!((verified.broken, verified.entries), (None, i64::try_from(entries.len()).unwrap()));
        entries.reverse();
        entries.into_iter().map(|entry| (entry.event.subject, entry.event.outcome)).collect()
    }

    fn said(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(subject, outcome)| ((*subject).to_owned(), (*outcome).to_owned())).collect()
    }

    #[tokio::test]
    async fn an_act_goes_with_its_entry_or_not_at_all() {
        let store = TestCluster::shared().fresh_store(now()).await;
        begun(&store, HUB, "A1").await;
        for saved in [false, true] {
            let mut work = store.begin().await.unwrap();
            assert!(end(&mut work, (HUB, "A1")).await.unwrap(), "it was begun");
            let done = Event { outcome: "done".to_owned(), ..event("A1") };
            audit_trail::append(&mut work, HUB, done).await.unwrap();
            if saved {
                work.save().await.unwrap();
            } else {
                drop(work);
                assert_eq!(trail(&store).await, [], "what was not saved has no entry");
            }
        }
        assert_eq!(given_up(&store, HUB, 99).await, None, "it has ended");
        assert_eq!(trail(&store).await, said(&[("A1", "done")]));
    }

    #[tokio::test]
    async fn what_nobody_holds_becomes_an_entry_once_and_what_somebody_holds_does_not() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let hubei = Participant::Province("420000".parse().unwrap());
        for id in ["A1", "A2", "A3"] {
            begun(&store, HUB, id).await;
        }
        begun(&store, hubei, "A0").await;
        assert_eq!(given_up(&store, HUB, 10).await, None, "all are held");
        let mut conn = store.conn().await.unwrap();
        assert!(hold(&mut conn, (HUB, "A2"), now().plus_millis(50)).await.unwrap(), "it goes on");

        // Of two who look at once, each gives up another one.
        let mut first = store.begin().await.unwrap();
        let one = give_up(&mut first, HUB, now().plus_millis(11)).await.unwrap().unwrap();
        assert_eq!(one.event, Event { outcome: END_UNKNOWN.to_owned(), ..event("A1") });
        let other = store.clone();
        let mut second = tokio::spawn(async move { given_up(&other, HUB, 11).await });
        let early = tokio::time::timeout(Duration::from_millis(200), &mut second).await;
        assert!(early.is_err(), "the trail is the first one's until it has saved: {early:?}");
        first.save().await.unwrap();
        assert_eq!(second.await.unwrap().as_deref(), Some("A3"));
        assert_eq!(given_up(&store, HUB, 11).await, None);
        assert_eq!(given_up(&store, hubei, 11).await.as_deref(), Some("A0"), "each node gives up its own");

        // Whoever was slow, and alive after all, says how it ended as well.
        assert!(!hold(&mut conn, (HUB, "A1"), now().plus_millis(90)).await.unwrap());
        let mut work = store.begin().await.unwrap();
        assert!(!end(&mut work, (HUB, "A1")).await.unwrap());
        let done = Event { outcome: "done".to_owned(), ..event("A1") };
        audit_trail::append(&mut work, HUB, done).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(given_up(&store, HUB, 51).await.as_deref(), Some("A2"));
        let expected = [("A1", END_UNKNOWN), ("A3", END_UNKNOWN), ("A1", "done"), ("A2", END_UNKNOWN)];
        assert_eq!(trail(&store).await, said(&expected));
    }

    #[tokio::test]
    async fn an_end_that_comes_late_is_written_once_and_beside_what_was_given_up() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let late = async |id: &str, saved: bool| {
            let mut work = store.begin().await.unwrap();
            let done = Event { outcome: "done".to_owned(), at: now(), ..event(id) };
            let late = end_late(&mut work, (HUB, id), done).await.unwrap();
            if saved {
                work.save().await.unwrap();
            }
            late
        };
        begun(&store, HUB, "A1").await;
        assert_eq!(late("A1", false).await, Late::Ended);
        assert_eq!(late("A1", true).await, Late::Ended, "what was not saved is still to be written");
        assert_eq!(late("A1", true).await, Late::WasWritten);
        assert_eq!(trail(&store).await, said(&[("A1", "done")]));

        // Another moment, so that it is another act of the same kind from the same place.
        let at = now().plus_millis(1);
        let mut work = store.begin().await.unwrap();
        begin(&mut work, (HUB, "A2"), &Event { at, ..event("A2") }, now().plus_millis(10)).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(given_up(&store, HUB, 11).await.as_deref(), Some("A2"));
        for expected in [Late::AfterGivenUp, Late::WasWritten] {
            let mut work = store.begin().await.unwrap();
            let done = Event { outcome: "done".to_owned(), at, ..event("account:found out later") };
            assert_eq!(end_late(&mut work, (HUB, "A2"), done).await.unwrap(), expected);
            work.save().await.unwrap();
        }
        let expected = [("A1", "done"), ("A2", END_UNKNOWN), ("account:found out later", "done")];
        assert_eq!(trail(&store).await, said(&expected));
    }
}

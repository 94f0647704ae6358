//! Notices of outages (停机公告): a node's own, and at a province those of the hub. They are few: a page is found by the time from which they
//! tell.

use crate::{
    Conn, Error, Result, Work,
    row::{participant, participant_number},
    search::push_limit,
};
use casework::announcement::{Announcement, Phase, SHOWN_AFTER_DAYS};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow, types::Json};
use terms::{Moment, Participant};

/// A notice with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnnouncement {
    /// The node that entered it.
    pub owner: Participant,
    /// The notice.
    pub announcement: Announcement,
}

/// The most that a province takes from the hub, and that everybody is shown.
pub const MOST: i64 = 200;

/// Writes a notice as it stands now.
pub async fn put(work: &mut Work, owner: Participant, one: &Announcement) -> Result<()> {
    sqlx::query(
        "insert into announcement (province, number, content, from_at, until_at, published_at, withdrawn)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (province, number) do update set content = excluded.content, from_at = excluded.from_at,
             until_at = excluded.until_at, published_at = excluded.published_at, withdrawn = excluded.withdrawn",
    )
    .bind(participant_number(owner))
    .bind(&one.number)
    .bind(Json(one))
    .bind(one.from.millis())
    .bind(one.until.millis())
    .bind(one.published_at.millis())
    .bind(one.withdrawn.is_some())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Deletes those of an owner that are not over at a moment and are not among these numbers.
pub async fn keep_only(work: &mut Work, owner: Participant, numbers: &[&str], now: Moment) -> Result<()> {
    sqlx::query("delete from announcement where province = $1 and until_at > $2 and not number = any($3)")
        .bind(participant_number(owner))
        .bind(now.millis())
        .bind(numbers)
        .execute(work.conn())
        .await?;
    Ok(())
}

/// The notice of this number, held until the unit of work ends.
pub async fn hold(work: &mut Work, owner: Participant, number: &str) -> Result<Option<KeptAnnouncement>> {
    let row = sqlx::query("select * from announcement where province = $1 and number = $2 for update")
        .bind(participant_number(owner))
        .bind(number)
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read).transpose()
}

/// The notice of this number.
pub async fn find(conn: &mut Conn, owner: Participant, number: &str) -> Result<Option<KeptAnnouncement>> {
    let row = sqlx::query("select * from announcement where province = $1 and number = $2")
        .bind(participant_number(owner))
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Which notices, and in which order.
#[derive(Clone, Debug)]
pub struct AnnouncementsWanted {
    /// In this phase; none: all.
    pub phase: Option<Phase>,
    /// The present, by which phases are told.
    pub now: Moment,
    /// By the time from which they tell, the last first.
    pub backwards: bool,
    /// The one with which the page before ended: that time, and its number.
    pub after: Option<(Moment, String)>,
    /// At most so many.
    pub most: i64,
}

/// Notices of all owners that this node has.
pub async fn list(conn: &mut Conn, wanted: &AnnouncementsWanted) -> Result<Vec<KeptAnnouncement>> {
    let now = wanted.now.millis();
    let mut query = QueryBuilder::<Postgres>::new("select * from announcement where true");
    if let Some(phase) = wanted.phase {
        query.push(if phase == Phase::Withdrawn { " and withdrawn" } else { " and not withdrawn" });
        match phase {
            Phase::Withdrawn => {}
            Phase::Over => {
                query.push(" and until_at <= ").push_bind(now);
            }
            Phase::Scheduled => {
                query.push(" and until_at > ").push_bind(now).push(" and published_at > ").push_bind(now);
            }
            Phase::Upcoming | Phase::Ongoing => {
                query.push(" and until_at > ").push_bind(now).push(" and published_at <= ").push_bind(now);
                query.push(if phase == Phase::Upcoming { " and from_at > " } else { " and from_at <= " });
                query.push_bind(now);
            }
        }
    }
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    if let Some((at, number)) = &wanted.after {
        query.push(format!(" and (from_at, number) {than} (")).push_bind(at.millis()).push(", ");
        query.push_bind(number.clone()).push(")");
    }
    query.push(format!(" order by from_at {direction}, number {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// What everybody may be shown at a moment: published, not taken back, and over for no longer than some days; what is next first.
pub async fn shown(conn: &mut Conn, now: Moment) -> Result<Vec<KeptAnnouncement>> {
    let since = now.plus_millis(-SHOWN_AFTER_DAYS * 86_400_000);
    let rows = sqlx::query(
        "select * from announcement
         where until_at > $1 and published_at <= $2 and not withdrawn order by from_at, number limit $3",
    )
    .bind(since.millis())
    .bind(now.millis())
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    let found: Vec<KeptAnnouncement> = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(found.into_iter().filter(|one| one.announcement.is_shown(now)).collect())
}

/// Those of an owner that are not over at a moment, whether they are shown or were taken back.
pub async fn not_over(conn: &mut Conn, owner: Participant, now: Moment) -> Result<Vec<Announcement>> {
    let rows = sqlx::query(
        "select * from announcement where province = $1 and until_at > $2 order by from_at, number limit $3",
    )
    .bind(participant_number(owner))
    .bind(now.millis())
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok(read(row)?.announcement)).collect()
}

fn read(row: &PgRow) -> Result<KeptAnnouncement> {
    let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
    let announcement = serde_json::from_value(content)
        .map_err(|error| Error::Corrupt { column: "announcement.content", value: error.to_string() })?;
    Ok(KeptAnnouncement { owner: participant(row, "province")?, announcement })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use casework::announcement::Said;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn one(number: &str, from: &str, until: &str, published_at: &str) -> Announcement {
        let affects = ["settlement".to_owned()];
        let said = Said {
            title: "系统维护公告",
            text: "系统维护期间暂停直接结算",
            affects: &affects,
            from: at(from),
            until: at(until),
            published_at: Some(at(published_at)),
        };
        Announcement::enter(&said, number.to_owned(), "王", at("2026-11-01 00:00")).unwrap()
    }

    #[tokio::test]
    async fn each_phase_is_found_in_pages_and_only_what_is_published_is_shown() {
        let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
        let (hub, hubei) = (Participant::Hub, Participant::Province("420000".parse().unwrap()));
        let mut work = store.begin().await.unwrap();
        let withdrawn = one("GG5", "2026-11-22 22:00", "2026-11-23 02:00", "2026-11-20 00:00");
        let withdrawn = withdrawn.withdraw("改期", "李", at("2026-11-20 01:00")).unwrap();
        for (owner, one) in [
            (hubei, one("GG1", "2026-11-10 22:00", "2026-11-11 02:00", "2026-11-09 00:00")),
            (hubei, one("GG2", "2026-11-20 22:00", "2026-11-21 02:00", "2026-11-20 00:00")),
            (hubei, one("GG3", "2026-11-21 09:00", "2026-11-21 12:00", "2026-11-20 00:00")),
            (hub, one("GG4", "2026-11-22 22:00", "2026-11-23 02:00", "2026-11-20 00:00")),
            (hub, withdrawn.clone()),
            (hubei, one("GG6", "2026-11-25 22:00", "2026-11-26 02:00", "2026-11-23 00:00")),
        ] {
            put(&mut work, owner, &one).await.unwrap();
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let now = at("2026-11-21 10:00:00");
        let asked = |phase, backwards, after: Option<(&str, &str)>, most| AnnouncementsWanted {
            phase,
            now,
            backwards,
            after: after.map(|(from, number)| (at(from), number.to_owned())),
            most,
        };
        for (wanted, numbers) in [
            (asked(None, true, None, 9), vec!["GG6", "GG5", "GG4", "GG3", "GG2", "GG1"]),
            (asked(None, false, None, 2), vec!["GG1", "GG2"]),
            (asked(None, false, Some(("2026-11-20 22:00", "GG2")), 3), vec!["GG3", "GG4", "GG5"]),
            (asked(Some(Phase::Over), true, None, 9), vec!["GG2", "GG1"]),
            (asked(Some(Phase::Ongoing), true, None, 9), vec!["GG3"]),
            (asked(Some(Phase::Upcoming), true, None, 9), vec!["GG4"]),
            (asked(Some(Phase::Scheduled), true, None, 9), vec!["GG6"]),
            (asked(Some(Phase::Withdrawn), true, None, 9), vec!["GG5"]),
        ] {
            let found = list(&mut conn, &wanted).await.unwrap();
            for one in &found {
                assert!(wanted.phase.is_none_or(|phase| phase == one.announcement.phase(now)), "{one:?}");
            }
            let found: Vec<&str> = found.iter().map(|one| one.announcement.number.as_str()).collect();
            assert_eq!(found, numbers, "{wanted:?}");
        }
        let seen = shown(&mut conn, now).await.unwrap();
        let seen: Vec<_> = seen.iter().map(|one| (one.owner, one.announcement.number.as_str())).collect();
        assert_eq!(seen, [(hubei, "GG2"), (hubei, "GG3"), (hub, "GG4")]);
        let told = not_over(&mut conn, hub, now).await.unwrap();
        assert_eq!(told.len(), 2, "that it was taken back is told as well");
        drop(conn);

        // What the hub has no more goes, but for what is over.
        let mut work = store.begin().await.unwrap();
        keep_only(&mut work, hub, &["GG5"], now).await.unwrap();
        assert_eq!(find(work.conn(), hub, "GG4").await.unwrap(), None);
        let held = hold(&mut work, hub, "GG5").await.unwrap().unwrap();
        assert_eq!(held.announcement, withdrawn);
        keep_only(&mut work, hubei, &[], now).await.unwrap();
        assert!(find(work.conn(), hubei, "GG2").await.unwrap().is_some(), "over: it stays");
        assert_eq!(find(work.conn(), hubei, "GG3").await.unwrap(), None);
    }
}

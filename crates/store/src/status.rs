//! How the database of a node is: its connections, and how much waits in it. Cheap enough to be asked every few seconds.

use crate::{Conn, Result, Store, row::moment_if};
use casework::difference::Stage;
use sqlx::Row;
use terms::{Moment, Month};

/// Connections of a store, at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// How many are used.
    pub in_use: usize,
    /// How many are open and wait to be used.
    pub idle: usize,
    /// How many there may be.
    pub most: usize,
}

/// What waits in the database of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Questions in the outbox.
    pub outbox: i64,
    /// When the oldest of them was put out.
    pub oldest: Option<Moment>,
    /// Differences between books that nobody has explained.
    pub open_differences: i64,
    /// The last month that is closed, at the hub.
    pub last_closed: Option<Month>,
}

impl Store {
    /// The connections that use cases share; those of batches are not among them.
    pub fn connections(&self) -> Connections {
        let idle = self.pool.num_idle();
        let open = usize::try_from(self.pool.size()).unwrap_or(usize::MAX);
        let most = usize::try_from(self.pool.options().get_max_connections()).unwrap_or(usize::MAX);
        Connections { in_use: open.saturating_sub(idle), idle, most }
    }
}

/// What waits.
pub async fn waiting(conn: &mut Conn) -> Result<Waiting> {
    let open: Vec<i16> = Stage::ALL
        .iter()
        .enumerate()
        .filter(|(_, stage)| stage.is_open())
        .filter_map(|(number, _)| i16::try_from(number).ok())
        .collect();
    let row = sqlx::query(
        "select (select count(*) from outbox) as outbox, (select min(created_at) from outbox) as oldest,
                (select count(*) from difference where stage = any($1)) as differences",
    )
    .bind(open)
    .fetch_one(&mut *conn)
    .await?;
    Ok(Waiting {
        outbox: row.try_get("outbox")?,
        oldest: moment_if(&row, "oldest")?,
        open_differences: row.try_get("differences")?,
        last_closed: crate::clearing::last_closed(conn).await?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{embedded::fixture::TestCluster, outbox};
    use terms::{AdminDivision, PoolingArea};

    #[tokio::test]
    async fn connections_and_what_waits_are_counted() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let mut conn = store.conn().await.unwrap();
        assert_eq!(waiting(&mut conn).await.unwrap(), Waiting::default());
        let mut work = store.begin().await.unwrap();
        let area = PoolingArea(AdminDivision::new(110_000).unwrap());
        for (subject, at) in [("a", now.plus_millis(5)), ("b", now), ("c", now.plus_millis(9))] {
            let asked = outbox::Asked::InsuredPlace(area.province());
            outbox::put(&mut work, area, (subject, "settle"), asked, (at, at)).await.unwrap();
        }
        work.save().await.unwrap();
        let found = waiting(&mut conn).await.unwrap();
        assert_eq!((found.outbox, found.oldest), (3, Some(now)));
        // The pool takes a connection back in its own time.
        for _ in 0..1_000 {
            if store.connections().in_use == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        assert_eq!(store.connections().in_use, 1, "{:?}", store.connections());
    }
}

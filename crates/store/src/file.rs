//! Files that wait to be downloaded, each until it expires.

use crate::{
    Conn, Result, Work,
    row::{area_of, moment},
};
use sqlx::{Row, postgres::PgRow};
use terms::{Moment, PoolingArea};

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// 文件查询号.
    pub id: String,
    /// The institution whose it is, or the platform.
    pub owner: String,
    /// The transaction that made it.
    pub kind: String,
    /// 文件名.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// When it was made.
    pub created_at: Moment,
    /// Until when it can be downloaded.
    pub expires_at: Moment,
}

/// Keeps a file, in place of one with the same id, and forgets those of the area that have expired when it was made.
pub async fn put(work: &mut Work, area: PoolingArea, file: &File) -> Result<()> {
    sqlx::query("delete from file where area = $1 and expires_at <= $2")
        .bind(area_of(area))
        .bind(file.created_at.millis())
        .execute(work.conn())
        .await?;
    sqlx::query(
        "insert into file (area, id, owner, kind, name, content, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (area, id) do update set
             name = excluded.name, content = excluded.content, created_at = excluded.created_at,
             expires_at = excluded.expires_at",
    )
    .bind(area_of(area))
    .bind(&file.id)
    .bind(&file.owner)
    .bind(&file.kind)
    .bind(&file.name)
    .bind(&file.content)
    .bind(file.created_at.millis())
    .bind(file.expires_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// An owner's file that has not expired at `now`.
pub async fn find(
    conn: &mut Conn,
    (area, owner): (PoolingArea, &str),
    id: &str,
    now: Moment,
) -> Result<Option<File>> {
    let row =
        sqlx::query("select * from file where area = $1 and id = $2 and owner = $3 and expires_at > $4")
            .bind(area_of(area))
            .bind(id)
            .bind(owner)
            .bind(now.millis())
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &PgRow) -> Result<File> {
    Ok(File {
        id: row.try_get("id")?,
        owner: row.try_get("owner")?,
        kind: row.try_get("kind")?,
        name: row.try_get("name")?,
        content: row.try_get("content")?,
        created_at: moment(row, "created_at")?,
        expires_at: moment(row, "expires_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::AdminDivision;

    #[tokio::test]
    async fn a_file_is_its_owners_until_it_expires() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let area = PoolingArea(AdminDivision::new(420_100).unwrap());
        let file = |id: &str, at: Moment| File {
            id: id.to_owned(),
            owner: "H42010600001".to_owned(),
            kind: "9101".to_owned(),
            name: "a.zip".to_owned(),
            content: vec![0, 255],
            created_at: at,
            expires_at: at.plus_millis(1_000),
        };
        let mut work = store.begin().await.unwrap();
        put(&mut work, area, &file("1", now)).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        for (owner, id, after, expected) in [
            ("H42010600001", "1", 0, Some(file("1", now))),
            ("H42010600001", "1", 999, Some(file("1", now))),
            ("H42010600001", "1", 1_000, None),
            ("H42010600001", "2", 0, None),
            ("H42010600002", "1", 0, None),
        ] {
            let found = find(&mut conn, (area, owner), id, now.plus_millis(after)).await.unwrap();
            assert_eq!(found, expected, "{owner} {id} {after}");
        }
        let mut work = store.begin().await.unwrap();
        put(&mut work, area, &file("2", now.plus_millis(1_000))).await.unwrap();
        work.save().await.unwrap();
        let left: Vec<String> =
            sqlx::query_scalar("select id from file").fetch_all(&mut *conn).await.unwrap();
        assert_eq!(left, ["2"], "what has expired is forgotten");
    }
}

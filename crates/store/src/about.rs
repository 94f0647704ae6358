//! About how many rows tables have, as PostgreSQL remembers it from when it last looked (vacuum, analyze): enough to say how far a long look
//! through them is, and free. It must not be taken for a count.

use crate::{Conn, Result};

/// About how many rows these tables have together, with the parts of those that are partitioned; 0 where the database has not looked yet.
pub(crate) async fn about_rows(conn: &mut Conn, tables: &[&str]) -> Result<u64> {
    let rows: i64 = sqlx::query_scalar(
        "select coalesce(sum(reltuples::float8) filter (where reltuples > 0), 0)::bigint from pg_class
         where relkind = 'r' and (oid = any($1::text[]::regclass[])
             or oid in (select inhrelid from pg_inherits where inhparent = any($1::text[]::regclass[])))",
    )
    .bind(tables)
    .fetch_one(conn)
    .await?;
    Ok(u64::try_from(rows).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;

    #[tokio::test]
    async fn what_the_database_remembers_is_added_up_over_parts() {
        let store = TestCluster::shared().fresh_store("2026-11-21 10:00:00".parse().unwrap()).await;
        let mut conn = store.conn().await.unwrap();
        for statement in [
            "create table whole (n integer)",
            "create table parted (n integer) partition by list (n)",
            "create table parted_1 partition of parted for values in (1)",
            "create table parted_2 partition of parted for values in (2)",
            "insert into whole select generate_series(1, 300)",
            "insert into parted select 1 + n % 2 from generate_series(1, 500) n",
        ] {
            sqlx::query(statement).execute(&mut *conn).await.unwrap();
        }
        assert_eq!(about_rows(&mut conn, &["whole", "parted"]).await.unwrap(), 0, "it has not looked yet");
        sqlx::query("analyze whole, parted").execute(&mut *conn).await.unwrap();
        assert_eq!(about_rows(&mut conn, &["whole"]).await.unwrap(), 300);
        assert_eq!(about_rows(&mut conn, &["parted"]).await.unwrap(), 500);
        assert_eq!(about_rows(&mut conn, &["whole", "parted"]).await.unwrap(), 800);
        assert!(about_rows(&mut conn, &["nothing"]).await.is_err());
    }
}

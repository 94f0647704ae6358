//! How many rows each table has: what a check compares to show that something wrote nothing.

use crate::{Conn, Result};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;

/// The number of rows of every table of the node, by its name; a partitioned table counts once, with all its partitions.
pub async fn row_counts(conn: &mut Conn) -> Result<BTreeMap<String, i64>> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(relname) from pg_class
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
         order by relname",
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut counts = BTreeMap::new();
    for table in tables {
        // The name is one that the database itself gave, quoted by it.
        let count = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")));
        counts.insert(table, count.fetch_one(&mut *conn).await?);
    }
    Ok(counts)
}

//! The keys of the tables, as the database has them: by what a table could be spread over several servers shows in these.

use crate::{Conn, Result};
use std::collections::BTreeMap;

/// The columns of every primary and unique key of every table, by its name; a partitioned table once, with all its partitions.
pub async fn keys(conn: &mut Conn) -> Result<BTreeMap<String, Vec<Vec<String>>>> {
    let rows: Vec<(String, Option<Vec<String>>)> = sqlx::query_as(
        "select tables.relname::text,
                (select array_agg(columns.attname::text order by columns.attnum)
                 from pg_attribute columns
                 where columns.attrelid = tables.oid and columns.attnum = any(keys.indkey::smallint[]))
         from pg_class tables left join pg_index keys on keys.indrelid = tables.oid and keys.indisunique
         where tables.relnamespace = 'public'::regnamespace and tables.relkind in ('r', 'p') and not tables.relispartition
           and tables.relname <> '_sqlx_migrations'
         order by tables.relname, keys.indexrelid",
    )
    .fetch_all(conn)
    .await?;
    let mut found = BTreeMap::<String, Vec<Vec<String>>>::new();
    for (table, key) in rows {
        found.entry(table).or_default().extend(key);
    }
    Ok(found)
}

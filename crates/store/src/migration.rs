//! The schema brought up to date while nodes of the version before go on serving.
//!
//! **Expand, contract.** A migration only adds what the program before does not miss: it expands. What nothing uses any more is
//! taken away by a later migration, which contracts, and says since which schema programs do without it: in its name,
//! `0031_contract_since_0028_drop_what.sql`, which the database keeps, and in a line of it, `-- contract: since 0028`. So a
//! program that is older than its database knows whether it may serve there: unless the database has contracted something
//! that it still uses. `tests/migrations.rs` holds the rule.
//!
//! **Indexes of large tables** are made after the migrations, one by one, without keeping anybody from writing meanwhile; what an
//! instance that was killed has left half made is made anew.

use crate::{Error, Result};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, PgPool, SqlStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};
use std::{sync::LazyLock, time::Duration};
use terms::Moment;

/// The files of `migrations`, in order: number, name and statements.
const FILES: &[(i64, &str, &str)] = &include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The migrations of a node's database, in order. Those of later programs are left alone, and instances wait for each other by a
/// lock of their own.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let read = |&(number, name, statements): &(i64, &'static str, &'static str)| {
        Migration::new(number, name.into(), MigrationType::Simple, SqlStr::from_static(statements), false)
    };
    let mut migrations = Migrator::with_migrations(FILES.iter().map(read).collect());
    migrations.set_ignore_missing(true).set_locking(false);
    migrations
});

/// The lock of whoever migrates.
const LOCK: i64 = 20_260_000;
/// How long a migration waits for a table that statements are using. All who come later wait behind it as long.
const TABLE_PATIENCE: &str = "set lock_timeout = '3s'";
/// How often a migration is tried that did not get its table …
const TRIES: u32 = 40;
/// … and what the traffic gets between two of them.
const PAUSE: Duration = Duration::from_secs(1);
/// What the database says where a table was not free in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// How the schema stands to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// The program can serve on it: it is the program's, or a later program has only added to it.
    Fits,
    /// It lacks migrations that the program has.
    Behind,
    /// A later program has taken away what this one uses: only programs that know this schema serve on it.
    Contracted {
        /// The number of that schema.
        since: i64,
    },
}

/// Brings the schema up to date. Instances that start at once do it one after the other; the first does the work.
///
/// # Errors
/// [`Error::Contracted`] if the database has moved on further than this program can follow.
pub async fn bring_up_to_date(pool: &PgPool) -> Result<()> {
    // Closed when this ends, however it ends: its lock ends with it.
    let mut conn = pool.acquire().await?.detach();
    // Asked for again and again: an index that is made beside others waits for every statement that has begun, so none may wait for it.
    while !sqlx::query_scalar::<_, bool>("select pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(&mut conn)
        .await?
    {
        tokio::time::sleep(PAUSE / 5).await;
    }
    sqlx::query(TABLE_PATIENCE).execute(&mut conn).await?;
    for attempt in 1.. {
        // The way around "implementation of `Acquire` is not general enough".
        match MIGRATIONS.run_direct(None, &mut conn, false).await {
            Ok(()) => break,
            Err(error) if attempt < TRIES && was_not_free(&error) => {
                tracing::info!(attempt, "a table that is to be changed is in use; the migration tries again");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let stands = schema(&mut conn).await?;
    if !matches!(stands, Schema::Contracted { .. }) {
        sqlx::query("set lock_timeout = 0").execute(&mut conn).await?;
        for index in missing(&mut conn).await? {
            index.make(&mut conn).await?;
        }
        crate::institution::fill_letters(&mut conn).await?;
        crate::figures::filed::keep_on(&mut conn).await?;
    }
    conn.close().await?;
    match stands {
        Schema::Contracted { since } => Err(Error::Contracted { since, known: newest_known() }),
        Schema::Fits | Schema::Behind => Ok(()),
    }
}

/// An index of a table that may be large.
struct Index {
    name: &'static str,
    table: &'static str,
    columns: &'static str,
}

const fn index(name: &'static str, table: &'static str, columns: &'static str) -> Index {
    Index { name, table, columns }
}

/// What lists of large tables come in the order of.
const INDEXES: &[Index] = &[
    // Guests by where they are insured, in the order of the book's own key.
    index("treatment_settlement_by_insured", "treatment_settlement", "insured, month, id"),
    index("treatment_settlement_by_person", "treatment_settlement", "person"),
    // The insured place's book is keyed by ids of other provinces: in the order of time it is read by this.
    index("insured_settlement_by_time", "insured_settlement", "committed_at, id"),
    index("hub_settlement_by_time", "hub_settlement", "recorded_at"),
    // Confirmations that no payment has taken in yet are few among those that one has.
    index(
        "apportioning_confirmation_by_stage",
        "apportioning_confirmation",
        "stage, area, institution, month",
    ),
    index("person_by_citizen", "person", "citizen"),
    index("person_by_number", "person", "number"),
    index("person_by_name", "person", "name text_pattern_ops"),
    // The id of a filing says when it was applied for: province, milliseconds, serial.
    index("filing_by_time", "filing", "substr(id, 7, 13), id"),
    index("filing_by_stage", "filing", "(content #>> '{stage,name}'), substr(id, 7, 13), id"),
    // A category that few have is not looked for through all the others.
    index("filing_by_category", "filing", "(content -> 'category'), substr(id, 7, 13), id"),
    index("national_filing_by_category", "national_filing", "(content -> 'category'), substr(id, 7, 13), id"),
    // Of a small pooling area, or a province, few filings lie among those of all others.
    index("filing_by_area", "filing", "area, substr(id, 7, 13), id"),
    index("national_filing_by_province", "national_filing", "province, substr(id, 7, 13), id"),
    index("audit_trail_of_outcome", "audit_trail", "outcome, sequence"),
    index("transcript_message_by_seal", "transcript_message", "area, institution, seal"),
    index("national_filing_by_time", "national_filing", "substr(id, 7, 13), id"),
    index(
        "national_filing_by_stage",
        "national_filing",
        "(content #>> '{stage,name}'), substr(id, 7, 13), id",
    ),
];

/// The indexes of [`INDEXES`] that are not there, or are half made: all are asked for at once, since hardly ever one is missing.
async fn missing(conn: &mut PgConnection) -> Result<Vec<&'static Index>> {
    let names: Vec<&str> = INDEXES.iter().map(|index| index.name).collect();
    let made: Vec<String> = sqlx::query_scalar(
        "select wanted.name from unnest($1::text[]) as wanted (name)
         join pg_index on indexrelid = to_regclass(wanted.name) and indisvalid",
    )
    .bind(names)
    .fetch_all(conn)
    .await?;
    Ok(INDEXES.iter().filter(|index| !made.iter().any(|name| name == index.name)).collect())
}

impl Index {
    /// Makes it, partition by partition, while others write. Whoever calls holds the lock of whoever migrates.
    async fn make(&self, conn: &mut PgConnection) -> Result<()> {
        let Self { name, table, columns } = self;
        let is_partitioned: bool =
            sqlx::query_scalar("select relkind = 'p' from pg_class where oid = $1::regclass")
                .bind(table)
                .fetch_one(&mut *conn)
                .await?;
        let mut run = async |statement: String| {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *conn).await.map(drop)
        };
        if !is_partitioned {
            run(format!("drop index concurrently if exists {name}")).await?;
            run(format!("create index concurrently {name} on {table} ({columns})")).await?;
            return Ok(());
        }
        // Partitions that have none of it yet; those that are made from now on get it with their table.
        run(format!("create index if not exists {name} on only {table} ({columns})")).await?;
        let missing: Vec<String> = sqlx::query_scalar(
            "select inhrelid::regclass::text from pg_inherits where inhparent = $2::regclass and not exists (
                 select 1 from pg_inherits of_index join pg_index on indexrelid = of_index.inhrelid
                 where of_index.inhparent = $1::regclass and indrelid = pg_inherits.inhrelid)
             order by 1",
        )
        .bind(name)
        .bind(table)
        .fetch_all(&mut *conn)
        .await?;
        let mut run = async |statement: String| {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *conn).await.map(drop)
        };
        if missing.is_empty() {
            // Nothing is large that has no partitions.
            run(format!("drop index {name}")).await?;
            run(format!("create index {name} on {table} ({columns})")).await?;
        }
        for partition in missing {
            let part = name.replacen(table, &partition, 1);
            run(format!("drop index concurrently if exists {part}")).await?;
            run(format!("create index concurrently {part} on {partition} ({columns})")).await?;
            run(format!("alter index {name} attach partition {part}")).await?;
        }
        Ok(())
    }
}

fn was_not_free(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE))
}

/// How the schema stands to the program.
pub async fn schema(conn: &mut crate::Conn) -> Result<Schema> {
    let applied: Vec<(i64, String)> =
        sqlx::query_as("select version, description from _sqlx_migrations where success order by version")
            .fetch_all(conn)
            .await?;
    Ok(standing(&applied, newest_known()))
}

/// The newest migration that the program has.
fn newest_known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// How migrations that were applied, by number and description, stand to a program that knows all up to `known`.
fn standing(applied: &[(i64, String)], known: i64) -> Schema {
    let later = applied.iter().filter(|(version, _)| *version > known);
    let since = later.filter_map(|(_, description)| contracts_since(description)).max();
    match since.filter(|since| *since > known) {
        Some(since) => Schema::Contracted { since },
        None if applied.last().is_none_or(|(version, _)| *version < known) => Schema::Behind,
        None => Schema::Fits,
    }
}

/// Since which schema programs do without what a migration takes away; `None` if it takes nothing away.
fn contracts_since(description: &str) -> Option<i64> {
    description.strip_prefix("contract since ")?.split(' ').next()?.parse().ok()
}

/// Every number, for tests that go through the migrations one by one.
pub fn numbers() -> Vec<i64> {
    MIGRATIONS.iter().map(|migration| migration.version).collect()
}

/// The text of a migration.
pub fn text(number: i64) -> Option<&'static str> {
    let found = MIGRATIONS.iter().find(|migration| migration.version == number)?;
    Some(found.sql.as_str())
}

/// Brings an empty or older schema up to a migration and no further, with the months around `now`: what tests of later migrations
/// begin with.
pub async fn bring_up_to(store: &crate::Store, number: i64, now: Moment) -> Result<()> {
    MIGRATIONS.run_direct(Some(number), &mut *store.pool.acquire().await?, false).await?;
    store.make_months(now).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, embedded::fixture::TestCluster};
    use terms::Participant;

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    #[test]
    fn a_program_serves_on_a_later_schema_that_has_not_taken_away_what_it_uses() {
        let plain = |version: i64| (version, "more of something".to_owned());
        let contract = |version: i64, since: i64| (version, format!("contract since {since:04} drop what"));
        for (applied, known, expected) in [
            (vec![], 3, Schema::Behind),
            (vec![plain(1), plain(2)], 3, Schema::Behind),
            (vec![plain(1), plain(2), plain(3)], 3, Schema::Fits),
            (vec![plain(1), plain(2), plain(3), plain(4)], 3, Schema::Fits),
            // Programs since 3 do without what 5 takes away, those before do not.
            (vec![plain(3), plain(4), contract(5, 3)], 3, Schema::Fits),
            (vec![plain(3), plain(4), contract(5, 3)], 2, Schema::Contracted { since: 3 }),
            (vec![plain(3), contract(4, 3), contract(6, 5)], 4, Schema::Contracted { since: 5 }),
            // What the program has itself is no reason.
            (vec![plain(1), contract(2, 1), plain(3)], 3, Schema::Fits),
        ] {
            assert_eq!(standing(&applied, known), expected, "{applied:?} for a program of {known}");
        }
    }

    #[tokio::test]
    async fn instances_that_start_at_once_migrate_once() {
        let database = TestCluster::shared().empty_database().await;
        let mut starts = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let options = database.options.clone();
            starts.spawn(async move {
                let store = Store::open(options, 2).await.unwrap();
                store.prepare(Participant::Hub, now()).await.unwrap();
                store
            });
        }
        let stores = starts.join_all().await;
        let applied: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations order by version")
            .fetch_all(&stores[0].pool)
            .await
            .unwrap();
        assert_eq!(applied, numbers());
    }

    #[tokio::test]
    async fn a_program_starts_on_what_a_later_one_has_added_to_and_not_on_what_it_has_taken_from() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let later = async |version: i64, description: &str| {
            sqlx::query(
                "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values ($1, $2, true, '', 0)",
            )
            .bind(version)
            .bind(description)
            .execute(&store.pool)
            .await
            .unwrap();
        };
        later(9001, "more of something").await;
        store.prepare(Participant::Hub, now()).await.unwrap();
        assert_eq!(schema(&mut store.conn().await.unwrap()).await.unwrap(), Schema::Fits);
        later(9002, "contract since 9001 drop what").await;
        let refused = store.prepare(Participant::Hub, now()).await.unwrap_err();
        assert!(matches!(refused, Error::Contracted { since: 9001, .. }), "{refused}");
    }

    #[tokio::test]
    async fn a_migration_that_does_not_get_its_table_lets_the_traffic_through_and_tries_again() {
        let database = TestCluster::shared().empty_database().await;
        let store = Store::open(database.options, 4).await.unwrap();
        bring_up_to(&store, 15, now()).await.unwrap();
        // 0016 changes the table that this holds, until the migration has given up a first time.
        let mut held = store.begin().await.unwrap();
        sqlx::query("select count(*) from hub_settlement").execute(held.conn()).await.unwrap();
        let migrating = {
            let store = store.clone();
            tokio::spawn(async move { bring_up_to_date(&store.pool).await })
        };
        let mut looks = store.conn().await.unwrap();
        let waits = async |conn: &mut crate::Conn| -> i64 {
            sqlx::query_scalar(
                "select count(*) from pg_locks where not granted and database =
                                (select oid from pg_database where datname = current_database())",
            )
            .fetch_one(conn)
            .await
            .unwrap()
        };
        while waits(&mut looks).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        while waits(&mut looks).await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!migrating.is_finished(), "it tries again");
        held.save().await.unwrap();
        migrating.await.unwrap().unwrap();
        assert_eq!(schema(&mut looks).await.unwrap(), Schema::Fits);
    }
}

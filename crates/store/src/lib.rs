//! Every SQL statement of the program, and nothing else: migrations, reads, and the unit of work that writes.
//!
//! One dialect, PostgreSQL's. A read takes a [`Conn`]; a write takes the [`Work`] of its use case, which is one transaction
//! that ends in one visible [`Work::save`]. This crate knows the field's values and must not know message formats, HTTP, or
//! the clock: what is kept whole for other nodes is JSON to it.
//!
//! To add a table: a migration with the province or pooling area first in every key, and a file named as the noun.

mod about;
pub mod account;
pub mod act;
pub mod announcement;
pub mod apportioning;
pub mod area_clearing;
pub mod area_dispute;
pub mod area_prepayment;
pub mod audit;
pub mod audit_trail;
pub mod backup;
pub mod bank;
pub mod batch;
pub mod bill;
pub mod book;
pub mod census;
pub mod change;
pub mod clearing;
pub mod clearing_statement;
pub mod complaint;
pub mod correction;
pub mod daily_reconciliation;
pub mod deduction;
pub mod department;
pub mod detail;
pub mod difference;
pub mod distribution;
mod document;
pub mod embedded;
pub mod emergency_increase;
pub mod fault;
pub mod fee;
pub mod figures;
pub mod file;
pub mod filing;
pub mod hub;
pub mod identity;
pub mod institution;
pub mod institution_payment;
pub mod insured;
pub mod issued_document;
pub mod job;
pub mod ledger;
pub mod mapping;
pub mod material;
pub mod measure;
pub mod medium;
pub mod message;
pub mod migration;
mod money;
pub mod notice;
pub mod outbox;
pub mod outside_settlement;
pub mod payment_order;
pub mod person;
pub mod prepayment;
pub mod purchase_order;
pub mod reconciliation;
pub mod registration;
pub mod reported_stays;
mod row;
pub mod search;
pub mod self_paid;
pub mod session;
pub mod settlement_list;
pub mod special_attribute;
pub mod status;
pub mod timing;
pub mod transcript;
pub mod transmission;
pub mod treatment;
pub mod turn;
pub mod urging;
pub mod visit;

use sqlx::{
    Connection, PgPool, Postgres, Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use terms::{Fen, Fund, Moment, Month, Participant, Province, SettlementId};
use timing::{Listener, Step, Timing};
use tokio::time::Instant;

pub use document::Document;
use fault::{Faults, MaybeFaults, Point, meet};
pub use row::{area_of, participant_number};

/// A connection to read from.
pub type Conn = sqlx::PgConnection;

/// Why the database did not do what was asked. Callers answer "busy, nothing was written" and log this.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A later program has taken away from the schema what this one uses.
    #[error(
        "the schema is of a later program: programs that know {since:04} serve on it, this one knows {known:04}"
    )]
    Contracted {
        /// The oldest schema that a program must know.
        since: i64,
        /// The newest that this one knows.
        known: i64,
    },
    /// A stored value is not what this program writes.
    #[error("stored value of {column} cannot be read: {value}")]
    Corrupt {
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// Rows of the hub's book that do not balance: they cannot be added up.
    #[error("settlements that do not balance: {}", .settlements.iter().map(|one| one.settlement.to_string()).collect::<Vec<_>>().join(", "))]
    Unbalanced {
        /// Some of them.
        settlements: Vec<Unbalanced>,
    },
    /// The database belongs to another participant.
    #[error("this database belongs to node {owner}, not to {asked}: give each node a database of its own")]
    OtherOwner {
        /// Whose it is.
        owner: i32,
        /// Who asked.
        asked: i32,
    },
}

impl Error {
    /// Whether another writer was first with the same key: the caller reads what that one wrote.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// A settlement of the hub's book that does not balance: 医疗费总额 is not what funds and person pay together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbalanced {
    /// Which.
    pub settlement: SettlementId,
    /// 参保省.
    pub insured: Province,
    /// 就医省.
    pub treatment: Province,
}

/// What a use of the database gives.
pub type Result<T> = std::result::Result<T, Error>;

/// A node's database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
    /// For the batches, which join what they are given with the tables along their keys.
    writers: PgPool,
    /// For what an instance keeps beside its work, however busy it is: an ear for changes, and its turn at something.
    aside: PgPool,
    faults: MaybeFaults,
    timing: Timing,
}

/// A connection that was used so lately is taken for alive.
const RESTED: Duration = Duration::from_millis(200);

/// Connections for batches: one for each kind that a node does.
const WRITERS: u32 = 5;

/// Connections beside the work: one that listens, one that holds a turn.
const ASIDE: u32 = 2;

impl Store {
    /// Opens a database with so many connections at most.
    pub async fn open(options: PgConnectOptions, connections: u32) -> Result<Self> {
        // Statements are few and always the same, and their tables have many partitions: they are planned once, not at every
        // run. The plan must then be right for tables that have grown since: along the keys, whatever the size today.
        let options = options.options([
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("jit", "off"),
            // What an instance holds whose machine is gone is let go within a minute, not after hours.
            ("tcp_keepalives_idle", "30"),
            ("tcp_keepalives_interval", "10"),
            ("tcp_keepalives_count", "3"),
        ]);
        let along_keys = options.clone().options([("enable_hashjoin", "off"), ("enable_mergejoin", "off")]);
        let pool = |most: u32| {
            PgPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(Duration::from_secs(10))
                .test_before_acquire(false)
                // One that has rested is asked first: the server may have been started again meanwhile.
                .before_acquire(|connection, rest| {
                    Box::pin(async move { Ok(rest.idle_for < RESTED || connection.ping().await.is_ok()) })
                })
        };
        Ok(Self {
            aside: pool(ASIDE).connect_lazy_with(options.clone()),
            pool: pool(connections).connect_with(options).await?,
            writers: pool(WRITERS).connect_lazy_with(along_keys),
            faults: None,
            timing: Timing::default(),
        })
    }

    /// The same database, with somebody who makes trouble.
    #[must_use]
    pub fn with_faults(self, faults: Arc<dyn Faults>) -> Self {
        Self { faults: Some(faults), ..self }
    }

    /// Whether all connections have been given back.
    pub fn is_at_rest(&self) -> bool {
        [&self.pool, &self.writers]
            .into_iter()
            .all(|pool| u32::try_from(pool.num_idle()).is_ok_and(|idle| idle == pool.size()))
    }

    /// Opens the same database once more, as another instance of the node does.
    pub async fn opened_again(&self, connections: u32) -> Result<Self> {
        Self::open(self.pool.connect_options().as_ref().clone(), connections).await
    }

    /// Opens the database that a `postgres://` address names.
    pub async fn open_url(url: &str, connections: u32) -> Result<Self> {
        Self::open(url.parse()?, connections).await
    }

    /// Brings the schema up to date ([`migration`]), makes the partitions of the months from the one before `today` to three after it, and
    /// takes the database for `owner`: an empty one becomes the owner's, another's is refused.
    pub async fn prepare(&self, owner: Participant, now: Moment) -> Result<()> {
        migration::bring_up_to_date(&self.pool).await?;
        self.make_months(now).await?;
        let asked = participant_number(owner);
        sqlx::query(
            "insert into node (participant, created_at) select $1, $2 where not exists (select 1 from node)",
        )
        .bind(asked)
        .bind(now.millis())
        .execute(&self.pool)
        .await?;
        let owner: i32 = sqlx::query_scalar("select participant from node").fetch_one(&self.pool).await?;
        if owner == asked { Ok(()) } else { Err(Error::OtherOwner { owner, asked }) }
    }

    /// Only the schema: what test fixtures make a template of.
    pub async fn migrate(&self, now: Moment) -> Result<()> {
        migration::bring_up_to_date(&self.pool).await?;
        self.make_months(now).await
    }

    /// Makes the partitions of the months around `now` that are not there yet.
    pub async fn make_months(&self, now: Moment) -> Result<()> {
        let mut month = now.day().plus_months(-1).month();
        let mut work = self.begin().await?;
        sqlx::query("select pg_advisory_xact_lock(20260101)").execute(work.conn()).await?;
        let have: i64 = sqlx::query_scalar("select count(*) from pg_class where relname = any($1)")
            .bind(months_around(month).map(|month| format!("transfer_{}", month.number())).to_vec())
            .fetch_one(work.conn())
            .await?;
        if have < 5 {
            for _ in 0..5 {
                sqlx::query("select make_month($1)").bind(month.number()).execute(work.conn()).await?;
                sqlx::query("select leave_room($1)")
                    .bind(month.number().to_string())
                    .execute(work.conn())
                    .await?;
                month = month.next();
            }
        }
        work.save().await
    }

    /// A connection to read from.
    pub async fn conn(&self) -> Result<PoolConnection<Postgres>> {
        meet(self.faults.as_ref(), Point::Read).await?;
        let asked = Instant::now();
        let connection = self.pool.acquire().await;
        self.timing.tell(Step::Connection, asked.elapsed());
        Ok(connection?)
    }

    /// Begins a unit of work. Dropped without [`Work::save`], it never was.
    pub async fn begin(&self) -> Result<Work> {
        meet(self.faults.as_ref(), Point::Begin).await?;
        let began = Instant::now();
        let transaction = self.pool.begin().await;
        self.timing.tell(Step::Connection, began.elapsed());
        Ok(Work {
            transaction: transaction?,
            began,
            timing: self.timing.clone(),
            faults: self.faults.clone(),
        })
    }

    /// Tells this one from now on how long the database keeps whoever uses it, and no longer whoever was told before.
    pub fn tell_times(&self, listener: Listener) {
        self.timing.tell_to(listener);
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
        self.writers.close().await;
        self.aside.close().await;
    }
}

fn months_around(first: Month) -> [Month; 5] {
    let mut month = first;
    std::array::from_fn(|_| {
        let this = month;
        month = month.next();
        this
    })
}

/// A unit of work: all of its writes happen at [`Work::save`], or none.
#[must_use = "a unit of work that is not saved is undone"]
#[derive(Debug)]
pub struct Work {
    transaction: Transaction<'static, Postgres>,
    began: Instant,
    timing: Timing,
    faults: MaybeFaults,
}

impl Work {
    /// The connection of this unit of work, to read what it is about to change.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.transaction
    }

    /// Lets this unit of work read whole months in one pass: along keys that would take many times as long.
    pub(crate) async fn read_whole(&mut self) -> Result<()> {
        for setting in ["set local enable_seqscan = on", "set local plan_cache_mode = force_custom_plan"] {
            sqlx::query(setting).execute(self.conn()).await?;
        }
        Ok(())
    }

    /// Makes all of it durable.
    pub async fn save(self) -> Result<()> {
        if let Err(trouble) = meet(self.faults.as_ref(), Point::Save).await {
            self.transaction.rollback().await?;
            return Err(trouble);
        }
        self.transaction.commit().await?;
        self.timing.tell(Step::Work, self.began.elapsed());
        meet(self.faults.as_ref(), Point::Saved).await
    }
}

/// The amounts of a settlement, as all three books keep them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// 医疗费总额.
    pub total: Fen,
    /// 基金支付总额.
    pub fund_total: Fen,
    /// 个人负担总金额.
    pub person_total: Fen,
    /// 个人账户支出: what of it personal accounts pay.
    pub account: Fen,
    /// What each fund pays.
    pub funds: BTreeMap<Fund, Fen>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::PoolingArea;

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    #[tokio::test]
    async fn every_key_begins_with_the_province_or_area_so_that_tables_can_be_distributed() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let mut conn = store.conn().await.unwrap();
        let keys: Vec<(String, String)> = sqlx::query_as(
            "select tables.relname::text, first.attname::text
             from pg_index keys
             join pg_class tables on tables.oid = keys.indrelid and tables.relkind in ('r', 'p')
                  and not tables.relispartition and tables.relnamespace = 'public'::regnamespace
             join pg_attribute first on first.attrelid = tables.oid and first.attnum = keys.indkey[0]
             where keys.indisunique and tables.relname <> '_sqlx_migrations'
             order by 1",
        )
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        assert!(keys.len() > 15, "{keys:?}");
        for (table, column) in keys {
            assert!(
                ["area", "province", "participant"].contains(&column.as_str()),
                "{table} is keyed by {column} first"
            );
        }
    }

    #[tokio::test]
    async fn a_database_has_one_owner() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let hubei: Participant = "420000".parse().unwrap();
        store.prepare(hubei, now()).await.unwrap();
        store.prepare(hubei, now()).await.unwrap();
        let refused = store.prepare(Participant::Hub, now()).await.unwrap_err();
        assert!(matches!(refused, Error::OtherOwner { owner: 420_000, asked: 100_000 }), "{refused}");
    }

    #[tokio::test]
    async fn months_are_made_ahead_and_a_row_of_any_month_finds_a_place() {
        let store = TestCluster::shared().fresh_store(now()).await;
        store.make_months(now()).await.unwrap();
        store.make_months("2027-03-01 00:00:00".parse().unwrap()).await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let parts: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where relispartition and relkind = 'r' and relname like 'transfer_%'
             order by 1",
        )
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        let named = |part: &str| parts.iter().any(|one| one == part);
        assert!(
            named("transfer_202610") && named("transfer_202612") && named("transfer_202706"),
            "{parts:?}"
        );
        for month in [202_001, 202_611, 209_912] {
            sqlx::query(
                "insert into transfer (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                 values (110000, $1, 'a', 'a', 'a', 'b', 1, 'settlement', 20260101, 0)",
            )
            .bind(month)
            .execute(&mut *conn)
            .await
            .unwrap();
        }
    }

    #[tokio::test]
    async fn a_unit_of_work_that_is_not_saved_never_was() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let mut work = store.begin().await.unwrap();
        let area = PoolingArea(terms::AdminDivision::new(110_000).unwrap());
        let asked = outbox::Asked::InsuredPlace(area.province());
        outbox::put(&mut work, area, ("a", "settle"), asked, (now(), now())).await.unwrap();
        drop(work);
        assert_eq!(outbox::count(&mut store.conn().await.unwrap()).await.unwrap(), 0);
    }
}

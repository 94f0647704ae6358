//! What no node ever does to its books, for measurements (`yidi bench`) and for stories about what finds it: settlements that nobody
//! settled, rows that somebody changed behind the node's back.

mod desks;
mod multiply;

use crate::{Conn, Result, row::division_number};
pub use desks::{
    copy_papers, fill_audit_trail, fill_bank_entries, fill_complaints, fill_differences, fill_notices,
    fill_vouchers, look_again,
};
use funds::Side;
pub use multiply::{
    Copied, Multiplying, copied, fill_institutions, multiply_hub, multiply_insured, multiply_treatment,
};
use sqlx::{AssertSqlSafe, Executor};
use std::time::{Duration, Instant};
use terms::{Day, Fen, PoolingArea, Province, SettlementId};

/// What is filled in.
#[derive(Clone, Copy, Debug)]
pub struct Filling {
    /// Of which day.
    pub day: Day,
    /// How many.
    pub settlements: i64,
    /// Where people are treated.
    pub treatment: Province,
    /// Where they are insured.
    pub insured: PoolingArea,
    /// How many characters each of the documents has that a province keeps with a settlement.
    pub document: i32,
}

/// Fills the treatment place's book with settlements that are the same at all sides.
pub async fn fill_treatment(conn: &mut Conn, filling: Filling) -> Result<()> {
    fill_book(conn, Side::Treatment, filling).await
}

/// The same in the hub's book.
pub async fn fill_hub(conn: &mut Conn, filling: Filling) -> Result<()> {
    fill_book(conn, Side::Hub, filling).await
}

/// The same in the insured place's book.
pub async fn fill_insured(conn: &mut Conn, filling: Filling) -> Result<()> {
    fill_book(conn, Side::Insured, filling).await
}

async fn fill_book(conn: &mut Conn, side: Side, filling: Filling) -> Result<()> {
    let month = filling.day.month().number();
    let table = match side {
        Side::Treatment => "treatment_settlement",
        Side::Hub => "hub_settlement",
        Side::Insured => "insured_settlement",
    };
    // Nobody will miss these rows: they need no journal.
    conn.execute(AssertSqlSafe(format!("alter table {table}_{month} set unlogged"))).await?;
    let amounts = "total, fund_total, person_total, account, funds, fund_paid";
    let statement = match side {
        Side::Treatment => format!(
            "insert into treatment_settlement (province, area, month, id, visit, institution, msgid, stage, person, scheme, insured,
                 {amounts}, claim, breakdown, asked_at, settled_at, registration, care)
             select $1, $1 + 100, $3, id, id, 'H42010600901', 'M' || n, 1, '90' || n, '310', $2 + 105,
                 {AMOUNTS}, repeat('x', $6), repeat('x', $6), at, at + 500, '{{}}', '11'
             from (select n, at, {ID} as id from {NUMBERS}) line"
        ),
        Side::Hub => format!(
            "insert into hub_settlement (province, month, id, stage, treatment, insured, institution, scheme, {amounts},
                 committed_at, recorded_at, place, care, clearing_month)
             select $2 / 10000 * 10000, $3, id, 0, $1, $2 + 105, 'H42010600901', '310', {AMOUNTS}, at + 300, at + 400, $1 + 106,
                 '11', $3
             from (select n, at, {ID} as id from {NUMBERS}) line where $6 >= 0"
        ),
        Side::Insured => format!(
            "insert into insured_settlement (area, month, id, stage, person, scheme, year, treatment, institution, {amounts},
                 contribution, claim, breakdown, committed_at)
             select $2, $3, id, 0, '90' || n, '310', $3 / 100, $1, 'H42010600901', {AMOUNTS},
                 '{{}}', repeat('x', $6), repeat('x', $6), at + 300
             from (select n, at, {ID} as id from {NUMBERS}) line"
        ),
    };
    sqlx::query(AssertSqlSafe(statement))
        .bind(division_number(filling.treatment.division()))
        .bind(division_number(filling.insured.division()))
        .bind(month)
        .bind(filling.day.start().millis())
        .bind(filling.settlements)
        .bind(filling.document)
        .execute(&mut *conn)
        .await?;
    conn.execute(AssertSqlSafe(format!("vacuum analyze {table}_{month}"))).await?;
    Ok(())
}

/// A number and a moment for each, over the day.
const NUMBERS: &str =
    "(select n, $4 + n * 86000000 / $5 as at from generate_series(1, $5) as each (n)) numbered";
/// The id of each: its last digits are spread as those of drawn ids are.
const ID: &str = "$1::text || lpad(at::text, 13, '0') || lpad((n * 7919 % 100000000000)::text, 11, '0')";
/// Amounts that differ from one to the next and add up.
const AMOUNTS: &str =
    "10000 + n % 5000, 7000 + n % 5000, 3000, 100, '{310100,330100}', array[6000 + n % 5000, 1000]";

/// How many settlements the hub's book holds.
pub async fn count_hub(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from hub_settlement").fetch_one(conn).await?)
}

/// How long a commit of one small row takes, alone: the median of some.
pub async fn commit_time(conn: &mut Conn) -> Result<Duration> {
    conn.execute("create table if not exists measured (n integer)").await?;
    let mut times = Vec::new();
    for _ in 0..101 {
        let begun = Instant::now();
        conn.execute("insert into measured values (1)").await?;
        times.push(begun.elapsed());
    }
    conn.execute("drop table measured").await?;
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// Changes every so many-th settlement of a day in the hub's book by a fen; of how many.
pub async fn alter_hub(conn: &mut Conn, day: Day, every: i64) -> Result<u64> {
    let done = sqlx::query(
        "update hub_settlement set total = total + 1, person_total = person_total + 1
         where month = $1 and substr(id, 7, 13)::bigint between $2 and $3
           and right(id, 11)::bigint % $4 = 0",
    )
    .bind(day.month().number())
    .bind(day.start().millis())
    .bind(day.plus_days(1).start().millis() - 1)
    .bind(every)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Changes rows of a table behind the node's back, as whoever has the database's password can; how many. [`mend`] puts them back.
pub async fn spoil(conn: &mut Conn, table: &str, statement: &str) -> Result<u64> {
    conn.execute(AssertSqlSafe(format!("create table spoilt as table {table}"))).await?;
    Ok(conn.execute(AssertSqlSafe(statement.to_owned())).await?.rows_affected())
}

/// Leaves a table as it was spoilt: the program is to mend it.
pub async fn keep_spoilt(conn: &mut Conn) -> Result<()> {
    conn.execute("drop table spoilt").await?;
    Ok(())
}

/// Puts a table back as it was before it was spoilt.
pub async fn mend(conn: &mut Conn, table: &str) -> Result<()> {
    // What the database computes by itself cannot be put back, and need not be.
    let statement = format!(
        "do $$
         declare
             columns text;
         begin
             select string_agg(quote_ident(attname), ',') into columns from pg_attribute
             where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped and attgenerated = '';
             delete from {table};
             execute format('insert into {table} (%s) select %s from spoilt', columns, columns);
             drop table spoilt;
         end $$"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(conn).await?;
    Ok(())
}

/// Lets whatever is written into a table fail from now on, and the unit of work with it.
pub async fn refuse_writes(conn: &mut Conn, table: &str) -> Result<()> {
    let statement = format!(
        "create or replace function refuse_writes() returns trigger language plpgsql as $$
         begin
             raise exception 'nothing is written into % just now', tg_table_name;
         end
         $$;
         create trigger refuse_writes before insert or update or delete on {table}
             for each statement execute function refuse_writes()"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(conn).await?;
    Ok(())
}

/// Ends that.
pub async fn take_writes(conn: &mut Conn, table: &str) -> Result<()> {
    conn.execute(AssertSqlSafe(format!("drop trigger refuse_writes on {table}"))).await?;
    Ok(())
}

/// Keeps what is in all tables now, for [`forget_since`].
pub async fn remember(conn: &mut Conn) -> Result<()> {
    conn.execute(
        "do $$
         declare
             name text;
         begin
             create schema remembered;
             for name in select relname from pg_class
                 where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
             loop
                 execute format('create table remembered.%I as table public.%I', name, name);
             end loop;
         end $$",
    )
    .await?;
    Ok(())
}

/// Puts all tables back as they were when they were remembered: a backup was restored.
pub async fn forget_since(conn: &mut Conn) -> Result<()> {
    conn.execute(
        "do $$
         declare
             name text;
             columns text;
         begin
             for name in select relname from pg_class where relnamespace = 'remembered'::regnamespace and relkind = 'r'
             loop
                 select string_agg(quote_ident(attname), ',') into columns from pg_attribute
                 where attrelid = ('public.' || quote_ident(name))::regclass and attnum > 0 and not attisdropped
                   and attgenerated = '';
                 execute format('delete from public.%I', name);
                 execute format('insert into public.%I (%s) overriding system value select %s from remembered.%I',
                                name, columns, columns, name);
             end loop;
             drop schema remembered cascade;
         end $$",
    )
    .await?;
    Ok(())
}

/// What somebody does to a row behind the node's back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tampering {
    /// The row is gone.
    Deleted,
    /// So much more is the fund's, and less the person's.
    Shifted(Fen),
    /// So much more is the whole, and the person's: the row balances as before.
    Raised(Fen),
    /// It says that it is undone.
    Undone,
    /// It says that it stands.
    Standing,
    /// It stands as if it had never been undone: a backup was put back.
    Restored,
}

/// The last settlement that stands in the hub's book.
pub async fn last_at_hub(conn: &mut Conn) -> Result<Option<SettlementId>> {
    let last = "select id from hub_settlement where stage = 0 order by month desc, recorded_at desc limit 1";
    let found: Option<String> = sqlx::query_scalar(last).fetch_optional(conn).await?;
    Ok(found.and_then(|id| id.parse().ok()))
}

/// Does it to the row of a settlement in the book of one side; whether there was one.
pub async fn tamper(conn: &mut Conn, side: Side, id: SettlementId, how: Tampering) -> Result<bool> {
    let (table, standing, undone) = match side {
        Side::Treatment => ("treatment_settlement", 1, 4),
        Side::Hub => ("hub_settlement", 0, 1),
        Side::Insured => ("insured_settlement", 0, 1),
    };
    let change = match how {
        Tampering::Deleted => format!("delete from {table}"),
        Tampering::Shifted(Fen(fen)) => {
            format!("update {table} set fund_total = fund_total + {fen}, person_total = person_total - {fen}")
        }
        Tampering::Raised(Fen(fen)) => {
            format!("update {table} set total = total + {fen}, person_total = person_total + {fen}")
        }
        Tampering::Undone => format!("update {table} set stage = {undone}"),
        Tampering::Standing => format!("update {table} set stage = {standing}"),
        Tampering::Restored => {
            format!(
                "update {table} set stage = {standing}, undo = null, undo_reason = null, undone_at = null"
            )
        }
    };
    let done = sqlx::query(AssertSqlSafe(format!("{change} where month = $1 and id = $2")))
        .bind(id.month().number())
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

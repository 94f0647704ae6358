//! Monthly clearing (清分, 清算) at the hub: which month a settlement falls into, plans of a month and their lines, what provinces
//! answer, what is left out and comes later, deductions after audit.
//!
//! A settlement's month is decided in the transaction that writes it (`first_open_month()` in SQL, under a lock that is shared by
//! all who write and taken alone by who closes), so that none falls between two months. What is in a closed month does not change
//! any more: an undoing is a line of a later one.

mod answer;
mod carry;
mod deduction;
mod line;
mod pace;
mod scan;
mod sheet;
mod synthetic;

pub use answer::{AnswerRow, answers, put_answer};
pub use carry::{
    Pending, accept, carried_out, carries, carries_of, close_year, correct_waiting, is_year_closed,
    left_out_of_year, pending, put_carries, set_cleared,
};
pub use deduction::{
    Reported, all_deductions, deduction, deductions_of_month, deductions_of_settlement, put_deduction,
};
pub(crate) use line::provinces;
pub use line::{SettledIn, by_ids, given_back, late, moved, page, settled_in};
pub use pace::Pace;
pub use scan::{Counted, Request, about, apportion, recount, recount_of};
pub use sheet::sheet;
pub use synthetic::{Synthetic, count_month, fill_month};

use crate::{
    Conn, Document, Error, Result, Work,
    document::document,
    row::{division, division_number, moment, moment_if, stage, stage_number},
};
use funds::{
    Pair,
    apportioning::Share,
    clearing::{self, ClearedLine, Dues, LeftOut, Plan, Slot, stage::Stage},
};
use serde::{Deserialize, Serialize};
use sqlx::{Row, postgres::PgRow};
use terms::{Day, Moment, Month, Province};

/// The number under which the hub keeps its own rows.
const HUB: i32 = 100_000;
/// What all who write a settlement share, and who closes a month takes alone. Also in `first_open_month()`.
const CALENDAR: i64 = 20_260_019;

/// A month that is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedMonth {
    /// Which.
    pub month: Month,
    /// Where it stands.
    pub stage: Stage,
    /// When it was closed to settlements.
    pub closed_at: Moment,
    /// The last plan; 0 before the first.
    pub revision: u32,
    /// The plan that was adopted; 0 before.
    pub adopted: u32,
    /// When.
    pub adopted_at: Option<Moment>,
    /// By whom.
    pub adopted_by: Option<String>,
}

/// A month of a number such as 202610.
pub(crate) fn month_of(number: i32, column: &'static str) -> Result<Month> {
    let day = number.checked_mul(100).and_then(|number| Day::from_number(number + 1));
    day.map(Day::month).ok_or_else(|| Error::Corrupt { column, value: number.to_string() })
}

/// An integer column as a month.
fn month_column(row: &PgRow, column: &'static str) -> Result<Month> {
    month_of(row.try_get(column)?, column)
}

fn count_column(row: &PgRow, column: &'static str) -> Result<u32> {
    let number: i32 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| Error::Corrupt { column, value: number.to_string() })
}

fn number(revision: u32) -> i32 {
    i32::try_from(revision).expect("nobody plans so often")
}

fn province_number(province: Province) -> i32 {
    division_number(province.division())
}

/// The months that were closed, in their order.
pub async fn months(conn: &mut Conn) -> Result<Vec<ClosedMonth>> {
    let rows = sqlx::query("select * from clearing_month where province = $1 order by month")
        .bind(HUB)
        .fetch_all(conn)
        .await?;
    rows.iter().map(read_month).collect()
}

/// A month; none while it is open.
pub async fn month(conn: &mut Conn, month: Month) -> Result<Option<ClosedMonth>> {
    let row = sqlx::query("select * from clearing_month where province = $1 and month = $2")
        .bind(HUB)
        .bind(month.number())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read_month).transpose()
}

/// The same, held until the unit of work ends.
pub async fn hold(work: &mut Work, month: Month) -> Result<Option<ClosedMonth>> {
    let row = sqlx::query("select * from clearing_month where province = $1 and month = $2 for update")
        .bind(HUB)
        .bind(month.number())
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read_month).transpose()
}

fn read_month(row: &PgRow) -> Result<ClosedMonth> {
    Ok(ClosedMonth {
        month: month_column(row, "month")?,
        stage: stage(row, &Stage::ALL)?,
        closed_at: moment(row, "closed_at")?,
        revision: count_column(row, "revision")?,
        adopted: count_column(row, "adopted")?,
        adopted_at: moment_if(row, "adopted_at")?,
        adopted_by: row.try_get("adopted_by")?,
    })
}

/// The last month that is closed.
pub async fn last_closed(conn: &mut Conn) -> Result<Option<Month>> {
    let number: Option<i32> =
        sqlx::query_scalar("select last_closed from clearing_calendar where province = $1")
            .bind(HUB)
            .fetch_optional(conn)
            .await?;
    number.map(|number| month_of(number, "last_closed")).transpose()
}

/// The first month that settlements are to be cleared in, before any is closed.
pub async fn first_settled(conn: &mut Conn) -> Result<Option<Month>> {
    let number: Option<i32> = sqlx::query_scalar(
        "select least((select min(clearing_month) from hub_settlement where clearing_month <> month),
                      (select min(first.month) from unnest($1::integer[]) as every (province)
                       cross join lateral (select month from hub_settlement
                                           where hub_settlement.province = every.province order by month limit 1) as first))",
    )
    .bind(line::provinces())
    .fetch_one(conn)
    .await?;
    number.map(|number| month_of(number, "clearing_month")).transpose()
}

/// Closes a month to settlements, after all that are just being written; false if it was closed, or is not the next.
///
/// Whoever writes a settlement meanwhile waits until this unit of work is saved: nothing else belongs into it.
pub async fn close(work: &mut Work, month: Month, at: Moment) -> Result<bool> {
    // Rather later than keeping the traffic waiting behind somebody who does not come to an end.
    sqlx::query("set local lock_timeout = '2s'").execute(work.conn()).await?;
    sqlx::query("select pg_advisory_xact_lock($1)").bind(CALENDAR).execute(work.conn()).await?;
    let last = last_closed(work.conn()).await?;
    if last.is_some_and(|last| last.next() != month) {
        return Ok(false);
    }
    sqlx::query(
        "insert into clearing_calendar (province, last_closed) values ($1, $2)
         on conflict (province) do update set last_closed = excluded.last_closed",
    )
    .bind(HUB)
    .bind(month.number())
    .execute(work.conn())
    .await?;
    sqlx::query(
        "insert into clearing_month (province, month, stage, closed_at, revision, adopted) values ($1, $2, $3, $4, 0, 0)",
    )
    .bind(HUB)
    .bind(month.number())
    .bind(stage_number(&Stage::ALL, &Stage::Closed))
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(true)
}

/// The first month that a settlement may fall into; it stays that until the unit of work ends.
pub async fn first_open(work: &mut Work) -> Result<Option<Month>> {
    let open: i32 = sqlx::query_scalar("select first_open_month()").fetch_one(work.conn()).await?;
    if open == 0 { Ok(None) } else { month_of(open, "first_open_month").map(Some) }
}

/// Writes where a month stands now.
pub async fn set_month(work: &mut Work, month: &ClosedMonth) -> Result<()> {
    sqlx::query(
        "update clearing_month set stage = $3, revision = $4, adopted = $5, adopted_at = $6, adopted_by = $7
         where province = $1 and month = $2",
    )
    .bind(HUB)
    .bind(month.month.number())
    .bind(stage_number(&Stage::ALL, &month.stage))
    .bind(number(month.revision))
    .bind(number(month.adopted))
    .bind(month.adopted_at.map(Moment::millis))
    .bind(&month.adopted_by)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// A plan as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPlan {
    /// What it comes to.
    pub plan: Plan,
    /// Lines of earlier months that come in it.
    pub carried: Vec<ClearedLine>,
    /// How many lines it has, and pairs of pooling areas.
    pub counted: Counted,
    /// When it was made.
    pub planned_at: Moment,
    /// By whom.
    pub planned_by: String,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    sums: Vec<(Slot, Share)>,
    left_out: Vec<LeftOut>,
    carried: Vec<ClearedLine>,
}

/// Keeps a plan, whose lines were written by [`apportion`], and lets go of the lines of the one before.
pub async fn put_plan(work: &mut Work, kept: &KeptPlan) -> Result<()> {
    let plan = &kept.plan;
    let content = Kept {
        sums: plan.sums.iter().map(|(slot, share)| (*slot, share.clone())).collect(),
        left_out: plan.left_out.clone(),
        carried: kept.carried.clone(),
    };
    let count = |count: u64| i64::try_from(count).expect("lines can be counted");
    sqlx::query(
        "insert into clearing_plan (province, month, revision, lines, area_pairs, planned_at, planned_by, content)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(HUB)
    .bind(plan.month.number())
    .bind(number(plan.revision))
    .bind(count(kept.counted.lines))
    .bind(count(kept.counted.area_pairs))
    .bind(kept.planned_at.millis())
    .bind(&kept.planned_by)
    .bind(Document::of(&content).text())
    .execute(work.conn())
    .await?;
    sqlx::query("delete from clearing_sheet where province = any($1) and month = $2 and revision < $3")
        .bind(line::provinces())
        .bind(plan.month.number())
        .bind(number(plan.revision))
        .execute(work.conn())
        .await?;
    Ok(())
}

/// A plan of a month.
pub async fn plan(conn: &mut Conn, month: Month, revision: u32) -> Result<Option<KeptPlan>> {
    let row = sqlx::query("select * from clearing_plan where province = $1 and month = $2 and revision = $3")
        .bind(HUB)
        .bind(month.number())
        .bind(number(revision))
        .fetch_optional(conn)
        .await?;
    let read = |row: &PgRow| {
        let Kept { sums, left_out, carried } = document(row, "content")?.read()?;
        let count = |column| -> Result<u64> { Ok(row.try_get::<i64, _>(column)?.unsigned_abs()) };
        Ok(KeptPlan {
            plan: Plan { month, revision, sums: sums.into_iter().collect(), left_out },
            carried,
            counted: Counted { lines: count("lines")?, area_pairs: count("area_pairs")? },
            planned_at: moment(row, "planned_at")?,
            planned_by: row.try_get("planned_by")?,
        })
    };
    row.as_ref().map(read).transpose()
}

/// What a plan comes to between two provinces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPair {
    /// Which.
    pub pair: Pair,
    /// How many sheets of lines there are.
    pub parts: u32,
    /// What it comes to, by scheme and purse.
    pub dues: Dues,
    /// When its notice was issued.
    pub noticed_at: Option<Moment>,
}

/// Keeps what a plan comes to between two provinces.
async fn put_pair(work: &mut Work, (month, revision): (Month, u32), pair: &PlannedPair) -> Result<()> {
    sqlx::query(
        "insert into clearing_pair (province, month, revision, treatment, parts, dues) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(province_number(pair.pair.insured))
    .bind(month.number())
    .bind(number(revision))
    .bind(province_number(pair.pair.treatment))
    .bind(number(pair.parts))
    .bind(Document::of(&clearing::listed(&pair.dues)).text())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The pairs of a plan, those of one province or all.
pub async fn pairs(
    conn: &mut Conn,
    (month, revision): (Month, u32),
    of: Option<Province>,
) -> Result<Vec<PlannedPair>> {
    let rows = sqlx::query(
        "select * from clearing_pair
         where province = any($1) and month = $2 and revision = $3 and ($4::integer is null or province = $4 or treatment = $4)
         order by province, treatment",
    )
    .bind(line::provinces())
    .bind(month.number())
    .bind(number(revision))
    .bind(of.map(province_number))
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let dues: Vec<clearing::Due> = document(row, "dues")?.read()?;
        Ok(PlannedPair {
            pair: Pair {
                insured: Province(division(row, "province")?),
                treatment: Province(division(row, "treatment")?),
            },
            parts: count_column(row, "parts")?,
            dues: dues.into_iter().map(|due| ((due.scheme, due.purse), due.amount)).collect(),
            noticed_at: moment_if(row, "noticed_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Writes that the notice of a pair is issued.
pub async fn set_noticed(
    work: &mut Work,
    (month, revision): (Month, u32),
    pair: Pair,
    at: Moment,
) -> Result<()> {
    sqlx::query(
        "update clearing_pair set noticed_at = $5
         where province = $1 and month = $2 and revision = $3 and treatment = $4 and noticed_at is null",
    )
    .bind(province_number(pair.insured))
    .bind(month.number())
    .bind(number(revision))
    .bind(province_number(pair.treatment))
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;

//! Figures over many settlements, counted by the database: who treats whose people, of a day or a month, by kind of care and scheme.

pub mod counted;
pub mod filed;
pub mod published;
pub mod waiting;

use crate::{
    Conn, Result, insured,
    row::{coded, division, division_number, fen, moment, stage_number},
};
use casework::{difference::Stage, settlement};
use counted::Book;
use funds::{Side, clearing::stage::Answer};
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use std::collections::{BTreeMap, BTreeSet};
use terms::{AdminDivision, CareKind, Day, Fen, InsuranceScheme, Moment, Province};

/// Figures of settlements of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The treatment province.
    pub treatment: Province,
    /// The insured province.
    pub insured: Province,
    /// The kind of care.
    pub care: CareKind,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// Whether they stand; otherwise they were undone.
    pub stand: bool,
    /// How many.
    pub count: i64,
    /// 医疗费总额.
    pub total: Fen,
    /// 基金支付总额.
    pub fund_total: Fen,
    /// 个人负担总金额.
    pub person_total: Fen,
}

fn read(row: &PgRow) -> Result<Figure> {
    Ok(Figure {
        treatment: Province(division(row, "treatment")?),
        insured: Province(division(row, "insured")?),
        care: coded(row, "care", CareKind::from_code)?,
        scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
        stand: row.try_get("stand")?,
        count: row.try_get("count")?,
        total: fen(row, "total")?,
        fund_total: fen(row, "fund_total")?,
        person_total: fen(row, "person_total")?,
    })
}

fn between(first: Day, last: Day) -> (i64, i64) {
    (first.start().millis(), last.plus_days(1).start().millis())
}

/// The figures of a book from one day to another, both included: at the hub by the moments at which it recorded settlements, at a treatment
/// place by those at which they were asked for, at an insured place by those at which it committed them. Days that were
/// [counted](counted) are not counted again.
pub async fn of(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<Vec<Figure>> {
    let known: BTreeSet<Day> = counted::days(conn, book, first, last).await?.into_iter().collect();
    let mut sum = Sum::default();
    sum.add(counted::figures(conn, book, first, last).await?);
    let mut day = first;
    while day <= last {
        let next = known.range(day..=last).next().copied().unwrap_or(last.plus_days(1));
        if day < next {
            sum.add(now(conn, book, day, next.plus_days(-1)).await?);
        }
        day = next.plus_days(1);
    }
    Ok(sum.0.into_values().collect())
}

/// Figures added up by everything that they are of.
#[derive(Default)]
struct Sum(BTreeMap<(Province, Province, &'static str, &'static str, bool), Figure>);

impl Sum {
    fn add(&mut self, figures: Vec<Figure>) {
        for one in figures {
            let of = (one.treatment, one.insured, one.care.code(), one.scheme.code(), one.stand);
            self.0
                .entry(of)
                .and_modify(|sum| {
                    sum.count += one.count;
                    sum.total += one.total;
                    sum.fund_total += one.fund_total;
                    sum.person_total += one.person_total;
                })
                .or_insert(one);
        }
    }
}

/// The same, counted from the settlements as they are now.
async fn now(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<Vec<Figure>> {
    match (book.side, book.province) {
        (Side::Treatment, Some(province)) => of_treatment(conn, province, first, last).await,
        (Side::Insured, Some(province)) => of_insured(conn, province, first, last).await,
        (_, _) => of_hub(conn, first, last).await,
    }
}

/// What the hub recorded from one day to another.
async fn of_hub(conn: &mut Conn, first: Day, last: Day) -> Result<Vec<Figure>> {
    let (from, until) = between(first, last);
    let rows = sqlx::query(
        "select treatment, province as insured, care, scheme, stage = 0 as stand, count(*) as count,
                sum(total)::bigint as total, sum(fund_total)::bigint as fund_total, sum(person_total)::bigint as person_total
         from hub_settlement
         where recorded_at >= $1 and recorded_at < $2 and committed_at is not null
         group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5",
    )
    .bind(from)
    .bind(until)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// What was settled at a province as treatment place from one day to another, by the days on which it was asked for. Its id says when that
/// was, to the day at least, and is what the book is in the order of.
async fn of_treatment(conn: &mut Conn, province: Province, first: Day, last: Day) -> Result<Vec<Figure>> {
    let (from, until) = between(first, last);
    let rows = sqlx::query(
        "select $1::integer as treatment, insured / 10000 * 10000 as insured, care, scheme, stage = $6 as stand, count(*) as count,
                sum(total)::bigint as total, sum(fund_total)::bigint as fund_total, sum(person_total)::bigint as person_total
         from treatment_settlement
         where province = $1 and month >= $2 and month <= $3 and asked_at >= $4 and asked_at < $5 and stage = any($7)
           and breakdown is not null
           and id >= $1::text || lpad(($4 - 86400000)::text, 13, '0') and id < $1::text || lpad(($5 + 86400000)::text, 13, '0')
         group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5",
    )
    .bind(division_number(province.division()))
    .bind(first.month().number())
    .bind(last.month().number())
    .bind(from)
    .bind(until)
    .bind(stage_number(&settlement::Stage::ALL, &settlement::Stage::Settled))
    .bind(
        [settlement::Stage::Settled, settlement::Stage::Undoing, settlement::Stage::Undone]
            .map(|stage| stage_number(&settlement::Stage::ALL, &stage))
            .to_vec(),
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// What was committed for a province's own people from one day to another.
async fn of_insured(conn: &mut Conn, province: Province, first: Day, last: Day) -> Result<Vec<Figure>> {
    let (from, until) = between(first, last);
    let rows = sqlx::query(
        "select treatment, $1::integer as insured, scheme, stage = $4 as stand, count(*) as count,
                case when strpos(contribution, '\"inpatient.total\"') > 0 then '21'
                     when strpos(contribution, '\"chronic.total\"') > 0 then '14'
                     when strpos(contribution, '\"pharmacy.total\"') > 0 then '41' else '11' end as care,
                sum(total)::bigint as total, sum(fund_total)::bigint as fund_total, sum(person_total)::bigint as person_total
         from insured_settlement
         where committed_at >= $2 and committed_at < $3 and person is not null
         group by treatment, scheme, stage, care order by 1, 2, 3, 4, 6",
    )
    .bind(division_number(province.division()))
    .bind(from)
    .bind(until)
    .bind(stage_number(&insured::Stage::ALL, &insured::Stage::Standing))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// What the hub recorded in an hour of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfHour {
    /// 0 to 23, of China's time.
    pub hour: u8,
    /// The treatment province.
    pub treatment: Province,
    /// When the last one was recorded.
    pub last_at: Moment,
    /// How many stand.
    pub count: i64,
    /// Of these 住院.
    pub inpatient: i64,
    /// How many were undone.
    pub undone: i64,
    /// 医疗费总额 of those that stand.
    pub total: Fen,
    /// 基金支付总额.
    pub fund_total: Fen,
    /// 个人负担总金额.
    pub person_total: Fen,
}

/// What the hub recorded on a day, by hour and treatment province.
pub async fn hours(conn: &mut Conn, day: Day) -> Result<Vec<OfHour>> {
    let (from, until) = between(day, day);
    let rows = sqlx::query(
        "select ((recorded_at - $1) / 3600000)::integer as hour, treatment, max(recorded_at) as last_at,
                count(*) filter (where stage = 0) as count,
                count(*) filter (where stage = 0 and care = '21') as inpatient,
                count(*) filter (where stage <> 0) as undone,
                coalesce(sum(total) filter (where stage = 0), 0)::bigint as total,
                coalesce(sum(fund_total) filter (where stage = 0), 0)::bigint as fund_total,
                coalesce(sum(person_total) filter (where stage = 0), 0)::bigint as person_total
         from hub_settlement
         where recorded_at >= $1 and recorded_at < $2 and committed_at is not null
         group by 1, 2 order by 1, 2",
    )
    .bind(from)
    .bind(until)
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let hour: i32 = row.try_get("hour")?;
        Ok(OfHour {
            hour: u8::try_from(hour.clamp(0, 23)).expect("an hour"),
            treatment: Province(division(row, "treatment")?),
            last_at: moment(row, "last_at")?,
            count: row.try_get("count")?,
            inpatient: row.try_get("inpatient")?,
            undone: row.try_get("undone")?,
            total: fen(row, "total")?,
            fund_total: fen(row, "fund_total")?,
            person_total: fen(row, "person_total")?,
        })
    };
    rows.iter().map(read).collect()
}

/// How many of what waits are counted at most: more is "at least so many".
pub const WAITING_MAX: i64 = 1_000;

/// What waits for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many, up to [`WAITING_MAX`].
    pub count: i64,
    /// Since when the oldest does.
    pub oldest: Option<Moment>,
}

fn read_waiting(row: &PgRow) -> Result<Waiting> {
    Ok(Waiting { count: row.try_get("count")?, oldest: crate::row::moment_if(row, "oldest")? })
}

/// Filings of an area that nobody has decided on.
pub async fn waiting_filings(conn: &mut Conn, within: AdminDivision) -> Result<Waiting> {
    let (first, last) = crate::search::numbers_in(within);
    let row = sqlx::query(AssertSqlSafe(format!(
        "select count(*) as count, min(substr(id, 7, 13))::bigint as oldest
         from (select id from filing where content #>> '{{stage,name}}' = 'submitted'
                 and (content ->> 'insured')::integer >= $1 and (content ->> 'insured')::integer <= $2
               order by substr(id, 7, 13), id limit {WAITING_MAX}) waiting"
    )))
    .bind(first)
    .bind(last)
    .fetch_one(conn)
    .await?;
    read_waiting(&row)
}

/// Differences of the books that nobody has explained; or those that somebody has, and nobody confirmed. Of settlements in the books of a
/// division's pooling areas, or all.
pub async fn waiting_differences(
    conn: &mut Conn,
    explained: bool,
    within: Option<AdminDivision>,
) -> Result<Waiting> {
    let stages = if explained { vec![Stage::Explained] } else { vec![Stage::Open, Stage::Mending] };
    let stages: Vec<i16> = stages.iter().map(|stage| stage_number(&Stage::ALL, stage)).collect();
    let (first, last) = within.map(crate::search::numbers_in).unzip();
    let row = sqlx::query(AssertSqlSafe(format!(
        "select count(*) as count, min(found_at) as oldest
         from (select found_at from difference where stage = any($1) and ($2::integer is null or area >= $2 and area <= $3)
               limit {WAITING_MAX}) waiting"
    )))
    .bind(stages)
    .bind(first)
    .bind(last)
    .fetch_one(conn)
    .await?;
    read_waiting(&row)
}

/// Corrections of the hub's book that somebody has asked for, and nobody decided on.
pub async fn waiting_corrections(conn: &mut Conn) -> Result<Waiting> {
    let row = sqlx::query(
        "select count(*) as count, min(proposed_at) as oldest from hub_correction where stage = 0",
    )
    .fetch_one(conn)
    .await?;
    read_waiting(&row)
}

/// Disputes of provinces about a month's clearing on which the hub has not decided.
pub async fn waiting_disputes(conn: &mut Conn) -> Result<Waiting> {
    let row = sqlx::query(
        "select count(*) as count, min(answered_at) as oldest from clearing_answer where answer = $1 and decided_at is null",
    )
    .bind(stage_number(&Answer::ALL, &Answer::Disputed))
    .fetch_one(conn)
    .await?;
    read_waiting(&row)
}

/// Complaints that nobody has answered, and the first day on which one is due.
pub async fn waiting_complaints(conn: &mut Conn, province: Province) -> Result<(Waiting, Option<Day>)> {
    let row = sqlx::query(AssertSqlSafe(format!(
        "select count(*) as count, min(changed_at) as oldest, min(due_day) as due
         from (select changed_at, due_day from complaint where province = $1 and stage in (0, 1) limit {WAITING_MAX}) waiting"
    )))
    .bind(division_number(province.division()))
    .fetch_one(conn)
    .await?;
    Ok((read_waiting(&row)?, crate::row::day_if(&row, "due")?))
}

//! Days whose settlements are counted once (按日汇总): a month of a large place has millions, and what is over seldom changes.
//!
//! A day is counted in two steps, at least a moment apart. First it is *begun*: a row says that it is being counted. Then, once everybody
//! has ended who may not have seen that row, its settlements are counted from the book. Whoever changes a settlement of a day
//! [forgets](forget) it in his own unit of work: a day that is begun is not counted then, and one that is counted is counted anew. So no
//! figure is older than what was saved before it was asked for. A day of a treatment place is not counted while a settlement of it is still
//! undecided.
//!
//! It must not know what a figure is for.

use super::{
    Figure, between, now,
    published::{over_now, read_of_day},
    read,
};
use crate::{
    Conn, Result, Store, Work,
    row::{division_number, stage_number},
};
use casework::settlement::Stage;
use funds::Side;
use sqlx::Row;
use std::collections::BTreeMap;
use terms::{Day, Moment, Province};

/// Whose book is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Book {
    /// In which part of a settlement.
    pub side: Side,
    /// The province whose book it is, if a province's.
    pub(super) province: Option<Province>,
}

impl Book {
    /// The hub's.
    pub const HUB: Self = Self { side: Side::Hub, province: None };

    /// A province's as treatment place.
    pub const fn of_treatment(province: Province) -> Self {
        Self { side: Side::Treatment, province: Some(province) }
    }

    /// A province's as insured place.
    pub const fn of_insured(province: Province) -> Self {
        Self { side: Side::Insured, province: Some(province) }
    }

    fn key(self) -> (i32, i16) {
        let side = match self.side {
            Side::Treatment => 0,
            Side::Hub => 1,
            Side::Insured => 2,
        };
        (self.province.map_or(NATION, |province| division_number(province.division())), side)
    }
}

/// The number under which the hub's book stands.
const NATION: i32 = 100_000;
const DAY_MILLIS: i64 = 86_400_000;
/// What comes is written down within this time after the moment that it bears: a day is over so long after its end.
const LATE_MILLIS: i64 = 3_600_000;

/// How far back days are counted.
const DAYS_BACK: i32 = 400;

/// What became of [`count`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Days of which the count was begun.
    pub begun: usize,
    /// Days that were counted.
    pub counted: usize,
    /// Days that are over and wait to be counted.
    pub left: usize,
}

/// Counts days of a book that are over, at most so many, the newest first, and begins others. To be called again and again, by one at a
/// time; two at once do no harm.
pub async fn count(store: &Store, book: Book, at: Moment, most: usize) -> Result<Done> {
    let (province, side) = book.key();
    let (first, last) = days_over(at);
    if known(&mut *store.conn().await?, book, first, last).await? == i64::from(DAYS_BACK) {
        return Ok(Done::default());
    }
    let ready: Vec<i64> = sqlx::query_scalar(
        "select start_at from settlement_day
         where province = $1 and side = $2 and not counted
           and bound <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
         order by start_at desc limit $3",
    )
    .bind(province)
    .bind(side)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_all(&mut *store.conn().await?)
    .await?;
    let counted = count_days(store, book, ready.into_iter().map(day_of).collect()).await?;
    let mut done = Done { counted, ..Done::default() };
    count_over(store, book, most).await?;
    let starts: Vec<i64> = (0..DAYS_BACK).map(|back| last.plus_days(-back).start().millis()).collect();
    // A bound from before the database was moved to another server may never be reached there.
    let begun = sqlx::query(
        "insert into settlement_day (province, side, start_at, counted)
         select $1, $2, start_at, false from unnest($3::bigint[]) as day (start_at)
         where not exists (select from settlement_day known where known.province = $1 and known.side = $2
                             and known.start_at = day.start_at)
         order by start_at desc limit $4
         on conflict (province, side, start_at) do nothing",
    )
    .bind(province)
    .bind(side)
    .bind(starts)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .execute(&mut *store.conn().await?)
    .await?;
    done.begun = usize::try_from(begun.rows_affected()).unwrap_or(usize::MAX);
    // Saved by now: who begins to write from here on knows of them.
    sqlx::query(
        "update settlement_day set bound = pg_snapshot_xmax(pg_current_snapshot())::text::bigint
         where province = $1 and side = $2 and not counted
           and (bound is null or bound > pg_snapshot_xmax(pg_current_snapshot())::text::bigint)",
    )
    .bind(province)
    .bind(side)
    .execute(&mut *store.conn().await?)
    .await?;
    let known = known(&mut *store.conn().await?, book, first, last).await?;
    done.left = usize::try_from(i64::from(DAYS_BACK) - known).unwrap_or_default();
    Ok(done)
}

/// How many of these days are counted, with their large stays.
async fn known(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<i64> {
    let (province, side) = book.key();
    Ok(sqlx::query_scalar(
        "select count(*) from settlement_day
         where province = $1 and side = $2 and counted and over_1 is not null
           and start_at >= $3 and start_at <= $4",
    )
    .bind(province)
    .bind(side)
    .bind(first.start().millis())
    .bind(last.start().millis())
    .fetch_one(conn)
    .await?)
}

/// Whether all days are counted that are over at this moment.
pub async fn is_up_to_date(conn: &mut Conn, book: Book, at: Moment) -> Result<bool> {
    let (first, last) = days_over(at);
    Ok(known(conn, book, first, last).await? == i64::from(DAYS_BACK))
}

/// The days that are over at this moment, as far back as days are counted.
fn days_over(at: Moment) -> (Day, Day) {
    let last = at.plus_millis(-DAY_MILLIS - LATE_MILLIS).day();
    (last.plus_days(1 - DAYS_BACK), last)
}

pub(super) fn day_of(start_at: i64) -> Day {
    Moment::from_millis(start_at).expect("it was written as the beginning of a day").day()
}

/// Counts days that were begun, the newest first; how many could be. Those on which nothing was settled, which are most days of a small place
/// and all days before a node was founded, are counted many at a time.
async fn count_days(store: &Store, book: Book, days: Vec<Day>) -> Result<usize> {
    let mut counted = 0;
    let mut left = vec![days];
    while let Some(mut days) = left.pop() {
        let (Some(&newest), Some(&oldest)) = (days.first(), days.last()) else { continue };
        if newest == oldest {
            counted += usize::from(count_day(store, book, newest).await?);
        } else if let Some(empty) = count_empty(store, book, &days, (oldest, newest)).await? {
            counted += empty;
        } else {
            let older = days.split_off(days.len() / 2);
            left.extend([older, days]);
        }
    }
    Ok(counted)
}

/// Counts days that were begun if nothing at all was settled from the oldest to the newest; `None` if something was. Who is forgetting one
/// of them is not waited for: it comes another time.
async fn count_empty(
    store: &Store,
    book: Book,
    days: &[Day],
    (oldest, newest): (Day, Day),
) -> Result<Option<usize>> {
    let (province, side) = book.key();
    let mut work = store.begin().await?;
    if has_any(work.conn(), book, oldest, newest).await? {
        return Ok(None);
    }
    // Two statements: joined, the database would look through all days once for each of them.
    let held: Vec<i64> = sqlx::query_scalar(
        "select start_at from settlement_day
         where province = $1 and side = $2 and start_at = any($3) and not counted
         for update skip locked",
    )
    .bind(province)
    .bind(side)
    .bind(days.iter().map(|day| day.start().millis()).collect::<Vec<i64>>())
    .fetch_all(work.conn())
    .await?;
    let counted = held.len();
    sqlx::query(
        "update settlement_day set counted = true, over_1 = 0, over_5 = 0, over_10 = 0
         where province = $1 and side = $2 and start_at = any($3)",
    )
    .bind(province)
    .bind(side)
    .bind(held)
    .execute(work.conn())
    .await?;
    work.save().await?;
    Ok(Some(counted))
}

/// Whether a book has anything of these days or, at a treatment place, of those beside them, whatever became of it.
async fn has_any(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<bool> {
    let (from, until) = between(first, last);
    let query = match (book.side, book.province) {
        (Side::Treatment, Some(province)) => sqlx::query_scalar(
            "select exists(select from treatment_settlement
                           where province = $3 and month >= $4 and month <= $5
                             and id >= $3::text || lpad(($1::bigint - 86400000)::text, 13, '0')
                             and id < $3::text || lpad(($2::bigint + 86400000)::text, 13, '0'))",
        )
        .bind(from)
        .bind(until)
        .bind(division_number(province.division()))
        .bind(first.month().number())
        .bind(last.month().number()),
        (Side::Insured, Some(_)) => sqlx::query_scalar(
            "select exists(select from insured_settlement where committed_at >= $1 and committed_at < $2)",
        )
        .bind(from)
        .bind(until),
        (_, _) => sqlx::query_scalar(
            "select exists(select from hub_settlement where recorded_at >= $1 and recorded_at < $2)",
        )
        .bind(from)
        .bind(until),
    };
    Ok(query.fetch_one(conn).await?)
}

/// Counts a day that was begun; false if somebody has changed it meanwhile, or something of it is undecided.
async fn count_day(store: &Store, book: Book, day: Day) -> Result<bool> {
    let (province, side) = book.key();
    let start_at = day.start().millis();
    let mut work = store.begin().await?;
    let figures = now(work.conn(), book, day, day).await?;
    let over = over_now(work.conn(), book, day, day).await?;
    if let (Side::Treatment, Some(province)) = (book.side, book.province)
        && is_undecided(work.conn(), province, day).await?
    {
        return Ok(false);
    }
    // Held from here on: whoever wants to forget it waits, and forgets what is saved.
    let counted = sqlx::query(
        "update settlement_day set counted = true, over_1 = $4, over_5 = $5, over_10 = $6
         where province = $1 and side = $2 and start_at = $3 and not counted",
    )
    .bind(province)
    .bind(side)
    .bind(start_at)
    .bind(over[0])
    .bind(over[1])
    .bind(over[2])
    .execute(work.conn())
    .await?;
    if counted.rows_affected() == 0 {
        return Ok(false);
    }
    let amounts = |of: fn(&Figure) -> i64| figures.iter().map(of).collect::<Vec<i64>>();
    let numbers = |of: fn(&Figure) -> i32| figures.iter().map(of).collect::<Vec<i32>>();
    let codes = |of: fn(&Figure) -> &'static str| figures.iter().map(of).collect::<Vec<&str>>();
    sqlx::query(
        "insert into settlement_day_figure
         select $1, $2, $3, figure.* from unnest($4::integer[], $5::integer[], $6::text[], $7::text[], $8::boolean[],
                                                 $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[]) as figure",
    )
    .bind(province)
    .bind(side)
    .bind(start_at)
    .bind(numbers(|one| division_number(one.treatment.division())))
    .bind(numbers(|one| division_number(one.insured.division())))
    .bind(codes(|one| one.care.code()))
    .bind(codes(|one| one.scheme.code()))
    .bind(figures.iter().map(|one| one.stand).collect::<Vec<bool>>())
    .bind(amounts(|one| one.count))
    .bind(amounts(|one| one.total.0))
    .bind(amounts(|one| one.fund_total.0))
    .bind(amounts(|one| one.person_total.0))
    .execute(work.conn())
    .await?;
    work.save().await?;
    Ok(true)
}

/// Counts the stays of which the funds paid much of days that were counted before they were counted with a day, at most so many, the newest
/// first. Whoever changes a settlement of such a day forgets the day, so that nothing stale is written to it.
async fn count_over(store: &Store, book: Book, most: usize) -> Result<()> {
    let (province, side) = book.key();
    let mut conn = store.conn().await?;
    let starts: Vec<i64> = sqlx::query_scalar(
        "select start_at from settlement_day where province = $1 and side = $2 and counted and over_1 is null
         order by start_at desc limit $3",
    )
    .bind(province)
    .bind(side)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_all(&mut *conn)
    .await?;
    for start_at in starts {
        let [one, five, ten] = over_now(&mut conn, book, day_of(start_at), day_of(start_at)).await?;
        sqlx::query(
            "update settlement_day set over_1 = $4, over_5 = $5, over_10 = $6
             where province = $1 and side = $2 and start_at = $3 and counted and over_1 is null",
        )
        .bind(province)
        .bind(side)
        .bind(start_at)
        .bind(one)
        .bind(five)
        .bind(ten)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Whether a settlement of a day has been asked for, and nobody knows yet what became of it.
async fn is_undecided(conn: &mut Conn, province: Province, day: Day) -> Result<bool> {
    let (from, until) = between(day, day);
    Ok(sqlx::query_scalar(
        "select exists(select from treatment_settlement
                       where province = $1 and month = $2 and asked_at >= $3 and asked_at < $4 and stage = $5
                         and id >= $1::text || lpad(($3 - 86400000)::text, 13, '0') and id < $1::text || lpad(($4 + 86400000)::text, 13, '0'))",
    )
    .bind(division_number(province.division()))
    .bind(day.month().number())
    .bind(from)
    .bind(until)
    .bind(stage_number(&Stage::ALL, &Stage::Asked))
    .fetch_one(conn)
    .await?)
}

/// Forgets what was counted of the day of this moment, since a settlement of it changes. Whoever calls holds that settlement.
pub(crate) async fn forget(work: &mut Work, book: Book, at: Moment) -> Result<()> {
    let (province, side) = book.key();
    sqlx::query("delete from settlement_day where province = $1 and side = $2 and start_at = $3")
        .bind(province)
        .bind(side)
        .bind(at.day().start().millis())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// The days that are counted, from one to another.
pub(super) async fn days(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<Vec<Day>> {
    let (province, side) = book.key();
    let starts: Vec<i64> = sqlx::query_scalar(
        "select start_at from settlement_day
         where province = $1 and side = $2 and counted and start_at >= $3 and start_at <= $4",
    )
    .bind(province)
    .bind(side)
    .bind(first.start().millis())
    .bind(last.start().millis())
    .fetch_all(conn)
    .await?;
    Ok(starts.into_iter().map(day_of).collect())
}

/// What was counted of these days, added up.
pub(super) async fn figures(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<Vec<Figure>> {
    let (province, side) = book.key();
    let (from, until) = between(first, last);
    let rows = sqlx::query(
        "select treatment, insured, care, scheme, stand, sum(count)::bigint as count, sum(total)::bigint as total,
                sum(fund_total)::bigint as fund_total, sum(person_total)::bigint as person_total
         from settlement_day join settlement_day_figure using (province, side, start_at)
         where province = $1 and side = $2 and counted and start_at >= $3 and start_at < $4
         group by 1, 2, 3, 4, 5",
    )
    .bind(province)
    .bind(side)
    .bind(from)
    .bind(until)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// What was counted of each of these days.
pub(super) async fn by_day(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<Vec<(Day, Figure)>> {
    let (province, side) = book.key();
    let (from, until) = between(first, last);
    let rows = sqlx::query(
        "select start_at, min(treatment) as treatment, min(insured) as insured, care, min(scheme) as scheme, stand,
                sum(count)::bigint as count, sum(total)::bigint as total, sum(fund_total)::bigint as fund_total,
                sum(person_total)::bigint as person_total
         from settlement_day join settlement_day_figure using (province, side, start_at)
         where province = $1 and side = $2 and counted and start_at >= $3 and start_at < $4
         group by start_at, care, stand",
    )
    .bind(province)
    .bind(side)
    .bind(from)
    .bind(until)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_of_day).collect()
}

/// The days of which it was counted, and of how many stays the funds paid much on each.
pub(super) async fn over(
    conn: &mut Conn,
    book: Book,
    first: Day,
    last: Day,
) -> Result<BTreeMap<Day, [i64; 3]>> {
    let (province, side) = book.key();
    let rows = sqlx::query(
        "select start_at, over_1, over_5, over_10 from settlement_day
         where province = $1 and side = $2 and counted and over_1 is not null and start_at >= $3 and start_at <= $4",
    )
    .bind(province)
    .bind(side)
    .bind(first.start().millis())
    .bind(last.start().millis())
    .fetch_all(conn)
    .await?;
    let read = |row: &sqlx::postgres::PgRow| {
        let over = [row.try_get("over_1")?, row.try_get("over_5")?, row.try_get("over_10")?];
        Ok((day_of(row.try_get("start_at")?), over))
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Amounts,
        embedded::fixture::TestCluster,
        figures,
        hub::{self, Content, HubSettlement, Stage},
    };
    use std::collections::BTreeMap;
    use terms::{CareKind, Fen, InsuranceScheme, InsuredPlace, SettlementId, TreatmentPlace};

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    const FIRST: &str = "2026-10-01";
    const NOW: &str = "2026-11-21 10:00:00";

    fn insured() -> InsuredPlace {
        InsuredPlace("110101".parse().unwrap())
    }

    fn settlement(serial: u64, recorded_at: &str, yuan: i64) -> HubSettlement {
        let recorded_at = at(recorded_at);
        let treatment = "420000".parse().unwrap();
        let amounts = Amounts {
            total: Fen::yuan(yuan),
            fund_total: Fen::yuan(yuan - 1),
            person_total: Fen::yuan(1),
            account: Fen::ZERO,
            funds: BTreeMap::new(),
        };
        HubSettlement {
            id: SettlementId::new(treatment, recorded_at, serial),
            stage: Stage::Standing,
            treatment,
            insured: insured(),
            content: Some(Content {
                institution: "H42010600001".parse().unwrap(),
                place: TreatmentPlace("420106".parse().unwrap()),
                care: CareKind::Inpatient,
                scheme: InsuranceScheme::Employee,
                amounts,
                committed_at: recorded_at,
            }),
            recorded_at,
            undo: None,
            undone_at: None,
        }
    }

    async fn write(store: &Store, one: &HubSettlement) {
        let mut work = store.begin().await.unwrap();
        assert!(hub::insert(&mut work, one).await.unwrap());
        work.save().await.unwrap();
    }

    /// Holds a settlement and writes that it is undone, in a unit of work that is not over.
    async fn undo(store: &Store, one: &HubSettlement) -> Work {
        let mut work = store.begin().await.unwrap();
        hub::hold(&mut work, insured(), one.id).await.unwrap().expect("it is there");
        let undo = SettlementId::new(one.treatment, at(NOW), 99);
        hub::set_undone(&mut work, insured(), one.id, (undo, "撤销"), at(NOW)).await.unwrap();
        work
    }

    /// How many stand and how many were undone, counted with what is known of days; it is the same without.
    async fn figures_are(store: &Store, expected: (i64, i64)) {
        let mut conn = store.conn().await.unwrap();
        let (first, last) = (day(FIRST), day("2026-11-21"));
        let found = figures::of(&mut conn, Book::HUB, first, last).await.unwrap();
        assert_eq!(found, now(&mut conn, Book::HUB, first, last).await.unwrap());
        let count =
            |stand: bool| found.iter().filter(|one| one.stand == stand).map(|one| one.count).sum::<i64>();
        assert_eq!((count(true), count(false)), expected);
    }

    async fn is_counted(store: &Store, of: &str) -> bool {
        let mut conn = store.conn().await.unwrap();
        days(&mut conn, Book::HUB, day(of), day(of)).await.unwrap() == [day(of)]
    }

    async fn tick(store: &Store) -> Done {
        count(store, Book::HUB, at(NOW), 1_000).await.unwrap()
    }

    /// As many ticks as it takes until all days are counted: units of work of other databases of this server are waited for as well.
    async fn until_counted(store: &Store) {
        for _ in 0..500 {
            if tick(store).await.left == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("days are left that nobody changes");
    }

    #[tokio::test]
    async fn days_that_are_over_are_counted_once_and_what_changes_is_counted_anew() {
        let store = TestCluster::shared().fresh_store(at(NOW)).await;
        let old = settlement(1, "2026-10-10 10:00:00", 700);
        write(&store, &old).await;
        write(&store, &settlement(2, "2026-10-10 23:59:59", 500)).await;
        write(&store, &settlement(3, "2026-11-20 09:00:00", 300)).await;
        write(&store, &settlement(4, "2026-11-21 09:00:00", 100)).await;
        figures_are(&store, (4, 0)).await;
        assert_eq!(tick(&store).await, Done { begun: 400, counted: 0, left: 400 });
        until_counted(&store).await;
        assert_eq!(tick(&store).await, Done::default(), "there is nothing more to do");
        assert!(is_counted(&store, "2026-10-10").await && is_counted(&store, "2026-11-20").await);
        assert!(!is_counted(&store, "2026-11-21").await, "today is not over");
        assert!(is_up_to_date(&mut store.conn().await.unwrap(), Book::HUB, at(NOW)).await.unwrap());
        figures_are(&store, (4, 0)).await;

        undo(&store, &old).await.save().await.unwrap();
        assert!(!is_counted(&store, "2026-10-10").await, "it has changed");
        figures_are(&store, (3, 1)).await;
        assert_eq!(tick(&store).await, Done { begun: 1, counted: 0, left: 1 });
        until_counted(&store).await;
        figures_are(&store, (3, 1)).await;
    }

    #[tokio::test]
    async fn days_and_large_stays_are_the_same_counted_before_or_now() {
        let store = TestCluster::shared().fresh_store(at(NOW)).await;
        let of = [
            (1, "2026-10-10 10:00:00", 10_001),
            (2, "2026-10-10 11:00:00", 10_002),
            (3, "2026-10-10 12:00:00", 60_000),
            (4, "2026-11-20 09:00:00", 200_000),
            (5, "2026-11-21 09:00:00", 70_000),
        ];
        for (serial, recorded_at, yuan) in of {
            write(&store, &settlement(serial, recorded_at, yuan)).await;
        }
        let look = async || {
            let mut conn = store.conn().await.unwrap();
            let (first, last) = (day(FIRST), day("2026-11-21"));
            let days = figures::published::by_day(&mut conn, Book::HUB, first, last).await.unwrap();
            let over = figures::published::over(&mut conn, Book::HUB, first, last).await.unwrap();
            (days, over)
        };
        let (days, over) = look().await;
        assert_eq!(over, [4, 3, 1], "what the funds paid is a yuan less: 10000 is not above 10000");
        let october = days[&(day("2026-10-10"), CareKind::Inpatient)];
        assert_eq!((october.count, october.fund_total), (3, Fen::yuan(80_000)));
        assert_eq!(days.len(), 3);
        until_counted(&store).await;
        assert_eq!(look().await, (days.clone(), over), "counted with the days");
        // As a day stands that the program before this one has counted.
        let before = "update settlement_day set over_1 = null, over_5 = null, over_10 = null";
        sqlx::query(before).execute(&mut *store.conn().await.unwrap()).await.unwrap();
        assert_eq!(look().await, (days.clone(), over), "counted now");
        tick(&store).await;
        let left = "select count(*) from settlement_day where counted and over_1 is null";
        let left: i64 = sqlx::query_scalar(left).fetch_one(&mut *store.conn().await.unwrap()).await.unwrap();
        assert_eq!(left, 0);
        assert_eq!(look().await, (days, over));
    }

    #[tokio::test]
    async fn a_day_is_not_counted_past_somebody_who_is_changing_it() {
        let store = TestCluster::shared().fresh_store(at(NOW)).await;
        let old = settlement(1, "2026-10-10 10:00:00", 700);
        write(&store, &old).await;
        // Somebody began before the day was begun, and may not have seen it.
        let before = undo(&store, &old).await;
        tick(&store).await;
        assert_eq!(tick(&store).await.counted, 0, "he may still change something");
        before.save().await.unwrap();
        until_counted(&store).await;
        assert!(is_counted(&store, "2026-10-10").await);
        figures_are(&store, (0, 1)).await;

        // Somebody changes it after it was begun.
        let other = settlement(2, "2026-10-11 10:00:00", 700);
        let store = TestCluster::shared().fresh_store(at(NOW)).await;
        write(&store, &other).await;
        tick(&store).await;
        undo(&store, &other).await.save().await.unwrap();
        tick(&store).await;
        assert!(!is_counted(&store, "2026-10-11").await, "it was forgotten while it was being counted");
        figures_are(&store, (0, 1)).await;

        // Whoever gives up has changed nothing.
        until_counted(&store).await;
        assert!(is_counted(&store, "2026-10-11").await);
        drop(undo(&store, &other).await);
        figures_are(&store, (0, 1)).await;
    }
}

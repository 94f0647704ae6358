//! What the national administration publishes beside a period's sums: its months and days, the stays of which the funds paid much, and the
//! institutions that settle directly. Days that were [counted](super::counted) are not counted again.

use super::{
    Figure, between,
    counted::{self, Book},
    now, read,
};
use crate::{
    Conn, Result, insured,
    row::{division, division_number, stage_number},
};
use casework::settlement::Stage;
use funds::Side;
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use std::collections::{BTreeMap, BTreeSet};
use terms::{AdminDivision, CareKind, Day, Fen};

/// What was settled on a day and stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub count: i64,
    /// 医疗费总额.
    pub total: Fen,
    /// 基金支付总额.
    pub fund_total: Fen,
}

impl Sum {
    /// With another.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            total: self.total + other.total,
            fund_total: self.fund_total + other.fund_total,
        }
    }
}

/// The days from one to another on which something was settled that stands, by the kind of care.
pub type Days = BTreeMap<(Day, CareKind), Sum>;

/// The days of a book from one to another, both included.
pub async fn by_day(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<Days> {
    let mut days = Days::new();
    let mut add = |day: Day, one: &Figure| {
        if one.stand {
            let sum = days.entry((day, one.care)).or_default();
            *sum = sum.plus(Sum { count: one.count, total: one.total, fund_total: one.fund_total });
        }
    };
    for (day, figure) in counted::by_day(conn, book, first, last).await? {
        add(day, &figure);
    }
    let known: BTreeSet<Day> = counted::days(conn, book, first, last).await?.into_iter().collect();
    let mut day = first;
    while day <= last {
        if !known.contains(&day) {
            now(conn, book, day, day).await?.iter().for_each(|one| add(day, one));
        }
        day = day.plus_days(1);
    }
    Ok(days)
}

/// What the funds paid of a stay, in fen, above which it is counted.
pub const BANDS: [Fen; 3] = [Fen(1_000_000), Fen(5_000_000), Fen(10_000_000)];

/// How many stays of a book stand of which the funds paid more than each of [`BANDS`].
pub async fn over(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<[i64; 3]> {
    let known = counted::over(conn, book, first, last).await?;
    let mut sum = [0; 3];
    let mut add = |over: &[i64; 3]| sum.iter_mut().zip(over).for_each(|(sum, one)| *sum += one);
    known.values().for_each(&mut add);
    let mut day = first;
    while day <= last {
        let next = known.range(day..=last).next().map_or(last.plus_days(1), |(next, _)| *next);
        if day < next {
            add(&over_now(conn, book, day, next.plus_days(-1)).await?);
        }
        day = next.plus_days(1);
    }
    Ok(sum)
}

/// The same, counted from the settlements as they are now.
pub(super) async fn over_now(conn: &mut Conn, book: Book, first: Day, last: Day) -> Result<[i64; 3]> {
    let (from, until) = between(first, last);
    let [one, five, ten] = BANDS.map(|band| band.0);
    let counts = format!(
        "select count(*) filter (where fund_total > {one}), count(*) filter (where fund_total > {five}),
                count(*) filter (where fund_total > {ten})"
    );
    let (statement, province, stage) = match (book.side, book.province) {
        (Side::Treatment, Some(province)) => (
            format!(
                "{counts} from treatment_settlement
                 where province = $1 and month >= {} and month <= {} and asked_at >= $2 and asked_at < $3 and stage = $4
                   and care = '21' and breakdown is not null
                   and id >= $1::text || lpad(($2 - 86400000)::text, 13, '0')
                   and id < $1::text || lpad(($3 + 86400000)::text, 13, '0')",
                first.month().number(),
                last.month().number()
            ),
            division_number(province.division()),
            stage_number(&Stage::ALL, &Stage::Settled),
        ),
        (Side::Insured, Some(province)) => (
            format!(
                "{counts} from insured_settlement
                 where $1 >= 0 and committed_at >= $2 and committed_at < $3 and stage = $4 and person is not null
                   and strpos(contribution, '\"inpatient.total\"') > 0"
            ),
            division_number(province.division()),
            stage_number(&insured::Stage::ALL, &insured::Stage::Standing),
        ),
        (_, _) => (
            format!(
                "{counts} from hub_settlement
                 where $1 >= 0 and recorded_at >= $2 and recorded_at < $3 and stage = $4 and care = '21' and committed_at is not null"
            ),
            0,
            0,
        ),
    };
    let (one, five, ten) = sqlx::query_as::<_, (i64, i64, i64)>(AssertSqlSafe(statement))
        .bind(province)
        .bind(from)
        .bind(until)
        .bind(stage)
        .fetch_one(conn)
        .await?;
    Ok([one, five, ten])
}

/// How many institutions settle directly: medical institutions, and pharmacies (whose codes begin with P).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// 定点医疗机构.
    pub medical: i64,
    /// 定点零售药店.
    pub pharmacies: i64,
}

/// The institutions of the country by province, as the hub's register has them now.
pub async fn open_institutions(conn: &mut Conn) -> Result<BTreeMap<AdminDivision, Open>> {
    let rows = sqlx::query(
        "select province as place, count(*) filter (where left(code, 1) <> 'P') as medical,
                count(*) filter (where left(code, 1) = 'P') as pharmacies
         from national_institution where open group by 1",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_open).collect()
}

/// A province's own institutions by pooling area.
pub async fn own_open_institutions(conn: &mut Conn) -> Result<BTreeMap<AdminDivision, Open>> {
    let rows = sqlx::query(
        "select area as place, count(*) filter (where left(code, 1) <> 'P') as medical,
                count(*) filter (where left(code, 1) = 'P') as pharmacies
         from institution where open group by 1",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_open).collect()
}

fn read_open(row: &PgRow) -> Result<(AdminDivision, Open)> {
    let open = Open { medical: row.try_get("medical")?, pharmacies: row.try_get("pharmacies")? };
    Ok((division(row, "place")?, open))
}

/// What was counted of a day, with the day.
pub(super) fn read_of_day(row: &PgRow) -> Result<(Day, Figure)> {
    Ok((counted::day_of(row.try_get("start_at")?), read(row)?))
}

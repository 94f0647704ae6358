//! What the national administration publishes beside a period's sums: its months and days, the stays of which the funds paid much, the
//! institutions that settle directly, and new filings. Days that were [counted](super::counted) are not counted again.

use super::{
    Figure, between,
    counted::{self, Book},
    now, read,
};
use crate::{
    Conn, Result, insured,
    row::{coded, division, division_number, stage_number},
};
use casework::settlement::Stage;
use funds::Side;
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use std::collections::{BTreeMap, BTreeSet};
use terms::{AdminDivision, CareKind, Day, Fen, FilingCategory, Province};

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

/// Whose filings are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// The national register (备案人员库), at the hub.
    National,
    /// An insured place's own.
    Own,
}

/// How many filings of one kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    /// 新增备案: applied for in the period.
    pub new: i64,
    /// 有效备案: approved, and neither changed, cancelled nor over at the end of the period.
    pub valid: i64,
}

/// Filings by insured province and kind.
pub type Filings = BTreeMap<(Province, FilingCategory), Filed>;

/// The filings of a register that were applied for from one day to another, and those that are valid on the last day. The id of a filing says
/// when it was applied for. What only counts as filed (视同备案) nobody has filed, and is not counted.
pub async fn filings(conn: &mut Conn, register: Register, first: Day, last: Day) -> Result<Filings> {
    let table = match register {
        Register::National => "national_filing",
        Register::Own => "filing",
    };
    let (from, until) = between(first, last);
    let of = "select (left(id, 2) || '0000')::integer as province, content ->> 'category' as category, count(*) as count";
    // The table's name is one of the two above.
    let new = sqlx::query(AssertSqlSafe(format!(
        "{of} from {table}
         where substr(id, 7, 13) >= lpad($1::text, 13, '0') and substr(id, 7, 13) < lpad($2::text, 13, '0')
           and content -> 'deemed' = 'false'
         group by 1, 2"
    )))
    .bind(from)
    .bind(until)
    .fetch_all(&mut *conn)
    .await?;
    // As it was at the end of the last day: a filing that was changed or cancelled after it was valid on it.
    let valid = sqlx::query(AssertSqlSafe(format!(
        "{of} from {table}
         where (content #>> '{{stage,since}}')::bigint < $1
           and coalesce((content #>> '{{stage,at}}')::bigint >= $1, true)
           and content ->> 'begins' <= $2 and coalesce(content ->> 'ends' >= $2, true)
           and content -> 'deemed' = 'false'
         group by 1, 2"
    )))
    .bind(until)
    .bind(last.to_string())
    .fetch_all(&mut *conn)
    .await?;
    let mut filings = Filings::new();
    for (rows, is_new) in [(new, true), (valid, false)] {
        for row in &rows {
            let key = (Province(division(row, "province")?), coded(row, "category", category_of)?);
            let filed = filings.entry(key).or_default();
            *(if is_new { &mut filed.new } else { &mut filed.valid }) = row.try_get("count")?;
        }
    }
    Ok(filings)
}

fn category_of(name: &str) -> Option<FilingCategory> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

/// What was counted of a day, with the day.
pub(super) fn read_of_day(row: &PgRow) -> Result<(Day, Figure)> {
    Ok((counted::day_of(row.try_get("start_at")?), read(row)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{embedded::fixture::TestCluster, filing::put_national};
    use casework::filing::{Destination, Filing, Stage};
    use terms::{FilingId, InsuranceScheme, InsuredPlace, Moment};

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    /// One that is valid from the first of October on, without an end.
    fn filed(serial: u64, filed_at: &str, category: FilingCategory) -> Filing {
        let filed_at = at(filed_at);
        let insured: AdminDivision = "110105".parse().unwrap();
        Filing {
            id: FilingId::new(insured.province(), filed_at, serial),
            person: format!("1101{serial}").parse().unwrap(),
            scheme: InsuranceScheme::Employee,
            insured: InsuredPlace(insured),
            category,
            destination: Destination::new("420100".parse().unwrap()).unwrap(),
            begins: "2026-10-01".parse().unwrap(),
            ends: None,
            commitment: false,
            filed_at,
            stage: Stage::Effective { since: filed_at },
            generation: 1,
            deemed: false,
        }
    }

    #[tokio::test]
    async fn filings_are_valid_as_they_were_at_the_end_of_the_period() {
        use FilingCategory::{LongTermResident, Referral};
        let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
        let ends = |day: &str, filing: Filing| Filing { ends: Some(day.parse().unwrap()), ..filing };
        let since = at("2026-10-01 09:00:00");
        let stage = |stage: Stage, filing: Filing| Filing { stage, ..filing };
        let old = |serial| filed(serial, "2026-09-02 09:00:00", LongTermResident);
        let of_october = |serial| filed(serial, "2026-10-05 09:00:00", Referral);
        let all = [
            old(1),
            ends("2026-10-31", old(2)),
            ends("2026-10-30", old(3)),
            stage(Stage::Cancelled { since: Some(since), at: at("2026-10-31 23:59:59") }, old(4)),
            stage(Stage::Cancelled { since: Some(since), at: at("2026-11-01 00:00:00") }, old(5)),
            stage(Stage::Cancelled { since: None, at: at("2026-11-01 00:00:00") }, old(6)),
            of_october(7),
            stage(Stage::Submitted, of_october(8)),
            stage(Stage::Rejected { at: since, reason: "材料不全".to_owned() }, of_october(9)),
            Filing { begins: "2026-11-01".parse().unwrap(), ..of_october(10) },
            Filing { deemed: true, ..of_october(11) },
        ];
        let mut work = store.begin().await.unwrap();
        for one in &all {
            put_national(&mut work, one).await.unwrap();
        }
        let october = ("2026-10-01".parse().unwrap(), "2026-10-31".parse().unwrap());
        let found = filings(work.conn(), Register::National, october.0, october.1).await.unwrap();
        let beijing: Province = "110000".parse().unwrap();
        assert_eq!(
            found,
            Filings::from([
                ((beijing, LongTermResident), Filed { new: 0, valid: 3 }),
                ((beijing, Referral), Filed { new: 4, valid: 1 }),
            ])
        );
        let own = filings(work.conn(), Register::Own, october.0, october.1).await.unwrap();
        assert_eq!(own, Filings::new());
    }
}

//! What the daily reconciliation (对账) reads of the three books, and what it writes down of a day: digests of buckets, the lines
//! of buckets that differ, days whose lines have changed.
//!
//! The ids of settlements begin with the treatment province and the moment, so the settlements of a day between any provinces are
//! ranges of keys.

use crate::{
    Conn, Error, Result, Work,
    row::{coded, division, division_number, fen, moment, moment_if, parsed, stage_number},
    treatment::read_amounts,
};
use funds::reconciliation::{BookLine, Bucket, Digest, Held, LineStage, Part, State};
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use std::collections::{BTreeMap, BTreeSet};
use terms::{AdminDivision, Day, Fen, Moment, Province, SettlementId};

/// Which book is read, for a province in one of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Book {
    /// The province's own as treatment place.
    Treatment,
    /// The province's own as insured place.
    Insured,
    /// The hub's, of settlements that it treated.
    HubOfTreatment,
    /// The hub's, of settlements that it insures.
    HubOfInsured,
}

impl Book {
    /// A province's own book.
    pub const fn own(part: Part) -> Self {
        match part {
            Part::Treatment => Self::Treatment,
            Part::Insured => Self::Insured,
        }
    }

    /// The same settlements in the hub's book.
    pub const fn at_hub(part: Part) -> Self {
        match part {
            Part::Treatment => Self::HubOfTreatment,
            Part::Insured => Self::HubOfInsured,
        }
    }

    const fn table(self) -> &'static str {
        match self {
            Self::Treatment => "treatment_settlement",
            Self::Insured => "insured_settlement",
            Self::HubOfTreatment | Self::HubOfInsured => "hub_settlement",
        }
    }

    /// The first column of its key.
    const fn key(self) -> &'static str {
        match self {
            Self::Insured => "area",
            Self::Treatment | Self::HubOfTreatment | Self::HubOfInsured => "province",
        }
    }

    /// The other province.
    const fn counterpart(self) -> &'static str {
        match self {
            Self::Treatment => "book.insured / 10000 * 10000",
            Self::HubOfTreatment => "book.province",
            Self::Insured | Self::HubOfInsured => "book.treatment",
        }
    }

    /// The pooling area that keeps a row.
    const fn area(self) -> &'static str {
        match self {
            Self::Treatment | Self::Insured => "book.area",
            Self::HubOfTreatment | Self::HubOfInsured => "book.province",
        }
    }

    /// Since when a row stands where it stands.
    const fn changed_at(self) -> &'static str {
        match self {
            Self::Treatment => {
                "case book.stage when 3 then coalesce(book.undo_at, book.asked_at) \
                 else coalesce(book.undone_at, book.settled_at, book.asked_at) end"
            }
            Self::Insured => "coalesce(book.undone_at, book.committed_at)",
            Self::HubOfTreatment | Self::HubOfInsured => "coalesce(book.undone_at, book.recorded_at)",
        }
    }

    /// The states of its rows, in the order of the numbers of their stages in the database.
    const fn states(self) -> &'static [State] {
        match self {
            Self::Treatment => {
                &[State::Asked, State::Standing, State::Refused, State::Undoing, State::Undone]
            }
            Self::Insured => &[State::Standing, State::Undone, State::Refused],
            Self::HubOfTreatment | Self::HubOfInsured => &[State::Standing, State::Undone],
        }
    }

    fn standing(self) -> i16 {
        stage_number(self.states(), &State::Standing)
    }
}

/// The ranges of keys in which the settlements of a day lie.
struct Ranges {
    keys: Vec<i32>,
    lows: Vec<String>,
    highs: Vec<String>,
}

impl Ranges {
    async fn of(conn: &mut Conn, book: Book, province: Province, day: Day) -> Result<Self> {
        let own = division_number(province.division());
        let keys = match book {
            Book::Treatment | Book::HubOfInsured => vec![own],
            Book::HubOfTreatment => provinces().map(|one| division_number(one.division())).collect(),
            Book::Insured => areas(conn, own, day).await?,
        };
        let treats: Vec<Province> = match book {
            Book::Treatment | Book::HubOfTreatment => vec![province],
            Book::Insured | Book::HubOfInsured => provinces().collect(),
        };
        let from = |at: Moment| treats.iter().map(move |one| SettlementId::new(*one, at, 0).to_string());
        Ok(Self { keys, lows: from(day.start()).collect(), highs: from(day.plus_days(1).start()).collect() })
    }
}

/// Every number that a province can have.
fn provinces() -> impl Iterator<Item = Province> {
    (11..=82).filter_map(|number| AdminDivision::new(number * 10_000)).map(Province)
}

/// The pooling areas of a province that have settlements in the month of a day: from one to the next along the key.
async fn areas(conn: &mut Conn, province: i32, day: Day) -> Result<Vec<i32>> {
    let areas: Vec<Option<i32>> = sqlx::query_scalar(
        "with recursive areas as (
            select (select min(first.area) from insured_settlement first
                    where first.month = $1 and first.area >= $2 and first.area < $2 + 10000) as area
            union all
            select (select min(next.area) from insured_settlement next
                    where next.month = $1 and next.area > areas.area and next.area < $2 + 10000)
            from areas where areas.area is not null
         )
         select area from areas where area is not null",
    )
    .bind(day.month().number())
    .bind(province)
    .fetch_all(conn)
    .await?;
    Ok(areas.into_iter().flatten().collect())
}

/// What the standing settlements of a day with other provinces come to, by bucket. Each range is read along the key: without
/// `offset 0` the planner would rather compare every settlement of the month with every range.
pub async fn digests(
    conn: &mut Conn,
    book: Book,
    province: Province,
    day: Day,
) -> Result<BTreeMap<Bucket, Digest>> {
    let ranges = Ranges::of(conn, book, province, day).await?;
    let (table, key, counterpart) = (book.table(), book.key(), book.counterpart());
    let statement = format!(
        "select {counterpart} as counterpart, right(book.id, 2)::smallint as part, count(*) as count,
                sum(book.total)::bigint as total, sum(book.fund_total)::bigint as fund_total,
                sum(book.person_total)::bigint as person_total, sum(book.account)::bigint as account,
                to_hex(bit_xor(('x' || encode(substr(sha256(convert_to(concat_ws('|', book.id, book.total, book.fund_total,
                    book.person_total, book.account, array_to_string(book.funds, ','),
                    array_to_string(book.fund_paid, ',')), 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint)) as hash
         from unnest($2::text[], $3::text[]) as span (low, high)
         cross join lateral (
            select * from {table} own
            where own.{key} = any($1) and own.month = $4 and own.id >= span.low and own.id < span.high offset 0
         ) book
         where book.stage = $5 and {counterpart} <> $6
         group by 1, 2"
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(ranges.keys)
        .bind(ranges.lows)
        .bind(ranges.highs)
        .bind(day.month().number())
        .bind(book.standing())
        .bind(division_number(province.division()))
        .fetch_all(conn)
        .await?;
    let read = |row: &PgRow| {
        let digest = Digest {
            count: row.try_get("count")?,
            total: fen(row, "total")?,
            fund_total: fen(row, "fund_total")?,
            person_total: fen(row, "person_total")?,
            account: fen(row, "account")?,
            hash: row.try_get("hash")?,
        };
        Ok((read_bucket(row)?, digest))
    };
    rows.iter().map(read).collect()
}

fn read_bucket(row: &PgRow) -> Result<Bucket> {
    let part: i16 = row.try_get("part")?;
    let corrupt = || Error::Corrupt { column: "id", value: part.to_string() };
    Ok(Bucket {
        counterpart: Province(division(row, "counterpart")?),
        part: u8::try_from(part).map_err(|_| corrupt())?,
    })
}

/// At most so many of the settlements of these buckets of a day, whatever their stage, in the order of ids after one.
pub async fn lines(
    conn: &mut Conn,
    book: Book,
    (province, day): (Province, Day),
    buckets: &[Bucket],
    after: Option<SettlementId>,
    most: i64,
) -> Result<Vec<Held>> {
    let ranges = Ranges::of(conn, book, province, day).await?;
    let area = book.area();
    let (table, key, counterpart, changed_at) =
        (book.table(), book.key(), book.counterpart(), book.changed_at());
    let statement = format!(
        "select book.id, {counterpart} as counterpart, book.stage, book.total, book.fund_total, book.person_total,
                book.account, book.funds, book.fund_paid, {changed_at} as changed_at, {area} as area
         from unnest($2::text[], $3::text[]) as span (low, high)
         cross join lateral (
            select * from {table} own
            where own.{key} = any($1) and own.month = $4 and own.id >= span.low and own.id < span.high offset 0
         ) book
         where {counterpart} <> $5 and book.id > $6
           and ({counterpart}) * 100 + right(book.id, 2)::integer = any($7)
         order by book.id limit $8"
    );
    let wanted = |one: &Bucket| division_number(one.counterpart.division()) * 100 + i32::from(one.part);
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(ranges.keys)
        .bind(ranges.lows)
        .bind(ranges.highs)
        .bind(day.month().number())
        .bind(division_number(province.division()))
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(buckets.iter().map(wanted).collect::<Vec<_>>())
        .bind(most)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| read_held(row, book)).collect()
}

fn read_held(row: &PgRow, book: Book) -> Result<Held> {
    let state = crate::row::stage(row, book.states())?;
    let amounts = read_amounts(row)?;
    let line = BookLine {
        settlement: parsed(row, "id")?,
        stage: state.stage().unwrap_or(LineStage::Undone),
        total: amounts.total,
        fund_total: amounts.fund_total,
        person_total: amounts.person_total,
        account: amounts.account,
        funds: amounts.funds,
    };
    Ok(Held {
        counterpart: Province(division(row, "counterpart")?),
        line,
        state,
        changed_at: moment(row, "changed_at")?,
        area: division(row, "area")?,
    })
}

/// The settlements of a day that the treatment place has asked for or is undoing, and has no answer to.
pub async fn under_way(conn: &mut Conn, province: Province, day: Day) -> Result<Vec<SettlementId>> {
    let ranges = Ranges::of(conn, Book::Treatment, province, day).await?;
    let waiting = [State::Asked, State::Undoing].map(|one| stage_number(Book::Treatment.states(), &one));
    let ids: Vec<String> = sqlx::query_scalar(
        "select id from treatment_settlement
         where province = any($1) and month = $2 and id >= $3 and id < $4 and stage = any($5)
           and insured / 10000 * 10000 <> $6
         order by id",
    )
    .bind(ranges.keys)
    .bind(day.month().number())
    .bind(&ranges.lows[0])
    .bind(&ranges.highs[0])
    .bind(waiting.to_vec())
    .bind(division_number(province.division()))
    .fetch_all(conn)
    .await?;
    let read = |id: String| id.parse().map_err(|_| Error::Corrupt { column: "id", value: id });
    ids.into_iter().map(read).collect()
}

/// The days before `before` whose lines in a province's book have changed from `since` to `until`: by undoings, and by settlements
/// that came late.
pub async fn changed_days(
    conn: &mut Conn,
    part: Part,
    (since, until): (Moment, Moment),
    before: Day,
) -> Result<BTreeSet<Day>> {
    let statement = match part {
        Part::Treatment => {
            "select distinct substr(id, 1, 19) as given from treatment_settlement
             where undo_at is not null and undo_at >= $1 and undo_at < $2
             union
             select distinct substr(id, 1, 19) from treatment_settlement
             where late_at is not null and late_at >= $1 and late_at < $2"
        }
        Part::Insured => {
            "select distinct substr(id, 1, 19) as given from insured_settlement
             where undone_at is not null and undone_at >= $1 and undone_at < $2
             union
             select distinct substr(id, 1, 19) from insured_settlement
             where committed_at - substr(id, 7, 13)::bigint > 3600000 and committed_at >= $1 and committed_at < $2"
        }
    };
    let given: Vec<String> =
        sqlx::query_scalar(statement).bind(since.millis()).bind(until.millis()).fetch_all(conn).await?;
    let day = |given: String| {
        let id = format!("{given}{:011}", 0).parse::<SettlementId>();
        id.map(|id| id.given_at().day()).map_err(|_| Error::Corrupt { column: "id", value: given })
    };
    let days: Result<BTreeSet<Day>> = given.into_iter().map(day).collect();
    Ok(days?.into_iter().filter(|day| *day < before).collect())
}

/// What the comparison of a day came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Whose book was compared with the hub's.
    pub province: Province,
    /// Of which day.
    pub day: Day,
    /// Which of its books.
    pub part: Part,
    /// How many settlements stand in it.
    pub standing: i64,
    /// Their 医疗费总额.
    pub total: Fen,
    /// On how many settlements the books differ.
    pub differing: i64,
    /// Of how many settlements messages are still on their way.
    pub under_way: i64,
    /// When it was compared last.
    pub ran_at: Moment,
    /// By whom.
    pub ran_by: String,
    /// When the hub heard of it, if it has heard of it as it stands.
    pub reported_at: Option<Moment>,
}

/// Writes what the comparison of a day came to, over what was written of it before.
pub async fn put(work: &mut Work, day: &Reconciled) -> Result<()> {
    sqlx::query(
        "insert into reconciliation (province, day, part, standing, total, differing, under_way, ran_at, ran_by, reported_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (province, day, part) do update set standing = excluded.standing, total = excluded.total,
             differing = excluded.differing, under_way = excluded.under_way, ran_at = excluded.ran_at,
             ran_by = excluded.ran_by, reported_at = excluded.reported_at",
    )
    .bind(division_number(day.province.division()))
    .bind(day.day.number())
    .bind(day.part.name())
    .bind(day.standing)
    .bind(day.total.0)
    .bind(day.differing)
    .bind(day.under_way)
    .bind(day.ran_at.millis())
    .bind(&day.ran_by)
    .bind(day.reported_at.map(Moment::millis))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes when the hub heard of a day, if nothing was written of it since `ran_at` and it was not to be told anew.
pub async fn set_reported(work: &mut Work, day: &Reconciled, reported_at: Option<Moment>) -> Result<()> {
    sqlx::query(
        "update reconciliation set reported_at = $5 where province = $1 and day = $2 and part = $3 and ran_at = $4",
    )
    .bind(division_number(day.province.division()))
    .bind(day.day.number())
    .bind(day.part.name())
    .bind(day.ran_at.millis())
    .bind(reported_at.map(Moment::millis))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What was written of the days from the first to the last: of all provinces, or of one.
pub async fn list(
    conn: &mut Conn,
    province: Option<Province>,
    (first, last): (Day, Day),
) -> Result<Vec<Reconciled>> {
    let rows = sqlx::query(
        "select * from reconciliation
         where day >= $1 and day <= $2 and ($3::integer is null or province = $3) order by day, province, part desc",
    )
    .bind(first.number())
    .bind(last.number())
    .bind(province.map(|one| division_number(one.division())))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_reconciled).collect()
}

/// The days that the hub has not heard of, oldest first.
pub async fn unreported(conn: &mut Conn, most: i64) -> Result<Vec<Reconciled>> {
    let rows = sqlx::query(
        "select * from reconciliation where reported_at is null order by day, part desc limit $1",
    )
    .bind(most)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_reconciled).collect()
}

/// The days that a province has compared since a moment: a night that was broken off goes on after them.
pub async fn ran_since(conn: &mut Conn, province: Province, since: Moment) -> Result<BTreeSet<(Day, Part)>> {
    let rows = sqlx::query("select day, part from reconciliation where province = $1 and ran_at >= $2")
        .bind(division_number(province.division()))
        .bind(since.millis())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((read_day(row)?, coded(row, "part", Part::from_name)?))).collect()
}

/// The days from `first` on of which messages were still on their way.
pub async fn unfinished(conn: &mut Conn, first: Day) -> Result<Vec<(Day, Part)>> {
    let rows = sqlx::query("select * from reconciliation where under_way > 0 and day >= $1")
        .bind(first.number())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| read_reconciled(row).map(|one| (one.day, one.part))).collect()
}

fn read_reconciled(row: &PgRow) -> Result<Reconciled> {
    Ok(Reconciled {
        province: Province(division(row, "province")?),
        day: read_day(row)?,
        part: coded(row, "part", Part::from_name)?,
        standing: row.try_get("standing")?,
        total: fen(row, "total")?,
        differing: row.try_get("differing")?,
        under_way: row.try_get("under_way")?,
        ran_at: moment(row, "ran_at")?,
        ran_by: row.try_get("ran_by")?,
        reported_at: moment_if(row, "reported_at")?,
    })
}

/// The column `day`.
pub(crate) fn read_day(row: &PgRow) -> Result<Day> {
    let number: i32 = row.try_get("day")?;
    Day::from_number(number).ok_or_else(|| Error::Corrupt { column: "day", value: number.to_string() })
}

/// How far a province has come by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The day on which it ran last; it compared the days before.
    pub night: Day,
    /// Up to when it has looked for undoings and late settlements.
    pub changes_up_to: Moment,
    /// When it looked at open differences again last.
    pub followed_at: Moment,
}

/// How far a province has come by itself; none if it never has.
pub async fn run(conn: &mut Conn, province: Province) -> Result<Option<Run>> {
    let row = sqlx::query("select *, night as day from reconciliation_run where province = $1")
        .bind(division_number(province.division()))
        .fetch_optional(conn)
        .await?;
    let read = |row: PgRow| {
        Ok(Run {
            night: read_day(&row)?,
            changes_up_to: moment(&row, "changes_up_to")?,
            followed_at: moment(&row, "followed_at")?,
        })
    };
    row.map(read).transpose()
}

/// Writes how far a province has come.
pub async fn put_run(work: &mut Work, province: Province, run: Run) -> Result<()> {
    sqlx::query(
        "insert into reconciliation_run (province, night, changes_up_to, followed_at) values ($1, $2, $3, $4)
         on conflict (province) do update set night = excluded.night, changes_up_to = excluded.changes_up_to,
             followed_at = excluded.followed_at",
    )
    .bind(division_number(province.division()))
    .bind(run.night.number())
    .bind(run.changes_up_to.millis())
    .bind(run.followed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, embedded::fixture::TestCluster};
    use funds::reconciliation::differing_buckets;

    fn hubei() -> Province {
        "420000".parse().unwrap()
    }

    fn beijing() -> Province {
        "110000".parse().unwrap()
    }

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    async fn run_sql(store: &Store, statement: &'static str, id: SettlementId) {
        let mut conn = store.conn().await.unwrap();
        let done = sqlx::query(statement).bind(id.to_string()).execute(&mut *conn).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{statement}");
    }

    /// A settlement of Hubei that stands in all three books, which are all in this database.
    async fn stands(store: &Store, given: &str, serial: u64, insured: i32) -> SettlementId {
        let id = SettlementId::new(hubei(), at(given), serial);
        let mut conn = store.conn().await.unwrap();
        for statement in [
            "insert into treatment_settlement (province, area, month, id, visit, institution, msgid, stage, person, scheme,
                 insured, total, fund_total, person_total, funds, fund_paid, claim, asked_at, settled_at, registration, account)
             values (420000, 420100, $1, $2, $2, 'H', 'M', 1, 'P', '310', $3 + 105, 1000, 700, 300, '{310100,330100}', '{600,100}',
                 '{}', $4, $4, '{}', 50)",
            "insert into hub_settlement (province, month, id, stage, treatment, insured, institution, scheme, total, fund_total,
                 person_total, funds, fund_paid, committed_at, recorded_at, account, place, care, clearing_month)
             values ($3, $1, $2, 0, 420000, $3 + 105, 'H', '310', 1000, 700, 300, '{310100,330100}', '{600,100}', $4, $4, 50,
                     420106, '21', $1)",
            "insert into insured_settlement (area, month, id, stage, person, scheme, year, treatment, institution, total,
                 fund_total, person_total, funds, fund_paid, committed_at, account)
             values ($3, $1, $2, 0, 'P', '310', 2026, 420000, 'H', 1000, 700, 300, '{310100,330100}', '{600,100}', $4, 50)",
        ] {
            sqlx::query(statement)
                .bind(id.month().number())
                .bind(id.to_string())
                .bind(insured)
                .bind(at(given).millis())
                .execute(&mut *conn)
                .await
                .unwrap();
        }
        id
    }

    /// The digests of a day in all books, those of a province's own book beside the hub's.
    async fn all_digests(store: &Store, of: Day) -> [BTreeMap<Bucket, Digest>; 4] {
        let mut conn = store.conn().await.unwrap();
        [
            digests(&mut conn, Book::Treatment, hubei(), of).await.unwrap(),
            digests(&mut conn, Book::HubOfTreatment, hubei(), of).await.unwrap(),
            digests(&mut conn, Book::HubOfInsured, beijing(), of).await.unwrap(),
            digests(&mut conn, Book::Insured, beijing(), of).await.unwrap(),
        ]
    }

    #[tokio::test]
    async fn all_books_come_to_the_same_digests_until_something_is_changed() {
        let store = TestCluster::shared().fresh_store(at("2026-11-22 01:00:00")).await;
        let today = day("2026-11-21");
        let first = stands(&store, "2026-11-21 00:00:00", 1, 110_000).await;
        let other = stands(&store, "2026-11-21 10:00:00", 2, 110_000).await;
        stands(&store, "2026-11-21 23:59:59", 101, 110_000).await;
        // Another day, another month, and people insured in Hubei itself: not the hub's matter.
        stands(&store, "2026-11-20 23:59:59", 1, 110_000).await;
        stands(&store, "2026-11-22 00:00:00", 1, 110_000).await;
        stands(&store, "2026-10-21 10:00:00", 1, 110_000).await;
        stands(&store, "2026-11-21 10:00:00", 3, 420_000).await;
        let digests_now = async || all_digests(&store, today).await;
        let [treatment, hub, hub_of_insured, insured] = digests_now().await;
        let shape: Vec<_> =
            treatment.iter().map(|(bucket, digest)| (bucket.part, digest.count, digest.total)).collect();
        assert_eq!(shape, [(1, 2, Fen(2_000)), (2, 1, Fen(1_000))]);
        assert!(treatment.keys().all(|bucket| bucket.counterpart == beijing()));
        assert!(hub_of_insured.keys().all(|bucket| bucket.counterpart == hubei()));
        assert_eq!(treatment, hub);
        assert_eq!(hub_of_insured, insured);
        assert!(treatment.values().eq(insured.values()));
        for (change, back) in [
            (
                "update hub_settlement set total = total + 1 where id = $1",
                "update hub_settlement set total = total - 1 where id = $1",
            ),
            (
                "update hub_settlement set fund_paid = '{100,600}' where id = $1",
                "update hub_settlement set fund_paid = '{600,100}' where id = $1",
            ),
            (
                "update hub_settlement set funds = '{310100,390100}' where id = $1",
                "update hub_settlement set funds = '{310100,330100}' where id = $1",
            ),
            (
                "update hub_settlement set account = 0 where id = $1",
                "update hub_settlement set account = 50 where id = $1",
            ),
            (
                "update hub_settlement set stage = 1 where id = $1",
                "update hub_settlement set stage = 0 where id = $1",
            ),
        ] {
            run_sql(&store, change, other).await;
            let [treatment, hub, hub_of_insured, insured] = digests_now().await;
            let parts = |buckets: BTreeSet<Bucket>| buckets.iter().map(|one| one.part).collect::<Vec<_>>();
            assert_eq!(parts(differing_buckets(&treatment, &hub)), [2], "{change}");
            assert_eq!(parts(differing_buckets(&hub_of_insured, &insured)), [2], "{change}");
            run_sql(&store, back, other).await;
        }
        // Undone at one side and never heard of at another is the same.
        run_sql(&store, "update treatment_settlement set stage = 4, undone_at = 1 where id = $1", first)
            .await;
        run_sql(&store, "delete from hub_settlement where id = $1", first).await;
        let [treatment, hub, ..] = digests_now().await;
        assert_eq!(treatment, hub);
        assert_eq!(treatment.values().map(|digest| digest.count).collect::<Vec<_>>(), [1, 1]);
    }

    #[tokio::test]
    async fn the_lines_of_a_bucket_are_read_in_pages_whatever_their_stage() {
        let store = TestCluster::shared().fresh_store(at("2026-11-22 01:00:00")).await;
        let today = day("2026-11-21");
        let mut ids = Vec::new();
        for serial in [107, 7, 207, 8] {
            ids.push(stands(&store, "2026-11-21 10:00:00", serial, 110_000).await);
        }
        run_sql(&store, "update treatment_settlement set stage = 3, undo = id where id = $1", ids[0]).await;
        run_sql(&store, "update treatment_settlement set stage = 0, settled_at = null where id = $1", ids[2])
            .await;
        let mut conn = store.conn().await.unwrap();
        let bucket = Bucket { counterpart: beijing(), part: 7 };
        let elsewhere = Bucket { counterpart: hubei(), part: 8 };
        let buckets = [bucket, elsewhere];
        let of = (hubei(), today);
        let page = lines(&mut conn, Book::Treatment, of, &buckets, None, 2).await.unwrap();
        let states: Vec<_> = page.iter().map(|one| (one.line.settlement, one.state)).collect();
        assert_eq!(states, [(ids[1], State::Standing), (ids[0], State::Undoing)]);
        assert_eq!(page[0].line.funds.values().copied().sum::<Fen>(), Fen(700));
        assert_eq!((page[0].counterpart, page[0].changed_at), (beijing(), at("2026-11-21 10:00:00")));
        let rest = lines(&mut conn, Book::Treatment, of, &buckets, Some(ids[0]), 2).await.unwrap();
        assert_eq!(rest.iter().map(|one| one.state).collect::<Vec<_>>(), [State::Asked]);
        let of = (beijing(), today);
        let bucket = Bucket { counterpart: hubei(), part: 7 };
        for book in [Book::Insured, Book::HubOfInsured] {
            let found = lines(&mut conn, book, of, &[bucket], None, 10).await.unwrap();
            let found: Vec<_> = found.iter().map(|one| (one.line.settlement, one.state)).collect();
            let all = [ids[1], ids[0], ids[2]].map(|id| (id, State::Standing));
            assert_eq!(found, all, "{book:?}");
        }
        assert_eq!(under_way(&mut conn, hubei(), today).await.unwrap(), [ids[0], ids[2]]);
    }

    #[tokio::test]
    async fn days_that_are_over_are_found_by_what_came_since() {
        let store = TestCluster::shared().fresh_store(at("2026-11-22 01:00:00")).await;
        let undone = stands(&store, "2026-11-18 10:00:00", 1, 110_000).await;
        let late = stands(&store, "2026-11-19 10:00:00", 2, 110_000).await;
        stands(&store, "2026-11-20 10:00:00", 3, 110_000).await;
        let undo = SettlementId::new(hubei(), at("2026-11-21 09:00:00"), 9).to_string();
        let mut conn = store.conn().await.unwrap();
        for (statement, id) in [
            ("update treatment_settlement set stage = 4, undo = $2, undone_at = $3 where id = $1", undone),
            ("update insured_settlement set stage = 1, undo = $2, undone_at = $3 where id = $1", undone),
            ("update treatment_settlement set settled_at = $3, undo = null where id = $1 and $2 <> ''", late),
            ("update insured_settlement set committed_at = $3, undo = null where id = $1 and $2 <> ''", late),
        ] {
            sqlx::query(statement)
                .bind(id.to_string())
                .bind(&undo)
                .bind(at("2026-11-21 09:00:00").millis())
                .execute(&mut *conn)
                .await
                .unwrap();
        }
        for part in Part::ALL {
            let window = (at("2026-11-21 08:00:00"), at("2026-11-21 10:00:00"));
            let found = changed_days(&mut conn, part, window, day("2026-11-21")).await.unwrap();
            assert_eq!(found, BTreeSet::from([day("2026-11-18"), day("2026-11-19")]), "{part:?}");
            let later = (at("2026-11-21 09:00:01"), at("2026-11-21 10:00:00"));
            let none = changed_days(&mut conn, part, later, day("2026-11-21")).await.unwrap();
            assert!(none.is_empty(), "{part:?}");
            let before = changed_days(&mut conn, part, window, day("2026-11-19")).await.unwrap();
            assert_eq!(before.len(), 1, "{part:?}");
        }
    }

    #[tokio::test]
    async fn a_day_is_written_over_and_told_once() {
        let store = TestCluster::shared().fresh_store(at("2026-11-22 01:00:00")).await;
        let first = Reconciled {
            province: hubei(),
            day: day("2026-11-21"),
            part: Part::Treatment,
            standing: 10,
            total: Fen(1_000),
            differing: 1,
            under_way: 1,
            ran_at: at("2026-11-22 01:00:00"),
            ran_by: "系统".to_owned(),
            reported_at: None,
        };
        let mut work = store.begin().await.unwrap();
        put(&mut work, &first).await.unwrap();
        let run_of = Run { night: first.day, changes_up_to: first.ran_at, followed_at: first.ran_at };
        put_run(&mut work, hubei(), run_of).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(unreported(&mut conn, 10).await.unwrap(), std::slice::from_ref(&first));
        assert_eq!(unfinished(&mut conn, first.day).await.unwrap(), [(first.day, Part::Treatment)]);
        assert_eq!(run(&mut conn, hubei()).await.unwrap(), Some(run_of));
        for (since, count) in [(first.ran_at, 1), (first.ran_at.plus_millis(1), 0)] {
            assert_eq!(ran_since(&mut conn, hubei(), since).await.unwrap().len(), count);
        }
        let again = Reconciled { under_way: 0, ran_at: at("2026-11-22 02:00:00"), ..first.clone() };
        let mut work = store.begin().await.unwrap();
        put(&mut work, &again).await.unwrap();
        // The hub heard of what was written before.
        set_reported(&mut work, &first, Some(again.ran_at)).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(unreported(&mut conn, 10).await.unwrap(), std::slice::from_ref(&again));
        let mut work = store.begin().await.unwrap();
        set_reported(&mut work, &again, Some(again.ran_at)).await.unwrap();
        work.save().await.unwrap();
        assert!(unreported(&mut conn, 10).await.unwrap().is_empty());
        assert!(unfinished(&mut conn, first.day).await.unwrap().is_empty());
        let listed = list(&mut conn, None, (first.day, first.day)).await.unwrap();
        assert_eq!(listed, [Reconciled { reported_at: Some(again.ran_at), ..again }]);
        assert!(list(&mut conn, Some(beijing()), (first.day, first.day)).await.unwrap().is_empty());
    }
}

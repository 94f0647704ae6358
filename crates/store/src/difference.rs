//! Differences between the books (对账差异): which settlement, how, why, whose matter it is, and how far that has come. A
//! province keeps those of its own two books with the hub's; the hub keeps what all provinces report.

use crate::{
    Conn, Document, Result, Work,
    daily_reconciliation::read_day,
    document::document,
    row::{area_of, coded, division, division_number, moment, parsed, stage, stage_number},
    search::{limited, numbers_in, push_limit},
};
use casework::difference::{Matter, Note, Stage};
use funds::reconciliation::{Cause, DifferenceKind, Part, Side};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};
use std::collections::BTreeSet;
use terms::{AdminDivision, Day, PoolingArea, Province, SettlementId};

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Whose book differs from the hub's.
    pub province: Province,
    /// Which of its books.
    pub part: Part,
    /// The settlement.
    pub settlement: SettlementId,
    /// The other province, if it is known.
    pub counterpart: Option<Province>,
    /// The pooling area in whose book it stands; none where the book has no such settlement, and at the hub.
    pub area: Option<PoolingArea>,
    /// The side that has to look.
    pub owner: Side,
    /// The province or pooling area of that side; none for the hub.
    pub agency: Option<AdminDivision>,
    /// How the books differ, or did last.
    pub kinds: Vec<DifferenceKind>,
    /// What explains it.
    pub cause: Cause,
    /// How far it has come.
    pub matter: Matter,
}

impl Difference {
    /// The day that it belongs to.
    pub fn day(&self) -> Day {
        self.settlement.given_at().day()
    }
}

/// Writes a difference over what was written of it before.
pub async fn put(work: &mut Work, difference: &Difference) -> Result<()> {
    let matter = &difference.matter;
    sqlx::query(
        "insert into difference (province, month, settlement, part, day, counterpart, owner, agency, kinds, cause, stage, looks,
                                 notes, found_at, changed_at, area)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         on conflict (province, month, settlement, part) do update set counterpart = excluded.counterpart,
             owner = excluded.owner, agency = excluded.agency, kinds = excluded.kinds, cause = excluded.cause,
             stage = excluded.stage, looks = excluded.looks, notes = excluded.notes, changed_at = excluded.changed_at,
             area = excluded.area",
    )
    .bind(division_number(difference.province.division()))
    .bind(difference.settlement.month().number())
    .bind(difference.settlement.to_string())
    .bind(difference.part.name())
    .bind(difference.day().number())
    .bind(difference.counterpart.map(|one| division_number(one.division())))
    .bind(difference.owner.name())
    .bind(difference.agency.map(division_number))
    .bind(Document::of(&difference.kinds).text())
    .bind(difference.cause.name())
    .bind(stage_number(&Stage::ALL, &matter.stage))
    .bind(i32::try_from(matter.looks).unwrap_or(i32::MAX))
    .bind(Document::of(&matter.notes).text())
    .bind(matter.found_at.millis())
    .bind(matter.changed_at.millis())
    .bind(difference.area.map(area_of))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The differences of a day of one of a province's books, held until the unit of work ends.
pub async fn hold_day(work: &mut Work, province: Province, day: Day, part: Part) -> Result<Vec<Difference>> {
    let rows = sqlx::query(
        "select * from difference where province = $1 and day = $2 and part = $3 order by settlement for update",
    )
    .bind(division_number(province.division()))
    .bind(day.number())
    .bind(part.name())
    .fetch_all(work.conn())
    .await?;
    rows.iter().map(read).collect()
}

/// What is known of one settlement here, held until the unit of work ends: at the hub by both provinces' reports.
pub async fn hold(work: &mut Work, settlement: SettlementId) -> Result<Vec<Difference>> {
    let rows = sqlx::query(
        "select * from difference where stage = any($3) and month = $1 and settlement = $2 order by province for update",
    )
    .bind(settlement.month().number())
    .bind(settlement.to_string())
    .bind(numbers(&Stage::ALL))
    .fetch_all(work.conn())
    .await?;
    rows.iter().map(read).collect()
}

/// In which pooling areas' books a settlement stands on which the books differ: one for each difference, none for what stands in none.
pub async fn areas(conn: &mut Conn, settlement: SettlementId) -> Result<Vec<Option<PoolingArea>>> {
    let rows = sqlx::query(
        "select area from difference where stage = any($3) and month = $1 and settlement = $2 order by province",
    )
    .bind(settlement.month().number())
    .bind(settlement.to_string())
    .bind(numbers(&Stage::ALL))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_area).collect()
}

fn read_area(row: &PgRow) -> Result<Option<PoolingArea>> {
    let area: Option<i32> = row.try_get("area")?;
    area.map(|_| division(row, "area").map(PoolingArea)).transpose()
}

fn numbers(stages: &[Stage]) -> Vec<i16> {
    stages.iter().map(|one| stage_number(&Stage::ALL, one)).collect()
}

/// Stages at which the books differ and nobody has explained it.
const OPEN: [Stage; 2] = [Stage::Open, Stage::Mending];

/// Which differences are listed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// At one of these stages.
    pub stages: &'a [Stage],
    /// Of the days from this one …
    pub first: Day,
    /// … to this one.
    pub last: Day,
    /// After this settlement, in the order of months and ids.
    pub after: Option<SettlementId>,
}

/// At most so many differences.
pub async fn list(conn: &mut Conn, wanted: Wanted<'_>, most: i64) -> Result<Vec<Difference>> {
    let rows = sqlx::query(limited(
        "select * from difference
         where stage = any($1) and month >= $2 and month <= $3 and day >= $4 and day <= $5
           and (month, settlement) > ($6, $7)
         order by month, settlement, province",
        most,
    ))
    .bind(numbers(wanted.stages))
    .bind(wanted.first.month().number())
    .bind(wanted.last.month().number())
    .bind(wanted.first.number())
    .bind(wanted.last.number())
    .bind(wanted.after.map_or(0, |id| id.month().number()))
    .bind(wanted.after.map(|id| id.to_string()).unwrap_or_default())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// A row of the list of differences, by which the next page is found.
pub type Mark = (SettlementId, Province, Part);

/// Which differences people look for, and in which order.
#[derive(Clone, Copy, Debug)]
pub struct DifferencesWanted<'a> {
    /// At one of these stages.
    pub stages: &'a [Stage],
    /// Of the days from this one to this one.
    pub days: (Day, Day),
    /// In the books of this province.
    pub province: Option<Province>,
    /// Of settlements that stand in the books of pooling areas of this division.
    pub within: Option<AdminDivision>,
    /// This side has to look.
    pub owner: Option<Side>,
    /// The latest settlement first.
    pub backwards: bool,
    /// The row with which the page before ended.
    pub after: Option<Mark>,
    /// At most so many.
    pub most: i64,
}

/// A page of differences, in the order of months and ids.
pub async fn search(conn: &mut Conn, wanted: &DifferencesWanted<'_>) -> Result<Vec<Difference>> {
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    let (first, last) = wanted.days;
    let mut query = QueryBuilder::<Postgres>::new("select * from difference where stage = any(");
    query.push_bind(numbers(wanted.stages)).push(") and month >= ").push_bind(first.month().number());
    query.push(" and month <= ").push_bind(last.month().number());
    query.push(" and day >= ").push_bind(first.number()).push(" and day <= ").push_bind(last.number());
    if let Some(province) = wanted.province {
        query.push(" and province = ").push_bind(division_number(province.division()));
    }
    if let Some(within) = wanted.within {
        let (first, last) = numbers_in(within);
        query.push(" and area >= ").push_bind(first).push(" and area <= ").push_bind(last);
    }
    if let Some(owner) = wanted.owner {
        query.push(" and owner = ").push_bind(owner.name());
    }
    if let Some((settlement, province, part)) = wanted.after {
        query.push(format!(" and (month, settlement, province, part) {than} ("));
        query.push_bind(settlement.month().number()).push(", ").push_bind(settlement.to_string());
        query.push(", ").push_bind(division_number(province.division())).push(", ");
        query.push_bind(part.name()).push(")");
    }
    let by = ["month", "settlement", "province", "part"].map(|column| format!("{column} {direction}"));
    query.push(format!(" order by {}", by.join(", ")));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// The settlements whose ids were given from the first day to the last on which the books differ and nobody has explained it. They
/// enter no clearing until somebody has.
pub async fn open_settlements(conn: &mut Conn, first: Day, last: Day) -> Result<BTreeSet<SettlementId>> {
    let rows = sqlx::query(
        "select settlement from difference
         where stage = any($1) and month >= $2 and month <= $3 and day >= $4 and day <= $5",
    )
    .bind(numbers(&OPEN))
    .bind(first.month().number())
    .bind(last.month().number())
    .bind(first.number())
    .bind(last.number())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| parsed(row, "settlement")).collect()
}

/// The days, by book, with differences that nobody has explained and that were looked at fewer times than `looks`.
pub async fn open_days(conn: &mut Conn, looks: i32) -> Result<BTreeSet<(Day, Part)>> {
    let rows = sqlx::query("select distinct day, part from difference where stage = any($1) and looks < $2")
        .bind(numbers(&OPEN))
        .bind(looks)
        .fetch_all(conn)
        .await?;
    let read = |row: &PgRow| Ok((read_day(row)?, coded(row, "part", Part::from_name)?));
    rows.iter().map(read).collect()
}

/// At the hub: at most so many of the settlements of a treatment province that wait for it to send something again, as insured
/// provinces reported, in the order of months and ids after one.
pub async fn reported_of_treatment(
    conn: &mut Conn,
    treatment: Province,
    after: Option<SettlementId>,
    most: i64,
) -> Result<Vec<SettlementId>> {
    let rows = sqlx::query(limited(
        "select settlement from difference
         where stage = any($1) and (month, settlement) > ($2, $3) and counterpart = $4 and part = $5 and cause = $6
         order by month, settlement",
        most,
    ))
    .bind(numbers(&OPEN))
    .bind(after.map_or(0, |id| id.month().number()))
    .bind(after.map(|id| id.to_string()).unwrap_or_default())
    .bind(division_number(treatment.division()))
    .bind(Part::Insured.name())
    .bind(Cause::AwaitsTreatment.name())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| parsed(row, "settlement")).collect()
}

fn read(row: &PgRow) -> Result<Difference> {
    let counterpart: Option<i32> = row.try_get("counterpart")?;
    let agency: Option<i32> = row.try_get("agency")?;
    let looks: i32 = row.try_get("looks")?;
    let notes: Vec<Note> = document(row, "notes")?.read()?;
    Ok(Difference {
        province: Province(division(row, "province")?),
        part: coded(row, "part", Part::from_name)?,
        settlement: parsed(row, "settlement")?,
        counterpart: counterpart.map(|_| division(row, "counterpart").map(Province)).transpose()?,
        area: read_area(row)?,
        owner: coded(row, "owner", Side::from_name)?,
        agency: agency.map(|_| division(row, "agency")).transpose()?,
        kinds: document(row, "kinds")?.read()?,
        cause: coded(row, "cause", Cause::from_name)?,
        matter: Matter {
            stage: stage(row, &Stage::ALL)?,
            looks: looks.unsigned_abs(),
            found_at: moment(row, "found_at")?,
            changed_at: moment(row, "changed_at")?,
            notes,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use casework::difference::Move;
    use terms::Moment;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn province(text: &str) -> Province {
        text.parse().unwrap()
    }

    fn difference(given: &str, serial: u64, part: Part) -> Difference {
        let (treatment, insured) = (province("420000"), province("110000"));
        let (own, counterpart) = match part {
            Part::Treatment => (treatment, insured),
            Part::Insured => (insured, treatment),
        };
        Difference {
            province: own,
            part,
            settlement: SettlementId::new(treatment, at(given), serial),
            counterpart: Some(counterpart),
            area: (part == Part::Treatment).then(|| PoolingArea("420100".parse().unwrap())),
            owner: Side::Treatment,
            agency: Some(own.division()),
            kinds: vec![DifferenceKind::MissingAt(Side::Hub)],
            cause: Cause::NotRecorded,
            matter: Matter::found("在国家平台账中缺失", at("2026-11-22 01:00:00")),
        }
    }

    #[tokio::test]
    async fn differences_are_listed_by_stage_and_only_unexplained_ones_are_open() {
        let store = TestCluster::shared().fresh_store(at("2026-11-22 01:00:00")).await;
        let both = difference("2026-11-21 10:00:00", 1, Part::Treatment);
        let insured = Difference {
            cause: Cause::AwaitsTreatment,
            ..difference("2026-11-21 10:00:00", 1, Part::Insured)
        };
        let october = difference("2026-10-31 23:00:00", 2, Part::Treatment);
        let mut hub = difference("2026-11-20 10:00:00", 3, Part::Treatment);
        (hub.owner, hub.agency, hub.counterpart) = (Side::Hub, None, None);
        let mut work = store.begin().await.unwrap();
        for one in [&both, &insured, &october, &hub] {
            put(&mut work, one).await.unwrap();
        }
        assert_eq!(hold(&mut work, both.settlement).await.unwrap(), [insured.clone(), both.clone()]);
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let (first, last) = ("2026-11-01".parse().unwrap(), "2026-11-30".parse().unwrap());
        let open = open_settlements(&mut conn, first, last).await.unwrap();
        assert_eq!(open, BTreeSet::from([both.settlement, hub.settlement]));
        let of_treatment = reported_of_treatment(&mut conn, province("420000"), None, 10).await.unwrap();
        assert_eq!(of_treatment, [both.settlement]);
        let days = open_days(&mut conn, 2).await.unwrap();
        assert_eq!(days.len(), 4);
        assert!(open_days(&mut conn, 1).await.unwrap().is_empty(), "looked at once");

        let note =
            Note { at: at("2026-11-22 09:00:00"), by: "经办甲".to_owned(), text: "属实".to_owned() };
        let mut work = store.begin().await.unwrap();
        for mut one in hold(&mut work, both.settlement).await.unwrap() {
            one.matter = one.matter.decided(one.settlement, Move::Explain, note.clone()).unwrap();
            put(&mut work, &one).await.unwrap();
        }
        work.save().await.unwrap();
        let open = open_settlements(&mut conn, first, last).await.unwrap();
        assert_eq!(open, BTreeSet::from([hub.settlement]));
        let wanted = |stages, after| Wanted { stages, first, last, after };
        let explained = list(&mut conn, wanted(&[Stage::Explained], None), 10).await.unwrap();
        assert_eq!(explained.len(), 2);
        assert_eq!(explained[0].matter.notes.last(), Some(&note));
        for (within, settlements) in [
            ("420100", vec![hub.settlement, both.settlement]),
            ("420000", vec![hub.settlement, both.settlement]),
            ("420500", vec![]),
            ("110000", vec![]),
        ] {
            let within = DifferencesWanted {
                stages: &Stage::ALL,
                days: (first, last),
                province: None,
                within: Some(within.parse().unwrap()),
                owner: None,
                backwards: false,
                after: None,
                most: 10,
            };
            let found = search(&mut conn, &within).await.unwrap();
            assert_eq!(found.iter().map(|one| one.settlement).collect::<Vec<_>>(), settlements, "{within:?}");
        }
        let after = list(&mut conn, wanted(&Stage::ALL, Some(hub.settlement)), 10).await.unwrap();
        assert_eq!(after.len(), 2, "in the order of ids");
        let mut work = store.begin().await.unwrap();
        let of_day = hold_day(&mut work, province("110000"), insured.day(), Part::Insured).await.unwrap();
        assert_eq!(of_day.len(), 1);
    }
}

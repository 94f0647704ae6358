//! The insured place's book of settlements, and the sums of every person's year.

use crate::{
    Amounts, Conn, Document, Error, Result, Work,
    document::{document, document_if},
    figures::counted::{self, Book},
    row::{
        area_of, coded, division, division_number, fund_columns, json_if, moment, moment_if, parsed,
        parsed_if, stage, stage_number,
    },
    search::limited,
    treatment::read_amounts,
};
use benefit::{EarlierYear, YearToDate};
use casework::{Filing, person::Person};
use serde::Serialize;
use serde_json::Value;
use sqlx::{Row, postgres::PgRow, types::Json};
use terms::{InstitutionCode, InsuranceScheme, Moment, PersonNumber, PoolingArea, Province, SettlementId};

/// Where a settlement stands at the insured place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// 有效: it is in the year's sums.
    Standing,
    /// 已撤销: it is out of them, or it was undone before it was asked for; it will never stand.
    Undone,
    /// 已拒绝: it will never stand.
    Refused,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 3] = [Self::Standing, Self::Undone, Self::Refused];
}

/// A settlement as the insured place keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct InsuredSettlement {
    /// The person's pooling area.
    pub area: PoolingArea,
    /// Its id.
    pub id: SettlementId,
    /// Where it stands.
    pub stage: Stage,
    /// Which province treats.
    pub treatment: Province,
    /// What was settled; none where it was undone or refused before anything was.
    pub content: Option<Content>,
    /// Why it was refused: code and sentence.
    pub refusal: Option<Value>,
    /// When it was committed, refused, or undone before it came.
    pub committed_at: Moment,
    /// The undoing's own id, and its reason.
    pub undo: Option<(SettlementId, String)>,
    /// When it was undone.
    pub undone_at: Option<Moment>,
}

/// What a settlement settled.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// The person.
    pub person: PersonNumber,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The year in whose sums it is.
    pub year: i16,
    /// The hospital.
    pub institution: InstitutionCode,
    /// Its amounts.
    pub amounts: Amounts,
    /// Exactly what it added to the year.
    pub contribution: YearToDate,
    /// What it added to the year before, if the stay was split at the year's end.
    pub earlier: Option<EarlierYear>,
    /// What was claimed, as the wire writes it.
    pub claim: Document,
    /// Who pays what and why, as the wire writes it.
    pub breakdown: Document,
}

/// Writes a settlement, a refusal, or an undoing that came first.
pub async fn insert(work: &mut Work, settlement: &InsuredSettlement) -> Result<()> {
    let content = settlement.content.as_ref();
    let amounts = content.map(|content| content.amounts.clone()).unwrap_or_default();
    let (codes, paid) = fund_columns(&amounts.funds);
    sqlx::query(
        "insert into insured_settlement (area, month, id, stage, person, scheme, year, treatment, institution, total,
                fund_total, person_total, funds, fund_paid, contribution, earlier, claim, breakdown, refusal, committed_at,
                undo, undo_reason, undone_at, account)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
                 $24)",
    )
    .bind(area_of(settlement.area))
    .bind(settlement.id.month().number())
    .bind(settlement.id.to_string())
    .bind(stage_number(&Stage::ALL, &settlement.stage))
    .bind(content.map(|content| content.person.as_str()))
    .bind(content.map(|content| content.scheme.code()))
    .bind(content.map(|content| content.year))
    .bind(division_number(settlement.treatment.division()))
    .bind(content.map(|content| content.institution.as_str()))
    .bind(amounts.total.0)
    .bind(amounts.fund_total.0)
    .bind(amounts.person_total.0)
    .bind(codes)
    .bind(paid)
    .bind(content.map(|content| written(&content.contribution)))
    .bind(content.and_then(|content| content.earlier.as_ref()).map(written))
    .bind(content.map(|content| content.claim.text()))
    .bind(content.map(|content| content.breakdown.text()))
    .bind(settlement.refusal.as_ref().map(Json))
    .bind(settlement.committed_at.millis())
    .bind(settlement.undo.as_ref().map(|(id, _)| id.to_string()))
    .bind(settlement.undo.as_ref().map(|(_, reason)| reason.as_str()))
    .bind(settlement.undone_at.map(Moment::millis))
    .bind(amounts.account.0)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Sums as text.
pub(crate) fn written(sums: &impl Serialize) -> String {
    serde_json::to_string(sums).expect("sums are JSON")
}

/// Writes that a settlement is undone.
pub async fn set_undone(
    work: &mut Work,
    area: PoolingArea,
    id: SettlementId,
    undo: (SettlementId, &str),
    at: Moment,
) -> Result<()> {
    let changed = sqlx::query(
        "update insured_settlement set stage = $3, undo = $4, undo_reason = $5, undone_at = $6
         where area = $7 and month = $1 and id = $2
         returning committed_at",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(stage_number(&Stage::ALL, &Stage::Undone))
    .bind(undo.0.to_string())
    .bind(undo.1)
    .bind(at.millis())
    .bind(area_of(area))
    .fetch_optional(work.conn())
    .await?;
    let committed_at = changed.map(|row| moment_if(&row, "committed_at")).transpose()?.flatten();
    match committed_at {
        Some(at) => counted::forget(work, Book::of_insured(area.province()), at).await,
        None => Ok(()),
    }
}

/// The settlement with this id, held until the unit of work ends.
pub async fn hold(work: &mut Work, area: PoolingArea, id: SettlementId) -> Result<Option<InsuredSettlement>> {
    let row =
        sqlx::query("select * from insured_settlement where area = $1 and month = $2 and id = $3 for update")
            .bind(area_of(area))
            .bind(id.month().number())
            .bind(id.to_string())
            .fetch_optional(work.conn())
            .await?;
    row.as_ref().map(read).transpose()
}

/// The settlement with this id.
pub async fn find(conn: &mut Conn, area: PoolingArea, id: SettlementId) -> Result<Option<InsuredSettlement>> {
    let row = sqlx::query("select * from insured_settlement where area = $1 and month = $2 and id = $3")
        .bind(area_of(area))
        .bind(id.month().number())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The whole book, in the order of ids: for comparison.
pub async fn all(conn: &mut Conn) -> Result<Vec<InsuredSettlement>> {
    let rows = sqlx::query("select * from insured_settlement order by id").fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Whose sums.
#[derive(Clone, Copy, Debug)]
pub struct YearKey<'a> {
    /// The person's pooling area.
    pub area: PoolingArea,
    /// The person.
    pub person: &'a PersonNumber,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The year.
    pub year: i16,
}

/// The sums of a person's year; nothing where nothing was settled.
pub async fn year(conn: &mut Conn, key: YearKey<'_>) -> Result<YearToDate> {
    let row = sqlx::query(
        "select sums from year_to_date where area = $1 and person = $2 and scheme = $3 and year = $4",
    )
    .bind(area_of(key.area))
    .bind(key.person.as_str())
    .bind(key.scheme.code())
    .bind(key.year)
    .fetch_optional(conn)
    .await?;
    Ok(row.as_ref().map(read_year).transpose()?.unwrap_or_default())
}

/// The same, held until the unit of work ends: two settlements of one person follow one another.
pub async fn hold_year(work: &mut Work, key: YearKey<'_>) -> Result<YearToDate> {
    let row = sqlx::query(
        "insert into year_to_date (area, person, scheme, year, revision, sums) values ($1, $2, $3, $4, 1, '{}')
         on conflict (area, person, scheme, year) do update set revision = year_to_date.revision
         returning sums",
    )
    .bind(area_of(key.area))
    .bind(key.person.as_str())
    .bind(key.scheme.code())
    .bind(key.year)
    .fetch_one(work.conn())
    .await?;
    read_year(&row)
}

/// Writes the sums of a year that is held.
pub async fn put_year(work: &mut Work, key: YearKey<'_>, sums: &YearToDate) -> Result<()> {
    sqlx::query(
        "update year_to_date set revision = revision + 1, sums = $5
         where area = $1 and person = $2 and scheme = $3 and year = $4",
    )
    .bind(area_of(key.area))
    .bind(key.person.as_str())
    .bind(key.scheme.code())
    .bind(key.year)
    .bind(written(sums))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What the insured place knows about a person in one scheme and year, in one read.
#[derive(Clone, Debug)]
pub struct Known {
    /// The person, with this one insurance.
    pub person: Person,
    /// All their filings, newest first.
    pub filings: Vec<Filing>,
    /// The sums of the year, with their revision; 0 if there are none.
    pub sums: YearToDate,
    /// The revision of the sums.
    pub revision: i32,
}

/// What is known about each of these in their scheme and year; `None` if nobody, or nobody of this scheme.
pub async fn known(conn: &mut Conn, keys: &[YearKey<'_>]) -> Result<Vec<Option<Known>>> {
    let rows = sqlx::query(
        "select given.place, person.number, person.citizen, person.name, person.nation, enrolment.insured, enrolment.person_type,
                enrolment.standing, enrolment.civil_servant, enrolment.since_day, enrolment.employer, enrolment.balance,
                enrolment.scheme, enrolment.classes, enrolment.tier, enrolment.contribution_years, enrolment.retired_day,
                array(select content from filing
                      where filing.area = person.area and filing.person = person.number order by id desc) as filings,
                revision, used.sums
         from unnest($1::integer[], $2::text[], $3::text[], $4::smallint[]) with ordinality
              as given (area, person, scheme, year, place)
         join person on person.area = given.area and person.number = given.person
         join enrolment on enrolment.area = given.area and enrolment.person = given.person and enrolment.scheme = given.scheme
         left join year_to_date used on used.area = given.area and used.person = given.person and used.scheme = given.scheme
              and used.year = given.year",
    )
    .bind(keys.iter().map(|key| area_of(key.area)).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.person.as_str()).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.scheme.code()).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.year).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    let mut known: Vec<Option<Known>> = keys.iter().map(|_| None).collect();
    for row in &rows {
        let place: i64 = row.try_get("place")?;
        let place = usize::try_from(place - 1).expect("places are counted from one");
        known[place] = Some(read_known(row)?);
    }
    Ok(known)
}

fn read_known(row: &PgRow) -> Result<Known> {
    let revision: Option<i32> = row.try_get("revision")?;
    Ok(Known {
        person: crate::person::read_one(row)?,
        filings: read_filings(row)?,
        sums: if revision.is_some() { read_year(row)? } else { YearToDate::default() },
        revision: revision.unwrap_or(0),
    })
}

/// A settlement that stands, and what is known of its person today: what a policy is tried on.
#[derive(Clone, Debug)]
pub struct Past {
    /// Its id.
    pub id: SettlementId,
    /// What was claimed, as the wire writes it.
    pub claim: Document,
    /// When it was committed.
    pub committed_at: Moment,
    /// The person, with this one insurance.
    pub person: Person,
    /// All their filings, newest first.
    pub filings: Vec<Filing>,
}

/// Which settlements.
#[derive(Clone, Copy, Debug)]
pub struct YearOf {
    /// The pooling area.
    pub area: PoolingArea,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The insurance year.
    pub year: i16,
}

/// At most so many of the standing settlements of a year that follow an id, in the order of months and ids: a book is read in
/// pages, however long it is.
pub async fn past(conn: &mut Conn, of: YearOf, after: Option<SettlementId>, limit: i64) -> Result<Vec<Past>> {
    let rows = sqlx::query(limited(
        "select book.id, book.claim, book.committed_at,
                person.number, person.citizen, person.name, person.nation, enrolment.insured, enrolment.person_type,
                enrolment.standing, enrolment.civil_servant, enrolment.since_day, enrolment.employer, enrolment.balance,
                enrolment.scheme, enrolment.classes, enrolment.tier, enrolment.contribution_years, enrolment.retired_day,
                array(select content from filing
                      where filing.area = person.area and filing.person = person.number order by id desc) as filings
         from insured_settlement book
         join person on person.area = book.area and person.number = book.person
         join enrolment on enrolment.area = book.area and enrolment.person = book.person and enrolment.scheme = book.scheme
         where book.area = $1 and book.scheme = $2 and book.year = $3 and book.stage = $4 and book.claim is not null
           and (book.month, book.id) > ($5, $6)
         order by book.month, book.id",
        limit,
    ))
    .bind(area_of(of.area))
    .bind(of.scheme.code())
    .bind(of.year)
    .bind(stage_number(&Stage::ALL, &Stage::Standing))
    .bind(after.map_or(0, |id| id.month().number()))
    .bind(after.map(|id| id.to_string()).unwrap_or_default())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_past).collect()
}

fn read_filings(row: &PgRow) -> Result<Vec<Filing>> {
    let filings: Vec<Value> = row.try_get("filings")?;
    let filing = |content: Value| {
        serde_json::from_value(content)
            .map_err(|error| Error::Corrupt { column: "filing.content", value: error.to_string() })
    };
    filings.into_iter().map(filing).collect()
}

fn read_past(row: &PgRow) -> Result<Past> {
    Ok(Past {
        id: parsed(row, "id")?,
        claim: document(row, "claim")?,
        committed_at: moment(row, "committed_at")?,
        person: crate::person::read_one(row)?,
        filings: read_filings(row)?,
    })
}

/// The sums of a person's year, with whose they are.
#[derive(Clone, Debug)]
pub struct YearOfPerson {
    /// Where the person is insured.
    pub area: PoolingArea,
    /// Whose.
    pub person: PersonNumber,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// The insurance year.
    pub year: i16,
    /// The sums.
    pub sums: YearToDate,
}

/// The years of people in the order of their keys, after one, so many at most.
pub async fn years_page(
    conn: &mut Conn,
    after: Option<&YearOfPerson>,
    most: i64,
) -> Result<Vec<YearOfPerson>> {
    let rows = sqlx::query(limited(
        "select * from year_to_date where (area, person, scheme, year) > ($1, $2, $3, $4)
         order by area, person, scheme, year",
        most,
    ))
    .bind(after.map_or(0, |one| area_of(one.area)))
    .bind(after.map_or("", |one| one.person.as_str()))
    .bind(after.map_or("", |one| one.scheme.code()))
    .bind(after.map_or(0, |one| one.year))
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(YearOfPerson {
            area: PoolingArea(division(row, "area")?),
            person: parsed(row, "person")?,
            scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
            year: row.try_get("year")?,
            sums: read_year(row)?,
        })
    };
    rows.iter().map(read).collect()
}

/// How many settlements stand, or stood, with what was claimed.
pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from insured_settlement where person is not null")
        .fetch_one(conn)
        .await?)
}

/// Everything that was ever settled for some people of an area, in the order in which it was committed.
pub async fn of_people(
    conn: &mut Conn,
    area: PoolingArea,
    people: &[&str],
) -> Result<Vec<InsuredSettlement>> {
    let rows = sqlx::query(
        "select * from insured_settlement where area = $1 and person = any($2) order by person, committed_at, id",
    )
    .bind(area_of(area))
    .bind(people)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Every person's sums: for the check that they equal the sum of the standing settlements.
pub async fn all_years(conn: &mut Conn) -> Result<Vec<(PersonNumber, InsuranceScheme, i16, YearToDate)>> {
    let rows =
        sqlx::query("select * from year_to_date order by person, scheme, year").fetch_all(conn).await?;
    let read = |row: &PgRow| {
        let scheme = coded(row, "scheme", InsuranceScheme::from_code)?;
        Ok((parsed(row, "person")?, scheme, row.try_get("year")?, read_year(row)?))
    };
    rows.iter().map(read).collect()
}

fn read_year(row: &PgRow) -> Result<YearToDate> {
    document(row, "sums")?.read()
}

pub(crate) fn read(row: &PgRow) -> Result<InsuredSettlement> {
    let undo = parsed_if(row, "undo")?.map(|id| -> Result<_> { Ok((id, row.try_get("undo_reason")?)) });
    let person: Option<PersonNumber> = parsed_if(row, "person")?;
    let content = person.map(|person| read_content(row, person));
    Ok(InsuredSettlement {
        area: PoolingArea(division(row, "area")?),
        id: parsed(row, "id")?,
        stage: stage(row, &Stage::ALL)?,
        treatment: Province(division(row, "treatment")?),
        content: content.transpose()?,
        refusal: json_if(row, "refusal")?,
        committed_at: moment(row, "committed_at")?,
        undo: undo.transpose()?,
        undone_at: moment_if(row, "undone_at")?,
    })
}

fn read_content(row: &PgRow, person: PersonNumber) -> Result<Content> {
    Ok(Content {
        person,
        scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
        year: row.try_get("year")?,
        institution: parsed(row, "institution")?,
        amounts: read_amounts(row)?,
        contribution: document(row, "contribution")?.read()?,
        earlier: document_if(row, "earlier")?.map(|earlier| earlier.read()).transpose()?,
        claim: document(row, "claim")?,
        breakdown: document(row, "breakdown")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{embedded::fixture::TestCluster, migration};
    use sqlx::Connection;
    use terms::{Fen, Fund};

    #[tokio::test]
    async fn sums_of_the_columns_before_are_read_as_counters() {
        let database = TestCluster::shared().empty_database().await;
        let mut conn = Conn::connect_with(&database.options).await.unwrap();
        let migrations = migration::numbers();
        for number in &migrations[..2] {
            sqlx::raw_sql(migration::text(*number).unwrap()).execute(&mut conn).await.unwrap();
        }
        sqlx::raw_sql(
            r#"insert into year_to_date values
                (110000, '900001', '310', 2026, 3, 1, 1000, 900, 130, 300, '{310100}', '{700}'),
                (110000, '900002', '310', 2026, 2, 0, 0, 0, 0, 0, '{}', '{}');
               insert into insured_settlement values
                (110000, 202611, '420000179523180000000000000001', 0, '900001', '310', 2026, 420000, 'H42010600901', 1000, 700,
                 300, '{310100}', '{700}', '{"admissions":1,"in_scope":900,"deductible":130}', '{}',
                 '{"contribution":{"admissions":1,"in_scope":900,"deductible":130},"lines":[]}', null, 0, null, null, null)"#,
        )
        .execute(&mut conn)
        .await
        .unwrap();
        for number in &migrations[2..] {
            sqlx::raw_sql(migration::text(*number).unwrap()).execute(&mut conn).await.unwrap();
        }
        let years = all_years(&mut conn).await.unwrap();
        let sums = years[0].3.clone();
        assert_eq!(
            (sums.admissions(), sums.in_scope(), sums.paid_by(Fund::EmployeePool)),
            (1, Fen(900), Fen(700))
        );
        assert_eq!((sums.total(), sums.deductible(), sums.person()), (Fen(1000), Fen(130), Fen(300)));
        assert_eq!(years[1].3, YearToDate::default());
        let settled = all(&mut conn).await.unwrap().remove(0).content.unwrap();
        assert_eq!((&settled.contribution, settled.earlier), (&sums, None), "undone, nothing is left of it");
        let whole: Value = settled.breakdown.read().unwrap();
        assert_eq!(whole["contribution"], serde_json::to_value(&sums).unwrap());
    }
}

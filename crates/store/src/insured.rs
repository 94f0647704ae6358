//! The insured place's book of settlements, and the sums of every person's year.

use crate::{
    Amounts, Conn, Document, Error, Result, Work,
    document::document,
    row::{
        area_of, coded, division, division_number, fen, fund_columns, funds, json_if, moment, moment_if,
        parsed, parsed_if, stage, stage_number,
    },
    treatment::read_amounts,
};
use benefit::year::YearToDate;
use casework::{Filing, person::Person};
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
                fund_total, person_total, funds, fund_paid, contribution, claim, breakdown, refusal, committed_at, undo,
                undo_reason, undone_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
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
    .bind(content.map(|content| serde_json::to_string(&content.contribution).expect("sums are JSON")))
    .bind(content.map(|content| content.claim.text()))
    .bind(content.map(|content| content.breakdown.text()))
    .bind(settlement.refusal.as_ref().map(Json))
    .bind(settlement.committed_at.millis())
    .bind(settlement.undo.as_ref().map(|(id, _)| id.to_string()))
    .bind(settlement.undo.as_ref().map(|(_, reason)| reason.as_str()))
    .bind(settlement.undone_at.map(Moment::millis))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes that a settlement is undone.
pub async fn set_undone(
    work: &mut Work,
    area: PoolingArea,
    id: SettlementId,
    undo: (SettlementId, &str),
    at: Moment,
) -> Result<()> {
    sqlx::query(
        "update insured_settlement set stage = $3, undo = $4, undo_reason = $5, undone_at = $6
         where area = $7 and month = $1 and id = $2",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(stage_number(&Stage::ALL, &Stage::Undone))
    .bind(undo.0.to_string())
    .bind(undo.1)
    .bind(at.millis())
    .bind(area_of(area))
    .execute(work.conn())
    .await?;
    Ok(())
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
        "select * from year_to_date where area = $1 and person = $2 and scheme = $3 and year = $4",
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
        "insert into year_to_date (area, person, scheme, year, revision, admissions, total, in_scope, deductible, person_paid, funds,
                                   fund_paid)
         values ($1, $2, $3, $4, 1, 0, 0, 0, 0, 0, '{}', '{}')
         on conflict (area, person, scheme, year) do update set admissions = year_to_date.admissions
         returning *",
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
    let (codes, paid) = fund_columns(&sums.fund_paid);
    sqlx::query(
        "update year_to_date set revision = revision + 1, admissions = $5, total = $6, in_scope = $7, deductible = $8, person_paid = $9,
                                 funds = $10, fund_paid = $11
         where area = $1 and person = $2 and scheme = $3 and year = $4",
    )
    .bind(area_of(key.area))
    .bind(key.person.as_str())
    .bind(key.scheme.code())
    .bind(key.year)
    .bind(sums.admissions)
    .bind(sums.total.0)
    .bind(sums.in_scope.0)
    .bind(sums.deductible.0)
    .bind(sums.person.0)
    .bind(codes)
    .bind(paid)
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
                enrolment.scheme,
                array(select content from filing
                      where filing.area = person.area and filing.person = person.number order by id desc) as filings,
                revision, admissions, total, in_scope, deductible, person_paid, funds, fund_paid
         from unnest($1::integer[], $2::text[], $3::text[], $4::smallint[]) with ordinality
              as given (area, person, scheme, year, place)
         join person on person.area = given.area and person.number = given.person
         join enrolment on enrolment.area = given.area and enrolment.person = given.person and enrolment.scheme = given.scheme
         left join year_to_date sums on sums.area = given.area and sums.person = given.person and sums.scheme = given.scheme
              and sums.year = given.year",
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
    let filings: Vec<Value> = row.try_get("filings")?;
    let filing = |content: Value| {
        serde_json::from_value(content)
            .map_err(|error| Error::Corrupt { column: "filing.content", value: error.to_string() })
    };
    Ok(Known {
        person: crate::person::read_one(row)?,
        filings: filings.into_iter().map(filing).collect::<Result<_>>()?,
        sums: if revision.is_some() { read_year(row)? } else { YearToDate::default() },
        revision: revision.unwrap_or(0),
    })
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
    Ok(YearToDate {
        admissions: row.try_get("admissions")?,
        total: fen(row, "total")?,
        in_scope: fen(row, "in_scope")?,
        deductible: fen(row, "deductible")?,
        person: fen(row, "person_paid")?,
        fund_paid: funds(row)?,
    })
}

fn read(row: &PgRow) -> Result<InsuredSettlement> {
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
        claim: document(row, "claim")?,
        breakdown: document(row, "breakdown")?,
    })
}

//! People and how they are insured, as the insured place registers them, and the record of every look at them.

use crate::{
    Conn, Result, Work,
    row::{area_of, coded, coded_if, codes, day_if, division, division_number, fen, parsed},
};
use casework::person::{Enrolment, Person, Standing};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{
    CitizenId, ContributionTier, Fen, InsuranceScheme, InsuredPlace, MemberClass, Moment, PersonNumber,
    PoolingArea, SettlementId,
};

/// The person with this number.
pub async fn find(conn: &mut Conn, area: PoolingArea, number: &PersonNumber) -> Result<Option<Person>> {
    let rows = sqlx::query(
        "select person.number, person.citizen, person.name, person.nation, enrolment.*
         from person left join enrolment on enrolment.area = person.area and enrolment.person = person.number
         where person.area = $1 and person.number = $2 order by enrolment.scheme",
    )
    .bind(area_of(area))
    .bind(number.as_str())
    .fetch_all(conn)
    .await?;
    read_person(&rows)
}

/// The person with this citizen identity number.
pub async fn find_citizen(conn: &mut Conn, area: PoolingArea, citizen: &CitizenId) -> Result<Option<Person>> {
    let rows = sqlx::query(
        "select person.number, person.citizen, person.name, person.nation, enrolment.*
         from person left join enrolment on enrolment.area = person.area and enrolment.person = person.number
         where person.area = $1 and person.citizen = $2 order by enrolment.scheme",
    )
    .bind(area_of(area))
    .bind(citizen.reveal())
    .fetch_all(conn)
    .await?;
    read_person(&rows)
}

/// A person out of the rows of their insurances.
fn read_person(rows: &[PgRow]) -> Result<Option<Person>> {
    let Some(first) = rows.first() else { return Ok(None) };
    let enrolled =
        |row: &&PgRow| row.try_get::<Option<&str>, _>("scheme").is_ok_and(|scheme| scheme.is_some());
    Ok(Some(Person {
        number: parsed(first, "number")?,
        citizen: parsed(first, "citizen")?,
        name: first.try_get("name")?,
        nation: first.try_get("nation")?,
        enrolments: rows.iter().filter(enrolled).map(read_enrolment).collect::<Result<_>>()?,
    }))
}

/// A row of a person with one insurance.
pub(crate) fn read_one(row: &PgRow) -> Result<Person> {
    Ok(Person {
        number: parsed(row, "number")?,
        citizen: parsed(row, "citizen")?,
        name: row.try_get("name")?,
        nation: row.try_get("nation")?,
        enrolments: vec![read_enrolment(row)?],
    })
}

fn read_enrolment(row: &PgRow) -> Result<Enrolment> {
    Ok(Enrolment {
        scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
        insured: InsuredPlace(division(row, "insured")?),
        person_type: row.try_get("person_type")?,
        standing: coded(row, "standing", Standing::from_code)?,
        civil_servant: row.try_get("civil_servant")?,
        since: day_if(row, "since_day")?,
        employer: row.try_get("employer")?,
        balance: fen(row, "balance")?,
        classes: codes(row, "classes", MemberClass::from_code)?.into_iter().collect(),
        tier: coded_if(row, "tier", ContributionTier::from_code)?,
        contribution_years: row.try_get("contribution_years")?,
        retired_on: day_if(row, "retired_day")?,
    })
}

/// Registers a person with how they are insured, or changes what is registered.
pub async fn put(work: &mut Work, area: PoolingArea, person: &Person) -> Result<()> {
    sqlx::query(
        "insert into person (area, number, citizen, name, nation) values ($1, $2, $3, $4, $5)
         on conflict (area, number) do update set
             citizen = excluded.citizen, name = excluded.name, nation = excluded.nation",
    )
    .bind(area_of(area))
    .bind(person.number.as_str())
    .bind(person.citizen.reveal())
    .bind(&person.name)
    .bind(&person.nation)
    .execute(work.conn())
    .await?;
    for enrolment in &person.enrolments {
        sqlx::query(
            "insert into enrolment (area, person, scheme, insured, person_type, standing, civil_servant, since_day,
                                    employer, balance, classes, tier, contribution_years, retired_day)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             on conflict (area, person, scheme) do update set
                 insured = excluded.insured, person_type = excluded.person_type, standing = excluded.standing,
                 civil_servant = excluded.civil_servant, since_day = excluded.since_day,
                 employer = excluded.employer, balance = excluded.balance, classes = excluded.classes,
                 tier = excluded.tier, contribution_years = excluded.contribution_years,
                 retired_day = excluded.retired_day",
        )
        .bind(area_of(area))
        .bind(person.number.as_str())
        .bind(enrolment.scheme.code())
        .bind(division_number(enrolment.insured.division()))
        .bind(&enrolment.person_type)
        .bind(enrolment.standing.code())
        .bind(enrolment.civil_servant)
        .bind(enrolment.since.map(terms::Day::number))
        .bind(&enrolment.employer)
        .bind(enrolment.balance.0)
        .bind(enrolment.classes.iter().map(MemberClass::code).collect::<Vec<_>>())
        .bind(enrolment.tier.map(ContributionTier::code))
        .bind(enrolment.contribution_years)
        .bind(enrolment.retired_on.map(terms::Day::number))
        .execute(work.conn())
        .await?;
    }
    Ok(())
}

/// The balance of a personal account (个人账户), held until the unit of work ends: nobody else spends it meanwhile.
pub async fn hold_balance(
    work: &mut Work,
    (area, number): (PoolingArea, &PersonNumber),
    scheme: InsuranceScheme,
) -> Result<Option<Fen>> {
    let row = sqlx::query(
        "select balance from enrolment where area = $1 and person = $2 and scheme = $3 for update",
    )
    .bind(area_of(area))
    .bind(number.as_str())
    .bind(scheme.code())
    .fetch_optional(work.conn())
    .await?;
    row.as_ref().map(|row| fen(row, "balance")).transpose()
}

/// Takes an amount out of a personal account, or gives it back if it is below nothing.
pub async fn spend_balance(
    work: &mut Work,
    (area, number): (PoolingArea, &PersonNumber),
    scheme: InsuranceScheme,
    amount: Fen,
) -> Result<()> {
    sqlx::query(
        "update enrolment set balance = balance - $4 where area = $1 and person = $2 and scheme = $3",
    )
    .bind(area_of(area))
    .bind(number.as_str())
    .bind(scheme.code())
    .bind(amount.0)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// A look at somebody's data.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Its id; only the look's own.
    pub id: SettlementId,
    /// At whom.
    pub person: &'a PersonNumber,
    /// Who looked: an institution, a clerk.
    pub looker: &'a str,
    /// For what: the transaction or duty.
    pub purpose: &'a str,
    /// When.
    pub at: Moment,
}

/// Writes a look down.
pub async fn record_look(work: &mut Work, area: PoolingArea, look: Look<'_>) -> Result<()> {
    sqlx::query(
        "insert into look (area, month, id, person, looker, purpose, looked_at) values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(area_of(area))
    .bind(look.id.month().number())
    .bind(look.id.to_string())
    .bind(look.person.as_str())
    .bind(look.looker)
    .bind(look.purpose)
    .bind(look.at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// How often somebody was looked at, by who looked and for what.
pub async fn looks(
    conn: &mut Conn,
    area: PoolingArea,
    person: &PersonNumber,
) -> Result<BTreeMap<(String, String), i64>> {
    let rows = sqlx::query_as(
        "select looker, purpose, count(*) from look where area = $1 and person = $2 group by looker, purpose",
    )
    .bind(area_of(area))
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(looker, purpose, count)| ((looker, purpose), count)).collect())
}

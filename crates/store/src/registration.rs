//! Registrations (人员备案) of the people insured here, and what settlements ask of them.

use crate::{
    Conn, Document, Error, Result, Work,
    document::document,
    row::{area_of, coded_if, day_if, division, moment, parsed},
};
use casework::registration::{Chronic, Designated, Matter, Registered, Stage};
use sqlx::{Row, postgres::PgRow, types::Json};
use terms::{
    Day, InsuranceScheme, Moment, PersonNumber, PoolingArea, Province, SettlementId, id::RegistrationId,
};

/// The chronic diseases (门诊慢特病) that a person is registered for, whatever the day: the caller asks
/// [`Chronic::holds`].
pub async fn chronic_of(conn: &mut Conn, area: PoolingArea, person: &PersonNumber) -> Result<Vec<Chronic>> {
    let rows = sqlx::query(
        "select disease, content #>> '{asked,matter,name}' as name, scheme, from_day, to_day from registration
         where area = $1 and person = $2 and kind = 'chronic' and stage = 'in_force' order by from_day, id",
    )
    .bind(area_of(area))
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(Chronic {
            disease: parsed(row, "disease")?,
            name: row.try_get("name")?,
            scheme: coded_if(row, "scheme", InsuranceScheme::from_code)?,
            from: first_day(row)?,
            to: day_if(row, "to_day")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The institutions (定点) that a person chose, whatever the day: the caller asks [`Designated::holds`].
pub async fn designated_of(
    conn: &mut Conn,
    area: PoolingArea,
    person: &PersonNumber,
) -> Result<Vec<Designated>> {
    let rows = sqlx::query(
        "select business, institution, scheme, from_day, to_day from registration
         where area = $1 and person = $2 and kind = 'designated' and stage = 'in_force' order by from_day, id",
    )
    .bind(area_of(area))
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(Designated {
            business: row.try_get("business")?,
            institution: parsed(row, "institution")?,
            scheme: coded_if(row, "scheme", InsuranceScheme::from_code)?,
            from: first_day(row)?,
            to: day_if(row, "to_day")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Holds a person's registrations until the unit of work ends, those that are not there yet included: whoever else decides
/// about the person's registrations waits.
pub async fn hold_person(work: &mut Work, area: PoolingArea, person: &PersonNumber) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 2501))")
        .bind(format!("{area}/{person}"))
        .execute(work.conn())
        .await?;
    Ok(())
}

/// The registration with this id.
pub async fn find(conn: &mut Conn, area: PoolingArea, id: RegistrationId) -> Result<Option<Registered>> {
    let row = sqlx::query("select content from registration where area = $1 and id = $2")
        .bind(area_of(area))
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The same where the area is not known.
pub async fn find_anywhere(conn: &mut Conn, id: RegistrationId) -> Result<Option<Registered>> {
    let row = sqlx::query("select content from registration where id = $1")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// All registrations of a person, newest first; what was refused is none.
pub async fn of_person(conn: &mut Conn, area: PoolingArea, person: &PersonNumber) -> Result<Vec<Registered>> {
    let rows = sqlx::query(
        "select content from registration where area = $1 and person = $2 and stage <> 'refused'
         order by changed_at desc, id desc",
    )
    .bind(area_of(area))
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Keeps a registration as it stands now; the person is held.
pub async fn put(work: &mut Work, registered: &Registered) -> Result<()> {
    let asked = &registered.asked;
    let (disease, institution, business) = match &asked.matter {
        Matter::Chronic { disease, .. } => (Some(disease.as_str()), None, None),
        Matter::Referral { institution, .. } => (None, Some(institution.as_str()), None),
        Matter::Designated { institution, business, .. } => {
            (None, Some(institution.as_str()), Some(business.as_str()))
        }
        Matter::Accident { .. } => (None, None, None),
    };
    let changed_at = match registered.stage {
        Stage::InForce { since } => since,
        Stage::Withdrawn { at, .. } | Stage::Refused { at, .. } => at,
    };
    sqlx::query(
        "insert into registration (area, id, kind, stage, person, scheme, from_day, to_day, disease, institution, business,
                                   content, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (area, id) do update set
             stage = excluded.stage, content = excluded.content, changed_at = excluded.changed_at",
    )
    .bind(area_of(asked.insured.pooling_area()))
    .bind(asked.id.to_string())
    .bind(asked.matter.kind().name())
    .bind(registered.stage.name())
    .bind(asked.person.as_str())
    .bind(registered.scheme.map(InsuranceScheme::code))
    .bind(registered.from.number())
    .bind(registered.to.map(Day::number))
    .bind(disease)
    .bind(institution)
    .bind(business)
    .bind(Json(registered))
    .bind(changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// A settlement of a person that stands.
#[derive(Clone, Debug)]
pub struct SettledClaim {
    /// Its id.
    pub id: SettlementId,
    /// Where the person was treated.
    pub treatment: Province,
    /// When it was committed.
    pub committed_at: Moment,
    /// What was claimed.
    pub claim: Document,
}

/// The settlements of a person that were committed since a moment and stand, oldest first.
pub async fn settled_since(
    conn: &mut Conn,
    area: PoolingArea,
    person: &PersonNumber,
    since: Moment,
) -> Result<Vec<SettledClaim>> {
    let rows = sqlx::query(
        "select id, treatment, committed_at, claim from insured_settlement
         where area = $1 and person = $2 and committed_at >= $3 and stage = $4 and claim is not null
         order by committed_at, id",
    )
    .bind(area_of(area))
    .bind(person.as_str())
    .bind(since.millis())
    .bind(crate::row::stage_number(&crate::insured::Stage::ALL, &crate::insured::Stage::Standing))
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(SettledClaim {
            id: parsed(row, "id")?,
            treatment: Province(division(row, "treatment")?),
            committed_at: moment(row, "committed_at")?,
            claim: document(row, "claim")?,
        })
    };
    rows.iter().map(read).collect()
}

fn first_day(row: &PgRow) -> Result<Day> {
    let missing = || Error::Corrupt { column: "registration.from_day", value: "null".to_owned() };
    day_if(row, "from_day")?.ok_or_else(missing)
}

fn read(row: &PgRow) -> Result<Registered> {
    let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
    serde_json::from_value(content)
        .map_err(|error| Error::Corrupt { column: "registration.content", value: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, embedded::fixture::TestCluster};
    use casework::registration::{self, Registrar, Registration};
    use std::collections::BTreeMap;
    use terms::{InsuredPlace, Refusal};

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn area() -> PoolingArea {
        PoolingArea("110000".parse().unwrap())
    }

    fn person(number: &str) -> PersonNumber {
        number.parse().unwrap()
    }

    fn asked(serial: u64, number: &str, matter: Matter) -> Registration {
        Registration {
            id: RegistrationId::new("420000".parse().unwrap(), now(), serial),
            person: person(number),
            insured: InsuredPlace("110105".parse().unwrap()),
            scheme: Some(InsuranceScheme::Employee),
            matter,
            begins: Some("2026-11-01".parse().unwrap()),
            ends: (serial == 1).then(|| "2027-10-31".parse().unwrap()),
            by: Registrar::Agency,
            given: BTreeMap::from([("memo".to_owned(), "备注".to_owned())]),
        }
    }

    fn chronic(code: &str) -> Matter {
        Matter::Chronic { disease: code.parse().unwrap(), name: "高血压".to_owned() }
    }

    fn chosen(code: &str) -> Matter {
        let (business, rank, name) = ("03".to_owned(), "1".to_owned(), "示范医院".to_owned());
        Matter::Designated { business, rank, institution: code.parse().unwrap(), institution_name: name }
    }

    fn registered(asked: Registration) -> Registered {
        let scheme = asked.scheme;
        registration::register(asked, scheme, &[], now()).unwrap()
    }

    async fn keep(store: &Store, some: &[Registered]) {
        let mut work = store.begin().await.unwrap();
        for one in some {
            hold_person(&mut work, area(), &one.asked.person).await.unwrap();
            put(&mut work, one).await.unwrap();
        }
        work.save().await.unwrap();
    }

    #[tokio::test]
    async fn a_settlement_finds_what_is_in_force_and_nothing_else() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let mine = "11010599001";
        let hypertension = registered(asked(1, mine, chronic("M03900")));
        let diabetes = registered(asked(2, mine, chronic("M01600")));
        let hospital = registered(asked(3, mine, chosen("H42010600001")));
        let somebody_elses = registered(asked(4, "11010599002", chronic("M07200")));
        let never = registration::refused(asked(5, mine, chronic("M08300")), &Refusal::ThirdParty {}, now());
        keep(&store, &[hypertension.clone(), diabetes.clone(), hospital, somebody_elses, never.clone()])
            .await;
        keep(&store, &[diabetes.withdraw(&Registrar::Agency, None, "误报", now()).unwrap()]).await;

        let mut conn = store.conn().await.unwrap();
        let [found] = <[Chronic; 1]>::try_from(chronic_of(&mut conn, area(), &person(mine)).await.unwrap())
            .expect("one disease");
        assert_eq!((found.disease.as_str(), found.name.as_str()), ("M03900", "高血压"));
        assert_eq!((found.from, found.to), (hypertension.from, hypertension.to));
        for (scheme, on, expected) in [
            (InsuranceScheme::Employee, "2026-11-01", true),
            (InsuranceScheme::Employee, "2026-10-31", false),
            (InsuranceScheme::Employee, "2027-10-31", true),
            (InsuranceScheme::Employee, "2027-11-01", false),
            (InsuranceScheme::Resident, "2026-11-01", false),
        ] {
            assert_eq!(found.holds(scheme, on.parse().unwrap()), expected, "{scheme} {on}");
        }
        let designated = designated_of(&mut conn, area(), &person(mine)).await.unwrap();
        assert_eq!(designated.len(), 1);
        assert_eq!(designated[0].institution.as_str(), "H42010600001");
        let elsewhere = PoolingArea("420100".parse().unwrap());
        assert_eq!(chronic_of(&mut conn, elsewhere, &person(mine)).await.unwrap(), []);

        let all = of_person(&mut conn, area(), &person(mine)).await.unwrap();
        assert_eq!(all.len(), 3, "what was refused is none");
        let kept = find(&mut conn, area(), never.asked.id).await.unwrap();
        assert_eq!(kept, Some(never), "but it is kept under its id");
        assert_eq!(find_anywhere(&mut conn, hypertension.asked.id).await.unwrap(), Some(hypertension));
    }
}

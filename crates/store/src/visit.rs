//! Visits at the treatment place, with their diagnoses.

use crate::{
    Conn, Error, Result, Work, fee,
    row::{
        area_of, coded, division, division_number, fen, moment, moment_if, parsed, parsed_if, stage,
        stage_number, texts,
    },
};
use benefit::bill::{CategoryAmount, Split};
use casework::visit::{Patient, Stage, Visit};
use sqlx::{Row, postgres::PgRow, types::Json};
use std::collections::BTreeMap;
use terms::{
    AdmissionKind, ChargeCategory, Fen, InstitutionCode, InsuranceScheme, InsuredPlace, Moment, PersonNumber,
    PoolingArea, TreatmentPlace, VisitId,
};

/// The visit of this institution with this id.
pub async fn find(conn: &mut Conn, institution: &InstitutionCode, id: VisitId) -> Result<Option<Visit>> {
    let row = sqlx::query(
        "select * from visit where province = $4 and month = $1 and id = $2 and institution = $3",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(institution.as_str())
    .bind(division_number(id.province().division()))
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The same with its details summed by expense category, as [`sum_up`] wrote them.
pub async fn find_with_categories(
    conn: &mut Conn,
    institution: &InstitutionCode,
    id: VisitId,
) -> Result<Option<(Visit, Vec<CategoryAmount>)>> {
    let row = sqlx::query(
        "select * from visit where province = $4 and month = $1 and id = $2 and institution = $3",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(institution.as_str())
    .bind(division_number(id.province().division()))
    .fetch_optional(&mut *conn)
    .await?;
    Ok(match row.as_ref().map(read_with_bill).transpose()? {
        Some((visit, Some(categories))) => Some((visit, categories)),
        Some((visit, None)) => Some((visit, fee::categories(conn, id).await?)),
        None => None,
    })
}

/// A visit with its sums, if they were ever written.
pub(crate) fn read_with_bill(row: &PgRow) -> Result<(Visit, Option<Vec<CategoryAmount>>)> {
    Ok((read(row)?, read_bill(row)?))
}

/// The sums of each category in the order in which they are kept.
const SUMS: usize = 6;

fn read_bill(row: &PgRow) -> Result<Option<Vec<CategoryAmount>>> {
    let Some(codes) = row.try_get::<Option<Vec<String>>, _>("bill_categories")? else { return Ok(None) };
    let sums: Vec<i64> = row.try_get("bill_sums")?;
    let amount = |(code, sums): (String, &[i64; SUMS])| {
        let Some(category) = ChargeCategory::from_code(&code) else {
            return Err(Error::Corrupt { column: "visit.bill_categories", value: code });
        };
        let [total, out_of_scope, over_limit, first_self_pay, in_scope, in_full] = sums.map(Fen);
        let split = Split { total, out_of_scope, over_limit, first_self_pay, in_scope, in_full };
        Ok(CategoryAmount { category, split })
    };
    let (each, []) = sums.as_chunks::<SUMS>() else {
        return Err(Error::Corrupt { column: "visit.bill_sums", value: format!("{} sums", sums.len()) });
    };
    if each.len() != codes.len() {
        return Err(Error::Corrupt { column: "visit.bill_sums", value: format!("{} sums", sums.len()) });
    }
    codes.into_iter().zip(each).map(amount).collect::<Result<_>>().map(Some)
}

/// The same, held until the unit of work ends: nobody else moves the visit meanwhile.
pub async fn hold(work: &mut Work, institution: &InstitutionCode, id: VisitId) -> Result<Option<Visit>> {
    let row = sqlx::query(
        "select * from visit where province = $4 and month = $1 and id = $2 and institution = $3 for update",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(institution.as_str())
    .bind(division_number(id.province().division()))
    .fetch_optional(work.conn())
    .await?;
    row.as_ref().map(read).transpose()
}

/// The visit that a message opened.
pub async fn opened_by(conn: &mut Conn, institution: &InstitutionCode, msgid: &str) -> Result<Option<Visit>> {
    let row = sqlx::query("select * from visit where institution = $1 and msgid = $2")
        .bind(institution.as_str())
        .bind(msgid)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Visits of a person that are still in hospital (在院), anywhere in the province. Held: whoever else asks about the person
/// waits until this unit of work ends, so that nobody lies in two beds.
pub async fn hold_in_hospital(
    work: &mut Work,
    area: PoolingArea,
    person: &PersonNumber,
) -> Result<Vec<Visit>> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 2401))")
        .bind(format!("{area}/{person}"))
        .execute(work.conn())
        .await?;
    let rows = sqlx::query("select * from visit where person = $1 and stage = $2")
        .bind(person.as_str())
        .bind(stage_number(&Stage::ALL, &Stage::Admitted))
        .fetch_all(work.conn())
        .await?;
    let visits: Vec<Visit> = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(visits.into_iter().filter(|visit| visit.insured.pooling_area() == area).collect())
}

/// Which visits to list.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The institution that asks.
    pub institution: &'a InstitutionCode,
    /// Of this person only.
    pub person: Option<&'a PersonNumber>,
    /// Of this id only.
    pub id: Option<VisitId>,
    /// Admitted from …
    pub from: Moment,
    /// … to this moment, itself included.
    pub to: Moment,
    /// Only those still in hospital.
    pub in_hospital: bool,
}

/// An institution's visits, in the order of admission, at most a thousand.
pub async fn list(conn: &mut Conn, selection: Selection<'_>) -> Result<Vec<Visit>> {
    let rows = sqlx::query(
        "select * from visit
         where institution = $1 and ($2::text is null or person = $2) and ($3::text is null or id = $3)
           and admitted_at between $4 and $5 and stage <> $6 and (not $7 or stage = $8)
         order by admitted_at, id limit 1000",
    )
    .bind(selection.institution.as_str())
    .bind(selection.person.map(PersonNumber::as_str))
    .bind(selection.id.map(|id| id.to_string()))
    .bind(selection.from.millis())
    .bind(selection.to.millis())
    .bind(stage_number(&Stage::ALL, &Stage::Withdrawn))
    .bind(selection.in_hospital)
    .bind(stage_number(&Stage::ALL, &Stage::Admitted))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Opens a visit.
pub async fn insert(work: &mut Work, visit: &Visit) -> Result<()> {
    sqlx::query(
        "insert into visit (area, month, id, institution, stage, revision, insured, treatment, person, citizen, person_name, nation,
                            scheme, person_type, civil_servant, balance, employer, admitted_at, discharged_at, med_type,
                            admission_kind, filing, registration, msgid, opened_at, province)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
                 $24, $25, $26)",
    )
    .bind(area_of(visit.treatment.0.pooling_area()))
    .bind(visit.id.month().number())
    .bind(visit.id.to_string())
    .bind(visit.institution.as_str())
    .bind(stage_number(&Stage::ALL, &visit.stage))
    .bind(visit.revision)
    .bind(division_number(visit.insured.division()))
    .bind(division_number(visit.treatment.division()))
    .bind(visit.patient.number.as_str())
    .bind(visit.patient.citizen.reveal())
    .bind(&visit.patient.name)
    .bind(&visit.patient.nation)
    .bind(visit.patient.scheme.code())
    .bind(&visit.patient.person_type)
    .bind(visit.patient.civil_servant)
    .bind(visit.patient.balance.0)
    .bind(&visit.patient.employer)
    .bind(visit.admitted_at.millis())
    .bind(visit.discharged_at.map(Moment::millis))
    .bind(&visit.med_type)
    .bind(visit.admission_kind.code())
    .bind(visit.filing.map(|filing| filing.to_string()))
    .bind(Json(&visit.registration))
    .bind(visit.msgid.as_str())
    .bind(visit.opened_at.millis())
    .bind(division_number(visit.id.province().division()))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes what can change of a visit.
pub async fn update(work: &mut Work, visit: &Visit) -> Result<()> {
    sqlx::query(
        "update visit set stage = $3, revision = revision + 1, admitted_at = $4, discharged_at = $5, med_type = $6, admission_kind = $7,
                          filing = $8, registration = $9
         where province = $10 and month = $1 and id = $2",
    )
    .bind(visit.id.month().number())
    .bind(visit.id.to_string())
    .bind(stage_number(&Stage::ALL, &visit.stage))
    .bind(visit.admitted_at.millis())
    .bind(visit.discharged_at.map(Moment::millis))
    .bind(&visit.med_type)
    .bind(visit.admission_kind.code())
    .bind(visit.filing.map(|filing| filing.to_string()))
    .bind(Json(&visit.registration))
    .bind(division_number(visit.id.province().division()))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes only where a visit stands.
pub async fn set_stage(work: &mut Work, id: VisitId, stage: Stage) -> Result<()> {
    sqlx::query(
        "update visit set stage = $3, revision = revision + 1 where province = $4 and month = $1 and id = $2",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(stage_number(&Stage::ALL, &stage))
    .bind(division_number(id.province().division()))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Sums the details of a visit anew, after a change of them, and counts the change. The caller holds the visit, so that the
/// sums are those of the lines that stand when the unit of work is saved.
pub async fn sum_up(work: &mut Work, id: VisitId) -> Result<()> {
    let categories = fee::categories(work.conn(), id).await?;
    let codes: Vec<&str> = categories.iter().map(|one| one.category.code()).collect();
    let sums = |one: &CategoryAmount| -> [i64; SUMS] {
        let split = &one.split;
        [
            split.total,
            split.out_of_scope,
            split.over_limit,
            split.first_self_pay,
            split.in_scope,
            split.in_full,
        ]
        .map(|sum| sum.0)
    };
    sqlx::query(
        "update visit set revision = revision + 1, bill_categories = $4, bill_sums = $5
         where province = $3 and month = $1 and id = $2",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(division_number(id.province().division()))
    .bind(codes)
    .bind(categories.iter().flat_map(sums).collect::<Vec<_>>())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Visits whose kept sums are not those of their lines: none. Reads everything: for checks.
pub async fn wrongly_summed(conn: &mut Conn) -> Result<Vec<VisitId>> {
    let rows = sqlx::query("select * from visit order by id").fetch_all(&mut *conn).await?;
    let mut wrong = Vec::new();
    for row in &rows {
        if let (visit, Some(kept)) = read_with_bill(row)?
            && kept != fee::categories(conn, visit.id).await?
        {
            wrong.push(visit.id);
        }
    }
    Ok(wrong)
}

/// When a diagnosis was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// 入院诊断.
    Admission = 1,
    /// 出院诊断.
    Discharge = 2,
}

/// Writes diagnoses; one whose rank (诊断排序号) is there already is changed.
pub async fn put_diagnoses(
    work: &mut Work,
    visit: &Visit,
    phase: Phase,
    diagnoses: &[(i32, BTreeMap<String, String>)],
) -> Result<()> {
    for (rank, registration) in diagnoses {
        sqlx::query(
            "insert into diagnosis (area, visit, phase, rank, registration) values ($1, $2, $3, $4, $5)
             on conflict (area, visit, phase, rank) do update set registration = excluded.registration",
        )
        .bind(area_of(visit.treatment.0.pooling_area()))
        .bind(visit.id.to_string())
        .bind(phase as i16)
        .bind(rank)
        .bind(Json(registration))
        .execute(work.conn())
        .await?;
    }
    Ok(())
}

fn read(row: &PgRow) -> Result<Visit> {
    Ok(Visit {
        id: parsed(row, "id")?,
        institution: parsed(row, "institution")?,
        stage: stage(row, &Stage::ALL)?,
        revision: row.try_get("revision")?,
        insured: InsuredPlace(division(row, "insured")?),
        treatment: TreatmentPlace(division(row, "treatment")?),
        patient: Patient {
            number: parsed(row, "person")?,
            citizen: parsed(row, "citizen")?,
            name: row.try_get("person_name")?,
            nation: row.try_get("nation")?,
            scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
            person_type: row.try_get("person_type")?,
            civil_servant: row.try_get("civil_servant")?,
            balance: fen(row, "balance")?,
            employer: row.try_get("employer")?,
        },
        admitted_at: moment(row, "admitted_at")?,
        discharged_at: moment_if(row, "discharged_at")?,
        med_type: row.try_get("med_type")?,
        admission_kind: coded(row, "admission_kind", AdmissionKind::from_code)?,
        filing: parsed_if(row, "filing")?,
        registration: texts(row, "registration")?,
        msgid: parsed(row, "msgid")?,
        opened_at: moment(row, "opened_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Store,
        batch::{Batch, FindVisit},
        embedded::fixture::TestCluster,
        fee::FeeLine,
    };
    use terms::{CatalogClass, CitizenId, Rate};

    const SEVENTEEN: &str = "11010519600307901";

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn admitted(serial: u64) -> Visit {
        Visit {
            id: VisitId::new("420000".parse().unwrap(), now(), serial),
            institution: "H42010600001".parse().unwrap(),
            stage: Stage::Admitted,
            revision: 0,
            insured: InsuredPlace("110105".parse().unwrap()),
            treatment: TreatmentPlace("420106".parse().unwrap()),
            patient: Patient {
                number: "11010599001".parse().unwrap(),
                citizen: format!("{SEVENTEEN}{}", CitizenId::check_digit(SEVENTEEN).unwrap())
                    .parse()
                    .unwrap(),
                name: "王某甲".to_owned(),
                nation: None,
                scheme: InsuranceScheme::Employee,
                person_type: "12".to_owned(),
                civil_servant: false,
                balance: Fen::ZERO,
                employer: None,
            },
            admitted_at: now(),
            discharged_at: None,
            med_type: "21".to_owned(),
            admission_kind: AdmissionKind::Ordinary,
            filing: None,
            registration: BTreeMap::new(),
            msgid: format!("H42010600001202611211000{serial:06}").parse().unwrap(),
            opened_at: now(),
        }
    }

    fn line(serial: &str, category: ChargeCategory, amount: i64) -> FeeLine {
        let whole = Fen(amount);
        FeeLine {
            serial: serial.to_owned(),
            refunds: (amount < 0).then(|| "1".to_owned()),
            occurred_at: now(),
            item: "XA01AB".to_owned(),
            local_item: "A1".to_owned(),
            quantity: 10_000 * amount.signum(),
            price: amount.abs() * 10_000,
            category,
            class: CatalogClass::B,
            first_self_pay_rate: Rate::permyriad(1_000).unwrap(),
            price_limit: None,
            split: Split {
                total: whole,
                out_of_scope: Fen::ZERO,
                over_limit: Fen::ZERO,
                first_self_pay: Fen(amount / 10),
                in_scope: whole - Fen(amount / 10),
                ..Split::default()
            },
            registration: BTreeMap::new(),
            uploaded_at: now(),
        }
    }

    /// What a settlement reads of this visit, at the institution that asks.
    async fn read_for_settlement(
        store: &Store,
        visit: &Visit,
        institution: &str,
    ) -> Option<Vec<CategoryAmount>> {
        let find = FindVisit { institution: institution.parse().unwrap(), visit: visit.id };
        let mut found = FindVisit::do_all(store, &[find]).await.unwrap();
        found.pop().flatten().map(|(_, categories)| categories)
    }

    #[tokio::test]
    async fn kept_sums_are_those_of_the_lines_whatever_happens_to_these() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let visit = admitted(1);
        let here = visit.institution.as_str();
        let mut work = store.begin().await.unwrap();
        insert(&mut work, &visit).await.unwrap();
        insert(&mut work, &admitted(2)).await.unwrap();
        let lines = [
            line("1", ChargeCategory::WesternMedicine, 1_234),
            line("2", ChargeCategory::Bed, 50_000),
            line("3", ChargeCategory::WesternMedicine, 999),
            line("4", ChargeCategory::WesternMedicine, -1_234),
        ];
        fee::insert(&mut work, &visit, &lines).await.unwrap();
        work.save().await.unwrap();

        // As in a database of before there were sums: the quick way leaves it to the careful one, which sums the lines.
        let mut conn = store.conn().await.unwrap();
        let of_lines = fee::categories(&mut conn, visit.id).await.unwrap();
        assert_eq!(of_lines.len(), 2);
        assert_eq!(read_for_settlement(&store, &visit, here).await, None);
        let (_, summed) =
            find_with_categories(&mut conn, &visit.institution, visit.id).await.unwrap().unwrap();
        assert_eq!(summed, of_lines);

        let mut work = store.begin().await.unwrap();
        sum_up(&mut work, visit.id).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(read_for_settlement(&store, &visit, here).await, Some(of_lines));
        assert_eq!(read_for_settlement(&store, &visit, "H42010600002").await, None);
        assert_eq!(wrongly_summed(&mut conn).await.unwrap(), []);
        let found = find(&mut conn, &visit.institution, visit.id).await.unwrap().unwrap();
        assert_eq!(found.revision, visit.revision + 1, "who read the sums before decides again");

        for (serials, left) in [(Some(["3".to_owned()].as_slice()), 2), (None, 0)] {
            let mut work = store.begin().await.unwrap();
            fee::delete(&mut work, visit.id, serials).await.unwrap();
            work.save().await.unwrap();
            assert_eq!(wrongly_summed(&mut conn).await.unwrap(), [visit.id], "until they are summed up");
            let mut work = store.begin().await.unwrap();
            sum_up(&mut work, visit.id).await.unwrap();
            work.save().await.unwrap();
            assert_eq!(wrongly_summed(&mut conn).await.unwrap(), []);
            assert_eq!(read_for_settlement(&store, &visit, here).await.unwrap().len(), left);
        }
    }
}

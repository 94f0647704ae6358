//! Visits at the treatment place, with their diagnoses.

use crate::{
    Conn, Document, Error, Result, Work,
    bill::{self, KeptBill},
    fee,
    row::{
        area_of, coded, division, division_number, fen, moment, moment_if, parsed, parsed_if, stage,
        stage_number, texts,
    },
    treatment::{self, TreatmentSettlement},
};
use benefit::bill::{CategoryAmount, Split};
use casework::{
    settlement::Stage as Settling,
    visit::{Patient, Stage, Visit},
};
use sqlx::{Row, postgres::PgRow, types::Json};
use std::collections::BTreeMap;
use terms::{
    AdmissionKind, CareKind, ChargeCategory, Fen, InstitutionCode, InsuranceScheme, InsuredPlace, Moment,
    PersonNumber, PoolingArea, TreatmentPlace, VisitId,
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

/// A visit with its details summed up, as [`sum_up`] wrote them.
#[derive(Clone, Debug)]
pub struct Summed {
    /// The visit.
    pub visit: Visit,
    /// Of a stay: its details that no settlement has yet, by expense category.
    pub categories: Vec<CategoryAmount>,
    /// Of any other visit: its bills; of a stay those that were settled midway (中途结算).
    pub bills: Vec<KeptBill>,
}

/// The same with its sums.
pub async fn find_summed(
    conn: &mut Conn,
    institution: &InstitutionCode,
    id: VisitId,
) -> Result<Option<Summed>> {
    let row = sqlx::query(
        "select * from visit where province = $4 and month = $1 and id = $2 and institution = $3",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(institution.as_str())
    .bind(division_number(id.province().division()))
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if let Some(summed) = read_summed(&row)? {
        return Ok(Some(summed));
    }
    let categories = fee::categories(conn, id).await?;
    Ok(Some(Summed { visit: read(&row)?, categories, bills: read_bills(&row)? }))
}

/// A visit with its sums, if they were ever written.
pub(crate) fn read_summed(row: &PgRow) -> Result<Option<Summed>> {
    let visit = read(row)?;
    if visit.care != CareKind::Inpatient {
        let bills = read_bills(row)?;
        return Ok(Some(Summed { visit, categories: Vec::new(), bills }));
    }
    let (categories, bills) = (read_categories(row)?, read_bills(row)?);
    Ok(categories.map(|categories| Summed { visit, categories, bills }))
}

fn read_bills(row: &PgRow) -> Result<Vec<KeptBill>> {
    let text: Option<String> = row.try_get("bills")?;
    text.map_or_else(|| Ok(Vec::new()), |text| Document::from_text(text).read())
}

/// The sums of each category in the order in which they are kept.
const SUMS: usize = 6;

fn read_categories(row: &PgRow) -> Result<Option<Vec<CategoryAmount>>> {
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

/// The stay, or the visit that is none, that a message opened: the same message id may have been used for one of each.
pub async fn opened_by(
    conn: &mut Conn,
    institution: &InstitutionCode,
    msgid: &str,
    is_stay: bool,
) -> Result<Option<Visit>> {
    let row = sqlx::query("select * from visit where institution = $1 and msgid = $2 and (care = $3) = $4")
        .bind(institution.as_str())
        .bind(msgid)
        .bind(CareKind::Inpatient.code())
        .bind(is_stay)
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
                            admission_kind, filing, registration, msgid, opened_at, province, care)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
                 $24, $25, $26, $27)",
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
    .bind(visit.care.code())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes what can change of a visit.
pub async fn update(work: &mut Work, visit: &Visit) -> Result<()> {
    sqlx::query(
        "update visit set stage = $3, revision = revision + 1, admitted_at = $4, discharged_at = $5, med_type = $6, admission_kind = $7,
                          filing = $8, registration = $9, care = $11
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
    .bind(visit.care.code())
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

/// Writes the bills of a visit, and counts the change. The caller holds the visit.
pub async fn put_bills(work: &mut Work, id: VisitId, bills: &[KeptBill]) -> Result<()> {
    sqlx::query(
        "update visit set revision = revision + 1, bills = $4 where province = $3 and month = $1 and id = $2",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(division_number(id.province().division()))
    .bind(bill::written(bills))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Sums the details of a visit anew, after a change of them, and counts the change. The caller holds the visit, so that the
/// sums are those of the lines that stand when the unit of work is saved.
pub async fn sum_up(work: &mut Work, visit: &Visit) -> Result<()> {
    let id = visit.id;
    if visit.care != CareKind::Inpatient {
        let bills = bill::summed(work.conn(), id).await?;
        return put_bills(work, id, &bills).await;
    }
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

/// Visits whose kept sums are not those of their lines, or whose bills are not held by those settlements that are under way or
/// stand: none. Reads everything: for checks.
pub async fn wrongly_summed(conn: &mut Conn) -> Result<Vec<VisitId>> {
    let rows = sqlx::query("select * from visit order by id").fetch_all(&mut *conn).await?;
    let mut wrong = Vec::new();
    for row in &rows {
        let Some(kept) = read_summed(row)? else { continue };
        let id = kept.visit.id;
        let is_right = if kept.visit.care == CareKind::Inpatient {
            let mut midway = held(conn, id).await?;
            midway.retain(|bill| !bill.name.is_empty());
            kept.categories == fee::categories(conn, id).await? && kept.bills == midway
        } else {
            kept.bills == held(conn, id).await?
        };
        if !is_right {
            wrong.push(id);
        }
    }
    Ok(wrong)
}

/// The bills of a visit as lines and settlements say.
async fn held(conn: &mut Conn, id: VisitId) -> Result<Vec<KeptBill>> {
    let settlements = treatment::of_visit(conn, id).await?;
    let mut bills = fee::bills(conn, id).await?;
    for bill in &mut bills {
        let holds = |one: &&TreatmentSettlement| {
            one.bill == bill.name
                && matches!(one.stage, Settling::Asked | Settling::Settled | Settling::Undoing)
        };
        bill.settlement = settlements.iter().find(holds).map(|one| one.id);
    }
    Ok(bills)
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

pub(crate) fn read(row: &PgRow) -> Result<Visit> {
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
        care: coded(row, "care", CareKind::from_code)?,
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
            care: CareKind::Inpatient,
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
            bill: String::new(),
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
        found.pop().flatten().map(|found| found.categories)
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
        let summed = find_summed(&mut conn, &visit.institution, visit.id).await.unwrap().unwrap();
        assert_eq!(summed.categories, of_lines);

        let mut work = store.begin().await.unwrap();
        sum_up(&mut work, &visit).await.unwrap();
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
            sum_up(&mut work, &visit).await.unwrap();
            work.save().await.unwrap();
            assert_eq!(wrongly_summed(&mut conn).await.unwrap(), []);
            assert_eq!(read_for_settlement(&store, &visit, here).await.unwrap().len(), left);
        }
    }

    #[tokio::test]
    async fn bills_of_an_outpatient_visit_are_summed_apart_and_stay_with_who_holds_them() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let visit =
            Visit { stage: Stage::Open, med_type: "14".to_owned(), care: CareKind::Chronic, ..admitted(3) };
        let here = &visit.institution;
        let mut work = store.begin().await.unwrap();
        insert(&mut work, &visit).await.unwrap();
        let of = |bill: &str, line: FeeLine| FeeLine { bill: bill.to_owned(), ..line };
        let mut named = of("P1", line("1", ChargeCategory::WesternMedicine, 1_234));
        named.registration.insert("dise_codg".to_owned(), "M03900".to_owned());
        let lines = [
            named,
            of("P1", line("2", ChargeCategory::Laboratory, 500)),
            of("P2", line("3", ChargeCategory::WesternMedicine, 999)),
        ];
        fee::insert(&mut work, &visit, &lines).await.unwrap();
        sum_up(&mut work, &visit).await.unwrap();
        let mut bills = bill::kept(work.conn(), visit.id).await.unwrap();
        let shown = |bill: &KeptBill| (bill.name.clone(), bill.disease.is_some(), bill.categories.len());
        assert_eq!(
            bills.iter().map(shown).collect::<Vec<_>>(),
            [("P1".to_owned(), true, 2), ("P2".to_owned(), false, 1)]
        );
        let holder = terms::SettlementId::new("420000".parse().unwrap(), now(), 9);
        bills[0].settlement = Some(holder);
        put_bills(&mut work, visit.id, &bills).await.unwrap();
        fee::delete_bills(&mut work, visit.id, &["P2".to_owned()]).await.unwrap();
        sum_up(&mut work, &visit).await.unwrap();
        work.save().await.unwrap();

        let mut conn = store.conn().await.unwrap();
        assert_eq!(fee::of_bill(&mut conn, visit.id, "P1").await.unwrap().len(), 2);
        assert_eq!(fee::of_bill(&mut conn, visit.id, "P2").await.unwrap().len(), 0);
        let found = find_summed(&mut conn, here, visit.id).await.unwrap().unwrap();
        assert_eq!((found.visit.care, found.bills.len()), (CareKind::Chronic, 1));
        assert_eq!(found.bills[0].settlement, Some(holder), "it stays with who holds it");
        assert_eq!(wrongly_summed(&mut conn).await.unwrap(), [visit.id], "there is no such settlement");
        let free = vec![KeptBill { settlement: None, ..found.bills[0].clone() }];
        let mut work = store.begin().await.unwrap();
        put_bills(&mut work, visit.id, &free).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(wrongly_summed(&mut conn).await.unwrap(), []);
        let msgid = visit.msgid.as_str();
        for (is_stay, expected) in [(false, Some(visit.id)), (true, None)] {
            let opened = opened_by(&mut conn, here, msgid, is_stay).await.unwrap();
            assert_eq!(opened.map(|visit| visit.id), expected);
        }
    }
}

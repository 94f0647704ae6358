//! Visits of patients who paid for themselves (自费病人), by the institution's own number, with their lines.

use crate::{
    Conn, Result, Work,
    row::{area_of, fen},
};
use serde_json::Value;
use sqlx::{Row, postgres::PgRow, types::Json};
use std::collections::BTreeMap;
use terms::{Fen, InstitutionCode, Moment, PoolingArea};

/// Whose visit: the institution's pooling area, the institution, and its own number of the visit.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The institution's pooling area.
    pub area: PoolingArea,
    /// The institution.
    pub institution: &'a InstitutionCode,
    /// 医药机构就诊ID.
    pub visit: &'a str,
}

/// What is known of a visit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SelfPaidVisit {
    /// Whether the visit itself has come, and not only lines of it.
    pub registered: bool,
    /// 医疗费总额, where the hospital says it.
    pub total: Option<Fen>,
    /// Whether all of it has come.
    pub complete: bool,
    /// How many lines have come.
    pub lines: i64,
    /// What they add up to.
    pub sum: Fen,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfPaidLine {
    /// 记账流水号.
    pub serial: String,
    /// 明细项目费用总额.
    pub amount: Fen,
    /// All that came, by field name.
    pub registration: BTreeMap<String, String>,
}

/// Takes the visit up, held until the unit of work ends: what is known of it, perhaps nothing yet.
pub async fn hold(work: &mut Work, key: Key<'_>, at: Moment) -> Result<SelfPaidVisit> {
    sqlx::query(
        "insert into self_paid_visit (area, institution, visit, registration, diagnoses, total, complete, changed_at)
         values ($1, $2, $3, null, '[]', null, false, $4)
         on conflict (area, institution, visit) do update set changed_at = excluded.changed_at",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.visit)
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(find(work.conn(), key).await?.unwrap_or_default())
}

/// What is known of a visit.
pub async fn find(conn: &mut Conn, key: Key<'_>) -> Result<Option<SelfPaidVisit>> {
    let row = sqlx::query(
        "select registration is not null as registered, total, complete, lines, sum
         from self_paid_visit visit,
              lateral (select count(*) as lines, coalesce(sum(amount), 0)::bigint as sum from self_paid_line line
                       where line.area = visit.area and line.institution = visit.institution and line.visit = visit.visit) as summed
         where area = $1 and institution = $2 and visit = $3",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.visit)
    .fetch_optional(conn)
    .await?;
    let read = |row: PgRow| -> Result<SelfPaidVisit> {
        let total: Option<i64> = row.try_get("total")?;
        Ok(SelfPaidVisit {
            registered: row.try_get("registered")?,
            total: total.map(Fen),
            complete: row.try_get("complete")?,
            lines: row.try_get("lines")?,
            sum: fen(&row, "sum")?,
        })
    };
    row.map(read).transpose()
}

/// Writes what came of the visit itself.
pub async fn register(
    work: &mut Work,
    key: Key<'_>,
    registration: &BTreeMap<String, String>,
    diagnoses: &[BTreeMap<String, String>],
    total: Option<Fen>,
) -> Result<()> {
    sqlx::query(
        "update self_paid_visit set registration = $4, diagnoses = $5, total = $6
         where area = $1 and institution = $2 and visit = $3",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.visit)
    .bind(Json(registration))
    .bind(Json(diagnoses))
    .bind(total.map(|total| total.0))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes lines, each in place of the one with its number.
pub async fn put_lines(work: &mut Work, key: Key<'_>, lines: &[SelfPaidLine], at: Moment) -> Result<()> {
    let registrations: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::to_value(&line.registration).expect("a map of texts is JSON"))
        .collect();
    sqlx::query(
        "insert into self_paid_line (area, institution, visit, serial, amount, registration, uploaded_at)
         select $1, $2, $3, serial, amount, registration, $7
         from unnest($4::text[], $5::bigint[], $6::jsonb[]) as given (serial, amount, registration)
         on conflict (area, institution, visit, serial) do update set
             amount = excluded.amount, registration = excluded.registration, uploaded_at = excluded.uploaded_at",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.visit)
    .bind(lines.iter().map(|line| line.serial.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.amount.0).collect::<Vec<_>>())
    .bind(registrations)
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Deletes lines, all of the visit if none is named.
pub async fn delete_lines(work: &mut Work, key: Key<'_>, serials: &[String]) -> Result<()> {
    sqlx::query(
        "delete from self_paid_line
         where area = $1 and institution = $2 and visit = $3 and (cardinality($4::text[]) = 0 or serial = any($4))",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.visit)
    .bind(serials)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes whether all of the visit has come.
pub async fn set_complete(work: &mut Work, key: Key<'_>, complete: bool) -> Result<()> {
    sqlx::query(
        "update self_paid_visit set complete = $4 where area = $1 and institution = $2 and visit = $3",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.visit)
    .bind(complete)
    .execute(work.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::AdminDivision;

    #[tokio::test]
    async fn lines_come_before_their_visit_and_again() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let code: InstitutionCode = "H42010600901".parse().unwrap();
        let area = PoolingArea(AdminDivision::new(420_100).unwrap());
        let key = Key { area, institution: &code, visit: "ZF1" };
        let line = |serial: &str, amount: i64| SelfPaidLine {
            serial: serial.to_owned(),
            amount: Fen(amount),
            registration: BTreeMap::new(),
        };
        let mut work = store.begin().await.unwrap();
        assert_eq!(hold(&mut work, key, now).await.unwrap(), SelfPaidVisit::default());
        put_lines(&mut work, key, &[line("1", 100), line("2", 250)], now).await.unwrap();
        put_lines(&mut work, key, &[line("2", 200)], now).await.unwrap();
        register(&mut work, key, &BTreeMap::new(), &[], Some(Fen(300))).await.unwrap();
        set_complete(&mut work, key, true).await.unwrap();
        let expected = SelfPaidVisit {
            registered: true,
            total: Some(Fen(300)),
            complete: true,
            lines: 2,
            sum: Fen(300),
        };
        assert_eq!(find(work.conn(), key).await.unwrap(), Some(expected));
        delete_lines(&mut work, key, &["1".to_owned()]).await.unwrap();
        assert_eq!(find(work.conn(), key).await.unwrap().unwrap().sum, Fen(200));
        delete_lines(&mut work, key, &[]).await.unwrap();
        assert_eq!(find(work.conn(), key).await.unwrap().unwrap().lines, 0);
    }
}

//! Settlement lists (医疗保障基金结算清单) that institutions have uploaded, every version of them.

use crate::{
    Conn, Error, Result, Work,
    row::{area_of, moment, parsed, stage, stage_number},
};
use casework::{settlement::Stage as SettlementStage, settlement_list::Stage};
use serde_json::Value;
use sqlx::{Row, postgres::PgRow, types::Json};
use terms::{InstitutionCode, Moment, PoolingArea, SettlementId};

/// A list as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct SettlementList {
    /// 结算ID.
    pub settlement: SettlementId,
    /// 清单流水号, counted by institution.
    pub number: i32,
    /// Where it stands.
    pub stage: Stage,
    /// The last version, from 1.
    pub version: i32,
    /// When it was last uploaded or moved.
    pub changed_at: Moment,
    /// What was uploaded last, as it came.
    pub content: Value,
}

/// Keeps a new version of a list, and gives its number.
pub async fn put(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    (settlement, stage): (SettlementId, Stage),
    content: &Value,
    at: Moment,
) -> Result<i32> {
    // Numbers are counted, so two lists of one institution follow one another.
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 4101))")
        .bind(format!("{area}/{institution}"))
        .execute(work.conn())
        .await?;
    let row = sqlx::query(
        "insert into settlement_list (area, institution, settlement, number, stage, version, changed_at)
         values ($1, $2, $3, (select coalesce(max(number), 0) + 1 from settlement_list where area = $1 and institution = $2),
                 $4, 1, $5)
         on conflict (area, institution, settlement) do update set
             stage = excluded.stage, version = settlement_list.version + 1, changed_at = excluded.changed_at
         returning number, version",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(settlement.to_string())
    .bind(stage_number(&Stage::ALL, &stage))
    .bind(at.millis())
    .fetch_one(work.conn())
    .await?;
    sqlx::query(
        "insert into settlement_list_version (area, institution, settlement, version, content, uploaded_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(settlement.to_string())
    .bind(row.try_get::<i32, _>("version")?)
    .bind(Json(content))
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(row.try_get("number")?)
}

/// The list of a settlement, held until the unit of work ends.
pub async fn hold(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    settlement: SettlementId,
) -> Result<Option<SettlementList>> {
    let row = sqlx::query(
        "select list.*, content from settlement_list list
         join settlement_list_version last using (area, institution, settlement, version)
         where area = $1 and institution = $2 and settlement = $3 for update of list",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(settlement.to_string())
    .fetch_optional(work.conn())
    .await?;
    row.as_ref().map(read).transpose()
}

/// The list of a settlement.
pub async fn find(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    settlement: SettlementId,
) -> Result<Option<SettlementList>> {
    let row = sqlx::query(
        "select list.*, content from settlement_list list
         join settlement_list_version last using (area, institution, settlement, version)
         where area = $1 and institution = $2 and settlement = $3",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(settlement.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Writes where a list stands.
pub async fn set_stage(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    (settlement, stage): (SettlementId, Stage),
    at: Moment,
) -> Result<()> {
    sqlx::query(
        "update settlement_list set stage = $4, changed_at = $5
         where area = $1 and institution = $2 and settlement = $3",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(settlement.to_string())
    .bind(stage_number(&Stage::ALL, &stage))
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// How many settlements of an institution stand that were made in a period, for kinds of care (医疗类别) that begin with one of
/// these, and how many of them have a list. No kind named: all.
pub async fn count(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    medical_types: &[String],
    (from, to): (Moment, Moment),
) -> Result<(u64, u64)> {
    // A settlement's id says when it was asked for; the months around that bound the partitions.
    let row = sqlx::query(
        "select count(*) as due, count(list.settlement) as uploaded
         from treatment_settlement made
         join visit on visit.id = made.visit and visit.institution = made.institution
         left join settlement_list list
              on list.area = $1 and list.institution = made.institution and list.settlement = made.id
         where made.area = $1 and made.institution = $2 and made.stage = $3 and made.settled_at between $4 and $5
           and (cardinality($6::text[]) = 0 or exists (select from unnest($6::text[]) kind where visit.med_type like kind || '%'))",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(stage_number(&SettlementStage::ALL, &SettlementStage::Settled))
    .bind(from.millis())
    .bind(to.millis())
    .bind(medical_types)
    .fetch_one(conn)
    .await?;
    let number = |column: &'static str| -> Result<u64> {
        let count: i64 = row.try_get(column)?;
        u64::try_from(count).map_err(|_| Error::Corrupt { column, value: count.to_string() })
    };
    Ok((number("due")?, number("uploaded")?))
}

fn read(row: &PgRow) -> Result<SettlementList> {
    Ok(SettlementList {
        settlement: parsed(row, "settlement")?,
        number: row.try_get("number")?,
        stage: stage(row, &Stage::ALL)?,
        version: row.try_get("version")?,
        changed_at: moment(row, "changed_at")?,
        content: row.try_get::<Json<Value>, _>("content")?.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use serde_json::json;
    use terms::AdminDivision;

    #[tokio::test]
    async fn a_list_keeps_its_number_through_its_versions() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let area = PoolingArea(AdminDivision::new(420_100).unwrap());
        let code: InstitutionCode = "H42010600901".parse().unwrap();
        let of = (area, &code);
        let one: SettlementId = "420000179530260000000000000001".parse().unwrap();
        let two: SettlementId = "420000179530260000000000000002".parse().unwrap();
        let mut work = store.begin().await.unwrap();
        assert_eq!(put(&mut work, of, (one, Stage::Draft), &json!({ "a": 1 }), now).await.unwrap(), 1);
        assert_eq!(put(&mut work, of, (two, Stage::Draft), &json!({}), now).await.unwrap(), 2);
        assert_eq!(put(&mut work, of, (one, Stage::Draft), &json!({ "a": 2 }), now).await.unwrap(), 1);
        set_stage(&mut work, of, (one, Stage::Submitted), now).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let found = find(&mut conn, of, one).await.unwrap().unwrap();
        assert_eq!((found.number, found.version, found.stage), (1, 2, Stage::Submitted));
        assert_eq!(found.content, json!({ "a": 2 }));
        let other: InstitutionCode = "H42010600902".parse().unwrap();
        assert_eq!(find(&mut conn, (area, &other), one).await.unwrap(), None, "a hospital has its own");
        assert_eq!(count(&mut conn, of, &[], (now, now)).await.unwrap(), (0, 0));
    }
}

//! Special attributes of visits (就医特殊属性), and single things that are read or changed of a visit beside its stages: its
//! diagnoses and the memo of a line.

use crate::{
    Conn, Result, Work,
    row::{area_of, division_number, moment, parsed, texts},
};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{InstitutionCode, Moment, PoolingArea, VisitId};

/// An attribute of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecialAttribute {
    /// 住院人员特殊标识明细id.
    pub id: String,
    /// The visit.
    pub visit: VisitId,
    /// 住院人员特殊标识类型.
    pub kind: String,
    /// 住院人员特殊标识.
    pub flag: String,
    /// 备注.
    pub memo: Option<String>,
    /// When it was uploaded.
    pub uploaded_at: Moment,
}

/// Keeps an attribute, and gives the id under which it stands: that of the first upload where the visit has it already.
pub async fn put(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    attribute: &SpecialAttribute,
) -> Result<String> {
    let row = sqlx::query(
        "insert into special_attribute (area, institution, id, visit, kind, flag, memo, uploaded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (area, institution, visit, kind, flag) do update set memo = excluded.memo
         returning id",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(&attribute.id)
    .bind(attribute.visit.to_string())
    .bind(&attribute.kind)
    .bind(&attribute.flag)
    .bind(&attribute.memo)
    .bind(attribute.uploaded_at.millis())
    .fetch_one(work.conn())
    .await?;
    Ok(row.try_get("id")?)
}

/// An institution's attributes, of one visit if it is named, in the order in which they came, at most ten thousand.
pub async fn list(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    visit: Option<VisitId>,
) -> Result<Vec<SpecialAttribute>> {
    let rows = sqlx::query(
        "select * from special_attribute
         where area = $1 and institution = $2 and ($3::text is null or visit = $3)
         order by uploaded_at, id limit 10000",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(visit.map(|visit| visit.to_string()))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<SpecialAttribute> {
    Ok(SpecialAttribute {
        id: row.try_get("id")?,
        visit: parsed(row, "visit")?,
        kind: row.try_get("kind")?,
        flag: row.try_get("flag")?,
        memo: row.try_get("memo")?,
        uploaded_at: moment(row, "uploaded_at")?,
    })
}

/// A diagnosis of a visit, as the hospital gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// 1 at admission, 2 at discharge.
    pub phase: i16,
    /// 诊断排序号.
    pub rank: i32,
    /// What came, by field name.
    pub registration: BTreeMap<String, String>,
}

impl Diagnosis {
    /// False for one that is declared void (作废, `vali_flag` 0).
    pub fn is_valid(&self) -> bool {
        self.field("vali_flag") != "0"
    }

    /// A field as the institution sent it; empty if it did not.
    pub fn field(&self, name: &str) -> &str {
        self.registration.get(name).map_or("", String::as_str)
    }
}

/// The diagnoses of a visit: those of admission first, by rank.
pub async fn diagnoses(conn: &mut Conn, area: PoolingArea, visit: VisitId) -> Result<Vec<Diagnosis>> {
    let rows = sqlx::query("select * from diagnosis where area = $1 and visit = $2 order by phase, rank")
        .bind(area_of(area))
        .bind(visit.to_string())
        .fetch_all(conn)
        .await?;
    let diagnosis = |row: &PgRow| {
        Ok(Diagnosis {
            phase: row.try_get("phase")?,
            rank: row.try_get("rank")?,
            registration: texts(row, "registration")?,
        })
    };
    rows.iter().map(diagnosis).collect()
}

/// Writes another memo on a line of a visit; false if it has no such line of this item. No item named: of any.
pub async fn set_memo(
    work: &mut Work,
    visit: VisitId,
    (serial, item): (&str, Option<&str>),
    memo: Option<&str>,
) -> Result<bool> {
    let done = sqlx::query(
        "update fee_line
         set registration = case when $5::text is null then registration - 'memo'
                                 else registration || jsonb_build_object('memo', $5::text) end
         where province = $1 and month = $2 and visit = $3 and serial = $4 and ($6::text is null or item = $6)",
    )
    .bind(division_number(visit.province().division()))
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(serial)
    .bind(memo)
    .bind(item)
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::AdminDivision;

    #[tokio::test]
    async fn an_attribute_that_comes_again_keeps_its_id() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let area = PoolingArea(AdminDivision::new(420_100).unwrap());
        let code: InstitutionCode = "H42010600901".parse().unwrap();
        let visit: VisitId = "420000179526000000000000000001".parse().unwrap();
        let attribute = |id: &str, memo: &str| SpecialAttribute {
            id: id.to_owned(),
            visit,
            kind: "1".to_owned(),
            flag: "01".to_owned(),
            memo: Some(memo.to_owned()),
            uploaded_at: now,
        };
        let mut work = store.begin().await.unwrap();
        assert_eq!(put(&mut work, (area, &code), &attribute("A", "一")).await.unwrap(), "A");
        assert_eq!(put(&mut work, (area, &code), &attribute("B", "二")).await.unwrap(), "A");
        let kept = list(work.conn(), (area, &code), Some(visit)).await.unwrap();
        assert_eq!(kept, [attribute("A", "二")]);
        assert!(!set_memo(&mut work, visit, ("1", None), None).await.unwrap(), "there is no line");
    }
}

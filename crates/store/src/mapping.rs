//! Which national item an item of an institution's own is, each pair from a day to a day.

use crate::{
    Conn, Error, Result, Work,
    row::{area_of, day_if, moment, texts},
};
use sqlx::{Row, postgres::PgRow, types::Json};
use std::collections::BTreeMap;
use terms::{Day, InstitutionCode, Moment, PoolingArea};

/// One pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// 定点医药机构目录编号.
    pub local_item: String,
    /// 目录类别.
    pub list_type: String,
    /// 医疗目录编码.
    pub item: String,
    /// 定点医药机构目录名称.
    pub name: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
    /// When it was uploaded.
    pub changed_at: Moment,
}

impl Mapping {
    /// Whether it holds on a day.
    pub fn is_valid_on(&self, day: Day) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// Keeps a pair, in place of the same pair with other days.
pub async fn put(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    mapping: &Mapping,
) -> Result<()> {
    sqlx::query(
        "insert into mapping (area, institution, local_item, list_type, item, name, from_day, to_day, registration,
                              changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (area, institution, local_item, list_type, item) do update set
             name = excluded.name, from_day = excluded.from_day, to_day = excluded.to_day,
             registration = excluded.registration, changed_at = excluded.changed_at",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(&mapping.local_item)
    .bind(&mapping.list_type)
    .bind(&mapping.item)
    .bind(&mapping.name)
    .bind(mapping.from.number())
    .bind(mapping.to.number())
    .bind(Json(&mapping.registration))
    .bind(mapping.changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Takes a pair back; false if there is none.
pub async fn remove(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    (local_item, list_type, item): (&str, &str, &str),
) -> Result<bool> {
    let done = sqlx::query(
        "delete from mapping
         where area = $1 and institution = $2 and local_item = $3 and list_type = $4 and item = $5",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(local_item)
    .bind(list_type)
    .bind(item)
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An institution's pairs of these items of its own, or all of them, in the order of their keys.
pub async fn list(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    local_items: Option<&[String]>,
) -> Result<Vec<Mapping>> {
    let rows = sqlx::query(
        "select * from mapping
         where area = $1 and institution = $2 and ($3::text[] is null or local_item = any($3))
         order by local_item, list_type, item",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(local_items)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Whether an institution has uploaded any pair.
pub async fn is_used(conn: &mut Conn, (area, institution): (PoolingArea, &InstitutionCode)) -> Result<bool> {
    let one = sqlx::query("select 1 from mapping where area = $1 and institution = $2 limit 1")
        .bind(area_of(area))
        .bind(institution.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(one.is_some())
}

fn read(row: &PgRow) -> Result<Mapping> {
    let day = |column: &'static str| {
        let missing = || Error::Corrupt { column, value: "null".to_owned() };
        day_if(row, column)?.ok_or_else(missing)
    };
    Ok(Mapping {
        local_item: row.try_get("local_item")?,
        list_type: row.try_get("list_type")?,
        item: row.try_get("item")?,
        name: row.try_get("name")?,
        from: day("from_day")?,
        to: day("to_day")?,
        registration: texts(row, "registration")?,
        changed_at: moment(row, "changed_at")?,
    })
}

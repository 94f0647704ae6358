//! Departments (科室) of institutions.

use crate::{
    Conn, Result, Work,
    row::{area_of, moment, moment_if, texts},
};
use sqlx::{Row, postgres::PgRow, types::Json};
use std::collections::BTreeMap;
use terms::{Day, InstitutionCode, Moment, PoolingArea};

/// A department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// 医院科室编码, unique in the institution.
    pub code: String,
    /// 开始时间.
    pub begins_at: Moment,
    /// 结束时间.
    pub ends_at: Option<Moment>,
    /// 医院科室名称.
    pub name: String,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
    /// When it was last uploaded or changed.
    pub changed_at: Moment,
}

/// Keeps a department, in place of the one with its code.
pub async fn put(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    department: &Department,
) -> Result<()> {
    sqlx::query(
        "insert into department (area, institution, code, begins_at, ends_at, name, registration, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (area, institution, code) do update set
             begins_at = excluded.begins_at, ends_at = excluded.ends_at, name = excluded.name,
             registration = excluded.registration, changed_at = excluded.changed_at",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(&department.code)
    .bind(department.begins_at.millis())
    .bind(department.ends_at.map(Moment::millis))
    .bind(&department.name)
    .bind(Json(&department.registration))
    .bind(department.changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Takes back the department of this code that began on this day; false if there is none.
pub async fn remove(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    (code, begins): (&str, Day),
) -> Result<bool> {
    let done = sqlx::query(
        "delete from department
         where area = $1 and institution = $2 and code = $3 and begins_at >= $4 and begins_at < $5",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(code)
    .bind(begins.start().millis())
    .bind(begins.plus_days(1).start().millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The departments of an institution, by code.
pub async fn list(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
) -> Result<Vec<Department>> {
    let rows = sqlx::query("select * from department where area = $1 and institution = $2 order by code")
        .bind(area_of(area))
        .bind(institution.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<Department> {
    Ok(Department {
        code: row.try_get("code")?,
        begins_at: moment(row, "begins_at")?,
        ends_at: moment_if(row, "ends_at")?,
        name: row.try_get("name")?,
        registration: texts(row, "registration")?,
        changed_at: moment(row, "changed_at")?,
    })
}

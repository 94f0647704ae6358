//! Institutions as the treatment place registers them.

use crate::{
    Conn, Result, Work,
    change::{self, Change},
    row::{area_of, coded, division, division_number, moment, parsed},
};
use casework::institution::{Authentication, Institution, Secret};
use sqlx::{Row, postgres::PgRow};
use terms::{InstitutionCode, Moment, PoolingArea, SettlementLevel, TreatmentPlace};

/// The institution with this code.
pub async fn find(conn: &mut Conn, code: &InstitutionCode) -> Result<Option<Institution>> {
    let row = sqlx::query("select * from institution where code = $1")
        .bind(code.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Institutions whose code is this or whose name holds this, in the order of their codes, at most a hundred.
pub async fn search(
    conn: &mut Conn,
    code: Option<&str>,
    name: Option<&str>,
    kind: &str,
) -> Result<Vec<Institution>> {
    let rows = sqlx::query(
        "select * from institution
         where ($1::text is null or code = $1) and ($2::text is null or strpos(name, $2) > 0) and kind = $3
         order by code limit 100",
    )
    .bind(code)
    .bind(name)
    .bind(kind)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Registers an institution, or changes what is registered, and tells all instances.
pub async fn put(work: &mut Work, institution: &Institution) -> Result<()> {
    sqlx::query(
        "insert into institution (area, code, place, name, uscc, kind, grade, level, chinese_medicine, open,
                                  authentication, access_key, secret, public_key, sign_in_needed, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         on conflict (area, code) do update set
             place = excluded.place, name = excluded.name, uscc = excluded.uscc, kind = excluded.kind,
             grade = excluded.grade, level = excluded.level, chinese_medicine = excluded.chinese_medicine,
             open = excluded.open, authentication = excluded.authentication, access_key = excluded.access_key,
             secret = excluded.secret, public_key = excluded.public_key, sign_in_needed = excluded.sign_in_needed,
             changed_at = excluded.changed_at",
    )
    .bind(area_of(institution.place.0.pooling_area()))
    .bind(institution.code.as_str())
    .bind(division_number(institution.place.division()))
    .bind(&institution.name)
    .bind(&institution.uscc)
    .bind(&institution.kind)
    .bind(&institution.grade)
    .bind(institution.level.code())
    .bind(institution.chinese_medicine)
    .bind(institution.open)
    .bind(institution.authentication.name())
    .bind(&institution.access_key)
    .bind(&institution.secret.0)
    .bind(&institution.public_key)
    .bind(institution.sign_in_needed)
    .bind(institution.changed_at.millis())
    .execute(work.conn())
    .await?;
    change::tell(work, &Change::Institution(institution.code.clone())).await
}

/// Writes down that an operator signed in.
pub async fn sign_in(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    sign_no: &str,
    operator: &str,
    at: Moment,
) -> Result<()> {
    sqlx::query("insert into sign_in (area, institution, sign_no, operator, signed_in_at) values ($1, $2, $3, $4, $5)")
        .bind(area_of(area))
        .bind(institution.as_str())
        .bind(sign_no)
        .bind(operator)
        .bind(at.millis())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Ends a session; false if there is none open with this number.
pub async fn sign_out(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    sign_no: &str,
    at: Moment,
) -> Result<bool> {
    let done = sqlx::query(
        "update sign_in set signed_out_at = $4
         where area = $1 and institution = $2 and sign_no = $3 and signed_out_at is null",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(sign_no)
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a session is open.
pub async fn is_signed_in(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    sign_no: &str,
) -> Result<bool> {
    let open = sqlx::query(
        "select 1 from sign_in where area = $1 and institution = $2 and sign_no = $3 and signed_out_at is null",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(sign_no)
    .fetch_optional(conn)
    .await?;
    Ok(open.is_some())
}

/// Remembers what is good once under an access key, a nonce or a signature; false if it was seen before, unless it was with
/// this same message. Those older than `forget_before` are forgotten.
pub async fn remember_nonce(
    work: &mut Work,
    (area, access_key): (PoolingArea, &str),
    nonce: &str,
    message: Option<&str>,
    (seen_at, forget_before): (Moment, Moment),
) -> Result<bool> {
    sqlx::query("delete from nonce where area = $1 and access_key = $2 and seen_at < $3")
        .bind(area_of(area))
        .bind(access_key)
        .bind(forget_before.millis())
        .execute(work.conn())
        .await?;
    let done = sqlx::query(
        "insert into nonce (area, access_key, nonce, seen_at, message) values ($1, $2, $3, $4, $5)
         on conflict (area, access_key, nonce) do update set seen_at = excluded.seen_at where nonce.message = $5",
    )
    .bind(area_of(area))
    .bind(access_key)
    .bind(nonce)
    .bind(seen_at.millis())
    .bind(message)
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) fn read(row: &PgRow) -> Result<Institution> {
    Ok(Institution {
        code: parsed(row, "code")?,
        name: row.try_get("name")?,
        uscc: row.try_get("uscc")?,
        kind: row.try_get("kind")?,
        grade: row.try_get("grade")?,
        level: coded(row, "level", SettlementLevel::from_code)?,
        chinese_medicine: row.try_get("chinese_medicine")?,
        place: TreatmentPlace(division(row, "place")?),
        open: row.try_get("open")?,
        authentication: coded(row, "authentication", Authentication::from_name)?,
        access_key: row.try_get("access_key")?,
        secret: Secret(row.try_get("secret")?),
        public_key: row.try_get("public_key")?,
        sign_in_needed: row.try_get("sign_in_needed")?,
        changed_at: moment(row, "changed_at")?,
    })
}

//! Institutions as the treatment place registers them.

use crate::{
    Conn, Result, Work,
    change::{self, Change},
    row::{area_of, coded, division, division_number, moment, parsed},
};
use casework::institution::{Authentication, Institution, Secret};
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use terms::{InstitutionCode, Moment, PoolingArea, SettlementLevel, TreatmentPlace, pinyin::letters};

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
                                  authentication, access_key, secret, public_key, sign_in_needed, changed_at, letters)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         on conflict (area, code) do update set
             place = excluded.place, name = excluded.name, uscc = excluded.uscc, kind = excluded.kind,
             grade = excluded.grade, level = excluded.level, chinese_medicine = excluded.chinese_medicine,
             open = excluded.open, authentication = excluded.authentication, access_key = excluded.access_key,
             secret = excluded.secret, public_key = excluded.public_key, sign_in_needed = excluded.sign_in_needed,
             changed_at = excluded.changed_at, letters = excluded.letters",
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
    .bind(letters(&institution.name))
    .execute(work.conn())
    .await?;
    change::tell(work, &Change::Institution(institution.code.clone())).await
}

/// How many names are read at once, so that nobody who writes waits for long.
const NAMES_AT_ONCE: usize = 500;

/// Writes the letters beside names that have none: those that a program wrote which did not know of them.
pub(crate) async fn fill_letters(conn: &mut Conn) -> Result<()> {
    for (table, area) in [("institution", "area"), ("national_institution", "province")] {
        let read =
            format!("select {area}, code, name from {table} where letters is null limit {NAMES_AT_ONCE}");
        // Only of the name that was read: it may have changed meanwhile.
        let write = format!(
            "update {table} set letters = found.letters
             from unnest($1::integer[], $2::text[], $3::text[], $4::text[]) as found (area, code, name, letters)
             where {table}.{area} = found.area and {table}.code = found.code and {table}.name = found.name"
        );
        loop {
            let rows: Vec<(i32, String, String)> =
                sqlx::query_as(AssertSqlSafe(read.clone())).fetch_all(&mut *conn).await?;
            if rows.is_empty() {
                break;
            }
            let of_names: Vec<String> = rows.iter().map(|(_, _, name)| letters(name)).collect();
            let count = rows.len();
            let (mut areas, mut codes, mut names) = (Vec::new(), Vec::new(), Vec::new());
            for (area, code, name) in rows {
                areas.push(area);
                codes.push(code);
                names.push(name);
            }
            sqlx::query(AssertSqlSafe(write.clone()))
                .bind(areas)
                .bind(codes)
                .bind(names)
                .bind(of_names)
                .execute(&mut *conn)
                .await?;
            if count < NAMES_AT_ONCE {
                break;
            }
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        embedded::fixture::TestCluster,
        hub::{NationalInstitution, keep_institutions},
        search::{
            InstitutionOrder, InstitutionsWanted, institution_names, institutions,
            national_institution_counts, national_institutions,
        },
    };

    #[tokio::test]
    async fn names_without_letters_get_them_and_are_found_by_how_they_are_read() {
        let store = TestCluster::shared().fresh_store("2026-11-21 10:00:00".parse().unwrap()).await;
        let mut conn = store.conn().await.unwrap();
        // As a program wrote them that knew of no letters.
        sqlx::raw_sql(
            "insert into institution (area, code, place, name, uscc, kind, grade, level, chinese_medicine, open,
                                      authentication, access_key, secret, public_key, sign_in_needed, changed_at)
             select 420100, 'H420106' || lpad(n::text, 5, '0'), 420106,
                    case when n = 700 then '武汉协和某医院' else '武汉第' || n || '某医院' end, '', '1', '', '3', false, true,
                    'none', '', '', '', false, 0
             from generate_series(1, 1100) n;
             insert into national_institution (province, code, name, place, level, open, changed_at)
             values (500000, 'H50010300001', '重庆某医院', 500103, '3', true, 0)",
        )
        .execute(&mut *conn)
        .await
        .unwrap();
        let wanted = |name| InstitutionsWanted { name: Some(name), most: 5, ..InstitutionsWanted::default() };
        assert_eq!(institutions(&mut conn, &wanted("whxh")).await.unwrap(), []);
        fill_letters(&mut conn).await.unwrap();
        fill_letters(&mut conn).await.unwrap();
        for (name, count) in [("whxh", 1), ("xiehe", 1), ("协和", 1), ("WHD700", 0), ("whd", 5), ("hw", 0)]
        {
            assert_eq!(institutions(&mut conn, &wanted(name)).await.unwrap().len(), count, "{name}");
        }
        for name in ["cqm", "chongqing", "zhongqing"] {
            assert_eq!(national_institutions(&mut conn, &wanted(name)).await.unwrap().len(), 1, "{name}");
        }
        let left: i64 = sqlx::query_scalar("select count(*) from institution where letters is null")
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        assert_eq!(left, 0);
    }

    #[tokio::test]
    async fn every_order_goes_on_where_its_page_ended() {
        let store = TestCluster::shared().fresh_store("2026-11-21 10:00:00".parse().unwrap()).await;
        let mut work = store.begin().await.unwrap();
        let one = |code: &str, name: &str, place: &str, (level, open)| NationalInstitution {
            code: code.parse().unwrap(),
            name: name.to_owned(),
            place: TreatmentPlace(place.parse().unwrap()),
            level,
            open,
            changed_at: "2026-11-20 10:00:00".parse().unwrap(),
        };
        let (second, third) = (SettlementLevel::Secondary, SettlementLevel::Tertiary);
        keep_institutions(
            &mut work,
            &[
                one("H11010500001", "C", "110105", (third, true)),
                one("H11010200001", "D", "110102", (second, false)),
                one("H42010600001", "A", "420106", (third, false)),
                one("H42010600002", "A", "420103", (second, true)),
            ],
        )
        .await
        .unwrap();
        for (order, expected) in [
            (InstitutionOrder::Code, ["H11010200001", "H11010500001", "H42010600001", "H42010600002"]),
            (InstitutionOrder::Name, ["H42010600001", "H42010600002", "H11010500001", "H11010200001"]),
            (InstitutionOrder::Level, ["H11010200001", "H42010600002", "H11010500001", "H42010600001"]),
            (InstitutionOrder::Place, ["H11010200001", "H11010500001", "H42010600002", "H42010600001"]),
            (InstitutionOrder::Open, ["H11010200001", "H42010600001", "H11010500001", "H42010600002"]),
        ] {
            for backwards in [false, true] {
                let (mut found, mut after) = (Vec::new(), None);
                loop {
                    let wanted = InstitutionsWanted {
                        order,
                        backwards,
                        after,
                        most: 1,
                        ..InstitutionsWanted::default()
                    };
                    let page = national_institutions(work.conn(), &wanted).await.unwrap();
                    let Some(last) = page.last() else { break };
                    after = Some((last.place.province().division(), last.code.clone()));
                    found.push(last.code.to_string());
                }
                let mut expected = expected.map(str::to_owned).to_vec();
                if backwards {
                    expected.reverse();
                }
                assert_eq!(found, expected, "{order:?} {backwards}");
            }
        }
    }

    #[tokio::test]
    async fn a_copy_of_the_national_register_keeps_what_was_changed_last_and_is_counted_by_place() {
        let store = TestCluster::shared().fresh_store("2026-11-21 10:00:00".parse().unwrap()).await;
        let one = |code: &str, name: &str, place: &str, changed_at: &str| NationalInstitution {
            code: code.parse().unwrap(),
            name: name.to_owned(),
            place: TreatmentPlace(place.parse().unwrap()),
            level: SettlementLevel::Tertiary,
            open: true,
            changed_at: changed_at.parse().unwrap(),
        };
        let keep = async |institutions: &[NationalInstitution]| {
            let mut work = store.begin().await.unwrap();
            keep_institutions(&mut work, institutions).await.unwrap();
            work.save().await.unwrap();
        };
        keep(&[
            one("H42010600001", "武汉某医院", "420106", "2026-11-20 10:00:00"),
            one("H42010200001", "武汉某二医院", "420102", "2026-11-19 10:00:00"),
            one("H42900400001", "仙桃某医院", "429004", "2026-11-18 10:00:00"),
        ])
        .await;
        // An older state that comes late changes nothing, a newer one does.
        keep(&[
            one("H42010600001", "武汉某旧医院", "420106", "2026-11-01 10:00:00"),
            one("H42010200001", "武汉某新医院", "420102", "2026-11-21 09:00:00"),
        ])
        .await;
        let mut conn = store.conn().await.unwrap();
        let names = async |conn: &mut Conn, wanted: &InstitutionsWanted<'_>| {
            let found = national_institutions(conn, wanted).await.unwrap();
            found.into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        let all = InstitutionsWanted { most: 9, ..InstitutionsWanted::default() };
        assert_eq!(names(&mut conn, &all).await, ["武汉某新医院", "武汉某医院", "仙桃某医院"]);
        let since = Some("2026-11-20 10:00:00".parse().unwrap());
        let changed = InstitutionsWanted { changed_since: since, ..all.clone() };
        assert_eq!(names(&mut conn, &changed).await, ["武汉某新医院", "武汉某医院"]);
        let wuhan = InstitutionsWanted { area: Some("420100".parse().unwrap()), most: 1, ..all.clone() };
        let counts = national_institution_counts(&mut conn, &wuhan).await.unwrap();
        let counts: Vec<_> = counts.iter().map(|(place, count)| (place.to_string(), *count)).collect();
        assert_eq!(counts, [("420102".to_owned(), 1), ("420106".to_owned(), 1)], "whatever page is wanted");

        // What is registered here counts before what the national register says of it.
        let code: InstitutionCode = "H42010600001".parse().unwrap();
        let found = institution_names(&mut conn, &[&code]).await.unwrap();
        assert_eq!(found.get(&code).map(String::as_str), Some("武汉某医院"));
        sqlx::raw_sql(
            "insert into institution (area, code, place, name, uscc, kind, grade, level, chinese_medicine, open,
                                      authentication, access_key, secret, public_key, sign_in_needed, changed_at)
             values (420100, 'H42010600001', 420106, '武汉某本省名医院', '', '1', '', '3', false, true, 'none', '', '', '', false, 0)",
        )
        .execute(&mut *conn)
        .await
        .unwrap();
        let found = institution_names(&mut conn, &[&code]).await.unwrap();
        assert_eq!(found.get(&code).map(String::as_str), Some("武汉某本省名医院"));
    }
}

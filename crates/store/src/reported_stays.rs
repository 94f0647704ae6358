//! How many stays of guests were settled directly (住院直接结算率): counted at the treatment place over what its hospitals have registered, and
//! kept at the hub as each treatment province reported it last.

use crate::{
    Conn, Result, Work,
    row::{division, division_number, moment, stage_number},
};
use casework::visit::Stage;
use sqlx::{Row, postgres::PgRow};
use terms::{CareKind, Moment, Month, Province};

/// Stays of people of one insured province that hospitals of one treatment province registered in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stays {
    /// The insured province.
    pub insured: Province,
    /// Settled directly: the settlement stands.
    pub settled: i64,
    /// Went another way: the registration was taken back, or they were discharged before a day and are not settled.
    pub elsewhere: i64,
    /// In hospital, being settled, or discharged since.
    pub under_way: i64,
}

/// Stays of guests from other provinces that were registered in a month; those discharged before a moment and not settled count as gone
/// another way.
pub async fn count(
    conn: &mut Conn,
    province: Province,
    month: Month,
    discharged_before: Moment,
) -> Result<Vec<Stays>> {
    let number = |stage| stage_number(&Stage::ALL, &stage);
    let own = division_number(province.division());
    let rows = sqlx::query(
        "select insured / 10000 * 10000 as insured,
                count(*) filter (where stage = $4) as settled,
                count(*) filter (where stage = $5 or (stage = $6 and discharged_at < $7)) as elsewhere,
                count(*) as counted
         from visit
         where province = $1 and month = $2 and care = $3 and insured / 10000 <> $1 / 10000
         group by 1 order by 1",
    )
    .bind(own)
    .bind(month.number())
    .bind(CareKind::Inpatient.code())
    .bind(number(Stage::Settled))
    .bind(number(Stage::Withdrawn))
    .bind(number(Stage::Discharged))
    .bind(discharged_before.millis())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let (settled, elsewhere): (i64, i64) = (row.try_get("settled")?, row.try_get("elsewhere")?);
        let all: i64 = row.try_get("counted")?;
        let insured = Province(division(row, "insured")?);
        Ok(Stays { insured, settled, elsewhere, under_way: all - settled - elsewhere })
    };
    rows.iter().map(read).collect()
}

/// Writes what a treatment province reports of a month in place of what it reported before. An older report changes nothing.
pub async fn put(
    work: &mut Work,
    (treatment, month): (Province, Month),
    stays: &[Stays],
    at: Moment,
) -> Result<()> {
    let key = (division_number(treatment.division()), month.number());
    let newer: bool = sqlx::query_scalar(
        "select exists (select 1 from reported_stays where province = $1 and month = $2 and reported_at > $3)",
    )
    .bind(key.0)
    .bind(key.1)
    .bind(at.millis())
    .fetch_one(work.conn())
    .await?;
    if newer {
        return Ok(());
    }
    sqlx::query("delete from reported_stays where province = $1 and month = $2")
        .bind(key.0)
        .bind(key.1)
        .execute(work.conn())
        .await?;
    sqlx::query(
        "insert into reported_stays (province, month, insured, settled, elsewhere, under_way, reported_at)
         select $1, $2, insured, settled, elsewhere, under_way, $7
         from unnest($3::integer[], $4::bigint[], $5::bigint[], $6::bigint[])
              as given (insured, settled, elsewhere, under_way)",
    )
    .bind(key.0)
    .bind(key.1)
    .bind(stays.iter().map(|one| division_number(one.insured.division())).collect::<Vec<_>>())
    .bind(stays.iter().map(|one| one.settled).collect::<Vec<_>>())
    .bind(stays.iter().map(|one| one.elsewhere).collect::<Vec<_>>())
    .bind(stays.iter().map(|one| one.under_way).collect::<Vec<_>>())
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Stays as a treatment province reported them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The treatment province.
    pub treatment: Province,
    /// What it reported of an insured province.
    pub stays: Stays,
    /// When it counted them.
    pub at: Moment,
}

/// What all treatment provinces reported of a month.
pub async fn of_month(conn: &mut Conn, month: Month) -> Result<Vec<Reported>> {
    let rows = sqlx::query("select * from reported_stays where month = $1 order by province, insured")
        .bind(month.number())
        .fetch_all(conn)
        .await?;
    let read = |row: &PgRow| {
        let stays = Stays {
            insured: Province(division(row, "insured")?),
            settled: row.try_get("settled")?,
            elsewhere: row.try_get("elsewhere")?,
            under_way: row.try_get("under_way")?,
        };
        Ok(Reported {
            treatment: Province(division(row, "province")?),
            stays,
            at: moment(row, "reported_at")?,
        })
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;

    #[tokio::test]
    async fn a_report_stands_in_place_of_the_one_before_and_an_older_one_changes_nothing() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let province = |code: &str| -> Province { code.parse().unwrap() };
        let (hubei, month) = (province("420000"), now.day().month());
        let stays = |insured: &str, settled, elsewhere| Stays {
            insured: province(insured),
            settled,
            elsewhere,
            under_way: 1,
        };
        let mut work = store.begin().await.unwrap();
        put(&mut work, (hubei, month), &[stays("110000", 5, 1), stays("310000", 2, 0)], now).await.unwrap();
        let later = now.plus_millis(1);
        put(&mut work, (hubei, month), &[stays("110000", 6, 1)], later).await.unwrap();
        put(&mut work, (hubei, month), &[stays("110000", 4, 1)], now).await.unwrap();
        put(&mut work, (hubei, month.next()), &[stays("110000", 9, 9)], now).await.unwrap();
        put(&mut work, (province("310000"), month), &[], now).await.unwrap();
        let found = of_month(work.conn(), month).await.unwrap();
        assert_eq!(found, [Reported { treatment: hubei, stays: stays("110000", 6, 1), at: later }]);
    }

    #[tokio::test]
    async fn every_stage_of_a_stay_counts_once_and_only_guests_of_other_provinces_do() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let hubei: Province = "420000".parse().unwrap();
        let month = now.day().month();
        let mut work = store.begin().await.unwrap();
        // Each stage once; of the discharged one long ago and one today; a resident, a visit, and a stay of another month.
        let day = 86_400_000;
        let old = now.plus_millis(-8 * day).millis();
        let mut serial = 0;
        for (stage, discharged, insured, care, registered) in [
            (Stage::Admitted, None, 110_101, "21", month),
            (Stage::Discharged, Some(old), 110_101, "21", month),
            (Stage::Discharged, Some(now.millis()), 110_105, "21", month),
            (Stage::Settling, Some(old), 110_101, "21", month),
            (Stage::Settled, Some(old), 110_101, "21", month),
            (Stage::Settled, Some(old), 310_101, "21", month),
            (Stage::Undoing, Some(old), 310_101, "21", month),
            (Stage::Withdrawn, None, 310_101, "21", month),
            (Stage::Open, None, 110_101, "11", month),
            (Stage::Settled, None, 420_500, "21", month),
            (Stage::Settled, None, 110_101, "21", month.next()),
        ] {
            serial += 1;
            sqlx::query(
                "insert into visit (province, area, month, id, institution, stage, revision, insured, treatment, person, citizen,
                                    person_name, scheme, person_type, civil_servant, balance, admitted_at, discharged_at,
                                    med_type, admission_kind, registration, msgid, opened_at, care)
                 values (420000, 420100, $1, $2, 'H42010600001', $3, 1, $4, 420106, 'P1', 'C1', '某甲', '310', '11', false, 0,
                         $5, $6, '21', '1', '{}', 'M1', $5, $7)",
            )
            .bind(registered.number())
            .bind(format!("V{serial}"))
            .bind(stage_number(&Stage::ALL, &stage))
            .bind(insured)
            .bind(old)
            .bind(discharged)
            .bind(care)
            .execute(work.conn())
            .await
            .unwrap();
        }
        let found = count(work.conn(), hubei, month, now.plus_millis(-7 * day)).await.unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.insured.to_string(), one.settled, one.elsewhere, one.under_way))
            .collect();
        assert_eq!(told, [("110000".to_owned(), 1, 1, 3), ("310000".to_owned(), 1, 1, 1)]);
    }
}

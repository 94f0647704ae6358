//! What an institution is owed for, read from the treatment place's book by the moments of its lines: settlements by when
//! they were told, undoings by when they were asked for.

use crate::{
    Conn, Result, Work,
    area_clearing::day,
    row::{area_of, coded, division, division_number, moment, parsed, parsed_if},
    treatment::read_amounts,
};
use funds::{
    apportioning::{SettledLine, Settlement, Undoing},
    statement::ComparedDays,
};
use sqlx::{Row, postgres::PgRow};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};
use terms::{
    CareKind, CitizenId, Day, InstitutionCode, InsuranceScheme, InsuredPlace, MessageId, Moment, Month,
    PersonNumber, PoolingArea, Province, SettlementId, VisitId,
};

/// A settlement of an institution with what names it there.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// What it and its undoing move.
    pub settlement: Settlement,
    /// The visit.
    pub visit: VisitId,
    /// The person.
    pub person: PersonNumber,
    /// The message that asked for it.
    pub msgid: MessageId,
    /// The message that undid it.
    pub undo_msgid: Option<String>,
}

/// Who was treated in a visit, as the institution knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// 证件号码.
    pub citizen: CitizenId,
    /// 姓名.
    pub name: String,
    /// 医疗类别.
    pub med_type: String,
    /// 人员类别.
    pub person_type: String,
    /// 单位名称.
    pub employer: Option<String>,
    /// 住院/门诊号, if the institution gave one.
    pub number: Option<String>,
}

const COLUMNS: &str =
    "id, visit, person, msgid, scheme, insured, care, total, fund_total, person_total, account, funds,
    fund_paid, settled_at, undo, undo_at, undo_reason, undo_msgid";

/// How long before its answer a settlement is asked for, unless it is one of the late ones, in milliseconds: a day.
pub(crate) const PROMPT: i64 = 24 * 60 * 60 * 1_000;

/// Visits that are read in one statement.
const AT_ONCE: usize = 5_000;

/// The settlements of an institution of which a line may be in a period.
pub async fn list(
    conn: &mut Conn,
    (province, institution): (Province, &InstitutionCode),
    period: &Range<Moment>,
) -> Result<Vec<Recorded>> {
    // Three ways to come into the period, each along an index of its own. The month of a row is that of its id, which was
    // given when the settlement was asked for; months are named one by one, since a range would have the planner read the
    // primary key of whole months as well.
    let statement = format!(
        "select {COLUMNS} from treatment_settlement
         where province = $1 and institution = $2 and month = any($3)
           and asked_at >= $5 - {PROMPT} and asked_at < $6 and settled_at >= $5 and settled_at < $6
         union all
         select {COLUMNS} from treatment_settlement
         where province = $1 and institution = $2 and month <= $4
           and late_at >= $5 and late_at < $6
         union all
         select {COLUMNS} from treatment_settlement
         where province = $1 and institution = $2 and month <= $4
           and undo_at >= $5 and undo_at < $6 and settled_at is not null"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(division_number(province.division()))
        .bind(institution.as_str())
        .bind(months(period.start.plus_millis(-PROMPT).day().month(), period.end.day().month()))
        .bind(period.end.day().month().number())
        .bind(period.start.millis())
        .bind(period.end.millis())
        .fetch_all(conn)
        .await?;
    distinct(&rows)
}

pub(crate) fn months(first: Month, last: Month) -> Vec<i32> {
    let following = std::iter::successors(Some(first), |month| Some(month.next()));
    following.take_while(|month| *month <= last).map(Month::number).collect()
}

/// Keeps a comparison in the place of an earlier one of the same days, scheme and kind of care, and forgets those whose last day is before
/// `kept_from`.
pub async fn put_comparison(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    comparison: &ComparedDays,
    kept_from: Day,
) -> Result<()> {
    sqlx::query("delete from institution_comparison where area = $1 and institution = $2 and last_day < $3")
        .bind(area_of(area))
        .bind(institution.as_str())
        .bind(kept_from.number())
        .execute(work.conn())
        .await?;
    sqlx::query(
        "insert into institution_comparison (area, institution, last_day, first_day, scheme, care, agreed, compared_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (area, institution, last_day, first_day, scheme, care) do update set
             agreed = excluded.agreed, compared_at = excluded.compared_at",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(comparison.last.number())
    .bind(comparison.first.number())
    .bind(comparison.scheme.code())
    .bind(comparison.care.map_or("", CareKind::code))
    .bind(comparison.agreed)
    .bind(comparison.at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The comparisons that end on a day or later.
pub async fn comparisons(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    from: Day,
) -> Result<Vec<ComparedDays>> {
    let rows = sqlx::query(
        "select * from institution_comparison where area = $1 and institution = $2 and last_day >= $3
         order by last_day, first_day, scheme, care limit 10000",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(from.number())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let care: String = row.try_get("care")?;
        Ok(ComparedDays {
            first: day(row, "first_day")?,
            last: day(row, "last_day")?,
            scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
            care: if care.is_empty() { None } else { Some(coded(row, "care", CareKind::from_code)?) },
            agreed: row.try_get("agreed")?,
            at: moment(row, "compared_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The settlements of an institution that have, or whose undoings have, one of these ids.
pub async fn find(
    conn: &mut Conn,
    (province, institution): (Province, &InstitutionCode),
    ids: &[SettlementId],
) -> Result<Vec<Recorded>> {
    let mut found = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        let statement = format!(
            "select {COLUMNS} from treatment_settlement
             where province = $1 and institution = $2 and month = any($3) and id = any($4) and settled_at is not null
             union all
             select {COLUMNS} from treatment_settlement
             where province = $1 and institution = $2 and undo_at = any($5) and undo = any($4)
               and settled_at is not null"
        );
        let mut of_months: Vec<i32> = ids.iter().map(|id| id.month().number()).collect();
        of_months.sort_unstable();
        of_months.dedup();
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(division_number(province.division()))
            .bind(institution.as_str())
            .bind(of_months)
            .bind(ids.iter().map(ToString::to_string).collect::<Vec<_>>())
            .bind(ids.iter().map(|id| id.given_at().millis()).collect::<Vec<_>>())
            .fetch_all(&mut *conn)
            .await?;
        found.extend(distinct(&rows)?);
    }
    Ok(found)
}

/// Who was treated in these visits of an institution.
pub async fn guests(
    conn: &mut Conn,
    (province, institution): (Province, &InstitutionCode),
    visits: &[VisitId],
) -> Result<HashMap<VisitId, Guest>> {
    let mut found = HashMap::new();
    for visits in visits.chunks(AT_ONCE) {
        let mut of_months: Vec<i32> = visits.iter().map(|visit| visit.month().number()).collect();
        of_months.sort_unstable();
        of_months.dedup();
        let rows = sqlx::query(
            "select id, citizen, person_name, med_type, person_type, employer,
                    coalesce(registration ->> 'ipt_no', registration ->> 'ipt_otp_no') as number
             from visit where province = $1 and institution = $2 and month = any($3) and id = any($4)",
        )
        .bind(division_number(province.division()))
        .bind(institution.as_str())
        .bind(of_months)
        .bind(visits.iter().map(ToString::to_string).collect::<Vec<_>>())
        .fetch_all(&mut *conn)
        .await?;
        for row in &rows {
            found.insert(parsed(row, "id")?, read_guest(row)?);
        }
    }
    Ok(found)
}

/// A row can come in more than one way.
fn distinct(rows: &[PgRow]) -> Result<Vec<Recorded>> {
    let mut found = BTreeMap::new();
    for row in rows {
        let recorded = read(row)?;
        found.insert(recorded.settlement.line.id, recorded);
    }
    Ok(found.into_values().collect())
}

fn read(row: &PgRow) -> Result<Recorded> {
    Ok(Recorded {
        settlement: read_settlement(row)?,
        visit: parsed(row, "visit")?,
        person: parsed(row, "person")?,
        msgid: parsed(row, "msgid")?,
        undo_msgid: row.try_get("undo_msgid")?,
    })
}

/// A settlement that was told, and its undoing, out of the treatment place's row.
pub(crate) fn read_settlement(row: &PgRow) -> Result<Settlement> {
    let id: SettlementId = parsed(row, "id")?;
    let amounts = read_amounts(row)?;
    let undoing = match parsed_if(row, "undo")? {
        Some(id) => Some(Undoing {
            id,
            at: moment(row, "undo_at")?,
            is_reversal: row.try_get::<String, _>("undo_reason")? != "cancellation",
        }),
        None => None,
    };
    let line = SettledLine {
        id,
        settlement: id,
        at: moment(row, "settled_at")?,
        insured: InsuredPlace(division(row, "insured")?),
        scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
        care: coded(row, "care", CareKind::from_code)?,
        total: amounts.total,
        person_total: amounts.person_total,
        account: amounts.account,
        funds: amounts.funds,
    };
    Ok(Settlement { line, undoing })
}

fn read_guest(row: &PgRow) -> Result<Guest> {
    Ok(Guest {
        citizen: parsed(row, "citizen")?,
        name: row.try_get("person_name")?,
        med_type: row.try_get("med_type")?,
        person_type: row.try_get("person_type")?,
        employer: row.try_get("employer")?,
        number: row.try_get("number")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, embedded::fixture::TestCluster, row::division_number};
    use terms::Fen;

    const HERE: &str = "H42010600001";

    fn hubei() -> Province {
        "420000".parse().unwrap()
    }

    fn moment(text: &str) -> Moment {
        text.parse().unwrap()
    }

    /// A settlement asked for and told at these moments, and how and when it was undone.
    async fn settled(
        store: &Store,
        serial: u64,
        (institution, asked, told): (&str, &str, Option<&str>),
        undone: Option<(&str, &str)>,
    ) -> SettlementId {
        let id = SettlementId::new(hubei(), moment(asked), serial);
        let undo = undone.map(|(at, _)| SettlementId::new(hubei(), moment(at), serial + 500).to_string());
        sqlx::query(
            "insert into treatment_settlement
                 (province, area, month, id, visit, institution, msgid, stage, person, scheme, insured, total, fund_total,
                  person_total, funds, fund_paid, claim, asked_at, settled_at, undo, undo_reason, undo_msgid, registration,
                  care, account)
             values ($1, 420100, $2, $3, $3, $4, 'M' || $5, 1, 'P1', '310', 110105, 1000, 700, 300, '{310100}', '{700}', '{}',
                     $6, $7, $8, $9, 'U' || $5, '{}', '11', case when $5 = '7' then 100 else 0 end)",
        )
        .bind(division_number(hubei().division()))
        .bind(id.month().number())
        .bind(id.to_string())
        .bind(institution)
        .bind(serial.to_string())
        .bind(moment(asked).millis())
        .bind(told.map(|told| moment(told).millis()))
        .bind(undo)
        .bind(undone.map(|(_, reason)| reason))
        .execute(&mut *store.conn().await.unwrap())
        .await
        .unwrap();
        id
    }

    #[tokio::test]
    async fn the_last_comparison_of_the_same_days_counts_and_old_ones_are_forgotten() {
        let now = moment("2026-11-21 10:00:00");
        let store = TestCluster::shared().fresh_store(now).await;
        let code: InstitutionCode = HERE.parse().unwrap();
        let whose = (PoolingArea("420100".parse().unwrap()), &code);
        let day = |text: &str| text.parse::<Day>().unwrap();
        let compared = |last: &str, care, agreed| ComparedDays {
            first: day("2026-09-01"),
            last: day(last),
            scheme: InsuranceScheme::Employee,
            care,
            agreed,
            at: now,
        };
        let inpatient = Some(CareKind::Inpatient);
        let mut work = store.begin().await.unwrap();
        for one in [
            compared("2026-09-02", None, true),
            compared("2026-11-20", None, false),
            compared("2026-11-20", inpatient, true),
            compared("2026-11-20", None, true),
        ] {
            put_comparison(&mut work, whose, &one, day("2026-09-20")).await.unwrap();
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let found = comparisons(&mut conn, whose, day("2026-09-01")).await.unwrap();
        assert_eq!(found, [compared("2026-11-20", None, true), compared("2026-11-20", inpatient, true)]);
        assert_eq!(comparisons(&mut conn, whose, day("2026-11-21")).await.unwrap(), []);
        let another = "H42010600002".parse().unwrap();
        assert_eq!(comparisons(&mut conn, (whose.0, &another), day("2026-09-01")).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_line_is_found_by_its_moment_however_late_it_came() {
        let store = TestCluster::shared().fresh_store(moment("2026-11-21 10:00:00")).await;
        let rows = [
            // Told at once, in November.
            ((HERE, "2026-11-10 10:00:00", Some("2026-11-10 10:00:01")), None),
            // Asked for in October, told a second after midnight.
            ((HERE, "2026-10-31 23:59:59", Some("2026-11-01 00:00:01")), None),
            // Told two months after it was asked for.
            ((HERE, "2026-09-01 10:00:00", Some("2026-11-02 10:00:00")), None),
            // Of a month for which there is no partition, cancelled in November.
            (
                (HERE, "2025-01-10 10:00:00", Some("2025-01-10 10:00:01")),
                Some(("2026-11-05 10:00:00", "cancellation")),
            ),
            // Told in December only.
            ((HERE, "2026-11-30 23:59:59", Some("2026-12-01 00:00:00")), None),
            // Never told: nobody is owed anything.
            ((HERE, "2026-11-10 11:00:00", None), Some(("2026-11-10 11:00:05", "reversal"))),
            // With a personal account, and made and cancelled in November.
            (
                (HERE, "2026-11-12 10:00:00", Some("2026-11-12 10:00:01")),
                Some(("2026-11-13 10:00:00", "cancellation")),
            ),
            // Somebody else's.
            (("H42010600002", "2026-11-10 10:00:00", Some("2026-11-10 10:00:01")), None),
        ];
        let mut ids = Vec::new();
        for (serial, (told, undone)) in (1..).zip(rows) {
            ids.push(settled(&store, serial, told, undone).await);
        }
        let here: InstitutionCode = HERE.parse().unwrap();
        let mut conn = store.conn().await.unwrap();
        let november: Day = "2026-11-01".parse().unwrap();
        let period = november.start()..november.plus_months(1).start();
        let found = list(&mut conn, (hubei(), &here), &period).await.unwrap();
        let names: Vec<_> = found.iter().map(|one| one.msgid.to_string()).collect();
        assert_eq!(names, ["M4", "M3", "M2", "M1", "M7"], "in the order of their ids");
        let accounts: Vec<_> = found.iter().map(|one| one.settlement.line.account).collect();
        assert_eq!(accounts, [0, 0, 0, 0, 100].map(Fen));
        let lines: Vec<_> = found.iter().map(|one| one.settlement.clone()).collect();
        assert_eq!(
            funds::apportioning::lines_in(&lines, &period).len(),
            6,
            "three, one undone, one made and undone"
        );

        let undo = found[0].settlement.undoing.unwrap().id;
        let asked = [ids[0], ids[5], ids[7], undo];
        let by_id = find(&mut conn, (hubei(), &here), &asked).await.unwrap();
        let names: Vec<_> = by_id.iter().map(|one| one.msgid.to_string()).collect();
        assert_eq!(names, ["M4", "M1"]);
        assert!(guests(&mut conn, (hubei(), &here), &[]).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn settling_changes_no_indexed_column() {
        let store = TestCluster::shared().fresh_store(moment("2026-11-21 10:00:00")).await;
        let id = settled(&store, 1, (HERE, "2026-11-10 10:00:00", None), None).await;
        let mut conn = store.conn().await.unwrap();
        for later in ["2026-11-10 10:00:01", "2026-11-20 10:00:00"] {
            sqlx::query("update treatment_settlement set settled_at = $1 where id = $2")
                .bind(moment(later).millis())
                .bind(id.to_string())
                .execute(&mut *conn)
                .await
                .unwrap();
        }
        let late: Vec<Option<i64>> = sqlx::query_scalar("select late_at from treatment_settlement")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
        assert_eq!(late, [Some(moment("2026-11-20 10:00:00").millis())]);
        sqlx::query("select pg_stat_force_next_flush()").execute(&mut *conn).await.unwrap();
        let (updated, stayed): (i64, i64) = sqlx::query_as(
            "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relname = 'treatment_settlement_202611'",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        assert_eq!((updated, stayed), (2, 1), "only the late answer makes new index entries");
    }
}

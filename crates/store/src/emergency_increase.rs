//! Applications for an emergency increase of a prepayment (预付金紧急调增): at the treatment province that applies, at the hub that
//! decides, and at the insured province that pays.

use crate::{
    Conn, Error, Result, Work,
    row::{division_number, moment, stage_number},
};
use casework::emergency_increase::{Increase, StageName};
use sqlx::{Row, postgres::PgRow, types::Json};
use terms::{Day, InsuranceScheme, Moment, Province};

/// An application as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The application.
    pub increase: Increase,
    /// At the treatment province: whether the hub has it.
    pub told: bool,
    /// When it was last changed, at the hub; of one that the hub has not, here.
    pub changed_at: Moment,
}

fn number_of(province: Province) -> i32 {
    division_number(province.division())
}

/// Holds applications until the unit of work ends: whoever else decides about one waits.
pub async fn hold(work: &mut Work) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(20220023)").execute(work.conn()).await?;
    Ok(())
}

/// The application with this id.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<Kept>> {
    let row =
        sqlx::query("select * from emergency_increase where id = $1").bind(id).fetch_optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Keeps an application as it stands now.
pub async fn put(work: &mut Work, kept: &Kept) -> Result<()> {
    let increase = &kept.increase;
    sqlx::query(
        "insert into emergency_increase (province, id, insured, scheme, stage, content, told, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (province, id) do update set stage = excluded.stage, content = excluded.content,
             told = excluded.told, changed_at = excluded.changed_at",
    )
    .bind(number_of(increase.treatment))
    .bind(increase.id())
    .bind(number_of(increase.insured))
    .bind(increase.scheme.code())
    .bind(stage_number(&StageName::ALL, &increase.stage.name()))
    .bind(Json(increase))
    .bind(kept.told)
    .bind(kept.changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// At most so many applications that were changed at a moment or later, the first change first: all, or those that concern a
/// province.
pub async fn changed_since(
    conn: &mut Conn,
    since: Moment,
    concerning: Option<Province>,
    most: i64,
) -> Result<Vec<Kept>> {
    let rows = sqlx::query(
        "select * from emergency_increase
         where changed_at >= $1 and ($2::integer is null or province = $2 or insured = $2)
         order by changed_at, id limit $3",
    )
    .bind(since.millis())
    .bind(concerning.map(number_of))
    .bind(most)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// At most so many applications, the last change first: at one stage, or all.
pub async fn list(conn: &mut Conn, at: Option<StageName>, most: i64) -> Result<Vec<Kept>> {
    let rows = sqlx::query(
        "select * from emergency_increase where $1::smallint is null or stage = $1
         order by changed_at desc, id limit $2",
    )
    .bind(at.map(|at| stage_number(&StageName::ALL, &at)))
    .bind(most)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The applications of a province that the hub has not answered for.
pub async fn untold(conn: &mut Conn, treatment: Province) -> Result<Vec<Kept>> {
    let rows =
        sqlx::query("select * from emergency_increase where province = $1 and not told order by changed_at")
            .bind(number_of(treatment))
            .fetch_all(conn)
            .await?;
    rows.iter().map(read).collect()
}

/// The last change that came from the hub; none before the first.
pub async fn last_change(conn: &mut Conn) -> Result<Option<Moment>> {
    let row = sqlx::query("select max(changed_at) as at from emergency_increase where told")
        .fetch_one(conn)
        .await?;
    crate::row::moment_if(&row, "at")
}

/// The applications for one prepayment after one signing.
pub async fn after_signing(
    conn: &mut Conn,
    (insured, treatment, scheme): (Province, Province, InsuranceScheme),
    signed_on: Day,
) -> Result<Vec<Kept>> {
    let rows = sqlx::query(
        "select * from emergency_increase where province = $1 and insured = $2 and scheme = $3 order by id",
    )
    .bind(number_of(treatment))
    .bind(number_of(insured))
    .bind(scheme.code())
    .fetch_all(conn)
    .await?;
    let all: Vec<Kept> = rows.iter().map(read).collect::<Result<_>>()?;
    Ok(all.into_iter().filter(|kept| kept.increase.signed_on == signed_on).collect())
}

fn read(row: &PgRow) -> Result<Kept> {
    let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
    let increase = serde_json::from_value(content)
        .map_err(|error| Error::Corrupt { column: "emergency_increase.content", value: error.to_string() })?;
    Ok(Kept { increase, told: row.try_get("told")?, changed_at: moment(row, "changed_at")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use casework::emergency_increase::{Accepted, Stage};
    use terms::Fen;

    fn now() -> Moment {
        "2026-11-25 10:00:00".parse().unwrap()
    }

    fn applied(insured: &str, treatment: &str, case: &str) -> Increase {
        Increase {
            case: case.to_owned(),
            insured: insured.parse().unwrap(),
            treatment: treatment.parse().unwrap(),
            scheme: InsuranceScheme::Employee,
            asked: Fen::yuan(500),
            reason: "住院人次增长".to_owned(),
            used: Fen(950),
            prepayment: Fen(1_000),
            signed_on: "2026-11-24".parse().unwrap(),
            applied_at: now(),
            applied_by: "李某乙".to_owned(),
            decide_by: "2026-12-02".parse().unwrap(),
            stage: Stage::Applied,
        }
    }

    #[tokio::test]
    async fn an_application_is_found_by_all_that_is_asked_of_it() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let first = applied("110000", "420000", "261124-310-1");
        let other = applied("310000", "420000", "261124-310-1");
        let kept = |increase: &Increase, told: bool, later: i64| Kept {
            increase: increase.clone(),
            told,
            changed_at: now().plus_millis(later),
        };
        let mut work = store.begin().await.unwrap();
        hold(&mut work).await.unwrap();
        put(&mut work, &kept(&first, false, 0)).await.unwrap();
        put(&mut work, &kept(&other, true, 1)).await.unwrap();
        work.save().await.unwrap();

        let mut conn = store.conn().await.unwrap();
        let hubei: Province = "420000".parse().unwrap();
        assert_eq!(untold(&mut conn, hubei).await.unwrap(), [kept(&first, false, 0)]);
        let beijing = Some("110000".parse().unwrap());
        let since = |later: i64| now().plus_millis(later);
        let concerning = changed_since(&mut conn, since(0), beijing, 9).await.unwrap();
        assert_eq!(concerning, [kept(&first, false, 0)]);
        assert_eq!(changed_since(&mut conn, since(1), None, 9).await.unwrap(), [kept(&other, true, 1)]);

        let accepted = Accepted {
            amount: Fen(1),
            at: now(),
            by: "钱某丙".to_owned(),
            reason: "核定".to_owned(),
            notice: "JZ".to_owned(),
        };
        let decided = first.clone().accept(accepted).unwrap();
        let mut work = store.begin().await.unwrap();
        put(&mut work, &kept(&decided, true, 2)).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(find(&mut conn, &first.id()).await.unwrap(), Some(kept(&decided, true, 2)));
        let waiting = list(&mut conn, Some(StageName::Applied), 9).await.unwrap();
        assert_eq!(waiting, [kept(&other, true, 1)]);
        assert_eq!(list(&mut conn, None, 9).await.unwrap().len(), 2);
        assert_eq!(last_change(&mut conn).await.unwrap(), Some(since(2)));
        let of = (first.insured, first.treatment, first.scheme);
        assert_eq!(after_signing(&mut conn, of, first.signed_on).await.unwrap(), [kept(&decided, true, 2)]);
        assert_eq!(after_signing(&mut conn, of, first.signed_on.plus_days(1)).await.unwrap(), []);
        assert_eq!(find(&mut conn, "261124-310-2-110000-420000").await.unwrap(), None);
    }
}

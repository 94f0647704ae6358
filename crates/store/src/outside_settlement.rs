//! Insured place: settlements whose benefit an outside core system (外部核心系统) computes, and how far each has come there.
//!
//! A row stands before the system is asked. Whoever decides about a settlement of this kind holds its id first ([`hold`]), so that
//! asking and undoing follow one another even where there is no row yet.

use crate::{
    Conn, Document, Result, Work,
    document::document_if,
    row::{area_of, coded, division, moment, parsed, stage, stage_number},
};
use sqlx::{Row, postgres::PgRow};
use terms::{InsuranceScheme, Moment, PoolingArea, SettlementId};

/// How far it has come at the outside system, as far as is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// 已请求: asked for; what became of it is not known.
    Asked,
    /// 已结算: it stands there and here.
    Settled,
    /// 已拒绝: it was refused there.
    Refused,
    /// 撤销中: it does not stand here; the system has not said yet that it does not stand there.
    Undoing,
    /// 已撤销: it stands nowhere.
    Undone,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 5] = [Self::Asked, Self::Settled, Self::Refused, Self::Undoing, Self::Undone];
}

/// One settlement at an outside system.
#[derive(Clone, Debug, PartialEq)]
pub struct OutsideSettlement {
    /// The pooling area.
    pub area: PoolingArea,
    /// The settlement.
    pub id: SettlementId,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// How far it has come.
    pub stage: Stage,
    /// The claim as it was asked first, as the wire writes it.
    pub claim: Option<Document>,
    /// The undoing's own id, and its reason.
    pub undo: Option<(SettlementId, String)>,
    /// How often the undoing went without an answer.
    pub attempts: i32,
    /// When it was asked for first.
    pub asked_at: Moment,
}

/// Holds the id of a settlement until the unit of work ends, and reads what is known of it.
pub async fn hold(work: &mut Work, area: PoolingArea, id: SettlementId) -> Result<Option<OutsideSettlement>> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 24))")
        .bind(id.to_string())
        .execute(work.conn())
        .await?;
    find(work.conn(), area, id).await
}

/// What is known of a settlement.
pub async fn find(conn: &mut Conn, area: PoolingArea, id: SettlementId) -> Result<Option<OutsideSettlement>> {
    let row = sqlx::query("select * from outside_settlement where area = $1 and month = $2 and id = $3")
        .bind(area_of(area))
        .bind(id.month().number())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Writes a settlement down as asked for.
pub async fn ask(
    work: &mut Work,
    (area, scheme): (PoolingArea, InsuranceScheme),
    id: SettlementId,
    claim: &Document,
    now: Moment,
) -> Result<()> {
    sqlx::query(
        "insert into outside_settlement (area, month, id, scheme, stage, claim, attempts, asked_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, 0, $7, $7)",
    )
    .bind(area_of(area))
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(scheme.code())
    .bind(stage_number(&Stage::ALL, &Stage::Asked))
    .bind(claim.text())
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes down how far it has come.
pub async fn set_stage(
    work: &mut Work,
    area: PoolingArea,
    id: SettlementId,
    stage: Stage,
    now: Moment,
) -> Result<()> {
    sqlx::query(
        "update outside_settlement set stage = $4, changed_at = $5 where area = $1 and month = $2 and id = $3",
    )
    .bind(area_of(area))
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(stage_number(&Stage::ALL, &stage))
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes down that it is to be undone at the outside system, at once and until that has said that it is.
pub async fn undo(
    work: &mut Work,
    area: PoolingArea,
    id: SettlementId,
    (undo, reason): (SettlementId, &str),
    now: Moment,
) -> Result<()> {
    sqlx::query(
        "update outside_settlement set stage = $4, undo = $5, undo_reason = $6, attempts = 0, next_at = $7, changed_at = $7
         where area = $1 and month = $2 and id = $3",
    )
    .bind(area_of(area))
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(stage_number(&Stage::ALL, &Stage::Undoing))
    .bind(undo.to_string())
    .bind(reason)
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Claims the undoings whose time has come, oldest first, and puts their next time off: by a second, doubling with every attempt
/// up to a minute.
pub async fn claim_undoings(work: &mut Work, now: Moment, most: i64) -> Result<Vec<OutsideSettlement>> {
    let rows = sqlx::query(
        "update outside_settlement book set attempts = book.attempts + 1,
                next_at = $1 + least(60000, 1000 * (1::bigint << least(book.attempts, 6)))
         from (select area, month, id from outside_settlement where stage = 3 and next_at <= $1 order by next_at limit $2
               for update skip locked) due
         where (book.area, book.month, book.id) = (due.area, due.month, due.id)
         returning book.*",
    )
    .bind(now.millis())
    .bind(most)
    .fetch_all(work.conn())
    .await?;
    rows.iter().map(read).collect()
}

/// How many wait to be undone at the outside systems: none, once the dust has settled.
pub async fn count_undoing(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from outside_settlement where stage = 3").fetch_one(conn).await?)
}

/// All of them, in the order of ids: for comparison.
pub async fn all(conn: &mut Conn) -> Result<Vec<OutsideSettlement>> {
    let rows = sqlx::query("select * from outside_settlement order by id").fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<OutsideSettlement> {
    let undo: Option<String> = row.try_get("undo")?;
    let undo = match undo {
        Some(_) => Some((parsed(row, "undo")?, row.try_get("undo_reason")?)),
        None => None,
    };
    Ok(OutsideSettlement {
        area: PoolingArea(division(row, "area")?),
        id: parsed(row, "id")?,
        scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
        stage: stage(row, &Stage::ALL)?,
        claim: document_if(row, "claim")?,
        undo,
        attempts: row.try_get("attempts")?,
        asked_at: moment(row, "asked_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;

    #[tokio::test]
    async fn asked_settled_undone_and_asked_to_undo_again() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let area = "420100".parse::<terms::AdminDivision>().unwrap().pooling_area();
        let treatment = "110000".parse().unwrap();
        let [id, undoing] = [1, 2].map(|serial| SettlementId::new(treatment, now, serial));
        let claim = Document::of(&"claim");

        let mut work = store.begin().await.unwrap();
        assert_eq!(hold(&mut work, area, id).await.unwrap(), None);
        ask(&mut work, (area, InsuranceScheme::Resident), id, &claim, now).await.unwrap();
        work.save().await.unwrap();
        let mut work = store.begin().await.unwrap();
        let asked = hold(&mut work, area, id).await.unwrap().unwrap();
        assert_eq!((asked.stage, asked.claim, asked.undo), (Stage::Asked, Some(claim), None));
        set_stage(&mut work, area, id, Stage::Settled, now).await.unwrap();
        undo(&mut work, area, id, (undoing, "reversal"), now).await.unwrap();
        work.save().await.unwrap();

        // It is due at once, then a second later, then two seconds after that.
        for (seconds, due) in [(0, true), (0, false), (1, true), (2, false), (3, true)] {
            let mut work = store.begin().await.unwrap();
            let claimed = claim_undoings(&mut work, now.plus_millis(seconds * 1_000), 10).await.unwrap();
            assert_eq!(!claimed.is_empty(), due, "after {seconds} s");
            work.save().await.unwrap();
        }
        assert_eq!(count_undoing(&mut store.conn().await.unwrap()).await.unwrap(), 1);
        let mut work = store.begin().await.unwrap();
        set_stage(&mut work, area, id, Stage::Undone, now).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(count_undoing(&mut conn).await.unwrap(), 0);
        assert_eq!(all(&mut conn).await.unwrap()[0].undo, Some((undoing, "reversal".to_owned())));
    }
}

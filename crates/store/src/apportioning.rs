//! What institutions confirmed of their apportioned months (清分结果确认).

use crate::{
    Conn, Result, Work,
    row::{area_of, fen, moment, moment_if, stage, stage_number},
};
use casework::confirmation::Stage;
use serde::{Deserialize, Serialize};
use sqlx::{Row, postgres::PgRow, types::Json};
use terms::{Fen, InstitutionCode, Moment, Month, PoolingArea, SettlementId};

/// One confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The number of the answer to the message that made it.
    pub id: String,
    /// 清分年月.
    pub month: Month,
    /// Where it stands.
    pub stage: Stage,
    /// What the confirmed lines come to: 医疗费总额.
    pub total: Fen,
    /// 经办机构支付总额.
    pub agency_pays: Fen,
    /// Every line, as the institution said it.
    pub details: Vec<Detail>,
    /// When it was made.
    pub confirmed_at: Moment,
    /// When it was taken back.
    pub withdrawn_at: Option<Moment>,
}

/// One line of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// 结算流水号: the line's own id.
    pub line: SettlementId,
    /// 确认标志; false where the institution does not agree.
    pub confirmed: bool,
    /// 总费用, as the institution said it.
    pub total: Fen,
    /// 经办机构支付总额, as the institution said it.
    pub agency_pays: Fen,
}

impl Confirmation {
    /// The lines that it confirms.
    pub fn confirmed(&self) -> impl Iterator<Item = SettlementId> {
        self.details.iter().filter(|detail| detail.confirmed).map(|detail| detail.line)
    }
}

/// Whose month.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The institution's pooling area.
    pub area: PoolingArea,
    /// The institution.
    pub institution: &'a InstitutionCode,
    /// 清分年月.
    pub month: Month,
}

/// Holds a month of an institution until the unit of work ends, so that its confirmations are made and taken back one after
/// the other.
pub async fn hold(work: &mut Work, key: Key<'_>) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 3261))")
        .bind(format!("{} {} {}", key.area, key.institution, key.month))
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Keeps a new confirmation.
pub async fn insert(work: &mut Work, key: Key<'_>, confirmation: &Confirmation) -> Result<()> {
    sqlx::query(
        "insert into apportioning_confirmation (area, institution, month, id, stage, settlements, total, agency_pays,
                                                details, confirmed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.month.number())
    .bind(&confirmation.id)
    .bind(stage_number(&Stage::ALL, &confirmation.stage))
    .bind(i32::try_from(confirmation.confirmed().count()).expect("lines of one message"))
    .bind(confirmation.total.0)
    .bind(confirmation.agency_pays.0)
    .bind(Json(&confirmation.details))
    .bind(confirmation.confirmed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes where a confirmation stands, and when it was taken back if it was.
pub async fn set_stage(
    work: &mut Work,
    key: Key<'_>,
    (id, stage): (&str, Stage),
    withdrawn_at: Option<Moment>,
) -> Result<()> {
    sqlx::query(
        "update apportioning_confirmation set stage = $5, withdrawn_at = $6
         where area = $1 and institution = $2 and month = $3 and id = $4",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.month.number())
    .bind(id)
    .bind(stage_number(&Stage::ALL, &stage))
    .bind(withdrawn_at.map(Moment::millis))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The confirmations of a month, those that were taken back included, in the order in which they were made.
pub async fn of_month(conn: &mut Conn, key: Key<'_>) -> Result<Vec<Confirmation>> {
    let rows = sqlx::query(
        "select id, stage, total, agency_pays, details, confirmed_at, withdrawn_at from apportioning_confirmation
         where area = $1 and institution = $2 and month = $3 order by confirmed_at, id",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.month.number())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| read(row, key.month)).collect()
}

fn read(row: &PgRow, month: Month) -> Result<Confirmation> {
    Ok(Confirmation {
        id: row.try_get("id")?,
        month,
        stage: stage(row, &Stage::ALL)?,
        total: fen(row, "total")?,
        agency_pays: fen(row, "agency_pays")?,
        details: row.try_get::<Json<Vec<Detail>>, _>("details")?.0,
        confirmed_at: moment(row, "confirmed_at")?,
        withdrawn_at: moment_if(row, "withdrawn_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;

    #[tokio::test]
    async fn a_confirmation_is_kept_and_taken_back_in_its_month_alone() {
        let now: Moment = "2026-12-02 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let institution: InstitutionCode = "H42010600001".parse().unwrap();
        let area = PoolingArea("420100".parse().unwrap());
        let key = |month| Key { area, institution: &institution, month: Month::new(2026, month).unwrap() };
        let detail = |serial, confirmed| Detail {
            line: SettlementId::new("420000".parse().unwrap(), now, serial),
            confirmed,
            total: Fen(1_000),
            agency_pays: Fen(700),
        };
        let confirmation = |id: &str, month| Confirmation {
            id: id.to_owned(),
            month: Month::new(2026, month).unwrap(),
            stage: Stage::Confirmed,
            total: Fen(1_000),
            agency_pays: Fen(700),
            details: vec![detail(1, true), detail(2, false)],
            confirmed_at: now,
            withdrawn_at: None,
        };
        for (id, month) in [("b", 10), ("a", 11), ("b", 11)] {
            let mut work = store.begin().await.unwrap();
            hold(&mut work, key(month)).await.unwrap();
            insert(&mut work, key(month), &confirmation(id, month)).await.unwrap();
            work.save().await.unwrap();
        }
        let later = now.plus_millis(1_000);
        let mut work = store.begin().await.unwrap();
        set_stage(&mut work, key(11), ("b", Stage::Withdrawn), Some(later)).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let back =
            Confirmation { stage: Stage::Withdrawn, withdrawn_at: Some(later), ..confirmation("b", 11) };
        assert_eq!(of_month(&mut conn, key(11)).await.unwrap(), [confirmation("a", 11), back]);
        assert_eq!(of_month(&mut conn, key(10)).await.unwrap(), [confirmation("b", 10)]);
        assert_eq!(of_month(&mut conn, key(12)).await.unwrap(), []);
        assert_eq!(confirmation("a", 11).confirmed().count(), 1, "what is disputed is not confirmed");
    }
}

//! What provinces say of the pairs of an adopted month, and what the hub decided of their disputes.

use super::province_number;
use crate::{
    Conn, Error, Result, Work,
    row::{division, moment, moment_if, stage_number},
};
use funds::{Pair, clearing::stage::Answer};
use sqlx::{Row, postgres::PgRow};
use terms::{Moment, Month, Province, SettlementId};

/// What one province says of one pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// Who.
    pub province: Province,
    /// Of which pair.
    pub pair: Pair,
    /// What.
    pub answer: Answer,
    /// The clerk of the province, or the system where the deadline has passed.
    pub answered_by: String,
    /// When.
    pub answered_at: Moment,
    /// What is disputed; nothing named means all of the pair.
    pub settlements: Vec<SettlementId>,
    /// Why.
    pub reason: Option<String>,
    /// What the hub said to it.
    pub decision: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Moment>,
}

/// The answers to a month: those of or about one province, or all.
pub async fn answers(conn: &mut Conn, month: Month, about: Option<Province>) -> Result<Vec<AnswerRow>> {
    let rows = sqlx::query(
        "select * from clearing_answer
         where province = any($1) and month = $2 and ($3::integer is null or insured = $3 or treatment = $3)
         order by insured, treatment, province",
    )
    .bind(super::line::provinces())
    .bind(month.number())
    .bind(about.map(province_number))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<AnswerRow> {
    let number: i16 = row.try_get("answer")?;
    let answer = usize::try_from(number).ok().and_then(|number| Answer::ALL.get(number)).copied();
    let ids: Vec<String> = row.try_get("settlements")?;
    let id = |id: String| id.parse().map_err(|_| Error::Corrupt { column: "settlements", value: id });
    Ok(AnswerRow {
        province: Province(division(row, "province")?),
        pair: Pair {
            insured: Province(division(row, "insured")?),
            treatment: Province(division(row, "treatment")?),
        },
        answer: answer.ok_or(Error::Corrupt { column: "answer", value: number.to_string() })?,
        answered_by: row.try_get("answered_by")?,
        answered_at: moment(row, "answered_at")?,
        settlements: ids.into_iter().map(id).collect::<Result<_>>()?,
        reason: row.try_get("reason")?,
        decision: row.try_get("decision")?,
        decided_by: row.try_get("decided_by")?,
        decided_at: moment_if(row, "decided_at")?,
    })
}

/// Writes an answer over what the province said before.
pub async fn put_answer(work: &mut Work, month: Month, row: &AnswerRow) -> Result<()> {
    sqlx::query(
        "insert into clearing_answer (province, month, insured, treatment, answer, answered_by, answered_at, settlements,
                                      reason, decision, decided_by, decided_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (province, month, insured, treatment) do update set answer = excluded.answer,
             answered_by = excluded.answered_by, answered_at = excluded.answered_at,
             settlements = excluded.settlements, reason = excluded.reason, decision = excluded.decision,
             decided_by = excluded.decided_by, decided_at = excluded.decided_at",
    )
    .bind(province_number(row.province))
    .bind(month.number())
    .bind(province_number(row.pair.insured))
    .bind(province_number(row.pair.treatment))
    .bind(stage_number(&Answer::ALL, &row.answer))
    .bind(&row.answered_by)
    .bind(row.answered_at.millis())
    .bind(row.settlements.iter().map(ToString::to_string).collect::<Vec<_>>())
    .bind(&row.reason)
    .bind(&row.decision)
    .bind(&row.decided_by)
    .bind(row.decided_at.map(Moment::millis))
    .execute(work.conn())
    .await?;
    Ok(())
}

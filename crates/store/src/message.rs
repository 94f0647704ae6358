//! The first answer to every writing message of a hospital, by (institution, transaction, message id) and a hash of what was
//! asked, so that a message sent again gets it again.

use crate::{
    Conn, Result, Work,
    row::{area_of, division_number},
};
use sqlx::Row;
use terms::{InstitutionCode, Moment, PoolingArea, SettlementId};

/// The transactions that ask for a settlement (药店、门诊、住院结算). Where the settlement was made to stand together with the
/// answer, the answer is kept with the settlement, and the message stays as it came.
pub const SETTLING: [&str; 4] = ["2102", "2207", "2207A", "2304"];

/// What names a message.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The institution's pooling area.
    pub area: PoolingArea,
    /// The sender.
    pub institution: &'a InstitutionCode,
    /// The transaction number.
    pub infno: &'a str,
    /// The sender's id of it.
    pub msgid: &'a str,
}

/// What is known of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It came for the first time, and is now under way in this unit of work.
    New,
    /// It is reversed, before it came or since.
    Reversed,
    /// It came before with other content.
    OtherContent,
    /// It came before, and is not answered yet.
    UnderWay {
        /// The visit or settlement that it created.
        subject: Option<String>,
    },
    /// It came before, and this was the answer.
    Answered(Vec<u8>),
}

const UNDER_WAY: i16 = 0;
const ANSWERED: i16 = 1;
const REVERSED: i16 = 2;

/// Takes a message up, or says what is known of it. A concurrent second sending waits here until the first is saved.
pub async fn begin(
    work: &mut Work,
    key: Key<'_>,
    content: &[u8],
    subject: Option<&str>,
    received_at: Moment,
) -> Result<Known> {
    let created = sqlx::query(
        "insert into hospital_message (area, institution, infno, msgid, content, stage, subject, received_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.infno)
    .bind(key.msgid)
    .bind(content)
    .bind(UNDER_WAY)
    .bind(subject)
    .bind(received_at.millis())
    .execute(work.conn())
    .await?;
    if created.rows_affected() == 1 {
        return Ok(Known::New);
    }
    Ok(find(work.conn(), key, content).await?.expect("the row that was in the way"))
}

/// What is known of a message; `None` if it never came.
pub async fn find(conn: &mut Conn, key: Key<'_>, content: &[u8]) -> Result<Option<Known>> {
    let row = sqlx::query(
        "select content, stage, answer, subject from hospital_message
         where area = $1 and institution = $2 and infno = $3 and msgid = $4",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.infno)
    .bind(key.msgid)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let stage: i16 = row.try_get("stage")?;
    if stage == REVERSED {
        return Ok(Some(Known::Reversed));
    }
    if row.try_get::<Vec<u8>, _>("content")? != content {
        return Ok(Some(Known::OtherContent));
    }
    if let Some(answer) = row.try_get("answer")? {
        return Ok(Some(Known::Answered(answer)));
    }
    let subject: Option<String> = row.try_get("subject")?;
    Ok(Some(match kept_with_settlement(conn, key, subject.as_deref()).await? {
        Some(answer) => Known::Answered(answer),
        None => Known::UnderWay { subject },
    }))
}

/// The answer that is kept with the settlement that the message asked for.
async fn kept_with_settlement(
    conn: &mut Conn,
    key: Key<'_>,
    subject: Option<&str>,
) -> Result<Option<Vec<u8>>> {
    let settlement: Option<SettlementId> = subject.and_then(|subject| subject.parse().ok());
    let Some(id) = settlement.filter(|_| SETTLING.contains(&key.infno)) else { return Ok(None) };
    let answer: Option<Option<Vec<u8>>> = sqlx::query_scalar(
        "select answer from treatment_settlement where province = $1 and month = $2 and id = $3",
    )
    .bind(division_number(id.province().division()))
    .bind(id.month().number())
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    Ok(answer.flatten())
}

/// What a message created, as it said when it was taken up.
pub async fn subject(conn: &mut Conn, key: Key<'_>) -> Result<Option<String>> {
    let subject: Option<Option<String>> = sqlx::query_scalar(
        "select subject from hospital_message where area = $1 and institution = $2 and infno = $3 and msgid = $4",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.infno)
    .bind(key.msgid)
    .fetch_optional(conn)
    .await?;
    Ok(subject.flatten())
}

/// Writes the answer down, once, and gives back the one that is kept: an earlier one stays. `None` if the message is
/// reversed and gets no answer any more.
pub async fn answer(work: &mut Work, key: Key<'_>, answer: &[u8], at: Moment) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar(
        "update hospital_message set stage = $5, answer = coalesce(answer, $6), answered_at = coalesce(answered_at, $7)
         where area = $1 and institution = $2 and infno = $3 and msgid = $4 and stage <> $8
         returning answer",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.infno)
    .bind(key.msgid)
    .bind(ANSWERED)
    .bind(answer)
    .bind(at.millis())
    .bind(REVERSED)
    .fetch_optional(work.conn())
    .await?)
}

/// Writes down that a message is reversed: whenever it comes or came, it is refused from now on. True if it had not come
/// before.
pub async fn reverse(work: &mut Work, key: Key<'_>, at: Moment) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "insert into hospital_message (area, institution, infno, msgid, content, stage, received_at)
         values ($1, $2, $3, $4, '', $5, $6)
         on conflict (area, institution, infno, msgid) do update set stage = excluded.stage
         returning (xmax = 0)",
    )
    .bind(area_of(key.area))
    .bind(key.institution.as_str())
    .bind(key.infno)
    .bind(key.msgid)
    .bind(REVERSED)
    .bind(at.millis())
    .fetch_one(work.conn())
    .await?)
}

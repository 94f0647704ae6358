//! The first answer to every writing message of a hospital, by (institution, transaction, message id) and a hash of what was
//! asked, so that a message sent again gets it again.

use crate::{Conn, Result, Work, row::area_of};
use sqlx::Row;
use terms::{InstitutionCode, Moment, PoolingArea};

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
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let stage: i16 = row.try_get("stage")?;
    if stage == REVERSED {
        return Ok(Some(Known::Reversed));
    }
    if row.try_get::<Vec<u8>, _>("content")? != content {
        return Ok(Some(Known::OtherContent));
    }
    Ok(Some(match row.try_get::<Option<Vec<u8>>, _>("answer")? {
        Some(answer) => Known::Answered(answer),
        None => Known::UnderWay { subject: row.try_get("subject")? },
    }))
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

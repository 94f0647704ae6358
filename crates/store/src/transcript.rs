//! Transcripts (接口报文记录): whether an institution's messages are recorded, and those that were. How much is kept of each is given; a message
//! is written only while the institution's recording is on, and as long as there is room.

use crate::{
    Conn, Result, Work,
    change::{self, Change},
    row::{area_of, coded, moment, parsed},
    search::push_limit,
};
use casework::transcript::{Origin, Recording, Unproven};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};
use std::ops::Range;
use terms::{InstitutionCode, Moment, PoolingArea};

/// Whose: an institution and the pooling area that it lies in.
pub type Whose<'a> = (PoolingArea, &'a InstitutionCode);

/// The state of an institution's transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The recording that is on, or was on last.
    pub recording: Recording,
    /// How many messages are kept, of this and of earlier ones.
    pub messages: i64,
    /// Their size, in bytes.
    pub bytes: i64,
    /// How many were not kept since it began.
    pub dropped: i64,
}

/// A message with its answer, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When it began to come.
    pub came: Moment,
    /// How long it took, in milliseconds.
    pub took: i64,
    /// Who sent it.
    pub origin: Origin,
    /// 交易编号.
    pub infno: String,
    /// 发送方报文ID.
    pub msgid: String,
    /// The name of the outcome.
    pub outcome: String,
    /// The outcome in Chinese.
    pub said: String,
    /// The code of the refusal, where it was one.
    pub code: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// How many faults the message has …
    pub faults: i64,
    /// … how many notes …
    pub notes: i64,
    /// … and how many faults the answer.
    pub answer_faults: i64,
}

/// What became of a message that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is.
    Done,
    /// There is no room, or recording was off; counted.
    NoRoom,
    /// One that was shown to be the institution's by the same is kept already.
    Before,
}

/// What is kept beside what lists show, as texts of JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bodies {
    /// The message.
    pub request: String,
    /// The answer.
    pub answer: String,
    /// Deviations of both.
    pub deviations: String,
}

impl Bodies {
    fn bytes(&self) -> i64 {
        let bytes = self.request.len() + self.answer.len() + self.deviations.len();
        i64::try_from(bytes).unwrap_or(i64::MAX)
    }
}

/// How much may be kept of an institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// So many messages …
    pub messages: i64,
    /// … of this size together, in bytes.
    pub bytes: i64,
}

/// The state of an institution's transcript, held until the unit of work ends; none if it was never recorded, or that is forgotten.
pub async fn hold(work: &mut Work, whose: Whose<'_>) -> Result<Option<Transcript>> {
    let row = sqlx::query("select * from transcript where area = $1 and institution = $2 for update")
        .bind(area_of(whose.0))
        .bind(whose.1.as_str())
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read).transpose()
}

/// The state of an institution's transcript.
pub async fn find(conn: &mut Conn, whose: Whose<'_>) -> Result<Option<Transcript>> {
    let row = sqlx::query("select * from transcript where area = $1 and institution = $2")
        .bind(area_of(whose.0))
        .bind(whose.1.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Writes what is recorded of an institution and until when, and tells all instances. One that begins anew has dropped nothing yet.
pub async fn put(work: &mut Work, whose: Whose<'_>, recording: &Recording) -> Result<()> {
    sqlx::query(
        "insert into transcript (area, institution, begins, ends, switched_by, reason, messages, bytes, dropped, last)
         values ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0)
         on conflict (area, institution) do update set
             begins = excluded.begins, ends = excluded.ends, switched_by = excluded.switched_by,
             reason = excluded.reason,
             dropped = case when transcript.begins = excluded.begins then transcript.dropped else 0 end",
    )
    .bind(area_of(whose.0))
    .bind(whose.1.as_str())
    .bind(recording.begins.millis())
    .bind(recording.ends.millis())
    .bind(&recording.by)
    .bind(&recording.reason)
    .execute(work.conn())
    .await?;
    change::tell(work, &Change::Transcript(whose.1.clone())).await
}

/// Which institutions' messages are recorded at a moment, and from when until when.
pub async fn on(conn: &mut Conn, now: Moment) -> Result<Vec<(InstitutionCode, Range<Moment>)>> {
    let rows =
        sqlx::query("select institution, begins, ends from transcript where begins <= $1 and ends > $1")
            .bind(now.millis())
            .fetch_all(conn)
            .await?;
    rows.iter()
        .map(|row| Ok((parsed(row, "institution")?, moment(row, "begins")?..moment(row, "ends")?)))
        .collect()
}

/// Keeps a message, if the institution's recording was on when it came and there is room, and if none with its seal is there: with a
/// digest of what showed who sent it, where it shows so only once.
pub async fn keep(
    conn: &mut Conn,
    whose: Whose<'_>,
    (kept, bodies): (&Kept, &Bodies),
    seal: Option<&[u8]>,
    room: Room,
) -> Result<Keeping> {
    let is_there: bool = sqlx::query_scalar(
        "select exists (select 1 from transcript_message where area = $1 and institution = $2 and seal = $3)",
    )
    .bind(area_of(whose.0))
    .bind(whose.1.as_str())
    .bind(seal)
    .fetch_one(&mut *conn)
    .await?;
    if is_there {
        return Ok(Keeping::Before);
    }
    let done = sqlx::query(
        "with held as (
             update transcript set messages = messages + 1, bytes = bytes + $18, last = last + 1
             where area = $1 and institution = $2 and begins <= $3 and ends > $3
               and messages < $16 and bytes + $18 <= $17
             returning last)
         insert into transcript_message (area, institution, number, came_at, took, infno, msgid, outcome, said, code, status,
                                         faults, notes, answer_faults, request, answer, deviations, bytes, origin, seal)
         select $1, $2, last, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $19, $18, $20, $21 from held",
    )
    .bind(area_of(whose.0))
    .bind(whose.1.as_str())
    .bind(kept.came.millis())
    .bind(kept.took)
    .bind(&kept.infno)
    .bind(&kept.msgid)
    .bind(&kept.outcome)
    .bind(&kept.said)
    .bind(&kept.code)
    .bind(i16::try_from(kept.status).unwrap_or_default())
    .bind(kept.faults)
    .bind(kept.notes)
    .bind(kept.answer_faults)
    .bind(&bodies.request)
    .bind(&bodies.answer)
    .bind(room.messages)
    .bind(room.bytes)
    .bind(bodies.bytes())
    .bind(&bodies.deviations)
    .bind(kept.origin.code())
    .bind(seal)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(Keeping::Done);
    }
    drop_some(conn, whose, 1, kept.came).await?;
    Ok(Keeping::NoRoom)
}

/// Counts messages of about a moment that were not kept, where the institution's recording was on then.
pub async fn drop_some(conn: &mut Conn, whose: Whose<'_>, count: i64, at: Moment) -> Result<()> {
    sqlx::query(
        "update transcript set dropped = dropped + $3
         where area = $1 and institution = $2 and begins <= $4 and ends > $4",
    )
    .bind(area_of(whose.0))
    .bind(whose.1.as_str())
    .bind(count)
    .bind(at.millis())
    .execute(conn)
    .await?;
    Ok(())
}

/// Messages in an institution's name whose sender has not shown to be it, of one address and for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strangers {
    /// From where; empty for all those of which no more is told apart.
    pub address: String,
    /// Why.
    pub why: Unproven,
    /// The last transaction that was named; empty for none.
    pub infno: String,
    /// How many.
    pub times: i64,
    /// When the first of them came …
    pub first: Moment,
    /// … and the last.
    pub last: Moment,
}

/// Counts messages of strangers, where the institution's recording was on when the last of them came. Of each reason so many addresses at most
/// are told apart, the last that came; the rest is counted together.
pub async fn count_strangers(
    work: &mut Work,
    whose: Whose<'_>,
    strangers: &Strangers,
    addresses_max: i64,
) -> Result<()> {
    let done = sqlx::query(
        "insert into transcript_unproven (area, institution, address, why, infno, times, first_at, last_at)
         select $1, $2, $3, $4, $5, $6, $7, $8 from transcript
         where area = $1 and institution = $2 and begins <= $8 and ends > $8
         on conflict (area, institution, address, why) do update set
             infno = case when excluded.infno = '' then transcript_unproven.infno else excluded.infno end,
             times = transcript_unproven.times + excluded.times,
             last_at = greatest(transcript_unproven.last_at, excluded.last_at)",
    )
    .bind(area_of(whose.0))
    .bind(whose.1.as_str())
    .bind(&strangers.address)
    .bind(strangers.why.code())
    .bind(&strangers.infno)
    .bind(strangers.times)
    .bind(strangers.first.millis())
    .bind(strangers.last.millis())
    .execute(work.conn())
    .await?;
    if done.rows_affected() == 0 || strangers.address.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "with gone as (
             delete from transcript_unproven
             where area = $1 and institution = $2 and why = $3 and address in (
                 select address from transcript_unproven
                 where area = $1 and institution = $2 and why = $3 and address <> ''
                 order by last_at desc, address offset $4)
             returning times, first_at, last_at),
         sums as (
             select sum(times)::bigint as times, min(first_at) as first_at, max(last_at) as last_at from gone
             having count(*) > 0)
         insert into transcript_unproven (area, institution, address, why, infno, times, first_at, last_at)
         select $1, $2, '', $3, '', times, first_at, last_at from sums
         on conflict (area, institution, address, why) do update set
             times = transcript_unproven.times + excluded.times,
             first_at = least(transcript_unproven.first_at, excluded.first_at),
             last_at = greatest(transcript_unproven.last_at, excluded.last_at)",
    )
    .bind(area_of(whose.0))
    .bind(whose.1.as_str())
    .bind(strangers.why.code())
    .bind(addresses_max)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Messages of strangers in an institution's name, those that came last first.
pub async fn strangers(conn: &mut Conn, whose: Whose<'_>) -> Result<Vec<Strangers>> {
    let rows = sqlx::query(
        "select * from transcript_unproven where area = $1 and institution = $2
         order by last_at desc, address, why",
    )
    .bind(area_of(whose.0))
    .bind(whose.1.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Strangers {
                address: row.try_get("address")?,
                why: coded(row, "why", Unproven::from_code)?,
                infno: row.try_get("infno")?,
                times: row.try_get("times")?,
                first: moment(row, "first_at")?,
                last: moment(row, "last_at")?,
            })
        })
        .collect()
}

/// In which order messages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By when they came.
    Came,
    /// By how long they took.
    Took,
}

/// Which deviations messages have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deviating {
    /// At least one fault, of the message or the answer.
    Fault,
    /// At least one fault or note.
    Any,
    /// Neither.
    Not,
}

/// Which messages, and in which order.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Of whom.
    pub whose: Whose<'a>,
    /// Who sent them.
    pub origin: Option<Origin>,
    /// 交易编号.
    pub infno: Option<&'a str>,
    /// The name of the outcome.
    pub outcome: Option<&'a str>,
    /// By their deviations.
    pub deviating: Option<Deviating>,
    /// The beginning of 发送方报文ID.
    pub msgid: Option<&'a str>,
    /// From when …
    pub from: Option<Moment>,
    /// … until before when.
    pub until: Option<Moment>,
    /// The order …
    pub order: Order,
    /// … and whether the last comes first.
    pub backwards: bool,
    /// What the page before ended with: what it was ordered by, and the number.
    pub after: Option<(i64, i64)>,
    /// At most so many.
    pub most: i64,
}

/// Messages of an institution with their numbers.
pub async fn list(conn: &mut Conn, wanted: &Wanted<'_>) -> Result<Vec<(i64, Kept)>> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select number, came_at, took, origin, infno, msgid, outcome, said, code, status, faults, notes, answer_faults
         from transcript_message where area = ",
    );
    query.push_bind(area_of(wanted.whose.0));
    query.push(" and institution = ").push_bind(wanted.whose.1.as_str().to_owned());
    if let Some(origin) = wanted.origin {
        query.push(" and origin = ").push_bind(origin.code());
    }
    if let Some(infno) = wanted.infno {
        query.push(" and infno = ").push_bind(infno.to_owned());
    }
    if let Some(outcome) = wanted.outcome {
        query.push(" and outcome = ").push_bind(outcome.to_owned());
    }
    if let Some(msgid) = wanted.msgid {
        query.push(" and starts_with(msgid, ").push_bind(msgid.to_owned()).push(")");
    }
    query.push(match wanted.deviating {
        None => "",
        Some(Deviating::Fault) => " and faults + answer_faults > 0",
        Some(Deviating::Any) => " and faults + notes + answer_faults > 0",
        Some(Deviating::Not) => " and faults + notes + answer_faults = 0",
    });
    if let Some(from) = wanted.from {
        query.push(" and came_at >= ").push_bind(from.millis());
    }
    if let Some(until) = wanted.until {
        query.push(" and came_at < ").push_bind(until.millis());
    }
    let by = match wanted.order {
        Order::Came => "came_at",
        Order::Took => "took",
    };
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    if let Some((value, number)) = wanted.after {
        query
            .push(format!(" and ({by}, number) {than} ("))
            .push_bind(value)
            .push(", ")
            .push_bind(number)
            .push(")");
    }
    query.push(format!(" order by {by} {direction}, number {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(|row| Ok((row.try_get("number")?, read_kept(row)?))).collect()
}

/// One message of an institution.
pub async fn message(conn: &mut Conn, whose: Whose<'_>, number: i64) -> Result<Option<(Kept, Bodies)>> {
    let row =
        sqlx::query("select * from transcript_message where area = $1 and institution = $2 and number = $3")
            .bind(area_of(whose.0))
            .bind(whose.1.as_str())
            .bind(number)
            .fetch_optional(conn)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let bodies = Bodies {
        request: row.try_get("request")?,
        answer: row.try_get("answer")?,
        deviations: row.try_get("deviations")?,
    };
    Ok(Some((read_kept(&row)?, bodies)))
}

/// Deletes an institution's messages, and what is counted of strangers'.
pub async fn erase(work: &mut Work, whose: Whose<'_>) -> Result<()> {
    sqlx::query("delete from transcript_unproven where area = $1 and institution = $2")
        .bind(area_of(whose.0))
        .bind(whose.1.as_str())
        .execute(work.conn())
        .await?;
    sqlx::query("delete from transcript_message where area = $1 and institution = $2")
        .bind(area_of(whose.0))
        .bind(whose.1.as_str())
        .execute(work.conn())
        .await?;
    sqlx::query("update transcript set messages = 0, bytes = 0 where area = $1 and institution = $2")
        .bind(area_of(whose.0))
        .bind(whose.1.as_str())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Deletes the messages that came before a moment, at most so many at once, and what is known of recordings that ended before it and of
/// which nothing is kept; of how many messages. What strangers sent before is forgotten as well.
pub async fn forget(work: &mut Work, before: Moment, most: i64) -> Result<u64> {
    let gone: i64 = sqlx::query_scalar(
        "with old as (
             select area, institution, number from transcript_message where came_at < $1 order by came_at limit $2),
         gone as (
             delete from transcript_message using old
             where transcript_message.area = old.area and transcript_message.institution = old.institution
               and transcript_message.number = old.number
             returning transcript_message.area, transcript_message.institution, transcript_message.bytes),
         sums as (
             select area, institution, count(*) as messages, sum(bytes)::bigint as bytes from gone group by 1, 2),
         counted as (
             update transcript set messages = transcript.messages - sums.messages, bytes = transcript.bytes - sums.bytes
             from sums where transcript.area = sums.area and transcript.institution = sums.institution)
         select count(*) from gone",
    )
    .bind(before.millis())
    .bind(most)
    .fetch_one(work.conn())
    .await?;
    sqlx::query("delete from transcript_unproven where last_at < $1")
        .bind(before.millis())
        .execute(work.conn())
        .await?;
    sqlx::query("delete from transcript where ends < $1 and messages = 0")
        .bind(before.millis())
        .execute(work.conn())
        .await?;
    Ok(u64::try_from(gone).unwrap_or_default())
}

fn read(row: &PgRow) -> Result<Transcript> {
    let recording = Recording {
        begins: moment(row, "begins")?,
        ends: moment(row, "ends")?,
        by: row.try_get("switched_by")?,
        reason: row.try_get("reason")?,
    };
    Ok(Transcript {
        recording,
        messages: row.try_get("messages")?,
        bytes: row.try_get("bytes")?,
        dropped: row.try_get("dropped")?,
    })
}

fn read_kept(row: &PgRow) -> Result<Kept> {
    let status: i16 = row.try_get("status")?;
    Ok(Kept {
        came: moment(row, "came_at")?,
        took: row.try_get("took")?,
        origin: coded(row, "origin", Origin::from_code)?,
        infno: row.try_get("infno")?,
        msgid: row.try_get("msgid")?,
        outcome: row.try_get("outcome")?,
        said: row.try_get("said")?,
        code: row.try_get("code")?,
        status: u16::try_from(status).unwrap_or_default(),
        faults: row.try_get("faults")?,
        notes: row.try_get("notes")?,
        answer_faults: row.try_get("answer_faults")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::AdminDivision;

    const ROOM: Room = Room { messages: 4, bytes: 1_000 };

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn kept(came: &str, infno: &str, took: i64, faults: i64) -> (Kept, Bodies) {
        let kept = Kept {
            came: at(came),
            took,
            origin: if took == 9 { Origin::Window } else { Origin::Software },
            infno: infno.to_owned(),
            msgid: format!("H4201{infno}"),
            outcome: if faults > 1 { "refused" } else { "done" }.to_owned(),
            said: "成功".to_owned(),
            code: (faults > 1).then(|| "field-missing".to_owned()),
            status: 200,
            faults,
            notes: i64::from(took == 9),
            answer_faults: 0,
        };
        let text = |text: &str| text.to_owned();
        (kept, Bodies { request: text("{\"infno\":1}"), answer: text("{}"), deviations: text("[[],[]]") })
    }

    #[tokio::test]
    async fn a_message_is_kept_while_it_is_recorded_and_there_is_room_and_is_found_in_pages() {
        let now = at("2026-11-21 10:00:00");
        let store = TestCluster::shared().fresh_store(now).await;
        let area = "420100".parse::<AdminDivision>().unwrap().pooling_area();
        let (one, other): (InstitutionCode, InstitutionCode) =
            ("H42010600001".parse().unwrap(), "H42010600002".parse().unwrap());
        let whose = (area, &one);
        let mut conn = store.conn().await.unwrap();
        let keep_it = async |conn: &mut Conn, whose: Whose<'_>, it: (Kept, Bodies)| {
            // Those of one moment bear the same seal.
            let seal = it.0.came.to_string();
            keep(conn, whose, (&it.0, &it.1), Some(seal.as_bytes()), ROOM).await.unwrap()
        };
        let unwanted = keep_it(&mut conn, whose, kept("2026-11-21 10:00:00", "2401", 5, 0)).await;
        assert_eq!(unwanted, Keeping::NoRoom, "nobody wants it");
        assert_eq!(find(&mut conn, whose).await.unwrap(), None);

        let recording = Recording::begin(None, 2, "联调", "yibao01", now).unwrap();
        let mut work = store.begin().await.unwrap();
        put(&mut work, whose, &recording).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(on(&mut conn, now).await.unwrap(), [(one.clone(), now..recording.ends)]);
        assert_eq!(on(&mut conn, recording.ends).await.unwrap(), []);
        for (came, infno, took, faults, keeping) in [
            ("2026-11-21 09:59:59", "2401", 5, 0, Keeping::NoRoom),
            ("2026-11-21 10:00:01", "2401", 5, 0, Keeping::Done),
            ("2026-11-21 10:00:02", "2301", 9, 0, Keeping::Done),
            ("2026-11-21 10:00:01", "2402", 5, 0, Keeping::Before),
            ("2026-11-21 10:00:03", "2301", 3, 1, Keeping::Done),
            ("2026-11-21 12:00:00", "2304", 5, 0, Keeping::NoRoom),
            ("2026-11-21 10:00:04", "2304", 7, 2, Keeping::Done),
            ("2026-11-21 10:00:04", "2304", 7, 2, Keeping::Before),
            ("2026-11-21 10:00:05", "2304", 5, 0, Keeping::NoRoom),
        ] {
            assert_eq!(keep_it(&mut conn, whose, kept(came, infno, took, faults)).await, keeping, "{came}");
        }
        let others = keep_it(&mut conn, (area, &other), kept("2026-11-21 10:00:01", "2401", 5, 0)).await;
        assert_eq!(others, Keeping::NoRoom, "a seal is of one institution");
        let state = find(&mut conn, whose).await.unwrap().unwrap();
        assert_eq!(
            (state.messages, state.dropped, &state.recording),
            (4, 1, &recording),
            "the room is for four"
        );

        let all = Wanted {
            whose,
            origin: None,
            infno: None,
            outcome: None,
            deviating: None,
            msgid: None,
            from: None,
            until: None,
            order: Order::Came,
            backwards: true,
            after: None,
            most: 9,
        };
        for (wanted, numbers) in [
            (all.clone(), vec![4, 3, 2, 1]),
            (Wanted { most: 2, ..all.clone() }, vec![4, 3]),
            (Wanted { after: Some((at("2026-11-21 10:00:03").millis(), 3)), ..all.clone() }, vec![2, 1]),
            (Wanted { backwards: false, order: Order::Took, ..all.clone() }, vec![3, 1, 4, 2]),
            (Wanted { backwards: true, order: Order::Took, after: Some((7, 4)), ..all.clone() }, vec![1, 3]),
            (Wanted { infno: Some("2301"), ..all.clone() }, vec![3, 2]),
            (Wanted { origin: Some(Origin::Window), ..all.clone() }, vec![2]),
            (Wanted { origin: Some(Origin::Software), ..all.clone() }, vec![4, 3, 1]),
            (Wanted { origin: Some(Origin::Office), ..all.clone() }, vec![]),
            (Wanted { outcome: Some("refused"), ..all.clone() }, vec![4]),
            (Wanted { deviating: Some(Deviating::Fault), ..all.clone() }, vec![4, 3]),
            (Wanted { deviating: Some(Deviating::Any), ..all.clone() }, vec![4, 3, 2]),
            (Wanted { deviating: Some(Deviating::Not), ..all.clone() }, vec![1]),
            (Wanted { msgid: Some("H42012304"), ..all.clone() }, vec![4]),
            (Wanted { msgid: Some("%"), ..all.clone() }, vec![]),
            (
                Wanted {
                    from: Some(at("2026-11-21 10:00:02")),
                    until: Some(at("2026-11-21 10:00:04")),
                    ..all.clone()
                },
                vec![3, 2],
            ),
            (Wanted { whose: (area, &other), ..all.clone() }, vec![]),
        ] {
            let found: Vec<i64> =
                list(&mut conn, &wanted).await.unwrap().into_iter().map(|one| one.0).collect();
            assert_eq!(found, numbers, "{wanted:?}");
        }
        let (row, bodies) = message(&mut conn, whose, 4).await.unwrap().unwrap();
        assert_eq!((row.clone(), bodies), kept("2026-11-21 10:00:04", "2304", 7, 2));
        assert_eq!(message(&mut conn, (area, &other), 4).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_old_is_forgotten_and_what_is_erased_makes_room() {
        let now = at("2026-11-21 10:00:00");
        let store = TestCluster::shared().fresh_store(now).await;
        let area = "420100".parse::<AdminDivision>().unwrap().pooling_area();
        let one: InstitutionCode = "H42010600001".parse().unwrap();
        let whose = (area, &one);
        let recording = Recording::begin(None, 72, "联调", "yibao01", now).unwrap();
        let mut work = store.begin().await.unwrap();
        put(&mut work, whose, &recording).await.unwrap();
        for came in ["2026-11-21 11:00:00", "2026-11-22 11:00:00", "2026-11-23 11:00:00"] {
            let it = kept(came, "2401", 5, 0);
            let keeping = keep(work.conn(), whose, (&it.0, &it.1), None, ROOM).await.unwrap();
            assert_eq!(
                keeping,
                Keeping::Done,
                "{came}: nothing showed who sent it, and so nothing that it came before"
            );
        }
        work.save().await.unwrap();
        let size = kept("2026-11-21 11:00:00", "2401", 5, 0).1.bytes();
        let state =
            async |work: &mut Work| hold(work, whose).await.unwrap().map(|one| (one.messages, one.bytes));
        for (before, most, gone, left) in [
            ("2026-11-21 11:00:00", 9, 0, Some((3, 3 * size))),
            ("2026-11-23 00:00:00", 1, 1, Some((2, 2 * size))),
            ("2026-11-23 00:00:00", 9, 1, Some((1, size))),
            ("2026-11-23 11:00:01", 9, 1, Some((0, 0))),
            ("2026-11-24 10:00:01", 9, 0, None),
        ] {
            let mut work = store.begin().await.unwrap();
            assert_eq!(forget(&mut work, at(before), most).await.unwrap(), gone, "{before}");
            assert_eq!(state(&mut work).await, left, "{before}");
            work.save().await.unwrap();
        }

        let mut work = store.begin().await.unwrap();
        put(&mut work, whose, &recording).await.unwrap();
        let it = kept("2026-11-21 11:00:00", "2401", 5, 0);
        keep(work.conn(), whose, (&it.0, &it.1), None, ROOM).await.unwrap();
        drop_some(work.conn(), whose, 3, now).await.unwrap();
        erase(&mut work, whose).await.unwrap();
        assert_eq!(state(&mut work).await, Some((0, 0)));
        assert_eq!(message(work.conn(), whose, 1).await.unwrap(), None);
        // Numbers go on, so that an address never shows another message; one that begins anew has dropped nothing.
        let again = Recording { begins: now.plus_millis(1), ..recording };
        put(&mut work, whose, &again).await.unwrap();
        keep(work.conn(), whose, (&it.0, &it.1), None, ROOM).await.unwrap();
        assert!(message(work.conn(), whose, 2).await.unwrap().is_some());
        assert_eq!(hold(&mut work, whose).await.unwrap().unwrap().dropped, 0);
    }

    #[tokio::test]
    async fn what_strangers_send_is_counted_by_address_and_reason_and_no_further_than_so_many() {
        let now = at("2026-11-21 10:00:00");
        let store = TestCluster::shared().fresh_store(now).await;
        let code: InstitutionCode = "H42010600002".parse().unwrap();
        let whose = ("420106".parse::<AdminDivision>().unwrap().pooling_area(), &code);
        let count = async |address: &str, why, infno: &str, (times, came): (i64, &str)| {
            let (address, infno, last) = (address.to_owned(), infno.to_owned(), at(came));
            let strangers = Strangers { address, why, infno, times, first: last, last };
            let mut work = store.begin().await.unwrap();
            count_strangers(&mut work, whose, &strangers, 2).await.unwrap();
            work.save().await.unwrap();
        };
        let shown = async || {
            let found = strangers(&mut store.conn().await.unwrap(), whose).await.unwrap();
            let row = |one: &Strangers| {
                let (first, last) = (one.first.to_string(), one.last.to_string());
                let times = format!("{}×{}", one.times, one.why.code());
                format!("{} {times} {} {}..{}", one.address, one.infno, &first[11..], &last[11..])
            };
            found.iter().map(row).collect::<Vec<_>>()
        };
        let (signature, header) = (Unproven::SignatureDiffers, Unproven::HeaderMissing);
        count("10.0.0.1", signature, "2304", (1, "2026-11-21 10:00:00")).await;
        assert_eq!(shown().await, [""; 0], "nothing while nothing is recorded");

        let recording = Recording::begin(None, 2, "联调", "yibao01", now).unwrap();
        let mut work = store.begin().await.unwrap();
        put(&mut work, whose, &recording).await.unwrap();
        work.save().await.unwrap();
        count("10.0.0.1", signature, "2304", (1, "2026-11-21 10:00:01")).await;
        count("10.0.0.1", signature, "", (2, "2026-11-21 10:00:02")).await;
        count("10.0.0.2", signature, "2401", (5, "2026-11-21 10:00:03")).await;
        count("10.0.0.1", header, "", (1, "2026-11-21 10:00:04")).await;
        assert_eq!(
            shown().await,
            [
                "10.0.0.1 1×header-missing  10:00:04..10:00:04",
                "10.0.0.2 5×signature-differs 2401 10:00:03..10:00:03",
                "10.0.0.1 3×signature-differs 2304 10:00:01..10:00:02",
            ]
        );
        // A third address takes the place of the one that came last the longest ago; a fourth of the next. Other reasons are apart.
        count("10.0.0.3", signature, "", (1, "2026-11-21 10:00:05")).await;
        count("10.0.0.4", signature, "", (1, "2026-11-21 10:00:06")).await;
        // Those that nobody told apart in the first place.
        count("", signature, "", (7, "2026-11-21 10:00:04")).await;
        count("10.0.0.5", signature, "", (1, "2026-11-21 12:00:00")).await;
        assert_eq!(
            shown().await,
            [
                "10.0.0.4 1×signature-differs  10:00:06..10:00:06",
                "10.0.0.3 1×signature-differs  10:00:05..10:00:05",
                " 15×signature-differs  10:00:01..10:00:04",
                "10.0.0.1 1×header-missing  10:00:04..10:00:04",
            ]
        );
        let mut work = store.begin().await.unwrap();
        forget(&mut work, at("2026-11-21 10:00:05"), 9).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(shown().await.len(), 2);
        let mut work = store.begin().await.unwrap();
        erase(&mut work, whose).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(shown().await, [""; 0]);
    }
}

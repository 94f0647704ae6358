//! Notices of payment and receipt (付款、收款通知书): as the hub issued them, and as they came to a province.

use crate::{
    Conn, Error, Result, Work,
    row::{day_if, division_number},
    search::{limited, push_limit},
};
use funds::{
    notice::{Notice, NoticeNumber},
    payment_order::Report,
};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow, types::Json};
use terms::{AdminDivision, Day, Participant, Province};

/// The number under which the hub keeps its own rows.
const HUB: i32 = 100_000;

/// What issuing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// It is issued now.
    Created,
    /// It was issued before, with the same content.
    Exists,
    /// One with this number was issued with other content: it stands, and this one is not issued.
    ExistsWithOtherContent,
}

/// A notice as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptNotice {
    /// The order in which the hub issued it.
    pub serial: i64,
    /// The notice.
    pub notice: Notice,
    /// At a province: the day on which it came (收到日期).
    pub received_on: Option<Day>,
}

/// Issues a notice at the hub, once.
///
/// # Panics
/// If it is none: whoever issues has made it so that [`Notice::check`] holds.
pub async fn issue(work: &mut Work, notice: &Notice) -> Result<Issued> {
    notice.check().expect("whoever issues a notice has made one");
    // Provinces pull by serial: a lower one must not be seen after a higher one.
    sqlx::query("select pg_advisory_xact_lock(20210021)").execute(work.conn()).await?;
    if let Some(known) = find_in(work.conn(), HUB, &notice.number).await? {
        let same = known.notice.is_same(notice);
        return Ok(if same { Issued::Exists } else { Issued::ExistsWithOtherContent });
    }
    let last: i64 = sqlx::query_scalar("select coalesce(max(serial), 0) from notice where province = $1")
        .bind(HUB)
        .fetch_one(work.conn())
        .await?;
    insert(work, HUB, &KeptNotice { serial: last + 1, notice: notice.clone(), received_on: None }).await?;
    Ok(Issued::Created)
}

/// Keeps a notice that came to a province; false if it is there already.
pub async fn keep(work: &mut Work, own: Province, came: &KeptNotice) -> Result<bool> {
    insert(work, number_of(own), came).await
}

async fn insert(work: &mut Work, province: i32, kept: &KeptNotice) -> Result<bool> {
    let notice = &kept.notice;
    let done = sqlx::query(
        "insert into notice (province, number, serial, payer, payee, cause, content, received_day, issued_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (province, number) do nothing",
    )
    .bind(province)
    .bind(notice.number.as_str())
    .bind(kept.serial)
    .bind(number_of(notice.payer))
    .bind(number_of(notice.payee))
    .bind(notice.cause.name())
    .bind(Json(notice))
    .bind(kept.received_on.map(Day::number))
    .bind(notice.issued_at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The serial up to which a province has pulled; 0 before the first.
pub async fn last_serial(conn: &mut Conn, own: Province) -> Result<i64> {
    Ok(sqlx::query_scalar("select coalesce(max(serial), 0) from notice where province = $1")
        .bind(number_of(own))
        .fetch_one(conn)
        .await?)
}

/// A notice of the hub, or one that came to the province, by its number.
pub async fn find(conn: &mut Conn, owner: Participant, number: &NoticeNumber) -> Result<Option<KeptNotice>> {
    find_in(conn, crate::participant_number(owner), number).await
}

async fn find_in(conn: &mut Conn, province: i32, number: &NoticeNumber) -> Result<Option<KeptNotice>> {
    let row =
        sqlx::query("select serial, content, received_day from notice where province = $1 and number = $2")
            .bind(province)
            .bind(number.as_str())
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(read).transpose()
}

/// Notices of an owner after a serial, in their order: those that concern a province, or all.
pub async fn list(
    conn: &mut Conn,
    owner: Participant,
    concerning: Option<Province>,
    after: i64,
    most: i64,
) -> Result<Vec<KeptNotice>> {
    let rows = sqlx::query(limited(
        "select serial, content, received_day from notice
         where province = $1 and serial > $2 and ($3::integer is null or payer = $3 or payee = $3)
         order by serial",
        most,
    ))
    .bind(crate::participant_number(owner))
    .bind(after)
    .bind(concerning.map(number_of))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Which notices, and in which order.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoticesWanted<'a> {
    /// Those that concern this province.
    pub concerning: Option<Province>,
    /// That this province pays.
    pub payer: Option<Province>,
    /// That are paid to this province.
    pub payee: Option<Province>,
    /// Issued because of this: [`funds::notice::Cause::name`].
    pub cause: Option<&'a str>,
    /// The last that was issued first.
    pub backwards: bool,
    /// The serial with which the page before ended.
    pub after: Option<i64>,
    /// At most so many.
    pub most: i64,
}

/// A page of the notices of an owner, in the order in which the hub issued them.
pub async fn search(
    conn: &mut Conn,
    owner: Participant,
    wanted: &NoticesWanted<'_>,
) -> Result<Vec<KeptNotice>> {
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    let mut query =
        QueryBuilder::<Postgres>::new("select serial, content, received_day from notice where province = ");
    query.push_bind(crate::participant_number(owner));
    if let Some(province) = wanted.concerning.map(number_of) {
        query.push(" and (payer = ").push_bind(province).push(" or payee = ").push_bind(province).push(")");
    }
    if let Some(payer) = wanted.payer.map(number_of) {
        query.push(" and payer = ").push_bind(payer);
    }
    if let Some(payee) = wanted.payee.map(number_of) {
        query.push(" and payee = ").push_bind(payee);
    }
    if let Some(cause) = wanted.cause {
        query.push(" and cause = ").push_bind(cause.to_owned());
    }
    if let Some(after) = wanted.after {
        query.push(format!(" and serial {than} ")).push_bind(after);
    }
    query.push(format!(" order by serial {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// At the hub: notices of which not all has moved, in their order, with what the payers have reported last.
pub async fn open(conn: &mut Conn) -> Result<Vec<(Notice, Vec<Report>)>> {
    let rows = sqlx::query(
        "select notice.serial, notice.content, notice.received_day,
                (select coalesce(jsonb_agg(report.content), '[]'::jsonb) from transfer_report report
                 where report.notice = notice.number and report.side = 'payment') as reports
         from notice where province = $1 and not settled order by serial",
    )
    .bind(HUB)
    .fetch_all(conn)
    .await?;
    let read_open = |row: &PgRow| {
        let reports: serde_json::Value = row.try_get::<Json<_>, _>("reports")?.0;
        let reports = serde_json::from_value(reports).map_err(|error| Error::Corrupt {
            column: "transfer_report.content",
            value: error.to_string(),
        })?;
        Ok((read(row)?.notice, reports))
    };
    rows.iter().map(read_open).collect()
}

/// At the hub: writes whether both sides say that all of a notice has moved.
pub async fn set_settled(work: &mut Work, number: &NoticeNumber, settled: bool) -> Result<()> {
    sqlx::query("update notice set settled = $3 where province = $1 and number = $2 and settled <> $3")
        .bind(HUB)
        .bind(number.as_str())
        .bind(settled)
        .execute(work.conn())
        .await?;
    Ok(())
}

fn number_of(province: Province) -> i32 {
    let division: AdminDivision = province.division();
    division_number(division)
}

fn read(row: &PgRow) -> Result<KeptNotice> {
    let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
    let notice = serde_json::from_value(content)
        .map_err(|error| Error::Corrupt { column: "notice.content", value: error.to_string() })?;
    Ok(KeptNotice { serial: row.try_get("serial")?, notice, received_on: day_if(row, "received_day")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use funds::{
        chart::Purse,
        notice::{Cause, NoticeLine},
    };
    use terms::{Fen, Fund, InsuranceScheme, Moment};

    fn now() -> Moment {
        "2026-11-30 10:00:00".parse().unwrap()
    }

    fn province(code: &str) -> Province {
        code.parse().unwrap()
    }

    fn notice(payer: &str, payee: &str, amount: i64) -> Notice {
        let cause = Cause::Prepayment { year: 2027 };
        let (payer, payee) = (province(payer), province(payee));
        Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines: vec![NoticeLine {
                scheme: InsuranceScheme::Employee,
                purse: Purse::Fund(Fund::EmployeePool),
                amount: Fen(amount),
            }],
            issued_on: now().day(),
            issued_at: now(),
            by: "赵某甲".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_notice_is_issued_once_and_pulled_by_those_it_concerns() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let mut work = store.begin().await.unwrap();
        let first = notice("420000", "310000", 100);
        for (one, issued) in [
            (&first, Issued::Created),
            (&notice("310000", "110000", 100), Issued::Created),
            (&notice("110000", "420000", 100), Issued::Created),
            (&first, Issued::Exists),
            (&notice("420000", "310000", 101), Issued::ExistsWithOtherContent),
        ] {
            assert_eq!(issue(&mut work, one).await.unwrap(), issued, "{}", one.number);
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let mut serials = Vec::new();
        for (concerning, after) in [(Some("420000"), 0), (Some("310000"), 1), (Some("500000"), 0), (None, 2)]
        {
            let found = list(&mut conn, Participant::Hub, concerning.map(province), after, 10).await.unwrap();
            serials.push(found.iter().map(|kept| kept.serial).collect::<Vec<_>>());
        }
        assert_eq!(serials, [vec![1, 3], vec![2], vec![], vec![3]]);
        let kept = find(&mut conn, Participant::Hub, &first.number).await.unwrap().unwrap();
        assert_eq!((kept.notice, kept.received_on), (first.clone(), None));

        let own = province("420000");
        let mut work = store.begin().await.unwrap();
        let came = KeptNotice { serial: 3, notice: first, received_on: Some(now().day()) };
        assert!(keep(&mut work, own, &came).await.unwrap());
        let again = KeptNotice { received_on: Some(now().day().plus_days(3)), ..came.clone() };
        assert!(!keep(&mut work, own, &again).await.unwrap(), "the first day on which it came counts");
        work.save().await.unwrap();
        assert_eq!(last_serial(&mut conn, own).await.unwrap(), 3);
        let kept = find(&mut conn, Participant::Province(own), &came.notice.number).await.unwrap();
        assert_eq!(kept, Some(came));
    }
}

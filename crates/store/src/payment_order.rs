//! Payment orders (划拨单) and expected receipts of a province; at the hub, what both sides report of them.

use crate::{
    Conn, Error, Result, Work,
    row::{division_number, parsed, participant_number},
    search::{limited, push_limit},
};
use funds::{
    notice::NoticeNumber,
    payment_order::{Order, OrderNumber, Report, Side, Stage},
};
use serde::de::DeserializeOwned;
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow, types::Json};
use terms::{Fen, InsuranceScheme, Moment, Participant, Province};

/// An order as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptOrder {
    /// The order.
    pub order: Order,
    /// Counts its changes, from 1.
    pub revision: i32,
    /// The revision that the hub has answered for.
    pub reported: i32,
}

/// Keeps an order as it stands now: the first, or the next revision. Whoever changes one holds it.
pub async fn put(work: &mut Work, order: &Order, now: Moment) -> Result<()> {
    sqlx::query(
        "insert into payment_order (province, number, side, stage, scheme, other, amount, revision, reported, content, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, 0, $8, $9)
         on conflict (province, number) do update set stage = excluded.stage, content = excluded.content,
             revision = payment_order.revision + 1, changed_at = excluded.changed_at",
    )
    .bind(number_of(order.own))
    .bind(order.number.to_string())
    .bind(order.side.name())
    .bind(order.stage().name())
    .bind(order.scheme().code())
    .bind(number_of(order.other))
    .bind(order.amount().0)
    .bind(Json(order))
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The order with this number.
pub async fn find(conn: &mut Conn, own: Province, number: &OrderNumber) -> Result<Option<KeptOrder>> {
    let row = sqlx::query(
        "select content, revision, reported from payment_order where province = $1 and number = $2",
    )
    .bind(number_of(own))
    .bind(number.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The same, held until the unit of work ends.
pub async fn hold(work: &mut Work, own: Province, number: &OrderNumber) -> Result<Option<KeptOrder>> {
    let row = sqlx::query(
        "select content, revision, reported from payment_order where province = $1 and number = $2 for update",
    )
    .bind(number_of(own))
    .bind(number.to_string())
    .fetch_optional(work.conn())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Orders of a side at some stages, by number, after one.
pub async fn list(
    conn: &mut Conn,
    own: Province,
    side: Option<Side>,
    stages: &[Stage],
    after: &str,
    most: i64,
) -> Result<Vec<KeptOrder>> {
    let names: Vec<&str> = stages.iter().map(|stage| stage.name()).collect();
    let rows = sqlx::query(limited(
        "select content, revision, reported from payment_order
         where province = $1 and ($2::text is null or side = $2) and stage = any($3) and number > $4
         order by number",
        most,
    ))
    .bind(number_of(own))
    .bind(side.map(Side::name))
    .bind(names)
    .bind(after)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Which orders of a side, and in which order.
#[derive(Clone, Copy, Debug)]
pub struct OrdersWanted<'a> {
    /// Paid, or received.
    pub side: Side,
    /// At one of these stages.
    pub stages: &'a [Stage],
    /// Under this scheme.
    pub scheme: Option<InsuranceScheme>,
    /// With this province.
    pub other: Option<Province>,
    /// By amount; otherwise by number.
    pub by_amount: bool,
    /// The largest first.
    pub backwards: bool,
    /// The one with which the page before ended: its amount, and its number.
    pub after: Option<&'a (Fen, String)>,
    /// At most so many.
    pub most: i64,
}

/// A page of orders.
pub async fn search(conn: &mut Conn, own: Province, wanted: &OrdersWanted<'_>) -> Result<Vec<KeptOrder>> {
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    let mut query = QueryBuilder::<Postgres>::new(
        "select content, revision, reported from payment_order where province = ",
    );
    query.push_bind(number_of(own)).push(" and side = ").push_bind(wanted.side.name());
    let names: Vec<&str> = wanted.stages.iter().map(|stage| stage.name()).collect();
    query.push(" and stage = any(").push_bind(names).push(")");
    if let Some(scheme) = wanted.scheme {
        query.push(" and scheme = ").push_bind(scheme.code());
    }
    if let Some(other) = wanted.other {
        query.push(" and other = ").push_bind(number_of(other));
    }
    let key = if wanted.by_amount { "(amount, number)" } else { "(number)" };
    if let Some((amount, number)) = wanted.after {
        query.push(format!(" and {key} {than} ("));
        if wanted.by_amount {
            query.push_bind(amount.0).push(", ");
        }
        query.push_bind(number.clone()).push(")");
    }
    let by = if wanted.by_amount { format!("amount {direction}, ") } else { String::new() };
    query.push(format!(" order by {by}number {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Orders of which the hub has not answered for the last revision, by number.
pub async fn to_report(conn: &mut Conn, own: Province, most: i64) -> Result<Vec<KeptOrder>> {
    let rows = sqlx::query(limited(
        "select content, revision, reported from payment_order where province = $1 and reported < revision
         order by number",
        most,
    ))
    .bind(number_of(own))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Writes that the hub has answered for a revision.
pub async fn set_reported(work: &mut Work, own: Province, number: &OrderNumber, revision: i32) -> Result<()> {
    sqlx::query(
        "update payment_order set reported = greatest(reported, $3) where province = $1 and number = $2",
    )
    .bind(number_of(own))
    .bind(number.to_string())
    .bind(revision)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Keeps at the hub what a side reports, unless a later report stands there already; whether it is kept.
pub async fn put_report(work: &mut Work, report: &Report, now: Moment) -> Result<bool> {
    let revision = i32::try_from(report.revision).unwrap_or(i32::MAX);
    let done = sqlx::query(
        "insert into transfer_report (province, number, side, notice, content, revision, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (province, number, side) do update set content = excluded.content,
             revision = excluded.revision, changed_at = excluded.changed_at
         where transfer_report.revision < excluded.revision",
    )
    .bind(participant_number(Participant::Hub))
    .bind(report.number.to_string())
    .bind(report.side.name())
    .bind(report.number.notice().as_str())
    .bind(Json(report))
    .bind(revision)
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What has been reported of the orders of a notice, at the hub.
pub async fn reports(conn: &mut Conn, notice: &NoticeNumber) -> Result<Vec<Report>> {
    let rows = sqlx::query("select content from transfer_report where notice = $1 order by number, side")
        .bind(notice.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| content(row, "transfer_report.content")).collect()
}

/// How much of an order the hub's memoranda have taken up, and by how many vouchers; held until the unit of work ends.
pub async fn hold_agreed(work: &mut Work, number: &OrderNumber, now: Moment) -> Result<(Fen, u32)> {
    let row = sqlx::query(
        "insert into transfer_agreed (province, number, amount, vouchers, changed_at) values ($1, $2, 0, 0, $3)
         on conflict (province, number) do update set amount = transfer_agreed.amount
         returning amount, vouchers",
    )
    .bind(participant_number(Participant::Hub))
    .bind(number.to_string())
    .bind(now.millis())
    .fetch_one(work.conn())
    .await?;
    let vouchers: i32 = row.try_get("vouchers")?;
    Ok((Fen(row.try_get("amount")?), vouchers.unsigned_abs()))
}

/// How much of each order the hub's memoranda have taken up, by number.
pub async fn all_agreed(conn: &mut Conn) -> Result<Vec<(OrderNumber, Fen)>> {
    let rows = sqlx::query("select number, amount from transfer_agreed where province = $1 order by number")
        .bind(participant_number(Participant::Hub))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((parsed(row, "number")?, Fen(row.try_get("amount")?)))).collect()
}

/// Writes how much they have taken up now, by one voucher more.
pub async fn set_agreed(work: &mut Work, number: &OrderNumber, amount: Fen, now: Moment) -> Result<()> {
    sqlx::query(
        "update transfer_agreed set amount = $3, vouchers = vouchers + 1, changed_at = $4
         where province = $1 and number = $2",
    )
    .bind(participant_number(Participant::Hub))
    .bind(number.to_string())
    .bind(amount.0)
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

pub(crate) fn number_of(province: Province) -> i32 {
    division_number(province.division())
}

/// A jsonb column as the value that was kept.
pub(crate) fn content<T: DeserializeOwned>(row: &PgRow, column: &'static str) -> Result<T> {
    let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
    serde_json::from_value(content).map_err(|error| Error::Corrupt { column, value: error.to_string() })
}

fn read(row: &PgRow) -> Result<KeptOrder> {
    Ok(KeptOrder {
        order: content(row, "payment_order.content")?,
        revision: row.try_get("revision")?,
        reported: row.try_get("reported")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use funds::{
        chart::Purse,
        notice::{Cause, Notice, NoticeLine},
        payment_order::{Act, Move},
    };
    use terms::{Fund, InsuranceScheme, Month};

    fn now() -> Moment {
        "2026-12-01 10:00:00".parse().unwrap()
    }

    fn own() -> Province {
        "420000".parse().unwrap()
    }

    fn order() -> Order {
        let cause = Cause::Clearing { month: Month::new(2026, 10).unwrap() };
        let payee = "310000".parse().unwrap();
        let notice = Notice {
            number: NoticeNumber::of(&cause, own(), payee),
            cause,
            payer: own(),
            payee,
            lines: vec![NoticeLine {
                scheme: InsuranceScheme::Employee,
                purse: Purse::Fund(Fund::EmployeePool),
                amount: Fen(1_000),
            }],
            issued_on: now().day(),
            issued_at: now(),
            by: "赵某甲".to_owned(),
        };
        Order::of_notice(&notice, own(), now().day()).remove(0)
    }

    #[tokio::test]
    async fn an_order_is_reported_until_its_last_revision_is_answered() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let first = order();
        let mut work = store.begin().await.unwrap();
        put(&mut work, &first, now()).await.unwrap();
        let held = hold(&mut work, own(), &first.number).await.unwrap().unwrap();
        assert_eq!((held.order, held.revision, held.reported), (first.clone(), 1, 0));
        set_reported(&mut work, own(), &first.number, 1).await.unwrap();
        assert!(to_report(work.conn(), own(), 9).await.unwrap().is_empty());
        let handed = Move::HandOver(Act { on: now().day(), by: "钱某乙".to_owned() });
        put(&mut work, &first.after(&handed).unwrap(), now()).await.unwrap();
        set_reported(&mut work, own(), &first.number, 1).await.unwrap();
        let due = to_report(work.conn(), own(), 9).await.unwrap();
        assert_eq!(due.iter().map(|kept| (kept.revision, kept.reported)).collect::<Vec<_>>(), [(2, 1)]);
        for (side, stages, found) in [
            (None, &[Stage::HandedOver][..], 1),
            (Some(Side::Payment), &Stage::ALL, 1),
            (Some(Side::Receipt), &Stage::ALL, 0),
            (None, &[Stage::Received], 0),
        ] {
            let listed = list(work.conn(), own(), side, stages, "", 9).await.unwrap();
            assert_eq!(listed.len(), found, "{side:?} {stages:?}");
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert!(find(&mut conn, "310000".parse().unwrap(), &first.number).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_later_report_stands_and_what_is_agreed_is_counted() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let order = order();
        let report = |revision, moved| Report { moved: Fen(moved), ..order.report(revision) };
        let mut work = store.begin().await.unwrap();
        for (revision, moved, kept) in [(2, 500, true), (1, 0, false), (2, 600, false), (3, 1_000, true)] {
            let found = put_report(&mut work, &report(revision, moved), now()).await.unwrap();
            assert_eq!(found, kept, "{revision}");
        }
        let found = reports(work.conn(), order.number.notice()).await.unwrap();
        assert_eq!(found, [report(3, 1_000)]);
        assert_eq!(hold_agreed(&mut work, &order.number, now()).await.unwrap(), (Fen(0), 0));
        set_agreed(&mut work, &order.number, Fen(400), now()).await.unwrap();
        assert_eq!(hold_agreed(&mut work, &order.number, now()).await.unwrap(), (Fen(400), 1));
        work.save().await.unwrap();
    }
}

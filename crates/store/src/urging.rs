//! Letters of urging (催缴函), and suspensions for not paying (暂停跨省直接结算) with their lifting, at the hub; at a province, the
//! letters that came.

use crate::{
    Conn, Result, Work,
    payment_order::{content, number_of},
    row::participant_number,
};
use funds::{
    payment_order::OrderNumber,
    urging::{Letter, Suspension},
};
use sqlx::types::Json;
use terms::{Moment, Participant, Province};

/// Keeps a letter at a node, once; whether it is new.
pub async fn put_letter(work: &mut Work, node: Participant, letter: &Letter) -> Result<bool> {
    let done = sqlx::query(
        "insert into urging (province, number, letter, payer, content, issued_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (province, number, letter) do nothing",
    )
    .bind(participant_number(node))
    .bind(letter.number.to_string())
    .bind(i32::from(letter.letter))
    .bind(number_of(letter.payer))
    .bind(Json(letter))
    .bind(letter.issued_at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The letters that a node has about an order, first to last.
pub async fn letters_of(conn: &mut Conn, node: Participant, number: &OrderNumber) -> Result<Vec<Letter>> {
    let rows = sqlx::query("select content from urging where province = $1 and number = $2 order by letter")
        .bind(participant_number(node))
        .bind(number.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| content(row, "urging.content")).collect()
}

/// The letters that a node has to a payer, or to all, since a moment, oldest first.
pub async fn letters_since(
    conn: &mut Conn,
    node: Participant,
    payer: Option<Province>,
    since: i64,
    most: i64,
) -> Result<Vec<Letter>> {
    let rows = sqlx::query(
        "select content from urging where province = $1 and ($2::integer is null or payer = $2) and issued_at >= $3
         order by issued_at, number, letter limit $4",
    )
    .bind(participant_number(node))
    .bind(payer.map(number_of))
    .bind(since)
    .bind(most)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| content(row, "urging.content")).collect()
}

/// When the last letter that a node has was issued, in milliseconds; 0 before the first.
pub async fn last_letter_at(conn: &mut Conn, node: Participant) -> Result<i64> {
    Ok(sqlx::query_scalar("select coalesce(max(issued_at), 0) from urging where province = $1")
        .bind(participant_number(node))
        .fetch_one(conn)
        .await?)
}

/// Writes a suspension down, after those that the province has had.
pub async fn add_suspension(work: &mut Work, suspension: &Suspension, now: Moment) -> Result<()> {
    sqlx::query(
        "insert into suspension (province, serial, content, lifted, changed_at)
         select $1, coalesce(max(serial), 0) + 1, $2, false, $3 from suspension where province = $1",
    )
    .bind(number_of(suspension.province))
    .bind(Json(suspension))
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Holds a province's suspensions until the unit of work ends, those to come included: the one that has not been lifted.
pub async fn hold_open(work: &mut Work, province: Province) -> Result<Option<Suspension>> {
    sqlx::query("select pg_advisory_xact_lock($1, 20210022)")
        .bind(number_of(province))
        .execute(work.conn())
        .await?;
    let row = sqlx::query(
        "select content from suspension where province = $1 and not lifted order by serial desc limit 1",
    )
    .bind(number_of(province))
    .fetch_optional(work.conn())
    .await?;
    row.as_ref().map(|row| content(row, "suspension.content")).transpose()
}

/// Writes that the open suspension of a province is lifted; it is held.
pub async fn set_lifted(work: &mut Work, suspension: &Suspension, now: Moment) -> Result<()> {
    sqlx::query("update suspension set content = $2, lifted = true, changed_at = $3 where province = $1 and not lifted")
        .bind(number_of(suspension.province))
        .bind(Json(suspension))
        .bind(now.millis())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// All suspensions of a province, or of all, latest first.
pub async fn suspensions(conn: &mut Conn, province: Option<Province>, most: i64) -> Result<Vec<Suspension>> {
    let rows = sqlx::query(
        "select content from suspension where ($1::integer is null or province = $1)
         order by changed_at desc, province, serial desc limit $2",
    )
    .bind(province.map(number_of))
    .bind(most)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| content(row, "suspension.content")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use funds::urging::Lifted;
    use terms::Fen;

    fn now() -> Moment {
        "2026-12-09 10:00:00".parse().unwrap()
    }

    fn letter(letter: u8) -> Letter {
        Letter {
            number: "QS202609-420000-310000-310".parse().unwrap(),
            letter,
            payer: "420000".parse().unwrap(),
            payee: "310000".parse().unwrap(),
            rest: Fen(1_000),
            due: "2026-11-23".parse().unwrap(),
            days: 10,
            issued_on: now().day(),
            issued_at: now(),
            by: "赵某甲".to_owned(),
        }
    }

    #[tokio::test]
    async fn letters_are_kept_once_and_suspensions_with_their_lifting() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let mut work = store.begin().await.unwrap();
        for (number, new) in [(1, true), (2, true), (2, false)] {
            assert_eq!(put_letter(&mut work, Participant::Hub, &letter(number)).await.unwrap(), new);
        }
        let found = letters_of(work.conn(), Participant::Hub, &letter(1).number).await.unwrap();
        assert_eq!(found, [letter(1), letter(2)]);
        let hubei: Province = "420000".parse().unwrap();
        for (payer, found) in [(None, 2), (Some(hubei), 2), (Some(letter(1).payee), 0)] {
            let since = letters_since(work.conn(), Participant::Hub, payer, 0, 9).await.unwrap();
            assert_eq!(since.len(), found);
        }
        let suspension = Suspension {
            province: hubei,
            orders: vec![letter(1).number],
            reason: "逾期未划拨".to_owned(),
            decision: "医保函〔2026〕1号".to_owned(),
            on: now().day(),
            at: now(),
            by: "赵某甲".to_owned(),
            lifted: None,
        };
        assert_eq!(hold_open(&mut work, hubei).await.unwrap(), None);
        add_suspension(&mut work, &suspension, now()).await.unwrap();
        assert_eq!(hold_open(&mut work, hubei).await.unwrap(), Some(suspension.clone()));
        let lifted = Lifted {
            reason: "已划拨".to_owned(),
            decision: "医保函〔2026〕2号".to_owned(),
            on: now().day(),
            at: now(),
            by: "赵某甲".to_owned(),
        };
        let lifted = Suspension { lifted: Some(lifted), ..suspension.clone() };
        set_lifted(&mut work, &lifted, now()).await.unwrap();
        assert_eq!(hold_open(&mut work, hubei).await.unwrap(), None);
        add_suspension(&mut work, &suspension, now().plus_millis(1)).await.unwrap();
        let all = suspensions(work.conn(), Some(hubei), 9).await.unwrap();
        assert_eq!(all, [suspension, lifted]);
        work.save().await.unwrap();
    }
}

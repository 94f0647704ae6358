//! Sessions of people who have logged in, by the SHA-256 of what their cookie says.

use crate::{
    Conn, Result, Work,
    account::read_account,
    row::{moment, participant_number},
};
use casework::access::{Account, AccountName, session::Times};
use sqlx::Row;
use terms::{Moment, Participant};

/// The SHA-256 of a cookie's token.
pub type TokenHash = [u8; 32];

/// Begins a session, ends the oldest of the account beyond so many, and forgets all that began before a moment.
pub async fn begin(
    work: &mut Work,
    (node, account): (Participant, &AccountName),
    token: &TokenHash,
    (now, forget): (Moment, Moment),
    at_once: usize,
) -> Result<()> {
    sqlx::query(
        "insert into session (province, token_hash, account, begun_at, seen_at) values ($1, $2, $3, $4, $4)",
    )
    .bind(participant_number(node))
    .bind(&token[..])
    .bind(account.as_str())
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    sqlx::query(
        "delete from session where province = $1 and (begun_at < $4 or account = $2 and token_hash in (
             select token_hash from session where province = $1 and account = $2
             order by begun_at desc, token_hash offset $3))",
    )
    .bind(participant_number(node))
    .bind(account.as_str())
    .bind(i64::try_from(at_once).expect("few"))
    .bind(forget.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Whose session this is, and its times.
pub async fn find(conn: &mut Conn, node: Participant, token: &TokenHash) -> Result<Option<(Account, Times)>> {
    let row = sqlx::query(
        "select session.begun_at, session.seen_at, account.*
         from session join account on account.province = session.province and account.name = session.account
         where session.province = $1 and session.token_hash = $2",
    )
    .bind(participant_number(node))
    .bind(&token[..])
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let times = Times { begun_at: moment(&row, "begun_at")?, seen_at: moment(&row, "seen_at")? };
    Ok(Some((read_account(&row)?, times)))
}

/// Writes down that it was used.
pub async fn see(conn: &mut Conn, node: Participant, token: &TokenHash, now: Moment) -> Result<()> {
    sqlx::query("update session set seen_at = $3 where province = $1 and token_hash = $2 and seen_at < $3")
        .bind(participant_number(node))
        .bind(&token[..])
        .bind(now.millis())
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends one; whose it was.
pub async fn end(work: &mut Work, node: Participant, token: &TokenHash) -> Result<Option<String>> {
    let row = sqlx::query("delete from session where province = $1 and token_hash = $2 returning account")
        .bind(participant_number(node))
        .bind(&token[..])
        .fetch_optional(work.conn())
        .await?;
    Ok(row.map(|row| row.try_get("account")).transpose()?)
}

/// Ends all of an account, but perhaps one.
pub async fn end_all(
    work: &mut Work,
    (node, account): (Participant, &AccountName),
    but: Option<&TokenHash>,
) -> Result<()> {
    sqlx::query(
        "delete from session
         where province = $1 and account = $2 and ($3::bytea is null or token_hash <> $3)",
    )
    .bind(participant_number(node))
    .bind(account.as_str())
    .bind(but.map(|token| &token[..]))
    .execute(work.conn())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{account, embedded::fixture::TestCluster};
    use casework::access::{Area, Role, State};

    #[tokio::test]
    async fn the_oldest_sessions_make_room_and_old_ones_are_forgotten() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let hub = Participant::Hub;
        let name: AccountName = "wangfang".parse().unwrap();
        let made = Account {
            name: name.clone(),
            person_name: "王某芳".to_owned(),
            role: Role::HubOperator,
            area: Area::Nation,
            person: None,
            state: State::NEW,
            must_change_password: false,
            has_one_time_code: false,
            revision: 1,
            created_at: now,
            created_by: "management".to_owned(),
            last_login: None,
        };
        let mut work = store.begin().await.unwrap();
        account::insert(&mut work, hub, &made, "hash").await.unwrap();
        let token = |number: u8| [number; 32];
        for number in 0..4 {
            let at = now.plus_millis(i64::from(number));
            begin(&mut work, (hub, &name), &token(number), (at, now), 3).await.unwrap();
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(find(&mut conn, hub, &token(0)).await.unwrap(), None, "it made room");
        let (found, times) = find(&mut conn, hub, &token(1)).await.unwrap().unwrap();
        assert_eq!((found, times.begun_at), (made, now.plus_millis(1)));
        see(&mut conn, hub, &token(1), now.plus_millis(50)).await.unwrap();
        see(&mut conn, hub, &token(1), now.plus_millis(40)).await.unwrap();
        assert_eq!(find(&mut conn, hub, &token(1)).await.unwrap().unwrap().1.seen_at, now.plus_millis(50));
        let mut work = store.begin().await.unwrap();
        assert_eq!(end(&mut work, hub, &token(1)).await.unwrap().as_deref(), Some("wangfang"));
        assert_eq!(end(&mut work, hub, &token(1)).await.unwrap(), None);
        end_all(&mut work, (hub, &name), Some(&token(3))).await.unwrap();
        work.save().await.unwrap();
        assert!(find(&mut conn, hub, &token(2)).await.unwrap().is_none());
        assert!(find(&mut conn, hub, &token(3)).await.unwrap().is_some());
        let later = now.plus_millis(86_400_000);
        let mut work = store.begin().await.unwrap();
        begin(&mut work, (hub, &name), &token(9), (later, later), 3).await.unwrap();
        work.save().await.unwrap();
        assert!(find(&mut conn, hub, &token(3)).await.unwrap().is_none(), "it is forgotten");
    }
}

//! Identities at organisations' identity providers, as they are tied to accounts, and the requests to log in that were answered.

use crate::{
    Conn, Result, Work,
    row::{moment, parsed, participant_number},
};
use casework::access::{AccountName, Identity};
use sqlx::{Row, postgres::PgRow};
use terms::{Moment, Participant};

/// The SHA-256 of an issuer and a subject.
pub type IdentityHash = [u8; 32];

/// Ties an identity to an account; false if the account has one, or another account has this one.
pub async fn tie(
    work: &mut Work,
    (node, account): (Participant, &AccountName),
    (hash, identity): (&IdentityHash, &Identity),
) -> Result<bool> {
    let tied = sqlx::query(
        "insert into account_identity (province, account, provider, identity, shown, tied_at, only_way)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
    )
    .bind(participant_number(node))
    .bind(account.as_str())
    .bind(&identity.provider)
    .bind(&hash[..])
    .bind(&identity.shown)
    .bind(identity.tied_at.millis())
    .bind(identity.only)
    .execute(work.conn())
    .await?;
    Ok(tied.rows_affected() == 1)
}

/// Unties the identity of an account; whether there was one.
pub async fn untie(work: &mut Work, node: Participant, account: &AccountName) -> Result<bool> {
    let untied = sqlx::query("delete from account_identity where province = $1 and account = $2")
        .bind(participant_number(node))
        .bind(account.as_str())
        .execute(work.conn())
        .await?;
    Ok(untied.rows_affected() == 1)
}

/// Writes down that the account has a password again.
pub async fn is_not_the_only_way(work: &mut Work, node: Participant, account: &AccountName) -> Result<()> {
    sqlx::query(
        "update account_identity set only_way = false where province = $1 and account = $2 and only_way",
    )
    .bind(participant_number(node))
    .bind(account.as_str())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What is tied to an account.
pub async fn of_account(
    conn: &mut Conn,
    node: Participant,
    account: &AccountName,
) -> Result<Option<Identity>> {
    let row = sqlx::query("select * from account_identity where province = $1 and account = $2")
        .bind(participant_number(node))
        .bind(account.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The account that an identity is tied to.
pub async fn account_of(
    conn: &mut Conn,
    node: Participant,
    hash: &IdentityHash,
) -> Result<Option<AccountName>> {
    let row = sqlx::query("select account from account_identity where province = $1 and identity = $2")
        .bind(participant_number(node))
        .bind(&hash[..])
        .fetch_optional(conn)
        .await?;
    row.map(|row| parsed(&row, "account")).transpose()
}

/// Writes down that a request to log in was answered, and forgets those from before a moment; false if it was answered before.
pub async fn answer_once(
    work: &mut Work,
    (node, state): (Participant, &[u8; 32]),
    (now, forget): (Moment, Moment),
) -> Result<bool> {
    let answered = sqlx::query(
        "insert into identity_answer (province, state_hash, at) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(participant_number(node))
    .bind(&state[..])
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    sqlx::query("delete from identity_answer where at < $1")
        .bind(forget.millis())
        .execute(work.conn())
        .await?;
    Ok(answered.rows_affected() == 1)
}

fn read(row: &PgRow) -> Result<Identity> {
    Ok(Identity {
        provider: row.try_get("provider")?,
        shown: row.try_get("shown")?,
        tied_at: moment(row, "tied_at")?,
        only: row.try_get("only_way")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;

    #[tokio::test]
    async fn one_identity_is_one_accounts_and_a_request_is_answered_once() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let (hub, one) = (Participant::Hub, [1; 32]);
        let name = |text: &str| text.parse::<AccountName>().unwrap();
        let (wang, li) = (name("wangfang"), name("limei"));
        let identity =
            Identity { provider: "a".to_owned(), shown: "w***g".to_owned(), tied_at: now, only: true };
        let mut work = store.begin().await.unwrap();
        assert!(tie(&mut work, (hub, &wang), (&one, &identity)).await.unwrap());
        assert!(!tie(&mut work, (hub, &li), (&one, &identity)).await.unwrap(), "it is another's");
        assert!(!tie(&mut work, (hub, &wang), (&[2; 32], &identity)).await.unwrap(), "the account has one");
        is_not_the_only_way(&mut work, hub, &li).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(of_account(&mut conn, hub, &wang).await.unwrap(), Some(identity.clone()));
        assert_eq!(account_of(&mut conn, hub, &one).await.unwrap(), Some(wang.clone()));
        assert_eq!(account_of(&mut conn, hub, &[2; 32]).await.unwrap(), None);
        let mut work = store.begin().await.unwrap();
        is_not_the_only_way(&mut work, hub, &wang).await.unwrap();
        let kept = of_account(work.conn(), hub, &wang).await.unwrap();
        assert_eq!(kept, Some(Identity { only: false, ..identity }));
        assert!(untie(&mut work, hub, &wang).await.unwrap());
        assert!(!untie(&mut work, hub, &wang).await.unwrap());

        let later = now.plus_millis(600_000);
        for (state, at, forget, first) in [
            ([7; 32], now, now, true),
            ([7; 32], now, now, false),
            ([8; 32], later, later, true),
            // What nobody can show any more is forgotten.
            ([7; 32], later, later, true),
        ] {
            assert_eq!(answer_once(&mut work, (hub, &state), (at, forget)).await.unwrap(), first, "{at}");
        }
    }
}

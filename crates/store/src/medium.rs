//! Identity media: cards and vouchers as the insured place issues them, and the tokens of vouchers that institutions read.
//!
//! Secrets come here as hashes.

use crate::{
    Conn, Result, Work,
    row::{area_of, division, division_number, moment, moment_if, parsed, stage, stage_number},
    search::limited,
};
use casework::medium::{Card, CardNumber, Stage, Voucher};
use sqlx::{Row, postgres::PgRow};
use terms::{InstitutionCode, InsuredPlace, Moment, PersonNumber, PoolingArea};

/// A hash of something secret.
pub type Hash = [u8; 32];

/// How long a voucher is remembered after it expired, in milliseconds: a day, in which whoever shows it is told why it is no
/// longer good.
const REMEMBERED_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// Keeps a new card with the hash of its cipher.
pub async fn insert_card(work: &mut Work, area: PoolingArea, card: &Card, cipher: &Hash) -> Result<()> {
    sqlx::query(
        "insert into card (area, number, identification, cipher, person, stage, wrong_ciphers, issued_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(area_of(area))
    .bind(card.number.reveal())
    .bind(card.identification.reveal())
    .bind(&cipher[..])
    .bind(card.person.as_str())
    .bind(stage_number(&Stage::ALL, &card.stage))
    .bind(wrong_ciphers(card))
    .bind(card.issued_at.millis())
    .bind(card.changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Keeps where a card stands now.
pub async fn put_card(work: &mut Work, area: PoolingArea, card: &Card) -> Result<()> {
    sqlx::query(
        "update card set stage = $3, wrong_ciphers = $4, changed_at = $5 where area = $1 and number = $2",
    )
    .bind(area_of(area))
    .bind(card.number.reveal())
    .bind(stage_number(&Stage::ALL, &card.stage))
    .bind(wrong_ciphers(card))
    .bind(card.changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

fn wrong_ciphers(card: &Card) -> i16 {
    i16::try_from(card.wrong_ciphers).expect("a card is locked long before")
}

/// The card of this number with the hash of its cipher, held until the unit of work ends.
pub async fn hold_card(
    work: &mut Work,
    area: PoolingArea,
    number: &CardNumber,
) -> Result<Option<(Card, Vec<u8>)>> {
    let row = sqlx::query("select * from card where area = $1 and number = $2 for update")
        .bind(area_of(area))
        .bind(number.reveal())
        .fetch_optional(work.conn())
        .await?;
    row.map(|row| Ok((read_card(&row)?, row.try_get("cipher")?))).transpose()
}

/// The person's card that is not stopped, held until the unit of work ends.
pub async fn hold_card_of(work: &mut Work, area: PoolingArea, person: &PersonNumber) -> Result<Option<Card>> {
    let row = sqlx::query("select * from card where area = $1 and person = $2 and stage <> 3 for update")
        .bind(area_of(area))
        .bind(person.as_str())
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read_card).transpose()
}

/// All cards of a person, the newest first.
pub async fn cards_of(conn: &mut Conn, area: PoolingArea, person: &PersonNumber) -> Result<Vec<Card>> {
    let rows =
        sqlx::query("select * from card where area = $1 and person = $2 order by issued_at desc, number")
            .bind(area_of(area))
            .bind(person.as_str())
            .fetch_all(conn)
            .await?;
    rows.iter().map(read_card).collect()
}

fn read_card(row: &PgRow) -> Result<Card> {
    let wrong_ciphers: i16 = row.try_get("wrong_ciphers")?;
    Ok(Card {
        number: parsed(row, "number")?,
        identification: parsed(row, "identification")?,
        person: parsed(row, "person")?,
        stage: stage(row, &Stage::ALL)?,
        wrong_ciphers: wrong_ciphers.unsigned_abs(),
        issued_at: moment(row, "issued_at")?,
        changed_at: moment(row, "changed_at")?,
    })
}

/// Keeps a new voucher under the hash of its code. Those that expired some time ago are forgotten.
pub async fn insert_voucher(
    work: &mut Work,
    area: PoolingArea,
    hash: &Hash,
    voucher: &Voucher,
) -> Result<()> {
    sqlx::query("delete from voucher where area = $1 and expires_at < $2")
        .bind(area_of(area))
        .bind(voucher.made_at.millis() - REMEMBERED_MILLIS)
        .execute(work.conn())
        .await?;
    sqlx::query("insert into voucher (area, hash, person, made_at, expires_at) values ($1, $2, $3, $4, $5)")
        .bind(area_of(area))
        .bind(&hash[..])
        .bind(voucher.person.as_str())
        .bind(voucher.made_at.millis())
        .bind(voucher.expires_at.millis())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// The voucher under this hash, held until the unit of work ends.
pub async fn hold_voucher(work: &mut Work, area: PoolingArea, hash: &Hash) -> Result<Option<Voucher>> {
    let row = sqlx::query("select * from voucher where area = $1 and hash = $2 for update")
        .bind(area_of(area))
        .bind(&hash[..])
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read_voucher).transpose()
}

/// Keeps by whom a voucher was read.
pub async fn put_voucher(work: &mut Work, area: PoolingArea, hash: &Hash, voucher: &Voucher) -> Result<()> {
    let (used_at, used_by) = voucher.used.as_ref().map(|(at, by)| (at.millis(), by)).unzip();
    sqlx::query("update voucher set used_at = $3, used_by = $4 where area = $1 and hash = $2")
        .bind(area_of(area))
        .bind(&hash[..])
        .bind(used_at)
        .bind(used_by)
        .execute(work.conn())
        .await?;
    Ok(())
}

/// The last vouchers of a person, the newest first.
pub async fn vouchers_of(
    conn: &mut Conn,
    area: PoolingArea,
    person: &PersonNumber,
    most: i64,
) -> Result<Vec<Voucher>> {
    let rows = sqlx::query(limited(
        "select * from voucher where area = $1 and person = $2 order by made_at desc",
        most,
    ))
    .bind(area_of(area))
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_voucher).collect()
}

fn read_voucher(row: &PgRow) -> Result<Voucher> {
    let used_by: Option<String> = row.try_get("used_by")?;
    Ok(Voucher {
        person: parsed(row, "person")?,
        made_at: moment(row, "made_at")?,
        expires_at: moment(row, "expires_at")?,
        used: moment_if(row, "used_at")?.zip(used_by),
    })
}

/// Whom a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Where the voucher was issued.
    pub insured: InsuredPlace,
    /// Whose it was.
    pub person: PersonNumber,
}

/// Keeps a token of an institution under its hash until it expires. Those that have are forgotten.
pub async fn put_token(
    work: &mut Work,
    (area, institution): (PoolingArea, &InstitutionCode),
    hash: &Hash,
    bearer: &Bearer,
    (now, expires_at): (Moment, Moment),
) -> Result<()> {
    sqlx::query("delete from medium_token where area = $1 and expires_at <= $2")
        .bind(area_of(area))
        .bind(now.millis())
        .execute(work.conn())
        .await?;
    sqlx::query(
        "insert into medium_token (area, institution, hash, insured, person, expires_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (area, institution, hash) do nothing",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(&hash[..])
    .bind(division_number(bearer.insured.division()))
    .bind(bearer.person.as_str())
    .bind(expires_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Whom a token of an institution stands for at a moment.
pub async fn find_token(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    hash: &Hash,
    now: Moment,
) -> Result<Option<Bearer>> {
    let row = sqlx::query(
        "select insured, person from medium_token
         where area = $1 and institution = $2 and hash = $3 and expires_at > $4",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(&hash[..])
    .bind(now.millis())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Bearer { insured: InsuredPlace(division(&row, "insured")?), person: parsed(&row, "person")? })
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, embedded::fixture::TestCluster};
    use casework::medium::{CardIdentification, Move};
    use terms::AdminDivision;

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn wuhan() -> PoolingArea {
        PoolingArea(AdminDivision::new(420_100).unwrap())
    }

    async fn store() -> Store {
        TestCluster::shared().fresh_store(now()).await
    }

    fn card(serial: u64, person: &str) -> Card {
        let codes = (CardNumber::new(serial), CardIdentification::new(wuhan(), [serial, 0]));
        Card::issue(codes, person.parse().unwrap(), now())
    }

    #[tokio::test]
    async fn a_person_has_one_card_that_is_not_stopped() {
        let store = store().await;
        let (first, second) = (card(1, "42010099001"), card(2, "42010099001"));
        let mut work = store.begin().await.unwrap();
        insert_card(&mut work, wuhan(), &first, &[7; 32]).await.unwrap();
        work.save().await.unwrap();
        let mut work = store.begin().await.unwrap();
        let duplicate = insert_card(&mut work, wuhan(), &second, &[8; 32]).await.unwrap_err();
        assert!(duplicate.is_duplicate(), "{duplicate}");
        drop(work);

        let later = now().plus_millis(1_000);
        let mut work = store.begin().await.unwrap();
        let held = hold_card_of(&mut work, wuhan(), &first.person).await.unwrap().unwrap();
        assert_eq!(held, first);
        let stopped = held.step(Move::Stop, later).unwrap();
        put_card(&mut work, wuhan(), &stopped).await.unwrap();
        insert_card(&mut work, wuhan(), &second, &[8; 32]).await.unwrap();
        work.save().await.unwrap();
        let mut work = store.begin().await.unwrap();
        let (held, cipher) = hold_card(&mut work, wuhan(), &second.number).await.unwrap().unwrap();
        assert_eq!((held, cipher), (second.clone(), vec![8; 32]));
        assert_eq!(hold_card(&mut work, wuhan(), &CardNumber::new(3)).await.unwrap(), None);
        let mut all = cards_of(work.conn(), wuhan(), &first.person).await.unwrap();
        all.sort_by_key(|card| card.stage);
        assert_eq!(all, [second, stopped]);
        assert_eq!(cards_of(work.conn(), wuhan(), &"42010099002".parse().unwrap()).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_voucher_is_found_by_its_hash_alone_and_forgotten_in_time() {
        let store = store().await;
        let voucher = |made_at: Moment| Voucher {
            person: "42010099001".parse().unwrap(),
            made_at,
            expires_at: made_at.plus_millis(60_000),
            used: None,
        };
        let mut work = store.begin().await.unwrap();
        insert_voucher(&mut work, wuhan(), &[1; 32], &voucher(now())).await.unwrap();
        let held = hold_voucher(&mut work, wuhan(), &[1; 32]).await.unwrap().unwrap();
        assert_eq!(held, voucher(now()));
        assert_eq!(hold_voucher(&mut work, wuhan(), &[2; 32]).await.unwrap(), None);
        let read = held.read("H42010600001 m1", now().plus_millis(5)).unwrap();
        put_voucher(&mut work, wuhan(), &[1; 32], &read).await.unwrap();
        assert_eq!(hold_voucher(&mut work, wuhan(), &[1; 32]).await.unwrap().as_ref(), Some(&read));

        let day_after = now().plus_millis(60_000 + REMEMBERED_MILLIS);
        insert_voucher(&mut work, wuhan(), &[2; 32], &voucher(day_after)).await.unwrap();
        let both = vouchers_of(work.conn(), wuhan(), &read.person, 10).await.unwrap();
        assert_eq!(both, [voucher(day_after), read.clone()]);
        insert_voucher(&mut work, wuhan(), &[3; 32], &voucher(day_after.plus_millis(1))).await.unwrap();
        assert_eq!(hold_voucher(&mut work, wuhan(), &[1; 32]).await.unwrap(), None);
        assert_eq!(vouchers_of(work.conn(), wuhan(), &read.person, 1).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_token_is_its_institutions_until_it_expires() {
        let store = store().await;
        let mine: InstitutionCode = "H42010600001".parse().unwrap();
        let other: InstitutionCode = "H42010600002".parse().unwrap();
        let insured = InsuredPlace(AdminDivision::new(110_000).unwrap());
        let bearer = Bearer { insured, person: "11010099001".parse().unwrap() };
        let until = now().plus_millis(1_000);
        let mut work = store.begin().await.unwrap();
        put_token(&mut work, (wuhan(), &mine), &[1; 32], &bearer, (now(), until)).await.unwrap();
        put_token(&mut work, (wuhan(), &mine), &[1; 32], &bearer, (now(), until)).await.unwrap();
        for (institution, hash, after, found) in [
            (&mine, [1; 32], 999, true),
            (&mine, [1; 32], 1_000, false),
            (&other, [1; 32], 0, false),
            (&mine, [2; 32], 0, false),
        ] {
            let token =
                find_token(work.conn(), (wuhan(), institution), &hash, now().plus_millis(after)).await;
            assert_eq!(token.unwrap(), found.then(|| bearer.clone()), "{institution} {after}");
        }
        put_token(&mut work, (wuhan(), &other), &[3; 32], &bearer, (until, until)).await.unwrap();
        assert_eq!(find_token(work.conn(), (wuhan(), &mine), &[1; 32], now()).await.unwrap(), None);
    }
}

//! Fiscal special accounts (财政专户), the statements that banks gave of them, and what each entry is about.

use crate::{
    Conn, Result, Work,
    payment_order::{content, number_of},
    row::{coded, moment, participant_number},
    search::{limited, push_limit},
};
use funds::bank::{BankAccount, Entry, Statement};
use funds::payment_order::OrderNumber;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow, types::Json};
use terms::{Day, Fen, InsuranceScheme, Moment, Participant, Province};

/// Keeps an account at a node: its own, or another's as the hub has it. One that is the same stays as it is.
pub async fn put_account(work: &mut Work, node: Participant, account: &BankAccount) -> Result<()> {
    sqlx::query(
        "insert into bank_account (province, owner, scheme, content, published, changed_at)
         values ($1, $2, $3, $4, false, $5)
         on conflict (province, owner, scheme) do update set content = excluded.content, published = false,
             changed_at = excluded.changed_at
         where bank_account.changed_at < excluded.changed_at",
    )
    .bind(participant_number(node))
    .bind(number_of(account.owner))
    .bind(account.scheme.code())
    .bind(Json(account))
    .bind(account.changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// All accounts that a node knows, by owner and scheme.
pub async fn accounts(conn: &mut Conn, node: Participant) -> Result<Vec<BankAccount>> {
    let rows = sqlx::query("select content from bank_account where province = $1 order by owner, scheme")
        .bind(participant_number(node))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| content(row, "bank_account.content")).collect()
}

/// The province's own accounts that the hub has not answered for.
pub async fn unpublished(conn: &mut Conn, own: Province) -> Result<Vec<BankAccount>> {
    let rows = sqlx::query(
        "select content from bank_account where province = $1 and owner = $1 and not published order by scheme",
    )
    .bind(number_of(own))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| content(row, "bank_account.content")).collect()
}

/// Writes that the hub has an account as it was registered then.
pub async fn set_published(work: &mut Work, account: &BankAccount) -> Result<()> {
    sqlx::query(
        "update bank_account set published = true
         where province = $1 and owner = $1 and scheme = $2 and changed_at = $3",
    )
    .bind(number_of(account.owner))
    .bind(account.scheme.code())
    .bind(account.changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What taking a statement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is taken now.
    Now,
    /// It was taken before, with the same content.
    Before,
    /// One of this number was taken with other content.
    WithOtherContent,
}

/// Writes a statement down, once; its entries are written by [`put_entry`].
pub async fn take_statement(
    work: &mut Work,
    own: Province,
    statement: &Statement,
    hash: &[u8],
    (by, now): (&str, Moment),
) -> Result<Taken> {
    let done = sqlx::query(
        "insert into bank_statement (province, account, id, from_day, to_day, opening, closing, entries, content, taken_by,
                                     taken_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (province, account, id) do nothing",
    )
    .bind(number_of(own))
    .bind(&statement.account)
    .bind(&statement.id)
    .bind(statement.from.number())
    .bind(statement.to.number())
    .bind(statement.opening.0)
    .bind(statement.closing.0)
    .bind(i32::try_from(statement.entries.len()).expect("statements are limited"))
    .bind(hash)
    .bind(by)
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    if done.rows_affected() == 1 {
        return Ok(Taken::Now);
    }
    let known: Vec<u8> = sqlx::query_scalar(
        "select content from bank_statement where province = $1 and account = $2 and id = $3",
    )
    .bind(number_of(own))
    .bind(&statement.account)
    .bind(&statement.id)
    .fetch_one(work.conn())
    .await?;
    Ok(if known == hash { Taken::Before } else { Taken::WithOtherContent })
}

/// A statement that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenStatement {
    /// The bank's number.
    pub id: String,
    /// The account's number.
    pub account: String,
    /// What stood at the end.
    pub closing: Fen,
    /// How many entries it has.
    pub entries: i32,
    /// Who took it.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// The statements that were taken, latest first.
pub async fn statements(conn: &mut Conn, own: Province, most: i64) -> Result<Vec<TakenStatement>> {
    let rows = sqlx::query(limited(
        "select id, account, closing, entries, taken_by, taken_at from bank_statement where province = $1
         order by taken_at desc, account, id",
        most,
    ))
    .bind(number_of(own))
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(TakenStatement {
            id: row.try_get("id")?,
            account: row.try_get("account")?,
            closing: Fen(row.try_get("closing")?),
            entries: row.try_get("entries")?,
            by: row.try_get("taken_by")?,
            at: moment(row, "taken_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "matter", rename_all = "snake_case")]
pub enum Matter {
    /// Money of an order.
    Order {
        /// Which.
        number: OrderNumber,
        /// The clerk who said so; none where the machine matched it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// Nobody knows yet (待查款项).
    Unidentified {
        /// What may help.
        why: String,
        /// Whether it stands in the ledger at 暂收款—待查款项.
        booked: bool,
    },
    /// A fee of the bank: for the agency's own account.
    Fee,
    /// What a bank has done about an instalment of an institution's payment.
    Institution {
        /// 拨付单号.
        payment: String,
        /// 期次.
        instalment: u16,
        /// Paid, or sent back.
        paid: bool,
    },
    /// A clerk, or the machine, has said that it is no money of this business.
    Other {
        /// What it is.
        reason: String,
        /// Who said so.
        by: String,
    },
}

impl Matter {
    /// The name under which it is kept.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Order { .. } => "order",
            Self::Unidentified { .. } => "unidentified",
            Self::Fee => "fee",
            Self::Institution { .. } => "institution",
            Self::Other { .. } => "other",
        }
    }
}

/// An entry with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptEntry {
    /// The account's number.
    pub account: String,
    /// Its scheme.
    pub scheme: InsuranceScheme,
    /// The statement that it came with first.
    pub statement: String,
    /// The entry.
    pub entry: Entry,
    /// What it is about.
    pub matter: Matter,
}

/// Keeps an entry as it stands now.
pub async fn put_entry(work: &mut Work, own: Province, kept: &KeptEntry, now: Moment) -> Result<()> {
    sqlx::query(
        "insert into bank_entry (province, account, reference, statement, scheme, day, amount, matter, content, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (province, account, reference) do update set matter = excluded.matter, content = excluded.content,
             changed_at = excluded.changed_at",
    )
    .bind(number_of(own))
    .bind(&kept.account)
    .bind(&kept.entry.reference)
    .bind(&kept.statement)
    .bind(kept.scheme.code())
    .bind(kept.entry.on.number())
    .bind(kept.entry.amount.0)
    .bind(kept.matter.name())
    .bind(Json(kept))
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// An entry of an account by the bank's number, held until the unit of work ends.
pub async fn hold_entry(
    work: &mut Work,
    own: Province,
    account: &str,
    reference: &str,
) -> Result<Option<KeptEntry>> {
    let row = sqlx::query(
        "select content from bank_entry where province = $1 and account = $2 and reference = $3 for update",
    )
    .bind(number_of(own))
    .bind(account)
    .bind(reference)
    .fetch_optional(work.conn())
    .await?;
    row.as_ref().map(|row| content(row, "bank_entry.content")).transpose()
}

/// The same by the scheme of the account, whichever number that had when the entry came; the latest.
pub async fn hold_entry_of(
    work: &mut Work,
    own: Province,
    scheme: InsuranceScheme,
    reference: &str,
) -> Result<Option<KeptEntry>> {
    let row = sqlx::query(
        "select content from bank_entry where province = $1 and scheme = $2 and reference = $3
         order by day desc, account limit 1 for update",
    )
    .bind(number_of(own))
    .bind(scheme.code())
    .bind(reference)
    .fetch_optional(work.conn())
    .await?;
    row.as_ref().map(|row| content(row, "bank_entry.content")).transpose()
}

/// All entries in the order of accounts and the bank's numbers, after one, so many at most.
pub async fn page(
    conn: &mut Conn,
    own: Province,
    (account, reference): (&str, &str),
    most: i64,
) -> Result<Vec<KeptEntry>> {
    let rows = sqlx::query(limited(
        "select content from bank_entry where province = $1 and (account, reference) > ($2, $3)
         order by account, reference",
        most,
    ))
    .bind(number_of(own))
    .bind(account)
    .bind(reference)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| content(row, "bank_entry.content")).collect()
}

/// Entries about something, latest first.
pub async fn entries(conn: &mut Conn, own: Province, matter: &str, most: i64) -> Result<Vec<KeptEntry>> {
    let rows = sqlx::query(limited(
        "select content from bank_entry where province = $1 and matter = $2 order by day desc, account, reference",
        most,
    ))
    .bind(number_of(own))
    .bind(matter)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| content(row, "bank_entry.content")).collect()
}

/// Where an entry stands in the list. It stands in addresses: an account's number is in none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryMark {
    /// Its day.
    pub on: Day,
    /// The bank's own number of it.
    pub reference: String,
    /// What tells accounts apart that have an entry of this number: the beginning of a digest.
    pub account: String,
}

impl EntryMark {
    /// That of an entry.
    pub fn of(kept: &KeptEntry) -> Self {
        let digest = Sha256::digest(kept.account.as_bytes());
        let account = digest[..4].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        Self { on: kept.entry.on, reference: kept.entry.reference.clone(), account }
    }
}

/// Which entries, and in which order.
#[derive(Clone, Copy, Debug)]
pub struct EntriesWanted<'a> {
    /// About this: [`Matter::name`].
    pub matter: &'a str,
    /// Of the account of this scheme.
    pub scheme: Option<InsuranceScheme>,
    /// Booked from the first of these days to the last.
    pub days: (Option<Day>, Option<Day>),
    /// The latest first.
    pub backwards: bool,
    /// The one with which the page before ended.
    pub after: Option<&'a EntryMark>,
    /// At most so many.
    pub most: i64,
}

/// A page of entries in the order of days.
pub async fn list(conn: &mut Conn, own: Province, wanted: &EntriesWanted<'_>) -> Result<Vec<KeptEntry>> {
    const ACCOUNT: &str = "left(encode(sha256(convert_to(account, 'UTF8')), 'hex'), 8)";
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    let mut query = QueryBuilder::<Postgres>::new("select content from bank_entry where province = ");
    query.push_bind(number_of(own)).push(" and matter = ").push_bind(wanted.matter.to_owned());
    if let Some(scheme) = wanted.scheme {
        query.push(" and scheme = ").push_bind(scheme.code());
    }
    if let Some(first) = wanted.days.0 {
        query.push(" and day >= ").push_bind(first.number());
    }
    if let Some(last) = wanted.days.1 {
        query.push(" and day <= ").push_bind(last.number());
    }
    if let Some(EntryMark { on, reference, account }) = wanted.after {
        query.push(format!(" and (day, reference, {ACCOUNT}) {than} (")).push_bind(on.number()).push(", ");
        query.push_bind(reference.clone()).push(", ").push_bind(account.clone()).push(")");
    }
    query.push(format!(" order by day {direction}, reference {direction}, {ACCOUNT} {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(|row| content(row, "bank_entry.content")).collect()
}

/// The entries about an instalment of an institution's payment.
pub async fn of_instalment(
    conn: &mut Conn,
    own: Province,
    (payment, instalment): (&str, u16),
) -> Result<Vec<KeptEntry>> {
    let rows = sqlx::query(
        "select content from bank_entry
         where province = $1 and matter = 'institution' and content -> 'matter' ->> 'payment' = $2
             and content -> 'matter' ->> 'instalment' = $3
         order by account, reference",
    )
    .bind(number_of(own))
    .bind(payment)
    .bind(instalment.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| content(row, "bank_entry.content")).collect()
}

/// Keeps the province's account for payments (支出户) of a scheme.
pub async fn put_expenditure_account(work: &mut Work, account: &BankAccount) -> Result<()> {
    sqlx::query(
        "insert into expenditure_account (province, scheme, content, changed_at) values ($1, $2, $3, $4)
         on conflict (province, scheme) do update set content = excluded.content, changed_at = excluded.changed_at",
    )
    .bind(number_of(account.owner))
    .bind(account.scheme.code())
    .bind(Json(account))
    .bind(account.changed_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The province's accounts for payments, by scheme.
pub async fn expenditure_accounts(conn: &mut Conn, own: Province) -> Result<Vec<BankAccount>> {
    let rows = sqlx::query("select content from expenditure_account where province = $1 order by scheme")
        .bind(number_of(own))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| content(row, "expenditure_account.content")).collect()
}

/// The scheme of the province's account with this number.
pub async fn scheme_of(conn: &mut Conn, own: Province, number: &str) -> Result<Option<InsuranceScheme>> {
    let row = sqlx::query(
        "select scheme from bank_account where province = $1 and owner = $1 and content ->> 'number' = $2",
    )
    .bind(number_of(own))
    .bind(number)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(|row| coded(row, "scheme", InsuranceScheme::from_code)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use funds::bank::{Counterparty, Nature};

    fn now() -> Moment {
        "2026-12-09 10:00:00".parse().unwrap()
    }

    fn own() -> Province {
        "420000".parse().unwrap()
    }

    fn account(owner: Province, number: &str, changed_at: Moment) -> BankAccount {
        BankAccount {
            owner,
            scheme: InsuranceScheme::Employee,
            name: "社会保障基金财政专户".to_owned(),
            bank: "示范银行".to_owned(),
            number: number.to_owned(),
            bank_code: "102521000017".to_owned(),
            changed_at,
        }
    }

    #[tokio::test]
    async fn an_account_is_published_as_it_was_registered_last() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let me = Participant::Province(own());
        let later = now().plus_millis(1);
        let (first, second) = (account(own(), "42001", now()), account(own(), "42002", later));
        let other = account("310000".parse().unwrap(), "31001", now());
        let mut work = store.begin().await.unwrap();
        for one in [&first, &second, &first, &other] {
            put_account(&mut work, me, one).await.unwrap();
        }
        assert_eq!(unpublished(work.conn(), own()).await.unwrap(), std::slice::from_ref(&second));
        set_published(&mut work, &first).await.unwrap();
        assert_eq!(unpublished(work.conn(), own()).await.unwrap().len(), 1, "an older one was answered for");
        set_published(&mut work, &second).await.unwrap();
        assert!(unpublished(work.conn(), own()).await.unwrap().is_empty());
        assert_eq!(accounts(work.conn(), me).await.unwrap(), [other, second]);
        for (number, found) in [("42002", Some(InsuranceScheme::Employee)), ("42001", None), ("31001", None)]
        {
            assert_eq!(scheme_of(work.conn(), own(), number).await.unwrap(), found, "{number}");
        }
        work.save().await.unwrap();
    }

    #[tokio::test]
    async fn a_statement_is_taken_once_and_its_entries_change_what_they_are_about() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let entry = Entry {
            reference: "F1".to_owned(),
            on: now().day(),
            amount: Fen(500),
            nature: Nature::Transfer,
            reversal: false,
            end_to_end: None,
            counterparty: Counterparty::default(),
            text: None,
        };
        let statement = Statement {
            id: "S1".to_owned(),
            account: "42001".to_owned(),
            from: now().day(),
            to: now().day(),
            opening: Fen(0),
            closing: Fen(500),
            entries: vec![entry.clone()],
        };
        let mut work = store.begin().await.unwrap();
        for (hash, taken) in [([1], Taken::Now), ([1], Taken::Before), ([2], Taken::WithOtherContent)] {
            let found = take_statement(&mut work, own(), &statement, &hash, ("钱某乙", now())).await.unwrap();
            assert_eq!(found, taken);
        }
        let matter = Matter::Unidentified { why: "请人工核对".to_owned(), booked: true };
        let (account, scheme) = ("42001".to_owned(), InsuranceScheme::Employee);
        let kept = KeptEntry { account, scheme, statement: "S1".to_owned(), entry, matter };
        put_entry(&mut work, own(), &kept, now()).await.unwrap();
        assert_eq!(
            entries(work.conn(), own(), "unidentified", 9).await.unwrap(),
            std::slice::from_ref(&kept)
        );
        let other = Matter::Other { reason: "利息".to_owned(), by: "钱某乙".to_owned() };
        let after = KeptEntry { matter: other, ..kept };
        put_entry(&mut work, own(), &after, now()).await.unwrap();
        assert_eq!(hold_entry(&mut work, own(), "42001", "F1").await.unwrap(), Some(after));
        assert!(entries(work.conn(), own(), "unidentified", 9).await.unwrap().is_empty());
        assert_eq!(statements(work.conn(), own(), 9).await.unwrap().len(), 1);
        work.save().await.unwrap();
    }
}

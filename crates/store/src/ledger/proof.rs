//! What a proof of the books reads: one view of the database on several connections, accounts summed anew from their legs, and
//! settlements with their entries.

use super::journal;
use crate::{
    Amounts, Conn, Document, Result, Store, Work,
    about::about_rows,
    book::read as read_transfer,
    document::document_if,
    row::{coded, division, fen, moment_if, parsed, participant_number},
    search::limited,
    treatment::read_amounts,
};
use funds::{Account, Role, Transfer, ledger::Sums, movement::summary::Flows};
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{
    Day, Fen, InstitutionCode, InsuranceScheme, InsuredPlace, Month, Participant, PoolingArea, Province,
    SettlementId,
};

impl Store {
    /// So many units of work that all see the database as it is now, whatever is written meanwhile. They are to read from.
    pub async fn snapshots(&self, count: usize) -> Result<Vec<Work>> {
        let mut all = Vec::with_capacity(count);
        let mut first = self.begin().await?;
        see_one_moment(first.conn()).await?;
        let name: String = sqlx::query_scalar("select pg_export_snapshot()").fetch_one(first.conn()).await?;
        for _ in 1..count {
            let mut next = self.begin().await?;
            see_one_moment(next.conn()).await?;
            // The name is the database's own: digits, letters and hyphens.
            let statement = format!("set transaction snapshot '{name}'");
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(next.conn()).await?;
            all.push(next);
        }
        all.push(first);
        for work in &mut all {
            work.read_whole().await?;
        }
        Ok(all)
    }
}

async fn see_one_moment(conn: &mut Conn) -> Result<()> {
    sqlx::raw_sql("set transaction isolation level repeatable read, read only").execute(conn).await?;
    Ok(())
}

/// Every account: what its four sums are, and what its legs come to.
pub async fn recomputed(conn: &mut Conn, owner: Participant) -> Result<BTreeMap<Account, (Sums, Sums)>> {
    let rows = sqlx::query(
        "with moved as (
            select debit, credit, case phase when 0 then 0 when 1 then amount else -ends_amount end as pending,
                   case when phase in (0, 2) then amount else 0 end as posted
            from ledger_leg where province = $1
         ), summed as (
            select account, sum(debits_pending)::bigint as debits_pending, sum(debits_posted)::bigint as debits_posted,
                   sum(credits_pending)::bigint as credits_pending, sum(credits_posted)::bigint as credits_posted
            from (select debit as account, pending as debits_pending, posted as debits_posted,
                         0 as credits_pending, 0 as credits_posted from moved
                  union all
                  select credit, 0, 0, pending, posted from moved) sides
            group by account
         ), kept as (select * from ledger_account where province = $1)
         select account,
                coalesce(kept.debits_pending, 0) as kept_debits_pending,
                coalesce(kept.debits_posted, 0) as kept_debits_posted,
                coalesce(kept.credits_pending, 0) as kept_credits_pending,
                coalesce(kept.credits_posted, 0) as kept_credits_posted,
                coalesce(summed.debits_pending, 0) as debits_pending,
                coalesce(summed.debits_posted, 0) as debits_posted,
                coalesce(summed.credits_pending, 0) as credits_pending,
                coalesce(summed.credits_posted, 0) as credits_posted
         from kept full join summed using (account)",
    )
    .bind(participant_number(owner))
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let kept = Sums {
            debits_pending: fen(row, "kept_debits_pending")?,
            debits_posted: fen(row, "kept_debits_posted")?,
            credits_pending: fen(row, "kept_credits_pending")?,
            credits_posted: fen(row, "kept_credits_posted")?,
        };
        let summed = Sums {
            debits_pending: fen(row, "debits_pending")?,
            debits_posted: fen(row, "debits_posted")?,
            credits_pending: fen(row, "credits_pending")?,
            credits_posted: fen(row, "credits_posted")?,
        };
        Ok((parsed(row, "account")?, (kept, summed)))
    };
    rows.iter().map(read).collect()
}

/// What the vouchers whose ids begin so put onto each account, less what they took off: debits less credits, what is set aside
/// left out.
pub async fn moved_by(conn: &mut Conn, owner: Participant, ids: &str) -> Result<BTreeMap<Account, Fen>> {
    let rows = sqlx::query(
        "select account, sum(amount)::bigint as amount
         from (select debit as account, amount from ledger_leg
               where province = $1 and phase in (0, 2) and starts_with(voucher, $2)
               union all
               select credit, -amount from ledger_leg
               where province = $1 and phase in (0, 2) and starts_with(voucher, $2)) moved
         group by account having sum(amount) <> 0",
    )
    .bind(participant_number(owner))
    .bind(ids)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((parsed(row, "account")?, fen(row, "amount")?))).collect()
}

/// How many vouchers there are whose ids begin so.
pub async fn count_vouchers(conn: &mut Conn, owner: Participant, ids: &str) -> Result<i64> {
    let count = "select count(*) from ledger_voucher where province = $1 and starts_with(id, $2)";
    Ok(sqlx::query_scalar(count).bind(participant_number(owner)).bind(ids).fetch_one(conn).await?)
}

/// The days that entered the ledger.
pub async fn days_entered(conn: &mut Conn, owner: Participant) -> Result<Vec<Day>> {
    journal::days(conn, owner).await
}

/// What the journal moved on a day, and what the ledger has of it.
pub async fn flows_of(conn: &mut Conn, owner: Participant, day: Day) -> Result<(Flows, Flows)> {
    Ok((journal::journal(conn, day).await?, journal::entered(conn, owner, day).await?))
}

/// How many entries of the journal are not of a day that entered the ledger, on days before `today`.
pub async fn entries_outside(conn: &mut Conn, owner: Participant, today: Day) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "select count(*) from transfer
         where day < $2 and not exists (select from ledger_voucher of
                                        where of.province = $1 and of.day = transfer.day and of.code = 'settlements')",
    )
    .bind(participant_number(owner))
    .bind(today.number())
    .fetch_one(conn)
    .await?)
}

/// How many entries the journal has.
pub async fn count_entries(conn: &mut Conn) -> Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from transfer").fetch_one(conn).await?)
}

/// The accounts that a settlement moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parties {
    /// In the book of the treatment place.
    Treatment {
        /// The hospital.
        institution: InstitutionCode,
        /// Where the person is insured.
        insured: InsuredPlace,
    },
    /// In the book of the hub.
    Hub {
        /// Where the person is insured.
        insured: InsuredPlace,
        /// Who treats.
        treatment: Province,
    },
    /// In the book of the insured place.
    Insured {
        /// The person's pooling area.
        area: PoolingArea,
        /// Who treats.
        treatment: Province,
    },
}

/// A settlement that stands or stood, with its entries.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Where it is kept.
    pub area: i32,
    /// Which.
    pub id: SettlementId,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// Its amounts.
    pub amounts: Amounts,
    /// If it was undone: whether it was cancelled, or reversed.
    pub cancelled: Option<bool>,
    /// Whose accounts it moves.
    pub parties: Parties,
    /// Who pays what and why; the hub keeps none.
    pub breakdown: Option<Document>,
    /// Its entries in the journal.
    pub entries: Vec<Transfer>,
}

/// A book of settlements: its table, and what its rows are called.
struct BookOf {
    months: &'static str,
    page: &'static str,
    parties: fn(&PgRow) -> Result<Parties>,
}

const fn book(role: Role) -> BookOf {
    match role {
        Role::Treatment => BookOf {
            months: "select distinct month from treatment_settlement order by month",
            page: "select province as key, id, scheme, total, fund_total, person_total, account, funds, fund_paid, breakdown,
                          institution, insured, undo_reason, case when stage = 4 then undone_at end as undone_at
                   from treatment_settlement
                   where month = $1 and (province, month, id) > ($2, $1, $3) and settled_at is not null
                         and (hashtext(id) & 2147483647) % $4 = $5
                   order by province, month, id",
            parties: |row| {
                Ok(Parties::Treatment {
                    institution: parsed(row, "institution")?,
                    insured: InsuredPlace(division(row, "insured")?),
                })
            },
        },
        Role::Hub => BookOf {
            months: "select distinct month from hub_settlement order by month",
            page: "select province as key, id, scheme, total, fund_total, person_total, account, funds, fund_paid,
                          null::text as breakdown, treatment, insured, undo_reason, undone_at
                   from hub_settlement
                   where month = $1 and (province, month, id) > ($2, $1, $3) and committed_at is not null
                         and (hashtext(id) & 2147483647) % $4 = $5
                   order by province, month, id",
            parties: |row| {
                Ok(Parties::Hub {
                    insured: InsuredPlace(division(row, "insured")?),
                    treatment: Province(division(row, "treatment")?),
                })
            },
        },
        Role::Insured => BookOf {
            months: "select distinct month from insured_settlement order by month",
            page: "select area as key, id, scheme, total, fund_total, person_total, account, funds, fund_paid, breakdown,
                          treatment, area, undo_reason, undone_at
                   from insured_settlement
                   where month = $1 and (area, month, id) > ($2, $1, $3) and person is not null
                         and (hashtext(id) & 2147483647) % $4 = $5
                   order by area, month, id",
            parties: |row| {
                Ok(Parties::Insured {
                    area: PoolingArea(division(row, "area")?),
                    treatment: Province(division(row, "treatment")?),
                })
            },
        },
    }
}

/// The months of a book of settlements.
pub async fn months(conn: &mut Conn, role: Role) -> Result<Vec<Month>> {
    let numbers: Vec<i32> = sqlx::query_scalar(book(role).months).fetch_all(conn).await?;
    let month = |number: i32| Day::from_number(number * 100 + 1).map(Day::month);
    Ok(numbers.into_iter().filter_map(month).collect())
}

/// About how many settlements and years of people a proof looks at, as the database remembers them; 0 if it does not.
pub async fn about(conn: &mut Conn) -> Result<u64> {
    let tables = ["treatment_settlement", "hub_settlement", "insured_settlement", "year_to_date"];
    about_rows(conn, &tables).await
}

/// A part of a book of settlements: one of so many alike of a month, so that several can be read side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Of which book.
    pub role: Role,
    /// Of which month.
    pub month: Month,
    /// Which, from 0 …
    pub at: i32,
    /// … of so many.
    pub of: i32,
}

/// Settlements of a part in the order of their keys, after one, so many at most, each with its entries.
pub async fn kept(
    conn: &mut Conn,
    Slice { role, month, at, of }: Slice,
    after: Option<&Kept>,
    most: i64,
) -> Result<Vec<Kept>> {
    let book = book(role);
    let rows = sqlx::query(limited(book.page, most))
        .bind(month.number())
        .bind(after.map_or(0, |kept| kept.area))
        .bind(after.map_or_else(String::new, |kept| kept.id.to_string()))
        .bind(of)
        .bind(at)
        .fetch_all(&mut *conn)
        .await?;
    let mut all = rows.iter().map(|row| read(row, book.parties)).collect::<Result<Vec<_>>>()?;
    let ids: Vec<String> = all.iter().map(|kept| kept.id.to_string()).collect();
    let rows = sqlx::query("select * from transfer where settlement = any($1) order by id")
        .bind(&ids)
        .fetch_all(conn)
        .await?;
    let mut entries = BTreeMap::<SettlementId, Vec<Transfer>>::new();
    for row in &rows {
        let entry = read_transfer(row)?;
        if entry.id.role == role {
            entries.entry(entry.id.settlement).or_default().push(entry);
        }
    }
    for kept in &mut all {
        kept.entries = entries.remove(&kept.id).unwrap_or_default();
    }
    Ok(all)
}

fn read(row: &PgRow, parties: fn(&PgRow) -> Result<Parties>) -> Result<Kept> {
    let undone = moment_if(row, "undone_at")?.is_some();
    let reason: Option<String> = row.try_get("undo_reason")?;
    Ok(Kept {
        area: row.try_get("key")?,
        id: parsed(row, "id")?,
        scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
        amounts: read_amounts(row)?,
        cancelled: undone.then(|| reason.as_deref() == Some("cancellation")),
        parties: parties(row)?,
        breakdown: document_if(row, "breakdown")?,
        entries: Vec::new(),
    })
}

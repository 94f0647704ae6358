//! The general ledger (总账): accounts with four sums, vouchers (记账凭证), legs, closings. What may be posted is decided in
//! [`funds::ledger`]; here it is read, locked and written.
//!
//! Whoever posts holds the ledger of the node until the unit of work ends: vouchers come one after another, are numbered
//! without gaps, and never wait for each other in a ring. Post last in a unit of work that holds other locks.

mod account;
mod journal;
pub mod proof;

#[cfg(test)]
mod tests;

pub use account::{Closing, StatementLine, TrialLine, close, closings, legs, reopen, sums, trial, trial_of};
pub use journal::{DayFlows, days_to_enter, flows, searched_on, set_searched};

use crate::{
    Conn, Result, Work,
    row::{coded, moment, parsed, participant_number},
    search::push_limit,
};
use funds::{
    Account,
    ledger::{
        Admitted, Ended, Known, Leg, LegId, Phase, Posted, Refused, Reserved, Sums, Voucher, VoucherCode,
        VoucherId, admit,
    },
};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{Fen, Month, Participant};

/// A voucher with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Its number in its month (凭证号), from 1.
    pub number: i32,
    /// The voucher.
    pub voucher: Voucher,
}

/// Posts a voucher in the ledger of `owner`, which is the node itself, whole or not at all. A refusal writes nothing, and the
/// unit of work may go on.
pub async fn post(
    work: &mut Work,
    owner: Participant,
    voucher: &Voucher,
) -> Result<std::result::Result<Posted, Refused>> {
    lock(work, owner).await?;
    let known = known(work.conn(), owner, voucher).await?;
    let sums = match admit(voucher, &known) {
        Err(refused) => return Ok(Err(refused)),
        Ok(Admitted::Exists) => return Ok(Ok(Posted::Exists)),
        Ok(Admitted::Create(sums)) => sums,
    };
    write_sums(work.conn(), owner, &known, &sums).await?;
    write_voucher(work.conn(), owner, voucher).await?;
    write_legs(work.conn(), owner, voucher, &known).await?;
    write_ends(work.conn(), owner, voucher).await?;
    Ok(Ok(Posted::Created))
}

/// Holds the ledger of a node until the unit of work ends.
async fn lock(work: &mut Work, owner: Participant) -> Result<()> {
    let owner = participant_number(owner);
    sqlx::query("insert into ledger_book (province) values ($1) on conflict do nothing")
        .bind(owner)
        .execute(work.conn())
        .await?;
    sqlx::query("select from ledger_book where province = $1 for update")
        .bind(owner)
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Holds the ledger of a node until the unit of work ends, and counts its vouchers of a subject.
pub async fn hold_and_count(work: &mut Work, owner: Participant, subject: &str) -> Result<usize> {
    lock(work, owner).await?;
    let count: i64 =
        sqlx::query_scalar("select count(*) from ledger_voucher where province = $1 and subject = $2")
            .bind(participant_number(owner))
            .bind(subject)
            .fetch_one(work.conn())
            .await?;
    Ok(usize::try_from(count).expect("a count"))
}

/// What must be known to decide.
async fn known(conn: &mut Conn, owner: Participant, voucher: &Voucher) -> Result<Known> {
    let accounts: Vec<&Account> = voucher.accounts().into_iter().collect();
    Ok(Known {
        same: find(conn, owner, &voucher.id).await?.map(|entered| entered.voucher),
        accounts: account::states(conn, owner, &accounts).await?,
        reserves: reserves(conn, owner, voucher).await?,
    })
}

async fn reserves(
    conn: &mut Conn,
    owner: Participant,
    voucher: &Voucher,
) -> Result<BTreeMap<LegId, Reserved>> {
    let ends = voucher.ends();
    if ends.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query(
        "select leg.*, ended.posted
         from unnest($2::text[], $3::integer[]) as asked (voucher, leg)
         join ledger_voucher of on of.province = $1 and of.id = asked.voucher
         join ledger_leg leg on leg.province = $1 and leg.month = of.month and leg.voucher = of.id and leg.leg = asked.leg
         left join ledger_reserve_end ended
              on ended.province = $1 and ended.voucher = asked.voucher and ended.leg = asked.leg
         where leg.phase = 1",
    )
    .bind(participant_number(owner))
    .bind(ends.iter().map(|end| end.voucher.as_str()).collect::<Vec<_>>())
    .bind(ends.iter().map(|end| i32::from(end.leg)).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read_reserve).collect()
}

fn read_reserve(row: &PgRow) -> Result<(LegId, Reserved)> {
    let posted: Option<bool> = row.try_get("posted")?;
    let reserved = Reserved {
        debit: parsed(row, "debit")?,
        credit: parsed(row, "credit")?,
        amount: Fen(row.try_get("amount")?),
        ended: posted.map(|posted| if posted { Ended::Posted } else { Ended::Voided }),
    };
    Ok((LegId { voucher: parsed(row, "voucher")?, leg: number_of_leg(row.try_get("leg")?) }, reserved))
}

/// Adds to the sums what was decided, and holds what then stands there against it.
async fn write_sums(
    conn: &mut Conn,
    owner: Participant,
    known: &Known,
    sums: &BTreeMap<Account, Sums>,
) -> Result<()> {
    let added = |of: fn(&Sums) -> Fen| -> Vec<i64> {
        let before = |account| known.accounts.get(account).copied().unwrap_or_default().sums;
        sums.iter().map(|(account, after)| (of(after) - of(&before(account))).0).collect()
    };
    let names: Vec<String> = sums.keys().map(ToString::to_string).collect();
    sqlx::query(
        "insert into ledger_account (province, account, debits_pending, debits_posted, credits_pending, credits_posted)
         select $1, account, 0, 0, 0, 0 from unnest($2::text[]) as new (account)
         on conflict do nothing",
    )
    .bind(participant_number(owner))
    .bind(&names)
    .execute(&mut *conn)
    .await?;
    let rows = sqlx::query(
        "update ledger_account kept
         set debits_pending = kept.debits_pending + added.debits_pending,
             debits_posted = kept.debits_posted + added.debits_posted,
             credits_pending = kept.credits_pending + added.credits_pending,
             credits_posted = kept.credits_posted + added.credits_posted
         from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
              as added (account, debits_pending, debits_posted, credits_pending, credits_posted)
         where kept.province = $1 and kept.account = added.account
         returning kept.*",
    )
    .bind(participant_number(owner))
    .bind(&names)
    .bind(added(|sums| sums.debits_pending))
    .bind(added(|sums| sums.debits_posted))
    .bind(added(|sums| sums.credits_pending))
    .bind(added(|sums| sums.credits_posted))
    .fetch_all(conn)
    .await?;
    let written = rows.iter().map(account::read).collect::<Result<BTreeMap<_, _>>>()?;
    let written: BTreeMap<Account, Sums> =
        written.into_iter().map(|(account, state)| (account, state.sums)).collect();
    assert_eq!(&written, sums, "the ledger stands at what was decided");
    Ok(())
}

async fn write_voucher(conn: &mut Conn, owner: Participant, voucher: &Voucher) -> Result<()> {
    sqlx::query(
        "insert into ledger_voucher (province, id, month, number, code, subject, summary, day, recorded_at, posted_by)
         select $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, $6, $7, $8, $9
         from ledger_voucher where province = $1 and month = $3",
    )
    .bind(participant_number(owner))
    .bind(voucher.id.as_str())
    .bind(voucher.day.month().number())
    .bind(voucher.code.name())
    .bind(&voucher.subject)
    .bind(&voucher.summary)
    .bind(voucher.day.number())
    .bind(voucher.recorded_at.millis())
    .bind(&voucher.by)
    .execute(conn)
    .await?;
    Ok(())
}

async fn write_legs(conn: &mut Conn, owner: Participant, voucher: &Voucher, known: &Known) -> Result<()> {
    let legs = &voucher.legs;
    let ends: Vec<Option<&LegId>> = legs.iter().map(|leg| leg.phase.ends()).collect();
    sqlx::query(
        "insert into ledger_leg (province, month, day, voucher, leg, debit, credit, amount, phase, ends_voucher, ends_leg,
                                 ends_amount)
         select $1, $2, $3, $4, leg.*
         from unnest($5::integer[], $6::text[], $7::text[], $8::bigint[], $9::smallint[], $10::text[], $11::integer[],
                     $12::bigint[]) as leg",
    )
    .bind(participant_number(owner))
    .bind(voucher.day.month().number())
    .bind(voucher.day.number())
    .bind(voucher.id.as_str())
    .bind(voucher.numbered().map(|(number, _)| i32::from(number)).collect::<Vec<_>>())
    .bind(legs.iter().map(|leg| leg.debit.to_string()).collect::<Vec<_>>())
    .bind(legs.iter().map(|leg| leg.credit.to_string()).collect::<Vec<_>>())
    .bind(legs.iter().map(|leg| leg.amount.0).collect::<Vec<_>>())
    .bind(legs.iter().map(|leg| phase_number(&leg.phase)).collect::<Vec<_>>())
    .bind(ends.iter().map(|end| end.map(|end| end.voucher.as_str())).collect::<Vec<_>>())
    .bind(ends.iter().map(|end| end.map(|end| i32::from(end.leg))).collect::<Vec<_>>())
    .bind(ends.iter().map(|end| end.map(|end| known.reserves[end].amount.0)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

async fn write_ends(conn: &mut Conn, owner: Participant, voucher: &Voucher) -> Result<()> {
    let ends: Vec<(&LegId, bool)> = voucher
        .legs
        .iter()
        .filter_map(|leg| Some((leg.phase.ends()?, matches!(leg.phase, Phase::Post(_)))))
        .collect();
    if ends.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into ledger_reserve_end (province, by_voucher, voucher, leg, posted)
         select $1, $2, ended.* from unnest($3::text[], $4::integer[], $5::boolean[]) as ended",
    )
    .bind(participant_number(owner))
    .bind(voucher.id.as_str())
    .bind(ends.iter().map(|(end, _)| end.voucher.as_str()).collect::<Vec<_>>())
    .bind(ends.iter().map(|(end, _)| i32::from(end.leg)).collect::<Vec<_>>())
    .bind(ends.iter().map(|(_, posted)| *posted).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

const fn phase_number(phase: &Phase) -> i16 {
    match phase {
        Phase::Final => 0,
        Phase::Reserve => 1,
        Phase::Post(_) => 2,
        Phase::Void(_) => 3,
    }
}

fn number_of_leg(number: i32) -> u16 {
    u16::try_from(number).expect("a leg has a small number")
}

/// The voucher of an id.
pub async fn find(conn: &mut Conn, owner: Participant, id: &VoucherId) -> Result<Option<Entered>> {
    let row = sqlx::query("select * from ledger_voucher where province = $1 and id = $2")
        .bind(participant_number(owner))
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(with_legs(conn, owner, vec![read(&row)?]).await?.pop())
}

/// Which vouchers to show, and in which order.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this month.
    pub month: Option<Month>,
    /// Made for this.
    pub code: Option<VoucherCode>,
    /// About this.
    pub subject: Option<String>,
    /// The last first.
    pub backwards: bool,
}

/// Vouchers in the order of month and number, after one, so many at most.
pub async fn vouchers(
    conn: &mut Conn,
    owner: Participant,
    wanted: &Wanted,
    after: Option<(Month, i32)>,
    most: i64,
) -> Result<Vec<Entered>> {
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    let mut query = QueryBuilder::<Postgres>::new("select * from ledger_voucher where province = ");
    query.push_bind(participant_number(owner));
    if let Some(month) = wanted.month {
        query.push(" and month = ").push_bind(month.number());
    }
    if let Some(code) = wanted.code {
        query.push(" and code = ").push_bind(code.name());
    }
    if let Some(subject) = &wanted.subject {
        query.push(" and subject = ").push_bind(subject.clone());
    }
    if let Some((month, number)) = after {
        query.push(format!(" and (month, number) {than} (")).push_bind(month.number()).push(", ");
        query.push_bind(number).push(")");
    }
    query.push(format!(" order by month {direction}, number {direction}"));
    push_limit(&mut query, most);
    let rows = query.build().fetch_all(&mut *conn).await?;
    let headers = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    with_legs(conn, owner, headers).await
}

/// Puts their legs to vouchers.
async fn with_legs(conn: &mut Conn, owner: Participant, mut entered: Vec<Entered>) -> Result<Vec<Entered>> {
    let months = entered.iter().map(|one| one.voucher.day.month().number()).collect::<Vec<_>>();
    let rows = sqlx::query(
        "select leg.* from unnest($2::integer[], $3::text[]) as asked (month, voucher)
         join ledger_leg leg on leg.province = $1 and leg.month = asked.month and leg.voucher = asked.voucher
         order by leg.voucher, leg.leg",
    )
    .bind(participant_number(owner))
    .bind(months)
    .bind(entered.iter().map(|one| one.voucher.id.as_str()).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    let mut legs = BTreeMap::<VoucherId, Vec<Leg>>::new();
    for row in &rows {
        legs.entry(parsed(row, "voucher")?).or_default().push(read_leg(row)?);
    }
    for one in &mut entered {
        one.voucher.legs = legs.remove(&one.voucher.id).unwrap_or_default();
    }
    Ok(entered)
}

/// A voucher without its legs.
fn read(row: &PgRow) -> Result<Entered> {
    let voucher = Voucher {
        id: parsed(row, "id")?,
        code: coded(row, "code", VoucherCode::from_name)?,
        subject: row.try_get("subject")?,
        summary: row.try_get("summary")?,
        day: day(row, "day")?,
        recorded_at: moment(row, "recorded_at")?,
        by: row.try_get("posted_by")?,
        legs: Vec::new(),
    };
    Ok(Entered { number: row.try_get("number")?, voucher })
}

fn read_leg(row: &PgRow) -> Result<Leg> {
    let ended = || -> Result<LegId> {
        Ok(LegId { voucher: parsed(row, "ends_voucher")?, leg: number_of_leg(row.try_get("ends_leg")?) })
    };
    let phase = match row.try_get::<i16, _>("phase")? {
        0 => Phase::Final,
        1 => Phase::Reserve,
        2 => Phase::Post(ended()?),
        3 => Phase::Void(ended()?),
        other => return Err(crate::Error::Corrupt { column: "phase", value: other.to_string() }),
    };
    Ok(Leg {
        debit: parsed(row, "debit")?,
        credit: parsed(row, "credit")?,
        amount: Fen(row.try_get("amount")?),
        phase,
    })
}

fn day(row: &PgRow, column: &'static str) -> Result<terms::Day> {
    let number: i32 = row.try_get(column)?;
    terms::Day::from_number(number).ok_or_else(|| crate::Error::Corrupt { column, value: number.to_string() })
}

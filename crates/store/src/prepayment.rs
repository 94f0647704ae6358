//! Prepayments (预付金): at the hub the yearly setting and every change, at every node how each of them stands.

use crate::{
    Conn, Error, Result, Work,
    document::document,
    hub::Stage,
    row::{
        coded, division, division_number, fen, moment, moment_if, parsed_if, participant_number, stage_number,
    },
};
use casework::prepayment_year::Year;
use funds::{
    Account, Pair,
    clearing::{ClearedLine, stage as clearing},
    correction::Stage as Correction,
    ledger::Sums,
    prepayment::{Change, Line, Of, Position, SetAmount},
};
use sqlx::{Row, postgres::PgRow, types::Json};
use std::collections::BTreeMap;
use terms::{Day, Fen, InsuranceScheme, Moment, Month, Participant, Province};

/// The number under which the hub keeps its own rows.
const HUB: i32 = 100_000;

fn of(row: &PgRow) -> Result<Of> {
    let (insured, treatment) = (division(row, "province")?, division(row, "treatment")?);
    let scheme = coded(row, "scheme", InsuranceScheme::from_code)?;
    Ok((Pair { insured: Province(insured), treatment: Province(treatment) }, scheme))
}

fn number_of(province: Province) -> i32 {
    division_number(province.division())
}

fn corrupt(column: &'static str, value: impl std::fmt::Display) -> Error {
    Error::Corrupt { column, value: value.to_string() }
}

fn month_of(number: i32) -> Result<Month> {
    let day = Day::from_number(number.saturating_mul(100).saturating_add(1));
    day.map(Day::month).ok_or_else(|| corrupt("month", number))
}

// ---------------------------------------------------------------- the yearly setting

/// Holds the setting of prepayments until the unit of work ends: drafts and adoptions come one after another.
pub async fn hold(work: &mut Work) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(20220022)").execute(work.conn()).await?;
    Ok(())
}

/// The setting of a year.
pub async fn year(conn: &mut Conn, year: i16) -> Result<Option<Year>> {
    let row = sqlx::query("select content from prepayment_year where province = $1 and year = $2")
        .bind(HUB)
        .bind(i32::from(year))
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read_year).transpose()
}

/// All settings, the newest year first.
pub async fn years(conn: &mut Conn) -> Result<Vec<Year>> {
    let rows = sqlx::query("select content from prepayment_year where province = $1 order by year desc")
        .bind(HUB)
        .fetch_all(conn)
        .await?;
    rows.iter().map(read_year).collect()
}

fn read_year(row: &PgRow) -> Result<Year> {
    let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
    serde_json::from_value(content).map_err(|error| corrupt("prepayment_year.content", error))
}

/// Keeps the setting of a year as it stands now.
pub async fn put_year(work: &mut Work, year: &Year) -> Result<()> {
    sqlx::query(
        "insert into prepayment_year (province, year, content) values ($1, $2, $3)
         on conflict (province, year) do update set content = excluded.content",
    )
    .bind(HUB)
    .bind(i32::from(year.year))
    .bind(Json(year))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The lines of a year, by pair and scheme.
pub async fn lines(conn: &mut Conn, year: i16) -> Result<Vec<Line>> {
    let rows =
        sqlx::query("select * from prepayment_line where year = $1 order by province, treatment, scheme")
            .bind(i32::from(year))
            .fetch_all(conn)
            .await?;
    rows.iter().map(read_line).collect()
}

fn read_line(row: &PgRow) -> Result<Line> {
    let (pair, scheme) = of(row)?;
    let base: Vec<(i32, i64)> = row.try_get::<Json<_>, _>("base")?.0;
    let base = base.into_iter().map(|(month, paid)| Ok((month_of(month)?, Fen(paid))));
    let amount: Option<i64> = row.try_get("set_amount")?;
    let set = amount.map(|amount| -> Result<_> {
        let at = moment_if(row, "set_at")?.ok_or_else(|| corrupt("prepayment_line.set_at", "null"))?;
        Ok(SetAmount {
            amount: Fen(amount),
            reason: row.try_get("set_reason")?,
            by: row.try_get("set_by")?,
            at,
        })
    });
    Ok(Line {
        pair,
        scheme,
        base: base.collect::<Result<_>>()?,
        computed: fen(row, "computed")?,
        set: set.transpose()?,
        before: fen(row, "before")?,
    })
}

/// Puts these lines in the place of all that a year has.
pub async fn replace_lines(work: &mut Work, year: i16, lines: &[Line]) -> Result<()> {
    sqlx::query("delete from prepayment_line where year = $1")
        .bind(i32::from(year))
        .execute(work.conn())
        .await?;
    let base = |line: &Line| {
        let months = line.base.iter().map(|(month, paid)| (month.number(), paid.0));
        Json(months.collect::<Vec<_>>())
    };
    let set = |line: &Line| line.set.clone();
    sqlx::query(
        "insert into prepayment_line (year, province, treatment, scheme, base, computed, before, set_amount, set_reason,
                                      set_by, set_at)
         select $1, * from unnest($2::integer[], $3::integer[], $4::text[], $5::jsonb[], $6::bigint[], $7::bigint[],
                                  $8::bigint[], $9::text[], $10::text[], $11::bigint[])",
    )
    .bind(i32::from(year))
    .bind(lines.iter().map(|line| number_of(line.pair.insured)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| number_of(line.pair.treatment)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.scheme.code()).collect::<Vec<_>>())
    .bind(lines.iter().map(base).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.computed.0).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.before.0).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| set(line).map(|set| set.amount.0)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| set(line).map(|set| set.reason)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| set(line).map(|set| set.by)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| set(line).map(|set| set.at.millis())).collect::<Vec<_>>())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What was paid in each month of a year, by pair and scheme: what the adopted clearing (清算) of a month came to, and for a
/// month without one the settlements of the month that stand. Funds and personal accounts.
pub async fn paid_in_months(work: &mut Work, year: i16) -> Result<BTreeMap<Of, BTreeMap<Month, Fen>>> {
    work.read_whole().await?;
    let (first, last) = (i32::from(year) * 100 + 1, i32::from(year) * 100 + 12);
    let rows = sqlx::query(
        "with adopted as (
            select month, adopted as revision from clearing_month where adopted > 0 and month between $1 and $2
         )
         select province, treatment, scheme, month, sum(amount)::bigint as amount
         from (select pair.province, pair.treatment, known.code as scheme, pair.month, (due.value ->> 'amount')::bigint as amount
               from adopted join clearing_pair pair on pair.month = adopted.month and pair.revision = adopted.revision
               cross join lateral jsonb_array_elements(pair.dues::jsonb) due (value)
               join unnest($4::text[], $5::text[]) known (name, code) on known.name = due.value ->> 'scheme'
               union all
               select province, treatment, scheme, month, sum(fund_total + account) from hub_settlement
               where month between $1 and $2 and stage = $3 and scheme is not null
                     and month not in (select month from adopted)
               group by province, treatment, scheme, month) paid
         where province <> treatment
         group by province, treatment, scheme, month",
    )
    .bind(first)
    .bind(last)
    .bind(stage_number(&Stage::ALL, &Stage::Standing))
    .bind(scheme_names())
    .bind(scheme_codes())
    .fetch_all(work.conn())
    .await?;
    let mut paid = BTreeMap::<Of, BTreeMap<Month, Fen>>::new();
    for row in &rows {
        let month = month_of(row.try_get("month")?)?;
        paid.entry(of(row)?).or_default().insert(month, fen(row, "amount")?);
    }
    Ok(paid)
}

/// Schemes as documents name them …
fn scheme_names() -> Vec<String> {
    let name = |scheme: &InsuranceScheme| {
        let name = serde_json::to_value(scheme).expect("a scheme is a word");
        name.as_str().expect("a scheme is a word").to_owned()
    };
    InsuranceScheme::ALL.iter().map(name).collect()
}

/// … and as columns do, in the same order.
fn scheme_codes() -> Vec<&'static str> {
    InsuranceScheme::ALL.iter().map(|scheme| scheme.code()).collect()
}

// ---------------------------------------------------------------- what is in force

/// A change of a prepayment as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptChange {
    /// What changed, and by how much.
    pub change: Change,
    /// Why: the year, or the id of an emergency increase.
    pub cause: String,
    /// From which day on it is in force.
    pub day: Day,
    /// The clerk who decided.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// The amounts in force: the sums of all changes.
pub async fn in_force(conn: &mut Conn) -> Result<BTreeMap<Of, Fen>> {
    let rows = sqlx::query(
        "select province, treatment, scheme, sum(difference)::bigint as amount from prepayment_change
         group by province, treatment, scheme",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((of(row)?, fen(row, "amount")?))).collect()
}

/// Writes changes down, each once for its cause.
pub async fn add_changes(
    work: &mut Work,
    changes: &[Change],
    cause: &str,
    (by, at): (&str, Moment),
) -> Result<()> {
    let notice = |change: &Change| change.notice.as_ref().map(|number| number.as_str().to_owned());
    sqlx::query(
        "insert into prepayment_change (cause, day, changed_by, changed_at, province, treatment, scheme, difference, before,
                                        notice)
         select $1, $2, $3, $4, * from unnest($5::integer[], $6::integer[], $7::text[], $8::bigint[], $9::bigint[],
                                              $10::text[])
         on conflict (province, treatment, scheme, cause) do nothing",
    )
    .bind(cause)
    .bind(at.day().number())
    .bind(by)
    .bind(at.millis())
    .bind(changes.iter().map(|change| number_of(change.pair.insured)).collect::<Vec<_>>())
    .bind(changes.iter().map(|change| number_of(change.pair.treatment)).collect::<Vec<_>>())
    .bind(changes.iter().map(|change| change.scheme.code()).collect::<Vec<_>>())
    .bind(changes.iter().map(|change| change.difference.0).collect::<Vec<_>>())
    .bind(changes.iter().map(|change| change.before.0).collect::<Vec<_>>())
    .bind(changes.iter().map(notice).collect::<Vec<_>>())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The changes of a prepayment, the first one first.
pub async fn changes(conn: &mut Conn, (pair, scheme): Of) -> Result<Vec<KeptChange>> {
    let rows = sqlx::query(
        "select * from prepayment_change where province = $1 and treatment = $2 and scheme = $3
         order by changed_at, cause",
    )
    .bind(number_of(pair.insured))
    .bind(number_of(pair.treatment))
    .bind(scheme.code())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let (pair, scheme) = of(row)?;
        let day: i32 = row.try_get("day")?;
        let change = Change {
            pair,
            scheme,
            difference: fen(row, "difference")?,
            before: fen(row, "before")?,
            notice: parsed_if(row, "notice")?,
        };
        Ok(KeptChange {
            change,
            cause: row.try_get("cause")?,
            day: Day::from_number(day).ok_or_else(|| corrupt("prepayment_change.day", day))?,
            by: row.try_get("changed_by")?,
            at: moment(row, "changed_at")?,
        })
    };
    rows.iter().map(read).collect()
}

// ---------------------------------------------------------------- how each stands

/// How a prepayment stands, as it was last computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPosition {
    /// What it is about.
    pub of: Of,
    /// How it stands.
    pub position: Position,
    /// When it was computed.
    pub computed_at: Moment,
}

/// When the positions of the node were last computed; none before the first time.
pub async fn computed_at(conn: &mut Conn) -> Result<Option<Moment>> {
    let row = sqlx::query("select max(computed_at) as at from prepayment_position").fetch_one(conn).await?;
    moment_if(&row, "at")
}

/// Puts these positions in the place of all that the node has.
pub async fn replace_positions(
    work: &mut Work,
    positions: &BTreeMap<Of, Position>,
    at: Moment,
) -> Result<()> {
    hold(work).await?;
    sqlx::query("delete from prepayment_position").execute(work.conn()).await?;
    sqlx::query(
        "insert into prepayment_position (computed_at, province, treatment, scheme, content)
         select $1, * from unnest($2::integer[], $3::integer[], $4::text[], $5::jsonb[])",
    )
    .bind(at.millis())
    .bind(positions.keys().map(|(pair, _)| number_of(pair.insured)).collect::<Vec<_>>())
    .bind(positions.keys().map(|(pair, _)| number_of(pair.treatment)).collect::<Vec<_>>())
    .bind(positions.keys().map(|(_, scheme)| scheme.code()).collect::<Vec<_>>())
    .bind(positions.values().map(Json).collect::<Vec<_>>())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// All positions of the node, by pair and scheme.
pub async fn positions(conn: &mut Conn) -> Result<Vec<KeptPosition>> {
    let rows = sqlx::query("select * from prepayment_position order by province, treatment, scheme")
        .fetch_all(conn)
        .await?;
    let read = |row: &PgRow| {
        let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
        let position =
            serde_json::from_value(content).map_err(|error| corrupt("prepayment_position.content", error))?;
        Ok(KeptPosition { of: of(row)?, position, computed_at: moment(row, "computed_at")? })
    };
    rows.iter().map(read).collect()
}

/// Lets a unit of work, which has done nothing yet, see everything as of one moment: figures that are read one after another
/// then belong together.
pub async fn as_of_now(work: &mut Work) -> Result<()> {
    sqlx::query("set transaction isolation level repeatable read").execute(work.conn()).await?;
    Ok(())
}

/// The sums of all accounts of a kind in the general ledger (总账) of the node, by the account. `kind` is the first part of the
/// accounts' keys.
pub async fn ledger_of_kind(
    conn: &mut Conn,
    owner: Participant,
    kind: &str,
) -> Result<BTreeMap<Account, Sums>> {
    let rows = sqlx::query("select * from ledger_account where province = $1 and starts_with(account, $2)")
        .bind(participant_number(owner))
        .bind(format!("{kind}/"))
        .fetch_all(conn)
        .await?;
    let read = |row: &PgRow| {
        let account: String = row.try_get("account")?;
        let sums = Sums {
            debits_pending: fen(row, "debits_pending")?,
            debits_posted: fen(row, "debits_posted")?,
            credits_pending: fen(row, "credits_pending")?,
            credits_posted: fen(row, "credits_posted")?,
        };
        Ok((account.parse().map_err(|_| corrupt("ledger_account.account", &account))?, sums))
    };
    rows.iter().map(read).collect()
}

/// The spans of days over which the journal is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// From this day on the journal is held against the summary vouchers.
    pub entered_from: Day,
    /// From this day on it is counted how fast a prepayment is used.
    pub spent_from: Day,
    /// The last whole month.
    pub month: Month,
}

impl Spans {
    fn first_month(self) -> i32 {
        self.month.number().min(self.entered_from.month().number()).min(self.spent_from.month().number())
    }
}

/// What the journal of settlements (明细账) says of an account in some spans: debits less credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalSums {
    /// What the general ledger has not taken up yet.
    pub not_entered: Fen,
    /// Since the day from which it is counted how fast a prepayment is used.
    pub spent: Fen,
    /// In the last whole month.
    pub monthly: Fen,
}

/// What the journal says of all accounts of a kind, and how much of it the general ledger has not taken up.
pub async fn journal_of_kind(
    work: &mut Work,
    owner: Participant,
    kind: &str,
    spans: Spans,
) -> Result<BTreeMap<Account, JournalSums>> {
    work.read_whole().await?;
    let rows = sqlx::query(
        "select account, coalesce(sum(recent), 0)::bigint as recent, coalesce(sum(spent), 0)::bigint as spent,
                coalesce(sum(monthly), 0)::bigint as monthly
         from (select account, sum(amount) filter (where day >= $4) as recent, sum(amount) filter (where day >= $5) as spent,
                      sum(amount) filter (where month = $6) as monthly
               from (select debit as account, amount, day, month from transfer where month >= $3
                     union all
                     select credit, -amount, day, month from transfer where month >= $3) journal
               where starts_with(account, $2)
               group by account
               union all
               select account, -sum(amount), 0, 0
               from (select leg.debit as account, leg.amount from ledger_leg leg
                     join ledger_voucher voucher on voucher.province = leg.province and voucher.id = leg.voucher
                     where leg.province = $1 and leg.month >= $3 and leg.day >= $4 and voucher.code = 'settlements'
                     union all
                     select leg.credit, -leg.amount from ledger_leg leg
                     join ledger_voucher voucher on voucher.province = leg.province and voucher.id = leg.voucher
                     where leg.province = $1 and leg.month >= $3 and leg.day >= $4 and voucher.code = 'settlements') entered
               where starts_with(account, $2)
               group by account) both_books
         group by account",
    )
    .bind(participant_number(owner))
    .bind(format!("{kind}/"))
    .bind(spans.first_month())
    .bind(spans.entered_from.number())
    .bind(spans.spent_from.number())
    .bind(spans.month.number())
    .fetch_all(work.conn())
    .await?;
    let read = |row: &PgRow| {
        let account: String = row.try_get("account")?;
        let sums = JournalSums {
            not_entered: fen(row, "recent")?,
            spent: fen(row, "spent")?,
            monthly: fen(row, "monthly")?,
        };
        Ok((account.parse().map_err(|_| corrupt("transfer.account", &account))?, sums))
    };
    rows.iter().map(read).collect()
}

/// What the hub knows of what is owed for one prepayment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HubSums {
    /// Settled and not noticed yet, with what was noticed and not paid.
    pub owed: Fen,
    /// Settled since the day from which it is counted how fast a prepayment is used.
    pub spent: Fen,
    /// Settled in the last whole month.
    pub monthly: Fen,
}

/// What each insured province owes each treatment province, by the hub's own records: the settlements of months whose clearing
/// was not noticed yet, with what was undone, deducted and corrected since; lines that were left out of a noticed month and have come in none
/// that was (`clearing_carry`), with the amounts with which they will come; and what the notices of clearing say, less what both sides
/// agree was paid.
pub async fn owed_at_hub(work: &mut Work, spans: Spans) -> Result<BTreeMap<Of, HubSums>> {
    work.read_whole().await?;
    let noticed: i32 =
        sqlx::query_scalar("select coalesce(max(month), 0) from clearing_month where stage = $1")
            .bind(stage_number(&clearing::Stage::ALL, &clearing::Stage::Noticed))
            .fetch_one(work.conn())
            .await?;
    let mut sums = settled_at_hub(work, spans, noticed).await?;
    let besides = besides_at_hub(work.conn(), noticed).await?;
    for (of, owed) in noticed_at_hub(work.conn()).await?.into_iter().chain(besides) {
        sums.entry(of).or_default().owed += owed;
    }
    Ok(sums)
}

/// What deductions take off, and corrections make good, in months that were not noticed yet; and what was left out of those that were. A settlement that was corrected counts by its
/// row as it is now, so its correction counts only where a notice has what the row was before.
async fn besides_at_hub(conn: &mut Conn, noticed: i32) -> Result<Vec<(Of, Fen)>> {
    let rows = sqlx::query(
        "select line from hub_deduction where month > $1
         union all
         select correction.line from hub_correction correction
         join hub_settlement settled on settled.province = correction.province and settled.month = correction.month
                                     and settled.id = correction.settlement
         where correction.cleared_month > $1 and correction.stage = $2 and settled.clearing_month <= $1
               and not exists (select from clearing_carry carry
                               where carry.province = correction.province and carry.settlement = correction.settlement
                                     and coalesce(carry.cleared_month, $1 + 1) > $1)
         union all
         select coalesce(comes, line) from clearing_carry where cleared_month is null and month between 1 and $1
         union all
         select coalesce(comes, line) from clearing_carry where cleared_month > $1 and month between 1 and $1",
    )
    .bind(noticed)
    .bind(stage_number(&Correction::ALL, &Correction::Corrected))
    .fetch_all(conn)
    .await?;
    let mut owed = Vec::new();
    for row in &rows {
        let line: ClearedLine = document(row, "line")?.read()?;
        let pair = line.pair();
        if pair.insured != pair.treatment {
            owed.push(((pair, line.scheme), line.amount()));
        }
    }
    Ok(owed)
}

async fn settled_at_hub(work: &mut Work, spans: Spans, noticed: i32) -> Result<BTreeMap<Of, HubSums>> {
    // What moved to a later month lies in an older partition: those are found by their own index.
    let rows = sqlx::query(
        "with line as (
            select province, treatment, scheme, fund_total + account as amount, stage, month, clearing_month, undo_month, recorded_at
            from hub_settlement where month >= least($2, $3, $1 + 1) and scheme is not null
            union all
            select province, treatment, scheme, fund_total + account, stage, month, clearing_month, undo_month, recorded_at
            from hub_settlement where clearing_month > $1 and clearing_month <> month and month < least($2, $3, $1 + 1)
                 and scheme is not null
            union all
            select province, treatment, scheme, fund_total + account, stage, month, clearing_month, undo_month, recorded_at
            from hub_settlement where undo_month > $1 and clearing_month <= $1 and month < least($2, $3, $1 + 1)
                 and scheme is not null
         )
         select province, treatment, scheme,
                coalesce(sum(case when clearing_month > $1 and (stage = $5 or undo_month is not null) then amount else 0 end), 0)::bigint
                - coalesce(sum(case when undo_month > $1 then amount else 0 end), 0)::bigint as owed,
                coalesce(sum(amount) filter (where recorded_at >= $4 and stage = $5), 0)::bigint as spent,
                coalesce(sum(amount) filter (where month = $3 and stage = $5), 0)::bigint as monthly
         from line where province <> treatment
         group by province, treatment, scheme",
    )
    .bind(noticed)
    .bind(spans.spent_from.month().number())
    .bind(spans.month.number())
    .bind(spans.spent_from.start().millis())
    .bind(stage_number(&Stage::ALL, &Stage::Standing))
    .fetch_all(work.conn())
    .await?;
    let read = |row: &PgRow| {
        let sums =
            HubSums { owed: fen(row, "owed")?, spent: fen(row, "spent")?, monthly: fen(row, "monthly")? };
        Ok((of(row)?, sums))
    };
    rows.iter().map(read).collect()
}

/// What notices of clearing say, less what both sides agree was paid; below nothing where the treatment province pays.
async fn noticed_at_hub(conn: &mut Conn) -> Result<BTreeMap<Of, Fen>> {
    let rows = sqlx::query(
        "select insured as province, treatment, scheme, sum(amount)::bigint as amount
         from (select case is_return when true then payee else payer end as insured,
                      case is_return when true then payer else payee end as treatment,
                      known.code as scheme,
                      case is_return when true then -1 else 1 end
                      * ((line.value ->> 'amount')::bigint) as amount
               from (select *, cause = 'clearing_return' as is_return from notice
                     where province = $1 and cause in ('clearing', 'clearing_return')) issued
               cross join lateral jsonb_array_elements(issued.content -> 'lines') line (value)
               join unnest($2::text[], $3::text[]) known (name, code) on known.name = line.value ->> 'scheme'
               union all
               select case is_return when true then payee else payer end, case is_return when true then payer else payee end,
                      known.code, case is_return when true then 1 else -1 end * agreed.amount
               from (select *, cause = 'clearing_return' as is_return from notice
                     where province = $1 and cause in ('clearing', 'clearing_return')) issued
               cross join unnest($3::text[]) known (code)
               join transfer_agreed agreed on agreed.province = $1 and agreed.number = issued.number || '-' || known.code
         ) both_sides
         group by insured, treatment, scheme having sum(amount) <> 0",
    )
    .bind(HUB)
    .bind(scheme_names())
    .bind(scheme_codes())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((of(row)?, fen(row, "amount")?))).collect()
}

/// Whether both sides agree that all of an emergency increase or a yearly amount was paid: what moved by a notice under a scheme.
pub async fn agreed(conn: &mut Conn, notice: &str, scheme: InsuranceScheme) -> Result<Fen> {
    let amount: Option<i64> =
        sqlx::query_scalar("select amount from transfer_agreed where province = $1 and number = $2")
            .bind(HUB)
            .bind(format!("{notice}-{}", scheme.code()))
            .fetch_optional(conn)
            .await?;
    Ok(Fen(amount.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Amounts, Store, book,
        clearing::{Reported, put_carries, put_deduction, set_cleared, settled_in},
        correction,
        embedded::fixture::TestCluster,
        hub::{self, Content, HubSettlement},
        ledger, notice,
    };
    use casework::prepayment_year::Done;
    use funds::{
        BookLine,
        clearing::{Deduction, LeftOut, Part, Reason},
        ledger::{Leg, Phase, Voucher, VoucherCode, VoucherId},
        movement::settlement::{Settled, at_treatment},
        notice::{Cause, Notice, NoticeLine, NoticeNumber},
        reconciliation::LineStage,
    };
    use terms::{CareKind, Fund, InsuredPlace, SettlementId, TreatmentPlace};

    fn now() -> Moment {
        "2027-01-20 10:00:00".parse().unwrap()
    }

    fn pair(text: &str) -> Pair {
        text.parse().unwrap()
    }

    fn month(number: i32) -> Month {
        month_of(number).unwrap()
    }

    const EMPLOYEE: InsuranceScheme = InsuranceScheme::Employee;

    async fn store() -> Store {
        TestCluster::shared().fresh_store(now()).await
    }

    #[tokio::test]
    async fn a_setting_comes_back_and_its_changes_are_in_force_once() {
        let store = store().await;
        let done = Done { at: now(), by: "赵某甲".to_owned() };
        let drafted = Year::draft(None, 2027, now().day(), done).unwrap();
        let line = |of: &str, before: i64, set: Option<i64>| Line {
            pair: pair(of),
            scheme: EMPLOYEE,
            base: [(month(202_610), Fen(5)), (month(202_612), Fen(0))].into(),
            computed: Fen(300),
            set: set.map(|amount| SetAmount {
                amount: Fen(amount),
                reason: "首年".to_owned(),
                by: "钱某".to_owned(),
                at: now(),
            }),
            before: Fen(before),
        };
        let all = [line("110000-420000", 0, None), line("420000-110000", 0, Some(70))];
        let mut conn = store.conn().await.unwrap();
        for drafted_lines in [&all[..1], &all[..]] {
            let mut work = store.begin().await.unwrap();
            hold(&mut work).await.unwrap();
            replace_lines(&mut work, 2027, drafted_lines).await.unwrap();
            put_year(&mut work, &drafted).await.unwrap();
            work.save().await.unwrap();
            assert_eq!(lines(&mut conn, 2027).await.unwrap(), drafted_lines);
        }
        assert_eq!(year(&mut conn, 2027).await.unwrap(), Some(drafted.clone()));
        assert_eq!(years(&mut conn).await.unwrap(), [drafted]);
        assert_eq!(year(&mut conn, 2026).await.unwrap(), None);

        let (changes_made, notices) = funds::prepayment::adopt(2027, &all, "赵某甲", now());
        assert_eq!(notices.len(), 2);
        for _ in 0..2 {
            let mut work = store.begin().await.unwrap();
            add_changes(&mut work, &changes_made, "2027", ("赵某甲", now())).await.unwrap();
            work.save().await.unwrap();
        }
        let of = (pair("110000-420000"), EMPLOYEE);
        let (more, _) = funds::prepayment::increase(of, "270118-310-1", (Fen(300), Fen(40)), "赵某甲", now());
        let mut work = store.begin().await.unwrap();
        add_changes(&mut work, std::slice::from_ref(&more), "270118-310-1-110000-420000", ("赵某甲", now()))
            .await
            .unwrap();
        work.save().await.unwrap();
        let found = in_force(&mut conn).await.unwrap();
        assert_eq!(found, [(of, Fen(340)), ((pair("420000-110000"), EMPLOYEE), Fen(70))].into());
        let history = changes(&mut conn, of).await.unwrap();
        let causes: Vec<&str> = history.iter().map(|kept| kept.cause.as_str()).collect();
        assert_eq!(causes, ["2027", "270118-310-1-110000-420000"]);
        assert_eq!(history[1].change, more);
    }

    fn settlement(serial: u64, at: &str, insured: &str, paid: i64) -> HubSettlement {
        let at: Moment = at.parse().unwrap();
        let hubei: Province = "420000".parse().unwrap();
        HubSettlement {
            id: SettlementId::new(hubei, at, serial),
            stage: Stage::Standing,
            treatment: hubei,
            insured: InsuredPlace(insured.parse().unwrap()),
            content: Some(Content {
                institution: "H42010600901".parse().unwrap(),
                place: TreatmentPlace("420106".parse().unwrap()),
                care: CareKind::Inpatient,
                scheme: EMPLOYEE,
                amounts: Amounts {
                    total: Fen(paid + 100),
                    fund_total: Fen(paid - 10),
                    person_total: Fen(110),
                    account: Fen(10),
                    funds: [(Fund::EmployeePool, Fen(paid - 10))].into(),
                },
                committed_at: at,
            }),
            recorded_at: at,
            undo: None,
            undone_at: None,
        }
    }

    /// A line of this settlement with so much of its fund.
    fn line_with(settled: &ClearedLine, part: Part, paid: i64) -> ClearedLine {
        let funds = [(Fund::EmployeePool, Fen(paid))].into();
        let (total, none) = (Fen(paid), Fen::ZERO);
        ClearedLine { part, total, person_total: none, account: none, funds, ..settled.clone() }
    }

    /// A correction by which the month gives a fen back.
    fn corrected(settled: &ClearedLine, cleared: Month) -> correction::Correction {
        let said = BookLine {
            settlement: settled.settlement,
            stage: LineStage::Standing,
            total: Fen(1),
            fund_total: Fen(1),
            person_total: Fen::ZERO,
            account: Fen::ZERO,
            funds: [(Fund::EmployeePool, Fen(1))].into(),
        };
        let record = || correction::Record { text: "签".to_owned(), hash: "00".repeat(32) };
        let line = line_with(settled, Part::Corrected("GZ".to_owned()), -1);
        correction::Correction {
            settlement: settled.settlement,
            number: 1,
            pair: settled.pair(),
            stage: Correction::Corrected,
            before: said.clone(),
            after: said,
            treatment: record(),
            insured: record(),
            reason: "记录有误".to_owned(),
            proposed_by: "赵某甲".to_owned(),
            proposed_at: now(),
            decided: Some(correction::Decided {
                words: "同意".to_owned(),
                by: "钱某乙".to_owned(),
                at: now(),
            }),
            done: correction::Done {
                moved: Vec::new(),
                counted_month: Some(settled.settlement.month()),
                line: Some((line, cleared)),
            },
        }
    }

    /// A deduction of five fen that is cleared in a month.
    fn deducted(settled: &ClearedLine, cleared: Month) -> Reported {
        let deduction = Deduction {
            number: "KK1".to_owned(),
            settlement: settled.settlement,
            insured: settled.insured,
            funds: [(Fund::EmployeePool, Fen(5))].into(),
            account: Fen::ZERO,
            reason: "重复收费".to_owned(),
            decided_on: now().day(),
            by: "孙某丙".to_owned(),
            decided_at: now(),
        };
        let line = line_with(settled, Part::Deducted("KK1".to_owned()), -5);
        Reported { deduction, line, month: cleared, reported_at: now() }
    }

    async fn run(store: &Store, statement: &'static str) {
        sqlx::query(statement).execute(&mut *store.conn().await.unwrap()).await.unwrap();
    }

    #[tokio::test]
    async fn payments_of_a_year_are_those_of_the_clearing_and_else_of_settlements() {
        let store = store().await;
        let mut work = store.begin().await.unwrap();
        for one in [
            settlement(1, "2026-10-05 10:00:00", "110105", 300),
            settlement(2, "2026-11-05 10:00:00", "110105", 400),
            settlement(3, "2026-11-06 10:00:00", "110101", 50),
            settlement(4, "2027-01-05 10:00:00", "110105", 9_999),
        ] {
            assert!(hub::insert(&mut work, &one).await.unwrap());
        }
        work.save().await.unwrap();
        // October was adopted, in its second plan, with a late settlement less.
        run(&store, "insert into clearing_month (province, month, stage, closed_at, revision, adopted) values (100000, 202610, 3, 0, 2, 2)").await;
        run(
            &store,
            "insert into clearing_pair (province, month, revision, treatment, parts, dues)
             select 110000, 202610, revision, 420000, 1,
                    '[{\"scheme\":\"employee\",\"purse\":\"310100\",\"amount\":' || 280 + revision || '},
                      {\"scheme\":\"employee\",\"purse\":\"310200\",\"amount\":10},
                      {\"scheme\":\"resident\",\"purse\":\"390100\",\"amount\":7}]'
             from generate_series(1, 2) revision",
        )
        .await;
        let mut work = store.begin().await.unwrap();
        let paid = paid_in_months(&mut work, 2026).await.unwrap();
        let of = pair("110000-420000");
        let employee = [(month(202_610), Fen(292)), (month(202_611), Fen(450))].into();
        let resident = [(month(202_610), Fen(7))].into();
        assert_eq!(paid, [((of, EMPLOYEE), employee), ((of, InsuranceScheme::Resident), resident)].into());
    }

    #[tokio::test]
    async fn the_hub_knows_what_is_owed() {
        let store = store().await;
        let spans = Spans {
            entered_from: "2026-12-01".parse().unwrap(),
            spent_from: "2026-12-22".parse().unwrap(),
            month: month(202_612),
        };
        let mut work = store.begin().await.unwrap();
        for one in [
            settlement(1, "2026-10-05 10:00:00", "110105", 300),
            settlement(2, "2026-11-05 10:00:00", "110105", 400),
            settlement(3, "2026-12-05 10:00:00", "110105", 30),
            settlement(4, "2027-01-05 10:00:00", "110105", 7),
            // Cleared in October, and given back when that was closed.
            settlement(5, "2026-10-06 10:00:00", "110105", 20),
            // Of October, and cleared in December.
            settlement(6, "2026-10-07 10:00:00", "110105", 1_000),
        ] {
            hub::insert(&mut work, &one).await.unwrap();
        }
        work.save().await.unwrap();
        run(&store, "update hub_settlement set stage = 1, undo_month = 202612 where total = 120").await;
        run(&store, "update hub_settlement set clearing_month = 202612 where total = 1100").await;
        let of = (pair("110000-420000"), EMPLOYEE);
        let owed = async || {
            let mut work = store.begin().await.unwrap();
            owed_at_hub(&mut work, spans).await.unwrap().remove(&of).unwrap()
        };
        // Nothing was noticed yet: all of it, and the one that was given back is nothing.
        let all = HubSums { owed: Fen(300 + 400 + 30 + 7 + 1_000), spent: Fen(7), monthly: Fen(30) };
        assert_eq!(owed().await, all);

        run(&store, "insert into clearing_month (province, month, stage, closed_at, revision, adopted) values (100000, 202610, 4, 0, 1, 1)").await;
        let open = Fen(400 + 30 + 7 + 1_000 - 20);
        assert_eq!(owed().await, HubSums { owed: open, ..all }, "October is its notice's matter");
        let cause = Cause::Clearing { month: month(202_610) };
        let (payer, payee) = (of.0.insured, of.0.treatment);
        let line = |fund: Fund, amount: i64| NoticeLine {
            scheme: EMPLOYEE,
            purse: fund.into(),
            amount: Fen(amount),
        };
        let issued = Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines: vec![line(Fund::EmployeePool, 300), line(Fund::LargeAmount, 20)],
            issued_on: now().day(),
            issued_at: now(),
            by: "赵某甲".to_owned(),
        };
        let mut work = store.begin().await.unwrap();
        notice::issue(&mut work, &issued).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(owed().await.owed, open + Fen(320), "what was noticed is owed until it is paid");
        run(
            &store,
            "insert into transfer_agreed (province, number, amount, vouchers, changed_at)
             values (100000, 'QS202610-110000-420000-310', 290, 1, 0)",
        )
        .await;
        assert_eq!(owed().await.owed, open + Fen(30), "in part");

        // What a notice has too much, a later month gives back. The row of a month without one is right by itself.
        let mut work = store.begin().await.unwrap();
        let mut said = Vec::new();
        for (serial, at) in [(1, "2026-10-05 10:00:00"), (2, "2026-11-05 10:00:00")] {
            let row = settlement(serial, at, "110105", 0);
            let settled = settled_in(work.conn(), row.insured, row.id).await.unwrap().unwrap();
            said.push(settled.line.clone());
            correction::put(&mut work, &corrected(&settled.line, month(202_612))).await.unwrap();
        }
        work.save().await.unwrap();
        assert_eq!(owed().await.owed, open + Fen(30 - 1));
        let mut work = store.begin().await.unwrap();
        put_deduction(&mut work, &deducted(&said[0], month(202_612))).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(owed().await.owed, open + Fen(30 - 1 - 5));
        // What was left out of October is owed as well, while it has come in no month and in one that has no notice yet.
        let mut work = store.begin().await.unwrap();
        let late = settlement(7, "2026-10-08 10:00:00", "110105", 64);
        hub::insert(&mut work, &late).await.unwrap();
        let line = settled_in(work.conn(), late.insured, late.id).await.unwrap().unwrap().line;
        work.save().await.unwrap();
        assert_eq!(owed().await.owed, open + Fen(30 - 1 - 5), "in its notice, as far as anybody knows");
        let mut work = store.begin().await.unwrap();
        put_carries(&mut work, month(202_610), &[LeftOut { line: line.clone(), reason: Reason::Late }])
            .await
            .unwrap();
        work.save().await.unwrap();
        assert_eq!(owed().await.owed, open + Fen(30 - 1 - 5 + 64));
        let mut work = store.begin().await.unwrap();
        set_cleared(&mut work, &[line], month(202_612)).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(owed().await.owed, open + Fen(30 - 1 - 5 + 64));
        // All are their notice's matter as well, once that month has one.
        run(&store, "update clearing_month set month = 202612").await;
        assert_eq!(owed().await.owed, Fen(7 + 30), "what is left of October's notice, and January");

        let mut conn = store.conn().await.unwrap();
        assert_eq!(agreed(&mut conn, issued.number.as_str(), EMPLOYEE).await.unwrap(), Fen(290));
        assert_eq!(agreed(&mut conn, "YF2027-110000-420000", EMPLOYEE).await.unwrap(), Fen(0));
    }

    #[tokio::test]
    async fn the_journal_counts_where_the_ledger_has_not_taken_it_up() {
        let store = store().await;
        let owner: Participant = "420000".parse().unwrap();
        let beijing: Province = "110000".parse().unwrap();
        let receivable = Account::insured_receivable(beijing, EMPLOYEE, Fund::EmployeePool);
        let spans = Spans {
            entered_from: "2026-12-01".parse().unwrap(),
            spent_from: "2027-01-02".parse().unwrap(),
            month: month(202_612),
        };
        let moved = |serial: u64, at: &str, amount: i64| {
            let at: Moment = at.parse().unwrap();
            let settled = Settled {
                settlement: SettlementId::new("420000".parse().unwrap(), at, serial),
                scheme: EMPLOYEE,
                funds: [(Fund::EmployeePool, Fen(amount))].into(),
                account: Fen::ZERO,
                day: at.day(),
                recorded_at: at,
            };
            at_treatment(&settled, beijing, &"H42010600901".parse().unwrap())
        };
        let mut work = store.begin().await.unwrap();
        let area = "420100".parse().unwrap();
        for (serial, at, amount) in [
            (1, "2026-12-05 10:00:00", 100),
            (2, "2027-01-01 10:00:00", 20),
            (3, "2027-01-20 09:00:00", 3),
            (4, "2026-11-30 10:00:00", 5_000),
        ] {
            book::append(&mut work, area, &moved(serial, at, amount)).await.unwrap();
        }
        let payable =
            Account::institution_payable("H42010600901".parse().unwrap(), EMPLOYEE, Fund::EmployeePool);
        let entered = Voucher {
            id: VoucherId::new("settlements/20261205/1").unwrap(),
            code: VoucherCode::Settlements,
            subject: "settlements/20261205".to_owned(),
            summary: "异地就医结算汇总".to_owned(),
            day: "2026-12-05".parse().unwrap(),
            recorded_at: now(),
            by: "系统".to_owned(),
            legs: vec![Leg {
                debit: receivable.clone(),
                credit: payable,
                amount: Fen(100),
                phase: Phase::Final,
            }],
        };
        ledger::post(&mut work, owner, &entered).await.unwrap().unwrap();
        let kind = receivable.kind().key();
        let found = journal_of_kind(&mut work, owner, kind, spans).await.unwrap();
        let expected = JournalSums { not_entered: Fen(23), spent: Fen(3), monthly: Fen(100) };
        assert_eq!(found, [(receivable.clone(), expected)].into());
        let ledgers = ledger_of_kind(work.conn(), owner, kind).await.unwrap();
        let sums = ledgers.into_iter().map(|(account, sums)| (account, sums.debits_posted));
        assert_eq!(sums.collect::<Vec<_>>(), [(receivable, Fen(100))]);

        let position = Position {
            prepayment: Fen(1_000),
            owed: Fen(123),
            month: spans.month,
            monthly: Fen(100),
            spent: Fen(3),
        };
        let of = (pair("110000-420000"), EMPLOYEE);
        for _ in 0..2 {
            replace_positions(&mut work, &[(of, position)].into(), now()).await.unwrap();
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(positions(&mut conn).await.unwrap(), [KeptPosition { of, position, computed_at: now() }]);
        assert_eq!(computed_at(&mut conn).await.unwrap(), Some(now()));
    }
}

//! The clearing statement (清算表) as a province has fetched it from the hub: lines, which settlements are counted in which month, and
//! what the province's own books have of these.

use crate::{
    Conn, Document, Result, Work,
    deduction::{self, month},
    document::{document, document_if},
    money::{purse_columns, purse_of, purses},
    row::{coded, division_number, fen, funds, moment, moment_if, parsed},
    search::limited,
};
use casework::settlement::Stage as TreatmentStage;
use funds::{
    Purse, Role,
    clearing::{ClearedLine, ClearingLine, Part},
    clearing_statement::{Finding, Known, Own, Purses, Told},
};
use sqlx::{Row, postgres::PgRow, types::Json};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};
use terms::{Fen, Moment, Month, Province, SettlementId};

/// A month's statement as it was fetched last.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// 清算年月.
    pub month: Month,
    /// The plan that the hub adopted.
    pub revision: u32,
    /// What the hub said of the pairs of provinces, as the wire writes it.
    pub content: Document,
    /// How many lines of settlements it counts for this province.
    pub settlements: u64,
    /// Whether all of it was fetched and checked.
    pub complete: bool,
    /// When it was fetched last.
    pub fetched_at: Moment,
    /// What was answered to this revision.
    pub answer: Option<Given>,
}

/// An answer to a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// As the wire writes it.
    pub answer: Document,
    /// The clerk who decided.
    pub by: String,
    /// When.
    pub at: Moment,
    /// When the hub had taken it.
    pub taken_at: Option<Moment>,
    /// Why the hub has not.
    pub refusal: Option<String>,
}

/// Holds the statements of a province until the unit of work ends: one month is fetched, answered or divided after the other.
pub async fn hold(work: &mut Work, province: Province) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 20))")
        .bind(province.to_string())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Keeps a statement in the place of the one that was there.
pub async fn put(work: &mut Work, province: Province, statement: &Statement) -> Result<()> {
    let given = statement.answer.as_ref();
    sqlx::query(
        "insert into clearing_statement (province, month, revision, content, settlements, fetched_at, answer, answered_by,
                                         answered_at, taken_at, complete, refusal)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (province, month) do update set
             revision = excluded.revision, content = excluded.content, settlements = excluded.settlements,
             fetched_at = excluded.fetched_at, answer = excluded.answer, answered_by = excluded.answered_by,
             answered_at = excluded.answered_at, taken_at = excluded.taken_at, complete = excluded.complete,
             refusal = excluded.refusal",
    )
    .bind(division_number(province.division()))
    .bind(statement.month.number())
    .bind(i32::try_from(statement.revision).unwrap_or(i32::MAX))
    .bind(statement.content.text())
    .bind(i64::try_from(statement.settlements).unwrap_or(i64::MAX))
    .bind(statement.fetched_at.millis())
    .bind(given.map(|given| given.answer.text()))
    .bind(given.map(|given| given.by.as_str()))
    .bind(given.map(|given| given.at.millis()))
    .bind(given.and_then(|given| given.taken_at).map(Moment::millis))
    .bind(statement.complete)
    .bind(given.and_then(|given| given.refusal.as_deref()))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The statement of a month.
pub async fn find(conn: &mut Conn, province: Province, month: Month) -> Result<Option<Statement>> {
    let row = sqlx::query("select * from clearing_statement where province = $1 and month = $2")
        .bind(division_number(province.division()))
        .bind(month.number())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// All statements, the latest month first.
pub async fn list(conn: &mut Conn, province: Province) -> Result<Vec<Statement>> {
    let rows =
        sqlx::query("select * from clearing_statement where province = $1 order by month desc limit 240")
            .bind(division_number(province.division()))
            .fetch_all(conn)
            .await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<Statement> {
    let answer = match document_if(row, "answer")? {
        Some(answer) => Some(Given {
            answer,
            by: row.try_get("answered_by")?,
            at: moment(row, "answered_at")?,
            taken_at: moment_if(row, "taken_at")?,
            refusal: row.try_get("refusal")?,
        }),
        None => None,
    };
    Ok(Statement {
        month: month(row, "month")?,
        revision: row.try_get::<i32, _>("revision")?.unsigned_abs(),
        content: document(row, "content")?,
        settlements: row.try_get::<i64, _>("settlements")?.unsigned_abs(),
        complete: row.try_get("complete")?,
        fetched_at: moment(row, "fetched_at")?,
        answer,
    })
}

/// Forgets lines, settlements and findings of a month, which is fetched anew.
pub async fn clear(work: &mut Work, province: Province, month: Month) -> Result<()> {
    for statement in [
        "delete from clearing_statement_line where province = $1 and month = $2",
        "delete from cleared_settlement where province = $1 and month = $2",
        "delete from clearing_finding where province = $1 and month = $2",
        "delete from deduction_heard where province = $1 and month = $2",
    ] {
        sqlx::query(statement)
            .bind(division_number(province.division()))
            .bind(month.number())
            .execute(work.conn())
            .await?;
    }
    Ok(())
}

/// Adds lines, of which the first has this number.
pub async fn add_lines(
    work: &mut Work,
    (province, month): (Province, Month),
    first: usize,
    lines: &[ClearingLine],
) -> Result<()> {
    let number = |index: usize| i32::try_from(first + index).expect("the lines of a month can be counted");
    sqlx::query(
        "insert into clearing_statement_line (province, month, number, insured, treatment, line)
         select $1, $2, * from unnest($3::integer[], $4::integer[], $5::integer[], $6::text[])",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .bind((0..lines.len()).map(number).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| division_number(line.insured.division())).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| division_number(line.treatment.division())).collect::<Vec<_>>())
    .bind(lines.iter().map(ToString::to_string).collect::<Vec<_>>())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The lines of a month in their order, after so many, at most so many.
pub async fn lines(
    conn: &mut Conn,
    (province, month): (Province, Month),
    after: i32,
    most: i64,
) -> Result<Vec<ClearingLine>> {
    let rows = sqlx::query(limited(
        "select line from clearing_statement_line where province = $1 and month = $2 and number >= $3
         order by number",
        most,
    ))
    .bind(division_number(province.division()))
    .bind(month.number())
    .bind(after)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| parsed(row, "line")).collect()
}

/// The number of a part in the database: roles that a province plays.
const fn role_number(role: Role) -> i16 {
    match role {
        Role::Treatment => 0,
        Role::Insured => 1,
        Role::Hub => panic!("a province is not the hub"),
    }
}

fn role(row: &PgRow) -> Result<Role> {
    Ok(if row.try_get::<i16, _>("role")? == 0 { Role::Treatment } else { Role::Insured })
}

/// What numbers of corrections begin with here: no number of a deduction has a stroke.
const CORRECTED: &str = "corrected/";

fn part_name(part: &Part) -> Cow<'_, str> {
    match part {
        Part::Made => "made".into(),
        Part::Undone => "undone".into(),
        Part::Deducted(number) => number.into(),
        Part::Corrected(number) => format!("{CORRECTED}{number}").into(),
    }
}

/// Writes down which settlements a month counts. One that is there already stays: the check has said so.
pub async fn add_settlements(
    work: &mut Work,
    (province, month): (Province, Month),
    told: &[Told],
) -> Result<()> {
    let columns = told.iter().map(|one| purse_columns(&one.purses));
    let (codes, amounts): (Vec<_>, Vec<_>) = columns
        .map(|(codes, amounts)| {
            let amounts: Vec<String> = amounts.iter().map(i64::to_string).collect();
            (format!("{{{}}}", codes.join(",")), format!("{{{}}}", amounts.join(",")))
        })
        .unzip();
    sqlx::query(
        "insert into cleared_settlement (province, month, role, id, part, purses, amounts)
         select $1, $2, role, id, part, purses::text[], amounts::bigint[]
         from unnest($3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[]) as told (role, id, part, purses, amounts)
         on conflict do nothing",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .bind(told.iter().map(|one| role_number(one.role)).collect::<Vec<_>>())
    .bind(told.iter().map(|one| one.id.to_string()).collect::<Vec<_>>())
    .bind(told.iter().map(|one| part_name(&one.part).into_owned()).collect::<Vec<_>>())
    .bind(codes)
    .bind(amounts)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes down deductions of which the insured place hears with a month.
pub async fn add_heard(
    work: &mut Work,
    (province, month): (Province, Month),
    lines: &[&ClearedLine],
) -> Result<()> {
    for line in lines {
        let Part::Deducted(number) = &line.part else { continue };
        sqlx::query(
            "insert into deduction_heard (province, month, number, settlement, line) values ($1, $2, $3, $4, $5)
             on conflict do nothing",
        )
        .bind(division_number(province.division()))
        .bind(month.number())
        .bind(number)
        .bind(line.settlement.to_string())
        .bind(Json(line))
        .execute(work.conn())
        .await?;
    }
    Ok(())
}

/// The deductions of which the insured place has heard with a month, in the order of their numbers.
pub async fn heard(conn: &mut Conn, province: Province, month: Month) -> Result<Vec<ClearedLine>> {
    let rows =
        sqlx::query("select line from deduction_heard where province = $1 and month = $2 order by number")
            .bind(division_number(province.division()))
            .bind(month.number())
            .fetch_all(conn)
            .await?;
    rows.iter().map(|row| Ok(row.try_get::<Json<ClearedLine>, _>("line")?.0)).collect()
}

/// Takes settlements out of a month: the hub has upheld a dispute, and they come with a later one.
pub async fn remove_settlements(
    work: &mut Work,
    (province, month): (Province, Month),
    lines: &[ClearedLine],
) -> Result<()> {
    sqlx::query(
        "delete from cleared_settlement kept
         using unnest($3::text[], $4::text[]) as gone (id, part)
         where kept.province = $1 and kept.month = $2 and kept.id = gone.id and kept.part = gone.part",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .bind(lines.iter().map(|line| line.settlement.to_string()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| part_name(&line.part).into_owned()).collect::<Vec<_>>())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The months in which a settlement is counted, given back or deducted from, in the province's parts in it.
pub async fn months_of(
    conn: &mut Conn,
    province: Province,
    id: SettlementId,
) -> Result<Vec<(Month, Role, Part, Purses)>> {
    let rows = sqlx::query(
        "select * from cleared_settlement where province = $1 and id = $2 order by month, role, part",
    )
    .bind(division_number(province.division()))
    .bind(id.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((month(row, "month")?, role(row)?, part(row)?, purses(row)?))).collect()
}

fn part(row: &PgRow) -> Result<Part> {
    Ok(match row.try_get::<String, _>("part")?.as_str() {
        "made" => Part::Made,
        "undone" => Part::Undone,
        number => match number.strip_prefix(CORRECTED) {
            Some(number) => Part::Corrected(number.to_owned()),
            None => Part::Deducted(number.to_owned()),
        },
    })
}

/// What is known here of a page of what the hub counts in a month: what the books have, and what earlier pages and months count.
pub async fn known(
    conn: &mut Conn,
    (province, month): (Province, Month),
    lines: &[ClearedLine],
) -> Result<Known> {
    let month_end = month.next().first_day().start();
    let mut known = Known::default();
    add_treatment(conn, province, lines, month_end, &mut known).await?;
    add_insured(conn, province, lines, month_end, &mut known).await?;
    let rows = sqlx::query(
        "select role, id, part, purses, amounts from cleared_settlement
         where province = $1 and id = any($2) and month <= $3 and (part in ('made', 'undone') or starts_with(part, 'corrected/'))
         order by month, part",
    )
    .bind(division_number(province.division()))
    .bind(lines.iter().map(|line| line.settlement.to_string()).collect::<Vec<_>>())
    .bind(month.number())
    .fetch_all(conn)
    .await?;
    let corrected: BTreeSet<SettlementId> = lines
        .iter()
        .filter(|line| matches!(line.part, Part::Corrected(_)))
        .map(|line| line.settlement)
        .collect();
    for row in &rows {
        let key = (role(row)?, parsed(row, "id")?);
        let part = part(row)?;
        match part {
            Part::Made => drop(known.counted.insert(key)),
            Part::Undone => drop(known.counted.remove(&key)),
            Part::Deducted(_) | Part::Corrected(_) => {}
        }
        // What this page has of a settlement that it corrects is added by the check.
        let on_page = |line: &&ClearedLine| line.settlement == key.1 && line.part == part;
        if corrected.contains(&key.1) && !lines.iter().any(|line| on_page(&line)) {
            let paid = known.paid.entry(key).or_default();
            for (purse, amount) in purses(row)? {
                *paid.entry(purse).or_default() += amount;
            }
        }
    }
    Ok(known)
}

async fn add_treatment(
    conn: &mut Conn,
    province: Province,
    lines: &[ClearedLine],
    month_end: Moment,
    known: &mut Known,
) -> Result<()> {
    let own: Vec<&ClearedLine> = lines.iter().filter(|line| line.treatment.province() == province).collect();
    let ids: Vec<SettlementId> = own.iter().map(|line| line.settlement).collect();
    let rows = sqlx::query(
        "select kept.id, kept.stage, kept.funds, kept.fund_paid, kept.account, kept.undo_at as undone_at
         from unnest($2::integer[], $3::text[]) as asked (month, id)
         join treatment_settlement kept on kept.province = $1 and kept.month = asked.month and kept.id = asked.id",
    )
    .bind(division_number(province.division()))
    .bind(ids.iter().map(|id| id.month().number()).collect::<Vec<_>>())
    .bind(ids.iter().map(ToString::to_string).collect::<Vec<_>>())
    .fetch_all(&mut *conn)
    .await?;
    let mut deductions = BTreeMap::<SettlementId, BTreeMap<String, Purses>>::new();
    let recorded = deduction::of_settlements(conn, province, &ids).await?;
    for recorded in recorded.into_iter().filter(|one| one.refusal.is_none()) {
        let deducted = recorded.deduction;
        let purses = purses_of(&deducted.funds, deducted.account);
        deductions.entry(deducted.settlement).or_default().insert(deducted.number, purses);
    }
    let settled = TreatmentStage::ALL.iter().position(|stage| *stage == TreatmentStage::Settled);
    for row in &rows {
        let stands = row.try_get::<i16, _>("stage").map(i64::from)? == settled.map_or(-1, position);
        let id: SettlementId = parsed(row, "id")?;
        // Its own line and those of its deductions may be on one page.
        let deductions = deductions.get(&id).cloned().unwrap_or_default();
        add_own(row, (Role::Treatment, id), (stands, deductions), month_end, known)?;
    }
    Ok(())
}

fn position(position: usize) -> i64 {
    i64::try_from(position).expect("few stages")
}

async fn add_insured(
    conn: &mut Conn,
    province: Province,
    lines: &[ClearedLine],
    month_end: Moment,
    known: &mut Known,
) -> Result<()> {
    let own: Vec<&ClearedLine> = lines.iter().filter(|line| line.insured.province() == province).collect();
    let rows = sqlx::query(
        "select kept.id, kept.stage, kept.funds, kept.fund_paid, kept.account, kept.undone_at
         from unnest($1::integer[], $2::integer[], $3::text[]) as asked (area, month, id)
         join insured_settlement kept on kept.area = asked.area and kept.month = asked.month and kept.id = asked.id",
    )
    .bind(own.iter().map(|line| crate::area_of(line.insured.pooling_area())).collect::<Vec<_>>())
    .bind(own.iter().map(|line| line.settlement.month().number()).collect::<Vec<_>>())
    .bind(own.iter().map(|line| line.settlement.to_string()).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    for row in &rows {
        let stands = row.try_get::<i16, _>("stage")? == 0;
        add_own(row, (Role::Insured, parsed(row, "id")?), (stands, BTreeMap::new()), month_end, known)?;
    }
    Ok(())
}

fn add_own(
    row: &PgRow,
    key: (Role, SettlementId),
    (stands, deductions): (bool, BTreeMap<String, Purses>),
    month_end: Moment,
    known: &mut Known,
) -> Result<()> {
    let purses = purses_of(&funds(row)?, fen(row, "account")?);
    if !stands && moment_if(row, "undone_at")?.is_some_and(|undone| undone >= month_end) {
        known.undone_later.insert(key);
    }
    known.own.insert(key, Own { stands, purses, deductions });
    Ok(())
}

fn purses_of(funds: &BTreeMap<terms::Fund, Fen>, account: Fen) -> Purses {
    let funds = funds.iter().map(|(fund, amount)| (Purse::Fund(*fund), *amount));
    funds.chain([(Purse::PersonalAccount, account)]).filter(|(_, amount)| !amount.is_zero()).collect()
}

/// A settlement as a month counts it, gives it back, or deducts from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Which.
    pub id: SettlementId,
    /// 清算年月.
    pub month: Month,
    /// What of it.
    pub part: Part,
    /// The amounts.
    pub purses: Purses,
    /// The check of the month has found something about it, and told the person who answered.
    pub found: bool,
}

/// In which months settlements of a part of the province are counted: for a proof.
pub async fn counted(
    conn: &mut Conn,
    province: Province,
    role: Role,
    ids: &[String],
) -> Result<Vec<Counted>> {
    let rows = sqlx::query(
        "select kept.*, exists (select from clearing_finding finding
                                where finding.province = kept.province and finding.month = kept.month
                                  and finding.role = kept.role and finding.id = kept.id) as found
         from cleared_settlement kept where kept.province = $1 and kept.role = $2 and kept.id = any($3)",
    )
    .bind(division_number(province.division()))
    .bind(role_number(role))
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(Counted {
            id: parsed(row, "id")?,
            month: month(row, "month")?,
            part: part(row)?,
            purses: purses(row)?,
            found: row.try_get("found")?,
        })
    };
    rows.iter().map(read).collect()
}

/// How many settlements all months count about which no check has found anything.
pub async fn count_counted(conn: &mut Conn, province: Province) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "select count(*) from cleared_settlement kept
         where kept.province = $1
           and not exists (select from clearing_finding finding
                           where finding.province = kept.province and finding.month = kept.month
                             and finding.role = kept.role and finding.id = kept.id)",
    )
    .bind(division_number(province.division()))
    .fetch_one(conn)
    .await?)
}

/// What the settlements of a month come to, by part of the province and purse.
pub async fn counted_sums(
    conn: &mut Conn,
    (province, month): (Province, Month),
) -> Result<BTreeMap<(Role, Purse), Fen>> {
    let rows = sqlx::query(
        "select kept.role, one.purse, sum(one.amount)::bigint as amount
         from cleared_settlement kept cross join lateral unnest(kept.purses, kept.amounts) as one (purse, amount)
         where kept.province = $1 and kept.month = $2
         group by kept.role, one.purse having sum(one.amount) <> 0",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| Ok(((role(row)?, coded(row, "purse", purse_of)?), fen(row, "amount")?));
    rows.iter().map(read).collect()
}

/// Settlements that stand here, were settled in the months from the first to the last by the end of the last, and are counted in no
/// month up to then: at most so many of each part.
pub async fn uncounted(
    conn: &mut Conn,
    province: Province,
    (first, last): (Month, Month),
    most: i64,
) -> Result<Vec<(Role, SettlementId)>> {
    let number = division_number(province.division());
    let rows = sqlx::query(
        "select * from (
            (select 0::smallint as role, kept.id from treatment_settlement kept
             where kept.province = $1 and kept.month between $2 and $3 and kept.stage = 1
               and kept.settled_at < $4 and kept.insured / 10000 <> $1 / 10000
               and kept.fund_total + kept.account <> 0
               and not exists (select from cleared_settlement counted
                               where counted.id = kept.id and counted.province = $1 and counted.role = 0
                                 and counted.part = 'made' and counted.month <= $3)
             order by kept.id limit $5)
            union all
            (select 1::smallint as role, kept.id from insured_settlement kept
             where kept.area between $1 and $1 + 9999 and kept.month between $2 and $3 and kept.stage = 0
               and kept.committed_at < $4 and kept.treatment <> $1
               and kept.fund_total + kept.account <> 0
               and not exists (select from cleared_settlement counted
                               where counted.id = kept.id and counted.province = $1 and counted.role = 1
                                 and counted.part = 'made' and counted.month <= $3)
             order by kept.id limit $5)
         ) found",
    )
    .bind(number)
    .bind(first.number())
    .bind(last.number())
    .bind(last.next().first_day().start().millis())
    .bind(most)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((role(row)?, parsed(row, "id")?))).collect()
}

/// A finding as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which settlement.
    pub id: SettlementId,
    /// In which part of the province.
    pub role: Role,
    /// What is wrong, for programs.
    pub fault: String,
    /// What is wrong, in words.
    pub words: String,
}

/// Keeps what the check found.
pub async fn add_findings(
    work: &mut Work,
    (province, month): (Province, Month),
    findings: &[Finding],
) -> Result<()> {
    sqlx::query(
        "insert into clearing_finding (province, month, role, id, fault, words)
         select $1, $2, * from unnest($3::smallint[], $4::text[], $5::text[], $6::text[])
         on conflict do nothing",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .bind(findings.iter().map(|one| role_number(one.role)).collect::<Vec<_>>())
    .bind(findings.iter().map(|one| one.id.to_string()).collect::<Vec<_>>())
    .bind(findings.iter().map(|one| one.fault.name()).collect::<Vec<_>>())
    .bind(findings.iter().map(|one| one.fault.to_string()).collect::<Vec<_>>())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What the check of a month found, in the order of ids, at most so many; and how many there are.
pub async fn findings(
    conn: &mut Conn,
    (province, month): (Province, Month),
    most: i64,
) -> Result<(Vec<Found>, u64)> {
    let key = (division_number(province.division()), month.number());
    let rows = sqlx::query(limited(
        "select * from clearing_finding where province = $1 and month = $2 order by role, id, fault, words",
        most,
    ))
    .bind(key.0)
    .bind(key.1)
    .fetch_all(&mut *conn)
    .await?;
    let count: i64 =
        sqlx::query_scalar("select count(*) from clearing_finding where province = $1 and month = $2")
            .bind(key.0)
            .bind(key.1)
            .fetch_one(conn)
            .await?;
    let found = |row: &PgRow| {
        Ok(Found {
            id: parsed(row, "id")?,
            role: role(row)?,
            fault: row.try_get("fault")?,
            words: row.try_get("words")?,
        })
    };
    Ok((rows.iter().map(found).collect::<Result<_>>()?, count.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, embedded::fixture::TestCluster};
    use funds::clearing_statement::{check, missing};
    use std::collections::BTreeSet;
    use terms::{CareKind, Fund, InsuranceScheme, InsuredPlace, TreatmentPlace};

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn october() -> Month {
        Month::new(2026, 10).unwrap()
    }

    fn hubei() -> Province {
        "420000".parse().unwrap()
    }

    fn id(serial: u64) -> SettlementId {
        SettlementId::new(hubei(), "2026-10-20 10:00:00".parse().unwrap(), serial)
    }

    fn line(serial: u64, pool: i64) -> ClearedLine {
        ClearedLine {
            settlement: id(serial),
            part: Part::Made,
            insured: InsuredPlace("110105".parse().unwrap()),
            treatment: TreatmentPlace("420106".parse().unwrap()),
            institution: "H42010600001".parse().unwrap(),
            scheme: InsuranceScheme::Employee,
            care: CareKind::Inpatient,
            first_month: None,
            total: Fen(pool),
            person_total: Fen::ZERO,
            account: Fen::ZERO,
            funds: [(Fund::EmployeePool, Fen(pool))].into(),
        }
    }

    /// A settlement of Hubei's book, told at a moment, of a person insured somewhere.
    async fn settled(store: &Store, serial: u64, (stage, insured, told): (i16, i32, &str)) {
        sqlx::query(
            "insert into treatment_settlement
                 (province, area, month, id, visit, institution, msgid, stage, person, scheme, insured, total, fund_total,
                  person_total, funds, fund_paid, claim, asked_at, settled_at, registration, care, account, undo)
             values (420000, 420100, 202610, $1, $1, 'H42010600001', $1, $2, 'P', '310', $3, 800, 800, 0, '{310100}', '{800}',
                     '{}', $4, $4, '{}', '2', 0, $5)",
        )
        .bind(id(serial).to_string())
        .bind(stage)
        .bind(insured)
        .bind(told.parse::<Moment>().unwrap().millis())
        .bind((stage == 4).then(|| SettlementId::new(hubei(), told.parse().unwrap(), serial + 500).to_string()))
        .execute(&mut *store.conn().await.unwrap())
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn a_month_is_checked_page_by_page_against_the_book() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let key = (hubei(), october());
        for (serial, row) in [
            (1, (1, 110_105, "2026-10-20 10:00:00")),
            (2, (1, 110_105, "2026-10-20 10:00:00")),
            // Undone within the month, and undone after it.
            (3, (4, 110_105, "2026-10-21 10:00:00")),
            (4, (4, 110_105, "2026-11-03 10:00:00")),
            // Not told to the hub, told too late for the month, and of the own province.
            (5, (1, 110_105, "2026-10-31 23:59:59")),
            (6, (1, 110_105, "2026-11-01 00:00:00")),
            (7, (1, 420_500, "2026-10-20 10:00:00")),
        ] {
            settled(&store, serial, row).await;
        }
        let pages =
            [vec![line(1, 800), line(2, 801), line(3, 800)], vec![line(4, 800), line(1, 800), line(9, 800)]];
        let mut work = store.begin().await.unwrap();
        for page in &pages {
            let told: Vec<Told> = page.iter().flat_map(|line| Told::of(line, hubei())).collect();
            let known = known(work.conn(), key, page).await.unwrap();
            add_findings(&mut work, key, &check(&told, &known)).await.unwrap();
            add_settlements(&mut work, key, &told).await.unwrap();
        }
        let september = Month::new(2026, 9).unwrap();
        let uncounted = uncounted(work.conn(), hubei(), (september, october()), 10).await.unwrap();
        add_findings(&mut work, key, &missing(uncounted, &BTreeSet::new())).await.unwrap();
        work.save().await.unwrap();

        let mut conn = store.conn().await.unwrap();
        let (found, count) = findings(&mut conn, key, 10).await.unwrap();
        let words: Vec<_> = found.iter().map(|one| (one.id, one.fault.as_str())).collect();
        let expected = [(1, "doubled"), (2, "amount"), (3, "undone_here"), (5, "missing"), (9, "unknown")];
        assert_eq!(words, expected.map(|(serial, fault)| (id(serial), fault)), "{found:?}");
        assert_eq!(count, 5);
        let of_first = months_of(&mut conn, hubei(), id(1)).await.unwrap();
        assert_eq!(of_first.len(), 1, "{of_first:?}");

        let mut work = store.begin().await.unwrap();
        remove_settlements(&mut work, key, &[line(1, 800)]).await.unwrap();
        assert!(months_of(work.conn(), hubei(), id(1)).await.unwrap().is_empty());
        clear(&mut work, hubei(), october()).await.unwrap();
        assert_eq!(findings(work.conn(), key, 10).await.unwrap().1, 0);
    }
}

//! Settlements of the hub's book as lines of clearing.

use super::{month_column, province_number};
use crate::{
    Conn, Result,
    row::{coded, division, fen, funds, parsed},
};
use funds::{
    Pair,
    clearing::{ClearedLine, Part},
};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeSet;
use terms::{CareKind, Fen, InsuranceScheme, InsuredPlace, Month, SettlementId, TreatmentPlace};

/// What a line is read from. It must be of a settlement that the hub saw stand.
const COLUMNS: &str = "month, id, clearing_month, undo_month, insured, place, institution, scheme, care, total, person_total, \
                       account, funds, fund_paid";

/// Every number that a province can have: all keys begin with one.
pub(crate) fn provinces() -> Vec<i32> {
    (11..=82).map(|number| number * 10_000).collect()
}

fn read(row: &PgRow, part: Part) -> Result<ClearedLine> {
    let sign = if part == Part::Undone { -1 } else { 1 };
    let amount = |column| -> Result<Fen> { Ok(Fen(fen(row, column)?.0 * sign)) };
    let (own, cleared) = (month_column(row, "month")?, month_column(row, "clearing_month")?);
    let first_month = match part {
        Part::Made => (own != cleared).then_some(own),
        Part::Undone | Part::Deducted(_) | Part::Corrected(_) => Some(cleared),
    };
    Ok(ClearedLine {
        settlement: parsed(row, "id")?,
        part,
        insured: InsuredPlace(division(row, "insured")?),
        treatment: TreatmentPlace(division(row, "place")?),
        institution: parsed(row, "institution")?,
        scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
        care: coded(row, "care", CareKind::from_code)?,
        first_month,
        total: amount("total")?,
        person_total: amount("person_total")?,
        account: amount("account")?,
        funds: funds(row)?.into_iter().map(|(fund, paid)| (fund, Fen(paid.0 * sign))).collect(),
    })
}

async fn select(
    conn: &mut Conn,
    condition: &'static str,
    bind: &Binds<'_>,
    part: &Part,
) -> Result<Vec<ClearedLine>> {
    let text = format!("select {COLUMNS} from hub_settlement where {condition} order by province, id");
    let query = sqlx::query(sqlx::AssertSqlSafe(text));
    let rows = query.bind(bind.0).bind(bind.1).bind(bind.2).bind(bind.3).fetch_all(conn).await?;
    rows.iter().map(|row| read(row, part.clone())).collect()
}

/// A month, another number, provinces, texts: what the conditions name `$1` to `$4`.
struct Binds<'a>(i32, i32, &'a [i32], &'a [String]);

/// What of a closed month still is in it: what stands, and what was undone too late to be in none.
macro_rules! counts {
    ($condition:literal) => {
        concat!(
            $condition,
            " and institution is not null and (stage = 0 or undo_month is not null)
              and ($1 is not null and $2 is not null and $3 is not null and $4 is not null)"
        )
    };
}

/// The settlements that are cleared in a month later than their own, with their own before `before`.
pub async fn late(conn: &mut Conn, month: Month, before: Month) -> Result<Vec<ClearedLine>> {
    let binds = Binds(month.number(), before.number(), &provinces(), &[]);
    select(
        conn,
        counts!("clearing_month = $1 and clearing_month <> month and province = any($3) and month < $2"),
        &binds,
        &Part::Made,
    )
    .await
}

/// The settlements of a pair that are cleared in a month later than their own.
pub async fn moved(conn: &mut Conn, month: Month, pair: Pair) -> Result<Vec<ClearedLine>> {
    let binds = Binds(month.number(), province_number(pair.treatment), &[province_number(pair.insured)], &[]);
    select(
        conn,
        counts!("clearing_month = $1 and clearing_month <> month and province = any($3) and treatment = $2"),
        &binds,
        &Part::Made,
    )
    .await
}

/// The undoings that are lines of a month: those of one pair, or all.
pub async fn given_back(conn: &mut Conn, month: Month, pair: Option<Pair>) -> Result<Vec<ClearedLine>> {
    let insured = pair.map_or_else(provinces, |pair| vec![province_number(pair.insured)]);
    let treatment = pair.map_or(0, |pair| province_number(pair.treatment));
    let binds = Binds(month.number(), treatment, &insured, &[]);
    let condition = counts!("undo_month = $1 and province = any($3) and (treatment = $2 or $2 = 0)");
    select(conn, condition, &binds, &Part::Undone).await
}

/// Those of these settlements that are lines of a month, and those of their undoings that are.
pub async fn by_ids(conn: &mut Conn, month: Month, ids: &BTreeSet<SettlementId>) -> Result<Vec<ClearedLine>> {
    let months: BTreeSet<i32> = ids.iter().map(|id| id.month().number()).collect();
    let mut found = Vec::new();
    for own in months {
        let of_month: Vec<String> =
            ids.iter().filter(|id| id.month().number() == own).map(ToString::to_string).collect();
        let binds = Binds(month.number(), own, &provinces(), &of_month);
        let made = counts!("province = any($3) and month = $2 and id = any($4) and clearing_month = $1");
        found.extend(select(conn, made, &binds, &Part::Made).await?);
        let undone = counts!("province = any($3) and month = $2 and id = any($4) and undo_month = $1");
        found.extend(select(conn, undone, &binds, &Part::Undone).await?);
    }
    Ok(found)
}

/// A page of the settlements of a pair that are cleared in their own month, in the order of ids.
pub async fn page(
    conn: &mut Conn,
    month: Month,
    pair: Pair,
    after: Option<SettlementId>,
    most: i64,
) -> Result<Vec<ClearedLine>> {
    // A settlement's id begins with the province that gave it: the treatment province.
    let first = after.map_or_else(|| pair.treatment.to_string(), |id| id.to_string());
    let text = format!(
        "select {COLUMNS} from hub_settlement
         where province = $1 and month = $2 and id > $3 and id < $4 and clearing_month = $2 and treatment = $5
           and institution is not null and (stage = 0 or undo_month is not null)
         order by id limit {most}"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(province_number(pair.insured))
        .bind(month.number())
        .bind(first)
        .bind(format!("{}a", pair.treatment))
        .bind(province_number(pair.treatment))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| read(row, Part::Made)).collect()
}

/// In which months a settlement and its undoing are cleared, and what it is as a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledIn {
    /// The line that it made.
    pub line: ClearedLine,
    /// The month in which that is cleared.
    pub month: Month,
    /// The month of its undoing, where that is a line.
    pub undo_month: Option<Month>,
    /// Whether it stands.
    pub stands: bool,
}

/// A settlement that the hub saw stand.
pub async fn settled_in(
    conn: &mut Conn,
    insured: InsuredPlace,
    id: SettlementId,
) -> Result<Option<SettledIn>> {
    let text = format!(
        "select {COLUMNS}, stage from hub_settlement where province = $1 and month = $2 and id = $3 and institution is not null"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(province_number(insured.province()))
        .bind(id.month().number())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    let read = |row: &PgRow| {
        let undo_month: Option<i32> = row.try_get("undo_month")?;
        Ok(SettledIn {
            line: read(row, Part::Made)?,
            month: month_column(row, "clearing_month")?,
            undo_month: undo_month.map(|number| super::month_of(number, "undo_month")).transpose()?,
            stands: row.try_get::<i16, _>("stage")? == 0,
        })
    };
    row.as_ref().map(read).transpose()
}

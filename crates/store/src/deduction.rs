//! Deductions after audit (审核扣款), as the treatment place records them.

use crate::{
    Conn, Error, Result, Work,
    money::scheme_of,
    row::{area_of, coded, division, division_number, moment_if, parsed},
    search::{limited, push_limit},
};
use funds::clearing::Deduction;
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow, types::Json};
use terms::{Day, InstitutionCode, InsuranceScheme, Moment, Month, PoolingArea, Province, SettlementId};

/// A deduction with what the treatment place knows of it besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What is told to the hub.
    pub deduction: Deduction,
    /// The pooling area of the institution.
    pub area: PoolingArea,
    /// Whose fees it is of.
    pub institution: InstitutionCode,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// The number of the audit's document (审核文书号).
    pub reference: String,
    /// The month of clearing into which it falls, once the hub has said so.
    pub cleared_month: Option<Month>,
    /// The payment of the institution that has set it off.
    pub payment: Option<String>,
    /// Why and when the hub has refused it for good: it is none, and its entries were taken back.
    pub refusal: Option<(String, Moment)>,
}

impl Recorded {
    /// Whether the hub has yet to say that it takes the deduction.
    pub fn is_waiting(&self) -> bool {
        let is_told = self.deduction.insured.province() != self.area.province();
        is_told && self.cleared_month.is_none() && self.refusal.is_none()
    }
}

/// Keeps a new deduction.
pub async fn insert(work: &mut Work, province: Province, recorded: &Recorded) -> Result<()> {
    sqlx::query(
        "insert into deduction (province, number, settlement, institution, scheme, reference, content, area, insured,
                                decided_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(division_number(province.division()))
    .bind(&recorded.deduction.number)
    .bind(recorded.deduction.settlement.to_string())
    .bind(recorded.institution.as_str())
    .bind(recorded.scheme.code())
    .bind(&recorded.reference)
    .bind(Json(&recorded.deduction))
    .bind(area_of(recorded.area))
    .bind(division_number(recorded.deduction.insured.division()))
    .bind(recorded.deduction.decided_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Those of some settlements, in the order of their numbers.
pub async fn of_settlements(
    conn: &mut Conn,
    province: Province,
    settlements: &[SettlementId],
) -> Result<Vec<Recorded>> {
    let rows =
        sqlx::query("select * from deduction where province = $1 and settlement = any($2) order by number")
            .bind(division_number(province.division()))
            .bind(settlements.iter().map(ToString::to_string).collect::<Vec<_>>())
            .fetch_all(conn)
            .await?;
    rows.iter().map(read).collect()
}

/// The deduction with this number.
pub async fn find(conn: &mut Conn, province: Province, number: &str) -> Result<Option<Recorded>> {
    let row = sqlx::query("select * from deduction where province = $1 and number = $2")
        .bind(division_number(province.division()))
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Those of an institution that stand and that no payment has set off.
pub async fn open(
    conn: &mut Conn,
    province: Province,
    institution: &InstitutionCode,
) -> Result<Vec<Recorded>> {
    let rows = sqlx::query(
        "select * from deduction
         where province = $1 and institution = $2 and payment is null and refusal is null order by number",
    )
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Those after a number, at most so many, in the order of their numbers.
pub async fn list(conn: &mut Conn, province: Province, after: &str, most: i64) -> Result<Vec<Recorded>> {
    let rows = sqlx::query(limited(
        "select * from deduction where province = $1 and number > $2 order by number",
        most,
    ))
    .bind(division_number(province.division()))
    .bind(after)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Where a deduction has come to, as people look for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In no month of clearing yet, and not refused.
    Waiting,
    /// In a month of clearing.
    Cleared,
    /// Refused by the hub for good.
    Refused,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Cleared, Self::Refused];

    /// Its name in the management interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Cleared => "cleared",
            Self::Refused => "refused",
        }
    }
}

/// Which deductions people look for, and in which order.
#[derive(Clone, Copy, Debug)]
pub struct DeductionsWanted<'a> {
    /// Of an institution that lies in the pooling areas from this number to this one.
    pub areas: Option<(u32, u32)>,
    /// Of this institution's fees.
    pub institution: Option<&'a InstitutionCode>,
    /// Where they have come to.
    pub standing: Option<Standing>,
    /// Decided from the first of these days to the last.
    pub days: (Option<Day>, Option<Day>),
    /// The last first.
    pub backwards: bool,
    /// The one with which the page before ended: when it was decided, and its number.
    pub after: Option<&'a (Moment, String)>,
    /// At most so many.
    pub most: i64,
}

/// A page of deductions, in the order in which they were decided.
pub async fn search(
    conn: &mut Conn,
    province: Province,
    wanted: &DeductionsWanted<'_>,
) -> Result<Vec<Recorded>> {
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    let mut query = QueryBuilder::<Postgres>::new("select * from deduction where province = ");
    query.push_bind(division_number(province.division()));
    if let Some((first, last)) = wanted.areas {
        let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        query.push(" and area between ").push_bind(number(first)).push(" and ").push_bind(number(last));
    }
    if let Some(institution) = wanted.institution {
        query.push(" and institution = ").push_bind(institution.as_str().to_owned());
    }
    query.push(match wanted.standing {
        None => "",
        Some(Standing::Waiting) => " and cleared_month is null and refused_at is null",
        Some(Standing::Cleared) => " and cleared_month is not null",
        Some(Standing::Refused) => " and refused_at is not null",
    });
    if let Some(first) = wanted.days.0 {
        query.push(" and decided_at >= ").push_bind(first.start().millis());
    }
    if let Some(last) = wanted.days.1 {
        query.push(" and decided_at < ").push_bind(last.plus_days(1).start().millis());
    }
    if let Some((at, number)) = wanted.after {
        query.push(format!(" and (decided_at, number) {than} (")).push_bind(at.millis()).push(", ");
        query.push_bind(number.clone()).push(")");
    }
    query.push(format!(" order by decided_at {direction}, number {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// Those of a month of settlements within the province, which no hub clears.
pub async fn within(conn: &mut Conn, province: Province, month: Month) -> Result<Vec<Recorded>> {
    let rows = sqlx::query(
        "select * from deduction
         where province = $1 and decided_at >= $2 and decided_at < $3 and insured / 10000 = $1 / 10000 order by number",
    )
    .bind(division_number(province.division()))
    .bind(month.first_day().start().millis())
    .bind(month.next().first_day().start().millis())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// Writes the month into which the hub put a deduction.
pub async fn set_cleared(work: &mut Work, province: Province, number: &str, month: Month) -> Result<()> {
    sqlx::query("update deduction set cleared_month = $3 where province = $1 and number = $2")
        .bind(division_number(province.division()))
        .bind(number)
        .bind(month.number())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// Writes that the hub has refused a deduction for good, unless it has taken it.
pub async fn set_refused(
    work: &mut Work,
    province: Province,
    number: &str,
    (words, now): (&str, Moment),
) -> Result<bool> {
    let done = sqlx::query(
        "update deduction set refusal = $3, refused_at = $4
         where province = $1 and number = $2 and cleared_month is null and refusal is null",
    )
    .bind(division_number(province.division()))
    .bind(number)
    .bind(words)
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes that a payment has set deductions off.
pub async fn set_off(work: &mut Work, province: Province, numbers: &[String], payment: &str) -> Result<()> {
    sqlx::query("update deduction set payment = $3 where province = $1 and number = any($2)")
        .bind(division_number(province.division()))
        .bind(numbers)
        .bind(payment)
        .execute(work.conn())
        .await?;
    Ok(())
}

fn read(row: &PgRow) -> Result<Recorded> {
    let Json(deduction) = row.try_get::<Json<Deduction>, _>("content")?;
    let refusal: Option<String> = row.try_get("refusal")?;
    Ok(Recorded {
        deduction,
        area: PoolingArea(division(row, "area")?),
        institution: parsed(row, "institution")?,
        scheme: coded(row, "scheme", scheme_of)?,
        reference: row.try_get("reference")?,
        cleared_month: month_if(row, "cleared_month")?,
        payment: row.try_get("payment")?,
        refusal: refusal.zip(moment_if(row, "refused_at")?),
    })
}

/// An integer column as a month.
pub(crate) fn month(row: &PgRow, column: &'static str) -> Result<Month> {
    let number: i32 = row.try_get(column)?;
    month_of(number).ok_or_else(|| Error::Corrupt { column, value: number.to_string() })
}

fn month_if(row: &PgRow, column: &'static str) -> Result<Option<Month>> {
    let number: Option<i32> = row.try_get(column)?;
    let corrupt = |number: i32| Error::Corrupt { column, value: number.to_string() };
    number.map(|number| month_of(number).ok_or_else(|| corrupt(number))).transpose()
}

fn month_of(number: i32) -> Option<Month> {
    Day::from_number(number.checked_mul(100)?.checked_add(1)?).map(Day::month)
}

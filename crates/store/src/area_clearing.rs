//! The second level of clearing: what pooling areas (统筹区) owe of a month, and what they have sent up.

use crate::{
    Conn, Error, Result, Work,
    deduction::month as month_column,
    money::{money, money_columns, purse_of, scheme_of},
    reconciliation::read_settlement,
    row::{area_of, coded, division, division_number, fen, moment, moment_if},
};
use funds::{
    apportioning::{SettledLine, lines_in},
    area_clearing::{Claim, Due},
    institution_payment::Money,
};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{Day, Moment, Month, PoolingArea, Province};

/// A month that was divided over the areas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divided {
    /// 清算年月.
    pub month: Month,
    /// The clerk.
    pub by: String,
    /// When.
    pub at: Moment,
    /// By when areas send up.
    pub due: Day,
}

/// A claim of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is owed.
    pub due: Due,
    /// Who passed it on within the province, and when.
    pub passed: Option<(String, Moment)>,
}

/// Money of an area that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The month for which it came.
    pub month: Month,
    /// Whose.
    pub area: PoolingArea,
    /// Counts the receipts of the area and month, from 1.
    pub number: u32,
    /// The day on which it came.
    pub day: Day,
    /// 交易流水号.
    pub bank_reference: String,
    /// What came.
    pub money: Money,
    /// The clerk.
    pub by: String,
    /// When it was entered.
    pub at: Moment,
}

/// Writes down that a month was divided, with its claims in the place of those that were there.
pub async fn put(
    work: &mut Work,
    province: Province,
    divided: &Divided,
    claims: &BTreeMap<Claim, Due>,
) -> Result<()> {
    let (province, month) = (division_number(province.division()), divided.month.number());
    sqlx::query(
        "insert into area_month (province, month, divided_by, divided_at, due_day) values ($1, $2, $3, $4, $5)
         on conflict (province, month) do update set
             divided_by = excluded.divided_by, divided_at = excluded.divided_at, due_day = excluded.due_day",
    )
    .bind(province)
    .bind(month)
    .bind(&divided.by)
    .bind(divided.at.millis())
    .bind(divided.due.number())
    .execute(work.conn())
    .await?;
    sqlx::query("delete from area_claim where province = $1 and month = $2")
        .bind(province)
        .bind(month)
        .execute(work.conn())
        .await?;
    let each = || claims.iter();
    sqlx::query(
        "insert into area_claim (province, month, debtor, creditor, scheme, purse, count, amount)
         select $1, $2, * from unnest($3::integer[], $4::integer[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])",
    )
    .bind(province)
    .bind(month)
    .bind(each().map(|(claim, _)| area_of(claim.debtor)).collect::<Vec<_>>())
    .bind(each().map(|(claim, _)| area_of(claim.creditor)).collect::<Vec<_>>())
    .bind(each().map(|(claim, _)| claim.scheme.code()).collect::<Vec<_>>())
    .bind(each().map(|(claim, _)| claim.purse.code()).collect::<Vec<_>>())
    .bind(each().map(|(_, due)| i64::try_from(due.count).unwrap_or(i64::MAX)).collect::<Vec<_>>())
    .bind(each().map(|(_, due)| due.amount.0).collect::<Vec<_>>())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The months that were divided, in their order.
pub async fn months(conn: &mut Conn, province: Province) -> Result<Vec<Month>> {
    let rows = sqlx::query("select month from area_month where province = $1 order by month")
        .bind(division_number(province.division()))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| crate::deduction::month(row, "month")).collect()
}

/// Whether a month was divided.
pub async fn find(conn: &mut Conn, province: Province, month: Month) -> Result<Option<Divided>> {
    let row = sqlx::query("select * from area_month where province = $1 and month = $2")
        .bind(division_number(province.division()))
        .bind(month.number())
        .fetch_optional(conn)
        .await?;
    let read = |row: &PgRow| {
        Ok(Divided {
            month,
            by: row.try_get("divided_by")?,
            at: moment(row, "divided_at")?,
            due: day(row, "due_day")?,
        })
    };
    row.as_ref().map(read).transpose()
}

pub(crate) fn day(row: &PgRow, column: &'static str) -> Result<Day> {
    let number: i32 = row.try_get(column)?;
    Day::from_number(number).ok_or_else(|| Error::Corrupt { column, value: number.to_string() })
}

/// The claims of a month.
pub async fn claims(conn: &mut Conn, province: Province, month: Month) -> Result<BTreeMap<Claim, Standing>> {
    let rows = sqlx::query("select * from area_claim where province = $1 and month = $2")
        .bind(division_number(province.division()))
        .bind(month.number())
        .fetch_all(conn)
        .await?;
    rows.iter().map(read_claim).collect()
}

fn read_claim(row: &PgRow) -> Result<(Claim, Standing)> {
    let claim = Claim {
        debtor: PoolingArea(division(row, "debtor")?),
        creditor: PoolingArea(division(row, "creditor")?),
        scheme: coded(row, "scheme", scheme_of)?,
        purse: coded(row, "purse", purse_of)?,
    };
    let passed_by: Option<String> = row.try_get("passed_by")?;
    let due = Due { count: row.try_get::<i64, _>("count")?.unsigned_abs(), amount: fen(row, "amount")? };
    Ok((claim, Standing { due, passed: passed_by.zip(moment_if(row, "passed_at")?) }))
}

/// What each area owes of all months before this one, by scheme and purse, less what it sent up for them: below nothing where it
/// has something to get back.
pub async fn open_before(
    conn: &mut Conn,
    province: Province,
    month: Month,
) -> Result<BTreeMap<PoolingArea, Money>> {
    let rows = sqlx::query(
        "select area, scheme, purse, sum(amount)::bigint as amount from (
            select debtor as area, scheme, purse, amount from area_claim where province = $1 and month < $2
            union all
            select receipt.area, part.scheme, part.purse, -part.amount
            from area_receipt receipt,
                 unnest(receipt.schemes, receipt.purses, receipt.amounts) as part (scheme, purse, amount)
            where receipt.province = $1 and receipt.month < $2
         ) moves group by area, scheme, purse having sum(amount) <> 0",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .fetch_all(conn)
    .await?;
    let mut open = BTreeMap::<PoolingArea, Money>::new();
    for row in &rows {
        let key = (coded(row, "scheme", scheme_of)?, coded(row, "purse", purse_of)?);
        open.entry(PoolingArea(division(row, "area")?)).or_default().insert(key, fen(row, "amount")?);
    }
    Ok(open)
}

/// Writes that claims were passed on.
pub async fn set_passed(
    work: &mut Work,
    (province, month): (Province, Month),
    claims: &[Claim],
    (by, at): (&str, Moment),
) -> Result<()> {
    sqlx::query(
        "update area_claim kept set passed_by = $7, passed_at = $8
         from unnest($3::integer[], $4::integer[], $5::text[], $6::text[]) as gone (debtor, creditor, scheme, purse)
         where kept.province = $1 and kept.month = $2 and kept.debtor = gone.debtor and kept.creditor = gone.creditor
           and kept.scheme = gone.scheme and kept.purse = gone.purse",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .bind(claims.iter().map(|claim| area_of(claim.debtor)).collect::<Vec<_>>())
    .bind(claims.iter().map(|claim| area_of(claim.creditor)).collect::<Vec<_>>())
    .bind(claims.iter().map(|claim| claim.scheme.code()).collect::<Vec<_>>())
    .bind(claims.iter().map(|claim| claim.purse.code()).collect::<Vec<_>>())
    .bind(by)
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Keeps a receipt.
pub async fn add_receipt(work: &mut Work, province: Province, receipt: &Receipt) -> Result<()> {
    let (schemes, purses, amounts) = money_columns(&receipt.money);
    sqlx::query(
        "insert into area_receipt (province, month, area, number, day, bank_reference, schemes, purses, amounts,
                                   recorded_by, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(division_number(province.division()))
    .bind(receipt.month.number())
    .bind(area_of(receipt.area))
    .bind(i32::try_from(receipt.number).unwrap_or(i32::MAX))
    .bind(receipt.day.number())
    .bind(&receipt.bank_reference)
    .bind(schemes)
    .bind(purses)
    .bind(amounts)
    .bind(&receipt.by)
    .bind(receipt.at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The receipts of a month, by area and number.
pub async fn receipts(conn: &mut Conn, province: Province, month: Month) -> Result<Vec<Receipt>> {
    let rows =
        sqlx::query("select * from area_receipt where province = $1 and month = $2 order by area, number")
            .bind(division_number(province.division()))
            .bind(month.number())
            .fetch_all(conn)
            .await?;
    rows.iter().map(read_receipt).collect()
}

/// The receipt of a transaction of the bank.
pub async fn receipt_of(
    conn: &mut Conn,
    province: Province,
    bank_reference: &str,
) -> Result<Option<Receipt>> {
    let row = sqlx::query("select * from area_receipt where province = $1 and bank_reference = $2")
        .bind(division_number(province.division()))
        .bind(bank_reference)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read_receipt).transpose()
}

fn read_receipt(row: &PgRow) -> Result<Receipt> {
    Ok(Receipt {
        month: month_column(row, "month")?,
        area: PoolingArea(division(row, "area")?),
        number: row.try_get::<i32, _>("number")?.unsigned_abs(),
        day: day(row, "day")?,
        bank_reference: row.try_get("bank_reference")?,
        money: money(row)?,
        by: row.try_get("recorded_by")?,
        at: moment(row, "recorded_at")?,
    })
}

/// The lines of a month of people who were treated in another area of their own province (省内异地), each with the area of the
/// institution. A month that is over does not change any more.
pub async fn lines_within(
    conn: &mut Conn,
    province: Province,
    month: Month,
) -> Result<Vec<(PoolingArea, SettledLine)>> {
    let period = month.first_day().start()..month.next().first_day().start();
    let rows = sqlx::query(
        "select area, id, scheme, insured, care, total, fund_total, person_total, account, funds, fund_paid, settled_at, undo,
                undo_at, undo_reason
         from treatment_settlement
         where province = $1 and month <= $2 and insured / 10000 = $1 / 10000
           and (settled_at >= $3 and settled_at < $4 or undo_at >= $3 and undo_at < $4 and settled_at is not null)
         order by id",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .bind(period.start.millis())
    .bind(period.end.millis())
    .fetch_all(conn)
    .await?;
    let mut found = Vec::new();
    for row in &rows {
        let area = PoolingArea(division(row, "area")?);
        let lines = lines_in(&[read_settlement(row)?], &period);
        found.extend(lines.into_iter().map(|line| (area, line)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use funds::Purse;
    use terms::{Fen, Fund, InsuranceScheme};

    #[tokio::test]
    async fn a_month_is_divided_collected_and_passed_on() {
        let at: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(at).await;
        let hubei: Province = "420000".parse().unwrap();
        let area = |code: &str| PoolingArea(code.parse().unwrap());
        let (wuhan, yichang) = (area("420100"), area("420500"));
        let october = Month::new(2026, 10).unwrap();
        let purse = Purse::Fund(Fund::EmployeePool);
        let claim = Claim { debtor: wuhan, creditor: yichang, scheme: InsuranceScheme::Employee, purse };
        let claims = BTreeMap::from([(claim, Due { count: 2, amount: Fen(900) })]);
        let divided = Divided { month: october, by: "王某甲".to_owned(), at, due: at.day() };
        let money = Money::from([((InsuranceScheme::Employee, purse), Fen(300))]);
        let receipt = Receipt {
            month: october,
            area: wuhan,
            number: 1,
            day: at.day(),
            bank_reference: "B1".to_owned(),
            money,
            by: "王某甲".to_owned(),
            at,
        };
        let mut work = store.begin().await.unwrap();
        for _ in 0..2 {
            put(&mut work, hubei, &divided, &claims).await.unwrap();
        }
        add_receipt(&mut work, hubei, &receipt).await.unwrap();
        set_passed(&mut work, (hubei, october), &[claim], ("王某甲", at)).await.unwrap();
        work.save().await.unwrap();

        let mut conn = store.conn().await.unwrap();
        assert_eq!(find(&mut conn, hubei, october).await.unwrap(), Some(divided));
        let kept = self::claims(&mut conn, hubei, october).await.unwrap();
        let passed = Some(("王某甲".to_owned(), at));
        assert_eq!(kept[&claim], Standing { due: claims[&claim], passed });
        assert_eq!(receipts(&mut conn, hubei, october).await.unwrap(), std::slice::from_ref(&receipt));
        assert_eq!(receipt_of(&mut conn, hubei, "B1").await.unwrap(), Some(receipt));
        let open = open_before(&mut conn, hubei, october.next()).await.unwrap();
        assert_eq!(open[&wuhan], Money::from([((InsuranceScheme::Employee, purse), Fen(600))]));
        assert!(open_before(&mut conn, hubei, october).await.unwrap().is_empty());
        assert!(find(&mut conn, hubei, october.next()).await.unwrap().is_none());
    }
}

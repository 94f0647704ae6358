//! Fee details of a visit, already split by the treatment place's catalog. They stay at the treatment place
//! until the settlement stands ([`crate::transmission`]).

use crate::{
    Conn, Result, Work,
    bill::KeptBill,
    row::{coded, division_number, fen, moment, rate, texts},
    search::limited,
};
use benefit::bill::{CategoryAmount, Split};
use casework::visit::Visit;
use serde_json::Value;
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{CatalogClass, ChargeCategory, Fen, Moment, Rate, VisitId};

/// A fee detail (费用明细).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeLine {
    /// 费用明细流水号, unique in the visit.
    pub serial: String,
    /// 收费批次号 of the bill that it is of; empty in a stay.
    pub bill: String,
    /// 原费用流水号: the line that this one gives back.
    pub refunds: Option<String>,
    /// 费用发生时间.
    pub occurred_at: Moment,
    /// 医疗目录编码.
    pub item: String,
    /// 医药机构目录编码.
    pub local_item: String,
    /// 数量 in ten-thousandths.
    pub quantity: i64,
    /// 单价 in millionths of a yuan.
    pub price: i64,
    /// 医疗收费项目类别.
    pub category: ChargeCategory,
    /// 收费项目等级.
    pub class: CatalogClass,
    /// 先行自付 share of the item.
    pub first_self_pay_rate: Rate,
    /// 定价上限金额 in millionths of a yuan; none without a limit.
    pub price_limit: Option<i64>,
    /// The amount and its parts.
    pub split: Split,
    /// What else the hospital sent, by field name.
    pub registration: BTreeMap<String, String>,
    /// When it was uploaded.
    pub uploaded_at: Moment,
}

/// Writes lines; the caller has checked that their serials are new.
pub async fn insert(work: &mut Work, visit: &Visit, lines: &[FeeLine]) -> Result<()> {
    let column = |of: fn(&FeeLine) -> i64| lines.iter().map(of).collect::<Vec<_>>();
    let texts = |of: fn(&FeeLine) -> &str| lines.iter().map(of).collect::<Vec<_>>();
    let refunds: Vec<Option<&str>> = lines.iter().map(|line| line.refunds.as_deref()).collect();
    let rates: Vec<i32> =
        lines.iter().map(|line| i32::from(line.first_self_pay_rate.as_permyriad())).collect();
    let registrations: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::to_value(&line.registration).expect("a map of texts is JSON"))
        .collect();
    sqlx::query(
        "insert into fee_line (province, month, visit, serial, refunds, occurred_at, item, local_item, amount, quantity, price,
                               category, class, first_self_pay_rate, price_limit, out_of_scope, over_limit, first_self_pay,
                               in_scope, in_full, registration, uploaded_at, bill)
         select $1, $2, $3, * from unnest($4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::bigint[],
                $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::integer[], $15::bigint[], $16::bigint[],
                $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::jsonb[], $22::bigint[], $23::text[])",
    )
    .bind(division_number(visit.id.province().division()))
    .bind(visit.id.month().number())
    .bind(visit.id.to_string())
    .bind(texts(|line| &line.serial))
    .bind(refunds)
    .bind(column(|line| line.occurred_at.millis()))
    .bind(texts(|line| &line.item))
    .bind(texts(|line| &line.local_item))
    .bind(column(|line| line.split.total.0))
    .bind(column(|line| line.quantity))
    .bind(column(|line| line.price))
    .bind(texts(|line| line.category.code()))
    .bind(texts(|line| line.class.code()))
    .bind(rates)
    .bind(column(|line| line.price_limit.unwrap_or(0)))
    .bind(column(|line| line.split.out_of_scope.0))
    .bind(column(|line| line.split.over_limit.0))
    .bind(column(|line| line.split.first_self_pay.0))
    .bind(column(|line| line.split.in_scope.0))
    .bind(column(|line| line.split.in_full.0))
    .bind(registrations)
    .bind(column(|line| line.uploaded_at.millis()))
    .bind(texts(|line| &line.bill))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The lines of a visit in the order of their upload; only those with these serials, if some are given.
pub async fn list(conn: &mut Conn, visit: VisitId, serials: Option<&[String]>) -> Result<Vec<FeeLine>> {
    let rows = sqlx::query(
        "select * from fee_line where province = $4 and month = $1 and visit = $2
           and ($3::text[] is null or serial = any($3) or refunds = any($3))
         order by uploaded_at, serial",
    )
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(serials)
    .bind(division_number(visit.province().division()))
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The lines of one bill of a visit, in the order of their upload.
pub async fn of_bill(conn: &mut Conn, visit: VisitId, bill: &str) -> Result<Vec<FeeLine>> {
    let rows = sqlx::query(
        "select * from fee_line where province = $3 and month = $1 and visit = $2 and bill = $4
         order by uploaded_at, serial",
    )
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(division_number(visit.province().division()))
    .bind(bill)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The bills that the lines of a visit make, by name; no settlement holds them as far as the lines say.
pub async fn bills(conn: &mut Conn, visit: VisitId) -> Result<Vec<KeptBill>> {
    let rows = sqlx::query(
        "select bill, category, sum(amount)::bigint as amount, sum(out_of_scope)::bigint as out_of_scope,
                sum(over_limit)::bigint as over_limit, sum(first_self_pay)::bigint as first_self_pay,
                sum(in_scope)::bigint as in_scope, sum(in_full)::bigint as in_full,
                coalesce(max(occurred_at) filter (where refunds is null), max(occurred_at)) as last_fee,
                min(registration ->> 'dise_codg') as disease
         from fee_line where province = $3 and month = $1 and visit = $2
         group by bill, category order by bill, category",
    )
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(division_number(visit.province().division()))
    .fetch_all(conn)
    .await?;
    let mut bills: Vec<KeptBill> = Vec::new();
    for row in &rows {
        let name: String = row.try_get("bill")?;
        let last_fee = moment(row, "last_fee")?;
        let disease = row.try_get::<Option<String>, _>("disease")?.and_then(|code| code.parse().ok());
        let amount = CategoryAmount {
            category: coded(row, "category", ChargeCategory::from_code)?,
            split: read_split(row)?,
        };
        match bills.last_mut().filter(|bill| bill.name == name) {
            Some(bill) => {
                bill.last_fee = bill.last_fee.max(last_fee);
                bill.disease = bill.disease.or(disease);
                bill.categories.push(amount);
            }
            None => {
                bills.push(KeptBill { name, settlement: None, last_fee, disease, categories: vec![amount] });
            }
        }
    }
    Ok(bills)
}

/// At most so many lines of a bill of a visit whose serials follow one, in the order of serials: a bill is sent on in batches,
/// however long it is.
pub async fn page(
    conn: &mut Conn,
    (visit, bill): (VisitId, &str),
    after: &str,
    most: i64,
) -> Result<Vec<FeeLine>> {
    let rows = sqlx::query(limited(
        "select * from fee_line where province = $1 and month = $2 and visit = $3 and serial > $4 and bill = $5
         order by serial",
        most,
    ))
    .bind(division_number(visit.province().division()))
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(after)
    .bind(bill)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The number of lines of a bill of a visit, and their sum.
pub async fn count(conn: &mut Conn, visit: VisitId, bill: &str) -> Result<(i64, Split)> {
    let row = sqlx::query(
        "select count(*) as lines, coalesce(sum(amount), 0)::bigint as amount,
                coalesce(sum(out_of_scope), 0)::bigint as out_of_scope, coalesce(sum(over_limit), 0)::bigint as over_limit,
                coalesce(sum(first_self_pay), 0)::bigint as first_self_pay,
                coalesce(sum(in_scope), 0)::bigint as in_scope, coalesce(sum(in_full), 0)::bigint as in_full
         from fee_line where province = $1 and month = $2 and visit = $3 and bill = $4",
    )
    .bind(division_number(visit.province().division()))
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(bill)
    .fetch_one(conn)
    .await?;
    Ok((row.try_get("lines")?, read_split(&row)?))
}

/// The details of a stay that no settlement has yet (中途结算), summed by expense category (大类费用): what goes to the insured
/// place.
pub async fn categories(conn: &mut Conn, visit: VisitId) -> Result<Vec<CategoryAmount>> {
    let rows = sqlx::query(
        "select category, sum(amount)::bigint as amount, sum(out_of_scope)::bigint as out_of_scope,
                sum(over_limit)::bigint as over_limit, sum(first_self_pay)::bigint as first_self_pay,
                sum(in_scope)::bigint as in_scope, sum(in_full)::bigint as in_full
         from fee_line where province = $3 and month = $1 and visit = $2 and bill = ''
         group by category order by category",
    )
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(division_number(visit.province().division()))
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(CategoryAmount {
            category: coded(row, "category", ChargeCategory::from_code)?,
            split: read_split(row)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Moves the lines of one bill of a visit into another.
pub async fn rename_bill(work: &mut Work, visit: VisitId, from: &str, to: &str) -> Result<()> {
    sqlx::query(
        "update fee_line set bill = $5 where province = $3 and month = $1 and visit = $2 and bill = $4",
    )
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(division_number(visit.province().division()))
    .bind(from)
    .bind(to)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Deletes lines, all of the visit's if no serials are given; how many went.
pub async fn delete(work: &mut Work, visit: VisitId, serials: Option<&[String]>) -> Result<u64> {
    let done = sqlx::query(
        "delete from fee_line
             where province = $4 and month = $1 and visit = $2 and ($3::text[] is null or serial = any($3))",
    )
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(serials)
    .bind(division_number(visit.province().division()))
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Deletes the lines of these bills; how many went.
pub async fn delete_bills(work: &mut Work, visit: VisitId, bills: &[String]) -> Result<u64> {
    let done = sqlx::query(
        "delete from fee_line where province = $4 and month = $1 and visit = $2 and bill = any($3)",
    )
    .bind(visit.month().number())
    .bind(visit.to_string())
    .bind(bills)
    .bind(division_number(visit.province().division()))
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected())
}

pub(crate) fn read_split(row: &PgRow) -> Result<Split> {
    Ok(Split {
        total: fen(row, "amount")?,
        out_of_scope: fen(row, "out_of_scope")?,
        over_limit: fen(row, "over_limit")?,
        first_self_pay: fen(row, "first_self_pay")?,
        in_scope: fen(row, "in_scope")?,
        in_full: fen(row, "in_full")?,
    })
}

fn read(row: &PgRow) -> Result<FeeLine> {
    let limit: Fen = fen(row, "price_limit")?;
    Ok(FeeLine {
        serial: row.try_get("serial")?,
        bill: row.try_get("bill")?,
        refunds: row.try_get("refunds")?,
        occurred_at: moment(row, "occurred_at")?,
        item: row.try_get("item")?,
        local_item: row.try_get("local_item")?,
        quantity: row.try_get("quantity")?,
        price: row.try_get("price")?,
        category: coded(row, "category", ChargeCategory::from_code)?,
        class: coded(row, "class", CatalogClass::from_code)?,
        first_self_pay_rate: rate(row, "first_self_pay_rate")?,
        price_limit: (!limit.is_zero()).then_some(limit.0),
        split: read_split(row)?,
        registration: texts(row, "registration")?,
        uploaded_at: moment(row, "uploaded_at")?,
    })
}

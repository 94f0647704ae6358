//! Insured place: the fee details that the treatment place sends on after a settlement (医疗费用明细信息延后传输), and how
//! far they have come.

use crate::{
    Conn, Error, Result, Work,
    fee::read_split,
    row::{area_of, coded, day_if, fen, moment, moment_if, parsed, stage, stage_number},
    search::limited,
};
use benefit::bill::{CategoryAmount, Split};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{CatalogClass, ChargeCategory, Day, Fen, Moment, PoolingArea, SettlementId};

/// A detail as the insured place keeps it: what was done, and how the treatment place split it. No names of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// 费用明细流水号, unique in the settlement.
    pub serial: String,
    /// 原费用流水号: the line that this one gives back.
    pub refunds: Option<String>,
    /// The day of 费用发生时间.
    pub day: Day,
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
    /// 中药使用方式 of a herb.
    pub herb_use: Option<String>,
    /// The amount and its parts.
    pub split: Split,
}

/// How far the details of a settlement have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// 接收中: lines are missing.
    UnderWay,
    /// 已完成: all are there, and are what was settled.
    Complete,
    /// 不一致: all are there, and are not what was settled.
    Different,
    /// 已撤销: the settlement was undone, and its details were deleted.
    Undone,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 4] = [Self::UnderWay, Self::Complete, Self::Different, Self::Undone];

    /// Its name in the management interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnderWay => "under_way",
            Self::Complete => "complete",
            Self::Different => "different",
            Self::Undone => "undone",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::UnderWay => "接收中",
            Self::Complete => "已完成",
            Self::Different => "不一致",
            Self::Undone => "已撤销",
        }
    }
}

/// What has come of a settlement's details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The person's pooling area.
    pub area: PoolingArea,
    /// The settlement.
    pub settlement: SettlementId,
    /// How far they have come.
    pub stage: Stage,
    /// The round of sending.
    pub round: i32,
    /// How many batches came in this round, copies not counted.
    pub batches: i32,
    /// How many lines the treatment place says there are.
    pub lines_due: i64,
    /// Their sum, as the treatment place says.
    pub total_due: Fen,
    /// How many lines have come.
    pub lines: i64,
    /// Their sum.
    pub total: Fen,
    /// What differs, once all are there.
    pub difference: Option<String>,
    /// When the first batch came.
    pub begun_at: Moment,
    /// When they were complete, found different, or deleted.
    pub ended_at: Option<Moment>,
}

/// Writes lines; one that is there already is written over.
pub async fn put(
    work: &mut Work,
    area: PoolingArea,
    settlement: SettlementId,
    lines: &[Detail],
) -> Result<()> {
    let column = |of: fn(&Detail) -> i64| lines.iter().map(of).collect::<Vec<_>>();
    let texts = |of: fn(&Detail) -> &str| lines.iter().map(of).collect::<Vec<_>>();
    let optional = |of: fn(&Detail) -> Option<&str>| lines.iter().map(of).collect::<Vec<_>>();
    sqlx::query(
        "insert into detail (area, month, settlement, serial, refunds, day, item, local_item, quantity, price, category, class,
                             herb_use, amount, out_of_scope, over_limit, first_self_pay, in_scope, in_full)
         select $1, $2, $3, * from unnest($4::text[], $5::text[], $6::integer[], $7::text[], $8::text[], $9::bigint[],
                $10::bigint[], $11::text[], $12::text[], $13::text[], $14::bigint[], $15::bigint[], $16::bigint[],
                $17::bigint[], $18::bigint[], $19::bigint[])
         on conflict (area, month, settlement, serial) do update set
             refunds = excluded.refunds, day = excluded.day, item = excluded.item, local_item = excluded.local_item,
             quantity = excluded.quantity, price = excluded.price, category = excluded.category, class = excluded.class,
             herb_use = excluded.herb_use, amount = excluded.amount, out_of_scope = excluded.out_of_scope,
             over_limit = excluded.over_limit, first_self_pay = excluded.first_self_pay, in_scope = excluded.in_scope,
             in_full = excluded.in_full",
    )
    .bind(area_of(area))
    .bind(settlement.month().number())
    .bind(settlement.to_string())
    .bind(texts(|line| &line.serial))
    .bind(optional(|line| line.refunds.as_deref()))
    .bind(lines.iter().map(|line| line.day.number()).collect::<Vec<_>>())
    .bind(texts(|line| &line.item))
    .bind(texts(|line| &line.local_item))
    .bind(column(|line| line.quantity))
    .bind(column(|line| line.price))
    .bind(texts(|line| line.category.code()))
    .bind(texts(|line| line.class.code()))
    .bind(optional(|line| line.herb_use.as_deref()))
    .bind(column(|line| line.split.total.0))
    .bind(column(|line| line.split.out_of_scope.0))
    .bind(column(|line| line.split.over_limit.0))
    .bind(column(|line| line.split.first_self_pay.0))
    .bind(column(|line| line.split.in_scope.0))
    .bind(column(|line| line.split.in_full.0))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Deletes all lines of a settlement.
pub async fn clear(work: &mut Work, area: PoolingArea, settlement: SettlementId) -> Result<()> {
    sqlx::query("delete from detail where area = $1 and month = $2 and settlement = $3")
        .bind(area_of(area))
        .bind(settlement.month().number())
        .bind(settlement.to_string())
        .execute(work.conn())
        .await?;
    Ok(())
}

/// The settlement was undone: what has come of its details is deleted, and that they came is kept.
pub async fn drop_undone(
    work: &mut Work,
    area: PoolingArea,
    settlement: SettlementId,
    now: Moment,
) -> Result<()> {
    let done = sqlx::query(
        "update detail_receipt set stage = $4, lines = 0, total = 0, difference = null, ended_at = $5
         where area = $1 and month = $2 and settlement = $3",
    )
    .bind(area_of(area))
    .bind(settlement.month().number())
    .bind(settlement.to_string())
    .bind(stage_number(&Stage::ALL, &Stage::Undone))
    .bind(now.millis())
    .execute(work.conn())
    .await?;
    if done.rows_affected() > 0 { clear(work, area, settlement).await } else { Ok(()) }
}

/// The number of a settlement's lines that have come, and their sums by expense category (大类费用).
pub async fn sums(
    conn: &mut Conn,
    area: PoolingArea,
    settlement: SettlementId,
) -> Result<(i64, Vec<CategoryAmount>)> {
    let rows = sqlx::query(
        "select category, count(*) as lines, sum(amount)::bigint as amount, sum(out_of_scope)::bigint as out_of_scope,
                sum(over_limit)::bigint as over_limit, sum(first_self_pay)::bigint as first_self_pay,
                sum(in_scope)::bigint as in_scope, sum(in_full)::bigint as in_full
         from detail where area = $1 and month = $2 and settlement = $3 group by category order by category",
    )
    .bind(area_of(area))
    .bind(settlement.month().number())
    .bind(settlement.to_string())
    .fetch_all(conn)
    .await?;
    let mut lines = 0;
    let mut categories = Vec::with_capacity(rows.len());
    for row in &rows {
        lines += row.try_get::<i64, _>("lines")?;
        let category = coded(row, "category", ChargeCategory::from_code)?;
        categories.push(CategoryAmount { category, split: read_split(row)? });
    }
    Ok((lines, categories))
}

/// At most so many lines of a settlement whose serials follow one, in the order of serials.
pub async fn list(
    conn: &mut Conn,
    area: PoolingArea,
    settlement: SettlementId,
    after: &str,
    most: i64,
) -> Result<Vec<Detail>> {
    let rows = sqlx::query(limited(
        "select * from detail where area = $1 and month = $2 and settlement = $3 and serial > $4 order by serial",
        most,
    ))
    .bind(area_of(area))
    .bind(settlement.month().number())
    .bind(settlement.to_string())
    .bind(after)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// How far the details of a settlement have come; none if no batch has come yet.
pub async fn receipt(
    conn: &mut Conn,
    area: PoolingArea,
    settlement: SettlementId,
) -> Result<Option<Receipt>> {
    let row = sqlx::query("select * from detail_receipt where area = $1 and month = $2 and settlement = $3")
        .bind(area_of(area))
        .bind(settlement.month().number())
        .bind(settlement.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read_receipt).transpose()
}

/// Writes how far they have come; the caller holds the settlement.
pub async fn put_receipt(work: &mut Work, receipt: &Receipt) -> Result<()> {
    sqlx::query(
        "insert into detail_receipt (area, month, settlement, stage, round, batches, lines_due, total_due, lines, total,
                                     difference, begun_at, ended_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (area, month, settlement) do update set
             stage = excluded.stage, round = excluded.round, batches = excluded.batches, lines_due = excluded.lines_due,
             total_due = excluded.total_due, lines = excluded.lines, total = excluded.total,
             difference = excluded.difference, ended_at = excluded.ended_at",
    )
    .bind(area_of(receipt.area))
    .bind(receipt.settlement.month().number())
    .bind(receipt.settlement.to_string())
    .bind(stage_number(&Stage::ALL, &receipt.stage))
    .bind(receipt.round)
    .bind(receipt.batches)
    .bind(receipt.lines_due)
    .bind(receipt.total_due.0)
    .bind(receipt.lines)
    .bind(receipt.total.0)
    .bind(&receipt.difference)
    .bind(receipt.begun_at.millis())
    .bind(receipt.ended_at.map(Moment::millis))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// For the check that both ends have the same: number and sums of the lines here of every settlement whose details are
/// complete.
pub async fn received(conn: &mut Conn) -> Result<BTreeMap<SettlementId, (i64, Split)>> {
    let rows = sqlx::query(
        "select one.settlement, count(line.serial) as lines, coalesce(sum(line.amount), 0)::bigint as amount,
                coalesce(sum(line.out_of_scope), 0)::bigint as out_of_scope,
                coalesce(sum(line.over_limit), 0)::bigint as over_limit,
                coalesce(sum(line.first_self_pay), 0)::bigint as first_self_pay,
                coalesce(sum(line.in_scope), 0)::bigint as in_scope, coalesce(sum(line.in_full), 0)::bigint as in_full
         from detail_receipt one
         left join detail line on line.area = one.area and line.month = one.month and line.settlement = one.settlement
         where one.stage = $1
         group by one.settlement",
    )
    .bind(stage_number(&Stage::ALL, &Stage::Complete))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok((parsed(row, "settlement")?, (row.try_get("lines")?, read_split(row)?))))
        .collect()
}

fn read(row: &PgRow) -> Result<Detail> {
    let no_day = || Error::Corrupt { column: "day", value: "null".to_owned() };
    Ok(Detail {
        serial: row.try_get("serial")?,
        refunds: row.try_get("refunds")?,
        day: day_if(row, "day")?.ok_or_else(no_day)?,
        item: row.try_get("item")?,
        local_item: row.try_get("local_item")?,
        quantity: row.try_get("quantity")?,
        price: row.try_get("price")?,
        category: coded(row, "category", ChargeCategory::from_code)?,
        class: coded(row, "class", CatalogClass::from_code)?,
        herb_use: row.try_get("herb_use")?,
        split: read_split(row)?,
    })
}

fn read_receipt(row: &PgRow) -> Result<Receipt> {
    Ok(Receipt {
        area: PoolingArea(crate::row::division(row, "area")?),
        settlement: parsed(row, "settlement")?,
        stage: stage(row, &Stage::ALL)?,
        round: row.try_get("round")?,
        batches: row.try_get("batches")?,
        lines_due: row.try_get("lines_due")?,
        total_due: fen(row, "total_due")?,
        lines: row.try_get("lines")?,
        total: fen(row, "total")?,
        difference: row.try_get("difference")?,
        begun_at: moment(row, "begun_at")?,
        ended_at: moment_if(row, "ended_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;

    fn line(serial: &str, item: &str, category: ChargeCategory, in_scope: i64) -> Detail {
        let split = Split { total: Fen(in_scope), in_scope: Fen(in_scope), ..Split::default() };
        Detail {
            serial: serial.to_owned(),
            refunds: None,
            day: "2026-11-20".parse().unwrap(),
            item: item.to_owned(),
            local_item: String::new(),
            quantity: 10_000,
            price: in_scope * 10_000,
            category,
            class: CatalogClass::ALL[0],
            herb_use: None,
            split,
        }
    }

    #[tokio::test]
    async fn lines_come_in_any_order_and_again_and_go_with_their_settlement() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let area = PoolingArea("110000".parse().unwrap());
        let id = |serial| SettlementId::new("420000".parse().unwrap(), now, serial);
        let (one, other) = (id(1), id(2));
        let (drug, bed) = (ChargeCategory::WesternMedicine, ChargeCategory::Bed);
        let mut work = store.begin().await.unwrap();
        for (settlement, serial, category, in_scope) in [
            (one, "2", drug, 20),
            (one, "1", bed, 7),
            (one, "2", drug, 30),
            (other, "2", drug, 1),
            (one, "3", drug, -10),
        ] {
            put(&mut work, area, settlement, &[line(serial, "XA01", category, in_scope)]).await.unwrap();
        }
        let receipt_of_one = Receipt {
            area,
            settlement: one,
            stage: Stage::Complete,
            round: 1,
            batches: 3,
            lines_due: 3,
            total_due: Fen(27),
            lines: 3,
            total: Fen(27),
            difference: None,
            begun_at: now,
            ended_at: Some(now),
        };
        put_receipt(&mut work, &receipt_of_one).await.unwrap();
        work.save().await.unwrap();

        let mut conn = store.conn().await.unwrap();
        let (lines, categories) = sums(&mut conn, area, one).await.unwrap();
        let of: Vec<(ChargeCategory, i64)> =
            categories.iter().map(|one| (one.category, one.split.in_scope.0)).collect();
        assert_eq!((lines, of), (3, vec![(bed, 7), (drug, 20)]));
        let page = list(&mut conn, area, one, "1", 1).await.unwrap();
        assert_eq!(page, [line("2", "XA01", drug, 30)], "what comes again is written over");
        let split = Split { total: Fen(27), in_scope: Fen(27), ..Split::default() };
        assert_eq!(received(&mut conn).await.unwrap(), BTreeMap::from([(one, (3, split))]));
        assert_eq!(receipt(&mut conn, area, one).await.unwrap(), Some(receipt_of_one));

        let mut work = store.begin().await.unwrap();
        drop_undone(&mut work, area, one, now).await.unwrap();
        drop_undone(&mut work, area, other, now).await.unwrap();
        work.save().await.unwrap();
        assert_eq!(sums(&mut conn, area, one).await.unwrap().0, 0);
        let left = receipt(&mut conn, area, one).await.unwrap().unwrap();
        assert_eq!((left.stage, left.lines), (Stage::Undone, 0));
        assert_eq!(
            sums(&mut conn, area, other).await.unwrap().0,
            1,
            "of which nothing has come, nothing is deleted"
        );
        assert!(received(&mut conn).await.unwrap().is_empty());
    }
}

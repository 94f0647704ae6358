//! What the pooling areas (统筹区) of an insured province put up for its prepayments (上解预付金), year by year.

use crate::{
    Conn, Error, Result, Work,
    row::{area_of, coded, day_if, division, division_number, fen, stage_number},
};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{Day, Fen, InsuranceScheme, PoolingArea, Province};

/// What one area puts up in a year for one scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaLine {
    /// The area.
    pub area: PoolingArea,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// What was paid for its people in the last year.
    pub paid: Fen,
    /// By the rule.
    pub computed: Fen,
    /// By a person: how much, why, and who.
    pub set: Option<(Fen, String, String)>,
    /// Its notice, once that is issued: number, day and clerk.
    pub issued: Option<(String, Day, String)>,
}

impl AreaLine {
    /// What the area puts up.
    pub fn amount(&self) -> Fen {
        self.set.as_ref().map_or(self.computed, |(amount, ..)| *amount).or_zero()
    }
}

/// Holds the collection from the areas until the unit of work ends.
pub async fn hold(work: &mut Work) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(20220024)").execute(work.conn()).await?;
    Ok(())
}

/// The lines of a year, by area and scheme.
pub async fn lines(conn: &mut Conn, year: i16) -> Result<Vec<AreaLine>> {
    let rows = sqlx::query("select * from area_prepayment where year = $1 order by area, scheme")
        .bind(i32::from(year))
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// The last year whose notices were issued, up to and including `year`.
pub async fn last_issued(conn: &mut Conn, year: i16) -> Result<Option<i16>> {
    let last: Option<i32> =
        sqlx::query_scalar("select max(year) from area_prepayment where number is not null and year <= $1")
            .bind(i32::from(year))
            .fetch_one(conn)
            .await?;
    Ok(last.and_then(|year| i16::try_from(year).ok()))
}

fn read(row: &PgRow) -> Result<AreaLine> {
    let set: Option<i64> = row.try_get("set_amount")?;
    let set = set
        .map(|amount| -> Result<_> { Ok((Fen(amount), row.try_get("set_reason")?, row.try_get("set_by")?)) });
    let number: Option<String> = row.try_get("number")?;
    let issued = number.map(|number| -> Result<_> {
        let missing = || Error::Corrupt { column: "area_prepayment.issued_day", value: "null".to_owned() };
        Ok((number, day_if(row, "issued_day")?.ok_or_else(missing)?, row.try_get("issued_by")?))
    });
    Ok(AreaLine {
        area: PoolingArea(division(row, "area")?),
        scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
        paid: fen(row, "paid")?,
        computed: fen(row, "computed")?,
        set: set.transpose()?,
        issued: issued.transpose()?,
    })
}

/// Puts these lines in the place of all that a year has.
pub async fn replace_lines(work: &mut Work, year: i16, lines: &[AreaLine]) -> Result<()> {
    sqlx::query("delete from area_prepayment where year = $1")
        .bind(i32::from(year))
        .execute(work.conn())
        .await?;
    for line in lines {
        let (amount, reason, by) = match &line.set {
            Some((amount, reason, by)) => (Some(amount.0), Some(reason), Some(by)),
            None => (None, None, None),
        };
        let (number, day, issued_by) = match &line.issued {
            Some((number, day, by)) => (Some(number), Some(day.number()), Some(by)),
            None => (None, None, None),
        };
        sqlx::query(
            "insert into area_prepayment (area, year, scheme, paid, computed, set_amount, set_reason, set_by, number, issued_day,
                                          issued_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(area_of(line.area))
        .bind(i32::from(year))
        .bind(line.scheme.code())
        .bind(line.paid.0)
        .bind(line.computed.0)
        .bind(amount)
        .bind(reason)
        .bind(by)
        .bind(number)
        .bind(day)
        .bind(issued_by)
        .execute(work.conn())
        .await?;
    }
    Ok(())
}

/// What was paid for the people of each area who were treated in other provinces, in the months of a year, by area and scheme:
/// funds and personal accounts, of settlements that stand.
pub async fn paid_in_year(
    conn: &mut Conn,
    own: Province,
    year: i16,
) -> Result<BTreeMap<(PoolingArea, InsuranceScheme), Fen>> {
    let rows = sqlx::query(
        "select area, scheme, sum(fund_total + account)::bigint as paid from insured_settlement
         where month between $1 and $2 and stage = $3 and scheme is not null and treatment / 10000 <> $4 / 10000
         group by area, scheme",
    )
    .bind(i32::from(year) * 100 + 1)
    .bind(i32::from(year) * 100 + 12)
    .bind(stage_number(&crate::insured::Stage::ALL, &crate::insured::Stage::Standing))
    .bind(division_number(own.division()))
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let scheme = coded(row, "scheme", InsuranceScheme::from_code)?;
        Ok(((PoolingArea(division(row, "area")?), scheme), fen(row, "paid")?))
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::Moment;

    #[tokio::test]
    async fn the_lines_of_a_year_come_back_as_they_were_put() {
        let now: Moment = "2027-01-20 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let line = |area: &str, set: Option<Fen>, issued: bool| AreaLine {
            area: PoolingArea(area.parse().unwrap()),
            scheme: InsuranceScheme::Employee,
            paid: Fen(700),
            computed: Fen(200),
            set: set.map(|amount| (amount, "首年".to_owned(), "周某".to_owned())),
            issued: issued.then(|| ("SJ2027-420100-310".to_owned(), now.day(), "周某".to_owned())),
        };
        let drafted = [line("420100", None, false), line("420200", Some(Fen(50)), false)];
        let issued = [line("420100", None, true), line("420200", Some(Fen(50)), true)];
        let mut conn = store.conn().await.unwrap();
        for (lines_of_year, last) in [(&drafted, None), (&issued, Some(2027))] {
            let mut work = store.begin().await.unwrap();
            hold(&mut work).await.unwrap();
            replace_lines(&mut work, 2027, lines_of_year).await.unwrap();
            work.save().await.unwrap();
            assert_eq!(lines(&mut conn, 2027).await.unwrap(), lines_of_year);
            assert_eq!(last_issued(&mut conn, 2028).await.unwrap(), last);
        }
        assert_eq!(lines(&mut conn, 2026).await.unwrap(), []);
        assert_eq!(last_issued(&mut conn, 2026).await.unwrap(), None);
        assert_eq!(issued.map(|line| line.amount()), [Fen(200), Fen(50)]);
        let paid = paid_in_year(&mut conn, "420000".parse().unwrap(), 2026).await.unwrap();
        assert_eq!(paid, BTreeMap::new());
    }
}

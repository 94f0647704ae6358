//! How many filings of a period are new, and how many are valid at its end (备案统计), out of numbers that are kept as filings are written
//! (migration `0045_filing_count.sql`): a register of millions is not read for it.
//!
//! Whoever writes a filing adds what that changes to `filing_change`, by a trigger, and waits for nobody; [`keep`] takes it over into
//! `filing_count` now and then. What is read is always both. It must not know what a figure is for.

use crate::{
    Conn, Result, Store,
    row::{coded, division},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use std::collections::BTreeMap;
use terms::{Day, FilingCategory, Province};

/// Whose filings are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// The national register (备案人员库), at the hub.
    National,
    /// An insured place's own.
    Own,
}

impl Register {
    const ALL: [Self; 2] = [Self::National, Self::Own];

    const fn table(self) -> &'static str {
        match self {
            Self::National => "national_filing",
            Self::Own => "filing",
        }
    }
}

/// How many filings of one kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filed {
    /// 新增备案: applied for in the period.
    pub new: i64,
    /// 有效备案: approved, and neither changed, cancelled nor over at the end of the period.
    pub valid: i64,
}

/// Filings by insured province and kind.
pub type Filings = BTreeMap<(Province, FilingCategory), Filed>;

/// The filings of a register that were applied for from one day to another, and those that are valid on the last day, as it was at its end: what
/// was changed or cancelled after it was valid on it. What only counts as filed (视同备案) nobody has filed, and is not counted.
pub async fn filings(conn: &mut Conn, register: Register, first: Day, last: Day) -> Result<Filings> {
    let rows = sqlx::query(
        "select province, category,
                coalesce(sum(count) filter (where measure = 'filed' and day >= $2), 0)::bigint as new,
                coalesce(sum(count) filter (where measure = 'valid'), 0)::bigint as valid
         from (select province, category, measure, day, count from filing_count where register = $1 and day <= $3
               union all
               select province, category, measure, day, count from filing_change where register = $1 and day <= $3) known
         group by 1, 2",
    )
    .bind(register.table())
    .bind(first.number())
    .bind(last.number())
    .fetch_all(conn)
    .await?;
    let mut filings = Filings::new();
    for row in &rows {
        let filed = Filed { new: row.try_get("new")?, valid: row.try_get("valid")? };
        if filed != Filed::default() {
            let of = (Province(division(row, "province")?), coded(row, "category", category_of)?);
            filings.insert(of, filed);
        }
    }
    Ok(filings)
}

fn category_of(name: &str) -> Option<FilingCategory> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

/// Takes over what filings have changed since the last time; a register of which nothing is counted yet is counted whole.
pub async fn keep(store: &Store) -> Result<()> {
    keep_on(&mut *store.conn().await?).await
}

/// The same for whoever brings a schema up to date: filings of before the numbers are counted here.
pub(crate) async fn keep_on(conn: &mut PgConnection) -> Result<()> {
    let mut work = conn.begin().await?;
    // One at a time: what one takes over, another would not see.
    sqlx::query("lock table filing_count in share row exclusive mode").execute(&mut *work).await?;
    for register in Register::ALL {
        let table = register.table();
        let counted: bool =
            sqlx::query_scalar("select exists (select from filing_count where register = $1)")
                .bind(table)
                .fetch_one(&mut *work)
                .await?;
        // One statement sees filings and changes as of one moment: what is written meanwhile is in the next changes.
        let source = if counted {
            "select province, category, measure, day, count from gone".to_owned()
        } else {
            format!(
                "select told.* from {table} filed cross join lateral filing_tally(filed.id, filed.content) told"
            )
        };
        sqlx::query(AssertSqlSafe(format!(
            "with gone as (delete from filing_change where register = $1 returning *)
             insert into filing_count (province, register, category, measure, day, count)
             select province, $1, category, measure, day, sum(count)::bigint from ({source}) counted group by 1, 3, 4, 5
             on conflict (province, register, category, measure, day)
                do update set count = filing_count.count + excluded.count"
        )))
        .bind(table)
        .execute(&mut *work)
        .await?;
    }
    Ok(work.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{embedded::fixture::TestCluster, filing::put_national};
    use casework::filing::{Destination, Filing, Stage};
    use terms::{AdminDivision, FilingId, InsuranceScheme, InsuredPlace, Moment};

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    /// One that is valid from the first of October on, without an end.
    fn filed(serial: u64, filed_at: &str, category: FilingCategory) -> Filing {
        let filed_at = at(filed_at);
        let insured: AdminDivision = "110105".parse().unwrap();
        Filing {
            id: FilingId::new(insured.province(), filed_at, serial),
            person: format!("1101{serial}").parse().unwrap(),
            scheme: InsuranceScheme::Employee,
            insured: InsuredPlace(insured),
            category,
            destination: Destination::new("420100".parse().unwrap()).unwrap(),
            begins: "2026-10-01".parse().unwrap(),
            ends: None,
            commitment: false,
            filed_at,
            stage: Stage::Effective { since: filed_at },
            generation: 1,
            deemed: false,
        }
    }

    #[tokio::test]
    async fn filings_are_valid_as_they_were_at_the_end_of_the_period() {
        use FilingCategory::{LongTermResident, Referral};
        let store = TestCluster::shared().fresh_store(at("2026-11-21 10:00:00")).await;
        let ends = |day: &str, filing: Filing| Filing { ends: Some(day.parse().unwrap()), ..filing };
        let since = at("2026-10-01 09:00:00");
        let stage = |stage: Stage, filing: Filing| Filing { stage, ..filing };
        let old = |serial| filed(serial, "2026-09-02 09:00:00", LongTermResident);
        let of_october = |serial| filed(serial, "2026-10-05 09:00:00", Referral);
        let all = [
            old(1),
            ends("2026-10-31", old(2)),
            ends("2026-10-30", old(3)),
            stage(Stage::Cancelled { since: Some(since), at: at("2026-10-31 23:59:59") }, old(4)),
            stage(Stage::Cancelled { since: Some(since), at: at("2026-11-01 00:00:00") }, old(5)),
            stage(Stage::Cancelled { since: None, at: at("2026-11-01 00:00:00") }, old(6)),
            of_october(7),
            stage(Stage::Submitted, of_october(8)),
            stage(Stage::Rejected { at: since, reason: "材料不全".to_owned() }, of_october(9)),
            Filing { begins: "2026-11-01".parse().unwrap(), ..of_october(10) },
            Filing { deemed: true, ..of_october(11) },
        ];
        let mut work = store.begin().await.unwrap();
        for one in &all {
            put_national(&mut work, one).await.unwrap();
        }
        let october = ("2026-10-01".parse().unwrap(), "2026-10-31".parse().unwrap());
        work.save().await.unwrap();
        let beijing: Province = "110000".parse().unwrap();
        let counted = async |register: Register| {
            let mut conn = store.conn().await.unwrap();
            filings(&mut conn, register, october.0, october.1).await.unwrap()
        };
        let expected = |residents: (i64, i64), referrals: (i64, i64)| {
            let filed = |(new, valid)| Filed { new, valid };
            let of = [(LongTermResident, residents), (Referral, referrals)];
            Filings::from(of.map(|(category, counts)| ((beijing, category), filed(counts))))
        };
        // As they were written, and taken over, once and again.
        for times in 0..3 {
            assert_eq!(counted(Register::National).await, expected((0, 3), (4, 1)), "{times}");
            assert_eq!(counted(Register::Own).await, Filings::new());
            keep(&store).await.unwrap();
        }

        // A change takes the place of what was counted before; one that came before it changes nothing.
        let mut work = store.begin().await.unwrap();
        let approved = Filing { generation: 2, ..stage(Stage::Effective { since }, of_october(8)) };
        let ended = stage(Stage::Cancelled { since: Some(since), at: at("2026-10-20 10:00:00") }, old(1));
        for one in [approved, Filing { generation: 2, ..ended }, old(1)] {
            put_national(&mut work, &one).await.unwrap();
        }
        work.save().await.unwrap();
        for times in 0..2 {
            assert_eq!(counted(Register::National).await, expected((0, 2), (4, 2)), "{times}");
            keep(&store).await.unwrap();
        }

        // Filings of before the numbers are counted from the register, with what nobody has taken over by then.
        let mut conn = store.conn().await.unwrap();
        sqlx::query("delete from filing_count").execute(&mut *conn).await.unwrap();
        let mut work = store.begin().await.unwrap();
        put_national(&mut work, &old(12)).await.unwrap();
        work.save().await.unwrap();
        for times in 0..2 {
            keep(&store).await.unwrap();
            assert_eq!(counted(Register::National).await, expected((0, 3), (4, 2)), "{times}");
        }
    }
}

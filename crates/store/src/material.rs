//! What is handed in with filings (备案材料), its content beside it, and what reviewers ask for beside (补正). It stays at the insured place: no
//! other node is told of it.

use crate::{
    Conn, Result, Work,
    row::{area_of, coded, day_if, moment, moment_if},
};
use casework::material::{Kind, Material, Supplement};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{Day, FilingId, Moment, PersonNumber, PoolingArea};

/// A filing, as the key of what is handed in with it.
pub type Key = (PoolingArea, FilingId);

/// Keeps a paper with its content. The number is the filing's next; whoever calls holds the filing.
pub async fn insert(
    work: &mut Work,
    (area, filing): Key,
    person: &PersonNumber,
    material: &Material,
    content: &[u8],
) -> Result<()> {
    sqlx::query(
        "insert into filing_material (area, filing, number, person, kind, media_type, size, added_by, added_at, content)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(area_of(area))
    .bind(filing.to_string())
    .bind(number_of(material.number))
    .bind(person.as_str())
    .bind(material.kind.name())
    .bind(&material.media_type)
    .bind(i32::try_from(material.size).expect("a few megabytes"))
    .bind(&material.added_by)
    .bind(material.added_at.millis())
    .bind(content)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The papers of a filing, those that were taken back too, in the order in which they came.
pub async fn list(conn: &mut Conn, (area, filing): Key) -> Result<Vec<Material>> {
    let rows = sqlx::query(
        "select number, kind, media_type, size, added_by, added_at, removed_at from filing_material
         where area = $1 and filing = $2 order by number",
    )
    .bind(area_of(area))
    .bind(filing.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// A paper with its content; none if it was taken back.
pub async fn find(conn: &mut Conn, (area, filing): Key, number: u16) -> Result<Option<(Material, Vec<u8>)>> {
    let row = sqlx::query(
        "select * from filing_material
         where area = $1 and filing = $2 and number = $3 and content is not null and removed_at is null",
    )
    .bind(area_of(area))
    .bind(filing.to_string())
    .bind(number_of(number))
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(|row| Ok((read(row)?, row.try_get("content")?))).transpose()
}

/// Takes a paper back: that it was there stays, its content does not. False if there is none, or no longer.
pub async fn remove(work: &mut Work, (area, filing): Key, number: u16, at: Moment) -> Result<bool> {
    let done = sqlx::query(
        "update filing_material set content = null, removed_at = $4
         where area = $1 and filing = $2 and number = $3 and removed_at is null",
    )
    .bind(area_of(area))
    .bind(filing.to_string())
    .bind(number_of(number))
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets the contents of all papers of an application that was withdrawn: nobody decides by them any more.
pub async fn remove_all(work: &mut Work, (area, filing): Key, at: Moment) -> Result<()> {
    sqlx::query(
        "update filing_material set content = null, removed_at = $3
         where area = $1 and filing = $2 and removed_at is null",
    )
    .bind(area_of(area))
    .bind(filing.to_string())
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// How many papers of a person have come since a moment, those that were taken back too.
pub async fn count_since(
    conn: &mut Conn,
    (area, person): (PoolingArea, &PersonNumber),
    since: Moment,
) -> Result<i64> {
    let count = sqlx::query_scalar(
        "select count(*) from filing_material where area = $1 and person = $2 and added_at >= $3",
    )
    .bind(area_of(area))
    .bind(person.as_str())
    .bind(since.millis())
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// Keeps what a reviewer asks for beside.
pub async fn ask(work: &mut Work, (area, filing): Key, supplement: &Supplement) -> Result<()> {
    sqlx::query(
        "insert into filing_supplement (area, filing, number, wanted, asked_by, asked_at, due_day)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(area_of(area))
    .bind(filing.to_string())
    .bind(number_of(supplement.number))
    .bind(&supplement.wanted)
    .bind(&supplement.asked_by)
    .bind(supplement.asked_at.millis())
    .bind(supplement.due.number())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes down that something was handed in after what was asked for.
pub async fn answer(work: &mut Work, (area, filing): Key, at: Moment) -> Result<()> {
    sqlx::query(
        "update filing_supplement set answered_at = $3
         where area = $1 and filing = $2 and answered_at is null",
    )
    .bind(area_of(area))
    .bind(filing.to_string())
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What was asked for beside, in the order in which it was asked.
pub async fn supplements(conn: &mut Conn, (area, filing): Key) -> Result<Vec<Supplement>> {
    let rows = sqlx::query("select * from filing_supplement where area = $1 and filing = $2 order by number")
        .bind(area_of(area))
        .bind(filing.to_string())
        .fetch_all(conn)
        .await?;
    let read = |row: &PgRow| {
        let missing = || crate::Error::Corrupt { column: "due_day", value: "null".to_owned() };
        Ok(Supplement {
            number: number(row)?,
            wanted: row.try_get("wanted")?,
            asked_by: row.try_get("asked_by")?,
            asked_at: moment(row, "asked_at")?,
            due: day_if(row, "due_day")?.ok_or_else(missing)?,
            answered_at: moment_if(row, "answered_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Of these filings those for which a reviewer waits for more, each with the day up to which.
pub async fn awaited(conn: &mut Conn, filings: &[Key]) -> Result<BTreeMap<String, Day>> {
    let (areas, ids): (Vec<i32>, Vec<String>) =
        filings.iter().map(|(area, filing)| (area_of(*area), filing.to_string())).unzip();
    let rows = sqlx::query(
        "select filing, max(due_day) as due_day from filing_supplement
         where area = any($1) and filing = any($2) and answered_at is null group by filing",
    )
    .bind(areas)
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let due = |row: &PgRow| Ok((row.try_get("filing")?, day_if(row, "due_day")?));
    let found = rows.iter().map(due).collect::<Result<Vec<(String, Option<Day>)>>>()?;
    Ok(found.into_iter().filter_map(|(filing, due)| Some((filing, due?))).collect())
}

fn number_of(number: u16) -> i16 {
    i16::try_from(number).expect("a few dozen")
}

fn number(row: &PgRow) -> Result<u16> {
    let number: i16 = row.try_get("number")?;
    u16::try_from(number).map_err(|_| crate::Error::Corrupt { column: "number", value: number.to_string() })
}

fn read(row: &PgRow) -> Result<Material> {
    let size: i32 = row.try_get("size")?;
    Ok(Material {
        number: number(row)?,
        kind: coded(row, "kind", Kind::of_name)?,
        media_type: row.try_get("media_type")?,
        size: u32::try_from(size)
            .map_err(|_| crate::Error::Corrupt { column: "size", value: size.to_string() })?,
        added_by: row.try_get("added_by")?,
        added_at: moment(row, "added_at")?,
        removed_at: moment_if(row, "removed_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use terms::AdminDivision;

    #[tokio::test]
    async fn a_paper_is_kept_until_it_is_taken_back_and_then_only_that_it_was_there() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let area = PoolingArea(AdminDivision::new(420_100).unwrap());
        let filing = FilingId::new("420000".parse().unwrap(), now, 1);
        let key = (area, filing);
        let person: PersonNumber = "42010099001".parse().unwrap();
        let paper = |number: u16| Material {
            number,
            kind: Kind::Residence,
            media_type: "image/png".to_owned(),
            size: 3,
            added_by: "本人".to_owned(),
            added_at: now.plus_millis(i64::from(number)),
            removed_at: None,
        };
        let mut work = store.begin().await.unwrap();
        for number in [1, 2] {
            insert(&mut work, key, &person, &paper(number), &[0, 255, 1]).await.unwrap();
        }
        let asked = Supplement {
            number: 1,
            wanted: "居住证反面".to_owned(),
            asked_by: "复核某".to_owned(),
            asked_at: now,
            due: now.day().plus_days(7),
            answered_at: None,
        };
        ask(&mut work, key, &asked).await.unwrap();
        assert_eq!(supplements(work.conn(), key).await.unwrap(), std::slice::from_ref(&asked));
        let other = (area, FilingId::new("420000".parse().unwrap(), now, 2));
        let waits = awaited(work.conn(), &[other, key]).await.unwrap();
        assert_eq!(waits, BTreeMap::from([(filing.to_string(), asked.due)]));
        answer(&mut work, key, now).await.unwrap();
        assert!(awaited(work.conn(), &[key]).await.unwrap().is_empty());
        work.save().await.unwrap();

        let mut conn = store.conn().await.unwrap();
        let answered = Supplement { answered_at: Some(now), ..asked };
        assert_eq!(supplements(&mut conn, key).await.unwrap(), [answered]);
        assert_eq!(list(&mut conn, key).await.unwrap(), [paper(1), paper(2)]);
        assert_eq!(find(&mut conn, key, 2).await.unwrap(), Some((paper(2), vec![0, 255, 1])));
        let elsewhere = (PoolingArea(AdminDivision::new(420_500).unwrap()), filing);
        assert_eq!(find(&mut conn, elsewhere, 2).await.unwrap(), None);
        for (since, count) in [(0, 2), (2, 1), (3, 0)] {
            let found = count_since(&mut conn, (area, &person), now.plus_millis(since)).await.unwrap();
            assert_eq!(found, count, "{since}");
        }
        let mut work = store.begin().await.unwrap();
        assert!(remove(&mut work, key, 1, now).await.unwrap());
        assert!(!remove(&mut work, key, 1, now).await.unwrap(), "once");
        assert!(!remove(&mut work, key, 3, now).await.unwrap());
        work.save().await.unwrap();
        assert_eq!(find(&mut conn, key, 1).await.unwrap(), None);
        let left: i64 = sqlx::query_scalar("select count(*) from filing_material where content is not null")
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        assert_eq!((left, list(&mut conn, key).await.unwrap().len()), (1, 2));
        let mut work = store.begin().await.unwrap();
        remove_all(&mut work, key, now).await.unwrap();
        work.save().await.unwrap();
        assert!(list(&mut conn, key).await.unwrap().iter().all(|one| one.removed_at == Some(now)));
    }
}

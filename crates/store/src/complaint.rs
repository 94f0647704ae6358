//! Complaints of the public (投诉举报).

use crate::{
    Conn, Error, Result, Work,
    row::{division_number, stage_number},
    search::push_limit,
};
use casework::complaint::{Complaint, Kind, Stage};
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow, types::Json};
use terms::{Day, Moment, Province};

/// A complaint as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptComplaint {
    /// What is known of it.
    pub complaint: Complaint,
    /// How whoever made it is reached; none: anonymous.
    pub contact: Option<String>,
    /// A hash of the key that was told to whoever made it.
    pub key_hash: Vec<u8>,
}

/// Writes a new complaint.
pub async fn insert(work: &mut Work, province: Province, kept: &KeptComplaint) -> Result<()> {
    let complaint = &kept.complaint;
    sqlx::query(
        "insert into complaint (province, number, stage, due_day, content, contact, key_hash, revision, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8)",
    )
    .bind(division_number(province.division()))
    .bind(&complaint.number)
    .bind(stage_number(&Stage::ALL, &complaint.stage))
    .bind(complaint.due.number())
    .bind(Json(complaint))
    .bind(&kept.contact)
    .bind(&kept.key_hash)
    .bind(complaint.received_at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes what became of a complaint that this unit of work holds.
pub async fn update(work: &mut Work, province: Province, complaint: &Complaint, at: Moment) -> Result<()> {
    sqlx::query(
        "update complaint set stage = $3, content = $4, revision = revision + 1, changed_at = $5
         where province = $1 and number = $2",
    )
    .bind(division_number(province.division()))
    .bind(&complaint.number)
    .bind(stage_number(&Stage::ALL, &complaint.stage))
    .bind(Json(complaint))
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The complaint of this number.
pub async fn find(conn: &mut Conn, province: Province, number: &str) -> Result<Option<KeptComplaint>> {
    let row = sqlx::query("select * from complaint where province = $1 and number = $2")
        .bind(division_number(province.division()))
        .bind(number)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The same, held until the unit of work ends.
pub async fn hold(work: &mut Work, province: Province, number: &str) -> Result<Option<KeptComplaint>> {
    let row = sqlx::query("select * from complaint where province = $1 and number = $2 for update")
        .bind(division_number(province.division()))
        .bind(number)
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read).transpose()
}

/// Which complaints, and in which order.
#[derive(Clone, Copy, Debug)]
pub struct ComplaintsWanted<'a> {
    /// At one of these stages.
    pub stages: &'a [Stage],
    /// About this.
    pub kind: Option<Kind>,
    /// Taken from the first of these days to the last: a number says when it was given.
    pub days: (Option<Day>, Option<Day>),
    /// The last first.
    pub backwards: bool,
    /// The number with which the page before ended.
    pub after: Option<&'a str>,
    /// At most so many.
    pub most: i64,
}

/// Complaints in the order in which they came: numbers are given in the order of time. Each stage is read along its own index.
pub async fn list(
    conn: &mut Conn,
    province: Province,
    wanted: &ComplaintsWanted<'_>,
) -> Result<Vec<KeptComplaint>> {
    let (than, direction) = if wanted.backwards { ("<", "desc") } else { (">", "asc") };
    let stages: Vec<i16> = wanted.stages.iter().map(|stage| stage_number(&Stage::ALL, stage)).collect();
    let mut query = QueryBuilder::<Postgres>::new("select one.* from unnest(");
    query.push_bind(stages).push("::smallint[]) as asked (stage) cross join lateral (");
    query
        .push("select * from complaint of where of.province = ")
        .push_bind(division_number(province.division()));
    query.push(" and of.stage = asked.stage");
    if let Some(after) = wanted.after {
        query.push(format!(" and of.number {than} ")).push_bind(after.to_owned());
    }
    if let Some(kind) = wanted.kind {
        query.push(" and of.content ->> 'kind' = ").push_bind(kind.name());
    }
    if let Some(first) = wanted.days.0 {
        query.push(" and of.number >= ").push_bind(numbers_of(first));
    }
    if let Some(last) = wanted.days.1 {
        query.push(" and of.number < ").push_bind(numbers_of(last.plus_days(1)));
    }
    query.push(format!(" order by of.number {direction}"));
    push_limit(&mut query, wanted.most);
    query.push(format!(") one order by one.number {direction}"));
    push_limit(&mut query, wanted.most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

/// What the numbers of complaints of a day begin with.
fn numbers_of(day: Day) -> String {
    format!("T{}", day.number())
}

fn read(row: &PgRow) -> Result<KeptComplaint> {
    let content: serde_json::Value = row.try_get::<Json<_>, _>("content")?.0;
    let complaint = serde_json::from_value(content)
        .map_err(|error| Error::Corrupt { column: "complaint.content", value: error.to_string() })?;
    Ok(KeptComplaint { complaint, contact: row.try_get("contact")?, key_hash: row.try_get("key_hash")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{embedded::fixture::TestCluster, measure::fill_complaints};

    #[tokio::test]
    async fn complaints_are_found_by_stage_kind_and_day_either_way_round() {
        let now: Moment = "2026-11-05 12:00:00".parse().unwrap();
        let store = TestCluster::shared().fresh_store(now).await;
        let hubei: Province = "420000".parse().unwrap();
        fill_complaints(&store, hubei, 50, now).await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let all = ComplaintsWanted {
            stages: &Stage::ALL,
            kind: None,
            days: (None, None),
            backwards: true,
            after: None,
            most: 100,
        };
        let newest = list(&mut conn, hubei, &all).await.unwrap();
        assert_eq!(newest.len(), 50);
        assert!(newest.is_sorted_by(|one, next| one.complaint.received_at >= next.complaint.received_at));
        let mark = newest[9].complaint.number.as_str();
        let next = ComplaintsWanted { after: Some(mark), most: 5, ..all };
        assert_eq!(list(&mut conn, hubei, &next).await.unwrap(), newest[10..15]);
        let oldest = ComplaintsWanted { backwards: false, most: 1, ..all };
        assert_eq!(list(&mut conn, hubei, &oldest).await.unwrap(), newest[49..]);
        let fraud = ComplaintsWanted { kind: Some(Kind::Fraud), ..all };
        let found = list(&mut conn, hubei, &fraud).await.unwrap();
        assert!(found.len() == 8 && found.iter().all(|one| one.complaint.kind == Kind::Fraud));
        let day = newest[20].complaint.received_at.day();
        let of_a_day = ComplaintsWanted { days: (Some(day), Some(day)), ..all };
        assert_eq!(list(&mut conn, hubei, &of_a_day).await.unwrap(), newest[20..=20]);
        let open = ComplaintsWanted { stages: &[Stage::Received, Stage::Assigned], ..all };
        assert_eq!(list(&mut conn, hubei, &open).await.unwrap().len(), 4);
    }
}

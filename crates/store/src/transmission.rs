//! Treatment place: what became of the details of each settlement, which are sent on to the insured place afterwards
//! (医疗费用明细信息延后传输).
//!
//! Settlements are found by going through the book in the order of their ids, from where the last search ended: making a
//! settlement stand costs nothing more.

use crate::{
    Conn, Result, Work,
    fee::read_split,
    row::{division, division_number, moment, parsed, stage, stage_number},
    search::limited,
};
use benefit::bill::Split;
use casework::settlement;
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{CareKind, InsuredPlace, Moment, Province, SettlementId, VisitId};

/// How long after a batch was sent without an answer it is sent again, the first time.
const AGAIN_MILLIS: i64 = 60_000;

/// Where a transmission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// 待传输: nothing was sent yet.
    Due,
    /// 传输中: some batches were taken.
    UnderWay,
    /// 已完成: the insured place has all lines, and their sums are what it settled.
    Complete,
    /// 不一致: the insured place has all lines, and they are not what it settled. Somebody must look.
    Different,
    /// 已终止: the settlement does not stand, so nothing is sent.
    Stopped,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 5] = [Self::Due, Self::UnderWay, Self::Complete, Self::Different, Self::Stopped];

    /// Its name in the management interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::UnderWay => "under_way",
            Self::Complete => "complete",
            Self::Different => "different",
            Self::Stopped => "stopped",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Due => "待传输",
            Self::UnderWay => "传输中",
            Self::Complete => "已完成",
            Self::Different => "不一致",
            Self::Stopped => "已终止",
        }
    }
}

/// The transmission of the details of one settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmission {
    /// The settlement.
    pub settlement: SettlementId,
    /// Its stay, which the lines belong to.
    pub visit: VisitId,
    /// Where they go.
    pub insured: InsuredPlace,
    /// Where it stands.
    pub stage: Stage,
    /// How often the lines were begun to be sent, from 1.
    pub round: i32,
    /// How many batches of this round the insured place has taken.
    pub batches: i32,
    /// How many lines were in them.
    pub lines: i64,
    /// The serial of the last line in them; empty before the first.
    pub sent_up_to: String,
    /// What the insured place found to differ.
    pub difference: Option<String>,
    /// How often it was tried since a batch was taken last.
    pub attempts: i32,
    /// When this was last changed.
    pub changed_at: Moment,
}

/// What one look through the book came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// How many settlements were looked at.
    pub seen: i64,
    /// How many of them have details that are due.
    pub due: i64,
}

/// Looks at the next `most` settlements of the book whose ids were given before `before`, and notes those whose details are to
/// be sent: those of a stay from the moment that is `delay_millis` after it was settled, of all else at once. One that nobody
/// knows the outcome of yet is noted as well: whoever sends it finds out.
pub async fn search(
    work: &mut Work,
    province: Province,
    (before, delay_millis): (Moment, i64),
    now: Moment,
    most: i64,
) -> Result<Found> {
    let number = division_number(province.division());
    let last: Option<(i32, String)> =
        sqlx::query_as("select month, settlement from detail_search where province = $1 for update")
            .bind(number)
            .fetch_optional(work.conn())
            .await?;
    let (month, id) = last.unwrap_or_default();
    // Ids are digits of one length that begin with the province and the time: their order is that in which they were given.
    let bound = SettlementId::new(province, before, 0);
    let statement = format!(
        "with seen as (
            select month, id, visit, insured, stage, care, settled_at from treatment_settlement
            where province = $1 and month >= $2 and month <= $4 and (month, id) > ($2, $3) and id < $5
            order by month, id limit {most}
         ), put as (
            insert into detail_transmission (province, month, settlement, visit, insured, stage, round, batches, lines, sent_up_to,
                                             attempts, next_at, changed_at)
            select $1, month, id, visit, insured, 0, 1, 0, 0, '', 0, coalesce(settled_at, $7) + case care when $9 then $6 else 0 end, $7
            from seen where stage = any($8)
            on conflict (province, month, settlement) do nothing
            returning 1
         ), last as (
            select month, id from seen order by month desc, id desc limit 1
         ), noted as (
            insert into detail_search (province, month, settlement) select $1, month, id from last
            on conflict (province) do update set month = excluded.month, settlement = excluded.settlement
         )
         select (select count(*) from seen) as seen, (select count(*) from put) as due"
    );
    let row = sqlx::query(AssertSqlSafe(statement))
        .bind(number)
        .bind(month)
        .bind(id)
        .bind(bound.month().number())
        .bind(bound.to_string())
        .bind(delay_millis)
        .bind(now.millis())
        .bind([settlement::Stage::Asked, settlement::Stage::Settled].map(in_book).to_vec())
        .bind(CareKind::Inpatient.code())
        .fetch_one(work.conn())
        .await?;
    Ok(Found { seen: row.try_get("seen")?, due: row.try_get("due")? })
}

/// The number of a settlement's stage in the book.
fn in_book(stage: settlement::Stage) -> i16 {
    stage_number(&settlement::Stage::ALL, &stage)
}

/// Claims those whose time has come, oldest first, and puts their next time off: by a minute, doubling with every attempt up
/// to about an hour.
pub async fn claim_due(work: &mut Work, now: Moment, most: i64) -> Result<Vec<Transmission>> {
    let statement = format!(
        "update detail_transmission set attempts = detail_transmission.attempts + 1,
                next_at = $1 + $2 * (1::bigint << least(detail_transmission.attempts, 6))
         from (select province, month, settlement from detail_transmission where stage < 2 and next_at <= $1
               order by next_at limit {most} for update skip locked) due
         where (detail_transmission.province, detail_transmission.month, detail_transmission.settlement)
             = (due.province, due.month, due.settlement)
         returning detail_transmission.*"
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(now.millis())
        .bind(AGAIN_MILLIS)
        .fetch_all(work.conn())
        .await?;
    rows.iter().map(read).collect()
}

/// Writes how far it has come since `before` was read; false if another has changed it meanwhile. What is under way is not
/// claimed again for a minute: whoever sends it goes on.
pub async fn advance(
    work: &mut Work,
    before: &Transmission,
    after: &Transmission,
    now: Moment,
) -> Result<bool> {
    let next_at = if after.stage == Stage::UnderWay { now.plus_millis(AGAIN_MILLIS) } else { now };
    let done = sqlx::query(
        "update detail_transmission set stage = $4, round = $5, batches = $6, lines = $7, sent_up_to = $8, difference = $9,
                attempts = 0, next_at = $14, changed_at = $10
         where province = $1 and month = $2 and settlement = $3 and round = $11 and batches = $12 and stage = $13",
    )
    .bind(division_number(after.settlement.province().division()))
    .bind(after.settlement.month().number())
    .bind(after.settlement.to_string())
    .bind(stage_number(&Stage::ALL, &after.stage))
    .bind(after.round)
    .bind(after.batches)
    .bind(after.lines)
    .bind(&after.sent_up_to)
    .bind(&after.difference)
    .bind(now.millis())
    .bind(before.round)
    .bind(before.batches)
    .bind(stage_number(&Stage::ALL, &before.stage))
    .bind(next_at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The transmission of a settlement's details, if it was found yet.
pub async fn find(conn: &mut Conn, settlement: SettlementId) -> Result<Option<Transmission>> {
    let row = sqlx::query(
        "select * from detail_transmission where province = $1 and month = $2 and settlement = $3",
    )
    .bind(division_number(settlement.province().division()))
    .bind(settlement.month().number())
    .bind(settlement.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(read).transpose()
}

/// At most so many transmissions at a stage that follow a settlement, in the order of settlements.
pub async fn list(
    conn: &mut Conn,
    province: Province,
    at: Stage,
    after: Option<SettlementId>,
    most: i64,
) -> Result<Vec<Transmission>> {
    let rows = sqlx::query(limited(
        "select * from detail_transmission
         where province = $1 and stage = $2 and (month, settlement) > ($3, $4) order by month, settlement",
        most,
    ))
    .bind(division_number(province.division()))
    .bind(stage_number(&Stage::ALL, &at))
    .bind(after.map_or(0, |id| id.month().number()))
    .bind(after.map(|id| id.to_string()).unwrap_or_default())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// How many transmissions are at each stage.
pub async fn counts(conn: &mut Conn, province: Province) -> Result<BTreeMap<Stage, i64>> {
    let rows = sqlx::query(
        "select stage, count(*) as count from detail_transmission where province = $1 group by stage",
    )
    .bind(division_number(province.division()))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((stage(row, &Stage::ALL)?, row.try_get("count")?))).collect()
}

/// For the check that both ends have the same: number and sums of the lines here of every settlement that stands and whose
/// transmission is complete.
pub async fn sent(conn: &mut Conn) -> Result<BTreeMap<SettlementId, (i64, Split)>> {
    let rows = sqlx::query(
        "select one.settlement, count(*) as lines, sum(line.amount)::bigint as amount,
                sum(line.out_of_scope)::bigint as out_of_scope, sum(line.over_limit)::bigint as over_limit,
                sum(line.first_self_pay)::bigint as first_self_pay, sum(line.in_scope)::bigint as in_scope,
                sum(line.in_full)::bigint as in_full
         from detail_transmission one
         join treatment_settlement book on book.province = one.province and book.month = one.month and book.id = one.settlement
         join fee_line line on line.province = one.province and line.visit = one.visit
         where one.stage = $1 and book.stage = $2
         group by one.settlement",
    )
    .bind(stage_number(&Stage::ALL, &Stage::Complete))
    .bind(in_book(settlement::Stage::Settled))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok((parsed(row, "settlement")?, (row.try_get("lines")?, read_split(row)?))))
        .collect()
}

fn read(row: &PgRow) -> Result<Transmission> {
    Ok(Transmission {
        settlement: parsed(row, "settlement")?,
        visit: parsed(row, "visit")?,
        insured: InsuredPlace(division(row, "insured")?),
        stage: stage(row, &Stage::ALL)?,
        round: row.try_get("round")?,
        batches: row.try_get("batches")?,
        lines: row.try_get("lines")?,
        sent_up_to: row.try_get("sent_up_to")?,
        difference: row.try_get("difference")?,
        attempts: row.try_get("attempts")?,
        changed_at: moment(row, "changed_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, embedded::fixture::TestCluster};

    fn hubei() -> Province {
        "420000".parse().unwrap()
    }

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    /// The columns that a search looks at.
    async fn put(
        store: &Store,
        id: SettlementId,
        stage: settlement::Stage,
        care: &str,
        settled_at: Option<Moment>,
    ) {
        sqlx::query(
            "insert into treatment_settlement (province, area, month, id, visit, institution, msgid, stage, person, scheme, insured,
                                               total, fund_total, person_total, funds, fund_paid, claim, asked_at, settled_at,
                                               registration, care)
             values (420000, 420100, $1, $2, $2, 'H42010600901', 'm', $3, '900001', '310', 110101, 1, 0, 0, '{}', '{}', '{}',
                     0, $4, '{}', $5)",
        )
        .bind(id.month().number())
        .bind(id.to_string())
        .bind(in_book(stage))
        .bind(settled_at.map(Moment::millis))
        .bind(care)
        .execute(&mut *store.conn().await.unwrap())
        .await
        .unwrap();
    }

    async fn found(store: &Store, before: Moment, now: Moment, most: i64) -> (i64, i64) {
        let mut work = store.begin().await.unwrap();
        let found = search(&mut work, hubei(), (before, 1_000), now, most).await.unwrap();
        work.save().await.unwrap();
        (found.seen, found.due)
    }

    async fn claimed(store: &Store, now: Moment) -> Vec<Transmission> {
        let mut work = store.begin().await.unwrap();
        let due = claim_due(&mut work, now, 10).await.unwrap();
        work.save().await.unwrap();
        due
    }

    #[tokio::test]
    async fn the_book_is_searched_once_in_pages_over_months_and_what_is_due_waits_its_turn() {
        use settlement::Stage::{Asked, Refused, Settled, Undone};
        let (october, november) = (at("2026-10-31 23:59:59"), at("2026-11-01 08:00:00"));
        let now = at("2026-11-02 10:00:00");
        let store = TestCluster::shared().fresh_store(now).await;
        let id = |given_at, serial| SettlementId::new(hubei(), given_at, serial);
        for (id, stage, care, settled_at) in [
            (id(october, 1), Settled, "21", Some(october)),
            (id(october, 2), Refused, "21", None),
            (id(november, 1), Settled, "11", Some(november)),
            (id(november, 2), Asked, "21", None),
            (id(november, 3), Undone, "21", Some(november)),
            (id(november, 4), Settled, "11", Some(now)),
            (id(now, 5), Settled, "21", Some(now)),
        ] {
            put(&store, id, stage, care, settled_at).await;
        }
        let before = now.plus_millis(-600_000);
        let mut pages = Vec::new();
        for _ in 0..4 {
            pages.push(found(&store, before, now, 4).await);
        }
        assert_eq!(pages, [(4, 3), (2, 1), (0, 0), (0, 0)], "the youngest has yet to come");
        assert_eq!(found(&store, now.plus_millis(1), now, 4).await, (1, 1));
        let due = claimed(&store, now).await;
        assert_eq!(
            due.iter().map(|one| one.settlement).collect::<Vec<_>>(),
            [id(october, 1), id(november, 1), id(november, 4)]
        );
        assert!(claimed(&store, now).await.is_empty(), "it is claimed");
        let later = claimed(&store, now.plus_millis(1_000)).await.len();
        assert_eq!(later, 2, "the stay whose outcome was not known, and the one settled just now");
        let again: Vec<i32> =
            claimed(&store, now.plus_millis(61_000)).await.iter().map(|one| one.attempts).collect();
        assert_eq!(again, [2; 5]);

        let before = due.into_iter().next().unwrap();
        let after = Transmission {
            stage: Stage::Different,
            batches: 1,
            lines: 7,
            sent_up_to: "7".to_owned(),
            difference: Some("明细".to_owned()),
            ..before.clone()
        };
        let mut work = store.begin().await.unwrap();
        assert!(advance(&mut work, &before, &after, now).await.unwrap());
        assert!(!advance(&mut work, &before, &after, now).await.unwrap(), "another was first");
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(
            counts(&mut conn, hubei()).await.unwrap(),
            BTreeMap::from([(Stage::Due, 4), (Stage::Different, 1)])
        );
        let listed = list(&mut conn, hubei(), Stage::Different, None, 10).await.unwrap();
        assert_eq!(listed, [Transmission { attempts: 0, ..after }]);
        assert!(
            list(&mut conn, hubei(), Stage::Different, Some(id(october, 1)), 10).await.unwrap().is_empty()
        );
    }
}

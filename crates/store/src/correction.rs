//! Corrections of the hub's book (差异更正): what a row said, what both provinces say of it in signed records, who asked for the correction
//! and who decided on it. What is decided is never changed; the row of the settlement has the amounts of its last correction.

use crate::{
    Amounts, Conn, Document, Result, Work,
    clearing::month_of,
    document::{document, document_if},
    figures::counted::{self, Book},
    row::{division, division_number, fund_columns, moment, moment_if, parsed, stage, stage_number},
    search::push_limit,
};
use funds::{
    BookLine, Pair,
    clearing::{ClearedLine, Due},
    correction::Stage,
};
use sqlx::{QueryBuilder, Row, postgres::PgRow};
use std::collections::BTreeSet;
use terms::{Day, InsuredPlace, Moment, Month, Province, SettlementId};

/// What a province has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The envelope, as it came.
    pub text: String,
    /// Its SHA-256, in hexadecimal digits.
    pub hash: String,
}

/// What somebody decided on a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// In words without personal data.
    pub words: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// What a correction has done to money that was counted before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// What the memorandum adds to the journal.
    pub moved: Vec<Due>,
    /// The adopted month that has counted the row as it was before; none where none has.
    pub counted_month: Option<Month>,
    /// What adopted months have counted too little or too much, and the month in which that is cleared.
    pub line: Option<(ClearedLine, Month)>,
}

/// A correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Of which settlement.
    pub settlement: SettlementId,
    /// Counts those of the settlement, from 1.
    pub number: u16,
    /// The two provinces.
    pub pair: Pair,
    /// Where it stands.
    pub stage: Stage,
    /// The row as it was.
    pub before: BookLine,
    /// As both provinces have it.
    pub after: BookLine,
    /// What the treatment place has signed.
    pub treatment: Record,
    /// What the insured place has signed.
    pub insured: Record,
    /// Why, in words without personal data.
    pub reason: String,
    /// Who asked for it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Moment,
    /// What was decided.
    pub decided: Option<Decided>,
    /// What it has done; nothing as long as the row is not corrected.
    pub done: Done,
}

impl Correction {
    /// Its number, as people name it.
    pub fn name(&self) -> String {
        format!("GZ{}-{}", self.settlement, self.number)
    }
}

/// Writes a correction down; one with its number that waits for its decision is written anew.
pub async fn put(work: &mut Work, correction: &Correction) -> Result<()> {
    let (decided, line) = (correction.decided.as_ref(), correction.done.line.as_ref());
    sqlx::query(
        "insert into hub_correction (province, month, settlement, number, treatment, stage, before, after, treatment_record,
                                     treatment_hash, insured_record, insured_hash, reason, proposed_by, proposed_at, words,
                                     decided_by, decided_at, moved, counted_month, line, cleared_month)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
         on conflict (province, month, settlement, number) do update set stage = excluded.stage, words = excluded.words,
             decided_by = excluded.decided_by, decided_at = excluded.decided_at, moved = excluded.moved,
             counted_month = excluded.counted_month, line = excluded.line, cleared_month = excluded.cleared_month
         where hub_correction.stage = 0",
    )
    .bind(division_number(correction.pair.insured.division()))
    .bind(correction.settlement.month().number())
    .bind(correction.settlement.to_string())
    .bind(i16::try_from(correction.number).unwrap_or(i16::MAX))
    .bind(division_number(correction.pair.treatment.division()))
    .bind(stage_number(&Stage::ALL, &correction.stage))
    .bind(Document::of(&correction.before).text())
    .bind(Document::of(&correction.after).text())
    .bind(&correction.treatment.text)
    .bind(&correction.treatment.hash)
    .bind(&correction.insured.text)
    .bind(&correction.insured.hash)
    .bind(&correction.reason)
    .bind(&correction.proposed_by)
    .bind(correction.proposed_at.millis())
    .bind(decided.map(|decided| &decided.words))
    .bind(decided.map(|decided| &decided.by))
    .bind(decided.map(|decided| decided.at.millis()))
    .bind(decided.map(|_| Document::of(&correction.done.moved).text().to_owned()))
    .bind(correction.done.counted_month.map(Month::number))
    .bind(line.map(|(line, _)| Document::of(line).text().to_owned()))
    .bind(line.map(|(_, month)| month.number()))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes other amounts into the hub's row of a settlement that stands; false if there is none.
pub async fn set_amounts(
    work: &mut Work,
    insured: InsuredPlace,
    settlement: SettlementId,
    amounts: &Amounts,
) -> Result<bool> {
    let (codes, paid) = fund_columns(&amounts.funds);
    let changed = sqlx::query(
        "update hub_settlement set total = $4, fund_total = $5, person_total = $6, account = $7, funds = $8, fund_paid = $9
         where province = $1 and month = $2 and id = $3 and stage = 0 and institution is not null
         returning recorded_at",
    )
    .bind(division_number(insured.province().division()))
    .bind(settlement.month().number())
    .bind(settlement.to_string())
    .bind(amounts.total.0)
    .bind(amounts.fund_total.0)
    .bind(amounts.person_total.0)
    .bind(amounts.account.0)
    .bind(codes)
    .bind(paid)
    .fetch_optional(work.conn())
    .await?;
    match changed {
        Some(row) => {
            counted::forget(work, Book::HUB, moment(&row, "recorded_at")?).await?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Whose settlement the hub has under an id, which begins with its treatment province alone.
pub async fn insured_of(conn: &mut Conn, settlement: SettlementId) -> Result<Option<InsuredPlace>> {
    let row = sqlx::query(
        "select insured from hub_settlement where province = any($1) and month = $2 and id = $3 and institution is not null",
    )
    .bind(crate::clearing::provinces())
    .bind(settlement.month().number())
    .bind(settlement.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok(InsuredPlace(division(&row, "insured")?))).transpose()
}

/// The corrections of a settlement, the first one first.
pub async fn of_settlement(conn: &mut Conn, settlement: SettlementId) -> Result<Vec<Correction>> {
    let rows = sqlx::query("select * from hub_correction where settlement = $1 order by number")
        .bind(settlement.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// The settlements for which a correction waits for its decision: nobody clears them meanwhile.
pub async fn waiting(conn: &mut Conn) -> Result<BTreeSet<SettlementId>> {
    let rows = sqlx::query("select settlement from hub_correction where stage = $1")
        .bind(stage_number(&Stage::ALL, &Stage::Proposed))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| parsed(row, "settlement")).collect()
}

/// The lines that corrections make in a month: those of one pair, or all.
pub async fn of_month(conn: &mut Conn, month: Month, pair: Option<Pair>) -> Result<Vec<ClearedLine>> {
    let rows = sqlx::query(
        "select line from hub_correction
         where cleared_month = $1 and stage = $4 and ($2::integer is null or province = $2) and ($3::integer is null or treatment = $3)
         order by province, settlement, number",
    )
    .bind(month.number())
    .bind(pair.map(|pair| division_number(pair.insured.division())))
    .bind(pair.map(|pair| division_number(pair.treatment.division())))
    .bind(stage_number(&Stage::ALL, &Stage::Corrected))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| document(row, "line")?.read()).collect()
}

/// The rows that an adopted month has counted otherwise than they are since: as they were when it counted them, in the order of
/// settlements and corrections.
pub async fn counted_otherwise(conn: &mut Conn, month: Month) -> Result<Vec<BookLine>> {
    let rows = sqlx::query(
        "select before from hub_correction where counted_month = $1 and stage = $2 order by settlement, number",
    )
    .bind(month.number())
    .bind(stage_number(&Stage::ALL, &Stage::Corrected))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| document(row, "before")?.read()).collect()
}

/// All corrections that were made, in the order of settlements: there are few.
pub async fn all_made(conn: &mut Conn) -> Result<Vec<Correction>> {
    let rows = sqlx::query("select * from hub_correction where stage = $1 order by settlement, number")
        .bind(stage_number(&Stage::ALL, &Stage::Corrected))
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// The corrections that were asked for from one day to another, the newest first, so many at most.
pub async fn list(
    conn: &mut Conn,
    (first, last): (Day, Day),
    (at, settlement): (Option<Stage>, Option<SettlementId>),
    most: i64,
) -> Result<Vec<Correction>> {
    let mut query = QueryBuilder::new("select * from hub_correction where proposed_at >= ");
    query.push_bind(first.start().millis());
    query.push(" and proposed_at < ").push_bind(last.plus_days(1).start().millis());
    if let Some(stage) = at {
        query.push(" and stage = ").push_bind(stage_number(&Stage::ALL, &stage));
    }
    if let Some(settlement) = settlement {
        query.push(" and settlement = ").push_bind(settlement.to_string());
    }
    query.push(" order by proposed_at desc, settlement, number");
    push_limit(&mut query, most);
    let rows = query.build().fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<Correction> {
    let number = |column: &'static str| -> Result<Option<Month>> {
        let number: Option<i32> = row.try_get(column)?;
        number.map(|number| month_of(number, column)).transpose()
    };
    let line = match number("cleared_month")? {
        Some(month) => Some((document(row, "line")?.read()?, month)),
        None => None,
    };
    let decided = match moment_if(row, "decided_at")? {
        Some(at) => Some(Decided { words: row.try_get("words")?, by: row.try_get("decided_by")?, at }),
        None => None,
    };
    let moved = document_if(row, "moved")?.map(|moved| moved.read()).transpose()?;
    Ok(Correction {
        settlement: parsed(row, "settlement")?,
        number: row.try_get::<i16, _>("number")?.unsigned_abs(),
        pair: Pair {
            insured: Province(division(row, "province")?),
            treatment: Province(division(row, "treatment")?),
        },
        stage: stage(row, &Stage::ALL)?,
        before: document(row, "before")?.read()?,
        after: document(row, "after")?.read()?,
        treatment: Record { text: row.try_get("treatment_record")?, hash: row.try_get("treatment_hash")? },
        insured: Record { text: row.try_get("insured_record")?, hash: row.try_get("insured_hash")? },
        reason: row.try_get("reason")?,
        proposed_by: row.try_get("proposed_by")?,
        proposed_at: moment(row, "proposed_at")?,
        decided,
        done: Done { moved: moved.unwrap_or_default(), counted_month: number("counted_month")?, line },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::fixture::TestCluster;
    use funds::reconciliation::LineStage;
    use terms::{Fen, Fund};

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn line(settlement: SettlementId, total: i64) -> BookLine {
        BookLine {
            settlement,
            stage: LineStage::Standing,
            total: Fen(total),
            fund_total: Fen(total),
            person_total: Fen::ZERO,
            account: Fen::ZERO,
            funds: [(Fund::EmployeePool, Fen(total))].into(),
        }
    }

    fn proposed() -> Correction {
        let pair = Pair { insured: "110000".parse().unwrap(), treatment: "420000".parse().unwrap() };
        let settlement = SettlementId::new(pair.treatment, at("2026-10-21 10:00:00"), 7);
        let record = |text: &str| Record { text: text.to_owned(), hash: "00".repeat(32) };
        Correction {
            settlement,
            number: 1,
            pair,
            stage: Stage::Proposed,
            before: line(settlement, 801),
            after: line(settlement, 800),
            treatment: record("签\n就医地"),
            insured: record("签\n参保地"),
            reason: "记录有误".to_owned(),
            proposed_by: "赵某甲".to_owned(),
            proposed_at: at("2026-11-22 09:00:00"),
            decided: None,
            done: Done::default(),
        }
    }

    #[tokio::test]
    async fn a_correction_waits_until_it_is_decided_and_is_never_changed_after() {
        let store = TestCluster::shared().fresh_store(at("2026-11-22 09:00:00")).await;
        let asked = proposed();
        let october = asked.settlement.month();
        let decided =
            Decided { words: "同意".to_owned(), by: "钱某乙".to_owned(), at: at("2026-11-22 10:00:00") };
        let done = Correction {
            stage: Stage::Corrected,
            decided: Some(decided.clone()),
            done: Done { counted_month: Some(october), ..Done::default() },
            ..asked.clone()
        };
        let mut work = store.begin().await.unwrap();
        put(&mut work, &asked).await.unwrap();
        assert_eq!(waiting(work.conn()).await.unwrap(), [asked.settlement].into());
        assert_eq!(counted_otherwise(work.conn(), october).await.unwrap(), []);
        put(&mut work, &done).await.unwrap();
        // Whoever is late changes nothing.
        let other = Correction { stage: Stage::Refused, ..done.clone() };
        put(&mut work, &other).await.unwrap();
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        assert_eq!(of_settlement(&mut conn, asked.settlement).await.unwrap(), std::slice::from_ref(&done));
        assert_eq!(all_made(&mut conn).await.unwrap(), std::slice::from_ref(&done));
        assert_eq!(waiting(&mut conn).await.unwrap(), BTreeSet::new());
        assert_eq!(counted_otherwise(&mut conn, october).await.unwrap(), std::slice::from_ref(&asked.before));
        assert_eq!(of_month(&mut conn, october.next(), None).await.unwrap(), []);
        let today = (asked.proposed_at.day(), asked.proposed_at.day());
        let found =
            list(&mut conn, today, (Some(Stage::Corrected), Some(asked.settlement)), 10).await.unwrap();
        assert_eq!(found, [done]);
        assert_eq!(list(&mut conn, today, (Some(Stage::Refused), None), 10).await.unwrap(), []);
        let earlier = (today.0.plus_days(-2), today.0.plus_days(-1));
        assert_eq!(list(&mut conn, earlier, (None, None), 10).await.unwrap(), []);
    }
}

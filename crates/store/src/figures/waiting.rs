//! What waits for people of one institution, or of agencies that pay institutions: each is a count for the work list (待办), and the rows that
//! were counted for the page to which it leads, by the same statement.

use super::{WAITING_MAX, Waiting, read_waiting};
use crate::{
    Conn, Result,
    deduction::month as month_column,
    reconciliation::PROMPT,
    row::{
        area_of, coded, division_number, fen, moment, parsed, parsed_if, participant_number, stage_number,
    },
    visit,
};
use casework::{
    confirmation,
    settlement::Stage as Settling,
    visit::{Stage as Staying, Visit},
};
use funds::payment_order::{OrderNumber, Side};
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};
use terms::{
    AdminDivision, CareKind, Day, Fen, InstitutionCode, InsuranceScheme, Moment, Month, Participant,
    PoolingArea, Province, VisitId,
};

const DAY_MILLIS: i64 = 86_400_000;
/// How far back an institution's stays are looked through: whoever is still there was admitted since.
const STAYS_BACK_MILLIS: i64 = 366 * DAY_MILLIS;
/// How far back settlements without an answer are looked for.
const UNKNOWN_BACK_MILLIS: i64 = 62 * DAY_MILLIS;

/// Stays at an institution with which somebody at its window has something left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStays {
    /// 出院未结算: discharged, and not settled.
    Discharged,
    /// 在院未传费用: admitted before this moment, and not a line of its bill is here.
    WithoutLines {
        /// Admitted before it.
        before: Moment,
    },
    /// 结果待查: a settlement, or its undoing, was asked for before this moment, and nobody knows yet what became of it.
    Unknown {
        /// Asked for before it.
        before: Moment,
    },
}

/// Such a stay, or of an outpatient department the visit.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenStay {
    /// The visit.
    pub visit: Visit,
    /// Since when it waits.
    pub since: Moment,
}

/// An institution by its node's province and its code.
pub type Whose<'a> = (Province, &'a InstitutionCode);

/// The stays of an institution, those that wait longest first, at most [`WAITING_MAX`].
pub async fn open_stays(
    conn: &mut Conn,
    whose: Whose<'_>,
    which: OpenStays,
    now: Moment,
) -> Result<Vec<OpenStay>> {
    match which {
        OpenStays::Discharged => {
            stays_at(
                conn,
                whose,
                (Staying::Discharged, now, now),
                "discharged_at",
                "discharged_at is not null",
            )
            .await
        }
        OpenStays::WithoutLines { before } => {
            let none = "coalesce(cardinality(bill_categories), 0) = 0";
            stays_at(conn, whose, (Staying::Admitted, before, now), "admitted_at", none).await
        }
        OpenStays::Unknown { before } => unknown(conn, whose, before, now).await,
    }
}

/// How many these are, and since when the first waits.
pub fn count_of(stays: &[OpenStay]) -> Waiting {
    Waiting {
        count: i64::try_from(stays.len()).unwrap_or(WAITING_MAX),
        oldest: stays.iter().map(|stay| stay.since).min(),
    }
}

async fn stays_at(
    conn: &mut Conn,
    (province, institution): Whose<'_>,
    (stage, before, now): (Staying, Moment, Moment),
    since: &'static str,
    what: &'static str,
) -> Result<Vec<OpenStay>> {
    // Both parts of the text are the program's own.
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select *, {since} as since from visit
         where province = $1 and institution = $2 and admitted_at >= $3 and admitted_at <= $4 and stage = $5 and care = $6 and {what}
         order by {since}, id limit {WAITING_MAX}"
    )))
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(now.millis() - STAYS_BACK_MILLIS)
    .bind(before.millis())
    .bind(stage_number(&Staying::ALL, &stage))
    .bind(CareKind::Inpatient.code())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok(OpenStay { visit: visit::read(row)?, since: moment(row, "since")? })).collect()
}

async fn unknown(
    conn: &mut Conn,
    (province, institution): Whose<'_>,
    before: Moment,
    now: Moment,
) -> Result<Vec<OpenStay>> {
    let stages = [Settling::Asked, Settling::Undoing].map(|one| stage_number(&Settling::ALL, &one));
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select visit, since from (
             select visit, case when stage = $6 then coalesce(undo_at, asked_at) else asked_at end as since
             from treatment_settlement
             where province = $1 and institution = $2 and asked_at >= $3 and stage = any($5)
         ) waiting where since < $4 order by since, visit limit {WAITING_MAX}"
    )))
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(now.millis() - UNKNOWN_BACK_MILLIS)
    .bind(before.millis())
    .bind(stages.to_vec())
    .bind(stage_number(&Settling::ALL, &Settling::Undoing))
    .fetch_all(&mut *conn)
    .await?;
    let waiting: Vec<(VisitId, Moment)> =
        rows.iter().map(|row| Ok((parsed(row, "visit")?, moment(row, "since")?))).collect::<Result<_>>()?;
    // Visits are found by the month of their id.
    let mut months: Vec<i32> = waiting.iter().map(|(id, _)| id.month().number()).collect();
    months.sort_unstable();
    months.dedup();
    let rows = sqlx::query("select * from visit where province = $1 and month = any($2) and id = any($3)")
        .bind(division_number(province.division()))
        .bind(months)
        .bind(waiting.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>())
        .fetch_all(conn)
        .await?;
    let visits: Vec<Visit> = rows.iter().map(visit::read).collect::<Result<_>>()?;
    let visits: HashMap<VisitId, Visit> = visits.into_iter().map(|visit| (visit.id, visit)).collect();
    let stay = |(id, since): (VisitId, Moment)| Some(OpenStay { visit: visits.get(&id)?.clone(), since });
    Ok(waiting.into_iter().filter_map(stay).collect())
}

/// Lines of an institution of one day, scheme and kind of care, as both books have to have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayLines {
    /// The day on which they were told, or undone.
    pub day: Day,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 就医类别.
    pub care: CareKind,
    /// Settlements and undoings.
    pub count: i64,
    /// The last one's moment.
    pub last_at: Moment,
}

/// How many lines an institution has on each day of a period, in the order of days: the same lines as
/// [`funds::apportioning::lines_in`] makes, counted by the database.
pub async fn lines_by_day(
    conn: &mut Conn,
    (province, institution): Whose<'_>,
    period: &Range<Moment>,
) -> Result<Vec<DayLines>> {
    // A reversal in the month of its settlement leaves no line, nor does it have one itself.
    let rows = sqlx::query(AssertSqlSafe(format!(
        "with book as (
             select id, scheme, care, settled_at, undo_at, undo_reason from treatment_settlement
             where province = $1 and institution = $2 and month = any($3)
               and asked_at >= $5 - {PROMPT} and asked_at < $6 and settled_at >= $5 and settled_at < $6
             union
             select id, scheme, care, settled_at, undo_at, undo_reason from treatment_settlement
             where province = $1 and institution = $2 and month <= $4 and late_at >= $5 and late_at < $6
             union
             select id, scheme, care, settled_at, undo_at, undo_reason from treatment_settlement
             where province = $1 and institution = $2 and month <= $4 and undo_at >= $5 and undo_at < $6
               and settled_at is not null
         ), seen as (
             select * from book
             where undo_at is null or undo_reason = 'cancellation'
                or to_char(to_timestamp(settled_at / 1000 + 28800) at time zone 'UTC', 'YYYYMM')
                   <> to_char(to_timestamp(undo_at / 1000 + 28800) at time zone 'UTC', 'YYYYMM')
         ), line as (
             select settled_at as at, scheme, care from seen where settled_at >= $5 and settled_at < $6
             union all
             select undo_at, scheme, care from seen where undo_at >= $5 and undo_at < $6
         )
         select scheme, care, count(*) as count, max(at) as last_at from line
         group by (at + 28800000) / 86400000, scheme, care
         order by (at + 28800000) / 86400000, scheme, care"
    )))
    .bind(division_number(province.division()))
    .bind(institution.as_str())
    .bind(crate::reconciliation::months(
        period.start.plus_millis(-PROMPT).day().month(),
        period.end.day().month(),
    ))
    .bind(period.end.day().month().number())
    .bind(period.start.millis())
    .bind(period.end.millis())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let last_at = moment(row, "last_at")?;
        Ok(DayLines {
            day: last_at.day(),
            scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
            care: coded(row, "care", CareKind::from_code)?,
            count: row.try_get("count")?,
            last_at,
        })
    };
    rows.iter().map(read).collect()
}

/// How many lines of each of these months an institution has confirmed (3261).
pub async fn confirmed_lines(
    conn: &mut Conn,
    (area, institution): (PoolingArea, &InstitutionCode),
    months: &[Month],
) -> Result<BTreeMap<Month, i64>> {
    let holding = confirmation::Stage::ALL.iter().filter(|stage| stage.holds());
    let rows = sqlx::query(
        "select month, sum(settlements)::bigint as settlements from apportioning_confirmation
         where area = $1 and institution = $2 and month = any($3) and stage = any($4) group by month",
    )
    .bind(area_of(area))
    .bind(institution.as_str())
    .bind(months.iter().map(|month| month.number()).collect::<Vec<_>>())
    .bind(holding.map(|stage| stage_number(&confirmation::Stage::ALL, stage)).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((month_column(row, "month")?, row.try_get("settlements")?))).collect()
}

/// A month that an institution has confirmed, and for which nobody has adopted a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unadopted {
    /// The institution.
    pub institution: InstitutionCode,
    /// Its name as registered.
    pub name: String,
    /// 清分年月.
    pub month: Month,
    /// Confirmations (3261) …
    pub confirmations: i64,
    /// … the lines in them …
    pub lines: i64,
    /// … and what they come to: 经办机构支付总额.
    pub amount: Fen,
    /// When the first was made.
    pub since: Moment,
}

/// The confirmed months of institutions that stand in these divisions, for which a payment is to be adopted (待审定), the oldest first, at most
/// [`WAITING_MAX`].
pub async fn unadopted(conn: &mut Conn, (first, last): (u32, u32)) -> Result<Vec<Unadopted>> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select waiting.institution, institution.name, waiting.month, count(*) as confirmations,
                sum(waiting.settlements)::bigint as lines, sum(waiting.agency_pays)::bigint as amount,
                min(waiting.confirmed_at) as since
         from apportioning_confirmation waiting
         join institution on institution.area = waiting.area and institution.code = waiting.institution
         where waiting.stage = $1 and institution.place >= $2 and institution.place <= $3
         group by waiting.institution, institution.name, waiting.month
         order by min(waiting.confirmed_at), waiting.institution, waiting.month limit {WAITING_MAX}"
    )))
    .bind(stage_number(&confirmation::Stage::ALL, &confirmation::Stage::Confirmed))
    .bind(number(first))
    .bind(number(last))
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(Unadopted {
            institution: parsed(row, "institution")?,
            name: row.try_get("name")?,
            month: month_column(row, "month")?,
            confirmations: row.try_get("confirmations")?,
            lines: row.try_get("lines")?,
            amount: fen(row, "amount")?,
            since: moment(row, "since")?,
        })
    };
    rows.iter().map(read).collect()
}

fn number(division: u32) -> i32 {
    i32::try_from(division).unwrap_or(i32::MAX)
}

/// What of institutions' payments waits for whoever pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payments {
    /// 待下达: not all that is payable was ordered, or the bank has sent some of it back.
    ToOrder,
    /// 待登记银行回单: an instalment was ordered, and nobody has said what the bank did.
    AtBank,
}

/// What makes a payment one of these, in the order of [`Payments`].
const UNPAID: [&str; 2] = [
    "(select coalesce(sum(line.payable), 0) from institution_payment_line line
      where line.province = payment.province and line.payment = payment.number)
     > (select coalesce(sum(part.amount), 0) from institution_instalment ordered, unnest(ordered.amounts) as part (amount)
        where ordered.province = payment.province and ordered.payment = payment.number and ordered.stage in (0, 1))",
    "exists (select 1 from institution_instalment ordered
             where ordered.province = payment.province and ordered.payment = payment.number and ordered.stage = 0)",
];

/// The numbers of payments that wait, of institutions that stand in these divisions, in the order in which they are due, at most
/// [`WAITING_MAX`], with how many there are and the day on which the first is due.
pub async fn unpaid(
    conn: &mut Conn,
    province: Province,
    which: Payments,
    (first, last): (u32, u32),
) -> Result<(Waiting, Option<Day>, Vec<String>)> {
    let what = UNPAID[usize::from(which == Payments::AtBank)];
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select payment.number, payment.adopted_at as oldest, payment.due_day as due from institution_payment payment
         where payment.province = $1 and {what}
           and exists (select 1 from institution where institution.code = payment.institution
                       and institution.place >= $2 and institution.place <= $3)
         order by payment.due_day, payment.number limit {WAITING_MAX}"
    )))
    .bind(division_number(province.division()))
    .bind(number(first))
    .bind(number(last))
    .fetch_all(conn)
    .await?;
    let mut waiting = Waiting { count: i64::try_from(rows.len()).unwrap_or(WAITING_MAX), oldest: None };
    let (mut due, mut numbers) = (None, Vec::new());
    for row in &rows {
        let adopted = moment(row, "oldest")?;
        waiting.oldest = Some(waiting.oldest.map_or(adopted, |oldest: Moment| oldest.min(adopted)));
        due = due.or(crate::row::day_if(row, "due")?);
        numbers.push(row.try_get("number")?);
    }
    Ok((waiting, due, numbers))
}

/// Applications of an area that wait for papers which somebody has asked for (待补正), and the first day by which they should be here.
pub async fn waiting_supplements(conn: &mut Conn, within: AdminDivision) -> Result<(Waiting, Option<Day>)> {
    let (first, last) = crate::search::numbers_in(within);
    let row = sqlx::query(AssertSqlSafe(format!(
        "select count(*) as count, min(asked_at) as oldest, min(due_day) as due from (
             select min(supplement.asked_at) as asked_at, max(supplement.due_day) as due_day from filing
             join filing_supplement supplement on supplement.area = filing.area and supplement.filing = filing.id
              and supplement.answered_at is null
             where filing.content #>> '{{stage,name}}' = 'submitted'
               and (filing.content ->> 'insured')::integer >= $1 and (filing.content ->> 'insured')::integer <= $2
             group by filing.id limit {WAITING_MAX}
         ) waiting"
    )))
    .bind(first)
    .bind(last)
    .fetch_one(conn)
    .await?;
    Ok((read_waiting(&row)?, crate::row::day_if(&row, "due")?))
}

/// A transfer of which its two sides say different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// 划拨单号.
    pub number: OrderNumber,
    /// What the payer says has moved.
    pub paid: Fen,
    /// What the payee says has come.
    pub received: Fen,
    /// The day on which money moved last, as either says.
    pub moved_on: Option<Day>,
    /// When one of them has said something last.
    pub changed_at: Moment,
}

/// At the hub: transfers on notices that are not settled, of which the sides say different things, what was said longest ago first; at most
/// [`WAITING_MAX`].
pub async fn differing(conn: &mut Conn) -> Result<Vec<Differing>> {
    let rows = sqlx::query(AssertSqlSafe(format!(
        "select * from (
             select report.number, max(report.changed_at) as changed_at, max(report.content ->> 'moved_on') as moved_on,
                    coalesce(max((report.content ->> 'moved')::bigint) filter (where report.side = $2), 0) as paid,
                    coalesce(max((report.content ->> 'moved')::bigint) filter (where report.side = $3), 0) as received
             from notice join transfer_report report on report.notice = notice.number
             where notice.province = $1 and not notice.settled
             group by report.number
         ) transfer where paid <> received order by changed_at, number limit {WAITING_MAX}"
    )))
    .bind(participant_number(Participant::Hub))
    .bind(Side::Payment.name())
    .bind(Side::Receipt.name())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        Ok(Differing {
            number: parsed(row, "number")?,
            paid: fen(row, "paid")?,
            received: fen(row, "received")?,
            moved_on: parsed_if(row, "moved_on")?,
            changed_at: moment(row, "changed_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The months since one in which areas of a province owe each other something that was not passed on, the oldest first.
pub async fn months_to_pass_on(conn: &mut Conn, province: Province, since: Month) -> Result<Vec<Month>> {
    let rows = sqlx::query(
        "select distinct month from area_claim
         where province = $1 and month >= $2 and passed_by is null and amount > 0 and debtor / 10000 = creditor / 10000
         order by month",
    )
    .bind(division_number(province.division()))
    .bind(since.number())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| month_column(row, "month")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Store, apportioning::Confirmation, embedded::fixture::TestCluster, institution_payment as payments,
        reconciliation,
    };
    use funds::{
        Purse,
        institution_payment::{Line, Money},
    };
    use terms::{CitizenId, Fund, Rate, SettlementId};

    const HERE: &str = "H42010600001";
    const NOW: &str = "2026-11-21 10:00:00";
    const SEVENTEEN: &str = "11010519600307901";

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn hubei() -> Province {
        "420000".parse().unwrap()
    }

    fn month(number: i8) -> Month {
        Month::new(2026, number).unwrap()
    }

    async fn run(store: &Store, statement: String) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *store.conn().await.unwrap()).await.unwrap();
    }

    async fn fresh() -> Store {
        let store = TestCluster::shared().fresh_store(at(NOW)).await;
        for (code, place) in [(HERE, 420_106), ("H42050300001", 420_503)] {
            let area = place / 100 * 100;
            run(
                &store,
                format!(
                    "insert into institution (area, code, place, name, uscc, kind, grade, level, chinese_medicine, open,
                         authentication, access_key, secret, sign_in_needed, changed_at)
                     values ({area}, '{code}', {place}, '某医院', '1', '1', '09', 'tertiary', false, true, 'none', '', '', false, 0)"
                ),
            )
            .await;
        }
        store
    }

    /// A stay at a stage, admitted and perhaps discharged at these moments, and whether it has a line.
    async fn stay(
        store: &Store,
        (serial, stage): (u64, Staying),
        admitted: &str,
        left: Option<&str>,
        lines: bool,
    ) -> VisitId {
        let id = VisitId::new(hubei(), at(admitted), serial);
        let left = left.map_or("null".to_owned(), |left| at(left).millis().to_string());
        let stage = stage_number(&Staying::ALL, &stage);
        let (month, admitted) = (id.month().number(), at(admitted).millis());
        let categories = if lines { "'{01}'" } else { "null" };
        let digit = CitizenId::check_digit(SEVENTEEN).unwrap();
        run(
            store,
            format!(
                "insert into visit (province, area, month, id, institution, stage, revision, insured, treatment, person, citizen,
                     person_name, scheme, person_type, civil_servant, balance, admitted_at, discharged_at, med_type, admission_kind,
                     registration, msgid, opened_at, care, bill_categories)
                 values (420000, 420100, {month}, '{id}', '{HERE}', {stage}, 0, 110105, 420106, '110105{serial}',
                     '{SEVENTEEN}{digit}', '王某甲', '310', '11', false, 0, {admitted}, {left}, '21', '1', '{{}}',
                     'H42010600001202611211000{serial:06}', {admitted}, '21', {categories})"
            ),
        )
        .await;
        id
    }

    /// A settlement asked for and told at these moments, and when and how it was undone.
    async fn settled(
        store: &Store,
        (serial, stage, visit): (u64, Settling, Option<VisitId>),
        (asked, told): (&str, Option<&str>),
        undone: Option<(&str, &str)>,
    ) {
        let id = SettlementId::new(hubei(), at(asked), serial);
        let text = |text: Option<String>| text.map_or("null".to_owned(), |text| format!("'{text}'"));
        let undo =
            text(undone.map(|(when, _)| SettlementId::new(hubei(), at(when), serial + 500).to_string()));
        let reason = text(undone.map(|(_, reason)| reason.to_owned()));
        let told = told.map_or("null".to_owned(), |told| at(told).millis().to_string());
        let visit = visit.map_or_else(|| id.to_string(), |visit| visit.to_string());
        let (month, stage) = (id.month().number(), stage_number(&Settling::ALL, &stage));
        let asked = at(asked).millis();
        run(
            store,
            format!(
                "insert into treatment_settlement (province, area, month, id, visit, institution, msgid, stage, person, scheme,
                     insured, total, fund_total, person_total, funds, fund_paid, claim, asked_at, settled_at, undo, undo_reason,
                     undo_msgid, registration, care, account)
                 values (420000, 420100, {month}, '{id}', '{visit}', '{HERE}', 'M{serial}', {stage}, 'P1', '310', 110105, 1000, 700, 300,
                     '{{310100}}', '{{700}}', '{{}}', {asked}, {told}, {undo}, {reason}, 'U{serial}', '{{}}', '21', 0)"
            ),
        )
        .await;
    }

    #[tokio::test]
    async fn a_window_is_shown_who_left_unsettled_whose_charges_are_missing_and_what_nobody_knows() {
        let store = fresh().await;
        let left =
            stay(&store, (1, Staying::Discharged), "2026-11-01 08:00:00", Some("2026-11-10 09:00:00"), true)
                .await;
        let earlier =
            stay(&store, (2, Staying::Discharged), "2026-10-01 08:00:00", Some("2026-11-09 09:00:00"), true)
                .await;
        let empty = stay(&store, (3, Staying::Admitted), "2026-11-18 08:00:00", None, false).await;
        stay(&store, (4, Staying::Admitted), "2026-11-18 08:00:00", None, true).await;
        stay(&store, (5, Staying::Admitted), "2026-11-21 08:00:00", None, false).await;
        stay(&store, (6, Staying::Settled), "2026-11-01 08:00:00", Some("2026-11-10 09:00:00"), true).await;
        let asked =
            stay(&store, (7, Staying::Settling), "2026-11-01 08:00:00", Some("2026-11-20 09:00:00"), true)
                .await;
        let undoing =
            stay(&store, (8, Staying::Undoing), "2026-11-01 08:00:00", Some("2026-11-20 09:00:00"), true)
                .await;
        settled(&store, (7, Settling::Asked, Some(asked)), ("2026-11-21 09:00:00", None), None).await;
        let undone = Some(("2026-11-21 09:30:00", "cancellation"));
        settled(
            &store,
            (8, Settling::Undoing, Some(undoing)),
            ("2026-11-20 09:00:00", Some("2026-11-20 09:00:01")),
            undone,
        )
        .await;
        // Asked for a moment ago, and one that stands.
        settled(&store, (9, Settling::Asked, Some(left)), ("2026-11-21 09:59:59", None), None).await;
        settled(
            &store,
            (10, Settling::Settled, Some(left)),
            ("2026-11-20 09:00:00", Some("2026-11-20 09:00:01")),
            None,
        )
        .await;

        let code = HERE.parse().unwrap();
        let mut conn = store.conn().await.unwrap();
        let before = at("2026-11-21 09:55:00");
        for (which, expected) in [
            (OpenStays::Discharged, vec![earlier, left]),
            (OpenStays::WithoutLines { before: at("2026-11-19 10:00:00") }, vec![empty]),
            (OpenStays::Unknown { before }, vec![asked, undoing]),
        ] {
            let found = open_stays(&mut conn, (hubei(), &code), which, at(NOW)).await.unwrap();
            assert_eq!(found.iter().map(|stay| stay.visit.id).collect::<Vec<_>>(), expected, "{which:?}");
            let count = i64::try_from(expected.len()).unwrap();
            assert_eq!(count_of(&found), Waiting { count, oldest: Some(found[0].since) }, "{which:?}");
        }
        let elsewhere = "H42050300001".parse().unwrap();
        let none =
            open_stays(&mut conn, (hubei(), &elsewhere), OpenStays::Discharged, at(NOW)).await.unwrap();
        assert_eq!(none, []);
    }

    #[tokio::test]
    async fn lines_of_days_are_those_of_the_list_that_is_confirmed() {
        let store = fresh().await;
        for (serial, told, undone) in [
            (1, ("2026-11-10 10:00:00", "2026-11-10 10:00:01"), None),
            (2, ("2026-11-10 23:59:59", "2026-11-11 00:00:01"), None),
            (
                3,
                ("2026-11-02 10:00:00", "2026-11-02 10:00:01"),
                Some(("2026-11-05 10:00:00", "cancellation")),
            ),
            (4, ("2026-11-02 10:00:00", "2026-11-02 10:00:01"), Some(("2026-11-05 10:00:00", "reversal"))),
            (5, ("2026-10-31 10:00:00", "2026-10-31 10:00:01"), Some(("2026-11-01 00:00:00", "reversal"))),
            (6, ("2026-09-01 10:00:00", "2026-11-03 10:00:00"), None),
            (7, ("2026-12-01 00:00:00", "2026-12-01 00:00:01"), None),
        ] {
            settled(&store, (serial, Settling::Settled, None), (told.0, Some(told.1)), undone).await;
        }
        let code: InstitutionCode = HERE.parse().unwrap();
        let period = at("2026-11-01 00:00:00")..at("2026-12-01 00:00:00");
        let mut conn = store.conn().await.unwrap();
        let days = lines_by_day(&mut conn, (hubei(), &code), &period).await.unwrap();
        let listed = reconciliation::list(&mut conn, (hubei(), &code), &period).await.unwrap();
        let mut expected = BTreeMap::<Day, i64>::new();
        for line in
            listed.iter().flat_map(|one| one.settlement.lines()).filter(|line| period.contains(&line.at))
        {
            *expected.entry(line.at.day()).or_default() += 1;
        }
        let found: BTreeMap<Day, i64> = days.iter().map(|day| (day.day, day.count)).collect();
        assert_eq!(found, expected);
        let dates: Vec<String> = days.iter().map(|day| day.day.to_string()).collect();
        assert_eq!(
            dates,
            ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-05", "2026-11-10", "2026-11-11"]
        );
        assert_eq!(days[4].last_at, at("2026-11-10 10:00:01"));
    }

    fn confirmation(id: &str, of: i8, stage: confirmation::Stage) -> Confirmation {
        let line = |serial, confirmed| crate::apportioning::Detail {
            line: SettlementId::new(hubei(), at(NOW), serial),
            confirmed,
            total: Fen(1_000),
            agency_pays: Fen(700),
        };
        Confirmation {
            id: id.to_owned(),
            month: month(of),
            stage,
            total: Fen(1_000),
            agency_pays: Fen(700),
            details: vec![line(1, true), line(2, false)],
            confirmed_at: at(NOW).plus_millis(i64::from(of)),
            withdrawn_at: None,
        }
    }

    #[tokio::test]
    async fn a_confirmed_month_waits_for_its_payment_where_the_institution_stands() {
        use confirmation::Stage::{Cleared, Confirmed, Withdrawn};
        let store = fresh().await;
        let code: InstitutionCode = HERE.parse().unwrap();
        let area = PoolingArea("420100".parse().unwrap());
        let mut work = store.begin().await.unwrap();
        for one in [
            confirmation("a", 9, Confirmed),
            confirmation("b", 10, Confirmed),
            confirmation("c", 10, Confirmed),
            confirmation("d", 10, Withdrawn),
            confirmation("e", 8, Cleared),
        ] {
            let key = crate::apportioning::Key { area, institution: &code, month: one.month };
            crate::apportioning::insert(&mut work, key, &one).await.unwrap();
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let found = unadopted(&mut conn, (420_100, 420_199)).await.unwrap();
        let seen: Vec<_> =
            found.iter().map(|one| (one.month, one.confirmations, one.lines, one.amount)).collect();
        assert_eq!(seen, [(month(9), 1, 1, Fen(700)), (month(10), 2, 2, Fen(1_400))]);
        assert_eq!(unadopted(&mut conn, (420_500, 420_599)).await.unwrap(), []);
        let confirmed =
            confirmed_lines(&mut conn, (area, &code), &[month(8), month(9), month(10)]).await.unwrap();
        assert_eq!(confirmed, BTreeMap::from([(month(8), 1), (month(9), 1), (month(10), 2)]));
    }

    #[tokio::test]
    async fn payments_wait_to_be_ordered_and_for_the_bank() {
        use payments::InstalmentStage::{Ordered, Paid, Returned};
        let pool = (InsuranceScheme::Employee, Purse::Fund(Fund::EmployeePool));
        let store = fresh().await;
        let entry = || payments::Entry { by: "王某甲".to_owned(), at: at(NOW) };
        let payment = |number: &str, payable| payments::Payment {
            number: number.to_owned(),
            institution: HERE.parse().unwrap(),
            kind: payments::Kind::Month,
            month: month(10),
            deposit: Rate::permyriad(0).unwrap(),
            source: "鄂协1".to_owned(),
            score: None,
            lines: [(pool, Line { confirmed: Fen(payable), payable: Fen(payable), ..Line::default() })]
                .into(),
            adopted: entry(),
            due: at(NOW).day().plus_days(if number == "BF2" { 1 } else { 2 }),
        };
        let instalment = |payment: &str, number, stage, amount| payments::Instalment {
            payment: payment.to_owned(),
            number,
            stage,
            money: Money::from([(pool, Fen(amount))]),
            ordered: entry(),
            bank: None,
            ended: None,
        };
        let mut work = store.begin().await.unwrap();
        for (number, payable) in [("BF1", 100), ("BF2", 100), ("BF3", 100), ("BF4", 0)] {
            payments::insert(&mut work, hubei(), &payment(number, payable)).await.unwrap();
        }
        for one in [
            instalment("BF1", 1, Paid, 60),
            instalment("BF1", 2, Ordered, 30),
            instalment("BF2", 1, Returned, 100),
            instalment("BF3", 1, Paid, 100),
        ] {
            payments::put_instalment(&mut work, hubei(), &one).await.unwrap();
        }
        work.save().await.unwrap();
        let mut conn = store.conn().await.unwrap();
        let wuhan = (420_100, 420_199);
        for (which, numbers, days) in
            [(Payments::ToOrder, vec!["BF2", "BF1"], 1), (Payments::AtBank, vec!["BF1"], 2)]
        {
            let (waiting, due, found) = unpaid(&mut conn, hubei(), which, wuhan).await.unwrap();
            assert_eq!(found, numbers, "{which:?}");
            assert_eq!(waiting.count, i64::try_from(numbers.len()).unwrap());
            assert_eq!(due, Some(at(NOW).day().plus_days(days)));
            let elsewhere = unpaid(&mut conn, hubei(), which, (420_500, 420_599)).await.unwrap();
            assert_eq!(elsewhere, (Waiting::default(), None, Vec::new()));
        }
        let listed =
            payments::of_numbers(&mut conn, hubei(), &["BF1".to_owned(), "BF2".to_owned()]).await.unwrap();
        assert_eq!(listed, [payment("BF2", 100), payment("BF1", 100)], "as they are due");
    }

    #[tokio::test]
    async fn applications_wait_for_papers_until_these_come() {
        let store = fresh().await;
        for (id, stage, answered) in
            [("1", "submitted", "null"), ("2", "submitted", "5"), ("3", "rejected", "null")]
        {
            run(
                &store,
                format!(
                    "insert into filing (area, id, person, generation, content)
                     values (420100, '{id}', 'P1', 1, '{{\"stage\": {{\"name\": \"{stage}\"}}, \"insured\": \"420106\"}}');
                     insert into filing_supplement (area, filing, number, wanted, asked_by, asked_at, due_day, answered_at)
                     values (420100, '{id}', 1, '居住证', '复核某', 1000, 20261130, {answered})"
                ),
            )
            .await;
        }
        let mut conn = store.conn().await.unwrap();
        let of = async |conn: &mut Conn, place: &str| {
            waiting_supplements(conn, place.parse().unwrap()).await.unwrap()
        };
        let oldest = Moment::from_millis(1_000);
        let waiting = (Waiting { count: 1, oldest }, Some("2026-11-30".parse().unwrap()));
        assert_eq!(of(&mut conn, "420100").await, waiting);
        assert_eq!(of(&mut conn, "420500").await, (Waiting::default(), None));
    }

    #[tokio::test]
    async fn transfers_of_which_the_sides_say_different_things_are_found() {
        let store = fresh().await;
        let statement = |number: &str, settled: bool, reports: &[(&str, i64)]| {
            let notice = format!(
                "insert into notice (province, number, serial, payer, payee, cause, content, settled, issued_at)
                 values (100000, '{number}', (select count(*) from notice), 420000, 310000, 'clearing', '{{}}', {settled}, 1);"
            );
            let report = |(side, moved): &(&str, i64)| {
                format!(
                    "insert into transfer_report (province, number, side, notice, content, revision, changed_at)
                     values (100000, '{number}-310', '{side}', '{number}', '{{\"moved\": {moved}, \"moved_on\": \"2026-11-20\"}}', 1, {moved});"
                )
            };
            let parts: Vec<String> = std::iter::once(notice).chain(reports.iter().map(report)).collect();
            parts.concat()
        };
        for (number, settled, reports) in [
            ("QS202610-420000-310000", false, &[("payment", 900), ("receipt", 500)][..]),
            ("QS202609-420000-310000", false, &[("payment", 700)]),
            ("QS202608-420000-310000", false, &[("payment", 900), ("receipt", 900)]),
            ("QS202607-420000-310000", true, &[("payment", 900), ("receipt", 1)]),
        ] {
            run(&store, statement(number, settled, reports)).await;
        }
        let found = differing(&mut store.conn().await.unwrap()).await.unwrap();
        let seen: Vec<_> = found.iter().map(|one| (one.number.to_string(), one.paid, one.received)).collect();
        assert_eq!(
            seen,
            [
                ("QS202609-420000-310000-310".to_owned(), Fen(700), Fen::ZERO),
                ("QS202610-420000-310000-310".to_owned(), Fen(900), Fen(500)),
            ]
        );
        assert_eq!(found[0].moved_on, Some("2026-11-20".parse().unwrap()));
    }
}

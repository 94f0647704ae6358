//! Monthly clearing (清分, 清算) at the hub: months are closed by the calendar, planned as often as one likes, adopted once by a person,
//! answered by the provinces, and noticed pair by pair.
//!
//! | file | what it holds |
//! |---|---|
//! | here | closing, planning, adopting, issuing notices, closing a year |
//! | `answer` | what provinces confirm and dispute, and what the hub decides |
//! | `query` | what provinces ask: lines and settlements, page by page |
//! | `deduction` | deductions after audit (审核扣款) that treatment provinces report |

mod answer;
mod deduction;
mod query;

pub use answer::{Decision, answer, decide};
pub(crate) use deduction::memorandum;
pub use deduction::report;
pub use query::{find_cleared_settlements, find_clearing, standing};

use crate::{
    access::Author,
    context::{Failure, Outcome},
    hub::Hub,
    job::Progress,
    planted::{self, Bug},
};
use funds::{
    calendar::Timetable,
    clearing::{
        self as field, ClearedLine, Due, PlanDifference, Reason, Statement,
        stage::{self, Answer, Move, PairStage, Stage},
    },
    notice::{Cause, Notice, NoticeLine, NoticeNumber},
    rule::{RuleBook, Rules, Unanswered},
};
use std::{collections::BTreeSet, thread::available_parallelism};
use store::{
    Conn, Work,
    clearing::{self as book, ClosedMonth, KeptPlan, Pace, Request},
    correction, difference, notice,
};
use terms::{Day, Moment, Month, Refusal, SettlementId};

/// Who does what nobody did by hand.
const SYSTEM: &str = "系统";
/// How many months back differences of the books keep a settlement out.
const DIFFERENCES_BACK: i32 = 24;

/// What is due by the timetable: months are closed and planned a first time, silence is taken for yes if the rules say so, and what
/// both sides agree on is noticed once its day has come. Adopting is a person's decision.
pub async fn tick(hub: &Hub) -> Outcome<()> {
    keep(hub, hub.clearing_pace).await
}

/// The same at another pace than the hub's.
pub async fn keep(hub: &Hub, pace: Pace) -> Outcome<()> {
    while let Some(month) = due_to_close(hub).await? {
        if !close(hub, month).await? {
            break;
        }
    }
    let today = hub.context.now().day();
    let rules = rules(today)?;
    let months = months(hub).await?;
    for (at, month) in months.iter().enumerate() {
        let timetable = Timetable::of(month.month, &rules);
        match month.stage {
            Stage::Closed if at.checked_sub(1).is_none_or(|before| is_adopted(&months[before])) => {
                plan_at(hub, month.month, (SYSTEM, &Author::NOBODY), pace, &Progress::default()).await?;
            }
            Stage::Adopted => {
                if today > timetable.confirmed_by && rules.unanswered == Unanswered::Confirmed {
                    answer::deem(hub, month.month).await?;
                }
                if today >= timetable.notices_on {
                    issue(hub, month.month, SYSTEM).await?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The rules of a day.
pub fn rules(day: Day) -> Outcome<Rules> {
    let rules = RuleBook::national().on(day);
    rules.ok_or_else(|| refused(&format!("{day}没有生效的清算规则，请检查clearing.toml")))
}

pub(crate) fn refused(reason: &str) -> Failure {
    Refusal::ClearingRule { reason: reason.to_owned() }.into()
}

/// The months that are closed.
pub async fn months(hub: &Hub) -> Outcome<Vec<ClosedMonth>> {
    Ok(book::months(&mut *hub.context.store.conn().await?).await?)
}

/// A closed month.
pub async fn month(hub: &Hub, month: Month) -> Outcome<ClosedMonth> {
    let found = book::month(&mut *hub.context.store.conn().await?, month).await?;
    found.ok_or_else(|| Refusal::UnknownClearing { month: month.to_string() }.into())
}

const fn is_adopted(month: &ClosedMonth) -> bool {
    matches!(month.stage, Stage::Adopted | Stage::Noticed)
}

/// The next month to close, if its statement day has come.
async fn due_to_close(hub: &Hub) -> Outcome<Option<Month>> {
    let today = hub.context.now().day();
    let rules = rules(today)?;
    let mut conn = hub.context.store.conn().await?;
    let next = match book::last_closed(&mut conn).await? {
        Some(last) => Some(last.next()),
        None => book::first_settled(&mut conn).await?,
    };
    Ok(next.filter(|month| Timetable::of(*month, &rules).statement_on <= today))
}

/// Closes a month to settlements (截止); false if it was closed.
async fn close(hub: &Hub, month: Month) -> Outcome<bool> {
    let mut work = hub.context.store.begin().await?;
    let closed = book::close(&mut work, month, hub.context.now()).await?;
    work.save().await?;
    if closed {
        tracing::info!(%month, "a month is closed to settlements");
    }
    Ok(closed)
}

/// The month, held, and where it stands after a move.
async fn moved(work: &mut Work, month: Month, by: Move) -> Outcome<ClosedMonth> {
    let held = book::hold(work, month).await?;
    let mut held = held.ok_or_else(|| Refusal::UnknownClearing { month: month.to_string() })?;
    check_year(work, month).await?;
    held.stage = stage::after(held.stage, by)
        .ok_or_else(|| refused(&format!("{month}的清算{}，不能再做此操作", held.stage)))?;
    Ok(held)
}

async fn check_year(work: &mut Work, month: Month) -> Outcome<()> {
    let year = month.first_day().year();
    match book::is_year_closed(work.conn(), year).await? {
        None => Ok(()),
        Some((at, _)) => Err(refused(&format!("{year}年度已于{}完成年度清算，不能再更改", at.day()))),
    }
}

/// A plan, and how it differs from the one before.
pub struct Planned {
    /// As it is kept.
    pub kept: KeptPlan,
    /// Nothing for the first plan of a month.
    pub differences: Vec<PlanDifference>,
}

/// Plans a closed month (清分试算): adds it up and keeps what it comes to.
pub async fn plan(hub: &Hub, month: Month, by: (&str, &Author), progress: &Progress) -> Outcome<Planned> {
    plan_at(hub, month, by, hub.clearing_pace, progress).await
}

/// What four eyes know a month by.
pub fn subject(month: Month) -> String {
    format!("clearing:{}", month.number())
}

/// How many connections read a month: one beside settlements that go on, else one for each processor. A reader and its server take
/// turns more than they work at once.
fn readers(pace: Pace) -> usize {
    if pace.rests() { 1 } else { available_parallelism().map_or(1, std::num::NonZero::get) }
}

async fn plan_at(
    hub: &Hub,
    month: Month,
    (by, author): (&str, &Author),
    pace: Pace,
    progress: &Progress,
) -> Outcome<Planned> {
    progress.begin((1, 3), "选取列入本月的结算");
    let context = &hub.context;
    let (now, rules) = (context.now(), rules(context.now().day())?);
    let mut work = context.store.begin().await?;
    let mut planned = moved(&mut work, month, Move::Plan).await?;
    let months = book::months(work.conn()).await?;
    let before = months.iter().rfind(|one| one.month < month);
    if let Some(before) = before.filter(|before| !is_adopted(before)) {
        return Err(refused(&format!("请先生成{}的清算表，清算按月依次进行", before.month)));
    }
    planned.revision += 1;
    let selection = select(&mut work, month, &rules).await?;
    let left_out: Vec<ClearedLine> = selection.left_out.iter().map(|one| one.line.clone()).collect();
    let mut request = Request {
        month,
        revision: planned.revision,
        with: selection.carried.iter().cloned().chain(added(work.conn(), month).await?).collect(),
        without: Vec::new(),
        apart: BTreeSet::new(),
        workers: readers(pace),
        pace,
        read: progress.counter(),
    };
    leave_out(&mut request, left_out);
    progress.begin((2, 3), "逐笔清分");
    progress.of_about(book::about(work.conn(), month).await?);
    let (mut plan, counted) =
        book::apportion(&context.store, &mut work, request).await.map_err(unbalanced)?;
    plan.left_out = selection.left_out;
    if planted::is(Bug::ClearingLeavesOut) {
        plan.sums.pop_first();
    }
    if let Some(mut first) = plan.sums.first_entry().filter(|_| planted::is(Bug::ClearingCountsTwice)) {
        let share = first.get().clone();
        first.get_mut().add(&share);
    }
    progress.begin((3, 3), "与上次试算比较并保存");
    let last = book::plan(work.conn(), month, planned.revision - 1).await?;
    let differences = last.map_or_else(Vec::new, |last| plan.compare(&last.plan));
    let carried = selection.carried;
    let kept = KeptPlan { plan, carried, counted, planned_at: now, planned_by: by.to_owned() };
    book::put_plan(&mut work, &kept).await?;
    book::set_month(&mut work, &planned).await?;
    author.enters(context, &mut work, &subject(month)).await?;
    work.save().await?;
    Ok(Planned { kept, differences })
}

/// Lines of a month beside its settlements and what is carried in: deductions and corrections.
pub(crate) async fn added(conn: &mut Conn, month: Month) -> Outcome<Vec<ClearedLine>> {
    let deductions = book::deductions_of_month(conn, month, None).await?;
    let mut lines: Vec<ClearedLine> = deductions.into_iter().map(|reported| reported.line).collect();
    lines.extend(correction::of_month(conn, month, None).await?);
    Ok(lines)
}

/// Has lines left out of a request: what does not balance cannot be taken out again once it is read, and is not read.
pub(crate) fn leave_out(request: &mut Request, left_out: Vec<ClearedLine>) {
    let apart = left_out.iter().filter(|line| !line.balances()).map(|line| line.settlement);
    request.apart = apart.collect();
    request.without = left_out;
    request.without.retain(|line| !request.apart.contains(&line.settlement));
}

/// Says of which settlement the hub's row does not balance, and what to do about it.
pub(crate) fn unbalanced(error: store::Error) -> Failure {
    match error {
        store::Error::Unbalanced { settlements } if !settlements.is_empty() => {
            let first = settlements[0];
            Refusal::SettlementUnbalanced {
                setl_id: first.settlement.to_string(),
                insured: first.insured.division().full_name(),
                treatment: first.treatment.division().full_name(),
                count: settlements.len().to_string(),
            }
            .into()
        }
        other => other.into(),
    }
}

/// What the plan of a month leaves out and carries in.
async fn select(work: &mut Work, month: Month, rules: &Rules) -> Outcome<field::Selection> {
    let conn = work.conn();
    let first = month.first_day();
    let late_before = first.plus_months(-i32::from(rules.late_months)).month();
    let late = book::late(conn, month, late_before).await?;
    let last = month.next().first_day().plus_days(-1);
    let mut differs = difference::open_settlements(conn, first.plus_months(-DIFFERENCES_BACK), last).await?;
    // What both provinces have confirmed, and somebody is about to correct.
    differs.extend(correction::waiting(conn).await?);
    let differing = book::by_ids(conn, month, &differs).await?;
    let pending = book::pending(conn).await?;
    let waiting = pending.iter().map(|one| one.line.settlement).collect();
    let mut given_back = book::by_ids(conn, month, &waiting).await?;
    given_back.retain(|line| line.part == field::Part::Undone);
    Ok(field::select(month, late, (&differs, differing), given_back, &pending))
}

/// The last two plans of a month compared, if there are two.
pub async fn compare(hub: &Hub, month: Month) -> Outcome<Vec<PlanDifference>> {
    let mut conn = hub.context.store.conn().await?;
    let known = book::month(&mut conn, month).await?;
    let known = known.ok_or_else(|| Refusal::UnknownClearing { month: month.to_string() })?;
    let last = book::plan(&mut conn, month, known.revision).await?;
    let before = book::plan(&mut conn, month, known.revision.saturating_sub(1)).await?;
    Ok(last.zip(before).map_or_else(Vec::new, |(last, before)| last.plan.compare(&before.plan)))
}

/// The plan that was adopted, or else the last one.
pub async fn current_plan(hub: &Hub, month: Month) -> Outcome<KeptPlan> {
    let mut conn = hub.context.store.conn().await?;
    let known = book::month(&mut conn, month).await?;
    let known = known.ok_or_else(|| Refusal::UnknownClearing { month: month.to_string() })?;
    let found = book::plan(&mut conn, month, known.revision).await?;
    found.ok_or_else(|| refused(&format!("{month}还没有试算，请先试算")))
}

/// What upheld disputes took out of a month.
pub async fn withdrawn(hub: &Hub, month: Month) -> Outcome<Vec<ClearedLine>> {
    let mut conn = hub.context.store.conn().await?;
    Ok(book::carried_out(&mut conn, month, Reason::Dispute, None).await?)
}

/// Adopts the last plan of a month (生成清算表), once. What it leaves out comes in a later month.
pub async fn adopt(hub: &Hub, month: Month, revision: u32, by: &str) -> Outcome<ClosedMonth> {
    let mut work = hub.context.store.begin().await?;
    let known = book::hold(&mut work, month).await?;
    if let Some(known) = known.filter(|known| known.adopted == revision && revision > 0) {
        return Ok(known);
    }
    let mut adopted = moved(&mut work, month, Move::Adopt).await?;
    if adopted.revision != revision {
        let last = adopted.revision;
        return Err(refused(&format!("{month}最近一次试算是第{last}次，不是第{revision}次，请核对后再办理")));
    }
    let kept = book::plan(work.conn(), month, revision).await?.expect("a planned month has its plan");
    // Undoings of what already waits are no reason to wait twice, so all that is left out is kept, with its month.
    book::put_carries(&mut work, month, &kept.plan.left_out).await?;
    book::set_cleared(&mut work, &kept.carried, month).await?;
    adopted.adopted = revision;
    adopted.adopted_at = Some(hub.context.now());
    adopted.adopted_by = Some(by.to_owned());
    book::set_month(&mut work, &adopted).await?;
    work.save().await?;
    Ok(adopted)
}

/// Issues the notices (付款、收款通知书) of all pairs on which both sides agree and that have none; how many pairs that were. Once all have
/// theirs there is nothing left to do, however often it is asked for.
pub async fn issue(hub: &Hub, month: Month, by: &str) -> Outcome<usize> {
    let now = hub.context.now();
    let mut work = hub.context.store.begin().await?;
    let held = book::hold(&mut work, month).await?;
    if held.is_some_and(|held| held.stage == Stage::Noticed) {
        return Ok(0);
    }
    let mut issued = moved(&mut work, month, Move::Issue).await?;
    let kept = book::plan(work.conn(), month, issued.adopted).await?.expect("an adopted month has its plan");
    let withdrawn = book::carried_out(work.conn(), month, Reason::Dispute, None).await?;
    let answers = book::answers(work.conn(), month, None).await?;
    let (mut count, mut waiting) = (0, 0_usize);
    for pair in book::pairs(work.conn(), (month, issued.adopted), None).await? {
        let said = |province| {
            let of = answers.iter().find(|one| one.pair == pair.pair && one.province == province);
            of.map_or(Answer::Awaited, |one| one.answer)
        };
        let sides = (said(pair.pair.insured), said(pair.pair.treatment));
        match PairStage::of(sides.0, sides.1, pair.noticed_at.is_some()) {
            PairStage::Noticed => {}
            PairStage::Agreed => {
                for notice in notices(&kept.plan.statement(pair.pair, &withdrawn), now, by) {
                    if notice::issue(&mut work, &notice).await? == notice::Issued::ExistsWithOtherContent {
                        return Err(refused(&format!("通知书{}已签发，金额不同，请核对", notice.number)));
                    }
                }
                book::set_noticed(&mut work, (month, issued.adopted), pair.pair, now).await?;
                count += 1;
            }
            PairStage::Awaiting | PairStage::Disputed => waiting += 1,
        }
    }
    if waiting == 0 {
        issued.stage = stage::after(issued.stage, Move::Finish).expect("an adopted month can be finished");
        book::set_month(&mut work, &issued).await?;
    }
    work.save().await?;
    Ok(count)
}

/// The notices of a statement: what the insured province pays, and what the treatment province gives back where a purse comes to less
/// than nothing.
pub(crate) fn notices(statement: &Statement, at: Moment, by: &str) -> Vec<Notice> {
    let (month, pair) = (statement.month, statement.pair);
    let make = |cause: Cause, payer, payee, dues: Vec<Due>| {
        let line = |due: Due| NoticeLine { scheme: due.scheme, purse: due.purse, amount: due.amount };
        Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines: dues.into_iter().map(line).collect(),
            issued_on: at.day(),
            issued_at: at,
            by: by.to_owned(),
        }
    };
    let both = [
        make(Cause::Clearing { month }, pair.insured, pair.treatment, statement.payable()),
        make(Cause::ClearingReturn { month }, pair.treatment, pair.insured, statement.returned()),
    ];
    both.into_iter().filter(|notice| !notice.lines.is_empty()).collect()
}

/// Lets a settlement that was left out as too late be cleared in the next month that is planned.
pub async fn accept_late(hub: &Hub, settlement: SettlementId, by: &str) -> Outcome<()> {
    let mut work = hub.context.store.begin().await?;
    check_year(&mut work, settlement.month()).await?;
    let accepted = book::accept(&mut work, settlement, by, hub.context.now()).await?;
    if accepted == 0 {
        return Err(refused(&format!("结算[{settlement}]不在待审定的延后申报之列，请核对结算ID")));
    }
    Ok(work.save().await?)
}

/// Closes a year (年度清算): when nothing of its months is open.
pub async fn close_year(hub: &Hub, year: i16, by: &str) -> Outcome<()> {
    let mut work = hub.context.store.begin().await?;
    if let Some((at, who)) = book::is_year_closed(work.conn(), year).await? {
        return Err(refused(&format!("{year}年度已由{who}于{}完成年度清算", at.day())));
    }
    let months = book::months(work.conn()).await?;
    let first = months.first().map_or_else(|| month_of(year, 1), |first| first.month);
    // Months before the network began have nothing to close.
    let of_year = (1..=12).map(|number| month_of(year, number)).filter(|month| *month >= first);
    let stages = of_year.map(|month| {
        let known = months.iter().find(|known| known.month == month);
        (month, known.map_or(Stage::Open, |known| known.stage))
    });
    let left_out = book::left_out_of_year(work.conn(), year).await?;
    let open = stage::year_open(stages, left_out);
    if !open.is_empty() {
        let words: Vec<_> = open.iter().take(5).map(ToString::to_string).collect();
        return Err(refused(&format!("{year}年度尚有未完事项：{}", words.join("；"))));
    }
    book::close_year(&mut work, year, by, hub.context.now()).await?;
    Ok(work.save().await?)
}

fn month_of(year: i16, number: i8) -> Month {
    Month::new(year, number).expect("one of the twelve")
}

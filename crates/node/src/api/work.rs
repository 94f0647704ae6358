//! What waits for whoever asks (待办), out of the tables in which it waits: only what the session may do, the most pressing first.

mod account;
mod institution;
mod payment;

use super::{Answer, Clerk, reconciliation::part_of};
use crate::{
    context::{Failure, Outcome},
    hub::Hub,
    payment_order,
    prepayment::{increase, position},
    province::ProvinceNode,
    urging,
};
use axum::{Router, extract::State, routing::get};
use casework::{
    access::{Action, Area},
    emergency_increase::StageName,
    prepayment_year::Stage as YearStage,
};
use funds::{
    calendar::Timetable,
    clearing::stage::Stage as ClearingStage,
    payment_order::{Side, Stage as OrderStage},
    prepayment::YearTimetable,
};
use std::sync::Arc;
use store::{
    bank, clearing, clearing_statement,
    figures::{self, Waiting, waiting::waiting_supplements},
    prepayment as prepayments,
};
use terms::{Day, WorkingDays};
use wire::api::{
    prepayment::PositionView,
    work::{WorkItem, WorkList},
};

/// The routes of a province.
pub fn of_province() -> Router<Arc<ProvinceNode>> {
    Router::new().route("/api/v1/work", get(at_province))
}

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new().route("/api/v1/work", get(at_hub))
}

/// Working days within which a filing should be decided on ([RECALLED] of the national filing service: two; no rule was found that
/// binds).
const FILING_WORKING_DAYS: u16 = 2;
/// Working days within which a difference of the books should be explained: ours, so that it is before the statement of the month.
const DIFFERENCE_WORKING_DAYS: u16 = 5;
/// From how many working days on something is pressing.
const SOON: i32 = 1;

/// A kind of work.
struct Kind {
    code: &'static str,
    name: &'static str,
    action: Action,
    to_do: &'static str,
}

impl Kind {
    /// So many wait since that day, and the first is due on that one.
    fn item(&self, count: i64, since: Option<Day>, due: Option<Day>, today: Day) -> WorkItem {
        let left = due.map(|due| WorkingDays::published().left(today, due));
        let urgency = match left {
            Some(left) if left < 0 => "overdue",
            Some(left) if left <= SOON => "soon",
            _ => "calm",
        };
        let many = if count >= figures::WAITING_MAX { "以上" } else { "" };
        let by_when = match left {
            Some(left) if left < 0 => format!("，最早的已逾期{}个工作日", -left),
            Some(left) => format!("，最早的还有{left}个工作日"),
            None => String::new(),
        };
        let words = format!("{}{count}{many}件，{}{by_when}", self.name, self.to_do);
        WorkItem {
            kind: self.code.to_owned(),
            name: self.name.to_owned(),
            action: self.action.code().to_owned(),
            count,
            since,
            due,
            left,
            urgency: urgency.to_owned(),
            month: None,
            words,
        }
    }

    /// Of what is to be done within so many working days.
    fn within(&self, waiting: Waiting, days: u16, today: Day) -> Option<WorkItem> {
        let since = waiting.oldest.map(terms::Moment::day);
        let due = since.map(|since| WorkingDays::published().due(since, days).day);
        (waiting.count > 0).then(|| self.item(waiting.count, since, due, today))
    }
}

const FILINGS: Kind =
    Kind {
        code: "filings", name: "待审核的备案", action: Action::DecideFilings, to_do: "请审核通过或驳回"
    };
const SUPPLEMENTS: Kind = Kind {
    code: "supplements",
    name: "待补正材料的备案",
    action: Action::EnterFilings,
    to_do: "请联系参保人补齐材料，或代为上传",
};
const DIFFERENCES: Kind = Kind {
    code: "differences",
    name: "未说明的对账差异",
    action: Action::WorkDifferences,
    to_do: "请核查原因并说明",
};
const EXPLAINED: Kind = Kind {
    code: "explained",
    name: "待确认的对账差异",
    action: Action::DecideDifferences,
    to_do: "请核对说明后确认",
};
const CORRECTIONS: Kind = Kind {
    code: "corrections",
    name: "待审批的记录更正",
    action: Action::DecideDifferences,
    to_do: "请核对两省记录后同意或不予更正",
};
const STATEMENTS: Kind = Kind {
    code: "statements",
    name: "待确认的清算表",
    action: Action::ConfirmClearing,
    to_do: "请核对后确认或提出异议",
};
const TRANSFERS: Kind = Kind {
    code: "transfers",
    name: "待办的划拨单",
    action: Action::PayTransfers,
    to_do: "请提交财政、登记划拨或办结",
};
const RECEIPTS: Kind =
    Kind {
        code: "receipts", name: "待办的应收款", action: Action::PayTransfers, to_do: "请登记到账或办结"
    };
const BANK_ENTRIES: Kind =
    Kind {
        code: "bank_entries", name: "待查款项", action: Action::MaintainBank, to_do: "请指定归属"
    };
const INCREASES: Kind = Kind {
    code: "increases",
    name: "待审核的紧急调增",
    action: Action::AdoptPrepayment,
    to_do: "请同意或不同意",
};
const COMPLAINTS: Kind = Kind {
    code: "complaints",
    name: "未答复的投诉举报",
    action: Action::WorkComplaints,
    to_do: "请分派或答复",
};
const CLEARING: Kind =
    Kind {
        code: "clearing", name: "待审定的清算月份", action: Action::AdoptClearing, to_do: "请试算并审定"
    };
const DISPUTES: Kind =
    Kind {
        code: "disputes", name: "待处理的清算异议", action: Action::AdoptClearing, to_do: "请裁定"
    };
const OVERDUE: Kind =
    Kind {
        code: "overdue", name: "逾期未划拨的通知书", action: Action::UrgeTransfers, to_do: "请催缴"
    };

const PREPAYMENT_YEAR: Kind = Kind {
    code: "prepayment_year",
    name: "待核定的年度预付金",
    action: Action::AdoptPrepayment,
    to_do: "请核对草案后核定",
};
const RED: Kind = Kind {
    code: "prepayment_red",
    name: "红色预警的预付金",
    action: Action::PlanPrepayment,
    to_do: "请核对使用情况，申请紧急调增",
};
const RED_AT_HUB: Kind = Kind { to_do: "就医省尚未申请紧急调增，请核对并督促", ..RED };
const DIFFERING: Kind = Kind {
    code: "differing",
    name: "双方登记不一致的划拨",
    action: Action::PayTransfers,
    to_do: "请联系两省财政核对到账",
};

/// What is most pressing first; of the same, what is due first.
fn list(now: terms::Moment, mut work: Vec<WorkItem>) -> Answer {
    let rank = |urgency: &str| ["overdue", "soon", "calm"].iter().position(|one| *one == urgency);
    work.sort_by_key(|item| (rank(&item.urgency), item.left.unwrap_or(i32::MAX)));
    Answer::json(&WorkList { as_of: now.to_string(), work })
}

async fn at_province(State(node): State<Arc<ProvinceNode>>, clerk: Clerk) -> Result<Answer, Answer> {
    let work = of_the_province(&node, &clerk).await.map_err(Failure::refusal)?;
    Ok(list(node.context.now(), work))
}

async fn of_the_province(node: &ProvinceNode, clerk: &Clerk) -> Outcome<Vec<WorkItem>> {
    let today = node.context.now().day();
    let area = clerk.area();
    if let Area::Institution { code, .. } = &area {
        return institution::work(node, clerk, code, today).await;
    }
    // What is of the whole province is nothing that waits for who works in a part of it.
    let whole = matches!(area, Area::Nation | Area::Province(_));
    let mut work = Vec::new();
    let mut conn = node.context.store.conn().await?;
    if clerk.may(Action::DecideFilings) {
        let within = area.division().unwrap_or(node.province.division());
        let waiting = figures::waiting_filings(&mut conn, within).await?;
        work.extend(FILINGS.within(waiting, FILING_WORKING_DAYS, today));
    }
    if clerk.may(Action::EnterFilings) {
        let within = area.division().unwrap_or(node.province.division());
        let (waiting, due) = waiting_supplements(&mut conn, within).await?;
        let since = waiting.oldest.map(terms::Moment::day);
        work.extend((waiting.count > 0).then(|| SUPPLEMENTS.item(waiting.count, since, due, today)));
    }
    drop(conn);
    work.extend(account::work(&node.context, clerk, today).await?);
    work.extend(payment::of_institutions(node, clerk, &area, today).await?);
    if let Area::City(area) = &area {
        work.extend(payment::of_area(node, clerk, *area, today).await?);
    }
    work.extend(differences(node, clerk, &area, today).await?);
    if !whole {
        return Ok(work);
    }
    work.extend(payment::of_areas(node, clerk, today).await?);
    if clerk.may(Action::PlanPrepayment) {
        // Whoever is treated there is whom it holds the prepayment for: only the treatment province may ask for more.
        let own = |one: &PositionView| one.treatment.code == node.province.division();
        let positions = position::list(node).await?.positions;
        let red = positions.iter().filter(|one| own(one) && one.needs_increase()).count();
        work.extend((red > 0).then(|| RED.item(counted(red), None, None, today)));
    }
    let mut conn = node.context.store.conn().await?;
    if clerk.may(Action::ConfirmClearing) {
        let statements = clearing_statement::list(&mut conn, node.province).await?;
        let open: Vec<_> = statements.iter().filter(|one| one.complete && one.answer.is_none()).collect();
        if let Some(first) = open.iter().min_by_key(|one| one.month) {
            let by = Timetable::of(first.month, &payment_order::rules_on(today)).confirmed_by;
            let since = Some(first.fetched_at.day());
            work.push(STATEMENTS.item(counted(open.len()), since, Some(by), today));
        }
    }
    if clerk.may(Action::WorkComplaints) {
        let (waiting, due) = figures::waiting_complaints(&mut conn, node.province).await?;
        let since = waiting.oldest.map(terms::Moment::day);
        work.extend((waiting.count > 0).then(|| COMPLAINTS.item(waiting.count, since, due, today)));
    }
    if clerk.may(Action::MaintainBank) {
        let entries = bank::entries(&mut conn, node.province, "unidentified", figures::WAITING_MAX).await?;
        if !entries.is_empty() {
            let since = entries.iter().map(|kept| kept.entry.on).min();
            work.push(BANK_ENTRIES.item(counted(entries.len()), since, None, today));
        }
    }
    drop(conn);
    if clerk.may(Action::PayTransfers) {
        for (kind, side) in [(TRANSFERS, Side::Payment), (RECEIPTS, Side::Receipt)] {
            work.extend(orders(node, &kind, side, today).await?);
        }
    }
    Ok(work)
}

/// Differences of the books: all at the province, at a pooling area those of settlements that stand in its own.
async fn differences(node: &ProvinceNode, clerk: &Clerk, area: &Area, today: Day) -> Outcome<Vec<WorkItem>> {
    let within = part_of(area);
    let mut conn = node.context.store.conn().await?;
    let mut work = Vec::new();
    for (kind, explained) in [(&DIFFERENCES, false), (&EXPLAINED, true)] {
        if clerk.may(kind.action) {
            let waiting = figures::waiting_differences(&mut conn, explained, within).await?;
            work.extend(kind.within(waiting, DIFFERENCE_WORKING_DAYS, today));
        }
    }
    Ok(work)
}

fn counted(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(figures::WAITING_MAX)
}

/// Orders of a side that are not closed, by what the rules of transfers say is due.
async fn orders(node: &ProvinceNode, kind: &Kind, side: Side, today: Day) -> Outcome<Option<WorkItem>> {
    let found = payment_order::list(node, side, &OrderStage::ALL[..5], "", figures::WAITING_MAX).await?;
    let since = found.iter().map(|kept| kept.order.received_on).min();
    let due = found.iter().filter_map(|kept| payment_order::due(&kept.order, today));
    let first = due.min_by_key(|due| due.left);
    if found.is_empty() {
        return Ok(None);
    }
    let mut item = kind.item(counted(found.len()), since, first.as_ref().map(|due| due.due.day), today);
    if let Some(first) = first {
        // As the rules of transfers count it.
        item.left = Some(first.left);
        first.urgency().name().clone_into(&mut item.urgency);
    }
    Ok(Some(item))
}

async fn at_hub(State(hub): State<Arc<Hub>>, clerk: Clerk) -> Result<Answer, Answer> {
    let work = of_the_hub(&hub, &clerk).await.map_err(Failure::refusal)?;
    Ok(list(hub.context.now(), work))
}

async fn of_the_hub(hub: &Hub, clerk: &Clerk) -> Outcome<Vec<WorkItem>> {
    let today = hub.context.now().day();
    if clerk.area() != Area::Nation {
        return Ok(Vec::new());
    }
    let mut work = Vec::new();
    let mut conn = hub.context.store.conn().await?;
    if clerk.may(Action::WorkDifferences) {
        let waiting = figures::waiting_differences(&mut conn, false, None).await?;
        work.extend(DIFFERENCES.within(waiting, DIFFERENCE_WORKING_DAYS, today));
    }
    if clerk.may(Action::DecideDifferences) {
        let waiting = figures::waiting_differences(&mut conn, true, None).await?;
        work.extend(EXPLAINED.within(waiting, DIFFERENCE_WORKING_DAYS, today));
        let waiting = figures::waiting_corrections(&mut conn).await?;
        work.extend(CORRECTIONS.within(waiting, DIFFERENCE_WORKING_DAYS, today));
    }
    if clerk.may(Action::AdoptClearing) {
        let months = clearing::months(&mut conn).await?;
        let open: Vec<_> = months
            .iter()
            .filter(|month| matches!(month.stage, ClearingStage::Closed | ClearingStage::Planned))
            .collect();
        if let Some(first) = open.iter().min_by_key(|month| month.month) {
            let by = Timetable::of(first.month, &payment_order::rules_on(today)).confirmed_by;
            work.push(CLEARING.item(counted(open.len()), Some(first.closed_at.day()), Some(by), today));
        }
        let disputes = figures::waiting_disputes(&mut conn).await?;
        let since = disputes.oldest.map(terms::Moment::day);
        work.extend((disputes.count > 0).then(|| DISPUTES.item(disputes.count, since, None, today)));
    }
    drop(conn);
    work.extend(account::work(&hub.context, clerk, today).await?);
    if clerk.may(Action::PlanPrepayment) {
        let positions = position::list_at_hub(hub).await?.positions;
        let red = positions.iter().filter(|one| one.needs_increase()).count();
        work.extend((red > 0).then(|| RED_AT_HUB.item(counted(red), None, None, today)));
    }
    if clerk.may(Action::AdoptPrepayment) {
        let found = increase::list(&hub.context.store, Some(StageName::Applied)).await?;
        if !found.is_empty() {
            work.push(INCREASES.item(counted(found.len()), None, None, today));
        }
        let years = prepayments::years(&mut *hub.context.store.conn().await?).await?;
        let open: Vec<_> = years.iter().filter(|year| year.stage == YearStage::Drafted).collect();
        if let Some(first) = open.iter().min_by_key(|year| year.year) {
            let rules = payment_order::rules_on(today);
            let by = YearTimetable::of(first.year, &rules, WorkingDays::published()).notices_by;
            let since = Some(first.drafted.at.day());
            work.push(PREPAYMENT_YEAR.item(counted(open.len()), since, Some(by), today));
        }
    }
    if clerk.may(Action::PayTransfers) {
        let found = urging::differing(hub).await?;
        if let Some((first, _)) = found.first() {
            let due = found.iter().map(|(_, due)| *due).min();
            let since = Some(first.changed_at.day());
            work.push(DIFFERING.item(counted(found.len()), since, due, today));
        }
    }
    if clerk.may(Action::UrgeTransfers) {
        let standing = urging::standing(hub).await?;
        if let Some(first) = standing.first() {
            let mut item = OVERDUE.item(counted(standing.len()), None, None, today);
            item.left = Some(-first.overdue.days);
            "overdue".clone_into(&mut item.urgency);
            work.push(item);
        }
    }
    Ok(work)
}

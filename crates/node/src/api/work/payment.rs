//! What waits about money below the province: payments to institutions (机构拨付), and what pooling areas send up (省内二级清算).

use super::{Kind, counted};
use crate::{
    access::Clerk,
    area_clearing::{self, AreaMonth},
    area_dispute::answer_of,
    context::Outcome,
    province::ProvinceNode,
};
use casework::access::{Action, Area};
use funds::clearing::stage::Answer;
use store::{
    area_clearing as kept, area_dispute,
    figures::waiting::{self, Payments},
};
use terms::{Day, Moment, PoolingArea};
use wire::api::work::WorkItem;

const TO_ADOPT: Kind = Kind {
    code: "payments_to_adopt",
    name: "待审定的机构拨付",
    action: Action::AdoptPayments,
    to_do: "机构已确认清分，请试算并审定",
};
const TO_ORDER: Kind = Kind {
    code: "payments_to_order",
    name: "待下达的机构拨付",
    action: Action::PayInstitutions,
    to_do: "请下达拨付",
};
const AT_BANK: Kind = Kind {
    code: "payments_at_bank",
    name: "待登记银行回单的机构拨付",
    action: Action::PayInstitutions,
    to_do: "请登记已付出或退回，或导入银行流水",
};
const TO_DIVIDE: Kind = Kind {
    code: "areas_to_divide",
    name: "待向统筹区分割的月份",
    action: Action::PlanClearing,
    to_do: "清算表双方已确认，请分割",
};
const RECEIPTS: Kind = Kind {
    code: "area_receipts",
    name: "未上解的统筹区",
    action: Action::PayTransfers,
    to_do: "请登记到账，逾期的请催办",
};
const DUES: Kind = Kind {
    code: "area_dues",
    name: "待上解的清算资金",
    action: Action::PayTransfers,
    to_do: "请按上解通知书将资金汇入省级财政专户",
};
const DISPUTES: Kind = Kind {
    code: "area_disputes",
    name: "待裁定的统筹区异议",
    action: Action::AdoptClearing,
    to_do: "请核实后裁定",
};
const NOTICE: Kind = Kind {
    code: "area_notice",
    name: "待确认的上解通知书",
    action: Action::ConfirmClearing,
    to_do: "请核对后确认或提出异议，逾期视同确认",
};
const TO_PASS_ON: Kind = Kind {
    code: "areas_to_pass_on",
    name: "待省内划转的资金",
    action: Action::AdoptClearing,
    to_do: "应付统筹区已上解，请划转给就医地统筹区",
};

/// Payments to institutions of the area.
pub(super) async fn of_institutions(
    node: &ProvinceNode,
    clerk: &Clerk,
    area: &Area,
    today: Day,
) -> Outcome<Vec<WorkItem>> {
    let mut work = Vec::new();
    let mut conn = node.context.store.conn().await?;
    if clerk.may(Action::AdoptPayments) {
        let found = waiting::unadopted(&mut conn, area.divisions()).await?;
        if let Some(first) = found.first() {
            work.push(TO_ADOPT.item(counted(found.len()), Some(first.since.day()), None, today));
        }
    }
    if clerk.may(Action::PayInstitutions) {
        for (which, kind) in [(Payments::ToOrder, TO_ORDER), (Payments::AtBank, AT_BANK)] {
            let (waiting, due, _) =
                waiting::unpaid(&mut conn, node.province, which, area.divisions()).await?;
            let since = waiting.oldest.map(Moment::day);
            work.extend((waiting.count > 0).then(|| kind.item(waiting.count, since, due, today)));
        }
    }
    Ok(work)
}

/// What of the second level waits at the province.
pub(super) async fn of_areas(node: &ProvinceNode, clerk: &Clerk, today: Day) -> Outcome<Vec<WorkItem>> {
    let actions = [Action::PlanClearing, Action::PayTransfers, Action::AdoptClearing];
    if !actions.into_iter().any(|action| clerk.may(action)) {
        return Ok(Vec::new());
    }
    let waiting = area_clearing::waiting(node).await?;
    let mut work = Vec::new();
    if let Some((first, since)) = waiting.to_divide.first().filter(|_| clerk.may(Action::PlanClearing)) {
        let item = TO_DIVIDE.item(counted(waiting.to_divide.len()), Some(since.day()), None, today);
        work.push(WorkItem { month: Some(first.to_string()), ..item });
    }
    if let Some(last) = waiting.last.as_ref().filter(|_| clerk.may(Action::PayTransfers)) {
        let owing: Vec<PoolingArea> =
            last.areas().into_iter().filter(|area| !last.still_owed(*area).is_zero()).collect();
        if !owing.is_empty() {
            let due = due(node, last, owing.iter().any(|area| last.is_behind(*area))).await?;
            let item = RECEIPTS.item(counted(owing.len()), Some(last.divided.at.day()), Some(due), today);
            work.push(WorkItem { month: Some(last.divided.month.to_string()), ..item });
        }
    }
    if clerk.may(Action::AdoptClearing) {
        let (disputes, month) =
            area_dispute::waiting(&mut *node.context.store.conn().await?, node.province).await?;
        if let Some(month) = month {
            let item = DISPUTES.item(disputes.count, disputes.oldest.map(Moment::day), None, today);
            work.push(WorkItem { month: Some(month.to_string()), ..item });
        }
    }
    if let Some((month, claims)) = waiting.to_pass_on.filter(|_| clerk.may(Action::AdoptClearing)) {
        let item = TO_PASS_ON.item(counted(claims), None, None, today);
        work.push(WorkItem { month: Some(month.to_string()), ..item });
    }
    Ok(work)
}

/// What a pooling area has to say to the last month that was divided, and to send up of it.
pub(super) async fn of_area(
    node: &ProvinceNode,
    clerk: &Clerk,
    area: PoolingArea,
    today: Day,
) -> Outcome<Vec<WorkItem>> {
    let mut work = Vec::new();
    if ![Action::PayTransfers, Action::ConfirmClearing].into_iter().any(|action| clerk.may(action)) {
        return Ok(work);
    }
    let months = kept::months(&mut *node.context.store.conn().await?, node.province).await?;
    let Some(month) = months.last() else { return Ok(work) };
    let last = area_clearing::find(node, *month).await?;
    let since = Some(last.divided.at.day());
    let of_month = |item: WorkItem| WorkItem { month: Some(month.to_string()), ..item };
    let owes = last.claims.keys().any(|claim| claim.debtor == area);
    if clerk.may(Action::ConfirmClearing) && owes && answer_of(node, &last, area) == Answer::Awaited {
        work.push(of_month(NOTICE.item(1, since, Some(last.divided.due), today)));
    }
    if clerk.may(Action::PayTransfers) && !last.still_owed(area).is_zero() {
        let due = due(node, &last, last.is_behind(area)).await?;
        work.push(of_month(DUES.item(1, since, Some(due), today)));
    }
    Ok(work)
}

/// By when what is open of a month was to be sent up; what is open from before was due with the month before, at the latest.
async fn due(node: &ProvinceNode, last: &AreaMonth, is_behind: bool) -> Outcome<Day> {
    if !is_behind {
        return Ok(last.divided.due);
    }
    let mut conn = node.context.store.conn().await?;
    let months = kept::months(&mut conn, node.province).await?;
    let before = months.into_iter().rev().find(|month| *month < last.divided.month);
    let before = match before {
        Some(month) => kept::find(&mut conn, node.province, month).await?,
        None => None,
    };
    Ok(before.map_or(last.divided.due, |before| before.due))
}

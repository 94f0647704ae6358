//! What waits at an institution: for whoever sits at its window, and for its office for insurance (医保办).

use super::{Kind, counted};
use crate::{
    access::Clerk,
    context::Outcome,
    office::{self, Which},
    province::ProvinceNode,
};
use casework::access::Action;
use store::figures::waiting::count_of;
use terms::{Day, InstitutionCode, Moment};
use wire::api::work::WorkItem;

const DISCHARGED: Kind = Kind {
    code: "discharged",
    name: "出院未结算的住院",
    action: Action::UseWindow,
    to_do: "请办理结算，逾期按未直接结算统计",
};
const UNKNOWN: Kind = Kind {
    code: "unknown_outcomes",
    name: "结果待查的结算",
    action: Action::UseWindow,
    to_do: "平台正在自动再查，有结果前请勿重复收费",
};
const WITHOUT_LINES: Kind = Kind {
    code: "without_lines",
    name: "在院两天未传费用的住院",
    action: Action::UseWindow,
    to_do: "请上传费用明细，登记有误的请撤销入院",
};
const DAY_BOOKS: Kind = Kind {
    code: "day_books",
    name: "未对平的日账",
    action: Action::KeepInstitutionBooks,
    to_do: "请与平台对账，不平的请查明原因",
};
const APPORTIONING: Kind = Kind {
    code: "apportioning",
    name: "未确认清分的月份",
    action: Action::KeepInstitutionBooks,
    to_do: "请核对明细后确认，确认后才能拨付",
};

const STAYS: [(Which, Kind); 3] =
    [(Which::Discharged, DISCHARGED), (Which::Unknown, UNKNOWN), (Which::WithoutLines, WITHOUT_LINES)];

/// What waits for whoever works at an institution.
pub(super) async fn work(
    node: &ProvinceNode,
    clerk: &Clerk,
    code: &InstitutionCode,
    today: Day,
) -> Outcome<Vec<WorkItem>> {
    let Some(institution) = node.institution(code).await? else { return Ok(Vec::new()) };
    let mut work = Vec::new();
    if clerk.may(Action::UseWindow) {
        for (which, kind) in &STAYS {
            let stays = office::open_stays(node, &institution, *which).await?;
            let due = stays.iter().filter_map(|stay| office::due(*which, stay)).min();
            let waiting = count_of(&stays);
            let since = waiting.oldest.map(Moment::day);
            work.extend((waiting.count > 0).then(|| kind.item(waiting.count, since, due, today)));
        }
    }
    if clerk.may(Action::KeepInstitutionBooks) {
        let days = office::open_days(node, &institution).await?;
        if let Some(first) = days.first() {
            let due = days.iter().map(|day| day.due).min();
            work.push(DAY_BOOKS.item(counted(days.len()), Some(first.lines.day), due, today));
        }
        let months = office::months(node, &institution).await?;
        let open: Vec<_> = months.iter().filter(|month| month.open() > 0).collect();
        if let Some(first) = open.first() {
            let since = first.month.next().first_day();
            let item = APPORTIONING.item(counted(open.len()), Some(since), Some(first.due), today);
            work.push(WorkItem { month: Some(first.month.to_string()), ..item });
        }
    }
    Ok(work)
}

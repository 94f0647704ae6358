//! Notices: at the hub from what two provinces owe each other in a month, from the adopted prepayments of a year and from emergency
//! increases; the hub's memoranda from what both sides report; at a province the orders from the notices that came.

use super::Finding;
use crate::{clearing::notices, context::Outcome, notice::agreement};
use casework::{emergency_increase::Stage, prepayment_year::Stage as YearStage};
use funds::{
    Pair,
    clearing::Reason,
    notice::{Notice, NoticeNumber},
    payment_order::{Order, OrderNumber},
    prepayment::{self as field, Change, Of},
    rule::RuleBook,
};
use std::collections::BTreeMap;
use store::{
    Conn,
    clearing::{self as book},
    emergency_increase, notice, payment_order, prepayment,
};
use terms::{Day, Fen, Moment, Participant, Province};

/// How many notices are read at a time.
const PAGE: i64 = 500;
/// More emergency increases than there will ever be.
const INCREASES: i64 = 1_000_000;

/// Recomputes notices, and what follows from them.
pub async fn prove(conn: &mut Conn, me: Participant) -> Outcome<Vec<Finding>> {
    match me {
        Participant::Hub => at_hub(conn).await,
        Participant::Province(own) => Ok(vec![orders_of(conn, own).await?]),
    }
}

async fn at_hub(conn: &mut Conn) -> Outcome<Vec<Finding>> {
    let mut expected = BTreeMap::new();
    of_clearings(conn, &mut expected).await?;
    let prepayments = of_prepayments(conn, &mut expected).await?;
    let mut finding = Finding::new("通知书（由清算表和预付金核定重算）");
    let mut memoranda = Finding::new("备查登记（由付收双方报告重算）");
    let mut agreed: BTreeMap<OrderNumber, Fen> = payment_order::all_agreed(conn).await?.into_iter().collect();
    let mut after = 0;
    loop {
        let page = notice::list(conn, Participant::Hub, None, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.serial;
        for kept in page {
            let number = &kept.notice.number;
            let made = expected.remove(number);
            finding.hold(made.as_ref().is_some_and(|made| made.is_same(&kept.notice)), || {
                let due = made.map_or("没有其依据".to_owned(), |made| format!("应为{}", made.total()));
                format!("通知书[{number}]为{}，{due}", kept.notice.total())
            });
            let reports = payment_order::reports(conn, number).await?;
            for order in Order::of_notice(&kept.notice, kept.notice.payer, kept.notice.issued_on) {
                let common = agreement(&reports, &order.number).common().at_most(order.amount());
                let taken = agreed.remove(&order.number).unwrap_or_default();
                memoranda.hold(common == taken, || {
                    format!("划拨单[{}]双方一致{common}，备查登记{taken}", order.number)
                });
            }
        }
    }
    finding.hold(expected.is_empty(), || {
        let numbers: Vec<&str> = expected.keys().map(NoticeNumber::as_str).collect();
        format!("缺通知书：{}", numbers.join("、"))
    });
    finding.checked -= 1;
    let rest: Vec<_> =
        agreed.iter().filter(|(_, amount)| !amount.is_zero()).map(|(one, _)| one.to_string()).collect();
    memoranda.hold(rest.is_empty(), || format!("备查登记没有通知书：{}", rest.join("、")));
    memoranda.checked -= 1;
    Ok(vec![finding, prepayments, memoranda])
}

/// The notices of the pairs whose months say that they were issued.
async fn of_clearings(conn: &mut Conn, expected: &mut BTreeMap<NoticeNumber, Notice>) -> Outcome<()> {
    let months = book::months(conn).await?;
    for month in months.iter().filter(|month| month.adopted > 0) {
        let Some(kept) = book::plan(conn, month.month, month.adopted).await? else { continue };
        let withdrawn = book::carried_out(conn, month.month, Reason::Dispute, None).await?;
        for pair in book::pairs(conn, (month.month, month.adopted), None).await? {
            let Some(at) = pair.noticed_at else { continue };
            let made = notices(&kept.plan.statement(pair.pair, &withdrawn), at, "");
            expected.extend(made.into_iter().map(|one| (one.number.clone(), one)));
        }
    }
    Ok(())
}

/// The amounts of adopted years from their bases, the changes from the amounts, each from what was in force before; and the
/// notices that say so.
async fn of_prepayments(conn: &mut Conn, expected: &mut BTreeMap<NoticeNumber, Notice>) -> Outcome<Finding> {
    let mut finding = Finding::new("预付金额度（由基数、核定和调增重算）");
    let mut changes = BTreeMap::<(Of, String), Change>::new();
    for year in prepayment::years(conn).await? {
        let (YearStage::Adopted, Some(done)) = (year.stage, &year.adopted) else { continue };
        let lines = prepayment::lines(conn, year.year).await?;
        let first = Day::new(year.year, 1, 1).unwrap_or_else(|| done.at.day());
        let rules = RuleBook::national().on(first.max(year.drafted.at.day()));
        for line in &lines {
            let computed = rules.as_ref().map(|rules| field::draft(year.year, &line.base, rules).amount);
            finding.hold(computed == Some(line.computed), || {
                format!(
                    "{}年度预付金[{}]测算为{}，按基数应为{}",
                    year.year,
                    line.pair,
                    line.computed,
                    computed.unwrap_or_default()
                )
            });
        }
        let (made, notices) = field::adopt(year.year, &lines, &done.by, done.at);
        changes.extend(made.into_iter().map(|one| (((one.pair, one.scheme), year.year.to_string()), one)));
        expected.extend(notices.into_iter().map(|one| (one.number.clone(), one)));
    }
    let first = Moment::from_millis(0).expect("a moment");
    for kept in emergency_increase::changed_since(conn, first, None, INCREASES).await? {
        let one = &kept.increase;
        let (Stage::Accepted(accepted) | Stage::Paid { accepted, .. }) = &one.stage else { continue };
        let of = (Pair { insured: one.insured, treatment: one.treatment }, one.scheme);
        let before = prepayment::changes(conn, of).await?;
        let before = before.iter().find(|change| change.cause == one.id()).map(|kept| kept.change.before);
        let amounts = (before.unwrap_or_default(), accepted.amount);
        let (change, notice) = field::increase(of, &one.case, amounts, &accepted.by, accepted.at);
        changes.insert((of, one.id()), change);
        expected.insert(notice.number.clone(), notice);
    }
    for of in prepayment::in_force(conn).await?.into_keys() {
        let mut in_force = Fen::ZERO;
        for kept in prepayment::changes(conn, of).await? {
            let made = changes.remove(&(of, kept.cause.clone()));
            let agrees = made.as_ref() == Some(&kept.change) && kept.change.before == in_force;
            let now = in_force;
            in_force += kept.change.difference;
            finding.hold(agrees, || {
                let due = made.map_or(Fen::ZERO, |made| made.difference);
                let Change { difference, before, .. } = kept.change;
                format!(
                    "预付金[{}]因{}变动{difference}（此前{before}），应为{due}（此前{now}）",
                    of.0, kept.cause
                )
            });
        }
    }
    finding.hold(changes.is_empty(), || {
        let missing: Vec<String> =
            changes.keys().map(|((pair, _), cause)| format!("{pair}因{cause}")).collect();
        format!("预付金变动未登记：{}", missing.join("、"))
    });
    finding.checked -= 1;
    Ok(finding)
}

/// The orders of a province are those that the notices make.
async fn orders_of(conn: &mut Conn, own: Province) -> Outcome<Finding> {
    let mut finding = Finding::new("划拨任务（由通知书重算）");
    let mut after = 0;
    loop {
        let page = notice::list(conn, Participant::Province(own), None, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(finding) };
        after = last.serial;
        for kept in page {
            let came = kept.received_on.unwrap_or(kept.notice.issued_on);
            for due in Order::of_notice(&kept.notice, own, came) {
                let found = payment_order::find(conn, own, &due.number).await?.map(|kept| kept.order);
                let content =
                    |one: &Order| (one.side, one.cause.clone(), one.own, one.other, one.lines.clone());
                finding.hold(found.as_ref().map(content) == Some(content(&due)), || {
                    let amount =
                        found.as_ref().map_or("没有".to_owned(), |found| found.amount().to_string());
                    format!("划拨任务[{}]为{amount}，按通知书应为{}", due.number, due.amount())
                });
            }
        }
    }
}

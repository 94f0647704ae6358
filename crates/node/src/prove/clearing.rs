//! Clearing at the hub: adopted plans from the settlements, with what was carried, withdrawn and deducted; the register of what left
//! its month, and deductions with their memoranda.

use super::{Finding, voucher};
use crate::{
    clearing::{leave_out, memorandum},
    context::Outcome,
};
use funds::{
    Pair,
    clearing::{ClearedLine, ClearingLine, Dues, Part, Pending, Plan, Reason, add_dues},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Conn, Error,
    clearing::{self as book, ClosedMonth, KeptPlan, Pace, Request},
};
use terms::{Fen, Month, Participant, SettlementId};

/// What tells a line apart: of which settlement, and what of it.
type Key = (SettlementId, Part);

fn key(line: &ClearedLine) -> Key {
    (line.settlement, line.part.clone())
}

/// Recomputes everything that the hub has cleared.
pub async fn prove(conn: &mut Conn) -> Outcome<Vec<Finding>> {
    let mut carried = Finding::new("清算结转（由结算和审核扣款重算）");
    let mut plans = Finding::new("清算表（由结算、结转和审核扣款重算）");
    let mut deductions = Finding::new("审核扣款（由上报内容和结算重算）");
    let carries = book::carries(conn).await?;
    for (one, _) in &carries {
        let wrong = wrong_line(conn, &one.line, None).await?;
        carried.hold(wrong.is_none(), || wrong.unwrap_or_default());
    }
    let months = book::months(conn).await?;
    let mut vouchers = Vec::new();
    for month in &months {
        of_month(conn, month, &carries, (&mut carried, &mut plans)).await?;
    }
    for reported in book::all_deductions(conn).await? {
        let number = &reported.deduction.number;
        let settled =
            book::settled_in(conn, reported.deduction.insured, reported.deduction.settlement).await?;
        let line = settled.map(|settled| reported.deduction.line(&settled.line, settled.month));
        deductions.hold(line.as_ref() == Some(&reported.line), || {
            format!(
                "审核扣款[{number}]清算{}，按上报内容应为{}",
                reported.line.amount(),
                amount_of(line.as_ref())
            )
        });
        vouchers.push(memorandum(&reported));
    }
    voucher::hold(conn, Participant::Hub, "deduction/", &vouchers, &mut deductions).await?;
    Ok(vec![carried, plans, deductions])
}

fn amount_of(line: Option<&ClearedLine>) -> String {
    line.map_or("无此结算".to_owned(), |line| line.amount().to_string())
}

async fn of_month(
    conn: &mut Conn,
    month: &ClosedMonth,
    carries: &[(Pending, Option<Month>)],
    (carried, plans): (&mut Finding, &mut Finding),
) -> Outcome<()> {
    if month.adopted == 0 {
        return Ok(());
    }
    let of = (month.month, month.adopted);
    let Some(kept) = book::plan(conn, month.month, month.adopted).await? else {
        plans.hold(false, || format!("{}已生成清算表的第{}次试算不存在", of.0, of.1));
        return Ok(());
    };
    registered(month.month, &kept, carries, carried);
    for left in &kept.plan.left_out {
        let wrong = wrong_line(conn, &left.line, Some(month.month)).await?;
        let is_in = wrong.is_none();
        carried.hold(is_in, || wrong.unwrap_or_default());
        // What is not in cannot be taken out again.
        if !is_in {
            return Ok(());
        }
    }
    let deducted = book::deductions_of_month(conn, month.month, None).await?;
    let deducted = deducted.into_iter().map(|reported| reported.line);
    let mut request = Request {
        month: month.month,
        revision: month.adopted,
        with: kept.carried.iter().cloned().chain(deducted).collect(),
        without: Vec::new(),
        apart: BTreeSet::new(),
        workers: 1,
        pace: Pace::FULL,
    };
    leave_out(&mut request, kept.plan.left_out.iter().map(|left| left.line.clone()).collect());
    let apportioner = match book::recount(conn, &request).await {
        Ok(apportioner) => apportioner,
        Err(Error::Corrupt { value, .. }) => {
            plans.hold(false, || format!("{}的结算无法重新清分：{value}", of.0));
            return Ok(());
        }
        Err(Error::Unbalanced { settlements }) => {
            let first = settlements.first().map(|one| one.settlement.to_string()).unwrap_or_default();
            plans.hold(false, || format!("{}的结算无法重新清分：结算[{first}]金额不平", of.0));
            return Ok(());
        }
        Err(trouble) => return Err(trouble.into()),
    };
    let mut waiting: BTreeMap<Pair, _> =
        book::pairs(conn, of, None).await?.into_iter().map(|pair| (pair.pair, pair)).collect();
    let mut plan = Plan::empty(of.0, of.1);
    for (pair, lines) in apportioner.into_pairs().filter(|(_, lines)| !lines.is_empty()) {
        for line in &lines {
            plan.add(line);
        }
        let planned = waiting.remove(&pair);
        let parts = planned.as_ref().map_or(0, |planned| planned.parts);
        compare_lines(conn, of, (pair, parts), &lines, plans).await?;
        let mut dues = Dues::new();
        for line in &lines {
            add_dues(&mut dues, line.dues());
        }
        plans.hold(planned.is_some_and(|planned| planned.dues == dues), || {
            format!("{}[{pair}]应付合计与重新清分的{}不一致", of.0, dues.values().copied().sum::<Fen>())
        });
    }
    plans.hold(waiting.is_empty(), || {
        let pairs: Vec<String> = waiting.keys().map(ToString::to_string).collect();
        format!("{}清算表有、重新清分没有：{}", of.0, pairs.join("、"))
    });
    plans.hold(plan.sums == kept.plan.sums, || {
        format!(
            "{}清算表汇总{}，重新清分{}",
            of.0,
            kept.plan.whole().agency_pays(),
            plan.whole().agency_pays()
        )
    });
    Ok(())
}

/// What a plan leaves out and carries in is what the register says of the month.
fn registered(month: Month, kept: &KeptPlan, carries: &[(Pending, Option<Month>)], finding: &mut Finding) {
    let left: BTreeSet<Key> = kept.plan.left_out.iter().map(|left| key(&left.line)).collect();
    let written: BTreeSet<Key> = carries
        .iter()
        .filter(|(one, _)| one.month == month && one.reason != Reason::Dispute)
        .map(|(one, _)| key(&one.line))
        .collect();
    let said = |set: &BTreeSet<Key>, other: &BTreeSet<Key>| {
        let first = set.symmetric_difference(other).next();
        first.map(|(id, part)| format!("{id}{part}")).unwrap_or_default()
    };
    finding
        .hold(left == written, || format!("{month}未列入的明细与结转登记不一致：{}", said(&left, &written)));
    let came: BTreeSet<Key> = kept.carried.iter().map(key).collect();
    let cleared: BTreeSet<Key> = carries
        .iter()
        .filter(|(_, cleared)| *cleared == Some(month))
        .map(|(one, _)| key(&one.line))
        .collect();
    finding.hold(came == cleared, || format!("{month}转入的明细与结转登记不一致：{}", said(&came, &cleared)));
}

/// What is not as in the settlement or deduction that a line is of; of a month, also whether it is in it.
async fn wrong_line(conn: &mut Conn, line: &ClearedLine, month: Option<Month>) -> Outcome<Option<String>> {
    let (made, is_in) = match &line.part {
        Part::Deducted(number) => {
            let found = book::deduction(conn, line.pair().treatment, number).await?;
            let is_in = found.as_ref().is_some_and(|found| month.is_none_or(|month| found.month == month));
            (found.map(|found| found.line), is_in)
        }
        part => {
            let found = book::settled_in(conn, line.insured, line.settlement).await?;
            let is_undone = *part == Part::Undone;
            let of = found.as_ref().and_then(|one| if is_undone { one.undo_month } else { Some(one.month) });
            let is_in = of.is_some() && month.is_none_or(|month| of == Some(month));
            (found.map(|found| if is_undone { given_back(&found.line) } else { found.line }), is_in)
        }
    };
    let content = |one: &ClearedLine| {
        let ClearedLine { institution, scheme, care, total, person_total, account, funds, .. } = one.clone();
        (one.insured, one.treatment, institution, scheme, care, (total, person_total, account, funds))
    };
    let agrees = is_in && made.as_ref().map(content) == Some(content(line));
    let told = || {
        let (id, part) = (line.settlement, &line.part);
        format!("结转明细[{id}]（{part}）为{}，按结算应为{}", line.amount(), amount_of(made.as_ref()))
    };
    Ok((!agrees).then(told))
}

fn given_back(line: &ClearedLine) -> ClearedLine {
    ClearedLine {
        total: -line.total,
        person_total: -line.person_total,
        account: -line.account,
        funds: line.funds.iter().map(|(fund, amount)| (*fund, -*amount)).collect(),
        ..line.clone()
    }
}

async fn compare_lines(
    conn: &mut Conn,
    of: (Month, u32),
    (pair, parts): (Pair, u32),
    lines: &[ClearingLine],
    finding: &mut Finding,
) -> Outcome<()> {
    let mut expected = lines.iter();
    for part in 0..parts {
        for found in book::sheet(conn, of, pair, part).await? {
            let line = expected.next();
            finding.hold(line == Some(&found), || {
                let should = line.map_or("无此行".to_owned(), |line| line.amount().to_string());
                let ClearingLine { insured, institution, settled_month, .. } = &found;
                let which = format!("参保{insured}、机构{institution}、{settled_month}结算");
                format!("{}清算表[{pair}]{which}为{}，重新清分为{should}", of.0, found.amount())
            });
        }
    }
    let missing = expected.next();
    finding.hold(missing.is_none(), || {
        let amount = missing.map(ClearingLine::amount).unwrap_or_default();
        format!("{}清算表[{pair}]缺行，重新清分有{amount}", of.0)
    });
    finding.checked -= 1;
    Ok(())
}

//! Clearing at the hub: adopted plans from the settlements, with what was carried, withdrawn, deducted and corrected; the register of what
//! left its month; deductions and corrections with their memoranda.

use super::{Finding, voucher};
use crate::{
    clearing::memorandum,
    context::Outcome,
    correction::{self, VOUCHERS, as_adopted},
};
use funds::{
    Pair,
    clearing::{ClearedLine, ClearingLine, Dues, Part, Pending, Plan, Reason, add_dues},
    correction::line_of,
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Conn, Error,
    clearing::{self as book, ClosedMonth, KeptPlan},
    correction::Correction,
};
use terms::{Fen, Fund, Month, Participant, SettlementId};

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
    let made = store::correction::all_made(conn).await?;
    for (one, cleared) in &carries {
        let wrong = match cleared {
            // What has come was as the row was then …
            Some(_) => wrong_line(conn, &one.line, None, &made).await?,
            // … and what is to come is as it is now, together with what corrections have made of it in months that counted it.
            None => wrong_line(conn, &with_corrections(&one.line, &made), None, &[]).await?,
        };
        carried.hold(wrong.is_none(), || wrong.unwrap_or_default());
    }
    let months = book::months(conn).await?;
    let mut vouchers = Vec::new();
    for month in &months {
        of_month(conn, month, (&carries, &made), (&mut carried, &mut plans)).await?;
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
    let corrections = of_corrections(conn, &made).await?;
    Ok(vec![carried, plans, deductions, corrections])
}

fn with_corrections(line: &ClearedLine, made: &[Correction]) -> ClearedLine {
    let is_its = |one: &&Correction| one.settlement == line.settlement && line.part == Part::Made;
    let lines = made.iter().filter(is_its).filter_map(|one| one.done.line.as_ref());
    lines.fold(line.clone(), |sum, (more, _)| sum.plus(more))
}

/// Corrections of the hub's rows from the records of both provinces, and their memoranda from what they moved.
async fn of_corrections(conn: &mut Conn, made: &[Correction]) -> Outcome<Finding> {
    let mut finding = Finding::new("差异更正（由两省签名的记录重算）");
    for (at, one) in made.iter().enumerate() {
        let name = one.name();
        for (record, of) in [(&one.treatment, one.pair.treatment), (&one.insured, one.pair.insured)] {
            let whole = correction::hash_of(&record.text) == record.hash;
            finding.hold(whole, || format!("更正[{name}]所据{of}的记录与其摘要不符"));
            let said = correction::said(record, of, one.settlement);
            finding.hold(said.as_ref() == Some(&one.after), || {
                format!("更正[{name}]为{}，{of}的记录不是如此", one.after.total)
            });
        }
        let next = made.get(at + 1).filter(|next| next.settlement == one.settlement);
        let follows = match next {
            Some(next) => next.before == one.after,
            None => is_row(conn, one).await?,
        };
        finding.hold(follows, || format!("更正[{name}]之后国家平台的记录又有变化"));
    }
    let vouchers: Vec<_> = made.iter().filter_map(correction::memorandum).collect();
    voucher::hold(conn, Participant::Hub, VOUCHERS, &vouchers, &mut finding).await?;
    Ok(finding)
}

/// Whether the row of a settlement has the amounts of its last correction.
async fn is_row(conn: &mut Conn, last: &Correction) -> Outcome<bool> {
    let Some(insured) = store::correction::insured_of(conn, last.settlement).await? else { return Ok(false) };
    let settled = book::settled_in(conn, insured, last.settlement).await?;
    Ok(settled.is_some_and(|settled| amounts(&settled.line) == amounts(&line_of(&settled.line, &last.after))))
}

fn amounts(line: &ClearedLine) -> (Fen, Fen, Fen, BTreeMap<Fund, Fen>) {
    let funds = line.funds.iter().filter(|(_, paid)| !paid.is_zero());
    (line.total, line.person_total, line.account, funds.map(|(fund, paid)| (*fund, *paid)).collect())
}

fn amount_of(line: Option<&ClearedLine>) -> String {
    line.map_or("无此结算".to_owned(), |line| line.amount().to_string())
}

async fn of_month(
    conn: &mut Conn,
    month: &ClosedMonth,
    (carries, made): (&[(Pending, Option<Month>)], &[Correction]),
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
        let wrong = wrong_line(conn, &left.line, Some(month.month), made).await?;
        let is_in = wrong.is_none();
        carried.hold(is_in, || wrong.unwrap_or_default());
        // What is not in cannot be taken out again.
        if !is_in {
            return Ok(());
        }
    }
    let request = as_adopted(conn, month, &kept).await?;
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

/// What is not as in the settlement, deduction or correction that a line is of; of a month, also whether it is in it. Before a correction
/// that is named it may have been otherwise.
async fn wrong_line(
    conn: &mut Conn,
    line: &ClearedLine,
    month: Option<Month>,
    corrected: &[Correction],
) -> Outcome<Option<String>> {
    let (made, is_in) = match &line.part {
        Part::Deducted(number) => {
            let found = book::deduction(conn, line.pair().treatment, number).await?;
            let is_in = found.as_ref().is_some_and(|found| month.is_none_or(|month| found.month == month));
            (found.map(|found| found.line), is_in)
        }
        Part::Corrected(name) => {
            let found =
                corrected.iter().find(|one| one.name() == *name).and_then(|one| one.done.line.clone());
            let is_in = found.as_ref().is_some_and(|(_, of)| month.is_none_or(|month| *of == month));
            (found.map(|(line, _)| line), is_in)
        }
        part => {
            let found = book::settled_in(conn, line.insured, line.settlement).await?;
            let is_undone = *part == Part::Undone;
            let of = found.as_ref().and_then(|one| if is_undone { one.undo_month } else { Some(one.month) });
            let is_in = of.is_some() && month.is_none_or(|month| of == Some(month));
            (found.map(|found| if is_undone { found.line.negated() } else { found.line }), is_in)
        }
    };
    let content = |one: &ClearedLine| {
        let ClearedLine { insured, treatment, institution, scheme, care, .. } = one.clone();
        (insured, treatment, institution, scheme, care, amounts(one))
    };
    let is_line = |made: &ClearedLine| content(made) == content(line);
    let was_line = |made: &ClearedLine| {
        let mut befores =
            corrected.iter().filter(|one| one.settlement == line.settlement).map(|one| &one.before);
        befores.any(|before| is_line(&line_of(made, before)))
    };
    let as_made =
        made.as_ref().is_some_and(|made| is_line(made) || (line.part == Part::Made && was_line(made)));
    let agrees = is_in && as_made;
    let told = || {
        let (id, part) = (line.settlement, &line.part);
        format!("结转明细[{id}]（{part}）为{}，按结算应为{}", line.amount(), amount_of(made.as_ref()))
    };
    Ok((!agrees).then(told))
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

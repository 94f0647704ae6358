//! What a province keeps of clearing: every month's statement from the settlements that it counts and from the hub's lines, deductions
//! with their vouchers, the division over pooling areas from the statement, and the areas' money.

use super::{Finding, voucher};
use crate::{
    area_clearing::{Owned, cleared_lines, disputed_lines, own_lines},
    clearing_statement::{heard_voucher, is_settled, told},
    context::Outcome,
    deduction as deductions,
};
use funds::{
    Purse, Role,
    area_clearing::{
        Claim, Line, divide,
        voucher::{Event, passed_on, received},
    },
    clearing::{ClearedLine, ClearingLine, Dues, add_dues},
    ledger::Voucher,
};
use std::collections::BTreeMap;
use store::{
    Conn, area_clearing,
    clearing_statement::{self as statements, Statement},
    deduction,
};
use terms::{Fen, Moment, Month, Participant, PoolingArea, Province};
use wire::peer::v1::FoundClearing;

/// How many are read at a time.
const PAGE: i64 = 5_000;

/// Recomputes statements, deductions and areas.
pub async fn prove(conn: &mut Conn, own: Province) -> Outcome<Vec<Finding>> {
    let mut kept = Finding::new("清算表（由国家平台明细和本省结算重算）");
    let mut deducted = Finding::new("审核扣款凭证（由扣款单重算）");
    let mut areas = Finding::new("统筹区分割（由清算表重算）");
    let mut money = Finding::new("统筹区资金凭证（由上解和划转重算）");
    let mut heard = Vec::new();
    for statement in statements::list(conn, own).await?.iter().filter(|one| one.complete) {
        let found = told(statement)?;
        of_statement(conn, own, (statement, &found), &mut kept).await?;
        heard.extend(of_heard(conn, own, (statement, &found)).await?);
    }
    heard.extend(own_deductions(conn, own).await?);
    let me = Participant::Province(own);
    voucher::hold(conn, me, "deduction/", &heard, &mut deducted).await?;
    let mut vouchers = Vec::new();
    for month in area_clearing::months(conn, own).await? {
        of_areas(conn, own, month, &mut areas).await?;
        vouchers.extend(area_vouchers(conn, own, month).await?);
    }
    voucher::hold(conn, me, "area-clearing/", &vouchers, &mut money).await?;
    Ok(vec![kept, deducted, areas, money])
}

// ---------------------------------------------------------------- statements

async fn of_statement(
    conn: &mut Conn,
    own: Province,
    (statement, found): (&Statement, &FoundClearing),
    finding: &mut Finding,
) -> Outcome<()> {
    let month = statement.month;
    let mut sums = BTreeMap::<(Role, Purse), Fen>::new();
    let mut dues = BTreeMap::<funds::Pair, Dues>::new();
    let mut after = 0;
    loop {
        let page = statements::lines(conn, (own, month), after, PAGE).await?;
        let count = i32::try_from(page.len()).expect("a page is small");
        for line in &page {
            add(&mut sums, own, line.pair(), || line.dues().map(|((_, purse), amount)| (purse, amount)));
            add_dues(dues.entry(line.pair()).or_default(), ClearingLine::dues(line));
        }
        after += count;
        if i64::from(count) < PAGE {
            break;
        }
    }
    for line in withdrawn(found) {
        add(&mut sums, own, line.pair(), || line.dues().map(|((_, purse), amount)| (purse, -amount)));
        add_dues(dues.entry(line.pair()).or_default(), line.dues().map(|(key, amount)| (key, -amount)));
    }
    let counted = statements::counted_sums(conn, (own, month)).await?;
    let of = |sums: &BTreeMap<(Role, Purse), Fen>, key| sums.get(key).copied().unwrap_or_default();
    for key in sums.keys().chain(counted.keys().filter(|key| !sums.contains_key(key))) {
        let (lines, settled) = (of(&sums, key), of(&counted, key));
        finding.hold(lines == settled, || {
            let (role, purse) = (key.0.name(), key.1.chinese());
            format!("{month}清算表（{role}）{purse}：明细行合计{lines}，所计结算合计{settled}")
        });
    }
    for pair in &found.pairs {
        let mut made = dues.remove(&pair.pair).unwrap_or_default();
        made.retain(|_, amount| !amount.is_zero());
        let told: Dues = pair
            .dues
            .iter()
            .filter(|due| !due.amount.is_zero())
            .map(|due| ((due.scheme, due.purse), due.amount))
            .collect();
        finding.hold(made == told, || {
            let sum = |dues: &Dues| dues.values().copied().sum::<Fen>();
            format!("{month}清算表[{}]应付{}，按明细行为{}", pair.pair, sum(&told), sum(&made))
        });
    }
    Ok(())
}

fn withdrawn(found: &FoundClearing) -> impl Iterator<Item = &ClearedLine> {
    found.pairs.iter().flat_map(|pair| &pair.withdrawn)
}

/// Adds amounts to the parts that the province has in a pair.
fn add<I: Iterator<Item = (Purse, Fen)>>(
    sums: &mut BTreeMap<(Role, Purse), Fen>,
    own: Province,
    pair: funds::Pair,
    amounts: impl Fn() -> I,
) {
    let parts = [(Role::Treatment, pair.treatment), (Role::Insured, pair.insured)];
    for (role, _) in parts.into_iter().filter(|(_, of)| *of == own) {
        for (purse, amount) in amounts().filter(|(_, amount)| !amount.is_zero()) {
            *sums.entry((role, purse)).or_default() += amount;
        }
    }
}

// ---------------------------------------------------------------- deductions

/// The vouchers of deductions of which the insured place has heard, and on which it has nothing more to say.
async fn of_heard(
    conn: &mut Conn,
    own: Province,
    (statement, found): (&Statement, &FoundClearing),
) -> Outcome<Vec<Voucher>> {
    let heard = statements::heard(conn, own, statement.month).await?;
    let booked = heard.iter().filter(|line| is_settled(&found.pairs, line));
    booked.map(|line| heard_voucher(line, statement.month, statement.fetched_at, "")).collect()
}

async fn own_deductions(conn: &mut Conn, own: Province) -> Outcome<Vec<Voucher>> {
    let (mut vouchers, mut after) = (Vec::new(), String::new());
    loop {
        let page = deduction::list(conn, own, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(vouchers) };
        after.clone_from(&last.deduction.number);
        vouchers.extend(page.iter().map(|recorded| deductions::voucher(own, recorded)));
        vouchers.extend(page.iter().filter_map(|recorded| deductions::taken_back(own, recorded)));
    }
}

// ---------------------------------------------------------------- pooling areas

async fn of_areas(conn: &mut Conn, own: Province, month: Month, finding: &mut Finding) -> Outcome<()> {
    let statement = statements::find(conn, own, month).await?;
    let Some(found) = statement.as_ref().map(told).transpose()? else {
        finding.hold(false, || format!("{month}已分割，但清算表不存在"));
        return Ok(());
    };
    let mut lines = cleared_lines(conn, own, month, &found).await?;
    lines.extend(own_lines(conn, own, month).await?);
    lines.extend(disputed_lines(conn, own, month).await?);
    let made = divided(&lines);
    let kept = area_clearing::claims(conn, own, month).await?;
    for claim in made.keys().chain(kept.keys().filter(|claim| !made.contains_key(claim))) {
        let due = made.get(claim).copied().unwrap_or_default();
        let stands = kept.get(claim).map(|standing| standing.due).unwrap_or_default();
        finding.hold(due == stands, || {
            let Claim { debtor, creditor, .. } = claim;
            let (purse, due, stands) = (claim.purse.chinese(), due.amount, stands.amount);
            format!("{month}统筹区{debtor}应付{creditor}{purse}为{stands}，按清算表应为{due}")
        });
    }
    Ok(())
}

fn divided(lines: &[Owned]) -> BTreeMap<Claim, funds::area_clearing::Due> {
    divide(lines.iter().map(|(debtor, creditor, scheme, share)| Line {
        debtor: *debtor,
        creditor: *creditor,
        scheme: *scheme,
        share,
    }))
}

/// The vouchers of what areas have sent up, and of what was passed on from area to area.
async fn area_vouchers(conn: &mut Conn, own: Province, month: Month) -> Outcome<Vec<Voucher>> {
    let event = |at: Moment| Event { province: own, month, day: at.day(), recorded_at: at, by: "" };
    let receipts = area_clearing::receipts(conn, own, month).await?;
    let mut vouchers: Vec<Voucher> =
        receipts.iter().map(|one| received(&event(one.at), one.area, one.number, &one.money)).collect();
    let mut passed = BTreeMap::<(Moment, PoolingArea, PoolingArea), BTreeMap<Claim, Fen>>::new();
    for (claim, standing) in area_clearing::claims(conn, own, month).await? {
        if let Some((_, at)) = standing.passed {
            let of = passed.entry((at, claim.debtor, claim.creditor)).or_default();
            of.insert(claim, standing.due.amount);
        }
    }
    vouchers.extend(
        passed
            .iter()
            .map(|((at, debtor, creditor), claims)| passed_on(&event(*at), (*debtor, *creditor), claims)),
    );
    Ok(vouchers)
}

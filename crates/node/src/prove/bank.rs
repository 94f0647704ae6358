//! What banks say: every entry of a statement is used once, as money of the order that it is said to be of, or stands where nobody knows it
//! yet; and what orders say has moved is what their entries say.

use super::{Finding, voucher};
use crate::context::Outcome;
use funds::{
    movement::payment_order::{Written, unidentified},
    payment_order::{Money, Order, OrderNumber, Stage},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    Conn,
    bank::{self, KeptEntry, Matter},
    ledger::{self},
    payment_order,
};
use terms::{Fen, InsuranceScheme, Moment, Participant, Province};

/// How many are read at a time.
const PAGE: i64 = 500;

/// What an entry is known by in the province's orders: the scheme of its account, and the bank's number.
type Reference = (InsuranceScheme, String);

/// Recomputes from the entries what orders say has moved.
pub async fn prove(conn: &mut Conn, own: Province) -> Outcome<Finding> {
    let mut finding = Finding::new("银行流水（每笔只用一次，划拨金额由流水重算）");
    let orders = used(conn, own, &mut finding).await?;
    let mut seen = BTreeSet::new();
    let mut vouchers = 0;
    let mut after = (String::new(), String::new());
    loop {
        let page = bank::page(conn, own, (&after.0, &after.1), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.account.clone(), last.entry.reference.clone());
        for kept in &page {
            let key = (kept.scheme, kept.entry.reference.clone());
            let wrong = wrong_use(kept, orders.get(&key));
            finding.hold(wrong.is_none(), || wrong.unwrap_or_default());
            vouchers += of_unidentified(conn, own, kept, &mut finding).await?;
            seen.insert(key);
        }
    }
    let count = ledger::proof::count_vouchers(conn, Participant::Province(own), "bank/").await?;
    finding.hold(count == vouchers, || format!("待查款项应有凭证{vouchers}张，账上{count}张"));
    finding.checked -= 1;
    let by_hand = orders.keys().filter(|key| !seen.contains(*key)).count();
    if by_hand > 0 {
        finding.note = Some(format!("另有{by_hand}笔资金由经办人登记，没有银行流水可供核对"));
    }
    Ok(finding)
}

/// The money of all orders, by what the bank calls it; each is used once.
async fn used(
    conn: &mut Conn,
    own: Province,
    finding: &mut Finding,
) -> Outcome<BTreeMap<Reference, (OrderNumber, Fen)>> {
    let mut orders = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = payment_order::list(conn, own, None, &Stage::ALL, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(orders) };
        after = last.order.number.to_string();
        for order in page.into_iter().map(|kept| kept.order) {
            for (key, signed) in order.money.iter().map(|money| of_money(&order, money)) {
                let first = orders.insert(key.clone(), (order.number.clone(), signed));
                finding.hold(first.is_none(), || {
                    let first = first.map(|(number, _)| number.to_string()).unwrap_or_default();
                    format!("流水[{}]同时用于[{first}]和[{}]", key.1, order.number)
                });
            }
        }
    }
}

/// How the bank would say it: what leaves is below nothing.
fn of_money(order: &Order, money: &Money) -> (Reference, Fen) {
    let payment = order.side == funds::payment_order::Side::Payment;
    let signed = if payment { -money.amount } else { money.amount };
    ((order.scheme(), money.reference.clone()), signed)
}

fn wrong_use(kept: &KeptEntry, used: Option<&(OrderNumber, Fen)>) -> Option<String> {
    let entry = &kept.entry;
    let reference = &entry.reference;
    match (&kept.matter, used) {
        (Matter::Order { number, .. }, Some((by, amount))) if number == by && entry.amount == *amount => None,
        (Matter::Order { number, .. }, Some((by, amount))) => {
            Some(format!("流水[{reference}]{}归于[{number}]，[{by}]登记为{amount}", entry.amount))
        }
        (Matter::Order { number, .. }, None) => {
            Some(format!("流水[{reference}]{}归于[{number}]，该单没有登记", entry.amount))
        }
        (_, Some((by, _))) => Some(format!("流水[{reference}]不属于任何划拨单，[{by}]却已登记")),
        (_, None) => None,
    }
}

/// Holds the vouchers of an entry that nobody knew; how many there are.
async fn of_unidentified(
    conn: &mut Conn,
    own: Province,
    kept: &KeptEntry,
    finding: &mut Finding,
) -> Outcome<i64> {
    let written = Written { on: kept.entry.on, at: Moment::from_millis(0).expect("a moment"), by: "" };
    let name = kept.entry.reference.as_str();
    let make = |explained| unidentified(own, kept.scheme, (name, kept.entry.amount, explained), written);
    let me = Participant::Province(own);
    let (open, closed) = (make(false), make(true));
    let (has_open, has_closed) =
        (ledger::find(conn, me, &open.id).await?, ledger::find(conn, me, &closed.id).await?);
    let is_open = match &kept.matter {
        Matter::Unidentified { booked, .. } => Some(*booked),
        Matter::Fee | Matter::Institution { .. } | Matter::Order { by: None, .. } => Some(false),
        // It may have been more than the ledger took before somebody said what it is.
        Matter::Order { by: Some(_), .. } | Matter::Other { .. } => None,
    };
    let legs_agree = |made: &funds::ledger::Voucher, found: &Option<ledger::Entered>| {
        found.as_ref().is_none_or(|found| found.voucher.legs == made.legs)
    };
    let right = match is_open {
        Some(is_open) => has_open.is_some() == is_open && has_closed.is_none(),
        None => has_open.is_some() == has_closed.is_some(),
    };
    let right = right && legs_agree(&open, &has_open) && legs_agree(&closed, &has_closed);
    finding.hold(right, || {
        let left = voucher::net(has_open.iter().chain(&has_closed).flat_map(|one| &one.voucher.legs));
        let left: Fen = left.values().copied().filter(|amount| !amount.is_negative()).sum();
        format!("流水[{name}]{}的待查款项凭证余{left}，与其归属不一致", kept.entry.amount)
    });
    finding.checked -= 1;
    Ok(i64::from(has_open.is_some()) + i64::from(has_closed.is_some()))
}

//! Payment orders held against their vouchers, account by account: what has moved, what is set aside, at the hub what both sides agree
//! on; and what stands on prepayments and the rest of the books by vouchers of orders, from the orders.

use super::{
    Finding,
    voucher::{first_difference, net},
};
use crate::context::Outcome;
use funds::{
    Account,
    ledger::{Leg, Phase, Voucher},
    movement::payment_order::{Written, memorandum, money, reserve},
    payment_order::{Order, OrderNumber, Stage},
};
use std::collections::BTreeMap;
use store::{
    Conn,
    ledger::{self, proof},
    notice,
    payment_order::{self, KeptOrder},
};
use terms::{Fen, Moment, Participant, Province};

/// How many orders are read at a time.
const PAGE: i64 = 500;
/// No order has more vouchers than that.
const VOUCHERS: i64 = 10_000;

/// Recomputes what vouchers say of every order, and what they come to on each account.
pub async fn prove(conn: &mut Conn, me: Participant) -> Outcome<Vec<Finding>> {
    let mut finding = Finding::new("划拨单和应收款（凭证由划拨单重算）");
    let mut all = BTreeMap::new();
    match me {
        Participant::Hub => at_hub(conn, &mut finding, &mut all).await?,
        Participant::Province(own) => at_province(conn, own, &mut finding, &mut all).await?,
    }
    let mut accounts = Finding::new("预付金和清算资金科目（由划拨单重算）");
    let found = proof::moved_by(conn, me, "transfer/").await?;
    all.retain(|_, amount| !amount.is_zero());
    accounts.checked = u64::try_from(all.len()).expect("a count");
    accounts.difference = first_difference(&all, &found);
    Ok(vec![finding, accounts])
}

fn add(all: &mut BTreeMap<Account, Fen>, more: &BTreeMap<Account, Fen>) {
    for (account, amount) in more {
        *all.entry(account.clone()).or_default() += *amount;
    }
}

/// Of vouchers that are only made to be compared.
fn written(order: &Order) -> Written<'static> {
    Written { on: order.issued_on, at: Moment::from_millis(0).expect("a moment"), by: "" }
}

async fn at_hub(conn: &mut Conn, finding: &mut Finding, all: &mut BTreeMap<Account, Fen>) -> Outcome<()> {
    for (number, amount) in payment_order::all_agreed(conn).await? {
        let kept = notice::find(conn, Participant::Hub, number.notice()).await?;
        let Some(notice) = kept.map(|kept| kept.notice) else { continue };
        let orders = Order::of_notice(&notice, notice.payer, notice.issued_on);
        let Some(order) = orders.into_iter().find(|order| order.number == number) else { continue };
        let of = ((&number, &notice.cause), (notice.payer, notice.payee));
        let made = memorandum(of.0, of.1, &order.lines, (Fen::ZERO, amount, 1), written(&order));
        let expected = net(made.iter().flat_map(|made| &made.legs));
        let found = net(vouchers_of(conn, Participant::Hub, &number).await?.iter().flat_map(|one| &one.legs));
        let wrong = first_difference(&expected, &found);
        finding.hold(wrong.is_none(), || format!("划拨单[{number}]备查{}", wrong.unwrap_or_default()));
        add(all, &expected);
    }
    Ok(())
}

async fn at_province(
    conn: &mut Conn,
    own: Province,
    finding: &mut Finding,
    all: &mut BTreeMap<Account, Fen>,
) -> Outcome<()> {
    let mut after = String::new();
    loop {
        let page = payment_order::list(conn, own, None, &Stage::ALL, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.order.number.to_string();
        for KeptOrder { order, .. } in page {
            let vouchers = vouchers_of(conn, Participant::Province(own), &order.number).await?;
            let expected = moved(&order);
            let found = net(vouchers.iter().flat_map(|voucher| &voucher.legs));
            let aside = set_aside(&order) == open_reserves(&vouchers);
            let wrong = first_difference(&expected, &found);
            finding.hold(wrong.is_none() && aside, || {
                let number = &order.number;
                let reserved = || {
                    format!("在途与凭证不一致，应为{}", if order.reserved { order.rest() } else { Fen::ZERO })
                };
                format!("划拨单[{number}]{}", wrong.unwrap_or_else(reserved))
            });
            add(all, &expected);
        }
    }
}

/// What an order has moved by now, on each account.
fn moved(order: &Order) -> BTreeMap<Account, Fen> {
    let now = Order { reserved: false, ..order.clone() };
    let before = Order { money: Vec::new(), ..now.clone() };
    net(money(&before, &now, written(order)).iter().flat_map(|voucher| &voucher.legs))
}

/// What an order has set aside: from where, to where, how much.
fn set_aside(order: &Order) -> Vec<(Account, Account, Fen)> {
    let legs = reserve(order, written(order)).map(|voucher| voucher.legs).unwrap_or_default();
    let mut aside: Vec<_> = legs.into_iter().map(parts).collect();
    aside.sort_unstable();
    aside
}

fn parts(leg: Leg) -> (Account, Account, Fen) {
    (leg.debit, leg.credit, leg.amount)
}

/// What vouchers leave set aside.
fn open_reserves(vouchers: &[Voucher]) -> Vec<(Account, Account, Fen)> {
    let mut open = BTreeMap::new();
    for voucher in vouchers {
        for (leg, at) in voucher.legs.iter().zip(0_u16..) {
            match &leg.phase {
                Phase::Reserve => drop(open.insert(voucher.id.leg(at), parts(leg.clone()))),
                Phase::Post(reserve) | Phase::Void(reserve) => drop(open.remove(reserve)),
                Phase::Final => {}
            }
        }
    }
    let mut open: Vec<_> = open.into_values().collect();
    open.sort_unstable();
    open
}

async fn vouchers_of(conn: &mut Conn, me: Participant, number: &OrderNumber) -> Outcome<Vec<Voucher>> {
    let wanted = ledger::Wanted { subject: Some(number.to_string()), ..ledger::Wanted::default() };
    let found = ledger::vouchers(conn, me, &wanted, None, VOUCHERS).await?;
    Ok(found.into_iter().map(|entered| entered.voucher).collect())
}

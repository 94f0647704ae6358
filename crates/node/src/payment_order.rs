//! Payment orders (划拨单) and expected receipts of a province: how they come, what clerks do with them, and what the hub is
//! told.
//!
//! Notices are pulled from the hub; the day on which one came is the day from which its deadlines count. Every change of an
//! order is reported until the hub has answered. Vouchers are posted in the same unit of work as the change that they are
//! about.

use crate::{
    bank,
    context::{Failure, Outcome},
    notice::PAGE,
    peer::ask::NoAnswer,
    province::ProvinceNode,
};
use funds::{
    ledger::Voucher,
    movement::payment_order::{Written, money, reserve, take_back},
    payment_order::{Due, Move, Order, OrderNumber, Side, Stage},
    rule::{RuleBook, Rules},
};
use store::{
    Work, ledger,
    notice::{self, KeptNotice},
    payment_order::{self, KeptOrder, OrdersWanted},
    urging,
};
use terms::{Day, Moment, Participant, Refusal, WorkingDays};
use wire::peer::v1::{Answer, FindNotices, FoundNotices, Question};

/// How many reports go out in one tick.
const REPORTS: i64 = 500;

/// Does what is due: pulls notices and letters, publishes and pulls accounts, reports what has changed.
pub async fn tick(node: &ProvinceNode) -> Outcome<()> {
    pull(node).await?;
    bank::exchange_accounts(node).await?;
    report(node).await
}

/// Pulls until there is nothing new.
async fn pull(node: &ProvinceNode) -> Outcome<()> {
    loop {
        let mut conn = node.context.store.conn().await?;
        let after = notice::last_serial(&mut conn, node.province).await?;
        let letters_since = urging::last_letter_at(&mut conn, node.context.me).await?;
        drop(conn);
        let find = FindNotices { after: after.unsigned_abs(), letters_since };
        let Answer::Notices(found) = ask(node, &Question::FindNotices(find)).await? else {
            return Err(not_its_answer());
        };
        let more = found.notices.len() == usize::try_from(PAGE).expect("a small number");
        keep(node, found, after).await?;
        if !more {
            return Ok(());
        }
    }
}

/// Keeps notices with their orders, and letters. What concerns others is none of ours.
async fn keep(node: &ProvinceNode, found: FoundNotices, after: i64) -> Outcome<()> {
    let now = node.context.now();
    let mut work = node.context.store.begin().await?;
    for sent in found.notices {
        let Ok(serial) = i64::try_from(sent.serial) else { continue };
        let concerns = [sent.notice.payer, sent.notice.payee].contains(&node.province);
        if serial <= after || !concerns || sent.notice.check().is_err() {
            tracing::warn!(serial, number = %sent.notice.number, "a notice that is none of this province");
            continue;
        }
        let orders = Order::of_notice(&sent.notice, node.province, now.day());
        let kept = KeptNotice { serial, notice: sent.notice, received_on: Some(now.day()) };
        if notice::keep(&mut work, node.province, &kept).await? {
            for order in &orders {
                payment_order::put(&mut work, order, now).await?;
            }
        }
    }
    for letter in found.letters.iter().filter(|letter| letter.payer == node.province) {
        if urging::put_letter(&mut work, node.context.me, letter).await? {
            tracing::warn!(order = %letter.number, letter = letter.letter, "urged to pay");
        }
    }
    Ok(work.save().await?)
}

/// Tells the hub of every order that has changed since it answered last.
async fn report(node: &ProvinceNode) -> Outcome<()> {
    let mut conn = node.context.store.conn().await?;
    let due = payment_order::to_report(&mut conn, node.province, REPORTS).await?;
    drop(conn);
    for KeptOrder { order, revision, .. } in due {
        let report = order.report(revision.unsigned_abs());
        match ask(node, &Question::ReportTransfer(Box::new(report))).await {
            Ok(Answer::Taken) => {
                let mut work = node.context.store.begin().await?;
                payment_order::set_reported(&mut work, node.province, &order.number, revision).await?;
                work.save().await?;
            }
            Ok(_) => return Err(not_its_answer()),
            // One that the hub refuses must not keep the others waiting.
            Err(Failure::Refused(refusal)) => {
                tracing::warn!(order = %order.number, %refusal, "the hub does not take a report");
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

/// Asks the hub.
pub(crate) async fn ask(node: &ProvinceNode, question: &Question) -> Outcome<Answer> {
    node.ask(question).await.map_err(|no_answer| match no_answer {
        NoAnswer::Refused(refusal) => Failure::Refused(refusal),
        other => Failure::Trouble(other.refusal()),
    })
}

pub(crate) fn not_its_answer() -> Failure {
    Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })
}

/// The rules that hold on a day.
///
/// # Panics
/// On days before there were any: a node does not run then.
pub(crate) fn rules_on(day: Day) -> Rules {
    RuleBook::national().on(day).expect("a node runs on days that have rules")
}

/// What is to be done next with an order, as of today.
pub fn due(order: &Order, today: Day) -> Option<Due> {
    order.due(today, &rules_on(today), WorkingDays::published())
}

/// Orders of a side at some stages, after a number, with letters of urging that came about them.
pub async fn list(
    node: &ProvinceNode,
    side: Side,
    stages: &[Stage],
    after: &str,
    most: i64,
) -> Outcome<Vec<KeptOrder>> {
    let mut conn = node.context.store.conn().await?;
    Ok(payment_order::list(&mut conn, node.province, Some(side), stages, after, most).await?)
}

/// Orders of a side, as people look for them.
pub async fn search(node: &ProvinceNode, wanted: &OrdersWanted<'_>) -> Outcome<Vec<KeptOrder>> {
    let mut conn = node.context.store.conn().await?;
    Ok(payment_order::search(&mut conn, node.province, wanted).await?)
}

/// An order of a side.
pub async fn look(node: &ProvinceNode, side: Side, number: &OrderNumber) -> Outcome<KeptOrder> {
    let mut conn = node.context.store.conn().await?;
    let found = payment_order::find(&mut conn, node.province, number).await?;
    found.filter(|kept| kept.order.side == side).ok_or_else(|| unknown(number))
}

fn unknown(number: &OrderNumber) -> Failure {
    Refusal::UnknownPaymentOrder { number: number.to_string() }.into()
}

/// Makes a move of an order of a side, with its vouchers.
pub async fn make(node: &ProvinceNode, side: Side, number: &OrderNumber, made: &Move) -> Outcome<KeptOrder> {
    let mut work = node.context.store.begin().await?;
    let kept = payment_order::find(work.conn(), node.province, number).await?;
    if kept.is_none_or(|kept| kept.order.side != side) {
        return Err(unknown(number));
    }
    make_in(node, &mut work, number, made).await?;
    work.save().await?;
    look(node, side, number).await
}

/// The same in a unit of work that goes on: where it is refused, that must not be saved.
pub(crate) async fn make_in(
    node: &ProvinceNode,
    work: &mut Work,
    number: &OrderNumber,
    made: &Move,
) -> Outcome<()> {
    let now = node.context.now();
    let before =
        payment_order::hold(work, node.province, number).await?.ok_or_else(|| unknown(number))?.order;
    let after = before.after(made).map_err(|why| Refusal::PaymentOrderRule { reason: why.0 })?;
    if after == before {
        return Ok(());
    }
    payment_order::put(work, &after, now).await?;
    for voucher in vouchers(&before, &after, made, now) {
        let posted = ledger::post(work, Participant::Province(node.province), &voucher).await?;
        posted.map_err(|refused| Refusal::PaymentOrderRule { reason: refused.chinese() })?;
    }
    Ok(())
}

fn vouchers(before: &Order, after: &Order, made: &Move, at: Moment) -> Vec<Voucher> {
    let written = |on: Day, by| Written { on, at, by };
    match made {
        Move::HandOver(act) => reserve(after, written(act.on, &act.by)).into_iter().collect(),
        Move::TakeBack => {
            let by = before.handed_over.as_ref().map_or("", |act| act.by.as_str());
            take_back(before, written(at.day(), by)).into_iter().collect()
        }
        Move::Money(moved) => money(before, after, written(moved.on, &moved.by)),
        Move::WriteBack(_) | Move::Close(_) => Vec::new(),
    }
}

//! Notices (付款、收款通知书) and reports of transfers, at the hub: what provinces pull, and what they say became of it.
//!
//! A transfer is what both sides say alike: the hub's memoranda take up what both report, and what differs is shown.

use crate::{
    context::{Failure, Outcome},
    hub::Hub,
    peer::endpoint::rejected,
};
use funds::{
    ledger::MACHINE,
    movement::payment_order::{Written, memorandum},
    notice::{Notice, NoticeNumber},
    payment_order::{Agreement, Order, OrderNumber, Report, Side},
};
use store::{
    Work, ledger,
    notice::{self, KeptNotice},
    payment_order, urging,
};
use terms::{Fen, Moment, Participant, Province, Refusal};
use wire::peer::{
    Untrusted,
    v1::{Answer, FindNotices, FoundNotices, SentNotice},
};

/// How many notices, and how many letters, one answer has.
pub const PAGE: i64 = 200;
/// Nobody reports more than that: a hundred billion yuan.
const AMOUNT_MAX: Fen = Fen(10_000_000_000_000);

/// The province that asks; the hub asks itself nothing.
fn province_of(from: Participant) -> Outcome<Province> {
    match from {
        Participant::Province(province) => Ok(province),
        Participant::Hub => Err(rejected(Untrusted::NotForMe)),
    }
}

/// The notices and letters that concern the province that asks, from where it has them.
pub async fn find(hub: &Hub, from: Participant, find: &FindNotices) -> Outcome<Answer> {
    let province = province_of(from)?;
    let after = i64::try_from(find.after).unwrap_or(i64::MAX);
    let mut conn = hub.context.store.conn().await?;
    let found = notice::list(&mut conn, Participant::Hub, Some(province), after, PAGE).await?;
    let letters =
        urging::letters_since(&mut conn, Participant::Hub, Some(province), find.letters_since, PAGE).await?;
    let sent = |kept: KeptNotice| SentNotice { serial: kept.serial.unsigned_abs(), notice: kept.notice };
    Ok(Answer::Notices(FoundNotices { notices: found.into_iter().map(sent).collect(), letters }))
}

/// Keeps what a side reports of an order, and takes up what both sides say.
pub async fn take_report(hub: &Hub, from: Participant, report: &Report) -> Outcome<Answer> {
    let province = province_of(from)?;
    let now = hub.context.now();
    let mut work = hub.context.store.begin().await?;
    let number = report.number.notice();
    let unknown = || Failure::Refused(Refusal::UnknownNotice { number: number.to_string() });
    let found = notice::find(work.conn(), Participant::Hub, number).await?.ok_or_else(unknown)?.notice;
    let reporter = match report.side {
        Side::Payment => found.payer,
        Side::Receipt => found.payee,
    };
    if reporter != province || report.moved.is_negative() || report.moved > AMOUNT_MAX {
        return Err(rejected(Untrusted::Signature));
    }
    let orders = Order::of_notice(&found, found.payer, found.issued_on);
    let order = orders.iter().find(|order| order.number == report.number).ok_or_else(unknown)?;
    if payment_order::put_report(&mut work, report, now).await? {
        agree(&mut work, &found, order, now).await?;
        let reports = payment_order::reports(work.conn(), number).await?;
        let is_moved =
            |order: &Order| agreement(&reports, &order.number) == Agreement::Agreed(order.amount());
        notice::set_settled(&mut work, number, orders.iter().all(is_moved)).await?;
    }
    work.save().await?;
    Ok(Answer::Taken)
}

/// How the reports of the two sides of an order stand to each other.
pub fn agreement(reports: &[Report], number: &OrderNumber) -> Agreement {
    let of = |side: Side| reports.iter().find(|report| report.number == *number && report.side == side);
    Agreement::of(of(Side::Payment), of(Side::Receipt))
}

/// The memoranda take up what both sides say has moved, or give back what no longer has.
async fn agree(work: &mut Work, found: &Notice, order: &Order, now: Moment) -> Outcome<()> {
    // Held first: whoever reports the other side meanwhile waits here, and then sees this report.
    let (before, vouchers) = payment_order::hold_agreed(work, &order.number, now).await?;
    let reports = payment_order::reports(work.conn(), &found.number).await?;
    let after = agreement(&reports, &order.number).common().at_most(order.amount());
    let written = Written { on: now.day(), at: now, by: MACHINE };
    let moved = (before, after, vouchers + 1);
    let parties = (found.payer, found.payee);
    let Some(voucher) = memorandum((&order.number, &found.cause), parties, &order.lines, moved, written)
    else {
        return Ok(());
    };
    let posted = ledger::post(work, Participant::Hub, &voucher).await?;
    posted.map_err(|refused| Refusal::PaymentOrderRule { reason: refused.chinese() })?;
    Ok(payment_order::set_agreed(work, &order.number, after, now).await?)
}

/// A notice of the hub with what both sides have reported of it.
pub async fn look(hub: &Hub, number: &NoticeNumber) -> Outcome<(KeptNotice, Vec<Report>)> {
    let mut conn = hub.context.store.conn().await?;
    let found = notice::find(&mut conn, Participant::Hub, number).await?;
    let found = found.ok_or_else(|| Refusal::UnknownNotice { number: number.to_string() })?;
    let reports = payment_order::reports(&mut conn, number).await?;
    Ok((found, reports))
}

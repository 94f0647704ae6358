//! The vouchers (记账凭证) of a payment order (划拨单), at the payer, at the payee and at the hub.
//!
//! | cause | insured province | treatment province | hub (memoranda) |
//! |---|---|---|---|
//! | clearing | Dr 应付跨省异地就医资金 / Cr 财政专户存款 | Dr 财政专户存款 / Cr 应收跨省异地就医资金 | Dr 应付 / Cr 应收 |
//! | prepayment, its increase | Dr 暂付款—异地就医预付金 / Cr 财政专户存款 | Dr 财政专户存款 / Cr 暂收款—异地就医预付金 | Dr 就医省持有 / Cr 参保省已付 |
//! | returns of either | the same with the sides swapped | | |
//!
//! The payer sets the money aside when the order is handed over, posts what the bank's statement says was paid and sets the rest
//! aside anew; what is taken back is voided, and what came back is moved back. What moved beyond the order stands at
//! 暂收款—待查款项 until it is returned.

use super::{Part, clearing, prepayment};
use crate::{
    chart::{Account, Pair, Purse},
    ledger::{Leg, LegId, Phase, Voucher, VoucherCode, VoucherId},
    notice::Cause,
    payment_order::{Line, Order, OrderNumber, Side},
};
use terms::{Day, Fen, InsuranceScheme, Moment, Province};

/// Who makes a voucher, and when.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// The day on which it takes effect.
    pub on: Day,
    /// When it is written down.
    pub at: Moment,
    /// The clerk, or the machine.
    pub by: &'a str,
}

/// Sets aside what is left to pay of an order that was just handed over; nothing of an expected receipt.
pub fn reserve(order: &Order, written: Written<'_>) -> Option<Voucher> {
    let legs = reserved(order).into_iter().map(|(line, rest)| leg(order, line.purse, rest, Phase::Reserve));
    let legs: Vec<_> = legs.collect();
    let voucher = voucher(order, &format!("reserve/{}", order.reserves), "（在途）", legs, written);
    (order.side == Side::Payment && order.reserved).then_some(voucher)
}

/// Sets free what was set aside for an order, as it was before it was taken back.
pub fn take_back(before: &Order, written: Written<'_>) -> Option<Voucher> {
    let legs = void_all(before);
    let name = format!("withdrawn/{}", before.reserves);
    before.reserved.then(|| voucher(before, &name, "（撤回）", legs, written))
}

/// What the last money of an order moves, and what is then set aside anew. Nothing where the order is the same as before.
pub fn money(before: &Order, after: &Order, written: Written<'_>) -> Vec<Voucher> {
    if before.money.len() == after.money.len() {
        return Vec::new();
    }
    let (had, had_beyond) = Order::filled(&before.lines, before.moved());
    let (has, has_beyond) = Order::filled(&after.lines, after.moved());
    let open = open_reserves(before);
    let mut legs = Vec::new();
    for (at, line) in after.lines.iter().enumerate() {
        let moved = has[at] - had[at];
        match (open.iter().find(|(place, ..)| *place == at), moved > Fen::ZERO) {
            (Some((_, _, id)), true) => legs.push(leg(after, line.purse, moved, Phase::Post(id.clone()))),
            (Some((_, rest, id)), false) => {
                legs.push(leg(after, line.purse, *rest, Phase::Void(id.clone())));
                legs.extend(either_way(after, line.purse, moved));
            }
            (None, _) => legs.extend(either_way(after, line.purse, moved)),
        }
    }
    legs.extend(beyond(after, has_beyond - had_beyond));
    let words = if after.moved() < before.moved() { "（退汇）" } else { "" };
    let name = format!("moved/{}", after.money.len());
    let moved = voucher(after, &name, words, legs, written);
    std::iter::once(moved).chain(reserve(after, written)).collect()
}

/// What the hub takes up of a transfer once both sides say that so much has moved, from what it had taken up before.
pub fn memorandum(
    (number, cause): (&OrderNumber, &Cause),
    (payer, payee): (Province, Province),
    lines: &[Line],
    (before, after, serial): (Fen, Fen, u32),
    written: Written<'_>,
) -> Option<Voucher> {
    let (had, _) = Order::filled(lines, before);
    let (has, _) = Order::filled(lines, after);
    let pair = pair(cause, payer, payee);
    let legs = lines.iter().zip(had.iter().zip(has)).filter_map(|(line, (had, has))| {
        let (debit, credit) = hub_accounts(cause, pair, number.scheme(), line.purse);
        both_ways(debit, credit, has - *had)
    });
    let legs: Vec<_> = legs.collect();
    (!legs.is_empty()).then(|| Voucher {
        id: id(number, &format!("agreed/{serial}")),
        code: paid_code(cause),
        subject: number.to_string(),
        summary: format!("{cause}，{}付{}（双方确认）", name(payer), name(payee)),
        day: written.on,
        recorded_at: written.at,
        by: written.by.to_owned(),
        legs,
    })
}

/// Money that came to, or left, a fiscal special account of a province, and that nothing explains: its amount is below nothing if
/// it left. `explained` swaps the sides, once somebody has said what it is.
pub fn unidentified(
    own: Province,
    scheme: InsuranceScheme,
    (name, amount, explained): (&str, Fen, bool),
    written: Written<'_>,
) -> Voucher {
    let purse = pool(scheme);
    let deposit = Account::treatment_fiscal_deposit(own, scheme, purse);
    let open = Account::treatment_unidentified(own, scheme, purse);
    let signed = if explained { -amount } else { amount };
    let (code, words, end) = if explained {
        (VoucherCode::Identified, "待查款项核销", "explained")
    } else {
        (VoucherCode::Unidentified, "银行流水未匹配到划拨单", "open")
    };
    Voucher {
        id: VoucherId::new(format!("bank/{}/{name}/{end}", scheme.code()))
            .expect("names of entries are plain"),
        code,
        subject: name.to_owned(),
        summary: words.to_owned(),
        day: written.on,
        recorded_at: written.at,
        by: written.by.to_owned(),
        legs: both_ways(deposit, open, signed).into_iter().collect(),
    }
}

/// The scheme's pool, in which stands what is of no purse yet.
pub const fn pool(scheme: InsuranceScheme) -> Purse {
    Purse::Fund(match scheme {
        InsuranceScheme::Employee => terms::Fund::EmployeePool,
        InsuranceScheme::Resident => terms::Fund::ResidentPool,
    })
}

fn pair(cause: &Cause, payer: Province, payee: Province) -> Pair {
    if cause.is_return() {
        Pair { insured: payee, treatment: payer }
    } else {
        Pair { insured: payer, treatment: payee }
    }
}

/// The accounts that a payment at one of the two provinces debits and credits: those of the movement, or of its mirror where the
/// treatment province pays.
fn accounts(order: &Order, purse: Purse) -> (Account, Account) {
    let (own, other, part) = (order.own, order.other, Part::new(order.scheme(), purse, Fen::ZERO));
    let is_insured = pair(&order.cause, order.payer(), order.payee()).insured == own;
    let leg = match (is_insured, order.cause.is_prepayment()) {
        (true, false) => clearing::paid(own, other, part, Phase::Final),
        (true, true) => prepayment::paid(own, other, part, Phase::Final),
        (false, false) => clearing::received(own, other, part),
        (false, true) => prepayment::received(own, other, part),
    };
    let pays = order.side == Side::Payment;
    if pays == is_insured { (leg.debit, leg.credit) } else { (leg.credit, leg.debit) }
}

fn hub_accounts(cause: &Cause, pair: Pair, scheme: InsuranceScheme, purse: Purse) -> (Account, Account) {
    let part = Part::new(scheme, purse, Fen::ZERO);
    let leg = if cause.is_prepayment() {
        prepayment::at_hub(pair.insured, pair.treatment, part)
    } else {
        clearing::at_hub(pair.insured, pair.treatment, part)
    };
    if cause.is_return() { (leg.credit, leg.debit) } else { (leg.debit, leg.credit) }
}

fn leg(order: &Order, purse: Purse, amount: Fen, phase: Phase) -> Leg {
    let (debit, credit) = accounts(order, purse);
    Leg { debit, credit, amount, phase }
}

/// A leg of an amount, with the sides swapped if it is below nothing; none of nothing.
fn both_ways(debit: Account, credit: Account, amount: Fen) -> Option<Leg> {
    let (debit, credit) = if amount.is_negative() { (credit, debit) } else { (debit, credit) };
    let amount = Fen(amount.0.abs());
    (!amount.is_zero()).then_some(Leg { debit, credit, amount, phase: Phase::Final })
}

fn either_way(order: &Order, purse: Purse, amount: Fen) -> Option<Leg> {
    let (debit, credit) = accounts(order, purse);
    both_ways(debit, credit, amount)
}

/// What moved beyond the order.
fn beyond(order: &Order, amount: Fen) -> Option<Leg> {
    let purse = order.lines.first().map_or_else(|| pool(order.scheme()), |line| line.purse);
    let (debit, credit) = accounts(order, purse);
    let is_insured = pair(&order.cause, order.payer(), order.payee()).insured == order.own;
    let open = if is_insured {
        Account::insured_unidentified(order.own, order.scheme(), purse)
    } else {
        Account::treatment_unidentified(order.own, order.scheme(), purse)
    };
    match order.side {
        Side::Payment => both_ways(open, credit, amount),
        Side::Receipt => both_ways(debit, open, amount),
    }
}

/// The lines of which something is left to pay, with what is left.
fn reserved(order: &Order) -> Vec<(Line, Fen)> {
    let (filled, _) = Order::filled(&order.lines, order.moved());
    let rest = order.lines.iter().zip(filled).map(|(line, filled)| (*line, line.amount - filled));
    rest.filter(|(_, rest)| !rest.is_zero()).collect()
}

/// What is set aside for an order: the place of the line, how much, and the leg that did it.
fn open_reserves(order: &Order) -> Vec<(usize, Fen, LegId)> {
    if !order.reserved {
        return Vec::new();
    }
    let id = id(&order.number, &format!("reserve/{}", order.reserves));
    let (filled, _) = Order::filled(&order.lines, order.moved());
    let rest = order.lines.iter().zip(filled).enumerate();
    let rest =
        rest.map(|(at, (line, filled))| (at, line.amount - filled)).filter(|(_, rest)| !rest.is_zero());
    rest.zip(0..).map(|((at, rest), leg)| (at, rest, id.leg(leg))).collect()
}

fn void_all(order: &Order) -> Vec<Leg> {
    let open = open_reserves(order).into_iter();
    open.map(|(at, rest, id)| leg(order, order.lines[at].purse, rest, Phase::Void(id))).collect()
}

fn id(number: &OrderNumber, name: &str) -> VoucherId {
    VoucherId::new(format!("transfer/{number}/{name}")).expect("numbers of orders are short and plain")
}

const fn paid_code(cause: &Cause) -> VoucherCode {
    match cause {
        Cause::Clearing { .. } | Cause::ClearingReturn { .. } => VoucherCode::ClearingPaid,
        Cause::Prepayment { .. } | Cause::PrepaymentIncrease { .. } => VoucherCode::PrepaymentPaid,
        Cause::PrepaymentReturn { .. } => VoucherCode::PrepaymentReturned,
    }
}

fn code(order: &Order) -> VoucherCode {
    match (paid_code(&order.cause), order.side) {
        (VoucherCode::ClearingPaid, Side::Receipt) => VoucherCode::ClearingReceived,
        (VoucherCode::PrepaymentPaid, Side::Receipt) => VoucherCode::PrepaymentReceived,
        (code, _) => code,
    }
}

fn name(province: Province) -> String {
    province.division().name().map_or_else(|| province.to_string(), str::to_owned)
}

fn voucher(order: &Order, of: &str, words: &str, legs: Vec<Leg>, written: Written<'_>) -> Voucher {
    let whom = match order.side {
        Side::Payment => format!("付{}", name(order.other)),
        Side::Receipt => format!("收{}", name(order.other)),
    };
    Voucher {
        id: id(&order.number, of),
        code: code(order),
        subject: order.number.to_string(),
        summary: format!("{}，{whom}{words}", order.cause),
        day: written.on,
        recorded_at: written.at,
        by: written.by.to_owned(),
        legs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        notice::{Notice, NoticeLine, NoticeNumber},
        payment_order::{Act, Money, Move},
    };
    use terms::{Fund, Month};

    fn order(cause: Cause, own: &str) -> Order {
        let (payer, payee) = ("420000".parse().unwrap(), "310000".parse().unwrap());
        let line = |fund, amount| NoticeLine {
            scheme: InsuranceScheme::Employee,
            purse: Purse::Fund(fund),
            amount: Fen(amount),
        };
        let notice = Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines: vec![line(Fund::EmployeePool, 700), line(Fund::LargeAmount, 300)],
            issued_on: "2026-11-30".parse().unwrap(),
            issued_at: "2026-11-30 10:00:00".parse().unwrap(),
            by: "赵某甲".to_owned(),
        };
        Order::of_notice(&notice, own.parse().unwrap(), notice.issued_on).remove(0)
    }

    fn written() -> Written<'static> {
        let at: Moment = "2026-12-09 10:00:00".parse().unwrap();
        Written { on: at.day(), at, by: "系统" }
    }

    fn moved(order: &Order, amount: i64) -> (Order, Vec<Voucher>) {
        let reference = format!("A{}", order.money.len());
        let (amount, on, by) = (Fen(amount), written().on, "系统".to_owned());
        let after = order.after(&Move::Money(Money { reference, amount, on, by })).unwrap();
        let vouchers = money(order, &after, written());
        (after, vouchers)
    }

    fn said(vouchers: &[Voucher]) -> Vec<String> {
        let mut lines = Vec::new();
        for voucher in vouchers {
            let name = voucher.id.as_str().rsplit('/').take(2).collect::<Vec<_>>();
            for leg in &voucher.legs {
                let phase = match &leg.phase {
                    Phase::Final => "final".to_owned(),
                    Phase::Reserve => "reserve".to_owned(),
                    Phase::Post(id) => format!("post {}", id.to_string().rsplit('/').next().unwrap()),
                    Phase::Void(id) => format!("void {}", id.to_string().rsplit('/').next().unwrap()),
                };
                let (debit, credit) = (leg.debit.kind().key(), leg.credit.kind().key());
                let purse = leg.debit.purse().code();
                lines.push(format!(
                    "{}/{}: {phase} {purse} {} Dr {debit} Cr {credit}",
                    name[1], name[0], leg.amount
                ));
            }
        }
        lines
    }

    #[test]
    fn a_payment_in_parts_that_comes_back_and_goes_again() {
        let cause = Cause::Clearing { month: Month::new(2026, 10).unwrap() };
        let order = order(cause, "420000");
        let handed = Move::HandOver(Act { on: order.received_on, by: "钱某乙".to_owned() });
        let handed = order.after(&handed).unwrap();
        assert_eq!(
            said(reserve(&handed, written()).as_slice()),
            [
                "reserve/1: reserve 310100 7.00 Dr payable-treatment Cr insured-deposit-fiscal",
                "reserve/1: reserve 330100 3.00 Dr payable-treatment Cr insured-deposit-fiscal",
            ]
        );
        assert_eq!(said(take_back(&handed, written()).as_slice()).len(), 2);
        let (part, vouchers) = moved(&handed, 500);
        assert_eq!(
            said(&vouchers),
            [
                "moved/1: post 1#0 310100 5.00 Dr payable-treatment Cr insured-deposit-fiscal",
                "moved/1: void 1#1 330100 3.00 Dr payable-treatment Cr insured-deposit-fiscal",
                "reserve/2: reserve 310100 2.00 Dr payable-treatment Cr insured-deposit-fiscal",
                "reserve/2: reserve 330100 3.00 Dr payable-treatment Cr insured-deposit-fiscal",
            ]
        );
        let (whole, vouchers) = moved(&part, 510);
        assert_eq!(
            said(&vouchers),
            [
                "moved/2: post 2#0 310100 2.00 Dr payable-treatment Cr insured-deposit-fiscal",
                "moved/2: post 2#1 330100 3.00 Dr payable-treatment Cr insured-deposit-fiscal",
                "moved/2: final 310100 0.10 Dr insured-unidentified Cr insured-deposit-fiscal",
            ]
        );
        let (back, vouchers) = moved(&whole, -1_010);
        assert_eq!(
            said(&vouchers),
            [
                "moved/3: final 310100 7.00 Dr insured-deposit-fiscal Cr payable-treatment",
                "moved/3: final 330100 3.00 Dr insured-deposit-fiscal Cr payable-treatment",
                "moved/3: final 310100 0.10 Dr insured-deposit-fiscal Cr insured-unidentified",
                "reserve/3: reserve 310100 7.00 Dr payable-treatment Cr insured-deposit-fiscal",
                "reserve/3: reserve 330100 3.00 Dr payable-treatment Cr insured-deposit-fiscal",
            ]
        );
        let (again, vouchers) = moved(&back, 1_000);
        assert_eq!((said(&vouchers).len(), again.reserved), (2, false));
        assert!(money(&again, &again, written()).is_empty(), "nothing new");
    }

    #[test]
    fn every_cause_at_every_side() {
        let month = Month::new(2026, 10).unwrap();
        let rows = [
            (
                Cause::Clearing { month },
                "Dr payable-treatment Cr insured-deposit-fiscal",
                "Dr treatment-deposit-fiscal Cr receivable-insured",
                "Dr hub-payable Cr hub-receivable",
            ),
            (
                Cause::ClearingReturn { month },
                "Dr receivable-insured Cr treatment-deposit-fiscal",
                "Dr insured-deposit-fiscal Cr payable-treatment",
                "Dr hub-receivable Cr hub-payable",
            ),
            (
                Cause::Prepayment { year: 2027 },
                "Dr prepayment-paid Cr insured-deposit-fiscal",
                "Dr treatment-deposit-fiscal Cr prepayment-held",
                "Dr hub-prepayment-held Cr hub-prepayment-paid",
            ),
            (
                Cause::PrepaymentReturn { year: 2027 },
                "Dr prepayment-held Cr treatment-deposit-fiscal",
                "Dr insured-deposit-fiscal Cr prepayment-paid",
                "Dr hub-prepayment-paid Cr hub-prepayment-held",
            ),
        ];
        for (cause, payer, payee, hub) in rows {
            for (own, expected) in [("420000", payer), ("310000", payee)] {
                let (_, vouchers) = moved(&order(cause.clone(), own), 1_000);
                let found = said(&vouchers);
                assert!(found.len() == 2 && found[0].ends_with(expected), "{own} {found:?}");
            }
            let one = order(cause.clone(), "420000");
            let parties = (one.payer(), one.payee());
            let agreed = |before, after| {
                memorandum(
                    (&one.number, &cause),
                    parties,
                    &one.lines,
                    (Fen(before), Fen(after), 1),
                    written(),
                )
            };
            let found = said(agreed(0, 750).as_slice());
            assert_eq!(found[1], format!("agreed/1: final 330100 0.50 {hub}"));
            assert!(agreed(750, 750).is_none());
        }
    }
}

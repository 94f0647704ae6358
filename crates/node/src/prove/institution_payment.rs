//! Payments of institutions: what was confirmed from the lines that their confirmations name, deductions and what was brought from the
//! payments before; and their vouchers, from the payments and what the bank did.

use super::{Finding, voucher};
use crate::{context::Outcome, institution_payment::money_of, reconciliation::entries_of_institution};
use casework::confirmation::Stage;
use funds::{
    Purse,
    institution_payment::{
        Draft, Line, Money, plus,
        voucher::{Event, Held, adopted, ordered, paid, paid_and_returned, returned, settled},
    },
    ledger::Voucher,
};
use std::collections::BTreeMap;
use store::{
    Conn,
    apportioning::{self as confirmations, Confirmation, Key},
    deduction,
    institution_payment::{self as kept, InstalmentStage, Kind, Payment},
};
use terms::{Fen, InstitutionCode, InsuranceScheme, Month, Participant, Province, Rounding};

/// How many deductions are read at a time.
const PAGE: i64 = 5_000;

/// Recomputes payments, and holds their vouchers against them.
pub async fn prove(conn: &mut Conn, own: Province) -> Outcome<Vec<Finding>> {
    let mut payments = Finding::new("拨付（由确认明细、扣款和上期结转重算）");
    let mut booked = Finding::new("拨付凭证（由拨付单和银行回单重算）");
    let deducted = deducted(conn, own).await?;
    let mut vouchers = Vec::new();
    for code in kept::paid_institutions(conn, own).await? {
        let all = kept::of_institution(conn, (own, &code), ever()).await?;
        let confirmed = confirmed(conn, (own, &code)).await?;
        let mut brought = Money::new();
        let mut penalties = BTreeMap::<InsuranceScheme, Fen>::new();
        for payment in &all {
            if payment.kind == Kind::Month {
                let of = (confirmed.get(&payment.number), deducted.get(&payment.number), &brought);
                of_payment(payment, of, &mut payments);
                brought = payment.money(|line| line.carried);
                for ((scheme, _), line) in &payment.lines {
                    *penalties.entry(*scheme).or_default() += line.penalty;
                }
            }
            vouchers.extend(vouchers_of(conn, own, payment).await?);
        }
        of_year_ends(&all, &mut payments);
        for penalty in kept::penalties(conn, (own, &code)).await? {
            *penalties.entry(penalty.scheme).or_default() -= penalty.taken;
        }
        payments.hold(penalties.values().all(|left| left.is_zero()), || {
            format!("机构[{code}]拨付扣除的违约金与登记的不一致")
        });
    }
    voucher::hold(conn, Participant::Province(own), "payment/", &vouchers, &mut booked).await?;
    Ok(vec![payments, booked])
}

/// All months.
fn ever() -> (Month, Month) {
    let month = |year, number| Month::new(year, number).expect("a month");
    (month(2000, 1), month(9000, 12))
}

/// What each payment has set off, by its number.
async fn deducted(conn: &mut Conn, own: Province) -> Outcome<BTreeMap<String, Money>> {
    let (mut all, mut after) = (BTreeMap::<String, Money>::new(), String::new());
    loop {
        let page = deduction::list(conn, own, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after.clone_from(&last.deduction.number);
        for recorded in page {
            let Some(payment) = recorded.payment else { continue };
            let funds = recorded.deduction.funds.iter().map(|(fund, amount)| (Purse::Fund(*fund), *amount));
            let purses = funds.chain([(Purse::PersonalAccount, recorded.deduction.account)]);
            let purses = purses.filter(|(_, amount)| !amount.is_zero());
            let money = purses.map(|(purse, amount)| ((recorded.scheme, purse), amount)).collect();
            let sum = all.entry(payment).or_default();
            *sum = plus(sum, &money);
        }
    }
}

/// What the confirmed lines of each payment come to, by its number.
async fn confirmed(conn: &mut Conn, whose: (Province, &InstitutionCode)) -> Outcome<BTreeMap<String, Money>> {
    let mut all = BTreeMap::<String, Money>::new();
    for (area, month) in kept::confirmations_taken(conn, whose).await? {
        let key = Key { area, institution: whose.1, month };
        let payments = kept::payments_of_confirmations(conn, key).await?;
        let of_month = confirmations::of_month(conn, key).await?;
        let period = month.first_day().start()..month.next().first_day().start();
        let entries = entries_of_institution(conn, whose, &period).await?;
        let known =
            |one: &Confirmation| one.confirmed().all(|id| entries.iter().any(|entry| entry.line.id == id));
        for one in of_month.iter().filter(|one| one.stage == Stage::Cleared && known(one)) {
            let Some(payment) = payments.get(&one.id) else { continue };
            let sum = all.entry(payment.clone()).or_default();
            *sum = plus(sum, &money_of(&entries, &[one]));
        }
    }
    Ok(all)
}

/// Every figure of a month's payment that does not depend on budgets, which may have been entered anew since; and all of them together.
fn of_payment(
    payment: &Payment,
    (confirmed, deducted, brought): (Option<&Money>, Option<&Money>, &Money),
    finding: &mut Finding,
) {
    for (key, line) in &payment.lines {
        let of = |money: Option<&Money>| money.and_then(|money| money.get(key)).copied().unwrap_or_default();
        let left = line.confirmed - line.brought - line.deducted;
        let within = left - line.withheld;
        let deposit = match key.1 {
            Purse::Fund(_) if left > Fen::ZERO => payment.deposit.of(within, Rounding::HalfUp),
            _ => Fen::ZERO,
        };
        let rest = left - line.withheld - line.deposit - line.penalty;
        let figures = [
            ("确认额", line.confirmed, of(confirmed)),
            ("上期结转", line.brought, of(Some(brought))),
            ("审核扣款", line.deducted, of(deducted)),
            ("质量保证金", line.deposit, deposit),
            ("应拨付", line.payable, rest.or_zero()),
            ("结转下期", line.carried, (-left).or_zero()),
        ];
        for (name, stands, due) in figures {
            finding.hold(stands == due, || {
                format!("拨付单[{}]{}{name}{stands}，应为{due}", payment.number, key.1.chinese())
            });
        }
    }
}

/// What the end of a year decides is what was held in its months, given back or kept.
fn of_year_ends(all: &[Payment], finding: &mut Finding) {
    for decision in all.iter().filter(|payment| payment.kind != Kind::Month) {
        let year = decision.month.first_day().year();
        let figure: fn(&Line) -> Fen = match decision.kind {
            Kind::Deposit => |line| line.deposit,
            _ => |line| line.withheld,
        };
        let of_year =
            all.iter().filter(|one| one.kind == Kind::Month && one.month.first_day().year() == year);
        let before = of_year.filter(|one| one.adopted.at <= decision.adopted.at);
        let held = before.fold(Money::new(), |sum, one| plus(&sum, &one.money(figure)));
        let stands = decision.money(|line| line.confirmed);
        let divided = decision.lines.values().all(|line| line.confirmed == line.deducted + line.payable);
        finding.hold(stands == held && divided, || {
            format!("拨付单[{}]年度预留与各月之和不一致", decision.number)
        });
    }
}

/// The vouchers of a payment and its instalments.
async fn vouchers_of(conn: &mut Conn, own: Province, payment: &Payment) -> Outcome<Vec<Voucher>> {
    let event = Event {
        province: own,
        number: &payment.number,
        institution: &payment.institution,
        day: payment.adopted.at.day(),
        recorded_at: payment.adopted.at,
        by: "",
    };
    let mut vouchers = match payment.kind {
        Kind::Month => adopted(&event, &Draft { lines: payment.lines.clone(), ..Draft::default() }),
        kind => {
            let held = if kind == Kind::Deposit { Held::Deposit } else { Held::Withheld };
            settled(&event, held, &payment.money(|line| line.payable), &payment.money(|line| line.deducted))
        }
    };
    for one in kept::instalments(conn, own, std::slice::from_ref(&payment.number)).await? {
        vouchers.extend(ordered(&event, one.number, &one.money));
        vouchers.extend(match one.stage {
            InstalmentStage::Ordered => Vec::new(),
            InstalmentStage::Paid => paid(&event, one.number, &one.money),
            InstalmentStage::Returned => returned(&event, one.number, &one.money),
            InstalmentStage::CameBack => {
                [paid(&event, one.number, &one.money), paid_and_returned(&event, one.number, &one.money)]
                    .concat()
            }
        });
    }
    Ok(vouchers)
}

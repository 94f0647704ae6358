//! Urging (催缴) at the hub: which payments are overdue, which letter is due, and whether a province may be suspended
//! (暂停跨省直接结算, 人社部发〔2016〕120号).
//!
//! The machine counts days and says which letter is due; letters, suspensions and their lifting are decided by people and kept
//! with who decided and by what. How many letters go before a suspension is a dated rule. This module must not know where
//! reports come from nor how a suspension takes effect.

use crate::{
    calendar::{Deadlines, Done},
    notice::Notice,
    payment_order::{Order, OrderNumber, Report, WrongMove},
    rule::Rules,
};
use serde::{Deserialize, Serialize};
use terms::{Day, DueDay, Fen, Moment, Province, WorkingDays};

/// A payment whose time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// The order.
    pub number: OrderNumber,
    /// Who is to pay.
    pub payer: Province,
    /// Whom.
    pub payee: Province,
    /// How much is left to pay.
    pub rest: Fen,
    /// By when it was due.
    pub due: DueDay,
    /// How many working days have passed since.
    pub days: i32,
}

/// The payments of a notice that are overdue, by what the payer has reported last of each order. Before the first report the
/// notice counts as received on the day on which it was issued.
pub fn overdue(
    notice: &Notice,
    reports: &[Report],
    today: Day,
    rules: &Rules,
    calendar: &WorkingDays,
) -> Vec<Overdue> {
    let orders = Order::of_notice(notice, notice.payer, notice.issued_on);
    let of_order = |order: Order| {
        let report = reports.iter().find(|report| report.number == order.number && report.side == order.side);
        let moved = report.map_or(Fen::ZERO, |report| report.moved);
        let done = Done { handed_over: report.and_then(|report| report.handed_over), ..Done::default() };
        // A province that says it got the notice before it was issued is not believed, nor one that hands over late.
        let received = report.map_or(notice.issued_on, |report| report.received_on.max(notice.issued_on));
        let in_time = Deadlines::of(received, Done::default(), rules, calendar);
        let due = in_time.pay.min(Deadlines::of(received, done, rules, calendar).pay);
        let rest = (order.amount() - moved).or_zero();
        let days = -calendar.left(today, due.day);
        let (payer, payee) = (notice.payer, notice.payee);
        (days > 0 && !rest.is_zero()).then_some(Overdue {
            number: order.number,
            payer,
            payee,
            rest,
            due,
            days,
        })
    };
    orders.into_iter().filter_map(of_order).collect()
}

impl Overdue {
    /// The letter that is due, from 1, where so many have gone out.
    pub fn letter_due(&self, issued: u8, rules: &Rules) -> Option<u8> {
        let from = [rules.urging_first, rules.urging_second, rules.urging_third];
        let from = from.get(usize::from(issued))?;
        (self.days >= i32::from(*from)).then_some(issued + 1)
    }
}

/// A letter of urging (催缴函).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The order that is urged.
    pub number: OrderNumber,
    /// First, second or third.
    pub letter: u8,
    /// Who is to pay.
    pub payer: Province,
    /// Whom.
    pub payee: Province,
    /// How much was left to pay.
    pub rest: Fen,
    /// By when it was due.
    pub due: Day,
    /// How many working days had passed.
    pub days: i32,
    /// The day of the letter.
    pub issued_on: Day,
    /// When it was written down.
    pub issued_at: Moment,
    /// The clerk who issued it.
    pub by: String,
}

impl Letter {
    /// What it says.
    pub fn text(&self) -> String {
        let name = |province: Province| province.division().name().unwrap_or_default();
        let Self { number, letter, payer, payee, rest, due, days, .. } = self;
        let ordinal = ["", "第一次", "第二次", "第三次"].get(usize::from(*letter)).copied().unwrap_or("再次");
        format!(
            "{ordinal}催缴：{}应付{}的跨省异地就医资金（划拨单{number}）尚有{rest}元未划拨，应于{due}前划拨，已逾期{days}个工作日，请立即划拨",
            name(*payer),
            name(*payee)
        )
    }
}

/// A suspension for not paying, with its lifting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Who.
    pub province: Province,
    /// What it has not paid.
    pub orders: Vec<OrderNumber>,
    /// Why, as hospitals are told.
    pub reason: String,
    /// The decision (文号).
    pub decision: String,
    /// From which day.
    pub on: Day,
    /// When it was written down.
    pub at: Moment,
    /// The clerk of the hub.
    pub by: String,
    /// Its lifting (恢复).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Lifted>,
}

/// The lifting of a suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    /// Why.
    pub reason: String,
    /// The decision (文号).
    pub decision: String,
    /// From which day.
    pub on: Day,
    /// When it was written down.
    pub at: Moment,
    /// The clerk of the hub.
    pub by: String,
}

/// Whether a province may be suspended: something is overdue of which as many letters have gone out as the rules want. Each
/// overdue payment comes with how many letters have.
///
/// # Errors
/// A sentence that says what is missing.
pub fn may_suspend(overdue: &[(Overdue, u8)], rules: &Rules) -> Result<(), WrongMove> {
    let wanted = rules.suspension_letters;
    if overdue.is_empty() {
        return Err(WrongMove("该省没有逾期未划拨的资金，不能因未划拨而暂停".to_owned()));
    }
    match overdue.iter().map(|(_, letters)| u16::from(*letters)).max() {
        Some(letters) if letters >= wanted => Ok(()),
        letters => {
            let letters = letters.unwrap_or_default();
            Err(WrongMove(format!(
                "已发出{letters}次催缴函，发满{wanted}次仍未划拨的才可以决定暂停，请先催缴"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chart::Purse,
        notice::{Cause, NoticeLine, NoticeNumber},
        payment_order::Side,
        rule::RuleBook,
    };
    use terms::{Fund, InsuranceScheme, Month};

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn notice() -> Notice {
        let cause = Cause::Clearing { month: Month::new(2026, 9).unwrap() };
        let (payer, payee) = ("420000".parse().unwrap(), "310000".parse().unwrap());
        let (scheme, purse) = (InsuranceScheme::Employee, Purse::Fund(Fund::EmployeePool));
        Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines: vec![NoticeLine { scheme, purse, amount: Fen(1_000) }],
            issued_on: day("2026-11-02"),
            issued_at: "2026-11-02 10:00:00".parse().unwrap(),
            by: "赵某甲".to_owned(),
        }
    }

    fn report(received: &str, handed_over: Option<&str>, moved: i64) -> Report {
        let orders = Order::of_notice(&notice(), notice().payer, day(received));
        Report { handed_over: handed_over.map(day), moved: Fen(moved), ..orders[0].report(1) }
    }

    #[test]
    fn days_late_and_letters_as_a_table() {
        let rules = RuleBook::national().on(day("2026-11-02")).unwrap();
        // Fifteen working days from the notice: 2026-11-23.
        for (today, report, days, letter) in [
            ("2026-11-23", None, 0, [None; 3]),
            ("2026-11-24", None, 1, [Some(1), None, None]),
            ("2026-11-28", None, 4, [Some(1), None, None]),
            ("2026-11-30", None, 5, [Some(1), Some(2), None]),
            ("2026-12-07", None, 10, [Some(1), Some(2), Some(3)]),
            ("2026-12-07", Some(report("2026-11-04", None, 0)), 8, [Some(1), Some(2), None]),
            ("2026-12-07", Some(report("2026-11-01", None, 0)), 10, [Some(1), Some(2), Some(3)]),
            (
                "2026-12-07",
                Some(report("2026-11-02", Some("2026-11-20"), 0)),
                10,
                [Some(1), Some(2), Some(3)],
            ),
            (
                "2026-12-07",
                Some(report("2026-11-02", Some("2026-11-04"), 0)),
                13,
                [Some(1), Some(2), Some(3)],
            ),
            ("2026-12-07", Some(report("2026-11-02", None, 999)), 10, [Some(1), Some(2), Some(3)]),
            ("2026-12-07", Some(report("2026-11-02", None, 1_000)), 0, [None; 3]),
        ] {
            let reports: Vec<Report> = report.into_iter().collect();
            let found = overdue(&notice(), &reports, day(today), &rules, WorkingDays::published());
            assert_eq!(found.first().map_or(0, |one| one.days), days, "{today} {reports:?}");
            let due = [0, 1, 2].map(|issued| found.first().and_then(|one| one.letter_due(issued, &rules)));
            assert_eq!(due, letter, "{today}");
        }
        let mut receipt = report("2026-11-02", None, 1_000);
        receipt.side = Side::Receipt;
        let found = overdue(&notice(), &[receipt], day("2026-12-07"), &rules, WorkingDays::published());
        assert_eq!(found.len(), 1, "what the payee says does not pay");
        let found = found.into_iter().next().unwrap();
        assert_eq!(found.letter_due(3, &rules), None, "there are three");
        for (letters, may) in [(0, false), (2, false), (3, true)] {
            assert_eq!(may_suspend(&[(found.clone(), letters)], &rules).is_ok(), may, "{letters}");
        }
        assert!(may_suspend(&[], &rules).unwrap_err().0.contains("没有逾期"));
    }

    #[test]
    fn a_letter_says_all_of_it() {
        let rules = RuleBook::national().on(day("2026-11-02")).unwrap();
        let found = overdue(&notice(), &[], day("2026-12-07"), &rules, WorkingDays::published()).remove(0);
        let letter = Letter {
            number: found.number,
            letter: 2,
            payer: found.payer,
            payee: found.payee,
            rest: found.rest,
            due: found.due.day,
            days: found.days,
            issued_on: day("2026-12-07"),
            issued_at: "2026-12-07 10:00:00".parse().unwrap(),
            by: "赵某甲".to_owned(),
        };
        assert_eq!(
            letter.text(),
            "第二次催缴：湖北省应付上海市的跨省异地就医资金（划拨单QS202609-420000-310000-310）尚有10.00元未划拨，应于2026-11-23前划拨，\
             已逾期10个工作日，请立即划拨"
        );
    }
}

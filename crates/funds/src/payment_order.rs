//! Payment orders (划拨单): what becomes of a notice at either of its two provinces.
//!
//! A notice is paid by scheme, since each scheme has a fiscal special account (财政专户) of its own: one [`Order`] is one transfer
//! of the bank. At the payer it is a payment, handed over to finance (财政部门), paid, written back and closed; at the payee it is an
//! expected receipt. Every act may come twice. What a bank says has happened is never refused: too little, too much and
//! what came back are states like others. This module must not know accounts of ledgers, files of banks or messages.

use crate::{
    calendar::{Deadlines, Done, Step},
    chart::{NotAKey, Purse},
    notice::{Cause, Notice, NoticeNumber, purse_code},
    rule::Rules,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};
use terms::{Day, DueDay, Fen, InsuranceScheme, Province, WorkingDays};

/// The number of an order: its notice's and its scheme's. It is the bank's reference from end to end, of at most 35 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderNumber {
    notice: NoticeNumber,
    scheme: InsuranceScheme,
}

impl OrderNumber {
    /// Of a notice's part under a scheme.
    pub const fn of(notice: NoticeNumber, scheme: InsuranceScheme) -> Self {
        Self { notice, scheme }
    }

    /// The notice that it is about.
    pub const fn notice(&self) -> &NoticeNumber {
        &self.notice
    }

    /// Its scheme.
    pub const fn scheme(&self) -> InsuranceScheme {
        self.scheme
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.notice, self.scheme.code()))
    }
}

impl FromStr for OrderNumber {
    type Err = NotAKey;
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (notice, scheme) = text.rsplit_once('-').ok_or(NotAKey)?;
        let scheme = InsuranceScheme::ALL.iter().copied().find(|one| one.code() == scheme);
        Ok(Self { notice: notice.parse()?, scheme: scheme.ok_or(NotAKey)? })
    }
}

impl TryFrom<String> for OrderNumber {
    type Error = NotAKey;
    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<OrderNumber> for String {
    fn from(number: OrderNumber) -> Self {
        number.to_string()
    }
}

/// Whether a province pays or is paid by a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// 付款.
    Payment,
    /// 收款.
    Receipt,
}

impl Side {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Payment, Self::Receipt];

    /// The name under which it is kept.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Receipt => "receipt",
        }
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The notice has come.
    Received,
    /// The agency has handed it over to finance; only of payments.
    HandedOver,
    /// A part of the money has moved.
    PartlyPaid,
    /// All of it has, or more.
    Paid,
    /// Finance has written back to the agency.
    WrittenBack,
    /// The agency has booked and reported it: nothing is left to do.
    Closed,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 6] =
        [Self::Received, Self::HandedOver, Self::PartlyPaid, Self::Paid, Self::WrittenBack, Self::Closed];

    /// The name under which it is kept.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::HandedOver => "handed_over",
            Self::PartlyPaid => "partly_paid",
            Self::Paid => "paid",
            Self::WrittenBack => "written_back",
            Self::Closed => "closed",
        }
    }

    /// The Chinese word, on its side.
    pub const fn chinese(self, side: Side) -> &'static str {
        match (self, side) {
            (Self::Received, Side::Payment) => "待提交财政",
            (Self::Received | Self::HandedOver, Side::Receipt) => "待到账",
            (Self::HandedOver, Side::Payment) => "已提交财政",
            (Self::PartlyPaid, Side::Payment) => "部分划拨",
            (Self::PartlyPaid, Side::Receipt) => "部分到账",
            (Self::Paid, Side::Payment) => "已划拨",
            (Self::Paid, Side::Receipt) => "已到账",
            (Self::WrittenBack, _) => "财政已反馈",
            (Self::Closed, _) => "已办结",
        }
    }
}

/// A part of an order: what one purse pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Whose money.
    #[serde(with = "purse_code")]
    pub purse: Purse,
    /// How much; above nothing.
    pub amount: Fen,
}

/// What somebody did, and on which day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The day.
    pub on: Day,
    /// The clerk.
    pub by: String,
}

/// Money that has moved for an order, as a bank or finance says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The bank's own number of the entry (交易流水号): the same money comes twice under it.
    pub reference: String,
    /// How much; below nothing if it came back (退汇).
    pub amount: Fen,
    /// The day of the entry (交易日期).
    pub on: Day,
    /// The clerk who took the statement or entered it.
    pub by: String,
}

/// What finance wrote to the agency (书面反馈).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenBack {
    /// The day on which it came.
    pub on: Day,
    /// The bank (开户银行).
    pub bank: String,
    /// 交易流水号.
    pub serial: String,
    /// 交易日期.
    pub traded_on: Day,
    /// The clerk who entered it.
    pub by: String,
}

/// A payment order, or an expected receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number, the same on both sides.
    pub number: OrderNumber,
    /// Whether it is paid or received here.
    pub side: Side,
    /// What for.
    pub cause: Cause,
    /// The province whose order it is.
    pub own: Province,
    /// The one that is paid, or that pays.
    pub other: Province,
    /// What each purse pays.
    pub lines: Vec<Line>,
    /// The day on which the notice was issued.
    pub issued_on: Day,
    /// The day on which it came: deadlines count from it.
    pub received_on: Day,
    /// Handed over to finance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<Act>,
    /// The money that has moved, in the order in which it was heard of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub money: Vec<Money>,
    /// What finance wrote back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_back: Option<WrittenBack>,
    /// Closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Act>,
    /// How often money was set aside for it.
    #[serde(default)]
    pub reserves: u16,
    /// Whether what is left to pay is set aside now, under the last of those.
    #[serde(default)]
    pub reserved: bool,
}

/// What may happen to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// The agency hands over to finance (提交财政部门).
    HandOver(Act),
    /// The agency takes it back before anything was paid.
    TakeBack,
    /// Money has moved.
    Money(Money),
    /// Finance writes back (书面反馈).
    WriteBack(WrittenBack),
    /// The agency closes it (办结).
    Close(Act),
}

/// Why an order does not move: a Chinese sentence for the clerk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongMove(pub String);

impl fmt::Display for WrongMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongMove {}

fn wrong<T>(sentence: impl Into<String>) -> Result<T, WrongMove> {
    Err(WrongMove(sentence.into()))
}

impl Order {
    /// The orders that a notice makes at one of its two provinces: one for each of its schemes; none elsewhere.
    pub fn of_notice(notice: &Notice, own: Province, received_on: Day) -> Vec<Self> {
        let (side, other) = if own == notice.payer {
            (Side::Payment, notice.payee)
        } else if own == notice.payee {
            (Side::Receipt, notice.payer)
        } else {
            return Vec::new();
        };
        let schemes: BTreeSet<_> = notice.lines.iter().map(|line| line.scheme).collect();
        let order = |scheme| {
            let lines = notice.lines.iter().filter(|line| line.scheme == scheme);
            Self {
                number: OrderNumber::of(notice.number.clone(), scheme),
                side,
                cause: notice.cause.clone(),
                own,
                other,
                lines: lines.map(|line| Line { purse: line.purse, amount: line.amount }).collect(),
                issued_on: notice.issued_on,
                received_on,
                handed_over: None,
                money: Vec::new(),
                written_back: None,
                closed: None,
                reserves: 0,
                reserved: false,
            }
        };
        schemes.into_iter().map(order).collect()
    }

    /// Its scheme.
    pub const fn scheme(&self) -> InsuranceScheme {
        self.number.scheme()
    }

    /// Who pays.
    pub const fn payer(&self) -> Province {
        match self.side {
            Side::Payment => self.own,
            Side::Receipt => self.other,
        }
    }

    /// Whom.
    pub const fn payee(&self) -> Province {
        match self.side {
            Side::Payment => self.other,
            Side::Receipt => self.own,
        }
    }

    /// All that is to move.
    pub fn amount(&self) -> Fen {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// All that has moved, less what came back.
    pub fn moved(&self) -> Fen {
        self.money.iter().map(|money| money.amount).sum()
    }

    /// What is left to move; nothing if more than all has.
    pub fn rest(&self) -> Fen {
        (self.amount() - self.moved()).or_zero()
    }

    /// What has moved beyond the order; nothing if it has not.
    pub fn excess(&self) -> Fen {
        (self.moved() - self.amount()).or_zero()
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage {
        if self.closed.is_some() {
            Stage::Closed
        } else if self.written_back.is_some() {
            Stage::WrittenBack
        } else if self.moved() >= self.amount() {
            Stage::Paid
        } else if self.moved() > Fen::ZERO {
            Stage::PartlyPaid
        } else if self.handed_over.is_some() {
            Stage::HandedOver
        } else {
            Stage::Received
        }
    }

    /// What of each line is done when so much has moved: the lines are filled in their order; the second is what is beyond all.
    pub fn filled(lines: &[Line], moved: Fen) -> (Vec<Fen>, Fen) {
        let mut left = moved.or_zero();
        let filled = lines.iter().map(|line| {
            let part = line.amount.at_most(left);
            left -= part;
            part
        });
        (filled.collect(), left)
    }

    /// The order after a move; the same order where the move has been made before.
    ///
    /// # Errors
    /// A sentence that says what is in the way.
    pub fn after(&self, made: &Move) -> Result<Self, WrongMove> {
        match made {
            Move::HandOver(act) => self.hand_over(act),
            Move::TakeBack => self.take_back(),
            Move::Money(money) => self.take_money(money),
            Move::WriteBack(written) => self.write_back(written),
            Move::Close(act) => self.close(act),
        }
    }

    fn hand_over(&self, act: &Act) -> Result<Self, WrongMove> {
        if self.side == Side::Receipt {
            return wrong("收款单由付款省划拨，本省不需提交财政部门，请等待到账");
        }
        if self.handed_over.is_some() {
            return Ok(self.clone());
        }
        if act.on < self.received_on {
            return wrong(format!("提交日期早于通知书收到日期{}，请核对", self.received_on));
        }
        Ok(Self {
            handed_over: Some(act.clone()),
            reserves: self.reserves + 1,
            reserved: true,
            ..self.clone()
        })
    }

    fn take_back(&self) -> Result<Self, WrongMove> {
        match self.stage() {
            Stage::HandedOver if self.side == Side::Payment => {
                Ok(Self { handed_over: None, reserved: false, ..self.clone() })
            }
            Stage::Received if self.side == Side::Payment => Ok(self.clone()),
            stage => {
                wrong(format!("划拨单为[{}]，只有已提交财政、尚未划拨的可以撤回", stage.chinese(self.side)))
            }
        }
    }

    fn take_money(&self, money: &Money) -> Result<Self, WrongMove> {
        if let Some(known) = self.money.iter().find(|known| known.reference == money.reference) {
            if (known.amount, known.on) == (money.amount, money.on) {
                return Ok(self.clone());
            }
            return wrong(format!("交易流水号[{}]已登记，但金额或日期不同，请核对", money.reference));
        }
        if money.amount.is_zero() {
            return wrong("交易金额不能为零");
        }
        if self.moved() + money.amount < Fen::ZERO {
            return wrong(format!("退回金额超过已划拨的{}元，请核对", self.moved()));
        }
        let mut after = self.clone();
        after.money.push(money.clone());
        // Whatever moves after finance has written back is to be written back anew.
        after.written_back = None;
        after.closed = None;
        if self.side == Side::Payment {
            if after.handed_over.is_none() {
                after.handed_over = Some(Act { on: money.on.max(self.received_on), by: money.by.clone() });
            }
            after.reserved = !after.rest().is_zero();
            after.reserves += u16::from(after.reserved);
        }
        Ok(after)
    }

    fn write_back(&self, written: &WrittenBack) -> Result<Self, WrongMove> {
        if let Some(known) = &self.written_back {
            let said = |one: &WrittenBack| (one.bank.clone(), one.serial.clone(), one.traded_on);
            return if said(known) == said(written) {
                Ok(self.clone())
            } else {
                wrong("财政反馈已登记且内容不同，请核对")
            };
        }
        if self.stage() != Stage::Paid {
            let words = if self.side == Side::Payment { "划拨" } else { "到账" };
            return wrong(format!("尚有{}元未{words}，请在全部{words}后登记财政反馈", self.rest()));
        }
        if written.traded_on > written.on {
            return wrong("交易日期晚于反馈日期，请核对");
        }
        Ok(Self { written_back: Some(written.clone()), ..self.clone() })
    }

    fn close(&self, act: &Act) -> Result<Self, WrongMove> {
        match self.stage() {
            Stage::Closed => Ok(self.clone()),
            Stage::WrittenBack if self.excess().is_zero() => {
                Ok(Self { closed: Some(act.clone()), ..self.clone() })
            }
            Stage::WrittenBack => wrong(format!("多划{}元尚未退回，请退回并登记后再办结", self.excess())),
            stage => wrong(format!(
                "划拨单为[{}]，请先登记财政反馈（银行、交易流水号、交易日期）再办结",
                stage.chinese(self.side)
            )),
        }
    }

    /// What the hub is told of it.
    pub fn report(&self, revision: u32) -> Report {
        Report {
            number: self.number.clone(),
            side: self.side,
            received_on: self.received_on,
            handed_over: self.handed_over.as_ref().map(|act| act.on),
            moved: self.moved(),
            moved_on: self.money.iter().map(|money| money.on).max(),
            written_back: self.written_back.as_ref().map(|written| written.on),
            closed: self.closed.is_some(),
            revision,
        }
    }

    /// What is done, for the deadlines.
    pub fn done(&self) -> Done {
        let paid = (self.moved() >= self.amount()).then(|| self.money.iter().map(|money| money.on).max());
        Done {
            handed_over: self.handed_over.as_ref().map(|act| act.on),
            paid: paid.flatten(),
            written_back: self.written_back.as_ref().map(|written| written.on),
        }
    }

    /// What is to be done next and by when; `None` when it is closed or all is written back.
    pub fn due(&self, today: Day, rules: &Rules, calendar: &WorkingDays) -> Option<Due> {
        let done = self.done();
        let deadlines = Deadlines::of(self.received_on, done, rules, calendar);
        let (step, due) = match (self.side, done.paid, done.written_back) {
            (Side::Payment, ..) => deadlines.next(done)?,
            // Whether the payer hands over in time is not to be seen here.
            (Side::Receipt, None, _) => (Step::Pay, deadlines.pay),
            (Side::Receipt, Some(_), None) => (Step::WriteBack, deadlines.write_back),
            (Side::Receipt, ..) => return None,
        };
        let left = calendar.left(today, due.day);
        Some(Due { side: self.side, step, due, left, remind: i32::from(rules.remind_working_days) })
    }
}

/// What a province tells the hub of an order: the last word of its side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which.
    pub number: OrderNumber,
    /// Of which side.
    pub side: Side,
    /// The day on which the notice came.
    pub received_on: Day,
    /// The day on which it was handed over to finance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<Day>,
    /// All that has moved.
    pub moved: Fen,
    /// The day on which money moved last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_on: Option<Day>,
    /// The day on which finance wrote back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_back: Option<Day>,
    /// Whether nothing is left to do.
    #[serde(default)]
    pub closed: bool,
    /// Counts the changes of the order: a later one replaces an earlier one.
    pub revision: u32,
}

/// How the reports of the two sides stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Nothing has moved, as far as anybody says.
    Nothing,
    /// Both say that so much has moved.
    Agreed(Fen),
    /// One says more than the other: so much the payer, so much the payee.
    Differs(Fen, Fen),
}

impl Agreement {
    /// Of what the payer and the payee have reported last.
    pub fn of(payment: Option<&Report>, receipt: Option<&Report>) -> Self {
        let moved = |report: Option<&Report>| report.map_or(Fen::ZERO, |report| report.moved);
        match (moved(payment), moved(receipt)) {
            (Fen::ZERO, Fen::ZERO) => Self::Nothing,
            (paid, received) if paid == received => Self::Agreed(paid),
            (paid, received) => Self::Differs(paid, received),
        }
    }

    /// How much both say has moved, at least.
    pub fn common(self) -> Fen {
        match self {
            Self::Nothing => Fen::ZERO,
            Self::Agreed(amount) => amount,
            Self::Differs(paid, received) => paid.at_most(received),
        }
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.pad("双方均未报告资金划转"),
            Self::Agreed(amount) => write!(f, "双方一致：{amount}元"),
            Self::Differs(paid, received) => {
                write!(f, "双方不一致：付款方已付{paid}元，收款方已收{received}元")
            }
        }
    }
}

/// How near a deadline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Not near.
    Calm,
    /// So near that one is reminded (提醒).
    Soon,
    /// Past (逾期).
    Overdue,
}

impl Urgency {
    /// The name in interfaces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Soon => "soon",
            Self::Overdue => "overdue",
        }
    }
}

/// What is to be done next, by when, and how many working days are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    side: Side,
    /// What.
    pub step: Step,
    /// By when.
    pub due: DueDay,
    /// How many working days are left; below nothing is how many have passed.
    pub left: i32,
    remind: i32,
}

impl Due {
    /// How near it is.
    pub const fn urgency(&self) -> Urgency {
        if self.left < 0 {
            Urgency::Overdue
        } else if self.left <= self.remind {
            Urgency::Soon
        } else {
            Urgency::Calm
        }
    }
}

impl fmt::Display for Due {
    /// In Chinese: `提交财政部门，截止2026-12-07，还剩3个工作日`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match (self.step, self.side) {
            (Step::HandOver, _) => "提交财政部门",
            (Step::Pay, Side::Payment) => "财政部门划拨",
            (Step::Pay, Side::Receipt) => "资金到账",
            (Step::WriteBack, _) => "财政部门书面反馈",
        };
        write!(f, "{step}，截止{}，", self.due.day)?;
        match self.left {
            0 => f.write_str("今天到期")?,
            left if left > 0 => write!(f, "还剩{left}个工作日")?,
            left => write!(f, "已逾期{}个工作日", -left)?,
        }
        if self.due.provisional {
            let year = self.due.day.year();
            write!(f, "（{year}年节假日安排尚未公布，日期为暂定，公布后重新计算）")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{notice::NoticeLine, rule::RuleBook};
    use terms::{Fund, Month};

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn notice() -> Notice {
        let cause = Cause::Clearing { month: Month::new(2026, 10).unwrap() };
        let (payer, payee) = ("420000".parse().unwrap(), "310000".parse().unwrap());
        let line =
            |scheme, fund, amount| NoticeLine { scheme, purse: Purse::Fund(fund), amount: Fen(amount) };
        Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines: vec![
                line(InsuranceScheme::Employee, Fund::EmployeePool, 700),
                line(InsuranceScheme::Resident, Fund::ResidentPool, 50),
                line(InsuranceScheme::Employee, Fund::LargeAmount, 300),
            ],
            issued_on: day("2026-11-30"),
            issued_at: "2026-11-30 10:00:00".parse().unwrap(),
            by: "赵某甲".to_owned(),
        }
    }

    fn order(own: &str) -> Order {
        Order::of_notice(&notice(), own.parse().unwrap(), day("2026-12-01")).remove(0)
    }

    fn act(on: &str) -> Act {
        Act { on: day(on), by: "钱某乙".to_owned() }
    }

    fn money(reference: &str, amount: i64, on: &str) -> Move {
        let (amount, on, by) = (Fen(amount), day(on), "系统".to_owned());
        Move::Money(Money { reference: reference.to_owned(), amount, on, by })
    }

    fn write_back() -> Move {
        Move::WriteBack(WrittenBack {
            on: day("2026-12-14"),
            bank: "示范银行".to_owned(),
            serial: "A1".to_owned(),
            traded_on: day("2026-12-10"),
            by: "钱某乙".to_owned(),
        })
    }

    /// An order of each stage.
    fn at(stage: Stage, own: &str) -> Order {
        let moves = [
            Move::HandOver(act("2026-12-03")),
            money("A0", 600, "2026-12-09"),
            money("A1", 400, "2026-12-10"),
            write_back(),
            Move::Close(act("2026-12-15")),
        ];
        let steps = Stage::ALL.iter().position(|one| *one == stage).unwrap();
        let skip = usize::from(own == "310000");
        moves[..steps].iter().skip(skip).fold(order(own), |order, made| order.after(made).unwrap())
    }

    #[test]
    fn a_notice_makes_an_order_for_each_scheme_at_its_two_provinces() {
        let orders = |own: &str| Order::of_notice(&notice(), own.parse().unwrap(), day("2026-12-01"));
        let said: Vec<_> = ["420000", "310000", "110000"]
            .into_iter()
            .flat_map(orders)
            .map(|one| format!("{} {} {} {}", one.side.name(), one.number, one.other, one.amount()))
            .collect();
        assert_eq!(
            said,
            [
                "payment QS202610-420000-310000-310 310000 10.00",
                "payment QS202610-420000-310000-390 310000 0.50",
                "receipt QS202610-420000-310000-310 420000 10.00",
                "receipt QS202610-420000-310000-390 420000 0.50",
            ]
        );
        let number = order("420000").number;
        assert_eq!(number.to_string().parse(), Ok(number));
        for wrong in ["", "A", "A-999", "-310", "A B-310"] {
            assert!(wrong.parse::<OrderNumber>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_stage_and_every_move() {
        // After: the stage, or `!` where it is refused. Repeated moves leave the order as it is.
        let table = [
            ("payment", "hand_over", "HHPDWC"),
            ("payment", "take_back", "RR!!!!"),
            ("payment", "partly", "PPPDDD"),
            ("payment", "rest", "PPDDDD"),
            ("payment", "whole", "DDDDDD"),
            ("payment", "returned", "!!H!!!"),
            ("payment", "write_back", "!!!WWC"),
            ("payment", "close", "!!!!CC"),
            ("receipt", "hand_over", "!!!!!!"),
            ("receipt", "take_back", "!!!!!!"),
            ("receipt", "partly", "PPPDDD"),
            ("receipt", "whole", "DDDDDD"),
            ("receipt", "write_back", "!!!WWC"),
            ("receipt", "close", "!!!!CC"),
        ];
        for (side, name, expected) in table {
            let own = if side == "payment" { "420000" } else { "310000" };
            let found: String = Stage::ALL
                .iter()
                .map(|stage| {
                    let made = match name {
                        "hand_over" => Move::HandOver(act("2026-12-04")),
                        "take_back" => Move::TakeBack,
                        "partly" => money("B1", 100, "2026-12-11"),
                        "rest" => money("B1", 400, "2026-12-11"),
                        "whole" => money("B1", 1_000, "2026-12-11"),
                        // Of a part: all of it comes back. Of the whole, more than there is.
                        "returned" => {
                            let part = if *stage == Stage::PartlyPaid { -600 } else { -1_001 };
                            money("B2", part, "2026-12-11")
                        }
                        "write_back" => write_back(),
                        _ => Move::Close(act("2026-12-16")),
                    };
                    let after = at(*stage, own).after(&made);
                    after.map_or('!', |after| match after.stage() {
                        Stage::Received => 'R',
                        Stage::HandedOver => 'H',
                        Stage::PartlyPaid => 'P',
                        Stage::Paid => 'D',
                        Stage::WrittenBack => 'W',
                        Stage::Closed => 'C',
                    })
                })
                .collect();
            assert_eq!(found, expected, "{side} {name}");
        }
    }

    #[test]
    fn money_that_comes_twice_counts_once_and_what_differs_is_told() {
        let paid = at(Stage::Paid, "420000");
        assert_eq!(paid.after(&money("A1", 400, "2026-12-10")).unwrap(), paid);
        let said = paid.after(&money("A1", 401, "2026-12-10")).unwrap_err().0;
        assert!(said.contains("交易流水号[A1]已登记"), "{said}");
        let said = paid.after(&money("A2", -1_001, "2026-12-10")).unwrap_err().0;
        assert!(said.contains("10.00元"), "{said}");
        let too_much = paid.after(&money("A2", 5, "2026-12-11")).unwrap();
        assert_eq!((too_much.rest(), too_much.excess()), (Fen(0), Fen(5)));
        let written = too_much.after(&write_back()).unwrap();
        let said = written.after(&Move::Close(act("2026-12-15"))).unwrap_err().0;
        assert!(said.contains("多划0.05元"), "{said}");
        let back = written.after(&money("A3", -5, "2026-12-15")).unwrap();
        assert_eq!((back.stage(), back.excess()), (Stage::Paid, Fen(0)), "to be written back anew");
        let closed = at(Stage::Closed, "420000").after(&money("A4", -1_000, "2026-12-20")).unwrap();
        assert_eq!((closed.stage(), closed.rest(), closed.reserved), (Stage::HandedOver, Fen(1_000), true));
    }

    #[test]
    fn both_sides_must_say_the_same() {
        let report = |moved| Report { moved: Fen(moved), ..at(Stage::Paid, "420000").report(3) };
        for (payment, receipt, expected, common) in [
            (None, None, Agreement::Nothing, 0),
            (Some(0), None, Agreement::Nothing, 0),
            (Some(1_000), None, Agreement::Differs(Fen(1_000), Fen(0)), 0),
            (Some(1_000), Some(400), Agreement::Differs(Fen(1_000), Fen(400)), 400),
            (None, Some(400), Agreement::Differs(Fen(0), Fen(400)), 0),
            (Some(1_000), Some(1_000), Agreement::Agreed(Fen(1_000)), 1_000),
        ] {
            let (payment, receipt) = (payment.map(report), receipt.map(report));
            let found = Agreement::of(payment.as_ref(), receipt.as_ref());
            assert_eq!((found, found.common()), (expected, Fen(common)), "{found}");
        }
        let report = at(Stage::WrittenBack, "420000").report(5);
        assert_eq!((report.moved, report.moved_on), (Fen(1_000), Some(day("2026-12-10"))));
        assert_eq!((report.handed_over, report.closed), (Some(day("2026-12-03")), false));
    }

    #[test]
    fn lines_are_filled_in_their_order() {
        let lines = order("420000").lines;
        for (moved, filled, beyond) in
            [(0, [0, 0], 0), (1, [1, 0], 0), (700, [700, 0], 0), (701, [700, 1], 0), (1_005, [700, 300], 5)]
        {
            assert_eq!(Order::filled(&lines, Fen(moved)), (filled.map(Fen).to_vec(), Fen(beyond)), "{moved}");
        }
    }

    #[test]
    fn deadlines_in_words() {
        let rules = RuleBook::national().on(day("2026-12-01")).unwrap();
        let calendar = WorkingDays::published();
        for (own, stage, today, urgency, words) in [
            (
                "420000",
                Stage::Received,
                "2026-12-01",
                Urgency::Calm,
                "提交财政部门，截止2026-12-08，还剩5个工作日",
            ),
            (
                "420000",
                Stage::Received,
                "2026-12-07",
                Urgency::Soon,
                "提交财政部门，截止2026-12-08，还剩1个工作日",
            ),
            (
                "420000",
                Stage::Received,
                "2026-12-08",
                Urgency::Soon,
                "提交财政部门，截止2026-12-08，今天到期",
            ),
            (
                "420000",
                Stage::Received,
                "2026-12-14",
                Urgency::Overdue,
                "提交财政部门，截止2026-12-08，已逾期4个工作日",
            ),
            (
                "420000",
                Stage::HandedOver,
                "2026-12-10",
                Urgency::Calm,
                "财政部门划拨，截止2026-12-17，还剩5个工作日",
            ),
            (
                "420000",
                Stage::Paid,
                "2026-12-10",
                Urgency::Calm,
                "财政部门书面反馈，截止2026-12-17，还剩5个工作日",
            ),
            (
                "310000",
                Stage::Received,
                "2026-12-10",
                Urgency::Calm,
                "资金到账，截止2026-12-22，还剩8个工作日",
            ),
        ] {
            let due = at(stage, own).due(day(today), &rules, calendar).unwrap();
            assert_eq!((due.urgency(), due.to_string().as_str()), (urgency, words));
        }
        assert_eq!(at(Stage::WrittenBack, "420000").due(day("2026-12-10"), &rules, calendar), None);
        let late = Order { received_on: day("2026-12-20"), ..order("420000") };
        let late = late.after(&Move::HandOver(act("2026-12-24"))).unwrap();
        let words = late.due(day("2026-12-24"), &rules, calendar).unwrap().to_string();
        assert!(words.ends_with("（2027年节假日安排尚未公布，日期为暂定，公布后重新计算）"), "{words}");
    }
}

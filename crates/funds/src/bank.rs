//! What a bank says: fiscal special accounts (财政专户), statements of them, and which order each entry is about.
//!
//! An entry is matched by the bank's reference from end to end, which is the number of the order, and where the bank has lost
//! it, by amount and counterparty, if exactly one order fits. What fits nothing stands as unidentified (待查款项) until a person
//! says what it is. Fees of the bank are never money of a fund. This module must not know the format of the files.

use crate::payment_order::{Order, OrderNumber, Side, Stage};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};
use terms::{Day, Fen, InsuranceScheme, Moment, Province};

/// A fiscal special account of a province, of one scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// Whose.
    pub owner: Province,
    /// 险种: each has an account of its own.
    pub scheme: InsuranceScheme,
    /// 户名.
    pub name: String,
    /// 开户行.
    pub bank: String,
    /// 账号.
    pub number: String,
    /// 行号 (联行号): 12 digits.
    pub bank_code: String,
    /// When it was registered so.
    pub changed_at: Moment,
}

impl BankAccount {
    /// Whether it can be one.
    ///
    /// # Errors
    /// The field that is wrong, and what it should be.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let is_text = |text: &str| {
            (1..=70).contains(&text.chars().count())
                && !text.chars().any(char::is_control)
                && text.trim() == text
        };
        if !is_text(&self.name) {
            return Err(("name", "户名，不超过70字"));
        }
        if !is_text(&self.bank) {
            return Err(("bank", "开户行名称，不超过70字"));
        }
        let is_number = |one: u8| one.is_ascii_alphanumeric() || one == b'-';
        if !(5..=34).contains(&self.number.len()) || !self.number.bytes().all(is_number) {
            return Err(("number", "银行账号，5至34位数字、字母或横线"));
        }
        if self.bank_code.len() != 12 || !self.bank_code.bytes().all(|one| one.is_ascii_digit()) {
            return Err(("bank_code", "12位行号"));
        }
        Ok(())
    }

    /// The number with all but its last four characters covered.
    pub fn masked(&self) -> String {
        masked(&self.number)
    }
}

/// An account's number with all but its last four characters covered.
pub fn masked(number: &str) -> String {
    let length = number.chars().count();
    number.chars().enumerate().map(|(at, one)| if at + 4 < length { '*' } else { one }).collect()
}

/// What kind of entry the bank says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// A transfer, or anything that the bank does not name.
    Transfer,
    /// A fee of the bank (手续费, 工本费).
    Fee,
    /// Interest (利息).
    Interest,
}

/// Who stands on the other side of an entry, as far as the bank says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterparty {
    /// 对方户名.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 对方账号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// An entry of a statement that the bank has booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The bank's own number (交易流水号): once for an account.
    pub reference: String,
    /// The day on which it was booked.
    pub on: Day,
    /// How much: above nothing came, below nothing left.
    pub amount: Fen,
    /// What kind.
    pub nature: Nature,
    /// It takes an earlier one back (退汇, 冲正).
    #[serde(default)]
    pub reversal: bool,
    /// The reference from end to end, if the bank has kept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end: Option<String>,
    /// The other side.
    #[serde(default)]
    pub counterparty: Counterparty,
    /// 摘要.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A statement of an account (对账单).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The bank's number of it.
    pub id: String,
    /// The account's number.
    pub account: String,
    /// The first day that it is about.
    pub from: Day,
    /// The last.
    pub to: Day,
    /// What stood at the beginning.
    pub opening: Fen,
    /// What stood at the end.
    pub closing: Fen,
    /// In the bank's order.
    pub entries: Vec<Entry>,
}

/// Why a statement is none: a Chinese sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAStatement(pub String);

impl fmt::Display for NotAStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAStatement {}

/// No balance and no entry is beyond that: a hundred billion yuan.
const AMOUNT_MAX: u64 = 10_000_000_000_000;

impl Statement {
    /// Whether what stood at the beginning and the entries come to what stood at the end, and every entry has a number of its own.
    ///
    /// # Errors
    /// What is wrong, in Chinese.
    pub fn check(&self) -> Result<(), NotAStatement> {
        let wrong = |sentence: String| Err(NotAStatement(sentence));
        let amounts = self.entries.iter().map(|entry| entry.amount).chain([self.opening, self.closing]);
        if amounts.into_iter().any(|amount| amount.0.unsigned_abs() > AMOUNT_MAX) {
            return wrong("金额超出系统上限".to_owned());
        }
        if self.from > self.to {
            return wrong("起止日期颠倒".to_owned());
        }
        let mut references = BTreeSet::new();
        for entry in &self.entries {
            if entry.reference.is_empty() || entry.reference.chars().count() > 70 {
                return wrong("有分录没有流水号或流水号过长".to_owned());
            }
            if !references.insert(&entry.reference) {
                return wrong(format!("流水号[{}]在同一份对账单中重复", entry.reference));
            }
            if entry.amount.is_zero() {
                return wrong(format!("流水号[{}]的金额为零", entry.reference));
            }
        }
        let sum: Fen = self.entries.iter().map(|entry| entry.amount).sum();
        if self.opening + sum != self.closing {
            return wrong(format!(
                "期初余额{}加发生额{sum}不等于期末余额{}，请向银行重新索取",
                self.opening, self.closing
            ));
        }
        Ok(())
    }
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Money of an order or expected receipt: below nothing if it came back.
    Order {
        /// Which.
        number: OrderNumber,
        /// How much.
        amount: Fen,
    },
    /// A fee of the bank: a matter of the agency's own account, never a fund's.
    Fee,
    /// Nobody knows: for a person, with what may help.
    Unidentified(String),
}

/// Finds what an entry of a scheme's account is about, among the orders of the province and the accounts of the others.
pub fn find(entry: &Entry, scheme: InsuranceScheme, orders: &[Order], others: &[BankAccount]) -> Match {
    if entry.nature == Nature::Fee {
        return Match::Fee;
    }
    let orders: Vec<&Order> = orders.iter().filter(|order| order.scheme() == scheme).collect();
    if let Some(order) = orders.iter().find(|order| names(entry, order)) {
        let amount = moved(entry, order.side);
        if amount.is_negative() && order.moved() + amount < Fen::ZERO {
            let number = &order.number;
            return Match::Unidentified(format!("附言指向[{number}]，但退回金额超过已划拨金额，请核对"));
        }
        return Match::Order { number: order.number.clone(), amount };
    }
    let fits: Vec<&&Order> = orders.iter().filter(|order| fits(entry, order, others)).collect();
    match fits[..] {
        [order] => Match::Order { number: order.number.clone(), amount: moved(entry, order.side) },
        [] if entry.nature == Nature::Interest => {
            Match::Unidentified("银行标注为利息，预付金利息归就医地，请核对后登记".to_owned())
        }
        [] => Match::Unidentified("没有金额和对方账户相符的划拨单或收款单，请人工核对".to_owned()),
        _ => {
            let numbers: Vec<String> = fits.iter().map(|order| order.number.to_string()).collect();
            Match::Unidentified(format!("金额和对方账户同时符合{}，请人工指定", numbers.join("、")))
        }
    }
}

/// How an entry counts for an order: what leaves pays a payment, what comes pays a receipt.
pub fn moved(entry: &Entry, side: Side) -> Fen {
    match side {
        Side::Payment => -entry.amount,
        Side::Receipt => entry.amount,
    }
}

/// The entry names the order: in the reference from end to end, or where a bank has moved that, as a word of the text.
fn names(entry: &Entry, order: &Order) -> bool {
    is_named(entry, &order.number.to_string())
}

/// The entry has a reference, from end to end or as a word of its text.
pub(crate) fn is_named(entry: &Entry, number: &str) -> bool {
    let is_word = |text: &String| {
        text.split(|one: char| !(one.is_ascii_alphanumeric() || one == '-')).any(|word| word == number)
    };
    entry.end_to_end.as_deref() == Some(number) || entry.text.as_ref().is_some_and(is_word)
}

/// The amount is what is left of the order, or for a reversal what was moved, and the other side is the other province.
fn fits(entry: &Entry, order: &Order, others: &[BankAccount]) -> bool {
    let amount = moved(entry, order.side);
    let expected = if entry.reversal || amount.is_negative() { -order.moved() } else { order.rest() };
    // Money that nobody has handed over to finance is not paid by guess.
    let is_open =
        order.stage() != Stage::Closed && (order.side == Side::Receipt || order.handed_over.is_some());
    let of_other = |account: &&BankAccount| account.owner == order.other && account.scheme == order.scheme();
    let known = others.iter().find(of_other);
    let is_other =
        known.is_some_and(|account| match (&entry.counterparty.number, &entry.counterparty.name) {
            (Some(number), _) => *number == account.number,
            (None, Some(name)) => *name == account.name,
            (None, None) => false,
        });
    is_open && is_other && amount == expected && !amount.is_zero()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chart::Purse,
        notice::{Cause, Notice, NoticeLine, NoticeNumber},
        payment_order::{Act, Money, Move},
    };
    use terms::{Fund, Month};

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn account(owner: &str, number: &str) -> BankAccount {
        BankAccount {
            owner: owner.parse().unwrap(),
            scheme: InsuranceScheme::Employee,
            name: format!("{owner}社会保障基金财政专户"),
            bank: "示范银行".to_owned(),
            number: number.to_owned(),
            bank_code: "102290000001".to_owned(),
            changed_at: "2026-11-30 10:00:00".parse().unwrap(),
        }
    }

    /// What Hubei pays to, or gets from, another province for a month.
    fn order(month: i8, payer: &str, payee: &str, amount: i64) -> Order {
        let cause = Cause::Clearing { month: Month::new(2026, month).unwrap() };
        let (payer, payee) = (payer.parse().unwrap(), payee.parse().unwrap());
        let notice = Notice {
            number: NoticeNumber::of(&cause, payer, payee),
            cause,
            payer,
            payee,
            lines: vec![NoticeLine {
                scheme: InsuranceScheme::Employee,
                purse: Purse::Fund(Fund::EmployeePool),
                amount: Fen(amount),
            }],
            issued_on: day("2026-11-30"),
            issued_at: "2026-11-30 10:00:00".parse().unwrap(),
            by: "赵某甲".to_owned(),
        };
        let order = Order::of_notice(&notice, "420000".parse().unwrap(), day("2026-12-01")).remove(0);
        let handed = Move::HandOver(Act { on: day("2026-12-02"), by: "钱某乙".to_owned() });
        order.after(&handed).unwrap_or(order)
    }

    fn entry(amount: i64) -> Entry {
        Entry {
            reference: "F1".to_owned(),
            on: day("2026-12-09"),
            amount: Fen(amount),
            nature: Nature::Transfer,
            reversal: false,
            end_to_end: None,
            counterparty: Counterparty::default(),
            text: None,
        }
    }

    fn of(amount: i64, number: &str) -> Entry {
        let counterparty = Counterparty { name: None, number: Some(number.to_owned()) };
        Entry { counterparty, ..entry(amount) }
    }

    #[test]
    fn entries_and_what_they_are_about() {
        let paid = Move::Money(Money {
            reference: "F0".to_owned(),
            amount: Fen(500),
            on: day("2026-12-08"),
            by: "系统".to_owned(),
        });
        let orders = [
            order(10, "420000", "310000", 1_000),
            order(9, "420000", "310000", 700),
            order(8, "420000", "310000", 700),
            order(10, "110000", "420000", 300),
            order(7, "420000", "310000", 500).after(&paid).unwrap(),
        ];
        let others = [account("310000", "31001"), account("110000", "11001")];
        let end_to_end = |amount, month: u8| Entry {
            end_to_end: Some(format!("QS2026{month:02}-420000-310000-310")),
            ..entry(amount)
        };
        let text = "附言：QS202610-420000-310000-310，清算".to_owned();
        let rows = [
            (end_to_end(-1_000, 10), "QS202610-420000-310000-310 10.00"),
            (end_to_end(-400, 10), "QS202610-420000-310000-310 4.00"),
            (end_to_end(500, 7), "QS202607-420000-310000-310 -5.00"),
            (end_to_end(501, 7), "unidentified 附言指向"),
            (Entry { text: Some(text), ..entry(-1_000) }, "QS202610-420000-310000-310 10.00"),
            (of(-1_000, "31001"), "QS202610-420000-310000-310 10.00"),
            (of(-999, "31001"), "unidentified 没有金额"),
            (of(-1_000, "11001"), "unidentified 没有金额"),
            (entry(-1_000), "unidentified 没有金额"),
            (of(-700, "31001"), "unidentified 金额和对方账户同时符合QS202609"),
            (of(300, "11001"), "QS202610-110000-420000-310 3.00"),
            (of(500, "31001"), "QS202607-420000-310000-310 -5.00"),
            (Entry { nature: Nature::Fee, ..end_to_end(-1_000, 10) }, "fee"),
            (Entry { nature: Nature::Interest, ..entry(12) }, "unidentified 银行标注为利息"),
        ];
        for (entry, expected) in rows {
            let found = match find(&entry, InsuranceScheme::Employee, &orders, &others) {
                Match::Order { number, amount } => format!("{number} {amount}"),
                Match::Fee => "fee".to_owned(),
                Match::Unidentified(why) => format!("unidentified {why}"),
            };
            assert!(found.starts_with(expected), "{entry:?}: {found}");
        }
        let elsewhere = find(&end_to_end(-1_000, 10), InsuranceScheme::Resident, &orders, &others);
        assert!(matches!(elsewhere, Match::Unidentified(_)), "the account of the other scheme");
    }

    #[test]
    fn what_is_no_statement() {
        let statement = |entries: Vec<Entry>, closing: i64| Statement {
            id: "S1".to_owned(),
            account: "42001".to_owned(),
            from: day("2026-12-09"),
            to: day("2026-12-09"),
            opening: Fen(1_000),
            closing: Fen(closing),
            entries,
        };
        let other = |reference: &str, amount| Entry { reference: reference.to_owned(), ..entry(amount) };
        for (statement, said) in [
            (statement(vec![entry(-400), other("F2", 100)], 700), None),
            (statement(vec![], 1_000), None),
            (statement(vec![entry(-400)], 601), Some("不等于期末余额")),
            (statement(vec![entry(-400), entry(400)], 1_000), Some("重复")),
            (statement(vec![entry(0)], 1_000), Some("为零")),
            (statement(vec![other("", 1)], 1_001), Some("没有流水号")),
            (statement(vec![entry(i64::MAX)], 1_000), Some("上限")),
            (Statement { to: day("2026-12-08"), ..statement(vec![], 1_000) }, Some("颠倒")),
        ] {
            let found = statement.check().err().map(|why| why.0);
            assert_eq!(found.is_some(), said.is_some(), "{found:?}");
            assert!(found.unwrap_or_default().contains(said.unwrap_or_default()));
        }
    }

    #[test]
    fn accounts_are_checked_and_masked() {
        assert_eq!(account("310000", "31001").check(), Ok(()));
        assert_eq!(account("310000", "3100112345678").masked(), "*********5678");
        for (number, bank_code, field) in [
            ("123", "102290000001", "number"),
            ("12 45", "102290000001", "number"),
            ("31001", "1022", "bank_code"),
        ] {
            let wrong = BankAccount { bank_code: bank_code.to_owned(), ..account("310000", number) };
            assert_eq!(wrong.check().unwrap_err().0, field);
        }
        let nameless = BankAccount { name: String::new(), ..account("310000", "31001") };
        assert_eq!(nameless.check().unwrap_err().0, "name");
    }
}

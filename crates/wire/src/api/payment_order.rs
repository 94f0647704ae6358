//! Payment orders (划拨单) and expected receipts at a clerk's desk.

use super::notice::name;
use funds::payment_order::{Due, Order};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, InsuranceScheme};

/// An order or expected receipt as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentOrderView {
    /// 划拨单号.
    pub number: String,
    /// 通知书编号.
    pub notice: String,
    /// `payment` or `receipt`.
    pub side: String,
    /// What for, in Chinese.
    pub cause_name: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// The province that is paid, or that pays.
    pub other: String,
    /// Its name.
    pub other_name: String,
    /// What is to move, in yuan.
    pub amount: String,
    /// What has moved.
    pub moved: String,
    /// What is left.
    pub rest: String,
    /// What has moved beyond the order.
    pub excess: String,
    /// Where it stands: `received`, `handed_over`, `partly_paid`, `paid`, `written_back` or `closed`.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// The day on which the notice came.
    pub received_on: Day,
    /// The day on which it was handed over to finance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<Day>,
    /// The money that has moved.
    pub money: Vec<MoneyView>,
    /// What is to be done next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueView>,
    /// Whether the hub has heard of it as it stands now.
    pub reported: bool,
}

/// Money that has moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MoneyView {
    /// 交易流水号.
    pub reference: String,
    /// In yuan; below nothing if it came back.
    pub amount: String,
    /// 交易日期.
    pub on: Day,
    /// Who entered it or took the statement.
    pub by: String,
}

/// What is to be done next, and by when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DueView {
    /// The last day.
    pub on: Day,
    /// Working days left; below nothing is how many have passed.
    pub left: i32,
    /// The holidays of a year on the way are not published yet: the true day may be another.
    pub provisional: bool,
    /// `calm`, `soon` or `overdue`.
    pub urgency: String,
    /// All of it in Chinese.
    pub words: String,
}

impl PaymentOrderView {
    /// What is shown of an order.
    pub fn of(order: &Order, due: Option<Due>, reported: bool) -> Self {
        let money = order.money.iter().map(|money| MoneyView {
            reference: money.reference.clone(),
            amount: money.amount.to_string(),
            on: money.on,
            by: money.by.clone(),
        });
        let due = due.map(|due| DueView {
            on: due.due.day,
            left: due.left,
            provisional: due.due.provisional,
            urgency: due.urgency().name().to_owned(),
            words: due.to_string(),
        });
        let stage = order.stage();
        Self {
            number: order.number.to_string(),
            notice: order.number.notice().to_string(),
            side: order.side.name().to_owned(),
            cause_name: order.cause.to_string(),
            scheme: order.scheme(),
            other: order.other.to_string(),
            other_name: name(order.other),
            amount: order.amount().to_string(),
            moved: order.moved().to_string(),
            rest: order.rest().to_string(),
            excess: order.excess().to_string(),
            stage: stage.name().to_owned(),
            stage_name: stage.chinese(order.side).to_owned(),
            received_on: order.received_on,
            handed_over: order.handed_over.as_ref().map(|act| act.on),
            money: money.collect(),
            due,
            reported,
        }
    }
}

/// Orders or receipts: `GET /api/v1/funds/orders`, `GET /api/v1/funds/receipts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentOrders {
    /// By number.
    pub orders: Vec<PaymentOrderView>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The day of an act (提交、办结): today if it is not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnDay {
    /// The day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Day>,
}

/// Money that has moved, where finance says so on paper: `POST /api/v1/funds/orders/{number}/money`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMoney {
    /// 交易流水号, as the bank's statement will have it.
    pub reference: String,
    /// In yuan; below nothing if it came back.
    pub amount: String,
    /// 交易日期.
    pub on: Day,
}

/// What finance wrote back (书面反馈): `POST /api/v1/funds/orders/{number}/write-back`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWriteBack {
    /// The bank (开户银行).
    pub bank: String,
    /// 交易流水号.
    pub serial: String,
    /// 交易日期.
    pub traded_on: Day,
    /// The day on which it came: today if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Day>,
}

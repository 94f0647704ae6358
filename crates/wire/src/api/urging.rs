//! Urging (催缴), suspension (暂停跨省直接结算) and its lifting at a clerk's desk.

use super::notice::name;
use funds::urging::{Letter, Lifted, Overdue, Suspension};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::Day;

/// A payment that is overdue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OverdueView {
    /// 划拨单号.
    pub order: String,
    /// 付款省.
    pub payer: String,
    /// Its name.
    pub payer_name: String,
    /// 收款省.
    pub payee: String,
    /// Its name.
    pub payee_name: String,
    /// What is left to pay, in yuan.
    pub rest: String,
    /// By when it was due.
    pub due: Day,
    /// How many working days have passed since.
    pub days: i32,
    /// Letters that went out, first to last.
    pub letters: Vec<LetterView>,
    /// The letter that is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter_due: Option<u8>,
}

impl OverdueView {
    /// What is shown of an overdue payment.
    pub fn of(overdue: &Overdue, letters: &[Letter], letter_due: Option<u8>) -> Self {
        Self {
            order: overdue.number.to_string(),
            payer: overdue.payer.to_string(),
            payer_name: name(overdue.payer),
            payee: overdue.payee.to_string(),
            payee_name: name(overdue.payee),
            rest: overdue.rest.to_string(),
            due: overdue.due.day,
            days: overdue.days,
            letters: letters.iter().map(LetterView::of).collect(),
            letter_due,
        }
    }
}

/// What is overdue: `GET /api/v1/funds/urgings` at the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Urgings {
    /// The longest first.
    pub overdue: Vec<OverdueView>,
}

/// Transfers of which the two sides say different things: `GET /api/v1/funds/transfers/differing` at the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DifferingTransfers {
    /// What was said longest ago first, at most 1000.
    pub transfers: Vec<DifferingView>,
}

/// Such a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DifferingView {
    /// 划拨单号.
    pub order: String,
    /// 通知书编号.
    pub notice: String,
    /// What the payer says has moved, in yuan.
    pub paid: String,
    /// What the payee says has come, in yuan.
    pub received: String,
    /// The day on which money moved last, as either says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_on: Option<Day>,
    /// When one of them has said something last.
    pub changed_at: String,
    /// By when the side that is behind should have written back.
    pub due: Day,
}

/// A letter of urging (催缴函).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LetterView {
    /// 划拨单号.
    pub order: String,
    /// First, second or third.
    pub letter: u8,
    /// What it says.
    pub text: String,
    /// Its day.
    pub issued_on: Day,
    /// Who issued it.
    pub by: String,
}

impl LetterView {
    /// What is shown of a letter.
    pub fn of(letter: &Letter) -> Self {
        Self {
            order: letter.number.to_string(),
            letter: letter.letter,
            text: letter.text(),
            issued_on: letter.issued_on,
            by: letter.by.clone(),
        }
    }
}

/// Letters that came to a province: `GET /api/v1/funds/urgings` there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Letters {
    /// Oldest first.
    pub letters: Vec<LetterView>,
}

/// A decision of people: `POST /api/v1/funds/suspensions/{province}` and its `/lift`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Why, as hospitals are told.
    pub reason: String,
    /// By which document (文号).
    pub decision: String,
}

/// A suspension with its lifting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuspensionView {
    /// Who.
    pub province: String,
    /// Its name.
    pub province_name: String,
    /// What it has not paid.
    pub orders: Vec<String>,
    /// Why.
    pub reason: String,
    /// 文号.
    pub decision: String,
    /// From which day.
    pub on: Day,
    /// The clerk.
    pub by: String,
    /// Its lifting; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<LiftedView>,
}

/// The lifting of a suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LiftedView {
    /// Why.
    pub reason: String,
    /// 文号.
    pub decision: String,
    /// From which day.
    pub on: Day,
    /// The clerk.
    pub by: String,
}

impl SuspensionView {
    /// What is shown of a suspension.
    pub fn of(suspension: &Suspension) -> Self {
        let lifted = |lifted: &Lifted| LiftedView {
            reason: lifted.reason.clone(),
            decision: lifted.decision.clone(),
            on: lifted.on,
            by: lifted.by.clone(),
        };
        Self {
            province: suspension.province.to_string(),
            province_name: name(suspension.province),
            orders: suspension.orders.iter().map(ToString::to_string).collect(),
            reason: suspension.reason.clone(),
            decision: suspension.decision.clone(),
            on: suspension.on,
            by: suspension.by.clone(),
            lifted: suspension.lifted.as_ref().map(lifted),
        }
    }
}

/// Suspensions: `GET /api/v1/funds/suspensions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suspensions {
    /// Latest first.
    pub suspensions: Vec<SuspensionView>,
}

//! Notices of payment and receipt (付款、收款通知书) at a clerk's desk: as issued at the hub, as they came at a province.

use funds::{
    notice::Notice,
    payment_order::{Agreement, Order, Report, Side},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, InsuranceScheme, Province};

/// A notice as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeView {
    /// 通知书编号.
    pub number: String,
    /// The order in which the hub issued it.
    pub serial: i64,
    /// What for: `clearing`, `clearing_return`, `prepayment`, `prepayment_return` or `prepayment_increase`.
    pub cause: String,
    /// What for, in Chinese.
    pub cause_name: String,
    /// 付款省.
    pub payer: String,
    /// Its name.
    pub payer_name: String,
    /// 收款省.
    pub payee: String,
    /// Its name.
    pub payee_name: String,
    /// All of it, in yuan.
    pub total: String,
    /// By scheme and purse.
    pub lines: Vec<NoticeLineView>,
    /// 签发日期.
    pub issued_on: Day,
    /// Who issued it.
    pub by: String,
    /// At a province: the day on which it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_on: Option<Day>,
    /// At the hub: what both sides report of each transfer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<TransferView>,
}

/// A line of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeLineView {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 基金支付类型 code.
    pub purse: String,
    /// Its name.
    pub purse_name: String,
    /// In yuan.
    pub amount: String,
}

/// What both sides report of one transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransferView {
    /// 划拨单号.
    pub order: String,
    /// What is to move, in yuan.
    pub amount: String,
    /// What the payer says it has paid.
    pub paid: String,
    /// What the payee says it has received.
    pub received: String,
    /// Whether both say the same; none as long as nothing has moved by what either says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed: Option<bool>,
    /// How it stands, in Chinese.
    pub standing: String,
}

pub(super) fn name(province: Province) -> String {
    province.division().name().unwrap_or_default().to_owned()
}

impl NoticeView {
    /// What is shown of a notice; at the hub with what was reported.
    pub fn of(notice: &Notice, serial: i64, received_on: Option<Day>, reports: Option<&[Report]>) -> Self {
        let line = |line: &funds::notice::NoticeLine| NoticeLineView {
            scheme: line.scheme,
            purse: line.purse.code().to_owned(),
            purse_name: line.purse.chinese().to_owned(),
            amount: line.amount.to_string(),
        };
        let orders = Order::of_notice(notice, notice.payer, notice.issued_on);
        let transfers = reports.map(|reports| orders.iter().map(|order| transfer(order, reports)).collect());
        Self {
            number: notice.number.to_string(),
            serial,
            cause: notice.cause.name().to_owned(),
            cause_name: notice.cause.to_string(),
            payer: notice.payer.to_string(),
            payer_name: name(notice.payer),
            payee: notice.payee.to_string(),
            payee_name: name(notice.payee),
            total: notice.total().to_string(),
            lines: notice.lines.iter().map(line).collect(),
            issued_on: notice.issued_on,
            by: notice.by.clone(),
            received_on,
            transfers: transfers.unwrap_or_default(),
        }
    }
}

fn transfer(order: &Order, reports: &[Report]) -> TransferView {
    let of = |side: Side| reports.iter().find(|one| one.number == order.number && one.side == side);
    let (payment, receipt) = (of(Side::Payment), of(Side::Receipt));
    let agreement = Agreement::of(payment, receipt);
    let moved = |report: Option<&Report>| report.map(|report| report.moved).unwrap_or_default().to_string();
    TransferView {
        order: order.number.to_string(),
        amount: order.amount().to_string(),
        paid: moved(payment),
        received: moved(receipt),
        agreed: match agreement {
            Agreement::Nothing => None,
            Agreement::Agreed(_) => Some(true),
            Agreement::Differs(..) => Some(false),
        },
        standing: agreement.to_string(),
    }
}

/// Notices: `GET /api/v1/funds/notices`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notices {
    /// In the order in which they were issued.
    pub notices: Vec<NoticeView>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

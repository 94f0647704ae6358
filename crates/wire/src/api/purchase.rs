//! Orders of cross-region purchases (异地就医购药订单), as the person's own way to the platform sees and confirms them.

use super::{Refused, yuan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, Fen, InstitutionCode, InsuranceScheme, InsuredPlace};

/// The person confirms: `POST /api/v1/purchase-orders/{number}/confirm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmPurchase {
    /// 使用本人个人账户支付.
    #[serde(default)]
    pub use_account: bool,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PurchaseOrderView {
    /// 就诊登记号.
    pub number: String,
    /// Where it stands: `waiting`, `expired`, `settling`, `settled`, `refused`, `given_back`, `cancelled` or `reversed`.
    pub standing: String,
    /// Where it stands, in Chinese.
    pub standing_name: String,
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// Its name.
    pub institution_name: String,
    /// 人员编号, masked unless a duty needs it.
    pub person: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 参保地.
    pub insured: InsuredPlace,
    /// 购药日期.
    pub bought_on: Day,
    /// 医疗费总额.
    #[serde(with = "yuan")]
    pub total: Fen,
    /// 基金支付总额: of the trial, or once it is settled of the settlement.
    #[serde(with = "yuan")]
    pub fund_total: Fen,
    /// 个人负担总金额, likewise.
    #[serde(with = "yuan")]
    pub person_total: Fen,
    /// What is bought.
    pub lines: Vec<PurchaseLine>,
    /// 结算ID, once it is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<String>,
    /// Why it was refused, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refused>,
    /// When the pharmacy put it.
    pub ordered_at: String,
    /// Until when it may be confirmed.
    pub expires_at: String,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PurchaseLine {
    /// 医保目录统一编码.
    pub item: String,
    /// Its name.
    pub name: String,
    /// 数量, with four decimals.
    pub quantity: String,
    /// 金额.
    #[serde(with = "yuan")]
    pub amount: Fen,
}

/// The orders of a person: `GET /api/v1/purchase-orders`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PurchaseOrders {
    /// Oldest first.
    pub orders: Vec<PurchaseOrderView>,
}

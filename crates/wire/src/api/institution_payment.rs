//! Payment of institutions (拨付定点医药机构).

use super::money::PurseAmount;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, InstitutionCode, InsuranceScheme};

/// A line of a payment: confirmed + carried = brought + deducted + withheld + deposit + penalty + payable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentLineView {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 基金支付类型 code.
    pub purse: String,
    /// Its name.
    pub purse_name: String,
    /// 机构已确认金额; of a decision at the end of the year, what was held.
    pub confirmed: String,
    /// 以前月份应扣回.
    pub brought: String,
    /// 审核扣款; of a decision at the end of the year, what is kept.
    pub deducted: String,
    /// 总额控制待清算.
    pub withheld: String,
    /// 质量保证金.
    pub deposit: String,
    /// 违约金.
    pub penalty: String,
    /// 应拨付.
    pub payable: String,
    /// 结转以后扣回.
    pub carried: String,
}

/// A month's payment before it is adopted: `GET /api/v1/funds/institution-payments/draft`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentDraftView {
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// Its name.
    pub institution_name: String,
    /// 清分年月.
    pub month: String,
    /// 质量保证金比例, in permyriad (万分之一).
    pub deposit_rate: u16,
    /// Where it is written.
    pub terms_source: String,
    /// The lines.
    pub lines: Vec<PaymentLineView>,
    /// 应拨付合计.
    pub payable: String,
    /// How many confirmations (3261) it takes in.
    pub confirmations: usize,
    /// The deductions that it sets off.
    pub deductions: Vec<String>,
    /// Those of them that the hub has yet to take: nothing is adopted before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
    /// Lines of the month that the institution has not confirmed.
    pub unconfirmed: usize,
}

/// What names a month's payment: `POST /api/v1/funds/institution-payments/adopt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptPayment {
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// 清分年月: `2026-10`.
    pub month: String,
}

/// A payment: `GET /api/v1/funds/institution-payments/{number}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentView {
    /// 拨付单号.
    pub number: String,
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// Its name, where it is registered here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_name: Option<String>,
    /// `month`, `withheld` or `deposit`.
    pub kind: String,
    /// The same in Chinese.
    pub kind_name: String,
    /// 清分年月; of a year, its December.
    pub month: String,
    /// Of the terms; of a decision at the end of the year, its reason.
    pub source: String,
    /// 年度考核得分.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<i16>,
    /// The lines.
    pub lines: Vec<PaymentLineView>,
    /// 应拨付合计.
    pub payable: String,
    /// 已拨付.
    pub paid: String,
    /// 尚未下达.
    pub left: String,
    /// Who adopted it.
    pub adopted_by: String,
    /// When.
    pub adopted_at: String,
    /// By when it is to be paid.
    pub due: Day,
    /// What was ordered of it (分期拨付).
    pub instalments: Vec<InstalmentView>,
}

/// An instalment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstalmentView {
    /// Which, from 1.
    pub number: u16,
    /// `ordered`, `paid`, `returned` or `came_back`.
    pub stage: String,
    /// The same in Chinese.
    pub stage_name: String,
    /// What was ordered.
    pub amounts: Vec<PurseAmount>,
    /// All of it.
    pub amount: String,
    /// Who ordered it.
    pub ordered_by: String,
    /// 交易流水号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_reference: Option<String>,
    /// 交易日期.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_day: Option<Day>,
}

/// The payments of a month: `GET /api/v1/funds/institution-payments`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Payments {
    /// By institution.
    pub payments: Vec<PaymentView>,
}

/// Months that institutions have confirmed (3261), and for which no payment was adopted: `GET
/// /api/v1/funds/institution-payments/to-adopt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnadoptedPayments {
    /// Those that wait longest first, at most 1000.
    pub waiting: Vec<UnadoptedView>,
}

/// Such a month of an institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnadoptedView {
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// Its name.
    pub institution_name: String,
    /// 清分年月.
    pub month: String,
    /// How often it has confirmed lines of the month that no payment has taken in.
    pub confirmations: i64,
    /// The lines in them.
    pub lines: i64,
    /// 经办机构支付总额 of these.
    pub amount: String,
    /// Since when the first waits.
    pub since: String,
}

/// An order to the bank: `POST /api/v1/funds/institution-payments/{number}/instalments`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderInstalment {
    /// 期次, from 1: the same again is the same order.
    pub instalment: u16,
    /// How much; the whole rest if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
}

/// What the bank says: `POST /api/v1/funds/institution-payments/{number}/bank`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BankAnswer {
    /// 期次.
    pub instalment: u16,
    /// `true`: paid; `false`: sent back.
    pub paid: bool,
    /// 交易流水号.
    pub bank_reference: String,
    /// 交易日期.
    pub day: Day,
}

/// What the bank has yet to pay: `GET /api/v1/funds/institution-payments/orders`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstitutionOrders {
    /// In the order of their payments.
    pub orders: Vec<InstitutionOrderView>,
}

/// A line of a bank's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstitutionOrderView {
    /// 拨付单号.
    pub payment: String,
    /// 期次.
    pub instalment: u16,
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// 收款人户名.
    pub holder: String,
    /// 收款人账号.
    pub account: String,
    /// 收款人开户行.
    pub bank: String,
    /// 收款人行号.
    pub bank_code: String,
    /// In yuan.
    pub amount: String,
    /// By when.
    pub due: Day,
}

/// What an agreement says from a day on: `PUT /api/v1/funds/institutions/{code}/terms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsBody {
    /// From when.
    pub from: Day,
    /// 质量保证金比例, in permyriad: 500 is five percent.
    pub deposit_rate: u16,
    /// 年终清算办法: `release`, `deny`, or `share:` with the permyriad that the fund bears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year_end: Option<String>,
    /// 协议编号.
    pub source: String,
}

/// The bank account of an institution: `PUT /api/v1/funds/institutions/{code}/account`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountBody {
    /// 户名.
    pub holder: String,
    /// 账号.
    pub number: String,
    /// 开户行.
    pub bank: String,
    /// 行号: 12 digits, or nothing.
    #[serde(default)]
    pub bank_code: String,
}

/// A budget (总额): `POST /api/v1/funds/institutions/{code}/budgets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetBody {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 年度.
    pub year: i16,
    /// `year`, `each_month`, or the month: `1` to `12`.
    pub of: String,
    /// In yuan.
    pub amount: String,
    /// Where it is written.
    pub source: String,
}

/// A penalty (违约金): `POST /api/v1/funds/institutions/{code}/penalties`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PenaltyBody {
    /// 决定书号: the same again is the same penalty.
    pub reference: String,
    /// 险种 from whose payment it is taken.
    pub scheme: InsuranceScheme,
    /// In yuan.
    pub amount: String,
    /// Why.
    pub reason: String,
}

/// What is held of a year: `GET /api/v1/funds/institutions/{code}/held`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct YearHeldView {
    /// 年度.
    pub year: i16,
    /// `withheld` or `deposit`.
    pub held_as: String,
    /// What is held.
    pub held: Vec<PurseAmount>,
    /// All of it.
    pub amount: String,
    /// What the agreement or the score would give back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<PaymentView>,
}

/// A decision about what is held: `POST /api/v1/funds/institutions/{code}/settle-year`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleYear {
    /// 年度.
    pub year: i16,
    /// `withheld` or `deposit`.
    pub held_as: String,
    /// 年度考核得分, for the deposit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u16>,
    /// How much is given back; what is proposed if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<String>,
    /// Why.
    pub reason: String,
}

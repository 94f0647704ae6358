//! Monthly clearing (清算) at a desk of the hub: months and their plans, the statement (清算表), what is payable and receivable (应付、应收),
//! deductions (审核扣款), what netting would save; tables as JSON, and as CSV for programs.

use super::{ledger::sums, yuan};
use crate::csv;
use funds::{
    Pair,
    clearing::{ClearedLine, Due, LeftOut, Slot, netting::Transfers},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Day, Fen, SettlementId};

/// The months of clearing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingMonths {
    /// In their order; only months that are closed.
    pub months: Vec<ClearingMonth>,
}

/// A month of clearing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingMonth {
    /// 清算年月, `2026-10`.
    pub month: String,
    /// `closed`, `planned`, `adopted` or `noticed`.
    pub stage: String,
    /// In Chinese.
    pub stage_name: String,
    /// When it was closed to settlements.
    pub closed_at: String,
    /// The last plan; 0 before the first.
    pub revision: u32,
    /// The plan that was adopted; 0 before.
    pub adopted: u32,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted_at: Option<String>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted_by: Option<String>,
    /// The day by which provinces confirm or dispute.
    #[schemars(with = "String")]
    pub confirmed_by: Day,
    /// The day on which notices are issued.
    #[schemars(with = "String")]
    pub notices_on: Day,
    /// Provinces that have not answered for all of their pairs, once there is something to answer.
    pub unanswered: Vec<String>,
    /// Pairs on which a dispute waits for the hub.
    pub disputed: Vec<String>,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingPlan {
    /// 清算年月.
    pub month: String,
    /// Which plan of the month it is.
    pub revision: u32,
    /// Settlements in it.
    pub settlements: u64,
    /// Undoings in it.
    pub undoings: u64,
    /// Lines by pooling area and institution.
    pub lines: u64,
    /// Pairs of provinces.
    pub pairs: u64,
    /// Pairs of pooling areas.
    pub area_pairs: u64,
    /// 医疗费总额.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub total: Fen,
    /// 经办机构支付总额: what insured provinces owe together.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub payable: Fen,
    /// Settlements that are left out.
    pub left_out: u64,
    /// When it was made.
    pub planned_at: String,
    /// By whom.
    pub planned_by: String,
    /// How it differs from the one before, in words; the first so many.
    pub differences: Vec<String>,
}

/// That a plan takes longer than a call may: ask for the month again later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingPlanned {
    /// The plan; none while it is still being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<ClearingPlan>,
}

/// Adopts a plan: `POST /api/v1/funds/clearings/{month}/adopt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptClearing {
    /// The plan that was looked at.
    pub revision: u32,
}

/// Decides a dispute: `POST /api/v1/funds/clearings/{month}/disputes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideDispute {
    /// Who disputes.
    pub province: String,
    /// 参保省.
    pub insured: String,
    /// 就医省.
    pub treatment: String,
    /// Whether the hub agrees (争议成立).
    pub upheld: bool,
    /// What leaves the month; what the dispute names if nothing is named here.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub settlements: Vec<SettlementId>,
    /// 处理意见.
    pub words: String,
}

/// How many pairs got their notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoticesIssued {
    /// Pairs.
    pub pairs: u64,
}

/// How a plan differs from the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingComparison {
    /// In words.
    pub differences: Vec<String>,
}

/// 《全国跨省异地就医费用清算表》.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingStatement {
    /// 清算年月.
    pub month: String,
    /// The plan.
    pub revision: u32,
    /// By insured province, treatment province, scheme, kind of care and month.
    pub rows: Vec<ClearingRow>,
}

/// A row of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingRow {
    /// 参保省.
    pub insured: String,
    /// 就医省.
    pub treatment: String,
    /// 险种.
    pub scheme: String,
    /// 清算类别.
    pub care: String,
    /// 费用所属期.
    pub settled_month: String,
    /// 审核扣款.
    pub deduction: bool,
    /// 人次.
    pub visits: i64,
    /// 医疗费总额.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub total: Fen,
    /// 基金支付.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub fund_total: Fen,
    /// 个人账户支付.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub account: Fen,
    /// 个人现金支付.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub cash: Fen,
    /// 应付金额: funds and personal accounts.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub payable: Fen,
}

impl ClearingRow {
    /// Of a sum of a plan.
    pub fn of(slot: &Slot, share: &funds::apportioning::Share) -> Self {
        Self {
            insured: slot.pair.insured.to_string(),
            treatment: slot.pair.treatment.to_string(),
            scheme: slot.scheme.code().to_owned(),
            care: slot.care.clearing_type().to_owned(),
            settled_month: slot.settled_month.to_string(),
            deduction: slot.deduction,
            visits: share.visits(),
            total: share.total,
            fund_total: share.fund_total(),
            account: share.account,
            cash: share.cash(),
            payable: share.agency_pays(),
        }
    }
}

impl ClearingStatement {
    /// For programs.
    pub fn csv(&self) -> String {
        let heads = [
            "参保省",
            "就医省",
            "险种",
            "清算类别",
            "费用所属期",
            "审核扣款",
            "人次",
            "医疗费总额",
            "基金支付",
            "个人账户支付",
            "个人现金支付",
            "应付金额",
        ];
        let rows = self.rows.iter().map(|row| {
            let money = [row.total, row.fund_total, row.account, row.cash, row.payable];
            let words = [
                row.insured.clone(),
                row.treatment.clone(),
                row.scheme.clone(),
                row.care.clone(),
                row.settled_month.clone(),
                if row.deduction { "是" } else { "" }.to_owned(),
                row.visits.to_string(),
            ];
            words.into_iter().chain(money.map(|amount| amount.to_string())).collect()
        });
        csv::table(&heads, rows)
    }
}

/// 《应付医疗费用清算表》, 《应收医疗费用清算表》, 《基金应付明细表》: what provinces owe each other by scheme and purse, without what upheld
/// disputes took out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingDues {
    /// 清算年月.
    pub month: String,
    /// The plan.
    pub revision: u32,
    /// All together.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub total: Fen,
    /// By insured province, treatment province, scheme and purse.
    pub rows: Vec<ClearingDue>,
}

/// A row of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingDue {
    /// 参保省, which owes.
    pub insured: String,
    /// 就医省, which is owed.
    pub treatment: String,
    /// 险种.
    pub scheme: String,
    /// 基金支付类型.
    pub purse: String,
    /// Its name.
    pub purse_name: String,
    /// How much; below nothing where the treatment province gives back.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub amount: Fen,
}

impl ClearingDue {
    /// Of a pair.
    pub fn of(pair: Pair, due: &Due) -> Self {
        Self {
            insured: pair.insured.to_string(),
            treatment: pair.treatment.to_string(),
            scheme: due.scheme.code().to_owned(),
            purse: due.purse.code().to_owned(),
            purse_name: due.purse.chinese().to_owned(),
            amount: due.amount,
        }
    }
}

impl ClearingDues {
    /// For programs.
    pub fn csv(&self) -> String {
        let heads = ["参保省", "就医省", "险种", "基金支付类型", "基金名称", "应付金额"];
        let rows = self.rows.iter().map(|row| {
            let words = [&row.insured, &row.treatment, &row.scheme, &row.purse, &row.purse_name];
            words.into_iter().cloned().chain([row.amount.to_string()]).collect()
        });
        csv::table(&heads, rows)
    }
}

/// Single settlements: 《审核扣款明细表》, what is left out, what was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingLines {
    /// 清算年月.
    pub month: String,
    /// In the order of provinces.
    pub rows: Vec<ClearingSettlement>,
}

/// A row of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingSettlement {
    /// 结算ID.
    pub settlement: String,
    /// 结算, 撤销 or 审核扣款.
    pub part: String,
    /// 参保地.
    pub insured: String,
    /// 就医地.
    pub treatment: String,
    /// 定点医药机构编号.
    pub institution: String,
    /// 险种.
    pub scheme: String,
    /// 清算类别.
    pub care: String,
    /// The month in which it was first to be cleared, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_month: Option<String>,
    /// 基金和个人账户支付.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub amount: Fen,
    /// Why it is left out, or what the deduction is for.
    pub reason: String,
}

impl ClearingSettlement {
    /// A line with a reason.
    pub fn of(line: &ClearedLine, reason: String) -> Self {
        Self {
            settlement: line.settlement.to_string(),
            part: line.part.to_string(),
            insured: line.insured.to_string(),
            treatment: line.treatment.to_string(),
            institution: line.institution.to_string(),
            scheme: line.scheme.code().to_owned(),
            care: line.care.clearing_type().to_owned(),
            first_month: line.first_month.map(|month| month.to_string()),
            amount: line.amount(),
            reason,
        }
    }

    /// One that is left out.
    pub fn left_out(left: &LeftOut) -> Self {
        Self::of(&left.line, left.reason.to_string())
    }
}

impl ClearingLines {
    /// For programs.
    pub fn csv(&self) -> String {
        let heads = [
            "结算ID",
            "类型",
            "参保地",
            "就医地",
            "定点医药机构编号",
            "险种",
            "清算类别",
            "原清算年月",
            "金额",
            "事由",
        ];
        let rows = self.rows.iter().map(|row| {
            let words = [
                &row.settlement,
                &row.part,
                &row.insured,
                &row.treatment,
                &row.institution,
                &row.scheme,
                &row.care,
            ];
            let rest =
                [row.first_month.clone().unwrap_or_default(), row.amount.to_string(), row.reason.clone()];
            words.into_iter().cloned().chain(rest).collect()
        });
        csv::table(&heads, rows)
    }
}

/// What netting would save: a report, nothing of which is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NettingReport {
    /// 清算年月.
    pub month: String,
    /// 全额清算, as it is done; 双边轧差; 多边轧差.
    pub ways: Vec<NettingWay>,
    /// What would be left of each province's dues: above nothing it would pay, below receive.
    pub positions: Vec<NettingPosition>,
}

/// One way to pay a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NettingWay {
    /// Its name.
    pub way: String,
    /// Transfers, each of one scheme and purse.
    pub transfers: u64,
    /// Their amounts together.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub volume: Fen,
}

impl NettingWay {
    /// A way with its name.
    pub fn of(way: &str, transfers: Transfers) -> Self {
        let number = u64::try_from(transfers.number).unwrap_or(u64::MAX);
        Self { way: way.to_owned(), transfers: number, volume: transfers.volume }
    }
}

/// What would be left of a province's dues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NettingPosition {
    /// 省级区划代码.
    pub province: String,
    /// All schemes and purses together.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub amount: Fen,
}

impl NettingReport {
    /// For programs.
    pub fn csv(&self) -> String {
        let ways = self
            .ways
            .iter()
            .map(|way| vec![way.way.clone(), way.transfers.to_string(), way.volume.to_string()]);
        csv::table(&["方式", "划拨笔数", "金额"], ways)
    }
}

/// How the pairs of an adopted month stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingPairs {
    /// 清算年月.
    pub month: String,
    /// In the order of provinces.
    pub pairs: Vec<ClearingPairView>,
}

/// A pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingPairView {
    /// 参保省.
    pub insured: String,
    /// 就医省.
    pub treatment: String,
    /// `awaiting`, `disputed`, `agreed` or `noticed`, in Chinese.
    pub stage_name: String,
    /// What the insured province says.
    pub insured_answer: String,
    /// What the treatment province says.
    pub treatment_answer: String,
    /// 应付金额.
    #[serde(with = "sums")]
    #[schemars(with = "yuan")]
    pub payable: Fen,
    /// Disputes, in words: who, why, how many settlements, what was decided.
    pub disputes: Vec<String>,
}

/// That something was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClearingDone {
    /// In words.
    pub done: String,
}

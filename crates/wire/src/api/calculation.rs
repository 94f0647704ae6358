//! How a bill is paid, step by step: of a settlement that stands, and of one that somebody only asks about (待遇试算). And the
//! policies that say so, in plain words.

use super::yuan;
use benefit::{Breakdown, Line, scheme::Confidence};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{AdminDivision, Day, Fen, FilingCategory, InsuranceScheme, InsuredPlace, SettlementLevel};

/// One step of a computation: what it looked at, by which rule, what came out, and where the rule is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepView {
    /// Name of the step: `起付标准`.
    pub step: String,
    /// The amount that the step looked at.
    #[serde(with = "yuan")]
    pub amount_in: Fen,
    /// The rule that it used, in words: `三级 在职 30000-40000元 90%`.
    pub rule: String,
    /// The first day on which the rule holds; none where it is no policy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
    /// The amount that came out of it.
    #[serde(with = "yuan")]
    pub amount_out: Fen,
    /// How the amount became whole fen, in Chinese; none where nothing was rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<String>,
    /// 基金支付类型 code of the fund that pays what came out; none where nobody but the person does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fund: Option<String>,
    /// The fund in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fund_name: Option<String>,
    /// Where the rule comes from: title, number, link.
    pub source: String,
    /// Whether the rule is confirmed; none where it is no policy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
}

impl StepView {
    fn of(line: &Line) -> Self {
        Self {
            step: line.step.to_string(),
            amount_in: line.amount_in,
            rule: line.parameter.clone(),
            since: line.since,
            amount_out: line.amount_out,
            rounding: line.rounding.map(|rounding| rounding.chinese().to_owned()),
            fund: line.fund.map(|fund| fund.code().to_owned()),
            fund_name: line.fund.map(|fund| fund.chinese().to_owned()),
            source: line.source.to_string(),
            confirmed: line.confidence.map(|confidence| confidence == Confidence::Confirmed),
        }
    }
}

/// An amount with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedAmount {
    /// Its code, where it has one: 基金支付类型 of a fund, 医疗收费项目类别 of an expense.
    pub code: String,
    /// Its name in Chinese.
    pub name: String,
    /// How much.
    #[serde(with = "yuan")]
    pub amount: Fen,
}

/// Who pays what of a bill and why (结算结果逐步说明).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BreakdownView {
    /// 医疗费总额.
    #[serde(with = "yuan")]
    pub total: Fen,
    /// 全自费.
    #[serde(with = "yuan")]
    pub out_of_scope: Fen,
    /// 超限价自费.
    #[serde(with = "yuan")]
    pub over_limit: Fen,
    /// 先行自付.
    #[serde(with = "yuan")]
    pub first_self_pay: Fen,
    /// 符合政策范围.
    #[serde(with = "yuan")]
    pub in_scope: Fen,
    /// 基金支付总额.
    #[serde(with = "yuan")]
    pub fund_total: Fen,
    /// 个人负担总金额, accounts included.
    #[serde(with = "yuan")]
    pub person_total: Fen,
    /// What of it personal accounts pay, the family's included.
    #[serde(with = "yuan")]
    pub account: Fen,
    /// What of it is paid in cash (个人现金支出).
    #[serde(with = "yuan")]
    pub cash: Fen,
    /// 本次支付起付标准.
    #[serde(with = "yuan")]
    pub deductible: Fen,
    /// What each fund pays.
    pub funds: Vec<NamedAmount>,
    /// What the person's part consists of: `起付标准`, `按比例自付` and the like; the code is empty.
    pub burdens: Vec<NamedAmount>,
    /// The steps in order.
    pub steps: Vec<StepView>,
    /// First day of the version of the policy that was used.
    pub policy_day: Day,
    /// The values that were used though nobody has confirmed them, by name.
    pub unconfirmed: Vec<String>,
}

impl BreakdownView {
    /// What is shown of a breakdown.
    pub fn of(breakdown: &Breakdown) -> Self {
        let split = &breakdown.split;
        let funds = breakdown.fund_payments.iter().map(|(fund, paid)| NamedAmount {
            code: fund.code().to_owned(),
            name: fund.chinese().to_owned(),
            amount: *paid,
        });
        let burdens = breakdown.burdens.iter().map(|(burden, amount)| NamedAmount {
            code: String::new(),
            name: burden.chinese().to_owned(),
            amount: *amount,
        });
        Self {
            total: split.total,
            out_of_scope: split.out_of_scope,
            over_limit: split.over_limit,
            first_self_pay: split.first_self_pay,
            in_scope: split.in_scope,
            fund_total: breakdown.fund_total,
            person_total: breakdown.person_total,
            account: breakdown.account_paid + breakdown.family_total(),
            cash: breakdown.cash(),
            deductible: breakdown.deductible_paid,
            funds: funds.collect(),
            burdens: burdens.collect(),
            steps: breakdown.lines.iter().map(StepView::of).collect(),
            policy_day: breakdown.policy_day,
            unconfirmed: breakdown.unconfirmed.clone(),
        }
    }
}

/// A bill of which somebody wants to know what would be paid: `POST /api/v1/calculation`, `POST /web/portal/calculation`. Nothing of it
/// names a person, and nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCalculation {
    /// 参保地, any division of the pooling area.
    pub insured: InsuredPlace,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 人员类别: `11` 在职, `12` 退休, `14` 学生儿童, `15` 居民（成年）, `16` 居民（老年）.
    pub status: String,
    /// Age in years on the day of admission; a usual one of the status if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<i16>,
    /// 人员身份类别 codes: `2303` 低保对象 and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// 缴费档次 code: `1` 一档, `2` 二档, `3` 低档, `4` 中档, `5` 高档; where the area's scheme has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// 缴费年限, whole years, where the policy distinguishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contribution_years: Option<i16>,
    /// 就医地, any division.
    pub treatment: AdminDivision,
    /// 就医类别 code: `21` 住院, `11` 普通门诊, `14` 门诊慢特病, `41` 药店购药.
    #[serde(default = "inpatient")]
    pub care: String,
    /// 医保结算等级 of the institution.
    pub level: SettlementLevel,
    /// 门诊慢特病病种编码, for `14`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diseases: Vec<String>,
    /// Day of admission or of the visit; today if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admitted: Option<Day>,
    /// Day of discharge; that of the admission if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discharged: Option<Day>,
    /// The expenses. One line with the total alone is enough: all of it is then taken to be in scope.
    pub amounts: Vec<ExpenseBody>,
    /// The 备案类型 under which the stay is filed; none: not filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<FilingCategory>,
    /// 急诊抢救, which counts as filed (视同备案).
    #[serde(default)]
    pub emergency: bool,
    /// What was used of the insurance year before; nothing if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<UsedBody>,
    /// What the personal account holds, if the person wants to pay from it, in yuan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

fn inpatient() -> String {
    "21".to_owned()
}

/// Expenses of a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpenseBody {
    /// 医疗收费项目类别 code, `01` to `14`; `14` 其他费 if left out.
    #[serde(default = "other_expense")]
    pub category: String,
    /// All of it.
    #[serde(with = "yuan")]
    pub total: Fen,
    /// 全自费 of it.
    #[serde(default, with = "yuan")]
    pub out_of_scope: Fen,
    /// 超限价自费 of it.
    #[serde(default, with = "yuan")]
    pub over_limit: Fen,
    /// 先行自付 of it; what is left is in scope.
    #[serde(default, with = "yuan")]
    pub first_self_pay: Fen,
}

fn other_expense() -> String {
    "14".to_owned()
}

/// What was used of the insurance year before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsedBody {
    /// Visits of the same kind of care; for stays the admissions (住院次数).
    #[serde(default)]
    pub visits: u16,
    /// Deductible paid.
    #[serde(default, with = "yuan")]
    pub deductible: Fen,
    /// In-scope expense.
    #[serde(default, with = "yuan")]
    pub in_scope: Fen,
    /// What the pool has paid (统筹基金).
    #[serde(default, with = "yuan")]
    pub pool: Fen,
}

/// What would be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Calculation {
    /// How the stay stands with the register of filings, in Chinese: `已备案（异地长期居住人员）`, `未备案`, `视同备案（急诊抢救）`.
    pub standing: String,
    /// Of the bill as it was asked.
    pub outcome: Outcome,
    /// Of the same bill if it were filed otherwise, so that it shows what filing is worth: the three ways most usual, without the one that
    /// was asked. Empty inside the pooling area, where nothing is filed.
    pub otherwise: Vec<Otherwise>,
    /// What this is and is not, in Chinese: an estimate under the policy of the day, no promise.
    pub notes: Vec<String>,
}

/// The same bill under another standing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Otherwise {
    /// The standing in Chinese.
    pub standing: String,
    /// Of the bill under it.
    pub outcome: Outcome,
    /// What the funds would pay more than as it was asked; below nothing if less. None where one of the two is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

/// The computation, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// What would be paid; none where it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<BreakdownView>,
    /// Why it would not be settled directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<super::Refused>,
}

/// Which areas have policies: `GET /api/v1/policies` without an area, `GET /web/portal/policy` without one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Policies {
    /// In the order of areas and schemes.
    pub policies: Vec<PolicyEntry>,
}

/// A policy of an area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyEntry {
    /// 统筹区.
    pub area: AdminDivision,
    /// Its name.
    pub area_name: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 险种 in Chinese.
    pub scheme_name: String,
    /// The policy's name.
    pub name: String,
    /// The day on which somebody last compared it with what is published.
    pub checked_on: Day,
}

/// The policy of an area and scheme on a day, in plain words: `GET /api/v1/policies/{area}/{scheme}`,
/// `GET /web/portal/policies/{area}/{scheme}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyView {
    /// 统筹区.
    pub area: AdminDivision,
    /// Its name.
    pub area_name: String,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 险种 in Chinese.
    pub scheme_name: String,
    /// The policy's name.
    pub name: String,
    /// The day that was asked about.
    pub day: Day,
    /// The first day of this version.
    pub since: Day,
    /// The day on which somebody last compared it with what is published.
    pub checked_on: Day,
    /// The first days of all versions, in order.
    pub versions: Vec<Day>,
    /// What it says, part by part.
    pub sections: Vec<PolicySection>,
}

/// A part of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicySection {
    /// `住院起付标准`.
    pub title: String,
    /// From which day it holds, as written: `自2023-01-01起`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Where it comes from, and how sure one is of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its rows in words; a row with a source of its own says so behind `——`.
    pub lines: Vec<String>,
}

//! Prepayments (预付金): the yearly setting at the hub, how each of them stands, emergency increases (紧急调增), and what pooling areas
//! put up.
//!
//! Amounts are text in yuan with two decimals; of a pair of provinces they may pass what a single bill may come to, so they are
//! plain text here.

use casework::{
    emergency_increase::{Increase, Stage},
    prepayment_year::Year,
};
use funds::{
    Pair,
    prepayment::{Light, Line, Position, YearTimetable},
    rule::{Confidence, Rules, Version},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{AdminDivision, Day, Fen, InsuranceScheme, Moment, PoolingArea, Province};

/// The largest amount that is taken: a hundred billion yuan.
const AMOUNT_MAX: i128 = 10_000_000_000_000;

/// An amount in yuan with at most two decimals, from nothing up to a hundred billion.
pub fn amount_of(text: &str) -> Option<Fen> {
    let fen = terms::money::parse_decimal(text, 2).ok().filter(|fen| (0..=AMOUNT_MAX).contains(fen))?;
    i64::try_from(fen).ok().map(Fen)
}

/// A province with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Six digits.
    pub code: AdminDivision,
    /// 名称.
    pub name: String,
}

impl Place {
    /// Of a division.
    pub fn of(code: AdminDivision) -> Self {
        Self { code, name: code.full_name() }
    }
}

impl From<Province> for Place {
    fn from(province: Province) -> Self {
        Self::of(province.division())
    }
}

/// A rule that was used, with its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleView {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// `confirmed` or `recalled`.
    pub confidence: String,
    /// Title of the text that it stands in.
    pub source: String,
    /// What else people should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl RuleView {
    /// Of a version of a rule.
    pub fn of(key: &str, version: &Version) -> Self {
        Self {
            key: key.to_owned(),
            value: version.to_string(),
            confidence: match version.confidence {
                Confidence::Confirmed => "confirmed",
                Confidence::Recalled => "recalled",
            }
            .to_owned(),
            source: version.source.title.clone(),
            note: version.note.clone(),
        }
    }
}

// ---------------------------------------------------------------- the yearly setting

/// The settings of all years: `GET /api/v1/funds/prepayments/years`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrepaymentYears {
    /// The newest first, without lines.
    pub years: Vec<PrepaymentYearView>,
}

/// The setting of a year (年度预付金额度): `GET /api/v1/funds/prepayments/years/{year}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrepaymentYearView {
    /// The year.
    pub year: i16,
    /// Where it stands: `drafted` or `adopted`.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// Which draft: to be named when it is adopted.
    pub round: u32,
    /// When it was last drafted, and by whom.
    pub drafted_at: String,
    /// The clerk, or 系统.
    pub drafted_by: String,
    /// When it was adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted_at: Option<String>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted_by: Option<String>,
    /// What falls due when.
    pub timetable: TimetableView,
    /// What insured provinces pay more, together.
    pub insured_pay: String,
    /// What treatment provinces return, together.
    pub treatment_return: String,
    /// The rules of the formula.
    pub rules: Vec<RuleView>,
    /// The amounts, by pair and scheme.
    pub lines: Vec<PrepaymentLineView>,
}

/// When what of a yearly adjustment falls due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimetableView {
    /// From this day on it is drafted by itself.
    pub drafted_from: Day,
    /// By this day the notices are fetched.
    pub notices_by: Day,
    /// By this day they are handed to finance.
    pub hand_over_by: Day,
    /// By this day finance pays.
    pub pay_by: Day,
    /// By this day all is done.
    pub completed_by: Day,
    /// The holidays of the year are not published yet: some days may be others.
    pub provisional: bool,
}

impl From<YearTimetable> for TimetableView {
    fn from(timetable: YearTimetable) -> Self {
        Self {
            drafted_from: timetable.drafted_from,
            notices_by: timetable.notices_by,
            hand_over_by: timetable.hand_over_by.day,
            pay_by: timetable.pay_by.day,
            completed_by: timetable.completed_by,
            provisional: timetable.pay_by.provisional,
        }
    }
}

/// One amount of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrepaymentLineView {
    /// 参保省.
    pub insured: Place,
    /// 就医省.
    pub treatment: Place,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// The payments that it is computed from.
    pub base: Vec<MonthAmount>,
    /// What the formula makes of them.
    pub computed: String,
    /// What a person set instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<SetView>,
    /// The amount of the year.
    pub amount: String,
    /// The amount in force before.
    pub before: String,
    /// What moves: above nothing the insured province pays, below the treatment province returns.
    pub difference: String,
}

/// The payments of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MonthAmount {
    /// `yyyy-MM`.
    pub month: String,
    /// How much.
    pub amount: String,
}

/// An amount that a person set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetView {
    /// How much.
    pub amount: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
}

impl From<&Line> for PrepaymentLineView {
    fn from(line: &Line) -> Self {
        let base = line
            .base
            .iter()
            .map(|(month, amount)| MonthAmount { month: month.to_string(), amount: amount.to_string() });
        let set = line.set.as_ref().map(|set| SetView {
            amount: set.amount.to_string(),
            reason: set.reason.clone(),
            by: set.by.clone(),
        });
        Self {
            insured: line.pair.insured.into(),
            treatment: line.pair.treatment.into(),
            scheme: line.scheme,
            base: base.collect(),
            computed: line.computed.to_string(),
            set,
            amount: line.amount().to_string(),
            before: line.before.to_string(),
            difference: (line.amount() - line.before).to_string(),
        }
    }
}

impl PrepaymentYearView {
    /// What is shown of a setting.
    pub fn of(year: &Year, timetable: YearTimetable, rules: Vec<RuleView>, lines: &[Line]) -> Self {
        let moves = |sign: i64| -> Fen {
            lines.iter().map(|line| Fen((line.amount() - line.before).0 * sign).or_zero()).sum()
        };
        Self {
            year: year.year,
            stage: year.stage.name().to_owned(),
            stage_name: year.stage.chinese().to_owned(),
            round: year.round,
            drafted_at: year.drafted.at.to_string(),
            drafted_by: year.drafted.by.clone(),
            adopted_at: year.adopted.as_ref().map(|done| done.at.to_string()),
            adopted_by: year.adopted.as_ref().map(|done| done.by.clone()),
            timetable: timetable.into(),
            insured_pay: moves(1).to_string(),
            treatment_return: moves(-1).to_string(),
            rules,
            lines: lines.iter().map(PrepaymentLineView::from).collect(),
        }
    }
}

/// A person sets an amount: `POST /api/v1/funds/prepayments/years/{year}/set`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPrepayment {
    /// 参保省, six digits.
    #[schemars(with = "String")]
    pub insured: Province,
    /// 就医省, six digits.
    #[schemars(with = "String")]
    pub treatment: Province,
    /// 险种: `employee` or `resident`.
    pub scheme: InsuranceScheme,
    /// How much; as computed again if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Why.
    pub reason: String,
}

/// A person adopts: `POST /api/v1/funds/prepayments/years/{year}/adopt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptPrepayments {
    /// The draft that they have seen.
    pub round: u32,
}

/// The changes of one prepayment: `GET /api/v1/funds/prepayments/changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrepaymentChanges {
    /// The first one first.
    pub changes: Vec<PrepaymentChangeView>,
}

/// A change of a prepayment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrepaymentChangeView {
    /// The year, or the number of an emergency increase.
    pub cause: String,
    /// From which day on.
    pub day: Day,
    /// Before.
    pub before: String,
    /// By how much.
    pub difference: String,
    /// The number of the notice that moves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: String,
}

// ---------------------------------------------------------------- how each stands

/// How prepayments stand: `GET /api/v1/funds/prepayments`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrepaymentPositions {
    /// When it was computed; none before the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_at: Option<String>,
    /// What the light goes by: `unpaid` or `monthly`.
    pub measure: String,
    /// By insured province, treatment province and scheme.
    pub positions: Vec<PositionView>,
}

/// How one prepayment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PositionView {
    /// 参保省.
    pub insured: Place,
    /// 就医省.
    pub treatment: Place,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// What is held.
    pub prepayment: String,
    /// 应付未付资金.
    pub owed: String,
    /// 使用率 by it, in percent, like `134.07%`: above the whole where more is owed than is held; `无预付金` where nothing is held.
    pub owed_rate: String,
    /// The last whole month.
    pub month: String,
    /// 月清算资金.
    pub monthly: String,
    /// 使用率 by it, the same way.
    pub monthly_rate: String,
    /// 预警: `green`, `yellow` or `red`.
    pub light: String,
    /// The same in Chinese.
    pub light_name: String,
    /// 预计用完日期: the day of the answer where it is used up already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_up_on: Option<Day>,
    /// The least increase after which the light is green.
    pub lacks: String,
    /// At the hub: the amount in force, which is held once it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<String>,
    /// At the treatment province: interest on it so far, which stays there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interest: Option<String>,
    /// 紧急调增: the application for more that is open: not decided, or granted and not paid yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increase: Option<String>,
}

impl PositionView {
    /// What is shown of a position.
    pub fn of(
        (pair, scheme): (Pair, InsuranceScheme),
        position: Position,
        today: Day,
        rules: &Rules,
        (in_force, interest): (Option<Fen>, Option<Fen>),
        increase: Option<String>,
    ) -> Self {
        let [owed_rate, monthly_rate] = position.rates().map(|rate| rate.to_string());
        let light = position.light(rules);
        Self {
            insured: pair.insured.into(),
            treatment: pair.treatment.into(),
            scheme,
            prepayment: position.prepayment.to_string(),
            owed: position.owed.to_string(),
            owed_rate,
            month: position.month.to_string(),
            monthly: position.monthly.to_string(),
            monthly_rate,
            light: light.name().to_owned(),
            light_name: light.to_string(),
            used_up_on: position.used_up_on(today, rules),
            lacks: position.lacks(rules).to_string(),
            in_force: in_force.map(|amount| amount.to_string()),
            interest: interest.map(|amount| amount.to_string()),
            increase,
        }
    }

    /// Whether it is red, and nobody has applied for more.
    pub fn needs_increase(&self) -> bool {
        self.light == Light::Red.name() && self.increase.is_none()
    }
}

// ---------------------------------------------------------------- emergency increases

/// The treatment province applies: `POST /api/v1/funds/prepayments/increases`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyIncrease {
    /// 参保省, six digits.
    #[schemars(with = "String")]
    pub insured: Province,
    /// 险种: `employee` or `resident`.
    pub scheme: InsuranceScheme,
    /// How much more.
    pub amount: String,
    /// Why.
    pub reason: String,
    /// 当期清算签章确认日期.
    pub signed_on: Day,
}

/// The hub accepts: `POST /api/v1/funds/prepayments/increases/{id}/accept`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptIncrease {
    /// How much; as asked for if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// What the hub says to it.
    pub reason: String,
}

/// Applications: `GET /api/v1/funds/prepayments/increases`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Increases {
    /// The last change first.
    pub increases: Vec<IncreaseView>,
}

/// An application for an emergency increase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncreaseView {
    /// 申请编号.
    pub id: String,
    /// 参保省.
    pub insured: Place,
    /// 就医省.
    pub treatment: Place,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// What is asked for.
    pub asked: String,
    /// Why.
    pub reason: String,
    /// What was used …
    pub used: String,
    /// … of the prepayment.
    pub prepayment: String,
    /// 当期清算签章确认日期.
    pub signed_on: Day,
    /// When it was applied for.
    pub applied_at: String,
    /// By whom.
    pub applied_by: String,
    /// By when the hub decides.
    pub decide_by: Day,
    /// The hub should have decided by now.
    pub late: bool,
    /// Where it stands: `applied`, `accepted`, `refused`, `paid` or `withdrawn`.
    pub stage: String,
    /// The same in Chinese.
    pub stage_name: String,
    /// What was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// When the hub decided, or the treatment province took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_reason: Option<String>,
    /// The number of the notice by which it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// At the treatment province: the hub has it.
    pub told: bool,
}

impl IncreaseView {
    /// What is shown of an application.
    pub fn of(one: &Increase, told: bool, today: Day) -> Self {
        let mut view = Self {
            id: one.id(),
            insured: one.insured.into(),
            treatment: one.treatment.into(),
            scheme: one.scheme,
            asked: one.asked.to_string(),
            reason: one.reason.clone(),
            used: one.used.to_string(),
            prepayment: one.prepayment.to_string(),
            signed_on: one.signed_on,
            applied_at: one.applied_at.to_string(),
            applied_by: one.applied_by.clone(),
            decide_by: one.decide_by,
            late: one.is_late(today),
            stage: one.stage.name().name().to_owned(),
            stage_name: one.stage.name().chinese().to_owned(),
            accepted: None,
            decided_at: None,
            decided_by: None,
            decided_reason: None,
            notice: None,
            told,
        };
        let mut decided = |at: Moment, by: &str, reason: &str| {
            view.decided_at = Some(at.to_string());
            view.decided_by = Some(by.to_owned());
            view.decided_reason = Some(reason.to_owned());
        };
        match &one.stage {
            Stage::Applied => {}
            Stage::Refused { at, by, reason } | Stage::Withdrawn { at, by, reason } => {
                decided(*at, by, reason);
            }
            Stage::Accepted(accepted) | Stage::Paid { accepted, .. } => {
                decided(accepted.at, &accepted.by, &accepted.reason);
                view.accepted = Some(accepted.amount.to_string());
                view.notice = Some(accepted.notice.clone());
            }
        }
        view
    }
}

// ---------------------------------------------------------------- pooling areas

/// What the pooling areas put up in a year: `GET /api/v1/funds/prepayments/areas/{year}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AreaPrepayments {
    /// The year.
    pub year: i16,
    /// The notices are issued.
    pub issued: bool,
    /// The rule, with its source.
    pub rule: RuleView,
    /// How shares are rounded, where an amount is divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<String>,
    /// What the province pays ahead itself, by scheme.
    pub paid_ahead: Vec<SchemeAmount>,
    /// By area and scheme.
    pub lines: Vec<AreaPrepaymentView>,
}

/// An amount of a scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SchemeAmount {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// How much.
    pub amount: String,
}

/// What one area puts up for one scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AreaPrepaymentView {
    /// 统筹区.
    pub area: Place,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// What was paid for its people in the last year.
    pub paid: String,
    /// By the rule.
    pub computed: String,
    /// What a person set instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<SetView>,
    /// What it puts up.
    pub amount: String,
    /// What the ledger has from it.
    pub received: String,
    /// What it still owes; below nothing what it gets back.
    pub owes: String,
    /// The number of its notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Until when it pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
}

/// A person sets what an area puts up: `POST /api/v1/funds/prepayments/areas/{year}/set`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAreaPrepayment {
    /// 统筹区, six digits.
    #[schemars(with = "String")]
    pub area: PoolingArea,
    /// 险种: `employee` or `resident`.
    pub scheme: InsuranceScheme,
    /// How much; as computed again if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Why.
    pub reason: String,
}

/// Money of an area came in, or went back to it: `POST /api/v1/funds/prepayments/areas/{year}/money`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaMoney {
    /// 统筹区, six digits.
    #[schemars(with = "String")]
    pub area: PoolingArea,
    /// 险种: `employee` or `resident`.
    pub scheme: InsuranceScheme,
    /// How much.
    pub amount: String,
    /// 交易日期.
    pub on: Day,
    /// 交易流水号: letters, digits and hyphens; the same one again is the same money.
    pub reference: String,
    /// It went back to the area.
    #[serde(default)]
    pub returned: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_pairs_may_be_large_and_never_below_nothing() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1234.5", Some(123_450)),
            ("2000000000.00", Some(200_000_000_000)),
            ("100000000000", Some(10_000_000_000_000)),
            ("100000000000.01", None),
            ("-1", None),
            ("1.234", None),
            ("", None),
            ("一百", None),
        ] {
            assert_eq!(amount_of(text), expected.map(Fen), "{text}");
        }
    }
}

//! The steps of the computation, one a file, in the order in which [`crate::compute`] takes them, and the worksheet that they
//! hand on.
//!
//! | file | step |
//! |---|---|
//! | `scope` | refuse what cannot be divided; enter the treatment place's split |
//! | `cross_region` | find the rule for the visit's standing; first self-pay |
//! | `deductible` | 起付标准 |
//! | `ratio` | 支付比例 by bands |
//! | `cap` | 最高支付限额, and the layer above it |
//! | `layer` | 大病保险, 补充保险, 公务员医疗补助, 医疗救助, 倾斜救助 |
//! | `account` | 个人账户, 家庭共济 |
//!
//! A worksheet with `TRACE` writes every step down; without, no text is made and hardly any memory is asked for.

pub mod account;
pub mod cap;
pub mod cross_region;
pub mod deductible;
pub mod layer;
pub mod ratio;
pub mod scope;

use crate::{
    bill::{Case, Split},
    breakdown::{Breakdown, Line},
    scheme::{
        Adjustment, AfterTransfer, Asked, Burden, Citation, Cited, Confidence, Counted, CrossRegionRule,
        Deductible, Origin, Period, Plan, Scheme, Words, concerns_alone,
    },
    year::{Counter, Measure, Window, YearToDate},
};
use std::{borrow::Cow, sync::Arc};
use terms::{CareKind, Day, DiseaseCode, Fen, Fund, Listed, Rate, Refusal, Rounding, Set};

/// What a computation without steps answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What each fund pays, in the order of [`Fund::ALL`].
    pub fund_payments: [Fen; Fund::ALL.len()],
    /// What the person pays, accounts included.
    pub person_total: Fen,
    /// The deductible paid with this visit.
    pub deductible_paid: Fen,
    /// Exactly what this settlement adds to the person's year.
    pub contribution: YearToDate,
    /// Whether a value was used that nobody has confirmed.
    pub unconfirmed: bool,
}

impl Outcome {
    /// All funds together.
    pub fn fund_total(&self) -> Fen {
        self.fund_payments.iter().copied().sum()
    }
}

/// Which part of a stay is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// The part before the year's end.
    First,
    /// The part after the year's end.
    Second {
        /// Whether it is an admission of its own, with a deductible of its own.
        own_admission: bool,
    },
}

/// A part of the in-scope amount with the share that a fund pays of it.
pub struct Portion<'a> {
    /// What it is, in words; empty without trace.
    pub parameter: String,
    /// How much.
    pub amount: Fen,
    /// The fund's share.
    pub rate: Rate,
    /// The fund; `None`: the person pays it all.
    pub fund: Option<Fund>,
    /// What the fund pays in ten-thousandths of a fen, unrounded.
    pub exact: i64,
    /// What it is to the person as far as the fund does not pay it.
    pub burden: Burden,
    /// Where the share is written.
    pub by: By<'a>,
}

impl Portion<'_> {
    /// A rate of an amount, in ten-thousandths of a fen.
    pub fn share(amount: Fen, rate: Rate) -> i64 {
        amount.0.checked_mul(i64::from(rate.as_permyriad())).expect("an amount of a bill is far below this")
    }
}

/// The state between two steps.
pub struct Worksheet<'a, const TRACE: bool> {
    /// The policy.
    pub scheme: &'a Scheme,
    /// Its benefit for this kind of care.
    pub plan: &'a Plan,
    /// The question.
    pub case: &'a Case,
    /// The year before this visit.
    pub year: &'a YearToDate,
    /// Which part of the stay this is.
    pub part: Part,
    /// The cross-region rule that concerns the visit; `None`: the local benefit.
    pub rule: Option<&'a CrossRegionRule>,
    /// What the tables are asked.
    pub asked: Asked<'a>,
    /// The whole bill.
    pub split: Split,
    /// The in-scope amount that is left to divide, deductible included.
    pub base: Fen,
    /// The deductible paid.
    pub deductible: Fen,
    /// The parts, lowest band first.
    pub portions: Vec<Portion<'a>>,
    /// What the person bears, by part.
    pub burdens: [Fen; Burden::ALL.len()],
    /// What each fund pays.
    pub payments: [Fen; Fund::ALL.len()],
    /// What the own account pays, and those of family members.
    pub accounts: (Fen, Vec<Fen>),
    /// What this visit adds to the year.
    pub contribution: YearToDate,
    unconfirmed: Vec<&'static str>,
    lines: Vec<Line>,
    rows_used: Vec<u32>,
}

impl<'a, const TRACE: bool> Worksheet<'a, TRACE> {
    /// The start.
    pub fn new(scheme: &'a Scheme, plan: &'a Plan, case: &'a Case, year: &'a YearToDate, part: Part) -> Self {
        let split = case.bill.sum();
        let goes_on = goes_on(plan, case, part);
        let visits = year.get(Counter::of(case.bill.care, Measure::Visits));
        Self {
            scheme,
            plan,
            case,
            year,
            part,
            rule: None,
            asked: Asked::of(case, (visits + i64::from(!goes_on)).max(1)),
            split,
            base: split.in_scope - split.in_full,
            deductible: Fen::ZERO,
            portions: Vec::with_capacity(8),
            burdens: [Fen::ZERO; Burden::ALL.len()],
            payments: [Fen::ZERO; Fund::ALL.len()],
            accounts: (Fen::ZERO, Vec::new()),
            contribution: YearToDate::default(),
            unconfirmed: Vec::new(),
            lines: Vec::with_capacity(if TRACE { 16 } else { 0 }),
            rows_used: Vec::new(),
        }
    }

    /// The kind of care.
    pub fn care(&self) -> CareKind {
        self.case.bill.care
    }

    /// Uses a row: its value decides about the result.
    ///
    /// # Errors
    /// [`Refusal::PolicyValueMissing`] if it stands for a value that the area has not supplied.
    pub fn use_row(&mut self, origin: &Origin, name: &'static str) -> Result<(), Refusal> {
        self.look_at(origin)?;
        self.rely_on(origin, name);
        Ok(())
    }

    /// Looks at a row whose value may turn out not to matter, such as a limit that is not reached.
    ///
    /// # Errors
    /// [`Refusal::PolicyValueMissing`] if it stands for a value that the area has not supplied.
    pub fn look_at(&mut self, origin: &Origin) -> Result<(), Refusal> {
        if TRACE {
            self.rows_used.push(origin.line);
        }
        if let Some(missing) = &origin.missing {
            return Err(Refusal::PolicyValueMissing {
                area: self.scheme.name.clone(),
                value: missing.to_string(),
            });
        }
        Ok(())
    }

    /// Notes that the value of a row decided about the result.
    pub fn rely_on(&mut self, origin: &Origin, name: &'static str) {
        if origin.citation.confidence == Confidence::Unconfirmed && !self.unconfirmed.contains(&name) {
            self.unconfirmed.push(name);
        }
    }

    /// No row answers this person: the register says something of them, such as a tier, that the policy does not know.
    pub fn nobody(&self, name: &str) -> Refusal {
        let value = format!("该人员情形适用的{}{name}", self.care());
        Refusal::PolicyValueMissing { area: self.scheme.name.clone(), value }
    }

    /// The adjustments of the ratio that concern the visit are values like others: missing, they refuse it.
    ///
    /// # Errors
    /// [`Refusal::PolicyValueMissing`] and [`Refusal::PersonFactMissing`], as for every row.
    pub fn use_adjustments_of_ratio(&mut self) -> Result<(), Refusal> {
        if self.base > self.deductible {
            self.use_adjustments(&self.plan.ratio.value.adjust, "支付比例")?;
        }
        Ok(())
    }

    /// The same for the layers that paid.
    ///
    /// # Errors
    /// As for the ratio.
    pub fn use_adjustments_of_layers(&mut self) -> Result<(), Refusal> {
        for Cited { value: layer, .. } in &self.scheme.layers {
            if self.contribution.get(Counter::of(self.care(), Measure::LayerPaid(layer.name))) != 0 {
                self.use_adjustments(&layer.adjust, layer.name.chinese())?;
            }
        }
        Ok(())
    }

    fn use_adjustments(&mut self, rows: &[Adjustment], name: &'static str) -> Result<(), Refusal> {
        for row in rows {
            let mut concerned = concerns_alone(&row.who, &self.asked)?;
            for disease in self.asked.diseases.iter().skip(1) {
                let asked = Asked { disease: Some(*disease), ..self.asked };
                concerned = concerned || concerns_alone(&row.who, &asked)?;
            }
            if concerned {
                self.use_row(&row.origin, name)?;
            }
        }
        Ok(())
    }

    /// Writes a step down. The words are made only if somebody will read them.
    pub fn note(
        &mut self,
        step: &'static str,
        amounts: (Fen, Fen),
        by: By<'_>,
        words: impl FnOnce() -> String,
    ) {
        if TRACE {
            let (amount_in, amount_out) = amounts;
            self.lines.push(by.line(step.into(), amount_in, words(), amount_out));
        }
    }

    /// Level and status in words, as parameters begin.
    pub fn who(&self) -> String {
        format!("{} {}", self.asked.level, self.asked.status)
    }

    /// Puts a part of the burden on the person.
    pub fn bear(&mut self, part: Burden, amount: Fen) {
        self.burdens[part as usize] += amount;
    }

    /// Lets a fund pay.
    pub fn pay(&mut self, fund: Fund, amount: Fen) {
        self.payments[fund as usize] += amount;
    }

    /// What the funds pay so far.
    pub fn paid(&self) -> Fen {
        self.payments.iter().copied().sum()
    }

    /// What a window of the year has counted so far over some kinds of care.
    pub fn counted(
        &self,
        care: Set<CareKind>,
        window: Window,
        disease: Option<DiseaseCode>,
        measure: Measure,
    ) -> Fen {
        care.iter().map(|care| Fen(self.year.get(Counter { care, window, disease, measure }))).sum()
    }

    /// The window of a period that this visit lies in; `None` for the visit itself.
    pub fn window(&self, period: Period) -> Option<Window> {
        window(period, self.case.bill.discharge)
    }

    /// Checks what must always hold, and writes down what this visit adds to the year.
    pub fn close(&mut self) {
        let fund_total = self.paid();
        let person_total = self.split.total - fund_total;
        let burden: Fen = self.burdens.iter().copied().sum();
        assert_eq!(burden, person_total, "what the funds do not pay is the person's burden");
        assert!(self.burdens.iter().all(|part| !part.is_negative()), "a burden is below nothing");
        assert!(self.payments.iter().all(|part| !part.is_negative()), "a payment is below nothing");
        let by_accounts = self.accounts.0 + self.accounts.1.iter().copied().sum::<Fen>();
        assert!(by_accounts <= person_total, "the accounts paid more than the person's burden");
        self.note("个人负担", (self.split.total, person_total), By::Interface, || {
            "费用总额减基金支付".to_owned()
        });
        self.contribute(person_total);
    }

    fn contribute(&mut self, person_total: Fen) {
        let care = self.care();
        let goes_on = goes_on(self.plan, self.case, self.part);
        let mut add = |measure, amount: i64| self.contribution.add(Counter::of(care, measure), amount);
        add(Measure::Visits, i64::from(!goes_on));
        add(Measure::Total, self.split.total.0);
        add(Measure::InScope, self.split.in_scope.0);
        add(Measure::Divided, (self.base - self.deductible).0);
        add(Measure::Deductible, self.deductible.0);
        add(Measure::Person, person_total.0);
        for (fund, paid) in Fund::ALL.iter().zip(self.payments) {
            add(Measure::Paid(*fund), paid.0);
        }
        self.contribute_to_windows();
    }

    /// Counts for the quarters, months, days and diseases that some limit or deductible of the policy asks for.
    fn contribute_to_windows(&mut self) {
        let care = self.care();
        for plan in self.scheme.plans.iter().flatten() {
            for limit in plan.cap.iter().flat_map(|cap| &cap.value) {
                if !limit.care.contains(care) {
                    continue;
                }
                let Some(window) = self.window(limit.period) else { continue };
                let disease = cap::disease_of(limit, &self.asked);
                if window == Window::Year && disease.is_none() {
                    continue;
                }
                match &limit.counts {
                    Counted::Paid(funds) => {
                        for fund in funds {
                            self.count_once(
                                window,
                                disease,
                                Measure::Paid(*fund),
                                self.payments[*fund as usize],
                            );
                        }
                    }
                    Counted::InScope => {
                        self.count_once(window, disease, Measure::InScope, self.split.in_scope);
                    }
                    Counted::Divided => {
                        self.count_once(window, disease, Measure::Divided, self.base - self.deductible);
                    }
                }
            }
        }
        let shares =
            |deductible: &Deductible, of: CareKind| of == care || deductible.shared_with.contains(care);
        for (of, plan) in CareKind::ALL.iter().zip(&self.scheme.plans) {
            let deductible = plan.as_ref().and_then(|plan| plan.deductible.as_ref());
            let Some(deductible) = deductible.filter(|it| shares(&it.value, *of)) else { continue };
            if let Some(window) = deductible::window(deductible.value.recurs, self.case.bill.discharge)
                && window != Window::Year
            {
                self.count_once(window, None, Measure::Deductible, self.deductible);
            }
        }
    }

    fn count_once(&mut self, window: Window, disease: Option<DiseaseCode>, measure: Measure, amount: Fen) {
        let counter = Counter { care: self.care(), window, disease, measure };
        if self.contribution.get(counter) == 0 {
            self.contribution.add(counter, amount.0);
        }
    }

    /// The lines of the rows that the visit came to; of a refused one also the cross-region rule not to pay, if it was one.
    pub fn rows_touched(mut self) -> Vec<u32> {
        self.rows_used.sort_unstable();
        self.rows_used.dedup();
        self.rows_used
    }

    /// The answer without steps.
    pub fn into_outcome(self) -> Outcome {
        Outcome {
            person_total: self.split.total - self.paid(),
            fund_payments: self.payments,
            deductible_paid: self.deductible,
            contribution: self.contribution,
            unconfirmed: !self.unconfirmed.is_empty(),
        }
    }

    /// The answer.
    pub fn into_breakdown(self) -> Breakdown {
        let fund_total = self.paid();
        let pool = self.payments[self.scheme.scheme.pool() as usize];
        let named = |amount: &Fen| !amount.is_zero();
        let care = self.care();
        let breakdown = Breakdown {
            fund_payments: Fund::ALL
                .iter()
                .copied()
                .zip(self.payments)
                .filter(|(_, paid)| named(paid))
                .collect(),
            fund_total,
            person_total: self.split.total - fund_total,
            burdens: Burden::LISTED
                .iter()
                .copied()
                .zip(self.burdens)
                .filter(|(_, part)| named(part))
                .collect(),
            account_paid: self.accounts.0,
            account_left: self.case.accounts.as_ref().map(|accounts| accounts.own - self.accounts.0),
            family_paid: self.accounts.1,
            deductible_paid: self.deductible,
            pool_ratio: Rate::of_parts(pool, self.base - self.deductible + self.split.in_full),
            contribution: self.contribution,
            earlier: None,
            policy_day: self.scheme.policy_day,
            unconfirmed: self.unconfirmed.iter().map(|name| format!("{care}{name}")).collect(),
            split: self.split,
            lines: self.lines,
            rows_used: self.rows_used,
        };
        breakdown.must_hold()
    }
}

/// Whether the visit is part of an admission that has been counted.
fn goes_on(plan: &Plan, case: &Case, part: Part) -> bool {
    let one_admission = |transfer: AfterTransfer| transfer != AfterTransfer::New;
    let transferred = case.bill.transferred_with.is_some()
        && plan.deductible.as_ref().is_some_and(|it| one_admission(it.value.after_transfer));
    transferred || case.continues.is_some() || part == Part::Second { own_admission: false }
}

/// The window of a period that a day lies in; `None` for the visit itself.
pub fn window(period: Period, day: Day) -> Option<Window> {
    let month = i8::try_from(day.month().number() % 100).expect("a month of a year");
    match period {
        Period::Year => Some(Window::Year),
        Period::Quarter => Some(Window::Quarter(day.year(), (month - 1) / 3 + 1)),
        Period::Month => Some(Window::Month(day.year(), month)),
        Period::Day => Some(Window::Day(day)),
        Period::Visit => None,
    }
}

/// By what a step is done: the source of its parameter, and what it does to the amount.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// The treatment place's catalog.
    Catalog,
    /// The sums that the national interface defines.
    Interface,
    /// What holds within a province where no policy says otherwise.
    WithinProvince,
    /// A value of the policy.
    Policy {
        /// Where it is written.
        citation: &'a Arc<Citation>,
        /// The cross-region rule that changed it.
        changed: Option<&'a Arc<Citation>>,
        /// How the result was rounded.
        rounding: Option<Rounding>,
        /// The fund that pays the result.
        fund: Option<Fund>,
    },
}

const CATALOG: &str = "就医地医保目录";
const WITHIN_PROVINCE: &str = "省内异地就医不需备案，本地待遇（政策未另作规定）";
const IDENTITY: &str = "全国统一接口规范 结算金额关系";

impl<'a> By<'a> {
    /// A value of the policy.
    pub const fn policy(citation: &'a Arc<Citation>) -> Self {
        Self::Policy { citation, changed: None, rounding: None, fund: None }
    }

    /// The same, changed by a cross-region rule, if by any.
    pub fn changed_by(self, rule: Option<&'a Arc<Citation>>) -> Self {
        match self {
            Self::Policy { citation, rounding, fund, .. } => {
                let changed = rule.filter(|rule| *rule != citation);
                Self::Policy { citation, changed, rounding, fund }
            }
            other => other,
        }
    }

    /// The same, with the result rounded.
    pub const fn rounded(self, rounding: Rounding) -> Self {
        match self {
            Self::Policy { citation, changed, fund, .. } => {
                Self::Policy { citation, changed, rounding: Some(rounding), fund }
            }
            other => other,
        }
    }

    /// The same, with the result paid by a fund.
    pub const fn paid_by(self, fund: Fund) -> Self {
        match self {
            Self::Policy { citation, changed, rounding, .. } => {
                Self::Policy { citation, changed, rounding, fund: Some(fund) }
            }
            other => other,
        }
    }

    fn line(self, step: Cow<'static, str>, amount_in: Fen, parameter: String, amount_out: Fen) -> Line {
        let plain = |source: &str| Line {
            step: step.clone(),
            amount_in,
            parameter: parameter.clone(),
            since: None,
            amount_out,
            rounding: None,
            fund: None,
            source: source.into(),
            confidence: None,
        };
        match self {
            Self::Catalog => plain(CATALOG),
            Self::Interface => plain(IDENTITY),
            Self::WithinProvince => plain(WITHIN_PROVINCE),
            Self::Policy { citation, changed, rounding, fund } => {
                let unsure = |one: &Arc<Citation>| one.confidence == Confidence::Unconfirmed;
                let confidence = if unsure(citation) || changed.is_some_and(unsure) {
                    Confidence::Unconfirmed
                } else {
                    Confidence::Confirmed
                };
                let source: Words = match changed {
                    Some(changed) => format!("{}；{}", citation.text, changed.text).into(),
                    None => Arc::clone(&citation.text),
                };
                Line {
                    step,
                    amount_in,
                    parameter,
                    since: Some(citation.from),
                    amount_out,
                    rounding,
                    fund,
                    source,
                    confidence: Some(confidence),
                }
            }
        }
    }
}

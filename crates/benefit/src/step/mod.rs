//! The steps of the computation, one a file, in the order in which [`crate::compute`] takes them, and the worksheet that they
//! hand on.
//!
//! | file | step |
//! |---|---|
//! | `scope` | refuse what cannot be divided; enter the treatment place's split |
//! | `cross_region` | find the rule for the stay's standing; first self-pay |
//! | `deductible` | 起付标准 |
//! | `ratio` | 支付比例 by bands |
//! | `cap` | 最高支付限额, and the layer above it |
//! | `catastrophic` | 大病保险 |

pub mod cap;
pub mod catastrophic;
pub mod cross_region;
pub mod deductible;
pub mod ratio;
pub mod scope;

use crate::{
    bill::{Case, Split},
    breakdown::{Breakdown, Line},
    scheme::{Asked, Citation, CrossRegionRule, Scheme},
    year::YearToDate,
};
use std::collections::BTreeMap;
use terms::{Fen, Fund, Rate, Rounding};

/// A part of the in-scope amount with the share that a fund pays of it.
pub struct Portion {
    /// What it is, in words.
    pub parameter: String,
    /// How much.
    pub amount: Fen,
    /// The fund's share.
    pub rate: Rate,
    /// The fund; `None`: the person pays it all.
    pub fund: Option<Fund>,
    /// What the fund pays: `rate` of `amount`, unless a limit cut it.
    pub share: Fen,
    /// Where the share is written.
    pub source: String,
}

/// The state between two steps.
pub struct Worksheet<'a> {
    /// The policy.
    pub scheme: &'a Scheme,
    /// The question.
    pub case: &'a Case,
    /// The year before this stay.
    pub year: &'a YearToDate,
    /// The cross-region rule that concerns the stay.
    pub rule: &'a CrossRegionRule,
    /// What the tables are asked.
    pub asked: Asked,
    /// The whole bill.
    pub split: Split,
    /// The in-scope amount that is left to divide, deductible included.
    pub base: Fen,
    /// The deductible paid.
    pub deductible: Fen,
    /// The parts, lowest band first.
    pub portions: Vec<Portion>,
    /// What each fund pays.
    pub payments: BTreeMap<Fund, Fen>,
    lines: Vec<Line>,
}

impl<'a> Worksheet<'a> {
    /// The start.
    pub fn new(scheme: &'a Scheme, case: &'a Case, year: &'a YearToDate, rule: &'a CrossRegionRule) -> Self {
        let split = case.bill.sum();
        Self {
            scheme,
            case,
            year,
            rule,
            asked: Asked::of(case),
            split,
            base: split.in_scope,
            deductible: Fen::ZERO,
            portions: Vec::new(),
            payments: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    /// Notes a step that pays nothing.
    pub fn note(&mut self, step: &str, amount_in: Fen, parameter: String, amount_out: Fen, source: String) {
        self.lines.push(Line { step: step.to_owned(), amount_in, parameter, amount_out, fund: None, source });
    }

    /// Notes a payment and makes it.
    pub fn pay(&mut self, step: &str, portion: Portion) {
        let Portion { parameter, amount, fund, share, source, .. } = portion;
        if let Some(fund) = fund.filter(|_| !share.is_zero()) {
            *self.payments.entry(fund).or_default() += share;
        }
        self.lines.push(Line {
            step: step.to_owned(),
            amount_in: amount,
            parameter,
            amount_out: share,
            fund,
            source,
        });
    }

    /// What the funds pay so far.
    pub fn paid(&self) -> Fen {
        self.payments.values().copied().sum()
    }

    /// Level and status in words, as parameters begin.
    pub fn who(&self) -> String {
        format!("{} {}", self.asked.level, self.asked.status)
    }

    /// The answer.
    pub fn finish(mut self) -> Breakdown {
        let fund_total = self.paid();
        let person_total = self.split.total - fund_total;
        assert!(!person_total.is_negative(), "the funds paid more than the bill");
        assert!(fund_total <= self.split.in_scope, "the funds paid more than the in-scope amount");
        self.note(
            "个人负担",
            self.split.total,
            "费用总额减基金支付".to_owned(),
            person_total,
            IDENTITY.to_owned(),
        );
        let contribution = YearToDate {
            admissions: 1,
            total: self.split.total,
            in_scope: self.split.in_scope,
            deductible: self.deductible,
            person: person_total,
            fund_paid: self.payments.clone(),
        };
        let pool = self.payments.get(&self.scheme.scheme.pool()).copied().unwrap_or_default();
        Breakdown {
            lines: self.lines,
            fund_payments: self.payments,
            fund_total,
            person_total,
            deductible_paid: self.deductible,
            pool_ratio: share_of(pool, self.base - self.deductible),
            contribution,
            policy_day: self.scheme.policy_day,
            split: self.split,
        }
    }
}

const IDENTITY: &str = "全国统一接口规范 结算金额关系";

/// The part as a rate of the whole to four decimals, a tie goes up; nothing of nothing.
fn share_of(part: Fen, whole: Fen) -> Rate {
    if whole <= Fen::ZERO {
        return Rate::NONE;
    }
    let (part, whole) = (i128::from(part.0), i128::from(whole.0));
    let permyriad = (part * 20_000 + whole) / (whole * 2);
    u16::try_from(permyriad)
        .ok()
        .and_then(Rate::permyriad)
        .expect("the pool pays no more than was left to divide")
}

/// A portion whose share is the rate of it: the one place where a fund's share is rounded.
pub fn portion(
    parameter: String,
    amount: Fen,
    rate: Rate,
    fund: Option<Fund>,
    citation: &Citation,
) -> Portion {
    let share = if fund.is_some() { rate.of(amount, Rounding::HalfUp) } else { Fen::ZERO };
    Portion { parameter, amount, rate, fund, share, source: citation.to_string() }
}

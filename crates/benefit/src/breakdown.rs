//! The answer: what each fund pays and why, line by line. It is the settlement statement, the dispute file and the test
//! output at once.

use crate::{bill::Split, year::YearToDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use terms::{Day, Fen, Fund, Rate};

/// One step of the computation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Name of the step in Chinese: `起付标准`.
    pub step: String,
    /// The amount that the step looked at.
    pub amount_in: Fen,
    /// The parameter it used, in words: `三级 在职 30000-40000元 90%`.
    pub parameter: String,
    /// The amount that came out of it.
    pub amount_out: Fen,
    /// The fund that pays `amount_out`; `None` where nobody but the person does.
    pub fund: Option<Fund>,
    /// Where the parameter comes from: title, number, key, link, and whether it is confirmed.
    pub source: String,
}

/// What a stay is paid, by whom, and why.
///
/// Always: `fund_total + person_total == split.total`, `fund_total <= split.in_scope`, and nothing below nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown {
    /// The steps in order.
    pub lines: Vec<Line>,
    /// What each fund pays; a fund that pays nothing is not named.
    pub fund_payments: BTreeMap<Fund, Fen>,
    /// All funds together (基金支付总额, `fund_pay_sumamt`).
    pub fund_total: Fen,
    /// What the person pays (个人负担总额, `psn_part_amt`).
    pub person_total: Fen,
    /// The deductible paid with this stay (本次支付起付标准, `act_pay_dedc`).
    pub deductible_paid: Fen,
    /// The pool's share (基本统筹支付比例, `pool_prop_selfpay`) of what was left after the deductible, to four decimals.
    pub pool_ratio: Rate,
    /// Exactly what this settlement adds to the person's year.
    pub contribution: YearToDate,
    /// First day of the version of the policy that was used.
    pub policy_day: Day,
    /// The bill that was divided.
    pub split: Split,
}

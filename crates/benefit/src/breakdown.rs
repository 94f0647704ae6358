//! The answer: what each fund pays and why, line by line. It is the settlement statement, the dispute file and the test
//! output at once.

use crate::{
    bill::Split,
    scheme::{Burden, Confidence, Words},
    year::YearToDate,
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};
use terms::{Day, Fen, Fund, Rate, Rounding};

/// One step of the computation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Name of the step in Chinese: `起付标准`.
    pub step: Cow<'static, str>,
    /// The amount that the step looked at.
    pub amount_in: Fen,
    /// The parameter it used, in words: `三级 在职 30000-40000元 90%`.
    pub parameter: String,
    /// The first day on which the parameter holds; none where it is no policy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
    /// The amount that came out of it.
    pub amount_out: Fen,
    /// How the amount became whole fen; none where nothing was rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
    /// The fund that pays `amount_out`; `None` where nobody but the person does.
    pub fund: Option<Fund>,
    /// Where the parameter comes from: title, number, key, link, and whether it is confirmed.
    pub source: Words,
    /// How sure one is of it; none where it is no policy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

/// What a visit is paid, by whom, and why.
///
/// Always: `fund_total + person_total == split.total`; the burdens are what the person pays, and accounts and cash together
/// pay them; nothing is below nothing. These are checked at every computation, and a breach stops it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown {
    /// The steps in order.
    pub lines: Vec<Line>,
    /// What each fund pays; a fund that pays nothing is not named.
    pub fund_payments: BTreeMap<Fund, Fen>,
    /// All funds together (基金支付总额, `fund_pay_sumamt`).
    pub fund_total: Fen,
    /// What the person pays (个人负担总额, `psn_part_amt`), accounts included.
    pub person_total: Fen,
    /// What of it each part of the burden is, after all layers; a part that is nothing is not named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub burdens: BTreeMap<Burden, Fen>,
    /// What of it the person's own account pays (个人账户支出, `acct_pay`).
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub account_paid: Fen,
    /// What of it the accounts of family members pay (账户共济支付, `acct_mulaid_pay`), in the order in which they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub family_paid: Vec<Fen>,
    /// What the own account holds afterwards (余额, `balc`), where it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_left: Option<Fen>,
    /// The deductible paid with this visit (本次支付起付标准, `act_pay_dedc`).
    pub deductible_paid: Fen,
    /// The pool's share (基本统筹支付比例, `pool_prop_selfpay`) of what was left after the deductible, to four decimals.
    pub pool_ratio: Rate,
    /// Exactly what this settlement adds to the person's year: that of the discharge.
    pub contribution: YearToDate,
    /// What it adds to the year before, if the stay was split at the year's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<EarlierYear>,
    /// First day of the version of the policy that was used.
    pub policy_day: Day,
    /// The values that were used though nobody has confirmed them, by name. A settlement that needs one is refused, unless
    /// the node is a sandbox.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unconfirmed: Vec<String>,
    /// The bill that was divided.
    pub split: Split,
    /// The lines of the policy file whose rows were used; not part of what is sent or stored.
    #[serde(skip)]
    pub rows_used: Vec<u32>,
}

impl Breakdown {
    /// What the person pays in cash (个人现金支出, `psn_cash_pay`).
    pub fn cash(&self) -> Fen {
        self.person_total - self.account_paid - self.family_total()
    }

    /// What the accounts of family members pay together.
    pub fn family_total(&self) -> Fen {
        self.family_paid.iter().copied().sum()
    }
}

/// What a stay that was split at the year's end adds to the earlier year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierYear {
    /// The insurance year.
    pub year: i16,
    /// What is added to it.
    pub contribution: YearToDate,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_nothing(amount: &Fen) -> bool {
    amount.is_zero()
}

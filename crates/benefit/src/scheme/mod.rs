//! The policy of one pooling area and scheme, resolved at a day: what [`crate::compute`] reads. All values have been checked
//! when they were loaded.
//!
//! A table (起付标准, 支付比例, a limit) is a list of rows, each with a [`Selector`] that says whom it concerns and an
//! [`Origin`] that says where it is written. [`select`] finds the rows of one visit.

mod account;
mod cited;
mod cross_region;
mod deductible;
mod layer;
mod limit;
mod ratio;
mod who;

pub use account::{AccountRule, YearCrossing, YearEnd};
pub use cited::{Citation, Cited, Confidence, Origin, Source};
pub use cross_region::{Change, CrossRegionRule, Standing, Where};
pub use deductible::{AfterTransfer, Deductible, DeductibleRow, Recurrence};
pub use layer::{Burden, Layer, LayerBasis};
pub use limit::{Above, AmountRow, Counted, Limit, Period, SeveralDiseases};
pub use ratio::{Adjustment, Band, Basis, Ratio, adjusted};
pub use who::{Asked, Row, Selection, Selector, concerns_alone, select};

use std::sync::Arc;
use terms::{CareKind, Day, Fen, InsuranceScheme, MemberStatus, PoolingArea, Rate};

/// The benefit policy (待遇政策) of one pooling area and scheme on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// The pooling area.
    pub area: PoolingArea,
    /// Its name, `武汉市`.
    pub name: String,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The first day of this version: the latest first day of the parts below.
    pub policy_day: Day,
    /// The day on which a person last checked that the newest values still hold.
    pub checked_on: Day,
    /// Month and day on which the insurance year (医保年度) begins.
    pub year_starts: (i8, i8),
    /// The benefits by kind of care, in the order of [`CareKind::ALL`].
    pub plans: [Option<Plan>; CareKind::ALL.len()],
    /// What changes for a visit outside the pooling area.
    pub cross_region: Cited<Vec<CrossRegionRule>>,
    /// 大病保险, 医疗救助 and the other layers, in the order in which they pay.
    pub layers: Vec<Cited<Layer>>,
    /// 个人账户.
    pub account: Option<Cited<AccountRule>>,
    /// 跨年度住院; without it a stay counts wholly for the year of discharge.
    pub year_crossing: Option<Cited<YearCrossing>>,
}

/// The benefit of one kind of care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// 起付标准; `None`: there is none.
    pub deductible: Option<Cited<Deductible>>,
    /// 支付比例.
    pub ratio: Cited<Ratio>,
    /// 最高支付限额.
    pub cap: Option<Cited<Vec<Limit>>>,
}

impl Scheme {
    /// The benefit of a kind of care, if the policy has one.
    pub fn plan(&self, care: CareKind) -> Option<&Plan> {
        self.plans[care as usize].as_ref()
    }

    /// The first day of the insurance year (医保年度) that a day lies in.
    pub fn year_first_day(&self, day: Day) -> Day {
        first_day_of_year(self.year_starts, day)
    }

    /// The insurance year that a day lies in, named by the calendar year in which it begins.
    pub fn insurance_year(&self, day: Day) -> i16 {
        self.year_first_day(day).year()
    }
}

fn first_day_of_year((month, day_of_month): (i8, i8), day: Day) -> Day {
    let begins = |year| Day::new(year, month, day_of_month).expect("checked when the policy was loaded");
    let this = begins(day.year());
    if this <= day { this } else { begins(day.year() - 1) }
}

/// Whole yuan without decimals, else with two.
pub(crate) fn yuan(amount: Fen) -> String {
    if amount.0 % 100 == 0 { (amount.0 / 100).to_string() } else { amount.to_string() }
}

/// A rate as points: `10个百分点`.
pub(crate) fn points(rate: Rate) -> String {
    format!("{}个百分点", rate.to_string().trim_end_matches('%'))
}

/// The statuses that a scheme has.
pub const fn statuses_of(scheme: InsuranceScheme) -> &'static [MemberStatus] {
    match scheme {
        InsuranceScheme::Employee => &[MemberStatus::Employed, MemberStatus::Retired],
        InsuranceScheme::Resident => &[MemberStatus::Minor, MemberStatus::Adult, MemberStatus::Elderly],
    }
}

/// A text that many lines of many answers share.
pub type Words = Arc<str>;

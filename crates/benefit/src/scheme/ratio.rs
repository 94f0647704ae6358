//! 支付比例: how the amount above the deductible is divided.

use super::{Asked, Origin, Row, Selector, who::concerns_alone, yuan};
use serde::Deserialize;
use terms::{CareKind, Fen, Fund, Rate, Refusal, Rounding, Set};

/// 支付比例 of one kind of care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// What the bands measure.
    pub basis: Basis,
    /// For a basis of the year: the kinds of care whose amounts count together.
    pub care: Set<CareKind>,
    /// The bands.
    pub bands: Vec<Band>,
    /// What changes the ratio for some, one after the other.
    pub adjust: Vec<Adjustment>,
    /// But the pool's ratio is at most this.
    pub at_most: Option<Rate>,
    /// How a share becomes fen: once for each fund, at the end.
    pub rounding: Rounding,
}

/// What bands measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The in-scope amount of this stay, from its first fen: the deductible lies in the lowest band.
    Stay,
    /// The amount of this stay above the deductible.
    StayAboveDeductible,
    /// The in-scope amount of the insurance year.
    Year,
    /// The amount of the insurance year above the deductibles.
    YearAboveDeductible,
}

/// A share that a fund pays of a part of the amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// For whom.
    pub who: Selector,
    /// Where it is written.
    pub origin: Origin,
    /// Above this amount.
    pub over: Fen,
    /// Up to and with this amount; `None`: without end.
    pub to: Option<Fen>,
    /// The fund's share.
    pub rate: Rate,
    /// Which fund.
    pub fund: Fund,
}

impl Row for Band {
    fn who(&self) -> &Selector {
        &self.who
    }
    fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl Band {
    /// How much of the stretch between two amounts lies in this band.
    pub fn portion(&self, start: Fen, end: Fen) -> Fen {
        let top = self.to.map_or(end, |to| end.at_most(to));
        (top - start.max(self.over)).or_zero()
    }

    /// `0-30000元`, `30000元以上`.
    pub fn range(&self) -> String {
        match self.to {
            Some(to) => format!("{}-{}元", yuan(self.over), yuan(to)),
            None => format!("{}元以上", yuan(self.over)),
        }
    }
}

/// A change of the ratio for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// For whom.
    pub who: Selector,
    /// Where it is written.
    pub origin: Origin,
    /// Points more.
    pub more: Rate,
    /// Points less.
    pub less: Rate,
    /// Points more for every whole year of age.
    pub more_by_age: Rate,
    /// The person's own share times this: `80%` makes 14 % own share 11.2 %.
    pub own_share_times: Option<Rate>,
}

impl Adjustment {
    fn applied_to(&self, rate: Rate, age: i16) -> Rate {
        let years = u32::try_from(age).unwrap_or(0);
        let by_age = u32::from(self.more_by_age.as_permyriad()).saturating_mul(years).min(10_000);
        let by_age = u16::try_from(by_age).ok().and_then(Rate::permyriad).unwrap_or(Rate::WHOLE);
        let rate = rate.plus(self.more).plus(by_age).less(self.less);
        self.own_share_times.map_or(rate, |times| times_rate(rate.rest(), times).rest())
    }
}

/// A ratio with all adjustments that concern the visit, one after the other, and the most that it may be.
///
/// # Errors
/// [`Refusal::PersonFactMissing`] if an adjustment asks for something that the register does not say of the person.
pub fn adjusted(
    rate: Rate,
    adjustments: &[Adjustment],
    at_most: Option<Rate>,
    asked: &Asked<'_>,
) -> Result<Rate, Refusal> {
    let mut rate = rate;
    for adjustment in adjustments {
        if concerns_alone(&adjustment.who, asked)? {
            rate = adjustment.applied_to(rate, asked.age);
        }
    }
    Ok(at_most.map_or(rate, |most| rate.min(most)))
}

/// A share of a share, to the nearest permyriad, a tie goes up.
pub(super) fn times_rate(rate: Rate, factor: Rate) -> Rate {
    let product = factor.of(Fen(i64::from(rate.as_permyriad())), Rounding::HalfUp);
    let permyriad = u16::try_from(product.0).expect("a share of a rate is not above the rate");
    Rate::permyriad(permyriad).expect("a share of a rate is not above the rate")
}

//! Money is integer fen (分) and a share of money is an integer rate; nothing here is ever a floating-point number.

use serde::{Deserialize, Serialize};
use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub, SubAssign},
    str::FromStr,
};

/// An amount of money in fen, the hundredth of a yuan (元).
///
/// Amounts are positive; a negative amount only says that something is given back (a refunded line, the answer to a
/// cancellation). Sums are checked: an overflow is an impossible state and stops the operation.
///
/// ```
/// use terms::Fen;
/// let bill: Fen = "1234.5".parse().unwrap();
/// assert_eq!(bill, Fen(123_450));
/// assert_eq!(bill.to_string(), "1234.50");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The largest amount that is taken from outside: one thousand million yuan. A single bill, price or line above it
    /// is a mistake, and sums of a million of them still fit.
    pub const LIMIT: Self = Self(100_000_000_000);

    /// Whole yuan.
    pub const fn yuan(yuan: i64) -> Self {
        Self(yuan * 100)
    }

    /// The smaller of the two.
    #[must_use]
    pub fn at_most(self, other: Self) -> Self {
        self.min(other)
    }

    /// This amount, or nothing if it is below nothing.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// True for exactly nothing.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// True below nothing.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// This amount times a count of ten-thousandths (unit `1/10_000`), rounded half up to the fen; used for price times
    /// quantity, where the interface gives quantities with four decimals.
    #[must_use]
    pub fn scaled(self, ten_thousandths: i64) -> Self {
        Rounding::HalfUp.divide(i128::from(self.0) * i128::from(ten_thousandths), 10_000)
    }
}

impl Add for Fen {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect("a sum of money overflowed"))
    }
}

impl Sub for Fen {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("a difference of money overflowed"))
    }
}

impl Neg for Fen {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.checked_neg().expect("a negated amount of money overflowed"))
    }
}

impl AddAssign for Fen {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Fen {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Fen {
    /// Yuan with two decimals: `-12.05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02}", fen / 100, fen % 100))
    }
}

/// Why a text is not an amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMoney {
    /// Not digits with at most one point, or empty.
    NotANumber,
    /// More than two decimals that are not zero.
    TooFine,
    /// Beyond [`Fen::LIMIT`].
    TooLarge,
}

impl FromStr for Fen {
    type Err = NotMoney;

    /// Reads yuan as the national interface writes them: `100`, `100.5`, `-100.50`, also with further zeros.
    fn from_str(text: &str) -> Result<Self, NotMoney> {
        let fen = parse_decimal(text, 2)?;
        if fen.abs() > i128::from(Self::LIMIT.0) {
            return Err(NotMoney::TooLarge);
        }
        i64::try_from(fen).map(Self).map_err(|_| NotMoney::TooLarge)
    }
}

/// Reads a plain decimal number as an integer of `10^-places`: `parse_decimal("1.25", 4)` is `12_500`.
///
/// # Errors
/// What [`NotMoney`] lists. An exponent (`1e3`) is read as well, since some JSON writers print large numbers so.
pub fn parse_decimal(text: &str, places: u32) -> Result<i128, NotMoney> {
    let text = text.trim();
    let (text, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| NotMoney::NotANumber)?),
        None => (text, 0),
    };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits {
        return Err(NotMoney::NotANumber);
    }
    if whole.len() + fraction.len() > 30 || exponent.unsigned_abs() > 20 {
        return Err(NotMoney::TooLarge);
    }
    let mut value: i128 = format!("{whole}{fraction}").parse().map_err(|_| NotMoney::NotANumber)?;
    let fraction_length = i32::try_from(fraction.len()).map_err(|_| NotMoney::TooLarge)?;
    let mut shift = i32::try_from(places).map_err(|_| NotMoney::TooLarge)? + exponent - fraction_length;
    while shift > 0 {
        value = value.checked_mul(10).ok_or(NotMoney::TooLarge)?;
        shift -= 1;
    }
    while shift < 0 {
        if value % 10 != 0 {
            return Err(NotMoney::TooFine);
        }
        value /= 10;
        shift += 1;
    }
    Ok(if negative { -value } else { value })
}

/// How a share that is not a whole fen becomes one. Every place that rounds names one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest fen, a tie goes up (四舍五入): the rule of the national interface (6.4, identity 6).
    #[default]
    HalfUp,
    /// The broken fen is dropped (舍去厘以下).
    Down,
}

impl Rounding {
    /// The Chinese words: `四舍五入到分`.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::HalfUp => "四舍五入到分",
            Self::Down => "不足一分舍去",
        }
    }

    /// So many ten-thousandths of a fen as fen: what an exact share, kept unrounded over several steps, comes to.
    ///
    /// ```
    /// use terms::{Fen, Rounding};
    /// assert_eq!(Rounding::HalfUp.ten_thousandths(15_000), Fen(2));
    /// assert_eq!(Rounding::Down.ten_thousandths(19_999), Fen(1));
    /// ```
    pub fn ten_thousandths(self, amount: i64) -> Fen {
        let magnitude = amount.unsigned_abs();
        let quotient = match self {
            Self::HalfUp => (magnitude + 5_000) / 10_000,
            Self::Down => magnitude / 10_000,
        };
        let quotient = i64::try_from(quotient).expect("smaller than what it was divided from");
        Fen(if amount < 0 { -quotient } else { quotient })
    }

    /// The part `part / whole` of an amount: two days' share of nine days' costs.
    ///
    /// ```
    /// use terms::{Fen, Rounding};
    /// assert_eq!(Rounding::HalfUp.ratio(Fen(100), 2, 9), Fen(22));
    /// ```
    pub fn ratio(self, amount: Fen, part: i64, whole: i64) -> Fen {
        self.divide(i128::from(amount.0) * i128::from(part), i128::from(whole))
    }

    /// `numerator / denominator` as fen. The denominator is positive; a negative numerator rounds as its mirror image, so
    /// that giving back undoes exactly what was given.
    fn divide(self, numerator: i128, denominator: i128) -> Fen {
        let magnitude = numerator.abs();
        let quotient = match self {
            Self::HalfUp => (magnitude * 2 + denominator) / (denominator * 2),
            Self::Down => magnitude / denominator,
        };
        Fen(i64::try_from(quotient * numerator.signum()).expect("a share of money overflowed"))
    }
}

/// A share between nothing and the whole, in permyriad (万分之一): `Rate::permyriad(8_500)` is 85 %. The interface writes
/// ratios as `5,4`, which is exactly this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(u16);

impl Rate {
    /// Nothing of it.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const WHOLE: Self = Self(10_000);

    /// A rate of so many ten-thousandths; `None` above the whole.
    pub const fn permyriad(permyriad: u16) -> Option<Self> {
        if permyriad <= 10_000 { Some(Self(permyriad)) } else { None }
    }

    /// A rate of whole percent; `None` above 100.
    pub const fn percent(percent: u16) -> Option<Self> {
        if percent <= 100 { Some(Self(percent * 100)) } else { None }
    }

    /// What share a part is of the whole, to the nearest permyriad, a tie goes up; nothing of nothing, and never above the
    /// whole.
    ///
    /// ```
    /// use terms::{Fen, Rate};
    /// assert_eq!(Rate::of_parts(Fen(1), Fen(3)).as_permyriad(), 3_333);
    /// ```
    pub fn of_parts(part: Fen, whole: Fen) -> Self {
        if whole <= Fen::ZERO || part <= Fen::ZERO {
            return Self::NONE;
        }
        let (part, whole) = (i128::from(part.0), i128::from(whole.0));
        let permyriad = (part * 20_000 + whole) / (whole * 2);
        u16::try_from(permyriad).ok().and_then(Self::permyriad).unwrap_or(Self::WHOLE)
    }

    /// In ten-thousandths.
    pub const fn as_permyriad(self) -> u16 {
        self.0
    }

    /// This share of an amount, rounded as named. What is left is `amount - rate.of(amount, …)`: a subtraction, never a
    /// second rounding.
    ///
    /// ```
    /// use terms::{Fen, Rate, Rounding};
    /// let rate = Rate::permyriad(850).unwrap();
    /// assert_eq!(rate.of(Fen(100), Rounding::HalfUp), Fen(9), "8.5 is a tie and goes up");
    /// ```
    #[must_use]
    pub fn of(self, amount: Fen, rounding: Rounding) -> Fen {
        rounding.divide(i128::from(amount.0) * i128::from(self.0), 10_000)
    }

    /// What this rate leaves of the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(10_000 - self.0)
    }

    /// This rate lowered by another in points (百分点), not below nothing.
    #[must_use]
    pub fn less(self, points: Self) -> Self {
        Self(self.0.saturating_sub(points.0))
    }

    /// This rate raised by another in points, not above the whole.
    #[must_use]
    pub fn plus(self, points: Self) -> Self {
        Self((self.0 + points.0).min(10_000))
    }
}

impl fmt::Display for Rate {
    /// Percent without needless zeros: `85%`, `96.1%`, `95.55%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        f.pad(&match rest {
            0 => format!("{whole}%"),
            rest if rest % 10 == 0 => format!("{whole}.{}%", rest / 10),
            rest => format!("{whole}.{rest:02}%"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn yuan_are_read_to_the_fen_or_refused() {
        for (text, expected) in [
            ("0", Ok(Fen(0))),
            ("100", Ok(Fen(10_000))),
            ("100.5", Ok(Fen(10_050))),
            ("-2039.39", Ok(Fen(-203_939))),
            ("1.2300", Ok(Fen(123))),
            (".5", Ok(Fen(50))),
            ("1e3", Ok(Fen(100_000))),
            ("1.5E-1", Ok(Fen(15))),
            ("0.005", Err(NotMoney::TooFine)),
            ("", Err(NotMoney::NotANumber)),
            ("-", Err(NotMoney::NotANumber)),
            ("NaN", Err(NotMoney::NotANumber)),
            ("1,000", Err(NotMoney::NotANumber)),
            ("1000000000.00", Ok(Fen::LIMIT)),
            ("1000000000.01", Err(NotMoney::TooLarge)),
            ("1e99", Err(NotMoney::TooLarge)),
            ("1e-2147483648", Err(NotMoney::TooLarge)),
        ] {
            assert_eq!(text.parse::<Fen>(), expected, "{text}");
        }
    }

    #[test]
    fn a_tie_goes_up_and_just_under_it_goes_down() {
        for (amount, permyriad, expected) in [
            (Fen(100), 850, Fen(9)),
            (Fen(100), 849, Fen(8)),
            (Fen(-100), 850, Fen(-9)),
            (Fen(1), 5_000, Fen(1)),
        ] {
            let rate = Rate::permyriad(permyriad).unwrap();
            assert_eq!(rate.of(amount, Rounding::HalfUp), expected, "{rate} of {amount}");
        }
        assert_eq!(Rate::percent(99).unwrap().of(Fen(1), Rounding::Down), Fen(0));
    }

    #[test]
    fn rates_print_without_needless_zeros() {
        let print = |permyriad| Rate::permyriad(permyriad).unwrap().to_string();
        assert_eq!([print(8_500), print(9_610), print(9_555)], ["85%", "96.1%", "95.55%"]);
        assert_eq!(Rate::permyriad(10_001), None);
    }

    proptest! {
        #[test]
        fn an_amount_reads_back_as_it_prints(fen in -100_000_000_000i64..=100_000_000_000) {
            prop_assert_eq!(Fen(fen).to_string().parse::<Fen>(), Ok(Fen(fen)));
        }

        #[test]
        fn a_share_is_within_one_fen_and_mirrors_when_given_back(fen in 0i64..=100_000_000_000, permyriad in 0u16..=10_000) {
            let rate = Rate::permyriad(permyriad).unwrap();
            let share = rate.of(Fen(fen), Rounding::HalfUp);
            let exact = i128::from(fen) * i128::from(permyriad);
            prop_assert!((i128::from(share.0) * 10_000 - exact).abs() <= 5_000);
            prop_assert_eq!(rate.of(Fen(-fen), Rounding::HalfUp), -share);
        }
    }
}

//! 单价: the price of one unit.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use terms::{Fen, money::parse_decimal};

/// A price of one unit in millionths of a yuan, as fine as the interface's `pric`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(i64);

impl Price {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From millionths of a yuan; `None` below nothing.
    pub const fn micro_yuan(micro_yuan: i64) -> Option<Self> {
        if micro_yuan >= 0 { Some(Self(micro_yuan)) } else { None }
    }

    /// In millionths of a yuan.
    pub const fn as_micro_yuan(self) -> i64 {
        self.0
    }

    /// This price times a quantity in ten-thousandths, to the nearest fen, a tie goes up; a quantity below nothing counts
    /// as none.
    #[must_use]
    pub fn times(self, quantity_ten_thousandths: i64) -> Fen {
        const PER_FEN: i128 = 100_000_000;
        let product = i128::from(self.0) * i128::from(quantity_ten_thousandths.max(0));
        let fen = (product * 2 + PER_FEN) / (PER_FEN * 2);
        Fen(i64::try_from(fen).unwrap_or(i64::MAX))
    }
}

impl FromStr for Price {
    type Err = terms::money::NotMoney;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use terms::money::NotMoney;
        let micro_yuan = parse_decimal(text, 6)?;
        let micro_yuan = i64::try_from(micro_yuan).map_err(|_| NotMoney::TooLarge)?;
        Self::micro_yuan(micro_yuan).ok_or(NotMoney::NotANumber)
    }
}

impl fmt::Display for Price {
    /// Yuan with two decimals, or as many more as it needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:06}", self.0 % 1_000_000);
        let needed = fraction.trim_end_matches('0').len().max(2);
        f.pad(&format!("{}.{}", self.0 / 1_000_000, &fraction[..needed]))
    }
}

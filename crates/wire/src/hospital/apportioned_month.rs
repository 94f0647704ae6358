//! The month that 3260, 3261 and 3262 are about (清分年份, 清分月份).

use super::field::Row;
use terms::{Month, Refusal};

/// Reads `trt_year` and `trt_month`.
pub fn read(row: &Row<'_>) -> Result<Month, Refusal> {
    let year = row.text("trt_year", "清分年份", 4)?;
    let month = row.text("trt_month", "清分月份", 2)?;
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let year = number(&year)
        .filter(|year| (1900..=2199).contains(year))
        .ok_or_else(|| row.wrong("trt_year", "清分年份，四位数字"))?;
    let wrong = || row.wrong("trt_month", "清分月份，01至12");
    let month = number(&month).and_then(|month| i8::try_from(month).ok()).ok_or_else(wrong)?;
    Month::new(year, month).ok_or_else(wrong)
}

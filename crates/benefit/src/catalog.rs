//! The treatment place's catalog (医保目录), by which every line of a bill is split before the insured place sees it.
//!
//! A catalog is a text of comma-separated lines under the head [`HEAD`]; `#` begins a comment line. A province's catalog is
//! the national list with the province's own lines laid over it ([`Catalog::overlay`]); several lines of one code follow each
//! other in time.

use crate::{bill::Split, policy::PolicyError};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};
use terms::{CatalogClass, ChargeCategory, Day, Fen, Rate, Rounding, SettlementLevel, money::parse_decimal};

/// The head of a catalog text: the columns in their order.
pub const HEAD: &str =
    "code,name,category,class,first_self_pay,limit_primary,limit_secondary,limit_tertiary,from,to";

/// A price of one unit in millionths of a yuan, as fine as the interface's `pric`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(i64);

impl Price {
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

/// One item of a catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogItem {
    /// Its national code (医疗目录编码, `med_list_codg`).
    pub code: String,
    /// Its name.
    pub name: String,
    /// The expense category (大类) that it is summed in.
    pub category: ChargeCategory,
    /// 甲类, 乙类 or 丙类.
    pub class: CatalogClass,
    /// The person's first share of a 乙类 item (先行自付比例, `selfpay_prop`).
    pub first_self_pay: Rate,
    /// Limit price of one unit (医保支付标准/限价, `pric_uplmt_amt`) at 一级, 二级, 三级; `None`: no limit.
    pub limits: [Option<Price>; 3],
    /// First day.
    pub from: Day,
    /// Last day, if it has ended.
    pub to: Option<Day>,
}

impl CatalogItem {
    /// The limit price at a hospital of this level.
    pub fn limit(&self, level: SettlementLevel) -> Option<Price> {
        match level.national() {
            SettlementLevel::Secondary => self.limits[1],
            SettlementLevel::Tertiary => self.limits[2],
            _ => self.limits[0],
        }
    }

    fn is_valid_on(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// Splits the amount of one line: 丙类 is out of scope; what passes the limit price times the quantity is over the limit; of
/// the rest the person pays the first share, half up to the fen. A line that gives back mirrors the line it undoes exactly.
pub fn split_line(
    item: &CatalogItem,
    level: SettlementLevel,
    amount: Fen,
    quantity_ten_thousandths: i64,
) -> Split {
    if amount.is_negative() {
        return -split_line(item, level, -amount, quantity_ten_thousandths.saturating_neg());
    }
    if item.class == CatalogClass::C {
        return Split { total: amount, out_of_scope: amount, ..Split::default() };
    }
    let allowed = item.limit(level).map_or(amount, |price| price.times(quantity_ten_thousandths));
    let over_limit = (amount - allowed).or_zero();
    let rest = amount - over_limit;
    let first_self_pay = item.first_self_pay.of(rest, Rounding::HalfUp);
    Split {
        total: amount,
        out_of_scope: Fen::ZERO,
        over_limit,
        first_self_pay,
        in_scope: rest - first_self_pay,
    }
}

/// A catalog: items by code, each code a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    items: BTreeMap<String, Vec<CatalogItem>>,
}

impl Catalog {
    /// Reads a catalog; `name` is what its errors call it.
    ///
    /// # Errors
    /// Every line that is not an item, with its number and what to write.
    pub fn load(name: &str, text: &str) -> Result<Self, Vec<PolicyError>> {
        let mut catalog = Self::default();
        let mut errors = Vec::new();
        let mut head_seen = false;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !head_seen {
                head_seen = true;
                if line != HEAD {
                    errors.push(PolicyError::at(
                        name,
                        index + 1,
                        format!("the head is not `{HEAD}`; write exactly that"),
                    ));
                }
                continue;
            }
            match item(line).and_then(|item| catalog.add(item)) {
                Ok(()) => {}
                Err(message) => errors.push(PolicyError::at(name, index + 1, message)),
            }
        }
        if !head_seen {
            errors.push(PolicyError::at(
                name,
                1,
                format!("the catalog is empty; begin with the head `{HEAD}`"),
            ));
        }
        if errors.is_empty() { Ok(catalog) } else { Err(errors) }
    }

    /// This catalog with another's codes in place of its own: a province's lines over the national list.
    #[must_use]
    pub fn overlay(&self, province: &Self) -> Self {
        let mut items = self.items.clone();
        items.extend(province.items.iter().map(|(code, history)| (code.clone(), history.clone())));
        Self { items }
    }

    /// The item that a code names on a day.
    pub fn find(&self, code: &str, day: Day) -> Option<&CatalogItem> {
        self.items.get(code)?.iter().rev().find(|item| item.is_valid_on(day))
    }

    /// All items, by code and first day.
    pub fn items(&self) -> impl Iterator<Item = &CatalogItem> {
        self.items.values().flatten()
    }

    fn add(&mut self, item: CatalogItem) -> Result<(), String> {
        let history = self.items.entry(item.code.clone()).or_default();
        if let Some(last) = history.last() {
            let ended = last.to.is_some_and(|to| to < item.from);
            if !ended {
                return Err(format!(
                    "`{}` is valid twice on {}; end the earlier line with a `to` before it",
                    item.code, item.from
                ));
            }
        }
        history.push(item);
        Ok(())
    }
}

fn item(line: &str) -> Result<CatalogItem, String> {
    let cells: Vec<&str> = line.split(',').map(str::trim).collect();
    let [code, name, category, class, first_self_pay, primary, secondary, tertiary, from, to] = cells[..]
    else {
        return Err(format!("{} cells; write ten, as the head names them", cells.len()));
    };
    if code.is_empty() || code.len() > 50 || !code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(format!("`{code}` is not a code; write the national code in letters and digits"));
    }
    if name.is_empty() {
        return Err("the name is empty; write the item's name".to_owned());
    }
    let category = exact(ChargeCategory::ALL, category, ChargeCategory::code)
        .ok_or_else(|| format!("`{category}` is not an expense category; write 01 to 14"))?;
    let class = exact(CatalogClass::ALL, class, CatalogClass::code)
        .ok_or_else(|| format!("`{class}` is not a class; write 01 (甲类), 02 (乙类) or 03 (丙类)"))?;
    let first_self_pay = first_self_pay_of(class, first_self_pay)?;
    let limits = [price(primary)?, price(secondary)?, price(tertiary)?];
    let from = day(from)?;
    let to = if to.is_empty() { None } else { Some(day(to)?) };
    if to.is_some_and(|to| to < from) {
        return Err("`to` is before `from`; write the last day on which the line holds".to_owned());
    }
    Ok(CatalogItem {
        code: code.to_owned(),
        name: name.to_owned(),
        category,
        class,
        first_self_pay,
        limits,
        from,
        to,
    })
}

fn exact<T: Copy>(all: &[T], code: &str, code_of: impl Fn(T) -> &'static str) -> Option<T> {
    all.iter().copied().find(|one| code_of(*one) == code)
}

fn first_self_pay_of(class: CatalogClass, text: &str) -> Result<Rate, String> {
    let rate = crate::policy::rate(text)?;
    match class {
        CatalogClass::A if rate != Rate::NONE => Err("甲类 has no first self-pay; write 0%".to_owned()),
        CatalogClass::C if rate != Rate::WHOLE => Err("丙类 is paid by the person; write 100%".to_owned()),
        _ => Ok(rate),
    }
}

fn price(text: &str) -> Result<Option<Price>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let price =
        text.parse().map_err(|_| format!("`{text}` is not a price; write yuan with up to six decimals"))?;
    Ok(Some(price))
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| format!("`{text}` is not a day; write yyyy-MM-dd"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(class: CatalogClass, permyriad: u16, limit: Option<i64>) -> CatalogItem {
        CatalogItem {
            code: "X".to_owned(),
            name: "示例".to_owned(),
            category: ChargeCategory::WesternMedicine,
            class,
            first_self_pay: Rate::permyriad(permyriad).unwrap(),
            limits: [limit.and_then(Price::micro_yuan), None, limit.and_then(Price::micro_yuan)],
            from: Day::new(2025, 1, 1).unwrap(),
            to: None,
        }
    }

    #[test]
    fn a_line_is_split_by_class_limit_and_first_share() {
        let three = SettlementLevel::Tertiary;
        // class, first share, limit price in micro-yuan, amount, quantity -> out of scope, over limit, first, in scope
        for (class, rate, limit, amount, quantity, parts) in [
            (CatalogClass::A, 0, None, 10_000, 10_000, [0, 0, 0, 10_000]),
            (CatalogClass::C, 10_000, None, 10_000, 10_000, [10_000, 0, 0, 0]),
            (CatalogClass::B, 1_000, None, 10_005, 10_000, [0, 0, 1_001, 9_004]), // 1000.5 fen is a tie and goes up
            (CatalogClass::B, 1_000, None, 10_004, 10_000, [0, 0, 1_000, 9_004]),
            (CatalogClass::B, 1_000, Some(32_000_000), 10_000, 20_000, [0, 3_600, 640, 5_760]), // 2 x 32 allowed
            (CatalogClass::A, 0, Some(1_234_500), 1_000, 40_000, [0, 506, 0, 494]), // 4 x 1.2345 = 4.938 -> 4.94
            (CatalogClass::A, 0, Some(50_000_000), 4_000, 10_000, [0, 0, 0, 4_000]),
        ] {
            let split = split_line(&sample(class, rate, limit), three, Fen(amount), quantity);
            let found = [split.out_of_scope, split.over_limit, split.first_self_pay, split.in_scope];
            assert_eq!(found, parts.map(Fen), "{class} {rate} {limit:?} {amount}");
        }
    }

    #[test]
    fn a_catalog_says_where_it_is_wrong_and_what_to_write() {
        let text = format!(
            "# 示例\n{HEAD}\nX1,甲,09,01,10%,,,,2025-01-01,\nX2,乙,15,02,10%,,,,2025-01-01,\nX3,丙,09\n"
        );
        let errors = Catalog::load("sample.csv", &text).unwrap_err();
        let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "sample.csv:3: 甲类 has no first self-pay; write 0%",
                "sample.csv:4: `15` is not an expense category; write 01 to 14",
                "sample.csv:5: 3 cells; write ten, as the head names them",
            ]
        );
    }

    #[test]
    fn a_code_is_a_history_and_a_province_lays_its_lines_over_the_list() {
        let line = |name: &str, from: &str, to: &str| format!("X1,{name},09,02,10%,,,,{from},{to}\n");
        let text =
            format!("{HEAD}\n{}{}", line("旧", "2024-01-01", "2024-12-31"), line("新", "2025-01-01", ""));
        let national = Catalog::load("national.csv", &text).unwrap();
        let name = |catalog: &Catalog, day: &str| {
            catalog.find("X1", day.parse().unwrap()).map(|item| item.name.clone()).unwrap_or_default()
        };
        assert_eq!(
            ["2023-12-31", "2024-12-31", "2025-01-01"].map(|day| name(&national, day)),
            ["", "旧", "新"].map(str::to_owned)
        );
        let province =
            Catalog::load("420000.csv", &format!("{HEAD}\n{}", line("省", "2025-01-01", ""))).unwrap();
        assert_eq!(name(&national.overlay(&province), "2025-01-01"), "省");
    }

    proptest! {
        #[test]
        fn a_split_adds_up_and_giving_back_mirrors_it(
            amount in 0i64..=100_000_000_000, quantity in 0i64..=100_000_000, permyriad in 0u16..=10_000,
            limit in prop::option::of(0i64..=10_000_000_000),
        ) {
            let item = sample(CatalogClass::B, permyriad, limit);
            let split = split_line(&item, SettlementLevel::Tertiary, Fen(amount), quantity);
            prop_assert!(split.is_consistent() && !split.has_negative_part());
            let back = split_line(&item, SettlementLevel::Tertiary, Fen(-amount), -quantity);
            prop_assert_eq!(split + back, Split::default());
        }
    }
}

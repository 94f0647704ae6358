//! The treatment place's catalog (医保目录) and its rules of splitting (费用拆分规则), by which every line of a bill is split before
//! the insured place sees it.
//!
//! A catalog is a text of comma-separated lines under the head [`HEAD`] or [`LONG_HEAD`]; `#` begins a comment line. A
//! province's catalog is the national list with the province's own lines laid over it ([`Catalog::overlay`]), under the rules
//! of splitting of the province and, where it has none, of the nation ([`Catalog::under`]); several lines of one code follow
//! each other in time. [`Catalogs::load`] does all of that for a folder.

mod folder;
pub mod pair;
mod price;
mod raw;
mod rules;

pub use folder::Catalogs;
pub use price::Price;
pub use rules::{GeneralShare, ItemOrigin, LimitPrice, PriceBands, Share, SplitRules};

use crate::{bill::Split, policy::PolicyError};
use std::{collections::BTreeMap, sync::Arc};
use terms::{CatalogClass, ChargeCategory, Day, Fen, Rate, Rounding, SettlementLevel};

/// The head of a catalog text: the columns in their order.
pub const HEAD: &str =
    "code,name,category,class,first_self_pay,limit_primary,limit_secondary,limit_tertiary,from,to";

/// The head of a catalog text that also says where an item is made, and whether its own first self-pay is final.
pub const LONG_HEAD: &str = "code,name,category,class,first_self_pay,limit_primary,limit_secondary,limit_tertiary,from,to,origin,final";

/// One item of a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogItem {
    /// Its national code (医疗目录编码, `med_list_codg`).
    pub code: String,
    /// Its name.
    pub name: String,
    /// How its name is read, for whoever looks for it so ([`terms::pinyin`]).
    pub letters: Arc<str>,
    /// The expense category (大类) that it is summed in.
    pub category: ChargeCategory,
    /// 甲类, 乙类 or 丙类.
    pub class: CatalogClass,
    /// Where it is made, if the list says so.
    pub origin: Option<ItemOrigin>,
    /// The person's first share of the item (先行自付比例, `selfpay_prop`): its own, or nothing where [`Self::general`] answers.
    /// What a line bears is told by [`CatalogItem::first_self_pay_of`].
    pub first_self_pay: Rate,
    /// Its own first self-pay is final: the rest is paid in full (一次性先行自付).
    pub is_final: bool,
    /// The place's general rule for items like it, where it has no share of its own.
    pub general: Option<Arc<GeneralShare>>,
    /// Limit price of one unit (医保支付标准/限价, `pric_uplmt_amt`) at 一级, 二级, 三级; `None`: no limit. Where the unit is a day, as
    /// for a bed, it is the limit of a day.
    pub limits: [Option<Price>; 3],
    /// First day.
    pub from: Day,
    /// Last day, if it has ended.
    pub to: Option<Day>,
    /// The list leaves its share to a general rule, and it has not been laid under any: nothing can be split by it.
    is_open: bool,
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

    /// The person's first share of a line (先行自付比例, `selfpay_prop`): where it goes by the parts of a price, to the nearest
    /// ten-thousandth.
    pub fn first_self_pay_of(
        &self,
        level: SettlementLevel,
        amount: Fen,
        quantity_ten_thousandths: i64,
    ) -> Rate {
        match (&self.general, self.class) {
            (Some(general), CatalogClass::A | CatalogClass::B) => {
                let (amount, quantity) = positive(amount, quantity_ten_thousandths);
                let rest = amount - over_limit(self, level, amount, quantity);
                general.of_line(level, rest, quantity).rate
            }
            _ => self.first_self_pay,
        }
    }

    /// Whether it holds on a day.
    pub fn is_valid_on(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// Splits the amount of one line: 丙类 is out of scope; what passes the limit price times the quantity is over the limit; of
/// the rest the person pays the first share, half up to the fen. Where that share is final, the remainder is paid in full. A
/// line that gives back mirrors the line it undoes exactly.
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
    let over_limit = over_limit(item, level, amount, quantity_ten_thousandths);
    let rest = amount - over_limit;
    let (first_self_pay, is_final) = match &item.general {
        Some(general) => {
            let answer = general.of_line(level, rest, quantity_ten_thousandths);
            (answer.amount, answer.is_final)
        }
        None => (item.first_self_pay.of(rest, Rounding::HalfUp), item.is_final),
    };
    let in_scope = rest - first_self_pay;
    Split {
        total: amount,
        out_of_scope: Fen::ZERO,
        over_limit,
        first_self_pay,
        in_scope,
        in_full: if is_final { in_scope } else { Fen::ZERO },
    }
}

fn over_limit(item: &CatalogItem, level: SettlementLevel, amount: Fen, quantity: i64) -> Fen {
    let allowed = item.limit(level).map_or(amount, |price| price.times(quantity));
    (amount - allowed).or_zero()
}

fn positive(amount: Fen, quantity: i64) -> (Fen, i64) {
    if amount.is_negative() { (-amount, quantity.saturating_neg()) } else { (amount, quantity) }
}

/// A catalog: items by code, each code a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    items: BTreeMap<String, Vec<CatalogItem>>,
}

impl Catalog {
    /// Reads a catalog; `name` is what its errors call it. Items of which the list leaves the first self-pay empty are found
    /// only after the catalog has been laid [`Catalog::under`] rules of splitting.
    ///
    /// # Errors
    /// Every line that is not an item, with its number and what to write.
    pub fn load(name: &str, text: &str) -> Result<Self, Vec<PolicyError>> {
        let mut catalog = Self::default();
        let mut errors = Vec::new();
        let mut head = None;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some(columns) = head else {
                if line != HEAD && line != LONG_HEAD {
                    let message =
                        format!("the head is not `{HEAD}`, nor this with `,origin,final`; write one of them");
                    errors.push(PolicyError::at(name, index + 1, message));
                }
                head = Some(if line == LONG_HEAD { 12 } else { 10 });
                continue;
            };
            match item(line, columns).and_then(|item| catalog.add(item)) {
                Ok(()) => {}
                Err(message) => errors.push(PolicyError::at(name, index + 1, message)),
            }
        }
        if head.is_none() {
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

    /// This catalog with what its items leave open answered by rules of splitting: an item's own share and own limit prices
    /// hold before any rule.
    ///
    /// # Errors
    /// A sentence for every item whose share is open on a day on which the rules do not answer.
    pub fn under(&self, rules: &SplitRules) -> Result<Self, Vec<String>> {
        let mut open = Vec::new();
        let mut items = BTreeMap::new();
        for (code, history) in &self.items {
            let mut ruled = Vec::with_capacity(history.len());
            for item in history {
                match rules.applied_to(item) {
                    Ok(parts) => ruled.extend(parts),
                    Err(day) => open.push(format!(
                        "`{code}` leaves its first self-pay open on {day}, and no rule of splitting holds then; write its own share, or an earlier version in split.toml"
                    )),
                }
            }
            items.insert(code.clone(), ruled);
        }
        if open.is_empty() { Ok(Self { items }) } else { Err(open) }
    }

    /// The item that a code names on a day.
    pub fn find(&self, code: &str, day: Day) -> Option<&CatalogItem> {
        self.items.get(code)?.iter().rev().find(|item| item.is_valid_on(day)).filter(|item| !item.is_open)
    }

    /// Whether a code names an item on any day.
    pub fn has(&self, code: &str) -> bool {
        self.items.contains_key(code)
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

fn item(line: &str, columns: usize) -> Result<CatalogItem, String> {
    let mut cells: Vec<&str> = line.split(',').map(str::trim).collect();
    if cells.len() != columns {
        return Err(format!("{} cells; write {columns}, as the head names them", cells.len()));
    }
    cells.resize(12, "");
    let [code, name, category, class, share, primary, secondary, tertiary, from, to, origin, is_final] =
        cells[..]
    else {
        unreachable!("there are twelve")
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
    let first_self_pay = first_self_pay_of(class, share)?;
    let limits = [price(primary)?, price(secondary)?, price(tertiary)?];
    let from = day(from)?;
    let to = if to.is_empty() { None } else { Some(day(to)?) };
    if to.is_some_and(|to| to < from) {
        return Err("`to` is before `from`; write the last day on which the line holds".to_owned());
    }
    let is_final = match is_final {
        "" => false,
        "final" if first_self_pay.is_some() && class != CatalogClass::C => true,
        "final" => {
            return Err("only an own first self-pay of a 甲类 or 乙类 item can be final; write it".to_owned());
        }
        other => return Err(format!("`{other}` does not say whether it is final; write `final` or nothing")),
    };
    Ok(CatalogItem {
        code: code.to_owned(),
        name: name.to_owned(),
        letters: terms::pinyin::letters(name).into(),
        category,
        class,
        origin: origin_of(origin)?,
        first_self_pay: first_self_pay.unwrap_or_default(),
        is_final,
        general: None,
        limits,
        from,
        to,
        is_open: first_self_pay.is_none(),
    })
}

fn exact<T: Copy>(all: &[T], code: &str, code_of: impl Fn(T) -> &'static str) -> Option<T> {
    all.iter().copied().find(|one| code_of(*one) == code)
}

/// The item's own share; `None` where the list leaves it to the place's general rule.
fn first_self_pay_of(class: CatalogClass, text: &str) -> Result<Option<Rate>, String> {
    if text.is_empty() && class != CatalogClass::C {
        return Ok(None);
    }
    let rate = crate::policy::rate(text)?;
    match class {
        CatalogClass::A if rate != Rate::NONE => Err("甲类 has no first self-pay; write 0%".to_owned()),
        CatalogClass::C if rate != Rate::WHOLE => Err("丙类 is paid by the person; write 100%".to_owned()),
        _ => Ok(Some(rate)),
    }
}

fn origin_of(text: &str) -> Result<Option<ItemOrigin>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = ItemOrigin::ALL.into_iter().find(|one| one.key() == text);
    found.map(Some).ok_or_else(|| format!("`{text}` is not an origin; write domestic, joint or imported"))
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
mod tests;

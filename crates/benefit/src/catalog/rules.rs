//! The rules by which a place splits the items that its list leaves open (费用拆分规则): the first self-pay by class, category,
//! origin, level and unit price, and the limit prices, each in dated versions with their sources.

use super::{CatalogItem, Price, raw};
use crate::{policy::PolicyError, scheme::Citation};
use serde::Deserialize;
use std::sync::Arc;
use terms::{CatalogClass, ChargeCategory, Day, Fen, Listed, Rate, Set, SettlementLevel};

/// Where an item is made (产地), as far as rules of splitting distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemOrigin {
    /// 国产.
    Domestic,
    /// 合资.
    Joint,
    /// 进口.
    Imported,
}

impl ItemOrigin {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Domestic, Self::Joint, Self::Imported];

    /// As lists and rules write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Domestic => "domestic",
            Self::Joint => "joint",
            Self::Imported => "imported",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Domestic => "国产",
            Self::Joint => "合资",
            Self::Imported => "进口",
        }
    }
}

impl Listed for ItemOrigin {
    const LISTED: &'static [Self] = &Self::ALL;
    fn position(self) -> u32 {
        self as u32
    }
}

/// The rules of splitting of one place, over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitRules {
    pub(super) shares: Vec<ShareVersion>,
    pub(super) limits: Vec<LimitVersion>,
}

/// A version of the general first self-pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShareVersion {
    pub from: Day,
    pub bands: PriceBands,
    pub rows: Vec<(Fits, Share)>,
}

/// A version of the general limit prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LimitVersion {
    pub from: Day,
    pub rows: Vec<(Fits, LimitPrice)>,
}

/// Which items a row concerns: all, as far as no condition is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fits {
    pub classes: Set<CatalogClass>,
    pub categories: Set<ChargeCategory>,
    pub origins: Set<ItemOrigin>,
    /// Beginnings of national codes.
    pub codes: Vec<String>,
}

impl Fits {
    fn concerns(&self, item: &CatalogItem) -> bool {
        (self.classes.is_empty() || self.classes.contains(item.class))
            && (self.categories.is_empty() || self.categories.contains(item.category))
            && (self.origins.is_empty() || item.origin.is_some_and(|origin| self.origins.contains(origin)))
            && (self.codes.is_empty() || self.codes.iter().any(|code| item.code.starts_with(code.as_str())))
    }

    /// Whether every item that the other concerns is concerned by this one too.
    pub fn covers(&self, other: &Self) -> bool {
        fn within<T: Listed>(some: Set<T>, all: Set<T>) -> bool {
            all.is_empty() || (!some.is_empty() && some.iter().all(|one| all.contains(one)))
        }
        let codes = self.codes.is_empty()
            || (!other.codes.is_empty()
                && other
                    .codes
                    .iter()
                    .all(|code| self.codes.iter().any(|start| code.starts_with(start.as_str()))));
        within(other.classes, self.classes)
            && within(other.categories, self.categories)
            && within(other.origins, self.origins)
            && codes
    }
}

/// A first self-pay for some hospitals and some prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// At these settlement levels; none named: all.
    pub levels: Set<SettlementLevel>,
    /// For a unit price above this …
    pub over: Price,
    /// … up to and with this; `None`: without end.
    pub to: Option<Price>,
    /// The person's first share.
    pub rate: Rate,
    /// The rest is paid in full (一次性先行自付).
    pub is_final: bool,
    /// Where it is written.
    pub citation: Arc<Citation>,
}

impl Share {
    fn is_at(&self, level: SettlementLevel) -> bool {
        self.levels.is_empty() || self.levels.contains(level) || self.levels.contains(level.national())
    }

    /// Whether wherever the other answers this one does.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let levels = self.levels.is_empty()
            || (!other.levels.is_empty() && other.levels.iter().all(|one| self.is_at(one)));
        let top = self.to.is_none_or(|to| other.to.is_some_and(|other| other <= to));
        levels && self.over <= other.over && top
    }
}

/// How bands of the unit price are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceBands {
    /// The band in which the unit price lies holds for the whole of it (按单价所在档).
    #[default]
    Whole,
    /// Each part of the unit price by its band (按单价分段累加).
    Parts,
}

/// A place's general first self-pay for one item: the rows that concern it; the first that fits level and price is the one.
/// The unit price is what of it the limit price allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralShare {
    /// How bands of the unit price are read.
    pub bands: PriceBands,
    /// The rows. None: the person bears no first share.
    pub shares: Vec<Share>,
}

/// What a general first self-pay comes to on a line.
pub(super) struct OfLine {
    pub amount: Fen,
    pub rate: Rate,
    pub is_final: bool,
}

/// Micro-yuan times ten-thousandths of a quantity in one fen.
const PER_FEN: i128 = 10_000 * 10_000;

impl GeneralShare {
    /// Of what a line has left below the limit price, not below nothing.
    pub(super) fn of_line(&self, level: SettlementLevel, rest: Fen, quantity_ten_thousandths: i64) -> OfLine {
        let all = i128::from(rest.0) * PER_FEN;
        let quantity = i128::from(quantity_ten_thousandths.max(0));
        let at = |price: Price| i128::from(price.as_micro_yuan()) * quantity;
        let shares: Vec<&Share> = self.shares.iter().filter(|share| share.is_at(level)).collect();
        // The stretch of the line from one point of its price on: the first row that holds there, up to where another may.
        let holds =
            |share: &Share, point: i128| at(share.over) <= point && share.to.is_none_or(|to| point < at(to));
        match self.bands {
            PriceBands::Whole => {
                let inside = |share: &&&Share| {
                    (at(share.over) < all || share.over.as_micro_yuan() == 0)
                        && share.to.is_none_or(|to| all <= at(to))
                };
                let found = shares.iter().find(inside);
                let rate = found.map(|share| share.rate).unwrap_or_default();
                OfLine {
                    amount: rate.of(rest, terms::Rounding::HalfUp),
                    rate,
                    is_final: found.is_some_and(|share| share.is_final),
                }
            }
            PriceBands::Parts => {
                let (mut point, mut sum, mut is_final) = (0i128, 0i128, false);
                while point < all {
                    let found = shares.iter().find(|share| holds(share, point));
                    let edges =
                        shares.iter().flat_map(|share| [Some(share.over), share.to]).flatten().map(at);
                    let next = edges.filter(|edge| *edge > point).min().map_or(all, |edge| edge.min(all));
                    if let Some(share) = found {
                        sum += i128::from(share.rate.as_permyriad()) * (next - point);
                        is_final |= share.is_final;
                    }
                    point = next;
                }
                let unit = PER_FEN * 10_000;
                let fen = (sum * 2 + unit) / (unit * 2);
                let amount = Fen(i64::try_from(fen).expect("a share of an amount")).at_most(rest);
                OfLine { amount, rate: Rate::of_parts(amount, rest), is_final }
            }
        }
    }
}

/// A general limit price of one unit, at 一级, 二级, 三级.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitPrice {
    /// The limits.
    pub limits: [Option<Price>; 3],
    /// Where it is written.
    pub citation: Arc<Citation>,
}

impl SplitRules {
    /// Reads a file of rules (`split.toml`); `name` is what its errors call it.
    ///
    /// # Errors
    /// Everything that is wrong in it, with its line and what to write.
    pub fn load(name: &str, text: &str) -> Result<Self, Vec<PolicyError>> {
        raw::read(name, text)
    }

    /// These rules, and from another's what these do not have: a province's over the nation's. A group of which a province
    /// has any version is its own from that version on.
    #[must_use]
    pub fn over(&self, nation: &Self) -> Self {
        Self {
            shares: continued(&nation.shares, &self.shares, |version| version.from),
            limits: continued(&nation.limits, &self.limits, |version| version.from),
        }
    }

    /// An item with what it leaves open answered, cut into the times between two versions; `Err`: the first day on which its
    /// share stays open.
    pub(super) fn applied_to(&self, item: &CatalogItem) -> Result<Vec<CatalogItem>, Day> {
        let open_limits = item.limits == [None; 3];
        if item.class == CatalogClass::C || !(item.is_open || open_limits) {
            return Ok(vec![item.clone()]);
        }
        let shares = self.shares.iter().map(|version| version.from).filter(|_| item.is_open);
        let limits = self.limits.iter().map(|version| version.from).filter(|_| open_limits);
        let inside = |day: &Day| *day > item.from && item.to.is_none_or(|to| *day <= to);
        let mut days: Vec<Day> = shares.chain(limits).filter(inside).collect();
        days.push(item.from);
        days.sort_unstable();
        days.dedup();
        let ends = days.iter().skip(1).map(|next| Some(next.plus_days(-1))).chain([item.to]);
        days.iter().zip(ends).map(|(from, to)| self.on(item, *from, to)).collect()
    }

    /// The item from one day to another between which no version begins.
    fn on(&self, item: &CatalogItem, from: Day, to: Option<Day>) -> Result<CatalogItem, Day> {
        let mut part = CatalogItem { from, to, ..item.clone() };
        if item.is_open {
            let version = self.shares.iter().rev().find(|version| version.from <= from);
            part.general = match version {
                Some(version) => Some(Arc::new(version.of(item))),
                None if item.class == CatalogClass::A => None,
                None => return Err(from),
            };
            part.is_open = false;
        }
        if item.limits == [None; 3] {
            let version = self.limits.iter().rev().find(|version| version.from <= from);
            let row = version.and_then(|version| version.rows.iter().find(|(fits, _)| fits.concerns(item)));
            part.limits = row.map_or([None; 3], |(_, limit)| limit.limits);
        }
        Ok(part)
    }
}

fn continued<T: Clone>(nation: &[T], own: &[T], from: impl Fn(&T) -> Day) -> Vec<T> {
    let first = own.first().map(&from);
    let before = nation.iter().filter(|version| first.is_none_or(|first| from(version) < first));
    before.chain(own).cloned().collect()
}

impl ShareVersion {
    fn of(&self, item: &CatalogItem) -> GeneralShare {
        let rows = self.rows.iter().filter(|(fits, _)| fits.concerns(item));
        GeneralShare { bands: self.bands, shares: rows.map(|(_, share)| share.clone()).collect() }
    }
}

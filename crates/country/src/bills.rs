//! Bills of the simulated country: lines out of a real catalog, in every class and over the limit price, whose amounts are
//! price times quantity to the fen and add up to what was asked for.
//!
//! A bill is a function of its arguments; the same seed gives the same bill.

use benefit::{
    Catalog, CatalogItem, Split,
    catalog::{Price, split_line},
};
use terms::{CatalogClass, Fen, Moment, SettlementLevel};

/// A line of a bill, as a hospital's software keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 费用明细流水号, from 1.
    pub serial: String,
    /// 医疗目录编码.
    pub code: String,
    /// 医药机构目录编码: the hospital's own.
    pub own_code: String,
    /// The item's name.
    pub name: String,
    /// 明细项目费用总额.
    pub amount: Fen,
    /// 数量 in ten-thousandths.
    pub quantity: i64,
    /// 单价.
    pub price: Price,
    /// 费用发生时间.
    pub at: Moment,
}

/// What a bill is to be.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The level at which the hospital is settled: it decides the limit prices.
    pub level: SettlementLevel,
    /// 入院时间.
    pub admitted: Moment,
    /// 出院时间.
    pub discharged: Moment,
    /// 医疗费总额.
    pub total: Fen,
    /// How many lines; fewer than [`LINES_MIN`] count as so many.
    pub lines: usize,
    /// Whatever makes it another bill.
    pub seed: u64,
}

/// The fewest lines that show every part of the split.
pub const LINES_MIN: usize = 8;

/// A bill out of the items that the catalog has on the days of the stay.
///
/// Of every four lines about one is over its limit price and every eighth is 丙类, as far as the catalog has such items; what
/// these leave of the total is shared by 甲类 and 乙类 lines without a limit.
///
/// # Panics
/// If the catalog has no item in scope on the days of the stay, or the total is too small for so many lines.
pub fn bill(catalog: &Catalog, order: &Order) -> Vec<Line> {
    lines(catalog, order, order.lines.max(LINES_MIN))
}

/// A bill of a few lines, as an outpatient department writes them, at least two. It need not show every part of the split.
///
/// # Panics
/// As [`bill`].
pub fn small_bill(catalog: &Catalog, order: &Order) -> Vec<Line> {
    lines(catalog, order, order.lines.max(2))
}

fn lines(catalog: &Catalog, order: &Order, count: usize) -> Vec<Line> {
    let mut dice = Dice(order.seed);
    let shelf = Shelf::of(catalog, order);
    let mut drafts: Vec<Draft<'_>> = Vec::with_capacity(count);
    // A half of the total stays for the lines that take what is left.
    let mut spare = Fen(order.total.0 / 2);
    for index in 0..count - 2 {
        let draft = match index % 8 {
            1 | 5 if !shelf.limited.is_empty() => {
                let most = Fen(spare.0 / 2);
                let any = Draft::over_limit(dice.pick(&shelf.limited), most, &mut dice);
                any.or_else(|| Draft::over_limit(shelf.limited[0], most, &mut dice))
            }
            3 if !shelf.out_of_scope.is_empty() => {
                let share = order.total.0 / i64::try_from(count * 6).expect("a few lines") + 1;
                Draft::about(dice.pick(&shelf.out_of_scope), Fen(share), &mut dice)
            }
            _ => continue,
        };
        if let Some(draft) = draft.filter(|draft| draft.amount < spare) {
            spare -= draft.amount;
            drafts.push(draft);
        }
    }
    let wanted = count - drafts.len();
    let mut left = order.total - drafts.iter().map(|draft| draft.amount).sum();
    for index in 1..wanted {
        let shelf = if index % 3 == 0 { &shelf.second } else { &shelf.first };
        let even = left.0 / i64::try_from(wanted - index + 1).expect("a few lines");
        let share = Fen(even * (50 + dice.roll(100)) / 100);
        let draft =
            Draft::about(dice.pick(shelf), share, &mut dice).expect("a total too small for so many lines");
        left -= draft.amount;
        drafts.push(draft);
    }
    assert!(left.0 > 0, "a total too small for so many lines");
    drafts.push(Draft { item: dice.pick(&shelf.second), amount: left, quantity: 1, price: left });
    dice.shuffle(&mut drafts);
    let seconds = (order.discharged.millis() - order.admitted.millis()) / 1_000;
    let step = seconds / i64::try_from(count + 1).expect("a few lines");
    drafts
        .into_iter()
        .zip(1i64..)
        .map(|(draft, at)| draft.line(at, order.admitted.plus_millis(at * step * 1_000)))
        .collect()
}

/// The sum of a bill.
pub fn total(lines: &[Line]) -> Fen {
    lines.iter().map(|line| line.amount).sum()
}

/// How a catalog splits a bill.
///
/// # Panics
/// If the catalog has not an item of the bill.
pub fn split(catalog: &Catalog, level: SettlementLevel, lines: &[Line]) -> Split {
    let of_line = |line: &Line| {
        let item = catalog.find(&line.code, line.at.day()).expect("a bill is made out of its catalog");
        split_line(item, level, line.amount, line.quantity)
    };
    lines.iter().map(of_line).sum()
}

/// The items of a catalog by what a line of them shows.
struct Shelf<'a> {
    /// In scope, whole.
    first: Vec<&'a CatalogItem>,
    /// In scope after a first self-pay.
    second: Vec<&'a CatalogItem>,
    /// 丙类.
    out_of_scope: Vec<&'a CatalogItem>,
    /// With a limit price.
    limited: Vec<(&'a CatalogItem, Price)>,
}

impl<'a> Shelf<'a> {
    fn of(catalog: &'a Catalog, order: &Order) -> Self {
        let (from, to) = (order.admitted.day(), order.discharged.day());
        let valid = |item: &&CatalogItem| item.from <= from && item.to.is_none_or(|end| to <= end);
        let mut shelf =
            Self { first: Vec::new(), second: Vec::new(), out_of_scope: Vec::new(), limited: Vec::new() };
        for item in catalog.items().filter(valid) {
            match (item.class, item.limit(order.level)) {
                (CatalogClass::C, _) => shelf.out_of_scope.push(item),
                (_, Some(limit)) if limit.as_micro_yuan() > 0 => shelf.limited.push((item, limit)),
                (CatalogClass::A, _) => shelf.first.push(item),
                (CatalogClass::B, _) => shelf.second.push(item),
            }
        }
        // The cheapest first: it fits where others do not.
        shelf.limited.sort_by_key(|(_, limit)| *limit);
        let limited = || shelf.limited.iter().map(|(item, _)| *item).collect::<Vec<_>>();
        match (shelf.first.is_empty(), shelf.second.is_empty()) {
            (true, true) => shelf.first = limited(),
            (true, false) => shelf.first.clone_from(&shelf.second),
            _ => {}
        }
        if shelf.second.is_empty() {
            shelf.second.clone_from(&shelf.first);
        }
        assert!(!shelf.first.is_empty(), "a catalog without items in scope from {from} to {to}");
        shelf
    }
}

/// A line before it has a number and a time: `quantity` whole units at `price`.
struct Draft<'a> {
    item: &'a CatalogItem,
    amount: Fen,
    quantity: i64,
    price: Fen,
}

impl<'a> Draft<'a> {
    /// A few units at a price of whole fen, together about so much; `None` below one fen.
    fn about(item: &'a CatalogItem, amount: Fen, dice: &mut Dice) -> Option<Self> {
        let quantity = 1 + dice.roll(7);
        let (quantity, price) =
            if amount.0 < quantity { (1, amount) } else { (quantity, Fen(amount.0 / quantity)) };
        (price.0 > 0).then_some(Self { item, amount: Fen(price.0 * quantity), quantity, price })
    }

    /// A few units above the limit price, together at most so much; `None` if not even one.
    fn over_limit((item, limit): (&'a CatalogItem, Price), most: Fen, dice: &mut Dice) -> Option<Self> {
        const PER_FEN: i64 = 10_000;
        let price = Fen(limit.as_micro_yuan() / PER_FEN * (105 + dice.roll(45)) / 100 + 1);
        let quantity = (1 + dice.roll(5)).min(most.0 / price.0);
        (quantity > 0).then_some(Self { item, amount: Fen(price.0 * quantity), quantity, price })
    }

    fn line(self, serial: i64, at: Moment) -> Line {
        Line {
            serial: serial.to_string(),
            code: self.item.code.clone(),
            own_code: format!("HIS-{}", self.item.code),
            name: self.item.name.clone(),
            amount: self.amount,
            quantity: self.quantity * 10_000,
            price: Price::micro_yuan(self.price.0 * 10_000).expect("a price above nothing"),
            at,
        }
    }
}

/// A linear congruential generator with the multiplier and increment of Knuth's MMIX; its upper bits are good enough for
/// bills.
struct Dice(u64);

impl Dice {
    /// A number from nothing to below `sides`.
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let sides = i64::try_from(from.len()).expect("a shelf is small");
        from[usize::try_from(self.roll(sides)).expect("not below nothing")]
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for end in (1..all.len()).rev() {
            let other = self.roll(i64::try_from(end + 1).expect("a bill is small"));
            all.swap(end, usize::try_from(other).expect("not below nothing"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub const SAMPLE: &str = "\
code,name,category,class,first_self_pay,limit_primary,limit_secondary,limit_tertiary,from,to
A1,床位费,01,01,0%,30,40,50,2025-01-01,
A2,氯化钠注射液,09,01,0%,,,,2025-01-01,
A3,手术费,06,01,0%,,,,2025-01-01,
B1,抗生素,09,02,10%,,,,2025-01-01,
B2,卫生材料,08,02,20%,500,500,500,2025-01-01,
C1,营养品,14,03,100%,,,,2025-01-01,
Z9,已停用,09,01,0%,,,,2024-01-01,2024-12-31
";

    fn order(yuan: i64, lines: usize, seed: u64) -> Order {
        Order {
            level: SettlementLevel::Tertiary,
            admitted: "2026-11-01 09:00:00".parse().unwrap(),
            discharged: "2026-11-09 10:00:00".parse().unwrap(),
            total: Fen(yuan * 100 + 37),
            lines,
            seed,
        }
    }

    #[test]
    fn a_bill_adds_up_to_the_fen_and_shows_every_part() {
        let catalog = Catalog::load("sample.csv", SAMPLE).unwrap();
        for (yuan, lines) in [(3_000, 8), (8_000, 20), (23_456, 57), (300_000, 200)] {
            for seed in 0..50 {
                let order = order(yuan, lines, seed);
                let bill = bill(&catalog, &order);
                assert_eq!((bill.len(), total(&bill)), (lines, order.total));
                for line in &bill {
                    assert_eq!(line.price.times(line.quantity), line.amount, "{line:?}");
                    assert!(line.at > order.admitted && line.at < order.discharged && line.code != "Z9");
                }
                let split = split(&catalog, order.level, &bill);
                assert!(split.is_consistent());
                for part in [split.out_of_scope, split.over_limit, split.first_self_pay, split.in_scope] {
                    assert!(part.0 > 0, "{yuan} {lines} {seed}: {split:?}");
                }
            }
        }
    }

    #[test]
    fn a_small_bill_has_as_many_lines_as_asked_for() {
        let catalog = Catalog::load("sample.csv", SAMPLE).unwrap();
        for lines in 2..LINES_MIN {
            for seed in 0..50 {
                let order = order(100, lines, seed);
                let bill = small_bill(&catalog, &order);
                assert_eq!((bill.len(), total(&bill)), (lines, order.total));
                assert!(split(&catalog, order.level, &bill).is_consistent());
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bill() {
        let catalog = Catalog::load("sample.csv", SAMPLE).unwrap();
        assert_eq!(bill(&catalog, &order(8_000, 20, 1)), bill(&catalog, &order(8_000, 20, 1)));
        assert_ne!(bill(&catalog, &order(8_000, 20, 1)), bill(&catalog, &order(8_000, 20, 2)));
    }
}

//! How each kind of rule finds something: a function of what is left of the lines after refunds.

use super::{
    Encounter, Interval, Line, Row, Rule, Rules, Sex, Stage,
    net::{Charge, net},
    rule::{Items, Limit},
};
use std::collections::{BTreeMap, BTreeSet};
use terms::{Day, Fen, Rounding, SettlementLevel};

/// What a rule found: one for each row and item, or pair of items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// The row of it.
    pub row: &'r Row,
    /// The lines, in their order.
    pub parts: Vec<Part>,
    /// 违规金额: the sum of the parts.
    pub amount: Fen,
    /// What was found, in Chinese, without personal data.
    pub sentence: String,
}

/// A line that a finding names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its place among the encounter's lines.
    pub line: usize,
    /// What it is to the finding.
    pub role: Role,
    /// How much of it is concerned: at most what is left of it after refunds.
    pub amount: Fen,
}

/// What a line is to a finding (违规明细类型, `vola_item_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// 违规项.
    Violating,
    /// 涉及项: what makes the other a violation. Nothing of it is concerned.
    Involved,
}

impl Role {
    /// The code of the interface.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Violating => "1",
            Self::Involved => "2",
        }
    }
}

impl Rules {
    /// What the rules of a stage find; only those with these ids, if any are named. In the order of the rules.
    pub fn examine(&self, encounter: &Encounter, stage: Stage, named: &[String]) -> Vec<Finding<'_>> {
        let charges = net(&encounter.lines);
        let applies = |rule: &&Rule| {
            rule.stages.contains(&stage)
                && rule.care.contains(&encounter.care)
                && (named.is_empty() || named.contains(&rule.id))
        };
        let rows =
            self.all().iter().filter(applies).flat_map(|rule| rule.rows.iter().map(move |row| (rule, row)));
        rows.flat_map(|(rule, row)| {
            hits(row, encounter, &charges).into_iter().map(move |hit| hit.of(rule, row))
        })
        .collect()
    }
}

/// Lines that a row finds, and why.
struct Hit {
    parts: Vec<Part>,
    sentence: String,
}

impl Hit {
    fn of<'r>(mut self, rule: &'r Rule, row: &'r Row) -> Finding<'r> {
        self.parts.sort_by_key(|part| part.line);
        let amount = self.parts.iter().map(|part| part.amount).sum();
        Finding { rule, row, parts: self.parts, amount, sentence: self.sentence }
    }
}

fn hits(row: &Row, encounter: &Encounter, charges: &[Charge<'_>]) -> Vec<Hit> {
    let is_it = |code: &String| encounter.medical_type.starts_with(code.as_str());
    if !row.medical_types.is_empty() && !row.medical_types.iter().any(is_it) {
        return Vec::new();
    }
    let concerned: Vec<&Charge<'_>> = charges.iter().filter(|charge| row.concerns(charge.line)).collect();
    match &row.limit {
        Limit::Together { with, per } => together(&concerned, &others(row, with, charges), *per),
        Limit::Again => again(&concerned),
        Limit::Sex(sex) => of_other_sex(*sex, encounter, &concerned),
        Limit::Age { from, under } => of_other_age(*from, *under, encounter, &concerned),
        Limit::Level(least) => below_level(*least, encounter, &concerned),
        Limit::Quantity { most, per: Interval::Day } => beyond_a_day(*most, &concerned),
        Limit::Quantity { most, per: Interval::Visit } => beyond_a_visit(*most, &concerned),
        Limit::Days(most) => prescribed_for_long(*most, &concerned),
        Limit::Price => over_price(&concerned),
        Limit::Restricted { remark, diagnoses } => {
            let fits = |code: &String| diagnoses.iter().any(|fitting| code.starts_with(fitting.as_str()));
            if encounter.diagnoses.iter().any(fits) { Vec::new() } else { not_approved(remark, &concerned) }
        }
    }
}

/// The lines of the second side of a pair, on the days of the row.
fn others<'a, 'l>(row: &Row, with: &Items, charges: &'a [Charge<'l>]) -> Vec<&'a Charge<'l>> {
    let second = Row { items: with.clone(), ..row.clone() };
    charges.iter().filter(|charge| second.concerns(charge.line) && !row.items.concern(charge.line)).collect()
}

fn together(first: &[&Charge<'_>], second: &[&Charge<'_>], per: Interval) -> Vec<Hit> {
    if first.is_empty() || second.is_empty() {
        return Vec::new();
    }
    let days: BTreeSet<Day> = first.iter().flat_map(|charge| days_of(charge.line)).collect();
    let mut hit = Vec::new();
    for (name, same) in by_item(second) {
        let mut parts = Vec::new();
        let mut shared: BTreeSet<Day> = BTreeSet::new();
        for charge in same {
            let on: Vec<Day> = match per {
                Interval::Day => days_of(charge.line).filter(|day| days.contains(day)).collect(),
                Interval::Visit => days_of(charge.line).collect(),
            };
            if !on.is_empty() {
                let share = i64::try_from(on.len()).expect("a few days");
                let amount = Rounding::Down.ratio(charge.amount, share, i64::from(charge.line.days()));
                parts.push(violating(charge, amount));
                shared.extend(on);
            }
        }
        if parts.is_empty() {
            continue;
        }
        let on_such_day = |charge: &&&Charge<'_>| {
            per == Interval::Visit || days_of(charge.line).any(|day| shared.contains(&day))
        };
        let involved: Vec<&&Charge<'_>> = first.iter().filter(on_such_day).collect();
        let other = involved.first().map_or(String::new(), |charge| charge.line.name.clone());
        parts.extend(involved.into_iter().map(|charge| involve(charge)));
        let when = match per {
            Interval::Day => format!("同日（{}）", several(&shared)),
            Interval::Visit => "本次就诊中".to_owned(),
        };
        let sentence = format!("【{name}】与【{other}】在{when}同时收费，请核对是否重复收费");
        hit.push(Hit { parts, sentence });
    }
    hit
}

fn again(concerned: &[&Charge<'_>]) -> Vec<Hit> {
    let mut same: BTreeMap<(&str, Day, i64, i64), Vec<&Charge<'_>>> = BTreeMap::new();
    for charge in concerned.iter().filter(|charge| charge.line.days() == 1) {
        let line = charge.line;
        same.entry((&line.item, line.from, charge.quantity, line.price)).or_default().push(charge);
    }
    let hit = |((_, day, ..), charges): ((&str, Day, i64, i64), Vec<&Charge<'_>>)| {
        let (first, rest) = charges.split_first()?;
        if rest.is_empty() {
            return None;
        }
        let mut parts = vec![involve(first)];
        parts.extend(rest.iter().map(|charge| violating(charge, charge.amount)));
        let sentence = format!(
            "【{}】在{day}有{}条数量和单价相同的记录，请核对是否重复记录",
            first.line.name,
            charges.len()
        );
        Some(Hit { parts, sentence })
    };
    same.into_iter().filter_map(hit).collect()
}

fn of_other_sex(sex: Sex, encounter: &Encounter, concerned: &[&Charge<'_>]) -> Vec<Hit> {
    if encounter.sex.is_none_or(|own| own == sex) {
        return Vec::new();
    }
    whole(concerned, |name| format!("【{name}】限{}使用，与参保人性别不符", sex.chinese()))
}

fn of_other_age(
    from: Option<u16>,
    under: Option<u16>,
    encounter: &Encounter,
    concerned: &[&Charge<'_>],
) -> Vec<Hit> {
    let Some(birth) = encounter.birth else { return Vec::new() };
    let is_outside = |charge: &&&Charge<'_>| {
        let years = u16::try_from(birth.years_until(charge.line.from)).unwrap_or(0);
        from.is_some_and(|from| years < from) || under.is_some_and(|under| years >= under)
    };
    let outside: Vec<&Charge<'_>> = concerned.iter().filter(is_outside).copied().collect();
    let allowed = match (from, under) {
        (Some(from), Some(under)) => format!("满{from}周岁且不满{under}周岁"),
        (Some(from), None) => format!("满{from}周岁"),
        (None, Some(under)) => format!("不满{under}周岁"),
        (None, None) => unreachable!("an age limit has an age"),
    };
    whole(&outside, |name| format!("【{name}】限{allowed}使用，与参保人费用发生当日的年龄不符"))
}

fn below_level(least: SettlementLevel, encounter: &Encounter, concerned: &[&Charge<'_>]) -> Vec<Hit> {
    if rank(encounter.level) >= rank(least) {
        return Vec::new();
    }
    whole(concerned, |name| format!("【{name}】限{least}及以上医疗机构使用，本机构的医保结算等级不符"))
}

/// 一级, 二级, 三级 in their order.
fn rank(level: SettlementLevel) -> u8 {
    match level.national() {
        SettlementLevel::Tertiary => 3,
        SettlementLevel::Secondary => 2,
        _ => 1,
    }
}

fn beyond_a_day(most: i64, concerned: &[&Charge<'_>]) -> Vec<Hit> {
    by_item(concerned)
        .into_iter()
        .filter_map(|(name, charges)| beyond_one_day(most, name, &charges))
        .collect()
}

/// A line over several days lies on each with an even part of its quantity, broken parts dropped.
fn beyond_one_day(most: i64, name: &str, charges: &[&Charge<'_>]) -> Option<Hit> {
    let mut of_day: BTreeMap<Day, Vec<(usize, i64)>> = BTreeMap::new();
    for (at, charge) in charges.iter().enumerate() {
        let even = charge.quantity / i64::from(charge.line.days());
        for day in days_of(charge.line) {
            of_day.entry(day).or_default().push((at, even));
        }
    }
    let mut excess: BTreeMap<usize, Fen> = BTreeMap::new();
    let mut involved: BTreeSet<usize> = BTreeSet::new();
    let mut days: BTreeSet<Day> = BTreeSet::new();
    for (day, lines) in of_day {
        let over = lines.iter().map(|(_, quantity)| quantity).sum::<i64>() - most;
        if over <= 0 {
            continue;
        }
        days.insert(day);
        involved.extend(lines.iter().map(|(at, _)| *at));
        for (at, taken) in last_ones(&lines, over) {
            let charge = charges[at];
            *excess.entry(at).or_default() += Rounding::Down.ratio(charge.amount, taken, charge.quantity);
        }
    }
    let sentence =
        format!("【{name}】每日最多{}次（单位），{}超出，请核对数量", number(most), several(&days));
    (!days.is_empty()).then(|| Hit { parts: split(charges, &excess, &involved), sentence })
}

fn beyond_a_visit(most: i64, concerned: &[&Charge<'_>]) -> Vec<Hit> {
    let beyond = |(name, charges): (&str, Vec<&Charge<'_>>)| {
        let lines: Vec<(usize, i64)> =
            charges.iter().enumerate().map(|(at, charge)| (at, charge.quantity)).collect();
        let sum: i64 = lines.iter().map(|(_, quantity)| quantity).sum();
        let over = sum - most;
        if over <= 0 {
            return None;
        }
        let share = |(at, taken): (usize, i64)| {
            (at, Rounding::Down.ratio(charges[at].amount, taken, charges[at].quantity))
        };
        let excess: BTreeMap<usize, Fen> = last_ones(&lines, over).into_iter().map(share).collect();
        let (most, sum) = (number(most), number(sum));
        let sentence = format!("【{name}】每次就诊最多{most}次（单位），本次共{sum}，请核对数量");
        Some(Hit { parts: split(&charges, &excess, &(0..charges.len()).collect()), sentence })
    };
    by_item(concerned).into_iter().filter_map(beyond).collect()
}

/// So much of the quantities, from the last line on.
fn last_ones(lines: &[(usize, i64)], mut over: i64) -> Vec<(usize, i64)> {
    let mut taken = Vec::new();
    for (at, quantity) in lines.iter().rev() {
        let part = over.min(*quantity);
        if part > 0 {
            taken.push((*at, part));
        }
        over -= part;
    }
    taken
}

fn split(charges: &[&Charge<'_>], excess: &BTreeMap<usize, Fen>, involved: &BTreeSet<usize>) -> Vec<Part> {
    let part = |at: &usize| match excess.get(at) {
        Some(amount) => violating(charges[*at], *amount),
        None => involve(charges[*at]),
    };
    involved.iter().map(part).collect()
}

fn prescribed_for_long(most: u16, concerned: &[&Charge<'_>]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (name, charges) in by_item(concerned) {
        let beyond = |charge: &&Charge<'_>| {
            let days = charge.line.prescribed_days.filter(|days| *days > most)?;
            let amount = Rounding::Down.ratio(charge.amount, i64::from(days - most), i64::from(days));
            Some((days, violating(charge, amount)))
        };
        let (days, parts): (Vec<u16>, Vec<Part>) = charges.iter().filter_map(beyond).unzip();
        if let Some(longest) = days.iter().max() {
            let sentence = format!(
                "【{name}】开药{longest}天，一般不超过{most}天用量，请核对天数，确需延长的应注明理由"
            );
            hits.push(Hit { parts, sentence });
        }
    }
    hits
}

fn over_price(concerned: &[&Charge<'_>]) -> Vec<Hit> {
    /// Millionths of a yuan times ten-thousandths: a fen has a hundred million of them.
    const PER_FEN: i128 = 100_000_000;
    let mut hits = Vec::new();
    for (name, charges) in by_item(concerned) {
        let beyond = |charge: &&Charge<'_>| {
            let limit = charge.line.price_limit?;
            let allowed = (i128::from(limit) * i128::from(charge.quantity) * 2 + PER_FEN) / (PER_FEN * 2);
            let over = i128::from(charge.amount.0) - allowed;
            let over = i64::try_from(over).ok().filter(|over| *over > 0)?;
            Some((limit, violating(charge, Fen(over))))
        };
        let (limits, parts): (Vec<i64>, Vec<Part>) = charges.iter().filter_map(beyond).unzip();
        if let Some(limit) = limits.first() {
            let yuan = Rounding::HalfUp.ten_thousandths(*limit);
            let sentence =
                format!("【{name}】超过本机构等级的限价{yuan}元，超出部分由个人负担，请核对单价并告知");
            hits.push(Hit { parts, sentence });
        }
    }
    hits
}

fn not_approved(remark: &str, concerned: &[&Charge<'_>]) -> Vec<Hit> {
    let open: Vec<&Charge<'_>> = concerned.iter().filter(|charge| !charge.line.approved).copied().collect();
    whole(&open, |name| format!("【{name}】{remark}，未见医院审批标志，请核对适应症并审批"))
}

/// One hit an item, of all that is left of its lines.
fn whole(charges: &[&Charge<'_>], say: impl Fn(&str) -> String) -> Vec<Hit> {
    let hit = |(name, charges): (&str, Vec<&Charge<'_>>)| Hit {
        parts: charges.iter().map(|charge| violating(charge, charge.amount)).collect(),
        sentence: say(name),
    };
    by_item(charges).into_iter().map(hit).collect()
}

/// The charges by item, each with the name of its first line, in the order in which the items come first.
fn by_item<'a, 'l>(charges: &[&'a Charge<'l>]) -> Vec<(&'l str, Vec<&'a Charge<'l>>)> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut items: Vec<(&str, Vec<&Charge<'_>>)> = Vec::new();
    for charge in charges {
        let place = *places.entry(&charge.line.item).or_insert(items.len());
        if place == items.len() {
            items.push((&charge.line.name, Vec::new()));
        }
        items[place].1.push(charge);
    }
    items
}

const fn violating(charge: &Charge<'_>, amount: Fen) -> Part {
    Part { line: charge.index, role: Role::Violating, amount }
}

const fn involve(charge: &Charge<'_>) -> Part {
    Part { line: charge.index, role: Role::Involved, amount: Fen::ZERO }
}

fn days_of(line: &Line) -> impl Iterator<Item = Day> + use<> {
    let from = line.from;
    (0..line.days()).map(move |later| from.plus_days(later))
}

/// Days in words: the first, and how many.
fn several(days: &BTreeSet<Day>) -> String {
    match (days.first(), days.len()) {
        (Some(day), 1) => day.to_string(),
        (Some(day), count) => format!("{day}等{count}日"),
        (None, _) => String::new(),
    }
}

/// Ten-thousandths as a number without idle zeros.
fn number(ten_thousandths: i64) -> String {
    let text = format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

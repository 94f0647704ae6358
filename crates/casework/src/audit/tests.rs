//! Each rule of the national file at its edge, refunds, the strict reader, and what always holds.

use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;
use terms::{CareKind, ChargeCategory, Day, Fen, SettlementLevel, money::parse_decimal};

const NATIONAL: &str = include_str!("../../../../policy/national/audit.toml");

fn national() -> Rules {
    Rules::load("national/audit.toml", NATIONAL).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// `id item day[..day] quantity amount` and words: `of=` the line given back, `days=` prescribed, `limit=` price in yuan,
/// `cat=` category, `name=`, `approved`.
fn line(text: &str) -> Line {
    let mut words = text.split_whitespace();
    let mut next = || words.next().unwrap_or_else(|| panic!("{text}"));
    let (id, item, days, quantity, amount) = (next(), next(), next(), next(), next());
    let (from, to) = days.split_once("..").unwrap_or((days, days));
    let quantity = i64::try_from(parse_decimal(quantity, 4).unwrap()).unwrap();
    let amount: Fen = amount.parse().unwrap();
    let mut line = Line {
        id: id.to_owned(),
        refunds: None,
        item: item.to_owned(),
        name: item.to_owned(),
        category: None,
        price_limit: None,
        from: day(from),
        to: day(to),
        quantity,
        price: amount.0 * 100_000_000 / quantity,
        amount,
        prescribed_days: None,
        approved: false,
    };
    for word in words {
        match word.split_once('=') {
            Some(("of", id)) => line.refunds = Some(id.to_owned()),
            Some(("days", days)) => line.prescribed_days = Some(days.parse().unwrap()),
            Some(("limit", yuan)) => {
                line.price_limit = Some(i64::try_from(parse_decimal(yuan, 6).unwrap()).unwrap());
            }
            Some(("cat", code)) => line.category = ChargeCategory::from_code(code),
            Some(("name", name)) => name.clone_into(&mut line.name),
            None if word == "approved" => line.approved = true,
            _ => panic!("{text}"),
        }
    }
    line
}

/// A stay of a woman born on 1961-05-05 at a hospital of 三级, changed by words: `man`, `unknown`, `born=`, `level=`, `type=`,
/// `diagnosed=`.
fn encounter(words: &str, lines: &str) -> Encounter {
    let mut encounter = Encounter {
        sex: Some(Sex::Female),
        birth: Some(day("1961-05-05")),
        level: SettlementLevel::Tertiary,
        care: CareKind::Inpatient,
        medical_type: "21".to_owned(),
        diagnoses: vec!["I63.9".to_owned()],
        lines: lines.split(';').map(str::trim).filter(|one| !one.is_empty()).map(line).collect(),
    };
    for word in words.split_whitespace() {
        match word.split_once('=') {
            Some(("born", birth)) => encounter.birth = birth.parse().ok(),
            Some(("level", code)) => encounter.level = SettlementLevel::from_code(code).unwrap(),
            Some(("type", code)) => {
                encounter.care = CareKind::from_medical_type(code).unwrap();
                code.clone_into(&mut encounter.medical_type);
            }
            Some(("diagnosed", code)) => encounter.diagnoses.push(code.to_owned()),
            None if word == "man" => encounter.sex = Some(Sex::Male),
            None if word == "unknown" => encounter.sex = None,
            _ => panic!("{words}"),
        }
    }
    encounter
}

/// Rule by rule: `+` a violating line with its amount, `~` an involved one.
fn found(rules: &Rules, encounter: &Encounter) -> String {
    let mut text = String::new();
    for finding in rules.examine(encounter, Stage::Before, &[]) {
        write!(text, "{} ", finding.rule.id).unwrap();
        for part in &finding.parts {
            let id = &encounter.lines[part.line].id;
            match part.role {
                Role::Violating => write!(text, "+{id}:{} ", part.amount).unwrap(),
                Role::Involved => write!(text, "~{id} ").unwrap(),
            }
        }
    }
    text.trim_end().to_owned()
}

const ICU: &str = "001201000010000";
const FIRST: &str = "001201000030000";
const SECOND: &str = "001201000040000";
const BED: &str = "001109000010000";
const OUT: &str = "003310070020000";

#[test]
fn every_rule_hits_and_just_does_not() {
    let rules = national();
    let d = "2026-11-20";
    for (who, lines, expected) in [
        // 重复收费
        ("", format!("a {ICU} {d} 10 200; b {FIRST} {d} 1 26"), "YD0101 ~a +b:26.00"),
        ("", format!("b {FIRST} {d} 1 26; a {ICU} {d} 10 200"), "YD0101 +b:26.00 ~a"),
        ("", format!("a {ICU} {d} 10 200; b {FIRST} 2026-11-21 1 26"), ""),
        (
            "",
            format!("a {ICU} {d}..2026-11-21 24 400; b {FIRST} 2026-11-21..2026-11-24 4 104"),
            "YD0101 ~a +b:26.00",
        ),
        ("", format!("a {ICU} {d} 10 200; r {ICU} {d} -10 -200 of=a; b {FIRST} {d} 1 26"), ""),
        ("", format!("a {ICU} {d} 10 200; b {FIRST} {d} 1 26; r {FIRST} {d} -1 -26"), ""),
        ("", format!("a {ICU} {d} 10 200; b {FIRST} {d} 1 26; r {FIRST} {d} -0.5 -13"), "YD0101 ~a +b:13.00"),
        ("", format!("a {FIRST} {d} 1 26; b {SECOND} {d} 1 16"), "YD0101 ~a +b:16.00"),
        ("", format!("a 001109000020000 {d} 1 100; b {BED} {d} 1 32"), "YD0101 ~a +b:32.00"),
        ("type=41", format!("a {ICU} {d} 10 200; b {FIRST} {d} 1 26"), ""),
        // 重复记录
        (
            "",
            format!("a X {d} 1 20 cat=04; b X {d} 1 20 cat=04; c X {d} 1 20 cat=04"),
            "YD0102 ~a +b:20.00 +c:20.00",
        ),
        ("", format!("a X {d} 1 20 cat=04; b X 2026-11-21 1 20 cat=04"), ""),
        ("", format!("a X {d} 1 20 cat=04; b X {d} 2 40 cat=04"), ""),
        ("", format!("a X {d} 1 20 cat=09; b X {d} 1 20 cat=09"), ""),
        ("", format!("a X {d} 1 20 cat=04; b X {d} 1 20 cat=04; r X {d} -1 -20 of=b"), ""),
        ("", format!("a X {d} 1 20 cat=04; b X {d} 1 20 cat=04; r X {d} -1 -20"), ""),
        // 限性别
        ("", format!("a XG04CBA {d} 1 20"), "YD0201 +a:20.00"),
        ("man", format!("a XG04CBA {d} 1 20"), ""),
        ("unknown", format!("a XG04CBA {d} 1 20"), ""),
        ("man", format!("a ZX {d} 1 20 name=保妇康栓; b XG03DBD {d} 1 5"), "YD0201 +b:5.00 YD0201 +a:20.00"),
        ("man", format!("a 003313010010000 {d} 1 900"), "YD0202 +a:900.00"),
        ("", format!("a 003313010010000 {d} 1 900"), ""),
        // 限年龄: the day of the fee counts, not that of the admission
        ("born=2008-11-21", format!("a ZX {d} 1 20 name=小儿豉翘清热颗粒"), ""),
        ("born=2008-11-20", format!("a ZX {d} 1 20 name=小儿豉翘清热颗粒"), "YD0301 +a:20.00"),
        ("born=2008-11-21", format!("a XJ01MAZ {d} 1 20; b XJ01MAZ 2026-11-21 1 20"), "YD0303 +a:20.00"),
        (
            "born=2025-11-21",
            format!("a 003112020010000 {d} 1 9; b 003112020010000 2026-11-21 1 9"),
            "YD0302 +b:9.00",
        ),
        ("born=?", format!("a ZX {d} 1 20 name=小儿豉翘清热颗粒"), ""),
        // 限医疗机构级别
        ("level=1", format!("a ZA06CAS0287030101000293 {d} 1 30"), "YD0401 +a:30.00"),
        ("level=11", format!("a ZA06CAS0287030101000293 {d} 1 30"), "YD0401 +a:30.00"),
        ("level=2", format!("a ZA06CAS0287030101000293 {d} 1 30"), ""),
        ("level=31", format!("a ZA06CAS0287030101000293 {d} 1 30"), ""),
        // 限频次, 限数量
        ("", format!("a {BED} {d} 1 32; b {BED} 2026-11-21 1 32"), ""),
        ("", format!("a {BED} {d} 1 32; b {BED} {d} 1 32"), "YD0501 ~a +b:32.00"),
        ("", format!("a {BED} {d} 2 64"), "YD0501 +a:32.00"),
        ("", format!("a {BED} {d}..2026-11-28 9 288"), ""),
        ("", format!("a {BED} {d}..2026-11-28 10 320"), "YD0501 +a:31.95"),
        ("", format!("a {BED} {d} 1 32; b {BED} {d} 1 32; r {BED} {d} -1 -32 of=a"), ""),
        ("", format!("a {ICU} {d} 24 480"), ""),
        ("", format!("a {ICU} {d} 24.5 490"), "YD0501 +a:10.00"),
        ("type=11", format!("a {BED} {d} 2 64"), ""),
        ("", format!("a {OUT} {d} 1 900; b {OUT} 2026-11-22 1 900"), "YD0502 ~a +b:900.00"),
        ("", format!("a {OUT} {d} 1 900"), ""),
        // 限天数
        ("type=11", format!("a X {d} 1 80 cat=09 days=8"), "YD0601 +a:10.00"),
        ("type=11", format!("a X {d} 1 80 cat=09 days=7"), ""),
        ("type=11", format!("a X {d} 1 80 cat=09"), ""),
        ("type=13", format!("a X {d} 1 80 cat=09 days=4"), "YD0601 +a:20.00"),
        ("type=14", format!("a X {d} 1 85 cat=11 days=85"), "YD0601 +a:1.00"),
        ("type=14", format!("a X {d} 1 85 cat=11 days=84"), ""),
        ("", format!("a X {d} 1 80 cat=09 days=30"), ""),
        // 超限价
        ("", format!("a X {d} 3 54 limit=18"), ""),
        ("", format!("a X {d} 3 54.01 limit=18"), "YD0701 +a:0.01"),
        ("", format!("a X {d} 3 60 limit=18; r X {d} -1 -20"), "YD0701 +a:4.00"),
        // 限制使用
        ("", format!("a XB05AAR023B {d} 1 400"), "YD0801 +a:400.00"),
        ("", format!("a XB05AAR023B {d} 1 400 approved"), ""),
        ("diagnosed=C50.9", format!("a XL01FDQ012B {d} 1 5000"), ""),
        ("diagnosed=C34.9", format!("a XL01FDQ012B {d} 1 5000"), "YD0801 +a:5000.00"),
        // Before the first day of a row there is no row.
        ("", "a XB05AAR023B 2019-12-31 1 400".to_owned(), ""),
    ] {
        assert_eq!(found(&rules, &encounter(who, &lines)), expected, "{who}: {lines}");
    }
}

#[test]
fn refunds_come_off_the_line_they_name_or_the_last_of_the_item() {
    for (lines, expected) in [
        ("a X 2026-11-20 2 20; b X 2026-11-20 1 10; r X 2026-11-21 -1 -10 of=a", "a 1 10.00 b 1 10.00"),
        ("a X 2026-11-20 2 20; b X 2026-11-20 1 10; r X 2026-11-21 -1 -10", "a 2 20.00"),
        ("a X 2026-11-20 2 20; b X 2026-11-20 1 10; r X 2026-11-21 -2 -20", "a 1 10.00"),
        ("a X 2026-11-20 2 20; r X 2026-11-21 -9 -90", ""),
        ("a X 2026-11-20 2 20; r X 2026-11-21 -2 -22", "a 2 20.00"),
        ("a X 2026-11-20 2 20; r X 2026-11-21 -2 -20 of=z", "a 2 20.00"),
        ("a X 2026-11-20 3 10; r X 2026-11-21 -1 -3.33 of=a", "a 2 6.67"),
        ("r X 2026-11-19 -1 -10; a X 2026-11-20 1 10", ""),
    ] {
        let lines = encounter("", lines).lines;
        let left = net::net(&lines)
            .into_iter()
            .map(|charge| format!("{} {} {}", charge.line.id, charge.quantity / 10_000, charge.amount));
        assert_eq!(left.collect::<Vec<_>>().join(" "), expected);
    }
}

#[test]
fn a_rule_is_asked_at_its_stage_and_by_its_id() {
    let rules = national();
    let encounter = encounter("man", "a 003313010010000 2026-11-20 1 900; b XB05AAR023B 2026-11-20 1 400");
    let ids = |stage, named: &[&str]| {
        let named: Vec<String> = named.iter().map(|id| (*id).to_owned()).collect();
        let found = rules.examine(&encounter, stage, &named);
        found.iter().map(|finding| finding.rule.id.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids(Stage::During, &[]), "YD0202 YD0801");
    assert_eq!(ids(Stage::During, &["YD0801", "YD0301"]), "YD0801");
    let only_before = NATIONAL.replace("stages = [\"before\", \"during\"]", "stages = [\"before\"]");
    let only_before = Rules::load("a", &only_before).unwrap();
    assert!(only_before.examine(&encounter, Stage::During, &[]).is_empty());
    for finding in rules.examine(&encounter, Stage::Before, &[]) {
        assert!(
            !finding.sentence.is_ascii() && finding.row.citation.text().contains("待核实"),
            "{finding:?}"
        );
    }
}

const GOOD: &str = r#"name = "n"
checked_on = "2026-11-22"
[source.s]
title = "t"
[[rule]]
id = "R1"
name = "n"
definition = "d"
logic = "sex"
severity = "highly_suspected"
stages = ["before"]
care = ["inpatient"]
[[rule.row]]
from = "2020-01-01"
source = "s"
confidence = "recalled"
codes = ["X1"]
sex = "male"
"#;

#[test]
fn a_file_that_is_not_one_is_refused_with_its_line() {
    assert_eq!(Rules::load("f", GOOD).map(|rules| rules.all().len()), Ok(1));
    let logic = |logic: &str, row: &str| {
        GOOD.replace("logic = \"sex\"", &format!("logic = \"{logic}\"")).replace("sex = \"male\"", row)
    };
    let mut wrong = Vec::new();
    for (text, line, words) in [
        (GOOD.replace("checked_on = \"2026-11-22\"\n", ""), 1, "checked_on"),
        (format!("{GOOD}colour = 1\n"), 19, "unknown field `colour`"),
        (GOOD.replace("definition", "meaning"), 8, "unknown field `meaning`"),
        (GOOD.replace("title = \"t\"", "title = \"t\"\nyear = 1"), 5, "unknown field `year`"),
        (GOOD.replace("2020-01-01", "2020-02-30"), 14, "is not a day"),
        (
            GOOD.replace("from = \"2020-01-01\"", "from = \"2020-01-01\"\nto = \"2019-01-01\""),
            13,
            "`to` is before",
        ),
        (GOOD.replace("source = \"s\"", "source = \"z\""), 13, "no [source.z]"),
        (GOOD.replace("source = \"s\"\n", ""), 13, "missing field `source`"),
        (GOOD.replace("recalled", "sure"), 16, "unknown variant `sure`"),
        (GOOD.replace("\"X1\"", "\"\""), 13, "begins no code"),
        (GOOD.replace("\"X1\"", "\"X 1\""), 13, "begins no code"),
        (GOOD.replace("codes = [\"X1\"]\n", ""), 13, "every item"),
        (GOOD.replace("codes = [\"X1\"]", "names = [\"甲\"]"), 13, "two characters"),
        (GOOD.replace("sex = \"male\"\n", ""), 13, "`sex` is missing"),
        (GOOD.replace("\"male\"", "\"boy\""), 18, "not a sex"),
        (GOOD.replace("\"inpatient\"", ""), 5, "never applies"),
        (GOOD.replace("\"before\"", ""), 5, "never applies"),
        (GOOD.replace("id = \"R1\"", "id = \"一\""), 5, "is no id"),
        (GOOD.replace("definition = \"d\"", "definition = \"\""), 5, "is empty"),
        (GOOD.replace("highly_suspected", "definite"), 13, "rests on confirmed"),
        (GOOD.replace("highly_suspected", "certain"), 10, "unknown variant `certain`"),
        (format!("{GOOD}{}", &GOOD[GOOD.find("[[rule]]").unwrap()..]), 19, "is there twice"),
        (format!("{GOOD}days = 7\n"), 13, "`days` says nothing"),
        (logic("weight", ""), 9, "unknown variant `weight`"),
        (logic("together", "with = [\"X2\"]"), 13, "`per` is missing"),
        (logic("together", "with = []\nper = \"day\""), 13, "`with` is missing"),
        (logic("together", "with = [\"X2\"]\nper = \"week\""), 19, "unknown variant `week`"),
        (logic("age", ""), 13, "no age"),
        (logic("age", "age_from = 18\nage_under = 18"), 13, "no age is allowed"),
        (logic("level", "level = \"best\""), 18, "unknown variant `best`"),
        (logic("quantity", "most = 0\nper = \"day\""), 13, "`most` is missing"),
        (logic("days", "days = 0"), 13, "`days` is missing"),
        (logic("restricted", "remark = \"\""), 13, "`remark` is missing"),
        (logic("price", "sex = \"male\""), 13, "`sex` says nothing"),
    ] {
        let errors = Rules::load("f", &text).expect_err(words);
        let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let is_right = errors.len() == 1 && errors[0].message.contains(words) && errors[0].line == line;
        if !is_right {
            wrong.push(format!("{line} {words}: {said:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let files = [("national/split.toml", "x"), ("420000/audit.toml", "x"), ("national/audit.toml", GOOD)];
    assert_eq!(Rules::of_folder(files).map(|rules| rules.all().len()), Ok(1));
    assert_eq!(Rules::of_folder([("national/split.toml", "x")]), Ok(Rules::default()));
}

/// Any line of few items, so that rules meet.
fn any_line() -> impl Strategy<Value = Line> {
    let items = [ICU, FIRST, SECOND, BED, OUT, "XG04CBA", "XB05AAR023B", "XJ01MAZ", "ZA06CAS0287", "X"];
    let categories = ["03", "04", "09"];
    (
        (0..6_usize, proptest::option::of(0..6_usize), 0..items.len(), 0..categories.len()),
        (0..5_i32, 0..3_i32, -30_000..60_000_i64, 0..100_000_i64),
        (proptest::option::of(0..20_000_000_i64), proptest::option::of(0..100_u16), any::<bool>()),
    )
        .prop_map(
            move |(
                (id, refunds, item, category),
                (from, more, quantity, amount),
                (limit, days, approved),
            )| {
                let from = day("2026-11-20").plus_days(from);
                let amount = if quantity < 0 { -amount } else { amount };
                Line {
                    id: id.to_string(),
                    refunds: refunds.filter(|_| quantity < 0).map(|id| id.to_string()),
                    item: items[item].to_owned(),
                    name: items[item].to_owned(),
                    category: ChargeCategory::from_code(categories[category]),
                    price_limit: limit,
                    from,
                    to: from.plus_days(more),
                    quantity,
                    price: 1_000_000,
                    amount: Fen(amount),
                    prescribed_days: days,
                    approved,
                }
            },
        )
}

proptest! {
    #[test]
    fn findings_name_lines_that_are_there_and_no_more_money_than_theirs(
        lines in proptest::collection::vec(any_line(), 0..40),
        who in prop::sample::select(vec!["", "man level=1 born=2010-01-01", "type=11 level=2", "type=14 unknown"]),
    ) {
        let rules = national();
        let encounter = Encounter { lines, ..encounter(who, "") };
        for finding in rules.examine(&encounter, Stage::During, &[]) {
            let mut seen = std::collections::BTreeSet::new();
            let mut sum = Fen::ZERO;
            prop_assert!(!finding.parts.is_empty());
            for part in &finding.parts {
                prop_assert!(seen.insert(part.line), "a line is named once: {finding:?}");
                let line = encounter.lines.get(part.line).expect("a line that is there");
                prop_assert!(line.quantity > 0 && finding.row.from <= line.from);
                prop_assert!(!part.amount.is_negative() && part.amount <= line.amount, "{finding:?}");
                prop_assert!(part.role == Role::Violating || part.amount.is_zero());
                sum += part.amount;
            }
            prop_assert_eq!(sum, finding.amount);
            prop_assert!(finding.parts.iter().any(|part| part.role == Role::Violating));
            prop_assert!(finding.sentence.chars().count() <= 500);
        }
    }
}

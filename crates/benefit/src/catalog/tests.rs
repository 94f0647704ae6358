//! How lines are split, and what wrong lists and rules are told.

use super::*;
use proptest::prelude::*;

fn sample(class: CatalogClass, permyriad: u16, limit: Option<i64>) -> CatalogItem {
    CatalogItem {
        code: "X".to_owned(),
        name: "示例".to_owned(),
        letters: "=sl'shi'li".into(),
        category: ChargeCategory::WesternMedicine,
        class,
        origin: None,
        first_self_pay: Rate::permyriad(permyriad).unwrap(),
        is_final: false,
        general: None,
        limits: [limit.and_then(Price::micro_yuan), None, limit.and_then(Price::micro_yuan)],
        from: Day::new(2025, 1, 1).unwrap(),
        to: None,
        is_open: false,
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
    let text =
        format!("# 示例\n{HEAD}\nX1,甲,09,01,10%,,,,2025-01-01,\nX2,乙,15,02,10%,,,,2025-01-01,\nX3,丙,09\n");
    let errors = Catalog::load("sample.csv", &text).unwrap_err();
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "sample.csv:3: 甲类 has no first self-pay; write 0%",
            "sample.csv:4: `15` is not an expense category; write 01 to 14",
            "sample.csv:5: 3 cells; write 10, as the head names them",
        ]
    );
}

#[test]
fn a_code_is_a_history_and_a_province_lays_its_lines_over_the_list() {
    let line = |name: &str, from: &str, to: &str| format!("X1,{name},09,02,10%,,,,{from},{to}\n");
    let text = format!("{HEAD}\n{}{}", line("旧", "2024-01-01", "2024-12-31"), line("新", "2025-01-01", ""));
    let national = Catalog::load("national.csv", &text).unwrap();
    let name = |catalog: &Catalog, day: &str| {
        catalog.find("X1", day.parse().unwrap()).map(|item| item.name.clone()).unwrap_or_default()
    };
    assert_eq!(
        ["2023-12-31", "2024-12-31", "2025-01-01"].map(|day| name(&national, day)),
        ["", "旧", "新"].map(str::to_owned)
    );
    let province = Catalog::load("420000.csv", &format!("{HEAD}\n{}", line("省", "2025-01-01", ""))).unwrap();
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

const RULES: &str = r#"
area = "420000"
name = "示例省"
checked_on = "2026-11-22"

[source.s]
title = "示例"

[[first_self_pay]]
from = "2024-01-01"
source = "s"
confidence = "confirmed"
rows = [
  { categories = ["material"], origins = ["imported"], rate = "50%", final = true },
  { categories = ["material"], origins = ["domestic", "joint"], rate = "35%", final = true },
  { categories = ["material"], to = 200, rate = "0%" },
  { categories = ["material"], over = 200, to = 1000, rate = "10%" },
  { categories = ["material"], over = 1000, rate = "20%" },
  { levels = ["tertiary"], rate = "12%" },
  { rate = "10%" },
]

[[first_self_pay]]
from = "2026-01-01"
source = "s"
confidence = "unconfirmed"
price_bands = "parts"
rows = [
  { to = 200, rate = "0%" },
  { over = 200, to = 1000, rate = "10%" },
  { over = 1000, rate = "20%" },
]

[[limit_price]]
from = "2024-01-01"
source = "s"
confidence = "confirmed"
rows = [{ categories = ["bed"], primary = 18, secondary = 25, tertiary = 32 }]
"#;

fn ruled() -> Catalog {
    let list = format!(
        "{LONG_HEAD}\n\
         B1,乙类药,09,02,,,,,2024-01-01,,,\n\
         B2,自有比例,09,02,5%,,,,2024-01-01,,,\n\
         B3,一次性先付,08,02,30%,,,,2024-01-01,,imported,final\n\
         A1,床位费,01,01,0%,,,,2024-01-01,,,\n\
         A2,自有限价,01,01,0%,40,40,40,2024-01-01,,,\n\
         M1,国产假体,08,02,,,,,2024-01-01,,domestic,\n\
         M2,进口假体,08,02,,,,,2024-01-01,,imported,\n\
         M3,普通材料,08,02,,,,,2024-01-01,,,\n\
         C1,自费,14,03,100%,,,,2024-01-01,,,\n"
    );
    let rules = SplitRules::load("420000/split.toml", RULES).unwrap_or_else(|errors| panic!("{errors:#?}"));
    Catalog::load("catalog.csv", &list).unwrap().under(&rules).unwrap()
}

#[test]
fn what_a_list_leaves_open_the_rules_answer() {
    use SettlementLevel::{Primary, Secondary, Tertiary};
    let catalog = ruled();
    // code, day, level, amount in fen, quantity in ten-thousandths -> over limit, first, in scope, in full
    for (code, day, level, amount, quantity, parts) in [
        ("B1", "2025-06-01", Secondary, 10_000, 10_000, [0, 1_000, 9_000, 0]),
        ("B1", "2025-06-01", Tertiary, 10_000, 10_000, [0, 1_200, 8_800, 0]),
        ("B2", "2025-06-01", Tertiary, 10_000, 10_000, [0, 500, 9_500, 0]),
        ("B3", "2025-06-01", Tertiary, 10_000, 10_000, [0, 3_000, 7_000, 7_000]),
        ("M1", "2025-06-01", Tertiary, 2_000_000, 10_000, [0, 700_000, 1_300_000, 1_300_000]),
        ("M2", "2025-06-01", Tertiary, 2_000_000, 10_000, [0, 1_000_000, 1_000_000, 1_000_000]),
        // 200.00 a piece is not above 200; 200.01 is; five pieces for 5,000.05 are 1,000.01 a piece
        ("M3", "2025-06-01", Tertiary, 20_000, 10_000, [0, 0, 20_000, 0]),
        ("M3", "2025-06-01", Tertiary, 20_001, 10_000, [0, 2_000, 18_001, 0]),
        ("M3", "2025-06-01", Tertiary, 500_005, 50_000, [0, 100_001, 400_004, 0]),
        // by parts: 2 pieces of 1,500: (800 x 10 % + 500 x 20 %) x 2 = 360
        ("M3", "2026-06-01", Tertiary, 300_000, 20_000, [0, 36_000, 264_000, 0]),
        ("B1", "2026-06-01", Tertiary, 20_001, 10_000, [0, 0, 20_001, 0]),
        ("B1", "2026-06-01", Tertiary, 20_005, 10_000, [0, 1, 20_004, 0]), // 0.5 fen is a tie and goes up
        // a bed at 50 a day for three days
        ("A1", "2025-06-01", Tertiary, 15_000, 30_000, [5_400, 0, 9_600, 0]),
        ("A1", "2025-06-01", Secondary, 15_000, 30_000, [7_500, 0, 7_500, 0]),
        ("A1", "2025-06-01", Primary, 15_000, 30_000, [9_600, 0, 5_400, 0]),
        ("A2", "2025-06-01", Primary, 15_000, 30_000, [3_000, 0, 12_000, 0]),
    ] {
        let item = catalog.find(code, day.parse().unwrap()).unwrap_or_else(|| panic!("{code} {day}"));
        let split = split_line(item, level, Fen(amount), quantity);
        assert!(split.is_consistent());
        let found = [split.over_limit, split.first_self_pay, split.in_scope, split.in_full];
        assert_eq!(found, parts.map(Fen), "{code} {day} {level} {amount}");
        assert_eq!(split + split_line(item, level, Fen(-amount), -quantity), Split::default());
    }
    let bed = catalog.find("A1", "2025-06-01".parse().unwrap()).unwrap();
    assert_eq!(bed.limit(SettlementLevel::Tertiary).map(|price| price.to_string()), Some("32.00".to_owned()));
    let stent = catalog.find("M3", "2026-06-01".parse().unwrap()).unwrap();
    let rate = stent.first_self_pay_of(SettlementLevel::Tertiary, Fen(300_000), 20_000);
    assert_eq!(rate.to_string(), "12%");
}

#[test]
fn without_a_rule_an_open_item_is_not_found() {
    let list = Catalog::load("x.csv", &format!("{HEAD}\nB1,乙,09,02,,,,,2023-06-01,\n")).unwrap();
    assert_eq!(list.find("B1", "2025-01-01".parse().unwrap()), None);
    let rules = SplitRules::load("420000/split.toml", RULES).unwrap();
    let said = list.under(&rules).unwrap_err();
    assert!(said[0].starts_with("`B1` leaves its first self-pay open on 2023-06-01"), "{said:?}");
}

#[test]
fn wrong_rules_are_told_with_file_and_line() {
    for (from, to, line, words) in [
        ("{ rate = \"10%\" },\n]", "]", 9, "no row answers for every 乙类 item"),
        ("rate = \"12%\"", "rat = \"12%\"", 19, "unknown field"),
        (
            "over = 200, to = 1000, rate = \"10%\" },\n  { categories",
            "over = 200, to = 100, rate = \"10%\" },\n  { categories",
            17,
            "`to` is not above `over`",
        ),
        ("source = \"s\"", "source = \"t\"", 14, "there is no [source.t]"),
        ("area = \"420000\"", "area = \"420100\"", 2, "is no province"),
        ("area = \"420000\"", "area = \"430000\"", 2, "the file lies in `420000`"),
        ("from = \"2026-01-01\"", "from = \"2024-01-01\"", 23, "does not follow"),
        (
            "  { levels = [\"tertiary\"], rate = \"12%\" },\n  { rate = \"10%\" },",
            "  { rate = \"10%\" },\n  { levels = [\"tertiary\"], rate = \"12%\" },",
            20,
            "an earlier row answers",
        ),
        ("primary = 18", "all = 30, primary = 18", 38, "write either `all`"),
        ("price_bands = \"parts\"", "price_bands = \"steps\"", 27, "unknown variant"),
    ] {
        let text = RULES.replacen(from, to, 1);
        assert_ne!(text, RULES, "{from}");
        let errors = SplitRules::load("420000/split.toml", &text).unwrap_err();
        let said = errors[0].to_string();
        assert!(
            said.starts_with(&format!("420000/split.toml:{line}:")) && said.contains(words),
            "{said} for {words}"
        );
    }
}

#[test]
fn a_provinces_rules_hold_from_their_first_day_and_the_nations_before() {
    let nation = SplitRules::load(
        "national/split.toml",
        "area = \"national\"\nname = \"示例\"\nchecked_on = \"2026-11-22\"\n[source.s]\ntitle = \"示例\"\n[[first_self_pay]]\nfrom = \"2020-01-01\"\nsource = \"s\"\nconfidence = \"unconfirmed\"\nrows = [{ rate = \"8%\" }]\n",
    )
    .unwrap();
    let own = SplitRules::load("420000/split.toml", RULES).unwrap();
    let list = Catalog::load("x.csv", &format!("{HEAD}\nB1,乙,09,02,,,,,2023-06-01,\n")).unwrap();
    let catalog = list.under(&own.over(&nation)).unwrap();
    let first = |day: &str| {
        let item = catalog.find("B1", day.parse().unwrap()).unwrap();
        split_line(item, SettlementLevel::Secondary, Fen(10_000), 10_000).first_self_pay
    };
    assert_eq!(["2023-12-31", "2024-01-01", "2026-01-01"].map(first), [Fen(800), Fen(1_000), Fen(0)]);
}

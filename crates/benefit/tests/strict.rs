//! A policy file that is wrong is refused with its line and what to write; shapes that no file uses yet compute.

use benefit::{Bill, Case, CategoryAmount, FilingStanding, Library, Member, Split, YearToDate, compute};
use terms::{
    AdminDivision, ChargeCategory, Day, Fen, FilingCategory, InsuranceScheme, InsuredPlace, MemberStatus,
    PoolingArea, SettlementLevel, TreatmentPlace,
};

const GOOD: &str = r#"area = "420100"
name = "武汉市"
scheme = "310"
checked_on = "2026-11-21"

[source.a]
title = "示例"

[[deductible]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
recurs = "each_admission"
rows = [{ all = [800] }]

[[ratio]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
basis = "stay"
bands = [
  { over = 0, to = 30_000, all = "85%" },
  { over = 30_000, employed = "90%", retired = "95%" },
]

[[cross_region]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
rules = [{ for = ["long_term", "referral", "emergency", "other_temporary", "not_filed"] }]
"#;

fn errors(text: &str) -> String {
    match Library::load([("policy/420100/310.toml", text)]) {
        Ok(_) => "loaded".to_owned(),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_what_to_write() {
    assert_eq!(errors(GOOD), "loaded");
    // what is written, what is written in its place, line, words of the message
    for (good, bad, line, words) in [
        ("name = ", "nam = ", 2, "unknown field `nam`"),
        ("confidence = \"confirmed\"\nrecurs", "recurs", 9, "missing field `confidence`"),
        (
            "\"confirmed\"\nrecurs",
            "\"sure\"\nrecurs",
            12,
            "unknown variant `sure`, expected `confirmed` or `unconfirmed`",
        ),
        ("scheme = \"310\"", "scheme = \"340\"", 3, "write \"310\" or \"390\""),
        ("area = \"420100\"", "area = \"420106\"", 1, "not a pooling area"),
        ("area = \"420100\"", "area = \"420200\"", 1, "the file says 420200/310.toml"),
        (
            "\"2024-01-01\"\nsource = \"a\"\nconfidence = \"confirmed\"\nrecurs",
            "2024-01-01\nsource = \"a\"\nconfidence = \"confirmed\"\nrecurs",
            10,
            "a day in quotes",
        ),
        (
            "source = \"a\"\nconfidence = \"confirmed\"\nbasis",
            "source = \"b\"\nconfidence = \"confirmed\"\nbasis",
            16,
            "add `[source.b]`",
        ),
        ("\"85%\"", "\"850%\"", 22, "above the whole; write a share between"),
        ("\"85%\"", "0.85", 22, "expected a percentage in quotes"),
        ("\"85%\"", "\"0.85\"", 22, "write it as \"85%\""),
        ("[800]", "[-800]", 14, "yuan not below nothing"),
        ("[800]", "[800.5]", 14, "or a text such as \"1300.50\""),
        ("[800]", "[]", 14, "the list of amounts is empty"),
        ("all = [800]", "employed = [800]", 9, "no row for Community, Retired"),
        ("all = [800]", "minor = [800]", 14, "scheme 310 has no `Minor`"),
        ("all = \"85%\"", "all = \"85%\", retired = \"86%\"", 22, "`all` stands beside a status"),
        ("{ over = 30_000", "{ over = 20_000", 16, "bands overlap between 20000 and 30000"),
        ("{ over = 30_000", "{ over = 40_000", 16, "no band between 30000 and 40000"),
        ("to = 30_000, ", "", 16, "a band without end is followed by one over 30000"),
        ("to = 30_000, ", "to = 0, ", 22, "the band ends before it begins"),
        ("over = 0", "over = 100", 16, "write `over = 0`"),
        (", \"not_filed\"]", "]", 26, "no rule holds everywhere for 未备案"),
        ("\"not_filed\"] }", "\"not_filed\"], provinces = [\"1\"] }", 30, "`1` is not a province"),
        (
            "\"not_filed\"] }",
            "\"not_filed\"], refuse = \"不\", factor = \"90%\" }",
            30,
            "take out its other changes",
        ),
        ("checked_on", "year_starts = \"02-29\"\nchecked_on", 4, "write it as \"07-01\""),
    ] {
        assert!(GOOD.contains(good), "{good}");
        let said = errors(&GOOD.replacen(good, bad, 1));
        let place = format!("policy/420100/310.toml:{line}: ");
        assert!(said.lines().any(|one| one.starts_with(&place) && one.contains(words)), "{bad}\nsaid {said}");
    }
}

#[test]
fn versions_are_added_in_the_order_of_their_days() {
    let version = |from: &str| {
        format!(
            "\n[[deductible]]\nfrom = \"{from}\"\nsource = \"a\"\nconfidence = \"confirmed\"\nrecurs = \"each_admission\"\nrows = [{{ all = [1000] }}]\n"
        )
    };
    assert!(errors(&(GOOD.to_owned() + &version("2024-01-01"))).contains("is not after 2024-01-01"));
    let text = GOOD.to_owned() + &version("2025-01-01");
    let library = Library::load([("420100/310.toml", text.as_str())]).unwrap();
    let area = PoolingArea(AdminDivision::new(420_100).unwrap());
    for (day, expected) in [("2023-12-31", None), ("2024-12-31", Some(800)), ("2025-01-01", Some(1000))] {
        let scheme = library.scheme_on(area, InsuranceScheme::Employee, day.parse().unwrap());
        let found = scheme.ok().map(|scheme| scheme.deductible.value.rows[0].amounts[0]);
        assert_eq!(found, expected.map(Fen::yuan), "{day}");
    }
    let days: Vec<String> =
        library.days_of_change(area, InsuranceScheme::Employee).iter().map(ToString::to_string).collect();
    assert_eq!(days, ["2024-01-01", "2025-01-01"]);
}

/// In-scope yuan and treatment place in; deductible and fund total out.
fn computed(text: &str, in_scope: i64, treatment: u32, days: i32) -> (String, String) {
    let library = Library::load([("420100/310.toml", text)]).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let area = AdminDivision::new(420_100).unwrap();
    let discharge = Day::new(2025, 6, 1).unwrap();
    let scheme = library.scheme_on(PoolingArea(area), InsuranceScheme::Employee, discharge).unwrap();
    assert!(scheme.explain().contains("（已核对）"));
    let amount = Fen::yuan(in_scope);
    let split = Split { total: amount, in_scope: amount, ..Split::default() };
    let case = Case {
        bill: Bill {
            level: SettlementLevel::Tertiary,
            chinese_medicine: false,
            admission: discharge.plus_days(-days),
            discharge,
            categories: vec![CategoryAmount { category: ChargeCategory::Treatment, split }],
        },
        member: Member {
            scheme: InsuranceScheme::Employee,
            status: MemberStatus::Employed,
            birth: Day::new(1980, 1, 1).unwrap(),
        },
        insured: InsuredPlace(area),
        treatment: TreatmentPlace(AdminDivision::new(treatment).unwrap()),
        standing: FilingStanding::Filed(FilingCategory::Referral),
    };
    let answer = compute(&scheme, &case, &YearToDate::default()).unwrap();
    (answer.deductible_paid.to_string(), answer.fund_total.to_string())
}

#[test]
fn shapes_that_no_file_uses_yet() {
    let beijing = 110_105;
    let rows = "rows = [{ all = [800] }]";
    let rule = "\"not_filed\"] }";
    let first_band = "{ over = 0, to = 30_000, all = \"85%\" },";
    for (why, good, shape, treatment, days, expected) in [
        ("as it is: 9200 x 85%", rows, rows, beijing, 8, ("800.00", "7820.00")),
        (
            "again after 90 days: 100 days pay twice, 8400 x 85%",
            rows,
            "rows = [{ all = [800] }]\nagain_after_days = 90",
            beijing,
            100,
            ("1600.00", "7140.00"),
        ),
        (
            "a fifth of the bill, at least 1000: 8000 x 85%",
            rows,
            "rows = [{ all = [1000], share_of_total = \"20%\" }]",
            beijing,
            8,
            ("2000.00", "6800.00"),
        ),
        (
            "another deductible and ratio away: 9000 x 35%",
            rule,
            "\"not_filed\"], deductible = 1000, ratio = \"35%\" }",
            beijing,
            8,
            ("1000.00", "3150.00"),
        ),
        (
            "60 points off, but at least 40%: 9200 x 40%",
            rule,
            "\"not_filed\"], ratio_less = \"60%\", ratio_at_least = \"40%\" }",
            beijing,
            8,
            ("800.00", "3680.00"),
        ),
        (
            "90% only inside the area: outside 9200 x 85%",
            first_band,
            "{ over = 0, to = 30_000, all = \"85%\" }, { over = 0, inside_only = true, all = \"90%\" },",
            beijing,
            8,
            ("800.00", "7820.00"),
        ),
        (
            "90% only inside the area: inside 9200 x 90%",
            first_band,
            "{ over = 0, to = 30_000, all = \"85%\" }, { over = 0, inside_only = true, all = \"90%\" },",
            420_106,
            8,
            ("800.00", "8280.00"),
        ),
    ] {
        let text = GOOD.replacen(good, shape, 1);
        let (deductible, fund) = computed(&text, 10_000, treatment, days);
        assert_eq!((deductible.as_str(), fund.as_str()), expected, "{why}");
    }
}

#[test]
fn the_whole_file_in_the_guide_loads_and_explains_itself() {
    let guide = include_str!("../../../docs/POLICY.md");
    let file = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("section 3");
    let library = Library::load([("420100/310.toml", file)]).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let area = PoolingArea(AdminDivision::new(420_100).unwrap());
    let scheme = library.scheme_on(area, InsuranceScheme::Employee, Day::new(2025, 3, 10).unwrap()).unwrap();
    let said = scheme.explain();
    for words in [
        "武汉市（420100）职工基本医疗保险：本版自2024-01-01起",
        "三级：800元，再次400元",
        "0-30000元 各级 在职 85% 职工基本医疗保险统筹基金",
        "职工基本医疗保险统筹基金 年度240000元，以上职工大额医疗费用补助基金 80%",
        "异地转诊、异地急诊抢救：支付比例降低10个百分点",
        "医保发〔2022〕22号 [frame]（待核实）",
    ] {
        assert!(said.contains(words), "{words}\nis not in\n{said}");
    }
}

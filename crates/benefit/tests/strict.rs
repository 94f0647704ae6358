//! A policy file that is wrong is refused with its line and what to write; a file that is right is resolved day by day.

use benefit::{
    Bill, Case, CategoryAmount, FilingStanding, Library, Member, Split, YearToDate, compute,
    policy::json_schema, scheme::Standing, year::LayerName,
};
use terms::{
    AdminDivision, CareKind, ChargeCategory, Day, Fen, FilingCategory, InsuranceScheme, InsuredPlace,
    MemberStatus, PoolingArea, Rate, Refusal, Set, SettlementLevel, TreatmentPlace,
};

const GOOD: &str = r#"#:schema ../policy.schema.json
area = "420100"
name = "武汉市"
scheme = "310"
checked_on = "2026-11-21"

[source.a]
title = "示例"

[source.b]
title = "另例"

[[inpatient.deductible]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
recurs = "each_admission"
rows = [
  { all = 800 },
  { inside_only = true, all = [700, 350] },
]

[[inpatient.ratio]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
basis = "stay"
bands = [
  { over = 0, to = 30_000, all = "85%" },
  { over = 30_000, employed = "90%", retired = "95%" },
]
adjust = [{ age_from = 70, more = "2%" }]

[[inpatient.cap]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
limits = [{ counts = "paid", amount = 240_000, above = { fund = "large_amount", rate = "80%" } }]

[[chronic.ratio]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
basis = "stay"
bands = [{ over = 0, all = "70%" }]

[[chronic.cap]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
limits = [
  { counts = "paid", several = "highest", rows = [
    { diseases = ["M03900"], all = 5000 },
    { diseases = ["M01600", "M07100"], all = "unlimited" },
  ] },
]

[[layer]]
name = "civil_servant"
from = "2024-01-01"
source = "b"
confidence = "unconfirmed"
threshold = 1000
bands = [{ over = 0, classes = ["civil_servant"], all = "50%" }]

[[account]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
care = ["inpatient", "chronic"]
pays = ["deductible", "own_share"]
family = true

[[year_crossing]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
by = "days"

[[cross_region]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
rules = [
  { for = ["referral"], places = ["310100"], ratio_less = "5%" },
  { for = ["long_term", "referral", "emergency", "other_temporary"] },
  { for = ["not_filed"], factor = "90%" },
]
"#;

const WHERE: &str = "policy/420100/310.toml";

fn errors(text: &str) -> String {
    match Library::load([(WHERE, text)]) {
        Ok(_) => "loaded".to_owned(),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

fn loaded(text: &str) -> Library {
    Library::load([(WHERE, text)]).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn area() -> PoolingArea {
    PoolingArea(AdminDivision::new(420_100).unwrap())
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// What is written, what is written in its place, what the line begins with on which it is said, words of the message.
const WRONG: &[(&str, &str, &str, &str)] = &[
    // keys
    ("name = \"武", "nam = \"武", "nam = ", "unknown field `nam`, expected one of `area`, `name`"),
    ("name = \"武汉市\"", "name = \" \"", "name = \" \"", "`name` is empty; write"),
    ("[[year_crossing]]", "[[year_crosing]]", "[[year_crosing]]", "unknown field `year_crosing`"),
    (
        "[[inpatient.cap]]",
        "[[inpatient.caps]]",
        "[[inpatient.caps]]",
        "unknown field `caps`, expected one of `deductible`",
    ),
    (
        "confidence = \"confirmed\"\nrecurs",
        "recurs",
        "[[inpatient.deductible]]",
        "missing field `confidence`; add it",
    ),
    (
        "\"confirmed\"\nrecurs",
        "\"sure\"\nrecurs",
        "confidence = \"sure\"",
        "unknown variant `sure`, expected `confirmed` or `unconfirmed`",
    ),
    (
        "{ all = 800 }",
        "{ all = 800, levl = 1 }",
        "  { all = 800,",
        "unknown field `levl`, expected one of `levels`",
    ),
    ("title = \"另例\"", "titel = \"另例\"", "titel", "unknown field `titel`"),
    ("title = \"另例\"", "title = \"\"", "title = \"\"", "`title` is empty"),
    ("recurs = \"each", "recurs = \"every", "recurs = \"every", "unknown variant `every_admission`"),
    // head
    ("scheme = \"310\"", "scheme = \"340\"", "scheme = \"340\"", "write \"310\" or \"390\""),
    ("area = \"420100\"", "area = \"420106\"", "area = ", "not a pooling area"),
    ("area = \"420100\"", "area = \"420200\"", "area = ", "the file says 420200/310.toml"),
    (
        "checked_on = \"2026",
        "checked_on = \"2026-13",
        "checked_on = ",
        "a day in quotes, such as \"2025-01-01\"",
    ),
    ("checked_on", "year_starts = \"02-29\"\nchecked_on", "year_starts", "write it as \"07-01\""),
    (
        "name = \"civil_servant\"",
        "name = \"big\"",
        "name = \"big\"",
        "unknown variant `big`, expected one of `large_amount`",
    ),
    // values
    (
        "from = \"2024-01-01\"\nsource = \"a\"\nconfidence = \"confirmed\"\nrecurs",
        "from = 2024-01-01\nsource = \"a\"\nconfidence = \"confirmed\"\nrecurs",
        "from = 2024",
        "a day in quotes",
    ),
    ("\"85%\"", "\"850%\"", "  { over = 0, to", "above the whole; write a share between"),
    ("\"85%\"", "0.85", "  { over = 0, to", "expected a percentage in quotes"),
    ("\"85%\"", "\"0.85\"", "  { over = 0, to", "write it as \"85%\""),
    ("all = 800", "all = -800", "  { all = -800", "yuan not below nothing"),
    ("all = 800", "all = 800.5", "  { all = 800.5", "or a text such as \"1300.50\""),
    ("[700, 350]", "[]", "  { inside_only", "the list of amounts is empty; write at least one"),
    ("all = 5000", "all = \"endless\"", "    { diseases = [\"M03900\"]", "or \"unlimited\" for no limit"),
    ("age_from = 70", "age_from = -1", "adjust", "whole years between 0 and 200"),
    ("age_from = 70", "visit_from = 0", "adjust", "a number counted from 1"),
    ("family = true", "family = \"yes\"", "family", "expected a boolean"),
    (
        "[\"M03900\"]",
        "[\"M 3\"]",
        "    { diseases = [\"M 3\"]",
        "is not the code of a disease; write it as \"M03900\"",
    ),
    (
        "[\"310100\"]",
        "[\"3101\"]",
        "  { for = [\"referral\"], places",
        "is not a province or city; write six digits",
    ),
    ("recurs = ", "again_after_days = 0\nrecurs = ", "again_after_days", "a number of days above 0"),
    // lists
    (
        "rows = [\n  { all = 800 },\n  { inside_only = true, all = [700, 350] },\n]",
        "rows = []",
        "rows = []",
        "`rows` is empty; write a list of rows",
    ),
    ("adjust = [{ age_from = 70, more = \"2%\" }]", "adjust = []", "adjust", "`adjust` is empty"),
    ("adjust = [{ age_from = 70, more = \"2%\" }]", "adjust = [7]", "adjust", "something that is no row"),
    (
        "adjust = [{ age_from = 70, more = \"2%\" }]",
        "adjust = { age_from = 70, more = \"2%\" }",
        "adjust",
        "`adjust` is no list; write a list",
    ),
    (
        "places = [\"310100\"]",
        "places = []",
        "  { for = [\"referral\"], places",
        "the list is empty; name at least one",
    ),
    ("for = [\"not_filed\"]", "for = []", "  { for = []", "the list is empty"),
    ("[\"inpatient\", \"chronic\"]", "[\"chronic\", \"chronic\"]", "care = ", "`chronic` is named twice"),
    // sources
    ("source = \"b\"", "source = \"c\"", "[[layer]]", "add `[source.c]`"),
    ("source = \"b\"", "source = \"a\"", "[source.b]", "source `b` is used by nothing; name it"),
    ("{ all = 800 }", "{ all = 800, source = \"z\" }", "  { all = 800, source", "add `[source.z]`"),
    // columns
    (
        "all = 800",
        "employed = 800",
        "[[inpatient.deductible]]",
        "no row for community, retired, outside the area",
    ),
    ("all = 800", "minor = 800", "  { minor", "scheme 310 has no `minor`"),
    ("all = \"85%\"", "all = \"85%\", retired = \"86%\"", "  { over = 0, to", "`all` stands beside a status"),
    ("all = 800", "levels = [\"primary\"]", "  { levels", "the row has no value; add `all`"),
    (
        "all = 800",
        "all = 800, missing = \"起付标准\"",
        "  { all = 800, missing",
        "`missing` stands beside a value",
    ),
    (
        "all = 800",
        "statuses = [\"retired\"], all = 800",
        "  { statuses",
        "`statuses` is for a row with `missing`",
    ),
    (
        "all = 800",
        "statuses = [\"minor\"], missing = \"起付标准\"",
        "  { statuses",
        "`statuses` names one that scheme 310 has not",
    ),
    // whom rows concern
    (
        "{ all = 800 }",
        "{ all = 800 }, { all = 900 }",
        "[[inpatient.deductible]]",
        "more than one row for community, employed",
    ),
    (
        "{ all = 800 }",
        "{ levels = [\"tertiary\"], all = 800 }",
        "[[inpatient.deductible]]",
        "no row for community, employed",
    ),
    (
        "{ all = 800 }",
        "{ age_from = 60, all = 800 }",
        "[[inpatient.deductible]]",
        "no row for community, employed, age 0",
    ),
    (
        "{ all = 800 }",
        "{ visit_below = 3, all = 800 }",
        "[[inpatient.deductible]]",
        "no row for community, employed, visit 3",
    ),
    (
        "{ all = 800 }",
        "{ all = 800 },\n  { tiers = [\"first\"], all = 700 }",
        "[[inpatient.deductible]]",
        "more than one row for",
    ),
    (
        "{ all = 800 }",
        "{ employed = 800 },\n  { retired_before = \"2001-01-01\", retired = 700 }",
        "[[inpatient.deductible]]",
        "retired on 2001-01-01",
    ),
    (
        "{ all = 800 }",
        "{ all = 800 },\n  { years_from = 25, all = 700 }",
        "[[inpatient.deductible]]",
        "more than one row for",
    ),
    (
        "all = \"70%\" }",
        "all = \"70%\" }, { over = 0, classes = [\"orphan\"], all = \"80%\" }, { over = 0, marks = [\"psychiatric\"], all = \"80%\" }",
        "[[chronic.ratio]]",
        "community, employed, orphan, psychiatric",
    ),
    (
        "{ diseases = [\"M03900\"], all = 5000 }",
        "{ diseases = [\"M03900\", \"M01600\"], all = 5000 }",
        "  { counts = \"paid\", several",
        "more than one row for community, employed, M01600",
    ),
    (
        "{ age_from = 70,",
        "{ age_from = 70, age_below = 60,",
        "adjust",
        "the row concerns nobody; write a `age_below` above",
    ),
    (
        "{ age_from = 70,",
        "{ retired_from = \"2001-01-01\",",
        "adjust",
        "only a retired person has a day of retirement",
    ),
    (
        "{ age_from = 70,",
        "{ inside_only = true, standings = [\"referral\"],",
        "adjust",
        "no visit of these standings is inside",
    ),
    ("{ age_from = 70,", "{ statuses = [\"minor\"],", "adjust", "scheme 310 has no `minor`"),
    (", more = \"2%\"", "", "adjust", "write one of `more`, `less`"),
    (
        "{ inside_only = true, all",
        "{ levels = [\"primary\", \"secondary\", \"tertiary\"], inside_only = true, all = 600 },\n  { inside_only = true, levels = [\"secondary\"], all",
        "[[inpatient.deductible]]",
        "more than one row for secondary",
    ),
    // rows that nobody reaches
    (
        "{ all = 800 }",
        "{ inside_only = true, standings = [\"local\", \"long_term_at_home\"], all = 100 },\n  { all = 800 }",
        "  { inside_only = true, all",
        "never the answer for anyone",
    ),
    (
        "{ all = 800 }",
        "{ levels = [\"primary\", \"secondary\", \"tertiary\"], standings = [\"long_term\", \"long_term_elsewhere\", \"referral\", \"emergency\", \"other_temporary\", \"not_filed\"], all = 100 },\n  { all = 800 }",
        "  { all = 800",
        "never the answer for anyone",
    ),
    (
        "  { for = [\"not_filed\"]",
        "  { for = [\"referral\"], places = [\"310115\"], age_from = 60 },\n  { for = [\"not_filed\"]",
        "  { for = [\"referral\"], places = [\"310115\"]",
        "never reached, because earlier ones",
    ),
    // deductible
    (
        "all = 800",
        "all = 800, floor = 100",
        "  { all = 800, floor",
        "`floor` says nothing without `lowered_by`",
    ),
    ("each_admission", "once_a_year", "  { inside_only", "a list is by admission; write one amount"),
    (
        "recurs = ",
        "shared_with = [\"inpatient\"]\nrecurs = ",
        "[[inpatient.deductible]]",
        "names this kind of care itself",
    ),
    // bands
    ("{ over = 30_000", "{ over = 20_000", "[[inpatient.ratio]]", "bands overlap between 20000 and 30000"),
    ("{ over = 30_000", "{ over = 40_000", "[[inpatient.ratio]]", "no band between 30000 and 40000"),
    ("to = 30_000, ", "", "[[inpatient.ratio]]", "a band without end is followed by one over 30000"),
    ("to = 30_000, ", "to = 0, ", "  { over = 0, to", "the band ends before it begins"),
    ("over = 0, to", "over = 100, to", "[[inpatient.ratio]]", "write `over = 0`"),
    (
        "basis = \"stay\"\nbands = [\n",
        "basis = \"stay\"\ncare = [\"inpatient\"]\nbands = [\n",
        "[[inpatient.ratio]]",
        "write a basis of the year",
    ),
    (
        "basis = \"stay\"\nbands = [\n",
        "basis = \"year\"\ncare = [\"chronic\"]\nbands = [\n",
        "[[inpatient.ratio]]",
        "`care` lacks this kind of care itself; add \"inpatient\"",
    ),
    // limits
    ("amount = 240_000, ", "", "limits", "write one of `amount` (for everyone), `rows`, and `missing`"),
    (
        "counts = \"paid\", amount",
        "counts = \"in_scope\", funds = [\"employee_pool\"], amount",
        "limits",
        "or write counts = \"paid\"",
    ),
    (
        "counts = \"paid\", amount",
        "counts = \"paid\", several = \"sum\", amount",
        "limits",
        "only limits of `chronic` are by disease",
    ),
    (
        "several = \"highest\"",
        "several = \"highest\", several_plus = 500",
        "  { counts = \"paid\", several",
        "take out `several`",
    ),
    (
        "several = \"highest\"",
        "several = \"highest\", source = \"b\"",
        "  { counts = \"paid\", several",
        "in its rows; put them there",
    ),
    // layers
    (
        "{ over = 0, classes",
        "{ over = 100, classes",
        "[[layer]]",
        "write `over = 0`, the threshold is taken off by itself",
    ),
    ("threshold = 1000", "basis = \"above_threshold\"", "[[layer]]", "needs a `threshold`"),
    ("threshold = 1000", "threshold = \"unlimited\"", "[[layer]]", "a threshold cannot be \"unlimited\""),
    ("threshold = 1000", "period = \"month\"", "[[layer]]", "by \"year\" or by \"visit\""),
    (
        "{ over = 0, classes",
        "{ over = 0, fund = \"other\", classes",
        "[[layer]]",
        "paid by the layer's fund, here civil_servant",
    ),
    // rules
    ("\"other_temporary\"]", "\"local\"]", "  { for = [\"long_term\"", "no rule concerns `local`"),
    (
        ", \"other_temporary\"]",
        "]",
        "[[cross_region]]",
        "no rule holds everywhere for 其他临时外出 (other_temporary) in inpatient, chronic",
    ),
    (
        "{ for = [\"not_filed\"],",
        "{ for = [\"not_filed\"], care = [\"inpatient\"],",
        "[[cross_region]]",
        "(not_filed) in chronic",
    ),
    (
        "{ for = [\"not_filed\"],",
        "{ for = [\"not_filed\"], care = [\"pharmacy\"], factor = \"50%\" },\n  { for = [\"not_filed\"],",
        "  { for = [\"not_filed\"], care",
        "no kind of care of the rule has a `ratio`",
    ),
    (
        "factor = \"90%\"",
        "refuse = \"不\", factor = \"90%\"",
        "  { for = [\"not_filed\"]",
        "take out its other changes",
    ),
    (
        "factor = \"90%\"",
        "missing = \"比例\", factor = \"90%\"",
        "  { for = [\"not_filed\"]",
        "`missing` stands beside a change",
    ),
    ("factor = \"90%\"", "inside_only = true", "  { for = [\"not_filed\"]", "unknown field `inside_only`"),
    // versions
    (
        "by = \"days\"",
        "by = \"discharge\"\nsecond_deductible = true",
        "[[year_crossing]]",
        "take out `second_deductible`",
    ),
    ("by = \"days\"", "ended = true", "[[year_crossing]]", "`ended` ends nothing"),
    ("by = \"days\"", "ended = false", "ended", "the word true, or the key taken out"),
    ("by = \"days\"", "missing = \"\"", "missing", "a text in Chinese that is not empty"),
    (
        "by = \"days\"",
        "by = \"days\"\nmissing = \"跨年度办法\"",
        "by",
        "unknown field `by`, expected one of `from`",
    ),
    (
        "[[chronic.ratio]]",
        "[[outpatient.ratio]]",
        "#:schema",
        "`chronic.ratio` has no version; add one `[[chronic.ratio]]`",
    ),
    // syntax
    ("all = 800 }", "all = 800, all = 900 }", "  { all = 800", "duplicate key"),
    ("source = \"b\"", "source = \"b", "source = \"b", "invalid"),
];

#[test]
fn what_is_wrong_is_said_with_its_line_and_what_to_write() {
    assert_eq!(errors(GOOD), "loaded");
    let mut wrong = Vec::new();
    for (good, bad, line, words) in WRONG {
        assert!(GOOD.contains(good), "{good}");
        let text = GOOD.replacen(good, bad, 1);
        let at = text.lines().position(|one| one.starts_with(line)).unwrap_or_else(|| panic!("{line}")) + 1;
        let said = errors(&text);
        let place = format!("{WHERE}:{at}: ");
        if !said.lines().any(|one| one.starts_with(&place) && one.contains(words)) {
            wrong.push(format!("{bad}\n  not at {at}: {words}\n  said {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let text = GOOD
        .replacen("{ all = 800 }", "{ al = 800, flor = 1 }", 1)
        .replacen("\"85%\"", "0.85", 1)
        .replacen("more = \"2%\"", "more = \"200%\"", 1)
        .replacen("by = \"days\"", "bye = \"days\"", 1);
    let said = errors(&text);
    let lines: Vec<&str> = said.lines().map(|line| line.split(' ').next().unwrap()).collect();
    let expected = [19, 19, 29, 32, 74, 78].map(|line| format!("{WHERE}:{line}:"));
    assert_eq!(lines, expected, "{said}");
}

#[test]
fn a_table_of_wrong_keys_alone_is_not_read_to_its_end() {
    let many = (0..8_000).map(|number| format!("a{number} = 1\n")).collect::<Vec<_>>().concat();
    let found = Library::load([("420100/310.toml", many.as_str())]).unwrap_err();
    let unknown = found.iter().filter(|error| error.message.contains("unknown field")).count();
    assert!((100..=101).contains(&unknown), "{unknown} of {}", found.len());
}

#[test]
fn a_file_is_read_once_and_other_files_are_passed_over() {
    let twice = Library::load([(WHERE, GOOD), ("other/420100/310.toml", GOOD)]).unwrap_err();
    assert_eq!(
        twice[0].to_string(),
        "other/420100/310.toml:1: this area and scheme has been read; give each file once"
    );
    let passed =
        Library::load([("national/310.toml", "x"), ("policy/420000/split.toml", "x"), ("a.md", "x")]);
    assert_eq!(passed.unwrap().areas().count(), 0);
}

#[test]
fn the_version_of_a_day_holds() {
    let versions = r#"
[[inpatient.deductible]]
from = "2025-01-01"
source = "a"
confidence = "confirmed"
recurs = "each_admission"
rows = [{ all = 1000 }]

[[inpatient.cap]]
from = "2025-07-01"
source = "a"
confidence = "confirmed"
ended = true

[[chronic.ratio]]
from = "2026-01-01"
source = "a"
confidence = "unconfirmed"
missing = "2026年门诊慢特病支付比例"

[[layer]]
name = "civil_servant"
from = "2026-01-01"
source = "b"
confidence = "confirmed"
ended = true

[[layer]]
name = "supplement"
from = "2026-01-01"
source = "b"
confidence = "confirmed"
missing = "补充保险待遇"

[[cross_region]]
from = "2026-01-01"
source = "a"
confidence = "unconfirmed"
missing = "异地就医待遇"

[[inpatient.ratio]]
from = "2027-01-01"
source = "a"
confidence = "confirmed"
ended = true
"#;
    let text = GOOD.to_owned() + versions;
    let library = loaded(&text);
    let on = |text: &str| library.scheme_on(area(), InsuranceScheme::Employee, day(text));
    for (of, deductible, has_cap, layers) in [
        ("2024-12-31", 800, true, vec![LayerName::CivilServant]),
        ("2025-01-01", 1000, true, vec![LayerName::CivilServant]),
        ("2025-06-30", 1000, true, vec![LayerName::CivilServant]),
        ("2025-07-01", 1000, false, vec![LayerName::CivilServant]),
        ("2026-01-01", 1000, false, vec![LayerName::Supplement]),
        ("2026-12-31", 1000, false, vec![LayerName::Supplement]),
    ] {
        let scheme = on(of).unwrap();
        let plan = scheme.plan(CareKind::Inpatient).unwrap();
        let standard = plan.deductible.as_ref().unwrap().value.rows[0].amounts[0];
        let names: Vec<LayerName> = scheme.layers.iter().map(|layer| layer.value.name).collect();
        assert_eq!((standard, plan.cap.is_some(), names), (Fen::yuan(deductible), has_cap, layers), "{of}");
    }
    let missing = &on("2026-01-01").unwrap().plan(CareKind::Chronic).unwrap().ratio.value.bands[0];
    assert_eq!(missing.origin.missing.as_deref(), Some("2026年门诊慢特病支付比例"));
    assert_eq!(text.lines().nth(missing.origin.line as usize - 1), Some("[[chronic.ratio]]"));
    let away = &on("2026-01-01").unwrap().cross_region.value[0];
    assert_eq!(away.origin.missing.as_deref(), Some("异地就医待遇"));
    assert!(
        away.standings.contains(Standing::NotFiled) && !away.standings.contains(Standing::Local),
        "home is known"
    );
    for none in ["2023-12-31", "2027-01-01"] {
        assert!(matches!(on(none), Err(Refusal::NoPolicy { .. })), "{none}");
    }
    let days: Vec<String> =
        library.days_of_change(area(), InsuranceScheme::Employee).iter().map(ToString::to_string).collect();
    assert_eq!(days, ["2024-01-01", "2025-01-01", "2025-07-01", "2026-01-01", "2027-01-01"]);
    let again = text.replacen("from = \"2025-01-01\"", "from = \"2024-01-01\"", 1);
    assert!(errors(&again).contains("`from` 2024-01-01 is not after 2024-01-01 of the version before"));
}

#[test]
fn every_row_knows_its_line_and_source() {
    let text = GOOD.replacen(
        "{ all = 800 }",
        "{ employed = 800, retired = 700, source = \"b\", confidence = \"unconfirmed\" }",
        1,
    );
    let library = loaded(&text);
    let scheme = library.scheme_on(area(), InsuranceScheme::Employee, day("2025-01-01")).unwrap();
    let rows = &scheme.plan(CareKind::Inpatient).unwrap().deductible.as_ref().unwrap().value.rows;
    let said: Vec<(u32, Set<MemberStatus>, &str)> = rows
        .iter()
        .map(|row| (row.origin.line, row.who.statuses, row.origin.citation.text.as_ref()))
        .collect();
    let both = [MemberStatus::Employed, MemberStatus::Retired];
    assert_eq!(
        said,
        [
            (19, Set::only(both[0]), "另例 [b]（待核实）"),
            (19, Set::only(both[1]), "另例 [b]（待核实）"),
            (20, both.into_iter().collect(), "示例 [a]（已核对）"),
        ]
    );
    let file = library.file_of(area(), InsuranceScheme::Employee).unwrap();
    let listed: Vec<String> = file.rows.iter().map(|row| format!("{} {row}", row.line)).collect();
    for expected in [
        "19 住院起付标准（2024-01-01起）{ employed = 800, retired = 700, source = \"b\", confidence = \"unconfirmed\" }",
        "30 住院支付比例（2024-01-01起）{ over = 30_000, employed = \"90%\", retired = \"95%\" }",
        "53 门诊慢特病最高支付限额（2024-01-01起）{ diseases = [\"M03900\"], all = 5000 }",
        "63 公务员医疗补助（2024-01-01起）threshold = 1000",
        "85 异地就医（2024-01-01起）{ for = [\"referral\"], places = [\"310100\"], ratio_less = \"5%\" }",
    ] {
        assert!(listed.iter().any(|row| row == expected), "{expected}\nis not in {listed:#?}");
    }
    let rules = &scheme.cross_region.value;
    assert_eq!(rules[2].standings, Set::only(Standing::NotFiled));
    assert_eq!(rules[2].change.factor, Rate::percent(90));
}

/// In-scope yuan, treatment place and days in hospital in; deductible and fund total out.
fn computed(text: &str, in_scope: i64, treatment: u32, days: i32) -> (String, String) {
    let library = loaded(text);
    let discharge = Day::new(2025, 6, 1).unwrap();
    let scheme = library.scheme_on(area(), InsuranceScheme::Employee, discharge).unwrap();
    let amount = Fen::yuan(in_scope);
    let split = Split { total: amount, in_scope: amount, ..Split::default() };
    let case = Case {
        bill: Bill {
            care: CareKind::Inpatient,
            level: SettlementLevel::Tertiary,
            marks: Set::new(),
            diseases: Vec::new(),
            admission: discharge.plus_days(-days),
            discharge,
            transferred_with: None,
            categories: vec![CategoryAmount { category: ChargeCategory::Treatment, split }],
        },
        member: Member::plain(
            InsuranceScheme::Employee,
            MemberStatus::Employed,
            Day::new(1980, 1, 1).unwrap(),
        ),
        insured: InsuredPlace(area().division()),
        treatment: TreatmentPlace(AdminDivision::new(treatment).unwrap()),
        standing: FilingStanding::Filed(FilingCategory::Referral),
        accounts: None,
        continues: None,
    };
    let answer = compute(scheme, &case, &YearToDate::default()).unwrap();
    (answer.deductible_paid.to_string(), answer.fund_total.to_string())
}

#[test]
fn shapes_that_few_files_use() {
    let (beijing, home) = (110_105, 420_106);
    let rows = "{ all = 800 }";
    let rule = "{ for = [\"referral\"], places = [\"310100\"], ratio_less = \"5%\" }";
    let first_band = "{ over = 0, to = 30_000, all = \"85%\" },";
    for (why, good, shape, treatment, days, expected) in [
        ("as it is: 9200 x 85%", rows, rows, beijing, 8, ("800.00", "7820.00")),
        ("at home: 9300 x 85%", rows, rows, home, 8, ("700.00", "7905.00")),
        (
            "again after 90 days: 100 days pay twice, 8400 x 85%",
            "recurs = ",
            "again_after_days = 90\nrecurs = ",
            beijing,
            100,
            ("1600.00", "7140.00"),
        ),
        (
            "a fifth of the bill, at least 1000: 8000 x 85%",
            rows,
            "{ all = 1000, share_of_total = \"20%\" }",
            beijing,
            8,
            ("2000.00", "6800.00"),
        ),
        (
            "another deductible and ratio away: 9000 x 35%",
            rule,
            "{ for = [\"referral\"], places = [\"110000\"], deductible = 1000, ratio = \"35%\" }",
            beijing,
            8,
            ("1000.00", "3150.00"),
        ),
        (
            "60 points off, but at least 40%: 9200 x 40%",
            rule,
            "{ for = [\"referral\"], within = \"other_province\", age_from = 18, ratio_less = \"60%\", ratio_at_least = \"40%\" }",
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
            "90% only inside the area: inside 9300 x 90%",
            first_band,
            "{ over = 0, to = 30_000, all = \"85%\" }, { over = 0, inside_only = true, all = \"90%\" },",
            home,
            8,
            ("700.00", "8370.00"),
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
    let library = loaded(file);
    let scheme = library.scheme_on(area(), InsuranceScheme::Employee, day("2025-03-10")).unwrap();
    let said = scheme.explain();
    for words in ["武汉市", "三级", "240000元", "异地转诊", "医保发〔2022〕22号 [frame]（待核实）"]
    {
        assert!(said.contains(words), "{words}\nis not in\n{said}");
    }
}

#[test]
fn the_json_schema_in_the_repository_is_what_the_types_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policy/policy.schema.json");
    if std::env::var_os("YIDI_WRITE_SCHEMA").is_some() {
        std::fs::write(path, json_schema()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == json_schema(),
        "policy/policy.schema.json is not what the types say; write it with YIDI_WRITE_SCHEMA=1 cargo test -p benefit --test strict"
    );
}

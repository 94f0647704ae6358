//! A second, naive implementation of the commonest shapes: it walks every fen of a bill and asks who pays it. Random policies
//! are written as files, read by the loader, and computed for a year of random stays; both must agree to the fen.

use benefit::{
    Bill, Case, CategoryAmount, FilingStanding, Library, Member, Split, YearToDate, compute, compute_amounts,
};
use proptest::prelude::*;
use std::fmt::Write;
use terms::{
    AdminDivision, CareKind, ChargeCategory, Day, Fen, FilingCategory, Fund, InsuranceScheme, InsuredPlace,
    MemberStatus, PoolingArea, Set, SettlementLevel, TreatmentPlace,
};

/// A random policy of a resident scheme, in whole yuan and whole percent.
#[derive(Clone, Debug)]
struct Rules {
    /// Deductible by admission; the last holds for all further ones.
    deductibles: Vec<i64>,
    /// The deductible is one for the year.
    once_a_year: bool,
    /// After the list, lower by this percentage, not below the floor.
    lowered: (i64, i64),
    /// Upper ends and percentages of the bands; the last is without end.
    bands: Vec<(i64, i64)>,
    /// 0 stay, 1 above the deductible, 2 year, 3 year above the deductible.
    basis: usize,
    /// The pool's limit of the year, and the percentage of a supplement above it.
    cap: Option<(i64, Option<i64>)>,
    /// The most in-scope cost of one visit that is divided.
    visit_cost_cap: Option<i64>,
    /// 个人先自付, points off, and a floor, for the referred.
    away: (i64, i64, i64),
    /// 大病保险.
    layer: Option<LayerRules>,
}

/// A random layer.
#[derive(Clone, Debug)]
struct LayerRules {
    threshold: i64,
    /// The bands lie above the threshold.
    above: bool,
    bands: Vec<(i64, i64)>,
    /// The most in a year.
    cap: Option<i64>,
}

const BASES: [&str; 4] = ["stay", "stay_above_deductible", "year", "year_above_deductible"];
const YUAN: i64 = 100;

impl Rules {
    /// As a policy file.
    fn file(&self) -> String {
        let version = "from = \"2024-01-01\"\nsource = \"n\"\nconfidence = \"confirmed\"\n";
        let mut text = String::from(
            "area = \"420100\"\nname = \"武汉市\"\nscheme = \"390\"\nchecked_on = \"2026-11-22\"\n\
             [source.n]\ntitle = \"随机政策\"\n",
        );
        let recurs = if self.once_a_year { "once_a_year" } else { "each_admission" };
        let (lowered, floor) = self.lowered;
        let listed: Vec<String> = self.deductibles.iter().map(ToString::to_string).collect();
        let row = if self.once_a_year {
            format!("all = {}", self.deductibles[0])
        } else {
            format!("all = [{}], lowered_by = \"{lowered}%\", floor = {floor}", listed.join(", "))
        };
        let _ =
            write!(text, "[[inpatient.deductible]]\n{version}recurs = \"{recurs}\"\nrows = [{{ {row} }}]\n");
        let _ = write!(
            text,
            "[[inpatient.ratio]]\n{version}basis = \"{}\"\nbands = [{}]\n",
            BASES[self.basis],
            bands(&self.bands)
        );
        let mut limits = Vec::new();
        if let Some(cost) = self.visit_cost_cap {
            limits.push(format!("{{ counts = \"in_scope\", period = \"visit\", amount = {cost} }}"));
        }
        if let Some((amount, above)) = self.cap {
            let above = above.map_or_else(String::new, |rate| {
                format!(", above = {{ fund = \"enterprise_supplement\", rate = \"{rate}%\" }}")
            });
            limits.push(format!("{{ counts = \"paid\", amount = {amount}{above} }}"));
        }
        if !limits.is_empty() {
            let _ = write!(text, "[[inpatient.cap]]\n{version}limits = [{}]\n", limits.join(", "));
        }
        let (first, less, at_least) = self.away;
        let _ = write!(
            text,
            "[[cross_region]]\n{version}rules = [\n  {{ for = [\"long_term\", \"emergency\", \"other_temporary\", \"not_filed\"] }},\n  \
             {{ for = [\"referral\"], first_self_pay = \"{first}%\", ratio_less = \"{less}%\", ratio_at_least = \"{at_least}%\" }},\n]\n"
        );
        if let Some(LayerRules { threshold, above, bands: parts, cap }) = &self.layer {
            let basis = if *above { "above_threshold" } else { "absolute" };
            let cap = cap.map_or_else(String::new, |cap| format!("cap = {cap}\n"));
            let _ = write!(
                text,
                "[[layer]]\n{version}name = \"catastrophic\"\ncare = [\"inpatient\"]\nbasis = \"{basis}\"\nthreshold = {threshold}\n{cap}bands = [{}]\n",
                bands(parts)
            );
        }
        text
    }
}

fn bands(parts: &[(i64, i64)]) -> String {
    let mut over = 0;
    let mut rows = Vec::new();
    for (index, (end, rate)) in parts.iter().enumerate() {
        let to = if index + 1 == parts.len() { String::new() } else { format!("to = {end}, ") };
        rows.push(format!("{{ over = {over}, {to}all = \"{rate}%\" }}"));
        over = *end;
    }
    rows.join(", ")
}

/// The year as the naive computation remembers it, in fen; payments of the pool and the layer as they were rounded.
#[derive(Clone, Copy, Debug, Default)]
struct Naive {
    admissions: i64,
    in_scope: i64,
    divided: i64,
    deductible: i64,
    pool: i64,
    layer_base: i64,
    layer: i64,
}

/// What pool, supplement and layer pay of one stay, and the year after it.
fn naive(rules: &Rules, in_scope: i64, referred: bool, year: Naive) -> ([i64; 3], Naive) {
    let (first, less, at_least) = if referred { rules.away } else { (0, 0, 0) };
    let first_fen = half_up(in_scope * first, 100);
    let base = in_scope - first_fen;
    let standard = if rules.once_a_year {
        (rules.deductibles[0] * YUAN - year.deductible).max(0)
    } else {
        nth_deductible(rules, year.admissions)
    };
    let deductible = standard.min(base);
    let before = [0, 0, year.in_scope, year.divided][rules.basis];
    let skipped = [0, deductible, 0, deductible][rules.basis];
    // Costs of the stay that no limit of the visit lets in.
    let cost_room = rules.visit_cost_cap.map_or(i64::MAX, |cap| cap * YUAN);
    let (mut pool, mut supplement) = (0i64, 0i64);
    let pool_room = rules.cap.map_or(i64::MAX, |(cap, _)| (cap * YUAN - year.pool).max(0) * 100);
    let mut reached = false;
    for fen in deductible..base {
        if fen + first_fen >= cost_room {
            continue;
        }
        let local = rate_at(&rules.bands, before + fen - skipped);
        let rate = if referred { (local - less).max(0).max(at_least) } else { local };
        if rate == 0 {
            // Where the pool pays nothing, no limit is reached and nobody pays in its place.
        } else if !reached && pool + rate <= pool_room {
            pool += rate;
        } else if !reached && pool < pool_room {
            pool = pool_room;
            reached = true;
        } else {
            reached = true;
            supplement += rules.cap.and_then(|(_, above)| above).unwrap_or(0);
        }
    }
    let (pool, supplement) = (half_up(pool, 100), half_up(supplement, 100));
    let burden = in_scope - pool - supplement;
    let layer = layer_pays(rules, year, burden);
    let after = Naive {
        admissions: year.admissions + 1,
        in_scope: year.in_scope + in_scope,
        divided: year.divided + base - deductible,
        deductible: year.deductible + deductible,
        pool: year.pool + pool,
        layer_base: year.layer_base + burden,
        layer: year.layer + layer,
    };
    ([pool, supplement, layer], after)
}

fn nth_deductible(rules: &Rules, before: i64) -> i64 {
    let list = &rules.deductibles;
    let index = usize::try_from(before).unwrap();
    if index < list.len() {
        return list[index] * YUAN;
    }
    let last = list[list.len() - 1] * YUAN;
    let (lowered, floor) = rules.lowered;
    let mut standard = last;
    for _ in list.len()..=index {
        standard -= half_up(last * lowered, 100);
    }
    standard.max((floor * YUAN).min(last))
}

fn layer_pays(rules: &Rules, year: Naive, burden: i64) -> i64 {
    let Some(LayerRules { threshold, above, bands: parts, cap }) = &rules.layer else { return 0 };
    let threshold = threshold * YUAN;
    let mut exact = 0i64;
    for fen in year.layer_base..year.layer_base + burden {
        if fen >= threshold {
            exact += rate_at(parts, if *above { fen - threshold } else { fen });
        }
    }
    let paid = half_up(exact, 100);
    cap.map_or(paid, |cap| paid.min((cap * YUAN - year.layer).max(0)))
}

/// The percentage of the band in which a fen lies; a band ends with the last fen of its upper end.
fn rate_at(parts: &[(i64, i64)], fen: i64) -> i64 {
    let found = parts[..parts.len() - 1].iter().find(|(end, _)| fen < end * YUAN);
    found.unwrap_or(&parts[parts.len() - 1]).1
}

fn half_up(numerator: i64, denominator: i64) -> i64 {
    (numerator * 2 + denominator) / (denominator * 2)
}

fn some_bands() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((1i64..60, 0i64..=100), 1..4).prop_map(|steps| {
        let mut end = 0;
        let grow = |(step, rate): (i64, i64)| {
            end += step;
            (end, rate)
        };
        steps.into_iter().map(grow).collect()
    })
}

fn some_rules() -> impl Strategy<Value = Rules> {
    let deductible = (prop::collection::vec(0i64..30, 1..4), any::<bool>(), (0i64..30, 0i64..20));
    let layer = (0i64..80, any::<bool>(), some_bands(), prop::option::of(1i64..60));
    let layer = layer.prop_map(|(threshold, above, bands, cap)| LayerRules { threshold, above, bands, cap });
    let layer = prop::option::of(layer);
    let cap = prop::option::of((1i64..150, prop::option::of(0i64..=100)));
    let away = (0i64..40, 0i64..40, 0i64..60);
    (deductible, some_bands(), 0usize..4, cap, prop::option::of(1i64..120), away, layer).prop_map(
        |((deductibles, once_a_year, lowered), bands, basis, cap, visit_cost_cap, away, layer)| Rules {
            deductibles,
            once_a_year,
            lowered,
            bands,
            basis,
            cap,
            visit_cost_cap,
            away,
            layer,
        },
    )
}

fn stay(in_scope: i64, referred: bool) -> Case {
    let discharge = Day::new(2025, 6, 1).unwrap();
    let split = Split { total: Fen(in_scope), in_scope: Fen(in_scope), ..Split::default() };
    let place = |number| AdminDivision::new(number).unwrap();
    let category = if referred { FilingCategory::Referral } else { FilingCategory::LongTermResident };
    Case {
        bill: Bill {
            care: CareKind::Inpatient,
            level: SettlementLevel::Tertiary,
            marks: Set::new(),
            diseases: Vec::new(),
            admission: discharge.plus_days(-5),
            discharge,
            transferred_with: None,
            categories: vec![CategoryAmount { category: ChargeCategory::Surgery, split }],
        },
        member: Member::plain(InsuranceScheme::Resident, MemberStatus::Adult, Day::new(1985, 6, 1).unwrap()),
        insured: InsuredPlace(place(420_106)),
        treatment: TreatmentPlace(place(110_105)),
        standing: FilingStanding::Filed(category),
        accounts: None,
        continues: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn a_year_of_stays_is_paid_as_the_naive_computation_says(
        rules in some_rules(),
        stays in prop::collection::vec((0i64..20_000, any::<bool>()), 1..5),
    ) {
        let file = rules.file();
        let library = Library::load([("420100/390.toml", file.as_str())])
            .unwrap_or_else(|errors| panic!("{errors:#?}\n{file}"));
        let (area, day) = (PoolingArea(AdminDivision::new(420_100).unwrap()), Day::new(2025, 6, 1).unwrap());
        let scheme = library.scheme_on(area, InsuranceScheme::Resident, day).unwrap();
        let (mut year, mut naive_year) = (YearToDate::default(), Naive::default());
        for (in_scope, referred) in stays {
            let case = stay(in_scope, referred);
            let answer = compute(scheme, &case, &year).unwrap();
            let (expected, after) = naive(&rules, in_scope, referred, naive_year);
            let paid = |fund| answer.fund_payments.get(&fund).copied().unwrap_or_default().0;
            let found =
                [Fund::ResidentPool, Fund::EnterpriseSupplement, Fund::ResidentCatastrophic].map(paid);
            prop_assert_eq!(found, expected, "{} of {} after {:?}\n{:#?}", in_scope, file, naive_year, answer.lines);
            prop_assert_eq!(answer.deductible_paid.0, after.deductible - naive_year.deductible);
            let plain = compute_amounts(scheme, &case, &year).unwrap();
            prop_assert_eq!(&plain.contribution, &answer.contribution, "with and without the walk");
            prop_assert_eq!(plain.fund_total(), answer.fund_total);
            year = year.plus(&answer.contribution);
            naive_year = after;
        }
    }
}

//! How many benefits a second one core computes: stays in hospital under every policy of the policy folder, of all levels,
//! statuses and standings with the filing register, with a new and with a used year.
//!
//! `cargo bench -p benefit` prints the figures; with `-- --write` they also go into `bench/RESULTS.md`, as a section of
//! their own. It asserts nothing about time.

use benefit::{
    Bill, Case, CategoryAmount, FilingStanding, Library, Member, Scheme, Split, YearToDate, compute,
    compute_amounts, scheme::statuses_of,
};
use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use terms::{
    AdminDivision, CareKind, ChargeCategory, Day, Fen, FilingCategory, InsuranceScheme, InsuredPlace,
    MemberStatus, Set, SettlementLevel, TreatmentPlace,
};

/// The figures, and how they are told.
const WITHOUT_STEPS: &str = "amounts alone (`compute_amounts`)";
const WITH_STEPS: &str = "with every step written down (`compute`)";

fn main() {
    let library = library();
    let questions = questions(&library);
    let policies = library.areas().count();
    println!("{} stays under {policies} policies, one core", questions.len());
    let amounts =
        best_of_five(&questions, |one| black_box(compute_amounts(one.scheme, &one.case, &one.year)).is_ok());
    println!("compute: {amounts} a second, {WITHOUT_STEPS}");
    let steps = best_of_five(&questions, |one| black_box(compute(one.scheme, &one.case, &one.year)).is_ok());
    println!("compute: {steps} a second, {WITH_STEPS}");
    if std::env::args().any(|argument| argument == "--write") {
        write(&section(questions.len(), policies, amounts, steps));
    }
}

/// A stay, and the year before it.
struct Question<'a> {
    scheme: &'a Scheme,
    case: Case,
    year: YearToDate,
}

/// How many a second, in the best of five rounds: what else the machine does only slows it down.
fn best_of_five(questions: &[Question<'_>], answer: impl Fn(&Question<'_>) -> bool) -> u128 {
    (0..5).map(|_| a_second(questions, &answer)).max().unwrap_or_default()
}

fn a_second(questions: &[Question<'_>], answer: &impl Fn(&Question<'_>) -> bool) -> u128 {
    let begun = Instant::now();
    let mut done: u128 = 0;
    while begun.elapsed() < Duration::from_millis(600) {
        for question in questions {
            assert!(answer(question), "it was answered before");
            done += 1;
        }
    }
    done * 1_000_000 / begun.elapsed().as_micros().max(1)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn library() -> Library {
    let mut files = Vec::new();
    for area in fs::read_dir(root().join("policy")).expect("the policy folder") {
        let area = area.expect("a folder").path();
        for scheme in ["310.toml", "390.toml"] {
            let path = area.join(scheme);
            if let Ok(text) = fs::read_to_string(&path) {
                files.push((path.display().to_string(), text));
            }
        }
    }
    let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    Library::load(texts).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

const LEVELS: [SettlementLevel; 4] = [
    SettlementLevel::Community,
    SettlementLevel::Primary,
    SettlementLevel::Secondary,
    SettlementLevel::Tertiary,
];

const STANDINGS: [FilingStanding; 6] = [
    FilingStanding::Filed(FilingCategory::LongTermResident),
    FilingStanding::FiledElsewhere(FilingCategory::LongTermResident),
    FilingStanding::Filed(FilingCategory::Referral),
    FilingStanding::Filed(FilingCategory::OtherTemporary),
    FilingStanding::DeemedFiled,
    FilingStanding::NotFiled,
];

/// Every stay that is answered: what a policy refuses, or has no value for, is no computation.
fn questions(library: &Library) -> Vec<Question<'_>> {
    let day: Day = "2026-11-01".parse().expect("a day");
    let mut questions = Vec::new();
    for (area, kind, _) in library.areas() {
        let Ok(scheme) = library.scheme_on(area, kind, day) else { continue };
        for level in LEVELS {
            for status in statuses_of(kind) {
                for standing in STANDINGS {
                    let first = stay(scheme, level, *status, standing, Fen(1_234_567), day);
                    let Ok(outcome) = compute_amounts(scheme, &first, &YearToDate::default()) else {
                        continue;
                    };
                    let second = stay(scheme, level, *status, standing, Fen(18_765_432), day);
                    let used = outcome.contribution;
                    if compute_amounts(scheme, &second, &used).is_ok() {
                        questions.push(Question { scheme, case: second, year: used });
                    }
                    questions.push(Question { scheme, case: first, year: YearToDate::default() });
                }
            }
        }
    }
    questions
}

fn stay(
    scheme: &Scheme,
    level: SettlementLevel,
    status: MemberStatus,
    standing: FilingStanding,
    total: Fen,
    day: Day,
) -> Case {
    let (out_of_scope, over_limit, first_self_pay) =
        (Fen(total.0 / 20), Fen(total.0 / 50), Fen(total.0 / 15));
    let in_scope = total - out_of_scope - over_limit - first_self_pay;
    let split = Split { total, out_of_scope, over_limit, first_self_pay, in_scope, in_full: Fen::ZERO };
    let years = match status {
        MemberStatus::Minor => 10,
        MemberStatus::Employed | MemberStatus::Adult => 40,
        MemberStatus::Retired | MemberStatus::Elderly => 66,
    };
    let away = if scheme.area.province().division().number() == 510_000 { 420_106 } else { 510_104 };
    let is_employee = scheme.scheme == InsuranceScheme::Employee;
    let mut member = Member::plain(scheme.scheme, status, day.plus_months(-12 * years));
    member.contribution_years = is_employee.then_some(25);
    Case {
        bill: Bill {
            care: CareKind::Inpatient,
            level,
            marks: Set::new(),
            diseases: Vec::new(),
            admission: day.plus_days(-8),
            discharge: day,
            transferred_with: None,
            categories: vec![CategoryAmount { category: ChargeCategory::Other, split }],
        },
        member,
        insured: InsuredPlace(scheme.area.division()),
        treatment: TreatmentPlace(AdminDivision::new(away).expect("a division")),
        standing,
        accounts: None,
        continues: None,
    }
}

const HEADING: &str = "## Benefits computed, one core";

fn section(stays: usize, policies: usize, amounts: u128, steps: u128) -> String {
    format!(
        "{HEADING}\n\nWritten by `cargo bench -p benefit -- --write`: {stays} stays under {policies} policies, the best of five rounds.\n\n\
         | | a second |\n|---|---|\n| {WITHOUT_STEPS} | **{amounts}** |\n| {WITH_STEPS} | **{steps}** |\n"
    )
}

/// Puts the section into the results, in place of an earlier one.
fn write(section: &str) {
    let path = root().join("bench/RESULTS.md");
    let text = fs::read_to_string(&path).expect("the results");
    let (before, after) = match text.find(HEADING) {
        None => (text.trim_end(), ""),
        Some(start) => {
            let rest = &text[start + HEADING.len()..];
            let end = rest.find("\n## ").map_or("", |end| &rest[end..]);
            (text[..start].trim_end(), end)
        }
    };
    fs::write(&path, format!("{before}\n\n{section}{after}")).expect("the results can be written");
    println!("written into bench/RESULTS.md");
}

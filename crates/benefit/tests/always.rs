//! What holds for every policy that is shipped, every bill and every year: sums, order, limits, and giving back.

use benefit::{
    Accounts, Bill, Breakdown, Case, CategoryAmount, Continued, FilingStanding, Library, Member, Scheme,
    Split, YearToDate, compute, compute_amounts,
    scheme::{Asked, Counted, Period, select},
    year::{Counter, Measure},
};
use proptest::prelude::*;
use std::{fs, path::Path, sync::LazyLock};
use terms::{
    AdminDivision, CareKind, ChargeCategory, ContributionTier, Day, DiseaseCode, Fen, FilingCategory, Fund,
    InsuranceScheme, InsuredPlace, MemberClass, MemberStatus, Refusal, Set, SettlementLevel, TreatmentPlace,
    VisitMark,
};

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let mut files = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy");
    for area in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for scheme in ["310.toml", "390.toml"] {
            let path = area.join(scheme);
            if let Ok(text) = fs::read_to_string(&path) {
                files.push((path.display().to_string(), text));
            }
        }
    }
    files.sort();
    let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    Library::load(texts).unwrap_or_else(|errors| panic!("{errors:#?}"))
});

static SCHEMES: LazyLock<Vec<&'static Scheme>> = LazyLock::new(|| {
    let on = |(area, scheme, _): (_, _, &str)| LIBRARY.scheme_on(area, scheme, day()).unwrap();
    LIBRARY.areas().map(on).collect()
});

fn day() -> Day {
    Day::new(2026, 6, 1).unwrap()
}

const LARGEST: i64 = 2_000_000_000;

fn any_split() -> impl Strategy<Value = Split> {
    let in_scope = prop_oneof![0..LARGEST, 0..500_000i64];
    (0..LARGEST, 0..LARGEST, 0..LARGEST, in_scope, 0..4i64).prop_map(|(out, over, first, scope, part)| {
        Split {
            total: Fen(out + over + first + scope),
            out_of_scope: Fen(out),
            over_limit: Fen(over),
            first_self_pay: Fen(first),
            in_scope: Fen(scope),
            in_full: Fen(scope * part / 10),
        }
    })
}

fn any_year() -> impl Strategy<Value = YearToDate> {
    let measure = prop_oneof![
        Just(Measure::InScope),
        Just(Measure::Total),
        Just(Measure::Divided),
        Just(Measure::Person),
        prop::sample::select(Fund::ALL).prop_map(Measure::Paid),
        prop::sample::select(&benefit::year::LayerName::ALL[..]).prop_map(Measure::LayerBase),
        prop::sample::select(&benefit::year::LayerName::ALL[..]).prop_map(Measure::LayerPaid),
    ];
    let care = || prop::sample::select(CareKind::ALL);
    let sums = prop::collection::vec((care(), measure, 0..LARGEST), 0..6);
    let deductibles = prop::collection::vec((care(), Just(Measure::Deductible), 0..200_000i64), 0..3);
    let visits = prop::collection::vec((care(), Just(Measure::Visits), 0..20i64), 0..3);
    (sums, deductibles, visits).prop_map(|(sums, deductibles, visits)| {
        let all = sums.into_iter().chain(deductibles).chain(visits);
        all.map(|(care, measure, amount)| (Counter::of(care, measure), amount)).collect()
    })
}

fn any_standing() -> impl Strategy<Value = FilingStanding> {
    let category = || prop::sample::select(FilingCategory::ALL);
    prop_oneof![
        category().prop_map(FilingStanding::Filed),
        category().prop_map(FilingStanding::FiledElsewhere),
        Just(FilingStanding::DeemedFiled),
        Just(FilingStanding::NotFiled)
    ]
}

fn statuses(scheme: InsuranceScheme) -> &'static [MemberStatus] {
    match scheme {
        InsuranceScheme::Employee => &MemberStatus::ALL[..2],
        InsuranceScheme::Resident => &MemberStatus::ALL[2..],
    }
}

fn any_question() -> impl Strategy<Value = (usize, Case)> {
    let places =
        vec![110_105u32, 120_101, 130_100, 310_115, 320_102, 420_106, 440_304, 500_103, 530_102, 330_106];
    let diseases = ["M03900", "M01600", "M00500"].map(|code| code.parse::<DiseaseCode>().unwrap());
    let hospital = (
        prop::sample::select(CareKind::ALL),
        prop::sample::select(SettlementLevel::ALL),
        prop::option::of(prop::sample::select(VisitMark::ALL)),
        prop::sample::subsequence(diseases.to_vec(), 0..=2),
        prop::sample::select(places),
    );
    let known = (
        prop::option::of(prop::sample::select(MemberClass::ALL)),
        prop::sample::select(ContributionTier::ALL),
        0i16..50,
        0i32..12_000,
        prop::option::of((0..LARGEST, prop::collection::vec(0..LARGEST, 0..3))),
    );
    let person = (0..SCHEMES.len(), 0..3usize, 0..36_000i32, 0..400i32, any_standing());
    (prop::collection::vec(any_split(), 0..4), hospital, person, known).prop_map(
        |(splits, hospital, person, known)| {
            let (care, level, mark, diseases, treatment) = hospital;
            let (index, status, age_days, stay_days, standing) = person;
            let (class, tier, years, retired_days, accounts) = known;
            let scheme = SCHEMES[index];
            let statuses = statuses(scheme.scheme);
            let categories = splits.into_iter().zip(ChargeCategory::ALL);
            let bill = Bill {
                care,
                level,
                marks: mark.into_iter().collect(),
                diseases,
                admission: day().plus_days(-stay_days),
                discharge: day(),
                transferred_with: None,
                categories: categories
                    .map(|(split, category)| CategoryAmount { category: *category, split })
                    .collect(),
            };
            let member = Member {
                classes: class.into_iter().collect(),
                tier: Some(tier),
                contribution_years: Some(years),
                retired_on: Some(day().plus_days(-retired_days)),
                ..Member::plain(
                    scheme.scheme,
                    statuses[status % statuses.len()],
                    day().plus_days(-stay_days - age_days),
                )
            };
            let balances = |(own, family): (i64, Vec<i64>)| Accounts {
                own: Fen(own),
                family: family.into_iter().map(Fen).collect(),
            };
            let case = Case {
                bill,
                member,
                insured: InsuredPlace(scheme.area.division()),
                treatment: TreatmentPlace(AdminDivision::new(treatment).unwrap()),
                standing,
                accounts: accounts.map(balances),
                continues: None,
            };
            (index, case)
        },
    )
}

/// Whether a refusal is one that a policy may give for a case that is in order.
fn may_refuse(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::PolicyRefuses { .. }
            | Refusal::PolicyValueMissing { .. }
            | Refusal::CareNotCovered { .. }
            | Refusal::PersonFactMissing { .. }
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn funds_and_person_pay_the_bill_and_a_cancellation_restores_the_year(
        (index, case) in any_question(), year in any_year(),
    ) {
        let answer = match compute(SCHEMES[index], &case, &year) {
            Ok(answer) => answer,
            Err(refusal) if may_refuse(&refusal) => return Ok(()),
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        prop_assert_eq!(answer.split, case.bill.sum());
        prop_assert_eq!(answer.fund_total + answer.person_total, answer.split.total);
        prop_assert_eq!(answer.fund_payments.values().copied().sum::<Fen>(), answer.fund_total);
        prop_assert_eq!(answer.burdens.values().copied().sum::<Fen>(), answer.person_total);
        prop_assert_eq!(answer.cash() + answer.account_paid + answer.family_total(), answer.person_total);
        prop_assert!(!answer.cash().is_negative() && !answer.person_total.is_negative());
        prop_assert!(answer.fund_payments.values().all(|amount| *amount > Fen::ZERO));
        let by_lines: Fen = answer.lines.iter().filter(|line| line.fund.is_some()).map(|line| line.amount_out).sum();
        prop_assert_eq!(by_lines, answer.fund_total, "the lines add up to what the funds pay");
        prop_assert_eq!(year.plus(&answer.contribution).minus(&answer.contribution), year.clone());
        prop_assert!(answer.lines.iter().all(|line| !line.source.is_empty() && !line.step.is_empty()));
        let plain = compute_amounts(SCHEMES[index], &case, &year).expect("it was computed with the walk");
        prop_assert_eq!(plain.contribution, answer.contribution, "with and without the walk");
        prop_assert_eq!(plain.unconfirmed, !answer.unconfirmed.is_empty());
    }

    #[test]
    fn a_dearer_visit_is_not_paid_less_and_does_not_cost_the_person_less(
        (index, mut case) in any_question(), year in any_year(), more in 1i64..100_000,
    ) {
        case.accounts = None;
        let paid = |case: &Case| compute_amounts(SCHEMES[index], case, &year);
        let Ok(before) = paid(&case) else { return Ok(()) };
        let split = Split { total: Fen(more), in_scope: Fen(more), ..Split::default() };
        case.bill.categories.push(CategoryAmount { category: ChargeCategory::Other, split });
        // A dearer visit may reach a band or layer whose value the area has not supplied.
        let Ok(after) = paid(&case) else { return Ok(()) };
        // A share of the bill as deductible may grow faster than what is paid of it; each layer rounds once.
        let rounding = Fen(3);
        prop_assert!(after.fund_total() + rounding >= before.fund_total(), "{before:?} became {after:?}");
        prop_assert!(after.person_total + rounding >= before.person_total, "{before:?} became {after:?}");
    }

    #[test]
    fn a_stay_that_is_settled_midway_is_one_admission_with_one_deductible(
        (index, mut case) in any_question(), year in any_year(), more in 1i64..10_000_000,
    ) {
        case.bill.care = CareKind::Inpatient;
        case.accounts = None;
        let scheme = SCHEMES[index];
        let Ok(first) = compute(scheme, &case, &year) else { return Ok(()) };
        let split = Split { total: Fen(more), in_scope: Fen(more), ..Split::default() };
        let rest = CategoryAmount { category: ChargeCategory::Other, split };
        let counted = |answer: &Breakdown, measure| answer.contribution.get(Counter::of(CareKind::Inpatient, measure));
        let mut second = case.clone();
        second.bill.categories = vec![rest.clone()];
        second.continues = Some(Continued {
            since: case.bill.admission,
            total: first.split.total,
            divided: Fen(counted(&first, Measure::Divided)),
            deductible: first.deductible_paid,
        });
        case.bill.categories.push(rest);
        let Ok(second) = compute(scheme, &second, &year.plus(&first.contribution)) else { return Ok(()) };
        let Ok(whole) = compute(scheme, &case, &year) else { return Ok(()) };
        // What a cross-region rule lets the person pay first is rounded in each part.
        for (measure, rounding) in
            [(Measure::Visits, 0), (Measure::Total, 0), (Measure::InScope, 0), (Measure::Divided, 2), (Measure::Deductible, 2)]
        {
            let parts = counted(&first, measure) + counted(&second, measure);
            let difference = (parts - counted(&whole, measure)).abs();
            prop_assert!(difference <= rounding, "{measure:?}: {parts} and {}", counted(&whole, measure));
        }
    }

    #[test]
    fn no_fund_passes_the_limit_of_the_year_whatever_the_year_was(
        (index, case) in any_question(), year in any_year(),
    ) {
        let scheme = SCHEMES[index];
        let Ok(answer) = compute(scheme, &case, &year) else { return Ok(()) };
        let after = year.plus(&answer.contribution);
        let cap = scheme.plan(case.bill.care).and_then(|plan| plan.cap.as_ref());
        for limit in cap.iter().flat_map(|cap| &cap.value).filter(|limit| limit.period == Period::Year) {
            let Counted::Paid(funds) = &limit.counts else { continue };
            let asked = Asked::of(&case, 1);
            let Ok(rows) = select(&limit.rows, &asked) else { continue };
            if rows.is_empty() || rows.iter().any(|row| row.amount.is_none()) {
                continue;
            }
            // Rows differ by disease and visit: the highest of them holds in any case.
            let highest = limit.rows.iter().filter_map(|row| row.amount).max().unwrap_or_default();
            let paid = |year: &YearToDate| -> Fen {
                let of = |care| funds.iter().map(move |fund| Counter::of(care, Measure::Paid(*fund)));
                limit.care.iter().flat_map(of).map(|counter| Fen(year.get(counter))).sum()
            };
            prop_assert!(paid(&after) <= highest.max(paid(&year)), "{} after {}", paid(&after), paid(&year));
        }
    }

    #[test]
    fn the_order_of_a_years_stays_does_not_change_a_deductible_of_the_year(
        (index, case) in any_question(), parts in prop::collection::vec(any_split(), 2..5), at in 0usize..4,
    ) {
        let scheme = SCHEMES[index];
        let once = scheme.plan(case.bill.care).and_then(|plan| plan.deductible.as_ref());
        let of_year = once.is_some_and(|cited| {
            cited.value.recurs == benefit::scheme::Recurrence::OnceAYear
                && cited.value.rows.iter().all(|row| row.share_of_total == terms::Rate::NONE)
        });
        if !of_year { return Ok(()) }
        let total = |parts: &[Split]| {
            let mut year = YearToDate::default();
            for split in parts {
                let mut case = case.clone();
                case.bill.categories = vec![CategoryAmount { category: ChargeCategory::Other, split: *split }];
                let answer = compute_amounts(scheme, &case, &year)?;
                year = year.plus(&answer.contribution);
            }
            Ok::<_, Refusal>(year.deductible())
        };
        let mut turned = parts.clone();
        turned.rotate_left(at % parts.len());
        let (Ok(one), Ok(other)) = (total(&parts), total(&turned)) else { return Ok(()) };
        prop_assert_eq!(one, other);
    }

    #[test]
    fn years_are_a_group_and_are_read_as_they_were_written(a in any_year(), b in any_year()) {
        prop_assert_eq!(a.plus(&b), b.plus(&a));
        prop_assert_eq!(a.plus(&b).minus(&b), a.clone());
        prop_assert_eq!(a.minus(&a), YearToDate::default());
        let text = serde_json::to_string(&a).unwrap();
        prop_assert_eq!(serde_json::from_str::<YearToDate>(&text).unwrap(), a);
    }
}

#[test]
fn what_cannot_be_divided_is_refused() {
    let scheme = SCHEMES.iter().find(|one| one.area.to_string() == "420100").unwrap();
    let good = Split { total: Fen(100), in_scope: Fen(100), ..Split::default() };
    let case = |split: Split, insured: u32, status: MemberStatus| Case {
        bill: Bill {
            care: CareKind::Inpatient,
            level: SettlementLevel::Tertiary,
            marks: Set::new(),
            diseases: Vec::new(),
            admission: day(),
            discharge: day(),
            transferred_with: None,
            categories: vec![CategoryAmount { category: ChargeCategory::Bed, split }],
        },
        member: Member::plain(InsuranceScheme::Employee, status, Day::new(1980, 1, 1).unwrap()),
        insured: InsuredPlace(AdminDivision::new(insured).unwrap()),
        treatment: TreatmentPlace(AdminDivision::new(110_105).unwrap()),
        standing: FilingStanding::Filed(FilingCategory::LongTermResident),
        accounts: None,
        continues: None,
    };
    let code = |case: &Case| match compute(scheme, case, &YearToDate::default()) {
        Ok(_) => "computed".to_owned(),
        Err(refusal) => refusal.code().to_owned(),
    };
    let worker = MemberStatus::Employed;
    for (why, case, expected) in [
        ("a good one", case(good, 420_106, worker), "computed"),
        ("does not add up", case(Split { total: Fen(101), ..good }, 420_106, worker), "field-invalid"),
        ("gives back", case(-good, 420_106, worker), "field-invalid"),
        (
            "more in full than in scope",
            case(Split { in_full: Fen(101), ..good }, 420_106, worker),
            "field-invalid",
        ),
        ("a resident's status", case(good, 420_106, MemberStatus::Minor), "field-invalid"),
        ("insured elsewhere", case(good, 110_101, worker), "no-policy"),
    ] {
        assert_eq!(code(&case), expected, "{why}");
    }
}

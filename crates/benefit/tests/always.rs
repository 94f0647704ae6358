//! What holds for every policy, bill and year: sums, order, and giving back.

use benefit::{
    Bill, Case, CategoryAmount, FilingStanding, Library, Member, Scheme, Split, YearToDate, compute,
};
use proptest::prelude::*;
use std::sync::LazyLock;
use terms::{
    AdminDivision, ChargeCategory, Day, Fen, FilingCategory, Fund, InsuranceScheme, InsuredPlace,
    MemberStatus, Refusal, SettlementLevel, TreatmentPlace,
};

macro_rules! policies {
    ($($path:literal),+) => {
        &[$(($path, include_str!(concat!("../../../policy/", $path)))),+]
    };
}

const POLICIES: &[(&str, &str)] = policies![
    "110000/310.toml",
    "110000/390.toml",
    "120000/310.toml",
    "120000/390.toml",
    "310000/310.toml",
    "310000/390.toml",
    "330100/310.toml",
    "330100/390.toml",
    "420100/310.toml",
    "420100/390.toml",
    "440300/310.toml",
    "440300/390.toml",
    "500000/310.toml",
    "500000/390.toml",
    "610100/310.toml",
    "610100/390.toml"
];

static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
    let library = Library::load(POLICIES.iter().copied()).expect("the policies load");
    let day = Day::new(2025, 6, 1).unwrap();
    library.areas().map(|(area, scheme, _)| library.scheme_on(area, scheme, day).unwrap()).collect()
});

const LARGEST: i64 = 2_000_000_000;

fn any_split() -> impl Strategy<Value = Split> {
    (0..LARGEST, 0..LARGEST, 0..LARGEST, prop_oneof![0..LARGEST, 0..500_000i64]).prop_map(
        |(out, over, first, scope)| Split {
            total: Fen(out + over + first + scope),
            out_of_scope: Fen(out),
            over_limit: Fen(over),
            first_self_pay: Fen(first),
            in_scope: Fen(scope),
        },
    )
}

fn any_year() -> impl Strategy<Value = YearToDate> {
    let paid = prop::collection::btree_map(prop::sample::select(Fund::ALL), (0..LARGEST).prop_map(Fen), 0..4);
    (0i64..20, 0..LARGEST, 0..LARGEST, 0..200_000i64, 0..LARGEST, paid).prop_map(
        |(admissions, total, in_scope, deductible, person, fund_paid)| YearToDate {
            admissions,
            total: Fen(total),
            in_scope: Fen(in_scope),
            deductible: Fen(deductible),
            person: Fen(person),
            fund_paid,
        },
    )
}

fn any_standing() -> impl Strategy<Value = FilingStanding> {
    let filed = prop::sample::select(FilingCategory::ALL).prop_map(FilingStanding::Filed);
    prop_oneof![filed, Just(FilingStanding::DeemedFiled), Just(FilingStanding::NotFiled)]
}

fn statuses(scheme: InsuranceScheme) -> &'static [MemberStatus] {
    match scheme {
        InsuranceScheme::Employee => &MemberStatus::ALL[..2],
        InsuranceScheme::Resident => &MemberStatus::ALL[2..],
    }
}

fn any_question() -> impl Strategy<Value = (usize, Case)> {
    let hospital = (
        prop::sample::select(SettlementLevel::ALL),
        any::<bool>(),
        prop::sample::select(vec![110_105u32, 120_101, 130_100, 310_115, 420_106, 440_304, 500_103, 530_102]),
    );
    let person = (0..SCHEMES.len(), 0..3usize, 0..36_000i32, 0..400i32, any_standing());
    (prop::collection::vec(any_split(), 0..4), hospital, person).prop_map(|(splits, hospital, person)| {
        let (level, chinese_medicine, treatment) = hospital;
        let (index, status, age_days, stay_days, standing) = person;
        let scheme = &SCHEMES[index];
        let discharge = Day::new(2025, 6, 1).unwrap();
        let statuses = statuses(scheme.scheme);
        let categories = splits.into_iter().zip(ChargeCategory::ALL);
        let bill = Bill {
            level,
            chinese_medicine,
            admission: discharge.plus_days(-stay_days),
            discharge,
            categories: categories
                .map(|(split, category)| CategoryAmount { category: *category, split })
                .collect(),
        };
        let birth = discharge.plus_days(-stay_days - age_days);
        let member = Member { scheme: scheme.scheme, status: statuses[status % statuses.len()], birth };
        let treatment = TreatmentPlace(AdminDivision::new(treatment).unwrap());
        (index, Case { bill, member, insured: InsuredPlace(scheme.area.division()), treatment, standing })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn funds_and_person_pay_the_bill_and_a_cancellation_restores_the_year(
        (index, case) in any_question(), year in any_year(),
    ) {
        let answer = match compute(&SCHEMES[index], &case, &year) {
            Ok(answer) => answer,
            Err(Refusal::PolicyRefuses { .. }) => return Ok(()),
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        prop_assert_eq!(answer.split, case.bill.sum());
        prop_assert_eq!(answer.fund_total + answer.person_total, answer.split.total);
        prop_assert_eq!(answer.fund_payments.values().copied().sum::<Fen>(), answer.fund_total);
        prop_assert!(!answer.person_total.is_negative() && !answer.deductible_paid.is_negative());
        prop_assert!(answer.fund_payments.values().all(|amount| *amount > Fen::ZERO));
        prop_assert!(answer.fund_total <= answer.split.in_scope);
        prop_assert_eq!(year.plus(&answer.contribution).minus(&answer.contribution), year);
        prop_assert!(answer.lines.iter().all(|line| !line.source.is_empty() && !line.step.is_empty()));
    }

    #[test]
    fn a_dearer_stay_is_not_paid_less((index, mut case) in any_question(), year in any_year(), more in 1i64..100_000) {
        let paid = |case: &Case| compute(&SCHEMES[index], case, &year).map(|answer| answer.fund_total);
        let Ok(before) = paid(&case) else { return Ok(()) };
        let split = Split { total: Fen(more), in_scope: Fen(more), ..Split::default() };
        case.bill.categories.push(CategoryAmount { category: ChargeCategory::Other, split });
        let after = paid(&case).expect("only the amount changed");
        // Each band rounds its own share, so where one more band is cut a fen may go.
        prop_assert!(after + Fen(2) >= before, "{before} became {after}");
    }

    #[test]
    fn years_are_a_group(a in any_year(), b in any_year()) {
        prop_assert_eq!(a.plus(&b), b.plus(&a));
        prop_assert_eq!(a.plus(&b).minus(&b), a.clone());
        prop_assert_eq!(a.minus(&a), YearToDate::default());
    }
}

#[test]
fn what_cannot_be_divided_is_refused() {
    let scheme = SCHEMES.iter().find(|one| one.area.to_string() == "420100").unwrap();
    let discharge = Day::new(2025, 6, 1).unwrap();
    let good = Split { total: Fen(100), in_scope: Fen(100), ..Split::default() };
    let case = |split: Split, insured: u32, status: MemberStatus| Case {
        bill: Bill {
            level: SettlementLevel::Tertiary,
            chinese_medicine: false,
            admission: discharge,
            discharge,
            categories: vec![CategoryAmount { category: ChargeCategory::Bed, split }],
        },
        member: Member { scheme: InsuranceScheme::Employee, status, birth: Day::new(1980, 1, 1).unwrap() },
        insured: InsuredPlace(AdminDivision::new(insured).unwrap()),
        treatment: TreatmentPlace(AdminDivision::new(110_105).unwrap()),
        standing: FilingStanding::NotFiled,
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
        ("a resident's status", case(good, 420_106, MemberStatus::Minor), "field-invalid"),
        ("insured elsewhere", case(good, 110_101, worker), "no-policy"),
    ] {
        assert_eq!(code(&case), expected, "{why}");
    }
}

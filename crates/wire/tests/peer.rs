//! Golden messages between nodes: what version 1 looks like on the wire, both ways. A sample that changes here is a break
//! with every node that runs.
//!
//! `UPDATE_SAMPLES=1 cargo test -p wire --test peer` writes them anew.

use benefit::{
    Bill, Breakdown, CategoryAmount, EarlierYear, Line, Split, YearToDate,
    scheme::{Burden, Confidence},
    year::{Counter, Measure},
};
use casework::{
    filing::{self, Application, Destination, Rules},
    person::{Enrolment, Person, Standing},
    registration::{self, Kind, Matter, Registered, Registrar, Registration},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Debug, fs, path::PathBuf};
use terms::{
    AdmissionKind, CareKind, CatalogClass, ChargeCategory, ContributionTier, Day, Fen, FilingCategory, Fund,
    InsuranceScheme, InsuredPlace, MemberClass, Moment, Participant, PersonNumber, Rate, Refusal, Rounding,
    Set, SettlementLevel, TreatmentPlace, VisitMark,
};
use wire::{
    peer::{
        Envelope,
        v1::{
            Answer, CheckBenefit, Claim, DetailLine, DetailsStanding, DetailsTaken, FindFilings, FindPerson,
            FindRegistrations, FindYear, FoundRegistrations, FundBenefit, Medium, ParticipantEntry,
            PublishedInstitution, Question, ReadMedium, RegistrationStands, Reply, SendDetails, Settle,
            Settled, Undo, UndoKind, Undone, WithdrawRegistration,
        },
    },
    sign::sm2::PrivateKey,
};

fn parsed<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn insured() -> InsuredPlace {
    InsuredPlace(parsed("110101"))
}

fn treatment() -> TreatmentPlace {
    TreatmentPlace(parsed("420106"))
}

fn at() -> Moment {
    parsed("2026-11-21 10:30:00")
}

fn day(text: &str) -> Day {
    parsed(text)
}

fn split() -> Split {
    Split {
        total: Fen(1_000_000),
        out_of_scope: Fen(50_000),
        over_limit: Fen(10_000),
        first_self_pay: Fen(40_000),
        in_scope: Fen(900_000),
        in_full: Fen(0),
    }
}

fn claim() -> Claim {
    Claim {
        visit: parsed("420000179523180000000000000001"),
        person: parsed("11010000000000000901"),
        scheme: InsuranceScheme::Employee,
        insured: insured(),
        treatment: treatment(),
        institution: parsed("H42010600901"),
        institution_name: "武汉市示范医院".to_owned(),
        admission_kind: AdmissionKind::Ordinary,
        uses_account: false,
        continues: Vec::new(),
        bill: Bill {
            care: CareKind::Inpatient,
            level: SettlementLevel::Tertiary,
            marks: Set::only(VisitMark::ChineseMedicine),
            diseases: Vec::new(),
            admission: day("2026-11-10"),
            discharge: day("2026-11-20"),
            transferred_with: None,
            categories: vec![CategoryAmount { category: ChargeCategory::WesternMedicine, split: split() }],
        },
    }
}

fn year() -> YearToDate {
    [
        (Measure::Visits, 1),
        (Measure::Total, 1_000_000),
        (Measure::InScope, 900_000),
        (Measure::Divided, 770_000),
        (Measure::Deductible, 130_000),
        (Measure::Person, 215_500),
        (Measure::Paid(Fund::EmployeePool), 784_500),
    ]
    .into_iter()
    .map(|(measure, amount)| (Counter::of(CareKind::Inpatient, measure), amount))
    .collect()
}

fn breakdown() -> Breakdown {
    Breakdown {
        lines: vec![Line {
            step: "起付标准".into(),
            amount_in: Fen(900_000),
            parameter: "三级 第1次 1300元".to_owned(),
            since: Some(day("2023-01-01")),
            amount_out: Fen(130_000),
            rounding: Some(Rounding::HalfUp),
            fund: None,
            source: "示例".into(),
            confidence: Some(Confidence::Unconfirmed),
        }],
        fund_payments: BTreeMap::from([(Fund::EmployeePool, Fen(784_500))]),
        fund_total: Fen(784_500),
        person_total: Fen(215_500),
        burdens: BTreeMap::from([
            (Burden::Deductible, Fen(115_500)),
            (Burden::FirstSelfPay, Fen(40_000)),
            (Burden::OverLimit, Fen(10_000)),
            (Burden::OutOfScope, Fen(50_000)),
        ]),
        account_paid: Fen(0),
        account_left: None,
        family_paid: Vec::new(),
        deductible_paid: Fen(130_000),
        pool_ratio: Rate::permyriad(10_000).unwrap(),
        contribution: year(),
        earlier: Some(EarlierYear { year: 2025, contribution: year() }),
        policy_day: day("2023-01-01"),
        unconfirmed: vec!["住院起付标准".to_owned()],
        split: split(),
        rows_used: Vec::new(),
    }
}

fn settle() -> Settle {
    Settle { settlement: parsed("420000179523180000000000000002"), asked_at: at(), claim: claim() }
}

/// The rest of a stay that was settled midway, paid from the account.
fn settle_on() -> Settle {
    let continues = vec![parsed("420000179523180000000000000001")];
    Settle { claim: Claim { uses_account: true, continues, ..claim() }, ..settle() }
}

fn filing() -> casework::Filing {
    let application = Application {
        id: parsed("110000179523180000000000000003"),
        person: parsed("11010000000000000901"),
        scheme: InsuranceScheme::Employee,
        insured: insured(),
        category: FilingCategory::ResettledRetiree,
        destination: Destination::new(parsed("420100")).unwrap(),
        begins: None,
        ends: None,
        commitment: false,
    };
    filing::submit(application, &[], &Rules::default(), at()).unwrap().approve(at()).unwrap()
}

fn questions() -> Vec<(&'static str, Question)> {
    let undo = Undo {
        settlement: parsed("420000179523180000000000000002"),
        undo: parsed("420000179523180000000000000004"),
        reason: UndoKind::Cancellation,
        insured: insured(),
        treatment: treatment(),
        asked_at: at(),
    };
    let person = "11010000000000000901";
    let institution = "H42010600901";
    let find = FindPerson {
        insured: insured(),
        citizen: Some(parsed("110101194106189151")),
        number: None,
        institution: parsed(institution),
    };
    let published = PublishedInstitution {
        code: parsed(institution),
        name: "武汉市示范医院".to_owned(),
        place: treatment(),
        level: SettlementLevel::Tertiary,
        open: true,
        changed_at: at(),
    };
    let find_year =
        FindYear { insured: insured(), person: parsed(person), year: 2026, institution: parsed(institution) };
    let find_filings = FindFilings { person: parsed(person), insured: insured(), treatment: treatment() };
    vec![
        ("find_person", Question::FindPerson(find)),
        ("find_filings", Question::FindFilings(find_filings)),
        ("trial", Question::Trial(Box::new(claim()))),
        ("settle", Question::Settle(Box::new(settle()))),
        ("settle-on", Question::Settle(Box::new(settle_on()))),
        ("undo", Question::Undo(undo)),
        ("find_year", Question::FindYear(find_year)),
        ("publish_filing", Question::PublishFiling(Box::new(filing()))),
        ("publish_institution", Question::PublishInstitution(published)),
        ("find_participants", Question::FindParticipants),
        ("read_medium", read_medium("card", None)),
        ("read_medium-voucher", read_medium("voucher", Some(parsed(person)))),
        ("send_details", Question::SendDetails(Box::new(send_details()))),
        ("register", Question::Register(Box::new(referral()))),
        ("withdraw_registration", Question::WithdrawRegistration(withdraw_registration())),
        ("find_registrations", Question::FindRegistrations(find_registrations())),
        ("check_benefit", Question::CheckBenefit(check_benefit())),
    ]
}

fn read_medium(medium: &str, holder: Option<PersonNumber>) -> Question {
    let medium = match medium {
        "card" => Medium::Card {
            number: parsed("A00000000"),
            identification: Some(parsed("110000D156000005AAAAAAAAAAAAAAAA")),
            cipher: Some("0123456789abcdef0123456789abcdef".to_owned()),
        },
        _ => Medium::Voucher { code: parsed("1100000000000000000000000001") },
    };
    Question::ReadMedium(Box::new(ReadMedium {
        insured: insured(),
        medium,
        holder,
        institution: parsed("H42010600901"),
        message: parsed("H42010600901202611211030000001"),
    }))
}

fn check_benefit() -> CheckBenefit {
    CheckBenefit {
        insured: insured(),
        person: parsed("11010000000000000901"),
        scheme: InsuranceScheme::Employee,
        treatment: treatment(),
        institution: parsed("H42010600901"),
        level: SettlementLevel::Tertiary,
        care: CareKind::Chronic,
        emergency: false,
        disease: Some(parsed("M03900")),
        from: day("2026-11-21"),
        to: None,
    }
}

fn send_details() -> SendDetails {
    let line = DetailLine {
        serial: "1".to_owned(),
        refunds: None,
        day: day("2026-11-12"),
        item: "XA01ABD075A002010100483".to_owned(),
        local_item: "YP0001".to_owned(),
        quantity: 20_000,
        price: 5_000_000_000,
        category: ChargeCategory::WesternMedicine,
        class: CatalogClass::ALL[1],
        herb_use: None,
        split: split(),
    };
    let back = DetailLine {
        serial: "2".to_owned(),
        refunds: Some("1".to_owned()),
        quantity: -20_000,
        herb_use: Some("1".to_owned()),
        split: -split(),
        ..line.clone()
    };
    SendDetails {
        settlement: parsed("420000179523180000000000000002"),
        insured: insured(),
        treatment: treatment(),
        round: 1,
        batch: 1,
        count: 3,
        sum: split(),
        lines: vec![line, back],
    }
}

fn referral() -> Registration {
    Registration {
        id: parsed("420000179523180000000000000006"),
        person: parsed("11010000000000000901"),
        insured: insured(),
        scheme: Some(InsuranceScheme::Employee),
        matter: Matter::Referral {
            destination: TreatmentPlace(parsed("310101")),
            institution: parsed("H31010100901"),
            institution_name: "上海市示范医院".to_owned(),
        },
        begins: Some(day("2026-11-21")),
        ends: None,
        by: hospital(),
        given: BTreeMap::from([("refl_rea".to_owned(), "技术条件所限".to_owned())]),
    }
}

fn hospital() -> Registrar {
    Registrar::Institution {
        code: parsed("H42010600901"),
        name: "武汉市示范医院".to_owned(),
        place: treatment(),
    }
}

fn withdraw_registration() -> WithdrawRegistration {
    WithdrawRegistration {
        id: parsed("420000179523180000000000000006"),
        matter: Kind::Referral,
        person: parsed("11010000000000000901"),
        insured: insured(),
        by: hospital(),
        reason: "病情好转".to_owned(),
    }
}

fn find_registrations() -> FindRegistrations {
    FindRegistrations {
        insured: insured(),
        person: parsed("11010000000000000901"),
        matter: Kind::Chronic,
        institution: parsed("H42010600901"),
    }
}

fn registration_stands() -> RegistrationStands {
    RegistrationStands {
        id: parsed("420000179523180000000000000006"),
        at: at(),
        filing: Some(parsed("110000179523180000000000000003")),
    }
}

fn registrations() -> FoundRegistrations {
    let chronic = Matter::Chronic { disease: parsed("M03900"), name: "高血压".to_owned() };
    let designated = Matter::Designated {
        business: "03".to_owned(),
        rank: "1".to_owned(),
        institution: parsed("H42010600901"),
        institution_name: "武汉市示范医院".to_owned(),
    };
    let stands = |asked: Registration| registration::register(asked, None, &[], at()).unwrap();
    let withdrawn = |one: Registered| one.withdraw(&Registrar::Agency, None, "误报", at()).unwrap();
    let registrations = vec![
        stands(referral()),
        stands(Registration { matter: chronic, by: Registrar::Agency, ..referral() }),
        withdrawn(stands(Registration { matter: designated, ..referral() })),
        stands(Registration { matter: Matter::Accident { third_party: false }, ..referral() }),
    ];
    FoundRegistrations { person: None, registrations }
}

fn benefits() -> Vec<FundBenefit> {
    let enjoyed = FundBenefit {
        fund: Fund::EmployeePool,
        from: day("2026-11-21"),
        to: Some(day("2027-05-20")),
        why_not: None,
    };
    let why_not = Some("险种[310]为暂停参保，请联系参保地经办机构".to_owned());
    vec![enjoyed.clone(), FundBenefit { fund: Fund::LargeAmount, to: None, why_not, ..enjoyed }]
}

fn replies() -> Vec<(&'static str, Reply)> {
    let person = Person {
        number: parsed("11010000000000000901"),
        citizen: parsed("110101194106189151"),
        name: "王某甲".to_owned(),
        nation: Some("1".to_owned()),
        enrolments: vec![Enrolment {
            scheme: InsuranceScheme::Employee,
            insured: insured(),
            person_type: "12".to_owned(),
            standing: Standing::InForce,
            civil_servant: false,
            since: Some(day("1998-01-01")),
            employer: None,
            balance: Fen(123_456),
            classes: Set::only(MemberClass::SubsistenceAllowance),
            tier: Some(ContributionTier::First),
            contribution_years: Some(25),
            retired_on: Some(day("2001-07-01")),
        }],
    };
    let undone = Undone {
        settlement: parsed("420000179523180000000000000002"),
        undo: parsed("420000179523180000000000000004"),
        had_stood: true,
        at: at(),
    };
    let settled = Settled {
        settlement: parsed("420000179523180000000000000002"),
        committed_at: at(),
        breakdown: breakdown(),
    };
    let hub = ParticipantEntry {
        participant: Participant::Hub,
        name: "国家异地就医结算系统".to_owned(),
        public_key: "04".to_owned(),
        suspended: false,
    };
    let details_taken = DetailsTaken {
        settlement: parsed("420000179523180000000000000002"),
        round: 1,
        lines: 2,
        standing: DetailsStanding::Different,
        difference: Some("西药费总额明细合计9999.99元，结算10000.00元".to_owned()),
    };
    let yes = |answer| Reply::Answer(Box::new(answer));
    vec![
        ("person", yes(Answer::Person(Box::new(person)))),
        ("filings", yes(Answer::Filings { filings: vec![filing()] })),
        ("trial", yes(Answer::Trial(Box::new(breakdown())))),
        ("settled", yes(Answer::Settled(Box::new(settled)))),
        ("undone", yes(Answer::Undone(undone))),
        ("year", yes(Answer::Year { year: 2026, sums: vec![(InsuranceScheme::Employee, year())] })),
        ("taken", yes(Answer::Taken)),
        ("participants", yes(Answer::Participants { participants: vec![hub] })),
        ("details_taken", yes(Answer::DetailsTaken(details_taken))),
        ("benefits", yes(Answer::Benefits { funds: benefits() })),
        ("registered", yes(Answer::Registered(registration_stands()))),
        ("withdrawn", yes(Answer::Withdrawn(RegistrationStands { filing: None, ..registration_stands() }))),
        ("registrations", yes(Answer::Registrations(registrations()))),
        ("refused", Reply::from_outcome(Err(Refusal::ThirdParty {}))),
    ]
}

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, message: &T) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/peer").join(format!("{name}.json"));
    let written = serde_json::to_string_pretty(message).unwrap() + "\n";
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &written).unwrap();
    }
    let sample = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(written, sample, "{name} is written as its sample");
    assert_eq!(&serde_json::from_str::<T>(&sample).unwrap(), message, "{name} is read from its sample");
}

#[test]
fn questions_are_written_and_read_as_their_samples() {
    for (name, question) in questions() {
        check(&format!("question-{name}"), &question);
    }
}

#[test]
fn replies_are_written_and_read_as_their_samples() {
    for (name, reply) in replies() {
        check(&format!("reply-{name}"), &reply);
    }
}

#[test]
fn an_envelope_is_written_and_read_as_its_sample() {
    let key = PrivateKey::from_bytes(&[1; 32]).unwrap();
    let question = Question::FindParticipants;
    let route = (parsed("420000"), Participant::Hub);
    let envelope = Envelope::unsigned(parsed("420000179523180000000000000005"), None, route, at(), &question)
        .signed(&key);
    check("envelope", &envelope);
}

/// Whatever stands before it: another writer's fields may come in another order, and a later version may have more.
#[test]
fn the_kind_of_a_message_may_stand_anywhere() {
    fn moved<T: Serialize>(message: &T) -> String {
        let mut fields = match serde_json::to_value(message).unwrap() {
            Value::Object(fields) => fields,
            other => panic!("a message is an object: {other}"),
        };
        let kind = fields.shift_remove("kind").unwrap();
        fields.insert("kind".to_owned(), kind);
        fields.insert("later".to_owned(), Value::Array(vec![Value::Null]));
        Value::Object(fields).to_string()
    }
    for (name, question) in questions() {
        assert_eq!(serde_json::from_str::<Question>(&moved(&question)).unwrap(), question, "{name}");
        let later = serde_json::to_string(&question).unwrap().replacen('{', r#"{"later":{"a":[1]},"#, 1);
        assert_eq!(serde_json::from_str::<Question>(&later).unwrap(), question, "{name}");
    }
    for (name, reply) in replies() {
        let Reply::Answer(answer) = reply else { continue };
        assert_eq!(serde_json::from_str::<Answer>(&moved(&answer)).unwrap(), *answer, "{name}");
    }
}

#[test]
fn what_is_no_message_of_a_known_kind_is_not_read() {
    for (text, why) in [
        ("{}", "missing field `kind`"),
        (r#"{"year":2026}"#, "missing field `kind`"),
        (r#"{"kind":"other"}"#, "unknown variant `other`, expected one of `find_person`"),
        (r#"{"year":2026,"kind":"other"}"#, "unknown variant `other`"),
        (r#"{"kind":1}"#, "invalid type: integer `1`"),
        (r#"{"kind":"settle"}"#, "missing field `settlement`"),
        (r#"{"kind":"find_participants""#, "EOF"),
        (r#"{"kind":"find_participants"}{"#, "trailing"),
        (r#"["settle"]"#, "expected a message with its kind"),
        ("null", "expected a message with its kind"),
    ] {
        let error = serde_json::from_str::<Question>(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

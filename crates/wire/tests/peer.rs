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
    announcement::{Announcement, Said},
    difference::{self, Note},
    emergency_increase::{self, Accepted, Increase},
    filing::{self, Application, Destination, Rules},
    person::{Enrolment, Person, Standing},
    registration::{self, Kind, Matter, Registered, Registrar, Registration},
};
use funds::reconciliation::{
    BookLine, Bucket, BucketDigest, Cause, DifferenceKind, Digest, Figure, LineStage, PairLine, Part, Side,
};
use funds::{
    Pair, Purse,
    apportioning::Share,
    clearing::{self, ClearedLine, ClearingLine, Deduction, Due, LeftOut, stage},
};
use funds::{
    bank::BankAccount,
    notice::{Cause::Clearing, Notice, NoticeLine, NoticeNumber},
    payment_order::{Order, Report},
    urging::Letter,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sign::sm2::PrivateKey;
use std::{collections::BTreeMap, fmt::Debug, fs, path::PathBuf};
use terms::{
    AdmissionKind, CareKind, CatalogClass, ChargeCategory, ContributionTier, Day, Fen, FilingCategory, Fund,
    InsuranceScheme, InsuredPlace, MemberClass, Moment, Month, Participant, PersonNumber, Rate, Refusal,
    Rounding, Set, SettlementLevel, TreatmentPlace, VisitMark,
};
use wire::peer::{
    Envelope,
    passed::{PassedAnswer, PassedReply, PassedSettled, PassedSplit, PassedSums},
    v1::{
        Answer, AnswerClearing, ChangedIncrease, CheckBenefit, Claim, ClearingAnswered, ClearingDispute,
        ClearingPair, DeductionTaken, DetailLine, DetailsStanding, DetailsTaken, DisputedPair, FindBookLines,
        FindClearedSettlements, FindClearing, FindDigests, FindFilings, FindIncreases, FindInstitutions,
        FindNotices, FindOpenDifferences, FindOwnLine, FindPerson, FindRegistrations, FindYear,
        FoundAnnouncements, FoundBankAccounts, FoundBookLines, FoundClearedSettlements, FoundClearing,
        FoundDigests, FoundIncreases, FoundInstitutions, FoundNotices, FoundOpenDifferences,
        FoundRegistrations, FundBenefit, InstitutionMark, Medium, OwnLine, ParticipantEntry,
        PublishedInstitution, Question, ReadMedium, RegistrationStands, Reply, ReportReconciliation,
        ReportStays, ReportedDifference, SendDetails, SentNotice, Settle, Settled, StaysOf, Undo, UndoKind,
        Undone, WithdrawRegistration,
    },
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

fn notice() -> Notice {
    let cause = Clearing { month: Month::new(2026, 10).unwrap() };
    let (payer, payee) = (parsed("110000"), parsed("420000"));
    Notice {
        number: NoticeNumber::of(&cause, payer, payee),
        cause,
        payer,
        payee,
        lines: vec![NoticeLine {
            scheme: InsuranceScheme::Employee,
            purse: funds::Purse::Fund(Fund::EmployeePool),
            amount: Fen(784_500),
        }],
        issued_on: day("2026-11-30"),
        issued_at: at(),
        by: "赵某甲".to_owned(),
    }
}

fn found_notices() -> FoundNotices {
    let order = Order::of_notice(&notice(), parsed("110000"), day("2026-12-01")).remove(0);
    let letter = Letter {
        number: order.number,
        letter: 1,
        payer: order.own,
        payee: order.other,
        rest: Fen(784_500),
        due: day("2026-12-22"),
        days: 1,
        issued_on: day("2026-12-23"),
        issued_at: at(),
        by: "赵某甲".to_owned(),
    };
    FoundNotices { notices: vec![SentNotice { serial: 8, notice: notice() }], letters: vec![letter] }
}

fn transfer_report() -> Report {
    let order = Order::of_notice(&notice(), parsed("110000"), day("2026-12-01")).remove(0);
    Report {
        handed_over: Some(day("2026-12-03")),
        moved: Fen(784_500),
        moved_on: Some(day("2026-12-09")),
        written_back: Some(day("2026-12-11")),
        closed: true,
        ..order.report(5)
    }
}

fn bank_account() -> BankAccount {
    BankAccount {
        owner: parsed("110000"),
        scheme: InsuranceScheme::Employee,
        name: "北京市社会保障基金财政专户".to_owned(),
        bank: "示范银行营业部".to_owned(),
        number: "11001123456789".to_owned(),
        bank_code: "102100000017".to_owned(),
        changed_at: at(),
    }
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
    let published = published();
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
        ("find_notices", Question::FindNotices(FindNotices { after: 7, letters_since: at().millis() })),
        ("report_transfer", Question::ReportTransfer(Box::new(transfer_report()))),
        ("publish_bank_account", Question::PublishBankAccount(Box::new(bank_account()))),
        ("find_bank_accounts", Question::FindBankAccounts),
        ("read_medium", read_medium("card", None)),
        ("read_medium-voucher", read_medium("voucher", Some(parsed(person)))),
        ("send_details", Question::SendDetails(Box::new(send_details()))),
        ("register", Question::Register(Box::new(referral()))),
        ("withdraw_registration", Question::WithdrawRegistration(withdraw_registration())),
        ("find_registrations", Question::FindRegistrations(find_registrations())),
        ("check_benefit", Question::CheckBenefit(check_benefit())),
        ("find_clearing", Question::FindClearing(FindClearing { month: october(), after: None })),
        (
            "find_cleared_settlements",
            Question::FindClearedSettlements(FindClearedSettlements {
                month: october(),
                after: Some("110000-420000/420000179523180000000000000002".to_owned()),
            }),
        ),
        ("answer_clearing", Question::AnswerClearing(answer_clearing())),
        ("report_deduction", Question::ReportDeduction(Box::new(deduction()))),
        (
            "find_digests",
            Question::FindDigests(FindDigests { day: day("2026-11-21"), part: Part::Treatment }),
        ),
        ("find_book_lines", Question::FindBookLines(find_book_lines())),
        ("report_reconciliation", Question::ReportReconciliation(Box::new(report_reconciliation()))),
        ("find_open_differences", Question::FindOpenDifferences(FindOpenDifferences { after: None })),
        ("apply_increase", Question::ApplyIncrease(Box::new(increase()))),
        ("find_increases", Question::FindIncreases(FindIncreases { since: at() })),
        ("find_announcements", Question::FindAnnouncements),
        ("find_institutions", Question::FindInstitutions(find_institutions())),
        ("report_stays", Question::ReportStays(Box::new(report_stays()))),
        ("find_own_line", Question::FindOwnLine(find_own_line())),
    ]
}

fn published() -> PublishedInstitution {
    PublishedInstitution {
        code: parsed("H42010600901"),
        name: "武汉市示范医院".to_owned(),
        place: treatment(),
        level: SettlementLevel::Tertiary,
        open: true,
        changed_at: at(),
    }
}

fn found_institutions() -> FoundInstitutions {
    FoundInstitutions { institutions: vec![published()], more: true }
}

fn find_institutions() -> FindInstitutions {
    let after = InstitutionMark { province: parsed("110000"), code: parsed("H11010500001") };
    FindInstitutions { since: Some(at()), after: Some(after) }
}

fn find_own_line() -> FindOwnLine {
    FindOwnLine {
        province: parsed("420000"),
        part: Part::Treatment,
        counterpart: parsed("110000"),
        settlement: book_lines().lines[0].line.settlement,
    }
}

fn report_stays() -> ReportStays {
    let stays = StaysOf { insured: parsed("110000"), settled: 1_204, elsewhere: 61, under_way: 88 };
    ReportStays { month: october(), at: at(), stays: vec![stays] }
}

fn announcement() -> Announcement {
    let affects = ["settlement".to_owned(), "filing".to_owned()];
    let said = Said {
        title: "国家平台系统维护",
        text: "系统维护期间暂停跨省直接结算和备案，请错开时间办理。",
        affects: &affects,
        from: parsed("2026-11-25 22:00:00"),
        until: parsed("2026-11-26 02:00:00"),
        published_at: None,
    };
    Announcement::enter(&said, "GG20261121103000001".to_owned(), "王某甲", at()).unwrap()
}

fn announcements() -> FoundAnnouncements {
    let corrected = Announcement { corrections: 1, corrected_at: Some(at()), ..announcement() };
    let withdrawn = announcement().withdraw("改期进行", "王某甲", at()).unwrap();
    FoundAnnouncements { announcements: vec![corrected, withdrawn] }
}

fn increase() -> Increase {
    Increase {
        case: "261120-310-1".to_owned(),
        insured: parsed("110000"),
        treatment: parsed("420000"),
        scheme: InsuranceScheme::Employee,
        asked: Fen(50_000_000),
        reason: "住院人次增长".to_owned(),
        used: Fen(95_000_000),
        prepayment: Fen(100_000_000),
        signed_on: day("2026-11-20"),
        applied_at: at(),
        applied_by: "李某乙".to_owned(),
        decide_by: day("2026-11-30"),
        stage: emergency_increase::Stage::Applied,
    }
}

fn increases() -> FoundIncreases {
    let accepted = Accepted {
        amount: Fen(40_000_000),
        at: at(),
        by: "钱某丙".to_owned(),
        reason: "按测算核定".to_owned(),
        notice: "JZ261120-310-1-110000-420000".to_owned(),
    };
    let accepted = increase().accept(accepted).unwrap();
    let paid = accepted.clone().pay(at()).unwrap();
    let refused = increase().refuse("额度充足", "钱某丙", at()).unwrap();
    let changed = |increase| ChangedIncrease { increase, changed_at: at() };
    FoundIncreases { increases: [accepted, paid, refused].map(changed).into() }
}

fn october() -> Month {
    Month::new(2026, 10).unwrap()
}

fn pair() -> Pair {
    parsed("110000-420000")
}

fn answer_clearing() -> AnswerClearing {
    let settlements = vec![parsed("420000179523180000000000000002")];
    let disputes = vec![DisputedPair { pair: pair(), settlements, reason: "重复收费".to_owned() }];
    AnswerClearing { month: october(), revision: 2, disputes, by: "钱某甲".to_owned() }
}

fn deduction() -> Deduction {
    Deduction {
        number: "KK-202610-1".to_owned(),
        settlement: parsed("420000179523180000000000000002"),
        insured: insured(),
        funds: BTreeMap::from([(Fund::EmployeePool, Fen(30_000))]),
        account: Fen(0),
        reason: "超限用药".to_owned(),
        decided_on: day("2026-11-21"),
        by: "孙某甲".to_owned(),
        decided_at: at(),
    }
}

/// A settlement that the pool pays 7845.00 of, as a line of a month.
fn cleared_line() -> ClearedLine {
    ClearedLine {
        settlement: parsed("420000179523180000000000000002"),
        part: clearing::Part::Made,
        insured: insured(),
        treatment: treatment(),
        institution: parsed("H42010600901"),
        scheme: InsuranceScheme::Employee,
        care: CareKind::Inpatient,
        first_month: None,
        total: Fen(1_000_000),
        person_total: Fen(215_500),
        account: Fen(10_000),
        funds: BTreeMap::from([(Fund::EmployeePool, Fen(784_500))]),
    }
}

fn clearing() -> FoundClearing {
    let dispute = ClearingDispute {
        by: parsed("110000"),
        settlements: answer_clearing().disputes[0].settlements.clone(),
        reason: "重复收费".to_owned(),
        answer: stage::Answer::Upheld,
        decision: Some("经核属实".to_owned()),
    };
    let due = |purse, amount| Due { scheme: InsuranceScheme::Employee, purse, amount: Fen(amount) };
    let line = ClearingLine {
        insured: InsuredPlace(parsed("110000")),
        treatment: TreatmentPlace(parsed("420100")),
        institution: parsed("H42010600901"),
        scheme: InsuranceScheme::Employee,
        care: CareKind::Inpatient,
        settled_month: october(),
        deduction: false,
        share: Share {
            settlements: 2,
            undoings: 0,
            total: Fen(2_000_000),
            person_total: Fen(431_000),
            account: Fen(20_000),
            funds: BTreeMap::from([(Fund::EmployeePool, Fen(1_569_000))]),
        },
    };
    FoundClearing {
        month: october(),
        stage: stage::Stage::Adopted,
        revision: 2,
        adopted_at: Some(at()),
        confirmed_by: day("2026-11-25"),
        notices_on: day("2026-11-30"),
        pairs: vec![ClearingPair {
            pair: pair(),
            stage: stage::PairStage::Agreed,
            insured_answer: stage::Answer::Upheld,
            treatment_answer: stage::Answer::Confirmed,
            dues: vec![due(Purse::Fund(Fund::EmployeePool), 784_500), due(Purse::PersonalAccount, 10_000)],
            withdrawn: vec![cleared_line()],
            disputes: vec![dispute],
        }],
        lines: vec![line],
        next: Some("110000-420000/0".to_owned()),
    }
}

fn cleared_settlements() -> FoundClearedSettlements {
    let undone = ClearedLine {
        part: clearing::Part::Undone,
        first_month: Month::new(2026, 9),
        total: Fen(-1_000_000),
        person_total: Fen(-215_500),
        account: Fen(-10_000),
        funds: BTreeMap::from([(Fund::EmployeePool, Fen(-784_500))]),
        ..cleared_line()
    };
    let deducted = deduction().line(&cleared_line(), october());
    FoundClearedSettlements {
        month: october(),
        revision: 2,
        lines: vec![cleared_line(), undone, deducted],
        left_out: vec![LeftOut { line: cleared_line(), reason: clearing::Reason::Difference }],
        next: None,
    }
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

fn bucket() -> Bucket {
    Bucket { counterpart: parsed("110000"), part: 2 }
}

fn find_book_lines() -> FindBookLines {
    FindBookLines {
        day: day("2026-11-21"),
        part: Part::Treatment,
        buckets: vec![bucket()],
        after: Some(parsed("420000179523180000000000000002")),
    }
}

fn report_reconciliation() -> ReportReconciliation {
    let difference = ReportedDifference {
        settlement: parsed("420000179523180000000000000002"),
        counterpart: Some(parsed("110000")),
        owner: Side::Hub,
        agency: None,
        kinds: vec![
            DifferenceKind::MissingAt(Side::Hub),
            DifferenceKind::StageDiffers { undone_at: [Side::Hub].into() },
            DifferenceKind::AmountsDiffer {
                figure: Figure::Fund(Fund::EmployeePool),
                amounts: BTreeMap::from([(Side::Treatment, Fen(784_500)), (Side::Hub, Fen(784_400))]),
            },
        ],
        cause: Cause::Unexplained,
        stage: difference::Stage::Explained,
        notes: vec![Note { at: at(), by: "经办甲".to_owned(), text: "国家平台已更正".to_owned() }],
    };
    ReportReconciliation {
        day: day("2026-11-21"),
        part: Part::Treatment,
        standing: 12,
        total: Fen(1_000_000),
        differing: 1,
        under_way: 0,
        ran_at: at(),
        ran_by: "系统".to_owned(),
        differences: vec![difference],
        last: true,
    }
}

fn digests() -> FoundDigests {
    let digest = Digest {
        count: 1,
        total: Fen(1_000_000),
        fund_total: Fen(784_500),
        person_total: Fen(215_500),
        account: Fen(0),
        hash: "9f86d081884c7d65".to_owned(),
    };
    FoundDigests { digests: vec![BucketDigest { bucket: bucket(), digest }] }
}

fn own_line() -> OwnLine {
    let line = book_lines().lines.remove(0).line;
    OwnLine { settlement: line.settlement, part: Part::Treatment, genuine: true, line: Some(line) }
}

fn book_lines() -> FoundBookLines {
    let line = BookLine {
        settlement: parsed("420000179523180000000000000002"),
        stage: LineStage::Standing,
        total: Fen(1_000_000),
        fund_total: Fen(784_500),
        person_total: Fen(215_500),
        account: Fen(0),
        funds: BTreeMap::from([(Fund::EmployeePool, Fen(784_500))]),
    };
    FoundBookLines { lines: vec![PairLine { counterpart: parsed("110000"), line }], more: false }
}

fn open_differences() -> FoundOpenDifferences {
    FoundOpenDifferences { settlements: vec![parsed("420000179523180000000000000002")], more: false }
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
        ("notices", yes(Answer::Notices(found_notices()))),
        ("bank_accounts", yes(Answer::BankAccounts(FoundBankAccounts { accounts: vec![bank_account()] }))),
        ("benefits", yes(Answer::Benefits { funds: benefits() })),
        ("registered", yes(Answer::Registered(registration_stands()))),
        ("withdrawn", yes(Answer::Withdrawn(RegistrationStands { filing: None, ..registration_stands() }))),
        ("registrations", yes(Answer::Registrations(registrations()))),
        ("clearing", yes(Answer::Clearing(Box::new(clearing())))),
        ("cleared_settlements", yes(Answer::ClearedSettlements(cleared_settlements()))),
        (
            "clearing_answered",
            yes(Answer::ClearingAnswered(ClearingAnswered {
                month: october(),
                revision: 2,
                pairs: clearing().pairs,
            })),
        ),
        (
            "deduction_taken",
            yes(Answer::DeductionTaken(DeductionTaken {
                number: "KK-202610-1".to_owned(),
                month: october(),
            })),
        ),
        ("increase", yes(Answer::Increase(Box::new(increase())))),
        ("increases", yes(Answer::Increases(increases()))),
        ("announcements", yes(Answer::Announcements(announcements()))),
        ("institutions", yes(Answer::Institutions(found_institutions()))),
        ("own_line", yes(Answer::OwnLine(Box::new(own_line())))),
        ("digests", yes(Answer::Digests(digests()))),
        ("book_lines", yes(Answer::BookLines(book_lines()))),
        ("open_differences", yes(Answer::OpenDifferences(open_differences()))),
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
    let sample = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/peer/envelope.txt");
    let written = String::from_utf8(envelope.write()).unwrap();
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        fs::write(&sample, &written).unwrap();
    }
    assert_eq!(written, fs::read_to_string(&sample).unwrap());
    assert_eq!(Envelope::read(written.as_bytes()).unwrap(), envelope);
}

/// What the hub writes down of a reply is what stands in it.
#[test]
fn a_reply_that_passes_is_read_as_the_whole_reply_is() {
    for (name, reply) in replies() {
        let passed: PassedReply = serde_json::from_str(&serde_json::to_string(&reply).unwrap()).unwrap();
        let whole = match reply {
            Reply::Refused { code, .. } => PassedReply::Refused { code },
            Reply::Answer(answer) => PassedReply::Answer(match *answer {
                Answer::Settled(settled) => PassedAnswer::Settled(PassedSettled {
                    settlement: settled.settlement,
                    committed_at: settled.committed_at,
                    breakdown: PassedSums {
                        fund_payments: settled.breakdown.fund_payments.clone(),
                        fund_total: settled.breakdown.fund_total,
                        person_total: settled.breakdown.person_total,
                        account_paid: settled.breakdown.account_paid,
                        family_paid: settled.breakdown.family_paid.clone(),
                        split: PassedSplit { total: settled.breakdown.split.total },
                    },
                }),
                Answer::Undone(undone) => PassedAnswer::Undone(undone),
                _ => PassedAnswer::Other,
            }),
        };
        assert_eq!(passed, whole, "{name}");
    }
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

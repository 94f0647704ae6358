//! The forms of the field, of values of the books: each fits its pages, says its sum, and is the paper that it was before.

use document::{
    Format, Kind, Office, Paper, Seal, balance, balance::Moved, clearing, clearing::Side, deduction,
    deduction::Deducted, notice, payment, reconciliation, settlement, voucher, write,
};
use funds::{
    Account, Purse,
    apportioning::Share,
    area_clearing::Due,
    clearing::{ClearedLine, ClearingLine, Part, Plan, Statement},
    institution_payment::Line,
    ledger::{Leg, Phase, Voucher, VoucherCode, VoucherId},
    notice::{Cause, Notice, NoticeLine, NoticeNumber},
    payment_order::OrderNumber,
    reconciliation::{Cause as Explained, DifferenceKind, Part as BookPart, Side as BookSide},
    rule::RuleBook,
    urging::Letter,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use terms::{
    CareKind, Day, Fen, Fund, InstitutionCode, InsuranceScheme, InsuredPlace, Month, PoolingArea, Province,
    SettlementId, TreatmentPlace,
};

const HUB: Office<'_> = Office { name: "国家医疗保障经办机构", portal: "http://hub.example:8800" };
const HUBEI: Office<'_> =
    Office { name: "湖北省医疗保障经办机构", portal: "http://hubei.example:8801" };
const EMPLOYEE: InsuranceScheme = InsuranceScheme::Employee;

fn month() -> Month {
    Month::new(2026, 10).unwrap()
}

fn day() -> Day {
    "2026-11-30".parse().unwrap()
}

fn province(code: &str) -> Province {
    code.parse().unwrap()
}

fn institution() -> InstitutionCode {
    "H42010600001".parse().unwrap()
}

/// What all provinces owe one another, in round figures.
fn statements() -> Vec<Statement> {
    const CODES: [&str; 31] = [
        "110000", "120000", "130000", "140000", "150000", "210000", "220000", "230000", "310000", "320000",
        "330000", "340000", "350000", "360000", "370000", "410000", "420000", "430000", "440000", "450000",
        "460000", "500000", "510000", "520000", "530000", "540000", "610000", "620000", "630000", "640000",
        "650000",
    ];
    let mut lines = Vec::new();
    let mut amount = 1_000_000;
    for insured in CODES {
        for treatment in CODES.iter().filter(|treatment| **treatment != insured) {
            for (scheme, fund, care, account) in [
                (EMPLOYEE, Fund::EmployeePool, CareKind::Inpatient, 50_000),
                (EMPLOYEE, Fund::LargeAmount, CareKind::Chronic, 0),
                (InsuranceScheme::Resident, Fund::ResidentPool, CareKind::Inpatient, 0),
                (InsuranceScheme::Resident, Fund::MedicalAid, CareKind::Outpatient, 0),
            ] {
                amount += 1_234_567;
                let settled_month =
                    if care == CareKind::Chronic { Month::new(2026, 9).unwrap() } else { month() };
                let share = Share {
                    settlements: 1_200,
                    undoings: 7,
                    total: Fen(amount * 2),
                    person_total: Fen(amount),
                    account: Fen(account),
                    funds: [(fund, Fen(amount))].into(),
                };
                lines.push(ClearingLine {
                    insured: InsuredPlace(insured.parse().unwrap()),
                    treatment: TreatmentPlace(treatment.parse().unwrap()),
                    institution: institution(),
                    scheme,
                    care,
                    settled_month,
                    deduction: false,
                    share,
                });
            }
        }
    }
    let plan = Plan::of(month(), 1, &lines, Vec::new());
    plan.pairs().into_iter().map(|pair| plan.statement(pair, &[])).collect()
}

fn notice_of(cause: Cause) -> Notice {
    let (payer, payee) = (province("420000"), province("310000"));
    let line = |scheme, purse, amount| NoticeLine { scheme, purse, amount: Fen(amount) };
    let lines = if matches!(cause, Cause::Clearing { .. }) {
        vec![
            line(EMPLOYEE, Purse::Fund(Fund::EmployeePool), 12_345_678_901),
            line(EMPLOYEE, Purse::Fund(Fund::LargeAmount), 1_234_567),
            line(EMPLOYEE, Purse::PersonalAccount, 330_050),
            line(InsuranceScheme::Resident, Purse::Fund(Fund::ResidentPool), 9_876_543_210),
        ]
    } else {
        vec![
            line(EMPLOYEE, Purse::Fund(Fund::EmployeePool), 20_000_000_000),
            line(InsuranceScheme::Resident, Purse::Fund(Fund::ResidentPool), 16_000_000_000),
        ]
    };
    Notice {
        number: NoticeNumber::of(&cause, payer, payee),
        cause,
        payer,
        payee,
        lines,
        issued_on: day(),
        issued_at: "2026-11-30 10:00:00".parse().unwrap(),
        by: "赵某甲".to_owned(),
    }
}

fn notices() -> Vec<Paper> {
    let rules = RuleBook::national().on(day()).unwrap();
    let causes = [
        Cause::Clearing { month: month() },
        Cause::Prepayment { year: 2027 },
        Cause::PrepaymentIncrease { case: "202612-1".to_owned() },
    ];
    let both = |cause| {
        let notice = notice_of(cause);
        [notice::payment(&notice, &rules, &HUB), notice::receipt(&notice, &rules, &HUB)]
    };
    let mut papers: Vec<Paper> = causes.into_iter().flat_map(both).collect();
    let notice = notice_of(Cause::Clearing { month: month() });
    let letter = Letter {
        number: OrderNumber::of(notice.number, EMPLOYEE),
        letter: 2,
        payer: notice.payer,
        payee: notice.payee,
        rest: Fen(2_000_000_000),
        due: "2026-12-21".parse().unwrap(),
        days: 3,
        issued_on: "2026-12-24".parse().unwrap(),
        issued_at: "2026-12-24 10:00:00".parse().unwrap(),
        by: "赵某甲".to_owned(),
    };
    papers.push(notice::urging(&letter, &HUB));
    papers
}

fn deduction() -> Paper {
    let at = "2026-09-21 10:00:00".parse().unwrap();
    let line = |serial: u64, amount: i64| ClearedLine {
        settlement: SettlementId::new(province("310000"), at, serial),
        part: Part::Deducted(format!("KK-{serial}")),
        insured: InsuredPlace("420100".parse().unwrap()),
        treatment: TreatmentPlace("310106".parse().unwrap()),
        institution: "H31010600001".parse().unwrap(),
        scheme: EMPLOYEE,
        care: CareKind::Inpatient,
        first_month: Month::new(2026, 9),
        total: Fen(-amount),
        person_total: Fen::ZERO,
        account: Fen::ZERO,
        funds: [(Fund::EmployeePool, Fen(-amount))].into(),
    };
    let lines = [line(1, 123_400), line(2, 5_000), line(3, 990_000)];
    let reasons =
        ["重复收费：同日同项目收取两次", "超限定支付范围用药", "分解住院，第二次住院费用按协议不予支付"];
    let deducted: Vec<_> =
        lines.iter().zip(reasons).map(|(line, reason)| Deducted { line, reason }).collect();
    deduction::detail(EMPLOYEE, province("420000"), month(), &deducted, day(), &HUBEI)
}

fn ledger() -> [Paper; 2] {
    let (fund, shanghai) = (Fund::EmployeePool, province("310000"));
    let payable = Account::treatment_payable(shanghai, EMPLOYEE, fund);
    let deposit = Account::insured_fiscal_deposit(province("420000"), EMPLOYEE, fund);
    let expense = |area: &str| Account::benefit_expense(PoolingArea(area.parse().unwrap()), EMPLOYEE, fund);
    let leg = |debit: &Account, credit: &Account, amount, phase| Leg {
        debit: debit.clone(),
        credit: credit.clone(),
        amount: Fen(amount),
        phase,
    };
    let made = Voucher {
        id: VoucherId::new("clearing/202610/420000-310000/paid/1").unwrap(),
        code: VoucherCode::ClearingPaid,
        subject: "QS202610-420000-310000".to_owned(),
        summary: "拨付异地就医清算资金：2026年10月，上海市，银行流水号20261210000123".to_owned(),
        day: "2026-12-10".parse().unwrap(),
        recorded_at: "2026-12-11 09:12:00".parse().unwrap(),
        by: "钱某乙".to_owned(),
        legs: vec![
            leg(&payable, &deposit, 12_345_678_901, Phase::Final),
            leg(&payable, &deposit, 330_050, Phase::Reserve),
        ],
    };
    let moved = |debits_before, credits_before, debits, credits| Moved {
        debits_before: Fen(debits_before),
        credits_before: Fen(credits_before),
        debits: Fen(debits),
        credits: Fen(credits),
    };
    let accounts = BTreeMap::from([
        (deposit, moved(90_000_000_000, 0, 0, 12_345_678_901)),
        (payable, moved(0, 90_000_000_000, 12_345_678_901, 20_000_000_000)),
        (expense("420100"), moved(0, 0, 15_000_000_000, 0)),
        (expense("429004"), moved(0, 0, 5_000_000_000, 0)),
    ]);
    [
        voucher::voucher(&made, &HUBEI),
        balance::balance("420000", Month::new(2026, 12).unwrap(), &accounts, day(), &HUBEI),
    ]
}

fn reconciliation() -> Paper {
    let at = "2026-11-21 10:00:00".parse().unwrap();
    let book = |part, differing| reconciliation::Book {
        province: province("420000"),
        part,
        standing: 31_234,
        total: Fen(98_765_432_100),
        differing,
        under_way: 3,
        ran_at: "2026-11-22 03:10:00".parse().unwrap(),
    };
    let kinds = [
        DifferenceKind::MissingAt(BookSide::Hub),
        DifferenceKind::StageDiffers { undone_at: BTreeSet::from([BookSide::Treatment]) },
    ];
    let differing = |serial| reconciliation::Differing {
        settlement: SettlementId::new(province("420000"), at, serial),
        kinds: &kinds,
        cause: funds::reconciliation::cause(BookPart::Treatment, None, true, &kinds),
        owner: BookSide::Treatment,
        stage: "待处理",
    };
    let books = [book(BookPart::Treatment, 2), book(BookPart::Insured, 0)];
    let differences = [differing(1), differing(2)];
    let _: Explained = differences[0].cause;
    let day = "2026-11-21".parse().unwrap();
    let reconciled =
        reconciliation::Reconciled { owner: "420000", day, books: &books, differences: &differences };
    reconciliation::result(&reconciled, "2026-11-22".parse().unwrap(), &HUBEI)
}

fn second_level() -> [Paper; 2] {
    let pool = (EMPLOYEE, Purse::Fund(Fund::EmployeePool));
    let resident = (InsuranceScheme::Resident, Purse::Fund(Fund::ResidentPool));
    let due = |count, amount| Due { count, amount: Fen(amount) };
    let owed = BTreeMap::from([
        ((province("110000"), pool.0, pool.1), due(120, 1_234_567_800)),
        ((province("310000"), pool.0, pool.1), due(98, 987_654_300)),
        ((province("310000"), resident.0, resident.1), due(45, 45_000_000)),
    ]);
    let received = BTreeMap::from([(pool, Fen(2_000_000_000))]);
    let wuhan = PoolingArea("420100".parse().unwrap());
    let area = payment::area(wuhan, month(), &owed, &received, day(), &HUBEI);
    let line = |confirmed, deducted, withheld, deposit, payable| Line {
        confirmed: Fen(confirmed),
        deducted: Fen(deducted),
        withheld: Fen(withheld),
        deposit: Fen(deposit),
        payable: Fen(payable),
        ..Line::default()
    };
    let lines = BTreeMap::from([
        (pool, line(100_000_000, 123_400, 5_000_000, 4_743_830, 90_132_770)),
        (resident, line(40_000_000, 0, 0, 2_000_000, 38_000_000)),
    ]);
    let paid = payment::Paid {
        number: "202610-H42010600001-1",
        institution: &institution(),
        name: "武汉市某某医院",
        what: "月度拨付",
        month: month(),
        lines: &lines,
        due: "2026-12-18".parse().unwrap(),
    };
    [area, payment::institution(&paid, day(), &HUBEI)]
}

fn settled() -> settlement::Settled {
    let at = "2026-11-21 10:00:00".parse().unwrap();
    let expense = |name: &str, total, out_of_scope, over_limit, first_self_pay| settlement::Expense {
        name: name.to_owned(),
        total: Fen(total),
        out_of_scope: Fen(out_of_scope),
        over_limit: Fen(over_limit),
        first_self_pay: Fen(first_self_pay),
        in_scope: Fen(total - out_of_scope - over_limit - first_self_pay),
    };
    let step = |name: &str, amount_in, rule: &str, amount_out, fund: Option<&str>| settlement::Step {
        name: name.to_owned(),
        amount_in: Fen(amount_in),
        rule: rule.to_owned(),
        amount_out: Fen(amount_out),
        fund: fund.map(str::to_owned),
        source: "北京市基本医疗保险规定（政府令第158号）第三十三条；京医保发〔2022〕1号 https://example.cn/a"
            .to_owned(),
    };
    settlement::Settled {
        id: SettlementId::new(province("420000"), at, 7),
        name: "王**".to_owned(),
        citizen: "1101**********9151".to_owned(),
        person: "11**************15".to_owned(),
        scheme: EMPLOYEE,
        insured: "110101".parse().unwrap(),
        treatment: "420106".parse().unwrap(),
        institution: institution(),
        institution_name: "武汉市某某医院".to_owned(),
        level: "三级".to_owned(),
        care: CareKind::Inpatient,
        begins: "2026-11-11".parse().unwrap(),
        ends: "2026-11-21".parse().unwrap(),
        settled_at: at,
        expenses: vec![
            expense("床位费", 13_650, 0, 0, 0),
            expense("西药费", 986_350, 50_000, 0, 36_350),
            expense("卫生材料费", 1_165_878, 0, 200_000, 65_878),
        ],
        funds: vec![("统筹基金".to_owned(), Fen(1_414_210)), ("职工大额".to_owned(), Fen(1_000))],
        account: Fen(150_000),
        cash: Fen(600_668),
        burdens: vec![
            ("起付标准".to_owned(), Fen(130_000)),
            ("按比例自付".to_owned(), Fen(268_440)),
            ("先行自付".to_owned(), Fen(102_228)),
            ("超限价自费".to_owned(), Fen(200_000)),
            ("全自费".to_owned(), Fen(50_000)),
        ],
        steps: vec![
            step("起付标准", 1_813_650, "三级 第1次住院 1300元", 130_000, None),
            step("统筹基金支付", 1_683_650, "三级 退休 1300-30000元 84%", 1_414_210, Some("统筹基金")),
            step("大额支付", 1_250, "10万元以上 80%", 1_000, Some("职工大额")),
        ],
        policy_day: "2026-01-01".parse().unwrap(),
        unconfirmed: vec!["住院起付标准".to_owned()],
    }
}

fn all() -> Vec<Paper> {
    let statements = statements();
    let hubei = province("420000");
    let of_side = |side| clearing::of_province(side, hubei, month(), &statements, day(), &HUBEI);
    let of_scheme = |scheme| clearing::fund_payable(scheme, hubei, month(), &statements, day(), &HUBEI);
    let mut papers = vec![
        clearing::national(month(), &statements, day(), &HUB),
        of_side(Side::Payable),
        of_side(Side::Receivable),
        of_scheme(EMPLOYEE),
        of_scheme(InsuranceScheme::Resident),
        deduction(),
    ];
    papers.extend(notices());
    papers.extend(ledger());
    papers.push(reconciliation());
    papers.extend(second_level());
    papers.push(settlement::statement(&settled(), day(), &HUBEI));
    papers
}

fn seal() -> Seal {
    Seal { code: "7K3MQ9XT2BHF".to_owned() }
}

#[test]
fn every_kind_is_written_in_every_format_twice_the_same() {
    let papers = all();
    let kinds: BTreeSet<Kind> = papers.iter().map(|paper| paper.kind).collect();
    let missing: Vec<&Kind> = Kind::ALL.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert_eq!(missing, [&Kind::ResidentDeduction], "its form is that of the other scheme");
    for paper in &papers {
        assert_eq!(document::missing_characters(paper), [], "{}", paper.number);
        // The nation's statement has a thousand rows: once is enough for the test.
        for format in Format::ALL.iter().filter(|_| paper.kind != Kind::NationalClearing) {
            let written = write(paper, &seal(), *format);
            assert!(written == write(paper, &seal(), *format), "{} {format:?}", paper.number);
        }
    }
}

/// What forms say, as hashes of the papers: a change of a form is a line here.
#[test]
fn forms_do_not_change_unnoticed() {
    let hash = |paper: &Paper| {
        let text = serde_json::to_string(paper).unwrap();
        let hash = Sha256::digest(text.as_bytes());
        let short = u32::from_be_bytes(hash[..4].try_into().unwrap());
        format!("{} {short:08x}", paper.number)
    };
    let found: Vec<String> = all().iter().map(hash).collect();
    let expected = [
        "QG-202610 dadc44cb",
        "YF-202610-420000 3ebd2eca",
        "YS-202610-420000 bafca165",
        "ZG-202610-420000 c296d666",
        "JM-202610-420000 7e469794",
        "KKZG-202610-420000 b639b2b3",
        "FK-QS202610-420000-310000 117ea258",
        "SK-QS202610-420000-310000 b3027356",
        "FK-YF2027-420000-310000 d572e863",
        "SK-YF2027-420000-310000 5a6b8c24",
        "FK-JZ202612-1-420000-310000 00a2afb8",
        "SK-JZ202612-1-420000-310000 654c2ade",
        "CJ-QS202610-420000-310000-310-2 bfe2d345",
        "PZ-clearing-202610-420000-310000-paid-1-8CAA0921 3231b4ed",
        "YE-202612-420000 fef948fc",
        "DZ-20261121-420000-20261122031000 39dec7dc",
        "TC-202610-420100 73224b7f",
        "BF-202610-H42010600001-1 bf1e445a",
        "JS-420000179522640000000000000007 5be78913",
    ];
    assert_eq!(found, expected);
}

/// Files to look at: `YIDI_WRITE_PAPERS=folder cargo test -p document --test forms`.
#[test]
fn forms_to_look_at() {
    let Ok(folder) = std::env::var("YIDI_WRITE_PAPERS") else { return };
    for paper in all() {
        for format in Format::ALL {
            let name = format!("{}.{}", paper.kind.name(), format.extension());
            std::fs::write(std::path::Path::new(&folder).join(name), write(&paper, &seal(), format)).unwrap();
        }
    }
}

//! The second level of clearing: a month of settlements in both directions is cleared by the hub, checked and answered by the
//! provinces, with a dispute and a deduction; an area sends its money up; a hospital is paid within its budget, with a deposit, a
//! penalty and a payment that the bank sends back; and at the end every account is explained.

use crate::access::{Browser, person};
use crate::desk::Counter;
use crate::office::{Desk, POOL, confirm_lines, other_direction, waits};
use crate::play::{beijing, hubei};
use country::{bank::Bank, hospital::Settled};
use node::api::client::{CallError, Client};
use serde_json::{Value, json};
use terms::{Clock, Fen, Month, Participant};
use wire::api::{
    Taken,
    area_clearing::AreaMonthView,
    bank::{BankFile, TakenStatements},
    clearing_statement::{ClearingStatementView, DeductionView},
    institution_payment::{InstitutionOrders, PaymentDraftView, PaymentView, YearHeldView},
    ledger::{MadeVouchers, Proof},
};

/// The account from which Hubei pays its hospitals.
const PAYS: &str = "42009876543210";

fn pool(settled: &Settled) -> Fen {
    settled.funds.get(POOL).copied().unwrap_or_default()
}

fn pool_of(amounts: &[wire::api::money::PurseAmount]) -> Fen {
    let of_pool = amounts.iter().filter(|one| one.purse == POOL);
    of_pool.map(|one| one.amount.parse::<Fen>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_is_answered_divided_collected_and_paid_out_and_every_account_is_explained() {
    let mut counter = Counter::open().await;
    let month = counter.play.world.clock.now().day().month();
    let desks = [Participant::Hub, Participant::Province(hubei()), Participant::Province(beijing())]
        .map(|participant| Desk::of(&counter, participant));
    let [hub, treatment, insured] = &desks;

    // Three stays of a person of Beijing in Wuhan, and one the other way.
    let mut settled = Vec::new();
    for seed in 2..5 {
        settled.push(counter.play.settle_patiently(&counter.play.hospital.next_msgid()).await);
        counter.play.next_stay(seed).await;
    }
    let away = other_direction(&counter).await;
    let ids: Vec<String> = settled.iter().map(|one| one.settlement.unwrap().to_string()).collect();
    let pools: Vec<Fen> = settled.iter().map(pool).collect();
    let all: Fen = pools.iter().copied().sum();
    let code = counter.play.hospital.settings().code.to_string();

    // Hubei audits the second, and deducts: once, however often it is sent, and no more than was paid.
    let deduction = |amount: &str, reference: &str| {
        json!({
            "settlement": ids[1], "amounts": [{ "scheme": "employee", "purse": POOL, "amount": amount }],
            "reason": "重复收费", "reference": reference,
        })
    };
    let deducted: DeductionView = treatment.post("deductions", deduction("100.00", "鄂审1")).await;
    let again: DeductionView = treatment.post("deductions", deduction("100.00", "鄂审1")).await;
    assert_eq!((&deducted.number, again.payment), (&again.number, None));
    treatment.refused("deductions", deduction("99.00", "鄂审1"), "金额不同").await;
    let rest = (pools[1] - Fen::yuan(100) + Fen(1)).to_string();
    treatment.refused("deductions", deduction(&rest, "鄂审2"), "已超过").await;
    counter.play.world.until_quiet().await.unwrap();

    // The hub closes the month, and a person there adopts the plan.
    let early: Result<ClearingStatementView, _> =
        insured.0.post(&format!("/api/v1/funds/statements/{month}/fetch"), &json!({})).await;
    assert!(matches!(early, Err(CallError::Refused(refused)) if refused.code == "unknown-statement"));
    let today = counter.play.world.clock.now().day();
    let statement_day = month.next().first_day().plus_days(21);
    counter.play.world.clock.pass_days(today.days_until(statement_day).unsigned_abs());
    counter.play.world.hub.keep_timetable().await;
    let number = month.number();
    let planned: Value = hub.get(&format!("clearings/{number}")).await;
    let revision = planned["revision"].clone();
    hub.post::<Value>(&format!("clearings/{number}/adopt"), json!({ "revision": revision })).await;

    // Both provinces find that everything is as in their books; one disputes a settlement all the same.
    let of_month = |what: &str| format!("statements/{month}/{what}");
    for (desk, lines) in [(treatment, 5), (insured, 5)] {
        let statement: ClearingStatementView = desk.post(&of_month("fetch"), json!({})).await;
        assert!(statement.complete, "{statement:#?}");
        assert_eq!((statement.finding_count, statement.settlements), (0, lines), "{statement:#?}");
        assert_eq!(statement.pairs.len(), 2, "{statement:#?}");
    }
    let dispute = json!({ "disputes": [{
        "pair": "110000-420000", "settlements": [ids[2]], "reason": "住院日期有疑问",
    }]});
    let disputed: ClearingStatementView = insured.post(&of_month("dispute"), dispute.clone()).await;
    let answer = disputed.answer.unwrap();
    assert_eq!((answer.verdict.as_str(), answer.refusal), ("disputed", None));
    assert!(answer.taken_at.is_some(), "the hub has it");
    let once_more: ClearingStatementView = insured.post(&of_month("dispute"), dispute).await;
    assert_eq!(once_more.answer.unwrap().at, answer.at, "a retry is the same answer");
    let confirmed: ClearingStatementView = treatment.post(&of_month("confirm"), json!({})).await;
    assert_eq!(confirmed.answer.unwrap().verdict, "confirmed");
    insured.refused(&format!("areas/{month}/divide"), json!({}), "争议处理中").await;
    let decision = json!({
        "province": "110000", "insured": "110000", "treatment": "420000", "upheld": true, "words": "转下月核实",
    });
    hub.post::<Value>(&format!("clearings/{number}/disputes"), decision).await;
    let after: ClearingStatementView = insured.post(&of_month("fetch"), json!({})).await;
    let pair = after.pairs.iter().find(|pair| pair.insured == "110000").unwrap();
    assert_eq!(pair.withdrawn, 1);
    assert_eq!(pool_of(&pair.dues), pools[0] + pools[1] - Fen::yuan(100));

    // Beijing's one area owes exactly that, and sends it up in two parts; the month waits to be divided, and then for the area's money.
    let of_areas = async || {
        let mut work = waits(&insured.0).await;
        ["areas_to_divide", "area_receipts"].map(|kind| work.remove(kind))
    };
    assert_eq!(of_areas().await, [Some(1), None]);
    let divided: AreaMonthView = insured.post(&format!("areas/{month}/divide"), json!({})).await;
    let [area] = &divided.areas[..] else { panic!("{divided:#?}") };
    assert_eq!(area.area.to_string(), "110000");
    assert_eq!(area.owed, pair.dues);
    assert_eq!(of_areas().await, [None, Some(1)]);
    assert_eq!(area.answer.verdict, "awaited");
    let of_day = counter.play.world.clock.now().day().to_string();
    let receipt = |reference: &str, amounts: &Value| json!({ "area": "110000", "day": of_day, "bank_reference": reference, "amounts": amounts });
    let only = |amount: Fen| json!([{ "scheme": "employee", "purse": POOL, "amount": amount.to_string() }]);
    let receipts = format!("areas/{month}/receipts");
    let too_much = pool_of(&area.owed) + Fen(1);
    insured.refused(&receipts, receipt("B1", &only(too_much)), "尚欠").await;
    insured.post::<AreaMonthView>(&receipts, receipt("B1", &only(Fen::yuan(1_000)))).await;
    let twice: AreaMonthView = insured.post(&receipts, receipt("B1", &only(Fen::yuan(1_000)))).await;
    assert_eq!(twice.areas[0].receipts.len(), 1, "the same transaction of the bank");
    insured.refused(&receipts, receipt("B1", &only(Fen::yuan(2))), "另一笔").await;
    let open = serde_json::to_value(&twice.areas[0].open).unwrap();
    let paid: AreaMonthView = insured.post(&receipts, receipt("B2", &open)).await;
    assert_eq!((paid.areas[0].still_owed.as_str(), paid.areas[0].receipts.len()), ("0.00", 2));
    assert_eq!(of_areas().await, [None, None]);

    // The hospital is paid: a budget a thousand short, five percent deposit, a penalty, and a bank that sends money back.
    confirm_lines(&counter, month).await;
    let of_hospital = |what: &str| format!("institutions/{code}/{what}");
    let budget = all - Fen::yuan(100) - Fen::yuan(1_000);
    let terms =
        json!({ "from": "2026-01-01", "deposit_rate": 500, "year_end": "share:5000", "source": "鄂协1" });
    treatment.put(&of_hospital("terms"), terms).await;
    let year = month.first_day().year();
    let entered = json!({
        "scheme": "employee", "year": year, "of": "each_month", "amount": budget.to_string(), "source": "鄂协1",
    });
    treatment.post::<Taken>(&of_hospital("budgets"), entered).await;
    let penalty =
        json!({ "reference": "鄂罚1", "scheme": "employee", "amount": "50.00", "reason": "违反协议" });
    treatment.post::<Taken>(&of_hospital("penalties"), penalty).await;
    let draft: PaymentDraftView =
        treatment.get(&format!("institution-payments/draft?institution={code}&month={month}")).await;
    let adopt = json!({ "institution": code, "month": month.to_string() });
    let payment: PaymentView = treatment.post("institution-payments/adopt", adopt.clone()).await;
    let again: PaymentView = treatment.post("institution-payments/adopt", adopt).await;
    assert_eq!((again.number, &again.lines), (payment.number.clone(), &payment.lines), "adopted once");
    assert_eq!((draft.lines, draft.unconfirmed), (payment.lines.clone(), 0));
    let line = payment.lines.iter().find(|line| line.purse == POOL).unwrap();
    let deposit = terms::Rate::permyriad(500).unwrap().of(budget, terms::Rounding::HalfUp);
    let payable = budget - deposit - Fen::yuan(50);
    let figures =
        [&line.confirmed, &line.deducted, &line.withheld, &line.deposit, &line.penalty, &line.payable];
    let expected = [all, Fen::yuan(100), Fen::yuan(1_000), deposit, Fen::yuan(50), payable];
    assert_eq!(
        figures.map(String::as_str),
        expected.map(|fen| fen.to_string()).each_ref().map(String::as_str)
    );
    let back = json!({ "data": {
        "trt_year": (number / 100).to_string(), "trt_month": format!("{:02}", number % 100), "otransid": "0",
    }});
    counter.refused("cleared", "3262", &back, "已进入清算").await;

    let instalments = format!("institution-payments/{}/instalments", payment.number);
    treatment.refused(&instalments, json!({ "instalment": 1 }), "收款账户").await;
    let account = json!({
        "holder": "示范医院", "number": "42001234567890", "bank": "示范银行武汉分行", "bank_code": "102521000018",
    });
    treatment.put(&of_hospital("account"), account).await;
    treatment.refused(&instalments, json!({ "instalment": 1 }), "存款余额").await;
    let opening: Vec<Value> = payment
        .lines
        .iter()
        .map(|line| {
            let of = |kind: &str| format!("{kind}/420000/310/{}", line.purse);
            json!({ "debit": of("treatment-deposit-fiscal"), "credit": of("treatment-opening"), "amount": line.confirmed })
        })
        .collect();
    let opening = json!({ "id": "QC2026", "code": "opening", "summary": "期初余额", "legs": opening });
    treatment.post::<Value>("ledger/vouchers", opening).await;
    let whole: Fen = payment.payable.parse().unwrap();
    treatment.refused(&instalments, json!({ "instalment": 2 }), "下一期次应为1").await;
    treatment.post::<PaymentView>(&instalments, json!({ "instalment": 1, "amount": "500.00" })).await;
    let bank = |instalment: u16, paid: bool, reference: &str| json!({ "instalment": instalment, "paid": paid, "bank_reference": reference, "day": of_day });
    let banks = format!("institution-payments/{}/bank", payment.number);
    let mut bank_of_hubei = Bank::default();
    let first = format!("{}-1-310", payment.number);
    let file = format!("{instalments}/1/bank-file?reveal=true&scheme=310");
    let duty = Client { duty: Some("拨付医疗费用".to_owned()), ..treatment.0.clone() };
    let missing = duty.get::<BankFile>(&format!("/api/v1/funds/{file}")).await;
    assert!(missing.unwrap_err().to_string().contains("没有登记该险种的支出户"));
    let expenditure = json!({
        "name": "湖北省医疗保险支出户", "bank": "示范银行营业部", "number": PAYS, "bank_code": "102521000017",
    });
    treatment.0.put::<Value>("/api/v1/funds/expenditure-accounts/310", &expenditure).await.unwrap();
    let out: BankFile = duty.get(&format!("/api/v1/funds/{file}")).await.unwrap();
    assert_eq!(out.name, format!("{first}.pain.001.xml"));
    bank_of_hubei.open(PAYS, "湖北省医疗保险支出户", whole);
    bank_of_hubei.open("42001234567890", "示范医院", Fen::ZERO);
    let told = bank_of_hubei.instruct(&out.file).unwrap();
    assert_eq!(bank_of_hubei.instruction(told).end_to_end, first);
    let bank_day = counter.play.world.clock.now().day();
    bank_of_hubei.pay_in_vain(told, bank_day).unwrap();
    bank_of_hubei.charge(PAYS, Fen(500), bank_day).unwrap();
    let said = json!({ "file": bank_of_hubei.statement(PAYS, bank_day).unwrap() });
    for (matched, before) in [(2, 0), (0, 3)] {
        let taken: TakenStatements = treatment.post("bank-statements", said.clone()).await;
        assert_eq!((taken.matched, taken.unidentified, taken.entries_before), (matched, 0, before));
    }
    let back: PaymentView = treatment.get(&format!("institution-payments/{}", payment.number)).await;
    assert_eq!(back.instalments[0].stage, "came_back");
    let ordered: PaymentView = treatment.post(&instalments, json!({ "instalment": 2 })).await;
    assert_eq!((ordered.left.as_str(), ordered.paid.as_str()), ("0.00", "0.00"));
    let orders: InstitutionOrders = treatment.get("institution-payments/orders").await;
    let [order] = &orders.orders[..] else { panic!("{orders:#?}") };
    assert_eq!((order.amount.parse(), order.account.as_str()), (Ok(whole), "42001234567890"));
    for _ in 0..2 {
        let paid: PaymentView = treatment.post(&banks, bank(2, true, "T2")).await;
        assert_eq!(paid.paid.parse(), Ok(whole));
    }
    treatment.refused(&banks, bank(2, false, "T3"), "不能再登记").await;

    // The hospital sees what was really paid, to the fen.
    let input = json!({
        "fixmedins_code": code, "start_date": month.first_day().to_string(), "end_date": of_day,
    });
    let rows = counter.done("2176", &input).await;
    let paid: Fen = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| country::hospital::read_fen(&row["pay_sum"]).unwrap())
        .sum();
    assert_eq!(paid, whole);

    // The year ends: half of what was withheld, and all of the deposit.
    let january = json!({ "year": year, "held_as": "withheld", "reason": "年终清算" });
    treatment.refused(&of_hospital("settle-year"), january.clone(), "尚未结束").await;
    counter.play.world.clock.pass_days(20);
    let held: YearHeldView = treatment.get(&of_hospital(&format!("held?year={year}&held_as=withheld"))).await;
    assert_eq!((held.amount.as_str(), held.proposed.as_deref()), ("1000.00", Some("500.00")));
    let released: PaymentView = treatment.post(&of_hospital("settle-year"), january.clone()).await;
    let twice: PaymentView = treatment.post(&of_hospital("settle-year"), january).await;
    assert_eq!((released.payable.as_str(), &twice.number), ("500.00", &released.number));
    let deposits = json!({ "year": year, "held_as": "deposit", "score": 95, "reason": "年度考核" });
    treatment.post::<PaymentView>(&of_hospital("settle-year"), deposits).await;

    // Every account is explained.
    for desk in &desks {
        desk.post::<MadeVouchers>("ledger/summaries", json!({})).await;
        for day in 0..2 {
            let day = today.plus_days(-day).to_string();
            let _ =
                desk.0.post::<MadeVouchers>("/api/v1/funds/ledger/summaries", &json!({ "day": day })).await;
        }
        let proof: Proof = desk.0.post_and_wait("/api/v1/funds/prove", &json!({})).await.unwrap();
        assert!(proof.agrees, "{proof:#?}");
    }
    let (back, none) = (Fen::yuan(500) + deposit, Fen::ZERO);
    for (desk, kind, party, stands) in [
        // What was released at the end of the year is owed, and nothing else.
        (treatment, "payable-institution", code.as_str(), back),
        (treatment, "withheld-institution", &code, none),
        (treatment, "quality-deposit-institution", &code, none),
        (treatment, "budget-retained", &code, Fen::yuan(500)),
        (treatment, "income-penalty", &code, Fen::yuan(50)),
        (treatment, "treatment-deposit-expenditure", "420000", none),
        (treatment, "treatment-deposit-fiscal", "420000", all - payable),
        (treatment, "receivable-insured", "110000", all - Fen::yuan(100)),
        (treatment, "payable-treatment", "110000", pool(&away)),
        (insured, "payable-treatment", "420000", all - Fen::yuan(100)),
        (insured, "expense-benefit", "110000", all - Fen::yuan(100)),
        (insured, "area-contribution", "110000", pools[0] + pools[1] - Fen::yuan(100)),
        (insured, "insured-deposit-fiscal", "110000", pools[0] + pools[1] - Fen::yuan(100)),
    ] {
        assert_eq!(desk.stands(kind, party).await, stands, "{kind}/{party}");
    }
}

/// The hub closes and adopts a month, both provinces confirm it, and Beijing divides it.
async fn cleared(counter: &Counter, desks: &[Desk; 3], month: Month) -> AreaMonthView {
    let world = &counter.play.world;
    let [hub, treatment, insured] = desks;
    let statement_day = month.next().first_day().plus_days(21);
    world.clock.pass_days(world.clock.now().day().days_until(statement_day).unsigned_abs());
    let mut work = world.hub.context.store.begin().await.unwrap();
    store::clearing::close(&mut work, month, world.clock.now()).await.unwrap();
    work.save().await.unwrap();
    world.hub.keep_timetable().await;
    let number = month.number();
    let planned: Value = hub.get(&format!("clearings/{number}")).await;
    let adopt = json!({ "revision": planned["revision"] });
    hub.post::<Value>(&format!("clearings/{number}/adopt"), adopt).await;
    for desk in [treatment, insured] {
        desk.post::<ClearingStatementView>(&format!("statements/{month}/fetch"), json!({})).await;
        desk.post::<ClearingStatementView>(&format!("statements/{month}/confirm"), json!({})).await;
    }
    insured.post::<ClearingStatementView>(&format!("statements/{month}/fetch"), json!({})).await;
    insured.post(&format!("areas/{month}/divide"), json!({})).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_area_disputes_is_decided_and_what_is_upheld_comes_in_the_next_month() {
    let mut counter = Counter::open().await;
    let month = counter.play.world.clock.now().day().month();
    let desks = [Participant::Hub, Participant::Province(hubei()), Participant::Province(beijing())]
        .map(|participant| Desk::of(&counter, participant));
    let insured = &desks[2];
    let first = counter.play.settle_patiently(&counter.play.hospital.next_msgid()).await;
    counter.play.next_stay(2).await;
    let second = counter.play.settle_patiently(&counter.play.hospital.next_msgid()).await;
    let third = other_direction(&counter).await;
    counter.play.world.until_quiet().await.unwrap();
    let id = |settled: &Settled| settled.settlement.unwrap().to_string();
    let all = |settled: &Settled| -> Fen { settled.funds.values().copied().sum() };
    let divided = cleared(&counter, &desks, month).await;
    let owed = |seen: &AreaMonthView| -> Fen {
        seen.areas[0].owed.iter().map(|one| one.amount.parse::<Fen>().unwrap()).sum()
    };
    let whole = owed(&divided);
    assert!(whole >= all(&first) + all(&second), "{divided:#?}");
    let of_month = |what: &str| format!("areas/{month}/{what}");
    let waits_for_decision = async || waits(&insured.0).await.remove("area_disputes");

    // What is not in the area's part cannot be disputed, nor nothing; and there is nothing to decide yet.
    let against =
        |ids: &[String]| json!({ "area": "110000", "settlements": ids, "reason": "重复住院，请核实" });
    insured.refused(&of_month("dispute"), against(&[id(&third)]), "不在本统筹区").await;
    insured.refused(&of_month("dispute"), against(&[]), "1至500个结算ID").await;
    let decision = |upheld: bool| json!({ "area": "110000", "upheld": upheld, "words": "经核实" });
    insured.refused(&of_month("disputes"), decision(true), "没有待裁定的异议").await;

    // Disputed, disputed otherwise, and decided once: what is upheld leaves the month.
    insured.post::<AreaMonthView>(&of_month("dispute"), against(&[id(&first), id(&second)])).await;
    let disputed: AreaMonthView = insured.post(&of_month("dispute"), against(&[id(&first)])).await;
    assert_eq!(
        (disputed.areas[0].answer.verdict.as_str(), waits_for_decision().await),
        ("disputed", Some(1))
    );
    assert_eq!(owed(&disputed), whole);
    let again: AreaMonthView = insured.post(&of_month("divide"), json!({})).await;
    assert_eq!(again.areas[0].answer.verdict, "disputed", "a month that was answered stays divided");
    let decided: AreaMonthView = insured.post(&of_month("disputes"), decision(true)).await;
    assert_eq!((decided.areas[0].answer.verdict.as_str(), waits_for_decision().await), ("upheld", None));
    let rest = owed(&decided);
    let left = whole - rest;
    assert_eq!(left, all(&first));
    insured.refused(&of_month("disputes"), decision(false), "没有待裁定的异议").await;
    insured.refused(&of_month("dispute"), against(&[id(&second)]), "不能再提出异议").await;
    let kept: AreaMonthView = insured.post(&of_month("confirm"), json!({ "area": "110000" })).await;
    assert_eq!(kept.areas[0].answer.verdict, "upheld", "what was decided stays decided");

    // The next month comes with it, once, however often it is divided; this time the area confirms. The proof finds both months as they are.
    let next = cleared(&counter, &desks, month.next()).await;
    let before = |seen: &AreaMonthView| -> Fen {
        seen.areas[0].before.iter().map(|one| one.amount.parse::<Fen>().unwrap()).sum()
    };
    assert_eq!((owed(&next), before(&next)), (left, rest));
    let twice: AreaMonthView = insured.post(&format!("areas/{}/divide", month.next()), json!({})).await;
    assert_eq!(owed(&twice), left);
    let confirm = format!("areas/{}/confirm", month.next());
    let said: AreaMonthView = insured.post(&confirm, json!({ "area": "110000" })).await;
    assert_eq!(said.areas[0].answer.verdict, "confirmed");
    let proof: Proof = insured.0.post_and_wait("/api/v1/funds/prove", &json!({})).await.unwrap();
    let areas = proof.checks.iter().find(|one| one.name.contains("统筹区分割")).expect("it is proved");
    assert!(areas.difference.is_none(), "{proof:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_area_answers_for_itself_and_its_province_decides() {
    let counter = Counter::open().await;
    let world = &counter.play.world;
    let month = world.clock.now().day().month();
    let desks = [Participant::Hub, Participant::Province(beijing()), Participant::Province(hubei())]
        .map(|participant| Desk::of(&counter, participant));
    let away = other_direction(&counter).await;
    world.until_quiet().await.unwrap();
    let divided = cleared(&counter, &desks, month).await;
    let wuhan = divided.areas.iter().find(|one| one.area.to_string() == "420100").expect("it owes");
    let node = world.province(hubei()).unwrap().url();
    let mut seats = Vec::new();
    for (account, name, role, area) in [
        ("wuhanfuhe", "周某核", "agency-reviewer", "420100"),
        ("wuhancaizheng", "吴某财", "finance", "420100"),
        ("yichangfuhe", "王某核", "agency-reviewer", "420500"),
        ("yichangcaizheng", "冯某财", "finance", "420500"),
        ("shengfuhe", "陈某核", "agency-reviewer", "420000"),
        ("shengcaizheng", "褚某财", "finance", "420000"),
    ] {
        seats.push(person(&node, account, name, role, area).await);
    }
    let [reviewer, finance, other_reviewer, other_finance, decides, pays] = &seats[..] else {
        panic!("six seats")
    };
    let kinds = async |seat: &Browser| -> Vec<String> {
        let work = seat.get("/api/v1/work").await["work"].as_array().unwrap().clone();
        work.iter()
            .map(|item| item["kind"].as_str().unwrap().to_owned())
            .filter(|kind| kind.starts_with("area"))
            .collect()
    };
    assert_eq!(
        (kinds(reviewer).await, kinds(finance).await),
        (vec!["area_notice".to_owned()], vec!["area_dues".to_owned()])
    );
    assert_eq!((kinds(other_reviewer).await, kinds(other_finance).await), (vec![], vec![]));
    assert_eq!((kinds(decides).await, kinds(pays).await), (vec![], vec!["area_receipts".to_owned()]));

    // An area answers for itself alone, and decides nothing.
    let of_month = |what: &str| format!("/api/v1/funds/areas/{month}/{what}");
    let against =
        json!({ "area": "420100", "settlements": [away.settlement.unwrap()], "reason": "未备案，请核实" });
    let denied = (403, "not-permitted".to_owned());
    assert_eq!(other_reviewer.refused("post", &of_month("dispute"), Some(&against)).await, denied);
    assert_eq!(finance.refused("post", &of_month("dispute"), Some(&against)).await, denied);
    let disputed = reviewer.post(&of_month("dispute"), against).await;
    assert_eq!(
        (disputed["areas"].as_array().unwrap().len(), &disputed["areas"][0]["answer"]["verdict"]),
        (1, &json!("disputed"))
    );
    assert_eq!((kinds(reviewer).await, kinds(decides).await), (vec![], vec!["area_disputes".to_owned()]));
    let decision = json!({ "area": "420100", "upheld": false, "words": "已备案，异议不成立" });
    assert_eq!(reviewer.refused("post", &of_month("disputes"), Some(&decision)).await, denied);
    let decided = decides.post(&of_month("disputes"), decision).await;
    let of_wuhan =
        decided["areas"].as_array().unwrap().iter().find(|one| one["area"] == json!("420100")).unwrap();
    assert_eq!(
        (&of_wuhan["answer"]["verdict"], &of_wuhan["answer"]["words"]),
        (&json!("rejected"), &json!("已备案，异议不成立"))
    );
    assert_eq!(of_wuhan["still_owed"], json!(wuhan.still_owed), "what is not upheld stands");
    assert_eq!(kinds(decides).await, [] as [String; 0]);

    // The money comes, and nothing waits at either finance any more.
    let receipt = json!({
        "area": "420100", "day": world.clock.now().day(), "bank_reference": "WH1", "amounts": wuhan.open,
    });
    pays.post(&of_month("receipts"), receipt).await;
    assert_eq!((kinds(finance).await, kinds(pays).await), (vec![], vec![]));
}

//! The proof over a world in which a month has gone through clearing, from settlements to bank statements and paid hospitals: all
//! agrees; and of everything that it recomputes, one thing after the other is spoilt behind a node's back, and it says which.

use crate::desk::Counter;
use crate::office::{Desk, POOL, confirm_lines, other_direction};
use crate::play::{beijing, hubei};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use store::measure::{mend, spoil};
use terms::{Clock, Month, Participant};
use wire::api::{
    area_clearing::AreaMonthView,
    clearing_statement::{ClearingStatementView, DeductionView},
    institution_payment::PaymentView,
    ledger::{MadeVouchers, Proof, ProofCheck},
    payment_order::{PaymentOrderView, PaymentOrders},
};

/// What somebody spoils: at which node, in which table, how, and the beginning of the check's name and a part of the sentence that
/// name it.
struct Spoilt(char, &'static str, &'static str, &'static str, &'static str);

const HUB: char = '国';
const HUBEI: char = '鄂';
const BEIJING: char = '京';

/// Everything that is recomputed, spoilt by a fen, a row or a word.
const SPOILT: [Spoilt; 38] = [
    // ---- the general ledger and the journal
    Spoilt(
        HUB,
        "ledger_account",
        "update ledger_account set credits_posted = credits_posted + 1",
        "总账科目余额",
        "由分录重算",
    ),
    Spoilt(
        HUB,
        "ledger_account",
        "update ledger_account set credits_posted = credits_posted + 1",
        "总账试算平衡",
        "借",
    ),
    Spoilt(HUB, "transfer", "update transfer set amount = amount + 1", "明细账分录（由", "应为"),
    Spoilt(
        HUB,
        "transfer",
        "insert into transfer (area, month, id, settlement, debit, credit, amount, code, day, recorded_at) select area, month, 'x' || id, 'x' || settlement, debit, credit, amount, code, day, recorded_at from transfer order by id limit 1",
        "明细账分录归属",
        "其中属于结算的",
    ),
    Spoilt(HUB, "transfer", "update transfer set amount = amount - 1", "结算汇总凭证", "总账"),
    Spoilt(
        HUBEI,
        "treatment_settlement",
        "update treatment_settlement set fund_total = fund_total + 1, person_total = person_total - 1",
        "结算金额",
        "由费用分割重算",
    ),
    Spoilt(
        BEIJING,
        "insured_settlement",
        "update insured_settlement set fund_total = fund_total + 1, person_total = person_total - 1",
        "结算金额",
        "由费用分割重算",
    ),
    // ---- benefits
    Spoilt(BEIJING, "year_to_date", "delete from year_to_date", "年度累计", "其中有年度累计的0笔"),
    Spoilt(
        BEIJING,
        "insured_settlement",
        "update insured_settlement set contribution = '{}'",
        "年度累计",
        "由结算重算0.00",
    ),
    Spoilt(
        BEIJING,
        "insured_settlement",
        "update insured_settlement set contribution = '{}'",
        "待遇",
        "与其费用分割不一致",
    ),
    // ---- the hub's clearing
    Spoilt(
        HUB,
        "hub_settlement",
        "update hub_settlement set total = total + 1, fund_total = fund_total + 1, fund_paid[1] = fund_paid[1] + 1",
        "清算表",
        "重新清分为",
    ),
    Spoilt(HUB, "hub_settlement", "update hub_settlement set total = total + 1", "清算表", "无法重新清分"),
    Spoilt(HUB, "clearing_plan", "delete from clearing_plan", "清算表", "不存在"),
    Spoilt(
        HUB,
        "clearing_pair",
        "update clearing_pair set dues = jsonb_set(dues::jsonb, '{0,amount}', '1')::text",
        "清算表",
        "应付合计",
    ),
    Spoilt(HUB, "clearing_pair", "delete from clearing_pair", "清算表", "缺行"),
    Spoilt(HUB, "clearing_sheet", "delete from clearing_sheet", "清算表", "缺行"),
    Spoilt(
        HUB,
        "clearing_carry",
        "update clearing_carry set line = jsonb_set(line::jsonb, '{total}', '1')::text",
        "清算结转",
        "按结算应为",
    ),
    Spoilt(
        HUB,
        "clearing_carry",
        "update clearing_carry set reason = 'late'",
        "清算结转",
        "与结转登记不一致",
    ),
    Spoilt(
        HUB,
        "hub_deduction",
        "update hub_deduction set line = jsonb_set(line::jsonb, '{total}', '-1')::text",
        "审核扣款",
        "按上报内容应为",
    ),
    Spoilt(
        HUB,
        "ledger_voucher",
        "update ledger_voucher set id = id || 'x' where starts_with(id, 'deduction/')",
        "审核扣款",
        "缺凭证",
    ),
    // ---- notices, prepayments, orders
    Spoilt(
        HUB,
        "notice",
        "update notice set content = jsonb_set(content, '{lines,0,amount}', '1')",
        "通知书",
        "应为",
    ),
    Spoilt(HUB, "notice", "delete from notice", "通知书", "缺通知书"),
    Spoilt(HUB, "clearing_carry", "delete from clearing_carry", "通知书", "应为"),
    Spoilt(
        HUB,
        "prepayment_line",
        "update prepayment_line set computed = computed + 1",
        "预付金额度",
        "按基数应为",
    ),
    Spoilt(
        HUB,
        "prepayment_change",
        "update prepayment_change set difference = difference + 1",
        "预付金额度",
        "应为",
    ),
    Spoilt(
        HUB,
        "transfer_report",
        "update transfer_report set content = jsonb_set(content, '{moved}', '1') where side = 'receipt'",
        "备查登记",
        "双方一致0.01",
    ),
    Spoilt(
        HUB,
        "transfer_agreed",
        "update transfer_agreed set amount = amount - 1",
        "划拨单和应收款",
        "备查",
    ),
    Spoilt(
        BEIJING,
        "payment_order",
        "update payment_order set content = jsonb_set(content, '{lines,0,amount}', '1')",
        "划拨任务",
        "按通知书应为",
    ),
    Spoilt(
        BEIJING,
        "payment_order",
        "update payment_order set content = jsonb_set(content, '{money,0,amount}', '1') where content ? 'money'",
        "划拨单和应收款",
        "凭证为",
    ),
    Spoilt(
        HUBEI,
        "payment_order",
        "delete from payment_order where starts_with(number, 'YF')",
        "预付金和清算资金科目",
        "凭证为",
    ),
    Spoilt(
        BEIJING,
        "bank_entry",
        "update bank_entry set content = jsonb_set(content, '{entry,amount}', '-1')",
        "银行流水",
        "登记为",
    ),
    // ---- the province's side of clearing
    Spoilt(
        BEIJING,
        "cleared_settlement",
        "update cleared_settlement set amounts[1] = amounts[1] + 1",
        "清算明细",
        "本省结算为",
    ),
    Spoilt(BEIJING, "clearing_statement_line", "delete from clearing_statement_line", "清算表", "明细行合计"),
    Spoilt(
        HUBEI,
        "deduction",
        "update deduction set content = jsonb_set(content, '{funds}', '{}')",
        "审核扣款凭证",
        "按业务应为",
    ),
    Spoilt(BEIJING, "area_claim", "update area_claim set amount = amount + 1", "统筹区分割", "按清算表应为"),
    Spoilt(
        BEIJING,
        "area_receipt",
        "update area_receipt set amounts[1] = amounts[1] + 1",
        "统筹区资金凭证",
        "按业务应为",
    ),
    Spoilt(
        HUBEI,
        "institution_payment_line",
        "update institution_payment_line set confirmed = confirmed + 1",
        "拨付（",
        "确认额",
    ),
    Spoilt(
        HUBEI,
        "institution_instalment",
        "update institution_instalment set amounts[1] = amounts[1] + 1",
        "拨付凭证",
        "按业务应为",
    ),
];

/// The three nodes, with their clerks.
struct Country {
    counter: Counter,
    desks: [(char, Participant, Desk); 3],
}

impl Country {
    async fn open() -> Self {
        let counter = Counter::open().await;
        let desks = [
            (HUB, Participant::Hub),
            (HUBEI, Participant::Province(hubei())),
            (BEIJING, Participant::Province(beijing())),
        ];
        let desks = desks.map(|(name, who)| (name, who, Desk::of(&counter, who)));
        Self { counter, desks }
    }

    fn desk(&self, name: char) -> &Desk {
        self.desks.iter().find(|desk| desk.0 == name).map(|desk| &desk.2).expect("one of the three")
    }

    async fn prove(&self, name: char) -> Proof {
        self.desk(name).0.post_and_wait("/api/v1/funds/prove", &json!({})).await.unwrap()
    }

    async fn keep_timetables(&self) {
        let world = &self.counter.play.world;
        for _ in 0..2 {
            world.hub.keep_timetable().await;
            for side in world.provinces.values() {
                side.node.keep_timetable().await;
            }
        }
    }

    fn today(&self) -> String {
        self.counter.play.world.clock.now().day().to_string()
    }

    fn pass_until(&self, day: terms::Day) {
        let clock = &self.counter.play.world.clock;
        clock.pass_days(clock.now().day().days_until(day).unsigned_abs());
    }
}

/// Settles three stays and one the other way; one is deducted from.
async fn settle(country: &mut Country) -> [String; 3] {
    let mut ids = Vec::new();
    for seed in 2..5 {
        let play = &mut country.counter.play;
        ids.push(play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap().to_string());
        play.next_stay(seed).await;
    }
    other_direction(&country.counter).await;
    let deduction = json!({
        "settlement": ids[1], "amounts": [{ "scheme": "employee", "purse": POOL, "amount": "100.00" }],
        "reason": "重复收费", "reference": "鄂审1",
    });
    let _: DeductionView = country.desk(HUBEI).post("deductions", deduction).await;
    country.counter.play.world.until_quiet().await.unwrap();
    ids.try_into().unwrap()
}

/// The month is closed and adopted; one settlement is disputed, and taken out; both confirm, and the notices are issued.
async fn clear(country: &Country, month: Month, disputed: &str) {
    let [hub, treatment, insured] = [HUB, HUBEI, BEIJING].map(|name| country.desk(name));
    let number = month.number();
    country.pass_until(month.next().first_day().plus_days(21));
    country.keep_timetables().await;
    let planned: Value = hub.get(&format!("clearings/{number}")).await;
    let adopt = json!({ "revision": planned["revision"] });
    hub.post::<Value>(&format!("clearings/{number}/adopt"), adopt).await;
    let of_month = |what: &str| format!("statements/{month}/{what}");
    for desk in [treatment, insured] {
        let fetched: ClearingStatementView = desk.post(&of_month("fetch"), json!({})).await;
        assert_eq!((fetched.complete, fetched.finding_count), (true, 0));
    }
    let dispute = json!({ "disputes": [{
        "pair": "110000-420000", "settlements": [disputed], "reason": "住院日期有疑问",
    }]});
    insured.post::<ClearingStatementView>(&of_month("dispute"), dispute).await;
    treatment.post::<ClearingStatementView>(&of_month("confirm"), json!({})).await;
    let decision = json!({
        "province": "110000", "insured": "110000", "treatment": "420000", "upheld": true, "words": "转下月核实",
    });
    hub.post::<Value>(&format!("clearings/{number}/disputes"), decision).await;
    for desk in [treatment, insured] {
        desk.post::<ClearingStatementView>(&of_month("fetch"), json!({})).await;
    }
    country.pass_until(month.next().next().first_day().plus_days(-1));
    country.keep_timetables().await;
}

/// The area sends up what it owes, and a prepayment is set.
async fn collect(country: &Country, month: Month) {
    let insured = country.desk(BEIJING);
    let divided: AreaMonthView = insured.post(&format!("areas/{month}/divide"), json!({})).await;
    let receipt = json!({
        "area": "110000", "day": country.today(), "bank_reference": "B1",
        "amounts": serde_json::to_value(&divided.areas[0].owed).unwrap(),
    });
    insured.post::<AreaMonthView>(&format!("areas/{month}/receipts"), receipt).await;
    let hub = country.desk(HUB);
    let year = format!("prepayments/years/{}", country.counter.play.world.clock.now().day().year());
    hub.post::<Value>(&format!("{year}/draft"), json!({})).await;
    let set = json!({
        "insured": beijing(), "treatment": hubei(), "scheme": "employee", "amount": "500.00", "reason": "协商核定",
    });
    hub.post::<Value>(&format!("{year}/set"), set).await;
    hub.post::<Value>(&format!("{year}/adopt"), json!({ "round": 2 })).await;
    country.keep_timetables().await;
}

/// Opening balances, enough for all that is to be paid.
async fn open(country: &Country) {
    for (name, kind, opening, province) in [
        (BEIJING, "insured-deposit-fiscal", "insured-opening", "110000"),
        (HUBEI, "treatment-deposit-fiscal", "treatment-opening", "420000"),
        (HUBEI, "insured-deposit-fiscal", "insured-opening", "420000"),
    ] {
        let legs: Vec<Value> = [POOL, "330100", "320100", "310200", "370100", "999996"]
            .iter()
            .map(|purse| json!({ "debit": format!("{kind}/{province}/310/{purse}"), "credit": format!("{opening}/{province}/310/{purse}"), "amount": "1000000.00" }))
            .collect();
        for (at, leg) in legs.iter().enumerate() {
            let body = json!({ "id": format!("QC{kind}{at}"), "code": "opening", "summary": "期初余额", "legs": [leg] });
            // Not every one of these is a purse of the scheme.
            let _ = country.desk(name).0.post::<Value>("/api/v1/funds/ledger/vouchers", &body).await;
        }
    }
}

/// A statement with one entry of an order.
fn statement(account: &str, day: &str, order: &PaymentOrderView, pays: bool) -> Value {
    let (side, opening) = if pays { ("DBIT", order.amount.as_str()) } else { ("CRDT", "0.00") };
    let closing = if pays { "0.00" } else { order.amount.as_str() };
    let balance = |kind: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">{amount}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )
    };
    let PaymentOrderView { number, amount, .. } = order;
    json!({ "file": format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>S{number}</Id>\
         <Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>{}{}\
         <Ntry><Amt Ccy=\"CNY\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>L{number}</AcctSvcrRef>\
         <NtryDtls><TxDtls><Refs><EndToEndId>{number}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>\
         </Stmt></BkToCstmrStmt></Document>",
        balance("OPBD", opening),
        balance("CLBD", closing),
    )})
}

/// Every order is handed over and paid by the payer's bank, and received by the payee's.
async fn pay(country: &Country) {
    let accounts = [(BEIJING, "11001123456789"), (HUBEI, "42001123456789")];
    for (name, number) in accounts {
        let body = json!({
            "name": "社会保障基金财政专户", "bank": "示范银行营业部", "number": number, "bank_code": "102100000017",
        });
        let desk = &country.desk(name).0;
        let _: Value = desk.put("/api/v1/funds/bank-accounts/310", &body).await.unwrap();
    }
    country.keep_timetables().await;
    for (name, account) in accounts {
        let desk = country.desk(name);
        let orders: PaymentOrders = desk.get("orders").await;
        assert!(!orders.orders.is_empty());
        for order in &orders.orders {
            desk.post::<Value>(&format!("orders/{}/hand-over", order.number), json!({})).await;
            desk.post::<Value>("bank-statements", statement(account, &country.today(), order, true)).await;
        }
    }
    for (name, account) in accounts {
        let desk = country.desk(name);
        let receipts: PaymentOrders = desk.get("receipts").await;
        for order in &receipts.orders {
            desk.post::<Value>("bank-statements", statement(account, &country.today(), order, false)).await;
        }
    }
    country.keep_timetables().await;
}

/// The hospital confirms its lines and is paid, with a deposit held back.
async fn pay_hospital(country: &Country, month: Month) {
    confirm_lines(&country.counter, month).await;
    let treatment = country.desk(HUBEI);
    let code = country.counter.play.hospital.settings().code.to_string();
    let of_hospital = |what: &str| format!("institutions/{code}/{what}");
    let terms =
        json!({ "from": "2026-01-01", "deposit_rate": 500, "year_end": "share:5000", "source": "鄂协1" });
    treatment.put(&of_hospital("terms"), terms).await;
    let account = json!({ "holder": "示范医院", "number": "42001234567890", "bank": "示范银行武汉分行" });
    treatment.put(&of_hospital("account"), account).await;
    let adopt = json!({ "institution": code, "month": month.to_string() });
    let payment: PaymentView = treatment.post("institution-payments/adopt", adopt).await;
    let of_payment = |what: &str| format!("institution-payments/{}/{what}", payment.number);
    treatment.post::<PaymentView>(&of_payment("instalments"), json!({ "instalment": 1 })).await;
    let paid = json!({ "instalment": 1, "paid": true, "bank_reference": "T1", "day": country.today() });
    treatment.post::<PaymentView>(&of_payment("bank"), paid).await;
}

async fn a_month_of_everything() -> Country {
    let mut country = Country::open().await;
    let first = country.counter.play.world.clock.now().day();
    let ids = settle(&mut country).await;
    clear(&country, first.month(), &ids[2]).await;
    open(&country).await;
    collect(&country, first.month()).await;
    pay(&country).await;
    pay_hospital(&country, first.month()).await;
    for (_, _, desk) in &country.desks {
        let _: MadeVouchers = desk.post("ledger/summaries", json!({})).await;
        for day in [first.plus_days(-1), first] {
            let body = json!({ "day": day.to_string() });
            let _ = desk.0.post::<MadeVouchers>("/api/v1/funds/ledger/summaries", &body).await;
        }
    }
    country
}

fn told<'a>(proof: &'a Proof, name: &str) -> Vec<&'a ProofCheck> {
    proof.checks.iter().filter(|check| check.name.starts_with(name)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_agrees_and_whatever_is_spoilt_is_named() {
    let country = a_month_of_everything().await;
    let mut silent = BTreeSet::new();
    for (name, ..) in &country.desks {
        let proof = country.prove(*name).await;
        assert!(proof.agrees, "{name} {proof:#?}");
        silent.extend(proof.checks.iter().filter(|check| check.checked > 0).map(|check| check.name.clone()));
        let empty: Vec<&String> =
            proof.checks.iter().filter(|check| check.checked == 0).map(|check| &check.name).collect();
        println!(
            "{name} {} checked; nothing to check: {empty:?}; {:?}",
            proof.checked,
            proof.checks.iter().filter_map(|one| one.note.clone()).collect::<Vec<_>>()
        );
    }
    let mut wrong = Vec::new();
    for Spoilt(name, table, statement, check, words) in SPOILT {
        let who = country.desks.iter().find(|desk| desk.0 == name).expect("one of the three").1;
        let world = &country.counter.play.world;
        let store = match who {
            Participant::Hub => &world.hub.context.store,
            Participant::Province(province) => &world.province(province).unwrap().node.context.store,
        };
        let mut conn = store.conn().await.unwrap();
        let rows =
            spoil(&mut conn, table, statement).await.unwrap_or_else(|why| panic!("{statement}: {why}"));
        let answer = country.desk(name).0.post_and_wait::<Proof>("/api/v1/funds/prove", &json!({})).await;
        mend(&mut conn, table).await.unwrap_or_else(|why| panic!("{statement}: {why}"));
        let proof = match answer {
            Ok(proof) => proof,
            Err(why) => {
                wrong.push(format!("{statement}: {why}"));
                continue;
            }
        };
        let named = told(&proof, check)
            .into_iter()
            .find(|one| one.difference.as_ref().is_some_and(|difference| difference.contains(words)));
        if let Some(named) = named {
            silent.remove(&named.name);
        } else {
            let said: Vec<_> =
                proof.checks.iter().filter_map(|one| Some((&one.name, one.difference.as_ref()?))).collect();
            wrong.push(format!("{name} {rows} rows: {statement}: {check} … {words} is not in {said:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(silent.is_empty(), "nothing was spoilt for {silent:?}");
    for (name, ..) in &country.desks {
        assert!(country.prove(*name).await.agrees, "{name} is as it was");
    }
}

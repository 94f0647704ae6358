//! Transfers between fiscal special accounts (财政专户): a notice, a payer that is late and urged, suspended with hospitals told
//! why, pays in parts by its bank, money that comes back and goes again, money that nobody knows, and is lifted.

use crate::play::{Play, beijing, hubei, rules, world_with};
use country::{Options, World};
use funds::{
    Account, Purse,
    ledger::{Leg, Phase, Voucher, VoucherCode, VoucherId},
    notice::{Cause, Notice, NoticeLine, NoticeNumber},
};
use node::api::client::{CallError, Client};
use serde_json::{Value, json};
use std::{fmt::Write as _, sync::Arc};
use store::{ledger, notice};
use terms::{Clock, Fen, Fund, InsuranceScheme, Month, Participant, Province, day::FixedClock};
use wire::api::{
    bank::{BankAccounts, BankEntries, BankFile, TakenStatements},
    ledger::Proof,
    notice::NoticeView,
    payment_order::{PaymentOrderView, PaymentOrders},
    urging::{LetterView, Letters, SuspensionView, Urgings},
};

const ORDER: &str = "QS202609-110000-420000-310";
const EMPLOYEE: InsuranceScheme = InsuranceScheme::Employee;
const BEIJINGS: &str = "11001123456789";
const HUBEIS: &str = "42001123456789";

/// The second of November, a Monday.
async fn november() -> World {
    let mut options = Options::new(rules());
    options.provinces = vec![beijing(), hubei()];
    options.clock = Arc::new(FixedClock("2026-11-02 10:00:00".parse().unwrap()));
    options.days_behind = 0;
    world_with(options).await
}

fn clerk(node: String, name: &str) -> Client {
    Client {
        node,
        token: "令牌".to_owned(),
        operator: Some(name.to_owned()),
        duty: Some("核对账户".to_owned()),
    }
}

fn at_hub(world: &World) -> Client {
    clerk(world.hub_url(), "赵某甲")
}

fn at(world: &World, province: Province) -> Client {
    clerk(world.province(province).unwrap().url(), "李某乙")
}

async fn keep_timetables(world: &World) {
    for _ in 0..2 {
        for side in world.provinces.values() {
            side.node.keep_timetable().await;
        }
        world.hub.keep_timetable().await;
    }
}

fn refused(answer: Result<Value, CallError>, words: &str) {
    match answer {
        Err(CallError::Refused(refused)) => assert!(refused.message.contains(words), "{refused:?}"),
        other => panic!("not refused: {other:?}"),
    }
}

/// Seven thousand of the pool and three of the large amounts, for September, from Beijing to Hubei.
async fn issue(world: &World) {
    let cause = Cause::Clearing { month: Month::new(2026, 9).unwrap() };
    let line =
        |fund, yuan| NoticeLine { scheme: EMPLOYEE, purse: Purse::Fund(fund), amount: Fen::yuan(yuan) };
    let now = world.clock.now();
    let notice = Notice {
        number: NoticeNumber::of(&cause, beijing(), hubei()),
        cause,
        payer: beijing(),
        payee: hubei(),
        lines: vec![line(Fund::EmployeePool, 7_000), line(Fund::LargeAmount, 3_000)],
        issued_on: now.day(),
        issued_at: now,
        by: "赵某甲".to_owned(),
    };
    for expected in [notice::Issued::Created, notice::Issued::Exists] {
        let mut work = world.hub.context.store.begin().await.unwrap();
        assert_eq!(notice::issue(&mut work, &notice).await.unwrap(), expected);
        work.save().await.unwrap();
    }
}

/// What stands on the account before all this.
async fn open(world: &World) {
    let leg = |fund, yuan| Leg {
        debit: Account::insured_fiscal_deposit(beijing(), EMPLOYEE, fund),
        credit: Account::insured_opening(beijing(), EMPLOYEE, fund),
        amount: Fen::yuan(yuan),
        phase: Phase::Final,
    };
    let now = world.clock.now();
    let voucher = Voucher {
        id: VoucherId::new("opening/1").unwrap(),
        code: VoucherCode::Opening,
        subject: "opening".to_owned(),
        summary: "期初余额".to_owned(),
        day: now.day(),
        recorded_at: now,
        by: "李某乙".to_owned(),
        legs: vec![leg(Fund::EmployeePool, 8_000), leg(Fund::LargeAmount, 3_000)],
    };
    let node = &world.province(beijing()).unwrap().node;
    let mut work = node.context.store.begin().await.unwrap();
    ledger::post(&mut work, Participant::Province(beijing()), &voucher).await.unwrap().unwrap();
    work.save().await.unwrap();
}

/// The four sums of accounts at a node: debits pending, posted, credits pending, posted, in yuan.
async fn sums(store: &store::Store, owner: Participant, account: &Account) -> String {
    let mut conn = store.conn().await.unwrap();
    let found = ledger::sums(&mut conn, owner, std::slice::from_ref(account)).await.unwrap();
    let sums = found[account];
    format!("{} {} {} {}", sums.debits_pending, sums.debits_posted, sums.credits_pending, sums.credits_posted)
}

async fn province_sums(world: &World, province: Province, account: Account) -> String {
    let store = &world.province(province).unwrap().node.context.store;
    sums(store, Participant::Province(province), &account).await
}

/// An entry of a statement: the bank's number, yuan, and what else it says.
struct Told {
    reference: &'static str,
    yuan: i64,
    more: String,
}

fn told(reference: &'static str, yuan: i64, more: impl Into<String>) -> Told {
    Told { reference, yuan, more: more.into() }
}

fn end_to_end() -> String {
    format!("<NtryDtls><TxDtls><Refs><EndToEndId>{ORDER}</EndToEndId></Refs></TxDtls></NtryDtls>")
}

fn from_account(number: &str) -> String {
    format!(
        "<NtryDtls><TxDtls><RltdPties><DbtrAcct><Id><Othr><Id>{number}</Id></Othr></Id></DbtrAcct></RltdPties></TxDtls></NtryDtls>"
    )
}

/// A file of one statement.
fn file(id: &str, account: &str, day: &str, opening: i64, entries: &[Told]) -> Value {
    let side = |yuan: i64| if yuan < 0 { "DBIT" } else { "CRDT" };
    let balance = |kind: &str, yuan: i64| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">{}.00</Amt>\
             <CdtDbtInd>{}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>",
            yuan.abs(),
            side(yuan)
        )
    };
    let closing = opening + entries.iter().map(|entry| entry.yuan).sum::<i64>();
    let mut text = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Id>{id}</Id>\
         <Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>{}{}",
        balance("OPBD", opening),
        balance("CLBD", closing)
    );
    for Told { reference, yuan, more } in entries {
        write!(
            text,
            "<Ntry><Amt Ccy=\"CNY\">{}.00</Amt><CdtDbtInd>{}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>{more}</Ntry>",
            yuan.abs(),
            side(*yuan)
        )
        .unwrap();
    }
    json!({ "file": format!("{text}</Stmt></BkToCstmrStmt></Document>") })
}

async fn take(clerk: &Client, file: &Value) -> [u64; 5] {
    let taken: TakenStatements = clerk.post("/api/v1/funds/bank-statements", file).await.unwrap();
    [taken.matched, taken.unidentified, taken.fees, taken.entries_before, taken.statements_before]
}

async fn order(clerk: &Client, noun: &str) -> PaymentOrderView {
    clerk.get(&format!("/api/v1/funds/{noun}/{ORDER}")).await.unwrap()
}

async fn standing(world: &World) -> String {
    let path = "/api/v1/funds/notices/QS202609-110000-420000";
    let view: NoticeView = at_hub(world).get(path).await.unwrap();
    view.transfers[0].standing.clone()
}

/// Every order of a node is what its vouchers say.
async fn proves(clerk: &Client) {
    let proof: Proof = clerk.post_and_wait("/api/v1/funds/prove", &json!({})).await.unwrap();
    let check = proof.checks.iter().find(|check| check.name.starts_with("划拨单")).unwrap();
    assert_eq!((check.checked, &check.difference), (1, &None));
}

async fn register_accounts(world: &World) {
    for (province, number) in [(beijing(), BEIJINGS), (hubei(), HUBEIS)] {
        let body = json!({
            "name": "社会保障基金财政专户", "bank": "示范银行营业部", "number": number, "bank_code": "102100000017",
        });
        let _: Value = at(world, province).put("/api/v1/funds/bank-accounts/310", &body).await.unwrap();
    }
}

#[tokio::test]
async fn a_late_payer_is_urged_suspended_and_lifted_once_it_has_paid() {
    let mut play = Play::prepare_in(november().await).await;
    let stood = play.settle_patiently(&play.hospital.next_msgid()).await.id().unwrap();
    let stay = play.visit;
    issue(&play.world).await;
    register_accounts(&play.world).await;
    keep_timetables(&play.world).await;
    let (hub, payer, payee) = (at_hub(&play.world), at(&play.world, beijing()), at(&play.world, hubei()));

    // Both have it, with its deadlines in words.
    let due = order(&payer, "orders").await.due.unwrap();
    assert_eq!(due.words, "提交财政部门，截止2026-11-09，还剩5个工作日");
    assert_eq!(
        order(&payee, "receipts").await.due.unwrap().words,
        "资金到账，截止2026-11-23，还剩15个工作日"
    );
    let soon: PaymentOrders = payer.get("/api/v1/funds/orders?urgency=soon").await.unwrap();
    assert!(soon.orders.is_empty());
    play.world.clock.pass_days(5);
    let soon: PaymentOrders = payer.get("/api/v1/funds/orders?urgency=soon").await.unwrap();
    assert_eq!(soon.orders.len(), 1, "one working day is left");

    // Nothing can be handed over before the areas' money is in.
    let hand_over = format!("/api/v1/funds/orders/{ORDER}/hand-over");
    refused(payer.post(&hand_over, &json!({})).await, "存款余额");

    // Overdue from the 24th on; letters one after another.
    let urge = format!("/api/v1/funds/urgings/{ORDER}");
    let suspend = "/api/v1/funds/suspensions/110000";
    let why = json!({ "reason": "逾期未划拨九月清算资金", "decision": "医保函〔2026〕1号" });
    refused(hub.post(&urge, &json!({})).await, "没有逾期");
    refused(hub.post(suspend, &why).await, "没有逾期");
    for (days, letter) in [(17, 1), (6, 2), (7, 3)] {
        play.world.clock.pass_days(days);
        let found: LetterView = hub.post(&urge, &json!({})).await.unwrap();
        assert_eq!((found.letter, found.by.as_str()), (letter, "赵某甲"));
        if letter < 3 {
            refused(hub.post(&urge, &json!({})).await, "尚未到下一次催缴的时间");
            refused(hub.post(suspend, &why).await, "发满3次");
        }
    }
    let overdue: Urgings = hub.get("/api/v1/funds/urgings").await.unwrap();
    assert_eq!((overdue.overdue[0].days, overdue.overdue[0].letters.len()), (10, 3));
    keep_timetables(&play.world).await;
    let letters: Letters = payer.get("/api/v1/funds/urgings").await.unwrap();
    assert_eq!(letters.letters.len(), 3);
    assert!(
        letters.letters[0].text.starts_with("第一次催缴：北京市应付湖北省"),
        "{}",
        letters.letters[0].text
    );

    // Suspended by a person: the next message is refused, and says why; what stood can be undone.
    let first: SuspensionView = hub.post(suspend, &why).await.unwrap();
    let again: SuspensionView = hub.post(suspend, &why).await.unwrap();
    assert_eq!(first, again);
    assert_eq!((first.orders.as_slice(), first.by.as_str()), (&[ORDER.to_owned()][..], "赵某甲"));
    let now = play.world.clock.now();
    let stay_now = country::hospital::Stay::ordinary("ZY000002", now.plus_millis(-86_400_000), now);
    let told_why = play.hospital.admit(&play.patient, &stay_now).await.unwrap_err();
    let told_why = told_why.refusal().unwrap().to_owned();
    for words in ["北京市", "暂停", "逾期未划拨九月清算资金", "医保函〔2026〕1号", "先自费结算"]
    {
        assert!(told_why.contains(words), "{told_why}");
    }
    play.hospital.cancel(&play.patient, stay, stood).await.unwrap();
    refused(hub.post("/api/v1/participants/110000/resume", &json!({})).await, "以恢复决定办理");

    // It pays, in two parts, of which one comes back and goes again.
    open(&play.world).await;
    let handed: PaymentOrderView = payer.post(&hand_over, &json!({})).await.unwrap();
    assert_eq!((handed.stage.as_str(), handed.stage_name.as_str()), ("handed_over", "已提交财政"));
    let deposit = || Account::insured_fiscal_deposit(beijing(), EMPLOYEE, Fund::EmployeePool);
    assert_eq!(province_sums(&play.world, beijing(), deposit()).await, "0.00 8000.00 7000.00 0.00");
    let path = format!("/api/v1/funds/orders/{ORDER}/bank-file");
    refused(payer.get(&path).await, "付款文件含完整账号");
    let out: BankFile = payer.get(&format!("{path}?reveal=true")).await.unwrap();
    assert!(out.file.contains(&format!("<EndToEndId>{ORDER}</EndToEndId>")) && out.file.contains(HUBEIS));
    let fee = "<BkTxCd><Domn><Fmly><SubFmlyCd>CHRG</SubFmlyCd></Fmly></Domn></BkTxCd>";
    let part =
        file("S1", BEIJINGS, "2026-12-07", 11_000, &[told("B1", -6_000, end_to_end()), told("B2", -5, fee)]);
    assert_eq!(take(&payer, &part).await, [1, 0, 1, 0, 0]);
    assert_eq!(take(&payer, &part).await, [0, 0, 0, 2, 1], "a file may come twice");
    let paid = order(&payer, "orders").await;
    assert_eq!(
        (paid.stage.as_str(), paid.moved.as_str(), paid.rest.as_str()),
        ("partly_paid", "6000.00", "4000.00")
    );
    assert_eq!(province_sums(&play.world, beijing(), deposit()).await, "0.00 8000.00 1000.00 6000.00");
    proves(&payer).await;
    let rest = file(
        "S2",
        BEIJINGS,
        "2026-12-08",
        4_995,
        &[
            told("B3", -4_000, end_to_end()),
            told("B4", 4_000, format!("<RvslInd>true</RvslInd>{}", end_to_end())),
            told("B5", -4_000, end_to_end()),
        ],
    );
    play.world.clock.pass_days(1);
    assert_eq!(take(&payer, &rest).await, [3, 0, 0, 0, 0]);
    assert_eq!(province_sums(&play.world, beijing(), deposit()).await, "0.00 9000.00 0.00 8000.00");
    keep_timetables(&play.world).await;
    assert_eq!(standing(&play.world).await, "双方不一致：付款方已付10000.00元，收款方已收0.00元");
    let finance = crate::access::program(&play.world.hub_url());
    let differ = async || crate::office::waits(&finance).await.remove("differing");
    assert_eq!(differ().await, Some(1), "whoever pays at the hub asks the two");
    let differing: Value = finance.get("/api/v1/funds/transfers/differing").await.unwrap();
    assert_eq!(differing["transfers"][0]["order"], json!(ORDER));

    // The payee's bank has lost a reference, and has money that nobody knows.
    let came = file(
        "S1",
        HUBEIS,
        "2026-12-08",
        0,
        &[
            told("H1", 6_000, end_to_end()),
            told("H2", 4_000, from_account(BEIJINGS)),
            told("H3", 123, from_account("99999")),
            told("H4", 200, from_account("99998")),
        ],
    );
    assert_eq!(take(&payee, &came).await, [2, 2, 0, 0, 0]);
    let receipt = order(&payee, "receipts").await;
    assert_eq!((receipt.stage.as_str(), receipt.stage_name.as_str()), ("paid", "已到账"));
    let open_account = || Account::treatment_unidentified(hubei(), EMPLOYEE, Fund::EmployeePool);
    assert_eq!(province_sums(&play.world, hubei(), open_account()).await, "0.00 0.00 0.00 323.00");
    let unknown: BankEntries = payee.get("/api/v1/funds/bank-entries").await.unwrap();
    assert_eq!(unknown.entries.len(), 2);
    let references: Vec<&str> = unknown.entries.iter().map(|one| one.reference.as_str()).collect();
    assert_eq!((references, unknown.next), (vec!["H4", "H3"], None), "the latest first");
    assert_eq!(unknown.entries[1].counterparty_number.as_deref(), Some("*9999"));
    let other = json!({ "scheme": "employee", "reference": "H3", "other": "其他业务误入款" });
    let assign = "/api/v1/funds/bank-entries/assign";
    let _: Value = payee.post(assign, &other).await.unwrap();
    let _: Value = payee.post(assign, &other).await.unwrap();
    let too_much = json!({ "scheme": "employee", "reference": "H4", "order": ORDER });
    let _: Value = payee.post(assign, &too_much).await.unwrap();
    refused(payee.post(assign, &other_of("H4")).await, "已有归属");
    assert_eq!(
        order(&payee, "receipts").await.excess,
        "200.00",
        "more than all of it, and still to be returned"
    );
    assert_eq!(province_sums(&play.world, hubei(), open_account()).await, "0.00 323.00 0.00 523.00");
    let back = json!({ "reference": "H5", "amount": "-200", "on": "2026-12-08" });
    let _: Value = payee.post(&format!("/api/v1/funds/receipts/{ORDER}/money"), &back).await.unwrap();
    keep_timetables(&play.world).await;
    assert_eq!(standing(&play.world).await, "双方一致：10000.00元");
    assert_eq!(differ().await, None);
    let memo = Account::hub_payable(hubei(), EMPLOYEE, Fund::LargeAmount);
    assert_eq!(sums(&play.world.hub.context.store, Participant::Hub, &memo).await, "0.00 3000.00 0.00 0.00");
    let received = Account::insured_receivable(beijing(), EMPLOYEE, Fund::LargeAmount);
    assert_eq!(province_sums(&play.world, hubei(), received).await, "0.00 0.00 0.00 3000.00");

    for clerk in [&hub, &payer, &payee] {
        proves(clerk).await;
    }

    // Finance writes back, both close, nothing is overdue, the suspension is lifted, and hospitals settle again.
    let written = json!({ "bank": "示范银行营业部", "serial": "B5", "traded_on": "2026-12-08" });
    for (clerk, noun) in [(&payer, "orders"), (&payee, "receipts")] {
        let close = format!("/api/v1/funds/{noun}/{ORDER}/close");
        refused(clerk.post(&close, &json!({})).await, "先登记财政反馈");
        for _ in 0..2 {
            let path = format!("/api/v1/funds/{noun}/{ORDER}/write-back");
            let _: Value = clerk.post(&path, &written).await.unwrap();
        }
        let closed: PaymentOrderView = clerk.post(&close, &json!({})).await.unwrap();
        assert_eq!((closed.stage_name.as_str(), closed.due), ("已办结", None));
    }
    keep_timetables(&play.world).await;
    let overdue: Urgings = hub.get("/api/v1/funds/urgings").await.unwrap();
    assert!(overdue.overdue.is_empty());
    let decided = json!({ "reason": "已全部划拨", "decision": "医保函〔2026〕2号" });
    let lifted: SuspensionView = hub.post(&format!("{suspend}/lift"), &decided).await.unwrap();
    assert_eq!(lifted.lifted.unwrap().by, "赵某甲");
    play.next_stay(2).await;
    play.settle_patiently(&play.hospital.next_msgid()).await;
}

fn other_of(reference: &str) -> Value {
    json!({ "scheme": "employee", "reference": reference, "other": "误入款" })
}

#[tokio::test]
async fn accounts_are_passed_on_masked_and_files_are_refused_in_words() {
    let world = november().await;
    register_accounts(&world).await;
    keep_timetables(&world).await;
    let (hub, hubeis) = (at_hub(&world), at(&world, hubei()));
    for clerk in [&hub, &hubeis] {
        let found: BankAccounts = clerk.get("/api/v1/funds/bank-accounts").await.unwrap();
        let numbers: Vec<_> =
            found.accounts.iter().map(|one| (one.owner.as_str(), one.number.as_str())).collect();
        assert_eq!(numbers, [("110000", "**********6789"), ("420000", "**********6789")]);
        let whole: BankAccounts = clerk.get("/api/v1/funds/bank-accounts?reveal=true").await.unwrap();
        assert_eq!(whole.accounts[0].number, BEIJINGS);
    }
    let wrong = json!({ "name": "专户", "bank": "示范银行", "number": "1", "bank_code": "102100000017" });
    refused(hubeis.put("/api/v1/funds/bank-accounts/310", &wrong).await, "银行账号");
    let statements = "/api/v1/funds/bank-statements";
    let first = file("S1", HUBEIS, "2026-11-02", 0, &[told("H1", 5, "")]);
    assert_eq!(take(&hubeis, &first).await, [0, 1, 0, 0, 0]);
    for (wrong, words) in [
        (json!({ "file": "<a/>" }), "不是camt.053"),
        (json!({ "file": "<!DOCTYPE a><a/>" }), "DOCTYPE"),
        (file("S9", BEIJINGS, "2026-11-02", 0, &[]), "未登记为本省财政专户"),
        (file("S1", HUBEIS, "2026-11-02", 0, &[told("H1", 6, "")]), "已导入且内容不同"),
        (file("S2", HUBEIS, "2026-11-02", 0, &[told("H1", 6, "")]), "已导入，但金额或日期不同"),
    ] {
        refused(hubeis.post(statements, &wrong).await, words);
    }
    refused(hubeis.get("/api/v1/funds/orders/QS202609-110000-420000-310").await, "未查到划拨单");
    refused(hubeis.get("/api/v1/funds/notices/QS202609-110000-420000").await, "未查到通知书");
}

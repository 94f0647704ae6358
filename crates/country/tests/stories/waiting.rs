//! What waits for whom (待办) in a hospital and at the agencies that pay it: each kind appears when there is something to do, is what the page
//! shows to which it leads, and is gone when that is done; and nobody is shown what waits elsewhere.

use crate::{
    access::{Browser, PASSWORD, person},
    desk::Counter,
    office::confirm_lines,
    play::hubei,
};
use country::{bills, hospital::read_fen, network::Fate};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use terms::{Clock, Fen};
use wire::hospital::archive;

/// Accounts at a node, who log in anew for each look: days pass between two.
struct Desks {
    node: String,
}

impl Desks {
    async fn seat(&self, account: &str) -> Browser {
        let mut browser = Browser::at(&self.node);
        browser.log_in(account, PASSWORD, None).await.unwrap();
        browser
    }

    /// What waits, by kind.
    async fn work(&self, account: &str) -> BTreeMap<String, Value> {
        let list = self.seat(account).await.get("/api/v1/work").await;
        let items = list["work"].as_array().unwrap().clone();
        items.into_iter().map(|item| (item["kind"].as_str().unwrap().to_owned(), item)).collect()
    }

    /// The kinds of what waits, with how many.
    async fn kinds(&self, account: &str) -> Vec<(String, i64)> {
        let work = self.work(account).await;
        work.into_iter().map(|(kind, item)| (kind, item["count"].as_i64().unwrap())).collect()
    }
}

fn only(kind: &str, count: i64) -> Vec<(String, i64)> {
    vec![(kind.to_owned(), count)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_sees_whom_it_has_to_settle_and_what_nobody_knows() {
    let mut counter = Counter::open().await;
    let world = &counter.play.world;
    let desks = Desks { node: world.province(hubei()).unwrap().url() };
    let code = counter.play.hospital.settings().code.to_string();
    let other = world
        .models()
        .map(|model| world.institution(&model.code()).unwrap())
        .find(|one| one.place.province() == hubei() && one.code.as_str() != code)
        .unwrap()
        .code
        .to_string();
    person(&desks.node, "chuangkou01", "李某收", "cashier", &code).await;
    person(&desks.node, "chuangkou02", "赵某收", "cashier", &other).await;
    let stays = |which: &str| format!("/api/v1/institutions/{code}/stays?which={which}");

    // A stay is discharged and not settled: within seven days, or it counts as paid another way.
    let item = desks.work("chuangkou01").await.remove("discharged").expect("it waits");
    let left = world.clock.now().plus_millis(-3_600_000).day();
    assert_eq!((&item["count"], &item["due"]), (&json!(1), &json!(left.plus_days(7).to_string())));
    let window = desks.seat("chuangkou01").await;
    let listed = window.get(&stays("discharged")).await;
    let [row] = &listed["stays"].as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!(row["visit"], json!(counter.play.visit.to_string()));
    assert!(row["name"].as_str().unwrap().contains('*') && row.get("certno").is_none(), "{row}");
    assert_eq!(desks.kinds("chuangkou02").await, []);
    let neighbour = desks.seat("chuangkou02").await;
    assert_eq!(neighbour.refused("get", &stays("discharged"), None).await, (403, "not-permitted".to_owned()));
    assert_eq!(window.refused("get", &stays("all"), None).await, (400, "field-invalid".to_owned()));

    // Beijing hears of the settlement and its answer is lost: after five minutes that is somebody's business, and no longer once it is known.
    let to_hub = world.province(hubei()).unwrap().to_hub.as_ref().unwrap();
    to_hub.always(Fate::DropRequest);
    let msgid = counter.play.hospital.next_msgid();
    assert!(counter.play.settle(&msgid).await.is_err());
    assert_eq!(desks.kinds("chuangkou01").await, []);
    world.clock.pass_seconds(6 * 60);
    assert_eq!(desks.kinds("chuangkou01").await, only("unknown_outcomes", 1));
    let listed = desks.seat("chuangkou01").await.get(&stays("unknown")).await;
    assert_eq!(listed["stays"][0]["visit"], json!(counter.play.visit.to_string()));
    to_hub.always(Fate::Pass);
    counter.play.settle_patiently(&msgid).await;
    assert_eq!(desks.kinds("chuangkou01").await, []);

    // Somebody is in hospital for days, and none of the charges is here.
    let stay = counter.stay("ZY000009");
    counter.admitted(&stay).await;
    assert_eq!(desks.kinds("chuangkou01").await, only("without_lines", 1));
    let lines = counter.bill(&stay, 9);
    counter.done("2301", &counter.lines(&stay, &lines)).await;
    assert_eq!(desks.kinds("chuangkou01").await, []);
    counter.play.world.clock.pass_seconds(1);
    counter.done("2402", &counter.discharge(&stay)).await;
    assert_eq!(desks.kinds("chuangkou01").await, only("discharged", 1));
    let total = bills::total(&lines);
    counter.done("2304", &counter.settle(total)).await;
    assert_eq!(desks.kinds("chuangkou01").await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_office_compares_its_days_confirms_its_month_and_is_paid_by_three_desks() {
    let counter = Counter::open().await;
    let world = &counter.play.world;
    let desks = Desks { node: world.province(hubei()).unwrap().url() };
    let code = counter.play.hospital.settings().code.to_string();
    let place = world.institution(&counter.play.hospital.settings().code).unwrap().place;
    let city = place.0.pooling_area().to_string();
    person(&desks.node, "yibaoban1", "孙某办", "institution-office", &code).await;
    for (account, name, role, area) in [
        ("shenhe01", "周某核", "agency-reviewer", city.as_str()),
        ("caizheng01", "吴某财", "finance", &city),
        ("jingban01", "郑某经", "agency-operator", &city),
        ("shenhe05", "王某核", "agency-reviewer", "420500"),
        ("caizheng05", "冯某财", "finance", "420500"),
    ] {
        person(&desks.node, account, name, role, area).await;
    }
    let settled = counter.play.settle_patiently(&counter.play.hospital.next_msgid()).await;
    let month = world.clock.now().day().month();
    let day = world.clock.now().day();
    assert_eq!(desks.kinds("yibaoban1").await, [], "today is not over");

    // The day after it waits to be compared; it differs, and then it does not.
    world.clock.pass_days(1);
    let item = desks.work("yibaoban1").await.remove("day_books").expect("it waits");
    assert_eq!((&item["count"], &item["since"]), (&json!(1), &json!(day.to_string())));
    let books = format!("/api/v1/institutions/{code}/day-books");
    let state = async || desks.seat("yibaoban1").await.get(&books).await["days"][0]["state"].clone();
    assert_eq!(state().await, json!("missing"));
    let account = read_fen(&settled.info["acct_pay"]).unwrap().to_string();
    let totals = |total: Fen| {
        json!({ "data": {
            "insutype": "310", "clr_type": "99952", "setl_optins": city, "stmt_begndate": day.to_string(),
            "stmt_enddate": day.to_string(), "medfee_sumamt": total.to_string(),
            "fund_pay_sumamt": settled.fund_total.to_string(), "acct_pay": account, "fixmedins_setl_cnt": 1,
        }})
    };
    counter.done("3201", &totals(counter.play.total + Fen(1))).await;
    assert_eq!(state().await, json!("differs"));
    assert_eq!(desks.kinds("yibaoban1").await, only("day_books", 1));
    counter.done("3201", &totals(counter.play.total)).await;
    assert_eq!(desks.kinds("yibaoban1").await, []);
    // Line by line is a comparison as well.
    let by_line = async |total: Fen| {
        let text = |field: &str| settled.info[field].as_str().unwrap().to_owned();
        let line = format!(
            "{}\t{}\t{}\t{total}\t{}\t{account}\t0",
            text("setl_id"),
            text("mdtrt_id"),
            counter.play.patient.number.as_str(),
            settled.fund_total,
        );
        let packed: Vec<i8> = archive::pack("3202.txt", &line).into_iter().map(u8::cast_signed).collect();
        let file = json!({ "fsUploadIn": { "in": packed, "filename": "3202.zip", "fixmedins_code": "" } });
        let mut input = totals(total);
        input["data"]["file_qury_no"] = counter.done("9101", &file).await["file_qury_no"].take();
        counter.done("3202", &input).await
    };
    by_line(counter.play.total + Fen(1)).await;
    assert_eq!(state().await, json!("differs"));
    by_line(counter.play.total).await;
    assert_eq!(desks.kinds("yibaoban1").await, []);

    // The month is over: its lines wait to be confirmed up to the twentieth, and then the agency's reviewer has a payment to adopt.
    let first = month.next().first_day();
    world.clock.pass_days(world.clock.now().day().days_until(first.plus_days(1)).unsigned_abs());
    let item = desks.work("yibaoban1").await.remove("apportioning").expect("it waits");
    let by = (json!(month.to_string()), json!(first.plus_days(19).to_string()));
    assert_eq!((item["month"].clone(), item["due"].clone()), by);
    let of_month = format!("/api/v1/institutions/{code}/apportioning");
    let months = desks.seat("yibaoban1").await.get(&of_month).await;
    assert_eq!((&months["months"][0]["lines"], &months["months"][0]["open"]), (&json!(1), &json!(1)));
    assert_eq!(desks.kinds("shenhe01").await, []);
    confirm_lines(&counter, month).await;
    assert_eq!(desks.kinds("yibaoban1").await, []);
    let said = desks.seat("yibaoban1").await.get(&format!("{of_month}/{month}")).await;
    assert_eq!(said["confirmed"].as_array().unwrap().len(), 1);

    let reviewer = desks.seat("shenhe01").await;
    assert_eq!(desks.kinds("shenhe01").await, only("payments_to_adopt", 1));
    let waiting = reviewer.get("/api/v1/funds/institution-payments/to-adopt").await;
    assert_eq!(
        (&waiting["waiting"][0]["institution"], &waiting["waiting"][0]["lines"]),
        (&json!(code), &json!(1))
    );
    assert_eq!((desks.kinds("shenhe05").await, desks.kinds("caizheng05").await), (vec![], vec![]));
    let adopt = json!({ "institution": code, "month": month.to_string() });
    let payment = reviewer.post("/api/v1/funds/institution-payments/adopt", adopt).await;
    let number = payment["number"].as_str().unwrap().to_owned();
    assert_eq!(desks.kinds("shenhe01").await, []);

    // Finance orders it, by the day that the rules say, and enters what the bank has done.
    let item = desks.work("caizheng01").await.remove("payments_to_order").expect("it waits");
    assert_eq!(item["due"], payment["due"]);
    let finance = desks.seat("caizheng01").await;
    let open = async |which: &str| {
        let found = finance.get(&format!("/api/v1/funds/institution-payments?open={which}")).await;
        found["payments"].as_array().unwrap().iter().map(|one| one["number"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((open("to_order").await, open("at_bank").await), (vec![json!(number)], vec![]));
    let holder = json!({
        "holder": "示范医院", "number": "42001234567890", "bank": "示范银行武汉分行", "bank_code": "102521000018",
    });
    let operator = desks.seat("jingban01").await;
    let (status, _, answer) =
        operator.ask("put", &format!("/api/v1/funds/institutions/{code}/account"), Some(&holder)).await;
    assert_eq!(status, 200, "{answer}");
    let legs: Vec<Value> = payment["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let of = |kind: &str| format!("{kind}/420000/310/{}", line["purse"].as_str().unwrap());
            json!({ "debit": of("treatment-deposit-fiscal"), "credit": of("treatment-opening"), "amount": line["confirmed"] })
        })
        .collect();
    let opening = json!({ "id": "QC2026", "code": "opening", "summary": "期初余额", "legs": legs });
    let _: Value =
        crate::access::program(&desks.node).post("/api/v1/funds/ledger/vouchers", &opening).await.unwrap();
    let instalments = format!("/api/v1/funds/institution-payments/{number}/instalments");
    finance.post(&instalments, json!({ "instalment": 1 })).await;
    assert_eq!((open("to_order").await, open("at_bank").await), (vec![], vec![json!(number)]));
    assert_eq!(desks.kinds("caizheng01").await, only("payments_at_bank", 1));
    let bank = |paid: bool, instalment: u16| {
        let day = counter.play.world.clock.now().day();
        json!({ "instalment": instalment, "paid": paid, "bank_reference": format!("T{instalment}"), "day": day.to_string() })
    };
    // The bank sends it back, and it is to be ordered again.
    let banks = format!("/api/v1/funds/institution-payments/{number}/bank");
    finance.post(&banks, bank(false, 1)).await;
    assert_eq!(desks.kinds("caizheng01").await, only("payments_to_order", 1));
    finance.post(&instalments, json!({ "instalment": 2 })).await;
    finance.post(&banks, bank(true, 2)).await;
    assert_eq!(desks.kinds("caizheng01").await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_sees_which_accounts_wait() {
    let counter = Counter::open().await;
    let world = &counter.play.world;
    let desks = Desks { node: world.province(hubei()).unwrap().url() };
    person(&desks.node, "guanli01", "蒋某管", "account-administrator", "420100").await;
    person(&desks.node, "jingban02", "沈某经", "agency-operator", "420100").await;
    person(&desks.node, "jingban05", "韩某经", "agency-operator", "420500").await;
    let listed = async |due: &str| {
        let found = desks.seat("guanli01").await.get(&format!("/api/v1/accounts?due={due}")).await;
        let accounts = found["accounts"].as_array().unwrap().clone();
        accounts.into_iter().map(|one| one["account"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    // Whoever logs in with a password alone should have codes; accounts of another city are another's.
    assert_eq!(desks.kinds("guanli01").await, only("accounts_without_code", 2));
    assert_eq!(listed("without_code").await, ["guanli01", "jingban02"]);

    // An initial password that nobody changes is somebody's business after a week, and no longer once it is changed or given anew.
    let new = json!({ "account": "xinren01", "name": "杨某新", "role": "agency-operator", "area": "420100" });
    let made = desks.seat("guanli01").await.post("/api/v1/accounts", new).await;
    assert_eq!(desks.kinds("guanli01").await, only("accounts_without_code", 2));
    world.clock.pass_days(8);
    let item = desks.work("guanli01").await.remove("accounts_initial").expect("it waits");
    let given = &made["account"]["created_at"].as_str().unwrap()[..10];
    assert_eq!((&item["count"], &item["since"]), (&json!(1), &json!(given)));
    assert_eq!(listed("initial").await, ["xinren01"]);
    desks.seat("guanli01").await.post("/api/v1/accounts/xinren01/reset-password", json!({})).await;
    assert_eq!(desks.kinds("guanli01").await, only("accounts_without_code", 2));

    // A locked account waits as long as it is locked.
    for _ in 0..5 {
        let mut thief = Browser::at(&desks.node);
        assert!(thief.log_in("jingban02", "tree-lamp-94", None).await.is_err());
    }
    assert_eq!(desks.work("guanli01").await["accounts_locked"]["count"], json!(1));
    assert_eq!(listed("locked").await, ["jingban02"]);
    world.clock.pass_seconds(16 * 60);
    assert_eq!(desks.kinds("guanli01").await, only("accounts_without_code", 2));
    assert_eq!(listed("locked").await, [] as [&str; 0]);
    assert_eq!(desks.kinds("jingban02").await, [], "nobody else is told");
}

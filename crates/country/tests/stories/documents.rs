//! Documents: issued of the books under one number, the same bytes for ever, and verified by whoever holds one, at the node that
//! issued it.

use crate::{
    access::{Browser, PASSWORD, person},
    play::{Play, beijing, hubei},
};
use funds::{
    Purse,
    notice::{Cause, Notice, NoticeLine, NoticeNumber},
};
use node::api::client::{CallError, Client};
use serde_json::{Value, json};
use store::notice::{KeptNotice, issue, keep};
use terms::{Clock, Fen, Fund, InsuranceScheme, Month, Participant};
use wire::api::{
    clearing::ClearingMonth,
    document::{DocumentView, Documents, VerifiedDocument},
    ledger::MadeVouchers,
    media::IssuedCard,
};

fn client(node: String, token: &str) -> Client {
    Client { node, token: token.to_owned(), operator: Some("赵某甲".to_owned()), duty: None }
}

fn notice(now: terms::Moment) -> Notice {
    let cause = Cause::Clearing { month: Month::new(2026, 10).unwrap() };
    let line = |scheme, fund, amount| NoticeLine { scheme, purse: Purse::Fund(fund), amount: Fen(amount) };
    Notice {
        number: NoticeNumber::of(&cause, hubei(), beijing()),
        cause,
        payer: hubei(),
        payee: beijing(),
        lines: vec![
            line(InsuranceScheme::Employee, Fund::EmployeePool, 123_456),
            line(InsuranceScheme::Resident, Fund::ResidentPool, 44),
        ],
        issued_on: now.day(),
        issued_at: now,
        by: "钱某乙".to_owned(),
    }
}

async fn refused(client: &Client, kind: &str, subject: &str) -> String {
    let body = json!({ "kind": kind, "subject": subject });
    match client.post::<DocumentView>("/api/v1/funds/documents", &body).await {
        Err(CallError::Refused(refused)) => refused.code,
        other => panic!("{kind} {subject}: {other:?}"),
    }
}

async fn verified(node: &str, number: &str, code: &str) -> VerifiedDocument {
    let anybody = client(node.to_owned(), "nobody's token");
    anybody.get(&format!("/api/v1/verify/{number}?code={code}")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_one_document_at_each_node_for_ever() {
    let world = crate::play::world().await;
    let now = world.clock.now();
    let notice = notice(now);
    let hub_node = &world.hub;
    let mut work = hub_node.context.store.begin().await.unwrap();
    issue(&mut work, &notice).await.unwrap();
    work.save().await.unwrap();
    let hubei_side = world.province(hubei()).unwrap();
    let mut work = hubei_side.node.context.store.begin().await.unwrap();
    let came = KeptNotice { serial: 1, notice: notice.clone(), received_on: Some(now.day()) };
    keep(&mut work, hubei(), &came).await.unwrap();
    work.save().await.unwrap();

    let at_hub = client(world.hub_url(), "令牌");
    let at_hubei = client(hubei_side.url(), "令牌");
    let body = json!({ "kind": "payment_notice", "subject": notice.number.as_str() });
    let first: DocumentView = at_hub.post("/api/v1/funds/documents", &body).await.unwrap();
    assert_eq!(first.number, "FK-QS202610-420000-110000");
    assert_eq!((first.total.as_deref(), first.issued_by.as_str()), (Some("1235.00"), "赵某甲"));
    world.clock.pass_seconds(86_400);
    let again: DocumentView = at_hub.post("/api/v1/funds/documents", &body).await.unwrap();
    assert_eq!(again, first, "issued twice, it is the first");
    let own: DocumentView = at_hubei.post("/api/v1/funds/documents", &body).await.unwrap();
    assert_eq!(own.number, first.number);
    assert_ne!(own.code, first.code, "each node has its own key");
    let receipt = json!({ "kind": "receipt_notice", "subject": notice.number.as_str() });
    let receipt: DocumentView = at_hub.post("/api/v1/funds/documents", &receipt).await.unwrap();

    // The files.
    for end in ["pdf", "xlsx", "csv"] {
        let path = format!("/api/v1/funds/documents/{}.{end}", first.number);
        let file = at_hub.fetch(&path).await.unwrap();
        let begins: &[u8] = match end {
            "pdf" => b"%PDF-",
            "xlsx" => b"PK\x03\x04",
            _ => "编号,表,序号,险种,资金类别,金额\r\n".as_bytes(),
        };
        assert!(file.starts_with(begins), "{end}");
        assert_eq!(file, at_hub.fetch(&path).await.unwrap(), "{end}: the same bytes");
    }
    let known: DocumentView = at_hub.get(&format!("/api/v1/funds/documents/{}", first.number)).await.unwrap();
    assert_eq!(known, first);

    // The list.
    let all: Documents = at_hub.get("/api/v1/funds/documents").await.unwrap();
    let numbers: Vec<&str> = all.documents.iter().map(|one| one.number.as_str()).collect();
    assert_eq!(numbers, [&first.number, &receipt.number]);
    let some: Documents = at_hub.get("/api/v1/funds/documents?kind=receipt_notice").await.unwrap();
    assert_eq!(some.documents, std::slice::from_ref(&receipt));

    // Whoever holds one.
    let genuine = verified(&world.hub_url(), &first.number, &first.code.to_lowercase()).await;
    let shown = genuine.document.expect("genuine");
    assert_eq!(shown.title, "跨省异地就医费用付款通知书");
    assert_eq!(shown.total_capitals.as_deref(), Some("壹仟贰佰叁拾伍元整"));
    for (number, code) in [
        (first.number.as_str(), own.code.as_str()),
        (&first.number, ""),
        (&receipt.number, &first.code),
        ("FK-QS202610-420000-310000", &first.code),
        ("%E7%BC%96", "x"),
    ] {
        let answer = verified(&world.hub_url(), number, code).await;
        assert!(!answer.genuine && answer.document.is_none(), "{number} {code}");
    }
    assert!(verified(&hubei_side.url(), &own.number, &own.code).await.genuine);

    // What there is nothing to make of.
    for (kind, subject, code) in [
        ("payment_notice", "QS202609-420000-110000", "nothing-to-issue"),
        ("prepayment_payment_notice", notice.number.as_str(), "nothing-to-issue"),
        ("payment_notice", "编号", "field-invalid"),
        ("love_letter", "1", "field-invalid"),
        ("national_clearing", "202610", "nothing-to-issue"),
        ("payable_clearing", "202610-420000", "nothing-to-issue"),
        ("payable_clearing", "202610", "field-invalid"),
        ("national_clearing", "202613", "field-invalid"),
        ("employee_deduction", "202610-420000", "nothing-to-issue"),
        ("urging_notice", "QS202610-420000-110000-310-1", "nothing-to-issue"),
        ("voucher", "clearing/202610", "nothing-to-issue"),
        ("voucher", "空 格", "field-invalid"),
        ("trial_balance", "209912", "field-invalid"),
        ("reconciliation", "2026-10-01", "nothing-to-issue"),
        ("area_clearing", "202610-420100", "field-invalid"),
    ] {
        assert_eq!(refused(&at_hub, kind, subject).await, code, "{kind} {subject}");
    }
    for (kind, subject, code) in [
        ("payable_clearing", "202610", "nothing-to-issue"),
        ("payable_clearing", "202610-110000", "field-invalid"),
        ("area_clearing", "202610-420100", "nothing-to-issue"),
        ("institution_payment", "202610-H42010600001-1", "nothing-to-issue"),
        ("national_clearing", "202610", "field-invalid"),
    ] {
        assert_eq!(refused(&at_hubei, kind, subject).await, code, "{kind} {subject}");
    }
    let nobody = client(world.hub_url(), "wrong");
    let answer = nobody.fetch(&format!("/api/v1/funds/documents/{}.pdf", first.number)).await;
    assert!(matches!(answer, Err(CallError::Refused(refused)) if refused.code == "not-authenticated"));
    let unknown = at_hub.fetch("/api/v1/funds/documents/FK-1.pdf").await;
    assert!(matches!(unknown, Err(CallError::Refused(refused)) if refused.code == "unknown-document"));
    world.stop().await;
}

/// One settlement, as all who may see it have it on paper: the person at the portal, the agency, the cashier; until it is undone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settlement_has_one_statement_at_each_place_until_it_is_undone() {
    let play = Play::prepare().await;
    let settled = play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap();
    play.dust_settles().await;
    let world = &play.world;
    let (there, home) = (world.province(hubei()).unwrap().url(), world.province(beijing()).unwrap().url());
    let (treats, insures) = (client(there.clone(), "令牌"), client(home.clone(), "令牌"));

    // The person, who has a card; and somebody else, whose it is not.
    let holder = json!({ "insured": "110101", "person": play.patient.number.as_str() });
    let card: IssuedCard = insures.post("/api/v1/cards", &holder).await.unwrap();
    let mut me = Browser::at(&home);
    let certno = play.patient.citizen.reveal();
    let new = json!({ "insured": "110101", "certno": certno, "name": play.patient.name, "card": card.number,
                      "password": PASSWORD });
    me.post("/web/portal/register", new).await;
    me.log_in(certno, PASSWORD, None).await.unwrap();
    let own = format!("/web/portal/settlements/{settled}");
    let view = me.get(&own).await;
    let mine = me.post(&format!("{own}/statement"), json!({})).await;
    assert_eq!(mine["number"], json!(format!("JS-{settled}")));
    assert_eq!((&mine["title"], &mine["total"]), (&json!("跨省异地就医直接结算单"), &view["total"]));
    let (number, code) = (mine["number"].as_str().unwrap(), mine["code"].as_str().unwrap());
    let scanned = format!("/portal.html#number={number}&code={code}");
    assert!(mine["verification"].as_str().unwrap().ends_with(&scanned), "{mine}");
    for (form, status) in [("pdf", 200), ("xlsx", 200), ("csv", 200), ("doc", 400)] {
        assert_eq!(me.ask("get", &format!("{own}/statement/{form}"), None).await.0, status, "{form}");
    }
    let none = "/web/portal/settlements/420000179500000000000000000007/statement";
    assert_eq!(me.refused("post", none, None).await, (404, "unknown-settlement".to_owned()));

    // The agency at home gets the same; its figures are those of the page, and who the person is does not stand on it.
    let at_desk = format!("/api/v1/settlements/{settled}/statement");
    let desk: DocumentView = insures.post(&at_desk, &json!({})).await.unwrap();
    assert_eq!((desk.number.as_str(), desk.code.as_str()), (number, code), "one document for ever");
    let csv = String::from_utf8(insures.fetch(&format!("{at_desk}/csv")).await.unwrap().to_vec()).unwrap();
    let breakdown = &view["breakdown"];
    for amount in [&breakdown["account"], &breakdown["cash"], &breakdown["funds"][0]["amount"]] {
        assert!(csv.contains(amount.as_str().unwrap()), "{amount}: {csv}");
    }
    for step in breakdown["steps"].as_array().unwrap() {
        assert!(csv.contains(step["step"].as_str().unwrap()), "{step}: {csv}");
    }
    let node = &world.province(beijing()).unwrap().node;
    let mut conn = node.context.store.conn().await.unwrap();
    let kept = store::issued_document::find(&mut conn, Participant::Province(beijing()), number)
        .await
        .unwrap()
        .unwrap();
    drop(conn);
    for secret in [certno, play.patient.name.as_str(), play.patient.number.as_str()] {
        assert!(!kept.content.text().contains(secret), "the paper says {secret}");
    }
    assert!(insures.fetch(&format!("{at_desk}/pdf")).await.unwrap().starts_with(b"%PDF-"));

    // The cashier prints the treatment place's own, and nobody of another institution does.
    let institution = play.hospital.settings().code.to_string();
    let cashier = person(&there, "shoufei11", "李某收", "cashier", &institution).await;
    let at_window = |of: &str| format!("/web/window/{of}/settlements/{settled}/statement");
    let printed = cashier.post(&at_window(&institution), json!({})).await;
    assert_eq!(printed["number"], json!(number));
    assert_ne!(printed["code"], json!(code), "each node has its own key");
    assert_eq!(printed["issued_by"], json!("李某收（shoufei11）"));
    assert_eq!(cashier.ask("get", &format!("{}/pdf", at_window(&institution)), None).await.0, 200);
    let other = world.models().map(|model| model.code().to_string());
    let other = other.filter(|code| code.starts_with("H42")).find(|code| *code != institution).unwrap();
    let elsewhere = person(&there, "shoufei12", "赵某收", "cashier", &other).await;
    let denied = elsewhere.refused("post", &at_window(&institution), None).await;
    assert_eq!(denied, (403, "not-permitted".to_owned()));
    let strange = elsewhere.refused("post", &at_window(&other), None).await;
    assert_eq!(strange, (404, "unknown-settlement".to_owned()), "its own window, another's settlement");

    // It is no document of the funds: whoever sees those does not see it.
    let all: Documents = insures.get("/api/v1/funds/documents").await.unwrap();
    assert!(all.documents.is_empty(), "{all:?}");
    assert_eq!(refused(&insures, "settlement_statement", &settled.to_string()).await, "field-invalid");
    for path in [number.to_owned(), format!("{number}.pdf")] {
        let hidden = insures.fetch(&format!("/api/v1/funds/documents/{path}")).await;
        assert!(matches!(hidden, Err(CallError::Refused(no)) if no.code == "unknown-document"), "{path}");
    }

    // Genuine, until it is undone; then it is told to be void, and is given out no more.
    let whole = verified(&home, number, code).await.document.expect("genuine");
    assert_eq!((whole.total.as_deref(), whole.lapsed), (view["total"].as_str(), None));
    let window = format!("/web/window/{institution}/2305");
    let data = json!({ "mdtrt_id": play.visit.to_string(), "setl_id": settled.to_string(),
                       "psn_no": play.patient.number.as_str() });
    let cancelled = json!({ "msgid": "W1", "insured": "110101", "input": { "data": data } });
    assert_eq!(cashier.post(&window, cancelled).await["infcode"], json!(0));
    play.dust_settles().await;
    for (node, code) in [(&home, code), (&there, printed["code"].as_str().unwrap())] {
        let void = verified(node, number, code).await.document.expect("it was issued");
        assert!(void.lapsed.as_deref().is_some_and(|why| why.contains("冲销")), "{void:?}");
    }
    let nothing = (422, "nothing-to-issue".to_owned());
    assert_eq!(me.refused("post", &format!("{own}/statement"), None).await, nothing);
    assert_eq!(me.refused("get", &format!("{own}/statement/pdf"), None).await, nothing);
    assert_eq!(cashier.refused("post", &at_window(&institution), None).await, nothing);
    let again = treats.post::<DocumentView>(&at_desk, &json!({})).await;
    assert!(matches!(again, Err(CallError::Refused(no)) if no.code == "nothing-to-issue"));
    play.world.stop().await;
}

/// Of a month that was settled, summarised, closed, adopted and fetched: what all documents of it say together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_books_hold_comes_out_as_documents() {
    let play = Play::prepare().await;
    let settled = play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap();
    play.dust_settles().await;
    let (world, month) = (&play.world, settled.month());
    let at_hub = client(world.hub_url(), "令牌");
    let at_beijing = client(world.province(beijing()).unwrap().url(), "令牌");
    let at_hubei = client(world.province(hubei()).unwrap().url(), "令牌");

    // The day's summary vouchers, and the month's trial balance once it is over.
    world.clock.pass_days(1);
    let summary = "/api/v1/funds/ledger/summaries";
    let made = at_beijing.post::<MadeVouchers>(summary, &json!({})).await.unwrap().made;
    let statement_day = month.next().first_day().plus_days(21);
    let days = world.clock.now().day().days_until(statement_day);
    world.clock.pass_days(u32::try_from(days).expect("it is to come"));
    let voucher = issued(&at_beijing, "voucher", &made[0]).await;
    assert!(voucher.number.starts_with("PZ-") && voucher.total.is_some(), "{voucher:?}");
    let number = month.number().to_string();
    let balance = issued(&at_beijing, "trial_balance", &number).await;
    let csv = text(&at_beijing, &balance).await;
    assert!(csv.contains("应付跨省异地就医资金"), "{csv}");

    // The month's statements: what Beijing owes is what Hubei is owed, at the hub as at both.
    world.hub.keep_timetable().await;
    let path = format!("/api/v1/funds/clearings/{number}");
    let planned: ClearingMonth = at_hub.get(&path).await.unwrap();
    assert_eq!(refused(&at_hub, "national_clearing", &number).await, "nothing-to-issue", "not adopted");
    let revision = json!({ "revision": planned.revision });
    let _: ClearingMonth = at_hub.post(&format!("{path}/adopt"), &revision).await.unwrap();
    let statement = format!("/api/v1/funds/statements/{month}/fetch");
    for client in [&at_beijing, &at_hubei] {
        let _: Value = client.post_and_wait(&statement, &json!({})).await.unwrap();
    }
    let nation = issued(&at_hub, "national_clearing", &number).await;
    let owed = nation.total.clone().unwrap();
    assert_ne!(owed, "0.00");
    for (client, kind, subject) in [
        (&at_hub, "payable_clearing", format!("{number}-110000")),
        (&at_hub, "receivable_clearing", format!("{number}-420000")),
        (&at_beijing, "payable_clearing", number.clone()),
        (&at_hubei, "receivable_clearing", number.clone()),
        (&at_hub, "employee_fund_payable", format!("{number}-110000")),
    ] {
        let one = issued(client, kind, &subject).await;
        assert_eq!(one.total.as_ref(), Some(&owed), "{kind} {subject}");
        assert_eq!(one.missing_characters, [] as [String; 0]);
    }
    let nothing = issued(&at_hubei, "payable_clearing", &number).await;
    assert_eq!(nothing.total.as_deref(), Some("0.00"), "Hubei owes nobody");
    let nation = text(&at_hub, &nation).await;
    assert!(nation.contains("省际明细,北京市,湖北省,1,"), "{nation}");
}

async fn issued(client: &Client, kind: &str, subject: &str) -> DocumentView {
    let body = json!({ "kind": kind, "subject": subject });
    client
        .post("/api/v1/funds/documents", &body)
        .await
        .unwrap_or_else(|error| panic!("{kind} {subject}: {error}"))
}

async fn text(client: &Client, one: &DocumentView) -> String {
    let file = client.fetch(&format!("/api/v1/funds/documents/{}.csv", one.number)).await.unwrap();
    String::from_utf8(file.to_vec()).unwrap()
}

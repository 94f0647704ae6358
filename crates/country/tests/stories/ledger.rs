//! The general ledgers of a hub and two provinces: the journal enters them, clerks post by hand, and the proof finds what somebody
//! has changed behind a node's back.

use crate::play::{Play, beijing, hubei};
use funds::Side;
use node::api::client::{CallError, Client};
use serde_json::{Value, json};
use store::measure::{Tampering, tamper};
use terms::{Clock, Fen, Participant};
use wire::api::{
    Taken,
    ledger::{AccountLedger, LedgerVoucher, LedgerVouchers, MadeVouchers, Proof, TrialBalanceView},
};

const LEDGER: &str = "/api/v1/funds/ledger";

fn clerk(play: &Play, participant: Participant) -> Client {
    let node = match participant {
        Participant::Hub => play.world.hub_url(),
        Participant::Province(province) => play.world.province(province).unwrap().url(),
    };
    Client { node, token: "令牌".to_owned(), operator: Some("王某甲".to_owned()), duty: None }
}

fn nodes() -> [Participant; 3] {
    [Participant::Hub, Participant::Province(hubei()), Participant::Province(beijing())]
}

async fn summarise(clerk: &Client) -> Vec<String> {
    clerk.post::<MadeVouchers>(&format!("{LEDGER}/summaries"), &json!({})).await.unwrap().made
}

async fn prove(clerk: &Client) -> Proof {
    clerk.post_and_wait("/api/v1/funds/prove", &json!({})).await.unwrap()
}

async fn refused(clerk: &Client, what: &str, body: &Value, words: &str) {
    match clerk.post::<MadeVouchers>(&format!("{LEDGER}/{what}"), body).await {
        Err(CallError::Refused(refused)) => assert!(refused.message.contains(words), "{refused:?}"),
        other => panic!("{body}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_enters_three_ledgers_and_all_of_it_can_be_proven() {
    let mut play = Play::prepare().await;
    let stands = play.settle_patiently(&play.hospital.next_msgid()).await;
    play.next_stay(2).await;
    let taken_back = play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap();
    play.hospital.cancel(&play.patient, play.visit, taken_back).await.unwrap();
    play.dust_settles().await;

    let clerks = nodes().map(|node| clerk(&play, node));
    for clerk in &clerks {
        assert!(summarise(clerk).await.is_empty(), "today is not over");
        assert!(prove(clerk).await.agrees, "also before anything has entered");
    }
    play.world.clock.pass_days(1);
    for clerk in &clerks {
        assert!(!summarise(clerk).await.is_empty());
        assert!(summarise(clerk).await.is_empty(), "a day enters once");
        let trial: TrialBalanceView = clerk.get(&format!("{LEDGER}/trial")).await.unwrap();
        assert!(trial.balanced, "{trial:#?}");
        let proof = prove(clerk).await;
        assert!(proof.agrees, "{proof:#?}");
        assert!(proof.checks.iter().all(|check| check.note.is_none()), "{proof:#?}");
    }

    // What Hubei is owed by Beijing's pool fund is what the settlement that stands says.
    let [hub, treatment, insured] = &clerks;
    let pool = Fen(stands.funds.get("310100").map_or(0, |paid| paid.0));
    for (clerk, account) in [
        (treatment, "receivable-insured/110000/310/310100"),
        (hub, "hub-payable/420000/310/310100"),
        (insured, "payable-treatment/420000/310/310100"),
    ] {
        let found: AccountLedger = clerk.get(&format!("{LEDGER}/account?account={account}")).await.unwrap();
        assert_eq!(found.closing, pool, "{account}");
        assert_eq!(found.lines.len(), 2, "made and undone on one day: {found:#?}");
        let csv = clerk.get_text(&format!("{LEDGER}/account?account={account}&format=csv")).await.unwrap();
        assert_eq!(csv.lines().count(), 3, "{csv}");
    }
    let page: LedgerVouchers = insured.get(&format!("{LEDGER}/vouchers?code=settlements")).await.unwrap();
    assert!(page.vouchers.iter().all(|one| one.by == "系统" && one.summary.contains("异地就医结算汇总")));

    // Behind Hubei's back, a fen.
    let store = &play.world.province(hubei()).unwrap().node.context.store;
    let id = stands.settlement.unwrap();
    let mut conn = store.conn().await.unwrap();
    assert!(tamper(&mut conn, Side::Treatment, id, Tampering::Shifted(Fen(1))).await.unwrap());
    let proof = prove(treatment).await;
    assert!(!proof.agrees);
    let told: Vec<&String> = proof.checks.iter().filter_map(|check| check.difference.as_ref()).collect();
    assert!(told.iter().all(|what| what.contains(&id.to_string())) && !told.is_empty(), "{told:#?}");
    assert!(prove(insured).await.agrees, "Beijing's books are as they were");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clerks_post_what_no_business_posts_and_bank_fees_never() {
    let play = Play::prepare().await;
    let node = Participant::Province(hubei());
    let clerk = clerk(&play, node);
    let deposit = "treatment-deposit-fiscal/420000/310/310100";
    let voucher = |id: &str, code: &str, debit: &str, credit: &str, amount: &str| json!({ "id": id, "code": code, "summary": "手工凭证", "legs": [{ "debit": debit, "credit": credit, "amount": amount }] });
    let opening = voucher("QC-1", "opening", deposit, "treatment-opening/420000/310/310100", "5000000000.00");
    let path = format!("{LEDGER}/vouchers");
    for _ in 0..2 {
        let made: MadeVouchers = clerk.post(&path, &opening).await.unwrap();
        assert_eq!(made.made, ["manual/QC-1"]);
    }
    play.world.clock.pass_days(1);
    let again: MadeVouchers = clerk.post(&path, &opening).await.unwrap();
    assert_eq!(again.made, ["manual/QC-1"], "a retry the next day");
    let interest = voucher("LX-1", "interest", deposit, "income-interest/110000/310/310100", "12.34");
    let _: MadeVouchers = clerk.post(&path, &interest).await.unwrap();

    for (body, words) in [
        (
            voucher("F-1", "bank_fee", "income-interest/110000/310/310100", deposit, "5.00"),
            "银行手续费不得从基金列支",
        ),
        (voucher("F-2", "clearing_paid", deposit, "income-interest/110000/310/310100", "5.00"), "自动生成"),
        (voucher("F-3", "interest", "income-interest/110000/310/310100", deposit, "5000000012.35"), "余额"),
        (voucher("F-4", "interest", deposit, "hub-payable/110000/310/310100", "5.00"), "不属于本节点"),
        (
            voucher("F-5", "interest", deposit, "income-interest/110000/390/390100", "5.00"),
            "同一角色、险种和基金",
        ),
        (voucher("F-6", "interest", deposit, "cash", "5.00"), "科目编码"),
        (voucher("空格", "interest", deposit, "income-interest/110000/310/310100", "5.00"), "110位"),
        (voucher("LX-1", "interest", deposit, "income-interest/110000/310/310100", "12.35"), "分录不同"),
    ] {
        refused(&clerk, "vouchers", &body, words).await;
    }
    let correction = json!({ "voucher": "manual/LX-1", "reason": "金额录入有误" });
    for _ in 0..2 {
        let made: MadeVouchers = clerk.post(&format!("{LEDGER}/corrections"), &correction).await.unwrap();
        assert_eq!(made.made, ["correction/manual/LX-1"]);
    }
    refused(&clerk, "corrections", &json!({ "voucher": "manual/none", "reason": "无" }), "未查到").await;
    refused(
        &clerk,
        "corrections",
        &json!({ "voucher": "correction/manual/LX-1", "reason": "无" }),
        "不能手工更正",
    )
    .await;
    let found: LedgerVoucher =
        clerk.get(&format!("{LEDGER}/voucher?id=correction/manual/LX-1")).await.unwrap();
    assert_eq!((found.by.as_str(), found.legs[0].debit.name.as_str()), ("王某甲", "利息收入"));
    assert_eq!(found.legs[0].credit.number.as_deref(), Some("1003"));

    let closing = json!({ "account": "income-interest/110000/310/310100", "reason": "停止计息" });
    let _: Taken = clerk.post(&format!("{LEDGER}/accounts/close"), &closing).await.unwrap();
    let more = voucher("LX-2", "interest", deposit, "income-interest/110000/310/310100", "1.00");
    refused(&clerk, "vouchers", &more, "已关闭").await;
    refused(&clerk, "accounts/close", &json!({ "account": deposit, "reason": "停用" }), "还有余额").await;
    let _: Taken = clerk.post(&format!("{LEDGER}/accounts/open"), &closing).await.unwrap();
    let _: MadeVouchers = clerk.post(&path, &more).await.unwrap();

    // The year is carried over, and again after something late.
    let year = play.world.clock.now().day().year();
    refused(&clerk, "years", &json!({ "year": year }), "已经结束的年度").await;
    play.world.clock.pass_days(366);
    let closed: MadeVouchers =
        clerk.post(&format!("{LEDGER}/years"), &json!({ "year": year })).await.unwrap();
    assert_eq!(closed.made, [format!("closing/{year}/treatment/310/310100/1")]);
    let closed: MadeVouchers =
        clerk.post(&format!("{LEDGER}/years"), &json!({ "year": year })).await.unwrap();
    assert!(closed.made.is_empty());
    let last = format!("{year}-12-31");
    let trial: TrialBalanceView =
        clerk.get(&format!("{LEDGER}/trial?first={last}&last={last}")).await.unwrap();
    let standing: Vec<String> = trial
        .accounts
        .iter()
        .map(|line| format!("{} {}{}", line.account.name, line.side, line.closing))
        .collect();
    assert!(trial.balanced);
    assert_eq!(standing, ["财政专户存款 借5000000001.00", "利息收入 贷0.00", "期初基金 贷5000000001.00"]);
    let csv = clerk.get_text(&format!("{LEDGER}/trial?format=csv")).await.unwrap();
    assert!(csv.starts_with("科目编号,科目,") && csv.contains("1003,财政专户存款,420000"), "{csv}");
    assert!(prove(&clerk).await.agrees);
}

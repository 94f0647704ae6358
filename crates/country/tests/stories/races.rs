//! Two things at once at one counter: whichever is first, the other is told so, and what is settled is what was uploaded.

use crate::desk::{Counter, renamed};
use crate::kinds::{Ask, Care, Case, KINDS, Kind, OpenVisit, Told, of_every_kind};
use crate::play::beijing;
use crate::raw::sentence;
use country::{hospital::Called, network::Fate};
use serde_json::{Value, json};
use std::iter::repeat_n;
use terms::Fen;

/// How often two are sent at once.
const ROUNDS: u64 = 6;

fn is_done(answer: &Value) -> bool {
    answer["infcode"] == json!(0)
}

/// The sum of what is uploaded.
async fn uploaded(counter: &Counter) -> Fen {
    let lines = counter.done("5204", &counter.of_visit()).await;
    let amounts = lines.as_array().unwrap().iter().map(|line| line["det_item_fee_sumamt"].to_string());
    amounts.map(|amount| amount.parse::<Fen>().unwrap()).sum()
}

/// What was answered, of which one is done and the other refused: that sentence.
fn one_refused(one: Called<Value>, other: Called<Value>) -> String {
    match (one, other) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => {
            refused.refusal().expect("the lines are good").to_owned()
        }
        both => panic!("one is done, and one only: {both:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_messages_settle_it_once() {
    of_every_kind(async |case| {
        // Who buys twice has bought twice.
        if case.ask.care == Care::Purchase {
            return;
        }
        for _ in 1..=ROUNDS {
            let [one, other] = [(); 2].map(|()| case.ask.software.next_msgid());
            let (first, second) = tokio::join!(case.settle(&one), case.settle(&other));
            let settled = if first.is_ok() { &one } else { &other };
            let refused = one_refused(first, second);
            assert!(refused.contains("结算"), "{:?}: {refused}", case.kind);
            case.play.world.until_quiet().await.unwrap();
            assert_eq!(case.play.standing().await, [1, 1, 1], "{:?}", case.kind);
            case.reverse(settled).await;
            case.play.world.until_quiet().await.unwrap();
        }
        case.play.dust_settles().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_comes_before_the_settlement_or_not_at_all() {
    let mut counter = Counter::open().await;
    for round in 1..=ROUNDS {
        let stay = counter.stay(&format!("ZY{round:06}"));
        let line = renamed(&counter.bill(&stay, round)[0], "LATE");
        let total = counter.play.total;
        let (settle, upload) = (counter.settle(total), counter.lines(&stay, std::slice::from_ref(&line)));
        let (settled, late) = tokio::join!(counter.ask("2304", &settle), counter.ask("2301", &upload));
        assert_ne!(is_done(&settled), is_done(&late), "round {round}: {settled} {late}");
        if is_done(&late) {
            assert!(sentence(&settled).contains("不一致"), "{settled}");
            assert_eq!(uploaded(&counter).await, total + line.amount);
            counter.done("2304", &counter.settle(total + line.amount)).await;
        } else {
            assert_eq!(uploaded(&counter).await, total, "{late}");
        }
        counter.play.next_stay(round + 1).await;
    }
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_out_is_not_taken_back_under_a_settlement() {
    let mut counter = Counter::open().await;
    for round in 1..=ROUNDS {
        let settle = counter.settle(counter.play.total);
        let back = counter.of_visit();
        let (settled, undone) = tokio::join!(counter.ask("2304", &settle), counter.ask("2405", &back));
        assert_ne!(is_done(&settled), is_done(&undone), "round {round}: {settled} {undone}");
        if is_done(&undone) {
            let stay = counter.stay("ZY");
            counter.done("2402", &counter.discharge(&stay)).await;
            counter.done("2304", &settle).await;
        }
        counter.play.next_stay(round + 1).await;
    }
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stays_of_one_person_share_the_year() {
    let mut counter = Counter::open().await;
    let first = counter.settle(counter.play.total);
    counter.play.next_stay(2).await;
    let second = counter.settle(counter.play.total);
    let (one, other) = tokio::join!(counter.ask("2304", &first), counter.ask("2304", &second));
    assert!(is_done(&one) && is_done(&other), "{one} {other}");
    let deductible = |answer: &Value| answer["output"]["setlinfo"]["act_pay_dedc"].clone();
    assert_ne!(deductible(&one), deductible(&other), "the second stay of a year has another deductible");
    assert_eq!(counter.play.year().await["IPT_CNT"], Fen::yuan(2));
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_a_bill_comes_before_its_settlement_or_not_at_all() {
    // The change, and what the settlement is told that comes after it.
    const CHANGES: [(&str, &str); 2] = [("2204", "不一致"), ("2205", "收费批次")];
    let case = Case::prepare(Kind { care: Care::Bill, by_account: true }).await;
    let visit = OpenVisit::begin(&case.play).await;
    for round in 1..=ROUNDS {
        for (infno, words) in CHANGES {
            let bill = format!("P{infno}{round}");
            let settle = visit.charge(&case.play, &bill, 1_000).await;
            let change = match infno {
                "2204" => visit.one_more(&case.play, &bill),
                _ => json!({ "data": {
                    "mdtrt_id": visit.id.to_string(), "chrg_bchno": bill,
                    "psn_no": case.play.patient.number.as_str(),
                }}),
            };
            let [settles, changes] = [(); 2].map(|()| case.ask.software.next_msgid());
            let (settled, changed) =
                tokio::join!(case.send(&settles, "2207", &settle), case.send(&changes, infno, &change));
            let words = if changed.is_ok() { words } else { "结算" };
            let refused = one_refused(settled, changed);
            assert!(refused.contains(words), "{infno}, round {round}: {refused}");
        }
    }
    case.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_kinds_at_once_share_the_year_and_the_account() {
    let [stay, bill, purchase] = KINDS;
    let case = Case::prepare(stay).await;
    let (bill, purchase) = (Ask::of(&case.play, bill).await, Ask::of(&case.play, purchase).await);
    let asks = [&case.ask, &bill, &purchase];
    let before = case.person().await;
    for round in 1..=ROUNDS {
        let [stay, bill, purchase] = asks.map(async |ask| {
            let (msgid, insured) = (ask.software.next_msgid(), case.play.patient.insured);
            let sent =
                ask.software.call_with_msgid(&msgid, ask.care.settles(), Some(insured), ask.input.clone());
            Told::read(&sent.await.unwrap())
        });
        let (stay, bill, purchase) = tokio::join!(stay, bill, purchase);
        let spent = stay.account + bill.account + purchase.account;
        assert!(spent > Fen::ZERO, "round {round}");
        let after = case.person().await;
        assert_eq!(after.balance, before.balance - spent, "round {round}");
        assert!(!after.balance.is_negative(), "round {round}: no more than there was");
        case.play.dust_settles().await;
        assert_eq!(case.play.standing().await, [3, 3, 3], "round {round}");
        for (ask, told) in asks.into_iter().zip([&stay, &bill, &purchase]) {
            let (infno, input) = (ask.care.cancels(), case.cancellation(told));
            ask.software.call(infno, Some(case.play.patient.insured), input).await.unwrap();
        }
        case.play.dust_settles().await;
        assert_eq!(case.person().await, before, "round {round}: restored to the fen");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_at_once_with_its_original_wins() {
    of_every_kind(async |case| {
        for round in 1..=ROUNDS {
            let when = format!("{:?}, round {round}", case.kind);
            let msgid = case.ask.software.next_msgid();
            let (settled, ()) = tokio::join!(case.settle(&msgid), case.reverse(&msgid));
            case.play.world.until_quiet().await.unwrap();
            assert_eq!(case.play.standing().await, [0, 0, 0], "{when}: {settled:?}");
            let again = case.settle(&msgid).await.unwrap_err();
            assert!(again.refusal().unwrap().contains("已被冲正"), "{when}: {again}");
        }
        case.settle(&case.ask.software.next_msgid()).await.unwrap();
        case.play.dust_settles().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_known_yet_can_be_cancelled_when_it_is() {
    of_every_kind(async |case| {
        let care = case.ask.care;
        let line = case.play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap();
        line.next(repeat_n(Fate::Pass, care.questions() - 1));
        line.always(Fate::DropRequest);
        let settles = case.ask.software.next_msgid();
        let unknown = case.settle(&settles).await.unwrap_err();
        let said = unknown.refusal().unwrap();
        assert!(said.contains("正在向参保地核实"), "{unknown}");
        let id = said.split(['[', ']']).nth(1).expect("the sentence names the settlement").to_owned();
        let visit = visit_of(&case, &id).await;
        let asked = Told { visit, id, total: Fen::ZERO, fund_total: Fen::ZERO, account: Fen::ZERO };
        let (cancels, input) = (case.ask.software.next_msgid(), case.cancellation(&asked));
        let early = case.send(&cancels, care.cancels(), &input).await.unwrap_err();
        assert_eq!(early.refusal(), Some(said), "what is not known is not cancelled");
        let query = case.send(&case.ask.software.next_msgid(), "5203", &input).await.unwrap_err();
        assert!(query.refusal().unwrap().contains("未查到结算ID"), "{query}");
        line.always(Fate::Pass);
        case.play.world.until_quiet().await.unwrap();
        assert_eq!(case.play.standing().await, [1, 1, 1], "{:?}", case.kind);
        case.settle(&settles).await.unwrap();
        case.send(&cancels, care.cancels(), &input)
            .await
            .expect("the same message cancels what is known now");
        case.play.world.until_quiet().await.unwrap();
        assert_eq!(case.play.standing().await, [0, 0, 0], "{:?}", case.kind);
        case.settle(&case.ask.software.next_msgid()).await.unwrap();
        case.play.dust_settles().await;
    })
    .await;
}

/// The visit of a settlement that was asked for. Only the answer to a purchase tells the pharmacy its number.
async fn visit_of(case: &Case, id: &str) -> String {
    let store = &case.play.world.province(crate::play::hubei()).unwrap().node.context.store;
    let mut conn = store.conn().await.unwrap();
    let found = store::treatment::find(&mut conn, id.parse().unwrap()).await.unwrap();
    found.expect("it was written down").visit.to_string()
}

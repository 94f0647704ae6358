//! Two things at once at one counter: whichever is first, the other is told so, and what is settled is what was uploaded.

#[expect(dead_code, reason = "some of the counter is used in another file")]
mod desk;
#[expect(dead_code, reason = "the bad luck of this world is another file's")]
mod play;
#[expect(dead_code, reason = "what was written is counted in another file")]
mod raw;

use country::network::Fate;
use desk::{Counter, renamed, with};
use play::beijing;
use raw::sentence;
use serde_json::{Value, json};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_messages_settle_a_stay_once() {
    let mut counter = Counter::open().await;
    for round in 1..=ROUNDS {
        let settle = counter.settle(counter.play.total);
        let (one, other) = tokio::join!(counter.ask("2304", &settle), counter.ask("2304", &settle));
        assert_ne!(is_done(&one), is_done(&other), "{one} {other}");
        let refused = if is_done(&one) { &other } else { &one };
        assert!(sentence(refused).contains("结算"), "{refused}");
        assert_eq!(counter.standing().await, [usize::try_from(round).unwrap(); 3]);
        counter.play.next_stay(round + 1).await;
    }
    counter.play.dust_settles().await;
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
async fn a_reversal_at_once_with_its_original_wins() {
    let mut counter = Counter::open().await;
    for round in 1..=ROUNDS {
        let msgid = format!("m{round}");
        let reverse = json!({ "data": {
            "psn_no": counter.play.patient.number.as_str(), "omsgid": msgid, "oinfno": "2304",
        }});
        let settle = counter.message(&msgid, "2304", &counter.settle(counter.play.total));
        let (settled, reversed) = tokio::join!(counter.raw.ask(&settle), counter.ask("2601", &reverse));
        assert!(is_done(&reversed), "round {round}: {settled} {reversed}");
        assert_eq!(counter.standing().await, [0, 0, 0], "round {round}: {settled}");
        assert!(sentence(&counter.raw.ask(&settle).await).contains("已被冲正"), "round {round}");
    }
    counter.done("2304", &counter.settle(counter.play.total)).await;
    counter.play.dust_settles().await;
    counter.play.next_stay(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_known_yet_can_be_cancelled_when_it_is() {
    let counter = Counter::open().await;
    let line = counter.play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap();
    line.always(Fate::DropRequest);
    let settle = counter.message("m1", "2304", &counter.settle(counter.play.total));
    let unknown = counter.raw.ask(&settle).await;
    let said = sentence(&unknown).to_owned();
    assert!(said.contains("正在向参保地核实"), "{unknown}");
    let setl_id = said.split(['[', ']']).nth(1).expect("the sentence names the settlement");
    let cancel = counter.message("m2", "2305", &counter.cancel(setl_id));
    assert_eq!(sentence(&counter.raw.ask(&cancel).await), said, "what is not known is not cancelled");
    counter.refused("asked about", "5203", &counter.cancel(setl_id), "未查到结算ID").await;
    line.always(Fate::Pass);
    assert_eq!(counter.standing().await, [1, 1, 1]);
    assert!(is_done(&counter.raw.ask(&settle).await));
    let cancelled = counter.raw.ask(&cancel).await;
    assert!(is_done(&cancelled), "the same message cancels once the outcome is known: {cancelled}");
    assert_eq!(counter.standing().await, [0, 0, 0]);
    let again = with(&settle, "/msgid", json!("m3"));
    assert!(is_done(&counter.raw.ask(&again).await));
    counter.play.dust_settles().await;
}

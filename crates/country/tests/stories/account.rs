//! The personal account (个人账户) pays: once, never more than it holds, and it gets back what is undone. Over real HTTP, with every
//! answer held against the standard's tables.

use crate::desk::{Counter, with};
use crate::play::{Play, beijing, hubei, rules, world_with};
use crate::raw::{Raw, sentence};
use country::{
    Options, checks,
    hospital::{Bill, Hospital, Outpatient, Settled, read_fen},
    network::Fate,
};
use funds::Purse;
use node::UnconfirmedValues;
use serde_json::{Value, json};
use terms::{Clock, Fen};

/// What the person's account holds, as 1101 says it.
async fn balance(counter: &Counter) -> Fen {
    let patient = &counter.play.patient;
    let input = json!({ "data": {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": patient.citizen.reveal(), "psn_cert_type": "01",
        "certno": patient.citizen.reveal(), "psn_name": patient.name,
    }});
    let person = counter.done("1101", &input).await;
    read_fen(&person["insuinfo"][0]["balc"]).unwrap()
}

/// Asks to settle the stay at the counter from the account.
fn by_account(counter: &Counter) -> Value {
    with(&counter.settle(counter.play.total), "/data/acct_used_flag", json!("1"))
}

fn said(output: &Value, field: &str) -> Fen {
    read_fen(&output["setlinfo"][field]).unwrap()
}

fn id_of(output: &Value) -> String {
    output["setlinfo"]["setl_id"].as_str().unwrap().to_owned()
}

fn whole(output: &Value) -> Settled {
    let settled = Settled::read(&json!({ "output": output })).unwrap();
    assert_eq!(settled.broken_identities(), Vec::<String>::new());
    settled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_is_paid_from_the_account_and_given_back() {
    let counter = Counter::open().await;
    let held = balance(&counter).await;
    assert!(held > Fen::ZERO);
    let in_cash = counter.done("2303", &counter.settle(counter.play.total)).await;
    assert_eq!((said(&in_cash, "acct_pay"), said(&in_cash, "balc")), (Fen::ZERO, held));
    let trial = counter.done("2303", &by_account(&counter)).await;
    assert_eq!((said(&trial, "acct_pay"), said(&trial, "balc")), (held, Fen::ZERO), "a trial shows it");
    assert_eq!(balance(&counter).await, held, "and pays nothing");

    let settled = counter.done("2304", &by_account(&counter)).await;
    let amounts = whole(&settled);
    assert_eq!(settled["setldetail"], trial["setldetail"]);
    assert_eq!(amounts.funds.get("310200"), Some(&held), "the account has a line of its own");
    assert_eq!(
        said(&settled, "fund_pay_sumamt"),
        said(&in_cash, "fund_pay_sumamt"),
        "no fund pays less for it"
    );
    assert_eq!(said(&settled, "psn_part_amt"), said(&in_cash, "psn_part_amt"));
    assert_eq!(said(&settled, "psn_cash_pay") + held, said(&in_cash, "psn_cash_pay"));
    assert_eq!(said(&settled, "acct_mulaid_pay"), Fen::ZERO);
    assert_eq!(balance(&counter).await, Fen::ZERO);

    let query = counter.done("5203", &counter.cancel(&id_of(&settled))).await;
    assert_eq!(query["setldetail"], settled["setldetail"]);
    counter.play.dust_settles().await;
    let books = checks::Books::read(&counter.play.world).await.unwrap();
    for book in [&books.treatment, &books.hub, &books.insured] {
        assert_eq!(book.iter().map(|line| line.account).collect::<Vec<_>>(), [held]);
    }
    let id = amounts.id().unwrap();
    for page in books.pages(&counter.play.world, id, beijing()).await.unwrap() {
        let of_account = page.transfers.iter().filter(|one| one.id.purse == Purse::PersonalAccount);
        assert_eq!(of_account.map(|one| one.amount).collect::<Vec<_>>(), [held], "{}", page.side);
    }

    let cancelled = counter.done("2305", &counter.cancel(&id_of(&settled))).await;
    assert_eq!((said(&cancelled, "acct_pay"), said(&cancelled, "balc")), (-held, held));
    whole(&cancelled);
    assert_eq!(counter.standing().await, [0, 0, 0]);
    assert_eq!(balance(&counter).await, held, "it is back");
    counter.done("2304", &counter.settle(counter.play.total)).await;
    assert_eq!(balance(&counter).await, held, "unasked, it pays nothing");
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stays_at_once_never_spend_more_than_there_is() {
    let mut counter = Counter::open().await;
    let held = balance(&counter).await;
    for round in 0..3 {
        let one = by_account(&counter);
        counter.play.next_stay(10 + round).await;
        let other = by_account(&counter);
        let (first, second) = tokio::join!(counter.ask("2304", &one), counter.ask("2304", &other));
        let paid = [&first, &second].map(|answer| {
            assert_eq!(answer["infcode"], json!(0), "{answer}");
            said(&answer["output"], "acct_pay")
        });
        assert_eq!(paid[0] + paid[1], held, "round {round}");
        assert_eq!(balance(&counter).await, Fen::ZERO);
        for (answer, asked) in [(&first, &one), (&second, &other)] {
            let mut input = counter.cancel(&id_of(&answer["output"]));
            input["data"]["mdtrt_id"] = asked["data"]["mdtrt_id"].clone();
            counter.done("2305", &input).await;
        }
        assert_eq!(counter.standing().await, [0, 0, 0]);
        assert_eq!(balance(&counter).await, held);
        counter.play.next_stay(20 + round).await;
    }
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_sent_again_pays_once_and_a_reversal_gives_back() {
    let counter = Counter::open().await;
    let held = balance(&counter).await;
    let hospital = &counter.play.hospital;
    let msgid = hospital.next_msgid();
    let message = counter.message(&msgid, "2304", &by_account(&counter));
    // The insured place settles, and its answer is lost on the way.
    let line = counter.play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap();
    line.next([Fate::DropResponse]);
    let first = counter.raw.ask(&message).await;
    assert_eq!(first["infcode"], json!(-1), "{first}");
    assert_eq!(balance(&counter).await, Fen::ZERO, "it is spent");
    counter.play.world.until_quiet().await.unwrap();
    let again = counter.raw.ask(&message).await;
    assert_eq!(again["infcode"], json!(0), "{}", sentence(&again));
    assert_eq!((said(&again["output"], "acct_pay"), said(&again["output"], "balc")), (held, Fen::ZERO));
    assert_eq!(balance(&counter).await, Fen::ZERO, "once");
    assert_eq!(counter.standing().await, [1, 1, 1]);
    hospital.reverse(&counter.play.patient, &msgid, "2304").await.unwrap();
    assert_eq!(counter.standing().await, [0, 0, 0]);
    assert_eq!(balance(&counter).await, held);
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outpatient_bill_is_paid_from_the_account() {
    let counter = Counter::open().await;
    let held = balance(&counter).await;
    let play = &counter.play;
    let outpatient = Outpatient::ordinary("MZ900009", play.world.clock.now().plus_millis(-7_200_000));
    let visit = play.hospital.register(&play.patient, &outpatient).await.unwrap();
    play.hospital.describe(&play.patient, visit, &outpatient).await.unwrap();
    let stay = counter.stay("ZY900009");
    let mut lines = counter.bill(&stay, 3);
    for line in &mut lines {
        line.at = outpatient.at.plus_millis(60_000);
    }
    play.hospital.charge(&play.patient, visit, &outpatient, ("P1", &lines)).await.unwrap();
    let bill = Bill { name: "P1", total: country::bills::total(&lines), outpatient: &outpatient };
    let input = Hospital::bill_settlement_input(&play.patient, visit, &bill);
    // 2: an account of the family, of which the register knows none.
    let input = with(&input, "/data/acct_used_flag", json!("2"));
    let settled = counter.done("2207", &input).await;
    whole(&settled);
    let paid = said(&settled, "acct_pay");
    assert!(paid > Fen::ZERO && paid <= held, "{paid}");
    assert_eq!(said(&settled, "balc"), held - paid);
    assert_eq!(balance(&counter).await, held - paid);
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_rule_is_not_certain_nothing_is_paid_and_nothing_refused() {
    let mut options = Options::new(rules());
    options.provinces = vec![beijing(), hubei()];
    options.unconfirmed_values = UnconfirmedValues::Refuse;
    let play = Play::prepare_in(world_with(options).await).await;
    let raw = Raw::to(&play.world.province(hubei()).unwrap().url());
    let counter = Counter { play, raw };
    let held = balance(&counter).await;
    let settled = counter.ask("2304", &by_account(&counter)).await;
    if settled["infcode"] == json!(0) {
        assert_eq!(said(&settled["output"], "acct_pay"), Fen::ZERO);
    } else {
        assert!(!sentence(&settled).contains("个人账户"), "{settled}");
    }
    assert_eq!(balance(&counter).await, held);
    counter.play.dust_settles().await;
}

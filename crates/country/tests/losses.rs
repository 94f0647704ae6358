//! Bad luck on every hop: messages lost, answers lost, doubled, late and overtaken, around a settlement, its cancellation and
//! its reversal. Whatever happens, the hospital gets a true answer, and the three books agree once the dust has settled.

mod play;

use country::network::{Fate, Wire};
use play::{Play, beijing, hubei};
use std::time::Duration;

/// The three hops of a settlement.
#[derive(Clone, Copy, Debug)]
enum Hop {
    Counter,
    ToHub,
    FromHub,
}

const HOPS: [Hop; 3] = [Hop::Counter, Hop::ToHub, Hop::FromHub];

const FATES: [Fate; 4] =
    [Fate::DropRequest, Fate::DropResponse, Fate::Double, Fate::Delay(Duration::from_millis(2_400))];

fn wire(play: &Play, hop: Hop) -> &Wire {
    match hop {
        Hop::Counter => &play.counter,
        Hop::ToHub => play.world.province(hubei()).unwrap().to_hub.as_ref().unwrap(),
        Hop::FromHub => play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settlement_survives_every_fate_on_every_hop() {
    let mut play = Play::prepare().await;
    let mut seed = 1;
    for hop in HOPS {
        for fate in FATES {
            let before = play.standing().await;
            wire(&play, hop).next([fate]);
            let msgid = play.hospital.next_msgid();
            let settled = play.settle_patiently(&msgid).await;
            assert_eq!(settled.broken_identities(), Vec::<String>::new(), "{hop:?} {fate:?}");
            let again = play.settle(&msgid).await.unwrap();
            assert_eq!(again.info, settled.info, "{hop:?} {fate:?}: sent again, it gets the first answer");
            play.dust_settles().await;
            assert_eq!(play.standing().await, before.map(|count| count + 1), "{hop:?} {fate:?}");
            seed += 1;
            play.next_stay(seed).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_survives_every_fate_and_restores_the_year_to_the_fen() {
    let play = Play::prepare().await;
    let before = play.year().await;
    for hop in HOPS {
        for fate in FATES {
            let settled = play.settle_patiently(&play.hospital.next_msgid()).await;
            assert_ne!(play.year().await, before);
            wire(&play, hop).next([fate]);
            let msgid = play.hospital.next_msgid();
            let input = serde_json::json!({ "data": {
                "mdtrt_id": play.visit.to_string(), "setl_id": settled.id().unwrap().to_string(),
                "psn_no": play.patient.number.as_str(),
            }});
            let mut answer = None;
            for _ in 0..40 {
                let call =
                    play.hospital.call_with_msgid(&msgid, "2305", Some(play.patient.insured), input.clone());
                if let Ok(done) = call.await {
                    answer = Some(done);
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let back = country::hospital::Settled::read(&answer.expect("answered")).unwrap();
            assert_eq!(back.total, -settled.total, "{hop:?} {fate:?}");
            assert_eq!(back.fund_total, -settled.fund_total, "{hop:?} {fate:?}");
            assert_ne!(back.id().unwrap(), settled.id().unwrap(), "a cancellation has an id of its own");
            play.dust_settles().await;
            assert_eq!(play.standing().await, [0, 0, 0], "{hop:?} {fate:?}");
            let year = play.year().await;
            assert!(year.values().all(|sum| sum.is_zero()), "{hop:?} {fate:?}: {year:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_before_during_or_after_leaves_the_same_books() {
    let play = Play::prepare().await;
    // Before: the original has yet to come, and is refused when it does.
    let msgid = play.hospital.next_msgid();
    play.hospital.reverse(&play.patient, &msgid, "2304").await.unwrap();
    let late = play.settle(&msgid).await.unwrap_err();
    assert!(late.refusal().unwrap().contains("已被冲正"), "{late:?}");
    play.dust_settles().await;
    assert_eq!(play.standing().await, [0, 0, 0], "before");

    // During: the question is under way on one hop or the other when the reversal overtakes it.
    for hop in [Hop::ToHub, Hop::FromHub] {
        let msgid = play.hospital.next_msgid();
        let line = wire(&play, hop);
        line.next([Fate::Hold]);
        let held_before = line.handled();
        let (settled, ()) = tokio::join!(play.settle(&msgid), async {
            line.until_held(1).await;
            play.hospital.reverse(&play.patient, &msgid, "2304").await.unwrap();
            line.release(1);
        });
        let refused = settled.unwrap_err();
        assert!(refused.refusal().unwrap().contains("已被冲正"), "{hop:?}: {refused:?}");
        assert!(line.handled() > held_before, "{hop:?}: the held question did arrive");
        play.dust_settles().await;
        assert_eq!(play.standing().await, [0, 0, 0], "during, {hop:?}");
    }

    // After: it stood, and is taken back; sending the original again does not bring it back.
    let msgid = play.hospital.next_msgid();
    play.settle(&msgid).await.unwrap();
    assert_eq!(play.standing().await, [1, 1, 1]);
    play.hospital.reverse(&play.patient, &msgid, "2304").await.unwrap();
    play.hospital.reverse(&play.patient, &msgid, "2304").await.unwrap();
    let gone = play.settle(&msgid).await.unwrap_err();
    assert!(gone.refusal().unwrap().contains("已被冲正"), "{gone:?}");
    play.dust_settles().await;
    assert_eq!(play.standing().await, [0, 0, 0], "after");

    // And the stay can be settled for good.
    play.settle(&play.hospital.next_msgid()).await.unwrap();
    play.dust_settles().await;
    assert_eq!(play.standing().await, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_writes_nothing_and_says_what_the_settlement_will() {
    let play = Play::prepare().await;
    let trial = play.hospital.try_settlement(&play.patient, play.visit, play.total).await.unwrap();
    assert_eq!(play.standing().await, [0, 0, 0]);
    assert!(play.year().await.values().all(|sum| sum.is_zero()));
    let settled = play.settle(&play.hospital.next_msgid()).await.unwrap();
    assert_eq!(
        (trial.fund_total, trial.person_total, &trial.funds),
        (settled.fund_total, settled.person_total, &settled.funds)
    );
    play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_or_unreachable_insured_place_is_refused_with_words() {
    let play = Play::prepare().await;
    let place = terms::Participant::Province(beijing());
    assert!(play.world.hub.suspend(place, Some("未按时拨付".to_owned())).await.unwrap());
    let refused = play.settle(&play.hospital.next_msgid()).await.unwrap_err();
    assert!(refused.refusal().unwrap().contains("暂停"), "{refused:?}");
    play.dust_settles().await;
    assert_eq!(play.standing().await, [0, 0, 0]);
    assert!(play.world.hub.suspend(place, None).await.unwrap());

    wire(&play, Hop::FromHub).always(Fate::DropRequest);
    let msgid = play.hospital.next_msgid();
    let unknown = play.settle(&msgid).await.unwrap_err();
    assert!(unknown.refusal().unwrap().contains("2601"), "{unknown:?}");
    wire(&play, Hop::FromHub).always(Fate::Pass);
    play.settle_patiently(&msgid).await;
    play.dust_settles().await;
    assert_eq!(play.standing().await, [1, 1, 1]);
}

//! Bad luck on every hop: messages lost, answers lost, doubled, late and overtaken, around a settlement of every kind, its
//! cancellation and its reversal. Whatever happens, the hospital gets a true answer, and once the dust has settled the three
//! books agree, and year and personal account have what they should to the fen.

use crate::kinds::{Ask, Care, Case, Kind, Means, OpenVisit, Told, from_account, of_every_kind};
use crate::play::{Play, beijing, hubei};
use country::{
    hospital::{Called, Settled},
    network::{Fate, Wire},
};
use serde_json::Value;
use std::{iter::repeat_n, time::Duration};
use terms::Fen;

/// The three hops of a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hop {
    Counter,
    ToHub,
    FromHub,
}

const HOPS: [Hop; 3] = [Hop::Counter, Hop::ToHub, Hop::FromHub];

/// Later than a node waits.
const LATE: Fate = Fate::Delay(Duration::from_millis(2_400));

const FATES: [Fate; 4] = [Fate::DropRequest, Fate::DropResponse, Fate::Double, LATE];

/// What becomes of two messages at once.
const PAIRS: [[Fate; 2]; 3] =
    [[Fate::DropRequest, Fate::DropResponse], [Fate::DropResponse, LATE], [Fate::Double, Fate::DropRequest]];

fn wire(play: &Play, hop: Hop) -> &Wire {
    match hop {
        Hop::Counter => &play.counter,
        Hop::ToHub => play.world.province(hubei()).unwrap().to_hub.as_ref().unwrap(),
        Hop::FromHub => play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap(),
    }
}

/// What a fate is on this hop: a hospital is more patient than any delay, so that a short one shows as much.
fn on(hop: Hop, fate: Fate) -> Fate {
    if (hop, fate) == (Hop::Counter, LATE) { Fate::Delay(Duration::from_millis(200)) } else { fate }
}

/// A stroke of bad luck.
#[derive(Clone, Copy, Debug)]
struct Stroke {
    hop: Hop,
    /// So many messages pass before.
    after: usize,
    fate: Fate,
}

impl Stroke {
    fn falls(self, play: &Play) {
        wire(play, self.hop).next(repeat_n(Fate::Pass, self.after).chain([on(self.hop, self.fate)]));
    }
}

/// Every fate on every hop, of the question that settles or undoes; `after` says how many come before it between the nodes.
fn strokes(after: usize) -> Vec<Stroke> {
    let of_hop = |hop: Hop| {
        let after = if hop == Hop::Counter { 0 } else { after };
        FATES.map(|fate| Stroke { hop, after, fate })
    };
    HOPS.into_iter().flat_map(of_hop).collect()
}

/// The same, and every fate but one of the question who somebody is, which nobody sends again of himself.
fn strokes_of_settlement(care: Care) -> Vec<Stroke> {
    let before = care.questions() - 1;
    let mut all = strokes(before);
    if before > 0 {
        let fates = [Fate::DropRequest, Fate::DropResponse, Fate::Double];
        let of_hop = |hop| fates.map(|fate| Stroke { hop, after: 0, fate });
        all.extend([Hop::ToHub, Hop::FromHub].into_iter().flat_map(of_hop));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settlement_and_its_cancellation_survive_every_fate_on_every_hop() {
    of_every_kind(async |case| {
        let untouched = case.person().await;
        for stroke in strokes_of_settlement(case.ask.care) {
            let when = format!("{:?} {stroke:?}", case.kind);
            stroke.falls(&case.play);
            let msgid = case.ask.software.next_msgid();
            let answer = case.settle_patiently(&msgid).await;
            assert_eq!(Settled::read(&answer).unwrap().broken_identities(), Vec::<String>::new(), "{when}");
            assert_eq!(
                case.settle(&msgid).await.as_ref(),
                Ok(&answer),
                "{when}: sent again, the first answer"
            );
            case.play.dust_settles().await;
            assert_eq!(case.play.standing().await, [1, 1, 1], "{when}");
            let told = Told::read(&answer);
            let touched = case.person().await;
            assert_ne!(touched.year, untouched.year, "{when}");
            assert_eq!(touched.balance, untouched.balance - told.account, "{when}: paid once");
            assert_eq!(told.account > Fen::ZERO, case.kind.by_account, "{when}");
            // Undone, it can be settled anew in the next round.
            Stroke { after: 0, ..stroke }.falls(&case.play);
            let (msgid, input) = (case.ask.software.next_msgid(), case.cancellation(&told));
            let answer = case.patiently(&msgid, case.ask.care.cancels(), &input).await;
            let again = case.send(&msgid, case.ask.care.cancels(), &input).await;
            assert_eq!(again.as_ref(), Ok(&answer), "{when}: sent again, the first answer");
            let back = Told::read(&answer);
            let given_back = [back.total, back.fund_total, back.account];
            assert_eq!(given_back, [-told.total, -told.fund_total, -told.account], "{when}");
            assert_ne!(back.id, told.id, "a cancellation has an id of its own");
            is_restored(&case, &untouched, &when).await;
            case.looks_undone(&told, Some(&back)).await;
        }
        case.play.dust_settles().await;
    })
    .await;
}

/// Nothing stands, and the person has what there was before.
async fn is_restored(case: &Case, untouched: &Means, when: &str) {
    case.play.world.until_quiet().await.unwrap();
    assert_eq!(case.play.standing().await, [0, 0, 0], "{when}");
    assert_eq!(case.person().await, *untouched, "{when}: restored to the fen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_survives_every_fate_and_restores_year_and_account_to_the_fen() {
    of_every_kind(async |case| {
        let untouched = case.person().await;
        for stroke in strokes(0) {
            let when = format!("{:?} {stroke:?}", case.kind);
            let msgid = case.ask.software.next_msgid();
            let told = Told::read(&case.settle_patiently(&msgid).await);
            case.play.world.until_quiet().await.unwrap();
            stroke.falls(&case.play);
            case.patiently(&case.ask.software.next_msgid(), "2601", &case.reversal(&msgid)).await;
            is_restored(&case, &untouched, &when).await;
            assert!(is_reversed(case.settle(&msgid).await), "{when}");
            case.looks_undone(&told, None).await;
        }
        case.play.dust_settles().await;
    })
    .await;
}

/// Whether a message was told that it is reversed.
fn is_reversed(answer: Called<Value>) -> bool {
    answer.expect_err("it never stands").refusal().is_some_and(|said| said.contains("已被冲正"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reversal_before_during_or_after_leaves_the_same_books() {
    of_every_kind(async |case| {
        let untouched = case.person().await;
        // Before: the original has yet to come, and is refused when it does.
        let msgid = case.ask.software.next_msgid();
        case.reverse(&msgid).await;
        assert!(is_reversed(case.settle(&msgid).await), "{:?}", case.kind);
        is_restored(&case, &untouched, "before").await;

        // During: a question is under way on one hop or the other when the reversal overtakes it.
        for hop in [Hop::ToHub, Hop::FromHub] {
            for after in 0..case.ask.care.questions() {
                let when = format!("{:?}, during, {hop:?}, question {after}", case.kind);
                let msgid = case.ask.software.next_msgid();
                let line = wire(&case.play, hop);
                let held_before = line.handled();
                Stroke { hop, after, fate: Fate::Hold }.falls(&case.play);
                let (settled, ()) = tokio::join!(case.settle(&msgid), async {
                    line.until_held(1).await;
                    case.reverse(&msgid).await;
                    line.release(1);
                });
                assert!(is_reversed(settled), "{when}");
                assert!(line.handled() > held_before, "{when}: the held question did arrive");
                is_restored(&case, &untouched, &when).await;
            }
        }

        // After: it stood, and is taken back; sending the original again does not bring it back.
        let msgid = case.ask.software.next_msgid();
        case.settle(&msgid).await.unwrap();
        assert_eq!(case.play.standing().await, [1, 1, 1]);
        case.reverse(&msgid).await;
        case.reverse(&msgid).await;
        assert!(is_reversed(case.settle(&msgid).await), "{:?}", case.kind);
        is_restored(&case, &untouched, "after").await;

        // And it can be settled for good.
        case.settle(&case.ask.software.next_msgid()).await.unwrap();
        case.play.dust_settles().await;
        assert_eq!(case.play.standing().await, [1, 1, 1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_bills_of_a_visit_at_once_have_each_a_fate_of_its_own() {
    let play = Play::prepare().await;
    let visit = OpenVisit::begin(&play).await;
    let first = from_account(visit.charge(&play, "P1", 3_000).await, true);
    let second = from_account(visit.charge(&play, "P2", 2_000).await, false);
    let software = play.hospital.behind(&play.counter.address());
    let kind = Kind { care: Care::Bill, by_account: true };
    let case = Case { play, kind, ask: Ask { care: kind.care, software, input: first } };
    let untouched = case.person().await;
    for hop in HOPS {
        for pair in PAIRS {
            let when = format!("{hop:?} {pair:?}");
            let [one, other] = [(); 2].map(|()| case.ask.software.next_msgid());
            wire(&case.play, hop).next(pair.map(|fate| on(hop, fate)));
            let (of_one, of_other) =
                tokio::join!(case.settle_patiently(&one), case.patiently(&other, "2207", &second));
            assert_eq!(case.settle(&one).await.as_ref(), Ok(&of_one), "{when}");
            assert_eq!(case.send(&other, "2207", &second).await.as_ref(), Ok(&of_other), "{when}");
            case.play.dust_settles().await;
            assert_eq!(case.play.standing().await, [2, 2, 2], "{when}");
            let told = [&of_one, &of_other].map(Told::read);
            assert_eq!([told[0].total, told[1].total], [Fen::yuan(3_000), Fen::yuan(2_000)], "{when}");
            let spent = told[0].account + told[1].account;
            assert_eq!(case.person().await.balance, untouched.balance - spent, "{when}");

            // The one is cancelled and the other reversed, at once again.
            wire(&case.play, hop).next(pair.map(|fate| on(hop, fate)));
            let [cancels, reverses] = [(); 2].map(|()| case.ask.software.next_msgid());
            let (cancellation, reversal) = (case.cancellation(&told[0]), case.reversal(&other));
            let (cancelled, _) = tokio::join!(
                case.patiently(&cancels, "2208", &cancellation),
                case.patiently(&reverses, "2601", &reversal)
            );
            is_restored(&case, &untouched, &when).await;
            case.looks_undone(&told[0], Some(&Told::read(&cancelled))).await;
            case.looks_undone(&told[1], None).await;
        }
    }
    case.play.dust_settles().await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_the_hub_refuses_late_undoes_nothing_that_stands() {
    let play = Play::prepare().await;
    let (line, msgid) = (wire(&play, Hop::ToHub), play.hospital.next_msgid());
    let mut copies = 0;
    line.decide(move |passing| {
        copies += u32::from(passing.says("settle"));
        if copies == 1 && passing.says("settle") { Fate::Hold } else { Fate::Pass }
    });
    // The first copy is on its way while the second settles; then the insured place is suspended, and the first arrives.
    let second = async {
        line.until_held(1).await;
        let told = play.settle(&msgid).await.unwrap();
        let place = terms::Participant::Province(beijing());
        assert!(play.world.hub.suspend(place, Some("未按时拨付".to_owned())).await.unwrap());
        line.release(1);
        told
    };
    let (first, told) = tokio::join!(play.settle(&msgid), second);
    assert_eq!(first.unwrap().settlement, told.settlement, "one answer under one id");
    play.dust_settles().await;
    assert_eq!(play.standing().await, [1, 1, 1]);
}

//! Checks that can fail: bugs are planted in the nodes, one at a time, and the simulated country must find each; on the same seed
//! without the bug everything holds. Every bug of [`Bug`] is here.
//!
//! A seed is one that happens to play what the bug needs, some of them in worse luck than usual. Whoever changes the nodes changes the
//! stories of seeds, so a few seeds after it are tried as well. `YIDI_PLANTED=1..40 cargo test -p country --test stories planted:: --
//! --nocapture` prints for every bug the first seed that finds it, and what it says; `YIDI_PLANTED=1..40,KeepsTheYear` for one.

use crate::simulation::{How, simulate, try_simulate};
use country::simulation::Worse;
use node::planted::{Bug, plant};
use std::{collections::BTreeSet, sync::Mutex, time::Instant};

/// How many guests come: enough for bad luck to meet some of them.
const GUESTS: usize = 8;

/// How many seeds are tried, from the one that is known.
const TRIES: u64 = 5;

/// As chance has it, without the end of the month.
const PLAIN: How = How { ends_month: false, worse: None };
const TO_THE_END: How = How { ends_month: true, worse: None };

const fn with(worse: Worse) -> How {
    How { ends_month: false, worse: Some(worse) }
}

/// A bug, a seed that finds it, what is played, and a part of the sentence that says so.
type Row = (Bug, u64, How, &'static str);

const AT_THE_TREATMENT_PLACE: [Row; 6] = [
    (Bug::ForgetsMessages, 1, PLAIN, "stands, and no hospital was told so"),
    (Bug::LosesTheQuestionToUndo, 1, PLAIN, "which the books do not say"),
    (Bug::BooksTheUndoingTwice, 1, PLAIN, "账面"),
    (Bug::TellsWhatIsNotSaved, 1, with(Worse::Commits), "stands, and no hospital was told so"),
    (Bug::ForgetsReversals, 2, with(Worse::Overtaking), "stands, and no hospital was told so"),
    (Bug::BelievesAnyReply, 1, with(Worse::Lies), "在就医地账中缺失"),
];

const AT_THE_INSURED_PLACE: [Row; 12] = [
    (Bug::ForgetsTheYear, 1, PLAIN, "累计与有效结算之和不一致"),
    (Bug::KeepsTheYear, 1, PLAIN, "累计与有效结算之和不一致"),
    (Bug::KeepsTheAccount, 3, PLAIN, "个人账户余额"),
    (Bug::BooksAFenMore, 1, PLAIN, "不一致"),
    (Bug::EntersAFenMore, 1, PLAIN, "核验：明细账分录"),
    (Bug::EntersNoUndoing, 1, PLAIN, "核验：明细账分录"),
    (Bug::TakesWhatTheHubDidNotPass, 1, PLAIN, "believes a question"),
    (Bug::BelievesTheHub, 1, PLAIN, "believes a question"),
    (Bug::LosesALine, 1, PLAIN, "的明细没有传输完成"),
    (Bug::ForgetsFirstAnswers, 1, PLAIN, "after the last fault"),
    (Bug::UsesYesterdaysPolicy, 1, PLAIN, "有效的政策重新计算不一致"),
    (Bug::WritesNoTombstone, 2, with(Worse::Overtaking), "其他方"),
];

const IN_CLEARING: [Row; 2] =
    [(Bug::ClearingLeavesOut, 1, TO_THE_END, "清分"), (Bug::ClearingCountsTwice, 1, TO_THE_END, "清分")];

const AT_THE_HUB: [Row; 7] = [
    (Bug::HubForgets, 1, PLAIN, "在国家平台账中缺失"),
    (Bug::HubRecordsAFenMore, 1, PLAIN, "基金支付总额不一致"),
    (Bug::HubKeepsWhatIsUndone, 1, PLAIN, "其他方仍有效"),
    (Bug::HubPassesForTheSuspended, 1, PLAIN, "which is suspended"),
    (Bug::HubStopsWhatWasBegun, 1, with(Worse::Suspensions), "before somebody was suspended"),
    (Bug::HubBelievesStrangers, 1, PLAIN, "believes a question"),
    (Bug::TakesOldMessages, 1, PLAIN, "believes an old"),
];

/// What some test plays without a bug, or has: once is enough.
static SOUND: Mutex<BTreeSet<(u64, How)>> = Mutex::new(BTreeSet::new());

/// What a seed finds of a bug.
async fn found(bug: Bug, seed: u64, how: How) -> Vec<String> {
    let planted = plant(bug);
    let ended = try_simulate(seed, GUESTS, how).await;
    drop(planted);
    ended.map_or_else(|why| vec![why.to_string()], |ended| ended.failed)
}

async fn finds(rows: &[Row]) {
    if let Ok(wanted) = std::env::var("YIDI_PLANTED") {
        return search(rows, &wanted).await;
    }
    let mut missed = Vec::new();
    for &(bug, first, how, says) in rows {
        let mut seen = Vec::new();
        for seed in first..first + TRIES {
            let failed = found(bug, seed, how).await;
            if failed.iter().any(|sentence| sentence.contains(says)) {
                seen.clear();
                let is_first = SOUND.lock().expect("nobody panics holding it").insert((seed, how));
                if is_first {
                    let ended = simulate(seed, GUESTS, how).await;
                    assert_eq!(ended.failed, Vec::<String>::new(), "seed {seed}, {how:?}, no bug");
                }
                break;
            }
            seen.push(format!("{bug:?} on seed {seed}: {failed:?}"));
        }
        missed.extend(seen);
    }
    assert_eq!(missed, Vec::<String>::new());
}

/// Prints the first seed of a range that finds each bug.
async fn search(rows: &[Row], wanted: &str) {
    let (wanted, one) = wanted.split_once(',').unwrap_or((wanted, ""));
    let (first, end) = wanted.split_once("..").expect("YIDI_PLANTED is written as 1..40");
    let seeds = first.parse().expect("a number")..end.parse().expect("a number");
    for (bug, _, how, _) in rows.iter().filter(|(bug, ..)| format!("{bug:?}").contains(one)) {
        let mut said = "nothing finds it".to_owned();
        for seed in seeds.clone() {
            let begun = Instant::now();
            let failed = found(*bug, seed, *how).await;
            if !failed.is_empty() {
                said = format!("{seed} in {} ms: {failed:#?}", begun.elapsed().as_millis());
                break;
            }
        }
        println!("\n{bug:?}: {said}");
    }
}

#[tokio::test]
async fn what_a_treatment_place_does_wrong_is_found() {
    finds(&AT_THE_TREATMENT_PLACE).await;
}

#[tokio::test]
async fn what_an_insured_place_does_wrong_is_found() {
    finds(&AT_THE_INSURED_PLACE).await;
}

#[tokio::test]
async fn what_the_hub_does_wrong_is_found() {
    finds(&AT_THE_HUB).await;
}

#[tokio::test]
async fn what_the_clearing_of_a_month_does_wrong_is_found() {
    finds(&IN_CLEARING).await;
}

#[test]
fn every_bug_has_a_row() {
    let tables: [&[Row]; 4] = [&AT_THE_TREATMENT_PLACE, &AT_THE_INSURED_PLACE, &IN_CLEARING, &AT_THE_HUB];
    let rows: Vec<Bug> = tables.into_iter().flatten().map(|(bug, ..)| *bug).collect();
    let missing: Vec<&Bug> = Bug::ALL.iter().filter(|bug| !rows.contains(bug)).collect();
    assert_eq!(missing, Vec::<&Bug>::new());
}

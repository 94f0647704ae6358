//! Settlements in the middle of a stay (中途结算): what has been charged so far is settled, the stay goes on, and all of them together
//! are one stay with one deductible. Over real HTTP.

use crate::desk::{Counter, renamed, with};
use crate::play::beijing;
use crate::raw::sentence;
use country::{
    bills::{self, Line},
    hospital::{Settled, Stay, read_fen},
    network::Fate,
};
use serde_json::{Value, json};
use terms::Fen;

/// Somebody in hospital, charged in parts.
struct Bed {
    counter: Counter,
    stay: Stay,
    parts: Vec<Vec<Line>>,
}

impl Bed {
    async fn open(parts: u64) -> Self {
        let mut counter = Counter::open().await;
        // The stay that waits at the counter is another's story.
        let total = counter.play.total;
        counter.done("2304", &counter.settle(total)).await;
        let stay = counter.stay("ZY910001");
        counter.admitted(&stay).await;
        let part = |number: u64| -> Vec<Line> {
            let lines = counter.bill(&stay, number);
            lines.iter().map(|line| renamed(line, &format!("{number}-{}", line.serial))).collect()
        };
        let parts = (1..=parts).map(part).collect();
        Self { counter, stay, parts }
    }

    async fn charge(&self, part: usize) {
        self.counter.done("2301", &self.counter.lines(&self.stay, &self.parts[part])).await;
    }

    fn total(&self, part: usize) -> Fen {
        bills::total(&self.parts[part])
    }

    fn midway(&self, total: Fen) -> Value {
        with(&self.counter.settle(total), "/data/mid_setl_flag", json!("1"))
    }

    async fn settle_midway(&self, part: usize) -> Value {
        let settled = self.counter.done("2304", &self.midway(self.total(part))).await;
        check(&settled);
        settled
    }

    async fn cancel(&self, settled: &Value) -> Value {
        self.counter.done("2305", &self.counter.cancel(&id_of(settled))).await
    }

    /// Where the stay stands, as 5303 says it.
    async fn is_in_hospital(&self) -> bool {
        let input = json!({ "data": { "psn_no": self.counter.play.patient.number.as_str() } });
        let found = self.counter.done("5303", &input).await;
        let id = self.counter.play.visit.to_string();
        found["data"].as_array().unwrap().iter().any(|row| row["mdtrt_id"] == json!(id))
    }

    /// The serials of the lines that a settlement has.
    async fn lines_of(&self, settled: &Value) -> usize {
        let lines = self.counter.done("5204", &self.counter.cancel(&id_of(settled))).await;
        lines.as_array().unwrap().len()
    }
}

fn check(output: &Value) {
    let settled = Settled::read(&json!({ "output": output })).unwrap();
    assert_eq!(settled.broken_identities(), Vec::<String>::new());
}

fn said(output: &Value, field: &str) -> Fen {
    read_fen(&output["setlinfo"][field]).unwrap()
}

fn id_of(output: &Value) -> String {
    output["setlinfo"]["setl_id"].as_str().unwrap().to_owned()
}

fn near(one: Fen, other: Fen) -> bool {
    (one.0 - other.0).abs() <= 3
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_a_stay_come_to_the_same_as_the_whole() {
    let bed = Bed::open(3).await;
    let counter = &bed.counter;
    for part in 0..3 {
        bed.charge(part).await;
    }
    let whole: Fen = (0..3).map(|part| bed.total(part)).sum();
    let at_once = counter.done("2303", &counter.settle(whole)).await;
    assert!(said(&at_once, "act_pay_dedc") > Fen::ZERO);
    counter.done("2302", &with(&counter.of_visit(), "/data/feedetl_sn", json!("0000"))).await;

    let mut settled = Vec::new();
    for part in 0..2 {
        bed.charge(part).await;
        let trial = counter.done("2303", &bed.midway(bed.total(part))).await;
        settled.push(bed.settle_midway(part).await);
        assert_eq!(settled[part]["setldetail"], trial["setldetail"]);
        assert!(bed.is_in_hospital().await, "the stay goes on");
        assert_eq!(bed.lines_of(&settled[part]).await, bed.parts[part].len());
    }
    bed.charge(2).await;
    counter.done("2402", &counter.discharge(&bed.stay)).await;
    settled.push(counter.done("2304", &counter.settle(bed.total(2))).await);
    check(&settled[2]);
    assert_eq!(bed.lines_of(&settled[2]).await, bed.parts[2].len());
    let sum = |field: &str| settled.iter().map(|one| said(one, field)).sum::<Fen>();
    assert_eq!(sum("medfee_sumamt"), whole);
    assert_eq!(sum("act_pay_dedc"), said(&at_once, "act_pay_dedc"), "one deductible");
    assert!(near(sum("fund_pay_sumamt"), said(&at_once, "fund_pay_sumamt")), "{}", sum("fund_pay_sumamt"));
    assert_eq!(counter.standing().await, [4, 4, 4]);
    counter.play.dust_settles().await;

    counter
        .refused("a settlement before the last", "2305", &counter.cancel(&id_of(&settled[0])), "此后又有结算")
        .await;
    for one in settled.iter().rev() {
        let given_back = bed.cancel(one).await;
        assert_eq!(said(&given_back, "medfee_sumamt"), -said(one, "medfee_sumamt"));
    }
    assert_eq!(counter.standing().await, [1, 1, 1]);
    let again = counter.done("2304", &counter.settle(whole)).await;
    assert_eq!(again["setldetail"], at_once["setldetail"], "all of it is one bill again");
    assert_eq!(said(&again, "act_pay_dedc"), said(&at_once, "act_pay_dedc"), "one admission");
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_settled_midway_neither_changes_nor_goes() {
    let bed = Bed::open(2).await;
    let counter = &bed.counter;
    counter.refused("nothing is charged yet", "2304", &bed.midway(Fen(100)), "没有未结算").await;
    bed.charge(0).await;
    bed.settle_midway(0).await;
    let serial = &bed.parts[0][0].serial;
    let one = with(&counter.of_visit(), "/data/feedetl_sn", json!(serial));
    counter.refused("a line of it", "2302", &one, "已中途结算").await;
    bed.charge(1).await;
    counter.done("2302", &with(&counter.of_visit(), "/data/feedetl_sn", json!("0000"))).await;
    let left = counter.done("5204", &counter.of_visit()).await;
    assert_eq!(left.as_array().unwrap().len(), bed.parts[0].len(), "only what is not settled went");
    counter.refused("the admission", "2404", &counter.of_visit(), "费用明细").await;
    bed.charge(1).await;
    counter.done("2402", &counter.discharge(&bed.stay)).await;
    counter.refused("who was discharged", "2304", &bed.midway(bed.total(1)), "在院").await;
    counter.done("2304", &counter.settle(bed.total(1))).await;
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_settled_midway_to_the_last_fen_leaves_without_another_settlement() {
    let bed = Bed::open(2).await;
    let counter = &bed.counter;
    bed.charge(0).await;
    bed.settle_midway(0).await;
    counter.refused("nothing more is charged", "2304", &bed.midway(bed.total(0)), "办理出院即为结清").await;
    counter.done("2402", &counter.discharge(&bed.stay)).await;
    assert!(!bed.is_in_hospital().await);
    for total in [Fen::ZERO, bed.total(0)] {
        counter.refused("nothing is left to settle", "2304", &counter.settle(total), "[已结算]").await;
    }
    assert_eq!(counter.standing().await, [2, 2, 2]);
    counter.play.dust_settles().await;

    // A charge was forgotten: the discharge is taken back, and all is as before it.
    counter.refused("out of hospital", "2301", &counter.lines(&bed.stay, &bed.parts[1]), "[已结算]").await;
    counter.done("2405", &counter.of_visit()).await;
    assert!(bed.is_in_hospital().await);
    bed.charge(1).await;
    let last = bed.settle_midway(1).await;
    counter.done("2402", &counter.discharge(&bed.stay)).await;

    // The last settlement was wrong: its lines are to be settled once more, and with them the stay.
    bed.cancel(&last).await;
    assert!(!bed.is_in_hospital().await);
    counter.done("2304", &counter.settle(bed.total(1))).await;
    counter.refused("a settled stay", "2405", &counter.of_visit(), "[已结算]").await;
    assert_eq!(counter.standing().await, [3, 3, 3]);
    counter.play.dust_settles().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_midway_is_found_again_or_reversed() {
    let bed = Bed::open(2).await;
    let (counter, play) = (&bed.counter, &bed.counter.play);
    bed.charge(0).await;
    let line = play.world.province(beijing()).unwrap().from_hub.as_ref().unwrap();
    let msgid = play.hospital.next_msgid();
    let message = counter.message(&msgid, "2304", &bed.midway(bed.total(0)));
    line.next([Fate::DropResponse]);
    let first = counter.raw.ask(&message).await;
    assert_eq!(first["infcode"], json!(-1), "{first}");
    counter.refused("while nobody knows", "2301", &counter.lines(&bed.stay, &bed.parts[1]), "结算中").await;
    play.world.until_quiet().await.unwrap();
    let again = counter.raw.ask(&message).await;
    assert_eq!(again["infcode"], json!(0), "{}", sentence(&again));
    assert!(bed.is_in_hospital().await);
    play.hospital.reverse(&play.patient, &msgid, "2304").await.unwrap();
    assert_eq!(counter.standing().await, [1, 1, 1]);
    assert!(bed.is_in_hospital().await, "nothing happened");
    bed.charge(1).await;
    counter.done("2402", &counter.discharge(&bed.stay)).await;
    counter.done("2304", &counter.settle(bed.total(0) + bed.total(1))).await;
    counter.play.dust_settles().await;
}

//! A guest and the hospital that treats them: what a hospital's software and its cashier do when answers do not come.

use super::{LONG_CALM, land::Land};
use crate::{
    bills::{self, Order},
    hospital::{self, Bill, CallError, Called, Hospital, Outpatient, Patient, Settled, Stay},
    institutions::Model,
};
use benefit::Catalog;
use rand::{RngExt, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use terms::{Fen, Moment, VisitId};

/// A guest of a hospital.
pub struct Guest {
    /// Where it is.
    pub land: Arc<Land>,
    /// Which guest.
    pub number: usize,
    /// Who is treated.
    pub patient: Patient,
    /// The hospital's software.
    pub hospital: Arc<Hospital>,
    /// The hospital.
    pub model: Model,
    /// Its province's catalog.
    pub catalog: Arc<Catalog>,
    /// The chance of this guest.
    pub dice: StdRng,
    /// Where it is written down what came of it.
    pub register: Arc<Register>,
    /// Whether their hospital asks once to settle, and takes it back at once.
    pub is_impatient: bool,
    /// The last refusal for good.
    pub refusal: Option<String>,
    /// What stands when they leave and may be taken back later.
    pub last: Option<Last>,
}

/// A settlement that stands.
pub struct Last {
    asks: Asks,
    msgid: String,
    settled: Settled,
}

/// What hospitals were told.
#[derive(Default)]
pub struct Register {
    /// Guests that have left, each with what the hospital was told in the end.
    pub left: Mutex<BTreeMap<usize, Told>>,
    /// What those who have not left wait for.
    pub waiting: Mutex<BTreeMap<usize, String>>,
    /// Guests that may come back.
    back: Mutex<BTreeMap<usize, Guest>>,
}

impl Register {
    /// What hospitals were told in the end, by guest.
    pub fn told(&self) -> BTreeMap<usize, Told> {
        self.left.lock().expect("nobody panics holding it").clone()
    }

    /// Those who may come back, once.
    pub fn take_back(&self) -> Vec<Guest> {
        let back = std::mem::take(&mut *self.back.lock().expect("nobody panics holding it"));
        back.into_values().collect()
    }
}

/// What a hospital was told of its settlements with a guest.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// They stand.
    pub standing: Vec<Settled>,
    /// They were undone, and the hospital was told so.
    pub undone: Vec<Settled>,
    /// The hospital wanted to cancel them and gave up asking: they stand or do not.
    pub unsure: Vec<Settled>,
    /// It gave up on a settlement, and was told that it is reversed.
    pub reversed: usize,
    /// Why settlements were refused for good.
    pub refused: Vec<String>,
    /// Undoings that were refused for good, which none may be.
    pub not_undone: Vec<String>,
}

/// So many times no, one after another when nothing goes wrong any more, is a no for good.
const FOR_GOOD: usize = 8;

/// How a visit is settled and cancelled, and what the question says.
struct Asks {
    settles: &'static str,
    cancels: &'static str,
    visit: VisitId,
    input: Value,
}

/// How a cashier goes about a settlement of which no answer comes.
#[derive(Clone, Copy)]
enum Cashier {
    /// Sends the same message until it is answered.
    Persists,
    /// Gives up after some times, reverses, and begins anew or lets it be.
    GivesUp,
    /// Sends the same question under a new message id, and both in turn.
    AsksAnew,
}

impl Guest {
    /// When the treatment ended: some hours ago, or on the new day for most of those who come after midnight.
    fn treated(&self) -> Moment {
        let now = self.land.course.now();
        let midnight = now.day().start();
        let is_new_day = now.plus_millis(-600_000) < midnight;
        if is_new_day && self.number % 4 < 3 {
            now.plus_millis(-10_000).max(midnight)
        } else {
            now.plus_millis(-7_200_000)
        }
    }

    /// Comes, is treated, pays and leaves.
    pub async fn live(mut self) {
        let told = self.stay().await.unwrap_or_default();
        self.leave(told);
    }

    /// Comes back long afterwards: what stands is taken back, and perhaps settled anew.
    pub async fn come_back(mut self) {
        let Some(Last { asks, msgid, settled }) = self.last.take() else { return };
        self.land.course.tell(&format!("guest {} comes back", self.number));
        let left = self.register.left.lock().expect("nobody panics holding it").remove(&self.number);
        let mut told = left.unwrap_or_default();
        told.standing.clear();
        let reverses = self.dice.random_range(0..3) == 0;
        self.take_back(&asks, (&msgid, settled), reverses, &mut told).await;
        self.leave(told);
    }

    fn leave(self, told: Told) {
        self.land.course.tell(&format!(
            "guest {} leaves: {} stand, {} undone, {} reversed, {} refused",
            self.number,
            told.standing.len(),
            told.undone.len(),
            told.reversed,
            told.refused.len()
        ));
        let register = Arc::clone(&self.register);
        register.waiting.lock().expect("nobody panics holding it").remove(&self.number);
        register.left.lock().expect("nobody panics holding it").insert(self.number, told);
        if self.last.is_some() {
            register.back.lock().expect("nobody panics holding it").insert(self.number, self);
        }
    }

    /// `None` where the hospital could not even register the visit: nothing was asked of anybody's money.
    async fn stay(&mut self) -> Option<Told> {
        let asks = if self.dice.random_range(0..3) == 0 {
            self.visit_outpatients().await?
        } else {
            self.stay_in_hospital().await?
        };
        let mut told = Told::default();
        let cashier = match self.dice.random_range(0..4) {
            _ if self.is_impatient => Cashier::GivesUp,
            0 => Cashier::GivesUp,
            1 => Cashier::AsksAnew,
            _ => Cashier::Persists,
        };
        let Some((msgid, settled)) = self.settle(&asks, cashier, &mut told).await else {
            return Some(told);
        };
        match (cashier, self.dice.random_range(0..10)) {
            // With two messages about, an undoing of one leaves the other to come: such a cashier lets it be.
            (Cashier::AsksAnew, _) => {
                told.standing.push(settled);
                return Some(told);
            }
            (_, 0..=4) => {
                told.standing.push(settled.clone());
                self.last = Some(Last { asks, msgid, settled });
                return Some(told);
            }
            (_, part) => self.take_back(&asks, (&msgid, settled), part < 7, &mut told).await,
        }
        Some(told)
    }

    /// What stands is taken back, and perhaps settled anew. Some cashiers who cancel give up asking, and let it be.
    async fn take_back(
        &mut self,
        asks: &Asks,
        (msgid, settled): (&str, Settled),
        reverses: bool,
        told: &mut Told,
    ) {
        if reverses {
            self.reverse(msgid, asks.settles, told).await;
        } else if !self.cancel(asks, &settled, told).await {
            told.unsure.push(settled);
            return;
        }
        told.undone.push(settled);
        if self.dice.random() {
            let again = self.settle(asks, Cashier::Persists, told).await;
            told.standing.extend(again.map(|(_, settled)| settled));
        }
    }

    /// Settles; with the message that was answered.
    async fn settle(&mut self, asks: &Asks, cashier: Cashier, told: &mut Told) -> Option<(String, Settled)> {
        let mut msgids = vec![self.hospital.next_msgid()];
        let tries = match cashier {
            Cashier::Persists => usize::MAX,
            Cashier::GivesUp if self.is_impatient => 1,
            Cashier::GivesUp | Cashier::AsksAnew => self.dice.random_range(1..4),
        };
        if let Some(done) = self.settled(&msgids, asks, tries).await {
            return Some(done);
        }
        match cashier {
            Cashier::AsksAnew => msgids.push(self.hospital.next_msgid()),
            Cashier::GivesUp | Cashier::Persists => {
                if tries == usize::MAX {
                    told.refused.extend(self.refusal.take());
                    return None;
                }
                self.reverse(&msgids[0], asks.settles, told).await;
                if self.dice.random() {
                    return None;
                }
                msgids = vec![self.hospital.next_msgid()];
            }
        }
        let settled = self.settled(&msgids, asks, usize::MAX).await;
        if settled.is_none() {
            told.refused.extend(self.refusal.take());
        }
        settled
    }

    async fn settled(&mut self, msgids: &[String], asks: &Asks, tries: usize) -> Option<(String, Settled)> {
        let (msgid, answer) = self.until_answered(msgids, asks.settles, &asks.input, tries).await?;
        Some((msgid, Settled::read(&answer).expect("an answer that says yes says what was settled")))
    }

    /// False where the cashier gave up before there was an answer.
    async fn cancel(&mut self, asks: &Asks, settled: &Settled, told: &mut Told) -> bool {
        let id = settled.settlement.expect("a settlement has an id").to_string();
        let person = self.patient.number.as_str();
        let visit = asks.visit.to_string();
        let input = json!({ "data": { "mdtrt_id": visit, "setl_id": id, "psn_no": person } });
        let msgid = self.hospital.next_msgid();
        let tries = if self.dice.random_range(0..4) == 0 { self.dice.random_range(1..4) } else { usize::MAX };
        if self.until_answered(&[msgid], asks.cancels, &input, tries).await.is_some() {
            return true;
        }
        let is_refused = self.refusal.take().is_some();
        told.not_undone.extend(is_refused.then_some(id));
        is_refused
    }

    async fn reverse(&mut self, msgid: &str, infno: &str, told: &mut Told) {
        let person = self.patient.number.as_str();
        let input = json!({ "data": { "psn_no": person, "omsgid": msgid, "oinfno": infno } });
        let own = self.hospital.next_msgid();
        match self.until_answered(&[own], "2601", &input, usize::MAX).await {
            Some(_) => told.reversed += 1,
            None => told.not_undone.push(msgid.to_owned()),
        }
    }

    /// Asks under these message ids in turn until one is answered with a yes, and says which. After a no, too: it may be that the
    /// platform could not do it just then. `None` after so many tries, or where it is no for good.
    async fn until_answered(
        &mut self,
        msgids: &[String],
        infno: &str,
        input: &Value,
        tries: usize,
    ) -> Option<(String, Value)> {
        let insured = Some(self.patient.insured);
        let (mut refused, mut said) = (0, Vec::new());
        for (number, msgid) in msgids.iter().cycle().enumerate() {
            if number >= tries {
                break;
            }
            let asked = self.hospital.call_with_msgid(msgid, infno, insured, input.clone());
            let why = match asked.await {
                Ok(answer) => return Some((msgid.clone(), answer)),
                Err(why) => why,
            };
            let is_no = self.land.is_calm() && matches!(why, CallError::Refused { .. });
            refused = if is_no { refused + 1 } else { 0 };
            said.push(why.to_string());
            if refused >= FOR_GOOD {
                // Where several messages ask for the same, the true reason is that of the first that came.
                let why = said.split_off(said.len() - msgids.len()).join("；");
                self.land
                    .course
                    .tell(&format!("{infno} of guest {} is refused for good: {why}", self.number));
                self.refusal = Some(format!("{infno}: {why}"));
                return None;
            }
            let waits = format!("{infno} of guest {}: {why}", self.number);
            self.register.waiting.lock().expect("nobody panics holding it").insert(self.number, waits);
            let pause = match self.land.calm_for() {
                // The last time nobody waits: what was asked may still be on its way.
                _ if number + 1 >= tries => 1,
                calm if calm > LONG_CALM => self.dice.random_range(30_000..60_000),
                _ => self.dice.random_range(500..15_000),
            };
            self.land.course.pause(pause).await;
        }
        None
    }

    /// One message that prepares a visit; some are given up.
    async fn prepare(&mut self, infno: &str, input: Value) -> Option<Value> {
        let msgid = self.hospital.next_msgid();
        Some(self.until_answered(&[msgid], infno, &input, 12).await?.1)
    }

    async fn stay_in_hospital(&mut self) -> Option<Asks> {
        let treated = self.treated();
        let admitted = treated.plus_millis(-3 * 86_400_000);
        let stay = Stay::ordinary(&format!("ZY{}", self.number), admitted, treated);
        let admission = self.hospital.admission(&self.patient, &stay);
        let visit = visit_of(&self.prepare("2401", admission).await?, "/output/result/mdtrt_id")?;
        let total = Fen(1_000_000 + self.dice.random_range(0..3_000_000));
        let order = Order {
            level: self.model.level,
            admitted,
            discharged: treated,
            total,
            lines: 10,
            seed: self.dice.random_range(0..1_000),
        };
        let lines = bills::bill(&self.catalog, &order);
        self.prepare("2301", hospital::fee_input(&self.patient, visit, &stay, &lines)).await?;
        self.prepare("2402", Hospital::discharge_input(&self.patient, visit, &stay)).await?;
        let mut input = self.hospital.settlement_input(&self.patient, visit, bills::total(&lines));
        input["data"]["acct_used_flag"] = json!((self.number % 2).to_string());
        Some(Asks { settles: "2304", cancels: "2305", visit, input })
    }

    async fn visit_outpatients(&mut self) -> Option<Asks> {
        let treated = self.treated();
        let outpatient = Outpatient::ordinary(&format!("MZ{}", self.number), treated.plus_millis(-7_200_000));
        let registration = hospital::registration(&self.patient, &outpatient);
        let visit = visit_of(&self.prepare("2201", registration).await?, "/output/data/mdtrt_id")?;
        self.prepare("2203", hospital::description(&self.patient, visit, &outpatient)).await?;
        let order = Order {
            level: self.model.level,
            admitted: outpatient.at,
            discharged: treated,
            total: Fen(40_000 + self.dice.random_range(0..200_000)),
            lines: 4,
            seed: self.dice.random_range(0..1_000),
        };
        let lines = bills::small_bill(&self.catalog, &order);
        let bill = hospital::bill_input(&self.patient, visit, &outpatient, ("P1", &lines));
        self.prepare("2204", bill).await?;
        let bill = Bill { name: "P1", total: bills::total(&lines), outpatient: &outpatient };
        let mut input = Hospital::bill_settlement_input(&self.patient, visit, &bill);
        input["data"]["acct_used_flag"] = json!((self.number % 2).to_string());
        Some(Asks { settles: "2207", cancels: "2208", visit, input })
    }
}

fn visit_of(answer: &Value, pointer: &str) -> Option<VisitId> {
    let read: Called<VisitId> = hospital::parsed(answer, pointer);
    read.ok()
}

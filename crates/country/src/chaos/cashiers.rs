//! Cashiers under bad luck: each takes one guest after the other through a whole stay, or a visit to the outpatient department, does what
//! cashiers do when no answer comes, and writes down what was answered in the end.
//!
//! They know the interface alone. An answer that says "later" is no answer, and the same message is sent again, for as long as it
//! takes; how long that may be after the faults have stopped is for whoever ends the load.

use crate::{
    hospital::{
        CallError, Called, Hospital, Settled, UPLOAD_MAX, bill_input, description, fee_input, parsed,
        registration,
    },
    load::ground::{BILL, Guest, Visit},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use terms::{SettlementId, VisitId};
use tokio::{sync::watch, task::JoinSet, time::timeout};

/// What a cashier was told of a stay in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is settled, and was not taken back.
    Settled(Box<Settled>),
    /// What was settled, or was asked for, is undone.
    Undone(Option<SettlementId>),
    /// It was not settled: a refusal that is for good.
    Refused(String),
    /// Nothing, for as long as was waited.
    Nothing,
}

impl Told {
    /// The settlement that it is about, where one was named.
    pub fn settlement(&self) -> Option<SettlementId> {
        match self {
            Self::Settled(settled) => settled.settlement,
            Self::Undone(id) => *id,
            Self::Refused(_) | Self::Nothing => None,
        }
    }
}

/// A stay that came at least to its settlement.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The visit.
    pub visit: VisitId,
    /// What was answered in the end.
    pub told: Told,
}

/// What all cashiers were told.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// Stays that came to their settlement, one a visit.
    pub entries: Vec<Entry>,
    /// Stays that did not: why not.
    pub not_begun: Vec<String>,
    /// Answers that no interface has, and answers that contradict each other or do not add up.
    pub strange: Vec<String>,
    /// Messages that got no answer, or one that says "later", and were sent again.
    pub sent_again: u64,
    /// What those heard who asked once while something was away, by kind, and the longest that one of them waited.
    pub meanwhile: BTreeMap<&'static str, u64>,
    /// The longest that one of them waited for it.
    pub longest: Duration,
}

/// What a cashier does with a stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// Settles, with the same message until it is answered.
    Settle,
    /// Settles, and cancels.
    Cancel,
    /// Settles, cancels, and settles anew.
    CancelAndSettle,
    /// Settles, and reverses what was settled.
    Reverse,
    /// Hangs up on the settlement, and reverses what may have come of it.
    GiveUp,
    /// Sends the settlement as another message when no answer comes.
    OtherMessage,
    /// Sends the same message twice at once.
    Twice,
}

impl Plan {
    /// Out of a hundred stays, each plan has so many.
    const SHARES: [(Self, u32); 7] = [
        (Self::Settle, 45),
        (Self::Cancel, 12),
        (Self::CancelAndSettle, 5),
        (Self::Reverse, 8),
        (Self::GiveUp, 10),
        (Self::OtherMessage, 12),
        (Self::Twice, 8),
    ];

    fn draw(dice: &mut StdRng) -> Self {
        let mut drawn = dice.random_range(0..100);
        for (plan, share) in Self::SHARES {
            if drawn < share {
                return plan;
            }
            drawn -= share;
        }
        Self::Settle
    }
}

/// The words of an answer that is none yet: the same message is to be sent again.
const LATER: [&str; 7] = ["重发", "正在处理", "稍后", "无法连通", "未通过校验", "未受理", "繁忙"];

/// How many strange answers are kept.
const STRANGE_MOST: usize = 20;

/// Cashiers at work.
pub struct Cashiers {
    room: Arc<Room>,
    tasks: JoinSet<()>,
}

/// A stay that is over, of which nothing is left to do but to settle it.
pub struct Discharged {
    guest: Guest,
    visit: VisitId,
}

/// What all cashiers share.
#[derive(Default)]
struct Room {
    guests: Mutex<Vec<Guest>>,
    discharged: Mutex<Vec<Discharged>>,
    journal: Mutex<Journal>,
    asked: AtomicU64,
    /// Those who ask once and leave it at that: how many have heard something, or nothing.
    heard: AtomicU64,
    sent_again: AtomicU64,
    /// Set when no more guests are to be taken: until when answers are waited for.
    closing: watch::Sender<Option<Instant>>,
}

impl Cashiers {
    /// So many cashiers begin to work: whole stays, one after the other. `seed` decides what they do.
    pub fn begin(guests: Vec<Guest>, cashiers: usize, seed: u64) -> Self {
        let mut begun = Self::new(Room { guests: Mutex::new(guests), ..Room::default() });
        for number in 0..cashiers {
            let cashier = begun.cashier(number, seed);
            begun.tasks.spawn(cashier.works());
        }
        begun
    }

    /// The same, but they settle stays that are over: each is asked for once and left at that if there is no answer, until the
    /// cashiers are told to end; then all that is open is asked for until it is answered.
    pub fn begin_asking(discharged: Vec<Discharged>, cashiers: usize, seed: u64) -> Self {
        let mut begun = Self::new(Room { discharged: Mutex::new(discharged), ..Room::default() });
        for number in 0..cashiers {
            let cashier = begun.cashier(number, seed);
            begun.tasks.spawn(cashier.asks());
        }
        begun
    }

    /// Brings guests to the end of their stays, while nothing is wrong. Those that do not get there are told in the journal.
    pub async fn discharge(
        guests: Vec<Guest>,
        cashiers: usize,
        patience: Duration,
    ) -> (Vec<Discharged>, Journal) {
        let mut begun = Self::new(Room { guests: Mutex::new(guests), ..Room::default() });
        for number in 0..cashiers {
            let cashier = begun.cashier(number, 0);
            begun.tasks.spawn(cashier.discharges());
        }
        let room = Arc::clone(&begun.room);
        room.closing.send_replace(Some(Instant::now() + patience));
        while begun.tasks.join_next().await.is_some() {}
        let discharged = std::mem::take(&mut *room.discharged.lock().expect(NOBODY_PANICS));
        (discharged, room.journal())
    }

    fn new(room: Room) -> Self {
        Self { room: Arc::new(room), tasks: JoinSet::new() }
    }

    fn cashier(&self, number: usize, seed: u64) -> Cashier {
        let number = u64::try_from(number).expect("a few cashiers");
        let dice = StdRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(number));
        Cashier { room: Arc::clone(&self.room), dice }
    }

    /// How many settlements were asked for so far.
    pub fn asked(&self) -> u64 {
        self.room.asked.load(Ordering::Relaxed)
    }

    /// How many of those who ask once have been answered, or heard that they are not.
    pub fn heard(&self) -> u64 {
        self.room.heard.load(Ordering::Relaxed)
    }

    /// No more guests are taken; the journal, once every cashier has been answered, or nobody has been for so long.
    ///
    /// # Panics
    /// If a cashier did.
    pub async fn end(mut self, patience: Duration) -> Journal {
        self.room.closing.send_replace(Some(Instant::now() + patience));
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("a cashier does not panic");
        }
        self.room.journal()
    }
}

const NOBODY_PANICS: &str = "nobody panics holding it";

impl Room {
    fn guest(&self) -> Option<Guest> {
        if self.closing.borrow().is_some() { None } else { self.guests.lock().expect(NOBODY_PANICS).pop() }
    }

    /// Whether it has been waited long enough for the last answers.
    fn is_closed(&self) -> bool {
        self.closing.borrow().is_some_and(|until| until < Instant::now())
    }

    fn journal(&self) -> Journal {
        let mut journal = self.journal.lock().expect(NOBODY_PANICS).clone();
        journal.sent_again = self.sent_again.load(Ordering::Relaxed);
        journal
    }

    fn write(&self, write: impl FnOnce(&mut Journal)) {
        write(&mut self.journal.lock().expect(NOBODY_PANICS));
    }

    fn strange(&self, what: String) {
        self.write(|journal| {
            if journal.strange.len() < STRANGE_MOST {
                journal.strange.push(what);
            }
        });
    }
}

/// What came of a message in the end.
enum Heard {
    Yes(Box<Value>),
    No(String),
    Nothing,
}

struct Cashier {
    room: Arc<Room>,
    dice: StdRng,
}

impl Cashier {
    async fn works(mut self) {
        while let Some(guest) = self.room.guest() {
            let plan = Plan::draw(&mut self.dice);
            match self.discharged(&guest).await {
                Ok(visit) => self.settles(&guest, visit, plan).await,
                Err(why) => self.room.write(|journal| journal.not_begun.push(why)),
            }
        }
    }

    async fn discharges(mut self) {
        loop {
            let guest = self.room.guests.lock().expect(NOBODY_PANICS).pop();
            let Some(guest) = guest else { break };
            match self.discharged(&guest).await {
                Ok(visit) => {
                    self.room.discharged.lock().expect(NOBODY_PANICS).push(Discharged { guest, visit });
                }
                Err(why) => self.room.write(|journal| journal.not_begun.push(why)),
            }
        }
    }

    async fn asks(mut self) {
        let mut open = Vec::new();
        while self.room.closing.borrow().is_none() {
            let next = self.room.discharged.lock().expect(NOBODY_PANICS).pop();
            let Some(Discharged { guest, visit }) = next else { break };
            let stay = Discharged { guest, visit };
            let msgid = stay.guest.hospital.next_msgid();
            self.room.asked.fetch_add(1, Ordering::Relaxed);
            // Whatever is said now, the same message finds the answer later.
            let began = Instant::now();
            let kind = self.said_meanwhile(&stay.send(&msgid).await);
            self.room.write(|journal| {
                *journal.meanwhile.entry(kind).or_default() += 1;
                journal.longest = journal.longest.max(began.elapsed());
            });
            self.room.heard.fetch_add(1, Ordering::Relaxed);
            open.push((stay, msgid));
        }
        let mut closing = self.room.closing.subscribe();
        let _ = closing.wait_for(Option::is_some).await;
        for (stay, msgid) in open {
            let told = if self.dice.random_range(0..10) == 0 {
                self.reverses(&stay.guest, &msgid, None).await
            } else {
                let heard =
                    self.patiently(&stay.guest, &msgid, stay.guest.transactions().0, stay.input()).await;
                self.told(heard)
            };
            self.room.write(|journal| journal.entries.push(Entry { visit: stay.visit, told }));
        }
    }

    /// What is said while nobody can settle. Nothing may be settled then.
    fn said_meanwhile(&self, said: &Called<Value>) -> &'static str {
        match said {
            Ok(answer) => {
                self.room
                    .strange(format!("停机期间竟答复已结算：{}", answer["output"]["setlinfo"]["setl_id"]));
                "已结算"
            }
            Err(CallError::NoAnswer(_)) => "无应答",
            Err(CallError::Refused { message, .. }) => {
                let kinds = [("繁忙", "平台繁忙"), ("无法连通", "对方无法连通"), ("重发", "结果待查")];
                kinds.into_iter().find(|(word, _)| message.contains(word)).map_or("拒绝", |(_, kind)| kind)
            }
            Err(CallError::Gateway { .. } | CallError::NotUnderstood(_)) => "应答异常",
        }
    }

    /// 2401, 2301, 2402; or 2201, 2203, 2204.
    async fn discharged(&mut self, guest: &Guest) -> Result<VisitId, String> {
        let Guest { hospital, patient, visit, bill } = guest;
        let read = |answer: &Value, at| parsed(answer, at).map_err(|error| error.to_string());
        match visit {
            Visit::Stay(stay) => {
                let answer = self.step(guest, "2401", hospital.admission(patient, stay)).await?;
                let visit = read(&answer, "/output/result/mdtrt_id")?;
                for lines in bill.chunks(UPLOAD_MAX) {
                    self.step(guest, "2301", fee_input(patient, visit, stay, lines)).await?;
                }
                self.step(guest, "2402", Hospital::discharge_input(patient, visit, stay)).await?;
                Ok(visit)
            }
            Visit::Outpatient(outpatient) => {
                let answer = self.step(guest, "2201", registration(patient, outpatient)).await?;
                let visit = read(&answer, "/output/data/mdtrt_id")?;
                self.step(guest, "2203", description(patient, visit, outpatient)).await?;
                self.step(guest, "2204", bill_input(patient, visit, outpatient, (BILL, bill))).await?;
                Ok(visit)
            }
        }
    }

    async fn step(&mut self, guest: &Guest, infno: &str, input: Value) -> Result<Value, String> {
        let msgid = guest.hospital.next_msgid();
        match self.patiently(guest, &msgid, infno, input).await {
            Heard::Yes(answer) => Ok(*answer),
            Heard::No(why) => Err(format!("{infno}：{why}")),
            Heard::Nothing => Err(format!("{infno}：一直没有应答")),
        }
    }

    async fn settles(&mut self, guest: &Guest, visit: VisitId, plan: Plan) {
        self.room.asked.fetch_add(1, Ordering::Relaxed);
        let (settles, _) = guest.transactions();
        let msgid = guest.hospital.next_msgid();
        let input = guest.settlement_input(visit);
        let told = match plan {
            Plan::Settle => {
                let heard = self.patiently(guest, &msgid, settles, input).await;
                self.told(heard)
            }
            Plan::Cancel | Plan::CancelAndSettle | Plan::Reverse => {
                let heard = self.patiently(guest, &msgid, settles, input).await;
                match self.told(heard) {
                    Told::Settled(settled) if plan == Plan::Reverse => {
                        self.reverses(guest, &msgid, settled.settlement).await
                    }
                    Told::Settled(settled) => {
                        let told = self.cancels(guest, visit, &settled).await;
                        if plan == Plan::CancelAndSettle && matches!(told, Told::Undone(_)) {
                            self.settles_anew(guest, visit, told).await
                        } else {
                            told
                        }
                    }
                    told => told,
                }
            }
            Plan::GiveUp => {
                let soon = Duration::from_millis(self.dice.random_range(1..200));
                let _ = timeout(soon, send(guest, &msgid, settles, input)).await;
                self.reverses(guest, &msgid, None).await
            }
            Plan::OtherMessage => self.asks_otherwise(guest, &input, msgid).await,
            Plan::Twice => {
                let (mut other, again) = (self.twin(), input.clone());
                let (first, second) = tokio::join!(
                    self.patiently(guest, &msgid, settles, input),
                    other.patiently(guest, &msgid, settles, again)
                );
                if let (Heard::Yes(first), Heard::Yes(second)) = (&first, &second)
                    && first.pointer("/output/setlinfo/setl_id") != second.pointer("/output/setlinfo/setl_id")
                {
                    self.room.strange(format!("同一报文[{msgid}]得到两个不同的结算"));
                }
                self.told(if matches!(first, Heard::Nothing) { second } else { first })
            }
        };
        self.room.write(|journal| journal.entries.push(Entry { visit, told }));
    }

    fn twin(&mut self) -> Self {
        Self {
            room: Arc::clone(&self.room),
            dice: StdRng::seed_from_u64(self.dice.random_range(0..u64::MAX)),
        }
    }

    fn told(&self, heard: Heard) -> Told {
        match heard {
            Heard::Nothing => Told::Nothing,
            Heard::No(why) => Told::Refused(why),
            Heard::Yes(answer) => match Settled::read(&answer) {
                Ok(settled) => {
                    for broken in settled.broken_identities() {
                        self.room.strange(broken);
                    }
                    Told::Settled(Box::new(settled))
                }
                Err(error) => {
                    self.room.strange(error.to_string());
                    Told::Nothing
                }
            },
        }
    }

    /// 2305, or 2208.
    async fn cancels(&mut self, guest: &Guest, visit: VisitId, settled: &Settled) -> Told {
        let Some(id) = settled.settlement else { return Told::Nothing };
        let input = json!({ "data": {
            "mdtrt_id": visit.to_string(), "setl_id": id.to_string(), "psn_no": guest.patient.number.as_str(),
        }});
        let msgid = guest.hospital.next_msgid();
        match self.patiently(guest, &msgid, guest.transactions().1, input).await {
            Heard::Yes(_) => Told::Undone(Some(id)),
            Heard::No(why) => {
                self.room.strange(format!("结算[{id}]撤销被拒：{why}"));
                Told::Settled(Box::new(settled.clone()))
            }
            Heard::Nothing => Told::Nothing,
        }
    }

    /// 2304 or 2207 anew after a cancellation, which the insured place may not have confirmed yet.
    async fn settles_anew(&mut self, guest: &Guest, visit: VisitId, undone: Told) -> Told {
        loop {
            let msgid = guest.hospital.next_msgid();
            match self.patiently(guest, &msgid, guest.transactions().0, guest.settlement_input(visit)).await {
                Heard::No(why) if why.contains("撤销中") && !self.room.is_closed() => self.rest().await,
                Heard::No(_) => return undone,
                heard => return self.told(heard),
            }
        }
    }

    /// 2601.
    async fn reverses(&mut self, guest: &Guest, original: &str, id: Option<SettlementId>) -> Told {
        let input = json!({ "data": {
            "psn_no": guest.patient.number.as_str(), "omsgid": original, "oinfno": guest.transactions().0,
        }});
        let msgid = guest.hospital.next_msgid();
        match self.patiently(guest, &msgid, "2601", input).await {
            Heard::Yes(_) => Told::Undone(id),
            Heard::No(why) => {
                self.room.strange(format!("报文[{original}]冲正被拒：{why}"));
                Told::Nothing
            }
            Heard::Nothing => Told::Nothing,
        }
    }

    /// Sends the settlement under other message ids when no answer comes, and under the earlier ones again, until one is settled or
    /// all are refused.
    async fn asks_otherwise(&mut self, guest: &Guest, input: &Value, first: String) -> Told {
        const MESSAGES: usize = 3;
        let mut open = vec![first];
        let (mut sent, mut refused) = (1, Told::Nothing);
        loop {
            for at in 0..open.len() {
                match send(guest, &open[at], guest.transactions().0, input.clone()).await {
                    Ok(answer) => return self.told(Heard::Yes(Box::new(answer))),
                    Err(error) => {
                        if let Some(why) = self.refusal(&error) {
                            refused = Told::Refused(why);
                            open.remove(at);
                            break;
                        }
                    }
                }
            }
            if open.is_empty() || self.room.is_closed() {
                return if open.is_empty() { refused } else { Told::Nothing };
            }
            if sent < MESSAGES {
                open.push(guest.hospital.next_msgid());
                sent += 1;
            }
            self.room.sent_again.fetch_add(1, Ordering::Relaxed);
            self.rest().await;
        }
    }

    /// Sends a message until it is answered.
    async fn patiently(&mut self, guest: &Guest, msgid: &str, infno: &str, input: Value) -> Heard {
        loop {
            match send(guest, msgid, infno, input.clone()).await {
                Ok(answer) => return Heard::Yes(Box::new(answer)),
                Err(error) => {
                    if let Some(why) = self.refusal(&error) {
                        return Heard::No(why);
                    }
                }
            }
            if self.room.is_closed() {
                return Heard::Nothing;
            }
            self.room.sent_again.fetch_add(1, Ordering::Relaxed);
            self.rest().await;
        }
    }

    /// Why not, if it is for good.
    fn refusal(&self, error: &CallError) -> Option<String> {
        match error {
            CallError::Refused { message, .. } if LATER.iter().any(|word| message.contains(word)) => None,
            CallError::Refused { message, .. } => Some(message.clone()),
            CallError::NoAnswer(_) => None,
            CallError::Gateway { .. } | CallError::NotUnderstood(_) => {
                self.room.strange(error.to_string());
                None
            }
        }
    }

    async fn rest(&mut self) {
        let pause = Duration::from_millis(self.dice.random_range(20..400));
        tokio::time::sleep(pause).await;
    }
}

impl Discharged {
    fn input(&self) -> Value {
        self.guest.settlement_input(self.visit)
    }

    async fn send(&self, msgid: &str) -> Called<Value> {
        send(&self.guest, msgid, self.guest.transactions().0, self.input()).await
    }
}

async fn send(guest: &Guest, msgid: &str, infno: &str, input: Value) -> Called<Value> {
    guest.hospital.call_with_msgid(msgid, infno, Some(guest.patient.insured), input).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::Refusal;

    #[test]
    fn the_shares_of_all_plans_are_a_hundred() {
        assert_eq!(Plan::SHARES.iter().map(|(_, share)| share).sum::<u32>(), 100);
        let mut dice = StdRng::seed_from_u64(1);
        let drawn: Vec<Plan> = (0..400).map(|_| Plan::draw(&mut dice)).collect();
        assert!(Plan::SHARES.iter().all(|(plan, _)| drawn.contains(plan)));
    }

    #[test]
    fn what_says_later_is_no_refusal() {
        let cashier = Cashiers::new(Room::default()).cashier(0, 1);
        let refused = |refusal: Refusal| {
            let error = CallError::Refused { infcode: -1, message: refusal.message() };
            cashier.refusal(&error).is_some()
        };
        let setl_id = || "1".to_owned();
        for later in [
            Refusal::NodeBusy {},
            Refusal::NodeOverloaded { seconds: "3".to_owned() },
            Refusal::OutcomeUnknown { setl_id: setl_id() },
            Refusal::MessageUnderWay { infno: "2304".to_owned() },
            Refusal::ParticipantUnreachable { place: "北京市".to_owned() },
            Refusal::PeerRejected { detail: "应答与请求不符".to_owned() },
        ] {
            assert!(!refused(later.clone()), "{later}");
        }
        for for_good in
            [Refusal::AlreadyUndone { setl_id: setl_id() }, Refusal::Reversed { infno: "2304".to_owned() }]
        {
            assert!(refused(for_good.clone()), "{for_good}");
        }
    }
}

//! A simulated country that can be played again: hub, provinces and hospitals in one process, on simulated time and a simulated
//! network, all of one seed. The same seed is the same story, to the byte.
//!
//! The nodes are the real ones, over real databases. Only what surrounds them is simulated: what carries their messages
//! ([`network`]), their clocks and ids ([`land`]), what goes wrong in their databases ([`store::fault`]), and the hospitals'
//! cashiers ([`guest`]). One event happens after another ([`course`]); a node goes on with something only when an event says so, so
//! that two things meet in it only where it waits for the network or between two units of work.
//!
//! For a while there is bad luck of every kind. Then it ends, and within bounded simulated time every hospital must have an answer,
//! nothing may wait any more, and everything must hold ([`crate::checks`]): what hospitals were told is so in all three books.

mod course;
mod guest;
mod land;
mod look;
mod month;
mod network;
mod recompute;
mod rules;
mod standing;
mod stranger;

use crate::{
    hospital::{Hospital, Patient, Settings},
    institutions::{MODELS, demo_institutions},
    people::{AREAS, EACH, STATUSES, demo_people, person},
    world::{Fixed, Rulebook, Trouble},
};
use casework::person::Person;
use course::Course;
use guest::{Guest, Register};
use land::{Land, Odds, SkewedClock, name_of};
use network::{Line, Speaker};
use node::{ProvinceSettings, UnconfirmedValues};
use rand::{SeedableRng, rngs::StdRng};
pub use rules::rules;
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};
use store::{Store, hub::ParticipantEntry};
use stranger::Stranger;
use terms::{AdminDivision, Clock, InstitutionCode, Moment, Participant, PoolingArea, Province};

/// When every simulation begins: shortly before the midnight at which a month ends and policies change.
const BEGINS: &str = "2026-11-30 23:58:40";
/// How long the nodes may take to be founded, in milliseconds. The guests that come in the minute after that come on both sides of
/// midnight.
const FOUNDED: i64 = 60_000;
/// The day on which policies change.
const CHANGES: &str = "2026-12-01";
/// When bad luck begins, in milliseconds from when the first guests come …
const WORSENS: i64 = 3_000;
/// … and when it ends.
const CLEARS_UP: i64 = 100_000;
/// Within how many milliseconds after that all must be quiet. A question that was put off on a clock twenty minutes fast waits
/// for twenty minutes.
const SETTLES_WITHIN: i64 = 45 * 60_000;
/// After so many milliseconds without bad luck hardly anything still happens, and one need not look so often.
const LONG_CALM: i64 = 5 * 60_000;
/// How long a task of the night may take, in milliseconds.
const TASK_WITHIN: i64 = 120_000;
/// How long a connection may take, on the real clock, to be given back.
const REST_WITHIN: Duration = Duration::from_secs(10);

/// What is simulated.
pub struct Options {
    /// Whatever makes it another story.
    pub seed: u64,
    /// How many guests come.
    pub guests: usize,
    /// Policies and catalogs, as [`rules`] makes them.
    pub rules: Rulebook,
    /// Whether the month is closed afterwards, and the next one.
    pub ends_month: bool,
    /// What is worse than chance would have it, if anything.
    pub worse: Option<Worse>,
    /// An empty database for each of [`participants`].
    pub stores: BTreeMap<Participant, Store>,
}

/// Bad luck of one kind, much worse than chance has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worse {
    /// Units of work fail when they are to be saved.
    Commits,
    /// Messages are damaged, and replies forged.
    Lies,
    /// What asks to settle is late, and hospitals give up at once: what takes it back overtakes it.
    Overtaking,
    /// Provinces are suspended, one after another.
    Suspensions,
}

/// How a simulation ended.
pub struct Ended {
    /// What was counted.
    pub figures: Figures,
    /// What does not hold, in sentences; empty if all is well.
    pub failed: Vec<String>,
    /// The story, one line an event.
    pub story: Vec<String>,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Lines of the story.
    pub lines: usize,
    /// Guests.
    pub guests: usize,
    /// Settlements that stand.
    pub standing: usize,
    /// Settlements that were undone.
    pub undone: usize,
    /// Settlements given up and reversed.
    pub reversed: usize,
    /// Settlements refused for good.
    pub refused: usize,
    /// Nodes killed.
    pub killed: usize,
    /// Units of work that failed.
    pub failed_works: usize,
    /// Units of work that were slow.
    pub slow_works: usize,
    /// Seconds from the first guest until all was quiet.
    pub seconds: i64,
    /// A number that two stories share only if they are the same.
    pub digest: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "患者{}人，结算有效{}笔、撤销{}笔、冲正{}次、拒绝{}笔；节点中断{}次，数据库出错{}次、迟缓{}次；历时{}秒，事件{}条，摘要{:016x}",
            self.guests,
            self.standing,
            self.undone,
            self.reversed,
            self.refused,
            self.killed,
            self.failed_works,
            self.slow_works,
            self.seconds,
            self.lines,
            self.digest
        )
    }
}

/// Who takes part: the hub and the provinces of the demonstration.
pub fn participants() -> Vec<Participant> {
    let provinces = AREAS.into_iter().map(|area| Participant::Province(area.province()));
    std::iter::once(Participant::Hub).chain(provinces).collect()
}

/// When every simulation begins: the months around it must be in the databases.
pub fn begins() -> Moment {
    BEGINS.parse().expect("a moment")
}

/// Plays a simulation. It runs on a runtime of one thread, alone: what else runs there may change the order of events.
///
/// # Errors
/// What made it impossible to go on, with the seed.
pub async fn play(options: Options) -> Result<Ended, Trouble> {
    let seed = options.seed;
    let land = Land::new(Course::new(begins(), seed));
    let Options { guests, ends_month, worse, rules, stores, .. } = options;
    let simulation = Simulation { land: Arc::clone(&land), rules, register: Arc::default(), guests };
    let played = simulation.play(&Plan { seed, guests, ends_month, worse }, stores).await;
    let story = land.course.take_story();
    let stores = land.stores();
    land.course.clear();
    land.clear();
    for (_, store) in stores {
        store.close().await;
    }
    let (mut figures, failed) = match played {
        Ok(played) => played,
        Err(Trouble(why)) => {
            let last = story.iter().rev().take(20).rev().cloned().collect::<Vec<_>>().join("\n");
            return Err(Trouble(format!("seed {seed}: {why}\n{last}")));
        }
    };
    figures.lines = story.len();
    figures.digest = digest(&story);
    Ok(Ended { figures, failed, story })
}

/// FNV-1a over the lines.
fn digest(story: &[String]) -> u64 {
    let bytes = story.iter().flat_map(|line| line.bytes().chain([b'\n']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

struct Simulation {
    land: Arc<Land>,
    rules: Rulebook,
    register: Arc<Register>,
    guests: usize,
}

/// What is to happen, as far as it does not come by chance.
struct Plan {
    seed: u64,
    guests: usize,
    ends_month: bool,
    worse: Option<Worse>,
}

/// Something that goes wrong, or is mended.
type Blow = Box<dyn FnOnce(&Arc<Land>) + Send>;

impl Simulation {
    async fn play(
        &self,
        options: &Plan,
        stores: BTreeMap<Participant, Store>,
    ) -> Result<(Figures, Vec<String>), Trouble> {
        let hospitals = self.found(stores).await?;
        let course = &self.land.course;
        let first = course.millis();
        self.invite(options, &hospitals);
        for area in AREAS {
            beat(&self.land, area.province());
        }
        self.plan_bad_luck(options.worse);
        self.drive(first + CLEARS_UP).await?;
        self.land.clear_up();
        course.tell("all bad luck ends");
        let mut failed = self.come_to_rest(first + CLEARS_UP).await?;
        let seconds = (course.millis() - first) / 1_000;
        failed.extend(self.land.objections());
        if failed.is_empty() {
            failed.extend(self.let_a_stranger_try().await?);
            failed.extend(self.look().await?);
        }
        if failed.is_empty() && options.ends_month {
            failed.extend(self.end_months().await?);
        }
        let told = self.register.told();
        let counts = self.land.counts();
        let figures = Figures {
            guests: options.guests,
            standing: told.values().map(|told| told.standing.len()).sum(),
            undone: told.values().map(|told| told.undone.len()).sum(),
            reversed: told.values().map(|told| told.reversed).sum(),
            refused: told.values().map(|told| told.refused.len()).sum(),
            killed: counts.killed,
            failed_works: counts.failed,
            slow_works: counts.slowed,
            seconds,
            ..Figures::default()
        };
        Ok((figures, failed))
    }

    /// Lets everything come to its end after bad luck has; what does not, in sentences.
    async fn come_to_rest(&self, since: i64) -> Result<Vec<String>, Trouble> {
        let course = &self.land.course;
        let last = since + SETTLES_WITHIN;
        let mut is_quiet = false;
        while !is_quiet && course.millis() < last {
            let step = if self.land.calm_for() > LONG_CALM { 30_000 } else { 5_000 };
            let next = course.now().plus_millis(step);
            self.drive(course.millis() + step).await?;
            course.skip_to(next);
            is_quiet = self.is_quiet().await?;
        }
        let waiting = self.register.waiting.lock().expect("nobody panics holding it").clone();
        let unanswered = waiting.into_values().map(|what| format!("no answer within bounded time: {what}"));
        let not_quiet = (!is_quiet).then(|| format!("not quiet {SETTLES_WITHIN} ms after the last fault"));
        Ok(unanswered.chain(not_quiet).collect())
    }

    /// Founds the nodes, registers people and hospitals, and waits until the hub knows them.
    async fn found(
        &self,
        mut stores: BTreeMap<Participant, Store>,
    ) -> Result<BTreeMap<InstitutionCode, Arc<Hospital>>, Trouble> {
        let land = &self.land;
        let fixed = fixed();
        let hub_key = fixed.key(Participant::Hub).public();
        for me in participants() {
            let store = stores.remove(&me).ok_or_else(|| Trouble(format!("no database for node {me}")))?;
            let context = land.context(me, store, fixed.key(me));
            context.store.prepare(me, land.course.now()).await?;
            if let Participant::Province(province) = me {
                let (library, catalog) = (Arc::clone(&self.rules.library), self.rules.catalog(province));
                let hub_address = address_of(Participant::Hub);
                let mut settings = ProvinceSettings::new(hub_address, hub_key.clone(), library, catalog);
                settings.unconfirmed_values = UnconfirmedValues::Compute;
                settings.audit = Arc::clone(&self.rules.audit);
                settings.sends_at_once = 1;
                land.set_up(&context, province, settings);
            }
            land.start(me);
        }
        let nodes = land.nodes()?;
        for me in nodes.provinces.keys().map(|province| Participant::Province(*province)) {
            let entry = ParticipantEntry {
                participant: me,
                name: name_of(me),
                address: address_of(me),
                public_key: fixed.key(me).public().to_hex(),
                suspended: None,
                changed_at: land.course.now(),
            };
            nodes.hub.put_participant(&entry).await?;
        }
        let people = people();
        for (province, node) in &nodes.provinces {
            let own: Vec<_> = people.iter().filter(|(area, _)| area.province() == *province).collect();
            node.put_people(&own.iter().map(|(area, person)| (*area, person)).collect::<Vec<_>>()).await?;
        }
        let mut hospitals = BTreeMap::new();
        let secret_of = |code: &InstitutionCode| fixed.secret(code.as_str());
        for (institution, model) in demo_institutions(&secret_of, land.course.now()).iter().zip(MODELS) {
            let province = institution.place.province();
            let me = Participant::Province(province);
            nodes.provinces[&province].put_institution(institution).await?;
            let settings = Settings::of(institution, &address_of(me)).form(model.form);
            // Some give up so soon that what they asked is still on its way.
            let patience = u64::try_from(land.course.roll(3..20)).expect("some seconds");
            let settings =
                settings.platform_key(fixed.key(me).public()).timeout(Duration::from_secs(patience));
            let off = land.course.roll(-20_000..20_000);
            let clock: Arc<dyn Clock> = Arc::new(SkewedClock::new(Arc::clone(&land.course), off));
            let from = Speaker::Hospital(institution.name.clone());
            let line = Arc::new(Line { land: Arc::clone(land), from });
            let software = Hospital::new(settings, clock).carried_by(line);
            hospitals.insert(institution.code.clone(), Arc::new(software));
        }
        for node in nodes.provinces.values() {
            let node = Arc::clone(node);
            land.course.spawn(None, async move { while node.deliver().await > 0 {} });
            self.settle().await?;
        }
        self.drive(FOUNDED).await?;
        land.course.skip_to(begins().plus_millis(FOUNDED));
        match nodes.waiting().await? {
            0 => Ok(hospitals),
            waiting => Err(Trouble(format!("{waiting} registrations do not reach the hub"))),
        }
    }

    /// Has guests come, all to pooling areas where they are not insured.
    fn invite(&self, plan: &Plan, hospitals: &BTreeMap<InstitutionCode, Arc<Hospital>>) {
        let land = &self.land;
        for number in 0..plan.guests {
            let roll = |sides: usize| {
                let sides = i64::try_from(sides).expect("few sides");
                usize::try_from(land.course.roll(0..sides)).expect("not below nought")
            };
            let area = AREAS.into_iter().chain([NINGBO]).nth(roll(AREAS.len() + 1)).expect("one of them");
            let (scheme, status) = STATUSES[roll(STATUSES.len())];
            let one = person(area, scheme, status, u32::try_from(roll(4)).expect("small") % EACH);
            let models: Vec<_> = MODELS
                .into_iter()
                .filter(|model| {
                    let place = model.code().division();
                    place.is_some_and(|place| place.pooling_area() != area)
                })
                .collect();
            let (own, other): (Vec<_>, Vec<_>) = models.into_iter().partition(|model| {
                model.code().division().map(AdminDivision::province) == Some(area.province())
            });
            let models = if own.is_empty() || roll(2) == 0 { other } else { own };
            let model = models[roll(models.len())];
            let hospital = Arc::clone(&hospitals[&model.code()]);
            let province = hospital.settings().place.province();
            let mixed =
                plan.seed.wrapping_mul(1_000_003).wrapping_add(u64::try_from(number).unwrap_or_default());
            let guest = Guest {
                land: Arc::clone(land),
                number,
                patient: Patient::of(&one),
                hospital,
                model,
                catalog: self.rules.catalog(province),
                dice: StdRng::seed_from_u64(mixed),
                register: Arc::clone(&self.register),
                is_impatient: plan.worse == Some(Worse::Overtaking),
                refusal: None,
                last: None,
            };
            let there = Arc::clone(land);
            let whence = area.division().name().unwrap_or_default();
            land.course.after(land.course.roll(1..60_000), move || {
                there.course.tell(&format!("guest {number} of {whence} comes to {}", model.name));
                there.course.spawn(None, guest.live());
            });
        }
    }

    /// Rolls what goes wrong, when, and for how long.
    fn plan_bad_luck(&self, worse: Option<Worse>) {
        let (land, course) = (&self.land, &self.land.course);
        let odds = Odds::mixed(course).but(worse);
        let at = |when: i64, what: Blow| {
            let there = Arc::clone(land);
            course.after(when, move || what(&there));
        };
        at(
            WORSENS,
            Box::new(move |land| {
                land.course.tell(&format!("bad luck begins: {odds:?}"));
                land.worsen(odds);
            }),
        );
        let all = land.participants();
        let some = || {
            let number = i64::try_from(all.len()).expect("few nodes");
            all[usize::try_from(course.roll(0..number)).expect("not below nought")]
        };
        let when = || course.roll(WORSENS..CLEARS_UP - 1_000);
        for _ in 0..course.roll(0..4) {
            let (who, from, long) = (some(), when(), course.roll(500..20_000));
            at(
                from,
                Box::new(move |land| {
                    land.course.tell(&format!("{} is killed", land.node_name(who)));
                    land.kill(who);
                }),
            );
            at(from + long, Box::new(move |land| land.restart(who)));
        }
        for _ in 0..course.roll(0..4) {
            let (who, from, long) = (some(), when(), course.roll(2_000..40_000));
            at(from, Box::new(move |land| land.cut_off(who, true)));
            at(from + long, Box::new(move |land| land.cut_off(who, false)));
        }
        for _ in 0..course.roll(0..3) {
            let (who, from, long) = (some(), when(), course.roll(2_000..30_000));
            at(
                from,
                Box::new(move |land| {
                    land.course.tell(&format!("the disk of {} is full", land.node_name(who)));
                    land.fill(who, true);
                }),
            );
            at(
                from + long,
                Box::new(move |land| {
                    land.course.tell(&format!("the disk of {} has room again", land.node_name(who)));
                    land.fill(who, false);
                }),
            );
        }
        let more = if worse == Some(Worse::Suspensions) { 6 } else { 0 };
        for _ in 0..course.roll(0..3) + more {
            let number = usize::try_from(course.roll(0..4)).expect("not below nought");
            let who = Participant::Province(AREAS[number].province());
            let (from, long) = (when(), course.roll(3_000..30_000));
            at(from, Box::new(move |land| land.decide(who, true)));
            at((from + long).min(CLEARS_UP - 1), Box::new(move |land| land.decide(who, false)));
        }
        for _ in 0..course.roll(0..3) {
            let (who, from, long) = (some(), when(), course.roll(5_000..50_000));
            let by = course.roll(-20 * 60_000..20 * 60_000);
            let right = (from + long).min(CLEARS_UP - 1);
            at(
                from,
                Box::new(move |land| {
                    land.course.tell(&format!("the clock of {} jumps by {by} ms", land.node_name(who)));
                    land.set_clock(who, by);
                }),
            );
            at(
                right,
                Box::new(move |land| {
                    land.course.tell(&format!("the clock of {} is set right", land.node_name(who)));
                    land.set_clock(who, -by);
                }),
            );
        }
    }

    /// Lets a stranger try what none may do; what was seen by then and may not be.
    async fn let_a_stranger_try(&self) -> Result<Vec<String>, Trouble> {
        let fixed = fixed();
        let stranger =
            Stranger { land: &self.land, own_key: stranger::own_key(), key_of: &|node| fixed.key(node) };
        let tries = stranger.try_all(&self.land.take_kept());
        self.play_to_its_end(tries).await?;
        Ok(self.land.objections())
    }

    /// Lets events happen until a task has ended.
    async fn play_to_its_end(&self, task: impl Future<Output = ()> + Send + 'static) -> Result<(), Trouble> {
        let course = &self.land.course;
        let done = Arc::new(());
        let waits = Arc::downgrade(&done);
        course.spawn(None, async move {
            task.await;
            drop(done);
        });
        self.settle().await?;
        let last = course.millis() + TASK_WITHIN;
        while waits.strong_count() > 0 && course.millis() < last {
            let next = course.now().plus_millis(500);
            self.drive(course.millis() + 500).await?;
            course.skip_to(next);
        }
        Ok(())
    }

    /// Lets events happen until a time.
    async fn drive(&self, until: i64) -> Result<(), Trouble> {
        while self.land.course.next(until) {
            self.settle().await?;
        }
        Ok(())
    }

    /// Waits until an event is over: nothing runs, and every connection has been given back.
    async fn settle(&self) -> Result<(), Trouble> {
        loop {
            if !self.land.course.until_quiet().await {
                return Err(Trouble("something waits for what no event will bring".to_owned()));
            }
            if !self.land.bury() {
                break;
            }
        }
        for (me, store) in self.land.stores() {
            let at_rest = async {
                while !store.is_at_rest() {
                    tokio::task::yield_now().await;
                }
            };
            let rests = tokio::time::timeout(REST_WITHIN, at_rest).await;
            rests.map_err(|_| Trouble(format!("{} holds a connection while it waits", name_of(me))))?;
        }
        Ok(())
    }

    /// Whether every guest has left, nothing is on its way, and nothing waits in an outbox.
    async fn is_quiet(&self) -> Result<bool, Trouble> {
        let left = self.register.left.lock().expect("nobody panics holding it").len();
        let is_still = left == self.guests && self.land.letters() == 0 && self.land.is_decided();
        Ok(is_still && self.land.nodes()?.waiting().await? == 0)
    }
}

/// 宁波, whose people may be treated in another pooling area of their own province.
const NINGBO: PoolingArea = match AdminDivision::new(330_200) {
    Some(division) => PoolingArea(division),
    None => panic!("a pooling area has a number of six digits"),
};

/// Everybody: the people of the demonstration, and as many of 宁波.
fn people() -> Vec<(PoolingArea, Person)> {
    let of_ningbo = STATUSES.into_iter().flat_map(|(scheme, status)| {
        (0..EACH).map(move |serial| (NINGBO, person(NINGBO, scheme, status, serial)))
    });
    demo_people().into_iter().chain(of_ningbo).collect()
}

/// The keys and secrets of everybody, which everybody may know.
fn fixed() -> Fixed {
    Fixed { addresses: BTreeMap::new(), seed: "a simulated country" }
}

/// Where a node is reached.
fn address_of(me: Participant) -> String {
    format!("http://{me}.sim")
}

/// A province looks through its outbox, and will again: less often once nothing goes wrong any more.
fn beat(land: &Arc<Land>, province: Province) {
    if let Some(node) = land.province(province) {
        land.course.spawn(Some(Participant::Province(province)), async move {
            node.deliver().await;
        });
    }
    let pauses = match land.calm_for() {
        calm if calm > LONG_CALM => 40_000..60_000,
        calm if calm > 60_000 => 8_000..12_000,
        _ => 1_000..2_500,
    };
    let pause = land.course.roll(pauses);
    let there = Arc::clone(land);
    land.course.after(pause, move || beat(&there, province));
}

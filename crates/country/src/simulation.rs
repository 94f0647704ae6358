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
mod network;

use crate::{
    checks::{self, Books, Nodes},
    hospital::{Hospital, Patient, Settings, Settled},
    institutions::{MODELS, demo_institutions},
    people::{AREAS, EACH, STATUSES, demo_people, person},
    world::{Fixed, Rulebook, Trouble},
};
use course::Course;
use funds::{BookLine, reconciliation::LineStage};
use guest::{Guest, Register, Told};
use land::{Land, Odds, SkewedClock, name_of};
use network::{Line, Speaker};
use node::{ProvinceSettings, UnconfirmedValues};
use rand::{SeedableRng, rngs::StdRng};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};
use store::{Store, difference, hub::ParticipantEntry};
use terms::{Clock, InstitutionCode, Moment, Participant, PoolingArea, Province, SettlementId};

/// When every simulation begins.
const BEGINS: &str = "2026-11-11 10:00:00";
/// When bad luck begins, in milliseconds from when the first guests come …
const WORSENS: i64 = 3_000;
/// … and when it ends.
const CLEARS_UP: i64 = 100_000;
/// Within how many milliseconds after that all must be quiet. A question that was put off on a clock twenty minutes fast waits
/// for twenty minutes.
const SETTLES_WITHIN: i64 = 45 * 60_000;
/// How long a connection may take, on the real clock, to be given back.
const REST_WITHIN: Duration = Duration::from_secs(10);

/// What is simulated.
pub struct Options {
    /// Whatever makes it another story.
    pub seed: u64,
    /// How many guests come.
    pub guests: usize,
    /// Policies and catalogs.
    pub rules: Rulebook,
    /// An empty database for each of [`participants`].
    pub stores: BTreeMap<Participant, Store>,
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
    let played = Simulation { land: Arc::clone(&land), rules: options.rules, register: Arc::default() }
        .play(options.seed, options.guests, options.stores)
        .await;
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
}

/// Something that goes wrong, or is mended.
type Blow = Box<dyn FnOnce(&Arc<Land>) + Send>;

impl Simulation {
    async fn play(
        &self,
        seed: u64,
        guests: usize,
        stores: BTreeMap<Participant, Store>,
    ) -> Result<(Figures, Vec<String>), Trouble> {
        let hospitals = self.found(stores).await?;
        let course = &self.land.course;
        let first = course.millis();
        self.invite(seed, guests, &hospitals);
        for area in AREAS {
            beat(&self.land, area.province(), first + CLEARS_UP);
        }
        self.plan_bad_luck();
        self.drive(first + CLEARS_UP).await?;
        self.land.clear_up();
        course.tell("all bad luck ends");
        let last = first + CLEARS_UP + SETTLES_WITHIN;
        let mut is_quiet = false;
        while !is_quiet && course.millis() < last {
            self.drive(course.millis() + 5_000).await?;
            course.skip_to(course.now().plus_millis(1));
            is_quiet = self.is_quiet(guests).await?;
        }
        let seconds = (course.millis() - first) / 1_000;
        let told = self.register.left.lock().expect("nobody panics holding it").clone();
        let waiting = self.register.waiting.lock().expect("nobody panics holding it").clone();
        let mut failed: Vec<String> =
            waiting.into_values().map(|what| format!("no answer within bounded time: {what}")).collect();
        if !is_quiet {
            failed.push(format!("not quiet {SETTLES_WITHIN} ms after the last fault"));
        }
        if failed.is_empty() {
            failed.extend(self.look(&told).await?);
        }
        let counts = self.land.counts();
        let figures = Figures {
            guests,
            standing: told.values().map(|told| told.standing.len()).sum(),
            undone: told.values().map(|told| told.undone.len()).sum(),
            reversed: told.values().map(|told| told.reversed).sum(),
            refused: told.values().map(|told| told.refused).sum(),
            killed: counts.killed,
            failed_works: counts.failed,
            slow_works: counts.slowed,
            seconds,
            ..Figures::default()
        };
        Ok((figures, failed))
    }

    /// Founds the nodes, registers people and hospitals, and waits until the hub knows them.
    async fn found(
        &self,
        mut stores: BTreeMap<Participant, Store>,
    ) -> Result<BTreeMap<InstitutionCode, Arc<Hospital>>, Trouble> {
        let land = &self.land;
        let fixed = Fixed { addresses: BTreeMap::new(), seed: "a simulated country" };
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
        let people = demo_people();
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
            let settings = settings.platform_key(fixed.key(me).public()).timeout(Duration::from_secs(20));
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
        self.drive(land.course.millis() + 60_000).await?;
        match nodes.waiting().await? {
            0 => Ok(hospitals),
            waiting => Err(Trouble(format!("{waiting} registrations do not reach the hub"))),
        }
    }

    /// Has guests come, all to provinces where they are not insured.
    fn invite(&self, seed: u64, guests: usize, hospitals: &BTreeMap<InstitutionCode, Arc<Hospital>>) {
        let land = &self.land;
        let treated = land.course.now().plus_millis(-7_200_000);
        for number in 0..guests {
            let roll = |sides: usize| {
                let sides = i64::try_from(sides).expect("few sides");
                usize::try_from(land.course.roll(0..sides)).expect("not below nought")
            };
            let area: PoolingArea = AREAS[roll(AREAS.len())];
            let (scheme, status) = STATUSES[roll(STATUSES.len())];
            let one = person(area, scheme, status, u32::try_from(roll(4)).expect("small") % EACH);
            let models: Vec<_> = MODELS
                .into_iter()
                .filter(|model| {
                    let place = model.code().division();
                    place.is_some_and(|place| place.pooling_area().province() != area.province())
                })
                .collect();
            let model = models[roll(models.len())];
            let hospital = Arc::clone(&hospitals[&model.code()]);
            let province = hospital.settings().place.province();
            let mixed = seed.wrapping_mul(1_000_003).wrapping_add(u64::try_from(number).unwrap_or_default());
            let guest = Guest {
                land: Arc::clone(land),
                number,
                patient: Patient::of(&one),
                hospital,
                model,
                catalog: self.rules.catalog(province),
                treated,
                dice: StdRng::seed_from_u64(mixed),
                register: Arc::clone(&self.register),
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
    fn plan_bad_luck(&self) {
        let (land, course) = (&self.land, &self.land.course);
        let odds = Odds::mixed(course);
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
            let others = move |land: &Arc<Land>| -> Vec<Participant> {
                if who == Participant::Hub { land.participants() } else { vec![Participant::Hub] }
            };
            at(
                from,
                Box::new(move |land| {
                    land.course.tell(&format!("{} is cut off", land.node_name(who)));
                    for other in others(land) {
                        land.cut(who, other, true);
                    }
                }),
            );
            at(
                from + long,
                Box::new(move |land| {
                    land.course.tell(&format!("{} is reached again", land.node_name(who)));
                    for other in others(land) {
                        land.cut(who, other, false);
                    }
                }),
            );
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
    async fn is_quiet(&self, guests: usize) -> Result<bool, Trouble> {
        let left = self.register.left.lock().expect("nobody panics holding it").len();
        Ok(left == guests && self.land.letters() == 0 && self.land.nodes()?.waiting().await? == 0)
    }

    /// Lets two nights pass with their reconciliation and what they send on, and says what does not hold.
    async fn look(&self, told: &BTreeMap<usize, Told>) -> Result<Vec<String>, Trouble> {
        let course = &self.land.course;
        let nodes = self.land.nodes()?;
        let today = course.now().day();
        let mut failed = checks::failures_at(&nodes).await?;
        failed.extend(self.compare(&nodes, told).await?);
        for days in [1, 2] {
            let night = today.plus_days(days).start().plus_millis(3 * 3_600_000);
            for half_hours in 0..3 {
                course.skip_to(night.plus_millis(half_hours * 40 * 60_000));
                course.tell(&format!("a night passes: {}", course.now()));
                for (province, node) in &nodes.provinces {
                    let (node, there) = (Arc::clone(node), Arc::clone(course));
                    let name = name_of(Participant::Province(*province));
                    course.spawn(None, async move {
                        let kept = node.keep_reconciliation().await;
                        if let Err(why) = kept {
                            there.tell(&format!("{name} does not get through its reconciliation: {why}"));
                        }
                        node.send_details().await;
                    });
                    self.settle().await?;
                    self.drive(course.millis() + 60_000).await?;
                }
            }
        }
        for (province, node) in &nodes.provinces {
            let mut conn = node.context.store.conn().await?;
            for (day, part) in difference::open_days(&mut conn, i32::MAX).await? {
                failed.push(format!("[{province}]对账有无法说明的差异：{day} {part:?}"));
            }
        }
        failed.extend(checks::failures_at(&nodes).await?);
        for (province, node) in &nodes.provinces {
            let wrong = node.disproved().await?;
            failed.extend(wrong.into_iter().map(|what| format!("[{province}]核验：{what}")));
        }
        failed.extend(nodes.hub.disproved().await?.into_iter().map(|what| format!("[hub]核验：{what}")));
        Ok(failed)
    }

    /// What hospitals were told is so in all books, and nothing else stands.
    async fn compare(&self, nodes: &Nodes, told: &BTreeMap<usize, Told>) -> Result<Vec<String>, Trouble> {
        let books = Books::read_at(nodes).await?;
        let mut failed = Vec::new();
        for (number, told) in told {
            let not = told.not_undone.iter();
            failed
                .extend(not.map(|what| format!("guest {number}: the undoing of {what} is refused for good")));
            for (settled, stage) in told
                .standing
                .iter()
                .map(|settled| (settled, LineStage::Standing))
                .chain(told.undone.iter().map(|settled| (settled, LineStage::Undone)))
            {
                let so = [&books.treatment, &books.hub, &books.insured];
                if !so.into_iter().all(|lines| is_so(lines, settled, stage)) {
                    let id = settled.settlement;
                    failed.push(format!(
                        "guest {number} was told {stage:?} of {id:?}, which the books do not say"
                    ));
                }
            }
        }
        let standing: BTreeSet<SettlementId> =
            told.values().flat_map(|told| &told.standing).filter_map(|settled| settled.settlement).collect();
        for line in books.hub.iter().filter(|line| line.stage == LineStage::Standing) {
            if !standing.contains(&line.settlement) {
                failed.push(format!("{} stands, and no hospital was told so", line.settlement));
            }
        }
        Ok(failed)
    }
}

/// Whether a book has a settlement as the hospital was told.
fn is_so(lines: &[BookLine], settled: &Settled, stage: LineStage) -> bool {
    lines.iter().any(|line| {
        let same = (line.total, line.fund_total, line.person_total)
            == (settled.total, settled.fund_total, settled.person_total);
        Some(line.settlement) == settled.settlement && line.stage == stage && same
    })
}

/// Where a node is reached.
fn address_of(me: Participant) -> String {
    format!("http://{me}.sim")
}

/// A province looks through its outbox, and will again: less often once nothing goes wrong any more.
fn beat(land: &Arc<Land>, province: Province, calm: i64) {
    if let Some(node) = land.province(province) {
        land.course.spawn(Some(Participant::Province(province)), async move {
            node.deliver().await;
        });
    }
    let is_calm = land.course.millis() > calm + 60_000;
    let pause = if is_calm { land.course.roll(8_000..12_000) } else { land.course.roll(1_000..2_500) };
    let there = Arc::clone(land);
    land.course.after(pause, move || beat(&there, province, calm));
}

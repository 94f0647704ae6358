//! The simulated land: its nodes, which can be killed and started again, their clocks and databases, and the bad luck that all
//! of them have.

use super::{
    Worse,
    course::Course,
    month::TOKEN,
    network::{Kept, Letters, Line, Speaker},
    standing::Decisions,
};
use crate::{checks::Nodes, world::Trouble};
use node::{Context, Hub, KnownEnds, ProvinceNode, ProvinceSettings, serve::Door};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI64, Ordering},
    },
};
use store::{
    Store,
    fault::{Faults, Met, Point},
};
use terms::{Clock, IdSource, Moment, Participant, Province};

/// How likely each kind of bad luck is, in a thousand. Every seed has its own mixture.
#[derive(Clone, Copy, Debug, Default)]
pub struct Odds {
    /// A request or an answer is lost.
    pub loss: i64,
    /// A request arrives twice.
    pub double: i64,
    /// Something is on its way for up to half a minute, and is overtaken.
    pub late: i64,
    /// What asks to settle is on its way for so long that what takes it back may overtake it.
    pub overtaken: i64,
    /// A byte of a signed message is another one.
    pub damage: i64,
    /// Somebody on the line answers a question in the name of whoever was asked.
    pub forge: i64,
    /// A unit of work fails.
    pub fail: i64,
    /// It fails when it is about to be saved.
    pub commit: i64,
    /// A unit of work is slow.
    pub slow: i64,
    /// A node dies at a point of a unit of work.
    pub die: i64,
}

impl Odds {
    /// A mixture: each kind is often absent.
    pub fn mixed(course: &Course) -> Self {
        let some = |most: i64| if course.happens(300) { 0 } else { course.roll(1..most) };
        Self {
            loss: some(200),
            double: some(200),
            late: some(150),
            overtaken: some(150),
            damage: some(120),
            forge: some(120),
            fail: some(60),
            commit: 0,
            slow: some(60),
            die: some(6),
        }
    }

    /// The same with one kind much worse.
    pub const fn but(self, worse: Option<Worse>) -> Self {
        match worse {
            None | Some(Worse::Suspensions) => self,
            Some(Worse::Commits) => Self { commit: 500, ..self },
            Some(Worse::Lies) => Self { damage: 200, forge: 400, ..self },
            Some(Worse::Overtaking) => Self { overtaken: 700, loss: 0, late: 0, ..self },
        }
    }
}

/// What is wrong at the moment.
#[derive(Debug, Default)]
struct Weather {
    odds: Odds,
    cut: BTreeSet<(Participant, Participant)>,
    full: BTreeSet<Participant>,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Nodes killed.
    pub killed: usize,
    /// Units of work that failed on purpose.
    pub failed: usize,
    /// Units of work that were slow on purpose.
    pub slowed: usize,
}

/// A node: what it is made of, and the running one.
struct Machine {
    name: String,
    clock: Arc<SkewedClock>,
    made_of: MadeOf,
    up: Option<Up>,
}

enum MadeOf {
    Hub(Box<Context>),
    Province(Box<Context>, Province, Box<ProvinceSettings>),
}

/// A running node with its door.
#[derive(Clone)]
enum Up {
    Hub(Arc<Hub>, Door),
    Province(Arc<ProvinceNode>, Door),
}

/// The simulated land.
pub struct Land {
    /// The course of events.
    pub course: Arc<Course>,
    machines: Mutex<BTreeMap<Participant, Machine>>,
    weather: Mutex<Weather>,
    counts: Mutex<Counts>,
    /// Letters on their way.
    letters: AtomicI64,
    /// Letters that somebody kept.
    kept: Mutex<Letters>,
    /// Who is suspended, and who is to be.
    pub decisions: Mutex<Decisions>,
    /// What was seen and may not be, in sentences.
    objections: Mutex<Vec<String>>,
    /// Since when, on the course, all bad luck has ended; never before that.
    calm_since: AtomicI64,
    /// Nodes that died at a point of a unit of work.
    dying: Mutex<BTreeSet<Participant>>,
}

impl fmt::Debug for Land {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Land").field("course", &self.course).finish_non_exhaustive()
    }
}

/// What a lock holds.
pub fn held<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().expect("nobody panics holding it")
}

impl Land {
    /// A land without nodes.
    pub fn new(course: Arc<Course>) -> Arc<Self> {
        Arc::new(Self {
            course,
            machines: Mutex::default(),
            weather: Mutex::default(),
            counts: Mutex::default(),
            letters: AtomicI64::new(0),
            kept: Mutex::default(),
            decisions: Mutex::default(),
            objections: Mutex::default(),
            calm_since: AtomicI64::new(i64::MAX),
            dying: Mutex::default(),
        })
    }

    /// What a node is given: its database with faults, its own clock, ids that come of the seed.
    pub fn context(self: &Arc<Self>, me: Participant, store: Store, key: sign::sm2::PrivateKey) -> Context {
        let skew = self.course.roll(-90_000..90_000);
        let clock = Arc::new(SkewedClock { course: Arc::clone(&self.course), off: AtomicI64::new(skew) });
        let ids = SeededIds(Mutex::new(StdRng::seed_from_u64(self.course.roll(0..i64::MAX).unsigned_abs())));
        let store = store.with_faults(Arc::new(Disk { land: Arc::clone(self), of: me }));
        self.course.tell(&format!("the clock of {} is {skew} ms off", name_of(me)));
        let name = name_of(me);
        let given: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let context =
            Context { me, store, clock: given, ids: Arc::new(ids), key, ends: KnownEnds::default() };
        let made_of = MadeOf::Hub(Box::new(context.clone()));
        held(&self.machines).insert(me, Machine { name, clock, made_of, up: None });
        context
    }

    /// Says how a province's node is set up. What has no such settings is the hub.
    pub fn set_up(&self, context: &Context, province: Province, settings: ProvinceSettings) {
        if let Some(machine) = held(&self.machines).get_mut(&context.me) {
            machine.made_of = MadeOf::Province(Box::new(context.clone()), province, Box::new(settings));
        }
    }

    /// Starts a node that is down.
    pub fn start(self: &Arc<Self>, me: Participant) {
        let line = Arc::new(Line { land: Arc::clone(self), from: Speaker::Node(me) });
        if let Some(machine) = held(&self.machines).get_mut(&me).filter(|machine| machine.up.is_none()) {
            machine.up = Some(match &machine.made_of {
                MadeOf::Hub(context) => {
                    let hub = Hub::new((**context).clone()).with_timetable(None).with_carrier(line);
                    let hub = hub.with_management_token(Some(TOKEN.to_owned()));
                    let hub = Arc::new(hub);
                    Up::Hub(Arc::clone(&hub), Door::of_hub(&hub))
                }
                MadeOf::Province(context, province, settings) => {
                    let settings = ProvinceSettings { carrier: line, ..(**settings).clone() };
                    let node = Arc::new(ProvinceNode::new((**context).clone(), *province, settings));
                    Up::Province(Arc::clone(&node), Door::of_province(&node))
                }
            });
        }
    }

    /// Ends a node wherever it is. What it committed is in its database.
    pub fn kill(&self, me: Participant) {
        self.course.end_tasks(me);
        if let Some(machine) = held(&self.machines).get_mut(&me)
            && machine.up.take().is_some()
        {
            held(&self.counts).killed += 1;
        }
    }

    /// Kills the nodes that died at a point of a unit of work, and has them started again later.
    pub fn bury(self: &Arc<Self>) -> bool {
        let dying = std::mem::take(&mut *held(&self.dying));
        for &me in &dying {
            self.kill(me);
            let there = Arc::clone(self);
            self.course.after(self.course.roll(500..20_000), move || there.restart(me));
        }
        !dying.is_empty()
    }

    /// Starts a killed node again.
    pub fn restart(self: &Arc<Self>, me: Participant) {
        if held(&self.machines).get(&me).is_some_and(|machine| machine.up.is_none()) {
            self.course.tell(&format!("{} starts again", self.node_name(me)));
            self.start(me);
        }
    }

    /// The door of a node, if it runs.
    pub fn door(&self, me: Participant) -> Option<Door> {
        Some(match held(&self.machines).get(&me)?.up.as_ref()? {
            Up::Hub(_, door) | Up::Province(_, door) => door.clone(),
        })
    }

    /// A province's node, if it runs.
    pub fn province(&self, province: Province) -> Option<Arc<ProvinceNode>> {
        match held(&self.machines).get(&Participant::Province(province))?.up.as_ref()? {
            Up::Province(node, _) => Some(Arc::clone(node)),
            Up::Hub(..) => None,
        }
    }

    /// The hub, if it runs.
    pub fn hub(&self) -> Option<Arc<Hub>> {
        match held(&self.machines).get(&Participant::Hub)?.up.as_ref()? {
            Up::Hub(hub, _) => Some(Arc::clone(hub)),
            Up::Province(..) => None,
        }
    }

    /// Writes down what was seen and may not be.
    pub fn object(&self, what: String) {
        self.course.tell(&what);
        held(&self.objections).push(what);
    }

    /// What was seen and may not be.
    pub fn objections(&self) -> Vec<String> {
        held(&self.objections).clone()
    }

    /// The running nodes.
    ///
    /// # Errors
    /// The hub is down.
    pub fn nodes(&self) -> Result<Nodes, Trouble> {
        let (mut hub, mut provinces) = (None, BTreeMap::new());
        for machine in held(&self.machines).values() {
            match machine.up.clone() {
                Some(Up::Hub(up, _)) => hub = Some(up),
                Some(Up::Province(node, _)) => {
                    provinces.insert(node.province, node);
                }
                None => {}
            }
        }
        let hub = hub.ok_or_else(|| Trouble("the hub is down".to_owned()))?;
        Ok(Nodes { hub, provinces })
    }

    /// All nodes, running or not.
    pub fn participants(&self) -> Vec<Participant> {
        held(&self.machines).keys().copied().collect()
    }

    /// All databases.
    pub fn stores(&self) -> Vec<(Participant, Store)> {
        let store = |machine: &Machine| match &machine.made_of {
            MadeOf::Hub(context) | MadeOf::Province(context, ..) => context.store.clone(),
        };
        held(&self.machines).iter().map(|(me, machine)| (*me, store(machine))).collect()
    }

    /// Whose name.
    pub fn node_name(&self, me: Participant) -> String {
        held(&self.machines).get(&me).map_or_else(|| me.to_string(), |machine| machine.name.clone())
    }

    /// Whose name.
    pub fn name(&self, speaker: &Speaker) -> String {
        match speaker {
            Speaker::Node(me) => self.node_name(*me),
            Speaker::Hospital(name) => name.clone(),
        }
    }

    /// Lets bad luck begin with these odds.
    pub fn worsen(&self, odds: Odds) {
        held(&self.weather).odds = odds;
    }

    /// Whether all bad luck has ended.
    pub fn is_calm(&self) -> bool {
        self.calm_since.load(Ordering::Relaxed) != i64::MAX
    }

    /// For how many milliseconds there has been none; nought while there is.
    pub fn calm_for(&self) -> i64 {
        (self.course.millis().saturating_sub(self.calm_since.load(Ordering::Relaxed))).max(0)
    }

    /// Lets bad luck come back.
    pub fn cloud_over(&self, odds: Odds) {
        self.calm_since.store(i64::MAX, Ordering::Relaxed);
        self.course.tell(&format!("bad luck begins: {odds:?}"));
        self.worsen(odds);
    }

    /// Ends all bad luck: every node runs, every line stands, no disk is full.
    pub fn clear_up(self: &Arc<Self>) {
        self.calm_since.store(self.course.millis(), Ordering::Relaxed);
        *held(&self.weather) = Weather::default();
        for me in self.participants() {
            self.restart(me);
        }
    }

    /// How likely bad luck is now.
    pub fn odds(&self) -> Odds {
        held(&self.weather).odds
    }

    /// Cuts a province off from the hub, or the hub from all; or lets them be reached again.
    pub fn cut_off(&self, who: Participant, is_cut: bool) {
        let how = if is_cut { "cut off" } else { "reached again" };
        self.course.tell(&format!("{} is {how}", self.node_name(who)));
        let others = if who == Participant::Hub { self.participants() } else { vec![Participant::Hub] };
        for other in others {
            self.cut(who, other, is_cut);
        }
    }

    /// Cuts the line between two nodes, or joins it again.
    fn cut(&self, one: Participant, other: Participant, is_cut: bool) {
        let mut weather = held(&self.weather);
        for pair in [(one, other), (other, one)] {
            if is_cut {
                weather.cut.insert(pair);
            } else {
                weather.cut.remove(&pair);
            }
        }
    }

    /// Whether nothing gets through between two. Hospitals are never cut off from their province.
    pub fn is_cut(&self, one: &Speaker, other: Participant) -> bool {
        let Speaker::Node(one) = one else { return false };
        held(&self.weather).cut.contains(&(*one, other))
    }

    /// Fills a node's disk, or makes room on it.
    pub fn fill(&self, me: Participant, is_full: bool) {
        let mut weather = held(&self.weather);
        if is_full {
            weather.full.insert(me);
        } else {
            weather.full.remove(&me);
        }
    }

    /// Sets a node's clock forward or back.
    pub fn set_clock(&self, me: Participant, by: i64) {
        if let Some(machine) = held(&self.machines).get(&me) {
            machine.clock.off.fetch_add(by, Ordering::Relaxed);
        }
    }

    /// Lets a letter happen later. It is on its way until then.
    pub fn send_off(self: &Arc<Self>, millis: i64, event: impl FnOnce() + Send + 'static) {
        self.letters.fetch_add(1, Ordering::Relaxed);
        let there = Arc::clone(self);
        self.course.after(millis, move || {
            there.letters.fetch_sub(1, Ordering::Relaxed);
            event();
        });
    }

    /// Keeps a letter, if it is the first of its kind between two.
    pub fn keep(&self, which: (Participant, String, Participant), letter: impl FnOnce() -> Kept) {
        held(&self.kept).entry(which).or_insert_with(letter);
    }

    /// The letters that were kept, which are kept no longer.
    pub fn take_kept(&self) -> Letters {
        std::mem::take(&mut *held(&self.kept))
    }

    /// A node's own clock.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn clock_of(&self, me: Participant) -> Arc<SkewedClock> {
        Arc::clone(&held(&self.machines)[&me].clock)
    }

    /// How many letters are on their way.
    pub fn letters(&self) -> i64 {
        self.letters.load(Ordering::Relaxed)
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        *held(&self.counts)
    }

    /// Forgets all nodes, which know of this land.
    pub fn clear(&self) {
        let machines = std::mem::take(&mut *held(&self.machines));
        drop(machines);
    }

    /// What a node's database does at a point.
    async fn meet(&self, of: Participant, point: Point) -> Result<(), String> {
        let (odds, is_full) = {
            let weather = held(&self.weather);
            (weather.odds, weather.full.contains(&of))
        };
        let who = || self.node_name(of);
        if is_full && matches!(point, Point::Save | Point::Batch) {
            held(&self.counts).failed += 1;
            self.course.tell(&format!("{} has no room left on its disk", who()));
            return Err("no space left on device".to_owned());
        }
        let fails = odds.fail + if point == Point::Save { odds.commit } else { 0 };
        if self.course.happens(fails) {
            held(&self.counts).failed += 1;
            self.course.tell(&format!("the database of {} fails: {}", who(), words(point)));
            return Err("the connection broke".to_owned());
        }
        // Never while a unit of work is open, which would hold its locks meanwhile.
        let can_wait = matches!(point, Point::Begin | Point::Saved | Point::Batch | Point::Batched);
        if can_wait && self.course.happens(odds.slow) {
            let millis = self.course.roll(20..6_000);
            held(&self.counts).slowed += 1;
            self.course.tell(&format!("the database of {} is slow: {millis} ms, {}", who(), words(point)));
            self.course.pause(millis).await;
        }
        if self.course.happens(odds.die) {
            self.course.tell(&format!("{} dies: {}", who(), words(point)));
            held(&self.dying).insert(of);
            self.course.wait_for_the_end().await;
        }
        Ok(())
    }
}

const fn words(point: Point) -> &'static str {
    match point {
        Point::Read => "before reading",
        Point::Begin => "before a unit of work",
        Point::Save => "before a commit",
        Point::Saved => "after a commit",
        Point::Batch => "before a batch",
        Point::Batched => "after a batch",
    }
}

/// The name of a node.
pub fn name_of(me: Participant) -> String {
    match me {
        Participant::Hub => "国家平台".to_owned(),
        Participant::Province(province) => province.division().name().unwrap_or_default().to_owned(),
    }
}

/// A node's database.
#[derive(Debug)]
struct Disk {
    land: Arc<Land>,
    of: Participant,
}

impl Faults for Disk {
    fn at(&self, point: Point) -> Met<'_> {
        Box::pin(self.land.meet(self.of, point))
    }
}

/// A clock that goes with the course and is some time off.
pub struct SkewedClock {
    course: Arc<Course>,
    off: AtomicI64,
}

impl SkewedClock {
    /// A clock that is so many milliseconds off.
    pub fn new(course: Arc<Course>, off: i64) -> Self {
        Self { course, off: AtomicI64::new(off) }
    }
}

impl fmt::Debug for SkewedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SkewedClock({})", self.now())
    }
}

impl Clock for SkewedClock {
    fn now(&self) -> Moment {
        self.course.now().plus_millis(self.off.load(Ordering::Relaxed))
    }
}

/// Ids that come of the seed.
struct SeededIds(Mutex<StdRng>);

impl fmt::Debug for SeededIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeededIds")
    }
}

impl IdSource for SeededIds {
    fn serial(&self) -> u64 {
        held(&self.0).next_u64()
    }
}

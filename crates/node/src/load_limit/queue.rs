//! Who begins, who waits and who is refused, as a state machine: time is given, and nobody is woken here.
//!
//! Places at work go to callers in turn, not to requests in the order in which they came: who sends a thousand waits behind his
//! own. Where all waiting places are taken, whoever has the most waiting gives one up to a caller with fewer.
//!
//! A queue that has not been empty for a while is no burst but a load that will not be done: to wait in it for one's turn is to be
//! late, and so is everybody behind. Such a queue is *standing*: nobody waits long to hear that there is no place, and only so many wait
//! at all as keep the places filled that come free together. Those all begin; whoever would not is told at once, which costs far less
//! than to let him wait first. It stands until nobody has waited for a while: places that come free together empty it for a moment.
//!
//! How many are at work at once is found out: what is done by many at once on too small a machine is done late by all. While most
//! requests take longer than they should, there are fewer places; while most do not, and all places are taken, more again, up to the
//! limit. Counted are requests, not their time: a few that wait for a node that hangs take no places from the others.

use super::Limits;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

/// Whose request it is, as far as fairness goes.
pub type Caller = Arc<str>;

/// Requests of one kind, at work and waiting; `W` is what wakes one that waits.
#[derive(Debug)]
pub struct Queue<W> {
    limits: Limits,
    /// Those who have something at work or waiting.
    callers: BTreeMap<Caller, Line<W>>,
    /// Those who have something waiting, in the order of their turns.
    turns: VecDeque<Caller>,
    at_work: usize,
    waiting: usize,
    /// Since when somebody has been waiting, but for moments.
    since: Option<Duration>,
    /// When the last one of those who waited began or left.
    emptied: Duration,
    /// The time that was given last.
    now: Duration,
    tickets: u64,
    room: Room,
}

/// How many places there are at work just now.
#[derive(Debug)]
struct Room {
    places: usize,
    /// Requests done since the number was last considered, and of these the ones that took too long.
    done: usize,
    slow: usize,
    /// Whether all places were taken meanwhile.
    was_full: bool,
}

impl Room {
    const fn new(limits: Limits) -> Self {
        Self { places: limits.at_work, done: 0, slow: 0, was_full: false }
    }

    /// A request was done that was at work for so long. The number is considered as often as all places were used once.
    fn done(&mut self, limits: Limits, took: Duration) {
        self.done += 1;
        self.slow += usize::from(took > limits.quick());
        if self.done < self.places {
            return;
        }
        if self.slow * 2 > self.done {
            self.places = (self.places - self.places / 8).max(limits.least());
        } else if self.was_full {
            self.places = (self.places + self.places / 16 + 1).min(limits.at_work);
        }
        *self = Self { places: self.places, done: 0, slow: 0, was_full: false };
    }
}

/// What a caller has here.
#[derive(Debug)]
struct Line<W> {
    at_work: usize,
    waiting: VecDeque<Waiting<W>>,
}

#[derive(Debug)]
struct Waiting<W> {
    ticket: u64,
    came: Duration,
    until: Duration,
    wake: W,
}

/// What becomes of a request that comes.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival<W> {
    /// It has a place.
    Begins(Caller),
    /// It waits under this ticket; if it took somebody's place, that one is refused.
    Waits {
        /// By which it can leave.
        ticket: u64,
        /// Until when at most.
        until: Duration,
        /// Who is refused in its favour.
        displaced: Option<W>,
    },
    /// There is no room for it, or nobody waits for it.
    Refused,
}

/// So many may wait in any queue that has room for them.
const FEW: usize = 4;

/// What one caller may have at work of so many places: three quarters, so that there is room for others however long its requests take.
const fn share(places: usize) -> usize {
    places - places / 4
}

impl<W> Queue<W> {
    /// A queue with nobody in it.
    pub fn new(limits: Limits) -> Self {
        let (callers, turns) = (BTreeMap::new(), VecDeque::new());
        let room = Room::new(limits);
        Self {
            limits,
            callers,
            turns,
            at_work: 0,
            waiting: 0,
            since: None,
            emptied: Duration::ZERO,
            now: Duration::ZERO,
            tickets: 0,
            room,
        }
    }

    /// Whether so many wait that whoever comes waits only in the place of somebody else, if at all.
    pub fn is_full(&self, now: Duration) -> bool {
        self.waiting >= self.most_waiting(now)
    }

    /// Whether a request that comes would be refused, which is then as good as if it had come.
    pub fn refuses(&mut self, caller: &str, now: Duration, until: Duration) -> bool {
        if until <= now {
            return true;
        }
        if self.begins(caller) {
            return false;
        }
        self.room.was_full |= self.at_work >= self.room.places;
        let in_line = self.callers.get(caller).map_or(0, |line| line.waiting.len());
        self.is_full(now) && self.longest().is_none_or(|longest| longest <= in_line + 1)
    }

    /// Whether one more of this caller may be at work. Where places are free, nobody waits who may have one: he would have got it.
    fn begins(&self, caller: &str) -> bool {
        let working = self.callers.get(caller).map_or(0, |line| line.at_work);
        self.at_work < self.room.places && working < share(self.room.places)
    }

    /// How many wait of whoever has the most waiting.
    fn longest(&self) -> Option<usize> {
        self.turns.iter().filter_map(|caller| self.callers.get(caller)).map(|line| line.waiting.len()).max()
    }

    /// A request comes, which is waited for until then. All times count from the same moment.
    pub fn arrive(&mut self, caller: &str, now: Duration, until: Duration, wake: W) -> Arrival<W> {
        self.now = now;
        if self.refuses(caller, now, until) {
            return Arrival::Refused;
        }
        if self.begins(caller) {
            let (caller, line) = self.line(caller);
            line.at_work += 1;
            self.at_work += 1;
            return Arrival::Begins(caller);
        }
        if self.waiting == 0 && now.saturating_sub(self.emptied) >= self.limits.short() {
            self.since = None;
        }
        let displaced = if self.is_full(now) { self.displace() } else { None };
        self.tickets += 1;
        self.waiting += 1;
        self.since.get_or_insert(now);
        let ticket = self.tickets;
        let until = if self.is_standing(now) { until.min(now + self.limits.short()) } else { until };
        let (caller, line) = self.line(caller);
        line.waiting.push_back(Waiting { ticket, came: now, until, wake });
        if line.waiting.len() == 1 {
            self.turns.push_back(caller);
        }
        Arrival::Waits { ticket, until, displaced }
    }

    /// Whether somebody has been waiting for so long that it is no burst.
    fn is_standing(&self, now: Duration) -> bool {
        self.since.is_some_and(|since| now.saturating_sub(since) >= self.limits.standing())
    }

    /// How many may wait: in a queue that is standing a sixteenth of those at work.
    fn most_waiting(&self, now: Duration) -> usize {
        let most = self.limits.waiting;
        if self.is_standing(now) { most.min((self.room.places / 16).max(FEW)) } else { most }
    }

    /// Fewer wait.
    fn waits_less(&mut self, by: usize) {
        self.waiting -= by;
        if by > 0 && self.waiting == 0 {
            self.emptied = self.now;
        }
    }

    /// A request of this caller is done that began then. Whoever may begin now is told by [`Queue::next`].
    pub fn done(&mut self, caller: &str, began: Duration, now: Duration) {
        self.now = now;
        self.room.done(self.limits, now.saturating_sub(began));
        let line = self.callers.get_mut(caller).expect("it is at work");
        line.at_work -= 1;
        self.at_work -= 1;
        self.forget_if_idle(caller);
    }

    /// A request stops waiting, if it still does.
    pub fn leave(&mut self, caller: &str, ticket: u64) {
        let Some(line) = self.callers.get_mut(caller) else { return };
        let Some(at) = line.waiting.iter().position(|one| one.ticket == ticket) else { return };
        line.waiting.remove(at);
        if line.waiting.is_empty() {
            self.turns.retain(|one| **one != *caller);
        }
        self.forget_if_idle(caller);
        self.waits_less(1);
    }

    /// The first in turn who may begin, and has a place from now on; those whose time is over are passed over. Asked until there is
    /// nobody: one that is done may leave room for several.
    pub fn next(&mut self, now: Duration) -> Option<(Caller, W)> {
        self.now = now;
        let (is_standing, short) = (self.is_standing(now), self.limits.short());
        let mut at = 0;
        while let Some(caller) = self.turns.get(at).cloned() {
            let line = self.callers.get_mut(&caller).expect("it has something waiting");
            let before = line.waiting.len();
            line.waiting.retain(|one| one.until > now && (!is_standing || one.came + short > now));
            let (over, is_empty) = (before - line.waiting.len(), line.waiting.is_empty());
            self.waits_less(over);
            let line = self.callers.get_mut(&caller).expect("it is there still");
            if is_empty {
                self.turns.remove(at);
                self.forget_if_idle(&caller);
                continue;
            }
            if self.at_work >= self.room.places || line.at_work >= share(self.room.places) {
                at += 1;
                continue;
            }
            let begins = line.waiting.pop_front().expect("somebody waits");
            line.at_work += 1;
            self.at_work += 1;
            self.turns.remove(at);
            if !line.waiting.is_empty() {
                self.turns.push_back(Arc::clone(&caller));
            }
            self.waits_less(1);
            return Some((caller, begins.wake));
        }
        None
    }

    /// Takes out the last of whoever has the most waiting.
    fn displace(&mut self) -> Option<W> {
        let (_, line) = self.callers.iter_mut().max_by_key(|(_, line)| line.waiting.len())?;
        let displaced = line.waiting.pop_back().map(|one| one.wake);
        self.waits_less(1);
        displaced
    }

    fn line(&mut self, caller: &str) -> (Caller, &mut Line<W>) {
        let caller = self
            .callers
            .get_key_value(caller)
            .map_or_else(|| Arc::from(caller), |(known, _)| Arc::clone(known));
        let empty = || Line { at_work: 0, waiting: VecDeque::new() };
        let line = self.callers.entry(Arc::clone(&caller)).or_insert_with(empty);
        (caller, line)
    }

    fn forget_if_idle(&mut self, caller: &str) {
        if self.callers.get(caller).is_some_and(|line| line.at_work == 0 && line.waiting.is_empty()) {
            self.callers.remove(caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Plays a script and tells what became of each step. `a1 5`: request 1 of caller a comes and is waited for until second 5;
    /// `-a`: one of a's is done; `x1`: request 1 stops waiting; `@3`: it is second 3.
    fn play(limits: (usize, usize), script: &str) -> String {
        let (at_work, waiting) = limits;
        let mut queue = Queue::new(Limits { at_work, waiting, patience: seconds(40) });
        let mut tickets = BTreeMap::new();
        let (mut told, mut now) = (String::new(), seconds(0));
        for step in script.split(',').map(str::trim) {
            let (verb, rest) = step.split_at(1);
            match verb {
                "@" => now = seconds(rest.parse().unwrap()),
                "-" => {
                    queue.done(rest, now, now);
                    let next = queue.next(now);
                    write!(told, "{} ", next.map_or_else(|| "-".to_owned(), |(_, name)| name)).unwrap();
                    assert!(queue.next(now).is_none(), "{script}: one place, one that begins");
                }
                "x" => {
                    let (caller, ticket): &(String, u64) = &tickets[rest];
                    queue.leave(caller, *ticket);
                }
                caller => {
                    let (_, until) = rest.split_once(' ').unwrap_or((rest, "99"));
                    let name = step.split(' ').next().unwrap().to_owned();
                    let until = seconds(until.parse().unwrap());
                    let refuses = queue.refuses(caller, now, until);
                    let arrival = queue.arrive(caller, now, until, name.clone());
                    assert_eq!(refuses, arrival == Arrival::Refused, "{script}: {step}");
                    told.push_str(&match arrival {
                        Arrival::Begins(_) => "begins ".to_owned(),
                        Arrival::Refused => "refused ".to_owned(),
                        Arrival::Waits { ticket, displaced, .. } => {
                            tickets.insert(name, (caller.to_owned(), ticket));
                            displaced.map_or_else(|| "waits ".to_owned(), |who| format!("waits!{who} "))
                        }
                    });
                }
            }
            let sums = |of: fn(&Line<String>) -> usize| queue.callers.values().map(of).sum::<usize>();
            assert_eq!(queue.at_work, sums(|line| line.at_work), "{script}: {step}");
            assert_eq!(queue.waiting, sums(|line| line.waiting.len()), "{script}: {step}");
            assert!(queue.at_work <= at_work && queue.waiting <= waiting, "{script}: {step}");
            let in_turn = queue.callers.values().filter(|line| !line.waiting.is_empty()).count();
            assert_eq!(queue.turns.len(), in_turn, "{script}: {step}");
        }
        told.trim_end().to_owned()
    }

    #[test]
    fn who_begins_who_waits_and_who_is_refused() {
        for (limits, script, expected) in [
            // Places, then waiting places, then nothing.
            ((2, 1), "a1, a2, a3, a4", "begins begins waits refused"),
            ((2, 0), "a1, a2, b1", "begins begins refused"),
            // In the order in which they came, within a caller.
            ((1, 3), "a1, a2, a3, -a, -a, -a", "begins waits waits a2 a3 -"),
            // In turn, among callers.
            ((1, 4), "a1, a2, a3, a4, b1, -a, -a, -b, -a", "begins waits waits waits waits a2 b1 a3 a4"),
            // Whoever has the most waiting gives up the last one for a caller with fewer.
            ((1, 3), "a1, a2, a3, a4, b1, b2", "begins waits waits waits waits!a4 refused"),
            ((1, 3), "a1, a2, a3, a4, b1, c1", "begins waits waits waits waits!a4 waits!a3"),
            ((1, 2), "a1, a2, b1, c1", "begins waits waits refused"),
            // One caller has three quarters at work at most, and what it leaves is for others at once.
            ((4, 2), "a1, a2, a3, a4, b1, b2", "begins begins begins waits begins waits"),
            ((4, 2), "a1, a2, a3, a4, b1, -a, -b", "begins begins begins waits begins a4 -"),
            ((4, 2), "a1, a2, a3, a4, b1, -b, b2, -a", "begins begins begins waits begins - begins a4"),
            // Nobody begins whose time is over, and nobody comes whose time is over.
            ((1, 3), "a1, a2 2, a3 5, @3, -a, a4 3", "begins waits waits a3 refused"),
            ((1, 3), "a1, a2 2, b1 5, @3, -a, -b", "begins waits waits b1 -"),
            ((1, 3), "a1, a2 2, @2, -a, a3", "begins waits - begins"),
            // Who leaves is not waited for, and leaves once.
            ((1, 2), "a1, a2, a3, xa2, -a, xa2, a4", "begins waits waits a3 waits"),
            ((1, 1), "a1, b1, xb1, c1, -a", "begins waits waits c1"),
            // Of a patience of forty seconds: after ten with somebody waiting, nobody waits for more than two.
            ((1, 5), "a1, a2, @9, a3, -a", "begins waits waits a2"),
            ((1, 5), "a1, a2, @10, a3, -a, -a", "begins waits waits a3 -"),
            ((1, 5), "a1, a2, @9, a3, @10, a4, -a, -a, -a", "begins waits waits waits a3 a4 -"),
            ((1, 5), "a1, a2, @10, a3, @11, -a, @12, a4, -a", "begins waits waits a3 waits a4"),
            ((1, 5), "a1, a2, b1, @9, b2, a3, @10, -a, -a, -b", "begins waits waits waits waits a3 b2 -"),
            // Once nobody waits, it is a burst again.
            ((1, 5), "a1, a2, @10, -a, a3, @19, a4, -a, -a", "begins waits - begins waits a4 -"),
            ((1, 5), "a1, a2, @9, -a, @13, a3, a4, @15, -a, -a", "begins waits a2 waits waits a3 a4"),
            // But not in the moment in which places came free.
            ((1, 5), "a1, a2, @9, -a, @10, a3, a4, @12, -a", "begins waits a2 waits waits -"),
            // Where it stands, only a few wait, or a sixteenth of those at work.
            ((1, 9), "a1, a2, @10, a3, a4, a5, a6", "begins waits waits waits waits refused"),
            ((1, 9), "a1, a2, @10, a3, a4, a5, b1", "begins waits waits waits waits waits!a5"),
        ] {
            assert_eq!(play(limits, script), expected, "{limits:?}: {script}");
        }
    }

    #[test]
    fn a_flood_of_one_takes_no_turn_of_another() {
        let mut queue = Queue::new(Limits { at_work: 4, waiting: 8, patience: seconds(40) });
        let mut done = BTreeMap::<Caller, usize>::new();
        let mut working: Vec<Caller> = Vec::new();
        let (until, mut refused) = (seconds(9), 0);
        for round in 0..1_000 {
            // A hundred of the flood for one of each other.
            let mut callers = vec!["flood"; 100];
            callers.extend(["b", "c"]);
            for caller in callers {
                match queue.arrive(caller, seconds(0), until, caller) {
                    Arrival::Begins(caller) => working.push(caller),
                    Arrival::Waits { displaced, .. } => assert!(displaced.is_none_or(|one| one == "flood")),
                    Arrival::Refused => {
                        assert_eq!(caller, "flood", "round {round}");
                        refused += 1;
                    }
                }
            }
            for caller in std::mem::take(&mut working) {
                queue.done(&caller, seconds(0), seconds(0));
                while let Some((next, _)) = queue.next(seconds(0)) {
                    working.push(next);
                }
                *done.entry(caller).or_default() += 1;
            }
        }
        let of = |caller: &str| done.get(caller).copied().unwrap_or(0);
        assert!(of("b") >= 990 && of("c") >= 990, "{done:?}");
        assert!(of("flood") >= 1_500 && refused > 90_000, "the rest is the flood's: {done:?}");
    }

    /// How many are at work in the end at a machine that has always more to do than it can, if a request takes as long as is told for
    /// its number and for how many are at work.
    fn places_found(takes: impl Fn(u64, usize) -> Duration) -> usize {
        let limits = Limits { at_work: 256, waiting: 256, patience: Duration::from_secs(2) };
        let mut queue = Queue::new(limits);
        // Those at work, by when they end.
        let mut working = BTreeMap::<(Duration, u64), Duration>::new();
        let mut now = Duration::ZERO;
        for number in 0..40_000 {
            // Hundreds of callers, so that no one's share counts; there is always one who waits.
            let caller = (number % 400).to_string();
            match queue.arrive(&caller, now, now + limits.patience, number) {
                Arrival::Begins(_) => {
                    working.insert((now + takes(number, queue.at_work), number), now);
                }
                Arrival::Waits { .. } | Arrival::Refused => {
                    let ((ends, done), began) = working.pop_first().expect("all places are taken");
                    now = now.max(ends);
                    queue.done(&(done % 400).to_string(), began, now);
                    while let Some((_, number)) = queue.next(now) {
                        working.insert((now + takes(number, queue.at_work), number), now);
                    }
                }
            }
        }
        queue.room.places
    }

    #[test]
    fn as_many_are_at_work_as_are_done_in_time() {
        let millis = Duration::from_millis;
        let shared = |each: u64| move |_: u64, at_work: usize| millis(each * at_work as u64);
        // A hundred a second: forty of them take the four hundred milliseconds that most should take at most.
        let found = places_found(shared(10));
        assert!((32..=48).contains(&found), "{found}");
        // A thousand a second do 256 in less, and ten a second are not let in fewer than 32 at a time.
        assert_eq!(places_found(shared(1)), 256);
        assert_eq!(places_found(shared(100)), 32);
        // Every third waits five seconds for a node that hangs: the others lose no places by it.
        assert_eq!(places_found(|number, _| millis(if number % 3 == 0 { 5_000 } else { 50 })), 256);
    }

    #[test]
    fn places_that_were_taken_away_come_back() {
        let limits = Limits { at_work: 256, waiting: 256, patience: Duration::from_secs(2) };
        let mut room = Room::new(limits);
        let mut play = |took: u64, full: bool| {
            for _ in 0..20_000 {
                room.was_full = full;
                room.done(limits, Duration::from_millis(took));
            }
            room.places
        };
        assert_eq!(play(401, true), 32);
        assert_eq!(play(399, false), 32, "nobody needed them");
        assert_eq!(play(399, true), 256);
    }
}

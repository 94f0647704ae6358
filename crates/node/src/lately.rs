//! What happened lately: how often something ended how, and how long it took, over the last hour and the last day.
//!
//! It is kept in the memory of this instance, in slots of a minute and of an hour that are used again, so that it never grows with time;
//! and it knows so many names and no more, so that it does not grow with what is sent either. The metrics count for ever
//! ([`crate::metrics`]), this forgets: it is for people who look how things go now.

use crate::metrics::Ending;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How far back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// 最近一小时.
    Hour,
    /// 最近一天.
    Day,
}

impl Span {
    /// How long a slot is, and how many of them are added up; the last of them is the one that is still going on.
    const fn slots(self) -> (u64, usize) {
        match self {
            Self::Hour => (60, 60),
            Self::Day => (3_600, 24),
        }
    }

    /// The name that programs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The span of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Hour, Self::Day].into_iter().find(|span| span.name() == name)
    }
}

/// The upper bounds of the times that are told apart, in milliseconds; longer ones are beyond all of them. Those of the metrics.
const BOUNDS_MILLIS: [u64; 12] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/// How often something ended how, and how long it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// How often it was answered with a yes.
    pub done: u64,
    /// How often it was refused for good.
    pub refused: u64,
    /// How often nobody could say, or could do it: no answer, overload, a breakdown.
    pub failed: u64,
    /// How often it took at most so long as the bound at this place says, and longer than the one before.
    times: [u64; BOUNDS_MILLIS.len() + 1],
}

impl Counts {
    /// How often it was asked for.
    pub const fn all(&self) -> u64 {
        self.done + self.refused + self.failed
    }

    fn note(&mut self, ending: Ending, took: Duration) {
        match ending {
            Ending::Done => self.done += 1,
            Ending::Refused => self.refused += 1,
            Ending::Busy | Ending::Unknown | Ending::Broken => self.failed += 1,
        }
        let millis = u64::try_from(took.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
        let place = BOUNDS_MILLIS.iter().position(|bound| millis <= *bound).unwrap_or(BOUNDS_MILLIS.len());
        self.times[place] += 1;
    }

    fn add(&mut self, other: &Self) {
        self.done += other.done;
        self.refused += other.refused;
        self.failed += other.failed;
        for (sum, one) in self.times.iter_mut().zip(other.times) {
            *sum += one;
        }
    }

    /// Within how many milliseconds this many in a hundred were over; none where nothing was timed, or it took longer than all bounds.
    pub fn within(&self, percent: u64) -> Option<u64> {
        let wanted = (self.all() * percent).div_ceil(100);
        let mut sum = 0;
        let place = self.times.iter().position(|count| {
            sum += count;
            wanted > 0 && sum >= wanted
        })?;
        BOUNDS_MILLIS.get(place).copied()
    }
}

/// A slot of time, by its number since the beginning.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    number: u64,
    counts: Counts,
}

/// The slots of one name.
struct Slots {
    minutes: Vec<Slot>,
    hours: Vec<Slot>,
}

impl Slots {
    fn new() -> Self {
        let empty = |span: Span| vec![Slot::default(); span.slots().1];
        Self { minutes: empty(Span::Hour), hours: empty(Span::Day) }
    }

    const fn of(&self, span: Span) -> &Vec<Slot> {
        match span {
            Span::Hour => &self.minutes,
            Span::Day => &self.hours,
        }
    }
}

/// What happened lately, by name.
pub(crate) struct Lately<K> {
    since: Instant,
    /// How many names there may be; what comes beyond them is not noted.
    most: usize,
    of: Mutex<BTreeMap<K, Slots>>,
}

impl<K: Ord + Copy> Lately<K> {
    /// Nothing yet, of so many names at most.
    pub fn new(most: usize) -> Self {
        Self { since: Instant::now(), most, of: Mutex::default() }
    }

    /// Something ended.
    pub fn note(&self, name: K, ending: Ending, took: Duration) {
        self.note_at(Instant::now(), name, ending, took);
    }

    fn note_at(&self, now: Instant, name: K, ending: Ending, took: Duration) {
        let seconds = now.saturating_duration_since(self.since).as_secs();
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if of.len() >= self.most && !of.contains_key(&name) {
            return;
        }
        let slots = of.entry(name).or_insert_with(Slots::new);
        for (span, ring) in [(Span::Hour, &mut slots.minutes), (Span::Day, &mut slots.hours)] {
            let (long, many) = span.slots();
            let number = seconds / long;
            let slot = &mut ring[usize::try_from(number).unwrap_or_default() % many];
            if slot.number != number {
                *slot = Slot { number, counts: Counts::default() };
            }
            slot.counts.note(ending, took);
        }
    }

    /// All that happened in a span; names of which nothing did are left out.
    pub fn over(&self, span: Span) -> BTreeMap<K, Counts> {
        self.over_at(Instant::now(), span)
    }

    fn over_at(&self, now: Instant, span: Span) -> BTreeMap<K, Counts> {
        let (long, many) = span.slots();
        let last = now.saturating_duration_since(self.since).as_secs() / long;
        let first = (last + 1).saturating_sub(u64::try_from(many).unwrap_or_default());
        let of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |slots: &Slots| {
            let mut sum = Counts::default();
            let inside = |slot: &&Slot| (first..=last).contains(&slot.number);
            slots.of(span).iter().filter(inside).for_each(|slot| sum.add(&slot.counts));
            sum
        };
        let all = of.iter().map(|(name, slots)| (*name, sum(slots)));
        all.filter(|(_, counts)| counts.all() > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn noted(lately: &Lately<&'static str>, minutes: u32, name: &'static str, ending: Ending, millis: u64) {
        lately.note_at(lately.since + MINUTE * minutes, name, ending, Duration::from_millis(millis));
    }

    fn seen(
        lately: &Lately<&'static str>,
        minutes: u32,
        span: Span,
    ) -> BTreeMap<&'static str, (u64, u64, u64)> {
        let found = lately.over_at(lately.since + MINUTE * minutes, span);
        found.into_iter().map(|(name, one)| (name, (one.done, one.refused, one.failed))).collect()
    }

    #[test]
    fn an_hour_and_a_day_are_forgotten_when_they_are_over() {
        let lately = Lately::new(9);
        noted(&lately, 0, "settle", Ending::Done, 3);
        noted(&lately, 59, "settle", Ending::Refused, 3);
        noted(&lately, 59, "trial", Ending::Unknown, 3);
        for (minutes, span, settle) in [
            (59, Span::Hour, Some((1, 1, 0))),
            (60, Span::Hour, Some((0, 1, 0))),
            (118, Span::Hour, Some((0, 1, 0))),
            (119, Span::Hour, None),
            (60, Span::Day, Some((1, 1, 0))),
            (24 * 60 - 1, Span::Day, Some((1, 1, 0))),
            (24 * 60, Span::Day, None),
        ] {
            assert_eq!(seen(&lately, minutes, span).get("settle").copied(), settle, "{minutes} {span:?}");
        }
        // The slot of the first minute is used again, and what was in it does not come back.
        noted(&lately, 60, "settle", Ending::Busy, 3);
        assert_eq!(seen(&lately, 60, Span::Hour)["settle"], (0, 1, 1));
        assert_eq!(seen(&lately, 60, Span::Day)["settle"], (1, 1, 1));
        assert_eq!(seen(&lately, 60, Span::Day)["trial"], (0, 0, 1));
    }

    #[test]
    fn times_are_told_by_the_bound_that_holds_so_many() {
        let lately = Lately::new(9);
        for millis in [3, 4, 5, 20, 900] {
            noted(&lately, 0, "settle", Ending::Done, millis);
        }
        noted(&lately, 0, "trial", Ending::Unknown, 60_000);
        let found = lately.over(Span::Hour);
        assert_eq!((found["settle"].within(50), found["settle"].within(95)), (Some(5), Some(1_000)));
        assert_eq!(
            (found["trial"].all(), found["trial"].within(50)),
            (1, None),
            "longer than the last bound"
        );
        assert_eq!(Counts::default().within(50), None, "nothing of nothing");
    }

    #[test]
    fn names_beyond_so_many_are_not_noted() {
        let lately = Lately::new(2);
        for name in ["a", "b", "c", "a"] {
            noted(&lately, 0, name, Ending::Done, 1);
        }
        assert_eq!(seen(&lately, 0, Span::Day), [("a", (2, 0, 0)), ("b", (1, 0, 0))].into());
    }
}

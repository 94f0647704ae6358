//! How many questions of the outbox go to each node at once.
//!
//! A node that answers gets more at once with every answer, up to all that there are places for; one that does not be reached gets half as
//! many each time, down to one, which is how it is seen that it answers again. So what waits for a node that is away costs a question at
//! a time, is in nobody's way, and flows as soon as one is answered. Nothing here must be right: it is forgotten with the process, and
//! another instance has its own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use terms::Participant;

/// What all who send share.
#[derive(Clone, Debug)]
pub struct Pace(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    most: usize,
    under_way: usize,
    ways: BTreeMap<Participant, Way>,
    /// With whom it begins, where there are not places for all.
    turn: usize,
}

/// The way to one node.
#[derive(Debug)]
struct Way {
    /// So many questions may be under way.
    wide: usize,
    under_way: usize,
}

impl Default for Way {
    /// Nobody knows yet whether anybody answers there.
    fn default() -> Self {
        Self { wide: 1, under_way: 0 }
    }
}

/// A place for one question under way; given back when dropped.
#[derive(Debug)]
pub struct Place {
    pace: Pace,
    to: Participant,
}

impl Pace {
    /// At most so many questions under way, to all nodes together.
    pub fn new(most: usize) -> Self {
        let state = State { most, under_way: 0, ways: BTreeMap::new(), turn: 0 };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Places for questions to these nodes, at most so many, shared out evenly among those whose way is wide enough.
    pub fn places(&self, due: &[Participant], most: usize) -> BTreeMap<Participant, Vec<Place>> {
        let mut state = self.state();
        let mut places = BTreeMap::new();
        let mut free = state.most.saturating_sub(state.under_way).min(most);
        let first = state.turn % due.len().max(1);
        state.turn = state.turn.wrapping_add(1);
        for (before, to) in due.iter().cycle().skip(first).take(due.len()).enumerate() {
            let share = free.div_ceil(due.len() - before);
            let way = state.ways.entry(*to).or_default();
            let given = way.wide.saturating_sub(way.under_way).min(share);
            if given > 0 {
                way.under_way += given;
                state.under_way += given;
                free -= given;
                let place = || Place { pace: self.clone(), to: *to };
                places.insert(*to, std::iter::repeat_with(place).take(given).collect());
            }
        }
        places
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics holding it")
    }
}

impl Place {
    /// The node answered: what it was asked, or that it cannot say.
    pub fn answered(self) {
        let mut state = self.pace.state();
        let most = state.most;
        let way = state.ways.entry(self.to).or_default();
        way.wide = (way.wide + 1).min(most.max(1));
    }

    /// The node was not reached, or takes no more.
    pub fn unreached(self) {
        let mut state = self.pace.state();
        let way = state.ways.entry(self.to).or_default();
        way.wide = (way.wide / 2).max(1);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        state.under_way -= 1;
        if let Some(way) = state.ways.get_mut(&self.to) {
            way.under_way -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Participant::Hub;

    fn province(number: &str) -> Participant {
        number.parse().unwrap()
    }

    /// How many places there are for each.
    fn given(places: &BTreeMap<Participant, Vec<Place>>, of: &[Participant]) -> Vec<usize> {
        of.iter().map(|to| places.get(to).map_or(0, Vec::len)).collect()
    }

    /// Sends what there is a place for, all of it answered or not; how many that were, time after time.
    fn rounds(pace: &Pace, to: Participant, times: usize, is_answered: bool) -> Vec<usize> {
        let round = |_| {
            let places = pace.places(&[to], usize::MAX).remove(&to).unwrap_or_default();
            let many = places.len();
            places.into_iter().for_each(if is_answered { Place::answered } else { Place::unreached });
            many
        };
        (0..times).map(round).collect()
    }

    #[test]
    fn a_way_widens_with_answers_and_narrows_to_one() {
        let pace = Pace::new(20);
        assert_eq!(rounds(&pace, Hub, 4, false), [1, 1, 1, 1], "nobody answers: one at a time");
        assert_eq!(rounds(&pace, Hub, 7, true), [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(rounds(&pace, Hub, 3, false), [20, 1, 1], "it is away");
        assert_eq!(rounds(&pace, Hub, 3, true), [1, 2, 4], "it is there again");
        let mut some = pace.places(&[Hub], 9).remove(&Hub).unwrap();
        assert_eq!(some.len(), 8);
        some.pop().unwrap().unreached();
        drop(some);
        assert_eq!(rounds(&pace, Hub, 1, true), [4], "one was lost");
    }

    #[test]
    fn who_is_away_is_in_nobodys_way() {
        let pace = Pace::new(8);
        let [away, near] = ["110000", "310000"].map(province);
        assert_eq!(rounds(&pace, near, 5, true), [1, 2, 4, 8, 8]);
        let waits = pace.places(&[away, near], usize::MAX);
        assert_eq!(given(&waits, &[away, near]), [1, 4]);
        let more = pace.places(&[away, near], usize::MAX);
        assert_eq!(given(&more, &[away, near]), [0, 3], "all places but the one that waits");
        assert!(pace.places(&[near], usize::MAX).is_empty());
        drop(more);
        assert_eq!(given(&pace.places(&[away, near], 1), &[away, near]), [0, 1]);
        drop(waits);
        assert_eq!(given(&pace.places(&[near], usize::MAX), &[near]), [8]);
    }

    #[test]
    fn where_there_are_too_few_places_they_go_around() {
        let pace = Pace::new(1);
        let all = ["110000", "310000", "330000"].map(province);
        let turns: Vec<_> = (0..4).map(|_| given(&pace.places(&all, 5), &all)).collect();
        assert_eq!(turns, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]);
        assert!(pace.places(&[], 5).is_empty());
    }
}

//! What a node holds ready out of its registers, so that a message asks the database for nothing that has not changed.
//!
//! A node may run as several instances over one database. What one of them writes the others hear ([`store::change`]), and forget.
//! An instance that cannot hear holds nothing ready, and asks each time. What is read while something is forgotten is not held
//! ready either: it may be what was there before.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// Values of a register that are held ready, by key.
#[derive(Debug)]
pub struct Kept<K, V>(RwLock<State<K, V>>);

#[derive(Debug)]
struct State<K, V> {
    hears: bool,
    /// How often something was forgotten.
    forgotten: u64,
    known: HashMap<K, Known<V>>,
}

#[derive(Debug)]
struct Known<V> {
    value: V,
    /// Whether it is still what the register says.
    is_current: bool,
}

/// When something was asked of the database, for whoever keeps the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked(u64);

impl<K, V> Default for Kept<K, V> {
    /// Nothing, of a node that is the only instance: nobody else changes its registers.
    fn default() -> Self {
        Self(RwLock::new(State { hears: true, forgotten: 0, known: HashMap::new() }))
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// The value, if it is what the register says; else what to hand to [`Kept::keep`] with what the database answers.
    pub fn find(&self, key: &K) -> Result<V, Asked> {
        let state = self.read();
        match state.known.get(key) {
            Some(known) if known.is_current => Ok(known.value.clone()),
            _ => Err(Asked(state.forgotten)),
        }
    }

    /// What the register said once, and may still say.
    pub fn last_known(&self, key: &K) -> Option<V> {
        self.read().known.get(key).map(|known| known.value.clone())
    }

    /// Holds ready what the database has answered.
    pub fn keep(&self, asked: Asked, values: impl IntoIterator<Item = (K, V)>) {
        let mut state = self.write();
        let is_current = state.hears && state.forgotten == asked.0;
        for (key, value) in values {
            state.known.insert(key, Known { value, is_current });
        }
    }

    /// Asks the database again at the next use.
    pub fn forget(&self, key: &K) {
        let mut state = self.write();
        state.forgotten += 1;
        if let Some(known) = state.known.get_mut(key) {
            known.is_current = false;
        }
    }

    /// Whether what others change is heard from now on. What was changed before was perhaps not: all is asked for again.
    pub fn set_hears(&self, hears: bool) {
        let mut state = self.write();
        state.hears = hears;
        state.forgotten += 1;
        state.known.values_mut().for_each(|known| known.is_current = false);
    }

    fn read(&self) -> RwLockReadGuard<'_, State<K, V>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State<K, V>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_until_it_is_forgotten() {
        let kept = Kept::<&str, u8>::default();
        let asked = kept.find(&"a").unwrap_err();
        kept.keep(asked, [("a", 1), ("b", 2)]);
        assert_eq!((kept.find(&"a"), kept.find(&"b")), (Ok(1), Ok(2)));
        kept.forget(&"a");
        assert!(kept.find(&"a").is_err());
        assert_eq!((kept.last_known(&"a"), kept.find(&"b")), (Some(1), Ok(2)));
    }

    #[test]
    fn an_answer_that_was_asked_for_before_a_change_is_not_held_ready() {
        let kept = Kept::<&str, u8>::default();
        let asked = kept.find(&"a").unwrap_err();
        kept.forget(&"a");
        kept.keep(asked, [("a", 1)]);
        let asked = kept.find(&"a").unwrap_err();
        kept.keep(asked, [("a", 2)]);
        assert_eq!(kept.find(&"a"), Ok(2));
    }

    #[test]
    fn whoever_does_not_hear_holds_nothing_ready() {
        let kept = Kept::<&str, u8>::default();
        let ask_and_keep = |value| kept.keep(kept.find(&"a").unwrap_err(), [("a", value)]);
        ask_and_keep(1);
        kept.set_hears(false);
        ask_and_keep(2);
        assert!(kept.find(&"a").is_err());
        let before = kept.find(&"a").unwrap_err();
        kept.set_hears(true);
        kept.keep(before, [("a", 3)]);
        assert!(kept.find(&"a").is_err(), "asked while deaf");
        ask_and_keep(4);
        assert_eq!(kept.find(&"a"), Ok(4));
    }
}

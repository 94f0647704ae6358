//! Small sets of the field's words: which levels, which kinds of care, which classes of person. A set is one machine word, so
//! that a table of a policy is searched without asking for memory.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, marker::PhantomData};

/// A word of which there are few, all known: at most 32.
pub trait Listed: Copy + 'static {
    /// All of them, in order.
    const LISTED: &'static [Self];
    /// Where it stands in the list, from 0.
    fn position(self) -> u32;
}

/// A set of words.
///
/// ```
/// use terms::{Set, SettlementLevel::*};
/// let high: Set<_> = [Secondary, Tertiary].into_iter().collect();
/// assert!(high.contains(Tertiary) && !high.contains(Primary));
/// assert!(Set::<terms::CareKind>::new().is_empty());
/// ```
pub struct Set<T>(u32, PhantomData<T>);

impl<T> Set<T> {
    /// Nothing.
    pub const fn new() -> Self {
        Self(0, PhantomData)
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many are in it.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether the two have one in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0, PhantomData)
    }
}

impl<T: Listed> Set<T> {
    /// One.
    pub fn only(one: T) -> Self {
        Self(1 << one.position(), PhantomData)
    }

    /// All there are.
    pub fn all() -> Self {
        T::LISTED.iter().copied().collect()
    }

    /// Whether it is in the set.
    pub fn contains(self, one: T) -> bool {
        self.0 & (1 << one.position()) != 0
    }

    /// Puts one in.
    pub fn insert(&mut self, one: T) {
        self.0 |= 1 << one.position();
    }

    /// Those in it, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = T> {
        T::LISTED.iter().copied().filter(move |one| self.contains(*one))
    }
}

impl<T> Clone for Set<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Set<T> {}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> PartialEq for Set<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Set<T> {}

impl<T: Listed + fmt::Debug> fmt::Debug for Set<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<T: Listed> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(some: I) -> Self {
        some.into_iter().fold(Self::new(), |set, one| set.union(Self::only(one)))
    }
}

impl<T: Listed + Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, T: Listed + Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<T>::deserialize(deserializer)?.into_iter().collect())
    }
}

//! Bugs on purpose, one at a time: a simulation whose checks never fail may be one whose checks cannot. The tests of the simulated
//! country plant these and must find them; those that no seed has met yet are listed there apart.
//!
//! Without the feature `planted`, which only the tests of `country` ask for, [`is`] is a constant and nothing is left of any of them: no
//! program that is built to be run has them. With it a bug is planted in one thread, so that a simulation, which runs on one thread,
//! has it, and whatever runs beside it has not.
//!
//! To add a bug: a variant that says what the node does wrong, one short line where it does it, and a row in
//! `country/tests/stories/planted.rs` with a seed on which it is found.

/// The bugs, and the list of them all.
macro_rules! bugs {
    ($($(#[$what:meta])* $name:ident,)*) => {
        /// What a node does wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Bug {
            $($(#[$what])* $name,)*
        }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

bugs! {
    /// Treatment place: a hospital's message that came before is taken for a new one.
    ForgetsMessages,
    /// Treatment place: an undoing is told to the hospital although it could not be saved. Two guards are taken away. Without the
    /// first alone the hospital would hear nothing: the answer is kept with the message, and that was not saved either.
    TellsWhatIsNotSaved,
    /// Treatment place: the question to undo is not in the outbox, so that it is asked once and never again.
    LosesTheQuestionToUndo,
    /// Treatment place: a message that was reversed before it came is done when it comes.
    ForgetsReversals,
    /// Treatment place: an undoing books twice what the settlement booked.
    BooksTheUndoingTwice,
    /// Treatment place: any reply is believed, whoever wrote it.
    BelievesAnyReply,
    /// Insured place: a settlement asked for again is decided again.
    ForgetsFirstAnswers,
    /// Insured place: an undoing that comes before its settlement leaves nothing that would keep the settlement out.
    WritesNoTombstone,
    /// Insured place: a settlement does not count in the person's year.
    ForgetsTheYear,
    /// Insured place: an undoing leaves the settlement in the person's year.
    KeepsTheYear,
    /// Insured place: an undoing does not give back what the personal account paid.
    KeepsTheAccount,
    /// Insured place: the book has a fen more than was answered.
    BooksAFenMore,
    /// Insured place: the entries of a settlement come to a fen more than the settlement.
    EntersAFenMore,
    /// Insured place: an undoing makes no entries.
    EntersNoUndoing,
    /// Insured place: whatever is computed is computed by the policy of the day before. The proof of the node does it too.
    UsesYesterdaysPolicy,
    /// Insured place: questions are taken that did not pass through the hub.
    TakesWhatTheHubDidNotPass,
    /// Insured place: what the hub lets pass is believed, whoever signed it.
    BelievesTheHub,
    /// Insured place: a line of the details that are sent on is lost.
    LosesALine,
    /// Hub: a settlement that passed is not written down.
    HubForgets,
    /// Hub: a settlement is written down with a fen more than was answered.
    HubRecordsAFenMore,
    /// Hub: an undoing is not written down.
    HubKeepsWhatIsUndone,
    /// Hub: new questions of and to a suspended participant are passed on.
    HubPassesForTheSuspended,
    /// Hub: nothing of or to a suspended participant is passed on, not even an undoing.
    HubStopsWhatWasBegun,
    /// Hub: the plan of a month leaves out what it first added up.
    ClearingLeavesOut,
    /// Hub: the plan of a month counts twice what it first added up.
    ClearingCountsTwice,
    /// Hub: whoever names a province is taken for it.
    HubBelievesStrangers,
    /// Hub and insured place: a message is taken however old it is.
    TakesOldMessages,
}

#[cfg(feature = "planted")]
mod ground {
    use super::Bug;
    use std::{cell::Cell, marker::PhantomData};

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// A bug that is planted in this thread as long as this lives.
    #[derive(Debug)]
    #[must_use = "it is weeded as soon as this is dropped"]
    pub struct Planted {
        /// It stays in its thread.
        stays: PhantomData<*const ()>,
    }

    /// Plants a bug in this thread.
    ///
    /// # Panics
    /// If one is planted here already.
    pub fn plant(bug: Bug) -> Planted {
        let earlier = PLANTED.replace(Some(bug));
        assert_eq!(earlier, None, "one bug at a time");
        Planted { stays: PhantomData }
    }

    impl Drop for Planted {
        fn drop(&mut self) {
            PLANTED.set(None);
        }
    }

    /// Whether this bug is planted here.
    pub fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }
}

#[cfg(feature = "planted")]
pub use ground::{Planted, is, plant};

/// Whether this bug is planted here: never in this program.
#[cfg(not(feature = "planted"))]
pub const fn is(_: Bug) -> bool {
    false
}

#[cfg(all(test, feature = "planted"))]
mod tests {
    use super::*;

    #[test]
    fn a_bug_stays_in_its_thread_and_goes_with_its_guard() {
        let planted = plant(Bug::HubForgets);
        assert!(is(Bug::HubForgets) && !is(Bug::KeepsTheYear));
        let elsewhere = std::thread::spawn(|| is(Bug::HubForgets));
        assert!(!elsewhere.join().unwrap());
        drop(planted);
        assert!(!is(Bug::HubForgets));
    }
}

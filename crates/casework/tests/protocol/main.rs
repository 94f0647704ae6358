//! The settlement protocol as a small model, of which every reachable state is looked at: one hospital, the treatment place, the hub and
//! the insured place, over lines that lose, double and reorder, with nodes that are killed and started again.
//!
//! `world` says what is written down where, `step` what may happen next, `hospital`, `treatment`, `hub` and `insured` what each does
//! when it hears something, `properties` what must hold in every state. Stages of settlements and visits are the program's own
//! (`casework::settlement::after`, `casework::visit::after`); all else is written again, small, beside the names of the functions that
//! it stands for. What the model leaves out is said in `docs/DESIGN.md`.

mod flaws;
mod hospital;
mod hub;
mod insured;
mod network;
mod properties;
mod rank;
mod step;
mod treatment;
mod world;

use flaws::Flaw;
use properties::{BOOKS, COMMITTED_ONCE, ONE_STAY, SUMS, TAKEN_BACK, TOLD};
use stateright::{Checker, Model};
use world::{Faults, Protocol};

/// Nothing goes wrong but the order of messages.
const NONE: Faults = Faults { losses: 0, doublings: 0, kills: 0, resends: 0, suspensions: 0, changes: 0 };

/// Looks at every state: every property holds, and what should be possible is.
fn check(name: &str, protocol: Protocol) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let checked = protocol.checker().threads(threads).spawn_bfs().join();
    let (states, steps, depth) = (checked.unique_state_count(), checked.state_count(), checked.max_depth());
    println!("{name}: {states} states by {steps} steps, the longest way {depth} steps");
    checked.assert_properties();
}

#[test]
fn one_bill_holds() {
    let faults = Faults { losses: 1, doublings: 1, kills: 1, ..NONE };
    check("one bill", Protocol::one_bill(faults));
}

#[test]
fn one_bill_that_is_asked_for_again_holds() {
    let faults = Faults { losses: 1, kills: 1, resends: 1, ..NONE };
    check("one bill, asked for again", Protocol::one_bill(faults));
}

#[test]
fn one_bill_with_every_fault_holds() {
    let faults = Faults { losses: 1, doublings: 1, kills: 1, resends: 1, ..NONE };
    check("one bill, every fault", Protocol::one_bill(faults));
}

#[test]
fn one_bill_of_a_place_that_is_suspended_holds() {
    let faults = Faults { losses: 1, doublings: 1, suspensions: 1, ..NONE };
    check("one bill, the treatment place suspended", Protocol::one_bill(faults));
}

#[test]
fn one_bill_that_is_refused_holds() {
    let faults = Faults { losses: 1, doublings: 1, changes: 1, ..NONE };
    check("one bill, the insurance paused", Protocol::paused(faults));
}

#[test]
fn two_bills_hold() {
    check("two bills of one person", Protocol::two_bills(NONE));
}

#[test]
fn one_stay_twice_holds() {
    check("one stay twice", Protocol::one_stay_twice(NONE));
}

/// What is wrong, the smallest model that shows it, and the property that is broken.
fn flaws() -> Vec<(Flaw, Protocol, &'static str)> {
    let doubled = Faults { doublings: 1, ..NONE };
    let killed = Faults { kills: 1, ..NONE };
    let suspended = Faults { suspensions: 1, ..doubled };
    let changed = Faults { changes: 1, ..doubled };
    let (one, two) = (Protocol::one_bill, Protocol::two_bills);
    vec![
        (Flaw::InsuredForgetsItsFirstAnswer, one(doubled), COMMITTED_ONCE),
        (Flaw::InsuredAnswersBeforeItCommits, one(killed), BOOKS),
        (Flaw::InsuredOverlooksRevisions, two(NONE), SUMS),
        (Flaw::InsuredForgetsRefusals, Protocol::paused(changed), BOOKS),
        (Flaw::InsuredForgetsUndoingsOfWhatItNeverSaw, one(NONE), BOOKS),
        (Flaw::InsuredUndoesWhatItWouldPayNow, one(NONE), SUMS),
        (Flaw::InsuredUndoesTwice, one(doubled), SUMS),
        (Flaw::HubRecordsTheQuestion, Protocol::paused(NONE), BOOKS),
        (Flaw::HubRepliesBeforeItRecords, one(killed), BOOKS),
        (Flaw::HubForgetsUndoingsOfWhatItNeverSaw, one(NONE), BOOKS),
        (Flaw::ReversalForgetsWhatHasYetToCome, one(NONE), TAKEN_BACK),
        (Flaw::OutboxIsInMemory, one(killed), BOOKS),
        (Flaw::LateNewsWinsOverAnUndoing, one(NONE), TAKEN_BACK),
        (Flaw::RefusedCopyUndoesWhatStands, one(suspended), TOLD),
        (Flaw::TreatmentDoesNotWaitForTheUndoing, Protocol::one_stay_twice(NONE), ONE_STAY),
    ]
}

#[test]
fn every_flaw_is_found() {
    for (flaw, protocol, broken) in flaws() {
        let sound = Protocol { only: Some(broken), ..protocol };
        sound.clone().checker().spawn_bfs().join().assert_no_discovery(broken);
        let flawed = Protocol { flaw: Some(flaw), ..sound };
        let found = flawed.checker().spawn_bfs().join().discovery(broken);
        let steps = found.unwrap_or_else(|| panic!("{flaw:?} breaks nothing: {broken}")).into_actions();
        println!("{flaw:?} breaks, in {} steps: {broken}", steps.len());
        for step in steps {
            println!("    {step:?}");
        }
    }
}

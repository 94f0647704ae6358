//! The insured place (`node::insured`): it decides a settlement once, and undoes it at most once.

use crate::{
    flaws::Flaw,
    network::{Message, Said},
    world::{AtInsured, BILLS, Bill, Deciding, Fen, Kind, Protocol, Sums, World},
};

/// What each bill comes to.
const TOTALS: [Fen; BILLS] = [3, 5];
/// 起付标准 of the year.
const DEDUCTIBLE: Fen = 2;
/// 最高支付限额 of the year.
const CAP: Fen = 5;

/// What a bill adds to a year that stands so. It depends on what was settled before: of the two bills, the funds pay 1 and 4 in
/// one order, 2 and 3 in the other.
pub fn benefit(bill: Bill, year: Sums) -> Sums {
    let total = TOTALS[bill];
    let above = |sum: Fen| (sum - DEDUCTIBLE).max(0);
    let paid = above(year.total + total) - above(year.total);
    Sums { total, paid: paid.min(CAP - year.paid).max(0) }
}

/// A question arrives.
pub fn hear(protocol: &Protocol, world: &mut World, bill: Bill, kind: Kind) {
    match kind {
        Kind::Undo => undo(protocol, world, bill),
        Kind::Settle => {
            let (read, paused) = (world.insured.sums, world.insured.paused);
            if protocol.has(Flaw::InsuredAnswersBeforeItCommits) && !paused {
                if let Some(said) = first_answer(world.insured.rows[bill]) {
                    return world.network.send(Message::Say(bill, said));
                }
                world.network.send(Message::Say(bill, Said::Settled(benefit(bill, read).paid)));
            }
            let deciding = &mut world.insured.deciding;
            deciding.push(Deciding { bill, read, paused, stale: false });
            deciding.sort_unstable();
        }
    }
}

/// The unit of work of a question to settle. `insured::settle_together` writes what was decided on the sums that were read, if they
/// are still the same and the id is new; otherwise `settle_once` decides again while it holds them.
pub fn write(protocol: &Protocol, world: &mut World, question: Deciding) {
    let bill = question.bill;
    let at = world.insured.deciding.iter().position(|one| *one == question).expect("it is being decided");
    world.insured.deciding.remove(at);
    let said = settle(protocol, world, question);
    if !protocol.has(Flaw::InsuredAnswersBeforeItCommits) {
        world.network.send(Message::Say(bill, said));
    }
}

fn settle(protocol: &Protocol, world: &mut World, question: Deciding) -> Said {
    let bill = question.bill;
    let known = first_answer(world.insured.rows[bill]);
    if let Some(first) = known.filter(|_| !protocol.has(Flaw::InsuredForgetsItsFirstAnswer)) {
        return first;
    }
    let is_current = !question.stale || protocol.has(Flaw::InsuredOverlooksRevisions);
    let decided_before = is_current && !question.paused;
    if !decided_before && world.insured.paused {
        if !protocol.has(Flaw::InsuredForgetsRefusals) {
            world.insured.rows[bill] = AtInsured::Refused;
        }
        return Said::Refused;
    }
    let year = if decided_before { question.read } else { world.insured.sums };
    let added = benefit(bill, year);
    world.insured.rows[bill] = AtInsured::Standing(added);
    world.insured.commits[bill] += 1;
    change_sums(world, year.plus(added));
    Said::Settled(added.paid)
}

/// `insured::first_answer`.
fn first_answer(row: AtInsured) -> Option<Said> {
    match row {
        AtInsured::Unknown => None,
        AtInsured::Standing(added) => Some(Said::Settled(added.paid)),
        AtInsured::Undone(_) | AtInsured::Refused => Some(Said::Refused),
    }
}

/// `insured::undo_once`: out of the year with what it added; a tombstone where it never came.
fn undo(protocol: &Protocol, world: &mut World, bill: Bill) {
    match world.insured.rows[bill] {
        AtInsured::Unknown if protocol.has(Flaw::InsuredForgetsUndoingsOfWhatItNeverSaw) => {}
        AtInsured::Unknown => world.insured.rows[bill] = AtInsured::Undone(None),
        AtInsured::Standing(added) => {
            let year = world.insured.sums;
            let given_back =
                if protocol.has(Flaw::InsuredUndoesWhatItWouldPayNow) { benefit(bill, year) } else { added };
            world.insured.rows[bill] = AtInsured::Undone(Some(added));
            change_sums(world, year.minus(given_back));
        }
        AtInsured::Undone(Some(added)) if protocol.has(Flaw::InsuredUndoesTwice) => {
            change_sums(world, world.insured.sums.minus(added));
        }
        AtInsured::Undone(_) | AtInsured::Refused => {}
    }
    world.network.send(Message::Say(bill, Said::Undone));
}

/// Writes the sums; what was decided on the earlier ones is stale.
fn change_sums(world: &mut World, sums: Sums) {
    world.insured.sums = sums;
    for question in &mut world.insured.deciding {
        question.stale = true;
    }
    world.insured.deciding.sort_unstable();
}

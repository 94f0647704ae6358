//! A number that every step makes smaller. So there is no way without an end: whoever does what must be done comes to rest, in whatever
//! order, and what is to hold "in the end" is to hold at rest.

use crate::{
    hospital,
    network::{Infno, Message, Said},
    treatment,
    world::{BILLS, Kind, Step, World},
};

/// More than all that a step can set in motion.
const FAULT: u32 = 10_000;

/// How much can still happen.
pub fn of(world: &World) -> u32 {
    let left = &world.left;
    let faults = [left.losses, left.doublings, left.kills, left.resends, left.suspensions, left.changes];
    let faults: u32 = faults.into_iter().map(|times| FAULT * u32::from(times)).sum();
    let messages: u32 = world.network.all().iter().map(weight).sum();
    let decided = u32::try_from(world.insured.deciding.len()).expect("a few") * 31;
    let recorded = u32::try_from(world.unrecorded.len()).expect("a few");
    let bills: u32 = (0..BILLS).map(|bill| of_bill(world, bill)).sum();
    faults + messages + decided + recorded + bills
}

fn of_bill(world: &World, bill: usize) -> u32 {
    let desk = match world.desks[bill].step {
        Step::Before => 2_000,
        Step::Asking => 1_000,
        Step::Reversing | Step::Cancelling => 0,
    };
    let outbox = match world.treatment[bill].outbox {
        Some(Kind::Settle) => 60,
        Some(Kind::Undo) => 25,
        None => 0,
    };
    let to_ask = if treatment::must_ask_again(world, bill) { 40 } else { 0 };
    let to_take_back = if hospital::must_take_back_again(world, bill) { 300 } else { 0 };
    let waits = if world.treatment[bill].waits { 3 } else { 0 };
    desk + outbox + to_ask + to_take_back + waits
}

fn weight(message: &Message) -> u32 {
    match message {
        Message::Call(_, Infno::Settle) => 200,
        Message::Call(_, Infno::Cancel | Infno::Reverse) => 250,
        Message::Tell(..) | Message::TellUndone(_) => 2,
        Message::Ask(_, Kind::Settle) => 36,
        Message::Pass(_, Kind::Settle) => 34,
        Message::Say(_, Said::Settled(_) | Said::Refused | Said::HubRefused) => 28,
        Message::Reply(_, Said::HubRefused) => 25,
        Message::Reply(_, Said::Settled(_) | Said::Refused) => 24,
        Message::Ask(_, Kind::Undo) => 12,
        Message::Pass(_, Kind::Undo) => 10,
        Message::Say(_, Said::Undone) => 8,
        Message::Reply(_, Said::Undone) => 6,
    }
}

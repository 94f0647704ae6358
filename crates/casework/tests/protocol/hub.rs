//! The hub (`node::routing`): it passes questions on, and writes down what it hears before it passes that on.

use crate::{
    flaws::Flaw,
    insured::benefit,
    network::{Message, Said},
    world::{AtHub, Bill, Fen, Kind, Protocol, World},
};

/// `routing::pass_or_answer`: whoever is suspended starts nothing new; what it has begun is undone all the same.
pub fn pass(protocol: &Protocol, world: &mut World, bill: Bill, kind: Kind) {
    if kind == Kind::Settle && world.suspended {
        return world.network.send(Message::Reply(bill, Said::HubRefused));
    }
    if kind == Kind::Settle && protocol.has(Flaw::HubRecordsTheQuestion) {
        record_settled(world, bill, benefit(bill, world.insured.sums).paid);
    }
    world.network.send(Message::Pass(bill, kind));
}

/// `routing::pass`, once the insured place has answered: the record, then the reply.
pub fn hear(protocol: &Protocol, world: &mut World, bill: Bill, said: Said) {
    match said {
        Said::Settled(amount) if protocol.has(Flaw::HubRepliesBeforeItRecords) => {
            world.unrecorded.push((bill, amount));
        }
        Said::Settled(amount) => record_settled(world, bill, amount),
        Said::Undone => record_undone(protocol, world, bill),
        Said::Refused | Said::HubRefused => {}
    }
    world.network.send(Message::Reply(bill, said));
}

/// `routing::record_settled`: only where no row is.
pub fn record_settled(world: &mut World, bill: Bill, amount: Fen) {
    if world.hub[bill] == AtHub::Unknown {
        world.hub[bill] = AtHub::Standing(amount);
    }
}

/// `routing::record_undone`: a tombstone where no row is.
fn record_undone(protocol: &Protocol, world: &mut World, bill: Bill) {
    world.hub[bill] = match world.hub[bill] {
        AtHub::Standing(amount) => AtHub::Undone(Some(amount)),
        AtHub::Unknown if !protocol.has(Flaw::HubForgetsUndoingsOfWhatItNeverSaw) => AtHub::Undone(None),
        as_it_is => as_it_is,
    };
}

//! The hospital: it asks, asks again, gives up and reverses, or cancels what it was told stands.

use crate::{
    network::{Infno, Message},
    world::{Bill, Desk, Step, Told, World},
};

/// Whether 2601 or 2305 is neither answered nor under way, so that the hospital sends it again.
pub fn must_take_back_again(world: &World, bill: Bill) -> bool {
    let desk = world.desks[bill];
    let is_under_way = |message| matches!(message, Message::Call(of, Infno::Reverse | Infno::Cancel) | Message::TellUndone(of) if of == bill);
    takes_back(desk) && !desk.told_undone && !world.network.any(is_under_way)
}

/// Whether the hospital takes the settlement back.
pub fn takes_back(desk: Desk) -> bool {
    matches!(desk.step, Step::Reversing | Step::Cancelling)
}

/// The transaction with which it takes it back.
pub fn taking_back(desk: Desk) -> Infno {
    if desk.step == Step::Cancelling { Infno::Cancel } else { Infno::Reverse }
}

/// An answer to 2304. That it is reversed is no contradiction where the hospital has taken it back itself.
pub fn hear(world: &mut World, bill: Bill, told: Told) {
    let desk = &mut world.desks[bill];
    let is_reversed = told == Told::Reversed || desk.told == Some(Told::Reversed);
    match desk.told {
        None => desk.told = Some(told),
        Some(first) if first != told && !(is_reversed && takes_back(*desk)) => desk.contradicted = true,
        Some(_) => {}
    }
}

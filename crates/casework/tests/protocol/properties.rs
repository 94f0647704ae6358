//! What must hold in every state, and what must be possible at all.

use crate::{
    hospital,
    world::{AtHub, AtInsured, Bill, Fen, Protocol, Step, Sums, Told, World},
};
use casework::{settlement::Stage, visit};
use stateright::Property;

/// No two different answers under one id.
pub const ONE_ANSWER: &str = "the hospital hears one answer to one message";
/// The insured place commits a settlement at most once.
pub const COMMITTED_ONCE: &str = "the insured place commits a settlement once";
/// The year's sums.
pub const SUMS: &str = "the year's sums are those of what stands";
/// What the hospital was told.
pub const TOLD: &str = "what the hospital was told is written everywhere, and undone only by its own wish";
/// A reversal wins.
pub const TAKEN_BACK: &str = "what the hospital was told is taken back never stands again";
/// The order in which books are written.
pub const ORDER: &str =
    "the treatment place has nothing that the hub has not, nor the hub what the insured place has not";
/// One stay is paid once.
pub const ONE_STAY: &str = "of one stay one settlement stands";
/// The stages of visit and settlement.
pub const VISIT: &str = "the visit follows its settlement";
/// The end.
pub const BOOKS: &str = "at rest, a settlement stands in all three books with the same amounts or in none";
/// Nobody waits for ever.
pub const NOTHING_OPEN: &str = "at rest, nothing is asked for or being undone";

/// All of them.
pub fn all() -> Vec<Property<Protocol>> {
    let of_each = [
        Property::always(ONE_ANSWER, |_, world: &World| world.desks.iter().all(|desk| !desk.contradicted)),
        Property::always(COMMITTED_ONCE, |_, world: &World| {
            world.insured.commits.iter().all(|times| *times <= 1)
        }),
        Property::always(SUMS, |_, world: &World| world.insured.sums == standing_sums(world)),
        Property::always(TOLD, |protocol: &Protocol, world: &World| {
            every(protocol, |bill| told_is_so(world, bill))
        }),
        Property::always(TAKEN_BACK, |protocol: &Protocol, world: &World| {
            every(protocol, |bill| stays_back(world, bill))
        }),
        Property::always(ORDER, |protocol: &Protocol, world: &World| {
            every(protocol, |bill| is_in_order(world, bill))
        }),
        Property::always(ONE_STAY, |protocol: &Protocol, world: &World| {
            !protocol.same_visit || stands_once(world)
        }),
        Property::always(VISIT, |_, world: &World| !world.visits.contains(&visit::Stage::Withdrawn)),
        Property::always(BOOKS, |protocol: &Protocol, world: &World| {
            !world.is_at_rest() || every(protocol, |bill| books_agree(world, bill))
        }),
        Property::always(NOTHING_OPEN, |protocol: &Protocol, world: &World| {
            !world.is_at_rest() || every(protocol, |bill| is_closed(world, bill))
        }),
    ];
    of_each.into_iter().chain(possible()).collect()
}

/// What must be possible: a model in which nothing happens keeps every promise.
fn possible() -> [Property<Protocol>; 4] {
    [
        Property::sometimes("a settlement stands, and the hospital knows", |_, world: &World| {
            let desk = &world.desks[0];
            world.is_at_rest() && desk.step == Step::Asking && matches!(desk.told, Some(Told::Settled(_)))
        }),
        Property::sometimes("a settlement is cancelled", |_, world: &World| {
            world.is_at_rest() && world.desks[0].step == Step::Cancelling && world.desks[0].told_undone
        }),
        Property::sometimes(
            "an undoing comes to the insured place before the question to settle",
            |_, world: &World| world.insured.rows[0] == AtInsured::Undone(None),
        ),
        Property::sometimes(
            "an undoing comes to the hub before the answer that it stands",
            |_, world: &World| {
                world.hub[0] == AtHub::Undone(None)
                    && matches!(world.insured.rows[0], AtInsured::Undone(Some(_)))
            },
        ),
    ]
}

fn every(protocol: &Protocol, holds: impl Fn(Bill) -> bool) -> bool {
    (0..protocol.bills).all(holds)
}

fn standing_sums(world: &World) -> Sums {
    world.insured.rows.iter().fold(Sums::default(), |sums, row| match row {
        AtInsured::Standing(added) => sums.plus(*added),
        AtInsured::Unknown | AtInsured::Undone(_) | AtInsured::Refused => sums,
    })
}

/// What the books say of a settlement: the amount with which it stands or stood.
fn amounts(world: &World, bill: Bill) -> [Option<Fen>; 3] {
    let hub = match world.hub[bill] {
        AtHub::Standing(amount) => Some(amount),
        AtHub::Undone(amount) => amount,
        AtHub::Unknown => None,
    };
    let insured = match world.insured.rows[bill] {
        AtInsured::Standing(added) => Some(added.paid),
        AtInsured::Undone(added) => added.map(|added| added.paid),
        AtInsured::Unknown | AtInsured::Refused => None,
    };
    [world.treatment[bill].amount, hub, insured]
}

fn told_is_so(world: &World, bill: Bill) -> bool {
    let stands = [
        matches!(world.treatment[bill].stage, Some(Stage::Settled)),
        world.standing_at_hub(bill).is_some(),
        world.standing_at_insured(bill).is_some(),
    ];
    match world.desks[bill].told {
        Some(Told::Settled(told)) => {
            let is_said = amounts(world, bill) == [Some(told); 3];
            is_said && (stands == [true; 3] || hospital::takes_back(world.desks[bill]))
        }
        Some(Told::Refused(_)) => !stands[0],
        Some(Told::Reversed) => hospital::takes_back(world.desks[bill]),
        None => true,
    }
}

fn stays_back(world: &World, bill: Bill) -> bool {
    let stage = world.treatment[bill].stage;
    !world.desks[bill].told_undone || !matches!(stage, Some(Stage::Asked | Stage::Settled))
}

/// What is undone at the insured place is undone at the hub next, and then at the treatment place.
fn is_in_order(world: &World, bill: Bill) -> bool {
    let [treatment, hub, insured] = amounts(world, bill);
    (treatment.is_none() || treatment == hub) && (hub.is_none() || hub == insured)
}

fn stands_once(world: &World) -> bool {
    let once = |standing: fn(&World, Bill) -> Option<Fen>| {
        standing(world, 0).is_none() || standing(world, 1).is_none()
    };
    once(World::standing_at_treatment) && once(World::standing_at_hub) && once(World::standing_at_insured)
}

fn books_agree(world: &World, bill: Bill) -> bool {
    let treatment = world.standing_at_treatment(bill);
    treatment == world.standing_at_hub(bill) && treatment == world.standing_at_insured(bill)
}

fn is_closed(world: &World, bill: Bill) -> bool {
    !matches!(world.treatment[bill].stage, Some(Stage::Asked | Stage::Undoing))
}

//! The treatment place (`node::settlement`, `node::hospital::settlement`, `node::work::outbox`): it writes down, asks, asks again, and
//! tells the hospital.

use crate::{
    flaws::Flaw,
    network::{Infno, Message, Said},
    world::{Bill, By, Kind, Message as Row, Protocol, Told, World},
};
use casework::{
    settlement::{self, Effect, Move as Hear, Stage},
    visit::{self, Move},
};

/// The hospital calls.
pub fn answer(protocol: &Protocol, world: &mut World, bill: Bill, infno: Infno) {
    match infno {
        Infno::Settle => settle(protocol, world, bill),
        Infno::Reverse => reverse(protocol, world, bill),
        Infno::Cancel => cancel(protocol, world, bill),
    }
}

/// 2304 (`hospital::settlement::settle_alone`): begun once; a second sending is answered with what became of the first.
fn settle(protocol: &Protocol, world: &mut World, bill: Bill) {
    let row = &mut world.treatment[bill];
    match (row.message, row.stage) {
        (Row::Unknown, _) => begin(protocol, world, bill),
        (Row::Came, Some(Stage::Asked)) => {
            row.waits = true;
            world.network.send(Message::Ask(bill, Kind::Settle));
        }
        (Row::Came | Row::Reversed, _) => finish(world, bill, None),
    }
}

/// `settlement::begin`: message, settlement, visit and outbox row in one commit, before anybody is asked.
fn begin(protocol: &Protocol, world: &mut World, bill: Bill) {
    let visit = protocol.visit(bill);
    world.treatment[bill].message = Row::Came;
    let Some(next) = visit::after(world.visits[visit], Move::Settle) else {
        return finish(world, bill, Some(By::Treatment));
    };
    world.visits[visit] = next;
    let row = &mut world.treatment[bill];
    row.stage = Some(Stage::Asked);
    row.outbox = Some(Kind::Settle);
    row.waits = true;
    world.network.send(Message::Ask(bill, Kind::Settle));
}

/// 2601 (`hospital::settlement::reverse_settlement`): the message is reversed even if it has yet to come (`message::reverse`).
fn reverse(protocol: &Protocol, world: &mut World, bill: Bill) {
    let row = &mut world.treatment[bill];
    if row.message != Row::Unknown || !protocol.has(Flaw::ReversalForgetsWhatHasYetToCome) {
        row.message = Row::Reversed;
    }
    start_undo(protocol, world, bill);
    world.network.send(Message::TellUndone(bill));
}

/// 2305 (`hospital::settlement::give_back`).
fn cancel(protocol: &Protocol, world: &mut World, bill: Bill) {
    start_undo(protocol, world, bill);
    world.network.send(Message::TellUndone(bill));
}

/// `settlement::start_undo`: from here on it will not stand. The insured place is asked at once, and again by the outbox.
fn start_undo(protocol: &Protocol, world: &mut World, bill: Bill) {
    if step(protocol, world, bill, Hear::Undo, Move::Undo) {
        world.treatment[bill].outbox = Some(Kind::Undo);
    }
    if world.treatment[bill].stage == Some(Stage::Undoing) {
        world.network.send(Message::Ask(bill, Kind::Undo));
    }
    if protocol.has(Flaw::TreatmentDoesNotWaitForTheUndoing) {
        step(protocol, world, bill, Hear::HearUndone, Move::BackToDischarged);
    }
}

/// `settlement::hear` and `settlement::ask_undo`: what another node said is written down, and who waits is answered after that.
pub fn hear(protocol: &Protocol, world: &mut World, bill: Bill, said: Said) {
    match said {
        Said::Settled(amount) => {
            if step(protocol, world, bill, Hear::HearSettled, Move::Settled) {
                world.treatment[bill].amount = Some(amount);
            }
            take(world, bill, Kind::Settle);
        }
        Said::Refused => {
            if step(protocol, world, bill, Hear::HearRefused, Move::BackToDischarged) {
                world.treatment[bill].refusal = Some(By::Insured);
            }
            take(world, bill, Kind::Settle);
        }
        Said::HubRefused => give_up(protocol, world, bill),
        Said::Undone => {
            step(protocol, world, bill, Hear::HearUndone, Move::BackToDischarged);
            take(world, bill, Kind::Undo);
            return;
        }
    }
    if world.treatment[bill].waits {
        let by_hub = (said == Said::HubRefused).then_some(By::Hub);
        finish(world, bill, by_hub);
    }
}

/// `settlement::give_up`: the hub would not pass this copy; an earlier one may have passed, so what is asked for is undone.
fn give_up(protocol: &Protocol, world: &mut World, bill: Bill) {
    let row = &mut world.treatment[bill];
    if row.stage == Some(Stage::Settled) && !protocol.has(Flaw::RefusedCopyUndoesWhatStands) {
        return;
    }
    if matches!(row.stage, Some(Stage::Asked | Stage::Settled)) {
        row.refusal = Some(By::Hub);
    }
    start_undo(protocol, world, bill);
}

/// Takes a question out of the outbox (`store::outbox::take`).
fn take(world: &mut World, bill: Bill, kind: Kind) {
    let outbox = &mut world.treatment[bill].outbox;
    *outbox = outbox.filter(|waiting| *waiting != kind);
}

/// Moves a settlement, and its visit with it; whether it changed.
fn step(protocol: &Protocol, world: &mut World, bill: Bill, hear: Hear, with: Move) -> bool {
    let Some(stage) = world.treatment[bill].stage else { return false };
    let is_late_news = hear == Hear::HearSettled && stage == Stage::Undoing;
    let effect = match settlement::after(stage, hear) {
        Effect::Stays if is_late_news && protocol.has(Flaw::LateNewsWinsOverAnUndoing) => {
            Effect::Becomes(Stage::Settled)
        }
        effect => effect,
    };
    let Effect::Becomes(next) = effect else { return false };
    world.treatment[bill].stage = Some(next);
    let visit = &mut world.visits[protocol.visit(bill)];
    // In the program this is an `expect`; here a property finds it.
    *visit = visit::after(*visit, with).unwrap_or(visit::Stage::Withdrawn);
    true
}

/// `hospital::settlement::finish`: the first answer that is kept is what is told. A message that is reversed gets no other.
fn finish(world: &mut World, bill: Bill, refused_now: Option<By>) {
    let row = &mut world.treatment[bill];
    let outcome = match (row.stage, row.refusal.or(refused_now)) {
        (Some(Stage::Asked), _) => return,
        (Some(Stage::Settled), _) => Told::Settled(row.amount.expect("what is settled has an amount")),
        (_, Some(by)) => Told::Refused(by),
        (_, None) => Told::Reversed,
    };
    row.waits = false;
    let told = if row.message == Row::Reversed { Told::Reversed } else { *row.answer.get_or_insert(outcome) };
    world.network.send(Message::Tell(bill, told));
}

/// Whether the outbox asks again (`work::outbox::deliver`): its row is there, and nothing of the question is under way. A copy that
/// is sent although the first is still under way is a doubling.
pub fn must_ask_again(world: &World, bill: Bill) -> bool {
    let Some(kind) = world.treatment[bill].outbox else { return false };
    let is_decided = kind == Kind::Settle && world.insured.deciding.iter().any(|one| one.bill == bill);
    !is_decided && !world.network.any(|message| message.is_about() == Some((bill, kind)))
}

//! What may happen next, in every order.

use crate::{
    flaws::Flaw,
    hospital, hub, insured,
    network::{Infno, Message, Node},
    properties, rank, treatment,
    world::{Bill, Deciding, Protocol, Step as Desk, Told, World},
};
use stateright::{Model, Property};

/// One step. What a node does when it hears something is one: it reads, decides, commits and sends its answer. That it is killed
/// between commit and answer is [`Step::Kill`] before the answer has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The hospital sends 2304, for the first time or again.
    Settle(Bill),
    /// The hospital does not know the outcome and sends 2601.
    Reverse(Bill),
    /// The hospital was told that it stands, and sends 2305.
    Cancel(Bill),
    /// The hospital sends 2601 or 2305 again, since nobody answered.
    TakeBackAgain(Bill),
    /// A message arrives.
    Deliver(Message),
    /// The insured place commits what it has decided.
    Write(Deciding),
    /// The outbox asks again.
    AskAgain(Bill),
    /// A message is lost.
    Lose(Message),
    /// A message is doubled.
    Double(Message),
    /// A node is killed and started again: its memory is gone, and all answers that it gives or waits for.
    Kill(Node),
    /// The hub suspends the treatment place.
    Suspend,
    /// The person's insurance is paused, or resumed.
    ChangeInsurance,
    /// The hub writes down what it has passed on; only with a flaw.
    RecordLate,
}

impl Protocol {
    /// The world after a step.
    pub fn after(&self, before: &World, step: Step) -> World {
        let mut world = before.clone();
        match step {
            Step::Settle(bill) => {
                if world.desks[bill].step == Desk::Asking {
                    world.left.resends -= 1;
                }
                world.desks[bill].step = Desk::Asking;
                world.network.send(Message::Call(bill, Infno::Settle));
            }
            Step::Reverse(bill) => {
                world.desks[bill].step = Desk::Reversing;
                world.network.send(Message::Call(bill, Infno::Reverse));
            }
            Step::Cancel(bill) => {
                world.desks[bill].step = Desk::Cancelling;
                world.network.send(Message::Call(bill, Infno::Cancel));
            }
            Step::TakeBackAgain(bill) => {
                let infno = hospital::taking_back(world.desks[bill]);
                world.network.send(Message::Call(bill, infno));
            }
            Step::Deliver(message) => self.deliver(&mut world, message),
            Step::Write(question) => insured::write(self, &mut world, question),
            Step::AskAgain(bill) => {
                let kind = world.treatment[bill].outbox.expect("its row is there");
                world.network.send(Message::Ask(bill, kind));
            }
            Step::Lose(message) => {
                world.left.losses -= 1;
                world.network.take(message);
            }
            Step::Double(message) => {
                world.left.doublings -= 1;
                world.network.send(message);
            }
            Step::Kill(node) => self.kill(&mut world, node),
            Step::Suspend => {
                world.left.suspensions -= 1;
                world.suspended = true;
            }
            Step::ChangeInsurance => {
                world.left.changes -= 1;
                world.insured.paused = !world.insured.paused;
            }
            Step::RecordLate => {
                let (bill, amount) = world.unrecorded.remove(0);
                hub::record_settled(&mut world, bill, amount);
            }
        }
        world
    }

    fn deliver(&self, world: &mut World, message: Message) {
        world.network.take(message);
        match message {
            Message::Call(bill, infno) => treatment::answer(self, world, bill, infno),
            Message::Tell(bill, told) => hospital::hear(world, bill, told),
            Message::TellUndone(bill) => world.desks[bill].told_undone = true,
            Message::Ask(bill, kind) => hub::pass(self, world, bill, kind),
            Message::Pass(bill, kind) => insured::hear(self, world, bill, kind),
            Message::Say(bill, said) => hub::hear(self, world, bill, said),
            Message::Reply(bill, said) => treatment::hear(self, world, bill, said),
        }
    }

    fn kill(&self, world: &mut World, node: Node) {
        world.left.kills -= 1;
        world.network.lose_with(node);
        match node {
            Node::Treatment => {
                for row in &mut world.treatment {
                    row.waits = false;
                    if self.has(Flaw::OutboxIsInMemory) {
                        row.outbox = None;
                    }
                }
            }
            Node::Hub => world.unrecorded.clear(),
            Node::Insured => world.insured.deciding.clear(),
        }
    }

    fn steps(&self, world: &World, steps: &mut Vec<Step>) {
        for bill in 0..self.bills {
            let desk = &world.desks[bill];
            let unanswered = desk.step == Desk::Asking && desk.told.is_none();
            if desk.step == Desk::Before || (unanswered && world.left.resends > 0) {
                steps.push(Step::Settle(bill));
            }
            if unanswered {
                steps.push(Step::Reverse(bill));
            }
            if desk.step == Desk::Asking && matches!(desk.told, Some(Told::Settled(_))) {
                steps.push(Step::Cancel(bill));
            }
            if hospital::must_take_back_again(world, bill) {
                steps.push(Step::TakeBackAgain(bill));
            }
            if treatment::must_ask_again(world, bill) {
                steps.push(Step::AskAgain(bill));
            }
        }
        for (at, question) in world.insured.deciding.iter().enumerate() {
            if at == 0 || world.insured.deciding[at - 1] != *question {
                steps.push(Step::Write(*question));
            }
        }
        for message in world.network.kinds() {
            steps.push(Step::Deliver(message));
            if world.left.losses > 0 {
                steps.push(Step::Lose(message));
            }
            if world.left.doublings > 0 {
                steps.push(Step::Double(message));
            }
        }
        if world.left.kills > 0 {
            steps.extend([Node::Treatment, Node::Hub, Node::Insured].map(Step::Kill));
        }
        if world.left.suspensions > 0 {
            steps.push(Step::Suspend);
        }
        if world.left.changes > 0 {
            steps.push(Step::ChangeInsurance);
        }
        if !world.unrecorded.is_empty() {
            steps.push(Step::RecordLate);
        }
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        self.steps(world, steps);
    }

    fn next_state(&self, before: &World, step: Step) -> Option<World> {
        let world = self.after(before, step);
        // No way goes on for ever, so each comes to rest.
        assert!(
            self.flaw.is_some() || rank::of(&world) < rank::of(before),
            "{step:?} leads nowhere: {before:?}"
        );
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = properties::all();
        properties.retain(|property| self.only.is_none_or(|only| only == property.name));
        properties
    }
}

//! What is written down where, and what is in memory only.

use crate::{flaws::Flaw, hospital, network::Network};
use casework::{settlement, visit};
use std::hash::{Hash, Hasher};

/// Which of the two bills; each is settled under one id, for one message of the hospital.
pub type Bill = usize;

/// How many bills there is room for.
pub const BILLS: usize = 2;

/// An amount. Small, so that there are few states.
pub type Fen = i8;

/// A model: how much happens in it, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// How many bills there are, all of one person: 1 or 2.
    pub bills: usize,
    /// Both bills are of one stay, so that the second can only be settled when the first no longer is.
    pub same_visit: bool,
    /// The person's insurance is paused at first: the insured place refuses.
    pub paused: bool,
    /// What may go wrong.
    pub faults: Faults,
    /// What is wrong with the protocol; nothing in the one that must hold.
    pub flaw: Option<Flaw>,
    /// The only property that is looked at, so that the first counterexample is the shortest; otherwise all.
    pub only: Option<&'static str>,
}

/// How often each may still happen. With all at zero nothing goes wrong any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    /// A message is lost.
    pub losses: u8,
    /// A message arrives twice; the copy may be late.
    pub doublings: u8,
    /// A node is killed, and started again.
    pub kills: u8,
    /// The hospital sends 2304 again under the same id although the first may still be answered.
    pub resends: u8,
    /// The hub suspends the treatment place.
    pub suspensions: u8,
    /// The insurance is paused, or resumed.
    pub changes: u8,
}

impl Protocol {
    /// One bill.
    pub fn one_bill(faults: Faults) -> Self {
        Self { bills: 1, same_visit: false, paused: false, faults, flaw: None, only: None }
    }

    /// Two bills of one person.
    pub fn two_bills(faults: Faults) -> Self {
        Self { bills: 2, ..Self::one_bill(faults) }
    }

    /// Two attempts to settle one stay.
    pub fn one_stay_twice(faults: Faults) -> Self {
        Self { same_visit: true, ..Self::two_bills(faults) }
    }

    /// A person whose insurance is paused at first.
    pub fn paused(faults: Faults) -> Self {
        Self { paused: true, ..Self::one_bill(faults) }
    }

    /// Whether it is this that is wrong.
    pub fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// The visit of a bill.
    pub fn visit(&self, bill: Bill) -> usize {
        if self.same_visit { 0 } else { bill }
    }
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The hospital's side of each bill.
    pub desks: [Desk; BILLS],
    /// The treatment place: each settlement with its message.
    pub treatment: [Treated; BILLS],
    /// The treatment place: where each visit stands.
    pub visits: [visit::Stage; BILLS],
    /// The hub's record of each settlement.
    pub hub: [AtHub; BILLS],
    /// The insured place.
    pub insured: Insured,
    /// What is under way.
    pub network: Network,
    /// What may still go wrong.
    pub left: Faults,
    /// The hub passes no question to settle any more.
    pub suspended: bool,
    /// The hub, with a flaw only: what it has passed on and not written down yet. In memory.
    pub unrecorded: Vec<(Bill, Fen)>,
}

/// What the hospital has done about a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Desk {
    /// How far it is.
    pub step: Step,
    /// The first answer that it got to 2304.
    pub told: Option<Told>,
    /// It was told that what it takes back is taken back.
    pub told_undone: bool,
    /// It got two different answers to one message.
    pub contradicted: bool,
}

/// How far the hospital is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Step {
    /// It has asked for nothing yet.
    #[default]
    Before,
    /// It asked (2304).
    Asking,
    /// It does not know the outcome, and reverses (2601).
    Reversing,
    /// It was told that the settlement stands, and cancels (2305).
    Cancelling,
}

/// What the hospital is told about 2304.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// It stands, and the funds pay so much.
    Settled(Fen),
    /// It does not, and never will, under this id.
    Refused(By),
    /// The message is reversed.
    Reversed,
}

/// Who refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The treatment place itself: the visit is not to be settled now.
    Treatment,
    /// The hub.
    Hub,
    /// The insured place.
    Insured,
}

/// What the treatment place has of a bill: `store::message`, `store::treatment`, `store::outbox`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Treated {
    /// The hospital's message 2304.
    pub message: Message,
    /// The settlement; none before the message came.
    pub stage: Option<settlement::Stage>,
    /// What the funds pay, once it was settled.
    pub amount: Option<Fen>,
    /// Who refused it, where somebody did.
    pub refusal: Option<By>,
    /// The row in the outbox.
    pub outbox: Option<Kind>,
    /// The answer to 2304 that is kept, with the settlement or with the message.
    pub answer: Option<Told>,
    /// A call of the hospital waits for the outcome. In memory.
    pub waits: bool,
}

/// The row of a message (`store::message`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Message {
    /// It never came.
    #[default]
    Unknown,
    /// It came (`UnderWay`, `Answered`).
    Came,
    /// It is reversed, before it came or since.
    Reversed,
}

/// The two questions that write (`node::settlement::SETTLE`, `UNDO`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Settle.
    Settle,
    /// Undo.
    Undo,
}

/// The hub's row (`store::hub::Stage`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum AtHub {
    /// It knows nothing of it.
    #[default]
    Unknown,
    /// `Standing`.
    Standing(Fen),
    /// `Undone`; no amount where it never saw it stand.
    Undone(Option<Fen>),
}

/// The insured place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Insured {
    /// Its row of each settlement.
    pub rows: [AtInsured; BILLS],
    /// How often each was committed: nothing in the program, but what must not be more than one.
    pub commits: [u8; BILLS],
    /// The person's year (`year_to_date`).
    pub sums: Sums,
    /// The insurance is paused.
    pub paused: bool,
    /// Questions that are being decided. In memory.
    pub deciding: Vec<Deciding>,
}

/// The insured place's row (`store::insured::Stage`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum AtInsured {
    /// It knows nothing of it.
    #[default]
    Unknown,
    /// `Standing`, with what it added to the year.
    Standing(Sums),
    /// `Undone`; a tombstone where it never stood.
    Undone(Option<Sums>),
    /// `Refused`.
    Refused,
}

/// The sums of a person's year, or what a settlement adds to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sums {
    /// Of bills.
    pub total: Fen,
    /// Paid by the funds.
    pub paid: Fen,
}

impl Sums {
    /// With more.
    pub fn plus(self, more: Self) -> Self {
        Self { total: self.total + more.total, paid: self.paid + more.paid }
    }

    /// With less.
    pub fn minus(self, less: Self) -> Self {
        Self { total: self.total - less.total, paid: self.paid - less.paid }
    }
}

/// A question to settle between reading and writing (`insured::settle_together`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deciding {
    /// The bill.
    pub bill: Bill,
    /// The sums as they were read.
    pub read: Sums,
    /// Whether the insurance was paused then.
    pub paused: bool,
    /// The sums have changed since: another revision of them is there.
    pub stale: bool,
}

impl Hash for World {
    /// As derived, but gathered first: the checker's hasher takes one text far more quickly than a hundred numbers.
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self { desks, treatment, visits, hub, insured, network, left, suspended, unrecorded } = self;
        let mut gathered = Gathered(Vec::with_capacity(128));
        (desks, treatment, visits, hub, insured, network, left, suspended, unrecorded).hash(&mut gathered);
        hasher.write(&gathered.0);
    }
}

/// What is hashed, a byte for each number: there is none above 255 in a world.
struct Gathered(Vec<u8>);

impl Hasher for Gathered {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn write_u8(&mut self, number: u8) {
        self.0.push(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.0.push(u8::try_from(number).expect("small"));
    }

    fn write_isize(&mut self, number: isize) {
        self.0.push(u8::try_from(number).expect("small"));
    }

    fn finish(&self) -> u64 {
        unreachable!("it only gathers")
    }
}

impl World {
    /// Before anything has happened.
    pub fn new(protocol: &Protocol) -> Self {
        Self {
            desks: [Desk::default(); BILLS],
            treatment: [Treated::default(); BILLS],
            visits: [visit::Stage::Discharged; BILLS],
            hub: [AtHub::default(); BILLS],
            insured: Insured {
                rows: [AtInsured::default(); BILLS],
                commits: [0; BILLS],
                sums: Sums::default(),
                paused: protocol.paused,
                deciding: Vec::new(),
            },
            network: Network::default(),
            left: protocol.faults,
            suspended: false,
            unrecorded: Vec::new(),
        }
    }

    /// Nothing happens any more unless the hospital begins something or something goes wrong.
    pub fn is_at_rest(&self) -> bool {
        self.network.is_empty()
            && !(0..BILLS).any(|bill| hospital::must_take_back_again(self, bill))
            && self.insured.deciding.is_empty()
            && self.unrecorded.is_empty()
            && self.treatment.iter().all(|one| one.outbox.is_none())
    }

    /// What stands of a bill in the treatment place's book: what is being undone stands until that is confirmed.
    pub fn standing_at_treatment(&self, bill: Bill) -> Option<Fen> {
        use settlement::Stage::{Settled, Undoing};
        let treated = &self.treatment[bill];
        matches!(treated.stage, Some(Settled | Undoing)).then_some(treated.amount).flatten()
    }

    /// What stands of it in the hub's.
    pub fn standing_at_hub(&self, bill: Bill) -> Option<Fen> {
        match self.hub[bill] {
            AtHub::Standing(amount) => Some(amount),
            AtHub::Unknown | AtHub::Undone(_) => None,
        }
    }

    /// What stands of it in the insured place's.
    pub fn standing_at_insured(&self, bill: Bill) -> Option<Fen> {
        match self.insured.rows[bill] {
            AtInsured::Standing(added) => Some(added.paid),
            AtInsured::Unknown | AtInsured::Undone(_) | AtInsured::Refused => None,
        }
    }
}

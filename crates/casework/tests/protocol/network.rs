//! What is under way: a bag of messages, in no order.

use crate::world::{Bill, Fen, Kind, Told};

/// A message. Each says what it is about, so that a copy is as good as the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    /// Hospital to treatment place.
    Call(Bill, Infno),
    /// Treatment place to hospital: the answer to 2304.
    Tell(Bill, Told),
    /// Treatment place to hospital: 2601 or 2305 is done.
    TellUndone(Bill),
    /// Treatment place to hub.
    Ask(Bill, Kind),
    /// Hub to insured place.
    Pass(Bill, Kind),
    /// Insured place to hub.
    Say(Bill, Said),
    /// Hub to treatment place.
    Reply(Bill, Said),
}

/// A transaction of the hospital.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Infno {
    /// 2304 住院结算.
    Settle,
    /// 2305 住院结算撤销.
    Cancel,
    /// 2601 冲正.
    Reverse,
}

/// What another node says to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// `Answer::Settled`.
    Settled(Fen),
    /// The insured place refuses (`NoAnswer::Refused`).
    Refused,
    /// The hub would not pass it (`NoAnswer::HubRefused`).
    HubRefused,
    /// `Answer::Undone`.
    Undone,
}

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// The treatment place.
    Treatment,
    /// The hub.
    Hub,
    /// The insured place.
    Insured,
}

impl Message {
    /// The question between nodes that this is, or answers.
    pub fn is_about(self) -> Option<(Bill, Kind)> {
        match self {
            Self::Ask(bill, kind) | Self::Pass(bill, kind) => Some((bill, kind)),
            Self::Say(bill, Said::Undone) | Self::Reply(bill, Said::Undone) => Some((bill, Kind::Undo)),
            Self::Say(bill, _) | Self::Reply(bill, _) => Some((bill, Kind::Settle)),
            Self::Call(..) | Self::Tell(..) | Self::TellUndone(_) => None,
        }
    }

    /// It is an answer that goes to or comes from this node: with the node its connections die.
    pub fn dies_with(self, node: Node) -> bool {
        match self {
            Self::Tell(..) | Self::TellUndone(_) => node == Node::Treatment,
            Self::Say(..) => matches!(node, Node::Insured | Node::Hub),
            Self::Reply(..) => matches!(node, Node::Hub | Node::Treatment),
            Self::Call(..) | Self::Ask(..) | Self::Pass(..) => false,
        }
    }
}

/// A bag of messages, sorted, so that two bags of the same are the same state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Network(Vec<Message>);

impl Network {
    /// Sends one.
    pub fn send(&mut self, message: Message) {
        let at = self.0.partition_point(|other| *other < message);
        self.0.insert(at, message);
    }

    /// Takes one out.
    pub fn take(&mut self, message: Message) {
        let at = self.0.iter().position(|other| *other == message).expect("it is under way");
        self.0.remove(at);
    }

    /// Takes out all that die with a node.
    pub fn lose_with(&mut self, node: Node) {
        self.0.retain(|message| !message.dies_with(node));
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is under way, copies too.
    pub fn all(&self) -> &[Message] {
        &self.0
    }

    /// Each once.
    pub fn kinds(&self) -> impl Iterator<Item = Message> {
        let all = &self.0;
        let is_first = |at: usize| at == 0 || all[at - 1] != all[at];
        (0..all.len()).filter(move |at| is_first(*at)).map(|at| all[at])
    }

    /// Whether any is like this.
    pub fn any(&self, like: impl Fn(Message) -> bool) -> bool {
        self.0.iter().any(|message| like(*message))
    }
}

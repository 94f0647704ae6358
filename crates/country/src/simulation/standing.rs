//! Provinces that are suspended for a while, and what may not be seen on the lines meanwhile: the hub passes nothing new on from or to
//! one that is suspended, and still passes on what was begun.

use super::land::{Land, held};
use std::sync::{Arc, Weak};
use terms::Participant;
use wire::peer::{Envelope, v1::Question};

/// Why provinces are suspended, as hospitals are told.
pub const REASON: &str = "未按期划拨清算资金";

/// How long the clerk waits until the decision is entered once more, in milliseconds.
const AGAIN: i64 = 2_000;

/// Where the decisions of the hub's clerk are.
#[derive(Debug, Default)]
pub struct Decisions {
    /// What is to be entered, until it is: who, and whether to suspend or to let settle again.
    wanted: Vec<(Participant, bool)>,
    /// Who is suspended for certain.
    suspended: Vec<Participant>,
    /// An entry that is under way.
    under_way: Weak<()>,
}

impl Land {
    /// The hub's clerk suspends a province, or lets it settle again, trying until the hub has done it.
    pub fn decide(self: &Arc<Self>, who: Participant, suspends: bool) {
        let verb = if suspends { "suspend" } else { "let settle again" };
        self.course.tell(&format!("the hub is to {verb} {}", self.node_name(who)));
        {
            let mut decisions = held(&self.decisions);
            decisions.wanted.retain(|(one, _)| *one != who);
            decisions.wanted.push((who, suspends));
            decisions.suspended.retain(|one| *one != who);
        }
        self.enter_decision(who, suspends);
    }

    fn enter_decision(self: &Arc<Self>, who: Participant, suspends: bool) {
        let mark = Arc::new(());
        {
            let mut decisions = held(&self.decisions);
            if !decisions.wanted.contains(&(who, suspends)) {
                return;
            }
            if decisions.under_way.upgrade().is_none() {
                decisions.under_way = Arc::downgrade(&mark);
            }
        }
        let is_first = Arc::weak_count(&mark) == 1;
        if let Some(hub) = self.hub().filter(|_| is_first) {
            let there = Arc::clone(self);
            self.course.spawn(Some(Participant::Hub), async move {
                if hub.suspend(who, suspends.then(|| REASON.to_owned())).await.is_ok() {
                    there.entered(who, suspends);
                }
                drop(mark);
            });
        }
        let there = Arc::clone(self);
        self.course.after(AGAIN, move || there.enter_decision(who, suspends));
    }

    fn entered(&self, who: Participant, suspends: bool) {
        let mut decisions = held(&self.decisions);
        if !decisions.wanted.contains(&(who, suspends)) {
            return;
        }
        decisions.wanted.retain(|(one, _)| *one != who);
        if suspends {
            decisions.suspended.push(who);
        }
        drop(decisions);
        let stands = if suspends { "is suspended" } else { "settles again" };
        self.course.tell(&format!("{} {stands}", self.node_name(who)));
    }

    /// Whether every decision is entered.
    pub fn is_decided(&self) -> bool {
        held(&self.decisions).wanted.is_empty()
    }

    /// Looks at a question that the hub passes on.
    pub fn see_passed(&self, envelope: &Envelope) {
        let Ok(question) = envelope.open::<Question>() else { return };
        let suspended = held(&self.decisions).suspended.clone();
        let of_suspended = [envelope.from, envelope.to].into_iter().find(|one| suspended.contains(one));
        if let Some(suspended) = of_suspended.filter(|_| starts(&question)) {
            let name = self.node_name(suspended);
            self.object(format!("the hub passes on a question of or to {name}, which is suspended"));
        }
    }

    /// Looks at a question that the hub would not pass on because somebody is suspended.
    pub fn see_stopped(&self, envelope: &Envelope) {
        if envelope.open::<Question>().is_ok_and(|question| !starts(&question)) {
            let name = self.node_name(envelope.from);
            self.object(format!("the hub does not pass on what {name} began before somebody was suspended"));
        }
    }
}

/// Whether a question begins something new. What was begun can be looked up and undone all the same.
fn starts(question: &Question) -> bool {
    matches!(
        question,
        Question::FindPerson(_) | Question::Trial(_) | Question::Settle(_) | Question::Register(_)
    )
}

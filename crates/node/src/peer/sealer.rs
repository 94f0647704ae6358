//! Where envelopes wait to be signed: those that wait together get one signature.
//!
//! A signature costs whoever makes it and whoever checks it as much as all else that is done for a message. Few messages are signed at
//! once. While many come, signatures keep a pace: each waits a little for more to share it, which nobody notices who waits behind many.

use sign::{
    sm2::PrivateKey,
    tree::{Leaf, sign_all},
};
use std::time::Duration;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use wire::peer::Envelope;

/// The most that are signed together.
const TOGETHER_MAX: usize = 256;

/// With so many at once, the next are waited for: they come in groups, since what they tell was written together.
const BUSY: usize = 2;
/// Who is waited for comes within so long of the one before …
const LINGER: Duration = Duration::from_millis(1);
/// … and nobody waits for more than so many of these.
const LINGERS_MAX: usize = 4;

/// Where so many are signed within this time, signatures keep a pace …
const MANY: usize = 20;
const SPAN: Duration = Duration::from_millis(100);
/// … which is one in so long.
const PACE: Duration = Duration::from_millis(20);

/// How many were signed lately.
#[derive(Debug, Default)]
struct Lately {
    /// Since when they are counted.
    since: Option<Instant>,
    /// So many since then.
    count: usize,
    /// So many in the span before.
    before: usize,
    /// When the last signature was made.
    signed: Option<Instant>,
}

impl Lately {
    /// So many got a signature.
    fn signed(&mut self, count: usize, now: Instant) {
        self.turn(now);
        self.count += count;
        self.signed = Some(now);
    }

    /// Until when the next signature waits for more to share it; `None` while few come.
    fn waits_until(&mut self, now: Instant) -> Option<Instant> {
        self.turn(now);
        let many = self.count.max(self.before) >= MANY;
        self.signed.filter(|_| many).map(|signed| signed + PACE)
    }

    fn turn(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since);
        if passed >= SPAN {
            self.before = if passed < SPAN * 2 { self.count } else { 0 };
            self.count = 0;
            self.since = Some(now);
        }
    }
}

/// What is to be signed, and who waits for its signature.
type Waiting = (Leaf, oneshot::Sender<String>);

/// The node's signer.
pub struct Sealer(mpsc::UnboundedSender<Waiting>);

impl Sealer {
    /// Starts a signer with this key on this runtime; it ends with its handle.
    pub fn start(key: PrivateKey) -> Self {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            let mut lately = Lately::default();
            while receiver.recv_many(&mut waiting, TOGETHER_MAX).await > 0 {
                if let Some(until) = lately.waits_until(Instant::now()) {
                    tokio::time::sleep_until(until).await;
                    take_in(&mut receiver, &mut waiting);
                } else if waiting.len() >= BUSY {
                    linger(&mut receiver, &mut waiting).await;
                }
                let count = waiting.len();
                let (leaves, answers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
                for (answer, signature) in answers.into_iter().zip(sign_all(&key, &leaves)) {
                    // Whoever stopped waiting needs no signature.
                    let _ = answer.send(signature);
                }
                lately.signed(count, Instant::now());
            }
        });
        Self(sender)
    }

    /// Signs an envelope, together with whatever else waits.
    pub async fn seal(&self, mut envelope: Envelope) -> Envelope {
        let (answer, signature) = oneshot::channel();
        self.0.send((*envelope.leaf(), answer)).expect("the signer lives as long as its handle");
        envelope.signature = signature.await.expect("the signer answers all");
        envelope
    }
}

/// Takes in those who come while more keep coming.
async fn linger(receiver: &mut mpsc::UnboundedReceiver<Waiting>, waiting: &mut Vec<Waiting>) {
    for _ in 0..LINGERS_MAX {
        let before = waiting.len();
        tokio::time::sleep(LINGER).await;
        take_in(receiver, waiting);
        if waiting.len() == before || waiting.len() == TOGETHER_MAX {
            return;
        }
    }
}

/// Takes in those who have come.
fn take_in(receiver: &mut mpsc::UnboundedReceiver<Waiting>, waiting: &mut Vec<Waiting>) {
    while waiting.len() < TOGETHER_MAX
        && let Ok(more) = receiver.try_recv()
    {
        waiting.push(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sign::tree::Verifier;
    use std::collections::HashSet;

    /// So many at this millisecond, and after how many more the next would be signed that comes then.
    #[test]
    fn signatures_keep_a_pace_while_many_come() {
        let begin = Instant::now();
        let mut lately = Lately::default();
        for (at, count, waits) in [
            (0, 1, None),
            (12, 1, None), // one after the other, as a single till asks
            (24, 1, None),
            (30, 17, Some(20)), // twenty within a tenth of a second
            (50, 9, Some(20)),
            (140, 3, Some(20)), // many in the span before
            (250, 3, None),     // few in this one, and in the one before
            (260, 20, Some(20)),
            (900, 1, None), // nothing for a while
        ] {
            let now = begin + Duration::from_millis(at);
            lately.signed(count, now);
            let until = waits.map(|millis| now + Duration::from_millis(millis));
            assert_eq!(lately.waits_until(now), until, "{count} at {at} ms");
        }
    }

    #[tokio::test]
    async fn whoever_comes_meanwhile_shares_a_signature_and_each_fits() {
        let key = PrivateKey::from_bytes(&[7; 32]).unwrap();
        let verifier = Verifier::new(key.public());
        let (sealer, leaf) = (Sealer::start(key), |number: usize| Leaf::of(&number.to_be_bytes()));
        for round in 0..3 {
            let answers: Vec<_> = (0..30)
                .map(|number| {
                    let (answer, signature) = oneshot::channel();
                    sealer.0.send((leaf(round * 30 + number), answer)).unwrap();
                    signature
                })
                .collect();
            let mut of_round = HashSet::new();
            for (number, signature) in answers.into_iter().enumerate() {
                let signature = signature.await.unwrap();
                assert!(verifier.verify(&leaf(round * 30 + number), &signature).is_ok());
                of_round.insert(signature.split('.').next().unwrap().to_owned());
            }
            assert_eq!(of_round.len(), 1, "round {round}");
        }
    }
}

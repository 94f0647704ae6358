//! Where envelopes wait to be signed: those that wait together get one signature.

use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use wire::{
    peer::Envelope,
    sign::{
        sm2::PrivateKey,
        tree::{Leaf, sign_all},
    },
};

/// The most that are signed together.
const TOGETHER_MAX: usize = 256;

/// With so many at once, or so many the last time, the next are waited for: they come in groups, since what they tell was written together.
const BUSY: usize = 2;
const MANY: usize = 6;
/// Who is waited for comes within so long of the one before …
const LINGER: Duration = Duration::from_millis(1);
/// … and nobody waits for more than so many of these.
const LINGERS_MAX: usize = 4;

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
            let mut last = 0;
            while receiver.recv_many(&mut waiting, TOGETHER_MAX).await > 0 {
                if waiting.len() >= BUSY || last >= MANY {
                    linger(&mut receiver, &mut waiting).await;
                }
                last = waiting.len();
                let (leaves, answers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
                for (answer, signature) in answers.into_iter().zip(sign_all(&key, &leaves)) {
                    // Whoever stopped waiting needs no signature.
                    let _ = answer.send(signature);
                }
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
        while waiting.len() < TOGETHER_MAX
            && let Ok(more) = receiver.try_recv()
        {
            waiting.push(more);
        }
        if waiting.len() == before || waiting.len() == TOGETHER_MAX {
            return;
        }
    }
}

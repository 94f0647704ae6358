//! Where envelopes wait to be signed: those that wait together get one signature.

use tokio::sync::{mpsc, oneshot};
use wire::{
    peer::Envelope,
    sign::{sm2::PrivateKey, tree::sign_all},
};

/// The most that are signed together.
const TOGETHER_MAX: usize = 256;

/// The node's signer.
pub struct Sealer(mpsc::UnboundedSender<(Vec<u8>, oneshot::Sender<String>)>);

impl Sealer {
    /// Starts a signer with this key on this runtime; it ends with its handle.
    pub fn start(key: PrivateKey) -> Self {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            while receiver.recv_many(&mut waiting, TOGETHER_MAX).await > 0 {
                let (texts, answers): (Vec<Vec<u8>>, Vec<oneshot::Sender<String>>) =
                    waiting.drain(..).unzip();
                for (answer, signature) in answers.into_iter().zip(sign_all(&key, &texts)) {
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
        let text = envelope.signed_text().into_bytes();
        self.0.send((text, answer)).expect("the signer lives as long as its handle");
        envelope.signature = signature.await.expect("the signer answers all");
        envelope
    }
}

//! Messages between nodes, and those of an outside core system: the envelope, every question, every answer.
#![no_main]

use fuzz::json;
use libfuzzer_sys::fuzz_target;
use sign::{sm2::PrivateKey, tree::Verifier};
use std::sync::LazyLock;
use terms::{Moment, Participant};
use wire::{
    adapter,
    peer::{
        Envelope,
        v1::{Question, Reply},
    },
};

static WRITER: LazyLock<Verifier> =
    LazyLock::new(|| Verifier::new(PrivateKey::from_bytes(&[1; 32]).expect("a key").public()));

fuzz_target!(|data: &[u8]| {
    if let Ok(envelope) = Envelope::read(data) {
        assert_eq!(envelope.write(), data);
        let now: Moment = "2026-11-22 09:00:00".parse().expect("a moment");
        assert!(envelope.check_answers(&envelope).is_err() || envelope.reply_to == Some(envelope.id));
        let _ = envelope.check_question(Participant::Hub, &WRITER, now);
        // At the time that it says itself, so that the signature is looked at.
        let _ = envelope.check_writer(&WRITER, envelope.sent_at);
        said(envelope.body().as_bytes());
    }
    said(data);
});

fn said(body: &[u8]) {
    if let Some(question) = json::<Question>(body) {
        let _ = question.addressee();
        let written = serde_json::to_value(&question).expect("what was read can be written");
        assert_eq!(written["kind"], question.kind());
    }
    if let Some(reply) = json::<Reply>(body) {
        let _ = reply.into_outcome().map_err(|refusal| refusal.message());
    }
    json::<adapter::v1::Asked>(body);
    json::<adapter::v1::Answer>(body);
}

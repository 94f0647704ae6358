//! What a node and an outside core system (外部核心系统) say to each other about a scheme whose benefit that system computes, such
//! as 新农合: one HTTP POST of a question, answered by one answer, both JSON and both under a key that the two share.
//!
//! The question carries its time and an HMAC-SM3 over time and body in the header [`SIGNATURE`]; the answer one over the
//! question's signature and its own body, so that no answer can stand for another question's. `docs/ADAPTER.md` says how to
//! write such a system, and `yidi adapter check` asks one whether it keeps to it.
//!
//! A change that an older system cannot read is a new version beside [`v1`].

pub mod v1;

use sign::{
    GatewayRefusal,
    ca_hmac_sm3::{self, Headers},
};
use terms::Moment;

/// The HTTP header of a signature: milliseconds since 1970, a colon, 64 hexadecimal digits.
pub const SIGNATURE: &str = "x-yidi-adapter-signature";

/// The largest question or answer, in bytes.
pub const BYTES_MAX: usize = 1 << 20;

/// The way of signing asks for a name of who signs; there is one partner a key.
const PARTNER: Option<&str> = Some("adapter");

/// The signature of a question.
pub fn sign_question(key: &str, body: &[u8], now: Moment) -> String {
    ca_hmac_sm3::sign(key, &now.millis().to_string(), body)
}

/// Checks the signature of a question, and gives it back as it is written properly: it is part of what the answer signs.
pub fn check_question(
    key: &str,
    signature: Option<&str>,
    body: &[u8],
    now: Moment,
) -> Result<String, GatewayRefusal> {
    ca_hmac_sm3::verify(&Headers { key: PARTNER, signature }, body, Some(key), now)
}

/// The signature of the answer to a question of this signature.
pub fn sign_answer(key: &str, question: &str, body: &[u8], now: Moment) -> String {
    ca_hmac_sm3::sign(key, &now.millis().to_string(), &bound(question, body))
}

/// Checks that an answer is the partner's, to the question of this signature.
pub fn check_answer(
    key: &str,
    question: &str,
    signature: Option<&str>,
    body: &[u8],
    now: Moment,
) -> Result<(), GatewayRefusal> {
    ca_hmac_sm3::verify(&Headers { key: PARTNER, signature }, &bound(question, body), Some(key), now)
        .map(drop)
}

fn bound(question: &str, body: &[u8]) -> Vec<u8> {
    [question.as_bytes(), b"\n", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_stands_for_its_question_only() {
        let now: Moment = "2026-11-21 10:00:00".parse().unwrap();
        let asked = sign_question("密钥", b"question", now);
        assert_eq!(check_question("密钥", Some(&asked), b"question", now).as_ref(), Ok(&asked));
        let refused =
            |key, signature, body: &[u8], now| check_question(key, signature, body, now).unwrap_err();
        assert_eq!(refused("其他", Some(&asked), b"question", now), GatewayRefusal::SignatureDiffers);
        assert_eq!(refused("密钥", Some(&asked), b"other", now), GatewayRefusal::SignatureDiffers);
        assert_eq!(refused("密钥", None, b"question", now), GatewayRefusal::HeaderMissing);
        let late = now.plus_millis(ca_hmac_sm3::WINDOW_MILLIS + 1);
        assert_eq!(refused("密钥", Some(&asked), b"question", late), GatewayRefusal::TimestampExpired);

        let answered = sign_answer("密钥", &asked, b"answer", now);
        assert_eq!(check_answer("密钥", &asked, Some(&answered), b"answer", now), Ok(()));
        let other = sign_question("密钥", b"another question", now);
        for (question, body) in [(&other, &b"answer"[..]), (&asked, b"another answer")] {
            let wrong = check_answer("密钥", question, Some(&answered), body, now);
            assert_eq!(wrong, Err(GatewayRefusal::SignatureDiffers));
        }
    }
}

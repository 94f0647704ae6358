//! What is kept of the secrets of identity media: hashes (HMAC-SM3), by which they are known again and out of which nobody
//! gets them back.
//!
//! Each secret is random and long (a voucher's code 73 bits, a card's cipher and a token 128), so that none can be found by
//! trying; the key of a hash says what it is of, so that equal secrets of two cards or institutions do not look equal.

use casework::medium::{CardIdentification, VoucherCode};
use hmac::{Hmac, KeyInit, Mac};
use sm3::Sm3;
use terms::InstitutionCode;

/// What is kept of a voucher's code.
pub fn voucher_hash(code: &VoucherCode) -> [u8; 32] {
    hash("yidi-voucher-v1", code.reveal())
}

/// What is kept of a card's cipher.
pub fn cipher_hash(identification: &CardIdentification, cipher: &str) -> [u8; 32] {
    hash(&format!("yidi-card-v1\n{}", identification.reveal()), &cipher.trim().to_ascii_lowercase())
}

/// What is kept of an institution's token.
pub fn token_hash(institution: &InstitutionCode, token: &str) -> [u8; 32] {
    hash(&format!("yidi-token-v1\n{institution}"), token.trim())
}

/// What is kept of the key of a complaint (查询码), by which whoever made it follows it. It is short and random; who tries keys is slowed
/// down by the limits of the portal.
pub fn complaint_key_hash(number: &str, key: &str) -> [u8; 32] {
    hash(&format!("yidi-complaint-v1\n{number}"), &key.trim().to_ascii_uppercase())
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    super::same(one, other)
}

fn hash(key: &str, secret: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sm3>::new_from_slice(key.as_bytes()).expect("a key of any length will do");
    mac.update(secret.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_one_secret_of_one_holder() {
        let cards = ["420100AAAAAAAAAAAAAAAAAAAAAAAAAA", "420100AAAAAAAAAAAAAAAAAAAAAAAAAB"];
        let [one, other] = cards.map(|card| card.parse().unwrap());
        let institutions = ["H42010600001", "H42010600002"].map(|code| code.parse().unwrap());
        let code = "4201000000000000000000000001".parse().unwrap();
        let hashes = [
            voucher_hash(&code),
            cipher_hash(&one, "0a"),
            cipher_hash(&one, "0b"),
            cipher_hash(&other, "0a"),
            token_hash(&institutions[0], code.reveal()),
            token_hash(&institutions[1], code.reveal()),
        ];
        for (at, hash) in hashes.iter().enumerate() {
            assert!(hashes[..at].iter().all(|before| !is_same(before, hash)), "{at}");
        }
        assert!(
            is_same(&cipher_hash(&one, " 0A"), &cipher_hash(&one, "0a")),
            "clients write digits in any case"
        );
    }
}

//! The code (校验码) that a node gives a document it issues: HMAC-SM3 under a key that only this node can derive, so that nobody can
//! think of a number and a code that fit. Short enough to be read out: twelve letters and digits, sixty bits.
//!
//! It proves something to the node alone: whoever holds a paper asks the node.

use super::{
    same,
    sm2::{PrivateKey, hex_of},
};
use hmac::{Hmac, KeyInit, Mac};
use sm3::{Digest, Sm3};

/// What the derived key is for; another use would derive another.
const PURPOSE: &[u8] = b"yidi-document-v1";
/// Letters and digits without those that are taken for one another.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 12;

/// The hash of a document's content: SM3, 64 hexadecimal digits.
pub fn content_hash(content: &str) -> String {
    hex_of(&Sm3::digest(content.as_bytes()))
}

/// The code of a document of this number and content.
pub fn code(key: &PrivateKey, number: &str, content_hash: &str) -> String {
    let mut derived = hmac(&key.shared_secret(&key.public()));
    derived.update(PURPOSE);
    let mut mac = hmac(&derived.finalize().into_bytes());
    for part in [number, "\n", content_hash] {
        mac.update(part.as_bytes());
    }
    let tag = mac.finalize().into_bytes();
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    tag.iter().take(LENGTH).map(letter).collect()
}

/// Whether a code that somebody shows is this one: small letters and hyphens do not matter, and how long it takes does not tell
/// where they differ.
pub fn fits(shown: &str, code: &str) -> bool {
    if shown.len() > 4 * LENGTH {
        return false;
    }
    let plain: String = shown.chars().filter(|one| *one != '-' && *one != ' ').collect();
    same(plain.to_ascii_uppercase().as_bytes(), code.as_bytes())
}

fn hmac(key: &[u8]) -> Hmac<Sm3> {
    Hmac::new_from_slice(key).expect("a key of any length will do")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PrivateKey {
        PrivateKey::from_hex(&format!("{byte:02x}").repeat(32)).unwrap()
    }

    #[test]
    fn a_code_is_of_one_node_number_and_content() {
        let hash = content_hash("{}");
        let own = code(&key(1), "FK-1", &hash);
        assert_eq!(own.len(), LENGTH);
        assert_eq!(own, code(&key(1), "FK-1", &hash), "and always the same");
        for other in [
            code(&key(2), "FK-1", &hash),
            code(&key(1), "FK-2", &hash),
            code(&key(1), "FK-1", &content_hash("{} ")),
        ] {
            assert_ne!(own, other);
        }
        let spoken = format!("{}-{}", own[..4].to_ascii_lowercase(), &own[4..]);
        assert!(fits(&own, &own) && fits(&spoken, &own));
        for wrong in ["", &own[1..], &format!("{own}A"), &"A".repeat(1_000), "编号"] {
            assert!(!fits(wrong, &own), "{wrong}");
        }
    }
}

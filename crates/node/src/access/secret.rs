//! What is secret about accounts: hashes of passwords, tokens of cookies, one-time codes.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use casework::access::one_time_code;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sign::sm2::{bytes_of, hex_of};
use std::hint::black_box;
use terms::IdSource;

/// The memory that one hash of a password takes, in KiB …
const MEMORY_KIB: u32 = 19_456;
/// … how often it goes over it …
const PASSES: u32 = 2;
/// … and on how many lanes. The least that OWASP's cheat sheet of password storage recommends for Argon2id.
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
/// The most memory of a hash that is kept: what is kept is read with its own parameters, so that they can be raised.
const MEMORY_KIB_MAX: u32 = 1 << 20;

/// Random bytes, eight for each number that the source gives.
pub fn random<const N: usize>(ids: &dyn IdSource) -> [u8; N] {
    let mut bytes = [0; N];
    for part in bytes.chunks_mut(8) {
        part.copy_from_slice(&ids.serial().to_be_bytes()[..part.len()]);
    }
    bytes
}

/// SHA-256 over parts, each with its length.
pub fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).expect("a length").to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Whether two are the same, in a time that does not tell where they differ.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |sum, (one, other)| black_box(sum | (one ^ other)));
    one.len() == other.len() && differences == 0
}

/// The Argon2id hash of a password as it is kept: a PHC string. It takes its time and memory: see [`super::Access::check`].
pub fn hash_password(password: &str, salt: [u8; SALT_BYTES]) -> String {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).expect("parameters within bounds");
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), &salt, &mut hash)
        .expect("lengths within bounds");
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

/// Whether this is the password whose hash is kept. What cannot be read is nobody's password.
pub fn is_password(password: &str, kept: &str) -> bool {
    let checked = || {
        let mut parts = kept.split('$');
        let ("", "argon2id", "v=19") = (parts.next()?, parts.next()?, parts.next()?) else { return None };
        let mut figures = parts.next()?.split(',');
        let mut figure = |name: &str| figures.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let (memory, passes, lanes) = (figure("m=")?, figure("t=")?, figure("p=")?);
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        if memory > MEMORY_KIB_MAX || hash.len() != HASH_BYTES {
            return None;
        }
        let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).ok()?;
        let mut found = [0; HASH_BYTES];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(password.as_bytes(), &salt, &mut found)
            .ok()?;
        Some(is_same(&found, &hash))
    };
    checked().unwrap_or(false)
}

/// A password that nobody has chosen: sixteen characters that are not taken for one another.
pub fn initial_password(ids: &dyn IdSource) -> String {
    const CHARACTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    random::<16>(ids).iter().map(|byte| char::from(CHARACTERS[usize::from(byte % 32)])).collect()
}

/// What a cookie says, and the hash under which its session is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// A new one.
    pub fn new(ids: &dyn IdSource) -> Self {
        Self(random(ids))
    }

    /// As it stands in a cookie.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() != 64 {
            return None;
        }
        Some(Self(bytes_of(text)?.try_into().ok()?))
    }

    /// For the cookie.
    pub fn text(&self) -> String {
        hex_of(&self.0)
    }

    /// Under which its session is kept.
    pub fn hash(&self) -> [u8; 32] {
        digest(&[b"yidi session", &self.0])
    }

    /// What pages of this session show with each request that writes: a foreign page cannot know it.
    pub fn csrf(&self) -> String {
        hex_of(&digest(&[b"yidi csrf", &self.0])[..20])
    }
}

/// The code of a secret at a step of time (RFC 6238 with SHA-1, as every authenticator has it).
pub fn one_time_code_at(secret: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("a key of any length will do");
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 0xf);
    let four = [hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]];
    one_time_code::shown(u32::from_be_bytes(four))
}

/// The step whose code this is, of steps that count.
pub fn step_of(secret: &[u8], code: &str, steps: impl Iterator<Item = i64>) -> Option<i64> {
    let code = code.trim();
    let found = steps.filter(|step| is_same(one_time_code_at(secret, *step).as_bytes(), code.as_bytes()));
    // All are looked at, whichever it is.
    found.fold(None, |first, step| first.or(Some(step)))
}

/// Bytes in base 32 (RFC 4648) without padding, as authenticators read secrets.
pub fn base32(bytes: &[u8]) -> String {
    const CHARACTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for part in bytes.chunks(5) {
        let mut five = [0; 8];
        five[3..3 + part.len()].copy_from_slice(part);
        let bits = u64::from_be_bytes(five);
        for at in 0..(part.len() * 8).div_ceil(5) {
            let index = usize::try_from(bits >> (35 - 5 * at) & 31).expect("five bits");
            text.push(char::from(CHARACTERS[index]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::id::CountingIds;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let secret = b"12345678901234567890";
        // Appendix B, the last six of its eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000_i64, "353130"),
        ] {
            assert_eq!(one_time_code_at(secret, seconds / 30), code);
            assert_eq!(step_of(secret, code, [seconds / 30].into_iter()), Some(seconds / 30));
            assert_eq!(step_of(secret, "000000", [seconds / 30].into_iter()), None);
        }
    }

    #[test]
    fn base_32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let kept = hash_password("tree-lamp-93", [7; 16]);
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(is_password("tree-lamp-93", &kept));
        assert!(!is_password("tree-lamp-94", &kept));
        assert_ne!(kept, hash_password("tree-lamp-93", [8; 16]), "salted");
        for broken in ["", "$", "plain", "$argon2i$v=19$m=19456,t=2,p=1$a$b", &kept[..kept.len() - 4]] {
            assert!(!is_password("tree-lamp-93", broken), "{broken}");
        }
        // From the reference implementation's tests: Argon2id, m=256, t=2, p=1, "password", "somesalt".
        let of_others =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(is_password("password", of_others));
        let hungry = of_others.replace("m=256", "m=4000000000");
        assert!(!is_password("password", &hungry), "nobody's memory is taken");
    }

    #[test]
    fn tokens_say_nothing_of_their_hashes() {
        let ids = CountingIds::default();
        let (one, other) = (Token::new(&ids), Token::new(&ids));
        assert!(one != other);
        assert!(Token::read(&one.text()) == Some(one.clone()));
        assert!(Token::read("zz").is_none() && Token::read(&"é".repeat(32)).is_none());
        let all = [hex_of(&one.hash()), one.csrf(), one.text(), hex_of(&other.hash()), other.csrf()];
        for (at, text) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|later| !later.contains(text.as_str())));
        }
        assert_eq!(initial_password(&ids).len(), 16);
    }
}

//! SM2 signatures with SM3 (GB/T 32918.2, GB/T 32905), over the default signer identity of GB/T 35276, as messages between
//! nodes carry them, or over one that two agreed on. Signing is deterministic (RFC 6979), so a signature needs no randomness of
//! its own.
//!
//! The sm2 crate signs. Checking, which deals with nothing secret, was most of the processor's work for a settlement; it is
//! done here step by step as the standard has it, over the crate's numbers and with tables of multiples
//! ([`super::multiples`]). The crate's own verifier is what the tests compare with.

use super::multiples::{LeftOut, Multiples};
use base64::{Engine, engine::general_purpose::STANDARD};
use sm2::{
    FieldBytes, ProjectivePoint, Scalar, SecretKey,
    dsa::{
        Signature, SigningKey, VerifyingKey,
        signature::{RandomizedSigner, Signer, Verifier},
    },
    elliptic_curve::{ops::Reduce, sec1::ToSec1Point},
};
use sm3::{Digest, Sm3};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

/// The signer identity that the standards take where the parties agreed on no other.
const IDENTITY: &str = "1234567812345678";

/// The longest identity: its length is written as a number of bits in two bytes.
pub const IDENTITY_MAX: usize = 8_191;

/// A node's own key. It signs; it is never printed.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

/// The key by which others know a node.
#[derive(Clone)]
pub struct PublicKey {
    key: VerifyingKey,
    /// Ready from the first check on.
    ready: OnceLock<Arc<Ready>>,
}

/// A key or signature is not of the right form, or a signature does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSigned;

impl PrivateKey {
    /// From 32 secret bytes as 64 hexadecimal digits; `Err` if they are not a key of the curve.
    pub fn from_hex(hex: &str) -> Result<Self, NotSigned> {
        Self::from_bytes(&bytes_of(hex).ok_or(NotSigned)?)
    }

    /// From 32 secret bytes; one draw in 2^128 or so is not a key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotSigned> {
        let secret = SecretKey::from_slice(bytes).map_err(|_| NotSigned)?;
        let key = SigningKey::new(IDENTITY, &secret).map_err(|_| NotSigned)?;
        // The standard's keys end below the order less one, with which nothing can be signed.
        if **key.as_nonzero_scalar() == -Scalar::ONE {
            return Err(NotSigned);
        }
        Ok(Self(key))
    }

    /// The secret as 64 hexadecimal digits, for the key file and nothing else.
    pub fn to_hex(&self) -> String {
        hex_of(&self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::of(self.0.verifying_key().clone())
    }

    /// The secret that this key's holder and the owner of the other share (elliptic curve Diffie-Hellman): only to derive
    /// keys from.
    pub(super) fn shared_secret(&self, other: &PublicKey) -> Vec<u8> {
        let point = ProjectivePoint::from(*other.key.as_affine()) * **self.0.as_nonzero_scalar();
        let point = point.to_affine().to_sec1_point(false);
        point.x().expect("a multiple of a point of prime order by less than the order is not nought").to_vec()
    }

    /// Signs a text: Base64 of r‖s, 64 bytes.
    pub fn sign(&self, text: &[u8]) -> String {
        let signature: Signature = self.0.sign(text);
        STANDARD.encode(signature.to_bytes())
    }

    /// Signs a text under the identity that the parties agreed on, of at most [`IDENTITY_MAX`] bytes.
    pub fn sign_as(&self, identity: &str, text: &[u8]) -> String {
        let signature: Signature = self.under(identity).sign(text);
        STANDARD.encode(signature.to_bytes())
    }

    /// The same with a signature that is another each time, as where one is good only once.
    pub fn sign_anew_as(&self, identity: &str, text: &[u8], random: &mut impl rand::CryptoRng) -> String {
        let signature: Signature = self.under(identity).sign_with_rng(random, text);
        STANDARD.encode(signature.to_bytes())
    }

    fn under(&self, identity: &str) -> SigningKey {
        let secret = SecretKey::from(*self.0.as_nonzero_scalar());
        SigningKey::new(identity, &secret).expect("an identity of a length that the standard can write")
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(secret)")
    }
}

impl PublicKey {
    const fn of(key: VerifyingKey) -> Self {
        Self { key, ready: OnceLock::new() }
    }

    /// From the uncompressed point, `04` and 128 hexadecimal digits.
    pub fn from_hex(hex: &str) -> Result<Self, NotSigned> {
        let bytes = bytes_of(hex).ok_or(NotSigned)?;
        VerifyingKey::from_sec1_bytes(IDENTITY, &bytes).map(Self::of).map_err(|_| NotSigned)
    }

    /// The uncompressed point in hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hex_of(self.key.to_sec1_point(false).as_bytes())
    }

    /// Whether the signature is this key's over this text. The first check with a key takes some milliseconds longer.
    pub fn verify(&self, text: &[u8], signature: &str) -> Result<(), NotSigned> {
        let bytes = STANDARD.decode(signature).map_err(|_| NotSigned)?;
        // Reading it checks B1 and B2: neither half is nought or beyond the order.
        let signature = Signature::from_slice(&bytes).map_err(|_| NotSigned)?;
        let ready = self.ready.get_or_init(|| Ready::shared(&self.key));
        match ready.fits(text, &signature) {
            Ok(true) => Ok(()),
            Ok(false) => Err(NotSigned),
            Err(LeftOut) => self.key.verify(text, &signature).map_err(|_| NotSigned),
        }
    }
}

impl PublicKey {
    /// Whether the signature is this key's over this text under the identity that the parties agreed on. Nothing is kept of the
    /// key: an institution's comes again less often than a node's.
    pub fn verify_as(&self, identity: &str, text: &[u8], signature: &str) -> Result<(), NotSigned> {
        let bytes = STANDARD.decode(signature).map_err(|_| NotSigned)?;
        let signature = Signature::from_slice(&bytes).map_err(|_| NotSigned)?;
        let key = VerifyingKey::from_sec1_bytes(identity, self.key.to_sec1_point(false).as_bytes());
        key.and_then(|key| key.verify(text, &signature)).map_err(|_| NotSigned)
    }
}

/// What is computed of a public key once, to check many signatures with.
struct Ready {
    /// `Z`, the digest of identity, curve and key that precedes every signed text (GB/T 32918.2, 5.5).
    identity: [u8; 32],
    multiples: Multiples,
}

impl Ready {
    /// As anybody in this process has it, since a process may hold many nodes that all know each other.
    fn shared(key: &VerifyingKey) -> Arc<Self> {
        static KNOWN: Mutex<Option<HashMap<Vec<u8>, Weak<Ready>>>> = Mutex::new(None);
        let name = key.to_sec1_point(false).as_bytes().to_vec();
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        if let Some(ready) = known.get(&name).and_then(Weak::upgrade) {
            return ready;
        }
        known.retain(|_, ready| ready.strong_count() > 0);
        let ready = Arc::new(Self {
            identity: identity(key),
            multiples: Multiples::of(ProjectivePoint::from(*key.as_affine())),
        });
        known.insert(name, Arc::downgrade(&ready));
        ready
    }

    /// Steps B3 to B7 of GB/T 32918.2, 7.1.
    fn fits(&self, text: &[u8], signature: &Signature) -> Result<bool, LeftOut> {
        let (r, s) = (*signature.r(), *signature.s());
        let t = r + s;
        if t == Scalar::ZERO {
            return Ok(false);
        }
        let x = self.multiples.x_of_sum(&s, &t)?;
        Ok(x.is_some_and(|x| hash(&self.identity, text) + number(x) == r))
    }
}

/// `e`, the digest of identity and text, as a number modulo the order.
fn hash(identity: &[u8; 32], text: &[u8]) -> Scalar {
    number(Sm3::new().chain_update(identity).chain_update(text).finalize().into())
}

/// Bytes as a number modulo the order.
fn number(bytes: [u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(bytes))
}

/// The recommended curve's coefficients and generator: a, b, x, y (GB/T 32918.5).
const CURVE: [&str; 4] = [
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc",
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93",
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7",
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0",
];

/// `Z` of a key: SM3 of the identity with its length in bits, the curve, and the key.
fn identity(key: &VerifyingKey) -> [u8; 32] {
    let bits = u16::try_from(IDENTITY.len() * 8).expect("an identity of sixteen letters");
    let mut digest = Sm3::new().chain_update(bits.to_be_bytes()).chain_update(IDENTITY);
    for number in CURVE {
        digest.update(bytes_of(number).expect("hexadecimal digits"));
    }
    digest.chain_update(&key.to_sec1_point(false).as_bytes()[1..]).finalize().into()
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_hex())
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.to_hex() == other.to_hex()
    }
}

/// Lower-case hexadecimal digits of bytes.
pub fn hex_of(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
        hex.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    hex
}

/// The bytes that hexadecimal digits name; `None` if they do not come in pairs or are others.
pub fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hex.trim().chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(
        digits
            .chunks_exact(2)
            .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("two digits"))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sm2::elliptic_curve::PrimeField;

    #[test]
    fn a_signature_fits_its_text_and_its_key_only() {
        let key = PrivateKey::from_bytes(&[7; 32]).unwrap();
        let other = PrivateKey::from_bytes(&[8; 32]).unwrap();
        let signature = key.sign(b"text");
        assert_eq!(key.public().verify(b"text", &signature), Ok(()));
        assert_eq!(key.public().verify(b"texT", &signature), Err(NotSigned));
        assert_eq!(other.public().verify(b"text", &signature), Err(NotSigned));
        assert_eq!(key.public().verify(b"text", "not base64"), Err(NotSigned));
        assert_eq!(PublicKey::from_hex(&key.public().to_hex()), Ok(key.public()));
        assert_eq!(PrivateKey::from_hex(&key.to_hex()).unwrap().public(), key.public());
        assert!(PrivateKey::from_bytes(&[0; 32]).is_err(), "nought is no key");
    }

    /// GB/T 32918.5, annex A.2: the example signature on the recommended curve, with the identity of the standard.
    #[test]
    fn the_example_of_the_standard_verifies() {
        let public = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
                      ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
        let signature = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
                         b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
        let signature = STANDARD.encode(bytes_of(signature).unwrap());
        let key = PublicKey::from_hex(public).unwrap();
        assert_eq!(key.verify(b"message digest", &signature), Ok(()));
    }

    #[test]
    fn an_identity_belongs_to_the_signature() {
        let key = PrivateKey::from_bytes(&[7; 32]).unwrap();
        let public = key.public();
        assert_eq!(key.sign_as(IDENTITY, b"text"), key.sign(b"text"), "the default is an identity as others");
        let longest = "x".repeat(IDENTITY_MAX);
        for identity in ["", "AK900000001", "示例", &longest] {
            let signature = key.sign_as(identity, b"text");
            assert_eq!(public.verify_as(identity, b"text", &signature), Ok(()));
            assert_eq!(public.verify_as(identity, b"texT", &signature), Err(NotSigned));
            assert_eq!(public.verify_as("AK900000002", b"text", &signature), Err(NotSigned));
            assert_eq!(public.verify(b"text", &signature), Err(NotSigned));
        }
        assert_eq!(public.verify_as(&"x".repeat(IDENTITY_MAX + 1), b"text", ""), Err(NotSigned));
        let mut random = rand::rng();
        let anew = [(); 2].map(|()| key.sign_anew_as("AK900000001", b"text", &mut random));
        assert_ne!(anew[0], anew[1]);
        for signature in anew {
            assert_eq!(public.verify_as("AK900000001", b"text", &signature), Ok(()));
        }
    }

    /// Whether a signature is refused, as here and as the sm2 crate has it.
    fn refused(key: &PublicKey, text: &[u8], signature: &[u8]) -> (bool, bool) {
        let here = key.verify(text, &STANDARD.encode(signature)).is_err();
        let crates = Signature::from_slice(signature).and_then(|signature| key.key.verify(text, &signature));
        (here, crates.is_err())
    }

    #[test]
    fn halves_that_are_nought_or_beyond_the_order_are_refused() {
        let order = bytes_of("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123").unwrap();
        let key = PrivateKey::from_bytes(&[7; 32]).unwrap();
        let good = STANDARD.decode(key.sign(b"text")).unwrap();
        let (r, s) = good.split_at(32);
        let opposite = (-Scalar::reduce(&FieldBytes::try_from(r).unwrap())).to_repr();
        for (r, s) in [
            (&[0; 32][..], s),
            (r, &[0; 32][..]),
            (&order[..], s),
            (r, &order[..]),
            (&[0xff; 32][..], s),
            (r, &[0xff; 32][..]),
            (s, r),
            (r, &opposite[..]),
        ] {
            assert_eq!(refused(&key.public(), b"text", &[r, s].concat()), (true, true), "{r:?} {s:?}");
        }
        assert_eq!(refused(&key.public(), b"text", &good), (false, false));
        assert_eq!(refused(&key.public(), b"text", &good[..63]), (true, true), "too short");
        assert_eq!(PrivateKey::from_bytes(&order).err(), Some(NotSigned), "nought again");
        let last = (-Scalar::ONE).to_repr();
        assert_eq!(PrivateKey::from_bytes(&last).err(), Some(NotSigned), "no key of the standard's");
    }

    /// The owner of the key `2` can make a check add a point to itself.
    #[test]
    fn what_the_tables_leave_out_is_checked_all_the_same() {
        let key = PrivateKey::from_bytes(&[&[0; 31][..], &[2]].concat()).unwrap();
        let public = key.public();
        // s·G + t·P with s = 2 and t = 1 is 2·G + 2·G; r = t - s, which the text's digest does not fit but by chance.
        let (s, t) = (Scalar::from(2_u64), Scalar::ONE);
        let signature = [(t - s).to_repr(), s.to_repr()].concat();
        let ready = Ready::shared(&public.key);
        assert_eq!(ready.fits(b"text", &Signature::from_slice(&signature).unwrap()), Err(LeftOut));
        assert_eq!(refused(&public, b"text", &signature), (true, true));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn checking_is_as_the_crate_has_it(
            secret: [u8; 32],
            text: Vec<u8>,
            other_text: Vec<u8>,
            bit in 0_usize..512,
        ) {
            let key = PrivateKey::from_bytes(&secret);
            prop_assume!(key.is_ok() && text != other_text);
            let key = key.unwrap();
            let signature = STANDARD.decode(key.sign(&text)).unwrap();
            let public = key.public();
            prop_assert_eq!(refused(&public, &text, &signature), (false, false));
            prop_assert_eq!(refused(&public, &other_text, &signature), (true, true), "another text");
            let mut broken = signature.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(refused(&public, &text, &broken), (true, true), "a bit turned");
            let other = PrivateKey::from_bytes(&[3; 32]).unwrap().public();
            prop_assert_eq!(refused(&other, &text, &signature), (true, true), "another key");
        }
    }
}

//! SM2 signatures with SM3 (GB/T 32918.2, GB/T 32905), over the default signer identity of GB/T 35276, as messages between
//! nodes carry them. Signing is deterministic (RFC 6979), so a signature needs no randomness of its own.

use base64::{Engine, engine::general_purpose::STANDARD};
use sm2::{
    ProjectivePoint, SecretKey,
    dsa::{Signature, SigningKey, VerifyingKey, signature::Signer, signature::Verifier},
    elliptic_curve::sec1::ToSec1Point,
};
use std::fmt;

/// The signer identity that the standards take where the parties agreed on no other.
const IDENTITY: &str = "1234567812345678";

/// A node's own key. It signs; it is never printed.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

/// The key by which others know a node.
#[derive(Clone)]
pub struct PublicKey(VerifyingKey);

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
        SigningKey::new(IDENTITY, &secret).map(Self).map_err(|_| NotSigned)
    }

    /// The secret as 64 hexadecimal digits, for the key file and nothing else.
    pub fn to_hex(&self) -> String {
        hex_of(&self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().clone())
    }

    /// The secret that this key's holder and the owner of the other share (elliptic curve Diffie-Hellman): only to derive
    /// keys from.
    pub(super) fn shared_secret(&self, other: &PublicKey) -> Vec<u8> {
        let point = ProjectivePoint::from(*other.0.as_affine()) * **self.0.as_nonzero_scalar();
        let point = point.to_affine().to_sec1_point(false);
        point.x().expect("a multiple of a point of prime order by less than the order is not nought").to_vec()
    }

    /// Signs a text: Base64 of r‖s, 64 bytes.
    pub fn sign(&self, text: &[u8]) -> String {
        let signature: Signature = self.0.sign(text);
        STANDARD.encode(signature.to_bytes())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(secret)")
    }
}

impl PublicKey {
    /// From the uncompressed point, `04` and 128 hexadecimal digits.
    pub fn from_hex(hex: &str) -> Result<Self, NotSigned> {
        let bytes = bytes_of(hex).ok_or(NotSigned)?;
        VerifyingKey::from_sec1_bytes(IDENTITY, &bytes).map(Self).map_err(|_| NotSigned)
    }

    /// The uncompressed point in hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hex_of(self.0.to_sec1_point(false).as_bytes())
    }

    /// Whether the signature is this key's over this text.
    pub fn verify(&self, text: &[u8], signature: &str) -> Result<(), NotSigned> {
        let bytes = STANDARD.decode(signature).map_err(|_| NotSigned)?;
        let signature = Signature::from_slice(&bytes).map_err(|_| NotSigned)?;
        self.0.verify(text, &signature).map_err(|_| NotSigned)
    }
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
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
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
}

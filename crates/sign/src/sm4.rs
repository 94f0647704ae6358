//! The block cipher SM4 (GB/T 32907) as the hospital interface uses it: block by block (ECB) with the padding of PKCS #7.
//!
//! Equal blocks look equal, and nothing is proved by it: whoever uses it signs as well.

use super::sm2::bytes_of;
use base64::{Engine, engine::general_purpose::STANDARD};
use sm4::{
    Sm4,
    cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use std::fmt;

const BLOCK: usize = 16;

/// A key of 128 bits that two share; it is never printed.
#[derive(Clone)]
pub struct Key(Sm4);

/// What is no key, or cannot be decrypted with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotEncrypted;

impl Key {
    /// From 32 hexadecimal digits.
    pub fn from_hex(hex: &str) -> Result<Self, NotEncrypted> {
        let bytes = bytes_of(hex).ok_or(NotEncrypted)?;
        Sm4::new_from_slice(&bytes).map(Self).map_err(|_| NotEncrypted)
    }

    /// The text encrypted, in Base64.
    pub fn encrypt(&self, text: &[u8]) -> String {
        let padding = BLOCK - text.len() % BLOCK;
        let filler = u8::try_from(padding).expect("a block has sixteen bytes");
        let mut bytes = Vec::with_capacity(text.len() + padding);
        bytes.extend_from_slice(text);
        bytes.resize(text.len() + padding, filler);
        for block in blocks(&mut bytes) {
            self.0.encrypt_block(block);
        }
        STANDARD.encode(bytes)
    }

    /// The text that was encrypted so. Line breaks in the Base64, which some encoders write, are passed over.
    pub fn decrypt(&self, encrypted: &str) -> Result<Vec<u8>, NotEncrypted> {
        let letters: Vec<u8> = encrypted.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let mut bytes = STANDARD.decode(letters).map_err(|_| NotEncrypted)?;
        if !bytes.len().is_multiple_of(BLOCK) {
            return Err(NotEncrypted);
        }
        for block in blocks(&mut bytes) {
            self.0.decrypt_block(block);
        }
        let filler = *bytes.last().ok_or(NotEncrypted)?;
        let padding = usize::from(filler);
        if !(1..=BLOCK).contains(&padding)
            || bytes[bytes.len() - padding..].iter().any(|byte| *byte != filler)
        {
            return Err(NotEncrypted);
        }
        bytes.truncate(bytes.len() - padding);
        Ok(bytes)
    }
}

fn blocks(bytes: &mut [u8]) -> impl Iterator<Item = &mut Block<Sm4>> {
    bytes.chunks_exact_mut(BLOCK).map(|chunk| chunk.try_into().expect("a block of sixteen bytes"))
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;
    use proptest::prelude::*;

    const STANDARDS: &str = "0123456789abcdeffedcba9876543210";

    /// GB/T 32907-2016, appendix A.1 and A.2: one block, and the same a million times over.
    #[test]
    fn the_examples_of_the_standard() {
        let key = Key::from_hex(STANDARDS).unwrap();
        let mut bytes = bytes_of(STANDARDS).unwrap();
        let block: &mut Block<Sm4> = bytes.as_mut_slice().try_into().unwrap();
        key.0.encrypt_block(block);
        assert_eq!(block.to_vec(), bytes_of("681edf34d206965e86b3e94f536e4246").unwrap());
        for _ in 1..1_000_000 {
            key.0.encrypt_block(block);
        }
        assert_eq!(block.to_vec(), bytes_of("595298c7c6fd271f0402f804c33d3f66").unwrap());
    }

    #[test]
    fn another_implementation_encrypts_alike() {
        for case in vectors::of("sm4_ecb") {
            let text = |field: &str| case[field].as_str().unwrap();
            let key = Key::from_hex(text("key")).unwrap();
            assert_eq!(key.encrypt(text("text").as_bytes()), text("encrypted"), "{case}");
            assert_eq!(key.decrypt(text("encrypted")), Ok(text("text").as_bytes().to_vec()), "{case}");
        }
    }

    #[test]
    fn what_is_no_key_and_what_was_not_encrypted_is_refused() {
        for digits in ["", "0123456789abcdef", "0123456789abcdeffedcba98765432", "not sixteen byte"] {
            assert_eq!(Key::from_hex(digits).err(), Some(NotEncrypted), "{digits}");
        }
        let key = Key::from_hex(STANDARDS).unwrap();
        let padded = |filler: &[u8]| {
            let mut bytes = [&[b'a'; 16][..filler.len().abs_diff(16)], filler].concat();
            let block: &mut Block<Sm4> = bytes.as_mut_slice().try_into().unwrap();
            key.0.encrypt_block(block);
            key.decrypt(&STANDARD.encode(bytes))
        };
        assert_eq!(padded(&[2, 2]), Ok(vec![b'a'; 14]));
        for filler in [&[0][..], &[17], &[1, 2], &[255], &[3, 3]] {
            assert_eq!(padded(filler), Err(NotEncrypted), "{filler:?}");
        }
        for text in ["", "not base64", "QUJD", "{}"] {
            assert_eq!(key.decrypt(text), Err(NotEncrypted), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encrypted_comes_back(text: Vec<u8>, break_at in 0_usize..24) {
            let key = Key::from_hex(STANDARDS).unwrap();
            let mut encrypted = key.encrypt(&text);
            encrypted.insert_str(break_at.min(encrypted.len()), "\r\n");
            prop_assert_eq!(key.decrypt(&encrypted), Ok(text));
        }
    }
}

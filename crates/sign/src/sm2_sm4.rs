//! The encrypted edition of the envelope (Jilin and others): the text of `input` or `output` encrypted with SM4, and beside it in
//! `cainfo` its sender's SM2 signature over the text in clear.
//!
//! Only the text is signed: neither the time nor the transaction number beside it. So a signature must be good for one message
//! only, which the caller checks.

use super::{
    GatewayRefusal,
    sm2::{PrivateKey, PublicKey},
    sm4::Key,
};

/// A text under seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// `input` or `output`: Base64 of SM4.
    pub text: String,
    /// `cainfo`: Base64 of r‖s.
    pub signature: String,
}

impl Sealed {
    /// Encrypts and signs a text under the identity that the institution goes by. The same text has the same seal.
    pub fn of(text: &[u8], key: &Key, signer: &PrivateKey, identity: &str) -> Self {
        Self { text: key.encrypt(text), signature: signer.sign_as(identity, text) }
    }

    /// The text, if it is the signer's under this identity. A text that cannot be decrypted and one that is another's are
    /// refused alike: whoever tells them apart could be asked until the text is known.
    pub fn open(&self, key: &Key, signer: &PublicKey, identity: &str) -> Result<Vec<u8>, GatewayRefusal> {
        let text = key.decrypt(&self.text).map_err(|_| GatewayRefusal::SignatureDiffers)?;
        signer.verify_as(identity, &text, &self.signature).map_err(|_| GatewayRefusal::SignatureDiffers)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    const KEY: &str = "0123456789abcdeffedcba9876543210";
    const IDENTITY: &str = "AK900000001";

    #[test]
    fn every_refusal() {
        let (key, other_key) = (Key::from_hex(KEY).unwrap(), Key::from_hex(&"7".repeat(32)).unwrap());
        let (signer, other) =
            (PrivateKey::from_bytes(&[7; 32]).unwrap(), PrivateKey::from_bytes(&[8; 32]).unwrap());
        let text = r#"{"data":{"psn_name":"王某甲"}}"#.as_bytes();
        let sealed = Sealed::of(text, &key, &signer, IDENTITY);
        assert_eq!(sealed, Sealed::of(text, &key, &signer, IDENTITY), "the same text, the same seal");
        assert_eq!(sealed.open(&key, &signer.public(), IDENTITY), Ok(text.to_vec()));
        let changed = Sealed { text: key.encrypt(b"{}"), ..sealed.clone() };
        let unsigned = Sealed { signature: String::new(), ..sealed.clone() };
        let clear = Sealed { text: "{}".to_owned(), ..sealed.clone() };
        for (what, sealed, key, signer, identity) in [
            ("another SM4 key", &sealed, &other_key, &signer, IDENTITY),
            ("another signer", &sealed, &key, &other, IDENTITY),
            ("another identity", &sealed, &key, &signer, "AK900000002"),
            ("another text", &changed, &key, &signer, IDENTITY),
            ("no signature", &unsigned, &key, &signer, IDENTITY),
            ("not encrypted", &clear, &key, &signer, IDENTITY),
        ] {
            let opened = sealed.open(key, &signer.public(), identity);
            assert_eq!(opened, Err(GatewayRefusal::SignatureDiffers), "{what}");
        }
    }

    #[test]
    fn what_another_implementation_seals_is_opened() {
        for case in vectors::of("sm2_sm4") {
            let text = |field: &str| case[field].as_str().unwrap().to_owned();
            let key = Key::from_hex(&text("key")).unwrap();
            let signer = PublicKey::from_hex(&text("public_key")).unwrap();
            let sealed = Sealed { text: text("input"), signature: text("cainfo") };
            assert_eq!(
                sealed.open(&key, &signer, &text("identity")),
                Ok(text("text").into_bytes()),
                "{case}"
            );
            let private = PrivateKey::from_hex(&text("private_key")).unwrap();
            assert_eq!(private.public(), signer);
        }
    }
}

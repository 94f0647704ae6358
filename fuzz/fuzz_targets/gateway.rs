//! What shows who sent a message: headers of gateways, sealed inputs, signatures, tags, and keys as text. What was signed under
//! the key is taken, and nothing else is.
#![no_main]

use fuzz::Bytes;
use libfuzzer_sys::fuzz_target;
use sign::{
    ca_hmac_sm3, csb_hmac_sha1, document, link, sm2,
    sm2_sm4::Sealed,
    sm4, tif_sha256,
    tree::{Leaf, Verifier},
};
use std::sync::LazyLock;
use terms::Moment;

const SECRET: &str = "示例密钥-900001";
const SENT: &str = "1795302600000";

static SIGNER: LazyLock<sm2::PrivateKey> =
    LazyLock::new(|| sm2::PrivateKey::from_bytes(&[7; 32]).expect("a key"));
static PUBLIC: LazyLock<sm2::PublicKey> = LazyLock::new(|| SIGNER.public());
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new(SIGNER.public()));
static KEY: LazyLock<sm4::Key> =
    LazyLock::new(|| sm4::Key::from_hex("0123456789abcdeffedcba9876543210").expect("a key"));
static LINE: LazyLock<link::LinkKey> = LazyLock::new(|| link::LinkKey::between(&SIGNER, &PUBLIC));

fuzz_target!(|data: &[u8]| {
    let now = Moment::from_millis(1_795_302_600_000).expect("a moment");
    let mut bytes = Bytes(data);
    let kind = bytes.byte();
    let said: [String; 5] = std::array::from_fn(|_| bytes.text());
    let [one, two, three, four, five] =
        said.each_ref().map(|text| Some(text.as_str()).filter(|text| !text.is_empty()));
    let body = bytes.0;
    match kind % 9 {
        0 => {
            let headers = csb_hmac_sha1::Headers {
                api_name: one,
                api_version: two,
                api_timestamp: three,
                api_access_key: four,
                api_signature: five,
            };
            assert!(csb_hmac_sha1::verify(&headers, None, now).is_err());
            let taken = csb_hmac_sha1::verify(&headers, Some(SECRET), now).is_ok();
            assert!(!taken, "{headers:?}");
        }
        1 => {
            let headers = tif_sha256::Headers { paasid: one, timestamp: two, nonce: three, signature: four };
            assert!(tif_sha256::verify(&headers, Some(SECRET), now, tif_sha256::WINDOW_MILLIS).is_err());
            let (nonce, stamp) = (three.unwrap_or("n"), &SENT[..10]);
            let signed = tif_sha256::sign(SECRET, stamp, nonce);
            let headers = tif_sha256::Headers {
                paasid: Some("a"),
                timestamp: Some(stamp),
                nonce: Some(nonce),
                signature: Some(&signed),
            };
            // Blanks around a header's value are none of it.
            let taken = tif_sha256::verify(&headers, Some(SECRET), now, tif_sha256::WINDOW_MILLIS).is_ok();
            assert!(taken || nonce.trim() != nonce, "{headers:?}");
        }
        2 => {
            let headers = ca_hmac_sm3::Headers { key: one, signature: two };
            assert!(ca_hmac_sm3::verify(&headers, body, Some(SECRET), now).is_err());
            let signed = ca_hmac_sm3::sign(SECRET, SENT, body);
            let headers = ca_hmac_sm3::Headers { key: Some("a"), signature: Some(&signed) };
            assert_eq!(ca_hmac_sm3::verify(&headers, body, Some(SECRET), now).as_ref(), Ok(&signed));
        }
        3 => {
            let text = one.unwrap_or_default();
            if let Ok(clear) = KEY.decrypt(text) {
                let letters: String = text.chars().filter(|one| !one.is_ascii_whitespace()).collect();
                assert_eq!(KEY.encrypt(&clear), letters, "a text has one cipher");
            }
            assert_eq!(KEY.decrypt(&KEY.encrypt(body)).as_deref(), Ok(body));
        }
        4 => {
            let sealed = Sealed { text: said[0].clone(), signature: said[1].clone() };
            assert!(sealed.open(&KEY, &PUBLIC, "AK900000001").is_err());
            let own = Sealed::of(body, &KEY, &SIGNER, "AK900000001");
            assert_eq!(own.open(&KEY, &PUBLIC, "AK900000001").as_deref(), Ok(body));
        }
        5 => {
            if let Ok(key) = sm2::PublicKey::from_hex(&said[0]) {
                assert_eq!(
                    sm2::PublicKey::from_hex(&key.to_hex()).map(|again| again.to_hex()),
                    Ok(key.to_hex())
                );
                assert!(key.verify(body, &said[1]).is_err());
            }
            if let Ok(key) = sm2::PrivateKey::from_hex(&said[1]) {
                assert_eq!(
                    sm2::PrivateKey::from_hex(&key.to_hex()).map(|again| again.to_hex()),
                    Ok(key.to_hex())
                );
            }
            if let Ok(key) = sm4::Key::from_hex(&said[2]) {
                assert_eq!(key.decrypt(&key.encrypt(body)).as_deref(), Ok(body));
            }
        }
        6 => {
            assert!(VERIFIER.verify(&Leaf::of(body), &said[0]).is_err());
            let signed = SIGNER.sign(body);
            assert_eq!(PUBLIC.verify(body, &signed), Ok(()));
            assert!(said[0] == signed || PUBLIC.verify(body, &said[0]).is_err());
        }
        7 => {
            let message = Leaf::of(body);
            let tag = LINE.tag(link::Way::Up, &message);
            assert!(LINE.fits(link::Way::Up, &message, &tag) && !LINE.fits(link::Way::Down, &message, &tag));
            assert!(!LINE.fits(link::Way::Up, &message, &said[0]) || said[0] == tag);
        }
        _ => {
            let code = document::code(&SIGNER, &said[1], &document::content_hash(&said[2]));
            assert!(document::fits(&code, &code));
            if document::fits(&said[0], &code) {
                let plain: String = said[0].chars().filter(|one| *one != '-' && *one != ' ').collect();
                assert_eq!(plain.to_ascii_uppercase(), code);
            }
        }
    }
});

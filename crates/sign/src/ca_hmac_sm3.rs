//! The gateway of Zhejiang: an HMAC-SM3 (GB/T 32905 in GB/T 15852.2) over time and body, so a message cannot be changed under
//! way. A signature must be good only once, which the caller checks.

use super::{GatewayRefusal, present, same, sm2::hex_of};
use hmac::{Hmac, KeyInit, Mac};
use sm3::Sm3;
use terms::Moment;

/// How far the time stamp may be from the present, either way.
pub const WINDOW_MILLIS: i64 = 5 * 60 * 1_000;

/// The headers of a request, as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    /// `x-ca-key`: who asks.
    pub key: Option<&'a str>,
    /// `x-ca-signature`: the time since 1970, in seconds (10 digits) or milliseconds (13 digits), a colon, and 64 hexadecimal
    /// digits.
    pub signature: Option<&'a str>,
}

/// Checks that whoever holds the secret of the key sent this body just now, and gives back the signature as it is written
/// properly, which the caller refuses if it has seen it within the window. `secret` is what the caller keeps for
/// [`Headers::key`], `None` if it knows nobody of that key.
pub fn verify(
    headers: &Headers<'_>,
    body: &[u8],
    secret: Option<&str>,
    now: Moment,
) -> Result<String, GatewayRefusal> {
    present(headers.key)?;
    let signature = present(headers.signature)?;
    let (timestamp, digits) = signature.split_once(':').ok_or(GatewayRefusal::SignatureDiffers)?;
    if (now.millis() - millis(timestamp)?).abs() > WINDOW_MILLIS {
        return Err(GatewayRefusal::TimestampExpired);
    }
    let secret = secret.ok_or(GatewayRefusal::UnknownCaller)?;
    let expected = sign(secret, timestamp, body);
    let given = format!("{timestamp}:{}", digits.to_ascii_uppercase());
    if same(given.as_bytes(), expected.as_bytes()) {
        Ok(expected)
    } else {
        Err(GatewayRefusal::SignatureDiffers)
    }
}

/// A time stamp as milliseconds: seconds if it has ten digits.
fn millis(timestamp: &str) -> Result<i64, GatewayRefusal> {
    match timestamp.len() {
        10 => Ok(super::digits(timestamp, 10)? * 1_000),
        _ => super::digits(timestamp, 13),
    }
}

/// The signature of a client: the time, a colon, and the HMAC-SM3 of time, line feed and body in capital hexadecimal digits.
///
/// # Panics
/// Never: a key of any length will do.
pub fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sm3>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(timestamp.as_bytes());
    mac.update(b"\n");
    mac.update(body);
    format!("{timestamp}:{}", hex_of(&mac.finalize().into_bytes()).to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sm2::bytes_of, vectors};

    const SECRET: &str = "ca-示例密钥-900001";
    const BODY: &[u8] = b"{\"infno\":\"1201\"}";
    const SENT: i64 = 1_795_302_600_000;

    fn at(millis: i64) -> Moment {
        Moment::from_millis(millis).unwrap()
    }

    fn check(signature: &str, body: &[u8], secret: Option<&str>, now: i64) -> Result<String, GatewayRefusal> {
        let headers = Headers { key: Some("AK900000001"), signature: Some(signature) };
        verify(&headers, body, secret, at(now))
    }

    /// GM/T 0042-2015, appendix D.3: the known answers of HMAC-SM3 that its second example gives.
    #[test]
    fn the_digest_is_the_standards() {
        let key: Vec<u8> = (1..=32).collect();
        let text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".repeat(2);
        let mut mac = Hmac::<Sm3>::new_from_slice(&key).unwrap();
        mac.update(text.as_bytes());
        let expected = "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a";
        assert_eq!(mac.finalize().into_bytes().to_vec(), bytes_of(expected).unwrap());
    }

    #[test]
    fn another_implementation_signs_alike() {
        for case in vectors::of("hmac_sm3") {
            let text = |field: &str| case[field].as_str().unwrap();
            let signature = sign(text("secret"), text("timestamp"), text("body").as_bytes());
            assert_eq!(signature, text("signature"), "{case}");
        }
    }

    #[test]
    fn seconds_and_milliseconds_will_do_and_digits_in_any_case() {
        for timestamp in ["1795302600", "1795302600000"] {
            let signature = sign(SECRET, timestamp, BODY);
            assert_eq!(check(&signature, BODY, Some(SECRET), SENT), Ok(signature.clone()));
            let small = signature.to_ascii_lowercase();
            assert_eq!(
                check(&small, BODY, Some(SECRET), SENT),
                Ok(signature),
                "one signature, however written"
            );
        }
    }

    #[test]
    fn every_refusal_of_the_gateway() {
        let good = sign(SECRET, "1795302600", BODY);
        let moved = good.replacen("1795302600", "1795302601", 1);
        let eleven = sign(SECRET, "17953026000", BODY);
        let signed = sign(SECRET, "+795302600", BODY);
        let bare = good.split_once(':').unwrap().1;
        for (signature, body, secret, now, expected) in [
            ("", BODY, Some(SECRET), SENT, GatewayRefusal::HeaderMissing),
            (bare, BODY, Some(SECRET), SENT, GatewayRefusal::SignatureDiffers),
            (&eleven, BODY, Some(SECRET), SENT, GatewayRefusal::TimestampExpired),
            (&signed, BODY, Some(SECRET), SENT, GatewayRefusal::TimestampExpired),
            (&good, BODY, Some(SECRET), SENT + WINDOW_MILLIS + 1, GatewayRefusal::TimestampExpired),
            (&good, BODY, Some(SECRET), SENT - WINDOW_MILLIS - 1, GatewayRefusal::TimestampExpired),
            (&good, BODY, None, SENT, GatewayRefusal::UnknownCaller),
            (&good, BODY, Some("another"), SENT, GatewayRefusal::SignatureDiffers),
            (&good, b"{\"infno\":\"1202\"}", Some(SECRET), SENT, GatewayRefusal::SignatureDiffers),
            (&moved, BODY, Some(SECRET), SENT, GatewayRefusal::SignatureDiffers),
        ] {
            assert_eq!(check(signature, body, secret, now), Err(expected), "{signature}");
        }
        let nobody = Headers { key: None, signature: Some(&good) };
        assert_eq!(verify(&nobody, BODY, Some(SECRET), at(SENT)), Err(GatewayRefusal::HeaderMissing));
    }
}

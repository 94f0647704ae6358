//! The TIF gateway (Guangdong, Hebei and others): a SHA-256 over time, secret and nonce; the body is not signed, so a nonce
//! must be good only once, which the caller checks.

use super::{GatewayRefusal, digits, present, same};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use terms::Moment;

/// How far the time stamp may be from the present, either way, unless the place sets another.
pub const WINDOW_MILLIS: i64 = 5 * 60 * 1_000;

/// The headers of a request, as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    /// `x-tif-paasid`: who asks.
    pub paasid: Option<&'a str>,
    /// `x-tif-timestamp`: seconds since 1970 in 10 digits.
    pub timestamp: Option<&'a str>,
    /// `x-tif-nonce`: good once within the window.
    pub nonce: Option<&'a str>,
    /// `x-tif-signature`: 64 hexadecimal digits.
    pub signature: Option<&'a str>,
}

/// Checks that whoever holds the secret of the paasid sent these headers just now, and gives back the nonce, which the
/// caller refuses if it has seen it within the window. `secret` is what the caller keeps for [`Headers::paasid`], `None` if
/// it knows nobody of that id.
pub fn verify<'a>(
    headers: &Headers<'a>,
    secret: Option<&str>,
    now: Moment,
    window_millis: i64,
) -> Result<&'a str, GatewayRefusal> {
    present(headers.paasid)?;
    let timestamp = present(headers.timestamp)?;
    let nonce = present(headers.nonce)?;
    let signature = present(headers.signature)?;
    if (now.millis() - digits(timestamp, 10)? * 1_000).abs() > window_millis {
        return Err(GatewayRefusal::TimestampExpired);
    }
    let secret = secret.ok_or(GatewayRefusal::UnknownCaller)?;
    let expected = sign(secret, timestamp, nonce);
    let given = signature.to_ascii_lowercase();
    if same(given.as_bytes(), expected.as_bytes()) {
        Ok(nonce)
    } else {
        Err(GatewayRefusal::SignatureDiffers)
    }
}

/// The signature of a client: SHA-256 of time, secret, nonce and time again, in lower-case hexadecimal digits.
pub fn sign(secret: &str, timestamp: &str, nonce: &str) -> String {
    let digest = Sha256::digest(format!("{timestamp}{secret}{nonce}{timestamp}"));
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes any text");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "tif-secret-900001";
    /// Computed with Python: `hashlib.sha256(timestamp + secret + nonce + timestamp).hexdigest()`.
    const SIGNATURE: &str = "8f5445415b770237846da1dc7deb73fa471c89c540f9c9f725139b3512fc55c6";
    const SENT: i64 = 1_795_302_600_000;

    fn headers() -> Headers<'static> {
        Headers {
            paasid: Some("hosp900001"),
            timestamp: Some("1795302600"),
            nonce: Some("Zk3w9Qp1"),
            signature: Some(SIGNATURE),
        }
    }

    fn check(
        headers: &Headers<'static>,
        secret: Option<&str>,
        now: i64,
    ) -> Result<&'static str, GatewayRefusal> {
        verify(headers, secret, Moment::from_millis(now).unwrap(), WINDOW_MILLIS)
    }

    #[test]
    fn the_signature_is_the_gateways() {
        assert_eq!(sign(SECRET, "1795302600", "Zk3w9Qp1"), SIGNATURE);
        assert_eq!(check(&headers(), Some(SECRET), SENT), Ok("Zk3w9Qp1"));
        let shouted = SIGNATURE.to_ascii_uppercase();
        let shouted = Headers { signature: Some(&shouted), ..headers() };
        let now = Moment::from_millis(SENT).unwrap();
        assert_eq!(
            verify(&shouted, Some(SECRET), now, WINDOW_MILLIS),
            Ok("Zk3w9Qp1"),
            "digits in capitals will do"
        );
    }

    #[test]
    fn every_refusal_of_the_gateway() {
        let millis = Headers { timestamp: Some("1795302600000"), ..headers() };
        let replayed = Headers { nonce: Some("other"), ..headers() };
        for (headers, secret, now, expected) in [
            (Headers::default(), Some(SECRET), SENT, GatewayRefusal::HeaderMissing),
            (millis, Some(SECRET), SENT, GatewayRefusal::TimestampExpired),
            (headers(), Some(SECRET), SENT + WINDOW_MILLIS + 1, GatewayRefusal::TimestampExpired),
            (headers(), Some(SECRET), SENT - WINDOW_MILLIS - 1, GatewayRefusal::TimestampExpired),
            (headers(), None, SENT, GatewayRefusal::UnknownCaller),
            (headers(), Some("another"), SENT, GatewayRefusal::SignatureDiffers),
            (replayed, Some(SECRET), SENT, GatewayRefusal::SignatureDiffers),
        ] {
            assert_eq!(check(&headers, secret, now), Err(expected), "{headers:?}");
        }
    }
}

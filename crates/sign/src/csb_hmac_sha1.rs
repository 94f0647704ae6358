//! The CSB gateway (Hunan, Jiangxi and others): HMAC-SHA1 over the gateway's own headers; the body is not signed.

use super::{GatewayRefusal, digits, present, same};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use terms::Moment;

/// How far the time stamp may be from the present, either way.
pub const WINDOW_MILLIS: i64 = 30 * 60 * 1_000;

/// The name of the header with the signature.
pub const SIGNATURE: &str = "_api_signature";

/// The headers of a request, as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    /// `_api_name`: the service, usually the transaction number.
    pub api_name: Option<&'a str>,
    /// `_api_version`.
    pub api_version: Option<&'a str>,
    /// `_api_timestamp`: milliseconds since 1970 in 13 digits.
    pub api_timestamp: Option<&'a str>,
    /// `_api_access_key`: who asks.
    pub api_access_key: Option<&'a str>,
    /// `_api_signature`.
    pub api_signature: Option<&'a str>,
}

/// Checks that whoever holds the secret of the access key sent these headers just now. `secret` is what the caller keeps
/// for [`Headers::api_access_key`], `None` if it knows nobody of that key.
pub fn verify(headers: &Headers<'_>, secret: Option<&str>, now: Moment) -> Result<(), GatewayRefusal> {
    let name = present(headers.api_name)?;
    let version = present(headers.api_version)?;
    let timestamp = present(headers.api_timestamp)?;
    let access_key = present(headers.api_access_key)?;
    let signature = present(headers.api_signature)?;
    if (now.millis() - digits(timestamp, 13)?).abs() > WINDOW_MILLIS {
        return Err(GatewayRefusal::TimestampExpired);
    }
    let secret = secret.ok_or(GatewayRefusal::UnknownCaller)?;
    let expected = sign(secret, access_key, name, timestamp, version);
    if same(signature.as_bytes(), expected.as_bytes()) {
        Ok(())
    } else {
        Err(GatewayRefusal::SignatureDiffers)
    }
}

/// The signature of a client: the headers as `key=value` in the order of their keys, under the secret, in Base64.
///
/// # Panics
/// Never: a key of any length will do.
pub fn sign(secret: &str, access_key: &str, name: &str, timestamp: &str, version: &str) -> String {
    let text = format!(
        "_api_access_key={access_key}&_api_name={name}&_api_timestamp={timestamp}&_api_version={version}"
    );
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "6q9Kp-示例密钥";
    /// Computed with Python: `base64.b64encode(hmac.new(secret, text, hashlib.sha1).digest())`.
    const SIGNATURE: &str = "+tPI59PKcb0t3NtAWPni5tvts+k=";
    const SENT: i64 = 1_795_302_600_000;

    fn headers() -> Headers<'static> {
        Headers {
            api_name: Some("2304"),
            api_version: Some("1.0.0"),
            api_timestamp: Some("1795302600000"),
            api_access_key: Some("AK900000001"),
            api_signature: Some(SIGNATURE),
        }
    }

    fn at(millis: i64) -> Moment {
        Moment::from_millis(millis).unwrap()
    }

    #[test]
    fn the_signature_is_the_gateways() {
        assert_eq!(sign(SECRET, "AK900000001", "2304", "1795302600000", "1.0.0"), SIGNATURE);
        assert_eq!(verify(&headers(), Some(SECRET), at(SENT)), Ok(()));
    }

    #[test]
    fn every_refusal_of_the_gateway() {
        let bare = Headers { api_name: Some(" "), ..headers() };
        let odd = Headers { api_timestamp: Some("17953026000"), ..headers() };
        let signed = Headers { api_timestamp: Some("+795302600000"), ..headers() };
        let renamed = Headers { api_name: Some("2305"), ..headers() };
        for (headers, secret, now, expected) in [
            (Headers::default(), Some(SECRET), SENT, GatewayRefusal::HeaderMissing),
            (bare, Some(SECRET), SENT, GatewayRefusal::HeaderMissing),
            (odd, Some(SECRET), SENT, GatewayRefusal::TimestampExpired),
            (signed, Some(SECRET), SENT, GatewayRefusal::TimestampExpired),
            (headers(), Some(SECRET), SENT + WINDOW_MILLIS + 1, GatewayRefusal::TimestampExpired),
            (headers(), Some(SECRET), SENT - WINDOW_MILLIS - 1, GatewayRefusal::TimestampExpired),
            (headers(), None, SENT, GatewayRefusal::UnknownCaller),
            (headers(), Some("another"), SENT, GatewayRefusal::SignatureDiffers),
            (renamed, Some(SECRET), SENT, GatewayRefusal::SignatureDiffers),
        ] {
            assert_eq!(verify(&headers, secret, at(now)), Err(expected), "{headers:?}");
        }
        assert_eq!(
            verify(&headers(), Some(SECRET), at(SENT + WINDOW_MILLIS)),
            Ok(()),
            "the window's last millisecond"
        );
        let body = String::from_utf8(GatewayRefusal::UnknownCaller.body()).unwrap();
        assert_eq!(body, r#"{"code":401,"message":"非法用户!"}"#);
    }
}

//! Ways of showing who one is, one a file: those of the gateways before the hospital interface, the signatures between nodes, and
//! those of documents, cards and voucher codes; and the secrecy of what is said (SM4).
//!
//! It is a crate of its own, and no part of `wire`, because it computes: tests build it with optimisation, which formats can do
//! without. A way knows header values, a secret and the present moment; it must not know HTTP, nor where secrets are kept.

pub mod ca_hmac_sm3;
pub mod csb_hmac_sha1;
pub mod document;
pub mod link;
pub mod medium;
mod multiples;
pub mod sm2;
pub mod sm2_sm4;
pub mod sm4;
pub mod tif_sha256;
pub mod tree;
#[cfg(test)]
mod vectors;

use serde_json::json;
use std::fmt;

/// Why a gateway lets nobody through. Its body is not the envelope: clients know it by `code` 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayRefusal {
    /// A header of the gateway is missing or empty.
    HeaderMissing,
    /// The time stamp is not one, or too far from the present.
    TimestampExpired,
    /// Nobody is known by this access key.
    UnknownCaller,
    /// The signature does not fit.
    SignatureDiffers,
}

impl GatewayRefusal {
    /// The sentence of the gateway, letter for letter: clients compare it.
    pub const fn message(self) -> &'static str {
        match self {
            Self::HeaderMissing => "缺少服务网关的请求头!",
            Self::TimestampExpired => "签名时间戳超时!",
            Self::UnknownCaller => "非法用户!",
            Self::SignatureDiffers => "签名不一致!",
        }
    }

    /// The body of the answer.
    pub fn body(self) -> Vec<u8> {
        json!({ "code": 401, "message": self.message() }).to_string().into_bytes()
    }
}

impl fmt::Display for GatewayRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for GatewayRefusal {}

/// The value of a header, if it is there and says something.
fn present(header: Option<&str>) -> Result<&str, GatewayRefusal> {
    header.map(str::trim).filter(|value| !value.is_empty()).ok_or(GatewayRefusal::HeaderMissing)
}

/// A time stamp of exactly so many digits as a number.
fn digits(text: &str, length: usize) -> Result<i64, GatewayRefusal> {
    let right = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| right).ok_or(GatewayRefusal::TimestampExpired)
}

/// Compares in the same time whatever differs, so that a signature cannot be guessed byte by byte.
fn same(given: &[u8], expected: &[u8]) -> bool {
    given.len() == expected.len() && given.iter().zip(expected).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

//! OpenID Connect as a node speaks it with an identity provider (统一身份认证): what the provider says of itself, the request with which a
//! browser is sent there, the exchange of the code (authorization code flow with PKCE, RFC 7636), and the ID token.
//!
//! Signatures are checked with `ring`, which is in the program already for the database's TLS, and the rest is little: libraries for JWTs bring
//! a second set of cryptography, take the machine's clock instead of a given moment, and are set up once for a whole process. What is accepted
//! here is one list of three algorithms; the key is one of the provider's, of the kind that the algorithm needs, never one that the token
//! names itself.
//!
//! Sources: OpenID Connect Core 1.0 §3.1 and §3.1.3.7, Discovery 1.0 §4.3, RFC 7515 §4.1.11, RFC 7517, RFC 8176 (`amr`).

mod token;

pub use token::{Claims, Expected, KeySet, Untrusted};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Where below its issuer a provider says what it is.
pub const DISCOVERY: &str = "/.well-known/openid-configuration";
/// The largest description of a provider that is read, in bytes …
pub const DISCOVERY_BYTES_MAX: usize = 64 << 10;
/// … the largest set of keys …
pub const KEYS_BYTES_MAX: usize = 256 << 10;
/// … and the largest answer with tokens.
pub const TOKENS_BYTES_MAX: usize = 64 << 10;
/// The longest address of a provider.
const ADDRESS_MAX: usize = 1_000;

/// Whether a node may ask there: over TLS, or on its own machine, where a provider is tried out.
pub fn is_safe(address: &str) -> bool {
    if address.len() > ADDRESS_MAX || !address.bytes().all(|one| one.is_ascii_graphic()) {
        return false;
    }
    let host_of = |rest: &str| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Who stands before an `@` could look like the host.
        let has_host = !authority.is_empty() && !authority.contains(['@', '\\']);
        has_host.then(|| authority.to_owned())
    };
    if let Some(rest) = address.strip_prefix("https://") {
        return host_of(rest).is_some();
    }
    let Some(host) = address.strip_prefix("http://").and_then(host_of) else { return false };
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|one| one.is_ascii_digit()));
    let name = name.map_or(host.as_str(), |(name, _)| name);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

/// What a provider says of itself, as far as a node needs it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    /// Where the code is exchanged.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Discovery {
    /// Reads what came from below an issuer, who must be the one that it names.
    pub fn read(body: &[u8], issuer: &str) -> Result<Self, Untrusted> {
        let read: Self = serde_json::from_slice(body).map_err(|_| Untrusted::Form)?;
        if read.issuer != issuer {
            return Err(Untrusted::Issuer);
        }
        let all = [&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri];
        if all.iter().any(|address| !is_safe(address) || address.contains('#')) {
            return Err(Untrusted::Address);
        }
        Ok(read)
    }

    /// Where a browser is sent to log in there.
    pub fn authorization(&self, asked: &Authorization<'_>) -> String {
        let Authorization { client, redirect, scopes, state, nonce, verifier } = asked;
        let challenge = challenge(verifier);
        let query = form(&[
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect),
            ("scope", scopes),
            ("state", state),
            ("nonce", nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let sign = if self.authorization_endpoint.contains('?') { '&' } else { '?' };
        format!("{}{sign}{query}", self.authorization_endpoint)
    }

    /// The exchange of a code: the body of a form, and what the client shows beside it (`Authorization`). A client without a secret is known by
    /// its verifier alone.
    pub fn exchange(&self, asked: &Exchange<'_>) -> (String, Option<String>) {
        let Exchange { client, secret, code, redirect, verifier } = asked;
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", *code),
            ("redirect_uri", *redirect),
            ("code_verifier", *verifier),
        ];
        let Some(secret) = secret else {
            pairs.push(("client_id", client));
            return (form(&pairs), None);
        };
        // What is not said is `client_secret_basic`.
        let takes = |method: &str| {
            let methods = self.token_endpoint_auth_methods_supported.as_ref();
            methods.is_some_and(|methods| methods.iter().any(|one| one == method))
        };
        if takes("client_secret_post") && !takes("client_secret_basic") {
            pairs.extend([("client_id", *client), ("client_secret", *secret)]);
            return (form(&pairs), None);
        }
        let shown = STANDARD.encode(format!("{}:{}", escaped(client), escaped(secret)));
        (form(&pairs), Some(format!("Basic {shown}")))
    }
}

/// With what a browser is sent to a provider.
#[derive(Clone, Copy, Debug)]
pub struct Authorization<'a> {
    /// Whom the provider knows the node as.
    pub client: &'a str,
    /// Where the browser is sent back to.
    pub redirect: &'a str,
    /// What is asked for, parted by spaces.
    pub scopes: &'a str,
    /// By which the node knows its own request again.
    pub state: &'a str,
    /// What the ID token must hold.
    pub nonce: &'a str,
    /// What the exchange will show; only its digest goes along.
    pub verifier: &'a str,
}

/// What a code is exchanged with.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// Whom the provider knows the node as.
    pub client: &'a str,
    /// What both know.
    pub secret: Option<&'a str>,
    /// The code.
    pub code: &'a str,
    /// Where the browser was sent back to.
    pub redirect: &'a str,
    /// Of which the request showed the digest.
    pub verifier: &'a str,
}

/// The ID token of an answer to an exchange.
pub fn id_token(body: &[u8]) -> Result<String, Untrusted> {
    #[derive(Deserialize)]
    struct Tokens {
        id_token: String,
    }
    let read: Tokens = serde_json::from_slice(body).map_err(|_| Untrusted::Form)?;
    Ok(read.id_token)
}

/// The digest of a verifier that goes along with the request (`S256`).
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Pairs as a form (`application/x-www-form-urlencoded`).
fn form(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

/// A value as it may stand in an address or a form.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a string takes anything");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn described(change: impl FnOnce(&mut serde_json::Value)) -> Result<Discovery, Untrusted> {
        let mut body = json!({
            "issuer": "https://id.example.cn/realm",
            "authorization_endpoint": "https://id.example.cn/realm/auth",
            "token_endpoint": "https://id.example.cn/realm/token",
            "jwks_uri": "https://id.example.cn/realm/keys",
            "response_types_supported": ["code"],
        });
        change(&mut body);
        Discovery::read(body.to_string().as_bytes(), "https://id.example.cn/realm")
    }

    #[test]
    fn a_node_asks_over_tls_or_on_its_own_machine() {
        for (address, safe) in [
            ("https://id.example.cn", true),
            ("https://id.example.cn:8443/realm", true),
            ("http://127.0.0.1:9000/x", true),
            ("http://localhost", true),
            ("http://[::1]:9000", true),
            ("http://id.example.cn", false),
            ("http://127.0.0.1.example.cn", false),
            ("http://127.0.0.1@example.cn/", false),
            ("http://localhost:80@example.cn/", false),
            ("https://", false),
            ("https:///x", false),
            ("ftp://id.example.cn", false),
            ("https://id.example.cn/ x", false),
            ("https://id.example.cn/\r\nx", false),
        ] {
            assert_eq!(is_safe(address), safe, "{address:?}");
        }
    }

    #[test]
    fn a_provider_names_itself_and_safe_addresses() {
        assert!(described(|_| ()).is_ok());
        for (field, value, why) in [
            ("issuer", json!("https://id.example.cn/realm/"), Untrusted::Issuer),
            ("issuer", json!("https://other.example.cn"), Untrusted::Issuer),
            ("token_endpoint", json!("http://id.example.cn/token"), Untrusted::Address),
            ("jwks_uri", json!("file:///etc/passwd"), Untrusted::Address),
            ("authorization_endpoint", json!("https://id.example.cn/#x"), Untrusted::Address),
            ("jwks_uri", json!(null), Untrusted::Form),
        ] {
            assert_eq!(described(|body| body[field] = value.clone()), Err(why), "{field} {value}");
        }
        assert_eq!(Discovery::read(b"<html>", "https://id.example.cn"), Err(Untrusted::Form));
    }

    #[test]
    fn a_browser_is_sent_with_the_digest_and_never_with_the_verifier() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let asked = Authorization {
            client: "yidi&42",
            redirect: "https://node.example.cn/web/oidc/a/callback",
            scopes: "openid profile",
            state: "s",
            nonce: "n",
            verifier,
        };
        let address = described(|_| ()).unwrap().authorization(&asked);
        assert_eq!(
            address,
            "https://id.example.cn/realm/auth?response_type=code&client_id=yidi%2642&redirect_uri=https%3A%2F%2Fnode.example.cn%2Fweb\
             %2Foidc%2Fa%2Fcallback&scope=openid%20profile&state=s&nonce=n\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
        let other = |body: &mut serde_json::Value| {
            body["authorization_endpoint"] = json!("https://id.example.cn/auth?tenant=1");
        };
        assert!(
            described(other)
                .unwrap()
                .authorization(&asked)
                .starts_with("https://id.example.cn/auth?tenant=1&response_type=")
        );
    }

    #[test]
    fn a_secret_is_shown_as_the_provider_takes_it() {
        let exchange = |methods: serde_json::Value, secret: Option<&str>| {
            let provider = described(|body| body["token_endpoint_auth_methods_supported"] = methods).unwrap();
            provider.exchange(&Exchange {
                client: "yidi",
                secret,
                code: "c+1",
                redirect: "https://n/",
                verifier: "v",
            })
        };
        let plain =
            "grant_type=authorization_code&code=c%2B1&redirect_uri=https%3A%2F%2Fn%2F&code_verifier=v";
        let basic = Some("Basic eWlkaTpzJTNBMQ==".to_owned());
        for (methods, secret, expected) in [
            (json!(null), Some("s:1"), (plain.to_owned(), basic.clone())),
            (json!(["client_secret_post", "client_secret_basic"]), Some("s:1"), (plain.to_owned(), basic)),
            (
                json!(["client_secret_post"]),
                Some("s:1"),
                (format!("{plain}&client_id=yidi&client_secret=s%3A1"), None),
            ),
            (json!(["none"]), None, (format!("{plain}&client_id=yidi"), None)),
        ] {
            assert_eq!(exchange(methods.clone(), secret), expected, "{methods}");
        }
    }

    #[test]
    fn an_answer_without_an_id_token_is_none() {
        assert_eq!(id_token(br#"{"id_token":"a.b.c","access_token":"x"}"#).unwrap(), "a.b.c");
        for body in [&br#"{"access_token":"x"}"#[..], br#"{"error":"invalid_grant"}"#, b"", b"[]"] {
            assert_eq!(id_token(body), Err(Untrusted::Form));
        }
    }
}

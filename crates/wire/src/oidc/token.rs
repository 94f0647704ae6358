//! The ID token and the keys that it is signed with: what is checked, and what is wrong with one that is not believed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use terms::Moment;

/// The longest ID token that is read, in bytes.
const TOKEN_BYTES_MAX: usize = 32 << 10;
/// How many keys of a provider are read.
const KEYS_MAX: usize = 64;
/// How far a provider's clock may be off, in seconds.
const SKEW: i64 = 60;
/// How long ago an ID token may have been issued that is shown now, in seconds: it comes straight from the provider.
const AGE_MAX: i64 = 600;
/// The longest subject, in bytes: OpenID Connect Core 1.0 §2 says 255.
const SUBJECT_MAX: usize = 255;

/// Why what a provider said is not believed. It goes into the operator's log, and nothing of the token with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// It cannot be read.
    #[error("what the provider sent cannot be read")]
    Form,
    /// An address that a node does not ask.
    #[error("the provider names an address that is not https")]
    Address,
    /// Not one of the three algorithms; `none` among them.
    #[error("the ID token is not signed with RS256, ES256 or EdDSA")]
    Algorithm,
    /// Extensions that must be understood.
    #[error("the ID token names extensions that must be understood")]
    Critical,
    /// The provider has no such key, as far as is known.
    #[error("the provider has no such key")]
    UnknownKey,
    /// The signature is another's.
    #[error("the signature of the ID token does not hold")]
    Signature,
    /// Somebody else's, or a description that names somebody else.
    #[error("the issuer is another")]
    Issuer,
    /// Nobody is named, or too long.
    #[error("the ID token names no subject")]
    Subject,
    /// For somebody else.
    #[error("the ID token is for another client")]
    Audience,
    /// Asked for by somebody else.
    #[error("the ID token was given to another client")]
    AuthorizedParty,
    /// Its time is over.
    #[error("the ID token has expired")]
    Expired,
    /// It is of another time.
    #[error("the ID token was not issued just now")]
    IssuedAt,
    /// It answers another request.
    #[error("the ID token answers another request")]
    Nonce,
}

/// The keys of a provider (JWKS), as far as they sign with one of the three algorithms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet(Vec<Key>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    id: Option<String>,
    public: Public,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Public {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Written {
    kty: String,
    #[serde(default)]
    r#use: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

impl KeySet {
    /// Reads a set of keys; those of other kinds or for other uses are left out.
    pub fn read(body: &[u8]) -> Result<Self, Untrusted> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(body).map_err(|_| Untrusted::Form)?;
        let keys = set.keys.into_iter().take(KEYS_MAX);
        Ok(Self(keys.filter_map(|key| Key::of(serde_json::from_value(key).ok()?)).collect()))
    }

    /// The claims of an ID token that one of these keys has signed. What they say is still to be checked ([`Claims::check`]).
    pub fn open(&self, token: &str) -> Result<Claims, Untrusted> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            #[serde(default)]
            kid: Option<String>,
            #[serde(default)]
            crit: Option<Value>,
        }
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Untrusted::Form);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Untrusted::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(Untrusted::Form)?;
        let header: Header = serde_json::from_slice(&plain(header)?).map_err(|_| Untrusted::Form)?;
        if !ALGORITHMS.contains(&header.alg.as_str()) {
            return Err(Untrusted::Algorithm);
        }
        if header.crit.is_some() {
            return Err(Untrusted::Critical);
        }
        let fits = |key: &&Key| {
            key.public.algorithm() == header.alg && (header.kid.is_none() || key.id == header.kid)
        };
        let mut fitting = self.0.iter().filter(fits).peekable();
        if fitting.peek().is_none() {
            return Err(Untrusted::UnknownKey);
        }
        let signature = plain(signature)?;
        if !fitting.any(|key| key.public.has_signed(signed.as_bytes(), &signature)) {
            return Err(Untrusted::Signature);
        }
        Claims::read(&plain(claims)?)
    }
}

/// What is accepted. A key fits exactly one of them, so that no token chooses how a key is used.
const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

impl Key {
    fn of(written: Written) -> Option<Self> {
        let bytes = |text: Option<&String>| text.and_then(|text| plain(text).ok());
        let curve = written.crv.as_deref().unwrap_or_default();
        let public = match (written.kty.as_str(), curve) {
            ("RSA", _) => {
                let number = |text| {
                    let bytes = bytes(text)?;
                    // `ring` takes numbers without zeros before them.
                    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>())
                };
                Public::Rsa { modulus: number(written.n.as_ref())?, exponent: number(written.e.as_ref())? }
            }
            ("EC", "P-256") => {
                let (x, y) = (bytes(written.x.as_ref())?, bytes(written.y.as_ref())?);
                if (x.len(), y.len()) != (32, 32) {
                    return None;
                }
                Public::P256([&[4], x.as_slice(), y.as_slice()].concat())
            }
            ("OKP", "Ed25519") => Public::Ed25519(bytes(written.x.as_ref())?),
            _ => return None,
        };
        let signs = written.r#use.is_none_or(|of| of == "sig");
        let fits = written.alg.is_none_or(|algorithm| algorithm == public.algorithm());
        (signs && fits).then_some(Self { id: written.kid, public })
    }
}

impl Public {
    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let checked = match self {
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
        };
        checked.is_ok()
    }
}

fn plain(text: &str) -> Result<Vec<u8>, Untrusted> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Untrusted::Form)
}

/// What an ID token says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    iss: String,
    /// Who it is at that provider: never given to another there, and never changed.
    pub sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
    #[serde(skip)]
    others: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What an ID token must say to be believed.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Whose it is.
    pub issuer: &'a str,
    /// For whom.
    pub client: &'a str,
    /// What the request held.
    pub nonce: &'a str,
}

impl Claims {
    fn read(body: &[u8]) -> Result<Self, Untrusted> {
        let others: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Untrusted::Form)?;
        let read: Self =
            serde_json::from_value(Value::Object(others.clone())).map_err(|_| Untrusted::Form)?;
        Ok(Self { others, ..read })
    }

    /// Checks what an ID token says: whose it is, for whom, when, and that it answers the request (OpenID Connect Core 1.0 §3.1.3.7).
    pub fn check(&self, expected: Expected<'_>, now: Moment) -> Result<(), Untrusted> {
        let Expected { issuer, client, nonce } = expected;
        let now = now.millis().div_euclid(1_000);
        let (names_client, is_for_others) = match &self.aud {
            Audience::One(one) => (one == client, false),
            Audience::Many(all) => (all.iter().any(|one| one == client), all.len() > 1),
        };
        let authorized = match &self.azp {
            Some(party) => party == client,
            None => !is_for_others,
        };
        let is_now = |at: i64| (now - AGE_MAX - SKEW..=now + SKEW).contains(&at);
        if self.iss != issuer {
            Err(Untrusted::Issuer)
        } else if self.sub.is_empty() || self.sub.len() > SUBJECT_MAX {
            Err(Untrusted::Subject)
        } else if !names_client {
            Err(Untrusted::Audience)
        } else if !authorized {
            Err(Untrusted::AuthorizedParty)
        } else if self.exp <= now - SKEW {
            Err(Untrusted::Expired)
        } else if !is_now(self.iat) || self.nbf.is_some_and(|from| from > now + SKEW) {
            Err(Untrusted::IssuedAt)
        } else if self.nonce.as_deref() != Some(nonce) {
            Err(Untrusted::Nonce)
        } else {
            Ok(())
        }
    }

    /// Whether the provider says that it has seen more than one thing that shows who it is (RFC 8176: `mfa`).
    pub fn has_several_factors(&self) -> bool {
        self.amr.iter().any(|method| method == "mfa")
    }

    /// A claim that is a text, such as what the person is called there.
    pub fn text(&self, name: &str) -> Option<&str> {
        if name == "sub" { Some(&self.sub) } else { self.others.get(name)?.as_str() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
    };
    use serde_json::json;

    const EXPECTED: Expected<'static> =
        Expected { issuer: "https://id.example.cn", client: "yidi", nonce: "n-1" };
    /// 2026-11-21 10:00:00 in Beijing.
    const NOW: i64 = 1_795_226_400;

    fn now() -> Moment {
        Moment::from_millis(NOW * 1_000 + 500).unwrap()
    }

    fn written(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A provider with a key of either curve.
    struct Provider {
        p256: EcdsaKeyPair,
        ed25519: Ed25519KeyPair,
    }

    impl Provider {
        fn new() -> Self {
            let random = SystemRandom::new();
            let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
            let p256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256.as_ref(), &random);
            let ed25519 = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
            Self { p256: p256.unwrap(), ed25519 }
        }

        fn keys(&self) -> Value {
            let point = self.p256.public_key().as_ref();
            json!({ "keys": [
                { "kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "alg": "ES256",
                  "x": written(&point[1..33]), "y": written(&point[33..]) },
                { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": written(self.ed25519.public_key()) },
                { "kty": "oct", "kid": "ec", "k": "c2VjcmV0" },
            ]})
        }

        fn set(&self) -> KeySet {
            KeySet::read(self.keys().to_string().as_bytes()).unwrap()
        }

        fn token(&self, header: &Value, claims: &Value) -> String {
            let signed = format!("{}.{}", written(header.to_string()), written(claims.to_string()));
            let signature = if header["kid"] == "ed" {
                self.ed25519.sign(signed.as_bytes()).as_ref().to_vec()
            } else {
                self.p256.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec()
            };
            format!("{signed}.{}", written(signature))
        }
    }

    fn header() -> Value {
        json!({ "alg": "ES256", "kid": "ec", "typ": "JWT" })
    }

    fn claims() -> Value {
        json!({
            "iss": "https://id.example.cn", "sub": "u-1", "aud": "yidi", "exp": NOW + 300, "iat": NOW - 5,
            "nonce": "n-1", "preferred_username": "wangfang",
        })
    }

    fn read(claims: &Value) -> Claims {
        Claims::read(claims.to_string().as_bytes()).unwrap()
    }

    fn with(mut value: Value, field: &str, to: Value) -> Value {
        match to {
            Value::Null => {
                value.as_object_mut().unwrap().remove(field);
            }
            to => value[field] = to,
        }
        value
    }

    #[test]
    fn a_token_of_a_key_of_the_provider_is_opened_and_no_other() {
        let (provider, other) = (Provider::new(), Provider::new());
        let keys = provider.set();
        let good = provider.token(&header(), &claims());
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let forged = with(claims(), "sub", json!("u-2"));
        let cases = [
            ("as it should be", good.clone(), Ok(())),
            (
                "by the other curve",
                provider.token(&json!({ "alg": "EdDSA", "kid": "ed" }), &claims()),
                Ok(()),
            ),
            ("without the key's name", provider.token(&json!({ "alg": "ES256" }), &claims()), Ok(())),
            (
                "by nobody",
                format!("{}.{}.", written(r#"{"alg":"none"}"#), written(claims().to_string())),
                Err(Untrusted::Algorithm),
            ),
            (
                "with the signature of nobody",
                provider.token(&with(header(), "alg", json!("none")), &claims()),
                Err(Untrusted::Algorithm),
            ),
            (
                "by a secret that all know",
                provider.token(&with(header(), "alg", json!("HS256")), &claims()),
                Err(Untrusted::Algorithm),
            ),
            (
                "by a key for another algorithm",
                provider.token(&with(header(), "kid", json!("ed")), &claims()),
                Err(Untrusted::UnknownKey),
            ),
            (
                "by a key that is not there",
                provider.token(&with(header(), "kid", json!("gone")), &claims()),
                Err(Untrusted::UnknownKey),
            ),
            ("by another's key", other.token(&header(), &claims()), Err(Untrusted::Signature)),
            (
                "with other claims",
                format!("{}.{}.{signature}", written(header().to_string()), written(forged.to_string())),
                Err(Untrusted::Signature),
            ),
            ("with half a signature", format!("{signed}.{}", &signature[..40]), Err(Untrusted::Signature)),
            (
                "with an extension",
                provider.token(&with(header(), "crit", json!(["b64"])), &claims()),
                Err(Untrusted::Critical),
            ),
            (
                "without a subject",
                provider.token(&header(), &with(claims(), "sub", Value::Null)),
                Err(Untrusted::Form),
            ),
            ("of two parts", signed.to_owned(), Err(Untrusted::Form)),
            ("of nothing", String::new(), Err(Untrusted::Form)),
            ("padded", format!("{good}="), Err(Untrusted::Form)),
            ("too long", format!("{}{good}", "x".repeat(TOKEN_BYTES_MAX)), Err(Untrusted::Form)),
        ];
        for (what, token, expected) in cases {
            assert_eq!(keys.open(&token).map(|_| ()), expected, "{what}");
        }
    }

    #[test]
    fn a_key_of_rsa_checks_what_it_signed() {
        // RFC 7515, appendix A.2.
        let keys = json!({ "keys": [{ "kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-\
            Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e\
            -KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9g\
            b54h4FRWyuXpoQ" }]});
        let signed = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dn\
            ZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc\
            6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        let keys = KeySet::read(keys.to_string().as_bytes()).unwrap();
        assert_eq!(keys.0.len(), 1);
        // The signature holds; what is signed is no ID token.
        assert_eq!(keys.open(&format!("{signed}.{signature}")), Err(Untrusted::Form));
        let other = signed.replace("eyJpc3Mi", "eyJpc3Nj");
        assert_eq!(keys.open(&format!("{other}.{signature}")), Err(Untrusted::Signature));
        // A short key is none.
        let short = json!({ "keys": [{ "kty": "RSA", "e": "AQAB", "n": written([0xc1; 128]) }]});
        let short = KeySet::read(short.to_string().as_bytes()).unwrap();
        assert_eq!(short.open(&format!("{signed}.{}", written([1; 128]))), Err(Untrusted::Signature));
    }

    #[test]
    fn keys_for_other_uses_are_none() {
        let provider = Provider::new();
        let all = provider.keys();
        assert_eq!(provider.set().0.len(), 2, "a secret is no public key");
        for (field, value) in [
            ("use", json!("enc")),
            ("alg", json!("ES384")),
            ("crv", json!("P-384")),
            ("x", json!("AA")),
            ("kty", json!("RSA")),
        ] {
            let mut keys = all.clone();
            keys["keys"][0][field] = value;
            assert_eq!(KeySet::read(keys.to_string().as_bytes()).unwrap().0.len(), 1, "{field}");
        }
        assert_eq!(KeySet::read(b"{}"), Err(Untrusted::Form));
        assert_eq!(KeySet::read(br#"{"keys":[1,"x",null]}"#).unwrap(), KeySet::default());
    }

    #[test]
    fn what_a_token_says_is_checked_whole() {
        for (field, value, expected) in [
            ("typ", json!("ID"), Ok(())),
            ("aud", json!(["yidi"]), Ok(())),
            ("azp", json!("yidi"), Ok(())),
            ("exp", json!(NOW - 59), Ok(())),
            ("iat", json!(NOW + 60), Ok(())),
            ("nbf", json!(NOW), Ok(())),
            ("iss", json!("https://id.example.cn/"), Err(Untrusted::Issuer)),
            ("sub", json!(""), Err(Untrusted::Subject)),
            ("sub", json!("x".repeat(256)), Err(Untrusted::Subject)),
            ("aud", json!("other"), Err(Untrusted::Audience)),
            ("aud", json!([]), Err(Untrusted::Audience)),
            ("aud", json!(["yidi", "other"]), Err(Untrusted::AuthorizedParty)),
            ("azp", json!("other"), Err(Untrusted::AuthorizedParty)),
            ("exp", json!(NOW - 60), Err(Untrusted::Expired)),
            ("iat", json!(NOW + 61), Err(Untrusted::IssuedAt)),
            ("iat", json!(NOW - 661), Err(Untrusted::IssuedAt)),
            ("nbf", json!(NOW + 61), Err(Untrusted::IssuedAt)),
            ("nonce", json!("n-2"), Err(Untrusted::Nonce)),
            ("nonce", Value::Null, Err(Untrusted::Nonce)),
        ] {
            let said = read(&with(claims(), field, value.clone()));
            assert_eq!(said.check(EXPECTED, now()), expected, "{field} {value}");
        }
        let of_two = with(with(claims(), "aud", json!(["yidi", "other"])), "azp", json!("yidi"));
        let of_two = read(&of_two);
        assert_eq!(of_two.check(EXPECTED, now()), Ok(()));
    }

    #[test]
    fn claims_tell_a_name_and_how_it_was_shown() {
        let said = read(&claims());
        assert_eq!((said.text("preferred_username"), said.text("sub")), (Some("wangfang"), Some("u-1")));
        assert_eq!((said.text("name"), said.text("exp")), (None, None));
        for (amr, several) in
            [(json!(["pwd"]), false), (json!(["pwd", "otp"]), false), (json!(["pwd", "otp", "mfa"]), true)]
        {
            let said = read(&with(claims(), "amr", amr.clone()));
            assert_eq!(said.has_several_factors(), several, "{amr}");
        }
    }
}

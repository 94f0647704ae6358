//! Who sends a message: the institution's own way of authenticating, as its province's gateway defines it.

use crate::{
    context::{Failure, Outcome},
    province::ProvinceNode,
    transcript::Proof,
};
use axum::http::HeaderMap;
use casework::{
    institution::{Authentication, Institution},
    transcript::Unproven,
};
use sign::{GatewayRefusal, ca_hmac_sm3, csb_hmac_sha1, sm2, sm2_sm4::Sealed, sm4, tif_sha256};
use store::institution;
use terms::Moment;
use wire::hospital::{Received, Request};

/// The headers of a request.
pub struct Headers<'a>(pub &'a HeaderMap);

impl Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }
}

/// Who says to be an institution.
pub struct Asker<'a> {
    /// This node.
    pub node: &'a ProvinceNode,
    /// The institution, as registered.
    pub institution: &'a Institution,
    /// What came with the message.
    pub headers: &'a Headers<'a>,
    /// When it came.
    pub now: Moment,
}

impl Asker<'_> {
    /// The message, once it is shown that the institution sent it. The inner refusal is the gateway's own; the outer one is of
    /// the envelope, or trouble of the database. What is known of its sender is said in any case.
    pub async fn check(
        &self,
        body: &[u8],
        message: Received,
        proof: &mut Proof,
    ) -> Outcome<Result<Request, GatewayRefusal>> {
        if self.institution.authentication == Authentication::Sm2Sm4 {
            return self.open(message, proof).await;
        }
        *proof = self.prove(body).await?;
        match *proof {
            Proof::Shown => Ok(Ok(message.clear()?)),
            Proof::Not(why) => Ok(Err(said_of(why))),
        }
    }

    /// What is known of the sender of something that cannot be read.
    pub async fn prove_unread(&self, body: &[u8]) -> Outcome<Proof> {
        if self.institution.authentication == Authentication::Sm2Sm4 {
            return Ok(Proof::Not(Unproven::Unreadable));
        }
        self.prove(body).await
    }

    /// What is known of the sender of what is not under seal.
    async fn prove(&self, body: &[u8]) -> Outcome<Proof> {
        match self.institution.authentication {
            Authentication::None => Ok(Proof::Shown),
            Authentication::CsbHmacSha1 => Ok(self.check_csb().map_or_else(not, |()| Proof::Shown)),
            Authentication::TifSha256 => self.check_tif().await,
            Authentication::CaHmacSm3 => self.check_ca(body).await,
            Authentication::Sm2Sm4 => Ok(Proof::Not(Unproven::Unreadable)),
        }
    }

    fn check_csb(&self) -> Result<(), GatewayRefusal> {
        let given = csb_hmac_sha1::Headers {
            api_name: self.headers.get("_api_name"),
            api_version: self.headers.get("_api_version"),
            api_timestamp: self.headers.get("_api_timestamp"),
            api_access_key: self.headers.get("_api_access_key"),
            api_signature: self.headers.get(csb_hmac_sha1::SIGNATURE),
        };
        csb_hmac_sha1::verify(&given, self.secret_of(given.api_access_key), self.now)
    }

    async fn check_tif(&self) -> Outcome<Proof> {
        let given = tif_sha256::Headers {
            paasid: self.headers.get("x-tif-paasid"),
            timestamp: self.headers.get("x-tif-timestamp"),
            nonce: self.headers.get("x-tif-nonce"),
            signature: self.headers.get("x-tif-signature"),
        };
        let window = tif_sha256::WINDOW_MILLIS;
        match tif_sha256::verify(&given, self.secret_of(given.paasid), self.now, window) {
            Ok(nonce) => self.first_time(nonce, None, window).await,
            Err(refusal) => Ok(not(refusal)),
        }
    }

    async fn check_ca(&self, body: &[u8]) -> Outcome<Proof> {
        let given = ca_hmac_sm3::Headers {
            key: self.headers.get("x-ca-key"),
            signature: self.headers.get("x-ca-signature"),
        };
        match ca_hmac_sm3::verify(&given, body, self.secret_of(given.key), self.now) {
            Ok(signature) => self.first_time(&signature, None, ca_hmac_sm3::WINDOW_MILLIS).await,
            Err(refusal) => Ok(not(refusal)),
        }
    }

    /// Opens what is under seal. Its signature says neither when nor for which transaction it was made, so it is good for one
    /// message, which may be sent again.
    async fn open(&self, message: Received, proof: &mut Proof) -> Outcome<Result<Request, GatewayRefusal>> {
        *proof = Proof::Not(Unproven::Unreadable);
        let sealed: Sealed = message.sealed()?;
        let Some((key, signer)) = keys_of(self.institution) else {
            *proof = Proof::Not(Unproven::UnknownCaller);
            return Ok(Err(GatewayRefusal::UnknownCaller));
        };
        let input = match sealed.open(&key, &signer, &self.institution.access_key) {
            Ok(input) => input,
            Err(refusal) => {
                *proof = not(refusal);
                return Ok(Err(refusal));
            }
        };
        // What it signed is its own, whatever becomes of the rest.
        *proof = Proof::Shown;
        let request = message.opened(&input)?;
        let once = format!("{}/{}", request.infno, request.msgid.as_str());
        let window = i64::try_from(self.node.settings.clock_tolerance.as_millis()).unwrap_or(i64::MAX / 4);
        *proof = self.first_time(&sealed.signature, Some(&once), window).await?;
        Ok(match *proof {
            Proof::Shown => Ok(request),
            Proof::Not(why) => Err(said_of(why)),
        })
    }

    /// Refuses a nonce or signature that came before within the window, unless it came with this same message.
    async fn first_time(&self, nonce: &str, message: Option<&str>, window_millis: i64) -> Outcome<Proof> {
        let whose = (self.institution.place.0.pooling_area(), self.institution.access_key.as_str());
        let times = (self.now, self.now.plus_millis(-2 * window_millis));
        let mut work = self.node.context.store.begin().await.map_err(Failure::from)?;
        let fresh = institution::remember_nonce(&mut work, whose, nonce, message, times).await?;
        work.save().await?;
        Ok(if fresh { Proof::Shown } else { Proof::Not(Unproven::Replayed) })
    }

    /// The secret, if the caller goes by the institution's own access key.
    fn secret_of(&self, access_key: Option<&str>) -> Option<&str> {
        (access_key.map(str::trim) == Some(self.institution.access_key.as_str()))
            .then_some(self.institution.secret.0.as_str())
    }
}

/// Why nobody takes a message as an institution's that the gateway refuses.
fn not(refusal: GatewayRefusal) -> Proof {
    Proof::Not(match refusal {
        GatewayRefusal::HeaderMissing => Unproven::HeaderMissing,
        GatewayRefusal::TimestampExpired => Unproven::TimestampExpired,
        GatewayRefusal::UnknownCaller => Unproven::UnknownCaller,
        GatewayRefusal::SignatureDiffers => Unproven::SignatureDiffers,
    })
}

/// What the gateway says of it, which tells a stranger less.
const fn said_of(why: Unproven) -> GatewayRefusal {
    match why {
        Unproven::HeaderMissing => GatewayRefusal::HeaderMissing,
        Unproven::TimestampExpired => GatewayRefusal::TimestampExpired,
        Unproven::UnknownCaller => GatewayRefusal::UnknownCaller,
        Unproven::SignatureDiffers | Unproven::Replayed | Unproven::Unreadable | Unproven::Busy => {
            GatewayRefusal::SignatureDiffers
        }
    }
}

/// The keys of an institution whose messages go under seal: the SM4 key shared with it, and its SM2 public key.
pub fn keys_of(institution: &Institution) -> Option<(sm4::Key, sm2::PublicKey)> {
    if institution.authentication != Authentication::Sm2Sm4 {
        return None;
    }
    let key = sm4::Key::from_hex(&institution.secret.0).ok()?;
    Some((key, sm2::PublicKey::from_hex(&institution.public_key).ok()?))
}

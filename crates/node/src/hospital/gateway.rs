//! Who sends a message: the institution's own way of authenticating, as its province's gateway defines it.

use crate::{context::Outcome, province::ProvinceNode};
use axum::http::HeaderMap;
use casework::institution::{Authentication, Institution};
use std::time::Duration;
use store::institution;
use terms::Moment;
use wire::sign::{GatewayRefusal, csb_hmac_sha1, tif_sha256};

/// The headers of a request.
pub struct Headers<'a>(pub &'a HeaderMap);

impl Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }
}

/// Checks that the institution sent it. The inner refusal is the gateway's own; trouble is the database's.
pub async fn check(
    node: &ProvinceNode,
    institution: &Institution,
    headers: &Headers<'_>,
    now: Moment,
) -> Outcome<Result<(), GatewayRefusal>> {
    match institution.authentication {
        Authentication::None => Ok(Ok(())),
        Authentication::CsbHmacSha1 => Ok(check_csb(institution, headers, now)),
        Authentication::TifSha256 => check_tif(node, institution, headers, now).await,
    }
}

fn check_csb(institution: &Institution, headers: &Headers<'_>, now: Moment) -> Result<(), GatewayRefusal> {
    let given = csb_hmac_sha1::Headers {
        api_name: headers.get("_api_name"),
        api_version: headers.get("_api_version"),
        api_timestamp: headers.get("_api_timestamp"),
        api_access_key: headers.get("_api_access_key"),
        api_signature: headers.get("_api_signature"),
    };
    csb_hmac_sha1::verify(&given, secret_of(institution, given.api_access_key), now)
}

async fn check_tif(
    node: &ProvinceNode,
    institution: &Institution,
    headers: &Headers<'_>,
    now: Moment,
) -> Outcome<Result<(), GatewayRefusal>> {
    let given = tif_sha256::Headers {
        paasid: headers.get("x-tif-paasid"),
        timestamp: headers.get("x-tif-timestamp"),
        nonce: headers.get("x-tif-nonce"),
        signature: headers.get("x-tif-signature"),
    };
    let secret = secret_of(institution, given.paasid);
    let window = Duration::from_millis(tif_sha256::WINDOW_MILLIS.unsigned_abs());
    let nonce = match tif_sha256::verify(&given, secret, now, tif_sha256::WINDOW_MILLIS) {
        Ok(nonce) => nonce,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let forget_before = now.plus_millis(-2 * i64::try_from(window.as_millis()).unwrap_or(i64::MAX / 4));
    let mut work = node.context.store.begin().await?;
    let area = institution.place.0.pooling_area();
    let fresh =
        institution::remember_nonce(&mut work, area, &institution.access_key, nonce, (now, forget_before))
            .await?;
    work.save().await?;
    Ok(if fresh { Ok(()) } else { Err(GatewayRefusal::SignatureDiffers) })
}

/// The secret, if the caller goes by the institution's own access key.
fn secret_of<'a>(institution: &'a Institution, access_key: Option<&str>) -> Option<&'a str> {
    (access_key.map(str::trim) == Some(institution.access_key.as_str()))
        .then_some(institution.secret.0.as_str())
}

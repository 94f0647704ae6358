//! 9001 签到, 9002 签退.

use super::Call;
use crate::context::Outcome;
use store::institution;
use terms::Refusal;
use wire::hospital::{t9001, t9002};

/// 9001: opens a session.
pub async fn sign_in(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t9001::Input::read(call.request)?;
    let operator = input.opter_no.unwrap_or_else(|| call.request.opter.clone());
    let context = &call.node.context;
    let sign_no = format!("{:011}", context.ids.serial() % 100_000_000_000);
    call.once(async |work| {
        let whose = (call.area(), &call.institution.code);
        institution::sign_in(work, whose, &sign_no, &operator, call.received).await?;
        let session = t9001::SignIn { sign_time: call.received, sign_no: sign_no.clone() };
        Ok(Some(t9001::Output { signinoutb: session }.value()))
    })
    .await
}

/// 9002: ends a session; one that is not open is refused.
pub async fn sign_out(call: &Call<'_>) -> Outcome<Vec<u8>> {
    let input = t9002::Input::read(call.request)?;
    let sign_no = input.sign_no.or_else(|| call.request.sign_no.clone());
    let sign_no = sign_no.ok_or_else(|| Refusal::missing("sign_no", "签到（9001）返回的签到编号"))?;
    call.once(async |work| {
        let whose = (call.area(), &call.institution.code);
        if !institution::sign_out(work, whose, &sign_no, call.received).await? {
            return Err(Refusal::invalid("sign_no", "已签到且未签退的签到编号").into());
        }
        Ok(Some(t9002::Output { sign_time: call.received }.value()))
    })
    .await
}

/// Where the institution's setting asks for it, only a signed-in session may do anything but sign in.
pub async fn check(call: &Call<'_>) -> Outcome<()> {
    if !call.institution.sign_in_needed || call.request.infno == "9001" {
        return Ok(());
    }
    let sign_no = call.request.sign_no.as_deref().ok_or(Refusal::NotSignedIn {})?;
    let mut conn = call.node.context.store.conn().await?;
    if institution::is_signed_in(&mut conn, (call.area(), &call.institution.code), sign_no).await? {
        Ok(())
    } else {
        Err(Refusal::NotSignedIn {}.into())
    }
}

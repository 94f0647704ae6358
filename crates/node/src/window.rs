//! The window of an institution (收费窗口): a transaction of the hospital interface, carried out for somebody with a session instead of the
//! institution's own software.
//!
//! The session has shown who it is, so that the institution's secret is nowhere needed. All else is as with a signed message: the same
//! first answers under (institution, transaction, message id), the same records, the same places at work.

use crate::{access::Clerk, api::Answer, hospital, province::ProvinceNode, trace};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    middleware::from_fn_with_state,
    response::Response,
    routing::post,
};
use casework::access::Area;
use std::sync::Arc;
use terms::{InstitutionCode, Refusal};
use wire::{api::portal::WindowMessage, hospital::Request};

/// The route of a province.
pub(crate) fn routes(node: &Arc<ProvinceNode>) -> Router<Arc<ProvinceNode>> {
    let counted = from_fn_with_state(Arc::clone(node), trace::hospital);
    Router::new().route("/web/window/{institution}/{infno}", post(carry_out).layer(counted))
}

/// What session numbers are for is to show who sits there, which the session has shown.
const SIGN_IN: [&str; 2] = ["9001", "9002"];

async fn carry_out(
    State(node): State<Arc<ProvinceNode>>,
    clerk: Clerk,
    Path((code, infno)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Answer> {
    // A program has the hospital interface itself.
    let Some(account) = clerk.account() else {
        let detail = "收费窗口须由收费员登录后使用，程序请使用医院接口".to_owned();
        return Err(Refusal::NotAuthenticated { detail }.into());
    };
    let code: InstitutionCode =
        code.parse().map_err(|_| Refusal::invalid("institution", "定点医药机构编号"))?;
    let institution = node.institution(&code).await.map_err(crate::context::Failure::refusal)?;
    let unknown = || Refusal::UnknownInstitution { fixmedins_code: code.to_string() };
    let institution = institution.ok_or_else(unknown)?;
    let place = institution.place.division();
    clerk.within(&Area::Institution { code: code.clone(), place })?;
    if body.len() > node.settings.body_bytes_max {
        return Err(Refusal::TooLarge { limit: node.settings.body_bytes_max.to_string() }.into());
    }
    let message: WindowMessage = serde_json::from_slice(&body).map_err(|error| {
        let detail = format!("第{}行第{}列", error.line(), error.column());
        Refusal::NotJson { detail }
    })?;
    let infno = infno.to_ascii_uppercase();
    if SIGN_IN.contains(&infno.as_str()) {
        return Err(Refusal::TransactionNotServed {
            infno, name: "签到签退（窗口已登录）".to_owned()
        }
        .into());
    }
    let request = Request::of_window(
        &infno,
        &message,
        (account.name.as_str(), &clerk.name),
        (&institution.code, &institution.name, place),
        node.context.now(),
    )?;
    Ok(hospital::of_window(&node, &request, &institution).await)
}

//! The window of an institution (收费窗口) and its office for insurance (医保办): a transaction of the hospital interface, carried out for
//! somebody with a session instead of the institution's own software.
//!
//! The session has shown who it is, so that the institution's secret is nowhere needed. All else is as with a signed message: the same
//! first answers under (institution, transaction, message id), the same records, the same places at work.
//!
//! Who charges people does not confirm what the institution is owed for it: the office compares books and answers for the lines of a
//! month, the window does everything else.

use crate::{access::Clerk, api::Answer, hospital, province::ProvinceNode, trace};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    middleware::from_fn_with_state,
    response::Response,
    routing::post,
};
use casework::{
    access::{Area, Role},
    transcript::Origin,
};
use std::sync::Arc;
use terms::{InstitutionCode, Refusal};
use wire::{api::portal::WindowMessage, hospital::Request};

/// The route of a province.
pub(crate) fn routes(node: &Arc<ProvinceNode>) -> Router<Arc<ProvinceNode>> {
    let counted = from_fn_with_state(Arc::clone(node), trace::window);
    Router::new()
        .route("/web/window/{institution}/{infno}", post(at_window).layer(counted.clone()))
        .route("/web/office/{institution}/{infno}", post(at_office).layer(counted))
}

/// What session numbers are for is to show who sits there, which the session has shown.
const SIGN_IN: [&str; 2] = ["9001", "9002"];
/// What the office does: the books of days (对账), with the files of their lines, and the lines of months (清分).
const OF_OFFICE: [&str; 7] = ["3201", "3202", "3260", "3261", "3262", "9101", "9102"];
/// What of it the office alone does: these bind the institution.
const OF_OFFICE_ALONE: [&str; 2] = ["3261", "3262"];

/// Where in an institution somebody sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seat {
    Window,
    Office,
}

impl Seat {
    /// How what is sent from here is marked where messages are recorded (接口报文记录).
    const fn origin(self) -> Origin {
        match self {
            Self::Window => Origin::Window,
            Self::Office => Origin::Office,
        }
    }

    /// Refuses what is not done here.
    fn check(self, infno: &str) -> Result<(), Refusal> {
        let infno = infno.to_owned();
        if SIGN_IN.contains(&infno.as_str()) {
            return Err(Refusal::TransactionNotServed {
                infno, name: "签到签退（窗口已登录）".to_owned()
            });
        }
        let at = infno.as_str();
        match self {
            Self::Window if OF_OFFICE_ALONE.contains(&at) => {
                let action = format!("{infno}清分意见");
                Err(Refusal::NotPermitted { action, who: Role::InstitutionOffice.chinese().to_owned() })
            }
            Self::Office if !OF_OFFICE.contains(&at) => {
                let action = format!("{infno}收费窗口业务");
                Err(Refusal::NotPermitted { action, who: Role::Cashier.chinese().to_owned() })
            }
            Self::Window | Self::Office => Ok(()),
        }
    }
}

type Node = State<Arc<ProvinceNode>>;
type Asked = Path<(String, String)>;

async fn at_window(
    node: Node,
    clerk: Clerk,
    Path((code, infno)): Asked,
    body: Bytes,
) -> Result<Response, Answer> {
    carry_out(node, clerk, (&code, &infno, Seat::Window), body).await
}

async fn at_office(
    node: Node,
    clerk: Clerk,
    Path((code, infno)): Asked,
    body: Bytes,
) -> Result<Response, Answer> {
    carry_out(node, clerk, (&code, &infno, Seat::Office), body).await
}

async fn carry_out(
    State(node): Node,
    clerk: Clerk,
    (code, infno, seat): (&str, &str, Seat),
    body: Bytes,
) -> Result<Response, Answer> {
    // A program has the hospital interface itself.
    let Some(account) = clerk.account() else {
        let detail = "收费窗口须由收费员、医保办登录后使用，程序请使用医院接口".to_owned();
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
    seat.check(&infno)?;
    let request = Request::of_window(
        &infno,
        &message,
        (account.name.as_str(), &clerk.name),
        (&institution.code, &institution.name, place),
        node.context.now(),
    )?;
    Ok(hospital::of_window(&node, seat.origin(), &request, &institution).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_charges_confirms_nothing_and_the_office_charges_nobody() {
        for (infno, at_window, at_office) in [
            ("2304", true, false),
            ("2305", true, false),
            ("5203", true, false),
            ("3201", true, true),
            ("3202", true, true),
            ("9101", true, true),
            ("9102", true, true),
            ("3260", true, true),
            ("3261", false, true),
            ("3262", false, true),
            ("9001", false, false),
        ] {
            assert_eq!(Seat::Window.check(infno).is_ok(), at_window, "{infno} at the window");
            assert_eq!(Seat::Office.check(infno).is_ok(), at_office, "{infno} at the office");
        }
    }
}

//! What clerks see of notices (付款、收款通知书), at the hub and at a province.

use super::{
    Answer, Clerk,
    list::{self, Asked},
    read,
};
use crate::{context::Failure, hub::Hub, notice as use_case, province::ProvinceNode};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::get,
};
use std::sync::Arc;
use store::notice::{self, NoticesWanted};
use terms::{Participant, Province, Refusal};
use wire::api::notice::{NoticeView, Notices};

/// How many notices one page has.
const PAGE: u16 = 100;
/// What notices are issued for: [`funds::notice::Cause::name`].
const CAUSES: [&str; 5] =
    ["clearing", "clearing_return", "prepayment", "prepayment_return", "prepayment_increase"];

/// The routes of the hub.
pub fn of_hub() -> Router<Arc<Hub>> {
    Router::new()
        .route("/api/v1/funds/notices", get(list_all))
        .route("/api/v1/funds/notices/{number}", get(find_issued))
}

/// The routes of a province.
pub fn of_province() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/funds/notices", get(list_own))
        .route("/api/v1/funds/notices/{number}", get(find_own))
}

async fn list_all(State(hub): State<Arc<Hub>>, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    list(&hub.context.store, Participant::Hub, &uri).await
}

async fn list_own(State(node): State<Arc<ProvinceNode>>, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    list(&node.context.store, node.context.me, &uri).await
}

/// By provinces and cause, in the order of issue. A province has those alone that concern it.
async fn list(store: &store::Store, owner: Participant, uri: &Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(uri)?;
    let province = |name: &str| asked.read::<Province>(name, "省级区划代码，形如420000");
    let cause = asked.text("cause");
    if cause.is_some_and(|cause| !CAUSES.contains(&cause)) {
        return Err(Refusal::invalid("cause", CAUSES.join("、")).into());
    }
    let rows = list::rows(asked.read("limit", "1到100的整数")?.or(Some(PAGE)), None)?;
    let wanted = NoticesWanted {
        concerning: province("province")?,
        payer: province("payer")?,
        payee: province("payee")?,
        cause,
        backwards: asked.sorted(&["issued"])?.1,
        after: asked.read("after", "上一页的next")?,
        most: rows.asked(),
    };
    let found = async {
        let mut conn = store.conn().await?;
        Ok(notice::search(&mut conn, owner, &wanted).await?)
    };
    let (found, follows) = rows.shown(found.await.map_err(|failure: Failure| failure.refusal())?);
    let next = found.last().filter(|_| follows).map(|last| last.serial.to_string());
    let view = |kept: &notice::KeptNotice| NoticeView::of(&kept.notice, kept.serial, kept.received_on, None);
    Ok(Answer::json(&Notices { notices: found.iter().map(view).collect(), next }))
}

async fn find_issued(
    State(hub): State<Arc<Hub>>,
    _: Clerk,
    Path(number): Path<String>,
) -> Result<Answer, Answer> {
    let number = read(&number, "number", "通知书编号")?;
    let (kept, reports) = use_case::look(&hub, &number).await.map_err(Failure::refusal)?;
    Ok(Answer::json(&NoticeView::of(&kept.notice, kept.serial, None, Some(&reports))))
}

async fn find_own(
    State(node): State<Arc<ProvinceNode>>,
    _: Clerk,
    Path(number): Path<String>,
) -> Result<Answer, Answer> {
    let number = read(&number, "number", "通知书编号")?;
    let found = async {
        let mut conn = node.context.store.conn().await?;
        Ok(notice::find(&mut conn, node.context.me, &number).await?)
    };
    let found = found.await.map_err(|failure: Failure| failure.refusal())?;
    let kept = found.ok_or_else(|| Refusal::UnknownNotice { number: number.to_string() })?;
    Ok(Answer::json(&NoticeView::of(&kept.notice, kept.serial, kept.received_on, None)))
}

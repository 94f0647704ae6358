//! What clerks see of notices (付款、收款通知书), at the hub and at a province.

use super::{Answer, Clerk, query, read};
use crate::{context::Failure, hub::Hub, notice as use_case, province::ProvinceNode};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::get,
};
use std::sync::Arc;
use store::notice;
use terms::{Participant, Province, Refusal};
use wire::api::notice::{NoticeView, Notices};

/// How many notices one page has.
const PAGE: i64 = 100;

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
    let province = query(&uri, "province").map(|code| read(&code, "province", "省级区划代码，形如420000"));
    list(&hub.context.store, Participant::Hub, province.transpose()?, &uri).await
}

async fn list_own(State(node): State<Arc<ProvinceNode>>, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    list(&node.context.store, node.context.me, None, &uri).await
}

async fn list(
    store: &store::Store,
    owner: Participant,
    concerning: Option<Province>,
    uri: &Uri,
) -> Result<Answer, Answer> {
    let after: i64 = query(uri, "after").map_or(Ok(0), |text| read(&text, "after", "上一页的next"))?;
    let found = async {
        let mut conn = store.conn().await?;
        Ok(notice::list(&mut conn, owner, concerning, after, PAGE).await?)
    };
    let found = found.await.map_err(|failure: Failure| failure.refusal())?;
    let is_full = i64::try_from(found.len()) == Ok(PAGE);
    let next = found.last().filter(|_| is_full).map(|last| last.serial.to_string());
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

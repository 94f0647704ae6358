//! The audit trail: auditors look through it, and have the whole chain verified.

use super::{Answer, Clerk, list::Asked, query, read};
use crate::{
    access::{Managed, person_subject},
    context::{Context, Failure},
    job::Progress,
};
use axum::{Router, extract::State, http::Uri, routing::get};
use casework::access::Action;
use sign::sm2::{bytes_of, hex_of};
use std::borrow::Cow;
use std::sync::Arc;
use store::audit_trail::{self, Entry, Filter};
use terms::{Day, PersonNumber, Refusal};
use wire::api::audit_trail::{AuditEntry, AuditTrail, AuditTrailVerified};

/// How many entries are on a page.
const PAGE: usize = 100;

/// The routes of a node of either kind.
pub(super) fn routes<N: Managed>() -> Router<Arc<N>> {
    Router::new()
        .route("/api/v1/audit-trail", get(search::<N>))
        .route("/api/v1/audit-trail/verification", get(verify::<N>))
}

async fn search<N: Managed>(State(node): State<Arc<N>>, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let text = |name: &str| query(&uri, name).map(Cow::into_owned);
    let day = |name: &str| {
        query(&uri, name).map(|text| read::<Day>(&text, name, "日期，形如2026-11-21")).transpose()
    };
    let asked = Asked::of(&uri)?;
    let before = query(&uri, "after").map(|text| read(&text, "after", "上一页的next")).transpose()?;
    let filter = Filter {
        account: text("account").map(|account| account.to_ascii_lowercase()),
        action: text("action"),
        subject: text("subject").map(|subject| subject_of(node.given(), subject)),
        outcome: text("outcome"),
        from: day("from")?.map(Day::start),
        until: day("until")?.map(|day| day.plus_days(1).start()),
        forwards: !asked.sorted(&["-sequence"])?.1,
        before,
    };
    let most = i64::try_from(PAGE).expect("a small number");
    let look = async {
        audit_trail::search(&mut *node.given().store.conn().await?, node.given().me, &filter, most).await
    };
    let found = look.await.map_err(|error| Failure::from(error).refusal())?;
    let next = found.last().filter(|_| found.len() == PAGE).map(|last| last.sequence.to_string());
    Ok(Answer::json(&AuditTrail { entries: found.iter().map(view).collect(), next }))
}

/// What somebody looks for: a person's number stands in the trail as a digest.
fn subject_of(context: &Context, text: String) -> String {
    let is_of_a_thing = text.contains(['/', ':']);
    match text.parse::<PersonNumber>() {
        Ok(number) if !is_of_a_thing => person_subject(context, number.as_str()),
        _ => text,
    }
}

fn view(entry: &Entry) -> AuditEntry {
    let event = &entry.event;
    let action = event.action.parse::<Action>();
    AuditEntry {
        sequence: entry.sequence,
        at: event.at.to_string(),
        account: event.account.clone(),
        role: event.role.clone(),
        area: event.area.clone(),
        action: event.action.clone(),
        action_name: action.map_or(named(&event.action), Action::chinese).to_owned(),
        subject: event.subject.clone(),
        outcome: event.outcome.clone(),
        duty: event.duty.clone(),
        address: event.address.clone(),
        hash: hex_of(&entry.hash),
    }
}

/// What is done about one's own account, or at an address that is nothing's, in Chinese.
fn named(action: &str) -> &'static str {
    match action {
        "log-in" => "登录",
        "log-out" => "退出登录",
        "register" => "参保人注册",
        "change-password" => "修改本人密码",
        "new-one-time-code" => "取得动态验证码密钥",
        "confirm-one-time-code" => "启用动态验证码",
        "tie-identity" => "绑定统一身份",
        "untie-identity" => "解除绑定统一身份",
        _ => "未登记的操作",
    }
}

async fn verify<N: Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    progress: Progress,
    uri: Uri,
) -> Result<Answer, Answer> {
    let noted = match (query(&uri, "sequence"), query(&uri, "hash")) {
        (None, None) => None,
        (Some(sequence), Some(hash)) => {
            let expected = "64位十六进制摘要";
            let bytes = bytes_of(&hash).and_then(|bytes| bytes.try_into().ok());
            let hash = bytes.ok_or_else(|| Refusal::invalid("hash", expected))?;
            Some((read(&sequence, "sequence", "序号")?, hash))
        }
        _ => return Err(Refusal::missing("hash", "sequence和hash须一并填写").into()),
    };
    progress.begin((1, 1), "核验操作日志");
    let walk = async {
        let mut conn = node.given().store.conn().await?;
        let me = node.given().me;
        let last = audit_trail::search(&mut conn, me, &Filter::default(), 1).await?;
        progress.of_about(last.first().map_or(0, |last| last.sequence.unsigned_abs()));
        audit_trail::verify_telling(&mut conn, me, noted, &|entries| progress.steps(entries)).await
    };
    let verified = walk.await.map_err(|error| Failure::from(error).refusal())?;
    Ok(Answer::json(&AuditTrailVerified {
        holds: verified.broken.is_none(),
        entries: verified.entries,
        broken_at: verified.broken.map(|(sequence, _)| sequence),
        reason: verified.broken.map(|(_, why)| why.chinese().to_owned()),
        head_sequence: verified.head.map(|(sequence, _)| sequence),
        head_hash: verified.head.map(|(_, hash)| hex_of(&hash)),
    }))
}

//! Notices of outages (停机公告): entered, corrected and taken back by operators of the node; shown to anybody, without a session, by pages
//! that everybody opens: the portal, the head of the consoles, the hospital's window.

use super::{
    Answer, Clerk, Input, Managed,
    list::{self, Asked, Form},
    read,
};
use crate::{
    announcement,
    context::Failure,
    public::{Caller, Public},
};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use casework::announcement::{Phase, Said};
use document::Cell;
use std::sync::Arc;
use store::announcement::{AnnouncementsWanted, KeptAnnouncement};
use terms::{Moment, Refusal};
use wire::api::{
    Reason,
    announcement::{AnnouncementView, Announcements, NewAnnouncement, ShownAnnouncement, ShownAnnouncements},
};

/// The routes of the hub and of a province.
pub(super) fn routes<N: Managed + Public>() -> Router<Arc<N>> {
    Router::new()
        .route("/api/v1/announcements", get(list::<N>).post(enter::<N>))
        .route("/api/v1/announcements/{number}/correct", post(correct::<N>))
        .route("/api/v1/announcements/{number}/withdraw", post(withdraw::<N>))
        .route("/web/portal/announcements", get(shown::<N>))
}

/// A time of an outage, as a form or a program writes it.
fn moment(text: &str, name: &str) -> Result<Moment, Refusal> {
    read(text, name, "北京时间，形如2026-11-25 22:00")
}

fn said(body: &NewAnnouncement) -> Result<Said<'_>, Refusal> {
    let published_at = body.published_at.as_deref().map(str::trim).filter(|text| !text.is_empty());
    Ok(Said {
        title: &body.title,
        text: &body.text,
        affects: &body.affects,
        from: moment(&body.from, "from")?,
        until: moment(&body.until, "until")?,
        published_at: published_at.map(|text| moment(text, "published_at")).transpose()?,
    })
}

fn answered<N: Managed>(node: &N, kept: Result<KeptAnnouncement, Failure>) -> Result<Answer, Answer> {
    let kept = kept.map_err(Failure::refusal)?;
    let context = node.given();
    Ok(Answer::json(&AnnouncementView::of(context.me, kept.owner, &kept.announcement, context.now())))
}

async fn enter<N: Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Input(body): Input<NewAnnouncement>,
) -> Result<Answer, Answer> {
    let kept = announcement::enter(node.given(), &said(&body)?, &clerk.name).await;
    if let Ok(kept) = &kept {
        clerk.about(&format!("announcement:{}", kept.announcement.number));
    }
    answered(&*node, kept)
}

async fn correct<N: Managed>(
    State(node): State<Arc<N>>,
    _: Clerk,
    Path(number): Path<String>,
    Input(body): Input<NewAnnouncement>,
) -> Result<Answer, Answer> {
    answered(&*node, announcement::correct(node.given(), &number, &said(&body)?).await)
}

async fn withdraw<N: Managed>(
    State(node): State<Arc<N>>,
    clerk: Clerk,
    Path(number): Path<String>,
    Input(body): Input<Reason>,
) -> Result<Answer, Answer> {
    answered(&*node, announcement::withdraw(node.given(), &number, &body.reason, &clerk.name).await)
}

/// What a page ended with, as the next one is asked for.
fn mark(text: &str) -> Result<(Moment, String), Refusal> {
    let read = || {
        let (at, number) = text.split_once('.')?;
        Some((Moment::from_millis(at.parse().ok()?)?, number.to_owned()))
    };
    read().ok_or_else(|| Refusal::invalid("after", "上一页的next"))
}

const HEADS: [&str; 9] =
    ["公告编号", "发布单位", "标题", "影响的业务", "开始时间", "结束时间", "发布时间", "状态", "登记人"];

async fn list<N: Managed>(State(node): State<Arc<N>>, _: Clerk, uri: Uri) -> Result<Answer, Answer> {
    let asked = Asked::of(&uri)?;
    let rows = list::rows(asked.read("limit", "1到100的整数")?, asked.text("form"))?;
    let phase = match asked.text("phase") {
        None | Some("all") => None,
        Some(name) => {
            let expected = || format!("{}或all", Phase::ALL.map(Phase::name).join("、"));
            Some(Phase::of_name(name).ok_or_else(|| Refusal::invalid("phase", expected()))?)
        }
    };
    let backwards = match asked.text("sort") {
        None | Some("-from") => true,
        Some("from") => false,
        Some(_) => return Err(Refusal::invalid("sort", "-from或from").into()),
    };
    let context = node.given();
    let (me, now) = (context.me, context.now());
    let after = asked.text("after").map(mark).transpose()?;
    let wanted = AnnouncementsWanted { phase, now, backwards, after, most: rows.asked() };
    let found = announcement::list(context, &wanted).await.map_err(Failure::refusal)?;
    let (found, follows) = rows.shown(found);
    let next = found
        .last()
        .filter(|_| follows)
        .map(|last| format!("{}.{}", last.announcement.from.millis(), last.announcement.number));
    let view = |kept: &KeptAnnouncement| AnnouncementView::of(me, kept.owner, &kept.announcement, now);
    let announcements: Vec<AnnouncementView> = found.iter().map(view).collect();
    Ok(match rows.form {
        Form::Page => Answer::json(&Announcements { announcements, next }),
        Form::File(format) => {
            list::file("停机公告", format, &HEADS, announcements.into_iter().map(cells).collect())
        }
    })
}

fn cells(view: AnnouncementView) -> Vec<Cell> {
    let shown = view.shown;
    let affects: Vec<String> = shown.affects.into_iter().map(|one| one.name).collect();
    vec![
        shown.number.into(),
        shown.owner_name.into(),
        shown.title.into(),
        affects.join("、").into(),
        shown.from.into(),
        shown.until.into(),
        shown.published_at.into(),
        shown.phase_name.into(),
        view.by.into(),
    ]
}

/// In which order everybody reads them.
fn rank(phase: Phase) -> u8 {
    match phase {
        Phase::Ongoing => 0,
        Phase::Upcoming => 1,
        Phase::Over | Phase::Scheduled | Phase::Withdrawn => 2,
    }
}

async fn shown<N: Managed + Public>(State(node): State<Arc<N>>, _: Caller) -> Result<Answer, Answer> {
    let context = node.given();
    let now = context.now();
    let mut found = announcement::shown(context).await.map_err(Failure::refusal)?;
    found.sort_by_key(|kept| rank(kept.announcement.phase(now)));
    let view = |kept: &KeptAnnouncement| ShownAnnouncement::of(kept.owner, &kept.announcement, now);
    Ok(Answer::json(&ShownAnnouncements { announcements: found.iter().map(view).collect() }))
}

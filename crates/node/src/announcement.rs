//! Notices of outages (停机公告): an operator of a node enters, corrects and takes back; everybody is shown them. A province pulls those of
//! the hub with its timetable and keeps them beside its own, so that they are shown there as well when the hub is the one that is out.

use crate::{
    context::{Context, Failure, Outcome},
    hub::Hub,
    payment_order::{ask, not_its_answer},
    province::ProvinceNode,
};
use casework::announcement::{Announcement, Said};
use store::announcement::{self as register, AnnouncementsWanted, KeptAnnouncement};
use terms::{Moment, Participant, Refusal};
use wire::peer::v1::{Answer, FoundAnnouncements, Question};

/// Enters a notice.
pub async fn enter(context: &Context, said: &Said<'_>, by: &str) -> Outcome<KeptAnnouncement> {
    let now = context.now();
    // In the order of time, and told apart where two are entered in one second.
    let number = format!("GG{}{:03}", now.compact(), context.ids.serial() % 1_000);
    let announcement = Announcement::enter(said, number, by, now)?;
    let mut work = context.store.begin().await?;
    register::put(&mut work, context.me, &announcement).await?;
    work.save().await?;
    Ok(KeptAnnouncement { owner: context.me, announcement })
}

/// Puts other words and times in place of what a notice of this node says.
pub async fn correct(context: &Context, number: &str, said: &Said<'_>) -> Outcome<KeptAnnouncement> {
    change(context, number, |one, now| one.correct(said, now)).await
}

/// Takes a notice of this node back.
pub async fn withdraw(context: &Context, number: &str, reason: &str, by: &str) -> Outcome<KeptAnnouncement> {
    change(context, number, |one, now| one.withdraw(reason, by, now)).await
}

async fn change(
    context: &Context,
    number: &str,
    decide: impl FnOnce(&Announcement, Moment) -> Result<Announcement, Refusal>,
) -> Outcome<KeptAnnouncement> {
    let now = context.now();
    let unknown = || Refusal::UnknownAnnouncement { number: number.chars().take(40).collect() };
    let mut work = context.store.begin().await?;
    // Those of the hub are the hub's to change: at a province they are not found.
    let held = register::hold(&mut work, context.me, number).await?.ok_or_else(unknown)?;
    let announcement = decide(&held.announcement, now)?;
    register::put(&mut work, context.me, &announcement).await?;
    work.save().await?;
    Ok(KeptAnnouncement { announcement, ..held })
}

/// A page of all that this node has.
pub async fn list(context: &Context, wanted: &AnnouncementsWanted) -> Outcome<Vec<KeptAnnouncement>> {
    Ok(register::list(&mut *context.store.conn().await?, wanted).await?)
}

/// What everybody is shown now.
pub async fn shown(context: &Context) -> Outcome<Vec<KeptAnnouncement>> {
    Ok(register::shown(&mut *context.store.conn().await?, context.now()).await?)
}

/// What the hub tells provinces.
pub async fn tell(hub: &Hub) -> Outcome<Answer> {
    let mut conn = hub.context.store.conn().await?;
    let announcements = register::not_over(&mut conn, Participant::Hub, hub.context.now()).await?;
    Ok(Answer::Announcements(FoundAnnouncements { announcements }))
}

/// Pulls the hub's notices: what it has stands here, and what it has no more goes.
pub async fn tick(node: &ProvinceNode) -> Outcome<()> {
    let Answer::Announcements(found) = ask(node, &Question::FindAnnouncements).await? else {
        return Err(not_its_answer());
    };
    take(node, found.announcements).await
}

async fn take(node: &ProvinceNode, mut found: Vec<Announcement>) -> Outcome<()> {
    let now = node.context.now();
    found.truncate(usize::try_from(register::MOST).unwrap_or_default());
    found.retain(|one| {
        let sound = one.is_in_order();
        if !sound {
            tracing::warn!(number = %one.number, "the hub tells a notice that is none");
        }
        sound
    });
    let mut conn = node.context.store.conn().await?;
    let known = register::not_over(&mut conn, Participant::Hub, now).await?;
    drop(conn);
    if known == found {
        return Ok(());
    }
    let mut work = node.context.store.begin().await?;
    let numbers: Vec<&str> = found.iter().map(|one| one.number.as_str()).collect();
    register::keep_only(&mut work, Participant::Hub, &numbers, now).await?;
    for one in found.iter().filter(|one| !known.contains(one)) {
        register::put(&mut work, Participant::Hub, one).await?;
    }
    work.save().await.map_err(Failure::from)
}

//! Notices of outages (停机公告): what operators enter, and what everybody is shown.

use casework::announcement::{Announcement, Business};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Moment, Participant};

/// A notice to enter, or to put in place of one: `POST /api/v1/announcements`, `POST /api/v1/announcements/{number}/correct`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnnouncement {
    /// 标题, 4 to 60 characters.
    pub title: String,
    /// What everybody reads, 5 to 2000 characters.
    pub text: String,
    /// 影响的业务, at least one: `everything`, `settlement`, `filing`, `details`, `clearing`, `portal`.
    pub affects: Vec<String>,
    /// From when, time of China: `2026-11-25 22:00`.
    pub from: String,
    /// Until when.
    pub until: String,
    /// From when on it is shown; at once if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<String>,
}

/// A business that is affected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BusinessView {
    /// For programs.
    pub code: String,
    /// In Chinese.
    pub name: String,
}

/// A notice as everybody is shown it: `GET /web/portal/announcements`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShownAnnouncement {
    /// 公告编号.
    pub number: String,
    /// Whose it is.
    pub owner: Participant,
    /// Its name: 国家平台 or the province.
    pub owner_name: String,
    /// 标题.
    pub title: String,
    /// What it says.
    pub text: String,
    /// 影响的业务.
    pub affects: Vec<BusinessView>,
    /// From when.
    pub from: String,
    /// Until when.
    pub until: String,
    /// When it was published.
    pub published_at: String,
    /// When it was corrected last, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<String>,
    /// Where it stands now: `scheduled`, `upcoming`, `ongoing`, `over` or `withdrawn`.
    pub phase: String,
    /// Where it stands, in Chinese.
    pub phase_name: String,
}

/// What everybody is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShownAnnouncements {
    /// What is under way first, then what is to come, then what is over since a few days.
    pub announcements: Vec<ShownAnnouncement>,
}

#[expect(
    clippy::disallowed_types,
    reason = "what serde reads flattened fields through knows floats; no field here is one"
)]
mod flat {
    use super::ShownAnnouncement;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// A notice as operators see it.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct AnnouncementView {
        /// As it is shown.
        #[serde(flatten)]
        pub shown: ShownAnnouncement,
        /// Whether it is this node's own, to be corrected and taken back here.
        pub own: bool,
        /// Who entered it.
        pub by: String,
        /// When.
        pub entered_at: String,
        /// How often it was corrected.
        pub corrections: u32,
        /// Why it was taken back, if it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub withdrawn_reason: Option<String>,
        /// By whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub withdrawn_by: Option<String>,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub withdrawn_at: Option<String>,
    }
}
pub use flat::AnnouncementView;

/// A page of notices: `GET /api/v1/announcements`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Announcements {
    /// The page.
    pub announcements: Vec<AnnouncementView>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

fn owner_name(owner: Participant) -> String {
    match owner {
        Participant::Hub => "国家平台".to_owned(),
        Participant::Province(province) => province.division().full_name(),
    }
}

impl ShownAnnouncement {
    /// What is shown of a notice at a moment.
    pub fn of(owner: Participant, one: &Announcement, now: Moment) -> Self {
        let business = |business: &Business| BusinessView {
            code: business.name().to_owned(),
            name: business.chinese().to_owned(),
        };
        let phase = one.phase(now);
        Self {
            number: one.number.clone(),
            owner,
            owner_name: owner_name(owner),
            title: one.title.clone(),
            text: one.text.clone(),
            affects: one.affects.iter().map(business).collect(),
            from: one.from.to_string(),
            until: one.until.to_string(),
            published_at: one.published_at.to_string(),
            corrected_at: one.corrected_at.map(|at| at.to_string()),
            phase: phase.name().to_owned(),
            phase_name: phase.chinese().to_owned(),
        }
    }
}

impl AnnouncementView {
    /// What operators of the node `me` see of a notice at a moment.
    pub fn of(me: Participant, owner: Participant, one: &Announcement, now: Moment) -> Self {
        let withdrawn = one.withdrawn.as_ref();
        Self {
            shown: ShownAnnouncement::of(owner, one, now),
            own: me == owner,
            by: one.by.clone(),
            entered_at: one.entered_at.to_string(),
            corrections: one.corrections,
            withdrawn_reason: withdrawn.map(|withdrawn| withdrawn.reason.clone()),
            withdrawn_by: withdrawn.map(|withdrawn| withdrawn.by.clone()),
            withdrawn_at: withdrawn.map(|withdrawn| withdrawn.at.to_string()),
        }
    }
}

//! Complaints and reports (投诉举报): anybody makes one on the portal and follows it by number and key; the agency answers.

use casework::complaint::{Complaint, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::Day;

/// A complaint to make: `POST /web/portal/complaints`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComplaint {
    /// `service` 服务态度, `refused_settlement` 无法直接结算, `amount` 结算金额异议, `filing` 备案问题, `fraud` 欺诈骗保线索, `other` 其他.
    pub kind: String,
    /// What happened, 5 to 2000 characters.
    pub text: String,
    /// The institution that it is about: code or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// How to be reached, at most 60 characters; none: anonymous. Only whoever works on it sees it whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// A complaint that was taken. The key is told this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TakenComplaint {
    /// The number.
    pub number: String,
    /// What shows that one is who made it: eight characters.
    pub key: String,
    /// When it was taken.
    pub received_at: String,
    /// The last day on which it is to be answered.
    pub due: Day,
}

/// A complaint as whoever made it sees it: `GET /web/portal/complaints/{number}?key=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FollowedComplaint {
    /// The number.
    pub number: String,
    /// The kind.
    pub kind: String,
    /// The kind in Chinese.
    pub kind_name: String,
    /// Where it stands: `received`, `assigned`, `answered` or `closed`.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// When it was taken.
    pub received_at: String,
    /// The last day on which it is to be answered.
    pub due: Day,
    /// The answer, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
}

/// A complaint at the agency's desk: `GET /api/v1/complaints/{number}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComplaintView {
    /// The number.
    pub number: String,
    /// The kind.
    pub kind: String,
    /// The kind in Chinese.
    pub kind_name: String,
    /// Where it stands: `received`, `assigned`, `answered` or `closed`.
    pub stage: String,
    /// Where it stands, in Chinese.
    pub stage_name: String,
    /// What happened, as it was written.
    pub text: String,
    /// The institution that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// How to reach who made it, masked unless a duty needs it; none: anonymous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// When it was taken.
    pub received_at: String,
    /// The last day on which it is to be answered.
    pub due: Day,
    /// Working days left until then; below nothing is how many have passed. None once it is answered or closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<i32>,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}

impl FollowedComplaint {
    /// What whoever made it is told.
    pub fn of(complaint: &Complaint) -> Self {
        Self {
            number: complaint.number.clone(),
            kind: complaint.kind.name().to_owned(),
            kind_name: complaint.kind.chinese().to_owned(),
            stage: complaint.stage.name().to_owned(),
            stage_name: complaint.stage.chinese().to_owned(),
            received_at: complaint.received_at.to_string(),
            due: complaint.due,
            answer: complaint.answer.as_ref().map(|answer| answer.text.clone()),
            answered_at: complaint.answer.as_ref().map(|answer| answer.at.to_string()),
        }
    }
}

impl ComplaintView {
    /// What is shown of a complaint; `left` are the working days to its last day.
    pub fn of(complaint: &Complaint, contact: Option<String>, left: i32) -> Self {
        let waits = matches!(complaint.stage, Stage::Received | Stage::Assigned);
        Self {
            number: complaint.number.clone(),
            kind: complaint.kind.name().to_owned(),
            kind_name: complaint.kind.chinese().to_owned(),
            stage: complaint.stage.name().to_owned(),
            stage_name: complaint.stage.chinese().to_owned(),
            text: complaint.text.clone(),
            about: complaint.about.clone(),
            contact,
            received_at: complaint.received_at.to_string(),
            due: complaint.due,
            left: waits.then_some(left),
            assigned_to: complaint.assigned_to.clone(),
            answer: complaint.answer.as_ref().map(|answer| answer.text.clone()),
            answered_by: complaint.answer.as_ref().map(|answer| answer.by.clone()),
            answered_at: complaint.answer.as_ref().map(|answer| answer.at.to_string()),
            closed_at: complaint.closed_at.map(|at| at.to_string()),
        }
    }
}

/// Complaints: `GET /api/v1/complaints`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Complaints {
    /// The oldest first.
    pub complaints: Vec<ComplaintView>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Who is to work on it: `POST /api/v1/complaints/{number}/assign`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignComplaint {
    /// The clerk or the office.
    pub to: String,
}

/// The answer: `POST /api/v1/complaints/{number}/answer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerComplaint {
    /// As whoever made it reads it, 2 to 2000 characters.
    pub answer: String,
}

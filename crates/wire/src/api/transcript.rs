//! Transcripts of institutions' messages (接口报文记录) as they are switched on, listed and looked at. What is personal in messages is covered
//! before they are kept; nothing shows it whole.

use crate::hospital::conformance::{Deviation, Weight};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use terms::InstitutionCode;

/// Switches recording on, or prolongs it: `POST /api/v1/institutions/{code}/recording`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecording {
    /// For how many hours from now on, 1 to 72.
    pub hours: u16,
    /// Why, in 2 to 200 characters; a matter, and no person.
    pub reason: String,
}

/// Whether an institution's messages are recorded: `GET /api/v1/institutions/{code}/recording`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordingView {
    /// 定点医药机构编号.
    pub institution: InstitutionCode,
    /// 名称.
    pub name: String,
    /// Whether what comes now is recorded.
    pub on: bool,
    /// Since when the last recording was on; none if there was none, or it is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins: Option<String>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<String>,
    /// Who switched it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many messages are kept.
    pub messages: u32,
    /// How many may be.
    pub messages_max: u32,
    /// How much of the room for them is taken, in percent.
    pub full: u8,
    /// How many of its own were not kept since this recording began: there was no room, or too many came at once.
    pub dropped: u32,
    /// For how many hours it may be switched on.
    pub hours_max: u16,
    /// How long a message is kept, in days.
    pub days_kept: u16,
    /// Messages in its name whose sender has not shown to be it: they are not kept, and counted by address and reason, those that came last first.
    pub strangers: Vec<StrangersView>,
}

/// Messages in an institution's name that are not taken as its own (未通过身份核验), of one address and for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StrangersView {
    /// From where; empty for all those of which no more is told apart.
    pub address: String,
    /// The reason's code.
    pub why: String,
    /// The reason in Chinese.
    pub why_name: String,
    /// What whoever writes the software does about it.
    pub advice: String,
    /// 交易编号 that was named last; empty for none.
    pub infno: String,
    /// How many.
    pub times: u32,
    /// When the first of them came …
    pub first: String,
    /// … and the last.
    pub last: String,
}

/// Messages that were recorded: `GET /api/v1/institutions/{code}/messages`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptMessages {
    /// The page.
    pub messages: Vec<MessageRow>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A message with its answer, in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageRow {
    /// The number under which it is kept.
    pub number: i64,
    /// When it began to come.
    pub came: String,
    /// How long it took to be answered, in milliseconds.
    pub milliseconds: i64,
    /// Who sent it (来源): `software` (the institution's own), `window` or `office`.
    pub origin: String,
    /// The same in Chinese.
    pub origin_name: String,
    /// 交易编号; empty where none could be read.
    pub infno: String,
    /// 交易名称; empty for one that nobody knows.
    pub transaction: String,
    /// 发送方报文ID.
    pub msgid: String,
    /// `done`, `refused`, `gateway` (refused by the gateway, before the message was looked at) or `other`.
    pub outcome: String,
    /// The outcome in Chinese: 成功, or the sentence that the software got.
    pub said: String,
    /// The code of the refusal, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How many faults (偏差) the message has …
    pub faults: u32,
    /// … how many notes (提示) …
    pub notes: u32,
    /// … and how many faults the answer has.
    pub answer_faults: u32,
}

/// A message with its answer: `GET /api/v1/institutions/{code}/messages/{number}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageView {
    /// As in the list.
    pub row: MessageRow,
    /// HTTP status of the answer.
    pub status: u16,
    /// The message, with what is personal covered.
    pub request: Value,
    /// The answer, with what is personal covered; null where it was a file.
    pub answer: Value,
    /// Where the message leaves the standard.
    pub deviations: Vec<MessageDeviation>,
    /// Where the answer does.
    pub answer_deviations: Vec<MessageDeviation>,
}

/// Where a message leaves the standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageDeviation {
    /// The field with its node: `input.feedetail.cnt`; empty for the message as a whole.
    pub field: String,
    /// Its Chinese name, where it has one.
    pub name: String,
    /// The rule's code.
    pub rule: String,
    /// The rule in Chinese.
    pub rule_name: String,
    /// `fault` or `note`.
    pub weight: String,
    /// 偏差 or 提示.
    pub weight_name: String,
    /// What was found.
    pub detail: String,
    /// What this platform did with it.
    pub handled: String,
    /// What whoever writes the software does about it.
    pub advice: String,
    /// The first row in which it is, from 1, where the node has rows.
    pub row: Option<usize>,
    /// In how many rows it is.
    pub times: usize,
}

/// The longest name of a field that is told: an unknown one may be anything.
const FIELD_MAX: usize = 120;

impl From<&Deviation> for MessageDeviation {
    fn from(one: &Deviation) -> Self {
        let weight = one.rule.weight();
        Self {
            field: one.field.chars().take(FIELD_MAX).collect(),
            name: one.chinese.to_owned(),
            rule: one.rule.code().to_owned(),
            rule_name: one.rule.chinese().to_owned(),
            weight: match weight {
                Weight::Fault => "fault",
                Weight::Note => "note",
            }
            .to_owned(),
            weight_name: weight.chinese().to_owned(),
            detail: one.detail.clone(),
            handled: one.handled.to_owned(),
            advice: one.rule.advice().to_owned(),
            row: one.row,
            times: one.times,
        }
    }
}

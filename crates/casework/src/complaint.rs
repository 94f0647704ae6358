//! Complaints and reports of the public (投诉举报): what somebody writes on the portal, who works on it, and what is answered.
//!
//! Anybody may make one without saying who they are; what shows that one made it is a key that is told once. This module must not know
//! how the key is kept or how the contact is hidden: it only decides what may be done next.

use serde::{Deserialize, Serialize};
use terms::{Day, Moment, Refusal};

/// Working days within which a complaint is to be answered. The national rules for petitions leave 60 days (《信访工作条例》 art. 34); this
/// is a service promise and a configuration of ours.
pub const ANSWER_WORKING_DAYS: u16 = 15;

/// The shortest and longest text of a complaint or an answer, in characters.
const TEXT: std::ops::RangeInclusive<usize> = 5..=2_000;
const ANSWER: std::ops::RangeInclusive<usize> = 2..=2_000;
const SHORT: usize = 60;

/// What a complaint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 服务态度.
    Service,
    /// 无法直接结算.
    RefusedSettlement,
    /// 结算金额异议.
    Amount,
    /// 备案问题.
    Filing,
    /// 欺诈骗保线索.
    Fraud,
    /// 其他.
    Other,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Service, Self::RefusedSettlement, Self::Amount, Self::Filing, Self::Fraud, Self::Other];

    /// The name that programs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::RefusedSettlement => "refused_settlement",
            Self::Amount => "amount",
            Self::Filing => "filing",
            Self::Fraud => "fraud",
            Self::Other => "other",
        }
    }

    /// The Chinese words.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Service => "服务态度",
            Self::RefusedSettlement => "无法直接结算",
            Self::Amount => "结算金额异议",
            Self::Filing => "备案问题",
            Self::Fraud => "欺诈骗保线索",
            Self::Other => "其他",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a complaint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 已受理.
    Received,
    /// 办理中: somebody works on it.
    Assigned,
    /// 已答复.
    Answered,
    /// 已办结.
    Closed,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 4] = [Self::Received, Self::Assigned, Self::Answered, Self::Closed];

    /// The name that programs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Assigned => "assigned",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Received => "已受理",
            Self::Assigned => "办理中",
            Self::Answered => "已答复",
            Self::Closed => "已办结",
        }
    }

    /// The stage of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// As whoever made the complaint reads it.
    pub text: String,
    /// Who answered.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// A complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// Its number, by which it is followed.
    pub number: String,
    /// What it is about.
    pub kind: Kind,
    /// What happened, as it was written.
    pub text: String,
    /// The institution that it is about: code or name.
    pub about: Option<String>,
    /// When it was taken.
    pub received_at: Moment,
    /// The last day on which it is to be answered.
    pub due: Day,
    /// Where it stands.
    pub stage: Stage,
    /// Who works on it.
    pub assigned_to: Option<String>,
    /// The answer.
    pub answer: Option<Answer>,
    /// Why it was closed without one, or what was added.
    pub closing: Option<String>,
    /// When it was closed.
    pub closed_at: Option<Moment>,
}

/// What somebody writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewComplaint<'a> {
    /// Its kind by name.
    pub kind: &'a str,
    /// What happened.
    pub text: &'a str,
    /// The institution that it is about.
    pub about: Option<&'a str>,
    /// How to be reached.
    pub contact: Option<&'a str>,
}

impl Complaint {
    /// Takes a complaint, with the contact as it is to be kept.
    pub fn receive(
        new: &NewComplaint<'_>,
        number: String,
        (at, due): (Moment, Day),
    ) -> Result<(Self, Option<String>), Refusal> {
        let kinds = || Kind::ALL.map(Kind::name).join("、");
        let kind = Kind::of_name(new.kind).ok_or_else(|| Refusal::invalid("kind", kinds()))?;
        let text = words(new.text, "text", "5至2000字的情况说明", TEXT)?;
        let short = |name: &str, value: Option<&str>| {
            let value = value.map(str::trim).filter(|value| !value.is_empty());
            let fits = |value: &str| value.chars().count() <= SHORT && !value.chars().any(char::is_control);
            match value {
                Some(value) if !fits(value) => Err(Refusal::invalid(name, "不超过60字的一行文字")),
                value => Ok(value.map(str::to_owned)),
            }
        };
        let about = short("about", new.about)?;
        let contact = short("contact", new.contact)?;
        let complaint = Self {
            number,
            kind,
            text,
            about,
            received_at: at,
            due,
            stage: Stage::Received,
            assigned_to: None,
            answer: None,
            closing: None,
            closed_at: None,
        };
        Ok((complaint, contact))
    }

    /// 分派: somebody is to work on it; again if somebody else is to.
    pub fn assign(&self, to: &str) -> Result<Self, Refusal> {
        self.must_be("分派", &[Stage::Received, Stage::Assigned])?;
        let to = words(to, "to", "承办人或承办单位，不超过60字", 1..=SHORT)?;
        Ok(Self { stage: Stage::Assigned, assigned_to: Some(to), ..self.clone() })
    }

    /// 答复.
    pub fn answer(&self, text: &str, by: &str, at: Moment) -> Result<Self, Refusal> {
        self.must_be("答复", &[Stage::Received, Stage::Assigned])?;
        let text = words(text, "answer", "2至2000字的答复", ANSWER)?;
        let answer = Some(Answer { text, by: by.to_owned(), at });
        Ok(Self { stage: Stage::Answered, answer, ..self.clone() })
    }

    /// 办结: once it is answered. What is no complaint that anybody could answer is closed with a reason, which is told as the answer.
    pub fn close(&self, reason: &str, by: &str, at: Moment) -> Result<Self, Refusal> {
        let reason = reason.trim();
        match self.stage {
            Stage::Answered => {
                let closing = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
                Ok(Self { stage: Stage::Closed, closing, closed_at: Some(at), ..self.clone() })
            }
            Stage::Received | Stage::Assigned => {
                let text = words(reason, "reason", "不予答复直接办结的理由，2至2000字", ANSWER)?;
                let answer = Some(Answer { text: text.clone(), by: by.to_owned(), at });
                let (closing, closed_at) = (Some(text), Some(at));
                Ok(Self { stage: Stage::Closed, answer, closing, closed_at, ..self.clone() })
            }
            Stage::Closed => Err(self.refused("办结")),
        }
    }

    fn must_be(&self, act: &str, stages: &[Stage]) -> Result<(), Refusal> {
        if stages.contains(&self.stage) { Ok(()) } else { Err(self.refused(act)) }
    }

    fn refused(&self, act: &str) -> Refusal {
        let reason = format!("[{}]当前为[{}]，不能{act}，请刷新后再办理", self.number, self.stage.chinese());
        Refusal::ComplaintRule { reason }
    }
}

/// A text of so many characters, without what is no character of a text.
fn words(
    text: &str,
    name: &str,
    expected: &str,
    length: std::ops::RangeInclusive<usize>,
) -> Result<String, Refusal> {
    let text: String = text.trim().chars().filter(|one| *one == '\n' || !one.is_control()).collect();
    if length.contains(&text.chars().count()) { Ok(text) } else { Err(Refusal::invalid(name, expected)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn moment(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn received() -> Complaint {
        let new = NewComplaint {
            kind: "amount",
            text: "出院结算金额与预结算不一致",
            about: Some("H42010600001"),
            contact: Some(" 13800000000 "),
        };
        let at = moment("2026-11-21 10:00:00");
        let (complaint, contact) = Complaint::receive(&new, "C1".to_owned(), (at, at.day())).unwrap();
        assert_eq!(contact.as_deref(), Some("13800000000"));
        complaint
    }

    #[test]
    fn every_move_at_every_stage() {
        let at = moment("2026-11-22 10:00:00");
        let received = received();
        let assigned = received.assign("参保稽核科").unwrap();
        let answered = assigned.answer("已核对，无误", "王", at).unwrap();
        let closed = answered.close("", "王", at).unwrap();
        let mut told = String::new();
        for complaint in [&received, &assigned, &answered, &closed] {
            let moves = [
                ("assign", complaint.assign("李")),
                ("answer", complaint.answer("已核对", "李", at)),
                ("close", complaint.close("重复提交", "李", at)),
            ];
            for (name, moved) in moves {
                let to = moved.map_or_else(|no| no.code().to_owned(), |moved| moved.stage.name().to_owned());
                writeln!(told, "{} {name} {to}", complaint.stage.name()).unwrap();
            }
        }
        let expected = "received assign assigned\nreceived answer answered\nreceived close closed\n\
                        assigned assign assigned\nassigned answer answered\nassigned close closed\n\
                        answered assign complaint-rule\nanswered answer complaint-rule\nanswered close closed\n\
                        closed assign complaint-rule\nclosed answer complaint-rule\nclosed close complaint-rule\n";
        assert_eq!(told, expected);
        let unanswered = received.close("重复提交", "李", at).unwrap();
        assert_eq!(unanswered.answer.unwrap().text, "重复提交", "whoever made it is told why");
        assert_eq!(received.close(" ", "李", at).unwrap_err().code(), "field-invalid");
        assert_eq!(closed.answer.unwrap().by, "王");
    }

    #[test]
    fn what_is_written_has_a_kind_and_a_length() {
        let at = moment("2026-11-21 10:00:00");
        let long = "长".repeat(2_001);
        let line = "线".repeat(61);
        for (kind, text, contact, field) in [
            ("wrong", "情况说明如下", None, "kind"),
            ("other", "短", None, "text"),
            ("other", long.as_str(), None, "text"),
            ("other", "情况说明如下", Some(line.as_str()), "contact"),
            ("other", "情况说明如下", Some("一\n二"), "contact"),
        ] {
            let new = NewComplaint { kind, text, about: None, contact };
            let refusal = Complaint::receive(&new, "C1".to_owned(), (at, at.day())).unwrap_err();
            assert!(refusal.context().contains(field), "{refusal:?}");
        }
        let new =
            NewComplaint { kind: "other", text: "一\u{0}二三\n四五", about: Some(" "), contact: None };
        let (taken, _) = Complaint::receive(&new, "C1".to_owned(), (at, at.day())).unwrap();
        assert_eq!((taken.text.as_str(), taken.about), ("一二三\n四五", None));
    }
}

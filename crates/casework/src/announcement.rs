//! Notices of outages (停机公告, 系统维护公告): what a node tells everybody who uses it about a time at which something will not work, or does not.
//!
//! The operator of a node enters one, corrects it and takes it back; everybody reads it. Those of the hub (国家平台) are shown by provinces as
//! well. Nothing stops or goes on because of one. This module must not know where notices are kept or who may enter them.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, ops::RangeInclusive};
use terms::{Moment, Refusal};

/// How long its title and its words are, in characters.
const TITLE: RangeInclusive<usize> = 4..=60;
const TEXT: RangeInclusive<usize> = 5..=2_000;
/// How long the reason of taking it back, and a name, may be.
const REASON: RangeInclusive<usize> = 2..=200;
const NAME_MAX: usize = 100;
/// The longest outage that is believed, and how far ahead one is announced, in days: what is more is a slip of the pen.
const DAYS_MAX: i64 = 31;
const AHEAD_DAYS_MAX: i64 = 366;
const DAY_MILLIS: i64 = 86_400_000;
/// For how long one that is over stays among those that everybody is shown, in days.
pub const SHOWN_AFTER_DAYS: i64 = 7;

/// What does not work meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Business {
    /// 全部业务.
    Everything,
    /// 直接结算: at hospitals and pharmacies, with all that leads there.
    Settlement,
    /// 备案.
    Filing,
    /// 明细上传.
    Details,
    /// 对账清算: between agencies and institutions.
    Clearing,
    /// 参保人门户.
    Portal,
}

impl Business {
    /// All of it.
    pub const ALL: [Self; 6] =
        [Self::Everything, Self::Settlement, Self::Filing, Self::Details, Self::Clearing, Self::Portal];

    /// The name that programs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Settlement => "settlement",
            Self::Filing => "filing",
            Self::Details => "details",
            Self::Clearing => "clearing",
            Self::Portal => "portal",
        }
    }

    /// The Chinese words.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Everything => "全部业务",
            Self::Settlement => "直接结算",
            Self::Filing => "异地就医备案",
            Self::Details => "费用明细上传",
            Self::Clearing => "对账清算",
            Self::Portal => "参保人门户",
        }
    }

    /// The business of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|business| business.name() == name)
    }
}

/// Where a notice stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// 待发布: nobody but the operators sees it yet.
    Scheduled,
    /// 预告: what it tells of is to come.
    Upcoming,
    /// 进行中.
    Ongoing,
    /// 已结束.
    Over,
    /// 已撤回.
    Withdrawn,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Scheduled, Self::Upcoming, Self::Ongoing, Self::Over, Self::Withdrawn];

    /// The name that programs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Upcoming => "upcoming",
            Self::Ongoing => "ongoing",
            Self::Over => "over",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The Chinese words.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Scheduled => "待发布",
            Self::Upcoming => "预告",
            Self::Ongoing => "进行中",
            Self::Over => "已结束",
            Self::Withdrawn => "已撤回",
        }
    }

    /// The phase of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

/// That a notice was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// 公告编号.
    pub number: String,
    /// 标题.
    pub title: String,
    /// What everybody reads.
    pub text: String,
    /// 影响的业务, at least one.
    pub affects: BTreeSet<Business>,
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// From when on it is shown.
    pub published_at: Moment,
    /// Who entered it.
    pub by: String,
    /// When.
    pub entered_at: Moment,
    /// How often it was corrected, and when last.
    #[serde(default)]
    pub corrections: u32,
    /// When it was corrected last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Moment>,
    /// That it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

/// What somebody enters, or puts in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// 标题.
    pub title: &'a str,
    /// What everybody reads.
    pub text: &'a str,
    /// 影响的业务, by name.
    pub affects: &'a [String],
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// From when on it is to be shown; at once if not said.
    pub published_at: Option<Moment>,
}

impl Announcement {
    /// Enters a notice.
    ///
    /// # Errors
    /// If words are missing or too long, no business is named, it ends before it begins or is over already.
    pub fn enter(said: &Said<'_>, number: String, by: &str, now: Moment) -> Result<Self, Refusal> {
        let one = Self {
            number,
            title: String::new(),
            text: String::new(),
            affects: BTreeSet::new(),
            from: said.from,
            until: said.until,
            published_at: said.published_at.unwrap_or(now),
            by: by.to_owned(),
            entered_at: now,
            corrections: 0,
            corrected_at: None,
            withdrawn: None,
        };
        one.saying(said, now)
    }

    /// Puts other words and times in place of what it says (更正). One that is shown already stays shown.
    ///
    /// # Errors
    /// If it is over or taken back, or what is said is wrong.
    pub fn correct(&self, said: &Said<'_>, now: Moment) -> Result<Self, Refusal> {
        let phase = self.phase(now);
        if matches!(phase, Phase::Over | Phase::Withdrawn) {
            return Err(self.refused("更正", phase));
        }
        let published_at = match phase {
            Phase::Scheduled => said.published_at.unwrap_or(self.published_at),
            _ => self.published_at,
        };
        let corrected = self.saying(said, now)?;
        Ok(Self { published_at, corrections: self.corrections + 1, corrected_at: Some(now), ..corrected })
    }

    /// Takes it back (撤回).
    ///
    /// # Errors
    /// If it is over or taken back already, or no reason is given.
    pub fn withdraw(&self, reason: &str, by: &str, now: Moment) -> Result<Self, Refusal> {
        let phase = self.phase(now);
        if matches!(phase, Phase::Over | Phase::Withdrawn) {
            return Err(self.refused("撤回", phase));
        }
        let reason = words(reason, "reason", "撤回理由，2至200字", REASON)?;
        let withdrawn = Some(Withdrawal { reason, by: by.to_owned(), at: now });
        Ok(Self { withdrawn, ..self.clone() })
    }

    fn saying(&self, said: &Said<'_>, now: Moment) -> Result<Self, Refusal> {
        let title = words(said.title, "title", "标题，4至60字", TITLE)?;
        if title.contains('\n') {
            return Err(Refusal::invalid("title", "一行文字"));
        }
        let text = words(said.text, "text", "公告正文，5至2000字", TEXT)?;
        let known = || Business::ALL.map(Business::name).join("、");
        let business = |name: &String| {
            Business::of_name(name)
                .ok_or_else(|| Refusal::invalid("affects", format!("影响的业务：{}", known())))
        };
        let affects: BTreeSet<Business> = said.affects.iter().map(business).collect::<Result<_, _>>()?;
        if affects.is_empty() {
            return Err(Refusal::missing("affects", "至少一项受影响的业务"));
        }
        let long = said.until.millis() - said.from.millis();
        if long <= 0 || long > DAYS_MAX * DAY_MILLIS {
            return Err(Refusal::invalid("until", format!("晚于开始时间、不超过{DAYS_MAX}天的结束时间")));
        }
        if said.until <= now {
            return Err(Refusal::invalid("until", "尚未过去的结束时间"));
        }
        if said.from.millis() - now.millis() > AHEAD_DAYS_MAX * DAY_MILLIS {
            return Err(Refusal::invalid("from", "一年以内的开始时间"));
        }
        if said.published_at.is_some_and(|at| at >= said.until) {
            return Err(Refusal::invalid("published_at", "早于结束时间的发布时间"));
        }
        Ok(Self { title, text, affects, from: said.from, until: said.until, ..self.clone() })
    }

    /// Where it stands at a moment.
    pub fn phase(&self, now: Moment) -> Phase {
        if self.withdrawn.is_some() {
            Phase::Withdrawn
        } else if self.until <= now {
            Phase::Over
        } else if now < self.published_at {
            Phase::Scheduled
        } else if now < self.from {
            Phase::Upcoming
        } else {
            Phase::Ongoing
        }
    }

    /// Whether everybody is shown it at a moment: once it is published, until some days after it is over. One that was never shown before
    /// it was over is shown neither.
    pub fn is_shown(&self, now: Moment) -> bool {
        match self.phase(now) {
            Phase::Upcoming | Phase::Ongoing => true,
            Phase::Over => {
                let since = now.millis() - self.until.millis();
                self.published_at < self.until && since < SHOWN_AFTER_DAYS * DAY_MILLIS
            }
            Phase::Scheduled | Phase::Withdrawn => false,
        }
    }

    /// Whether it is what such a notice looks like: for one that comes from outside.
    pub fn is_in_order(&self) -> bool {
        let fits = |text: &str, length: &RangeInclusive<usize>| length.contains(&text.chars().count());
        let plain = |text: &str| !text.chars().any(|one| one.is_control() && one != '\n');
        let long = self.until.millis() - self.from.millis();
        let is_number = (1..=40).contains(&self.number.len())
            && self.number.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-');
        let withdrawn = self.withdrawn.as_ref();
        is_number
            && fits(&self.title, &TITLE)
            && fits(&self.text, &TEXT)
            && plain(&self.title)
            && plain(&self.text)
            && !self.affects.is_empty()
            && long > 0
            && long <= DAYS_MAX * DAY_MILLIS
            && fits(&self.by, &(1..=NAME_MAX))
            && withdrawn.is_none_or(|one| fits(&one.reason, &REASON) && fits(&one.by, &(1..=NAME_MAX)))
    }

    fn refused(&self, act: &str, phase: Phase) -> Refusal {
        let reason = format!("[{}]{}，不能{act}，请刷新后查看，需要时另发一则", self.number, phase.chinese());
        Refusal::AnnouncementRule { reason }
    }
}

/// A text of so many characters, without what is no character of a text.
fn words(text: &str, name: &str, expected: &str, length: RangeInclusive<usize>) -> Result<String, Refusal> {
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

    fn said(affects: &[String]) -> Said<'_> {
        Said {
            title: "国家平台系统维护",
            text: "系统维护期间暂停跨省直接结算，请错开时间。",
            affects,
            from: moment("2026-11-25 22:00:00"),
            until: moment("2026-11-26 02:00:00"),
            published_at: Some(moment("2026-11-23 09:00:00")),
        }
    }

    fn entered() -> Announcement {
        let affects = ["settlement".to_owned()];
        Announcement::enter(&said(&affects), "GG1".to_owned(), "王", moment("2026-11-22 10:00:00")).unwrap()
    }

    #[test]
    fn every_move_in_every_phase() {
        let one = entered();
        let affects = ["filing".to_owned(), "portal".to_owned()];
        let mut told = String::new();
        let late = Said { until: moment("2026-11-28 00:00:00"), published_at: None, ..said(&affects) };
        for at in [
            "2026-11-22 10:00",
            "2026-11-23 09:00",
            "2026-11-25 22:00",
            "2026-11-26 02:00",
            "2026-12-03 02:00",
        ] {
            let now = moment(at);
            let name = |moved: Result<Announcement, Refusal>| match moved {
                Ok(moved) => moved.phase(now).name().to_owned(),
                Err(no) => no.code().to_owned(),
            };
            let phase = one.phase(now);
            let (correct, withdraw) = (name(one.correct(&late, now)), name(one.withdraw("改期", "李", now)));
            writeln!(told, "{} {} {correct} {withdraw}", phase.name(), one.is_shown(now)).unwrap();
        }
        let expected = "scheduled false scheduled withdrawn\nupcoming true upcoming withdrawn\n\
                        ongoing true ongoing withdrawn\nover true announcement-rule announcement-rule\n\
                        over false announcement-rule announcement-rule\n";
        assert_eq!(told, expected);
        let now = moment("2026-11-24 10:00:00");
        let corrected = one.correct(&late, now).unwrap();
        assert_eq!((corrected.corrections, corrected.corrected_at), (1, Some(now)));
        assert_eq!(corrected.affects, [Business::Filing, Business::Portal].into());
        assert_eq!(corrected.published_at, one.published_at, "what is shown stays shown");
        let gone = corrected.withdraw("改期", "李", now).unwrap();
        assert!(!gone.is_shown(now) && gone.is_in_order());
        assert_eq!(gone.withdraw("再撤", "李", now).unwrap_err().code(), "announcement-rule");
        assert_eq!(gone.correct(&late, now).unwrap_err().code(), "announcement-rule");
        assert_eq!(one.withdraw(" ", "李", now).unwrap_err().code(), "field-invalid");
    }

    #[test]
    fn one_that_is_to_be_published_after_it_is_over_is_never_shown() {
        let mut one = entered();
        one.published_at = one.until;
        assert!(!one.is_shown(one.until) && !one.is_shown(one.from));
    }

    #[test]
    fn what_is_said_has_words_times_and_business() {
        let now = moment("2026-11-22 10:00:00");
        let affects = ["settlement".to_owned()];
        let (nothing, strange): ([String; 0], _) = ([], ["tax".to_owned()]);
        let good = said(&affects);
        let long = "长".repeat(2_001);
        for (said, field) in [
            (Said { title: "停机", ..good.clone() }, "title"),
            (Said { title: "系统\n维护公告", ..good.clone() }, "title"),
            (Said { text: &long, ..good.clone() }, "text"),
            (Said { affects: &nothing, ..good.clone() }, "affects"),
            (Said { affects: &strange, ..good.clone() }, "affects"),
            (Said { until: good.from, ..good.clone() }, "until"),
            (Said { until: moment("2026-12-27 22:00:00"), ..good.clone() }, "until"),
            (
                Said { from: moment("2026-11-20 10:00"), until: now, published_at: None, ..good.clone() },
                "until",
            ),
            (
                Said { from: moment("2027-12-25 22:00"), until: moment("2027-12-25 23:00"), ..good.clone() },
                "from",
            ),
            (Said { published_at: Some(good.until), ..good.clone() }, "published_at"),
        ] {
            let refusal = Announcement::enter(&said, "GG1".to_owned(), "王", now).unwrap_err();
            assert!(refusal.context().contains(field), "{field}: {refusal:?}");
        }
        let under_way = Said { from: moment("2026-11-22 09:00"), published_at: None, ..good };
        let one = Announcement::enter(&under_way, "GG1".to_owned(), "王", now).unwrap();
        assert_eq!(one.phase(now), Phase::Ongoing, "an outage that nobody foresaw");
    }

    #[test]
    fn what_no_node_sends_is_not_in_order() {
        assert!(entered().is_in_order());
        let damaged = |damage: fn(&mut Announcement)| {
            let mut one = entered();
            damage(&mut one);
            one
        };
        for one in [
            damaged(|one| one.number = "GG/1".to_owned()),
            damaged(|one| one.title = "停".to_owned()),
            damaged(|one| one.text.push('\u{7}')),
            damaged(|one| one.affects.clear()),
            damaged(|one| one.until = one.from),
            damaged(|one| one.by = "王".repeat(101)),
            damaged(|one| {
                one.withdrawn =
                    Some(Withdrawal { reason: String::new(), by: "王".to_owned(), at: one.from });
            }),
        ] {
            assert!(!one.is_in_order(), "{one:?}");
        }
    }
}
